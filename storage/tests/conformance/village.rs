//! A small world of grids and people, and the tickets in it.

use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::attachment::{AttachmentKind, AttachmentRef};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{GridStatus, Ladder, LadderStep};
use lianxin_domain::ids::{AccountId, AttachmentId, EntityId, GridId, SessionId, TicketId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_level::TimeRules;
use lianxin_domain::ticket::{
    Action, Command, DecisionContext, NewTicket, Party, SubmitContext, Surroundings, Ticket, TicketEvent, TicketFacts,
};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use serde_json::json;

use crate::support::{Fresh, Store};

/// What happened, each event with the ticket right after it.
pub type Steps = Vec<(TicketEvent, Ticket)>;

/// One county with one town, one village and two groups; a neighbouring village without staff.
pub struct Village {
    pub rules: TimeRules,
    pub county: Place,
    pub town: Place,
    pub village: Place,
    pub group: Place,
    pub other_group: Place,
    pub neighbour: Place,
    pub resident: Caller,
    pub worker: Caller,
    pub colleague: Caller,
    pub leader: Caller,
    pub admin: Caller,
}

/// A grid.
#[derive(Debug, Clone)]
pub struct Place {
    pub id: GridId,
    pub path: TreePath,
}

impl Village {
    pub fn new(store: &Store, root: u32) -> Self {
        let place = |path: TreePath| Place { id: store.id(), path };
        let county = place(TreePath::root(root));
        let town = place(county.path.child(1));
        let village = place(town.path.child(1));
        let group = place(village.path.child(1));
        let caller = |name: &str, duties: &[(&Place, Duty)]| caller(store.id(), name, duties);
        let worker = caller("韦师傅", &[(&group, Duty::Worker)]);
        let colleague = caller("黄师傅", &[(&group, Duty::Worker), (&village, Duty::Worker)]);
        let leader = caller("农支书", &[(&village, Duty::Leader)]);
        let mut admin = caller("管理员", &[]);
        admin.administers = vec![county.path.clone()];
        Self {
            rules: TimeRules::default(),
            other_group: place(village.path.child(2)),
            neighbour: place(town.path.child(2)),
            resident: caller("覃大姐", &[]),
            county,
            town,
            village,
            group,
            worker,
            colleague,
            leader,
            admin,
        }
    }

    /// The grids above `place`, all led.
    pub fn ladder(&self, place: &Place) -> Ladder {
        let above = [(&self.village, &self.leader), (&self.town, &self.admin), (&self.county, &self.admin)];
        let steps = above.into_iter().filter(|(step, _)| step.path != place.path && step.path.contains(&place.path));
        let leaders = |leader| vec![person(leader)];
        let steps = steps.map(|(step, leader)| LadderStep {
            grid_id: step.id,
            path: step.path.clone(),
            leaders: leaders(leader),
        });
        Ladder(steps.collect())
    }

    /// Who serves `place`: the administrator where the world has nobody else, and nobody in the neighbouring village.
    pub fn staff(&self, place: &Place) -> Vec<PersonRef> {
        let serves = |caller: &&Caller| caller.duties.iter().any(|duty| duty.grid_id == place.id);
        let people: Vec<PersonRef> =
            [&self.worker, &self.colleague, &self.leader].into_iter().filter(serves).map(person).collect();
        if people.is_empty() && place.id != self.neighbour.id { vec![person(&self.admin)] } else { people }
    }

    /// What `decide` answers when it is told who stands around `place`.
    pub fn around<T>(&self, place: &Place, decide: impl FnOnce(&DecisionContext<'_>) -> T) -> T {
        let (ladder, staff) = (self.ladder(place), self.staff(place));
        decide(&DecisionContext { rules: &self.rules, ladder: &ladder, staff: &staff })
    }

    /// Sends a request; nothing is stored yet.
    pub fn send(&self, new: NewTicket, place: &Place, at: Timestamp) -> Steps {
        let (ticket, mut events) = self.around(place, |decision| {
            let context = SubmitContext {
                grid_id: place.id,
                grid_path: &place.path,
                grid_status: GridStatus::Active,
                profile_complete: true,
                decision: *decision,
            };
            Ticket::submit(new, &context, at).unwrap()
        });
        let sent = events.remove(0);
        let passed_on = steps_of(&ticket, &events, at);
        std::iter::once((sent, ticket)).chain(passed_on).collect()
    }

    /// What follows from `command` of `caller`; nothing is stored yet.
    pub fn decide(
        &self,
        ticket: &Ticket,
        command: &Command,
        caller: &Caller,
        at: Timestamp,
    ) -> Result<Vec<TicketEvent>, Refusal> {
        let party = Party { person: person(caller), standing: caller.standing(&ticket.place()) };
        self.around(&place_of(ticket), |context| ticket.decide(command, &party, context, at))
    }

    /// What the clock asks for; nothing is stored yet.
    pub fn decide_time(&self, ticket: &Ticket, at: Timestamp) -> Vec<TicketEvent> {
        self.around(&place_of(ticket), |context| ticket.decide_time(context, at))
    }

    /// Sends a request and stores it.
    pub async fn submit(&self, store: &Store, new: NewTicket, place: &Place) -> Ticket {
        let at = store.ids.clock().now();
        let steps = self.send(new, place, at);
        store.journal.commit(change_of(store, None, &steps, at)).await.unwrap();
        last(&steps).clone()
    }

    /// Does `command` and stores what follows.
    pub async fn act(&self, store: &Store, ticket: &mut Ticket, command: Command, caller: &Caller) {
        let at = store.ids.clock().now();
        let events = self.decide(ticket, &command, caller, at).unwrap();
        self.happen(store, ticket, &events).await;
    }

    /// Lets the clock pass to the next moment at which something happens by itself, and stores that.
    pub async fn wait(&self, store: &Store, ticket: &mut Ticket) {
        let now = store.ids.clock().now();
        let left = ticket.next_timer().unwrap().since(now);
        store.clock.advance(left.max(0));
        let events = self.decide_time(ticket, store.ids.clock().now());
        self.happen(store, ticket, &events).await;
    }

    /// Stores what happens now.
    pub async fn happen(&self, store: &Store, ticket: &mut Ticket, events: &[TicketEvent]) {
        let at = store.ids.clock().now();
        let steps = steps_of(ticket, events, at);
        store.journal.commit(change_of(store, Some(ticket), &steps, at)).await.unwrap();
        *ticket = last(&steps).clone();
    }
}

fn place_of(ticket: &Ticket) -> Place {
    Place { id: ticket.grid_id, path: ticket.grid_path.clone() }
}

/// `events` with the ticket after each.
pub fn steps_of(before: &Ticket, events: &[TicketEvent], at: Timestamp) -> Steps {
    let mut ticket = before.clone();
    let step = |event: &TicketEvent| {
        ticket.apply(event, at);
        (event.clone(), ticket.clone())
    };
    events.iter().map(step).collect()
}

/// The ticket in the end.
pub fn last(steps: &Steps) -> &Ticket {
    &steps.last().unwrap().1
}

/// The change that a grid's actor would make of a decision.
pub fn change_of(store: &Store, before: Option<&Ticket>, steps: &Steps, at: Timestamp) -> Change {
    let around = Surroundings { grid_name: "百色市田阳区", kind_title: "意见建议", private: false };
    let mut change = Change::new(at, None, None);
    change.writes = store.tickets.writes(before, last(steps));
    let mut before = before;
    for (event, after) in steps {
        let facts = TicketFacts::of(before, after, event, None, at, &around);
        let committed = change.event(event.kind(), Subject::new("ticket", after.id), event.data(&facts));
        committed.grid_path = Some(after.grid_path.clone());
        before = Some(after);
    }
    change
}

pub fn person(caller: &Caller) -> PersonRef {
    PersonRef { id: caller.account_id, name: caller.name.clone() }
}

pub fn caller(account_id: AccountId, name: &str, duties: &[(&Place, Duty)]) -> Caller {
    Caller {
        account_id,
        session_id: SessionId::from_uuid(uuid::Uuid::nil()),
        kind: AccountKind::Staff,
        name: name.to_owned(),
        duties: duties
            .iter()
            .map(|(place, duty)| GridDuty { grid_id: place.id, path: place.path.clone(), duty: *duty })
            .collect(),
        administers: Vec::new(),
        membership: None,
        organisation_roles: Vec::new(),
        must_change_password: false,
        profile_complete: true,
    }
}

/// A request of some words.
pub fn request(store: &Store, submitter: &Caller, content: &str) -> NewTicket {
    let id: TicketId = store.id();
    let digits = id.to_string().replace('-', "");
    NewTicket {
        id,
        number: format!("T{}", &digits[16..]),
        kind: "suggestion".to_owned(),
        content: content.to_owned(),
        form: json!({}),
        attachments: Vec::new(),
        location: None,
        on_behalf: None,
        also_village: false,
        emergency: false,
        submitter: person(submitter),
    }
}

/// A picture that was uploaded.
pub fn picture(id: AttachmentId) -> AttachmentRef {
    AttachmentRef {
        id,
        kind: AttachmentKind::Image,
        media_type: "image/jpeg".to_owned(),
        size: 12_345,
        name: Some("路灯 “坏”.jpg".to_owned()),
        duration_ms: None,
        width: Some(640),
        height: Some(480),
    }
}

/// The raw columns of a table's rows as one text, to look for what must not be there.
pub async fn raw(fresh: &Fresh, table: &str, columns: &[&str]) -> String {
    let list: Vec<String> = columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '')")).collect();
    let sql = format!("SELECT {} FROM {table}", list.join(" || ' ' || "));
    fresh.texts(&sql).await.join("\n")
}

/// What a ticket's own page may offer, and what those do who know of a ticket what is public.
pub fn all_actions() -> Vec<Action> {
    Action::ALL.into_iter().chain([Action::Join, Action::Leave]).collect()
}

//! A small world of grids and people, and the tickets in it.

use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{GridStatus, Ladder, LadderStep};
use lianxin_domain::ids::{AccountId, AttachmentId, EntityId, GridId, SessionId, TicketId};
use lianxin_domain::service_level::TicketRules;
use lianxin_domain::ticket::{
    AttachmentKind, AttachmentRef, Command, DecisionContext, NewTicket, Party, PersonRef, SubmitContext, Surroundings,
    Ticket, TicketEvent, TicketFacts,
};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use serde_json::json;

use crate::support::{Fresh, Store};

/// One county with one town, one village and two groups; a neighbouring village without staff.
pub struct Village {
    pub rules: TicketRules,
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
            rules: TicketRules::default(),
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
        let above = [&self.village, &self.town, &self.county];
        let steps = above.into_iter().filter(|step| step.path != place.path);
        let steps = steps.filter(|step| step.path.contains(&place.path));
        Ladder(steps.map(|step| LadderStep { grid_id: step.id, path: step.path.clone(), has_leader: true }).collect())
    }

    /// Sends a request; nothing is stored yet.
    pub fn send(&self, new: NewTicket, place: &Place, at: Timestamp) -> (Ticket, TicketEvent) {
        let context = SubmitContext {
            grid_id: place.id,
            grid_path: &place.path,
            grid_status: GridStatus::Active,
            profile_complete: true,
            rules: &self.rules,
        };
        Ticket::submit(new, &context, at).unwrap()
    }

    /// What follows from `command` of `caller`; nothing is stored yet.
    pub fn decide(
        &self,
        ticket: &Ticket,
        command: &Command,
        caller: &Caller,
        at: Timestamp,
    ) -> Result<Vec<TicketEvent>, lianxin_domain::problem::Refusal> {
        let place = Place { id: ticket.grid_id, path: ticket.grid_path.clone() };
        let ladder = self.ladder(&place);
        let context = DecisionContext { rules: &self.rules, ladder: &ladder };
        let party = Party { person: person(caller), standing: caller.standing(&ticket.place()) };
        ticket.decide(command, &party, &context, at)
    }

    /// Sends a request and stores it.
    pub async fn submit(&self, store: &Store, new: NewTicket, place: &Place) -> Ticket {
        let at = store.ids.clock().now();
        let (ticket, event) = self.send(new, place, at);
        let change = change_of(store, None, &ticket, &[event], at);
        store.journal.commit(change).await.unwrap();
        ticket
    }

    /// Does `command` and stores what follows.
    pub async fn act(&self, store: &Store, ticket: &mut Ticket, command: Command, caller: &Caller) {
        let at = store.ids.clock().now();
        let events = self.decide(ticket, &command, caller, at).unwrap();
        self.happen(store, ticket, &events).await;
    }

    /// Stores what happens now.
    pub async fn happen(&self, store: &Store, ticket: &mut Ticket, events: &[TicketEvent]) {
        let at = store.ids.clock().now();
        let before = ticket.clone();
        events.iter().for_each(|event| ticket.apply(event, at));
        let change = change_of(store, Some(&before), ticket, events, at);
        store.journal.commit(change).await.unwrap();
    }
}

/// The change that a grid's actor would make of a decision.
pub fn change_of(
    store: &Store,
    before: Option<&Ticket>,
    after: &Ticket,
    events: &[TicketEvent],
    at: Timestamp,
) -> Change {
    let around = Surroundings { grid_name: "百色市田阳区", kind_title: "意见建议", private: false };
    let mut change = Change::new(at, None, None);
    change.writes = store.tickets.writes(before, after);
    let mut before = before.cloned();
    for event in events {
        let after = before.as_ref().map_or_else(|| after.clone(), |ticket| ticket.after(event, at));
        let facts = TicketFacts::of(before.as_ref(), &after, event, None, at, &around);
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

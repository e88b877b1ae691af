//! A process: its own connections, its actors, its follower, its clock and its courier. Two of them on one world are two
//! nodes.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::Arbiter;
use lianxin_actors::appraisal::AppraisalDesk;
use lianxin_actors::catch_up::CatchUp;
use lianxin_actors::clock::{EscalationClock, Handlers};
use lianxin_actors::command::CommandError;
use lianxin_actors::courier::{Courier, CourierBell, CourierDependencies, DigestDesk};
use lianxin_actors::directory::{Directories, DirectorySources};
use lianxin_actors::dispatch::Dispatch;
use lianxin_actors::duty::{DutyDesk, DutyPump};
use lianxin_actors::follower::{Actors, Bells, Follower, Listener};
use lianxin_actors::grid::{GridActors, GridDependencies, GridLoad};
use lianxin_actors::hub::Hub;
use lianxin_actors::lease::Held;
use lianxin_actors::meeting::{MeetingActors, MeetingDependencies};
use lianxin_actors::metrics::Metrics;
use lianxin_actors::rulebook::Rulebook;
use lianxin_actors::supervision::Supervision;
use lianxin_domain::access::{GridDuty, Scope};
use lianxin_domain::calendar::WorkingCalendar;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::{AccountId, GridId, ScreenId, SessionId, TicketId};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::notification::Notification;
use lianxin_domain::service_level::ServiceLevels;
use lianxin_domain::ticket::{Command, NewTicket, Ticket};
use lianxin_storage::accounts::Accounts;
use lianxin_storage::appraisals::Appraisals;
use lianxin_storage::change::Change;
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::deliveries::{Deliveries, Delivery};
use lianxin_storage::duties::Duties;
use lianxin_storage::grids::Grids;
use lianxin_storage::journal::{Committed, Journal};
use lianxin_storage::log::EventLog;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::Members;
use lianxin_storage::notifications::{InboxFilter, Notifications};
use lianxin_storage::organisations::Organisations;
use lianxin_storage::reachability::{DIGEST, PushSubscription, Reachability, Wishes};
use lianxin_storage::rules::Rules;
use lianxin_storage::tickets::{DUE, Tickets};
use lianxin_storage::votes::{SlipSealer, Votes};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::gateway::FakeGateways;
use super::{World, staff};

/// For what has to happen within a test; only a defect takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The storage as one process opens it.
pub struct Stores {
    pub database: Database,
    pub log: Arc<EventLog>,
    pub journal: Journal,
    pub tickets: Tickets,
    pub grids: Grids,
    pub accounts: Accounts,
    pub organisations: Organisations,
    pub members: Members,
    pub deadlines: Deadlines,
    pub deliveries: Deliveries,
    pub notifications: Notifications,
    pub reachability: Reachability,
    pub rules: Rules,
    pub meetings: Meetings,
    writer: JoinHandle<()>,
}

impl Stores {
    fn directory_sources(&self) -> DirectorySources {
        DirectorySources {
            grids: self.grids.clone(),
            accounts: self.accounts.clone(),
            organisations: self.organisations.clone(),
            members: self.members.clone(),
        }
    }
}

impl World {
    /// The storage, opened once more.
    pub async fn stores(&self) -> Stores {
        let database = Database::open(&format!("sqlite://{}/test.db", self.data.path().display())).await.unwrap();
        let log = Arc::new(EventLog::open(database.clone(), "test".to_owned()).await.unwrap());
        let (journal, writer) = Journal::start(database.clone(), Arc::clone(&log), self.ids.clone()).await.unwrap();
        let cipher = self.secrets.column_cipher(Arc::clone(&self.entropy));
        Stores {
            tickets: Tickets::new(database.clone(), cipher.clone()),
            grids: Grids::new(database.clone()),
            organisations: Organisations::new(database.clone()),
            members: Members::new(database.clone(), cipher.clone(), self.secrets.lookup()),
            accounts: Accounts::new(database.clone(), cipher.clone(), self.secrets.lookup()),
            deadlines: Deadlines::new(database.clone()),
            deliveries: Deliveries::new(database.clone(), cipher.clone()),
            notifications: Notifications::new(database.clone()),
            reachability: Reachability::new(database.clone(), cipher),
            rules: Rules::new(database.clone()),
            meetings: Meetings::new(database.clone()),
            database,
            log,
            journal,
            writer,
        }
    }

    pub(super) fn data_dir(&self) -> &std::path::Path {
        self.data.path()
    }

    /// A process that starts now.
    pub async fn node(&self) -> Node<'_> {
        self.node_while(async || ()).await
    }

    /// A process that starts while something happens between its reading of rules and people and that of tickets.
    pub async fn node_while(&self, meanwhile: impl AsyncFnOnce()) -> Node<'_> {
        Box::pin(self.start(meanwhile)).await
    }

    async fn start(&self, meanwhile: impl AsyncFnOnce()) -> Node<'_> {
        let stores = Box::new(self.stores().await);
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let directories = Directories::load(stores.directory_sources(), [7; 32]).await.unwrap();
        let rulebook = Rulebook::load(stores.rules.clone(), self.initial).await.unwrap();
        meanwhile().await;
        let load = GridLoad::read(&stores.log, &stores.tickets, clock.now()).await.unwrap();
        let position = load.as_of();
        let dependencies = GridDependencies {
            clock: Arc::clone(&clock),
            journal: stores.journal.clone(),
            tickets: stores.tickets.clone(),
            directories: directories.clone(),
            kinds: Arc::new(KindSet::default()),
            rulebook: rulebook.clone(),
            dispatch: Dispatch::new(stores.deliveries.clone(), self.channels),
            catch_up: CatchUp::alone(),
        };
        let thread = Arbiter::new();
        let grids = GridActors::start(dependencies, vec![thread.handle()], load);
        let courier_bell = CourierBell::default();
        let digests = DigestDesk {
            clock: Arc::clone(&clock),
            journal: stores.journal.clone(),
            notifications: stores.notifications.clone(),
            reachability: stores.reachability.clone(),
            deliveries: stores.deliveries.clone(),
            bell: courier_bell.clone(),
        };
        let handlers: Handlers = vec![(DUE, Rc::new(grids.clone())), (DIGEST, Rc::new(digests))];
        let metrics = Metrics::default();
        let escalation = Box::new(EscalationClock::new(clock, stores.deadlines.clone(), handlers, metrics.clone()));
        let duties = DutyDesk {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            journal: stores.journal.clone(),
            duties: Duties::new(stores.database.clone()),
            meetings: stores.meetings.clone(),
            directories: directories.clone(),
            rulebook: rulebook.clone(),
            dispatch: Dispatch::new(stores.deliveries.clone(), self.channels),
        };
        // Nobody works duties out here: what is noted of them is dropped.
        let (_, duties) = DutyPump::new(duties);
        let bells = Bells { clock: escalation.bell(), courier: courier_bell.clone(), duties, metrics: metrics.clone() };
        let heard = watch::Sender::new(None);
        let meetings = MeetingActors::new(
            MeetingDependencies {
                clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
                journal: stores.journal.clone(),
                meetings: stores.meetings.clone(),
                log: Arc::clone(&stores.log),
                dispatch: Dispatch::new(stores.deliveries.clone(), self.channels),
                catch_up: CatchUp::alone(),
                votes: Votes::new(stores.database.clone()),
                sealer: SlipSealer::new(
                    self.secrets.column_cipher(Arc::clone(&self.entropy)),
                    Arc::clone(&self.entropy),
                ),
            },
            vec![thread.handle()],
        );
        let supervision = Supervision::new(
            Arc::clone(&self.clock) as _,
            meetings.clone(),
            stores.meetings.clone(),
            directories.clone(),
        );
        let appraisals = AppraisalDesk {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            journal: stores.journal.clone(),
            appraisals: Appraisals::new(stores.database.clone(), self.secrets.column_cipher(Arc::clone(&self.entropy))),
            log: Arc::clone(&stores.log),
            directories: directories.clone(),
            dispatch: Dispatch::new(stores.deliveries.clone(), self.channels),
        };
        let actors = Actors {
            supervision,
            appraisals,
            directories: directories.clone(),
            rulebook: rulebook.clone(),
            grids: grids.clone(),
            meetings: meetings.clone(),
        };
        let follower = Follower::new(
            Arc::clone(&stores.log),
            actors,
            Hub::default(),
            bells,
            Arc::new(Heard(heard.clone())),
            position,
        );
        let gateways = FakeGateways::default();
        let courier = courier(self, &stores, &gateways, &courier_bell, metrics);
        let follower = tokio::spawn(follower.run());
        Node {
            world: self,
            stores,
            directories,
            rulebook,
            grids,
            meetings,
            escalation,
            courier,
            courier_bell,
            gateways,
            heard,
            follower,
            thread,
        }
    }
}

fn courier(
    world: &World,
    stores: &Stores,
    gateways: &FakeGateways,
    bell: &CourierBell,
    metrics: Metrics,
) -> Box<Courier> {
    let desk = CourierDependencies {
        clock: Arc::clone(&world.clock) as Arc<dyn Clock>,
        journal: stores.journal.clone(),
        deliveries: stores.deliveries.clone(),
        notifications: stores.notifications.clone(),
        reachability: stores.reachability.clone(),
        accounts: stores.accounts.clone(),
        gateways: gateways.of(world.channels),
        channels: world.channels,
        cooldown_ms: 10 * super::MINUTE,
        metrics,
        held: Held::always(),
    };
    Box::new(Courier::new(desk, bell))
}

/// Tells which fence the follower came to.
struct Heard(watch::Sender<Option<SessionId>>);

impl Listener for Heard {
    fn account_changed(&self, _: AccountId) {}

    fn session_ended(&self, id: SessionId) {
        self.0.send_replace(Some(id));
    }

    fn organisations_moved(&self) {}

    fn screen_changed(&self, _: ScreenId) {}
}

/// A running process.
pub struct Node<'w> {
    pub world: &'w World,
    pub stores: Box<Stores>,
    pub directories: Directories,
    pub rulebook: Rulebook,
    pub grids: GridActors,
    pub meetings: MeetingActors,
    pub escalation: Box<EscalationClock>,
    pub courier: Box<Courier>,
    pub courier_bell: CourierBell,
    pub gateways: FakeGateways,
    heard: watch::Sender<Option<SessionId>>,
    follower: JoinHandle<()>,
    thread: Arbiter,
}

impl Node<'_> {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Waits until this node has taken over all that is committed, its own and others'.
    pub async fn fence(&self) {
        let id: SessionId = self.world.ids.next();
        let mut change = Change::new(self.now(), None, None);
        change.event("session.ended", Subject::new("session", id), json!({}));
        self.commit(change).await;
        let mut heard = self.heard.subscribe();
        tokio::time::timeout(PATIENCE, heard.wait_for(|heard| *heard == Some(id))).await.unwrap().unwrap();
    }

    /// Waits until nothing moves any more that was set in motion: whatever actors tell themselves ends up in the journal
    /// and comes back.
    pub async fn settle(&self) {
        let mut still = 0;
        let mut last = self.stores.log.refresh_head().await.unwrap();
        while still < 3 {
            self.fence().await;
            for entry in self.directories.current().all() {
                self.grids.board(entry.grid.id, false).await;
            }
            let now = self.stores.log.refresh_head().await.unwrap();
            // The fence itself is one.
            still = if now == last + 1 { still + 1 } else { 0 };
            last = now;
        }
    }

    pub async fn commit(&self, change: Change) -> Committed {
        self.stores.journal.commit(change).await.unwrap()
    }

    /// A request sent to `grid_id`.
    pub async fn submit_to(&self, grid_id: GridId, new: NewTicket) -> TicketId {
        let id = new.id;
        let submitter = self.world.everybody().find(|caller| caller.account_id == new.submitter.id).unwrap();
        self.grids.submit(grid_id, new, self.world.origin(submitter)).await.unwrap();
        id
    }

    /// A request of the resident `r` to the group.
    pub async fn send(&self) -> TicketId {
        self.submit_to(self.world.group(), self.world.request("r")).await
    }

    /// Lets `name` do something.
    pub async fn act(&self, id: TicketId, name: &str, command: Command) -> Result<String, CommandError> {
        let origin = self.world.origin(self.world.who(name));
        self.grids.act(id, command, Vec::new(), origin).await.map(|done| done.answer.body)
    }

    /// Goes on by `ms`, from deadline to deadline: the clock turns at each, and what it sets in motion settles.
    pub async fn pass(&mut self, ms: i64) {
        let end = self.now().plus_millis(ms);
        let mut stuck = 0;
        while let Some(first) = self.stores.deadlines.due(end, 1).await.unwrap().into_iter().next() {
            let before = self.now();
            self.world.clock.set(first.due_at.max(before));
            let done = self.turn().await;
            stuck = if done == 0 && self.now() == before { stuck + 1 } else { 0 };
            assert!(stuck < 3, "the clock does not get past {first:?}");
        }
        self.world.clock.set(end);
        self.turn().await;
    }

    /// Turns the clock and waits until what it did has come back to it.
    pub async fn turn(&mut self) -> usize {
        let done = self.escalation.turn().await;
        self.fence().await;
        done
    }

    pub async fn ticket(&self, id: TicketId) -> Ticket {
        self.stores.tickets.get(&Scope::system(), id).await.unwrap().unwrap()
    }

    /// A ticket's events without those of notifications.
    pub async fn history(&self, id: TicketId) -> Vec<Event> {
        self.stores.log.of_subject(&Subject::new("ticket", id)).await.unwrap()
    }

    /// Their kinds, without `ticket.`
    pub async fn kinds(&self, id: TicketId) -> Vec<String> {
        let word = |event: Event| event.kind.trim_start_matches("ticket.").to_owned();
        self.history(id).await.into_iter().map(word).collect()
    }

    /// All that was ever committed.
    pub async fn log(&self) -> Vec<Arc<Event>> {
        self.stores.log.refresh_head().await.unwrap();
        let mut events: Vec<Arc<Event>> = Vec::new();
        loop {
            let after = events.last().map_or(0, |last| last.seq);
            let page = self.stores.log.after(after, 5_000).await.unwrap();
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }

    pub async fn count(&self, kind: &str) -> usize {
        self.log().await.iter().filter(|event| event.kind == kind).count()
    }

    /// Limits that are over and still stand.
    pub async fn overdue_rows(&self) -> Vec<Deadline> {
        self.stores.deadlines.due(self.now(), 10_000).await.unwrap()
    }

    /// All messages, with how they stand.
    pub async fn messages(&self) -> Vec<Delivery> {
        self.stores.deliveries.list(None, None, 100_000).await.unwrap()
    }

    /// States other limits, as the page for it does.
    pub async fn change_levels(&self, change: impl FnOnce(&mut ServiceLevels)) {
        let mut levels = self.rulebook.current().levels.clone();
        change(&mut levels);
        levels.version += 1;
        let mut change = Change::new(self.now(), None, None);
        change.write(Rules::put_service_levels(&levels, change.at, None));
        let subject = Subject::new("service_levels", levels.version);
        change.event("service_levels.changed", subject, json!({ "version": levels.version }));
        self.commit(change).await;
        self.fence().await;
    }

    /// States another calendar.
    pub async fn change_calendar(&self, change: impl FnOnce(&mut WorkingCalendar)) {
        let mut calendar = self.rulebook.current().calendar.clone();
        change(&mut calendar);
        calendar.version += 1;
        let mut change = Change::new(self.now(), None, None);
        change.write(Rules::put_calendar(&calendar, change.at, None));
        let subject = Subject::new("calendar", calendar.version);
        change.event("calendar.changed", subject, json!({ "version": calendar.version }));
        self.commit(change).await;
        self.fence().await;
    }

    /// These lose, or get back, all their duties.
    pub async fn staff(&self, names: &[&str], serve: bool) {
        let mut change = Change::new(self.now(), None, None);
        for name in names {
            let caller = self.world.who(name);
            for duty in &caller.duties {
                let (write, kind) = if serve {
                    (Grids::assign(&staff(duty, caller.account_id)), "grid.staff_assigned")
                } else {
                    (Grids::dismiss(duty.grid_id, caller.account_id), "grid.staff_dismissed")
                };
                let GridDuty { grid_id, .. } = duty;
                change.write(write);
                change.event(kind, Subject::new("grid", grid_id), json!({ "account_id": caller.account_id }));
                let facts = json!({ "grid_id": grid_id });
                change.event("account.rights_changed", Subject::new("account", caller.account_id), facts);
            }
        }
        self.commit(change).await;
        self.fence().await;
    }

    /// `name` wishes something else.
    pub async fn wish(&self, name: &str, wish: impl FnOnce(&mut Wishes)) {
        let account = self.world.id_of(name);
        let mut wishes = self.stores.reachability.wishes(account).await.unwrap();
        wish(&mut wishes);
        let mut change = Change::new(self.now(), Some(account), None);
        change.writes = self.stores.reachability.put_wishes(account, &wishes, self.now());
        self.commit(change).await;
    }

    /// A browser of `name` that takes push messages; answers its id.
    pub async fn browser(&self, name: &str, endpoint: &str) -> String {
        let subscription = PushSubscription {
            id: Reachability::subscription_id(endpoint),
            account_id: self.world.id_of(name),
            body: json!({ "endpoint": endpoint }).to_string(),
            device: None,
            created_at: self.now(),
        };
        let mut change = Change::new(self.now(), None, None);
        change.write(self.stores.reachability.subscribe(&subscription));
        self.commit(change).await;
        subscription.id
    }

    /// The browsers of `name`.
    pub async fn browsers(&self, name: &str) -> Vec<String> {
        let known = self.stores.reachability.subscriptions(self.world.id_of(name)).await.unwrap();
        known.into_iter().map(|subscription| subscription.id).collect()
    }

    /// `name`'s inbox, newest first.
    pub async fn inbox_of(&self, name: &str) -> Vec<Notification> {
        let account = self.world.id_of(name);
        self.stores.notifications.list(account, &InboxFilter::default(), None, 100_000).await.unwrap()
    }

    /// `name` reads one of them.
    pub async fn read(&self, name: &str, id: &str) {
        let mut change = Change::new(self.now(), None, None);
        change.write(Notifications::read(id, self.world.id_of(name), self.now()));
        self.commit(change).await;
    }

    /// `name` reads all of them.
    pub async fn read_all(&self, name: &str) {
        let mut change = Change::new(self.now(), None, None);
        change.write(Notifications::read_all(self.world.id_of(name), self.now(), self.now()));
        self.commit(change).await;
    }

    /// A courier of this node as it is after a crash.
    pub fn another_courier(&self) -> Box<Courier> {
        courier(self.world, &self.stores, &self.gateways, &self.courier_bell, Metrics::default())
    }

    /// Sends until nothing is left to be sent now.
    pub async fn deliver(&self) -> usize {
        let mut moved = 0;
        for _ in 0..1_000 {
            match self.courier.send_due().await {
                0 => return moved,
                more => moved += more,
            }
        }
        panic!("the courier does not come to an end");
    }

    /// The process ends in order.
    pub async fn stop(self) {
        let Self { stores, grids, meetings, follower, thread, courier, escalation, .. } = self;
        follower.abort();
        drop((follower.await, grids, meetings, courier, escalation));
        thread.stop();
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
        let Stores { journal, writer, .. } = *stores;
        drop(journal);
        tokio::time::timeout(PATIENCE, writer).await.unwrap().unwrap();
    }
}

//! A small county on a throw-away database, with its actors at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use actix_rt::Arbiter;
use lianxin_actors::directory::Directories;
use lianxin_actors::grid::{Answer, GridActors, GridDependencies, GridLoad, MakeAnswer, Origin};
use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::grid::{Grid, GridStatus};
use lianxin_domain::ids::{GridId, IdSource, TicketId};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::service_level::TicketRules;
use lianxin_domain::ticket::{NewTicket, PersonRef};
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::change::Change;
use lianxin_storage::database::Database;
use lianxin_storage::grids::Grids;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::tickets::Tickets;
use serde_json::json;
use tempfile::TempDir;

/// Random enough to make ids differ, the same in every run.
#[derive(Default)]
pub struct Counter(AtomicU8, std::sync::Mutex<u64>);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.1.lock().unwrap();
        for byte in bytes {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (*state >> 40) as u8 ^ self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub struct World {
    pub clock: Arc<ManualClock>,
    pub ids: IdSource,
    pub database: Database,
    pub log: Arc<EventLog>,
    pub journal: Journal,
    pub tickets: Tickets,
    pub secrets: Secrets,
    pub entropy: Arc<dyn Entropy>,
    pub grid: GridId,
    pub path: TreePath,
    grids: Grids,
    directories: Directories,
    thread: Arbiter,
    _data: TempDir,
}

impl World {
    /// A county, a village-like chain below it, and nobody at work yet.
    pub async fn new() -> Self {
        let data = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_795_241_527_000)));
        let entropy: Arc<dyn Entropy> = Arc::new(Counter::default());
        let ids = IdSource::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&entropy));
        let secrets = Secrets::generate(&*entropy).unwrap();
        let database = Database::open(&format!("sqlite://{}/test.db", data.path().display())).await.unwrap();
        let log = Arc::new(EventLog::open(database.clone(), "test".to_owned()).await.unwrap());
        let (journal, _) = Journal::start(database.clone(), Arc::clone(&log), ids.clone()).await.unwrap();
        let grids = Grids::new(database.clone());
        let cipher = secrets.column_cipher(Arc::clone(&entropy));
        let tickets = Tickets::new(database.clone(), cipher.clone());
        let accounts = Accounts::new(database.clone(), cipher, secrets.lookup());
        let (county, path) = (TreePath::root(1), TreePath::root(1).child(1));
        let mut change = Change::new(clock.now(), None, None);
        let grid = grid(ids.next(), 2, path.clone());
        change.write(Grids::insert(&self::grid(ids.next(), 1, county))).write(Grids::insert(&grid));
        journal.commit(change).await.unwrap();
        let directories = Directories::load(grids.clone(), accounts, [7; 32]).await.unwrap();
        let (id, thread) = (grid.id, Arbiter::new());
        Self {
            clock,
            ids,
            database,
            log,
            journal,
            tickets,
            secrets,
            entropy,
            grid: id,
            path,
            grids,
            directories,
            thread,
            _data: data,
        }
    }

    /// The grids' actors, begun from what is stored now: a node of its own.
    pub async fn node(&self) -> GridActors {
        let load = GridLoad::read(&self.log, &self.grids, &self.tickets, self.clock.now()).await.unwrap();
        let dependencies = GridDependencies {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            journal: self.journal.clone(),
            tickets: self.tickets.clone(),
            directories: self.directories.clone(),
            kinds: Arc::new(KindSet::default()),
            rules: TicketRules::default(),
        };
        GridActors::start(dependencies, vec![self.thread.handle()], load)
    }

    /// Somebody with a duty in the grid, or a resident.
    pub fn person(&self, duty: Option<Duty>) -> Caller {
        let duties = duty.map(|duty| GridDuty { grid_id: self.grid, path: self.path.clone(), duty });
        Caller {
            account_id: self.ids.next(),
            session_id: self.ids.next(),
            kind: if duty.is_some() { AccountKind::Staff } else { AccountKind::Resident },
            name: "韦师傅".to_owned(),
            duties: duties.into_iter().collect(),
            administers: Vec::new(),
            must_change_password: false,
            profile_complete: true,
        }
    }

    /// A call of `caller` whose answer is the ticket's state.
    pub fn origin(&self, caller: &Caller) -> Origin {
        let answer: MakeAnswer =
            Arc::new(|ticket, _| Answer { status: 200, body: ticket.state_name().as_str().to_owned() });
        Origin { caller: Arc::new(caller.clone()), request_id: self.ids.next(), idempotency: None, answer }
    }

    /// A request sent to the grid.
    pub async fn send(&self, node: &GridActors, resident: &Caller) -> TicketId {
        let id = self.ids.next();
        let new = NewTicket {
            id,
            number: format!("T{id}"),
            kind: "suggestion".to_owned(),
            content: "路灯坏了".to_owned(),
            form: json!({}),
            attachments: Vec::new(),
            location: None,
            on_behalf: None,
            also_village: false,
            emergency: false,
            submitter: PersonRef { id: resident.account_id, name: resident.name.clone() },
        };
        node.submit(self.grid, new, self.origin(resident)).await.unwrap();
        id
    }

    /// The kinds of a ticket's events.
    pub async fn kinds(&self, id: TicketId) -> Vec<String> {
        let subject = lianxin_domain::event::Subject::new("ticket", id);
        self.log.of_subject(&subject).await.unwrap().into_iter().map(|event| event.kind).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.thread.stop();
    }
}

fn grid(id: GridId, serial: u32, path: TreePath) -> Grid {
    Grid {
        id,
        version: 1,
        serial,
        code_generation: 1,
        number: path.to_string(),
        name: "一组".to_owned(),
        sort_order: 1,
        status: GridStatus::Active,
        organisation_id: None,
        center: None,
        area: None,
        path,
    }
}

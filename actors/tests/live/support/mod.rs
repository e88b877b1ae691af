//! A small county on a throw-away database, and the processes that work on it.

pub mod checks;
pub mod gateway;
mod node;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use lianxin_actors::command::Answer;
use lianxin_actors::grid::{MakeAnswer, Origin};
use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::grid::{Grid, GridStatus};
use lianxin_domain::ids::{AccountId, GridId, IdSource};
use lianxin_domain::notification::ChannelSet;
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_level::InitialLimits;
use lianxin_domain::ticket::NewTicket;
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use lianxin_storage::grids::Grids;
use lianxin_storage::secrets::Secrets;
use serde_json::json;
use tempfile::TempDir;

pub use node::Node;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Every sixteen bytes differ, the same in every run.
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // Multiplying by an odd number mixes and stays one to one.
            let mixed = (self.0.fetch_add(1, Ordering::Relaxed) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// What outlives a process: the database, the keys, time, and people who know who they are.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub ids: IdSource,
    pub secrets: Secrets,
    pub entropy: Arc<dyn Entropy>,
    /// County, town, village, group: levels 1 to 4.
    pub grids: [(GridId, TreePath); 4],
    /// The limits where nobody stated others.
    pub initial: InitialLimits,
    /// The channels that processes have.
    pub channels: ChannelSet,
    people: BTreeMap<String, Caller>,
    serial: AtomicU32,
    data: TempDir,
}

impl World {
    /// Saturday, 14:12 in China; a county down to one group of a village, and nobody there.
    pub async fn empty() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_795_241_527_000)));
        let entropy: Arc<dyn Entropy> = Arc::<Counted>::default();
        let ids = IdSource::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&entropy));
        let county = TreePath::root(1);
        let (town, village) = (county.child(1), county.child(1).child(1));
        let paths = [county, town, village.clone(), village.child(1)];
        let world = Self {
            grids: paths.map(|path| (ids.next(), path)),
            secrets: Secrets::generate(&*entropy).unwrap(),
            clock,
            ids,
            entropy,
            initial: InitialLimits::default(),
            channels: ChannelSet::all(),
            people: BTreeMap::new(),
            serial: AtomicU32::new(1),
            data: TempDir::new().unwrap(),
        };
        let stores = world.stores().await;
        let mut change = Change::new(world.clock.now(), None, None);
        for (id, path) in &world.grids {
            change.write(Grids::insert(&world.grid_at(*id, path.clone())));
        }
        stores.journal.commit(change).await.unwrap();
        world
    }

    /// With people: workers `w1` and `w2` and leader `g` in the group, leaders `v` and deputy `vd` of the village, `t` of
    /// the town, `c` of the county, residents `r` and `r2`.
    pub async fn new() -> Self {
        let mut world = Self::empty().await;
        let duties = [
            ("w1", 3, Duty::Worker),
            ("w2", 3, Duty::Worker),
            ("g", 3, Duty::Leader),
            ("v", 2, Duty::Leader),
            ("vd", 2, Duty::Deputy),
            ("t", 1, Duty::Leader),
            ("c", 0, Duty::Leader),
        ];
        for (name, at, duty) in duties {
            let (grid_id, path) = world.grids[at].clone();
            world.settle(name, Some(GridDuty { grid_id, path, duty })).await;
        }
        world.settle("r", None).await;
        world.settle("r2", None).await;
        world
    }

    /// Somebody with an account and a telephone.
    pub async fn settle(&mut self, name: &str, duty: Option<GridDuty>) {
        let stores = self.stores().await;
        let caller = Caller {
            account_id: self.ids.next(),
            session_id: self.ids.next(),
            kind: if duty.is_some() { AccountKind::Staff } else { AccountKind::Resident },
            name: name.to_owned(),
            duties: duty.into_iter().collect(),
            administers: Vec::new(),
            membership: None,
            organisation_roles: Vec::new(),
            must_change_password: false,
            profile_complete: true,
        };
        let mut account = lianxin_storage::accounts::Account::new(caller.account_id, caller.kind, self.clock.now());
        account.name = name.to_owned();
        account.login = (caller.kind == AccountKind::Staff).then(|| name.to_owned());
        account.phone = Some(self.phone_of(name));
        let mut change = Change::new(self.clock.now(), None, None);
        change.write(stores.accounts.insert(&account));
        for duty in &caller.duties {
            change.write(Grids::assign(&staff(duty, caller.account_id)));
        }
        stores.journal.commit(change).await.unwrap();
        self.people.insert(name.to_owned(), caller);
    }

    /// The number of somebody's telephone.
    pub fn phone_of(&self, name: &str) -> String {
        let digits = name.bytes().fold(0_u64, |sum, byte| sum * 31 + u64::from(byte)) % 100_000_000;
        format!("199{digits:08}")
    }

    pub fn who(&self, name: &str) -> &Caller {
        &self.people[name]
    }

    pub fn id_of(&self, name: &str) -> AccountId {
        self.who(name).account_id
    }

    pub fn person(&self, name: &str) -> PersonRef {
        PersonRef { id: self.id_of(name), name: name.to_owned() }
    }

    /// All who have an account here.
    pub fn everybody(&self) -> impl Iterator<Item = &Caller> {
        self.people.values()
    }

    pub fn name_of(&self, id: AccountId) -> &str {
        self.everybody().find(|caller| caller.account_id == id).map_or("?", |caller| &caller.name)
    }

    /// The group, where requests are sent to.
    pub fn group(&self) -> GridId {
        self.grids[3].0
    }

    /// A further group of the village.
    pub async fn more_groups(&self, count: u32) -> Vec<(GridId, TreePath)> {
        let stores = self.stores().await;
        let more: Vec<_> = (0..count).map(|n| (self.ids.next(), self.grids[2].1.child(2 + n))).collect();
        let mut change = Change::new(self.clock.now(), None, None);
        for (id, path) in &more {
            change.write(Grids::insert(&self.grid_at(*id, path.clone())));
        }
        stores.journal.commit(change).await.unwrap();
        more
    }

    /// A call of `caller` whose answer is the ticket's state.
    pub fn origin(&self, caller: &Caller) -> Origin {
        let answer: MakeAnswer =
            Arc::new(|ticket, _| Answer { status: 200, body: ticket.state_name().as_str().to_owned() });
        Origin { caller: Arc::new(caller.clone()), request_id: self.ids.next(), idempotency: None, answer }
    }

    /// A request as `name` writes it.
    pub fn request(&self, name: &str) -> NewTicket {
        let id = self.ids.next();
        NewTicket {
            id,
            number: format!("T{id}"),
            kind: "dispute".to_owned(),
            content: "路灯坏了".to_owned(),
            form: json!({}),
            attachments: Vec::new(),
            location: None,
            on_behalf: None,
            also_village: false,
            emergency: false,
            submitter: self.person(name),
        }
    }

    fn grid_at(&self, id: GridId, path: TreePath) -> Grid {
        Grid {
            id,
            version: 1,
            serial: self.serial.fetch_add(1, Ordering::Relaxed),
            code_generation: 1,
            number: path.to_string(),
            name: "一组".to_owned(),
            sort_order: 1,
            status: GridStatus::Active,
            organisation_id: None,
            center: None,
            area: None,
            households: 0,
            path,
        }
    }
}

fn staff(duty: &GridDuty, account_id: AccountId) -> lianxin_storage::grids::GridStaff {
    lianxin_storage::grids::GridStaff { grid_id: duty.grid_id, account_id, duty: duty.duty }
}

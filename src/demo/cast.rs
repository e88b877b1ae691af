//! The invented people: staff of every grid, and residents.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Grid, GridStatus, LEVELS};
use lianxin_domain::ids::{AccountId, GridId, SessionId};
use lianxin_domain::organisation::Organisation;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{ADMIN_ROLE, Account, Accounts};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::grids::{GridStaff, Grids};
use lianxin_storage::organisations::Organisations;
use lianxin_web::auth::passwords::{first_password, hash};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::extent::Extent;
use super::party::{self, Comrade};
use super::pipeline::Pipeline;
use super::place::Place;
use crate::config::Config;
use crate::core::{Core, StartError, write_private};

const CAST_FILE: &str = "demo-cast.json";
const PASSWORD_VARIABLE: &str = "LIANXIN_DEMO_PASSWORD";
/// Writes in one change.
const CHUNK: usize = 200;
/// Residents' phones go from 199 0000 9000 to the end, then on from here: staff of the largest demonstration end below,
/// members of the Party count down from 8999 and end above.
const FURTHER: usize = 3_400;
const MOST_AT_9000: usize = 1_000;
const SURNAMES: [&str; 20] = [
    "韦", "梁", "黄", "罗", "陈", "周", "杨", "何", "吴", "蒋", "覃", "陆", "蓝", "莫", "岑", "农", "李", "卢", "唐",
    "谭",
];
const GIVEN: [&str; 20] = [
    "建国", "秀英", "志强", "丽华", "永福", "桂花", "大勇", "小兰", "文斌", "春梅", "国庆", "玉珍", "海涛", "彩霞",
    "家旺", "月娥", "立新", "凤英", "德明", "雪莲",
];

/// Somebody with a duty.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// What the accounts file calls the role.
    pub role: String,
    /// The name to sign in with.
    pub login: String,
    /// The name.
    pub name: String,
    /// The account.
    pub account_id: AccountId,
    /// The grid served.
    pub grid_id: GridId,
    /// Its place.
    pub grid_path: TreePath,
    /// The duty there; nobody for the administrator.
    pub duty: Option<Duty>,
}

/// A resident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Neighbour {
    /// The account.
    pub account_id: AccountId,
    /// The name.
    pub name: String,
    /// Where the resident lives.
    pub grid_id: GridId,
}

/// Everybody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cast {
    password: String,
    staff: Vec<Person>,
    neighbours: Vec<Neighbour>,
    #[serde(default)]
    comrades: Vec<Comrade>,
    #[serde(default)]
    members: usize,
    /// Places of the staff in its list, by the grid served; made when it is first asked for.
    #[serde(skip)]
    crews: OnceLock<HashMap<TreePath, Vec<usize>>>,
    #[serde(skip)]
    paths: OnceLock<HashMap<GridId, TreePath>>,
}

impl Cast {
    /// Makes grids, staff and residents of `county` in an empty database.
    ///
    /// `now` is the day that the past leads to.
    ///
    /// # Errors
    /// [`StartError`] when the storage fails.
    pub async fn settle(core: &Core, county: &[Place], extent: &Extent, now: Timestamp) -> Result<Self, StartError> {
        let password = std::env::var(PASSWORD_VARIABLE).unwrap_or_else(|_| first_password(&**core.ids.entropy()));
        let mut salt = [0; 16];
        core.ids.entropy().fill(&mut salt);
        // One hash for all: these accounts share one password, and thousands of hashings would take minutes.
        let hash = hash(&password, &salt).ok_or("the password cannot be hashed")?;
        let mut cast = Self {
            password,
            staff: Vec::new(),
            neighbours: Vec::new(),
            comrades: Vec::new(),
            members: 0,
            crews: OnceLock::new(),
            paths: OnceLock::new(),
        };
        let mut writes = Vec::new();
        let organisations = party::organisations(core, county, extent, now);
        writes.extend(organisations.iter().map(Organisations::insert));
        let grids: Vec<Grid> =
            county.iter().zip(1..).map(|(place, serial)| grid(core, place, serial, &organisations)).collect();
        writes.extend(grids.iter().map(Grids::insert));
        let firsts = FirstGrids::of(&grids);
        cast.employ(core, &grids, &firsts, &hash, &mut writes);
        if let Some(staff) = extent.staff {
            cast.fill_up(core, &grids, staff, &hash, &mut writes);
        }
        cast.house(core, &grids, extent.residents, &mut writes);
        (cast.comrades, cast.members) = party::enlist(core, &organisations, &hash, now, &mut writes);
        let mut pipeline = Pipeline::new(&core.journal);
        for chunk in writes.chunks(CHUNK) {
            let mut change = Change::new(core.clock.now(), None, None);
            change.writes = chunk.to_vec();
            pipeline.push(change).await?;
        }
        pipeline.settle().await?;
        let mut change = Change::new(core.clock.now(), None, None);
        change.event("grid.imported", Subject::new("grid", grids[0].id), json!({ "grids": grids.len() }));
        core.journal.commit(change).await?;
        Ok(cast)
    }

    /// Takes an existing demonstration up again.
    ///
    /// # Errors
    /// [`StartError`] when the data folder holds other data.
    pub fn read(config: &Config) -> Result<Self, StartError> {
        let file = config.data_dir.join(CAST_FILE);
        let text = std::fs::read_to_string(&file)
            .map_err(|_| format!("{} holds data that is not the demonstration's", config.data_dir.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Remembers the people for the next start.
    ///
    /// # Errors
    /// [`StartError`] when the file cannot be written.
    pub fn save(&self, data_dir: &Path) -> Result<(), StartError> {
        write_private(&data_dir.join(CAST_FILE), serde_json::to_string(self)?.as_bytes())
    }

    /// The password of all staff.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// How many people serve grids.
    pub fn staff(&self) -> usize {
        self.staff.iter().filter(|person| person.duty.is_some()).count()
    }

    /// How many members of the Party there are.
    pub const fn members(&self) -> usize {
        self.members
    }

    /// The accounts of all who serve grids, and of all residents.
    pub fn everybody(&self) -> impl Iterator<Item = AccountId> {
        let staff = self.staff.iter().map(|person| person.account_id);
        staff.chain(self.neighbours.iter().map(|neighbour| neighbour.account_id))
    }

    /// The people of the accounts file, in its order.
    pub fn shown(&self) -> Vec<&Person> {
        let order = ["admin", "leader_l1", "leader_l2", "leader_l3", "leader_l4", "leader_l5", "worker"];
        order.iter().flat_map(|role| self.staff.iter().filter(move |person| person.role == *role)).collect()
    }

    /// The people of Party organisations in the accounts file, in its order.
    pub fn comrades(&self) -> &[Comrade] {
        &self.comrades
    }

    /// The residents.
    pub fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }

    /// Who works in a grid itself.
    pub fn workers_of(&self, grid_id: GridId) -> Vec<&Person> {
        self.path_of(grid_id).map_or_else(Vec::new, |path| self.crew(path).collect())
    }

    /// Who leads above a grid, nearest first.
    pub fn leaders_above(&self, grid_id: GridId) -> Vec<&Person> {
        let mut above = self.path_of(grid_id).and_then(TreePath::parent);
        let mut leaders = Vec::new();
        while let Some(path) = above {
            leaders.extend(self.crew(&path).filter(|person| person.duty.is_some_and(Duty::leads)));
            above = path.parent();
        }
        leaders
    }

    /// Who serves the grid at a place itself.
    fn crew(&self, path: &TreePath) -> impl Iterator<Item = &Person> {
        let crews = self.crews.get_or_init(|| {
            let mut crews: HashMap<TreePath, Vec<usize>> = HashMap::new();
            for (index, person) in self.staff.iter().enumerate().filter(|(_, person)| person.duty.is_some()) {
                crews.entry(person.grid_path.clone()).or_default().push(index);
            }
            crews
        });
        crews.get(path).into_iter().flatten().filter_map(|index| self.staff.get(*index))
    }

    fn path_of(&self, grid_id: GridId) -> Option<&TreePath> {
        let paths = self
            .paths
            .get_or_init(|| self.staff.iter().map(|person| (person.grid_id, person.grid_path.clone())).collect());
        paths.get(&grid_id)
    }

    fn employ(&mut self, core: &Core, grids: &[Grid], firsts: &FirstGrids, hash: &str, writes: &mut Vec<Write>) {
        self.hire(core, &grids[0], None, "admin", hash, writes);
        for (index, grid) in grids.iter().enumerate() {
            let level = grid.path.level();
            let on_the_first_way = firsts.way.contains(&grid.path);
            let first = grid.path == firsts.first;
            // Here and there a level has no leader: escalation passes it.
            let vacant = !on_the_first_way && (index % 7 == 3 || level == LEVELS);
            if !vacant {
                let role = if on_the_first_way { format!("leader_l{level}") } else { "leader".to_owned() };
                self.hire(core, grid, Some(Duty::Leader), &role, hash, writes);
            }
            if level == 2 {
                self.hire(core, grid, Some(Duty::Deputy), "deputy", hash, writes);
            }
            if level == LEVELS {
                let role = if first || grid.path == firsts.other { "worker" } else { "colleague" };
                let workers = if first { 2 } else { 1 + usize::from(index % 3 == 0 && grid.path != firsts.other) };
                for _ in 0..workers {
                    self.hire(core, grid, Some(Duty::Worker), role, hash, writes);
                }
            }
        }
    }

    /// Gives the grids of the lowest level further workers, one after the other, until `staff` people serve grids.
    fn fill_up(&mut self, core: &Core, grids: &[Grid], staff: usize, hash: &str, writes: &mut Vec<Write>) {
        let lowest = grids.iter().filter(|grid| grid.path.level() == LEVELS).cycle();
        for grid in lowest.take(staff.saturating_sub(self.staff())) {
            self.hire(core, grid, Some(Duty::Worker), "colleague", hash, writes);
        }
    }

    fn hire(&mut self, core: &Core, grid: &Grid, duty: Option<Duty>, role: &str, hash: &str, writes: &mut Vec<Write>) {
        let number = self.staff.len() + 1;
        let login = match role {
            "admin" => "admin".to_owned(),
            role if role.starts_with("leader_") => role.replace('_', ""),
            _ => format!("ql{number:04}"),
        };
        let mut account = Account::new(core.ids.next(), AccountKind::Staff, core.clock.now());
        account.login = Some(login.clone());
        account.name = if duty.is_none() { "系统管理员".to_owned() } else { name(number) };
        account.phone = Some(format!("1990000{number:04}"));
        account.password_hash = Some(hash.to_owned());
        writes.push(core.accounts.insert(&account));
        match duty {
            Some(duty) => {
                let staff = GridStaff { grid_id: grid.id, account_id: account.id, duty };
                writes.push(Grids::assign(&staff));
            }
            None => writes.push(Accounts::grant(account.id, ADMIN_ROLE, &grid.path)),
        }
        self.staff.push(Person {
            role: role.to_owned(),
            login,
            name: account.name,
            account_id: account.id,
            grid_id: grid.id,
            grid_path: grid.path.clone(),
            duty,
        });
    }

    fn house(&mut self, core: &Core, grids: &[Grid], each: usize, writes: &mut Vec<Write>) {
        let lowest: Vec<&Grid> = grids.iter().filter(|grid| grid.path.level() == LEVELS).collect();
        for number in 0..lowest.len() * each {
            let grid = lowest[number % lowest.len()];
            let mut account = Account::new(core.ids.next(), AccountKind::Resident, core.clock.now());
            account.name = name(number * 7 + 3);
            account.address = Some(format!("{} {} 号", grid.name, number + 1));
            let phone = if number < MOST_AT_9000 { 9_000 + number } else { FURTHER + number - MOST_AT_9000 };
            account.phone = Some(format!("1990000{phone:04}"));
            writes.push(core.accounts.insert(&account));
            self.neighbours.push(Neighbour { account_id: account.id, name: account.name.clone(), grid_id: grid.id });
        }
    }
}

impl Person {
    /// This person as the caller of a request.
    pub fn caller(&self, session_id: SessionId) -> Caller {
        let duty = self.duty.map(|duty| GridDuty { grid_id: self.grid_id, path: self.grid_path.clone(), duty });
        Caller {
            account_id: self.account_id,
            session_id,
            kind: AccountKind::Staff,
            name: self.name.clone(),
            administers: if duty.is_none() { vec![self.grid_path.clone()] } else { Vec::new() },
            membership: None,
            organisation_roles: Vec::new(),
            duties: duty.into_iter().collect(),
            must_change_password: false,
            profile_complete: true,
        }
    }
}

impl Neighbour {
    /// This resident as the caller of a request.
    pub fn caller(&self, session_id: SessionId) -> Caller {
        Caller {
            account_id: self.account_id,
            session_id,
            kind: AccountKind::Resident,
            name: self.name.clone(),
            duties: Vec::new(),
            administers: Vec::new(),
            membership: None,
            organisation_roles: Vec::new(),
            must_change_password: false,
            profile_complete: true,
        }
    }
}

/// The grids whose people the accounts file shows.
struct FirstGrids {
    /// The first grid of the lowest level.
    first: TreePath,
    /// It and all above it.
    way: Vec<TreePath>,
    /// One of the lowest level in another village.
    other: TreePath,
}

impl FirstGrids {
    fn of(grids: &[Grid]) -> Self {
        let mut lowest = grids.iter().map(|grid| &grid.path).filter(|path| path.level() == LEVELS);
        let first = lowest.next().cloned().unwrap_or_else(|| grids[0].path.clone());
        let village = |path: &TreePath| path.chain().nth(2).map(str::to_owned);
        let other = lowest.rfind(|path| village(path) != village(&first)).cloned();
        let way = first.chain().filter_map(|step| TreePath::try_from(step.to_owned()).ok()).collect();
        Self { other: other.unwrap_or_else(|| first.clone()), way, first }
    }
}

fn grid(core: &Core, place: &Place, serial: u32, organisations: &[Organisation]) -> Grid {
    let above = organisations.iter().filter(|organisation| organisation.path.contains(&place.path));
    let nearest = above.max_by_key(|organisation| organisation.path.level());
    Grid {
        id: core.ids.next(),
        version: 1,
        serial,
        code_generation: 1,
        path: place.path.clone(),
        number: place.number.clone(),
        name: place.name.clone(),
        sort_order: i32::try_from(place.path.number()).unwrap_or_default(),
        status: GridStatus::Active,
        organisation_id: nearest.map(|organisation| organisation.id),
        center: place.center,
        area: place.area.clone(),
        households: place.households,
    }
}

/// Somebody's invented name.
pub(super) fn name(number: usize) -> String {
    format!("{}{}", SURNAMES[number % SURNAMES.len()], GIVEN[(number / 3 + number * 7) % GIVEN.len()])
}

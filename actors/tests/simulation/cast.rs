//! Who plays, and where: a village with its staff, and a meeting with its members.

use std::collections::HashMap;

use lianxin_actors::directory::{Directory, GridEntry, StaffMember};
use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty};
use lianxin_domain::board::BoardLimits;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::grid::{Grid, GridStatus};
use lianxin_domain::ids::{AccountId, EntityId, GridId, MeetingId, MemberId, OrganisationId};
use lianxin_domain::meeting::{AgendaItem, Invited, Invitee, Meeting, Mode, Plan, SignInRules, Standing};
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_level::{Limit, LimitUnit, TimeRules};
use lianxin_domain::tree::TreePath;
use lianxin_storage::votes::SlipSealer;

pub const MINUTE: i64 = 60_000;
/// When everything begins.
pub const START: Timestamp = Timestamp::from_millis(1_795_240_800_000);
/// Members on the list of the meeting; the first of them is its host.
pub const MEMBERS: usize = 6;

/// Of a grid's staff and those above, then residents; members of the meeting come behind them.
pub const WORKERS: [usize; 3] = [0, 1, 2];
pub const LEADERS: [usize; 3] = [3, 4, 5];
pub const RESIDENTS: [usize; 2] = [6, 7];
pub const FIRST_MEMBER: usize = 8;

pub fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

pub struct Cast {
    pub directory: Directory,
    pub rules: TimeRules,
    pub people: Vec<Caller>,
    /// County, town, village, and the two groups that requests are sent to.
    pub grids: [GridId; 5],
    pub sealer: SlipSealer,
}

impl Cast {
    pub fn new() -> Self {
        let county = TreePath::root(1);
        let (town, village) = (county.child(1), county.child(1).child(1));
        let paths = [county, town, village.clone(), village.child(1), village.child(2)];
        let grids = [1, 2, 3, 4, 5].map(id);
        let duties = [
            (3, Duty::Worker),
            (3, Duty::Worker),
            (4, Duty::Worker),
            (2, Duty::Leader),
            (1, Duty::Leader),
            (0, Duty::Leader),
        ];
        let mut people = Vec::new();
        let mut staff: HashMap<GridId, Vec<StaffMember>> = HashMap::new();
        for number in 0..FIRST_MEMBER + MEMBERS {
            let mut caller = caller(number);
            if let Some((grid, duty)) = duties.get(number).copied() {
                caller.duties.push(GridDuty { grid_id: grids[grid], path: paths[grid].clone(), duty });
                let member =
                    StaffMember { account_id: caller.account_id, name: caller.name.clone(), duty, phone: None };
                staff.entry(grids[grid]).or_default().push(member);
            }
            people.push(caller);
        }
        let all = grids.iter().zip(&paths).map(|(id, path)| grid(*id, path)).collect();
        let directory = Directory::of(all, staff, HashMap::new(), &[7; 32]);
        Self { directory, rules: rules(), people, grids, sealer: crate::polls::sealer() }
    }

    pub fn entry(&self, grid: GridId) -> &GridEntry {
        self.directory.get(grid).unwrap()
    }

    /// A grid and those above it.
    pub fn chain(&self, grid: GridId) -> Vec<GridId> {
        let above = self.entry(grid).ladder.0.iter().map(|step| step.grid_id);
        std::iter::once(grid).chain(above).collect()
    }

    pub fn board_limits(&self) -> BoardLimits {
        BoardLimits::from(&self.rules.levels)
    }

    pub fn person(&self, number: usize) -> PersonRef {
        let caller = &self.people[number];
        PersonRef { id: caller.account_id, name: caller.name.clone() }
    }

    /// The meeting as it is planned.
    pub fn draft(&self) -> Meeting {
        let host = self.person(FIRST_MEMBER);
        let item = |title: &str| AgendaItem { title: title.to_owned(), minutes: 30, presenter: None };
        let plan = Plan {
            topic: "党员大会".to_owned(),
            type_code: "general_meeting".to_owned(),
            host: host.clone(),
            recorder: None,
            starts_at: START.plus_millis(20 * MINUTE),
            ends_at: START.plus_millis(140 * MINUTE),
            mode: Mode::Hybrid,
            place: "村部会议室".to_owned(),
            video_link: None,
            content: String::new(),
            attachments: Vec::new(),
            invited: Invited::default(),
            sign_up: None,
            sign_in: SignInRules::default(),
            agenda: vec![item("学习"), item("讨论")],
        };
        let branch = (id::<OrganisationId>(1), TreePath::root(1));
        Meeting::draft(meeting_id(), 1, branch, host, START.plus_millis(-60 * MINUTE), plan)
    }

    /// The `number`th on the list of the meeting, or somebody who could be.
    pub fn invitee(&self, number: usize) -> Invitee {
        Invitee {
            member_id: member(number),
            account_id: (number < MEMBERS).then(|| self.people[FIRST_MEMBER + number].account_id),
            name: format!("党员{number}"),
            organisation_id: Some(id(1 + (number % 2) as u128)),
            standing: Standing::Full,
            photo: None,
        }
    }
}

pub fn meeting_id() -> MeetingId {
    id(1)
}

pub fn member(number: usize) -> MemberId {
    id(1_000 + number as u128)
}

/// Short limits, and nudges that have to be answered: much happens by itself.
fn rules() -> TimeRules {
    let mut rules = TimeRules::default();
    let minutes = |value| Limit::continuous(value, LimitUnit::Minutes);
    rules.levels.accept = minutes(20);
    rules.levels.finish = minutes(60);
    rules.levels.nudge_answer = Some(minutes(15));
    rules.levels.nudge_repeat = Some(minutes(45));
    rules
}

fn caller(number: usize) -> Caller {
    Caller {
        account_id: id::<AccountId>(100 + number as u128),
        session_id: id(200 + number as u128),
        kind: AccountKind::Staff,
        name: format!("某人{number}"),
        duties: Vec::new(),
        administers: Vec::new(),
        membership: None,
        organisation_roles: Vec::new(),
        must_change_password: false,
        profile_complete: true,
    }
}

fn grid(id: GridId, path: &TreePath) -> Grid {
    Grid {
        id,
        version: 1,
        serial: u32::try_from(u128::from_be_bytes(*id.as_bytes())).unwrap(),
        code_generation: 1,
        path: path.clone(),
        number: path.to_string(),
        name: format!("网格{}", path.level()),
        sort_order: 0,
        status: GridStatus::Active,
        organisation_id: None,
        center: None,
        area: None,
        households: 0,
    }
}

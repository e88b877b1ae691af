//! Attendance over many meetings: the counters that stand beside the lists, and who reads them.

use lianxin_domain::access::{AccountKind, Caller, Membership, OrganisationRight, OrganisationRole, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, EntityId, MemberId, OrganisationId};
use lianxin_domain::meeting::{
    Attendee, Hall, Invited, Invitee, Leave, LeaveDecision, Meeting, Mode, Plan, Presence, Role, SignInRules, Standing,
    StateName, Status, Way,
};
use lianxin_domain::member::MemberStanding;
use lianxin_domain::organisation::OrganisationKind;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::attendance::{AttendanceBook, AttendanceFilter, Figures, Group};
use lianxin_storage::check::check;
use lianxin_storage::files::FileStore;
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::organisations::Organisations;

use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store};

on_both!(
    a_meeting_counts_in_its_period_its_type_and_its_month,
    a_meeting_that_is_not_over_does_not_count,
    nobody_reads_the_figures_of_others,
    a_branch_that_moves_takes_its_past_along,
    of_two_counts_the_later_one_stands,
    a_check_finds_what_is_not_a_recount,
    a_person_is_named_as_at_the_last_of_the_meetings,
    ones_own_attendance_is_of_meetings_that_ended,
);

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

pub fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

pub fn days(number: i64) -> Timestamp {
    NOON.plus_millis(number * DAY)
}

/// A township with branches below it.
pub struct Town {
    pub path: TreePath,
    pub branches: Vec<(OrganisationId, TreePath)>,
    pub meetings: Meetings,
    pub book: AttendanceBook,
}

impl Town {
    /// Below the `number`th step of the root, with so many branches.
    pub async fn found(store: &Store, number: u32, branches: usize) -> Self {
        let path = TreePath::root(1).child(number);
        let mut found = Vec::new();
        for index in 0..branches {
            let mut branch = organisation(store, &path, OrganisationKind::Branch);
            branch.path = path.child(u32::try_from(index).unwrap() + 1);
            store.write(vec![Organisations::insert(&branch)]).await.unwrap();
            found.push((branch.id, branch.path));
        }
        let (meetings, book) = (Meetings::new(store.database.clone()), AttendanceBook::new(store.database.clone()));
        Self { path, branches: found, meetings, book }
    }

    pub fn filter(&self) -> AttendanceFilter {
        let (from, until) = (days(-1_000), days(1_000));
        AttendanceFilter { organisation: (self.path.clone(), true), from, until, type_code: None }
    }

    pub async fn total(&self, filter: &AttendanceFilter) -> Figures {
        self.book.total(&Scope::system(), filter).await.unwrap()
    }

    /// A meeting of the first branch.
    pub fn meeting(&self, store: &Store, starts_at: Timestamp, state: StateName) -> Meeting {
        let host = PersonRef { id: id(1), name: "书记".to_owned() };
        let plan = Plan {
            topic: "党员大会".to_owned(),
            type_code: "general_meeting".to_owned(),
            host: host.clone(),
            recorder: None,
            starts_at,
            ends_at: starts_at.plus_millis(120 * MINUTE),
            mode: Mode::Onsite,
            place: "会议室".to_owned(),
            video_link: None,
            content: String::new(),
            attachments: Vec::new(),
            invited: Invited::default(),
            sign_up: None,
            sign_in: SignInRules::default(),
            agenda: Vec::new(),
        };
        let serial = u32::from_le_bytes(store.ids.next::<MemberId>().as_bytes()[12..].try_into().unwrap());
        let draft = Meeting::draft(store.ids.next(), serial >> 2, self.branches[0].clone(), host, starts_at, plan);
        let over = matches!(state, StateName::Ended | StateName::Archived);
        Meeting {
            state,
            started_at: (over || state == StateName::Running).then_some(starts_at),
            ended_at: over.then(|| starts_at.plus_millis(100 * MINUTE)),
            ..draft
        }
    }

    /// Stores a meeting with its list and what the change that ends it writes.
    pub async fn keep(&self, store: &Store, meeting: &Meeting, people: &[Attendee]) {
        let hall = Hall::new(meeting.clone(), people.iter().map(|one| (one.clone(), None)));
        let mut writes = vec![Meetings::write(None, meeting)];
        let starts_at = meeting.plan.starts_at;
        writes.extend(people.iter().map(|one| attendee_write(meeting.id, starts_at, None, one, None)));
        writes.extend(AttendanceBook::writes(&hall, 7));
        store.write(writes).await.unwrap();
    }
}

pub fn listed(number: u128, organisation: OrganisationId) -> Attendee {
    let invitee = Invitee {
        member_id: id(1_000 + number),
        account_id: Some(id(2_000 + number)),
        name: format!("党员{number}"),
        organisation_id: Some(organisation),
        standing: Standing::Full,
        photo: None,
    };
    invitee.listed(Role::Member)
}

/// Somebody who came so many minutes after the begin, and left.
pub fn came(attendee: Attendee, minutes: i64, left: Option<i64>, starts_at: Timestamp) -> Attendee {
    let from = starts_at.plus_millis(minutes * MINUTE);
    let until = left.map(|minutes| starts_at.plus_millis(minutes * MINUTE));
    Attendee { presence: vec![Presence { from, until, way: Way::Code }], number: Some(1), ..attendee }
}

pub fn on_leave(attendee: Attendee, approved: Option<bool>) -> Attendee {
    let by = PersonRef { id: id(1), name: "书记".to_owned() };
    let decision = approved.map(|approved| LeaveDecision { approved, note: None, by, at: NOON });
    Attendee { leave: Some(Leave { reason: "住院".to_owned(), asked_at: NOON, decision }), ..attendee }
}

async fn a_meeting_counts_in_its_period_its_type_and_its_month(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 2).await;
    let (first, second) = (town.branches[0].0, town.branches[1].0);
    // The last moment of October in China, and the first of November.
    let october: Timestamp = "2026-10-31T15:59:59.999Z".parse().unwrap();
    let november = october.plus_millis(1);
    for (starts_at, type_code) in [(october, "general_meeting"), (november, "party_lecture")] {
        let mut meeting = town.meeting(&store, starts_at, StateName::Ended);
        meeting.plan.type_code = type_code.to_owned();
        let people = [came(listed(1, first), 0, None, starts_at), listed(2, first), listed(3, second)];
        town.keep(&store, &meeting, &people).await;
    }
    let keys = async |group| {
        let by = town.book.by(&Scope::system(), &town.filter(), group).await.unwrap();
        by.into_iter().map(|(key, figures)| (key, figures.meetings, figures.attendance.expected)).collect::<Vec<_>>()
    };
    assert_eq!(keys(Group::Month).await, [("2026-10".to_owned(), 1, 3), ("2026-11".to_owned(), 1, 3)]);
    assert_eq!(keys(Group::Type).await, [("general_meeting".to_owned(), 1, 3), ("party_lecture".to_owned(), 1, 3)]);
    let mut expected = vec![(first.to_string(), 2, 4), (second.to_string(), 2, 2)];
    expected.sort();
    assert_eq!(keys(Group::Organisation).await, expected);
    let total = town.total(&town.filter()).await;
    assert_eq!((total.meetings, total.attendance.expected, total.attendance.present), (2, 6, 2), "each meeting once");
    assert_eq!(total.attendance.rate(), Some(2.0 / 6.0));
    let narrowed = [
        (AttendanceFilter { from: november, ..town.filter() }, 1, 3),
        (AttendanceFilter { until: november, ..town.filter() }, 1, 3),
        (AttendanceFilter { until: october, ..town.filter() }, 0, 0),
        (AttendanceFilter { type_code: Some("party_lecture".to_owned()), ..town.filter() }, 1, 3),
        (AttendanceFilter { organisation: (town.branches[1].1.clone(), false), ..town.filter() }, 2, 2),
        (AttendanceFilter { organisation: (town.path.clone(), false), ..town.filter() }, 0, 0),
    ];
    for (filter, meetings, expected) in narrowed {
        let found = town.total(&filter).await;
        assert_eq!((found.meetings, found.attendance.expected), (meetings, expected), "{filter:?}");
        let people = town.book.by_person(&Scope::system(), &filter).await.unwrap();
        assert_eq!(people.iter().map(|one| one.figures.attendance.expected).sum::<u64>(), expected, "{filter:?}");
    }
}

async fn a_meeting_that_is_not_over_does_not_count(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 1).await;
    for state in [StateName::Draft, StateName::Launched, StateName::Running, StateName::Cancelled] {
        let meeting = town.meeting(&store, NOON, state);
        town.keep(&store, &meeting, &[came(listed(1, town.branches[0].0), 0, None, NOON)]).await;
    }
    assert_eq!(town.total(&town.filter()).await, Figures::default());
    assert_eq!(town.book.by(&Scope::system(), &town.filter(), Group::Month).await.unwrap(), []);
    assert_eq!(town.book.by_person(&Scope::system(), &town.filter()).await.unwrap(), []);
    assert_eq!(town.book.own(id(2_001), days(-1), days(1)).await.unwrap(), []);
}

fn caller(account_id: AccountId) -> Caller {
    Caller {
        account_id,
        session_id: id(1),
        kind: AccountKind::Resident,
        name: String::new(),
        duties: Vec::new(),
        administers: Vec::new(),
        membership: None,
        organisation_roles: Vec::new(),
        must_change_password: false,
        profile_complete: true,
    }
}

async fn nobody_reads_the_figures_of_others(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 3).await;
    let people: Vec<Attendee> = (0..3).map(|number| listed(number, town.branches[number as usize].0)).collect();
    town.keep(&store, &town.meeting(&store, NOON, StateName::Ended), &people).await;
    let role = |path: &TreePath, role| Caller {
        organisation_roles: vec![OrganisationRole { path: path.clone(), role }],
        ..caller(id(2_000))
    };
    let (own, path) = town.branches[0].clone();
    let membership =
        Membership { member_id: id(1_000), organisation_id: own, path: path.clone(), standing: MemberStanding::Full };
    let readers = [
        ("system", Scope::system(), 3),
        ("supervisor of the township", role(&town.path, OrganisationRight::Supervisor).scope(), 3),
        ("secretary", role(&path, OrganisationRight::Secretary).scope(), 1),
        ("secretary next door", role(&TreePath::root(1).child(2), OrganisationRight::Secretary).scope(), 0),
        ("member", Caller { membership: Some(membership), ..caller(id(2_000)) }.scope(), 0),
        ("nobody", caller(id(9)).scope(), 0),
    ];
    for (who, scope, sees) in readers {
        let total = town.book.total(&scope, &town.filter()).await.unwrap();
        assert_eq!(total.attendance.expected, sees, "{who}");
        assert_eq!(town.book.by_person(&scope, &town.filter()).await.unwrap().len() as u64, sees, "{who}");
        for group in [Group::Organisation, Group::Type, Group::Month] {
            let by = town.book.by(&scope, &town.filter(), group).await.unwrap();
            assert_eq!(by.iter().map(|(_, one)| one.attendance.expected).sum::<u64>(), sees, "{who} {group:?}");
        }
    }
}

async fn a_branch_that_moves_takes_its_past_along(fresh: &Fresh) {
    let store = fresh.open().await;
    let (from, to) = (Town::found(&store, 1, 1).await, Town::found(&store, 2, 1).await);
    let branch = from.branches[0].0;
    from.keep(&store, &from.meeting(&store, NOON, StateName::Ended), &[listed(1, branch)]).await;
    assert_eq!((from.total(&from.filter()).await.meetings, to.total(&to.filter()).await.meetings), (1, 0));
    let stored = store.organisations.all().await.unwrap();
    let before = stored.into_iter().find(|one| one.id == branch).unwrap();
    let mut moved = before.clone();
    (moved.path, moved.version) = (to.path.child(9), before.version + 1);
    store.write(vec![Organisations::update(before.version, &moved)]).await.unwrap();
    assert_eq!((from.total(&from.filter()).await.meetings, to.total(&to.filter()).await.meetings), (0, 1));
    assert_eq!(to.book.by_person(&Scope::system(), &to.filter()).await.unwrap().len(), 1);
}

async fn of_two_counts_the_later_one_stands(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 1).await;
    let meeting = town.meeting(&store, NOON, StateName::Ended);
    let person = listed(1, town.branches[0].0);
    let [absent, present] =
        [person.clone(), came(person, 0, None, NOON)].map(|one| Hall::new(meeting.clone(), [(one, None)]));
    for (hall, as_of, stands) in
        [(&absent, 7, 0), (&present, 9, 1), (&absent, 8, 1), (&present, 9, 1), (&absent, 10, 0)]
    {
        store.write(AttendanceBook::writes(hall, as_of)).await.unwrap();
        let total = town.total(&town.filter()).await;
        assert_eq!((total.meetings, total.attendance.expected, total.attendance.present), (1, 1, stands), "{as_of}");
    }
}

async fn a_check_finds_what_is_not_a_recount(fresh: &Fresh) {
    let store = fresh.open().await;
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let town = Town::found(&store, 1, 2).await;
    let mut ids = Vec::new();
    for (day, state) in
        (0..).zip([StateName::Ended, StateName::Archived, StateName::Ended, StateName::Running, StateName::Ended])
    {
        let meeting = town.meeting(&store, days(day), state);
        let people = [came(listed(1, town.branches[0].0), 0, None, days(day)), listed(2, town.branches[1].0)];
        town.keep(&store, &meeting, &people).await;
        ids.push(meeting.id.to_string());
    }
    let sound = check(&store.database, &files).await.unwrap();
    assert_eq!((sound.meetings, sound.is_clean()), (4, true), "{sound:?}");
    fresh.execute(&format!("UPDATE attendance_counts SET late = late + 1 WHERE meeting_id = '{}'", ids[0])).await;
    fresh.execute(&format!("DELETE FROM attendance_counts WHERE meeting_id = '{}'", ids[1])).await;
    fresh
        .execute(&format!("UPDATE attendance_counts SET meeting_id = '{}' WHERE meeting_id = '{}'", ids[3], ids[2]))
        .await;
    fresh.execute(&format!("UPDATE attendance_counts SET voters = voters + 1 WHERE meeting_id = '{}'", ids[4])).await;
    let found = check(&store.database, &files).await.unwrap();
    assert_eq!((found.meetings, found.differences.len()), (4, 5), "{found:?}");
    for (id, words) in ids.iter().zip(["recount", "recount", "recount", "did not end", "recount"]) {
        assert!(found.differences.iter().any(|line| line.contains(id) && line.contains(words)), "{found:?}");
    }
}

async fn a_person_is_named_as_at_the_last_of_the_meetings(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 2).await;
    let (first, second) = (town.branches[0].0, town.branches[1].0);
    // Written in another order than they were held in: married in between, and moved to the other branch.
    for (day, name, branch) in [(-1, "韦小妹", first), (3, "韦大姐", second), (-2, "韦小妹", first)] {
        let person = Attendee { name: name.to_owned(), ..listed(1, branch) };
        town.keep(&store, &town.meeting(&store, days(day), StateName::Ended), &[person]).await;
    }
    let found = town.book.by_person(&Scope::system(), &town.filter()).await.unwrap();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.name.as_str(), one.organisation_id, one.figures.meetings), ("韦大姐", Some(second), 3));
    // Who looks at the first branch alone sees what happened there.
    let alone = AttendanceFilter { organisation: (town.branches[0].1.clone(), true), ..town.filter() };
    let found = town.book.by_person(&Scope::system(), &alone).await.unwrap();
    assert_eq!(
        (found[0].name.as_str(), found[0].organisation_id, found[0].figures.meetings),
        ("韦小妹", Some(first), 2)
    );
}

async fn ones_own_attendance_is_of_meetings_that_ended(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = Town::found(&store, 1, 1).await;
    let branch = town.branches[0].0;
    let guest = |one: Attendee| Attendee { role: Role::Guest, ..one };
    let substitute = Attendee { role: Role::Substitute { of: id(1_001) }, ..listed(7, branch) };
    let lists: [(i64, Vec<Attendee>); 4] = [
        (-3, vec![came(listed(1, branch), 0, None, days(-3))]),
        (-2, vec![listed(1, branch), came(substitute, 0, None, days(-2))]),
        (-1, vec![guest(came(listed(1, branch), 0, None, days(-1)))]),
        (0, vec![on_leave(listed(1, branch), Some(true)), listed(2, branch)]),
    ];
    for (day, people) in &lists {
        let state = if *day == 0 { StateName::Archived } else { StateName::Ended };
        town.keep(&store, &town.meeting(&store, days(*day), state), people).await;
    }
    let own = town.book.own(id(2_001), days(-3), days(1)).await.unwrap();
    let found: Vec<_> = own.iter().map(|one| (one.starts_at, one.status, one.attendance.expected)).collect();
    assert_eq!(
        found,
        [
            (days(0), Status::LeaveApproved, 1),
            (days(-1), Status::Guest, 0),
            (days(-2), Status::Substitute, 1),
            (days(-3), Status::OnTime, 1),
        ]
    );
    let periods = [(days(-2), days(0), 2), (days(1), days(2), 0)];
    for (from, until, count) in periods {
        assert_eq!(town.book.own(id(2_001), from, until).await.unwrap().len(), count);
    }
    assert_eq!(town.book.own(id(2_099), days(-3), days(1)).await.unwrap(), []);
}

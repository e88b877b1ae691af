//! Meetings and the people on their lists.

use lianxin_domain::access::{AccountKind, Caller, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::geo::Point;
use lianxin_domain::ids::{AccountId, EntityId, MeetingId};
use lianxin_domain::meeting::{
    AgendaItem, Answer, Attendee, Delegation, DeviceId, Evidence, Family, Fence, Flag, Grade, Hall, Invited, Invitee,
    Leave, LeaveDecision, ManualReason, Mark, Meeting, MeetingType, Mode, Plan, Presence, Role, SignInRules, SignUp,
    Standing, StateName, Way,
};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::calendar_links::CalendarLinks;
use lianxin_storage::journal::CommitError;
use lianxin_storage::meeting_notes::MeetingNotes;
use lianxin_storage::meetings::{HeadCount, MeetingFilter, Meetings, attendee_write};
use lianxin_storage::organisations::Organisations;
use lianxin_storage::votes::Votes;

use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store, cipher};

on_both!(
    every_part_of_a_meeting_comes_back,
    every_part_of_somebody_on_a_list_comes_back,
    a_claim_is_used_once,
    a_serial_number_belongs_to_one_meeting,
    a_list_is_in_order_page_by_page_and_narrowed,
    nobody_finds_a_meeting_of_others,
    heads_are_counted_as_halls_count_them,
    types_are_kept_and_their_names_are_there_once,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(number: u128) -> PersonRef {
    PersonRef { id: id(2_000 + number), name: format!("党员{number}") }
}

fn at(minutes: i64) -> Timestamp {
    NOON.plus_millis(minutes * 60_000)
}

pub fn meeting(number: u128) -> Meeting {
    let plan = Plan {
        topic: format!("第 {number} 次党员大会 “学习”\n😀"),
        type_code: "general_meeting".to_owned(),
        host: person(1),
        recorder: Some(person(2)),
        starts_at: at(60),
        ends_at: at(120),
        mode: Mode::Hybrid,
        place: "会议室".to_owned(),
        video_link: Some("https://meeting.example.cn/1".to_owned()),
        content: "内容".to_owned(),
        attachments: Vec::new(),
        invited: Invited { whole_branch: true, members: vec![id(1)], organisations: vec![id(2)] },
        sign_up: Some(SignUp { deadline: at(30) }),
        sign_in: SignInRules {
            fence: Some(Fence::Circle { center: Point::new(105.1, 24.5).unwrap(), radius_m: 200.0 }),
            ..SignInRules::default()
        },
        agenda: vec![AgendaItem { title: "一".to_owned(), minutes: 30, presenter: Some("书记".to_owned()) }],
    };
    let branch = (id(100), TreePath::root(1).child(2));
    Meeting::draft(id(number), u32::try_from(number).unwrap(), branch, person(0), NOON, plan)
}

pub fn attendee(number: u128) -> Attendee {
    let invitee = Invitee {
        member_id: id(1_000 + number),
        account_id: Some(person(number).id),
        name: person(number).name,
        organisation_id: Some(id(100)),
        standing: Standing::Full,
        photo: Some(id(3_000 + number)),
    };
    invitee.listed(Role::Member)
}

/// A row in every table of meetings.
pub async fn fill(store: &Store) {
    let kind = MeetingType {
        code: "own_1".to_owned(),
        name: "田间课堂".to_owned(),
        family: Family::Activity,
        built_in: false,
        enabled: true,
        version: 1,
    };
    let of = Meeting { state: StateName::Ended, started_at: Some(at(60)), ended_at: Some(at(90)), ..meeting(1) };
    let writes = vec![
        Meetings::put_type(None, &kind, NOON),
        Meetings::write(None, &of),
        attendee_write(of.id, of.plan.starts_at, None, &attendee(1), Some(DeviceId([7; 16]))),
        Meetings::use_claim("nonce", NOON),
        CalendarLinks::put(&crate::calendar_links::link(id(1), "t")),
        MeetingNotes::new(store.database.clone(), cipher()).write(&crate::meeting_notes::note(id(1), id(2))),
        Votes::write(of.id, None, &crate::votes::vote(1)),
        crate::votes::sealer().put(id(1), 1, &crate::votes::slip(1)),
        Votes::keep_receipts(id(1), 1, &[crate::votes::slip(2).receipt]),
    ];
    store.write(writes).await.unwrap();
    store.write(Votes::mark(&crate::votes::vote(1), id(2), None).into()).await.unwrap();
    store.write(crate::minutes::rows(store)).await.unwrap();
    store.write(AttendanceBook::writes(&Hall::new(of, [(attendee(1), None)]), 1)).await.unwrap();
}

async fn store_of(fresh: &Fresh) -> (Store, Meetings) {
    let store = fresh.open().await;
    let meetings = Meetings::new(store.database.clone());
    (store, meetings)
}

async fn every_part_of_a_meeting_comes_back(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    let draft = meeting(1);
    store.write(vec![Meetings::write(None, &draft)]).await.unwrap();
    assert_eq!(meetings.get(&Scope::system(), draft.id).await.unwrap(), Some(draft.clone()));
    let running = Meeting {
        version: 2,
        state: StateName::Running,
        launched_at: Some(at(1)),
        started_at: Some(at(61)),
        agenda: Some(lianxin_domain::meeting::AgendaPosition { index: 0, since: at(62) }),
        delegation: Some(Delegation {
            organisation_id: id(101),
            organisation: "镇党委".to_owned(),
            asked: Mark { by: person(0), at: at(2) },
            note: Some("请指导".to_owned()),
            delegate: None,
        }),
        ..draft.clone()
    };
    store.write(vec![Meetings::write(Some(&draft), &running)]).await.unwrap();
    assert_eq!(meetings.get(&Scope::system(), draft.id).await.unwrap(), Some(running.clone()));
    let cancelled = Meeting {
        version: 3,
        state: StateName::Cancelled,
        cancel_reason: Some("停电".to_owned()),
        agenda: None,
        ended_at: Some(at(70)),
        ..running.clone()
    };
    store.write(vec![Meetings::write(Some(&running), &cancelled)]).await.unwrap();
    assert_eq!(meetings.get(&Scope::system(), draft.id).await.unwrap(), Some(cancelled));
    // Decided on what is no longer so.
    let stale = store.write(vec![Meetings::write(Some(&draft), &running)]).await;
    assert!(matches!(stale, Err(CommitError::Stale { table: "meetings", .. })), "{stale:?}");
}

async fn every_part_of_somebody_on_a_list_comes_back(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    let of = meeting(1);
    let people = [
        attendee(1),
        Attendee {
            role: Role::Guest,
            account_id: None,
            organisation_id: None,
            standing: Standing::None,
            ..attendee(2)
        },
        Attendee { role: Role::Substitute { of: id(1_001) }, standing: Standing::Probationary, ..attendee(3) },
    ];
    let mut writes = vec![Meetings::write(None, &of)];
    writes.extend(people.iter().map(|one| attendee_write(of.id, of.plan.starts_at, None, one, None)));
    store.write(writes).await.unwrap();
    let device = DeviceId([9; 16]);
    let changed = Attendee {
        version: 2,
        answer: Some(Answer { attending: false, at: at(1) }),
        signed_up_at: Some(at(2)),
        leave: Some(Leave {
            reason: "住院".to_owned(),
            asked_at: at(3),
            decision: Some(LeaveDecision {
                approved: false, note: Some("重要".to_owned()), by: person(0), at: at(4)
            }),
        }),
        number: Some(17),
        presence: vec![
            Presence { from: at(61), until: Some(at(62)), way: Way::Code },
            Presence { from: at(63), until: None, way: Way::Manual },
        ],
        evidence: Some(Evidence {
            grade: Grade::Weak,
            flags: vec![Flag::MockLocation],
            slot_age_ms: Some(1_234),
            distance_m: Some(12.5),
            accuracy_m: Some(30.0),
            manual: Some(ManualReason { by: person(0), reason: "手机没电".to_owned() }),
            consent: Some(1),
        }),
        hand_raised_at: Some(at(64)),
        ..people[0].clone()
    };
    store.write(vec![attendee_write(of.id, of.plan.starts_at, Some(1), &changed, Some(device))]).await.unwrap();
    let mut listed = meetings.listed(of.id).await.unwrap();
    listed.sort_by_key(|one| one.attendee.member_id);
    let found: Vec<_> = listed.iter().map(|one| (one.attendee.clone(), one.device)).collect();
    assert_eq!(found, [(changed, Some(device)), (people[1].clone(), None), (people[2].clone(), None)]);
    let hall = meetings.hall(of.id).await.unwrap().unwrap();
    assert_eq!((hall.meeting().arrivals, hall.attendees().count()), (17, 3));
    assert_eq!(hall.on_device(device).map(|one| one.member_id), Some(id(1_001)));
    let twice = store.write(vec![attendee_write(of.id, of.plan.starts_at, None, &people[0], None)]).await;
    assert!(matches!(twice, Err(CommitError::Exists { table: "meeting_attendees", .. })), "{twice:?}");
    assert!(meetings.hall(id(99)).await.unwrap().is_none());
}

async fn a_claim_is_used_once(fresh: &Fresh) {
    let (store, _) = store_of(fresh).await;
    store.write(vec![Meetings::use_claim("nonce", NOON)]).await.unwrap();
    let again = store.write(vec![Meetings::use_claim("nonce", at(1))]).await;
    assert!(matches!(again, Err(CommitError::Exists { table: "meeting_claims", .. })), "{again:?}");
}

async fn a_serial_number_belongs_to_one_meeting(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    store.write(vec![Meetings::write(None, &meeting(7))]).await.unwrap();
    assert_eq!(meetings.by_serial(7).await.unwrap(), Some(id::<MeetingId>(7)));
    assert_eq!(meetings.by_serial(8).await.unwrap(), None);
    let other = store.write(vec![Meetings::write(None, &Meeting { id: id(8), ..meeting(7) })]).await;
    assert!(matches!(other, Err(CommitError::Exists { table: "meetings", .. })), "{other:?}");
}

async fn a_list_is_in_order_page_by_page_and_narrowed(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    // Ten, two at a time begin in the same moment; the fifth is of a neighbour, the sixth of a branch below.
    let own = TreePath::root(1).child(2);
    let places = [(100, own.clone()), (103, TreePath::root(1).child(3)), (104, own.child(1))];
    let branches = places
        .map(|(number, path)| Organisation { id: id(number), ..organisation(&store, &path, OrganisationKind::Branch) });
    store.write(branches.iter().map(Organisations::insert).collect()).await.unwrap();
    for number in 1..=10_u128 {
        let mut one = meeting(number);
        one.plan.starts_at = at(60 * i64::try_from(number / 2).unwrap());
        one.plan.ends_at = one.plan.starts_at.plus_millis(1);
        one.organisation_id = match number {
            5 => branches[1].id,
            6 => branches[2].id,
            _ => branches[0].id,
        };
        if number == 3 {
            one.state = StateName::Running;
            one.plan.type_code = "party_day".to_owned();
            one.plan.topic = "主题党日 100%".to_owned();
        }
        store.write(vec![Meetings::write(None, &one)]).await.unwrap();
    }
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let page = meetings.list(&Scope::system(), &MeetingFilter::default(), before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.plan.starts_at, last.id));
        seen.extend(page.iter().map(|one| one.serial));
    }
    assert_eq!(seen, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let found = async |filter: MeetingFilter| {
        let list = meetings.list(&Scope::system(), &filter, None, 100).await.unwrap();
        list.into_iter().map(|one| one.serial).collect::<Vec<_>>()
    };
    let usual = MeetingFilter::default;
    assert_eq!(found(MeetingFilter { organisation: Some((own.clone(), true)), ..usual() }).await.len(), 9);
    assert_eq!(found(MeetingFilter { organisation: Some((own.clone(), false)), ..usual() }).await.len(), 8);
    assert_eq!(found(MeetingFilter { states: vec![StateName::Running], ..usual() }).await, [3]);
    assert_eq!(found(MeetingFilter { type_code: Some("party_day".to_owned()), ..usual() }).await, [3]);
    assert_eq!(found(MeetingFilter { text: Some("100%".to_owned()), ..usual() }).await, [3]);
    assert_eq!(found(MeetingFilter { text: Some("%".to_owned()), ..usual() }).await, [3]);
    assert_eq!(found(MeetingFilter { from: Some(at(240)), ..usual() }).await, [10, 9, 8]);
    assert_eq!(found(MeetingFilter { until: Some(at(60)), ..usual() }).await, [1]);
    // The branch moves below the neighbour, and its meetings with it.
    let there = TreePath::root(1).child(3).child(9);
    let moved = Organisation { version: 2, path: there.clone(), ..branches[0].clone() };
    store.write(vec![Organisations::update(1, &moved)]).await.unwrap();
    let below = |path: TreePath| MeetingFilter { organisation: Some((path, true)), ..usual() };
    assert_eq!(found(below(own)).await, [6]);
    assert_eq!(found(below(TreePath::root(1).child(3))).await.len(), 9);
    let first = meetings.get(&Scope::system(), id(1)).await.unwrap().unwrap();
    assert_eq!(first.organisation_path, there);
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

async fn nobody_finds_a_meeting_of_others(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    let of = Meeting { state: StateName::Launched, ..meeting(1) };
    let mut writes = vec![Meetings::write(None, &of)];
    writes.push(attendee_write(of.id, of.plan.starts_at, None, &attendee(5), None));
    store.write(writes).await.unwrap();
    // Its maker, its host, its recorder, somebody on its list; and a stranger.
    for (number, sees) in [(0, true), (1, true), (2, true), (5, true), (6, false)] {
        let scope = caller(person(number).id).scope();
        assert_eq!(meetings.get(&scope, of.id).await.unwrap().is_some(), sees, "{number}");
        assert_eq!(meetings.list(&scope, &MeetingFilter::default(), None, 10).await.unwrap().len(), usize::from(sees));
        let mine = MeetingFilter { mine: true, ..MeetingFilter::default() };
        let own = sees && number != 0;
        assert_eq!(meetings.list(&scope, &mine, None, 10).await.unwrap().len(), usize::from(own), "{number}");
    }
}

async fn types_are_kept_and_their_names_are_there_once(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    let own = MeetingType {
        code: "own_1".to_owned(),
        name: "田间课堂".to_owned(),
        family: Family::PartyDay,
        built_in: false,
        enabled: true,
        version: 1,
    };
    store.write(vec![Meetings::put_type(None, &own, NOON)]).await.unwrap();
    let second = MeetingType { code: "own_2".to_owned(), ..own.clone() };
    let taken = store.write(vec![Meetings::put_type(None, &second, NOON)]).await;
    assert!(matches!(taken, Err(CommitError::Exists { table: "meeting_types", .. })), "{taken:?}");
    let second = MeetingType { name: "别的".to_owned(), ..second };
    store.write(vec![Meetings::put_type(None, &second, at(1))]).await.unwrap();
    let off = MeetingType { enabled: false, version: 2, family: Family::Activity, ..own.clone() };
    store.write(vec![Meetings::put_type(Some(1), &off, at(2))]).await.unwrap();
    assert_eq!(meetings.types().await.unwrap(), [off, second]);
    assert!(!meetings.type_is_used("general_meeting").await.unwrap());
    store.write(vec![Meetings::write(None, &meeting(1))]).await.unwrap();
    assert!(meetings.type_is_used("general_meeting").await.unwrap());
    store.write(vec![Meetings::delete_type("own_2")]).await.unwrap();
    assert_eq!(meetings.types().await.unwrap().len(), 1);
}

async fn heads_are_counted_as_halls_count_them(fresh: &Fresh) {
    let (store, meetings) = store_of(fresh).await;
    let there = |way| vec![Presence { from: at(60), until: Some(at(90)), way }];
    let (first, second) = (meeting(1), meeting(2));
    let mut people: Vec<Attendee> = (1..=7).map(attendee).collect();
    people[0].presence = there(Way::Code);
    people[1].presence = there(Way::Online);
    // Comes in the third one's place; the fourth one's substitute stays away.
    (people[4].role, people[5].role) =
        (Role::Substitute { of: people[2].member_id }, Role::Substitute { of: people[3].member_id });
    people[4].presence = there(Way::Code);
    (people[6].role, people[6].presence) = (Role::Guest, there(Way::Code));
    let mut writes = vec![Meetings::write(None, &first), Meetings::write(None, &second)];
    writes.extend(people.iter().map(|one| attendee_write(first.id, first.plan.starts_at, None, one, None)));
    writes.push(attendee_write(second.id, second.plan.starts_at, None, &attendee(9), None));
    store.write(writes).await.unwrap();
    let counts = meetings.head_counts(&[first.id, second.id, id(3)]).await.unwrap();
    assert_eq!(counts.len(), 2);
    for (meeting, expected) in [(&first, (4, 3)), (&second, (1, 0))] {
        let tally = *meetings.hall(meeting.id).await.unwrap().unwrap().tally();
        assert_eq!((tally.expected, tally.present), expected);
        let HeadCount { expected, present } = counts[&meeting.id];
        assert_eq!((expected, present), (tally.expected.into(), tally.present.into()));
    }
    assert!(meetings.head_counts(&[]).await.unwrap().is_empty());
}

//! 组织生活会: what comes back, who finds it, in which phase it is listed, and that no material is written over.

use lianxin_domain::access::{Caller, Membership, OrganisationRight, OrganisationRole, Scope};
use lianxin_domain::attachment::{AttachmentKind, AttachmentRef};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, EntityId, LifeMeetingId};
use lianxin_domain::meeting::{Mark, Meeting, Plan, StateName};
use lianxin_domain::member::MemberStanding;
use lianxin_domain::minutes::{Minutes, MinutesState};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::organisational_life::{
    Decision, LifeMeeting, LifePlan, MaterialState, MaterialTally, NoticeForm, Part, Participant, Phase, Report,
};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Write;
use lianxin_storage::journal::CommitError;
use lianxin_storage::meeting_minutes::MeetingMinutes;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::organisational_life::{LifeFilter, LifeMeetings};
use lianxin_storage::organisations::Organisations;

use crate::meetings::meeting;
use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store, cipher};
use crate::village;

on_both!(
    everything_of_it_comes_back_and_is_not_written_over,
    linked_meetings_are_read_as_they_stand,
    who_looks_over_the_branch_or_takes_part_finds_it,
    the_phase_of_a_list_is_the_phase_of_the_rule,
    a_list_goes_on_page_by_page,
    materials_keep_all_their_versions_and_are_sealed,
    of_two_who_decide_one_is_too_late,
    it_goes_with_all_that_belongs_to_it_or_not_at_all,
);

const DAY: i64 = 24 * 3_600_000;

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(days: i64) -> Timestamp {
    NOON.plus_millis(days * DAY)
}

fn person(number: u128) -> PersonRef {
    PersonRef { id: id(number), name: format!("党员{number}") }
}

fn file(number: u128) -> AttachmentRef {
    AttachmentRef {
        id: id(number),
        kind: AttachmentKind::Document,
        media_type: "application/pdf".to_owned(),
        size: 7,
        name: Some("对照检查.pdf".to_owned()),
        duration_ms: None,
        width: None,
        height: None,
    }
}

fn life_of(branch: &Organisation, number: u128) -> LifeMeeting {
    LifeMeeting {
        id: id(number),
        version: 1,
        organisation_id: branch.id,
        organisation_path: branch.path.clone(),
        created_by: person(0),
        created_at: NOON,
        notice: NoticeForm::MessageAndSms,
        plan: LifePlan {
            topic: "2026年度组织生活会 “引号”\n😀".to_owned(),
            year: 2026,
            content: "对照检查".to_owned(),
            files: vec![file(900)],
            materials_due_at: at(10),
            ends_at: at(20),
        },
        committee: None,
        members: None,
        reminded_at: None,
        report: None,
    }
}

fn someone(meeting: LifeMeetingId, number: u32) -> Participant {
    let ids = (id(100 + u128::from(number)), id(200 + u128::from(number)));
    Participant::new(meeting, ids, format!("党员{number}"), number)
}

async fn stand(fresh: &Fresh) -> (Store, LifeMeetings, Organisation) {
    let store = fresh.open().await;
    let lives = LifeMeetings::new(store.database.clone(), cipher());
    let branch = organisation(&store, &TreePath::root(1).child(1), OrganisationKind::Branch);
    store.write(vec![Organisations::insert(&branch)]).await.unwrap();
    (store, lives, branch)
}

/// A row in every table.
pub async fn fill(store: &Store) {
    let lives = LifeMeetings::new(store.database.clone(), cipher());
    let branch = organisation(store, &TreePath::root(1).child(77), OrganisationKind::Branch);
    let life = life_of(&branch, 1);
    let one = someone(life.id, 0);
    let (after, material) = one.submitted(&life, "对照检查材料", vec![file(901)], at(1)).unwrap();
    let writes = vec![
        Organisations::insert(&branch),
        LifeMeetings::write(None, &life),
        lives.write_participant(None, &after),
        lives.insert_material(&after, &material),
    ];
    store.write(writes).await.unwrap();
}

async fn everything_of_it_comes_back_and_is_not_written_over(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let first = life_of(&branch, 1);
    store.write(vec![LifeMeetings::write(None, &first)]).await.unwrap();
    let all = Scope::system();
    assert_eq!(lives.get(&all, first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(lives.get(&all, id(2)).await.unwrap(), None);
    let plan =
        LifePlan { topic: "改".to_owned(), year: 2027, files: Vec::new(), ends_at: at(30), ..first.plan.clone() };
    let report = Report { text: String::new(), files: vec![file(902)], by: person(3), at: at(21) };
    let second = LifeMeeting { version: 2, plan, reminded_at: Some(at(7)), report: Some(report), ..first.clone() };
    store.write(vec![LifeMeetings::write(Some(&first), &second)]).await.unwrap();
    assert_eq!(lives.get(&all, first.id).await.unwrap(), Some(second.clone()));
    let late = store.write(vec![LifeMeetings::write(Some(&first), &second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "life_meetings", .. })), "{late:?}");
    let late = store.write(vec![LifeMeetings::unchanged(&first)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "life_meetings", .. })), "{late:?}");
    store.write(vec![LifeMeetings::unchanged(&second)]).await.unwrap();
    // The branch moves: its place is read where it lies now.
    let moved = Organisation { version: 2, path: TreePath::root(1).child(5), ..branch.clone() };
    store.write(vec![Organisations::update(branch.version, &moved)]).await.unwrap();
    assert_eq!(lives.get(&all, first.id).await.unwrap().unwrap().organisation_path, moved.path);
}

fn linked_meeting(branch: &Organisation, number: u128, part: Part, state: StateName) -> Meeting {
    let base = meeting(number);
    let plan = Plan { type_code: part.type_code().to_owned(), starts_at: at(11), ends_at: at(12), ..base.plan };
    let ended_at = matches!(state, StateName::Ended | StateName::Archived).then(|| at(12));
    Meeting { organisation_id: branch.id, plan, state, ended_at, ..base }
}

async fn linked_meetings_are_read_as_they_stand(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let life = life_of(&branch, 1);
    let committee = linked_meeting(&branch, 11, Part::Committee, StateName::Launched);
    let members = linked_meeting(&branch, 12, Part::Members, StateName::Running);
    let with = life.with_link(Part::Committee, Some((&committee, MinutesState::None)), at(10)).unwrap();
    let with = with.with_link(Part::Members, Some((&members, MinutesState::None)), at(10)).unwrap();
    let both = LifeMeeting { version: 2, ..with };
    store
        .write(vec![
            LifeMeetings::write(None, &life),
            Meetings::write(None, &committee),
            Meetings::write(None, &members),
        ])
        .await
        .unwrap();
    store.write(vec![LifeMeetings::write(Some(&life), &both)]).await.unwrap();
    let all = Scope::system();
    assert_eq!(lives.get(&all, life.id).await.unwrap(), Some(both.clone()));
    for (meeting, expected) in [(id(11), Some(life.id)), (id(12), Some(life.id)), (id(13), None)] {
        assert_eq!(lives.linked_to(meeting).await.unwrap(), expected);
    }
    // The meetings go on by themselves, and their minutes are written.
    let ended = Meeting { version: 2, state: StateName::Ended, ended_at: Some(at(12)), ..members.clone() };
    let edited = Some(Mark { by: person(1), at: at(12) });
    let minutes = Minutes { version: 1, edited, ..Minutes::blank(members.id) };
    store
        .write(vec![
            Meetings::write(Some(&members), &ended),
            MeetingMinutes::write(&minutes),
            Meetings::delete(committee.id),
        ])
        .await
        .unwrap();
    let read = lives.get(&all, life.id).await.unwrap().unwrap();
    let shown = read.linked(Part::Members).unwrap();
    assert_eq!((shown.state, shown.ended_at, shown.minutes), (StateName::Ended, Some(at(12)), MinutesState::Draft));
    assert_eq!((read.was_held(), read.linked(Part::Committee)), (true, None), "a draft that was taken away");
}

fn caller(number: u128) -> Caller {
    village::caller(id::<AccountId>(number), "韦干部", &[])
}

async fn who_looks_over_the_branch_or_takes_part_finds_it(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let neighbour = organisation(&store, &TreePath::root(1).child(2), OrganisationKind::Branch);
    let life = life_of(&branch, 1);
    let one = someone(life.id, 0);
    store
        .write(vec![
            Organisations::insert(&neighbour),
            LifeMeetings::write(None, &life),
            lives.write_participant(None, &one),
        ])
        .await
        .unwrap();
    let role = |path: &TreePath, role| Caller {
        organisation_roles: vec![OrganisationRole { path: path.clone(), role }],
        ..caller(1)
    };
    let membership = Membership {
        member_id: id(9),
        organisation_id: branch.id,
        path: branch.path.clone(),
        standing: MemberStanding::Full,
    };
    use OrganisationRight::{Administrator, Secretary, Supervisor};
    let cases = [
        // who, reads it, finds it in the list, finds it among the own
        (role(&branch.path, Secretary), true, true, false),
        (role(&branch.path, Administrator), true, true, false),
        (role(&TreePath::root(1), Supervisor), true, true, false),
        (role(&neighbour.path, Secretary), false, false, false),
        (role(&TreePath::root(2), Administrator), false, false, false),
        // A member of the branch who does not take part knows nothing of it.
        (Caller { membership: Some(membership), ..caller(1) }, false, false, false),
        (caller(200), true, false, true),
        (caller(201), false, false, false),
    ];
    for (who, reads, lists, own) in cases {
        let scope = who.scope();
        assert_eq!(lives.get(&scope, life.id).await.unwrap().is_some(), reads, "{who:?}");
        let found = lives.list(&scope, &LifeFilter::default(), None, 10).await.unwrap();
        assert_eq!(!found.is_empty(), lists, "{who:?}");
        let mine = LifeFilter { mine: true, ..LifeFilter::default() };
        assert_eq!(!lives.list(&scope, &mine, None, 10).await.unwrap().is_empty(), own, "{who:?}");
    }
}

async fn the_phase_of_a_list_is_the_phase_of_the_rule(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let mut made = vec![life_of(&branch, 1)];
    for (number, state) in (2_u128..).zip(StateName::ALL) {
        let meeting = linked_meeting(&branch, 20 + number, Part::Members, state);
        store.write(vec![Meetings::write(None, &meeting)]).await.unwrap();
        let launched = Meeting { state: StateName::Launched, ..meeting };
        let life = life_of(&branch, number);
        let life = life.with_link(Part::Members, Some((&launched, MinutesState::None)), at(10)).unwrap();
        made.push(LifeMeeting { version: 1, ..life });
    }
    let report = Report { text: "报告".to_owned(), files: Vec::new(), by: person(0), at: at(20) };
    made.push(LifeMeeting { report: Some(report), ..life_of(&branch, 9) });
    store.write(made.iter().map(|life| LifeMeetings::write(None, life)).collect()).await.unwrap();
    let all = Scope::system();
    let edge = |days: i64| [at(days).plus_millis(-1), at(days), at(days).plus_millis(1)];
    let mut seen = Vec::new();
    for now in edge(0).into_iter().chain(edge(10)).chain(edge(20)) {
        let everything = lives.list(&all, &LifeFilter::default(), None, 100).await.unwrap();
        for phase in Phase::ALL {
            let filter = LifeFilter { phase: Some((phase, now)), ..LifeFilter::default() };
            let found: Vec<LifeMeetingId> =
                lives.list(&all, &filter, None, 100).await.unwrap().iter().map(|life| life.id).collect();
            let by_rule: Vec<LifeMeetingId> =
                everything.iter().filter(|life| life.phase(now) == phase).map(|life| life.id).collect();
            assert_eq!(found, by_rule, "{phase:?} at {now}");
            if !found.is_empty() {
                seen.push(phase);
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, Phase::ALL);
    let narrowed = |year, organisation| LifeFilter { year, organisation, ..LifeFilter::default() };
    let count = async |filter: LifeFilter| lives.list(&all, &filter, None, 100).await.unwrap().len();
    assert_eq!(count(narrowed(Some(2026), None)).await, made.len());
    assert_eq!(count(narrowed(Some(2025), None)).await, 0);
    assert_eq!(count(narrowed(None, Some((TreePath::root(1), true)))).await, made.len());
    assert_eq!(count(narrowed(None, Some((TreePath::root(1), false)))).await, 0);
    assert_eq!(count(narrowed(None, Some((branch.path.clone(), false)))).await, made.len());
}

async fn a_list_goes_on_page_by_page(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let made: Vec<LifeMeeting> = (1..=5)
        .map(|number| LifeMeeting {
            created_at: at(i64::from(number) / 2),
            ..life_of(&branch, u128::from(number as u32))
        })
        .collect();
    store.write(made.iter().map(|life| LifeMeetings::write(None, life)).collect()).await.unwrap();
    let all = Scope::system();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = lives.list(&all, &LifeFilter::default(), before, 2).await.unwrap();
        before = page.last().map(|last| (last.created_at, last.id));
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|life| life.id));
    }
    let expected: Vec<LifeMeetingId> = [5, 4, 3, 2, 1].into_iter().map(id).collect();
    assert_eq!(found, expected);
}

async fn materials_keep_all_their_versions_and_are_sealed(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let life = life_of(&branch, 1);
    let (one, other) = (someone(life.id, 0), someone(life.id, 1));
    store
        .write(vec![
            LifeMeetings::write(None, &life),
            lives.write_participant(None, &other),
            lives.write_participant(None, &one),
        ])
        .await
        .unwrap();
    assert_eq!(lives.participants(life.id).await.unwrap(), [one.clone(), other.clone()], "by their places");
    let (first, draft) = one.submitted(&life, "联系群众不够", vec![file(901)], at(1)).unwrap();
    store
        .write(vec![lives.write_participant(Some(&one), &first), lives.insert_material(&first, &draft)])
        .await
        .unwrap();
    let returned = first.decided(&life, 1, Decision::Return("请联系实际"), person(5), at(2)).unwrap();
    store.write(vec![lives.write_participant(Some(&first), &returned)]).await.unwrap();
    assert_eq!(lives.participant(life.id, one.member_id).await.unwrap(), Some(returned.clone()));
    // Two devices: whoever comes second has decided on what is old, and both versions stay when it decides anew.
    let (second, text) = returned.submitted(&life, "第二稿", Vec::new(), at(3)).unwrap();
    let (twin, twin_text) = returned.submitted(&life, "另一台手机的第二稿", Vec::new(), at(3)).unwrap();
    let write = |before: &Participant, after: &Participant, material: &_| -> Vec<Write> {
        vec![lives.write_participant(Some(before), after), lives.insert_material(after, material)]
    };
    store.write(write(&returned, &second, &text)).await.unwrap();
    let late = store.write(write(&returned, &twin, &twin_text)).await;
    assert!(matches!(late, Err(CommitError::Stale { .. } | CommitError::Exists { .. })), "{late:?}");
    let (third, twin_text) = second.submitted(&life, "另一台手机的第二稿", Vec::new(), at(3)).unwrap();
    store.write(write(&second, &third, &twin_text)).await.unwrap();
    assert_eq!(lives.materials(life.id, one.member_id).await.unwrap(), [draft, text, twin_text]);
    assert_eq!(lives.materials(life.id, other.member_id).await.unwrap(), []);
    assert_eq!(lives.participant(life.id, id(999)).await.unwrap(), None);

    let tallies = lives.tallies(&[life.id, id(2)]).await.unwrap();
    let expected = MaterialTally { submitted: 1, missing: 1, ..MaterialTally::default() };
    assert_eq!((tallies.get(&life.id), tallies.len()), (Some(&expected), 1));
    let own = lives.of_account(one.account_id, &[life.id, id(2)]).await.unwrap();
    assert_eq!((own.get(&life.id).map(|own| own.state), own.len()), (Some(MaterialState::Submitted), 1));
    let stored = fresh.texts("SELECT body_sealed FROM life_materials").await;
    assert!(
        stored.len() == 3 && stored.iter().all(|body| !body.contains("群众") && !body.contains("pdf")),
        "{stored:?}"
    );
}

async fn of_two_who_decide_one_is_too_late(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let second = fresh.open().await;
    let life = life_of(&branch, 1);
    let one = someone(life.id, 0);
    let (handed_in, material) = one.submitted(&life, "对照检查", Vec::new(), at(1)).unwrap();
    let first = vec![
        LifeMeetings::write(None, &life),
        lives.write_participant(None, &handed_in),
        lives.insert_material(&handed_in, &material),
    ];
    store.write(first).await.unwrap();
    let approved = handed_in.decided(&life, 1, Decision::Approve, person(5), at(2)).unwrap();
    let returned = handed_in.decided(&life, 1, Decision::Return("重写"), person(6), at(2)).unwrap();
    let (a, b) = futures_util::future::join(
        store.write(vec![lives.write_participant(Some(&handed_in), &approved)]),
        second.write(vec![lives.write_participant(Some(&handed_in), &returned)]),
    )
    .await;
    assert_eq!([a.is_ok(), b.is_ok()].into_iter().filter(|ok| *ok).count(), 1, "{a:?} {b:?}");
    let stored = lives.participant(life.id, one.member_id).await.unwrap().unwrap();
    assert_eq!(stored, if a.is_ok() { approved } else { returned });
    let reasons = fresh.texts("SELECT COALESCE(reason_sealed, '') FROM life_participants").await;
    assert!(reasons.iter().all(|reason| !reason.contains("重写")), "{reasons:?}");
}

async fn it_goes_with_all_that_belongs_to_it_or_not_at_all(fresh: &Fresh) {
    let (store, lives, branch) = stand(fresh).await;
    let (life, other) = (life_of(&branch, 1), life_of(&branch, 2));
    let (one, two, third) = (someone(life.id, 0), someone(life.id, 1), someone(other.id, 0));
    let mut writes = vec![LifeMeetings::write(None, &life), LifeMeetings::write(None, &other)];
    writes.extend([&one, &two, &third].map(|who| lives.write_participant(None, who)));
    store.write(writes).await.unwrap();
    let hand_in = async |who: &Participant| {
        let of = if who.life_meeting_id == life.id { &life } else { &other };
        let (after, material) = who.submitted(of, "对照检查", vec![file(905)], at(1)).unwrap();
        let writes = vec![lives.write_participant(Some(who), &after), lives.insert_material(&after, &material)];
        store.write(writes).await.unwrap();
    };
    hand_in(&third).await;
    let read = lives.participants(life.id).await.unwrap();
    // Somebody hands in a material before it goes: it stays, and so does the material.
    hand_in(&one).await;
    let remove = |people: &[Participant]| {
        let mut writes = LifeMeetings::remove(&life).to_vec();
        writes.extend(lives.remove_participants(life.id, people));
        writes
    };
    let late = store.write(remove(&read)).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "life_participants", .. })), "{late:?}");
    assert_eq!(lives.all_materials(life.id).await.unwrap().len(), 1);
    let read = lives.participants(life.id).await.unwrap();
    store.write(remove(&read)).await.unwrap();
    assert_eq!(lives.get(&Scope::system(), life.id).await.unwrap(), None);
    assert!(lives.participants(life.id).await.unwrap().is_empty());
    assert!(lives.all_materials(life.id).await.unwrap().is_empty());
    assert_eq!(lives.all_materials(other.id).await.unwrap().len(), 1, "the neighbour's stay");
    assert_eq!(fresh.number("SELECT COUNT(*) FROM life_materials").await, 1);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM life_participants").await, 1);
}

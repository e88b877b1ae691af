//! Appraisals: every part of them comes back, lists are narrowed as the domain's rule says, forms go with the count, and what
//! was decided on an old version is refused.

use lianxin_domain::access::{Caller, OrganisationRight, OrganisationRole, Scope};
use lianxin_domain::appraisal::{
    Appraisal, AppraisalPlan, AppraisalState, Form, GivenGrade, Grade, LinkedMeeting, Participant, RaterKind, Reopened,
    SelfRating, Tally,
};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, AppraisalId, EntityId, OrganisationId};
use lianxin_domain::meeting::{Mark, Meeting, StateName};
use lianxin_domain::member::MemberStanding;
use lianxin_domain::organisation::OrganisationKind;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::appraisals::{AppraisalFilter, Appraisals, Figures, Own};
use lianxin_storage::change::Write;
use lianxin_storage::journal::CommitError;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::organisations::Organisations;

use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store, cipher};
use crate::village::caller;

on_both!(
    every_part_of_an_appraisal_comes_back,
    forms_are_their_authors_own_and_go_with_the_count,
    what_was_decided_on_an_old_version_is_refused,
    lists_are_narrowed_as_the_rule_says,
    nobody_finds_an_appraisal_of_others,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(minutes: i64) -> Timestamp {
    NOON.plus_millis(minutes * 60_000)
}

fn mark(minutes: i64) -> Mark {
    Mark { by: PersonRef { id: id(9), name: "书记".to_owned() }, at: at(minutes) }
}

fn draft(number: u128, organisation_id: OrganisationId) -> Appraisal {
    let plan = AppraisalPlan {
        topic: format!("第 {number} 次民主评议 “年度”"),
        year: 2026,
        deadline: at(60),
        mass: false,
        notice: Some("请按时".to_owned()),
    };
    let minutes = i64::try_from(number).unwrap();
    Appraisal::draft(id(number), organisation_id, plan, mark(minutes))
}

/// A full member and a probationary one.
fn people() -> Vec<Participant> {
    [MemberStanding::Full, MemberStanding::Probationary]
        .into_iter()
        .zip(1_u128..)
        .map(|(standing, number)| {
            Participant::new(id(100 + number), id(200 + number), format!("党员{number}"), standing)
        })
        .collect()
}

fn form() -> Form {
    let own = SelfRating { grade: Grade::Excellent, text: "修渠三公里".to_owned() };
    Form::Member { own: Some(own), ratings: [(id(102), Grade::Unqualified)].into() }
}

fn repository(store: &Store) -> Appraisals {
    Appraisals::new(store.database.clone(), cipher())
}

fn added(appraisals: &Appraisals, id: AppraisalId, people: &[Participant]) -> Vec<Write> {
    (1..).zip(people).map(|(number, person)| appraisals.add(id, number, person)).collect()
}

/// A row in every table of appraisals.
pub async fn fill(store: &Store) {
    let appraisals = repository(store);
    let draft = draft(1, id(2));
    let mut writes = vec![Appraisals::write(None, &draft)];
    writes.extend(added(&appraisals, draft.id, &people()));
    store.write(writes).await.unwrap();
    store.write(appraisals.rate(&draft, id(201), &form()).into()).await.unwrap();
}

async fn every_part_of_an_appraisal_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let appraisals = repository(&store);
    let meeting = Meeting { state: StateName::Launched, ..crate::meetings::meeting(7) };
    let draft = draft(1, id(2));
    let mut writes = vec![Appraisals::write(None, &draft), Meetings::write(None, &meeting)];
    writes.extend(added(&appraisals, draft.id, &people()));
    store.write(writes).await.unwrap();
    let read = async || appraisals.get(&Scope::system(), draft.id).await.unwrap();
    assert_eq!(read().await, Some(draft.clone()));
    assert_eq!(appraisals.participants(draft.id).await.unwrap(), people());

    let starts_at = meeting.plan.starts_at;
    let reopened = Reopened { at: at(95), by: mark(0).by, reason: "漏评".to_owned() };
    let full = Appraisal {
        version: 2,
        started_at: Some(at(1)),
        closed_at: Some(at(60)),
        counted_at: Some(at(61)),
        meeting: Some(LinkedMeeting { id: meeting.id, starts_at }),
        ended: Some(mark(90)),
        reopened: Some(reopened),
        plan: AppraisalPlan { mass: true, notice: None, ..draft.plan.clone() },
        ..draft.clone()
    };
    let mut person = people().remove(0);
    person.took_part = true;
    person.own = Some(SelfRating { grade: Grade::Qualified, text: "尽职尽责".to_owned() });
    person.mutual = Tally { raters: 6, counts: Some([1, 2, 3, 0]) };
    person.mass = Tally { raters: 3, counts: None };
    let follow_up = Some("谈心谈话".to_owned());
    person.grade = Some(GivenGrade {
        grade: Grade::Excellent,
        opinion: "先锋模范".to_owned(),
        follow_up,
        at: at(80),
        by: mark(0).by,
    });
    person.acknowledged_at = Some(at(91));
    store.write(vec![Appraisals::write(Some(&draft), &full), appraisals.put(draft.id, 1, &person)]).await.unwrap();
    assert_eq!(read().await, Some(full.clone()));
    assert_eq!(appraisals.participants(draft.id).await.unwrap(), [person, people().remove(1)]);
    let sealed = fresh.texts("SELECT self_text_sealed || opinion_sealed || follow_up_sealed FROM appraisal_participants WHERE grade IS NOT NULL").await;
    assert!(sealed.len() == 1 && ["尽职", "先锋", "谈心"].iter().all(|word| !sealed[0].contains(word)), "{sealed:?}");
    let expected =
        Figures { participants: 2, members: 1, graded: 1, excellent: 1, acknowledged: 1, ..Figures::default() };
    assert_eq!(appraisals.figures(&[draft.id]).await.unwrap()[&draft.id], expected);

    // A meeting that was called off is none.
    let cancelled = Meeting { version: 2, state: StateName::Cancelled, ..meeting.clone() };
    store.write(vec![Meetings::write(Some(&meeting), &cancelled)]).await.unwrap();
    assert_eq!(read().await.unwrap().meeting, None);
}

async fn forms_are_their_authors_own_and_go_with_the_count(fresh: &Fresh) {
    let store = fresh.open().await;
    let appraisals = repository(&store);
    let (one, other) = (draft(1, id(2)), draft(2, id(2)));
    let mut writes = vec![Appraisals::write(None, &one), Appraisals::write(None, &other)];
    writes.extend(added(&appraisals, one.id, &people()));
    store.write(writes).await.unwrap();
    let (author, resident): (AccountId, AccountId) = (id(201), id(300));
    assert_eq!(appraisals.form(one.id, author).await.unwrap(), None);
    let mass = Form::Mass { ratings: [(id(101), Grade::Qualified)].into() };
    let first = Form::Member { own: None, ratings: [(id(101), Grade::Qualified)].into() };
    store.write(appraisals.rate(&one, author, &first).into()).await.unwrap();
    // Sent anew it takes the place of the first, and nobody rates twice.
    store.write(appraisals.rate(&one, author, &form()).into()).await.unwrap();
    store.write(appraisals.rate(&one, resident, &mass).into()).await.unwrap();
    store.write(appraisals.rate(&other, author, &form()).into()).await.unwrap();
    assert_eq!(appraisals.form(one.id, author).await.unwrap(), Some(form()));
    assert_eq!(appraisals.form(one.id, id(202)).await.unwrap(), None);
    let mut all = appraisals.forms(one.id).await.unwrap();
    all.sort_by_key(|(account, _)| *account);
    assert_eq!(all, [(author, form()), (resident, mass)]);
    for stored in fresh.texts("SELECT form_sealed FROM appraisal_forms").await {
        assert!(!stored.contains("unqualified") && !stored.contains("修渠"), "{stored}");
    }
    let figures = appraisals.figures(&[one.id]).await.unwrap()[&one.id];
    assert_eq!((figures.participants, figures.members, figures.submitted, figures.mass), (2, 1, 1, 1));
    let own = appraisals.own(resident, &[one.id, other.id]).await.unwrap();
    assert_eq!(own[&one.id], Own { rated: Some(RaterKind::Mass), ..Own::default() });
    assert_eq!(own[&other.id], Own::default());
    let own = appraisals.own(author, &[one.id]).await.unwrap()[&one.id];
    let standing = Some(MemberStanding::Full);
    assert_eq!(own, Own { standing, acknowledged: false, rated: Some(RaterKind::Member) });

    store.write(vec![Appraisals::clear_forms(one.id)]).await.unwrap();
    assert!(appraisals.forms(one.id).await.unwrap().is_empty());
    assert_eq!(appraisals.forms(other.id).await.unwrap().len(), 1, "another's stay");
    assert_eq!(appraisals.figures(&[one.id]).await.unwrap()[&one.id].submitted, 1, "who took part stays");
    assert_eq!(appraisals.of(resident, None, 9).await.unwrap(), []);
    let started = Appraisal { version: 2, started_at: Some(at(1)), ..one.clone() };
    store.write(vec![Appraisals::write(Some(&one), &started)]).await.unwrap();
    let found = appraisals.of(resident, None, 9).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&started));
    assert_eq!(appraisals.of(author, None, 9).await.unwrap(), [started]);
}

async fn what_was_decided_on_an_old_version_is_refused(fresh: &Fresh) {
    let store = fresh.open().await;
    let appraisals = repository(&store);
    let draft = draft(1, id(2));
    let started = Appraisal { version: 2, started_at: Some(at(1)), ..draft.clone() };
    let closed = Appraisal { version: 3, closed_at: Some(at(60)), ..started.clone() };
    let mut writes = vec![Appraisals::write(None, &draft)];
    writes.extend(added(&appraisals, draft.id, &people()));
    store.write(writes).await.unwrap();
    store.write(vec![Appraisals::write(Some(&draft), &started)]).await.unwrap();
    let stale = |done: Result<(), CommitError>| {
        assert!(matches!(done, Err(CommitError::Stale { table: "appraisals", .. })), "{done:?}");
    };
    stale(store.write(Appraisals::delete(&draft).into()).await);
    assert_eq!(appraisals.participants(draft.id).await.unwrap().len(), 2, "nothing of it went");
    store.write(appraisals.rate(&started, id(201), &form()).into()).await.unwrap();
    store.write(vec![Appraisals::write(Some(&started), &closed)]).await.unwrap();
    // Behind the change that closed it none is taken.
    stale(store.write(appraisals.rate(&started, id(202), &form()).into()).await);
    stale(store.write(vec![Appraisals::write(Some(&started), &closed)]).await);
    assert_eq!(appraisals.forms(draft.id).await.unwrap().len(), 1);
    store.write(Appraisals::delete(&closed).into()).await.unwrap();
    assert_eq!(appraisals.get(&Scope::system(), draft.id).await.unwrap(), None);
    assert!(appraisals.participants(draft.id).await.unwrap().is_empty());
}

/// A town with two branches, and their ids.
async fn town(store: &Store) -> (TreePath, [OrganisationId; 2]) {
    let town = TreePath::root(1);
    let places = [
        (town.clone(), OrganisationKind::PartyCommittee),
        (town.child(1), OrganisationKind::Branch),
        (town.child(2), OrganisationKind::Branch),
    ];
    let all: Vec<_> = places.iter().map(|(path, kind)| organisation(store, path, *kind)).collect();
    let ids = [all[1].id, all[2].id];
    store.write(all.iter().map(Organisations::insert).collect()).await.unwrap();
    (town, ids)
}

async fn lists_are_narrowed_as_the_rule_says(fresh: &Fresh) {
    let store = fresh.open().await;
    let appraisals = repository(&store);
    let (town, [first, second]) = town(&store).await;
    let meeting = Meeting { state: StateName::Launched, ..crate::meetings::meeting(7) };
    let linked = Some(LinkedMeeting { id: meeting.id, starts_at: meeting.plan.starts_at });
    let started = |number, organisation| Appraisal { started_at: Some(at(1)), ..draft(number, organisation) };
    let all = [
        draft(1, first),
        started(2, first),
        Appraisal { closed_at: Some(at(10)), ..started(3, second) },
        Appraisal { closed_at: Some(at(10)), counted_at: Some(at(10)), meeting: linked, ..started(4, second) },
        Appraisal { closed_at: Some(at(60)), meeting: linked, ended: Some(mark(90)), ..started(5, second) },
    ];
    let mut writes = vec![Meetings::write(None, &meeting)];
    writes.extend(all.iter().map(|appraisal| Appraisals::write(None, appraisal)));
    store.write(writes).await.unwrap();
    let system = Scope::system();
    let begins = meeting.plan.starts_at;
    // Each state at each instant is what the domain says of it.
    for now in [at(0), at(59), at(60).plus_millis(-1), at(60), begins.plus_millis(-1), begins, at(200)] {
        for state in AppraisalState::ALL {
            let filter = AppraisalFilter { state: Some((state, now)), ..AppraisalFilter::default() };
            let found = appraisals.list(&system, &filter, None, 9).await.unwrap();
            let mut expected: Vec<Appraisal> = all.iter().filter(|one| one.state(now) == state).cloned().collect();
            expected.reverse();
            assert_eq!(found, expected, "{state:?} at {now}");
        }
    }
    let count = async |filter: AppraisalFilter| appraisals.list(&system, &filter, None, 9).await.unwrap().len();
    assert_eq!(count(AppraisalFilter { year: Some(2025), ..AppraisalFilter::default() }).await, 0);
    assert_eq!(count(AppraisalFilter { year: Some(2026), ..AppraisalFilter::default() }).await, 5);
    let of = |path, below| AppraisalFilter { organisation: Some((path, below)), ..AppraisalFilter::default() };
    assert_eq!(count(of(town.clone(), true)).await, 5);
    assert_eq!(count(of(town.clone(), false)).await, 0);
    assert_eq!(count(of(town.child(2), false)).await, 3);
    let filter = AppraisalFilter::default();
    let first = appraisals.list(&system, &filter, None, 2).await.unwrap();
    let last = first.last().unwrap();
    let rest = appraisals.list(&system, &filter, Some((last.created.at, last.id)), 9).await.unwrap();
    assert_eq!((first.len(), rest.len(), rest[0].id), (2, 3, all[2].id));
}

async fn nobody_finds_an_appraisal_of_others(fresh: &Fresh) {
    let store = fresh.open().await;
    let appraisals = repository(&store);
    let (town, [branch, _]) = town(&store).await;
    let mut appraisal = draft(1, branch);
    let mut writes = vec![Appraisals::write(None, &appraisal)];
    writes.extend(added(&appraisals, appraisal.id, &people()));
    store.write(writes).await.unwrap();
    let role = |path: &TreePath, role| OrganisationRole { path: path.clone(), role };
    let with = |account: u128, roles: Vec<OrganisationRole>| {
        Caller { organisation_roles: roles, ..caller(id(account), "某人", &[]) }.scope()
    };
    let participant = with(201, Vec::new());
    let secretary = with(301, vec![role(&town.child(1), OrganisationRight::Secretary)]);
    let supervisor = with(302, vec![role(&town, OrganisationRight::Supervisor)]);
    let neighbour = with(303, vec![role(&town.child(2), OrganisationRight::Secretary)]);
    let stranger = with(304, Vec::new());
    for started in [false, true] {
        if started {
            let before = appraisal.clone();
            appraisal = Appraisal { version: 2, started_at: Some(at(1)), ..appraisal };
            store.write(vec![Appraisals::write(Some(&before), &appraisal)]).await.unwrap();
        }
        for (scope, reads, lists) in [
            (&participant, started, false),
            (&secretary, true, true),
            (&supervisor, true, true),
            (&neighbour, false, false),
            (&stranger, false, false),
        ] {
            let found = appraisals.get(scope, appraisal.id).await.unwrap();
            assert_eq!(found.is_some(), reads, "{scope:?}, started: {started}");
            let listed = appraisals.list(scope, &AppraisalFilter::default(), None, 9).await.unwrap();
            assert_eq!(listed.len(), usize::from(lists), "{scope:?}");
        }
        assert_eq!(appraisals.open_to_all(appraisal.id).await.unwrap(), None, "nobody else is asked");
    }
    let before = appraisal.clone();
    appraisal.version = 3;
    appraisal.plan.mass = true;
    store.write(vec![Appraisals::write(Some(&before), &appraisal)]).await.unwrap();
    assert_eq!(appraisals.open_to_all(appraisal.id).await.unwrap(), Some(appraisal));
}

//! Duties: warnings, orders, rules, cadres, and the facts that they are worked out from.

use lianxin_domain::access::{Caller, Membership, OrganisationRight, OrganisationRole, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{
    DutyKey, DutyLevel, DutyOrder, DutyRule, DutyWarning, Handled, OrderAnswer, OrderKind, OrderState, Period,
    PeriodKind, WarningState,
};
use lianxin_domain::ids::{AccountId, EntityId, OrderId, OrganisationId};
use lianxin_domain::meeting::{Hall, Meeting, Presence, StateName, Way};
use lianxin_domain::member::{MemberStanding, MemberStatus};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::duties::{BranchCadre, Duties, DutyFilter, OrderBox, OrderFilter};
use lianxin_storage::journal::CommitError;
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::organisations::Organisations;

use crate::meetings::{attendee, meeting};
use crate::members::member;
use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store};
use crate::village;

on_both!(
    a_warning_comes_back_and_is_never_written_over,
    a_list_is_in_order_page_by_page_and_narrowed,
    who_looks_over_or_after_a_branch_finds_its_warnings_and_orders,
    an_order_comes_back_and_is_never_written_over,
    what_has_to_be_followed_is_found,
    a_tenants_rules_are_kept_apart,
    cadres_come_and_go,
    the_facts_of_meetings_and_members_are_counted,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(number: u128) -> PersonRef {
    PersonRef { id: id(number), name: format!("党员{number}") }
}

fn caller(account_id: AccountId) -> Caller {
    village::caller(account_id, "韦干部", &[])
}

fn at(minutes: i64) -> Timestamp {
    NOON.plus_millis(minutes * 60_000)
}

fn warning(branch: OrganisationId, type_code: &str, period: &str) -> DutyWarning {
    DutyWarning {
        key: DutyKey {
            organisation_id: branch,
            group_id: None,
            type_code: type_code.to_owned(),
            period: period.parse().unwrap(),
        },
        version: 1,
        state: WarningState::Warned,
        level: DutyLevel::Yellow,
        raised_at: NOON,
        satisfied_at: None,
        late: false,
        handled: None,
    }
}

fn order(number: u128, branch: OrganisationId) -> DutyOrder {
    DutyOrder {
        id: id(number),
        version: 1,
        kind: OrderKind::Order,
        organisation_id: branch,
        duty_id: Some("d:party_day:2026-11".to_owned()),
        from: person(7),
        text: "请于本周内召开 “主题党日”\n😀".to_owned(),
        due_at: Some(at(60)),
        created_at: NOON,
        answer_workdays: 2,
        state: OrderState::Open,
        answer: None,
        closed_at: None,
        told: Vec::new(),
        escalates_at: Some(at(30)),
    }
}

fn rule() -> DutyRule {
    DutyRule { version: 1, minutes_days: None, valid_to: "2027-07-01".parse().ok(), ..DutyRule::usual("own_1") }
}

/// A row in every table of duties.
pub async fn fill(store: &Store) {
    let group = DutyKey { group_id: Some(id(2)), ..warning(id(1), "group_meeting", "2026-11").key };
    let handled = Some(Handled { at: at(3), by: person(7), note: "已提醒".to_owned() });
    let full = DutyWarning { key: group, late: true, handled, ..warning(id(1), "group_meeting", "2026-11") };
    let answer = Some(OrderAnswer { at: at(4), by: person(8), text: "已安排".to_owned() });
    let writes = vec![
        Duties::write(None, &full),
        Duties::write_order(None, &DutyOrder { answer, told: vec![id(1), id(2)], ..order(1, id(1)) }),
        Duties::put_rule(&TreePath::root(1), 0, &rule()),
        Duties::link(&BranchCadre { organisation_id: id(1), account_id: id(7), since: NOON }),
    ];
    store.write(writes).await.unwrap();
}

async fn store_of(fresh: &Fresh) -> (Store, Duties) {
    let store = fresh.open().await;
    let duties = Duties::new(store.database.clone());
    (store, duties)
}

/// A branch at a place.
async fn branch(store: &Store, path: &TreePath) -> Organisation {
    let branch = organisation(store, path, OrganisationKind::Branch);
    store.write(vec![Organisations::insert(&branch)]).await.unwrap();
    branch
}

async fn a_warning_comes_back_and_is_never_written_over(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let branch = branch(&store, &TreePath::root(1).child(2)).await;
    let first = warning(branch.id, "party_day", "2026-11");
    let get = async || duties.get(&Scope::system(), &first.key.id()).await.unwrap();
    assert_eq!(get().await, None);
    store.write(vec![Duties::write(None, &first)]).await.unwrap();
    assert_eq!(get().await, Some(first.clone()));
    let again = store.write(vec![Duties::write(None, &first)]).await;
    assert!(matches!(again, Err(CommitError::Exists { table: "duty_warnings", .. })), "{again:?}");
    let second = DutyWarning {
        version: 2,
        state: WarningState::Satisfied,
        level: DutyLevel::Red,
        raised_at: at(1),
        satisfied_at: Some(at(2)),
        late: true,
        handled: Some(Handled { at: at(3), by: person(7), note: "已提醒".to_owned() }),
        ..first.clone()
    };
    store.write(vec![Duties::write(Some(&first), &second)]).await.unwrap();
    assert_eq!(get().await, Some(second.clone()));
    let late = store.write(vec![Duties::write(Some(&first), &second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "duty_warnings", .. })), "{late:?}");
    assert_eq!(duties.of_year(branch.id, 2026).await.unwrap().len(), 1);
    assert!(duties.of_year(branch.id, 2025).await.unwrap().is_empty());
}

async fn a_list_is_in_order_page_by_page_and_narrowed(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let town = TreePath::root(1).child(1);
    let (one, two) = (branch(&store, &town.child(1)).await, branch(&store, &town.child(2)).await);
    let mut all = Vec::new();
    for (number, branch) in (0_i64..).zip([&one, &two, &one, &two, &one]) {
        let types = ["party_day", "general_meeting"];
        let of =
            warning(branch.id, types[usize::from(number % 2 == 1)], ["2026-11", "2026-10"][usize::from(number > 2)]);
        let level = DutyLevel::ALL[usize::try_from(number % 3).unwrap()];
        let handled = (number == 4).then(|| Handled { at: at(9), by: person(7), note: "好".to_owned() });
        all.push(DutyWarning { raised_at: at(number / 2), level, handled, ..of });
    }
    all[2].key.type_code = "party_lecture".to_owned();
    all[4].state = WarningState::Satisfied;
    let writes = all.iter().map(|warning| Duties::write(None, warning));
    let asked = DutyOrder { duty_id: Some(all[0].key.id()), ..order(1, one.id) };
    store.write(writes.chain([Duties::write_order(None, &asked)]).collect()).await.unwrap();

    let list = async |filter: DutyFilter| -> Vec<String> {
        let found = duties.list(&Scope::system(), &filter, None, 50).await.unwrap();
        let mut ids: Vec<String> = found.into_iter().map(|listed| listed.warning.key.id()).collect();
        ids.sort();
        ids
    };
    let expected = |fits: &dyn Fn(&DutyWarning) -> bool| -> Vec<String> {
        let mut ids: Vec<String> = all.iter().filter(|warning| fits(warning)).map(|warning| warning.key.id()).collect();
        ids.sort();
        ids
    };
    let none = DutyFilter::default;
    assert_eq!(list(none()).await, expected(&|_| true));
    let below = DutyFilter { organisation: Some((town.clone(), true)), ..none() };
    assert_eq!(list(below).await.len(), 5);
    assert!(list(DutyFilter { organisation: Some((town.clone(), false)), ..none() }).await.is_empty());
    let own = DutyFilter { organisation: Some((one.path.clone(), false)), ..none() };
    assert_eq!(list(own).await, expected(&|warning| warning.key.organisation_id == one.id));
    let october: Period = "2026-10".parse().unwrap();
    assert_eq!(list(DutyFilter { period: Some(october), ..none() }).await, expected(&|one| one.key.period == october));
    let lecture = DutyFilter { type_code: Some("party_lecture".to_owned()), ..none() };
    assert_eq!(list(lecture).await, expected(&|warning| warning.key.type_code == "party_lecture"));
    let red = DutyFilter { level: Some(DutyLevel::Red), ..none() };
    assert_eq!(list(red).await, expected(&|warning| warning.level == DutyLevel::Red));
    let done = DutyFilter { states: vec![WarningState::Satisfied, WarningState::Exempt], ..none() };
    assert_eq!(list(done).await, expected(&|warning| warning.state == WarningState::Satisfied));
    for handled in [true, false] {
        let filter = DutyFilter { handled: Some(handled), ..none() };
        assert_eq!(list(filter).await, expected(&|warning| warning.handled.is_some() == handled));
    }

    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = duties.list(&Scope::system(), &none(), before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.warning.raised_at, last.warning.key.id()));
        seen.extend(page.into_iter().map(|listed| (listed.warning.raised_at, listed.warning.key.id(), listed.orders)));
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| (pair[0].0, &pair[0].1) > (pair[1].0, &pair[1].1)), "{seen:?}");
    let orders: u32 = seen.iter().map(|(_, _, orders)| orders).sum();
    assert_eq!(orders, 1);
    let counted = duties.counts(&Scope::system(), &none()).await.unwrap();
    assert_eq!(counted.iter().map(|(_, _, _, number)| number).sum::<u32>(), 5);
    assert_eq!(duties.asked(&all[0].key.id()).await.unwrap(), (1, Some(NOON)));
}

fn with_role(number: u128, path: &TreePath, role: OrganisationRight) -> Caller {
    let roles = vec![OrganisationRole { path: path.clone(), role }];
    Caller { organisation_roles: roles, ..caller(id(number)) }
}

async fn who_looks_over_or_after_a_branch_finds_its_warnings_and_orders(fresh: &Fresh) {
    use OrganisationRight::{Administrator, Secretary, Supervisor};
    let (store, duties) = store_of(fresh).await;
    let town = TreePath::root(1).child(1);
    let (own, next) = (branch(&store, &town.child(1)).await, branch(&store, &town.child(2)).await);
    let of = warning(own.id, "party_day", "2026-11");
    let cadre = BranchCadre { organisation_id: own.id, account_id: id(50), since: NOON };
    let writes = vec![Duties::write(None, &of), Duties::write_order(None, &order(1, own.id)), Duties::link(&cadre)];
    store.write(writes).await.unwrap();
    let membership = Membership {
        member_id: id(3),
        organisation_id: own.id,
        path: own.path.clone(),
        standing: MemberStanding::Full,
    };
    let cases = [
        (with_role(10, &own.path, Secretary), true, true),
        (with_role(11, &town, Secretary), true, true),
        (with_role(12, &town, Supervisor), true, true),
        (with_role(13, &TreePath::root(1), Administrator), true, true),
        (Caller { administers: vec![TreePath::root(1)], ..caller(id(14)) }, true, true),
        (caller(id(50)), true, true),
        (with_role(15, &next.path, Secretary), false, false),
        (with_role(16, &TreePath::root(2), Administrator), false, false),
        (Caller { membership: Some(membership), ..caller(id(17)) }, false, false),
        // Who gave the order.
        (caller(id(7)), false, true),
        (caller(id(18)), false, false),
    ];
    for (who, sees_warning, sees_order) in cases {
        let scope = who.scope();
        let found = duties.get(&scope, &of.key.id()).await.unwrap().is_some();
        assert_eq!(found, sees_warning, "{who:?}");
        assert_eq!(
            duties.list(&scope, &DutyFilter::default(), None, 9).await.unwrap().len(),
            usize::from(sees_warning)
        );
        assert_eq!(duties.counts(&scope, &DutyFilter::default()).await.unwrap().len(), usize::from(sees_warning));
        assert_eq!(duties.order(&scope, id(1)).await.unwrap().is_some(), sees_order, "{who:?}");
        let listed = duties.orders(&scope, &OrderFilter::default(), None, 9).await.unwrap();
        assert_eq!(listed.len(), usize::from(sees_order), "{who:?}");
    }
}

async fn an_order_comes_back_and_is_never_written_over(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let (one, two) =
        (branch(&store, &TreePath::root(1).child(1)).await, branch(&store, &TreePath::root(1).child(2)).await);
    let first = order(1, one.id);
    let nudge = DutyOrder {
        kind: OrderKind::Nudge,
        created_at: at(1),
        from: person(9),
        duty_id: None,
        due_at: None,
        ..order(2, two.id)
    };
    store.write(vec![Duties::write_order(None, &first), Duties::write_order(None, &nudge)]).await.unwrap();
    let second = DutyOrder {
        version: 2,
        state: OrderState::Closed,
        answer: Some(OrderAnswer { at: at(4), by: person(8), text: "已安排".to_owned() }),
        closed_at: Some(at(5)),
        told: vec![id(30), id(31)],
        escalates_at: None,
        ..first.clone()
    };
    store.write(vec![Duties::write_order(Some(&first), &second)]).await.unwrap();
    assert_eq!(duties.order(&Scope::system(), first.id).await.unwrap(), Some(second.clone()));
    let late = store.write(vec![Duties::write_order(Some(&first), &second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "duty_orders", .. })), "{late:?}");
    let list = async |scope: &Scope, filter: OrderFilter| -> Vec<OrderId> {
        duties.orders(scope, &filter, None, 9).await.unwrap().into_iter().map(|order| order.id).collect()
    };
    let all = Scope::system();
    assert_eq!(list(&all, OrderFilter::default()).await, [nudge.id, first.id]);
    let received = |places| OrderFilter { whose: OrderBox::Received(places), ..OrderFilter::default() };
    assert_eq!(list(&all, received(vec![(one.path.clone(), false)])).await, [first.id]);
    assert_eq!(list(&all, received(vec![(TreePath::root(1), true)])).await.len(), 2);
    assert!(list(&all, received(vec![(TreePath::root(1), false)])).await.is_empty());
    assert!(list(&all, received(Vec::new())).await.is_empty());
    let sent = OrderFilter { whose: OrderBox::Sent, ..OrderFilter::default() };
    assert_eq!(list(&caller(id(9)).scope(), sent).await, [nudge.id]);
    let closed = OrderFilter { state: Some(OrderState::Closed), ..OrderFilter::default() };
    assert_eq!(list(&all, closed).await, [first.id]);
    let hung = OrderFilter { duty_id: first.duty_id.clone(), ..OrderFilter::default() };
    assert_eq!(list(&all, hung).await, [first.id]);
    let after = duties.orders(&all, &OrderFilter::default(), Some((nudge.created_at, nudge.id)), 9).await.unwrap();
    assert_eq!(after, [second]);
}

async fn what_has_to_be_followed_is_found(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let of = |state, period: &str, raised_at| DutyWarning { state, raised_at, ..warning(id(1), "party_day", period) };
    use WarningState::{Coming, Exempt, Satisfied, Warned};
    let all = [
        of(Warned, "2026-11", NOON),
        of(Satisfied, "2026-10", NOON),
        of(Warned, "2026-05", NOON),
        of(Coming, "2026-04", NOON),
        of(Satisfied, "2026-03", NOON),
        of(Exempt, "2026-02", NOON),
        // Too long ago.
        of(Warned, "2026-01", at(-60)),
    ];
    let other = DutyWarning { ..warning(id(2), "party_day", "2026-11") };
    store.write(all.iter().chain([&other]).map(|one| Duties::write(None, one)).collect()).await.unwrap();
    let periods: Vec<Period> = ["2026-10", "2026-11"].iter().map(|text| text.parse().unwrap()).collect();
    let found = duties.to_follow(Some(&[id(1)]), &periods, at(-1)).await.unwrap();
    let mut ids: Vec<&String> = found.keys().collect();
    ids.sort();
    let mut expected: Vec<String> = all[..4].iter().map(|one| one.key.id()).collect();
    expected.sort();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    assert_eq!(duties.to_follow(None, &periods, at(-1)).await.unwrap().len(), 5);
}

async fn a_tenants_rules_are_kept_apart(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let (one, two) = (TreePath::root(1), TreePath::root(2));
    let first = rule();
    store.write(vec![Duties::put_rule(&one, 0, &first), Duties::put_rule(&two, 0, &first)]).await.unwrap();
    let second = DutyRule { version: 2, period: PeriodKind::Quarter, ..first.clone() };
    store.write(vec![Duties::put_rule(&one, 1, &second)]).await.unwrap();
    let rules = duties.rules().await.unwrap();
    assert_eq!((&rules[&one], &rules[&two]), (&vec![second.clone()], &vec![first.clone()]));
    let late = store.write(vec![Duties::put_rule(&one, 1, &second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "duty_rules", .. })), "{late:?}");
    let twice = store.write(vec![Duties::put_rule(&two, 0, &first)]).await;
    assert!(matches!(twice, Err(CommitError::Exists { table: "duty_rules", .. })), "{twice:?}");
}

async fn cadres_come_and_go(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let link = |branch: u128, account: u128, minutes| BranchCadre {
        organisation_id: id(branch),
        account_id: id(account),
        since: at(minutes),
    };
    let all = [link(1, 7, 0), link(1, 8, 1), link(2, 7, 2)];
    store.write(all.iter().map(Duties::link).collect()).await.unwrap();
    // Who is there already goes on as before.
    store.write(vec![Duties::link(&link(1, 7, 9))]).await.unwrap();
    assert_eq!(duties.cadres(id(1)).await.unwrap(), all[..2]);
    let after: Vec<OrganisationId> = vec![id(1), id(2)];
    assert_eq!(duties.looked_after(id(7)).await.unwrap(), after);
    store.write(vec![Duties::unlink(id(1), id::<AccountId>(7))]).await.unwrap();
    assert_eq!(duties.cadres(id(1)).await.unwrap(), all[1..2]);
}

async fn the_facts_of_meetings_and_members_are_counted(fresh: &Fresh) {
    let (store, duties) = store_of(fresh).await;
    let ended = Meeting { state: StateName::Ended, ended_at: Some(at(121)), ..meeting(1) };
    let draft = meeting(2);
    let cancelled = Meeting { state: StateName::Cancelled, ..meeting(3) };
    let launched = Meeting { state: StateName::Launched, ..meeting(4) };
    let mut present = attendee(1);
    present.number = Some(1);
    present.presence = vec![Presence { from: at(61), until: None, way: Way::Code }];
    let mut probationary = attendee(3);
    probationary.standing = lianxin_domain::meeting::Standing::Probationary;
    let mut writes: Vec<_> =
        [&ended, &draft, &cancelled, &launched].into_iter().map(|of| Meetings::write(None, of)).collect();
    for person in [&present, &attendee(2), &probationary] {
        writes.push(attendee_write(ended.id, ended.plan.starts_at, None, person, None));
    }
    let listed = [present, attendee(2), probationary].map(|person| (person, None));
    writes.extend(AttendanceBook::writes(&Hall::new(ended.clone(), listed), 1));
    store.write(writes).await.unwrap();
    fresh
        .execute(&format!(
            "INSERT INTO meeting_minutes VALUES ('{}', 1, 'x', 1, 'a', 'b', 77, 'a', 'b', NULL)",
            ended.id
        ))
        .await;
    let window = (at(0), at(600));
    let found = duties.meetings(&["general_meeting", "party_day"], window, None, true).await.unwrap();
    assert_eq!(found.len(), 2);
    let held = found.iter().find(|held| held.facts.id == ended.id).unwrap();
    assert_eq!((held.organisation_id, held.type_code.as_str()), (ended.organisation_id, "general_meeting"));
    assert_eq!((held.facts.voting, held.facts.voting_present), (2, 1));
    // A version that did not count them ended it: they are on the list.
    fresh.execute("UPDATE attendance_counts SET voters = NULL, voters_present = NULL").await;
    let again = duties.meetings(&["general_meeting", "party_day"], window, None, true).await.unwrap();
    assert_eq!(again, found);
    assert_eq!(held.facts.minutes_signed_at, Some(Timestamp::from_millis(77)));
    assert_eq!((held.facts.ended_at, held.facts.starts_at), (ended.ended_at, ended.plan.starts_at));
    let count = async |types: &[&str], window, holders: Option<&[OrganisationId]>| {
        duties.meetings(types, window, holders, false).await.unwrap().len()
    };
    assert_eq!(count(&["party_day"], window, None).await, 0);
    assert_eq!(count(&["general_meeting"], (at(61), at(600)), None).await, 0);
    assert_eq!(count(&["general_meeting"], (at(60), at(61)), None).await, 2);
    assert_eq!(count(&["general_meeting"], (at(0), at(60)), None).await, 0);
    assert_eq!(count(&["general_meeting"], window, Some(&[ended.organisation_id])).await, 2);
    assert_eq!(count(&["general_meeting"], window, Some(&[id(999)])).await, 0);
    assert_eq!(duties.holders_of(&[ended.id, launched.id, id(9_999)]).await.unwrap(), [ended.organisation_id]);

    let branch = branch(&store, &TreePath::root(3)).await;
    let full = member(&store, &branch, "覃一", "13800001111");
    let mut gone = member(&store, &branch, "覃二", "13800001112");
    (gone.status, gone.history_reason) = (MemberStatus::History, Some("去世".to_owned()));
    let mut new = member(&store, &branch, "覃三", "13800001113");
    new.facts.standing = MemberStanding::Probationary;
    store.write([&full, &gone, &new].into_iter().map(|one| store.members.insert(one, NOON)).collect()).await.unwrap();
    let counted = duties.full_members(None).await.unwrap();
    assert_eq!(counted.get(&branch.id), Some(&1));
    assert!(duties.full_members(Some(&[id(5)])).await.unwrap().is_empty());
}

//! Policies, links and service diaries: what comes back, who finds it, in which order, and that nothing doubles.

use lianxin_domain::access::Scope;
use lianxin_domain::attachment::{AttachmentKind, AttachmentRef};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{EntityId, GridId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::policy::{Policy, PolicyText};
use lianxin_domain::service_link::{LinkTarget, ServiceLink};
use lianxin_domain::service_record::{ServiceFacts, ServiceKind, ServiceRecord};
use lianxin_domain::tree::TreePath;
use lianxin_storage::journal::CommitError;
use lianxin_storage::policies::{Policies, PolicyFilter};
use lianxin_storage::sealed::LookupKey;
use lianxin_storage::secrets::KEY_LENGTH;
use lianxin_storage::service_links::{LinkFilter, ServiceLinks};
use lianxin_storage::service_records::{AuthorCounts, RecordFilter, ServiceRecords};

use crate::support::{Fresh, NOON, Store, cipher};
use crate::village::Village;

on_both!(
    a_policy_comes_back_and_is_not_written_over,
    residents_get_what_is_enabled_for_their_grid_and_those_above,
    who_answers_for_a_grid_finds_its_policies_page_by_page,
    links_come_in_their_order,
    what_lies_below_a_grid_goes_with_it,
    a_record_comes_back_sealed_and_is_sent_once,
    diaries_are_read_by_their_author_and_who_answers_for_the_grid,
    records_are_searched_and_counted,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(hours: i64) -> Timestamp {
    NOON.plus_millis(hours * 3_600_000)
}

fn policy(path: &TreePath, number: u128, hours: i64) -> Policy {
    Policy {
        id: id(number),
        version: 1,
        grid_id: id(77),
        grid_path: path.clone(),
        text: PolicyText {
            title: format!("政策{number} “引号”"),
            body: "第一段\n第二段 50% 😀".to_owned(),
            published_at: at(hours),
        },
        enabled: true,
        updated_at: NOON,
    }
}

fn link(path: &TreePath, number: u128, sort_order: i32) -> ServiceLink {
    let target = LinkTarget {
        title: format!("链接{number}"),
        address: format!("https://example.cn/{number}"),
        description: String::new(),
        sort_order,
    };
    ServiceLink {
        id: id(number),
        version: 1,
        grid_id: id(77),
        grid_path: path.clone(),
        target,
        enabled: true,
        updated_at: NOON,
    }
}

fn photo() -> AttachmentRef {
    AttachmentRef {
        id: id(900),
        kind: AttachmentKind::Image,
        media_type: "image/jpeg".to_owned(),
        size: 7,
        name: None,
        duration_ms: None,
        width: Some(4),
        height: Some(3),
    }
}

fn record(author: u128, path: &TreePath, number: u128, hours: i64) -> ServiceRecord {
    ServiceRecord {
        id: id(number),
        version: 1,
        client_id: id(10_000 + number),
        author: PersonRef { id: id(author), name: format!("网格员{author}") },
        grid_id: id::<GridId>(77),
        grid_path: path.clone(),
        facts: ServiceFacts {
            kind: ServiceKind::Visit,
            happened_at: at(hours),
            text: format!("第 {number} 次走访"),
            whom: Some("覃老太".to_owned()),
            place: Some("三组 Xincun 路".to_owned()),
            photos: vec![photo()],
        },
        created_at: NOON,
        updated_at: NOON,
    }
}

fn records_of(store: &Store) -> ServiceRecords {
    ServiceRecords::new(store.database.clone(), cipher(), LookupKey::new(&[9; KEY_LENGTH]))
}

/// A row in every table.
pub async fn fill(store: &Store) {
    let path = TreePath::root(1).child(8);
    let writes = vec![
        Policies::write(&policy(&path, 1, 0)),
        ServiceLinks::write(&link(&path, 2, 3)),
        records_of(store).write(&record(5, &path, 3, 0)),
    ];
    store.write(writes).await.unwrap();
}

async fn a_policy_comes_back_and_is_not_written_over(fresh: &Fresh) {
    let store = fresh.open().await;
    let policies = Policies::new(store.database.clone());
    let world = Village::new(&store, 1);
    let first = policy(&world.village.path, 1, 0);
    store.write(vec![Policies::write(&first)]).await.unwrap();
    let scope = world.leader.scope();
    assert_eq!(policies.get(&scope, first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(policies.get(&scope, id(2)).await.unwrap(), None);
    let text = PolicyText { title: "改".to_owned(), body: "改".to_owned(), published_at: at(-9) };
    let second = Policy { version: 2, text, enabled: false, updated_at: at(1), ..first.clone() };
    store.write(vec![Policies::write(&second)]).await.unwrap();
    assert_eq!(policies.get(&scope, first.id).await.unwrap(), Some(second.clone()));
    let late = store.write(vec![Policies::write(&second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "policies", .. })), "{late:?}");
    let late = store.write(Policies::remove(&first).to_vec()).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "policies", .. })), "{late:?}");
    store.write(Policies::remove(&second).to_vec()).await.unwrap();
    assert_eq!(policies.get(&scope, first.id).await.unwrap(), None);
}

async fn what_lies_below_a_grid_goes_with_it(fresh: &Fresh) {
    let store = fresh.open().await;
    let policies = Policies::new(store.database.clone());
    let (links, records) = (ServiceLinks::new(store.database.clone()), records_of(&store));
    let (from, to) = (TreePath::root(1).child(2).child(7), TreePath::root(1).child(3).child(1));
    // The grid itself, one below it, and those beside it, whose path begins almost alike.
    let places = [from.clone(), from.child(9), TreePath::root(1).child(2).child(8), TreePath::root(1).child(2)];
    let mut writes = Vec::new();
    for (place, number) in places.iter().zip(1..) {
        writes.push(Policies::write(&policy(place, number, 0)));
        writes.push(ServiceLinks::write(&link(place, number, 0)));
        writes.push(records.write(&record(5, place, number, 0)));
    }
    store.write(writes).await.unwrap();
    let moves =
        [Policies::relocate(&from, &to), ServiceLinks::relocate(&from, &to), ServiceRecords::relocate(&from, &to)];
    store.write(moves.to_vec()).await.unwrap();
    let expected = [to.clone(), to.child(9), places[2].clone(), places[3].clone()];
    let scope = Scope::system();
    for (number, place) in (1..).zip(&expected) {
        let found = policies.get(&scope, id(number)).await.unwrap().unwrap();
        assert_eq!((&found.grid_path, found.version), (place, 1));
        assert_eq!(&links.get(&scope, id(number)).await.unwrap().unwrap().grid_path, place);
        assert_eq!(&records.get(&scope, id(number)).await.unwrap().unwrap().grid_path, place);
    }
}

async fn residents_get_what_is_enabled_for_their_grid_and_those_above(fresh: &Fresh) {
    let store = fresh.open().await;
    let (policies, links) = (Policies::new(store.database.clone()), ServiceLinks::new(store.database.clone()));
    let world = Village::new(&store, 1);
    let (group, village, county) = (&world.group.path, &world.village.path, &world.county.path);
    let elsewhere = [&world.other_group.path, &world.neighbour.path, &TreePath::root(2)];
    let mut writes = Vec::new();
    for (number, path) in [group, village, county].into_iter().chain(elsewhere).enumerate() {
        let (number, hours) = (number as u128 + 1, number as i64);
        writes.push(Policies::write(&policy(path, number, hours)));
        let off = Policy { enabled: false, ..policy(path, 100 + number, hours) };
        writes.push(Policies::write(&off));
        writes.push(ServiceLinks::write(&link(path, number, 9 - i32::try_from(number).unwrap())));
        writes.push(ServiceLinks::write(&ServiceLink { enabled: false, ..link(path, 100 + number, 0) }));
    }
    store.write(writes).await.unwrap();
    let cases = [(group, vec![3, 2, 1]), (village, vec![3, 2]), (county, vec![3]), (elsewhere[2], vec![6])];
    for (place, expected) in cases {
        let shown: Vec<_> = policies.all_shown(place, 100).await.unwrap().into_iter().map(|found| found.id).collect();
        assert_eq!(shown, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{place}");
        // The county's was given the first place of the three.
        let offered: Vec<_> = links.all_shown(place, 100).await.unwrap().into_iter().map(|found| found.id).collect();
        assert_eq!(offered, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{place}");
        for number in (1..=6).chain(101..=106) {
            let found = policies.shown(place, id(number)).await.unwrap();
            assert_eq!(found.is_some(), expected.contains(&number), "{place} {number}");
        }
    }
    assert_eq!(policies.all_shown(group, 1).await.unwrap().len(), 1);
}

async fn who_answers_for_a_grid_finds_its_policies_page_by_page(fresh: &Fresh) {
    let store = fresh.open().await;
    let policies = Policies::new(store.database.clone());
    let world = Village::new(&store, 1);
    let mut writes: Vec<_> =
        (1..=5).map(|number| Policies::write(&policy(&world.group.path, number, number as i64 / 2))).collect();
    let off = Policy { enabled: false, ..policy(&world.village.path, 6, -1) };
    writes.extend([&off, &policy(&world.county.path, 7, 9), &policy(&TreePath::root(2), 8, 9)].map(Policies::write));
    store.write(writes).await.unwrap();
    let all = PolicyFilter::default();
    let cases = [
        (&world.admin, all.clone(), vec![7, 5, 4, 3, 2, 1, 6]),
        (&world.leader, all.clone(), vec![5, 4, 3, 2, 1, 6]),
        (&world.leader, PolicyFilter { enabled: Some(false), ..all.clone() }, vec![6]),
        (&world.leader, PolicyFilter { below: Some(world.group.path.clone()), ..all.clone() }, vec![5, 4, 3, 2, 1]),
        (&world.leader, PolicyFilter { text: Some("政策3 “".to_owned()), ..all.clone() }, vec![3]),
        (&world.admin, PolicyFilter { text: Some("50% 😀".to_owned()), ..all.clone() }, vec![7, 5, 4, 3, 2, 1, 6]),
        (&world.admin, PolicyFilter { text: Some("5%😀".to_owned()), ..all.clone() }, vec![]),
        (&world.worker, all.clone(), vec![]),
        (&world.resident, all, vec![]),
    ];
    for (who, filter, expected) in cases {
        let (scope, mut found, mut before) = (who.scope(), Vec::new(), None);
        loop {
            let page = policies.list(&scope, &filter, before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.text.published_at, last.id));
            found.extend(page.into_iter().map(|policy| policy.id));
        }
        assert_eq!(found, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{filter:?}");
    }
    assert_eq!(policies.get(&world.worker.scope(), id(1)).await.unwrap(), None);
    assert_eq!(policies.get(&world.leader.scope(), id(7)).await.unwrap(), None);
}

async fn links_come_in_their_order(fresh: &Fresh) {
    let store = fresh.open().await;
    let links = ServiceLinks::new(store.database.clone());
    let world = Village::new(&store, 1);
    let order = [(1, 5), (2, 0), (3, 5), (4, 9_999), (5, 0)];
    let mut writes: Vec<_> =
        order.into_iter().map(|(number, sort)| ServiceLinks::write(&link(&world.village.path, number, sort))).collect();
    writes.push(ServiceLinks::write(&link(&world.county.path, 6, 0)));
    store.write(writes).await.unwrap();
    let (scope, mut found, mut after) = (world.leader.scope(), Vec::new(), None);
    loop {
        let page = links.list(&scope, &LinkFilter::default(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.target.sort_order, last.id));
        found.extend(page.into_iter().map(|link| link.id));
    }
    assert_eq!(found, [2, 5, 1, 3, 4].map(id));
    let filter = LinkFilter { text: Some("EXAMPLE.cn/4".to_owned()), ..LinkFilter::default() };
    let fourth = links.list(&scope, &filter, None, 9).await.unwrap();
    assert_eq!(fourth, [link(&world.village.path, 4, 9_999)]);
    let second = ServiceLink { version: 2, enabled: false, updated_at: at(1), ..fourth[0].clone() };
    store.write(vec![ServiceLinks::write(&second)]).await.unwrap();
    assert_eq!(links.get(&scope, second.id).await.unwrap(), Some(second.clone()));
    assert_eq!(links.get(&world.worker.scope(), second.id).await.unwrap(), None);
    let late = store.write(vec![ServiceLinks::write(&second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "service_links", .. })), "{late:?}");
    store.write(ServiceLinks::remove(&second).to_vec()).await.unwrap();
    assert_eq!(links.get(&scope, second.id).await.unwrap(), None);
}

async fn a_record_comes_back_sealed_and_is_sent_once(fresh: &Fresh) {
    let store = fresh.open().await;
    let (records, world) = (records_of(&store), Village::new(&store, 1));
    let mut first = record(1, &world.group.path, 1, 0);
    first.author.id = world.worker.account_id;
    store.write(vec![records.write(&first)]).await.unwrap();
    let scope = world.worker.scope();
    assert_eq!(records.get(&scope, first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(records.sent_as(first.author.id, first.client_id).await.unwrap(), Some(first.clone()));
    assert_eq!(records.sent_as(id(5), first.client_id).await.unwrap(), None);
    let raw = fresh.texts("SELECT whom_sealed || whom_print FROM service_records").await;
    assert!(!raw[0].contains("覃"), "{raw:?}");
    // The same, sent again with another id of ours.
    let again = store.write(vec![records.write(&ServiceRecord { id: id(2), ..first.clone() })]).await;
    assert!(matches!(again, Err(CommitError::Exists { table: "service_records", .. })), "{again:?}");
    // Another's device may have called something of its own so.
    let others = ServiceRecord { id: id(3), author: PersonRef { id: id(9), name: "甲".to_owned() }, ..first.clone() };
    store.write(vec![records.write(&others)]).await.unwrap();
    let bare = ServiceFacts { whom: None, place: None, photos: Vec::new(), ..first.facts.clone() };
    let second = ServiceRecord { version: 2, facts: bare, updated_at: at(1), ..first.clone() };
    store.write(vec![records.write(&second)]).await.unwrap();
    assert_eq!(records.get(&scope, first.id).await.unwrap(), Some(second.clone()));
    let late = store.write(records.remove(&first).to_vec()).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "service_records", .. })), "{late:?}");
    store.write(records.remove(&second).to_vec()).await.unwrap();
    assert_eq!(records.get(&scope, first.id).await.unwrap(), None);
}

async fn diaries_are_read_by_their_author_and_who_answers_for_the_grid(fresh: &Fresh) {
    let store = fresh.open().await;
    let (records, world) = (records_of(&store), Village::new(&store, 1));
    let mut own = record(1, &world.group.path, 1, 0);
    own.author.id = world.worker.account_id;
    let mut far = record(2, &world.neighbour.path, 2, 1);
    far.author.id = world.colleague.account_id;
    let abroad = record(3, &TreePath::root(2), 3, 2);
    store.write([&own, &far, &abroad].map(|record| records.write(record)).to_vec()).await.unwrap();
    let cases = [
        (&world.worker, vec![1]),
        (&world.colleague, vec![2]),
        (&world.leader, vec![1]),
        (&world.admin, vec![2, 1]),
        (&world.resident, vec![]),
    ];
    for (who, expected) in cases {
        let scope = who.scope();
        let listed = records.list(&scope, &RecordFilter::default(), None, 10).await.unwrap();
        let listed: Vec<_> = listed.into_iter().map(|record| record.id).collect();
        assert_eq!(listed, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{}", who.name);
        for number in 1..=3 {
            let found = records.get(&scope, id(number)).await.unwrap();
            assert_eq!(found.is_some(), expected.contains(&number), "{} {number}", who.name);
        }
    }
}

async fn records_are_searched_and_counted(fresh: &Fresh) {
    let store = fresh.open().await;
    let (records, world) = (records_of(&store), Village::new(&store, 1));
    let mut all: Vec<ServiceRecord> =
        (1..=6).map(|number| record(number % 2, &world.group.path, number, i64::try_from(number).unwrap())).collect();
    all[1].facts.kind = ServiceKind::Help;
    all[3].facts.whom = Some("韦大叔".to_owned());
    all[4].facts.place = None;
    all[5].grid_path = world.neighbour.path.clone();
    store.write(all.iter().map(|record| records.write(record)).collect()).await.unwrap();
    let any = RecordFilter::default();
    let cases = [
        (any.clone(), vec![5, 4, 3, 2, 1]),
        (RecordFilter { author: Some(id(0)), ..any.clone() }, vec![4, 2]),
        (RecordFilter { below: Some(world.neighbour.path.clone()), ..any.clone() }, vec![]),
        (RecordFilter { text: Some("第 3 次".to_owned()), ..any.clone() }, vec![3]),
        (RecordFilter { text: Some("xinCUN".to_owned()), ..any.clone() }, vec![4, 3, 2, 1]),
        (RecordFilter { text: Some("韦大叔".to_owned()), ..any.clone() }, vec![4]),
        (RecordFilter { text: Some("韦大".to_owned()), ..any.clone() }, vec![]),
        (RecordFilter { kind: Some(ServiceKind::Help), ..any.clone() }, vec![2]),
        (RecordFilter { from: Some(at(2)), until: Some(at(4)), ..any.clone() }, vec![3, 2]),
    ];
    let scope = world.leader.scope();
    for (filter, expected) in cases {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = records.list(&scope, &filter, before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.facts.happened_at, last.id));
            found.extend(page.into_iter().map(|record| record.id));
        }
        assert_eq!(found, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{filter:?}");
        let counted = records.counts(&scope, &filter).await.unwrap();
        assert_eq!(counted.iter().map(AuthorCounts::total).sum::<u64>(), expected.len() as u64, "{filter:?}");
    }
    let counted = records.counts(&scope, &any).await.unwrap();
    let lines: Vec<_> = counted.iter().map(|counts| (counts.author.name.as_str(), counts.total())).collect();
    assert_eq!(lines, [("网格员1", 3), ("网格员0", 2)]);
    assert_eq!(counted[1].kinds.get(&ServiceKind::Help), Some(&1));
}

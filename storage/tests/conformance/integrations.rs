//! Integrations (开放接口): what comes back, by which key, where they go with their grid; and the requests that they read.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, EntityId, TicketId};
use lianxin_domain::integration::{Integration, IntegrationFacts};
use lianxin_domain::open311::Window;
use lianxin_domain::ticket::{Command, StateName};
use lianxin_domain::tree::TreePath;
use lianxin_storage::integrations::Integrations;
use lianxin_storage::journal::CommitError;
use lianxin_storage::tickets::{ReportedChoice, ReportedFilter};

use crate::support::{Fresh, NOON, Store, cipher};
use crate::village::{Village, request};

on_both!(
    an_integration_comes_back_sealed_and_is_found_by_its_key,
    two_who_change_it_do_not_write_over_each_other,
    an_integration_goes_with_its_grid,
    what_is_known_and_ones_own_is_reported_page_by_page,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(hours: i64) -> Timestamp {
    NOON.plus_millis(hours * 3_600_000)
}

fn integration(path: &TreePath, number: u128) -> Integration {
    Integration {
        id: id(number),
        version: 1,
        grid_id: id(77),
        grid_path: path.clone(),
        facts: IntegrationFacts {
            name: format!("系统{number} “引号”"), contact: "韦工 19900001234".to_owned()
        },
        key_hash: format!("hash{number}"),
        key_made_at: at(1),
        enabled: true,
        created_at: NOON,
    }
}

fn integrations_of(store: &Store) -> Integrations {
    Integrations::new(store.database.clone(), cipher())
}

/// A row in every table.
pub async fn fill(store: &Store) {
    let kept = integration(&TreePath::root(1).child(8), 1);
    let writes = vec![integrations_of(store).write(&kept), Integrations::used(kept.id, at(2))];
    store.write(writes).await.unwrap();
}

async fn an_integration_comes_back_sealed_and_is_found_by_its_key(fresh: &Fresh) {
    let store = fresh.open().await;
    let (all, path) = (integrations_of(&store), TreePath::root(1));
    let (first, second) = (integration(&path, 1), integration(&path.child(2), 2));
    store.write(vec![all.write(&first), all.write(&second)]).await.unwrap();
    assert_eq!(all.all().await.unwrap(), [(second.clone(), None), (first.clone(), None)], "the newest first");
    assert_eq!(all.by_key("hash2").await.unwrap(), Some(second.clone()));
    assert_eq!(all.by_key("hash3").await.unwrap(), None);
    assert_eq!(all.get(id(3)).await.unwrap(), None);
    let sealed = fresh.texts("SELECT contact_sealed FROM integrations").await;
    assert!(sealed.iter().all(|text| !text.contains("韦工")), "{sealed:?}");
    // That a key was used does not go back in time.
    for hours in [3, 5, 4] {
        store.write(vec![Integrations::used(first.id, at(hours))]).await.unwrap();
    }
    assert_eq!(all.get(first.id).await.unwrap(), Some((first, Some(at(5)))));
    // No two have one key.
    let same = Integration { key_hash: "hash2".to_owned(), ..integration(&path, 3) };
    let same = store.write(vec![all.write(&same)]).await;
    assert!(matches!(same, Err(CommitError::Exists { .. })), "{same:?}");
}

async fn two_who_change_it_do_not_write_over_each_other(fresh: &Fresh) {
    let store = fresh.open().await;
    let all = integrations_of(&store);
    let first = integration(&TreePath::root(1), 1);
    store.write(vec![all.write(&first)]).await.unwrap();
    let facts = IntegrationFacts { name: "改".to_owned(), contact: "改".to_owned() };
    let key_hash = "other".to_owned();
    let second = Integration { version: 2, facts, key_hash, key_made_at: at(2), enabled: false, ..first };
    store.write(vec![all.write(&second)]).await.unwrap();
    assert_eq!(all.by_key("hash1").await.unwrap(), None);
    assert_eq!(all.by_key("other").await.unwrap(), Some(second.clone()));
    let late = store.write(vec![all.write(&second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "integrations", .. })), "{late:?}");
}

async fn an_integration_goes_with_its_grid(fresh: &Fresh) {
    let store = fresh.open().await;
    let all = integrations_of(&store);
    let (from, to) = (TreePath::root(1).child(2), TreePath::root(1).child(3).child(1));
    let places = [from.clone(), from.child(5), TreePath::root(1)];
    let writes = places.iter().zip(1..).map(|(place, number)| all.write(&integration(place, number)));
    store.write(writes.collect()).await.unwrap();
    store.write(vec![Integrations::relocate(&from, &to)]).await.unwrap();
    let found: Vec<TreePath> = all.all().await.unwrap().into_iter().rev().map(|(found, _)| found.grid_path).collect();
    assert_eq!(found, [to.clone(), to.child(5), TreePath::root(1)]);
}

/// The ids that a filter finds.
async fn reported(store: &Store, filter: &ReportedFilter, offset: u32, limit: u32) -> Vec<TicketId> {
    store.tickets.reported(filter, offset, limit).await.unwrap().iter().map(|ticket| ticket.id).collect()
}

async fn what_is_known_and_ones_own_is_reported_page_by_page(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut tickets = Vec::new();
    for content in ["甲", "乙", "丙", "丁"] {
        store.clock.advance(1_000);
        tickets.push(world.submit(&store, request(&store, &world.resident, content), &world.group).await);
    }
    // The older one becomes known later; nobody but its sender finds the last two.
    for index in [1, 0] {
        store.clock.advance(1_000);
        let text = "三组路口的路灯不亮".to_owned();
        world.act(&store, &mut tickets[index], Command::MakeKnown { text, private: false }, &world.worker).await;
    }
    let at_known = |index: usize| tickets[index].known.as_ref().unwrap().at;
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
    let kind = tickets[0].kind.clone();
    let filter = |from: Timestamp, until: Timestamp, own: Option<AccountId>, states: &[StateName]| ReportedFilter {
        below: world.county.path.clone(),
        kinds: vec![kind.clone()],
        own,
        choice: ReportedChoice::During { window: Window { from, until }, states: states.to_vec() },
    };
    let (me, stranger) = (Some(world.resident.account_id), Some(id::<AccountId>(5)));
    let always = |own| filter(NOON.plus_millis(-1), at(1), own, &StateName::ALL);
    // What is known by when it became known, one's own by when it was sent.
    assert_eq!(reported(&store, &always(None), 0, 9).await, [ids[0], ids[1]]);
    assert_eq!(reported(&store, &always(stranger), 0, 9).await, [ids[0], ids[1]]);
    assert_eq!(reported(&store, &always(me), 0, 9).await, [ids[3], ids[2], ids[1], ids[0]]);
    assert_eq!(reported(&store, &always(me), 1, 2).await, [ids[2], ids[1]]);
    let during = |own, from: Timestamp| filter(from, from.plus_millis(1), own, &StateName::ALL);
    assert_eq!(reported(&store, &during(None, at_known(1)), 0, 9).await, [ids[1]]);
    assert_eq!(reported(&store, &during(me, at_known(1)), 0, 9).await, []);
    assert_eq!(reported(&store, &during(me, tickets[2].submitted_at), 0, 9).await, [ids[2]]);
    assert_eq!(reported(&store, &filter(NOON, at(1), None, &[StateName::Rated]), 0, 9).await, []);
    // Elsewhere, and of other kinds, there is nothing; by id the same holds.
    let elsewhere = ReportedFilter { below: TreePath::root(9), ..always(me) };
    let other = ReportedFilter { kinds: vec!["dispute_of_others".to_owned()], ..always(me) };
    let none = ReportedFilter { kinds: Vec::new(), ..always(me) };
    for filter in [elsewhere, other, none] {
        assert_eq!(reported(&store, &filter, 0, 9).await, []);
    }
    let named = |own| ReportedFilter { choice: ReportedChoice::Ids(vec![ids[0], ids[3], id(1)]), ..always(own) };
    assert_eq!(reported(&store, &named(None), 0, 9).await, [ids[0]]);
    assert_eq!(reported(&store, &named(me), 0, 9).await, [ids[3], ids[0]]);
    // Taken back, it was never there.
    world.act(&store, &mut tickets[0], Command::Conceal, &world.worker).await;
    assert_eq!(reported(&store, &always(None), 0, 9).await, [ids[1]]);
}

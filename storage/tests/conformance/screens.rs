//! Big screens: those that wait, those that are paired, and what becomes of them with time.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, ScreenId};
use lianxin_domain::screen::{CODE_LIFE_MS, ScreenTarget, WAITS_ON_MS};
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::CommitError;
use lianxin_storage::maintenance::{Purged, purge};
use lianxin_storage::screens::{Screen, ScreenState, Screens};

use crate::support::{Fresh, NOON, Store};

on_both!(
    a_waiting_screen_is_found_by_code_and_token_while_they_hold,
    of_two_screens_with_one_code_the_second_is_refused,
    a_paired_screen_keeps_its_token_and_shows_no_code,
    two_who_pair_one_screen_at_once_do_not_both_succeed,
    what_was_removed_is_unknown_and_its_code_is_free,
    being_seen_only_moves_forward,
    idle_screens_go_after_four_hundred_days_and_waiting_ones_with_their_codes,
    an_inconsistent_row_says_so,
);

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn waiting(store: &Store, code: &str, at: Timestamp) -> Screen {
    Screen {
        id: store.id(),
        version: 1,
        token_hash: format!("hash of {code}"),
        created_at: at,
        name: String::new(),
        state: ScreenState::Waiting { code: code.to_owned(), until: at.plus_millis(CODE_LIFE_MS) },
    }
}

fn paired(store: &Store, screen: &Screen, name: &str, at: Timestamp) -> Screen {
    let (target, by) = (ScreenTarget::Board(store.id()), store.id::<AccountId>());
    let state = ScreenState::Paired { target, by, at };
    Screen { version: screen.version + 1, name: name.to_owned(), state, ..screen.clone() }
}

/// A screen that was paired at `at`.
async fn pair(store: &Store, code: &str, at: Timestamp) -> Screen {
    let before = waiting(store, code, at);
    let after = paired(store, &before, &format!("大屏 {code}"), at);
    store.write(vec![Screens::insert(&before)]).await.unwrap();
    store.write(vec![Screens::update(1, &after)]).await.unwrap();
    after
}

fn screens(store: &Store) -> Screens {
    Screens::new(store.database.clone())
}

async fn ids(store: &Store) -> Vec<ScreenId> {
    screens(store).paired().await.unwrap().into_iter().map(|(screen, _)| screen.id).collect()
}

async fn a_waiting_screen_is_found_by_code_and_token_while_they_hold(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = waiting(&store, "004711", NOON);
    store.write(vec![Screens::insert(&screen)]).await.unwrap();
    let again = Screens::new(fresh.open().await.database.clone());
    let (over, gone) = (NOON.plus_millis(CODE_LIFE_MS), NOON.plus_millis(CODE_LIFE_MS + WAITS_ON_MS));
    let last = |at: Timestamp| at.plus_millis(-1);
    assert_eq!(again.get(screen.id).await.unwrap(), Some(screen.clone()));
    assert_eq!(again.by_code("004711", last(over)).await.unwrap(), Some(screen.clone()));
    assert_eq!(again.by_code("004711", over).await.unwrap(), None);
    assert_eq!(again.by_code("4711", NOON).await.unwrap(), None);
    assert_eq!(again.by_token("hash of 004711", last(gone)).await.unwrap(), Some(screen.clone()));
    assert_eq!(again.by_token("hash of 004711", gone).await.unwrap(), None);
    assert_eq!(again.by_token("hash of", NOON).await.unwrap(), None);
    assert_eq!((again.counts(last(over)).await.unwrap(), again.counts(over).await.unwrap()), ((1, 0), (0, 0)));
    assert_eq!(again.waited_in_vain(last(gone)).await.unwrap(), []);
    assert_eq!(again.waited_in_vain(gone).await.unwrap(), [screen.id]);
    assert_eq!(again.paired().await.unwrap(), []);
}

async fn of_two_screens_with_one_code_the_second_is_refused(fresh: &Fresh) {
    let store = fresh.open().await;
    let first = waiting(&store, "111111", NOON);
    store.write(vec![Screens::insert(&first)]).await.unwrap();
    let mut second = waiting(&store, "111111", NOON);
    second.token_hash = "another".to_owned();
    let refused = store.write(vec![Screens::insert(&second)]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "screens", .. })), "{refused:?}");
    assert_eq!(screens(&store).by_code("111111", NOON).await.unwrap(), Some(first));
}

async fn a_paired_screen_keeps_its_token_and_shows_no_code(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = pair(&store, "222222", NOON).await;
    let other = pair(&store, "111112", NOON).await;
    let all = screens(&store);
    let years = NOON.plus_millis(1_000 * DAY);
    assert_eq!(all.by_token("hash of 222222", years).await.unwrap(), Some(screen.clone()));
    assert_eq!(all.by_code("222222", NOON).await.unwrap(), None);
    assert_eq!(all.waited_in_vain(years).await.unwrap(), []);
    assert_eq!(all.counts(NOON).await.unwrap(), (0, 2));
    // By name; several without code do not disturb each other.
    assert_eq!(all.paired().await.unwrap(), [(other, None), (screen, None)]);
}

async fn two_who_pair_one_screen_at_once_do_not_both_succeed(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = waiting(&store, "333333", NOON);
    store.write(vec![Screens::insert(&screen)]).await.unwrap();
    let [one, two] = ["一号", "二号"].map(|name| paired(&store, &screen, name, NOON));
    let (first, second) =
        tokio::join!(store.write(vec![Screens::update(1, &one)]), store.write(vec![Screens::update(1, &two)]));
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    let winner = if first.is_ok() { one } else { two };
    assert_eq!(screens(&store).get(screen.id).await.unwrap(), Some(winner));
}

async fn what_was_removed_is_unknown_and_its_code_is_free(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = waiting(&store, "444444", NOON);
    store.write(vec![Screens::insert(&screen), Screens::seen(screen.id, NOON)]).await.unwrap();
    // In one change with the next screen of this code.
    let mut next = waiting(&store, "444444", NOON);
    next.token_hash = "next".to_owned();
    let mut writes = Screens::remove(screen.id).to_vec();
    store.write(writes.clone()).await.unwrap();
    store.write(vec![Screens::insert(&next)]).await.unwrap();
    assert_eq!(screens(&store).get(screen.id).await.unwrap(), None);
    assert_eq!(screens(&store).by_token("hash of 444444", NOON).await.unwrap(), None);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM screen_sightings").await, 0);
    writes.extend(Screens::remove(next.id));
    store.write(writes).await.unwrap();
    assert_eq!(fresh.number("SELECT COUNT(*) FROM screens").await, 0);
}

async fn being_seen_only_moves_forward(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = pair(&store, "555555", NOON).await;
    let seen = async || screens(&store).paired().await.unwrap()[0].1;
    assert_eq!(seen().await, None);
    let later = NOON.plus_millis(5_000);
    for at in [NOON, later, NOON.plus_millis(1)] {
        store.write(vec![Screens::seen(screen.id, at)]).await.unwrap();
    }
    assert_eq!(seen().await, Some(later));
    assert_eq!(screens(&store).get(screen.id).await.unwrap(), Some(screen), "its version stays");
}

async fn idle_screens_go_after_four_hundred_days_and_waiting_ones_with_their_codes(fresh: &Fresh) {
    let store = fresh.open().await;
    let days_ago = |days: i64| NOON.plus_millis(-days * DAY);
    let never_there = pair(&store, "600000", days_ago(401)).await;
    let long_off = pair(&store, "600001", days_ago(900)).await;
    let was_there = pair(&store, "600002", days_ago(900)).await;
    let young = pair(&store, "600003", days_ago(400)).await;
    let (vain, waits) = (waiting(&store, "600004", days_ago(1)), waiting(&store, "600005", NOON));
    let stranger: ScreenId = store.id();
    store
        .write(vec![
            Screens::seen(long_off.id, days_ago(401)),
            Screens::seen(was_there.id, days_ago(400)),
            Screens::seen(stranger, NOON),
            Screens::insert(&vain),
            Screens::insert(&waits),
        ])
        .await
        .unwrap();
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(purged, Purged { screens: 3, ..Purged::default() });
    assert_eq!(ids(&store).await, [was_there.id, young.id]);
    for gone in [never_there.id, long_off.id, vain.id] {
        assert_eq!(screens(&store).get(gone).await.unwrap(), None);
    }
    assert_eq!(screens(&store).get(waits.id).await.unwrap(), Some(waits));
    assert_eq!(fresh.texts("SELECT id FROM screen_sightings").await, [was_there.id.to_string()]);
    assert_eq!(purge(&store.database, &store.journal, NOON).await.unwrap(), Purged::default());
    assert_eq!(store.log.head(), 0, "housekeeping is no event");
}

async fn an_inconsistent_row_says_so(fresh: &Fresh) {
    let store = fresh.open().await;
    let screen = pair(&store, "700000", NOON).await;
    for (damage, column) in
        [("target = 'grid:1'", "target"), ("target = 'board:x'", "target"), ("target = NULL", "code")]
    {
        fresh.execute(&format!("UPDATE screens SET {damage}")).await;
        let corrupt = screens(&store).get(screen.id).await.unwrap_err();
        assert!(
            matches!(&corrupt, StorageError::Corrupt { table: "screens", column: found, .. } if *found == column),
            "{corrupt:?}"
        );
    }
}

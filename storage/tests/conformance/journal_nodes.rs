//! Several nodes on one database: one order, one winner.

use futures_util::future::join_all;
use lianxin_storage::change::Write;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::journal::CommitError;

use crate::support::{Fresh, Store};
use crate::things;

on_both!(
    nodes_that_race_for_the_same_rows_have_one_winner_each,
    nodes_number_their_events_without_gap_in_commit_order,
    nodes_add_to_the_same_counters,
    nodes_that_write_the_same_rows_in_opposite_order_do_not_fail_each_other,
);

const RACES: usize = 60;

async fn nodes_that_race_for_the_same_rows_have_one_winner_each(fresh: &Fresh) {
    let (one, two) = (things::open(fresh).await, fresh.open().await);
    let names: Vec<String> = (0..RACES).map(|number| format!("{number:02}")).collect();
    let makes = names.iter().map(|name| {
        let change = things::change(&one, things::insert(name, "新"), name);
        one.journal.submit(change).unwrap()
    });
    assert!(join_all(makes.collect::<Vec<_>>()).await.iter().all(Result::is_ok));

    let take = |store: &Store, label: &str, name: &String| {
        let change = things::change(store, things::update(name, 1, label), name);
        store.journal.submit(change).unwrap()
    };
    // In opposite orders, so that row locks would cross if their order were the callers'.
    let ones: Vec<_> = names.iter().map(|name| take(&one, "一", name)).collect();
    let twos: Vec<_> = names.iter().rev().map(|name| take(&two, "二", name)).collect();
    let (ones, twos) = tokio::join!(join_all(ones), join_all(twos));

    let mut taken = Vec::new();
    for ((name, by_one), by_two) in names.iter().zip(ones).zip(twos.into_iter().rev()) {
        let (table, key) = ("things", name.clone());
        let stale = CommitError::Stale { table, key };
        let label = match (by_one, by_two) {
            (Ok(_), Err(error)) if error == stale => "一",
            (Err(error), Ok(_)) if error == stale => "二",
            other => panic!("{name}: {other:?}"),
        };
        taken.push(format!("{name}=2:{label}"));
    }
    assert_eq!(things::rows(fresh).await, taken);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM events").await, 2 * RACES as i64);
    assert_eq!(fresh.number("SELECT seq FROM log_head").await, 2 * RACES as i64);
}

async fn nodes_number_their_events_without_gap_in_commit_order(fresh: &Fresh) {
    let (one, two) = (things::open(fresh).await, fresh.open().await);
    let mut seqs = Vec::new();
    // One after the other on each node, so that there are many small batches that meet.
    for round in 0..20 {
        let make = |store: &Store, node: &str| {
            let name = format!("{node}{round:02}");
            store.journal.submit(things::change(store, things::insert(&name, "新"), &name)).unwrap()
        };
        let (by_one, by_two) = tokio::join!(make(&one, "a"), make(&two, "b"));
        seqs.extend([by_one.unwrap().seq, by_two.unwrap().seq]);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<u64>>());
    assert_eq!(fresh.number("SELECT COUNT(*) FROM events").await, 40);
    assert_eq!(one.log.refresh_head().await.unwrap(), 40);
    assert_eq!(two.log.refresh_head().await.unwrap(), 40);
    assert_eq!(one.log.after(0, 100).await.unwrap(), two.log.after(0, 100).await.unwrap());
}

async fn nodes_add_to_the_same_counters(fresh: &Fresh) {
    let (one, two) = (things::open(fresh).await, fresh.open().await);
    let add = |store: &Store, key: &str| {
        let mut change = store.change();
        change.write(Write::Add(&things::TALLIES, key.to_owned(), vec![1, -1]));
        store.journal.submit(change).unwrap()
    };
    let ones: Vec<_> = (0..50).flat_map(|_| [add(&one, "x"), add(&one, "y")]).collect();
    let twos: Vec<_> = (0..50).flat_map(|_| [add(&two, "y"), add(&two, "x")]).collect();
    let (ones, twos) = tokio::join!(join_all(ones), join_all(twos));
    assert!(ones.iter().chain(&twos).all(Result::is_ok));
    let tallies = "SELECT id || ' ' || CAST(seen AS TEXT) || ' ' || CAST(heard AS TEXT) FROM tallies ORDER BY id";
    assert_eq!(fresh.texts(tallies).await, ["x 100 -100", "y 100 -100"]);
}

async fn nodes_that_write_the_same_rows_in_opposite_order_do_not_fail_each_other(fresh: &Fresh) {
    if fresh.dialect == Dialect::Postgres {
        // It looks for a deadlock after a second only.
        let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''20ms''', \
                   current_database()); END $$";
        fresh.execute(sql).await;
    }
    let (one, two) = (things::open(fresh).await, fresh.open().await);
    let thing = |id: &str| {
        let row = vec![id.into(), 1_u32.into(), None::<String>.into(), "同".into()];
        Write::Put(&things::THINGS, row)
    };
    let tally = || Write::Put(&things::TALLIES, vec!["a".into(), 1_u32.into(), 1_u32.into()]);
    let submit = |store: &Store, writes: Vec<Write>| {
        let mut change = store.change();
        change.writes = writes;
        store.journal.submit(change).unwrap()
    };
    // Each of these is a batch of its own: rows of one table, then rows of two tables.
    for round in 0..50 {
        for [ones, twos] in [
            [vec![thing("a"), thing("b")], vec![thing("b"), thing("a")]],
            [vec![thing("a"), tally()], vec![tally(), thing("a")]],
        ] {
            let (by_one, by_two) = tokio::join!(submit(&one, ones), submit(&two, twos));
            assert!(by_one.is_ok() && by_two.is_ok(), "round {round}: {by_one:?} {by_two:?}");
        }
    }
}

#[tokio::test]
async fn a_journal_whose_connection_is_cut_answers_and_comes_back() {
    let fresh = Fresh::new(Dialect::Postgres).await;
    let store = things::open(&fresh).await;
    let make = |id: &str| things::change(&store, things::insert(id, "新"), id);
    store.journal.commit(make("a")).await.unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    fresh.execute(cut).await;
    assert_eq!(store.journal.commit(make("b")).await.unwrap_err(), CommitError::Unavailable);
    assert_eq!(store.journal.commit(make("c")).await.unwrap().seq, 2);
    // The readers come back too.
    assert_eq!(store.log.refresh_head().await.unwrap(), 2);
    assert_eq!(things::rows(&fresh).await, ["a=1:新", "c=1:新"]);
    fresh.remove().await;
}

/// A node that is cut off may hold the log's head until the database ends its transaction. Whoever waits for it is asked to
/// come back; nothing is wrong with what he wants.
#[tokio::test]
async fn while_somebody_holds_the_head_of_the_log_others_are_asked_to_come_back() {
    let fresh = Fresh::new(Dialect::Postgres).await;
    let store = things::open(&fresh).await;
    let make = |id: &str| things::change(&store, things::insert(id, "新"), id);
    let mut holder = fresh.connect().await;
    for sql in ["BEGIN", "UPDATE log_head SET seq = seq WHERE id = 1"] {
        sqlx::Executor::execute(&mut holder, sql).await.unwrap();
    }
    assert_eq!(store.journal.commit(make("a")).await.unwrap_err(), CommitError::Unavailable);
    sqlx::Executor::execute(&mut holder, "ROLLBACK").await.unwrap();
    assert_eq!(store.journal.commit(make("a")).await.unwrap().seq, 1);
    assert_eq!(things::rows(&fresh).await, ["a=1:新"]);
    fresh.remove().await;
}

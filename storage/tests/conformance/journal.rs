//! What one change is, and what a batch of them is.

use futures_util::future::join_all;
use lianxin_domain::event::Subject;
use lianxin_storage::change::{IdempotencyClaim, IdempotencyKey, Write};
use lianxin_storage::idempotency::Answers;
use lianxin_storage::journal::CommitError;
use lianxin_storage::table::{Cell, ID, Table, int, text};
use serde_json::json;

use crate::support::{Fresh, NOON, Store};
use crate::things::{self, TALLIES, THINGS};

on_both!(
    a_change_writes_all_its_parts_together,
    a_refused_change_leaves_nothing_behind,
    three_hundred_at_once_are_all_committed_in_order,
    additions_of_a_batch_are_summed,
    a_row_owed_once_is_made_once_and_silently,
    deleting_a_missing_row_is_fine,
    put_makes_or_replaces,
    raise_makes_or_replaces_unless_what_is_there_is_greater,
    a_full_queue_answers_at_once,
    a_change_without_events_is_acknowledged_with_the_head,
    what_was_queued_is_written_when_all_entrances_close,
);

static DEADLINES: Table = Table {
    name: "deadlines",
    key: ID,
    versioned: false,
    fixed: &[text("kind"), text("subject_id"), int("due_at")],
    mutable: &[],
};

fn whole_change(store: &Store) -> lianxin_storage::change::Change {
    let mut change = things::change(store, things::insert("a", "甲"), "a");
    change.event("thing.named", Subject::new("thing", "a"), json!({ "text": "“引号”\n" }));
    change.audited("thing.create", Subject::new("thing", "a"), json!({ "label": [null, "甲"] }));
    change.write(Write::Put(&DEADLINES, vec!["thing.due:a".into(), "thing.due".into(), "a".into(), NOON.into()]));
    change.write(Write::Add(&TALLIES, "a".to_owned(), vec![1, -2]));
    change.idempotency = Some(IdempotencyClaim {
        key: IdempotencyKey::new("me", "k"),
        request_hash: "hash".to_owned(),
        status: 201,
        body: "{\"好\":1}".to_owned(),
    });
    change
}

async fn counts(fresh: &Fresh) -> Vec<i64> {
    let tables = ["things", "tallies", "events", "audit", "deadlines", "idempotency"];
    let mut counts = Vec::new();
    for table in tables {
        counts.push(fresh.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

async fn a_change_writes_all_its_parts_together(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let committed = store.journal.commit(whole_change(&store)).await.unwrap();
    assert_eq!(committed.seq, 2);
    assert_eq!(committed.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(counts(fresh).await, [1, 1, 2, 1, 1, 1]);
    let answer = Answers::new(store.database.clone()).find(&IdempotencyKey::new("me", "k")).await.unwrap().unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.seq), (201, "{\"好\":1}", 2));
    assert_eq!(answer.request_hash, "hash");
    assert_eq!(
        fresh.texts("SELECT action || ' ' || subject_id || ' ' || changes FROM audit").await,
        ["thing.create a {\"label\":[null,\"甲\"]}"]
    );
    assert_eq!(fresh.number("SELECT heard FROM tallies").await, -2);
}

async fn a_refused_change_leaves_nothing_behind(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let mut change = whole_change(&store);
    change.write(things::update("missing", 1, "乙"));
    let refused = store.journal.commit(change).await.unwrap_err();
    let (table, key) = ("things", "missing".to_owned());
    assert_eq!(refused, CommitError::Stale { table, key });
    assert_eq!(counts(fresh).await, [0; 6]);
    // Not even a number of the log is lost.
    assert_eq!(store.journal.commit(whole_change(&store)).await.unwrap().seq, 2);
}

async fn three_hundred_at_once_are_all_committed_in_order(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let pending: Vec<_> = (0..300)
        .map(|number| {
            let name = format!("{number:03}");
            let mut change = things::change(&store, things::insert(&name, "新"), &name);
            change.event("thing.second", Subject::new("thing", &name), json!(number));
            store.journal.submit(change).unwrap()
        })
        .collect();
    let committed: Vec<_> = join_all(pending).await.into_iter().map(Result::unwrap).collect();
    let acknowledged: Vec<_> = committed.iter().flat_map(|change| change.events.clone()).collect();
    let numbers: Vec<u64> = acknowledged.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=600).collect::<Vec<u64>>());
    assert!(committed.iter().zip(1..).all(|(change, number)| change.seq == 2 * number));
    let again = fresh.open().await;
    assert_eq!(again.log.after(0, 1_000).await.unwrap(), acknowledged);
    assert_eq!(fresh.number("SELECT seq FROM log_head").await, 600);
    assert_eq!(things::rows(fresh).await.len(), 300);
}

async fn additions_of_a_batch_are_summed(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let add = |key: &str, deltas: [i64; 2]| {
        let mut change = store.change();
        change.write(Write::Add(&TALLIES, key.to_owned(), deltas.to_vec()));
        store.journal.submit(change).unwrap()
    };
    let pending: Vec<_> =
        (0..100).flat_map(|_| [add("one", [1, 2]), add("two", [3, -3]), add("three", [0, 0])]).collect();
    assert!(join_all(pending).await.iter().all(Result::is_ok));
    add("two", [0, 3]).await.unwrap();
    let tallies = "SELECT id || ' ' || CAST(seen AS TEXT) || ' ' || CAST(heard AS TEXT) FROM tallies ORDER BY id";
    assert_eq!(fresh.texts(tallies).await, ["one 100 200", "two 300 -297"]);
}

async fn a_row_owed_once_is_made_once_and_silently(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let once = |label: &str| {
        let row: Vec<Cell> = vec!["a".into(), 1_u32.into(), None::<String>.into(), label.into()];
        let change = things::change(&store, Write::InsertOnce(&THINGS, row), label);
        store.journal.submit(change).unwrap()
    };
    let (first, second) = tokio::join!(once("甲"), once("乙"));
    let third = once("丙").await;
    assert_eq!([first, second, third].map(|done| done.unwrap().seq), [1, 2, 3]);
    assert_eq!(things::rows(fresh).await, ["a=1:甲"]);
}

async fn deleting_a_missing_row_is_fine(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let delete = || Write::Delete(&THINGS, "a".to_owned());
    store.journal.commit(things::change(&store, delete(), "a")).await.unwrap();
    let mut change = things::change(&store, things::insert("a", "甲"), "a");
    change.write(delete());
    change.write(things::insert("a", "乙"));
    store.journal.commit(change).await.unwrap();
    assert_eq!(things::rows(fresh).await, ["a=1:乙"]);
}

async fn put_makes_or_replaces(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let put = |label: &str| {
        let row: Vec<Cell> = vec!["a".into(), 1_u32.into(), None::<String>.into(), label.into()];
        store.journal.submit(things::change(&store, Write::Put(&THINGS, row), label)).unwrap()
    };
    let (first, second) = tokio::join!(put("甲"), put("乙"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(things::rows(fresh).await, ["a=1:乙"]);
}

async fn raise_makes_or_replaces_unless_what_is_there_is_greater(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let raise = |key: &str, seen: u32, heard: u32| {
        let mut change = store.change();
        change.write(Write::Raise(&TALLIES, vec![key.into(), seen.into(), heard.into()]));
        store.journal.submit(change).unwrap()
    };
    let pending = [raise("one", 5, 1), raise("one", 7, 2), raise("one", 6, 3), raise("two", 1, 4), raise("two", 1, 5)];
    assert!(join_all(pending).await.iter().all(Result::is_ok));
    raise("one", 4, 6).await.unwrap();
    raise("two", 2, 7).await.unwrap();
    let tallies = "SELECT id || ' ' || CAST(seen AS TEXT) || ' ' || CAST(heard AS TEXT) FROM tallies ORDER BY id";
    assert_eq!(fresh.texts(tallies).await, ["one 7 2", "two 2 7"]);
}

async fn a_full_queue_answers_at_once(fresh: &Fresh) {
    let store = things::open(fresh).await;
    // Nothing is awaited in between, so the journal's task has not begun to take.
    let mut pending = Vec::new();
    let refused = loop {
        match store.journal.submit(store.change()) {
            Ok(answer) => pending.push(answer),
            Err(refused) => break refused,
        }
        assert!(pending.len() <= 100_000, "the queue has no end");
    };
    assert_eq!(refused, CommitError::Unavailable);
    assert!(join_all(pending).await.iter().all(Result::is_ok));
    store.journal.commit(store.change()).await.unwrap();
}

async fn a_change_without_events_is_acknowledged_with_the_head(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let silent = |id: &str| {
        let mut change = store.change();
        change.write(things::insert(id, "静"));
        change
    };
    let first = store.journal.submit(silent("a")).unwrap();
    let second = store.journal.submit(things::change(&store, things::insert("b", "响"), "b")).unwrap();
    let third = store.journal.submit(silent("c")).unwrap();
    let (first, second, third) = tokio::join!(first, second, third);
    let seqs = [first, second, third].map(|committed| committed.unwrap().seq);
    assert_eq!(seqs, [0, 1, 1]);
    assert_eq!(store.journal.commit(silent("d")).await.unwrap().seq, 1);
}

async fn what_was_queued_is_written_when_all_entrances_close(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let (journal, task) =
        lianxin_storage::journal::Journal::start(store.database.clone(), store.log.clone(), store.ids.clone())
            .await
            .unwrap();
    // Whoever asked is gone before the answer.
    drop(journal.submit(things::change(&store, things::insert("a", "甲"), "a")).unwrap());
    drop(journal);
    task.await.unwrap();
    assert_eq!(things::rows(fresh).await, ["a=1:甲"]);
    assert_eq!(store.log.head(), 1);
}

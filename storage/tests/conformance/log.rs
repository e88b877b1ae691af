//! The log from memory and from the database.

use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::{AccountId, RequestId};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use serde_json::json;
use std::sync::Arc;

use crate::support::{Fresh, NOON, Store};

on_both!(
    memory_and_database_tell_the_same,
    every_part_of_an_event_comes_back,
    the_epoch_is_given_once,
    a_foreign_commit_is_found_in_the_database,
    a_foreign_commit_between_two_own_ones_leaves_no_hole,
    the_head_never_goes_back,
    events_are_read_backwards_by_subject_and_from_the_oldest,
);

async fn commit(store: &Store, names: &[&str]) {
    for name in names {
        let mut change = store.change();
        change.event("note.made", Subject::new("note", name), json!({ "name": name }));
        store.journal.commit(change).await.unwrap();
    }
}

fn names(events: &[Arc<Event>]) -> Vec<&str> {
    events.iter().map(|event| event.subject.id.as_str()).collect()
}

async fn memory_and_database_tell_the_same(fresh: &Fresh) {
    let store = fresh.open().await;
    commit(&store, &["a", "b", "c", "d", "e"]).await;
    let other = fresh.open().await;
    for after in 0..7 {
        for limit in [0, 1, 2, 100] {
            let memory = store.log.after(after, limit).await.unwrap();
            let database = other.log.after(after, limit).await.unwrap();
            assert_eq!(memory, database, "after {after}, limit {limit}");
        }
    }
    assert_eq!((store.log.head(), other.log.head()), (5, 5));
}

async fn every_part_of_an_event_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let (by, told): (AccountId, AccountId) = (store.id(), store.id());
    let request: RequestId = store.id();
    let mut change = Change::new(NOON, Some(by), Some(request));
    let event = change.event("note.made", Subject::new("note", "é“𠮷”"), json!({ "a": [1, null, "\u{1F600}\n"] }));
    event.grid_path = Some(TreePath::root(3).child(35));
    event.audience = vec![told, by];
    let expected = event.clone().numbered(1);
    let committed = store.journal.commit(change).await.unwrap();
    assert_eq!(*committed.events[0], expected);
    assert_eq!(*fresh.open().await.log.after(0, 9).await.unwrap()[0], expected);
    assert_eq!((expected.by, expected.request_id), (Some(by), Some(request)));
}

async fn the_epoch_is_given_once(fresh: &Fresh) {
    let store = fresh.open().await;
    let again = lianxin_storage::log::EventLog::open(store.database.clone(), "second".to_owned()).await.unwrap();
    assert_eq!((store.log.epoch(), again.epoch()), ("first", "first"));
}

async fn a_foreign_commit_is_found_in_the_database(fresh: &Fresh) {
    let (own, foreign) = (fresh.open().await, fresh.open().await);
    commit(&own, &["a", "b"]).await;
    commit(&foreign, &["c", "d"]).await;
    let mut heads = own.log.watch();
    assert_eq!(own.log.refresh_head().await.unwrap(), 4);
    assert!(heads.has_changed().unwrap());
    assert_eq!(*heads.borrow_and_update(), 4);
    // Memory holds a and b only; where it ends the database goes on.
    let mut seen = Vec::new();
    let mut position = 0;
    while position < own.log.head() {
        let events = own.log.after(position, 100).await.unwrap();
        assert!(!events.is_empty(), "nothing after {position}");
        position = events.last().unwrap().seq;
        seen.extend(events);
    }
    assert_eq!(names(&seen), ["a", "b", "c", "d"]);
    own.log.refresh_head().await.unwrap();
    assert!(!heads.has_changed().unwrap(), "nothing new wakes nobody");
}

async fn a_foreign_commit_between_two_own_ones_leaves_no_hole(fresh: &Fresh) {
    let (own, foreign) = (fresh.open().await, fresh.open().await);
    commit(&own, &["a", "b"]).await;
    commit(&foreign, &["c"]).await;
    commit(&own, &["d", "e"]).await;
    let all = own.log.after(0, 100).await.unwrap();
    assert_eq!(names(&all), ["a", "b", "c", "d", "e"]);
    assert!(all.iter().zip(1..).all(|(event, number)| event.seq == number));
    assert_eq!(names(&own.log.after(2, 2).await.unwrap()), ["c", "d"]);
    assert_eq!(names(&own.log.after(3, 9).await.unwrap()), ["d", "e"]);
}

async fn the_head_never_goes_back(fresh: &Fresh) {
    let (own, foreign) = (fresh.open().await, fresh.open().await);
    commit(&own, &["a"]).await;
    let mut change = own.change();
    change.event("note.made", Subject::new("note", "b"), json!({}));
    let mut heads = own.log.watch();
    heads.mark_unchanged();
    // Own commit, foreign commit and the look into the database run into each other in any order.
    let (committed, ..) = tokio::join!(own.journal.commit(change), commit(&foreign, &["c"]), async {
        let mut last = 0;
        while last < 3 {
            own.log.refresh_head().await.unwrap();
            let head = own.log.head();
            assert!(head >= last, "from {last} back to {head}");
            last = head;
        }
    });
    committed.unwrap();
    assert_eq!(own.log.head(), 3);
}

async fn events_are_read_backwards_by_subject_and_from_the_oldest(fresh: &Fresh) {
    let store = fresh.open().await;
    assert_eq!(store.log.oldest().await.unwrap(), 1);
    commit(&store, &["a", "b", "a"]).await;
    let mut change = store.change();
    change.event("grid.made", Subject::new("grid", "a"), json!({}));
    store.journal.commit(change).await.unwrap();
    let before: Vec<u64> = store.log.before(4, 2).await.unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(before, [3, 2]);
    let timeline = store.log.of_subject(&Subject::new("note", "a")).await.unwrap();
    assert_eq!(timeline.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 3]);
    fresh.execute("DELETE FROM events WHERE seq < 3").await;
    assert_eq!(store.log.oldest().await.unwrap(), 3);
}

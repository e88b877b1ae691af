//! Running limits are read in the order in which they end, page by page.

use lianxin_domain::clock::Timestamp;
use lianxin_storage::deadlines::{Deadline, Deadlines};

use crate::support::{Fresh, NOON, Store};

on_both!(
    pages_follow_each_other_through_equal_times,
    a_limit_that_is_moved_is_there_once,
    what_ends_now_is_due_and_the_next_is_what_ends_later,
);

fn deadline(id: &str, due_at: Timestamp) -> Deadline {
    Deadline { id: id.to_owned(), kind: "meeting.start".to_owned(), subject_id: format!("of {id}"), due_at }
}

async fn put(store: &Store, deadlines: &[Deadline]) {
    store.write(deadlines.iter().map(Deadlines::put).collect()).await.unwrap();
}

async fn pages_follow_each_other_through_equal_times(fresh: &Fresh) {
    let store = fresh.open().await;
    let at = |seconds: i64| NOON.plus_millis(seconds * 1_000);
    // Ids whose order depends on who sorts: letters of both cases, digits, signs.
    let ids = ["B", "a", "A:1", "A-1", "b", "_", "É", "é", "路", "10", "9", "a b", "ab"];
    let mut all: Vec<Deadline> = ids.iter().map(|id| deadline(id, at(5))).collect();
    all.extend([
        deadline("x", at(4)),
        deadline("c", at(6)),
        deadline("d", at(6)),
        deadline("ancient", Timestamp::from_millis(-5)),
    ]);
    put(&store, &all).await;
    put(&store, &[deadline("later", at(7)), deadline("much later", at(9_999))]).await;
    all.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));

    assert_eq!(store.deadlines.before(at(7), None, 100).await.unwrap(), all);
    for size in [1, 2, 5, 16, 17, 18] {
        let mut pages: Vec<Deadline> = Vec::new();
        loop {
            let page = store.deadlines.before(at(7), pages.last(), size).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() as i64 <= size);
            pages.extend(page);
        }
        assert_eq!(pages, all, "pages of {size}");
    }
    // The page goes on behind a row that is gone meanwhile.
    let gone = all.remove(3);
    store.write(vec![Deadlines::delete(gone.id.clone())]).await.unwrap();
    assert_eq!(store.deadlines.before(at(7), Some(&gone), 100).await.unwrap(), all[3..]);
    assert_eq!(store.deadlines.before(at(5), None, 100).await.unwrap(), all[..2]);
}

async fn a_limit_that_is_moved_is_there_once(fresh: &Fresh) {
    let store = fresh.open().await;
    put(&store, &[deadline("a", NOON)]).await;
    let moved = Deadline { kind: "meeting.end".to_owned(), ..deadline("a", NOON.plus_millis(1)) };
    put(&store, std::slice::from_ref(&moved)).await;
    assert_eq!(store.deadlines.before(NOON.plus_millis(9), None, 10).await.unwrap(), [moved]);
    store.write(vec![Deadlines::delete("a".to_owned()), Deadlines::delete("b".to_owned())]).await.unwrap();
    assert_eq!(store.deadlines.before(NOON.plus_millis(9), None, 10).await.unwrap(), []);
}

async fn what_ends_now_is_due_and_the_next_is_what_ends_later(fresh: &Fresh) {
    let store = fresh.open().await;
    assert_eq!(store.deadlines.next(NOON).await.unwrap(), None);
    let at = |millis: i64| NOON.plus_millis(millis);
    let all = [deadline("a", at(-1)), deadline("b", at(0)), deadline("c", at(1))];
    put(&store, &all).await;
    assert_eq!(store.deadlines.due(NOON, 10).await.unwrap(), all[..2]);
    assert_eq!(store.deadlines.due(NOON, 1).await.unwrap(), all[..1]);
    assert_eq!(store.deadlines.next(NOON).await.unwrap(), Some(at(1)));
    assert_eq!(store.deadlines.next(at(1)).await.unwrap(), None);
}

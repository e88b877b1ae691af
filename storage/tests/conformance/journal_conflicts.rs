//! Who is refused, and that nobody else is.

use futures_util::future::join_all;
use lianxin_storage::change::{Change, IdempotencyClaim, IdempotencyKey, Write};
use lianxin_storage::idempotency::Answers;
use lianxin_storage::journal::CommitError;
use lianxin_storage::table::Cell;

use crate::support::{Fresh, Store};
use crate::things::{self, THINGS};

on_both!(
    an_old_version_fails_alone,
    changes_of_one_row_follow_each_other_in_a_batch,
    two_decisions_on_one_version_have_one_winner,
    an_existing_key_is_told,
    an_existing_unique_value_is_told,
    one_of_two_equal_keys_in_a_batch_wins,
    a_used_idempotency_key_is_repeated_and_the_first_answer_stays,
    two_requests_with_one_idempotency_key_in_a_batch_are_done_once,
    a_refused_request_leaves_its_idempotency_key_to_the_next,
    a_failing_statement_fails_its_change_only,
    a_refusal_beside_a_chain_of_changes_hurts_nobody,
);

fn stale(key: &str) -> CommitError {
    let (table, key) = ("things", key.to_owned());
    CommitError::Stale { table, key }
}

fn exists(key: &str) -> CommitError {
    let (table, key) = ("things", key.to_owned());
    CommitError::Exists { table, key }
}

/// Submits all before any of them can be taken, so that they are one batch; answers their results as event numbers.
async fn batch(store: &Store, changes: Vec<Change>) -> Vec<Result<u64, CommitError>> {
    let pending: Vec<_> = changes.into_iter().map(|change| store.journal.submit(change).unwrap()).collect();
    let results = join_all(pending).await;
    results.into_iter().map(|done| done.map(|done| done.seq)).collect()
}

async fn an_old_version_fails_alone(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |id: &str| things::change(&store, things::insert(id, "新"), id);
    batch(&store, vec![make("a"), make("b"), make("c")]).await;
    let set = |id: &str, version| things::change(&store, things::update(id, version, "改"), id);
    let results = batch(&store, vec![set("a", 1), set("b", 7), set("c", 1), make("d")]).await;
    assert_eq!(results, [Ok(4), Err(stale("b")), Ok(5), Ok(6)]);
    assert_eq!(things::rows(fresh).await, ["a=2:改", "b=1:新", "c=2:改", "d=1:新"]);
}

async fn changes_of_one_row_follow_each_other_in_a_batch(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let set = |version, label: &str| things::change(&store, things::update("a", version, label), label);
    let make = things::change(&store, things::insert("a", "新"), "a");
    let results = batch(&store, vec![make, set(1, "二"), set(2, "三"), set(3, "四")]).await;
    assert_eq!(results, [Ok(1), Ok(2), Ok(3), Ok(4)]);
    assert_eq!(things::rows(fresh).await, ["a=4:四"]);
}

async fn two_decisions_on_one_version_have_one_winner(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = things::change(&store, things::insert("a", "新"), "a");
    store.journal.commit(make).await.unwrap();
    let set = |label: &str| things::change(&store, things::update("a", 1, label), label);
    let results = batch(&store, vec![set("先"), set("后"), set("晚")]).await;
    assert_eq!(results, [Ok(2), Err(stale("a")), Err(stale("a"))]);
    assert_eq!(things::rows(fresh).await, ["a=2:先"]);
}

async fn an_existing_key_is_told(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |label: &str| things::change(&store, things::insert("a", label), label);
    store.journal.commit(make("先")).await.unwrap();
    assert_eq!(store.journal.commit(make("后")).await.unwrap_err(), exists("a"));
    assert_eq!(things::rows(fresh).await, ["a=1:先"]);
}

async fn an_existing_unique_value_is_told(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |id: &str, code| things::change(&store, things::insert_with_code(id, code), id);
    let results = batch(&store, vec![make("a", "x"), make("b", "x"), make("c", "y")]).await;
    assert_eq!(results, [Ok(1), Err(exists("b")), Ok(2)]);
    assert_eq!(things::rows(fresh).await, ["a=1:新", "c=1:新"]);
}

async fn one_of_two_equal_keys_in_a_batch_wins(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |label: &str| things::change(&store, things::insert("a", label), label);
    let results = batch(&store, vec![make("先"), make("后")]).await;
    assert_eq!(results, [Ok(1), Err(exists("a"))]);
    assert_eq!(things::rows(fresh).await, ["a=1:先"]);
}

fn claiming(store: &Store, write: Write, body: &str) -> Change {
    let mut change = things::change(store, write, body);
    change.idempotency = Some(IdempotencyClaim {
        key: IdempotencyKey::new("device", "k"),
        request_hash: format!("hash of {body}"),
        status: 200,
        body: body.to_owned(),
    });
    change
}

async fn stored_body(store: &Store) -> Option<String> {
    let key = IdempotencyKey::new("device", "k");
    let answer = Answers::new(store.database.clone()).find(&key).await.unwrap();
    answer.map(|answer| answer.body)
}

async fn a_used_idempotency_key_is_repeated_and_the_first_answer_stays(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let first = claiming(&store, things::insert("a", "甲"), "first");
    store.journal.commit(first).await.unwrap();
    let second = claiming(&store, things::insert("b", "乙"), "second");
    assert_eq!(store.journal.commit(second).await.unwrap_err(), CommitError::Repeated);
    assert_eq!(stored_body(&store).await.as_deref(), Some("first"));
    assert_eq!(things::rows(fresh).await, ["a=1:甲"]);
}

async fn two_requests_with_one_idempotency_key_in_a_batch_are_done_once(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let tap = |id: &str| claiming(&store, things::insert(id, "点"), id);
    let other = things::change(&store, things::insert("z", "旁"), "z");
    let results = batch(&store, vec![tap("a"), other, tap("b"), tap("c")]).await;
    assert_eq!(results, [Ok(1), Ok(2), Err(CommitError::Repeated), Err(CommitError::Repeated)]);
    assert_eq!(stored_body(&store).await.as_deref(), Some("a"));
    assert_eq!(things::rows(fresh).await, ["a=1:点", "z=1:旁"]);
}

async fn a_refused_request_leaves_its_idempotency_key_to_the_next(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let refused = claiming(&store, things::update("missing", 1, "改"), "refused");
    let next = claiming(&store, things::insert("a", "甲"), "next");
    let results = batch(&store, vec![refused, next]).await;
    assert_eq!(results, [Err(stale("missing")), Ok(1)]);
    assert_eq!(stored_body(&store).await.as_deref(), Some("next"));
}

async fn a_failing_statement_fails_its_change_only(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |id: &str| things::change(&store, things::insert(id, "新"), id);
    // The column may not be NULL.
    let row: Vec<Cell> = vec!["b".into(), 1_u32.into(), None::<String>.into(), None::<String>.into()];
    let broken = things::change(&store, Write::Insert(&THINGS, row), "b");
    let results = batch(&store, vec![make("a"), broken.clone(), make("c")]).await;
    assert_eq!(results, [Ok(1), Err(CommitError::Failed), Ok(2)]);
    assert_eq!(store.journal.commit(broken).await.unwrap_err(), CommitError::Failed);
    // The connection is as good as before.
    store.journal.commit(make("d")).await.unwrap();
    assert_eq!(things::rows(fresh).await, ["a=1:新", "c=1:新", "d=1:新"]);
    assert_eq!(fresh.number("SELECT seq FROM log_head").await, 3);
}

async fn a_refusal_beside_a_chain_of_changes_hurts_nobody(fresh: &Fresh) {
    let store = things::open(fresh).await;
    let make = |id: &str| things::change(&store, things::insert(id, "新"), id);
    batch(&store, vec![make("a"), make("b")]).await;
    // The second change is refused for `b`; the third was decided on what `a` is without it.
    let first = things::change(&store, things::update("b", 1, "一"), "b");
    let mut second = things::change(&store, things::update("a", 1, "二"), "a");
    second.write(things::update("b", 1, "二"));
    let third = things::change(&store, things::update("a", 1, "三"), "a");
    let results = batch(&store, vec![first, second, third]).await;
    assert_eq!(results, [Ok(3), Err(stale("b")), Ok(4)]);
    assert_eq!(things::rows(fresh).await, ["a=2:三", "b=2:一"]);
}

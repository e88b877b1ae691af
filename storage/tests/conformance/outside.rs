//! Files that records own, and messages owed to the outside.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AttachmentId;
use lianxin_domain::ticket::AttachmentKind;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::change::Write;
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use lianxin_storage::journal::CommitError;

use crate::support::{Fresh, NOON, Store};
use crate::village::raw;

on_both!(
    attachments_come_back,
    an_attachment_is_given_once,
    a_delivery_is_owed_once_per_key,
    deliveries_are_due_in_order_until_they_are_done,
    the_payload_of_a_delivery_is_not_readable_in_the_row,
);

async fn write(store: &Store, writes: Vec<Write>) -> Result<(), CommitError> {
    let mut change = store.change();
    change.writes = writes;
    store.journal.commit(change).await.map(drop)
}

fn upload(store: &Store, kind: AttachmentKind) -> Attachment {
    let id: AttachmentId = store.id();
    Attachment {
        id,
        version: 1,
        uploader_id: store.id(),
        owner: None,
        kind,
        media_type: "image/jpeg".to_owned(),
        size: 5_000_000_000,
        name: Some("路灯.jpg".to_owned()),
        width: Some(640),
        height: Some(480),
        duration_ms: None,
        sha256: "ab".repeat(32),
        object_key: format!("aa/bb/{id}"),
        created_at: NOON,
    }
}

async fn attachments_come_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let attachments = Attachments::new(store.database.clone());
    let mut files: Vec<Attachment> = AttachmentKind::ALL.iter().map(|kind| upload(&store, *kind)).collect();
    files[1].duration_ms = Some(59_999);
    (files[1].width, files[1].height, files[1].name) = (None, None, None);
    write(&store, files.iter().map(Attachments::insert).collect()).await.unwrap();
    let mut ids: Vec<AttachmentId> = files.iter().map(|file| file.id).collect();
    ids.push(store.id());
    let mut found = attachments.get(&ids).await.unwrap();
    found.sort_by_key(|file| file.id);
    files.sort_by_key(|file| file.id);
    assert_eq!(found, files);
    assert_eq!(attachments.get(&[]).await.unwrap(), []);
}

async fn an_attachment_is_given_once(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut file = upload(&store, AttachmentKind::Image);
    write(&store, vec![Attachments::insert(&file)]).await.unwrap();
    let (first, second) = (Subject::new("ticket", "1"), Subject::new("ticket", "2"));
    write(&store, vec![Attachments::give(file.id, &first)]).await.unwrap();
    let refused = write(&store, vec![Attachments::give(file.id, &second)]).await;
    assert!(matches!(refused, Err(CommitError::Stale { table: "attachments", .. })), "{refused:?}");
    let missing = write(&store, vec![Attachments::give(store.id(), &second)]).await;
    assert!(matches!(missing, Err(CommitError::Stale { .. })), "{missing:?}");
    (file.version, file.owner) = (2, Some(first));
    let attachments = Attachments::new(store.database.clone());
    assert_eq!(attachments.get(&[file.id]).await.unwrap(), [file]);
}

fn owed(key: &str, at: Timestamp) -> Delivery {
    Delivery {
        key: key.to_owned(),
        channel: "sms".to_owned(),
        payload: format!("{{\"to\":\"13800001234\",\"text\":\"{key}\"}}"),
        state: DeliveryState::Owed,
        attempts: 0,
        next_at: at,
        last_error: None,
        created_at: at,
        done_at: None,
    }
}

fn owe(store: &Store, delivery: &Delivery) -> Write {
    store.deliveries.owe(&delivery.key, &delivery.channel, &delivery.payload, delivery.created_at)
}

async fn a_delivery_is_owed_once_per_key(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let (first, second) = (owed("ticket:1", NOON), owed("ticket:2", NOON));
    write(&one, vec![owe(&one, &first)]).await.unwrap();
    // Each node that sees the reason owes it.
    let again = vec![owe(&two, &first), owe(&two, &second)];
    let (by_one, by_two) = tokio::join!(write(&one, vec![owe(&one, &second)]), write(&two, again));
    by_one.unwrap();
    by_two.unwrap();
    let mut due = one.deliveries.due(NOON, 10).await.unwrap();
    due.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(due, [first, second]);
}

async fn deliveries_are_due_in_order_until_they_are_done(fresh: &Fresh) {
    let store = fresh.open().await;
    let at = |seconds: i64| NOON.plus_millis(seconds * 1_000);
    let mut all = [owed("c", at(3)), owed("a", at(1)), owed("b", at(2))];
    write(&store, all.iter().map(|delivery| owe(&store, delivery)).collect()).await.unwrap();
    let keys = async |now, limit| -> Vec<String> {
        let due = store.deliveries.due(now, limit).await.unwrap();
        due.into_iter().map(|delivery| delivery.key).collect()
    };
    assert_eq!(keys(at(0), 10).await, [""; 0]);
    assert_eq!(keys(at(2), 10).await, ["a", "b"]);
    assert_eq!(keys(at(9), 2).await, ["a", "b"]);
    let [c, a, b] = &mut all;
    (a.state, a.attempts, a.done_at) = (DeliveryState::Sent, 1, Some(at(4)));
    (b.attempts, b.next_at, b.last_error) = (1, at(60), Some("timeout".to_owned()));
    (c.state, c.attempts) = (DeliveryState::GivenUp, 9);
    write(&store, all.iter().map(|delivery| store.deliveries.put(delivery)).collect()).await.unwrap();
    assert_eq!(store.deliveries.due(at(59), 10).await.unwrap(), []);
    assert_eq!(store.deliveries.due(at(60), 10).await.unwrap(), [all[2].clone()]);
    // What was sent is not owed again.
    write(&store, vec![owe(&store, &owed("a", at(9)))]).await.unwrap();
    assert_eq!(keys(at(99), 10).await, ["b"]);
}

async fn the_payload_of_a_delivery_is_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    write(&store, vec![owe(&store, &owed("k", NOON))]).await.unwrap();
    let row = raw(fresh, "deliveries", &["channel", "payload"]).await;
    assert!(row.starts_with("sms v1:1:") && !row.contains("13800001234"), "{row}");
}

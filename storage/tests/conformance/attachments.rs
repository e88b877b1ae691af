//! Files that records own.

use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AttachmentId;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::journal::CommitError;

use crate::support::{Fresh, NOON, Store};

on_both!(
    attachments_come_back,
    an_attachment_is_given_once,
    an_attachment_that_was_taken_from_its_record_may_be_given_again,
);

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
    store.write(files.iter().map(Attachments::insert).collect()).await.unwrap();
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
    store.write(vec![Attachments::insert(&file)]).await.unwrap();
    let (first, second) = (Subject::new("ticket", "1"), Subject::new("ticket", "2"));
    store.write(vec![Attachments::give(file.id, &first)]).await.unwrap();
    let refused = store.write(vec![Attachments::give(file.id, &second)]).await;
    assert!(matches!(refused, Err(CommitError::Stale { table: "attachments", .. })), "{refused:?}");
    let missing = store.write(vec![Attachments::give(store.id(), &second)]).await;
    assert!(matches!(missing, Err(CommitError::Stale { .. })), "{missing:?}");
    (file.version, file.owner) = (2, Some(first));
    let attachments = Attachments::new(store.database.clone());
    assert_eq!(attachments.get(&[file.id]).await.unwrap(), [file]);
}

async fn an_attachment_that_was_taken_from_its_record_may_be_given_again(fresh: &Fresh) {
    let store = fresh.open().await;
    let attachments = Attachments::new(store.database.clone());
    let file = upload(&store, AttachmentKind::Document);
    store.write(vec![Attachments::insert(&file)]).await.unwrap();
    let early = store.write(vec![Attachments::release(file.id)]).await;
    assert!(matches!(early, Err(CommitError::Stale { table: "attachments", .. })), "{early:?}");
    for number in ["1", "2"] {
        let owner = Subject::new("meeting", number);
        store.write(vec![Attachments::give(file.id, &owner)]).await.unwrap();
        assert_eq!(attachments.get(&[file.id]).await.unwrap()[0].owner, Some(owner));
        store.write(vec![Attachments::release(file.id)]).await.unwrap();
        assert_eq!(attachments.get(&[file.id]).await.unwrap(), std::slice::from_ref(&file));
    }
}

//! People's own notes of meetings.

use lianxin_domain::ids::{AccountId, EntityId, MeetingId};
use lianxin_storage::journal::CommitError;
use lianxin_storage::meeting_notes::{MeetingNote, MeetingNotes};

use crate::support::{Fresh, NOON, cipher};

on_both!(notes_are_their_writers_own_and_never_written_over,);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

/// Somebody's first note of a meeting.
pub fn note(meeting_id: MeetingId, account_id: AccountId) -> MeetingNote {
    MeetingNote { meeting_id, account_id, version: 1, text: "要点：修渠".to_owned(), updated_at: NOON }
}

async fn notes_are_their_writers_own_and_never_written_over(fresh: &Fresh) {
    let store = fresh.open().await;
    let notes = MeetingNotes::new(store.database.clone(), cipher());
    let (meeting_id, account_id) = (id(1), id(2));
    let first = note(meeting_id, account_id);
    let second = MeetingNote { version: 2, text: "要点：修渠、修路".to_owned(), ..first.clone() };
    assert_eq!(notes.get(meeting_id, account_id).await.unwrap(), None);
    store.write(vec![notes.write(&first)]).await.unwrap();
    assert_eq!(notes.get(meeting_id, account_id).await.unwrap(), Some(first.clone()));
    let again = store.write(vec![notes.write(&first)]).await;
    assert!(matches!(again, Err(CommitError::Exists { table: "meeting_notes", .. })), "{again:?}");
    store.write(vec![notes.write(&second)]).await.unwrap();
    let late = store.write(vec![notes.write(&second)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "meeting_notes", .. })), "{late:?}");
    assert_eq!(notes.get(meeting_id, account_id).await.unwrap(), Some(second));
    for (meeting, account) in [(id(1), id(3)), (id(4), id(2))] {
        assert_eq!(notes.get(meeting, account).await.unwrap(), None);
    }
    let stored = fresh.texts("SELECT body_sealed FROM meeting_notes").await;
    assert!(stored.len() == 1 && !stored[0].contains("修渠"), "{stored:?}");
}

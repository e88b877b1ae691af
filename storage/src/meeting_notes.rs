//! What people write down for themselves at a meeting (笔记): a text for each person and meeting, which nobody else reads. Sealed, as a diary would be.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, MeetingId};
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Table, int, text};

static NOTES: Table = Table {
    name: "meeting_notes",
    key: ID,
    versioned: true,
    fixed: &[text("meeting_id"), text("account_id")],
    mutable: &[text("body_sealed"), int("updated_at")],
};

const BODY: &str = "meeting_notes.body_sealed";

/// Somebody's notes of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingNote {
    /// Of which meeting.
    pub meeting_id: MeetingId,
    /// Whose.
    pub account_id: AccountId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// What was written.
    pub text: String,
    /// When.
    pub updated_at: Timestamp,
}

/// People's notes.
#[derive(Clone)]
pub struct MeetingNotes {
    database: Database,
    cipher: ColumnCipher,
}

impl MeetingNotes {
    /// Over `database`, sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The notes of `account_id`, if there are any.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn get(&self, meeting_id: MeetingId, account_id: AccountId) -> Result<Option<MeetingNote>, StorageError> {
        let key = key_of(meeting_id, account_id);
        let sql = format!("SELECT {} FROM meeting_notes WHERE id = $1", NOTES.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&key).fetch_optional(self.database.readers()).await?;
        row.map(|row| {
            let sealed: String = row.try_get("body_sealed")?;
            let unreadable = |source| StorageError::Sealed { table: "meeting_notes", row: key.clone(), source };
            Ok(MeetingNote {
                meeting_id,
                account_id,
                version: u32::try_from(row.try_get::<i64, _>("version")?)
                    .map_err(|_| StorageError::corrupt("meeting_notes", "version", &key))?,
                text: self.cipher.open(BODY, &sealed).map_err(unreadable)?,
                updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
            })
        })
        .transpose()
    }

    /// The write of notes that were at the version before, or were none; refused when somebody else was faster.
    pub fn write(&self, note: &MeetingNote) -> Write {
        let key = key_of(note.meeting_id, note.account_id);
        let values = vec![self.cipher.seal(BODY, &note.text).into(), note.updated_at.into()];
        if note.version > 1 {
            return Write::Update { table: &NOTES, key, expected: note.version - 1, next: note.version, values };
        }
        let head =
            [key.into(), note.version.into(), note.meeting_id.to_string().into(), note.account_id.to_string().into()];
        Write::Insert(&NOTES, head.into_iter().chain(values).collect())
    }
}

fn key_of(meeting_id: MeetingId, account_id: AccountId) -> String {
    format!("{meeting_id}:{account_id}")
}

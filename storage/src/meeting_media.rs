//! Pictures and videos of meetings (会议影像). Whoever asks must have the right to the meeting.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AttachmentId, MeetingId};
use lianxin_domain::minutes::Picture;
use lianxin_domain::person::PersonRef;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Table, int, text};

static MEDIA: Table = Table {
    name: "meeting_media",
    key: ID,
    versioned: false,
    fixed: &[],
    mutable: &[
        text("meeting_id"),
        text("file"),
        text("caption"),
        int("added_at"),
        text("added_by_id"),
        text("added_by_name"),
    ],
};

/// The pictures and videos of all meetings; each file belongs to one.
#[derive(Clone)]
pub struct MeetingMedia {
    database: Database,
}

impl MeetingMedia {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Those of a meeting, in the order in which they came.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of(&self, meeting_id: MeetingId) -> Result<Vec<Picture>, StorageError> {
        let columns = MEDIA.select_list();
        let sql = format!("SELECT {columns} FROM meeting_media WHERE meeting_id = $1 ORDER BY added_at, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(meeting_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read).collect()
    }

    /// The write of a new one.
    pub fn insert(meeting_id: MeetingId, picture: &Picture) -> Write {
        let row = vec![
            picture.file.id.to_string().into(),
            meeting_id.to_string().into(),
            serde_json::to_string(&picture.file).unwrap_or_default().into(),
            picture.caption.clone().into(),
            picture.at.into(),
            picture.by.id.to_string().into(),
            picture.by.name.as_str().into(),
        ];
        Write::Insert(&MEDIA, row)
    }

    /// The write that takes one away.
    pub fn remove(id: AttachmentId) -> Write {
        Write::Delete(&MEDIA, id.to_string())
    }
}

fn read(row: &AnyRow) -> Result<Picture, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("meeting_media", column, &id);
    Ok(Picture {
        file: serde_json::from_str(&row.try_get::<String, _>("file")?).map_err(|_| corrupt("file"))?,
        caption: row.try_get("caption")?,
        at: Timestamp::from_millis(row.try_get("added_at")?),
        by: PersonRef {
            id: row.try_get::<String, _>("added_by_id")?.parse().map_err(|_| corrupt("added_by_id"))?,
            name: row.try_get("added_by_name")?,
        },
    })
}

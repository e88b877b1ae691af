//! Attachments in the database: what a file is and which record owns it. The bytes lie in the file store.

use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, AttachmentId};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{Cell, ID, Table, int, text};

pub(crate) static ATTACHMENTS: Table = Table {
    name: "attachments",
    key: ID,
    versioned: true,
    fixed: &[
        text("uploader_id"),
        text("kind"),
        text("media_type"),
        int("size"),
        text("name"),
        int("width"),
        int("height"),
        int("duration_ms"),
        text("sha256"),
        text("object_key"),
        int("created_at"),
    ],
    mutable: &[text("owner_kind"), text("owner_id")],
};

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// 1 while no record owns it, 2 while one does.
    pub version: u32,
    /// Who uploaded it.
    pub uploader_id: AccountId,
    /// The record whose rights are its rights; before that only the uploader has any.
    pub owner: Option<Subject>,
    /// What it is.
    pub kind: AttachmentKind,
    /// By its content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// What the uploader called it.
    pub name: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Length of voice and video.
    pub duration_ms: Option<u64>,
    /// Hash of the stored bytes.
    pub sha256: String,
    /// Where the bytes lie.
    pub object_key: String,
    /// When it came.
    pub created_at: Timestamp,
}

/// The attachments. Whoever asks must already have the right to the owning record.
#[derive(Clone)]
pub struct Attachments {
    database: Database,
}

impl Attachments {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Those of `ids` that exist, in no order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn get(&self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut conditions = Conditions::default();
        let marks = vec!["?"; ids.len()].join(", ");
        conditions.and(&format!("id IN ({marks})"), ids.iter().map(|id| id.to_string().into()));
        let sql = format!("SELECT {} FROM attachments{}", ATTACHMENTS.select_list(), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }

    /// The write of a new file that no record owns yet.
    pub fn insert(file: &Attachment) -> Write {
        let number = |value: Option<i64>| value.into();
        let row = vec![
            file.id.to_string().into(),
            file.version.into(),
            file.uploader_id.to_string().into(),
            file.kind.as_str().into(),
            file.media_type.as_str().into(),
            i64::try_from(file.size).unwrap_or(i64::MAX).into(),
            file.name.clone().into(),
            number(file.width.map(i64::from)),
            number(file.height.map(i64::from)),
            number(file.duration_ms.and_then(|ms| i64::try_from(ms).ok())),
            file.sha256.as_str().into(),
            file.object_key.as_str().into(),
            file.created_at.into(),
            file.owner.as_ref().map(|owner| owner.kind.clone()).into(),
            file.owner.as_ref().map(|owner| owner.id.clone()).into(),
        ];
        Write::Insert(&ATTACHMENTS, row)
    }

    /// The write that forgets a file. Its bytes are deleted after the commit.
    pub fn remove(id: AttachmentId) -> Write {
        Write::Delete(&ATTACHMENTS, id.to_string())
    }

    /// The write that gives a fresh file to a record. Refused when another record got it meanwhile.
    pub fn give(id: AttachmentId, owner: &Subject) -> Write {
        let values = vec![owner.kind.as_str().into(), owner.id.as_str().into()];
        Write::Update { table: &ATTACHMENTS, key: id.to_string(), expected: 1, next: 2, values }
    }

    /// The write that takes a file from the record that owns it: it is its uploader's again, who may give it to another.
    /// It belongs into the change that takes the file out of the record, whose version tells that the record owned it.
    pub fn release(id: AttachmentId) -> Write {
        let nobody: [Option<String>; 2] = [None, None];
        let values = nobody.into_iter().map(Cell::from).collect();
        Write::Update { table: &ATTACHMENTS, key: id.to_string(), expected: 2, next: 1, values }
    }
}

fn read(row: &AnyRow) -> Result<Attachment, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("attachments", column, &id);
    let number = |column| -> Result<Option<u32>, StorageError> {
        row.try_get::<Option<i64>, _>(column)?.map(u32::try_from).transpose().map_err(|_| corrupt(column))
    };
    let owner: (Option<String>, Option<String>) = (row.try_get("owner_kind")?, row.try_get("owner_id")?);
    Ok(Attachment {
        version: number("version")?.ok_or_else(|| corrupt("version"))?,
        uploader_id: row.try_get::<String, _>("uploader_id")?.parse().map_err(|_| corrupt("uploader_id"))?,
        owner: match owner {
            (Some(kind), Some(id)) => Some(Subject { kind, id }),
            _ => None,
        },
        kind: AttachmentKind::parse(&row.try_get::<String, _>("kind")?).ok_or_else(|| corrupt("kind"))?,
        media_type: row.try_get("media_type")?,
        size: row.try_get::<i64, _>("size")?.unsigned_abs(),
        name: row.try_get("name")?,
        width: number("width")?,
        height: number("height")?,
        duration_ms: row.try_get::<Option<i64>, _>("duration_ms")?.map(i64::unsigned_abs),
        sha256: row.try_get("sha256")?,
        object_key: row.try_get("object_key")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

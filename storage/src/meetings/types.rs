//! The types of meetings that a site added, or switched off.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::meeting::{Family, MeetingType};
use sqlx::Row as _;

use super::Meetings;
use crate::change::Write;
use crate::error::StorageError;
use crate::table::{ID, Table, int, text};

pub(crate) static TYPES: Table = Table {
    name: "meeting_types",
    key: ID,
    versioned: true,
    fixed: &[int("created_at")],
    mutable: &[text("name"), text("family"), int("enabled")],
};

impl Meetings {
    /// The types that are stored, in the order of their making.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn types(&self) -> Result<Vec<MeetingType>, StorageError> {
        let rows = sqlx::query("SELECT id, version, name, family, enabled FROM meeting_types ORDER BY created_at, id")
            .fetch_all(self.database.readers())
            .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let code: String = row.try_get("id")?;
            let corrupt = |column| StorageError::corrupt("meeting_types", column, &code);
            let family: String = row.try_get("family")?;
            let family = Family::parse(&family).ok_or_else(|| corrupt("family"))?;
            let version: i64 = row.try_get("version")?;
            Ok(MeetingType {
                name: row.try_get("name")?,
                family,
                built_in: false,
                enabled: row.try_get::<i64, _>("enabled")? == 1,
                version: u32::try_from(version).map_err(|_| corrupt("version"))?,
                code,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The write of a type: a new one when `before` is nothing, or the version that it was decided on.
    pub fn put_type(before: Option<u32>, kind: &MeetingType, now: Timestamp) -> Write {
        let mutable = vec![kind.name.as_str().into(), kind.family.as_str().into(), kind.enabled.into()];
        match before {
            None => {
                let head = vec![kind.code.as_str().into(), kind.version.into(), now.into()];
                Write::Insert(&TYPES, head.into_iter().chain(mutable).collect())
            }
            Some(expected) => {
                Write::Update { table: &TYPES, key: kind.code.clone(), expected, next: kind.version, values: mutable }
            }
        }
    }

    /// The write that takes a type away.
    pub fn delete_type(code: &str) -> Write {
        Write::Delete(&TYPES, code.to_owned())
    }

    /// Whether any meeting is of the type.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn type_is_used(&self, code: &str) -> Result<bool, StorageError> {
        let row = sqlx::query("SELECT id FROM meetings WHERE type_code = $1 LIMIT 1")
            .bind(code.to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        Ok(row.is_some())
    }
}

//! Minutes of meetings (会议纪要): what people wrote to them, and who stands by them. Whoever asks must have the right to the
//! meeting.

use std::collections::HashMap;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::Mark;
use lianxin_domain::minutes::{Minutes, MinutesState, Signature};
use lianxin_domain::person::PersonRef;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES};
use crate::table::{ID, Row, Table, int, text};

static MINUTES: Table = Table {
    name: "meeting_minutes",
    key: ID,
    versioned: true,
    fixed: &[],
    mutable: &[
        text("body"),
        int("edited_at"),
        text("edited_by_id"),
        text("edited_by_name"),
        int("signed_at"),
        text("signed_by_id"),
        text("signed_by_name"),
        text("record"),
    ],
};

/// The minutes of all meetings.
#[derive(Clone)]
pub struct MeetingMinutes {
    database: Database,
}

impl MeetingMinutes {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The minutes of a meeting; blank ones when nobody wrote any.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: MeetingId) -> Result<Minutes, StorageError> {
        let sql = format!("SELECT {} FROM meeting_minutes WHERE id = $1", MINUTES.select_list());
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(self.database.readers()).await?;
        row.map_or_else(|| Ok(Minutes::blank(id)), |row| read(&row, id))
    }

    /// Where the minutes of these meetings stand; those that are not there have none.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn states(&self, ids: &[MeetingId]) -> Result<HashMap<MeetingId, MinutesState>, StorageError> {
        let mut states = HashMap::new();
        for some in ids.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("id", some.iter().map(|id| id.to_string().into()));
            let sql = format!("SELECT id, signed_at FROM meeting_minutes{}", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get("id")?;
                let signed: Option<i64> = row.try_get("signed_at")?;
                let state = if signed.is_some() { MinutesState::Signed } else { MinutesState::Draft };
                states.insert(id.parse().map_err(|_| StorageError::corrupt("meeting_minutes", "id", &id))?, state);
            }
        }
        Ok(states)
    }

    /// The write of minutes that were at the version before; refused when somebody else was faster.
    pub fn write(minutes: &Minutes) -> Write {
        let (key, values) = (minutes.meeting_id.to_string(), mutable(minutes));
        if minutes.version > 1 {
            let (expected, next) = (minutes.version - 1, minutes.version);
            return Write::Update { table: &MINUTES, key, expected, next, values };
        }
        Write::Insert(&MINUTES, [key.into(), minutes.version.into()].into_iter().chain(values).collect())
    }
}

fn mutable(minutes: &Minutes) -> Row {
    let json = |value: serde_json::Result<String>| value.unwrap_or_default();
    let signed = minutes.signed.as_ref();
    let mark = |mark: Option<&Mark>| {
        let person = mark.map(|mark| &mark.by);
        [
            mark.map(|mark| mark.at).into(),
            person.map(|person| person.id.to_string()).into(),
            person.map(|person| person.name.clone()).into(),
        ]
    };
    let record = signed.map(|signed| json(serde_json::to_string(&signed.record)));
    [json(serde_json::to_string(&minutes.text)).into()]
        .into_iter()
        .chain(mark(minutes.edited.as_ref()))
        .chain(mark(signed.map(|signed| &signed.mark)))
        .chain([record.into()])
        .collect()
}

fn read(row: &AnyRow, meeting_id: MeetingId) -> Result<Minutes, StorageError> {
    let corrupt = |column| StorageError::corrupt("meeting_minutes", column, meeting_id);
    let mark = |at: &str, id: &'static str, name: &str| -> Result<Option<Mark>, StorageError> {
        let Some(at) = row.try_get::<Option<i64>, _>(at)? else { return Ok(None) };
        let id = row.try_get::<String, _>(id)?.parse().map_err(|_| corrupt(id))?;
        let by = PersonRef { id, name: row.try_get(name)? };
        Ok(Some(Mark { by, at: Timestamp::from_millis(at) }))
    };
    let record = row.try_get::<Option<String>, _>("record")?;
    let record = record.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| corrupt("record"))?;
    let signed = match (mark("signed_at", "signed_by_id", "signed_by_name")?, record) {
        (Some(mark), Some(record)) => Some(Signature { mark, record }),
        (None, None) => None,
        _ => return Err(corrupt("record")),
    };
    Ok(Minutes {
        meeting_id,
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        text: serde_json::from_str(&row.try_get::<String, _>("body")?).map_err(|_| corrupt("body"))?,
        edited: mark("edited_at", "edited_by_id", "edited_by_name")?,
        signed,
    })
}

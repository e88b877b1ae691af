//! The versions of service levels and calendar. A version is written once and stays, because due dates name it.

use lianxin_domain::calendar::WorkingCalendar;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::service_level::ServiceLevels;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Table, int, text};

pub(crate) static RULE_VERSIONS: Table = Table {
    name: "rule_versions",
    key: ID,
    versioned: false,
    fixed: &[text("kind"), int("version"), text("body"), int("at"), text("by_account")],
    mutable: &[],
};
const LEVELS: &str = "service_levels";
const CALENDAR: &str = "calendar";

/// When a version was made, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// Its number.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// By whom; nobody: the system.
    pub by: Option<AccountId>,
}

/// The rules.
#[derive(Clone)]
pub struct Rules {
    database: Database,
}

impl Rules {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The service levels of the highest version; nothing when nobody stated any.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn service_levels(&self) -> Result<Option<ServiceLevels>, StorageError> {
        self.newest(LEVELS).await
    }

    /// The calendar of the highest version; nothing when nobody stated one.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn calendar(&self) -> Result<Option<WorkingCalendar>, StorageError> {
        self.newest(CALENDAR).await
    }

    /// The calendar of one version.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn calendar_version(&self, version: u32) -> Result<Option<WorkingCalendar>, StorageError> {
        let row = sqlx::query("SELECT id, body FROM rule_versions WHERE id = $1")
            .bind(key(CALENDAR, version))
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| parse(&row)).transpose()
    }

    /// The last versions of both, newest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn history(&self, calendar: bool, limit: u32) -> Result<Vec<RuleVersion>, StorageError> {
        let sql = format!(
            "SELECT id, version, at, by_account FROM rule_versions WHERE kind = $1 ORDER BY version DESC LIMIT {limit}"
        );
        let kind = if calendar { CALENDAR } else { LEVELS };
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let version: i64 = row.try_get("version")?;
                let by: Option<String> = row.try_get("by_account")?;
                let by = by.map(|by| by.parse()).transpose();
                Ok(RuleVersion {
                    version: u32::try_from(version)
                        .map_err(|_| StorageError::corrupt("rule_versions", "version", &id))?,
                    at: Timestamp::from_millis(row.try_get("at")?),
                    by: by.map_err(|_| StorageError::corrupt("rule_versions", "by_account", &id))?,
                })
            })
            .collect()
    }

    /// The write of new service levels; refused when their version exists, so that two editors do not overwrite each other.
    pub fn put_service_levels(levels: &ServiceLevels, at: Timestamp, by: Option<AccountId>) -> Write {
        write(LEVELS, levels.version, levels, at, by)
    }

    /// The write of a new calendar; refused when its version exists.
    pub fn put_calendar(calendar: &WorkingCalendar, at: Timestamp, by: Option<AccountId>) -> Write {
        write(CALENDAR, calendar.version, calendar, at, by)
    }

    async fn newest<T: DeserializeOwned>(&self, kind: &str) -> Result<Option<T>, StorageError> {
        let row = sqlx::query("SELECT id, body FROM rule_versions WHERE kind = $1 ORDER BY version DESC LIMIT 1")
            .bind(kind.to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| parse(&row)).transpose()
    }
}

fn key(kind: &str, version: u32) -> String {
    format!("{kind}:{version:010}")
}

fn parse<T: DeserializeOwned>(row: &sqlx::any::AnyRow) -> Result<T, StorageError> {
    let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
    serde_json::from_str(&body).map_err(|_| StorageError::corrupt("rule_versions", "body", &id))
}

fn write(kind: &str, version: u32, body: &impl Serialize, at: Timestamp, by: Option<AccountId>) -> Write {
    let body = serde_json::to_string(body).unwrap_or_default();
    let row = vec![
        key(kind, version).into(),
        kind.into(),
        version.into(),
        body.into(),
        at.into(),
        by.map(|by| by.to_string()).into(),
    ];
    Write::Insert(&RULE_VERSIONS, row)
}

//! Big screens in the database: those that wait for somebody who types their code, and those that were paired. Only
//! hashes of their tokens are stored.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, ScreenId};
use lianxin_domain::screen::{ScreenTarget, WAITS_ON_MS};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Row, Table, int, text};

pub(crate) static SCREENS: Table = Table {
    name: "screens",
    key: ID,
    versioned: true,
    fixed: &[text("token_hash"), int("created_at")],
    mutable: &[text("name"), text("code"), int("code_expires_at"), text("target"), text("paired_by"), int("paired_at")],
};

pub(crate) static SIGHTINGS: Table =
    Table { name: "screen_sightings", key: ID, versioned: false, fixed: &[int("seen_at")], mutable: &[] };

/// Expired ones that one look finds.
const EXPIRED_AT_ONCE: i64 = 64;

/// A big screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Its id.
    pub id: ScreenId,
    /// Grows with every change.
    pub version: u32,
    /// Hash of the token that the screen keeps.
    pub token_hash: String,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// What people call it; empty while it waits.
    pub name: String,
    /// How far it is.
    pub state: ScreenState,
}

/// How far a screen is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenState {
    /// It shows a code and waits.
    Waiting {
        /// Six digits, unique among those that wait.
        code: String,
        /// Until when the code holds.
        until: Timestamp,
    },
    /// It shows its target.
    Paired {
        /// What.
        target: ScreenTarget,
        /// Who typed the code; the screen stays when that person's rights end.
        by: AccountId,
        /// When.
        at: Timestamp,
    },
}

impl Screen {
    /// What it shows; nothing while it waits.
    pub const fn target(&self) -> Option<ScreenTarget> {
        match self.state {
            ScreenState::Waiting { .. } => None,
            ScreenState::Paired { target, .. } => Some(target),
        }
    }

    /// When its token ends by itself: shortly after the code of one that nobody paired.
    pub const fn ends_at(&self) -> Option<Timestamp> {
        match self.state {
            ScreenState::Waiting { until, .. } => Some(until.plus_millis(WAITS_ON_MS)),
            ScreenState::Paired { .. } => None,
        }
    }

    fn mutable(&self) -> Row {
        match &self.state {
            ScreenState::Waiting { code, until } => vec![
                self.name.as_str().into(),
                code.as_str().into(),
                (*until).into(),
                None::<String>.into(),
                None::<String>.into(),
                None::<Timestamp>.into(),
            ],
            ScreenState::Paired { target, by, at } => vec![
                self.name.as_str().into(),
                None::<String>.into(),
                None::<Timestamp>.into(),
                target.to_string().into(),
                by.to_string().into(),
                (*at).into(),
            ],
        }
    }
}

/// The screens. They have no scope: who may see one is who may see its target, which whoever asks has to check.
#[derive(Clone)]
pub struct Screens {
    database: Database,
}

impl Screens {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The screen of a token, unless it waited in vain.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn by_token(&self, token_hash: &str, now: Timestamp) -> Result<Option<Screen>, StorageError> {
        let found = self.find("token_hash = $1", token_hash.to_owned()).await?;
        Ok(found.filter(|screen| screen.ends_at().is_none_or(|end| now < end)))
    }

    /// The screen that shows `code` at `now`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn by_code(&self, code: &str, now: Timestamp) -> Result<Option<Screen>, StorageError> {
        let found = self.find("code = $1", code.to_owned()).await?;
        Ok(found.filter(|screen| matches!(screen.state, ScreenState::Waiting { until, .. } if now < until)))
    }

    /// By id.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: ScreenId) -> Result<Option<Screen>, StorageError> {
        self.find("id = $1", id.to_string()).await
    }

    /// All that are paired, by name, each with when it was last there.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn paired(&self) -> Result<Vec<(Screen, Option<Timestamp>)>, StorageError> {
        let columns = SCREENS.columns().map(|column| format!("s.{}", column.name)).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {columns}, g.seen_at FROM screens s LEFT JOIN screen_sightings g ON g.id = s.id \
             WHERE s.target IS NOT NULL ORDER BY s.name, s.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| Ok((read(row)?, row.try_get::<Option<i64>, _>("seen_at")?.map(Timestamp::from_millis))))
            .collect()
    }

    /// How many wait at `now`, and how many are paired.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn counts(&self, now: Timestamp) -> Result<(u32, u32), StorageError> {
        let row = sqlx::query(
            "SELECT COUNT(CASE WHEN target IS NULL AND code_expires_at > $1 THEN 1 END) AS waiting, \
             COUNT(target) AS paired FROM screens",
        )
        .bind(now.millis())
        .fetch_one(self.database.readers())
        .await?;
        let count = |column| -> Result<u32, StorageError> {
            Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
        };
        Ok((count("waiting")?, count("paired")?))
    }

    /// Some that waited in vain: their codes are free once they are removed.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn waited_in_vain(&self, now: Timestamp) -> Result<Vec<ScreenId>, StorageError> {
        let rows = sqlx::query(
            "SELECT id FROM screens WHERE target IS NULL AND code_expires_at <= $1 ORDER BY code_expires_at LIMIT $2",
        )
        .bind(now.plus_millis(-WAITS_ON_MS).millis())
        .bind(EXPIRED_AT_ONCE)
        .fetch_all(self.database.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                id.parse().map_err(|_| StorageError::corrupt("screens", "id", &id))
            })
            .collect()
    }

    /// The write of a new screen.
    pub fn insert(screen: &Screen) -> Write {
        let head = vec![
            screen.id.to_string().into(),
            screen.version.into(),
            screen.token_hash.as_str().into(),
            screen.created_at.into(),
        ];
        Write::Insert(&SCREENS, head.into_iter().chain(screen.mutable()).collect())
    }

    /// The write of a changed screen, decided on version `before`.
    pub fn update(before: u32, screen: &Screen) -> Write {
        Write::Update {
            table: &SCREENS,
            key: screen.id.to_string(),
            expected: before,
            next: screen.version,
            values: screen.mutable(),
        }
    }

    /// The writes that end a screen: its token is worth nothing from then on.
    pub fn remove(id: ScreenId) -> [Write; 2] {
        [Write::Delete(&SCREENS, id.to_string()), Write::Delete(&SIGHTINGS, id.to_string())]
    }

    /// The write that a screen was there at `at`; one of an earlier moment changes nothing.
    pub fn seen(id: ScreenId, at: Timestamp) -> Write {
        Write::Raise(&SIGHTINGS, vec![id.to_string().into(), at.into()])
    }

    async fn find(&self, condition: &str, value: String) -> Result<Option<Screen>, StorageError> {
        let sql = format!("SELECT {} FROM screens WHERE {condition}", SCREENS.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(self.database.readers()).await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Result<Screen, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("screens", column, &id);
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let target: Option<String> = row.try_get("target")?;
    let state = match target {
        Some(target) => {
            let by: Option<String> = row.try_get("paired_by")?;
            ScreenState::Paired {
                target: target.parse().map_err(|_| corrupt("target"))?,
                by: by.and_then(|by| by.parse().ok()).ok_or_else(|| corrupt("paired_by"))?,
                at: time("paired_at")?.ok_or_else(|| corrupt("paired_at"))?,
            }
        }
        None => ScreenState::Waiting {
            code: row.try_get::<Option<String>, _>("code")?.ok_or_else(|| corrupt("code"))?,
            until: time("code_expires_at")?.ok_or_else(|| corrupt("code_expires_at"))?,
        },
    };
    Ok(Screen {
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        token_hash: row.try_get("token_hash")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        name: row.try_get("name")?,
        state,
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

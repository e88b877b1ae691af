//! Housekeeping of a running server: what is over goes, and SQLite's write-ahead log is moved into its file.
//!
//! Rows go through the journal like every other write, as changes without events: the journal stays the only writer,
//! so housekeeping never makes it wait for a lock.

use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::change::{Change, Write};
use crate::core_tables::IDEMPOTENCY;
use crate::database::Database;
use crate::error::StorageError;
use crate::journal::{CommitError, Journal};
use crate::sessions::{PHONE_CODES, SESSIONS};
use crate::table::Table;

/// How long a stored answer waits for the repetition of its request.
const ANSWERS_KEPT_MS: i64 = 48 * 60 * 60 * 1_000;
/// Rows of one change: others queue behind it for some milliseconds at most.
const ROWS_AT_ONCE: usize = 256;

/// Why housekeeping stopped; what it did stays done, and the next round goes on.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// What is over could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What is over could not be removed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Sessions whose time was over.
    pub sessions: usize,
    /// Codes of phones that got none today; today's count against the limit of codes per day.
    pub phone_codes: usize,
    /// Stored answers of more than 48 hours ago.
    pub answers: usize,
}

/// Removes what is over at `now`.
///
/// # Errors
/// [`PurgeError`] when the database or the journal is not available.
pub async fn purge(database: &Database, journal: &Journal, now: Timestamp) -> Result<Purged, PurgeError> {
    let remove = async |table, condition, limit| remove(database, journal, table, condition, limit, now).await;
    Ok(Purged {
        sessions: remove(&SESSIONS, "expires_at <= $1", now).await?,
        phone_codes: remove(&PHONE_CODES, "sent_at < $1", day_start(now)).await?,
        answers: remove(&IDEMPOTENCY, "created_at < $1", now.plus_millis(-ANSWERS_KEPT_MS)).await?,
    })
}

async fn remove(
    database: &Database,
    journal: &Journal,
    table: &'static Table,
    condition: &str,
    limit: Timestamp,
    now: Timestamp,
) -> Result<usize, PurgeError> {
    let (name, key) = (table.name, table.key.name);
    let sql = format!("SELECT {key} FROM {name} WHERE {condition} ORDER BY {key} LIMIT {ROWS_AT_ONCE}");
    let mut removed = 0;
    loop {
        let rows = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(limit.millis())
            .fetch_all(database.readers())
            .await
            .map_err(StorageError::from)?;
        if rows.is_empty() {
            return Ok(removed);
        }
        let mut change = Change::new(now, None, None);
        for row in &rows {
            change.write(Write::Delete(table, row.try_get(0).map_err(StorageError::from)?));
        }
        journal.commit(change).await?;
        removed += rows.len();
    }
}

/// Moves the write-ahead log into the database file, beside readers and the writer; nothing to do on PostgreSQL.
/// Without it the log grows: commits do not do this by themselves, so that none of them has to wait for it.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub async fn checkpoint(database: &Database) -> Result<(), StorageError> {
    if let Some(sql) = database.dialect().checkpoint() {
        let mut connection = database.connect().await?;
        connection.execute(sql).await?;
        connection.close().await?;
    }
    Ok(())
}

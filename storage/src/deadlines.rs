//! Time limits that run. A deadline's row goes in the same change as its effect, so it takes effect once.

use lianxin_domain::clock::Timestamp;
use sqlx::Row as _;

use crate::database::Database;
use crate::error::StorageError;

/// One running time limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// What kind of limit, such as `ticket.due`.
    pub kind: String,
    /// Id of what it is about.
    pub subject_id: String,
    /// When it ends.
    pub due_at: Timestamp,
}

/// The running deadlines.
#[derive(Clone)]
pub struct Deadlines {
    database: Database,
}

impl Deadlines {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Up to `limit` deadlines that are over at `now`, longest over first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<Deadline>, StorageError> {
        let rows =
            sqlx::query("SELECT kind, subject_id, due_at FROM deadlines WHERE due_at <= $1 ORDER BY due_at LIMIT $2")
                .bind(now.millis())
                .bind(limit)
                .fetch_all(self.database.readers())
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Deadline {
                    kind: row.try_get("kind")?,
                    subject_id: row.try_get("subject_id")?,
                    due_at: Timestamp::from_millis(row.try_get("due_at")?),
                })
            })
            .collect()
    }

    /// When the next deadline after `now` ends.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn next(&self, now: Timestamp) -> Result<Option<Timestamp>, StorageError> {
        let row = sqlx::query("SELECT MIN(due_at) AS due_at FROM deadlines WHERE due_at > $1")
            .bind(now.millis())
            .fetch_one(self.database.readers())
            .await?;
        Ok(row.try_get::<Option<i64>, _>("due_at")?.map(Timestamp::from_millis))
    }
}

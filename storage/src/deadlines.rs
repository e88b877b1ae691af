//! Time limits that run. A deadline's row goes in the same change as its effect, so it takes effect once.

use lianxin_domain::clock::Timestamp;
use sqlx::Row as _;

use crate::change::Write;
use crate::core_tables::DEADLINES;
use crate::database::Database;
use crate::error::StorageError;

/// One running time limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Id of its row: a limit that is moved keeps it.
    pub id: String,
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

    /// The write that lets a limit run, or moves it.
    pub fn put(deadline: &Deadline) -> Write {
        let Deadline { id, kind, subject_id, due_at } = deadline;
        let row = vec![id.as_str().into(), kind.as_str().into(), subject_id.as_str().into(), (*due_at).into()];
        Write::Put(&DEADLINES, row)
    }

    /// The write that stops a limit, if it runs.
    pub const fn delete(id: String) -> Write {
        Write::Delete(&DEADLINES, id)
    }

    /// Up to `limit` deadlines that end before `end`, the first to end first; those behind `after`, which is the last
    /// of the page before.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn before(
        &self,
        end: Timestamp,
        after: Option<&Deadline>,
        limit: i64,
    ) -> Result<Vec<Deadline>, StorageError> {
        let (due_at, id) = after.map_or((i64::MIN, ""), |last| (last.due_at.millis(), &last.id));
        let sql = "SELECT id, kind, subject_id, due_at FROM deadlines \
                   WHERE due_at < $1 AND (due_at, id) > ($2, $3) ORDER BY due_at, id LIMIT $4";
        let rows = sqlx::query(sql)
            .bind(end.millis())
            .bind(due_at)
            .bind(id)
            .bind(limit)
            .fetch_all(self.database.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Deadline {
                    id: row.try_get("id")?,
                    kind: row.try_get("kind")?,
                    subject_id: row.try_get("subject_id")?,
                    due_at: Timestamp::from_millis(row.try_get("due_at")?),
                })
            })
            .collect()
    }

    /// Up to `limit` deadlines that are over at `now`, longest over first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<Deadline>, StorageError> {
        self.before(now.plus_millis(1), None, limit).await
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

//! Stored answers: what a repeated request gets instead of being done again.

use sqlx::Row as _;

use crate::change::IdempotencyKey;
use crate::database::Database;
use crate::error::StorageError;

/// The answer of a request that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Hash of that request.
    pub request_hash: String,
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
    /// Number of its last event.
    pub seq: u64,
}

/// The stored answers.
#[derive(Clone)]
pub struct Answers {
    database: Database,
}

impl Answers {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The answer to the request that used `key`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn find(&self, key: &IdempotencyKey) -> Result<Option<StoredAnswer>, StorageError> {
        let row = sqlx::query("SELECT request_hash, status, body, seq FROM idempotency WHERE id = $1")
            .bind(key.as_str().to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| {
            let status: i64 = row.try_get("status")?;
            Ok(StoredAnswer {
                request_hash: row.try_get("request_hash")?,
                status: u16::try_from(status)
                    .map_err(|_| StorageError::corrupt("idempotency", "status", key.as_str()))?,
                body: row.try_get("body")?,
                seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
            })
        })
        .transpose()
    }
}

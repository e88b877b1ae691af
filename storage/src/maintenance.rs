//! Housekeeping of a running server: what is over goes, and SQLite's write-ahead log is moved into its file.
//!
//! Rows go through the journal like every other write, as changes without events: the journal stays the only writer,
//! so housekeeping never makes it wait for a lock.

use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::screen::WAITS_ON_MS;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::change::{Change, Write};
use crate::core_tables::IDEMPOTENCY;
use crate::database::Database;
use crate::deliveries::DELIVERIES;
use crate::dialect::Purpose;
use crate::error::StorageError;
use crate::journal::{CommitError, Journal};
use crate::meetings::CLAIMS;
use crate::notifications::{NOTIFICATIONS, READS};
use crate::screens::{SCREENS, SIGHTINGS};
use crate::sessions::{PHONE_CODES, SESSIONS};
use crate::table::Table;
use crate::webhook_deliveries::WEBHOOK_DELIVERIES;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long a stored answer waits for the repetition of its request.
const ANSWERS_KEPT_MS: i64 = 2 * DAY_MS;
/// How long a notification that was read can be looked up: last year's day, and a month to look for it.
const READ_NOTIFICATIONS_KEPT_MS: i64 = 400 * DAY_MS;
/// How long one that nobody read waits: its reader was away for good. What it was about stays in the record and the log.
const UNREAD_NOTIFICATIONS_KEPT_MS: i64 = 2 * 365 * DAY_MS;
/// How long it can be seen what became of a message to the outside; its month's counters stay. Its payload holds names and
/// phones, so no longer than questions about it come in.
const DELIVERIES_KEPT_MS: i64 = 90 * DAY_MS;
/// How long it can be seen what a webhook was told; what waits for so long is given up, too.
const WEBHOOK_DELIVERIES_KEPT_MS: i64 = 30 * DAY_MS;
/// How long a screen that is off keeps its pairing: a hall that is used once a year, and a month.
const IDLE_SCREENS_KEPT_MS: i64 = 400 * DAY_MS;
/// Pages (4 KiB) of the write-ahead log above which it is made to begin anew: 16 MiB.
const MOST_PAGES: i64 = 4_096;
/// Pages that are moved while writers wait: some milliseconds' worth.
const FEW_PAGES: i64 = 1_024;
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
    /// Notifications of more than 400 days ago; unread ones of more than two years ago.
    pub notifications: usize,
    /// Messages to the outside that were done more than 90 days ago.
    pub deliveries: usize,
    /// Messages to webhooks of more than 30 days ago.
    pub webhook_deliveries: usize,
    /// Used scans of sign-in codes of more than a day ago; each was good for 90 seconds.
    pub claims: usize,
    /// Screens that nobody paired in time, and paired ones that were off for more than 400 days.
    pub screens: usize,
}

/// Removes what is over at `now`.
///
/// # Errors
/// [`PurgeError`] when the database or the journal is not available.
pub async fn purge(database: &Database, journal: &Journal, now: Timestamp) -> Result<Purged, PurgeError> {
    let broom = Broom { database, journal, now };
    let before = |kept_ms: i64| now.plus_millis(-kept_ms);
    Ok(Purged {
        screens: screens(&broom).await?,
        claims: broom.remove(&CLAIMS, &[], "used_at < $1", "id", &[before(DAY_MS)]).await?,
        sessions: broom.remove(&SESSIONS, &[], "expires_at <= $1", "id", &[now]).await?,
        phone_codes: broom.remove(&PHONE_CODES, &[], "sent_at < $1", "id", &[day_start(now)]).await?,
        answers: broom.remove(&IDEMPOTENCY, &[], "created_at < $1", "id", &[before(ANSWERS_KEPT_MS)]).await?,
        notifications: broom
            .remove(
                &NOTIFICATIONS,
                &[&READS],
                "at < $1 AND (at < $2 \
                 OR EXISTS (SELECT 1 FROM notification_reads r WHERE r.id = notifications.id) \
                 OR at <= (SELECT all_read_until FROM notification_marks m WHERE m.id = account_id))",
                // In the order of an index that holds all that is asked for: the texts need not be read.
                "account_id, at, id",
                &[before(READ_NOTIFICATIONS_KEPT_MS), before(UNREAD_NOTIFICATIONS_KEPT_MS)],
            )
            .await?,
        webhook_deliveries: broom
            .remove(
                &WEBHOOK_DELIVERIES,
                &[],
                "created_at < $1",
                "created_at, id",
                &[before(WEBHOOK_DELIVERIES_KEPT_MS)],
            )
            .await?,
        // Likewise, for the payloads.
        deliveries: broom
            .remove(&DELIVERIES, &[], "done_at < $1", "account_id, channel, done_at", &[before(DELIVERIES_KEPT_MS)])
            .await?,
    })
}

async fn screens(broom: &Broom<'_>) -> Result<usize, PurgeError> {
    let limits = [broom.now.plus_millis(-WAITS_ON_MS), broom.now.plus_millis(-IDLE_SCREENS_KEPT_MS)];
    let over = "(target IS NULL AND code_expires_at <= $1) OR (target IS NOT NULL AND \
                COALESCE((SELECT g.seen_at FROM screen_sightings g WHERE g.id = screens.id), paired_at) < $2)";
    let removed = broom.remove(&SCREENS, &[&SIGHTINGS], over, "id", &limits).await?;
    // One that was released while it was there may be noted once more afterwards.
    let orphaned = "NOT EXISTS (SELECT 1 FROM screens s WHERE s.id = screen_sightings.id)";
    broom.remove(&SIGHTINGS, &[], orphaned, "id", &[]).await?;
    Ok(removed)
}

struct Broom<'a> {
    database: &'a Database,
    journal: &'a Journal,
    now: Timestamp,
}

impl Broom<'_> {
    /// Removes the rows of `table` for which `condition` holds, taken in `order`, and the rows with their keys in the
    /// tables `beside` it; answers how many of `table`.
    async fn remove(
        &self,
        table: &'static Table,
        beside: &[&'static Table],
        condition: &str,
        order: &str,
        limits: &[Timestamp],
    ) -> Result<usize, PurgeError> {
        let (name, key) = (table.name, table.key.name);
        let sql = format!("SELECT {key} FROM {name} WHERE {condition} ORDER BY {order} LIMIT {ROWS_AT_ONCE}");
        let mut removed = 0;
        loop {
            let query = sqlx::query(AssertSqlSafe(sql.clone()));
            let query = limits.iter().fold(query, |query, limit| query.bind(limit.millis()));
            let rows = query.fetch_all(self.database.readers()).await.map_err(StorageError::from)?;
            if rows.is_empty() {
                return Ok(removed);
            }
            let mut change = Change::new(self.now, None, None);
            for row in &rows {
                let key: String = row.try_get(0).map_err(StorageError::from)?;
                change.writes.extend(beside.iter().map(|beside| Write::Delete(beside, key.clone())));
                change.write(Write::Delete(table, key));
            }
            self.journal.commit(change).await?;
            removed += rows.len();
        }
    }
}

/// Moves the write-ahead log into the database file, beside readers and the writer; nothing to do on PostgreSQL.
/// Without it the log grows: commits do not do this by themselves, so that none of them has to wait for it.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub async fn checkpoint(database: &Database) -> Result<(), StorageError> {
    let Some(sql) = database.dialect().checkpoint() else { return Ok(()) };
    let mut connection = database.connect(Purpose::Snapshot).await?;
    let mut pages = connection.fetch_one(sql).await?.try_get::<i64, _>("log")?;
    if pages > MOST_PAGES {
        // Whoever writes all the time never lets it begin anew by himself. What came meanwhile is moved first, so that
        // writers wait for the little that comes during that.
        let row = connection.fetch_one(sql).await?;
        pages = row.try_get("log")?;
        if pages - row.try_get::<i64, _>("checkpointed")? < FEW_PAGES {
            connection.execute(sqlx::raw_sql(database.dialect().restart_log())).await?;
        }
    }
    connection.close().await?;
    Ok(())
}

//! Whether the database agrees with itself: counters and attendance with a recount, the log with its head, deadlines with
//! tickets, attachments with the file store. For the drill after a restore, and for whoever doubts.

use std::collections::BTreeMap;
use std::fmt::Display;

use lianxin_domain::grid::Counters;
use lianxin_domain::ids::GridId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::attendance;
use crate::database::Database;
use crate::error::StorageError;
use crate::files::{FileKey, FileStore, FileStoreError};
use crate::grids::Grids;
use crate::tickets::{DUE, Tickets};
use crate::votes;

/// Differences of one kind that are listed; the rest is counted.
const LISTED: usize = 100;
/// Attachments read at a time.
const PAGE: usize = 1_000;

/// Why the check could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file store failed.
    #[error(transparent)]
    Files(#[from] FileStoreError),
}

/// What was looked at, and what does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Grids whose counters were recounted.
    pub grids: usize,
    /// Events that were counted.
    pub events: u64,
    /// Deadlines of tickets, running or missing.
    pub deadlines: usize,
    /// Meetings whose attendance was recounted.
    pub meetings: usize,
    /// Votes whose ballots were recounted.
    pub votes: usize,
    /// Attachments whose file was looked for.
    pub attachments: usize,
    /// What does not agree, one line each.
    pub differences: Vec<String>,
}

impl CheckReport {
    /// Whether all agrees.
    pub const fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    fn list(&mut self, kind: &str, differences: Vec<String>) {
        let more = differences.len().saturating_sub(LISTED);
        self.differences.extend(differences.into_iter().take(LISTED));
        if more > 0 {
            self.differences.push(format!("{kind}: and {more} more"));
        }
    }
}

/// Checks the database at one moment, then the files of its attachments. A running server may go on meanwhile.
///
/// # Errors
/// [`CheckError`] when database or file store fail; a difference is not an error.
pub async fn check(database: &Database, files: &FileStore) -> Result<CheckReport, CheckError> {
    let mut report = CheckReport::default();
    let mut moment = database.snapshot().await?;
    check_counters(&mut moment, &mut report).await?;
    check_log(&mut moment, &mut report).await?;
    check_deadlines(&mut moment, &mut report).await?;
    let (meetings, differences) = attendance::differences(&mut moment).await?;
    report.meetings = meetings;
    report.list("attendance", differences);
    let (votes, differences) = votes::differences(&mut moment).await?;
    report.votes = votes;
    report.list("votes", differences);
    moment.close().await.map_err(StorageError::from)?;
    check_attachments(database, files, &mut report).await?;
    Ok(report)
}

async fn check_counters(moment: &mut AnyConnection, report: &mut CheckReport) -> Result<(), StorageError> {
    let counted = Grids::counters_on(&mut *moment).await?;
    let recounted = Tickets::recount_on(&mut *moment).await?;
    let mut grids: BTreeMap<GridId, [Counters; 2]> = BTreeMap::new();
    for (side, counters) in [counted, recounted].into_iter().enumerate() {
        for (grid, counters) in counters {
            grids.entry(grid).or_default()[side] = counters;
        }
    }
    report.grids = grids.len();
    let differing = grids.iter().filter(|(_, [counted, recounted])| counted != recounted);
    let lines = differing.map(|(grid, [counted, recounted])| {
        let (counted, recounted) = (counted.to_array(), recounted.to_array());
        format!("counters of grid {grid} are {counted:?}, a recount of its tickets gives {recounted:?}")
    });
    report.list("counters", lines.collect());
    Ok(())
}

async fn check_log(moment: &mut AnyConnection, report: &mut CheckReport) -> Result<(), StorageError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS events, MIN(seq) AS oldest, MAX(seq) AS newest, \
         (SELECT MAX(seq) FROM log_head) AS head FROM events",
    )
    .fetch_one(&mut *moment)
    .await?;
    let events: i64 = row.try_get("events")?;
    let head: Option<i64> = row.try_get("head")?;
    report.events = events.unsigned_abs();
    // Old events are archived from the beginning, so the oldest need not be the first.
    let (Some(oldest), Some(newest)) = (row.try_get::<Option<i64>, _>("oldest")?, row.try_get("newest")?) else {
        return Ok(());
    };
    if head != Some(newest) {
        let head = head.map_or_else(|| "missing".to_owned(), |head| head.to_string());
        report.list("log", vec![format!("the head of the log is {head}, its newest event is {newest}")]);
    }
    if newest - oldest + 1 != events {
        let gaps = sqlx::query(
            "SELECT a.seq FROM events a LEFT JOIN events b ON b.seq = a.seq + 1 \
             WHERE b.seq IS NULL AND a.seq < $1 ORDER BY a.seq",
        )
        .bind(newest)
        .fetch_all(&mut *moment)
        .await?;
        let gaps: Result<Vec<i64>, _> = gaps.iter().map(|row| row.try_get(0)).collect();
        let lines = gaps?.into_iter().map(|seq| format!("the log has a gap after event {seq}"));
        report.list("log", lines.collect());
    }
    Ok(())
}

async fn check_deadlines(moment: &mut AnyConnection, report: &mut CheckReport) -> Result<(), StorageError> {
    let tickets = "SELECT id AS subject_id, timer_at AS due_at FROM tickets WHERE timer_at IS NOT NULL";
    let deadlines = format!("SELECT subject_id, due_at FROM deadlines WHERE kind = '{DUE}'");
    let mut subjects: BTreeMap<String, [Option<i64>; 2]> = BTreeMap::new();
    for (side, sql) in [tickets.to_owned(), deadlines].into_iter().enumerate() {
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *moment).await? {
            subjects.entry(row.try_get("subject_id")?).or_default()[side] = row.try_get("due_at")?;
        }
    }
    report.deadlines = subjects.len();
    let lines = subjects.iter().filter_map(|(ticket, sides)| match sides {
        [Some(due), Some(deadline)] if due == deadline => None,
        [Some(due), Some(deadline)] => Some(format!("ticket {ticket} is due at {due}, its deadline is at {deadline}")),
        [Some(due), None] => Some(format!("ticket {ticket} is due at {due} and has no deadline")),
        [None, _] => Some(format!("ticket {ticket} has a deadline and no running time limit")),
    });
    report.list("deadlines", lines.collect());
    Ok(())
}

/// Page by page outside the snapshot: looking at many files takes long, and a row never changes what it says of them.
async fn check_attachments(database: &Database, files: &FileStore, report: &mut CheckReport) -> Result<(), CheckError> {
    let sql = format!("SELECT id, object_key, size FROM attachments WHERE id > $1 ORDER BY id LIMIT {PAGE}");
    let mut last = String::new();
    let mut lines = Vec::new();
    loop {
        let rows = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(last.clone())
            .fetch_all(database.readers())
            .await
            .map_err(StorageError::from)?;
        for row in &rows {
            let (id, difference) = check_file(row, files).await?;
            lines.extend(difference.map(|difference| format!("attachment {id}: {difference}")));
            last = id;
        }
        report.attachments += rows.len();
        if rows.len() < PAGE {
            report.list("attachments", lines);
            return Ok(());
        }
    }
}

async fn check_file(row: &AnyRow, files: &FileStore) -> Result<(String, Option<String>), CheckError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StorageError::from);
    let (id, key) = (text("id")?, text("object_key")?);
    let size = row.try_get::<i64, _>("size").map_err(StorageError::from)?.unsigned_abs();
    let Ok(parsed) = key.parse::<FileKey>() else {
        return Ok((id, Some(format!("{key:?} is no key of the file store"))));
    };
    let difference = match files.size(&parsed).await {
        Ok(stored) if stored == size => None,
        Ok(stored) => Some(format!("file {key} has {stored} bytes instead of {size}")),
        Err(FileStoreError::NotFound(key)) => Some(missing(&key)),
        Err(error) => return Err(error.into()),
    };
    Ok((id, difference))
}

fn missing(key: &impl Display) -> String {
    format!("file {key} is missing")
}

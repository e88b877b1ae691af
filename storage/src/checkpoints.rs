//! Days' beginnings of all boards, and the way from a moment to its number of the log: what boards of the past are made
//! of.
//!
//! A moment's boards are those after the last event before the first one that happened later. Events are numbered when
//! they are committed, some milliseconds after they were decided, so their times are nearly in order and a moment is
//! found by halving the log.

use lianxin_domain::board::{AllBoards, BoardFact};
use lianxin_domain::calendar_day::{day_start, local_date, next_day_start};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::{Change, Write};
use crate::database::Database;
use crate::error::StorageError;
use crate::journal::Journal;
use crate::log::signed;
use crate::maintenance::PurgeError;
use crate::query::Conditions;
use crate::table::{ID, Table, int, text};

pub(crate) static BOARD_CHECKPOINTS: Table = Table {
    name: "board_checkpoints",
    key: ID,
    versioned: false,
    fixed: &[int("seq"), int("at"), text("body")],
    mutable: &[],
};

/// Events read at a time: others on the thread wait while a page is made, a few milliseconds.
const PAGE: usize = 256;
/// Events that may come before one that happened earlier: seconds of the highest load.
const DISORDER: i64 = 4_096;
const FACTS: &str = "SELECT seq, at, kind, grid_path, data FROM events";

/// The days' beginnings of all boards.
#[derive(Clone)]
pub struct Checkpoints {
    database: Database,
}

impl Checkpoints {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Number and time of the oldest event that is kept.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn oldest(&self) -> Result<Option<(u64, Timestamp)>, StorageError> {
        self.event_from(0).await
    }

    /// The number of the log at `moment`: of the last event before the first one that happened later; nothing when all
    /// that are kept did.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn seq_at(&self, moment: Timestamp) -> Result<Option<u64>, StorageError> {
        let Some((oldest, first_at)) = self.oldest().await? else { return Ok(None) };
        let row = sqlx::query("SELECT MAX(seq) AS newest FROM events").fetch_one(self.database.readers()).await?;
        let newest = row.try_get::<Option<i64>, _>("newest")?.map_or(0, i64::unsigned_abs);
        if first_at > moment {
            return Ok(None);
        }
        // What happened at `low` did not happen later, what did at `high` did or is not there.
        let (mut low, mut high) = (oldest, newest + 1);
        while high - low > 1 {
            let middle = low.midpoint(high);
            match self.event_from(middle).await? {
                Some((seq, at)) if seq < high && at <= moment => low = seq,
                Some(_) | None => high = middle,
            }
        }
        // One that was decided later may have been committed a little earlier.
        loop {
            let row = sqlx::query("SELECT MIN(seq) AS later FROM events WHERE seq > $1 AND seq <= $2 AND at > $3")
                .bind(signed(low) - DISORDER)
                .bind(signed(low))
                .bind(moment.millis())
                .fetch_one(self.database.readers())
                .await?;
            match row.try_get::<Option<i64>, _>("later")?.map(i64::unsigned_abs) {
                Some(later) if later > oldest => low = later - 1,
                Some(_) | None => return Ok(Some(low)),
            }
        }
    }

    /// Number and time of the first event from number `seq` on.
    async fn event_from(&self, seq: u64) -> Result<Option<(u64, Timestamp)>, StorageError> {
        let row = sqlx::query("SELECT seq, at FROM events WHERE seq >= $1 ORDER BY seq LIMIT 1")
            .bind(signed(seq))
            .fetch_optional(self.database.readers())
            .await?;
        let read = |row: AnyRow| {
            let seq: i64 = row.try_get("seq")?;
            Ok((seq.unsigned_abs(), Timestamp::from_millis(row.try_get("at")?)))
        };
        row.map(read).transpose()
    }

    /// The last beginning of a day up to that of `moment`; up to number `seq` too, because clocks have been put back.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn before(&self, moment: Timestamp, seq: u64) -> Result<Option<Checkpoint>, StorageError> {
        // Bodies are long: only the one that is wanted is touched.
        let row = sqlx::query(
            "SELECT id, seq, at, body FROM board_checkpoints \
             WHERE id = (SELECT MAX(id) FROM board_checkpoints WHERE at <= $1 AND seq <= $2)",
        )
        .bind(moment.millis())
        .bind(signed(seq))
        .fetch_optional(self.database.readers())
        .await?;
        row.map(|row| read_checkpoint(&row)).transpose()
    }

    /// Up to a page of what happened to tickets after number `after` up to number `until`, in order; in the subtree of
    /// `path` when there is one. The page is the last when it is not full.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn facts(
        &self,
        after: u64,
        until: u64,
        path: Option<&TreePath>,
    ) -> Result<(Vec<BoardFact>, bool), StorageError> {
        let mut conditions = Conditions::default();
        conditions
            .and("seq > ? AND seq <= ? AND subject_kind = 'ticket'", [signed(after).into(), signed(until).into()]);
        if let Some(path) = path {
            let range = [path.as_str().into(), path.subtree_end().into()];
            conditions.and("grid_path >= ? AND grid_path < ?", range);
        }
        let sql = format!("{FACTS}{} ORDER BY seq LIMIT {PAGE}", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        Ok((read_facts(&rows)?, rows.len() < PAGE))
    }

    /// What happened to tickets by the events of these numbers, in order; those that were archived are left out.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn facts_of(&self, seqs: &[u64]) -> Result<Vec<BoardFact>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_any(seqs.iter().map(|seq| ("seq = ?", vec![signed(*seq).into()])).collect());
        let sql = format!("{FACTS}{} ORDER BY seq", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        read_facts(&rows)
    }

    /// Makes the beginnings of all days up to that of `now` that are missing: from the last one on, or from the
    /// beginning of the log. Days before which nothing happened have none of their own. Answers how many it made.
    ///
    /// # Errors
    /// [`PurgeError`] when the database or the journal is not available; what was made stays.
    pub async fn catch_up(&self, journal: &Journal, now: Timestamp) -> Result<usize, PurgeError> {
        let Some((oldest, first_at)) = self.oldest().await? else { return Ok(0) };
        let last = self.before(Timestamp::from_millis(i64::MAX), u64::MAX >> 1).await?;
        let Some(Checkpoint { mut day, mut boards }) = last.or_else(|| Checkpoint::of_whole_log(oldest, first_at))
        else {
            // What came before the log is not known, and boards are sums.
            return Ok(0);
        };
        if boards.as_of() + 1 < oldest {
            return Ok(0);
        }
        let mut made = 0;
        while next_day_start(day) <= now {
            day = next_day_start(day);
            let Some(until) = self.seq_at(day.plus_millis(-1)).await?.filter(|until| *until > boards.as_of()) else {
                continue;
            };
            self.go_on(&mut boards, until).await?;
            let mut change = Change::new(now, None, None);
            let id = local_date(day).map(|date| date.to_string()).unwrap_or_default();
            let row = vec![id.into(), signed(until).into(), day.into(), boards.to_text().into()];
            change.write(Write::InsertOnce(&BOARD_CHECKPOINTS, row));
            journal.commit(change).await?;
            made += 1;
        }
        Ok(made)
    }

    /// Takes `boards` on to number `until`.
    async fn go_on(&self, boards: &mut AllBoards, until: u64) -> Result<(), StorageError> {
        loop {
            let (facts, last) = self.facts(boards.as_of(), until, None).await?;
            facts.iter().for_each(|fact| boards.apply(fact));
            if last {
                boards.reach(until);
                return Ok(());
            }
        }
    }
}

/// All boards as a day began.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Local midnight.
    pub day: Timestamp,
    /// The boards after the last event before it.
    pub boards: AllBoards,
}

impl Checkpoint {
    /// The empty boards before the first event, when the log still has it.
    pub fn of_whole_log(oldest: u64, first_at: Timestamp) -> Option<Self> {
        (oldest <= 1).then(|| Self { day: day_start(first_at), boards: AllBoards::default() })
    }
}

fn read_checkpoint(row: &AnyRow) -> Result<Checkpoint, StorageError> {
    let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
    let seq: i64 = row.try_get("seq")?;
    let boards = AllBoards::from_text(seq.unsigned_abs(), &body);
    let boards = boards.ok_or_else(|| StorageError::corrupt("board_checkpoints", "body", id))?;
    Ok(Checkpoint { day: Timestamp::from_millis(row.try_get("at")?), boards })
}

fn read_facts(rows: &[AnyRow]) -> Result<Vec<BoardFact>, StorageError> {
    rows.iter()
        .map(|row| {
            let seq: i64 = row.try_get("seq")?;
            let corrupt = |column| StorageError::corrupt("events", column, seq);
            let path: Option<String> = row.try_get("grid_path")?;
            let path = path.and_then(|path| TreePath::try_from(path).ok()).ok_or_else(|| corrupt("grid_path"))?;
            let at = Timestamp::from_millis(row.try_get("at")?);
            let (kind, data): (&str, &str) = (row.try_get("kind")?, row.try_get("data")?);
            BoardFact::read(seq.unsigned_abs(), at, kind, path, data).ok_or_else(|| corrupt("data"))
        })
        .collect()
}

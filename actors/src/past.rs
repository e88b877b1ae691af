//! Boards of the past, from the log (tickets.md, time travel): a day's beginning and what happened since.

use std::sync::Arc;

use lianxin_domain::board::{Board, BoardLimits, BoardUpdate};
use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::tree::TreePath;
use lianxin_storage::checkpoints::{Checkpoint, Checkpoints};
use lianxin_storage::error::StorageError;
use tokio::sync::Semaphore;

use crate::grid::BoardReading;
use crate::rulebook::Rulebook;

/// Boards made at a time: each reads up to a day of events, and the present has precedence over the past.
const AT_ONCE: usize = 2;
/// Days that a board's events may reach back. While the beginnings of an older log's days are being made there are more,
/// and somebody would wait for all of them.
const DAYS_AT_MOST: i64 = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Why there is no board of that moment.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// It lies in the future.
    #[error("the moment lies in the future")]
    Future,
    /// Nothing had happened yet.
    #[error("the log begins after that moment")]
    BeforeFirst,
    /// The events of then are archived.
    #[error("the events of that moment are archived")]
    NotKept,
    /// Its day's beginning is still being made.
    #[error("the beginnings of days are being made")]
    NotReady,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes boards of the past.
#[derive(Clone)]
pub struct Past {
    clock: Arc<dyn Clock>,
    checkpoints: Checkpoints,
    rulebook: Rulebook,
    turns: Arc<Semaphore>,
}

impl Past {
    /// Over the checkpoints; limits are shown as they hold now.
    pub fn new(clock: Arc<dyn Clock>, checkpoints: Checkpoints, rulebook: Rulebook) -> Self {
        Self { clock, checkpoints, rulebook, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The board of the grid at `path` as it stood at `moment`: after all that had happened by then.
    ///
    /// # Errors
    /// [`PastError`] when there is none.
    pub async fn board(&self, path: &TreePath, moment: Timestamp) -> Result<BoardReading, PastError> {
        if moment > self.clock.now() {
            return Err(PastError::Future);
        }
        // Never closed, so it is always given.
        let _turn = self.turns.acquire().await;
        let (oldest, first_at) = self.checkpoints.oldest().await?.ok_or(PastError::BeforeFirst)?;
        let too_early = if oldest <= 1 { PastError::BeforeFirst } else { PastError::NotKept };
        let Some(seq) = self.checkpoints.seq_at(moment).await? else { return Err(too_early) };
        let begin = match self.checkpoints.before(moment, seq).await? {
            Some(begin) => begin,
            None => Checkpoint::of_whole_log(oldest, first_at).ok_or(PastError::NotKept)?,
        };
        if begin.boards.as_of() + 1 < oldest {
            return Err(PastError::NotKept);
        }
        if moment.since(begin.day) > DAYS_AT_MOST * DAY_MS && !self.is_quiet_since(&begin, moment).await? {
            return Err(PastError::NotReady);
        }
        let board = self.fold(&begin, path, moment, seq).await?;
        Ok(BoardReading { as_of: seq, figures: board.figures(), open: board.points(), feed: board.feed() })
    }

    /// Whether nothing happened between the day that `begin` begins and the day of `moment`.
    async fn is_quiet_since(&self, begin: &Checkpoint, moment: Timestamp) -> Result<bool, StorageError> {
        let midnight = day_start(moment).plus_millis(-1);
        let before = self.checkpoints.seq_at(midnight).await?;
        Ok(before.is_none_or(|before| before <= begin.boards.as_of()))
    }

    async fn fold(
        &self,
        begin: &Checkpoint,
        path: &TreePath,
        moment: Timestamp,
        until: u64,
    ) -> Result<Board, StorageError> {
        let limits = BoardLimits::from(&self.rulebook.current().levels);
        let mut board = begin.boards.board(path, limits, moment);
        for fact in self.checkpoints.facts_of(&begin.boards.feed(path)).await? {
            board.remember(&BoardUpdate::from(fact));
        }
        let mut after = begin.boards.as_of();
        loop {
            let (facts, last) = self.checkpoints.facts(after, until, Some(path)).await?;
            for fact in facts {
                after = fact.seq;
                board.apply(&BoardUpdate::from(fact));
            }
            if last {
                return Ok(board);
            }
            // Pages are made in one go; others on this thread come in between.
            tokio::task::yield_now().await;
        }
    }
}

//! The figures of a board, as they are sent again and again.

use serde::Serialize;

use crate::grid::Counters;
use crate::tree::TreePath;

/// The figures of a board.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoardFigures {
    /// Of the subtree.
    pub counters: Counters,
    /// Since local midnight.
    pub today: TodayFigures,
    /// Requests sent today, by kind.
    pub kinds: Vec<KindCount>,
    /// Today's times against their limits.
    pub times: Times,
    /// Open tickets by the level that answers for them.
    pub ladder: Vec<LadderCount>,
    /// The direct sub-areas that took longest to accept today.
    pub slowest: Vec<SlowGrid>,
}

/// Since local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TodayFigures {
    /// Sent.
    pub submitted: i64,
    /// Accepted.
    pub accepted: i64,
    /// Completed.
    pub completed: i64,
    /// Rated.
    pub rated: i64,
    /// Nudges, folded ones too.
    pub nudged: i64,
    /// Times that a ticket climbed a level.
    pub escalated: i64,
    /// Ratings of four stars and more, percent.
    pub satisfied_pct: Option<f64>,
}

/// Requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// Code.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// How many.
    pub count: i64,
}

/// Times against their limits, seconds and percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// From sent to accepted, on average.
    pub accept_avg_s: Option<i64>,
    /// Accepted within the limit.
    pub accept_within_pct: Option<f64>,
    /// The limit.
    pub accept_limit_s: i64,
    /// From accepted to completed, on average.
    pub finish_avg_s: Option<i64>,
    /// Completed within the limit.
    pub finish_within_pct: Option<f64>,
    /// The limit.
    pub finish_limit_s: i64,
}

/// Open tickets of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LadderCount {
    /// The level.
    pub level: u8,
    /// What people call it.
    pub level_title: &'static str,
    /// How many.
    pub count: i64,
    /// How many of them climbed to it.
    pub escalated: i64,
    /// How many of them are late.
    pub overdue: i64,
}

/// A sub-area and how long it takes to accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlowGrid {
    /// Its place; whoever shows it adds id and name.
    pub path: TreePath,
    /// On average, seconds.
    pub accept_avg_s: i64,
    /// Requests waiting there now.
    pub waiting: i64,
}

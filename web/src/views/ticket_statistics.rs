//! Statistics of tickets as clients see them.

use lianxin_domain::ticket::Bucket;
use lianxin_storage::tickets::TicketFigures;
use serde::Serialize;
use utoipa::ToSchema;

use super::grid::GridRef;

/// What became of tickets, as they stand now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TicketFiguresView {
    /// 收到, withdrawn ones too.
    pub received: u64,
    /// 已接单, by now completed or not.
    pub accepted: u64,
    /// 已办结, by now rated or not.
    pub completed: u64,
    /// 已评价
    pub rated: u64,
    /// 已撤回
    pub withdrawn: u64,
    /// 超时: a limit of theirs ended before it was met.
    pub overdue: u64,
    /// 升级: a level above their grid's had to answer for them.
    pub escalated: u64,
    /// 超时率: `overdue` by `received`, 0 to 1; null without tickets.
    pub overdue_rate: Option<f64>,
    /// The average of their stars, 1 to 5.
    pub stars: Option<f64>,
    /// Minutes from being sent to the last acceptance; half took no longer.
    pub accept_median_min: Option<f64>,
    /// The same on average.
    pub accept_average_min: Option<f64>,
    /// Minutes from being sent to the last completion; half took no longer.
    pub complete_median_min: Option<f64>,
    /// The same on average.
    pub complete_average_min: Option<f64>,
}

impl From<TicketFigures> for TicketFiguresView {
    fn from(of: TicketFigures) -> Self {
        let minutes = |millis: Option<f64>| millis.map(|millis| tenths(millis / 60_000.0));
        Self {
            received: of.received,
            accepted: of.accepted,
            completed: of.completed,
            rated: of.rated,
            withdrawn: of.withdrawn,
            overdue: of.overdue,
            escalated: of.escalated,
            overdue_rate: (of.received > 0).then(|| of.overdue as f64 / of.received as f64),
            stars: of.stars.map(|stars| (stars * 100.0).round() / 100.0),
            accept_median_min: minutes(of.accept_median_ms),
            accept_average_min: minutes(of.accept_average_ms),
            complete_median_min: minutes(of.complete_median_ms),
            complete_average_min: minutes(of.complete_average_ms),
        }
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// One line of the statistics.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketStatisticsItem {
    /// The first day of the stretch, code of the kind, number of the level or id of the grid.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// A grid with others below it.
    pub further: bool,
    /// What became of its tickets.
    #[serde(flatten)]
    pub figures: TicketFiguresView,
}

impl TicketStatisticsItem {
    /// A line without anything below.
    pub fn of(key: String, name: String, figures: TicketFigures) -> Self {
        Self { key, name, further: false, figures: figures.into() }
    }
}

/// What became of the tickets that were sent in a period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketStatistics {
    /// `period`, `kind`, `level` or `grid`.
    pub by: String,
    /// `day`, `week` or `month`, by period only.
    #[schema(value_type = Option<String>)]
    pub bucket: Option<Bucket>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The grid whose tickets these are, with those below.
    pub grid: GridRef,
    /// The lines.
    pub items: Vec<TicketStatisticsItem>,
    /// All of them together.
    pub total: TicketFiguresView,
}

//! How much of everything there is at each scale.

use crate::cli::Scale;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The sizes of a demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Cells of the map from its middle to its rim, and degrees from a cell's middle to its corners.
    pub(super) map: (i32, f64),
    /// Townships.
    pub(super) towns: usize,
    /// Villages of each township, in turn.
    pub(super) villages: &'static [usize],
    /// Grids of level 4 in each village, in turn.
    pub(super) quarters: &'static [usize],
    /// Grids of level 5 in each of level 4, in turn.
    pub(super) groups: &'static [usize],
    /// People who serve grids; nothing: as many as come about.
    pub(super) staff: Option<usize>,
    /// Households of all grids of level 5.
    pub(super) households: u32,
    /// Residents with an account in each grid of level 5.
    pub(super) residents: usize,
    /// Requests of the past.
    pub(super) requests: usize,
    /// For so long they have been sent.
    pub(super) history_ms: i64,
    /// Whether requests have the ups and downs of real ones: quiet nights, returns, nudges, and some that nobody takes.
    pub(super) lifelike: bool,
    /// Of so many villages in turn the branch of one has a year of meetings; the others have those of the last weeks.
    pub(super) full_year_each: usize,
}

impl Extent {
    /// The sizes at `scale`.
    pub const fn of(scale: Scale) -> Self {
        match scale {
            // 1 + 1 + 3 + 9 + 26 = 40 grids, and three requests of each resident: what tests can tell at a glance.
            Scale::Small => Self {
                map: (9, 0.008),
                towns: 1,
                villages: &[3],
                quarters: &[3],
                groups: &[3, 3, 3, 3, 3, 3, 3, 3, 2],
                staff: None,
                households: 1_560,
                residents: 2,
                requests: 156,
                history_ms: 7 * DAY_MS,
                lifelike: false,
                full_year_each: 1,
            },
            // The manual's county: 8 townships, 98 villages, 98 and 741 grids below them.
            Scale::County => Self {
                map: (42, 0.0048),
                towns: 8,
                villages: &[13, 12, 12, 13, 12, 12, 12, 12],
                quarters: &[1],
                groups: &[8, 8, 7, 8, 7, 8, 7, 8, 7],
                staff: Some(3_327),
                households: 43_494,
                residents: 4,
                requests: 20_000,
                history_ms: 120 * DAY_MS,
                lifelike: true,
                full_year_each: 33,
            },
        }
    }
}

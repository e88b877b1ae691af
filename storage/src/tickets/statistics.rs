//! What became of tickets, added up by the database: counts, times and their medians, by stretch of time, kind, level or
//! grid.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::tree::STEP_WIDTH;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::Tickets;
use super::filter::{TicketFilter, conditions_of};
use crate::error::StorageError;

/// What tickets are added up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketGroup {
    /// All together; the key is empty.
    Total,
    /// By the stretch of time in which they were sent. The keys are the places of the stretches' starts, which are in
    /// order; the first of them is not later than any ticket of the filter.
    Period(Vec<Timestamp>),
    /// By kind; the keys are their codes.
    Kind,
    /// By the level that answers for them; the keys are `1` to `5`.
    Level,
    /// By the grid of this level that they lie in; the keys are paths, shorter ones for tickets of higher grids.
    Grid(u8),
}

/// What became of the tickets of one group, as they stand now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TicketFigures {
    /// All that were sent, withdrawn ones too.
    pub received: u64,
    /// Accepted, by now completed or not.
    pub accepted: u64,
    /// Completed, by now rated or not.
    pub completed: u64,
    /// Rated.
    pub rated: u64,
    /// Withdrawn.
    pub withdrawn: u64,
    /// A limit of theirs ended before it was met.
    pub overdue: u64,
    /// A level above their grid's had to answer for them.
    pub escalated: u64,
    /// The average of their stars.
    pub stars: Option<f64>,
    /// Milliseconds from being sent to the last acceptance: half of the accepted ones took no longer.
    pub accept_median_ms: Option<f64>,
    /// The same on average.
    pub accept_average_ms: Option<f64>,
    /// Milliseconds from being sent to the last completion: half of the completed ones took no longer.
    pub complete_median_ms: Option<f64>,
    /// The same on average.
    pub complete_average_ms: Option<f64>,
}

impl TicketGroup {
    /// The key of a ticket's row. The numbers in it are ours.
    fn sql(&self) -> String {
        match self {
            Self::Total => "''".to_owned(),
            Self::Period(starts) => stretch_of(starts),
            Self::Kind => "kind".to_owned(),
            Self::Level => format!("LENGTH(handling_path) / {STEP_WIDTH}"),
            Self::Grid(level) => format!("SUBSTR(grid_path, 1, {})", usize::from(*level) * STEP_WIDTH),
        }
    }
}

/// The place of the stretch that a ticket was sent in: by division where all are equally long, as days and weeks are.
fn stretch_of(starts: &[Timestamp]) -> String {
    let (Some(first), Some(second)) = (starts.first(), starts.get(1)) else { return "0".to_owned() };
    let length = second.since(*first);
    if starts.windows(2).all(|pair| pair[1].since(pair[0]) == length) {
        return format!("(submitted_at - {}) / {length}", first.millis());
    }
    let ends = starts.iter().skip(1).enumerate();
    let cases: String =
        ends.map(|(place, end)| format!("WHEN submitted_at < {} THEN {place} ", end.millis())).collect();
    format!("CASE {cases}ELSE {} END", starts.len() - 1)
}

impl Tickets {
    /// Adds up the tickets in scope that the filter lets through. Groups without tickets are left out; the others come in
    /// no order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn statistics(
        &self,
        scope: &Scope,
        filter: &TicketFilter,
        group: &TicketGroup,
    ) -> Result<Vec<(String, TicketFigures)>, StorageError> {
        let conditions = conditions_of(scope, filter);
        // The two in the middle of an even number, the middle one twice of an odd number.
        let median = |time: &str| {
            format!(
                "CAST(AVG(CASE WHEN {time}_place IN (({time}_count + 1) / 2, ({time}_count + 2) / 2) THEN {time} END) \
                 AS DOUBLE PRECISION)"
            )
        };
        let ranked = |time: &str| {
            format!(
                "ROW_NUMBER() OVER (PARTITION BY key ORDER BY CASE WHEN {time} IS NULL THEN 1 ELSE 0 END, {time}) \
                 AS {time}_place, COUNT({time}) OVER (PARTITION BY key) AS {time}_count"
            )
        };
        let average = |what: &str| format!("CAST(AVG({what}) AS DOUBLE PRECISION)");
        let counted = |condition: &str| format!("CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT)");
        let sql = format!(
            "WITH picked AS (SELECT CAST({} AS TEXT) AS key, state, stars, overdue_count, \
               handling_path <> grid_path AS climbed, accepted_at - submitted_at AS accepting, \
               completed_at - submitted_at AS completing FROM tickets{}), \
             ranked AS (SELECT picked.*, {}, {} FROM picked) \
             SELECT key, COUNT(*) AS received, {} AS accepted, {} AS completed, {} AS rated, {} AS withdrawn, \
               {} AS overdue, {} AS escalated, {} AS stars, {} AS accept_median, {} AS accept_average, \
               {} AS complete_median, {} AS complete_average FROM ranked GROUP BY key",
            group.sql(),
            conditions.to_where(),
            ranked("accepting"),
            ranked("completing"),
            counted("state IN ('accepted', 'completed', 'rated')"),
            counted("state IN ('completed', 'rated')"),
            counted("state = 'rated'"),
            counted("state = 'withdrawn'"),
            counted("overdue_count > 0"),
            counted("climbed"),
            average("stars"),
            median("accepting"),
            average("accepting"),
            median("completing"),
            average("completing"),
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get("key")?, read(row)?))).collect()
    }

    /// How many tickets in scope the filter lets through, counted no further than `most`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn count(&self, scope: &Scope, filter: &TicketFilter, most: u32) -> Result<u64, StorageError> {
        let conditions = conditions_of(scope, filter);
        let sql = format!(
            "SELECT COUNT(*) AS found FROM (SELECT id FROM tickets{} LIMIT {most}) AS few",
            conditions.to_where()
        );
        let row = conditions.query(sql).fetch_one(self.database.readers()).await?;
        Ok(row.try_get::<i64, _>("found")?.unsigned_abs())
    }
}

fn read(row: &AnyRow) -> Result<TicketFigures, sqlx::Error> {
    let count = |column: &str| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok(TicketFigures {
        received: count("received")?,
        accepted: count("accepted")?,
        completed: count("completed")?,
        rated: count("rated")?,
        withdrawn: count("withdrawn")?,
        overdue: count("overdue")?,
        escalated: count("escalated")?,
        stars: row.try_get("stars")?,
        accept_median_ms: row.try_get("accept_median")?,
        accept_average_ms: row.try_get("accept_average")?,
        complete_median_ms: row.try_get("complete_median")?,
        complete_average_ms: row.try_get("complete_average")?,
    })
}

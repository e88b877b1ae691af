//! What the grids' actors begin with, read at one number of the log.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_domain::board::{Board, BoardFact, BoardLimits, BoardUpdate, OpenPoint};
use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::GridId;
use lianxin_domain::ticket::Ticket;
use lianxin_storage::error::StorageError;
use lianxin_storage::log::EventLog;
use lianxin_storage::tickets::{Standing, Tickets};

use super::decision::Shared;

/// Events read at a time on the way back to midnight.
const PAGE: i64 = 1_000;

/// Counters, open tickets and the day's events as of one number.
pub struct GridLoad {
    as_of: u64,
    now: Timestamp,
    counters: HashMap<GridId, Counters>,
    open: Vec<Ticket>,
    today: Vec<BoardUpdate>,
}

impl GridLoad {
    /// Reads it all, while other nodes go on writing.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn read(log: &EventLog, tickets: &Tickets, now: Timestamp) -> Result<Self, StorageError> {
        let Standing { as_of, counters, open } = tickets.standing().await?;
        log.refresh_head().await?;
        let mut today = Vec::new();
        let midnight = day_start(now);
        let mut before = as_of + 1;
        loop {
            let page = log.before(before, PAGE).await?;
            let last_page = i64::try_from(page.len()).is_ok_and(|length| length < PAGE);
            before = page.last().map_or(0, |event| event.seq);
            let past_midnight = page.last().is_some_and(|event| event.at < midnight);
            today.extend(page.iter().filter_map(BoardFact::of).map(BoardUpdate::from));
            if last_page || past_midnight {
                break;
            }
        }
        today.reverse();
        Ok(Self { as_of, now, counters: counters.into_iter().collect(), open, today })
    }

    /// The number it was read at.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    /// One board and the tickets to decide on for every grid of the directory.
    pub(super) fn into_states(self, shared: &Shared) -> Vec<(GridId, Board, Vec<Ticket>)> {
        let directory = shared.directories.current();
        let limits = BoardLimits::from(&shared.rulebook.current().levels);
        let mut boards: HashMap<GridId, Board> = directory
            .all()
            .map(|entry| (entry.grid.id, Board::new(entry.grid.path.clone(), limits, self.now)))
            .collect();
        let chain = |grid_id: GridId| {
            let entry = directory.get(grid_id).cloned();
            let above =
                entry.iter().flat_map(|entry| entry.ladder.0.iter().map(|step| step.grid_id)).collect::<Vec<_>>();
            entry.map(|entry| entry.grid.id).into_iter().chain(above).collect::<Vec<_>>()
        };
        for board in boards.values_mut() {
            board.load(self.as_of, Counters::default(), []);
        }
        for (grid_id, counters) in &self.counters {
            for id in chain(*grid_id) {
                if let Some(board) = boards.get_mut(&id) {
                    board.load(self.as_of, *counters, []);
                }
            }
        }
        let mut own: HashMap<GridId, Vec<Ticket>> = HashMap::new();
        for ticket in self.open {
            let private = shared.kinds.get(&ticket.kind).is_none_or(|kind| kind.private);
            let point = Arc::new(OpenPoint::of(&ticket, private));
            for id in chain(ticket.grid_id) {
                if let Some(board) = boards.get_mut(&id) {
                    board.load(self.as_of, Counters::default(), [Arc::clone(&point)]);
                }
            }
            own.entry(ticket.grid_id).or_default().push(ticket);
        }
        for update in &self.today {
            for id in chain(update.fact.facts.grid_id) {
                if let Some(board) = boards.get_mut(&id) {
                    board.remember(update);
                }
            }
        }
        boards.into_iter().map(|(id, board)| (id, board, own.remove(&id).unwrap_or_default())).collect()
    }
}

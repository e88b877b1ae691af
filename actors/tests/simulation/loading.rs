//! How a node begins: counters and open tickets, read at one number of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use lianxin_actors::grid::state::GridState;
use lianxin_domain::board::{Board, OpenPoint};
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::GridId;
use lianxin_domain::ticket::Ticket;

use crate::database::int;
use crate::mutation::Mutation;
use crate::node::{Desk, Node};

/// How far a node's start is.
pub enum Load {
    Head,
    Counters(u64),
}

impl Node {
    /// Reads counters and open tickets as of one number of the log.
    pub fn go_on_loading(&mut self, desk: &mut Desk<'_>) {
        if !desk.connected {
            return;
        }
        let as_of = match self.load.take() {
            Some(Load::Head) if desk.mutation == Mutation::LoadedInTwoMoments => {
                self.load = Some(Load::Counters(desk.database.head()));
                return;
            }
            Some(Load::Counters(as_of)) => as_of,
            _ => desk.database.head(),
        };
        let cast = desk.cast;
        let empty = |path: &_| Board::new(Clone::clone(path), cast.board_limits(), desk.now);
        let mut boards: BTreeMap<GridId, Board> =
            cast.grids.iter().map(|grid| (*grid, empty(&cast.entry(*grid).grid.path))).collect();
        boards.values_mut().for_each(|board| board.load(as_of, Counters::default(), []));
        for (grid, row) in desk.database.rows_of("grid_counters") {
            let counters = Counters::from_array(std::array::from_fn(|column| int(&row[column + 1])));
            for above in cast.chain(grid.parse().unwrap()) {
                boards.get_mut(&above).unwrap().load(as_of, counters, []);
            }
        }
        let mut open: BTreeMap<GridId, Vec<Ticket>> = BTreeMap::new();
        for ticket in desk.database.fold().tickets().values().filter(|ticket| ticket.state_name().is_open()) {
            let point = Arc::new(OpenPoint::of(ticket, false));
            for above in cast.chain(ticket.grid_id) {
                boards.get_mut(&above).unwrap().load(as_of, Counters::default(), [Arc::clone(&point)]);
            }
            open.entry(ticket.grid_id).or_default().push(ticket.clone());
        }
        let state = |(grid, board)| (grid, GridState::new(board, open.remove(&grid).unwrap_or_default()));
        self.grids.states = boards.into_iter().map(state).collect();
        self.position = as_of;
        self.begin_at(as_of);
        self.hub.begin_at(as_of);
    }
}

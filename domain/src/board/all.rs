//! All boards at one number of the log, without the day's figures: what the boards of a day begin with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Board, BoardFact, BoardLimits, FEED, OpenPoint};
use crate::clock::Timestamp;
use crate::grid::Counters;
use crate::ids::{GridId, TicketId};
use crate::ticket::StateName;
use crate::tree::TreePath;

/// All boards at one number of the log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AllBoards {
    as_of: u64,
    grids: BTreeMap<TreePath, Grid>,
    open: BTreeMap<TicketId, Arc<OpenPoint>>,
}

/// What one grid's own tickets add to the boards on its way up.
#[derive(Debug, Clone, PartialEq)]
struct Grid {
    id: GridId,
    counters: Counters,
    /// The numbers of its newest events.
    feed: VecDeque<u64>,
}

impl AllBoards {
    /// The number of the log up to which events were taken over.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    /// Takes over the next ticket event; one that was taken over already changes nothing.
    pub fn apply(&mut self, fact: &BoardFact) {
        if fact.seq <= self.as_of {
            return;
        }
        self.as_of = fact.seq;
        let facts = &fact.facts;
        let grid = self.grids.entry(fact.grid_path.clone()).or_insert_with(|| Grid {
            id: facts.grid_id,
            counters: Counters::default(),
            feed: VecDeque::new(),
        });
        grid.counters += Counters::from_array(facts.delta);
        grid.feed.push_back(fact.seq);
        if grid.feed.len() > FEED {
            grid.feed.pop_front();
        }
        match fact.to_point() {
            Some(point) => self.open.insert(facts.ticket_id, Arc::new(point)),
            None => self.open.remove(&facts.ticket_id),
        };
    }

    /// Notes that nothing up to number `seq` is missing.
    pub fn reach(&mut self, seq: u64) {
        self.as_of = self.as_of.max(seq);
    }

    /// The board of the grid at `path`, for the day of `now`; its feed is [`AllBoards::feed`].
    pub fn board(&self, path: &TreePath, limits: BoardLimits, now: Timestamp) -> Board {
        let mut counters = Counters::default();
        for (_, grid) in self.inside(path) {
            counters += grid.counters;
        }
        let open = self.open.values().filter(|point| path.contains(&point.grid_path)).cloned();
        let mut board = Board::new(path.clone(), limits, now);
        board.load(self.as_of, counters, open);
        board
    }

    /// The numbers of the newest events of the subtree of `path`, in their order.
    pub fn feed(&self, path: &TreePath) -> Vec<u64> {
        let mut feed: Vec<u64> = self.inside(path).flat_map(|(_, grid)| grid.feed.iter().copied()).collect();
        feed.sort_unstable();
        feed.split_off(feed.len().saturating_sub(FEED))
    }

    fn inside<'a>(&'a self, path: &'a TreePath) -> impl Iterator<Item = (&'a TreePath, &'a Grid)> {
        self.grids.range(path.clone()..).take_while(|(inner, _)| path.contains(inner))
    }

    /// As text, to be stored.
    pub fn to_text(&self) -> String {
        let numbers: BTreeMap<GridId, u32> = self.grids.values().map(|grid| grid.id).zip(0..).collect();
        let grids = self.grids.iter().map(|(path, grid)| {
            GridRow(path.clone(), grid.id, grid.counters.to_array(), grid.feed.iter().copied().collect())
        });
        let open = self.open.values().filter_map(|point| {
            let position = point.lng.zip(point.lat);
            let grid = numbers.get(&point.grid_id).copied()?;
            let kind = point.kind.clone();
            Some(OpenRow(point.ticket_id, grid, kind, point.state, position, point.overdue, point.handling_level))
        });
        let stored = Stored { grids: grids.collect(), open: open.collect() };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads back what [`AllBoards::to_text`] wrote at number `as_of`; nothing when it is something else.
    pub fn from_text(as_of: u64, text: &str) -> Option<Self> {
        let Stored { grids, open } = serde_json::from_str(text).ok()?;
        let places: Vec<(GridId, TreePath)> = grids.iter().map(|GridRow(path, id, ..)| (*id, path.clone())).collect();
        let grids = grids.into_iter().map(|GridRow(path, id, counters, feed)| {
            (path, Grid { id, counters: Counters::from_array(counters), feed: feed.into() })
        });
        let open = open.into_iter().map(|OpenRow(ticket_id, grid, kind, state, position, overdue, handling_level)| {
            let (grid_id, grid_path) = places.get(usize::try_from(grid).ok()?).cloned()?;
            let point = OpenPoint {
                ticket_id,
                grid_id,
                kind,
                state,
                lng: position.map(|(lng, _)| lng),
                lat: position.map(|(_, lat)| lat),
                overdue,
                escalated: handling_level < grid_path.level(),
                handling_level,
                grid_path,
            };
            Some((ticket_id, Arc::new(point)))
        });
        Some(Self { as_of, grids: grids.collect(), open: open.collect::<Option<_>>()? })
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    grids: Vec<GridRow>,
    open: Vec<OpenRow>,
}

/// Path, id, counters, feed.
#[derive(Serialize, Deserialize)]
struct GridRow(TreePath, GridId, [i64; 6], Vec<u64>);

/// Ticket, place of its grid in the list of grids, kind, state, longitude and latitude, overdue, handling level.
#[derive(Serialize, Deserialize)]
struct OpenRow(TicketId, u32, String, StateName, Option<(f64, f64)>, bool, u8);

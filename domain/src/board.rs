//! What a board shows of a grid and everything below: a fold over the log's ticket events, equal to a recount at any
//! number of the log (ui.md, "The board").

mod all;
mod figures;
mod update;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use crate::calendar_day::day_start;
use crate::clock::Timestamp;
use crate::grid::{Counters, LEVELS, level_title};
use crate::ids::TicketId;
use crate::service_level::ServiceLevels;
use crate::ticket::StateName;
use crate::tree::TreePath;

pub use all::AllBoards;
pub use figures::{BoardFigures, KindCount, LadderCount, SlowGrid, Times, TodayFigures};
pub use update::{BoardEvent, BoardFact, BoardUpdate, OpenPoint};

/// Open tickets sent with a snapshot.
pub const MAX_POINTS: usize = 2_000;
/// Items of the live feed.
pub const FEED: usize = 20;
/// Rows of the list of the slowest grids.
const SLOWEST: usize = 5;
/// From this many stars on a rating counts as satisfied.
const SATISFIED: u8 = 4;

/// Durations that are averaged and held against a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Durations {
    sum_ms: i64,
    count: i64,
    within: i64,
}

impl Durations {
    fn add(&mut self, millis: i64, within: bool) {
        self.sum_ms += millis;
        self.count += 1;
        self.within += i64::from(within);
    }

    fn average_s(self) -> Option<i64> {
        (self.count > 0).then(|| self.sum_ms / self.count / 1000)
    }

    fn within_pct(self) -> Option<f64> {
        (self.count > 0).then(|| per_mille(self.within, self.count))
    }
}

/// In percent with one decimal.
fn per_mille(part: i64, whole: i64) -> f64 {
    (part * 1000 / whole) as f64 / 10.0
}

/// What happened since local midnight.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Today {
    submitted: i64,
    accepted: i64,
    completed: i64,
    rated: i64,
    nudged: i64,
    escalated: i64,
    satisfied: i64,
    kinds: BTreeMap<String, (String, i64)>,
    accept: Durations,
    finish: Durations,
    accept_by_child: HashMap<TreePath, Durations>,
}

/// The usual limits, shown beside the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardLimits {
    /// To accept, seconds; a workday counts as a day.
    pub accept_s: i64,
    /// To complete.
    pub finish_s: i64,
}

impl From<&ServiceLevels> for BoardLimits {
    fn from(levels: &ServiceLevels) -> Self {
        Self { accept_s: levels.accept.plain_ms() / 1000, finish_s: levels.finish.plain_ms() / 1000 }
    }
}

/// Open tickets that one level answers for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Step {
    open: i64,
    escalated: i64,
    overdue: i64,
}

/// The state of one grid's board.
#[derive(Debug, Clone)]
pub struct Board {
    path: TreePath,
    limits: BoardLimits,
    as_of: u64,
    counters: Counters,
    open: BTreeMap<TicketId, Arc<OpenPoint>>,
    waiting_by_child: HashMap<TreePath, i64>,
    ladder: [Step; LEVELS as usize],
    feed: VecDeque<Arc<BoardEvent>>,
    day: Timestamp,
    today: Today,
}

impl Board {
    /// The empty board of the grid at `path`, as of number 0 and the day of `now`.
    pub fn new(path: TreePath, limits: BoardLimits, now: Timestamp) -> Self {
        Self {
            path,
            limits,
            as_of: 0,
            counters: Counters::default(),
            open: BTreeMap::new(),
            waiting_by_child: HashMap::new(),
            ladder: [Step::default(); LEVELS as usize],
            feed: VecDeque::new(),
            day: day_start(now),
            today: Today::default(),
        }
    }

    /// Where the grid lies.
    pub const fn path(&self) -> &TreePath {
        &self.path
    }

    /// The grid was moved. Only one that nothing was ever asked of is: the board is empty and stays right.
    pub fn lie_at(&mut self, path: TreePath) {
        self.path = path;
    }

    /// Takes over what stood at number `seq`: counters and open tickets of the subtree.
    pub fn load(&mut self, seq: u64, counters: Counters, open: impl IntoIterator<Item = Arc<OpenPoint>>) {
        self.as_of = seq;
        self.counters += counters;
        for point in open {
            self.put(point);
        }
    }

    /// Takes over an event from before the loaded number: it only fills the day's figures and the feed.
    pub fn remember(&mut self, update: &BoardUpdate) {
        self.count_today(&update.fact);
        self.show(&update.event);
    }

    /// Takes over the next event; one that was taken over already changes nothing.
    pub fn apply(&mut self, update: &BoardUpdate) {
        let fact = &update.fact;
        if fact.seq <= self.as_of {
            return;
        }
        self.as_of = fact.seq;
        self.counters += Counters::from_array(fact.facts.delta);
        self.take(fact.facts.ticket_id);
        if let Some(point) = &update.point {
            self.put(Arc::clone(point));
        }
        self.remember(update);
    }

    /// The number of the last event taken over.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    /// The counters of the subtree.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Starts a new day's figures when one began.
    pub fn turn_day(&mut self, now: Timestamp) {
        let day = day_start(now);
        if day > self.day {
            self.day = day;
            self.today = Today::default();
        }
    }

    /// Shows other limits from now on.
    pub const fn set_limits(&mut self, limits: BoardLimits) {
        self.limits = limits;
    }

    fn count_step(&mut self, point: &OpenPoint, sign: i64) {
        if let Some(step) = self.ladder.get_mut(usize::from(point.handling_level).wrapping_sub(1)) {
            step.open += sign;
            step.escalated += sign * i64::from(point.escalated);
            step.overdue += sign * i64::from(point.overdue);
        }
    }

    fn put(&mut self, point: Arc<OpenPoint>) {
        self.count_step(&point, 1);
        if let Some(child) = self.child_of(&point.grid_path).filter(|_| point.state == StateName::Submitted) {
            *self.waiting_by_child.entry(child).or_default() += 1;
        }
        self.open.insert(point.ticket_id, point);
    }

    fn take(&mut self, id: TicketId) {
        let Some(point) = self.open.remove(&id) else { return };
        self.count_step(&point, -1);
        if let Some(child) = self.child_of(&point.grid_path).filter(|_| point.state == StateName::Submitted)
            && let Some(waiting) = self.waiting_by_child.get_mut(&child)
        {
            *waiting -= 1;
        }
    }

    /// The direct child on the way to `path`; a grid without children stands for itself.
    fn child_of(&self, path: &TreePath) -> Option<TreePath> {
        let level = usize::from(self.path.level());
        let step = path.chain().nth(level).or_else(|| path.chain().next_back());
        step.and_then(|step| TreePath::try_from(step.to_owned()).ok())
    }

    fn show(&mut self, event: &Arc<BoardEvent>) {
        self.feed.push_front(Arc::clone(event));
        self.feed.truncate(FEED);
    }

    fn count_today(&mut self, fact: &BoardFact) {
        self.turn_day(fact.at);
        if fact.at < self.day {
            return;
        }
        let elapsed = fact.facts.elapsed_ms.unwrap_or_default();
        let within = fact.facts.within.unwrap_or(true);
        match fact.event.as_str() {
            "ticket.submitted" => {
                self.today.submitted += 1;
                let title = || (fact.facts.kind_title.clone(), 0);
                self.today.kinds.entry(fact.facts.kind.clone()).or_insert_with(title).1 += 1;
            }
            "ticket.accepted" => {
                self.today.accepted += 1;
                self.today.accept.add(elapsed, within);
                if let Some(child) = self.child_of(&fact.grid_path) {
                    self.today.accept_by_child.entry(child).or_default().add(elapsed, within);
                }
            }
            "ticket.completed" => {
                self.today.completed += 1;
                self.today.finish.add(elapsed, within);
            }
            "ticket.rated" => {
                self.today.rated += 1;
                self.today.satisfied += i64::from(fact.stars.is_some_and(|stars| stars >= SATISFIED));
            }
            "ticket.nudged" => self.today.nudged += 1,
            "ticket.escalated" => self.today.escalated += 1,
            _ => {}
        }
    }

    /// Everything the board shows but the points and the feed: what is sent again and again.
    pub fn figures(&self) -> BoardFigures {
        let today = &self.today;
        BoardFigures {
            counters: self.counters,
            today: TodayFigures {
                submitted: today.submitted,
                accepted: today.accepted,
                completed: today.completed,
                rated: today.rated,
                nudged: today.nudged,
                escalated: today.escalated,
                satisfied_pct: (today.rated > 0).then(|| per_mille(today.satisfied, today.rated)),
            },
            kinds: today
                .kinds
                .iter()
                .map(|(kind, (title, count))| KindCount { kind: kind.clone(), title: title.clone(), count: *count })
                .collect(),
            times: Times {
                accept_avg_s: today.accept.average_s(),
                accept_within_pct: today.accept.within_pct(),
                accept_limit_s: self.limits.accept_s,
                finish_avg_s: today.finish.average_s(),
                finish_within_pct: today.finish.within_pct(),
                finish_limit_s: self.limits.finish_s,
            },
            ladder: (1..=LEVELS)
                .zip(self.ladder)
                .map(|(level, step)| LadderCount {
                    level,
                    level_title: level_title(level),
                    count: step.open,
                    escalated: step.escalated,
                    overdue: step.overdue,
                })
                .collect(),
            slowest: self.slowest(),
        }
    }

    fn slowest(&self) -> Vec<SlowGrid> {
        let mut grids: Vec<SlowGrid> = self
            .today
            .accept_by_child
            .iter()
            .filter_map(|(path, durations)| {
                let waiting = self.waiting_by_child.get(path).copied().unwrap_or_default();
                durations.average_s().map(|accept_avg_s| SlowGrid { path: path.clone(), accept_avg_s, waiting })
            })
            .collect();
        grids.sort_unstable_by(|a, b| (b.accept_avg_s, &a.path).cmp(&(a.accept_avg_s, &b.path)));
        grids.truncate(SLOWEST);
        grids
    }

    /// The newest open tickets.
    pub fn points(&self) -> Vec<Arc<OpenPoint>> {
        self.open.values().rev().take(MAX_POINTS).cloned().collect()
    }

    /// The newest events.
    pub fn feed(&self) -> Vec<Arc<BoardEvent>> {
        self.feed.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests;

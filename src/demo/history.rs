//! The past requests of the invented county, told step by step in the order of their time by the rules that hold for real
//! ones ([`Chronicle`]). Lived through by the grids' actors, with a commit between any two steps, the county's 20,000 would
//! take minutes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use lianxin_actors::directory::Directory;
use lianxin_actors::grid::chronicle::Chronicle;
use lianxin_domain::access::Caller;
use lianxin_domain::clock::{ManualClock, Timestamp};
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::ticket::{Command, StateName, Ticket};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::notifications::Notifications;

use super::cast::Cast;
use super::days::times;
use super::dice::Dice;
use super::extent::Extent;
use super::pipeline::Pipeline;
use super::stories::{Story, done_note, invent, nudge_note, rating, return_reason, sentence, showcase};
use crate::cli::say;
use crate::core::{Core, StartError};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Requests that nobody takes were sent so lately: older ones were found by somebody.
const FORGOTTEN_MS: i64 = 3 * DAY_MS;
/// What people were told before this was read by now.
const UNREAD_MS: i64 = DAY_MS;
/// Requests that concern many and were taken since then were made known.
const KNOWN_MS: i64 = 2 * DAY_MS;
/// So long after somebody took them.
const KNOWN_AFTER_MS: i64 = 8 * MINUTE_MS;
/// The one that people see first is followed by so many.
const SHOWCASE: usize = 25;
/// Between two lines that say how far it is.
const PROGRESS: usize = 5_000;
/// Rows of tickets, and marks of inboxes, in one change.
const CHUNK: usize = 100;

/// What happens to a request next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Withdraw,
    Nudge,
    ReadNudge,
    Accept,
    Return,
    MakeKnown,
    Complete,
    Rate,
}

/// A request on its way.
struct Way {
    grid_id: GridId,
    resident: Caller,
    worker: Option<Caller>,
    /// It is under way when the present begins.
    shown: bool,
}

/// The requests of the past.
pub(super) struct Requests<'a> {
    core: &'a Core,
    cast: &'a Cast,
    directory: Arc<Directory>,
    chronicle: Chronicle,
    pipeline: Pipeline,
    dice: Dice,
    lifelike: bool,
    /// The present that it all leads to.
    now: Timestamp,
    /// When they are sent, the last first.
    to_send: Vec<i64>,
    sent: usize,
    ways: HashMap<TicketId, Way>,
    steps: BinaryHeap<Reverse<(i64, usize, TicketId, Step)>>,
    planned: usize,
}

impl<'a> Requests<'a> {
    /// None told yet.
    pub(super) fn new(
        core: &'a Core,
        cast: &'a Cast,
        directory: Arc<Directory>,
        chronicle: Chronicle,
        extent: &Extent,
        now: Timestamp,
    ) -> Self {
        let mut to_send = times(extent, now);
        to_send.reverse();
        Self {
            core,
            cast,
            directory,
            chronicle,
            pipeline: Pipeline::new(&core.journal),
            dice: Dice::new(20_261_121),
            lifelike: extent.lifelike,
            now,
            to_send,
            sent: 0,
            ways: HashMap::new(),
            steps: BinaryHeap::new(),
            planned: 0,
        }
    }

    /// Tells all that happens up to `until`, with `clock` at the time of each step.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused: the past would not be what it says.
    pub(super) async fn tell_until(&mut self, clock: &ManualClock, until: Timestamp) -> Result<(), StartError> {
        loop {
            let send = self.to_send.last().copied();
            let step = self.steps.peek().map(|Reverse((at, ..))| *at);
            let next = [send, step].into_iter().flatten().min().filter(|at| *at <= until.millis());
            let at = next.map_or(until, Timestamp::from_millis);
            while let Some(change) = self.chronicle.pass(at) {
                self.pipeline.push(change).await?;
            }
            let Some(next) = next else { return self.pipeline.settle().await };
            clock.set(at);
            if send == Some(next) {
                self.to_send.pop();
                self.send(at).await?;
            } else if let Some(Reverse((_, _, id, step))) = self.steps.pop() {
                self.step(id, step, at).await?;
            }
        }
    }

    /// Writes the tickets as they are in the end; answers how many there are.
    ///
    /// # Errors
    /// [`StartError`] when the storage fails.
    pub(super) async fn end(mut self, now: Timestamp) -> Result<usize, StartError> {
        let told = self.chronicle.len();
        let mut rows = self.chronicle.rows().peekable();
        while rows.peek().is_some() {
            let mut change = Change::new(now, None, None);
            change.writes = rows.by_ref().take(CHUNK).flatten().collect();
            self.pipeline.push(change).await?;
        }
        if self.lifelike {
            let until = now.plus_millis(-UNREAD_MS);
            let marks: Vec<Write> =
                self.cast.everybody().map(|account| Notifications::read_all(account, until, until)).collect();
            for chunk in marks.chunks(CHUNK) {
                let mut change = Change::new(now, None, None);
                change.writes = chunk.to_vec();
                self.pipeline.push(change).await?;
            }
        }
        self.pipeline.settle().await?;
        Ok(told)
    }

    async fn send(&mut self, at: Timestamp) -> Result<(), StartError> {
        let shown = self.lifelike && self.to_send.len() == SHOWCASE;
        let tell = if shown { showcase } else { invent };
        let Some(story) = tell(self.cast, &self.directory, &self.core.ids, &mut self.dice) else { return Ok(()) };
        let Story { grid_id, new, resident } = story;
        let id = new.id;
        let change = self.chronicle.submit(grid_id, new, (&resident, self.core.ids.next()), at)?;
        self.pipeline.push(change).await?;
        self.ways.insert(id, Way { grid_id, resident, worker: None, shown });
        if shown {
            self.plan(id, Step::Accept, at, 6, 1);
        } else {
            self.begin(id, at);
        }
        self.sent += 1;
        if self.sent.is_multiple_of(PROGRESS) {
            say(&format!("  诉求：已写入 {} 件，写到 {}", self.sent, day(at)));
            // All in one go; nobody else keeps the write-ahead log short meanwhile.
            checkpoint(&self.core.database).await?;
        }
        Ok(())
    }

    /// What becomes of a fresh request.
    fn begin(&mut self, id: TicketId, at: Timestamp) {
        if !self.lifelike {
            let slow = self.dice.below(6) == 0;
            return self.plan(id, Step::Accept, at, 1, if slow { 90 } else { 25 });
        }
        let lately = self.now.since(at) < FORGOTTEN_MS;
        match self.dice.below(240) {
            0..6 if lately => {}
            6..10 => return self.plan(id, Step::Withdraw, at, 5, 25),
            // Taken when the level above, or the one above that, asked for it.
            10..16 => self.plan(id, Step::Accept, at, 35, 2 * 60),
            16..26 => self.plan(id, Step::Accept, at, 10, 40),
            _ => self.plan(id, Step::Accept, at, 1, 24),
        }
        if self.dice.below(14) == 0 {
            self.plan(id, Step::Nudge, at, 15, 6 * 60);
        }
    }

    async fn step(&mut self, id: TicketId, step: Step, at: Timestamp) -> Result<(), StartError> {
        let Some(state) = self.chronicle.ticket(id).map(Ticket::state_name) else { return Ok(()) };
        match step {
            Step::Withdraw if state == StateName::Submitted => self.resident(id, Command::Withdraw, at).await,
            Step::Accept if state == StateName::Submitted => self.accept(id, at).await,
            Step::Return if state == StateName::Accepted => {
                let reason = return_reason(&mut self.dice);
                self.worker(id, Command::Return { reason }, at).await?;
                self.plan(id, Step::Accept, at, 3, 25);
                Ok(())
            }
            Step::Complete if state == StateName::Accepted => {
                let note = done_note(&mut self.dice);
                self.worker(id, Command::Complete { note, attachments: Vec::new() }, at).await?;
                if self.dice.below(8) > 0 {
                    self.plan(id, Step::Rate, at, 5, 10 * 60);
                }
                Ok(())
            }
            Step::Rate if state == StateName::Completed => {
                let judgement = rating(&mut self.dice);
                self.resident(id, judgement, at).await?;
                self.ways.remove(&id);
                Ok(())
            }
            Step::Nudge if state.is_open() => self.nudge(id, at).await,
            Step::ReadNudge if state == StateName::Accepted => {
                let nudges = self.chronicle.ticket(id).and_then(|ticket| ticket.nudges.as_ref());
                if nudges.is_some_and(|nudges| nudges.read_at.is_none()) {
                    self.worker(id, Command::ReadNudge, at).await?;
                }
                Ok(())
            }
            Step::MakeKnown if state == StateName::Accepted => self.make_known(id, at).await,
            // Somebody was faster.
            _ => Ok(()),
        }
    }

    async fn accept(&mut self, id: TicketId, at: Timestamp) -> Result<(), StartError> {
        let Some(way) = self.ways.get_mut(&id) else { return Ok(()) };
        let workers = self.cast.workers_of(way.grid_id);
        let Some(worker) = self.dice.pick(&workers).map(|person| person.caller(self.core.ids.next())) else {
            return Ok(());
        };
        way.worker = Some(worker);
        let shown = way.shown;
        self.worker(id, Command::Accept, at).await?;
        self.lately_known(id, at);
        if shown {
            return Ok(());
        }
        match self.dice.below(24) {
            0 if self.lifelike => self.plan(id, Step::Return, at, 8, 50),
            // What takes more than one visit, and what is not done within a day.
            1..4 if self.lifelike => self.plan(id, Step::Complete, at, 9 * 60, 14 * 60),
            4 if self.lifelike && self.dice.below(3) == 0 => self.plan(id, Step::Complete, at, 24 * 60, 4 * 60),
            _ => self.plan(id, Step::Complete, at, 30, 12 * 60),
        }
        Ok(())
    }

    /// What concerns many is made public soon, of the last days' requests.
    fn lately_known(&mut self, id: TicketId, at: Timestamp) {
        let concerns_many = self.chronicle.ticket(id).is_some_and(|ticket| sentence(&ticket.content).is_some());
        let known = at.plus_millis(KNOWN_AFTER_MS);
        if concerns_many && self.now.since(at) < KNOWN_MS && known < self.now {
            self.steps.push(Reverse((known.millis(), self.planned, id, Step::MakeKnown)));
            self.planned += 1;
        }
    }

    async fn make_known(&mut self, id: TicketId, at: Timestamp) -> Result<(), StartError> {
        let said = self.chronicle.ticket(id).filter(|ticket| ticket.known.is_none());
        let Some(text) = said.and_then(|ticket| sentence(&ticket.content)) else { return Ok(()) };
        self.worker(id, Command::MakeKnown { text: text.to_owned(), private: false }, at).await
    }

    /// The nearest leader asks to hurry, and mostly hears that it was heard.
    async fn nudge(&mut self, id: TicketId, at: Timestamp) -> Result<(), StartError> {
        let Some(way) = self.ways.get(&id) else { return Ok(()) };
        let leader = self.cast.leaders_above(way.grid_id).first().map(|person| person.caller(self.core.ids.next()));
        let Some(leader) = leader else { return Ok(()) };
        let note = nudge_note(&mut self.dice);
        self.act(id, &Command::Nudge { note: Some(note) }, &leader, at).await?;
        if self.dice.below(10) > 0 {
            self.plan(id, Step::ReadNudge, at, 1, 15);
        }
        Ok(())
    }

    async fn resident(&mut self, id: TicketId, command: Command, at: Timestamp) -> Result<(), StartError> {
        let Some(resident) = self.ways.get(&id).map(|way| way.resident.clone()) else { return Ok(()) };
        self.act(id, &command, &resident, at).await
    }

    async fn worker(&mut self, id: TicketId, command: Command, at: Timestamp) -> Result<(), StartError> {
        let Some(worker) = self.ways.get(&id).and_then(|way| way.worker.clone()) else { return Ok(()) };
        self.act(id, &command, &worker, at).await
    }

    async fn act(&mut self, id: TicketId, command: &Command, by: &Caller, at: Timestamp) -> Result<(), StartError> {
        let change = self.chronicle.act(id, command, (by, self.core.ids.next()), at)?;
        self.pipeline.push(change).await
    }

    /// `step` follows within `spread` minutes from `least` minutes on.
    fn plan(&mut self, id: TicketId, step: Step, at: Timestamp, least: i64, spread: u64) {
        let wait = least + i64::try_from(self.dice.below(spread)).unwrap_or_default();
        let at = at.plus_millis(wait * MINUTE_MS);
        if at < self.now {
            self.steps.push(Reverse((at.millis(), self.planned, id, step)));
            self.planned += 1;
        }
    }
}

fn day(at: Timestamp) -> String {
    lianxin_domain::calendar_day::local_date(at).map(|date| date.to_string()).unwrap_or_default()
}

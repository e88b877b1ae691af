//! What the clock knows of the table's limits, and which of them is to be told now. Pure.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::rc::Rc;

use lianxin_domain::clock::Timestamp;
use lianxin_storage::deadlines::Deadline;

use super::wheel::Wheel;

/// What ends within this from a reading on is known.
pub const WINDOW_MS: i64 = Wheel::<Key>::WINDOW_MS;
/// A limit that was told without effect is told again after 1 s, 2 s, 4 s …, and never later than after this.
const LONGEST_PAUSE_MS: i64 = 60_000;

/// Id of a deadline's row.
pub type Key = Rc<str>;

#[derive(Debug)]
struct Limit {
    deadline: Deadline,
    state: State,
    /// How often it was told.
    tries: u32,
    /// Not told again before; the beginning of time while it was not told yet.
    not_before: Timestamp,
    /// The last reading, by number, during or after which it was found or told of.
    seen: u64,
    /// The last reading, by number, during or after which the bell told of it.
    belled: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// In the wheel; or told, and left to the next reading to say whether its row is gone.
    Quiet,
    /// Being told. `next` is what its row became meanwhile.
    Told { next: Option<Deadline> },
}

/// The limits in reach.
#[derive(Debug)]
pub struct Limits {
    wheel: Wheel<Key>,
    by_key: HashMap<Key, Limit>,
    in_flight: usize,
    /// Number of the last reading that began.
    reading: u64,
}

impl Limits {
    /// None yet.
    pub fn new(now: Timestamp) -> Self {
        Self { wheel: Wheel::new(now), by_key: HashMap::new(), in_flight: 0, reading: 0 }
    }

    /// How many wait for their time.
    pub fn armed(&self) -> usize {
        self.wheel.len()
    }

    /// How many are being told.
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether this row was found or told of lately.
    pub fn knows(&self, id: &str) -> bool {
        self.by_key.contains_key(id)
    }

    /// From now on the table is read.
    pub const fn begin_reading(&mut self) {
        self.reading += 1;
    }

    /// The table has this row.
    pub fn found(&mut self, deadline: Deadline, now: Timestamp) {
        // What the bell told of since the reading began may be newer than the page.
        if self.by_key.get(deadline.id.as_str()).is_none_or(|limit| limit.belled != self.reading) {
            self.know(deadline, now);
        }
    }

    /// The bell told of this row.
    pub fn belled(&mut self, deadline: Deadline, now: Timestamp) {
        let key = self.know(deadline, now);
        if let Some(limit) = self.by_key.get_mut(&key) {
            limit.belled = self.reading;
        }
    }

    /// The table was read to its end: rows that were not found are gone, so they need not be told.
    pub fn end_reading(&mut self) {
        let (wheel, reading) = (&mut self.wheel, self.reading);
        self.by_key.retain(|key, limit| {
            let keep = limit.seen == reading || limit.state != State::Quiet;
            if !keep {
                wheel.disarm(key);
            }
            keep
        });
    }

    /// The next limit to tell now; it is being told until [`handled`](Self::handled).
    pub fn next_due(&mut self, now: Timestamp) -> Option<(Key, Deadline)> {
        let (key, _) = self.wheel.pop(now)?;
        let limit = self.by_key.get_mut(&key)?;
        limit.state = State::Told { next: None };
        self.in_flight += 1;
        Some((key, limit.deadline.clone()))
    }

    /// It was told; `done` when it took effect or proved void. Answers what was told.
    pub fn handled(&mut self, key: &Key, done: bool, now: Timestamp) -> Option<Deadline> {
        let limit = self.by_key.get_mut(key)?;
        let State::Told { next } = std::mem::replace(&mut limit.state, State::Quiet) else { return None };
        self.in_flight -= 1;
        if let Some(next) = next {
            let told = limit.renew(next);
            self.wheel.arm(Rc::clone(key), limit.next_at(now));
            return Some(told);
        }
        limit.tries += 1;
        limit.not_before = now.plus_millis(pause_ms(limit.tries));
        if !done {
            self.wheel.arm(Rc::clone(key), limit.next_at(now));
        }
        Some(limit.deadline.clone())
    }

    fn know(&mut self, deadline: Deadline, now: Timestamp) -> Key {
        let Some((key, _)) = self.by_key.get_key_value(deadline.id.as_str()) else {
            let key = Key::from(deadline.id.as_str());
            let limit = Limit::new(deadline, self.reading);
            self.wheel.arm(Rc::clone(&key), limit.next_at(now));
            self.by_key.insert(Rc::clone(&key), limit);
            return key;
        };
        let key = Rc::clone(key);
        if let Some(limit) = self.by_key.get_mut(&key) {
            limit.seen = self.reading;
            let moved = limit.deadline != deadline;
            match &mut limit.state {
                State::Told { next } => *next = moved.then_some(deadline),
                State::Quiet => {
                    if moved {
                        limit.renew(deadline);
                    }
                    self.wheel.arm(Rc::clone(&key), limit.next_at(now));
                }
            }
        }
        key
    }
}

impl Limit {
    const fn new(deadline: Deadline, seen: u64) -> Self {
        let not_before = Timestamp::from_millis(i64::MIN);
        Self { deadline, state: State::Quiet, tries: 0, not_before, seen, belled: 0 }
    }

    /// Its row ends at another time now; answers what it was.
    fn renew(&mut self, deadline: Deadline) -> Deadline {
        self.tries = 0;
        self.not_before = Timestamp::from_millis(i64::MIN);
        std::mem::replace(&mut self.deadline, deadline)
    }

    /// When it is to be told. No pause lasts longer because the clock went back meanwhile.
    fn next_at(&self, now: Timestamp) -> Timestamp {
        self.deadline.due_at.max(self.not_before.min(now.plus_millis(LONGEST_PAUSE_MS)))
    }
}

fn pause_ms(tries: u32) -> i64 {
    // 64 s is the first that is too long.
    (1_000 << tries.saturating_sub(1).min(6)).min(LONGEST_PAUSE_MS)
}

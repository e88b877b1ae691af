//! The escalation clock of a node: the real limits and their wheel, over the rows of deadlines that it reads now and then.

use std::collections::VecDeque;

use lianxin_actors::clock::limits::{Key, Limits, WINDOW_MS};
use lianxin_actors::meeting::{COUNT, TICK};
use lianxin_domain::clock::Timestamp;
use lianxin_storage::deadlines::Deadline;
use lianxin_storage::table::Cell;

use crate::database::{Database, int};
use crate::node::{Desk, Node};

const READ_EVERY_MS: i64 = WINDOW_MS / 2;
const READ_AGAIN_MS: i64 = 1_000;
const IN_FLIGHT: usize = 8;

pub struct Watch {
    limits: Limits,
    bell: VecDeque<Deadline>,
    /// What the database answered, on its way to the clock.
    page: Option<Vec<Deadline>>,
    begun_at: Timestamp,
    read_until: Timestamp,
    last_read_at: Timestamp,
    next_read_at: Timestamp,
}

impl Watch {
    pub fn new(now: Timestamp) -> Self {
        Self {
            limits: Limits::new(now),
            bell: VecDeque::new(),
            page: None,
            begun_at: now,
            read_until: now,
            last_read_at: now,
            next_read_at: now,
        }
    }

    /// This limit runs now.
    pub fn ring(&mut self, deadline: Deadline) {
        self.bell.push_back(deadline);
    }

    pub fn handled(&mut self, row: &Key, done: bool, now: Timestamp) {
        self.limits.handled(row, done, now);
    }

    pub fn is_idle(&self) -> bool {
        self.limits.in_flight() == 0 && self.bell.is_empty() && self.page.is_none()
    }

    /// One look: the bell, what was read, and whether to read again.
    fn look(&mut self, desk: &Desk<'_>) {
        let now = desk.now;
        while let Some(deadline) = self.bell.pop_front() {
            if deadline.due_at < self.read_until || self.limits.knows(&deadline.id) {
                self.limits.belled(deadline, now);
            }
        }
        if let Some(page) = self.page.take() {
            page.into_iter().for_each(|deadline| self.limits.found(deadline, now));
            self.limits.end_reading();
            self.next_read_at = self.begun_at.plus_millis(READ_EVERY_MS);
        } else if now >= self.next_read_at || now < self.last_read_at {
            self.limits.begin_reading();
            self.read_until = now.plus_millis(WINDOW_MS);
            (self.last_read_at, self.begun_at) = (now, now);
            if desk.connected {
                self.page = Some(rows_before(desk.database, self.read_until));
            } else {
                self.next_read_at = now.plus_millis(READ_AGAIN_MS);
            }
        }
    }
}

impl Node {
    /// The clock looks, and tells of what is over.
    pub fn turn_clock(&mut self, desk: &mut Desk<'_>) {
        self.watch.look(desk);
        while self.watch.limits.in_flight() < IN_FLIGHT
            && let Some((row, deadline)) = self.watch.limits.next_due(desk.now)
        {
            if deadline.kind == TICK {
                self.tick(row, desk);
            } else if deadline.kind == COUNT {
                self.count_votes(Some(row), desk);
            } else {
                self.limit_over(row, deadline.subject_id.parse().unwrap(), deadline.due_at, desk);
            }
        }
    }
}

pub fn rows_before(database: &Database, end: Timestamp) -> Vec<Deadline> {
    let text = |cell: &Cell| match cell {
        Cell::Text(Some(text)) => text.clone(),
        other => panic!("not a text: {other:?}"),
    };
    let read = |(id, row): (&str, &Vec<Cell>)| Deadline {
        id: id.to_owned(),
        kind: text(&row[1]),
        subject_id: text(&row[2]),
        due_at: Timestamp::from_millis(int(&row[3])),
    };
    let mut rows: Vec<Deadline> = database.rows_of("deadlines").map(read).filter(|row| row.due_at < end).collect();
    rows.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    rows
}

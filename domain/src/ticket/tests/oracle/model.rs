//! A ticket's clock as one would keep it by hand: few numbers, and a walk by minutes for each end.

use super::*;

/// The limits of each level, and whether somebody leads it; the first is the county.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    pub(super) accept: [Limit; 4],
    pub(super) finish: [Limit; 4],
    pub(super) led: [bool; 3],
    pub(super) warn_percent: u8,
    pub(super) pause_workdays: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) accepted: bool,
    pub(super) closed: bool,
    pub(super) level: usize,
    pub(super) returns: u32,
    start: i64,
    limit: Limit,
    pub(super) more: Option<Limit>,
    pub(super) extended: bool,
    pub(super) asked: Option<Limit>,
    pub(super) pauses: Vec<(i64, i64)>,
    /// Since when it stands still, and until when at most.
    pub(super) stopped: Option<(i64, i64)>,
    pub(super) due: i64,
    pub(super) warn: Option<i64>,
    pub(super) overdue: bool,
    pub(super) ended: bool,
    /// Minutes looked at.
    pub(super) looked: u64,
}

impl Model {
    /// The clock of a ticket that was just sent to the lowest level.
    pub(super) fn sent(levels: &Levels, calendar: &WorkingCalendar, now: i64) -> Self {
        let mut model = Self {
            accepted: false,
            closed: false,
            level: 4,
            returns: 0,
            start: now,
            limit: levels.accept[3],
            more: None,
            extended: false,
            asked: None,
            pauses: Vec::new(),
            stopped: None,
            due: now,
            warn: None,
            overdue: false,
            ended: false,
            looked: 0,
        };
        model.anew(false, levels, calendar, now);
        model
    }

    /// Another hand: everything begins anew.
    pub(super) fn anew(&mut self, accepted: bool, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        self.accepted = accepted;
        self.closed = false;
        self.extended = false;
        self.overdue = false;
        self.asked = None;
        self.begin(levels, calendar, now);
    }

    /// The time of the present level begins.
    fn begin(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        self.start = now;
        self.limit = self.limit_now(levels);
        self.more = None;
        self.pauses.clear();
        self.stopped = None;
        self.ended = false;
        self.work_out(levels, calendar, now);
    }

    fn limit_now(&self, levels: &Levels) -> Limit {
        if self.accepted { levels.finish[self.level - 1] } else { levels.accept[self.level - 1] }
    }

    fn work_out(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        let mut office = Office::new(calendar);
        let (part, end) = office.ends(self.start, (self.limit, self.more), &self.pauses, levels.warn_percent);
        self.looked += office.looked;
        self.due = end;
        self.warn = Some(part).filter(|at| levels.warn_percent > 0 && now < *at && *at < end);
    }

    /// One level up, to the next that is led; false at the top.
    pub(super) fn climb(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) -> bool {
        if self.level == 1 {
            return false;
        }
        self.level -= 1;
        while self.level > 1 && !levels.led[self.level - 1] {
            self.level -= 1;
        }
        self.begin(levels, calendar, now);
        true
    }

    pub(super) fn late(&self, now: i64) -> bool {
        self.overdue || (self.stopped.is_none() && self.due <= now)
    }

    pub(super) fn next(&self) -> Option<i64> {
        let due = Some(self.due).filter(|_| !self.ended);
        match self.stopped {
            _ if self.closed => None,
            Some((_, until)) => Some(until),
            None => self.warn.into_iter().chain(due).min(),
        }
    }

    /// All that is over at `now` happens, each once.
    pub(super) fn look(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        while self.next().is_some_and(|at| at <= now) {
            if let Some((_, until)) = self.stopped {
                self.go_on(levels, calendar, until);
            } else if !self.ended && self.due <= now {
                self.overdue = true;
                self.warn = None;
                self.ended = !self.climb(levels, calendar, now);
            } else {
                self.warn = None;
            }
        }
    }

    pub(super) fn stop(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        let mut office = Office::new(calendar);
        self.stopped = Some((now, office.close(now, levels.pause_workdays).0));
        self.looked += office.looked;
    }

    pub(super) fn go_on(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        let Some((from, until)) = self.stopped.take() else { return };
        let to = now.min(until).max(from);
        self.pauses.push((from, to));
        let before = self.due;
        self.work_out(levels, calendar, now);
        if self.due <= to {
            (self.due, self.warn) = (before + to - from, None);
        }
    }

    pub(super) fn grant(&mut self, more: Limit, levels: &Levels, calendar: &WorkingCalendar, now: i64) {
        let before = self.due;
        (self.more, self.extended) = (Some(more), true);
        self.work_out(levels, calendar, now);
        if self.due <= before {
            self.due = Office::new(calendar).amount(before, more).1;
        }
        if self.due > now {
            (self.overdue, self.ended) = (false, false);
        }
    }

    /// The rules are others; answers whether the end moved.
    pub(super) fn rules_changed(&mut self, levels: &Levels, calendar: &WorkingCalendar, now: i64) -> bool {
        let shown = self.stopped.map_or(now, |(from, _)| from);
        if self.closed || self.ended || self.due <= shown {
            return false;
        }
        let mut renewed = Self { limit: self.limit_now(levels), ..self.clone() };
        renewed.work_out(levels, calendar, now);
        self.looked = renewed.looked;
        let taken = renewed.due > shown && renewed.due != self.due;
        if taken {
            *self = renewed;
        }
        taken
    }
}

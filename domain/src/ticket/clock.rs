//! The clock of an open ticket: which limit runs, since when, what stopped it, and when it ends. Everything that a due
//! date follows from stands in here, so each can say how it came about.

use serde::{Deserialize, Serialize};

use super::PersonRef;
use crate::calendar::Span;
use crate::clock::Timestamp;
use crate::service_level::{Limit, LimitUnit, Purpose, TimeRules};

/// Why a clock stands still (domain.md 8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// 等待诉求人补充: goes on when the submitter writes.
    WaitingForSubmitter,
    /// 等待其他部门
    WaitingForDepartment,
    /// 不可抗力
    ForceMajeure,
    /// 其他: with words.
    Other,
}

impl PauseReason {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::WaitingForSubmitter => "等待诉求人补充",
            Self::WaitingForDepartment => "等待其他部门",
            Self::ForceMajeure => "不可抗力",
            Self::Other => "其他原因",
        }
    }
}

/// A stretch in which the clock stood still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when; nothing: it stands still now.
    pub to: Option<Timestamp>,
    /// When it goes on by itself.
    pub until: Timestamp,
    /// Why.
    pub reason: PauseReason,
    /// In words.
    pub note: Option<String>,
    /// Who stopped it.
    pub by: PersonRef,
}

/// An extension that was asked for and not decided yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionRequest {
    /// How much more.
    pub limit: Limit,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
}

/// The clock of an open ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketClock {
    /// Which run it is: the ticket's version when it started. Within a run each level is reached at most once.
    pub run: u32,
    /// Which step it measures.
    pub purpose: Purpose,
    /// The level whose limit it is.
    pub level: u8,
    /// Since when the limit of this level runs.
    pub started_at: Timestamp,
    /// The limit.
    pub limit: Limit,
    /// What was granted beyond it.
    pub extension: Option<Limit>,
    /// An extension was granted in this run, on this level or one below: there is one in a run.
    pub extended: bool,
    /// When it stood still; only the last one may be open.
    pub pauses: Vec<Pause>,
    /// The version of the service levels it follows from.
    pub levels_version: u32,
    /// The version of the calendar.
    pub calendar_version: u32,
    /// The end.
    pub due_at: Timestamp,
    /// When to warn; nothing: warned already, or never.
    pub warn_at: Option<Timestamp>,
    /// The limit of some level passed in this run.
    pub overdue: bool,
    /// The limit passed at the highest level: nothing is left to climb.
    pub ended: bool,
    /// When the ticket is nudged by itself.
    pub repeat_at: Option<Timestamp>,
}

impl TicketClock {
    /// A clock that starts now.
    pub fn start(purpose: Purpose, run: u32, kind: &str, level: u8, now: Timestamp, rules: &TimeRules) -> Self {
        let clock = Self {
            run,
            purpose,
            level,
            started_at: now,
            limit: rules.levels.limit(purpose, kind, level),
            extension: None,
            extended: false,
            pauses: Vec::new(),
            levels_version: 0,
            calendar_version: 0,
            due_at: now,
            warn_at: None,
            overdue: false,
            ended: false,
            repeat_at: None,
        };
        clock.settled(rules, now)
    }

    /// The clock of a level above, whose own time begins now.
    pub fn climbed(&self, kind: &str, level: u8, now: Timestamp, rules: &TimeRules) -> Self {
        let started = Self::start(self.purpose, self.run, kind, level, now, rules);
        Self { overdue: self.overdue, repeat_at: self.repeat_at, extended: self.extended, ..started }
    }

    /// The clock as it follows from the rules that hold now; pauses and extension stay (GLPI #6902, #15605).
    pub fn under(&self, kind: &str, now: Timestamp, rules: &TimeRules) -> Self {
        let limit = rules.levels.limit(self.purpose, kind, self.level);
        Self { limit, ..self.clone() }.settled(rules, now)
    }

    /// Going on after a pause.
    pub(super) fn resumed(&self, now: Timestamp, rules: &TimeRules) -> Self {
        let mut clock = self.clone();
        let Some(pause) = clock.pauses.last_mut().filter(|pause| pause.to.is_none()) else { return clock };
        // However late somebody looks at it, it stood still no longer than until it goes on by itself.
        let to = now.min(pause.until).max(pause.from);
        pause.to = Some(to);
        let stood_ms = to.since(pause.from);
        let renewed = clock.clone().settled(rules, now);
        if renewed.due_at > to {
            return renewed;
        }
        // Over before the pause, by a calendar that was not taken over for that very reason: nor is it now.
        Self { due_at: clock.due_at.plus_millis(stood_ms), warn_at: None, ..clock }
    }

    /// With an extension granted; what was overdue no longer is when the new end lies ahead.
    pub(super) fn extended(&self, by: Limit, now: Timestamp, rules: &TimeRules) -> Self {
        let mut clock = Self { extension: Some(by), extended: true, ..self.clone() }.settled(rules, now);
        if clock.due_at <= self.due_at {
            // A calendar that was not taken over would make less time of more.
            clock.due_at = rules.end(self.due_at, by, None, &[]);
        }
        let ahead = clock.due_at > now;
        let repeat_at = clock.repeat_at.filter(|_| !ahead);
        Self { overdue: clock.overdue && !ahead, ended: clock.ended && !ahead, repeat_at, ..clock }
    }

    /// Works out the end and the warning anew.
    fn settled(mut self, rules: &TimeRules, now: Timestamp) -> Self {
        let pauses = self.spans();
        let (start, limit, extension) = (self.started_at, self.limit, self.extension);
        self.due_at = rules.end(start, limit, extension, &pauses);
        let percent = rules.levels.warn_percent;
        let warn_at = (percent > 0).then(|| rules.part(start, limit, extension, &pauses, percent));
        self.warn_at = warn_at.filter(|at| *at > now && *at < self.due_at);
        self.levels_version = rules.levels.version;
        self.calendar_version = rules.calendar.version;
        self
    }

    /// The stretches that do not count. While a pause lasts, the end stays what it was; it moves when the clock goes on.
    pub fn spans(&self) -> Vec<Span> {
        let span = |pause: &Pause| pause.to.map(|to| Span { from: pause.from, to });
        self.pauses.iter().filter_map(span).collect()
    }

    /// The pause that lasts.
    pub fn open_pause(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.to.is_none())
    }

    /// Whether the limit is over at `now`: a clock that stands still is never late.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.overdue || (self.open_pause().is_none() && self.due_at <= now)
    }

    /// The next moment at which something happens by itself, nudges to the ticket aside.
    pub fn next(&self) -> Option<Timestamp> {
        if let Some(pause) = self.open_pause() {
            return Some(pause.until);
        }
        let due = (!self.ended).then_some(self.due_at);
        [self.warn_at, due, self.repeat_at].into_iter().flatten().min()
    }
}

/// How long a pause lasts at most.
pub(super) fn pause_until(now: Timestamp, rules: &TimeRules) -> Timestamp {
    rules.end(now, Limit::working(rules.levels.pause_workdays, LimitUnit::Workdays), None, &[])
}

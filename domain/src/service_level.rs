//! Service levels (服务时限): how long each step may take, by kind of request and level of grid, and what happens when it
//! takes longer. They are versioned data, never constants in rules (domain.md, preamble and 8.2).

use serde::{Deserialize, Serialize};

use crate::calendar::{Span, WorkingCalendar};
use crate::clock::Timestamp;
use crate::grid::LEVELS;
use crate::problem::FieldError;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Exceptions in one version at most.
const MAX_EXCEPTIONS: usize = 200;

/// What a limit counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// 分钟
    Minutes,
    /// 小时
    Hours,
    /// 工作日: until close of business of the n-th one after the first day (Civil Code 201, 203).
    Workdays,
}

/// Which time a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitClock {
    /// Office hours of the working calendar.
    Working,
    /// All of it, at night and on holidays too.
    Continuous,
}

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub value: u32,
    /// Of what.
    pub unit: LimitUnit,
    /// Counted in which time.
    pub clock: LimitClock,
}

impl Limit {
    /// A limit in plain time.
    pub const fn continuous(value: u32, unit: LimitUnit) -> Self {
        Self { value, unit, clock: LimitClock::Continuous }
    }

    /// A limit in office hours.
    pub const fn working(value: u32, unit: LimitUnit) -> Self {
        Self { value, unit, clock: LimitClock::Working }
    }

    /// Its length in milliseconds when a workday is taken for a whole day; the exact length is the calendar's matter.
    pub const fn plain_ms(self) -> i64 {
        self.value as i64
            * match self.unit {
                LimitUnit::Minutes => MINUTE_MS,
                LimitUnit::Hours => HOUR_MS,
                LimitUnit::Workdays => DAY_MS,
            }
    }

    /// In words: `30 分钟`, `3 个工作日`; plain time is said to be such.
    pub fn words(self) -> String {
        let unit = match self.unit {
            LimitUnit::Minutes => "分钟",
            LimitUnit::Hours => "小时",
            LimitUnit::Workdays => "个工作日",
        };
        match (self.clock, self.unit) {
            (LimitClock::Continuous, _) => format!("{} {unit}（全天计时）", self.value),
            (LimitClock::Working, LimitUnit::Workdays) => format!("{} {unit}", self.value),
            (LimitClock::Working, _) => format!("{} {unit}工作时间", self.value),
        }
    }

    /// Checks that it is more than nothing and no more than a year: 2,000 office hours, 250 workdays, 365 days.
    ///
    /// # Errors
    /// `limit.zero`, `limit.too_long`, `limit.workdays_continuous`.
    pub fn check(self, field: &str) -> Result<(), FieldError> {
        let hours = match self.clock {
            LimitClock::Working => 2_000,
            LimitClock::Continuous => 365 * 24,
        };
        let most = match self.unit {
            LimitUnit::Minutes => hours * 60,
            LimitUnit::Hours => hours,
            LimitUnit::Workdays => 250,
        };
        if self.value == 0 {
            return Err(FieldError::new(format!("{field}.value"), "limit.zero", "时限必须大于 0"));
        }
        if self.value > most {
            return Err(FieldError::new(format!("{field}.value"), "limit.too_long", "时限不能超过一年"));
        }
        if (self.unit, self.clock) == (LimitUnit::Workdays, LimitClock::Continuous) {
            let message = "按工作日计的时限只能按工作时间计时";
            return Err(FieldError::new(format!("{field}.clock"), "limit.workdays_continuous", message));
        }
        Ok(())
    }
}

/// Which step a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// From being sent, put back or passed up to being accepted (接单时限).
    Accept,
    /// From being accepted to being completed (办结时限).
    Finish,
}

/// Other limits for a kind of request, a level of grid, or one kind at one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelException {
    /// Code of the kind; nothing: all.
    #[serde(default)]
    pub kind: Option<String>,
    /// The level that answers for it, 1 to 5; nothing: all.
    #[serde(default)]
    pub level: Option<u8>,
    /// Nothing: as elsewhere.
    #[serde(default)]
    pub accept: Option<Limit>,
    /// Nothing: as elsewhere.
    #[serde(default)]
    pub finish: Option<Limit>,
}

/// One version of all limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevels {
    /// Grows by one with every change.
    pub version: u32,
    /// To accept, where no exception says otherwise.
    pub accept: Limit,
    /// To complete.
    pub finish: Limit,
    /// What holds elsewhere: the most exact one wins (kind and level, then kind, then level).
    pub exceptions: Vec<LevelException>,
    /// Warn when this part of the limit is used up, percent; 0: never.
    pub warn_percent: u8,
    /// A paused clock goes on by itself after so many workdays.
    pub pause_workdays: u32,
    /// Nudges within this time of the last heard one are folded into it, minutes of plain time.
    pub nudge_cooldown_minutes: u32,
    /// A nudge that is not answered (收到) in time takes the ticket up one level; nothing: it does not.
    pub nudge_answer: Option<Limit>,
    /// An overdue ticket is nudged again and again at this distance; nothing: it is not.
    pub nudge_repeat: Option<Limit>,
    /// The return that takes a ticket to the next level (2: the second one).
    pub returns_until_escalation: u32,
    /// How long after completion the submitter may reopen, days of plain time.
    pub reopen_days: u32,
}

/// The limits that hold until somebody states others: the `[tickets]` settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialLimits {
    /// To accept.
    pub accept_limit_minutes: u32,
    /// To complete.
    pub finish_limit_hours: u32,
    /// Counted in office hours; otherwise in plain time.
    pub working_time: bool,
    /// To answer a nudge, minutes; 0: it need not be answered.
    pub nudge_answer_minutes: u32,
    /// Between two nudges of an overdue ticket, minutes; 0: it is not nudged by itself.
    pub nudge_repeat_minutes: u32,
    /// To reopen.
    pub reopen_days: u32,
    /// Folding nudges.
    pub nudge_cooldown_minutes: u32,
    /// Returns until the next level.
    pub returns_until_escalation: u32,
}

impl Default for InitialLimits {
    /// Half an hour and a day of plain time, nudges by people alone.
    fn default() -> Self {
        Self {
            accept_limit_minutes: 30,
            finish_limit_hours: 24,
            working_time: false,
            nudge_answer_minutes: 0,
            nudge_repeat_minutes: 0,
            reopen_days: 7,
            nudge_cooldown_minutes: 10,
            returns_until_escalation: 2,
        }
    }
}

impl From<&InitialLimits> for ServiceLevels {
    fn from(initial: &InitialLimits) -> Self {
        let clock = if initial.working_time { LimitClock::Working } else { LimitClock::Continuous };
        let limit = |value, unit| Limit { value, unit, clock };
        let minutes = |value| (value > 0).then(|| limit(value, LimitUnit::Minutes));
        Self {
            version: 0,
            accept: limit(initial.accept_limit_minutes, LimitUnit::Minutes),
            finish: limit(initial.finish_limit_hours, LimitUnit::Hours),
            exceptions: Vec::new(),
            warn_percent: 80,
            pause_workdays: 10,
            nudge_cooldown_minutes: initial.nudge_cooldown_minutes,
            nudge_answer: minutes(initial.nudge_answer_minutes),
            nudge_repeat: minutes(initial.nudge_repeat_minutes),
            returns_until_escalation: initial.returns_until_escalation,
            reopen_days: initial.reopen_days,
        }
    }
}

impl ServiceLevels {
    /// The limit of a step for requests of `kind` while `level` answers for them.
    pub fn limit(&self, purpose: Purpose, kind: &str, level: u8) -> Limit {
        let stated = |exception: &LevelException| match purpose {
            Purpose::Accept => exception.accept,
            Purpose::Finish => exception.finish,
        };
        let fits = |exception: &&LevelException| {
            exception.kind.as_deref().is_none_or(|own| own == kind) && exception.level.is_none_or(|own| own == level)
        };
        let exactness = |exception: &LevelException| (exception.kind.is_some(), exception.level.is_some());
        let fitting = self.exceptions.iter().filter(fits);
        let best = fitting
            .filter_map(|exception| stated(exception).map(|limit| (exactness(exception), limit)))
            .max_by_key(|(exactness, _)| *exactness);
        best.map_or(
            match purpose {
                Purpose::Accept => self.accept,
                Purpose::Finish => self.finish,
            },
            |(_, limit)| limit,
        )
    }

    /// Milliseconds in which a completed ticket may be reopened.
    pub const fn reopen_window_ms(&self) -> i64 {
        self.reopen_days as i64 * DAY_MS
    }

    /// Milliseconds in which a further nudge is folded.
    pub const fn nudge_cooldown_ms(&self) -> i64 {
        self.nudge_cooldown_minutes as i64 * MINUTE_MS
    }

    /// Checks the numbers; `kinds` are the known kinds' codes.
    ///
    /// # Errors
    /// All fields that are wrong.
    pub fn check(&self, kinds: &[&str]) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut limit = |limit: Option<Limit>, field: &str| {
            errors.extend(limit.and_then(|limit| limit.check(field).err()));
        };
        limit(Some(self.accept), "accept");
        limit(Some(self.finish), "finish");
        limit(self.nudge_answer, "nudge_answer");
        limit(self.nudge_repeat, "nudge_repeat");
        for (index, exception) in self.exceptions.iter().enumerate().take(MAX_EXCEPTIONS) {
            limit(exception.accept, &format!("exceptions.{index}.accept"));
            limit(exception.finish, &format!("exceptions.{index}.finish"));
        }
        let numbers = [
            ("warn_percent", u32::from(self.warn_percent), 0, 95),
            ("pause_workdays", self.pause_workdays, 1, 250),
            ("nudge_cooldown_minutes", self.nudge_cooldown_minutes, 0, 1_440),
            ("returns_until_escalation", self.returns_until_escalation, 1, 20),
            ("reopen_days", self.reopen_days, 0, 365),
        ];
        errors.extend(
            numbers.into_iter().filter(|(_, value, least, most)| value < least || value > most).map(
                |(field, _, least, most)| FieldError::new(field, "field.range", format!("请填写 {least} 到 {most}")),
            ),
        );
        self.check_exceptions(kinds, &mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_exceptions(&self, kinds: &[&str], errors: &mut Vec<FieldError>) {
        if self.exceptions.len() > MAX_EXCEPTIONS {
            let message = format!("最多 {MAX_EXCEPTIONS} 条");
            errors.push(FieldError::new("exceptions", "field.too_many", message));
        }
        let mut seen = std::collections::HashSet::new();
        for (index, exception) in self.exceptions.iter().enumerate().take(MAX_EXCEPTIONS) {
            let mut wrong = |field: &str, code, message: &str| {
                errors.push(FieldError::new(format!("exceptions.{index}{field}"), code, message));
            };
            if exception.kind.as_deref().is_some_and(|kind| !kinds.contains(&kind)) {
                wrong(".kind", "kind.unknown", "没有这个诉求类别");
            }
            if exception.level.is_some_and(|level| !(1..=LEVELS).contains(&level)) {
                wrong(".level", "field.range", "网格层级为 1 到 5");
            }
            if exception.kind.is_none() && exception.level.is_none() {
                wrong("", "limit.exception_for_all", "请选择类别或层级；适用于全部的时限请改默认值");
            }
            if exception.accept.is_none() && exception.finish.is_none() {
                wrong("", "limit.exception_empty", "请填写接单或办结时限");
            }
            if !seen.insert((exception.kind.as_deref(), exception.level)) {
                wrong("", "limit.exception_twice", "同一类别和层级重复");
            }
        }
    }
}

/// The limits and the calendar that hold now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRules {
    /// How long.
    pub levels: ServiceLevels,
    /// In which hours.
    pub calendar: WorkingCalendar,
}

impl Default for TimeRules {
    fn default() -> Self {
        Self { levels: (&InitialLimits::default()).into(), calendar: WorkingCalendar::default() }
    }
}

impl TimeRules {
    /// When `limit` and what was granted beyond it (`extension`) are used up, counted from `start` outside `pauses`; each
    /// in its own time, so that a day of plain time beyond office hours is a day.
    ///
    /// A calendar without any future (which [`WorkingCalendar::check`] refuses) counts as plain time: nothing waits
    /// for ever.
    pub fn end(&self, start: Timestamp, limit: Limit, extension: Option<Limit>, pauses: &[Span]) -> Timestamp {
        self.part(start, limit, extension, pauses, 100)
    }

    /// When `percent` of what lies between `start` and the end of a limit is used up, to whole milliseconds below.
    pub fn part(
        &self,
        start: Timestamp,
        limit: Limit,
        extension: Option<Limit>,
        pauses: &[Span],
        percent: u8,
    ) -> Timestamp {
        let own = self.share(start, limit);
        let beyond = extension.map(|extension| self.share(own.end, extension));
        let whole = own.ms.saturating_add(beyond.map_or(0, |beyond| beyond.ms));
        let used = whole.saturating_mul(i64::from(percent)) / 100;
        let at = self.advance(start, used.min(own.ms), own.clock, pauses);
        let left = used.saturating_sub(own.ms);
        beyond.filter(|_| left > 0).map_or(at, |beyond| self.advance(at, left, beyond.clock, pauses))
    }

    /// What `limit` is from `start` on when nothing stops it.
    fn share(&self, start: Timestamp, limit: Limit) -> Share {
        let plain =
            Share { end: start.plus_millis(limit.plain_ms()), ms: limit.plain_ms(), clock: LimitClock::Continuous };
        let end = match (limit.clock, limit.unit) {
            (LimitClock::Continuous, _) => return plain,
            (LimitClock::Working, LimitUnit::Workdays) => self.calendar.close_after(start, limit.value),
            (LimitClock::Working, _) => self.calendar.add(start, limit.plain_ms(), &[]),
        };
        let counted = |end| Share { end, ms: self.calendar.between(start, end, &[]), clock: LimitClock::Working };
        end.map_or(plain, counted)
    }

    fn advance(&self, start: Timestamp, budget_ms: i64, clock: LimitClock, pauses: &[Span]) -> Timestamp {
        match clock {
            LimitClock::Continuous => plain_advance(start, budget_ms, pauses),
            LimitClock::Working => {
                self.calendar.add(start, budget_ms, pauses).unwrap_or_else(|_| plain_advance(start, budget_ms, pauses))
            }
        }
    }
}

/// A limit as an amount of time.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// When it ends if nothing stops it.
    end: Timestamp,
    /// How much it is.
    ms: i64,
    /// Of which time.
    clock: LimitClock,
}

/// `start` and `budget_ms` more, not counting `pauses`.
fn plain_advance(start: Timestamp, budget_ms: i64, pauses: &[Span]) -> Timestamp {
    let mut pauses = pauses.to_vec();
    pauses.sort_unstable_by_key(|pause| (pause.from, pause.to));
    let (mut at, mut left) = (start, budget_ms);
    for pause in pauses {
        // One that ends before it begins is empty.
        if pause.to <= at.max(pause.from) {
            continue;
        }
        let before = pause.from.since(at).max(0);
        if before >= left {
            break;
        }
        left -= before;
        at = pause.to;
    }
    at.plus_millis(left)
}

#[cfg(test)]
mod tests;

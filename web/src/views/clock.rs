//! A ticket's clock as clients see it: what runs until when, and how the end came about.

use lianxin_domain::calendar::{ExplainedDay, Span};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::grid::level_title;
use lianxin_domain::service_level::{Limit, LimitClock, Purpose, TimeRules};
use lianxin_domain::ticket::{ExtensionRequest, Pause, Ticket, TicketClock};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ticket::PersonView;

/// How long something may take.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitBody {
    /// How many; more than nothing.
    pub value: u32,
    /// `minutes`, `hours` or `workdays`.
    #[schema(value_type = String)]
    pub unit: lianxin_domain::service_level::LimitUnit,
    /// `working` (office hours) or `continuous`.
    #[schema(value_type = String)]
    pub clock: LimitClock,
}

impl From<Limit> for LimitBody {
    fn from(limit: Limit) -> Self {
        Self { value: limit.value, unit: limit.unit, clock: limit.clock }
    }
}

impl From<LimitBody> for Limit {
    fn from(body: LimitBody) -> Self {
        Self { value: body.value, unit: body.unit, clock: body.clock }
    }
}

/// A clock that stands still.
#[derive(Debug, Serialize, ToSchema)]
pub struct PausedView {
    /// Since when.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// When it goes on by itself.
    #[schema(value_type = String)]
    pub until: Timestamp,
    /// `waiting_for_submitter`, `waiting_for_department`, `force_majeure` or `other`.
    #[schema(value_type = String)]
    pub reason: lianxin_domain::ticket::PauseReason,
    /// In Chinese.
    pub reason_title: String,
    /// In words.
    pub note: Option<String>,
    /// Who stopped it.
    pub by: PersonView,
}

impl From<&Pause> for PausedView {
    fn from(pause: &Pause) -> Self {
        Self {
            since: pause.from,
            until: pause.until,
            reason: pause.reason,
            reason_title: pause.reason.title().to_owned(),
            note: pause.note.clone(),
            by: PersonView::from(&pause.by),
        }
    }
}

/// The clock of an open ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockView {
    /// `accept` or `finish`.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// The level whose limit it is.
    pub level: u8,
    /// What people call the level.
    pub level_title: String,
    /// Which run it is: each level is reached at most once in a run.
    pub run: u32,
    /// Since when this level's limit runs.
    #[schema(value_type = String)]
    pub started_at: Timestamp,
    /// The limit.
    pub limit: LimitBody,
    /// The limit in Chinese.
    pub limit_words: String,
    /// The end.
    #[schema(value_type = String)]
    pub due_at: Timestamp,
    /// A limit passed in this run.
    pub overdue: bool,
    /// The limit passed at the highest level.
    pub ended: bool,
    /// It stands still.
    pub paused: Option<PausedView>,
    /// What was granted beyond the limit.
    pub extension: Option<LimitBody>,
}

impl From<&TicketClock> for ClockView {
    fn from(clock: &TicketClock) -> Self {
        Self {
            purpose: clock.purpose,
            level: clock.level,
            level_title: level_title(clock.level).to_owned(),
            run: clock.run,
            started_at: clock.started_at,
            limit: clock.limit.into(),
            limit_words: clock.limit.words(),
            due_at: clock.due_at,
            overdue: clock.overdue,
            ended: clock.ended,
            paused: clock.open_pause().map(PausedView::from),
            extension: clock.extension.map(LimitBody::from),
        }
    }
}

/// More time that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionRequestView {
    /// How much.
    pub limit: LimitBody,
    /// In Chinese.
    pub limit_words: String,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub by: PersonView,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

impl From<&ExtensionRequest> for ExtensionRequestView {
    fn from(request: &ExtensionRequest) -> Self {
        Self {
            limit: request.limit.into(),
            limit_words: request.limit.words(),
            reason: request.reason.clone(),
            by: PersonView::from(&request.by),
            at: request.at,
        }
    }
}

/// A stretch of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct StretchView {
    /// From.
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// To.
    #[schema(value_type = String)]
    pub to: Timestamp,
}

impl From<&Span> for StretchView {
    fn from(span: &Span) -> Self {
        Self { from: span.from, to: span.to }
    }
}

/// One day on the way to a due date.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueDayView {
    /// The day in China.
    pub date: String,
    /// `国庆节` …
    pub name: Option<String>,
    /// Whether it is worked.
    pub working: bool,
    /// The year's notice is not in yet.
    pub provisional: bool,
    /// What counted.
    pub counted: Vec<StretchView>,
    /// How much.
    pub counted_minutes: i64,
    /// How much office time was paused.
    pub paused_minutes: i64,
}

impl From<&ExplainedDay> for DueDayView {
    fn from(day: &ExplainedDay) -> Self {
        Self {
            date: day.date.to_string(),
            name: day.name.clone(),
            working: day.working,
            provisional: day.provisional,
            counted: day.counted.iter().map(StretchView::from).collect(),
            counted_minutes: day.counted_ms / MINUTE_MS,
            paused_minutes: day.paused_ms / MINUTE_MS,
        }
    }
}

/// A pause on the way to a due date.
#[derive(Debug, Serialize, ToSchema)]
pub struct PauseView {
    /// From.
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// Until; nothing: it lasts.
    #[schema(value_type = Option<String>)]
    pub to: Option<Timestamp>,
    /// Why.
    pub reason_title: String,
    /// In words.
    pub note: Option<String>,
}

/// The versions that a due date follows from.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleVersionsView {
    /// Of the service levels.
    pub service_levels_version: u32,
    /// Of the calendar.
    pub calendar_version: u32,
}

/// A due date and how it came about.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueView {
    /// The end; nothing: nothing runs.
    #[schema(value_type = Option<String>)]
    pub due_at: Option<Timestamp>,
    /// `accept` or `finish`.
    #[schema(value_type = Option<String>)]
    pub purpose: Option<Purpose>,
    /// The limit in Chinese.
    pub limit_words: Option<String>,
    /// Since when it runs.
    #[schema(value_type = Option<String>)]
    pub started_at: Option<Timestamp>,
    /// The level whose limit it is.
    pub level: Option<u8>,
    /// What people call it.
    pub level_title: Option<String>,
    /// The rules.
    pub rules: Option<RuleVersionsView>,
    /// What was granted beyond the limit.
    pub extension: Option<LimitBody>,
    /// When it stood still.
    pub pauses: Vec<PauseView>,
    /// Day by day, when office hours count.
    pub days: Vec<DueDayView>,
    /// A sentence for residents.
    pub plain: String,
    /// The limit passed.
    pub overdue: bool,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

impl DueView {
    /// The due date of `ticket`, explained by `rules`.
    pub fn of(ticket: &Ticket, rules: &TimeRules, now: Timestamp) -> Self {
        let Some(clock) = &ticket.clock else { return Self::nothing() };
        let working = clock.limit.clock == LimitClock::Working;
        let days =
            if working { rules.calendar.explain(clock.started_at, clock.due_at, &clock.spans()) } else { Vec::new() };
        Self {
            due_at: Some(clock.due_at),
            purpose: Some(clock.purpose),
            limit_words: Some(clock.limit.words()),
            started_at: Some(clock.started_at),
            level: Some(clock.level),
            level_title: Some(level_title(clock.level).to_owned()),
            rules: Some(RuleVersionsView {
                service_levels_version: clock.levels_version,
                calendar_version: clock.calendar_version,
            }),
            extension: clock.extension.map(LimitBody::from),
            pauses: clock
                .pauses
                .iter()
                .map(|pause| PauseView {
                    from: pause.from,
                    to: pause.to,
                    reason_title: pause.reason.title().to_owned(),
                    note: pause.note.clone(),
                })
                .collect(),
            days: days.iter().map(DueDayView::from).collect(),
            plain: plain_words(ticket, clock, rules, now),
            overdue: clock.overdue,
        }
    }

    fn nothing() -> Self {
        Self {
            due_at: None,
            purpose: None,
            limit_words: None,
            started_at: None,
            level: None,
            level_title: None,
            rules: None,
            extension: None,
            pauses: Vec::new(),
            days: Vec::new(),
            plain: "没有正在计时的环节".to_owned(),
            overdue: false,
        }
    }
}

/// What a resident reads: who does what until when, in one sentence.
fn plain_words(ticket: &Ticket, clock: &TicketClock, rules: &TimeRules, now: Timestamp) -> String {
    if let Some(pause) = clock.open_pause() {
        return format!("暂停计时：{}", pause.reason.title());
    }
    let step = match clock.purpose {
        Purpose::Accept => "有人接单",
        Purpose::Finish => "办结",
    };
    if clock.overdue && ticket.is_escalated() {
        return format!("已超过时限，由{}负责人督办", level_title(ticket.handling_path.level()));
    }
    if clock.due_at <= now {
        return "已超过时限，正在督办".to_owned();
    }
    let left = match clock.limit.clock {
        LimitClock::Continuous => duration_words(clock.due_at.since(now), DAY_MS, "天"),
        LimitClock::Working => {
            let left = rules.calendar.between(now, clock.due_at, &[]);
            duration_words(left, usual_day(rules), "个工作日")
        }
    };
    format!("还剩 {left}，届时应{step}")
}

/// What an office works on an ordinary day.
fn usual_day(rules: &TimeRules) -> i64 {
    let minutes = |day: &Vec<lianxin_domain::calendar::Period>| {
        day.iter().map(|period| i64::from(period.to.minutes()) - i64::from(period.from.minutes())).sum::<i64>()
    };
    rules.calendar.week.iter().map(minutes).max().filter(|minutes| *minutes > 0).unwrap_or(24 * 60) * MINUTE_MS
}

/// The two largest units, rounded up to the minute so that it never says nothing is left.
fn duration_words(millis: i64, day_ms: i64, day: &str) -> String {
    let minutes = (millis.max(0) + MINUTE_MS - 1) / MINUTE_MS;
    let day_minutes = day_ms / MINUTE_MS;
    let (days, hours) = (minutes / day_minutes, minutes % day_minutes / 60);
    match (days, hours) {
        (0, 0) => format!("{} 分钟", minutes % 60),
        (0, _) => format!("{hours} 小时 {} 分钟", minutes % 60),
        (_, 0) => format!("{days} {day}"),
        _ => format!("{days} {day} {hours} 小时"),
    }
}

//! Service levels and calendar as clients see and send them: what is read is what may be sent back.

mod reading;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use lianxin_actors::directory::Directory;
use lianxin_domain::calendar::{Period, SpecialDay, TimeOfDay, WorkingCalendar};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::TicketId;
use lianxin_domain::problem::FieldError;
use lianxin_domain::service_level::{LevelException, Limit, Purpose, ServiceLevels};
use lianxin_storage::rules::RuleVersion;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clock::LimitBody;
use super::ticket::PersonView;

/// Other limits for a kind of request, a level, or one kind at one level.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelExceptionBody {
    /// Code of the kind; nothing: all.
    #[serde(default)]
    pub kind: Option<String>,
    /// 1 to 5; nothing: all.
    #[serde(default)]
    pub level: Option<u8>,
    /// Nothing: as elsewhere.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub accept: Option<LimitBody>,
    /// Nothing: as elsewhere.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub finish: Option<LimitBody>,
}

/// All limits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevelsBody {
    /// The version; of what is sent, the one that it was edited from.
    pub version: u32,
    /// To accept, where no exception says otherwise.
    #[serde(deserialize_with = "crate::object::needed")]
    pub accept: LimitBody,
    /// To complete.
    #[serde(deserialize_with = "crate::object::needed")]
    pub finish: LimitBody,
    /// The most exact one wins: kind and level, then kind, then level.
    #[serde(deserialize_with = "reading::several")]
    pub exceptions: Vec<LevelExceptionBody>,
    /// Warn when so much of a limit is used up; 0: never.
    pub warn_percent: u8,
    /// A paused clock goes on by itself after so many workdays.
    pub pause_workdays: u32,
    /// Nudges within this time of the last heard one are folded into it.
    pub nudge_cooldown_minutes: u32,
    /// To answer a nudge; nothing: it need not be answered.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub nudge_answer: Option<LimitBody>,
    /// Between two nudges of an overdue ticket; nothing: it is not nudged by itself.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub nudge_repeat: Option<LimitBody>,
    /// The return that takes a ticket to the next level.
    pub returns_until_escalation: u32,
    /// How long after completion the submitter may reopen.
    pub reopen_days: u32,
}

impl From<&ServiceLevels> for ServiceLevelsBody {
    fn from(levels: &ServiceLevels) -> Self {
        let exception = |exception: &LevelException| LevelExceptionBody {
            kind: exception.kind.clone(),
            level: exception.level,
            accept: exception.accept.map(LimitBody::from),
            finish: exception.finish.map(LimitBody::from),
        };
        Self {
            version: levels.version,
            accept: levels.accept.into(),
            finish: levels.finish.into(),
            exceptions: levels.exceptions.iter().map(exception).collect(),
            warn_percent: levels.warn_percent,
            pause_workdays: levels.pause_workdays,
            nudge_cooldown_minutes: levels.nudge_cooldown_minutes,
            nudge_answer: levels.nudge_answer.map(LimitBody::from),
            nudge_repeat: levels.nudge_repeat.map(LimitBody::from),
            returns_until_escalation: levels.returns_until_escalation,
            reopen_days: levels.reopen_days,
        }
    }
}

impl From<&ServiceLevelsBody> for ServiceLevels {
    fn from(body: &ServiceLevelsBody) -> Self {
        let exception = |exception: &LevelExceptionBody| LevelException {
            kind: exception.kind.clone(),
            level: exception.level,
            accept: exception.accept.map(Limit::from),
            finish: exception.finish.map(Limit::from),
        };
        Self {
            version: body.version,
            accept: body.accept.into(),
            finish: body.finish.into(),
            exceptions: body.exceptions.iter().map(exception).collect(),
            warn_percent: body.warn_percent,
            pause_workdays: body.pause_workdays,
            nudge_cooldown_minutes: body.nudge_cooldown_minutes,
            nudge_answer: body.nudge_answer.map(Limit::from),
            nudge_repeat: body.nudge_repeat.map(Limit::from),
            returns_until_escalation: body.returns_until_escalation,
            reopen_days: body.reopen_days,
        }
    }
}

/// A version that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleVersionView {
    /// Its number.
    pub version: u32,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// By whom; nobody: the system.
    pub by: Option<PersonView>,
}

impl RuleVersionView {
    /// A version with the name of whoever made it.
    pub fn of(version: &RuleVersion, directory: &Directory) -> Self {
        let name = |id| directory.staff_name(id).unwrap_or("未知").to_owned();
        let by = version.by.map(|id| PersonView { id: id.to_string(), name: name(id) });
        Self { version: version.version, at: version.at, by }
    }
}

/// The limits that hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceLevelsView {
    /// The limits.
    #[serde(flatten)]
    pub levels: ServiceLevelsBody,
    /// The last versions, newest first.
    pub history: Vec<RuleVersionView>,
    /// Whether the caller may change them.
    pub may_change: bool,
}

/// Office hours within a day.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodBody {
    /// `08:30`.
    #[schema(value_type = String)]
    pub from: TimeOfDay,
    /// `12:00`; the end of the day is `24:00`.
    #[schema(value_type = String)]
    pub to: TimeOfDay,
}

impl From<Period> for PeriodBody {
    fn from(period: Period) -> Self {
        Self { from: period.from, to: period.to }
    }
}

impl From<PeriodBody> for Period {
    fn from(body: PeriodBody) -> Self {
        Self { from: body.from, to: body.to }
    }
}

/// A date that is not what its weekday says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDayBody {
    /// A make-up workday (调休), or else a holiday.
    pub working: bool,
    /// `国庆节` …
    pub name: String,
    /// Its hours, only of a workday; without them those of make-up days hold.
    #[serde(default, deserialize_with = "reading::maybe_several", skip_serializing_if = "Option::is_none")]
    pub hours: Option<Vec<PeriodBody>>,
}

/// When an office works.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarBody {
    /// The version; of what is sent, the one that it was edited from.
    pub version: u32,
    /// The hours of the seven weekdays, Monday first; none: not a workday.
    #[serde(deserialize_with = "reading::lists")]
    pub week: Vec<Vec<PeriodBody>>,
    /// The hours of a make-up workday.
    #[serde(deserialize_with = "reading::several")]
    pub makeup: Vec<PeriodBody>,
    /// The special days by date (`2026-10-01`).
    #[serde(deserialize_with = "reading::by_date")]
    #[schema(value_type = BTreeMap<String, SpecialDayBody>)]
    pub days: BTreeMap<NaiveDate, SpecialDayBody>,
    /// Years whose notice of the State Council is in; others are provisional (暂定).
    #[schema(value_type = Vec<i32>)]
    pub noticed: BTreeSet<i32>,
}

impl From<&WorkingCalendar> for CalendarBody {
    fn from(calendar: &WorkingCalendar) -> Self {
        let periods = |periods: &Vec<Period>| periods.iter().copied().map(PeriodBody::from).collect::<Vec<_>>();
        let day = |day: &SpecialDay| SpecialDayBody {
            working: day.working,
            name: day.name.clone(),
            hours: day.hours.as_ref().map(periods),
        };
        Self {
            version: calendar.version,
            week: calendar.week.iter().map(periods).collect(),
            makeup: periods(&calendar.makeup),
            days: calendar.days.iter().map(|(date, special)| (*date, day(special))).collect(),
            noticed: calendar.noticed.clone(),
        }
    }
}

impl CalendarBody {
    /// The calendar that it says, if time can be counted by it.
    ///
    /// # Errors
    /// All fields that are wrong.
    pub fn checked(&self) -> Result<WorkingCalendar, Vec<FieldError>> {
        let periods = |periods: &Vec<PeriodBody>| periods.iter().copied().map(Period::from).collect::<Vec<_>>();
        let day = |day: &SpecialDayBody| SpecialDay {
            working: day.working,
            name: day.name.trim().to_owned(),
            hours: day.hours.as_ref().map(periods),
        };
        let week: Vec<_> = self.week.iter().map(periods).collect();
        let week = week
            .try_into()
            .map_err(|_| vec![FieldError::new("week", "calendar.week", "请按周一到周日的顺序填写七天的工作时间")])?;
        let calendar = WorkingCalendar {
            version: self.version,
            week,
            makeup: periods(&self.makeup),
            days: self.days.iter().map(|(date, special)| (*date, day(special))).collect(),
            noticed: self.noticed.clone(),
        };
        calendar.check().map(|()| calendar)
    }
}

/// A day of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayView {
    /// `2026-10-01`.
    #[schema(value_type = String)]
    pub date: NaiveDate,
    /// 1 (Monday) to 7.
    pub weekday: u32,
    /// Whether the office works.
    pub working: bool,
    /// The special day's name.
    pub name: Option<String>,
    /// It is not what its weekday says.
    pub special: bool,
    /// The year's notice is not in yet.
    pub provisional: bool,
}

/// A year, day by day.
#[derive(Debug, Serialize, ToSchema)]
pub struct YearView {
    /// The year.
    pub year: i32,
    /// Its notice is not in yet (暂定).
    pub provisional: bool,
    /// How many days are worked.
    pub workdays: usize,
    /// All its days.
    pub days: Vec<DayView>,
}

impl YearView {
    /// A year of `calendar`.
    pub fn of(calendar: &WorkingCalendar, year: i32) -> Self {
        let first = NaiveDate::from_ymd_opt(year, 1, 1);
        let dates =
            first.into_iter().flat_map(|first| first.iter_days().take_while(move |date| date.year() == first.year()));
        let day = |date: NaiveDate| {
            let special = calendar.days.get(&date);
            DayView {
                date,
                weekday: date.weekday().number_from_monday(),
                working: !calendar.periods_on(date).is_empty(),
                name: special.map(|special| special.name.clone()),
                special: special.is_some(),
                provisional: calendar.is_provisional(date),
            }
        };
        let days: Vec<_> = dates.map(day).collect();
        let workdays = days.iter().filter(|day| day.working).count();
        Self { year, provisional: !calendar.noticed.contains(&year), workdays, days }
    }
}

/// The calendar that holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// The calendar.
    #[serde(flatten)]
    pub calendar: CalendarBody,
    /// The last versions, newest first.
    pub history: Vec<RuleVersionView>,
    /// Whether the caller may change it.
    pub may_change: bool,
    /// The year that was asked for.
    pub year: YearView,
}

/// A running ticket whose end would move.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedTicket {
    /// The ticket.
    #[schema(value_type = String)]
    pub ticket_id: TicketId,
    /// Its receipt number.
    pub number: String,
    /// What people call its kind.
    pub kind_title: String,
    /// Its grid's name with those above.
    pub grid_name: String,
    /// `accept` or `finish`.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// The end now.
    #[schema(value_type = String)]
    pub due_at: Timestamp,
    /// The end under the new rules.
    #[schema(value_type = String)]
    pub new_due_at: Timestamp,
}

/// What other rules would do to the clocks that run.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// Clocks that run.
    pub running: usize,
    /// Ends that would move.
    pub changed: usize,
    /// Of them: to an earlier time.
    pub earlier: usize,
    /// Of them: to a later time.
    pub later: usize,
    /// Ends that would lie in the past, and so stay.
    pub kept_past: usize,
    /// Some of those that would move, the next to end first.
    pub sample: Vec<MovedTicket>,
}

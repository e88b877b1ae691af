//! The working-time calendar: read by all staff, changed by the administrators of the whole tenant, by hand or by a
//! year's notice of holidays (放假调休通知).

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, put, web};
use chrono::{Datelike as _, NaiveDate};
use lianxin_actors::directory::Directories;
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::calendar::{WorkingCalendar, YearNotice};
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::service_level::TimeRules;
use lianxin_storage::change::Change;
use lianxin_storage::rules::{RuleVersion, Rules};
use lianxin_storage::tickets::Tickets;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::auth::ClockData;
use super::rule_preview::preview as effect_of;
use super::service_levels::{administrators_only, differences, history, made, may_change, reread, staff_only};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::query::Query;
use crate::views::rules::{CalendarBody, CalendarView, PreviewView, YearView};

/// Years that a calendar speaks of.
const YEARS: std::ops::RangeInclusive<i32> = 1992..=2200;

/// Which year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct YearQuery {
    /// The year whose days are told; default: the present one in China.
    year: Option<i32>,
}

/// Reads the calendar, with one year day by day.
#[utoipa::path(tag = "rules", operation_id = "get_calendar", params(YearQuery),
    responses((status = 200, body = CalendarView)))]
#[get("/api/v1/calendar")]
pub async fn get(
    who: Authenticated,
    query: Query<YearQuery>,
    rulebook: web::Data<Rulebook>,
    rules: web::Data<Rules>,
    directories: web::Data<Directories>,
    clock: ClockData,
) -> Result<web::Json<CalendarView>, ApiError> {
    staff_only(who.caller())?;
    if query.year.is_some_and(|year| !YEARS.contains(&year)) {
        return Err(no_such_year());
    }
    let held = rulebook.current();
    let year = query.year.unwrap_or_else(|| present_year(clock.now()));
    let mut view = view(&held.calendar, year, None, &rules, &directories).await?;
    view.may_change = may_change(who.caller());
    Ok(web::Json(view))
}

/// Changes the calendar. Running clocks are then worked out anew; what is over stays over.
#[utoipa::path(tag = "rules", operation_id = "change_calendar", request_body = CalendarBody,
    responses((status = 200, body = CalendarView)))]
#[put("/api/v1/calendar")]
pub async fn put_calendar(
    call: Call<CalendarBody>,
    rulebook: web::Data<Rulebook>,
    rules: web::Data<Rules>,
    directories: web::Data<Directories>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    administrators_only(&call.caller)?;
    let proposed = call.body.checked().map_err(Refusal::fields)?;
    let before = present(&rules, &rulebook).await?;
    if proposed.version != before.version {
        return commits.replay(&call.idempotency, changed_meanwhile()).await;
    }
    let after = WorkingCalendar { version: before.version + 1, ..proposed };
    let mut change = call.change(clock.now());
    fill(&mut change, "calendar.change", &after, what_differs(&before, &after));
    let newest = Some(made(after.version, &change));
    let view = view(&after, present_year(change.at), newest, &rules, &directories).await?;
    let answer = commits.commit(&call.idempotency, change, 200, &view, changed_meanwhile).await;
    reread(answer, &rulebook).await
}

/// A year's notice for the calendar.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeInput {
    /// The calendar's version that it is meant for.
    version: u32,
    /// `{"year", "papers", "days": [{"name", "date", "isOffDay"}]}`, the form of NateScarlet/holiday-cn.
    #[schema(value_type = Object)]
    notice: Value,
}

/// What taking a notice did.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeEffectView {
    /// Days off in the notice.
    holidays: usize,
    /// Make-up workdays (调休) in it.
    makeup_days: usize,
    /// Days that had been special before and became something else.
    replaced: usize,
    /// Special days of the year of which it does not speak; they stay, and somebody should look at them.
    #[schema(value_type = Vec<String>)]
    kept: Vec<NaiveDate>,
}

/// The calendar with a notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeTaken {
    calendar: CalendarView,
    effect: NoticeEffectView,
}

/// Takes a year's notice into the calendar.
#[utoipa::path(tag = "rules", operation_id = "take_notice", request_body = NoticeInput,
    responses((status = 200, body = NoticeTaken)))]
#[post("/api/v1/calendar/notice")]
pub async fn take_notice(
    call: Call<NoticeInput>,
    rulebook: web::Data<Rulebook>,
    rules: web::Data<Rules>,
    directories: web::Data<Directories>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    administrators_only(&call.caller)?;
    let notice = parsed(&call.body.notice)?;
    let before = present(&rules, &rulebook).await?;
    if call.body.version != before.version {
        return commits.replay(&call.idempotency, changed_meanwhile()).await;
    }
    let after = WorkingCalendar { version: before.version + 1, ..with_notice(&before, &notice)? };
    let mut change = call.change(clock.now());
    let mut differences = what_differs(&before, &after);
    differences.insert("notice".to_owned(), json!([null, { "year": notice.year, "papers": notice.papers }]));
    fill(&mut change, "calendar.take_notice", &after, differences);
    let newest = Some(made(after.version, &change));
    let calendar = view(&after, notice.year, newest, &rules, &directories).await?;
    let taken = NoticeTaken { calendar, effect: effect(&before, &notice) };
    let answer = commits.commit(&call.idempotency, change, 200, &taken, changed_meanwhile).await;
    reread(answer, &rulebook).await
}

/// Another calendar, or a notice for the present one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarPreviewInput {
    /// As it would be sent.
    #[serde(default, deserialize_with = "crate::object::object")]
    calendar: Option<CalendarBody>,
    /// As it would be sent.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    notice: Option<Value>,
}

/// Says what another calendar or a notice would do to the clocks that run; nothing is changed.
#[utoipa::path(tag = "rules", operation_id = "preview_calendar", request_body = CalendarPreviewInput,
    responses((status = 200, body = PreviewView)))]
#[post("/api/v1/calendar/preview")]
pub async fn preview(
    call: Call<CalendarPreviewInput>,
    rulebook: web::Data<Rulebook>,
    tickets: web::Data<Tickets>,
    directories: web::Data<Directories>,
    kinds: web::Data<KindSet>,
    clock: ClockData,
) -> Result<web::Json<PreviewView>, ApiError> {
    administrators_only(&call.caller)?;
    let held = rulebook.current();
    let calendar = match (&call.body.calendar, &call.body.notice) {
        (Some(calendar), None) => calendar.checked().map_err(|errors| Refusal::fields(within("calendar", errors)))?,
        (None, Some(notice)) => with_notice(&held.calendar, &parsed(notice)?)?,
        _ => return Err(one_of_both()),
    };
    let rules = TimeRules { levels: held.levels.clone(), calendar };
    effect_of(rules, &tickets, &directories, &kinds, clock.now()).await.map(web::Json)
}

/// The calendar that holds, from the database: another node may have changed it a moment ago.
async fn present(rules: &Rules, rulebook: &Rulebook) -> Result<WorkingCalendar, ApiError> {
    Ok(rules.calendar().await?.unwrap_or_else(|| rulebook.current().calendar.clone()))
}

/// The view for an administrator.
async fn view(
    calendar: &WorkingCalendar,
    year: i32,
    newest: Option<RuleVersion>,
    rules: &Rules,
    directories: &Directories,
) -> Result<CalendarView, ApiError> {
    Ok(CalendarView {
        calendar: CalendarBody::from(calendar),
        history: history(rules, true, newest, directories).await?,
        may_change: true,
        year: YearView::of(calendar, year),
    })
}

fn fill(change: &mut Change, action: &'static str, after: &WorkingCalendar, differences: Map<String, Value>) {
    change.write(Rules::put_calendar(after, change.at, change.by));
    let subject = Subject::new("calendar", after.version);
    change.event("calendar.changed", subject.clone(), json!({ "version": after.version }));
    change.audited(action, subject, Value::Object(differences));
}

/// Before and after of each member, and of `days` each date for itself: there are thousands of them.
fn what_differs(before: &WorkingCalendar, after: &WorkingCalendar) -> Map<String, Value> {
    let mut differing = differences(before, after);
    differing.remove("days");
    let dates: BTreeSet<&NaiveDate> = before.days.keys().chain(after.days.keys()).collect();
    for date in dates {
        let (was, is) = (before.days.get(date), after.days.get(date));
        if was != is {
            differing.insert(format!("days.{date}"), json!([was, is]));
        }
    }
    differing
}

fn one_of_both() -> ApiError {
    let wrong = |field| FieldError::new(field, "calendar.one_of", "请只提供日历或放假通知其中之一");
    Refusal::fields(vec![wrong("calendar"), wrong("notice")]).into()
}

fn parsed(notice: &Value) -> Result<YearNotice, Refusal> {
    YearNotice::parse(&notice.to_string()).map_err(|errors| Refusal::fields(within("notice", errors)))
}

fn with_notice(calendar: &WorkingCalendar, notice: &YearNotice) -> Result<WorkingCalendar, Refusal> {
    let calendar = calendar.with_notice(notice);
    calendar.check().map_err(|errors| Refusal::fields(within("calendar", errors)))?;
    Ok(calendar)
}

fn effect(before: &WorkingCalendar, notice: &YearNotice) -> NoticeEffectView {
    let holidays = notice.days.iter().filter(|day| day.is_off_day).count();
    let effect = before.notice_effect(notice);
    NoticeEffectView {
        holidays,
        makeup_days: notice.days.len() - holidays,
        replaced: effect.changed.len(),
        kept: effect.kept,
    }
}

/// The errors of what stands in member `name`.
fn within(name: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    let whole = |field: &str| if field.is_empty() { name.to_owned() } else { format!("{name}.{field}") };
    errors.into_iter().map(|error| FieldError { field: whole(&error.field), ..error }).collect()
}

fn present_year(now: Timestamp) -> i32 {
    local_date(now).map_or(*YEARS.start(), |date| date.year())
}

fn no_such_year() -> ApiError {
    let message = format!("年份应在 {} 到 {} 之间", YEARS.start(), YEARS.end());
    let fields = vec![FieldError::new("year", "field.range", message.clone())];
    ApiError::Malformed { code: "request.malformed", detail: message, fields }
}

fn changed_meanwhile() -> ApiError {
    Refusal::conflict("calendar.changed_meanwhile", "工作日历刚被别人修改，请刷新后再改").into()
}

//! Attendance statistics (到会统计): of an organisation's people for who looks over it, and everybody's own.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{get, web};
use chrono::NaiveDate;
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_domain::access::Caller;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::MeetingType;
use lianxin_domain::organisation::OrganisationStatus;
use lianxin_domain::problem::Refusal;
use lianxin_storage::attendance::{AttendanceFilter, Figures, Group, OwnAttendance, PersonFigures};
use serde::Deserialize;
use utoipa::IntoParams;

use super::meetings::{Desk, MeetingDesk};
use super::organisations::{no_organisation, seen};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::refused;
use crate::period::{Period, year_start};
use crate::query::Query;
use crate::views::attendance::{AttendanceItem, AttendanceStatistics, OwnAttendanceItem, OwnAttendanceList};

/// Persons at meetings that are worked out one by one: a township's year, in less than a second.
const MAX_PERSONS: u64 = 50_000;

/// What to add up by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Member,
    #[default]
    Organisation,
    Type,
    Month,
}

impl By {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Organisation => "organisation",
            Self::Type => "type",
            Self::Month => "month",
        }
    }
}

/// Whose attendance to add up, and by what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AttendanceQuery {
    /// Of this organisation's people; default: the highest organisation that the caller looks over.
    #[param(value_type = Option<String>)]
    org_id: Option<OrganisationId>,
    /// And of those of the organisations below it; default: yes.
    include_below: Option<bool>,
    /// `member`, `organisation` (default), `type` or `month`.
    #[param(value_type = Option<String>)]
    by: Option<By>,
    /// The first day, `2026-01-01`, in China; default: the first of the last day's year.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// The last day; default: today. At most 1,830 days.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
    /// Code of a type: its meetings alone.
    #[serde(rename = "type")]
    type_code: Option<String>,
}

/// The organisation that is asked for, if the caller looks over it.
fn looked_over<'t>(
    tree: &'t OrganisationTree,
    caller: &Caller,
    id: Option<OrganisationId>,
) -> Result<&'t Arc<OrganisationEntry>, ApiError> {
    let over = |entry: &&Arc<OrganisationEntry>| caller.supervises_organisation(&entry.organisation.path);
    let not_permitted = || Refusal::forbidden("attendance.not_permitted", "只有本组织或上级的管理人员可以查看到会统计");
    match id {
        Some(_) => {
            let entry = seen(tree, &caller.scope(), id)?;
            Some(entry).filter(over).ok_or_else(|| not_permitted().into())
        }
        None => {
            let highest = tree.all().filter(over).min_by_key(|entry| {
                let path = &entry.organisation.path;
                (path.level(), path)
            });
            highest.ok_or_else(|| if caller.membership.is_some() { not_permitted() } else { no_organisation() }.into())
        }
    }
}

impl MeetingDesk {
    /// The statistics that are asked for.
    pub(super) async fn statistics(
        &self,
        caller: &Caller,
        query: &AttendanceQuery,
    ) -> Result<AttendanceStatistics, ApiError> {
        let directory = self.directories.current();
        let tree = directory.organisations();
        let entry = looked_over(tree, caller, query.org_id)?;
        let period = Period::of(query.from, query.until, year_start, self.ids.clock().now())?;
        let (types, by) = (self.types().await?, query.by.unwrap_or_default());
        if query.type_code.as_ref().is_some_and(|code| types.iter().all(|kind| kind.code != *code)) {
            return Err(refused("type", "没有这种会议类型"));
        }
        let include_below = query.include_below.unwrap_or(true);
        let (path, scope) = (&entry.organisation.path, caller.scope());
        let filter = AttendanceFilter {
            organisation: (path.clone(), include_below),
            from: period.from,
            until: period.until,
            type_code: query.type_code.clone(),
        };
        let total = self.book.total(&scope, &filter).await?;
        let places = if include_below { tree.subtree(path) } else { vec![entry] };
        let items = match by {
            By::Member if total.attendance.expected > MAX_PERSONS => {
                let words = "人次太多，请缩小组织或时间范围，或者按组织统计";
                return Err(Refusal::rule("attendance.too_many", words).into());
            }
            By::Member => of_people(self.book.by_person(&scope, &filter).await?, &places),
            By::Organisation => of_places(self.book.by(&scope, &filter, Group::Organisation).await?, &places),
            By::Type => of_types(self.book.by(&scope, &filter, Group::Type).await?, &types),
            By::Month => of_months(self.book.by(&scope, &filter, Group::Month).await?),
        };
        Ok(AttendanceStatistics {
            by: by.as_str().to_owned(),
            org_id: entry.organisation.id.to_string(),
            org_name: entry.organisation.name.clone(),
            include_below,
            from: period.first.to_string(),
            until: period.last.to_string(),
            items,
            total: total.into(),
        })
    }
}

fn item(key: impl ToString, name: &str, figures: Figures) -> AttendanceItem {
    AttendanceItem { key: key.to_string(), name: name.to_owned(), org_name: None, figures: figures.into() }
}

/// By organisation in the order of the tree, and by name there.
fn of_people(mut people: Vec<PersonFigures>, places: &[&Arc<OrganisationEntry>]) -> Vec<AttendanceItem> {
    let known: HashMap<OrganisationId, (usize, &str)> =
        (0..).zip(places).map(|(at, place)| (place.organisation.id, (at, &*place.organisation.name))).collect();
    let place = |one: &PersonFigures| one.organisation_id.and_then(|id| known.get(&id)).copied();
    people.sort_by(|a, b| {
        let order = |one| place(one).map_or(usize::MAX, |(at, _)| at);
        (order(a), &a.name, a.member_id).cmp(&(order(b), &b.name, b.member_id))
    });
    let line = |one: &PersonFigures| AttendanceItem {
        org_name: place(one).map(|(_, name)| name.to_owned()),
        ..item(one.member_id, &one.name, one.figures)
    };
    people.iter().map(line).collect()
}

/// Every organisation that is in use, as who held no meeting is what people look for; of the others those that have a past.
fn of_places(found: Vec<(String, Figures)>, places: &[&Arc<OrganisationEntry>]) -> Vec<AttendanceItem> {
    let mut found: HashMap<String, Figures> = found.into_iter().collect();
    let line = |place: &&Arc<OrganisationEntry>| {
        let organisation = &place.organisation;
        let figures = found.remove(&organisation.id.to_string());
        let shown = figures.is_some() || organisation.status == OrganisationStatus::Active;
        shown.then(|| item(organisation.id, &organisation.name, figures.unwrap_or_default()))
    };
    places.iter().filter_map(line).collect()
}

fn of_types(found: Vec<(String, Figures)>, types: &[MeetingType]) -> Vec<AttendanceItem> {
    let mut found: HashMap<String, Figures> = found.into_iter().collect();
    let lines = types.iter().filter_map(|kind| Some(item(&kind.code, &kind.name, found.remove(&kind.code)?)));
    lines.collect()
}

fn of_months(found: Vec<(String, Figures)>) -> Vec<AttendanceItem> {
    let title = |month: &str| match month.split_once('-') {
        Some((year, month)) => format!("{year}年{}月", month.trim_start_matches('0')),
        None => month.to_owned(),
    };
    found.into_iter().map(|(month, figures)| item(&month, &title(&month), figures)).collect()
}

/// Adds up attendance by person, organisation, type or month; for who manages or looks over the organisation. Only meetings
/// that ended count, each on the day of its planned begin.
#[utoipa::path(tag = "attendance", operation_id = "attendance_statistics", params(AttendanceQuery),
    responses((status = 200, body = AttendanceStatistics)))]
#[get("/api/v1/attendance/statistics")]
pub async fn statistics(
    who: Authenticated,
    query: Query<AttendanceQuery>,
    desk: Desk,
) -> Result<web::Json<AttendanceStatistics>, ApiError> {
    Ok(web::Json(desk.statistics(who.caller(), &query).await?))
}

/// Of which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OwnAttendanceQuery {
    /// The first day, `2026-01-01`, in China; default: the first of the last day's year.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// The last day; default: today. At most 1,830 days.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
}

/// The caller's own attendance (我的到会).
#[utoipa::path(tag = "attendance", operation_id = "own_attendance", params(OwnAttendanceQuery),
    responses((status = 200, body = OwnAttendanceList)))]
#[get("/api/v1/my/attendance")]
pub async fn own(
    who: Authenticated,
    query: Query<OwnAttendanceQuery>,
    desk: Desk,
) -> Result<web::Json<OwnAttendanceList>, ApiError> {
    let period = Period::of(query.from, query.until, year_start, desk.ids.clock().now())?;
    let found = desk.book.own(who.caller().account_id, period.from, period.until).await?;
    let (types, directory) = (desk.types().await?, desk.directories.current());
    let mut total = Figures::default();
    for one in found.iter().filter(|one| one.attendance.expected > 0) {
        total.meetings += 1;
        total.attendance += one.attendance;
    }
    let line = |own: &OwnAttendance| {
        let kind = types.iter().find(|kind| kind.code == own.type_code);
        let type_name = kind.map_or_else(|| own.type_code.clone(), |kind| kind.name.clone());
        let org_name = directory.organisation(own.organisation_id).unwrap_or_default().to_owned();
        OwnAttendanceItem::of(own, type_name, org_name)
    };
    let (from, until) = (period.first.to_string(), period.last.to_string());
    Ok(web::Json(OwnAttendanceList { from, until, items: found.iter().map(line).collect(), total: total.into() }))
}

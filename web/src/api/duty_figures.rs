//! Figures of duties for leaders (BIG-04), the branches that somebody looks after, and a branch's year.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{get, web};
use chrono::Datelike as _;
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_actors::duty::Judged;
use lianxin_domain::access::Scope;
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::duty::{DutyLevel, Period, WarningState};
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::organisation::OrganisationStatus;
use lianxin_storage::duties::DutyFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::duties::{Room, period_of};
use super::organisations::no_organisation;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::refused;
use crate::query::Query;
use crate::views::duty::{DutyCounts, DutyPeriodView, OrganisationRef, title_of};

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DutySummaryQuery {
    /// The organisation; default: the highest that the caller looks over.
    #[param(value_type = Option<String>)]
    org: Option<OrganisationId>,
    /// Of this period only.
    period: Option<String>,
}

/// The figures of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutySummaryRow {
    org: OrganisationRef,
    /// `party_committee`, `general_branch`, `branch` …
    kind: String,
    #[serde(flatten)]
    counts: DutyCounts,
}

/// How warnings stand below an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutySummary {
    org: OrganisationRef,
    period: Option<String>,
    total: DutyCounts,
    /// Each organisation directly below, in their order.
    items: Vec<DutySummaryRow>,
}

/// Counts warnings by level for an organisation and for each one directly below it; for those who look over it.
#[utoipa::path(tag = "duties", operation_id = "summarise_duties", params(DutySummaryQuery),
    responses((status = 200, body = DutySummary)))]
#[get("/api/v1/duties/summary")]
pub async fn summary(
    who: Authenticated,
    query: Query<DutySummaryQuery>,
    room: Room,
) -> Result<web::Json<DutySummary>, ApiError> {
    let (caller, directory) = (who.caller(), room.desk.directories.current());
    let (tree, scope, period) = (directory.organisations(), caller.scope(), period_of(query.period.as_deref())?);
    let entry = match query.org {
        Some(id) => room.visible(tree, caller, id).await?,
        None => highest(tree, &scope).ok_or_else(no_organisation)?,
    };
    let organisation = Some((entry.organisation.path.clone(), true));
    let filter = DutyFilter { organisation, period, ..DutyFilter::default() };
    let mut counts: HashMap<OrganisationId, DutyCounts> = HashMap::new();
    for below in tree.subtree(&entry.organisation.path) {
        let organisation = &below.organisation;
        let counted = organisation.kind.is_branch() && organisation.status == OrganisationStatus::Active;
        counts.entry(organisation.id).or_default().branches = u32::from(counted);
    }
    for (branch, state, level, number) in room.desk.duties.counts(&scope, &filter).await? {
        *place_of(counts.entry(branch).or_default(), state, level) += number;
    }
    let sum = |entry: &OrganisationEntry| {
        let mut sum = DutyCounts::default();
        for below in tree.subtree(&entry.organisation.path) {
            sum += counts.get(&below.organisation.id).copied().unwrap_or_default();
        }
        sum
    };
    let row = |child: &Arc<OrganisationEntry>| DutySummaryRow {
        org: OrganisationRef::of(child.organisation.id, tree),
        kind: child.organisation.kind.as_str().to_owned(),
        counts: sum(child),
    };
    let children = entry.children.iter().filter_map(|id| tree.get(*id));
    let summary = DutySummary {
        org: OrganisationRef::of(entry.organisation.id, tree),
        period: period.map(|period| period.to_string()),
        total: sum(&entry),
        items: children.map(row).collect(),
    };
    Ok(web::Json(summary))
}

/// The highest organisation that the caller looks over.
fn highest(tree: &OrganisationTree, scope: &Scope) -> Option<Arc<OrganisationEntry>> {
    let own = scope.organisation_reaches().iter().filter(|reach| scope.supervises_organisation(&reach.path));
    own.filter_map(|reach| tree.at(&reach.path)).min_by_key(|entry| entry.organisation.path.level()).cloned()
}

/// The branches that the caller looks after.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedBranches {
    items: Vec<LinkedBranch>,
}

/// A branch that the caller looks after, with how many of its duties stand how.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedBranch {
    org: OrganisationRef,
    #[serde(flatten)]
    counts: DutyCounts,
}

/// Lists the branches that the caller looks after (党员干部联系支部), with what is open there.
#[utoipa::path(tag = "duties", operation_id = "linked_branches", responses((status = 200, body = LinkedBranches)))]
#[get("/api/v1/duties/branches")]
pub async fn branches(who: Authenticated, room: Room) -> Result<web::Json<LinkedBranches>, ApiError> {
    let directory = room.desk.directories.current();
    let tree = directory.organisations();
    let mut items = Vec::new();
    for id in room.looked_after(who.caller()).await? {
        let Some(entry) = tree.get(id) else { continue };
        let organisation = Some((entry.organisation.path.clone(), false));
        let filter = DutyFilter { organisation, ..DutyFilter::default() };
        let mut counts = DutyCounts { branches: 1, ..DutyCounts::default() };
        for (_, state, level, number) in room.desk.duties.counts(&who.caller().scope(), &filter).await? {
            *place_of(&mut counts, state, level) += number;
        }
        items.push(LinkedBranch { org: OrganisationRef::of(id, tree), counts });
    }
    Ok(web::Json(LinkedBranches { items }))
}

/// Where a warning is counted.
fn place_of(counts: &mut DutyCounts, state: WarningState, level: DutyLevel) -> &mut u32 {
    match (state, level) {
        (WarningState::Warned, DutyLevel::Yellow) => &mut counts.yellow,
        (WarningState::Warned, DutyLevel::Orange) => &mut counts.orange,
        (WarningState::Warned, DutyLevel::Red) => &mut counts.red,
        (WarningState::Coming, _) => &mut counts.coming,
        (WarningState::Satisfied, _) => &mut counts.satisfied,
        (WarningState::Exempt, _) => &mut counts.exempt,
    }
}

/// Whose year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DutyCalendarQuery {
    /// A branch.
    #[param(value_type = String)]
    org: OrganisationId,
    /// Default: this one.
    year: Option<i32>,
}

/// What is due of one type in a year.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyCalendarRow {
    #[serde(rename = "type")]
    type_code: String,
    type_title: String,
    /// The group whose duty it is; nothing: the branch's.
    group: Option<OrganisationRef>,
    periods: Vec<DutyPeriodView>,
}

/// A branch's year.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyCalendar {
    org: OrganisationRef,
    year: i32,
    items: Vec<DutyCalendarRow>,
}

/// Says for each type and period of a year how a branch stands, which meetings count, and until when there is time.
#[utoipa::path(tag = "duties", operation_id = "duty_calendar", params(DutyCalendarQuery),
    responses((status = 200, body = DutyCalendar)))]
#[get("/api/v1/duties/calendar")]
pub async fn calendar(
    who: Authenticated,
    query: Query<DutyCalendarQuery>,
    room: Room,
) -> Result<web::Json<DutyCalendar>, ApiError> {
    let directory = room.desk.directories.current();
    let tree = directory.organisations();
    let entry = room.visible(tree, who.caller(), query.org).await?;
    if !entry.organisation.kind.is_branch() {
        return Err(refused("org", "请选择党支部"));
    }
    let now = room.ids.clock().now();
    let year = query.year.unwrap_or_else(|| local_date(now).map_or(0, |date| date.year()));
    if format!("{year:04}").parse::<Period>().is_err() {
        return Err(refused("year", "year 不正确"));
    }
    let judged = room.desk.year(entry.organisation.id, year, now).await?;
    let warnings = room.desk.duties.of_year(entry.organisation.id, year).await?;
    let titles = room.titles().await?;
    let same = |a: &Judged, b: &Judged| (&a.key.type_code, a.key.group_id) == (&b.key.type_code, b.key.group_id);
    let rows = judged.chunk_by(same).filter_map(|row| {
        let key = &row.first()?.key;
        Some(DutyCalendarRow {
            type_title: title_of(&titles, &key.type_code),
            type_code: key.type_code.clone(),
            group: key.group_id.map(|id| OrganisationRef::of(id, tree)),
            periods: row.iter().map(|one| DutyPeriodView::of(one, warnings.contains_key(&one.key.id()))).collect(),
        })
    });
    let org = OrganisationRef::of(entry.organisation.id, tree);
    Ok(web::Json(DutyCalendar { org, year, items: rows.collect() }))
}

//! The service levels (服务时限): read by all staff, changed by the administrators of the whole tenant.

use actix_web::{HttpResponse, get, post, put, web};
use lianxin_actors::directory::Directories;
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::access::{AccountKind, Caller};
use lianxin_domain::event::Subject;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_level::{ServiceLevels, TimeRules};
use lianxin_storage::change::Change;
use lianxin_storage::rules::{RuleVersion, Rules};
use lianxin_storage::tickets::Tickets;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::auth::ClockData;
use super::rule_preview::preview as effect_of;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::rules::{PreviewView, RuleVersionView, ServiceLevelsBody, ServiceLevelsView};

/// Versions that are shown.
const SHOWN_VERSIONS: u32 = 20;

/// Reads the service levels.
#[utoipa::path(tag = "rules", operation_id = "get_service_levels", responses((status = 200, body = ServiceLevelsView)))]
#[get("/api/v1/service-levels")]
pub async fn get(
    who: Authenticated,
    rulebook: web::Data<Rulebook>,
    rules: web::Data<Rules>,
    directories: web::Data<Directories>,
) -> Result<web::Json<ServiceLevelsView>, ApiError> {
    staff_only(who.caller())?;
    let levels = ServiceLevelsBody::from(&rulebook.current().levels);
    let history = history(&rules, false, None, &directories).await?;
    Ok(web::Json(ServiceLevelsView { levels, history, may_change: may_change(who.caller()) }))
}

/// Changes the service levels. Running clocks are then worked out anew; what is over stays over.
#[utoipa::path(tag = "rules", operation_id = "change_service_levels", request_body = ServiceLevelsBody,
    responses((status = 200, body = ServiceLevelsView)))]
#[put("/api/v1/service-levels")]
pub async fn put(
    call: Call<ServiceLevelsBody>,
    rulebook: web::Data<Rulebook>,
    rules: web::Data<Rules>,
    directories: web::Data<Directories>,
    kinds: web::Data<KindSet>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    administrators_only(&call.caller)?;
    let proposed = checked(&call.body, &kinds)?;
    // From the database: another node may have changed them a moment ago.
    let before = rules.service_levels().await?.unwrap_or_else(|| rulebook.current().levels.clone());
    if proposed.version != before.version {
        return commits.replay(&call.idempotency, changed_meanwhile()).await;
    }
    let after = ServiceLevels { version: before.version + 1, ..proposed };
    let mut change = call.change(clock.now());
    change.write(Rules::put_service_levels(&after, change.at, change.by));
    let subject = Subject::new("service_levels", after.version);
    change.event("service_levels.changed", subject.clone(), json!({ "version": after.version }));
    change.audited("service_levels.change", subject, Value::Object(differences(&before, &after)));
    let view = ServiceLevelsView {
        levels: ServiceLevelsBody::from(&after),
        history: history(&rules, false, Some(made(after.version, &change)), &directories).await?,
        may_change: true,
    };
    let answer = commits.commit(&call.idempotency, change, 200, &view, changed_meanwhile).await;
    reread(answer, &rulebook).await
}

/// Says what other service levels would do to the clocks that run; nothing is changed.
#[utoipa::path(tag = "rules", operation_id = "preview_service_levels", request_body = ServiceLevelsBody,
    responses((status = 200, body = PreviewView)))]
#[post("/api/v1/service-levels/preview")]
pub async fn preview(
    call: Call<ServiceLevelsBody>,
    rulebook: web::Data<Rulebook>,
    tickets: web::Data<Tickets>,
    directories: web::Data<Directories>,
    kinds: web::Data<KindSet>,
    clock: ClockData,
) -> Result<web::Json<PreviewView>, ApiError> {
    administrators_only(&call.caller)?;
    let levels = checked(&call.body, &kinds)?;
    let rules = TimeRules { levels, calendar: rulebook.current().calendar.clone() };
    effect_of(rules, &tickets, &directories, &kinds, clock.now()).await.map(web::Json)
}

fn checked(body: &ServiceLevelsBody, kinds: &KindSet) -> Result<ServiceLevels, ApiError> {
    let levels = ServiceLevels::from(body);
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code.as_str()).collect();
    levels.check(&codes).map_err(Refusal::fields)?;
    Ok(levels)
}

fn changed_meanwhile() -> ApiError {
    Refusal::conflict("service_levels.changed_meanwhile", "服务时限刚被别人修改，请刷新后再改").into()
}

/// The rules hold for the whole tenant, so whoever changes them administers all of it.
pub(super) fn may_change(caller: &Caller) -> bool {
    caller.administers.iter().any(|path| path.level() == 1)
}

/// Refuses whoever may not change the rules.
pub(super) fn administrators_only(caller: &Caller) -> Result<(), ApiError> {
    let refusal = || Refusal::forbidden("rules.not_permitted", "只有管理员可以修改服务时限和工作日历");
    if may_change(caller) { Ok(()) } else { Err(refusal().into()) }
}

/// Refuses residents.
pub(super) fn staff_only(caller: &Caller) -> Result<(), ApiError> {
    let refusal = || Refusal::forbidden("rules.not_permitted", "只有工作人员可以查看服务时限和工作日历");
    if caller.kind == AccountKind::Staff { Ok(()) } else { Err(refusal().into()) }
}

/// The version that a change makes.
pub(super) const fn made(version: u32, change: &Change) -> RuleVersion {
    RuleVersion { version, at: change.at, by: change.by }
}

/// The last versions of the service levels or the calendar, after `newest`, which is not committed yet.
pub(super) async fn history(
    rules: &Rules,
    calendar: bool,
    newest: Option<RuleVersion>,
    directories: &Directories,
) -> Result<Vec<RuleVersionView>, ApiError> {
    let older = rules.history(calendar, SHOWN_VERSIONS).await?;
    let directory = directories.current();
    let versions = newest.iter().chain(&older).take(SHOWN_VERSIONS as usize);
    Ok(versions.map(|version| RuleVersionView::of(version, &directory)).collect())
}

/// `{"field": [before, after]}` of the members that differ; the version is the subject.
pub(super) fn differences(before: &impl Serialize, after: &impl Serialize) -> Map<String, Value> {
    let members = |rules: Value| match rules {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut before = members(json!(before));
    let after = members(json!(after)).into_iter().filter(|(name, _)| name != "version");
    let pairs =
        after.map(|(name, is)| (before.remove(&name).unwrap_or_default(), name, is)).filter(|(was, _, is)| was != is);
    pairs.map(|(was, name, is)| (name, json!([was, is]))).collect()
}

/// Reads the rules anew before the answer, so that whoever asked finds the change in the very next call; the follower
/// does it for everybody else.
pub(super) async fn reread(
    answer: Result<HttpResponse, ApiError>,
    rulebook: &Rulebook,
) -> Result<HttpResponse, ApiError> {
    if answer.is_ok() {
        rulebook.reload().await?;
    }
    answer
}

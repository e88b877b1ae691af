//! Which meetings are due, as data (inventory MEET-01), and who looks after which branch (ORG-18).

use std::collections::HashSet;

use actix_web::{get, put, web};
use chrono::NaiveDate;
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{AppliesTo, DutyRule, PeriodKind};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::duties::{BranchCadre, Duties};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::duties::{DutyRoom, Room};
use super::organisations::{administered, seen};
use super::ticket_actions::Answered;
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::duty::DutyRuleView;

/// Cadres of one branch at most.
const MAX_CADRES: usize = 20;

/// All rules of the caller's tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyRuleList {
    items: Vec<DutyRuleView>,
}

/// Reads which meetings are due.
#[utoipa::path(tag = "duties", operation_id = "list_duty_rules", responses((status = 200, body = DutyRuleList)))]
#[get("/api/v1/duty-rules")]
pub async fn list(who: Authenticated, room: Room) -> Result<web::Json<DutyRuleList>, ApiError> {
    let titles = room.titles().await?;
    let rules = room.desk.rules_of(&tenant_of(who.caller())).await?;
    Ok(web::Json(DutyRuleList { items: rules.into_iter().map(|rule| DutyRuleView::of(rule, &titles)).collect() }))
}

/// The tenant that somebody belongs to. Whoever belongs to none reads what is built in.
fn tenant_of(caller: &Caller) -> TreePath {
    let own = caller.membership.iter().map(|own| &own.path);
    let duties = caller.duties.iter().map(|duty| &duty.path);
    let roles = caller.organisation_roles.iter().map(|role| &role.path);
    let place = caller.administers.iter().chain(roles).chain(own).chain(duties).next();
    place.map_or_else(|| TreePath::root(0), TreePath::tenant)
}

/// A rule as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyRuleInput {
    /// Whether anything is due.
    enabled: bool,
    /// `month`, `quarter` or `year`.
    #[schema(value_type = String)]
    period: PeriodKind,
    /// Meetings in a period at least, 1 to 31.
    minimum: u32,
    /// `every_branch`, `with_committee` or `each_group`.
    #[schema(value_type = String)]
    applies_to: AppliesTo,
    /// More than so many of a hundred with a vote have to come, 0 to 99; nothing: whoever came.
    #[serde(default)]
    quorum_percent: Option<u32>,
    /// 0 to 60.
    yellow_workdays: u32,
    /// 0 to `yellow_workdays`.
    orange_workdays: u32,
    /// 0 to 90; nothing: minutes are not asked for.
    #[serde(default)]
    minutes_days: Option<u32>,
    /// 1 to 30.
    answer_workdays: u32,
    #[schema(value_type = String)]
    valid_from: NaiveDate,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    valid_to: Option<NaiveDate>,
    /// Of the rule that was read; 0: as built in.
    version: u32,
}

/// States what is due of one type of meeting; for administrators of the whole tenant. All warnings are worked out
/// anew. When somebody else changed it in between, 409 `duty_rule.changed` with its `version`.
#[utoipa::path(tag = "duties", operation_id = "put_duty_rule", params(("type" = String, Path)),
    request_body = DutyRuleInput, responses((status = 200, body = DutyRuleView)))]
#[put("/api/v1/duty-rules/{type}")]
pub async fn put(code: web::Path<String>, call: Call<DutyRuleInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let tenant = call.caller.administers.iter().find(|path| path.level() == 1);
    let tenant =
        tenant.ok_or_else(|| Refusal::forbidden("duty_rule.not_administrator", "只有最高级管理员可以维护会议要求"))?;
    let titles = room.titles().await?;
    let type_code = code.into_inner();
    if !titles.contains_key(&type_code) {
        return Err(Refusal::not_found("meeting_type.not_found", "没有这种会议类型").into());
    }
    let rules = room.desk.rules_of(tenant).await?;
    let before = rules.into_iter().find(|rule| rule.type_code == type_code);
    let version = before.as_ref().map_or(0, |before| before.version);
    let input = &call.body;
    let changed = || Refusal::conflict("duty_rule.changed", "这条要求刚刚被其他人修改，请查看后再保存");
    if input.version != version {
        return Err(changed().with("version", json!(version)).into());
    }
    let rule = DutyRule {
        type_code,
        enabled: input.enabled,
        period: input.period,
        minimum: input.minimum,
        applies_to: input.applies_to,
        quorum_percent: input.quorum_percent,
        yellow_workdays: input.yellow_workdays,
        orange_workdays: input.orange_workdays,
        minutes_days: input.minutes_days,
        answer_workdays: input.answer_workdays,
        valid_from: input.valid_from,
        valid_to: input.valid_to,
        version: version + 1,
    };
    let rule = rule.check().map_err(Refusal::fields)?;
    let mut change = call.change(room.ids.clock().now());
    let subject = Subject::new("duty_rule", &rule.type_code);
    change.write(Duties::put_rule(tenant, version, &rule));
    change.event("duty_rule.changed", subject.clone(), json!({ "tenant": tenant, "version": rule.version }));
    change.audited("duty_rule.change", subject, json!({ "rule": [before, rule] }));
    let view = DutyRuleView::of(rule, &titles);
    commits.commit(&call.idempotency, change, 200, &view, || changed().into()).await
}

/// Somebody who looks after a branch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BranchCadreView {
    #[schema(value_type = String)]
    account_id: AccountId,
    name: String,
    #[schema(value_type = String)]
    since: Timestamp,
}

/// Those who look after a branch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BranchCadres {
    items: Vec<BranchCadreView>,
}

/// Lists the cadres who look after a branch (党员干部联系支部).
#[utoipa::path(tag = "duties", operation_id = "list_branch_cadres", params(("id" = String, Path)),
    responses((status = 200, body = BranchCadres)))]
#[get("/api/v1/organisations/{id}/cadres")]
pub async fn cadres(
    who: Authenticated,
    id: web::Path<String>,
    room: Room,
) -> Result<web::Json<BranchCadres>, ApiError> {
    let directory = room.desk.directories.current();
    let entry = seen(directory.organisations(), &who.caller().scope(), id.parse().ok())?;
    let linked = room.desk.duties.cadres(entry.organisation.id).await?;
    Ok(web::Json(room.named(linked).await?))
}

/// Who is to look after a branch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchCadresInput {
    /// At most 20; whoever is left out does not look after it any more.
    #[schema(value_type = Vec<String>)]
    account_ids: Vec<AccountId>,
}

/// States who looks after a branch; for those who administer it.
#[utoipa::path(tag = "duties", operation_id = "put_branch_cadres", params(("id" = String, Path)),
    request_body = BranchCadresInput, responses((status = 200, body = BranchCadres)))]
#[put("/api/v1/organisations/{id}/cadres")]
pub async fn put_cadres(
    id: web::Path<String>,
    call: Call<BranchCadresInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let directory = room.desk.directories.current();
    let entry = administered(directory.organisations(), &call.caller, id.parse().ok())?;
    let branch = entry.organisation.id;
    if !entry.organisation.kind.is_branch() {
        return Err(Refusal::rule("organisation.not_branch", "只有党支部可以由党员干部联系").into());
    }
    let mut wanted = call.body.account_ids.clone();
    let mut once = HashSet::new();
    wanted.retain(|id| once.insert(*id));
    if wanted.len() > MAX_CADRES {
        return Err(one_field("account_ids", "field.too_many", "最多 20 名"));
    }
    for (index, id) in wanted.iter().enumerate() {
        if room.accounts.get(*id).await?.is_none() {
            return Err(one_field(&format!("account_ids[{index}]"), "account.not_found", "没有找到这个账号"));
        }
    }
    let now = room.ids.clock().now();
    let before = room.desk.duties.cadres(branch).await?;
    let after = looking_after(branch, &before, &wanted, now);
    let mut change = call.change(now);
    let gone = before.iter().filter(|cadre| !wanted.contains(&cadre.account_id));
    change.writes.extend(gone.map(|cadre| Duties::unlink(branch, cadre.account_id)));
    change.writes.extend(after.iter().map(Duties::link));
    let ids = |of: &[BranchCadre]| of.iter().map(|cadre| cadre.account_id).collect::<Vec<_>>();
    let subject = Subject::new("organisation", branch);
    change.event("organisation.cadres_changed", subject.clone(), json!({ "account_ids": ids(&after) }));
    change.audited("organisation.put_cadres", subject, json!({ "cadres": [ids(&before), ids(&after)] }));
    let view = room.named(after).await?;
    commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
}

/// Those who stay since they came, those who are new since now.
fn looking_after(
    branch: OrganisationId,
    before: &[BranchCadre],
    wanted: &[AccountId],
    now: Timestamp,
) -> Vec<BranchCadre> {
    let since = |id: &AccountId| before.iter().find(|cadre| cadre.account_id == *id).map_or(now, |cadre| cadre.since);
    let cadre = |id: &AccountId| BranchCadre { organisation_id: branch, account_id: *id, since: since(id) };
    let mut all: Vec<BranchCadre> = wanted.iter().map(cadre).collect();
    all.sort_by_key(|cadre| (cadre.since, cadre.account_id));
    all
}

impl DutyRoom {
    async fn named(&self, linked: Vec<BranchCadre>) -> Result<BranchCadres, ApiError> {
        let mut items = Vec::with_capacity(linked.len());
        for cadre in linked {
            let account = self.accounts.get(cadre.account_id).await?;
            let name = account.map(|account| account.name).unwrap_or_default();
            items.push(BranchCadreView { account_id: cadre.account_id, name, since: cadre.since });
        }
        Ok(BranchCadres { items })
    }
}

//! Members of the Party: the roster and its changes. Who manages an organisation changes its members.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::NaiveDate;
use lianxin_actors::directory::OrganisationTree;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::Caller;
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{MemberId, OrganisationId};
use lianxin_domain::member::{Gender, Member, MemberFacts, MemberForm, MemberStanding, MemberStatus, Position};
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal, text_field};
use lianxin_storage::members::MemberFilter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::enlist::{Candidate, enlist, enlist_in, leaders_changed};
use super::organisation_admin::{redrawn, rights_changed};
use super::organisations::{Desk, PartyDesk, no_organisation, page_of, seen};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::Call;
use crate::error::ApiError;
use crate::patch::Patch;
use crate::query::Query;
use crate::views::member::MemberView;

/// Characters to search for.
const MAX_WORDS: usize = 100;
/// Characters of a reason.
const MAX_REASON: usize = 500;

/// Which members to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MemberQuery {
    /// Only of this organisation.
    #[param(value_type = Option<String>)]
    pub(super) organisation_id: Option<OrganisationId>,
    /// And of those below it.
    #[serde(default)]
    pub(super) include_below: bool,
    /// A part of the name, or a whole phone number.
    pub(super) q: Option<String>,
    /// `full` or `probationary`.
    #[param(value_type = Option<String>)]
    pub(super) standing: Option<MemberStanding>,
    /// `secretary`, `deputy_secretary`, `organisation_commissioner`, `publicity_commissioner`,
    /// `discipline_commissioner`, `committee_member` or `group_leader`.
    #[param(value_type = Option<String>)]
    pub(super) position: Option<Position>,
    /// `active` (default) or `history`.
    #[param(value_type = Option<String>)]
    pub(super) status: Option<MemberStatus>,
    /// From 1.
    pub(super) page: Option<u32>,
    /// 1 to 200.
    pub(super) size: Option<u32>,
}

impl MemberQuery {
    /// The filter that the query means.
    pub(super) fn filter(&self, tree: &OrganisationTree, caller: &Caller) -> Result<MemberFilter, ApiError> {
        let text = self.q.as_deref().filter(|text| !text.trim().is_empty());
        let text = text.map(|text| text_field("q", text, true, MAX_WORDS)).transpose();
        let text = text.map_err(|error| ApiError::Malformed {
            code: "request.malformed",
            detail: error.message.clone(),
            fields: vec![error],
        })?;
        let organisation = match self.organisation_id {
            Some(id) => {
                let entry = seen(tree, &caller.scope(), Some(id))?;
                Some((entry.organisation.path.clone(), self.include_below))
            }
            None => None,
        };
        Ok(MemberFilter {
            organisation,
            text,
            standing: self.standing,
            position: self.position,
            status: self.status.unwrap_or(MemberStatus::Active),
        })
    }
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPage {
    items: Vec<MemberView>,
    /// On all pages.
    total: u64,
    page: u32,
    size: u32,
}

/// Lists members that the caller sees, by organisation and their order in it.
#[utoipa::path(tag = "members", operation_id = "list_members", params(MemberQuery),
    responses((status = 200, body = MemberPage)))]
#[get("/api/v1/members")]
pub async fn list(
    who: Authenticated,
    query: Query<MemberQuery>,
    desk: Desk,
) -> Result<web::Json<MemberPage>, ApiError> {
    let (page, size) = page_of(query.page, query.size)?;
    let directory = desk.directories.current();
    let (tree, caller) = (directory.organisations(), who.caller());
    let filter = query.filter(tree, caller)?;
    let (members, total) = desk.members.list(&caller.scope(), &filter, page - 1, size).await?;
    let items = members.iter().map(|member| MemberView::of(member, tree, caller)).collect();
    Ok(web::Json(MemberPage { items, total, page, size }))
}

/// Reads a member.
#[utoipa::path(tag = "members", operation_id = "get_member", params(("id" = String, Path)),
    responses((status = 200, body = MemberView)))]
#[get("/api/v1/members/{id}")]
pub async fn get(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<MemberView>, ApiError> {
    let member = found(&desk, who.caller(), &id).await?;
    let directory = desk.directories.current();
    Ok(web::Json(MemberView::of(&member, directory.organisations(), who.caller())))
}

/// A new member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberInput {
    #[schema(value_type = String)]
    organisation_id: OrganisationId,
    /// The name that an existing account signs in with; nothing: the resident's account of the phone, made if need be.
    #[serde(default)]
    account: Option<String>,
    name: String,
    #[serde(default)]
    phone: Option<String>,
    /// `full` or `probationary`.
    #[schema(value_type = String)]
    standing: MemberStanding,
    /// `secretary`, `deputy_secretary` …
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    positions: Vec<Position>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    joined_on: Option<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    became_full_on: Option<NaiveDate>,
    /// `male` or `female`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    gender: Option<Gender>,
    #[serde(default)]
    order: i32,
}

/// The id of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedMember {
    #[schema(value_type = String)]
    id: MemberId,
}

/// Takes somebody into the roster of an organisation.
#[utoipa::path(tag = "members", operation_id = "create_member", request_body = NewMemberInput,
    responses((status = 201, body = CreatedMember)))]
#[post("/api/v1/members")]
pub async fn create(call: Call<NewMemberInput>, desk: Desk) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let input = &call.body;
    let organisation = managed(directory.organisations(), &call.caller, input.organisation_id)?;
    let now = desk.ids.clock().now();
    let form = MemberForm {
        name: &input.name,
        phone: input.phone.as_deref().unwrap_or_default(),
        standing: input.standing,
        positions: input.positions.clone(),
        joined_on: input.joined_on,
        became_full_on: input.became_full_on,
        gender: input.gender,
        sort_order: input.order,
    };
    let facts = form.check(today(now)?).map_err(Refusal::fields)?;
    let login = input.account.as_deref().map(str::trim).filter(|login| !login.is_empty()).map(str::to_owned);
    let candidate = Candidate { organisation_id: organisation.0, organisation_path: organisation.1, login, facts };
    let enlisted = enlist(&[candidate], &desk).await?.pop().ok_or(ApiError::Internal)?;
    let enlisted = enlisted.map_err(|error| Refusal::fields(vec![error]))?;
    let mut change = call.change(now);
    enlist_in(&mut change, &enlisted, &desk);
    let member = &enlisted.member;
    let subject = Subject::new("member", member.id);
    change.event("member.created", subject.clone(), json!({ "organisation_id": member.organisation_id }));
    change.audited("member.create", subject, differences(None, member));
    let created = CreatedMember { id: member.id };
    let taken = || one_field("phone", "member.exists", "这个账号已登记为党员");
    let answer = desk.commits.commit(&call.idempotency, change, 201, &created, taken).await;
    desk.callers.account_changed(member.account_id);
    if member.leads() { redrawn(answer, &desk).await } else { answer }
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatch {
    /// Moves the person to another organisation that the caller manages.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    organisation_id: Option<OrganisationId>,
    #[serde(default)]
    name: Option<String>,
    /// For contact; who signs in by phone goes on with the number that the account has. Null or nothing in it: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    standing: Option<MemberStanding>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    positions: Option<Vec<Position>>,
    /// Null: not known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    joined_on: Patch<NaiveDate>,
    /// Null: not known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    became_full_on: Patch<NaiveDate>,
    /// `male` or `female`; null: not known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    gender: Patch<Gender>,
    #[serde(default)]
    order: Option<i32>,
}

/// Changes a member.
#[utoipa::path(tag = "members", operation_id = "update_member", params(("id" = String, Path)),
    request_body = MemberPatch, responses((status = 204)))]
#[patch("/api/v1/members/{id}")]
pub async fn update(id: web::Path<String>, call: Call<MemberPatch>, desk: Desk) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let before = manageable(&desk, &call.caller, &id).await?;
    let now = desk.ids.clock().now();
    let mut after = patched(&before, &call.body, today(now)?)?;
    if let Some(target) = call.body.organisation_id {
        (after.organisation_id, after.organisation_path) = managed(directory.organisations(), &call.caller, target)?;
    }
    let mut change = call.change(now);
    change.write(desk.members.update(before.version, &after));
    let subject = Subject::new("member", before.id);
    change.event("member.updated", subject.clone(), json!({ "organisation_id": after.organisation_id }));
    if (before.organisation_id, before.facts.standing, before.leads())
        != (after.organisation_id, after.facts.standing, after.leads())
    {
        rights_changed(&mut change, before.account_id, after.organisation_id);
    }
    let led = leaders_changed(&mut change, Some(&before), Some(&after));
    change.audited("member.update", subject, differences(Some(&before), &after));
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    desk.callers.account_changed(before.account_id);
    if led { redrawn(answer, &desk).await } else { answer }
}

fn patched(before: &Member, patch: &MemberPatch, today: NaiveDate) -> Result<Member, ApiError> {
    let facts = &before.facts;
    let form = MemberForm {
        name: patch.name.as_deref().unwrap_or(&facts.name),
        phone: match &patch.phone {
            Patch::Keep => facts.phone.as_ref().map(Phone::as_str).unwrap_or_default(),
            Patch::Clear => "",
            Patch::Set(phone) => phone,
        },
        standing: patch.standing.unwrap_or(facts.standing),
        positions: patch.positions.clone().unwrap_or_else(|| facts.positions.clone()),
        joined_on: patch.joined_on.over(facts.joined_on),
        became_full_on: patch.became_full_on.over(facts.became_full_on),
        gender: patch.gender.over(facts.gender),
        sort_order: patch.order.unwrap_or(facts.sort_order),
    };
    let facts = form.check(today).map_err(Refusal::fields)?;
    Ok(Member { version: before.version + 1, facts, ..before.clone() })
}

/// Why somebody leaves the roster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRemovalInput {
    /// 1–500 characters.
    reason: String,
}

/// Takes somebody off the roster; the record stays in the history (inventory MEM-02).
#[utoipa::path(tag = "members", operation_id = "delete_member", params(("id" = String, Path)),
    request_body = MemberRemovalInput, responses((status = 204)))]
#[delete("/api/v1/members/{id}")]
pub async fn remove(
    id: web::Path<String>,
    call: Call<MemberRemovalInput>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let before = manageable(&desk, &call.caller, &id).await?;
    let reason =
        text_field("reason", &call.body.reason, true, MAX_REASON).map_err(|error| Refusal::fields(vec![error]))?;
    let after = Member {
        version: before.version + 1,
        status: MemberStatus::History,
        history_reason: Some(reason),
        ..before.clone()
    };
    let subject = Subject::new("member", before.id);
    let mut change = call.change(desk.ids.clock().now());
    change.write(desk.members.update(before.version, &after));
    change.event("member.removed", subject.clone(), json!({ "organisation_id": before.organisation_id }));
    rights_changed(&mut change, before.account_id, before.organisation_id);
    let led = leaders_changed(&mut change, Some(&before), None);
    change.audited("member.remove", subject, differences(Some(&before), &after));
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    desk.callers.account_changed(before.account_id);
    if led { redrawn(answer, &desk).await } else { answer }
}

pub(super) async fn found(desk: &PartyDesk, caller: &Caller, id: &str) -> Result<Member, ApiError> {
    let missing = || Refusal::not_found("member.not_found", "没有找到这名党员");
    let id: MemberId = id.parse().map_err(|_| missing())?;
    Ok(desk.members.get(&caller.scope(), id).await?.ok_or_else(missing)?)
}

/// The member on the roster that the caller may change.
async fn manageable(desk: &PartyDesk, caller: &Caller, id: &str) -> Result<Member, ApiError> {
    let member = found(desk, caller, id).await?;
    if !caller.manages_organisation(&member.organisation_path) {
        return Err(Refusal::forbidden("member.not_permitted", "只有本组织书记或管理员可以修改党员信息").into());
    }
    match member.status {
        MemberStatus::Active => Ok(member),
        MemberStatus::History => Err(Refusal::conflict("member.in_history", "这名党员已转入历史库").into()),
    }
}

/// The organisation of a field that the caller manages.
fn managed(
    tree: &OrganisationTree,
    caller: &Caller,
    id: OrganisationId,
) -> Result<(OrganisationId, lianxin_domain::tree::TreePath), ApiError> {
    let path = tree.get(id).map(|entry| entry.organisation.path.clone());
    match path.filter(|path| caller.scope().sees_organisation(path)) {
        Some(path) if caller.manages_organisation(&path) => Ok((id, path)),
        Some(_) => Err(Refusal::forbidden("member.not_permitted", "只有本组织书记或管理员可以修改党员信息").into()),
        None => {
            let error = no_organisation();
            Err(Refusal::fields(vec![FieldError::new("organisation_id", error.code, error.detail)]).into())
        }
    }
}

/// The day in China.
pub(super) fn today(now: Timestamp) -> Result<NaiveDate, ApiError> {
    local_date(now).ok_or(ApiError::Internal)
}

/// What changed. Names and numbers are personal: the trail says that they changed, not to what.
fn differences(before: Option<&Member>, after: &Member) -> Value {
    let fields = |member: &Member| {
        let MemberFacts { standing, positions, joined_on, became_full_on, sort_order, .. } = &member.facts;
        [
            ("organisation_id", json!(member.organisation_id)),
            ("standing", json!(standing)),
            ("positions", json!(positions)),
            ("joined_on", json!(joined_on)),
            ("became_full_on", json!(became_full_on)),
            ("order", json!(sort_order)),
            ("status", json!(member.status)),
            ("reason", json!(member.history_reason)),
        ]
    };
    let was = before.map(fields);
    let mut changes = serde_json::Map::new();
    for (index, (name, is)) in fields(after).into_iter().enumerate() {
        let was = was.as_ref().map_or(Value::Null, |was| was[index].1.clone());
        if was != is {
            changes.insert(name.to_owned(), json!([was, is]));
        }
    }
    if let Some(before) = before {
        let (was, is) = (&before.facts, &after.facts);
        let hidden =
            [("name", was.name != is.name), ("phone", was.phone != is.phone), ("gender", was.gender != is.gender)];
        changes
            .extend(hidden.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| (name.to_owned(), json!(true))));
    }
    Value::Object(changes)
}

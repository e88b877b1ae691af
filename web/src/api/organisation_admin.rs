//! Changing organisations and who has a role there: for administrators of the subtree.

use actix_web::{HttpResponse, delete, patch, post, web};
use chrono::NaiveDate;
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::{Caller, OrganisationRight};
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::organisation::{
    DeleteFacts, Organisation, OrganisationForm, OrganisationKind, OrganisationStatus, check_children, check_delete,
    check_depth, check_founded, check_move, check_place,
};
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::organisations::{OrganisationGrant, Organisations};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::organisations::{Desk, PartyDesk, administered, not_permitted};
use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::call::Call;
use crate::error::ApiError;

/// A new organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisationInput {
    /// The one above; nothing: the root of the caller's own tenant.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent_id: Option<OrganisationId>,
    /// 全称
    name: String,
    /// 简称
    #[serde(default)]
    short_name: Option<String>,
    /// `party_committee`, `general_branch`, `branch`, `joint_branch`, `temporary_branch` or `group`.
    #[schema(value_type = String)]
    kind: OrganisationKind,
    /// The last day of a temporary branch.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ends_on: Option<NaiveDate>,
    /// The day on which it was founded; what is due of it (`/duties`) begins then. Default: today.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    founded_on: Option<NaiveDate>,
    #[serde(default)]
    order: i32,
}

/// The id of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedOrganisation {
    #[schema(value_type = String)]
    id: OrganisationId,
}

/// Makes an organisation below another, or the root of the caller's tenant.
#[utoipa::path(tag = "organisations", operation_id = "create_organisation", request_body = NewOrganisationInput,
    responses((status = 201, body = CreatedOrganisation)))]
#[post("/api/v1/organisations")]
pub async fn create(call: Call<NewOrganisationInput>, desk: Desk) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let (tree, input) = (directory.organisations(), &call.body);
    let parent = match input.parent_id {
        Some(id) => Some(administered(tree, &call.caller, Some(id)).map_err(unknown_parent)?),
        None => None,
    };
    let path = match parent {
        Some(parent) => next_child(tree, parent),
        None => root_of(tree, &call.caller)?,
    };
    let form = OrganisationForm {
        name: input.name.clone(),
        short_name: input.short_name.clone().unwrap_or_default(),
        kind: input.kind,
        ends_on: input.ends_on,
    };
    let form = form.check().map_err(Refusal::fields)?;
    placed(tree, parent.map(|parent| &**parent), &form, None)?;
    let organisation = Organisation {
        id: desk.ids.next(),
        version: 1,
        path,
        name: form.name,
        short_name: form.short_name,
        kind: form.kind,
        sort_order: input.order,
        status: OrganisationStatus::Active,
        ends_on: form.ends_on,
        founded_on: founded(input.founded_on, &desk)?,
    };
    let mut change = call.change(desk.ids.clock().now());
    if let Some(parent) = parent {
        change.write(touched(&parent.organisation));
    }
    create_in(&mut change, &organisation);
    let created = CreatedOrganisation { id: organisation.id };
    let taken = || one_field("parent_id", "organisation.collision", "同时有人在此新建组织，请重试");
    let answer = desk.commits.commit(&call.idempotency, change, 201, &created, taken).await;
    redrawn(answer, &desk).await
}

/// The write by which a new child is noticed: whoever moves or deletes the parent at the same moment comes too late.
pub(super) fn touched(parent: &Organisation) -> Write {
    Organisations::update(parent.version, &Organisation { version: parent.version + 1, ..parent.clone() })
}

/// Adds a new organisation to a change.
pub(super) fn create_in(change: &mut Change, organisation: &Organisation) {
    let subject = Subject::new("organisation", organisation.id);
    change.write(Organisations::insert(organisation));
    change.event("organisation.created", subject.clone(), json!({ "name": organisation.name }));
    let fields = differences(None, organisation);
    change.audited("organisation.create", subject, fields);
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationPatch {
    /// Moves it, and all below, under another organisation.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent_id: Option<OrganisationId>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    short_name: Option<String>,
    /// Checked against what is above and below.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    kind: Option<OrganisationKind>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ends_on: Option<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    founded_on: Option<NaiveDate>,
    #[serde(default)]
    order: Option<i32>,
    /// `active` or `disabled`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    status: Option<OrganisationStatus>,
}

/// Changes an organisation, or moves it with all below.
#[utoipa::path(tag = "organisations", operation_id = "update_organisation", params(("id" = String, Path)),
    request_body = OrganisationPatch, responses((status = 204)))]
#[patch("/api/v1/organisations/{id}")]
pub async fn update(
    id: web::Path<String>,
    call: Call<OrganisationPatch>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let tree = directory.organisations();
    let entry = administered(tree, &call.caller, id.parse().ok())?;
    let (before, patch) = (&entry.organisation, &call.body);
    let old_parent = entry.parent_id.and_then(|id| tree.get(id));
    let parent = match patch.parent_id.filter(|id| Some(*id) != entry.parent_id) {
        Some(id) => Some(administered(tree, &call.caller, Some(id)).map_err(unknown_parent)?),
        None => None,
    };
    let after = patched(before, patch)?;
    founded(patch.founded_on, &desk)?;
    if let Some(parent) = parent {
        if !old_parent.is_some_and(|old| call.caller.administers_organisation(&old.organisation.path)) {
            return Err(not_permitted("不能移动本级组织"));
        }
        let deepest = tree.subtree(&before.path).iter().map(|entry| entry.organisation.path.level()).max();
        let height = deepest.unwrap_or_default() + 1 - before.path.level();
        check_move(&after, height, &parent.organisation).map_err(|error| Refusal::fields(vec![error]))?;
    }
    let form = OrganisationForm {
        name: after.name.clone(),
        short_name: after.short_name.clone(),
        kind: after.kind,
        ends_on: after.ends_on,
    };
    placed(tree, parent.or(old_parent).map(|parent| &**parent), &form, Some(entry))?;
    let kinds = entry.children.iter().filter_map(|id| tree.get(*id)).map(|child| child.organisation.kind);
    check_children(after.kind, kinds).map_err(|error| Refusal::fields(vec![error]))?;
    let mut change = call.change(desk.ids.clock().now());
    let after = match parent {
        Some(parent) => move_in(&mut change, &desk, tree, &after, next_child(tree, parent)).await?,
        None => {
            change.write(Organisations::update(before.version, &after));
            after
        }
    };
    let subject = Subject::new("organisation", before.id);
    change.event("organisation.updated", subject.clone(), json!({ "name": after.name }));
    change.audited("organisation.update", subject, differences(Some(before), &after));
    let taken = || one_field("parent_id", "organisation.collision", "同时有人在此新建组织，请重试");
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), taken).await;
    if parent.is_some() {
        desk.callers.organisations_moved();
    }
    redrawn(answer, &desk).await
}

/// The day on which an organisation was founded, if it may be one.
fn founded(stated: Option<NaiveDate>, desk: &PartyDesk) -> Result<Option<NaiveDate>, ApiError> {
    let today = local_date(desk.ids.clock().now()).unwrap_or_default();
    check_founded(stated, today).map_err(|error| Refusal::fields(vec![error]))?;
    Ok(stated)
}

fn patched(before: &Organisation, patch: &OrganisationPatch) -> Result<Organisation, ApiError> {
    let kind = patch.kind.unwrap_or(before.kind);
    // A branch that is no longer temporary has no last day.
    let kept = before.ends_on.filter(|_| kind == OrganisationKind::TemporaryBranch);
    let form = OrganisationForm {
        name: patch.name.clone().unwrap_or_else(|| before.name.clone()),
        short_name: patch.short_name.clone().unwrap_or_else(|| before.short_name.clone()),
        kind,
        ends_on: patch.ends_on.or(kept),
    };
    let form = form.check().map_err(Refusal::fields)?;
    Ok(Organisation {
        version: before.version + 1,
        name: form.name,
        short_name: form.short_name,
        kind: form.kind,
        ends_on: form.ends_on,
        founded_on: patch.founded_on.or(before.founded_on),
        sort_order: patch.order.unwrap_or(before.sort_order),
        status: patch.status.unwrap_or(before.status),
        ..before.clone()
    })
}

/// Moves `moved` with all below to `path`; who has a right there gets it anew.
async fn move_in(
    change: &mut Change,
    desk: &PartyDesk,
    tree: &OrganisationTree,
    moved: &Organisation,
    path: TreePath,
) -> Result<Organisation, ApiError> {
    let subtree = tree.subtree(&moved.path);
    let ids: Vec<OrganisationId> = subtree.iter().map(|entry| entry.organisation.id).collect();
    for entry in &subtree {
        let before = &entry.organisation;
        let base = if before.id == moved.id { moved } else { before };
        let place = before.path.moved(&moved.path, &path).ok_or(ApiError::Internal)?;
        let after = Organisation { version: before.version + 1, path: place, ..base.clone() };
        change.write(Organisations::update(before.version, &after));
    }
    let granted = desk.organisations.roles(&ids).await?.into_iter().map(|grant| grant.account_id);
    let leaders = subtree.iter().flat_map(|entry| entry.leaders.iter().map(|leader| leader.account_id));
    let mut concerned: Vec<AccountId> = granted.chain(leaders).collect();
    concerned.sort_unstable();
    concerned.dedup();
    for account_id in concerned {
        rights_changed(change, account_id, moved.id);
    }
    let subject = Subject::new("organisation", moved.id);
    change.event("organisation.moved", subject, json!({ "from": moved.path, "to": path }));
    Ok(Organisation { path, ..moved.clone() })
}

/// Deletes an organisation that nobody belongs to.
#[utoipa::path(tag = "organisations", operation_id = "delete_organisation", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/organisations/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, desk: Desk) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let tree = directory.organisations();
    let entry = administered(tree, &call.caller, id.parse().ok())?;
    let organisation = &entry.organisation;
    let parent = entry.parent_id.and_then(|id| tree.get(id));
    let counts = desk.members.counts(&organisation.path).await?;
    let facts = DeleteFacts {
        own: !parent.is_some_and(|parent| call.caller.administers_organisation(&parent.organisation.path)),
        children: entry.children.len(),
        members: counts.members,
        former_members: counts.former,
        open_meetings: desk.meetings.open_of(organisation.id).await?,
        grids: directory.all().filter(|grid| grid.grid.organisation_id == Some(organisation.id)).count(),
    };
    check_delete(facts)?;
    let subject = Subject::new("organisation", organisation.id);
    let mut change = call.change(desk.ids.clock().now());
    for grant in desk.organisations.roles(&[organisation.id]).await? {
        change.write(Organisations::revoke(organisation.id, grant.account_id));
        rights_changed(&mut change, grant.account_id, organisation.id);
    }
    // Refused when a child came meanwhile.
    change.write(touched(organisation)).write(Organisations::delete(organisation.id));
    change.event("organisation.deleted", subject.clone(), json!({ "name": organisation.name }));
    change.audited("organisation.delete", subject, json!({ "name": [organisation.name, null] }));
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    redrawn(answer, &desk).await
}

/// A role for somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationRoleInput {
    #[schema(value_type = String)]
    account_id: AccountId,
    /// `administrator` or `supervisor`.
    role: String,
}

/// Gives somebody a role in an organisation and all below, in place of the one that the person has there.
#[utoipa::path(tag = "organisations", operation_id = "grant_organisation_role", params(("id" = String, Path)),
    request_body = OrganisationRoleInput, responses((status = 204)))]
#[post("/api/v1/organisations/{id}/roles")]
pub async fn grant_role(
    id: web::Path<String>,
    call: Call<OrganisationRoleInput>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let entry = administered(directory.organisations(), &call.caller, id.parse().ok())?;
    let role = OrganisationRight::parse_granted(&call.body.role)
        .ok_or_else(|| one_field("role", "field.option", "角色只能是 administrator 或 supervisor"))?;
    let account = desk.accounts.get(call.body.account_id).await?;
    let account = account.ok_or_else(|| one_field("account_id", "account.not_found", "没有找到这个账号"))?;
    let grant = OrganisationGrant { organisation_id: entry.organisation.id, account_id: account.id, role };
    let mut change = call.change(desk.ids.clock().now());
    change.write(Organisations::grant(&grant));
    role_events(&mut change, &grant, "organisation_role.granted", json!([null, role]));
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    desk.callers.account_changed(account.id);
    answer
}

/// Takes somebody's role in an organisation away.
#[utoipa::path(tag = "organisations", operation_id = "revoke_organisation_role",
    params(("id" = String, Path), ("account_id" = String, Path)), responses((status = 204)))]
#[delete("/api/v1/organisations/{id}/roles/{account_id}")]
pub async fn revoke_role(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let entry = administered(directory.organisations(), &call.caller, path.0.parse().ok())?;
    let missing = || Refusal::not_found("organisation.role_not_found", "这个账号在该组织没有角色");
    let account_id: AccountId = path.1.parse().map_err(|_| missing())?;
    let grants = desk.organisations.roles(&[entry.organisation.id]).await?;
    let grant = grants.into_iter().find(|grant| grant.account_id == account_id).ok_or_else(missing)?;
    let mut change = call.change(desk.ids.clock().now());
    change.write(Organisations::revoke(grant.organisation_id, account_id));
    role_events(&mut change, &grant, "organisation_role.revoked", json!([grant.role, null]));
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    desk.callers.account_changed(account_id);
    answer
}

fn role_events(change: &mut Change, grant: &OrganisationGrant, kind: &'static str, role: Value) {
    let subject = Subject::new("organisation", grant.organisation_id);
    change.event(kind, subject.clone(), json!({ "account_id": grant.account_id, "role": grant.role }));
    rights_changed(change, grant.account_id, grant.organisation_id);
    change.audited(kind, subject, json!({ "account_id": grant.account_id, "role": role }));
}

/// Says that an account's rights in an organisation are no longer what they were.
pub(super) fn rights_changed(change: &mut Change, account_id: AccountId, organisation_id: OrganisationId) {
    let subject = Subject::new("account", account_id);
    change.event("account.rights_changed", subject, json!({ "organisation_id": organisation_id }));
}

/// Checks what stands above, how deep it is, and that no sibling has the name.
pub(super) fn placed(
    tree: &OrganisationTree,
    parent: Option<&OrganisationEntry>,
    form: &OrganisationForm,
    own: Option<&OrganisationEntry>,
) -> Result<(), ApiError> {
    let refused = |error| ApiError::from(Refusal::fields(vec![error]));
    check_place(parent.map(|parent| parent.organisation.kind), form.kind).map_err(refused)?;
    let Some(parent) = parent else { return Ok(()) };
    check_depth(&parent.organisation.path, 1).map_err(refused)?;
    let siblings = parent.children.iter().filter_map(|id| tree.get(*id));
    let mut others = siblings.filter(|entry| own.is_none_or(|own| own.organisation.id != entry.organisation.id));
    if others.any(|entry| entry.organisation.name == form.name) {
        return Err(one_field("name", "organisation.name_taken", "同级已有同名组织"));
    }
    Ok(())
}

/// The place of the next child.
pub(super) fn next_child(tree: &OrganisationTree, parent: &OrganisationEntry) -> TreePath {
    let numbers = parent.children.iter().filter_map(|id| tree.get(*id)).map(|child| child.organisation.path.number());
    parent.organisation.path.child(numbers.max().map_or(1, |last| last + 1))
}

/// The place of the root of the caller's tenant, when there is none yet.
fn root_of(tree: &OrganisationTree, caller: &Caller) -> Result<TreePath, ApiError> {
    let tenant = caller.administers.iter().find(|path| path.level() == 1);
    let tenant = tenant.ok_or_else(|| not_permitted("只有管理员可以新建组织"))?;
    if tree.at(tenant).is_some() {
        return Err(one_field("parent_id", "field.required", "请选择上级组织"));
    }
    Ok(tenant.clone())
}

/// As an error of the field: what is not found is the parent, not the call.
fn unknown_parent(error: ApiError) -> ApiError {
    match error {
        ApiError::Refused(refusal) if refusal.code == "organisation.not_found" => {
            one_field("parent_id", "organisation.not_found", "没有找到上级组织")
        }
        other => other,
    }
}

fn differences(before: Option<&Organisation>, after: &Organisation) -> Value {
    let fields = |organisation: &Organisation| {
        [
            ("path", json!(organisation.path)),
            ("name", json!(organisation.name)),
            ("short_name", json!(organisation.short_name)),
            ("kind", json!(organisation.kind)),
            ("order", json!(organisation.sort_order)),
            ("status", json!(organisation.status)),
            ("ends_on", json!(organisation.ends_on)),
            ("founded_on", json!(organisation.founded_on)),
        ]
    };
    let was = before.map(fields);
    let changed = fields(after).into_iter().enumerate().filter_map(|(index, (name, is))| {
        let was = was.as_ref().map_or(Value::Null, |was| was[index].1.clone());
        (was != is).then(|| (name.to_owned(), json!([was, is])))
    });
    Value::Object(changed.collect::<Map<_, _>>())
}

/// Draws the organisations anew before the answer, so that whoever asked finds the change in the very next call; the
/// follower does it for everybody else.
pub(super) async fn redrawn(
    answer: Result<HttpResponse, ApiError>,
    desk: &PartyDesk,
) -> Result<HttpResponse, ApiError> {
    if answer.is_ok() {
        desk.directories.reload_organisations().await?;
    }
    answer
}

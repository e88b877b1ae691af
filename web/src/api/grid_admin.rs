//! Changing grids and their staff: for administrators of the subtree.

use std::sync::Arc;

use actix_web::{HttpResponse, delete, patch, post, web};
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::{AccountKind, Caller, Duty};
use lianxin_domain::event::Subject;
use lianxin_domain::geo::{Area, Point};
use lianxin_domain::grid::{Grid, GridStatus, LEVELS, check_households, check_name};
use lianxin_domain::ids::{AccountId, GridId, IdSource, OrganisationId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::grids::{GridStaff, Grids};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::grid_areas::{AreaWarning, area_of, warnings_of};
use super::grid_staff::may_be_given;
use super::grids::{PublicUrl, found, page_url};
use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::auth::Callers;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// A new grid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGridInput {
    /// The grid above.
    #[schema(value_type = String)]
    parent_id: GridId,
    name: String,
    /// The administrative number, unique.
    number: String,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    organisation_id: Option<OrganisationId>,
    #[serde(default, deserialize_with = "crate::object::object")]
    #[schema(value_type = Option<Object>)]
    center: Option<Point>,
    /// GeoJSON polygon.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    area: Option<Value>,
    #[serde(default)]
    order: i32,
    /// Households that it serves itself, 0 to 1,000,000.
    #[serde(default)]
    households: i64,
}

/// The id of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedGrid {
    #[schema(value_type = String)]
    id: GridId,
    code: String,
}

/// Makes a grid below another.
#[utoipa::path(tag = "grids", request_body = NewGridInput, responses((status = 201, body = CreatedGrid)))]
#[post("/api/v1/grids")]
pub async fn create(
    call: Call<NewGridInput>,
    directories: web::Data<Directories>,
    ids: web::Data<IdSource>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let directory = directories.current();
    let input = &call.body;
    let parent = administered(directory.get(input.parent_id), &call.caller)?;
    if parent.grid.path.level() >= LEVELS {
        return Err(one_field("parent_id", "grid.too_deep", "五级网格下面不能再建网格"));
    }
    let number = lianxin_domain::problem::text_field("number", &input.number, true, 40).map_err(Refusal::from)?;
    let siblings = parent.children.iter().filter_map(|id| directory.get(*id)).map(|entry| entry.grid.path.number());
    let area = area_of(input.area.as_ref())?;
    let serial = directory.all().map(|entry| entry.grid.serial).max().unwrap_or_default() + 1;
    let grid = Grid {
        id: ids.next(),
        version: 1,
        serial,
        code_generation: 1,
        path: parent.grid.path.child(siblings.max().map_or(1, |last| last + 1)),
        number,
        name: check_name(&input.name).map_err(Refusal::from)?,
        sort_order: input.order,
        status: GridStatus::Active,
        organisation_id: known_organisation(&directories, input.organisation_id)?,
        center: input.center,
        area,
        households: check_households(input.households).map_err(Refusal::from)?,
    };
    let subject = Subject::new("grid", grid.id);
    let mut change = call.change(ids.clock().now());
    // A parent that is moved at the same moment would leave the new one behind at the old place.
    change.write(Grids::require(&parent.grid)).write(Grids::insert(&grid));
    change.event("grid.created", subject.clone(), json!({ "name": grid.name })).grid_path = Some(grid.path.clone());
    change.audited("grid.create", subject, json!({ "name": [null, grid.name], "number": [null, grid.number] }));
    let created = CreatedGrid { id: grid.id, code: directories.code(serial, 1).to_string() };
    let taken = || one_field("number", "grid.number_taken", "编号已被使用，请换一个编号或稍后再试");
    let answer = commits.commit(&call.idempotency, change, 201, &created, taken).await;
    redrawn(answer, &directories).await
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GridPatch {
    /// The version that was read.
    version: u32,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    order: Option<i32>,
    /// `active` or `disabled`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    status: Option<GridStatus>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    organisation_id: Option<OrganisationId>,
    #[serde(default, deserialize_with = "crate::object::object")]
    #[schema(value_type = Option<Object>)]
    center: Option<Point>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    area: Option<Value>,
    /// Households that it serves itself, 0 to 1,000,000.
    #[serde(default)]
    households: Option<i64>,
}

/// A grid that was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridSaved {
    /// Its version now.
    version: u32,
    /// How its new area does not fit among those around it; it was saved all the same.
    warnings: Vec<AreaWarning>,
}

/// Changes a grid.
#[utoipa::path(tag = "grids", params(("id" = String, Path)), request_body = GridPatch,
    responses((status = 200, body = GridSaved)))]
#[patch("/api/v1/grids/{id}")]
pub async fn update(
    id: web::Path<String>,
    call: Call<GridPatch>,
    directories: web::Data<Directories>,
    clock: super::auth::ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let patch = &call.body;
    let directory = newest(&directories, &id, patch.version).await?;
    let entry = administered(found(&directory, &id).ok(), &call.caller)?;
    let before = &entry.grid;
    let area = area_of(patch.area.as_ref())?;
    let after = patched(before, patch, area.clone(), known_organisation(&directories, patch.organisation_id)?)?;
    let warnings = match area {
        Some(area) => warnings_of(entry, &directory, area).await?,
        None => Vec::new(),
    };
    if before.version != patch.version {
        return Err(grid_changed());
    }
    let subject = Subject::new("grid", before.id);
    let mut change = call.change(clock.now());
    change.write(Grids::update(before.version, &after));
    change.event("grid.updated", subject.clone(), json!({ "name": after.name })).grid_path = Some(after.path.clone());
    change.audited("grid.update", subject, differences(before, &after));
    let saved = GridSaved { version: after.version, warnings };
    let answer = commits.commit(&call.idempotency, change, 200, &saved, || ApiError::Internal).await;
    redrawn(answer.map_err(as_grid_changed), &directories).await
}

fn patched(
    before: &Grid,
    patch: &GridPatch,
    area: Option<Area>,
    organisation: Option<OrganisationId>,
) -> Result<Grid, ApiError> {
    let name = patch.name.as_deref().map(check_name).transpose().map_err(Refusal::from)?;
    let households = patch.households.map(check_households).transpose().map_err(Refusal::from)?;
    Ok(Grid {
        version: before.version + 1,
        name: name.unwrap_or_else(|| before.name.clone()),
        sort_order: patch.order.unwrap_or(before.sort_order),
        status: patch.status.unwrap_or(before.status),
        organisation_id: organisation.or(before.organisation_id),
        center: patch.center.or(before.center),
        area: area.or_else(|| before.area.clone()),
        households: households.unwrap_or(before.households),
        ..before.clone()
    })
}

/// The picture of all grids, at least as new as the `version` of one that a client has read, perhaps from another node.
pub(super) async fn newest(directories: &Directories, id: &str, version: u32) -> Result<Arc<Directory>, ApiError> {
    let current = directories.current();
    if found(&current, id).is_ok_and(|entry| entry.grid.version < version) {
        directories.reload_grids().await?;
        return Ok(directories.current());
    }
    Ok(current)
}

/// That somebody else changed the grid meanwhile.
pub(super) fn grid_changed() -> ApiError {
    Refusal::conflict("grid.changed", "网格刚被别人修改，请刷新后再试").into()
}

/// Whoever lost a race by a hair hears the same as whoever came late.
pub(super) fn as_grid_changed(error: ApiError) -> ApiError {
    match error {
        ApiError::Refused(refusal) if refusal.code == "record.changed" => grid_changed(),
        other => other,
    }
}

pub(super) fn differences(before: &Grid, after: &Grid) -> Value {
    let fields = |grid: &Grid| {
        [
            ("name", json!(grid.name)),
            ("order", json!(grid.sort_order)),
            ("status", json!(grid.status)),
            ("organisation_id", json!(grid.organisation_id)),
            ("center", json!(grid.center)),
            ("area", json!(grid.area)),
            ("households", json!(grid.households)),
        ]
    };
    let changed = fields(before).into_iter().zip(fields(after)).filter(|(was, is)| was != is);
    Value::Object(changed.map(|(was, is)| (was.0.to_owned(), json!([was.1, is.1]))).collect::<Map<_, _>>())
}

/// A new code.
#[derive(Debug, Serialize, ToSchema)]
pub struct RotatedCode {
    code: String,
    /// What its QR opens.
    url: String,
}

/// Replaces a grid's QR code; the old one is dead from then on.
#[utoipa::path(tag = "grids", params(("id" = String, Path)), responses((status = 200, body = RotatedCode)))]
#[post("/api/v1/grids/{id}/qr/rotate")]
pub async fn rotate_code(
    id: web::Path<String>,
    call: Call<Nothing>,
    directories: web::Data<Directories>,
    clock: super::auth::ClockData,
    url: web::Data<PublicUrl>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let directory = directories.current();
    let entry = administered(found(&directory, &id).ok(), &call.caller)?;
    let before = &entry.grid;
    let generation = before.code_generation.checked_add(1).ok_or(ApiError::Internal)?;
    let after = Grid { version: before.version + 1, code_generation: generation, ..before.clone() };
    let subject = Subject::new("grid", before.id);
    let mut change = call.change(clock.now());
    change.write(Grids::update(before.version, &after));
    change.event("grid.code_rotated", subject.clone(), json!({ "generation": generation })).grid_path =
        Some(before.path.clone());
    change.audited("grid.rotate_code", subject, json!({ "generation": [before.code_generation, generation] }));
    let fresh = GridEntry { code: directories.code(before.serial, generation), ..GridEntry::clone(entry) };
    let rotated = RotatedCode { code: fresh.code.to_string(), url: page_url(&url, &fresh) };
    let answer = commits.commit(&call.idempotency, change, 200, &rotated, || ApiError::Internal).await;
    redrawn(answer, &directories).await
}

/// Who gets which duty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignInput {
    #[schema(value_type = String)]
    account_id: AccountId,
    /// `leader`, `deputy` or `worker`.
    #[schema(value_type = String)]
    duty: Duty,
}

/// Gives a member of staff a duty in a grid; one who has another duty there gets this one instead.
#[utoipa::path(tag = "grids", params(("id" = String, Path)), request_body = AssignInput, responses((status = 204)))]
#[post("/api/v1/grids/{id}/staff")]
pub async fn assign(
    id: web::Path<String>,
    call: Call<AssignInput>,
    directories: web::Data<Directories>,
    accounts: web::Data<Accounts>,
    callers: web::Data<Callers>,
    clock: super::auth::ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let directory = directories.current();
    let entry = administered(found(&directory, &id).ok(), &call.caller)?;
    let AssignInput { account_id, duty } = call.body;
    let staff = accounts.get(account_id).await?.filter(|account| account.kind == AccountKind::Staff);
    let missing = || one_field("account_id", "account.not_found", "没有找到这位工作人员");
    let account = staff.filter(|account| may_be_given(account.id, &directory, &call.caller)).ok_or_else(missing)?;
    let mut change = call.change(clock.now());
    change.write(Grids::assign(&GridStaff { grid_id: entry.grid.id, account_id, duty }));
    let facts = json!({ "account_id": account_id, "name": account.name, "duty": duty });
    staff_events(&mut change, &entry.grid, account_id, "grid.staff_assigned", facts);
    let answer = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    callers.account_changed(account_id);
    redrawn(answer, &directories).await
}

/// Takes somebody's duty in a grid away.
#[utoipa::path(tag = "grids", params(("id" = String, Path), ("account_id" = String, Path)), responses((status = 204)))]
#[delete("/api/v1/grids/{id}/staff/{account_id}")]
pub async fn dismiss(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    directories: web::Data<Directories>,
    callers: web::Data<Callers>,
    clock: super::auth::ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let directory = directories.current();
    let entry = administered(found(&directory, &path.0).ok(), &call.caller)?;
    let missing = || Refusal::not_found("grid.staff_not_found", "这位工作人员不在该网格");
    let account_id: AccountId = path.1.parse().map_err(|_| missing())?;
    let member = entry.staff.iter().find(|member| member.account_id == account_id).ok_or_else(missing)?;
    let mut change = call.change(clock.now());
    change.write(Grids::dismiss(entry.grid.id, account_id));
    let facts = json!({ "account_id": account_id, "name": member.name, "duty": member.duty });
    staff_events(&mut change, &entry.grid, account_id, "grid.staff_dismissed", facts);
    let answer = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    callers.account_changed(account_id);
    redrawn(answer, &directories).await
}

/// Draws the directory anew before the answer, so that whoever asked finds the change in the very next call; the
/// follower does it for everybody else.
pub(super) async fn redrawn(
    answer: Result<HttpResponse, ApiError>,
    directories: &Directories,
) -> Result<HttpResponse, ApiError> {
    if answer.is_ok() {
        directories.reload_grids().await?;
    }
    answer
}

/// The grid's staff changed, and with it the rights of an account.
fn staff_events(
    change: &mut lianxin_storage::change::Change,
    grid: &Grid,
    account_id: AccountId,
    kind: &'static str,
    facts: Value,
) {
    let subject = Subject::new("grid", grid.id);
    change.event(kind, subject.clone(), facts.clone()).grid_path = Some(grid.path.clone());
    change.event("account.rights_changed", Subject::new("account", account_id), json!({ "grid_id": grid.id }));
    change.audited(kind, subject, json!({ "staff": [null, facts] }));
}

pub(super) fn administered<'a>(
    entry: Option<&'a Arc<GridEntry>>,
    caller: &Caller,
) -> Result<&'a Arc<GridEntry>, ApiError> {
    let entry = entry.ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?;
    let path: &TreePath = &entry.grid.path;
    if caller.administers(path) {
        Ok(entry)
    } else {
        Err(Refusal::forbidden("grid.not_permitted", "只有管理员可以修改网格").into())
    }
}

fn known_organisation(
    directories: &Directories,
    id: Option<OrganisationId>,
) -> Result<Option<OrganisationId>, ApiError> {
    match id {
        Some(id) if directories.current().organisation(id).is_none() => {
            Err(one_field("organisation_id", "organisation.not_found", "没有找到这个组织"))
        }
        other => Ok(other),
    }
}

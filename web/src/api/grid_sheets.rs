//! Grids in workbooks: the template, the import, the export. The rules are in `domain::grid::import`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post};
use lianxin_actors::directory::{Directory, GridEntry, OrganisationTree};
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::geo::Point;
use lianxin_domain::grid::import::{GridImport, GridPlan, GridRow, KnownGrid, RowError};
use lianxin_domain::grid::{Grid, level_title};
use lianxin_domain::ids::{GridId, OrganisationId};
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use lianxin_storage::grids::Grids;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::grid_admin::differences;
use super::import::{Import, ImportQuery, UpsertQuery, chosen, record_export, workbook};
use super::organisation_names::Names;
use super::organisations::{Desk, PartyDesk};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;
use crate::sheet::{self, CellProblem, Column, SheetRow, choice, column};

/// What the template and the export have, so that what was exported can be imported.
static COLUMNS: [Column; 10] = [
    column(
        "parent",
        "上级网格编号",
        true,
        "新网格必填；可以是同一张表里的网格，前后顺序不限。已有网格的上级不能用导入改变。",
        20,
    ),
    column(
        "number",
        "编号",
        true,
        "最多 40 个字，全系统唯一。编号已有的行，勾选“更新已有数据”后修改那个网格，空着的格不改。",
        20,
    ),
    column("name", "名称", true, "最多 50 个字，不含上级的名称。", 24),
    choice(
        column("level", "层级", false, "可以不填；填了就和上级核对。", 12),
        &["县级", "乡镇", "村级", "四级网格", "五级网格"],
    ),
    column("organisation", "关联党组织", false, "全称；有同名组织的写成“上级全称/全称”。", 36),
    column("households", "户数", false, "本级直接服务的户数，不含下级网格。", 8),
    column("order", "排序", false, "整数，小的在前。", 8),
    choice(column("status", "状态", false, "不填为启用。", 8), &["启用", "停用"]),
    column("lng", "中心经度", false, "WGS84，以度为单位，如 105.123456；和纬度一起填写。", 14),
    column("lat", "中心纬度", false, "WGS84，以度为单位，如 24.567890。", 14),
];

/// What became of an import of grids. Nothing is imported when any cell is wrong.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct GridImportReport {
    /// Rows that were imported; when only checking, 0.
    imported: usize,
    /// Grids that were made, or would be.
    created: usize,
    /// Grids that were changed, or would be.
    changed: usize,
    /// Rows that say what is so already.
    unchanged: usize,
    /// Every cell that is wrong.
    errors: Vec<CellProblem>,
}

/// The template that an import of grids takes.
#[utoipa::path(tag = "grids", operation_id = "grid_template",
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/grids/template.xlsx")]
pub async fn template(_who: Authenticated, desk: Desk) -> Result<HttpResponse, ApiError> {
    workbook(&desk, "grids-template.xlsx", || sheet::template("网格", &COLUMNS)).await
}

/// Imports grids from a workbook, multipart field `file`: all rows, or none.
#[utoipa::path(tag = "grids", operation_id = "import_grids", params(UpsertQuery),
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = GridImportReport)))]
#[post("/api/v1/grids/import")]
pub async fn import_grids(
    who: Authenticated,
    request: HttpRequest,
    payload: Multipart,
    query: Query<UpsertQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    administers_some(who.caller())?;
    let asked = ImportQuery::new(query.dry_run);
    let import = Import::receive(who, &request, payload, &asked, &desk, &COLUMNS).await?;
    let refused = |errors| HttpResponse::Ok().json(GridImportReport { errors, ..GridImportReport::default() });
    let rows = match &import.rows {
        Ok(rows) => rows,
        Err(problems) => return Ok(refused(problems.clone())),
    };
    let key = import.whole_key(query.update);
    if !import.only_checks()
        && let Some(answer) = desk.commits.answered_before(&key).await?
    {
        return Ok(answer);
    }
    let directory = desk.directories.current();
    let plan = match plan(&directory, import.who.caller(), rows, query.update, || desk.ids.next()) {
        Ok(plan) => plan,
        Err(wrong) => return Ok(refused(cell_problems(&COLUMNS, wrong))),
    };
    let imported = if import.only_checks() { 0 } else { rows.len() };
    let (created, changed) = (plan.new.len(), plan.changed.len());
    let report = GridImportReport { imported, created, changed, unchanged: plan.unchanged, errors: Vec::new() };
    if import.only_checks() || created + changed == 0 {
        return Ok(HttpResponse::Ok().json(report));
    }
    let change = change_of(import.change(desk.ids.clock().now()), &plan, &directory, import.who.caller());
    let answer = desk.commits.commit(&key, change, 200, &report, overtaken).await;
    desk.directories.reload_grids().await?;
    answer.map_err(|error| if is_stale(&error) { overtaken() } else { error })
}

/// Whoever administers no grid at all imports none and takes none away.
pub(super) fn administers_some(caller: &Caller) -> Result<(), ApiError> {
    if caller.administers.is_empty() {
        Err(Refusal::forbidden("grid.not_permitted", "只有管理员可以导入和导出网格及人员").into())
    } else {
        Ok(())
    }
}

/// Somebody else made one of these numbers, or changed one of these grids, meanwhile.
pub(super) fn overtaken() -> ApiError {
    Refusal::conflict("import.overtaken", "导入时有人修改了相关数据，没有导入任何一行，请重试").into()
}

pub(super) fn is_stale(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused(refusal) if refusal.code == "record.changed")
}

pub(super) fn cell_problems(columns: &[Column], wrong: Vec<RowError>) -> Vec<CellProblem> {
    let named =
        |RowError { row, error }: RowError| CellProblem::new(columns, row, &error.field, error.code, error.message);
    wrong.into_iter().map(named).collect()
}

fn plan(
    directory: &Directory,
    caller: &Caller,
    rows: &[SheetRow],
    update: bool,
    next_id: impl FnMut() -> GridId,
) -> Result<GridPlan, Vec<RowError>> {
    let grids: Vec<&Arc<GridEntry>> = directory.all().collect();
    let known: Vec<KnownGrid<'_>> = grids
        .iter()
        .map(|entry| KnownGrid { grid: &entry.grid, administered: caller.administers(&entry.grid.path) })
        .collect();
    let tenant = |path: &TreePath| caller.administers.iter().any(|own| own.tenant().contains(path));
    let names = Names::of(directory.organisations(), tenant);
    let organisation = |text: &str| match names.find(text) {
        Ok((id, _)) => Ok(id),
        Err(("organisation.not_found", _)) => {
            Err(FieldError::new("organisation", "organisation.not_found", "没有找到这个党组织"))
        }
        Err((code, words)) => Err(FieldError::new("organisation", code, words)),
    };
    let rows: Vec<GridRow> = rows.iter().map(grid_row).collect();
    GridImport { known: &known, organisation: &organisation, update }.plan(&rows, next_id)
}

fn grid_row(row: &SheetRow) -> GridRow {
    let text = |code: &str| row.text(code).to_owned();
    GridRow {
        row: row.number,
        parent: text("parent"),
        number: text("number"),
        name: text("name"),
        level: text("level"),
        organisation: text("organisation"),
        households: text("households"),
        order: text("order"),
        status: text("status"),
        lng: text("lng"),
        lat: text("lat"),
    }
}

/// One change for all: what is in the sheet is there as a whole or not at all.
fn change_of(mut change: Change, plan: &GridPlan, directory: &Directory, caller: &Caller) -> Change {
    let made: HashMap<&TreePath, &Grid> = plan.new.iter().map(|grid| (&grid.path, grid)).collect();
    let changed: HashMap<GridId, &Grid> = plan.changed.iter().map(|(before, _)| (before.id, before)).collect();
    let mut parents: Vec<&Grid> = plan
        .new
        .iter()
        .filter_map(|grid| grid.path.parent())
        .filter(|path| !made.contains_key(path))
        .filter_map(|path| directory.at(&path).map(|entry| &entry.grid))
        .filter(|parent| !changed.contains_key(&parent.id))
        .collect();
    parents.sort_unstable_by_key(|parent| parent.id);
    parents.dedup_by_key(|parent| parent.id);
    for parent in parents {
        change.write(Grids::require(parent));
    }
    for grid in &plan.new {
        change.write(Grids::insert(grid));
    }
    for (before, after) in &plan.changed {
        change.write(Grids::update(before.version, after));
    }
    let created: Vec<&str> = plan.new.iter().map(|grid| grid.number.as_str()).collect();
    let updated = plan.changed.iter().map(|(before, after)| (before.number.clone(), differences(before, after)));
    let updated: Map<String, Value> = updated.collect();
    let touched = plan.new.first().or_else(|| plan.changed.first().map(|(_, after)| after)).map(|grid| &grid.path);
    let root = touched.and_then(|path| root_of(directory, caller, path));
    let Some(root) = root else { return change };
    let subject = Subject::new("grid", root.grid.id);
    let facts = json!({ "created": created.len(), "changed": updated.len() });
    change.event("grid.imported", subject.clone(), facts).grid_path = Some(root.grid.path.clone());
    change.audited("grid.import", subject, json!({ "created": created, "changed": updated }));
    change
}

/// The grid by whose administration the caller reaches `path`.
pub(super) fn root_of<'a>(directory: &'a Directory, caller: &Caller, path: &TreePath) -> Option<&'a Arc<GridEntry>> {
    caller.administers.iter().filter(|root| root.contains(path)).find_map(|root| directory.at(root))
}

/// Which columns to export, and of which grids.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GridExportQuery {
    /// Codes of columns, comma separated, in their order: `parent`, `number`, `name`, `level`, `organisation`,
    /// `households`, `order`, `status`, `lng`, `lat`. Default all.
    columns: Option<String>,
    /// Only this one and those below; default all that the caller administers.
    #[param(value_type = Option<String>)]
    below: Option<GridId>,
}

/// Exports grids; all columns together can be imported again.
#[utoipa::path(tag = "grids", operation_id = "export_grids", params(GridExportQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/grids/export.xlsx")]
pub async fn export(
    who: Authenticated,
    request: HttpRequest,
    query: Query<GridExportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let columns = chosen(query.columns.as_deref(), &COLUMNS)?;
    let directory = desk.directories.current();
    let grids = administered_below(&directory, who.caller(), query.below)?;
    let mut names = HashMap::new();
    let rows: Vec<Vec<String>> = grids
        .iter()
        .map(|entry| columns.iter().map(|column| value(&directory, entry, column, &mut names)).collect())
        .collect();
    record(&who, &request, &desk, "grid.export", &columns, json!({ "grids": rows.len() })).await?;
    workbook(&desk, "grids.xlsx", move || sheet::export("网格", &columns, &rows)).await
}

fn value(
    directory: &Directory,
    entry: &GridEntry,
    column: &Column,
    names: &mut HashMap<OrganisationId, String>,
) -> String {
    let grid = &entry.grid;
    let degrees = |of: fn(Point) -> f64| grid.center.map(of).map(|degrees| degrees.to_string()).unwrap_or_default();
    match column.code {
        "parent" => {
            let above = entry.parent_id.and_then(|id| directory.get(id));
            above.map(|above| above.grid.number.clone()).unwrap_or_default()
        }
        "number" => grid.number.clone(),
        "name" => grid.name.clone(),
        "level" => level_title(grid.path.level()).to_owned(),
        "organisation" => {
            let tree = directory.organisations();
            let name = |id: OrganisationId| names.entry(id).or_insert_with(|| distinct_name(tree, id)).clone();
            grid.organisation_id.map(name).unwrap_or_default()
        }
        "households" => grid.households.to_string(),
        "order" => grid.sort_order.to_string(),
        "status" => grid.status.title().to_owned(),
        "lng" => degrees(Point::lng),
        _ => degrees(Point::lat),
    }
}

/// As many names above as it takes that an import finds this organisation again.
fn distinct_name(tree: &OrganisationTree, id: OrganisationId) -> String {
    let Some(entry) = tree.get(id) else { return String::new() };
    let own = &entry.organisation;
    let namesakes = tree
        .all()
        .filter(|other| other.organisation.name == own.name && own.path.tenant().contains(&other.organisation.path));
    if namesakes.count() < 2 {
        return own.name.clone();
    }
    let above = tree.above(entry);
    let names = above.iter().map(|above| above.organisation.name.as_str()).chain([own.name.as_str()]);
    names.collect::<Vec<_>>().join("/")
}

/// The grids below one, or all that the caller administers; parents before children, siblings in their order.
pub(super) fn administered_below<'a>(
    directory: &'a Directory,
    caller: &Caller,
    below: Option<GridId>,
) -> Result<Vec<&'a Arc<GridEntry>>, ApiError> {
    administers_some(caller)?;
    let mut next: Vec<&Arc<GridEntry>> = match below {
        Some(id) => {
            let entry = directory.get(id).filter(|entry| caller.administers(&entry.grid.path));
            vec![entry.ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?]
        }
        None => {
            let mut roots = caller.administers.clone();
            roots.sort();
            // What lies below another root is found from there.
            roots.dedup_by(|later, earlier| earlier.contains(later));
            roots.iter().rev().filter_map(|path| directory.at(path)).collect()
        }
    };
    let mut found = Vec::new();
    while let Some(entry) = next.pop() {
        found.push(entry);
        next.extend(entry.children.iter().rev().filter_map(|id| directory.get(*id)));
    }
    Ok(found)
}

/// Who took what away stands in the audit trail.
pub(super) async fn record(
    who: &Authenticated,
    request: &HttpRequest,
    desk: &PartyDesk,
    action: &'static str,
    columns: &[Column],
    facts: Value,
) -> Result<(), ApiError> {
    let codes: Vec<&str> = columns.iter().map(|column| column.code).collect();
    let mut facts = facts;
    facts["columns"] = json!(codes);
    record_export(who, request, desk, action, Subject::new("account", who.caller().account_id), facts).await
}

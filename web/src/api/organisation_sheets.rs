//! Organisations in workbooks: the template, the import, the export.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_domain::access::Caller;
use lianxin_domain::ids::{IdSource, OrganisationId};
use lianxin_domain::organisation::{
    Organisation, OrganisationForm, OrganisationKind, OrganisationStatus, check_depth, check_place,
};
use lianxin_domain::problem::FieldError;
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use serde::Deserialize;
use utoipa::IntoParams;

use super::import::{Import, ImportQuery, ImportReport, chosen, is_new, workbook};
use super::organisation_admin::{create_in, touched};
use super::organisation_names::Names;
use super::organisations::{Desk, OrganisationQuery, not_permitted};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;
use crate::sheet::{self, CellProblem, Column, SheetRow, choice, column, day};

const KIND: Column = choice(
    column("kind", "类别", true, "党总支之下只能设党支部，党支部之下只能设党小组。", 14),
    &["党委", "党总支", "党支部", "联合党支部", "临时党支部", "党小组"],
);
const STATUS: Column = choice(column("status", "状态", false, "不填为正常。", 8), &["正常", "停用"]);
/// What the template has.
static TEMPLATE: [Column; 7] = [
    column("parent", "上级党组织", true, "全称；可以是前面各行新建的组织。有同名组织的写成“上级全称/全称”。", 36),
    column("name", "全称", true, "最多 100 个字，同级不能同名。", 36),
    column("short_name", "简称", false, "最多 30 个字。", 18),
    KIND,
    column("order", "排序", false, "整数，小的在前。", 8),
    STATUS,
    column("ends_on", "撤销日期", false, "只有临时党支部填写，写成 2027-07-01。", 14),
];

/// The template that an import takes.
#[utoipa::path(tag = "organisations", operation_id = "organisation_template",
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/organisations/template.xlsx")]
pub async fn template(_who: Authenticated, desk: Desk) -> Result<HttpResponse, ApiError> {
    workbook(&desk, "organisations-template.xlsx", || sheet::template("党组织", &TEMPLATE)).await
}

/// Imports organisations from a workbook, multipart field `file`: all rows, or none.
#[utoipa::path(tag = "organisations", operation_id = "import_organisations", params(ImportQuery),
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportReport)))]
#[post("/api/v1/organisations/import")]
pub async fn import_organisations(
    who: Authenticated,
    request: HttpRequest,
    payload: Multipart,
    query: Query<ImportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if !administers_any(who.caller()) {
        return Err(not_permitted("只有管理员可以导入组织"));
    }
    let import = Import::receive(who, &request, payload, &query, &desk, &TEMPLATE).await?;
    let rows = match &import.rows {
        Ok(rows) => rows,
        Err(problems) => return Ok(ImportReport::refused(problems.clone())),
    };
    let done = import.done_before(&desk, rows).await?;
    let directory = desk.directories.current();
    let mut planted = Planting::of(directory.organisations(), import.who.caller());
    let organisations = match planted.plan(&rows[done..], &desk.ids) {
        Ok(organisations) => organisations,
        Err(problems) => return Ok(ImportReport::refused(problems)),
    };
    let write = |change: &mut Change, chunk: &[Organisation]| planted.write(change, chunk);
    let answer = import.commit(&desk, (done, rows.len()), &organisations, write).await;
    if is_new(&answer) || answer.is_err() {
        desk.directories.reload_organisations().await?;
    }
    answer
}

fn administers_any(caller: &Caller) -> bool {
    use lianxin_domain::access::OrganisationRight::Administrator;
    caller.administers.iter().any(|path| path.level() == 1)
        || caller.organisation_roles.iter().any(|own| own.role == Administrator)
}

/// The tree with what the rows so far add to it.
struct Planting {
    names: Names,
    /// Those that may get children, as the last change leaves them.
    parents: HashMap<OrganisationId, Organisation>,
    /// The last number and the names below each.
    below: HashMap<OrganisationId, (u32, Vec<String>)>,
    by_path: HashMap<TreePath, OrganisationId>,
}

impl Planting {
    fn of(tree: &OrganisationTree, caller: &Caller) -> Self {
        let mut planting = Self {
            names: Names::of(tree, |path| caller.administers_organisation(path)),
            parents: HashMap::new(),
            below: HashMap::new(),
            by_path: HashMap::new(),
        };
        for entry in tree.all() {
            let children = entry.children.iter().filter_map(|id| tree.get(*id)).map(|child| &child.organisation);
            let numbers = children.clone().map(|child| child.path.number()).max();
            let names = children.map(|child| child.name.clone()).collect();
            planting.below.insert(entry.organisation.id, (numbers.unwrap_or_default(), names));
            planting.by_path.insert(entry.organisation.path.clone(), entry.organisation.id);
            planting.parents.insert(entry.organisation.id, entry.organisation.clone());
        }
        planting
    }

    /// All rows as organisations to be, or every cell that is wrong.
    fn plan(&mut self, rows: &[SheetRow], ids: &IdSource) -> Result<Vec<Organisation>, Vec<CellProblem>> {
        let mut problems = Vec::new();
        let mut organisations = Vec::with_capacity(rows.len());
        for row in rows {
            match self.organisation(row, ids) {
                Ok(organisation) => organisations.push(organisation),
                Err(errors) => problems.extend(
                    errors
                        .into_iter()
                        .map(|error| CellProblem::new(&TEMPLATE, row.number, &error.field, error.code, error.message)),
                ),
            }
        }
        if problems.is_empty() { Ok(organisations) } else { Err(problems) }
    }

    fn organisation(&mut self, row: &SheetRow, ids: &IdSource) -> Result<Organisation, Vec<FieldError>> {
        let mut errors = Vec::new();
        let parent = self.names.find(row.text("parent"));
        let parent = parent.map_err(|(code, words)| errors.push(FieldError::new("parent", code, words))).ok();
        let kind = choice_of(row, "kind", OrganisationKind::of_title, "请选择类别", &mut errors);
        let status = match row.text("status") {
            "" => Some(OrganisationStatus::Active),
            _ => choice_of(row, "status", OrganisationStatus::of_title, "请填写状态", &mut errors),
        };
        let ends_on = match row.text("ends_on") {
            "" => Ok(None),
            text => {
                day(text).map(Some).ok_or_else(|| FieldError::new("ends_on", "field.date", "日期请写成 2027-07-01"))
            }
        };
        let ends_on: Option<NaiveDate> = ends_on.unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let sort_order = match row.text("order") {
            "" => 0,
            text => text.parse().unwrap_or_else(|_| {
                errors.push(FieldError::new("order", "field.number", "排序请填写整数"));
                0
            }),
        };
        let form = OrganisationForm {
            name: row.text("name").to_owned(),
            short_name: row.text("short_name").to_owned(),
            kind: kind.unwrap_or(OrganisationKind::PartyCommittee),
            ends_on,
        };
        let dated = errors.iter().any(|error| error.field == "ends_on");
        let form = match form.check() {
            Ok(form) => Some(form),
            Err(wrong) => {
                // Without a kind, or with a date that is none, nobody knows whether the date belongs there.
                let known = |error: &FieldError| error.field != "ends_on" || (kind.is_some() && !dated);
                errors.extend(wrong.into_iter().filter(known));
                None
            }
        };
        if let (Some(kind), Some((id, path))) = (kind, &parent) {
            errors.extend(check_place(self.parents.get(id).map(|above| above.kind), kind).err());
            let deep = check_depth(path, 1).err();
            errors.extend(deep.map(|error| FieldError::new("parent", error.code, error.message)));
        }
        if let (Some(form), Some((id, _))) = (&form, &parent)
            && self.below.get(id).is_some_and(|(_, names)| names.contains(&form.name))
        {
            errors.push(FieldError::new("name", "organisation.name_taken", "同级已有同名组织"));
        }
        match (parent, form, status) {
            (Some((id, path)), Some(form), Some(status)) if errors.is_empty() => {
                Ok(self.plant(ids.next(), (id, &path), form, (sort_order, status)))
            }
            _ => Err(errors),
        }
    }

    fn plant(
        &mut self,
        id: OrganisationId,
        parent: (OrganisationId, &TreePath),
        form: OrganisationForm,
        (sort_order, status): (i32, OrganisationStatus),
    ) -> Organisation {
        let (last, names) = self.below.entry(parent.0).or_default();
        *last += 1;
        names.push(form.name.clone());
        let organisation = Organisation {
            id,
            version: 1,
            path: parent.1.child(*last),
            name: form.name,
            short_name: form.short_name,
            kind: form.kind,
            sort_order,
            status,
            ends_on: form.ends_on,
            founded_on: None,
        };
        self.names.add(id, &organisation.path, &organisation.name);
        self.by_path.insert(organisation.path.clone(), id);
        self.parents.insert(id, organisation.clone());
        organisation
    }

    /// Adds organisations to a change, and that each parent which is there already got children.
    fn write(&mut self, change: &mut Change, chunk: &[Organisation]) {
        let mut grown: Vec<OrganisationId> = Vec::new();
        for organisation in chunk {
            let parent = organisation.path.parent().and_then(|path| self.by_path.get(&path)).copied();
            let is_new = |id: &OrganisationId| chunk.iter().any(|other| other.id == *id);
            grown.extend(parent.filter(|id| !is_new(id)));
            create_in(change, organisation);
        }
        grown.sort_unstable();
        grown.dedup();
        for id in grown {
            if let Some(parent) = self.parents.get_mut(&id) {
                change.write(touched(parent));
                parent.version += 1;
            }
        }
    }
}

fn choice_of<T>(
    row: &SheetRow,
    field: &str,
    read: impl Fn(&str) -> Option<T>,
    missing: &str,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let text = row.text(field);
    let found = read(text);
    if found.is_none() {
        let (code, words) =
            if text.is_empty() { ("field.required", missing) } else { ("field.option", "请从下拉列表中选择") };
        errors.push(FieldError::new(field, code, words));
    }
    found
}

/// Which columns to export, and of which organisations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrganisationExportQuery {
    /// Codes of columns, comma separated, in their order: `parent`, `name`, `short_name`, `kind`, `leaders`, `order`,
    /// `status`, `ends_on`. Default all.
    columns: Option<String>,
    /// Only this one and those below.
    #[param(value_type = Option<String>)]
    below: Option<OrganisationId>,
}

/// What an export has.
static EXPORT: [Column; 8] = [
    column("parent", "上级党组织", false, "", 36),
    column("name", "全称", false, "", 36),
    column("short_name", "简称", false, "", 18),
    column("kind", "类别", false, "", 14),
    column("leaders", "书记、副书记", false, "", 24),
    column("order", "排序", false, "", 8),
    column("status", "状态", false, "", 8),
    column("ends_on", "撤销日期", false, "", 14),
];

/// Exports the organisations that the caller sees.
#[utoipa::path(tag = "organisations", operation_id = "export_organisations", params(OrganisationExportQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/organisations/export.xlsx")]
pub async fn export(
    who: Authenticated,
    query: Query<OrganisationExportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let columns = chosen(query.columns.as_deref(), &EXPORT)?;
    let directory = desk.directories.current();
    let tree = directory.organisations();
    let found = OrganisationQuery::below(query.below).find(tree, &who.caller().scope())?;
    let value = |entry: &OrganisationEntry, column: &Column| {
        let organisation = &entry.organisation;
        match column.code {
            "parent" => entry
                .parent_id
                .and_then(|id| tree.get(id))
                .map(|above| above.organisation.name.clone())
                .unwrap_or_default(),
            "name" => organisation.name.clone(),
            "short_name" => organisation.short_name.clone(),
            "kind" => organisation.kind.title().to_owned(),
            "leaders" => entry.leaders.iter().map(|leader| leader.name.as_str()).collect::<Vec<_>>().join("、"),
            "order" => organisation.sort_order.to_string(),
            "status" => organisation.status.title().to_owned(),
            _ => organisation.ends_on.map(|day| day.to_string()).unwrap_or_default(),
        }
    };
    let rows: Vec<Vec<String>> =
        found.iter().map(|entry| columns.iter().map(|column| value(entry, column)).collect()).collect();
    workbook(&desk, "organisations.xlsx", move || sheet::export("党组织", &columns, &rows)).await
}

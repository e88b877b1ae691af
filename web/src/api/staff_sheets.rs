//! The people who serve grids in workbooks: the template, the import, the export. The rules are in
//! `domain::grid::staff_import`; accounts that an import makes are in [`super::staff_import`].

use std::collections::{HashMap, HashSet};

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use lianxin_actors::directory::{Directory, StaffMember};
use lianxin_domain::access::Caller;
use lianxin_domain::grid::import::RowError;
use lianxin_domain::grid::staff_import::{KnownPerson, ServedGrid, StaffImport, StaffPlan, StaffRow};
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::phone::Phone;
use lianxin_storage::accounts::{Account, AccountStatus};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::auth::FrontDoor;
use super::grid_sheets::{administered_below, administers_some, cell_problems, record};
use super::import::{Import, ImportQuery, UpsertQuery, chosen, workbook};
use super::organisations::{Desk, PartyDesk};
use super::staff_accounts::tenant_administrator;
use super::staff_import::{StaffImportReport, carry_out, last_line};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;
use crate::sheet::{self, Column, SheetRow, choice, column};
use crate::views::member::shown;

const GRID: Column = column("grid", "网格编号", true, "您管理的网格；一个人服务几个网格就写几行。", 20);
const NAME: Column = column("name", "姓名", true, "已有账号的人要和登记的姓名一致。", 14);
const PHONE: Column =
    column("phone", "手机号码", false, "11 位；手机号码和账号至少填一项。已有账号的人用它查找，导入不改号码。", 16);
const ACCOUNT: Column = column(
    "account",
    "账号",
    false,
    "新人员必填：3 到 32 个字母、数字、_、- 或 .，也可以填手机号码。已有账号的人可以不填。",
    18,
);
const DUTY: Column = choice(
    column("duty", "职责", true, "同一个网格里已有别的职责的，勾选“更新已有数据”后改为这一项。", 12),
    &["网格长", "副网格长", "网格员"],
);
static TEMPLATE: [Column; 5] = [GRID, NAME, PHONE, ACCOUNT, DUTY];
/// What an export has; an import takes it, too, and looks at a grid's number only.
static COLUMNS: [Column; 6] = [GRID, column("grid_name", "网格名称", false, "", 30), NAME, PHONE, ACCOUNT, DUTY];

/// The template that an import of staff takes.
#[utoipa::path(tag = "grids", operation_id = "grid_staff_template",
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/grid-staff/template.xlsx")]
pub async fn template(_who: Authenticated, desk: Desk) -> Result<HttpResponse, ApiError> {
    workbook(&desk, "staff-template.xlsx", || sheet::template("网格人员", &TEMPLATE)).await
}

/// Imports who serves which grid from a workbook, multipart field `file`: all rows, or none.
///
/// The answer is lines of JSON, the last of which is the report, or a problem document. When accounts are made, lines
/// `{"hashed": 20, "of": 300}` come before it, and one `{"workbook": "…"}` with all first passwords (.xlsx, Base64), right
/// before the accounts are committed. They are not kept: an `Idempotency-Key` has no effect, and a repetition finds the
/// accounts there.
#[utoipa::path(tag = "grids", operation_id = "import_grid_staff", params(UpsertQuery),
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = StaffImportReport, content_type = "application/x-ndjson")))]
#[post("/api/v1/grid-staff/import")]
pub async fn import_staff(
    who: Authenticated,
    request: HttpRequest,
    payload: Multipart,
    query: Query<UpsertQuery>,
    desk: Desk,
    door: web::Data<FrontDoor>,
) -> Result<HttpResponse, ApiError> {
    administers_some(who.caller())?;
    let asked = ImportQuery::new(query.dry_run);
    let import = Import::receive(who, &request, payload, &asked, &desk, &COLUMNS).await?;
    let refused = |errors| last_line(&StaffImportReport { errors, ..StaffImportReport::default() });
    let rows = match &import.rows {
        Ok(rows) => rows,
        Err(problems) => return refused(problems.clone()),
    };
    let directory = desk.directories.current();
    let plan = match plan(&directory, import.who.caller(), &desk, rows, query.update).await? {
        Ok(plan) => plan,
        Err(wrong) => return refused(cell_problems(&COLUMNS, wrong)),
    };
    let report = StaffImportReport::of(&plan, rows.len());
    if import.only_checks() {
        return last_line(&StaffImportReport { imported: 0, ..report });
    }
    if plan.duties.is_empty() {
        return last_line(&report);
    }
    carry_out(import, plan, report, desk, door).await
}

/// Decides on the rows with all accounts of staff at hand.
async fn plan(
    directory: &Directory,
    caller: &Caller,
    desk: &PartyDesk,
    rows: &[SheetRow],
    update: bool,
) -> Result<Result<StaffPlan, Vec<RowError>>, ApiError> {
    let grids: HashMap<String, ServedGrid> = directory
        .all()
        .filter(|entry| caller.administers(&entry.grid.path))
        .map(|entry| {
            let staff = entry.staff.iter().map(|member| (member.account_id, member.duty)).collect();
            (entry.grid.number.clone(), ServedGrid { id: entry.grid.id, staff })
        })
        .collect();
    let people: Vec<KnownPerson> = desk.accounts.staff().await?.into_iter().map(known).collect();
    let logins: HashSet<&str> = people.iter().filter_map(|person| person.login.as_deref()).collect();
    let asked: HashSet<&str> = rows.iter().map(|row| row.text("account")).filter(|login| !login.is_empty()).collect();
    let strange: Vec<String> = asked.difference(&logins).map(|login| (*login).to_owned()).collect();
    let other_logins: HashSet<String> = desk.accounts.known_as(&strange, &[]).await?.by_login.into_keys().collect();
    let rows: Vec<StaffRow> = rows.iter().map(staff_row).collect();
    let may_create = tenant_administrator(caller).is_ok();
    let import = StaffImport { grids: &grids, people: &people, other_logins: &other_logins, may_create, update };
    Ok(import.plan(&rows))
}

fn known(account: Account) -> KnownPerson {
    KnownPerson {
        id: account.id,
        name: account.name,
        login: account.login,
        phone: account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok()),
        active: account.status == AccountStatus::Active,
    }
}

fn staff_row(row: &SheetRow) -> StaffRow {
    let text = |code: &str| row.text(code).to_owned();
    StaffRow {
        row: row.number,
        grid: text("grid"),
        name: text("name"),
        phone: text("phone"),
        account: text("account"),
        duty: text("duty"),
    }
}

/// Which columns to export, and of which grids.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StaffExportQuery {
    /// Codes of columns, comma separated, in their order: `grid`, `grid_name`, `name`, `phone`, `account`, `duty`.
    /// Default all.
    columns: Option<String>,
    /// Full numbers; recorded.
    #[serde(default)]
    unmasked: bool,
    /// Only of this grid and those below; default all that the caller administers.
    #[param(value_type = Option<String>)]
    below: Option<GridId>,
}

/// Exports who serves which grid; numbers are masked unless the caller asks otherwise. With numbers, accounts and duties
/// it can be imported again.
#[utoipa::path(tag = "grids", operation_id = "export_grid_staff", params(StaffExportQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/grid-staff/export.xlsx")]
pub async fn export(
    who: Authenticated,
    request: HttpRequest,
    query: Query<StaffExportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let columns = chosen(query.columns.as_deref(), &COLUMNS)?;
    let directory = desk.directories.current();
    let grids = administered_below(&directory, who.caller(), query.below)?;
    let accounts = desk.accounts.staff().await?.into_iter();
    let logins: HashMap<AccountId, Option<String>> = accounts.map(|account| (account.id, account.login)).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for entry in grids {
        let value = |member: &StaffMember, column: &Column| match column.code {
            "grid" => entry.grid.number.clone(),
            "grid_name" => entry.full_name.clone(),
            "name" => member.name.clone(),
            "phone" => member.phone.as_ref().map(|phone| shown(phone, query.unmasked)).unwrap_or_default(),
            "account" => logins.get(&member.account_id).cloned().flatten().unwrap_or_default(),
            _ => member.duty.title().to_owned(),
        };
        rows.extend(entry.staff.iter().map(|member| columns.iter().map(|column| value(member, column)).collect()));
    }
    let facts = json!({ "staff": rows.len(), "unmasked": query.unmasked });
    record(&who, &request, &desk, "grid.staff_export", &columns, facts).await?;
    workbook(&desk, "staff.xlsx", move || sheet::export("网格人员", &columns, &rows)).await
}

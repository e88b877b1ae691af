//! Members in workbooks: the template, the import, the export.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::member::{Gender, Member, MemberForm, MemberStanding, MemberStatus, Position};
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_storage::change::Change;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use utoipa::IntoParams;

use super::enlist::{Candidate, Enlisted, enlist, enlist_in, repeated};
use super::import::{Import, ImportQuery, ImportReport, chosen, is_new, record_export, workbook};
use super::members::{MemberQuery, today};
use super::organisation_names::Names;
use super::organisations::{Desk, PartyDesk};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;
use crate::sheet::{self, CellProblem, Column, SheetRow, choice, column, day, words};
use crate::views::member::shown;

/// Members in one export.
const MAX_EXPORT: u64 = 50_000;
/// Members read at a time.
const PAGE: u32 = 1_000;

const DAY: &str = "写成 2024-07-01。";
/// What the template has.
static TEMPLATE: [Column; 10] = [
    column("name", "姓名", true, "", 14),
    choice(column("gender", "性别", false, "", 8), &["男", "女"]),
    column("phone", "手机号码", false, "11 位；手机号码和账号至少填一项。党员用这个号码登录。", 16),
    column("account", "账号", false, "已有登录账号的填写，优先于手机号码。", 16),
    column("organisation", "所属党组织", true, "全称；有同名组织的写成“上级全称/全称”。", 36),
    choice(column("standing", "党员类型", true, "", 12), &["正式党员", "预备党员"]),
    column(
        "positions",
        "职务",
        false,
        "书记、副书记、组织委员、宣传委员、纪检委员、委员、党小组长；兼任的用顿号分开。预备党员不填。",
        22,
    ),
    column("joined_on", "入党日期", false, DAY, 14),
    column("became_full_on", "转正日期", false, DAY, 14),
    column("order", "排序", false, "整数，小的在前。", 8),
];

/// The template that an import takes.
#[utoipa::path(tag = "members", operation_id = "member_template",
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/members/template.xlsx")]
pub async fn template(_who: Authenticated, desk: Desk) -> Result<HttpResponse, ApiError> {
    workbook(&desk, "members-template.xlsx", || sheet::template("党员", &TEMPLATE)).await
}

/// Imports members from a workbook, multipart field `file`: all rows, or none.
#[utoipa::path(tag = "members", operation_id = "import_members", params(ImportQuery),
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportReport)))]
#[post("/api/v1/members/import")]
pub async fn import_members(
    who: Authenticated,
    request: HttpRequest,
    payload: Multipart,
    query: Query<ImportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if !manages_any(&who) {
        return Err(Refusal::forbidden("member.not_permitted", "只有本组织书记或管理员可以导入党员").into());
    }
    let import = Import::receive(who, &request, payload, &query, &desk, &TEMPLATE).await?;
    let rows = match &import.rows {
        Ok(rows) => rows,
        Err(problems) => return Ok(ImportReport::refused(problems.clone())),
    };
    let done = import.done_before(&desk, rows).await?;
    let checked = check(&import, &rows[done..], &desk).await?;
    let enlisted = match checked {
        Ok(enlisted) => enlisted,
        Err(problems) => return Ok(ImportReport::refused(problems)),
    };
    let write = |change: &mut Change, chunk: &[Enlisted]| import_in(change, chunk, &desk);
    let answer = import.commit(&desk, (done, rows.len()), &enlisted, write).await;
    // Also of what was imported before something stood in the way.
    for person in &enlisted {
        desk.callers.account_changed(person.member.account_id);
    }
    if is_new(&answer) && enlisted.iter().any(|person| person.member.leads()) {
        desk.directories.reload_organisations().await?;
    }
    answer
}

fn manages_any(who: &Authenticated) -> bool {
    use lianxin_domain::access::OrganisationRight::{Administrator, Secretary};
    let caller = who.caller();
    caller.administers.iter().any(|path| path.level() == 1)
        || caller.organisation_roles.iter().any(|own| matches!(own.role, Administrator | Secretary))
}

fn import_in(change: &mut Change, chunk: &[Enlisted], desk: &PartyDesk) {
    let mut counts: HashMap<OrganisationId, usize> = HashMap::new();
    for person in chunk {
        enlist_in(change, person, desk);
        *counts.entry(person.member.organisation_id).or_default() += 1;
    }
    let Some(first) = chunk.first() else { return };
    let subject = Subject::new("organisation", first.member.organisation_id);
    let mut by_organisation: Vec<_> =
        counts.into_iter().map(|(id, members)| json!({ "id": id, "members": members })).collect();
    by_organisation.sort_by_key(ToString::to_string);
    change.event("member.imported", subject.clone(), json!({ "organisations": by_organisation }));
    change.audited("member.import", subject, json!({ "organisations": by_organisation }));
}

/// All rows as members to be, or every cell that is wrong.
async fn check(
    import: &Import,
    rows: &[SheetRow],
    desk: &PartyDesk,
) -> Result<Result<Vec<Enlisted>, Vec<CellProblem>>, ApiError> {
    let directory = desk.directories.current();
    let caller = import.who.caller();
    let names = Names::of(directory.organisations(), |path| caller.manages_organisation(path));
    let today = today(desk.ids.clock().now())?;
    let mut problems = Vec::new();
    let mut candidates = Vec::with_capacity(rows.len());
    for row in rows {
        match candidate(row, &names, today) {
            Ok(candidate) => candidates.push((row.number, candidate)),
            Err(errors) => problems.extend(errors.into_iter().map(|error| problem(row.number, error))),
        }
    }
    let (numbers, candidates): (Vec<u32>, Vec<Candidate>) = candidates.into_iter().unzip();
    let keys: Vec<_> = candidates.iter().map(|person| (person.login.as_deref(), person.facts.phone.as_ref())).collect();
    for (index, again) in repeated(&keys).into_iter().enumerate() {
        problems.extend(again.map(|(first, field)| repeats(numbers[index], numbers[first], field)));
    }
    let mut enlisted = Vec::with_capacity(candidates.len());
    let mut accounts: HashMap<AccountId, u32> = HashMap::new();
    for (row, person) in numbers.into_iter().zip(enlist(&candidates, desk).await?) {
        match person {
            Ok(person) => match accounts.insert(person.member.account_id, row) {
                // One row names the account, another one its phone; the same twice is told above.
                Some(first) if !problems.iter().any(|known| known.row == row) => {
                    problems.push(repeats(row, first, "account"));
                }
                Some(_) | None => enlisted.push(person),
            },
            Err(error) => problems.push(problem(row, error)),
        }
    }
    problems.sort_by_key(|problem| problem.row);
    Ok(if problems.is_empty() { Ok(enlisted) } else { Err(problems) })
}

fn problem(row: u32, error: FieldError) -> CellProblem {
    CellProblem::new(&TEMPLATE, row, &error.field, error.code, error.message)
}

fn repeats(row: u32, first: u32, field: &str) -> CellProblem {
    CellProblem::new(&TEMPLATE, row, field, "sheet.row_repeated", format!("与第 {first} 行是同一个账号"))
}

fn candidate(row: &SheetRow, names: &Names, today: NaiveDate) -> Result<Candidate, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut keep = |field: &str, code, message: &str| errors.push(FieldError::new(field, code, message));
    let organisation =
        names.find(row.text("organisation")).map_err(|error| keep("organisation", error.0, error.1)).ok();
    let standing = match (row.text("standing"), MemberStanding::of_title(row.text("standing"))) {
        (_, Some(standing)) => Some(standing),
        ("", None) => {
            keep("standing", "field.required", "请填写党员类型");
            None
        }
        (_, None) => {
            keep("standing", "field.option", "只能是正式党员或预备党员");
            None
        }
    };
    let gender = Some(row.text("gender")).filter(|text| !text.is_empty());
    let gender = gender.and_then(|text| {
        Gender::of_title(text).or_else(|| {
            keep("gender", "field.option", "只能是男或女");
            None
        })
    });
    let mut positions = Vec::new();
    for word in words(row.text("positions")) {
        match Position::of_title(word) {
            Some(position) => positions.push(position),
            None => keep("positions", "field.option", "没有这种职务，请从说明中选择"),
        }
    }
    let mut date = |field: &str| {
        let text = row.text(field);
        if text.is_empty() {
            return None;
        }
        day(text).or_else(|| {
            keep(field, "field.date", "日期请写成 2024-07-01");
            None
        })
    };
    let (joined_on, became_full_on) = (date("joined_on"), date("became_full_on"));
    let sort_order = match row.text("order") {
        "" => 0,
        text => text.parse().unwrap_or_else(|_| {
            keep("order", "field.number", "排序请填写整数");
            0
        }),
    };
    let login = Some(row.text("account")).filter(|login| !login.is_empty()).map(str::to_owned);
    if login.is_none() && row.text("phone").is_empty() {
        keep("phone", "member.account_needed", "请填写手机号码或账号");
    }
    let form = MemberForm {
        name: row.text("name"),
        phone: row.text("phone"),
        standing: standing.unwrap_or(MemberStanding::Full),
        positions,
        joined_on,
        became_full_on,
        gender,
        sort_order,
    };
    let facts = form.check(today).map_err(|wrong| errors.extend(wrong)).ok();
    match (organisation, facts) {
        (Some((organisation_id, organisation_path)), Some(facts)) if errors.is_empty() => {
            Ok(Candidate { organisation_id, organisation_path, login, facts })
        }
        _ => Err(errors),
    }
}

/// What an export has beside the filter.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MemberExportQuery {
    /// Codes of columns, comma separated, in their order: `name`, `gender`, `phone`, `organisation`, `parent`,
    /// `standing`, `positions`, `joined_on`, `became_full_on`, `order`, `status`. Default all.
    columns: Option<String>,
    /// Full numbers, of organisations that the caller manages; recorded.
    #[serde(default)]
    unmasked: bool,
    /// Only of this organisation.
    #[param(value_type = Option<String>)]
    organisation_id: Option<OrganisationId>,
    /// And of those below it.
    #[serde(default)]
    include_below: bool,
    /// A part of the name, or a whole phone number.
    q: Option<String>,
    /// `full` or `probationary`.
    #[param(value_type = Option<String>)]
    standing: Option<MemberStanding>,
    /// As of the list.
    #[param(value_type = Option<String>)]
    position: Option<Position>,
    /// `active` (default) or `history`.
    #[param(value_type = Option<String>)]
    status: Option<MemberStatus>,
}

impl MemberExportQuery {
    fn list(&self) -> MemberQuery {
        MemberQuery {
            organisation_id: self.organisation_id,
            include_below: self.include_below,
            q: self.q.clone(),
            standing: self.standing,
            position: self.position,
            status: self.status,
            page: None,
            size: None,
        }
    }
}

/// What an export has.
static EXPORT: [Column; 11] = [
    column("name", "姓名", false, "", 14),
    column("gender", "性别", false, "", 8),
    column("phone", "手机号码", false, "", 16),
    column("organisation", "所属党组织", false, "", 36),
    column("parent", "上级党组织", false, "", 36),
    column("standing", "党员类型", false, "", 12),
    column("positions", "职务", false, "", 22),
    column("joined_on", "入党日期", false, "", 14),
    column("became_full_on", "转正日期", false, "", 14),
    column("order", "排序", false, "", 8),
    column("status", "状态", false, "", 8),
];

/// Exports the members that a list would show. Numbers are masked unless the caller asks otherwise and manages the
/// organisation.
#[utoipa::path(tag = "members", operation_id = "export_members", params(MemberExportQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/members/export.xlsx")]
pub async fn export(
    who: Authenticated,
    request: HttpRequest,
    query: Query<MemberExportQuery>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let columns = chosen(query.columns.as_deref(), &EXPORT)?;
    let directory = desk.directories.current();
    let (tree, caller) = (directory.organisations(), who.caller());
    let filter = query.list().filter(tree, caller)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for page in 0.. {
        let (members, total) = desk.members.list(&caller.scope(), &filter, page, PAGE).await?;
        if total > MAX_EXPORT {
            return Err(Refusal::rule("export.too_many", format!("一次最多导出 {MAX_EXPORT} 人，请缩小范围")).into());
        }
        let values = |member: &Member| {
            let in_full = query.unmasked && caller.manages_organisation(&member.organisation_path);
            let organisation = tree.get(member.organisation_id);
            let named = |id: Option<OrganisationId>| {
                id.and_then(|id| tree.get(id)).map(|entry| entry.organisation.name.clone()).unwrap_or_default()
            };
            let facts = &member.facts;
            let date = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            let value = |column: &Column| match column.code {
                "name" => facts.name.clone(),
                "gender" => facts.gender.map(|gender| gender.title().to_owned()).unwrap_or_default(),
                "phone" => facts.phone.as_ref().map(|phone| shown(phone, in_full)).unwrap_or_default(),
                "organisation" => named(Some(member.organisation_id)),
                "parent" => named(organisation.and_then(|entry| entry.parent_id)),
                "standing" => facts.standing.title().to_owned(),
                "positions" => facts.positions.iter().map(|position| position.title()).collect::<Vec<_>>().join("、"),
                "joined_on" => date(facts.joined_on),
                "became_full_on" => date(facts.became_full_on),
                "order" => facts.sort_order.to_string(),
                _ => member.status.title().to_owned(),
            };
            columns.iter().map(value).collect()
        };
        rows.extend(members.iter().map(values));
        if rows.len() as u64 >= total || members.is_empty() {
            break;
        }
    }
    let codes: Vec<&str> = columns.iter().map(|column| column.code).collect();
    let facts = json!({ "members": rows.len(), "columns": codes, "unmasked": query.unmasked });
    record_export(&who, &request, &desk, "member.export", Subject::new("account", caller.account_id), facts).await?;
    workbook(&desk, "members.xlsx", move || sheet::export("党员", &columns, &rows)).await
}

//! Tickets in workbooks: a list as it is filtered, and the statistics.

use actix_web::{HttpRequest, HttpResponse, get, web};
use lianxin_actors::directory::{Directories, Directory};
use lianxin_domain::event::Subject;
use lianxin_domain::grid::level_title;
use lianxin_domain::ids::IdSource;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::ticket::Ticket;
use serde_json::json;

use super::import::{moment, record_export, workbook};
use super::organisations::PartyDesk;
use super::ticket_actions::Desk;
use super::ticket_lists::{ListQuery, filter_of, staff_only};
use super::ticket_statistics::TicketStatisticsQuery;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::refused;
use crate::query::Query;
use crate::sheet::{Sheet, Value, report};
use crate::views::ticket_statistics::{TicketFiguresView, TicketStatistics};

/// Tickets of one workbook: what people still read, and some 60 MB while it is made.
const MAX_TICKETS: u32 = 10_000;
/// Read at a time.
const PAGE: u32 = 500;

/// What the list has. No telephone numbers, no third persons, no forms: those are shown one by one, to who handles them.
const LIST: [(&str, u8); 19] = [
    ("编号", 16),
    ("网格", 36),
    ("类型", 12),
    ("内容", 60),
    ("诉求人", 10),
    ("提交时间", 20),
    ("状态", 10),
    ("办理层级", 10),
    ("接单人", 10),
    ("接单时间", 20),
    ("办结时间", 20),
    ("办理结果", 40),
    ("评价星级", 10),
    ("评价内容", 30),
    ("时限", 20),
    ("正在超时", 10),
    ("超时次数", 10),
    ("退回次数", 10),
    ("重开次数", 10),
];

/// The tickets of a filter as a workbook, newest first, at most 10,000; the export is recorded.
#[utoipa::path(tag = "tickets", operation_id = "export_tickets", params(ListQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/tickets/export.xlsx")]
pub async fn export(
    who: Authenticated,
    request: HttpRequest,
    query: Query<ListQuery>,
    directories: web::Data<Directories>,
    kinds: web::Data<KindSet>,
    desk: Desk,
    party: web::Data<PartyDesk>,
) -> Result<HttpResponse, ApiError> {
    staff_only(who.caller())?;
    if let Some(field) = query.of_pages() {
        return Err(refused(field, "导出的是筛选到的全部诉求，不分页"));
    }
    let filter = filter_of(&query, &who, &directories)?;
    let scope = who.caller().scope();
    if desk.tickets.count(&scope, &filter, MAX_TICKETS + 1).await? > u64::from(MAX_TICKETS) {
        let words = format!("筛选到的诉求超过 {MAX_TICKETS} 件，请缩短时间范围或增加筛选条件后再导出");
        return Err(Refusal::rule("ticket.export_too_many", words).into());
    }
    let directory = desk.directories.current();
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let page = desk.tickets.list(&scope, &filter, before, PAGE).await?;
        before = page.last().map(|ticket| ticket.id);
        rows.extend(page.iter().map(|ticket| line(ticket, &directory, &kinds)));
        if page.len() < PAGE as usize {
            break;
        }
    }
    let subject = Subject::new("account", who.caller().account_id);
    let facts = json!({ "tickets": rows.len(), "filter": request.query_string() });
    record_export(&who, &request, &party, "ticket.export", subject, facts).await?;
    let sheet = Sheet { name: "诉求", columns: LIST.to_vec(), rows };
    workbook(&party, "tickets.xlsx", move || report(&[sheet])).await
}

fn line(ticket: &Ticket, directory: &Directory, kinds: &KindSet) -> Vec<Value> {
    let grid = directory.get(ticket.grid_id).map_or("已撤销的网格", |entry| entry.full_name.as_str());
    let kind = kinds.get(&ticket.kind).map_or(ticket.kind.as_str(), |kind| kind.title.as_str());
    let (completion, rating) = (ticket.completion(), ticket.rating());
    let time = |at: Option<_>| Value::from(at.map(moment).unwrap_or_default());
    let words = |text: Option<&str>| Value::from(text.unwrap_or_default());
    let count = |count: u32| Value::from(u64::from(count));
    vec![
        ticket.number.as_str().into(),
        grid.into(),
        kind.into(),
        ticket.content.as_str().into(),
        ticket.submitter.name.as_str().into(),
        time(Some(ticket.submitted_at)),
        ticket.state_name().title().into(),
        level_title(ticket.handling_path.level()).into(),
        words(ticket.handler().map(|handler| handler.name.as_str())),
        time(ticket.accepted_at()),
        time(completion.map(|completion| completion.completed_at)),
        words(completion.map(|completion| completion.note.as_str())),
        rating.map_or_else(|| Value::from(""), |rating| Value::from(u64::from(rating.stars))),
        words(rating.and_then(|rating| rating.comment.as_deref())),
        time(ticket.due_at()),
        if ticket.is_overdue() { "是" } else { "" }.into(),
        count(ticket.overdue_count),
        count(ticket.return_count),
        count(ticket.reopen_count),
    ]
}

/// What the statistics have, after their first column.
const FIGURES: [(&str, u8); 13] = [
    ("收到", 8),
    ("已接单", 8),
    ("已办结", 8),
    ("已评价", 8),
    ("已撤回", 8),
    ("平均星级", 10),
    ("接单中位数（分钟）", 18),
    ("接单平均（分钟）", 16),
    ("办结中位数（分钟）", 18),
    ("办结平均（分钟）", 16),
    ("超时", 8),
    ("超时率", 10),
    ("升级", 8),
];

/// The statistics as a workbook; the export is recorded.
#[utoipa::path(tag = "tickets", operation_id = "export_ticket_statistics", params(TicketStatisticsQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/tickets/statistics.xlsx")]
pub async fn statistics(
    who: Authenticated,
    request: HttpRequest,
    query: Query<TicketStatisticsQuery>,
    desk: Desk,
    kinds: web::Data<KindSet>,
    ids: web::Data<IdSource>,
    party: web::Data<PartyDesk>,
) -> Result<HttpResponse, ApiError> {
    let found = desk.statistics(who.caller(), &query, &kinds, &ids).await?;
    let facts = json!({ "by": found.by, "from": found.from, "until": found.until, "lines": found.items.len() });
    let subject = Subject::new("grid", found.grid.id);
    record_export(&who, &request, &party, "ticket.export_statistics", subject, facts).await?;
    workbook(&party, "ticket-statistics.xlsx", move || report(&[sheet_of(&found)])).await
}

fn sheet_of(found: &TicketStatistics) -> Sheet {
    let head = match found.by.as_str() {
        "kind" => ("类型", 20),
        "level" => ("办理层级", 14),
        "grid" => ("网格", 30),
        _ => ("时间", 20),
    };
    let row = |name: &str, figures: &TicketFiguresView| {
        std::iter::once(Value::from(name)).chain(numbers(figures)).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = found.items.iter().map(|item| row(&item.name, &item.figures)).collect();
    rows.push(row("合计", &found.total));
    Sheet { name: "诉求统计", columns: std::iter::once(head).chain(FIGURES).collect(), rows }
}

fn numbers(of: &TicketFiguresView) -> [Value; 13] {
    [
        of.received.into(),
        of.accepted.into(),
        of.completed.into(),
        of.rated.into(),
        of.withdrawn.into(),
        Value::Fraction(of.stars),
        Value::Fraction(of.accept_median_min),
        Value::Fraction(of.accept_average_min),
        Value::Fraction(of.complete_median_min),
        Value::Fraction(of.complete_average_min),
        of.overdue.into(),
        Value::Rate(of.overdue_rate),
        of.escalated.into(),
    ]
}

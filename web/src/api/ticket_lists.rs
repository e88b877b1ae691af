//! Listing tickets.

use actix_web::{get, web};
use chrono::NaiveDate;
use lianxin_actors::directory::Directories;
use lianxin_domain::access::{AccountKind, Caller};
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_domain::ticket::StateName;
use lianxin_domain::tree::TreePath;
use lianxin_storage::tickets::{TicketFilter, Tickets};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tickets::view;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::refused;
use crate::period::Period;
use crate::query::Query;
use crate::views::ticket::{TicketView, TicketViews};

const DEFAULT_PAGE: u32 = 50;
const MAX_PAGE: u32 = 200;
/// Characters to search for.
const MAX_WORDS: usize = 100;

/// Which tickets to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// `mine`, `grid`, `subtree` (default for staff) or `escalated`.
    #[serde(rename = "box")]
    list: Option<String>,
    /// States, comma separated.
    state: Option<String>,
    /// Code of a kind.
    kind: Option<String>,
    /// Only this grid and below.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// Words in number or content.
    q: Option<String>,
    /// Part of the name of who sent or handles it.
    person: Option<String>,
    /// Sent on this day or later, `2026-11-01`, in China.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// Sent on this day or before.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
    /// `true`: only open ones whose limit is over.
    overdue: Option<bool>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<TicketId>,
}

impl ListQuery {
    /// The parameter that asks for a page, if one does.
    pub(super) fn of_pages(&self) -> Option<&'static str> {
        self.limit.map(|_| "limit").or_else(|| self.cursor.map(|_| "cursor"))
    }
}

/// A page of tickets.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketPage {
    items: Vec<TicketView>,
    #[schema(value_type = Option<String>)]
    next_cursor: Option<TicketId>,
}

/// Lists tickets that the caller may see, newest first.
#[utoipa::path(tag = "tickets", operation_id = "list_tickets", params(ListQuery),
    responses((status = 200, body = TicketPage)))]
#[get("/api/v1/tickets")]
pub async fn list(
    who: Authenticated,
    query: Query<ListQuery>,
    directories: web::Data<Directories>,
    tickets: web::Data<Tickets>,
    views: web::Data<TicketViews>,
) -> Result<web::Json<TicketPage>, ApiError> {
    let filter = filter_of(&query, &who, &directories)?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    let mut found = tickets.list(&who.caller().scope(), &filter, query.cursor, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(|ticket| ticket.id);
    let items = found.iter().map(|ticket| view(ticket, &who, &views)).collect();
    Ok(web::Json(TicketPage { items, next_cursor }))
}

/// Refuses residents.
pub(super) fn staff_only(caller: &Caller) -> Result<(), ApiError> {
    let refusal = || Refusal::forbidden("ticket.staff_only", "只有工作人员可以这样做");
    if caller.kind == AccountKind::Staff { Ok(()) } else { Err(refusal().into()) }
}

pub(super) fn filter_of(
    query: &ListQuery,
    who: &Authenticated,
    directories: &Directories,
) -> Result<TicketFilter, ApiError> {
    if query.limit.is_some_and(|limit| !(1..=MAX_PAGE).contains(&limit)) {
        return Err(refused("limit", "limit 应为 1 到 200"));
    }
    let caller = who.caller();
    let own_grids: Vec<TreePath> = caller.duties.iter().map(|duty| duty.path.clone()).collect();
    let words = |field: &str, text: &Option<String>| {
        let text = text.as_deref().filter(|text| !text.trim().is_empty());
        let checked = text.map(|text| text_field(field, text, true, MAX_WORDS)).transpose();
        checked.map_err(|error| refused(field, &error.message))
    };
    let (kind, text, person) = (words("kind", &query.kind)?, words("q", &query.q)?, words("person", &query.person)?);
    let (from, until) = Period::bounds(query.from, query.until)?;
    let overdue = query.overdue.unwrap_or(false);
    let mut filter = TicketFilter { kind, text, person, from, until, overdue, ..TicketFilter::default() };
    match query.list.as_deref() {
        Some("mine") => filter.mine = true,
        Some("grid") => filter.grids = Some(own_grids),
        Some("escalated") => filter.escalated_to = Some(own_grids),
        None | Some("subtree") => {}
        Some(_) => return Err(refused("box", "box 只能是 mine、grid、subtree 或 escalated")),
    }
    for state in query.state.iter().flat_map(|states| states.split(',')).filter(|state| !state.is_empty()) {
        filter.states.push(StateName::parse(state).ok_or_else(|| refused("state", "没有这种状态"))?);
    }
    if let Some(id) = query.grid_id {
        let directory = directories.current();
        let entry = directory.get(id).ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?;
        filter.below = Some(entry.grid.path.clone());
    }
    Ok(filter)
}

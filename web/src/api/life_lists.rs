//! Lists of 组织生活会: those that the caller looks over, and those that the caller takes part in.

use actix_web::{get, web};
use lianxin_domain::access::Caller;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::organisational_life::Phase;
use lianxin_domain::problem::Refusal;
use lianxin_storage::organisational_life::LifeFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::life_meetings::{LifeRoom, Room};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::organisational_life::LifeMeetingView;

/// Which of them to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LifeQuery {
    /// Of this organisation.
    #[param(value_type = Option<String>)]
    org_id: Option<OrganisationId>,
    /// Of those below it, too; default: yes.
    include_below: Option<bool>,
    /// Of this year.
    year: Option<i32>,
    /// `before`, `during`, `after` or `completed`.
    phase: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifeMeetingPage {
    items: Vec<LifeMeetingView>,
    next_cursor: Option<String>,
}

/// Lists those of the branches that the caller looks over, the newest first.
#[utoipa::path(tag = "organisational life", operation_id = "list_life_meetings", params(LifeQuery),
    responses((status = 200, body = LifeMeetingPage)))]
#[get("/api/v1/organisational-life")]
pub async fn list(
    who: Authenticated,
    query: Query<LifeQuery>,
    room: Room,
) -> Result<web::Json<LifeMeetingPage>, ApiError> {
    let organisation = match query.org_id {
        Some(id) => {
            let directory = room.desk.directories.current();
            let none = || Refusal::not_found("organisation.not_found", "没有找到这个组织");
            let entry = directory.organisations().get(id).ok_or_else(none)?;
            Some((entry.organisation.path.clone(), query.include_below.unwrap_or(true)))
        }
        None => None,
    };
    let phase = query.phase.as_deref().map(|phase| Phase::parse(phase).ok_or_else(|| refused("phase", "没有这个阶段")));
    let phase = phase.transpose()?.map(|phase| (phase, room.now()));
    let filter = LifeFilter { organisation, year: query.year, phase, mine: false };
    page(&room, who.caller(), &filter, query.limit, query.cursor.as_deref()).await
}

/// Which of one's own to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OwnLifeQuery {
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists those that the caller takes part in, the newest first.
#[utoipa::path(tag = "organisational life", operation_id = "list_own_life_meetings", params(OwnLifeQuery),
    responses((status = 200, body = LifeMeetingPage)))]
#[get("/api/v1/organisational-life/mine")]
pub async fn mine(
    who: Authenticated,
    query: Query<OwnLifeQuery>,
    room: Room,
) -> Result<web::Json<LifeMeetingPage>, ApiError> {
    let filter = LifeFilter { mine: true, ..LifeFilter::default() };
    page(&room, who.caller(), &filter, query.limit, query.cursor.as_deref()).await
}

async fn page(
    room: &LifeRoom,
    caller: &Caller,
    filter: &LifeFilter,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<web::Json<LifeMeetingPage>, ApiError> {
    let page = Page::of(limit, cursor)?;
    let mut found = room.desk.lives.list(&caller.scope(), filter, page.before, page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.created_at, last.id));
    Ok(web::Json(LifeMeetingPage { items: room.views(caller, &found).await?, next_cursor }))
}

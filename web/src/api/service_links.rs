//! Keeping links of 红色服务 (inventory GRID-22): for administrators and leaders of grids, each in the own subtree.

use actix_web::{delete, get, patch, post, web};
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{GridId, ServiceLinkId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_link::{LinkTarget, ServiceLink};
use lianxin_storage::service_links::{LinkFilter, ServiceLinks};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::life_meetings::{is_overtaken, once};
use super::service_room::{ServiceRoom, Services, search_words};
use super::ticket_actions::{Answered, Nothing};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{page_limit, refused};
use crate::query::Query;
use crate::views::service::ServiceLinkView;

/// Which links to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ServiceLinkQuery {
    /// Only of this grid and below.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// Words in title, description or address.
    q: Option<String>,
    /// Only those that residents see, or do not.
    enabled: Option<bool>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of links.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceLinkPage {
    items: Vec<ServiceLinkView>,
    next_cursor: Option<String>,
}

/// Lists the links of the grids that the caller answers for, in their order.
#[utoipa::path(tag = "services", operation_id = "list_service_links", params(ServiceLinkQuery),
    responses((status = 200, body = ServiceLinkPage)))]
#[get("/api/v1/service-links")]
pub async fn list(
    who: Authenticated,
    query: Query<ServiceLinkQuery>,
    room: Services,
) -> Result<web::Json<ServiceLinkPage>, ApiError> {
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let text = search_words(query.q.as_deref())?;
    let filter = LinkFilter { below: room.place(query.grid_id)?, text, enabled: query.enabled };
    let mut found = room.links.list(&who.caller().scope(), &filter, after, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| format!("{}:{}", last.target.sort_order, last.id));
    let directory = room.directory();
    let items = found.iter().map(|link| ServiceLinkView::of(link, &directory)).collect();
    Ok(web::Json(ServiceLinkPage { items, next_cursor }))
}

/// The place and id of the last link of the page before: links stand in an order of their own, not in that of time.
fn read_cursor(text: &str) -> Result<(i32, ServiceLinkId), ApiError> {
    let read = text.split_once(':').and_then(|(order, id)| Some((order.parse().ok()?, id.parse().ok()?)));
    read.ok_or_else(|| refused("cursor", "cursor 不正确"))
}

impl ServiceRoom {
    /// The link of a path, if the caller answers for its grid.
    async fn link(&self, caller: &Caller, id: &str) -> Result<ServiceLink, ApiError> {
        let none = || Refusal::not_found("link.not_found", "没有找到这条链接");
        let id: ServiceLinkId = id.parse().map_err(|_| none())?;
        self.links.get(&caller.scope(), id).await?.ok_or_else(|| none().into())
    }

    /// That somebody else changed it meanwhile, with what it says now.
    async fn link_changed(&self, caller: &Caller, id: &str) -> ApiError {
        let now = match self.link(caller, id).await {
            Ok(now) => now,
            Err(error) => return error,
        };
        let refusal = Refusal::conflict("link.changed", "这条链接刚刚被其他人修改，请先查看最新内容");
        refusal.with("current", json!(ServiceLinkView::of(&now, &self.directory()))).into()
    }
}

/// A new link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceLinkInput {
    /// Whose residents, with those of all grids below, are offered it.
    #[schema(value_type = String)]
    grid_id: GridId,
    /// 1 to 30 characters.
    title: String,
    /// An `https` address of at most 500 characters.
    address: String,
    /// At most 100 characters.
    #[serde(default)]
    description: String,
    /// 0 to 9,999; the smallest comes first.
    #[serde(default)]
    sort_order: i32,
    /// Whether residents see it at once; default: yes.
    #[serde(default)]
    enabled: Option<bool>,
}

/// Adds a link.
#[utoipa::path(tag = "services", operation_id = "create_service_link", request_body = NewServiceLinkInput,
    responses((status = 201, body = ServiceLinkView)))]
#[post("/api/v1/service-links")]
pub async fn create(call: Call<NewServiceLinkInput>, room: Services, commits: CommitsData) -> Answered {
    let (input, now) = (&call.body, room.now());
    let grid = room.publishing_grid(&call.caller, input.grid_id)?;
    let link = ServiceLink {
        id: room.ids.next(),
        version: 1,
        grid_id: grid.grid.id,
        grid_path: grid.grid.path.clone(),
        target: LinkTarget::check(&input.title, &input.address, &input.description, input.sort_order)?,
        enabled: input.enabled.unwrap_or(true),
        updated_at: now,
    };
    let mut change = call.change(now);
    change.write(ServiceLinks::write(&link));
    let fields = json!({ "title": [null, link.target.title], "address": [null, link.target.address] });
    change.audited("service_link.create", subject(&link), fields);
    let view = ServiceLinkView::of(&link, &room.directory());
    commits.commit(&call.idempotency, change, 201, &view, || ApiError::Internal).await
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLinkChanges {
    /// The version that was read.
    version: u32,
    /// 1 to 30 characters.
    #[serde(default)]
    title: Option<String>,
    /// An `https` address of at most 500 characters.
    #[serde(default)]
    address: Option<String>,
    /// At most 100 characters.
    #[serde(default)]
    description: Option<String>,
    /// 0 to 9,999; the smallest comes first.
    #[serde(default)]
    sort_order: Option<i32>,
    /// Whether residents see it.
    #[serde(default)]
    enabled: Option<bool>,
}

impl ServiceLinkChanges {
    /// What it says afterwards.
    fn over(&self, before: &LinkTarget) -> Result<LinkTarget, Refusal> {
        LinkTarget::check(
            self.title.as_deref().unwrap_or(&before.title),
            self.address.as_deref().unwrap_or(&before.address),
            self.description.as_deref().unwrap_or(&before.description),
            self.sort_order.unwrap_or(before.sort_order),
        )
    }
}

/// Changes a link, or switches it on or off (启用, 禁用). When it was changed meanwhile, 409 `link.changed` with what it says
/// now as `current`.
#[utoipa::path(tag = "services", operation_id = "change_service_link", params(("id" = String, Path)),
    request_body = ServiceLinkChanges, responses((status = 200, body = ServiceLinkView)))]
#[patch("/api/v1/service-links/{id}")]
pub async fn edit(
    id: web::Path<String>,
    call: Call<ServiceLinkChanges>,
    room: Services,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &commits)).await
}

async fn changed(id: &str, call: &Call<ServiceLinkChanges>, room: &ServiceRoom, commits: &CommitsData) -> Answered {
    let before = room.link(&call.caller, id).await?;
    if call.body.version != before.version {
        return Err(room.link_changed(&call.caller, id).await);
    }
    let (now, target) = (room.now(), call.body.over(&before.target)?);
    let enabled = call.body.enabled.unwrap_or(before.enabled);
    let after = ServiceLink { version: before.version + 1, target, enabled, updated_at: now, ..before.clone() };
    let mut change = call.change(now);
    change.write(ServiceLinks::write(&after));
    let fields = json!({
        "title": [before.target.title, after.target.title],
        "address": [before.target.address, after.target.address],
        "enabled": [before.enabled, after.enabled],
    });
    change.audited("service_link.change", subject(&after), fields);
    let view = ServiceLinkView::of(&after, &room.directory());
    match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => Err(room.link_changed(&call.caller, id).await),
        answer => answer,
    }
}

/// Deletes a link.
#[utoipa::path(tag = "services", operation_id = "delete_service_link", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/service-links/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, room: Services, commits: CommitsData) -> Answered {
    once(&call, &commits, removed(&id, &call, &room, &commits)).await
}

async fn removed(id: &str, call: &Call<Nothing>, room: &ServiceRoom, commits: &CommitsData) -> Answered {
    let link = room.link(&call.caller, id).await?;
    let mut change = call.change(room.now());
    change.writes.extend(ServiceLinks::remove(&link));
    change.audited("service_link.delete", subject(&link), json!({ "title": [link.target.title, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

fn subject(link: &ServiceLink) -> Subject {
    Subject::new("service_link", link.id)
}

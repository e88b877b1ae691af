//! What webhooks were told: the last messages, a try on demand, and sending one again.

use actix_web::{get, post, web};
use lianxin_domain::problem::Refusal;
use lianxin_domain::webhook::PING;
use lianxin_domain::webhook::payload::ping_body;
use lianxin_storage::webhook_deliveries::{WebhookDeliveries, WebhookDelivery, WebhookDeliveryState};
use lianxin_storage::webhooks::WebhookRow;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::life_meetings::{is_overtaken, once};
use super::ticket_actions::{Answered, Nothing};
use super::webhook_room::{Room, WebhookRoom, subject};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::webhook::WebhookDeliveryView;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WebhookDeliveryQuery {
    /// `owed`, `sent` or `given_up`.
    state: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryPage {
    items: Vec<WebhookDeliveryView>,
    next_cursor: Option<String>,
}

/// Lists what a webhook was told in the last 30 days, newest first.
#[utoipa::path(tag = "webhooks", operation_id = "list_webhook_deliveries",
    params(("id" = String, Path), WebhookDeliveryQuery), responses((status = 200, body = WebhookDeliveryPage)))]
#[get("/api/v1/webhooks/{id}/deliveries")]
pub async fn list(
    id: web::Path<String>,
    who: Authenticated,
    query: Query<WebhookDeliveryQuery>,
    room: Room,
) -> Result<web::Json<WebhookDeliveryPage>, ApiError> {
    let webhook = room.webhook(who.caller(), &id).await?.webhook;
    let state = query.state.as_deref().map(|state| WebhookDeliveryState::parse(state).ok_or(state)).transpose();
    let state = state.map_err(|_| refused("state", "没有这种状态"))?;
    let page = Page::<String>::of(query.limit, query.cursor.as_deref())?;
    let mut found = room.deliveries.list(webhook.id, state, page.before.clone(), page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.created_at, last.id.clone()));
    let items = found.into_iter().map(WebhookDeliveryView::from).collect();
    Ok(web::Json(WebhookDeliveryPage { items, next_cursor }))
}

/// Sends a message that tells of nothing, once and at once, also while the receiver is left alone because it failed. What
/// became of it is in the list of messages.
#[utoipa::path(tag = "webhooks", operation_id = "ping_webhook", params(("id" = String, Path)),
    responses((status = 202, body = WebhookDeliveryView)))]
#[post("/api/v1/webhooks/{id}/ping")]
pub async fn ping(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, pinged(&id, &call, &room, &commits)).await
}

async fn pinged(id: &str, call: &Call<Nothing>, room: &WebhookRoom, commits: &CommitsData) -> Answered {
    let (row, now) = (switched_on(room.webhook(&call.caller, id).await?)?, room.now());
    let webhook = &row.webhook;
    let message = format!("{}-ping-{}", webhook.id, call.request_id);
    let tenant = room.directory().at(&webhook.grid_path.tenant()).map(|entry| entry.grid.id);
    let body = ping_body(&message, webhook.id, tenant, now);
    let delivery = WebhookDelivery::new(message.clone(), webhook.id, PING, (&message, 0), body, now);
    let mut change = call.change(now);
    change.write(WebhookDeliveries::owe(&delivery));
    WebhookRoom::hurry(&row, &mut change);
    change.audited("webhook.ping", subject(webhook), json!({}));
    let view = WebhookDeliveryView::from(delivery);
    commits.commit(&call.idempotency, change, 202, &view, || ApiError::Internal).await
}

/// Sends a message again, under the same id, whatever became of it before.
#[utoipa::path(tag = "webhooks", operation_id = "redeliver_webhook_delivery",
    params(("id" = String, Path), ("delivery_id" = String, Path)),
    responses((status = 202, body = WebhookDeliveryView)))]
#[post("/api/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver")]
pub async fn redeliver(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, redelivered(&path, &call, &room, &commits)).await
}

async fn redelivered(
    (id, delivery_id): &(String, String),
    call: &Call<Nothing>,
    room: &WebhookRoom,
    commits: &CommitsData,
) -> Answered {
    let (row, now) = (room.webhook(&call.caller, id).await?, room.now());
    let delivery = room.deliveries.get(delivery_id).await?.filter(|found| found.webhook_id == row.webhook.id);
    let none = || Refusal::not_found("webhook.delivery_not_found", "没有找到这条推送记录");
    let delivery = delivery.ok_or_else(none)?.again(now);
    let row = switched_on(row)?;
    let mut change = call.change(now);
    change.write(WebhookDeliveries::update(&delivery));
    WebhookRoom::hurry(&row, &mut change);
    change.audited("webhook.redeliver", subject(&row.webhook), json!({ "delivery": [null, delivery.id] }));
    let view = WebhookDeliveryView::from(delivery);
    match commits.commit(&call.idempotency, change, 202, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => {
            Err(Refusal::conflict("webhook.being_sent", "这条推送正在发送，请稍后再试").into())
        }
        answer => answer,
    }
}

/// The webhook, if anything is sent to it.
fn switched_on(row: WebhookRow) -> Result<WebhookRow, ApiError> {
    if row.webhook.enabled {
        return Ok(row);
    }
    Err(Refusal::conflict("webhook.disabled", "这个推送已停用，请先启用").into())
}

//! Keeping webhooks (事件推送): for administrators, each in the own subtree. What receivers get is in docs/WEBHOOKS.md.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use lianxin_domain::ids::GridId;
use lianxin_domain::problem::Refusal;
use lianxin_domain::webhook::{MOST_OF_A_TENANT, Webhook, WebhookPlan};
use lianxin_storage::webhooks::WebhookRow;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::life_meetings::{is_overtaken, once};
use super::ticket_actions::{Answered, Nothing};
use super::webhook_room::{Room, WebhookRoom, administrators_only, subject};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, answered};
use crate::error::ApiError;
use crate::views::webhook::{WebhookKindView, WebhookView};

/// All webhooks that the caller keeps.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookList {
    items: Vec<WebhookView>,
    /// What one can be told of.
    kinds: Vec<WebhookKindView>,
}

/// Lists the webhooks of the grids that the caller administers, oldest first, with how their receivers do.
#[utoipa::path(tag = "webhooks", operation_id = "list_webhooks", responses((status = 200, body = WebhookList)))]
#[get("/api/v1/webhooks")]
pub async fn list(who: Authenticated, room: Room) -> Result<web::Json<WebhookList>, ApiError> {
    let caller = who.caller();
    administrators_only(caller)?;
    let mut found: Vec<WebhookRow> = Vec::new();
    for place in &caller.administers {
        found.extend(room.webhooks.all_below(place).await?);
    }
    found.sort_by_key(|row| row.webhook.id);
    found.dedup_by_key(|row| row.webhook.id);
    let mut items = Vec::with_capacity(found.len());
    for row in &found {
        items.push(room.view(row).await?);
    }
    Ok(web::Json(WebhookList { items, kinds: WebhookKindView::all() }))
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookInput {
    /// It is told of this grid and of all below.
    #[schema(value_type = String)]
    grid_id: GridId,
    /// 1 to 30 characters.
    name: String,
    /// An `https` address of at most 500 characters, outside of the network.
    url: String,
    /// At least one of the kinds that the list names.
    kinds: Vec<String>,
}

/// A webhook with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    webhook: WebhookView,
    /// Shown now and never again.
    secret: String,
}

/// Makes a webhook; it is told of what happens from now on. The secret is not stored as an answer, so a repetition makes
/// another one.
#[utoipa::path(tag = "webhooks", operation_id = "create_webhook", request_body = NewWebhookInput,
    responses((status = 201, body = WebhookWithSecret)))]
#[post("/api/v1/webhooks")]
pub async fn create(call: Call<NewWebhookInput>, room: Room, commits: CommitsData) -> Answered {
    let (input, now) = (&call.body, room.now());
    let grid = room.grid(&call.caller, input.grid_id)?;
    let plan = WebhookPlan::check(&input.name, &input.url, &input.kinds, &room.rule)?;
    if room.webhooks.all_below(&grid.grid.path.tenant()).await?.len() >= MOST_OF_A_TENANT {
        let words = format!("最多设置 {MOST_OF_A_TENANT} 个推送，请先删除不用的");
        return Err(Refusal::rule("webhook.too_many", words).into());
    }
    let webhook = Webhook {
        id: room.ids.next(),
        version: 1,
        grid_id: grid.grid.id,
        grid_path: grid.grid.path.clone(),
        plan,
        secret: room.new_secret(),
        old_secret: None,
        enabled: true,
        stopped: None,
        since_seq: room.log.head(),
        created_by: call.caller.account_id,
        created_at: now,
        updated_at: now,
    };
    let mut change = call.change(now);
    change.write(room.webhooks.write(&webhook));
    change.audited("webhook.create", subject(&webhook), differences(None, &webhook));
    with_secret(&room, &commits, change, webhook, 201).await
}

/// Commits and answers the secret.
async fn with_secret(
    room: &WebhookRoom,
    commits: &CommitsData,
    change: lianxin_storage::change::Change,
    webhook: Webhook,
    status: u16,
) -> Result<HttpResponse, ApiError> {
    let committed = commits.commit_plain(change).await?;
    let health = room.webhooks.get(webhook.id).await?.map(|row| row.health).unwrap_or_default();
    let secret = webhook.secret.written();
    let view = WebhookWithSecret { webhook: room.view(&WebhookRow { webhook, health }).await?, secret };
    let body = serde_json::to_string(&view).map_err(|_| ApiError::Internal)?;
    Ok(answered(status, body, committed.seq))
}

/// `{"field": [before, after]}`; of the address the host only, as the rest of it may be a secret of the receiver's.
fn differences(before: Option<&Webhook>, after: &Webhook) -> serde_json::Value {
    let host = |webhook: &Webhook| webhook.plan.url.split('/').nth(2).map(str::to_owned);
    let mut changes = serde_json::Map::new();
    let mut note = |field: &str, was: serde_json::Value, is: serde_json::Value| {
        if was != is {
            changes.insert(field.to_owned(), json!([was, is]));
        }
    };
    note("name", json!(before.map(|webhook| &webhook.plan.name)), json!(after.plan.name));
    note("host", json!(before.map(host)), json!(host(after)));
    note("kinds", json!(before.map(|webhook| &webhook.plan.kinds)), json!(after.plan.kinds));
    note("enabled", json!(before.map(|webhook| webhook.enabled)), json!(after.enabled));
    serde_json::Value::Object(changes)
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChanges {
    /// The version that was read.
    version: u32,
    /// 1 to 30 characters.
    #[serde(default)]
    name: Option<String>,
    /// An `https` address of at most 500 characters, outside of the network.
    #[serde(default)]
    url: Option<String>,
    /// At least one of the kinds that the list names.
    #[serde(default)]
    kinds: Option<Vec<String>>,
    /// Whether anything is sent. What happens while it is off is not told later; what waited then still is.
    #[serde(default)]
    enabled: Option<bool>,
}

/// Changes a webhook, or switches it on or off. When it was changed meanwhile, 409 `webhook.changed` with what it says now as
/// `current`.
#[utoipa::path(tag = "webhooks", operation_id = "change_webhook", params(("id" = String, Path)),
    request_body = WebhookChanges, responses((status = 200, body = WebhookView)))]
#[patch("/api/v1/webhooks/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<WebhookChanges>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &commits)).await
}

async fn changed(id: &str, call: &Call<WebhookChanges>, room: &WebhookRoom, commits: &CommitsData) -> Answered {
    let (row, input, now) = (room.webhook(&call.caller, id).await?, &call.body, room.now());
    let before = row.webhook.clone();
    if input.version != before.version {
        return Err(overtaken(room, &row).await?);
    }
    let own: Vec<String> = before.plan.kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let plan = WebhookPlan::check(
        input.name.as_deref().unwrap_or(&before.plan.name),
        input.url.as_deref().unwrap_or(&before.plan.url),
        input.kinds.as_deref().unwrap_or(&own),
        &room.rule,
    )?;
    let enabled = input.enabled.unwrap_or(before.enabled);
    let after = Webhook {
        version: before.version + 1,
        plan,
        enabled,
        stopped: before.stopped.filter(|_| !enabled),
        since_seq: if enabled && !before.enabled { room.log.head() } else { before.since_seq },
        updated_at: now,
        ..before.clone()
    };
    let mut change = call.change(now);
    change.write(room.webhooks.write(&after));
    // Whoever mended something wants to see it work.
    WebhookRoom::hurry(&row, &mut change);
    change.audited("webhook.change", subject(&after), differences(Some(&before), &after));
    let view = room.view(&WebhookRow { webhook: after, ..row }).await?;
    match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => Err(overtaken(room, &room.webhook(&call.caller, id).await?).await?),
        answer => answer,
    }
}

/// That somebody else changed it meanwhile, with what it says now.
async fn overtaken(room: &WebhookRoom, now: &WebhookRow) -> Result<ApiError, ApiError> {
    let refusal = Refusal::conflict("webhook.changed", "这个推送刚刚被其他人修改，请先查看最新内容");
    Ok(refusal.with("current", json!(room.view(now).await?)).into())
}

/// Deletes a webhook with all that was sent and waits.
#[utoipa::path(tag = "webhooks", operation_id = "delete_webhook", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/webhooks/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, removed(&id, &call, &room, &commits)).await
}

async fn removed(id: &str, call: &Call<Nothing>, room: &WebhookRoom, commits: &CommitsData) -> Answered {
    let webhook = room.webhook(&call.caller, id).await?.webhook;
    let mut change = call.change(room.now());
    change.writes.extend(room.webhooks.remove(&webhook));
    change.audited("webhook.delete", subject(&webhook), json!({ "name": [webhook.plan.name, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

/// Gives it another secret. For a day both sign, so that the receiver has time to take the new one. It is not stored as an
/// answer, so a repetition makes another one.
#[utoipa::path(tag = "webhooks", operation_id = "renew_webhook_secret", params(("id" = String, Path)),
    responses((status = 200, body = WebhookWithSecret)))]
#[post("/api/v1/webhooks/{id}/secret")]
pub async fn renew_secret(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    let (before, now) = (room.webhook(&call.caller, &id).await?.webhook, room.now());
    let after = before.renewed(room.new_secret(), now);
    let mut change = call.change(now);
    change.write(room.webhooks.write(&after));
    change.audited("webhook.renew_secret", subject(&after), json!({}));
    with_secret(&room, &commits, change, after, 200).await
}

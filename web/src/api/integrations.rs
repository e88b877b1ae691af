//! Keeping integrations (开放接口): for the administrators of the whole tenant, each in the own one.

use std::sync::Arc;

use actix_web::{HttpResponse, get, patch, post, web};
use lianxin_actors::directory::{Directories, Directory};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{GridId, IdSource};
use lianxin_domain::integration::{Integration, IntegrationFacts};
use lianxin_domain::problem::Refusal;
use lianxin_storage::change::Change;
use lianxin_storage::integrations::Integrations;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::life_meetings::{is_overtaken, once};
use super::staff_accounts::tenant_administrator;
use super::ticket_actions::{Answered, Nothing};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::auth::tokens::{new_token, token_hash};
use crate::call::{Call, CommitsData, answered};
use crate::error::ApiError;
use crate::views::integration::{IntegrationKey, IntegrationView};

/// What these calls need.
pub struct IntegrationRoom {
    /// The integrations.
    pub integrations: Integrations,
    /// The picture of all grids.
    pub directories: Directories,
    /// New ids and time.
    pub ids: IdSource,
}

type Room = web::Data<IntegrationRoom>;

impl IntegrationRoom {
    fn directory(&self) -> Arc<Directory> {
        self.directories.current()
    }

    /// The integration of a path, with when it was last used, if the caller administers its grid.
    async fn found(&self, caller: &Caller, id: &str) -> Result<(Integration, Option<Timestamp>), ApiError> {
        administrators_only(caller)?;
        let none = || Refusal::not_found("integration.not_found", "没有找到这个接入系统");
        let id = id.parse().map_err(|_| none())?;
        let found = self.integrations.get(id).await?.filter(|(found, _)| caller.administers(&found.grid_path));
        found.ok_or_else(|| none().into())
    }

    /// That somebody else changed it meanwhile, with what it says now.
    async fn changed_meanwhile(&self, caller: &Caller, id: &str) -> ApiError {
        match self.found(caller, id).await {
            Ok((now, used)) => {
                let words = "这个接入系统刚刚被其他人修改，请先查看最新内容";
                let view = IntegrationView::of(&now, used, &self.directory());
                Refusal::conflict("integration.changed", words).with("current", json!(view)).into()
            }
            Err(error) => error,
        }
    }

    /// A key that nobody had before, and its hash.
    fn new_key(&self) -> (String, String) {
        let key = new_token(&**self.ids.entropy());
        let hash = token_hash(&key);
        (key, hash)
    }
}

/// Keys belong to the tenant, as accounts do.
fn administrators_only(caller: &Caller) -> Result<(), ApiError> {
    let refusal = || Refusal::forbidden("integration.not_permitted", "只有管理员可以管理开放接口");
    tenant_administrator(caller).map_err(|_| refusal().into())
}

/// Integrations.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationList {
    /// The newest first.
    items: Vec<IntegrationView>,
}

/// Lists the integrations of the tenants that the caller administers.
#[utoipa::path(tag = "integrations", operation_id = "list_integrations",
    responses((status = 200, body = IntegrationList)))]
#[get("/api/v1/integrations")]
pub async fn list(who: Authenticated, room: Room) -> Result<web::Json<IntegrationList>, ApiError> {
    administrators_only(who.caller())?;
    let (all, directory) = (room.integrations.all().await?, room.directory());
    let own = all.iter().filter(|(found, _)| who.caller().administers(&found.grid_path));
    let items = own.map(|(found, used)| IntegrationView::of(found, *used, &directory)).collect();
    Ok(web::Json(IntegrationList { items }))
}

/// A new integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntegrationInput {
    /// 1 to 30 characters; stands beside each request as who sent it.
    name: String,
    /// Whom to call when it misbehaves; 1 to 100 characters.
    contact: String,
    /// The grid that it may report to, with all below.
    #[schema(value_type = String)]
    grid_id: GridId,
}

/// Adds an integration and answers its key, this once. It takes no idempotency key, as its answer must not be stored.
#[utoipa::path(tag = "integrations", operation_id = "create_integration", request_body = NewIntegrationInput,
    responses((status = 201, body = IntegrationKey)))]
#[post("/api/v1/integrations")]
pub async fn create(call: Call<NewIntegrationInput>, room: Room, commits: CommitsData) -> Answered {
    administrators_only(&call.caller)?;
    let (input, now) = (&call.body, room.ids.clock().now());
    let facts = IntegrationFacts::check(&input.name, &input.contact)?;
    let directory = room.directory();
    let grid = directory.get(input.grid_id).filter(|entry| call.caller.administers(&entry.grid.path));
    let grid = &grid.ok_or_else(|| one_field("grid_id", "grid.not_found", "没有找到这个网格"))?.grid;
    let (key, key_hash) = room.new_key();
    let integration = Integration {
        id: room.ids.next(),
        version: 1,
        grid_id: grid.id,
        grid_path: grid.path.clone(),
        facts,
        key_hash,
        key_made_at: now,
        enabled: true,
        created_at: now,
    };
    let mut change = call.change(now);
    change.write(room.integrations.write(&integration));
    let fields = json!({ "name": [null, integration.facts.name], "grid_id": [null, grid.id] });
    change.audited("integration.create", subject(&integration), fields);
    with_key(&commits, change, 201, IntegrationView::of(&integration, None, &directory), key).await
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationChanges {
    /// The version that was read.
    version: u32,
    /// 1 to 30 characters.
    #[serde(default)]
    name: Option<String>,
    /// 1 to 100 characters.
    #[serde(default)]
    contact: Option<String>,
    /// Whether its key opens anything.
    #[serde(default)]
    enabled: Option<bool>,
}

/// Renames an integration, or switches it off and on. When it was changed meanwhile, 409 `integration.changed` with what it
/// says now as `current`.
#[utoipa::path(tag = "integrations", operation_id = "change_integration", params(("id" = String, Path)),
    request_body = IntegrationChanges, responses((status = 200, body = IntegrationView)))]
#[patch("/api/v1/integrations/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<IntegrationChanges>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &commits)).await
}

async fn changed(id: &str, call: &Call<IntegrationChanges>, room: &IntegrationRoom, commits: &CommitsData) -> Answered {
    let (input, (before, used)) = (&call.body, room.found(&call.caller, id).await?);
    if input.version != before.version {
        return Err(room.changed_meanwhile(&call.caller, id).await);
    }
    let IntegrationFacts { name, contact } = &before.facts;
    let facts =
        IntegrationFacts::check(input.name.as_deref().unwrap_or(name), input.contact.as_deref().unwrap_or(contact))?;
    let enabled = input.enabled.unwrap_or(before.enabled);
    let after = Integration { version: before.version + 1, facts, enabled, ..before.clone() };
    let mut change = call.change(room.ids.clock().now());
    change.write(room.integrations.write(&after));
    let fields = json!({
        "name": [before.facts.name, after.facts.name],
        "contact_changed": [false, before.facts.contact != after.facts.contact],
        "enabled": [before.enabled, after.enabled],
    });
    change.audited("integration.change", subject(&after), fields);
    let view = IntegrationView::of(&after, used, &room.directory());
    match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => Err(room.changed_meanwhile(&call.caller, id).await),
        answer => answer,
    }
}

/// Gives an integration another key, answered this once; the one before opens nothing from now on.
#[utoipa::path(tag = "integrations", operation_id = "renew_integration_key", params(("id" = String, Path)),
    responses((status = 200, body = IntegrationKey)))]
#[post("/api/v1/integrations/{id}/key")]
pub async fn renew_key(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    let (before, used) = room.found(&call.caller, &id).await?;
    let now = room.ids.clock().now();
    let (key, key_hash) = room.new_key();
    let after = Integration { version: before.version + 1, key_hash, key_made_at: now, ..before };
    let mut change = call.change(now);
    change.write(room.integrations.write(&after));
    change.audited("integration.renew_key", subject(&after), json!({}));
    with_key(&commits, change, 200, IntegrationView::of(&after, used, &room.directory()), key).await
}

async fn with_key(
    commits: &CommitsData,
    change: Change,
    status: u16,
    integration: IntegrationView,
    key: String,
) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_string(&IntegrationKey { integration, key }).map_err(|_| ApiError::Internal)?;
    let committed = commits.commit_plain(change).await?;
    let mut answer = answered(status, body, committed.seq);
    answer
        .headers_mut()
        .insert(actix_web::http::header::CACHE_CONTROL, actix_web::http::header::HeaderValue::from_static("no-store"));
    Ok(answer)
}

fn subject(integration: &Integration) -> Subject {
    Subject::new("integration", integration.id)
}

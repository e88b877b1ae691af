//! Keeping 政策信息 (inventory GRID-21): for administrators and leaders of grids, each in the own subtree.

use actix_web::{delete, get, patch, post, web};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{GridId, PolicyId};
use lianxin_domain::policy::{Policy, PolicyText};
use lianxin_domain::problem::Refusal;
use lianxin_storage::policies::{Policies, PolicyFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::life_meetings::{is_overtaken, once};
use super::service_room::{ServiceRoom, Services, search_words};
use super::ticket_actions::{Answered, Nothing};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::Page;
use crate::query::Query;
use crate::views::service::{PolicyLine, PolicyView};

/// Which articles to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PolicyQuery {
    /// Only of this grid and below.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// Words in title or text.
    q: Option<String>,
    /// Only those that residents see, or do not.
    enabled: Option<bool>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of articles.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyPage {
    items: Vec<PolicyLine>,
    next_cursor: Option<String>,
}

/// Lists the articles of the grids that the caller answers for, the latest first.
#[utoipa::path(tag = "services", operation_id = "list_policies", params(PolicyQuery),
    responses((status = 200, body = PolicyPage)))]
#[get("/api/v1/policies")]
pub async fn list(
    who: Authenticated,
    query: Query<PolicyQuery>,
    room: Services,
) -> Result<web::Json<PolicyPage>, ApiError> {
    let page = Page::<PolicyId>::of(query.limit, query.cursor.as_deref())?;
    let text = search_words(query.q.as_deref())?;
    let filter = PolicyFilter { below: room.place(query.grid_id)?, text, enabled: query.enabled };
    let mut found = room.policies.list(&who.caller().scope(), &filter, page.before, page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.text.published_at, last.id));
    let directory = room.directory();
    let items = found.iter().map(|policy| PolicyLine::of(policy, &directory)).collect();
    Ok(web::Json(PolicyPage { items, next_cursor }))
}

impl ServiceRoom {
    /// The article of a path, if the caller answers for its grid.
    async fn policy(&self, caller: &Caller, id: &str) -> Result<Policy, ApiError> {
        let id: PolicyId = id.parse().map_err(|_| no_policy())?;
        self.policies.get(&caller.scope(), id).await?.ok_or_else(no_policy)
    }

    /// That somebody else changed it meanwhile, with what it says now.
    async fn policy_changed(&self, caller: &Caller, id: &str) -> ApiError {
        let now = match self.policy(caller, id).await {
            Ok(now) => now,
            Err(error) => return error,
        };
        let refusal = Refusal::conflict("policy.changed", "这条政策刚刚被其他人修改，请先查看最新内容");
        refusal.with("current", json!(PolicyView::of(&now, &self.directory()))).into()
    }
}

/// Reads an article, enabled or not.
#[utoipa::path(tag = "services", operation_id = "get_policy", params(("id" = String, Path)),
    responses((status = 200, body = PolicyView)))]
#[get("/api/v1/policies/{id}")]
pub async fn get(who: Authenticated, id: web::Path<String>, room: Services) -> Result<web::Json<PolicyView>, ApiError> {
    let policy = room.policy(who.caller(), &id).await?;
    Ok(web::Json(PolicyView::of(&policy, &room.directory())))
}

/// A new article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicyInput {
    /// Whose residents, with those of all grids below, are to read it.
    #[schema(value_type = String)]
    grid_id: GridId,
    /// 1 to 100 characters.
    title: String,
    /// 1 to 10,000 characters of plain text; lines are paragraphs.
    body: String,
    /// Whether residents see it at once; default: yes.
    #[serde(default)]
    enabled: Option<bool>,
    /// Which date it bears; default: now.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    published_at: Option<Timestamp>,
}

/// Adds an article.
#[utoipa::path(tag = "services", operation_id = "create_policy", request_body = NewPolicyInput,
    responses((status = 201, body = PolicyView)))]
#[post("/api/v1/policies")]
pub async fn create(call: Call<NewPolicyInput>, room: Services, commits: CommitsData) -> Answered {
    let (input, now) = (&call.body, room.now());
    let grid = room.publishing_grid(&call.caller, input.grid_id)?;
    let text = PolicyText::check(&input.title, &input.body, input.published_at.unwrap_or(now), now)?;
    let policy = Policy {
        id: room.ids.next(),
        version: 1,
        grid_id: grid.grid.id,
        grid_path: grid.grid.path.clone(),
        text,
        enabled: input.enabled.unwrap_or(true),
        updated_at: now,
    };
    let mut change = call.change(now);
    change.write(Policies::write(&policy));
    let fields = json!({ "title": [null, policy.text.title], "enabled": [null, policy.enabled] });
    change.audited("policy.create", subject(&policy), fields);
    let view = PolicyView::of(&policy, &room.directory());
    commits.commit(&call.idempotency, change, 201, &view, || ApiError::Internal).await
}

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChanges {
    /// The version that was read.
    version: u32,
    /// 1 to 100 characters.
    #[serde(default)]
    title: Option<String>,
    /// 1 to 10,000 characters of plain text; lines are paragraphs.
    #[serde(default)]
    body: Option<String>,
    /// Whether residents see it.
    #[serde(default)]
    enabled: Option<bool>,
    /// Which date it bears.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    published_at: Option<Timestamp>,
}

/// Changes an article, or switches it on or off (启用, 禁用). When it was changed meanwhile, 409 `policy.changed` with what it
/// says now as `current`.
#[utoipa::path(tag = "services", operation_id = "change_policy", params(("id" = String, Path)),
    request_body = PolicyChanges, responses((status = 200, body = PolicyView)))]
#[patch("/api/v1/policies/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<PolicyChanges>, room: Services, commits: CommitsData) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &commits)).await
}

async fn changed(id: &str, call: &Call<PolicyChanges>, room: &ServiceRoom, commits: &CommitsData) -> Answered {
    let before = room.policy(&call.caller, id).await?;
    let (input, now) = (&call.body, room.now());
    if input.version != before.version {
        return Err(room.policy_changed(&call.caller, id).await);
    }
    let text = PolicyText::check(
        input.title.as_deref().unwrap_or(&before.text.title),
        input.body.as_deref().unwrap_or(&before.text.body),
        input.published_at.unwrap_or(before.text.published_at),
        now,
    )?;
    let enabled = input.enabled.unwrap_or(before.enabled);
    let after = Policy { version: before.version + 1, text, enabled, updated_at: now, ..before.clone() };
    let mut change = call.change(now);
    change.write(Policies::write(&after));
    let length = |policy: &Policy| policy.text.body.chars().count();
    let fields = json!({
        "title": [before.text.title, after.text.title],
        "enabled": [before.enabled, after.enabled],
        "published_at": [before.text.published_at, after.text.published_at],
        "body_characters": [length(&before), length(&after)],
    });
    change.audited("policy.change", subject(&after), fields);
    let view = PolicyView::of(&after, &room.directory());
    match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => Err(room.policy_changed(&call.caller, id).await),
        answer => answer,
    }
}

/// Deletes an article.
#[utoipa::path(tag = "services", operation_id = "delete_policy", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/policies/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, room: Services, commits: CommitsData) -> Answered {
    once(&call, &commits, removed(&id, &call, &room, &commits)).await
}

async fn removed(id: &str, call: &Call<Nothing>, room: &ServiceRoom, commits: &CommitsData) -> Answered {
    let policy = room.policy(&call.caller, id).await?;
    let mut change = call.change(room.now());
    change.writes.extend(Policies::remove(&policy));
    change.audited("policy.delete", subject(&policy), json!({ "title": [policy.text.title, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

fn subject(policy: &Policy) -> Subject {
    Subject::new("policy", policy.id)
}

pub(super) fn no_policy() -> ApiError {
    Refusal::not_found("policy.not_found", "没有找到这条政策信息").into()
}

//! What a grid offers to whoever scanned its code, without signing in: 政策信息 and 红色服务. Only what is enabled, of this grid
//! and of those above it.

use actix_web::{get, web};
use lianxin_domain::ids::PolicyId;
use serde::Serialize;
use utoipa::ToSchema;

use super::entry::scanned;
use super::policies::no_policy;
use super::service_room::Services;
use crate::error::ApiError;
use crate::views::service::{EntryLink, EntryPolicy, EntryPolicyLine};

/// More than anybody scrolls through on a phone.
const MOST: u32 = 100;

/// What a grid offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryServices {
    /// The latest first, at most 100.
    policies: Vec<EntryPolicyLine>,
    /// In their order, at most 100.
    links: Vec<EntryLink>,
}

/// Lists the articles and links that residents of a scanned grid are offered.
#[utoipa::path(tag = "entry", operation_id = "entry_services", params(("code" = String, Path)),
    responses((status = 200, body = EntryServices)))]
#[get("/api/v1/entry/{code}/services")]
pub async fn list(code: web::Path<String>, room: Services) -> Result<web::Json<EntryServices>, ApiError> {
    let entry = scanned(room.directories.scan(&code))?;
    let (place, directory) = (&entry.grid.path, room.directory());
    let policies = room.policies.all_shown(place, MOST).await?;
    let links = room.links.all_shown(place, MOST).await?;
    Ok(web::Json(EntryServices {
        policies: policies.iter().map(|policy| EntryPolicyLine::of(policy, &directory)).collect(),
        links: links.into_iter().map(EntryLink::from).collect(),
    }))
}

/// Reads an article that residents of a scanned grid are offered.
#[utoipa::path(tag = "entry", operation_id = "entry_policy", params(("code" = String, Path), ("policy_id" = String, Path)),
    responses((status = 200, body = EntryPolicy)))]
#[get("/api/v1/entry/{code}/policies/{policy_id}")]
pub async fn read(path: web::Path<(String, String)>, room: Services) -> Result<web::Json<EntryPolicy>, ApiError> {
    let entry = scanned(room.directories.scan(&path.0))?;
    let id: PolicyId = path.1.parse().map_err(|_| no_policy())?;
    let policy = room.policies.shown(&entry.grid.path, id).await?.ok_or_else(no_policy)?;
    Ok(web::Json(EntryPolicy::of(&policy, &room.directory())))
}

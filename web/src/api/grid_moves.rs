//! Moving a grid, with all below it, under another one of the same level as the grid above it now.
//!
//! What was asked of a grid stands in the log by the place that the grid had then: boards of the past and the figures of
//! the day are counted by it. So only a grid moves that nothing was ever asked of; another is stopped and made anew.

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_actors::follower::Listener as _;
use lianxin_actors::grid::GridActors;
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Grid, GridStatus, LEVELS, level_title};
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{Accounts, RoleGrant};
use lianxin_storage::change::Change;
use lianxin_storage::grids::Grids;
use lianxin_storage::integrations::Integrations;
use lianxin_storage::policies::Policies;
use lianxin_storage::service_links::ServiceLinks;
use lianxin_storage::service_records::ServiceRecords;
use lianxin_storage::tickets::Tickets;
use lianxin_storage::webhooks::Webhooks;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::auth::ClockData;
use super::grid_admin::{administered, as_grid_changed, grid_changed, newest, redrawn};
use super::grids::found;
use super::tickets::one_field;
use crate::auth::Callers;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// Where a grid goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveGridInput {
    /// The grid above it from then on, of the same level as the one above it now.
    #[schema(value_type = String)]
    parent_id: GridId,
    /// The version that was read.
    version: u32,
}

/// Moves a grid with all below it under another one. Levels stay; whoever serves there goes with it. Refused with
/// `grid.has_tickets` when anything was ever asked of it or of a grid below.
#[utoipa::path(tag = "grids", operation_id = "move_grid", params(("id" = String, Path)), request_body = MoveGridInput,
    responses((status = 204)))]
#[post("/api/v1/grids/{id}/move")]
pub async fn move_under(
    id: web::Path<String>,
    call: Call<MoveGridInput>,
    directories: web::Data<Directories>,
    (accounts, tickets): (web::Data<Accounts>, web::Data<Tickets>),
    (callers, actors): (web::Data<Callers>, web::Data<GridActors>),
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let directory = newest(&directories, &id, call.body.version).await?;
    let entry = administered(found(&directory, &id).ok(), &call.caller)?;
    let parent = new_parent(entry, &directory, &call)?;
    if entry.grid.version != call.body.version {
        return Err(grid_changed());
    }
    if tickets.any_below(&entry.grid.path).await? {
        let words = "该网格已有诉求，不能整体移动；请停用后新建";
        return Err(Refusal::rule("grid.has_tickets", words).into());
    }
    let grants = accounts.grants_below(&entry.grid.path.tenant()).await?;
    let moving = Moving { directory: &directory, entry, parent, to: free_place(parent, &directory), grants: &grants };
    let concerned = moving.concerned();
    let mut change = call.change(clock.now());
    moving.relocate(&mut change);
    moving.tell(&mut change, &concerned);
    let taken = || one_field("parent_id", "grid.collision", "同时有人在那里新建网格，请重试");
    let answer = commits.commit(&call.idempotency, change, 204, &(), taken).await;
    concerned.into_iter().for_each(|account_id| callers.account_changed(account_id));
    let answer = redrawn(answer.map_err(as_grid_changed), &directories).await;
    actors.follow_directory();
    answer
}

/// The grid that `entry` is to lie under, if it may.
fn new_parent<'a>(
    entry: &GridEntry,
    directory: &'a Directory,
    call: &Call<MoveGridInput>,
) -> Result<&'a Arc<GridEntry>, ApiError> {
    let wrong = |code, words: &str| one_field("parent_id", code, words);
    let Some(old) = entry.parent_id.and_then(|id| directory.get(id)) else {
        return Err(Refusal::rule("grid.is_root", "最上级网格不能移动").into());
    };
    require_administrator(&call.caller, old)?;
    let missing = || wrong("grid.not_found", "没有找到这个网格");
    let parent = directory.get(call.body.parent_id).ok_or_else(missing)?;
    require_administrator(&call.caller, parent)?;
    let (path, level) = (&parent.grid.path, entry.grid.path.level());
    if parent.grid.id == old.grid.id {
        Err(wrong("grid.same_parent", "已经在这个上级网格下面"))
    } else if entry.grid.path.contains(path) {
        Err(wrong("grid.under_itself", "不能移动到自己或自己的下级网格下面"))
    } else if path.level() + 1 != level || level > LEVELS {
        let words = format!("{}只能移动到另一个{}网格下面", level_title(level), level_title(level - 1));
        Err(wrong("grid.wrong_level", &words))
    } else if parent.grid.status == GridStatus::Disabled {
        Err(wrong("grid.parent_disabled", "这个上级网格已停用"))
    } else {
        Ok(parent)
    }
}

fn require_administrator(caller: &Caller, entry: &GridEntry) -> Result<(), ApiError> {
    if caller.administers(&entry.grid.path) {
        Ok(())
    } else {
        let words = "移出和移入的上级网格都由您管理时才能移动";
        Err(Refusal::forbidden("grid.not_permitted", words).into())
    }
}

/// The next place below `parent`.
fn free_place(parent: &GridEntry, directory: &Directory) -> TreePath {
    let numbers = parent.children.iter().filter_map(|id| directory.get(*id)).map(|child| child.grid.path.number());
    parent.grid.path.child(numbers.max().map_or(1, |last| last + 1))
}

/// A move that may be.
struct Moving<'a> {
    directory: &'a Directory,
    entry: &'a GridEntry,
    parent: &'a GridEntry,
    /// The place that the grid gets.
    to: TreePath,
    /// Roles over grids of the tenant.
    grants: &'a [RoleGrant],
}

impl Moving<'_> {
    /// Adds that the grid and all below, and what is kept by their place, go to the new one.
    fn relocate(&self, change: &mut Change) {
        let (from, to) = (&self.entry.grid.path, &self.to);
        change.write(Grids::require(&self.parent.grid));
        for grid in self.directory.all().map(|entry| &entry.grid) {
            if let Some(path) = grid.path.moved(from, to) {
                change.write(Grids::update(grid.version, &Grid { version: grid.version + 1, path, ..grid.clone() }));
            }
        }
        for grant in self.grants {
            if let Some(path) = grant.grid_path.moved(from, to) {
                change.write(Accounts::revoke(grant)).write(Accounts::grant(grant.account_id, &grant.role, &path));
            }
        }
        change.write(Policies::relocate(from, to));
        change.write(ServiceLinks::relocate(from, to));
        change.write(ServiceRecords::relocate(from, to));
        change.write(Integrations::relocate(from, to));
        change.write(Webhooks::relocate(from, to));
    }

    /// Whose rights reach something else than before: those who serve or administer the moved grids, and those above them,
    /// on the old way up and on the new one.
    fn concerned(&self) -> Vec<AccountId> {
        let (from, to) = (&self.entry.grid.path, &self.parent.grid.path);
        let reaches = |path: &TreePath| from.contains(path) || path.contains(from) || path.contains(to);
        let serving = self.directory.all().filter(|entry| reaches(&entry.grid.path));
        let serving = serving.flat_map(|entry| entry.staff.iter().map(|member| member.account_id));
        let granted = self.grants.iter().filter(|grant| reaches(&grant.grid_path)).map(|grant| grant.account_id);
        let mut all: Vec<AccountId> = serving.chain(granted).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Adds what others hear of it, and what the audit trail keeps.
    fn tell(&self, change: &mut Change, concerned: &[AccountId]) {
        let (moved, parent_id) = (&self.entry.grid, self.parent.grid.id);
        for account_id in concerned {
            let subject = Subject::new("account", *account_id);
            change.event("account.rights_changed", subject, json!({ "grid_id": moved.id }));
        }
        let subject = Subject::new("grid", moved.id);
        let facts = json!({ "from": moved.path, "to": self.to, "parent_id": parent_id });
        change.event("grid.moved", subject.clone(), facts).grid_path = Some(self.to.clone());
        change.audited("grid.move", subject, json!({ "parent_id": [self.entry.parent_id, parent_id] }));
    }
}

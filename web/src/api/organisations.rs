//! Reading organisations: the tree, lists, one organisation, who has a role there.

use std::sync::Arc;

use actix_web::{get, web};
use lianxin_actors::directory::{Directories, OrganisationEntry, OrganisationTree};
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::ids::{IdSource, OrganisationId};
use lianxin_domain::organisation::{LEVELS, OrganisationKind, OrganisationStatus};
use lianxin_domain::problem::Refusal;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::Members;
use lianxin_storage::organisations::Organisations;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Authenticated, Callers};
use crate::call::CommitsData;
use crate::error::ApiError;
use crate::page::{DEFAULT_PAGE, MAX_PAGE, refused};
use crate::query::Query;
use crate::views::organisation::{OrganisationDetail, OrganisationNode, OrganisationRoleView};

/// What calls of organisations and members need.
#[derive(Clone)]
pub struct PartyDesk {
    /// Accounts.
    pub accounts: Accounts,
    /// Organisations.
    pub organisations: Organisations,
    /// Members.
    pub members: Members,
    /// Meetings.
    pub meetings: Meetings,
    /// The picture of all organisations.
    pub directories: Directories,
    /// New ids and time.
    pub ids: IdSource,
    /// Who is remembered.
    pub callers: web::Data<Callers>,
    /// The way to write.
    pub commits: CommitsData,
    /// Workbooks at a time.
    pub sheets: Arc<Semaphore>,
}

impl PartyDesk {
    /// How many workbooks are read or written at a time: each takes some 100 MB at most.
    pub fn sheets_at_a_time() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(2))
    }
}

pub(super) type Desk = web::Data<PartyDesk>;

/// Which part of the tree.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrganisationTreeQuery {
    /// Where it begins; default: the highest organisation that the caller sees.
    #[param(value_type = Option<String>)]
    root: Option<OrganisationId>,
    /// Levels below the root; default all.
    depth: Option<u8>,
}

/// Reads the tree of organisations, as far as the caller sees it.
#[utoipa::path(tag = "organisations", operation_id = "organisation_tree", params(OrganisationTreeQuery),
    responses((status = 200, body = OrganisationNode)))]
#[get("/api/v1/organisations/tree")]
pub async fn tree(
    who: Authenticated,
    query: Query<OrganisationTreeQuery>,
    desk: Desk,
) -> Result<web::Json<OrganisationNode>, ApiError> {
    let directory = desk.directories.current();
    let (organisations, caller, scope) = (directory.organisations(), who.caller(), who.caller().scope());
    let entry = match query.root {
        Some(root) => seen(organisations, &scope, Some(root))?,
        None => highest(organisations, &scope).ok_or_else(no_organisation)?,
    };
    let depth = query.depth.unwrap_or(LEVELS).min(LEVELS);
    let census = desk.members.census(&[(entry.organisation.path.clone(), true)]).await?;
    Ok(web::Json(OrganisationNode::with_children(entry, organisations, (caller, &scope), &census, depth)))
}

/// Which organisations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrganisationQuery {
    /// Only this one and those below.
    #[param(value_type = Option<String>)]
    below: Option<OrganisationId>,
    /// A part of the name or the short name.
    q: Option<String>,
    /// `party_committee`, `general_branch`, `branch`, `joint_branch`, `temporary_branch` or `group`.
    #[param(value_type = Option<String>)]
    kind: Option<OrganisationKind>,
    /// `active` or `disabled`; default both.
    #[param(value_type = Option<String>)]
    status: Option<OrganisationStatus>,
    /// From 1.
    page: Option<u32>,
    /// 1 to 200.
    size: Option<u32>,
}

impl OrganisationQuery {
    /// All that the caller sees, of the subtree if there is one.
    pub(super) const fn below(below: Option<OrganisationId>) -> Self {
        Self { below, q: None, kind: None, status: None, page: None, size: None }
    }

    /// What the caller sees and the query asks for, parents before children.
    pub(super) fn find<'t>(
        &self,
        organisations: &'t OrganisationTree,
        scope: &Scope,
    ) -> Result<Vec<&'t Arc<OrganisationEntry>>, ApiError> {
        let mut found = match self.below {
            Some(id) => organisations.subtree(&seen(organisations, scope, Some(id))?.organisation.path),
            None => {
                let mut all: Vec<_> = organisations.all().collect();
                all.sort_by(|a, b| a.organisation.path.cmp(&b.organisation.path));
                all
            }
        };
        let words = self.q.as_deref().unwrap_or_default().trim().to_lowercase();
        found.retain(|entry| {
            let organisation = &entry.organisation;
            scope.sees_organisation(&organisation.path)
                && self.kind.is_none_or(|kind| kind == organisation.kind)
                && self.status.is_none_or(|status| status == organisation.status)
                && [&organisation.name, &organisation.short_name]
                    .iter()
                    .any(|name| name.to_lowercase().contains(&words))
        });
        Ok(found)
    }
}

/// A page of organisations.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationPage {
    items: Vec<OrganisationNode>,
    /// On all pages.
    total: u64,
    page: u32,
    size: u32,
}

/// Lists organisations that the caller sees, parents before children.
#[utoipa::path(tag = "organisations", operation_id = "list_organisations", params(OrganisationQuery),
    responses((status = 200, body = OrganisationPage)))]
#[get("/api/v1/organisations")]
pub async fn list(
    who: Authenticated,
    query: Query<OrganisationQuery>,
    desk: Desk,
) -> Result<web::Json<OrganisationPage>, ApiError> {
    let (page, size) = page_of(query.page, query.size)?;
    let directory = desk.directories.current();
    let found = query.find(directory.organisations(), &who.caller().scope())?;
    let from = (page - 1) as usize * size as usize;
    let shown: Vec<_> = found.iter().skip(from).take(size as usize).collect();
    let places: Vec<_> = shown.iter().map(|entry| (entry.organisation.path.clone(), true)).collect();
    let census = desk.members.census(&places).await?;
    let items = shown.into_iter().map(|entry| OrganisationNode::of(entry, who.caller(), &census)).collect();
    Ok(web::Json(OrganisationPage { items, total: found.len() as u64, page, size }))
}

/// Reads an organisation with its numbers.
#[utoipa::path(tag = "organisations", operation_id = "get_organisation", params(("id" = String, Path)),
    responses((status = 200, body = OrganisationDetail)))]
#[get("/api/v1/organisations/{id}")]
pub async fn get(
    who: Authenticated,
    id: web::Path<String>,
    desk: Desk,
) -> Result<web::Json<OrganisationDetail>, ApiError> {
    let directory = desk.directories.current();
    let organisations = directory.organisations();
    let entry = seen(organisations, &who.caller().scope(), id.parse().ok())?;
    let counts = desk.members.counts(&entry.organisation.path).await?;
    let census = desk.members.census(&[(entry.organisation.path.clone(), true)]).await?;
    Ok(web::Json(OrganisationDetail::of(entry, organisations, who.caller(), &census, counts)))
}

/// Those with a role.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationRoles {
    items: Vec<OrganisationRoleView>,
}

/// Lists who has a role in an organisation; for those who may look at everything of it.
#[utoipa::path(tag = "organisations", operation_id = "list_organisation_roles", params(("id" = String, Path)),
    responses((status = 200, body = OrganisationRoles)))]
#[get("/api/v1/organisations/{id}/roles")]
pub async fn roles(
    who: Authenticated,
    id: web::Path<String>,
    desk: Desk,
) -> Result<web::Json<OrganisationRoles>, ApiError> {
    let directory = desk.directories.current();
    let entry = seen(directory.organisations(), &who.caller().scope(), id.parse().ok())?;
    if !who.caller().supervises_organisation(&entry.organisation.path) {
        return Err(not_permitted("只有管理员可以查看角色"));
    }
    let mut items = Vec::new();
    for grant in desk.organisations.roles(&[entry.organisation.id]).await? {
        let account = desk.accounts.get(grant.account_id).await?;
        items.push(OrganisationRoleView {
            account_id: grant.account_id,
            name: account.map(|account| account.name).unwrap_or_default(),
            role: grant.role.as_str().to_owned(),
            role_title: grant.role.title().to_owned(),
        });
    }
    Ok(web::Json(OrganisationRoles { items }))
}

/// The page from 1 and its size.
pub(super) fn page_of(page: Option<u32>, size: Option<u32>) -> Result<(u32, u32), ApiError> {
    let (page, size) = (page.unwrap_or(1), size.unwrap_or(DEFAULT_PAGE));
    if page == 0 {
        return Err(refused("page", "page 从 1 开始"));
    }
    if !(1..=MAX_PAGE).contains(&size) {
        return Err(refused("size", "size 应为 1 到 200"));
    }
    Ok((page, size))
}

/// The highest organisation in scope.
fn highest<'t>(organisations: &'t OrganisationTree, scope: &Scope) -> Option<&'t Arc<OrganisationEntry>> {
    let reaches = scope.organisation_reaches().iter();
    reaches.filter_map(|reach| organisations.at(&reach.path)).min_by_key(|entry| entry.organisation.path.level())
}

/// The organisation with this id, if it is in scope.
pub(super) fn seen<'t>(
    organisations: &'t OrganisationTree,
    scope: &Scope,
    id: Option<OrganisationId>,
) -> Result<&'t Arc<OrganisationEntry>, ApiError> {
    let entry = id.and_then(|id| organisations.get(id));
    let seen = entry.filter(|entry| scope.sees_organisation(&entry.organisation.path));
    seen.ok_or_else(|| no_organisation().into())
}

/// The organisation with this id, if the caller administers it; not found for whoever does not even see it.
pub(super) fn administered<'t>(
    organisations: &'t OrganisationTree,
    caller: &Caller,
    id: Option<OrganisationId>,
) -> Result<&'t Arc<OrganisationEntry>, ApiError> {
    let entry = seen(organisations, &caller.scope(), id)?;
    if caller.administers_organisation(&entry.organisation.path) {
        Ok(entry)
    } else {
        Err(not_permitted("只有管理员可以修改组织"))
    }
}

pub(super) fn not_permitted(words: &str) -> ApiError {
    Refusal::forbidden("organisation.not_permitted", words).into()
}

pub(super) fn no_organisation() -> Refusal {
    Refusal::not_found("organisation.not_found", "没有找到这个组织")
}

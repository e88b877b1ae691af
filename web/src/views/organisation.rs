//! Organisations as clients see them.

use chrono::NaiveDate;
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::ids::{AccountId, MemberId, OrganisationId};
use lianxin_domain::organisation::Warning;
use lianxin_storage::members::{Census, MemberCounts, OrganisationLeader};
use serde::Serialize;
use utoipa::ToSchema;

use super::grid::OrganisationRef;

/// Somebody who leads an organisation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeaderView {
    /// In the roster.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// The name.
    pub name: String,
    /// `secretary` or `deputy_secretary`.
    pub position: String,
    /// 书记 or 副书记.
    pub position_title: String,
}

impl From<&OrganisationLeader> for LeaderView {
    fn from(leader: &OrganisationLeader) -> Self {
        Self {
            member_id: leader.member_id,
            name: leader.name.clone(),
            position: leader.position.as_str().to_owned(),
            position_title: leader.position.title().to_owned(),
        }
    }
}

/// An organisation of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationNode {
    /// Its id.
    #[schema(value_type = String)]
    pub id: OrganisationId,
    /// 全称
    pub name: String,
    /// 简称; may be empty.
    pub short_name: String,
    /// `party_committee`, `general_branch`, `branch`, `joint_branch`, `temporary_branch` or `group`.
    pub kind: String,
    /// 党委, 党总支 …
    pub kind_title: String,
    /// 1 for the root.
    pub level: u8,
    /// The one above.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<OrganisationId>,
    /// Place among its siblings.
    pub order: i32,
    /// `active` or `disabled`.
    pub status: String,
    /// The last day of a temporary branch.
    #[schema(value_type = Option<String>)]
    pub ends_on: Option<NaiveDate>,
    /// The day on which it was founded, where it was stated.
    #[schema(value_type = Option<String>)]
    pub founded_on: Option<NaiveDate>,
    /// Secretary and deputies.
    pub leaders: Vec<LeaderView>,
    /// On its own roster.
    pub own_members: u64,
    /// On its roster and on those below.
    pub members: u64,
    /// The caller may change it, what lies below, and who has a role there.
    pub may_administer: bool,
    /// The caller may change its members and meetings.
    pub may_manage: bool,
    /// Those directly below that the caller sees, as deep as was asked for.
    #[schema(no_recursion)]
    pub children: Vec<OrganisationNode>,
}

impl OrganisationNode {
    /// The node of an organisation, without children; `census` has counted its subtree.
    pub fn of(entry: &OrganisationEntry, caller: &Caller, census: &Census) -> Self {
        let organisation = &entry.organisation;
        Self {
            id: organisation.id,
            name: organisation.name.clone(),
            short_name: organisation.short_name.clone(),
            kind: organisation.kind.as_str().to_owned(),
            kind_title: organisation.kind.title().to_owned(),
            level: organisation.path.level(),
            parent_id: entry.parent_id,
            order: organisation.sort_order,
            status: organisation.status.as_str().to_owned(),
            ends_on: organisation.ends_on,
            founded_on: organisation.founded_on,
            leaders: entry.leaders.iter().map(LeaderView::from).collect(),
            own_members: census.own(&organisation.path),
            members: census.subtree(&organisation.path),
            may_administer: caller.administers_organisation(&organisation.path),
            may_manage: caller.manages_organisation(&organisation.path),
            children: Vec::new(),
        }
    }

    /// The node with what the caller sees of `depth` levels below it.
    pub fn with_children(
        entry: &OrganisationEntry,
        tree: &OrganisationTree,
        (caller, scope): (&Caller, &Scope),
        census: &Census,
        depth: u8,
    ) -> Self {
        let mut node = Self::of(entry, caller, census);
        if depth > 0 {
            let below = entry.children.iter().filter_map(|id| tree.get(*id));
            let seen = below.filter(|child| scope.sees_organisation(&child.organisation.path));
            let below = |child| Self::with_children(child, tree, (caller, scope), census, depth - 1);
            node.children = seen.map(|child| below(child)).collect();
        }
        node
    }
}

/// Something unusual that is told and not refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// Stable.
    pub code: String,
    /// Chinese, for people.
    pub message: String,
}

impl From<Warning> for WarningView {
    fn from(warning: Warning) -> Self {
        Self { code: warning.code.to_owned(), message: warning.message }
    }
}

/// An organisation with its numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationDetail {
    /// The organisation, without children.
    #[serde(flatten)]
    pub node: OrganisationNode,
    /// Those above, from the root down.
    pub ancestors: Vec<OrganisationRef>,
    /// Full ones of its members and of those below.
    pub full_members: u64,
    /// What is unusual about that.
    pub warnings: Vec<WarningView>,
}

impl OrganisationDetail {
    /// An organisation with the members that its subtree has.
    pub fn of(
        entry: &OrganisationEntry,
        tree: &OrganisationTree,
        caller: &Caller,
        census: &Census,
        counts: MemberCounts,
    ) -> Self {
        let kind = entry.organisation.kind;
        let warnings = lianxin_domain::organisation::warnings(kind, counts.members, counts.full);
        let above = tree.above(entry).into_iter();
        Self {
            node: OrganisationNode::of(entry, caller, census),
            ancestors: above.map(|entry| OrganisationRef::from(&**entry)).collect(),
            full_members: counts.full,
            warnings: warnings.into_iter().map(WarningView::from).collect(),
        }
    }
}

/// Somebody's role in an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationRoleView {
    /// The account.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// The name.
    pub name: String,
    /// `administrator` or `supervisor`.
    pub role: String,
    /// 管理员 or 督导员.
    pub role_title: String,
}

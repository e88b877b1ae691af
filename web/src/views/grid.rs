//! Grids as clients see them.

use lianxin_actors::directory::{Directory, GridEntry, OrganisationEntry, StaffMember};
use lianxin_domain::geo::Area;
use lianxin_domain::grid::{Counters, level_title};
use lianxin_domain::ids::{AccountId, GridId, OrganisationId};
use serde::Serialize;
use utoipa::ToSchema;

/// A grid in passing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GridRef {
    /// Its id.
    #[schema(value_type = String)]
    pub id: GridId,
    /// Its own name.
    pub name: String,
    /// Its name with those above.
    pub full_name: String,
    /// 1 (county) to 5.
    pub level: u8,
}

impl From<&GridEntry> for GridRef {
    fn from(entry: &GridEntry) -> Self {
        Self {
            id: entry.grid.id,
            name: entry.grid.name.clone(),
            full_name: entry.full_name.clone(),
            level: entry.grid.path.level(),
        }
    }
}

/// Counters of a subtree: tickets now in each state; open ones past their limit; returns so far.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CountersView {
    /// Waiting for somebody.
    pub submitted: i64,
    /// Being worked on.
    pub accepted: i64,
    /// Waiting for a rating.
    pub completed: i64,
    /// Rated.
    pub rated: i64,
    /// Open and past the limit.
    pub overdue: i64,
    /// Returns so far.
    pub returned: i64,
}

impl From<Counters> for CountersView {
    fn from(counters: Counters) -> Self {
        let Counters { submitted, accepted, completed, rated, overdue, returned } = counters;
        Self { submitted, accepted, completed, rated, overdue, returned }
    }
}

/// A point in WGS84 degrees.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct LngLatView {
    /// East.
    pub lng: f64,
    /// North.
    pub lat: f64,
}

/// An organisation in passing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganisationRef {
    /// Its id.
    #[schema(value_type = String)]
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
}

impl From<&OrganisationEntry> for OrganisationRef {
    fn from(entry: &OrganisationEntry) -> Self {
        Self { id: entry.organisation.id, name: entry.organisation.name.clone() }
    }
}

/// Somebody who serves a grid; the number is masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StaffView {
    /// The account.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// The name.
    pub name: String,
    /// `leader`, `deputy` or `worker`.
    pub duty: String,
    /// 网格长, 副网格长 or 网格员.
    pub duty_title: String,
    /// `138****1234`.
    pub phone: Option<String>,
}

impl From<&StaffMember> for StaffView {
    fn from(member: &StaffMember) -> Self {
        Self {
            account_id: member.account_id,
            name: member.name.clone(),
            duty: member.duty.as_str().to_owned(),
            duty_title: member.duty.title().to_owned(),
            phone: member.phone.as_ref().map(lianxin_domain::phone::Phone::masked),
        }
    }
}

/// A grid of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridNode {
    /// Its id.
    #[schema(value_type = String)]
    pub id: GridId,
    /// Grows with every change; whoever changes it names the one that was read.
    pub version: u32,
    /// Its living QR code.
    pub code: String,
    /// Its administrative number.
    pub number: String,
    /// Its own name.
    pub name: String,
    /// Its name with those above.
    pub full_name: String,
    /// 1 (county) to 5.
    pub level: u8,
    /// What people call the level.
    pub level_title: String,
    /// The grid above.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<GridId>,
    /// Place among its siblings.
    pub order: i32,
    /// `active` or `disabled`.
    pub status: String,
    /// The linked organisation.
    pub organisation: Option<OrganisationRef>,
    /// A point to show it at.
    pub center: Option<LngLatView>,
    /// GeoJSON polygon.
    #[schema(value_type = Option<Object>)]
    pub area: Option<Area>,
    /// How many people serve it.
    pub staff_count: usize,
    /// Households that it serves itself.
    pub households: u32,
    /// Those of the grids below it too.
    pub households_in_all: u64,
    /// Nobody leads it.
    pub vacant: bool,
    /// Of the subtree; nothing outside the caller's scope.
    pub counters: Option<CountersView>,
    /// Grids directly below, as deep as was asked for.
    #[schema(no_recursion)]
    pub children: Vec<GridNode>,
}

/// A grid with the people who serve it.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridDetail {
    /// The grid, without children.
    #[serde(flatten)]
    pub node: GridNode,
    /// Those above, from the root down.
    pub ancestors: Vec<GridRef>,
    /// Who serves it, leaders first.
    pub staff: Vec<StaffView>,
}

impl GridNode {
    /// The node of a grid, without children.
    pub fn of(entry: &GridEntry, directory: &Directory, counters: Option<Counters>) -> Self {
        let grid = &entry.grid;
        let level = grid.path.level();
        let organisation = grid
            .organisation_id
            .and_then(|id| directory.organisation(id).map(|name| OrganisationRef { id, name: name.to_owned() }));
        Self {
            id: grid.id,
            version: grid.version,
            code: entry.code.to_string(),
            number: grid.number.clone(),
            name: grid.name.clone(),
            full_name: entry.full_name.clone(),
            level,
            level_title: level_title(level).to_owned(),
            parent_id: entry.parent_id,
            order: grid.sort_order,
            status: grid.status.as_str().to_owned(),
            organisation,
            center: grid.center.map(|point| LngLatView { lng: point.lng(), lat: point.lat() }),
            area: grid.area.clone(),
            staff_count: entry.staff.len(),
            households: grid.households,
            households_in_all: entry.households,
            vacant: entry.leaders().is_empty(),
            counters: counters.map(CountersView::from),
            children: Vec::new(),
        }
    }
}

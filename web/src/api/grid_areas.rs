//! The area of a grid: read from GeoJSON, and looked at among those around it before and while it is saved.

use std::sync::Arc;

use actix_web::{post, web};
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_domain::geo::{Area, Misfit, misfits};
use lianxin_domain::grid::GridStatus;
use lianxin_domain::ids::GridId;
use lianxin_domain::problem::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::grid_admin::administered;
use super::grids::found;
use crate::call::Call;
use crate::error::ApiError;

/// An area that somebody draws.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaCheckInput {
    /// GeoJSON polygon.
    #[schema(value_type = Object)]
    area: Value,
}

/// How an area lies.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaFit {
    /// Its size in square kilometres, holes taken off.
    area_km2: f64,
    /// How it does not fit among those around it. It may be saved all the same.
    warnings: Vec<AreaWarning>,
}

/// One way in which an area does not fit.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaWarning {
    /// `area.overlaps`: a sibling's area; `area.outside_parent`: beyond the border of the grid above.
    code: &'static str,
    /// The other grid.
    #[schema(value_type = String)]
    grid_id: GridId,
    /// Its own name.
    grid_name: String,
    /// Per cent: of the smaller of the two areas; of this area what lies outside.
    share_pct: f64,
    /// In words.
    message: String,
}

impl AreaWarning {
    fn new(misfit: Misfit<&GridEntry>) -> Self {
        let (code, other, share) = match misfit {
            Misfit::Outside { parent, share } => ("area.outside_parent", parent, share),
            Misfit::Overlap { sibling, share } => ("area.overlaps", sibling, share),
        };
        let (name, share_pct) = (&other.grid.name, (share * 1_000.0).round() / 10.0);
        let message = match misfit {
            Misfit::Outside { .. } => format!("有 {share_pct:.1}% 在上级“{name}”的边界之外"),
            Misfit::Overlap { .. } => format!("与“{name}”重叠，占较小一方的 {share_pct:.1}%"),
        };
        Self { code, grid_id: other.grid.id, grid_name: name.clone(), share_pct, message }
    }
}

/// Looks at an area of a grid before it is saved: how large it is, and whether it fits between its siblings and into the
/// grid above (GB/T 34300: no overlap, no crossing of borders). Changes nothing.
#[utoipa::path(tag = "grids", operation_id = "check_grid_area", params(("id" = String, Path)),
    request_body = AreaCheckInput, responses((status = 200, body = AreaFit)))]
#[post("/api/v1/grids/{id}/area/check")]
pub async fn check(
    id: web::Path<String>,
    call: Call<AreaCheckInput>,
    directories: web::Data<Directories>,
) -> Result<web::Json<AreaFit>, ApiError> {
    let directory = directories.current();
    let entry = administered(found(&directory, &id).ok(), &call.caller)?;
    let area = read_area(&call.body.area)?;
    let area_km2 = area.square_km();
    Ok(web::Json(AreaFit { area_km2, warnings: warnings_of(entry, &directory, area).await? }))
}

/// The area of a body's member `area`, if it is named.
pub(super) fn area_of(json: Option<&Value>) -> Result<Option<Area>, ApiError> {
    json.map(read_area).transpose()
}

fn read_area(json: &Value) -> Result<Area, ApiError> {
    Area::from_geojson(json.clone()).map_err(|error| ApiError::Malformed {
        code: "request.malformed",
        detail: error.message(),
        fields: vec![FieldError::new("area", error.code(), error.message())],
    })
}

/// How `area` as that of the grid `entry` does not fit among those around it. Siblings that are out of use do not count:
/// who draws a grid anew draws it over the old one.
pub(super) async fn warnings_of(
    entry: &GridEntry,
    directory: &Directory,
    area: Area,
) -> Result<Vec<AreaWarning>, ApiError> {
    let parent = entry.parent_id.and_then(|id| directory.get(id)).cloned();
    let others = parent.iter().flat_map(|parent| &parent.children).filter(|id| **id != entry.grid.id);
    let siblings: Vec<Arc<GridEntry>> = others
        .filter_map(|id| directory.get(*id))
        .filter(|sibling| sibling.grid.status == GridStatus::Active)
        .cloned()
        .collect();
    // A survey of thousands of points takes a moment to compare, and others wait for this thread.
    let comparing = web::block(move || {
        let border = parent.as_deref().and_then(|parent| Some((parent, parent.grid.area.as_ref()?)));
        let beside = siblings.iter().filter_map(|sibling| Some((&**sibling, sibling.grid.area.as_ref()?)));
        misfits(&area, border, beside).into_iter().map(AreaWarning::new).collect()
    });
    comparing.await.map_err(|_| ApiError::Internal)
}

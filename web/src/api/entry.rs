//! What a scanned QR code shows, without signing in.

use std::sync::Arc;

use actix_web::{get, web};
use lianxin_actors::directory::{Directories, GridEntry, Scanned};
use lianxin_actors::grid::GridActors;
use lianxin_domain::emergency::EMERGENCY_NUMBERS;
use lianxin_domain::ids::GridId;
use lianxin_domain::kinds::{KindSet, TicketKind};
use lianxin_domain::problem::{Refusal, RefusalKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::views::grid::StaffView;
use crate::views::ticket::EmergencyView;

/// A scanned grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryGrid {
    #[schema(value_type = String)]
    id: GridId,
    code: String,
    name: String,
    full_name: String,
    level: u8,
}

/// A kind of request that can be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceView {
    kind: String,
    title: String,
    hint: String,
}

/// What a scanned code shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    grid: EntryGrid,
    staff: Vec<StaffView>,
    services: Vec<ServiceView>,
    emergency: Vec<EmergencyView>,
    /// How long acceptance took today, on average.
    usual_accept_minutes: Option<i64>,
}

/// Reads what a scanned code shows.
#[utoipa::path(tag = "entry", params(("code" = String, Path)), responses((status = 200, body = Entry)))]
#[get("/api/v1/entry/{code}")]
pub async fn scan(
    code: web::Path<String>,
    directories: web::Data<Directories>,
    grids: web::Data<GridActors>,
    kinds: web::Data<KindSet>,
) -> Result<web::Json<Entry>, ApiError> {
    let entry = scanned(directories.scan(&code))?;
    let reading = grids.board(entry.grid.id, false).await;
    let seconds = reading.and_then(|reading| reading.figures.times.accept_avg_s);
    Ok(web::Json(Entry {
        grid: EntryGrid {
            id: entry.grid.id,
            code: entry.code.to_string(),
            name: entry.grid.name.clone(),
            full_name: entry.full_name.clone(),
            level: entry.grid.path.level(),
        },
        staff: entry.staff.iter().map(StaffView::from).collect(),
        services: kinds.iter().map(service).collect(),
        emergency: EMERGENCY_NUMBERS
            .iter()
            .map(|known| EmergencyView { number: known.number.to_string(), title: known.title.to_string() })
            .collect(),
        usual_accept_minutes: seconds.map(|seconds| (seconds + 59) / 60),
    }))
}

fn service(kind: &TicketKind) -> ServiceView {
    ServiceView { kind: kind.code.clone(), title: kind.title.clone(), hint: kind.hint.clone() }
}

/// The grid of a living code.
///
/// # Errors
/// 410 `grid.code_rotated` for a replaced code, 404 `grid.code_unknown` for any other text.
pub(super) fn scanned(scanned: Scanned) -> Result<Arc<GridEntry>, ApiError> {
    match scanned {
        Scanned::Grid(entry) => Ok(entry),
        Scanned::Rotated => {
            Err(Refusal::new(RefusalKind::Gone, "grid.code_rotated", "这个二维码已更换，请扫描新的二维码").into())
        }
        Scanned::Unknown => {
            Err(Refusal::not_found("grid.code_unknown", "无法识别这个二维码，请扫描墙上的网格二维码").into())
        }
    }
}

/// The kinds of requests with their forms.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketKinds {
    #[schema(value_type = Vec<Object>)]
    items: Vec<TicketKind>,
}

/// Lists the kinds of requests with their forms.
#[utoipa::path(tag = "entry", responses((status = 200, body = TicketKinds)))]
#[get("/api/v1/ticket-kinds")]
pub async fn ticket_kinds(kinds: web::Data<KindSet>) -> web::Json<TicketKinds> {
    web::Json(TicketKinds { items: kinds.iter().cloned().collect() })
}

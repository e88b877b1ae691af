//! Reading grids: the tree, one grid, its board, its QR code, the grid of a place.

use std::io::Cursor;

use actix_web::{HttpResponse, get, web};
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_actors::grid::GridActors;
use lianxin_actors::hub::board_json;
use lianxin_actors::past::{Past, PastError};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::geo::{Datum, RawPosition};
use lianxin_domain::grid::LEVELS;
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::screen::ScreenTarget;
use lianxin_domain::tree::TreePath;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::auth::ClockData;
use crate::auth::{Authenticated, Viewer};
use crate::call::CommitsData;
use crate::error::ApiError;
use crate::query::Query;
use crate::views::grid::{GridDetail, GridNode, GridRef, StaffView};

/// The address that printed codes point to.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// Which part of the tree.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TreeQuery {
    /// Where it begins; default: the caller's top grid, else the county.
    #[param(value_type = Option<String>)]
    root: Option<GridId>,
    /// Levels below the root; default all.
    depth: Option<u8>,
}

/// Reads the tree of grids. Anybody signed in may choose a grid (inventory GRID-18); counters come for one's own only. A
/// screen reads the tree of the board that it shows.
#[utoipa::path(tag = "grids", params(TreeQuery), responses((status = 200, body = GridNode)))]
#[get("/api/v1/grids/tree")]
pub async fn tree(
    who: Viewer,
    query: Query<TreeQuery>,
    directories: web::Data<Directories>,
    grids: web::Data<GridActors>,
) -> Result<web::Json<GridNode>, ApiError> {
    let directory = directories.current();
    let depth = query.depth.unwrap_or(LEVELS);
    let session = match &who {
        Viewer::Person(session) => session,
        Viewer::Screen(screen) => {
            let Some(ScreenTarget::Board(id)) = screen.target() else { return Err(no_grid().into()) };
            let entry = directory.get(id).filter(|_| query.root.is_none_or(|root| root == id)).ok_or_else(no_grid)?;
            // All of it lies below what the screen shows.
            return Ok(web::Json(node(entry, &directory, &grids, &|_| true, depth).await));
        }
    };
    let (caller, scope) = (&session.caller, session.caller.scope());
    let top = caller.administers.first().or_else(|| caller.duties.first().map(|duty| &duty.path));
    let root = query.root.or_else(|| top.and_then(|path| directory.at(path)).map(|entry| entry.grid.id));
    let root = root.or_else(|| directory.roots().first().copied()).ok_or_else(no_grid)?;
    let entry = directory.get(root).ok_or_else(no_grid)?;
    Ok(web::Json(node(entry, &directory, &grids, &|path| scope.sees_grid(path), depth).await))
}

/// A grid's node with children down to `depth` levels below it; counters of those that the reader `sees`.
async fn node(
    entry: &GridEntry,
    directory: &Directory,
    grids: &GridActors,
    sees: &dyn Fn(&TreePath) -> bool,
    depth: u8,
) -> GridNode {
    let counters = match sees(&entry.grid.path) {
        true => grids.board(entry.grid.id, false).await.map(|reading| reading.figures.counters),
        false => None,
    };
    let mut node = GridNode::of(entry, directory, counters);
    if depth > 0 {
        let children = entry.children.iter().filter_map(|id| directory.get(*id));
        let children = children.map(|child| Box::pin(self::node(child, directory, grids, sees, depth - 1)));
        node.children = futures_util::future::join_all(children).await;
    }
    node
}

/// Reads a grid with the people who serve it.
#[utoipa::path(tag = "grids", operation_id = "get_grid", params(("id" = String, Path)),
    responses((status = 200, body = GridDetail)))]
#[get("/api/v1/grids/{id}")]
pub async fn get(
    who: Authenticated,
    id: web::Path<String>,
    directories: web::Data<Directories>,
    grids: web::Data<GridActors>,
) -> Result<web::Json<GridDetail>, ApiError> {
    let directory = directories.current();
    let entry = found(&directory, &id)?;
    let scope = who.caller().scope();
    let node = node(entry, &directory, &grids, &|path| scope.sees_grid(path), 0).await;
    let above = entry.ladder.0.iter().rev().filter_map(|step| directory.get(step.grid_id));
    Ok(web::Json(GridDetail {
        node,
        ancestors: above.map(|entry| GridRef::from(&**entry)).collect(),
        staff: entry.staff.iter().map(StaffView::from).collect(),
    }))
}

/// A full number.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneView {
    phone: String,
}

/// Shows the full number of somebody who serves a grid, to call; each time is recorded.
#[utoipa::path(tag = "grids", params(("id" = String, Path), ("account_id" = String, Path)),
    responses((status = 200, body = PhoneView)))]
#[get("/api/v1/grids/{id}/staff/{account_id}/phone")]
pub async fn staff_phone(
    who: Authenticated,
    request: actix_web::HttpRequest,
    path: web::Path<(String, String)>,
    directories: web::Data<Directories>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<web::Json<PhoneView>, ApiError> {
    let directory = directories.current();
    let entry = found(&directory, &path.0)?;
    let account_id: AccountId = path.1.parse().map_err(|_| no_phone())?;
    let member = entry.staff.iter().find(|member| member.account_id == account_id).ok_or_else(no_phone)?;
    let phone = member.phone.as_ref().ok_or_else(no_phone)?.as_str().to_owned();
    let request_id = crate::call::request_id(&request);
    let mut change = lianxin_storage::change::Change::new(clock.now(), Some(who.caller().account_id), Some(request_id));
    change.audited("account.show_phone", Subject::new("account", account_id), json!({}));
    commits.commit_plain(change).await?;
    Ok(web::Json(PhoneView { phone }))
}

/// Which moment of a board.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BoardQuery {
    /// As it stood then, RFC 3339 with `+` as `%2B`; default: now. Limits, names and sizes are those of now.
    at: Option<String>,
}

/// Reads a grid's board, as it is or as it was: counters of the subtree on top, figures, open tickets, newest events.
#[utoipa::path(tag = "grids", params(("id" = String, Path), BoardQuery),
    responses((status = 200, body = crate::openapi::BoardState)))]
#[get("/api/v1/grids/{id}/board")]
pub async fn board(
    who: Viewer,
    id: web::Path<String>,
    query: Query<BoardQuery>,
    directories: web::Data<Directories>,
    grids: web::Data<GridActors>,
    past: web::Data<Past>,
) -> Result<HttpResponse, ApiError> {
    let directory = directories.current();
    let entry = found(&directory, &id)?;
    if !who.reader().sees_board(entry.grid.id, &entry.grid.path) {
        return Err(no_grid().into());
    }
    let Some(at) = &query.at else {
        let reading = grids.board(entry.grid.id, true).await.ok_or(ApiError::Unavailable)?;
        return Ok(HttpResponse::Ok().json(board_json(entry.grid.id, &reading, &directory, true)));
    };
    let at: Timestamp = at.parse().map_err(|_| no_moment())?;
    let reading = past.board(&entry.grid.path, at).await.map_err(no_past)?;
    let mut board = board_json(entry.grid.id, &reading, &directory, true);
    board["at"] = json!(at);
    Ok(HttpResponse::Ok().json(board))
}

fn no_moment() -> ApiError {
    let words = "时间格式不正确，请写成 2026-11-21T14:12:07+08:00（网址中的加号写作 %2B）";
    ApiError::Malformed {
        code: "request.malformed",
        detail: words.to_owned(),
        fields: vec![FieldError::new("at", "field.time", words)],
    }
}

fn no_past(error: PastError) -> ApiError {
    let (code, words) = match error {
        PastError::Future => ("board.at_in_future", "不能查看将来的时刻"),
        PastError::BeforeFirst => ("board.at_before_first", "这个时刻还没有任何记录，请选择更晚的时间"),
        PastError::NotKept => ("board.at_not_kept", "这个时刻的记录已归档，请选择更晚的时间"),
        PastError::NotReady => return ApiError::Unavailable,
        PastError::Storage(error) => return error.into(),
    };
    let mut refusal = Refusal::rule(code, words);
    refusal.fields.push(FieldError::new("at", code, words));
    refusal.into()
}

/// A place.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LocateQuery {
    lng: f64,
    lat: f64,
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    datum: Datum,
}

/// The grid of a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Located {
    grid: Option<GridRef>,
}

/// Finds the grid whose area holds a place.
#[utoipa::path(tag = "grids", params(LocateQuery), responses((status = 200, body = Located)))]
#[get("/api/v1/grids/locate")]
pub async fn locate(
    _who: Authenticated,
    query: Query<LocateQuery>,
    directories: web::Data<Directories>,
) -> Result<web::Json<Located>, ApiError> {
    let raw = RawPosition { lng: query.lng, lat: query.lat, datum: query.datum, accuracy_m: None };
    let point =
        raw.to_wgs84().map_err(|error| Refusal::fields(vec![FieldError::new("lng", error.code(), error.message())]))?;
    let directory = directories.current();
    Ok(web::Json(Located { grid: directory.locate(point).map(|entry| GridRef::from(&**entry)) }))
}

/// The QR code of a grid as SVG, for printing.
#[utoipa::path(tag = "grids", params(("id" = String, Path)), responses((status = 200, content_type = "image/svg+xml")))]
#[get("/api/v1/grids/{id}/qr.svg")]
pub async fn qr_svg(
    who: Authenticated,
    id: web::Path<String>,
    directories: web::Data<Directories>,
    url: web::Data<PublicUrl>,
) -> Result<HttpResponse, ApiError> {
    let code = qr(&who, &id, &directories, &url)?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(512, 512).build();
    Ok(HttpResponse::Ok().content_type("image/svg+xml").insert_header(("Cache-Control", "no-store")).body(image))
}

/// The QR code of a grid as PNG.
#[utoipa::path(tag = "grids", params(("id" = String, Path)), responses((status = 200, content_type = "image/png")))]
#[get("/api/v1/grids/{id}/qr.png")]
pub async fn qr_png(
    who: Authenticated,
    id: web::Path<String>,
    directories: web::Data<Directories>,
    url: web::Data<PublicUrl>,
) -> Result<HttpResponse, ApiError> {
    let code = qr(&who, &id, &directories, &url)?;
    let image = code.render::<image::Luma<u8>>().min_dimensions(1024, 1024).build();
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).map_err(|_| ApiError::Internal)?;
    let response = HttpResponse::Ok()
        .content_type("image/png")
        .insert_header(("Cache-Control", "no-store"))
        .body(png.into_inner());
    Ok(response)
}

fn qr(who: &Authenticated, id: &str, directories: &Directories, url: &PublicUrl) -> Result<QrCode, ApiError> {
    let directory = directories.current();
    let entry = found(&directory, id)?;
    if !who.caller().scope().sees_grid(&entry.grid.path) {
        return Err(no_grid().into());
    }
    // A quarter of the code may be scratched off a wall and it still reads.
    QrCode::with_error_correction_level(page_url(url, entry), EcLevel::Q).map_err(|_| ApiError::Internal)
}

/// The page that a grid's printed code opens.
pub(super) fn page_url(url: &PublicUrl, entry: &GridEntry) -> String {
    format!("{}/g/{}", url.0.trim_end_matches('/'), entry.code)
}

/// The grid of a path's id.
pub(super) fn found<'a>(directory: &'a Directory, id: &str) -> Result<&'a std::sync::Arc<GridEntry>, Refusal> {
    id.parse().ok().and_then(|id| directory.get(id)).ok_or_else(no_grid)
}

fn no_grid() -> Refusal {
    Refusal::not_found("grid.not_found", "没有找到这个网格")
}

fn no_phone() -> Refusal {
    Refusal::not_found("account.no_phone", "没有登记电话")
}

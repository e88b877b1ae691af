//! Requests that residents may know of (公开说明): making one known, finding those nearby, joining them (我也遇到了).

use std::sync::Arc;

use actix_web::{delete, get, post, web};
use lianxin_actors::command::{Answer, CommandError};
use lianxin_actors::directory::Directories;
use lianxin_actors::grid::MakeAnswer;
use lianxin_domain::access::{Scope, Standing};
use lianxin_domain::geo::{Datum, Point, RawPosition};
use lianxin_domain::ids::TicketId;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::ticket::{Command, Here, MOST_OFFERED, nearby};
use lianxin_storage::tickets::Tickets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::entry::scanned;
use super::ticket_actions::{Answered, Desk, Nothing};
use super::tickets::{origin, respond, visible};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, answered};
use crate::error::ApiError;
use crate::page::refused;
use crate::query::Query;
use crate::views::known::{JoinedRequest, NearbyRequest};
use crate::views::ticket::TicketView;

/// More than anybody follows at a time.
const MOST_FOLLOWED: u32 = 100;
/// What a person's joining, or leaving, comes to when it was done before.
const DONE_BEFORE: [&str; 2] = ["ticket.already_joined", "ticket.not_joined"];

/// What residents may know of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownInput {
    /// One sentence of 4 to 60 characters, without phone numbers, resident ids and the names of those whose request it is.
    text: String,
}

/// Makes a request known to residents nearby in one sentence (公开说明), or says it better.
#[utoipa::path(tag = "tickets", operation_id = "make_ticket_known", params(("id" = String, Path)),
    request_body = KnownInput, responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/known")]
pub async fn make_known(
    id: web::Path<String>,
    call: Call<KnownInput>,
    desk: Desk,
    kinds: web::Data<KindSet>,
    commits: CommitsData,
) -> Answered {
    let ticket = visible(&desk.tickets, &call.caller.scope(), &id).await?;
    let private = kinds.get(&ticket.kind).is_none_or(|kind| kind.private);
    let command = Command::MakeKnown { text: call.body.text.clone(), private };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Takes the public sentence back; who joined is told, and no longer with it.
#[utoipa::path(tag = "tickets", operation_id = "conceal_ticket", params(("id" = String, Path)),
    responses((status = 200, body = TicketView)))]
#[delete("/api/v1/tickets/{id}/known")]
pub async fn conceal(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Conceal, &[], &call, &commits).await
}

/// What somebody is about to write, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NearbyQuery {
    /// Code of the kind.
    kind: String,
    /// Degrees east; with `lat`.
    lng: Option<f64>,
    /// Degrees north; with `lng`.
    lat: Option<f64>,
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    datum: Datum,
}

impl NearbyQuery {
    fn place(&self) -> Result<Option<Point>, ApiError> {
        let (lng, lat) = match (self.lng, self.lat) {
            (Some(lng), Some(lat)) => (lng, lat),
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(refused("lng", "经度和纬度要一起填写")),
            (Some(_), None) => return Err(refused("lat", "经度和纬度要一起填写")),
        };
        let place = RawPosition { lng, lat, datum: self.datum, accuracy_m: None }.to_wgs84();
        let wrong = |field: &str, error: lianxin_domain::geo::PositionError| {
            Refusal::fields(vec![FieldError::new(field, error.code(), error.message())])
        };
        let field = if lng.is_finite() && lng.abs() <= 180.0 { "lat" } else { "lng" };
        Ok(Some(place.map_err(|error| wrong(field, error))?))
    }
}

/// Requests nearby.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearbyRequests {
    /// At most three, the nearest first.
    items: Vec<NearbyRequest>,
}

/// Lists open requests of a kind that were made known near a place, or without places in the same grid. Whoever is signed
/// in is not offered the own ones.
#[utoipa::path(tag = "entry", operation_id = "nearby_requests", params(("code" = String, Path), NearbyQuery),
    responses((status = 200, body = NearbyRequests)))]
#[get("/api/v1/entry/{code}/known")]
pub async fn list_nearby(
    code: web::Path<String>,
    query: Query<NearbyQuery>,
    who: Option<Authenticated>,
    directories: web::Data<Directories>,
    kinds: web::Data<KindSet>,
    tickets: web::Data<Tickets>,
) -> Result<web::Json<NearbyRequests>, ApiError> {
    let entry = scanned(directories.scan(&code))?;
    let place = query.place()?;
    let kind = kinds.get(&query.kind).ok_or_else(|| refused("kind", "没有这种诉求类型"))?;
    if kind.private {
        return Ok(web::Json(NearbyRequests { items: Vec::new() }));
    }
    let here = Here { grid_id: entry.grid.id, place };
    let reader = who.map(|who| who.caller().account_id);
    // One more for each of the own ones that may be among the newest.
    let most = u32::try_from(MOST_OFFERED).unwrap_or(u32::MAX) * 4;
    let mut known = tickets.known_around(&kind.code, &here, most).await?;
    known.retain(|ticket| Some(ticket.submitter.id) != reader);
    let items = nearby(known, &here);
    let items = items.iter().filter_map(|nearby| NearbyRequest::of(nearby, &kinds, reader)).collect();
    Ok(web::Json(NearbyRequests { items }))
}

/// Joins a request that was made known (我也遇到了), once; again, it answers the same.
#[utoipa::path(tag = "tickets", operation_id = "join_ticket", params(("id" = String, Path)),
    responses((status = 200, body = JoinedRequest)))]
#[post("/api/v1/tickets/{id}/join")]
pub async fn join(
    id: web::Path<String>,
    call: Call<Nothing>,
    desk: Desk,
    kinds: web::Data<KindSet>,
    commits: CommitsData,
) -> Answered {
    let (me, known) = (call.caller.account_id, kinds.clone().into_inner());
    let answer: MakeAnswer = Arc::new(move |ticket, _| answer_of(200, JoinedRequest::of(ticket, &known, me)));
    let command = Command::Join { profile_complete: call.caller.profile_complete };
    follow(&id, command, answer, &call, &desk, &commits).await
}

/// Leaves a request that the caller joined (不再关注).
#[utoipa::path(tag = "tickets", operation_id = "leave_ticket", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/tickets/{id}/join")]
pub async fn leave(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    let answer: MakeAnswer = Arc::new(|_, _| Answer { status: 204, body: String::new() });
    follow(&id, Command::Leave, answer, &call, &desk, &commits).await
}

async fn follow(
    id: &str,
    command: Command,
    answer: MakeAnswer,
    call: &Call<Nothing>,
    desk: &Desk,
    commits: &CommitsData,
) -> Answered {
    let id: TicketId = id.parse().map_err(|_| Refusal::not_found("ticket.not_found", "没有找到这件诉求"))?;
    let done = desk.grids.act(id, command, Vec::new(), origin(call, Arc::clone(&answer))).await;
    match done {
        Err(CommandError::Refused(refusal)) if DONE_BEFORE.contains(&refusal.code) => again(id, &answer, desk).await,
        done => respond(done, call, commits).await,
    }
}

/// What it was answered before.
async fn again(id: TicketId, answer: &MakeAnswer, desk: &Desk) -> Answered {
    // The person's own joining is the right to it; more than the public sentence is not told.
    let ticket = desk.tickets.get(&Scope::system(), id).await?.filter(|ticket| ticket.known.is_some());
    let ticket = ticket.ok_or_else(|| Refusal::not_found("ticket.not_found", "没有找到这件诉求"))?;
    let Answer { status, body } = answer(&ticket, &Standing::default());
    Ok(answered(status, body, 0))
}

fn answer_of(status: u16, view: Option<JoinedRequest>) -> Answer {
    Answer { status, body: serde_json::to_string(&view).unwrap_or_default() }
}

/// What the caller joined.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedRequests {
    /// The latest first, at most 100.
    items: Vec<JoinedRequest>,
}

/// Lists what the caller joined, as far as it is public still.
#[utoipa::path(tag = "tickets", operation_id = "joined_requests", responses((status = 200, body = JoinedRequests)))]
#[get("/api/v1/my/joined")]
pub async fn list_joined(
    who: Authenticated,
    kinds: web::Data<KindSet>,
    tickets: web::Data<Tickets>,
) -> Result<web::Json<JoinedRequests>, ApiError> {
    let me = who.caller().account_id;
    let joined = tickets.joined_by(me, MOST_FOLLOWED).await?;
    let items = joined.iter().filter_map(|ticket| JoinedRequest::of(ticket, &kinds, me)).collect();
    Ok(web::Json(JoinedRequests { items }))
}

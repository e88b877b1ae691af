//! A ticket's clock: stopping it, letting it go on, asking for more time, and how its end came about.

use actix_web::{get, post, web};
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::ticket::{Command, PauseReason};
use lianxin_storage::tickets::Tickets;
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::ClockData;
use super::ticket_actions::{Answered, Desk, Nothing};
use super::tickets::visible;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::clock::{DueView, LimitBody};
use crate::views::ticket::TicketView;

/// Why a clock is stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseInput {
    /// `waiting_for_submitter`, `waiting_for_department`, `force_majeure` or `other`.
    #[schema(value_type = String)]
    reason: PauseReason,
    /// At most 500 characters; required for `other`.
    #[serde(default)]
    note: Option<String>,
}

/// Stops a ticket's clock (暂停计时); it goes on by itself after the workdays that the service levels give.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = PauseInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/pause")]
pub async fn pause(id: web::Path<String>, call: Call<PauseInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = Command::Pause { reason: call.body.reason, note: call.body.note.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Lets a ticket's clock go on (恢复计时).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/resume")]
pub async fn resume(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Resume, &[], &call, &commits).await
}

/// More time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionInput {
    /// How much.
    #[serde(deserialize_with = "crate::object::needed")]
    limit: LimitBody,
    /// Why; 1 to 500 characters.
    reason: String,
}

/// Asks for more time (申请延期), once in a run of the clock and before it ends.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = ExtensionInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/extension")]
pub async fn request_extension(
    id: web::Path<String>,
    call: Call<ExtensionInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let command = Command::RequestExtension { limit: call.body.limit.into(), reason: call.body.reason.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionInput {
    approved: bool,
    /// At most 500 characters; required when it is not approved.
    #[serde(default)]
    note: Option<String>,
}

/// Grants more time or not (延期审批); never for oneself.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = DecisionInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/extension-decision")]
pub async fn decide_extension(
    id: web::Path<String>,
    call: Call<DecisionInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let command = Command::DecideExtension { approved: call.body.approved, note: call.body.note.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// How a ticket's due date came about: limit, rules, pauses, extension and the days that counted.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = DueView)))]
#[get("/api/v1/tickets/{id}/due")]
pub async fn due(
    who: Authenticated,
    id: web::Path<String>,
    tickets: web::Data<Tickets>,
    rulebook: web::Data<Rulebook>,
    clock: ClockData,
) -> Result<web::Json<DueView>, ApiError> {
    let ticket = visible(&tickets, &who.caller().scope(), &id).await?;
    Ok(web::Json(DueView::of(&ticket, &rulebook.current(), clock.now())))
}

//! What people do with tickets. Every action is one command to the grid's actor.

use actix_web::{HttpResponse, post, web};
use lianxin_actors::directory::Directories;
use lianxin_actors::grid::GridActors;
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Clock;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, TicketId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::ticket::Command;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::tickets::Tickets;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::tickets::{fresh_files, origin, respond, visible};
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::ticket::{TicketView, TicketViews};

/// What every action needs.
#[derive(Clone)]
pub struct TicketDesk {
    /// The grids' actors.
    pub grids: GridActors,
    /// Uploaded files.
    pub files: Attachments,
    /// Tickets.
    pub tickets: Tickets,
    /// Grids and staff.
    pub directories: Directories,
    /// How tickets look.
    pub views: TicketViews,
}

pub(super) type Desk = web::Data<TicketDesk>;

impl TicketDesk {
    /// Hands a command to the ticket's grid and answers with the ticket.
    pub(super) async fn act<T>(
        &self,
        id: &str,
        command: Command,
        files: &[AttachmentRef],
        call: &Call<T>,
        commits: &CommitsData,
    ) -> Result<HttpResponse, ApiError> {
        let id: TicketId = id.parse().map_err(|_| Refusal::not_found("ticket.not_found", "没有找到这件诉求"))?;
        let files = files.iter().map(|file| file.id).collect();
        let done = self.grids.act(id, command, files, origin(call, self.views.answer(200))).await;
        respond(done, call, commits).await
    }

    /// Like [`Self::act`], for a command with fresh uploads.
    async fn act_with_files<T>(
        &self,
        id: &str,
        uploads: &[AttachmentId],
        call: &Call<T>,
        commits: &CommitsData,
        command: impl FnOnce(Vec<AttachmentRef>) -> Command,
    ) -> Result<HttpResponse, ApiError> {
        match fresh_files(&self.files, uploads, &call.caller.account_id).await {
            Ok(files) => self.act(id, command(files.clone()), &files, call, commits).await,
            Err(error) => commits.replay(&call.idempotency, error).await,
        }
    }
}

/// A call without fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Accepts a ticket (接单). Of several at once, one wins; the others get 409 with `winner`.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/accept")]
pub async fn accept(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Accept, &[], &call, &commits).await
}

pub(super) type Answered = Result<HttpResponse, ApiError>;

/// How a ticket was completed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteInput {
    /// What was done.
    note: String,
    /// Ids of uploaded proof.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Completes a ticket (办结).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = CompleteInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/complete")]
pub async fn complete(id: web::Path<String>, call: Call<CompleteInput>, desk: Desk, commits: CommitsData) -> Answered {
    let note = call.body.note.clone();
    let command = |attachments| Command::Complete { note, attachments };
    desk.act_with_files(&id, &call.body.attachments, &call, &commits, command).await
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonInput {
    /// 1 to 500 characters.
    pub(super) reason: String,
}

/// Puts a ticket back (退回); the second time it goes to the next level.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = ReasonInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/return")]
pub async fn put_back(id: web::Path<String>, call: Call<ReasonInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = Command::Return { reason: call.body.reason.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Words of a nudge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NudgeInput {
    /// At most 500 characters.
    #[serde(default)]
    note: Option<String>,
}

/// Nudges whoever has to act (催促). Within the cool-down it is counted and folded into the one before.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = NudgeInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/nudge")]
pub async fn nudge(id: web::Path<String>, call: Call<NudgeInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = Command::Nudge { note: call.body.note.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Says that a nudge was heard (收到).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/nudge-receipt")]
pub async fn read_nudge(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::ReadNudge, &[], &call, &commits).await
}

/// Takes a request back (撤回).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/withdraw")]
pub async fn withdraw(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Withdraw, &[], &call, &commits).await
}

/// A judgement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateInput {
    /// 1 to 5.
    stars: u8,
    /// At most 500 characters.
    #[serde(default)]
    comment: Option<String>,
}

/// Rates a completed ticket (评价), once.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = RateInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/rate")]
pub async fn rate(id: web::Path<String>, call: Call<RateInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = Command::Rate { stars: call.body.stars, comment: call.body.comment.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Reopens a ticket that is not done, within the days that the service levels give.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = ReasonInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/reopen")]
pub async fn reopen(id: web::Path<String>, call: Call<ReasonInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = Command::Reopen { reason: call.body.reason.clone() };
    desk.act(&id, command, &[], &call, &commits).await
}

/// Words and files to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentInput {
    /// At most 500 characters.
    #[serde(default)]
    text: String,
    /// Ids of uploaded files.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Adds words to a ticket (补充).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = CommentInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/comment")]
pub async fn comment(id: web::Path<String>, call: Call<CommentInput>, desk: Desk, commits: CommitsData) -> Answered {
    let text = call.body.text.clone();
    let command = |attachments| Command::Comment { text, attachments };
    desk.act_with_files(&id, &call.body.attachments, &call, &commits, command).await
}

/// How to reach the people of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    name: String,
    phone: Option<String>,
    on_behalf: Option<ContactPerson>,
}

/// Somebody to call.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactPerson {
    name: String,
    phone: String,
}

/// Shows the full numbers of a request's people to those who handle it; each time is recorded.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = ContactView)))]
#[post("/api/v1/tickets/{id}/contact")]
pub async fn contact(
    id: web::Path<String>,
    call: Call<Nothing>,
    desk: Desk,
    accounts: web::Data<Accounts>,
    clock: web::Data<dyn Clock>,
    commits: CommitsData,
) -> Answered {
    let ticket = visible(&desk.tickets, &call.caller.scope(), &id).await?;
    let standing = call.caller.standing(&ticket.place());
    if !standing.handler && !standing.may_handle {
        return Err(Refusal::forbidden("ticket.not_permitted", "只有办理人员可以查看联系方式").into());
    }
    let phone = accounts.get(ticket.submitter.id).await?.and_then(|account| account.phone);
    let view = ContactView {
        name: ticket.submitter.name,
        phone,
        on_behalf: ticket.on_behalf.map(|person| ContactPerson { name: person.name, phone: person.phone }),
    };
    let mut change = call.change(clock.now());
    change.audited("ticket.show_contact", Subject::new("ticket", ticket.id), json!({}));
    // The answer carries numbers, so it is not stored under the caller's key: looking twice is recorded twice.
    let committed = commits.commit_plain(change).await?;
    let body = serde_json::to_string(&view).map_err(|_| ApiError::Internal)?;
    Ok(crate::call::answered(200, body, committed.seq))
}

//! Votes in a meeting (会中表决): preparing, opening, closing and publishing them, for whoever runs it.

use std::sync::Arc;

use actix_web::{delete, get, post, put, web};
use lianxin_actors::command::{Answer, Done};
use lianxin_actors::meeting::{Made, MakeAnswer, vote_view};
use lianxin_domain::ids::{MeetingId, VoteId};
use lianxin_domain::meeting::{Command, Poll};
use lianxin_domain::problem::Refusal;
use lianxin_domain::vote::Vote;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk, Standing, not_found, respond};
use super::ticket_actions::{Answered, Nothing, ReasonInput};
use super::vote_questions::QuestionInput;
use crate::auth::Viewer;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// The votes of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct VotesView {
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// Whether the caller has voted in the vote that is open, or why not.
    #[schema(value_type = Option<Object>)]
    own_ballot: Option<Value>,
}

pub(super) fn vote_of(id: &str) -> Result<VoteId, ApiError> {
    id.parse().map_err(|_| Refusal::not_found("vote.not_found", "没有找到这项表决").into())
}

/// Answers with the vote that was changed; with nothing when nothing was.
fn shown(status: u16) -> MakeAnswer {
    Arc::new(move |made: &Made<'_>| {
        let cast = |vote: &Vote| made.hall.poll(vote.id).map_or(0, Poll::cast);
        let vote = made.vote.map(|vote| vote_view::vote_json(vote, cast(vote), None, true));
        Answer { status, body: vote.unwrap_or_default().to_string() }
    })
}

/// Reads the votes of a meeting (表决). What is prepared, and what is counted and not yet published, is for those who run it.
#[utoipa::path(tag = "votes", operation_id = "list_votes", params(("id" = String, Path)),
    responses((status = 200, body = VotesView)))]
#[get("/api/v1/meetings/{id}/votes")]
pub async fn list(who: Viewer, id: web::Path<String>, desk: Desk) -> Result<web::Json<VotesView>, ApiError> {
    let (id, sees_all, reader) = match who.person() {
        Some(caller) => {
            let (id, standing) = desk.standing(&Arc::new(caller.clone()), &id).await?;
            (id, standing != Standing::Listed, Some(caller.account_id))
        }
        None => {
            let id: MeetingId = id.parse().map_err(|_| not_found())?;
            (who.reader().shows_meeting(id).then_some(id).ok_or_else(not_found)?, false, None)
        }
    };
    let view = desk.actors.read(id, move |hall, _| VotesView {
        items: vote_view::votes(hall, sees_all),
        own_ballot: reader.and_then(|account_id| vote_view::own_ballot(hall, account_id)),
    });
    Ok(web::Json(view.await?))
}

/// Prepares a vote (发起表决).
#[utoipa::path(tag = "votes", operation_id = "prepare_vote", params(("id" = String, Path)),
    request_body = QuestionInput, responses((status = 201, body = Object)))]
#[post("/api/v1/meetings/{id}/votes")]
pub async fn prepare(id: web::Path<String>, call: Call<QuestionInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let command = Command::PrepareVote { id: desk.ids.next(), question: call.body.first()? };
    let done = desk.actors.act(id, command, desk.origin(&call, shown(201))).await;
    respond(done, &call, &commits).await
}

/// Changes a vote that was never open.
#[utoipa::path(tag = "votes", operation_id = "change_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    request_body = QuestionInput, responses((status = 200, body = Object)))]
#[put("/api/v1/meetings/{id}/votes/{vote_id}")]
pub async fn edit(
    path: web::Path<(String, String)>,
    call: Call<QuestionInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let (question, over) = call.body.change()?;
    let command = |id| Command::EditVote { id, question, over };
    desk.changed_vote(path.into_inner(), command, &call, &commits).await
}

/// Takes a vote away that was never open.
#[utoipa::path(tag = "votes", operation_id = "drop_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/meetings/{id}/votes/{vote_id}")]
pub async fn remove(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let (id, vote_id) = path.into_inner();
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let gone: MakeAnswer = Arc::new(|_| Answer { status: 204, body: String::new() });
    let done = desk.actors.act(id, Command::DropVote(vote_of(&vote_id)?), desk.origin(&call, gone)).await;
    respond(done, &call, &commits).await
}

/// Opens a vote (开始表决): from now on those may vote who are there now.
#[utoipa::path(tag = "votes", operation_id = "open_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/votes/{vote_id}/open")]
pub async fn open(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    desk.changed_vote(path.into_inner(), Command::OpenVote, &call, &commits).await
}

/// How a vote is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseInput {
    /// Publish the result at once; the default.
    #[serde(default)]
    publish: Option<bool>,
}

/// Closes a vote (截止), counts it and publishes the result, unless that is left for later.
#[utoipa::path(tag = "votes", operation_id = "close_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    request_body = CloseInput, responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/votes/{vote_id}/close")]
pub async fn close(
    path: web::Path<(String, String)>,
    call: Call<CloseInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let command = |id| Command::CloseVote { id, publishes: call.body.publish.unwrap_or(true) };
    desk.changed_vote(path.into_inner(), command, &call, &commits).await
}

/// Publishes the result of a vote (公布).
#[utoipa::path(tag = "votes", operation_id = "publish_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/votes/{vote_id}/publish")]
pub async fn publish(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    desk.changed_vote(path.into_inner(), Command::PublishVote, &call, &commits).await
}

/// Declares a round void (作废重来): its ballots count for nothing, and it may be opened again.
#[utoipa::path(tag = "votes", operation_id = "reset_vote", params(("id" = String, Path), ("vote_id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/votes/{vote_id}/reset")]
pub async fn reset(
    path: web::Path<(String, String)>,
    call: Call<ReasonInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let command = |id| Command::ResetVote { id, reason: call.body.reason.clone() };
    desk.changed_vote(path.into_inner(), command, &call, &commits).await
}

impl MeetingDesk {
    /// Hands a command about a vote that is there to the meeting, and counts what is closed. The answer is the vote as it is
    /// then; a repetition answers it as it was right after the command.
    async fn changed_vote<T>(
        &self,
        (id, vote_id): (String, String),
        command: impl FnOnce(VoteId) -> Command,
        call: &Call<T>,
        commits: &CommitsData,
    ) -> Answered {
        let vote_id = vote_of(&vote_id)?;
        let (id, _) = self.standing(&call.caller, &id).await?;
        let mut done = self.actors.act(id, command(vote_id), self.origin(call, shown(200))).await;
        if let Ok(Done { answer, .. }) = &mut done {
            if let Err(error) = self.actors.count_votes(id).await {
                // It is closed; the clock has it counted.
                tracing::warn!(error = &error as &dyn std::error::Error, vote.id = %vote_id, "not counted yet");
            }
            let vote =
                self.actors.read(id, move |hall, _| hall.poll(vote_id).map(|poll| vote_view::poll_json(poll, true)));
            answer.body = vote.await?.unwrap_or_default().to_string();
        }
        respond(done, call, commits).await
    }
}

//! Ballots: casting one, reading those of a vote by name, and looking whether a secret one was counted.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web};
use lianxin_actors::command::Answer;
use lianxin_actors::meeting::MakeAnswer;
use lianxin_domain::ids::{MeetingId, MemberId, VoteId};
use lianxin_domain::meeting::{CastMark, Command};
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::vote::{Choice, Receipt, Vote, VoteState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk, Standing, respond};
use super::ticket_actions::Answered;
use super::votes::vote_of;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, idempotency};
use crate::error::ApiError;

/// A ballot. It has no `Debug`: nothing that is sent here may find its way into a log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotInput {
    /// The vote's round, as the voter saw it.
    round: u32,
    /// Indexes of options; `yes`, `no` or `abstain` for each; or a score for each.
    #[schema(value_type = Vec<Object>)]
    choices: Vec<Choice>,
    /// Of a secret vote: 16 characters of Crockford's base 32 that the voter's device made up.
    #[serde(default)]
    receipt: Option<String>,
}

/// Casts the caller's ballot (投票); once. A repetition under the same key answers what the first one was answered.
#[utoipa::path(tag = "votes", operation_id = "cast_ballot", params(("id" = String, Path), ("vote_id" = String, Path)),
    request_body = BallotInput, responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/votes/{vote_id}/ballots")]
pub async fn cast(
    path: web::Path<(String, String)>,
    request: HttpRequest,
    call: Call<BallotInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    // What is kept of the request is its key and a hash: of the address alone, as a hash of the few choices that there are
    // would tell which one it was.
    let call = Call { idempotency: idempotency(&request, &call.caller, &[])?, ..call };
    let (id, vote_id) = path.into_inner();
    let vote_id = vote_of(&vote_id)?;
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let BallotInput { round, choices, receipt } = &call.body;
    let receipt = receipt.as_deref().map(str::parse::<Receipt>).transpose().map_err(|_| malformed())?;
    let command = Command::CastBallot { id: vote_id, round: *round, choices: choices.clone(), receipt };
    let body = json!({ "vote_id": vote_id, "round": round, "cast": true }).to_string();
    let answer: MakeAnswer = Arc::new(move |_| Answer { status: 200, body: body.clone() });
    let done = desk.actors.act(id, command, desk.origin(&call, answer)).await;
    respond(done, &call, &commits).await
}

fn malformed() -> Refusal {
    FieldError::new("receipt", "receipt.malformed", "回执码应为 16 位字母和数字").into()
}

impl MeetingDesk {
    /// The vote of a meeting, when it is counted: published, for those who do not run it.
    async fn counted(&self, id: MeetingId, vote_id: VoteId, desk: bool) -> Result<Vote, ApiError> {
        let vote = self.actors.read(id, move |hall, _| hall.poll(vote_id).map(|poll| poll.vote().clone())).await?;
        let vote = vote.ok_or_else(|| Refusal::not_found("vote.not_found", "没有找到这项表决"))?;
        match vote.state {
            VoteState::Published => Ok(vote),
            VoteState::Counted if desk => Ok(vote),
            _ => Err(Refusal::conflict("vote.not_counted", "表决结束并公布后才能查看").into()),
        }
    }
}

/// A voter's mark with what was chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenBallotView {
    #[schema(value_type = String)]
    member_id: MemberId,
    name: String,
    /// As it was cast.
    #[schema(value_type = Vec<Object>)]
    choices: Value,
}

/// The ballots of a vote by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenBallotsView {
    items: Vec<OpenBallotView>,
}

/// Reads who voted how (记名表决); of a secret vote nobody can.
#[utoipa::path(tag = "votes", operation_id = "list_ballots", params(("id" = String, Path), ("vote_id" = String, Path)),
    responses((status = 200, body = OpenBallotsView)))]
#[get("/api/v1/meetings/{id}/votes/{vote_id}/ballots")]
pub async fn ballots(
    who: Authenticated,
    path: web::Path<(String, String)>,
    desk: Desk,
) -> Result<web::Json<OpenBallotsView>, ApiError> {
    let (id, vote_id) = path.into_inner();
    let vote_id = vote_of(&vote_id)?;
    let (id, standing) = desk.standing(&Arc::new(who.caller().clone()), &id).await?;
    let vote = desk.counted(id, vote_id, standing != Standing::Listed).await?;
    if vote.is_secret() {
        return Err(Refusal::conflict("vote.secret", "无记名表决没有个人选票记录").into());
    }
    let marks = desk.votes.marks(vote_id, vote.round).await?;
    let items = desk.actors.read(id, move |hall, _| {
        let view = |mark: &CastMark| {
            let name = hall.attendee(mark.member_id)?.name.clone();
            Some(OpenBallotView { member_id: mark.member_id, name, choices: json!(mark.ballot.as_ref()?.choices()) })
        };
        let mut items: Vec<OpenBallotView> = marks.iter().filter_map(view).collect();
        items.sort_unstable_by(|a, b| (&a.name, a.member_id).cmp(&(&b.name, b.member_id)));
        items
    });
    Ok(web::Json(OpenBallotsView { items: items.await? }))
}

/// Whether a receipt lay in the urn.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    included: bool,
    /// How many receipts there are: one for each ballot.
    total: usize,
}

/// Looks whether the ballot with this receipt was counted (核对回执).
#[utoipa::path(tag = "votes", operation_id = "check_receipt",
    params(("id" = String, Path), ("vote_id" = String, Path), ("code" = String, Path)),
    responses((status = 200, body = ReceiptView)))]
#[get("/api/v1/meetings/{id}/votes/{vote_id}/receipts/{code}")]
pub async fn check(
    who: Authenticated,
    path: web::Path<(String, String, String)>,
    desk: Desk,
) -> Result<web::Json<ReceiptView>, ApiError> {
    let (id, vote_id, code) = path.into_inner();
    let vote_id = vote_of(&vote_id)?;
    let (id, _) = desk.standing(&Arc::new(who.caller().clone()), &id).await?;
    // Everybody may look as soon as it is counted: what it came to is not told here.
    let vote = desk.counted(id, vote_id, true).await?;
    let code: Receipt = code.parse().map_err(|_| malformed())?;
    let receipts = desk.votes.receipts(vote_id, vote.round).await?;
    Ok(web::Json(ReceiptView { included: receipts.binary_search(&code).is_ok(), total: receipts.len() }))
}

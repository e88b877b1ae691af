//! Giving tickets to somebody else (改派): one, or up to 200 at a time, each decided on its own.

use actix_web::{HttpResponse, post, web};
use futures_util::{StreamExt as _, stream};
use lianxin_actors::directory::{Directory, GridEntry};
use lianxin_actors::grid::Origin;
use lianxin_domain::access::Duty;
use lianxin_domain::ids::{AccountId, TicketId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::ticket::{Command, Ticket};
use lianxin_storage::change::IdempotencyKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ticket_actions::{Answered, Desk, TicketDesk};
use super::ticket_lists::staff_only;
use super::tickets::{one_field, origin, visible};
use crate::call::{Call, CommitsData, is_replay};
use crate::error::ApiError;
use crate::views::ticket::TicketView;

/// Tickets of one call.
const MAX_TICKETS: usize = 200;
/// Decided at once: their changes share commits.
const AT_ONCE: usize = 32;

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignInput {
    #[schema(value_type = String)]
    account_id: AccountId,
}

/// Gives a ticket to somebody who serves or leads its grid (改派).
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), request_body = ReassignInput,
    responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/reassign")]
pub async fn reassign(id: web::Path<String>, call: Call<ReassignInput>, desk: Desk, commits: CommitsData) -> Answered {
    let ticket = visible(&desk.tickets, &call.caller.scope(), &id).await?;
    let handler = handler(&desk, call.body.account_id)?;
    let command = command(&desk.directories.current(), &ticket, handler);
    desk.act(&id, command, &[], &call, &commits).await
}

/// Which tickets, and to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchReassignInput {
    /// 1 to 200.
    #[schema(value_type = Vec<String>)]
    ticket_ids: Vec<TicketId>,
    #[schema(value_type = String)]
    account_id: AccountId,
}

/// What became of one ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReassignedItem {
    #[schema(value_type = String)]
    id: TicketId,
    /// The receipt number; none of a ticket that the caller may not see.
    number: Option<String>,
    /// It was given.
    ok: bool,
    /// Why not; stable.
    code: Option<String>,
    /// Why not, for people.
    message: Option<String>,
}

/// What became of each, in the order of the call.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchReassigned {
    items: Vec<ReassignedItem>,
    done: usize,
    refused: usize,
}

/// Gives up to 200 tickets to one person, each on its own: those that cannot be given stay as they are and say why. A
/// repetition with the same key gives none twice, and tries again what was refused.
#[utoipa::path(tag = "tickets", operation_id = "reassign_tickets", request_body = BatchReassignInput,
    responses((status = 200, body = BatchReassigned)))]
#[post("/api/v1/tickets/reassign")]
pub async fn reassign_many(call: Call<BatchReassignInput>, desk: Desk, commits: CommitsData) -> Answered {
    staff_only(&call.caller)?;
    let asked = named_once(&call.body.ticket_ids)?;
    let handler = handler(&desk, call.body.account_id)?;
    let part = |number: usize| call.idempotency.as_ref().map(|(key, hash)| (key.part(number), hash.clone()));
    for number in 0..asked.len() {
        // Nothing is done under a key that belongs to another call.
        commits.answered_before(&part(number)).await?;
    }
    let one = |(number, id)| give(&desk, &call, &commits, id, handler.clone(), part(number));
    let given: Vec<(ReassignedItem, bool)> =
        stream::iter(asked.into_iter().enumerate()).map(one).buffered(AT_ONCE).collect().await;
    let replayed = given.iter().all(|(_, replayed)| *replayed);
    let items: Vec<ReassignedItem> = given.into_iter().map(|(item, _)| item).collect();
    let done = items.iter().filter(|item| item.ok).count();
    let mut response = HttpResponse::Ok();
    if replayed {
        response.insert_header((crate::call::REPLAYED_HEADER, "true"));
    }
    Ok(response.json(BatchReassigned { done, refused: items.len() - done, items }))
}

fn named_once(ids: &[TicketId]) -> Result<Vec<TicketId>, ApiError> {
    let refuse = |code, words: &str| Refusal::fields(vec![FieldError::new("ticket_ids", code, words)]);
    if ids.is_empty() {
        return Err(refuse("field.required", "请选择要改派的诉求").into());
    }
    if ids.len() > MAX_TICKETS {
        return Err(refuse("field.too_many", "一次最多改派 200 件").into());
    }
    let mut known = std::collections::HashSet::new();
    if !ids.iter().all(|id| known.insert(*id)) {
        return Err(refuse("field.duplicate", "同一件诉求出现了两次").into());
    }
    Ok(ids.to_vec())
}

/// Gives one ticket; answers whether that was done before, too.
async fn give(
    desk: &TicketDesk,
    call: &Call<BatchReassignInput>,
    commits: &CommitsData,
    id: TicketId,
    handler: PersonRef,
    key: Option<(IdempotencyKey, String)>,
) -> (ReassignedItem, bool) {
    let ticket = match visible(&desk.tickets, &call.caller.scope(), &id.to_string()).await {
        Ok(ticket) => ticket,
        Err(error) => return (refused(id, None, &error), false),
    };
    let command = command(&desk.directories.current(), &ticket, handler);
    let origin = Origin { idempotency: key.clone(), ..origin(call, desk.views.answer(200)) };
    let answer = match desk.grids.act(id, command, Vec::new(), origin).await {
        Ok(_) => Ok(false),
        Err(error) => commits.replay(&key, error.into()).await.map(|answer| is_replay(&answer)),
    };
    match answer {
        Ok(replayed) => {
            (ReassignedItem { id, number: Some(ticket.number), ok: true, code: None, message: None }, replayed)
        }
        Err(error) => (refused(id, Some(ticket.number), &error), false),
    }
}

fn refused(id: TicketId, number: Option<String>, error: &ApiError) -> ReassignedItem {
    let (code, message) = error.words();
    ReassignedItem { id, number, ok: false, code: Some(code.to_owned()), message: Some(message) }
}

/// Whoever is to handle it from now on.
fn handler(desk: &TicketDesk, account_id: AccountId) -> Result<PersonRef, ApiError> {
    let directory = desk.directories.current();
    let name = directory.staff_name(account_id);
    let name = name.ok_or_else(|| one_field("account_id", "account.not_found", "没有找到这位工作人员"))?;
    Ok(PersonRef { id: account_id, name: name.to_owned() })
}

/// The command, with whether the person serves the ticket's grid or leads one above it.
fn command(directory: &Directory, ticket: &Ticket, handler: PersonRef) -> Command {
    let serves = |entry: &GridEntry, fits: fn(Duty) -> bool| {
        entry.staff.iter().any(|member| member.account_id == handler.id && fits(member.duty))
    };
    let may_handle = directory.get(ticket.grid_id).is_some_and(|entry| {
        let above = entry.ladder.0.iter().filter_map(|step| directory.get(step.grid_id));
        serves(entry, |_| true) || above.into_iter().any(|above| serves(above, Duty::leads))
    });
    Command::Reassign { handler, may_handle }
}

//! Looking over the meetings of a subtree (会议督导).

use std::sync::Arc;

use actix_web::{get, post, web};
use chrono::NaiveDate;
use lianxin_actors::command::Answer;
use lianxin_actors::directory::Directories;
use lianxin_actors::meeting::{Made, MakeAnswer};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::{Command, LoggedEvent, MeetingEvent};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_storage::log::EventLog;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::meetings::{Desk, MeetingDesk, Standing, not_manager, respond};
use super::ticket_actions::{Answered, Nothing};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::query::Query;
use crate::views::ticket::PersonView;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SupervisionQuery {
    /// The organisation with all below it; the topmost one that the caller looks over when it is left out.
    #[param(value_type = Option<String>)]
    org_id: Option<OrganisationId>,
    /// A day in China; today when it is left out.
    #[param(value_type = Option<String>)]
    date: Option<NaiveDate>,
}

/// The meetings of a day. The topic `supervision:{org_id}` keeps today's page up to date.
#[utoipa::path(tag = "meetings", operation_id = "supervise_meetings", params(SupervisionQuery),
    responses((status = 200, body = Object)))]
#[get("/api/v1/supervision/meetings")]
pub async fn page(
    who: Authenticated,
    query: Query<SupervisionQuery>,
    desk: Desk,
) -> Result<web::Json<Value>, ApiError> {
    let id = organisation(who.caller(), query.org_id, &desk.directories)?;
    let (picture, _) = desk.supervision.picture(id, query.date).await?;
    Ok(web::Json(picture))
}

fn organisation(
    caller: &Caller,
    asked: Option<OrganisationId>,
    directories: &Directories,
) -> Result<OrganisationId, ApiError> {
    let none = || Refusal::not_found("organisation.not_found", "没有找到这个组织");
    let directory = directories.current();
    let scope = caller.scope();
    let Some(id) = asked else {
        let own = scope.organisation_reaches().iter().filter(|reach| scope.supervises_organisation(&reach.path));
        let top =
            own.min_by_key(|reach| reach.path.level()).and_then(|reach| directory.organisations().at(&reach.path));
        return Ok(top.ok_or_else(none)?.organisation.id);
    };
    let entry = directory.organisations().get(id).ok_or_else(none)?;
    if scope.supervises_organisation(&entry.organisation.path) {
        return Ok(id);
    }
    let known = scope.sees_organisation(&entry.organisation.path);
    Err(if known {
        Refusal::forbidden("organisation.not_supervisor", "您没有督导这个组织的权限")
    } else {
        none()
    }
    .into())
}

impl MeetingDesk {
    /// Hands a command of somebody who looks over the meeting to it; the answer is its row.
    async fn oversee<T>(&self, id: &str, command: Command, call: &Call<T>, commits: &CommitsData) -> Answered {
        let (id, _) = self.standing(&call.caller, id).await?;
        let supervision = self.supervision.clone();
        let answer: MakeAnswer = Arc::new(move |made: &Made<'_>| {
            let row = supervision.row(made.hall, made.meeting);
            Answer { status: 200, body: row.to_string() }
        });
        let done = self.actors.act(id, command, self.origin(call, answer)).await;
        respond(done, call, commits).await
    }
}

/// Opens a meeting that one looks over (进会查看): that leaves a mark, which its host sees.
#[utoipa::path(tag = "meetings", operation_id = "visit_meeting", params(("id" = String, Path)),
    responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/visits")]
pub async fn visit(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.oversee(&id, Command::Visit, &call, &commits).await
}

/// Words to a nudge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingNudgeInput {
    /// At most 500 characters.
    #[serde(default)]
    note: Option<String>,
}

/// Nudges the host (催办). Another one within ten minutes changes nothing.
#[utoipa::path(tag = "meetings", operation_id = "nudge_meeting", params(("id" = String, Path)),
    request_body = MeetingNudgeInput, responses((status = 200, body = Object)))]
#[post("/api/v1/meetings/{id}/nudge")]
pub async fn nudge(id: web::Path<String>, call: Call<MeetingNudgeInput>, desk: Desk, commits: CommitsData) -> Answered {
    desk.oversee(&id, Command::Nudge { note: call.body.note.clone() }, &call, &commits).await
}

/// Somebody's mark.
#[derive(Debug, Serialize, ToSchema)]
pub struct MarkView {
    /// `visited` or `nudged`.
    kind: String,
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    note: Option<String>,
}

/// All marks of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MarkList {
    items: Vec<MarkView>,
}

/// The marks of those who looked over the meeting, the first one first; for those who run it or look over it.
#[utoipa::path(tag = "meetings", operation_id = "list_visits", params(("id" = String, Path)),
    responses((status = 200, body = MarkList)))]
#[get("/api/v1/meetings/{id}/visits")]
pub async fn visits(
    who: Authenticated,
    id: web::Path<String>,
    desk: Desk,
    log: web::Data<EventLog>,
) -> Result<web::Json<MarkList>, ApiError> {
    let (id, standing) = desk.standing(&Arc::new(who.caller().clone()), &id).await?;
    if standing == Standing::Listed {
        return Err(not_manager());
    }
    let events = log.of_subject(&Subject::new("meeting", id)).await?;
    let mark = |kind: &str, by: &PersonRef, at, note: Option<String>| MarkView {
        kind: kind.to_owned(),
        by: PersonView { id: by.id.to_string(), name: by.name.clone() },
        at,
        note,
    };
    let items = events.iter().filter_map(|event| match LoggedEvent::read(&event.kind, &event.data)?.event {
        MeetingEvent::Visited { by } => Some(mark("visited", &by, event.at, None)),
        MeetingEvent::Nudged { by, note } => Some(mark("nudged", &by, event.at, note)),
        _ => None,
    });
    Ok(web::Json(MarkList { items: items.collect() }))
}

//! The meetings that belong to a 组织生活会, and its report (会后报告).

use actix_web::{get, put, web};
use lianxin_domain::access::Scope;
use lianxin_domain::ids::{AttachmentId, MeetingId};
use lianxin_domain::meeting::Meeting;
use lianxin_domain::organisational_life::{LifeMeeting, MAX_FILES, Part};
use lianxin_domain::problem::Refusal;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::life_meetings::{LifeRoom, Room, once, person, subject};
use super::life_rights::not_manager;
use super::ticket_actions::Answered;
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::patch::Patch;
use crate::views::organisational_life::{LifeMeetingView, ReportView};

/// Which meeting is linked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkInput {
    /// A meeting of the branch: of type `committee_meeting` as 支委会, of type `organisation_life` as 党员会, that begins behind
    /// the deadline of the materials. Null: none.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    meeting_id: Patch<MeetingId>,
}

impl LifeRoom {
    /// The meeting that is to be linked; the caller manages its branch and so sees it.
    async fn linkable(&self, to: &LifeMeeting, part: Part, id: MeetingId) -> Result<Meeting, ApiError> {
        let none = || one_field("meeting_id", "meeting.not_found", "没有找到本支部的这个会议");
        let meeting = self.meetings.get(&Scope::system(), id).await?.ok_or_else(none)?;
        let elsewhere = match self.desk.lives.linked_to(id).await? {
            Some(other) if other != to.id => true,
            Some(_) => Part::ALL
                .into_iter()
                .any(|other| other != part && to.linked(other).is_some_and(|linked| linked.id == id)),
            None => false,
        };
        if elsewhere && meeting.organisation_id == to.organisation_id {
            let words = "这个会议已关联到组织生活会";
            return Err(one_field("meeting_id", "organisational_life.meeting_taken", words));
        }
        Ok(meeting)
    }
}

/// Links the 支委会 (`committee`) or the 党员会 (`members`), or unlinks it; for those who manage the branch, behind the deadline
/// of the materials, and until the one that is linked begins.
#[utoipa::path(tag = "organisational life", operation_id = "link_meeting",
    params(("id" = String, Path), ("part" = String, Path, description = "`committee` or `members`")),
    request_body = LinkInput, responses((status = 200, body = LifeMeetingView)))]
#[put("/api/v1/organisational-life/{id}/meetings/{part}")]
pub async fn link(
    path: web::Path<(String, String)>,
    call: Call<LinkInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, linked(&path, &call, &room, &commits)).await
}

async fn linked(path: &(String, String), call: &Call<LinkInput>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    let (id, part) = path;
    let (before, now) = (room.managed(&call.caller, id).await?, room.now());
    let none = || Refusal::not_found("organisational_life.no_part", "应为 committee（支委会）或 members（党员会）");
    let part = Part::parse(part).ok_or_else(none)?;
    let linked = match call.body.meeting_id {
        Patch::Keep => return Err(one_field("meeting_id", "field.required", "请选择会议")),
        Patch::Clear => None,
        Patch::Set(meeting) => {
            let minutes = room.minutes.states(&[meeting]).await?.remove(&meeting).unwrap_or_default();
            Some((room.linkable(&before, part, meeting).await?, minutes))
        }
    };
    let after = before.with_link(part, linked.as_ref().map(|(meeting, minutes)| (meeting, *minutes)), now)?;
    let mut change = call.change(now);
    room.desk.linked(&before, &after, part, &mut change);
    let id_of = |meeting: &LifeMeeting| json!(meeting.linked(part).map(|linked| linked.id));
    change.audited(
        "organisational_life.link",
        subject(&after),
        json!({ part.as_str(): [id_of(&before), id_of(&after)] }),
    );
    let view = room.view(&call.caller, &after).await?;
    commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
}

/// Reads the report; for those who manage the branch or look over it.
#[utoipa::path(tag = "organisational life", operation_id = "get_life_report", params(("id" = String, Path)),
    responses((status = 200, body = ReportView)))]
#[get("/api/v1/organisational-life/{id}/report")]
pub async fn read(who: Authenticated, id: web::Path<String>, room: Room) -> Result<web::Json<ReportView>, ApiError> {
    let (meeting, standing) = room.found(who.caller(), &id).await?;
    if !standing.oversees {
        return Err(not_manager());
    }
    let none = || Refusal::not_found("organisational_life.no_report", "还没有上传会后报告");
    Ok(web::Json(meeting.report.as_ref().map(ReportView::from).ok_or_else(none)?))
}

/// A report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportInput {
    /// At most 10,000 characters; may be empty when there are files.
    #[serde(default)]
    text: String,
    /// At most 20 files: fresh ones that the caller uploaded, or such of the report before.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Hands in the report, when the 党员会 was held and is over; a later one takes the place of the one before. With it the
/// meeting is done (已完成). For those who manage the branch.
#[utoipa::path(tag = "organisational life", operation_id = "put_life_report", params(("id" = String, Path)),
    request_body = ReportInput, responses((status = 200, body = LifeMeetingView)))]
#[put("/api/v1/organisational-life/{id}/report")]
pub async fn write(id: web::Path<String>, call: Call<ReportInput>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, written(&id, &call, &room, &commits)).await
}

async fn written(id: &str, call: &Call<ReportInput>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    let (before, now) = (room.managed(&call.caller, id).await?, room.now());
    let known = before.report.as_ref().map_or(&[][..], |report| &report.files);
    let files = room.files(&call.body.attachments, known, &call.caller).await?;
    if files.len() > MAX_FILES {
        return Err(one_field("attachments", "field.too_large", &format!("最多 {MAX_FILES} 个附件")));
    }
    let ids: Vec<AttachmentId> = files.iter().map(|file| file.id).collect();
    let after = before.with_report(&call.body.text, files, person(&call.caller), now)?;
    let mut change = call.change(now);
    room.desk.reported(&before, &after, &mut change);
    let was = before.report.as_ref().map(|report| report.at);
    let fields = json!({ "reported_at": [was, now], "attachments": [null, ids] });
    change.audited("organisational_life.report", subject(&after), fields);
    let view = room.view(&call.caller, &after).await?;
    commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
}

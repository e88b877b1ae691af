//! 对照检查材料: one's own, and what the branch's administrators read and decide.

use std::collections::HashSet;

use actix_web::{HttpResponse, get, post, put, web};
use lianxin_domain::access::Caller;
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, MemberId};
use lianxin_domain::organisational_life::{Decision, LifeMeeting, MaterialState, Participant};
use lianxin_domain::problem::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::life_meetings::{LifeRoom, Room, TRIES, is_overtaken, once, person};
use super::life_rights::{not_manager, standing};
use super::ticket_actions::Answered;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::refused;
use crate::query::Query;
use crate::views::organisational_life::{MaterialStateView, MaterialView};

impl LifeRoom {
    /// How the caller takes part.
    async fn own(&self, caller: &Caller, meeting: &LifeMeeting) -> Result<Participant, ApiError> {
        let mut found = self.desk.lives.of_account(caller.account_id, &[meeting.id]).await?;
        let none = || Refusal::not_found("material.not_found", "您不在参加人员名单中");
        Ok(found.remove(&meeting.id).ok_or_else(none)?)
    }

    /// The whole material. Browsers keep none of it.
    async fn shown(
        &self,
        caller: &Caller,
        meeting: &LifeMeeting,
        participant: &Participant,
    ) -> Result<HttpResponse, ApiError> {
        let versions = self.desk.lives.materials(meeting.id, participant.member_id).await?;
        let reader = (standing(caller, meeting).manages, participant.account_id == caller.account_id);
        let view = MaterialView::of(participant, &versions, meeting, reader, self.now());
        Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
    }
}

/// Reads one's own material with all its versions.
#[utoipa::path(tag = "organisational life", operation_id = "get_own_material", params(("id" = String, Path)),
    responses((status = 200, body = MaterialView)))]
#[get("/api/v1/organisational-life/{id}/material")]
pub async fn own(who: Authenticated, id: web::Path<String>, room: Room) -> Result<HttpResponse, ApiError> {
    let (meeting, _) = room.found(who.caller(), &id).await?;
    let participant = room.own(who.caller(), &meeting).await?;
    room.shown(who.caller(), &meeting, &participant).await
}

/// A version of one's material.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialInput {
    /// At most 10,000 characters; may be empty when there are files.
    #[serde(default)]
    text: String,
    /// At most 9 files: fresh ones that the caller uploaded, or such of earlier versions.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Hands in a version of one's own material, until the deadline and until it is approved. Earlier versions stay; who hands in
/// on two devices at once finds both.
#[utoipa::path(tag = "organisational life", operation_id = "submit_material", params(("id" = String, Path)),
    request_body = MaterialInput, responses((status = 200, body = MaterialStateView)))]
#[put("/api/v1/organisational-life/{id}/material")]
pub async fn submit(id: web::Path<String>, call: Call<MaterialInput>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, submitted(&id, &call, &room, &commits)).await
}

async fn submitted(id: &str, call: &Call<MaterialInput>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    for last in (0..TRIES).rev() {
        let (meeting, _) = room.found(&call.caller, id).await?;
        let (before, now) = (room.own(&call.caller, &meeting).await?, room.now());
        before.check_submit(&meeting, now)?;
        let known = room.desk.lives.materials(meeting.id, before.member_id).await?;
        let known: Vec<AttachmentRef> = known.into_iter().flat_map(|material| material.files).collect();
        let files = room.files(&call.body.attachments, &known, &call.caller).await?;
        let had: HashSet<AttachmentId> = known.iter().map(|file| file.id).collect();
        let fresh: Vec<AttachmentRef> = files.iter().filter(|file| !had.contains(&file.id)).cloned().collect();
        let (after, material) = before.submitted(&meeting, &call.body.text, files, now)?;
        let mut change = call.change(now);
        room.desk.submitted(&meeting, (&before, &after), &material, &fresh, &mut change);
        change.audited("organisational_life.submit_material", subject_of(&after), audit_of(&before, &after));
        let view = MaterialStateView::of(&after, &meeting, now);
        match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
            // Another device, an administrator or an edited notice was faster.
            Err(error) if last > 0 && is_overtaken(&error) => {}
            answer => return answer,
        }
    }
    Err(ApiError::Unavailable)
}

/// Which materials to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MaterialQuery {
    /// `missing`, `submitted`, `approved` or `returned`.
    state: Option<String>,
    /// Only those that are late, or are not.
    late: Option<bool>,
}

/// How all materials stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaterialList {
    items: Vec<MaterialStateView>,
}

/// Lists how everybody's material stands, in the order of the list; for those who manage the branch or look over it.
#[utoipa::path(tag = "organisational life", operation_id = "list_materials", params(("id" = String, Path), MaterialQuery),
    responses((status = 200, body = MaterialList)))]
#[get("/api/v1/organisational-life/{id}/materials")]
pub async fn list(
    who: Authenticated,
    id: web::Path<String>,
    query: Query<MaterialQuery>,
    room: Room,
) -> Result<web::Json<MaterialList>, ApiError> {
    let (meeting, standing) = room.found(who.caller(), &id).await?;
    if !standing.oversees {
        return Err(not_manager());
    }
    let state = query.state.as_deref();
    let state = state.map(|state| MaterialState::parse(state).ok_or_else(|| refused("state", "没有这种状态")));
    let (state, now) = (state.transpose()?, room.now());
    let fits = |one: &&Participant| {
        state.is_none_or(|state| one.state == state) && query.late.is_none_or(|late| one.is_late(&meeting, now) == late)
    };
    let participants = room.desk.lives.participants(meeting.id).await?;
    let items = participants.iter().filter(fits).map(|one| MaterialStateView::of(one, &meeting, now)).collect();
    Ok(web::Json(MaterialList { items }))
}

/// Reads somebody's material with all its versions: its author, and who manages the branch.
#[utoipa::path(tag = "organisational life", operation_id = "get_material",
    params(("id" = String, Path), ("member_id" = String, Path)), responses((status = 200, body = MaterialView)))]
#[get("/api/v1/organisational-life/{id}/materials/{member_id}")]
pub async fn read(who: Authenticated, path: web::Path<(String, String)>, room: Room) -> Result<HttpResponse, ApiError> {
    let (meeting, participant) = room.material(who.caller(), &path).await?;
    room.shown(who.caller(), &meeting, &participant).await
}

impl LifeRoom {
    /// The material of a path, if the caller may read it.
    async fn material(
        &self,
        caller: &Caller,
        (id, member): &(String, String),
    ) -> Result<(LifeMeeting, Participant), ApiError> {
        let (meeting, _) = self.found(caller, id).await?;
        let none = || Refusal::not_found("material.not_found", "没有找到这份对照检查材料");
        let member: MemberId = member.parse().map_err(|_| none())?;
        let participant = self.rights.readable(caller, &meeting, member).await?;
        Ok((meeting, participant))
    }

    /// Decides on the version of a material that the caller read.
    async fn decide<T>(
        &self,
        path: &(String, String),
        call: &Call<T>,
        (version, decision): (u32, Decision<'_>),
        commits: &CommitsData,
    ) -> Answered {
        for last in (0..TRIES).rev() {
            let (meeting, before) = self.material(&call.caller, path).await?;
            if !standing(&call.caller, &meeting).manages {
                return Err(not_manager());
            }
            let (by, now) = (person(&call.caller), self.now());
            let after = before.decided(&meeting, version, decision, by.clone(), now)?;
            let mut change = call.change(now);
            self.desk.decided(&meeting, (&before, &after), &by, &mut change);
            let action = match decision {
                Decision::Approve => "organisational_life.approve_material",
                Decision::Return(_) => "organisational_life.return_material",
            };
            change.audited(action, subject_of(&after), audit_of(&before, &after));
            let view = MaterialStateView::of(&after, &meeting, now);
            match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
                // Whoever was faster is named in what follows from it.
                Err(error) if last > 0 && is_overtaken(&error) => {}
                answer => return answer,
            }
        }
        Err(ApiError::Unavailable)
    }
}

/// Which version is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalInput {
    /// The version that was read.
    version: u32,
}

/// Approves a material (审核通过): from now on it is fixed. For those who manage the branch.
#[utoipa::path(tag = "organisational life", operation_id = "approve_material",
    params(("id" = String, Path), ("member_id" = String, Path)), request_body = ApprovalInput,
    responses((status = 200, body = MaterialStateView)))]
#[post("/api/v1/organisational-life/{id}/materials/{member_id}/approve")]
pub async fn approve(
    path: web::Path<(String, String)>,
    call: Call<ApprovalInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, room.decide(&path, &call, (call.body.version, Decision::Approve), &commits)).await
}

/// Which version is returned, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnInput {
    /// The version that was read.
    version: u32,
    /// 1 to 500 characters; for its author alone.
    reason: String,
}

/// Returns a material for a reason (退回); its author may hand it in anew until the deadline. For those who manage the branch.
#[utoipa::path(tag = "organisational life", operation_id = "return_material",
    params(("id" = String, Path), ("member_id" = String, Path)), request_body = ReturnInput,
    responses((status = 200, body = MaterialStateView)))]
#[post("/api/v1/organisational-life/{id}/materials/{member_id}/return")]
pub async fn put_back(
    path: web::Path<(String, String)>,
    call: Call<ReturnInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    let decision = Decision::Return(&call.body.reason);
    once(&call, &commits, room.decide(&path, &call, (call.body.version, decision), &commits)).await
}

fn subject_of(of: &Participant) -> Subject {
    lianxin_actors::organisational_life::owner_of_material(of.life_meeting_id, of.member_id)
}

/// States and numbers: nothing that a material says, nor why it was returned.
fn audit_of(before: &Participant, after: &Participant) -> serde_json::Value {
    json!({ "state": [before.state, after.state], "version": [before.number, after.number] })
}

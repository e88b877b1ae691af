//! Pictures of members (头像), on walls and lists. A picture that is taken away is gone, from the lists of the past as well.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, MeetingId, MemberId};
use lianxin_domain::member::{Member, MemberStatus};
use lianxin_domain::problem::Refusal;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::change::Change;
use lianxin_storage::files::{MediaKind, intake, prepare_portrait};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::attachments::{FileDesk, receive, refuse_other_than_multipart};
use super::meetings::{Desk as MeetingsDesk, Standing};
use super::members::found;
use super::organisations::{Desk, PartyDesk};
use super::ticket_actions::Nothing;
use crate::auth::{Authenticated, Viewer};
use crate::call::{Call, idempotency, is_replay, request_id};
use crate::error::ApiError;

type Files = web::Data<FileDesk>;

/// A member's new picture.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhotoView {
    /// Changes with the picture.
    #[schema(value_type = String)]
    photo: AttachmentId,
}

/// Sets a member's picture, multipart field `file`: it is cut to a square and written anew. By oneself, or by who manages the
/// organisation.
#[utoipa::path(tag = "members", operation_id = "set_member_photo", params(("id" = String, Path)),
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, body = PhotoView)))]
#[put("/api/v1/members/{id}/photo")]
pub async fn set(
    who: Authenticated,
    request: HttpRequest,
    id: web::Path<String>,
    payload: Multipart,
    files: Files,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let member = changeable(&desk, who.caller(), &id).await?;
    refuse_other_than_multipart(&request)?;
    let limit = usize::try_from(intake::max_bytes(MediaKind::Image)).unwrap_or(usize::MAX);
    let (bytes, declared) = receive(payload, limit).await?;
    let idempotency = idempotency(&request, who.caller(), &bytes)?;
    let prepare = move || prepare_portrait(bytes, declared);
    let (file, key) = files.keep(who.caller().account_id, &desk.ids, prepare).await?;
    let mut change = Change::new(file.created_at, Some(file.uploader_id), Some(request_id(&request)));
    let owner = Some(Subject::new("member", member.id));
    // Nobody is to read it as an upload that belongs to nothing yet.
    change.write(Attachments::insert(&Attachment { version: 2, owner, name: None, ..file.clone() }));
    let before = of(&files, member.photo).await?;
    changed(&mut change, &desk, &member, Some(file.id));
    let view = PhotoView { photo: file.id };
    let answer = desk.commits.commit(&idempotency, change, 200, &view, || ApiError::Internal).await;
    match &answer {
        Ok(answer) if is_replay(answer) => files.store.delete(&key).await?,
        Ok(_) => forget(&files, before).await?,
        // The row may still be there.
        Err(_) => {}
    }
    answer
}

/// Takes a member's picture away.
#[utoipa::path(tag = "members", operation_id = "delete_member_photo", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/members/{id}/photo")]
pub async fn remove(
    id: web::Path<String>,
    call: Call<Nothing>,
    files: Files,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = desk.commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let member = changeable(&desk, &call.caller, &id).await?;
    if member.photo.is_none() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let before = of(&files, member.photo).await?;
    let mut change = call.change(desk.ids.clock().now());
    changed(&mut change, &desk, &member, None);
    let answer = desk.commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await?;
    forget(&files, before).await?;
    Ok(answer)
}

/// Reads a member's picture: one's own, or of somebody whom the caller sees.
#[utoipa::path(tag = "members", operation_id = "get_member_photo", params(("id" = String, Path)),
    responses((status = 200, content_type = "image/jpeg")))]
#[get("/api/v1/members/{id}/photo")]
pub async fn get(
    who: Authenticated,
    request: HttpRequest,
    id: web::Path<String>,
    files: Files,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let member = found(&desk, who.caller(), &id).await?;
    show(&files, &member, &request).await
}

/// Reads the picture of somebody on a meeting's list: for its screens, and for those who run it or look over it.
#[utoipa::path(tag = "meetings", operation_id = "get_attendee_photo",
    params(("id" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, content_type = "image/jpeg")))]
#[get("/api/v1/meetings/{id}/photos/{member_id}")]
pub async fn of_attendee(
    who: Viewer,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    files: Files,
    desk: MeetingsDesk,
) -> Result<HttpResponse, ApiError> {
    let id: MeetingId = path.0.parse().map_err(|_| none())?;
    let permitted = match who.person() {
        Some(caller) => desk.rights.standing(&Arc::new(caller.clone()), id).await? != Standing::Listed,
        None => who.reader().shows_meeting(id),
    };
    let member_id: MemberId = path.1.parse().map_err(|_| none())?;
    let listed = permitted && desk.actors.read(id, move |hall, _| hall.attendee(member_id).is_some()).await?;
    let member = if listed { desk.members.get(&Scope::system(), member_id).await? } else { None };
    show(&files, &member.ok_or_else(none)?, &request).await
}

async fn show(files: &FileDesk, member: &Member, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let photo = of(files, member.photo).await?;
    files.answer(&photo.ok_or_else(none)?, request).await
}

async fn of(files: &FileDesk, photo: Option<AttachmentId>) -> Result<Option<Attachment>, ApiError> {
    match photo {
        Some(id) => Ok(files.attachments.get(&[id]).await?.pop()),
        None => Ok(None),
    }
}

/// The member on the roster whose picture the caller may change.
async fn changeable(desk: &PartyDesk, caller: &Caller, id: &str) -> Result<Member, ApiError> {
    let member = found(desk, caller, id).await?;
    if member.account_id != caller.account_id && !caller.manages_organisation(&member.organisation_path) {
        return Err(Refusal::forbidden("member.not_permitted", "只有本人、本组织书记或管理员可以更换头像").into());
    }
    match member.status {
        MemberStatus::Active => Ok(member),
        MemberStatus::History => Err(Refusal::conflict("member.in_history", "这名党员已转入历史库").into()),
    }
}

/// The picture is another one, or none, and the one before is forgotten.
fn changed(change: &mut Change, desk: &PartyDesk, member: &Member, photo: Option<AttachmentId>) {
    change.writes.extend(member.photo.map(Attachments::remove));
    change.write(desk.members.update(member.version, &Member { version: member.version + 1, photo, ..member.clone() }));
    let subject = Subject::new("member", member.id);
    change.event("member.updated", subject.clone(), json!({ "organisation_id": member.organisation_id }));
    change.audited("member.photo", subject, json!({ "photo": [member.photo.is_some(), photo.is_some()] }));
}

/// Deletes the bytes of a picture that no row speaks of any more.
async fn forget(files: &FileDesk, photo: Option<Attachment>) -> Result<(), ApiError> {
    if let Some(photo) = photo {
        files.store.delete(&photo.object_key.parse().map_err(|_| ApiError::Internal)?).await?;
    }
    Ok(())
}

fn none() -> ApiError {
    Refusal::not_found("photo.not_found", "没有找到这张头像").into()
}

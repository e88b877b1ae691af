//! Pictures and videos of meetings (会议影像, inventory MEET-09): from the begin on, by those who run the meeting. Who may read
//! the meeting may see them.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::{delete, get, post, web};
use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, MeetingId};
use lianxin_domain::meeting::{Meeting, StateName};
use lianxin_domain::minutes::{Minutes, Picture};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::{FieldError, Refusal, text_field};
use lianxin_storage::attachments::Attachments;
use lianxin_storage::meeting_media::MeetingMedia;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk, Standing, not_manager};
use super::ticket_actions::{Answered, Nothing};
use super::tickets::{fresh_files, one_field};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::minutes::PictureView;

/// Of one call.
const MAX_AT_ONCE: usize = 20;
/// Of one meeting.
const MAX_OF_MEETING: usize = 200;
const MAX_CAPTION: usize = 100;

/// A file to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureInput {
    #[schema(value_type = String)]
    id: AttachmentId,
    /// At most 100 characters.
    #[serde(default)]
    caption: Option<String>,
}

/// Files to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PicturesInput {
    /// 1 to 20 pictures or videos that the caller uploaded.
    #[serde(deserialize_with = "crate::object::list")]
    #[schema(value_type = Vec<PictureInput>)]
    attachments: Option<Vec<PictureInput>>,
}

/// The pictures and videos of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureList {
    items: Vec<PictureView>,
}

impl PictureList {
    fn of(pictures: &[Picture]) -> Self {
        Self { items: pictures.iter().map(PictureView::from).collect() }
    }
}

/// Lists the pictures and videos of a meeting, in the order in which they came.
#[utoipa::path(tag = "minutes", operation_id = "list_media", params(("id" = String, Path)),
    responses((status = 200, body = PictureList)))]
#[get("/api/v1/meetings/{id}/media")]
pub async fn list(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<PictureList>, ApiError> {
    let (id, _) = desk.standing(&Arc::new(who.caller().clone()), &id).await?;
    Ok(web::Json(PictureList::of(&desk.media.of(id).await?)))
}

impl MeetingDesk {
    /// The meeting of a path, whose pictures the caller may change now.
    async fn filmed<T>(&self, call: &Call<T>, id: &str) -> Result<Meeting, ApiError> {
        let (id, standing) = self.standing(&call.caller, id).await?;
        if standing != Standing::Manages {
            return Err(not_manager());
        }
        Ok(self.actors.read(id, |hall, _| hall.meeting().clone()).await?)
    }

    async fn pictures(&self, call: &Call<PicturesInput>, id: MeetingId) -> Result<Vec<Picture>, ApiError> {
        let given = call.body.attachments.as_deref().unwrap_or_default();
        let mut once = HashSet::new();
        if given.is_empty() || given.len() > MAX_AT_ONCE || !given.iter().all(|one| once.insert(one.id)) {
            let words = format!("请选择 1 到 {MAX_AT_ONCE} 个不同的文件");
            return Err(one_field("attachments", "field.option", &words));
        }
        if self.media.of(id).await?.len() + given.len() > MAX_OF_MEETING {
            let words = format!("一次会议最多 {MAX_OF_MEETING} 个图片和视频");
            return Err(one_field("attachments", "field.too_large", &words));
        }
        let ids: Vec<AttachmentId> = given.iter().map(|one| one.id).collect();
        let files = fresh_files(&self.files, &ids, &call.caller.account_id).await?;
        let by = PersonRef { id: call.caller.account_id, name: call.caller.name.clone() };
        let now = self.ids.clock().now();
        let mut wrong = Vec::new();
        let mut pictures = Vec::new();
        for (index, (one, file)) in given.iter().zip(files).enumerate() {
            if !matches!(file.kind, AttachmentKind::Image | AttachmentKind::Video) {
                let field = format!("attachments[{index}].id");
                wrong.push(FieldError::new(field, "media.kind", "只能添加图片或视频"));
            }
            let field = format!("attachments[{index}].caption");
            match text_field(&field, one.caption.as_deref().unwrap_or_default(), false, MAX_CAPTION) {
                Ok(caption) => {
                    let caption = (!caption.is_empty()).then_some(caption);
                    // One after the other, so that they stay in the order in which they were named.
                    let at = now.plus_millis(i64::try_from(index).unwrap_or_default());
                    pictures.push(Picture { file, caption, at, by: by.clone() });
                }
                Err(error) => wrong.push(error),
            }
        }
        if wrong.is_empty() { Ok(pictures) } else { Err(Refusal::fields(wrong).into()) }
    }
}

/// Adds pictures and videos, until the meeting is archived. What is added after the minutes were signed does not belong to
/// them.
#[utoipa::path(tag = "minutes", operation_id = "add_media", params(("id" = String, Path)),
    request_body = PicturesInput, responses((status = 201, body = PictureList)))]
#[post("/api/v1/meetings/{id}/media")]
pub async fn add(id: web::Path<String>, call: Call<PicturesInput>, desk: Desk, commits: CommitsData) -> Answered {
    let meeting = desk.filmed(&call, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    if meeting.started_at.is_none() {
        return Err(Refusal::conflict("media.not_begun", "会议开始后才能添加图片和视频").into());
    }
    not_archived(&meeting)?;
    let pictures = desk.pictures(&call, meeting.id).await?;
    let subject = Subject::new("meeting", meeting.id);
    let mut change = call.change(desk.ids.clock().now());
    for picture in &pictures {
        change.write(Attachments::give(picture.file.id, &subject));
        change.write(MeetingMedia::insert(meeting.id, picture));
    }
    let by = PersonRef { id: call.caller.account_id, name: call.caller.name.clone() };
    let files: Vec<_> = pictures
        .iter()
        .map(|picture| json!({ "id": picture.file.id, "kind": picture.file.kind, "caption": picture.caption }))
        .collect();
    change.event("meeting.media_added", subject.clone(), json!({ "attachments": files, "by": by }));
    change.audited("media.add", subject, json!({ "attachments": [null, files] }));
    commits.commit(&call.idempotency, change, 201, &PictureList::of(&pictures), || ApiError::Internal).await
}

/// Takes a picture or video away; none that signed minutes name. The file is its uploader's again.
#[utoipa::path(tag = "minutes", operation_id = "remove_media",
    params(("id" = String, Path), ("attachment_id" = String, Path)), responses((status = 204)))]
#[delete("/api/v1/meetings/{id}/media/{attachment_id}")]
pub async fn remove(
    path: web::Path<(String, String)>,
    call: Call<Nothing>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let (id, file) = path.into_inner();
    let meeting = desk.filmed(&call, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    not_archived(&meeting)?;
    let none = || ApiError::from(Refusal::not_found("media.not_found", "没有找到这个图片或视频"));
    let file: AttachmentId = file.parse().map_err(|_| none())?;
    let media = desk.media.of(meeting.id).await?;
    let picture = media.iter().find(|picture| picture.file.id == file).ok_or_else(none)?;
    if names(&desk.minutes.get(meeting.id).await?, file) {
        return Err(Refusal::conflict("minutes.signed", "已签发的会议纪要中有这个文件，不能删除").into());
    }
    let subject = Subject::new("meeting", meeting.id);
    let mut change = call.change(desk.ids.clock().now());
    change.write(MeetingMedia::remove(file)).write(Attachments::release(file));
    let by = PersonRef { id: call.caller.account_id, name: call.caller.name.clone() };
    change.event("meeting.media_removed", subject.clone(), json!({ "attachment_id": file, "by": by }));
    change.audited("media.remove", subject, json!({ "attachment": [file, null], "caption": [picture.caption, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

fn not_archived(meeting: &Meeting) -> Result<(), ApiError> {
    if meeting.state != StateName::Archived {
        return Ok(());
    }
    Err(Refusal::conflict("media.archived", "会议已归档，不能再添加或删除图片和视频").into())
}

/// Whether signed minutes name a file.
fn names(minutes: &Minutes, file: AttachmentId) -> bool {
    minutes.signed.as_ref().is_some_and(|signed| signed.record.media.iter().any(|picture| picture.file.id == file))
}

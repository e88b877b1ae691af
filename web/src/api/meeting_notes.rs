//! What people write down for themselves at a meeting (笔记, inventory MEET-09). Nobody else reads it: it is in no event, no
//! audit trail and no answer that is kept.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, MeetingId};
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_storage::meeting_notes::{MeetingNote, MeetingNotes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::meetings::Desk;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// Characters.
const MAX_TEXT: usize = 10_000;

/// Somebody's own notes of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingNoteView {
    /// At most 10,000 characters; empty when nothing was written yet.
    text: String,
    /// Grows with every change; 0 when nothing was written yet.
    version: u32,
    #[schema(value_type = Option<String>)]
    updated_at: Option<Timestamp>,
}

/// Reads one's own notes.
#[utoipa::path(tag = "meetings", operation_id = "get_notes", params(("id" = String, Path)),
    responses((status = 200, body = MeetingNoteView)))]
#[get("/api/v1/meetings/{id}/notes")]
pub async fn read(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<HttpResponse, ApiError> {
    let (id, _) = desk.standing(&Arc::new(who.caller().clone()), &id).await?;
    let note = desk.notes.get(id, who.caller().account_id).await?;
    let view = note.map_or_else(
        || MeetingNoteView { text: String::new(), version: 0, updated_at: None },
        |note| MeetingNoteView { text: note.text, version: note.version, updated_at: Some(note.updated_at) },
    );
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
}

/// What is written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingNoteInput {
    /// At most 10,000 characters.
    text: String,
    /// The version that it was written over; 0 for the first.
    version: u32,
}

/// That it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingNoteSaved {
    version: u32,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

/// Writes one's own notes. When they were changed elsewhere in between, 409 `notes.changed`: nothing is overwritten.
#[utoipa::path(tag = "meetings", operation_id = "write_notes", params(("id" = String, Path)),
    request_body = MeetingNoteInput, responses((status = 200, body = MeetingNoteSaved)))]
#[post("/api/v1/meetings/{id}/notes")]
pub async fn write(
    id: web::Path<String>,
    call: Call<MeetingNoteInput>,
    desk: Desk,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let (meeting_id, _) = desk.standing(&call.caller, &id).await?;
    let account_id = call.caller.account_id;
    let text = text_field("text", &call.body.text, false, MAX_TEXT).map_err(Refusal::from)?;
    let stored = version_of(&desk.notes, meeting_id, account_id).await?;
    if stored != call.body.version {
        return Err(changed());
    }
    let now = desk.ids.clock().now();
    let note = MeetingNote { meeting_id, account_id, version: stored + 1, text, updated_at: now };
    let saved = MeetingNoteSaved { version: note.version, updated_at: now };
    let mut change = call.change(now);
    change.write(desk.notes.write(&note));
    match commits.commit(&call.idempotency, change, 200, &saved, changed).await {
        // Somewhere else was faster in between.
        Err(_) if version_of(&desk.notes, meeting_id, account_id).await? != stored => Err(changed()),
        answer => answer,
    }
}

async fn version_of(notes: &MeetingNotes, meeting_id: MeetingId, account_id: AccountId) -> Result<u32, ApiError> {
    Ok(notes.get(meeting_id, account_id).await?.map_or(0, |note| note.version))
}

fn changed() -> ApiError {
    Refusal::conflict("notes.changed", "笔记已在别处修改，请先查看最新内容").into()
}

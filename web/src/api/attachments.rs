//! Uploading and reading files. A file's rights are those of the record that owns it; before that, its uploader's.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, AttachmentId, IdSource, MeetingId, ServiceRecordId, TicketId};
use lianxin_domain::problem::Refusal;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::change::Change;
use lianxin_storage::files::{Declared, FileKey, FileStore, MediaError, PreparedFile, intake, prepare};
use lianxin_storage::service_records::ServiceRecords;
use lianxin_storage::tickets::Tickets;
use serde_json::json;
use tokio::sync::Semaphore;

use super::life_rights::LifeRights;
use super::meetings::MeetingRights;
use crate::auth::Authenticated;
use crate::call::{CommitsData, idempotency, is_replay, request_id};
use crate::error::ApiError;
use crate::views::attachment::{AttachmentView, reference};

/// Files being cleaned at a time: a large picture takes some 240 MB and a second of a core.
const AT_A_TIME: usize = 2;

/// Where files are prepared and kept.
pub struct FileDesk {
    /// The bytes.
    pub store: FileStore,
    /// The rows.
    pub attachments: Attachments,
    /// Owners.
    pub tickets: Tickets,
    /// Owners, too.
    pub meetings: MeetingRights,
    /// Owners, too.
    pub lives: LifeRights,
    /// Owners, too.
    pub records: ServiceRecords,
    permits: Semaphore,
}

impl FileDesk {
    /// Over the file store and the rows.
    pub fn new(
        store: FileStore,
        attachments: Attachments,
        tickets: Tickets,
        meetings: MeetingRights,
        lives: LifeRights,
        records: ServiceRecords,
    ) -> Self {
        Self { store, attachments, tickets, meetings, lives, records, permits: Semaphore::new(AT_A_TIME) }
    }

    /// Stores the bytes of what `prepare` makes of an upload; the row is the caller's to write.
    pub(super) async fn keep(
        &self,
        uploader_id: AccountId,
        ids: &IdSource,
        prepare: impl FnOnce() -> Result<PreparedFile, MediaError> + Send + 'static,
    ) -> Result<(Attachment, FileKey), ApiError> {
        let prepared = {
            let _permit = self.permits.acquire().await;
            web::block(prepare).await.map_err(|_| ApiError::Internal)?.map_err(media_error)?
        };
        let key = FileKey::generate(&**ids.entropy());
        self.store.put(&key, prepared.bytes.clone()).await?;
        Ok((attachment_of(&prepared, &key, ids, uploader_id), key))
    }

    /// Answers with a file, or the part of it that was asked for: one range at a time, for players that jump.
    pub(super) async fn answer(&self, file: &Attachment, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
        let key: FileKey = file.object_key.parse().map_err(|_| ApiError::Internal)?;
        let range = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
        let range = range.and_then(|text| byte_range(text, file.size));
        let (status, bytes) = match &range {
            Some(range) => (StatusCode::PARTIAL_CONTENT, self.store.get_range(&key, range.clone()).await?),
            None => (StatusCode::OK, self.store.get(&key).await?),
        };
        let mut response = HttpResponse::build(status);
        response.content_type(file.media_type.as_str());
        response.insert_header((ACCEPT_RANGES, "bytes"));
        response.insert_header((CACHE_CONTROL, "private, max-age=3600, immutable"));
        // Whatever slipped through as a file, a browser runs nothing of it.
        response.insert_header(("Content-Security-Policy", "sandbox; default-src 'none'; media-src 'self'"));
        let shown = if file.kind == AttachmentKind::Document { "attachment" } else { "inline" };
        response.insert_header((CONTENT_DISPOSITION, shown));
        if let Some(range) = range {
            response.insert_header((CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, file.size)));
        }
        Ok(response.body(bytes))
    }
}

/// Uploads one file, multipart field `file`. Pictures are re-encoded, so nothing hidden in them survives.
#[utoipa::path(tag = "attachments",
    request_body(content = crate::openapi::FileForm, content_type = "multipart/form-data"),
    responses((status = 201, body = AttachmentView)))]
#[post("/api/v1/attachments")]
pub async fn upload(
    who: Authenticated,
    request: HttpRequest,
    payload: Multipart,
    desk: web::Data<FileDesk>,
    ids: web::Data<IdSource>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    refuse_other_than_multipart(&request)?;
    let limit = usize::try_from(intake::MAX_UPLOAD).unwrap_or(usize::MAX);
    let (bytes, declared) = receive(payload, limit).await?;
    let idempotency = idempotency(&request, who.caller(), &bytes)?;
    let (file, key) = desk.keep(who.caller().account_id, &ids, move || prepare(bytes, declared)).await?;
    let view = AttachmentView::from(&reference(&file));
    let mut change = Change::new(file.created_at, Some(file.uploader_id), Some(request_id(&request)));
    change.write(Attachments::insert(&file));
    change.audited(
        "attachment.upload",
        Subject::new("attachment", file.id),
        json!({ "media_type": [null, file.media_type], "size": [null, file.size], "sha256": [null, file.sha256] }),
    );
    let answer = commits.commit(&idempotency, change, 201, &view, || ApiError::Internal).await;
    // The same upload came before: nothing will ever point to these bytes. After any error the row may still be there.
    if answer.as_ref().is_ok_and(is_replay) {
        desk.store.delete(&key).await?;
    }
    answer
}

pub(super) fn refuse_other_than_multipart(request: &HttpRequest) -> Result<(), ApiError> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        return Ok(());
    }
    let detail = "请以 multipart/form-data 发送".to_owned();
    Err(ApiError::UnsupportedMedia { code: "request.not_multipart", detail })
}

/// The bytes of the one file of an upload.
pub(super) async fn receive(mut payload: Multipart, limit: usize) -> Result<(Bytes, Declared), ApiError> {
    let unreadable = || ApiError::malformed("attachment.malformed", "上传内容不完整，请重试");
    let missing = || ApiError::malformed("attachment.missing", "请选择要上传的文件");
    let mut field = payload.next().await.ok_or_else(missing)?.map_err(|_| unreadable())?;
    if field.name() != Some("file") {
        return Err(ApiError::malformed("attachment.unknown_field", "上传表单只接受名为 file 的文件"));
    }
    let file_name = field.content_disposition().and_then(|header| header.get_filename().map(str::to_owned));
    let content_type = field.content_type().map(ToString::to_string);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|_| unreadable())?;
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes.freeze(), Declared { content_type, file_name }))
}

fn attachment_of(prepared: &PreparedFile, key: &FileKey, ids: &IdSource, uploader_id: AccountId) -> Attachment {
    Attachment {
        id: ids.next(),
        version: 1,
        uploader_id,
        owner: None,
        kind: prepared.kind,
        media_type: prepared.media_type.to_owned(),
        size: prepared.size,
        name: prepared.display_name.clone(),
        width: prepared.width,
        height: prepared.height,
        duration_ms: prepared.duration_ms,
        sha256: prepared.sha256_hex.clone(),
        object_key: key.as_str().to_owned(),
        created_at: ids.clock().now(),
    }
}

fn media_error(error: MediaError) -> ApiError {
    let (code, detail) = (error.code(), error.detail());
    match error {
        MediaError::Unsupported { .. } | MediaError::Mismatch { .. } => ApiError::UnsupportedMedia { code, detail },
        _ => Refusal::rule(code, detail).into(),
    }
}

/// Reads a file's bytes; one range at a time, for players that jump.
#[utoipa::path(tag = "attachments", params(("id" = String, Path)),
    responses((status = 200, content_type = "*/*"), (status = 206)))]
#[get("/api/v1/attachments/{id}")]
pub async fn download(
    who: Authenticated,
    request: HttpRequest,
    id: web::Path<String>,
    desk: web::Data<FileDesk>,
) -> Result<HttpResponse, ApiError> {
    let file = readable(&desk, &who, &id).await?;
    desk.answer(&file, &request).await
}

async fn readable(desk: &FileDesk, who: &Authenticated, id: &str) -> Result<Attachment, ApiError> {
    let not_found = || Refusal::not_found("attachment.not_found", "没有找到这个文件");
    let id: AttachmentId = id.parse().map_err(|_| not_found())?;
    let file = desk.attachments.get(&[id]).await?.pop().ok_or_else(not_found)?;
    let permitted = match &file.owner {
        None => file.uploader_id == who.caller().account_id,
        Some(owner) if owner.kind == "ticket" => {
            let ticket: TicketId = owner.id.parse().map_err(|_| ApiError::Internal)?;
            desk.tickets.get(&who.caller().scope(), ticket).await?.is_some()
        }
        Some(owner) if owner.kind == "meeting" => {
            let meeting: MeetingId = owner.id.parse().map_err(|_| ApiError::Internal)?;
            desk.meetings.standing(&Arc::new(who.caller().clone()), meeting).await.is_ok()
        }
        Some(owner) if owner.kind == super::service_records::OWNER => {
            let record: ServiceRecordId = owner.id.parse().map_err(|_| ApiError::Internal)?;
            desk.records.get(&who.caller().scope(), record).await?.is_some()
        }
        Some(owner) => desk.lives.reads_file_of(who.caller(), owner).await?.unwrap_or(false),
    };
    if permitted { Ok(file) } else { Err(not_found().into()) }
}

/// `bytes=a-b`, `bytes=a-`, `bytes=-n`; anything else is answered whole (RFC 9110 §14.2).
pub(crate) fn byte_range(text: &str, size: u64) -> Option<std::ops::Range<u64>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (from.trim(), to.trim()) {
        ("", last) => size.saturating_sub(last.parse().ok()?)..size,
        (from, "") => from.parse().ok()?..size,
        (from, to) => from.parse().ok()?..to.parse::<u64>().ok()?.saturating_add(1).min(size),
    };
    (range.start < range.end).then_some(range)
}

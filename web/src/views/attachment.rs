//! Attachments as clients see them.

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::ids::AttachmentId;
use lianxin_storage::attachments::Attachment;
use serde::Serialize;
use utoipa::ToSchema;

/// An uploaded file.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AttachmentId,
    /// `image`, `voice`, `video` or `document`.
    pub kind: String,
    /// By its content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// What the uploader called it.
    pub name: Option<String>,
    /// Length of voice and video.
    pub duration_ms: Option<u64>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Where the bytes are.
    pub url: String,
}

impl From<&AttachmentRef> for AttachmentView {
    fn from(file: &AttachmentRef) -> Self {
        Self {
            id: file.id,
            kind: file.kind.as_str().to_owned(),
            media_type: file.media_type.clone(),
            size: file.size,
            name: file.name.clone(),
            duration_ms: file.duration_ms,
            width: file.width,
            height: file.height,
            url: format!("/api/v1/attachments/{}", file.id),
        }
    }
}

/// What a record keeps of a file.
pub fn reference(file: &Attachment) -> AttachmentRef {
    AttachmentRef {
        id: file.id,
        kind: file.kind,
        media_type: file.media_type.clone(),
        size: file.size,
        name: file.name.clone(),
        duration_ms: file.duration_ms,
        width: file.width,
        height: file.height,
    }
}

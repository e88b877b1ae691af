//! An uploaded file as records show it.

use serde::{Deserialize, Serialize};

use crate::ids::AttachmentId;

/// What a file is, as far as rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// A voice message.
    Voice,
    /// A video.
    Video,
    /// A paper.
    Document,
}

impl AttachmentKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Image, Self::Voice, Self::Video, Self::Document];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Document => "document",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An uploaded file as a record shows it. It never changes after the upload, so a record keeps all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRef {
    /// The file.
    pub id: AttachmentId,
    /// What it is.
    pub kind: AttachmentKind,
    /// By its content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// What the uploader called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Length of voice and video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

//! Why an uploaded file is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

use super::format::MediaKind;

/// Refusal of an uploaded file. [`code`](Self::code) is for programs, [`detail`](Self::detail) for the person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MediaError {
    /// More bytes than this kind of file may have.
    #[error("file of {size} bytes is above the limit of {limit}")]
    TooLarge {
        /// Kind of the file; `None` when it is above every limit and was not looked at.
        kind: Option<MediaKind>,
        /// Bytes that came in.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The content is of a type that is not on the list of accepted ones.
    #[error("content of type {seen} is not accepted")]
    Unsupported {
        /// The type seen in the content.
        seen: &'static str,
    },
    /// The declared content type or the file name says something else than the content.
    #[error("declared {declared:?} but the content is {actual}")]
    Mismatch {
        /// What was declared: a content type, or an extension with its dot. At most 60 characters.
        declared: String,
        /// Media type of the content.
        actual: &'static str,
    },
    /// A picture that would take far more memory or time than its bytes suggest.
    #[error("picture of {width}×{height} pixels is refused: {what}")]
    Bomb {
        /// Pixels across, as its header says.
        width: u32,
        /// Pixels down, as its header says.
        height: u32,
        /// Which limit it breaks.
        what: &'static str,
    },
    /// The content is damaged, cut off or empty.
    #[error("file cannot be read: {what}")]
    Corrupt {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A voice message that lasts too long.
    #[error("recording of at least {duration_ms} ms is above the limit of {limit_ms} ms")]
    TooLong {
        /// Milliseconds read before the limit was passed; the whole may be longer.
        duration_ms: u64,
        /// Milliseconds allowed.
        limit_ms: u64,
    },
}

impl MediaError {
    /// The stable code of the problem document.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "attachment.too_large",
            Self::Unsupported { .. } => "attachment.unsupported",
            Self::Mismatch { .. } => "attachment.mismatch",
            Self::Bomb { .. } => "attachment.bomb",
            Self::Corrupt { .. } => "attachment.corrupt",
            Self::TooLong { .. } => "attachment.too_long",
        }
    }

    /// One Chinese sentence for the person who uploaded the file.
    pub fn detail(&self) -> String {
        match self {
            Self::TooLarge { kind, limit, .. } => {
                let name = kind.map_or("文件", kind_name);
                format!("{name}太大，最大 {} MB", limit / (1024 * 1024))
            }
            Self::Unsupported { .. } => {
                "不支持这种文件，请上传照片（JPG、PNG、WebP）、语音、视频（MP4、MOV、WebM）或 PDF、DOCX、XLSX 文档"
                    .to_owned()
            }
            Self::Mismatch { declared, actual } => {
                format!("文件内容（{actual}）与名称或声明的类型（{declared}）不一致，请重新选择原始文件")
            }
            Self::Bomb { width, height, .. } => format!("图片尺寸过大（{width}×{height}），请缩小后再上传"),
            Self::Corrupt { .. } => "文件已损坏或不完整，无法打开，请重新拍摄或录制后再上传".to_owned(),
            Self::TooLong { limit_ms, .. } => format!("语音太长，最长 {} 秒", limit_ms / 1_000),
        }
    }
}

const fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "照片",
        MediaKind::Voice => "语音",
        MediaKind::Video => "视频",
        MediaKind::Document => "文档",
    }
}

/// Runs a decoder of another crate on bytes from outside. Should it panic on them, the file is corrupt, not we.
pub(super) fn shielded<T>(work: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
    // Unwind safety: `work` owns or only reads what it touches, so nothing half-changed survives.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(MediaError::Corrupt { what: "the decoder gave up" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_decoder_means_a_corrupt_file() {
        let result = shielded(|| -> Result<(), MediaError> { panic!("index out of bounds") });
        assert_eq!(result.map_err(|error| error.code()), Err("attachment.corrupt"));
        assert_eq!(shielded(|| Ok(7)), Ok(7));
    }

    #[test]
    fn people_read_the_limit_in_their_units() {
        let error = MediaError::TooLarge { kind: Some(MediaKind::Video), size: 1, limit: 50 * 1024 * 1024 };
        assert_eq!(error.detail(), "视频太大，最大 50 MB");
        assert_eq!(MediaError::TooLong { duration_ms: 70_000, limit_ms: 60_000 }.detail(), "语音太长，最长 60 秒");
    }
}

//! The closed list of formats that may come in, and their names.

/// What a file is, as far as rules care: image, voice, video or document.
pub use lianxin_domain::attachment::AttachmentKind as MediaKind;

/// One accepted format, known from content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaFormat {
    /// JPEG picture.
    Jpeg,
    /// PNG picture.
    Png,
    /// WebP picture (of an animation only the first frame is kept).
    WebP,
    /// WebM with audio tracks only, as Chrome's MediaRecorder writes it.
    WebmAudio,
    /// Opus in Ogg, as Firefox's MediaRecorder writes it.
    OggOpus,
    /// MP4 with audio tracks only, plain or fragmented, as Safari's MediaRecorder writes it.
    M4a,
    /// MPEG audio.
    Mp3,
    /// RIFF WAVE.
    Wav,
    /// AMR narrow band, as older phones and WeChat record it.
    Amr,
    /// AMR wide band.
    AmrWb,
    /// MP4 video.
    Mp4,
    /// QuickTime video, as iPhones film.
    Mov,
    /// WebM video.
    Webm,
    /// PDF.
    Pdf,
    /// Word document without macros.
    Docx,
    /// Excel workbook without macros.
    Xlsx,
}

/// What a content type or an extension can tell apart. Sound and video share a container, and systems derive the
/// declared type from the extension alone, so `video/webm` on a voice message contradicts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Jpeg,
    Png,
    WebP,
    Matroska,
    Ogg,
    IsoMedia,
    Mp3,
    Wav,
    Amr,
    Pdf,
    Docx,
    Xlsx,
}

impl MediaFormat {
    /// All accepted formats.
    pub const ALL: [Self; 16] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::WebmAudio,
        Self::OggOpus,
        Self::M4a,
        Self::Mp3,
        Self::Wav,
        Self::Amr,
        Self::AmrWb,
        Self::Mp4,
        Self::Mov,
        Self::Webm,
        Self::Pdf,
        Self::Docx,
        Self::Xlsx,
    ];

    /// The kind it counts as.
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Jpeg | Self::Png | Self::WebP => MediaKind::Image,
            Self::WebmAudio | Self::OggOpus | Self::M4a | Self::Mp3 | Self::Wav | Self::Amr | Self::AmrWb => {
                MediaKind::Voice
            }
            Self::Mp4 | Self::Mov | Self::Webm => MediaKind::Video,
            Self::Pdf | Self::Docx | Self::Xlsx => MediaKind::Document,
        }
    }

    /// The media type to store and to send.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::WebmAudio => "audio/webm",
            Self::OggOpus => "audio/ogg",
            Self::M4a => "audio/mp4",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Amr => "audio/amr",
            Self::AmrWb => "audio/amr-wb",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::Webm => "video/webm",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The usual extension, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::WebmAudio | Self::Webm => "webm",
            Self::OggOpus => "ogg",
            Self::M4a => "m4a",
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
            Self::Amr => "amr",
            Self::AmrWb => "awb",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    pub(super) const fn family(self) -> Family {
        match self {
            Self::Jpeg => Family::Jpeg,
            Self::Png => Family::Png,
            Self::WebP => Family::WebP,
            Self::WebmAudio | Self::Webm => Family::Matroska,
            Self::OggOpus => Family::Ogg,
            Self::M4a | Self::Mp4 | Self::Mov => Family::IsoMedia,
            Self::Mp3 => Family::Mp3,
            Self::Wav => Family::Wav,
            Self::Amr | Self::AmrWb => Family::Amr,
            Self::Pdf => Family::Pdf,
            Self::Docx => Family::Docx,
            Self::Xlsx => Family::Xlsx,
        }
    }
}

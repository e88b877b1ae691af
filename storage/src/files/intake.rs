//! The way in for every attachment: sniffed, limited, cleaned, measured, hashed.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::declared;
use super::duration::audio_video_duration_ms;
use super::error::MediaError;
use super::format::{MediaFormat, MediaKind};
use super::image_clean::{self, CleanImage};
use super::sniff::classify_declared;

const MIB: u64 = 1024 * 1024;
/// The largest upload of any kind, in bytes; the web layer stops reading here.
pub const MAX_UPLOAD: u64 = 50 * MIB;

/// Bytes that may come in for one file of this kind. A picture is smaller once it is cleaned.
pub const fn max_bytes(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Image | MediaKind::Document => 20 * MIB,
        MediaKind::Voice => 5 * MIB,
        MediaKind::Video => MAX_UPLOAD,
    }
}

/// What the sender said about the file. None of it is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The content type of the part, with or without parameters.
    pub content_type: Option<String>,
    /// The name of the file on the sender's side.
    pub file_name: Option<String>,
}

/// A file ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedFile {
    /// What rules care about.
    pub kind: MediaKind,
    /// Format of [`bytes`](Self::bytes).
    pub format: MediaFormat,
    /// Media type of [`bytes`](Self::bytes), to store and to send.
    pub media_type: &'static str,
    /// What to store: pictures are written anew, the rest is as it came.
    pub bytes: Bytes,
    /// Bytes to store.
    pub size: u64,
    /// Pixels across, of pictures.
    pub width: Option<u32>,
    /// Pixels down, of pictures.
    pub height: Option<u32>,
    /// Playing time of voice messages (always) and videos (when they tell).
    pub duration_ms: Option<u64>,
    /// SHA-256 of [`bytes`](Self::bytes), 64 hex digits.
    pub sha256_hex: String,
    /// Name fit to be shown, at most 100 characters, with the extension of `format`; `None` without a usable name.
    pub display_name: Option<String>,
}

/// Makes uploaded bytes fit to be stored, or says why not. Synchronous and heavy on the processor (a large photo
/// takes about a second and a few hundred MB): call it on a blocking thread, a bounded number at a time.
///
/// # Errors
/// [`MediaError`]; nothing of a refused file is worth keeping.
pub fn prepare(bytes: Bytes, declared: Declared) -> Result<PreparedFile, MediaError> {
    prepare_with(bytes, declared, image_clean::clean)
}

/// As [`prepare`], of a person's picture: only pictures are taken, and cut to a square.
///
/// # Errors
/// Those of [`prepare`]; [`MediaError::Unsupported`] for what is no picture.
pub fn prepare_portrait(bytes: Bytes, declared: Declared) -> Result<PreparedFile, MediaError> {
    let format = classify_declared(&bytes, declared.content_type.as_deref(), declared.file_name.as_deref())?;
    if format.kind() != MediaKind::Image {
        return Err(MediaError::Unsupported { seen: format.media_type() });
    }
    prepare_with(bytes, declared, image_clean::portrait)
}

fn prepare_with(
    bytes: Bytes,
    declared: Declared,
    clean: fn(&[u8], MediaFormat) -> Result<CleanImage, MediaError>,
) -> Result<PreparedFile, MediaError> {
    let Declared { content_type, file_name } = declared;
    // Before anything looks into it.
    refuse_above(MAX_UPLOAD, None, &bytes)?;
    let format = classify_declared(&bytes, content_type.as_deref(), file_name.as_deref())?;
    let kind = format.kind();
    refuse_above(max_bytes(kind), Some(kind), &bytes)?;

    let (format, bytes, width, height) = if kind == MediaKind::Image {
        let clean = clean(&bytes, format)?;
        (clean.format, clean.bytes, Some(clean.width), Some(clean.height))
    } else {
        (format, bytes, None, None)
    };
    let duration_ms = audio_video_duration_ms(&bytes, format)?;
    Ok(PreparedFile {
        kind,
        format,
        media_type: format.media_type(),
        size: bytes.len() as u64,
        width,
        height,
        duration_ms,
        sha256_hex: HEXLOWER.encode(&Sha256::digest(&bytes)),
        display_name: file_name.and_then(|name| declared::display_name(&name, format)),
        bytes,
    })
}

fn refuse_above(limit: u64, kind: Option<MediaKind>, bytes: &Bytes) -> Result<(), MediaError> {
    let size = bytes.len() as u64;
    if size > limit { Err(MediaError::TooLarge { kind, size, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn fixture(name: &str) -> Bytes {
        std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap().into()
    }

    fn declared(content_type: &str, file_name: &str) -> Declared {
        Declared { content_type: Some(content_type.to_owned()), file_name: Some(file_name.to_owned()) }
    }

    #[test]
    fn a_picture_is_written_anew() {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::new(3_000, 20)).write_to(&mut bytes, ImageFormat::WebP).unwrap();
        let bytes = Bytes::from(bytes.into_inner());
        let file = prepare(bytes.clone(), declared("image/webp", "相册/漏水.webp")).unwrap();
        assert_eq!((file.kind, file.media_type), (MediaKind::Image, "image/jpeg"));
        assert_eq!((file.width, file.height, file.duration_ms), (Some(2_048), Some(14), None));
        assert_eq!(file.size, file.bytes.len() as u64);
        assert_ne!(file.bytes, bytes);
        assert_eq!(file.sha256_hex, HEXLOWER.encode(&Sha256::digest(&file.bytes)));
        assert_eq!(file.display_name.as_deref(), Some("漏水.jpg"));
        assert!(file.bytes.starts_with(b"\xFF\xD8\xFF"));
    }

    #[test]
    fn a_voice_message_and_a_video_are_kept_as_they_came() {
        let file = prepare(fixture("voice_live.webm"), declared("audio/webm;codecs=opus", "blob")).unwrap();
        assert_eq!((file.kind, file.media_type), (MediaKind::Voice, "audio/webm"));
        assert_eq!(file.bytes, fixture("voice_live.webm"));
        assert!(file.duration_ms.is_some_and(|ms| ms > 1_900));
        assert_eq!(file.display_name.as_deref(), Some("blob.webm"));

        let file = prepare(fixture("video.mov"), declared("video/quicktime", "IMG_0001.MOV")).unwrap();
        assert_eq!((file.kind, file.duration_ms), (MediaKind::Video, Some(2_000)));
        assert_eq!((file.width, file.height), (None, None));
    }

    #[test]
    fn a_document_needs_no_declaration() {
        let file = prepare(Bytes::from_static(b"%PDF-1.7\n%%EOF"), Declared::default()).unwrap();
        assert_eq!((file.kind, file.media_type, file.display_name), (MediaKind::Document, "application/pdf", None));
        assert_eq!(file.sha256_hex.len(), 64);
    }

    #[test]
    fn limits_follow_the_kind() {
        let padded = |head: &[u8], size: u64| {
            let mut bytes = head.to_vec();
            bytes.resize(usize::try_from(size).unwrap(), 0);
            prepare(bytes.into(), Declared::default()).unwrap_err()
        };
        for (head, kind) in [
            (&b"\xFF\xD8\xFF\xE0"[..], MediaKind::Image),
            (b"#!AMR\n\x3C", MediaKind::Voice),
            (b"%PDF-1.7", MediaKind::Document),
        ] {
            let limit = max_bytes(kind);
            let error = padded(head, limit + 1);
            assert_eq!(error, MediaError::TooLarge { kind: Some(kind), size: limit + 1, limit });
            assert_eq!(error.code(), "attachment.too_large");
        }
        // Above every limit nothing is looked at.
        assert_eq!(
            padded(b"<html>", MAX_UPLOAD + 1),
            MediaError::TooLarge { kind: None, size: MAX_UPLOAD + 1, limit: MAX_UPLOAD }
        );
    }

    #[test]
    fn refusals_have_their_codes() {
        let code = |bytes: Bytes, declared| prepare(bytes, declared).map_err(|error| error.code()).map(|_| ());
        assert_eq!(code(Bytes::from_static(b"<svg/>"), Declared::default()), Err("attachment.unsupported"));
        assert_eq!(code(fixture("video.mp4"), declared("image/jpeg", "a.jpg")), Err("attachment.mismatch"));
        assert_eq!(code(fixture("long_voice.ogg"), declared("audio/ogg", "a.ogg")), Err("attachment.too_long"));
        assert_eq!(code(Bytes::new(), Declared::default()), Err("attachment.corrupt"));
        assert_eq!(code(Bytes::from_static(b"\xFF\xD8\xFF\xE0"), Declared::default()), Err("attachment.corrupt"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever comes in, an answer comes out, and what is stored never starts with markup.
        #[test]
        fn no_bytes_make_it_panic(
            head in prop::sample::select(vec![
                &b""[..], b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", b"RIFF\xFF\0\0\0WEBPVP8L", b"OggS\0\x02",
                b"\x1A\x45\xDF\xA3", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x40moov", b"ID3\x04", b"\xFF\xFB\x90",
                b"RIFF\xFF\0\0\0WAVEfmt \x10\0\0\0", b"PK\x03\x04", b"#!AMR\n",
            ]),
            tail in prop::collection::vec(any::<u8>(), 0..400),
            name in ".{0,30}",
        ) {
            let bytes = Bytes::from([head, &tail].concat());
            let declared = Declared { content_type: None, file_name: Some(name) };
            if let Ok(file) = prepare(bytes, declared) {
                prop_assert!(!file.bytes.starts_with(b"<"));
                if let Some(name) = file.display_name {
                    prop_assert!(name.chars().count() <= 100 && !name.contains(['/', '\\', '\0', '\n']));
                }
            }
        }
    }
}

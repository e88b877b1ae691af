//! What uploaded bytes really are, by their content alone.

use super::declared;
use super::demux;
use super::duration::{AMR_MAGIC, AMR_WB_MAGIC};
use super::error::MediaError;
use super::format::MediaFormat;
use super::mp4::{self, Brand};
use super::office;

/// Bytes in which the root element of an SVG file is looked for.
const SVG_HEAD: usize = 4 * 1024;

/// Names the format of `bytes`. Nothing but the listed formats passes; SVG and HTML never do.
///
/// # Errors
/// [`MediaError::Unsupported`] with the type seen, [`MediaError::Corrupt`] for an empty file and for a container
/// whose tracks cannot be read.
pub fn classify(bytes: &[u8]) -> Result<MediaFormat, MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::Corrupt { what: "the file is empty" });
    }
    if bytes.starts_with(AMR_WB_MAGIC) {
        return Ok(MediaFormat::AmrWb);
    }
    if bytes.starts_with(AMR_MAGIC) {
        return Ok(MediaFormat::Amr);
    }
    // Strictly at the start: `infer` accepts HTML in front of it, as Acrobat does.
    if bytes.starts_with(b"%PDF-") {
        return Ok(MediaFormat::Pdf);
    }
    if let Some(format) = office::office_format(bytes) {
        return Ok(format);
    }
    if let Some(brand) = mp4::brand(bytes) {
        return film_or_voice(bytes, brand);
    }
    match infer::get(bytes).map(|seen| seen.mime_type()) {
        Some("image/jpeg") => Ok(MediaFormat::Jpeg),
        Some("image/png") => Ok(MediaFormat::Png),
        Some("image/webp") => Ok(MediaFormat::WebP),
        Some("audio/opus") => Ok(MediaFormat::OggOpus),
        Some("audio/mpeg") => Ok(MediaFormat::Mp3),
        Some("audio/x-wav") => Ok(MediaFormat::Wav),
        Some("video/webm") => {
            demux::webm_has_video(bytes).map(|video| if video { MediaFormat::Webm } else { MediaFormat::WebmAudio })
        }
        // A page or script in front of a later `%PDF`.
        Some("application/pdf") | None => Err(MediaError::Unsupported { seen: seen_text(bytes) }),
        Some("text/xml" | "text/html") if is_svg(bytes) => Err(MediaError::Unsupported { seen: "image/svg+xml" }),
        Some(seen) => Err(MediaError::Unsupported { seen }),
    }
}

/// Like [`classify`], and what was declared must not say something else. An absent declaration,
/// `application/octet-stream` and a name without a telling extension say nothing.
///
/// # Errors
/// Those of [`classify`], and [`MediaError::Mismatch`].
pub fn classify_declared(
    bytes: &[u8],
    content_type: Option<&str>,
    file_name: Option<&str>,
) -> Result<MediaFormat, MediaError> {
    let format = classify(bytes)?;
    declared::agree(format, content_type, file_name)?;
    Ok(format)
}

fn film_or_voice(bytes: &[u8], brand: Brand) -> Result<MediaFormat, MediaError> {
    let facts = mp4::facts(bytes).ok_or(MediaError::Corrupt { what: "the recording is cut off or has no track" })?;
    match (facts.has_video, facts.has_audio, brand) {
        (true, _, Brand::Mp4) => Ok(MediaFormat::Mp4),
        (true, _, Brand::QuickTime) => Ok(MediaFormat::Mov),
        (false, true, _) => Ok(MediaFormat::M4a),
        (false, false, _) => Err(MediaError::Unsupported { seen: "application/mp4" }),
    }
}

/// A name for what has no signature.
fn seen_text(bytes: &[u8]) -> &'static str {
    if is_svg(bytes) {
        return "image/svg+xml";
    }
    let head = &bytes[..bytes.len().min(SVG_HEAD)];
    let is_text = match std::str::from_utf8(head) {
        Ok(text) => !text.contains('\0'),
        // The head may end within a character.
        Err(error) => error.error_len().is_none() && !head.contains(&0),
    };
    if is_text { "text/plain" } else { "application/octet-stream" }
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SVG_HEAD)];
    head.windows(4).any(|window| window.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::super::office::zip_of;
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn accepted_formats_are_known_by_content() {
        for (bytes, expected) in [
            (&b"\xFF\xD8\xFF\xE0rest"[..], MediaFormat::Jpeg),
            (b"\x89PNG\r\n\x1A\nrest", MediaFormat::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ", MediaFormat::WebP),
            (b"RIFF\x10\0\0\0WAVEfmt ", MediaFormat::Wav),
            (b"#!AMR\n\x3C", MediaFormat::Amr),
            (b"#!AMR-WB\n\x44", MediaFormat::AmrWb),
            (b"%PDF-1.7\n", MediaFormat::Pdf),
            (&zip_of(&["[Content_Types].xml", "word/document.xml"]), MediaFormat::Docx),
            (&zip_of(&["[Content_Types].xml", "xl/workbook.xml"]), MediaFormat::Xlsx),
        ] {
            assert_eq!(classify(bytes), Ok(expected));
        }
        for (name, expected) in [
            ("voice.ogg", MediaFormat::OggOpus),
            ("voice.webm", MediaFormat::WebmAudio),
            ("voice_live.webm", MediaFormat::WebmAudio),
            ("voice.m4a", MediaFormat::M4a),
            ("voice_fragmented.mp4", MediaFormat::M4a),
            ("voice.mp3", MediaFormat::Mp3),
            ("video.webm", MediaFormat::Webm),
            ("video_live.webm", MediaFormat::Webm),
            ("video.mp4", MediaFormat::Mp4),
            ("video.mov", MediaFormat::Mov),
        ] {
            assert_eq!(classify(&fixture(name)), Ok(expected), "{name}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_type_seen() {
        for (bytes, seen) in [
            (&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], "image/svg+xml"),
            (b"<?xml version='1.0'?><!-- x --><svg/>", "image/svg+xml"),
            (b"<!-- x --><svg onload='alert(1)'/>", "image/svg+xml"),
            (b"<!DOCTYPE html><script>", "text/html"),
            (b"<html ><body>", "text/html"),
            (b"<script>alert(1)</script>\n%PDF-1.4", "text/plain"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"PK\x03\x04\x14\0\0\0zip of something", "application/zip"),
            (b"MZ\x90\0\x03\0\0\0", "application/vnd.microsoft.portable-executable"),
            (b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                "application/x-executable"),
            ("一段文字".as_bytes(), "text/plain"),
            (b"#!/bin/sh\n", "text/x-shellscript"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heif"),
            (b"\x01\x02\x03\xFF\xFE", "application/octet-stream"),
        ] {
            assert_eq!(classify(bytes), Err(MediaError::Unsupported { seen }), "{:?}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(classify(&fixture("video.mkv")), Err(MediaError::Unsupported { seen: "video/x-matroska" }));
        assert_eq!(classify(b"").map_err(|error| error.code()), Err("attachment.corrupt"));
    }

    #[test]
    fn containers_that_break_off_are_corrupt() {
        for (name, length) in [("video.mp4", 60), ("voice.webm", 300), ("video.mov", 200)] {
            let error = classify(&fixture(name)[..length]).unwrap_err();
            assert_eq!(error.code(), "attachment.corrupt", "{name}");
        }
    }

    #[test]
    fn declarations_must_not_contradict() {
        let jpeg = b"\xFF\xD8\xFF\xE0rest";
        assert_eq!(classify_declared(jpeg, None, None), Ok(MediaFormat::Jpeg));
        assert_eq!(classify_declared(jpeg, Some("application/octet-stream"), Some("photo")), Ok(MediaFormat::Jpeg));
        assert_eq!(
            classify_declared(jpeg, Some("image/png"), Some("a.jpg")),
            Err(MediaError::Mismatch { declared: "image/png".to_owned(), actual: "image/jpeg" })
        );
        // What it is comes first: a page declared as a photo is a page.
        assert_eq!(
            classify_declared(b"<html><p>", Some("image/jpeg"), Some("a.jpg")),
            Err(MediaError::Unsupported { seen: "text/html" })
        );
    }
}

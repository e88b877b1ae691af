//! What the sender says about a file: compared with the content, and made fit to be shown.

use super::error::MediaError;
use super::format::{Family, MediaFormat};

/// Characters of a name that is shown.
pub const MAX_NAME: usize = 100;
/// Characters of a declaration repeated in an error.
const MAX_QUOTED: usize = 60;

/// Content types that say nothing.
const NEUTRAL_TYPES: [&str; 5] =
    ["", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download"];

const TYPES: [(&str, &[Family]); 37] = [
    ("image/jpeg", &[Family::Jpeg]),
    ("image/jpg", &[Family::Jpeg]),
    ("image/pjpeg", &[Family::Jpeg]),
    ("image/png", &[Family::Png]),
    ("image/x-png", &[Family::Png]),
    ("image/webp", &[Family::WebP]),
    ("audio/webm", &[Family::Matroska]),
    ("video/webm", &[Family::Matroska]),
    ("audio/ogg", &[Family::Ogg]),
    ("audio/opus", &[Family::Ogg]),
    ("application/ogg", &[Family::Ogg]),
    ("audio/mp4", &[Family::IsoMedia]),
    ("audio/m4a", &[Family::IsoMedia]),
    ("audio/x-m4a", &[Family::IsoMedia]),
    // Older iOS and Android name an .m4a recording after its codec.
    ("audio/aac", &[Family::IsoMedia]),
    ("audio/mp4a-latm", &[Family::IsoMedia]),
    ("video/mp4", &[Family::IsoMedia]),
    ("video/x-m4v", &[Family::IsoMedia]),
    ("video/quicktime", &[Family::IsoMedia]),
    ("application/mp4", &[Family::IsoMedia]),
    ("audio/mpeg", &[Family::Mp3]),
    ("audio/mp3", &[Family::Mp3]),
    ("audio/x-mp3", &[Family::Mp3]),
    ("audio/wav", &[Family::Wav]),
    ("audio/wave", &[Family::Wav]),
    ("audio/x-wav", &[Family::Wav]),
    ("audio/vnd.wave", &[Family::Wav]),
    ("audio/amr", &[Family::Amr]),
    ("audio/amr-wb", &[Family::Amr]),
    ("application/pdf", &[Family::Pdf]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &[Family::Docx]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &[Family::Xlsx]),
    // WPS Office registers its own types on Android.
    ("application/wps-office.docx", &[Family::Docx]),
    ("application/wps-office.xlsx", &[Family::Xlsx]),
    // Where no office program is installed, the container's type is declared.
    ("application/zip", &[Family::Docx, Family::Xlsx]),
    ("application/x-zip-compressed", &[Family::Docx, Family::Xlsx]),
    ("application/wps-office.pdf", &[Family::Pdf]),
];

const EXTENSIONS: [(&str, Family); 22] = [
    ("jpg", Family::Jpeg),
    ("jpeg", Family::Jpeg),
    ("jpe", Family::Jpeg),
    ("jfif", Family::Jpeg),
    ("png", Family::Png),
    ("webp", Family::WebP),
    ("webm", Family::Matroska),
    ("weba", Family::Matroska),
    ("ogg", Family::Ogg),
    ("oga", Family::Ogg),
    ("opus", Family::Ogg),
    ("mp4", Family::IsoMedia),
    ("m4a", Family::IsoMedia),
    ("m4v", Family::IsoMedia),
    ("mov", Family::IsoMedia),
    ("mp3", Family::Mp3),
    ("wav", Family::Wav),
    ("amr", Family::Amr),
    ("awb", Family::Amr),
    ("pdf", Family::Pdf),
    ("docx", Family::Docx),
    ("xlsx", Family::Xlsx),
];

/// Extensions of formats that are not accepted. A name may end in anything else (`会议.最终版`, `IMG.1`), which claims
/// nothing; these claim something that the content then contradicts.
const FOREIGN_EXTENSIONS: &[&str] = &[
    "htm", "html", "xhtml", "mht", "svg", "svgz", "xml", "js", "mjs", "css", "php", "jsp", "asp", "aspx", "py", "sh",
    "bat", "cmd", "ps1", "vbs", "exe", "dll", "com", "scr", "msi", "apk", "ipa", "jar", "lnk", "iso", "dmg", "zip",
    "rar", "7z", "tar", "gz", "txt", "csv", "md", "json", "rtf", "doc", "dot", "docm", "xls", "xlsm", "xlsb", "ppt",
    "pptx", "pptm", "wps", "et", "dps", "ofd", "odt", "ods", "epub", "gif", "bmp", "tif", "tiff", "heic", "heif",
    "avif", "ico", "psd", "raw", "dng", "aac", "flac", "wma", "mid", "ape", "avi", "mkv", "wmv", "flv", "3gp", "3g2",
    "mpg", "mpeg", "ts", "rm", "rmvb", "swf", "m3u8", "eml", "db", "sqlite",
];

/// Compares what was declared with what the content is. Absent and neutral declarations agree with everything.
///
/// # Errors
/// [`MediaError::Mismatch`] naming the declaration that contradicts.
pub fn agree(format: MediaFormat, content_type: Option<&str>, file_name: Option<&str>) -> Result<(), MediaError> {
    let mismatch = |declared: &str| MediaError::Mismatch {
        declared: declared.chars().filter(|c| is_shown(*c)).take(MAX_QUOTED).collect(),
        actual: format.media_type(),
    };
    if let Some(declared) = content_type {
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !NEUTRAL_TYPES.contains(&essence.as_str()) {
            let known = TYPES.iter().find(|(name, _)| *name == essence);
            if !known.is_some_and(|(_, families)| families.contains(&format.family())) {
                return Err(mismatch(&essence));
            }
        }
    }
    if let Some(extension) = file_name.map(base_name).as_deref().and_then(extension_of)
        && extension_contradicts(format, &extension)
    {
        return Err(mismatch(&format!(".{extension}")));
    }
    Ok(())
}

/// The name to show: last path part only, without control, bidirectional and invisible characters, without
/// characters that file systems refuse, with the extension of `format`, at most [`MAX_NAME`] characters.
/// `None` when nothing is left.
pub fn display_name(file_name: &str, format: MediaFormat) -> Option<String> {
    let name = base_name(file_name);
    let (stem, extension) = match extension_of(&name) {
        Some(extension) if !extension_contradicts(format, &extension) && is_known(&extension) => {
            (stem_of(&name), extension)
        }
        // A re-encoded picture changes its extension; an unknown ending stays part of the name.
        Some(extension) if is_known(&extension) => (stem_of(&name), format.extension().to_owned()),
        _ => (name.as_str(), format.extension().to_owned()),
    };
    let room = MAX_NAME - extension.len() - 1;
    let stem: String = stem.chars().take(room).collect();
    let stem = stem.trim_matches([' ', '.']);
    (!stem.is_empty()).then(|| format!("{stem}.{extension}"))
}

fn extension_contradicts(format: MediaFormat, extension: &str) -> bool {
    match EXTENSIONS.iter().find(|(name, _)| *name == extension) {
        Some((_, family)) => *family != format.family(),
        None => FOREIGN_EXTENSIONS.contains(&extension),
    }
}

fn is_known(extension: &str) -> bool {
    EXTENSIONS.iter().any(|(name, _)| *name == extension)
}

/// The last path part, shown characters only, without the dots and spaces at its ends that Windows drops too.
fn base_name(file_name: &str) -> String {
    let last = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last
        .chars()
        .filter(|c| is_shown(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    shown.trim_matches([' ', '.', '\u{3000}']).to_owned()
}

/// The lower-case ending after the last dot.
fn extension_of(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase())
}

fn stem_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// False for characters that reorder or hide their neighbours: they make `gpj.exe` look like `exe.jpg`.
fn is_shown(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_neutral_and_right_declarations_agree() {
        for declared in [None, Some(""), Some("application/octet-stream"), Some("image/jpeg"), Some("IMAGE/JPG; q=1")] {
            for name in [None, Some("a.jpg"), Some("A.JPEG"), Some("照片"), Some("IMG.2024"), Some("会议.最终版")]
            {
                assert_eq!(agree(MediaFormat::Jpeg, declared, name), Ok(()), "{declared:?} {name:?}");
            }
        }
        for (format, declared, name) in [
            (MediaFormat::WebmAudio, "audio/webm;codecs=opus", "voice.webm"),
            (MediaFormat::WebmAudio, "video/webm", "voice.weba"),
            (MediaFormat::M4a, "video/mp4", "voice.mp4"),
            (MediaFormat::Mov, "video/mp4", "IMG_1.MOV"),
            (MediaFormat::OggOpus, "audio/ogg; codecs=opus", "voice.opus"),
            (MediaFormat::Wav, "audio/x-wav", "voice.wav"),
            (MediaFormat::Docx, "application/zip", "表.docx"),
        ] {
            assert_eq!(agree(format, Some(declared), Some(name)), Ok(()), "{format:?}");
        }
    }

    #[test]
    fn every_format_agrees_with_its_own_names() {
        for format in MediaFormat::ALL {
            let name = format!("x.{}", format.extension());
            assert_eq!(agree(format, Some(format.media_type()), Some(&name)), Ok(()), "{format:?}");
        }
    }

    #[test]
    fn contradictions_are_named() {
        for (declared, name, shown) in [
            (Some("image/png"), None, "image/png"),
            (Some("text/html; charset=utf-8"), None, "text/html"),
            (Some("image/svg+xml"), Some("a.jpg"), "image/svg+xml"),
            (None, Some("a.png"), ".png"),
            (None, Some("a.jpg.HTML"), ".html"),
            (None, Some("a.html. "), ".html"),
            (None, Some("a.ht\u{200b}ml"), ".html"),
            (Some("image/jpeg"), Some("photo.\u{202e}exe"), ".exe"),
            (None, Some("a.docm"), ".docm"),
        ] {
            let expected = MediaError::Mismatch { declared: shown.to_owned(), actual: "image/jpeg" };
            assert_eq!(agree(MediaFormat::Jpeg, declared, name), Err(expected), "{declared:?} {name:?}");
        }
        assert!(agree(MediaFormat::Pdf, Some("application/zip"), None).is_err());
    }

    #[test]
    fn a_long_declaration_is_quoted_short_and_clean() {
        let declared = format!("image/\u{202e}\u{7}{}", "x".repeat(500));
        let Err(MediaError::Mismatch { declared, .. }) = agree(MediaFormat::Jpeg, Some(&declared), None) else {
            panic!("agreed");
        };
        assert_eq!(declared.chars().count(), MAX_QUOTED);
        assert!(declared.starts_with("image/xxx"));
    }

    #[test]
    fn names_are_made_fit_to_show() {
        let shown = |name: &str| display_name(name, MediaFormat::Jpeg);
        assert_eq!(shown("水管 漏水.JPG").as_deref(), Some("水管 漏水.jpg"));
        assert_eq!(shown("photo.jpeg").as_deref(), Some("photo.jpeg"));
        assert_eq!(shown("screenshot.webp").as_deref(), Some("screenshot.jpg"));
        assert_eq!(shown("../../etc/passwd").as_deref(), Some("passwd.jpg"));
        assert_eq!(shown("C:\\Users\\me\\a.jpg").as_deref(), Some("a.jpg"));
        assert_eq!(shown("a\u{202e}gpj\u{0}\r\n<b>.jpg").as_deref(), Some("agpj_b_.jpg"));
        assert_eq!(shown("会议.最终版").as_deref(), Some("会议.最终版.jpg"));
        for nothing in ["", ".", "...", "/", "\u{202e}", " .jpg", ".jpg"] {
            assert!(shown(nothing).is_none_or(|name| name == "jpg.jpg"), "{nothing:?} {:?}", shown(nothing));
        }
        let long = shown(&format!("{}.jpg", "长".repeat(300))).unwrap_or_default();
        assert_eq!(long.chars().count(), MAX_NAME);
        assert!(long.ends_with("长.jpg"));
    }
}

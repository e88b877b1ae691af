//! Tells Word and Excel documents from other ZIP files by their table of contents, without unpacking anything.
//!
//! `infer` looks only at the first entries and misses files of WPS Office and of libraries that order them otherwise.

use super::format::MediaFormat;

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
/// A large workbook has some hundred entries.
const MAX_ENTRIES: usize = 10_000;

/// The office format of a ZIP file; `None` for every other ZIP, for documents with macros, and when bytes follow the
/// archive (something else could hide there).
pub(super) fn office_format(bytes: &[u8]) -> Option<MediaFormat> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let (mut has_types, mut is_word, mut is_excel) = (false, false, false);
    for name in names(bytes)? {
        let name = name.to_ascii_lowercase();
        if name.ends_with(b"vbaproject.bin") {
            return None;
        }
        has_types |= name == b"[content_types].xml";
        // Office 365 sometimes calls the main part document2.xml.
        is_word |= name.starts_with(b"word/document") && name.ends_with(b".xml");
        is_excel |= name.starts_with(b"xl/workbook") && name.ends_with(b".xml");
    }
    match (has_types, is_word, is_excel) {
        (true, true, false) => Some(MediaFormat::Docx),
        (true, false, true) => Some(MediaFormat::Xlsx),
        _ => None,
    }
}

/// Names of the entries in the central directory.
fn names(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let end = end_of_directory(bytes)?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    if count > MAX_ENTRIES {
        return None;
    }
    let mut position = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        let entry = bytes.get(position..end)?;
        if !entry.starts_with(ENTRY) {
            return None;
        }
        let lengths = [28, 30, 32].map(|offset| u16_at(entry, offset).map(usize::from));
        let [Some(name), Some(extra), Some(comment)] = lengths else {
            return None;
        };
        names.push(entry.get(ENTRY_LENGTH..ENTRY_LENGTH + name)?);
        position += ENTRY_LENGTH + name + extra + comment;
    }
    Some(names)
}

/// Where the closing record starts; its comment has to reach exactly to the end of the file.
fn end_of_directory(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|start| {
        bytes[*start..].starts_with(END_OF_DIRECTORY)
            && u16_at(bytes, start + 20).is_some_and(|comment| start + END_LENGTH + usize::from(comment) == bytes.len())
    })
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

/// A stored (uncompressed) ZIP of empty entries with these names, for tests.
#[cfg(test)]
pub(super) fn zip_of(names: &[&str]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let offset = u32::try_from(file.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(&[0; 22]);
        file.extend_from_slice(&length);
        file.extend_from_slice(&[0; 2]);
        file.extend_from_slice(name.as_bytes());
        directory.extend_from_slice(ENTRY);
        directory.extend_from_slice(&[0; 24]);
        directory.extend_from_slice(&length);
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let offset = u32::try_from(file.len()).unwrap();
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    file.extend_from_slice(&directory);
    file.extend_from_slice(END_OF_DIRECTORY);
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&count);
    file.extend_from_slice(&count);
    file.extend_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    file.extend_from_slice(&offset.to_le_bytes());
    file.extend_from_slice(&[0; 2]);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = "[Content_Types].xml";

    #[test]
    fn documents_are_known_in_any_order_of_entries() {
        let word = zip_of(&["docProps/app.xml", "docProps/core.xml", TYPES, "_rels/.rels", "word/document.xml"]);
        assert_eq!(office_format(&word), Some(MediaFormat::Docx));
        assert_eq!(office_format(&zip_of(&[TYPES, "xl/workbook.xml"])), Some(MediaFormat::Xlsx));
    }

    #[test]
    fn other_archives_macros_and_hidden_tails_are_not_documents() {
        for names in [
            &["a.txt"][..],
            &["word/document.xml"],
            &[TYPES, "ppt/presentation.xml"],
            &[TYPES, "word/document.xml", "xl/workbook.xml"],
            &[TYPES, "word/document.xml", "word/vbaProject.bin"],
            &[TYPES, "xl/workbook.bin"],
            &[],
        ] {
            assert_eq!(office_format(&zip_of(names)), None, "{names:?}");
        }
        let whole = zip_of(&[TYPES, "word/document.xml"]);
        assert_eq!(office_format(&[&whole[..], b"<script>"].concat()), None);
        assert_eq!(office_format(&[b"#!/bin/sh\n", &whole[..]].concat()), None);
        for length in 0..whole.len() {
            assert_eq!(office_format(&whole[..length]), None, "cut to {length}");
        }
    }
}

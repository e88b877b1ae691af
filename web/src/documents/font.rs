//! The font of PDF files. Word and Excel bring their own; a PDF carries the part of a font that it uses.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use krilla::text::Font;
use parking_lot::RwLock;
use skrifa::instance::{LocationRef, Size};
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider as _};

use super::layout::Measure;

/// Where systems keep fonts that hold Chinese, the better looking in print first.
const USUAL_PLACES: [&str; 14] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-serif-cjk-fonts/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/source-han-serif/SourceHanSerifSC-Regular.otf",
    "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
    "/usr/share/fonts/adobe-source-han-serif/SourceHanSerifSC-Regular.otf",
    "/usr/share/fonts/adobe-source-han-sans/SourceHanSansSC-Regular.otf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
];
/// Fonts of a collection that are looked at.
const MAX_FONTS: u32 = 32;
/// What a font must hold to be of use.
const NEEDED: &str = "会议纪要，。（）《》、0123456789";

/// Finds the font when it is first needed.
pub struct Fonts {
    configured: Option<PathBuf>,
    found: OnceLock<Typeface>,
}

impl Fonts {
    /// The font in this file; when nothing is said, one in the usual places.
    pub fn new(configured: Option<PathBuf>) -> Self {
        Self { configured, found: OnceLock::new() }
    }

    /// The font; nothing when there is none. Reads a file the first time.
    pub fn get(&self) -> Option<&Typeface> {
        if let Some(found) = self.found.get() {
            return Some(found);
        }
        let typeface = match &self.configured {
            Some(path) => Typeface::read(path),
            None => USUAL_PLACES.iter().find_map(|path| Typeface::read(Path::new(path))),
        };
        let Some(typeface) = typeface else {
            tracing::warn!(documents.font = ?self.configured, "there is no font for PDF files");
            return None;
        };
        Some(self.found.get_or_init(|| typeface))
    }
}

/// A character of a font: its glyph, and how far it moves on in parts of the font's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Character {
    pub glyph: u32,
    pub advance: f32,
}

/// A font that holds Chinese.
pub struct Typeface {
    /// As it is taken into files.
    pub font: Font,
    data: Arc<Vec<u8>>,
    index: u32,
    known: RwLock<HashMap<char, Character>>,
}

impl Typeface {
    /// The font of a file, of a collection the one for simplified Chinese; nothing when it holds no Chinese.
    fn read(path: &Path) -> Option<Self> {
        let data = Arc::new(std::fs::read(path).ok()?);
        let index = simplified(&data);
        let font = Font::new(Arc::clone(&data).into(), index)?;
        let typeface = Self { font, data, index, known: RwLock::default() };
        typeface.characters(NEEDED).iter().all(|character| character.glyph != 0).then_some(typeface)
    }

    /// The characters of a text; what the font does not have is an empty box.
    pub fn characters(&self, text: &str) -> Vec<Character> {
        {
            let known = self.known.read();
            let all: Option<Vec<Character>> = text.chars().map(|c| known.get(&c).copied()).collect();
            if let Some(all) = all {
                return all;
            }
        }
        let Ok(font) = FontRef::from_index(&self.data, self.index) else { return Vec::new() };
        let (glyphs, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
        let mut known = self.known.write();
        let look = |c: char| {
            let glyph = glyphs.map(c).unwrap_or_default();
            Character { glyph: glyph.to_u32(), advance: metrics.advance_width(glyph).unwrap_or(1.0) }
        };
        text.chars().map(|c| *known.entry(c).or_insert_with(|| look(c))).collect()
    }
}

impl Measure for Typeface {
    fn widths(&self, text: &str) -> Vec<f32> {
        self.characters(text).iter().map(|character| character.advance).collect()
    }
}

/// Which font of a collection is the one for simplified Chinese; the first when none says so.
fn simplified(data: &[u8]) -> u32 {
    let is = |index: &u32| {
        FontRef::from_index(data, *index).is_ok_and(|font| {
            font.localized_strings(StringId::FAMILY_NAME).any(|name| {
                let name = name.to_string();
                name.ends_with(" SC") || name.contains(" SC ") || name.contains("CJK SC")
            })
        })
    };
    (0..MAX_FONTS).find(is).unwrap_or_default()
}

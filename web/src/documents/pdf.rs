//! Papers as PDF.

use chrono::{Datelike as _, Timelike as _};
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use lianxin_domain::calendar_day::local_time;
use lianxin_domain::clock::Timestamp;

use super::Paper;
use super::font::Typeface;
use super::layout::{Mark, PAGE, pages};

/// A paper that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("a PDF file cannot be written: {0}")]
pub struct PdfError(String);

/// The paper as PDF.
///
/// # Errors
/// [`PdfError`] when the font cannot be taken into it.
pub fn pdf(paper: &Paper, typeface: &Typeface) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new();
    let metadata = Metadata::new().title(paper.title.clone()).language("zh-CN".to_owned());
    let metadata = match date_of(paper.made_at) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    };
    document.set_metadata(metadata.producer("lianxin".to_owned()));
    for marks in pages(paper, typeface) {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| PdfError("page".to_owned()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in &marks {
            draw(&mut surface, mark, typeface);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| PdfError(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, typeface: &Typeface) {
    match mark {
        Mark::Text { x, y, size, text } => {
            fill(surface, 0);
            let characters = text.char_indices().zip(typeface.characters(text));
            let glyphs: Vec<KrillaGlyph> = characters
                .map(|((at, c), character)| {
                    let range = at..at + c.len_utf8();
                    KrillaGlyph::new(GlyphId::new(character.glyph), character.advance, 0.0, 0.0, 0.0, range, None)
                })
                .collect();
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, typeface.font.clone(), text, *size, false);
        }
        Mark::Line { from, to } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            let paint = luma::Color::new(90).into();
            surface.set_stroke(Some(Stroke { paint, width: 0.5, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Ground { x, y, width, height } => {
            fill(surface, 240);
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill(surface: &mut Surface<'_>, grey: u8) {
    surface.set_stroke(None);
    let paint = luma::Color::new(grey).into();
    surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, ..Fill::default() }));
}

fn date_of(at: Timestamp) -> Option<DateTime> {
    let local = local_time(at)?;
    let byte = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = DateTime::new(u16::try_from(local.year()).ok()?).month(byte(local.month())).day(byte(local.day()));
    let date = date.hour(byte(local.hour())).minute(byte(local.minute())).second(byte(local.second()));
    Some(date.utc_offset_hour(8).utc_offset_minute(0))
}

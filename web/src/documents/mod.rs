//! Papers that people print, sign and put away: what stands on them, and how they become Word, PDF and Excel files.
//!
//! The same paper always gives the same bytes: no clock, no chance and no order of a hash map goes into a file.

mod docx;
mod font;
mod layout;
mod minutes;
mod pdf;
mod xlsx;

pub use self::docx::docx;
pub use self::font::{Fonts, Typeface};
pub use self::minutes::{Readers, paper_of_minutes, sheets_of_minutes};
pub use self::pdf::pdf;
pub use self::xlsx::xlsx;

use lianxin_domain::calendar_day::local_time;
use lianxin_domain::clock::Timestamp;

/// A paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// What stands above it.
    pub title: String,
    /// What stands below the title.
    pub subtitle: String,
    /// What stands at the foot of each page, a line each; the number of the page is added.
    pub footer: Vec<String>,
    /// The time that its file says it was made at.
    pub made_at: Timestamp,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a paper.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// What goes together: one fact in a row, or two beside one another.
    Facts(Vec<Vec<(&'static str, String)>>),
    /// Paragraphs, a line each.
    Text(String),
    /// A table whose head is repeated on each page.
    Table(Table),
    /// Lines to sign on, each behind its words.
    Signatures(Vec<&'static str>),
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The head, each with its share of the width.
    pub columns: Vec<(&'static str, u16)>,
    /// The rows, each in the order of the columns.
    pub rows: Vec<Vec<String>>,
}

/// Date and time in China, to the minute; empty beyond the calendar.
fn moment(at: Timestamp) -> String {
    local_time(at).map(|time| time.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

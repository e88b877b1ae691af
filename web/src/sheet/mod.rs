//! Workbooks that people fill in and take away: what a sheet's columns are, reading one safely, writing one.
//!
//! A workbook comes from outside: it is bounded before anything is unpacked into memory, read cell by cell, and never
//! believed about its own size. Nothing in what is written can be taken for a formula.

mod cell;
mod read;
mod report;
mod write;

pub use self::cell::{day, words};
pub use self::read::{Rows, SheetError, SheetRow, read};
pub use self::report::{Sheet, Value, report, workbook_of};
pub use self::write::{export, template};

/// Rows of a sheet, the head not counted (domain.md 16.6).
pub const MAX_ROWS: usize = 5_000;
/// The sheet that explains, which is not read.
pub const NOTES: &str = "说明";

/// A column of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The field.
    pub code: &'static str,
    /// What stands in the head.
    pub title: &'static str,
    /// Every row has it.
    pub required: bool,
    /// What people choose from; empty: whatever they write.
    pub choices: &'static [&'static str],
    /// What the explaining sheet says.
    pub note: &'static str,
    /// Characters.
    pub width: u8,
}

/// A column that people fill in freely.
pub const fn column(code: &'static str, title: &'static str, required: bool, note: &'static str, width: u8) -> Column {
    Column { code, title, required, choices: &[], note, width }
}

/// The same with what people choose from.
pub const fn choice(column: Column, choices: &'static [&'static str]) -> Column {
    Column { choices, ..column }
}

/// One cell that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct CellProblem {
    /// As the sheet numbers its rows: the head is 1.
    pub row: u32,
    /// The title of the column.
    pub column: String,
    /// Stable.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// Chinese, for people.
    pub message: String,
}

impl CellProblem {
    /// A problem of the column of a field; of the whole row when there is no such column.
    pub fn new(columns: &[Column], row: u32, field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let title = columns.iter().find(|column| column.code == field).map_or("", |column| column.title);
        Self { row, column: title.to_owned(), code, message: message.into() }
    }
}

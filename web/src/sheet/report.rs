//! Writing workbooks of figures: numbers stay numbers, so that people can add them up and sort by them.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::cell::guarded;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words; none are taken for a formula.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A fraction, shown in percent; nothing when there is none.
    Rate(Option<f64>),
    /// A number with a fraction; nothing when there is none.
    Fraction(Option<f64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// A sheet of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What stands on its tab.
    pub name: &'static str,
    /// What stands in its head, with the width in characters.
    pub columns: Vec<(&'static str, u8)>,
    /// The rows, each in the order of the columns.
    pub rows: Vec<Vec<Value>>,
}

/// A workbook of these sheets.
///
/// # Errors
/// When the workbook cannot be written.
pub fn report(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    workbook_of(sheets)?.save_to_buffer()
}

/// A workbook of these sheets, not yet written.
///
/// # Errors
/// When something does not fit into a sheet.
pub fn workbook_of(sheets: &[Sheet]) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    for sheet in sheets {
        write(workbook.add_worksheet(), sheet)?;
    }
    Ok(workbook)
}

fn write(worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let (bold, percent) = (Format::new().set_bold(), Format::new().set_num_format("0.0%"));
    worksheet.set_name(sheet.name)?.set_freeze_panes(1, 0)?;
    for (place, (title, width)) in (0_u16..).zip(&sheet.columns) {
        worksheet.set_column_width(place, f64::from(*width))?;
        worksheet.write_string_with_format(0, place, *title, &bold)?;
    }
    for (row, values) in (1_u32..).zip(&sheet.rows) {
        for (place, value) in (0_u16..).zip(values) {
            match value {
                Value::Text(text) if text.is_empty() => {}
                Value::Text(text) => {
                    worksheet.write_string(row, place, guarded(text))?;
                }
                // Excel's numbers are floating; counts stay far below where that is inexact.
                Value::Number(number) => {
                    worksheet.write_number(row, place, *number as f64)?;
                }
                Value::Rate(Some(rate)) => {
                    worksheet.write_number_with_format(row, place, *rate, &percent)?;
                }
                Value::Fraction(Some(number)) => {
                    worksheet.write_number(row, place, *number)?;
                }
                Value::Rate(None) | Value::Fraction(None) => {}
            }
        }
    }
    Ok(())
}

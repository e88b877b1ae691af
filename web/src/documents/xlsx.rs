//! Workbooks that are the same whenever they are made.

use lianxin_domain::clock::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, XlsxError};

use crate::sheet::{Sheet, workbook_of};

/// A workbook of these sheets that says it was made at `made_at`.
///
/// # Errors
/// When the workbook cannot be written.
pub fn xlsx(sheets: &[Sheet], title: &str, made_at: Timestamp) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook_of(sheets)?;
    let made = ExcelDateTime::from_timestamp(made_at.millis() / 1_000)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&made));
    workbook.save_to_buffer()
}

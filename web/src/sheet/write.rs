//! Writing workbooks: templates to fill in, and exports.

use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::cell::guarded;
use super::{Column, MAX_ROWS, NOTES};

/// An empty sheet with its head, choices to pick from, and a sheet that explains.
///
/// # Errors
/// When the workbook cannot be written.
pub fn template(name: &str, columns: &[Column]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    head(sheet, columns, true)?;
    let last = u32::try_from(MAX_ROWS).unwrap_or(u32::MAX);
    for (place, column) in (0_u16..).zip(columns) {
        if !column.choices.is_empty() {
            let choice = DataValidation::new().allow_list_strings(column.choices)?;
            sheet.add_data_validation(1, place, last, place, &choice)?;
        }
    }
    let notes = workbook.add_worksheet();
    notes.set_name(NOTES)?;
    notes.set_column_width(0, 18)?.set_column_width(1, 8)?.set_column_width(2, 80)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (place, title) in (0_u16..).zip(["列", "必填", "填写说明"]) {
        notes.write_string_with_format(0, place, title, &bold())?;
    }
    for (row, column) in (1_u32..).zip(columns) {
        notes.write_string(row, 0, column.title)?;
        notes.write_string(row, 1, if column.required { "是" } else { "" })?;
        let choices = if column.choices.is_empty() {
            String::new()
        } else {
            format!("可选：{}。", column.choices.join("、"))
        };
        notes.write_string_with_format(row, 2, format!("{choices}{}", column.note), &wrapped)?;
    }
    let below = u32::try_from(columns.len()).unwrap_or_default() + 2;
    notes.write_string(
        below,
        0,
        format!("一次最多 {MAX_ROWS} 行、5 MB。有一处错误时全部不导入，请按提示改正后重新导入。"),
    )?;
    workbook.save_to_buffer()
}

/// A sheet with rows, each value in the order of `columns`.
///
/// # Errors
/// When the workbook cannot be written.
pub fn export(name: &str, columns: &[Column], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    head(sheet, columns, false)?;
    for (row, values) in (1_u32..).zip(rows) {
        for (place, value) in (0_u16..).zip(values) {
            if !value.is_empty() {
                sheet.write_string(row, place, guarded(value))?;
            }
        }
    }
    workbook.save_to_buffer()
}

/// The first row, and columns whose cells are text: a telephone number must not become 1.38E+10.
fn head(sheet: &mut Worksheet, columns: &[Column], starred: bool) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@");
    for (place, column) in (0_u16..).zip(columns) {
        sheet.set_column_format(place, &text)?.set_column_width(place, f64::from(column.width))?;
        let star = if starred && column.required { "*" } else { "" };
        sheet.write_string_with_format(0, place, format!("{}{star}", column.title), &bold())?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn bold() -> Format {
    Format::new().set_bold()
}

//! Reading a workbook that somebody sent.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};

use super::cell::unguarded;
use super::{CellProblem, Column, MAX_ROWS, NOTES};

/// Bytes of everything in the workbook, unpacked: 5,000 rows of all columns are some five million.
const MAX_UNPACKED: u64 = 32 * 1024 * 1024;
/// Files in the workbook; one of three sheets has some fifteen.
const MAX_FILES: usize = 200;
/// Columns of the sheet, empty ones not counted.
const MAX_COLUMNS: u32 = 50;
/// Characters of a cell that are read; no field takes so many.
const MAX_CHARS: usize = 2_000;

/// Why a workbook is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetError {
    /// Not a workbook of the kind `.xlsx`.
    NotXlsx,
    /// It has macros.
    Macros,
    /// Unpacked it would fill the memory.
    TooLarge,
    /// More than [`MAX_ROWS`] rows.
    TooManyRows,
    /// More than fifty columns.
    TooManyColumns,
    /// No row below the head.
    Empty,
}

impl SheetError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotXlsx => "sheet.not_xlsx",
            Self::Macros => "sheet.macros",
            Self::TooLarge => "sheet.too_large",
            Self::TooManyRows => "sheet.too_many_rows",
            Self::TooManyColumns => "sheet.too_many_columns",
            Self::Empty => "sheet.empty",
        }
    }

    /// What to tell people, in Chinese.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotXlsx => "请上传 .xlsx 格式的 Excel 文件",
            Self::Macros => "文件含有宏，请另存为不带宏的 .xlsx 文件",
            Self::TooLarge => "文件内容过大，请只保留模板中的数据",
            Self::TooManyRows => "一次最多导入 5000 行，请分批导入",
            Self::TooManyColumns => "列数过多，请使用模板填写",
            Self::Empty => "表格里没有数据",
        }
    }
}

/// A row of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// As the sheet numbers its rows: the head is 1.
    pub number: u32,
    cells: BTreeMap<&'static str, String>,
}

impl SheetRow {
    /// The text of a column, trimmed; empty when there is none.
    pub fn text(&self, code: &str) -> &str {
        self.cells.get(code).map_or("", String::as_str)
    }
}

/// A sheet's rows, or what is wrong with its head.
pub type Rows = Result<Vec<SheetRow>, Vec<CellProblem>>;

/// Reads the first sheet that does not explain. Its head names the columns, in any order.
///
/// # Errors
/// [`SheetError`] when it is not read at all.
pub fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Rows, SheetError> {
    check_archive(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| SheetError::NotXlsx)?;
    let name = workbook.sheet_names().into_iter().find(|name| name != NOTES).ok_or(SheetError::Empty)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|_| SheetError::NotXlsx)?;
    let mut sheet = Sheet { columns, places: BTreeMap::new(), rows: BTreeMap::new(), problems: Vec::new() };
    while let Some(cell) = cells.next_cell().map_err(|_| SheetError::NotXlsx)? {
        let (row, column) = cell.get_position();
        sheet.take(row, column, &text_of(cell.get_value()))?;
    }
    sheet.finish()
}

/// Unpacks everything into nothing, to know how much it is: what the archive says of its own sizes may be a lie.
fn check_archive(bytes: &[u8]) -> Result<(), SheetError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::NotXlsx)?;
    if archive.len() > MAX_FILES {
        return Err(SheetError::TooLarge);
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| SheetError::NotXlsx)?;
        let name = file.name().map_err(|_| SheetError::NotXlsx)?;
        if name.to_ascii_lowercase().ends_with("vbaproject.bin") {
            return Err(SheetError::Macros);
        }
        let unpacked =
            std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| SheetError::NotXlsx)?;
        left = left.checked_sub(unpacked).ok_or(SheetError::TooLarge)?;
    }
    Ok(())
}

/// A cell as text; an error of Excel's as nothing that any field takes.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(time) => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Error(error) => format!("#{error}"),
        DataRef::Empty => String::new(),
    }
}

/// Telephone numbers that somebody's Excel took for numbers come back with all digits.
fn number_text(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT { format!("{number:.0}") } else { number.to_string() }
}

struct Sheet {
    columns: &'static [Column],
    /// Which column of ours stands where.
    places: BTreeMap<u32, &'static Column>,
    rows: BTreeMap<u32, BTreeMap<&'static str, String>>,
    problems: Vec<CellProblem>,
}

impl Sheet {
    fn take(&mut self, row: u32, column: u32, text: &str) -> Result<(), SheetError> {
        let text = unguarded(text.trim()).trim();
        if text.is_empty() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            return Err(SheetError::TooManyColumns);
        }
        if row == 0 {
            self.head(column, text);
            return Ok(());
        }
        let Some(place) = self.places.get(&column) else { return Ok(()) };
        let text = text.chars().take(MAX_CHARS).collect();
        self.rows.entry(row).or_default().insert(place.code, text);
        if self.rows.len() > MAX_ROWS { Err(SheetError::TooManyRows) } else { Ok(()) }
    }

    /// A title, with or without the star of what is required.
    fn head(&mut self, place: u32, text: &str) {
        let title = text.trim_end_matches(['*', '＊']).trim();
        let known = self.columns.iter().find(|column| column.title == title);
        let problem = match known {
            Some(column) if self.places.values().any(|other| other.code == column.code) => {
                Some(("sheet.column_repeated", "这一列重复了".to_owned()))
            }
            Some(column) => {
                self.places.insert(place, column);
                None
            }
            None => Some(("sheet.column_unknown", "不认识的列，请使用模板填写".to_owned())),
        };
        if let Some((code, message)) = problem {
            let shown: String = title.chars().take(50).collect();
            self.problems.push(CellProblem { row: 1, column: shown, code, message });
        }
    }

    fn finish(mut self) -> Result<Rows, SheetError> {
        let missing =
            self.columns.iter().filter(|column| column.required && !self.places.values().any(|known| known == column));
        let missing =
            missing.map(|column| CellProblem::new(self.columns, 1, column.code, "sheet.column_missing", "缺少这一列"));
        self.problems.extend(missing.collect::<Vec<_>>());
        if !self.problems.is_empty() {
            return Ok(Err(self.problems));
        }
        if self.rows.is_empty() {
            return Err(SheetError::Empty);
        }
        Ok(Ok(self.rows.into_iter().map(|(row, cells)| SheetRow { number: row + 1, cells }).collect()))
    }
}

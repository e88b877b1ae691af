//! Workbooks as people fill them in, and what an import says of them.

use std::io::Cursor;

use awc::http::Method;
use calamine::{Data, Reader as _, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use super::{Person, Reply, text};

/// Media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook of text cells.
pub fn workbook(head: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, title) in (0..).zip(head) {
        sheet.write_string(0, column, *title).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A row.
pub fn cells(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Sends a workbook as people's browsers do.
pub async fn send(person: &Person, path: &str, content: &[u8], key: Option<&str>) -> Reply {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\nContent-Type: ";
    let body = [head.as_bytes(), XLSX.as_bytes(), b"\r\n\r\n", content, b"\r\n--b--\r\n"].concat();
    let mut headers = vec![("Content-Type", "multipart/form-data; boundary=b")];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    person.send(Method::POST, path, Some(body), &headers).await
}

/// Row, column and code of everything that is wrong.
pub fn errors(reply: &Reply) -> Vec<(u64, String, String)> {
    let all = reply.expect(200)["errors"].as_array().unwrap();
    let one = |error: &Value| (error["row"].as_u64().unwrap(), text(&error["column"]), text(&error["code"]));
    assert!(all.iter().all(|error| error["message"].as_str().is_some_and(|words| !words.is_empty())));
    all.iter().map(one).collect()
}

/// All cells of a sheet.
pub fn sheet_of(bytes: &[u8], index: usize) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[index].clone();
    let range = book.worksheet_range(&name).unwrap();
    let cell = |cell: &Data| cell.to_string();
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

//! Rows of any table as lines of JSON, one array of values per row, and back.

use std::path::Path;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, Row as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::hashed::{HashedFile, at};
use super::{BackupError, ColumnEntry, FileEntry, TableEntry};
use crate::dialect::Dialect;
use crate::error::StorageError;
use crate::table::{Cell, MAX_ROWS};

/// Not rows of ours: what made the tables, and the log's head, which the manifest has.
const APART: [&str; 2] = ["migrations", "log_head"];
/// The first of these that a table has is its key, by which its rows are ordered.
const KEYS: [&str; 2] = ["id", "seq"];

/// A table's name and columns.
pub(super) struct Shape {
    pub(super) name: String,
    columns: Vec<ColumnEntry>,
}

impl Shape {
    pub(super) fn into_entry(self, rows: u64) -> TableEntry {
        let columns = self.columns;
        TableEntry { columns, rows }
    }

    /// As a manifest has it.
    pub(super) fn of_entry(name: &str, entry: &TableEntry) -> Self {
        Self { name: name.to_owned(), columns: entry.columns.clone() }
    }

    pub(super) fn is_of(&self, entry: &TableEntry) -> bool {
        self.columns == entry.columns
    }

    fn column_list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }
}

/// All our tables in the order of their names, columns too.
pub(super) async fn shapes(connection: &mut AnyConnection, dialect: Dialect) -> Result<Vec<Shape>, BackupError> {
    let tables = connection.fetch_all(dialect.list_tables()).await?;
    let mut shapes: Vec<Shape> = Vec::new();
    for row in tables {
        let name: String = row.try_get("name")?;
        if !APART.contains(&name.as_str()) {
            let columns = Vec::new();
            shapes.push(Shape { name, columns });
        }
    }
    for row in connection.fetch_all(dialect.list_columns()).await? {
        let table: String = row.try_get("table_name")?;
        if let Some(shape) = shapes.iter_mut().find(|shape| shape.name == table) {
            shape.columns.push(ColumnEntry { name: row.try_get("column_name")?, kind: row.try_get("kind")? });
        }
    }
    Ok(shapes)
}

/// Writes all rows of a table; answers how many, and what the file is.
pub(super) async fn dump(
    moment: &mut AnyConnection,
    shape: &Shape,
    path: &Path,
) -> Result<(u64, FileEntry), BackupError> {
    let has = |key: &&&str| shape.columns.iter().any(|column| column.name == **key);
    let key = KEYS.iter().find(has).ok_or_else(|| {
        let text = format!("table {} has no key that backups know", shape.name);
        StorageError::Unsuitable(text)
    })?;
    let sql = format!("SELECT {} FROM {} ORDER BY {key}", shape.column_list(), shape.name);
    let mut file = HashedFile::create(path).await?;
    let mut count = 0;
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        file.line(&line(&row, shape)?).await?;
        count += 1;
    }
    Ok((count, file.finish().await?))
}

fn line(row: &AnyRow, shape: &Shape) -> Result<String, BackupError> {
    let values: Result<Vec<Value>, StorageError> = shape
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            Ok(match column.kind.as_str() {
                "text" => Value::from(row.try_get::<Option<String>, _>(index)?),
                "bigint" => Value::from(row.try_get::<Option<i64>, _>(index)?),
                // As text: the shortest digits that give the same bits again, which JSON readers do not promise.
                "double precision" => {
                    Value::from(row.try_get::<Option<f64>, _>(index)?.map(|real| format!("{real:?}")))
                }
                _ => return Err(unknown_kind(shape, column)),
            })
        })
        .collect();
    Ok(Value::Array(values?).to_string())
}

fn unknown_kind(shape: &Shape, column: &ColumnEntry) -> StorageError {
    StorageError::Unsuitable(format!(
        "column {}.{} is of type {}, which backups do not know",
        shape.name, column.name, column.kind
    ))
}

/// Whether the table holds anything.
pub(super) async fn is_empty(connection: &mut AnyConnection, table: &str) -> Result<bool, BackupError> {
    let sql = format!("SELECT 1 FROM {table} LIMIT 1");
    Ok(sqlx::query(AssertSqlSafe(sql)).fetch_optional(connection).await?.is_none())
}

/// Inserts all rows of a file; answers how many.
pub(super) async fn load(connection: &mut AnyConnection, shape: &Shape, path: &Path) -> Result<u64, BackupError> {
    let file = tokio::fs::File::open(path).await.map_err(at(path))?;
    let mut lines = BufReader::new(file).lines();
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(MAX_ROWS);
    let mut count = 0;
    while let Some(line) = lines.next_line().await.map_err(at(path))? {
        count += 1;
        let row = cells(&line, shape).ok_or_else(|| {
            let text = format!("{}: line {count} is not a row of its table", path.display());
            BackupError::Refused(text)
        })?;
        rows.push(row);
        if rows.len() == MAX_ROWS {
            insert(connection, shape, &rows).await?;
            rows.clear();
        }
    }
    if !rows.is_empty() {
        insert(connection, shape, &rows).await?;
    }
    Ok(count)
}

fn cells(line: &str, shape: &Shape) -> Option<Vec<Cell>> {
    let Ok(Value::Array(values)) = serde_json::from_str(line) else {
        return None;
    };
    if values.len() != shape.columns.len() {
        return None;
    }
    let cells = values.into_iter().zip(&shape.columns).map(|(value, column)| {
        Some(match (column.kind.as_str(), value) {
            ("text", Value::String(text)) => Cell::Text(Some(text)),
            ("text", Value::Null) => Cell::Text(None),
            ("bigint", Value::Number(number)) => Cell::Int(Some(number.as_i64()?)),
            ("bigint", Value::Null) => Cell::Int(None),
            ("double precision", Value::String(real)) => Cell::Real(Some(real.parse().ok()?)),
            ("double precision", Value::Null) => Cell::Real(None),
            _ => return None,
        })
    });
    cells.collect()
}

async fn insert(connection: &mut AnyConnection, shape: &Shape, rows: &[Vec<Cell>]) -> Result<(), BackupError> {
    let mut number = 0;
    let values: Vec<String> = rows
        .iter()
        .map(|_| {
            let cells: Vec<String> = shape
                .columns
                .iter()
                .map(|column| {
                    number += 1;
                    // Kinds are the names of types on both databases; the cast tells PostgreSQL the type of a NULL.
                    format!("CAST(${number} AS {})", column.kind)
                })
                .collect();
            format!("({})", cells.join(", "))
        })
        .collect();
    let sql = format!("INSERT INTO {} ({}) VALUES {}", shape.name, shape.column_list(), values.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for cell in rows.iter().flatten() {
        query = cell.bind(query);
    }
    query.execute(connection).await?;
    Ok(())
}

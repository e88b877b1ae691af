//! Tables as data, so that rows of many changes merge into few statements (architecture §3).
//!
//! A [`Table`] names its columns once; the statements are made from it, with their row counts rounded to powers of
//! two so that a handful of prepared statements serves every batch size.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_domain::clock::Timestamp;
use parking_lot::Mutex;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use crate::dialect::Dialect;

/// Rows in one statement at most: 64 rows of 38 columns stay far below SQLite's 32,766 parameters.
pub const MAX_ROWS: usize = 64;

/// What a column holds; times, flags and numbers are all [`ColumnType::Int`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// TEXT
    Text,
    /// BIGINT
    Int,
    /// DOUBLE PRECISION
    Real,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
}

/// A table with a key of one column. `fixed` columns are written once, `mutable` ones by every update.
///
/// The order of a [`Row`] is: key, then `version` if `versioned`, then `fixed`, then `mutable`.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The key, nearly always [`ID`].
    pub key: Column,
    /// Whether writes are guarded by a `version` column.
    pub versioned: bool,
    /// Columns that never change after the insert.
    pub fixed: &'static [Column],
    /// Columns that updates rewrite.
    pub mutable: &'static [Column],
}

/// A text column.
pub const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Text }
}

/// A number, time or flag.
pub const fn int(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Int }
}

/// A floating-point number.
pub const fn real(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Real }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// TEXT
    Text(Option<String>),
    /// BIGINT
    Int(Option<i64>),
    /// DOUBLE PRECISION
    Real(Option<f64>),
}

/// The values of one row, in the order of its table.
pub type Row = Vec<Cell>;

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}
impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}
impl From<Option<String>> for Cell {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}
impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}
impl From<Option<i64>> for Cell {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}
impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}
impl From<Timestamp> for Cell {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.millis()))
    }
}
impl From<Option<Timestamp>> for Cell {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(Timestamp::millis))
    }
}
impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        Self::Real(value)
    }
}

impl Cell {
    /// Binds the value to the next placeholder.
    pub fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        match self {
            Self::Text(value) => query.bind(value.clone()),
            Self::Int(value) => query.bind(*value),
            Self::Real(Some(value)) => query.bind(*value),
            // sqlx 0.9.0 has the two mixed up: it declares a missing f64 to PostgreSQL as a float4, after which the same
            // prepared statement takes no float8. The conformance suite notices when that changes.
            Self::Real(None) => query.bind(None::<f32>),
        }
    }
}

/// The key of nearly all tables.
pub const ID: Column = text("id");
const VERSION: Column = int("version");

impl Table {
    /// All columns in the order of a [`Row`].
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        std::iter::once(self.key)
            .chain(self.versioned.then_some(VERSION))
            .chain(self.fixed.iter().copied())
            .chain(self.mutable.iter().copied())
    }

    /// The column list of a SELECT.
    pub fn select_list(&self) -> String {
        self.columns().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// The statements that batches are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// New rows; a row whose key or unique value exists is not returned.
    Insert,
    /// New rows or, where the key exists, all other columns anew.
    Put,
    /// As [`Put`](Self::Put), but a row whose second column is greater stays as it is and is not returned.
    Raise,
    /// Mutable columns of rows whose version is the expected one; the others are not returned.
    Update,
    /// The rows that are there, each with its version, locked against writers until the commit.
    Require,
    /// Rows go; those that were not there are not returned.
    Delete,
    /// Rows go whose key lies between the two parameters.
    Clear,
    /// Rows whose `grid_path` lies between the last two parameters get the first as its beginning, instead of the second.
    Relocate,
    /// Adds to the (integer) mutable columns; a missing row starts from zero.
    Add,
}

/// Table, operation, rows.
type StatementKey = (&'static str, Operation, usize);

/// Makes and keeps the statements' texts of one database.
#[derive(Debug)]
pub struct StatementTexts {
    dialect: Dialect,
    made: Mutex<HashMap<StatementKey, Arc<str>>>,
}

impl StatementTexts {
    /// For a database of this kind.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, made: Mutex::default() }
    }

    /// The statement for `rows` rows.
    pub fn get(&self, table: &'static Table, operation: Operation, rows: usize) -> AssertSqlSafe<Arc<str>> {
        let mut made = self.made.lock();
        let text = made
            .entry((table.name, operation, rows))
            .or_insert_with(|| make(self.dialect, table, operation, rows).into());
        AssertSqlSafe(Arc::clone(text))
    }
}

/// How many of `left` rows the next statement takes: the largest power of two that fits.
pub const fn next_chunk(left: usize) -> usize {
    if left >= MAX_ROWS { MAX_ROWS } else { 1 << left.ilog2() }
}

fn make(dialect: Dialect, table: &Table, operation: Operation, rows: usize) -> String {
    let name = table.name;
    let key = table.key.name;
    let columns: Vec<Column> = table.columns().collect();
    match operation {
        Operation::Insert => {
            let values = values(dialect, &columns, rows);
            format!(
                "INSERT INTO {name} ({}) VALUES {values} ON CONFLICT DO NOTHING RETURNING {key}",
                table.select_list()
            )
        }
        Operation::Put | Operation::Raise => {
            let values = values(dialect, &columns, rows);
            let set: Vec<String> =
                columns[1..].iter().map(|column| format!("{0} = excluded.{0}", column.name)).collect();
            let only = columns
                .get(1)
                .filter(|_| operation == Operation::Raise)
                .map(|column| format!(" WHERE {name}.{0} <= excluded.{0}", column.name));
            format!(
                "INSERT INTO {name} ({}) VALUES {values} ON CONFLICT ({key}) DO UPDATE SET {}{} RETURNING {key}",
                table.select_list(),
                set.join(", "),
                only.unwrap_or_default()
            )
        }
        Operation::Update => {
            // c.column1 is the key, column2 the expected version, then the mutable columns; both databases name the
            // columns of a VALUES list so.
            let set: Vec<String> = table
                .mutable
                .iter()
                .enumerate()
                .map(|(index, column)| format!("{} = c.column{}", column.name, index + 4))
                .collect();
            let changed: Vec<Column> =
                [table.key, VERSION, VERSION].into_iter().chain(table.mutable.iter().copied()).collect();
            format!(
                "UPDATE {name} SET version = c.column3, {} FROM (VALUES {}) AS c \
                 WHERE {name}.{key} = c.column1 AND {name}.version = c.column2 RETURNING {name}.{key}",
                set.join(", "),
                values(dialect, &changed, rows)
            )
        }
        Operation::Delete => {
            let keys: Vec<String> = (1..=rows).map(|number| dialect.parameter(number, table.key.kind)).collect();
            format!("DELETE FROM {name} WHERE {key} IN ({}) RETURNING {key}", keys.join(", "))
        }
        Operation::Require => {
            let keys: Vec<String> = (1..=rows).map(|number| dialect.parameter(number, table.key.kind)).collect();
            let lock = dialect.share_lock();
            format!("SELECT {key}, version FROM {name} WHERE {key} IN ({}) ORDER BY {key}{lock}", keys.join(", "))
        }
        Operation::Clear => {
            let (from, until) = (dialect.parameter(1, table.key.kind), dialect.parameter(2, table.key.kind));
            format!("DELETE FROM {name} WHERE {key} >= {from} AND {key} < {until}")
        }
        Operation::Relocate => {
            let path = |number| dialect.parameter(number, table.key.kind);
            format!(
                "UPDATE {name} SET grid_path = {} || SUBSTR(grid_path, LENGTH({}) + 1) \
                 WHERE grid_path >= {} AND grid_path < {}",
                path(1),
                path(2),
                path(3),
                path(4),
            )
        }
        Operation::Add => {
            let values = values(dialect, &columns, rows);
            let set: Vec<String> =
                table.mutable.iter().map(|column| format!("{0} = {name}.{0} + excluded.{0}", column.name)).collect();
            format!(
                "INSERT INTO {name} ({}) VALUES {values} ON CONFLICT ({key}) DO UPDATE SET {} RETURNING {key}",
                table.select_list(),
                set.join(", ")
            )
        }
    }
}

/// `(?, ?), (…)`, each a parameter of the column's type.
fn values(dialect: Dialect, columns: &[Column], rows: usize) -> String {
    let mut number = 0;
    let rows: Vec<String> = (0..rows)
        .map(|_| {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| {
                    number += 1;
                    dialect.parameter(number, column.kind)
                })
                .collect();
            format!("({})", cells.join(", "))
        })
        .collect();
    rows.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_powers_of_two() {
        let mut left = 203;
        let mut chunks = Vec::new();
        while left > 0 {
            let chunk = next_chunk(left);
            chunks.push(chunk);
            left -= chunk;
        }
        assert_eq!(chunks, [64, 64, 64, 8, 2, 1]);
    }

    #[test]
    fn an_update_states_the_version_it_was_decided_on() {
        static T: Table =
            Table { name: "t", key: ID, versioned: true, fixed: &[text("a")], mutable: &[int("b"), real("c")] };
        assert_eq!(
            make(Dialect::Postgres, &T, Operation::Update, 1),
            "UPDATE t SET version = c.column3, b = c.column4, c = c.column5 FROM (VALUES (CAST($1 AS TEXT), \
             CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS DOUBLE PRECISION))) AS c \
             WHERE t.id = c.column1 AND t.version = c.column2 RETURNING t.id"
        );
        assert!(make(Dialect::Sqlite, &T, Operation::Update, 2).contains("(VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?))"));
    }
}

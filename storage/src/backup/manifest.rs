//! What a backup says of itself.

use std::collections::BTreeMap;

use lianxin_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// Grows when an older program could not read the folder any more.
pub(super) const FORMAT: u32 = 1;

/// The content of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the folder's form.
    pub format: u32,
    /// When the backup was made.
    pub created_at: Timestamp,
    /// The migrations that made the tables.
    pub migrations: Vec<String>,
    /// Where the log stood.
    pub log: LogState,
    /// The tables by name.
    pub tables: BTreeMap<String, TableEntry>,
    /// All other files of the folder, by their path in it.
    pub files: BTreeMap<String, FileEntry>,
}

/// Where the log stood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogState {
    /// Number of its last event.
    pub head: u64,
    /// Its name. A restored log gets a new one: what happened after the backup is not in it, and clients that saw it
    /// must start anew.
    pub epoch: String,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// Its columns in the order of the values in each row.
    pub columns: Vec<ColumnEntry>,
    /// How many rows.
    pub rows: u64,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnEntry {
    /// Its name.
    pub name: String,
    /// `text`, `bigint` or `double precision`.
    pub kind: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its length.
    pub bytes: u64,
    /// Its hash, 64 hex digits.
    pub sha256: String,
}

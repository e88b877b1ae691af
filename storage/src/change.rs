//! A [`Change`]: everything that one decision does to the database, committed as a whole or not at all.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::{NewEvent, Subject};
use lianxin_domain::ids::{AccountId, RequestId};
use lianxin_domain::tree::TreePath;
use serde_json::Value;

use crate::table::{Row, Table};

/// One row's part of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new row; refused when its key or a unique value exists.
    Insert(&'static Table, Row),
    /// A new row that is owed once: when its key exists, nothing happens and nothing is refused.
    InsertOnce(&'static Table, Row),
    /// A row as it should be, whether it exists or not.
    Put(&'static Table, Row),
    /// A row as it should be, unless it exists with a greater first value after its key: then it stays as it is. Whoever
    /// writes what only moves forward may come late.
    Raise(&'static Table, Row),
    /// New values of a row's mutable columns; refused when its version is not `expected`.
    Update {
        /// Which table.
        table: &'static Table,
        /// Which row.
        key: String,
        /// The version it was decided on.
        expected: u32,
        /// The version it gets.
        next: u32,
        /// The mutable columns in the table's order.
        values: Row,
    },
    /// A row stays as it is until the commit: refused when its version is not this one. Changes that need the same row so
    /// do not wait for one another, only for one that writes it.
    Require {
        /// Which table.
        table: &'static Table,
        /// Which row.
        key: String,
        /// The version it was decided on.
        version: u32,
    },
    /// A row goes, if it is there.
    Delete(&'static Table, String),
    /// All rows go whose key begins so.
    Clear(&'static Table, String),
    /// The rows of a grid and of all below it follow it: their `grid_path` begins with another path from now on. They keep
    /// their versions; nobody decides on where they lie.
    Relocate {
        /// Which table; it has a `grid_path`.
        table: &'static Table,
        /// Where the grid was.
        from: TreePath,
        /// Where it is now.
        to: TreePath,
    },
    /// Adds to a row's integer columns; neighbours that add to the same row are summed.
    Add(&'static Table, String, Vec<i64>),
}

impl Write {
    /// The row that this writes; two changes that write the same row keep their order.
    pub fn row_key(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Insert(table, row)
            | Self::InsertOnce(table, row)
            | Self::Put(table, row)
            | Self::Raise(table, row) => key_of(row).map(|key| (table.name, key)),
            Self::Update { table, key, .. } | Self::Delete(table, key) => Some((table.name, key)),
            // Additions commute, and what lies below a grid goes with it whoever wrote it. What a row is required to be is no
            // writing; whole parts of a table go when nobody can write there any more.
            Self::Add(..) | Self::Require { .. } | Self::Clear(..) | Self::Relocate { .. } => None,
        }
    }

    /// The row that this needs as it is.
    pub fn required(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Require { table, key, .. } => Some((table.name, key)),
            _ => None,
        }
    }
}

/// The key of a row.
pub fn key_of(row: &Row) -> Option<&str> {
    match row.first() {
        Some(crate::table::Cell::Text(Some(key))) => Some(key),
        _ => None,
    }
}

/// Who changed what, field by field.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// `ticket.accept`, `grid.rotate_code` …
    pub action: &'static str,
    /// What it was done to.
    pub subject: Subject,
    /// `{"field": [before, after]}`.
    pub changes: Value,
}

/// The right to do a request once, and the answer that a repetition gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// Account or device, and the caller's key.
    pub key: IdempotencyKey,
    /// Hash of the request: the same key with another request is an error.
    pub request_hash: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub body: String,
}

/// Whose key it is, and the key; unique together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key that `owner` (an account's or device's id) sent.
    pub fn new(owner: impl std::fmt::Display, key: &str) -> Self {
        Self(format!("{owner}|{key}"))
    }

    /// The key of the `number`th part of a request that is committed in parts.
    #[must_use]
    pub fn part(&self, number: usize) -> Self {
        Self(format!("{}|{number}", self.0))
    }

    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything that one decision does.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When it was decided.
    pub at: Timestamp,
    /// Who decided; nobody for the system itself.
    pub by: Option<AccountId>,
    /// The request that caused it.
    pub request_id: Option<RequestId>,
    /// Rows.
    pub writes: Vec<Write>,
    /// Events, in order.
    pub events: Vec<NewEvent>,
    /// What the audit trail says of it.
    pub audit: Option<AuditEntry>,
    /// The right to do it, when the caller asked for that.
    pub idempotency: Option<IdempotencyClaim>,
}

impl Change {
    /// A change without content yet.
    pub fn new(at: Timestamp, by: Option<AccountId>, request_id: Option<RequestId>) -> Self {
        Self { at, by, request_id, writes: Vec::new(), events: Vec::new(), audit: None, idempotency: None }
    }

    /// Adds a row's write.
    pub fn write(&mut self, write: Write) -> &mut Self {
        self.writes.push(write);
        self
    }

    /// Adds an event by the change's own author, time and request.
    pub fn event(&mut self, kind: &'static str, subject: Subject, data: Value) -> &mut NewEvent {
        self.events.push(NewEvent {
            kind,
            subject,
            at: self.at,
            by: self.by,
            grid_path: None,
            audience: Vec::new(),
            data,
            request_id: self.request_id,
        });
        let last = self.events.len() - 1;
        &mut self.events[last]
    }

    /// States what the audit trail says of it.
    pub fn audited(&mut self, action: &'static str, subject: Subject, changes: Value) -> &mut Self {
        self.audit = Some(AuditEntry { action, subject, changes });
        self
    }
}

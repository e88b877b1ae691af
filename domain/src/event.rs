//! Events: what happened, in the one order of the log. Everything live and every timeline is made of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{AccountId, RequestId};
use crate::tree::TreePath;

/// The thing an event happened to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// `ticket`, `grid`, `account`, `session` …
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl Subject {
    /// The subject of `kind` with `id`.
    pub fn new(kind: &str, id: impl ToString) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string() }
    }
}

/// An event that is about to be committed; the journal gives it its number.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// `ticket.accepted` and the like (live-api.md).
    pub kind: &'static str,
    /// What it happened to.
    pub subject: Subject,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who did it; nobody for the system itself.
    pub by: Option<AccountId>,
    /// Where in the grid tree: subscribers of this grid and of those above receive it.
    pub grid_path: Option<TreePath>,
    /// Accounts that receive it in their inbox topic.
    pub audience: Vec<AccountId>,
    /// The facts; enough to replay the state.
    pub data: Value,
    /// The request that caused it.
    pub request_id: Option<RequestId>,
}

/// A committed event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: commit order, without gaps.
    pub seq: u64,
    /// `ticket.accepted` and the like.
    pub kind: String,
    /// What it happened to.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Option<AccountId>,
    /// Where in the grid tree.
    pub grid_path: Option<TreePath>,
    /// Accounts that receive it in their inbox topic.
    pub audience: Vec<AccountId>,
    /// The facts.
    pub data: Value,
    /// The request that caused it.
    pub request_id: Option<RequestId>,
}

impl NewEvent {
    /// This event with its number in the log.
    pub fn numbered(self, seq: u64) -> Event {
        Event {
            seq,
            kind: self.kind.to_owned(),
            subject: self.subject,
            at: self.at,
            by: self.by,
            grid_path: self.grid_path,
            audience: self.audience,
            data: self.data,
            request_id: self.request_id,
        }
    }
}

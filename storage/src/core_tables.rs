//! The tables that every change may touch beside its own rows.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AuditId;

use crate::change::{AuditEntry, Change, IdempotencyClaim, Write};
use crate::table::{ID, Table, int, text};

pub(crate) static IDEMPOTENCY: Table = Table {
    name: "idempotency",
    key: ID,
    versioned: false,
    fixed: &[text("request_hash"), int("status"), text("body"), int("seq"), int("created_at")],
    mutable: &[],
};

pub(crate) static AUDIT: Table = Table {
    name: "audit",
    key: ID,
    versioned: false,
    fixed: &[
        int("at"),
        text("by_account"),
        text("action"),
        text("subject_kind"),
        text("subject_id"),
        text("changes"),
        text("request_id"),
    ],
    mutable: &[],
};

pub(crate) static DEADLINES: Table = Table {
    name: "deadlines",
    key: ID,
    versioned: false,
    fixed: &[text("kind"), text("subject_id"), int("due_at")],
    mutable: &[],
};

/// The write that claims an idempotency key; `seq` is the number of the change's last event.
pub(crate) fn idempotency_write(claim: &IdempotencyClaim, seq: u64, at: Timestamp) -> Write {
    let row = vec![
        claim.key.as_str().into(),
        claim.request_hash.as_str().into(),
        i64::from(claim.status).into(),
        claim.body.as_str().into(),
        crate::log::signed(seq).into(),
        at.into(),
    ];
    Write::Insert(&IDEMPOTENCY, row)
}

/// The write that records who changed what.
pub(crate) fn audit_write(id: AuditId, entry: &AuditEntry, change: &Change) -> Write {
    let row = vec![
        id.to_string().into(),
        change.at.into(),
        change.by.map(|account| account.to_string()).into(),
        entry.action.into(),
        entry.subject.kind.as_str().into(),
        entry.subject.id.as_str().into(),
        entry.changes.to_string().into(),
        change.request_id.map(|id| id.to_string()).into(),
    ];
    Write::InsertOnce(&AUDIT, row)
}

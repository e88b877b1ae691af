//! Commands to actors: what whoever asked gets back.

use lianxin_domain::problem::Refusal;
use lianxin_storage::change::{IdempotencyClaim, IdempotencyKey};
use lianxin_storage::journal::CommitError;
use tokio::sync::oneshot;

/// The answer to a command, made from what it leads to before that is committed, so that it can be stored with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// A command that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Number of its last event.
    pub seq: u64,
    /// What the caller is told.
    pub answer: Answer,
}

/// Why a command was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A rule said no; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used before.
    #[error("the idempotency key was used before")]
    Repeated,
    /// Too much is waiting, or the database is away.
    #[error("not available now")]
    Unavailable,
    /// A defect of ours; logged where it happened.
    #[error("the command failed")]
    Failed,
}

pub(crate) type Reply = oneshot::Sender<Result<Done, CommandError>>;

impl From<&CommitError> for CommandError {
    fn from(error: &CommitError) -> Self {
        match error {
            CommitError::Repeated => Self::Repeated,
            CommitError::Stale { table: "attachments", .. } => {
                Refusal::conflict("attachment.in_use", "文件已用于另一条记录，请重新上传").into()
            }
            CommitError::Unavailable | CommitError::Stale { .. } => Self::Unavailable,
            CommitError::Exists { .. } | CommitError::Failed => Self::Failed,
        }
    }
}

/// The right to do a command once, with the answer that a repetition gets.
pub(crate) fn claim_of(idempotency: &Option<(IdempotencyKey, String)>, answer: &Answer) -> Option<IdempotencyClaim> {
    idempotency.as_ref().map(|(key, request_hash)| IdempotencyClaim {
        key: key.clone(),
        request_hash: request_hash.clone(),
        status: answer.status,
        body: answer.body.clone(),
    })
}

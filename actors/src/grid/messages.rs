//! What a grid's actor is told and asked. Callers use [`super::GridActors`], not these.

use std::sync::Arc;

use actix::Message;
use lianxin_domain::access::{Caller, Standing};
use lianxin_domain::board::{BoardEvent, BoardFigures, BoardUpdate, OpenPoint};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AttachmentId, RequestId, TicketId};
use lianxin_domain::ticket::{Command, NewTicket, Ticket};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::IdempotencyKey;
use tokio::sync::oneshot;
use tracing::Span;

use super::task::Outcome;
use crate::command::Answer;
use crate::command::Reply;

/// Makes the answer from the ticket and the caller's standing to it.
pub type MakeAnswer = Arc<dyn Fn(&Ticket, &Standing) -> Answer + Send + Sync>;

/// Who asks, and under which request.
#[derive(Clone)]
pub struct Origin {
    /// The person.
    pub caller: Arc<Caller>,
    /// The request.
    pub request_id: RequestId,
    /// The caller's idempotency key and the hash of the request.
    pub idempotency: Option<(IdempotencyKey, String)>,
    /// How the answer is made.
    pub answer: MakeAnswer,
}

/// Send a request to this grid.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Submit {
    pub(super) new: NewTicket,
    pub(super) origin: Origin,
    /// What logs and traces say of where it came from.
    pub(super) span: Span,
    pub(super) reply: Reply,
}

/// Do something with a ticket of this grid.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Act {
    pub(super) ticket_id: TicketId,
    pub(super) command: Command,
    pub(super) origin: Origin,
    /// Fresh files that become the ticket's.
    pub(super) files: Vec<AttachmentId>,
    /// How often it was decided on an old version.
    pub(super) stale: u8,
    /// What logs and traces say of where it came from.
    pub(super) span: Span,
    pub(super) reply: Reply,
}

/// The clock of one of this grid's tickets asks for something.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Expire {
    pub(super) ticket_id: TicketId,
    /// When the limit ended, by the table.
    pub(super) limit: Option<Timestamp>,
    /// What became of it.
    pub(super) done: oneshot::Sender<Outcome>,
}

/// Why all open tickets are looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Other service levels or another calendar.
    RulesChanged,
    /// Other people serve or lead this grid or one above.
    PeopleChanged,
}

impl Why {
    /// The audit trail's word for what follows.
    pub(super) const fn audit_action(self) -> &'static str {
        match self {
            Self::RulesChanged => "ticket.rules_changed",
            Self::PeopleChanged => "ticket.level_vacant",
        }
    }
}

/// Look at the open tickets again, those behind `after`.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct LookAgain {
    pub(super) why: Why,
    pub(super) after: Option<TicketId>,
}

/// Committed events of this grid's subtree, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Follow(pub(super) Vec<Arc<BoardUpdate>>);

/// The grid, of which nothing was ever asked, lies here now.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Place(pub(super) TreePath);

/// Read the board.
#[derive(Message)]
#[rtype(result = "BoardReading")]
pub(super) struct ReadBoard {
    /// With open points and feed.
    pub(super) whole: bool,
}

/// A board as it stood at one number of the log.
#[derive(Debug, Clone)]
pub struct BoardReading {
    /// That number.
    pub as_of: u64,
    /// The figures.
    pub figures: BoardFigures,
    /// Open tickets, newest first, when asked for.
    pub open: Vec<Arc<OpenPoint>>,
    /// Newest events, when asked for.
    pub feed: Vec<Arc<BoardEvent>>,
}

//! What is done with a ticket, for people and by itself, and what became of it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ticket::{DecisionContext, Ticket, TicketEvent};
use tokio::sync::oneshot;
use tracing::Span;

use super::actor::answer;
use super::messages::Act;
use crate::command::{Answer, CommandError, Done};

/// Decisions on an old version before giving up: another node is faster again and again.
pub(super) const MAX_STALE: u8 = 3;

/// How a ticket decides by itself.
pub(super) type DecideAlone = fn(&Ticket, &DecisionContext<'_>, Timestamp) -> Vec<TicketEvent>;

/// Something that is to be done with a ticket.
pub(super) enum Task {
    /// A person's command.
    Act(Act),
    /// What the ticket decides without anybody asking.
    Alone(Alone),
}

/// What a ticket decides without anybody asking.
pub(super) struct Alone {
    /// What follows, if anything does.
    pub(super) decide: DecideAlone,
    /// The audit trail's word for it.
    pub(super) action: &'static str,
    /// The limit that the table says is over.
    pub(super) limit: Option<Timestamp>,
    /// How often it was decided on an old version.
    pub(super) stale: u8,
    /// Who waits for it.
    pub(super) done: oneshot::Sender<Outcome>,
}

/// What became of what a ticket decided alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It took effect or proved void.
    Done,
    /// It has to be tried again: too much is waiting, or the database is away.
    Again,
    /// A defect of ours; logged where it happened.
    Failed,
}

impl Task {
    /// What logs and traces say of where it came from.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Act(act) => act.span.clone(),
            Self::Alone(_) => Span::none(),
        }
    }

    /// Whether it is about a limit that `ticket`, as it is known here, does not have.
    pub(super) fn is_of_another_limit(&self, ticket: &Ticket) -> bool {
        match self {
            Self::Act(_) => false,
            Self::Alone(alone) => alone.limit.is_some_and(|limit| ticket.next_timer() != Some(limit)),
        }
    }

    /// The ticket is read for it now, so that nothing can be newer.
    pub(super) fn on_what_is_stored(self) -> Self {
        match self {
            Self::Act(_) => self,
            Self::Alone(alone) => Self::Alone(Alone { limit: None, ..alone }),
        }
    }

    pub(super) fn done(self, seq: u64, made: Option<Answer>) {
        match (self, made) {
            (Self::Act(act), Some(made)) => answer(act.reply, Ok(Done { seq, answer: made })),
            (task, _) => _ = task.void(),
        }
    }

    /// Nothing follows from it; it is not under way.
    pub(super) fn void(self) -> bool {
        match self {
            // A command that is not refused has events.
            Self::Act(act) => answer(act.reply, Err(CommandError::Failed)),
            Self::Alone(alone) => alone.told(Outcome::Done),
        }
        false
    }

    /// It was not done; it is not under way.
    pub(super) fn fail(self, error: CommandError) -> bool {
        match self {
            Self::Act(act) => answer(act.reply, Err(error)),
            Self::Alone(alone) => alone.told(match error {
                CommandError::Unavailable => Outcome::Again,
                // Of a ticket that is not there nothing is left to be done.
                CommandError::Refused(_) => Outcome::Done,
                CommandError::Repeated | CommandError::Failed => Outcome::Failed,
            }),
        }
        false
    }

    /// To be decided anew.
    pub(super) fn tried_again(mut self) -> Self {
        match &mut self {
            Self::Act(act) => act.stale += 1,
            Self::Alone(alone) => alone.stale += 1,
        }
        self
    }

    /// How often it was decided on an old version.
    pub(super) const fn tries(&self) -> u8 {
        match self {
            Self::Act(act) => act.stale,
            Self::Alone(alone) => alone.stale,
        }
    }
}

impl Alone {
    pub(super) fn told(self, outcome: Outcome) {
        // The clock may have stopped listening; what was done stays done.
        let _ = self.done.send(outcome);
    }
}

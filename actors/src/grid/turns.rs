//! One thing at a time happens to a ticket: the next is decided on what the last one left, committed.
//!
//! A version number says how often a ticket changed, not what became of it. A decision on a state that another node's
//! commit then prevented would find the number it expects all the same, and undo that commit.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::{DecisionContext, Ticket, TicketEvent};
use tokio::sync::oneshot;

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

/// The tickets at which something is under way, and what waits for each of them.
#[derive(Default)]
pub(super) struct Turns(HashMap<TicketId, VecDeque<Task>>);

impl Turns {
    /// Something new begins that nothing else can have begun before.
    pub(super) fn begin(&mut self, id: TicketId) {
        self.0.entry(id).or_default();
    }

    /// Gives `task` back when it may begin now; otherwise it waits for its turn.
    pub(super) fn take(&mut self, id: TicketId, task: Task) -> Option<Task> {
        match self.0.entry(id) {
            Entry::Occupied(mut waiting) => {
                waiting.get_mut().push_back(task);
                None
            }
            Entry::Vacant(free) => {
                free.insert(VecDeque::new());
                Some(task)
            }
        }
    }

    /// What comes next at a ticket; nothing: nothing is under way there any more.
    pub(super) fn next(&mut self, id: TicketId) -> Option<Task> {
        let task = self.0.get_mut(&id)?.pop_front();
        if task.is_none() {
            self.0.remove(&id);
        }
        task
    }

    /// How much waits for its turn at a ticket.
    pub(super) fn waiting(&self, id: TicketId) -> usize {
        self.0.get(&id).map_or(0, VecDeque::len)
    }
}

//! What follows from a request, from somebody's command, and from the clock, by the domain's rules and this moment's
//! picture of grids, people and limits. Nothing is written here.

use std::sync::Arc;

use lianxin_domain::access::Caller;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::{AttachmentId, GridId};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::ticket::{Command, DecisionContext, NewTicket, Party, SubmitContext, Ticket};
use lianxin_storage::journal::Journal;
use lianxin_storage::tickets::Tickets;
use tokio::sync::Semaphore;

use super::change::{Decided, audit_action};
use super::task::DecideAlone;
use super::{GridDependencies, TicketIndex};
use crate::command::CommandError;
use crate::directory::{Directories, GridEntry};
use crate::dispatch::Dispatch;
use crate::rulebook::Rulebook;

/// Grids that look at their tickets again at a time: two batches of the journal, so that people's commands wait no longer
/// than for those.
const LOOKING_AT_ONCE: usize = 8;

/// What all grids' actors share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) journal: Journal,
    pub(super) tickets: Tickets,
    pub(super) directories: Directories,
    pub(super) kinds: Arc<KindSet>,
    pub(super) rulebook: Rulebook,
    pub(super) dispatch: Dispatch,
    pub(super) index: Arc<TicketIndex>,
    /// Who may look at all tickets again now.
    pub(super) looking: Arc<Semaphore>,
}

impl From<GridDependencies> for Shared {
    fn from(dependencies: GridDependencies) -> Self {
        let GridDependencies { clock, journal, tickets, directories, kinds, rulebook, dispatch, catch_up: _ } =
            dependencies;
        let index = Arc::<TicketIndex>::default();
        let looking = Arc::new(Semaphore::new(LOOKING_AT_ONCE));
        Self { clock, journal, tickets, directories, kinds, rulebook, dispatch, index, looking }
    }
}

impl Shared {
    fn entry(&self, grid_id: GridId) -> Option<Arc<GridEntry>> {
        self.directories.current().get(grid_id).cloned()
    }

    /// A request that `caller` sends to a grid at `now`.
    pub(super) fn decide_submit(
        &self,
        grid_id: GridId,
        new: NewTicket,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Decided, CommandError> {
        let entry = self.entry(grid_id).ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?;
        let rules = self.rulebook.current();
        let context = SubmitContext {
            grid_id,
            grid_path: &entry.grid.path,
            grid_status: entry.grid.status,
            profile_complete: caller.profile_complete,
            decision: DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people },
        };
        let files = new.attachments.iter().map(|file| file.id).collect();
        let (sent, mut events) = Ticket::submit(new, &context, now)?;
        let further = events.split_off(1);
        let mut steps: Vec<_> = events.into_iter().map(|event| (event, sent.clone())).collect();
        steps.extend(Decided::steps_of(&sent, further, now));
        Ok(Decided { before: None, steps, by_rules: 0, files, action: "ticket.submit", at: now, entry })
    }

    /// What `caller` does with a ticket at `now`; `files` become the ticket's.
    pub(super) fn decide_act(
        &self,
        ticket: &Ticket,
        command: &Command,
        files: Vec<AttachmentId>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Decided, CommandError> {
        let entry = self.entry(ticket.grid_id).ok_or_else(not_found)?;
        let party = Party {
            person: PersonRef { id: caller.account_id, name: caller.name.clone() },
            standing: caller.standing(&ticket.place()),
        };
        let rules = self.rulebook.current();
        let context = DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people };
        // What the clock asks for by now comes first: a limit that passed has passed, even if the person was faster than
        // the tick.
        let mut steps = Decided::steps_of(ticket, ticket.decide_time(&context, now), now);
        let by_rules = steps.len();
        let current = steps.last().map_or(ticket, |(_, after)| after).clone();
        let events = current.decide(command, &party, &context, now)?;
        steps.extend(Decided::steps_of(&current, events, now));
        let action = audit_action(command.action());
        Ok(Decided { before: Some(ticket.clone()), steps, by_rules, files, action, at: now, entry })
    }

    /// What a ticket decides at `now` without anybody asking; nothing: nothing is asked for.
    pub(super) fn decide_alone(
        &self,
        ticket: &Ticket,
        decide: DecideAlone,
        action: &'static str,
        now: Timestamp,
    ) -> Option<Decided> {
        let entry = self.entry(ticket.grid_id)?;
        let rules = self.rulebook.current();
        let context = DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people };
        let events = decide(ticket, &context, now);
        if events.is_empty() {
            return None;
        }
        let steps = Decided::steps_of(ticket, events, now);
        let files = Vec::new();
        Some(Decided { before: Some(ticket.clone()), steps, by_rules: 0, files, action, at: now, entry })
    }
}

pub(super) fn not_found() -> Refusal {
    Refusal::not_found("ticket.not_found", "没有找到这件诉求")
}

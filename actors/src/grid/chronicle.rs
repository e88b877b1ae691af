//! A past that is written down instead of lived through. The same rules decide on the same tickets and tell the same people
//! as in a grid's actor ([`Shared`]), step by step in the order of time. But nobody waits for a commit between two steps of
//! a ticket, and a ticket's row, its time limit and its counters are written once, as they are in the end: a tenth of the
//! writing. Meant for a database that nobody else works on yet; `lianxin check` finds the log and the tables to agree.

use std::collections::{BTreeSet, HashMap};

use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{GridId, RequestId, TicketId};
use lianxin_domain::ticket::{Command, NewTicket, Ticket};
use lianxin_storage::change::{Change, Write};

use super::GridDependencies;
use super::change::{Decided, told};
use super::decision::{Shared, not_found};
use crate::command::CommandError;

/// The tickets of a past that is being told.
pub struct Chronicle {
    shared: Shared,
    tickets: HashMap<TicketId, Ticket>,
    /// When each ticket's clock asks for something next.
    timers: BTreeSet<(Timestamp, TicketId)>,
}

impl Chronicle {
    /// Without any ticket yet, on what actors stand on; the changes are for the caller to commit, in their order.
    pub fn new(dependencies: GridDependencies) -> Self {
        Self { shared: dependencies.into(), tickets: HashMap::new(), timers: BTreeSet::new() }
    }

    /// How many tickets there are.
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// The ticket as it is by now.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// `caller` sends a request to a grid at `now`.
    ///
    /// # Errors
    /// [`CommandError::Refused`] as the actor would.
    pub fn submit(
        &mut self,
        grid_id: GridId,
        new: NewTicket,
        (caller, request_id): (&Caller, RequestId),
        now: Timestamp,
    ) -> Result<Change, CommandError> {
        let decided = self.shared.decide_submit(grid_id, new, caller, now)?;
        Ok(self.take(&decided, Some((caller, request_id))))
    }

    /// `caller` does something with a ticket at `now`.
    ///
    /// # Errors
    /// [`CommandError::Refused`] as the actor would.
    pub fn act(
        &mut self,
        id: TicketId,
        command: &Command,
        (caller, request_id): (&Caller, RequestId),
        now: Timestamp,
    ) -> Result<Change, CommandError> {
        let ticket = self.tickets.get(&id).ok_or_else(not_found)?;
        let decided = self.shared.decide_act(ticket, command, Vec::new(), caller, now)?;
        Ok(self.take(&decided, Some((caller, request_id))))
    }

    /// The next thing that a ticket's clock asks for up to `until`, at its time; nothing when there is none.
    pub fn pass(&mut self, until: Timestamp) -> Option<Change> {
        loop {
            let (at, id) = self.timers.first().copied().filter(|(at, _)| *at <= until)?;
            let ticket = self.tickets.get(&id)?;
            match self.shared.decide_alone(ticket, Ticket::decide_time, "ticket.time", at) {
                Some(decided) => return Some(self.take(&decided, None)),
                // Nothing follows, now or later, as long as nobody does anything with it.
                None => _ = self.timers.remove(&(at, id)),
            }
        }
    }

    /// The rows of all tickets as they are by now, in the order of their ids: to be committed behind everything that was
    /// told of them, once.
    pub fn rows(self) -> impl Iterator<Item = Vec<Write>> {
        let mut tickets: Vec<Ticket> = self.tickets.into_values().collect();
        tickets.sort_unstable_by_key(|ticket| ticket.id);
        let stored = self.shared.tickets;
        tickets.into_iter().map(move |ticket| stored.writes(None, &ticket))
    }

    fn take(&mut self, decided: &Decided, by: Option<(&Caller, RequestId)>) -> Change {
        if let Some(before) = &decided.before
            && let Some(at) = before.next_timer()
        {
            self.timers.remove(&(at, before.id));
        }
        if let Some(after) = decided.after() {
            self.timers.extend(after.next_timer().map(|at| (at, after.id)));
            self.tickets.insert(after.id, after.clone());
        }
        told(&self.shared, decided, by)
    }
}

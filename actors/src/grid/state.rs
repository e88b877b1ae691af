//! What a grid's actor knows: the tickets it decides on, and the board of its subtree. No actor, no I/O.

use std::collections::HashMap;

use lianxin_domain::board::Board;
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::Ticket;

/// Finished tickets kept for the steps that usually follow soon (rating); older ones are read again when needed.
const FINISHED_KEPT: usize = 512;

/// The state of one grid.
#[derive(Debug)]
pub(super) struct GridState {
    tickets: HashMap<TicketId, Ticket>,
    finished: Vec<TicketId>,
    pub(super) board: Board,
}

impl GridState {
    pub(super) fn new(board: Board, open: impl IntoIterator<Item = Ticket>) -> Self {
        Self { tickets: open.into_iter().map(|ticket| (ticket.id, ticket)).collect(), finished: Vec::new(), board }
    }

    /// The ticket as this node last knew it, tentative steps included.
    pub(super) fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// Up to `limit` open tickets behind `after`, in their order.
    pub(super) fn open_after(&self, after: Option<TicketId>, limit: usize) -> Vec<TicketId> {
        let open = self.tickets.values().filter(|ticket| ticket.state_name().is_open()).map(|ticket| ticket.id);
        let mut ids: Vec<TicketId> = open.filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        ids
    }

    /// Takes over a ticket's new state, decided or read.
    pub(super) fn put(&mut self, ticket: Ticket) {
        let id = ticket.id;
        let open = ticket.state_name().is_open();
        self.tickets.insert(id, ticket);
        if !open {
            self.finished.push(id);
            self.forget_old();
        }
    }

    /// Forgets a ticket whose state here cannot be trusted any more; it is read again when it is needed.
    pub(super) fn forget(&mut self, id: TicketId) {
        self.tickets.remove(&id);
    }

    /// Somebody else (another node) brought the ticket to `version`: what is older here is forgotten.
    pub(super) fn outdated_by(&mut self, id: TicketId, version: u32) {
        if self.tickets.get(&id).is_some_and(|ticket| ticket.version < version) {
            self.forget(id);
        }
    }

    fn forget_old(&mut self) {
        if self.finished.len() < 2 * FINISHED_KEPT {
            return;
        }
        for id in self.finished.drain(..FINISHED_KEPT) {
            if self.tickets.get(&id).is_some_and(|ticket| !ticket.state_name().is_open()) {
                self.tickets.remove(&id);
            }
        }
    }
}

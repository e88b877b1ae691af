//! What a grid's actor knows: the tickets it decides on, and the board of its subtree. No actor, no I/O.

use std::collections::{BTreeSet, HashMap};

use lianxin_domain::board::Board;
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::Ticket;

/// Finished tickets kept for the steps that usually follow soon (rating); older ones are read again when needed.
const FINISHED_KEPT: usize = 512;

/// The state of one grid.
#[derive(Debug)]
pub struct GridState {
    tickets: HashMap<TicketId, Ticket>,
    /// Open tickets that have to be read: another node's, or such as cannot be trusted any more.
    unread: BTreeSet<TicketId>,
    finished: Vec<TicketId>,
    /// The board of its subtree.
    pub board: Board,
}

impl GridState {
    /// With `open` tickets.
    pub fn new(board: Board, open: impl IntoIterator<Item = Ticket>) -> Self {
        let tickets = open.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        Self { tickets, unread: BTreeSet::new(), finished: Vec::new(), board }
    }

    /// The ticket as this node last knew it.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// Up to `limit` open tickets behind `after`, in their order.
    pub fn open_after(&self, after: Option<TicketId>, limit: usize) -> Vec<TicketId> {
        let open = self.tickets.values().filter(|ticket| ticket.state_name().is_open()).map(|ticket| ticket.id);
        let all = open.chain(self.unread.iter().copied());
        let mut ids: Vec<TicketId> = all.filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        ids
    }

    /// Takes over a ticket as it is stored.
    pub fn put(&mut self, ticket: Ticket) {
        let id = ticket.id;
        let open = ticket.state_name().is_open();
        self.unread.remove(&id);
        self.tickets.insert(id, ticket);
        if !open {
            self.finished.push(id);
            self.forget_old();
        }
    }

    /// A ticket that will be stored in a moment.
    pub fn expect(&mut self, id: TicketId) {
        self.unread.insert(id);
    }

    /// There is no such ticket.
    pub fn gone(&mut self, id: TicketId) {
        self.unread.remove(&id);
    }

    /// Forgets a ticket whose state here cannot be trusted any more; it is read again when it is needed.
    pub fn forget(&mut self, id: TicketId) {
        if self.tickets.remove(&id).is_some_and(|ticket| ticket.state_name().is_open()) {
            self.unread.insert(id);
        }
    }

    /// The log says that the ticket is at `version`; what is older here is forgotten.
    pub fn heard(&mut self, id: TicketId, version: u32, open: bool) {
        if self.tickets.get(&id).is_some_and(|ticket| ticket.version >= version) {
            return;
        }
        self.tickets.remove(&id);
        if open {
            self.unread.insert(id);
        } else {
            self.unread.remove(&id);
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

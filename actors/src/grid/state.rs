//! What a grid's actor knows: the tickets it decides on, and the board of its subtree. No actor, no I/O.

use std::collections::{BTreeMap, HashMap};

use lianxin_domain::board::Board;
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::Ticket;

/// Finished tickets kept for the steps that usually follow soon (rating), or known by their version alone; older ones are
/// read again when needed.
const FINISHED_KEPT: usize = 512;

/// The state of one grid.
#[derive(Debug)]
pub struct GridState {
    tickets: HashMap<TicketId, Ticket>,
    /// Tickets that have to be read: another node's, or such as cannot be trusted any more.
    unread: BTreeMap<TicketId, Unread>,
    finished: Vec<TicketId>,
    /// The board of its subtree.
    pub board: Board,
}

/// A ticket that has to be read.
#[derive(Debug, Clone, Copy)]
struct Unread {
    /// What is older than this is not worth keeping: what was read, or committed, may come behind the log's word of
    /// something newer.
    version: u32,
    open: bool,
}

impl GridState {
    /// With `open` tickets.
    pub fn new(board: Board, open: impl IntoIterator<Item = Ticket>) -> Self {
        let tickets = open.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        Self { tickets, unread: BTreeMap::new(), finished: Vec::new(), board }
    }

    /// The ticket as this node last knew it.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// Up to `limit` open tickets behind `after`, in their order.
    pub fn open_after(&self, after: Option<TicketId>, limit: usize) -> Vec<TicketId> {
        let open = self.tickets.values().filter(|ticket| ticket.state_name().is_open()).map(|ticket| ticket.id);
        let unread = self.unread.iter().filter(|(_, unread)| unread.open).map(|(id, _)| *id);
        let all = open.chain(unread);
        let mut ids: Vec<TicketId> = all.filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        ids
    }

    /// Takes over a ticket as it was stored, unless the log told of something newer.
    pub fn put(&mut self, ticket: Ticket) {
        let id = ticket.id;
        let open = ticket.state_name().is_open();
        if self.unread.get(&id).is_some_and(|unread| unread.version > ticket.version) {
            return;
        }
        self.unread.remove(&id);
        self.tickets.insert(id, ticket);
        if !open {
            self.finished.push(id);
            self.forget_old();
        }
    }

    /// A ticket that will be stored in a moment.
    pub fn expect(&mut self, id: TicketId) {
        self.unread.entry(id).or_insert(Unread { version: 0, open: true });
    }

    /// There is no such ticket.
    pub fn gone(&mut self, id: TicketId) {
        self.unread.remove(&id);
    }

    /// Forgets a ticket whose state here cannot be trusted any more; it is read again when it is needed.
    pub fn forget(&mut self, id: TicketId) {
        if let Some(ticket) = self.tickets.remove(&id).filter(|ticket| ticket.state_name().is_open()) {
            self.unread.insert(id, Unread { version: ticket.version, open: true });
        }
    }

    /// The log says that the ticket is at `version`; what is older here is forgotten.
    pub fn heard(&mut self, id: TicketId, version: u32, open: bool) {
        if self.tickets.get(&id).is_some_and(|ticket| ticket.version >= version) {
            return;
        }
        self.tickets.remove(&id);
        let version = self.unread.get(&id).map_or(version, |unread| unread.version.max(version));
        self.unread.insert(id, Unread { version, open });
        if !open {
            self.finished.push(id);
            self.forget_old();
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
            if self.unread.get(&id).is_some_and(|unread| !unread.open) {
                self.unread.remove(&id);
            }
        }
    }
}

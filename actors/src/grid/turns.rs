//! One thing at a time happens to a ticket: the next is decided on what the last one left, committed. Pure.
//!
//! A version number says how often a ticket changed, not what became of it. A decision on a state that another node's
//! commit then prevented would find the number it expects all the same, and undo that commit.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use lianxin_domain::ids::TicketId;

/// The tickets at which something is under way, and what waits for each of them.
pub struct Turns<T>(HashMap<TicketId, VecDeque<T>>);

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Turns<T> {
    /// Something new begins that nothing else can have begun before.
    pub fn begin(&mut self, id: TicketId) {
        self.0.entry(id).or_default();
    }

    /// Gives `task` back when it may begin now; otherwise it waits for its turn.
    pub fn take(&mut self, id: TicketId, task: T) -> Option<T> {
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
    pub fn next(&mut self, id: TicketId) -> Option<T> {
        let task = self.0.get_mut(&id)?.pop_front();
        if task.is_none() {
            self.0.remove(&id);
        }
        task
    }

    /// How much waits for its turn at a ticket.
    pub fn waiting(&self, id: TicketId) -> usize {
        self.0.get(&id).map_or(0, VecDeque::len)
    }
}

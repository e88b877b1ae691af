//! The newest events of the log in memory. Pure: no database.

use std::collections::VecDeque;
use std::sync::Arc;

use lianxin_domain::event::Event;

/// Events kept in memory: a minute at the speed that one node can commit, more than an hour of a busy county.
const RECENT: usize = 16_384;

/// The newest events that this node's journal committed, without a hole.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<Arc<Event>>);

impl Recent {
    /// Takes in committed events. They come in order from this node's journal; where another node committed in between,
    /// memory starts anew, so that it never has a hole.
    pub fn publish(&mut self, events: &[Arc<Event>]) {
        let Some(first) = events.first() else { return };
        if self.0.back().is_some_and(|newest| newest.seq + 1 != first.seq) {
            self.0.clear();
        }
        self.0.extend(events.iter().cloned());
        let surplus = self.0.len().saturating_sub(RECENT);
        self.0.drain(..surplus);
    }

    /// Up to `limit` events after number `seq` of a log that is known to reach to `head`; nothing when memory does not
    /// have what comes next.
    pub fn after(&self, seq: u64, limit: usize, head: u64) -> Option<Vec<Arc<Event>>> {
        let (oldest, newest) = (self.0.front()?.seq, self.0.back()?.seq);
        // Behind the newest there may be events of other nodes, which only the database has.
        if seq + 1 < oldest || (newest <= seq && seq < head) {
            return None;
        }
        let skip = usize::try_from(seq + 1 - oldest).ok()?;
        Some(self.0.iter().skip(skip).take(limit).cloned().collect())
    }
}

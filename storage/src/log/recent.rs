//! The newest events in memory: one run without a hole, and behind it what came before its turn.
//!
//! A node's own commits come in order, other nodes' over the network in any; between them there may be some that only the
//! database has. Whoever reads gets what follows a number without a hole, or nothing and asks the database.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lianxin_domain::event::Event;

/// Events in the run: a minute at the speed that one node can commit, more than an hour of a busy county.
const RUN: usize = 16_384;
/// Events that wait for those before them. With more of them nobody seems to follow this log, and the run starts anew.
const EARLY: usize = 4_096;

/// The newest events. Each may be told any number of times.
#[derive(Debug)]
pub struct RecentEvents {
    run: VecDeque<Arc<Event>>,
    /// The number of the run's last event, or where the run begins.
    newest: u64,
    early: BTreeMap<u64, Arc<Event>>,
}

impl RecentEvents {
    /// Nothing yet; the run begins after number `seq`.
    pub const fn after(seq: u64) -> Self {
        Self { run: VecDeque::new(), newest: seq, early: BTreeMap::new() }
    }

    /// Takes over events, in any order.
    pub fn remember(&mut self, events: &[Arc<Event>]) {
        for event in events {
            if event.seq == self.newest + 1 {
                self.append(Arc::clone(event));
            } else if event.seq > self.newest {
                self.early.insert(event.seq, Arc::clone(event));
            }
        }
        if self.early.len() > EARLY
            && let Some((first, _)) = self.early.first_key_value()
        {
            self.newest = first - 1;
            self.run.clear();
        }
        while let Some(next) = self.early.remove(&(self.newest + 1)) {
            self.append(next);
        }
        // What was early and came by another way.
        while let Some(entry) = self.early.first_entry().filter(|entry| *entry.key() <= self.newest) {
            entry.remove();
        }
    }

    fn append(&mut self, event: Arc<Event>) {
        self.newest = event.seq;
        self.run.push_back(event);
        if self.run.len() > RUN {
            self.run.pop_front();
        }
    }

    /// Up to `limit` events after number `seq`, without a hole and no fewer than there are up to number `head`; nothing
    /// when the run does not hold them.
    pub fn between(&self, seq: u64, head: u64, limit: usize) -> Option<Vec<Arc<Event>>> {
        let oldest = self.run.front()?.seq;
        let wanted = head.min(seq.saturating_add(limit as u64));
        if seq + 1 < oldest || self.newest < wanted {
            return None;
        }
        let skip = usize::try_from(seq + 1 - oldest).ok()?;
        Some(self.run.iter().skip(skip).take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use lianxin_domain::clock::Timestamp;
    use lianxin_domain::event::{NewEvent, Subject};
    use proptest::prelude::*;

    use super::*;

    fn event(seq: u64) -> Arc<Event> {
        let new = NewEvent {
            kind: "note.made",
            subject: Subject::new("note", seq),
            at: Timestamp::default(),
            by: None,
            grid_path: None,
            audience: Vec::new(),
            data: serde_json::json!({}),
            request_id: None,
        };
        Arc::new(new.numbered(seq))
    }

    fn seqs(events: Option<Vec<Arc<Event>>>) -> Option<Vec<u64>> {
        events.map(|events| events.iter().map(|event| event.seq).collect())
    }

    #[test]
    fn what_came_early_is_told_in_its_turn() {
        let mut recent = RecentEvents::after(4);
        recent.remember(&[event(7), event(8)]);
        assert_eq!(seqs(recent.between(4, 8, 9)), None);
        recent.remember(&[event(5)]);
        assert_eq!((seqs(recent.between(4, 8, 9)), seqs(recent.between(5, 8, 9))), (None, None));
        assert_eq!(seqs(recent.between(4, 8, 1)), Some(vec![5]));
        recent.remember(&[event(5), event(6)]);
        assert_eq!(seqs(recent.between(4, 8, 9)), Some(vec![5, 6, 7, 8]));
        assert_eq!(seqs(recent.between(6, 8, 1)), Some(vec![7]));
        assert_eq!((seqs(recent.between(3, 8, 9)), seqs(recent.between(8, 9, 9))), (None, None));
    }

    #[test]
    fn a_hole_that_nobody_closes_does_not_fill_the_memory() {
        let mut recent = RecentEvents::after(0);
        let early: Vec<_> = (2..=EARLY as u64 + 1).map(event).collect();
        recent.remember(&early);
        assert_eq!(seqs(recent.between(1, 9, 2)), None);
        recent.remember(&[event(EARLY as u64 + 2)]);
        assert_eq!(seqs(recent.between(1, 9, 2)), Some(vec![2, 3]));
        assert!(recent.early.is_empty());
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut recent = RecentEvents::after(0);
        (1..=RUN as u64 + 1).for_each(|seq| recent.remember(&[event(seq)]));
        assert_eq!(seqs(recent.between(0, 2, 1)), None);
        assert_eq!(seqs(recent.between(1, 2, 1)), Some(vec![2]));
    }

    proptest! {
        /// In whatever order they come, and however often: what is told follows without a hole up to the head, and when all
        /// came, all is told.
        #[test]
        fn nothing_is_told_with_a_hole(
            told in prop::collection::vec(prop::collection::vec(1_u64..40, 1..6), 0..40),
            from in 0_u64..40,
            limit in 1_usize..50,
        ) {
            let mut recent = RecentEvents::after(0);
            let mut head = 0;
            for batch in &told {
                recent.remember(&batch.iter().copied().map(event).collect::<Vec<_>>());
                head = batch.iter().copied().max().unwrap().max(head);
                if let Some(events) = seqs(recent.between(from, head, limit)) {
                    let last = head.min(from + limit as u64);
                    prop_assert!(events.iter().copied().eq(from + 1..=last), "{:?}", events);
                }
            }
            recent.remember(&(1..=40).map(event).collect::<Vec<_>>());
            prop_assert_eq!(seqs(recent.between(from, 40, 100)), Some((from + 1..=40).collect()));
        }
    }
}

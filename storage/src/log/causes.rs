//! Which of the newest events came of a request that is traced, for whoever follows the log.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::trace::TraceParent;

/// So many may wait to be asked for; what comes beyond that is not traced further.
const WAITING: usize = 1_024;

/// Traced requests by the number of the last event of their change, in the order of numbers.
#[derive(Debug, Default)]
pub struct Causes {
    /// Where nothing is traced, nobody takes the lock.
    any: AtomicBool,
    waiting: Mutex<VecDeque<(u64, TraceParent)>>,
}

impl Causes {
    pub fn remember(&self, seq: u64, parent: TraceParent) {
        let mut waiting = self.waiting.lock();
        if waiting.len() < WAITING {
            waiting.push_back((seq, parent));
            self.any.store(true, Ordering::Release);
        }
    }

    pub fn until(&self, seq: u64) -> Vec<TraceParent> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut waiting = self.waiting.lock();
        let first_after = waiting.partition_point(|(known, _)| *known <= seq);
        let told = waiting.drain(..first_after).map(|(_, parent)| parent).collect();
        self.any.store(!waiting.is_empty(), Ordering::Release);
        told
    }
}

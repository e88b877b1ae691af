//! What goes through the hub, counted for whoever watches the process.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of all shards together.
#[derive(Debug, Default)]
pub(super) struct Flow {
    connected: AtomicU64,
    disconnected: AtomicU64,
    too_slow: AtomicU64,
    frames: AtomicU64,
}

/// What went through the hub so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowReading {
    /// Connections that are open.
    pub connections: u64,
    /// Connections that were cut off because they did not read.
    pub too_slow: u64,
    /// Frames put into outboxes.
    pub frames: u64,
}

impl Flow {
    pub(super) fn connected(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn disconnected(&self, too_slow: bool) {
        self.disconnected.fetch_add(1, Ordering::Relaxed);
        self.too_slow.fetch_add(u64::from(too_slow), Ordering::Relaxed);
    }

    pub(super) fn sent(&self, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> FlowReading {
        // Ends first: one that comes in between is then counted as open, never as less than none.
        let disconnected = self.disconnected.load(Ordering::Relaxed);
        FlowReading {
            connections: self.connected.load(Ordering::Relaxed).saturating_sub(disconnected),
            too_slow: self.too_slow.load(Ordering::Relaxed),
            frames: self.frames.load(Ordering::Relaxed),
        }
    }
}

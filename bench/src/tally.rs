//! What many listeners saw together: the generator counts a mark in what it reads and looks at no frames.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use memchr::memmem::Finder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at};

use crate::socket::{Frames, PING};

/// Stands once in each message.
pub const MARK: &[u8] = b"\"ticket.submitted\"";
/// What did not come within this time is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who says nothing for long counts as gone.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// What all listeners saw together.
#[derive(Default)]
pub struct Tally {
    seen: Cell<u64>,
    bytes: Cell<u64>,
    wanted: Cell<u64>,
    reached: Notify,
}

impl Tally {
    fn add(&self, seen: u64, bytes: u64) {
        self.seen.set(self.seen.get() + seen);
        self.bytes.set(self.bytes.get() + bytes);
        if self.seen.get() >= self.wanted.get() {
            self.reached.notify_one();
        }
    }

    /// Messages seen so far.
    pub fn seen(&self) -> u64 {
        self.seen.get()
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Waits until `more` were seen since `from`; answers whether they were.
    pub async fn until(&self, from: u64, more: u64) -> bool {
        self.wanted.set(from + more);
        let reached = async {
            while self.seen.get() < from + more {
                self.reached.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.is_ok()
    }
}

/// Counts the marks in what comes.
pub async fn count(frames: Frames, tally: Rc<Tally>) {
    let finder = Finder::new(MARK);
    let (mut stream, mut buffer) = frames.into_stream();
    let mut heartbeats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    loop {
        let read = tokio::select! {
            read = stream.read_buf(&mut buffer) => read,
            _ = heartbeats.tick() => match stream.write_all(PING).await {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let read = match read {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let (mut marks, mut looked_at) = (0, 0);
        for at in finder.find_iter(&buffer) {
            marks += 1;
            looked_at = at + MARK.len();
        }
        tally.add(marks, read as u64);
        // A mark may have come in part: less than one is kept.
        let keep_from = looked_at.max(buffer.len().saturating_sub(MARK.len() - 1));
        buffer.drain(..keep_from);
    }
}

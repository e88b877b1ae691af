//! A connection's outbox: a queue with a byte budget that never makes anybody wait.
//!
//! Who sends only appends; the transport drains when the client reads. A client that falls behind by more than the
//! budget is cut off with nothing kept, so a frozen phone costs 1 MiB at most and delays nobody (architecture §5).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::frame::Frame;
use super::topic::Topic;

/// Bytes that may wait for one client.
pub const BUDGET: usize = 1 << 20;
/// Bytes that the transport takes at a time, or one frame: what it took counts no longer.
const TAKEN: usize = 64 << 10;

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The server goes down or restarts: come back, not all at once.
    Restart,
    /// The client does not read fast enough: come back with `since`.
    TooSlow,
    /// Rights changed or the session ended: sign in again.
    RightsChanged,
    /// The client broke the protocol.
    Protocol,
    /// The client said goodbye.
    Goodbye,
    /// The client is gone.
    Gone,
}

enum Item {
    /// A frame, and how much of the budget it takes.
    Frame(Arc<Frame>, usize),
    /// Stands for the latest state of a topic, which lies in `states`.
    State(Topic),
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    states: HashMap<Topic, Arc<Frame>>,
    bytes: usize,
    closed: Option<CloseReason>,
    reader: Option<Waker>,
}

impl Queue {
    fn append(&mut self, size: usize, frame: Arc<Frame>) {
        self.bytes += size;
        self.items.push_back(Item::Frame(frame, size));
    }

    /// Takes the first of what waits, with its size.
    fn next(&mut self) -> Option<(Arc<Frame>, usize)> {
        match self.items.pop_front()? {
            Item::Frame(frame, size) => Some((frame, size)),
            Item::State(topic) => self.states.remove(&topic).map(|frame| {
                let size = frame.size();
                (frame, size)
            }),
        }
    }
}

/// The outbox of one connection.
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    /// Rings once when the end is declared, for the one task that reads from the client.
    end: Notify,
    /// Rings when the client read what waited, for that task's openings.
    room: Notify,
}

/// What the transport gets to send.
pub enum Drained {
    /// What waited, or the first of it.
    Frames(Vec<Arc<Frame>>),
    /// The end; nothing follows.
    Closed(CloseReason),
}

impl Outbox {
    /// Appends a frame.
    pub fn push(&self, frame: Arc<Frame>) {
        self.change(|queue| queue.append(frame.size(), frame));
    }

    /// Appends a frame as soon as it leaves half of the budget free, or nothing waits: for what a client asked for
    /// itself, which may be much more than the budget. After the end it waits for ever, like its client.
    pub async fn push_with_room(&self, frame: Arc<Frame>) {
        // What is larger than the budget itself, a hall of thousands, takes half of it: what happens meanwhile has the rest.
        let size = frame.size().min(BUDGET / 2);
        while !self.has_room_for(size) {
            self.room.notified().await;
        }
        self.change(|queue| queue.append(size, frame));
    }

    fn has_room_for(&self, size: usize) -> bool {
        let queue = self.queue.lock();
        queue.closed.is_none() && (queue.bytes == 0 || queue.bytes + size <= BUDGET / 2)
    }

    /// Appends the newest state of a topic; an older one that still waits is replaced in its place.
    pub fn push_state(&self, topic: Topic, frame: Arc<Frame>) {
        self.change(|queue| {
            queue.bytes += frame.size();
            match queue.states.insert(topic, frame) {
                Some(older) => queue.bytes -= older.size(),
                None => queue.items.push_back(Item::State(topic)),
            }
        });
    }

    /// Ends the connection; what waits is sent before, unless it is the reason.
    pub fn close(&self, reason: CloseReason) {
        self.change(|queue| {
            if queue.closed.is_none() {
                queue.closed = Some(reason);
            }
        });
    }

    /// Whether the end was declared.
    pub fn closed(&self) -> Option<CloseReason> {
        self.queue.lock().closed
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        let reader = {
            let mut queue = self.queue.lock();
            if queue.closed.is_some() {
                return;
            }
            change(&mut queue);
            if queue.bytes > BUDGET {
                queue.items = VecDeque::new();
                queue.states = HashMap::new();
                queue.bytes = 0;
                queue.closed = Some(CloseReason::TooSlow);
            }
            if queue.closed.is_some() {
                self.end.notify_one();
            }
            queue.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Waits until the end is declared. One task at a time.
    pub async fn ended(&self) -> CloseReason {
        loop {
            if let Some(reason) = self.closed() {
                return reason;
            }
            self.end.notified().await;
        }
    }

    /// Takes what waits, a part at a time, or waits itself.
    pub fn poll_drain(&self, context: &mut Context<'_>) -> Poll<Drained> {
        let mut queue = self.queue.lock();
        if queue.items.is_empty() {
            if let Some(reason) = queue.closed {
                return Poll::Ready(Drained::Closed(reason));
            }
            queue.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let (mut frames, mut taken) = (Vec::new(), 0);
        while taken < TAKEN
            && let Some((frame, size)) = queue.next()
        {
            taken += size;
            frames.push(frame);
        }
        queue.bytes -= taken;
        if queue.items.is_empty() {
            // A burst's room is not kept for quiet times.
            queue.items = VecDeque::new();
        }
        self.room.notify_one();
        Poll::Ready(Drained::Frames(frames))
    }
}

#[cfg(test)]
mod tests {
    use lianxin_domain::ids::{EntityId as _, GridId};

    use super::*;

    fn drain(outbox: &Outbox) -> Result<Vec<String>, Option<CloseReason>> {
        let mut context = Context::from_waker(Waker::noop());
        match outbox.poll_drain(&mut context) {
            Poll::Ready(Drained::Frames(frames)) => Ok(frames.iter().map(|frame| frame.json().to_owned()).collect()),
            Poll::Ready(Drained::Closed(reason)) => Err(Some(reason)),
            Poll::Pending => Err(None),
        }
    }

    fn frame(text: &str) -> Arc<Frame> {
        Arc::new(Frame::new(text.to_owned(), None))
    }

    #[test]
    fn the_latest_state_takes_the_place_of_an_older_one() {
        let outbox = Outbox::default();
        let topic = Topic::Board(GridId::from_uuid(uuid_of(1)));
        outbox.push_state(topic, frame("1"));
        outbox.push(frame("event"));
        outbox.push_state(topic, frame("2"));
        assert_eq!(drain(&outbox), Ok(vec!["2".to_owned(), "event".to_owned()]));
        assert_eq!(drain(&outbox), Err(None));
    }

    #[test]
    fn who_does_not_read_is_cut_off_and_costs_nothing_more() {
        let outbox = Outbox::default();
        let large = frame(&"x".repeat(BUDGET / 2));
        outbox.push(Arc::clone(&large));
        outbox.push(Arc::clone(&large));
        assert_eq!(outbox.closed(), None);
        outbox.push(frame("one more"));
        assert_eq!(drain(&outbox), Err(Some(CloseReason::TooSlow)));
        outbox.push(large);
        assert_eq!(drain(&outbox), Err(Some(CloseReason::TooSlow)));
    }

    #[test]
    fn an_opening_waits_for_its_reader_however_long_it_is() {
        let outbox = Outbox::default();
        let large = frame(&"x".repeat(BUDGET / 2));
        let mut opening = std::pin::pin!(async {
            for _ in 0..3 {
                outbox.push_with_room(Arc::clone(&large)).await;
            }
        });
        let mut context = Context::from_waker(Waker::noop());
        for last in [false, false, true] {
            assert_eq!(opening.as_mut().poll(&mut context).is_ready(), last);
            assert_eq!(drain(&outbox).map(|texts| texts.len()), Ok(1));
        }
        assert_eq!(outbox.closed(), None);
    }

    #[test]
    fn an_opening_larger_than_the_budget_is_no_reason_to_be_cut_off() {
        let outbox = Outbox::default();
        let mut opening = std::pin::pin!(outbox.push_with_room(frame(&"x".repeat(3 * BUDGET))));
        let mut context = Context::from_waker(Waker::noop());
        assert!(opening.as_mut().poll(&mut context).is_ready());
        outbox.push(frame(&"x".repeat(BUDGET / 2)));
        for _ in 0..2 {
            assert_eq!(drain(&outbox).map(|texts| texts.len()), Ok(1), "a part at a time");
        }
        assert_eq!(outbox.closed(), None);
    }

    fn uuid_of(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }
}

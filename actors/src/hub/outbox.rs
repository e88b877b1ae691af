//! A connection's outbox: a queue with a byte budget that never makes anybody wait.
//!
//! Who sends only appends; the transport drains when the client reads. A client that falls behind by more than the
//! budget is cut off with nothing kept, so a frozen phone costs 1 MiB at most and delays nobody (architecture §5).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
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

/// The transport's way for frames that nothing waits before: they need no turn of its task.
pub trait Direct: Send + Sync {
    /// Hands `frame` to the client's socket as far as it takes it now; never waits.
    fn send(&self, frame: &Frame) -> Sent;
}

/// What the socket took of a frame.
pub enum Sent {
    /// All of it.
    Whole,
    /// Its beginning; the rest goes before all else.
    Part(Bytes),
    /// Nothing.
    Nothing,
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
    /// There when the transport has one, up to the end.
    direct: Option<Arc<dyn Direct>>,
    /// Whether the transport writes what it took.
    writing: bool,
    /// The rest of a frame whose beginning was sent: whatever else is dropped, it goes before the last words.
    begun: Option<Arc<Frame>>,
}

impl Queue {
    /// Sends `frame` at once if it is its turn; answers whether it has to wait.
    fn has_to_wait(&mut self, frame: &Frame) -> bool {
        let turn = !self.writing && self.idle();
        match self.direct.as_ref().filter(|_| turn).map(|direct| direct.send(frame)) {
            Some(Sent::Whole) => false,
            Some(Sent::Part(rest)) => {
                self.bytes += rest.len();
                self.begun = Some(Arc::new(Frame::control(rest)));
                false
            }
            Some(Sent::Nothing) | None => true,
        }
    }

    fn append(&mut self, size: usize, frame: Arc<Frame>) {
        if self.has_to_wait(&frame) {
            self.bytes += size;
            self.items.push_back(Item::Frame(frame, size));
        }
    }

    /// Whether nothing waits.
    fn idle(&self) -> bool {
        self.items.is_empty() && self.begun.is_none()
    }

    /// Takes the first of what waits, with its size.
    fn next(&mut self) -> Option<(Arc<Frame>, usize)> {
        if let Some(rest) = self.begun.take() {
            let size = rest.size();
            return Some((rest, size));
        }
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
            if !queue.has_to_wait(&frame) {
                return;
            }
            queue.bytes += frame.size();
            match queue.states.insert(topic, frame) {
                Some(older) => queue.bytes -= older.size(),
                None => queue.items.push_back(Item::State(topic)),
            }
        });
    }

    /// From now on frames that nothing waits before go `direct`ly, until the end is declared. The transport has written
    /// all that it drained so far.
    pub fn send_directly(&self, direct: Arc<dyn Direct>) {
        self.change(|queue| queue.direct = Some(direct));
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
                queue.bytes = queue.begun.as_ref().map_or(0, |rest| rest.size());
                queue.closed = Some(CloseReason::TooSlow);
            }
            if queue.closed.is_some() {
                queue.direct = None;
                self.end.notify_one();
            }
            if queue.idle() && queue.closed.is_none() {
                return;
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
        queue.writing = !queue.idle();
        if queue.idle() {
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

    /// A socket that takes so many bytes.
    struct Narrow(Mutex<(usize, String)>);

    impl Direct for Narrow {
        fn send(&self, frame: &Frame) -> Sent {
            let wire = frame.wire(|json| Bytes::copy_from_slice(json.as_bytes()));
            let (room, taken) = &mut *self.0.lock();
            let now = wire.len().min(*room);
            *room -= now;
            taken.push_str(std::str::from_utf8(&wire[..now]).unwrap());
            match now {
                0 => Sent::Nothing,
                now if now == wire.len() => Sent::Whole,
                now => Sent::Part(wire.slice(now..)),
            }
        }
    }

    fn with_room_for(bytes: usize) -> (Outbox, Arc<Narrow>) {
        let (outbox, narrow) = (Outbox::default(), Arc::new(Narrow(Mutex::new((bytes, String::new())))));
        outbox.send_directly(Arc::clone(&narrow) as Arc<dyn Direct>);
        (outbox, narrow)
    }

    /// As the transport gets them: bytes, also of a frame's rest.
    fn drained(outbox: &Outbox) -> Option<String> {
        match outbox.poll_drain(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Drained::Frames(frames)) => {
                let wires = frames.iter().map(|frame| frame.wire(|json| Bytes::copy_from_slice(json.as_bytes())));
                Some(wires.map(|wire| String::from_utf8(wire.to_vec()).unwrap()).collect())
            }
            Poll::Ready(Drained::Closed(_)) | Poll::Pending => None,
        }
    }

    #[test]
    fn what_nothing_waits_before_goes_directly_and_all_else_behind_it_in_order() {
        let (outbox, narrow) = with_room_for(7);
        for text in ["one", "two", "three", "four"] {
            outbox.push(frame(text));
        }
        assert_eq!(narrow.0.lock().1, "onetwot");
        narrow.0.lock().0 = 100;
        outbox.push(frame("five"));
        assert_eq!(narrow.0.lock().1, "onetwot", "not before what waits");
        assert_eq!(drained(&outbox).as_deref(), Some("hreefourfive"));
        outbox.push(frame("six"));
        assert_eq!(narrow.0.lock().1, "onetwot", "not while the transport writes");
        assert_eq!(drained(&outbox).as_deref(), Some("six"));
        assert_eq!(drained(&outbox), None);
        outbox.push(frame("seven"));
        assert_eq!(narrow.0.lock().1, "onetwotseven");
    }

    #[test]
    fn a_state_that_was_begun_is_ended_before_a_newer_one() {
        let (outbox, narrow) = with_room_for(2);
        let topic = Topic::Board(GridId::from_uuid(uuid_of(1)));
        for text in ["first", "second", "third"] {
            outbox.push_state(topic, frame(text));
        }
        assert_eq!(narrow.0.lock().1, "fi");
        assert_eq!(drained(&outbox).as_deref(), Some("rstthird"));
    }

    #[test]
    fn who_is_cut_off_still_gets_the_rest_of_what_was_begun() {
        let (outbox, narrow) = with_room_for(2);
        outbox.push(frame("words"));
        let large = frame(&"x".repeat(BUDGET / 2));
        for _ in 0..3 {
            outbox.push(Arc::clone(&large));
        }
        assert_eq!(outbox.closed(), Some(CloseReason::TooSlow));
        assert_eq!(narrow.0.lock().1, "wo");
        assert_eq!(drained(&outbox).as_deref(), Some("rds"));
        assert_eq!(drained(&outbox), None);
    }

    fn uuid_of(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }
}

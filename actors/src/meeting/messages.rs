//! What a meeting's actor is told and asked. Callers use [`super::MeetingActors`], not these.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::Message;
use lianxin_domain::access::Caller;
use lianxin_domain::event::Event;
use lianxin_domain::ids::{AccountId, RequestId};
use lianxin_domain::meeting::{Attendee, Command, Hall, Meeting, Status};
use lianxin_domain::person::PersonRef;
use lianxin_domain::vote::Vote;
use lianxin_storage::change::IdempotencyKey;
use tracing::Span;

use crate::command::{Answer, CommandError, Reply};

/// What an answer is made from: the meeting as it will be, and the person whom the command was about.
pub struct Made<'a> {
    /// The meeting.
    pub meeting: &'a Meeting,
    /// The person and what is said of the attendance.
    pub attendee: Option<(&'a Attendee, Status)>,
    /// The vote that it changed.
    pub vote: Option<&'a Vote>,
    /// The hall before, for what the command leaves as it is.
    pub hall: &'a Hall,
}

impl Origin {
    /// The clock: nobody asked, and nobody is told.
    pub(super) fn clock() -> Self {
        Self {
            caller: None,
            request_id: None,
            idempotency: None,
            answer: Arc::new(|_| Answer { status: 204, body: String::new() }),
        }
    }

    pub(super) fn account_id(&self) -> Option<AccountId> {
        self.caller.as_ref().map(|caller| caller.account_id)
    }

    pub(super) fn person(&self) -> Option<PersonRef> {
        self.caller.as_ref().map(|caller| PersonRef { id: caller.account_id, name: caller.name.clone() })
    }
}

impl Made<'_> {
    /// What is said of the attendance of somebody whom the command left as they were.
    pub fn status(&self, attendee: &Attendee) -> Status {
        let replaced = self.hall.is_replaced(attendee.member_id);
        attendee.status(&self.meeting.timing(), replaced)
    }
}

/// Makes the answer before the commit, so that it can be stored with it.
pub type MakeAnswer = Arc<dyn Fn(&Made<'_>) -> Answer + Send + Sync>;

/// Who asks, and under which request.
#[derive(Clone)]
pub struct Origin {
    /// The person; nobody: the clock.
    pub caller: Option<Arc<Caller>>,
    /// The request.
    pub request_id: Option<RequestId>,
    /// The caller's idempotency key and the hash of the request.
    pub idempotency: Option<(IdempotencyKey, String)>,
    /// How the answer is made.
    pub answer: MakeAnswer,
}

/// Do something in this meeting.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Act {
    pub(super) command: Command,
    pub(super) origin: Origin,
    /// How often it was decided on an old version.
    pub(super) stale: u8,
    /// What logs and traces say of where it came from.
    pub(super) span: Span,
    pub(super) reply: Reply,
}

/// What somebody does with a hall and the number of the log that it is as of, or with the reason why it cannot be seen.
pub(super) type Look = Box<dyn FnOnce(Result<(&Hall, u64), CommandError>) + Send>;

/// Look at the hall.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Read(pub(super) Look);

/// A message with its place in the queue, and what logs say of where it came from.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Queued<M>(pub(super) M, pub(super) Place, pub(super) Span);

/// A place in an actor's queue, free again when the message is taken or lost.
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    /// A place in a queue with room for so many.
    pub(super) fn take(queue: &Arc<AtomicUsize>, room: usize) -> Option<Self> {
        let place = Self(Arc::clone(queue));
        (queue.fetch_add(1, Ordering::Relaxed) < room).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Read the hall anew: what no event of the meeting tells has changed.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct ReadAnew;

/// Go to rest, after everything that was sent before: nobody finds this actor any more.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Rest;

/// Committed events of this meeting, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Follow(pub(super) Vec<Arc<Event>>);

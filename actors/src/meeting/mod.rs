//! Meetings at work: one actor per meeting in use holds its hall and decides what happens there.
//!
//! [`MeetingActors`] is the handle: it finds the actor, or starts one that reads its hall from the database, and waits for
//! the answer.

mod actor;
mod change;
mod counting;
mod due;
pub mod floor;
mod messages;
pub mod view;
pub mod vote_view;

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor as _, ArbiterHandle, Handler};
use lianxin_domain::clock::Clock;
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::{Command, Hall, LoggedEvent, Meeting, MeetingEvent, Tally};
use lianxin_storage::change::Change;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::votes::{SlipSealer, Votes};
use serde_json::json;
use tokio::sync::oneshot;
use tracing::Span;

use self::actor::{Entry, MeetingActor, Register, Shared};
pub(crate) use self::change::SUBJECT;
pub(crate) use self::change::papers;
pub use self::change::{COUNT, TICK, hall_writes, vote_writes};
use self::messages::{Act, Follow, Place, Queued, Read, ReadAnew};
pub use self::messages::{Made, MakeAnswer, Origin};
use crate::catch_up::CatchUp;
use crate::command::{Answer, CommandError, Done, claim_of};
use crate::dispatch::Dispatch;

/// Messages that may wait for one meeting; beyond it the caller is told to come back.
const QUEUE: usize = 16_384;

/// What the meetings' actors stand on.
pub struct MeetingDependencies {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// Meetings.
    pub meetings: Meetings,
    /// The log.
    pub log: Arc<EventLog>,
    /// What goes outside.
    pub dispatch: Dispatch,
    /// Whether other nodes know more.
    pub catch_up: CatchUp,
    /// Votes.
    pub votes: Votes,
    /// Seals what goes into urns.
    pub sealer: SlipSealer,
}

/// The handle of all meetings' actors.
#[derive(Clone)]
pub struct MeetingActors {
    shared: Shared,
    actors: Register,
    threads: Arc<Vec<ArbiterHandle>>,
    catch_up: CatchUp,
    votes: Votes,
}

impl MeetingActors {
    /// Actors on `threads`, started when they are needed.
    pub fn new(dependencies: MeetingDependencies, threads: Vec<ArbiterHandle>) -> Self {
        let MeetingDependencies { clock, journal, meetings, log, dispatch, catch_up, votes, sealer } = dependencies;
        let shared = Shared { clock, journal, meetings, log, dispatch, sealer };
        Self { shared, actors: Arc::default(), threads: Arc::new(threads), catch_up, votes }
    }

    /// Sends to the actor of a meeting; it is started when there is none, or the last one went to rest.
    fn send<M>(&self, id: MeetingId, message: M) -> Result<(), CommandError>
    where
        M: Send + 'static,
        MeetingActor: Handler<Queued<M>>,
    {
        let send = |entry: &Entry, message| {
            let place = Place::take(&entry.queue, QUEUE).ok_or(CommandError::Unavailable)?;
            entry.actor.do_send(Queued(message, place, Span::current()));
            Ok(())
        };
        let living = |entry: &&Entry| entry.actor.connected();
        if let Some(entry) = self.actors.read().get(&id).filter(living) {
            return send(entry, message);
        }
        let mut actors = self.actors.write();
        if let Some(entry) = actors.get(&id).filter(living) {
            return send(entry, message);
        }
        let thread = self.threads.get(id.as_bytes()[15] as usize % self.threads.len().max(1));
        let (shared, register) = (self.shared.clone(), Arc::clone(&self.actors));
        let start = move |_: &mut _| MeetingActor::new(id, shared, register);
        let actor = MeetingActor::start_in_arbiter(thread.ok_or(CommandError::Unavailable)?, start);
        let entry = actors.entry(id).insert_entry(Entry { actor, queue: Arc::default() });
        send(entry.get(), message)
    }

    /// Makes a meeting; `answer` is what its maker is told.
    ///
    /// # Errors
    /// [`CommandError`] when it was not made.
    pub async fn create(&self, meeting: &Meeting, origin: &Origin, answer: Answer) -> Result<Done, CommandError> {
        let mut change = Change::new(meeting.created_at, origin.account_id(), origin.request_id);
        let subject = Subject::new(SUBJECT, meeting.id);
        change.write(Meetings::write(None, meeting));
        change.writes.extend(papers(&[], &meeting.plan.attachments, &subject));
        let event = MeetingEvent::Created { plan: Box::new(meeting.plan.clone()) };
        let logged = LoggedEvent { event, version: meeting.version };
        change.event(logged.event.kind(), subject.clone(), logged.data());
        change.audited("meeting.create", subject, json!({ "topic": [null, meeting.plan.topic] }));
        change.idempotency = claim_of(&origin.idempotency, &answer);
        let committed = self.shared.journal.commit(change).await.map_err(|error| CommandError::from(&error))?;
        Ok(Done { seq: committed.seq, answer })
    }

    /// Does something in a meeting.
    ///
    /// # Errors
    /// [`CommandError`] when it was not done.
    pub async fn act(&self, id: MeetingId, command: Command, origin: Origin) -> Result<Done, CommandError> {
        let position = self.catch_up.position();
        match self.act_once(id, command.clone(), origin.clone()).await {
            Err(CommandError::Refused(_)) if self.catch_up.was_behind(position).await => {
                self.act_once(id, command, origin).await
            }
            outcome => outcome,
        }
    }

    async fn act_once(&self, id: MeetingId, command: Command, origin: Origin) -> Result<Done, CommandError> {
        let (reply, answer) = oneshot::channel();
        let act = Act { command, origin, stale: 0, span: Span::current(), reply };
        self.send(id, act)?;
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Lets a meeting do what is due by itself.
    ///
    /// # Errors
    /// [`CommandError`] when it was not done.
    pub(crate) async fn tick(&self, id: MeetingId) -> Result<Done, CommandError> {
        self.act(id, Command::Tick, Origin::clock()).await
    }

    /// Looks at a hall; `look` gets it with the number of the log that it is as of.
    ///
    /// # Errors
    /// [`CommandError`] when there is no such meeting, or it cannot be read now.
    pub async fn read<R: Send + 'static>(
        &self,
        id: MeetingId,
        look: impl FnOnce(&Hall, u64) -> R + Send + 'static,
    ) -> Result<R, CommandError> {
        let (reply, answer) = oneshot::channel();
        let read = Read(Box::new(move |hall| {
            let _ = reply.send(hall.map(|(hall, as_of)| look(hall, as_of)));
        }));
        self.send(id, read)?;
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// How many of whom are at those of these meetings that are in use. The others are read from the database, which is
    /// cheaper for them than a hall.
    pub async fn tallies(&self, ids: &[MeetingId]) -> HashMap<MeetingId, Tally> {
        let used: Vec<MeetingId> = {
            let actors = self.actors.read();
            ids.iter().copied().filter(|id| actors.contains_key(id)).collect()
        };
        let counts =
            used.into_iter().map(|id| async move { Some((id, self.read(id, |hall, _| *hall.tally()).await.ok()?)) });
        futures_util::future::join_all(counts).await.into_iter().flatten().collect()
    }

    /// Organisations lie elsewhere in their tree: who may do what in their meetings follows from that.
    pub(crate) fn organisations_moved(&self) {
        for entry in self.actors.read().values() {
            entry.actor.do_send(ReadAnew);
        }
    }

    /// Hands committed events to the meetings that are in use and waits until they have taken them over, so that whoever
    /// hears of an event afterwards finds it in its hall.
    pub async fn follow(&self, events: &[Arc<Event>]) {
        let mut by_meeting: HashMap<MeetingId, Vec<Arc<Event>>> = HashMap::new();
        for event in events.iter().filter(|event| event.subject.kind == SUBJECT) {
            let Ok(id) = event.subject.id.parse() else { continue };
            by_meeting.entry(id).or_default().push(Arc::clone(event));
        }
        if by_meeting.is_empty() {
            return;
        }
        let told: Vec<_> = {
            let actors = self.actors.read();
            by_meeting
                .into_iter()
                .filter_map(|(id, events)| Some(actors.get(&id)?.actor.send(Follow(events))))
                .collect()
        };
        futures_util::future::join_all(told).await;
    }
}

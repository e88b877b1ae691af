//! The shell around a hall: decides, submits, answers. The hall changes by what comes back from the log and by nothing
//! else, so it is the same on every node.
//!
//! Who may begin when, and what comes back from the log, is the [`Floor`]'s matter.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, Addr, AsyncContext as _, Context, Handler, WrapFuture as _,
};
use lianxin_domain::clock::Clock;
use lianxin_domain::ids::{AccountId, MeetingId, OrganisationId};
use lianxin_domain::meeting::{Attendance, Command, Hall, Outcome, Party};
use lianxin_domain::problem::Refusal;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::change::Change;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::{CommitError, Committed, Journal};
use lianxin_storage::log::EventLog;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::votes::SlipSealer;
use parking_lot::RwLock;
use tracing::Span;

use super::change::{SUBJECT, change_of, ended};
use super::floor::{About, Asked, Floor};
use super::messages::{Act, Follow, Made, Origin, Queued, Read, ReadAnew, Rest};
use crate::command::{Answer, CommandError, Done};
use crate::dispatch::Dispatch;

/// Commands that may wait behind another; beyond it the caller is told to come back.
const WAITING: usize = 16_384;
/// How often a command is decided anew because another node was faster. Of two crowds that two nodes number from the same
/// number on, each number is won by one of them, so at most half are left after each round.
const MAX_STALE: u8 = 16;
/// Before a hall that could not be read is read again.
const READ_AGAIN: Duration = Duration::from_millis(500);
/// A hall in which nothing happened for so long is forgotten; it is read again when somebody asks for it.
const IDLE: Duration = Duration::from_secs(900);

/// Before an actor that wants to rest looks whether everything is done.
const REST_AGAIN: Duration = Duration::from_millis(100);

/// The actors that callers find. Whoever sends holds it meanwhile, so that nothing is sent to one that left it.
pub(super) type Register = Arc<RwLock<HashMap<MeetingId, Entry>>>;

/// An actor with the length of its queue. The mailbox's own limit would be too small until the actor's thread has started
/// it, and just then a whole hall may knock.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) actor: Addr<MeetingActor>,
    pub(super) queue: Arc<AtomicUsize>,
}

/// What all meetings' actors share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) journal: Journal,
    pub(super) meetings: Meetings,
    pub(super) log: Arc<EventLog>,
    pub(super) dispatch: Dispatch,
    pub(super) sealer: SlipSealer,
}

/// One meeting's actor.
pub(super) struct MeetingActor {
    id: MeetingId,
    shared: Shared,
    floor: Floor<Act>,
    /// The number of the last event that somebody was answered to have caused. Whoever reads finds it in the hall.
    answered: u64,
    /// Each with the number that the hall must have reached.
    readers: Vec<(u64, Read)>,
    /// What was counted for the end that was decided here.
    counted: BTreeMap<OrganisationId, Attendance>,
    /// Something came back that may have changed it.
    to_count: bool,
    asked: bool,
    /// Where callers find this actor, unless it has left it to go to rest.
    register: Register,
    retired: bool,
}

impl MeetingActor {
    pub(super) fn new(id: MeetingId, shared: Shared, register: Register) -> Self {
        Self {
            id,
            shared,
            floor: Floor::default(),
            answered: 0,
            readers: Vec::new(),
            counted: BTreeMap::new(),
            to_count: false,
            asked: true,
            register,
            retired: false,
        }
    }

    /// Reads the hall, unless something is under way: then it is read when that has come back.
    fn read_hall(&mut self, context: &mut Context<Self>) {
        if !self.floor.begin_reading() {
            return;
        }
        let (meetings, log, id) = (self.shared.meetings.clone(), Arc::clone(&self.shared.log), self.id);
        // A task of the runtime: at a stop it is dropped within it, as the database's connection demands.
        let read = tokio::spawn(async move {
            // What is committed after this number comes from the log as well; versions tell what is known already.
            let as_of = log.refresh_head().await?;
            Ok::<_, StorageError>((as_of, meetings.hall(id).await?))
        });
        let span = Span::current();
        context.spawn(read.into_actor(self).map(move |read, actor, context| {
            let _entered = span.enter();
            actor.floor.end_reading();
            match read {
                Ok(Ok((as_of, Some(hall)))) => actor.take_hall(as_of, hall, context),
                Ok(Ok((_, None))) => {
                    actor.give_up(|| Refusal::not_found("meeting.not_found", "没有找到这个会议").into());
                    actor.retire(context);
                }
                Ok(Err(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, meeting.id = %actor.id, "a hall cannot be read");
                    actor.give_up(|| CommandError::Unavailable);
                    context.run_later(READ_AGAIN, |actor, context| {
                        if actor.floor.is_outdated() {
                            actor.read_hall(context);
                        }
                    });
                }
                Err(_) => actor.give_up(|| CommandError::Failed),
            }
        }));
    }

    fn take_hall(&mut self, as_of: u64, hall: Hall, context: &mut Context<Self>) {
        let followed = self.floor.take_hall(as_of, hall);
        self.followed(followed, context);
    }

    fn give_up(&mut self, error: impl Fn() -> CommandError) {
        for act in self.floor.give_up() {
            let _ = act.reply.send(Err(error()));
        }
        for (_, Read(read)) in self.readers.drain(..) {
            read(Err(error()));
        }
    }

    fn is_busy(&self) -> bool {
        self.floor.is_busy() || !self.readers.is_empty()
    }

    /// Leaves the register and goes to rest behind the last message that was sent before.
    fn retire(&mut self, context: &Context<Self>) {
        if !std::mem::replace(&mut self.retired, true) {
            self.register.write().remove(&self.id);
            context.address().do_send(Rest);
        }
    }

    /// Somebody asked right before this actor left the register. What was committed since then did not reach it. Answers
    /// whether it is back; another one may have taken its place.
    fn come_back(&mut self, context: &Context<Self>) -> bool {
        let own = Entry { actor: context.address(), queue: Arc::default() };
        let back = self.register.write().entry(self.id).or_insert_with(|| own.clone()).actor == own.actor;
        self.retired = !back;
        self.floor.outdate();
        back
    }

    /// Something came back from the log, and maybe what was decided here.
    fn followed(&mut self, followed: Option<bool>, context: &mut Context<Self>) {
        let Some(to_count) = followed else { return };
        self.to_count |= to_count;
        if self.to_count && !self.floor.is_outdated() {
            self.count_again(context);
        }
        self.let_read();
        self.go_on(context);
    }

    /// Lets those read for whom the hall is new enough.
    fn let_read(&mut self) {
        if let Some(hall) = self.floor.current() {
            let as_of = self.floor.as_of();
            for (_, Read(read)) in self.readers.extract_if(.., |(from, _)| *from <= as_of) {
                read(Ok((hall, as_of)));
            }
        }
    }

    /// Somebody may have come at another node while the meeting was ended here, or here while it was ended there. Everybody
    /// counts again once it has come back, as the log then says what came before what: whoever decided it may be gone.
    fn count_again(&mut self, context: &mut Context<Self>) {
        self.to_count = false;
        let Some(hall) = self.floor.hall().filter(|hall| hall.attendance() != self.counted) else { return };
        self.counted = hall.attendance();
        let mut change = Change::new(self.shared.clock.now(), None, None);
        change.writes = AttendanceBook::writes(hall, self.floor.as_of());
        match self.shared.journal.submit(change) {
            Ok(commit) => drop(context.spawn(commit.into_actor(self).map(|outcome, actor, context| {
                if let Err(error) = outcome {
                    actor.not_counted(&error, context);
                }
            }))),
            Err(error) => self.not_counted(&error, context),
        }
    }

    fn not_counted(&mut self, error: &CommitError, context: &mut Context<Self>) {
        self.counted.clear();
        tracing::error!(error = error as &dyn std::error::Error, meeting.id = %self.id, "attendance cannot be counted");
        context.run_later(READ_AGAIN, Self::count_again);
    }

    /// Does what waits and may begin now.
    fn go_on(&mut self, context: &mut Context<Self>) {
        if self.floor.is_outdated() {
            return self.read_hall(context);
        }
        let mut floor = std::mem::take(&mut self.floor);
        floor.go_on(|hall, as_of, about, act| self.begin(hall, as_of, about, act, context));
        self.floor = floor;
    }

    /// Decides in the hall, which is as of number `as_of`; answers whether a change is under way.
    fn begin(&mut self, hall: &mut Hall, as_of: u64, about: About, act: Act, context: &mut Context<Self>) -> bool {
        let span = act.span.clone();
        let _entered = span.enter();
        let now = self.shared.clock.now();
        let origin = &act.origin;
        // The clock acts for the host, and asks for nothing that its right would matter to.
        let host = || Party { person: hall.meeting().plan.host.clone(), manages: false, oversees: false };
        let party = origin.caller.as_ref().map_or_else(host, |caller| hall.party(caller));
        let events = match hall.decide(&act.command, &party, now) {
            Ok(events) => events,
            Err(refusal) => {
                let _ = act.reply.send(Err(refusal.into()));
                return false;
            }
        };
        let outcome = hall.outcome(&events, now);
        let answer = answer_of(hall, &outcome, about, &act.origin);
        if events.is_empty() {
            // As it should be already: nothing is written, and the first result stands.
            let _ = act.reply.send(Ok(Done { seq: as_of, answer }));
            return false;
        }
        let action = action_of(&act.command);
        let ways = (&self.shared.dispatch, &self.shared.sealer);
        let mut change = change_of(hall, &outcome, action, &act.origin, &answer, ways, now);
        if let Some(after) = ended(hall, &outcome, now) {
            self.counted = after.attendance();
            change.writes.extend(AttendanceBook::writes(&after, as_of));
        }
        let commit = match self.shared.journal.submit(change) {
            Ok(commit) => commit,
            Err(error) => {
                let _ = act.reply.send(Err(CommandError::from(&error)));
                return false;
            }
        };
        events.iter().for_each(|event| hall.expect(event));
        self.asked = true;
        context.spawn(commit.into_actor(self).map(move |outcome, actor, context| match outcome {
            // The hall changes when it comes back from the log.
            Ok(Committed { seq, events }) => {
                // What people are told of it comes behind the meeting's own events.
                let own = events.iter().rev().find(|event| event.subject.kind == SUBJECT);
                actor.answered = actor.answered.max(own.map_or(0, |own| own.seq));
                let _ = act.reply.send(Ok(Done { seq, answer }));
            }
            Err(error) => {
                actor.floor.failed(about);
                actor.failed(act, &error);
                actor.go_on(context);
            }
        }));
        true
    }

    /// What was expected does not come; when another node was faster, it is decided anew.
    fn failed(&mut self, act: Act, error: &CommitError) {
        let again = match error {
            CommitError::Stale { table, .. } => matches!(*table, "meetings" | "meeting_attendees" | "votes"),
            CommitError::Exists { table: "meeting_claims", key } => Meetings::is_number(key),
            CommitError::Exists { table: "votes" | "vote_voters", .. } => true,
            _ => false,
        };
        if again && act.stale < MAX_STALE {
            self.floor.ask_again(Act { stale: act.stale + 1, ..act });
            return;
        }
        let error = match error {
            CommitError::Exists { table: "meeting_claims", key } if !Meetings::is_number(key) => {
                Refusal::conflict("meeting.claim_used", "这次扫码已经用过，请重新扫描大屏上的二维码").into()
            }
            error => CommandError::from(error),
        };
        let _ = act.reply.send(Err(error));
    }
}

fn answer_of(hall: &Hall, outcome: &Outcome, about: About, origin: &Origin) -> Answer {
    let meeting = outcome.meeting.as_deref().unwrap_or_else(|| hall.meeting());
    let changed = outcome.attendees.first().filter(|_| outcome.attendees.len() == 1).map(|(_, attendee)| attendee);
    let known = match about {
        About::Person(id) => hall.attendee(id),
        About::Meeting => None,
    };
    let vote = outcome.votes.first().map(|(_, vote)| vote);
    let made = Made { meeting, attendee: None, vote, hall };
    let attendee = changed.or(known).map(|attendee| (attendee, made.status(attendee)));
    (origin.answer)(&Made { attendee, ..made })
}

/// The audit trail's word for a command.
const fn action_of(command: &Command) -> &'static str {
    match command {
        Command::Edit { .. } => "meeting.edit",
        Command::Launch(_) => "meeting.launch",
        Command::Cancel { .. } => "meeting.cancel",
        Command::Start => "meeting.start",
        Command::End => "meeting.end",
        Command::Archive => "meeting.archive",
        Command::MoveAgenda { .. } => "meeting.move_agenda",
        Command::Reply { .. } => "meeting.reply",
        Command::SignUp => "meeting.sign_up",
        Command::AskLeave { .. } => "meeting.ask_leave",
        Command::WithdrawLeave => "meeting.withdraw_leave",
        Command::DecideLeave { .. } => "meeting.decide_leave",
        Command::Substitute { .. } => "meeting.substitute",
        Command::AddGuest(_) => "meeting.add_guest",
        Command::InviteSuperior { .. } => "meeting.invite_superior",
        Command::NameDelegate { .. } => "meeting.name_delegate",
        Command::SignIn(_) => "meeting.sign_in",
        Command::SignInOnline { .. } => "meeting.sign_in_online",
        Command::SignInManually { .. } => "meeting.sign_in_manually",
        Command::RaiseHand => "meeting.raise_hand",
        Command::LowerHand { .. } => "meeting.lower_hand",
        Command::PrepareVote { .. } => "vote.prepare",
        Command::EditVote { .. } => "vote.edit",
        Command::DropVote(_) => "vote.drop",
        Command::OpenVote(_) => "vote.open",
        Command::CastBallot { .. } => "vote.cast",
        Command::CloseVote { .. } => "vote.close",
        Command::CountVote { .. } => "vote.count",
        Command::PublishVote(_) => "vote.publish",
        Command::ResetVote { .. } => "vote.reset",
        Command::SignOut { .. } => "meeting.sign_out",
        Command::Visit => "meeting.visit",
        Command::Nudge { .. } => "meeting.nudge",
        Command::Tick => "meeting.tick",
    }
}

impl Asked for Act {
    fn command(&self) -> &Command {
        &self.command
    }

    fn account_id(&self) -> Option<AccountId> {
        self.origin.account_id()
    }
}

impl Actor for MeetingActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.read_hall(context);
        context.run_interval(IDLE, |actor, context| {
            if !std::mem::take(&mut actor.asked) && !actor.is_busy() {
                actor.retire(context);
            }
        });
    }
}

impl Handler<Queued<Act>> for MeetingActor {
    type Result = ();

    fn handle(&mut self, Queued(act, place, span): Queued<Act>, context: &mut Self::Context) {
        let _entered = span.enter();
        drop(place);
        self.asked = true;
        let left = self.retired && self.floor.hall().is_some() && !self.come_back(context);
        if left || self.floor.waiting() >= WAITING {
            let _ = act.reply.send(Err(CommandError::Unavailable));
            return;
        }
        self.floor.ask(act);
        self.go_on(context);
    }
}

impl Handler<Queued<Read>> for MeetingActor {
    type Result = ();

    fn handle(&mut self, Queued(read, place, span): Queued<Read>, context: &mut Self::Context) {
        let _entered = span.enter();
        drop(place);
        self.asked = true;
        self.readers.push((self.answered, read));
        if self.floor.is_outdated() { self.read_hall(context) } else { self.let_read() }
    }
}

impl Handler<Rest> for MeetingActor {
    type Result = ();

    fn handle(&mut self, Rest: Rest, context: &mut Self::Context) {
        if !self.retired {
            return;
        }
        if self.is_busy() {
            context.run_later(REST_AGAIN, |_, context| context.address().do_send(Rest));
        } else {
            context.stop();
        }
    }
}

impl Handler<ReadAnew> for MeetingActor {
    type Result = ();

    fn handle(&mut self, ReadAnew: ReadAnew, context: &mut Self::Context) {
        self.floor.outdate();
        self.read_hall(context);
    }
}

impl Handler<Follow> for MeetingActor {
    type Result = ();

    fn handle(&mut self, Follow(events): Follow, context: &mut Self::Context) {
        let followed = self.floor.follow(&events);
        self.followed(followed, context);
    }
}

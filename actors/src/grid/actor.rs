//! The shell around a grid's state: decides, submits, answers. It never waits: while a change is being committed it goes
//! on with the next message, on the state as it will be; if the commit fails, the ticket is read again.

use std::sync::Arc;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, WrapFuture as _};
use lianxin_domain::access::Scope;
use lianxin_domain::board::BoardLimits;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::GridId;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_level::TimeRules;
use lianxin_domain::ticket::{DecisionContext, Party, PersonRef, SubmitContext, Ticket, TicketEvent};
use lianxin_storage::journal::{CommitError, Committed, Journal};
use lianxin_storage::tickets::Tickets;

use super::TicketIndex;
use super::change::{Decided, change_of};
use super::messages::Why;
use super::messages::{
    Act, BoardReading, CommandError, Done, Expire, Follow, LookAgain, Origin, ReadBoard, Reply, Submit,
};
use super::state::GridState;
use crate::directory::{Directories, GridEntry};
use crate::dispatch::Dispatch;
use crate::rulebook::Rulebook;

/// Messages that may wait for one grid; beyond it the caller is told to come back.
const MAILBOX: usize = 1_024;
/// Decisions on an old version before giving up: another node is faster again and again.
const MAX_STALE: u8 = 3;

/// What all grids' actors share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) journal: Journal,
    pub(super) tickets: Tickets,
    pub(super) directories: Directories,
    pub(super) kinds: Arc<KindSet>,
    pub(super) rulebook: Rulebook,
    pub(super) dispatch: Dispatch,
    pub(super) index: Arc<TicketIndex>,
}

/// One grid's actor.
pub(super) struct GridActor {
    grid_id: GridId,
    shared: Shared,
    state: GridState,
}

impl GridActor {
    pub(super) const fn new(grid_id: GridId, shared: Shared, state: GridState) -> Self {
        Self { grid_id, shared, state }
    }

    fn entry(&self) -> Option<Arc<GridEntry>> {
        self.shared.directories.current().get(self.grid_id).cloned()
    }

    fn submit(&mut self, message: Submit, context: &mut Context<Self>) {
        let Submit { new, origin, reply } = message;
        match self.decide_submit(new, &origin) {
            Ok(decided) => self.commit(decided, Asked::Submit(origin, reply), context),
            Err(error) => answer(reply, Err(error)),
        }
    }

    fn decide_submit(&self, new: lianxin_domain::ticket::NewTicket, origin: &Origin) -> Result<Decided, CommandError> {
        let entry = self.entry().ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?;
        let rules = self.shared.rulebook.current();
        let context = SubmitContext {
            grid_id: self.grid_id,
            grid_path: &entry.grid.path,
            grid_status: entry.grid.status,
            profile_complete: origin.caller.profile_complete,
            decision: DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people },
        };
        let now = self.shared.clock.now();
        let files = new.attachments.iter().map(|file| file.id).collect();
        let (sent, mut events) = Ticket::submit(new, &context, now)?;
        let further = events.split_off(1);
        let mut steps: Vec<_> = events.into_iter().map(|event| (event, sent.clone())).collect();
        steps.extend(Decided::steps_of(&sent, further, now));
        Ok(Decided { before: None, steps, files, action: "ticket.submit", at: now, entry })
    }

    fn act(&mut self, message: Act, context: &mut Context<Self>) {
        if let Some(ticket) = self.state.ticket(message.ticket_id) {
            match self.decide_act(ticket, &message) {
                Ok(decided) => self.commit(decided, Asked::Act(message), context),
                Err(error) => answer(message.reply, Err(error)),
            }
            return;
        }
        let tickets = self.shared.tickets.clone();
        let id = message.ticket_id;
        let load = async move { tickets.get(&Scope::system(), id).await };
        context.spawn(load.into_actor(self).map(move |loaded, actor, context| match loaded {
            Ok(Some(ticket)) => {
                if actor.state.ticket(id).is_none() {
                    actor.state.put(ticket);
                }
                actor.act(message, context);
            }
            Ok(None) => answer(message.reply, Err(not_found().into())),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, ticket.id = %id, "ticket cannot be read");
                answer(message.reply, Err(CommandError::Unavailable));
            }
        }));
    }

    fn decide_act(&self, ticket: &Ticket, message: &Act) -> Result<Decided, CommandError> {
        let entry = self.entry().ok_or_else(not_found)?;
        let caller = &message.origin.caller;
        let party = Party {
            person: PersonRef { id: caller.account_id, name: caller.name.clone() },
            standing: caller.standing(&ticket.place()),
        };
        let now = self.shared.clock.now();
        let rules = self.shared.rulebook.current();
        let context = DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people };
        let events = ticket.decide(&message.command, &party, &context, now)?;
        Ok(Decided {
            before: Some(ticket.clone()),
            steps: Decided::steps_of(ticket, events, now),
            files: message.files.clone(),
            action: super::change::audit_action(message.command.action()),
            at: now,
            entry,
        })
    }

    /// Submits what was decided and takes it over tentatively. When another node was faster, an action is decided anew on
    /// what that node left.
    fn commit(&mut self, decided: Decided, asked: Asked, context: &mut Context<Self>) {
        let Some(after) = decided.after().cloned() else {
            return answer(asked.into_reply(), Err(CommandError::Failed));
        };
        let origin = asked.origin();
        let standing = origin.caller.standing(&after.place());
        let made = (origin.answer)(&after, &standing);
        let change = change_of(&self.shared, &decided, origin, &made);
        let commit = match self.shared.journal.submit(change) {
            Ok(commit) => commit,
            Err(error) => return answer(asked.into_reply(), Err(command_error(&error))),
        };
        let id = after.id;
        self.state.put(after);
        context.spawn(commit.into_actor(self).map(move |outcome, actor, context| match (outcome, asked) {
            (Ok(Committed { seq, .. }), asked) => {
                actor.shared.index.insert(id, actor.grid_id);
                answer(asked.into_reply(), Ok(Done { seq, answer: made }));
            }
            (Err(CommitError::Stale { .. }), Asked::Act(act)) if act.stale < MAX_STALE => {
                actor.state.forget(id);
                actor.act(Act { stale: act.stale + 1, ..act }, context);
            }
            (Err(error), asked) => {
                actor.state.forget(id);
                answer(asked.into_reply(), Err(command_error(&error)));
            }
        }));
    }

    /// Lets a ticket's clock do what it asks for, unless the ticket moved on meanwhile.
    fn expire(&mut self, message: Expire, context: &mut Context<Self>) {
        let Expire { ticket_id, done } = message;
        let tickets = self.shared.tickets.clone();
        let known = self.state.ticket(ticket_id).cloned();
        let load = async move {
            match known {
                Some(ticket) => Ok(Some(ticket)),
                None => tickets.get(&Scope::system(), ticket_id).await,
            }
        };
        let work = load.into_actor(self).map(move |loaded, actor, context| match loaded {
            Ok(Some(ticket)) => {
                // What was decided meanwhile is newer than what was read.
                let ticket = actor.state.ticket(ticket_id).cloned().unwrap_or(ticket);
                actor.decide_alone(&ticket, "ticket.time", Ticket::decide_time, Some(done), context);
            }
            Ok(None) => told(Some(done), true),
            Err(_) => told(Some(done), false),
        });
        context.spawn(work);
    }

    /// Looks at all open tickets again, some at a time: the rules changed, or people came and went.
    fn look_again(&mut self, message: LookAgain, context: &mut Context<Self>) {
        let LookAgain { why, after } = message;
        self.state.board.set_limits(BoardLimits::from(&self.shared.rulebook.current().levels));
        let ids = self.state.open_after(after, LOOKED_AT_ONCE);
        let Some(last) = ids.last().copied() else { return };
        for ticket in ids.iter().filter_map(|id| self.state.ticket(*id).cloned()).collect::<Vec<_>>() {
            let decide: DecideAlone = match why {
                Why::RulesChanged => {
                    |ticket, context, now| ticket.decide_rules_changed(context, now).into_iter().collect()
                }
                Why::PeopleChanged => Ticket::decide_vacancy,
            };
            self.decide_alone(&ticket, why.audit_action(), decide, None, context);
        }
        // An empty change behind these: the journal's order makes the next ones wait for them, nobody else.
        let behind =
            self.shared.journal.submit(lianxin_storage::change::Change::new(self.shared.clock.now(), None, None));
        if let Ok(behind) = behind {
            context.spawn(behind.into_actor(self).map(move |_, _, context| {
                context.notify(LookAgain { why, after: Some(last) });
            }));
        }
    }

    /// Commits what a ticket decides without anybody asking.
    fn decide_alone(
        &mut self,
        ticket: &Ticket,
        action: &'static str,
        decide: DecideAlone,
        done: Option<tokio::sync::oneshot::Sender<bool>>,
        context: &mut Context<Self>,
    ) {
        let now = self.shared.clock.now();
        let Some(entry) = self.entry() else { return told(done, true) };
        let rules: Arc<TimeRules> = self.shared.rulebook.current();
        let decision = DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people };
        let events = decide(ticket, &decision, now);
        if events.is_empty() {
            return told(done, true);
        }
        let steps = Decided::steps_of(ticket, events, now);
        let decided = Decided { before: Some(ticket.clone()), steps, files: Vec::new(), action, at: now, entry };
        let commit = match self.shared.journal.submit(super::change::system_change(&self.shared, &decided)) {
            Ok(commit) => commit,
            Err(_) => return told(done, false),
        };
        let id = ticket.id;
        if let Some(after) = decided.after() {
            self.state.put(after.clone());
        }
        context.spawn(commit.into_actor(self).map(move |outcome, actor, _| {
            if outcome.is_err() {
                actor.state.forget(id);
            }
            told(done, outcome.is_ok());
        }));
    }
}

/// How a ticket decides by itself.
type DecideAlone = fn(&Ticket, &DecisionContext<'_>, Timestamp) -> Vec<TicketEvent>;

/// Open tickets looked at again at a time.
const LOOKED_AT_ONCE: usize = 64;

fn told(done: Option<tokio::sync::oneshot::Sender<bool>>, took_effect: bool) {
    if let Some(done) = done {
        // The clock may have stopped listening; what was done stays done.
        let _ = done.send(took_effect);
    }
}

/// What waits for its commit, with all that is needed to answer it or to decide it again.
enum Asked {
    Submit(Origin, Reply),
    Act(Act),
}

impl Asked {
    const fn origin(&self) -> &Origin {
        match self {
            Self::Submit(origin, _) => origin,
            Self::Act(act) => &act.origin,
        }
    }

    fn into_reply(self) -> Reply {
        match self {
            Self::Submit(_, reply) => reply,
            Self::Act(act) => act.reply,
        }
    }
}

impl Drop for GridActor {
    fn drop(&mut self) {
        // A grid without its actor would answer nobody; the whole server starts again faster than anybody could look.
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

impl Actor for GridActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Submit> for GridActor {
    type Result = ();

    fn handle(&mut self, message: Submit, context: &mut Self::Context) {
        self.submit(message, context);
    }
}

impl Handler<Act> for GridActor {
    type Result = ();

    fn handle(&mut self, message: Act, context: &mut Self::Context) {
        self.act(message, context);
    }
}

impl Handler<Expire> for GridActor {
    type Result = ();

    fn handle(&mut self, message: Expire, context: &mut Self::Context) {
        self.expire(message, context);
    }
}

impl Handler<LookAgain> for GridActor {
    type Result = ();

    fn handle(&mut self, message: LookAgain, context: &mut Self::Context) {
        self.look_again(message, context);
    }
}

impl Handler<Follow> for GridActor {
    type Result = ();

    fn handle(&mut self, Follow(updates): Follow, _: &mut Self::Context) {
        for update in updates {
            let facts = &update.fact.facts;
            if facts.grid_id == self.grid_id {
                self.state.outdated_by(facts.ticket_id, facts.version);
            }
            self.state.board.apply(&update);
        }
    }
}

impl Handler<ReadBoard> for GridActor {
    type Result = actix::MessageResult<ReadBoard>;

    fn handle(&mut self, message: ReadBoard, _: &mut Self::Context) -> Self::Result {
        let board = &mut self.state.board;
        board.turn_day(self.shared.clock.now());
        let (open, feed) = if message.whole { (board.points(), board.feed()) } else { Default::default() };
        actix::MessageResult(BoardReading { as_of: board.as_of(), figures: board.figures(), open, feed })
    }
}

fn answer(reply: Reply, result: Result<Done, CommandError>) {
    // Who asked may have gone away; what was done stays done.
    let _ = reply.send(result);
}

fn not_found() -> Refusal {
    Refusal::not_found("ticket.not_found", "没有找到这件诉求")
}

fn command_error(error: &CommitError) -> CommandError {
    match error {
        CommitError::Repeated => CommandError::Repeated,
        CommitError::Stale { table: "attachments", .. } => {
            Refusal::conflict("attachment.in_use", "文件已用于另一条记录，请重新上传").into()
        }
        CommitError::Unavailable | CommitError::Stale { .. } => CommandError::Unavailable,
        CommitError::Exists { .. } | CommitError::Failed => CommandError::Failed,
    }
}

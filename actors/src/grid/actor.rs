//! The shell around a grid's state: decides, submits, answers. It never waits: while a change is being committed it goes
//! on with the next message, on the state as it will be; if the commit fails, the ticket is read again.

use std::sync::Arc;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, WrapFuture as _};
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Clock;
use lianxin_domain::ids::GridId;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_level::TicketRules;
use lianxin_domain::ticket::{DecisionContext, Party, PersonRef, SubmitContext, Ticket};
use lianxin_storage::journal::{CommitError, Committed, Journal};
use lianxin_storage::tickets::Tickets;

use super::TicketIndex;
use super::change::{Decided, change_of};
use super::messages::{Act, BoardReading, CommandError, Done, Expire, Follow, Origin, ReadBoard, Reply, Submit};
use super::state::GridState;
use crate::directory::{Directories, GridEntry};

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
    pub(super) rules: TicketRules,
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
        let context = SubmitContext {
            grid_id: self.grid_id,
            grid_path: &entry.grid.path,
            grid_status: entry.grid.status,
            profile_complete: origin.caller.profile_complete,
            rules: &self.shared.rules,
        };
        let now = self.shared.clock.now();
        let files = new.attachments.iter().map(|file| file.id).collect();
        let (ticket, event) = Ticket::submit(new, &context, now)?;
        Ok(Decided { before: None, after: ticket, events: vec![event], files, action: "ticket.submit", at: now, entry })
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
        let context = DecisionContext { rules: &self.shared.rules, ladder: &entry.ladder };
        let events = ticket.decide(&message.command, &party, &context, now)?;
        let after = events.iter().fold(ticket.clone(), |ticket, event| ticket.after(event, now));
        Ok(Decided {
            before: Some(ticket.clone()),
            after,
            events,
            files: message.files.clone(),
            action: super::change::audit_action(message.command.action()),
            at: now,
            entry,
        })
    }

    /// Submits what was decided and takes it over tentatively. When another node was faster, an action is decided anew on
    /// what that node left.
    fn commit(&mut self, decided: Decided, asked: Asked, context: &mut Context<Self>) {
        let origin = asked.origin();
        let standing = origin.caller.standing(&decided.after.place());
        let made = (origin.answer)(&decided.after, &standing);
        let change = change_of(&self.shared, &decided, origin, &made);
        let commit = match self.shared.journal.submit(change) {
            Ok(commit) => commit,
            Err(error) => return answer(asked.into_reply(), Err(command_error(&error))),
        };
        let id = decided.after.id;
        self.state.put(decided.after);
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

    /// Records that a limit passed, unless the ticket moved on meanwhile.
    fn expire(&mut self, message: Expire, context: &mut Context<Self>) {
        let Expire { ticket_id, due_at, done } = message;
        let tickets = self.shared.tickets.clone();
        let known = self.state.ticket(ticket_id).cloned();
        let load = async move {
            match known {
                Some(ticket) => Ok(Some(ticket)),
                None => tickets.get(&Scope::system(), ticket_id).await,
            }
        };
        let work = load.into_actor(self).then(move |loaded, actor, _| {
            let change = loaded.ok().flatten().and_then(|ticket| actor.overdue_change(ticket, due_at));
            let journal = actor.shared.journal.clone();
            let commit = async move {
                match change {
                    Some(change) => journal.commit(change).await.map(drop),
                    None => Ok(()),
                }
            };
            commit.into_actor(actor)
        });
        context.spawn(work.map(move |outcome, actor, _| {
            if outcome.is_err() {
                actor.state.forget(ticket_id);
            }
            let _ = done.send(outcome.is_ok());
        }));
    }

    fn overdue_change(
        &mut self,
        ticket: Ticket,
        due_at: lianxin_domain::clock::Timestamp,
    ) -> Option<lianxin_storage::change::Change> {
        let now = self.shared.clock.now();
        let entry = self.entry()?;
        let event = ticket.decide_overdue(due_at, now)?;
        let after = ticket.after(&event, now);
        self.state.put(after.clone());
        let decided = Decided {
            before: Some(ticket),
            after,
            events: vec![event],
            files: Vec::new(),
            action: "ticket.overdue",
            at: now,
            entry,
        };
        Some(super::change::system_change(&self.shared, &decided))
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

//! The shell around a grid's state: decides, submits, answers. It never waits: while a change is being committed it goes
//! on with other tickets' messages; those of the same ticket take turns, each on what the last one left.

use std::sync::Arc;

use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, WrapFuture as _};
use lianxin_domain::access::Scope;
use lianxin_domain::board::BoardLimits;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::ticket::{Ticket, TicketClock};
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::{CommitError, Committed};
use tokio::sync::oneshot;

use super::change::{Decided, change_of, system_change};
use super::decision::{Shared, not_found};
use super::messages::{Act, BoardReading, Expire, Follow, LookAgain, Origin, Place, ReadBoard, Submit, Why};
use super::state::GridState;
use super::task::{Alone, DecideAlone, MAX_STALE, Outcome, Task};
use super::turns::Turns;
use crate::command::Reply;
use crate::command::{Answer, CommandError, Done};

/// Messages that may wait for one grid; beyond it the caller is told to come back.
const MAILBOX: usize = 1_024;
/// What may wait for one ticket; beyond it the caller is told to come back.
const WAITING: usize = 256;
/// Open tickets looked at again at a time.
const LOOKED_AT_ONCE: usize = 64;
/// Before a look that could not be finished is tried again.
const LOOK_LATER: Duration = Duration::from_secs(1);

/// One grid's actor.
pub(super) struct GridActor {
    grid_id: GridId,
    shared: Shared,
    state: GridState,
    turns: Turns<Task>,
}

impl GridActor {
    pub(super) fn new(grid_id: GridId, shared: Shared, state: GridState) -> Self {
        Self { grid_id, shared, state, turns: Turns::default() }
    }

    fn submit(&mut self, message: Submit, context: &mut Context<Self>) {
        let Submit { new, origin, span, reply } = message;
        let _entered = span.enter();
        let id = new.id;
        let decided = match self.shared.decide_submit(self.grid_id, new, &origin.caller, self.shared.clock.now()) {
            Ok(decided) => decided,
            Err(error) => return answer(reply, Err(error)),
        };
        let Some(after) = decided.after().cloned() else { return answer(reply, Err(CommandError::Failed)) };
        let made = made(&after, &origin);
        let commit = match self.shared.journal.submit(change_of(&self.shared, &decided, &origin, &made)) {
            Ok(commit) => commit,
            Err(error) => return answer(reply, Err(CommandError::from(&error))),
        };
        // Whoever looks at all open tickets meanwhile waits for this one.
        self.turns.begin(id);
        self.state.expect(id);
        context.spawn(commit.into_actor(self).map(move |outcome, actor, context| {
            match outcome {
                Ok(Committed { seq, .. }) => {
                    actor.shared.index.insert(id, actor.grid_id);
                    actor.state.put(after);
                    answer(reply, Ok(Done { seq, answer: made }));
                }
                Err(error) => {
                    if error != CommitError::Unavailable {
                        actor.state.gone(id);
                    }
                    answer(reply, Err(CommandError::from(&error)));
                }
            }
            actor.go_on(id, context);
        }));
    }

    /// Does `task` now, or when its turn at the ticket comes.
    fn take(&mut self, id: TicketId, task: Task, context: &mut Context<Self>) {
        if matches!(task, Task::Act(_)) && self.turns.waiting(id) >= WAITING {
            let _ = task.fail(CommandError::Unavailable);
        } else if let Some(task) = self.turns.take(id, task) {
            self.work(id, task, context);
        }
    }

    fn work(&mut self, id: TicketId, task: Task, context: &mut Context<Self>) {
        if !self.begin(id, task, context) {
            self.go_on(id, context);
        }
    }

    /// Nothing is under way at the ticket any more: what waits there begins.
    fn go_on(&mut self, id: TicketId, context: &mut Context<Self>) {
        while let Some(task) = self.turns.next(id) {
            if self.begin(id, task, context) {
                return;
            }
        }
    }

    /// Begins `task`; answers whether it goes on, and will call [`go_on`](Self::go_on) itself.
    fn begin(&mut self, id: TicketId, task: Task, context: &mut Context<Self>) -> bool {
        let span = task.span();
        let _entered = span.enter();
        if let Some(ticket) = self.state.ticket(id) {
            match self.decide(ticket, &task) {
                Ok(Some(decided)) => return self.commit(decided, task, context),
                // The limit came from the table: when it is not the one known here, another node moved it.
                Ok(None) if task.is_of_another_limit(ticket) => self.state.forget(id),
                Ok(None) => return task.void(),
                Err(error) => return task.fail(error),
            }
        }
        let task = task.on_what_is_stored();
        let tickets = self.shared.tickets.clone();
        // A task of the runtime: at a stop it is dropped within it, as the database's connection demands.
        let load = tokio::spawn(async move { tickets.get(&Scope::system(), id).await });
        context.spawn(load.into_actor(self).map(move |loaded, actor, context| match loaded {
            Ok(Ok(Some(ticket))) => {
                actor.state.put(ticket);
                actor.work(id, task, context);
            }
            Ok(Ok(None)) => {
                actor.state.gone(id);
                task.fail(not_found().into());
                actor.go_on(id, context);
            }
            Ok(Err(error)) => {
                let _entered = task.span().entered();
                tracing::error!(error = &error as &dyn std::error::Error, ticket.id = %id, "ticket cannot be read");
                // What no code of ours wrote does not become readable by waiting.
                task.fail(match error {
                    StorageError::Unavailable(_) | StorageError::Statement(_) => CommandError::Unavailable,
                    _ => CommandError::Failed,
                });
                actor.go_on(id, context);
            }
            // It panicked, which is told where it happened.
            Err(_) => {
                task.fail(CommandError::Failed);
                actor.go_on(id, context);
            }
        }));
        true
    }

    /// What follows from `task`; nothing: it proved void.
    fn decide(&self, ticket: &Ticket, task: &Task) -> Result<Option<Decided>, CommandError> {
        let now = self.shared.clock.now();
        match task {
            Task::Act(act) => {
                let (command, files) = (&act.command, act.files.clone());
                self.shared.decide_act(ticket, command, files, &act.origin.caller, now).map(Some)
            }
            Task::Alone(alone) => Ok(self.shared.decide_alone(ticket, alone.decide, alone.action, now)),
        }
    }

    /// Submits what was decided; when another node was faster, it is decided anew on what that node left. Answers whether
    /// it is under way.
    fn commit(&mut self, decided: Decided, task: Task, context: &mut Context<Self>) -> bool {
        let Some(after) = decided.after().cloned() else { return task.void() };
        let (change, made) = match &task {
            Task::Act(act) => {
                let made = made(&after, &act.origin);
                (change_of(&self.shared, &decided, &act.origin, &made), Some(made))
            }
            Task::Alone(_) => (system_change(&self.shared, &decided), None),
        };
        let commit = match self.shared.journal.submit(change) {
            Ok(commit) => commit,
            Err(error) => return task.fail(CommandError::from(&error)),
        };
        let id = after.id;
        context.spawn(commit.into_actor(self).map(move |outcome, actor, context| {
            match outcome {
                Ok(Committed { seq, .. }) => {
                    actor.shared.index.insert(id, actor.grid_id);
                    actor.state.put(after);
                    task.done(seq, made);
                }
                Err(error) => {
                    // Another node was faster, or nobody knows: it is read again.
                    actor.state.forget(id);
                    let task = task.tried_again();
                    if matches!(error, CommitError::Stale { .. }) && task.tries() <= MAX_STALE {
                        return actor.work(id, task, context);
                    }
                    let _ = task.fail(CommandError::from(&error));
                }
            }
            actor.go_on(id, context);
        }));
        true
    }

    /// Looks at all open tickets again, some at a time: the rules changed, or people came and went.
    fn look_again(&mut self, message: LookAgain, context: &mut Context<Self>) {
        self.state.board.set_limits(BoardLimits::from(&self.shared.rulebook.current().levels));
        let looking = Arc::clone(&self.shared.looking).acquire_owned();
        context.spawn(looking.into_actor(self).map(move |looking, actor, context| {
            actor.look_at_some(message, looking.ok(), context);
        }));
    }

    /// Looks at the next open tickets while it has the `turn` to do so, and then goes on with those behind them.
    fn look_at_some(
        &mut self,
        LookAgain { why, after }: LookAgain,
        turn: Option<tokio::sync::OwnedSemaphorePermit>,
        context: &mut Context<Self>,
    ) {
        let ids = self.state.open_after(after, LOOKED_AT_ONCE);
        let Some(last) = ids.last().copied() else { return };
        let decide: DecideAlone = match why {
            Why::RulesChanged => |ticket, context, now| {
                // A node that has not heard of the newest rules yet must not bring the old ones back.
                let newer = |clock: &TicketClock| {
                    clock.levels_version > context.rules.levels.version
                        || clock.calendar_version > context.rules.calendar.version
                };
                if ticket.clock.as_ref().is_some_and(newer) {
                    return Vec::new();
                }
                ticket.decide_rules_changed(context, now).into_iter().collect()
            },
            Why::PeopleChanged => Ticket::decide_vacancy,
        };
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let (done, outcome) = oneshot::channel();
            outcomes.push(outcome);
            self.take(
                id,
                Task::Alone(Alone { decide, action: why.audit_action(), limit: None, stale: 0, done }),
                context,
            );
        }
        let all = futures_util::future::join_all(outcomes);
        context.spawn(all.into_actor(self).map(move |outcomes, _, context| {
            drop(turn);
            if outcomes.contains(&Ok(Outcome::Again)) {
                // Those that took effect prove void then.
                context.notify_later(LookAgain { why, after }, LOOK_LATER);
            } else {
                context.notify(LookAgain { why, after: Some(last) });
            }
        }));
    }
}

fn made(after: &Ticket, origin: &Origin) -> Answer {
    (origin.answer)(after, &origin.caller.standing(&after.place()))
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
        self.take(message.ticket_id, Task::Act(message), context);
    }
}

impl Handler<Expire> for GridActor {
    type Result = ();

    fn handle(&mut self, message: Expire, context: &mut Self::Context) {
        let Expire { ticket_id, limit, done } = message;
        let alone = Alone { decide: Ticket::decide_time, action: "ticket.time", limit, stale: 0, done };
        self.take(ticket_id, Task::Alone(alone), context);
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
                self.state.heard(facts.ticket_id, facts.version, facts.state.is_open());
            }
            self.state.board.apply(&update);
        }
    }
}

impl Handler<Place> for GridActor {
    type Result = ();

    fn handle(&mut self, Place(path): Place, _: &mut Self::Context) {
        self.state.board.lie_at(path);
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

pub(super) fn answer(reply: Reply, result: Result<Done, CommandError>) {
    // Who asked may have gone away; what was done stays done.
    let _ = reply.send(result);
}

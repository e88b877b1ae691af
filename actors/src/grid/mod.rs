//! Grids at work: one actor per grid decides on its tickets and keeps the board of its subtree.
//!
//! [`GridActors`] is the handle: it finds the actor, hands the message over and waits for the answer. A full mailbox is
//! [`CommandError::Unavailable`] at once. If an actor panics, the process ends and is started again: state is rebuilt
//! from the database.

mod actor;
mod change;
pub mod chronicle;
mod decision;
mod due;
mod loading;
mod messages;
pub mod state;
mod task;
pub mod turns;

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor as _, Addr, ArbiterHandle};
use lianxin_domain::board::{Board, BoardLimits, BoardUpdate};
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::{AttachmentId, GridId, TicketId};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::ticket::{Command, NewTicket, Ticket};
use lianxin_domain::tree::TreePath;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::Journal;
use lianxin_storage::tickets::Tickets;
use lianxin_storage::trace::TRACED;
use parking_lot::RwLock;
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use self::actor::GridActor;
use self::change::audit_action;
use self::decision::Shared;
pub use self::loading::GridLoad;
use self::messages::{Act, Expire, Follow, LookAgain, Place, ReadBoard, Submit, Why};
pub use self::messages::{BoardReading, MakeAnswer, Origin};
use self::state::GridState;
use self::task::Outcome;
use crate::catch_up::CatchUp;
use crate::command::{CommandError, Done};
use crate::directory::Directories;
use crate::dispatch::Dispatch;
use crate::rulebook::Rulebook;

/// Which grid's actor decides on a ticket. Holds what was lately in use; the rest is asked of the database.
#[derive(Debug, Default)]
pub struct TicketIndex(RwLock<HashMap<TicketId, GridId>>);

impl TicketIndex {
    fn get(&self, id: TicketId) -> Option<GridId> {
        self.0.read().get(&id).copied()
    }

    fn insert(&self, id: TicketId, grid_id: GridId) {
        if self.get(id).is_none() {
            self.0.write().insert(id, grid_id);
        }
    }

    fn remove(&self, id: TicketId) {
        self.0.write().remove(&id);
    }
}

/// What the grids' actors stand on.
pub struct GridDependencies {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// Tickets.
    pub tickets: Tickets,
    /// Grids and staff.
    pub directories: Directories,
    /// Kinds of tickets.
    pub kinds: Arc<KindSet>,
    /// Limits and calendar.
    pub rulebook: Rulebook,
    /// What goes outside.
    pub dispatch: Dispatch,
    /// Whether other nodes know more.
    pub catch_up: CatchUp,
}

/// A grid's actor and the place that it knows itself at.
struct Placed {
    actor: Addr<GridActor>,
    path: TreePath,
}

/// The handle of all grids' actors.
#[derive(Clone)]
pub struct GridActors {
    shared: Shared,
    actors: Arc<RwLock<HashMap<GridId, Placed>>>,
    threads: Arc<Vec<ArbiterHandle>>,
    catch_up: CatchUp,
}

impl GridActors {
    /// Starts one actor for every grid of the directory on `threads`, with the state that `load` read.
    pub fn start(dependencies: GridDependencies, threads: Vec<ArbiterHandle>, load: GridLoad) -> Self {
        let catch_up = dependencies.catch_up.clone();
        let shared = Shared::from(dependencies);
        let grids = Self { shared, actors: Arc::default(), threads: Arc::new(threads), catch_up };
        for (grid_id, board, open) in load.into_states(&grids.shared) {
            grids.add(grid_id, board, open);
        }
        grids
    }

    /// The rules changed: running clocks are worked out anew.
    pub fn rules_changed(&self) {
        self.look_again(Why::RulesChanged);
    }

    /// People came or went: what waits where nobody is left goes on.
    pub fn people_changed(&self) {
        self.look_again(Why::PeopleChanged);
    }

    fn look_again(&self, why: Why) {
        for Placed { actor, .. } in self.actors.read().values() {
            // Not bound by the mailbox's limit: it is one message per grid, and none may be lost.
            actor.do_send(LookAgain { why, after: None });
        }
    }

    fn add(&self, grid_id: GridId, board: Board, open: Vec<Ticket>) {
        for ticket in &open {
            self.shared.index.insert(ticket.id, grid_id);
        }
        let mut actors = self.actors.write();
        if actors.contains_key(&grid_id) {
            return;
        }
        let Some(thread) = self.threads.get(actors.len() % self.threads.len().max(1)) else { return };
        let (shared, path) = (self.shared.clone(), board.path().clone());
        let actor =
            GridActor::start_in_arbiter(thread, move |_| GridActor::new(grid_id, shared, GridState::new(board, open)));
        actors.insert(grid_id, Placed { actor, path });
    }

    fn actor(&self, grid_id: GridId) -> Option<Addr<GridActor>> {
        self.actors.read().get(&grid_id).map(|placed| placed.actor.clone())
    }

    /// The actor of a grid, also of one that was made a moment ago: the follower has not come to it yet.
    fn actor_or_new(&self, grid_id: GridId) -> Option<Addr<GridActor>> {
        self.actor(grid_id).or_else(|| {
            self.follow_directory();
            self.actor(grid_id)
        })
    }

    /// Sends a request to a grid.
    ///
    /// # Errors
    /// [`CommandError`] when it was not done.
    pub async fn submit(&self, grid_id: GridId, new: NewTicket, origin: Origin) -> Result<Done, CommandError> {
        let span = tracing::info_span!(target: TRACED, "command", command = "ticket.submit", ticket.id = %new.id);
        let not_found = || Refusal::not_found("grid.not_found", "没有找到这个网格");
        let actor = self.actor_or_new(grid_id).ok_or_else(not_found)?;
        let answering = async move {
            let (reply, answer) = oneshot::channel();
            let submit = Submit { new, origin, span: Span::current(), reply };
            actor.try_send(submit).map_err(|_| CommandError::Unavailable)?;
            answer.await.unwrap_or(Err(CommandError::Unavailable))
        };
        answering.instrument(span).await
    }

    /// Does something with a ticket; `files` are fresh uploads that become the ticket's.
    ///
    /// # Errors
    /// [`CommandError`] when it was not done.
    pub async fn act(
        &self,
        ticket_id: TicketId,
        command: Command,
        files: Vec<AttachmentId>,
        origin: Origin,
    ) -> Result<Done, CommandError> {
        let span = tracing::info_span!(target: TRACED, "command", command = audit_action(command.action()), ticket.id = %ticket_id);
        let position = self.catch_up.position();
        let once = self.act_once(ticket_id, command.clone(), files.clone(), origin.clone());
        match once.instrument(span.clone()).await {
            Err(CommandError::Refused(_)) if self.catch_up.was_behind(position).await => {
                self.act_once(ticket_id, command, files, origin).instrument(span).await
            }
            outcome => outcome,
        }
    }

    async fn act_once(
        &self,
        ticket_id: TicketId,
        command: Command,
        files: Vec<AttachmentId>,
        origin: Origin,
    ) -> Result<Done, CommandError> {
        let not_found = || Refusal::not_found("ticket.not_found", "没有找到这件诉求");
        let grid_id = self.grid_of(ticket_id).await?.ok_or_else(not_found)?;
        let actor = self.actor_or_new(grid_id).ok_or_else(not_found)?;
        let (reply, answer) = oneshot::channel();
        let act = Act { ticket_id, command, origin, files, stale: 0, span: Span::current(), reply };
        actor.try_send(act).map_err(|_| CommandError::Unavailable)?;
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Tells a ticket's grid that its clock asks for something, and waits until that took effect or proved void.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when it has to be told again.
    pub async fn expire(&self, ticket_id: TicketId) -> Result<(), CommandError> {
        self.limit_over(ticket_id, None).await
    }

    /// As [`expire`](Self::expire), because the table says that its limit ended then.
    async fn limit_over(&self, ticket_id: TicketId, limit: Option<Timestamp>) -> Result<(), CommandError> {
        let Some(grid_id) = self.grid_of(ticket_id).await? else { return Ok(()) };
        let Some(actor) = self.actor_or_new(grid_id) else { return Ok(()) };
        let (done, finished) = oneshot::channel();
        actor.try_send(Expire { ticket_id, limit, done }).map_err(|_| CommandError::Unavailable)?;
        match finished.await {
            Ok(Outcome::Done) => Ok(()),
            Ok(Outcome::Again | Outcome::Failed) | Err(_) => Err(CommandError::Unavailable),
        }
    }

    /// The board of a grid; with points and feed when `whole`.
    pub async fn board(&self, grid_id: GridId, whole: bool) -> Option<BoardReading> {
        self.actor(grid_id)?.send(ReadBoard { whole }).await.ok()
    }

    /// Hands committed events to the grids they concern and waits until all have taken them over, so that whoever hears
    /// of an event afterwards finds it in every board.
    pub(crate) async fn follow(&self, updates: &[Arc<BoardUpdate>]) {
        let directory = self.shared.directories.current();
        let mut by_grid: HashMap<GridId, Vec<Arc<BoardUpdate>>> = HashMap::new();
        for update in updates {
            let facts = &update.fact.facts;
            if !facts.state.is_open() && facts.state != lianxin_domain::ticket::StateName::Completed {
                self.shared.index.remove(facts.ticket_id);
            }
            let Some(entry) = directory.get(facts.grid_id) else { continue };
            let above = entry.ladder.0.iter().map(|step| step.grid_id);
            for grid_id in std::iter::once(facts.grid_id).chain(above) {
                by_grid.entry(grid_id).or_default().push(Arc::clone(update));
            }
        }
        let told = by_grid.into_iter().filter_map(|(id, updates)| Some(self.actor(id)?.send(Follow(updates))));
        futures_util::future::join_all(told).await;
    }

    /// Takes over what the directory has: grids that nobody works for yet get an actor, those that were moved hear where
    /// they are now.
    pub fn follow_directory(&self) {
        let directory = self.shared.directories.current();
        for (grid_id, Placed { actor, path }) in self.actors.write().iter_mut() {
            let Some(entry) = directory.get(*grid_id).filter(|entry| entry.grid.path != *path) else { continue };
            path.clone_from(&entry.grid.path);
            // Not bound by the mailbox's limit: it must not be lost.
            actor.do_send(Place(path.clone()));
        }
        let now = self.shared.clock.now();
        let limits = BoardLimits::from(&self.shared.rulebook.current().levels);
        let fresh: Vec<_> = directory.all().filter(|entry| self.actor(entry.grid.id).is_none()).cloned().collect();
        for entry in fresh {
            self.add(entry.grid.id, Board::new(entry.grid.path.clone(), limits, now), Vec::new());
        }
    }

    async fn grid_of(&self, ticket_id: TicketId) -> Result<Option<GridId>, CommandError> {
        if let Some(grid_id) = self.shared.index.get(ticket_id) {
            return Ok(Some(grid_id));
        }
        self.shared.tickets.grid_of(ticket_id).await.map_err(|error: StorageError| {
            tracing::error!(error = &error as &dyn std::error::Error, "a ticket's grid cannot be read");
            CommandError::Unavailable
        })
    }
}

//! Tickets at a node: what the grids' actors do around the rules, with their state and their turns.

use std::collections::BTreeMap;
use std::sync::Arc;

use lianxin_actors::clock::limits::Key;
use lianxin_actors::grid::state::GridState;
use lianxin_actors::grid::turns::Turns;
use lianxin_domain::board::BoardUpdate;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::grid::GridStatus;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::ticket::{Command, NewTicket, SubmitContext, Ticket, TicketEvent};
use lianxin_storage::journal::{CommitError, Committed};

use crate::cast::Cast;
use crate::deciding::{change_of, context_of, decide, steps_of, told};
use crate::mutation::Mutation;
use crate::node::{Attempt, Desk, Failure, Node, Then};

/// Decisions on an old version before giving up.
const MAX_STALE: u8 = 3;

/// Something that is to be done with a ticket.
#[derive(Clone)]
pub struct Task {
    pub ticket: TicketId,
    pub why: Why,
    stale: u8,
}

#[derive(Clone)]
pub enum Why {
    /// A person's command.
    Act { attempt: Attempt, command: Command },
    /// The table says that a limit is over: which row, and when it ended; nothing: it is decided on what is stored.
    Over { row: Key, limit: Option<Timestamp> },
}

/// A ticket that is being read.
pub struct Read {
    task: Task,
    /// What the database answered, on its way to the actor.
    found: Option<Result<Option<Ticket>, ()>>,
}

#[derive(Default)]
pub struct Grids {
    pub states: BTreeMap<GridId, GridState>,
    turns: Turns<Task>,
    pub reads: Vec<Read>,
}

impl Grids {
    /// Tells the grid of an event, and all above it.
    pub fn follow(&mut self, update: &Arc<BoardUpdate>, cast: &Cast, mutation: Mutation) {
        let facts = &update.fact.facts;
        for grid in cast.chain(facts.grid_id) {
            let Some(state) = self.states.get_mut(&grid) else { continue };
            if grid == facts.grid_id && mutation != Mutation::OlderTicketKept {
                state.heard(facts.ticket_id, facts.version, facts.state.is_open());
            }
            state.board.apply(update);
        }
    }
}

impl Node {
    /// Sends a request.
    pub fn send(&mut self, attempt: Attempt, new: NewTicket, grid: GridId, desk: &mut Desk<'_>) {
        let entry = desk.cast.entry(grid);
        let context = SubmitContext {
            grid_id: grid,
            grid_path: &entry.grid.path,
            grid_status: GridStatus::Active,
            profile_complete: true,
            decision: context_of(desk.cast, grid),
        };
        let ticket = new.id;
        let (sent, mut events) = match Ticket::submit(new, &context, desk.now) {
            Ok(sent) => sent,
            Err(refusal) => return self.fail(attempt, Failure::Refused(refusal.code)),
        };
        let further = events.split_off(1);
        let mut steps: Vec<_> = events.into_iter().map(|event| (event, sent.clone())).collect();
        steps.extend(steps_of(&sent, further, desk.now));
        let after = steps.last().unwrap().1.clone();
        let body = told(&after);
        let change = change_of(None, &steps, 0, Some(attempt), &body, desk);
        self.grids.turns.begin(ticket);
        self.grids.states.get_mut(&grid).unwrap().expect(ticket);
        self.submit(change, Then::Submit { attempt, after: Box::new(after), body });
    }

    pub fn submitted(
        &mut self,
        attempt: Attempt,
        after: Ticket,
        body: String,
        outcome: Result<Committed, CommitError>,
        desk: &mut Desk<'_>,
    ) {
        let ticket = after.id;
        let state = self.grids.states.get_mut(&after.grid_id).unwrap();
        match outcome {
            Ok(done) => {
                state.put(after);
                self.answer(attempt, body, done.seq, desk);
            }
            Err(error) => {
                if error != CommitError::Unavailable {
                    state.gone(ticket);
                }
                self.fail(attempt, failure_of(&error));
            }
        }
        self.go_on(ticket, desk);
    }

    /// Does something with a ticket.
    pub fn act(&mut self, attempt: Attempt, ticket: TicketId, command: Command, desk: &mut Desk<'_>) {
        self.take(Task { ticket, why: Why::Act { attempt, command }, stale: 0 }, desk);
    }

    /// The table says that the ticket's limit ended at `limit`.
    pub fn limit_over(&mut self, row: Key, ticket: TicketId, limit: Timestamp, desk: &mut Desk<'_>) {
        self.take(Task { ticket, why: Why::Over { row, limit: Some(limit) }, stale: 0 }, desk);
    }

    fn take(&mut self, task: Task, desk: &mut Desk<'_>) {
        let ticket = task.ticket;
        if let Some(task) = self.grids.turns.take(ticket, task) {
            self.work_on(task, desk);
        }
    }

    fn work_on(&mut self, task: Task, desk: &mut Desk<'_>) {
        let ticket = task.ticket;
        if !self.begin(task, desk) {
            self.go_on(ticket, desk);
        }
    }

    fn go_on(&mut self, ticket: TicketId, desk: &mut Desk<'_>) {
        while let Some(task) = self.grids.turns.next(ticket) {
            if self.begin(task, desk) {
                return;
            }
        }
    }

    /// Begins it; answers whether it goes on.
    fn begin(&mut self, task: Task, desk: &mut Desk<'_>) -> bool {
        let known = self.grids.states.values().find_map(|state| state.ticket(task.ticket)).cloned();
        if let Some(ticket) = known {
            match decide(&ticket, &task, desk) {
                Ok((_, steps)) if steps.is_empty() => {
                    let of_another = matches!(&task.why, Why::Over { limit: Some(limit), .. } if ticket.next_timer() != Some(*limit));
                    if !of_another {
                        self.told(&task, true, desk);
                        return false;
                    }
                    self.grids.states.get_mut(&ticket.grid_id).unwrap().forget(ticket.id);
                }
                Ok((by_rules, steps)) => {
                    self.submit_decided(ticket, steps, by_rules, task, desk);
                    return true;
                }
                Err(code) => {
                    self.fail_task(&task, Failure::Refused(code), desk);
                    return false;
                }
            }
        }
        let why = match task.why {
            Why::Over { row, .. } => Why::Over { row, limit: None },
            act @ Why::Act { .. } => act,
        };
        self.grids.reads.push(Read { task: Task { why, ..task }, found: None });
        true
    }

    fn submit_decided(
        &mut self,
        before: Ticket,
        steps: Vec<(TicketEvent, Ticket)>,
        by_rules: usize,
        task: Task,
        desk: &mut Desk<'_>,
    ) {
        let after = steps.last().unwrap().1.clone();
        let body = told(&after);
        let attempt = match &task.why {
            Why::Act { attempt, .. } => Some(*attempt),
            Why::Over { .. } => None,
        };
        let change = change_of(Some(&before), &steps, by_rules, attempt, &body, desk);
        if let (Mutation::AnsweredBeforeCommit, Some(attempt)) = (desk.mutation, attempt) {
            self.answer(attempt, body.clone(), desk.database.head() + steps.len() as u64, desk);
        }
        self.submit(change, Then::Task { task, after: Box::new(after), body });
    }

    pub fn done(
        &mut self,
        mut task: Task,
        after: Ticket,
        body: String,
        outcome: Result<Committed, CommitError>,
        desk: &mut Desk<'_>,
    ) {
        let (ticket, state) = (after.id, self.grids.states.get_mut(&after.grid_id).unwrap());
        match outcome {
            Ok(done) => {
                state.put(after);
                match &task.why {
                    Why::Act { attempt, .. } => self.answer(*attempt, body, done.seq, desk),
                    Why::Over { .. } => self.told(&task, true, desk),
                }
            }
            Err(error) => {
                state.forget(ticket);
                task.stale += 1;
                if matches!(error, CommitError::Stale { .. }) && task.stale <= MAX_STALE {
                    return self.work_on(task, desk);
                }
                self.fail_task(&task, failure_of(&error), desk);
            }
        }
        self.go_on(ticket, desk);
    }

    fn fail_task(&mut self, task: &Task, failure: Failure, desk: &mut Desk<'_>) {
        match &task.why {
            Why::Act { attempt, .. } => self.fail(*attempt, failure),
            Why::Over { .. } => self.told(task, failure != Failure::Unavailable, desk),
        }
    }

    fn told(&mut self, task: &Task, done: bool, desk: &Desk<'_>) {
        if let Why::Over { row, .. } = &task.why {
            self.watch.handled(row, done, desk.now);
        }
    }

    /// Asks the database, or hands on what it answered.
    pub fn go_on_reading(&mut self, index: usize, desk: &mut Desk<'_>) {
        let read = &mut self.grids.reads[index];
        let Some(found) = read.found.take() else {
            read.found = Some(if desk.connected { Ok(desk.database.ticket(read.task.ticket)) } else { Err(()) });
            return;
        };
        let task = self.grids.reads.remove(index).task;
        let id = task.ticket;
        match found {
            Ok(Some(ticket)) => {
                let grid = self.grids.states.get_mut(&ticket.grid_id).unwrap();
                grid.put(ticket);
                self.work_on(task, desk);
            }
            Ok(None) => {
                self.grids.states.values_mut().for_each(|state| state.gone(id));
                self.fail_task(&task, Failure::Refused("ticket.not_found"), desk);
                self.go_on(id, desk);
            }
            Err(()) => {
                self.fail_task(&task, Failure::Unavailable, desk);
                self.go_on(id, desk);
            }
        }
    }
}

fn failure_of(error: &CommitError) -> Failure {
    match error {
        // What was done before is looked up in any case.
        CommitError::Repeated => Failure::Refused("repeated"),
        CommitError::Exists { .. } | CommitError::Failed => Failure::Refused("failed"),
        CommitError::Stale { .. } | CommitError::Unavailable => Failure::Unavailable,
    }
}

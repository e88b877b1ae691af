//! From a ticket and what is to be done with it to the change that is committed.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::ticket::{DecisionContext, Party, Surroundings, Ticket, TicketEvent, TicketFacts};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::tickets::ticket_writes;

use crate::cast::{Cast, id};
use crate::grids::{Task, Why};
use crate::mutation::Mutation;
use crate::node::{Attempt, Desk, claim_of};

pub fn context_of(cast: &Cast, grid: GridId) -> DecisionContext<'_> {
    let entry = cast.entry(grid);
    DecisionContext { rules: &cast.rules, ladder: &entry.ladder, staff: &entry.people }
}

/// What happens, each with the ticket right after it.
pub type Steps = Vec<(TicketEvent, Ticket)>;

/// What follows, and how much of it is the rules' own doing.
pub fn decide(ticket: &Ticket, task: &Task, desk: &Desk<'_>) -> Result<(usize, Steps), &'static str> {
    let (now, context) = (desk.now, context_of(desk.cast, ticket.grid_id));
    let mut steps = steps_of(ticket, ticket.decide_time(&context, now), now);
    let Why::Act { attempt, command } = &task.why else { return Ok((0, steps)) };
    let by_rules = steps.len();
    let current = steps.last().map_or(ticket, |(_, after)| after).clone();
    let standing = desk.cast.people[attempt.person].standing(&ticket.place());
    let party = Party { person: desk.cast.person(attempt.person), standing };
    let events = current.decide(command, &party, &context, now).map_err(|refusal| refusal.code)?;
    steps.extend(steps_of(&current, events, now));
    Ok((by_rules, steps))
}

pub fn steps_of(before: &Ticket, events: Vec<TicketEvent>, at: Timestamp) -> Steps {
    let mut ticket = before.clone();
    let step = |event: TicketEvent| {
        ticket.apply(&event, at);
        (event, ticket.clone())
    };
    events.into_iter().map(step).collect()
}

/// What whoever asked is told.
pub fn told(ticket: &Ticket) -> String {
    format!("{} {} {}", ticket.number, ticket.version, ticket.state_name().as_str())
}

/// What is committed of it.
pub fn change_of(
    before: Option<&Ticket>,
    steps: &[(TicketEvent, Ticket)],
    by_rules: usize,
    attempt: Option<Attempt>,
    body: &str,
    desk: &Desk<'_>,
) -> Change {
    let after = &steps.last().unwrap().1;
    let person = attempt.map(|attempt| desk.cast.person(attempt.person));
    let request = attempt.map(|attempt| id(attempt.number as u128));
    let mut change = Change::new(desk.now, person.as_ref().map(|person| person.id), request);
    change.writes = ticket_writes(before, after, || None);
    if desk.mutation == Mutation::DeadlineKept && attempt.is_none() {
        change.writes.retain(
            |write| !matches!(write, Write::Put(table, _) | Write::Delete(table, _) if table.name == "deadlines"),
        );
    }
    let around = Surroundings { grid_name: "三组", kind_title: "意见建议", private: false };
    let mut before = before;
    for (index, (event, after)) in steps.iter().enumerate() {
        let by = person.as_ref().filter(|_| index >= by_rules);
        let facts = TicketFacts::of(before, after, event, by, desk.now, &around);
        let committed = change.event(event.kind(), Subject::new("ticket", after.id), event.data(&facts));
        committed.grid_path = Some(after.grid_path.clone());
        committed.audience = audience(after, event);
        before = Some(after);
    }
    change.idempotency = attempt.map(|attempt| claim_of(attempt, body));
    change
}

fn audience(after: &Ticket, event: &TicketEvent) -> Vec<AccountId> {
    let of = |person: &PersonRef| person.id;
    let submitter = (!event.is_between_colleagues()).then(|| of(&after.submitter));
    let mut accounts: Vec<AccountId> = submitter.into_iter().chain(after.handler().map(of)).collect();
    accounts.dedup();
    accounts
}

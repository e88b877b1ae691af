//! From a decision to the change that the journal commits: the ticket's row and clock, its events, and what people are
//! told of it, in their inboxes and outside.

use std::sync::Arc;

use lianxin_domain::access::{Caller, VILLAGE_LEVEL};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Ladder, LadderStep};
use lianxin_domain::ids::{AccountId, AttachmentId, RequestId};
use lianxin_domain::notification::{Audience, Notice, joined_notice, ticket_notices};
use lianxin_domain::person::PersonRef;
use lianxin_domain::ticket::{Action, DecisionContext, Surroundings, Ticket, TicketEvent, TicketFacts};
use lianxin_storage::attachments::Attachments;
use lianxin_storage::change::{Change, Write};
use serde_json::{Map, Value, json};

use super::decision::Shared;
use super::messages::Origin;
use crate::command::{Answer, claim_of};
use crate::directory::GridEntry;
use crate::dispatch::JOINED;

/// A decision: the ticket before, and each event with the ticket right after it. There is at least one.
pub(super) struct Decided {
    pub(super) before: Option<Ticket>,
    pub(super) steps: Vec<(TicketEvent, Ticket)>,
    /// So many of the first steps are the rules' own doing, not the person's.
    pub(super) by_rules: usize,
    pub(super) files: Vec<AttachmentId>,
    pub(super) action: &'static str,
    pub(super) at: Timestamp,
    pub(super) entry: Arc<GridEntry>,
}

impl Decided {
    /// The ticket after `events` happened to `before` at `at`; nothing when there are none.
    pub(super) fn steps_of(before: &Ticket, events: Vec<TicketEvent>, at: Timestamp) -> Vec<(TicketEvent, Ticket)> {
        let mut ticket = before.clone();
        let step = |event: TicketEvent| {
            ticket.apply(&event, at);
            (event, ticket.clone())
        };
        events.into_iter().map(step).collect()
    }

    /// The ticket in the end.
    pub(super) fn after(&self) -> Option<&Ticket> {
        self.steps.last().map(|(_, ticket)| ticket)
    }
}

/// The change of a person's decision, with the answer stored under the caller's idempotency key.
pub(super) fn change_of(shared: &Shared, decided: &Decided, origin: &Origin, answer: &Answer) -> Change {
    let mut change = told(shared, decided, Some((&origin.caller, origin.request_id)));
    change.writes.extend(rows(shared, decided));
    change.idempotency = claim_of(&origin.idempotency, answer);
    change
}

/// The change of something that the system itself decided.
pub(super) fn system_change(shared: &Shared, decided: &Decided) -> Change {
    let mut change = told(shared, decided, None);
    change.writes.extend(rows(shared, decided));
    change
}

/// The rows that a decision alters: the ticket's with its clock and counters, and its files'.
fn rows(shared: &Shared, decided: &Decided) -> Vec<Write> {
    let Some(after) = decided.after() else { return Vec::new() };
    let subject = Subject::new("ticket", after.id);
    let mut writes = shared.tickets.writes(decided.before.as_ref(), after);
    writes.extend(decided.files.iter().map(|file| Attachments::give(*file, &subject)));
    writes
}

/// The change with all that is told of a decision, in the log, to people, and in the audit trail; without the ticket's own
/// rows.
pub(super) fn told(shared: &Shared, decided: &Decided, by: Option<(&Caller, RequestId)>) -> Change {
    let person = by.map(|(caller, _)| PersonRef { id: caller.account_id, name: caller.name.clone() });
    let mut change = Change::new(decided.at, person.as_ref().map(|person| person.id), by.map(|(_, request)| request));
    tell(shared, decided, person.as_ref(), &mut change);
    change
}

fn tell(shared: &Shared, decided: &Decided, by: Option<&PersonRef>, change: &mut Change) {
    let Some(after) = decided.after() else { return };
    let subject = Subject::new("ticket", after.id);
    let kind = shared.kinds.get(&after.kind);
    let around = Surroundings {
        grid_name: &decided.entry.full_name,
        kind_title: kind.map_or(after.kind.as_str(), |kind| kind.title.as_str()),
        private: kind.is_none_or(|kind| kind.private),
    };
    let mut before = decided.before.as_ref();
    for (index, (event, after)) in decided.steps.iter().enumerate() {
        let by = by.filter(|_| index >= decided.by_rules && !event.is_anonymous());
        let facts = TicketFacts::of(before, after, event, by, decided.at, &around);
        let committed = change.event(event.kind(), subject.clone(), event.data(&facts));
        committed.by = by.map(|person| person.id);
        committed.grid_path = Some(after.grid_path.clone());
        committed.audience = audience(before, after, event, &decided.entry);
        for (number, notice) in (1..).zip(notices(shared, before, after, event, by, &around, &decided.entry)) {
            let cause = format!("{}:{}:{number}", after.id, after.version);
            shared.dispatch.tell(&notice, &cause, &subject, by, change);
        }
        if let Some(notice) = before.and_then(|before| joined_notice(before, event)) {
            let (cause, about) = (format!("{}:{}:joined", after.id, after.version), Subject::new(JOINED, after.id));
            shared.dispatch.tell(&notice, &cause, &about, None, change);
        }
        before = Some(after);
    }
    change.audited(decided.action, subject, differences(decided.before.as_ref(), after));
}

/// What people are told of one event.
fn notices(
    shared: &Shared,
    before: Option<&Ticket>,
    after: &Ticket,
    event: &TicketEvent,
    by: Option<&PersonRef>,
    around: &Surroundings<'_>,
    entry: &GridEntry,
) -> Vec<Notice> {
    let rules = shared.rulebook.current();
    let context = DecisionContext { rules: &rules, ladder: &entry.ladder, staff: &entry.people };
    let step = if after.is_escalated() {
        entry.ladder.at(&after.handling_path)
    } else {
        entry.ladder.next_above(&after.grid_path)
    };
    let step = match event {
        // Nobody grants himself more time: a leader who works on it asks those above.
        TicketEvent::ExtensionRequested { .. } => step.and_then(|step| decider(&entry.ladder, step, by)).or(step),
        _ => step,
    };
    let village = entry.ladder.0.iter().find(|step| step.path.level() == VILLAGE_LEVEL);
    let audience = Audience {
        by: by.map(|person| person.id),
        responsible: after.responsible(&context),
        responsible_before: before.map_or(&[], |before| before.responsible(&context)),
        supervisors: step.map_or(&[], |step| step.leaders.as_slice()),
        village: village.map_or(&[], |step| step.leaders.as_slice()),
    };
    ticket_notices(after, event, around, &audience)
}

/// The nearest step from `step` up that somebody other than `by` leads.
fn decider<'a>(ladder: &'a Ladder, step: &LadderStep, by: Option<&PersonRef>) -> Option<&'a LadderStep> {
    let mut up = ladder.0.iter().filter(|above| above.path.level() <= step.path.level());
    up.find(|above| above.leaders.iter().any(|leader| by.is_none_or(|by| by.id != leader.id)))
}

/// Whose inbox topic an event reaches: the submitter for all that is not between colleagues, the handler, and for a
/// nudge that nobody answers for yet, the grid's own staff.
fn audience(before: Option<&Ticket>, after: &Ticket, event: &TicketEvent, entry: &GridEntry) -> Vec<AccountId> {
    let between_colleagues = event.is_between_colleagues();
    let submitter = (!between_colleagues).then_some(after.submitter.id);
    let handler = after.handler().or_else(|| before.and_then(Ticket::handler)).map(|handler| handler.id);
    let everybody_there = between_colleagues && handler.is_none();
    let staff = entry.people.iter().filter(|_| everybody_there).map(|member| member.id);
    let mut accounts: Vec<AccountId> = submitter.into_iter().chain(handler).chain(staff).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// `{"field": [before, after]}` of what a supervisor would ask for; texts stand in the events.
fn differences(before: Option<&Ticket>, after: &Ticket) -> Value {
    let fields = |ticket: &Ticket| {
        [
            ("state", json!(ticket.state_name())),
            ("handler", json!(ticket.handler().map(|handler| handler.id))),
            ("handling_path", json!(ticket.handling_path)),
            ("return_count", json!(ticket.return_count)),
            ("reopen_count", json!(ticket.reopen_count)),
            ("nudges", json!(ticket.nudges.as_ref().map_or(0, |nudges| nudges.count))),
            ("overdue", json!(ticket.is_overdue())),
            ("due_at", json!(ticket.due_at())),
            ("paused", json!(ticket.clock.as_ref().is_some_and(|clock| clock.open_pause().is_some()))),
            ("stars", json!(ticket.rating().map(|rating| rating.stars))),
            ("known", json!(ticket.known.is_some())),
            ("joined", json!(ticket.joined())),
        ]
    };
    let after = fields(after);
    let before = before.map(fields);
    let mut changes = Map::new();
    for (index, (name, value)) in after.into_iter().enumerate() {
        let was = before.as_ref().map_or(Value::Null, |before| before[index].1.clone());
        if was != value {
            changes.insert(name.to_owned(), json!([was, value]));
        }
    }
    Value::Object(changes)
}

/// The audit trail's word for an action.
pub(super) const fn audit_action(action: Action) -> &'static str {
    match action {
        Action::Accept => "ticket.accept",
        Action::Complete => "ticket.complete",
        Action::Return => "ticket.return",
        Action::Reassign => "ticket.reassign",
        Action::Nudge => "ticket.nudge",
        Action::ReadNudge => "ticket.read_nudge",
        Action::Withdraw => "ticket.withdraw",
        Action::Rate => "ticket.rate",
        Action::Reopen => "ticket.reopen",
        Action::Comment => "ticket.comment",
        Action::Pause => "ticket.pause",
        Action::Resume => "ticket.resume",
        Action::RequestExtension => "ticket.request_extension",
        Action::DecideExtension => "ticket.decide_extension",
        Action::MakeKnown => "ticket.make_known",
        Action::Conceal => "ticket.conceal",
        Action::Join => "ticket.join",
        Action::Leave => "ticket.leave",
    }
}

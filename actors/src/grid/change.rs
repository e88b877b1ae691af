//! From a decision to the change that the journal commits.

use std::sync::Arc;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, AttachmentId};
use lianxin_domain::ticket::{Action, PersonRef, Surroundings, Ticket, TicketEvent, TicketFacts};
use lianxin_storage::attachments::Attachments;
use lianxin_storage::change::{Change, IdempotencyClaim};
use serde_json::{Map, Value, json};

use super::actor::Shared;
use super::messages::{Answer, Origin};
use crate::directory::GridEntry;

/// A decision: the ticket before and after, and what happened between.
pub(super) struct Decided {
    pub(super) before: Option<Ticket>,
    pub(super) after: Ticket,
    pub(super) events: Vec<TicketEvent>,
    pub(super) files: Vec<AttachmentId>,
    pub(super) action: &'static str,
    pub(super) at: Timestamp,
    pub(super) entry: Arc<GridEntry>,
}

/// The change of a person's decision, with the answer stored under the caller's idempotency key.
pub(super) fn change_of(shared: &Shared, decided: &Decided, origin: &Origin, answer: &Answer) -> Change {
    let caller = &origin.caller;
    let person = PersonRef { id: caller.account_id, name: caller.name.clone() };
    let mut change = Change::new(decided.at, Some(caller.account_id), Some(origin.request_id));
    fill(shared, decided, Some(&person), &mut change);
    change.idempotency = origin.idempotency.as_ref().map(|(key, request_hash)| IdempotencyClaim {
        key: key.clone(),
        request_hash: request_hash.clone(),
        status: answer.status,
        body: answer.body.clone(),
    });
    change
}

/// The change of something that the system itself decided.
pub(super) fn system_change(shared: &Shared, decided: &Decided) -> Change {
    let mut change = Change::new(decided.at, None, None);
    fill(shared, decided, None, &mut change);
    change
}

fn fill(shared: &Shared, decided: &Decided, by: Option<&PersonRef>, change: &mut Change) {
    let subject = Subject::new("ticket", decided.after.id);
    change.writes = shared.tickets.writes(decided.before.as_ref(), &decided.after);
    change.writes.extend(decided.files.iter().map(|file| Attachments::give(*file, &subject)));
    let kind = shared.kinds.get(&decided.after.kind);
    let around = Surroundings {
        grid_name: &decided.entry.full_name,
        kind_title: kind.map_or(decided.after.kind.as_str(), |kind| kind.title.as_str()),
        private: kind.is_none_or(|kind| kind.private),
    };
    let mut before = decided.before.clone();
    for event in &decided.events {
        // Each event states the ticket right after it, not after the whole decision.
        let after = before.as_ref().map_or_else(|| decided.after.clone(), |ticket| ticket.after(event, decided.at));
        let facts = TicketFacts::of(before.as_ref(), &after, event, by, decided.at, &around);
        let committed = change.event(event.kind(), subject.clone(), event.data(&facts));
        committed.grid_path = Some(after.grid_path.clone());
        committed.audience = audience(before.as_ref(), &after, event, &decided.entry);
        before = Some(after);
    }
    change.audited(decided.action, subject, differences(decided.before.as_ref(), &decided.after));
}

/// Whose inbox topic an event reaches: the submitter for all that is not between colleagues, the handler, and for a
/// nudge that nobody answers for yet, the grid's own staff.
fn audience(before: Option<&Ticket>, after: &Ticket, event: &TicketEvent, entry: &GridEntry) -> Vec<AccountId> {
    let between_colleagues = matches!(event, TicketEvent::Nudged { .. } | TicketEvent::NudgeRead {});
    let submitter = (!between_colleagues).then_some(after.submitter.id);
    let handler = after.handler().or_else(|| before.and_then(Ticket::handler)).map(|handler| handler.id);
    let everybody_there = between_colleagues && handler.is_none();
    let staff = entry.staff.iter().filter(|_| everybody_there).map(|member| member.account_id);
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
            ("stars", json!(ticket.rating().map(|rating| rating.stars))),
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
    }
}

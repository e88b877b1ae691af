//! From a decision in a hall to the change that the journal commits.

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::meeting::{Hall, Meeting, MeetingEvent, Outcome};
use lianxin_domain::notification::meeting_notices;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::meetings::{Meetings, attendee_write};
use serde_json::json;

use super::messages::Origin;
use crate::command::{Answer, claim_of};
use crate::dispatch::Dispatch;

/// The kind of subject that meetings' events have.
pub(crate) const SUBJECT: &str = "meeting";
/// The kind of limits after which meetings do something by themselves.
pub const TICK: &str = "meeting.tick";

/// The change of a decision in `hall` that leads to `outcome`.
pub(super) fn change_of(
    hall: &Hall,
    outcome: &Outcome,
    action: &'static str,
    origin: &Origin,
    answer: &Answer,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Change {
    let (before, person) = (hall.meeting(), origin.person());
    let mut change = Change::new(now, origin.account_id(), origin.request_id);
    let subject = Subject::new(SUBJECT, before.id);
    change.writes.extend(outcome.meeting.as_ref().map(|after| Meetings::write(Some(before), after)));
    for (version, attendee) in &outcome.attendees {
        let came = outcome.logged.iter().find_map(|logged| match &logged.event {
            MeetingEvent::SignedIn { member_id, device, .. } if *member_id == attendee.member_id => *device,
            _ => None,
        });
        let device = hall.device_of(attendee.member_id).or(came);
        change.write(attendee_write(before.id, before.plan.starts_at, *version, attendee, device));
    }
    let after = outcome.meeting.as_deref().unwrap_or(before);
    change.writes.extend(papers(&before.plan.attachments, &after.plan.attachments, &subject));
    change.writes.extend(timer(before, after));
    for (number, logged) in (1..).zip(&outcome.logged) {
        if let MeetingEvent::SignedIn { claim, number, .. } = &logged.event {
            change.writes.extend(claim.as_ref().map(|nonce| Meetings::use_claim(nonce, now)));
            change.writes.extend(is_new(hall, &logged.event).then(|| Meetings::take_number(before.id, *number, now)));
        }
        change.event(logged.event.kind(), subject.clone(), logged.data());
        for notice in meeting_notices(&logged.event, hall, after, person.as_ref()) {
            let cause = format!("{}:{}:{}:{number}", before.id, whose(&logged.event, hall), logged.version);
            dispatch.tell(&notice, &cause, &subject, person.as_ref(), &mut change);
        }
    }
    if !is_everyday(outcome) {
        let state = (before.state != after.state).then(|| json!([before.state, after.state]));
        let whom = outcome.attendees.first().filter(|_| outcome.attendees.len() == 1);
        let whom = whom
            .map(|(_, attendee)| json!([null, { "member_id": attendee.member_id, "role": attendee.role.as_str() }]));
        let fields = [("state", state), ("attendee", whom)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        change.audited(action, subject, serde_json::Value::Object(fields.collect()));
    }
    change.idempotency = claim_of(&origin.idempotency, answer);
    change
}

/// The hall as it is behind the end of the meeting, when that is what was decided: its attendance is counted then.
pub(super) fn ended(hall: &Hall, outcome: &Outcome, now: Timestamp) -> Option<Hall> {
    let end = outcome.logged.iter().find(|logged| matches!(logged.event, MeetingEvent::Ended { .. }))?;
    let mut after = hall.clone();
    after.apply(&end.event, now);
    Some(after)
}

/// Papers that came into the plan become the meeting's, those that were taken out are their uploaders' again.
pub(super) fn papers<'a>(
    before: &'a [AttachmentRef],
    after: &'a [AttachmentRef],
    meeting: &'a Subject,
) -> impl Iterator<Item = Write> + 'a {
    let missing = |from: &[AttachmentRef], file: &AttachmentRef| from.iter().all(|other| other.id != file.id);
    let given = after.iter().filter(move |file| missing(before, file)).map(|file| Attachments::give(file.id, meeting));
    let released = before.iter().filter(move |file| missing(after, file)).map(|file| Attachments::release(file.id));
    given.chain(released)
}

fn whose(event: &MeetingEvent, hall: &Hall) -> String {
    event.member_id().map_or_else(|| hall.meeting().id.to_string(), |id| id.to_string())
}

/// The limit of the clock, moved with what it follows from.
fn timer(before: &Meeting, after: &Meeting) -> Option<Write> {
    let id = format!("{SUBJECT}:{}", after.id);
    match (before.next_due(), after.next_due()) {
        (before, after) if before == after => None,
        (_, None) => Some(Deadlines::delete(id)),
        (_, Some(due_at)) => {
            let subject_id = after.id.to_string();
            Some(Deadlines::put(&Deadline { id, kind: TICK.to_owned(), subject_id, due_at }))
        }
    }
}

/// Whether somebody comes for the first time: who comes back keeps the number.
fn is_new(hall: &Hall, event: &MeetingEvent) -> bool {
    event.member_id().and_then(|id| hall.attendee(id)).is_none_or(|attendee| attendee.number.is_none())
}

/// Whoever signs in alone, or raises a hand, is told of by the event, thousands at a time; everything else stands in the
/// audit trail, too.
fn is_everyday(outcome: &Outcome) -> bool {
    match outcome.logged.first().map(|logged| &logged.event) {
        Some(MeetingEvent::SignedIn { evidence, .. }) => evidence.manual.is_none(),
        Some(MeetingEvent::HandRaised { .. } | MeetingEvent::HandWithdrawn { .. }) => true,
        _ => false,
    }
}

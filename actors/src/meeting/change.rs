//! From a decision in a hall to the change that the journal commits.

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::VoteId;
use lianxin_domain::meeting::{Hall, Meeting, MeetingEvent, Outcome, Poll};
use lianxin_domain::notification::meeting_notices;
use lianxin_domain::vote::VoteState;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::votes::{SlipSealer, Votes};
use serde_json::json;

use super::messages::Origin;
use crate::command::{Answer, claim_of};
use crate::dispatch::Dispatch;

/// The kind of subject that meetings' events have.
pub(crate) const SUBJECT: &str = "meeting";
/// The kind of limits after which meetings do something by themselves.
pub const TICK: &str = "meeting.tick";
/// The kind of limits after which a vote is counted that was closed and then left alone.
pub const COUNT: &str = "vote.count";
/// Whoever closes a vote counts it at once; so much later anybody does.
const COUNTED_BY_OTHERS_MS: i64 = 2_000;

/// The change of a decision in `hall` that leads to `outcome`.
pub(super) fn change_of(
    hall: &Hall,
    outcome: &Outcome,
    action: &'static str,
    origin: &Origin,
    answer: &Answer,
    (dispatch, sealer): (&Dispatch, &SlipSealer),
    now: Timestamp,
) -> Change {
    let (before, person) = (hall.meeting(), origin.person());
    let mut change = Change::new(now, origin.account_id(), origin.request_id);
    let subject = Subject::new(SUBJECT, before.id);
    let after = outcome.meeting.as_deref().unwrap_or(before);
    change.writes = hall_writes(hall, outcome, now);
    change.writes.extend(vote_writes(hall, outcome, sealer, now));
    change.writes.extend(papers(&before.plan.attachments, &after.plan.attachments, &subject));
    for (number, logged) in (1..).zip(&outcome.logged) {
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
        let vote = outcome.votes.first().map(|(_, vote)| {
            let earlier = hall.poll(vote.id).map(|poll| poll.vote().state);
            json!([earlier, { "vote_id": vote.id, "title": vote.question.title, "state": vote.state }])
        });
        let fields = [("state", state), ("attendee", whom), ("vote", vote)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        change.audited(action, subject, serde_json::Value::Object(fields.collect()));
    }
    change.idempotency = claim_of(&origin.idempotency, answer);
    change
}

/// The writes of a decision in `hall` that leads to `outcome`: the meeting's row, the rows of its list, claims that are
/// used up, and the limit of the clock.
pub fn hall_writes(hall: &Hall, outcome: &Outcome, now: Timestamp) -> Vec<Write> {
    let before = hall.meeting();
    let meeting = outcome.meeting.as_ref().map(|after| Meetings::write(Some(before), after));
    let mut writes: Vec<Write> = meeting.into_iter().collect();
    for (version, attendee) in &outcome.attendees {
        let came = outcome.logged.iter().find_map(|logged| match &logged.event {
            MeetingEvent::SignedIn { member_id, device, .. } if *member_id == attendee.member_id => *device,
            _ => None,
        });
        let device = hall.device_of(attendee.member_id).or(came);
        writes.push(attendee_write(before.id, before.plan.starts_at, *version, attendee, device));
    }
    for logged in &outcome.logged {
        if let MeetingEvent::SignedIn { claim, number, again, .. } = &logged.event {
            writes.extend(claim.iter().map(|nonce| Meetings::use_claim(nonce, now)));
            // Whoever comes back has a number already.
            writes.extend((!again).then(|| Meetings::take_number(before.id, *number, now)));
        }
    }
    writes.extend(timer(before, outcome.meeting.as_deref().unwrap_or(before)));
    writes
}

/// The writes of what a decision in `hall` does to votes: their rows, marks of who voted, slips that go into an urn or leave
/// it, and the limit by which one that is closed is counted.
pub fn vote_writes(hall: &Hall, outcome: &Outcome, sealer: &SlipSealer, now: Timestamp) -> Vec<Write> {
    let meeting_id = hall.meeting().id;
    let mut writes: Vec<Write> =
        outcome.votes.iter().map(|(before, after)| Votes::write(meeting_id, *before, after)).collect();
    for logged in &outcome.logged {
        match &logged.event {
            MeetingEvent::VoteOpened { vote_id, .. } => {
                // At another node a second one may be about to open: one of the two finds the other changed.
                let others = hall.polls().iter().map(Poll::vote).filter(|vote| vote.id != *vote_id);
                let others = others.filter(|vote| vote.state == VoteState::Prepared);
                writes.extend(others.map(Votes::unchanged));
            }
            MeetingEvent::BallotCast { vote_id, round, member_id, ballot, slip } => {
                let Some(poll) = hall.poll(*vote_id) else { continue };
                writes.extend(Votes::mark(poll.vote(), *member_id, ballot.as_ref()));
                writes.extend(slip.iter().map(|slip| sealer.put(*vote_id, *round, slip)));
            }
            MeetingEvent::VoteClosed { vote_id, round, .. } => {
                let (id, kind, subject_id) = (count_limit(*vote_id, *round), COUNT.to_owned(), meeting_id.to_string());
                let due_at = now.plus_millis(COUNTED_BY_OTHERS_MS);
                writes.push(Deadlines::put(&Deadline { id, kind, subject_id, due_at }));
            }
            MeetingEvent::VoteCounted { vote_id, round, receipts, .. } => {
                writes.push(Votes::empty(*vote_id, *round));
                writes.extend((!receipts.is_empty()).then(|| Votes::keep_receipts(*vote_id, *round, receipts)));
                writes.push(Deadlines::delete(count_limit(*vote_id, *round)));
            }
            MeetingEvent::VoteReset { vote_id, round, .. } => {
                writes.push(Votes::empty(*vote_id, *round));
                writes.push(Deadlines::delete(count_limit(*vote_id, *round)));
            }
            _ => {}
        }
    }
    writes
}

/// The id of the limit after which a round is counted.
pub(super) fn count_limit(vote_id: VoteId, round: u32) -> String {
    format!("vote:{vote_id}:{round}")
}

/// The hall as it is behind the end of the meeting, when that is what was decided: its attendance is counted then.
pub(super) fn ended(hall: &Hall, outcome: &Outcome, now: Timestamp) -> Option<Hall> {
    let end = outcome.logged.iter().find(|logged| matches!(logged.event, MeetingEvent::Ended { .. }))?;
    let mut after = hall.clone();
    after.apply(&end.event, now);
    Some(after)
}

/// Papers that came into the plan become the meeting's, those that were taken out are their uploaders' again.
pub(crate) fn papers<'a>(
    before: &'a [AttachmentRef],
    after: &'a [AttachmentRef],
    owner: &'a Subject,
) -> impl Iterator<Item = Write> + 'a {
    let missing = |from: &[AttachmentRef], file: &AttachmentRef| from.iter().all(|other| other.id != file.id);
    let given = after.iter().filter(move |file| missing(before, file)).map(|file| Attachments::give(file.id, owner));
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

/// Whoever signs in alone, raises a hand or votes is told of by the event, thousands at a time; everything else stands in the
/// audit trail, too.
fn is_everyday(outcome: &Outcome) -> bool {
    match outcome.logged.first().map(|logged| &logged.event) {
        Some(MeetingEvent::SignedIn { evidence, .. }) => evidence.manual.is_none(),
        Some(
            MeetingEvent::HandRaised { .. } | MeetingEvent::HandWithdrawn { .. } | MeetingEvent::BallotCast { .. },
        ) => true,
        _ => false,
    }
}

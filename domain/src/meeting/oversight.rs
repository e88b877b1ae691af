//! Looking over many meetings: what catches the eye of whoever supervises them, and the marks that they leave.

use serde::{Deserialize, Serialize};

use super::attendance::Grade;
use super::hall::Hall;
use super::tally::Tally;
use super::{PersonRef, StateName};
use crate::clock::Timestamp;

const MINUTE_MS: i64 = 60_000;
/// A meeting that has not begun so long after its time is late.
const NOT_STARTED_MS: i64 = 10 * MINUTE_MS;
/// One that runs so long past its planned end overruns.
const OVERRUN_MS: i64 = 15 * MINUTE_MS;
/// Who is not there so long after the begin is counted as not coming.
const SETTLED_MS: i64 = 10 * MINUTE_MS;
/// Between two nudges of the same host; one in between changes nothing.
pub const NUDGE_COOLDOWN_MS: i64 = 10 * MINUTE_MS;

/// What catches the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Its time came ten minutes ago, and it has not begun.
    NotStarted,
    /// Fewer than half of the expected are there ten minutes after the begin.
    FewPresent,
    /// No more than half of those entitled to vote are there ten minutes after the begin (支部工作条例 art. 13: more than
    /// half of them make a meeting of members).
    NoQuorum,
    /// It runs fifteen minutes past its planned end.
    Overrun,
    /// The item is past its time.
    ItemOverrun,
    /// Somebody waits for a decision on a leave.
    LeaveWaiting,
    /// Something about a sign-in is odd.
    OddSignIns,
}

/// What somebody who looks over a meeting left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
}

/// The marks of those who look over a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Oversight {
    /// How often it was opened.
    pub visits: u32,
    /// By whom last.
    pub visited: Option<Mark>,
    /// How often its host was nudged.
    pub nudges: u32,
    /// By whom last.
    pub nudged: Option<Mark>,
}

impl Tally {
    /// Whether more than half of those entitled to vote are there.
    pub const fn has_quorum(&self) -> bool {
        2 * self.voters_present > self.voters
    }
}

impl Hall {
    /// What catches the eye at `now`, the most urgent first.
    pub fn alerts(&self, now: Timestamp) -> Vec<Alert> {
        let (meeting, tally) = (self.meeting(), self.tally());
        let plan = &meeting.plan;
        let running = meeting.state == StateName::Running;
        let settled = running && meeting.started_at.is_some_and(|started| now.since(started) >= SETTLED_MS);
        let odd = |grade| grade == Some(Grade::Weak);
        let cases = [
            (Alert::NotStarted, meeting.state == StateName::Launched && now.since(plan.starts_at) >= NOT_STARTED_MS),
            (Alert::FewPresent, settled && 2 * tally.present < tally.expected),
            (Alert::NoQuorum, settled && tally.voters > 0 && !tally.has_quorum()),
            (Alert::Overrun, running && now.since(plan.ends_at) >= OVERRUN_MS),
            (Alert::ItemOverrun, running && meeting.item_ends_at().is_some_and(|ends_at| now > ends_at)),
            (Alert::LeaveWaiting, meeting.state.is_open() && tally.leave_pending > 0),
            (
                Alert::OddSignIns,
                self.attendees().any(|attendee| odd(attendee.evidence.as_ref().map(|found| found.grade))),
            ),
        ];
        cases.into_iter().filter(|(_, holds)| *holds).map(|(alert, _)| alert).collect()
    }
}

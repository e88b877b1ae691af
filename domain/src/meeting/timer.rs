//! What a meeting does by itself: reminding, and ending when nobody ended it.

use serde::{Deserialize, Serialize};

use super::events::MeetingEvent;
use super::hall::Hall;
use super::{Meeting, StateName};
use crate::clock::Timestamp;

const MINUTE_MS: i64 = 60_000;
/// A meeting that still runs so long after its planned end was left behind by its host: it is ended, so that presence does
/// not run on for ever.
pub const LEFT_RUNNING_MS: i64 = 120 * MINUTE_MS;

/// What people are reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    /// It is tomorrow.
    Day,
    /// It begins in an hour.
    Hour,
    /// It begins in ten minutes.
    Soon,
    /// Its time has come, and it has not begun; for its host alone.
    NotStarted,
}

impl Reminder {
    /// All, in the order of time.
    pub const ALL: [Self; 4] = [Self::Day, Self::Hour, Self::Soon, Self::NotStarted];

    /// Milliseconds from the planned begin; before it less than 0.
    pub const fn offset_ms(self) -> i64 {
        match self {
            Self::Day => -24 * 60 * MINUTE_MS,
            Self::Hour => -60 * MINUTE_MS,
            Self::Soon => -10 * MINUTE_MS,
            Self::NotStarted => 10 * MINUTE_MS,
        }
    }
}

impl Meeting {
    fn reminders(&self) -> impl Iterator<Item = (Reminder, Timestamp)> {
        let starts_at = self.plan.starts_at;
        Reminder::ALL.into_iter().map(move |reminder| (reminder, starts_at.plus_millis(reminder.offset_ms())))
    }

    /// Up to when people were told of it.
    fn told_until(&self) -> Option<Timestamp> {
        self.reminded_at.max(self.launched_at)
    }

    /// When something happens by itself; nothing when all waits for people.
    pub fn next_due(&self) -> Option<Timestamp> {
        match self.state {
            StateName::Launched => {
                let told = self.told_until();
                self.reminders().map(|(_, at)| at).find(|at| told.is_none_or(|told| *at > told))
            }
            StateName::Running => Some(self.plan.ends_at.plus_millis(LEFT_RUNNING_MS)),
            _ => None,
        }
    }
}

impl Hall {
    /// What happens by itself now. Of several reminders that a standing server missed, the last one alone.
    pub(super) fn tick(&self, now: Timestamp) -> Vec<MeetingEvent> {
        let meeting = self.meeting();
        if meeting.next_due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        match meeting.state {
            StateName::Launched => {
                let last = meeting.reminders().filter(|(_, at)| *at <= now).last();
                last.map(|(reminder, _)| MeetingEvent::Reminded { reminder }).into_iter().collect()
            }
            // Nobody is there any more who could say that voting is over.
            _ => self.close_all().into_iter().chain([self.end(now)]).collect(),
        }
    }
}

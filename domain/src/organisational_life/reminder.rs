//! Reminding those who have not handed in their materials.

use super::{LifeMeeting, Phase};
use crate::clock::Timestamp;

/// So long before the deadline people are reminded: three days and one day; in milliseconds.
pub const REMIND_BEFORE_MS: [i64; 2] = [72 * 60 * 60 * 1_000, 24 * 60 * 60 * 1_000];

impl LifeMeeting {
    /// When people are reminded next; nothing when they were told of it after the last of those moments, or the meeting was held.
    pub fn next_reminder(&self) -> Option<Timestamp> {
        if self.was_held() || self.report.is_some() {
            return None;
        }
        let told = self.reminded_at.unwrap_or(self.created_at);
        let moments = REMIND_BEFORE_MS.into_iter().map(|before| self.plan.materials_due_at.plus_millis(-before));
        moments.into_iter().find(|at| *at > told)
    }

    /// The same after people were reminded at `now`; nothing when it is not time, or too late. Of two moments that a standing
    /// server missed, one reminder.
    pub fn reminded(&self, now: Timestamp) -> Option<Self> {
        if self.phase(now) != Phase::Before || self.next_reminder().is_none_or(|at| at > now) {
            return None;
        }
        Some(Self { version: self.version + 1, reminded_at: Some(now), ..self.clone() })
    }
}

//! What a person wants to be told outside the inbox, and when (inventory MSG-07).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ChannelSet, NotificationKind};
use crate::calendar::TimeOfDay;
use crate::calendar_day::day_start;
use crate::clock::Timestamp;
use crate::problem::FieldError;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// Hours in which only what is urgent rings; may cross midnight (domain.md 14.4: 22–8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From.
    pub from: TimeOfDay,
    /// Until; before `from`: on the next day.
    pub to: TimeOfDay,
}

impl QuietHours {
    /// The first moment from `at` on that is not quiet.
    pub fn over(&self, at: Timestamp) -> Timestamp {
        let minute = at.since(day_start(at)).div_euclid(MINUTE_MS);
        let (from, to) = (i64::from(self.from.minutes()), i64::from(self.to.minutes()));
        let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
        if !quiet {
            return at;
        }
        let end = if minute < to { to } else { to + DAY_MINUTES };
        day_start(at).plus_millis(end * MINUTE_MS)
    }
}

/// One person's wishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationSettings {
    /// When nothing but the urgent rings; nothing: never quiet.
    pub quiet: Option<QuietHours>,
    /// What is not sent outside the inbox.
    pub muted: BTreeSet<NotificationKind>,
    /// Over which channels, as far as the system has them.
    pub channels: ChannelSet,
    /// What is not urgent is gathered and sent once a day at this time; nothing: sent as it comes.
    pub digest: Option<TimeOfDay>,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        let quiet = TimeOfDay::new(22, 0).zip(TimeOfDay::new(8, 0)).map(|(from, to)| QuietHours { from, to });
        Self { quiet, muted: BTreeSet::new(), channels: ChannelSet::all(), digest: None }
    }
}

impl NotificationSettings {
    /// Checks them.
    ///
    /// # Errors
    /// `muted` names a kind that is duty; quiet hours all day; a digest within the quiet hours.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if let Some(kind) = self.muted.iter().find(|kind| !kind.may_be_muted()) {
            let message = format!("“{}”是工作提醒，不能关闭", kind.title());
            errors.push(FieldError::new("muted", "notification.duty", message));
        }
        if self.quiet.is_some_and(|quiet| quiet.from == quiet.to) {
            errors.push(FieldError::new("quiet.to", "notification.always_quiet", "免打扰的开始和结束时间不能相同"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The next digest after `now`, when there is one.
    pub fn next_digest(&self, now: Timestamp) -> Option<Timestamp> {
        let minute = i64::from(self.digest?.minutes());
        let today = day_start(now).plus_millis(minute * MINUTE_MS);
        Some(if today > now { today } else { today.plus_millis(DAY_MINUTES * MINUTE_MS) })
    }
}

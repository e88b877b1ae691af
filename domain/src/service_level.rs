//! The numbers that tickets are measured by. They are parameters, never constants in rules (domain.md, preamble).

use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Limits and windows of tickets, in plain time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRules {
    /// From being sent (or put back) to being accepted.
    pub accept_limit_minutes: u32,
    /// From being accepted to being completed.
    pub finish_limit_hours: u32,
    /// How long after completion the submitter may reopen.
    pub reopen_days: u32,
    /// Nudges within this time of the last heard one are folded into it.
    pub nudge_cooldown_minutes: u32,
    /// The return that takes a ticket to the next level (2: the second one).
    pub returns_until_escalation: u32,
}

impl Default for TicketRules {
    fn default() -> Self {
        Self {
            accept_limit_minutes: 30,
            finish_limit_hours: 24,
            reopen_days: 7,
            nudge_cooldown_minutes: 10,
            returns_until_escalation: 2,
        }
    }
}

impl TicketRules {
    /// Milliseconds to accept.
    pub const fn accept_limit_ms(&self) -> i64 {
        self.accept_limit_minutes as i64 * MINUTE_MS
    }

    /// Milliseconds to finish.
    pub const fn finish_limit_ms(&self) -> i64 {
        self.finish_limit_hours as i64 * HOUR_MS
    }

    /// Milliseconds in which a completed ticket may be reopened.
    pub const fn reopen_window_ms(&self) -> i64 {
        self.reopen_days as i64 * 24 * HOUR_MS
    }

    /// Milliseconds in which a further nudge is folded.
    pub const fn nudge_cooldown_ms(&self) -> i64 {
        self.nudge_cooldown_minutes as i64 * MINUTE_MS
    }
}

//! Warnings: what remains of an assessment. A row for each branch (or group), type and period of which somebody was ever
//! warned, with the highest level that was reached.

use serde::{Deserialize, Serialize};

use super::assess::{Assessment, DutyLevel, DutyState};
use super::period::Period;
use crate::clock::Timestamp;
use crate::ids::OrganisationId;
use crate::person::PersonRef;

/// How a warning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningState {
    /// The duty is not done.
    Warned,
    /// Meetings are planned that will do.
    Coming,
    /// It was done.
    Satisfied,
    /// Nothing is due any more.
    Exempt,
}

impl WarningState {
    /// All.
    pub const ALL: [Self; 4] = [Self::Warned, Self::Coming, Self::Satisfied, Self::Exempt];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warned => "warned",
            Self::Coming => "coming",
            Self::Satisfied => "satisfied",
            Self::Exempt => "exempt",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// That somebody dealt with a warning (已处理).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonRef,
    /// What was done.
    pub note: String,
}

/// Whose duty, of which type, in which period.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DutyKey {
    /// The branch.
    pub organisation_id: OrganisationId,
    /// Its group, where the duty is the group's.
    pub group_id: Option<OrganisationId>,
    /// Code of the type.
    pub type_code: String,
    /// The period.
    pub period: Period,
}

impl DutyKey {
    /// The organisation whose meetings count: the group, or the branch.
    pub fn holder(&self) -> OrganisationId {
        self.group_id.unwrap_or(self.organisation_id)
    }

    /// The id of the warning: made of what it is about, so that it cannot exist twice.
    pub fn id(&self) -> String {
        format!("{}:{}:{}", self.holder(), self.type_code, self.period)
    }
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyWarning {
    /// What it is about.
    pub key: DutyKey,
    /// Grows with every change, from 1.
    pub version: u32,
    /// How it stands.
    pub state: WarningState,
    /// The highest level that was reached; it never falls.
    pub level: DutyLevel,
    /// When that level was reached.
    pub raised_at: Timestamp,
    /// Since when the duty is done.
    pub satisfied_at: Option<Timestamp>,
    /// 补录: done only after the period was over.
    pub late: bool,
    /// Whether somebody dealt with it.
    pub handled: Option<Handled>,
}

/// What an assessment changes about a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningChange {
    /// It is new, or what had been planned did not happen.
    Warned,
    /// It is more urgent.
    Raised,
    /// The duty was done.
    Satisfied,
    /// Meetings are planned, or nothing is due any more.
    Lifted,
}

impl WarningChange {
    /// The kind of event.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Warned => "duty.warned",
            Self::Raised => "duty.raised",
            Self::Satisfied => "duty.satisfied",
            Self::Lifted => "duty.lifted",
        }
    }
}

/// The warning that follows from an assessment at `now`, and what changed; nothing when all is as it was. Nobody who was
/// never warned of a duty has a row for it.
pub fn follow(
    before: Option<&DutyWarning>,
    key: &DutyKey,
    assessment: &Assessment,
    now: Timestamp,
) -> Option<(DutyWarning, WarningChange)> {
    let Some(before) = before else {
        let DutyState::Due(level) = assessment.state else { return None };
        let warning = DutyWarning {
            key: key.clone(),
            version: 1,
            state: WarningState::Warned,
            level,
            raised_at: now,
            satisfied_at: None,
            late: false,
            handled: None,
        };
        return Some((warning, WarningChange::Warned));
    };
    let next =
        |state| DutyWarning { version: before.version + 1, state, satisfied_at: None, late: false, ..before.clone() };
    let (after, change) = match assessment.state {
        DutyState::Due(level) => {
            let raised = level > before.level;
            let change = if before.state != WarningState::Warned {
                WarningChange::Warned
            } else if raised {
                WarningChange::Raised
            } else {
                return None;
            };
            let raised_at = if raised { now } else { before.raised_at };
            // What was dealt with at a lower level is not dealt with any more.
            let handled = before.handled.clone().filter(|_| !raised);
            let level = level.max(before.level);
            (DutyWarning { level, raised_at, handled, ..next(WarningState::Warned) }, change)
        }
        DutyState::Satisfied { since, late } => {
            if before.state == WarningState::Satisfied && (before.satisfied_at, before.late) == (Some(since), late) {
                return None;
            }
            let after = DutyWarning { satisfied_at: Some(since), late, ..next(WarningState::Satisfied) };
            (after, WarningChange::Satisfied)
        }
        DutyState::Coming | DutyState::Open | DutyState::Exempt(_) => {
            let exempt = matches!(assessment.state, DutyState::Exempt(_));
            let state = if exempt { WarningState::Exempt } else { WarningState::Coming };
            if before.state == state {
                return None;
            }
            (next(state), WarningChange::Lifted)
        }
    };
    Some((after, change))
}

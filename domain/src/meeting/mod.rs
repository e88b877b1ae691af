//! Meetings and activities (会议、活动): their plan, their life, the hall with everybody on the list, and signing in.
//!
//! A meeting is a [`Meeting`] (one row) and its [`Attendee`]s (a row each), so that thousands may sign in at the same
//! moment without waiting for one another. Both together are a [`Hall`], on which all rules are decided: [`decide`] says
//! what follows from a command as [`MeetingEvent`]s, and [`Hall::apply`] takes them over; so the log gives back every hall.
//!
//! [`decide`]: Hall::decide

mod attendance;
mod claim;
mod command;
mod decide;
mod delegation;
mod events;
mod hall;
mod hands;
mod hearing;
mod list;
mod oversight;
mod place;
mod plan;
mod sign_in;
mod sign_in_code;
mod statistics;
mod tally;
mod timer;
mod types;
mod voting;

pub use attendance::{
    Answer, Attendee, Evidence, Grade, LEAVE_TOLERANCE_MS, Leave, LeaveDecision, ManualReason, Presence, Role,
    Standing, Status, Way,
};
pub use claim::{CLAIM_LIFE_MS, Claim, ClaimError, DeviceId};
pub use command::Command;
pub use decide::{Invitee, MAX_NAME, Party};
pub use delegation::{Delegate, Delegation, Superior};
pub use events::{LoggedEvent, MeetingEvent};
pub use hall::{Followed, Hall, Outcome};
pub use hearing::{Circle, told};
pub use oversight::{Alert, Mark, NUDGE_COOLDOWN_MS, Oversight};
pub use place::{Fence, Fix, Flag, Located, POSITION_CONSENT, RADIUS_M, locate};
pub use plan::{AgendaItem, Invited, MAX_ATTENDEES, MAX_LENGTH_MS, Mode, Plan, PlanInput, SignInRules, SignUp};
pub use sign_in::SignIn;
pub use sign_in_code::{CodeError, MAX_SERIAL, SLOT_MS, SignInCode, slot_of};
pub use statistics::{Attendance, Voters};
pub use tally::Tally;
pub use timer::{LEFT_RUNNING_MS, Reminder};
pub use types::{Family, MeetingType, all_types, check_name};
pub use voting::{CastMark, Poll, Slip, Urn};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{MeetingId, OrganisationId};
use crate::person::PersonRef;
use crate::tree::TreePath;

/// Where a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// 草稿: only its makers see it.
    Draft,
    /// 已启动: everybody on the list was told; nothing of the plan changes any more.
    Launched,
    /// 进行中
    Running,
    /// 已结束
    Ended,
    /// 已归档
    Archived,
    /// 已取消
    Cancelled,
}

impl StateName {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::Launched, Self::Running, Self::Ended, Self::Archived, Self::Cancelled];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Launched => "launched",
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Archived => "archived",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Launched => "已启动",
            Self::Running => "进行中",
            Self::Ended => "已结束",
            Self::Archived => "已归档",
            Self::Cancelled => "已取消",
        }
    }

    /// Whether something may still happen in its hall.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Launched | Self::Running)
    }
}

/// The item that is being dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaPosition {
    /// Its index, from 0.
    pub index: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A meeting without the people on its list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// Its number among all meetings, for the sign-in code.
    pub serial: u32,
    /// Grows with every change.
    pub version: u32,
    /// Whose meeting it is.
    pub organisation_id: OrganisationId,
    /// That organisation's place in the tree.
    pub organisation_path: TreePath,
    /// Who made it.
    pub created_by: PersonRef,
    /// When.
    pub created_at: Timestamp,
    /// What was planned.
    pub plan: Plan,
    /// Where it stands.
    pub state: StateName,
    /// When it was launched.
    pub launched_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// The item that is being dealt with.
    pub agenda: Option<AgendaPosition>,
    /// How many people have come, in the order of their coming.
    pub arrivals: u32,
    /// When people were reminded of it last.
    pub reminded_at: Option<Timestamp>,
    /// What those who look over it left behind.
    pub oversight: Oversight,
    /// An organisation above that was asked to send somebody.
    pub delegation: Option<Delegation>,
}

/// The times of a meeting that statuses follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The planned begin.
    pub starts_at: Timestamp,
    /// The real begin.
    pub started_at: Option<Timestamp>,
    /// The real end.
    pub ended_at: Option<Timestamp>,
    /// Whoever comes so much later than the begin is late; in milliseconds.
    pub late_after_ms: i64,
}

impl Timing {
    /// Whether somebody who came then was late. Nobody is late for what has not begun: when the host begins later than
    /// planned, the real begin counts.
    pub fn is_late(&self, at: Timestamp) -> bool {
        self.late_at().is_some_and(|late_at| at > late_at)
    }

    /// Whoever comes after this is late; nothing before the begin.
    pub fn late_at(&self) -> Option<Timestamp> {
        self.started_at.map(|started| started.max(self.starts_at).plus_millis(self.late_after_ms))
    }
}

impl Meeting {
    /// A meeting as it is planned: nothing has happened to it yet.
    pub fn draft(
        id: MeetingId,
        serial: u32,
        (organisation_id, organisation_path): (OrganisationId, TreePath),
        created_by: PersonRef,
        created_at: Timestamp,
        plan: Plan,
    ) -> Self {
        Self {
            id,
            serial,
            version: 1,
            organisation_id,
            organisation_path,
            created_by,
            created_at,
            plan,
            state: StateName::Draft,
            launched_at: None,
            started_at: None,
            ended_at: None,
            cancel_reason: None,
            agenda: None,
            arrivals: 0,
            reminded_at: None,
            oversight: Oversight::default(),
            delegation: None,
        }
    }

    /// The times that statuses follow from.
    pub const fn timing(&self) -> Timing {
        Timing {
            starts_at: self.plan.starts_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            late_after_ms: self.plan.late_after_ms(),
        }
    }

    /// When signing in opens.
    pub fn sign_in_opens_at(&self) -> Timestamp {
        let planned = self.plan.starts_at.plus_millis(-i64::from(self.plan.sign_in.opens_minutes_before) * 60_000);
        self.started_at.map_or(planned, |started| started.min(planned))
    }

    /// Whether people may sign in now: from the opening until the planned end, and as long as it runs.
    pub fn sign_in_is_open(&self, now: Timestamp) -> bool {
        match self.state {
            StateName::Running => now >= self.sign_in_opens_at(),
            StateName::Launched => now >= self.sign_in_opens_at() && now <= self.plan.ends_at,
            _ => false,
        }
    }

    /// When the item that is being dealt with should be done.
    pub fn item_ends_at(&self) -> Option<Timestamp> {
        let position = self.agenda?;
        let item = self.plan.agenda.get(position.index as usize)?;
        (item.minutes > 0).then(|| position.since.plus_millis(i64::from(item.minutes) * 60_000))
    }
}

#[cfg(test)]
pub(crate) mod tests;

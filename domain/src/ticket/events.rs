//! What can happen to a ticket. Each event carries enough to replay the state, and no name or phone of a resident.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::submit::TicketLocation;
use super::{PersonRef, StateName, Ticket};
use crate::clock::Timestamp;
use crate::ids::{AccountId, AttachmentId, GridId, TicketId};
use crate::tree::TreePath;

/// Why a ticket climbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationCause {
    /// It was put back too often (tickets.md §7: returned tickets that ping-pong climb).
    Returned,
}

/// One thing that happened to a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum TicketEvent {
    /// It was sent.
    #[serde(rename = "ticket.submitted")]
    Submitted {
        /// Who sent it.
        submitter_id: AccountId,
        /// The words.
        content: String,
        /// The form.
        form: Value,
        /// The files.
        attachments: Vec<AttachmentId>,
        /// The place.
        location: Option<TicketLocation>,
        /// For somebody else; who stands in the ticket only.
        on_behalf: bool,
        /// 同时发给村委会
        also_village: bool,
        /// Danger.
        emergency: bool,
        /// To be accepted until.
        due_at: Option<Timestamp>,
    },
    /// Somebody took it.
    #[serde(rename = "ticket.accepted")]
    Accepted {
        /// Who.
        handler: PersonRef,
        /// To be completed until.
        due_at: Timestamp,
    },
    /// It was done.
    #[serde(rename = "ticket.completed")]
    Completed {
        /// What was done.
        note: String,
        /// Proof.
        attachments: Vec<AttachmentId>,
    },
    /// It was put back.
    #[serde(rename = "ticket.returned")]
    Returned {
        /// Why.
        reason: String,
        /// The how-manieth time.
        count: u32,
        /// To be accepted until.
        due_at: Timestamp,
    },
    /// A level above answers for it now.
    #[serde(rename = "ticket.escalated")]
    Escalated {
        /// The level it came from.
        from_level: u8,
        /// The level it went to.
        to_level: u8,
        /// That level's grid; `grid_id` names the ticket's own grid in every event.
        to_grid_id: GridId,
        /// Its place.
        to_path: TreePath,
        /// Why.
        cause: EscalationCause,
        /// To be accepted until.
        due_at: Timestamp,
    },
    /// It was given to somebody else.
    #[serde(rename = "ticket.reassigned")]
    Reassigned {
        /// Who works on it now.
        handler: PersonRef,
        /// To be completed until.
        due_at: Timestamp,
    },
    /// Somebody above asked to hurry.
    #[serde(rename = "ticket.nudged")]
    Nudged {
        /// Who asked.
        nudger: PersonRef,
        /// The words.
        note: Option<String>,
        /// Within the cool-down of the one before: counted, not passed on again.
        folded: bool,
        /// All so far.
        count: u32,
    },
    /// The worker said 收到.
    #[serde(rename = "ticket.nudge_read")]
    NudgeRead {},
    /// The submitter took it back.
    #[serde(rename = "ticket.withdrawn")]
    Withdrawn {},
    /// The submitter judged.
    #[serde(rename = "ticket.rated")]
    Rated {
        /// 1 to 5.
        stars: u8,
        /// In words.
        comment: Option<String>,
    },
    /// The submitter was not content.
    #[serde(rename = "ticket.reopened")]
    Reopened {
        /// Why.
        reason: String,
        /// To be accepted until.
        due_at: Timestamp,
    },
    /// Somebody added words.
    #[serde(rename = "ticket.commented")]
    Commented {
        /// The words.
        text: String,
        /// Files.
        attachments: Vec<AttachmentId>,
    },
    /// The time limit passed.
    #[serde(rename = "ticket.overdue")]
    Overdue {
        /// The limit.
        due_at: Timestamp,
    },
}

/// What every event of a ticket says beside its own facts: the ticket after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketSummary {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its receipt number.
    pub number: String,
    /// Its grid.
    pub grid_id: GridId,
    /// Code of its kind.
    pub ticket_kind: String,
    /// Its state after the event.
    pub state: StateName,
    /// Its version after the event.
    pub version: u32,
    /// Who works on it.
    pub handler: Option<PersonRef>,
}

impl TicketEvent {
    pub(super) fn submitted(ticket: &Ticket) -> Self {
        Self::Submitted {
            submitter_id: ticket.submitter.id,
            content: ticket.content.clone(),
            form: ticket.form.clone(),
            attachments: ticket.attachments.clone(),
            location: ticket.location,
            on_behalf: ticket.on_behalf.is_some(),
            also_village: ticket.also_village,
            emergency: ticket.emergency,
            due_at: ticket.due.map(|due| due.at),
        }
    }

    /// The kind as it stands in the log (live-api.md).
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Submitted { .. } => "ticket.submitted",
            Self::Accepted { .. } => "ticket.accepted",
            Self::Completed { .. } => "ticket.completed",
            Self::Returned { .. } => "ticket.returned",
            Self::Escalated { .. } => "ticket.escalated",
            Self::Reassigned { .. } => "ticket.reassigned",
            Self::Nudged { .. } => "ticket.nudged",
            Self::NudgeRead {} => "ticket.nudge_read",
            Self::Withdrawn {} => "ticket.withdrawn",
            Self::Rated { .. } => "ticket.rated",
            Self::Reopened { .. } => "ticket.reopened",
            Self::Commented { .. } => "ticket.commented",
            Self::Overdue { .. } => "ticket.overdue",
        }
    }
}

impl TicketSummary {
    /// The summary of `ticket` as it is now.
    pub fn of(ticket: &Ticket) -> Self {
        Self {
            ticket_id: ticket.id,
            number: ticket.number.clone(),
            grid_id: ticket.grid_id,
            ticket_kind: ticket.kind.clone(),
            state: ticket.state_name(),
            version: ticket.version,
            handler: ticket.handler().cloned(),
        }
    }
}

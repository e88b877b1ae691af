//! What minutes are made from beside the hall. Signing keeps it, so that minutes stay what they were however names change
//! and however long the log is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::resolution::Resolution;
use crate::attachment::AttachmentRef;
use crate::clock::Timestamp;
use crate::event::Event;
use crate::ids::OrganisationId;
use crate::meeting::{LoggedEvent, MeetingEvent};
use crate::person::PersonRef;

/// Kinds of events that a [`Record`] is read from.
pub const TRACE_KINDS: [&str; 2] = ["meeting.agenda_moved", "meeting.hand_lowered"];

/// Kinds of events that change what minutes state as facts. What reminds, nudges or visits, and what people write to the
/// minutes, is not among them.
pub const FACT_KINDS: [&str; 18] = [
    "meeting.created",
    "meeting.edited",
    "meeting.listed",
    "meeting.launched",
    "meeting.started",
    "meeting.ended",
    "meeting.agenda_moved",
    "meeting.attendee_replied",
    "meeting.signed_up",
    "meeting.leave_requested",
    "meeting.leave_withdrawn",
    "meeting.leave_decided",
    "meeting.signed_in",
    "meeting.signed_out",
    "meeting.hand_lowered",
    "meeting.delegate_named",
    "meeting.media_added",
    "meeting.media_removed",
];

/// It came to another item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaMove {
    /// When.
    pub at: Timestamp,
    /// To which, from 0; nothing: to none.
    pub index: Option<u32>,
}

/// The host called on somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// When.
    pub at: Timestamp,
    /// On whom.
    pub name: String,
}

/// A picture or video of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The file.
    pub file: AttachmentRef,
    /// Words to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// When it was added.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonRef,
}

/// What minutes are made from beside the hall.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// The number of the last event of the log that changed a fact.
    pub as_of: u64,
    /// The name of the meeting's type.
    pub type_name: String,
    /// The name of its organisation.
    pub organisation: String,
    /// Names of the organisations that people on the list belong to.
    pub organisations: BTreeMap<OrganisationId, String>,
    /// Where the agenda stood when.
    pub moves: Vec<AgendaMove>,
    /// Whom the host called on.
    pub calls: Vec<Called>,
    /// What was put to the vote.
    pub resolutions: Vec<Resolution>,
    /// Pictures and videos.
    pub media: Vec<Picture>,
}

impl Record {
    /// The same, with what `events` of the meeting tell; others than [`TRACE_KINDS`] tell nothing.
    #[must_use]
    pub fn with_trace(mut self, events: &[Event]) -> Self {
        for event in events {
            match LoggedEvent::read(&event.kind, &event.data).map(|logged| logged.event) {
                Some(MeetingEvent::AgendaMoved { index, .. }) => self.moves.push(AgendaMove { at: event.at, index }),
                Some(MeetingEvent::HandLowered { name, .. }) => self.calls.push(Called { at: event.at, name }),
                _ => {}
            }
        }
        self
    }
}

//! What can happen to a meeting. The log of these gives back the hall.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::PersonRef;
use super::attendance::{Attendee, Evidence, LeaveDecision, Status, Way};
use super::claim::DeviceId;
use super::plan::Plan;
use super::tally::Tally;
use super::timer::Reminder;
use super::voting::Slip;
use crate::ids::{AccountId, AttachmentId, MemberId, OrganisationId, VoteId};
use crate::vote::{Ballot, Question, Receipt, Roll, VoteResult};

/// One thing that happened to a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum MeetingEvent {
    /// It was planned.
    #[serde(rename = "meeting.created")]
    Created {
        /// The plan.
        plan: Box<Plan>,
    },
    /// The plan was changed before the launch.
    #[serde(rename = "meeting.edited")]
    Edited {
        /// The plan as it is now.
        plan: Box<Plan>,
    },
    /// People came onto the list: in parts, at the launch.
    #[serde(rename = "meeting.listed")]
    Listed {
        /// Who.
        attendees: Vec<Attendee>,
    },
    /// It was launched; the list is fixed.
    #[serde(rename = "meeting.launched")]
    Launched {
        /// 应到
        expected: u32,
    },
    /// It was called off.
    #[serde(rename = "meeting.cancelled")]
    Cancelled {
        /// Why.
        reason: String,
    },
    /// It began.
    #[serde(rename = "meeting.started")]
    Started,
    /// It ended.
    #[serde(rename = "meeting.ended")]
    Ended {
        /// How many of whom.
        tally: Tally,
    },
    /// It was put away.
    #[serde(rename = "meeting.archived")]
    Archived,
    /// It came to another item.
    #[serde(rename = "meeting.agenda_moved")]
    AgendaMoved {
        /// The item's index; nothing: none.
        index: Option<u32>,
        /// Its title.
        title: Option<String>,
    },
    /// Everybody was reminded, or the host.
    #[serde(rename = "meeting.reminded")]
    Reminded {
        /// Of what.
        reminder: Reminder,
    },
    /// Somebody who looks over it opened it (进会查看).
    #[serde(rename = "meeting.visited")]
    Visited {
        /// Who.
        by: PersonRef,
    },
    /// Somebody who looks over it nudged its host (催办).
    #[serde(rename = "meeting.nudged")]
    Nudged {
        /// Who.
        by: PersonRef,
        /// Words to it.
        note: Option<String>,
    },
    /// An organisation above was asked to send somebody (邀请上级派员).
    #[serde(rename = "meeting.superior_invited")]
    SuperiorInvited {
        /// Which.
        organisation_id: OrganisationId,
        /// Its name.
        organisation: String,
        /// Who asked.
        by: PersonRef,
        /// Words to it.
        note: Option<String>,
        /// Who leads it.
        #[serde(skip)]
        leaders: Vec<AccountId>,
    },
    /// It named whom it sends.
    #[serde(rename = "meeting.delegate_named")]
    DelegateNamed {
        /// Whom.
        member_id: MemberId,
        /// That person's name.
        name: String,
        /// Who named the person.
        by: PersonRef,
    },
    /// Somebody said whether they come.
    #[serde(rename = "meeting.attendee_replied")]
    Replied {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
        /// Will come.
        attending: bool,
    },
    /// Somebody signed up.
    #[serde(rename = "meeting.signed_up")]
    SignedUp {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// Somebody asked to be away.
    #[serde(rename = "meeting.leave_requested")]
    LeaveRequested {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Somebody took that back.
    #[serde(rename = "meeting.leave_withdrawn")]
    LeaveWithdrawn {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// It was decided.
    #[serde(rename = "meeting.leave_decided")]
    LeaveDecided {
        /// Who had asked.
        member_id: MemberId,
        /// That person's name.
        name: String,
        /// What was decided.
        decision: LeaveDecision,
    },
    /// Somebody came.
    #[serde(rename = "meeting.signed_in")]
    SignedIn {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
        /// The how-manieth to come; the same number when the person comes back.
        number: u32,
        /// What that makes of the person.
        status: Status,
        /// By what way.
        way: Way,
        /// Came back after having left.
        again: bool,
        /// What stands behind it.
        evidence: Box<Evidence>,
        /// The person's picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        photo: Option<AttachmentId>,
        /// On which device. In the log, so that every node knows it; told to nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<DeviceId>,
        /// The nonce of the claim that was used.
        #[serde(skip)]
        claim: Option<String>,
    },
    /// Somebody left.
    #[serde(rename = "meeting.signed_out")]
    SignedOut {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// Somebody asks to speak.
    #[serde(rename = "meeting.hand_raised")]
    HandRaised {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// Somebody took that back.
    #[serde(rename = "meeting.hand_withdrawn")]
    HandWithdrawn {
        /// Who.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// The host called on somebody.
    #[serde(rename = "meeting.hand_lowered")]
    HandLowered {
        /// On whom.
        member_id: MemberId,
        /// That person's name.
        name: String,
    },
    /// A vote was prepared.
    #[serde(rename = "vote.prepared")]
    VotePrepared {
        /// Which.
        vote_id: VoteId,
        /// Its number in the meeting.
        number: u32,
        /// What is asked.
        question: Box<Question>,
    },
    /// It was changed before it opened.
    #[serde(rename = "vote.edited")]
    VoteEdited {
        /// Which.
        vote_id: VoteId,
        /// What is asked now.
        question: Box<Question>,
    },
    /// It was taken away before it opened.
    #[serde(rename = "vote.dropped")]
    VoteDropped {
        /// Which.
        vote_id: VoteId,
    },
    /// Voting began.
    #[serde(rename = "vote.opened")]
    VoteOpened {
        /// In which.
        vote_id: VoteId,
        /// Its number in the meeting.
        number: u32,
        /// What is asked: whoever hears of it may vote without asking again.
        question: Box<Question>,
        /// For the how-manieth time.
        round: u32,
        /// 应到会有表决权人数
        expected: u32,
        /// Who may vote.
        roll: Roll,
    },
    /// Somebody cast a ballot. Of a secret vote only that.
    #[serde(rename = "vote.cast")]
    BallotCast {
        /// In which.
        vote_id: VoteId,
        /// In which round.
        round: u32,
        /// Who.
        member_id: MemberId,
        /// What; of open votes alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ballot: Option<Ballot>,
        /// What goes into the urn of a secret vote: never into the log.
        #[serde(skip)]
        slip: Option<Box<Slip>>,
    },
    /// Voting ended: no ballot counts any more that is not cast.
    #[serde(rename = "vote.closed")]
    VoteClosed {
        /// Which.
        vote_id: VoteId,
        /// Which round.
        round: u32,
        /// Whether it is published as soon as it is counted.
        publishes: bool,
    },
    /// The ballots were counted.
    #[serde(rename = "vote.counted")]
    VoteCounted {
        /// Of which.
        vote_id: VoteId,
        /// Of which round.
        round: u32,
        /// What they came to.
        result: VoteResult,
        /// The codes that lay with them, sorted: kept in a row of their own.
        #[serde(skip)]
        receipts: Vec<Receipt>,
    },
    /// The result was published.
    #[serde(rename = "vote.published")]
    VotePublished {
        /// Of which.
        vote_id: VoteId,
        /// What was asked.
        question: Box<Question>,
        /// What it came to.
        result: VoteResult,
    },
    /// A round was declared void, with all its ballots.
    #[serde(rename = "vote.reset")]
    VoteReset {
        /// Of which.
        vote_id: VoteId,
        /// Which round.
        round: u32,
        /// Why.
        reason: String,
        /// By whom.
        by: PersonRef,
    },
}

/// An event of the log, with the version that it brought its row to: the person's, the vote's, or the meeting's. A ballot
/// leaves the vote's as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEvent {
    /// What happened.
    pub event: MeetingEvent,
    /// The row's version afterwards.
    pub version: u32,
}

impl LoggedEvent {
    /// The facts of the event, as the log keeps them.
    pub fn data(&self) -> Value {
        let mut data = match serde_json::to_value(&self.event) {
            Ok(Value::Object(mut tagged)) => tagged.remove("data").unwrap_or_else(|| json!({})),
            _ => json!({}),
        };
        if let Value::Object(members) = &mut data {
            members.insert("version".to_owned(), json!(self.version));
        }
        data
    }

    /// Reads what the log keeps; nothing when it is no meeting's event.
    pub fn read(kind: &str, data: &Value) -> Option<Self> {
        let version = u32::try_from(data.get("version")?.as_u64()?).ok()?;
        let event = match kind {
            "meeting.started" => MeetingEvent::Started,
            "meeting.archived" => MeetingEvent::Archived,
            _ => serde_json::from_value(json!({ "kind": kind, "data": data })).ok()?,
        };
        Some(Self { event, version })
    }
}

impl MeetingEvent {
    /// The kind, as in the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "meeting.created",
            Self::Edited { .. } => "meeting.edited",
            Self::Listed { .. } => "meeting.listed",
            Self::Launched { .. } => "meeting.launched",
            Self::Cancelled { .. } => "meeting.cancelled",
            Self::Started => "meeting.started",
            Self::Ended { .. } => "meeting.ended",
            Self::Archived => "meeting.archived",
            Self::AgendaMoved { .. } => "meeting.agenda_moved",
            Self::Reminded { .. } => "meeting.reminded",
            Self::Visited { .. } => "meeting.visited",
            Self::Nudged { .. } => "meeting.nudged",
            Self::SuperiorInvited { .. } => "meeting.superior_invited",
            Self::DelegateNamed { .. } => "meeting.delegate_named",
            Self::Replied { .. } => "meeting.attendee_replied",
            Self::SignedUp { .. } => "meeting.signed_up",
            Self::LeaveRequested { .. } => "meeting.leave_requested",
            Self::LeaveWithdrawn { .. } => "meeting.leave_withdrawn",
            Self::LeaveDecided { .. } => "meeting.leave_decided",
            Self::SignedIn { .. } => "meeting.signed_in",
            Self::SignedOut { .. } => "meeting.signed_out",
            Self::HandRaised { .. } => "meeting.hand_raised",
            Self::HandWithdrawn { .. } => "meeting.hand_withdrawn",
            Self::HandLowered { .. } => "meeting.hand_lowered",
            Self::VotePrepared { .. } => "vote.prepared",
            Self::VoteEdited { .. } => "vote.edited",
            Self::VoteDropped { .. } => "vote.dropped",
            Self::VoteOpened { .. } => "vote.opened",
            Self::BallotCast { .. } => "vote.cast",
            Self::VoteClosed { .. } => "vote.closed",
            Self::VoteCounted { .. } => "vote.counted",
            Self::VotePublished { .. } => "vote.published",
            Self::VoteReset { .. } => "vote.reset",
        }
    }

    /// Which vote it is about.
    pub const fn vote_id(&self) -> Option<VoteId> {
        match self {
            Self::VotePrepared { vote_id, .. }
            | Self::VoteEdited { vote_id, .. }
            | Self::VoteDropped { vote_id }
            | Self::VoteOpened { vote_id, .. }
            | Self::BallotCast { vote_id, .. }
            | Self::VoteClosed { vote_id, .. }
            | Self::VoteCounted { vote_id, .. }
            | Self::VotePublished { vote_id, .. }
            | Self::VoteReset { vote_id, .. } => Some(*vote_id),
            _ => None,
        }
    }

    /// Whose turn it takes: one thing at a time happens to a person. Nothing: the whole meeting's.
    pub const fn turn_of(&self) -> Option<MemberId> {
        match self {
            Self::BallotCast { member_id, .. } => Some(*member_id),
            _ => self.member_id(),
        }
    }

    /// Whose row of the list it changes; nothing: the meeting's own.
    pub const fn member_id(&self) -> Option<MemberId> {
        match self {
            Self::Replied { member_id, .. }
            | Self::SignedUp { member_id, .. }
            | Self::LeaveRequested { member_id, .. }
            | Self::LeaveWithdrawn { member_id, .. }
            | Self::LeaveDecided { member_id, .. }
            | Self::SignedIn { member_id, .. }
            | Self::SignedOut { member_id, .. }
            | Self::HandRaised { member_id, .. }
            | Self::HandWithdrawn { member_id, .. }
            | Self::HandLowered { member_id, .. } => Some(*member_id),
            _ => None,
        }
    }
}

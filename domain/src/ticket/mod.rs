//! Tickets (诉求工单): a resident's request from being sent to being rated (inventory GRID-13).
//!
//! [`Ticket::submit`] and [`Ticket::decide`] say what happens or why not; [`Ticket::apply`] is the only way the
//! state changes, so replaying a ticket's events gives the ticket. Where a rule comes from stands at the rule.

mod apply;
mod climb;
mod clock;
mod decide;
mod events;
mod known;
mod public_words;
mod replay;
mod statistics;
mod submit;
mod timing;

pub use clock::{ExtensionRequest, Pause, PauseReason, TicketClock};
pub use decide::{Action, Command, DecisionContext, Party};
pub use events::{DueChange, EscalationCause, Surroundings, TicketEvent, TicketFacts, shown_position};
pub use known::{
    Here, Joiner, Known, MAX_SENTENCE, MIN_SENTENCE, MOST_JOINED, MOST_OFFERED, NEARBY_M, Nearby, nearby,
    rectangle_around,
};
pub use replay::{NotReplayable, Replay};
pub use statistics::Bucket;
pub use submit::{NewTicket, OnBehalf, SubmitContext, TicketLocation};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::TicketPlace;
use crate::attachment::AttachmentRef;
use crate::clock::Timestamp;
use crate::grid::Counters;
use crate::ids::{GridId, TicketId};
use crate::person::PersonRef;
use crate::tree::TreePath;

/// Where a ticket stands; each variant carries what exists only there.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// 未接服务
    Submitted,
    /// 办理中
    Accepted {
        /// Who works on it.
        handler: PersonRef,
        /// Since when.
        accepted_at: Timestamp,
    },
    /// 待评价
    Completed(Completion),
    /// 已评价
    Rated {
        /// How it was completed.
        completion: Completion,
        /// What the submitter said.
        rating: Rating,
    },
    /// 已撤回
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// The names of the states, as stored and transmitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// 未接服务
    Submitted,
    /// 办理中
    Accepted,
    /// 待评价
    Completed,
    /// 已评价
    Rated,
    /// 已撤回
    Withdrawn,
}

impl StateName {
    /// All, in the order of a ticket's life.
    pub const ALL: [Self; 5] = [Self::Submitted, Self::Accepted, Self::Completed, Self::Rated, Self::Withdrawn];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Completed => "completed",
            Self::Rated => "rated",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Submitted => "未接服务",
            Self::Accepted => "办理中",
            Self::Completed => "待评价",
            Self::Rated => "已评价",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether somebody still has to do something about the request.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Accepted)
    }
}

/// The proof of completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Who did it.
    pub handler: PersonRef,
    /// When it had been accepted.
    pub accepted_at: Timestamp,
    /// When it was completed.
    pub completed_at: Timestamp,
    /// What was done.
    pub note: String,
    /// Photos and papers that show it.
    pub attachments: Vec<AttachmentRef>,
}

/// The submitter's judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 1 to 5.
    pub stars: u8,
    /// In words.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The nudges (催促) a ticket received while it waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudges {
    /// All of them, folded ones too.
    pub count: u32,
    /// The last one.
    pub last_at: Timestamp,
    /// Who nudged last; nobody: the rules.
    pub last_by: Option<PersonRef>,
    /// Who was asked.
    #[serde(default)]
    pub last_to: Vec<PersonRef>,
    /// The last words that came with one.
    pub last_note: Option<String>,
    /// The last one that was passed on at once; later ones within the cool-down are folded into it.
    pub heard_at: Timestamp,
    /// When the worker said 收到 after the last one.
    pub read_at: Option<Timestamp>,
    /// Without an answer by then the ticket climbs.
    #[serde(default)]
    pub answer_by: Option<Timestamp>,
}

/// A resident's request.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The receipt number that people read to each other.
    pub number: String,
    /// Grows by one with every event; a write states the version it was decided on.
    pub version: u32,
    /// The grid it was sent to.
    pub grid_id: GridId,
    /// That grid's place.
    pub grid_path: TreePath,
    /// Code of its kind (矛盾纠纷, 乡村振兴 …).
    pub kind: String,
    /// The submitter's words.
    pub content: String,
    /// The fields of the kind's form.
    pub form: Value,
    /// Pictures, voice, video.
    pub attachments: Vec<AttachmentRef>,
    /// Where it is.
    pub location: Option<TicketLocation>,
    /// For whom it was sent, when not for the submitter.
    pub on_behalf: Option<OnBehalf>,
    /// 同时发给村委会
    pub also_village: bool,
    /// Its words spoke of danger: 110/119/120 were shown.
    pub emergency: bool,
    /// Who sent it.
    pub submitter: PersonRef,
    /// When.
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// The grid whose leader answers for it now: its own, or one above after an escalation.
    pub handling_path: TreePath,
    /// How often it was put back.
    pub return_count: u32,
    /// The last reason.
    pub last_return_reason: Option<String>,
    /// How often the submitter reopened it.
    pub reopen_count: u32,
    /// How often one of its limits ended before it was met.
    pub overdue_count: u32,
    /// Nudges since it last changed hands.
    pub nudges: Option<Nudges>,
    /// What measures the present step, while it is open.
    pub clock: Option<TicketClock>,
    /// More time that was asked for and not decided yet.
    pub extension_request: Option<ExtensionRequest>,
    /// What residents see of it.
    pub known: Option<Known>,
    /// Whom the same thing concerns, in the order in which they joined.
    pub joiners: Vec<Joiner>,
}

impl Ticket {
    /// The name of its state.
    pub const fn state_name(&self) -> StateName {
        match self.state {
            State::Submitted => StateName::Submitted,
            State::Accepted { .. } => StateName::Accepted,
            State::Completed(_) => StateName::Completed,
            State::Rated { .. } => StateName::Rated,
            State::Withdrawn { .. } => StateName::Withdrawn,
        }
    }

    /// Who works, or worked, on it.
    pub const fn handler(&self) -> Option<&PersonRef> {
        match &self.state {
            State::Accepted { handler, .. } => Some(handler),
            State::Completed(completion) | State::Rated { completion, .. } => Some(&completion.handler),
            State::Submitted | State::Withdrawn { .. } => None,
        }
    }

    /// How it was completed, once it was.
    pub const fn completion(&self) -> Option<&Completion> {
        match &self.state {
            State::Completed(completion) | State::Rated { completion, .. } => Some(completion),
            State::Submitted | State::Accepted { .. } | State::Withdrawn { .. } => None,
        }
    }

    /// When it was accepted, once it was.
    pub fn accepted_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Accepted { accepted_at, .. } => Some(*accepted_at),
            _ => self.completion().map(|completion| completion.accepted_at),
        }
    }

    /// The rating, once there is one.
    pub const fn rating(&self) -> Option<&Rating> {
        match &self.state {
            State::Rated { rating, .. } => Some(rating),
            State::Submitted | State::Accepted { .. } | State::Completed(_) | State::Withdrawn { .. } => None,
        }
    }

    /// Whether its limit passed while it is open.
    pub fn is_overdue(&self) -> bool {
        self.clock.as_ref().is_some_and(|clock| clock.overdue)
    }

    /// Whether its limit is over at `now`, noted already or not.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.clock.as_ref().is_some_and(|clock| clock.is_late(now))
    }

    /// The end of the running limit.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(|clock| clock.due_at)
    }

    /// The next moment at which something happens to it by itself.
    pub fn next_timer(&self) -> Option<Timestamp> {
        let clock = self.clock.as_ref()?;
        let answer = self.nudges.as_ref().and_then(|nudges| nudges.answer_by);
        let answer = answer.filter(|_| clock.open_pause().is_none());
        [clock.next(), answer].into_iter().flatten().min()
    }

    /// Whether a level above its own grid answers for it.
    pub fn is_escalated(&self) -> bool {
        self.handling_path != self.grid_path
    }

    /// The facts that decide who sees it.
    pub fn place(&self) -> TicketPlace<'_> {
        TicketPlace {
            ticket_id: self.id,
            grid_path: &self.grid_path,
            also_village: self.also_village,
            submitter: self.submitter.id,
            handler: self.handler().map(|handler| handler.id),
        }
    }

    /// What this ticket adds to the counters of its grid. Boards are sums of this, and so is their recount.
    pub fn counted(&self) -> Counters {
        let state = self.state_name();
        Counters {
            submitted: i64::from(state == StateName::Submitted),
            accepted: i64::from(state == StateName::Accepted),
            completed: i64::from(state == StateName::Completed),
            rated: i64::from(state == StateName::Rated),
            overdue: i64::from(self.is_overdue()),
            returned: i64::from(self.return_count),
        }
    }
}

#[cfg(test)]
mod tests;

//! 指令 and 催办: what a cadre or a superior asks of a branch, its answer, and how it goes up when nobody answers (inventory
//! TASK-13, MEET-20).

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingCalendar;
use crate::clock::Timestamp;
use crate::ids::{OrderId, OrganisationId};
use crate::person::PersonRef;
use crate::problem::{Refusal, text_field};

const MAX_TEXT: usize = 500;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// 指令
    Order,
    /// 催办
    Nudge,
}

impl OrderKind {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Nudge => "nudge",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Order => "指令",
            Self::Nudge => "催办",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Order, Self::Nudge].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// It waits for its answer.
    Open,
    /// It was answered.
    Answered,
    /// Whoever gave it is content, or took it back.
    Closed,
}

impl OrderState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Open, Self::Answered, Self::Closed];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a branch answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderAnswer {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonRef,
    /// What.
    pub text: String,
}

/// An order or a nudge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyOrder {
    /// Its id.
    pub id: OrderId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// Order or nudge.
    pub kind: OrderKind,
    /// The branch.
    pub organisation_id: OrganisationId,
    /// The warning that it hangs on.
    pub duty_id: Option<String>,
    /// Who gave it.
    pub from: PersonRef,
    /// What is asked.
    pub text: String,
    /// Until when it should be done; said to people, nothing follows from it.
    pub due_at: Option<Timestamp>,
    /// When it was given.
    pub created_at: Timestamp,
    /// Workdays that each level has to see to an answer.
    pub answer_workdays: u32,
    /// How it stands.
    pub state: OrderState,
    /// What was answered.
    pub answer: Option<OrderAnswer>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The organisations above that were told that nobody answered, the lowest first.
    pub told: Vec<OrganisationId>,
    /// When the next one is told.
    pub escalates_at: Option<Timestamp>,
}

/// Checks what is asked or answered.
///
/// # Errors
/// `field.required`, `field.too_long` or `field.characters` of `field`.
pub fn check_text(field: &str, text: &str, required: bool) -> Result<String, Refusal> {
    text_field(field, text, required, MAX_TEXT).map_err(|error| Refusal::fields(vec![error]))
}

/// An organisation above the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Which.
    pub organisation_id: OrganisationId,
    /// Whether somebody leads it.
    pub is_led: bool,
}

impl DutyOrder {
    /// The order as it is given: when the next level is told follows from the calendar.
    #[must_use]
    pub fn given(self, calendar: &WorkingCalendar) -> Self {
        let escalates_at = calendar.close_after(self.created_at, self.answer_workdays).ok();
        Self { escalates_at, ..self }
    }

    fn next(&self, state: OrderState) -> Self {
        Self { version: self.version + 1, state, escalates_at: None, ..self.clone() }
    }

    /// The order with the branch's answer; a second answer takes the place of the first.
    ///
    /// # Errors
    /// `order.closed`, or the field `text`.
    pub fn answered(&self, by: PersonRef, text: &str, now: Timestamp) -> Result<Self, Refusal> {
        let text = check_text("text", text, true)?;
        if self.state == OrderState::Closed {
            return Err(Refusal::conflict("order.closed", "已办结，不能再答复"));
        }
        Ok(Self { answer: Some(OrderAnswer { at: now, by, text }), ..self.next(OrderState::Answered) })
    }

    /// The order closed by whoever gave it, or by a superior.
    ///
    /// # Errors
    /// `order.closed` when it is already.
    pub fn closed(&self, now: Timestamp) -> Result<Self, Refusal> {
        if self.state == OrderState::Closed {
            return Err(Refusal::conflict("order.closed", "已经办结"));
        }
        Ok(Self { closed_at: Some(now), ..self.next(OrderState::Closed) })
    }

    /// What happens by itself at `now`: nobody answered in time, so the next level above is told, `ladder` holding all of
    /// them, the lowest first. A level that nobody leads is passed at once, each is told once, and at the top it ends.
    /// Nothing: it is not time.
    pub fn escalated(
        &self,
        ladder: &[Rung],
        now: Timestamp,
        calendar: &WorkingCalendar,
    ) -> Option<(Self, Option<OrganisationId>)> {
        if self.state != OrderState::Open || self.escalates_at.is_none_or(|at| at > now) {
            return None;
        }
        let passed = ladder.iter().rposition(|rung| self.told.contains(&rung.organisation_id));
        let above = ladder.iter().skip(passed.map_or(0, |last| last + 1));
        let to = above.into_iter().find(|rung| rung.is_led).map(|rung| rung.organisation_id);
        let mut after = self.next(OrderState::Open);
        after.told.extend(to);
        after.escalates_at = to.and_then(|_| calendar.close_after(now, self.answer_workdays).ok());
        Some((after, to))
    }
}

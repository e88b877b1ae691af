//! Open311 GeoReport v2: what our requests, kinds and times are called there. The specification is that of
//! <https://wiki.open311.org/GeoReport_v2/>; what of a request may be told to whom is decided in ADR 0030.

mod attributes;
mod window;

pub use attributes::{Attribute, AttributeValue, DataType, attributes, form_of, keywords};
pub use window::{MAX_DAYS, Window, parse_time};

use crate::clock::Timestamp;
use crate::kinds::TicketKind;
use crate::ticket::{State, StateName, Ticket};

/// The two states that the specification has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has been reported.
    Open,
    /// It has been resolved, or is not asked for any more.
    Closed,
}

impl Status {
    /// Of our state.
    pub const fn of(state: StateName) -> Self {
        if state.is_open() { Self::Open } else { Self::Closed }
    }

    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads the transmitted word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|status| status.as_str() == text)
    }

    /// Our states that it means.
    pub fn states(self) -> impl Iterator<Item = StateName> {
        StateName::ALL.into_iter().filter(move |state| Self::of(*state) == self)
    }
}

/// Whether requests of a kind take part: those whose words are sensitive never do.
pub const fn is_offered(kind: &TicketKind) -> bool {
    !kind.private
}

/// What everybody is told of how far a request is (ADR 0028): whether it was judged is between its sender and those who handle it.
pub const fn public_notes(state: StateName) -> &'static str {
    match state {
        StateName::Submitted => "等待接单",
        StateName::Accepted => "正在办理",
        StateName::Completed | StateName::Rated => "已办结",
        StateName::Withdrawn => "已撤回",
    }
}

/// What whoever sent a request is told of how far it is.
pub fn own_notes(ticket: &Ticket) -> String {
    let mut notes = public_notes(ticket.state_name()).to_owned();
    if let Some(completion) = ticket.completion() {
        notes.push_str(&format!("：{}", completion.note));
        return notes;
    }
    if !ticket.state_name().is_open() {
        return notes;
    }
    if ticket.clock.as_ref().is_some_and(|clock| clock.open_pause().is_some()) {
        notes.push_str("，暂停计时");
    }
    if ticket.is_escalated() {
        notes.push_str(&format!("，已上报到第 {} 级网格", ticket.handling_path.level()));
    }
    if ticket.is_overdue() {
        notes.push_str("，已超过时限");
    }
    notes
}

/// When the last thing happened to a request that changed how far it is.
pub fn updated_at(ticket: &Ticket) -> Timestamp {
    match &ticket.state {
        State::Submitted => ticket.submitted_at,
        State::Accepted { accepted_at, .. } => *accepted_at,
        State::Completed(completion) | State::Rated { completion, .. } => completion.completed_at,
        State::Withdrawn { at } => *at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::built_in;

    #[test]
    fn each_state_is_open_or_closed_and_says_how_far_it_is() {
        let table = [
            (StateName::Submitted, "open", "等待接单"),
            (StateName::Accepted, "open", "正在办理"),
            (StateName::Completed, "closed", "已办结"),
            (StateName::Rated, "closed", "已办结"),
            (StateName::Withdrawn, "closed", "已撤回"),
        ];
        for (state, status, notes) in table {
            assert_eq!((Status::of(state).as_str(), public_notes(state)), (status, notes), "{state:?}");
            assert!(Status::parse(status).unwrap().states().any(|found| found == state));
        }
        let both = [Status::Open, Status::Closed].map(|status| status.states().count());
        assert_eq!(both, [2, 3], "each state once");
        for word in ["", "OPEN", "opened", "all"] {
            assert_eq!(Status::parse(word), None, "{word}");
        }
    }

    #[test]
    fn private_kinds_take_no_part() {
        let offered: Vec<String> = built_in().into_iter().filter(is_offered).map(|kind| kind.code).collect();
        assert_eq!(offered, ["suggestion"]);
    }
}

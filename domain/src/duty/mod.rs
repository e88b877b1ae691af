//! Duties (应开的会): which meetings a branch has to hold in a month, a quarter or a year, whether it held them, who is
//! warned when it did not, and what is asked of it then (inventory MEET-01, MEET-20, TASK-13; domain.md §3).
//!
//! Rules are data ([`DutyRule`]), so are periods ([`Period`]). [`assess`] says how one duty of one branch stands, from
//! facts that storage reads for thousands of branches at a time; [`follow`] makes a warning of that, or nothing when all
//! is as it was, so that working it out again changes nothing.

mod assess;
mod order;
mod period;
mod rule;
mod warning;

pub use assess::{
    Assessment, BranchFacts, DutyLevel, DutyState, Exemption, GroupFacts, MeetingFacts, Thresholds, assess, exemption,
    founded_on,
};
pub use order::{DutyOrder, OrderAnswer, OrderKind, OrderState, Rung, check_text};
pub use period::{BadPeriod, Period, PeriodKind};
pub use rule::{ANSWER_WORKDAYS, AppliesTo, COMMITTEE_FROM, DutyRule, all_rules, built_in_rules};
pub use warning::{DutyKey, DutyWarning, Handled, WarningChange, WarningState, follow};

#[cfg(test)]
mod tests;

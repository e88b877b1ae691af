//! Attendance added up over meetings (到会统计): by person, organisation, type and month.
//!
//! Only what has ended counts, and after the end nothing about anybody's attendance changes; so the figures of a meeting are
//! fixed by the change that ends it. Who counts as what is the [`Tally`]'s business, here it is only added up.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::Datelike as _;

use super::attendance::{Attendee, Status};
use super::hall::Hall;
use super::tally::Tally;
use super::{Meeting, StateName};
use crate::calendar_day::local_date;
use crate::clock::Timestamp;
use crate::ids::OrganisationId;

/// What attendance comes to, in persons at meetings (人次). Always `present` + `leave` + `absent` = `expected`, and
/// `on_time` + `late` + `left_early` + `substituted` + `online` = `present`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attendance {
    /// 应到
    pub expected: u64,
    /// 实到, themselves or by substitute.
    pub present: u64,
    /// 准时
    pub on_time: u64,
    /// 迟到
    pub late: u64,
    /// 早退
    pub left_early: u64,
    /// 请假, approved.
    pub leave: u64,
    /// 缺席: neither there nor on approved leave. Leave that nobody decided on before the end is none.
    pub absent: u64,
    /// 替会
    pub substituted: u64,
    /// 线上
    pub online: u64,
}

impl Attendance {
    /// Of one person on the list of a meeting that ended; nothing of guests and substitutes, as in the [`Tally`].
    pub fn of_one(attendee: &Attendee, status: Status) -> Self {
        let mut tally = Tally::default();
        tally.count(attendee, status, 1);
        Self::from(&tally)
    }

    /// 到会率: present by expected, from 0 to 1; nothing when nobody was expected.
    pub fn rate(&self) -> Option<f64> {
        // Far below 2⁵³, so both are exact.
        (self.expected > 0).then(|| self.present as f64 / self.expected as f64)
    }
}

impl From<&Tally> for Attendance {
    fn from(tally: &Tally) -> Self {
        Self {
            expected: tally.expected.into(),
            present: tally.present.into(),
            on_time: tally.on_time.into(),
            late: tally.late.into(),
            left_early: tally.left_early.into(),
            leave: tally.leave.into(),
            absent: tally.missing.into(),
            substituted: tally.substituted.into(),
            online: tally.online.into(),
        }
    }
}

impl AddAssign for Attendance {
    fn add_assign(&mut self, other: Self) {
        self.expected += other.expected;
        self.present += other.present;
        self.on_time += other.on_time;
        self.late += other.late;
        self.left_early += other.left_early;
        self.leave += other.leave;
        self.absent += other.absent;
        self.substituted += other.substituted;
        self.online += other.online;
    }
}

/// Who could have voted in a meeting that ended, and who of them came: what its quorum is judged by (domain.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Voters {
    /// On the list with a vote.
    pub listed: u64,
    /// Of those, who were there themselves, however long.
    pub came: u64,
}

impl Meeting {
    /// Whether its attendance counts: it took place and is over.
    pub const fn counts(&self) -> bool {
        matches!(self.state, StateName::Ended | StateName::Archived)
    }

    /// The month that its attendance belongs to, `2026-11`: that of the planned begin, in China. Nothing only beyond the
    /// calendar.
    pub fn month(&self) -> Option<String> {
        month_of(self.plan.starts_at)
    }
}

fn month_of(at: Timestamp) -> Option<String> {
    local_date(at).map(|date| format!("{:04}-{:02}", date.year(), date.month()))
}

impl Hall {
    /// The attendance of a meeting that ended, by the organisation that people belonged to then; those without one belong
    /// to the meeting's. Organisations of guests alone are not there; while a meeting is not over, none is.
    pub fn attendance(&self) -> BTreeMap<OrganisationId, Attendance> {
        let mut by_organisation: BTreeMap<OrganisationId, Attendance> = BTreeMap::new();
        if !self.meeting().counts() {
            return by_organisation;
        }
        for attendee in self.attendees() {
            let one = Attendance::of_one(attendee, self.status(attendee));
            if one.expected > 0 {
                *by_organisation.entry(self.counts_for(attendee)).or_default() += one;
            }
        }
        by_organisation
    }

    /// Those with a vote at a meeting that ended, by organisation as [`Hall::attendance`]; organisations without are not there.
    pub fn voters(&self) -> BTreeMap<OrganisationId, Voters> {
        let mut by_organisation: BTreeMap<OrganisationId, Voters> = BTreeMap::new();
        for attendee in self.attendees().filter(|attendee| self.meeting().counts() && attendee.may_vote()) {
            let of = by_organisation.entry(self.counts_for(attendee)).or_default();
            of.listed += 1;
            of.came += u64::from(!attendee.presence.is_empty());
        }
        by_organisation
    }

    fn counts_for(&self, attendee: &Attendee) -> OrganisationId {
        attendee.organisation_id.unwrap_or(self.meeting().organisation_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_in_china() -> Result<(), chrono::ParseError> {
        for (at, month) in [
            ("2026-10-31T15:59:59.999Z", "2026-10"),
            ("2026-10-31T16:00:00.000Z", "2026-11"),
            ("2026-12-31T16:00:00.000Z", "2027-01"),
        ] {
            assert_eq!(month_of(at.parse()?).as_deref(), Some(month), "{at}");
        }
        assert_eq!(month_of(Timestamp::from_millis(i64::MAX)), None);
        Ok(())
    }

    #[test]
    fn a_rate_is_a_fraction_or_nothing() {
        let of = |present, expected| Attendance { expected, present, ..Attendance::default() }.rate();
        assert_eq!([of(0, 0), of(0, 4), of(3, 4), of(4, 4)], [None, Some(0.0), Some(0.75), Some(1.0)]);
    }
}

//! How many of whom, as the first page of minutes states it.

use serde::Serialize;

use super::draft::AttendanceLine;
use crate::meeting::{Role, Status};

/// How many of whom. Always a count of the attendance table beside it; so `present` + `leave` + `absent` = `expected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// 应到
    pub expected: u32,
    /// 实到, themselves or by substitute.
    pub present: u32,
    /// 请假, approved.
    pub leave: u32,
    /// 缺席: neither there nor on approved leave; while the meeting runs: not there yet.
    pub absent: u32,
    /// 迟到
    pub late: u32,
    /// 早退
    pub left_early: u32,
    /// 替会
    pub substituted: u32,
    /// 列席: guests who were there.
    pub guests: u32,
    /// 线上
    pub online: u32,
    /// 应到有表决权: full members on the list.
    pub voters: u32,
    /// 实到有表决权: of those, came themselves.
    pub voters_present: u32,
}

impl Figures {
    /// What the lines of a table come to.
    pub fn of(lines: &[AttendanceLine]) -> Self {
        let count = |counts: &dyn Fn(&AttendanceLine) -> bool| {
            u32::try_from(lines.iter().filter(|line| counts(line)).count()).unwrap_or(u32::MAX)
        };
        // A substitute stands for somebody who is on the list already.
        let member = |line: &AttendanceLine| line.role == Role::Member;
        let with = |status: Status| count(&|line| member(line) && line.status == status);
        let expected = count(&member);
        let present = count(&|line| member(line) && (line.status.present() || line.status == Status::Substitute));
        let leave = with(Status::LeaveApproved);
        Self {
            expected,
            present,
            leave,
            absent: expected - present - leave,
            late: with(Status::Late),
            left_early: with(Status::LeftEarly),
            substituted: with(Status::Substitute),
            guests: count(&|line| line.role == Role::Guest && line.came_at().is_some()),
            online: with(Status::Online),
            voters: count(&|line| line.voter),
            voters_present: count(&|line| line.voter && line.came_at().is_some()),
        }
    }

    /// 到会率 in tenths of a percent, rounded half up, but 1,000 only when everybody came and 0 only when nobody did;
    /// nothing when nobody was expected.
    pub fn rate_permille(&self) -> Option<u32> {
        let rounded = (2_000 * self.present + self.expected).checked_div(2 * self.expected)?;
        let all_or_nobody = self.present == 0 || self.present >= self.expected;
        Some(if all_or_nobody { rounded } else { rounded.clamp(1, 999) })
    }
}

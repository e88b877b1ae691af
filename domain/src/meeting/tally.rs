//! How many of whom, counted as people come.

use serde::{Deserialize, Serialize};

use super::attendance::{Attendee, Role, Status};
use crate::clock::Timestamp;

/// How many of whom (应到, 实到 …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// 应到: on the list as members.
    pub expected: u32,
    /// 实到: of those, were there, themselves or by substitute.
    pub present: u32,
    /// 准时
    pub on_time: u32,
    /// 迟到
    pub late: u32,
    /// 早退
    pub left_early: u32,
    /// 线上
    pub online: u32,
    /// 替会
    pub substituted: u32,
    /// 请假, approved.
    pub leave: u32,
    /// 请假待批
    pub leave_pending: u32,
    /// 未到: of the expected, neither there nor on leave.
    pub missing: u32,
    /// 列席: guests who were there.
    pub guests: u32,
    /// Full members who are there: those who may vote.
    pub voters_present: u32,
    /// Full members on the list: those entitled to vote.
    pub voters: u32,
    /// Raised hands, guests' too.
    #[serde(default)]
    pub hands: u32,
}

impl Tally {
    /// Counts somebody's hand in (`sign` 1) or out (`sign` −1), when it is raised.
    pub const fn count_hand(&mut self, raised_at: Option<Timestamp>, sign: i32) {
        if raised_at.is_some() {
            self.hands = self.hands.saturating_add_signed(sign);
        }
    }

    /// Counts one person in (`sign` 1) or out (`sign` −1).
    pub fn count(&mut self, attendee: &Attendee, status: Status, sign: i32) {
        let add = |field: &mut u32, when: bool| {
            if when {
                *field = field.saturating_add_signed(sign);
            }
        };
        if matches!(attendee.role, Role::Guest) {
            add(&mut self.guests, !attendee.presence.is_empty());
            return;
        }
        // A substitute stands for somebody who is on the list already.
        if matches!(attendee.role, Role::Substitute { .. }) {
            return;
        }
        add(&mut self.expected, true);
        add(&mut self.present, status.present() || status == Status::Substitute);
        add(&mut self.on_time, status == Status::OnTime);
        add(&mut self.late, status == Status::Late);
        add(&mut self.left_early, status == Status::LeftEarly);
        add(&mut self.online, status == Status::Online);
        add(&mut self.substituted, status == Status::Substitute);
        add(&mut self.leave, status == Status::LeaveApproved);
        add(&mut self.leave_pending, status == Status::LeavePending);
        add(&mut self.missing, matches!(status, Status::Expected | Status::LeavePending | Status::Absent));
        add(&mut self.voters, attendee.may_vote());
        add(&mut self.voters_present, attendee.may_vote() && attendee.is_present());
    }
}

//! Attendance over many meetings as clients see it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::MeetingId;
use lianxin_storage::attendance::{Figures, OwnAttendance};
use serde::Serialize;
use utoipa::ToSchema;

/// What attendance came to, in persons at meetings (人次). Of meetings that ended; guests do not count. `present` + `leave` +
/// `absent` = `expected`, and `on_time` + `late` + `left_early` + `substituted` + `online` = `present`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct AttendanceFigures {
    /// 会议数, each once.
    pub meetings: u64,
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
    /// 缺席
    pub absent: u64,
    /// 替会
    pub substituted: u64,
    /// 线上
    pub online: u64,
    /// 到会率: `present` by `expected`, 0 to 1; null when nobody was expected.
    pub rate: Option<f64>,
}

impl From<Figures> for AttendanceFigures {
    fn from(figures: Figures) -> Self {
        let of = figures.attendance;
        Self {
            meetings: figures.meetings,
            expected: of.expected,
            present: of.present,
            on_time: of.on_time,
            late: of.late,
            left_early: of.left_early,
            leave: of.leave,
            absent: of.absent,
            substituted: of.substituted,
            online: of.online,
            rate: of.rate(),
        }
    }
}

/// One line of the statistics.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttendanceItem {
    /// Id of the member or organisation, code of the type, or the month `2026-11`.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Of a member: the organisation at the last of the meetings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// The figures.
    #[serde(flatten)]
    pub figures: AttendanceFigures,
}

/// Attendance in a period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttendanceStatistics {
    /// `member`, `organisation`, `type` or `month`.
    pub by: String,
    /// Whose people: this organisation's.
    pub org_id: String,
    /// Its name.
    pub org_name: String,
    /// And those of the organisations below it.
    pub include_below: bool,
    /// The first day, `2026-01-01`, in China.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Organisations in the order of the tree, types in theirs, months in time, people by organisation and name.
    pub items: Vec<AttendanceItem>,
    /// Altogether; a meeting of several organisations is one.
    pub total: AttendanceFigures,
}

/// One's own attendance of one meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnAttendanceItem {
    /// Which.
    #[schema(value_type = String)]
    pub meeting_id: MeetingId,
    /// What it was about.
    pub topic: String,
    /// What kind it was.
    pub type_name: String,
    /// Whose it was.
    pub org_name: String,
    /// The planned begin.
    #[schema(value_type = String)]
    pub starts_at: Timestamp,
    /// `on_time`, `late`, `left_early`, `absent`, `leave_approved`, `leave_pending`, `substitute`, `guest` or `online`.
    pub status: String,
    /// In words.
    pub status_title: String,
}

impl OwnAttendanceItem {
    /// With the names of type and organisation.
    pub fn of(own: &OwnAttendance, type_name: String, org_name: String) -> Self {
        Self {
            meeting_id: own.meeting_id,
            topic: own.topic.clone(),
            type_name,
            org_name,
            starts_at: own.starts_at,
            status: own.status.as_str().to_owned(),
            status_title: own.status.title().to_owned(),
        }
    }
}

/// One's own attendance in a period, the latest meeting first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnAttendanceList {
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Meetings that ended and had one on the list, as guest and as substitute too.
    pub items: Vec<OwnAttendanceItem>,
    /// Of those that one was expected at.
    pub total: AttendanceFigures,
}

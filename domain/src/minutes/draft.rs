//! What the log says of a meeting, in the order in which minutes state it.

use serde::Serialize;

use super::figures::Figures;
use super::record::{AgendaMove, Called, Picture, Record};
use super::resolution::Resolution;
use crate::attachment::AttachmentKind;
use crate::clock::Timestamp;
use crate::ids::{AttachmentId, MeetingId, MemberId};
use crate::meeting::{AgendaItem, Attendee, Hall, Mode, Presence, Role, Standing, Status, Way};

/// The facts of minutes. Nobody edits them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MinutesDraft {
    /// Of which meeting.
    pub meeting_id: MeetingId,
    /// The number of the last event of the log that changed a fact.
    pub as_of: u64,
    /// What, who, where and when.
    pub heading: Heading,
    /// How many of whom.
    pub figures: Figures,
    /// Everybody on the list: members, then substitutes, then guests; of each by organisation and name.
    pub attendance: Vec<AttendanceLine>,
    /// The agenda with its times.
    pub agenda: Vec<AgendaLine>,
    /// What was put to the vote.
    pub resolutions: Vec<Resolution>,
    /// Whom the host called on.
    pub calls: Vec<CallLine>,
    /// Papers of the plan.
    pub papers: Vec<PaperLine>,
    /// Pictures and videos.
    pub media: Vec<MediaLine>,
}

/// What, who, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// 主题
    pub topic: String,
    /// 类型
    pub type_name: String,
    /// 组织
    pub organisation: String,
    /// 地点; empty for a video meeting.
    pub place: String,
    /// 召开方式
    pub mode: Mode,
    /// 主持人
    pub host: String,
    /// 记录人
    pub recorder: Option<String>,
    /// The planned begin.
    pub starts_at: Timestamp,
    /// The planned end.
    pub ends_at: Timestamp,
    /// The real begin.
    pub started_at: Option<Timestamp>,
    /// The real end; nothing while it runs.
    pub ended_at: Option<Timestamp>,
    /// What it was planned to be about.
    pub content: String,
}

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttendanceLine {
    /// Who.
    pub member_id: MemberId,
    /// The name then.
    pub name: String,
    /// The name of the organisation; empty of somebody from outside.
    pub organisation: String,
    /// 正式党员, 预备党员, 非党员
    pub standing: Standing,
    /// 参会, 列席, 替会
    #[serde(serialize_with = "role_word")]
    pub role: Role,
    /// Whose place it is, or who came in this one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// What is said of the attendance.
    pub status: Status,
    /// That in words.
    pub status_title: &'static str,
    /// May vote.
    pub voter: bool,
    /// When the person was there, in order; `until` is null for whoever stayed.
    pub presence: Vec<Presence>,
    /// Why the person is away; for those who run the meeting or look over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave_reason: Option<String>,
}

fn role_word<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.as_str())
}

impl AttendanceLine {
    /// When the person first came.
    pub fn came_at(&self) -> Option<Timestamp> {
        self.presence.first().map(|first| first.from)
    }

    /// When the person left for the last time; nothing for whoever stayed.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.presence.last().and_then(|last| last.until)
    }

    /// How the person first signed in.
    pub fn way(&self) -> Option<Way> {
        self.presence.first().map(|first| first.way)
    }
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// From.
    pub from: Timestamp,
    /// Until; nothing while it lasts.
    pub until: Option<Timestamp>,
}

/// An item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgendaLine {
    /// What.
    pub title: String,
    /// Who led it.
    pub presenter: Option<String>,
    /// How long it was planned to be; 0: open.
    pub minutes: u32,
    /// When it was dealt with; more than once when the host came back to it.
    pub times: Vec<Stretch>,
}

/// Whom the host called on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallLine {
    /// When.
    pub at: Timestamp,
    /// Whom.
    pub name: String,
    /// During which item of the agenda, from 0.
    pub item: Option<u32>,
}

/// A paper of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperLine {
    /// The file.
    pub id: AttachmentId,
    /// What it is called.
    pub name: String,
}

/// A picture or video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MediaLine {
    /// The file.
    pub id: AttachmentId,
    /// Picture or video.
    pub kind: AttachmentKind,
    /// What it is called, or what was said of it.
    pub title: String,
    /// When it was added.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

impl MinutesDraft {
    /// What the hall and `record` say; the same always gives the same.
    pub fn of(hall: &Hall, record: &Record) -> Self {
        let meeting = hall.meeting();
        let attendance = attendance(hall, record);
        let stretches = stretches(&record.moves, meeting.ended_at);
        Self {
            meeting_id: meeting.id,
            as_of: record.as_of,
            heading: heading(hall, record),
            figures: Figures::of(&attendance),
            attendance,
            agenda: meeting.plan.agenda.iter().zip(0..).map(|(item, index)| agenda(item, index, &stretches)).collect(),
            resolutions: record.resolutions.clone(),
            calls: record.calls.iter().map(|called| call(called, &stretches)).collect(),
            papers: meeting
                .plan
                .attachments
                .iter()
                .map(|file| PaperLine { id: file.id, name: file.name.clone().unwrap_or_else(|| "附件".to_owned()) })
                .collect(),
            media: record.media.iter().map(media).collect(),
        }
    }

    /// The same for those on the list: why somebody is away is for the desk alone.
    #[must_use]
    pub fn for_the_list(mut self) -> Self {
        for line in &mut self.attendance {
            line.leave_reason = None;
        }
        self
    }
}

fn heading(hall: &Hall, record: &Record) -> Heading {
    let (meeting, plan) = (hall.meeting(), &hall.meeting().plan);
    Heading {
        topic: plan.topic.clone(),
        type_name: record.type_name.clone(),
        organisation: record.organisation.clone(),
        place: plan.place.clone(),
        mode: plan.mode,
        host: plan.host.name.clone(),
        recorder: plan.recorder.as_ref().map(|recorder| recorder.name.clone()),
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        started_at: meeting.started_at,
        ended_at: meeting.ended_at,
        content: plan.content.clone(),
    }
}

fn attendance(hall: &Hall, record: &Record) -> Vec<AttendanceLine> {
    let mut lines: Vec<AttendanceLine> =
        hall.attendees().map(|attendee| attendance_line(hall, record, attendee)).collect();
    let rank = |role: Role| match role {
        Role::Member => 0,
        Role::Substitute { .. } => 1,
        Role::Guest => 2,
    };
    lines.sort_unstable_by(|a, b| {
        (rank(a.role), &a.organisation, &a.name, a.member_id).cmp(&(
            rank(b.role),
            &b.organisation,
            &b.name,
            b.member_id,
        ))
    });
    lines
}

fn attendance_line(hall: &Hall, record: &Record, attendee: &Attendee) -> AttendanceLine {
    let status = hall.status(attendee);
    let organisation = attendee.organisation_id.and_then(|id| record.organisations.get(&id));
    let other = match attendee.role {
        Role::Substitute { of } => hall.attendee(of),
        Role::Member | Role::Guest => hall.substitute_of(attendee.member_id),
    };
    let away = matches!(status, Status::LeaveApproved | Status::LeavePending);
    AttendanceLine {
        member_id: attendee.member_id,
        name: attendee.name.clone(),
        organisation: organisation.cloned().unwrap_or_default(),
        standing: attendee.standing,
        role: attendee.role,
        other: other.map(|other| other.name.clone()),
        status,
        status_title: status.title(),
        voter: attendee.may_vote(),
        presence: attendee.presence.clone(),
        leave_reason: attendee.leave.as_ref().filter(|_| away).map(|leave| leave.reason.clone()),
    }
}

/// Which item was dealt with from when to when, in order.
fn stretches(moves: &[AgendaMove], ended_at: Option<Timestamp>) -> Vec<(u32, Stretch)> {
    let ends = moves.iter().skip(1).map(|next| Some(next.at)).chain([ended_at]);
    let stretches = moves.iter().zip(ends);
    stretches.filter_map(|(moved, until)| Some((moved.index?, Stretch { from: moved.at, until }))).collect()
}

fn agenda(item: &AgendaItem, index: u32, stretches: &[(u32, Stretch)]) -> AgendaLine {
    AgendaLine {
        title: item.title.clone(),
        presenter: item.presenter.clone(),
        minutes: item.minutes,
        times: stretches.iter().filter(|(of, _)| *of == index).map(|(_, stretch)| *stretch).collect(),
    }
}

fn call(called: &Called, stretches: &[(u32, Stretch)]) -> CallLine {
    let during = |stretch: &Stretch| stretch.from <= called.at && stretch.until.is_none_or(|until| called.at < until);
    let item = stretches.iter().find(|(_, stretch)| during(stretch)).map(|(index, _)| *index);
    CallLine { at: called.at, name: called.name.clone(), item }
}

fn media(picture: &Picture) -> MediaLine {
    let named = || picture.file.name.clone();
    let kind = if picture.file.kind == AttachmentKind::Video { "视频" } else { "图片" };
    MediaLine {
        id: picture.file.id,
        kind: picture.file.kind,
        title: picture.caption.clone().or_else(named).unwrap_or_else(|| kind.to_owned()),
        at: picture.at,
        by: picture.by.name.clone(),
    }
}

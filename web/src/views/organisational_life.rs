//! 组织生活会 and 对照检查材料 as clients see them.

use lianxin_actors::directory::OrganisationTree;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{LifeMeetingId, MeetingId, MemberId};
use lianxin_domain::meeting::StateName;
use lianxin_domain::organisational_life::{
    LifeMeeting, LinkedMeeting, Material, MaterialState, MaterialTally, Part, Participant, Phase, Report,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::attachment::AttachmentView;
use super::duty::OrganisationRef;
use super::ticket::PersonView;

/// How the caller stands to a 组织生活会.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeStanding {
    /// Manages its branch.
    pub manages: bool,
    /// Looks over its branch; who manages it does.
    pub oversees: bool,
}

/// One of its meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedMeetingView {
    #[schema(value_type = String)]
    id: MeetingId,
    topic: String,
    /// `draft`, `launched`, `running`, `ended`, `archived` or `cancelled`.
    state: String,
    state_title: String,
    #[schema(value_type = String)]
    starts_at: Timestamp,
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// The real end.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    /// 会议成果: `none`, `draft` or `signed`.
    minutes_state: String,
    /// 未上传, 草稿 or 已签发.
    minutes_title: String,
}

impl From<&LinkedMeeting> for LinkedMeetingView {
    fn from(meeting: &LinkedMeeting) -> Self {
        Self {
            id: meeting.id,
            topic: meeting.topic.clone(),
            state: meeting.state.as_str().to_owned(),
            state_title: meeting.state.title().to_owned(),
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            ended_at: meeting.ended_at,
            minutes_state: meeting.minutes.as_str().to_owned(),
            minutes_title: meeting.minutes.title().to_owned(),
        }
    }
}

/// 支委会 and 党员会, where they are linked.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedMeetings {
    /// 支委会
    committee: Option<LinkedMeetingView>,
    /// 党员会
    members: Option<LinkedMeetingView>,
}

/// How many materials stand how.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct MaterialCounts {
    /// All participants.
    participants: u32,
    /// 待审核
    submitted: u32,
    /// 已通过
    approved: u32,
    /// 已退回, not handed in anew.
    returned: u32,
    /// 未提交
    missing: u32,
    /// 逾期: nothing was handed in by the deadline, or it was returned.
    late: u32,
}

impl MaterialCounts {
    fn of(tally: MaterialTally, meeting: &LifeMeeting, now: Timestamp) -> Self {
        let MaterialTally { submitted, approved, returned, missing } = tally;
        let late = tally.late(meeting, now);
        Self { participants: tally.total(), submitted, approved, returned, missing, late }
    }
}

/// What the caller may do with a 组织生活会 now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct LifeRightsView {
    /// Change what the notice says.
    edit: bool,
    /// Take it away.
    delete: bool,
    /// Read materials and decide on them.
    review: bool,
    /// Link its meetings.
    link: bool,
    /// Hand in the report.
    report: bool,
    /// Hand in one's own material.
    submit: bool,
}

/// How somebody's material stands, without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaterialStateView {
    #[schema(value_type = String)]
    member_id: MemberId,
    name: String,
    /// `missing`, `submitted`, `approved` or `returned`.
    state: String,
    /// 未提交, 待审核, 已通过 or 已退回.
    state_title: String,
    /// The newest version; 0: none.
    version: u32,
    #[schema(value_type = Option<String>)]
    submitted_at: Option<Timestamp>,
    decided_by: Option<PersonView>,
    #[schema(value_type = Option<String>)]
    decided_at: Option<Timestamp>,
    /// 逾期: nothing was handed in by the deadline, or it was returned.
    late: bool,
}

impl MaterialStateView {
    /// How it stands at `now`.
    pub fn of(participant: &Participant, meeting: &LifeMeeting, now: Timestamp) -> Self {
        Self {
            member_id: participant.member_id,
            name: participant.name.clone(),
            state: participant.state.as_str().to_owned(),
            state_title: participant.state.title().to_owned(),
            version: participant.number,
            submitted_at: participant.submitted_at,
            decided_by: participant.decided_by.as_ref().map(PersonView::from),
            decided_at: participant.decided_at,
            late: participant.is_late(meeting, now),
        }
    }
}

/// A version of a material.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaterialVersionView {
    version: u32,
    #[schema(value_type = String)]
    submitted_at: Timestamp,
    text: String,
    attachments: Vec<AttachmentView>,
}

impl From<&Material> for MaterialVersionView {
    fn from(material: &Material) -> Self {
        Self {
            version: material.number,
            submitted_at: material.submitted_at,
            text: material.text.clone(),
            attachments: material.files.iter().map(AttachmentView::from).collect(),
        }
    }
}

/// What the caller may do with a material now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct MaterialRights {
    /// Hand in a version.
    submit: bool,
    /// Approve or return the newest version.
    decide: bool,
}

/// Somebody's material.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaterialView {
    #[serde(flatten)]
    state: MaterialStateView,
    /// Why it was returned.
    reason: Option<String>,
    /// All versions, the newest first.
    versions: Vec<MaterialVersionView>,
    may: MaterialRights,
}

impl MaterialView {
    /// The material with all its versions, the oldest first in `versions`; `manages` tells whether the reader manages the
    /// branch, `own` whether it is the reader's.
    pub fn of(
        participant: &Participant,
        versions: &[Material],
        meeting: &LifeMeeting,
        (manages, own): (bool, bool),
        now: Timestamp,
    ) -> Self {
        let open = meeting.phase(now) != Phase::Completed;
        Self {
            state: MaterialStateView::of(participant, meeting, now),
            reason: participant.reason.clone(),
            versions: versions.iter().rev().map(MaterialVersionView::from).collect(),
            may: MaterialRights {
                submit: own && participant.check_submit(meeting, now).is_ok(),
                decide: manages && open && participant.state == MaterialState::Submitted,
            },
        }
    }
}

/// A 组织生活会.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifeMeetingView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: LifeMeetingId,
    /// Grows with every change; materials have versions of their own.
    version: u32,
    /// The branch.
    org: OrganisationRef,
    /// 会议名称
    topic: String,
    year: i32,
    /// 议题 and what else is to be known.
    content: String,
    attachments: Vec<AttachmentView>,
    /// 通知形式: `message` or `message_and_sms`.
    notice: String,
    notice_title: String,
    /// 对照检查截止时间: the end of the first phase.
    #[schema(value_type = String)]
    materials_due_at: Timestamp,
    /// 党员会截止时间: the end of the second phase, unless the 党员会 is over earlier.
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// `before`, `during`, `after` or `completed`.
    phase: String,
    /// 会前, 会中, 会后 or 已完成.
    phase_title: String,
    created_by: PersonView,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// A draft is shown only to those who look over the branch.
    meetings: LinkedMeetings,
    /// When the report was handed in.
    #[schema(value_type = Option<String>)]
    reported_at: Option<Timestamp>,
    /// For those who look over the branch; null for others.
    counts: Option<MaterialCounts>,
    /// The caller's own material; null for who does not take part.
    own: Option<MaterialStateView>,
    may: LifeRightsView,
}

impl LifeMeetingView {
    /// The meeting as somebody sees it at `now`; `own` is the reader's own part, `tally` counts all.
    pub fn of(
        meeting: &LifeMeeting,
        tree: &OrganisationTree,
        standing: LifeStanding,
        tally: MaterialTally,
        own: Option<&Participant>,
        now: Timestamp,
    ) -> Self {
        let (plan, phase, manages) = (&meeting.plan, meeting.phase(now), standing.manages);
        let linked = |part| {
            let shown = |linked: &&LinkedMeeting| standing.oversees || linked.state != StateName::Draft;
            meeting.linked(part).filter(shown).map(LinkedMeetingView::from)
        };
        Self {
            id: meeting.id,
            version: meeting.version,
            org: OrganisationRef::of(meeting.organisation_id, tree),
            topic: plan.topic.clone(),
            year: plan.year,
            content: plan.content.clone(),
            attachments: plan.files.iter().map(AttachmentView::from).collect(),
            notice: meeting.notice.as_str().to_owned(),
            notice_title: meeting.notice.title().to_owned(),
            materials_due_at: plan.materials_due_at,
            ends_at: plan.ends_at,
            phase: phase.as_str().to_owned(),
            phase_title: phase.title().to_owned(),
            created_by: PersonView::from(&meeting.created_by),
            created_at: meeting.created_at,
            meetings: LinkedMeetings { committee: linked(Part::Committee), members: linked(Part::Members) },
            reported_at: meeting.report.as_ref().map(|report| report.at),
            counts: standing.oversees.then(|| MaterialCounts::of(tally, meeting, now)),
            own: own.map(|own| MaterialStateView::of(own, meeting, now)),
            may: LifeRightsView {
                edit: manages && phase != Phase::Completed,
                delete: manages && meeting.check_delete().is_ok(),
                review: manages,
                link: manages && matches!(phase, Phase::During | Phase::After),
                report: manages && phase >= Phase::After && meeting.was_held(),
                submit: own.is_some_and(|own| own.check_submit(meeting, now).is_ok()),
            },
        }
    }
}

/// 会后报告
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    text: String,
    attachments: Vec<AttachmentView>,
    /// Who handed it in last.
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
}

impl From<&Report> for ReportView {
    fn from(report: &Report) -> Self {
        Self {
            text: report.text.clone(),
            attachments: report.files.iter().map(AttachmentView::from).collect(),
            by: PersonView::from(&report.by),
            at: report.at,
        }
    }
}

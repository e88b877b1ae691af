//! Who is told what of a 组织生活会. Nothing that a material says, nor why one was returned, is told outside the material.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::ids::AccountId;
use crate::organisational_life::{LifeMeeting, NoticeForm};

/// What happened that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeNews {
    /// The notice (通知).
    Made,
    /// Its instants changed.
    Moved,
    /// It was taken away.
    Removed,
    /// Somebody's material is not there yet.
    Reminded,
    /// Somebody handed in a material.
    Submitted,
    /// One's own material was approved.
    Approved,
    /// One's own material was returned.
    Returned,
}

/// What `to` are told of a meeting of `branch`.
pub fn life_notice(
    news: LifeNews,
    meeting: &LifeMeeting,
    branch: &str,
    to: impl IntoIterator<Item = AccountId>,
    by: Option<AccountId>,
) -> Option<Notice> {
    use LifeNews::{Approved, Made, Moved, Reminded, Removed, Returned, Submitted};
    let due = written_time(meeting.plan.materials_due_at);
    let topic = &meeting.plan.topic;
    let told = match meeting.notice {
        NoticeForm::Message => Urgency::Normal,
        NoticeForm::MessageAndSms => Urgency::Important,
    };
    let (kind, urgency, title, more) = match news {
        Made => (NotificationKind::Meeting, told, "组织生活会通知", format!("请于 {due} 前提交对照检查材料")),
        Moved => (NotificationKind::Meeting, told, "组织生活会时间有变更", format!("对照检查材料提交截止 {due}")),
        Removed => (NotificationKind::Meeting, told, "组织生活会已取消", "不需要再提交对照检查材料".to_owned()),
        Reminded => (
            NotificationKind::Meeting,
            Urgency::Important,
            "请提交对照检查材料",
            format!("提交截止 {due}，逾期不能提交"),
        ),
        Submitted => {
            (NotificationKind::Approval, Urgency::Normal, "有对照检查材料待审核", "有党员提交了对照检查材料".to_owned())
        }
        Approved => {
            (NotificationKind::Progress, Urgency::Normal, "对照检查材料已通过", "您的对照检查材料已通过审核".to_owned())
        }
        Returned => (
            NotificationKind::Meeting,
            Urgency::Important,
            "对照检查材料被退回",
            format!("请按审核意见修改，于 {due} 前重新提交"),
        ),
    };
    Notice::to(to, by, kind, urgency, title.to_owned(), format!("{branch}《{topic}》：{more}"))
}

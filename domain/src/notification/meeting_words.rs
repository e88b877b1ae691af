//! Who is told what when something happens to a meeting.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::ids::AccountId;
use crate::meeting::{Hall, Meeting, MeetingEvent, Mode, Role};
use crate::person::PersonRef;

/// What people are told of `event` that `by` caused in `hall`, after which the meeting is `after`. Nobody is told of what
/// they did themselves, and nobody of a meeting that is over when it is written down (inventory MEET-04).
pub fn meeting_notices(event: &MeetingEvent, hall: &Hall, after: &Meeting, by: &PersonRef) -> Vec<Notice> {
    let plan = &after.plan;
    let place = if plan.mode == Mode::Online { "线上" } else { plan.place.as_str() };
    let what = format!("《{}》{}，{place}", plan.topic, written_time(plan.starts_at));
    let notice = |to: Vec<AccountId>, kind, title: &str, text: String| {
        Notice::to(to, Some(by.id), kind, Urgency::Important, title.to_owned(), text).into_iter().collect()
    };
    let account_of = |id| hall.attendee(id).and_then(|attendee| attendee.account_id).into_iter().collect();
    let hosts = || std::iter::once(plan.host.id).chain(plan.recorder.as_ref().map(|recorder| recorder.id)).collect();
    match event {
        MeetingEvent::Listed { attendees } => {
            if after.launched_at.is_some_and(|launched| launched > plan.ends_at) {
                return Vec::new();
            }
            let to = attendees.iter().filter_map(|attendee| attendee.account_id).collect();
            let title = match attendees.first().map(|attendee| attendee.role) {
                Some(Role::Guest) => "邀请您列席会议",
                Some(Role::Substitute { .. }) => "请您替会",
                Some(Role::Member) | None => "会议通知",
            };
            notice(to, NotificationKind::Meeting, title, what)
        }
        MeetingEvent::Cancelled { reason } => {
            let to = hall.attendees().filter_map(|attendee| attendee.account_id).collect();
            notice(to, NotificationKind::Meeting, "会议取消", format!("{what}，已取消：{reason}"))
        }
        MeetingEvent::LeaveRequested { name, .. } => {
            notice(hosts(), NotificationKind::Approval, "请假待审批", format!("{name}申请{what}请假"))
        }
        MeetingEvent::LeaveDecided { member_id, decision, .. } => {
            let title = if decision.approved { "请假已批准" } else { "请假未批准" };
            notice(account_of(*member_id), NotificationKind::Meeting, title, what)
        }
        // Whoever is signed in or out by another's word learns of it.
        MeetingEvent::SignedIn { member_id, evidence, .. } if evidence.manual.is_some() => {
            let text = format!("{}已在{what}为您签到", by.name);
            notice(account_of(*member_id), NotificationKind::Meeting, "已为您签到", text)
        }
        MeetingEvent::SignedOut { member_id, .. } => {
            let text = format!("{}已在{what}为您签退", by.name);
            notice(account_of(*member_id), NotificationKind::Meeting, "已为您签退", text)
        }
        _ => Vec::new(),
    }
}

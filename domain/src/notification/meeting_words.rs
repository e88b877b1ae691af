//! Who is told what when something happens to a meeting.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::ids::AccountId;
use crate::meeting::{Hall, Meeting, MeetingEvent, Mode, Reminder, Role, Status};
use crate::person::PersonRef;

/// What people are told of `event` that `by` (nobody: the clock) caused in `hall`, after which the meeting is `after`.
/// Nobody is told of what they did themselves, and nobody of a meeting that is over when it is written down (inventory
/// MEET-04).
pub fn meeting_notices(event: &MeetingEvent, hall: &Hall, after: &Meeting, by: Option<&PersonRef>) -> Vec<Notice> {
    let plan = &after.plan;
    let place = if plan.mode == Mode::Online { "线上" } else { plan.place.as_str() };
    let what = format!("《{}》{}，{place}", plan.topic, written_time(plan.starts_at));
    let notice = |to: Vec<AccountId>, kind, title: &str, text: String| {
        Notice::to(to, by.map(|by| by.id), kind, Urgency::Important, title.to_owned(), text).into_iter().collect()
    };
    let account_of = |id| hall.attendee(id).and_then(|attendee| attendee.account_id).into_iter().collect();
    let hosts = || -> Vec<AccountId> {
        std::iter::once(plan.host.id).chain(plan.recorder.as_ref().map(|recorder| recorder.id)).collect()
    };
    let name = by.map_or("系统", |by| by.name.as_str());
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
        MeetingEvent::Reminded { reminder: Reminder::NotStarted } => notice(
            hosts(),
            NotificationKind::Meeting,
            "会议已到时间",
            format!("{what}，请及时开始；不开了请取消并说明原因"),
        ),
        MeetingEvent::Reminded { reminder } => {
            let title = match reminder {
                Reminder::Day => "明天开会",
                Reminder::Hour => "一小时后开会",
                Reminder::Soon | Reminder::NotStarted => "十分钟后开会",
            };
            let to = hall.attendees().filter(|attendee| hall.status(attendee) == Status::Expected);
            let to = to.filter_map(|attendee| attendee.account_id).chain(hosts()).collect();
            notice(to, NotificationKind::Meeting, title, what)
        }
        MeetingEvent::Nudged { note, .. } => {
            let note = note.as_ref().map(|note| format!("：{note}")).unwrap_or_default();
            notice(hosts(), NotificationKind::Nudge, "会议督促", format!("{name}督促{what}{note}"))
        }
        MeetingEvent::SuperiorInvited { organisation, note, leaders, .. } => {
            let note = note.as_ref().map(|note| format!("：{note}")).unwrap_or_default();
            let text = format!("{name}邀请{organisation}派员参加{what}{note}");
            notice(leaders.clone(), NotificationKind::Approval, "请派员参加会议", text)
        }
        MeetingEvent::DelegateNamed { name: delegate, .. } => {
            let from = after.delegation.as_ref().map_or("上级", |asked| asked.organisation.as_str());
            notice(hosts(), NotificationKind::Meeting, "上级已派员", format!("{from}派{delegate}参加{what}"))
        }
        // Whoever ends it themselves is told, too: it is what they have to write next.
        MeetingEvent::Ended { .. } => {
            let writer = plan.recorder.as_ref().unwrap_or(&plan.host).id;
            let text = format!("{what}已结束，会议纪要草稿已生成，请补充内容并签发");
            let (kind, title) = (NotificationKind::Meeting, "会议纪要草稿已生成".to_owned());
            Notice::to(vec![writer], None, kind, Urgency::Normal, title, text).into_iter().collect()
        }
        // Whoever is signed in or out by another's word learns of it.
        MeetingEvent::SignedIn { member_id, evidence, .. } if evidence.manual.is_some() => {
            let text = format!("{name}已在{what}为您签到");
            notice(account_of(*member_id), NotificationKind::Meeting, "已为您签到", text)
        }
        MeetingEvent::SignedOut { member_id, .. } => {
            let text = format!("{name}已在{what}为您签退");
            notice(account_of(*member_id), NotificationKind::Meeting, "已为您签退", text)
        }
        _ => Vec::new(),
    }
}

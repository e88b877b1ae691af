//! Who is told what of an appraisal. No grade is ever in these words: they may go over a telephone's screen.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::appraisal::{Appraisal, Participant};
use crate::ids::AccountId;

fn accounts(people: &[Participant]) -> impl Iterator<Item = AccountId> {
    people.iter().map(|person| person.account_id)
}

/// What the participants are told when it is started (启动). Whoever started it may have to rate, too.
pub fn started_notice(appraisal: &Appraisal, branch: &str, people: &[Participant]) -> Option<Notice> {
    let plan = &appraisal.plan;
    let title = format!("民主评议：{}", plan.topic);
    let more = plan.notice.as_deref().map(|notice| format!("。{notice}")).unwrap_or_default();
    let text = format!("{branch}已启动，请在 {} 前完成自评和互评{more}", written_time(plan.deadline));
    Notice::to(accounts(people), None, NotificationKind::Meeting, Urgency::Important, title, text)
}

/// What those who lead the branch are told at the deadline: the meeting is next.
pub fn closed_notice(appraisal: &Appraisal, leaders: &[AccountId]) -> Option<Notice> {
    let title = format!("自评互评已截止：{}", appraisal.plan.topic);
    let text = "请通知召开评定会议".to_owned();
    Notice::to(leaders.iter().copied(), None, NotificationKind::Meeting, Urgency::Important, title, text)
}

/// What those who were graded are told at the end (鉴定与本人见面).
pub fn met_notice(appraisal: &Appraisal, branch: &str, people: &[Participant]) -> Option<Notice> {
    let graded = people.iter().filter(|person| person.is_graded()).map(|person| person.account_id);
    let title = format!("民主评议鉴定：{}", appraisal.plan.topic);
    let text = format!("{branch}对您的评定已完成，请查看并确认");
    Notice::to(graded, None, NotificationKind::Meeting, Urgency::Important, title, text)
}

/// What those who lead the branch are told when an organisation above opened it again.
pub fn reopened_notice(appraisal: &Appraisal, leaders: &[AccountId]) -> Option<Notice> {
    let reopened = appraisal.reopened.as_ref()?;
    let title = format!("民主评议已重新开启：{}", appraisal.plan.topic);
    let text = format!("{}：{}", reopened.by.name, reopened.reason);
    let by = Some(reopened.by.id);
    Notice::to(leaders.iter().copied(), by, NotificationKind::Meeting, Urgency::Important, title, text)
}

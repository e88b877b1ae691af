//! Who is told what when something happens to a ticket. The words name the request by number, kind and grid, never its
//! contents or the resident's number.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::grid::level_title;
use crate::ids::AccountId;
use crate::person::PersonRef;
use crate::ticket::{EscalationCause, StateName, Surroundings, Ticket, TicketEvent};

/// Who stands around a ticket when something happens to it.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// Who did it; nobody: the rules.
    pub by: Option<AccountId>,
    /// Who has to act after it.
    pub responsible: &'a [PersonRef],
    /// Who had to act before it.
    pub responsible_before: &'a [PersonRef],
    /// Who watches over it: the leaders of the level it climbed to, else those of the next level above its own grid.
    pub supervisors: &'a [PersonRef],
    /// Who leads the village that the request lies in.
    pub village: &'a [PersonRef],
}

/// What people are told of `event`, after which the ticket is `ticket`. Nobody is told of what they did themselves.
pub fn ticket_notices(
    ticket: &Ticket,
    event: &TicketEvent,
    around: &Surroundings<'_>,
    audience: &Audience<'_>,
) -> Vec<Notice> {
    let what = format!("{} {}（{}）", around.grid_name, around.kind_title, ticket.number);
    let due = || ticket.due_at().map(|at| format!("，请在 {} 前处理", written_time(at))).unwrap_or_default();
    let waiting_kind =
        if ticket.kind == "employment" { NotificationKind::Employment } else { NotificationKind::Request };
    let new_urgency = if ticket.emergency { Urgency::Urgent } else { Urgency::Important };
    let submitter = std::slice::from_ref(&ticket.submitter);
    let mut notices = Vec::new();
    let mut tell = |to: &[PersonRef], kind, urgency, title: String, text: String| {
        notices.extend(Notice::to(to.iter().map(|person| person.id), audience.by, kind, urgency, title, text));
    };
    use NotificationKind as K;
    use Urgency::{Important, Normal};
    match event {
        TicketEvent::Submitted { .. } => {
            let title = if ticket.emergency { "紧急诉求待接单" } else { "新诉求待接单" };
            tell(audience.responsible, waiting_kind, new_urgency, title.to_owned(), format!("{what}{}", due()));
            // 意见建议 go to the superior leaders too (inventory GRID-12), others to the village when that was ticked
            // (GRID-09); for them it is news, not work.
            let suggestion = if ticket.kind == "suggestion" { audience.supervisors } else { &[] };
            let village = if ticket.also_village { audience.village } else { &[] };
            let working = |person: &&PersonRef| !audience.responsible.contains(person);
            let copies: Vec<PersonRef> = suggestion.iter().chain(village).filter(working).cloned().collect();
            tell(&copies, waiting_kind, Normal, format!("收到{}（抄送）", around.kind_title), what);
        }
        TicketEvent::Accepted { handler, .. } => {
            tell(
                submitter,
                K::Progress,
                Normal,
                "您的诉求已接单".to_owned(),
                format!("{}正在办理 {what}", handler.name),
            );
        }
        TicketEvent::Completed { .. } => {
            tell(submitter, K::Progress, Normal, "您的诉求已办结".to_owned(), format!("{what}，请您评价"));
        }
        TicketEvent::Returned { reason, count, .. } => {
            let text = format!("{what}第 {count} 次退回：{reason}{}", due());
            tell(audience.responsible, waiting_kind, Important, "诉求被退回，待接单".to_owned(), text);
        }
        TicketEvent::Escalated { from_level, to_level, cause, .. } => {
            let why = format!("{}{}", level_title(*from_level), cause.title());
            let urgency = if *cause == EscalationCause::Vacant { new_urgency } else { Important.max(new_urgency) };
            let text = format!("{what}：{why}，已升级到{}{}", level_title(*to_level), due());
            let title = format!("诉求升级到{}", level_title(*to_level));
            let handling = ticket.state_name() == StateName::Accepted;
            let leaders = if handling { audience.supervisors } else { audience.responsible };
            tell(leaders, K::Escalation, urgency, title, text.clone());
            let before: Vec<PersonRef> =
                audience.responsible_before.iter().filter(|person| !leaders.contains(person)).cloned().collect();
            tell(&before, K::Escalation, Normal, "诉求已被升级".to_owned(), text);
        }
        TicketEvent::Reassigned { handler, .. } => {
            let text = format!("{what}{}", due());
            tell(std::slice::from_ref(handler), waiting_kind, Important, "有诉求改派给您".to_owned(), text);
        }
        TicketEvent::Nudged { nudger, to, note, folded: false, count, .. } => {
            let who = nudger.as_ref().map_or("系统", |nudger| nudger.name.as_str());
            let words = note.as_ref().map(|note| format!("：{note}")).unwrap_or_default();
            tell(to, K::Nudge, Important, format!("{who}督促（第 {count} 次）"), format!("{what}{words}"));
        }
        TicketEvent::NudgeRead {} => {
            let nudger = ticket.nudges.as_ref().and_then(|nudges| nudges.last_by.clone());
            tell(nudger.as_slice(), K::Progress, Normal, "督促已收到".to_owned(), what);
        }
        TicketEvent::DueSoon {} => {
            tell(audience.responsible, K::Deadline, Important, "诉求即将超时".to_owned(), format!("{what}{}", due()));
        }
        TicketEvent::Overdue { .. } => {
            tell(audience.responsible, K::Deadline, Important, "诉求已超时".to_owned(), what);
        }
        TicketEvent::Withdrawn {} => {
            let title = "诉求人已撤回".to_owned();
            tell(audience.responsible_before, K::Progress, Normal, title, what);
        }
        TicketEvent::Rated { stars, .. } => {
            let handler: Vec<PersonRef> = ticket.handler().into_iter().cloned().collect();
            tell(&handler, K::Progress, Normal, format!("收到 {stars} 星评价"), what);
        }
        TicketEvent::Reopened { reason, .. } => {
            let text = format!("{what}：{reason}{}", due());
            tell(audience.responsible, waiting_kind, Important, "诉求人要求重新办理".to_owned(), text);
        }
        TicketEvent::Commented { .. } => {
            let by_submitter = audience.by == Some(ticket.submitter.id);
            let handler: Vec<PersonRef> = ticket.handler().into_iter().cloned().collect();
            let to = if by_submitter { &handler[..] } else { submitter };
            tell(to, K::Progress, Normal, "有新的补充说明".to_owned(), what);
        }
        TicketEvent::Paused { pause } => {
            let text = format!("{what}：{}", pause.reason.title());
            tell(submitter, K::Progress, Normal, "您的诉求暂停计时".to_owned(), text);
        }
        TicketEvent::Resumed { .. } => {
            tell(audience.responsible, K::Deadline, Normal, "诉求恢复计时".to_owned(), format!("{what}{}", due()));
        }
        TicketEvent::ExtensionRequested { request } => {
            let text = format!("{}申请延期 {}：{}（{what}）", request.by.name, request.limit.words(), request.reason);
            tell(audience.supervisors, K::Approval, Important, "延期申请待审批".to_owned(), text);
        }
        TicketEvent::ExtensionDecided { approved, note, .. } => {
            let title = if *approved { "延期申请已同意" } else { "延期申请未同意" };
            let words = note.as_ref().map(|note| format!("：{note}")).unwrap_or_default();
            tell(audience.responsible, K::Approval, Important, title.to_owned(), format!("{what}{words}{}", due()));
        }
        TicketEvent::MadeKnown { text } => {
            tell(submitter, K::Progress, Normal, "您的诉求已公开说明".to_owned(), format!("{what}：“{text}”"));
        }
        TicketEvent::Nudged { folded: true, .. }
        | TicketEvent::LevelVacant { .. }
        | TicketEvent::DueChanged { .. }
        | TicketEvent::Concealed {}
        | TicketEvent::Joined { .. }
        | TicketEvent::Left { .. } => {}
    }
    notices
}

/// What those are told who joined the ticket that was `before`: how it ended, or that it is no longer public. They know the
/// public sentence and are told nothing else of it.
pub fn joined_notice(before: &Ticket, event: &TicketEvent) -> Option<Notice> {
    let known = before.known.as_ref()?;
    let title = match event {
        TicketEvent::Completed { .. } => "您加入的诉求已办结",
        TicketEvent::Reopened { .. } => "您加入的诉求正在重新办理",
        TicketEvent::Withdrawn {} => "您加入的诉求已撤回",
        TicketEvent::Concealed {} => "您加入的诉求不再公开",
        _ => return None,
    };
    let joiners = before.joiners.iter().map(|joiner| joiner.account_id);
    let (kind, urgency) = (NotificationKind::Progress, Urgency::Normal);
    Notice::to(joiners, None, kind, urgency, title.to_owned(), known.text.clone())
}

//! Who is told what of meetings that were not held, and of what is asked of a branch then.

use super::{Notice, NotificationKind, Urgency, written_time};
use crate::duty::{DutyLevel, DutyOrder, OrderKind};
use crate::ids::AccountId;

/// Those who are told.
#[derive(Debug, Clone, Copy)]
pub struct DutyReaders<'a> {
    /// Who leads the branch.
    pub leaders: &'a [AccountId],
    /// Who leads the next organisation above that somebody leads.
    pub superiors: &'a [AccountId],
}

/// What people are told of the duties of a branch that came to one level together; `what` names each (`2026年11月 主题党日`).
/// The superiors hear of what is over, and of all where the branch has nobody who leads it.
pub fn warning_notices(level: DutyLevel, branch: &str, what: &[String], readers: DutyReaders<'_>) -> Option<Notice> {
    let over = level == DutyLevel::Red;
    let superiors = if over || readers.leaders.is_empty() { readers.superiors } else { &[] };
    let to = readers.leaders.iter().chain(superiors).copied();
    let urgency = if level == DutyLevel::Yellow { Urgency::Normal } else { Urgency::Important };
    let ending = if over { "到期未召开" } else { "尚未安排召开" };
    let text = format!("{branch}：{}，{ending}", what.join("、"));
    Notice::to(to, None, NotificationKind::Deadline, urgency, format!("会议{ending}（{}）", level.title()), text)
}

/// What the leaders of a branch are told of a new order or nudge.
pub fn order_notice(order: &DutyOrder, branch: &str, leaders: &[AccountId]) -> Option<Notice> {
    let due = order.due_at.map(|at| format!("（{} 前）", written_time(at))).unwrap_or_default();
    let title = format!("收到{}{due}", order.kind.title());
    let text = format!("{}对{branch}：{}", order.from.name, order.text);
    let to = leaders.iter().copied();
    Notice::to(to, Some(order.from.id), NotificationKind::Nudge, Urgency::Important, title, text)
}

/// What whoever gave an order is told of its answer.
pub fn answer_notice(order: &DutyOrder, branch: &str) -> Option<Notice> {
    let answer = order.answer.as_ref()?;
    let title = format!("{branch}已答复{}", order.kind.title());
    let text = format!("{}：{}", answer.by.name, answer.text);
    Notice::to([order.from.id], Some(answer.by.id), NotificationKind::Progress, Urgency::Normal, title, text)
}

/// What the leaders of an organisation above are told when nobody answered in time.
pub fn escalation_notice(order: &DutyOrder, branch: &str, leaders: &[AccountId]) -> Option<Notice> {
    let verb = if order.kind == OrderKind::Order { "下达的指令" } else { "发出的催办" };
    let text =
        format!("{}于 {} 对{branch}{verb}无人答复：{}", order.from.name, written_time(order.created_at), order.text);
    let title = format!("{branch}逾期未答复{}", order.kind.title());
    Notice::to(leaders.iter().copied(), None, NotificationKind::Escalation, Urgency::Important, title, text)
}

//! From what became of warnings and orders to the changes that the journal commits.

use std::collections::{BTreeMap, HashMap};

use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{DutyLevel, DutyOrder, DutyWarning, Rung, WarningChange};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::notification::{DutyReaders, answer_notice, escalation_notice, order_notice, warning_notices};
use lianxin_domain::person::PersonRef;
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::duties::Duties;
use serde_json::json;

use super::recompute::Step;
use super::{DUTY, DutyDesk, ORDER, ORDER_DUE};
use crate::directory::{OrganisationEntry, OrganisationTree};

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// It was given.
    Given,
    /// The branch answered.
    Answered,
    /// It was closed.
    Closed,
}

impl DutyDesk {
    /// The change of a branch's warnings: rows, an event for each, and what people are told, of each level at once.
    pub(super) fn warned(
        &self,
        branch: OrganisationId,
        steps: &[Step],
        names: &HashMap<String, String>,
        now: Timestamp,
    ) -> Change {
        let directory = self.directories.current();
        let tree = directory.organisations();
        let mut change = Change::new(now, None, None);
        let mut told: BTreeMap<DutyLevel, Vec<&DutyWarning>> = BTreeMap::new();
        for Step { before, after, change: what } in steps {
            change.write(Duties::write(before.as_ref(), after));
            change.event(what.kind(), Subject::new(DUTY, after.key.id()), facts(after));
            if matches!(what, WarningChange::Warned | WarningChange::Raised) {
                told.entry(after.level).or_default().push(after);
            }
        }
        let Some(entry) = tree.get(branch) else { return change };
        let (leaders, superiors) = (leaders_of(entry), superiors_of(tree, entry));
        for (level, warnings) in told {
            let what: Vec<String> = warnings.iter().map(|warning| words(warning, names, tree)).collect();
            let readers = DutyReaders { leaders: &leaders, superiors: &superiors };
            let notice = warning_notices(level, entry.organisation.shown_name(), &what, readers);
            if let (Some(notice), Some(first)) = (notice, warnings.first()) {
                let cause = format!("duty:{}:{}", first.key.id(), first.version);
                self.dispatch.tell(&notice, &cause, &Subject::new(DUTY, first.key.id()), None, &mut change);
            }
        }
        change
    }

    /// Adds to `change` what becomes of an order: its row, when it goes up, the event, and what people are told.
    pub fn ordered(
        &self,
        what: OrderChange,
        before: Option<&DutyOrder>,
        after: &DutyOrder,
        by: &PersonRef,
        change: &mut Change,
    ) {
        let directory = self.directories.current();
        let entry = directory.organisations().get(after.organisation_id);
        let branch = entry.map_or("", |entry| entry.organisation.shown_name());
        let leaders = entry.map(|entry| leaders_of(entry)).unwrap_or_default();
        write_order(before, after, change);
        let (kind, notice) = match what {
            OrderChange::Given if after.duty_id.is_some() && after.kind == lianxin_domain::duty::OrderKind::Nudge => {
                ("duty.nudged", order_notice(after, branch, &leaders))
            }
            OrderChange::Given => ("duty.ordered", order_notice(after, branch, &leaders)),
            OrderChange::Answered => ("duty.answered", answer_notice(after, branch)),
            OrderChange::Closed => ("duty.closed", None),
        };
        let subject = Subject::new(ORDER, after.id);
        change.event(kind, subject.clone(), order_facts(after));
        if let Some(notice) = notice {
            let cause = format!("{kind}:{}:{}", after.id, after.version);
            self.dispatch.tell(&notice, &cause, &subject, Some(by), change);
        }
    }

    /// The change by which an order that nobody answered goes up at `now`; nothing when it is not time.
    pub(super) fn escalation(&self, order: &DutyOrder, now: Timestamp) -> Option<Change> {
        let directory = self.directories.current();
        let tree = directory.organisations();
        let entry = tree.get(order.organisation_id);
        let above = entry.map(|entry| tree.above(entry)).unwrap_or_default();
        let rung = |entry: &&std::sync::Arc<OrganisationEntry>| Rung {
            organisation_id: entry.organisation.id,
            is_led: !entry.leaders.is_empty(),
        };
        let ladder: Vec<Rung> = above.iter().rev().map(rung).collect();
        let (after, to) = order.escalated(&ladder, now, &self.rulebook.current().calendar)?;
        let mut change = Change::new(now, None, None);
        write_order(Some(order), &after, &mut change);
        if let Some(to) = to.and_then(|id| tree.get(id)) {
            let subject = Subject::new(ORDER, after.id);
            let mut facts = order_facts(&after);
            facts["to"] = json!({ "id": to.organisation.id, "name": to.organisation.name });
            change.event("duty.escalated", subject.clone(), facts);
            let branch = entry.map_or("", |entry| entry.organisation.shown_name());
            if let Some(notice) = escalation_notice(&after, branch, &leaders_of(to)) {
                let cause = format!("duty.escalated:{}:{}", after.id, to.organisation.id);
                self.dispatch.tell(&notice, &cause, &subject, None, &mut change);
            }
        }
        Some(change)
    }
}

/// The row of an order, and the limit after which it goes up.
fn write_order(before: Option<&DutyOrder>, after: &DutyOrder, change: &mut Change) {
    change.write(Duties::write_order(before, after));
    let id = format!("{ORDER}:{}", after.id);
    change.write(match after.escalates_at {
        Some(due_at) => {
            Deadlines::put(&Deadline { id, kind: ORDER_DUE.to_owned(), subject_id: after.id.to_string(), due_at })
        }
        None => Deadlines::delete(id),
    });
}

fn leaders_of(entry: &OrganisationEntry) -> Vec<AccountId> {
    entry.leaders.iter().map(|leader| leader.account_id).collect()
}

/// Who leads the next organisation above that somebody leads.
fn superiors_of(tree: &OrganisationTree, entry: &OrganisationEntry) -> Vec<AccountId> {
    let above = tree.above(entry);
    let led = above.iter().rev().find(|entry| !entry.leaders.is_empty());
    led.map(|entry| leaders_of(entry)).unwrap_or_default()
}

/// `2026年11月主题党日`; of a group with its name.
fn words(warning: &DutyWarning, names: &HashMap<String, String>, tree: &OrganisationTree) -> String {
    let key = &warning.key;
    let name = names.get(&key.type_code).map_or(key.type_code.as_str(), String::as_str);
    let group = key.group_id.and_then(|id| tree.get(id)).map(|entry| entry.organisation.shown_name());
    format!("{}{}{name}", group.unwrap_or_default(), key.period.title())
}

fn facts(warning: &DutyWarning) -> serde_json::Value {
    json!({
        "organisation_id": warning.key.organisation_id,
        "group_id": warning.key.group_id,
        "type": warning.key.type_code,
        "period": warning.key.period.to_string(),
        "state": warning.state,
        "level": warning.level,
        "late": warning.late,
        "version": warning.version,
    })
}

fn order_facts(order: &DutyOrder) -> serde_json::Value {
    json!({
        "kind": order.kind,
        "organisation_id": order.organisation_id,
        "duty_id": order.duty_id,
        "state": order.state,
        "told": order.told,
        "escalates_at": order.escalates_at,
        "version": order.version,
    })
}

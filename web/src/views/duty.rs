//! Duties, orders and rules as clients see them.

use std::collections::HashMap;

use chrono::NaiveDate;
use lianxin_actors::directory::OrganisationTree;
use lianxin_actors::duty::Judged;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{AppliesTo, DutyOrder, DutyRule, DutyState, DutyWarning, Handled, PeriodKind};
use lianxin_domain::ids::{MeetingId, OrderId, OrganisationId};
use lianxin_storage::duties::ListedWarning;
use serde::Serialize;
use utoipa::ToSchema;

use super::ticket::PersonView;

/// An organisation beside a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganisationRef {
    /// Its id.
    #[schema(value_type = String)]
    pub id: OrganisationId,
    /// Its short name, or its name.
    pub name: String,
}

impl OrganisationRef {
    /// The organisation with this id; one that is gone has no name.
    pub fn of(id: OrganisationId, tree: &OrganisationTree) -> Self {
        let name = tree.get(id).map_or_else(String::new, |entry| entry.organisation.shown_name().to_owned());
        Self { id, name }
    }
}

/// That somebody dealt with a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandledView {
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
    note: String,
}

impl From<&Handled> for HandledView {
    fn from(handled: &Handled) -> Self {
        Self { at: handled.at, by: PersonView::from(&handled.by), note: handled.note.clone() }
    }
}

/// A warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyView {
    id: String,
    org: OrganisationRef,
    /// The group whose duty it is; nothing: the branch's.
    group: Option<OrganisationRef>,
    #[serde(rename = "type")]
    type_code: String,
    type_title: String,
    /// `2026-11`, `2026-Q4` or `2026`.
    period: String,
    period_title: String,
    /// The last day of the period.
    #[schema(value_type = String)]
    due_on: NaiveDate,
    /// `warned`, `coming`, `satisfied` or `exempt`.
    state: String,
    /// The highest level that was reached: `yellow`, `orange` or `red`.
    level: String,
    level_title: String,
    #[schema(value_type = String)]
    raised_at: Timestamp,
    #[schema(value_type = Option<String>)]
    satisfied_at: Option<Timestamp>,
    /// 补录
    late: bool,
    handled: Option<HandledView>,
    /// Orders and nudges that hang on it.
    orders: u32,
    #[schema(value_type = Option<String>)]
    ordered_at: Option<Timestamp>,
    /// The caller may nudge, order, and say that it is dealt with.
    may_order: bool,
}

impl DutyView {
    /// Of a warning in a list.
    pub fn of(
        listed: &ListedWarning,
        tree: &OrganisationTree,
        titles: &HashMap<String, String>,
        may_order: bool,
    ) -> Self {
        let ListedWarning { warning, orders, ordered_at } = listed;
        let DutyWarning { key, .. } = warning;
        Self {
            id: key.id(),
            org: OrganisationRef::of(key.organisation_id, tree),
            group: key.group_id.map(|id| OrganisationRef::of(id, tree)),
            type_title: title_of(titles, &key.type_code),
            type_code: key.type_code.clone(),
            period: key.period.to_string(),
            period_title: key.period.title(),
            due_on: key.period.last_day(),
            state: warning.state.as_str().to_owned(),
            level: warning.level.as_str().to_owned(),
            level_title: warning.level.title().to_owned(),
            raised_at: warning.raised_at,
            satisfied_at: warning.satisfied_at,
            late: warning.late,
            handled: warning.handled.as_ref().map(HandledView::from),
            orders: *orders,
            ordered_at: *ordered_at,
            may_order,
        }
    }
}

/// The name of a type; one that is gone has its code.
pub fn title_of(titles: &HashMap<String, String>, code: &str) -> String {
    titles.get(code).map_or(code, String::as_str).to_owned()
}

/// How warnings stand, counted.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct DutyCounts {
    /// Branches that are in use.
    pub branches: u32,
    /// Of the warnings that stand: yellow.
    pub yellow: u32,
    /// Orange.
    pub orange: u32,
    /// Red.
    pub red: u32,
    /// Warned of, and planned since.
    pub coming: u32,
    /// Warned of, and done since.
    pub satisfied: u32,
    /// Warned of, and not due any more.
    pub exempt: u32,
}

impl std::ops::AddAssign for DutyCounts {
    fn add_assign(&mut self, other: Self) {
        self.branches += other.branches;
        self.yellow += other.yellow;
        self.orange += other.orange;
        self.red += other.red;
        self.coming += other.coming;
        self.satisfied += other.satisfied;
        self.exempt += other.exempt;
    }
}

/// One duty in one period of a year.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyPeriodView {
    /// `2026-11`, `2026-Q4` or `2026`.
    period: String,
    title: String,
    /// `exempt`, `satisfied`, `coming`, `open`, `yellow`, `orange` or `red`.
    state: String,
    /// Why nothing is due: `not_in_force`, `temporary`, `suspended`, `too_young`, `no_committee` or `no_groups`.
    exemption: Option<String>,
    exemption_title: Option<String>,
    /// The meetings that count.
    #[schema(value_type = Vec<String>)]
    meetings: Vec<MeetingId>,
    /// Those that may still come to count.
    coming: u32,
    /// Of those that count, minutes that were signed late.
    minutes_late: u32,
    #[schema(value_type = Option<String>)]
    satisfied_at: Option<Timestamp>,
    /// 补录
    late: bool,
    /// The last day of the period.
    #[schema(value_type = String)]
    due_on: NaiveDate,
    #[schema(value_type = String)]
    yellow_at: Timestamp,
    #[schema(value_type = String)]
    orange_at: Timestamp,
    #[schema(value_type = String)]
    red_at: Timestamp,
    /// The warning, where somebody was ever warned.
    duty_id: Option<String>,
}

impl DutyPeriodView {
    /// Of what was judged; `warned` when there is a warning.
    pub fn of(judged: &Judged, warned: bool) -> Self {
        let Judged { key, assessment, thresholds } = judged;
        let exemption = match assessment.state {
            DutyState::Exempt(reason) => Some(reason),
            _ => None,
        };
        let (satisfied_at, late) = match assessment.state {
            DutyState::Satisfied { since, late } => (Some(since), late),
            _ => (None, false),
        };
        Self {
            period: key.period.to_string(),
            title: key.period.title(),
            state: assessment.state.as_str().to_owned(),
            exemption: exemption.map(|reason| reason.as_str().to_owned()),
            exemption_title: exemption.map(|reason| reason.title().to_owned()),
            meetings: assessment.counted.clone(),
            coming: assessment.coming,
            minutes_late: assessment.minutes_late,
            satisfied_at,
            late,
            due_on: key.period.last_day(),
            yellow_at: thresholds.yellow_at,
            orange_at: thresholds.orange_at,
            red_at: thresholds.red_at,
            duty_id: warned.then(|| key.id()),
        }
    }
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderAnswerView {
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
    text: String,
}

/// An order or a nudge.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    #[schema(value_type = String)]
    id: OrderId,
    /// `order` or `nudge`.
    kind: String,
    kind_title: String,
    org: OrganisationRef,
    /// The warning that it hangs on.
    duty_id: Option<String>,
    from: PersonView,
    text: String,
    #[schema(value_type = Option<String>)]
    due_at: Option<Timestamp>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// `open`, `answered` or `closed`.
    state: String,
    answer: Option<OrderAnswerView>,
    #[schema(value_type = Option<String>)]
    closed_at: Option<Timestamp>,
    /// Who was told that nobody answered, the lowest first.
    escalations: Vec<OrganisationRef>,
    /// When the next level is told.
    #[schema(value_type = Option<String>)]
    escalates_at: Option<Timestamp>,
    may_answer: bool,
    may_close: bool,
}

impl OrderView {
    /// Of an order, for somebody who may or may not answer and close it.
    pub fn of(order: &DutyOrder, tree: &OrganisationTree, may_answer: bool, may_close: bool) -> Self {
        let answer = order.answer.as_ref();
        Self {
            id: order.id,
            kind: order.kind.as_str().to_owned(),
            kind_title: order.kind.title().to_owned(),
            org: OrganisationRef::of(order.organisation_id, tree),
            duty_id: order.duty_id.clone(),
            from: PersonView::from(&order.from),
            text: order.text.clone(),
            due_at: order.due_at,
            created_at: order.created_at,
            state: order.state.as_str().to_owned(),
            answer: answer.map(|answer| OrderAnswerView {
                at: answer.at,
                by: PersonView::from(&answer.by),
                text: answer.text.clone(),
            }),
            closed_at: order.closed_at,
            escalations: order.told.iter().map(|id| OrganisationRef::of(*id, tree)).collect(),
            escalates_at: order.escalates_at,
            may_answer,
            may_close,
        }
    }
}

/// What is due of one type of meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyRuleView {
    /// Code of the type.
    #[serde(rename = "type")]
    type_code: String,
    type_title: String,
    enabled: bool,
    /// `month`, `quarter` or `year`.
    #[schema(value_type = String)]
    period: PeriodKind,
    /// Meetings in a period at least.
    minimum: u32,
    /// `every_branch`, `with_committee` or `each_group`.
    #[schema(value_type = String)]
    applies_to: AppliesTo,
    /// More than so many of a hundred with a vote have to come; nothing: whoever came.
    quorum_percent: Option<u32>,
    yellow_workdays: u32,
    orange_workdays: u32,
    /// Days for the minutes; nothing: they are not asked for.
    minutes_days: Option<u32>,
    /// Workdays for an answer before an order goes up.
    answer_workdays: u32,
    #[schema(value_type = String)]
    valid_from: NaiveDate,
    #[schema(value_type = Option<String>)]
    valid_to: Option<NaiveDate>,
    /// 0: as built in.
    version: u32,
}

impl DutyRuleView {
    /// Of a rule, with the name of its type.
    pub fn of(rule: DutyRule, titles: &HashMap<String, String>) -> Self {
        Self {
            type_title: title_of(titles, &rule.type_code),
            type_code: rule.type_code,
            enabled: rule.enabled,
            period: rule.period,
            minimum: rule.minimum,
            applies_to: rule.applies_to,
            quorum_percent: rule.quorum_percent,
            yellow_workdays: rule.yellow_workdays,
            orange_workdays: rule.orange_workdays,
            minutes_days: rule.minutes_days,
            answer_workdays: rule.answer_workdays,
            valid_from: rule.valid_from,
            valid_to: rule.valid_to,
            version: rule.version,
        }
    }
}

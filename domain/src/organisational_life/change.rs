//! Changing what the notice says.

use super::{LifeMeeting, LifePlan, LifePlanInput, Phase, completed};
use crate::clock::Timestamp;
use crate::problem::Refusal;

/// What a changed plan means to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChange {
    /// Nothing changed.
    None,
    /// Words changed.
    Words,
    /// Instants changed: people have to know.
    Times,
}

impl LifeMeeting {
    /// The same with another plan. Participants and the form of the notice stay as they were made.
    ///
    /// # Errors
    /// `organisational_life.completed`; `organisational_life.begun` for instants after one of its meetings began;
    /// `organisational_life.linked` for the deadline of the materials while meetings are linked; or every field that is wrong.
    pub fn with_plan(&self, plan: LifePlan, now: Timestamp) -> Result<(Self, PlanChange), Refusal> {
        if self.phase(now) == Phase::Completed {
            return Err(completed());
        }
        let before = &self.plan;
        let plan = LifePlanInput(plan).check_over(Some(before), self.created_at, now).map_err(Refusal::fields)?;
        let moves_due = plan.materials_due_at != before.materials_due_at;
        let moves = moves_due || plan.ends_at != before.ends_at;
        if moves && self.has_begun() {
            return Err(Refusal::conflict("organisational_life.begun", "已经召开会议，不能再修改时间"));
        }
        if moves_due && (self.committee.is_some() || self.members.is_some()) {
            let words = "已关联支委会或党员会，请先取消关联，再修改对照检查截止时间";
            return Err(Refusal::conflict("organisational_life.linked", words));
        }
        let change = match (moves, plan == *before) {
            (true, _) => PlanChange::Times,
            (false, true) => PlanChange::None,
            (false, false) => PlanChange::Words,
        };
        // Who is told of another deadline now is reminded again before that one.
        let reminded_at = if moves_due { Some(now) } else { self.reminded_at };
        Ok((Self { version: self.version + 1, plan, reminded_at, ..self.clone() }, change))
    }
}

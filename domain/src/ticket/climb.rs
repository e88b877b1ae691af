//! How a ticket climbs the tree of grids: one level at a time, through vacancies at once, each level at most once in a
//! run of its clock (architecture §4).

use super::clock::TicketClock;
use super::decide::DecisionContext;
use super::events::{EscalationCause, TicketEvent};
use super::{PersonRef, StateName, Ticket};
use crate::clock::Timestamp;

impl Ticket {
    /// Who has to act now: the handler; before that the staff of its own grid, or the leaders of the level it climbed to.
    pub fn responsible<'a>(&'a self, context: &DecisionContext<'a>) -> &'a [PersonRef] {
        if self.state_name() == StateName::Accepted
            && let Some(handler) = self.handler()
        {
            return std::slice::from_ref(handler);
        }
        if self.is_escalated() {
            let step = context.ladder.at(&self.handling_path).filter(|step| !step.is_vacant());
            // The highest level without anybody: those nearest to the request are better than nobody.
            return step.map_or(context.staff, |step| &step.leaders);
        }
        context.staff
    }

    /// The step to the next level, with the levels it passes because nobody is there; nothing at the top.
    ///
    /// `clock` says what measures the next level.
    pub(super) fn climb(
        &self,
        cause: EscalationCause,
        context: &DecisionContext<'_>,
        clock: impl FnOnce(u8) -> TicketClock,
    ) -> Vec<TicketEvent> {
        let Some(step) = context.ladder.next_above(&self.handling_path) else { return Vec::new() };
        let passed =
            context.ladder.above(&self.handling_path).take_while(|above| above.path.level() > step.path.level());
        let vacant =
            passed.map(|above| TicketEvent::LevelVacant { level: above.path.level(), vacant_grid_id: above.grid_id });
        let escalated = TicketEvent::Escalated {
            from_level: self.handling_path.level(),
            to_level: step.path.level(),
            to_grid_id: step.grid_id,
            to_path: step.path.clone(),
            cause,
            clock: clock(step.path.level()),
        };
        vacant.chain([escalated]).collect()
    }

    /// Nobody serves the level where the ticket waits: it goes on at once.
    pub fn decide_vacancy(&self, context: &DecisionContext<'_>, now: Timestamp) -> Vec<TicketEvent> {
        let Some(clock) = self.clock.as_ref().filter(|_| self.state_name() == StateName::Submitted) else {
            return Vec::new();
        };
        let step = context.ladder.at(&self.handling_path);
        let vacant = if self.is_escalated() {
            step.is_some_and(crate::grid::LadderStep::is_vacant)
        } else {
            context.staff.is_empty()
        };
        if !vacant {
            return Vec::new();
        }
        let next = |level| clock.climbed(&self.kind, level, now, context.rules);
        let climbed = self.climb(EscalationCause::Vacant, context, next);
        if climbed.is_empty() {
            return climbed;
        }
        let vacant_grid_id = step.map_or(self.grid_id, |step| step.grid_id);
        let here = TicketEvent::LevelVacant { level: self.handling_path.level(), vacant_grid_id };
        std::iter::once(here).chain(climbed).collect()
    }
}

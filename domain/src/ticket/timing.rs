//! What happens to a ticket by itself: warnings, limits that pass, nudges that nobody answers, rules that change.

use super::clock::TicketClock;
use super::decide::DecisionContext;
use super::events::{DueChange, EscalationCause, TicketEvent};
use super::{PersonRef, Ticket};
use crate::clock::Timestamp;
use crate::service_level::Purpose;

/// Events of one look at the clock at most: a week's stop makes a handful, so more would be a defect that runs away.
const MOST_AT_ONCE: usize = 24;

impl Ticket {
    /// What the clock asks for at `now`; nothing when it is early, or when a person was faster.
    ///
    /// After a stop of the server each step that is over happens once: the level that comes next has its own time from
    /// `now` on, so a week's stop does not take a ticket up the whole tree.
    pub fn decide_time(&self, context: &DecisionContext<'_>, now: Timestamp) -> Vec<TicketEvent> {
        let mut ticket = self.clone();
        let mut events = Vec::new();
        while ticket.next_timer().is_some_and(|at| at <= now) && events.len() < MOST_AT_ONCE {
            let Some(clock) = ticket.clock.clone() else { break };
            let step = ticket.time_step(&clock, context, now);
            for event in &step {
                ticket.apply(event, now);
            }
            events.extend(step);
        }
        events
    }

    fn time_step(&self, clock: &TicketClock, context: &DecisionContext<'_>, now: Timestamp) -> Vec<TicketEvent> {
        let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if let Some(pause) = clock.open_pause() {
            return vec![TicketEvent::Resumed { clock: clock.resumed(pause.until, context.rules) }];
        }
        if !clock.ended && clock.due_at <= now {
            return self.limit_over(clock, context, now);
        }
        if over(clock.warn_at) {
            return vec![TicketEvent::DueSoon {}];
        }
        if over(self.nudges.as_ref().and_then(|nudges| nudges.answer_by)) {
            // Whoever ignores a nudge wins no time by it: the clock runs on as it was.
            let climbed = self.climb(EscalationCause::NudgeIgnored, context, |_| clock.clone());
            if !climbed.is_empty() {
                return climbed;
            }
        }
        vec![self.nudge_again(context, now)]
    }

    fn limit_over(&self, clock: &TicketClock, context: &DecisionContext<'_>, now: Timestamp) -> Vec<TicketEvent> {
        let rules = context.rules;
        let repeat = || rules.levels.nudge_repeat.map(|limit| rules.end(now, limit, None, &[]));
        let mut late = clock.clone();
        late.warn_at = None;
        late.overdue = true;
        late.repeat_at = clock.repeat_at.or_else(repeat);
        let cause = match clock.purpose {
            Purpose::Accept => EscalationCause::NotAccepted,
            Purpose::Finish => EscalationCause::NotCompleted,
        };
        let climbed = self.climb(cause, context, |level| late.climbed(&self.kind, level, now, rules));
        late.ended = climbed.is_empty();
        let overdue = TicketEvent::Overdue { level: self.handling_path.level(), passed_at: clock.due_at, clock: late };
        std::iter::once(overdue).chain(climbed).collect()
    }

    fn nudge_again(&self, context: &DecisionContext<'_>, now: Timestamp) -> TicketEvent {
        let repeat_at = context.rules.levels.nudge_repeat.map(|limit| context.rules.end(now, limit, None, &[]));
        self.nudged(None, None, repeat_at, context, now)
    }

    /// A nudge by somebody or by the rules: counted always, passed on unless it follows one too closely.
    pub(super) fn nudged(
        &self,
        nudger: Option<PersonRef>,
        note: Option<String>,
        repeat_at: Option<Timestamp>,
        context: &DecisionContext<'_>,
        now: Timestamp,
    ) -> TicketEvent {
        let rules = context.rules;
        let before = self.nudges.as_ref();
        let folded = before.is_some_and(|nudges| now.since(nudges.heard_at) < rules.levels.nudge_cooldown_ms());
        let can_climb = context.ladder.next_above(&self.handling_path).is_some();
        let asked = rules.levels.nudge_answer.filter(|_| !folded).map(|limit| rules.end(now, limit, None, &[]));
        // Asking again gives no more time to answer what was asked before.
        let owed = before.and_then(|nudges| nudges.answer_by);
        let answer_by = owed.into_iter().chain(asked).min().filter(|_| can_climb);
        TicketEvent::Nudged {
            nudger,
            to: self.responsible(context).to_vec(),
            note,
            folded,
            count: before.map_or(0, |nudges| nudges.count) + 1,
            answer_by,
            repeat_at,
        }
    }

    /// The rules changed: the running limit's end as it follows from those that hold now.
    ///
    /// What is over stays over, and nobody becomes late by a rule that did not hold: an end that would lie in the past is
    /// not taken over (domain.md 12.2: only future due times are worked out anew). For a clock that stands still, now is
    /// when it was stopped.
    pub fn decide_rules_changed(&self, context: &DecisionContext<'_>, now: Timestamp) -> Option<TicketEvent> {
        let clock = self.clock.as_ref().filter(|clock| !clock.ended)?;
        let shown = clock.open_pause().map_or(now, |pause| pause.from);
        let renewed = clock.under(&self.kind, now, context.rules);
        if clock.due_at <= shown || renewed.due_at == clock.due_at || renewed.due_at <= shown {
            return None;
        }
        let cause = if renewed.limit == clock.limit { DueChange::Calendar } else { DueChange::ServiceLevels };
        Some(TicketEvent::DueChanged { cause, was_due_at: clock.due_at, clock: renewed })
    }
}

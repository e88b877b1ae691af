//! A ticket among its people, to which things happen one after another; what happened is told in few words.

use std::collections::HashSet;

use super::*;

/// What a [`Play`] begins with.
pub(super) struct Setting {
    pub(super) rules: TimeRules,
    pub(super) ladder: Ladder,
    pub(super) staff: Vec<PersonRef>,
    pub(super) sent_at: Timestamp,
}

impl Default for Setting {
    /// The built-in rules, all levels led, and noon.
    fn default() -> Self {
        Self { rules: TimeRules::default(), ladder: ladder([true; 3]), staff: staff(), sent_at: NOON }
    }
}

impl Setting {
    /// With other service levels.
    pub(super) fn levels(change: impl FnOnce(&mut ServiceLevels)) -> Self {
        let mut setting = Self::default();
        change(&mut setting.rules.levels);
        setting
    }

    /// With leaders of village, town and county where the flags say so.
    pub(super) fn led(self, led: [bool; 3]) -> Self {
        Self { ladder: ladder(led), ..self }
    }

    /// Without staff of the ticket's own grid.
    pub(super) fn deserted(self) -> Self {
        Self { staff: Vec::new(), ..self }
    }

    /// Sent then.
    pub(super) fn sent_at(self, sent_at: Timestamp) -> Self {
        Self { sent_at, ..self }
    }

    /// The ticket right after it was sent, and what happened at once.
    pub(super) fn send(self) -> (Play, Vec<String>) {
        let Self { rules, ladder, staff, sent_at } = self;
        let context = SubmitContext {
            grid_id: id(4),
            grid_path: &group(),
            grid_status: GridStatus::Active,
            profile_complete: true,
            decision: DecisionContext { rules: &rules, ladder: &ladder, staff: &staff },
        };
        let (ticket, events) = Ticket::submit(new_ticket("路灯坏了"), &context, sent_at).unwrap();
        let [sent, rest @ ..] = &events[..] else { panic!("nothing was sent") };
        assert_eq!(ticket.version, 1);
        assert_eq!(ticket.after(sent, sent_at), ticket, "the ticket as it is right after its first event");
        let rest = rest.to_vec();
        let sent_as = ticket.clone();
        let (reached, log) = (HashSet::new(), Vec::new());
        let mut play = Play { rules, ladder, staff, sent_at, now: sent_at, ticket, sent_as, reached, log };
        let told = std::iter::once(told(sent)).chain(play.take(&rest)).collect();
        (play, told)
    }

    /// The ticket, sent and accepted at once.
    pub(super) fn accepted(self) -> Play {
        let (mut play, _) = self.send();
        assert_eq!(play.does(&Command::Accept), Ok(vec!["accepted".to_owned()]));
        play
    }
}

/// The ticket and all that decisions about it depend on.
pub(super) struct Play {
    pub(super) rules: TimeRules,
    pub(super) ladder: Ladder,
    pub(super) staff: Vec<PersonRef>,
    pub(super) now: Timestamp,
    pub(super) ticket: Ticket,
    sent_at: Timestamp,
    sent_as: Ticket,
    /// Levels reached, each in its run.
    reached: HashSet<(u32, u8)>,
    /// What happened since it was sent, as the log keeps it.
    log: Vec<(Timestamp, &'static str, Value)>,
}

impl Play {
    pub(super) fn context(&self) -> DecisionContext<'_> {
        DecisionContext { rules: &self.rules, ladder: &self.ladder, staff: &self.staff }
    }

    /// The clock goes to so many minutes after the ticket was sent, and nobody looks.
    pub(super) fn at(&mut self, minutes: i64) -> &mut Self {
        self.now = self.sent_at.plus_millis(minutes * MINUTE);
        self
    }

    /// What was decided happens, and holds what must hold of every event.
    pub(super) fn take(&mut self, events: &[TicketEvent]) -> Vec<String> {
        for event in events {
            let before = self.ticket.clone();
            let after = before.after(event, self.now);
            assert_eq!(after.version, before.version + 1, "{event:?}");
            let around = Surroundings { grid_name: "三组", kind_title: "意见建议", private: false };
            let facts = TicketFacts::of(Some(&before), &after, event, None, self.now, &around);
            assert_eq!(
                (facts.version, facts.timer_at, facts.due_at),
                (after.version, after.next_timer(), after.due_at())
            );
            self.log.push((self.now, event.kind(), event.data(&facts)));
            if let TicketEvent::Escalated { from_level, to_level, clock, .. } = event {
                assert!(to_level < from_level && *from_level == before.handling_path.level(), "{event:?}");
                assert!(self.reached.insert((clock.run, *to_level)), "reached twice: {event:?}");
            }
            if !after.state_name().is_open() {
                assert_eq!((after.next_timer(), after.is_overdue()), (None, false), "closed by {event:?}");
            }
            if let Some(clock) = &after.clock {
                assert!(clock.open_pause().is_none() || !clock.overdue, "late while it stands still: {event:?}");
                assert!(clock.overdue || (clock.repeat_at.is_none() && !clock.ended), "not late: {event:?}");
                assert!(clock.warn_at.is_none_or(|at| at < clock.due_at), "{event:?}");
                assert!(clock.pauses.iter().rev().skip(1).all(|pause| pause.to.is_some()), "{event:?}");
            }
            self.ticket = after;
        }
        events.iter().map(told).collect()
    }

    /// The ticket as the log tells it.
    pub(super) fn replayed(&self) -> Ticket {
        let mut ticket = self.sent_as.clone();
        for (at, kind, data) in &self.log {
            let text = data.to_string();
            let event = TicketEvent::from_log(kind, &serde_json::from_str(&text).unwrap()).unwrap();
            ticket.apply(&event, *at);
        }
        ticket
    }

    /// Somebody with the right to it does it, or learns by code why not.
    pub(super) fn does(&mut self, command: &Command) -> Result<Vec<String>, &'static str> {
        let above = matches!(command, Command::DecideExtension { .. } | Command::Nudge { .. });
        if above { self.tries(command, SUPERVISOR, leader(3)) } else { self.tries(command, ALL_RIGHTS, worker()) }
    }

    /// `person`, who stands to the ticket like that, does it, or learns by code why not.
    pub(super) fn tries(
        &mut self,
        command: &Command,
        standing: Standing,
        person: PersonRef,
    ) -> Result<Vec<String>, &'static str> {
        let party = Party { person, standing };
        let decided = self.ticket.decide(command, &party, &self.context(), self.now);
        decided.map(|events| self.take(&events)).map_err(|refusal| refusal.code)
    }

    /// Does the usual command of each action, all of which are allowed.
    pub(super) fn do_all(&mut self, actions: &[Action]) -> &mut Self {
        for action in actions {
            assert!(self.does(&command(*action)).is_ok(), "{action:?}");
        }
        self
    }

    /// One look at the clock now.
    pub(super) fn look(&mut self) -> Vec<String> {
        let events = self.ticket.decide_time(&self.context(), self.now);
        let told = self.take(&events);
        assert!(self.ticket.next_timer().is_none_or(|at| at > self.now), "something was left over");
        assert_eq!(self.ticket.decide_time(&self.context(), self.now), [], "a second look");
        told
    }

    /// Looks at the clock each time it asks for something, until so many minutes after the ticket was sent; answers
    /// minutes and what happened.
    pub(super) fn until(&mut self, minutes: i64) -> Vec<String> {
        let end = self.sent_at.plus_millis(minutes * MINUTE);
        let mut story = Vec::new();
        while let Some(at) = self.ticket.next_timer().filter(|at| *at <= end) {
            assert!(at >= self.now, "a timer in the past: {at}, now {}", self.now);
            self.now = at.plus_millis(-1);
            assert_eq!(self.look(), [""; 0], "a millisecond early");
            self.now = at;
            let told = self.look();
            assert!(!told.is_empty(), "the clock asked for nothing at {at}");
            assert!(story.len() < 1_000, "it does not end: {story:?}");
            let minute = self.minute(at);
            story.extend(told.into_iter().map(|event| format!("{minute} {event}")));
        }
        self.now = end;
        story
    }

    /// People came or went.
    pub(super) fn look_for_people(&mut self) -> Vec<String> {
        let events = self.ticket.decide_vacancy(&self.context(), self.now);
        let told = self.take(&events);
        assert_eq!(self.ticket.decide_vacancy(&self.context(), self.now), [], "a second look");
        told
    }

    /// The rules are others from now on.
    pub(super) fn rules_change(&mut self, change: impl FnOnce(&mut TimeRules)) -> Vec<String> {
        change(&mut self.rules);
        let event = self.ticket.decide_rules_changed(&self.context(), self.now);
        let told = self.take(event.as_slice());
        assert_eq!(self.ticket.decide_rules_changed(&self.context(), self.now), None, "a second look");
        told
    }

    /// Minutes after the ticket was sent, with milliseconds when it is no whole minute.
    pub(super) fn minute(&self, at: Timestamp) -> String {
        let millis = at.since(self.sent_at);
        let rest = millis.rem_euclid(MINUTE);
        let minute = millis.div_euclid(MINUTE);
        if rest == 0 { minute.to_string() } else { format!("{minute}+{rest}ms") }
    }

    /// The running limit's end in minutes after the ticket was sent.
    pub(super) fn due(&self) -> Option<String> {
        self.ticket.due_at().map(|at| self.minute(at))
    }

    /// The running clock.
    pub(super) fn clock(&self) -> &TicketClock {
        self.ticket.clock.as_ref().unwrap()
    }

    /// The level that answers for it.
    pub(super) fn level(&self) -> u8 {
        self.ticket.handling_path.level()
    }
}

/// An event in few words: `overdue 4`, `4>3 not_accepted`, `nudge 2 folded`.
pub(super) fn told(event: &TicketEvent) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    match event {
        TicketEvent::Escalated { from_level, to_level, cause, .. } => {
            format!("{from_level}>{to_level} {}", word(serde_json::json!(cause)))
        }
        TicketEvent::LevelVacant { level, .. } => format!("vacant {level}"),
        TicketEvent::Overdue { level, .. } => format!("overdue {level}"),
        TicketEvent::Returned { count, .. } => format!("returned {count}"),
        TicketEvent::Nudged { nudger, folded, count, .. } => {
            let who = if nudger.is_some() { "nudge" } else { "auto nudge" };
            format!("{who} {count}{}", if *folded { " folded" } else { "" })
        }
        TicketEvent::DueChanged { cause, .. } => format!("due_changed {}", word(serde_json::json!(cause))),
        TicketEvent::ExtensionDecided { approved, .. } => {
            format!("extension_{}", if *approved { "granted" } else { "refused" })
        }
        other => other.kind().trim_start_matches("ticket.").to_owned(),
    }
}

/// An instant of local time: `2026-11-23 09:00`.
pub(super) fn local(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    format!("{date}T{time}:00+08:00").parse().unwrap()
}

//! Whole lives: limits of several levels, pauses, extensions, new calendars and limits, stops of the server and clocks that
//! jump, against the [`Model`].

use super::model::{Levels, Model};
use super::*;
use crate::service_level::LevelException;

/// What was compared, so that a figure of lives is not one of empty lives.
#[derive(Debug, Default)]
struct Tally {
    lives: u64,
    compared: u64,
    minutes: u64,
    climbed: u64,
    ended: u64,
    paused: u64,
    several_pauses: u64,
    resumed: u64,
    extended: u64,
    extended_late: u64,
    moved_by_rules: u64,
    kept_against_rules: u64,
    late_looks: u64,
    jumps: u64,
    refused: u64,
}

/// A ticket and its model, side by side.
struct Life {
    random: Random,
    step: i64,
    date: NaiveDate,
    levels: Levels,
    rules: TimeRules,
    ladder: Ladder,
    staff: Vec<PersonRef>,
    now: i64,
    ticket: Ticket,
    model: Model,
    /// What was done, for whoever has to find out what went wrong.
    told: Vec<(i64, String)>,
}

impl Random {
    fn levels(&mut self) -> Levels {
        Levels {
            accept: std::array::from_fn(|_| self.limit()),
            finish: std::array::from_fn(|_| self.limit()),
            led: std::array::from_fn(|_| self.chance(75)),
            warn_percent: if self.chance(20) { 0 } else { self.number(1, 96) as u8 },
            pause_workdays: self.number(1, 4),
        }
    }
}

/// The same limits as the product is told them: one for all, and one for each level.
fn told_to_the_product(levels: &Levels, calendar: WorkingCalendar) -> TimeRules {
    let exceptions = (1..).zip(levels.accept.iter().zip(&levels.finish)).map(|(level, (accept, finish))| {
        LevelException { kind: None, level: Some(level), accept: Some(*accept), finish: Some(*finish) }
    });
    let mut rules = TimeRules { calendar, ..TimeRules::default() };
    rules.levels.exceptions = exceptions.collect();
    rules.levels.warn_percent = levels.warn_percent;
    rules.levels.pause_workdays = levels.pause_workdays;
    rules
}

impl Life {
    fn begin(mut random: Random) -> Self {
        let step = random.step();
        let (date, now) = random.start(step);
        let levels = random.levels();
        let rules = told_to_the_product(&levels, random.calendar(date));
        let [county, town, village] = levels.led;
        let (ladder, staff) = (ladder([village, town, county]), staff());
        let context = SubmitContext {
            grid_id: id(4),
            grid_path: &group(),
            grid_status: GridStatus::Active,
            profile_complete: true,
            decision: DecisionContext { rules: &rules, ladder: &ladder, staff: &staff },
        };
        let (ticket, _) = Ticket::submit(new_ticket("路"), &context, Timestamp::from_millis(now)).unwrap();
        let model = Model::sent(&levels, &rules.calendar, now);
        Self { random, step, date, levels, rules, ladder, staff, now, ticket, model, told: Vec::new() }
    }

    fn apply(&mut self, events: &[TicketEvent]) {
        for event in events {
            self.ticket.apply(event, Timestamp::from_millis(self.now));
        }
    }

    fn context(&self) -> DecisionContext<'_> {
        DecisionContext { rules: &self.rules, ladder: &self.ladder, staff: &self.staff }
    }

    /// Tries a command; the model says whether it is allowed.
    fn does(&mut self, command: &Command, allowed: bool, tally: &mut Tally) -> bool {
        let above = matches!(command, Command::DecideExtension { .. });
        let party = Party { person: worker(), standing: if above { SUPERVISOR } else { ALL_RIGHTS } };
        let decided = self.ticket.decide(command, &party, &self.context(), Timestamp::from_millis(self.now));
        assert_eq!(decided.is_ok(), allowed, "{command:?}: {decided:?}\n{}", self.case());
        self.apply(&decided.unwrap_or_default());
        tally.refused += u64::from(!allowed);
        allowed
    }

    fn case(&self) -> String {
        let Self { levels, rules, ticket, model, told, .. } = self;
        format!("{told:#?}\n{levels:?}\n{:?}\n{:?}\n{model:?}", rules.calendar, ticket.clock)
    }

    fn compare(&self, tally: &mut Tally) {
        let model = &self.model;
        let shown = self.ticket.clock.as_ref().map(|clock| {
            let millis = |at: Timestamp| at.millis();
            (millis(clock.due_at), clock.warn_at.map(millis), clock.overdue, clock.ended, clock.level, clock.extended)
        });
        let level = u8::try_from(model.level).unwrap();
        let expected = (model.due, model.warn, model.overdue, model.ended, level, model.extended);
        let expected = (!model.closed).then_some(expected);
        assert_eq!(shown, expected, "{}", self.case());
        assert_eq!(self.ticket.next_timer().map(Timestamp::millis), model.next(), "{}", self.case());
        assert_eq!(self.ticket.handling_path.level(), level, "{}", self.case());
        tally.compared += 1;
    }

    fn look(&mut self, tally: &mut Tally) {
        let before = (self.model.level, self.model.ended, self.model.stopped.is_some());
        let events = self.ticket.decide_time(&self.context(), Timestamp::from_millis(self.now));
        self.apply(&events);
        self.model.look(&self.levels, &self.rules.calendar, self.now);
        tally.climbed += u64::from(before.0 > self.model.level);
        tally.ended += u64::from(!before.1 && self.model.ended);
        tally.resumed += u64::from(before.2 && self.model.stopped.is_none());
        let events: Vec<&str> = events.iter().map(TicketEvent::kind).collect();
        self.told.push((self.now, format!("looked: {events:?}")));
        self.compare(tally);
    }

    /// Time passes, and the clock is looked at in time, late, or not at all.
    fn time_passes(&mut self, tally: &mut Tally) {
        let span = |random: &mut Random, most: i64| random.within(0, most / self.step + 1) * self.step;
        let timer = self.model.next();
        let target = match self.random.within(0, 20) {
            0 => self.now,
            // Within the time that is left.
            1..10 => self.now + span(&mut self.random, timer.map_or(HOUR, |at| (at - self.now).max(0))),
            10..12 => self.now + span(&mut self.random, 2 * DAY),
            12 => self.now + span(&mut self.random, 12 * DAY),
            13 => {
                tally.jumps += 1;
                self.now - span(&mut self.random, 6 * HOUR)
            }
            // To the millisecond when something happens, or just before.
            14..18 => timer.map_or(self.now, |at| at.max(self.now)),
            _ => timer.map_or(self.now, |at| (at - 1).max(self.now)),
        };
        match self.random.within(0, 10) {
            0 => tally.late_looks += 1,
            1 => {
                tally.late_looks += 1;
                self.now = target;
                self.look(tally);
            }
            _ => {
                while let Some(at) = self.model.next().filter(|at| *at <= target) {
                    self.now = at.max(self.now.min(target));
                    self.look(tally);
                }
            }
        }
        self.now = target;
    }

    /// Mostly something that makes sense; all that does not is refused.
    fn wish(&mut self) -> i64 {
        const ACCEPT: i64 = 0;
        const PAUSE: i64 = 5;
        const RESUME: i64 = 8;
        const ASK: i64 = 10;
        const DECIDE: i64 = 12;
        let model = &self.model;
        match self.random.within(0, 10) {
            0..5 if !model.accepted => ACCEPT,
            0..2 if model.asked.is_some() => DECIDE,
            2..5 if model.stopped.is_some() => RESUME,
            2..4 => PAUSE,
            4 if model.asked.is_none() => ASK,
            _ => self.random.within(0, 16),
        }
    }

    fn something_happens(&mut self, tally: &mut Tally) {
        let (now, levels, rules) = (self.now, self.levels.clone(), self.rules.clone());
        let calendar = &rules.calendar;
        let what = self.wish();
        self.told.push((now, format!("does {what}")));
        let open = !self.model.closed;
        let at_work = open && self.model.accepted;
        match what {
            0..3 => {
                if self.does(&Command::Accept, open && !self.model.accepted, tally) {
                    self.model.anew(true, &levels, calendar, now);
                }
            }
            3 => {
                if self.does(&command(Action::Return), open, tally) {
                    self.model.anew(false, &levels, calendar, now);
                    self.model.returns += 1;
                    if self.model.returns >= 2 {
                        self.model.climb(&levels, calendar, now);
                    }
                }
            }
            4 => {
                if self.does(&command(Action::Complete), at_work, tally) {
                    self.model.closed = true;
                    self.compare(tally);
                    self.does(&command(Action::Reopen), true, tally);
                    self.model.anew(false, &levels, calendar, now);
                }
            }
            5..8 => {
                let allowed = at_work && self.model.stopped.is_none() && !self.model.late(now);
                if self.does(&command(Action::Pause), allowed, tally) {
                    self.model.stop(&levels, calendar, now);
                    tally.paused += 1;
                    tally.several_pauses += u64::from(!self.model.pauses.is_empty());
                }
            }
            8..10 => {
                if self.does(&Command::Resume, at_work && self.model.stopped.is_some(), tally) {
                    self.model.go_on(&levels, calendar, now);
                }
            }
            10..12 => {
                let limit = self.random.limit();
                let free = !self.model.extended && self.model.asked.is_none();
                let ask = Command::RequestExtension { limit, reason: "好".to_owned() };
                if self.does(&ask, at_work && free && !self.model.late(now), tally) {
                    self.model.asked = Some(limit);
                }
            }
            12..14 => {
                let approved = self.random.chance(85);
                let verdict = Command::DecideExtension { approved, note: Some("好".to_owned()) };
                let asked = self.model.asked.filter(|_| at_work);
                if self.does(&verdict, asked.is_some(), tally) {
                    self.model.asked = None;
                    if let (true, Some(more)) = (approved, asked) {
                        tally.extended += 1;
                        tally.extended_late += u64::from(self.model.late(now));
                        self.model.grant(more, &levels, calendar, now);
                    }
                }
            }
            _ => self.rules_change(tally),
        }
        self.compare(tally);
    }

    fn rules_change(&mut self, tally: &mut Tally) {
        let calendar =
            if self.random.chance(60) { self.random.calendar(self.date) } else { self.rules.calendar.clone() };
        if self.random.chance(60) {
            self.levels = Levels { led: self.levels.led, ..self.random.levels() };
        }
        self.rules = told_to_the_product(&self.levels, calendar);
        // Now and then they change while nobody looks.
        if self.random.chance(85) {
            let event = self.ticket.decide_rules_changed(&self.context(), Timestamp::from_millis(self.now));
            self.apply(event.as_slice());
            let moved = self.model.rules_changed(&self.levels, &self.rules.calendar, self.now);
            assert_eq!(event.is_some(), moved, "{event:?}\n{}", self.case());
            tally.moved_by_rules += u64::from(moved);
            tally.kept_against_rules += u64::from(!moved);
        }
    }
}

#[test]
fn whole_lives_of_tickets_agree_with_a_walk_by_minutes() {
    let mut tally = Tally::default();
    let mut random = random();
    for _ in 0..cases() {
        let mut life = Life::begin(random);
        life.compare(&mut tally);
        for _ in 0..life.random.within(2, 9) {
            life.time_passes(&mut tally);
            life.something_happens(&mut tally);
        }
        tally.lives += 1;
        tally.minutes += life.model.looked;
        random = life.random;
    }
    println!("{tally:?}");
    // Not a figure of empty lives.
    if tally.lives >= 1_000 {
        let common = [tally.climbed, tally.paused, tally.resumed, tally.moved_by_rules];
        let rare = [tally.ended, tally.several_pauses, tally.extended, tally.extended_late, tally.jumps];
        assert!(common.iter().all(|count| count * 8 > tally.lives), "{tally:?}");
        assert!(rare.iter().all(|count| count * 200 > tally.lives), "{tally:?}");
    }
}

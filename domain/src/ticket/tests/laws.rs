//! What holds of every ticket, whatever people do and whatever the server's clock shows.

use proptest::prelude::*;

use super::*;
use crate::service_level::{InitialLimits, LevelException, LimitClock};

/// One thing that happens: how much the server's clock moves before it, and what it is.
#[derive(Debug, Clone)]
enum Step {
    /// Somebody does something, if it is allowed.
    Do(usize, u8),
    /// The clock is looked at.
    Look,
    /// The clock shows when the ticket asks for something, and is looked at.
    Ring,
    /// Others serve the grid and lead those above; and whether anybody looks.
    People(bool, [bool; 3], bool),
    /// Other rules; and whether anybody looks.
    Rules(Box<TimeRules>, bool),
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (1u32..120).prop_map(|value| Limit::continuous(value, LimitUnit::Minutes)),
        (1u32..60).prop_map(|value| Limit::continuous(value, LimitUnit::Hours)),
        (1u32..600).prop_map(|value| Limit::working(value, LimitUnit::Minutes)),
        (1u32..20).prop_map(|value| Limit::working(value, LimitUnit::Hours)),
        (1u32..4).prop_map(|value| Limit::working(value, LimitUnit::Workdays)),
    ]
}

fn rules() -> impl Strategy<Value = TimeRules> {
    let exceptions = (1u8..=5, prop::option::of(limits()), prop::option::of(limits()), any::<bool>());
    let exceptions = exceptions.prop_map(|(level, accept, finish, kind)| LevelException {
        kind: kind.then(|| "suggestion".to_owned()),
        level: Some(level),
        accept,
        finish,
    });
    let numbers = (0u8..96, 1u32..4, 0u32..30, 1u32..4);
    let nudges = (prop::option::of(limits()), prop::option::of(limits()));
    let noticed = crate::calendar::known_notices();
    (limits(), limits(), prop::collection::vec(exceptions, 0..4), numbers, nudges, 0..=noticed.len()).prop_map(
        move |(accept, finish, exceptions, (warn_percent, pause_workdays, cooldown, returns), nudges, notices)| {
            let levels = ServiceLevels {
                accept,
                finish,
                exceptions,
                warn_percent,
                pause_workdays,
                nudge_cooldown_minutes: cooldown,
                nudge_answer: nudges.0,
                nudge_repeat: nudges.1,
                returns_until_escalation: returns,
                ..(&InitialLimits::default()).into()
            };
            let calendar = noticed[..notices].iter().fold(WorkingCalendar::default(), |calendar, notice| {
                WorkingCalendar { version: calendar.version + 1, ..calendar.with_notice(notice) }
            });
            TimeRules { levels, calendar }
        },
    )
}

/// Milliseconds that the server's clock moves: mostly on, now and then back.
fn moves() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => Just(0),
        1 => 0..1_000i64,
        4 => 0..120 * MINUTE,
        4 => 0..3 * DAY,
        1 => 0..60 * DAY,
        1 => -3 * HOUR..0,
        1 => -10 * DAY..0,
    ]
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        10 => (0..Action::ALL.len(), any::<u8>()).prop_map(|(action, how)| Step::Do(action, how)),
        4 => Just(Step::Look),
        6 => Just(Step::Ring),
        2 => (any::<bool>(), any::<[bool; 3]>(), any::<bool>()).prop_map(|(staff, led, look)| Step::People(staff, led, look)),
        1 => (rules(), any::<bool>()).prop_map(|(rules, look)| Step::Rules(Box::new(rules), look)),
    ];
    prop::collection::vec((moves(), step), 1..60)
}

/// A command of the action, one of those that mean something.
fn varied(action: Action, how: u8) -> Command {
    match action {
        Action::Pause => {
            let all = [
                PauseReason::WaitingForSubmitter,
                PauseReason::WaitingForDepartment,
                PauseReason::ForceMajeure,
                PauseReason::Other,
            ];
            Command::Pause { reason: all[usize::from(how) % all.len()], note: Some("等消息".to_owned()) }
        }
        Action::RequestExtension => {
            let clock = if how.is_multiple_of(2) { LimitClock::Working } else { LimitClock::Continuous };
            let unit = if how.is_multiple_of(3) { LimitUnit::Minutes } else { LimitUnit::Hours };
            let limit = Limit { value: u32::from(how) + 1, unit, clock };
            Command::RequestExtension { limit, reason: "等配件".to_owned() }
        }
        Action::DecideExtension => {
            Command::DecideExtension { approved: !how.is_multiple_of(4), note: Some("按规定".to_owned()) }
        }
        _ => command(action),
    }
}

fn play(setting: Setting, steps: Vec<(i64, Step)>) -> Play {
    let (mut play, _) = setting.send();
    for (millis, step) in steps {
        play.now = play.now.plus_millis(millis);
        match step {
            Step::Do(action, how) => {
                let before = play.ticket.clone();
                let done = play.does(&varied(Action::ALL[action], how));
                let goes_on = matches!(Action::ALL[action], Action::Resume | Action::DecideExtension);
                if let (true, Ok(_), Some(clock)) = (goes_on, done, &before.clock) {
                    let over = clock.open_pause().is_some_and(|pause| pause.until <= play.now);
                    let late = play.ticket.is_late(play.now);
                    assert!(over || !late || before.is_late(play.now), "late by going on: {before:?}");
                }
            }
            Step::Look => {
                play.look();
            }
            Step::Ring => {
                if let Some(at) = play.ticket.next_timer() {
                    play.now = at;
                    assert!(!play.look().is_empty(), "a timer that does nothing");
                }
            }
            Step::People(served, led, look) => {
                play.staff = if served { staff() } else { Vec::new() };
                play.ladder = ladder(led);
                if look {
                    play.look_for_people();
                }
            }
            Step::Rules(rules, look) => {
                play.rules = *rules;
                if look {
                    let was_late = play.ticket.is_late(play.now);
                    play.rules_change(|_| {});
                    assert_eq!(play.ticket.is_late(play.now), was_late, "late by a rule that did not hold");
                }
            }
        }
    }
    play
}

proptest! {
    // What holds of every event stands in `Play::take`: versions grow by one, no level is reached twice in a run, nothing
    // is late while it stands still; in `Play::look`: nothing is left over and a second look does nothing.
    #[test]
    fn a_ticket_keeps_its_laws_whatever_happens_and_whatever_the_clock_shows(
        rules in rules(),
        (served, led) in any::<(bool, [bool; 3])>(),
        steps in steps(),
    ) {
        let setting = Setting { rules, ladder: ladder(led), staff: if served { staff() } else { Vec::new() }, sent_at: NOON };
        let play = play(setting, steps);
        prop_assert_eq!(play.replayed(), play.ticket);
    }

    #[test]
    fn left_alone_a_ticket_comes_to_rest(rules in rules(), led in any::<[bool; 3]>(), accepted in any::<bool>()) {
        let mut setting = Setting { rules, ladder: ladder(led), staff: staff(), sent_at: NOON };
        setting.rules.levels.nudge_repeat = None;
        let (mut play, _) = setting.send();
        if accepted {
            play.do_all(&[Action::Accept]);
        }
        let story = play.until(3 * 365 * 1_440);
        let overdue = story.iter().filter(|event| event.contains("overdue")).count();
        // Each level that is led passes once, its own and the county's always.
        let vacant = story.iter().filter(|event| event.contains("vacant")).count();
        prop_assert_eq!(overdue + vacant, 4);
        prop_assert_eq!((play.ticket.next_timer(), play.level()), (None, 1));
    }
}

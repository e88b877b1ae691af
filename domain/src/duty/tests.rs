use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::calendar::{SpecialDay, WorkingCalendar};
use crate::clock::Timestamp;
use crate::ids::{EntityId as _, MeetingId, OrganisationId};
use crate::meeting::StateName;
use crate::organisation::{OrganisationKind, OrganisationStatus};

mod orders;
mod rules;
mod warnings;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A local time in China.
fn local(text: &str) -> Timestamp {
    format!("{text}+08:00").parse().unwrap()
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn rule(code: &str) -> DutyRule {
    built_in_rules().into_iter().find(|rule| rule.type_code == code).unwrap()
}

fn branch() -> BranchFacts {
    BranchFacts {
        kind: OrganisationKind::Branch,
        status: OrganisationStatus::Active,
        founded_on: day("2012-07-01"),
        full_members: 12,
        groups: 2,
    }
}

/// A meeting of 12 with a vote, of whom 9 came, that ended and whose minutes were signed the next morning.
fn held(begin: &str) -> MeetingFacts {
    let starts_at = local(begin);
    let ends_at = starts_at.plus_millis(2 * 3_600_000);
    MeetingFacts {
        id: MeetingId::from_uuid(uuid::Uuid::from_u128(starts_at.millis().unsigned_abs().into())),
        state: StateName::Ended,
        starts_at,
        ends_at,
        ended_at: Some(ends_at),
        voting: 12,
        voting_present: 9,
        minutes_signed_at: Some(ends_at.plus_millis(12 * 3_600_000)),
    }
}

fn judged(rule: &DutyRule, of: &str, meetings: &[MeetingFacts], now: &str) -> DutyState {
    let (of, calendar) = (period(of), WorkingCalendar::default());
    let thresholds = Thresholds::of(rule, of, &calendar);
    assess(rule, exemption(rule, &branch(), None, of), of, &thresholds, meetings, local(now)).state
}

fn word(state: DutyState) -> &'static str {
    match state {
        DutyState::Satisfied { late: true, .. } => "late",
        other => other.as_str(),
    }
}

#[test]
fn periods_begin_and_end_at_midnight_in_china() {
    let cases = [
        ("2026-11", "2026-11-01", "2026-11-30", "2026-10", "2026-12"),
        ("2026-12", "2026-12-01", "2026-12-31", "2026-11", "2027-01"),
        ("2028-02", "2028-02-01", "2028-02-29", "2028-01", "2028-03"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2025-Q4", "2026-Q2"),
        ("2026-Q4", "2026-10-01", "2026-12-31", "2026-Q3", "2027-Q1"),
        ("2026", "2026-01-01", "2026-12-31", "2025", "2027"),
    ];
    for (text, first, last, before, after) in cases {
        let of = period(text);
        assert_eq!(of.to_string(), text);
        assert_eq!((of.first_day(), of.last_day()), (day(first), day(last)), "{text}");
        assert_eq!((of.previous(), of.next()), (period(before), period(after)), "{text}");
        assert!(of.contains(local(&format!("{first}T00:00:00"))), "{text}");
        assert!(!of.contains(local(&format!("{first}T00:00:00")).plus_millis(-1)), "{text}");
        assert!(of.contains(local(&format!("{last}T23:59:59.999"))), "{text}");
        assert!(!of.contains(of.end()), "{text}");
        assert_eq!(Period::at(of.kind(), of.begin()), Some(of));
        assert_eq!(Period::at(of.kind(), of.end()), Some(of.next()));
    }
    for bad in [
        "",
        "26",
        "2026-13",
        "2026-0",
        "2026-1",
        "2026-Q0",
        "2026-Q5",
        "2026-q1",
        "+2026",
        "2026-11-01",
        "9999",
        "1899",
    ] {
        assert_eq!(bad.parse::<Period>(), Err(BadPeriod), "{bad}");
    }
    assert_eq!(Period::of_year(PeriodKind::Quarter, 2026).map(Period::title).last().unwrap(), "2026年第4季度");
}

#[test]
fn the_levels_begin_with_the_workdays_that_are_left() {
    // November 2026 ends on a Monday. Left after 16 November: ten workdays; after the 25th: three.
    let party_day = rule("party_day");
    let cases = [
        ("2026-11-01T00:00:00", "open"),
        ("2026-11-15T23:59:59.999", "open"),
        ("2026-11-16T00:00:00", "yellow"),
        ("2026-11-17T09:00:00", "yellow"),
        ("2026-11-24T23:59:59.999", "yellow"),
        ("2026-11-25T00:00:00", "orange"),
        ("2026-11-30T23:59:59.999", "orange"),
        ("2026-12-01T00:00:00", "red"),
        ("2027-05-01T00:00:00", "red"),
    ];
    for (now, expected) in cases {
        assert_eq!(word(judged(&party_day, "2026-11", &[], now)), expected, "{now}");
    }
}

#[test]
fn holidays_and_make_up_workdays_move_the_levels() {
    let (party_day, of) = (rule("party_day"), period("2026-11"));
    let mut calendar = WorkingCalendar::default();
    let plain = Thresholds::of(&party_day, of, &calendar);
    // The last Saturday is worked: one workday more, so everything begins a workday later.
    let makeup = SpecialDay { working: true, name: "调休".to_owned(), hours: None };
    calendar.days.insert(day("2026-11-28"), makeup);
    let later = Thresholds::of(&party_day, of, &calendar);
    assert_eq!((plain.orange_at, later.orange_at), (local("2026-11-25T00:00:00"), local("2026-11-26T00:00:00")));
    assert_eq!((plain.yellow_at, later.yellow_at), (local("2026-11-16T00:00:00"), local("2026-11-17T00:00:00")));
    // The last Monday is a holiday: one fewer.
    calendar.days.clear();
    calendar.days.insert(day("2026-11-30"), SpecialDay { working: false, name: "假".to_owned(), hours: None });
    let earlier = Thresholds::of(&party_day, of, &calendar);
    assert_eq!(earlier.orange_at, local("2026-11-24T00:00:00"));
    // More workdays than the period has: yellow from its first day on.
    let early = DutyRule { yellow_workdays: 60, ..party_day };
    assert_eq!(Thresholds::of(&early, of, &calendar).yellow_at, of.begin());
}

#[test]
fn a_meeting_counts_for_the_period_that_it_begins_in() {
    let party_day = rule("party_day");
    let cases = [
        ("2026-11-01T00:00:00", "satisfied"),
        ("2026-11-30T23:59:59.999", "satisfied"),
        ("2026-10-31T23:59:59.999", "red"),
        ("2026-12-01T00:00:00", "red"),
    ];
    for (begin, expected) in cases {
        assert_eq!(word(judged(&party_day, "2026-11", &[held(begin)], "2026-12-20T00:00:00")), expected, "{begin}");
    }
    // Two are due.
    let twice = DutyRule { minimum: 2, ..party_day };
    let (one, two) = (held("2026-11-03T09:00:00"), held("2026-11-05T09:00:00"));
    assert_eq!(word(judged(&twice, "2026-11", &[one], "2026-11-26T00:00:00")), "orange");
    assert_eq!(word(judged(&twice, "2026-11", &[one, two], "2026-11-26T00:00:00")), "satisfied");
}

#[test]
fn more_than_half_of_those_with_a_vote_have_to_come() {
    let cases = [
        (12, 7, "satisfied"),
        (12, 6, "red"),
        (13, 7, "satisfied"),
        (13, 6, "red"),
        (0, 0, "red"),
        (1, 1, "satisfied"),
    ];
    for (voting, voting_present, expected) in cases {
        let meeting = MeetingFacts { voting, voting_present, ..held("2026-10-20T09:00:00") };
        let state = judged(&rule("general_meeting"), "2026-Q4", &[meeting], "2027-01-20T00:00:00");
        assert_eq!(word(state), expected, "{voting_present} of {voting}");
        let state = judged(&rule("party_lecture"), "2026-Q4", &[meeting], "2027-01-20T00:00:00");
        assert_eq!(word(state), "satisfied", "of a lecture nobody asks that");
    }
}

#[test]
fn what_is_planned_keeps_warnings_away_until_it_fails() {
    let party_day = rule("party_day");
    let launched = MeetingFacts {
        state: StateName::Launched,
        ended_at: None,
        minutes_signed_at: None,
        ..held("2026-11-27T09:00:00")
    };
    let with = |state| MeetingFacts { state, ..launched };
    let cases = [
        (launched, "2026-11-26T12:00:00", "coming"),
        (launched, "2026-11-27T10:59:59", "coming"),
        (launched, "2026-11-27T11:00:00", "orange"),
        (with(StateName::Cancelled), "2026-11-26T12:00:00", "orange"),
        (with(StateName::Draft), "2026-11-26T12:00:00", "orange"),
        (with(StateName::Running), "2026-11-27T13:00:00", "coming"),
        // It was planned for the next month.
        (MeetingFacts { starts_at: local("2026-12-01T00:00:00"), ..launched }, "2026-11-26T12:00:00", "orange"),
    ];
    for (meeting, now, expected) in cases {
        assert_eq!(word(judged(&party_day, "2026-11", &[meeting], now)), expected, "{:?} {now}", meeting.state);
    }
}

#[test]
fn minutes_have_seven_days_and_what_is_recorded_later_keeps_its_mark() {
    let party_day = rule("party_day");
    let with = |begin, signed: Option<&str>| MeetingFacts { minutes_signed_at: signed.map(local), ..held(begin) };
    let cases = [
        // when, minutes signed, now, how it stands
        ("2026-11-10T09:00:00", None, "2026-11-17T23:59:59", "coming"),
        ("2026-11-10T09:00:00", None, "2026-11-18T00:00:00", "yellow"),
        ("2026-11-10T09:00:00", Some("2026-11-24T09:00:00"), "2026-12-20T00:00:00", "satisfied"),
        // In the last days of the period the minutes may come after it.
        ("2026-11-28T09:00:00", None, "2026-12-05T23:59:59", "coming"),
        ("2026-11-28T09:00:00", None, "2026-12-06T00:00:00", "red"),
        ("2026-11-28T09:00:00", Some("2026-12-05T23:59:59"), "2026-12-20T00:00:00", "satisfied"),
        ("2026-11-28T09:00:00", Some("2026-12-06T00:00:00"), "2026-12-20T00:00:00", "late"),
        ("2026-11-10T09:00:00", Some("2026-12-01T00:00:00"), "2026-12-20T00:00:00", "late"),
        ("2026-11-10T09:00:00", Some("2026-11-30T23:59:59"), "2026-12-20T00:00:00", "satisfied"),
    ];
    for (begin, signed, now, expected) in cases {
        assert_eq!(
            word(judged(&party_day, "2026-11", &[with(begin, signed)], now)),
            expected,
            "{begin} {signed:?} {now}"
        );
    }
    let unasked = DutyRule { minutes_days: None, ..party_day.clone() };
    assert_eq!(
        word(judged(&unasked, "2026-11", &[with("2026-11-10T09:00:00", None)], "2026-11-11T00:00:00")),
        "satisfied"
    );
    // Written down weeks after it was held.
    let ended_at = Some(local("2026-12-14T09:00:00"));
    let recorded = MeetingFacts { ended_at, ..with("2026-11-10T09:00:00", Some("2026-12-14T10:00:00")) };
    assert_eq!(word(judged(&party_day, "2026-11", &[recorded], "2026-12-20T00:00:00")), "late");
    // Marked though it counts.
    let (of, calendar) = (period("2026-11"), WorkingCalendar::default());
    let slow = with("2026-11-10T09:00:00", Some("2026-11-24T09:00:00"));
    let found =
        assess(&party_day, None, of, &Thresholds::of(&party_day, of, &calendar), &[slow], local("2026-11-25T00:00:00"));
    assert_eq!((found.minutes_late, found.counted), (1, vec![slow.id]));
}

fn any_meeting() -> impl Strategy<Value = MeetingFacts> {
    let states = prop_oneof![
        Just(StateName::Launched),
        Just(StateName::Ended),
        Just(StateName::Archived),
        Just(StateName::Cancelled)
    ];
    (0_i64..70 * 24, states, 0_u32..13, proptest::option::of(0_i64..40 * 24)).prop_map(|(hour, state, came, signed)| {
        let begin = held("2026-10-20T00:00:00");
        let moved = |at: Timestamp| at.plus_millis(hour * 3_600_000);
        let over = matches!(state, StateName::Ended | StateName::Archived);
        MeetingFacts {
            state,
            starts_at: moved(begin.starts_at),
            ends_at: moved(begin.ends_at),
            ended_at: over.then(|| moved(begin.ends_at)),
            voting_present: came,
            minutes_signed_at: signed.filter(|_| over).map(|after| moved(begin.ends_at).plus_millis(after * 3_600_000)),
            ..begin
        }
    })
}

/// What was there at `now` already: minutes that were signed later were not.
fn known_at(meetings: &[MeetingFacts], now: Timestamp) -> Vec<MeetingFacts> {
    let signed = |meeting: &MeetingFacts| meeting.minutes_signed_at.filter(|signed| *signed <= now);
    meetings.iter().map(|meeting| MeetingFacts { minutes_signed_at: signed(meeting), ..*meeting }).collect()
}

proptest! {
    #[test]
    fn without_news_the_level_never_falls(
        meetings in proptest::collection::vec(any_meeting(), 0..4),
        minimum in 1_u32..3,
        hours in proptest::collection::vec(0_i64..90 * 24, 2..6),
    ) {
        let rule = DutyRule { minimum, ..rule("party_day") };
        let of = period("2026-11");
        let thresholds = Thresholds::of(&rule, of, &WorkingCalendar::default());
        let begin = local("2026-10-25T00:00:00");
        let mut hours = hours;
        hours.sort_unstable();
        // What is known at the first look stays all that is known.
        let meetings = known_at(&meetings, begin);
        let mut last = None;
        for hour in hours {
            let state = assess(&rule, None, of, &thresholds, &meetings, begin.plus_millis(hour * 3_600_000)).state;
            let level = match state { DutyState::Due(level) => Some(level), _ => None };
            prop_assert!(level >= last, "{last:?} then {state:?}");
            last = level;
        }
    }

    #[test]
    fn working_it_out_again_changes_nothing(
        meetings in proptest::collection::vec(any_meeting(), 0..4),
        hours in proptest::collection::vec(0_i64..90 * 24, 1..6),
    ) {
        let rule = rule("party_day");
        let of = period("2026-11");
        let key = DutyKey {
            organisation_id: OrganisationId::from_uuid(uuid::Uuid::from_u128(1)),
            group_id: None,
            type_code: rule.type_code.clone(),
            period: of,
        };
        let thresholds = Thresholds::of(&rule, of, &WorkingCalendar::default());
        let mut warning: Option<DutyWarning> = None;
        let mut hours = hours;
        hours.sort_unstable();
        for hour in hours {
            let now = local("2026-10-25T00:00:00").plus_millis(hour * 3_600_000);
            let found = assess(&rule, None, of, &thresholds, &known_at(&meetings, now), now);
            let level = warning.as_ref().map(|warning| warning.level);
            if let Some((after, _)) = follow(warning.as_ref(), &key, &found, now) {
                prop_assert_eq!(after.version, warning.map_or(1, |before| before.version + 1));
                prop_assert!(Some(after.level) >= level);
                warning = Some(after);
            }
            prop_assert!(follow(warning.as_ref(), &key, &found, now).is_none());
            prop_assert!(follow(warning.as_ref(), &key, &found, now.plus_millis(1)).is_none());
        }
    }
}

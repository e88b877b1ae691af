//! The arithmetic against a walker that knows nothing but the calendar's plain data and looks at every single step.
//!
//! `LIANXIN_ORACLE_CASES` sets the number of cases (20,000 without it), `LIANXIN_ORACLE_SEED` another beginning:
//! `LIANXIN_ORACLE_CASES=1000000 cargo test --release -p lianxin-domain calendar::tests::oracle -- --nocapture`.

use super::random::Random;
use super::*;

/// A day in milliseconds.
const DAY: i64 = 24 * HOUR;

/// Whether the office works in the minute of `at`: by the plain data, without anything of `arithmetic.rs`.
struct Walker<'a> {
    calendar: &'a WorkingCalendar,
    /// The day that was looked up last, and its hours in minutes.
    day: i64,
    hours: Vec<(i64, i64)>,
}

impl<'a> Walker<'a> {
    fn new(calendar: &'a WorkingCalendar) -> Self {
        Self { calendar, day: i64::MIN, hours: Vec::new() }
    }

    fn works(&mut self, at: i64) -> bool {
        let local = at + 8 * HOUR;
        let day = local.div_euclid(DAY);
        if day != self.day {
            self.day = day;
            let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(day + 719_163).unwrap()).unwrap();
            // 1 January 1970 was a Thursday.
            let usual = &self.calendar.week[(day + 3).rem_euclid(7) as usize];
            let periods = match self.calendar.days.get(&date) {
                None => usual.clone(),
                Some(special) if !special.working => Vec::new(),
                Some(special) => special.hours.clone().unwrap_or_else(|| self.calendar.makeup.clone()),
            };
            let minutes = |time: TimeOfDay| i64::from(time.minutes());
            self.hours = periods.iter().map(|period| (minutes(period.from), minutes(period.to))).collect();
        }
        let minute = local.rem_euclid(DAY) / MINUTE;
        self.hours.iter().any(|&(from, to)| from <= minute && minute < to)
    }
}

/// What was compared, so that a figure of cases is not one of empty cases.
#[derive(Debug, Default)]
struct Tally {
    cases: u64,
    steps: u64,
    added: u64,
    added_beyond: u64,
    closed: u64,
    with_pauses: u64,
    nothing_worked: u64,
}

/// One random case: `step` is a minute, a second or a millisecond, and every instant lies on one.
fn compare(random: &mut Random, tally: &mut Tally) {
    let (step, most_steps) = match random.within(0, 10) {
        0 => (1, 4_000),
        1 | 2 => (1_000, 2 * 3_600),
        3 => (MINUTE, 20 * 1_440),
        _ => (MINUTE, 5 * 1_440),
    };
    // Any day of 1900..2230, now and then the days about 1970.
    let first = if random.chance(5) { -1 } else { random.within(-25_567, 95_000) };
    let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(first + 719_163 - 3).unwrap()).unwrap();
    let calendar = random.calendar(date, 30, 20);
    let midnight = first * DAY - 8 * HOUR;
    let start = if step == MINUTE {
        midnight + random.within(0, 1_440) * MINUTE
    } else {
        // Small steps would see nothing but one state: begin shortly before an opening or a close, or a midnight.
        let day = calendar.periods_on(date + chrono::Days::new(3));
        let edges: Vec<i64> =
            day.iter().flat_map(|period| [period.from, period.to]).map(|t| t.minutes().into()).collect();
        let edge = edges.get(random.within(0, edges.len() as i64 + 1) as usize).copied().unwrap_or(0);
        midnight + edge * MINUTE - random.within(0, most_steps / 4) * step
    };
    let steps = if random.chance(20) {
        random.within(1, most_steps + 1)
    } else {
        random.within(most_steps / 2, most_steps + 1)
    };
    let (from, to) = (Timestamp::from_millis(start), Timestamp::from_millis(start + steps * step));
    let pauses = random.pauses(from, to, step);
    let case = || format!("{calendar:?}\nfrom {from:?} to {to:?}, pauses {pauses:?}");

    let mut walker = Walker::new(&calendar);
    let (mut open, mut counted) = (0, Vec::with_capacity(steps as usize));
    for index in 0..steps {
        let at = start + index * step;
        let works = walker.works(at);
        let paused = pauses.iter().any(|pause| pause.from.millis() <= at && at < pause.to.millis());
        open += i64::from(works) * step;
        counted.push(works && !paused);
    }
    let total = counted.iter().filter(|&&counts| counts).count() as i64 * step;
    assert_eq!(calendar.between(from, to, &pauses), total, "between of {}", case());
    assert_eq!(calendar.between(from, to, &[]), open, "between without pauses of {}", case());

    let days = calendar.explain(from, to, &pauses);
    assert_eq!(days.iter().map(|day| day.counted_ms).sum::<i64>(), total, "explain of {}", case());
    assert_eq!(days.iter().map(|day| day.paused_ms).sum::<i64>(), open - total, "explain of {}", case());
    let spans: Vec<&Span> = days.iter().flat_map(|day| &day.counted).collect();
    assert_eq!(spans.iter().map(|span| span.to.since(span.from)).sum::<i64>(), total, "explain of {}", case());
    assert!(spans.windows(2).all(|pair| pair[0].to <= pair[1].from), "explain of {}", case());

    // Amounts within what is worked, to the end of it exactly, and sometimes beyond.
    let amount = match random.within(0, 10) {
        0 => total,
        1 => total + 1 + random.within(0, step),
        _ if total == 0 => 1 + random.within(0, step),
        _ => random.within(1, total + 1),
    };
    let mut left = amount;
    let mut expected = (amount == 0).then_some(start);
    for (index, &counts) in counted.iter().enumerate() {
        if expected.is_some() {
            break;
        }
        if counts && left <= step {
            expected = Some(start + index as i64 * step + left);
        }
        left -= i64::from(counts) * step;
    }
    let answer = calendar.add(from, amount, &pauses);
    match expected {
        Some(due) => {
            tally.added += 1;
            assert_eq!(answer, Ok(Timestamp::from_millis(due)), "add {amount} of {}", case());
        }
        None => {
            tally.added_beyond += 1;
            assert!(answer.is_ok_and(|due| due > to), "add {amount} beyond: {answer:?} of {}", case());
        }
    }

    if step == MINUTE && random.chance(40) {
        let workdays = if random.chance(60) { 1 } else { random.within(1, 5) };
        tally.closed += 1;
        let close = walk_to_close(&calendar, start, workdays, &mut tally.steps);
        let answer = calendar.close_after(from, u32::try_from(workdays).unwrap());
        assert_eq!(answer, Ok(Timestamp::from_millis(close)), "close after {workdays} days of {}", case());
    }
    tally.cases += 1;
    tally.steps += steps as u64;
    tally.with_pauses += u64::from(!pauses.is_empty());
    tally.nothing_worked += u64::from(total == 0);
}

/// The end of the last worked minute of the `workdays`-th later day that has one.
fn walk_to_close(calendar: &WorkingCalendar, start: i64, workdays: i64, steps: &mut u64) -> i64 {
    let mut walker = Walker::new(calendar);
    let mut day = (start + 8 * HOUR).div_euclid(DAY);
    let mut left = workdays;
    loop {
        day += 1;
        let mut close = None;
        for minute in 0..1_440 {
            *steps += 1;
            let at = day * DAY - 8 * HOUR + minute * MINUTE;
            if walker.works(at) {
                close = Some(at + MINUTE);
            }
        }
        if let Some(close) = close {
            left -= 1;
            if left == 0 {
                return close;
            }
        }
    }
}

#[test]
fn arithmetic_agrees_with_a_walk_by_single_steps() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let cases = number("LIANXIN_ORACLE_CASES").unwrap_or(20_000);
    let mut random = Random(number("LIANXIN_ORACLE_SEED").unwrap_or(20_261_121));
    let mut tally = Tally::default();
    for _ in 0..cases {
        compare(&mut random, &mut tally);
    }
    println!("{tally:?}");
    // Not a figure of empty cases.
    if cases >= 1_000 {
        assert!(tally.nothing_worked * 3 < cases && tally.with_pauses * 2 > cases);
        assert!(tally.added > 2 * tally.added_beyond && tally.closed * 5 > cases);
    }
}

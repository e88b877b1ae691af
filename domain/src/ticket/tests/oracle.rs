//! Ends of limits and whole clocks of tickets against a walker that knows nothing but plain limits and plain office hours
//! and looks at every single minute; instants within a minute are cut out of it exactly.
//!
//! `LIANXIN_ORACLE_CASES` sets the number of cases (10,000 without it), `LIANXIN_ORACLE_SEED` another beginning:
//! `LIANXIN_ORACLE_CASES=1000000 cargo test --release -p lianxin-domain ticket::tests::oracle -- --nocapture`.

mod life;
mod model;

use chrono::{Days, NaiveDate};

use super::*;
use crate::calendar::{Period, Span, SpecialDay, TimeOfDay};
use crate::service_level::LimitClock;

/// `SplitMix64`: the same cases for the same seed.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of `from..to`.
    fn within(&mut self, from: i64, to: i64) -> i64 {
        from + (self.bits() % to.abs_diff(from)) as i64
    }

    /// True in `percent` of 100 cases.
    fn chance(&mut self, percent: i64) -> bool {
        self.within(0, 100) < percent
    }

    fn number(&mut self, from: i64, to: i64) -> u32 {
        u32::try_from(self.within(from, to)).unwrap()
    }

    fn limit(&mut self) -> Limit {
        match self.within(0, 10) {
            0..2 => Limit::continuous(self.number(1, 600), LimitUnit::Minutes),
            2 => Limit::continuous(self.number(1, 37), LimitUnit::Hours),
            3..6 => Limit::working(self.number(1, 600), LimitUnit::Minutes),
            6..8 => Limit::working(self.number(1, 11), LimitUnit::Hours),
            _ => Limit::working(self.number(1, 4), LimitUnit::Workdays),
        }
    }

    /// Up to three periods of a day in order; they may touch each other and the ends of the day.
    fn periods(&mut self) -> Vec<Period> {
        let text = ["08:30 12:00 14:30 18:00", "09:00 17:00", "00:00 24:00", "00:00 02:00 22:00 24:00"];
        let period = |from: &str, to: &str| Period { from: from.parse().unwrap(), to: to.parse().unwrap() };
        if self.chance(60) {
            let chosen: Vec<&str> = text[self.within(0, 4) as usize].split(' ').collect();
            return chosen.chunks(2).map(|pair| period(pair[0], pair[1])).collect();
        }
        let mut marks: Vec<i64> = (0..6).map(|_| self.within(0, 1_441)).collect();
        marks.sort_unstable();
        let time = |minute: i64| TimeOfDay::new((minute / 60) as u16, (minute % 60) as u16).unwrap();
        let periods = marks.chunks(2).filter(|pair| pair[0] < pair[1]);
        periods.map(|pair| Period { from: time(pair[0]), to: time(pair[1]) }).collect()
    }

    /// A calendar with at least two workdays a week, and special days about `date`.
    fn calendar(&mut self, date: NaiveDate) -> WorkingCalendar {
        let closed = self.within(0, 60);
        let mut week = std::array::from_fn(|_| if self.chance(closed) { Vec::new() } else { self.periods() });
        for _ in 0..2 {
            week[self.within(0, 7) as usize] =
                vec![Period { from: "09:00".parse().unwrap(), to: "16:07".parse().unwrap() }];
        }
        let mut calendar = WorkingCalendar { week, makeup: self.periods(), ..WorkingCalendar::default() };
        if calendar.makeup.is_empty() {
            calendar.makeup = WorkingCalendar::default().makeup;
        }
        let percent = if self.chance(50) { 0 } else { self.within(0, 40) };
        for date in (date - Days::new(10)).iter_days().take(40) {
            if self.chance(percent) {
                let working = self.chance(40);
                let hours = (working && self.chance(40)).then(|| self.periods()).filter(|hours| !hours.is_empty());
                calendar.days.insert(date, SpecialDay { working, name: "节".into(), hours });
            }
        }
        assert_eq!(calendar.check(), Ok(()));
        calendar
    }

    /// A step of time: all instants of a case lie on one of its multiples.
    fn step(&mut self) -> i64 {
        match self.within(0, 4) {
            0 => 1,
            1 => 1_000,
            _ => MINUTE,
        }
    }

    /// A day of 2024 to 2028 and an instant of it.
    fn start(&mut self, step: i64) -> (NaiveDate, i64) {
        let date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(self.number(0, 1_800).into());
        let midnight = i64::from(date.to_epoch_days()) * DAY - 8 * HOUR;
        (date, midnight + self.within(0, DAY / step) * step)
    }
}

/// The walker: the minutes of the day that was looked up last.
struct Office<'a> {
    calendar: &'a WorkingCalendar,
    /// The first minute of that day.
    midnight: i64,
    open: [bool; 1_440],
    /// Minutes looked at.
    looked: u64,
}

/// Local minutes are this far ahead.
const OFFSET_MINUTES: i64 = 8 * 60;
/// Nothing here takes longer.
const FOR_EVER: u64 = 3 * 365 * 1_440;

impl<'a> Office<'a> {
    fn new(calendar: &'a WorkingCalendar) -> Self {
        Self { calendar, midnight: i64::MAX, open: [false; 1_440], looked: 0 }
    }

    fn works(&mut self, minute: i64) -> bool {
        if minute < self.midnight || minute >= self.midnight + 1_440 {
            let day = (minute + OFFSET_MINUTES).div_euclid(1_440);
            self.midnight = day * 1_440 - OFFSET_MINUTES;
            let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(day + 719_163).unwrap()).unwrap();
            // 1 January 1970 was a Thursday, and weeks begin on Mondays.
            let usual = &self.calendar.week[(day + 3).rem_euclid(7) as usize];
            let periods = match self.calendar.days.get(&date) {
                None => usual,
                Some(special) if !special.working => &Vec::new(),
                Some(special) => special.hours.as_ref().unwrap_or(&self.calendar.makeup),
            };
            self.open.fill(false);
            for period in periods {
                self.open[usize::from(period.from.minutes())..usize::from(period.to.minutes())].fill(true);
            }
        }
        self.looked += 1;
        self.open[(minute - self.midnight) as usize]
    }

    /// When `budget` milliseconds are used up from `from` on, and before that `mark` of them; from minute to minute.
    fn used_up(
        &mut self,
        from: i64,
        (mark, budget): (i64, i64),
        clock: LimitClock,
        pauses: &[(i64, i64)],
    ) -> (i64, i64) {
        if budget <= 0 {
            return (from, from);
        }
        let give_up = self.looked + FOR_EVER;
        let (mut used, mut marked) = (0, from);
        let mut minute = from.div_euclid(MINUTE);
        loop {
            if self.works(minute) || clock == LimitClock::Continuous {
                let (begin, end) = (minute * MINUTE, (minute + 1) * MINUTE);
                let mut pieces = vec![];
                if begin < from || pauses.iter().any(|pause| pause.0 < end && begin < pause.1) {
                    pieces = cut(begin.max(from), end, pauses);
                } else if mark - used > MINUTE || mark <= used && budget - used > MINUTE {
                    used += MINUTE;
                } else {
                    pieces.push((begin, end));
                }
                for (begin, end) in pieces {
                    if mark > used && mark - used <= end - begin {
                        marked = begin + mark - used;
                    }
                    if budget - used <= end - begin {
                        return (marked, begin + budget - used);
                    }
                    used += end - begin;
                }
            }
            assert!(self.looked < give_up, "it never ends");
            minute += 1;
        }
    }

    /// The close of the `workdays`-th day with office hours after that of `from`, and the time worked until then.
    fn close(&mut self, from: i64, workdays: u32) -> (i64, i64) {
        let (mut left, mut minute) = (workdays, from.div_euclid(MINUTE));
        let (mut worked, mut last, mut today) = (0, None, true);
        let mut until_last = 0;
        loop {
            let works = self.works(minute);
            if minute == self.midnight && minute * MINUTE > from {
                today = false;
                if let Some(last) = last.take() {
                    left -= 1;
                    if left == 0 {
                        return (last, until_last);
                    }
                }
            }
            if works {
                let (begin, end) = ((minute * MINUTE).max(from), (minute + 1) * MINUTE);
                worked += end - begin;
                if !today {
                    (last, until_last) = (Some(end), worked);
                }
            }
            minute += 1;
        }
    }

    /// How much `limit` is from `start` on, and when it ends if nothing stops it.
    fn amount(&mut self, start: i64, limit: Limit) -> (i64, i64) {
        let budget = match limit.unit {
            LimitUnit::Workdays => {
                let (end, worked) = self.close(start, limit.value);
                return (worked, end);
            }
            LimitUnit::Minutes => i64::from(limit.value) * MINUTE,
            LimitUnit::Hours => i64::from(limit.value) * HOUR,
        };
        (budget, self.used_up(start, (0, budget), limit.clock, &[]).1)
    }

    /// When `percent` of a limit and what was granted beyond it are used up, and when all of it is.
    fn ends(
        &mut self,
        start: i64,
        (limit, beyond): (Limit, Option<Limit>),
        pauses: &[(i64, i64)],
        percent: u8,
    ) -> (i64, i64) {
        let Some(more) = beyond else {
            let budget = match limit.unit {
                LimitUnit::Workdays => self.close(start, limit.value).1,
                LimitUnit::Minutes => i64::from(limit.value) * MINUTE,
                LimitUnit::Hours => i64::from(limit.value) * HOUR,
            };
            return self.used_up(start, (budget * i64::from(percent) / 100, budget), limit.clock, pauses);
        };
        let (own, first) = self.amount(start, limit);
        let (granted, _) = self.amount(first, more);
        let mark = (own + granted) * i64::from(percent) / 100;
        let (early, end) = self.used_up(start, (mark.min(own), own), limit.clock, pauses);
        let (late, whole) = self.used_up(end, (mark - own, granted), more.clock, pauses);
        (if mark <= own { early } else { late }, whole)
    }
}

/// What is left of `begin..end` outside the pauses.
fn cut(begin: i64, end: i64, pauses: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let edges = pauses.iter().flat_map(|pause| [pause.0, pause.1]);
    let mut marks: Vec<i64> = edges.filter(|at| begin < *at && *at < end).chain([begin, end]).collect();
    marks.sort_unstable();
    let pieces = marks.windows(2).map(|piece| (piece[0], piece[1]));
    pieces.filter(|piece| !pauses.iter().any(|pause| pause.0 <= piece.0 && piece.0 < pause.1)).collect()
}

/// A number of the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn cases() -> u64 {
    setting("LIANXIN_ORACLE_CASES").unwrap_or(10_000)
}

fn random() -> Random {
    Random(setting("LIANXIN_ORACLE_SEED").unwrap_or(20_261_121))
}

#[test]
fn ends_of_limits_agree_with_a_walk_by_minutes() {
    let mut random = random();
    let (mut looked, mut paused, mut moved, mut extended) = (0, 0, 0, 0);
    for _ in 0..cases() {
        let step = random.step();
        let (date, start) = random.start(step);
        let rules = TimeRules { calendar: random.calendar(date), ..TimeRules::default() };
        let limit = random.limit();
        let beyond = random.chance(35).then(|| random.limit());
        // In no order, overlapping, empty, reversed, before the start.
        let count = if random.chance(20) { 0 } else { random.within(1, 6) };
        let steps = 2 * DAY / step;
        let pauses: Vec<(i64, i64)> = (0..count)
            .map(|_| {
                let from = start + random.within(-steps / 8, steps) * step;
                let longest = if random.chance(80) { steps / 12 } else { steps };
                (from, from + random.within(-longest / 20 - 1, longest) * step)
            })
            .collect();
        let percent = random.number(0, 101) as u8;
        let mut office = Office::new(&rules.calendar);
        let (part, end) = office.ends(start, (limit, beyond), &pauses, percent);

        let at = Timestamp::from_millis;
        let spans: Vec<Span> = pauses.iter().map(|pause| Span { from: at(pause.0), to: at(pause.1) }).collect();
        let case = || format!("{limit:?} and {beyond:?} from {:?}, pauses {spans:?}, {:?}", at(start), rules.calendar);
        assert_eq!(rules.end(at(start), limit, beyond, &spans), at(end), "{}", case());
        assert_eq!(rules.part(at(start), limit, beyond, &spans, percent), at(part), "{percent} % of {}", case());
        looked += office.looked;
        paused += u64::from(!pauses.is_empty());
        moved += u64::from(!pauses.is_empty() && office.ends(start, (limit, beyond), &[], percent).1 != end);
        extended += u64::from(beyond.is_some());
    }
    let cases = cases();
    println!("{cases} cases, {paused} with pauses, {moved} moved by them, {extended} with more time, {looked} minutes");
    // Not a figure of empty cases.
    if cases >= 1_000 {
        assert!(paused * 2 > cases && moved * 3 > cases && extended * 4 > cases);
    }
}

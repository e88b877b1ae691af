//! The limits by tables of cases, and in a made-up world of steps.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_241_527_000);

fn limit(id: &str, in_ms: i64) -> Deadline {
    let (kind, subject_id) = ("test".to_owned(), "subject".to_owned());
    Deadline { id: id.to_owned(), kind, subject_id, due_at: NOW.plus_millis(in_ms) }
}

/// The clock with these rows, read now.
fn read(rows: &[(&str, i64)]) -> Limits {
    let mut limits = Limits::new(NOW);
    read_again(&mut limits, 0, rows);
    limits
}

fn read_again(limits: &mut Limits, at_ms: i64, rows: &[(&str, i64)]) {
    limits.begin_reading();
    for (id, in_ms) in rows {
        limits.found(limit(id, *in_ms), NOW.plus_millis(at_ms));
    }
    limits.end_reading();
}

/// What is told at that time, in order: id, and end.
fn told(limits: &mut Limits, at_ms: i64) -> Vec<(String, i64)> {
    let due = std::iter::from_fn(|| limits.next_due(NOW.plus_millis(at_ms)));
    due.map(|(key, deadline)| (key.to_string(), deadline.due_at.since(NOW))).collect()
}

fn handled(limits: &mut Limits, id: &str, done: bool, at_ms: i64) {
    assert!(limits.handled(&Key::from(id), done, NOW.plus_millis(at_ms)).is_some());
}

fn one(id: &str, in_ms: i64) -> Vec<(String, i64)> {
    vec![(id.to_owned(), in_ms)]
}

#[test]
fn pauses_double_up_to_a_minute() {
    let pauses: Vec<i64> = [1, 2, 3, 6, 7, 8, 40, 70, u32::MAX].into_iter().map(pause_ms).collect();
    assert_eq!(pauses, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
}

#[test]
fn what_failed_is_told_again_after_growing_pauses() {
    let mut limits = read(&[("a", 0)]);
    let mut at = 0;
    for pause in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(told(&mut limits, at), one("a", 0));
        assert_eq!(told(&mut limits, at), [], "it is being told");
        handled(&mut limits, "a", false, at);
        // Neither a reading nor the bell makes the pause shorter.
        read_again(&mut limits, at, &[("a", 0)]);
        limits.belled(limit("a", 0), NOW.plus_millis(at));
        assert_eq!(told(&mut limits, at + pause - 1), []);
        at += pause;
    }
}

#[test]
fn a_row_that_outlives_its_effect_is_told_again_after_growing_pauses() {
    let mut limits = read(&[("a", 0)]);
    assert_eq!(told(&mut limits, 0), one("a", 0));
    handled(&mut limits, "a", true, 0);
    assert_eq!(told(&mut limits, 500_000), [], "without a reading it counts as gone");
    read_again(&mut limits, 0, &[("a", 0)]);
    assert_eq!(told(&mut limits, 999), []);
    assert_eq!(told(&mut limits, 1_000), one("a", 0));
    handled(&mut limits, "a", true, 1_000);
    read_again(&mut limits, 1_000, &[("a", 0)]);
    assert_eq!(told(&mut limits, 2_999), []);
    assert_eq!(told(&mut limits, 3_000), one("a", 0));
    handled(&mut limits, "a", true, 3_000);
    read_again(&mut limits, 3_000, &[]);
    assert_eq!(told(&mut limits, 500_000), []);
    assert!(limits.by_key.is_empty() && limits.armed() == 0);
}

#[test]
fn a_row_that_moved_or_went_is_not_told_at_its_old_time() {
    let mut limits = read(&[("moved", 10), ("gone", 10), ("stays", 10)]);
    read_again(&mut limits, 5, &[("moved", 20), ("stays", 10)]);
    assert_eq!(told(&mut limits, 10), one("stays", 10));
    limits.belled(limit("moved", 15), NOW.plus_millis(10));
    assert_eq!(told(&mut limits, 15), one("moved", 15));
}

#[test]
fn a_row_that_moves_while_it_is_told_is_told_again_at_its_new_time_and_not_before() {
    let mut limits = read(&[("a", 0)]);
    told(&mut limits, 0);
    limits.belled(limit("a", 5), NOW);
    assert_eq!(told(&mut limits, 100), [], "one at a time");
    handled(&mut limits, "a", false, 100);
    assert_eq!(told(&mut limits, 100), one("a", 5), "the pause was the old time's");
    handled(&mut limits, "a", false, 100);
    assert_eq!(told(&mut limits, 1_100), one("a", 5));
    handled(&mut limits, "a", false, 1_100);
    limits.belled(limit("a", 9), NOW.plus_millis(1_100));
    assert_eq!(told(&mut limits, 1_100), one("a", 9));
    handled(&mut limits, "a", false, 1_100);
    assert_eq!(told(&mut limits, 2_100), one("a", 9), "pauses begin anew too");
    handled(&mut limits, "a", true, 2_100);
    assert_eq!(told(&mut limits, 100_000), []);
}

#[test]
fn a_row_that_goes_while_it_is_told_is_forgotten() {
    let mut limits = read(&[("a", 0)]);
    told(&mut limits, 0);
    read_again(&mut limits, 0, &[]);
    assert_eq!(limits.in_flight(), 1);
    handled(&mut limits, "a", true, 0);
    read_again(&mut limits, 0, &[]);
    assert!(limits.by_key.is_empty() && limits.in_flight() == 0);
}

#[test]
fn the_bell_is_newer_than_a_page_of_a_reading_that_had_begun() {
    let mut limits = read(&[("a", 50_000), ("b", 50_000)]);
    limits.begin_reading();
    limits.belled(limit("a", 10), NOW);
    limits.belled(limit("new", 20), NOW);
    limits.found(limit("a", 50_000), NOW);
    limits.end_reading();
    assert_eq!(told(&mut limits, 60_000), [("a".to_owned(), 10), ("new".to_owned(), 20)], "and b is gone");
    // The next reading knows better again.
    let mut limits = read(&[]);
    limits.belled(limit("a", 10), NOW);
    read_again(&mut limits, 0, &[("a", 30)]);
    assert_eq!(told(&mut limits, 29), []);
}

#[test]
fn a_clock_that_goes_back_neither_tells_early_nor_pauses_for_long() {
    let mut limits = read(&[("a", 0), ("b", 10)]);
    told(&mut limits, 10);
    // An hour back, while both are told.
    handled(&mut limits, "a", false, -3_600_000);
    assert_eq!(told(&mut limits, -1), []);
    assert_eq!(told(&mut limits, 0), one("a", 0));
    handled(&mut limits, "b", false, 10);
    read_again(&mut limits, -100_000, &[("a", 0), ("b", 10)]);
    assert_eq!(told(&mut limits, 9), []);
    assert_eq!(told(&mut limits, 10), one("b", 10), "not 1,010: the pause is over an hour ago");
}

#[derive(Debug, Clone)]
enum Step {
    /// A row is written to end so long from now; the bell may be heard or not.
    Write(u8, i64, bool),
    Delete(u8),
    Read,
    /// A reading of two pages, with these steps in between.
    ReadAround(Vec<Step>),
    Advance(i64),
    /// The next that is due is told.
    Tell,
    /// The first that is being told is done: effective, void, or failed.
    Handle(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let simple = prop_oneof![
        3 => (0..6_u8, -5_000..90_000_i64, any::<bool>()).prop_map(|(id, at, bell)| Step::Write(id, at, bell)),
        1 => (0..6_u8).prop_map(Step::Delete),
        1 => Just(Step::Read),
        3 => (-2_000..20_000_i64).prop_map(Step::Advance),
        4 => Just(Step::Tell),
        4 => (0..3_u8).prop_map(Step::Handle),
    ];
    let pages = proptest::collection::vec(simple.clone(), 0..6).prop_map(Step::ReadAround);
    prop_oneof![9 => simple, 1 => pages]
}

/// A table, a clock and handlers around the limits.
struct World {
    now: Timestamp,
    table: BTreeMap<String, Deadline>,
    telling: Vec<(Key, Deadline)>,
    limits: Limits,
    is_reading: bool,
}

impl World {
    fn page(&mut self, ids: std::ops::RangeInclusive<u8>) {
        let until = self.now.plus_millis(WINDOW_MS);
        for id in ids {
            if let Some(row) = self.table.get(&id.to_string()).filter(|row| row.due_at < until) {
                self.limits.found(row.clone(), self.now);
            }
        }
    }

    fn tell(&mut self) -> Result<bool, TestCaseError> {
        let Some((key, deadline)) = self.limits.next_due(self.now) else { return Ok(false) };
        prop_assert!(deadline.due_at <= self.now, "early");
        prop_assert!(self.telling.iter().all(|(telling, _)| *telling != key), "twice at once");
        self.telling.push((key, deadline));
        Ok(true)
    }

    fn handle(&mut self, effect: u8) {
        if self.telling.is_empty() {
            return;
        }
        let (key, deadline) = self.telling.remove(0);
        // What an effect does: the row goes if it is still the one that was told.
        if effect == 0 && self.table.get(&deadline.id) == Some(&deadline) {
            self.table.remove(&deadline.id);
        }
        assert_eq!(self.limits.handled(&key, effect < 2, self.now), Some(deadline));
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Write(id, from_now, bell) => {
                let row = limit(&id.to_string(), self.now.since(NOW) + from_now);
                self.table.insert(row.id.clone(), row.clone());
                if *bell {
                    self.limits.belled(row, self.now);
                }
            }
            Step::Delete(id) => drop(self.table.remove(&id.to_string())),
            Step::Read if !self.is_reading => self.step(&Step::ReadAround(Vec::new()))?,
            Step::Read => {}
            Step::ReadAround(between) => {
                self.is_reading = true;
                self.limits.begin_reading();
                self.page(0..=2);
                for step in between {
                    self.step(step)?;
                }
                self.page(3..=5);
                self.limits.end_reading();
                self.is_reading = false;
            }
            Step::Advance(by) => self.now = self.now.plus_millis(*by),
            Step::Tell => drop(self.tell()?),
            Step::Handle(effect) => self.handle(*effect),
        }
        prop_assert_eq!(self.limits.in_flight(), self.telling.len());
        prop_assert!(self.limits.armed() <= self.limits.by_key.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_is_told_early_or_twice_at_once_and_in_the_end_everything_takes_effect(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let (table, telling) = (BTreeMap::new(), Vec::new());
        let mut world = World { now: NOW, table, telling, limits: Limits::new(NOW), is_reading: false };
        for step in &steps {
            world.step(step)?;
        }
        // Two and a half minutes in which everybody does what they should: past the last end and the longest pause.
        for _ in 0..5 {
            world.now = world.now.plus_millis(30_000);
            world.step(&Step::Read)?;
            while world.tell()? {}
            while !world.telling.is_empty() {
                world.handle(0);
            }
        }
        prop_assert!(world.table.is_empty(), "{:?}", world.table);
        world.step(&Step::ReadAround(Vec::new()))?;
        prop_assert!(world.limits.by_key.is_empty());
    }
}

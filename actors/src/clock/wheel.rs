//! A timing wheel: which keys are due by now, without a look at those that are not. Pure; knows no clock and no key's
//! meaning.
//!
//! A ring of slots holds what is due within its window; what is due later waits aside until its slot comes into the
//! window. Moving on costs what is due plus the slots passed. A clock that jumps, either way, loses nothing, fires
//! nothing early and nothing twice.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use lianxin_domain::clock::Timestamp;

/// Keys with the time each is due at, in `SLOTS` slots of `SLOT_MS` milliseconds.
#[derive(Debug)]
pub struct Wheel<K, const SLOTS: usize = 600, const SLOT_MS: i64 = 100> {
    /// The slot for each tick from `tick` to `tick + SLOTS`, at the tick's remainder. Overdue keys are in the first.
    ring: Vec<BTreeSet<(Timestamp, K)>>,
    in_ring: usize,
    aside: BTreeSet<(Timestamp, K)>,
    times: HashMap<K, Timestamp>,
    /// Number of the first slot.
    tick: i64,
}

impl<K: Clone + Ord + Hash, const SLOTS: usize, const SLOT_MS: i64> Wheel<K, SLOTS, SLOT_MS> {
    /// How far the ring reaches.
    pub const WINDOW_MS: i64 = SLOTS.cast_signed() as i64 * SLOT_MS;

    /// An empty wheel whose window begins `now`.
    pub fn new(now: Timestamp) -> Self {
        const { assert!(SLOTS > 0 && SLOT_MS > 0, "a wheel needs slots, and slots need a length") };
        Self {
            ring: (0..SLOTS).map(|_| BTreeSet::new()).collect(),
            in_ring: 0,
            aside: BTreeSet::new(),
            times: HashMap::new(),
            tick: Self::tick_of(now),
        }
    }

    /// How many keys are armed.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether no key is armed.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Makes `key` due at `at`, which may be over already; if it was armed, it is moved.
    pub fn arm(&mut self, key: K, at: Timestamp) {
        if self.times.get(&key) == Some(&at) {
            return;
        }
        if let Some(before) = self.times.insert(key.clone(), at) {
            self.take_out(&(before, key.clone()));
        }
        self.put((at, key));
    }

    /// Forgets `key`; answers when it was due, if it was armed.
    pub fn disarm(&mut self, key: &K) -> Option<Timestamp> {
        let at = self.times.remove(key)?;
        self.take_out(&(at, key.clone()));
        Some(at)
    }

    /// Takes out everything due by `now`, in order of time.
    pub fn advance(&mut self, now: Timestamp) -> Vec<(K, Timestamp)> {
        std::iter::from_fn(|| self.pop(now)).collect()
    }

    /// Takes out the first of what is due by `now`: for who cannot take everything at once.
    pub fn pop(&mut self, now: Timestamp) -> Option<(K, Timestamp)> {
        let target = Self::tick_of(now);
        if target < self.tick {
            self.move_back(target);
        }
        loop {
            let slot = self.slot(self.tick);
            // Slots are sorted, so what is not due is not touched.
            if let Some((at, key)) = self.ring[slot].pop_first() {
                if at <= now {
                    self.in_ring -= 1;
                    self.times.remove(&key);
                    return Some((key, at));
                }
                self.ring[slot].insert((at, key));
            }
            if self.tick == target {
                return None;
            }
            // What is left in this slot would be due before the next slot begins, and that time has come.
            self.tick = if self.in_ring > 0 { self.tick + 1 } else { self.next_with_work(target) };
            self.take_from_aside();
        }
    }

    fn tick_of(at: Timestamp) -> i64 {
        at.millis().div_euclid(SLOT_MS)
    }

    fn slot(&self, tick: i64) -> usize {
        usize::try_from(tick.rem_euclid(self.ring.len().cast_signed() as i64)).unwrap_or_default()
    }

    /// Whether `at` is behind the window.
    fn is_aside(&self, at: Timestamp) -> bool {
        Self::tick_of(at).saturating_sub(self.tick) >= SLOTS.cast_signed() as i64
    }

    fn put(&mut self, entry: (Timestamp, K)) {
        if self.is_aside(entry.0) {
            self.aside.insert(entry);
        } else {
            let slot = self.slot(Self::tick_of(entry.0).max(self.tick));
            self.ring[slot].insert(entry);
            self.in_ring += 1;
        }
    }

    fn take_out(&mut self, entry: &(Timestamp, K)) {
        if !self.aside.remove(entry) {
            let slot = self.slot(Self::tick_of(entry.0).max(self.tick));
            self.in_ring -= usize::from(self.ring[slot].remove(entry));
        }
    }

    /// Over an empty ring the wheel jumps: to `target`, or to what waits aside before it.
    fn next_with_work(&self, target: i64) -> i64 {
        self.aside.first().map_or(target, |(at, _)| Self::tick_of(*at).min(target))
    }

    fn take_from_aside(&mut self) {
        while self.aside.first().is_some_and(|(at, _)| !self.is_aside(*at)) {
            let Some(entry) = self.aside.pop_first() else { return };
            self.put(entry);
        }
    }

    /// The clock went back: every key gets the slot that it has in the earlier window.
    fn move_back(&mut self, target: i64) {
        let entries: Vec<_> = self.ring.iter_mut().flat_map(std::mem::take).collect();
        self.in_ring = 0;
        self.tick = target;
        for entry in entries {
            self.put(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Eight slots of ten milliseconds.
    type Small = Wheel<&'static str, 8, 10>;

    const START: i64 = 1_795_241_527_003;

    fn after(ms: i64) -> Timestamp {
        Timestamp::from_millis(START + ms)
    }

    fn due(wheel: &mut Small, at_ms: i64) -> Vec<(&'static str, i64)> {
        wheel.advance(after(at_ms)).into_iter().map(|(key, at)| (key, at.millis() - START)).collect()
    }

    fn armed(keys: &[(&'static str, i64)]) -> Small {
        let mut wheel = Small::new(after(0));
        for (key, at_ms) in keys {
            wheel.arm(key, after(*at_ms));
        }
        wheel
    }

    #[test]
    fn what_is_due_comes_once_in_order_of_time_and_not_a_millisecond_early() {
        let mut wheel = armed(&[("c", 30), ("a", 5), ("b", 5), ("d", 31), ("past", -1_000)]);
        assert_eq!(due(&mut wheel, 0), [("past", -1_000)]);
        assert_eq!(due(&mut wheel, 4), []);
        assert_eq!(due(&mut wheel, 30), [("a", 5), ("b", 5), ("c", 30)]);
        assert_eq!(due(&mut wheel, 30), []);
        assert_eq!(due(&mut wheel, 31), [("d", 31)]);
        assert!(wheel.is_empty());
    }

    #[test]
    fn a_key_has_one_time() {
        let mut wheel = armed(&[("later", 10), ("sooner", 50), ("same", 20), ("in", 500), ("out", 20)]);
        wheel.arm("later", after(60));
        wheel.arm("sooner", after(5));
        wheel.arm("same", after(20));
        wheel.arm("in", after(20));
        wheel.arm("out", after(500));
        assert_eq!(wheel.len(), 5);
        assert_eq!(due(&mut wheel, 20), [("sooner", 5), ("in", 20), ("same", 20)]);
        assert_eq!(due(&mut wheel, 1_000), [("later", 60), ("out", 500)]);
    }

    #[test]
    fn a_disarmed_key_is_not_due() {
        let mut wheel = armed(&[("near", 10), ("far", 500), ("past", -500)]);
        assert_eq!(wheel.disarm(&"near"), Some(after(10)));
        assert_eq!(wheel.disarm(&"far"), Some(after(500)));
        assert_eq!(wheel.disarm(&"past"), Some(after(-500)));
        assert_eq!(wheel.disarm(&"past"), None);
        assert_eq!(due(&mut wheel, 1_000), []);
        assert!(wheel.is_empty());
    }

    #[test]
    fn times_behind_the_window_come_when_their_time_comes() {
        let mut wheel = armed(&[("turn", 85), ("turns", 165), ("year", 365 * 86_400_000)]);
        assert_eq!(due(&mut wheel, 84), []);
        assert_eq!(due(&mut wheel, 85), [("turn", 85)]);
        assert_eq!(due(&mut wheel, 164), []);
        assert_eq!(due(&mut wheel, 165), [("turns", 165)]);
        assert_eq!(due(&mut wheel, 365 * 86_400_000), [("year", 365 * 86_400_000)]);
    }

    #[test]
    fn after_a_long_sleep_everything_missed_comes_in_order() {
        let mut wheel = armed(&[("a", 10), ("b", 79), ("c", 81), ("d", 5_000), ("not", 9_000_001)]);
        assert_eq!(due(&mut wheel, 9_000_000), [("a", 10), ("b", 79), ("c", 81), ("d", 5_000)]);
        assert_eq!(wheel.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_back_fires_nothing_early_and_nothing_twice() {
        let mut wheel = armed(&[("a", 100), ("b", 150), ("c", 170)]);
        assert_eq!(due(&mut wheel, 120), [("a", 100)]);
        assert_eq!(due(&mut wheel, -10_000), []);
        wheel.arm("new", after(-9_990));
        assert_eq!(due(&mut wheel, -9_991), []);
        assert_eq!(due(&mut wheel, -9_990), [("new", -9_990)]);
        wheel.arm("gone", after(149));
        assert_eq!(wheel.disarm(&"gone"), Some(after(149)));
        assert_eq!(due(&mut wheel, 149), []);
        assert_eq!(due(&mut wheel, 150), [("b", 150)]);
        // Armed while nobody had told the wheel that the clock is back.
        wheel.arm("before", after(20));
        assert_eq!(due(&mut wheel, 10), []);
        assert_eq!(due(&mut wheel, 200), [("before", 20), ("c", 170)]);
    }

    #[test]
    fn what_is_not_taken_stays() {
        let mut wheel = armed(&[("a", 10), ("b", 20), ("c", 70)]);
        assert_eq!(wheel.pop(after(70)), Some(("a", after(10))));
        // What is armed meanwhile takes its place in the order, although its slot has been passed.
        wheel.pop(after(70));
        wheel.arm("late", after(15));
        assert_eq!(due(&mut wheel, 70), [("late", 15), ("c", 70)]);
    }

    #[test]
    fn the_ends_of_time_are_times() {
        let mut wheel = Small::new(Timestamp::from_millis(i64::MIN));
        wheel.arm("first", Timestamp::from_millis(i64::MIN));
        wheel.arm("last", Timestamp::from_millis(i64::MAX));
        assert_eq!(wheel.advance(Timestamp::from_millis(i64::MIN)).len(), 1);
        assert_eq!(wheel.advance(Timestamp::from_millis(i64::MAX - 1)), []);
        assert_eq!(wheel.advance(Timestamp::from_millis(i64::MAX)).len(), 1);
        wheel.arm("again", Timestamp::from_millis(i64::MAX));
        assert_eq!(wheel.advance(Timestamp::from_millis(i64::MIN)), []);
        assert_eq!(wheel.len(), 1);
    }

    #[derive(Debug, Clone)]
    enum Step {
        /// Key, and from now.
        Arm(u8, i64),
        Disarm(u8),
        /// The clock moves by so much, and everything due is taken.
        Advance(i64),
        /// The clock moves by so much, and so many are taken.
        Pop(i64, u8),
        /// The clock moves by so much, and the wheel is not told.
        Drift(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let near = -30..120_i64;
        let far = -3_000..3_000_i64;
        let step = prop_oneof![
            4 => (0..12_u8, near.clone()).prop_map(|(key, at)| Step::Arm(key, at)),
            1 => (0..12_u8, far.clone()).prop_map(|(key, at)| Step::Arm(key, at)),
            1 => (0..12_u8).prop_map(Step::Disarm),
            4 => (0..25_i64).prop_map(Step::Advance),
            1 => far.clone().prop_map(Step::Advance),
            1 => (near, 0..3_u8).prop_map(|(by, count)| Step::Pop(by, count)),
            1 => far.prop_map(Step::Drift),
        ];
        proptest::collection::vec(step, 1..120)
    }

    /// The same by the simplest means.
    #[derive(Default)]
    struct Model(BTreeMap<u8, Timestamp>);

    impl Model {
        fn pop(&mut self, now: Timestamp) -> Option<(u8, Timestamp)> {
            let (at, key) = self.0.iter().map(|(key, at)| (*at, *key)).min().filter(|(at, _)| *at <= now)?;
            self.0.remove(&key);
            Some((key, at))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn is_what_a_sorted_table_would_be(steps in steps()) {
            let mut now = after(0);
            let mut wheel = Wheel::<u8, 8, 10>::new(now);
            let mut model = Model::default();
            for step in steps {
                match step {
                    Step::Arm(key, from_now) => {
                        wheel.arm(key, now.plus_millis(from_now));
                        model.0.insert(key, now.plus_millis(from_now));
                    }
                    Step::Disarm(key) => prop_assert_eq!(wheel.disarm(&key), model.0.remove(&key)),
                    Step::Advance(by) => {
                        now = now.plus_millis(by);
                        let expected: Vec<_> = std::iter::from_fn(|| model.pop(now)).collect();
                        prop_assert_eq!(wheel.advance(now), expected);
                    }
                    Step::Pop(by, count) => {
                        now = now.plus_millis(by);
                        for _ in 0..count {
                            prop_assert_eq!(wheel.pop(now), model.pop(now));
                        }
                    }
                    Step::Drift(by) => now = now.plus_millis(by),
                }
                prop_assert_eq!(wheel.len(), model.0.len());
                prop_assert_eq!(wheel.is_empty(), model.0.is_empty());
            }
        }
    }
}

//! How often something may be tried, by whatever key: an address, an account. Kept in memory only: a restart forgets it,
//! which gives whoever guesses a few tries more.

use std::collections::HashMap;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::problem::{Refusal, RefusalKind};
use parking_lot::Mutex;

/// Keys remembered at most. Beyond it the oldest half is forgotten.
const CAPACITY: usize = 20_000;

/// So many tries in a stretch of time that begins with the first of them.
pub struct Limit {
    most: u32,
    per_ms: i64,
    tries: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Limit {
    /// `most` tries in `per_ms` milliseconds.
    pub fn new(most: u32, per_ms: i64) -> Self {
        Self { most, per_ms, tries: Mutex::default() }
    }

    /// Takes a try, before it is known how it ends: of many at once no more get through.
    ///
    /// # Errors
    /// A [`Refusal`] with `code` and `words` that says when to come back; nothing was taken then.
    pub fn take(&self, key: &str, now: Timestamp, code: &'static str, words: &str) -> Result<(), Refusal> {
        let mut tries = self.tries.lock();
        if tries.len() >= CAPACITY && !tries.contains_key(key) {
            self.make_room(&mut tries, now);
        }
        let (taken, since) = tries.entry(key.to_owned()).or_insert((0, now));
        if !now.is_within(self.per_ms, *since) {
            (*taken, *since) = (0, now);
        }
        if *taken >= self.most {
            let left_ms = self.per_ms - now.since(*since);
            let retry_after_s = u32::try_from(left_ms / 1_000 + 1).unwrap_or(u32::MAX);
            return Err(Refusal::new(RefusalKind::TooOften { retry_after_s }, code, words));
        }
        *taken += 1;
        Ok(())
    }

    /// Gives a try back that ended well.
    pub fn give_back(&self, key: &str) {
        if let Some((taken, _)) = self.tries.lock().get_mut(key) {
            *taken = taken.saturating_sub(1);
        }
    }

    fn make_room(&self, tries: &mut HashMap<String, (u32, Timestamp)>, now: Timestamp) {
        tries.retain(|_, (_, since)| now.is_within(self.per_ms, *since));
        if tries.len() >= CAPACITY {
            let mut begun: Vec<Timestamp> = tries.values().map(|(_, since)| *since).collect();
            begun.sort_unstable();
            let middle = begun[begun.len() / 2];
            tries.retain(|_, (_, since)| *since > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn tries_are_limited_by_key_until_their_time_is_over() {
        let limit = Limit::new(3, 10_000);
        let take = |key, ms| limit.take(key, at(ms), "x.too_often", "太频繁");
        for ms in [0, 1, 2] {
            assert_eq!(take("a", ms), Ok(()));
        }
        let refusal = take("a", 3).unwrap_err();
        assert_eq!((refusal.code, refusal.kind), ("x.too_often", RefusalKind::TooOften { retry_after_s: 10 }));
        assert_eq!(take("b", 3), Ok(()));
        // One that was refused takes nothing, one that is given back is free again.
        limit.give_back("a");
        assert_eq!(take("a", 4), Ok(()));
        assert!(take("a", 9_999).is_err());
        assert_eq!(take("a", 10_000), Ok(()));
        limit.give_back("never seen");
        // A clock that is set right by more than the whole stretch does not keep anybody out.
        assert!(take("b", -1).is_ok() && take("b", -1).is_ok() && take("b", -1).is_err());
        assert_eq!(take("b", -10_000), Ok(()));
    }

    #[test]
    fn the_memory_stays_small() {
        let limit = Limit::new(1, 10_000);
        for number in 0..CAPACITY + 10 {
            let _ = limit.take(&number.to_string(), at(i64::try_from(number / 100).unwrap_or(0)), "x.y", "z");
        }
        assert!(limit.tries.lock().len() <= CAPACITY);
        // Those of a moment ago are still known.
        let last = (CAPACITY + 9).to_string();
        assert!(limit.take(&last, at(201), "x.y", "z").is_err());
    }
}

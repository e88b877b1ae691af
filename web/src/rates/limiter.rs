//! A rate by key: so many at once, and so many an hour after that (GCRA, by `governor`). The time is given, and the memory of
//! keys is bounded by its make.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use serde::Deserialize;

/// Parts of a memory that are locked apart.
const PARTS: usize = 64;
/// Keys of a part; of a memory some 100,000, which are 3 to 6 MB.
const KEYS_OF_PART: usize = 1_600;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What a rule allows to one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// After a pause.
    pub at_once: NonZeroU32,
    /// For ever.
    pub an_hour: NonZeroU32,
}

impl Allowed {
    fn quota(self) -> Quota {
        // The period is a second at least a few nanoseconds long, as an hour has more of them than a `u32` counts.
        let quota = Quota::with_period(HOUR / self.an_hour.get()).unwrap_or(Quota::per_hour(self.an_hour));
        quota.allow_burst(self.at_once)
    }
}

/// Nanoseconds that only grow, whatever is done to the machine's clock.
#[derive(Clone)]
pub struct Ticks(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Ticks {
    /// The machine's own.
    pub fn of_the_machine() -> Self {
        let begun = Instant::now();
        Self::new(move || u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Those of `now`.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Ticks").field(&(self.0)()).finish()
    }
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new((self.0)())
    }
}

/// A rate for each key.
pub struct Limiter<K: Hash + Eq + Clone>(RateLimiter<K, Memory<K>, Ticks, NoOpMiddleware<Nanos>>);

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// Of what `allowed` says, by `ticks`.
    pub fn new(allowed: Allowed, ticks: Ticks) -> Self {
        Self(RateLimiter::new(allowed.quota(), Memory::new(KEYS_OF_PART), ticks))
    }

    /// Takes one.
    ///
    /// # Errors
    /// The seconds after which there is one again; nothing was taken then.
    pub fn take(&self, key: &K) -> Result<(), u32> {
        self.0.check_key(key).map_err(|not| {
            let wait = not.wait_time_from(self.0.clock().now());
            u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
        })
    }

    /// Forgets keys that are as if they had never come.
    pub fn forget(&self) {
        self.0.retain_recent();
    }

    /// Keys that are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// When each key has used up what it took. A full part takes no new keys, which then are not limited: better than to refuse
/// people whom nobody counted, or to forget those who were.
struct Memory<K> {
    parts: Box<[Mutex<HashMap<K, Nanos>>]>,
    hasher: RandomState,
    keys_of_part: usize,
}

impl<K> Memory<K> {
    fn new(keys_of_part: usize) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { parts, hasher: RandomState::new(), keys_of_part }
    }
}

impl<K: Hash + Eq + Clone> Memory<K> {
    fn part(&self, key: &K) -> &Mutex<HashMap<K, Nanos>> {
        let number = self.hasher.hash_one(key) % (PARTS as u64);
        &self.parts[usize::try_from(number).unwrap_or_default()]
    }
}

impl<K: Hash + Eq + Clone> StateStore for Memory<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut part = self.part(key).lock();
        if let Some(known) = part.get_mut(key) {
            let (value, next) = decide(Some(*known))?;
            *known = next;
            return Ok(value);
        }
        let (value, next) = decide(None)?;
        if part.len() < self.keys_of_part {
            part.insert(key.clone(), next);
        }
        Ok(value)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Memory<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        for part in &self.parts {
            let mut part = part.lock();
            part.retain(|_, until| *until > drop_below);
            if part.capacity() > 4 * part.len().max(64) {
                part.shrink_to_fit();
            }
        }
    }

    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.lock().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Time that stands still until it is moved.
    pub fn held() -> (Ticks, impl Fn(u64)) {
        let now = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&now);
        let ticks = Ticks::new(move || read.load(Ordering::SeqCst));
        (ticks, move |ms: u64| {
            now.fetch_add(ms * 1_000_000, Ordering::SeqCst);
        })
    }

    fn allowed(at_once: u32, an_hour: u32) -> Allowed {
        Allowed { at_once: at_once.try_into().unwrap(), an_hour: an_hour.try_into().unwrap() }
    }

    #[test]
    fn so_many_at_once_and_then_as_time_passes() {
        let (ticks, pass) = held();
        let limiter = Limiter::new(allowed(3, 60), ticks);
        // After so many milliseconds: taken, or told to wait so many seconds.
        let cases = [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(60)),
            (1, Err(60)),
            (58_998, Err(2)),
            (1_000, Err(1)),
            (1, Ok(())),
            (0, Err(60)),
            // What was not used is kept, up to what may be taken at once.
            (120_000, Ok(())),
            (0, Ok(())),
            (0, Err(60)),
            (100 * 3_600_000, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(60)),
        ];
        for (number, (ms, expected)) in cases.into_iter().enumerate() {
            pass(ms);
            assert_eq!(limiter.take(&"a"), expected, "{number}");
        }
        assert_eq!(limiter.take(&"b"), Ok(()), "another key has its own");
    }

    #[test]
    fn keys_are_forgotten_when_they_are_as_new_and_a_full_memory_refuses_nobody() {
        let (ticks, pass) = held();
        let limiter = Limiter::new(allowed(1, 3_600), ticks);
        for key in 0..200_000_u32 {
            assert_eq!(limiter.take(&key), Ok(()));
        }
        assert!(limiter.len() <= PARTS * KEYS_OF_PART, "{}", limiter.len());
        assert_eq!(limiter.take(&0), Err(1), "one that is known stays known");
        limiter.forget();
        assert!(limiter.len() > 50_000);
        pass(2_000);
        limiter.forget();
        assert!(limiter.is_empty());
        assert_eq!(limiter.take(&0), Ok(()));
    }

    #[test]
    fn of_many_at_the_same_moment_no_more_get_through() {
        let (ticks, _) = held();
        let limiter = Limiter::new(allowed(100, 1), ticks);
        let taken = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        taken.fetch_add(u64::from(limiter.take(&"one").is_ok()), Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(taken.load(Ordering::SeqCst), 100);
    }
}

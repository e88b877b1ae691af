//! Names that nobody signs in with, locked like those of accounts: the lock must not tell which names exist. Kept in
//! memory only: a restart unlocks them, which costs nobody anything.

use std::collections::HashMap;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::password::{LockPolicy, LoginGuard};
use parking_lot::Mutex;

use super::tokens::token_hash;

/// Names remembered at most; each costs whoever fills this up a password hashing.
const CAPACITY: usize = 20_000;

/// The tries of names without account.
pub struct Strangers {
    policy: LockPolicy,
    /// By the name's hash, so that a long name takes no more memory than a short one.
    tries: Mutex<HashMap<String, (LoginGuard, Timestamp)>>,
}

impl Strangers {
    /// Locked as `policy` says.
    pub fn new(policy: LockPolicy) -> Self {
        Self { policy, tries: Mutex::default() }
    }

    /// Until when the name is locked.
    pub fn locked_until(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        let tries = self.tries.lock();
        tries.get(&token_hash(name)).and_then(|(guard, _)| guard.locked_until(self.policy, now))
    }

    /// Counts a try.
    pub fn failed(&self, name: &str, now: Timestamp) {
        let mut tries = self.tries.lock();
        if tries.len() >= CAPACITY {
            tries.retain(|_, (_, last)| now.is_within(self.policy.lock_millis, *last));
        }
        if tries.len() >= CAPACITY {
            tries.clear();
        }
        let (guard, last) = tries.entry(token_hash(name)).or_insert((LoginGuard::default(), now));
        *guard = guard.after_failure(self.policy, now);
        *last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_locked_like_an_account_and_the_memory_stays_small() {
        let strangers = Strangers::new(LockPolicy::default());
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..3 {
            assert_eq!(strangers.locked_until("nobody", now), None);
            strangers.failed("nobody", now);
        }
        assert_eq!(strangers.locked_until("nobody", now), Some(now.plus_millis(15 * 60 * 1000)));
        assert_eq!(strangers.locked_until("somebody", now), None);
        assert_eq!(strangers.locked_until("nobody", now.plus_millis(15 * 60 * 1000)), None);
        for number in 0..CAPACITY + 10 {
            strangers.failed(&number.to_string(), now);
        }
        assert!(strangers.tries.lock().len() <= CAPACITY);
    }
}

//! What pairing big screens needs beside the handlers (`api/screens.rs`): what may be shown, who is there, how often
//! somebody may try.

mod presence;
mod targets;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, IdSource};
use lianxin_domain::problem::Refusal;
use lianxin_domain::screen::CODE_LIFE_MS;
use lianxin_storage::screens::Screens;

pub use self::presence::{Presence, Present};
pub use self::targets::{ScreenTargets, Shown};
use crate::address::RemoteAddress;
use crate::auth::limits::Limit;

/// Screens that one address may open while a code lives: a building's at once, and some reloads.
const OPENED: u32 = 100;
/// Wrong codes of one person in [`GUESSING_MS`]: fingers slip, but nobody finds a code so.
const WRONG_BY_CALLER: u32 = 5;
/// Wrong codes of one address in that time: an office of several people.
const WRONG_BY_ADDRESS: u32 = 20;
/// A quarter of an hour, as long as a wrong password locks.
const GUESSING_MS: i64 = 15 * 60 * 1_000;

/// The desk of big screens.
pub struct ScreenDesk {
    /// The rows.
    pub screens: Screens,
    /// What may be shown.
    pub targets: ScreenTargets,
    /// Which are there.
    pub presence: Presence,
    /// New ids, time and chance.
    pub ids: IdSource,
    opened: Limit,
    by_caller: Limit,
    by_address: Limit,
}

impl ScreenDesk {
    /// With limits that begin now.
    pub fn new(screens: Screens, targets: ScreenTargets, presence: Presence, ids: IdSource) -> Self {
        Self {
            screens,
            targets,
            presence,
            ids,
            opened: Limit::new(OPENED, CODE_LIFE_MS),
            by_caller: Limit::new(WRONG_BY_CALLER, GUESSING_MS),
            by_address: Limit::new(WRONG_BY_ADDRESS, GUESSING_MS),
        }
    }

    /// Takes the opening of one more screen from an address.
    ///
    /// # Errors
    /// 429 when it opened too many.
    pub fn may_open(&self, from: &RemoteAddress, now: Timestamp) -> Result<(), Refusal> {
        self.opened.take(from.key(), now, "screen.opened_too_often", "配对码领取得太频繁，请稍后再试")
    }

    /// Takes a try of a code; [`Self::was_right`] gives it back.
    ///
    /// # Errors
    /// 429 after too many wrong ones, whatever the code.
    pub fn may_try(&self, who: AccountId, from: &RemoteAddress, now: Timestamp) -> Result<(), Refusal> {
        let words = "配对码输错次数太多，请过一会儿再试";
        self.by_address.take(from.key(), now, "screen.too_many_tries", words)?;
        let taken = self.by_caller.take(&who.to_string(), now, "screen.too_many_tries", words);
        if taken.is_err() {
            self.by_address.give_back(from.key());
        }
        taken
    }

    /// The code that was tried was one.
    pub fn was_right(&self, who: AccountId, from: &RemoteAddress) {
        self.by_caller.give_back(&who.to_string());
        self.by_address.give_back(from.key());
    }
}

//! The code that the screen shows for signing in: it changes every five seconds, and nothing of it is stored.
//!
//! A code is made from the meeting and the slot of the server's time that it is shown in, so any number of screens, nodes
//! and restarts agree on it. It is accepted in its own slot and the next: a screenshot is worth nothing after ten seconds.
//! Eighteen characters of Crockford's Base32: the meeting's serial number (30 bits), the slot's number modulo 1024 (10
//! bits, so that an old code can be told from a wrong one), and 50 bits of HMAC-SHA256.

use std::fmt;

use subtle::ConstantTimeEq as _;

use crate::clock::Timestamp;
use crate::crockford;

/// A code is shown for so long.
pub const SLOT_MS: i64 = 5_000;
const LENGTH: usize = 18;
const SERIAL_BITS: u32 = 30;
const SLOT_BITS: u32 = 10;
const MAC_BITS: u32 = 50;
/// Slots that a code may be behind before it looks like one of the future: about 85 minutes.
const SLOTS: i64 = 1 << SLOT_BITS;
/// Separates these MACs from all others made with the same key.
const PURPOSE: &[u8] = b"lianxin.sign-in-code.v1";
/// Serial numbers of meetings that fit.
pub const MAX_SERIAL: u32 = (1 << SERIAL_BITS) - 1;

/// Why a text does not let anybody sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not a code of ours: mistyped, made up, or made with another key.
    #[error("not a sign-in code")]
    Unknown,
    /// It was one, and its time is over.
    #[error("the sign-in code was shown {age_ms} ms ago")]
    Expired {
        /// Since the end of its slot.
        age_ms: i64,
    },
}

/// A code as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInCode {
    text: String,
    slot: i64,
}

impl SignInCode {
    /// The code of the meeting with this serial number at `now`.
    pub fn at(key: &[u8; 32], serial: u32, now: Timestamp) -> Self {
        let slot = slot_of(now);
        let bits = u128::from(serial & MAX_SERIAL) << (SLOT_BITS + MAC_BITS)
            | u128::from(low_bits(slot)) << MAC_BITS
            | u128::from(mac(key, serial, slot));
        Self { text: crockford::write(bits, LENGTH), slot }
    }

    /// When the next one takes its place.
    pub const fn ends_at(&self) -> Timestamp {
        Timestamp::from_millis((self.slot + 1) * SLOT_MS)
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads what somebody scanned: the meeting's serial number, and the slot in which the code was shown.
    ///
    /// # Errors
    /// [`CodeError`]; a code that is not ours takes the same time wherever it differs.
    pub fn verify(key: &[u8; 32], text: &str, now: Timestamp) -> Result<(u32, i64), CodeError> {
        let bits = crockford::read(text.chars(), LENGTH).map_err(|_| CodeError::Unknown)?;
        let serial = (bits >> (SLOT_BITS + MAC_BITS)) as u32;
        let shown = ((bits >> MAC_BITS) as i64) & (SLOTS - 1);
        let claimed = (bits & ((1 << MAC_BITS) - 1)) as u64;
        let current = slot_of(now);
        // The slot with these low bits that is nearest behind the present one.
        let behind = (current - shown).rem_euclid(SLOTS);
        let slot = current - behind;
        if !bool::from(claimed.ct_eq(&mac(key, serial, slot))) {
            return Err(CodeError::Unknown);
        }
        if behind > 1 {
            return Err(CodeError::Expired { age_ms: now.millis() - (slot + 1) * SLOT_MS });
        }
        Ok((serial, slot))
    }
}

impl fmt::Display for SignInCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The number of the slot that `at` lies in.
pub const fn slot_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(SLOT_MS)
}

const fn low_bits(slot: i64) -> u64 {
    slot.rem_euclid(SLOTS).unsigned_abs()
}

/// The first 50 bits of HMAC-SHA256 over purpose, serial and slot.
fn mac(key: &[u8; 32], serial: u32, slot: i64) -> u64 {
    crate::mac::first_bits(crate::mac::mac(key, PURPOSE, &[&serial.to_be_bytes(), &slot.to_be_bytes()]), MAC_BITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crockford::ALPHABET;

    const KEY: [u8; 32] = [7; 32];
    const OTHER_KEY: [u8; 32] = [8; 32];

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_795_241_525_000 + ms)
    }

    #[test]
    fn a_code_lives_in_its_slot_and_the_next() {
        let code = SignInCode::at(&KEY, 42, at(0));
        assert_eq!(code.as_str().len(), 18);
        assert_eq!(code.ends_at(), at(5_000));
        for ms in [0, 4_999, 5_000, 9_999] {
            assert_eq!(SignInCode::verify(&KEY, code.as_str(), at(ms)), Ok((42, slot_of(at(0)))), "{ms}");
        }
        assert_eq!(SignInCode::verify(&KEY, code.as_str(), at(10_000)), Err(CodeError::Expired { age_ms: 5_000 }));
        assert_eq!(SignInCode::verify(&KEY, code.as_str(), at(60_000)), Err(CodeError::Expired { age_ms: 55_000 }));
    }

    #[test]
    fn a_code_of_the_future_and_one_of_last_week_are_unknown() {
        let code = SignInCode::at(&KEY, 42, at(5_000));
        assert_eq!(SignInCode::verify(&KEY, code.as_str(), at(4_999)), Err(CodeError::Unknown));
        assert_eq!(SignInCode::verify(&KEY, code.as_str(), at(7 * 24 * 3_600_000)), Err(CodeError::Unknown));
    }

    #[test]
    fn asking_fifty_times_changes_nothing() {
        let first = SignInCode::at(&KEY, 42, at(1));
        assert!((0..50).all(|ms| SignInCode::at(&KEY, 42, at(ms * 99)) == first));
    }

    proptest! {
        #[test]
        fn no_other_meeting_key_or_text_passes(serial in 0..=MAX_SERIAL, ms in 0_i64..100_000_000, place in 0_usize..18, other in 0_usize..32) {
            let now = at(ms);
            let code = SignInCode::at(&KEY, serial, now);
            prop_assert_eq!(SignInCode::verify(&KEY, code.as_str(), now), Ok((serial, slot_of(now))));
            prop_assert_eq!(SignInCode::verify(&OTHER_KEY, code.as_str(), now), Err(CodeError::Unknown));
            let mut changed = code.as_str().as_bytes().to_vec();
            changed[place] = ALPHABET[other];
            let changed = String::from_utf8(changed).unwrap();
            if changed != code.as_str() {
                prop_assert_eq!(SignInCode::verify(&KEY, &changed, now), Err(CodeError::Unknown));
            }
        }

        #[test]
        fn what_is_no_code_is_refused(text in "\\PC{0,40}") {
            prop_assert_eq!(SignInCode::verify(&KEY, &text, at(0)), Err(CodeError::Unknown));
        }
    }
}

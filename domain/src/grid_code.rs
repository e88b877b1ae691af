//! The short signed code on a grid's QR sticker (GRID-02): which grid, which print of it, and proof that we
//! made it, so that nobody can try out other grids' codes.
//!
//! A code is 18 characters of Crockford's Base32: 32 bits serial number of the grid, 16 bits generation (one
//! more at each rotation), 42 bits of HMAC-SHA256. It fits a WeChat mini program's scene (32 characters,
//! domain rules §14.3) and can be typed from a sticker: small letters, spaces, hyphens, full-width characters,
//! and I, L, O for 1, 1, 0 are understood. A code says where the door is and opens nothing, so it is no secret;
//! 42 bits are one guess in 4 × 10¹², through a throttled endpoint.

use std::fmt;

use subtle::ConstantTimeEq as _;

use crate::crockford::{self, Unreadable};

/// Characters of a code: 90 bits.
const LENGTH: usize = 18;
/// Bits of the code that hold the MAC; serial and generation take the other 48.
const MAC_BITS: u32 = 42;
/// Separates these MACs from all others made with the same key.
const PURPOSE: &[u8] = b"lianxin.grid-code.v1";

/// Why a text is not a grid's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 18 characters, spaces and hyphens left out.
    #[error("a grid code has {LENGTH} characters")]
    Length,
    /// A character that codes never have.
    #[error("a grid code has no character {0:?}")]
    Character(char),
    /// The right form, but not made by us: mistyped, made up, or signed with another key.
    #[error("the grid code is not genuine")]
    Forged,
}

/// A code as it is printed: 18 upper-case characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GridCode(String);

impl GridCode {
    /// The code of the grid with `serial` number in its `generation`, signed with `key`.
    pub fn issue(key: &[u8; 32], serial: u32, generation: u16) -> Self {
        let payload = (u128::from(serial) << 16) | u128::from(generation);
        let bits = (payload << MAC_BITS) | u128::from(mac(key, serial, generation));
        Self(crockford::write(bits, LENGTH))
    }

    /// Serial number and generation of the grid in `text`. The caller compares the generation with the grid's
    /// present one: a lower one was rotated away (`grid.code_rotated`).
    ///
    /// # Errors
    /// [`CodeError`]; [`CodeError::Forged`] takes the same time wherever the difference is.
    pub fn verify(key: &[u8; 32], text: &str) -> Result<(u32, u16), CodeError> {
        let typed = text.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '-');
        let bits = crockford::read(typed, LENGTH).map_err(|error| match error {
            Unreadable::Length => CodeError::Length,
            Unreadable::Character(character) => CodeError::Character(character),
        })?;
        // The shifts leave 32, 16 and 42 bits, so the narrowing drops nothing but what the masks do.
        let serial = (bits >> (MAC_BITS + 16)) as u32;
        let generation = (bits >> MAC_BITS) as u16;
        let claimed = (bits & ((1 << MAC_BITS) - 1)) as u64;
        if bool::from(claimed.ct_eq(&mac(key, serial, generation))) {
            Ok((serial, generation))
        } else {
            Err(CodeError::Forged)
        }
    }

    /// The 18 characters, for addresses and QR codes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in three groups of six, for printing under the QR code: `0000ZD-800D0N-Q1QW54`.
    pub fn grouped(&self) -> String {
        let mut grouped = String::with_capacity(LENGTH + 2);
        for (index, character) in self.0.chars().enumerate() {
            if index > 0 && index % 6 == 0 {
                grouped.push('-');
            }
            grouped.push(character);
        }
        grouped
    }
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 42 bits of HMAC-SHA256 over purpose, serial and generation.
fn mac(key: &[u8; 32], serial: u32, generation: u16) -> u64 {
    let mac = crate::mac::mac(key, PURPOSE, &[&serial.to_be_bytes(), &generation.to_be_bytes()]);
    crate::mac::first_bits(mac, MAC_BITS)
}

/// Full-width letters, digits and hyphens as a Chinese keyboard types them.
fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crockford::ALPHABET;

    const KEY: [u8; 32] = *b"a key of 32 bytes for the tests!";

    #[test]
    fn never_changes_for_the_same_input() {
        // Computed with Python's hmac module. A changed constant, alphabet or layout would kill every sticker
        // on every door.
        for (serial, generation, code) in [
            (0, 0, "0000000002XF42JRWC"),
            (1, 1, "0000008006QAC8F9HR"),
            (4_021, 3, "0000ZD800D0NQ1QW54"),
            (u32::MAX, u16::MAX, "ZZZZZZZZZX2BY4KE1Y"),
        ] {
            assert_eq!(GridCode::issue(&KEY, serial, generation).as_str(), code);
        }
    }

    #[test]
    fn understands_what_people_type() {
        let code = GridCode::issue(&KEY, 1, 1);
        assert_eq!(code.grouped().len(), 20);
        let full_width: String = code.as_str().chars().filter_map(|c| char::from_u32(c as u32 + 0xFEE0)).collect();
        for text in [
            code.to_string(),
            code.as_str().to_lowercase(),
            code.grouped(),
            format!("  {} ", code.grouped().replace('-', " - ")),
            code.as_str().replace('0', "O").replace('1', "I"),
            code.as_str().replace('0', "o").replace('1', "l"),
            full_width,
        ] {
            assert_eq!(GridCode::verify(&KEY, &text), Ok((1, 1)), "{text}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        let code = GridCode::issue(&KEY, 7, 2);
        for (text, expected) in [
            (String::new(), CodeError::Length),
            (code.as_str()[..17].to_owned(), CodeError::Length),
            (format!("{code}0"), CodeError::Length),
            ("0".repeat(100_000), CodeError::Length),
            (format!("U{}", &code.as_str()[1..]), CodeError::Character('U')),
            (format!("网{}", &code.as_str()[1..]), CodeError::Character('网')),
            ("0".repeat(18), CodeError::Forged),
        ] {
            assert_eq!(GridCode::verify(&KEY, &text), Err(expected));
        }
    }

    proptest! {
        #[test]
        fn what_is_issued_is_verified(key: [u8; 32], serial: u32, generation: u16) {
            let code = GridCode::issue(&key, serial, generation);
            prop_assert_eq!(code.as_str().len(), LENGTH);
            prop_assert_eq!(GridCode::verify(&key, code.as_str()), Ok((serial, generation)));
        }

        #[test]
        fn any_changed_character_is_refused(serial: u32, generation: u16, at in 0..LENGTH, to in 0..32_usize) {
            let code = GridCode::issue(&KEY, serial, generation);
            let mut bytes = code.as_str().as_bytes().to_vec();
            prop_assume!(bytes[at] != ALPHABET[to]);
            bytes[at] = ALPHABET[to];
            let changed = String::from_utf8(bytes)?;
            prop_assert_eq!(GridCode::verify(&KEY, &changed), Err(CodeError::Forged));
        }

        #[test]
        fn two_swapped_characters_are_refused(serial: u32, generation: u16, at in 0..LENGTH - 1) {
            let code = GridCode::issue(&KEY, serial, generation);
            let mut bytes = code.as_str().as_bytes().to_vec();
            prop_assume!(bytes[at] != bytes[at + 1]);
            bytes.swap(at, at + 1);
            prop_assert_eq!(GridCode::verify(&KEY, &String::from_utf8(bytes)?), Err(CodeError::Forged));
        }

        #[test]
        fn another_key_is_refused(serial: u32, generation: u16, flipped in 0..256_usize) {
            let mut other = KEY;
            other[flipped / 8] ^= 1 << (flipped % 8);
            let code = GridCode::issue(&other, serial, generation);
            prop_assert_eq!(GridCode::verify(&KEY, code.as_str()), Err(CodeError::Forged));
        }

        #[test]
        fn any_text_is_answered_without_panic(text in ".{0,40}") {
            let _ = GridCode::verify(&KEY, &text);
        }
    }
}

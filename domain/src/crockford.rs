//! Crockford's Base32: what codes are written in that people scan or type. No I, L, O (read as 1, 1, 0) and no U.

/// The 32 characters, by their value.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Bits of one character.
const CHARACTER_BITS: usize = 5;

/// Why a text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not of the length that was asked for.
    Length,
    /// A character that no code has.
    Character(char),
}

/// The lowest bits as `length` characters, at most 25.
pub(crate) fn write(bits: u128, length: usize) -> String {
    let character = |index: usize| {
        let value = (bits >> (CHARACTER_BITS * (length - 1 - index))) & 0x1F;
        ALPHABET.get(value as usize).map_or('0', |byte| char::from(*byte))
    };
    (0..length).map(character).collect()
}

/// The bits of a text of `length` characters, at most 25. The text may be as long as its sender likes.
pub(crate) fn read(text: impl Iterator<Item = char>, length: usize) -> Result<u128, Unreadable> {
    let mut bits = 0_u128;
    let mut read = 0;
    for character in text {
        read += 1;
        if read > length {
            return Err(Unreadable::Length);
        }
        bits = (bits << CHARACTER_BITS) | value(character).ok_or(Unreadable::Character(character))?;
    }
    if read == length { Ok(bits) } else { Err(Unreadable::Length) }
}

/// The five bits of a character as people write it.
fn value(character: char) -> Option<u128> {
    let canonical = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    (0..).zip(ALPHABET).find(|(_, byte)| char::from(**byte) == canonical).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_write_letters_for_digits() {
        assert_eq!(read("ilO0".chars(), 4), read("1100".chars(), 4));
        assert_eq!(read("U".chars(), 1), Err(Unreadable::Character('U')));
        assert_eq!(read("00".chars(), 1), Err(Unreadable::Length));
        assert_eq!(read("".chars(), 1), Err(Unreadable::Length));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits in 0_u128..(1 << 125), length in 1_usize..=25) {
            let kept = bits & ((1 << (CHARACTER_BITS * length)) - 1);
            prop_assert_eq!(read(write(bits, length).chars(), length), Ok(kept));
        }
    }
}

//! Mainland mobile numbers (domain rules §7.6).

use std::fmt;
use std::str::FromStr;

/// Text that is not a mainland mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mainland mobile number")]
pub struct BadPhone;

impl BadPhone {
    /// What to tell people, in Chinese.
    pub const fn message(self) -> &'static str {
        "请填写 11 位手机号码"
    }
}

/// A mainland mobile number as its eleven digits, `1[3-9]` and nine more.
///
/// A family may share one: a phone logs in, it does not identify (§7.6). It is personal data: `Debug` shows it
/// masked, and there is no `Display` and no `Serialize`, so that showing it in full takes an explicit
/// [`Phone::as_str`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as people and address books write it: with `+86`, `0086` or `86` before it, spaces,
    /// hyphens, brackets, dots, full-width digits, and the invisible direction marks that copying adds.
    ///
    /// # Errors
    /// [`BadPhone`] for everything else, landlines and short numbers too: codes are sent by SMS.
    pub fn parse(text: &str) -> Result<Self, BadPhone> {
        let mut digits = String::with_capacity(15);
        let mut plus = false;
        for character in text.chars() {
            match character {
                '0'..='9' => digits.push(character),
                '０'..='９' => digits.extend(char::from_u32(character as u32 - 0xFEE0)),
                '+' | '＋' if digits.is_empty() && !plus => plus = true,
                '-' | '‐' | '–' | '－' | '.' | '(' | ')' | '（' | '）' => {}
                // Bidirectional marks and zero-width characters around numbers copied from a phone.
                '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => {}
                space if space.is_whitespace() => {}
                _ => return Err(BadPhone),
            }
            // The longest form is 0086 and the number.
            if digits.len() > 15 {
                return Err(BadPhone);
            }
        }
        let national = if plus {
            digits.strip_prefix("86").ok_or(BadPhone)?
        } else {
            let prefixed = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
            prefixed.unwrap_or(&digits)
        };
        match national.as_bytes() {
            [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 => Ok(Self(national.to_owned())),
            _ => Err(BadPhone),
        }
    }

    /// The eleven digits in full. Whoever shows them checks the right to and logs it (§9.4).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****1234`, the form for lists (§9.4).
    pub fn masked(&self) -> String {
        let (head, tail) = (self.0.get(..3).unwrap_or_default(), self.0.get(7..).unwrap_or_default());
        format!("{head}****{tail}")
    }
}

impl FromStr for Phone {
    type Err = BadPhone;

    fn from_str(text: &str) -> Result<Self, BadPhone> {
        Self::parse(text)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_people_write_them() {
        for text in [
            "13800001234",
            "138 0000 1234",
            "138-0000-1234",
            "+86 138 0000 1234",
            "+8613800001234",
            "＋８６１３８００００１２３４",
            "8613800001234",
            "008613800001234",
            "(+86) 138.0000.1234",
            "\u{202D}138 0000 1234\u{202C}",
            "１３８　００００　１２３４",
        ] {
            assert_eq!(Phone::parse(text).as_ref().map(Phone::as_str), Ok("13800001234"), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_no_sms_reaches() {
        for text in [
            "",
            "   ",
            "12800001234",
            "10800001234",
            "1380000123",
            "138000012345",
            "23800001234",
            "0776-8681234",
            "110",
            "+1 3800001234",
            "+85213800001234",
            "+13800001234",
            "++8613800001234",
            "138+00001234",
            "138O0001234",
            "1380000123四",
            "٠١٢٣٤٥٦٧٨٩٠",
            "13800001234,13900001234",
        ] {
            assert_eq!(Phone::parse(text), Err(BadPhone), "{text:?}");
        }
        assert_eq!(Phone::parse(&"1".repeat(100_000)), Err(BadPhone));
    }

    #[test]
    fn is_masked_wherever_it_is_printed() -> Result<(), BadPhone> {
        let phone: Phone = "18699990000".parse()?;
        assert_eq!(phone.masked(), "186****0000");
        assert_eq!(format!("{phone:?}"), "Phone(186****0000)");
        Ok(())
    }
}

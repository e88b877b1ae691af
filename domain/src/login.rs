//! The name that a member of staff signs in with.

use crate::problem::FieldError;

/// Characters of a login.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=32;

/// Checks a login: 3 to 32 letters, digits, `_`, `-` or `.`; blanks around it are not part of it.
///
/// # Errors
/// The field `account` with `account.login_malformed`.
pub fn check_login(text: &str) -> Result<String, FieldError> {
    let login = text.trim();
    let plain = login.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if plain && LENGTH.contains(&login.len()) {
        Ok(login.to_owned())
    } else {
        Err(FieldError::new("account", "account.login_malformed", "账号为 3–32 位字母、数字、_、- 或 ."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_plain_and_of_a_length_that_people_can_type() {
        for text in ["abc", " nong.zhishu_2-x ", "19900000001", &"a".repeat(32)] {
            assert_eq!(check_login(text).as_deref(), Ok(text.trim()));
        }
        for text in ["", "ab", &"a".repeat(33), "a b c", "农支书", "a@b", "=1+1"] {
            assert_eq!(check_login(text).map_err(|error| error.code), Err("account.login_malformed"), "{text}");
        }
    }
}

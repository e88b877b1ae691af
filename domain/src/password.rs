//! Passwords: which are strong enough (等保 2.0 level 2, domain rules §10), and when wrong ones lock an account
//! (IDN-07). Hashing is not here: it needs salt and time.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::phone::Phone;
use crate::problem::FieldError;

/// The most characters of a password. Argon2 would take more, but a megabyte to hash is an attack.
const MAX_CHARS: usize = 72;
/// How many of the four kinds of character a password has at least.
const MIN_CLASSES: usize = 3;

/// Passwords that pass the other rules, or nearly, and are the first that anybody tries; compared in small
/// letters. `abc#123` was the default of the platform's predecessor.
const FORBIDDEN: &str = "\
    abc#123 abc#1234 abc#12345 abc#123456 abc@123 abc@1234 abc@12345 abc@123456 abc123!@# abc12345 \
    abc123456 abcd1234 abcd@1234 abcd#1234 abcd123456 aa123456 aa123456! aa123456. aa123456@ aa@123456 \
    aa#123456 aa12345678 aaa123456 aa112233 a123456789 a12345678 a1234567 a1b2c3d4 qq123456 zz123456 \
    wang1234 woaini1314 woaini520 woaini@520 iloveyou1 asd123456 asdf1234 qaz123456 qwe123456 qwe123!@# \
    qwer1234 qwer@1234 qwer!234 qwerty123 qwerty@123 1qaz2wsx 1qaz@wsx !qaz2wsx !qaz@wsx zaq1@wsx zaq12wsx \
    1q2w3e4r 1q2w3e4r! 1qazxsw2 password1 password1! password@1 password@123 password123 p@ssw0rd p@ssw0rd1 \
    p@ssw0rd123 p@ssword1 p@ssword123 pa$$w0rd passw0rd passw0rd! admin123 admin123! admin1234 admin@123 \
    admin@1234 admin#123 admin888 admin@888 administrator1 root1234 root@123 root@1234 test1234 test@123 \
    test@1234 user1234 user@123 guest123 welcome1 welcome1! welcome@123 changeme1 changeme123 changeme@123 \
    init1234 init@123 huawei@123 huawei12#$ lianxin123 lianxin@123 lianxin@2026 dangjian123 dangjian@123 \
    china@123 zhongguo1949";

/// One way in which a password is too weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer characters than `min`.
    #[error("password has fewer than {min} characters")]
    TooShort {
        /// The least.
        min: usize,
    },
    /// More than 72 characters.
    #[error("password has more than {MAX_CHARS} characters")]
    TooLong,
    /// Fewer than three of: capital letters, small letters, digits, other characters.
    #[error("password has fewer than {MIN_CLASSES} kinds of characters")]
    TooFewClasses,
    /// A line break, tab or another control character, which not every keyboard can repeat.
    #[error("password has a control character")]
    ControlCharacter,
    /// It is the account's own name.
    #[error("password is the account name")]
    IsAccount,
    /// The person's phone number is in it.
    #[error("password contains the phone number")]
    ContainsPhone,
    /// One of those that everybody tries first.
    #[error("password is a common one")]
    Common,
}

impl PasswordProblem {
    /// Stable code for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "password.too_short",
            Self::TooLong => "password.too_long",
            Self::TooFewClasses => "password.too_simple",
            Self::ControlCharacter => "password.characters",
            Self::IsAccount => "password.is_account",
            Self::ContainsPhone => "password.contains_phone",
            Self::Common => "password.common",
        }
    }

    /// What to tell people, in Chinese.
    pub fn message(self) -> String {
        match self {
            Self::TooShort { min } => format!("密码至少 {min} 位"),
            Self::TooLong => format!("密码最多 {MAX_CHARS} 位"),
            Self::TooFewClasses => "密码须包含大写字母、小写字母、数字、符号中的至少三种".to_owned(),
            Self::ControlCharacter => "密码不能包含换行等控制字符".to_owned(),
            Self::IsAccount => "密码不能与账号相同".to_owned(),
            Self::ContainsPhone => "密码不能包含手机号码".to_owned(),
            Self::Common => "这个密码太常见，请换一个".to_owned(),
        }
    }

    /// The problem as an error of `field`.
    pub fn at_field(self, field: &str) -> FieldError {
        FieldError::new(field, self.code(), self.message())
    }
}

/// How strong a password must be; by kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_chars: usize,
}

impl PasswordPolicy {
    /// Grid workers and everybody else with a password: 8 characters (§10).
    pub const STAFF: Self = Self { min_chars: 8 };
    /// Accounts that manage other accounts: 10 characters (§10).
    pub const ADMINISTRATOR: Self = Self { min_chars: 10 };

    /// Checks a new password of the account named `account`, whose owner has `phone`.
    ///
    /// # Errors
    /// Every [`PasswordProblem`] at once, so that nobody has to find them one by one.
    pub fn check(self, password: &str, account: &str, phone: Option<&Phone>) -> Result<(), Vec<PasswordProblem>> {
        let mut problems = Vec::new();
        let length = password.chars().count();
        if length < self.min_chars {
            problems.push(PasswordProblem::TooShort { min: self.min_chars });
        }
        if length > MAX_CHARS {
            problems.push(PasswordProblem::TooLong);
        }
        if character_classes(password) < MIN_CLASSES {
            problems.push(PasswordProblem::TooFewClasses);
        }
        if password.chars().any(char::is_control) {
            problems.push(PasswordProblem::ControlCharacter);
        }
        let lower = password.to_lowercase();
        if lower == account.trim().to_lowercase() {
            problems.push(PasswordProblem::IsAccount);
        }
        if phone.is_some_and(|phone| password.contains(phone.as_str())) {
            problems.push(PasswordProblem::ContainsPhone);
        }
        if FORBIDDEN.split_whitespace().any(|common| common == lower) {
            problems.push(PasswordProblem::Common);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// How many of the four kinds are there. A hanzi is neither capital nor small and counts as a sign.
fn character_classes(password: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [char::is_uppercase, char::is_lowercase, char::is_numeric, |c| {
        !c.is_uppercase() && !c.is_lowercase() && !c.is_numeric() && !c.is_control()
    }];
    kinds.iter().filter(|is_kind| password.chars().any(**is_kind)).count()
}

/// When wrong passwords lock an account, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockPolicy {
    /// Failures in a row that lock.
    pub failures: u32,
    /// How long a lock lasts in milliseconds.
    pub lock_millis: i64,
}

impl Default for LockPolicy {
    /// Three failures (IDN-07), fifteen minutes (§10).
    fn default() -> Self {
        Self { failures: 3, lock_millis: 15 * 60 * 1000 }
    }
}

/// Wrong passwords of one account. Whoever checks a password asks [`LoginGuard::locked_until`] first and does not
/// even look at the password while that is in the future; a try in that time changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoginGuard {
    /// Failures in a row since the last success, unlocking or end of a lock.
    pub failures: u32,
    /// When the last lock began; kept until the next try after its end.
    pub locked_at: Option<Timestamp>,
}

impl LoginGuard {
    /// Until when the account is locked at `now` (that instant is open again); `None` when it is not.
    pub fn locked_until(self, policy: LockPolicy, now: Timestamp) -> Option<Timestamp> {
        let at = self.locked_at.filter(|at| now.is_within(policy.lock_millis, *at))?;
        Some(at.plus_millis(policy.lock_millis))
    }

    /// The guard after a wrong password at `now`. Nothing changes while locked, so tries do not prolong a lock;
    /// after its end counting begins anew.
    #[must_use]
    pub fn after_failure(self, policy: LockPolicy, now: Timestamp) -> Self {
        if self.locked_until(policy, now).is_some() {
            return self;
        }
        let before = if self.locked_at.is_some() { 0 } else { self.failures };
        let failures = before.saturating_add(1);
        Self { failures, locked_at: (failures >= policy.failures).then_some(now) }
    }

    /// The guard after the right password, or after an administrator unlocked the account.
    #[must_use]
    pub fn cleared() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Problems = Vec<PasswordProblem>;

    fn check(password: &str) -> Result<(), Problems> {
        let phone = Phone::parse("13800001234").map_err(|_| Vec::new())?;
        PasswordPolicy::STAFF.check(password, "Wei.Grid1", Some(&phone))
    }

    #[test]
    fn strong_passwords_pass() {
        let longest = format!("Aa1{}", "x".repeat(69));
        for password in ["Grid-2026", "xilin#2026", "XILIN#2026", "xilinABC8", "网格xilin8", "two words 2 u", &longest]
        {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn every_weakness_is_named() {
        use PasswordProblem::*;
        for (password, expected) in [
            ("", vec![TooShort { min: 8 }, TooFewClasses]),
            ("Grid-26", vec![TooShort { min: 8 }]),
            // Counted in characters, not bytes.
            ("网格xili8", vec![TooShort { min: 8 }]),
            (&format!("Aa1{}", "x".repeat(70)), vec![TooLong]),
            ("gridgrid26", vec![TooFewClasses]),
            ("20261121", vec![TooFewClasses]),
            ("Grid\n2026", vec![ControlCharacter]),
            ("wei.grid1", vec![IsAccount]),
            ("Wei13800001234", vec![ContainsPhone]),
            ("13800001234", vec![TooFewClasses, ContainsPhone]),
            ("ABC#123", vec![TooShort { min: 8 }, Common]),
            ("Aa123456", vec![Common]),
            ("AA123456", vec![TooFewClasses, Common]),
            ("P@ssw0rd", vec![Common]),
        ] {
            assert_eq!(check(password), Err(expected), "{password}");
        }
    }

    #[test]
    fn administrators_need_ten_characters() {
        let check = |password| PasswordPolicy::ADMINISTRATOR.check(password, "admin", None);
        assert_eq!(check("Grid-2026"), Err(vec![PasswordProblem::TooShort { min: 10 }]));
        assert_eq!(check("Grid-2026x"), Ok(()));
    }

    #[test]
    fn problems_tell_their_code_and_what_to_do() {
        let error = PasswordProblem::TooShort { min: 8 }.at_field("new_password");
        assert_eq!((error.field.as_str(), error.code), ("new_password", "password.too_short"));
        assert_eq!(error.message, "密码至少 8 位");
    }

    #[test]
    fn forbidden_passwords_are_written_in_small_letters() {
        assert_eq!(FORBIDDEN, FORBIDDEN.to_lowercase());
    }

    #[test]
    fn three_failures_in_a_row_lock_for_fifteen_minutes() {
        let policy = LockPolicy::default();
        let at = |millis: i64| Timestamp::from_millis(1_000_000 + millis);
        let twice = LoginGuard::default().after_failure(policy, at(0)).after_failure(policy, at(1));
        assert_eq!(twice, LoginGuard { failures: 2, locked_at: None });
        assert_eq!(twice.locked_until(policy, at(2)), None);

        let locked = twice.after_failure(policy, at(10));
        let end = at(10 + 15 * 60 * 1000);
        for (now, until) in [
            (at(10), Some(end)),
            (end.plus_millis(-1), Some(end)),
            (end, None),
            (end.plus_millis(1), None),
            // A clock set back a little does not open it; one that is set right by hours does not keep it locked for hours.
            (at(0), Some(end)),
            (at(10 - 15 * 60 * 1000), None),
        ] {
            assert_eq!(locked.locked_until(policy, now), until, "{now}");
        }
        // Tries while locked neither count nor prolong.
        assert_eq!(locked.after_failure(policy, end.plus_millis(-1)), locked);
        // From its end on counting begins anew.
        assert_eq!(locked.after_failure(policy, end), LoginGuard { failures: 1, locked_at: None });
    }

    #[test]
    fn success_and_unlocking_forget_the_failures() {
        let policy = LockPolicy::default();
        let now = Timestamp::from_millis(5);
        let guard = LoginGuard::cleared().after_failure(policy, now).after_failure(policy, now);
        assert_eq!(guard.locked_until(policy, now), None);
        let guard = LoginGuard::cleared().after_failure(policy, now);
        assert_eq!(guard, LoginGuard { failures: 1, locked_at: None });
    }
}

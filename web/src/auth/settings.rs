//! The numbers of signing in; configuration, never constants in rules.

use lianxin_domain::password::LockPolicy;

/// Limits of sessions, codes and passwords.
#[derive(Debug, Clone, Copy)]
pub struct AuthSettings {
    /// Life of a staff session, milliseconds (domain.md §10: absolute 12 h).
    pub staff_session_ms: i64,
    /// Life of a resident's session, milliseconds.
    pub resident_session_ms: i64,
    /// Life of a phone code, milliseconds (domain.md 9.5: 10 minutes).
    pub code_life_ms: i64,
    /// Between two codes for one phone, milliseconds.
    pub code_cooldown_ms: i64,
    /// Codes for one phone a day.
    pub codes_a_day: u32,
    /// Wrong tries of one code.
    pub code_attempts: u32,
    /// When and how long an account is locked.
    pub lock: LockPolicy,
}

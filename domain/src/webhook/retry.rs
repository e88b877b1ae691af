//! When a message is tried again, and when no more. A receiver that failed is left alone for a while as a whole, so that a
//! dead one costs one try at a time, however much waits for it.

use crate::clock::Timestamp;

/// Each pause is so many times as long as the one before.
const GROWTH: i64 = 3;
/// The longest pause.
const LONGEST_MS: i64 = 6 * 3_600_000;
/// A pause is by so much of itself shorter or longer, so that what failed together does not come back together.
const JITTER_PERCENT: i64 = 20;

/// How patient we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The pause after the first failure.
    pub first_ms: i64,
    /// How long a message is tried.
    pub give_up_ms: i64,
}

impl Patience {
    /// The pause after so many failures in a row, at least one. `chance` is random; `asked_ms` what the receiver asked for.
    pub fn pause_ms(&self, failures: u32, chance: u16, asked_ms: Option<i64>) -> i64 {
        let steps = failures.saturating_sub(1).min(20);
        let pause = (0..steps).fold(self.first_ms, |pause, _| (pause * GROWTH).min(LONGEST_MS)).min(LONGEST_MS);
        // From 80 to 120 of hundred.
        let part = 100 - JITTER_PERCENT + 2 * JITTER_PERCENT * i64::from(chance) / i64::from(u16::MAX);
        (pause * part / 100).max(asked_ms.unwrap_or_default().min(LONGEST_MS))
    }

    /// Whether what has failed since then is given up.
    pub const fn is_over(&self, since: Timestamp, now: Timestamp) -> bool {
        now.since(since) >= self.give_up_ms
    }
}

/// What an answer says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// It may be taken later. Also what other systems take for a final no: whoever mends the receiver gets what he missed.
    Again,
    /// Nothing more is wanted.
    Gone,
}

/// What an answer of this status says. Redirects are not followed.
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        410 => Verdict::Gone,
        _ => Verdict::Again,
    }
}

/// Why a try failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryError {
    /// The receiver answered, but did not take it.
    Status,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke off; a certificate that nobody trusts.
    Connection,
    /// Nobody knows the host's name.
    Name,
    /// The name leads into the network.
    Inside,
}

impl TryError {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Name => "name",
            Self::Inside => "inside",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Status, Self::Timeout, Self::Connection, Self::Name, Self::Inside]
            .into_iter()
            .find(|error| error.as_str() == text)
    }

    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Status => "接收方没有返回成功",
            Self::Timeout => "接收方没有及时回应",
            Self::Connection => "无法连接，或证书不受信任",
            Self::Name => "域名无法解析",
            Self::Inside => "地址在内部网络，不允许推送",
        }
    }
}

/// How a receiver does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Tries that failed since the last that did not.
    pub failures: u32,
    /// Since when all fail.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before.
    pub paused_until: Option<Timestamp>,
    /// The last try.
    pub tried_at: Option<Timestamp>,
    /// Its answer; nothing when there was none.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<TryError>,
    /// The last that was taken.
    pub taken_at: Option<Timestamp>,
}

impl Health {
    /// After a message was taken at `now`.
    #[must_use]
    pub const fn taken(status: u16, now: Timestamp) -> Self {
        Self {
            failures: 0,
            failing_since: None,
            paused_until: None,
            tried_at: Some(now),
            status: Some(status),
            error: None,
            taken_at: Some(now),
        }
    }

    /// After a try that failed at `now`, and nothing is to be sent for `pause_ms`.
    #[must_use]
    pub fn failed(&self, status: Option<u16>, error: TryError, now: Timestamp, pause_ms: i64) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            paused_until: Some(now.plus_millis(pause_ms)),
            tried_at: Some(now),
            status,
            error: Some(error),
            taken_at: self.taken_at,
        }
    }

    /// After a try that somebody asked for only to see, and that failed: what waits is sent no later because of it.
    #[must_use]
    pub const fn tried(&self, status: Option<u16>, error: TryError, now: Timestamp) -> Self {
        Self { tried_at: Some(now), status, error: Some(error), ..*self }
    }

    /// Whether it is left alone now.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { first_ms: 10_000, give_up_ms: 3 * 24 * 3_600_000 };

    #[test]
    fn pauses_grow_to_six_hours_and_vary_by_a_fifth() {
        let pauses: Vec<i64> =
            (0..12).map(|failures| PATIENCE.pause_ms(failures, u16::MAX / 2, None) / 1_000).collect();
        assert_eq!(pauses, [9, 9, 29, 89, 267, 801, 2_405, 7_217, 21_384, 21_384, 21_384, 21_384]);
        let ends = [0, u16::MAX].map(|chance| PATIENCE.pause_ms(1, chance, None));
        assert_eq!(ends, [8_000, 12_000]);
        assert_eq!(PATIENCE.pause_ms(u32::MAX, 0, None), LONGEST_MS * 8 / 10);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_within_limits() {
        assert_eq!(PATIENCE.pause_ms(1, 0, Some(60_000)), 60_000);
        assert_eq!(PATIENCE.pause_ms(1, 0, Some(1)), 8_000);
        assert_eq!(PATIENCE.pause_ms(1, 0, Some(i64::MAX)), LONGEST_MS);
    }

    #[test]
    fn failures_are_counted_until_something_is_taken() {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let once = Health::default().failed(Some(500), TryError::Status, at(1), 9_000);
        let twice = once.failed(None, TryError::Timeout, at(10), 30_000);
        assert_eq!((twice.failures, twice.failing_since, twice.paused_until), (2, Some(at(1)), Some(at(40))));
        assert_eq!([39, 40].map(|s| twice.is_paused(at(s))), [true, false]);
        assert!(!PATIENCE.is_over(at(0), at(3 * 24 * 3_600 - 1)) && PATIENCE.is_over(at(0), at(3 * 24 * 3_600)));
        let well = Health::taken(204, at(41));
        assert_eq!((well.failures, well.failing_since, well.is_paused(at(41))), (0, None, false));
        assert_eq!(well.failed(None, TryError::Name, at(50), 1).taken_at, Some(at(41)));
    }

    #[test]
    fn a_try_only_to_see_does_not_make_others_wait() {
        let at = Timestamp::from_millis;
        let failing = Health::default().failed(Some(500), TryError::Status, at(1), 9_000);
        let seen = failing.tried(None, TryError::Timeout, at(5));
        let expected = Health { tried_at: Some(at(5)), status: None, error: Some(TryError::Timeout), ..failing };
        assert_eq!(seen, expected);
    }

    #[test]
    fn only_success_is_taken_and_only_410_is_gone() {
        let cases = [(200, Verdict::Taken), (204, Verdict::Taken), (299, Verdict::Taken), (410, Verdict::Gone)];
        for (status, expected) in cases {
            assert_eq!(verdict(status), expected, "{status}");
        }
        for status in [100, 301, 302, 304, 400, 401, 404, 408, 429, 500, 503] {
            assert_eq!(verdict(status), Verdict::Again, "{status}");
        }
    }
}

//! Exact fractions: how many of so many are needed. No floating point, so two thirds of nine are six.

use serde::{Deserialize, Serialize};

/// A share of a number of people, `numerator / denominator`, that must be reached or exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// From 1 to the denominator.
    pub numerator: u32,
    /// From 1 to 1,000.
    pub denominator: u32,
    /// Whether more than the share is needed (过半数); else the share itself is enough (三分之二以上).
    #[serde(default)]
    pub more_than: bool,
}

/// The greatest denominator: fine enough for thousandths.
const MAX_DENOMINATOR: u32 = 1_000;

impl Share {
    /// More than half (过半数).
    pub const MORE_THAN_HALF: Self = Self { numerator: 1, denominator: 2, more_than: true };

    /// Whether it is a share that somebody can reach.
    pub const fn is_possible(self) -> bool {
        let whole = self.numerator == self.denominator;
        self.numerator > 0
            && self.numerator <= self.denominator
            && self.denominator <= MAX_DENOMINATOR
            && !(whole && self.more_than)
    }

    /// The least number of `base` people that satisfies it. Of nobody nothing satisfies it: at least 1.
    pub fn least(self, base: u32) -> u32 {
        let (numerator, denominator) = (u64::from(self.numerator), u64::from(self.denominator.max(1)));
        let product = u64::from(base) * numerator;
        let least = if self.more_than { product / denominator + 1 } else { product.div_ceil(denominator) };
        u32::try_from(least).unwrap_or(u32::MAX).max(1)
    }

    /// What people call it.
    pub fn words(self) -> String {
        let Self { numerator, denominator, more_than } = self;
        match (numerator, denominator, more_than) {
            (1, 2, true) => "过半数".to_owned(),
            (n, d, false) if n == d => "全部".to_owned(),
            (n, d, true) => format!("超过{}", named(n, d)),
            (n, d, false) => format!("{}以上（含）", named(n, d)),
        }
    }
}

fn named(numerator: u32, denominator: u32) -> String {
    const DIGITS: [&str; 11] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let digit = |number: u32| DIGITS.get(number as usize).copied();
    match (digit(numerator), digit(denominator)) {
        (Some(numerator), Some(denominator)) => format!("{denominator}分之{numerator}"),
        _ => format!("{numerator}/{denominator}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn share(numerator: u32, denominator: u32, more_than: bool) -> Share {
        Share { numerator, denominator, more_than }
    }

    #[test]
    fn two_thirds_of_nine_are_six() {
        let cases = [
            (share(2, 3, false), 9, 6),
            (share(2, 3, false), 10, 7),
            (share(2, 3, true), 9, 7),
            (share(1, 2, true), 9, 5),
            (share(1, 2, true), 10, 6),
            (share(1, 2, false), 10, 5),
            (share(1, 2, false), 9, 5),
            (share(4, 5, false), 10, 8),
            (share(4, 5, false), 11, 9),
            (share(3, 4, false), 8, 6),
            (share(1, 1, false), 7, 7),
            (share(1, 3, false), 1, 1),
            (share(1, 2, true), 0, 1),
            (share(1, 2, false), 0, 1),
            (share(999, 1_000, false), u32::MAX, 4_290_672_328),
        ];
        for (share, base, least) in cases {
            assert_eq!(share.least(base), least, "{share:?} of {base}");
        }
    }

    #[test]
    fn a_share_can_be_reached() {
        assert!(share(1, 2, true).is_possible() && share(1, 1, false).is_possible());
        for impossible in [share(0, 2, false), share(3, 2, false), share(1, 1, true), share(1, 1_001, false)] {
            assert!(!impossible.is_possible(), "{impossible:?}");
        }
    }

    #[test]
    fn shares_have_names() {
        let names = [
            (share(1, 2, true), "过半数"),
            (share(2, 3, false), "三分之二以上（含）"),
            (share(2, 3, true), "超过三分之二"),
            (share(1, 1, false), "全部"),
            (share(11, 20, false), "11/20以上（含）"),
        ];
        for (share, words) in names {
            assert_eq!(share.words(), words);
        }
    }

    proptest! {
        /// The least number satisfies the share, and one less does not.
        #[test]
        fn the_least_is_the_least(numerator in 1_u32..=50, denominator in 1_u32..=50, more_than: bool, base in 1_u32..100_000) {
            let share = share(numerator, denominator, more_than);
            prop_assume!(share.is_possible());
            let reached = |count: u32| {
                let (count, base) = (u64::from(count) * u64::from(denominator), u64::from(base) * u64::from(numerator));
                if more_than { count > base } else { count >= base }
            };
            let least = share.least(base);
            prop_assert!(reached(least) && !reached(least - 1));
            prop_assert!(least <= base);
        }
    }
}

//! The roll of a vote (表决名册): who may vote in it, fixed when it opens.
//!
//! Everybody who came has an arrival number that nobody shares, so a roll is a few ranges of numbers, however large the hall.

use serde::{Deserialize, Serialize};

/// Arrival numbers, as ranges `[first, last]` in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Roll(Vec<(u32, u32)>);

impl Roll {
    /// The number of entries.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether nobody is on it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the person with this number is on it.
    pub fn holds(&self, number: u32) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after.checked_sub(1).is_some_and(|index| self.0[index].1 >= number)
    }
}

impl FromIterator<u32> for Roll {
    fn from_iter<T: IntoIterator<Item = u32>>(numbers: T) -> Self {
        let mut numbers: Vec<u32> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, last)) if number <= last.saturating_add(1) => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        Self(ranges)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_hall_is_one_range() {
        let roll: Roll = (1..=5_000).collect();
        assert_eq!(serde_json::json!(roll).to_string(), "[[1,5000]]");
        assert_eq!(serde_json::json!([7, 1, 2, 9, 8].into_iter().collect::<Roll>()).to_string(), "[[1,2],[7,9]]");
    }

    proptest! {
        #[test]
        fn it_holds_whom_it_was_made_of(numbers in prop::collection::btree_set(1_u32..300, 0..200)) {
            let roll: Roll = numbers.iter().copied().collect();
            let held: BTreeSet<u32> = (0..=301).filter(|number| roll.holds(*number)).collect();
            prop_assert_eq!(roll.len() as usize, numbers.len());
            prop_assert_eq!(roll.is_empty(), numbers.is_empty());
            prop_assert_eq!(held, numbers);
        }
    }
}

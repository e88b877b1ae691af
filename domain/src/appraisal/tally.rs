//! What many forms come to: of each member how often each grade was given. Who gave which is not kept.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::form::{Form, SelfRating};
use super::grade::Grade;
use super::participant::Participant;
use crate::ids::{AccountId, MemberId};

/// Below so many raters counts say too much of each: neither shown nor kept (domain rules §4.6).
pub const FEWEST_RATERS: u32 = 5;

/// How one member was rated by one kind of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many rated.
    pub raters: u32,
    /// How often each grade was given, the highest first; nothing when too few rated.
    pub counts: Option<[u32; 4]>,
}

impl Tally {
    /// Of grades, in whatever order.
    pub fn of(grades: impl IntoIterator<Item = Grade>) -> Self {
        let mut counts = [0; 4];
        for grade in grades {
            counts[grade as usize] += 1;
        }
        let raters = counts.iter().sum();
        Self { raters, counts: (raters >= FEWEST_RATERS).then_some(counts) }
    }
}

/// The participants with what all forms came to: their own rating, the tallies, and whether they took part.
#[must_use]
pub fn count(participants: &[Participant], forms: &[(AccountId, Form)]) -> Vec<Participant> {
    let mut mutual: HashMap<MemberId, Vec<Grade>> = HashMap::new();
    let mut mass: HashMap<MemberId, Vec<Grade>> = HashMap::new();
    let mut own: HashMap<AccountId, Option<&SelfRating>> = HashMap::new();
    for (rater, form) in forms {
        let (into, ratings) = match form {
            Form::Member { own: rating, ratings } => {
                own.insert(*rater, rating.as_ref());
                (&mut mutual, ratings)
            }
            Form::Mass { ratings } => (&mut mass, ratings),
        };
        for (member, grade) in ratings {
            into.entry(*member).or_default().push(*grade);
        }
    }
    let tally = |of: &HashMap<MemberId, Vec<Grade>>, id| Tally::of(of.get(&id).into_iter().flatten().copied());
    let counted = participants.iter().map(|person| Participant {
        took_part: own.contains_key(&person.account_id),
        own: own.get(&person.account_id).copied().flatten().cloned(),
        mutual: tally(&mutual, person.member_id),
        mass: tally(&mass, person.member_id),
        ..person.clone()
    });
    counted.collect()
}

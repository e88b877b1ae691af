//! Reading lists and objects of objects as strictly as single ones.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::SpecialDayBody;

/// An object, where serde would take an array of its members' values as well; see [`crate::object`].
struct Strict<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::object::needed(deserializer).map(Self)
    }
}

/// Reads a list of objects.
pub(super) fn several<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::deserialize(deserializer).map(plain)
}

/// Reads a list of objects, or null.
pub(super) fn maybe_several<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Option::deserialize(deserializer).map(|list| list.map(plain))
}

/// Reads lists of objects.
pub(super) fn lists<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<Vec<T>>, D::Error> {
    Vec::deserialize(deserializer).map(|lists: Vec<_>| lists.into_iter().map(plain).collect())
}

fn plain<T>(list: Vec<Strict<T>>) -> Vec<T> {
    list.into_iter().map(|Strict(value)| value).collect()
}

/// A date as a member's name: `2026-10-01` and nothing else, so that one date has one name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DateName(NaiveDate);

impl<'de> Deserialize<'de> for DateName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = text.parse().ok().filter(|date: &NaiveDate| date.to_string() == text);
        date.map(Self).ok_or_else(|| D::Error::custom("not a date"))
    }
}

/// Reads an object of objects by date, each date once.
pub(super) fn by_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<NaiveDate, SpecialDayBody>, D::Error> {
    struct ByDate;

    impl<'de> Visitor<'de> for ByDate {
        type Value = BTreeMap<NaiveDate, SpecialDayBody>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            text.write_str("special days by date")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut days = BTreeMap::new();
            while let Some((DateName(date), Strict(day))) = map.next_entry()? {
                if days.insert(date, day).is_some() {
                    return Err(A::Error::custom(format!("duplicate field `{date}`")));
                }
            }
            Ok(days)
        }
    }

    deserializer.deserialize_map(ByDate)
}

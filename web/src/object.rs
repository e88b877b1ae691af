//! Nested objects of a body.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads an object; see [`object`].
///
/// # Errors
/// When it is something else, null too, or not a `T`.
pub fn needed<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    object(deserializer)?.ok_or_else(|| D::Error::custom("an object is needed"))
}

/// Reads a list of objects or null.
///
/// # Errors
/// When it is something else, or one of them is not a `T`.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent, bound = "T: Deserialize<'de>")]
    struct Element<T>(#[serde(deserialize_with = "needed")] T);

    let elements: Option<Vec<Element<T>>> = Option::deserialize(deserializer)?;
    Ok(elements.map(|elements| elements.into_iter().map(|Element(object)| object).collect()))
}

/// Reads an object or null. Without it serde takes an array of the members' values as well, which no document of ours
/// promises.
///
/// # Errors
/// When it is something else, or not a `T`.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = Option<T>;

        fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
            text.write_str("an object")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }

    deserializer.deserialize_any(Object(PhantomData))
}

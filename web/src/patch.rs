//! Fields of a change that can be taken away: left out, null, or a value.

use serde::{Deserialize, Deserializer};

/// What a change says of something optional. A field of this type has `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// Null: it is taken away.
    Clear,
    /// Another value.
    Set(T),
}

impl<T> Patch<T> {
    /// Changes `field`; `read` makes the value from what was sent.
    pub fn apply<F>(&self, field: &mut Option<F>, read: impl FnOnce(&T) -> F) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(read(value)),
        }
    }
}

impl<T: Copy> Patch<T> {
    /// What becomes of what was `before`.
    pub const fn over(&self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(*value),
        }
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(sent: Option<T>) -> Self {
        sent.map_or(Self::Clear, Self::Set)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// Reads an object or null; see [`crate::object::object`].
///
/// # Errors
/// When it is something else, or not a `T`.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Patch<T>, D::Error> {
    crate::object::object(deserializer).map(Patch::from)
}

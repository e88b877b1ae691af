//! Places in a tree as paths: a subtree is one range of text, so it is one index scan in any database.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Characters of one step of a path.
pub const STEP_WIDTH: usize = 4;
/// Children that one node can have (36⁴).
pub const MAX_CHILDREN: u32 = 36u32.pow(STEP_WIDTH as u32);
const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Text that is not a path: wrong length or a character outside `0-9A-Z`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a tree path: {0:?}")]
pub struct BadPath(pub String);

/// The way from the root to a node: one fixed-width step per level, compared byte by byte.
///
/// `a.contains(b)` exactly when `b` starts with `a`, and all of `a`'s subtree lies in `[a, a~)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TreePath(String);

impl TreePath {
    /// The path of the `number`th root (one per tenant).
    pub fn root(number: u32) -> Self {
        Self(step(number))
    }

    /// The path of the `number`th child.
    #[must_use]
    pub fn child(&self, number: u32) -> Self {
        Self(format!("{}{}", self.0, step(number)))
    }

    /// The number of this node among its siblings.
    pub fn number(&self) -> u32 {
        let tail = &self.0[self.0.len() - STEP_WIDTH..];
        tail.bytes().fold(0, |sum, byte| sum * 36 + DIGITS.iter().position(|digit| *digit == byte).unwrap_or(0) as u32)
    }

    /// The path of the node above, or nothing for a root.
    pub fn parent(&self) -> Option<Self> {
        let cut = self.0.len() - STEP_WIDTH;
        (cut > 0).then(|| Self(self.0[..cut].to_owned()))
    }

    /// 1 for a root, 2 for its children …
    pub fn level(&self) -> u8 {
        u8::try_from(self.0.len() / STEP_WIDTH).unwrap_or(u8::MAX)
    }

    /// The root above this node.
    #[must_use]
    pub fn tenant(&self) -> Self {
        Self(self.0[..STEP_WIDTH].to_owned())
    }

    /// This node and all above it, from the root down.
    pub fn chain(&self) -> impl DoubleEndedIterator<Item = &str> {
        (1..=self.0.len() / STEP_WIDTH).map(|level| &self.0[..level * STEP_WIDTH])
    }

    /// Whether `other` is this node or lies below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Where this node lies after the subtree of `from`, which it is in, was moved to `to`; nothing when it is not.
    pub fn moved(&self, from: &Self, to: &Self) -> Option<Self> {
        self.0.strip_prefix(&from.0).map(|rest| Self(format!("{}{rest}", to.0)))
    }

    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The end of the subtree's range, exclusive: `path >= self AND path < end`.
    pub fn subtree_end(&self) -> String {
        format!("{}~", self.0)
    }
}

fn step(number: u32) -> String {
    let mut rest = number % MAX_CHILDREN;
    let mut text = [b'0'; STEP_WIDTH];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(rest % 36) as usize];
        rest /= 36;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

impl TryFrom<String> for TreePath {
    type Error = BadPath;

    fn try_from(text: String) -> Result<Self, BadPath> {
        let well_formed = !text.is_empty()
            && text.len().is_multiple_of(STEP_WIDTH)
            && text.bytes().all(|byte| DIGITS.contains(&byte));
        if well_formed { Ok(Self(text)) } else { Err(BadPath(text)) }
    }
}

impl From<TreePath> for String {
    fn from(path: TreePath) -> Self {
        path.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreePath({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(steps: &[u32]) -> TreePath {
        steps[1..].iter().fold(TreePath::root(steps[0]), |path, step| path.child(*step))
    }

    #[test]
    fn steps_are_fixed_width_and_ordered() {
        assert_eq!(TreePath::root(0).as_str(), "0000");
        assert_eq!(path(&[1, 35, 36]).as_str(), "0001000Z0010");
        assert_eq!(path(&[1, 35, 36]).level(), 3);
        assert_eq!(path(&[1, 35, 36]).number(), 36);
        assert_eq!(path(&[1]).parent(), None);
        assert_eq!(path(&[1, 2]).chain().collect::<Vec<_>>(), ["0001", "00010002"]);
        assert!(TreePath::try_from("00a1".to_owned()).is_err());
        assert!(TreePath::try_from("00011".to_owned()).is_err());
        assert!(TreePath::try_from(String::new()).is_err());
    }

    proptest! {
        #[test]
        fn a_subtree_is_exactly_its_range(a in proptest::collection::vec(0u32..40, 1..5),
                                          b in proptest::collection::vec(0u32..40, 1..5)) {
            let (a, b) = (path(&a), path(&b));
            let in_range = b.as_str() >= a.as_str() && b.as_str() < a.subtree_end().as_str();
            prop_assert_eq!(a.contains(&b), in_range);
        }

        #[test]
        fn a_move_takes_the_whole_subtree_along(from in proptest::collection::vec(0u32..40, 1..4),
                                                to in proptest::collection::vec(0u32..40, 1..4),
                                                below in proptest::collection::vec(0u32..40, 0..3)) {
            let (from, to) = (path(&from), path(&to));
            let node = below.iter().fold(from.clone(), |path, step| path.child(*step));
            let moved = below.iter().fold(to.clone(), |path, step| path.child(*step));
            prop_assert_eq!(node.moved(&from, &to), Some(moved));
            prop_assert_eq!(from.parent().map(|above| above.moved(&from, &to)), from.parent().map(|_| None));
        }

        #[test]
        fn children_keep_their_number(steps in proptest::collection::vec(0..MAX_CHILDREN, 1..4), number in 0..MAX_CHILDREN) {
            let child = path(&steps).child(number);
            prop_assert_eq!(child.number(), number);
            prop_assert_eq!(child.parent(), Some(path(&steps)));
        }
    }
}

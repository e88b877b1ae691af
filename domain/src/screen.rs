//! Big screens (大屏): what one may show, who reads what comes live, and the numbers of pairing.
//!
//! A screen belongs to the place where it hangs, not to the person who paired it: it goes on when that person's rights
//! end, and whoever may show its target there manages it (architecture §7).

use std::fmt;
use std::str::FromStr;

use crate::access::Scope;
use crate::ids::{GridId, MeetingId, ScreenId};
use crate::tree::TreePath;

/// How long a pairing code holds, milliseconds (live-api: 10 minutes).
pub const CODE_LIFE_MS: i64 = 10 * 60 * 1_000;
/// How long a waiting screen's token outlives its code: a pairing of the last second still finds its screen.
pub const WAITS_ON_MS: i64 = 60 * 1_000;
/// Screens that wait at a time. A wrong code of six digits hits one of them with five in ten thousand at most.
pub const MAX_WAITING: u32 = 500;
/// Screens that are paired at a time: far above a county's, so that no table grows without end.
pub const MAX_PAIRED: u32 = 5_000;

/// Text that is not a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a target: board:ID or meeting:ID")]
pub struct BadTarget;

/// What a screen shows. Its text is the name of the live topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenTarget {
    /// A grid's board (指挥大屏).
    Board(GridId),
    /// A meeting's wall (签到大屏).
    Meeting(MeetingId),
}

impl fmt::Display for ScreenTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board(id) => write!(f, "board:{id}"),
            Self::Meeting(id) => write!(f, "meeting:{id}"),
        }
    }
}

impl FromStr for ScreenTarget {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let (kind, id) = text.split_once(':').ok_or(BadTarget)?;
        match kind {
            "board" => id.parse().map(Self::Board).map_err(|_| BadTarget),
            "meeting" => id.parse().map(Self::Meeting).map_err(|_| BadTarget),
            _ => Err(BadTarget),
        }
    }
}

impl serde::Serialize for ScreenTarget {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ScreenTarget {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who reads: a person with a scope, or a screen with its one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A person, or the system.
    Person(Scope),
    /// A screen; without target while it waits to be paired.
    Screen {
        /// Which.
        id: ScreenId,
        /// What it was paired to.
        target: Option<ScreenTarget>,
    },
}

impl Reader {
    /// Whether the reader may see the board of the grid at `path`.
    pub fn sees_board(&self, id: GridId, path: &TreePath) -> bool {
        match self {
            Self::Person(scope) => scope.sees_grid(path),
            Self::Screen { target, .. } => *target == Some(ScreenTarget::Board(id)),
        }
    }

    /// Whether the reader was paired to this meeting's wall; people's rights to a meeting are not a matter of scope.
    pub fn shows_meeting(&self, id: MeetingId) -> bool {
        matches!(self, Self::Screen { target: Some(ScreenTarget::Meeting(own)), .. } if *own == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId as _;

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    #[test]
    fn a_target_is_written_like_its_topic_and_read_again() {
        let board = ScreenTarget::Board(GridId::from_uuid(uuid(7)));
        let meeting = ScreenTarget::Meeting(MeetingId::from_uuid(uuid(8)));
        for target in [board, meeting] {
            assert_eq!(target.to_string().parse(), Ok(target));
            let json = serde_json::json!(target);
            assert_eq!(json, target.to_string());
            assert_eq!(serde_json::from_value::<ScreenTarget>(json).ok(), Some(target));
        }
        for wrong in ["", "board", "board:", "board:x", "grid:00000000-0000-0000-0000-000000000007", ":", "meeting:1 "]
        {
            assert_eq!(wrong.parse::<ScreenTarget>(), Err(BadTarget), "{wrong}");
        }
    }

    #[test]
    fn a_screen_sees_its_target_and_nothing_below_or_beside_it() {
        let (own, other) = (GridId::from_uuid(uuid(1)), GridId::from_uuid(uuid(2)));
        let path = TreePath::root(1);
        let screen = |target| Reader::Screen { id: ScreenId::from_uuid(uuid(9)), target };
        assert!(screen(Some(ScreenTarget::Board(own))).sees_board(own, &path));
        assert!(!screen(Some(ScreenTarget::Board(own))).sees_board(other, &path.child(1)));
        assert!(!screen(None).sees_board(own, &path));
        let meeting = MeetingId::from_uuid(uuid(1));
        assert!(!screen(Some(ScreenTarget::Meeting(meeting))).sees_board(own, &path));
        assert!(screen(Some(ScreenTarget::Meeting(meeting))).shows_meeting(meeting));
        assert!(!screen(Some(ScreenTarget::Board(own))).shows_meeting(meeting));
        assert!(Reader::Person(Scope::system()).sees_board(own, &path));
        assert!(!Reader::Person(Scope::system()).shows_meeting(meeting));
    }
}

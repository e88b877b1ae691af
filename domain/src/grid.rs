//! Grids: the five-level tree that requests fall into and climb (inventory GRID-01).

pub mod import;
pub mod staff_import;

use serde::{Deserialize, Serialize};

use crate::geo::{Area, Point};
use crate::ids::{GridId, OrganisationId};
use crate::person::PersonRef;
use crate::problem::{FieldError, text_field};
use crate::tree::TreePath;

/// Levels of the tree: county, township, village, and two below.
pub const LEVELS: u8 = 5;

/// The most households that a grid may be said to serve: no county has so many.
pub const MAX_HOUSEHOLDS: u32 = 1_000_000;

/// What people call a level.
pub const fn level_title(level: u8) -> &'static str {
    match level {
        1 => "县级",
        2 => "乡镇",
        3 => "村级",
        4 => "四级网格",
        _ => "五级网格",
    }
}

/// The level that people call so.
pub fn level_of_title(title: &str) -> Option<u8> {
    (1..=LEVELS).find(|level| level_title(*level) == title)
}

/// Whether a grid is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridStatus {
    /// Takes requests.
    Active,
    /// Kept for its history; takes no new request.
    Disabled,
}

impl GridStatus {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == text)
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Active => "启用",
            Self::Disabled => "停用",
        }
    }

    /// Reads the word people use.
    pub fn of_title(title: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.title() == title)
    }
}

/// A grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Its id.
    pub id: GridId,
    /// Grows with every change.
    pub version: u32,
    /// The number inside its QR code; never given to another grid.
    pub serial: u32,
    /// Which of its QR codes is alive; rotation adds one.
    pub code_generation: u16,
    /// Its place.
    pub path: TreePath,
    /// The administrative number people file it under.
    pub number: String,
    /// Its own name, without those above.
    pub name: String,
    /// Place among its siblings.
    pub sort_order: i32,
    /// Whether it takes requests.
    pub status: GridStatus,
    /// The organisation linked to it (联建党组织).
    pub organisation_id: Option<OrganisationId>,
    /// A point to show it at.
    pub center: Option<Point>,
    /// Its area.
    pub area: Option<Area>,
    /// Households that it serves itself, without those of the grids below it.
    pub households: u32,
}

/// Checks a grid's name: 1–50 characters.
///
/// # Errors
/// The field `name`.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    text_field("name", name, true, 50)
}

/// Checks how many households a grid serves itself: 0 to [`MAX_HOUSEHOLDS`].
///
/// # Errors
/// The field `households`.
pub fn check_households(count: i64) -> Result<u32, FieldError> {
    let checked = u32::try_from(count).ok().filter(|count| *count <= MAX_HOUSEHOLDS);
    checked.ok_or_else(|| {
        FieldError::new("households", "field.range", format!("户数请填写 0 到 {MAX_HOUSEHOLDS} 之间的整数"))
    })
}

/// One grid on the way from a ticket's grid up to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LadderStep {
    /// The grid.
    pub grid_id: GridId,
    /// Its place.
    pub path: TreePath,
    /// Who leads it; a vacant step is passed over (architecture §4).
    pub leaders: Vec<PersonRef>,
}

impl LadderStep {
    /// Whether nobody leads it.
    pub const fn is_vacant(&self) -> bool {
        self.leaders.is_empty()
    }
}

/// The grids above a ticket's grid, nearest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder(pub Vec<LadderStep>);

impl Ladder {
    /// The steps above `from`, nearest first.
    pub fn above(&self, from: &TreePath) -> impl DoubleEndedIterator<Item = &LadderStep> + Clone {
        let level = from.level();
        self.0.iter().filter(move |step| step.path.level() < level)
    }

    /// The next step above `from` that somebody leads; the root when nobody does; nothing above the root.
    pub fn next_above(&self, from: &TreePath) -> Option<&LadderStep> {
        let mut above = self.above(from);
        above.clone().find(|step| !step.is_vacant()).or_else(|| above.next_back())
    }

    /// The step at `path`.
    pub fn at(&self, path: &TreePath) -> Option<&LadderStep> {
        self.0.iter().find(|step| &step.path == path)
    }
}

/// Counters of a grid: its own tickets, or those of its subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Tickets that wait for somebody.
    pub submitted: i64,
    /// Tickets being worked on.
    pub accepted: i64,
    /// Tickets that wait for the submitter's rating.
    pub completed: i64,
    /// Rated tickets.
    pub rated: i64,
    /// Open tickets whose time limit is over.
    pub overdue: i64,
    /// Returns that happened so far.
    pub returned: i64,
}

impl Counters {
    /// Whether all are zero.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// In the order of the fields.
    pub const fn to_array(self) -> [i64; 6] {
        [self.submitted, self.accepted, self.completed, self.rated, self.overdue, self.returned]
    }

    /// From the order of the fields.
    pub const fn from_array([submitted, accepted, completed, rated, overdue, returned]: [i64; 6]) -> Self {
        Self { submitted, accepted, completed, rated, overdue, returned }
    }
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.submitted += other.submitted;
        self.accepted += other.accepted;
        self.completed += other.completed;
        self.rated += other.rated;
        self.overdue += other.overdue;
        self.returned += other.returned;
    }
}

impl std::ops::Sub for Counters {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            submitted: self.submitted - other.submitted,
            accepted: self.accepted - other.accepted,
            completed: self.completed - other.completed,
            rated: self.rated - other.rated,
            overdue: self.overdue - other.overdue,
            returned: self.returned - other.returned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;

    fn step(path: TreePath, has_leader: bool) -> LadderStep {
        let id = uuid::Uuid::from_u128(u128::from(path.level()));
        let leader = PersonRef { id: crate::ids::AccountId::from_uuid(id), name: "农支书".to_owned() };
        let leaders = if has_leader { vec![leader] } else { Vec::new() };
        LadderStep { grid_id: GridId::from_uuid(id), path, leaders }
    }

    #[test]
    fn households_are_counted_within_bounds() {
        for count in [0, 1, 43_494, 1_000_000] {
            assert_eq!(check_households(count).map(i64::from), Ok(count));
        }
        for wrong in [-1, 1_000_001, i64::MIN, i64::MAX, i64::from(u32::MAX) + 1] {
            assert_eq!(check_households(wrong).map_err(|error| error.field), Err("households".into()), "{wrong}");
        }
    }

    #[test]
    fn a_vacant_level_is_passed_at_once() {
        let county = TreePath::root(1);
        let town = county.child(1);
        let village = town.child(1);
        let cases = [
            // leaders of village, town, county; from where; expected level
            ([true, true, true], village.child(1), Some(3)),
            ([false, true, true], village.child(1), Some(2)),
            ([false, false, true], village.child(1), Some(1)),
            // nobody anywhere: the root answers for it
            ([false, false, false], village.child(1), Some(1)),
            ([true, true, true], town.clone(), Some(1)),
            ([true, true, true], county.clone(), None),
        ];
        for (leaders, from, expected) in cases {
            let ladder = Ladder(vec![
                step(village.clone(), leaders[0]),
                step(town.clone(), leaders[1]),
                step(county.clone(), leaders[2]),
            ]);
            assert_eq!(ladder.next_above(&from).map(|step| step.path.level()), expected, "{leaders:?} from {from}");
        }
    }
}

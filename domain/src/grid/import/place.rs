//! Where the rows of a sheet come to lie: the level of each, whatever their order, without walking in circles.

use super::{RowError, Sheet};
use crate::grid::LEVELS;
use crate::problem::FieldError;

/// What stands above a row.
enum Above {
    /// A grid of this level.
    Grid(usize),
    /// Another row.
    Row(usize),
    /// Nothing that it could stand below.
    Nothing,
}

/// The level of a row once it was looked for; nothing where something above it is wrong, which is said there.
type Found = Option<Option<usize>>;

impl Sheet<'_> {
    /// The level of each row.
    pub(super) fn levels(&self, errors: &mut Vec<RowError>) -> Vec<Option<usize>> {
        let of_known = |known: &super::KnownGrid<'_>| Some(usize::from(known.grid.path.level()));
        let mut levels: Vec<Found> = self.known.iter().map(|known| known.as_ref().map(of_known)).collect();
        for start in 0..self.rows.len() {
            self.climb(start, &mut levels, errors);
        }
        levels.into_iter().map(Option::flatten).collect()
    }

    /// Goes up from a row to what has a level, and comes back down with it.
    fn climb(&self, start: usize, levels: &mut [Found], errors: &mut Vec<RowError>) {
        let mut way: Vec<usize> = Vec::new();
        let mut index = start;
        let mut level = loop {
            if let Some(found) = levels[index] {
                break found;
            }
            if let Some(at) = way.iter().position(|earlier| *earlier == index) {
                let circle = "上级网格绕成了一圈，请检查";
                errors.extend(way[at..].iter().map(|index| self.wrong_parent(*index, "grid.cycle", circle)));
                break None;
            }
            way.push(index);
            match self.above(index, errors) {
                Above::Grid(level) => break Some(level),
                Above::Row(above) => index = above,
                Above::Nothing => break None,
            }
        };
        while let Some(index) = way.pop() {
            level = level.map(|above| above + 1);
            if level.is_some_and(|level| level > usize::from(LEVELS)) {
                errors.push(self.wrong_parent(index, "grid.too_deep", "五级网格下面不能再建网格"));
            }
            levels[index] = Some(level);
        }
    }

    fn above(&self, index: usize, errors: &mut Vec<RowError>) -> Above {
        let parent = self.rows[index].parent.trim();
        if parent.is_empty() {
            errors.push(self.wrong_parent(index, "field.required", "请填写上级网格编号"));
            return Above::Nothing;
        }
        match (self.by_number.get(parent), self.new.get(parent)) {
            (Some(known), _) if known.administered => Above::Grid(usize::from(known.grid.path.level())),
            (None, Some(row)) => Above::Row(*row),
            (Some(_) | None, _) => {
                errors.push(self.wrong_parent(index, "grid.not_found", "没有找到这个上级网格，或不归您管理"));
                Above::Nothing
            }
        }
    }

    fn wrong_parent(&self, index: usize, code: &'static str, words: &str) -> RowError {
        RowError { row: self.rows[index].row, error: FieldError::new("parent", code, words) }
    }
}

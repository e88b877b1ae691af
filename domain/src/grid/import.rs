//! Grids from a sheet (GRID-01): rows in any order become either every cell that is wrong, or the grids to make, parents
//! first, and those to change.
//!
//! What comes out depends on what the rows say and not on their order. An empty cell of a grid that is there leaves that
//! part as it is. A grid stays where it is: moving is an action of its own.

mod place;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::{Grid, GridStatus, LEVELS, check_households, check_name, level_of_title, level_title};
use crate::geo::Point;
use crate::ids::{GridId, OrganisationId};
use crate::problem::{FieldError, text_field};
use crate::tree::TreePath;

/// Characters of a grid's number.
const NUMBER_CHARS: usize = 40;

/// What one row of the sheet says, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GridRow {
    /// As the sheet numbers its rows.
    pub row: u32,
    /// Number of the grid above.
    pub parent: String,
    /// Its own number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// What its level is called; only compared.
    pub level: String,
    /// The linked organisation, by name.
    pub organisation: String,
    /// Households that it serves itself.
    pub households: String,
    /// Place among its siblings.
    pub order: String,
    /// 启用 or 停用.
    pub status: String,
    /// Longitude of its centre, WGS84 degrees.
    pub lng: String,
    /// Latitude of its centre, WGS84 degrees.
    pub lat: String,
}

/// A cell that is wrong: the field is the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// As the sheet numbers its rows.
    pub row: u32,
    /// What is wrong.
    pub error: FieldError,
}

/// A grid that is there.
#[derive(Debug, Clone, Copy)]
pub struct KnownGrid<'a> {
    /// The grid.
    pub grid: &'a Grid,
    /// Whether whoever imports may change it and make others below it.
    pub administered: bool,
}

/// Finds the organisation that a cell names.
pub type FindOrganisation<'a> = &'a dyn Fn(&str) -> Result<OrganisationId, FieldError>;

/// What an import is decided on.
pub struct GridImport<'a> {
    /// All grids, of others too: their numbers are taken.
    pub known: &'a [KnownGrid<'a>],
    /// How organisations are found; the error names the field `organisation`.
    pub organisation: FindOrganisation<'a>,
    /// Whether grids that are there are changed; otherwise their rows are wrong.
    pub update: bool,
}

/// What an import does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GridPlan {
    /// Grids to make, parents before children.
    pub new: Vec<Grid>,
    /// Grids to change: as they are, and as they will be.
    pub changed: Vec<(Grid, Grid)>,
    /// Rows that say what is so already.
    pub unchanged: usize,
}

/// What a row says of a grid itself; nothing where the cell is empty.
#[derive(Debug, Clone)]
struct Facts {
    name: String,
    organisation_id: Option<OrganisationId>,
    households: Option<u32>,
    sort_order: Option<i32>,
    status: Option<GridStatus>,
    center: Option<Point>,
}

/// The rows with what could be read of them, beside the grids that are there.
struct Sheet<'a> {
    rows: &'a [GridRow],
    /// The grid of each row that has the number of one.
    known: Vec<Option<KnownGrid<'a>>>,
    by_number: HashMap<&'a str, KnownGrid<'a>>,
    /// The first row of each number that no grid has.
    new: HashMap<&'a str, usize>,
}

impl GridImport<'_> {
    /// Decides on all rows; `next_id` gives new grids their ids.
    ///
    /// # Errors
    /// Every cell that is wrong, by row.
    pub fn plan(&self, rows: &[GridRow], next_id: impl FnMut() -> GridId) -> Result<GridPlan, Vec<RowError>> {
        let by_number: HashMap<&str, KnownGrid<'_>> =
            self.known.iter().map(|known| (known.grid.number.as_str(), *known)).collect();
        let mut errors = Vec::new();
        let mut facts = Vec::with_capacity(rows.len());
        for row in rows {
            facts.push(self.facts(row, &mut |error| errors.push(RowError { row: row.row, error })));
        }
        let mut sheet = Sheet { rows, known: Vec::with_capacity(rows.len()), by_number, new: HashMap::new() };
        errors.extend(sheet.take_numbers(self.update));
        let levels = sheet.levels(&mut errors);
        sheet.check_levels(&levels, &mut errors);
        if !errors.is_empty() {
            errors.sort_by_key(|wrong| wrong.row);
            return Err(errors);
        }
        let facts: Vec<Facts> = facts.into_iter().flatten().collect();
        Ok(self.carry_out(&sheet, &facts, &levels, next_id))
    }

    fn facts(&self, row: &GridRow, wrong: &mut dyn FnMut(FieldError)) -> Option<Facts> {
        let mut count = 0;
        let mut keep = |error: FieldError| {
            count += 1;
            wrong(error);
        };
        let name = check_name(&row.name).map_err(&mut keep).ok();
        let filled = |text: &str| !text.trim().is_empty();
        let organisation_id =
            filled(&row.organisation).then(|| (self.organisation)(&row.organisation).map_err(&mut keep).ok()).flatten();
        let households = filled(&row.households)
            .then(|| {
                let number = whole("households", &row.households, "户数请填写整数").and_then(check_households);
                number.map_err(&mut keep).ok()
            })
            .flatten();
        let sort_order = filled(&row.order)
            .then(|| {
                let number = whole("order", &row.order, "排序请填写整数");
                let fits = |number| i32::try_from(number).map_err(|_| not_a_number("order", "排序的数太大"));
                number.and_then(fits).map_err(&mut keep).ok()
            })
            .flatten();
        let status = filled(&row.status)
            .then(|| {
                let known = GridStatus::of_title(row.status.trim());
                let unknown = || FieldError::new("status", "field.option", "只能是启用或停用");
                known.ok_or_else(unknown).map_err(&mut keep).ok()
            })
            .flatten();
        let center = center(row, &mut keep);
        name.filter(|_| count == 0).map(|name| Facts { name, organisation_id, households, sort_order, status, center })
    }

    fn carry_out(
        &self,
        sheet: &Sheet<'_>,
        facts: &[Facts],
        levels: &[Option<usize>],
        mut next_id: impl FnMut() -> GridId,
    ) -> GridPlan {
        let mut plan = GridPlan::default();
        let mut places: HashMap<&str, TreePath> =
            sheet.by_number.iter().map(|(number, known)| (*number, known.grid.path.clone())).collect();
        let mut last_child: HashMap<TreePath, u32> = HashMap::new();
        let mut serial = 0;
        for known in self.known {
            serial = serial.max(known.grid.serial);
            if let Some(parent) = known.grid.path.parent() {
                let last = last_child.entry(parent).or_default();
                *last = (*last).max(known.grid.path.number());
            }
        }
        let mut order: Vec<(usize, i32, &str, usize)> = Vec::new();
        for (index, (row, facts)) in sheet.rows.iter().zip(facts).enumerate() {
            match sheet.known[index] {
                Some(known) => match facts.changed(known.grid) {
                    Some(after) => plan.changed.push((known.grid.clone(), after)),
                    None => plan.unchanged += 1,
                },
                None => order.push((
                    levels[index].unwrap_or_default(),
                    facts.sort_order.unwrap_or_default(),
                    row.number.trim(),
                    index,
                )),
            }
        }
        // Siblings are told apart by their numbers, so the rows' own order does not count.
        order.sort_unstable();
        for (_, _, number, index) in order {
            let Some(parent) = places.get(sheet.rows[index].parent.trim()).cloned() else { continue };
            let last = last_child.entry(parent.clone()).or_default();
            *last += 1;
            serial += 1;
            let grid = facts[index].new_grid(next_id(), serial, parent.child(*last), number);
            places.insert(number, grid.path.clone());
            plan.new.push(grid);
        }
        plan.changed.sort_by(|one, other| one.0.path.cmp(&other.0.path));
        plan
    }
}

impl Facts {
    fn new_grid(&self, id: GridId, serial: u32, path: TreePath, number: &str) -> Grid {
        Grid {
            id,
            version: 1,
            serial,
            code_generation: 1,
            path,
            number: number.to_owned(),
            name: self.name.clone(),
            sort_order: self.sort_order.unwrap_or_default(),
            status: self.status.unwrap_or(GridStatus::Active),
            organisation_id: self.organisation_id,
            center: self.center,
            area: None,
            households: self.households.unwrap_or_default(),
        }
    }

    /// The grid with what is said of it here; nothing when it is so already.
    fn changed(&self, before: &Grid) -> Option<Grid> {
        let after = Grid {
            name: self.name.clone(),
            sort_order: self.sort_order.unwrap_or(before.sort_order),
            status: self.status.unwrap_or(before.status),
            organisation_id: self.organisation_id.or(before.organisation_id),
            center: self.center.or(before.center),
            households: self.households.unwrap_or(before.households),
            ..before.clone()
        };
        (after != *before).then(|| Grid { version: before.version + 1, ..after })
    }
}

impl<'a> Sheet<'a> {
    /// Which rows are of grids that are there; what is wrong with numbers.
    fn take_numbers(&mut self, update: bool) -> Vec<RowError> {
        let mut errors = Vec::new();
        let mut first: HashMap<&str, u32> = HashMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            let number = row.number.trim();
            let known = self.by_number.get(number).copied();
            self.known.push(known);
            let mut wrong = |field: &str, code, words: String| {
                errors.push(RowError { row: row.row, error: FieldError::new(field, code, words) });
            };
            if let Err(error) = text_field("number", number, true, NUMBER_CHARS) {
                wrong("number", error.code, if number.is_empty() { "请填写编号".to_owned() } else { error.message });
                continue;
            }
            if let Some(first) = first.get(number) {
                wrong("number", "sheet.row_repeated", format!("与第 {first} 行的编号相同"));
                continue;
            }
            first.insert(number, row.row);
            match known {
                None => {
                    self.new.insert(number, index);
                }
                // Of whom, is not for everybody to know.
                Some(known) if !known.administered => {
                    wrong("number", "grid.number_taken", "编号已被使用，请换一个编号".to_owned());
                }
                Some(_) if !update => {
                    let words = "已有这个编号的网格；要修改它，请勾选“更新已有数据”";
                    wrong("number", "grid.exists", words.to_owned());
                }
                Some(known) => self.check_parent_kept(row, known.grid, &mut wrong),
            }
        }
        errors
    }

    fn check_parent_kept(&self, row: &GridRow, grid: &Grid, wrong: &mut dyn FnMut(&str, &'static str, String)) {
        let parent = row.parent.trim();
        let stays =
            self.by_number.get(parent).is_some_and(|above| grid.path.parent().as_ref() == Some(&above.grid.path));
        if !parent.is_empty() && !stays {
            let words = "导入不改变已有网格的上级；移动网格请在网格管理里操作";
            wrong("parent", "grid.parent_fixed", words.to_owned());
        }
    }

    /// A level that is named has to be the one that the parent makes.
    fn check_levels(&self, levels: &[Option<usize>], errors: &mut Vec<RowError>) {
        for (index, row) in self.rows.iter().enumerate() {
            let text = row.level.trim();
            if text.is_empty() {
                continue;
            }
            let mut wrong = |code, words: String| {
                errors.push(RowError { row: row.row, error: FieldError::new("level", code, words) });
            };
            match (level_of_title(text), levels[index]) {
                (None, _) => wrong("field.option", "请从下拉列表中选择层级".to_owned()),
                (Some(said), Some(level)) if usize::from(said) != level && level <= usize::from(LEVELS) => {
                    let level = u8::try_from(level).unwrap_or(LEVELS);
                    wrong("grid.level_differs", format!("按上级网格，它应是{}", level_title(level)));
                }
                (Some(_), _) => {}
            }
        }
    }
}

fn not_a_number(field: &str, words: &str) -> FieldError {
    FieldError::new(field, "field.number", words)
}

fn whole(field: &str, text: &str, words: &str) -> Result<i64, FieldError> {
    text.trim().parse().map_err(|_| not_a_number(field, words))
}

/// Both coordinates, or none.
fn center(row: &GridRow, wrong: &mut dyn FnMut(FieldError)) -> Option<Point> {
    let mut degrees = |field: &str, text: &str, most: f64, words: &str| {
        let parsed: Result<f64, _> = text.trim().parse();
        match parsed {
            Ok(number) if number.is_finite() && number.abs() <= most => Some(number),
            Ok(_) => {
                wrong(FieldError::new(field, "field.range", words));
                None
            }
            Err(_) => {
                wrong(not_a_number(field, "请填写以度为单位的小数，如 105.123456"));
                None
            }
        }
    };
    let (lng, lat) = (row.lng.trim(), row.lat.trim());
    match (lng.is_empty(), lat.is_empty()) {
        (true, true) => None,
        (false, false) => {
            let lng = degrees("lng", lng, 180.0, "经度在 -180 到 180 之间");
            let lat = degrees("lat", lat, 90.0, "纬度在 -90 到 90 之间，请检查是否与经度填反");
            Point::new(lng?, lat?).ok()
        }
        (lng_missing, _) => {
            let field = if lng_missing { "lng" } else { "lat" };
            wrong(FieldError::new(field, "field.required", "经度和纬度要一起填写"));
            None
        }
    }
}

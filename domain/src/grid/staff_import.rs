//! Who serves which grid, from a sheet (GRID-03): rows become either every cell that is wrong, or the accounts to make and
//! the duties to give. A person with several grids has several rows.
//!
//! Somebody is found by account, else by phone, else, when several share one, by phone and name. Names and phones of
//! people who are there are only compared: an import is no way to get hold of somebody else's account.

mod people;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use self::people::{People, Said, Who};
use super::import::RowError;
use crate::access::Duty;
use crate::ids::{AccountId, GridId};
use crate::person_name::PersonName;
use crate::phone::Phone;
use crate::problem::FieldError;

/// What one row of the sheet says, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffRow {
    /// As the sheet numbers its rows.
    pub row: u32,
    /// Number of the grid.
    pub grid: String,
    /// The person's name.
    pub name: String,
    /// Mobile number; of somebody with an account also masked, as an export has it.
    pub phone: String,
    /// The name to sign in with.
    pub account: String,
    /// What the person does there, in people's words.
    pub duty: String,
}

/// A grid that whoever imports administers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedGrid {
    /// Its id.
    pub id: GridId,
    /// Who does what there.
    pub staff: Vec<(AccountId, Duty)>,
}

/// Somebody with an account of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// The account.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// The name to sign in with.
    pub login: Option<String>,
    /// Mobile number.
    pub phone: Option<Phone>,
    /// Whether the account may be used.
    pub active: bool,
}

/// What an import is decided on.
#[derive(Debug, Clone, Copy)]
pub struct StaffImport<'a> {
    /// By number; others' grids are not in it.
    pub grids: &'a HashMap<String, ServedGrid>,
    /// All staff.
    pub people: &'a [KnownPerson],
    /// Names to sign in with that belong to others than staff.
    pub other_logins: &'a HashSet<String>,
    /// Whether whoever imports may make accounts.
    pub may_create: bool,
    /// Whether another duty in the same grid is changed; otherwise its row is wrong.
    pub update: bool,
}

/// Whose duty it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Person {
    /// Who has an account.
    Known(AccountId),
    /// Whose account is made: the place in [`StaffPlan::people`].
    New(usize),
}

/// An account to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The person's name.
    pub name: PersonName,
    /// The name to sign in with.
    pub login: String,
    /// Mobile number.
    pub phone: Option<Phone>,
}

/// A duty to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDuty {
    /// Where.
    pub grid_id: GridId,
    /// To whom.
    pub person: Person,
    /// Instead of which.
    pub before: Option<Duty>,
    /// Which.
    pub duty: Duty,
}

/// What an import does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffPlan {
    /// Accounts to make, in the order of their first rows.
    pub people: Vec<NewPerson>,
    /// Duties to give, in the order of the rows.
    pub duties: Vec<PlannedDuty>,
    /// Rows that say what is so already.
    pub unchanged: usize,
}

impl StaffImport<'_> {
    /// Decides on all rows.
    ///
    /// # Errors
    /// Every cell that is wrong, by row.
    pub fn plan(&self, rows: &[StaffRow]) -> Result<StaffPlan, Vec<RowError>> {
        let mut errors: Vec<RowError> = Vec::new();
        let said: Vec<Said> =
            rows.iter().map(|row| Said::of(row, &mut |error| errors.push(RowError { row: row.row, error }))).collect();
        let mut people = People::new(self);
        // Who is named by account first: a row with the phone alone may mean somebody whom another row makes.
        let mut found: Vec<Option<Who>> = Vec::with_capacity(rows.len());
        for (row, said) in rows.iter().zip(&said) {
            let one = said.login.as_deref().map(|login| people.by_login(row.row, login, said));
            found.push(kept(one, row.row, &mut errors));
        }
        for ((row, said), who) in rows.iter().zip(&said).zip(&mut found) {
            if who.is_none() && row.account.trim().is_empty() {
                *who = kept(said.phone.as_ref().map(|phone| people.by_phone(phone, said)), row.row, &mut errors);
            }
        }
        let mut plan = StaffPlan::default();
        let mut first: HashMap<(Who, GridId), u32> = HashMap::new();
        for ((row, said), who) in rows.iter().zip(&said).zip(&found) {
            let mut wrong = |field: &str, code, words: String| {
                errors.push(RowError { row: row.row, error: FieldError::new(field, code, words) });
            };
            let grid = self.grids.get(row.grid.trim());
            if grid.is_none() && !row.grid.trim().is_empty() {
                wrong("grid", "grid.not_found", "没有找到这个网格，或不归您管理".to_owned());
            }
            let (Some(grid), Some(who)) = (grid, who) else { continue };
            if let Some(first) = first.get(&(*who, grid.id)) {
                wrong("grid", "sheet.row_repeated", format!("与第 {first} 行是同一个人、同一个网格"));
                continue;
            }
            first.insert((*who, grid.id), row.row);
            let (Some(duty), Some(person)) = (said.duty, people.person(*who)) else { continue };
            let has = |id: AccountId| grid.staff.iter().find(|(known, _)| *known == id).map(|(_, duty)| *duty);
            let before = match person {
                Person::Known(id) => has(id),
                Person::New(_) => None,
            };
            match before {
                Some(before) if before == duty => plan.unchanged += 1,
                Some(before) if !self.update => {
                    let words = format!("现在是{}；要改，请勾选“更新已有数据”", before.title());
                    wrong("duty", "grid.duty_differs", words);
                }
                Some(_) | None => plan.duties.push(PlannedDuty { grid_id: grid.id, person, before, duty }),
            }
        }
        if errors.is_empty() {
            plan.people = people.into_new();
            Ok(plan)
        } else {
            errors.sort_by_key(|wrong| wrong.row);
            Err(errors)
        }
    }
}

fn kept(found: Option<Result<Who, FieldError>>, row: u32, errors: &mut Vec<RowError>) -> Option<Who> {
    found?.map_err(|error| errors.push(RowError { row, error })).ok()
}

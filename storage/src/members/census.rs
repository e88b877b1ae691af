//! How many members organisations have, and where some of them are: counted, not read, as a tree or a list asks for many.

use std::collections::{BTreeMap, HashMap};

use lianxin_domain::ids::MemberId;
use lianxin_domain::member::MemberStatus;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;

use super::{FROM, Members};
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES, in_place};
use crate::table::Cell;

/// How many on the roster each organisation has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Census(BTreeMap<TreePath, u64>);

impl Census {
    /// Of the organisation at `path` alone.
    pub fn own(&self, path: &TreePath) -> u64 {
        self.0.get(path).copied().unwrap_or_default()
    }

    /// Of the organisation at `path` and of those below it.
    pub fn subtree(&self, path: &TreePath) -> u64 {
        self.0.range(path..).take_while(|(place, _)| path.contains(place)).map(|(_, count)| count).sum()
    }

    /// Of all organisations whose place `fits`.
    pub fn of(&self, fits: impl Fn(&TreePath) -> bool) -> u64 {
        self.0.iter().filter(|(place, _)| fits(place)).map(|(_, count)| count).sum()
    }
}

impl Members {
    /// Counts the members on the rosters of these organisations; with those below where it says so.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn census(&self, organisations: &[(TreePath, bool)]) -> Result<Census, StorageError> {
        let mut counts = BTreeMap::new();
        for chunk in organisations.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and("members.status = ?", [MemberStatus::Active.as_str().into()]);
            conditions.and_any(chunk.iter().map(in_place).collect());
            let sql = format!("SELECT o.path, COUNT(*) {FROM}{} GROUP BY o.path", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let path: String = row.try_get(0)?;
                let place = TreePath::try_from(path.clone());
                let place = place.map_err(|_| StorageError::corrupt("organisations", "path", &path))?;
                // One that two of them take in is counted whole each time.
                counts.insert(place, row.try_get::<i64, _>(1)?.unsigned_abs());
            }
        }
        Ok(Census(counts))
    }

    /// Where those of `ids` are that exist, and whether they are on the roster there.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn places(&self, ids: &[MemberId]) -> Result<HashMap<MemberId, (TreePath, bool)>, StorageError> {
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("members.id", chunk.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!("SELECT members.id, members.status, o.path {FROM}{}", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let (id, status): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let corrupt = |column| StorageError::corrupt("members", column, &id);
                let path = TreePath::try_from(row.try_get::<String, _>(2)?).map_err(|_| corrupt("organisation_id"))?;
                let active = status == MemberStatus::Active.as_str();
                found.insert(id.parse().map_err(|_| corrupt("id"))?, (path, active));
            }
        }
        Ok(found)
    }
}

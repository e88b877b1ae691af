//! Grids, their staff and their counters in the database.

use lianxin_domain::access::Duty;
use lianxin_domain::geo::Point;
use lianxin_domain::grid::{Counters, Grid, GridStatus};
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::tree::TreePath;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Row, Table, int, real, text};

pub(crate) static GRIDS: Table = Table {
    name: "grids",
    key: ID,
    versioned: true,
    fixed: &[int("serial"), text("number")],
    mutable: &[
        int("code_generation"),
        text("path"),
        text("name"),
        int("sort_order"),
        text("status"),
        text("organisation_id"),
        real("center_lng"),
        real("center_lat"),
        text("area"),
        int("households"),
    ],
};

pub(crate) static GRID_STAFF: Table = Table {
    name: "grid_staff",
    key: ID,
    versioned: false,
    fixed: &[text("grid_id"), text("account_id"), text("duty")],
    mutable: &[],
};

pub(crate) static GRID_COUNTERS: Table = Table {
    name: "grid_counters",
    key: ID,
    versioned: false,
    fixed: &[],
    mutable: &[int("submitted"), int("accepted"), int("completed"), int("rated"), int("overdue"), int("returned")],
};

/// One person's duty in one grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridStaff {
    /// The grid.
    pub grid_id: GridId,
    /// The person.
    pub account_id: AccountId,
    /// What the person does there.
    pub duty: Duty,
}

/// The grids. They are few and needed by every request, so readers load them whole (`actors::directory`).
#[derive(Clone)]
pub struct Grids {
    database: Database,
}

impl Grids {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// All grids, parents before children.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all(&self) -> Result<Vec<Grid>, StorageError> {
        let sql = format!("SELECT {} FROM grids ORDER BY path", GRIDS.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.database.readers()).await?;
        rows.iter().map(read_grid).collect()
    }

    /// Everybody's duties.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn staff(&self) -> Result<Vec<GridStaff>, StorageError> {
        let rows = sqlx::query("SELECT grid_id, account_id, duty FROM grid_staff ORDER BY grid_id, account_id")
            .fetch_all(self.database.readers())
            .await?;
        rows.iter()
            .map(|row| {
                let grid_id: String = row.try_get("grid_id")?;
                let account_id: String = row.try_get("account_id")?;
                let corrupt = |column| StorageError::corrupt("grid_staff", column, &grid_id);
                Ok(GridStaff {
                    grid_id: grid_id.parse().map_err(|_| corrupt("grid_id"))?,
                    account_id: account_id.parse().map_err(|_| corrupt("account_id"))?,
                    duty: Duty::parse(&row.try_get::<String, _>("duty")?).ok_or_else(|| corrupt("duty"))?,
                })
            })
            .collect()
    }

    /// What each grid's own tickets count.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn counters(&self) -> Result<Vec<(GridId, Counters)>, StorageError> {
        Self::counters_on(self.database.readers()).await
    }

    pub(crate) async fn counters_on<'c>(
        database: impl Executor<'c, Database = Any>,
    ) -> Result<Vec<(GridId, Counters)>, StorageError> {
        let sql = format!("SELECT {} FROM grid_counters", GRID_COUNTERS.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(database).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let mut values = [0; 6];
                for (index, value) in values.iter_mut().enumerate() {
                    *value = row.try_get(index + 1)?;
                }
                let id = id.parse().map_err(|_| StorageError::corrupt("grid_counters", "id", &id))?;
                Ok((id, Counters::from_array(values)))
            })
            .collect()
    }

    /// The write of a new grid.
    pub fn insert(grid: &Grid) -> Write {
        let head =
            vec![grid.id.to_string().into(), grid.version.into(), grid.serial.into(), grid.number.as_str().into()];
        Write::Insert(&GRIDS, head.into_iter().chain(mutable(grid)).collect())
    }

    /// The write of a changed grid, decided on version `before`.
    pub fn update(before: u32, grid: &Grid) -> Write {
        Write::Update {
            table: &GRIDS,
            key: grid.id.to_string(),
            expected: before,
            next: grid.version,
            values: mutable(grid),
        }
    }

    /// That a grid stays as it was read until the change is committed.
    pub fn require(grid: &Grid) -> Write {
        Write::Require { table: &GRIDS, key: grid.id.to_string(), version: grid.version }
    }

    /// The write that gives somebody a duty.
    pub fn assign(staff: &GridStaff) -> Write {
        let row = vec![
            staff_key(staff.grid_id, staff.account_id).into(),
            staff.grid_id.to_string().into(),
            staff.account_id.to_string().into(),
            staff.duty.as_str().into(),
        ];
        Write::Put(&GRID_STAFF, row)
    }

    /// The write that takes somebody's duty away.
    pub fn dismiss(grid_id: GridId, account_id: AccountId) -> Write {
        Write::Delete(&GRID_STAFF, staff_key(grid_id, account_id))
    }
}

fn staff_key(grid_id: GridId, account_id: AccountId) -> String {
    format!("{grid_id}:{account_id}")
}

fn mutable(grid: &Grid) -> Row {
    vec![
        u32::from(grid.code_generation).into(),
        grid.path.as_str().into(),
        grid.name.as_str().into(),
        i64::from(grid.sort_order).into(),
        grid.status.as_str().into(),
        grid.organisation_id.map(|id| id.to_string()).into(),
        grid.center.map(Point::lng).into(),
        grid.center.map(Point::lat).into(),
        grid.area.as_ref().map(|area| serde_json::json!(area).to_string()).into(),
        grid.households.into(),
    ]
}

fn read_grid(row: &AnyRow) -> Result<Grid, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("grids", column, &id);
    let number = |column| -> Result<i64, StorageError> { Ok(row.try_get::<i64, _>(column)?) };
    let organisation: Option<String> = row.try_get("organisation_id")?;
    let center = match (row.try_get("center_lng")?, row.try_get("center_lat")?) {
        (Some(lng), Some(lat)) => Some(Point::new(lng, lat).map_err(|_| corrupt("center_lng"))?),
        (None, _) | (_, None) => None,
    };
    let area: Option<String> = row.try_get("area")?;
    Ok(Grid {
        version: u32::try_from(number("version")?).map_err(|_| corrupt("version"))?,
        serial: u32::try_from(number("serial")?).map_err(|_| corrupt("serial"))?,
        code_generation: u16::try_from(number("code_generation")?).map_err(|_| corrupt("code_generation"))?,
        path: TreePath::try_from(row.try_get::<String, _>("path")?).map_err(|_| corrupt("path"))?,
        number: row.try_get("number")?,
        name: row.try_get("name")?,
        sort_order: i32::try_from(number("sort_order")?).map_err(|_| corrupt("sort_order"))?,
        status: GridStatus::parse(&row.try_get::<String, _>("status")?).ok_or_else(|| corrupt("status"))?,
        organisation_id: organisation.map(|id| id.parse()).transpose().map_err(|_| corrupt("organisation_id"))?,
        center,
        area: area.map(|area| serde_json::from_str(&area)).transpose().map_err(|_| corrupt("area"))?,
        households: u32::try_from(number("households")?).map_err(|_| corrupt("households"))?,
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

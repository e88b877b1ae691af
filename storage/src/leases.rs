//! Leases: what only one of several nodes may do at a time. The row's version moves with every renewal, so that others see
//! by their own clocks whether its holder is alive; whoever takes it over is the one whose guarded write went in.

use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Table, text};

static LEASES: Table = Table { name: "leases", key: ID, versioned: true, fixed: &[], mutable: &[text("holder")] };

/// One lease as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub id: String,
    /// Moves with every renewal.
    pub version: u32,
    /// The process that holds it; nobody: whoever had it gave it back.
    pub holder: Option<String>,
}

impl Lease {
    /// The write that makes `holder` its holder, refused when anybody wrote it since; nobody gives it back.
    pub fn hand_to(&self, holder: Option<&str>) -> Write {
        Write::Update {
            table: &LEASES,
            key: self.id.clone(),
            expected: self.version,
            next: self.version.wrapping_add(1),
            values: vec![holder.unwrap_or_default().into()],
        }
    }
}

/// The leases of all nodes.
#[derive(Clone)]
pub struct Leases {
    database: Database,
}

impl Leases {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The write that makes a lease that was never held; refused when it exists.
    pub fn make(id: &str, holder: &str) -> Write {
        Write::Insert(&LEASES, vec![id.into(), 1_u32.into(), holder.into()])
    }

    /// The lease; nothing when it was never held.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn get(&self, id: &str) -> Result<Option<Lease>, StorageError> {
        let row = sqlx::query("SELECT version, holder FROM leases WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let version = u32::try_from(row.try_get::<i64, _>("version")?);
        let holder: String = row.try_get("holder")?;
        Ok(Some(Lease {
            id: id.to_owned(),
            version: version.map_err(|_| StorageError::corrupt("leases", "version", id))?,
            holder: Some(holder).filter(|holder| !holder.is_empty()),
        }))
    }
}

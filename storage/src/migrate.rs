//! Brings a database's schema up to date: numbered files, the same numbers and names for both databases,
//! each applied once, in order, all that are missing in one transaction, in which what SQL cannot work out is made up for,
//! too. An applied file is never edited.

use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Executor, Row};

use crate::dialect::Dialect;
use crate::error::StorageError;

struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations![
    "0001_core",
    "0002_accounts",
    "0003_grids",
    "0004_tickets",
    "0005_time",
    "0006_organisations",
    "0007_meetings",
    "0008_screens",
    "0009_attendance",
    "0010_oversight",
    "0011_meetings_move",
    "0012_meeting_room",
    "0013_cluster",
    "0014_votes",
    "0015_minutes",
    "0016_duties",
    "0017_appraisals",
    "0018_organisational_life",
    "0019_voters_counted",
    "0020_households",
    "0021_services",
    "0022_ticket_statistics",
    "0023_known_requests",
    "0024_integrations",
    "0025_webhooks",
    "0026_ticket_pages",
];

/// Applies what is missing; returns the names of the files that were applied.
///
/// # Errors
/// [`StorageError::Unsuitable`] when the database knows a migration that this program does not, or one of another text.
pub async fn run(connection: &mut AnyConnection, dialect: Dialect) -> Result<Vec<&'static str>, StorageError> {
    run_first(connection, dialect, MIGRATIONS.len()).await
}

/// How many of the first migrations `names` are; nothing when they are not the first ones of this program.
pub fn first_ones(names: &[String]) -> Option<usize> {
    let known = MIGRATIONS.get(..names.len())?;
    let are_known = known.iter().zip(names).all(|(known, name)| known.name == name);
    are_known.then_some(names.len())
}

/// Applies what is missing of the first `count` migrations: the schema that an older backup was made of.
///
/// # Errors
/// As [`run`], and [`StorageError::Unsuitable`] when more are applied already.
pub async fn run_first(
    connection: &mut AnyConnection,
    dialect: Dialect,
    count: usize,
) -> Result<Vec<&'static str>, StorageError> {
    // The usual case, without a lock: a busy server's writer would make whoever wants it wait.
    let tables = connection.fetch_all(dialect.list_tables()).await?;
    let are_there = tables.iter().any(|row| row.try_get::<String, _>("name").is_ok_and(|name| name == "migrations"));
    if are_there && applied(connection, dialect, count).await? == count {
        return Ok(Vec::new());
    }
    // Taken before the second look, so that nodes which start together do not both see an empty database.
    connection.execute(sqlx::raw_sql(dialect.begin_schema())).await?;
    connection
        .execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL)")
        .await?;
    let applied = applied(connection, dialect, count).await?;
    let mut names = Vec::new();
    for migration in &MIGRATIONS[applied..count] {
        connection.execute(sqlx::raw_sql(migration.text(dialect))).await?;
        sqlx::query("INSERT INTO migrations (name, checksum) VALUES ($1, $2)")
            .bind(migration.name.to_owned())
            .bind(migration.checksum(dialect))
            .execute(&mut *connection)
            .await?;
        names.push(migration.name);
    }
    if !names.is_empty() && count == MIGRATIONS.len() {
        crate::attendance::count_missing(connection, dialect).await?;
    }
    connection.execute("COMMIT").await?;
    Ok(names)
}

/// How many migrations are applied; refused when they are not the first ones of `count`.
async fn applied(connection: &mut AnyConnection, dialect: Dialect, count: usize) -> Result<usize, StorageError> {
    let applied = sqlx::query("SELECT name, checksum FROM migrations ORDER BY name").fetch_all(connection).await?;
    for (index, row) in applied.iter().enumerate() {
        let (name, checksum): (String, String) = (row.try_get("name")?, row.try_get("checksum")?);
        match MIGRATIONS[..count].get(index) {
            Some(known) if known.name == name && known.checksum(dialect) == checksum => {}
            Some(_) | None => {
                return Err(StorageError::Unsuitable(format!(
                    "the database has migration {name}, which is not the one this version of lianxin has; \
                     start the version that wrote it, or restore a backup"
                )));
            }
        }
    }
    Ok(applied.len())
}

impl Migration {
    const fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn checksum(&self, dialect: Dialect) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.text(dialect)))
    }
}

#[cfg(test)]
mod tests;

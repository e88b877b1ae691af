//! The commands that keep what is stored: migrate, backup, restore, check.

use std::path::Path;
use std::process::ExitCode;

use lianxin_domain::clock::Clock;
use lianxin_domain::ids::{IdSource, RequestId};
use lianxin_storage::backup::{self, Target};
use lianxin_storage::check;
use lianxin_storage::database::Database;
use lianxin_storage::replay::{self, ReplayReport};

use crate::cli::say;
use crate::config::Config;
use crate::core::StartError;

/// Brings the database's schema up to date.
///
/// # Errors
/// [`StartError`] when the database cannot be opened or is newer than this program.
pub async fn migrate(config: &Config) -> Result<ExitCode, StartError> {
    std::fs::create_dir_all(&config.data_dir)?;
    Database::open(&config.database_url()).await?;
    say("the database is up to date");
    Ok(ExitCode::SUCCESS)
}

/// Writes everything into `target`.
///
/// # Errors
/// [`StartError`] that says what could not be written; `target` does not exist then.
pub async fn backup(config: &Config, target: &Path, clock: &dyn Clock) -> Result<ExitCode, StartError> {
    let database = Database::open(&config.database_url()).await?;
    let files = config.file_store()?;
    let manifest = backup::backup(&database, &files, &config.data_dir, target, clock.now()).await?;
    let rows: u64 = manifest.tables.values().map(|table| table.rows).sum();
    say(&format!("backed up {rows} rows at event {} into {}", manifest.log.head, target.display()));
    Ok(ExitCode::SUCCESS)
}

/// Reads the backup in `source` into an empty data folder and database.
///
/// # Errors
/// [`StartError`] that says what is not empty, not readable or not what the backup says.
pub async fn restore(config: &Config, source: &Path, ids: &IdSource) -> Result<ExitCode, StartError> {
    std::fs::create_dir_all(&config.data_dir)?;
    let files = config.file_store()?;
    let (url, epoch) = (config.database_url(), ids.next::<RequestId>().to_string());
    let target = Target { url: &url, files: &files, data_dir: &config.data_dir, new_epoch: &epoch };
    let manifest = backup::restore(source, &target).await?;
    say(&format!("restored the state at event {} of {}", manifest.log.head, manifest.created_at));
    Ok(ExitCode::SUCCESS)
}

/// Recounts, replays the log and compares; says what differs.
///
/// # Errors
/// [`StartError`] when the database or the files cannot be read.
pub async fn check(config: &Config) -> Result<ExitCode, StartError> {
    let database = Database::open(&config.database_url()).await?;
    let files = config.file_store()?;
    let report = check::check(&database, &files).await?;
    let replayed = replay::replay(&database).await?;
    let differences: Vec<&String> = report.differences.iter().chain(&replayed.differences).collect();
    for difference in &differences {
        say(difference);
    }
    say_replayed(&replayed);
    say(&format!(
        "checked {} grids' counters, {} events, {} deadlines, {} meetings' attendance, {} votes, {} files: {} differences",
        report.grids,
        report.events,
        report.deadlines,
        report.meetings,
        report.votes,
        report.attachments,
        differences.len()
    ));
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the log gives, and what it cannot give any more.
fn say_replayed(report: &ReplayReport) {
    if let Some(oldest) = report.begins_at {
        say(&format!(
            "the log begins with event {oldest}, what was before is archived: {} tickets and all counters are not replayed",
            report.archived
        ));
    }
    if report.older_form > 0 {
        say(&format!("{} tickets are not replayed: they have events from before clocks", report.older_form));
    }
    say(&format!("replayed {} tickets from {} events", report.tickets, report.events));
    if let Some(state) = &report.state {
        say(&format!("state hash of the log    {}", state.of_log));
        say(&format!("state hash of the tables {}", state.of_table));
    }
}

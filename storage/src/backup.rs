//! Backup of a running server into a folder, and back: `tables/*.ndjson`, `files/`, `secrets/`, `manifest.json`.
//!
//! All tables are read in one snapshot, so the folder holds one moment of the whole database. Rows are typed values in
//! a fixed order without anything of the database they came from, so a backup of SQLite is restored to PostgreSQL and
//! back; that is how an installation moves. The folder holds the keys beside what they seal: guard it like the server.

mod hashed;
mod manifest;
mod restore;
mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use lianxin_domain::clock::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Connection as _, Row as _};

pub use manifest::{ColumnEntry, FileEntry, LogState, Manifest, TableEntry};
pub use restore::{Target, restore};

use crate::database::Database;
use crate::error::StorageError;
use crate::files::{FileStore, FileStoreError};
use hashed::{at, sync_folder, write_file};

const TABLES: &str = "tables";
const FILES: &str = "files";
const SECRETS: &str = "secrets";
const MANIFEST: &str = "manifest.json";

/// Why there is no backup, or no restored server.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file store failed.
    #[error(transparent)]
    Files(#[from] FileStoreError),
    /// A file or folder cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Source or target is not in the state that this needs. Nothing was overwritten.
    #[error("{0}")]
    Refused(String),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Writes everything into the folder `target`, which appears only when it is complete and durable.
///
/// # Errors
/// [`BackupError::Refused`] when `target` holds anything, or a rest of a broken-off backup lies beside it.
pub async fn backup(
    database: &Database,
    files: &FileStore,
    data_dir: &Path,
    target: &Path,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    if !is_empty(target)? {
        let text = format!("{} is not empty; a backup needs a new folder", target.display());
        return Err(BackupError::Refused(text));
    }
    let draft = draft_of(target)?;
    let written = write(database, files, data_dir, &draft, now).await;
    if written.is_err() {
        // Of no use to anybody, and it holds personal data.
        let _ = fs::remove_dir_all(&draft);
    }
    let manifest = written?;
    fs::rename(&draft, target).map_err(at(target))?;
    sync_folder(&parent(target))?;
    Ok(manifest)
}

async fn write(
    database: &Database,
    files: &FileStore,
    data_dir: &Path,
    draft: &Path,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    let mut moment = database.snapshot().await?;
    let mut manifest = Manifest {
        format: manifest::FORMAT,
        created_at: now,
        migrations: migrations(&mut moment).await?,
        log: log_state(&mut moment).await?,
        tables: BTreeMap::new(),
        files: BTreeMap::new(),
    };
    fs::create_dir(draft.join(TABLES)).map_err(at(draft))?;
    for shape in rows::shapes(&mut moment, database.dialect()).await? {
        let name = format!("{TABLES}/{}.ndjson", shape.name);
        let (rows, file) = rows::dump(&mut moment, &shape, &draft.join(&name)).await?;
        manifest.files.insert(name, file);
        manifest.tables.insert(shape.name.clone(), shape.into_entry(rows));
    }
    moment.close().await?;
    // A file is stored before its row, so after the snapshot all files of its rows are there; later ones do no harm.
    copy_files(files, draft, &mut manifest).await?;
    copy_secrets(&data_dir.join(SECRETS), draft, &mut manifest)?;
    sync_folder(&draft.join(TABLES))?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| at(draft)(error.into()))?;
    write_file(&draft.join(MANIFEST), &text, 0o600)?;
    sync_folder(draft)?;
    Ok(manifest)
}

async fn copy_files(files: &FileStore, draft: &Path, manifest: &mut Manifest) -> Result<(), BackupError> {
    let copies = FileStore::in_folder(draft)?;
    let mut keys = files.list();
    while let Some(key) = keys.try_next().await? {
        let bytes = match files.get(&key).await {
            Ok(bytes) => bytes,
            // Removed since it was listed.
            Err(FileStoreError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let entry = FileEntry::of(&bytes);
        copies.put(&key, bytes).await?;
        manifest.files.insert(format!("{FILES}/{key}"), entry);
    }
    Ok(())
}

fn copy_secrets(secrets: &Path, draft: &Path, manifest: &mut Manifest) -> Result<(), BackupError> {
    let copies = draft.join(SECRETS);
    private_folder(&copies)?;
    for entry in fs::read_dir(secrets).map_err(at(secrets))? {
        let path = entry.map_err(at(secrets))?.path();
        // Drafts of a key that is being replaced begin with a dot.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || name.starts_with('.') || !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(at(&path))?;
        write_file(&copies.join(name), &bytes, 0o600)?;
        manifest.files.insert(format!("{SECRETS}/{name}"), FileEntry::of(&bytes));
    }
    sync_folder(&copies)
}

async fn migrations(moment: &mut AnyConnection) -> Result<Vec<String>, BackupError> {
    let rows = sqlx::query("SELECT name FROM migrations ORDER BY name").fetch_all(moment).await?;
    let names: Result<Vec<String>, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(names?)
}

async fn log_state(moment: &mut AnyConnection) -> Result<LogState, BackupError> {
    let row = sqlx::query("SELECT seq, epoch FROM log_head WHERE id = 1").fetch_optional(moment).await?;
    let Some(row) = row else {
        return Ok(LogState::default());
    };
    Ok(LogState { head: row.try_get::<i64, _>("seq")?.unsigned_abs(), epoch: row.try_get("epoch")? })
}

/// The folder beside `target` that is written first.
fn draft_of(target: &Path) -> Result<PathBuf, BackupError> {
    let Some(name) = target.file_name() else {
        let text = format!("{} is no name for a new folder", target.display());
        return Err(BackupError::Refused(text));
    };
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(".partial");
    let draft = parent(target).join(draft);
    match private_folder(&draft) {
        Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupError::Refused(format!(
                "{} is there: another backup is being written, or one was broken off; remove it if so",
                draft.display()
            )))
        }
        other => other.map(|()| draft),
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether the folder is missing or holds nothing.
fn is_empty(folder: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(at(folder)(error)),
    }
}

/// Makes a folder that only its owner may look into.
fn private_folder(folder: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(at(folder))
}

impl FileEntry {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)) }
    }
}

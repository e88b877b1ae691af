//! From a backup's folder to a server that can start: checked first, the database last and in one transaction.

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::hashed::{at, read_entry, sync_folder, write_file};
use super::rows::{self, Shape};
use super::{BackupError, MANIFEST, Manifest, SECRETS, TABLES, manifest, private_folder};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::files::FileStore;
use crate::log::signed;
use crate::migrate;

/// Where a backup goes. All of it must be new or empty.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The database; its schema is made when it has none.
    pub url: &'a str,
    /// The file store.
    pub files: &'a FileStore,
    /// The folder that gets the secrets.
    pub data_dir: &'a Path,
    /// The new name of the log: clients that knew it go on from a fresh snapshot.
    pub new_epoch: &'a str,
}

/// Restores the backup in the folder `source` and brings its schema up to date.
///
/// # Errors
/// [`BackupError::Refused`] when a file of the backup is not what the manifest says, when the backup is of a newer
/// version, or when the target holds anything already. When it fails later, what was copied has to be removed first.
pub async fn restore(source: &Path, target: &Target<'_>) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(source)?;
    let Some(schema) = migrate::first_ones(&manifest.migrations) else {
        return Err(refused("the backup is of a newer version of lianxin; restore it with that one"));
    };
    verify(source, &manifest).await?;
    let (mut connection, dialect) = Database::connect_to(target.url).await?;
    migrate::run_first(&mut connection, dialect, schema).await?;
    refuse_unfit(&mut connection, dialect, target, source, &manifest).await?;

    copy_files(source, target.files, &manifest).await?;
    copy_secrets(source, target.data_dir, &manifest)?;
    connection.execute(dialect.begin_write()).await?;
    fill(&mut connection, source, target, &manifest).await?;
    connection.execute("COMMIT").await?;
    migrate::run(&mut connection, dialect).await?;
    connection.close().await?;
    Ok(manifest)
}

fn read_manifest(source: &Path) -> Result<Manifest, BackupError> {
    let path = source.join(MANIFEST);
    let text = fs::read(&path).map_err(at(&path))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
        let text = format!("{} is not a backup's manifest: {error}", path.display());
        BackupError::Refused(text)
    })?;
    if manifest.format > manifest::FORMAT {
        return Err(refused("the backup has a newer form; restore it with the version of lianxin that wrote it"));
    }
    Ok(manifest)
}

/// Compares every file with the manifest before anything is written.
async fn verify(source: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for (name, expected) in &manifest.files {
        let path = path_in(source, name)?;
        if read_entry(&path).await? != *expected {
            let text = format!("{} is not the file that the manifest names; the backup is damaged", path.display());
            return Err(BackupError::Refused(text));
        }
    }
    let mut tables = manifest.tables.keys().map(|table| format!("{TABLES}/{table}.ndjson"));
    match tables.find(|name| !manifest.files.contains_key(name)) {
        Some(name) => Err(BackupError::Refused(format!("the manifest has no hash of {name}"))),
        None => Ok(()),
    }
}

/// A manifest names files inside its folder, nothing else.
fn path_in(source: &Path, name: &str) -> Result<PathBuf, BackupError> {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\\');
    if name.split('/').all(is_plain) {
        Ok(source.join(name))
    } else {
        Err(BackupError::Refused(format!("the manifest names a strange file: {name:?}")))
    }
}

async fn refuse_unfit(
    connection: &mut AnyConnection,
    dialect: Dialect,
    target: &Target<'_>,
    source: &Path,
    manifest: &Manifest,
) -> Result<(), BackupError> {
    let shapes = rows::shapes(connection, dialect).await?;
    // Also what keeps words of the manifest that are no names of ours out of the statements.
    let fits = |shape: &Shape| manifest.tables.get(&shape.name).is_some_and(|entry| shape.is_of(entry));
    if shapes.len() != manifest.tables.len() || !shapes.iter().all(fits) {
        return Err(refused("the manifest's tables are not those that its migrations make"));
    }
    for shape in shapes {
        if !rows::is_empty(connection, &shape.name).await? {
            let text = format!("table {} of the database has rows; restore into a new database", shape.name);
            return Err(BackupError::Refused(text));
        }
    }
    if target.files.list().try_next().await?.is_some() {
        return Err(refused("the file store holds files; restore into an empty one"));
    }
    let secrets = target.data_dir.join(SECRETS);
    if !super::is_empty(&secrets)? && !same_files(&source.join(SECRETS), &secrets)? {
        let text = format!("{} holds other secrets; they could not open what the backup sealed", secrets.display());
        return Err(BackupError::Refused(text));
    }
    Ok(())
}

/// Whether all files of `folder` are in `other`, byte by byte.
fn same_files(folder: &Path, other: &Path) -> Result<bool, BackupError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let there = fs::read(other.join(entry.file_name())).ok();
        if there != Some(fs::read(entry.path()).map_err(at(folder))?) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn copy_files(source: &Path, files: &FileStore, manifest: &Manifest) -> Result<(), BackupError> {
    for name in manifest.files.keys() {
        let Some(key) = name.strip_prefix("files/") else {
            continue;
        };
        let path = path_in(source, name)?;
        let bytes = tokio::fs::read(&path).await.map_err(at(&path))?;
        files.put(&key.parse()?, bytes.into()).await?;
    }
    Ok(())
}

fn copy_secrets(source: &Path, data_dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let secrets = data_dir.join(SECRETS);
    if !super::is_empty(&secrets)? {
        // The same ones, as refuse_unfit() saw.
        return Ok(());
    }
    fs::create_dir_all(data_dir).map_err(at(data_dir))?;
    // All or none: a half-present folder would refuse to start.
    let draft = data_dir.join(".secrets-restored");
    private_folder(&draft)?;
    for name in manifest.files.keys().filter_map(|name| name.strip_prefix("secrets/")) {
        let path = source.join(SECRETS).join(name);
        let bytes = fs::read(&path).map_err(at(&path))?;
        write_file(&draft.join(name), &bytes, 0o600)?;
    }
    sync_folder(&draft)?;
    fs::rename(&draft, &secrets).map_err(at(&secrets))?;
    sync_folder(data_dir)
}

async fn fill(
    connection: &mut AnyConnection,
    source: &Path,
    target: &Target<'_>,
    manifest: &Manifest,
) -> Result<(), BackupError> {
    for (name, entry) in &manifest.tables {
        let path = source.join(TABLES).join(format!("{name}.ndjson"));
        let count = rows::load(connection, &Shape::of_entry(name, entry), &path).await?;
        if count != entry.rows {
            let text = format!("table {name} has {count} rows in the backup instead of {}", entry.rows);
            return Err(BackupError::Refused(text));
        }
    }
    connection.execute("DELETE FROM log_head").await?;
    sqlx::query("INSERT INTO log_head (id, seq, epoch) VALUES (1, $1, $2)")
        .bind(signed(manifest.log.head))
        .bind(target.new_epoch.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

fn refused(text: &str) -> BackupError {
    BackupError::Refused(text.to_owned())
}

//! The folder of the secrets on disk: permissions, and writes that are whole or not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use data_encoding::HEXLOWER;
use lianxin_domain::clock::Entropy;

use super::SecretsError;

/// A key file is some hundred bytes; more than this was not written by us.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Whether `folder` holds at least one of `names`.
pub(super) fn holds_any(folder: &Path, names: &[&str]) -> Result<bool, SecretsError> {
    for name in names {
        let file = folder.join(name);
        if file.try_exists().map_err(|source| io_error(&file, source))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads one secret file after checking who else may read it.
pub(super) fn read(folder: &Path, name: &str) -> Result<String, SecretsError> {
    let path = folder.join(name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SecretsError::Missing { file: path }),
        Err(source) => return Err(io_error(&path, source)),
    };
    // Asked of the open file, so that nobody can swap it between check and read.
    let metadata = file.metadata().map_err(|source| io_error(&path, source))?;
    refuse_exposed(&path, &metadata)?;
    if metadata.len() > MAX_FILE_BYTES {
        return Err(SecretsError::Malformed { file: path, what: "it is too large for a key file" });
    }
    io::read_to_string(file).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => SecretsError::Malformed { file: path, what: "it is not text" },
        _ => io_error(&path, source),
    })
}

/// Makes `folder` with `files` in one step: everything is written and synced beside it, then renamed into place.
///
/// When another process was faster, its folder stays and ours is dropped.
pub(super) fn create(
    data_dir: &Path,
    folder: &Path,
    files: &[(&str, String)],
    entropy: &dyn Entropy,
) -> Result<(), SecretsError> {
    fs::create_dir_all(data_dir).map_err(|source| io_error(data_dir, source))?;
    let mut suffix = [0_u8; 8];
    entropy.fill(&mut suffix);
    let draft = data_dir.join(format!(".secrets-{}", HEXLOWER.encode(&suffix)));
    let written = private_folder(&draft)
        .and_then(|()| files.iter().try_for_each(|(name, text)| write_new(&draft.join(name), text)))
        .and_then(|()| sync_folder(&draft))
        .and_then(|()| fs::rename(&draft, folder));
    match written {
        Ok(()) => sync_folder(data_dir).map_err(|source| io_error(data_dir, source)),
        Err(source) => {
            // The draft is of no use to anybody; that it may stay behind is the smaller problem of the two.
            let _ = fs::remove_dir_all(&draft);
            match source.kind() {
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(io_error(folder, source)),
            }
        }
    }
}

/// Replaces one file in the folder; readers see the old text or the new one, also after a crash.
pub(super) fn replace(folder: &Path, name: &str, text: &str) -> Result<(), SecretsError> {
    let draft = folder.join(format!(".{name}.new"));
    // Left over from an earlier crash; its key was never in use.
    let _ = fs::remove_file(&draft);
    write_new(&draft, text)
        .and_then(|()| fs::rename(&draft, folder.join(name)))
        .and_then(|()| sync_folder(folder))
        .map_err(|source| io_error(&folder.join(name), source))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes names in `folder` durable. Systems other than Unix cannot open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<(), SecretsError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(SecretsError::Exposed { file: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path, _metadata: &fs::Metadata) -> Result<(), SecretsError> {
    Ok(())
}

fn io_error(file: &Path, source: io::Error) -> SecretsError {
    SecretsError::Io { file: file.to_owned(), source }
}

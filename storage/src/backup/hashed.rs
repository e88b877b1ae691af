//! Files that are hashed while they are written or read, and are durable when they are done.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{BackupError, FileEntry};

/// Bytes written or read at a time.
const CHUNK: usize = 256 * 1024;

/// Names the path that an error is about.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> BackupError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| BackupError::Io { path: path.clone(), source }
}

/// A file being written.
pub(super) struct HashedFile {
    path: PathBuf,
    file: tokio::fs::File,
    hash: Sha256,
    bytes: u64,
    waiting: Vec<u8>,
}

impl HashedFile {
    pub(super) async fn create(path: &Path) -> Result<Self, BackupError> {
        Ok(Self {
            file: tokio::fs::File::create_new(path).await.map_err(at(path))?,
            path: path.to_owned(),
            hash: Sha256::new(),
            bytes: 0,
            waiting: Vec::with_capacity(CHUNK),
        })
    }

    pub(super) async fn line(&mut self, line: &str) -> Result<(), BackupError> {
        self.waiting.extend_from_slice(line.as_bytes());
        self.waiting.push(b'\n');
        if self.waiting.len() >= CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), BackupError> {
        self.hash.update(&self.waiting);
        self.bytes += self.waiting.len() as u64;
        self.file.write_all(&self.waiting).await.map_err(at(&self.path))?;
        self.waiting.clear();
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<FileEntry, BackupError> {
        self.flush().await?;
        self.file.flush().await.map_err(at(&self.path))?;
        self.file.sync_all().await.map_err(at(&self.path))?;
        Ok(FileEntry { bytes: self.bytes, sha256: HEXLOWER.encode(&self.hash.finalize()) })
    }
}

/// What the manifest would say of the file as it is.
pub(super) async fn read_entry(path: &Path) -> Result<FileEntry, BackupError> {
    let mut file = tokio::fs::File::open(path).await.map_err(at(path))?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk).await.map_err(at(path))?;
        if read == 0 {
            let sha256 = HEXLOWER.encode(&hash.finalize());
            return Ok(FileEntry { bytes, sha256 });
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
}

/// Writes a small new file of the given mode, durable but for its name.
pub(super) fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), BackupError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(at(path))
}

/// Makes the names in a folder durable. Systems other than Unix cannot open a folder for that.
pub(super) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    if cfg!(unix) {
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(at(folder))
    } else {
        Ok(())
    }
}

//! Where files are kept: any object store, by default a folder.
//!
//! On disk the folder is durable when [`FileStore::put`] returns: `object_store` writes beside, then renames, and with
//! its `fsync` option (off by default, on here) syncs the file and each folder whose names changed. A delete is not
//! synced: after a power cut a deleted file may be back, which no row points to.

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures_util::future::ready;
use futures_util::stream::{BoxStream, StreamExt as _};
use lianxin_domain::clock::Entropy;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, Error as ObjectError, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use thiserror::Error;

/// Random bytes of a key.
const KEY_BYTES: usize = 16;
/// For a whole request to S3, its repetitions included; for the connection alone; and how often it is repeated.
const S3_PATIENCE: Duration = Duration::from_secs(20);
const S3_CONNECT: Duration = Duration::from_secs(3);
const S3_TRIES: usize = 3;
/// `aa/bb/` and 32 hex digits.
const KEY_TEXT: usize = 6 + 2 * KEY_BYTES;

/// The place of one file: `aa/bb/<32 hex digits>`, where `aabb` are the first digits, so that no folder grows huge.
/// Always generated, never made from anything a user sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey(String);

impl FileKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; KEY_BYTES];
        entropy.fill(&mut random);
        let id = HEXLOWER.encode(&random);
        Self(format!("{}/{}/{id}", &id[..2], &id[2..4]))
    }

    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the stored text; everything that [`FileKey::generate`] does not write is [`FileStoreError::BadKey`].
impl FromStr for FileKey {
    type Err = FileStoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(first), Some(second), Some(id), None)
                if text.len() == KEY_TEXT
                    && is_hex(id)
                    && first.len() == 2
                    && id.starts_with(first)
                    && id.strip_prefix(first).is_some_and(|rest| rest.starts_with(second)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(FileStoreError::BadKey),
        }
    }
}

/// Why the file store did not do it.
#[derive(Debug, Error)]
pub enum FileStoreError {
    /// No file has this key.
    #[error("file {0} is not in the store")]
    NotFound(FileKey),
    /// The range starts at or behind the end of the file, or is empty.
    #[error("range {}..{} does not lie in file {key}", range.start, range.end)]
    BadRange {
        /// The file.
        key: FileKey,
        /// The bytes asked for.
        range: Range<u64>,
    },
    /// The text is no key that was generated here.
    #[error("file key is malformed")]
    BadKey,
    /// The folder of the store cannot be made or opened.
    #[error("folder {} cannot be used", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The address of the store is none.
    #[error("files.url must be empty, file:///FOLDER or s3://BUCKET/PREFIX")]
    BadAddress,
    /// Disk or service failed; trying again later may help.
    #[error("file store is not available")]
    Unavailable(#[source] ObjectError),
}

/// How an S3-compatible store is reached.
#[derive(Clone, Default)]
pub struct S3Access {
    /// Its address; empty: Amazon's for the region.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// Who asks.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// Whether the endpoint may be asked without TLS.
    pub allow_http: bool,
}

/// Keeps files by key. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct FileStore(Arc<dyn ObjectStore>);

impl FileStore {
    /// The files at `url`: empty for the folder `<data_dir>/files`, `file:///FOLDER`, or `s3://BUCKET/PREFIX` with
    /// `access`. Nodes of a cluster share one store.
    ///
    /// # Errors
    /// [`FileStoreError::BadAddress`] for any other address, and as [`FileStore::in_folder`].
    pub fn open(url: &str, access: &S3Access, data_dir: &Path) -> Result<Self, FileStoreError> {
        match url.split_once("://") {
            None if url.is_empty() => Self::in_folder(data_dir),
            Some(("file", folder)) if folder.starts_with('/') => Self::folder(Path::new(folder)),
            Some(("s3", place)) => Self::on_s3(place, access),
            _ => Err(FileStoreError::BadAddress),
        }
    }

    fn on_s3(place: &str, access: &S3Access) -> Result<Self, FileStoreError> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(FileStoreError::BadAddress);
        }
        // The one TLS of this program; whoever was first to choose it chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig { max_retries: S3_TRIES, retry_timeout: S3_PATIENCE, ..RetryConfig::default() };
        let client = ClientOptions::new().with_connect_timeout(S3_CONNECT).with_timeout(S3_PATIENCE);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&access.region)
            .with_access_key_id(&access.access_key_id)
            .with_secret_access_key(&access.secret_access_key)
            .with_retry(retry)
            .with_client_options(client)
            .with_allow_http(access.allow_http);
        if !access.endpoint.is_empty() {
            builder = builder.with_endpoint(&access.endpoint);
        }
        let store = builder.build().map_err(FileStoreError::Unavailable)?;
        Ok(Self(match prefix.trim_matches('/') {
            "" => Arc::new(store),
            prefix => Arc::new(PrefixStore::new(store, prefix)),
        }))
    }

    /// Files in the folder `<data_dir>/files`, made (readable by its owner only) when it is not there.
    ///
    /// # Errors
    /// [`FileStoreError::Folder`] when it cannot be made, [`FileStoreError::Unavailable`] when it cannot be opened.
    pub fn in_folder(data_dir: &Path) -> Result<Self, FileStoreError> {
        Self::folder(&data_dir.join("files"))
    }

    fn folder(folder: &Path) -> Result<Self, FileStoreError> {
        private_folder(folder).map_err(|source| FileStoreError::Folder { folder: folder.to_owned(), source })?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(FileStoreError::Unavailable)?;
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    /// Files in any object store; it has to be durable by itself when a put returns, as S3 is.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// Stores `bytes`, durable when this returns. Readers see nothing or all of it, never a part. A file that has the
    /// key already is replaced.
    ///
    /// # Errors
    /// [`FileStoreError::Unavailable`].
    pub async fn put(&self, key: &FileKey, bytes: Bytes) -> Result<(), FileStoreError> {
        let stored = self.0.put(&location(key), PutPayload::from_bytes(bytes)).await;
        stored.map(drop).map_err(|error| failure(key, error))
    }

    /// The whole file.
    ///
    /// # Errors
    /// [`FileStoreError::NotFound`], [`FileStoreError::Unavailable`].
    pub async fn get(&self, key: &FileKey) -> Result<Bytes, FileStoreError> {
        let found = self.0.get(&location(key)).await.map_err(|error| failure(key, error))?;
        found.bytes().await.map_err(|error| failure(key, error))
    }

    /// Bytes `range.start..range.end` of the file, for players that seek; an end behind the end of the file is cut.
    ///
    /// # Errors
    /// [`FileStoreError::BadRange`], [`FileStoreError::NotFound`], [`FileStoreError::Unavailable`].
    pub async fn get_range(&self, key: &FileKey, range: Range<u64>) -> Result<Bytes, FileStoreError> {
        // Stores answer a range outside the file each in their own way, so it is checked here.
        let end = range.end.min(self.size(key).await?);
        if range.start >= end {
            return Err(FileStoreError::BadRange { key: key.clone(), range });
        }
        let part = self.0.get_range(&location(key), range.start..end).await;
        part.map_err(|error| failure(key, error))
    }

    /// Bytes of the file.
    ///
    /// # Errors
    /// [`FileStoreError::NotFound`], [`FileStoreError::Unavailable`].
    pub async fn size(&self, key: &FileKey) -> Result<u64, FileStoreError> {
        self.0.head(&location(key)).await.map(|meta| meta.size).map_err(|error| failure(key, error))
    }

    /// Removes the file; one that is not there (any more) is fine.
    ///
    /// # Errors
    /// [`FileStoreError::Unavailable`].
    pub async fn delete(&self, key: &FileKey) -> Result<(), FileStoreError> {
        match self.0.delete(&location(key)).await {
            Ok(()) | Err(ObjectError::NotFound { .. }) => Ok(()),
            Err(error) => Err(FileStoreError::Unavailable(error)),
        }
    }

    /// The keys of all files in no order, for backup and for finding files that no row owns. What lies in the store
    /// under other names was not put there by us and is passed over.
    pub fn list(&self) -> BoxStream<'static, Result<FileKey, FileStoreError>> {
        let keys = self.0.list(None).filter_map(|entry| {
            ready(match entry {
                Ok(meta) => meta.location.as_ref().parse().ok().map(Ok),
                Err(error) => Some(Err(FileStoreError::Unavailable(error))),
            })
        });
        keys.boxed()
    }
}

fn location(key: &FileKey) -> ObjectPath {
    ObjectPath::from(key.as_str())
}

fn failure(key: &FileKey, error: ObjectError) -> FileStoreError {
    match error {
        ObjectError::NotFound { .. } => FileStoreError::NotFound(key.clone()),
        error => FileStoreError::Unavailable(error),
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    match folder.parent() {
        // The name of a new folder is durable only when its parent is synced.
        Some(parent) if cfg!(unix) => fs::File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

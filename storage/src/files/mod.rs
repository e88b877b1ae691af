//! Files that people attach: what may come in, in which form it is kept, and where.
//!
//! [`prepare`] is the only way from uploaded bytes to bytes worth storing; [`FileStore`] keeps
//! them under opaque generated keys. Which record owns a file, and who may see it, is decided by its row, not here.

pub mod declared;
mod demux;
pub mod duration;
pub mod error;
pub mod format;
pub mod image_clean;
pub mod intake;
mod jpeg_scan;
mod mp4;
mod office;
pub mod sniff;
pub mod store;

pub use error::MediaError;
pub use format::{MediaFormat, MediaKind};
pub use intake::{Declared, PreparedFile, prepare, prepare_portrait};
pub use store::{FileKey, FileStore, FileStoreError, S3Access};

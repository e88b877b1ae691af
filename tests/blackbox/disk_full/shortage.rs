//! Two ways to leave a running server without room.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::WITHIN;

/// What a server has to be started with: a limit on its files makes writing fail instead of ending the process, and what
/// it says goes to a file beside its data, which has no more room than they.
pub const SETTING: (&str, &str) = (WITHIN, "env --ignore-signal=XFSZ sh tests/blackbox/support/log_beside_data.sh");

/// Holds the demonstration and some minutes of work.
const DISK: &str = "size=32m";

/// No room, when it is begun.
pub enum Shortage {
    /// No file of the process may be written behind so many bytes.
    FileSize { process: u32, bytes: u64 },
    /// All that is left of the disk is taken.
    Disk { disk: SmallDisk, filler: Option<PathBuf> },
}

impl Shortage {
    pub fn of_file_size(process: u32, bytes: u64) -> Self {
        Self::FileSize { process, bytes }
    }

    pub fn of_disk(disk: SmallDisk) -> Self {
        Self::Disk { disk, filler: None }
    }

    pub fn begin(&mut self) {
        match self {
            Self::FileSize { process, bytes } => limit_files(*process, &bytes.to_string()),
            Self::Disk { disk, filler } => {
                let path = disk.path().join("filler");
                let mut file = File::create(&path).unwrap();
                // Whole blocks first, then the rest.
                for size in [1 << 16, 1 << 12, 1] {
                    while file.write_all(&vec![0; size]).is_ok() {}
                }
                *filler = Some(path);
            }
        }
    }

    pub fn end(&mut self) {
        match self {
            Self::FileSize { process, .. } => limit_files(*process, "unlimited"),
            Self::Disk { filler, .. } => std::fs::remove_file(filler.take().unwrap()).unwrap(),
        }
    }
}

/// Sets the soft limit alone, which its owner may raise again.
fn limit_files(process: u32, bytes: &str) {
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(set.unwrap().success());
}

/// A file system in memory with little room; it goes when dropped.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Nothing where this process may mount none.
    pub fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "lianxin-test"]).arg(folder.path());
        mount.output().is_ok_and(|done| done.status.success()).then(|| Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there does not hold it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

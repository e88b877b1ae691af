//! A wall clock for one server that can be set, by Debian's libfaketime (package `faketime`). What measures spans, such as
//! heartbeats, goes on by the real monotonic clock.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::server::WITHIN;

/// For processes with several threads.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];

/// The clock of a server that was started with its settings.
pub struct FakedClock {
    folder: TempDir,
    file: String,
    library: &'static str,
}

impl FakedClock {
    /// One that is right.
    pub fn new() -> Self {
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists());
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("offset").to_str().unwrap().to_owned();
        let clock = Self { folder, file, library: library.expect("libfaketime (apt-get install faketime)") };
        clock.set_ahead("0");
        clock
    }

    /// Settings of the server that goes by it. What it says goes to a file of its data folder.
    pub fn settings(&self) -> [(&str, &str); 7] {
        [
            (WITHIN, "sh tests/blackbox/support/log_beside_data.sh"),
            ("LD_PRELOAD", self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
            ("TZ", "UTC"),
        ]
    }

    /// Sets it so much before the right time, such as `3h`.
    pub fn set_ahead(&self, offset: &str) {
        self.set(&format!("+{offset}"));
    }

    /// Lets every process that goes by it begin at this time of UTC, such as `2026-11-21 22:43:00`.
    pub fn begin_at(&self, time: &str) {
        self.set(&format!("@{time}"));
    }

    fn set(&self, time: &str) {
        let draft: PathBuf = self.folder.path().join("next");
        std::fs::write(&draft, format!("{time}\n")).unwrap();
        // Whole, for whoever reads it at this very moment.
        std::fs::rename(draft, &self.file).unwrap();
    }
}

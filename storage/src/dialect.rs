//! The only place where the two databases differ.

use std::path::Path;
use std::time::Duration;

use crate::error::StorageError;
use crate::table::ColumnType;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The journal: short transactions, each as fast as it can be.
    Write,
    /// Single queries of those who wait for an answer.
    Read,
    /// One moment of everything, however long reading it takes; or the schema.
    Snapshot,
}

/// Which database it is, told by the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// One file in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Dialect {
    /// Told by the URL's scheme.
    ///
    /// # Errors
    /// [`StorageError::Unsuitable`] for any other scheme.
    pub fn of_url(url: &str) -> Result<Self, StorageError> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(StorageError::Unsuitable(
                "storage.url must begin with sqlite: or postgres: (for example sqlite://data/lianxin.db)".to_owned(),
            )),
        }
    }

    /// The default URL: a file in the data folder.
    pub fn default_url(data_dir: &Path) -> String {
        format!("sqlite://{}", data_dir.join("lianxin.db").display())
    }

    /// The URL with the options that opening needs.
    pub(crate) fn complete_url(self, url: &str) -> String {
        match self {
            Self::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            Self::Sqlite | Self::Postgres => url.to_owned(),
        }
    }

    /// The `number`th parameter of a merged statement, all in order. PostgreSQL must be told the types of a VALUES list.
    /// SQLite gets parameters without a name: for each named one the driver searches all names again.
    pub(crate) fn parameter(self, number: usize, kind: ColumnType) -> String {
        match (self, kind) {
            (Self::Sqlite, _) => "?".to_owned(),
            (Self::Postgres, ColumnType::Text) => format!("CAST(${number} AS TEXT)"),
            (Self::Postgres, ColumnType::Int) => format!("CAST(${number} AS BIGINT)"),
            (Self::Postgres, ColumnType::Real) => format!("CAST(${number} AS DOUBLE PRECISION)"),
        }
    }

    /// Keeps others from writing the rows of a SELECT until the commit. SQLite has one writer anyway.
    pub(crate) const fn share_lock(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR SHARE",
        }
    }

    /// Settings of a new connection.
    pub(crate) const fn session(self, purpose: Purpose) -> &'static str {
        match (self, purpose) {
            // FULL: a commit that was acknowledged survives a power cut. Checkpoints run aside (checkpoint()).
            (Self::Sqlite, _) => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000; \
                 PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
            }
            // A writer that is cut off in the middle must not keep the log's head, which all nodes queue for: its
            // transaction ends by itself. And it gives up before whoever asked it loses patience.
            (Self::Postgres, Purpose::Write) => {
                "SET synchronous_commit = on; SET client_min_messages = warning; SET timezone = 'UTC'; \
                 SET idle_in_transaction_session_timeout = '4s'; SET lock_timeout = '6s'; \
                 SET statement_timeout = '8s'; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; \
                 SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000"
            }
            (Self::Postgres, Purpose::Read) => {
                "SET synchronous_commit = on; SET client_min_messages = warning; SET timezone = 'UTC'; \
                 SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
                 SET tcp_user_timeout = 10000"
            }
            (Self::Postgres, Purpose::Snapshot) => {
                "SET synchronous_commit = on; SET client_min_messages = warning; SET timezone = 'UTC'"
            }
        }
    }

    /// How long an answer may take: the next row, or a whole transaction of the journal. PostgreSQL's own limits are
    /// shorter, so that mostly it says itself what is wrong. SQLite lies in this process; only its disk can be slow.
    pub(crate) const fn patience(self, purpose: Purpose) -> Duration {
        match (self, purpose) {
            (Self::Sqlite, _) => Duration::from_secs(60),
            (Self::Postgres, Purpose::Write) => Duration::from_secs(10),
            (Self::Postgres, Purpose::Read) => Duration::from_secs(15),
            (Self::Postgres, Purpose::Snapshot) => Duration::MAX,
        }
    }

    /// Begins the journal's transaction. SQLite's takes the write lock at once, or a later upgrade could fail.
    pub(crate) const fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins the transaction of the migrations; others that want to migrate wait for its end.
    pub(crate) const fn begin_schema(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            // Any number will do, as long as all versions use the same.
            Self::Postgres => "BEGIN; SELECT pg_advisory_xact_lock(5446793721)",
        }
    }

    /// Begins a transaction that sees one moment of the whole database.
    pub(crate) const fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Moves the write-ahead log into the database file, without stopping writers; nothing where that is not ours to do.
    pub(crate) const fn checkpoint(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA wal_checkpoint(PASSIVE)"),
            Self::Postgres => None,
        }
    }

    /// The same, and lets the log begin anew: writers wait for what is left to move, and for readers no longer than it says.
    pub(crate) const fn restart_log(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(RESTART)",
            Self::Postgres => "",
        }
    }

    /// The names of all our tables.
    pub(crate) const fn list_tables(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            }
            Self::Postgres => {
                "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
            }
        }
    }

    /// Table, column and plain type of every column of ours, for the comparison of the two schemas.
    pub const fn list_columns(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT m.name AS table_name, c.name AS column_name, \
                 CASE UPPER(c.type) WHEN 'INTEGER' THEN 'bigint' ELSE LOWER(c.type) END AS kind, \
                 CAST(c.\"notnull\" AS BIGINT) AS required \
                 FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
            }
            Self::Postgres => {
                "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name, \
                 CAST(data_type AS TEXT) AS kind, \
                 CAST(CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS BIGINT) AS required \
                 FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
            }
        }
    }
}

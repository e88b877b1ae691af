//! What can go wrong below.

/// A failure of the storage layer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database cannot be reached or is overloaded now; trying again later may work.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database said no to a statement: a defect of ours.
    #[error("a statement failed")]
    Statement(#[source] sqlx::Error),
    /// A row holds what no code of ours writes.
    #[error("table {table}, row {row}: column {column} is inconsistent")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// A sealed column cannot be opened.
    #[error("table {table}, row {row}: a sealed column cannot be opened")]
    Sealed {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// Why.
        #[source]
        source: crate::sealed::SealedError,
    },
    /// The storage URL or the database is not one that this version can work with.
    #[error("{0}")]
    Unsuitable(String),
    /// A file of the data folder.
    #[error("{path}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl StorageError {
    /// An inconsistent column.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, row: impl ToString) -> Self {
        Self::Corrupt { table, column, row: row.to_string() }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Self::Unavailable(error) } else { Self::Statement(error) }
    }
}

/// Whether it is the database that cannot work now, and not the statement that is wrong. A full disk is not a lost
/// connection, but nothing can be written either, and the caller may come back.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            // PostgreSQL classes 08 (connection), 53 (resources), 57 (operator intervention), a lock that did not come and a
            // transaction that it ended because nothing came; SQLite BUSY, IOERR, FULL, CANTOPEN.
            let code = database.code().unwrap_or_default();
            ["08", "53", "57", "55P03", "25P03"].iter().any(|class| code.len() == 5 && code.starts_with(class))
                || code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 10 | 13 | 14))
        }
        _ => false,
    }
}

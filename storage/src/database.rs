//! Opening a database: one connection that writes, a pool that reads.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use crate::dialect::Dialect;
use crate::error::StorageError;

/// Readers at a time. SQLite readers do not block each other nor the writer.
const READERS: u32 = 4;
/// Who waits longer for one of them is told to come back: the database is away, or far too much is asked of it.
const READER_PATIENCE: Duration = Duration::from_secs(2);

/// An open database, migrated to this version's schema.
#[derive(Clone, Debug)]
pub struct Database {
    dialect: Dialect,
    url: String,
    readers: AnyPool,
}

impl Database {
    /// Opens (SQLite: creates) the database behind `url` and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be reached, or is newer than this program.
    pub async fn open(url: &str) -> Result<Self, StorageError> {
        let (mut writer, dialect) = Self::connect_to(url).await?;
        let url = dialect.complete_url(url);
        crate::migrate::run(&mut writer, dialect).await?;
        writer.close().await?;
        let readers = AnyPoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .acquire_timeout(READER_PATIENCE)
            // SQLite's are in this process and do not get lost; asking each before its query would double its way.
            .test_before_acquire(dialect == Dialect::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(sqlx::raw_sql(dialect.session())).await.map(drop) })
            })
            .connect(&url)
            .await?;
        Ok(Self { dialect, url, readers })
    }

    /// Which database it is.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The pool for reading.
    pub const fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// A connection of one's own; the journal's for writing, or a snapshot's.
    pub(crate) async fn connect(&self) -> Result<AnyConnection, StorageError> {
        connect(self.dialect, &self.url).await
    }

    /// A connection of one's own that sees this moment of the whole database until it is closed.
    pub(crate) async fn snapshot(&self) -> Result<AnyConnection, StorageError> {
        let mut connection = self.connect().await?;
        connection.execute(self.dialect.begin_snapshot()).await?;
        Ok(connection)
    }

    /// A connection to the database behind `url` as it is, without a look at its schema.
    pub(crate) async fn connect_to(url: &str) -> Result<(AnyConnection, Dialect), StorageError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of_url(url)?;
        Ok((connect(dialect, &dialect.complete_url(url)).await?, dialect))
    }

    /// Answers whether the database works now.
    ///
    /// # Errors
    /// [`StorageError`] when it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }
}

async fn connect(dialect: Dialect, url: &str) -> Result<AnyConnection, StorageError> {
    let mut connection = AnyConnection::connect(url).await?;
    connection.execute(sqlx::raw_sql(dialect.session())).await?;
    Ok(connection)
}

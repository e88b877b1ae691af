//! Opening a database: one connection that writes, a pool that reads.

use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::dialect::{Dialect, Purpose};
use crate::error::StorageError;
use crate::readers::Readers;

/// For a connection, and for the answer to the question whether the database works.
const PATIENCE: Duration = Duration::from_secs(5);

/// One moment of the whole database, for whoever reads several things that have to agree.
pub struct Moment(pub(crate) AnyConnection);

/// An open database, migrated to this version's schema.
#[derive(Clone, Debug)]
pub struct Database {
    dialect: Dialect,
    url: String,
    readers: Readers,
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
        let readers = Readers::new(dialect, &url)?;
        Ok(Self { dialect, url, readers })
    }

    /// Which database it is.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The pool for reading.
    pub const fn readers(&self) -> &Readers {
        &self.readers
    }

    /// A connection of one's own.
    pub(crate) async fn connect(&self, purpose: Purpose) -> Result<AnyConnection, StorageError> {
        Ok(connect(self.dialect, &self.url, purpose).await?)
    }

    /// This moment of the whole database: that of the first thing that is read in it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn moment(&self) -> Result<Moment, StorageError> {
        self.snapshot().await.map(Moment)
    }

    /// A connection of one's own that sees this moment of the whole database until it is closed.
    pub(crate) async fn snapshot(&self) -> Result<AnyConnection, StorageError> {
        let mut connection = self.connect(Purpose::Snapshot).await?;
        connection.execute(self.dialect.begin_snapshot()).await?;
        Ok(connection)
    }

    /// A connection to the database behind `url` as it is, without a look at its schema.
    pub(crate) async fn connect_to(url: &str) -> Result<(AnyConnection, Dialect), StorageError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of_url(url)?;
        Ok((connect(dialect, &dialect.complete_url(url), Purpose::Snapshot).await?, dialect))
    }

    /// Answers whether the database works now.
    ///
    /// # Errors
    /// [`StorageError`] when it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        let answer = sqlx::query("SELECT 1").execute(&self.readers);
        tokio::time::timeout(PATIENCE, answer).await.map_err(late)??;
        Ok(())
    }
}

/// A new connection with the settings of its purpose.
pub(crate) async fn connect(dialect: Dialect, url: &str, purpose: Purpose) -> Result<AnyConnection, sqlx::Error> {
    let opening = async {
        let mut connection = AnyConnection::connect(url).await?;
        connection.execute(sqlx::raw_sql(dialect.session(purpose))).await?;
        Ok(connection)
    };
    tokio::time::timeout(PATIENCE, opening).await.map_err(late)?
}

fn late(error: tokio::time::error::Elapsed) -> sqlx::Error {
    sqlx::Error::Io(error.into())
}

//! The connections that read. Nobody waits for ever: neither for a free one nor for an answer.
//!
//! A connection may be dead without either side knowing: a firewall forgot it, or the other machine is gone. The pool of
//! sqlx asks each connection whether it lives when it is taken and when it is given back, without a limit, so a few
//! such connections would stop every reader until the kernel gives up, a quarter of an hour later. Here every step has a
//! limit, and a connection that did not finish what it was asked is closed instead of given back.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts};
use either::Either;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{Any, AnyConnection, Connection as _, Execute, Executor, SqlStr};

use crate::database::connect;
use crate::dialect::{Dialect, Purpose};

/// Readers at a time. SQLite readers do not block each other nor the writer.
const READERS: usize = 4;
/// For a connection that lives, however many dead ones there are.
const WAIT: Duration = Duration::from_secs(6);
/// For a new connection, and for the answer that an old one lives.
const CONNECT: Duration = Duration::from_secs(2);

/// The pool for reading.
#[derive(Clone, Debug)]
pub struct Readers(Pool<Opening>);

/// Opens connections, and asks those that were used before whether they live.
#[derive(Debug)]
struct Opening {
    dialect: Dialect,
    url: String,
}

impl Manager for Opening {
    type Type = AnyConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<AnyConnection, sqlx::Error> {
        connect(self.dialect, &self.url, Purpose::Read).await
    }

    async fn recycle(&self, connection: &mut AnyConnection, _: &Metrics) -> RecycleResult<sqlx::Error> {
        match self.dialect {
            // In this process, so it does not get lost; asking each time would double its way.
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => connection.ping().await.map_err(RecycleError::Backend),
        }
    }
}

/// A connection in use. Unless what it was asked is done it is in no state to be used again.
struct Reader {
    connection: Option<Object<Opening>>,
    is_done: bool,
}

impl Reader {
    fn connection(&mut self) -> Result<&mut AnyConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    const fn done(&mut self) {
        self.is_done = true;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.is_done
            && let Some(connection) = self.connection.take()
        {
            drop(Object::take(connection));
        }
    }
}

impl Readers {
    /// Connections to the database behind `url`, opened when they are needed.
    pub(crate) fn new(dialect: Dialect, url: &str) -> Result<Self, sqlx::Error> {
        let pool = Pool::builder(Opening { dialect, url: url.to_owned() })
            .max_size(READERS)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: None, create: Some(CONNECT), recycle: Some(CONNECT) })
            .build();
        pool.map(Self).map_err(|error| sqlx::Error::Configuration(error.into()))
    }

    /// Closes what is free, and gives no more out.
    pub fn close(&self) {
        self.0.close();
    }

    async fn take(&self) -> Result<Reader, sqlx::Error> {
        let connection = tokio::time::timeout(WAIT, self.0.get()).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let connection = connection.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })?;
        Ok(Reader { connection: Some(connection), is_done: false })
    }
}

impl Readers {
    /// What does not come in time is lost.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let patience = self.0.manager().dialect.patience(Purpose::Read);
        tokio::time::timeout(patience, answer).await.map_err(|late| sqlx::Error::Io(late.into()))?
    }
}

impl<'p> Executor<'p> for &Readers {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let readers = self.clone();
        Box::pin(async_stream::try_stream! {
            let mut reader = readers.take().await?;
            {
                let mut results = reader.connection()?.fetch_many(query);
                while let Some(result) = readers.in_time(results.try_next()).await? {
                    yield result;
                }
            }
            reader.done();
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let readers = self.clone();
        Box::pin(async move {
            let mut reader = readers.take().await?;
            let row = readers.in_time(reader.connection()?.fetch_optional(query)).await?;
            reader.done();
            Ok(row)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        let readers = self.clone();
        Box::pin(async move {
            let mut reader = readers.take().await?;
            let statement = readers.in_time(reader.connection()?.prepare_with(sql, parameters)).await?;
            reader.done();
            Ok(statement)
        })
    }
}

//! The journal: the one way by which anything is written (architecture §3).
//!
//! Whatever queued while the previous commit ran is the next batch; there is no timer. A change that is refused (its
//! version is old, its key exists, its idempotency key is used) is taken out and the rest is written again in the same
//! transaction's place, so one refusal never fails its neighbours. Nobody is answered before the commit.

mod figures;

use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::event::Event;
use lianxin_domain::ids::IdSource;
use sqlx::{AnyConnection, Executor};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::batch::{Applied, BatchWriter};
use crate::change::Change;
use crate::core_tables::IDEMPOTENCY;
use crate::database::Database;
use crate::dialect::Purpose;
use crate::error::{StorageError, is_away};
use crate::log::EventLog;
use crate::table::{Operation, StatementTexts};
use crate::trace::{TRACED, TraceParent};
use crate::waves::RefusedRow;

use self::figures::JournalFigures;
pub use self::figures::JournalReading;

/// Changes that may wait. Beyond it the caller is told to come back: memory stays bounded, waiting stays short.
const QUEUE: usize = 4_096;
/// Changes in one commit.
const BATCH: usize = 256;
/// Times that a batch is written again because it and another node's blocked each other.
const COLLISIONS: u32 = 5;
/// Pause before trying a lost database again.
const RECONNECT: Duration = Duration::from_millis(250);

/// What a committed change gets back.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The number of its last event, or of the last one before it when it has none.
    pub seq: u64,
    /// Its events with their numbers.
    pub events: Vec<Arc<Event>>,
}

/// Why a change was not committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The row changed since the decision; decide again.
    #[error("{table} {key} is not at the expected version")]
    Stale {
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
    },
    /// A key or unique value exists already.
    #[error("{table} {key} exists")]
    Exists {
        /// The table.
        table: &'static str,
        /// The key of the row that was to be made.
        key: String,
    },
    /// The idempotency key was used before: look up the stored answer.
    #[error("the idempotency key was used before")]
    Repeated,
    /// Too much is waiting, or the database is away; nothing is known to be written. Try again later.
    #[error("the journal is not available")]
    Unavailable,
    /// The database refused a statement: a defect of ours, logged where it happened.
    #[error("the change could not be written")]
    Failed,
}

struct Pending {
    change: Change,
    /// From being queued to being committed or refused.
    span: Span,
    reply: oneshot::Sender<Result<Committed, CommitError>>,
}

/// The entrance to the journal.
#[derive(Clone, Debug)]
pub struct Journal {
    queue: mpsc::Sender<Pending>,
    figures: Arc<JournalFigures>,
}

impl Journal {
    /// Starts the journal's task. It ends, having written what was queued, when all entrances are dropped.
    ///
    /// # Errors
    /// [`StorageError`] when the writing connection cannot be opened.
    pub async fn start(
        database: Database,
        log: Arc<EventLog>,
        ids: IdSource,
    ) -> Result<(Self, JoinHandle<()>), StorageError> {
        let connection = database.connect(Purpose::Write).await?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let texts = StatementTexts::new(database.dialect());
        let figures = Arc::<JournalFigures>::default();
        let own = Arc::clone(&figures);
        let writer = Writer { database, connection: Some(connection), log, ids, texts, figures: own };
        Ok((Self { queue, figures }, tokio::spawn(writer.run(waiting))))
    }

    /// Queues a change. The receiver gets the result after the commit.
    ///
    /// # Errors
    /// [`CommitError::Unavailable`] at once when too much is waiting.
    pub fn submit(
        &self,
        change: Change,
    ) -> Result<impl Future<Output = Result<Committed, CommitError>> + use<>, CommitError> {
        let (reply, answer) = oneshot::channel();
        let span = tracing::info_span!(target: TRACED, "journal commit", commit.changes = Empty);
        self.queue.try_send(Pending { change, span, reply }).map_err(|_| CommitError::Unavailable)?;
        Ok(async move { answer.await.unwrap_or(Err(CommitError::Unavailable)) })
    }

    /// What it did so far.
    pub fn figures(&self) -> JournalReading {
        self.figures.read(self.queue.max_capacity() - self.queue.capacity())
    }

    /// Queues a change and waits for its commit.
    ///
    /// # Errors
    /// [`CommitError`] when it was not committed.
    pub async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        self.submit(change)?.await
    }
}

struct Writer {
    database: Database,
    connection: Option<AnyConnection>,
    log: Arc<EventLog>,
    ids: IdSource,
    texts: StatementTexts,
    figures: Arc<JournalFigures>,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Pending>) {
        let mut batch = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            self.commit(std::mem::take(&mut batch)).await;
        }
        if let Some(connection) = self.connection.take() {
            let _ = sqlx::Connection::close(connection).await;
        }
    }

    async fn commit(&mut self, mut batch: Vec<Pending>) {
        let mut collisions = 0;
        while !batch.is_empty() {
            let changes: Vec<&Change> = batch.iter().map(|pending| &pending.change).collect();
            // One that does not end is dropped with its connection: nobody knows what became of it. Who repeats it under its
            // key finds out, and if it was committed it is in the log.
            let patience = self.database.dialect().patience(Purpose::Write);
            let begun = Instant::now();
            let transaction = tokio::time::timeout(patience, self.transaction(&changes)).await;
            let outcome = transaction.unwrap_or_else(|late| {
                self.connection = None;
                Err(sqlx::Error::Io(late.into()))
            });
            match outcome {
                Ok(Applied::All(committed)) => {
                    self.figures.committed(batch.len(), begun.elapsed());
                    self.acknowledge(batch, committed);
                    return;
                }
                Ok(Applied::Refused(refused)) => {
                    let mut index = 0;
                    let (out, rest): (Vec<_>, Vec<_>) = batch.into_iter().partition(|_| {
                        index += 1;
                        refused.contains_key(&(index - 1))
                    });
                    self.figures.refused(out.len());
                    let mut reasons: Vec<_> = refused.into_iter().collect();
                    reasons.sort_unstable_by_key(|(index, _)| *index);
                    for (pending, (_, row)) in out.into_iter().zip(reasons) {
                        let _ = pending.reply.send(Err(refusal(row)));
                    }
                    batch = rest;
                }
                Err(error) if is_away(&error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "database lost, reconnecting");
                    self.connection = None;
                    self.figures.failed(batch.len());
                    answer_all(batch, &CommitError::Unavailable);
                    return;
                }
                Err(error) if collided(&error) && collisions < COLLISIONS => collisions += 1,
                Err(error) if batch.len() == 1 => {
                    let request = batch.first().and_then(|pending| pending.change.request_id).map(display);
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        request.id = request,
                        "a change could not be written"
                    );
                    self.figures.failed(batch.len());
                    answer_all(batch, &CommitError::Failed);
                    return;
                }
                // One of them is at fault: alone, each is judged by itself.
                Err(_) => {
                    for pending in batch {
                        Box::pin(self.commit(vec![pending])).await;
                    }
                    return;
                }
            }
        }
    }

    async fn transaction(&mut self, changes: &[&Change]) -> Result<Applied, sqlx::Error> {
        let begin = self.database.dialect().begin_write();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => match self.database.connect(Purpose::Write).await {
                Ok(connection) => self.connection.insert(connection),
                Err(StorageError::Unavailable(error) | StorageError::Statement(error)) => {
                    tokio::time::sleep(RECONNECT).await;
                    return Err(error);
                }
                Err(_) => return Err(sqlx::Error::WorkerCrashed),
            },
        };
        connection.execute(begin).await?;
        let mut writer = BatchWriter { connection, texts: &self.texts, ids: &self.ids };
        let outcome = writer.apply(changes).await;
        match outcome {
            Ok(Applied::All(events)) => {
                connection.execute("COMMIT").await?;
                Ok(Applied::All(events))
            }
            Ok(Applied::Refused(refused)) => {
                connection.execute("ROLLBACK").await?;
                Ok(Applied::Refused(refused))
            }
            Err(error) => {
                // SQLite ends a transaction by itself when the disk is full; that there is none left to roll back must
                // not hide why.
                if connection.execute("ROLLBACK").await.is_err() {
                    self.connection = None;
                }
                Err(error)
            }
        }
    }

    fn acknowledge(&self, batch: Vec<Pending>, committed: Vec<Vec<Arc<Event>>>) {
        let all: Vec<Arc<Event>> = committed.iter().flatten().cloned().collect();
        let mut seq = all.first().map_or_else(|| self.log.head(), |first| first.seq - 1);
        for (pending, events) in batch.iter().zip(&committed) {
            pending.span.record("commit.changes", batch.len());
            if let Some((last, parent)) = events.last().zip(TraceParent::of(&pending.span)) {
                self.log.remember_cause(last.seq, parent);
            }
        }
        self.log.publish(all);
        for (pending, events) in batch.into_iter().zip(committed) {
            seq = events.last().map_or(seq, |last| last.seq);
            drop(pending.span);
            // A caller that went away does not undo what it asked for.
            let _ = pending.reply.send(Ok(Committed { seq, events }));
        }
    }
}

fn answer_all(batch: Vec<Pending>, error: &CommitError) {
    for pending in batch {
        let _ = pending.reply.send(Err(error.clone()));
    }
}

fn refusal(row: RefusedRow) -> CommitError {
    match row.operation {
        Operation::Insert if row.table == IDEMPOTENCY.name => CommitError::Repeated,
        Operation::Insert => CommitError::Exists { table: row.table, key: row.key },
        Operation::Update
        | Operation::Put
        | Operation::Raise
        | Operation::Require
        | Operation::Delete
        | Operation::Clear
        | Operation::Relocate
        | Operation::Add => CommitError::Stale { table: row.table, key: row.key },
    }
}

/// Whether the database gave up this transaction in favour of another node's: it may be tried again as it is.
fn collided(error: &sqlx::Error) -> bool {
    match error {
        // PostgreSQL: serialization failure, deadlock.
        sqlx::Error::Database(database) => matches!(database.code().as_deref(), Some("40001" | "40P01")),
        _ => false,
    }
}

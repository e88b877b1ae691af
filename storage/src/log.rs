//! The event log: read by number, from memory where it is recent, from the database where it is not.

mod causes;
mod recent;

use std::sync::{Arc, OnceLock};

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::{Event, NewEvent, Subject};
use lianxin_domain::tree::TreePath;
use parking_lot::RwLock;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use tokio::sync::{mpsc, watch};

use crate::database::Database;
use crate::dialect::Purpose;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{Row, Table, int, text};
use crate::trace::TraceParent;

use self::causes::Causes;
pub use self::recent::RecentEvents;

/// Batches of this node's own commits that may wait to be told to other nodes.
const UNTOLD: usize = 256;
pub(crate) const COLUMNS: &str =
    "seq, kind, subject_kind, subject_id, at, by_account, grid_path, audience, data, request_id";

/// The table of events; its key is their number.
pub(crate) static EVENTS: Table = Table {
    name: "events",
    key: int("seq"),
    versioned: false,
    fixed: &[
        text("kind"),
        text("subject_kind"),
        text("subject_id"),
        int("at"),
        text("by_account"),
        text("grid_path"),
        text("audience"),
        text("data"),
        text("request_id"),
    ],
    mutable: &[],
};

/// The committed events in their one order.
#[derive(Debug)]
pub struct EventLog {
    database: Database,
    recent: RwLock<RecentEvents>,
    causes: Causes,
    head: watch::Sender<u64>,
    epoch: String,
    own: OnceLock<mpsc::Sender<Vec<Arc<Event>>>>,
}

impl EventLog {
    /// Opens the log; `epoch` is what names it when it is created now.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn open(database: Database, new_epoch: String) -> Result<Self, StorageError> {
        let mut connection = database.connect(Purpose::Snapshot).await?;
        sqlx::query("INSERT INTO log_head (id, seq, epoch) VALUES (1, 0, $1) ON CONFLICT DO NOTHING")
            .bind(new_epoch)
            .execute(&mut connection)
            .await?;
        let row = sqlx::query("SELECT seq, epoch FROM log_head WHERE id = 1").fetch_one(&mut connection).await?;
        let seq: i64 = row.try_get("seq")?;
        let seq = seq.unsigned_abs();
        let (head, _) = watch::channel(seq);
        let recent = RwLock::new(RecentEvents::after(seq));
        Ok(Self {
            database,
            recent,
            causes: Causes::default(),
            head,
            epoch: row.try_get("epoch")?,
            own: OnceLock::new(),
        })
    }

    /// The number of the last committed event that this node knows of.
    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Wakes whenever the head moves.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Names this log; changes only when it was replaced by another.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What this node commits from now on, in its order, for whoever tells it to other nodes; to be asked for once. When
    /// nobody takes it, batches are left out: the others find them in the database.
    pub fn own_commits(&self) -> Option<mpsc::Receiver<Vec<Arc<Event>>>> {
        let (sender, receiver) = mpsc::channel(UNTOLD);
        self.own.set(sender).ok().map(|()| receiver)
    }

    /// Remembers that the event of this number, which is about to be published, came of a request that is traced.
    pub(crate) fn remember_cause(&self, seq: u64, parent: TraceParent) {
        self.causes.remember(seq, parent);
    }

    /// The traced requests that events up to `seq` came of; each is told once.
    pub fn causes_until(&self, seq: u64) -> Vec<TraceParent> {
        self.causes.until(seq)
    }

    /// Makes events known that this node's journal committed.
    pub(crate) fn publish(&self, events: Vec<Arc<Event>>) {
        self.know(&events);
        if let Some(own) = self.own.get().filter(|_| !events.is_empty()) {
            let _ = own.try_send(events);
        }
    }

    /// Makes events known that another node committed; `head` is the last number that it knows of.
    pub fn hear(&self, events: &[Arc<Event>], head: u64) {
        self.know(events);
        self.move_head(head);
    }

    fn know(&self, events: &[Arc<Event>]) {
        let Some(last) = events.last() else { return };
        self.recent.write().remember(events);
        self.move_head(last.seq);
    }

    /// Never back: another node's later commit may have been seen before this node's own is published.
    fn move_head(&self, seq: u64) {
        self.head.send_if_modified(|head| {
            let moved = seq > *head;
            *head = seq.max(*head);
            moved
        });
    }

    /// Up to `limit` events after number `seq`, without a gap.
    ///
    /// # Errors
    /// [`StorageError`] when they are not in memory and the database fails.
    pub async fn after(&self, seq: u64, limit: usize) -> Result<Vec<Arc<Event>>, StorageError> {
        let head = self.head();
        if head <= seq {
            return Ok(Vec::new());
        }
        if let Some(events) = self.recent.read().between(seq, head, limit) {
            return Ok(events);
        }
        let sql = format!("SELECT {COLUMNS} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(signed(seq))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.database.readers())
            .await?;
        let events = rows.iter().map(|row| read(row).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        // What other nodes committed and nobody told closes the hole in memory.
        self.know(&events);
        Ok(events)
    }

    /// Up to `limit` events before number `seq`, newest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn before(&self, seq: u64, limit: i64) -> Result<Vec<Event>, StorageError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE seq < $1 ORDER BY seq DESC LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(signed(seq))
            .bind(limit)
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read).collect()
    }

    /// All events of one subject, oldest first: its timeline.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn of_subject(&self, subject: &Subject) -> Result<Vec<Event>, StorageError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE subject_id = $1 AND subject_kind = $2 ORDER BY seq");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(subject.id.clone())
            .bind(subject.kind.clone())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read).collect()
    }

    /// The events of these kinds of one subject, oldest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn of_subject_only(&self, subject: &Subject, kinds: &[&str]) -> Result<Vec<Event>, StorageError> {
        let conditions = of_kinds(subject, kinds);
        let sql = format!("SELECT {COLUMNS} FROM events{} ORDER BY seq", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }

    /// The number of the last event of these kinds of one subject; nothing when there is none.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn last_of_subject(&self, subject: &Subject, kinds: &[&str]) -> Result<Option<u64>, StorageError> {
        let conditions = of_kinds(subject, kinds);
        let sql = format!("SELECT MAX(seq) AS seq FROM events{}", conditions.to_where());
        let row = conditions.query(sql).fetch_one(self.database.readers()).await?;
        Ok(row.try_get::<Option<i64>, _>("seq")?.map(i64::unsigned_abs))
    }

    /// The oldest number that is still kept; one past the head when the log is empty.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn oldest(&self) -> Result<u64, StorageError> {
        let row = sqlx::query("SELECT MIN(seq) AS seq FROM events").fetch_one(self.database.readers()).await?;
        let oldest: Option<i64> = row.try_get("seq")?;
        Ok(oldest.map_or(self.head() + 1, i64::unsigned_abs))
    }

    /// Looks into the database for events that other nodes committed.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn refresh_head(&self) -> Result<u64, StorageError> {
        let row = sqlx::query("SELECT seq FROM log_head WHERE id = 1").fetch_one(self.database.readers()).await?;
        let seq: i64 = row.try_get("seq")?;
        self.move_head(seq.unsigned_abs());
        Ok(seq.unsigned_abs())
    }
}

fn of_kinds(subject: &Subject, kinds: &[&str]) -> Conditions {
    let mut conditions = Conditions::default();
    let whose = [subject.id.as_str().into(), subject.kind.as_str().into()];
    conditions.and("subject_id = ? AND subject_kind = ?", whose);
    conditions.and_one_of("kind", kinds.iter().map(|kind| (*kind).into()));
    conditions
}

/// The row of an event that gets number `seq`.
pub(crate) fn row(seq: u64, event: &NewEvent) -> Row {
    vec![
        signed(seq).into(),
        event.kind.into(),
        event.subject.kind.as_str().into(),
        event.subject.id.as_str().into(),
        event.at.into(),
        event.by.map(|account| account.to_string()).into(),
        event.grid_path.as_ref().map(ToString::to_string).into(),
        serde_json::json!(event.audience).to_string().into(),
        event.data.to_string().into(),
        event.request_id.map(|id| id.to_string()).into(),
    ]
}

pub(crate) fn read(row: &AnyRow) -> Result<Event, StorageError> {
    let seq: i64 = row.try_get("seq")?;
    let corrupt = |column| StorageError::corrupt("events", column, seq);
    let grid_path: Option<String> = row.try_get("grid_path")?;
    let by: Option<String> = row.try_get("by_account")?;
    let request_id: Option<String> = row.try_get("request_id")?;
    Ok(Event {
        seq: seq.unsigned_abs(),
        kind: row.try_get("kind")?,
        subject: Subject { kind: row.try_get("subject_kind")?, id: row.try_get("subject_id")? },
        at: Timestamp::from_millis(row.try_get("at")?),
        by: by.map(|id| id.parse()).transpose().map_err(|_| corrupt("by_account"))?,
        grid_path: grid_path.map(TreePath::try_from).transpose().map_err(|_| corrupt("grid_path"))?,
        audience: serde_json::from_str(&row.try_get::<String, _>("audience")?).map_err(|_| corrupt("audience"))?,
        data: serde_json::from_str(&row.try_get::<String, _>("data")?).map_err(|_| corrupt("data"))?,
        request_id: request_id.map(|id| id.parse()).transpose().map_err(|_| corrupt("request_id"))?,
    })
}

pub(crate) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

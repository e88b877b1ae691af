//! Messages to webhooks: one row for each event and receiver, kept for a while after it was sent. Bodies hold nothing
//! personal and are not sealed.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::WebhookId;
use lianxin_domain::webhook::retry::TryError;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::log::signed;
use crate::query::Conditions;
use crate::table::{ID, Row, Table, int, text};

pub(crate) static WEBHOOK_DELIVERIES: Table = Table {
    name: "webhook_deliveries",
    key: ID,
    versioned: true,
    fixed: &[text("webhook_id"), text("kind"), text("subject_id"), int("seq"), text("body"), int("created_at")],
    mutable: &[
        text("state"),
        int("attempts"),
        int("owed_since"),
        int("next_at"),
        int("tried_at"),
        int("status"),
        int("duration_ms"),
        text("error"),
        int("done_at"),
    ],
};
static WEBHOOK_CURSORS: Table =
    Table { name: "webhook_cursors", key: ID, versioned: false, fixed: &[], mutable: &[int("seq")] };
/// The one cursor there is.
const LOG: &str = "log";

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookDeliveryState {
    /// To be sent, or sent again.
    Owed,
    /// The receiver took it.
    Sent,
    /// Tried too long, or the receiver wants nothing more.
    GivenUp,
}

impl WebhookDeliveryState {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owed, Self::Sent, Self::GivenUp].into_iter().find(|state| state.as_str() == text)
    }
}

/// One message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The same however often it is sent; begins with the webhook's id.
    pub id: String,
    /// Grows with every try.
    pub version: u32,
    /// To whom.
    pub webhook_id: WebhookId,
    /// `ticket.accepted` …
    pub kind: String,
    /// What it is about: messages about the same are sent in the order of their numbers.
    pub subject_id: String,
    /// The event's number in the log; 0: it tells of none.
    pub seq: u64,
    /// What is sent.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: WebhookDeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// Since when it is tried: anew when somebody asked for it.
    pub owed_since: Timestamp,
    /// When to try next.
    pub next_at: Timestamp,
    /// The last try.
    pub tried_at: Option<Timestamp>,
    /// Its answer; nothing when there was none.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// Why it failed.
    pub error: Option<TryError>,
    /// When it was taken or given up.
    pub done_at: Option<Timestamp>,
}

impl WebhookDelivery {
    /// A message owed from `now` on.
    pub fn new(
        id: String,
        webhook_id: WebhookId,
        kind: &str,
        about: (&str, u64),
        body: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            webhook_id,
            kind: kind.to_owned(),
            subject_id: about.0.to_owned(),
            seq: about.1,
            body,
            created_at: now,
            state: WebhookDeliveryState::Owed,
            attempts: 0,
            owed_since: now,
            next_at: now,
            tried_at: None,
            status: None,
            duration_ms: None,
            error: None,
            done_at: None,
        }
    }

    /// Owed again from `now` on, as if it had never been tried.
    #[must_use]
    pub fn again(self, now: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            state: WebhookDeliveryState::Owed,
            attempts: 0,
            owed_since: now,
            next_at: now,
            done_at: None,
            ..self
        }
    }
}

/// The messages.
#[derive(Clone)]
pub struct WebhookDeliveries {
    database: Database,
}

impl WebhookDeliveries {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The write that owes a message; owed once per id.
    pub fn owe(delivery: &WebhookDelivery) -> Write {
        Write::InsertOnce(&WEBHOOK_DELIVERIES, row_of(delivery))
    }

    /// The write of what became of a try, from the version before; refused when it was written since, or is gone.
    pub fn update(delivery: &WebhookDelivery) -> Write {
        Write::Update {
            table: &WEBHOOK_DELIVERIES,
            key: delivery.id.clone(),
            expected: delivery.version - 1,
            next: delivery.version,
            values: mutable(delivery),
        }
    }

    /// One.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: &str) -> Result<Option<WebhookDelivery>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.into()]);
        Ok(self.select(&conditions, "id", 1).await?.pop())
    }

    /// Up to `limit` messages of a webhook to send by now: never-tried ones first, then in the order of the log; of messages
    /// about the same only the first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn due(
        &self,
        webhook_id: WebhookId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("webhook_id = ? AND state = 'owed'", [webhook_id.to_string().into()]);
        conditions.and("next_at <= ?", [now.into()]);
        let first = "NOT EXISTS (SELECT 1 FROM webhook_deliveries e WHERE e.webhook_id = webhook_deliveries.webhook_id \
                     AND e.subject_id = webhook_deliveries.subject_id AND e.state = 'owed' \
                     AND e.seq < webhook_deliveries.seq)";
        conditions.and(first, []);
        self.select(&conditions, "attempts, seq, id", limit).await
    }

    /// How many messages of a webhook wait.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn count_owed(&self, webhook_id: WebhookId) -> Result<i64, StorageError> {
        let sql = "SELECT COUNT(*) AS owed FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'owed'";
        let row = sqlx::query(sql).bind(webhook_id.to_string()).fetch_one(self.database.readers()).await?;
        Ok(row.try_get("owed")?)
    }

    /// The newest messages of a webhook in `state` (nothing: all), newest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        webhook_id: WebhookId,
        state: Option<WebhookDeliveryState>,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("webhook_id = ?", [webhook_id.to_string().into()]);
        if let Some(state) = state {
            conditions.and("state = ?", [state.as_str().into()]);
        }
        if let Some(before) = before {
            conditions.and_before(("created_at", "id"), before);
        }
        self.select(&conditions, "created_at DESC, id DESC", limit as usize).await
    }

    /// Up to which event of the log messages were written; nothing: none ever was.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn position(&self) -> Result<Option<u64>, StorageError> {
        let sql = "SELECT seq FROM webhook_cursors WHERE id = $1";
        let row = sqlx::query(sql).bind(LOG).fetch_optional(self.database.readers()).await?;
        Ok(row.map(|row| row.try_get::<i64, _>("seq")).transpose()?.map(i64::unsigned_abs))
    }

    /// The write that messages were written up to event `seq`; it never goes back.
    pub fn move_to(seq: u64) -> Write {
        Write::Raise(&WEBHOOK_CURSORS, vec![LOG.into(), signed(seq).into()])
    }

    async fn select(
        &self,
        conditions: &Conditions,
        order: &str,
        limit: usize,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        let (columns, condition) = (WEBHOOK_DELIVERIES.select_list(), conditions.to_where());
        let sql = format!("SELECT {columns} FROM webhook_deliveries{condition} ORDER BY {order} LIMIT {limit}");
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }
}

fn row_of(delivery: &WebhookDelivery) -> Row {
    let head = [
        delivery.id.as_str().into(),
        delivery.version.into(),
        delivery.webhook_id.to_string().into(),
        delivery.kind.as_str().into(),
        delivery.subject_id.as_str().into(),
        signed(delivery.seq).into(),
        delivery.body.as_str().into(),
        delivery.created_at.into(),
    ];
    head.into_iter().chain(mutable(delivery)).collect()
}

fn mutable(delivery: &WebhookDelivery) -> Row {
    vec![
        delivery.state.as_str().into(),
        delivery.attempts.into(),
        delivery.owed_since.into(),
        delivery.next_at.into(),
        delivery.tried_at.into(),
        delivery.status.map(i64::from).into(),
        delivery.duration_ms.into(),
        delivery.error.map(|error| error.as_str().to_owned()).into(),
        delivery.done_at.into(),
    ]
}

fn read(row: &AnyRow) -> Result<WebhookDelivery, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("webhook_deliveries", column, &id);
    let state: String = row.try_get("state")?;
    let time = |column| row.try_get::<i64, _>(column).map(Timestamp::from_millis);
    let maybe_time = |column| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp::from_millis));
    let status: Option<i64> = row.try_get("status")?;
    let error: Option<String> = row.try_get("error")?;
    Ok(WebhookDelivery {
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        webhook_id: row.try_get::<String, _>("webhook_id")?.parse().map_err(|_| corrupt("webhook_id"))?,
        kind: row.try_get("kind")?,
        subject_id: row.try_get("subject_id")?,
        seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
        body: row.try_get("body")?,
        created_at: time("created_at")?,
        state: WebhookDeliveryState::parse(&state).ok_or_else(|| corrupt("state"))?,
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).map_err(|_| corrupt("attempts"))?,
        owed_since: time("owed_since")?,
        next_at: time("next_at")?,
        tried_at: maybe_time("tried_at")?,
        status: status.map(u16::try_from).transpose().map_err(|_| corrupt("status"))?,
        duration_ms: row.try_get("duration_ms")?,
        error: error.map(|text| TryError::parse(&text).ok_or_else(|| corrupt("error"))).transpose()?,
        done_at: maybe_time("done_at")?,
        id,
    })
}

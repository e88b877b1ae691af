//! Messages owed to the outside: written with the change that owes them, sent by the courier, sealed at rest.

use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Row, Table, int, text};

pub(crate) static DELIVERIES: Table = Table {
    name: "deliveries",
    key: ID,
    versioned: false,
    fixed: &[
        text("channel"),
        text("payload"),
        text("state"),
        int("attempts"),
        int("next_at"),
        text("last_error"),
        int("created_at"),
        int("done_at"),
        text("account_id"),
        text("notification_id"),
        int("cost_milli_fen"),
        text("reference"),
    ],
    mutable: &[],
};
pub(crate) static DELIVERY_COUNTERS: Table = Table {
    name: "delivery_counters",
    key: ID,
    versioned: false,
    fixed: &[],
    mutable: &[int("sent"), int("given_up"), int("not_needed"), int("attempts"), int("cost_milli_fen")],
};
const PAYLOAD: &str = "deliveries.payload";

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, or sent again.
    Owed,
    /// The channel took it.
    Sent,
    /// Tried too often, or the address is gone; somebody has to look.
    GivenUp,
    /// Read before its turn came, or told together with another.
    NotNeeded,
}

impl DeliveryState {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
            Self::NotNeeded => "not_needed",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owed, Self::Sent, Self::GivenUp, Self::NotNeeded].into_iter().find(|state| state.as_str() == text)
    }
}

/// One message owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What makes it one: a second delivery with this key is not made.
    pub key: String,
    /// `sms` …
    pub channel: String,
    /// What the channel needs, JSON.
    pub payload: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When to try next.
    pub next_at: Timestamp,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Since when it is owed.
    pub created_at: Timestamp,
    /// When it was sent or given up.
    pub done_at: Option<Timestamp>,
    /// To whom, when it belongs to a notification.
    pub account_id: Option<AccountId>,
    /// The notification.
    pub notification_id: Option<String>,
    /// What the channel charged, thousandths of a fen.
    pub cost_milli_fen: Option<i64>,
    /// The channel's own number for it.
    pub reference: Option<String>,
}

impl Delivery {
    /// A message owed from `at` on.
    pub fn new(key: &str, channel: &str, payload: &str, now: Timestamp, at: Timestamp) -> Self {
        Self {
            key: key.to_owned(),
            channel: channel.to_owned(),
            payload: payload.to_owned(),
            state: DeliveryState::Owed,
            attempts: 0,
            next_at: at,
            last_error: None,
            created_at: now,
            done_at: None,
            account_id: None,
            notification_id: None,
            cost_milli_fen: None,
            reference: None,
        }
    }
}

/// What became of the messages of one channel in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryCount {
    /// `2026-11`, of the month in China in which they were done.
    pub month: String,
    /// `sms` …
    pub channel: String,
    /// Taken by the channel.
    pub sent: i64,
    /// Given up.
    pub given_up: i64,
    /// Not needed any more.
    pub not_needed: i64,
    /// Tries.
    pub attempts: i64,
    /// Thousandths of a fen.
    pub cost_milli_fen: i64,
}

/// The deliveries.
#[derive(Clone)]
pub struct Deliveries {
    database: Database,
    cipher: ColumnCipher,
}

impl Deliveries {
    /// Over `database`, payloads sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The write that owes a message; owed once per key.
    pub fn owe(&self, delivery: &Delivery) -> Write {
        Write::InsertOnce(&DELIVERIES, self.row(delivery))
    }

    /// The write that forgets a row that only waited to be planned.
    pub fn forget(key: &str) -> Write {
        Write::Delete(&DELIVERIES, key.to_owned())
    }

    /// The writes of what became of a try; a finished message is counted.
    pub fn put(&self, delivery: &Delivery) -> Vec<Write> {
        let row = Write::Put(&DELIVERIES, self.row(delivery));
        let Some(month) = delivery.done_at.and_then(local_date) else { return vec![row] };
        let is = |state| i64::from(delivery.state == state);
        let counted = vec![
            is(DeliveryState::Sent),
            is(DeliveryState::GivenUp),
            is(DeliveryState::NotNeeded),
            i64::from(delivery.attempts),
            delivery.cost_milli_fen.unwrap_or_default(),
        ];
        let key = format!("{}:{}", month.format("%Y-%m"), delivery.channel);
        vec![row, Write::Add(&DELIVERY_COUNTERS, key, counted)]
    }

    /// What became of the messages, newest month first, at most `months` of them.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn counts(&self, months: usize) -> Result<Vec<DeliveryCount>, StorageError> {
        let sql = format!(
            "SELECT {} FROM delivery_counters WHERE SUBSTR(id, 1, 7) IN \
             (SELECT DISTINCT SUBSTR(id, 1, 7) AS month FROM delivery_counters ORDER BY month DESC LIMIT {months}) \
             ORDER BY id DESC",
            DELIVERY_COUNTERS.select_list(),
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let (month, channel) =
                    id.split_once(':').ok_or_else(|| StorageError::corrupt("delivery_counters", "id", &id))?;
                Ok(DeliveryCount {
                    month: month.to_owned(),
                    channel: channel.to_owned(),
                    sent: row.try_get("sent")?,
                    given_up: row.try_get("given_up")?,
                    not_needed: row.try_get("not_needed")?,
                    attempts: row.try_get("attempts")?,
                    cost_milli_fen: row.try_get("cost_milli_fen")?,
                })
            })
            .collect()
    }

    /// When a channel last took a message for this account.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn last_sent(&self, account_id: AccountId, channel: &str) -> Result<Option<Timestamp>, StorageError> {
        let row = sqlx::query(
            "SELECT MAX(done_at) AS at FROM deliveries \
             WHERE account_id = $1 AND channel = $2 AND done_at IS NOT NULL AND state = 'sent'",
        )
        .bind(account_id.to_string())
        .bind(channel.to_owned())
        .fetch_one(self.database.readers())
        .await?;
        Ok(row.try_get::<Option<i64>, _>("at")?.map(Timestamp::from_millis))
    }

    /// What is owed to an account over a channel by `now`, longest waiting first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn owed_to(
        &self,
        account_id: AccountId,
        channel: &str,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StorageError> {
        let sql = format!(
            "SELECT {} FROM deliveries WHERE account_id = $1 AND channel = $2 AND done_at IS NULL AND state = 'owed' \
             AND next_at <= $3 ORDER BY next_at, id",
            DELIVERIES.select_list()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .bind(channel.to_owned())
            .bind(now.millis())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The newest messages in `state` (nothing: all), for whoever looks after the channels; newest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        state: Option<DeliveryState>,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StorageError> {
        let mut conditions = Conditions::default();
        // Steps of planning are not messages.
        conditions.and("channel <> 'plan'", []);
        if let Some(state) = state {
            conditions.and("state = ?", [state.as_str().into()]);
        }
        if let Some((at, key)) = before {
            conditions.and_before(("created_at", "id"), (at, key));
        }
        let sql = format!(
            "SELECT {} FROM deliveries{} ORDER BY created_at DESC, id DESC LIMIT {limit}",
            DELIVERIES.select_list(),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Up to `limit` messages to send by now, longest waiting first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<Delivery>, StorageError> {
        let sql = format!(
            "SELECT {} FROM deliveries WHERE state = 'owed' AND next_at <= $1 ORDER BY next_at LIMIT $2",
            DELIVERIES.select_list()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.millis())
            .bind(limit)
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &AnyRow) -> Result<Delivery, StorageError> {
        let key: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("deliveries", column, &key);
        let sealed: String = row.try_get("payload")?;
        let payload = self.cipher.open(PAYLOAD, &sealed).map_err(|source| StorageError::Sealed {
            table: "deliveries",
            row: key.clone(),
            source,
        })?;
        let state: String = row.try_get("state")?;
        let account: Option<String> = row.try_get("account_id")?;
        Ok(Delivery {
            channel: row.try_get("channel")?,
            payload,
            state: DeliveryState::parse(&state).ok_or_else(|| corrupt("state"))?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).map_err(|_| corrupt("attempts"))?,
            next_at: Timestamp::from_millis(row.try_get("next_at")?),
            last_error: row.try_get("last_error")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            done_at: row.try_get::<Option<i64>, _>("done_at")?.map(Timestamp::from_millis),
            account_id: account.map(|id| id.parse()).transpose().map_err(|_| corrupt("account_id"))?,
            notification_id: row.try_get("notification_id")?,
            cost_milli_fen: row.try_get("cost_milli_fen")?,
            reference: row.try_get("reference")?,
            key,
        })
    }

    fn row(&self, delivery: &Delivery) -> Row {
        vec![
            delivery.key.as_str().into(),
            delivery.channel.as_str().into(),
            self.cipher.seal(PAYLOAD, &delivery.payload).into(),
            delivery.state.as_str().into(),
            delivery.attempts.into(),
            delivery.next_at.into(),
            delivery.last_error.clone().into(),
            delivery.created_at.into(),
            delivery.done_at.into(),
            delivery.account_id.map(|id| id.to_string()).into(),
            delivery.notification_id.clone().into(),
            delivery.cost_milli_fen.into(),
            delivery.reference.clone().into(),
        ]
    }
}

/// How many messages should have left before `at` and did not: for measurements and checks.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub async fn owed_before(database: &Database, at: Timestamp) -> Result<i64, StorageError> {
    let row = sqlx::query("SELECT COUNT(*) AS owed FROM deliveries WHERE state = 'owed' AND next_at < $1")
        .bind(at.millis())
        .fetch_one(database.readers())
        .await?;
    Ok(row.try_get("owed")?)
}

/// The keys of all messages that a channel took: for measurements and checks.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub async fn sent_keys(database: &Database, channel: &str) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query("SELECT id FROM deliveries WHERE channel = $1 AND state = 'sent'")
        .bind(channel.to_owned())
        .fetch_all(database.readers())
        .await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

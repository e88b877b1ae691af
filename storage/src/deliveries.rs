//! Messages owed to the outside: written with the change that owes them, sent by the courier, sealed at rest.

use lianxin_domain::clock::Timestamp;
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
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
    ],
    mutable: &[],
};
const PAYLOAD: &str = "deliveries.payload";

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, or sent again.
    Owed,
    /// The channel took it.
    Sent,
    /// Tried too often; somebody has to look.
    GivenUp,
}

impl DeliveryState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
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
    pub fn owe(&self, key: &str, channel: &str, payload: &str, now: Timestamp) -> Write {
        let delivery = Delivery {
            key: key.to_owned(),
            channel: channel.to_owned(),
            payload: payload.to_owned(),
            state: DeliveryState::Owed,
            attempts: 0,
            next_at: now,
            last_error: None,
            created_at: now,
            done_at: None,
        };
        Write::InsertOnce(&DELIVERIES, self.row(&delivery))
    }

    /// The write of what became of a try.
    pub fn put(&self, delivery: &Delivery) -> Write {
        Write::Put(&DELIVERIES, self.row(delivery))
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
        rows.iter()
            .map(|row| {
                let key: String = row.try_get("id")?;
                let sealed: String = row.try_get("payload")?;
                let payload = self.cipher.open(PAYLOAD, &sealed).map_err(|source| StorageError::Sealed {
                    table: "deliveries",
                    row: key.clone(),
                    source,
                })?;
                let attempts: i64 = row.try_get("attempts")?;
                Ok(Delivery {
                    channel: row.try_get("channel")?,
                    payload,
                    state: DeliveryState::Owed,
                    attempts: u32::try_from(attempts)
                        .map_err(|_| StorageError::corrupt("deliveries", "attempts", &key))?,
                    next_at: Timestamp::from_millis(row.try_get("next_at")?),
                    last_error: row.try_get("last_error")?,
                    created_at: Timestamp::from_millis(row.try_get("created_at")?),
                    done_at: row.try_get::<Option<i64>, _>("done_at")?.map(Timestamp::from_millis),
                    key,
                })
            })
            .collect()
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
        ]
    }
}

//! Webhooks in the database, their secrets sealed, and how their receivers do. They are few and are read whole; who may see
//! which is decided by who asks.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::WebhookId;
use lianxin_domain::tree::TreePath;
use lianxin_domain::webhook::retry::{Health, TryError};
use lianxin_domain::webhook::signature::WebhookSecret;
use lianxin_domain::webhook::{StoppedBecause, Webhook, WebhookPlan, event_kind};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::log::signed;
use crate::query::Conditions;
use crate::sealed::{ColumnCipher, SealedError};
use crate::table::{ID, Row, Table, int, text};
use crate::webhook_deliveries::WEBHOOK_DELIVERIES;

static WEBHOOKS: Table = Table {
    name: "webhooks",
    key: ID,
    versioned: true,
    fixed: &[text("grid_id"), text("grid_path"), text("created_by"), int("created_at")],
    mutable: &[
        text("name"),
        text("url"),
        text("kinds"),
        text("secret_sealed"),
        text("old_secret_sealed"),
        int("old_secret_until"),
        int("enabled"),
        text("stopped"),
        int("since_seq"),
        int("updated_at"),
    ],
};
static WEBHOOK_HEALTH: Table = Table {
    name: "webhook_health",
    key: ID,
    versioned: false,
    fixed: &[],
    mutable: &[
        int("failures"),
        int("failing_since"),
        int("paused_until"),
        int("tried_at"),
        int("status"),
        text("error"),
        int("taken_at"),
    ],
};
const SECRET: &str = "webhooks.secret_sealed";
const OLD_SECRET: &str = "webhooks.old_secret_sealed";

/// A webhook, and how its receiver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// The webhook.
    pub webhook: Webhook,
    /// How its receiver does.
    pub health: Health,
}

/// The webhooks.
#[derive(Clone)]
pub struct Webhooks {
    database: Database,
    cipher: ColumnCipher,
}

impl Webhooks {
    /// Over `database`, secrets sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// One.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: WebhookId) -> Result<Option<WebhookRow>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("webhooks.id = ?", [id.to_string().into()]);
        Ok(self.select(&conditions).await?.pop())
    }

    /// Those of the subtree of `place`, in the order in which they were made.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all_below(&self, place: &TreePath) -> Result<Vec<WebhookRow>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_subtree(place);
        self.select(&conditions).await
    }

    /// Those that are switched on.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all_enabled(&self) -> Result<Vec<WebhookRow>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("enabled = 1", []);
        self.select(&conditions).await
    }

    async fn select(&self, conditions: &Conditions) -> Result<Vec<WebhookRow>, StorageError> {
        let columns: Vec<String> = WEBHOOKS.select_list().split(", ").map(|name| format!("webhooks.{name}")).collect();
        let sql = format!(
            "SELECT {}, h.failures, h.failing_since, h.paused_until, h.tried_at, h.status, h.error, h.taken_at \
             FROM webhooks LEFT JOIN webhook_health h ON h.id = webhooks.id{} ORDER BY webhooks.id",
            columns.join(", "),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The write by which those of a grid and of all below it go with it to another place.
    pub fn relocate(from: &TreePath, to: &TreePath) -> Write {
        Write::Relocate { table: &WEBHOOKS, from: from.clone(), to: to.clone() }
    }

    /// The write of a change from the version before (the first: a new one) to `webhook`.
    pub fn write(&self, webhook: &Webhook) -> Write {
        if webhook.version == 1 {
            return Write::Insert(&WEBHOOKS, self.row_of(webhook));
        }
        Write::Update {
            table: &WEBHOOKS,
            key: webhook.id.to_string(),
            expected: webhook.version - 1,
            next: webhook.version,
            values: self.mutable(webhook),
        }
    }

    /// The writes that take one away with all of its messages; refused when it is no longer as it was.
    pub fn remove(&self, webhook: &Webhook) -> [Write; 4] {
        let last = Webhook { version: webhook.version + 1, ..webhook.clone() };
        let id = webhook.id.to_string();
        [
            self.write(&last),
            Write::Delete(&WEBHOOKS, id.clone()),
            Write::Delete(&WEBHOOK_HEALTH, id.clone()),
            Write::Clear(&WEBHOOK_DELIVERIES, id),
        ]
    }

    /// The write of how a receiver does.
    pub fn put_health(id: WebhookId, health: &Health) -> Write {
        Write::Put(
            &WEBHOOK_HEALTH,
            vec![
                id.to_string().into(),
                health.failures.into(),
                health.failing_since.into(),
                health.paused_until.into(),
                health.tried_at.into(),
                health.status.map(i64::from).into(),
                health.error.map(|error| error.as_str().to_owned()).into(),
                health.taken_at.into(),
            ],
        )
    }

    fn row_of(&self, webhook: &Webhook) -> Row {
        let head = [
            webhook.id.to_string().into(),
            webhook.version.into(),
            webhook.grid_id.to_string().into(),
            webhook.grid_path.as_str().into(),
            webhook.created_by.to_string().into(),
            webhook.created_at.into(),
        ];
        head.into_iter().chain(self.mutable(webhook)).collect()
    }

    fn mutable(&self, webhook: &Webhook) -> Row {
        let old = webhook.old_secret.as_ref();
        vec![
            webhook.plan.name.as_str().into(),
            webhook.plan.url.as_str().into(),
            serde_json::json!(webhook.plan.kinds).to_string().into(),
            self.cipher.seal(SECRET, &webhook.secret.written()).into(),
            old.map(|(secret, _)| self.cipher.seal(OLD_SECRET, &secret.written())).into(),
            old.map(|(_, until)| *until).into(),
            webhook.enabled.into(),
            webhook.stopped.map(|because| because.as_str().to_owned()).into(),
            signed(webhook.since_seq).into(),
            webhook.updated_at.into(),
        ]
    }

    fn read(&self, row: &AnyRow) -> Result<WebhookRow, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("webhooks", column, &id);
        let kinds: Vec<String> =
            serde_json::from_str(&row.try_get::<String, _>("kinds")?).map_err(|_| corrupt("kinds"))?;
        let stopped: Option<String> = row.try_get("stopped")?;
        let old: Option<String> = row.try_get("old_secret_sealed")?;
        let until: Option<i64> = row.try_get("old_secret_until")?;
        let old_secret = match (old, until) {
            (Some(sealed), Some(until)) => Some((self.open(&id, OLD_SECRET, &sealed)?, Timestamp::from_millis(until))),
            _ => None,
        };
        let time = |column| row.try_get::<i64, _>(column).map(Timestamp::from_millis);
        let webhook = Webhook {
            version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
            grid_id: row.try_get::<String, _>("grid_id")?.parse().map_err(|_| corrupt("grid_id"))?,
            grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?).map_err(|_| corrupt("grid_path"))?,
            plan: WebhookPlan {
                name: row.try_get("name")?,
                url: row.try_get("url")?,
                // A kind of a later version is not known to this one.
                kinds: kinds.iter().filter_map(|kind| event_kind(kind)).collect(),
            },
            secret: self.open(&id, SECRET, &row.try_get::<String, _>("secret_sealed")?)?,
            old_secret,
            enabled: row.try_get::<i64, _>("enabled")? != 0,
            stopped: stopped.map(|text| StoppedBecause::parse(&text).ok_or_else(|| corrupt("stopped"))).transpose()?,
            since_seq: row.try_get::<i64, _>("since_seq")?.unsigned_abs(),
            created_by: row.try_get::<String, _>("created_by")?.parse().map_err(|_| corrupt("created_by"))?,
            created_at: time("created_at")?,
            updated_at: time("updated_at")?,
            id: id.parse().map_err(|_| corrupt("id"))?,
        };
        Ok(WebhookRow { webhook, health: read_health(row, &id)? })
    }

    fn open(&self, row: &str, column: &'static str, sealed: &str) -> Result<WebhookSecret, StorageError> {
        let plain = self.cipher.open(column, sealed);
        let secret = plain.and_then(|text| WebhookSecret::parse(&text).ok_or(SealedError::Malformed));
        secret.map_err(|source| StorageError::Sealed { table: "webhooks", row: row.to_owned(), source })
    }
}

fn read_health(row: &AnyRow, id: &str) -> Result<Health, StorageError> {
    let corrupt = |column| StorageError::corrupt("webhook_health", column, id);
    let time = |column| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp::from_millis));
    let number = |column| row.try_get::<Option<i64>, _>(column);
    let error: Option<String> = row.try_get("error")?;
    Ok(Health {
        failures: u32::try_from(number("failures")?.unwrap_or_default()).map_err(|_| corrupt("failures"))?,
        failing_since: time("failing_since")?,
        paused_until: time("paused_until")?,
        tried_at: time("tried_at")?,
        status: number("status")?.map(u16::try_from).transpose().map_err(|_| corrupt("status"))?,
        error: error.map(|text| TryError::parse(&text).ok_or_else(|| corrupt("error"))).transpose()?,
        taken_at: time("taken_at")?,
    })
}

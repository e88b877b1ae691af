//! How people can be reached outside the inbox: their wishes and the addresses that lead to them, sealed.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::NotificationSettings;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::change::Write;
use crate::core_tables::DEADLINES;
use crate::database::Database;
use crate::error::StorageError;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Table, int, text};

pub(crate) static SETTINGS: Table = Table {
    name: "notification_settings",
    key: ID,
    versioned: false,
    fixed: &[text("body"), text("wechat_sealed"), int("updated_at")],
    mutable: &[],
};
pub(crate) static SUBSCRIPTIONS: Table = Table {
    name: "push_subscriptions",
    key: ID,
    versioned: false,
    fixed: &[text("account_id"), text("sealed"), text("device"), int("created_at")],
    mutable: &[],
};
const WECHAT: &str = "notification_settings.wechat_sealed";
const SUBSCRIPTION: &str = "push_subscriptions.sealed";
/// The kind of deadline at which somebody's digest is due.
pub const DIGEST: &str = "digest";

/// What somebody wishes, and the WeChat address that was bound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The wishes.
    pub settings: NotificationSettings,
    /// The open id of the official account, once bound.
    pub wechat: Option<String>,
}

/// A browser that takes push messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSubscription {
    /// Its id: made of its address, so the same browser is there once.
    pub id: String,
    /// Whose.
    pub account_id: AccountId,
    /// The subscription as the browser gave it, JSON `{endpoint, keys}`.
    pub body: String,
    /// What the person calls the device.
    pub device: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

/// The addresses and wishes.
#[derive(Clone)]
pub struct Reachability {
    database: Database,
    cipher: ColumnCipher,
}

impl Reachability {
    /// Over `database`, addresses sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// What an account wishes; the usual when it never said.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn wishes(&self, account_id: AccountId) -> Result<Wishes, StorageError> {
        let row = sqlx::query("SELECT body, wechat_sealed FROM notification_settings WHERE id = $1")
            .bind(account_id.to_string())
            .fetch_optional(self.database.readers())
            .await?;
        let Some(row) = row else { return Ok(Wishes::default()) };
        let body: String = row.try_get("body")?;
        let sealed: Option<String> = row.try_get("wechat_sealed")?;
        let settings = serde_json::from_str(&body)
            .map_err(|_| StorageError::corrupt("notification_settings", "body", account_id))?;
        let wechat = sealed.map(|sealed| self.open("notification_settings", WECHAT, &sealed, &account_id.to_string()));
        Ok(Wishes { settings, wechat: wechat.transpose()? })
    }

    /// The writes of changed wishes: the row, and the deadline of the next digest.
    pub fn put_wishes(&self, account_id: AccountId, wishes: &Wishes, now: Timestamp) -> Vec<Write> {
        let body = serde_json::to_string(&wishes.settings).unwrap_or_default();
        let sealed = wishes.wechat.as_ref().map(|id| self.cipher.seal(WECHAT, id));
        let row = vec![account_id.to_string().into(), body.into(), sealed.into(), now.into()];
        vec![Write::Put(&SETTINGS, row), Self::digest_at(account_id, wishes.settings.next_digest(now))]
    }

    /// The write that lets somebody's digest be due at `at`, or never.
    pub fn digest_at(account_id: AccountId, at: Option<Timestamp>) -> Write {
        let key = format!("{DIGEST}:{account_id}");
        match at {
            Some(at) => {
                Write::Put(&DEADLINES, vec![key.into(), DIGEST.into(), account_id.to_string().into(), at.into()])
            }
            None => Write::Delete(&DEADLINES, key),
        }
    }

    /// The browsers of an account that take push messages.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn subscriptions(&self, account_id: AccountId) -> Result<Vec<PushSubscription>, StorageError> {
        let rows = sqlx::query("SELECT id, sealed, device, created_at FROM push_subscriptions WHERE account_id = $1 ORDER BY created_at, id")
            .bind(account_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let sealed: String = row.try_get("sealed")?;
                Ok(PushSubscription {
                    account_id,
                    body: self.open("push_subscriptions", SUBSCRIPTION, &sealed, &id)?,
                    device: row.try_get("device")?,
                    created_at: Timestamp::from_millis(row.try_get("created_at")?),
                    id,
                })
            })
            .collect()
    }

    /// The id of the subscription with this endpoint.
    pub fn subscription_id(endpoint: &str) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(endpoint.as_bytes())[..16])
    }

    /// The write of a subscription; a browser that another account used before is that account's no more.
    pub fn subscribe(&self, subscription: &PushSubscription) -> Write {
        let row = vec![
            subscription.id.as_str().into(),
            subscription.account_id.to_string().into(),
            self.cipher.seal(SUBSCRIPTION, &subscription.body).into(),
            subscription.device.clone().into(),
            subscription.created_at.into(),
        ];
        Write::Put(&SUBSCRIPTIONS, row)
    }

    /// The write that removes a subscription.
    pub fn unsubscribe(id: &str) -> Write {
        Write::Delete(&SUBSCRIPTIONS, id.to_owned())
    }

    fn open(&self, table: &'static str, column: &'static str, sealed: &str, row: &str) -> Result<String, StorageError> {
        let opened = self.cipher.open(column, sealed);
        opened.map_err(|source| StorageError::Sealed { table, row: row.to_owned(), source })
    }
}

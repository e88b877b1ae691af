//! The secret addresses of people's calendars. Of the address only a hash is stored, and a nonce that gives it back only to
//! who has the server's key.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::table::{ID, Table, int, text};

pub(crate) static CALENDAR_LINKS: Table = Table {
    name: "calendar_links",
    key: ID,
    versioned: false,
    fixed: &[],
    mutable: &[text("token_hash"), text("nonce"), int("created_at")],
};

/// Somebody's address; an account has one at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarLink {
    /// Whose.
    pub account_id: AccountId,
    /// The hash of the token in the address.
    pub token_hash: String,
    /// What the token is made of, with the server's key.
    pub nonce: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The addresses.
#[derive(Clone)]
pub struct CalendarLinks {
    database: Database,
}

impl CalendarLinks {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The address of an account.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn of(&self, account_id: AccountId) -> Result<Option<CalendarLink>, StorageError> {
        self.find("id = $1", account_id.to_string()).await
    }

    /// The address with a token of this hash.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn by_token(&self, token_hash: &str) -> Result<Option<CalendarLink>, StorageError> {
        self.find("token_hash = $1", token_hash.to_owned()).await
    }

    /// The write of an address; the one before ends.
    pub fn put(link: &CalendarLink) -> Write {
        let row = vec![
            link.account_id.to_string().into(),
            link.token_hash.as_str().into(),
            link.nonce.as_str().into(),
            link.created_at.into(),
        ];
        Write::Put(&CALENDAR_LINKS, row)
    }

    /// The write that ends an account's address.
    pub fn remove(account_id: AccountId) -> Write {
        Write::Delete(&CALENDAR_LINKS, account_id.to_string())
    }

    async fn find(&self, condition: &str, value: String) -> Result<Option<CalendarLink>, StorageError> {
        let sql = format!("SELECT {} FROM calendar_links WHERE {condition}", CALENDAR_LINKS.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(self.database.readers()).await?;
        row.map(|row| {
            let id: String = row.try_get("id")?;
            Ok(CalendarLink {
                account_id: id.parse().map_err(|_| StorageError::corrupt("calendar_links", "id", &id))?,
                token_hash: row.try_get("token_hash")?,
                nonce: row.try_get("nonce")?,
                created_at: Timestamp::from_millis(row.try_get("created_at")?),
            })
        })
        .transpose()
    }
}

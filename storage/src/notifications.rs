//! People's inboxes. A notification is a row that never changes; what was read stands beside it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{Notice, Notification, NotificationKind, Urgency};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{ID, Table, int, text};

pub(crate) static NOTIFICATIONS: Table = Table {
    name: "notifications",
    key: ID,
    versioned: false,
    fixed: &[
        text("account_id"),
        text("kind"),
        text("urgency"),
        text("title"),
        text("text"),
        text("subject_kind"),
        text("subject_id"),
        int("at"),
    ],
    mutable: &[],
};
pub(crate) static READS: Table = Table {
    name: "notification_reads",
    key: ID,
    versioned: false,
    fixed: &[text("account_id"), int("read_at")],
    mutable: &[],
};
pub(crate) static MARKS: Table = Table {
    name: "notification_marks",
    key: ID,
    versioned: false,
    fixed: &[int("all_read_until"), int("read_at")],
    mutable: &[],
};
const JOINED: &str = "FROM notifications n LEFT JOIN notification_reads r ON r.id = n.id \
     LEFT JOIN notification_marks m ON m.id = n.account_id";
const COLUMNS: &str = "n.id, n.account_id, n.kind, n.urgency, n.title, n.text, n.subject_kind, n.subject_id, n.at, \
     COALESCE(r.read_at, CASE WHEN n.at <= m.all_read_until THEN m.read_at END) AS read_at";
const UNREAD: &str = "r.id IS NULL AND (m.id IS NULL OR n.at > m.all_read_until)";

/// What a list of an inbox is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Not read yet.
    pub unread: bool,
    /// Of this kind.
    pub kind: Option<NotificationKind>,
}

/// How many lie unread, by kind; kinds with none are left out.
pub type Unread = Vec<(NotificationKind, i64)>;

/// The inboxes. Each call names whose inbox it is about: there is no other scope.
#[derive(Clone)]
pub struct Notifications {
    database: Database,
}

impl Notifications {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The writes of a notice: one row per reader. `cause` names what happened (`<ticket>:<version>:<n>`), so the same
    /// cause told twice makes no second row.
    pub fn writes(
        notice: &Notice,
        cause: &str,
        subject: (&str, &str),
        at: Timestamp,
    ) -> impl Iterator<Item = (String, Write)> {
        notice.to.iter().map(move |account| {
            let id = format!("{account}:{cause}");
            let row = vec![
                id.as_str().into(),
                account.to_string().into(),
                notice.kind.as_str().into(),
                notice.urgency.as_str().into(),
                notice.title.as_str().into(),
                notice.text.as_str().into(),
                subject.0.into(),
                subject.1.into(),
                at.into(),
            ];
            (id, Write::InsertOnce(&NOTIFICATIONS, row))
        })
    }

    /// The write that marks one as read.
    pub fn read(id: &str, account_id: AccountId, at: Timestamp) -> Write {
        Write::InsertOnce(&READS, vec![id.into(), account_id.to_string().into(), at.into()])
    }

    /// The write that marks all until `until` as read. What was read stays so when a request of before comes late.
    pub fn read_all(account_id: AccountId, until: Timestamp, at: Timestamp) -> Write {
        Write::Raise(&MARKS, vec![account_id.to_string().into(), until.into(), at.into()])
    }

    /// Up to `limit` of an account's notifications, newest first, older than `before` (time and id of the last one shown).
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        account_id: AccountId,
        filter: &InboxFilter,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Notification>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("n.account_id = ?", [account_id.to_string().into()]);
        if let Some((at, id)) = before {
            conditions.and_before(("n.at", "n.id"), (at, id));
        }
        if filter.unread {
            conditions.and(UNREAD, []);
        }
        if let Some(kind) = filter.kind {
            conditions.and("n.kind = ?", [kind.as_str().into()]);
        }
        let sql =
            format!("SELECT {COLUMNS} {JOINED}{} ORDER BY n.at DESC, n.id DESC LIMIT {limit}", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(parse).collect()
    }

    /// One of an account's notifications.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, account_id: AccountId, id: &str) -> Result<Option<Notification>, StorageError> {
        let sql = format!("SELECT {COLUMNS} {JOINED} WHERE n.account_id = $1 AND n.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .bind(id.to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| parse(&row)).transpose()
    }

    /// How many an account has not read, by kind, and the number of the log at which that is so.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn unread(&self, account_id: AccountId) -> Result<(u64, Unread), StorageError> {
        // One statement sees one moment, so the number and the counts belong together.
        let sql = format!(
            "SELECT h.seq AS seq, u.kind AS kind, u.unread AS unread FROM log_head h LEFT JOIN \
             (SELECT n.kind AS kind, COUNT(*) AS unread {JOINED} WHERE n.account_id = $1 \
             AND n.at > COALESCE((SELECT all_read_until FROM notification_marks WHERE id = $1), -1) AND r.id IS NULL \
             GROUP BY n.kind) u ON 1 = 1 WHERE h.id = 1 ORDER BY u.kind"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        let seq: i64 = rows.first().map(|row| row.try_get("seq")).transpose()?.unwrap_or_default();
        let mut unread = Unread::new();
        for row in &rows {
            let Some(kind) = row.try_get::<Option<String>, _>("kind")? else { continue };
            let known = NotificationKind::parse(&kind);
            let known = known.ok_or_else(|| StorageError::corrupt("notifications", "kind", &kind))?;
            unread.push((known, row.try_get("unread")?));
        }
        Ok((seq.unsigned_abs(), unread))
    }

    /// Notifications of an account that came after `since` and are unread, for its digest; newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn unread_since(
        &self,
        account_id: AccountId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Notification>, StorageError> {
        let mut conditions = Conditions::default();
        conditions
            .and("n.account_id = ?", [account_id.to_string().into()])
            .and("n.at > ?", [since.into()])
            .and(UNREAD, []);
        let sql =
            format!("SELECT {COLUMNS} {JOINED}{} ORDER BY n.at DESC, n.id DESC LIMIT {limit}", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(parse).collect()
    }
}

fn parse(row: &AnyRow) -> Result<Notification, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("notifications", column, &id);
    let (kind, urgency): (String, String) = (row.try_get("kind")?, row.try_get("urgency")?);
    Ok(Notification {
        account_id: row.try_get::<String, _>("account_id")?.parse().map_err(|_| corrupt("account_id"))?,
        kind: NotificationKind::parse(&kind).ok_or_else(|| corrupt("kind"))?,
        urgency: Urgency::parse(&urgency).ok_or_else(|| corrupt("urgency"))?,
        title: row.try_get("title")?,
        text: row.try_get("text")?,
        subject_kind: row.try_get("subject_kind")?,
        subject_id: row.try_get("subject_id")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        read_at: row.try_get::<Option<i64>, _>("read_at")?.map(Timestamp::from_millis),
        id,
    })
}

/// The ids of all notifications: for measurements and checks.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub async fn all_ids(database: &Database) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query("SELECT id FROM notifications").fetch_all(database.readers()).await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

//! Records of service diaries (服务日记) in the database. Whom a service was for is sealed, and found by the whole name.

use std::collections::BTreeMap;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, ClientId, ServiceRecordId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_record::{ServiceFacts, ServiceKind, ServiceRecord};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, answered_for, like};
use crate::sealed::{ColumnCipher, LookupKey};
use crate::table::{ID, Row, Table, int, text};

static RECORDS: Table = Table {
    name: "service_records",
    key: ID,
    versioned: true,
    fixed: &[
        text("client_id"),
        text("author_id"),
        text("author_name"),
        text("grid_id"),
        text("grid_path"),
        int("created_at"),
    ],
    mutable: &[
        text("kind"),
        int("happened_at"),
        text("content"),
        text("whom_sealed"),
        text("whom_print"),
        text("place"),
        text("photos"),
        int("updated_at"),
    ],
};

const WHOM: &str = "service_records.whom_sealed";

/// Which records a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Only what this person did.
    pub author: Option<AccountId>,
    /// Only what was done for this grid or below it.
    pub below: Option<TreePath>,
    /// Words of the text or the place, or the whole name of whom it was for.
    pub text: Option<String>,
    /// Of this kind.
    pub kind: Option<ServiceKind>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// What somebody did in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorCounts {
    /// Who.
    pub author: PersonRef,
    /// How many records of each kind; kinds without any are not there.
    pub kinds: BTreeMap<ServiceKind, u64>,
}

impl AuthorCounts {
    /// Of all kinds.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }
}

/// The records.
#[derive(Clone)]
pub struct ServiceRecords {
    database: Database,
    cipher: ColumnCipher,
    lookup: LookupKey,
}

impl ServiceRecords {
    /// Over `database`; names sealed by `cipher` and found by `lookup`.
    pub const fn new(database: Database, cipher: ColumnCipher, lookup: LookupKey) -> Self {
        Self { database, cipher, lookup }
    }

    /// One, if it is the caller's own or the caller answers for its grid.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: ServiceRecordId) -> Result<Option<ServiceRecord>, StorageError> {
        let mut conditions = seen_by(scope);
        conditions.and("id = ?", [id.to_string().into()]);
        Ok(self.select(&conditions, 1).await?.pop())
    }

    /// The one that its author's device called so.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn sent_as(&self, author: AccountId, sent: ClientId) -> Result<Option<ServiceRecord>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("author_id = ? AND client_id = ?", [author.to_string().into(), sent.to_string().into()]);
        Ok(self.select(&conditions, 1).await?.pop())
    }

    /// Up to `limit` of those that the caller may read, the latest first, after the one of time and id `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &RecordFilter,
        before: Option<(Timestamp, ServiceRecordId)>,
        limit: u32,
    ) -> Result<Vec<ServiceRecord>, StorageError> {
        let mut conditions = self.conditions(scope, filter);
        if let Some((happened_at, id)) = before {
            conditions.and_before(("happened_at", "id"), (happened_at, id.to_string()));
        }
        self.select(&conditions, limit).await
    }

    /// How many records of each kind everybody has among those that a list would show, who has most first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn counts(&self, scope: &Scope, filter: &RecordFilter) -> Result<Vec<AuthorCounts>, StorageError> {
        let conditions = self.conditions(scope, filter);
        let sql = format!(
            "SELECT author_id, MAX(author_name) AS author_name, kind, COUNT(*) AS records FROM service_records{} \
             GROUP BY author_id, kind",
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        let mut authors: BTreeMap<AccountId, AuthorCounts> = BTreeMap::new();
        for row in rows {
            let key: String = row.try_get("author_id")?;
            let corrupt = |column| StorageError::corrupt("service_records", column, &key);
            let id: AccountId = key.parse().map_err(|_| corrupt("author_id"))?;
            let kind = kind_of(&row)?.ok_or_else(|| corrupt("kind"))?;
            let name: String = row.try_get("author_name")?;
            let fresh = || AuthorCounts { author: PersonRef { id, name: name.clone() }, kinds: BTreeMap::new() };
            let counts = authors.entry(id).or_insert_with(fresh);
            // Who was renamed has one name in the list.
            counts.author.name = name.clone().max(std::mem::take(&mut counts.author.name));
            counts.kinds.insert(kind, row.try_get::<i64, _>("records")?.unsigned_abs());
        }
        let mut counted: Vec<AuthorCounts> = authors.into_values().collect();
        counted.sort_by_key(|counts| std::cmp::Reverse(counts.total()));
        Ok(counted)
    }

    fn conditions(&self, scope: &Scope, filter: &RecordFilter) -> Conditions {
        let mut conditions = seen_by(scope);
        if let Some(author) = filter.author {
            conditions.and("author_id = ?", [author.to_string().into()]);
        }
        if let Some(path) = &filter.below {
            conditions.and_subtree(path);
        }
        if let Some(words) = &filter.text {
            let (pattern, print) = (like(words), self.print(words));
            let condition = "(LOWER(content) LIKE LOWER(?) ESCAPE '!' OR LOWER(place) LIKE LOWER(?) ESCAPE '!' \
                             OR whom_print = ?)";
            conditions.and(condition, [pattern.as_str().into(), pattern.into(), print.into()]);
        }
        if let Some(kind) = filter.kind {
            conditions.and("kind = ?", [kind.as_str().into()]);
        }
        if let Some(from) = filter.from {
            conditions.and("happened_at >= ?", [from.into()]);
        }
        if let Some(until) = filter.until {
            conditions.and("happened_at < ?", [until.into()]);
        }
        conditions
    }

    async fn select(&self, conditions: &Conditions, limit: u32) -> Result<Vec<ServiceRecord>, StorageError> {
        let (columns, condition) = (RECORDS.select_list(), conditions.to_where());
        let sql = format!(
            "SELECT {columns} FROM service_records{condition} ORDER BY happened_at DESC, id DESC LIMIT {limit}"
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The write by which the records of a grid and of all below it go with it to another place.
    pub fn relocate(from: &TreePath, to: &TreePath) -> Write {
        Write::Relocate { table: &RECORDS, from: from.clone(), to: to.clone() }
    }

    /// The write of a change from the version before (the first: a new one) to `record`. A new one is refused when its
    /// author's device sent it before.
    pub fn write(&self, record: &ServiceRecord) -> Write {
        let values = self.mutable(&record.facts, record.updated_at);
        let key = record.id.to_string();
        if record.version > 1 {
            let (expected, next) = (record.version - 1, record.version);
            return Write::Update { table: &RECORDS, key, expected, next, values };
        }
        let head = [
            key.into(),
            record.version.into(),
            record.client_id.to_string().into(),
            record.author.id.to_string().into(),
            record.author.name.as_str().into(),
            record.grid_id.to_string().into(),
            record.grid_path.as_str().into(),
            record.created_at.into(),
        ];
        Write::Insert(&RECORDS, head.into_iter().chain(values).collect())
    }

    /// The writes that take one away; refused when it is no longer as it was.
    pub fn remove(&self, record: &ServiceRecord) -> [Write; 2] {
        let last = ServiceRecord { version: record.version + 1, ..record.clone() };
        [self.write(&last), Write::Delete(&RECORDS, record.id.to_string())]
    }

    fn mutable(&self, facts: &ServiceFacts, updated_at: Timestamp) -> Row {
        vec![
            facts.kind.as_str().into(),
            facts.happened_at.into(),
            facts.text.as_str().into(),
            facts.whom.as_deref().map(|whom| self.cipher.seal(WHOM, whom)).into(),
            facts.whom.as_deref().map(|whom| self.print(whom)).into(),
            facts.place.clone().into(),
            serde_json::to_string(&facts.photos).unwrap_or_default().into(),
            updated_at.into(),
        ]
    }

    fn print(&self, whom: &str) -> String {
        self.lookup.fingerprint(WHOM, whom.trim())
    }

    fn read(&self, row: &AnyRow) -> Result<ServiceRecord, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("service_records", column, &id);
        let whom: Option<String> = row.try_get("whom_sealed")?;
        let unreadable = |source| StorageError::Sealed { table: "service_records", row: id.clone(), source };
        Ok(ServiceRecord {
            version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
            client_id: row.try_get::<String, _>("client_id")?.parse().map_err(|_| corrupt("client_id"))?,
            author: PersonRef {
                id: row.try_get::<String, _>("author_id")?.parse().map_err(|_| corrupt("author_id"))?,
                name: row.try_get("author_name")?,
            },
            grid_id: row.try_get::<String, _>("grid_id")?.parse().map_err(|_| corrupt("grid_id"))?,
            grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?).map_err(|_| corrupt("grid_path"))?,
            facts: ServiceFacts {
                kind: kind_of(row)?.ok_or_else(|| corrupt("kind"))?,
                happened_at: Timestamp::from_millis(row.try_get("happened_at")?),
                text: row.try_get("content")?,
                whom: whom.map(|sealed| self.cipher.open(WHOM, &sealed)).transpose().map_err(unreadable)?,
                place: row.try_get("place")?,
                photos: serde_json::from_str(&row.try_get::<String, _>("photos")?).map_err(|_| corrupt("photos"))?,
            },
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
            id: id.parse().map_err(|_| corrupt("id"))?,
        })
    }
}

fn kind_of(row: &AnyRow) -> Result<Option<ServiceKind>, StorageError> {
    Ok(ServiceKind::parse(&row.try_get::<String, _>("kind")?))
}

/// That a record is the caller's own, or of a grid that the caller answers for.
fn seen_by(scope: &Scope) -> Conditions {
    let mut conditions = Conditions::default();
    if !scope.is_system() {
        let mut any = vec![("author_id = ?", vec![scope.account_id().to_string().into()])];
        any.extend(answered_for(scope));
        conditions.and_any(any);
    }
    conditions
}

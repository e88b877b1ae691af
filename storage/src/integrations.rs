//! Integrations (开放接口) in the database. Of a key only the hash is stored; who is called when one misbehaves is sealed.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::IntegrationId;
use lianxin_domain::integration::{Integration, IntegrationFacts};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Row, Table, int, text};

static INTEGRATIONS: Table = Table {
    name: "integrations",
    key: ID,
    versioned: true,
    fixed: &[text("grid_id"), text("grid_path"), int("created_at")],
    mutable: &[text("name"), text("contact_sealed"), text("key_hash"), int("key_made_at"), int("enabled")],
};

static USES: Table =
    Table { name: "integration_uses", key: ID, versioned: false, fixed: &[int("used_at")], mutable: &[] };

const CONTACT: &str = "integrations.contact_sealed";

/// The integrations. They have no scope: who may see one is who administers its grid, which whoever asks has to check.
#[derive(Clone)]
pub struct Integrations {
    database: Database,
    cipher: ColumnCipher,
}

impl Integrations {
    /// Over `database`, with contacts sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The one whose key has this hash.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn by_key(&self, key_hash: &str) -> Result<Option<Integration>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("i.key_hash = ?", [key_hash.into()]);
        Ok(self.select(&conditions).await?.pop().map(|(found, _)| found))
    }

    /// By id, with when its key was last used.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: IntegrationId) -> Result<Option<(Integration, Option<Timestamp>)>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("i.id = ?", [id.to_string().into()]);
        Ok(self.select(&conditions).await?.pop())
    }

    /// All, the newest first, each with when its key was last used.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all(&self) -> Result<Vec<(Integration, Option<Timestamp>)>, StorageError> {
        self.select(&Conditions::default()).await
    }

    async fn select(&self, conditions: &Conditions) -> Result<Vec<(Integration, Option<Timestamp>)>, StorageError> {
        let columns: Vec<String> = INTEGRATIONS.columns().map(|column| format!("i.{}", column.name)).collect();
        let sql = format!(
            "SELECT {}, u.used_at FROM integrations i LEFT JOIN integration_uses u ON u.id = i.id{} ORDER BY i.id DESC",
            columns.join(", "),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The write of a change from the version before (the first: a new one) to `integration`.
    pub fn write(&self, integration: &Integration) -> Write {
        if integration.version == 1 {
            return Write::Insert(&INTEGRATIONS, self.row_of(integration));
        }
        Write::Update {
            table: &INTEGRATIONS,
            key: integration.id.to_string(),
            expected: integration.version - 1,
            next: integration.version,
            values: self.mutable(integration),
        }
    }

    /// The write that a key was used at `at`; one of an earlier moment changes nothing.
    pub fn used(id: IntegrationId, at: Timestamp) -> Write {
        Write::Raise(&USES, vec![id.to_string().into(), at.into()])
    }

    /// The write by which the integrations of a grid and of all below it go with it to another place.
    pub fn relocate(from: &TreePath, to: &TreePath) -> Write {
        Write::Relocate { table: &INTEGRATIONS, from: from.clone(), to: to.clone() }
    }

    fn row_of(&self, integration: &Integration) -> Row {
        let head = [
            integration.id.to_string().into(),
            integration.version.into(),
            integration.grid_id.to_string().into(),
            integration.grid_path.as_str().into(),
            integration.created_at.into(),
        ];
        head.into_iter().chain(self.mutable(integration)).collect()
    }

    fn mutable(&self, integration: &Integration) -> Row {
        vec![
            integration.facts.name.as_str().into(),
            self.cipher.seal(CONTACT, &integration.facts.contact).into(),
            integration.key_hash.as_str().into(),
            integration.key_made_at.into(),
            integration.enabled.into(),
        ]
    }

    fn read(&self, row: &AnyRow) -> Result<(Integration, Option<Timestamp>), StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("integrations", column, &id);
        let sealed: String = row.try_get("contact_sealed")?;
        let contact = self.cipher.open(CONTACT, &sealed).map_err(|source| StorageError::Sealed {
            table: "integrations",
            row: id.clone(),
            source,
        })?;
        let integration = Integration {
            version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
            grid_id: row.try_get::<String, _>("grid_id")?.parse().map_err(|_| corrupt("grid_id"))?,
            grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?).map_err(|_| corrupt("grid_path"))?,
            facts: IntegrationFacts { name: row.try_get("name")?, contact },
            key_hash: row.try_get("key_hash")?,
            key_made_at: Timestamp::from_millis(row.try_get("key_made_at")?),
            enabled: row.try_get::<i64, _>("enabled")? != 0,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            id: id.parse().map_err(|_| corrupt("id"))?,
        };
        Ok((integration, row.try_get::<Option<i64>, _>("used_at")?.map(Timestamp::from_millis)))
    }
}

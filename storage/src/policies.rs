//! Articles of 政策信息 in the database. Residents get what is enabled; who answers for a grid gets all of its subtree.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::PolicyId;
use lianxin_domain::policy::{Policy, PolicyText};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, like};
use crate::table::{ID, Row, Table, int, text};

static POLICIES: Table = Table {
    name: "policies",
    key: ID,
    versioned: true,
    fixed: &[text("grid_id"), text("grid_path")],
    mutable: &[text("title"), text("body"), int("published_at"), int("enabled"), int("updated_at")],
};

/// Which of them a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct PolicyFilter {
    /// Of this grid or below it.
    pub below: Option<TreePath>,
    /// Words of the title or the text.
    pub text: Option<String>,
    /// Enabled, or disabled.
    pub enabled: Option<bool>,
}

/// The articles.
#[derive(Clone)]
pub struct Policies {
    database: Database,
}

impl Policies {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// One, if the caller answers for its grid.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: PolicyId) -> Result<Option<Policy>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.to_string().into()]).and_answered_for(scope);
        Ok(self.select(&conditions, 1).await?.pop())
    }

    /// One that is enabled, if residents of the grid at `place` may read it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn shown(&self, place: &TreePath, id: PolicyId) -> Result<Option<Policy>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.to_string().into()]).and("enabled = 1", []);
        Ok(self.select(&conditions, 1).await?.pop().filter(|policy| policy.is_shown_in(place)))
    }

    /// Up to `limit` of those that residents of the grid at `place` may read, the latest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all_shown(&self, place: &TreePath, limit: u32) -> Result<Vec<Policy>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_one_of("grid_path", place.chain().map(Into::into)).and("enabled = 1", []);
        self.select(&conditions, limit).await
    }

    /// Up to `limit` of those that the caller answers for, the latest first, after the one of time and id `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &PolicyFilter,
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<Policy>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_answered_for(scope);
        if let Some(path) = &filter.below {
            conditions.and_subtree(path);
        }
        if let Some(words) = &filter.text {
            let pattern = like(words);
            let condition = "(LOWER(title) LIKE LOWER(?) ESCAPE '!' OR LOWER(body) LIKE LOWER(?) ESCAPE '!')";
            conditions.and(condition, [pattern.as_str().into(), pattern.into()]);
        }
        if let Some(enabled) = filter.enabled {
            conditions.and("enabled = ?", [enabled.into()]);
        }
        if let Some((published_at, id)) = before {
            conditions.and_before(("published_at", "id"), (published_at, id.to_string()));
        }
        self.select(&conditions, limit).await
    }

    async fn select(&self, conditions: &Conditions, limit: u32) -> Result<Vec<Policy>, StorageError> {
        let (columns, condition) = (POLICIES.select_list(), conditions.to_where());
        let sql =
            format!("SELECT {columns} FROM policies{condition} ORDER BY published_at DESC, id DESC LIMIT {limit}");
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }

    /// The write by which the articles of a grid and of all below it go with it to another place.
    pub fn relocate(from: &TreePath, to: &TreePath) -> Write {
        Write::Relocate { table: &POLICIES, from: from.clone(), to: to.clone() }
    }

    /// The write of a change from the version before (the first: a new one) to `policy`.
    pub fn write(policy: &Policy) -> Write {
        if policy.version == 1 {
            return Write::Insert(&POLICIES, row_of(policy));
        }
        Write::Update {
            table: &POLICIES,
            key: policy.id.to_string(),
            expected: policy.version - 1,
            next: policy.version,
            values: mutable(policy),
        }
    }

    /// The writes that take one away; refused when it is no longer as it was.
    pub fn remove(policy: &Policy) -> [Write; 2] {
        let last = Policy { version: policy.version + 1, ..policy.clone() };
        [Self::write(&last), Write::Delete(&POLICIES, policy.id.to_string())]
    }
}

fn row_of(policy: &Policy) -> Row {
    let head = [
        policy.id.to_string().into(),
        policy.version.into(),
        policy.grid_id.to_string().into(),
        policy.grid_path.as_str().into(),
    ];
    head.into_iter().chain(mutable(policy)).collect()
}

fn mutable(policy: &Policy) -> Row {
    vec![
        policy.text.title.as_str().into(),
        policy.text.body.as_str().into(),
        policy.text.published_at.into(),
        policy.enabled.into(),
        policy.updated_at.into(),
    ]
}

fn read(row: &AnyRow) -> Result<Policy, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("policies", column, &id);
    Ok(Policy {
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        grid_id: row.try_get::<String, _>("grid_id")?.parse().map_err(|_| corrupt("grid_id"))?,
        grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?).map_err(|_| corrupt("grid_path"))?,
        text: PolicyText {
            title: row.try_get("title")?,
            body: row.try_get("body")?,
            published_at: Timestamp::from_millis(row.try_get("published_at")?),
        },
        enabled: row.try_get::<i64, _>("enabled")? != 0,
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

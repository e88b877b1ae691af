//! Links of 红色服务 in the database. Residents get what is enabled; who answers for a grid gets all of its subtree.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::ServiceLinkId;
use lianxin_domain::service_link::{LinkTarget, ServiceLink};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, like};
use crate::table::{ID, Row, Table, int, text};

static LINKS: Table = Table {
    name: "service_links",
    key: ID,
    versioned: true,
    fixed: &[text("grid_id"), text("grid_path")],
    mutable: &[
        text("title"),
        text("address"),
        text("description"),
        int("sort_order"),
        int("enabled"),
        int("updated_at"),
    ],
};

/// Which of them a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct LinkFilter {
    /// Of this grid or below it.
    pub below: Option<TreePath>,
    /// Words of the title, the description or the address.
    pub text: Option<String>,
    /// Enabled, or disabled.
    pub enabled: Option<bool>,
}

/// The links.
#[derive(Clone)]
pub struct ServiceLinks {
    database: Database,
}

impl ServiceLinks {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// One, if the caller answers for its grid.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: ServiceLinkId) -> Result<Option<ServiceLink>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.to_string().into()]).and_answered_for(scope);
        Ok(self.select(&conditions, 1).await?.pop())
    }

    /// Up to `limit` of those that residents of the grid at `place` are offered, in their order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all_shown(&self, place: &TreePath, limit: u32) -> Result<Vec<ServiceLink>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_one_of("grid_path", place.chain().map(Into::into)).and("enabled = 1", []);
        self.select(&conditions, limit).await
    }

    /// Up to `limit` of those that the caller answers for, in their order, after the one of this place and id.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &LinkFilter,
        after: Option<(i32, ServiceLinkId)>,
        limit: u32,
    ) -> Result<Vec<ServiceLink>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_answered_for(scope);
        if let Some(path) = &filter.below {
            conditions.and_subtree(path);
        }
        if let Some(words) = &filter.text {
            let pattern = || like(words).into();
            let condition = "(LOWER(title) LIKE LOWER(?) ESCAPE '!' OR LOWER(description) LIKE LOWER(?) ESCAPE '!' \
                             OR LOWER(address) LIKE LOWER(?) ESCAPE '!')";
            conditions.and(condition, [pattern(), pattern(), pattern()]);
        }
        if let Some(enabled) = filter.enabled {
            conditions.and("enabled = ?", [enabled.into()]);
        }
        if let Some((order, id)) = after {
            let order = i64::from(order);
            let condition = "(sort_order > ? OR (sort_order = ? AND id > ?))";
            conditions.and(condition, [order.into(), order.into(), id.to_string().into()]);
        }
        self.select(&conditions, limit).await
    }

    async fn select(&self, conditions: &Conditions, limit: u32) -> Result<Vec<ServiceLink>, StorageError> {
        let (columns, condition) = (LINKS.select_list(), conditions.to_where());
        let sql = format!("SELECT {columns} FROM service_links{condition} ORDER BY sort_order, id LIMIT {limit}");
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }

    /// The write by which the links of a grid and of all below it go with it to another place.
    pub fn relocate(from: &TreePath, to: &TreePath) -> Write {
        Write::Relocate { table: &LINKS, from: from.clone(), to: to.clone() }
    }

    /// The write of a change from the version before (the first: a new one) to `link`.
    pub fn write(link: &ServiceLink) -> Write {
        if link.version == 1 {
            return Write::Insert(&LINKS, row_of(link));
        }
        Write::Update {
            table: &LINKS,
            key: link.id.to_string(),
            expected: link.version - 1,
            next: link.version,
            values: mutable(link),
        }
    }

    /// The writes that take one away; refused when it is no longer as it was.
    pub fn remove(link: &ServiceLink) -> [Write; 2] {
        let last = ServiceLink { version: link.version + 1, ..link.clone() };
        [Self::write(&last), Write::Delete(&LINKS, link.id.to_string())]
    }
}

fn row_of(link: &ServiceLink) -> Row {
    let head = [
        link.id.to_string().into(),
        link.version.into(),
        link.grid_id.to_string().into(),
        link.grid_path.as_str().into(),
    ];
    head.into_iter().chain(mutable(link)).collect()
}

fn mutable(link: &ServiceLink) -> Row {
    vec![
        link.target.title.as_str().into(),
        link.target.address.as_str().into(),
        link.target.description.as_str().into(),
        i64::from(link.target.sort_order).into(),
        link.enabled.into(),
        link.updated_at.into(),
    ]
}

fn read(row: &AnyRow) -> Result<ServiceLink, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("service_links", column, &id);
    Ok(ServiceLink {
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        grid_id: row.try_get::<String, _>("grid_id")?.parse().map_err(|_| corrupt("grid_id"))?,
        grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?).map_err(|_| corrupt("grid_path"))?,
        target: LinkTarget {
            title: row.try_get("title")?,
            address: row.try_get("address")?,
            description: row.try_get("description")?,
            sort_order: i32::try_from(row.try_get::<i64, _>("sort_order")?).map_err(|_| corrupt("sort_order"))?,
        },
        enabled: row.try_get::<i64, _>("enabled")? != 0,
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

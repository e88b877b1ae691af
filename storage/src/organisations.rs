//! The organisation tree and its roles in the database.

use lianxin_domain::access::OrganisationRight;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{Cell, ID, Row, Table, int, text};

pub(crate) static ORGANISATIONS: Table = Table {
    name: "organisations",
    key: ID,
    versioned: true,
    fixed: &[],
    mutable: &[
        text("path"),
        text("name"),
        text("short_name"),
        text("kind"),
        int("sort_order"),
        text("status"),
        text("ends_on"),
        text("founded_on"),
    ],
};

pub(crate) static ORGANISATION_ROLES: Table = Table {
    name: "organisation_roles",
    key: ID,
    versioned: false,
    fixed: &[text("organisation_id"), text("account_id"), text("role")],
    mutable: &[],
};

/// One person's role in one organisation; a person has one there at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationGrant {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The person.
    pub account_id: AccountId,
    /// Administrator or supervisor; a secretary is one by position.
    pub role: OrganisationRight,
}

/// The organisations. They are few and needed by every request, so readers load them whole (`actors::directory`).
#[derive(Clone)]
pub struct Organisations {
    database: Database,
}

impl Organisations {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// All organisations, parents before children.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all(&self) -> Result<Vec<Organisation>, StorageError> {
        let sql = format!("SELECT {} FROM organisations ORDER BY path", ORGANISATIONS.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }

    /// The roles that were granted in these organisations.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn roles(&self, organisations: &[OrganisationId]) -> Result<Vec<OrganisationGrant>, StorageError> {
        let mut grants = Vec::new();
        for chunk in organisations.chunks(crate::query::MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("organisation_id", chunk.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!(
                "SELECT organisation_id, account_id, role FROM organisation_roles{} ORDER BY id",
                conditions.to_where()
            );
            let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
            for row in &rows {
                grants.push(read_grant(row)?);
            }
        }
        Ok(grants)
    }

    /// The write of a new organisation.
    pub fn insert(organisation: &Organisation) -> Write {
        let head = vec![organisation.id.to_string().into(), organisation.version.into()];
        Write::Insert(&ORGANISATIONS, head.into_iter().chain(mutable(organisation)).collect())
    }

    /// The write of a changed organisation, decided on version `before`.
    pub fn update(before: u32, organisation: &Organisation) -> Write {
        Write::Update {
            table: &ORGANISATIONS,
            key: organisation.id.to_string(),
            expected: before,
            next: organisation.version,
            values: mutable(organisation),
        }
    }

    /// The write that takes an organisation away.
    pub fn delete(id: OrganisationId) -> Write {
        Write::Delete(&ORGANISATIONS, id.to_string())
    }

    /// The write that gives somebody a role, in place of the one that the person has there.
    pub fn grant(grant: &OrganisationGrant) -> Write {
        let row = vec![
            grant_key(grant.organisation_id, grant.account_id).into(),
            grant.organisation_id.to_string().into(),
            grant.account_id.to_string().into(),
            grant.role.as_str().into(),
        ];
        Write::Put(&ORGANISATION_ROLES, row)
    }

    /// The write that takes somebody's role away.
    pub fn revoke(organisation_id: OrganisationId, account_id: AccountId) -> Write {
        Write::Delete(&ORGANISATION_ROLES, grant_key(organisation_id, account_id))
    }
}

fn grant_key(organisation_id: OrganisationId, account_id: AccountId) -> String {
    format!("{organisation_id}:{account_id}")
}

fn mutable(organisation: &Organisation) -> Row {
    vec![
        organisation.path.as_str().into(),
        organisation.name.as_str().into(),
        organisation.short_name.as_str().into(),
        organisation.kind.as_str().into(),
        i64::from(organisation.sort_order).into(),
        organisation.status.as_str().into(),
        organisation.ends_on.map(|day| day.to_string()).into(),
        organisation.founded_on.map(|day| day.to_string()).into(),
    ]
}

fn read(row: &AnyRow) -> Result<Organisation, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("organisations", column, &id);
    let number = |column| -> Result<i64, StorageError> { Ok(row.try_get::<i64, _>(column)?) };
    let ends_on: Option<String> = row.try_get("ends_on")?;
    let founded_on: Option<String> = row.try_get("founded_on")?;
    Ok(Organisation {
        version: u32::try_from(number("version")?).map_err(|_| corrupt("version"))?,
        path: TreePath::try_from(row.try_get::<String, _>("path")?).map_err(|_| corrupt("path"))?,
        name: row.try_get("name")?,
        short_name: row.try_get("short_name")?,
        kind: OrganisationKind::parse(&row.try_get::<String, _>("kind")?).ok_or_else(|| corrupt("kind"))?,
        sort_order: i32::try_from(number("sort_order")?).map_err(|_| corrupt("sort_order"))?,
        status: OrganisationStatus::parse(&row.try_get::<String, _>("status")?).ok_or_else(|| corrupt("status"))?,
        ends_on: ends_on.map(|day| day.parse()).transpose().map_err(|_| corrupt("ends_on"))?,
        founded_on: founded_on.map(|day| day.parse()).transpose().map_err(|_| corrupt("founded_on"))?,
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

fn read_grant(row: &AnyRow) -> Result<OrganisationGrant, StorageError> {
    let account_id: String = row.try_get("account_id")?;
    let corrupt = |column| StorageError::corrupt("organisation_roles", column, &account_id);
    let role: String = row.try_get("role")?;
    Ok(OrganisationGrant {
        organisation_id: row
            .try_get::<String, _>("organisation_id")?
            .parse()
            .map_err(|_| corrupt("organisation_id"))?,
        account_id: account_id.parse().map_err(|_| corrupt("account_id"))?,
        role: OrganisationRight::parse_granted(&role).ok_or_else(|| corrupt("role"))?,
    })
}

//! Accounts in the database. Phones and addresses are sealed; a phone is found by its fingerprint (architecture §8).

use std::collections::HashMap;

use lianxin_domain::access::AccountKind;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES, like};
use crate::sealed::{ColumnCipher, LookupKey};
use crate::table::{Cell, ID, Row, Table, int, text};

pub(crate) static ACCOUNTS: Table = Table {
    name: "accounts",
    key: ID,
    versioned: true,
    fixed: &[text("kind"), int("created_at")],
    mutable: &[
        text("login"),
        text("name"),
        text("phone_sealed"),
        text("phone_print"),
        text("address_sealed"),
        text("password_hash"),
        int("must_change_password"),
        int("login_failures"),
        int("locked_at"),
        text("status"),
    ],
};

pub(crate) static ACCOUNT_GRANTS: Table = Table {
    name: "account_grants",
    key: ID,
    versioned: false,
    fixed: &[text("account_id"), text("role"), text("grid_path")],
    mutable: &[],
};

const PHONE: &str = "accounts.phone_sealed";
const ADDRESS: &str = "accounts.address_sealed";
/// The role that administers a grid subtree.
pub const ADMIN_ROLE: &str = "admin";

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// 正常
    Active,
    /// 停用
    Disabled,
}

impl AccountStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Grows with every change.
    pub version: u32,
    /// Staff or resident.
    pub kind: AccountKind,
    /// The name to sign in with; residents use their phone, members of the Party may have both.
    pub login: Option<String>,
    /// The person's name; empty until a resident fills it in.
    pub name: String,
    /// Mobile number, eleven digits.
    pub phone: Option<String>,
    /// Home address.
    pub address: Option<String>,
    /// Argon2id, PHC string.
    pub password_hash: Option<String>,
    /// A first password that must be changed.
    pub must_change_password: bool,
    /// Wrong passwords in a row.
    pub login_failures: u32,
    /// Locked since.
    pub locked_at: Option<Timestamp>,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Since when it exists.
    pub created_at: Timestamp,
}

impl Account {
    /// A new account that can do nothing yet.
    pub const fn new(id: AccountId, kind: AccountKind, created_at: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            kind,
            login: None,
            name: String::new(),
            phone: None,
            address: None,
            password_hash: None,
            must_change_password: false,
            login_failures: 0,
            locked_at: None,
            status: AccountStatus::Active,
            created_at,
        }
    }

    /// Name and address are known (inventory GRID-17).
    pub fn profile_complete(&self) -> bool {
        !self.name.is_empty() && self.address.as_ref().is_some_and(|address| !address.is_empty())
    }
}

/// A role over a grid subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGrant {
    /// Whose.
    pub account_id: AccountId,
    /// [`ADMIN_ROLE`].
    pub role: String,
    /// The top of the subtree.
    pub grid_path: TreePath,
}

fn grant_key(account_id: AccountId, role: &str, grid_path: &TreePath) -> String {
    format!("{account_id}:{role}:{grid_path}")
}

/// Accounts found by what people call them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownAs {
    /// By the name to sign in with.
    pub by_login: HashMap<String, AccountId>,
    /// Of residents, by phone.
    pub by_phone: HashMap<String, AccountId>,
}

/// The accounts. Lookups here happen before there is a caller, or for a caller's own account.
#[derive(Clone)]
pub struct Accounts {
    database: Database,
    cipher: ColumnCipher,
    lookup: LookupKey,
}

impl Accounts {
    /// Over `database`, sealed by `cipher`, found by `lookup`.
    pub const fn new(database: Database, cipher: ColumnCipher, lookup: LookupKey) -> Self {
        Self { database, cipher, lookup }
    }

    /// By id.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, id: AccountId) -> Result<Option<Account>, StorageError> {
        self.find("id = $1", id.to_string()).await
    }

    /// By the name to sign in with.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn by_login(&self, login: &str) -> Result<Option<Account>, StorageError> {
        self.find("login = $1", login.to_owned()).await
    }

    /// The resident with this phone.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn resident_by_phone(&self, phone: &str) -> Result<Option<Account>, StorageError> {
        self.find("kind = 'resident' AND phone_print = $1", self.phone_print(phone)).await
    }

    /// Which accounts these names sign in to, and which of residents these phones.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn known_as(&self, logins: &[String], phones: &[String]) -> Result<KnownAs, StorageError> {
        let mut known = KnownAs::default();
        for chunk in logins.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("login", chunk.iter().map(|login| Cell::from(login.as_str())));
            for (login, id) in self.ids_by("login", &conditions).await? {
                known.by_login.insert(login, id);
            }
        }
        let prints: HashMap<String, &String> = phones.iter().map(|phone| (self.phone_print(phone), phone)).collect();
        let all: Vec<&String> = prints.keys().collect();
        for chunk in all.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and("kind = 'resident'", []);
            conditions.and_one_of("phone_print", chunk.iter().map(|print| Cell::from(print.as_str())));
            for (print, id) in self.ids_by("phone_print", &conditions).await? {
                known.by_phone.extend(prints.get(&print).map(|phone| ((*phone).clone(), id)));
            }
        }
        Ok(known)
    }

    async fn ids_by(
        &self,
        column: &'static str,
        conditions: &Conditions,
    ) -> Result<Vec<(String, AccountId)>, StorageError> {
        let sql = format!("SELECT id, {column} FROM accounts{}", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let parsed = id.parse().map_err(|_| StorageError::corrupt("accounts", "id", &id))?;
                Ok((row.try_get(column)?, parsed))
            })
            .collect()
    }

    /// Names of all staff, for the grids' staff lists.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn staff(&self) -> Result<Vec<Account>, StorageError> {
        let sql = format!("SELECT {} FROM accounts WHERE kind = 'staff'", ACCOUNTS.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Staff whose account may be used and whose name or account holds `words`, or whose phone is this one, by name. At
    /// most 200.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn staff_matching(&self, words: &str, phone: Option<&str>) -> Result<Vec<Account>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("kind = 'staff' AND status = 'active'", []);
        let mut any = vec![
            ("LOWER(name) LIKE LOWER(?) ESCAPE '!'", vec![like(words).into()]),
            ("LOWER(login) LIKE LOWER(?) ESCAPE '!'", vec![like(words).into()]),
        ];
        any.extend(phone.map(|phone| ("phone_print = ?", vec![self.phone_print(phone).into()])));
        conditions.and_any(any);
        let list = ACCOUNTS.select_list();
        let sql = format!("SELECT {list} FROM accounts{} ORDER BY name, id LIMIT 200", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Who has a role over the grid at `path` or one below it, and over which.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn grants_below(&self, path: &TreePath) -> Result<Vec<RoleGrant>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_subtree(path);
        let sql =
            format!("SELECT account_id, role, grid_path FROM account_grants{} ORDER BY id", conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let account: String = row.try_get("account_id")?;
                let corrupt = |column| StorageError::corrupt("account_grants", column, &account);
                Ok(RoleGrant {
                    account_id: account.parse().map_err(|_| corrupt("account_id"))?,
                    role: row.try_get("role")?,
                    grid_path: TreePath::try_from(row.try_get::<String, _>("grid_path")?)
                        .map_err(|_| corrupt("grid_path"))?,
                })
            })
            .collect()
    }

    /// What a phone is found by; the same number always gives the same text.
    pub fn phone_print(&self, phone: &str) -> String {
        self.lookup.fingerprint(PHONE, phone)
    }

    /// The write of a new account.
    pub fn insert(&self, account: &Account) -> Write {
        let head = vec![
            account.id.to_string().into(),
            account.version.into(),
            account.kind.as_str().into(),
            account.created_at.into(),
        ];
        Write::Insert(&ACCOUNTS, head.into_iter().chain(self.mutable(account)).collect())
    }

    /// The write of a changed account, decided on version `before`.
    pub fn update(&self, before: u32, account: &Account) -> Write {
        Write::Update {
            table: &ACCOUNTS,
            key: account.id.to_string(),
            expected: before,
            next: account.version,
            values: self.mutable(account),
        }
    }

    /// The write that takes such a role away.
    pub fn revoke(grant: &RoleGrant) -> Write {
        Write::Delete(&ACCOUNT_GRANTS, grant_key(grant.account_id, &grant.role, &grant.grid_path))
    }

    /// The write that grants a role over a grid subtree.
    pub fn grant(account_id: AccountId, role: &str, grid_path: &TreePath) -> Write {
        let row = vec![
            grant_key(account_id, role, grid_path).into(),
            account_id.to_string().into(),
            role.into(),
            grid_path.as_str().into(),
        ];
        Write::Put(&ACCOUNT_GRANTS, row)
    }

    async fn find(&self, condition: &str, value: String) -> Result<Option<Account>, StorageError> {
        let sql = format!("SELECT {} FROM accounts WHERE {condition}", ACCOUNTS.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(self.database.readers()).await?;
        row.map(|row| self.read(&row)).transpose()
    }

    fn mutable(&self, account: &Account) -> Row {
        let seal = |column, plain: &Option<String>| plain.as_ref().map(|plain| self.cipher.seal(column, plain));
        vec![
            account.login.clone().into(),
            account.name.as_str().into(),
            seal(PHONE, &account.phone).into(),
            account.phone.as_ref().map(|phone| self.phone_print(phone)).into(),
            seal(ADDRESS, &account.address).into(),
            account.password_hash.clone().into(),
            account.must_change_password.into(),
            account.login_failures.into(),
            account.locked_at.into(),
            account.status.as_str().into(),
        ]
    }

    fn read(&self, row: &AnyRow) -> Result<Account, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("accounts", column, &id);
        let open = |column, sealed: Option<String>| -> Result<Option<String>, StorageError> {
            sealed.map(|sealed| self.cipher.open(column, &sealed)).transpose().map_err(|source| StorageError::Sealed {
                table: "accounts",
                row: id.clone(),
                source,
            })
        };
        let number = |column| -> Result<u32, StorageError> {
            u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
        };
        let status: String = row.try_get("status")?;
        let statuses = [AccountStatus::Active, AccountStatus::Disabled];
        Ok(Account {
            version: number("version")?,
            kind: AccountKind::parse(&row.try_get::<String, _>("kind")?).ok_or_else(|| corrupt("kind"))?,
            login: row.try_get("login")?,
            name: row.try_get("name")?,
            phone: open(PHONE, row.try_get("phone_sealed")?)?,
            address: open(ADDRESS, row.try_get("address_sealed")?)?,
            password_hash: row.try_get("password_hash")?,
            must_change_password: number("must_change_password")? == 1,
            login_failures: number("login_failures")?,
            locked_at: row.try_get::<Option<i64>, _>("locked_at")?.map(Timestamp::from_millis),
            status: statuses.into_iter().find(|known| known.as_str() == status).ok_or_else(|| corrupt("status"))?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            id: id.parse().map_err(|_| corrupt("id"))?,
        })
    }
}

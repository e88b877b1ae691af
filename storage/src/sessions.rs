//! Sessions and phone codes in the database. Only hashes of tokens and codes are stored.

use lianxin_domain::access::{AccountKind, Caller, Duty, GridDuty, Membership, OrganisationRight, OrganisationRole};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, SessionId};
use lianxin_domain::member::{MemberStanding, Position};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::accounts::{ADMIN_ROLE, Accounts};
use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::members::positions_of;
use crate::table::{ID, Table, int, text};

pub(crate) static SESSIONS: Table = Table {
    name: "sessions",
    key: ID,
    versioned: false,
    fixed: &[text("token_hash"), text("account_id"), text("csrf_token"), int("created_at"), int("expires_at")],
    mutable: &[],
};

pub(crate) static PHONE_CODES: Table = Table {
    name: "phone_codes",
    key: ID,
    versioned: false,
    fixed: &[text("code_hash"), int("sent_at"), int("expires_at"), int("attempts"), int("sent_today")],
    mutable: &[],
};

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Hash of the token that the caller keeps.
    pub token_hash: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// What cookie callers send along with every change.
    pub csrf_token: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A session with the person behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Who calls.
    pub caller: Caller,
    /// What cookie callers send along with every change.
    pub csrf_token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What somebody may do, as it is stored.
#[derive(Default)]
struct Rights {
    duties: Vec<GridDuty>,
    administers: Vec<TreePath>,
    membership: Option<Membership>,
    /// Leads the organisation of the membership.
    leads: bool,
    organisation_roles: Vec<OrganisationRole>,
}

impl Rights {
    /// Takes one of them.
    fn take(&mut self, row: &AnyRow, account_id: AccountId) -> Result<(), StorageError> {
        let text = |column| -> Result<String, StorageError> { Ok(row.try_get::<String, _>(column)?) };
        let (what, id, word) = (text("what")?, text("id")?, text("word")?);
        let path =
            |table| TreePath::try_from(text("path")?).map_err(|_| StorageError::corrupt(table, "path", account_id));
        match what.as_str() {
            "duty" => {
                let corrupt = |column| StorageError::corrupt("grid_staff", column, &id);
                self.duties.push(GridDuty {
                    path: path("grid_staff")?,
                    duty: Duty::parse(&word).ok_or_else(|| corrupt("duty"))?,
                    grid_id: id.parse().map_err(|_| corrupt("grid_id"))?,
                });
            }
            "grant" => self.administers.push(path("account_grants")?),
            "member" => {
                let corrupt = |column| StorageError::corrupt("members", column, &id);
                let positions = positions_of(&text("positions")?).ok_or_else(|| corrupt("positions"))?;
                self.leads = positions.into_iter().any(Position::leads);
                self.membership = Some(Membership {
                    organisation_id: text("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
                    path: path("members")?,
                    standing: MemberStanding::parse(&word).ok_or_else(|| corrupt("standing"))?,
                    member_id: id.parse().map_err(|_| corrupt("id"))?,
                });
            }
            _ => self.organisation_roles.push(OrganisationRole {
                path: path("organisation_roles")?,
                role: OrganisationRight::parse_granted(&word)
                    .ok_or_else(|| StorageError::corrupt("organisation_roles", "role", account_id))?,
            }),
        }
        Ok(())
    }
}

/// The code that was last sent to a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCode {
    /// Fingerprint of the phone.
    pub phone_print: String,
    /// Hash of the code.
    pub code_hash: String,
    /// When.
    pub sent_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Wrong tries so far.
    pub attempts: u32,
    /// Codes sent to this phone on the day of `sent_at`.
    pub sent_today: u32,
}

/// The sessions.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    accounts: Accounts,
}

impl Sessions {
    /// Over `database`, with the people of `accounts`.
    pub const fn new(database: Database, accounts: Accounts) -> Self {
        Self { database, accounts }
    }

    /// The session of a token and who is behind it, unless it is over or the account may not be used.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn find(&self, token_hash: &str, now: Timestamp) -> Result<Option<LiveSession>, StorageError> {
        let row = sqlx::query(
            "SELECT s.id, s.account_id, s.csrf_token, s.expires_at FROM sessions s \
             JOIN accounts a ON a.id = s.account_id AND a.status = 'active' \
             WHERE s.token_hash = $1 AND s.expires_at > $2",
        )
        .bind(token_hash.to_owned())
        .bind(now.millis())
        .fetch_optional(self.database.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("sessions", column, &id);
        let session_id = id.parse().map_err(|_| corrupt("id"))?;
        let account_id = row.try_get::<String, _>("account_id")?.parse().map_err(|_| corrupt("account_id"))?;
        // On the heap: every request's future holds this one.
        let caller = Box::pin(self.caller(session_id, account_id)).await?;
        Ok(caller.map(|caller| LiveSession {
            caller,
            csrf_token: row.try_get("csrf_token").unwrap_or_default(),
            expires_at: Timestamp::from_millis(row.try_get("expires_at").unwrap_or_default()),
        }))
    }

    /// The person behind a session, with all rights as they are now.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn caller(&self, session_id: SessionId, account_id: AccountId) -> Result<Option<Caller>, StorageError> {
        let Some(account) = self.accounts.get(account_id).await? else {
            return Ok(None);
        };
        let rights = self.rights(account_id).await?;
        let by_position = rights.membership.as_ref().filter(|_| rights.leads);
        let secretary =
            |own: &Membership| OrganisationRole { path: own.path.clone(), role: OrganisationRight::Secretary };
        let organisation_roles = rights.organisation_roles.into_iter().chain(by_position.map(secretary)).collect();
        Ok(Some(Caller {
            account_id,
            session_id,
            kind: account.kind,
            profile_complete: account.kind == AccountKind::Staff || account.profile_complete(),
            must_change_password: account.must_change_password,
            duties: rights.duties,
            administers: rights.administers,
            membership: rights.membership,
            organisation_roles,
            name: account.name,
        }))
    }

    /// What somebody may do. In one query: when a hall signs in, it is asked for thousands of people in a few seconds.
    async fn rights(&self, account_id: AccountId) -> Result<Rights, StorageError> {
        let sql = format!(
            "SELECT 'duty' AS what, g.id AS id, g.path AS path, s.duty AS word, '' AS positions, '' AS organisation_id \
             FROM grid_staff s JOIN grids g ON g.id = s.grid_id WHERE s.account_id = $1 \
             UNION ALL SELECT 'grant', '', grid_path, '', '', '' \
             FROM account_grants WHERE account_id = $1 AND role = '{ADMIN_ROLE}' \
             UNION ALL SELECT 'member', m.id, o.path, m.standing, m.positions, m.organisation_id \
             FROM members m JOIN organisations o ON o.id = m.organisation_id \
             WHERE m.account_id = $1 AND m.status = 'active' \
             UNION ALL SELECT 'role', '', o.path, r.role, '', '' \
             FROM organisation_roles r JOIN organisations o ON o.id = r.organisation_id WHERE r.account_id = $1 \
             ORDER BY 1, 3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        let mut rights = Rights::default();
        for row in rows {
            rights.take(&row, account_id)?;
        }
        Ok(rights)
    }

    /// The write of a new session.
    pub fn insert(session: &Session) -> Write {
        let row = vec![
            session.id.to_string().into(),
            session.token_hash.as_str().into(),
            session.account_id.to_string().into(),
            session.csrf_token.as_str().into(),
            session.created_at.into(),
            session.expires_at.into(),
        ];
        Write::Insert(&SESSIONS, row)
    }

    /// The write that ends a session.
    pub fn end(id: SessionId) -> Write {
        Write::Delete(&SESSIONS, id.to_string())
    }

    /// All sessions of an account, to end them when its password changes.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of_account(&self, account_id: AccountId) -> Result<Vec<SessionId>, StorageError> {
        let rows = sqlx::query("SELECT id FROM sessions WHERE account_id = $1")
            .bind(account_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                id.parse().map_err(|_| StorageError::corrupt("sessions", "id", &id))
            })
            .collect()
    }

    /// The code last sent to a phone.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn phone_code(&self, phone_print: &str) -> Result<Option<PhoneCode>, StorageError> {
        let sql = format!("SELECT {} FROM phone_codes WHERE id = $1", PHONE_CODES.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(phone_print.to_owned())
            .fetch_optional(self.database.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let number = |column| -> Result<u32, StorageError> {
            u32::try_from(row.try_get::<i64, _>(column)?)
                .map_err(|_| StorageError::corrupt("phone_codes", "attempts", phone_print))
        };
        Ok(Some(PhoneCode {
            phone_print: row.try_get("id")?,
            code_hash: row.try_get("code_hash")?,
            sent_at: Timestamp::from_millis(row.try_get("sent_at")?),
            expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
            attempts: number("attempts")?,
            sent_today: number("sent_today")?,
        }))
    }

    /// The write of a phone's code.
    pub fn put_phone_code(code: &PhoneCode) -> Write {
        let row = vec![
            code.phone_print.as_str().into(),
            code.code_hash.as_str().into(),
            code.sent_at.into(),
            code.expires_at.into(),
            code.attempts.into(),
            code.sent_today.into(),
        ];
        Write::Put(&PHONE_CODES, row)
    }
}

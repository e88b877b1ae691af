//! Members of the Party in the database. Phones are sealed and found by their fingerprint (architecture §8). A member's
//! place in the organisation tree is read from the organisation, so a move of organisations touches no member.

mod census;

use std::collections::HashMap;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, MemberId, OrganisationId};
use lianxin_domain::member::{Gender, Member, MemberFacts, MemberStanding, MemberStatus, Position};
use lianxin_domain::phone::Phone;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES, like};
use crate::sealed::{ColumnCipher, LookupKey};
use crate::table::{Cell, ID, Row, Table, int, text};

pub use census::Census;

pub(crate) static MEMBERS: Table = Table {
    name: "members",
    key: ID,
    versioned: true,
    fixed: &[text("account_id"), int("created_at")],
    mutable: &[
        text("organisation_id"),
        text("name"),
        text("phone_sealed"),
        text("phone_print"),
        text("standing"),
        text("positions"),
        text("joined_on"),
        text("became_full_on"),
        text("gender"),
        int("sort_order"),
        text("status"),
        text("history_reason"),
        text("photo"),
    ],
};

const PHONE: &str = "members.phone_sealed";
/// Each member with the organisation's place.
const FROM: &str = "FROM members JOIN organisations o ON o.id = members.organisation_id";

/// Which members to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFilter {
    /// Only this organisation, and those below when it says so.
    pub organisation: Option<(TreePath, bool)>,
    /// A part of the name, or a whole phone number.
    pub text: Option<String>,
    /// Full or probationary.
    pub standing: Option<MemberStanding>,
    /// Only who has this position.
    pub position: Option<Position>,
    /// On the roster, or not any more.
    pub status: MemberStatus,
}

impl Default for MemberFilter {
    fn default() -> Self {
        Self { organisation: None, text: None, standing: None, position: None, status: MemberStatus::Active }
    }
}

/// How many members a subtree has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberCounts {
    /// On the roster.
    pub members: u64,
    /// Full ones of them.
    pub full: u64,
    /// Not on the roster any more.
    pub former: u64,
}

/// Somebody who leads an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationLeader {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The person in the roster.
    pub member_id: MemberId,
    /// The person's account.
    pub account_id: AccountId,
    /// The name.
    pub name: String,
    /// The higher of the person's leading positions.
    pub position: Position,
}

/// The members.
#[derive(Clone)]
pub struct Members {
    database: Database,
    cipher: ColumnCipher,
    lookup: LookupKey,
}

impl Members {
    /// Over `database`, phones sealed by `cipher` and found by `lookup`.
    pub const fn new(database: Database, cipher: ColumnCipher, lookup: LookupKey) -> Self {
        Self { database, cipher, lookup }
    }

    /// One member, on the roster or not, if in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: MemberId) -> Result<Option<Member>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("members.id = ?", [id.to_string().into()]).and_member_in(scope);
        let sql = format!("SELECT {} {FROM}{}", select_list(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| self.read(&row)).transpose()
    }

    /// Page `page` (from 0) of the members in scope, by organisation and their order in it, and how many there are on
    /// all pages.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &MemberFilter,
        page: u32,
        size: u32,
    ) -> Result<(Vec<Member>, u64), StorageError> {
        let conditions = self.conditions(scope, filter);
        let sql = format!("SELECT COUNT(*) {FROM}{}", conditions.to_where());
        let row = conditions.query(sql).fetch_one(self.database.readers()).await?;
        let total = row.try_get::<i64, _>(0)?.unsigned_abs();
        let offset = u64::from(page) * u64::from(size);
        if offset >= total {
            return Ok((Vec::new(), total));
        }
        let sql = format!(
            "SELECT {} {FROM}{} ORDER BY o.path, members.sort_order, members.id LIMIT {size} OFFSET {offset}",
            select_list(),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        let members: Result<Vec<Member>, StorageError> = rows.iter().map(|row| self.read(row)).collect();
        Ok((members?, total))
    }

    /// Who leads which organisation, the higher position first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn leaders(&self) -> Result<Vec<OrganisationLeader>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("members.status = ?", [MemberStatus::Active.as_str().into()]);
        // The word is in the names of both leading positions.
        conditions.and("members.positions LIKE ? ESCAPE '!'", [like(Position::Secretary.as_str()).into()]);
        let sql = format!("SELECT {} {FROM}{} ORDER BY members.id", select_list(), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        let mut leaders = Vec::with_capacity(rows.len());
        for row in &rows {
            let member = self.read(row)?;
            let Some(position) = member.facts.positions.iter().copied().find(|position| position.leads()) else {
                continue;
            };
            leaders.push(OrganisationLeader {
                organisation_id: member.organisation_id,
                member_id: member.id,
                account_id: member.account_id,
                name: member.facts.name,
                position,
            });
        }
        leaders.sort_by_key(|leader| leader.position);
        Ok(leaders)
    }

    /// How many members belong to the organisation at `path` and those below.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn counts(&self, path: &TreePath) -> Result<MemberCounts, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("o.path >= ? AND o.path < ?", [path.as_str().into(), path.subtree_end().into()]);
        let sql = format!(
            "SELECT members.status, members.standing, COUNT(*) {FROM}{} GROUP BY members.status, members.standing",
            conditions.to_where()
        );
        let mut counts = MemberCounts::default();
        for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
            let (status, standing): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let count = row.try_get::<i64, _>(2)?.unsigned_abs();
            if status == MemberStatus::History.as_str() {
                counts.former += count;
                continue;
            }
            counts.members += count;
            if standing == MemberStanding::Full.as_str() {
                counts.full += count;
            }
        }
        Ok(counts)
    }

    /// Which of these accounts are on a roster, and where in it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of_accounts(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, MemberId>, StorageError> {
        let mut found = HashMap::new();
        for chunk in accounts.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and("status = ?", [MemberStatus::Active.as_str().into()]);
            conditions.and_one_of("account_id", chunk.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!("SELECT id, account_id FROM members{}", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let (id, account): (String, String) = (row.try_get("id")?, row.try_get("account_id")?);
                let corrupt = |column| StorageError::corrupt("members", column, &id);
                let account = account.parse().map_err(|_| corrupt("account_id"))?;
                found.insert(account, id.parse().map_err(|_| corrupt("id"))?);
            }
        }
        Ok(found)
    }

    /// The write of a new member.
    pub fn insert(&self, member: &Member, now: Timestamp) -> Write {
        let head =
            vec![member.id.to_string().into(), member.version.into(), member.account_id.to_string().into(), now.into()];
        Write::Insert(&MEMBERS, head.into_iter().chain(self.mutable(member)).collect())
    }

    /// The write of a changed member, decided on version `before`.
    pub fn update(&self, before: u32, member: &Member) -> Write {
        Write::Update {
            table: &MEMBERS,
            key: member.id.to_string(),
            expected: before,
            next: member.version,
            values: self.mutable(member),
        }
    }

    fn conditions(&self, scope: &Scope, filter: &MemberFilter) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.and_member_in(scope).and("members.status = ?", [filter.status.as_str().into()]);
        conditions.and_organisation(filter.organisation.as_ref());
        if let Some(standing) = filter.standing {
            conditions.and("members.standing = ?", [standing.as_str().into()]);
        }
        if let Some(position) = filter.position {
            // Within its quotes, so that a deputy is no secretary.
            let quoted = format!("\"{}\"", position.as_str());
            conditions.and("members.positions LIKE ? ESCAPE '!'", [like(&quoted).into()]);
        }
        match filter.text.as_deref().map(|text| (text, Phone::parse(text))) {
            Some((_, Ok(phone))) => {
                conditions.and("members.phone_print = ?", [self.phone_print(&phone).into()]);
            }
            Some((text, Err(_))) => {
                conditions.and("LOWER(members.name) LIKE LOWER(?) ESCAPE '!'", [like(text).into()]);
            }
            None => {}
        }
        conditions
    }

    fn phone_print(&self, phone: &Phone) -> String {
        self.lookup.fingerprint(PHONE, phone.as_str())
    }

    fn mutable(&self, member: &Member) -> Row {
        let MemberFacts { name, phone, standing, positions, joined_on, became_full_on, gender, sort_order } =
            &member.facts;
        vec![
            member.organisation_id.to_string().into(),
            name.as_str().into(),
            phone.as_ref().map(|phone| self.cipher.seal(PHONE, phone.as_str())).into(),
            phone.as_ref().map(|phone| self.phone_print(phone)).into(),
            standing.as_str().into(),
            serde_json::json!(positions).to_string().into(),
            joined_on.map(|day| day.to_string()).into(),
            became_full_on.map(|day| day.to_string()).into(),
            gender.map(|gender| gender.as_str().to_owned()).into(),
            i64::from(*sort_order).into(),
            member.status.as_str().into(),
            member.history_reason.clone().into(),
            member.photo.map(|id| id.to_string()).into(),
        ]
    }

    fn read(&self, row: &AnyRow) -> Result<Member, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("members", column, &id);
        let number = |column| -> Result<i64, StorageError> { Ok(row.try_get::<i64, _>(column)?) };
        let text = |column| -> Result<String, StorageError> { Ok(row.try_get::<String, _>(column)?) };
        let maybe = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get::<Option<String>, _>(column)?) };
        let day = |column| maybe(column)?.map(|day| day.parse()).transpose().map_err(|_| corrupt(column));
        let sealed = maybe("phone_sealed")?.map(|sealed| self.cipher.open(PHONE, &sealed)).transpose();
        let phone = sealed.map_err(|source| StorageError::Sealed { table: "members", row: id.clone(), source })?;
        let gender = maybe("gender")?.map(|word| Gender::parse(&word).ok_or_else(|| corrupt("gender"))).transpose()?;
        Ok(Member {
            version: u32::try_from(number("version")?).map_err(|_| corrupt("version"))?,
            account_id: text("account_id")?.parse().map_err(|_| corrupt("account_id"))?,
            organisation_id: text("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
            organisation_path: TreePath::try_from(text("organisation_path")?)
                .map_err(|_| corrupt("organisation_id"))?,
            facts: MemberFacts {
                name: text("name")?,
                phone: phone.map(|phone| Phone::parse(&phone)).transpose().map_err(|_| corrupt("phone_sealed"))?,
                standing: MemberStanding::parse(&text("standing")?).ok_or_else(|| corrupt("standing"))?,
                positions: positions_of(&text("positions")?).ok_or_else(|| corrupt("positions"))?,
                joined_on: day("joined_on")?,
                became_full_on: day("became_full_on")?,
                gender,
                sort_order: i32::try_from(number("sort_order")?).map_err(|_| corrupt("sort_order"))?,
            },
            status: MemberStatus::parse(&text("status")?).ok_or_else(|| corrupt("status"))?,
            history_reason: maybe("history_reason")?,
            photo: maybe("photo")?.map(|id| id.parse()).transpose().map_err(|_| corrupt("photo"))?,
            id: id.parse().map_err(|_| corrupt("id"))?,
        })
    }
}

/// The stored form of positions.
pub(crate) fn positions_of(text: &str) -> Option<Vec<Position>> {
    serde_json::from_str(text).ok()
}

fn select_list() -> String {
    let own: Vec<String> = MEMBERS.columns().map(|column| format!("members.{0} AS {0}", column.name)).collect();
    format!("{}, o.path AS organisation_path", own.join(", "))
}

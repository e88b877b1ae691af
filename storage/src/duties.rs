//! Duties in the database: warnings, what is asked of branches, the tenants' rules, who looks after which branch, and the
//! facts that all of it is worked out from.

mod cadres;
mod facts;
mod orders;
mod rules;

use std::collections::HashMap;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{DutyKey, DutyLevel, DutyWarning, Handled, Period, WarningState};
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

pub use cadres::BranchCadre;
pub use facts::HeldMeeting;
pub use orders::{OrderBox, OrderFilter};

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES, looked_over};
use crate::table::{Cell, ID, Row, Table, int, text};

static WARNINGS: Table = Table {
    name: "duty_warnings",
    key: ID,
    versioned: true,
    fixed: &[text("organisation_id"), text("group_id"), text("type_code"), text("period")],
    mutable: &[
        text("state"),
        text("level"),
        int("raised_at"),
        int("satisfied_at"),
        int("late"),
        int("handled_at"),
        text("handled_by_id"),
        text("handled_by_name"),
        text("handled_note"),
    ],
};

/// Which warnings a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct DutyFilter {
    /// Of this organisation, or of its subtree.
    pub organisation: Option<(TreePath, bool)>,
    /// Of this period.
    pub period: Option<Period>,
    /// Of this type.
    pub type_code: Option<String>,
    /// Of this level.
    pub level: Option<DutyLevel>,
    /// That stand so; none: all.
    pub states: Vec<WarningState>,
    /// Only those that somebody dealt with, or nobody.
    pub handled: Option<bool>,
}

/// A warning in a list, with how often the branch was asked about it, and how far that went up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWarning {
    /// The warning.
    pub warning: DutyWarning,
    /// Orders and nudges.
    pub orders: u32,
    /// When the last of them was given.
    pub ordered_at: Option<Timestamp>,
}

/// Warnings, orders, rules and cadres.
#[derive(Clone)]
pub struct Duties {
    database: Database,
}

impl Duties {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The write of a change from `before` (nothing: a new warning) to `after`.
    pub fn write(before: Option<&DutyWarning>, after: &DutyWarning) -> Write {
        match before {
            None => Write::Insert(&WARNINGS, row_of(after)),
            Some(before) => Write::Update {
                table: &WARNINGS,
                key: after.key.id(),
                expected: before.version,
                next: after.version,
                values: mutable(after),
            },
        }
    }

    /// The warning, if it is in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: &str) -> Result<Option<DutyWarning>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("w.id = ?", [id.into()]).and_duty_in(scope, false);
        let sql = format!("{}{}", selected(""), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Up to `limit` warnings in scope, the last to be raised first, after the one that was raised at `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &DutyFilter,
        before: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<ListedWarning>, StorageError> {
        let mut conditions = conditions_of(scope, filter);
        if let Some((raised_at, id)) = before {
            conditions.and_before(("w.raised_at", "w.id"), (raised_at, id));
        }
        let orders = ", (SELECT COUNT(*) FROM duty_orders d WHERE d.duty_id = w.id) AS orders, \
                      (SELECT MAX(d.created_at) FROM duty_orders d WHERE d.duty_id = w.id) AS ordered_at";
        let sql =
            format!("{}{} ORDER BY w.raised_at DESC, w.id DESC LIMIT {limit}", selected(orders), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        let listed = |row: &AnyRow| {
            Ok(ListedWarning {
                warning: read(row)?,
                orders: u32::try_from(row.try_get::<i64, _>("orders")?).unwrap_or(u32::MAX),
                ordered_at: row.try_get::<Option<i64>, _>("ordered_at")?.map(Timestamp::from_millis),
            })
        };
        rows.iter().map(listed).collect()
    }

    /// How many warnings stand how, by branch: those in scope that `filter` lets through.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn counts(
        &self,
        scope: &Scope,
        filter: &DutyFilter,
    ) -> Result<Vec<(OrganisationId, WarningState, DutyLevel, u32)>, StorageError> {
        let conditions = conditions_of(scope, filter);
        let sql = format!(
            "SELECT w.organisation_id, w.state, w.level, COUNT(*) AS number FROM duty_warnings w \
             JOIN organisations o ON o.id = w.organisation_id{} GROUP BY w.organisation_id, w.state, w.level",
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("organisation_id")?;
                let corrupt = |column| StorageError::corrupt("duty_warnings", column, &id);
                let (state, level): (String, String) = (row.try_get("state")?, row.try_get("level")?);
                Ok((
                    id.parse().map_err(|_| corrupt("organisation_id"))?,
                    WarningState::parse(&state).ok_or_else(|| corrupt("state"))?,
                    DutyLevel::parse(&level).ok_or_else(|| corrupt("level"))?,
                    u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
                ))
            })
            .collect()
    }

    /// The warnings that may have to change: those of `periods`, and those raised after `since` that are not settled; of
    /// `branches`, or of all. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn to_follow(
        &self,
        branches: Option<&[OrganisationId]>,
        periods: &[Period],
        since: Timestamp,
    ) -> Result<HashMap<String, DutyWarning>, StorageError> {
        let mut found = HashMap::new();
        for part in parts(branches) {
            let mut conditions = Conditions::default();
            let words = vec!["?"; periods.len()].join(", ");
            let alive = format!("(w.state IN ('warned', 'coming') AND w.raised_at >= ? OR w.period IN ({words}))");
            let values = std::iter::once(Cell::from(since));
            conditions.and(&alive, values.chain(periods.iter().map(|period| period.to_string().into())));
            if let Some(part) = part {
                conditions.and_one_of("w.organisation_id", part.iter().map(|id| Cell::from(id.to_string())));
            }
            // The organisation may be gone: then nothing is due of it, and the row says so.
            let sql = format!("SELECT {} FROM duty_warnings w{}", WARNINGS.select_list(), conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let warning = read(&row)?;
                found.insert(warning.key.id(), warning);
            }
        }
        Ok(found)
    }

    /// The warnings of one branch and its groups in the periods of a year, whoever asks was let in. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of_year(
        &self,
        branch: OrganisationId,
        year: i32,
    ) -> Result<HashMap<String, DutyWarning>, StorageError> {
        let sql = format!(
            "SELECT {} FROM duty_warnings WHERE organisation_id = $1 AND period >= $2 AND period < $3",
            WARNINGS.select_list()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(branch.to_string())
            .bind(format!("{year:04}"))
            .bind(format!("{:04}", year + 1))
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| read(row).map(|warning| (warning.key.id(), warning))).collect()
    }
}

/// All at once, or a few hundred at a time.
fn parts(ids: Option<&[OrganisationId]>) -> Vec<Option<&[OrganisationId]>> {
    match ids {
        None => vec![None],
        Some(ids) => ids.chunks(MAX_CHOICES).map(Some).collect(),
    }
}

impl Conditions {
    /// Adds that a branch's duties are in scope: of those who look over its organisation, and of cadres who look after it;
    /// with `own` of whoever gave the order, too. The organisation's row is `o`, the order's `d`.
    pub(crate) fn and_duty_in(&mut self, scope: &Scope, own: bool) -> &mut Self {
        if scope.is_system() {
            return self;
        }
        let me = || Cell::from(scope.account_id().to_string());
        let mut any: Vec<(&'static str, Vec<Cell>)> = looked_over(scope).collect();
        let linked = "EXISTS (SELECT 1 FROM branch_cadres c WHERE c.organisation_id = o.id AND c.account_id = ?)";
        any.push((linked, vec![me()]));
        any.extend(own.then(|| ("d.from_id = ?", vec![me()])));
        self.and_any(any)
    }
}

/// The WHERE of a list.
fn conditions_of(scope: &Scope, filter: &DutyFilter) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.and_duty_in(scope, false);
    conditions.and_organisation(filter.organisation.as_ref());
    if let Some(period) = filter.period {
        conditions.and("w.period = ?", [period.to_string().into()]);
    }
    if let Some(type_code) = &filter.type_code {
        conditions.and("w.type_code = ?", [type_code.as_str().into()]);
    }
    if let Some(level) = filter.level {
        conditions.and("w.level = ?", [level.as_str().into()]);
    }
    if !filter.states.is_empty() {
        let words: Vec<Cell> = filter.states.iter().map(|state| state.as_str().into()).collect();
        conditions.and_one_of("w.state", words);
    }
    match filter.handled {
        Some(true) => {
            conditions.and("w.handled_at IS NOT NULL", []);
        }
        Some(false) => {
            conditions.and("w.handled_at IS NULL", []);
        }
        None => {}
    }
    conditions
}

/// The SELECT of warnings whose organisations are there, with further columns.
fn selected(more: &str) -> String {
    let columns: Vec<String> = WARNINGS.columns().map(|column| format!("w.{0} AS {0}", column.name)).collect();
    format!("SELECT {}{more} FROM duty_warnings w JOIN organisations o ON o.id = w.organisation_id", columns.join(", "))
}

fn row_of(warning: &DutyWarning) -> Row {
    let head = vec![
        warning.key.id().into(),
        warning.version.into(),
        warning.key.organisation_id.to_string().into(),
        warning.key.group_id.map(|id| id.to_string()).into(),
        warning.key.type_code.as_str().into(),
        warning.key.period.to_string().into(),
    ];
    head.into_iter().chain(mutable(warning)).collect()
}

fn mutable(warning: &DutyWarning) -> Row {
    let handled = warning.handled.as_ref();
    vec![
        warning.state.as_str().into(),
        warning.level.as_str().into(),
        warning.raised_at.into(),
        warning.satisfied_at.into(),
        warning.late.into(),
        handled.map(|handled| handled.at).into(),
        handled.map(|handled| handled.by.id.to_string()).into(),
        handled.map(|handled| handled.by.name.clone()).into(),
        handled.map(|handled| handled.note.clone()).into(),
    ]
}

fn read(row: &AnyRow) -> Result<DutyWarning, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("duty_warnings", column, &id);
    let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let group_id: Option<String> = row.try_get("group_id")?;
    Ok(DutyWarning {
        key: DutyKey {
            organisation_id: words("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
            group_id: group_id.map(|id| id.parse()).transpose().map_err(|_| corrupt("group_id"))?,
            type_code: words("type_code")?,
            period: words("period")?.parse().map_err(|_| corrupt("period"))?,
        },
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        state: WarningState::parse(&words("state")?).ok_or_else(|| corrupt("state"))?,
        level: DutyLevel::parse(&words("level")?).ok_or_else(|| corrupt("level"))?,
        raised_at: Timestamp::from_millis(row.try_get("raised_at")?),
        satisfied_at: time("satisfied_at")?,
        late: row.try_get::<i64, _>("late")? == 1,
        handled: match (time("handled_at")?, person(row, "handled")?) {
            (Some(at), Some(by)) => {
                Some(Handled { at, by, note: row.try_get::<Option<String>, _>("handled_note")?.unwrap_or_default() })
            }
            _ => None,
        },
    })
}

/// Who did what is in the columns `{of}_by_id` and `{of}_by_name`.
fn person(row: &AnyRow, of: &str) -> Result<Option<PersonRef>, StorageError> {
    let id: Option<String> = row.try_get(format!("{of}_by_id").as_str())?;
    let name: Option<String> = row.try_get(format!("{of}_by_name").as_str())?;
    let Some(id) = id else { return Ok(None) };
    let id = id.parse().map_err(|_| StorageError::corrupt("duty_warnings or duty_orders", "by", &id))?;
    Ok(Some(PersonRef { id, name: name.unwrap_or_default() }))
}

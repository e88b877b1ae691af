//! Lists of appraisals, and their figures.

use std::collections::HashMap;

use lianxin_domain::access::Scope;
use lianxin_domain::appraisal::{Appraisal, AppraisalState, RaterKind};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, AppraisalId};
use lianxin_domain::member::MemberStanding;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;

use super::{APPRAISALS, Appraisals, rows};
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES, looked_over};
use crate::table::Cell;

/// Which appraisals a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct AppraisalFilter {
    /// Of this organisation, or of its subtree.
    pub organisation: Option<(TreePath, bool)>,
    /// Of this year.
    pub year: Option<i32>,
    /// That stand so at this time.
    pub state: Option<(AppraisalState, Timestamp)>,
}

/// How many of whom; no names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Participants.
    pub participants: u32,
    /// Participants who sent a form.
    pub submitted: u32,
    /// People who are no members and sent one.
    pub mass: u32,
    /// Full members, who are graded.
    pub members: u32,
    /// Those of them who have a grade.
    pub graded: u32,
    /// Those who are 优秀.
    pub excellent: u32,
    /// Those who took note of their grade.
    pub acknowledged: u32,
}

/// Somebody's own part in an appraisal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Own {
    /// As what the person takes part; nothing: not among the participants.
    pub standing: Option<MemberStanding>,
    /// Took note of the grade.
    pub acknowledged: bool,
    /// As what the person sent a form.
    pub rated: Option<RaterKind>,
}

const FROM: &str = "FROM appraisals a LEFT JOIN organisations o ON o.id = a.organisation_id";
/// When the meeting begins; one that was called off is none.
const MEETING: &str = "(SELECT m.starts_at FROM meetings m WHERE m.id = a.meeting_id AND m.state <> 'cancelled')";

/// The SELECT of appraisals.
pub(super) fn selected() -> String {
    let columns: Vec<String> = APPRAISALS.columns().map(|column| format!("a.{0} AS {0}", column.name)).collect();
    format!("SELECT {}, {MEETING} AS meeting_starts_at {FROM}", columns.join(", "))
}

impl Conditions {
    /// Adds that an appraisal is in scope: of who looks over its branch, and once it was started of who takes part.
    pub(super) fn and_appraisal_in(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() {
            return self;
        }
        let takes_part = "a.started_at IS NOT NULL AND EXISTS (SELECT 1 FROM appraisal_participants p \
                          WHERE p.appraisal_id = a.id AND p.account_id = ?)";
        let mut any: Vec<(&'static str, Vec<Cell>)> = vec![(takes_part, vec![scope.account_id().to_string().into()])];
        any.extend(looked_over(scope));
        self.and_any(any)
    }

    /// Adds that an appraisal stands so at a time: the same rule as [`Appraisal::state`], in SQL.
    fn and_appraisal_state(&mut self, state: AppraisalState, now: Timestamp) {
        const OVER: &str = "(a.deadline <= ? OR a.closed_at IS NOT NULL)";
        let running = "a.ended_at IS NULL AND a.started_at IS NOT NULL AND ";
        let now = || Cell::from(now);
        match state {
            AppraisalState::Ended => self.and("a.ended_at IS NOT NULL", []),
            AppraisalState::Draft => self.and("a.ended_at IS NULL AND a.started_at IS NULL", []),
            AppraisalState::Rating => self.and(&format!("{running} NOT {OVER}"), [now()]),
            AppraisalState::Meeting => {
                self.and(&format!("{running}{OVER} AND ({MEETING} IS NULL OR {MEETING} > ?)"), [now(), now()])
            }
            AppraisalState::Grading => self.and(&format!("{running}{OVER} AND {MEETING} <= ?"), [now(), now()]),
        };
    }
}

impl Appraisals {
    /// Up to `limit` appraisals of branches that are looked over, the newest first, after the one that was made at `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &AppraisalFilter,
        before: Option<(Timestamp, AppraisalId)>,
        limit: u32,
    ) -> Result<Vec<Appraisal>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_looked_over(scope);
        conditions.and_organisation(filter.organisation.as_ref());
        if let Some(year) = filter.year {
            conditions.and("a.year = ?", [i64::from(year).into()]);
        }
        if let Some((state, now)) = filter.state {
            conditions.and_appraisal_state(state, now);
        }
        self.page(conditions, before, limit).await
    }

    /// Up to `limit` appraisals that somebody takes part in or sent a form to, the newest first. One's own, so there is no
    /// scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of(
        &self,
        account_id: AccountId,
        before: Option<(Timestamp, AppraisalId)>,
        limit: u32,
    ) -> Result<Vec<Appraisal>, StorageError> {
        let mut conditions = Conditions::default();
        let me = || Cell::from(account_id.to_string());
        let own = "a.started_at IS NOT NULL AND a.id IN (SELECT p.appraisal_id FROM appraisal_participants p \
                   WHERE p.account_id = ? UNION SELECT r.appraisal_id FROM appraisal_raters r WHERE r.account_id = ?)";
        conditions.and(own, [me(), me()]);
        self.page(conditions, before, limit).await
    }

    async fn page(
        &self,
        mut conditions: Conditions,
        before: Option<(Timestamp, AppraisalId)>,
        limit: u32,
    ) -> Result<Vec<Appraisal>, StorageError> {
        if let Some((created_at, id)) = before {
            conditions.and_before(("a.created_at", "a.id"), (created_at, id.to_string()));
        }
        let sql =
            format!("{}{} ORDER BY a.created_at DESC, a.id DESC LIMIT {limit}", selected(), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(rows::read).collect()
    }

    /// Somebody's own part in each of these appraisals.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn own(
        &self,
        account_id: AccountId,
        ids: &[AppraisalId],
    ) -> Result<HashMap<AppraisalId, Own>, StorageError> {
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("a.id", chunk.iter().map(|id| Cell::from(id.to_string())));
            // An id of ours, so it may stand in the text.
            let sql = format!(
                "SELECT a.id, p.standing, p.acknowledged_at, r.kind FROM appraisals a \
                 LEFT JOIN appraisal_participants p ON p.appraisal_id = a.id AND p.account_id = '{account_id}' \
                 LEFT JOIN appraisal_raters r ON r.id = a.id || ':{account_id}'{}",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get(0)?;
                let corrupt = |column| StorageError::corrupt("appraisal_participants", column, &id);
                let standing: Option<String> = row.try_get(1)?;
                let standing = standing.map(|word| MemberStanding::parse(&word).ok_or_else(|| corrupt("standing")));
                let rated: Option<String> = row.try_get(3)?;
                let rated = rated.map(|word| RaterKind::parse(&word).ok_or_else(|| corrupt("kind")));
                let acknowledged = row.try_get::<Option<i64>, _>(2)?.is_some();
                let own = Own { standing: standing.transpose()?, acknowledged, rated: rated.transpose()? };
                found.insert(id.parse().map_err(|_| corrupt("appraisal_id"))?, own);
            }
        }
        Ok(found)
    }

    /// The figures of appraisals that were read in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn figures(&self, ids: &[AppraisalId]) -> Result<HashMap<AppraisalId, Figures>, StorageError> {
        let mut found: HashMap<AppraisalId, Figures> = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_CHOICES) {
            let of_these = || {
                let mut conditions = Conditions::default();
                conditions.and_one_of("appraisal_id", chunk.iter().map(|id| Cell::from(id.to_string())));
                conditions
            };
            let conditions = of_these();
            // One row for each kind of people: both tables at one moment.
            let sql = format!(
                "SELECT appraisal_id, standing AS kind, COUNT(*) AS number, COUNT(grade) AS graded, \
                 COUNT(CASE WHEN grade = 'excellent' THEN 1 END) AS excellent, COUNT(acknowledged_at) AS acknowledged \
                 FROM appraisal_participants{0} GROUP BY appraisal_id, standing \
                 UNION ALL SELECT appraisal_id, kind, COUNT(*), 0, 0, 0 FROM appraisal_raters{0} \
                 GROUP BY appraisal_id, kind",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get("appraisal_id")?;
                let id =
                    id.parse().map_err(|_| StorageError::corrupt("appraisal_participants", "appraisal_id", &id))?;
                let number = |column| -> Result<u32, StorageError> {
                    Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
                };
                let figures = found.entry(id).or_default();
                match row.try_get::<String, _>("kind")?.as_str() {
                    "member" => figures.submitted = number("number")?,
                    "mass" => figures.mass = number("number")?,
                    standing => {
                        figures.participants += number("number")?;
                        if standing == MemberStanding::Full.as_str() {
                            figures.members = number("number")?;
                            figures.graded = number("graded")?;
                            figures.excellent = number("excellent")?;
                            figures.acknowledged = number("acknowledged")?;
                        }
                    }
                }
            }
        }
        Ok(found)
    }
}

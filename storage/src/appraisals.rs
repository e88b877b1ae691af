//! Appraisals (民主评议) in the database. Forms are sealed, and cleared by the change that counts them; who sent one stays.

mod lists;
mod participants;
mod rows;

use lianxin_domain::access::Scope;
use lianxin_domain::appraisal::{Appraisal, Form, Participant};
use lianxin_domain::ids::{AccountId, AppraisalId};
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Table, int, text};

pub use lists::{AppraisalFilter, Figures, Own};

static APPRAISALS: Table = Table {
    name: "appraisals",
    key: ID,
    versioned: true,
    fixed: &[text("organisation_id"), text("created_by_id"), text("created_by_name"), int("created_at")],
    mutable: &[
        text("topic"),
        int("year"),
        int("deadline"),
        int("mass"),
        text("notice"),
        int("started_at"),
        int("closed_at"),
        int("counted_at"),
        text("meeting_id"),
        int("ended_at"),
        text("ended_by_id"),
        text("ended_by_name"),
        text("reopened"),
    ],
};

static RATERS: Table = Table {
    name: "appraisal_raters",
    key: ID,
    versioned: false,
    fixed: &[text("appraisal_id"), text("account_id"), text("kind")],
    mutable: &[],
};

static FORMS: Table =
    Table { name: "appraisal_forms", key: ID, versioned: false, fixed: &[], mutable: &[text("form_sealed")] };

const FORM: &str = "appraisal_forms.form_sealed";

/// The appraisals.
#[derive(Clone)]
pub struct Appraisals {
    database: Database,
    cipher: ColumnCipher,
}

impl Appraisals {
    /// Over `database`, words and forms sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The write of a change from `before` (nothing: a new one) to `after`.
    pub fn write(before: Option<&Appraisal>, after: &Appraisal) -> Write {
        match before {
            None => Write::Insert(&APPRAISALS, rows::row_of(after)),
            Some(before) => Write::Update {
                table: &APPRAISALS,
                key: after.id.to_string(),
                expected: before.version,
                next: after.version,
                values: rows::mutable(after),
            },
        }
    }

    /// The writes that take a draft away; refused when it is no longer as it was.
    pub fn delete(draft: &Appraisal) -> [Write; 3] {
        let key = draft.id.to_string();
        [
            Self::unchanged(draft),
            Write::Delete(&APPRAISALS, key),
            Write::Clear(&participants::PARTICIPANTS, prefix(draft.id)),
        ]
    }

    fn unchanged(appraisal: &Appraisal) -> Write {
        Write::Require { table: &APPRAISALS, key: appraisal.id.to_string(), version: appraisal.version }
    }

    /// The writes that keep somebody's form, in place of the one before: refused when the appraisal is no longer as it was.
    pub fn rate(&self, appraisal: &Appraisal, account_id: AccountId, form: &Form) -> [Write; 3] {
        let key = format!("{}{account_id}", prefix(appraisal.id));
        let plain = serde_json::json!(form).to_string();
        let rater = vec![
            key.as_str().into(),
            appraisal.id.to_string().into(),
            account_id.to_string().into(),
            form.kind().as_str().into(),
        ];
        [
            Self::unchanged(appraisal),
            Write::InsertOnce(&RATERS, rater),
            Write::Put(&FORMS, vec![key.into(), self.cipher.seal(FORM, &plain).into()]),
        ]
    }

    /// The write that takes all forms away.
    pub fn clear_forms(id: AppraisalId) -> Write {
        Write::Clear(&FORMS, prefix(id))
    }

    /// The write of a new participant, the `number`th.
    pub fn add(&self, id: AppraisalId, number: u32, person: &Participant) -> Write {
        Write::Insert(&participants::PARTICIPANTS, self.participant_row(id, number, person))
    }

    /// The write of a participant as it is now; the appraisal's own row guards it.
    pub fn put(&self, id: AppraisalId, number: u32, person: &Participant) -> Write {
        Write::Put(&participants::PARTICIPANTS, self.participant_row(id, number, person))
    }

    /// The appraisal, if it is in scope: of who looks over the branch, and once it was started of who takes part.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: AppraisalId) -> Result<Option<Appraisal>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("a.id = ?", [id.to_string().into()]).and_appraisal_in(scope);
        self.one(&conditions).await
    }

    /// The appraisal, if it was started and listens to people who are no members: whoever knows its id may rate there, so
    /// there is no scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn open_to_all(&self, id: AppraisalId) -> Result<Option<Appraisal>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("a.id = ? AND a.mass = 1 AND a.started_at IS NOT NULL", [id.to_string().into()]);
        self.one(&conditions).await
    }

    async fn one(&self, conditions: &Conditions) -> Result<Option<Appraisal>, StorageError> {
        let sql = format!("{}{}", lists::selected(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| rows::read(&row)).transpose()
    }

    /// Somebody's own form; nothing before there is one, and after the count.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the form cannot be opened.
    pub async fn form(&self, id: AppraisalId, account_id: AccountId) -> Result<Option<Form>, StorageError> {
        let key = format!("{}{account_id}", prefix(id));
        let row = sqlx::query("SELECT id, form_sealed FROM appraisal_forms WHERE id = $1")
            .bind(key)
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| self.open(&row).map(|(_, form)| form)).transpose()
    }

    /// All forms, for the count alone.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a form cannot be opened.
    pub async fn forms(&self, id: AppraisalId) -> Result<Vec<(AccountId, Form)>, StorageError> {
        let from = prefix(id);
        let rows = sqlx::query("SELECT id, form_sealed FROM appraisal_forms WHERE id >= $1 AND id < $2")
            .bind(&from)
            .bind(format!("{from}~"))
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| self.open(row)).collect()
    }

    fn open(&self, row: &sqlx::any::AnyRow) -> Result<(AccountId, Form), StorageError> {
        let (key, sealed): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let unreadable = |source| StorageError::Sealed { table: "appraisal_forms", row: key.clone(), source };
        let plain = self.cipher.open(FORM, &sealed).map_err(unreadable)?;
        let corrupt = |column| StorageError::corrupt("appraisal_forms", column, &key);
        let account = key.rsplit(':').next().and_then(|id| id.parse().ok()).ok_or_else(|| corrupt("id"))?;
        Ok((account, serde_json::from_str(&plain).map_err(|_| corrupt("form_sealed"))?))
    }
}

/// How the keys of what belongs to an appraisal begin.
fn prefix(id: AppraisalId) -> String {
    format!("{id}:")
}

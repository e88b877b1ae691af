//! Those who take part in appraisals, and what they came to.

use lianxin_domain::appraisal::{GivenGrade, Grade, Participant, SelfRating, Tally};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AppraisalId;
use lianxin_domain::member::MemberStanding;
use lianxin_domain::person::PersonRef;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Appraisals, prefix};
use crate::error::StorageError;
use crate::table::{ID, Row, Table, int, text};

pub(super) static PARTICIPANTS: Table = Table {
    name: "appraisal_participants",
    key: ID,
    versioned: false,
    fixed: &[
        text("appraisal_id"),
        text("member_id"),
        text("account_id"),
        int("number"),
        text("name"),
        text("standing"),
    ],
    mutable: &[
        int("took_part"),
        text("self_grade"),
        text("self_text_sealed"),
        text("mutual"),
        text("mass"),
        text("grade"),
        text("opinion_sealed"),
        text("follow_up_sealed"),
        int("graded_at"),
        text("graded_by_id"),
        text("graded_by_name"),
        int("acknowledged_at"),
    ],
};

const SELF_TEXT: &str = "appraisal_participants.self_text_sealed";
const OPINION: &str = "appraisal_participants.opinion_sealed";
const FOLLOW_UP: &str = "appraisal_participants.follow_up_sealed";

impl Appraisals {
    /// Those who take part in an appraisal, in their order; whoever asks has read the appraisal in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn participants(&self, id: AppraisalId) -> Result<Vec<Participant>, StorageError> {
        let from = prefix(id);
        let sql = format!(
            "SELECT {} FROM appraisal_participants WHERE id >= $1 AND id < $2 ORDER BY number",
            PARTICIPANTS.select_list()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&from)
            .bind(format!("{from}~"))
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| self.read_participant(row)).collect()
    }

    pub(super) fn participant_row(&self, id: AppraisalId, number: u32, person: &Participant) -> Row {
        let (own, grade) = (person.own.as_ref(), person.grade.as_ref());
        vec![
            format!("{}{}", prefix(id), person.member_id).into(),
            id.to_string().into(),
            person.member_id.to_string().into(),
            person.account_id.to_string().into(),
            number.into(),
            person.name.as_str().into(),
            person.standing.as_str().into(),
            person.took_part.into(),
            own.map(|own| own.grade.as_str().to_owned()).into(),
            own.map(|own| self.cipher.seal(SELF_TEXT, &own.text)).into(),
            serde_json::json!(person.mutual).to_string().into(),
            serde_json::json!(person.mass).to_string().into(),
            grade.map(|given| given.grade.as_str().to_owned()).into(),
            grade.map(|given| self.cipher.seal(OPINION, &given.opinion)).into(),
            grade.and_then(|given| given.follow_up.as_ref()).map(|words| self.cipher.seal(FOLLOW_UP, words)).into(),
            grade.map(|given| given.at).into(),
            grade.map(|given| given.by.id.to_string()).into(),
            grade.map(|given| given.by.name.clone()).into(),
            person.acknowledged_at.into(),
        ]
    }

    fn read_participant(&self, row: &AnyRow) -> Result<Participant, StorageError> {
        let key: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("appraisal_participants", column, &key);
        let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
        let maybe = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get(column)?) };
        let time = |column| -> Result<Option<Timestamp>, StorageError> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
        };
        let grade = |column: &'static str| -> Result<Option<Grade>, StorageError> {
            maybe(column)?.map(|word| Grade::parse(&word).ok_or_else(|| corrupt(column))).transpose()
        };
        let tally = |column: &'static str| -> Result<Tally, StorageError> {
            serde_json::from_str(&words(column)?).map_err(|_| corrupt(column))
        };
        let sealed = |column: &'static str, name: &'static str| {
            let unreadable =
                |source| StorageError::Sealed { table: "appraisal_participants", row: key.clone(), source };
            maybe(column)?.map(|sealed| self.cipher.open(name, &sealed)).transpose().map_err(unreadable)
        };
        let own = grade("self_grade")?.zip(sealed("self_text_sealed", SELF_TEXT)?);
        let given = match (grade("grade")?, sealed("opinion_sealed", OPINION)?, time("graded_at")?) {
            (Some(grade), Some(opinion), Some(at)) => {
                let id = words("graded_by_id")?.parse().map_err(|_| corrupt("graded_by_id"))?;
                let by = PersonRef { id, name: maybe("graded_by_name")?.unwrap_or_default() };
                Some(GivenGrade { grade, opinion, follow_up: sealed("follow_up_sealed", FOLLOW_UP)?, at, by })
            }
            _ => None,
        };
        Ok(Participant {
            member_id: words("member_id")?.parse().map_err(|_| corrupt("member_id"))?,
            account_id: words("account_id")?.parse().map_err(|_| corrupt("account_id"))?,
            name: words("name")?,
            standing: MemberStanding::parse(&words("standing")?).ok_or_else(|| corrupt("standing"))?,
            took_part: row.try_get::<i64, _>("took_part")? == 1,
            own: own.map(|(grade, text)| SelfRating { grade, text }),
            mutual: tally("mutual")?,
            mass: tally("mass")?,
            grade: given,
            acknowledged_at: time("acknowledged_at")?,
        })
    }
}

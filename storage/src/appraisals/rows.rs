//! Rows of appraisals.

use lianxin_domain::appraisal::{Appraisal, AppraisalPlan, LinkedMeeting};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::meeting::Mark;
use lianxin_domain::person::PersonRef;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::StorageError;
use crate::table::Row;

pub(super) fn row_of(appraisal: &Appraisal) -> Row {
    let created = &appraisal.created;
    let head = vec![
        appraisal.id.to_string().into(),
        appraisal.version.into(),
        appraisal.organisation_id.to_string().into(),
        created.by.id.to_string().into(),
        created.by.name.as_str().into(),
        created.at.into(),
    ];
    head.into_iter().chain(mutable(appraisal)).collect()
}

pub(super) fn mutable(appraisal: &Appraisal) -> Row {
    let (plan, ended) = (&appraisal.plan, appraisal.ended.as_ref());
    vec![
        plan.topic.as_str().into(),
        i64::from(plan.year).into(),
        plan.deadline.into(),
        plan.mass.into(),
        plan.notice.clone().into(),
        appraisal.started_at.into(),
        appraisal.closed_at.into(),
        appraisal.counted_at.into(),
        appraisal.meeting.map(|meeting| meeting.id.to_string()).into(),
        ended.map(|mark| mark.at).into(),
        ended.map(|mark| mark.by.id.to_string()).into(),
        ended.map(|mark| mark.by.name.clone()).into(),
        appraisal.reopened.as_ref().map(|reopened| serde_json::json!(reopened).to_string()).into(),
    ]
}

/// Reads a row of the appraisal's columns and `meeting_starts_at`, which is nothing when the meeting was called off.
pub(super) fn read(row: &AnyRow) -> Result<Appraisal, StorageError> {
    let key: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("appraisals", column, &key);
    let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
    let maybe = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get(column)?) };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let mark = |at: Option<Timestamp>, id: Option<String>, name: Option<String>| {
        let (Some(at), Some(id)) = (at, id) else { return Ok(None) };
        let id = id.parse().map_err(|_| corrupt("by_id"))?;
        Ok::<_, StorageError>(Some(Mark { at, by: PersonRef { id, name: name.unwrap_or_default() } }))
    };
    let created = mark(time("created_at")?, maybe("created_by_id")?, maybe("created_by_name")?)?;
    let meeting = match (maybe("meeting_id")?, time("meeting_starts_at")?) {
        (Some(id), Some(starts_at)) => {
            Some(LinkedMeeting { id: id.parse().map_err(|_| corrupt("meeting_id"))?, starts_at })
        }
        _ => None,
    };
    let reopened = maybe("reopened")?.map(|stored| serde_json::from_str(&stored)).transpose();
    Ok(Appraisal {
        id: key.parse().map_err(|_| corrupt("id"))?,
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        organisation_id: words("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
        plan: AppraisalPlan {
            topic: words("topic")?,
            year: i32::try_from(row.try_get::<i64, _>("year")?).map_err(|_| corrupt("year"))?,
            deadline: Timestamp::from_millis(row.try_get("deadline")?),
            mass: row.try_get::<i64, _>("mass")? == 1,
            notice: maybe("notice")?,
        },
        created: created.ok_or_else(|| corrupt("created_by_id"))?,
        started_at: time("started_at")?,
        closed_at: time("closed_at")?,
        counted_at: time("counted_at")?,
        meeting,
        ended: mark(time("ended_at")?, maybe("ended_by_id")?, maybe("ended_by_name")?)?,
        reopened: reopened.map_err(|_| corrupt("reopened"))?,
    })
}

//! Rows of 组织生活会 and the values that they hold.

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::meeting::StateName;
use lianxin_domain::minutes::MinutesState;
use lianxin_domain::organisational_life::{LifeMeeting, LifePlan, LinkedMeeting, NoticeForm, Part, Report};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::LIFE_MEETINGS;
use crate::error::StorageError;
use crate::table::Row;

/// The SELECT of whole meetings: `l`, with the branch's place `o`, and the linked meetings `c` and `m` as they stand.
pub(super) fn selected() -> String {
    let own: Vec<String> = LIFE_MEETINGS.columns().map(|column| format!("l.{0} AS {0}", column.name)).collect();
    let linked = |table: &str, minutes: &str| {
        let columns = ["id", "topic", "state", "starts_at", "ends_at", "ended_at"];
        let columns = columns.map(|column| format!("{table}.{column} AS {table}_{column}"));
        format!("{}, {minutes}.id AS {minutes}_id, {minutes}.signed_at AS {minutes}_signed_at", columns.join(", "))
    };
    format!(
        "SELECT {}, o.path AS organisation_path, {}, {} FROM life_meetings l \
         JOIN organisations o ON o.id = l.organisation_id \
         LEFT JOIN meetings c ON c.id = l.committee_meeting_id LEFT JOIN meeting_minutes cn ON cn.id = c.id \
         LEFT JOIN meetings m ON m.id = l.members_meeting_id LEFT JOIN meeting_minutes mn ON mn.id = m.id",
        own.join(", "),
        linked("c", "cn"),
        linked("m", "mn"),
    )
}

pub(super) fn row_of(meeting: &LifeMeeting) -> Row {
    let head = vec![
        meeting.id.to_string().into(),
        meeting.version.into(),
        meeting.organisation_id.to_string().into(),
        meeting.created_by.id.to_string().into(),
        meeting.created_by.name.as_str().into(),
        meeting.created_at.into(),
        meeting.notice.as_str().into(),
    ];
    head.into_iter().chain(mutable(meeting)).collect()
}

pub(super) fn mutable(meeting: &LifeMeeting) -> Row {
    let (plan, report) = (&meeting.plan, meeting.report.as_ref());
    let linked = |part| meeting.linked(part).map(|linked| linked.id.to_string());
    let files = |files: &[AttachmentRef]| serde_json::json!(files).to_string();
    vec![
        plan.topic.as_str().into(),
        i64::from(plan.year).into(),
        plan.content.as_str().into(),
        files(&plan.files).into(),
        plan.materials_due_at.into(),
        plan.ends_at.into(),
        linked(Part::Committee).into(),
        linked(Part::Members).into(),
        meeting.reminded_at.into(),
        report.map(|report| report.text.clone()).into(),
        report.map(|report| files(&report.files)).into(),
        report.map(|report| report.at).into(),
        report.map(|report| report.by.id.to_string()).into(),
        report.map(|report| report.by.name.clone()).into(),
    ]
}

pub(super) fn read(row: &AnyRow) -> Result<LifeMeeting, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("life_meetings", column, &id);
    let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
    let maybe = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get(column)?) };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let due = |column| -> Result<Timestamp, StorageError> { Ok(Timestamp::from_millis(row.try_get(column)?)) };
    let files = |column, json: &str| -> Result<Vec<AttachmentRef>, StorageError> {
        serde_json::from_str(json).map_err(|_| corrupt(column))
    };
    let report = match (time("reported_at")?, maybe("reported_by_id")?) {
        (Some(at), Some(by)) => Some(Report {
            text: maybe("report")?.unwrap_or_default(),
            files: files("report_files", &maybe("report_files")?.unwrap_or_default())?,
            by: PersonRef {
                id: by.parse().map_err(|_| corrupt("reported_by_id"))?,
                name: maybe("reported_by_name")?.unwrap_or_default(),
            },
            at,
        }),
        _ => None,
    };
    Ok(LifeMeeting {
        version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
        organisation_id: words("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
        organisation_path: TreePath::try_from(words("organisation_path")?).map_err(|_| corrupt("organisation_id"))?,
        created_by: PersonRef {
            id: words("created_by_id")?.parse().map_err(|_| corrupt("created_by_id"))?,
            name: words("created_by_name")?,
        },
        created_at: due("created_at")?,
        notice: NoticeForm::parse(&words("notice")?).ok_or_else(|| corrupt("notice"))?,
        plan: LifePlan {
            topic: words("topic")?,
            year: i32::try_from(row.try_get::<i64, _>("year")?).map_err(|_| corrupt("year"))?,
            content: words("content")?,
            files: files("files", &words("files")?)?,
            materials_due_at: due("materials_due_at")?,
            ends_at: due("ends_at")?,
        },
        committee: linked(row, "c", "cn")?,
        members: linked(row, "m", "mn")?,
        reminded_at: time("reminded_at")?,
        report,
        id: id.parse().map_err(|_| corrupt("id"))?,
    })
}

/// A linked meeting; nothing when it is gone: a draft that was taken away.
fn linked(row: &AnyRow, table: &str, minutes: &str) -> Result<Option<LinkedMeeting>, StorageError> {
    let Some(id) = row.try_get::<Option<String>, _>(format!("{table}_id").as_str())? else { return Ok(None) };
    let corrupt = |column| StorageError::corrupt("meetings", column, &id);
    let time = |column: &str| -> Result<Option<Timestamp>, StorageError> {
        let column = format!("{table}_{column}");
        Ok(row.try_get::<Option<i64>, _>(column.as_str())?.map(Timestamp::from_millis))
    };
    let words = |column: &str| -> Result<Option<String>, StorageError> {
        Ok(row.try_get(format!("{table}_{column}").as_str())?)
    };
    let written: Option<String> = row.try_get(format!("{minutes}_id").as_str())?;
    let signed: Option<i64> = row.try_get(format!("{minutes}_signed_at").as_str())?;
    Ok(Some(LinkedMeeting {
        topic: words("topic")?.ok_or_else(|| corrupt("topic"))?,
        state: words("state")?.and_then(|state| StateName::parse(&state)).ok_or_else(|| corrupt("state"))?,
        starts_at: time("starts_at")?.ok_or_else(|| corrupt("starts_at"))?,
        ends_at: time("ends_at")?.ok_or_else(|| corrupt("ends_at"))?,
        ended_at: time("ended_at")?,
        minutes: match (written, signed) {
            (_, Some(_)) => MinutesState::Signed,
            (Some(_), None) => MinutesState::Draft,
            (None, None) => MinutesState::None,
        },
        id: id.parse().map_err(|_| corrupt("id"))?,
    }))
}

//! Whether the counters are what a recount of the lists gives.

use std::collections::BTreeMap;

use lianxin_domain::meeting::{Attendance, Hall};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::read_counts;
use crate::error::StorageError;
use crate::meetings::{ATTENDEES, read_attendee, read_meeting, selected};

/// Meetings read at a time.
const PAGE: usize = 200;

/// How many meetings that ended were recounted, and a line for each whose counters differ. One meeting is in memory at a
/// time; counters of meetings that did not end are told, too.
pub(crate) async fn differences(moment: &mut AnyConnection) -> Result<(usize, Vec<String>), StorageError> {
    let (mut recounted, mut lines, mut after) = (0, Vec::new(), String::new());
    let page = format!(
        "SELECT {} FROM meetings WHERE state IN ('ended', 'archived') AND id > $1 ORDER BY id LIMIT {PAGE}",
        selected()
    );
    let people = format!("SELECT {} FROM meeting_attendees WHERE meeting_id = $1", ATTENDEES.select_list());
    loop {
        let meetings = sqlx::query(AssertSqlSafe(page.clone())).bind(after.clone()).fetch_all(&mut *moment).await?;
        for row in &meetings {
            let meeting = read_meeting(row)?;
            after = meeting.id.to_string();
            let listed = sqlx::query(AssertSqlSafe(people.clone())).bind(after.clone()).fetch_all(&mut *moment).await?;
            let listed: Result<Vec<_>, StorageError> = listed.iter().map(read_attendee).collect();
            let listed = listed?.into_iter().map(|listed| (listed.attendee, listed.device));
            let found: BTreeMap<String, Attendance> =
                Hall::new(meeting, listed).attendance().into_iter().map(|(id, one)| (id.to_string(), one)).collect();
            if counted(moment, &after).await? != found {
                lines.push(format!("attendance of meeting {after} is not what a recount of its list gives"));
            }
            recounted += 1;
        }
        if meetings.len() < PAGE {
            break;
        }
    }
    let strays = sqlx::query(
        "SELECT DISTINCT c.meeting_id FROM attendance_counts c WHERE NOT EXISTS (SELECT 1 FROM meetings m \
         WHERE m.id = c.meeting_id AND m.state IN ('ended', 'archived')) ORDER BY c.meeting_id",
    )
    .fetch_all(&mut *moment)
    .await?;
    for row in &strays {
        lines.push(format!("attendance of meeting {} is counted, and it did not end", row.try_get::<String, _>(0)?));
    }
    Ok((recounted, lines))
}

async fn counted(moment: &mut AnyConnection, meeting: &str) -> Result<BTreeMap<String, Attendance>, StorageError> {
    let rows = sqlx::query(
        "SELECT organisation_id, expected, present, on_time, late, left_early, on_leave, absent, substituted, online \
         FROM attendance_counts WHERE meeting_id = $1",
    )
    .bind(meeting.to_owned())
    .fetch_all(moment)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("organisation_id")?, read_counts(row)?))).collect()
}

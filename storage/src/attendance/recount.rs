//! Counters worked out from the lists: to compare them, and to make those of meetings that ended before there were any.

use std::collections::BTreeMap;

use lianxin_domain::meeting::{Attendance, Hall, Voters};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, Row as _};

use super::{AttendanceBook, read_counts, voters};
use crate::change::Write;
use crate::dialect::Dialect;
use crate::error::StorageError;
use crate::meetings::{ATTENDEES, read_attendee, read_meeting, selected};
use crate::table::{Operation, StatementTexts};

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
    loop {
        let meetings = sqlx::query(AssertSqlSafe(page.clone())).bind(after.clone()).fetch_all(&mut *moment).await?;
        for row in &meetings {
            let hall = hall_of(moment, row).await?;
            after = hall.meeting().id.to_string();
            let voters = hall.voters();
            let found: BTreeMap<String, (Attendance, Voters)> = hall
                .attendance()
                .into_iter()
                .map(|(id, one)| (id.to_string(), (one, voters.get(&id).copied().unwrap_or_default())))
                .collect();
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

/// A meeting with its list.
async fn hall_of(connection: &mut AnyConnection, row: &AnyRow) -> Result<Hall, StorageError> {
    let meeting = read_meeting(row)?;
    let people = format!("SELECT {} FROM meeting_attendees WHERE meeting_id = $1", ATTENDEES.select_list());
    let listed = sqlx::query(AssertSqlSafe(people)).bind(meeting.id.to_string()).fetch_all(connection).await?;
    let listed: Result<Vec<_>, StorageError> = listed.iter().map(read_attendee).collect();
    Ok(Hall::new(meeting, listed?.into_iter().map(|listed| (listed.attendee, listed.device))))
}

/// Counts the meetings that ended and have no counters: a version before counters ended them.
pub(crate) async fn count_missing(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), StorageError> {
    let head = sqlx::query("SELECT seq FROM log_head WHERE id = 1").fetch_optional(&mut *connection).await?;
    let head = head.map_or(Ok(0), |row| row.try_get::<i64, _>(0))?.unsigned_abs();
    let texts = StatementTexts::new(dialect);
    let sql = format!(
        "SELECT {} FROM meetings WHERE state IN ('ended', 'archived') \
         AND NOT EXISTS (SELECT 1 FROM attendance_counts c WHERE c.meeting_id = meetings.id) ORDER BY id",
        selected()
    );
    for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
        let hall = hall_of(connection, &row).await?;
        for write in AttendanceBook::writes(&hall, head) {
            if let Write::Raise(table, cells) = &write {
                let query = sqlx::query(texts.get(table, Operation::Raise, 1));
                connection.execute(cells.iter().fold(query, |query, cell| cell.bind(query))).await?;
            }
        }
    }
    Ok(())
}

async fn counted(
    moment: &mut AnyConnection,
    meeting: &str,
) -> Result<BTreeMap<String, (Attendance, Voters)>, StorageError> {
    let [listed, came] = voters();
    let sql = format!(
        "SELECT c.organisation_id, expected, present, on_time, late, left_early, on_leave, absent, substituted, online, \
         {listed} AS listed, {came} AS came FROM attendance_counts c JOIN meetings m ON m.id = c.meeting_id \
         WHERE c.meeting_id = $1"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(meeting.to_owned()).fetch_all(moment).await?;
    let read = |row: &AnyRow| {
        let number = |column| -> Result<u64, StorageError> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
        let voters = Voters { listed: number("listed")?, came: number("came")? };
        Ok((row.try_get("organisation_id")?, (read_counts(row)?, voters)))
    };
    rows.iter().map(read).collect()
}

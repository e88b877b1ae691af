//! Attendance by person: worked out from everybody's row by the rule of the domain, as a status is stored nowhere.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, MeetingId, MemberId, OrganisationId};
use lianxin_domain::meeting::{Attendance, Attendee, Plan, Status, Timing};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{AttendanceBook, AttendanceFilter, COUNTED, Figures};
use crate::error::StorageError;
use crate::meetings::{ATTENDEES, read_attendee};

/// What one person's attendance came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFigures {
    /// Who.
    pub member_id: MemberId,
    /// The name at the last of the meetings.
    pub name: String,
    /// The organisation at the last of the meetings.
    pub organisation_id: Option<OrganisationId>,
    /// Meetings that the person was expected at, and how that went.
    pub figures: Figures,
}

/// One's own attendance of one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAttendance {
    /// Which.
    pub meeting_id: MeetingId,
    /// What it was about.
    pub topic: String,
    /// Its type.
    pub type_code: String,
    /// Whose it was.
    pub organisation_id: OrganisationId,
    /// The planned begin.
    pub starts_at: Timestamp,
    /// What became of it.
    pub status: Status,
    /// What it counts as; nothing of guests and substitutes.
    pub attendance: Attendance,
}

impl AttendanceBook {
    /// Attendance by person, in no order. As many rows are read as `filter` finds persons at meetings
    /// ([`AttendanceBook::total`] says how many), one after the other.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn by_person(
        &self,
        scope: &Scope,
        filter: &AttendanceFilter,
    ) -> Result<Vec<PersonFigures>, StorageError> {
        let replaced = self.replaced(scope, filter).await?;
        let mut conditions = filter.conditions(scope);
        conditions.and("a.role = ?", ["member".into()]);
        let columns = ATTENDEES.columns().map(|column| format!("a.{}", column.name)).collect::<Vec<_>>().join(", ");
        // The index over attendees is by organisation and begin. The plus keeps SQLite from taking the period for the begin,
        // and from reading all of an organisation's period again for each of its meetings.
        let sql = format!(
            "SELECT {columns}, a.meeting_id AS at_meeting, c.started_at AS began, c.ended_at AS ended, \
             c.late_after_ms AS grace, c.starts_at AS planned FROM {COUNTED} \
             JOIN meeting_attendees a ON a.organisation_id = c.organisation_id AND a.starts_at = +c.starts_at \
             AND a.meeting_id = c.meeting_id{}",
            conditions.to_where()
        );
        let mut rows = conditions.query(sql).fetch(self.database.readers());
        let mut people: HashMap<MemberId, (Last, PersonFigures)> = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            let (attendee, timing) = (read_attendee(&row)?.attendee, timing(&row)?);
            let meeting: String = row.try_get("at_meeting")?;
            let key = (meeting, attendee.member_id.to_string());
            let status = attendee.status(&timing, replaced.contains(&key));
            count(&mut people, attendee, status, (timing.starts_at, key.0));
        }
        Ok(people.into_values().map(|(_, figures)| figures).collect())
    }

    /// At which meetings whose substitute came.
    async fn replaced(
        &self,
        scope: &Scope,
        filter: &AttendanceFilter,
    ) -> Result<HashSet<(String, String)>, StorageError> {
        let mut conditions = filter.conditions(scope);
        conditions.and("c.substituted > 0 AND s.substitute_of IS NOT NULL AND s.presence IS NOT NULL", []);
        let sql = format!(
            "SELECT s.meeting_id, s.substitute_of FROM {COUNTED} \
             JOIN meeting_attendees s ON s.meeting_id = c.meeting_id{}",
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// The meetings that ended and had `account_id` on the list, planned to begin from `from` on and before `until`, the
    /// latest first: one's own, so there is no scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn own(
        &self,
        account_id: AccountId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OwnAttendance>, StorageError> {
        let columns = ATTENDEES.columns().map(|column| format!("a.{}", column.name)).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {columns}, m.id AS at_meeting, m.topic AS about, m.type_code AS of_type, m.plan AS planned_as, \
             m.organisation_id AS held_by, m.starts_at AS planned, m.started_at AS began, m.ended_at AS ended, \
             CASE WHEN EXISTS (SELECT 1 FROM meeting_attendees s WHERE s.meeting_id = a.meeting_id \
             AND s.substitute_of = a.member_id AND s.presence IS NOT NULL) THEN 1 ELSE 0 END AS replaced \
             FROM meeting_attendees a JOIN meetings m ON m.id = a.meeting_id \
             WHERE a.account_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND m.state IN ('ended', 'archived') \
             ORDER BY a.starts_at DESC, m.id DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .bind(from.millis())
            .bind(until.millis())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read_own).collect()
    }
}

/// Begin and id of the last meeting that was seen of somebody.
type Last = (Timestamp, String);

fn count(people: &mut HashMap<MemberId, (Last, PersonFigures)>, attendee: Attendee, status: Status, at: Last) {
    let one = Attendance::of_one(&attendee, status);
    let Attendee { member_id, name, organisation_id, .. } = attendee;
    let (last, known) = people.entry(member_id).or_insert_with(|| {
        let name = String::new();
        (Last::default(), PersonFigures { member_id, name, organisation_id: None, figures: Figures::default() })
    });
    if at >= *last {
        (*last, known.name, known.organisation_id) = (at, name, organisation_id);
    }
    known.figures.meetings += 1;
    known.figures.attendance += one;
}

fn timing(row: &AnyRow) -> Result<Timing, StorageError> {
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    Ok(Timing {
        starts_at: Timestamp::from_millis(row.try_get("planned")?),
        started_at: time("began")?,
        ended_at: time("ended")?,
        late_after_ms: row.try_get("grace")?,
    })
}

fn read_own(row: &AnyRow) -> Result<OwnAttendance, StorageError> {
    let key: String = row.try_get("at_meeting")?;
    let corrupt = |column| StorageError::corrupt("meetings", column, &key);
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let plan: Plan = serde_json::from_str(&row.try_get::<String, _>("planned_as")?).map_err(|_| corrupt("plan"))?;
    let starts_at = Timestamp::from_millis(row.try_get("planned")?);
    let timing =
        Timing { starts_at, started_at: time("began")?, ended_at: time("ended")?, late_after_ms: plan.late_after_ms() };
    let attendee = read_attendee(row)?.attendee;
    let status = attendee.status(&timing, row.try_get::<i64, _>("replaced")? == 1);
    Ok(OwnAttendance {
        meeting_id: key.parse().map_err(|_| corrupt("id"))?,
        topic: row.try_get("about")?,
        type_code: row.try_get("of_type")?,
        organisation_id: row.try_get::<String, _>("held_by")?.parse().map_err(|_| corrupt("organisation_id"))?,
        starts_at,
        status,
        attendance: Attendance::of_one(&attendee, status),
    })
}

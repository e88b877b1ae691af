//! Attendance over many meetings (到会统计): counters that the change writes which ends a meeting, and what they add up to.
//!
//! A row for each meeting and organisation, so any period and any subtree is exact, and costs what lies in it. An
//! organisation's place is read from its own row, so that a move takes its past along; what a deleted one did is not counted.

mod people;
mod recount;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::{Attendance, Hall, Voters};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{Cell, ID, Table, int, text};

pub use people::{OwnAttendance, PersonFigures};
pub(crate) use recount::{count_missing, differences};

pub(crate) static COUNTS: Table = Table {
    name: "attendance_counts",
    key: ID,
    versioned: false,
    fixed: &[
        int("as_of"),
        text("meeting_id"),
        text("organisation_id"),
        text("type_code"),
        text("month"),
        int("starts_at"),
        int("started_at"),
        int("ended_at"),
        int("late_after_ms"),
        int("expected"),
        int("present"),
        int("on_time"),
        int("late"),
        int("left_early"),
        int("on_leave"),
        int("absent"),
        int("substituted"),
        int("online"),
        int("voters"),
        int("voters_present"),
    ],
    mutable: &[],
};

/// The sums that every question asks for; `CAST`, as PostgreSQL's sum of whole numbers is none of its whole numbers.
const SUMS: &str = "COUNT(DISTINCT c.meeting_id) AS meetings, \
    CAST(COALESCE(SUM(c.expected), 0) AS BIGINT) AS expected, CAST(COALESCE(SUM(c.present), 0) AS BIGINT) AS present, \
    CAST(COALESCE(SUM(c.on_time), 0) AS BIGINT) AS on_time, CAST(COALESCE(SUM(c.late), 0) AS BIGINT) AS late, \
    CAST(COALESCE(SUM(c.left_early), 0) AS BIGINT) AS left_early, \
    CAST(COALESCE(SUM(c.on_leave), 0) AS BIGINT) AS on_leave, CAST(COALESCE(SUM(c.absent), 0) AS BIGINT) AS absent, \
    CAST(COALESCE(SUM(c.substituted), 0) AS BIGINT) AS substituted, \
    CAST(COALESCE(SUM(c.online), 0) AS BIGINT) AS online";
/// Those with a vote of a row of counters `c` of a meeting `m`, and those of them who came. A row that a version wrote which did
/// not count them is counted on the list, where those without an organisation stand for the meeting's.
pub(crate) fn voters() -> [String; 2] {
    [("voters", "COUNT(*)"), ("voters_present", "COUNT(a.presence)")].map(|(column, counted)| {
        format!(
            "COALESCE(c.{column}, (SELECT {counted} FROM meeting_attendees a WHERE a.meeting_id = c.meeting_id AND a.role = 'member' \
             AND a.standing = 'full' AND COALESCE(a.organisation_id, m.organisation_id) = c.organisation_id))"
        )
    })
}

/// From an organisation to its counters: the index leads from one to the other.
const COUNTED: &str = "organisations o JOIN attendance_counts c ON c.organisation_id = o.id";

/// Whose attendance, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceFilter {
    /// Of people who belonged to this organisation then, or to its subtree.
    pub organisation: (TreePath, bool),
    /// Meetings that were planned to begin at this moment or later.
    pub from: Timestamp,
    /// And before this one.
    pub until: Timestamp,
    /// Of this type only.
    pub type_code: Option<String>,
}

impl AttendanceFilter {
    fn conditions(&self, scope: &Scope) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.and_organisation(Some(&self.organisation));
        conditions.and("c.starts_at >= ? AND c.starts_at < ?", [Cell::from(self.from), self.until.into()]);
        if let Some(type_code) = &self.type_code {
            conditions.and("c.type_code = ?", [type_code.as_str().into()]);
        }
        conditions.and_looked_over(scope);
        conditions
    }
}

/// What to add up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The organisation that people belonged to; its id.
    Organisation,
    /// The type of the meeting; its code.
    Type,
    /// The month of the planned begin in China, `2026-11`.
    Month,
}

impl Group {
    const fn column(self) -> &'static str {
        match self {
            Self::Organisation => "c.organisation_id",
            Self::Type => "c.type_code",
            Self::Month => "c.month",
        }
    }
}

/// What attendance came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Meetings that ended, each once.
    pub meetings: u64,
    /// Persons at meetings.
    pub attendance: Attendance,
}

/// Attendance over many meetings.
#[derive(Clone)]
pub struct AttendanceBook {
    database: Database,
}

impl AttendanceBook {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The writes of the counters of a hall that holds everything up to `as_of` of the log; none while its meeting is not
    /// over. They belong to the change that ends it. Of two counts the later one stands, in whatever order they come.
    pub fn writes(hall: &Hall, as_of: u64) -> Vec<Write> {
        let (meeting, timing, voters) = (hall.meeting(), hall.meeting().timing(), hall.voters());
        let write = |(organisation, counted): (OrganisationId, Attendance)| {
            let count = |number: u64| Cell::from(i64::try_from(number).unwrap_or(i64::MAX));
            let head = [
                Cell::from(format!("{}:{organisation}", meeting.id)),
                count(as_of),
                meeting.id.to_string().into(),
                organisation.to_string().into(),
                meeting.plan.type_code.as_str().into(),
                meeting.month().unwrap_or_default().into(),
                timing.starts_at.into(),
                timing.started_at.into(),
                timing.ended_at.into(),
                timing.late_after_ms.into(),
            ];
            let Voters { listed, came } = voters.get(&organisation).copied().unwrap_or_default();
            let numbers = numbers(&counted).into_iter().chain([listed, came]).map(count);
            Write::Raise(&COUNTS, head.into_iter().chain(numbers).collect())
        };
        hall.attendance().into_iter().map(write).collect()
    }

    /// Attendance by organisation, type or month, each with its key, in the order of the keys; of the part that `scope`
    /// looks over.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn by(
        &self,
        scope: &Scope,
        filter: &AttendanceFilter,
        group: Group,
    ) -> Result<Vec<(String, Figures)>, StorageError> {
        let (conditions, column) = (filter.conditions(scope), group.column());
        let sql = format!(
            "SELECT {column} AS grouped, {SUMS} FROM {COUNTED}{} GROUP BY {column} ORDER BY {column}",
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get("grouped")?, read(row)?))).collect()
    }

    /// Attendance altogether.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn total(&self, scope: &Scope, filter: &AttendanceFilter) -> Result<Figures, StorageError> {
        let conditions = filter.conditions(scope);
        let sql = format!("SELECT {SUMS} FROM {COUNTED}{}", conditions.to_where());
        read(&conditions.query(sql).fetch_one(self.database.readers()).await?)
    }
}

/// In the order of the table's columns.
const fn numbers(of: &Attendance) -> [u64; 9] {
    [of.expected, of.present, of.on_time, of.late, of.left_early, of.leave, of.absent, of.substituted, of.online]
}

fn read(row: &AnyRow) -> Result<Figures, StorageError> {
    Ok(Figures { meetings: row.try_get::<i64, _>("meetings")?.unsigned_abs(), attendance: read_counts(row)? })
}

fn read_counts(row: &AnyRow) -> Result<Attendance, StorageError> {
    let number = |column| -> Result<u64, StorageError> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
    Ok(Attendance {
        expected: number("expected")?,
        present: number("present")?,
        on_time: number("on_time")?,
        late: number("late")?,
        left_early: number("left_early")?,
        leave: number("on_leave")?,
        absent: number("absent")?,
        substituted: number("substituted")?,
        online: number("online")?,
    })
}

//! Meetings and the people on their lists in the database.

mod attendees;
mod types;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, MeetingId, OrganisationId};
use lianxin_domain::meeting::{AgendaPosition, Hall, MAX_LENGTH_MS, Mark, Meeting, Oversight, StateName};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, like};
use crate::table::{Cell, ID, Row, Table, int, text};
use crate::votes::Votes;

pub(crate) use attendees::{ATTENDEES, CLAIMS, read as read_attendee};
pub use attendees::{HeadCount, Listed, attendee_write};

pub(crate) static MEETINGS: Table = Table {
    name: "meetings",
    key: ID,
    versioned: true,
    fixed: &[
        int("serial"),
        text("organisation_id"),
        text("organisation_path"),
        text("created_by_id"),
        text("created_by_name"),
        int("created_at"),
    ],
    mutable: &[
        text("topic"),
        text("type_code"),
        text("host_id"),
        text("recorder_id"),
        int("starts_at"),
        int("ends_at"),
        text("plan"),
        text("state"),
        int("launched_at"),
        int("started_at"),
        int("ended_at"),
        text("cancel_reason"),
        int("agenda_index"),
        int("agenda_since"),
        int("reminded_at"),
        int("visits"),
        int("visited_at"),
        text("visited_by_id"),
        text("visited_by_name"),
        int("nudges"),
        int("nudged_at"),
        text("nudged_by_id"),
        text("nudged_by_name"),
        text("delegation"),
    ],
};

/// The columns of a SELECT. An organisation may have moved since the meeting was planned: the path is where it lies now, and
/// the stored one only of an organisation that is gone.
pub(crate) fn selected() -> String {
    let path = "COALESCE((SELECT o.path FROM organisations o WHERE o.id = meetings.organisation_id), organisation_path) \
                AS organisation_path";
    MEETINGS.select_list().replace("organisation_path", path)
}

/// Which meetings a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct MeetingFilter {
    /// Of this organisation, or of its subtree.
    pub organisation: Option<(TreePath, bool)>,
    /// In one of these states.
    pub states: Vec<StateName>,
    /// Of this type.
    pub type_code: Option<String>,
    /// That end after this.
    pub from: Option<Timestamp>,
    /// That begin before this.
    pub until: Option<Timestamp>,
    /// That the caller is invited to, hosts or records.
    pub mine: bool,
    /// Topic or place holds this.
    pub text: Option<String>,
}

/// The meetings.
#[derive(Clone)]
pub struct Meetings {
    database: Database,
}

impl Meetings {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The write of a change from `before` (nothing: a new meeting) to `after`.
    pub fn write(before: Option<&Meeting>, after: &Meeting) -> Write {
        match before {
            None => Write::Insert(&MEETINGS, row_of(after)),
            Some(before) => Write::Update {
                table: &MEETINGS,
                key: after.id.to_string(),
                expected: before.version,
                next: after.version,
                values: mutable(after),
            },
        }
    }

    /// The write that takes a draft away.
    pub fn delete(id: MeetingId) -> Write {
        Write::Delete(&MEETINGS, id.to_string())
    }

    /// The meeting, if it is in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: MeetingId) -> Result<Option<Meeting>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.to_string().into()]).and_meeting_in(scope);
        let sql = format!("SELECT {} FROM meetings{}", selected(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| read_meeting(&row)).transpose()
    }

    /// The meeting with this serial number; for the system only, which a scanned code asks.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn by_serial(&self, serial: u32) -> Result<Option<MeetingId>, StorageError> {
        let row = sqlx::query("SELECT id FROM meetings WHERE serial = $1")
            .bind(i64::from(serial))
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| parse(&row, "id", &serial.to_string())).transpose()
    }

    /// Up to `limit` meetings in scope, the latest begin first, after the one that began at `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &MeetingFilter,
        before: Option<(Timestamp, MeetingId)>,
        limit: u32,
    ) -> Result<Vec<Meeting>, StorageError> {
        let mut conditions = conditions_of(scope, filter);
        if let Some((starts_at, id)) = before {
            conditions.and_before(("starts_at", "id"), (starts_at, id.to_string()));
        }
        let sql = format!(
            "SELECT {} FROM meetings{} ORDER BY starts_at DESC, id DESC LIMIT {limit}",
            selected(),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read_meeting).collect()
    }

    /// The meetings of somebody's calendar: launched and not before `since`, which the person is invited to or hosts; up to
    /// `limit`, the latest begin first. One's own, so there is no scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn calendar_of(
        &self,
        account_id: AccountId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Meeting>, StorageError> {
        // Two indexes lead to the few that are the person's, however many there are.
        let sql = format!(
            "SELECT {} FROM meetings WHERE id IN (SELECT a.meeting_id FROM meeting_attendees a \
             WHERE a.account_id = $1 AND a.starts_at >= $2 \
             UNION SELECT h.id FROM meetings h WHERE h.host_id = $1 AND h.starts_at >= $2) \
             AND state <> 'draft' AND ends_at >= $3 ORDER BY starts_at DESC, id DESC LIMIT {limit}",
            selected(),
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account_id.to_string())
            .bind(since.plus_millis(-MAX_LENGTH_MS).millis())
            .bind(since.millis())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read_meeting).collect()
    }

    /// How many meetings of the organisation are planned or not over.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn open_of(&self, id: OrganisationId) -> Result<u64, StorageError> {
        let sql =
            "SELECT COUNT(*) FROM meetings WHERE organisation_id = $1 AND state IN ('draft', 'launched', 'running')";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_one(self.database.readers()).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// The meetings of the subtree that fall into `[from, until)` and are no drafts; for the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn of_day(
        &self,
        path: &TreePath,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MeetingId>, StorageError> {
        // None is longer, so what began before is not looked at.
        let sql = "SELECT id FROM meetings WHERE starts_at >= $1 AND starts_at < $2 AND ends_at >= $3 \
                   AND organisation_id IN (SELECT o.id FROM organisations o WHERE o.path >= $4 AND o.path < $5) \
                   AND state <> 'draft'";
        let rows = sqlx::query(sql)
            .bind(from.millis() - MAX_LENGTH_MS)
            .bind(until.millis())
            .bind(from.millis())
            .bind(path.as_str())
            .bind(path.subtree_end())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| parse(row, "id", "of_day")).collect()
    }

    /// The meeting with everybody on its list; for the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn hall(&self, id: MeetingId) -> Result<Option<Hall>, StorageError> {
        let Some(meeting) = self.get(&Scope::system(), id).await? else { return Ok(None) };
        let people = self.listed(id).await?;
        let polls = Votes::new(self.database.clone()).polls(id).await?;
        let people = people.into_iter().map(|listed| (listed.attendee, listed.device));
        Ok(Some(Hall::new(meeting, people).with_polls(polls)))
    }
}

/// The WHERE of a list.
fn conditions_of(scope: &Scope, filter: &MeetingFilter) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.and_meeting_in(scope);
    match &filter.organisation {
        Some((path, true)) => {
            let values: [Cell; 2] = [path.as_str().into(), path.subtree_end().into()];
            let below = "organisation_id IN (SELECT o.id FROM organisations o WHERE o.path >= ? AND o.path < ?)";
            conditions.and(below, values);
        }
        Some((path, false)) => {
            let own = "organisation_id IN (SELECT o.id FROM organisations o WHERE o.path = ?)";
            conditions.and(own, [path.as_str().into()]);
        }
        None => {}
    }
    if filter.mine {
        let me = || Cell::from(scope.account_id().to_string());
        let mine = "(host_id = ? OR recorder_id = ? OR EXISTS (SELECT 1 FROM meeting_attendees a \
                    WHERE a.meeting_id = meetings.id AND a.account_id = ?))";
        conditions.and(mine, [me(), me(), me()]);
    }
    if !filter.states.is_empty() {
        // The words are ours, so they stand in the text: that lets the index over open meetings serve.
        let states: Vec<String> = filter.states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        conditions.and(&format!("state IN ({})", states.join(", ")), []);
    }
    if let Some(type_code) = &filter.type_code {
        conditions.and("type_code = ?", [type_code.as_str().into()]);
    }
    if let Some(from) = filter.from {
        conditions.and("ends_at >= ?", [from.into()]);
    }
    if let Some(until) = filter.until {
        conditions.and("starts_at < ?", [until.into()]);
    }
    if let Some(text) = &filter.text {
        conditions.and("LOWER(topic) LIKE LOWER(?) ESCAPE '!'", [like(text).into()]);
    }
    conditions
}

fn row_of(meeting: &Meeting) -> Row {
    let head = vec![
        meeting.id.to_string().into(),
        meeting.version.into(),
        meeting.serial.into(),
        meeting.organisation_id.to_string().into(),
        meeting.organisation_path.as_str().into(),
        meeting.created_by.id.to_string().into(),
        meeting.created_by.name.as_str().into(),
        meeting.created_at.into(),
    ];
    head.into_iter().chain(mutable(meeting)).collect()
}

fn mutable(meeting: &Meeting) -> Row {
    let (plan, oversight) = (&meeting.plan, &meeting.oversight);
    vec![
        plan.topic.as_str().into(),
        plan.type_code.as_str().into(),
        plan.host.id.to_string().into(),
        plan.recorder.as_ref().map(|recorder| recorder.id.to_string()).into(),
        plan.starts_at.into(),
        plan.ends_at.into(),
        serde_json::json!(plan).to_string().into(),
        meeting.state.as_str().into(),
        meeting.launched_at.into(),
        meeting.started_at.into(),
        meeting.ended_at.into(),
        meeting.cancel_reason.clone().into(),
        meeting.agenda.map(|position| i64::from(position.index)).into(),
        meeting.agenda.map(|position| position.since).into(),
        meeting.reminded_at.into(),
    ]
    .into_iter()
    .chain(marks(oversight.visits, oversight.visited.as_ref()))
    .chain(marks(oversight.nudges, oversight.nudged.as_ref()))
    .chain([meeting.delegation.as_ref().map(|asked| serde_json::json!(asked).to_string()).into()])
    .collect()
}

fn marks(count: u32, last: Option<&Mark>) -> [Cell; 4] {
    let by = last.map(|mark| &mark.by);
    [
        count.into(),
        last.map(|mark| mark.at).into(),
        by.map(|by| by.id.to_string()).into(),
        by.map(|by| by.name.clone()).into(),
    ]
}

/// Reads a row of [`MEETINGS`]' columns.
pub(crate) fn read_meeting(row: &AnyRow) -> Result<Meeting, StorageError> {
    let key: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("meetings", column, &key);
    let number = |column| -> Result<u32, StorageError> {
        u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
    };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let plan: String = row.try_get("plan")?;
    let index: Option<i64> = row.try_get("agenda_index")?;
    let index = index.map(u32::try_from).transpose().map_err(|_| corrupt("agenda_index"))?;
    let created_by: AccountId = parse(row, "created_by_id", &key)?;
    Ok(Meeting {
        id: parse(row, "id", &key)?,
        version: number("version")?,
        serial: number("serial")?,
        organisation_id: parse(row, "organisation_id", &key)?,
        organisation_path: TreePath::try_from(row.try_get::<String, _>("organisation_path")?)
            .map_err(|_| corrupt("organisation_path"))?,
        created_by: PersonRef { id: created_by, name: row.try_get("created_by_name")? },
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        plan: serde_json::from_str(&plan).map_err(|_| corrupt("plan"))?,
        state: StateName::parse(&row.try_get::<String, _>("state")?).ok_or_else(|| corrupt("state"))?,
        launched_at: time("launched_at")?,
        started_at: time("started_at")?,
        ended_at: time("ended_at")?,
        cancel_reason: row.try_get("cancel_reason")?,
        agenda: index.zip(time("agenda_since")?).map(|(index, since)| AgendaPosition { index, since }),
        // Not stored: it is the highest number on the list, and known when the hall is.
        arrivals: 0,
        reminded_at: time("reminded_at")?,
        oversight: Oversight {
            visits: number("visits")?,
            visited: mark(row, "visited", &key)?,
            nudges: number("nudges")?,
            nudged: mark(row, "nudged", &key)?,
        },
        delegation: row
            .try_get::<Option<String>, _>("delegation")?
            .map(|stored| serde_json::from_str(&stored))
            .transpose()
            .map_err(|_| corrupt("delegation"))?,
    })
}

fn mark(row: &AnyRow, what: &str, key: &str) -> Result<Option<Mark>, StorageError> {
    let words = |column: &str| row.try_get::<Option<String>, _>(format!("{what}_{column}").as_str());
    let at: Option<i64> = row.try_get(format!("{what}_at").as_str())?;
    let parts = (at, words("by_id")?, words("by_name")?);
    let (Some(at), Some(id), Some(name)) = parts else { return Ok(None) };
    let id = id.parse().map_err(|_| StorageError::corrupt("meetings", "oversight", key))?;
    Ok(Some(Mark { by: PersonRef { id, name }, at: Timestamp::from_millis(at) }))
}

fn parse<T: std::str::FromStr>(row: &AnyRow, column: &'static str, key: &str) -> Result<T, StorageError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StorageError::corrupt("meetings", column, key))
}

//! 组织生活会 in the database: the meetings here, participants and their materials in [`materials`].

mod materials;
mod rows;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{LifeMeetingId, MeetingId};
use lianxin_domain::organisational_life::{LifeMeeting, Phase};
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::query::{Conditions, looked_over};
use crate::sealed::ColumnCipher;
use crate::table::{Cell, ID, Table, int, text};

static LIFE_MEETINGS: Table = Table {
    name: "life_meetings",
    key: ID,
    versioned: true,
    fixed: &[
        text("organisation_id"),
        text("created_by_id"),
        text("created_by_name"),
        int("created_at"),
        text("notice"),
    ],
    mutable: &[
        text("topic"),
        int("year"),
        text("content"),
        text("files"),
        int("materials_due_at"),
        int("ends_at"),
        text("committee_meeting_id"),
        text("members_meeting_id"),
        int("reminded_at"),
        text("report"),
        text("report_files"),
        int("reported_at"),
        text("reported_by_id"),
        text("reported_by_name"),
    ],
};

/// Which of them a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct LifeFilter {
    /// Of this organisation, or of its subtree.
    pub organisation: Option<(TreePath, bool)>,
    /// Of this year.
    pub year: Option<i32>,
    /// In this phase at this moment.
    pub phase: Option<(Phase, Timestamp)>,
    /// Those that the caller takes part in, instead of those that the caller looks over.
    pub mine: bool,
}

/// The 组织生活会 of all branches, with participants and materials. What materials say is sealed.
#[derive(Clone)]
pub struct LifeMeetings {
    database: Database,
    cipher: ColumnCipher,
}

impl LifeMeetings {
    /// Over `database`, materials sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The write of a change from `before` (nothing: a new one) to `after`.
    pub fn write(before: Option<&LifeMeeting>, after: &LifeMeeting) -> Write {
        match before {
            None => Write::Insert(&LIFE_MEETINGS, rows::row_of(after)),
            Some(before) => Write::Update {
                table: &LIFE_MEETINGS,
                key: after.id.to_string(),
                expected: before.version,
                next: after.version,
                values: rows::mutable(after),
            },
        }
    }

    /// The write that is refused when it is no longer as it was.
    pub fn unchanged(meeting: &LifeMeeting) -> Write {
        Write::Require { table: &LIFE_MEETINGS, key: meeting.id.to_string(), version: meeting.version }
    }

    /// The writes that take it away; refused when it is no longer as it was. Participants and materials go with
    /// [`remove_participants`](Self::remove_participants).
    pub fn remove(meeting: &LifeMeeting) -> [Write; 2] {
        let last = LifeMeeting { version: meeting.version + 1, ..meeting.clone() };
        [Self::write(Some(meeting), &last), Write::Delete(&LIFE_MEETINGS, meeting.id.to_string())]
    }

    /// The meeting, if the caller looks over its branch or takes part in it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: LifeMeetingId) -> Result<Option<LifeMeeting>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("l.id = ?", [id.to_string().into()]);
        if !scope.is_system() {
            let mut any = vec![(TAKES_PART, vec![Cell::from(scope.account_id().to_string())])];
            any.extend(looked_over(scope));
            conditions.and_any(any);
        }
        let sql = format!("{}{}", rows::selected(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| rows::read(&row)).transpose()
    }

    /// Up to `limit` of those that the caller looks over (or takes part in, as `filter` says), the newest first, after the
    /// one that was made at `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &LifeFilter,
        before: Option<(Timestamp, LifeMeetingId)>,
        limit: u32,
    ) -> Result<Vec<LifeMeeting>, StorageError> {
        let mut conditions = Conditions::default();
        if filter.mine {
            conditions.and(TAKES_PART, [scope.account_id().to_string().into()]);
        } else {
            conditions.and_looked_over(scope);
        }
        conditions.and_organisation(filter.organisation.as_ref());
        if let Some(year) = filter.year {
            conditions.and("l.year = ?", [i64::from(year).into()]);
        }
        if let Some((phase, now)) = filter.phase {
            in_phase(&mut conditions, phase, now);
        }
        if let Some((created_at, id)) = before {
            conditions.and_before(("l.created_at", "l.id"), (created_at, id.to_string()));
        }
        let sql = format!(
            "{}{} ORDER BY l.created_at DESC, l.id DESC LIMIT {limit}",
            rows::selected(),
            conditions.to_where()
        );
        let found = conditions.query(sql).fetch_all(self.database.readers()).await?;
        found.iter().map(rows::read).collect()
    }

    /// Which one a meeting is linked to. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn linked_to(&self, meeting: MeetingId) -> Result<Option<LifeMeetingId>, StorageError> {
        let sql = "SELECT id FROM life_meetings WHERE committee_meeting_id = $1 \
                   UNION SELECT id FROM life_meetings WHERE members_meeting_id = $1";
        let row = sqlx::query(sql).bind(meeting.to_string()).fetch_optional(self.database.readers()).await?;
        row.map(|row| {
            let id: String = row.try_get("id")?;
            id.parse().map_err(|_| StorageError::corrupt("life_meetings", "id", &id))
        })
        .transpose()
    }
}

const TAKES_PART: &str =
    "EXISTS (SELECT 1 FROM life_participants p WHERE p.life_meeting_id = l.id AND p.account_id = ?)";

/// Adds that it is in a phase: the same rule as [`LifeMeeting::phase`], in SQL.
fn in_phase(conditions: &mut Conditions, phase: Phase, now: Timestamp) {
    let held = "m.state IN ('ended', 'archived')";
    let open = format!("l.reported_at IS NULL AND l.ends_at > ? AND ({held}) IS NOT TRUE");
    match phase {
        Phase::Completed => conditions.and("l.reported_at IS NOT NULL", []),
        Phase::After => conditions.and(&format!("l.reported_at IS NULL AND (l.ends_at <= ? OR {held})"), [now.into()]),
        Phase::During => conditions.and(&format!("{open} AND l.materials_due_at <= ?"), [now.into(), now.into()]),
        Phase::Before => conditions.and(&format!("{open} AND l.materials_due_at > ?"), [now.into(), now.into()]),
    };
}

//! The facts that duties are worked out from, in a few queries for all branches.

use std::collections::HashMap;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::MeetingFacts;
use lianxin_domain::ids::{MeetingId, OrganisationId};
use lianxin_domain::meeting::StateName;
use sqlx::Row as _;

use super::{Duties, parts};
use crate::attendance::voters;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::Cell;

/// A meeting with whose and of which type it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMeeting {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Of which type.
    pub type_code: String,
    /// What counts of it.
    pub facts: MeetingFacts,
}

impl Duties {
    /// How many full members each organisation has on its own roster; one without is left out. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn full_members(
        &self,
        organisations: Option<&[OrganisationId]>,
    ) -> Result<HashMap<OrganisationId, u32>, StorageError> {
        let mut counts = HashMap::new();
        for part in parts(organisations) {
            let mut conditions = Conditions::default();
            conditions.and("status = 'active' AND standing = 'full'", []);
            if let Some(part) = part {
                conditions.and_one_of("organisation_id", part.iter().map(|id| Cell::from(id.to_string())));
            }
            let sql = format!(
                "SELECT organisation_id, COUNT(*) AS number FROM members{} GROUP BY organisation_id",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get("organisation_id")?;
                let number = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
                let corrupt = |_| StorageError::corrupt("members", "organisation_id", &id);
                counts.insert(id.parse().map_err(corrupt)?, number);
            }
        }
        Ok(counts)
    }

    /// The meetings of these types that begin in `[from, until)` and are neither drafts nor cancelled, of `holders` or of
    /// everybody. Who came is counted for those that are over when `votes` says so. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn meetings(
        &self,
        types: &[&str],
        (from, until): (Timestamp, Timestamp),
        holders: Option<&[OrganisationId]>,
        votes: bool,
    ) -> Result<Vec<HeldMeeting>, StorageError> {
        let mut found = Vec::new();
        for part in parts(holders) {
            let conditions = || {
                let mut conditions = Conditions::default();
                conditions.and_one_of("m.type_code", types.iter().map(|code| Cell::from(*code)));
                conditions.and("m.starts_at >= ? AND m.starts_at < ?", [from.into(), until.into()]);
                if let Some(part) = part {
                    conditions.and_one_of("m.organisation_id", part.iter().map(|id| Cell::from(id.to_string())));
                }
                conditions
            };
            let counted = if votes { self.votes(conditions()).await? } else { HashMap::new() };
            let mut conditions = conditions();
            conditions.and("m.state IN ('launched', 'running', 'ended', 'archived')", []);
            // A signature is later than 1970; saying so lets an index answer without reading what was written.
            let sql = format!(
                "SELECT m.id, m.organisation_id, m.type_code, m.state, m.starts_at, m.ends_at, m.ended_at, n.signed_at \
                 FROM meetings m LEFT JOIN meeting_minutes n ON n.id = m.id AND n.signed_at > 0{}",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                // By position: there are tens of thousands.
                let (id, organisation_id, state): (String, String, String) =
                    (row.try_get(0)?, row.try_get(1)?, row.try_get(3)?);
                let corrupt = |column| StorageError::corrupt("meetings", column, &id);
                let time = |index: usize| -> Result<Option<Timestamp>, StorageError> {
                    Ok(row.try_get::<Option<i64>, _>(index)?.map(Timestamp::from_millis))
                };
                let id: MeetingId = id.parse().map_err(|_| corrupt("id"))?;
                let (voting, voting_present) = counted.get(&id).copied().unwrap_or_default();
                found.push(HeldMeeting {
                    organisation_id: organisation_id.parse().map_err(|_| corrupt("organisation_id"))?,
                    type_code: row.try_get(2)?,
                    facts: MeetingFacts {
                        id,
                        state: StateName::parse(&state).ok_or_else(|| corrupt("state"))?,
                        starts_at: Timestamp::from_millis(row.try_get(4)?),
                        ends_at: Timestamp::from_millis(row.try_get(5)?),
                        ended_at: time(6)?,
                        minutes_signed_at: time(7)?,
                        voting,
                        voting_present,
                    },
                });
            }
        }
        Ok(found)
    }

    /// How many with a vote were on each list, and how many of them came, as counted when the meeting ended.
    async fn votes(&self, mut conditions: Conditions) -> Result<HashMap<MeetingId, (u32, u32)>, StorageError> {
        conditions.and("m.state IN ('ended', 'archived')", []);
        let [listed, came] = voters();
        let sql = format!(
            "SELECT m.id, CAST(SUM({listed}) AS BIGINT), CAST(SUM({came}) AS BIGINT) FROM meetings m \
             JOIN attendance_counts c ON c.meeting_id = m.id{} GROUP BY m.id",
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        rows.iter()
            .map(|row| {
                let id: String = row.try_get(0)?;
                let corrupt = |_| StorageError::corrupt("meetings", "id", &id);
                Ok((id.parse().map_err(corrupt)?, (count(row.try_get(1)?), count(row.try_get(2)?))))
            })
            .collect()
    }

    /// Whose meetings these are, each organisation once. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn holders_of(&self, meetings: &[MeetingId]) -> Result<Vec<OrganisationId>, StorageError> {
        let mut holders = Vec::new();
        for part in meetings.chunks(crate::query::MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("id", part.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!("SELECT DISTINCT organisation_id FROM meetings{}", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get(0)?;
                holders.push(id.parse().map_err(|_| StorageError::corrupt("meetings", "organisation_id", &id))?);
            }
        }
        holders.sort_unstable();
        holders.dedup();
        Ok(holders)
    }
}

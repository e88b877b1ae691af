//! Looking over the meetings of a day of an organisation and of all below it: hundreds on one page, each by a row.

mod pump;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::StreamExt as _;
use lianxin_domain::calendar_day::{date_start, day_start, local_date, next_day_start};
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::{MeetingId, OrganisationId};
use lianxin_domain::meeting::{Hall, Meeting, StateName, all_types};
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::error::StorageError;
use lianxin_storage::meetings::Meetings;
use parking_lot::RwLock;
use serde_json::{Value, json};

pub(crate) use self::pump::{SupervisionBell, SupervisionPump};
use crate::command::CommandError;
use crate::directory::{Directories, Directory};
use crate::meeting::MeetingActors;

/// Halls that are looked at side by side.
const AT_ONCE: usize = 64;

/// A meeting as whoever looks over it sees it, and where it belongs.
pub(crate) struct Seen {
    path: TreePath,
    /// Whether it is one of the day that begins then.
    from: Timestamp,
    until: Timestamp,
    draft: bool,
    row: Value,
}

impl Seen {
    /// Whether it belongs on the page of `path` and of the day from `start` to `end`.
    fn is_of(&self, path: &TreePath, (start, end): (Timestamp, Timestamp)) -> bool {
        !self.draft && path.contains(&self.path) && self.from < end && self.until >= start
    }
}

/// The handle.
#[derive(Clone)]
pub struct Supervision {
    clock: Arc<dyn Clock>,
    meetings: MeetingActors,
    stored: Meetings,
    directories: Directories,
    /// Names of types, as of the last whole picture.
    types: Arc<RwLock<HashMap<String, String>>>,
}

impl Supervision {
    /// Over the halls of `meetings`.
    pub fn new(clock: Arc<dyn Clock>, meetings: MeetingActors, stored: Meetings, directories: Directories) -> Self {
        Self { clock, meetings, stored, directories, types: Arc::default() }
    }

    /// The whole page of a day (today when none is named) and the number of the log that it is as of at least.
    ///
    /// # Errors
    /// [`CommandError`] when there is no such organisation, or the database is away.
    pub async fn picture(&self, id: OrganisationId, day: Option<NaiveDate>) -> Result<(Value, u64), CommandError> {
        let directory = self.directories.current();
        let none = || Refusal::not_found("organisation.not_found", "没有找到这个组织");
        let entry = directory.organisations().get(id).ok_or_else(none)?;
        let day = self.day(day);
        let (rows, as_of) = self.rows(&entry.organisation.path, day).await?;
        let items: Vec<Value> = rows.into_values().collect();
        let picture = json!({
            "org_id": id,
            "org_name": entry.organisation.name,
            "date": local_date(day.0).map(|date| date.to_string()),
            "as_of": as_of,
            "items": items,
        });
        Ok((picture, as_of))
    }

    /// From when to when a day is; today when none is named.
    fn day(&self, day: Option<NaiveDate>) -> (Timestamp, Timestamp) {
        let start = day.map_or_else(|| day_start(self.clock.now()), date_start);
        (start, next_day_start(start))
    }

    /// The rows of a page, by meeting.
    async fn rows(
        &self,
        path: &TreePath,
        day: (Timestamp, Timestamp),
    ) -> Result<(HashMap<MeetingId, Value>, u64), CommandError> {
        let away = |error: StorageError| {
            tracing::warn!(error = &error as &dyn std::error::Error, "the meetings of a day cannot be read");
            CommandError::Unavailable
        };
        let types = all_types(&self.stored.types().await.map_err(away)?);
        *self.types.write() = types.into_iter().map(|kind| (kind.code, kind.name)).collect();
        let ids = self.stored.of_day(path, day.0, day.1).await.map_err(away)?;
        let mut read =
            futures_util::stream::iter(ids).map(async |id| (id, self.seen(id).await)).buffer_unordered(AT_ONCE);
        let (mut rows, mut as_of) = (HashMap::new(), 0);
        while let Some((id, seen)) = read.next().await {
            match seen {
                Ok((seen, at)) => {
                    as_of = as_of.max(at);
                    rows.extend(seen.is_of(path, day).then_some((id, seen.row)));
                }
                // Taken away meanwhile.
                Err(CommandError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((rows, as_of))
    }

    async fn seen(&self, id: MeetingId) -> Result<(Seen, u64), CommandError> {
        let own = self.clone();
        let look = move |hall: &Hall, as_of| {
            let meeting = hall.meeting();
            let row = own.row(hall, meeting);
            let seen = Seen {
                path: meeting.organisation_path.clone(),
                from: meeting.plan.starts_at,
                until: meeting.ended_at.unwrap_or(meeting.plan.ends_at).max(meeting.plan.ends_at),
                draft: meeting.state == StateName::Draft,
                row,
            };
            (seen, as_of)
        };
        self.meetings.read(id, look).await
    }

    /// A row of the page. `meeting` is the hall's, or what a command makes of it.
    pub fn row(&self, hall: &Hall, meeting: &Meeting) -> Value {
        let directory = self.directories.current();
        let (plan, tally, marks) = (&meeting.plan, hall.tally(), &meeting.oversight);
        json!({
            "id": meeting.id,
            "topic": plan.topic,
            "type": plan.type_code,
            "type_name": self.types.read().get(&plan.type_code),
            "org_id": meeting.organisation_id,
            "org_name": organisation_name(meeting, &directory),
            "host": plan.host,
            "place": plan.place,
            "mode": plan.mode,
            "starts_at": plan.starts_at,
            "ends_at": plan.ends_at,
            "started_at": meeting.started_at,
            "ended_at": meeting.ended_at,
            "state": meeting.state,
            "expected": tally.expected,
            "present": tally.present,
            "late": tally.late,
            "leave": tally.leave,
            "leave_pending": tally.leave_pending,
            "missing": tally.missing,
            "voters": tally.voters,
            "voters_present": tally.voters_present,
            "quorum": tally.has_quorum(),
            "item": item(meeting),
            "items": plan.agenda.len(),
            "alerts": hall.alerts(self.clock.now()),
            "visits": marks.visits,
            "visited_by": marks.visited.as_ref().map(|mark| &mark.by.name),
            "visited_at": marks.visited.as_ref().map(|mark| mark.at),
            "nudges": marks.nudges,
            "nudged_at": marks.nudged.as_ref().map(|mark| mark.at),
        })
    }
}

fn organisation_name<'a>(meeting: &Meeting, directory: &'a Directory) -> Option<&'a str> {
    directory.organisation(meeting.organisation_id)
}

/// The item that is being dealt with.
fn item(meeting: &Meeting) -> Value {
    let current = meeting.agenda.and_then(|position| {
        let item = meeting.plan.agenda.get(position.index as usize)?;
        let ends_at = meeting.item_ends_at();
        Some(json!({ "index": position.index, "title": item.title, "since": position.since, "ends_at": ends_at }))
    });
    current.unwrap_or_default()
}

//! Looks through a hall that filled, in the stopped server's database: nobody missing, nobody twice.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use lianxin_domain::event::Subject;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::{Hall, LoggedEvent, Meeting, MeetingEvent};
use lianxin_storage::database::Database;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::log::EventLog;
use lianxin_storage::meetings::Meetings;
use serde_json::{Value, json};

use crate::BenchError;
use crate::phones::Crowd;

/// What stands in the database of hall number `index` against what its people were told.
pub async fn check(
    data_dir: &Path,
    index: usize,
    id: MeetingId,
    crowd: &Crowd,
) -> Result<(Value, Vec<String>), BenchError> {
    let database = Database::open(&Dialect::default_url(data_dir)).await?;
    let hall = Meetings::new(database.clone()).hall(id).await?.ok_or("no hall")?;
    let log = EventLog::open(database, String::new()).await?;
    let events = log.of_subject(&Subject::new("meeting", id)).await?;
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("meeting {id}: {what}"));
        }
    };
    let told: HashMap<_, _> = crowd
        .came
        .iter()
        .filter(|(hall, ..)| *hall == index)
        .map(|(_, came, who)| (who.member_id, came.number))
        .collect();
    let present: Vec<_> = hall.attendees().filter(|attendee| attendee.is_present()).collect();
    demand(present.iter().all(|attendee| attendee.presence.len() == 1), "somebody is present more than once");
    demand(present.len() == told.len(), "not as many are present as were told so");
    let as_told = present.iter().all(|attendee| told.get(&attendee.member_id).copied() == attendee.number);
    demand(as_told, "somebody was told another number");
    let mut numbers: Vec<u32> = present.iter().filter_map(|attendee| attendee.number).collect();
    numbers.sort_unstable();
    demand(numbers.iter().copied().eq(1..=u32::try_from(told.len())?), "the numbers are not 1 to the last, each once");
    let tally = *hall.tally();
    demand(tally == hall.recounted(), "the tally is not a recount");
    let mut arrivals = HashSet::new();
    let mut replayed: Option<Hall> = None;
    for event in &events {
        let logged = LoggedEvent::read(&event.kind, &event.data).ok_or("an event that cannot be read")?;
        match (&logged.event, &mut replayed) {
            (MeetingEvent::Created { plan }, None) => {
                let from = hall.meeting();
                let place = (from.organisation_id, from.organisation_path.clone());
                let by = from.created_by.clone();
                let draft = Meeting::draft(id, from.serial, place, by, event.at, (**plan).clone());
                replayed = Some(Hall::new(draft, []));
            }
            (event_of, Some(replayed)) => {
                if let MeetingEvent::SignedIn { member_id, .. } = event_of {
                    demand(arrivals.insert(*member_id), "somebody's arrival is twice in the log");
                }
                replayed.apply(event_of, event.at);
            }
            (_, None) => demand(false, "the log does not begin with the plan"),
        }
    }
    let replayed = replayed.ok_or("an empty log")?;
    demand(arrivals.len() == told.len(), "the log has not all arrivals");
    demand(*replayed.tally() == tally, "the log gives another tally");
    let same = |attendee| replayed.attendee(attendee).zip(hall.attendee(attendee)).is_some_and(|(a, b)| a == b);
    demand(hall.attendees().all(|attendee| same(attendee.member_id)), "the log gives another list");
    let found = json!({ "present": present.len(), "arrivals_in_the_log": arrivals.len(), "tally": tally });
    Ok((found, wrong))
}

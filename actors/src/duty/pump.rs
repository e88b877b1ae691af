//! Working warnings out anew after changes that matter, of the branches that they touch.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lianxin_domain::event::Event;
use lianxin_domain::ids::{MeetingId, OrganisationId};
use lianxin_storage::error::StorageError;
use tokio::sync::mpsc;

use super::DutyDesk;
use crate::meeting::SUBJECT as MEETING;

/// Notes that wait at a time; beyond it everything is worked out.
const QUEUE: usize = 1_024;
/// Between tries while the database is away.
const AGAIN: Duration = Duration::from_secs(1);
/// What happens to meetings that may settle a duty, or leave it open again.
const MEETING_EVENTS: [&str; 4] = ["meeting.launched", "meeting.cancelled", "meeting.ended", "meeting.minutes_signed"];
/// What may change the duties of all branches.
const ALL_EVENTS: [&str; 3] = ["duty_rule.", "calendar.", "organisation.moved"];

/// What was touched.
#[derive(Debug, Default)]
struct Touched {
    all: bool,
    meetings: HashSet<MeetingId>,
    organisations: HashSet<OrganisationId>,
}

/// Notes what was committed, for a [`DutyPump`].
#[derive(Debug, Clone)]
pub struct DutyBell {
    told: mpsc::Sender<Touched>,
    missed: Arc<AtomicBool>,
}

impl DutyBell {
    /// Notes what these events touch. Never waits.
    pub fn note(&self, events: &[Arc<Event>]) {
        let mut touched = Touched::default();
        for event in events {
            touched.note(event);
        }
        if !touched.is_empty() && self.told.try_send(touched).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }
}

impl Touched {
    fn note(&mut self, event: &Event) {
        if ALL_EVENTS.iter().any(|kind| event.kind.starts_with(kind)) {
            self.all = true;
        } else if event.subject.kind == MEETING && MEETING_EVENTS.contains(&event.kind.as_str()) {
            self.meetings.extend(event.subject.id.parse::<MeetingId>());
        } else if event.subject.kind == "organisation" {
            self.organisations.extend(event.subject.id.parse::<OrganisationId>());
        }
    }

    fn is_empty(&self) -> bool {
        !self.all && self.meetings.is_empty() && self.organisations.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.all |= other.all;
        self.meetings.extend(other.meetings);
        self.organisations.extend(other.organisations);
    }
}

/// Works out what was touched.
pub struct DutyPump {
    desk: DutyDesk,
    told: mpsc::Receiver<Touched>,
    missed: Arc<AtomicBool>,
}

impl DutyPump {
    /// Over `desk`, with what tells it.
    pub fn new(desk: DutyDesk) -> (Self, DutyBell) {
        let (sender, told) = mpsc::channel(QUEUE);
        let missed = Arc::new(AtomicBool::new(false));
        let bell = DutyBell { told: sender, missed: Arc::clone(&missed) };
        (Self { desk, told, missed }, bell)
    }

    /// Runs until nobody can tell it anything any more. What is noted meanwhile is worked out together.
    pub async fn run(mut self) {
        while let Some(mut touched) = self.told.recv().await {
            while let Ok(more) = self.told.try_recv() {
                touched.add(more);
            }
            touched.all |= self.missed.swap(false, Ordering::AcqRel);
            while let Err(error) = self.work_out(&touched).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "duties cannot be worked out now");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn work_out(&self, touched: &Touched) -> Result<(), StorageError> {
        if touched.all {
            return self.desk.recompute(None).await.map(drop);
        }
        let meetings: Vec<MeetingId> = touched.meetings.iter().copied().collect();
        let holders = self.desk.duties.holders_of(&meetings).await?;
        let directory = self.desk.directories.current();
        let tree = directory.organisations();
        // A group's duties are looked after by its branch; one that is gone is named as it was.
        let branch = |id: OrganisationId| {
            let entry = tree.get(id);
            let above = entry.and_then(|entry| tree.get(entry.parent_id?));
            above.filter(|above| above.organisation.kind.is_branch()).map_or(id, |above| above.organisation.id)
        };
        let mut branches: Vec<OrganisationId> =
            holders.into_iter().chain(touched.organisations.iter().copied()).map(branch).collect();
        branches.sort_unstable();
        branches.dedup();
        self.desk.recompute(Some(&branches)).await.map(drop)
    }
}

//! What changes on the pages of those who look over meetings, sent twice a second: of each row only what is new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Event;
use lianxin_domain::ids::{MeetingId, OrganisationId};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::{Seen, Supervision};
use crate::command::CommandError;
use crate::hub::{Hub, Topic, changes_frame};
use crate::meeting::SUBJECT;

/// Between two messages of one page: what is on it is a second old at most, with what it takes to read the halls.
const INTERVAL: Duration = Duration::from_millis(500);
/// After so long a page is looked through as a whole: alerts come with time alone, and midnight brings other meetings.
const WHOLE: Duration = Duration::from_secs(30);

/// Tells the pump of what was committed.
#[derive(Clone)]
pub(crate) struct SupervisionBell(mpsc::UnboundedSender<MeetingId>);

impl SupervisionBell {
    /// Notes whose rows may have changed; nothing while nobody looks.
    pub(crate) fn note(&self, hub: &Hub, events: &[Arc<Event>]) {
        let mut changed = events.iter().filter(|event| event.subject.kind == SUBJECT).peekable();
        if changed.peek().is_none() || hub.watched().supervised().is_empty() {
            return;
        }
        for id in changed.filter_map(|event| event.subject.id.parse().ok()) {
            let _ = self.0.send(id);
        }
    }
}

/// A page that somebody looks at.
struct Page {
    day: (Timestamp, Timestamp),
    /// The rows as they were sent.
    rows: HashMap<MeetingId, Value>,
    whole_at: Instant,
}

/// Keeps pages up to date.
pub(crate) struct SupervisionPump {
    hub: Hub,
    supervision: Supervision,
    told: mpsc::UnboundedReceiver<MeetingId>,
    pages: HashMap<OrganisationId, Page>,
    as_of: u64,
}

impl SupervisionPump {
    pub(crate) fn new(hub: Hub, supervision: Supervision) -> (Self, SupervisionBell) {
        let (bell, told) = mpsc::unbounded_channel();
        (Self { hub, supervision, told, pages: HashMap::new(), as_of: 0 }, SupervisionBell(bell))
    }

    /// Runs until nobody can tell it anything any more.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changed = HashSet::new();
        loop {
            tokio::select! {
                told = self.told.recv() => match told {
                    Some(id) => {
                        changed.insert(id);
                    }
                    None => return,
                },
                _ = ticks.tick() => changed = self.turn(std::mem::take(&mut changed)).await,
            }
        }
    }

    /// Brings all pages up to date; answers what could not be read now.
    async fn turn(&mut self, changed: HashSet<MeetingId>) -> HashSet<MeetingId> {
        let watched = self.hub.watched().supervised();
        self.pages.retain(|id, _| watched.contains(id));
        let (mut seen, mut later) = (HashMap::new(), HashSet::new());
        if watched.is_empty() {
            return later;
        }
        for id in changed {
            match self.supervision.seen(id).await {
                Ok((found, as_of)) => {
                    self.as_of = self.as_of.max(as_of);
                    seen.insert(id, Some(found));
                }
                // Taken away.
                Err(CommandError::Refused(_)) => {
                    seen.insert(id, None);
                }
                Err(_) => {
                    later.insert(id);
                }
            }
        }
        for id in watched {
            self.page(id, &seen).await;
        }
        later
    }

    async fn page(&mut self, id: OrganisationId, seen: &HashMap<MeetingId, Option<Seen>>) {
        let directory = self.supervision.directories.current();
        let Some(entry) = directory.organisations().get(id) else { return };
        let (path, day) = (&entry.organisation.path, self.supervision.day(None));
        let known = self.pages.get(&id);
        let fresh = known.filter(|page| page.day == day && page.whole_at.elapsed() < WHOLE);
        let mut rows = HashMap::new();
        if fresh.is_some() {
            let of_page = |found: &&Seen| found.is_of(path, day);
            rows.extend(seen.iter().map(|(id, found)| {
                let row = found.as_ref().filter(of_page).map(|found| found.row.clone());
                (*id, row)
            }));
        } else {
            let Ok((whole, as_of)) = self.supervision.rows(path, day).await else { return };
            self.as_of = self.as_of.max(as_of);
            let gone = known.iter().flat_map(|page| page.rows.keys()).filter(|id| !whole.contains_key(id));
            rows.extend(gone.map(|id| (*id, None)));
            rows.extend(whole.into_iter().map(|(id, row)| (id, Some(row))));
        }
        let whole_at = fresh.map_or_else(Instant::now, |page| page.whole_at);
        let page = self.pages.entry(id).or_insert_with(|| Page { day, rows: HashMap::new(), whole_at });
        (page.day, page.whole_at) = (day, whole_at);
        if let Some(changes) = page.take(rows) {
            let topic = Topic::Supervision(id);
            self.hub.publish_changes(topic, Arc::new(changes_frame(topic, &changes, self.as_of)));
        }
    }
}

impl Page {
    /// Takes new rows over, nothing for those that are not of the page; answers what changed.
    fn take(&mut self, rows: HashMap<MeetingId, Option<Value>>) -> Option<Value> {
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        for (id, row) in rows {
            match row {
                Some(row) => {
                    changed.extend(difference(self.rows.get(&id), &row));
                    self.rows.insert(id, row);
                }
                None if self.rows.remove(&id).is_some() => removed.push(id),
                None => {}
            }
        }
        (!changed.is_empty() || !removed.is_empty()).then(|| json!({ "changed": changed, "removed": removed }))
    }
}

/// The members of a row that are not as they were, with its id; all of a row that is new.
fn difference(before: Option<&Value>, after: &Value) -> Option<Value> {
    let (Some(Value::Object(before)), Value::Object(after)) = (before, after) else { return Some(after.clone()) };
    let differs = |(name, value): &(&String, &Value)| before.get(*name) != Some(*value);
    let mut changed: Map<String, Value> =
        after.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect();
    if changed.is_empty() {
        return None;
    }
    changed.insert("id".to_owned(), after.get("id").cloned().unwrap_or_default());
    Some(Value::Object(changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_row_only_what_changed_is_told() {
        let before = json!({ "id": "a", "present": 3, "alerts": ["no_quorum"], "topic": "党课" });
        assert_eq!(difference(None, &before), Some(before.clone()));
        assert_eq!(difference(Some(&before), &before), None);
        let after = json!({ "id": "a", "present": 4, "alerts": [], "topic": "党课" });
        assert_eq!(difference(Some(&before), &after), Some(json!({ "id": "a", "present": 4, "alerts": [] })));
    }
}

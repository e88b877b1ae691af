//! Which paired screens have a live connection to this process, and when others were last there. Noted in memory and
//! written by the housekeeping now and then: a screen that comes and goes costs no commit of its own. Of those at other nodes
//! what those wrote is known.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::ScreenId;
use lianxin_storage::change::Change;
use lianxin_storage::journal::{CommitError, Journal};
use lianxin_storage::screens::Screens;
use parking_lot::Mutex;

/// What was written within it is true of now: nodes write every minute.
const NOTED_MS: i64 = 90_000;

#[derive(Default)]
struct Here {
    connections: HashMap<ScreenId, usize>,
    /// When those were seen of which no row says so yet.
    unwritten: HashMap<ScreenId, Timestamp>,
}

/// The screens that are there.
#[derive(Clone)]
pub struct Presence {
    clock: Arc<dyn Clock>,
    has_neighbours: bool,
    here: Arc<Mutex<Here>>,
}

/// One connection of a screen, while it lives.
pub struct Present {
    presence: Presence,
    id: ScreenId,
}

impl Presence {
    /// Nobody is there; there may be other nodes.
    pub fn new(clock: Arc<dyn Clock>, has_neighbours: bool) -> Self {
        Self { clock, has_neighbours, here: Arc::default() }
    }

    /// Whether there may be other nodes.
    pub const fn has_neighbours(&self) -> bool {
        self.has_neighbours
    }

    /// A screen has connected.
    pub fn enter(&self, id: ScreenId) -> Present {
        let mut here = self.here.lock();
        *here.connections.entry(id).or_default() += 1;
        here.unwritten.insert(id, self.clock.now());
        Present { presence: self.clone(), id }
    }

    /// Whether a screen has a connection, `written` being when the database says that it was last there: other nodes write
    /// that every minute.
    pub fn is_online(&self, id: ScreenId, written: Option<Timestamp>) -> bool {
        let here = self.here.lock();
        let left = here.unwritten.get(&id).copied();
        let elsewhere =
            written.is_some_and(|at| self.clock.now().since(at) < NOTED_MS && left.is_none_or(|left| left < at));
        here.connections.contains_key(&id) || (self.has_neighbours && elsewhere)
    }

    /// When a screen was last there, `written` being what the database says.
    pub fn last_seen(&self, id: ScreenId, written: Option<Timestamp>) -> Option<Timestamp> {
        let here = self.here.lock();
        if here.connections.contains_key(&id) {
            return Some(self.clock.now());
        }
        here.unwritten.get(&id).copied().max(written)
    }

    /// Writes down who left or came since the last time; with `all`, also who is still there.
    ///
    /// # Errors
    /// [`CommitError`] when the journal is not available; what was not written is kept for the next time.
    pub async fn write_down(&self, journal: &Journal, all: bool) -> Result<(), CommitError> {
        let now = self.clock.now();
        let seen = {
            let mut here = self.here.lock();
            let mut seen = std::mem::take(&mut here.unwritten);
            if all {
                seen.extend(here.connections.keys().map(|id| (*id, now)));
            }
            seen
        };
        if seen.is_empty() {
            return Ok(());
        }
        let mut change = Change::new(now, None, None);
        change.writes = seen.iter().map(|(id, at)| Screens::seen(*id, *at)).collect();
        let written = journal.commit(change).await;
        if written.is_err() {
            let mut here = self.here.lock();
            for (id, at) in seen {
                here.unwritten.entry(id).or_insert(at);
            }
        }
        written.map(drop)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut here = self.presence.here.lock();
        let now = self.presence.clock.now();
        here.unwritten.insert(self.id, now);
        if let Some(connections) = here.connections.get_mut(&self.id) {
            *connections -= 1;
            if *connections == 0 {
                here.connections.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lianxin_domain::clock::ManualClock;
    use lianxin_domain::ids::EntityId as _;

    use super::*;

    #[test]
    fn a_screen_is_there_as_long_as_one_of_its_connections() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        let presence = Presence::new(clock.clone(), false);
        let id = ScreenId::from_uuid(Default::default());
        let written = Some(Timestamp::from_millis(500));
        assert_eq!((presence.is_online(id, written), presence.last_seen(id, written)), (false, written));
        let (first, second) = (presence.enter(id), presence.enter(id));
        clock.set(Timestamp::from_millis(5_000));
        assert_eq!(presence.last_seen(id, None), Some(Timestamp::from_millis(5_000)));
        drop(first);
        assert!(presence.is_online(id, written));
        drop(second);
        clock.set(Timestamp::from_millis(9_000));
        assert!(!presence.is_online(id, written));
        assert_eq!(presence.last_seen(id, written), Some(Timestamp::from_millis(5_000)));
    }

    #[test]
    fn a_screen_at_another_node_is_there_while_that_node_says_so() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000_000)));
        let id = ScreenId::from_uuid(Default::default());
        let written = |ago: i64| Some(Timestamp::from_millis(1_000_000 - ago));
        let presence = Presence::new(clock.clone(), true);
        assert!(presence.is_online(id, written(60_000)));
        assert!(!presence.is_online(id, written(NOTED_MS)));
        assert!(!presence.is_online(id, None));
        // It was here, later than what is written, and left.
        drop(presence.enter(id));
        assert!(!presence.is_online(id, written(1_000)));
        assert!(!Presence::new(clock, false).is_online(id, written(1_000)), "alone, one knows better");
    }
}

//! Who is behind a token, a person or a screen: remembered for a short while, forgotten at once when the log says that something changed.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_actors::follower::Listener;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::{AccountId, ScreenId, SessionId};
use lianxin_storage::error::StorageError;
use lianxin_storage::screens::{Screen, Screens};
use lianxin_storage::sessions::{LiveSession, Sessions};
use parking_lot::RwLock;

use super::Viewer;
use super::tokens::{is_screens, token_hash};

/// How long a session or a screen is remembered without asking again.
const REMEMBERED_MS: i64 = 60_000;
/// How long one that was remembered holds on, when the database is away: nobody can end it either, and what lives in memory
/// can go on being shown.
const HOLDS_ON_MS: i64 = 5_000;
/// Sessions, and screens, remembered at most.
const CAPACITY: usize = 50_000;

#[derive(Default)]
struct Memory {
    sessions: HashMap<String, (Arc<LiveSession>, Timestamp)>,
    screens: HashMap<String, (Arc<Screen>, Timestamp)>,
    /// Grows with every forgetting, so that nothing read before it is remembered after it.
    generation: u64,
}

/// Finds the caller behind a token.
pub struct Callers {
    clock: Arc<dyn Clock>,
    sessions: Sessions,
    screens: Screens,
    memory: RwLock<Memory>,
}

impl Callers {
    /// Over `sessions` and `screens`.
    pub fn new(clock: Arc<dyn Clock>, sessions: Sessions, screens: Screens) -> Self {
        Self { clock, sessions, screens, memory: RwLock::default() }
    }

    /// Who is behind a token, as far as memory knows.
    pub fn remembered(&self, token: &str) -> Option<Viewer> {
        let (hash, now) = (token_hash(token), self.clock.now());
        let memory = self.memory.read();
        if is_screens(token) {
            let (screen, _) = memory.screens.get(&hash).filter(|(_, until)| now < *until)?;
            return Some(Viewer::Screen(Arc::clone(screen)));
        }
        let (session, _) = memory.sessions.get(&hash).filter(|(_, until)| now < *until)?;
        Some(Viewer::Person(Arc::clone(session)))
    }

    /// Who is behind a token, a person or a screen.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn viewer(&self, token: &str) -> Result<Option<Viewer>, StorageError> {
        if is_screens(token) {
            return Ok(self.find_screen(token).await?.map(Viewer::Screen));
        }
        Ok(self.find(token).await?.map(Viewer::Person))
    }

    /// The session of a token; nothing when it is over or never was.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn find(&self, token: &str) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let hash = token_hash(token);
        let now = self.clock.now();
        let (generation, before) = {
            let memory = self.memory.read();
            match memory.sessions.get(&hash) {
                Some((session, until)) if now < *until => return Ok(Some(Arc::clone(session))),
                before => (memory.generation, before.map(|(session, _)| Arc::clone(session))),
            }
        };
        let (session, remembered_ms) = match (self.sessions.find(&hash, now).await, before) {
            (Ok(None), _) => return Ok(None),
            (Ok(Some(session)), _) => (Arc::new(session), REMEMBERED_MS),
            (Err(StorageError::Unavailable(_)), Some(before)) if now < before.expires_at => (before, HOLDS_ON_MS),
            (Err(error), _) => return Err(error),
        };
        let mut memory = self.memory.write();
        if memory.generation == generation {
            if memory.sessions.len() >= CAPACITY {
                memory.sessions.retain(|_, (_, until)| now < *until);
            }
            let until = session.expires_at.min(now.plus_millis(remembered_ms));
            memory.sessions.insert(hash, (Arc::clone(&session), until));
        }
        Ok(Some(session))
    }

    /// The screen of a token; nothing when it was released, waited in vain or never was.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn find_screen(&self, token: &str) -> Result<Option<Arc<Screen>>, StorageError> {
        let hash = token_hash(token);
        let now = self.clock.now();
        let (generation, before) = {
            let memory = self.memory.read();
            match memory.screens.get(&hash) {
                Some((screen, until)) if now < *until => return Ok(Some(Arc::clone(screen))),
                before => (memory.generation, before.map(|(screen, _)| Arc::clone(screen))),
            }
        };
        let holds = |screen: &Screen| screen.ends_at().is_none_or(|end| now < end);
        let (screen, remembered_ms) = match (self.screens.by_token(&hash, now).await, before) {
            (Ok(None), _) => return Ok(None),
            (Ok(Some(screen)), _) => (Arc::new(screen), REMEMBERED_MS),
            (Err(StorageError::Unavailable(_)), Some(before)) if holds(&before) => (before, HOLDS_ON_MS),
            (Err(error), _) => return Err(error),
        };
        let mut memory = self.memory.write();
        if memory.generation == generation {
            if memory.screens.len() >= CAPACITY {
                memory.screens.retain(|_, (_, until)| now < *until);
            }
            let until = now.plus_millis(remembered_ms);
            let until = screen.ends_at().map_or(until, |end| end.min(until));
            memory.screens.insert(hash, (Arc::clone(&screen), until));
        }
        Ok(Some(screen))
    }

    fn forget(&self, which: impl Fn(&LiveSession) -> bool) {
        let mut memory = self.memory.write();
        memory.generation += 1;
        memory.sessions.retain(|_, (session, _)| !which(session));
    }
}

impl Listener for Callers {
    fn account_changed(&self, id: AccountId) {
        self.forget(|session| session.caller.account_id == id);
    }

    fn session_ended(&self, id: SessionId) {
        self.forget(|session| session.caller.session_id == id);
    }

    fn organisations_moved(&self) {
        self.forget(|session| session.caller.membership.is_some() || !session.caller.organisation_roles.is_empty());
    }

    fn screen_changed(&self, id: ScreenId) {
        let mut memory = self.memory.write();
        memory.generation += 1;
        memory.screens.retain(|_, (screen, _)| screen.id != id);
    }
}

//! What a screen can show, and who may let it: whoever may look at that target.

use std::sync::Arc;

use lianxin_actors::directory::Directories;
use lianxin_domain::access::Caller;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::screen::ScreenTarget;
use lianxin_storage::error::StorageError;

use crate::api::meetings::{MeetingRights, Standing};

/// A target that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What people call it.
    pub title: String,
}

/// Answers for every kind of target whether it exists and who may show it.
#[derive(Clone)]
pub struct ScreenTargets {
    directories: Directories,
    meetings: MeetingRights,
}

impl ScreenTargets {
    /// Over grids and meetings.
    pub const fn new(directories: Directories, meetings: MeetingRights) -> Self {
        Self { directories, meetings }
    }

    /// The target, when it exists and `caller` may show it on a screen.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn for_caller(&self, caller: &Caller, target: ScreenTarget) -> Result<Option<Shown>, StorageError> {
        match target {
            ScreenTarget::Board(id) => {
                let directory = self.directories.current();
                let entry = directory.get(id).filter(|entry| caller.scope().sees_grid(&entry.grid.path));
                Ok(entry.map(|entry| Shown { title: entry.full_name.clone() }))
            }
            ScreenTarget::Meeting(id) => Ok(self.meeting_for_caller(caller, id).await),
        }
    }

    /// The target as its screen itself names it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn for_screen(&self, target: ScreenTarget) -> Result<Option<Shown>, StorageError> {
        match target {
            ScreenTarget::Board(id) => {
                Ok(self.directories.current().get(id).map(|entry| Shown { title: entry.full_name.clone() }))
            }
            ScreenTarget::Meeting(id) => Ok(self.meeting_for_screen(id).await),
        }
    }

    /// Whoever runs a meeting shows it, also when it is over: its screen stays theirs to take over or release.
    async fn meeting_for_caller(&self, caller: &Caller, id: MeetingId) -> Option<Shown> {
        let standing = self.meetings.standing(&Arc::new(caller.clone()), id).await;
        if !matches!(standing, Ok(Standing::Manages)) {
            return None;
        }
        self.meeting_for_screen(id).await
    }

    async fn meeting_for_screen(&self, id: MeetingId) -> Option<Shown> {
        self.meetings.topic_of(id).await.map(|title| Shown { title })
    }
}

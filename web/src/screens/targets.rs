//! What a screen can show, and who may let it: whoever may look at that target.

use lianxin_actors::directory::Directories;
use lianxin_domain::access::Caller;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::screen::ScreenTarget;
use lianxin_storage::error::StorageError;

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
}

impl ScreenTargets {
    /// Over the grids.
    pub const fn new(directories: Directories) -> Self {
        Self { directories }
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
            ScreenTarget::Meeting(id) => self.meeting_for_caller(caller, id).await,
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
            ScreenTarget::Meeting(id) => self.meeting_for_screen(id).await,
        }
    }

    /// There are no meetings yet.
    #[expect(clippy::unused_async, reason = "a meeting is looked up in the database")]
    async fn meeting_for_caller(&self, _caller: &Caller, _id: MeetingId) -> Result<Option<Shown>, StorageError> {
        Ok(None)
    }

    /// There are no meetings yet.
    #[expect(clippy::unused_async, reason = "a meeting is looked up in the database")]
    async fn meeting_for_screen(&self, _id: MeetingId) -> Result<Option<Shown>, StorageError> {
        Ok(None)
    }
}

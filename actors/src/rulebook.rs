//! The rulebook: the service levels and the calendar that hold now, in memory, because every decision needs them.
//!
//! A [`TimeRules`] is one moment's picture; [`Rulebook`] swaps in a new one when the log says that they changed.

use std::sync::Arc;

use lianxin_domain::calendar::{WorkingCalendar, known_notices};
use lianxin_domain::service_level::{InitialLimits, ServiceLevels, TimeRules};
use lianxin_storage::error::StorageError;
use lianxin_storage::rules::Rules;
use parking_lot::RwLock;
use tokio::sync::Mutex;

/// Gives out the present [`TimeRules`].
#[derive(Clone)]
pub struct Rulebook {
    current: Arc<RwLock<Arc<TimeRules>>>,
    rules: Rules,
    initial: InitialLimits,
    /// One reading at a time: the last to begin is the last to end, so an older picture never replaces a newer one.
    reading: Arc<Mutex<()>>,
}

impl Rulebook {
    /// Loads the rules; where nobody stated any, `initial` and the calendar with the notices that this program knows hold.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn load(rules: Rules, initial: InitialLimits) -> Result<Self, StorageError> {
        let book = Self { current: Arc::default(), rules, initial, reading: Arc::default() };
        book.reload().await?;
        Ok(book)
    }

    /// What holds now.
    pub fn current(&self) -> Arc<TimeRules> {
        Arc::clone(&self.current.read())
    }

    /// Reads the rules anew.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails; what held goes on holding.
    pub async fn reload(&self) -> Result<(), StorageError> {
        let _reading = self.reading.lock().await;
        let levels = self.rules.service_levels().await?;
        let levels = levels.unwrap_or_else(|| ServiceLevels::from(&self.initial));
        let calendar = self.rules.calendar().await?.unwrap_or_else(initial_calendar);
        *self.current.write() = Arc::new(TimeRules { levels, calendar });
        Ok(())
    }
}

/// The usual office hours with the notices that this program knows.
fn initial_calendar() -> WorkingCalendar {
    known_notices().iter().fold(WorkingCalendar::default(), |calendar, notice| calendar.with_notice(notice))
}

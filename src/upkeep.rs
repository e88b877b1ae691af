//! Housekeeping beside the requests.

use std::sync::Arc;
use std::time::Duration;

use crate::core::Core;

/// Between two moves of the write-ahead log into the database file.
const CHECKPOINT: Duration = Duration::from_secs(2);

/// Runs for ever.
pub async fn run(core: Arc<Core>) {
    loop {
        tokio::time::sleep(CHECKPOINT).await;
        if let Err(error) = lianxin_storage::maintenance::checkpoint(&core.database).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log cannot be moved");
        }
    }
}

//! Housekeeping beside the requests: the write-ahead log moves into the database file, what is over is removed.

use std::sync::Arc;
use std::time::Duration;

use lianxin_storage::maintenance::{checkpoint, purge};

use crate::core::Core;

/// Between two moves of the write-ahead log.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// Moves between two removals of what is over: an hour.
const CHECKPOINTS_A_PURGE: u32 = 1_800;

/// Runs for ever.
pub async fn run(core: Arc<Core>) {
    let mut until_purge = 0;
    loop {
        if let Err(error) = checkpoint(&core.database).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log cannot be moved");
        }
        if until_purge == 0 {
            until_purge = CHECKPOINTS_A_PURGE;
            if let Err(error) = purge(&core.database, &core.journal, core.clock.now()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "what is over cannot be removed");
            }
        }
        until_purge -= 1;
        tokio::time::sleep(CHECKPOINT).await;
    }
}

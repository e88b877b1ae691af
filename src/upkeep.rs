//! Housekeeping beside the requests: the write-ahead log moves into the database file, what is over is removed, the boards
//! as a day begins are kept, duties are worked out, and it is noted which screens are there.

use std::sync::Arc;
use std::time::Duration;

use lianxin_actors::duty::DutyDesk;
use lianxin_actors::lease::Held;
use lianxin_domain::calendar_day::next_day_start;
use lianxin_domain::clock::Timestamp;
use lianxin_storage::checkpoints::Checkpoints;
use lianxin_storage::maintenance::{checkpoint, purge};
use lianxin_web::rates::Rates;
use lianxin_web::screens::Presence;

use crate::core::Core;

/// Between two moves of the write-ahead log.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// Moves between two removals of what is over: an hour.
const CHECKPOINTS_A_PURGE: u32 = 1_800;
/// After midnight, until what was decided before it is committed.
const AFTER_MIDNIGHT_MS: i64 = 5_000;
/// Between two tries of what failed.
const AGAIN_MS: i64 = 60_000;

/// Between two looks at which screens came or went.
const NOTE_SCREENS: Duration = Duration::from_secs(60);
/// Looks after which those are noted too that are still there.
const LOOKS_A_ROUND: u32 = 60;

/// Between two looks at whose rates are as new.
const FORGET_VISITORS: Duration = Duration::from_secs(60);

/// Runs for ever.
pub async fn run(core: Arc<Core>, visitors: (Presence, Arc<Rates>), duties: DutyDesk, held: Held) {
    let nightly = judge_duties(&core, &duties, &held);
    let (screens, rates) = (visitors.0, visitors.1);
    let kept = keep_days(&core, &held);
    tokio::join!(tidy(&core, &held), kept, nightly, note_screens(&core, &screens), forget_visitors(&rates));
}

/// Whoever is as if he had never come takes no memory.
async fn forget_visitors(rates: &Rates) {
    loop {
        tokio::time::sleep(FORGET_VISITORS).await;
        rates.forget();
    }
}

/// Works out all warnings of duties at the start, because the night may have been missed, and after every midnight.
async fn judge_duties(core: &Core, duties: &DutyDesk, held: &Held) {
    let mut next = Timestamp::default();
    loop {
        let now = core.clock.now();
        if now >= next && held.is_held() {
            next = match duties.recompute(None).await {
                Ok(done) => {
                    tracing::info!(done.duties, done.changed, "duties were worked out");
                    next_day_start(now).plus_millis(AFTER_MIDNIGHT_MS)
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "duties cannot be worked out");
                    now.plus_millis(AGAIN_MS)
                }
            };
        }
        tokio::time::sleep(CHECKPOINT).await;
    }
}

async fn note_screens(core: &Core, screens: &Presence) {
    let mut looks = 0;
    loop {
        tokio::time::sleep(NOTE_SCREENS).await;
        looks = (looks + 1) % LOOKS_A_ROUND;
        // Other nodes know of a screen here by what is written.
        let all = looks == 0 || screens.has_neighbours();
        if let Err(error) = screens.write_down(&core.journal, all).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "it cannot be noted which screens are there");
        }
    }
}

/// Keeps the boards as each day begins: those that are missing at the start, then one after every midnight.
async fn keep_days(core: &Core, held: &Held) {
    let checkpoints = Checkpoints::new(core.database.clone());
    let mut next = Timestamp::default();
    loop {
        let now = core.clock.now();
        if now >= next && held.is_held() {
            next = match checkpoints.catch_up(&core.journal, now).await {
                Ok(_) => next_day_start(now).plus_millis(AFTER_MIDNIGHT_MS),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the day's boards cannot be kept");
                    now.plus_millis(AGAIN_MS)
                }
            };
        }
        tokio::time::sleep(CHECKPOINT).await;
    }
}

async fn tidy(core: &Core, held: &Held) {
    let mut until_purge = 0;
    loop {
        if let Err(error) = checkpoint(&core.database).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log cannot be moved");
        }
        if until_purge == 0 && held.is_held() {
            until_purge = CHECKPOINTS_A_PURGE;
            if let Err(error) = purge(&core.database, &core.journal, core.clock.now()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "what is over cannot be removed");
            }
        }
        until_purge = until_purge.saturating_sub(1);
        tokio::time::sleep(CHECKPOINT).await;
    }
}

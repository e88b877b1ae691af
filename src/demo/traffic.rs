//! Traffic that plays by itself: residents send, workers accept and complete, leaders nudge, residents rate.

use std::sync::Arc;
use std::time::Duration;

use lianxin_actors::grid::GridActors;
use lianxin_domain::clock::{Clock, Entropy};
use lianxin_domain::ids::IdSource;
use lianxin_domain::ticket::Command;

use super::cast::Cast;
use super::dice::Dice;
use super::gatherings::Gatherings;
use super::stories::{Story, done_note, invent, nudge_note, origin, rating};
use lianxin_actors::directory::Directories;

/// Between two requests, on average.
const PACE: Duration = Duration::from_millis(2_500);

/// What the traffic plays with.
pub struct Stage {
    /// The people.
    pub cast: Arc<Cast>,
    /// The grids.
    pub grids: GridActors,
    /// Where they lie.
    pub directories: Directories,
    /// New ids.
    pub ids: IdSource,
    /// Meetings beside the requests.
    pub gatherings: Gatherings,
}

/// What requests are played with.
struct Requests {
    cast: Arc<Cast>,
    grids: GridActors,
    directories: Directories,
    ids: IdSource,
}

/// Plays for ever.
pub async fn play(stage: Stage, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) {
    let mut seed = [0; 8];
    entropy.fill(&mut seed);
    let mut dice = Dice::new(u64::from_le_bytes(seed) ^ clock.now().millis().unsigned_abs());
    let Stage { cast, grids, directories, ids, gatherings } = stage;
    actix_rt::spawn(gatherings.play(Dice::new(dice.below(u64::MAX >> 33))));
    let stage = Arc::new(Requests { cast, grids, directories, ids });
    loop {
        let directory = stage.directories.current();
        if let Some(story) = invent(&stage.cast, &directory, &stage.ids, &mut dice) {
            let seed = dice.below(u64::MAX >> 33);
            actix_rt::spawn(live(Arc::clone(&stage), story, Dice::new(seed)));
        }
        tokio::time::sleep(PACE.mul_f64(0.3 + 1.4 * dice.fraction())).await;
    }
}

/// One request's life, in seconds instead of hours.
async fn live(stage: Arc<Requests>, story: Story, mut dice: Dice) {
    let Story { grid_id, new, resident } = story;
    let id = new.id;
    if stage.grids.submit(grid_id, new, origin(resident.clone(), &stage.ids)).await.is_err() {
        return;
    }
    pause(2, 12, &mut dice).await;
    let leaders = stage.cast.leaders_above(grid_id);
    if dice.below(4) == 0
        && let Some(leader) = leaders.first()
    {
        let nudge = Command::Nudge { note: Some(nudge_note(&mut dice)) };
        let _ = stage.grids.act(id, nudge, Vec::new(), origin(leader.caller(stage.ids.next()), &stage.ids)).await;
        pause(2, 6, &mut dice).await;
    }
    let workers = stage.cast.workers_of(grid_id);
    let Some(worker) = dice.pick(&workers).map(|person| person.caller(stage.ids.next())) else { return };
    let accepted = stage.grids.act(id, Command::Accept, Vec::new(), origin(worker.clone(), &stage.ids)).await;
    if accepted.is_err() {
        // Somebody at the other end of the demonstration was faster: the request is theirs.
        return;
    }
    pause(5, 30, &mut dice).await;
    let complete = Command::Complete { note: done_note(&mut dice), attachments: Vec::new() };
    let _ = stage.grids.act(id, complete, Vec::new(), origin(worker, &stage.ids)).await;
    pause(3, 20, &mut dice).await;
    let _ = stage.grids.act(id, rating(&mut dice), Vec::new(), origin(resident, &stage.ids)).await;
}

async fn pause(least_s: u64, most_s: u64, dice: &mut Dice) {
    tokio::time::sleep(Duration::from_millis(least_s * 1000 + dice.below((most_s - least_s) * 1000))).await;
}

//! Which plays are played, and what is said of one that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cast::Cast;
use crate::mutation::Mutation;
use crate::world::World;

/// Seeds that once found a defect; they come first.
const KEPT: &str = include_str!("seeds.txt");
/// Plays of an ordinary run.
const SEEDS: u64 = 2_000;
/// Things that happen in a play before it comes to rest.
const STEPS: usize = 220;
/// Plays in which each broken system must be caught.
const ENOUGH: u64 = 200;
/// Lines of the story of a play that fails.
const TOLD: usize = 120;

/// Plays one seed.
fn play(cast: &Cast, seed: u64, mutation: Mutation) -> Result<(), String> {
    let play = || World::new(cast, seed, mutation).play(STEPS);
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|_| Err("it panicked".to_owned()))
}

/// How it came to this.
fn story(cast: &Cast, seed: u64) -> String {
    let mut world = World::new(cast, seed, Mutation::None).traced();
    let _ = catch_unwind(AssertUnwindSafe(|| world.play(STEPS)));
    let trace = world.trace();
    trace[trace.len().saturating_sub(TOLD)..].join("\n")
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

fn seeds() -> Vec<u64> {
    if let Some(seed) = number("LIANXIN_SIMULATION_SEED") {
        return vec![seed];
    }
    let kept =
        KEPT.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|seed| !seed.is_empty());
    let kept = kept.map(|seed| seed.parse().unwrap_or_else(|_| panic!("not a seed: {seed}")));
    kept.chain(1..=number("LIANXIN_SIMULATION_SEEDS").unwrap_or(SEEDS)).collect()
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_and_nothing_happens_twice() {
    let cast = Cast::new();
    for seed in seeds() {
        if let Err(wrong) = play(&cast, seed, Mutation::None) {
            let story = story(&cast, seed);
            panic!(
                "{story}\n\nseed {seed}: {wrong}\nplay it again: LIANXIN_SIMULATION_SEED={seed} cargo test \
                 -p lianxin-actors --test simulation whatever"
            );
        }
    }
}

/// Otherwise a seed that failed would say nothing.
#[test]
fn a_play_is_the_same_whenever_its_seed_is() {
    let cast = Cast::new();
    for seed in 1..=20 {
        let stories = [0, 1].map(|_| {
            let mut world = World::new(&cast, seed, Mutation::None).traced();
            let done = world.play(STEPS);
            (done, world.trace().join("\n"), world.database.log().to_vec())
        });
        assert!(stories[0] == stories[1], "seed {seed}");
    }
}

/// The first seed in whose play the broken system is caught, and by what.
fn caught(mutation: Mutation) -> Option<(u64, String)> {
    let cast = Cast::new();
    (1..=ENOUGH).find_map(|seed| play(&cast, seed, mutation).err().map(|wrong| (seed, wrong)))
}

/// One test for each way to be broken.
macro_rules! caught {
    ($($name:ident: $mutation:ident;)*) => {$(
        #[test]
        fn $name() {
            let caught = caught(Mutation::$mutation);
            println!("{:?}: {caught:?}", Mutation::$mutation);
            assert!(caught.is_some(), "nothing noticed in {ENOUGH} plays");
        }
    )*};
}

caught! {
    who_ignores_the_version_guard_is_caught: VersionGuardIgnored;
    who_leaves_a_limit_behind_its_effect_is_caught: DeadlineKept;
    who_claims_the_key_after_the_commit_is_caught: KeyClaimedLater;
    who_answers_before_the_commit_is_caught: AnsweredBeforeCommit;
    who_lets_a_refusal_take_its_neighbours_is_caught: RefusalFailsNeighbours;
    who_skips_a_gap_is_caught: GapSkipped;
    who_loads_in_two_moments_is_caught: LoadedInTwoMoments;
    who_keeps_older_tickets_is_caught: OlderTicketKept;
    who_does_not_advance_by_what_was_replayed_is_caught: CursorNotAdvanced;
    who_forgets_where_a_quiet_client_was_is_caught: QuietClientForgets;
    who_registers_after_the_snapshot_is_caught: RegisteredAfterSnapshot;
    who_gives_a_number_twice_is_caught: NumbersNotClaimed;
    who_takes_ballots_after_the_close_is_caught: BallotsNotGuarded;
    who_takes_two_ballots_of_one_is_caught: MarksNotUnique;
}

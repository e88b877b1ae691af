//! Boards of the past are the boards that were seen when they were the present.

use std::collections::BTreeMap;
use std::sync::Arc;

use lianxin_actors::hub::board_json;
use lianxin_actors::past::{Past, PastError};
use lianxin_domain::calendar_day::next_day_start;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::{Action, Command, NewTicket, PauseReason, TicketLocation};
use lianxin_domain::tree::TreePath;
use lianxin_storage::checkpoints::Checkpoints;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::support::{DAY, HOUR, MINUTE, Node, World};

const PEOPLE: [&str; 9] = ["w1", "w2", "g", "v", "vd", "t", "c", "r", "r2"];

#[derive(Debug, Clone)]
enum Step {
    Send { group: Index, kind: Index, place: Option<(f64, f64)> },
    Act { ticket: Index, who: Index, action: Action, stars: u8 },
    Pass { ms: i64 },
    ToMidnight { and: i64 },
    KeepDays,
    Restart,
    ChangeLimits { minutes: u32 },
    Staff { leave: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let waits = vec![1, 999, 5 * MINUTE, 40 * MINUTE, 7 * HOUR, 26 * HOUR, 50 * HOUR];
    let place = proptest::option::of((100.0..110.0f64, 20.0..30.0f64));
    let step = prop_oneof![
        6 => (index(), index(), place).prop_map(|(group, kind, place)| Step::Send { group, kind, place }),
        14 => (index(), index(), select(actions()), 1..6u8)
            .prop_map(|(ticket, who, action, stars)| Step::Act { ticket, who, action, stars }),
        6 => select(waits).prop_map(|ms| Step::Pass { ms }),
        2 => select(vec![-1, 0, 1]).prop_map(|and| Step::ToMidnight { and }),
        2 => Just(Step::KeepDays),
        1 => Just(Step::Restart),
        1 => (10..3_000u32).prop_map(|minutes| Step::ChangeLimits { minutes }),
        1 => any::<bool>().prop_map(|leave| Step::Staff { leave }),
    ];
    vec(step, 10..45)
}

/// All that a page offers, and what those do who do not see it.
fn actions() -> Vec<Action> {
    Action::ALL.into_iter().chain([Action::Join, Action::Leave]).collect()
}

fn command(world: &World, action: Action, stars: u8) -> Command {
    let words = "好了".to_owned();
    match action {
        Action::Accept => Command::Accept,
        Action::Complete => Command::Complete { note: words, attachments: Vec::new() },
        Action::Return => Command::Return { reason: words },
        Action::Reassign => Command::Reassign { handler: world.person("w2"), may_handle: true },
        Action::Nudge => Command::Nudge { note: None },
        Action::ReadNudge => Command::ReadNudge,
        Action::Withdraw => Command::Withdraw,
        Action::Rate => Command::Rate { stars, comment: None },
        Action::Reopen => Command::Reopen { reason: words },
        Action::Comment => Command::Comment { text: words, attachments: Vec::new() },
        Action::Pause => Command::Pause { reason: PauseReason::ForceMajeure, note: None },
        Action::Resume => Command::Resume,
        Action::RequestExtension => {
            Command::RequestExtension { limit: Limit::continuous(2, LimitUnit::Hours), reason: words }
        }
        Action::DecideExtension => Command::DecideExtension { approved: stars > 2, note: Some(words) },
        Action::MakeKnown => Command::MakeKnown { text: "路口的路灯不亮".to_owned(), private: false },
        Action::Conceal => Command::Conceal,
        Action::Join => Command::Join { profile_complete: true },
        Action::Leave => Command::Leave,
    }
}

/// What every grid's board showed at a moment, and the number of the log then.
struct Seen {
    head: u64,
    boards: BTreeMap<TreePath, (GridId, Value)>,
    /// Since the process that showed it began, it saw all that its feeds hold.
    whole_feed: bool,
}

struct Story<'w> {
    world: &'w World,
    node: Option<Node<'w>>,
    groups: Vec<GridId>,
    tickets: Vec<TicketId>,
    seen: BTreeMap<Timestamp, Seen>,
    restarted: bool,
}

impl<'w> Story<'w> {
    const fn node(&mut self) -> &mut Node<'w> {
        self.node.as_mut().unwrap()
    }

    async fn step(&mut self, step: &Step) {
        let world = self.world;
        match step {
            Step::Send { group, kind, place } => {
                let kinds = ["suggestion", "dispute", "revitalization", "unknown"];
                let location = place.map(|(lng, lat)| TicketLocation { lng, lat, accuracy_m: None, grid_id: None });
                let kind = kinds[kind.index(kinds.len())].to_owned();
                let new = NewTicket { kind, location, ..world.request("r") };
                let group = self.groups[group.index(self.groups.len())];
                let id = self.node().submit_to(group, new).await;
                self.tickets.push(id);
            }
            Step::Act { ticket, who, action, stars } if !self.tickets.is_empty() => {
                let id = self.tickets[ticket.index(self.tickets.len())];
                // Most are refused, which changes nothing.
                let _ = self.node().act(id, PEOPLE[who.index(PEOPLE.len())], command(world, *action, *stars)).await;
            }
            Step::Act { .. } => {}
            Step::Pass { ms } => self.node().pass(*ms).await,
            Step::ToMidnight { and } => {
                let now = world.clock.now();
                let ms = next_day_start(now).since(now) + and;
                self.node().pass(ms).await;
            }
            Step::KeepDays => {
                let stores = &self.node().stores;
                let checkpoints = Checkpoints::new(stores.database.clone());
                checkpoints.catch_up(&stores.journal, world.clock.now()).await.unwrap();
            }
            Step::Restart => {
                self.node.take().unwrap().stop().await;
                self.node = Some(world.node().await);
                self.restarted = true;
            }
            Step::ChangeLimits { minutes } => {
                let limit = Limit::continuous(*minutes, LimitUnit::Minutes);
                self.node().change_levels(|levels| (levels.accept, levels.finish) = (limit, limit)).await;
            }
            Step::Staff { leave } => self.node().staff(&["w1", "w2", "g"], !leave).await,
        }
    }

    /// Notes what all boards show now; what was noted at the same moment before is past.
    async fn look(&mut self) {
        let (now, whole_feed) = (self.world.clock.now(), !self.restarted);
        let node = self.node();
        node.settle().await;
        let directory = node.directories.current();
        let mut boards = BTreeMap::new();
        for entry in directory.all() {
            let reading = node.grids.board(entry.grid.id, true).await.unwrap();
            let board = board_json(entry.grid.id, &reading, &directory, true);
            boards.insert(entry.grid.path.clone(), (entry.grid.id, board));
        }
        let head = node.stores.log.refresh_head().await.unwrap();
        self.seen.insert(now, Seen { head, boards, whole_feed });
    }

    /// Every board that was seen, made from the log. `all`: no day's beginning is missing.
    async fn look_back(&mut self, all: bool) {
        let clock = Arc::clone(&self.world.clock) as Arc<dyn Clock>;
        let node = self.node.as_ref().unwrap();
        let past = Past::new(clock, Checkpoints::new(node.stores.database.clone()), node.rulebook.clone());
        let directory = node.directories.current();
        for (moment, seen) in &self.seen {
            for (path, (grid_id, board)) in &seen.boards {
                let reading = match past.board(path, *moment).await {
                    Ok(reading) => reading,
                    Err(PastError::NotReady) if !all => continue,
                    Err(error) => panic!("{moment}: {error}"),
                };
                assert_eq!(reading.as_of, seen.head, "{moment}");
                let mut then = board_json(*grid_id, &reading, &directory, true);
                let mut board = board.clone();
                for board in [&mut then, &mut board] {
                    let members = board.as_object_mut().unwrap();
                    // The live board's is that of the last event that concerned it.
                    members.remove("seq");
                    // Those of now.
                    members.remove("staff_total");
                    let times = members["times"].as_object_mut().unwrap();
                    times.remove("accept_limit_s");
                    times.remove("finish_limit_s");
                }
                if !seen.whole_feed {
                    let shown = board["feed"].as_array().unwrap().len();
                    then["feed"].as_array_mut().unwrap().truncate(shown);
                }
                for (name, value) in board.as_object().unwrap() {
                    assert_eq!(&then[name], value, "{name} of the board of {path} at {moment}");
                }
                assert_eq!(then, board, "the board of {path} at {moment}");
            }
        }
    }
}

async fn play(steps: &[Step]) -> usize {
    let world = World::new().await;
    let mut groups: Vec<GridId> = world.more_groups(2).await.into_iter().map(|(id, _)| id).collect();
    groups.extend([world.group(), world.grids[2].0]);
    let node = Some(world.node().await);
    let mut story = Story { world: &world, node, groups, tickets: Vec::new(), seen: BTreeMap::new(), restarted: false };
    for step in steps {
        story.step(step).await;
        story.look().await;
    }
    story.look_back(false).await;
    story.step(&Step::KeepDays).await;
    story.look_back(true).await;
    let stores = &story.node().stores;
    let replayed = lianxin_storage::replay::replay(&stores.database).await.unwrap();
    assert_eq!(replayed.differences, Vec::<String>::new());
    let compared = story.seen.values().map(|seen| seen.boards.len()).sum();
    story.node.take().unwrap().stop().await;
    compared
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_board_of_the_past_is_the_board_that_was_seen_then(steps in steps()) {
        let compared = actix_rt::System::new().block_on(play(&steps));
        prop_assert!(compared > 0);
    }
}

/// The board of the county at `moment`, as an error's name.
async fn refusal(past: &Past, world: &World, moment: Timestamp) -> &'static str {
    match past.board(&world.grids[0].1, moment).await {
        Ok(_) => "a board",
        Err(PastError::Future) => "future",
        Err(PastError::BeforeFirst) => "before the first",
        Err(PastError::NotReady) => "not ready",
        Err(PastError::NotKept) => "not kept",
        Err(PastError::Storage(error)) => panic!("{error}"),
    }
}

#[actix_rt::test]
async fn moments_without_a_board_are_told_apart() {
    let world = World::new().await;
    let mut node = world.node().await;
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let checkpoints = Checkpoints::new(node.stores.database.clone());
    let past = Past::new(clock, checkpoints.clone(), node.rulebook.clone());
    let begin = world.clock.now();
    assert_eq!(refusal(&past, &world, begin).await, "before the first");
    node.send().await;
    assert_eq!(refusal(&past, &world, begin.plus_millis(-1)).await, "before the first");
    assert_eq!(refusal(&past, &world, begin).await, "a board");
    assert_eq!(refusal(&past, &world, begin.plus_millis(1)).await, "future");
    for _ in 0..6 {
        node.pass(DAY).await;
        node.send().await;
    }
    // Too many days for one call, until their beginnings are made.
    let now = world.clock.now();
    assert_eq!(refusal(&past, &world, begin.plus_millis(2 * DAY)).await, "a board");
    assert_eq!(refusal(&past, &world, now).await, "not ready");
    assert_eq!(checkpoints.catch_up(&node.stores.journal, now).await.unwrap(), 6);
    assert_eq!(refusal(&past, &world, now).await, "a board");
    // A quiet year costs nothing.
    world.clock.advance(365 * DAY);
    assert_eq!(checkpoints.catch_up(&node.stores.journal, world.clock.now()).await.unwrap(), 1);
    assert_eq!(refusal(&past, &world, now.plus_millis(300 * DAY)).await, "a board");
    node.stop().await;
}

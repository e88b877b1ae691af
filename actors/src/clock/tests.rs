//! The clock over a real table, with handlers made up for the case.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use lianxin_domain::clock::{Entropy, ManualClock};
use lianxin_domain::ids::IdSource;
use lianxin_storage::change::Change;
use lianxin_storage::database::Database;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_795_241_527_000);
const KIND: &str = "test";

/// Every id differs, which is all that is asked of them.
struct Counter(std::sync::atomic::AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        for (byte, digit) in bytes.iter_mut().zip(number.into_iter().cycle()) {
            *byte = digit;
        }
    }
}

/// What the handler does with what it is told.
#[derive(Clone, Copy, PartialEq)]
enum Effect {
    /// Takes the row away.
    Done,
    /// Says that it is done, and leaves the row.
    Void,
    Failed,
}

/// Remembers what it was told.
struct Handler {
    journal: Journal,
    effect: Cell<Effect>,
    told: RefCell<Vec<Deadline>>,
    at_once: Cell<usize>,
    most_at_once: Cell<usize>,
    heard: Notify,
}

#[async_trait(?Send)]
impl OnDue for Handler {
    async fn due(&self, deadline: &Deadline) -> bool {
        self.told.borrow_mut().push(deadline.clone());
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once.set(self.most_at_once.get().max(self.at_once.get()));
        if self.effect.get() == Effect::Done {
            let mut change = Change::new(START, None, None);
            change.write(Deadlines::delete(deadline.id.clone()));
            self.journal.commit(change).await.unwrap();
        }
        tokio::task::yield_now().await;
        self.at_once.set(self.at_once.get() - 1);
        self.heard.notify_one();
        self.effect.get() != Effect::Failed
    }
}

impl Handler {
    /// What it was told since it was last asked.
    fn told(&self) -> Vec<String> {
        self.told.take().into_iter().map(|deadline| deadline.id).collect()
    }
}

struct World {
    time: Arc<ManualClock>,
    database: Database,
    journal: Journal,
    handler: Rc<Handler>,
    registry: Registry,
    clock: EscalationClock,
    _data: TempDir,
}

impl World {
    async fn new(effect: Effect) -> Self {
        let data = TempDir::new().unwrap();
        let time = Arc::new(ManualClock::at(START));
        let database = Database::open(&format!("sqlite://{}/test.db", data.path().display())).await.unwrap();
        let log = Arc::new(EventLog::open(database.clone(), "test".to_owned()).await.unwrap());
        let ids = IdSource::new(Arc::clone(&time) as Arc<dyn Clock>, Arc::new(Counter(1.into())));
        let (journal, _) = Journal::start(database.clone(), log, ids).await.unwrap();
        let handler = Rc::new(Handler {
            journal: journal.clone(),
            effect: Cell::new(effect),
            told: RefCell::default(),
            at_once: Cell::default(),
            most_at_once: Cell::default(),
            heard: Notify::new(),
        });
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let clock = clock(&time, &database, &handler, metrics);
        Self { time, database, journal, handler, registry, clock, _data: data }
    }

    async fn write(&self, rows: &[Deadline]) {
        let mut change = Change::new(START, None, None);
        for row in rows {
            change.write(Deadlines::put(row));
        }
        self.journal.commit(change).await.unwrap();
    }

    /// Moves time on and answers what is told then.
    async fn after(&mut self, ms: i64) -> Vec<String> {
        self.time.advance(ms);
        self.clock.turn().await;
        self.handler.told()
    }

    fn page(&self) -> String {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry).unwrap();
        page
    }
}

fn clock(time: &Arc<ManualClock>, database: &Database, handler: &Rc<Handler>, metrics: Metrics) -> EscalationClock {
    let handlers: Handlers = vec![(KIND, Rc::clone(handler) as Rc<dyn OnDue>)];
    EscalationClock::new(Arc::clone(time) as Arc<dyn Clock>, Deadlines::new(database.clone()), handlers, metrics)
}

fn row(id: &str, in_ms: i64) -> Deadline {
    let due_at = START.plus_millis(in_ms);
    Deadline { id: id.to_owned(), kind: KIND.to_owned(), subject_id: "s".to_owned(), due_at }
}

#[actix_rt::test]
async fn a_limit_is_told_once_and_not_before_its_end() {
    let mut world = World::new(Effect::Done).await;
    world.write(&[row("b", 1_800_000), row("a", 1_800_000), row("c", 1_800_001)]).await;
    assert_eq!(world.after(1_799_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["a", "b"]);
    assert_eq!(world.after(0).await, [""; 0]);
    assert_eq!(world.after(1).await, ["c"]);
    assert_eq!(world.after(86_400_000).await, [""; 0]);
    assert!(world.page().contains("escalation_fired_total{kind=\"test\",outcome=\"done\"} 3"));
    assert!(world.page().contains("escalation_lateness_seconds_bucket{le=\"0.05\"} 3"));
}

#[actix_rt::test]
async fn what_ended_while_the_node_was_down_is_told_at_its_start_longest_over_first() {
    let mut world = World::new(Effect::Done).await;
    // More than two pages, and the pages' borders within equal times.
    let rows: Vec<Deadline> = (0..2_600).map(|number| row(&format!("{number:05}"), i64::from(number / 700))).collect();
    for rows in rows.chunks(500) {
        world.write(rows).await;
    }
    let told = world.after(7 * 86_400_000).await;
    assert_eq!(told.len(), rows.len());
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), rows.len(), "each once");
    assert!(told.is_sorted());
    assert!(world.handler.most_at_once.get() <= IN_FLIGHT, "{}", world.handler.most_at_once.get());
    assert!(world.page().contains("escalation_lateness_seconds_bucket{le=\"3600.0\"} 0"));
    assert!(world.page().contains("deadlines_armed 0"));
}

#[actix_rt::test]
async fn the_bell_tells_of_what_was_committed_since_the_last_reading() {
    let mut world = World::new(Effect::Done).await;
    assert_eq!(world.after(0).await, [""; 0]);
    let (near, far, past) = (row("near", 20_000), row("far", 60_000), row("past", -1));
    world.write(&[near.clone(), far.clone(), past.clone(), row("unheard", 10_000)]).await;
    for deadline in [near, far, past] {
        world.clock.bell().arm(deadline);
    }
    assert_eq!(world.after(0).await, ["past"]);
    assert!(world.page().contains("deadlines_armed 1"), "what ends behind the window waits in the table");
    assert_eq!(world.after(19_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["near"]);
    assert_eq!(world.after(10_000).await, ["unheard"], "half a window later the table is read");
    assert_eq!(world.after(29_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["far"]);
}

#[actix_rt::test]
async fn what_moves_out_of_reach_is_not_told_at_its_old_time() {
    let mut world = World::new(Effect::Void).await;
    world.write(&[row("waits", 10_000), row("told", 0)]).await;
    assert_eq!(world.after(0).await, ["told"]);
    let bell = world.clock.bell();
    // As within a change of several events: the row seems to stay for a moment, and goes far.
    bell.arm(row("told", 0));
    let moved = [row("waits", 86_400_000), row("told", 70_000)];
    world.write(&moved).await;
    moved.into_iter().for_each(|deadline| bell.arm(deadline));
    assert_eq!(world.after(69_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["told"]);
}

#[actix_rt::test]
async fn a_bell_that_rings_too_often_makes_the_clock_read() {
    let mut world = World::new(Effect::Done).await;
    world.after(0).await;
    let last = row("last", 10);
    world.write(std::slice::from_ref(&last)).await;
    let bell = world.clock.bell();
    for _ in 0..BELL {
        bell.arm(row("far", 86_400_000));
    }
    bell.arm(last);
    assert_eq!(world.after(10).await, ["last"]);
}

#[actix_rt::test]
async fn what_fails_is_told_again_after_growing_pauses_until_it_takes_effect() {
    let mut world = World::new(Effect::Failed).await;
    world.write(&[row("a", 0)]).await;
    assert_eq!(world.after(0).await, ["a"]);
    assert_eq!(world.after(999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["a"]);
    assert_eq!(world.after(1_999).await, [""; 0]);
    world.handler.effect.set(Effect::Done);
    assert_eq!(world.after(1).await, ["a"]);
    assert_eq!(world.after(3_600_000).await, [""; 0]);
    assert!(world.page().contains("outcome=\"failed\"} 2"));
    assert!(world.page().contains("outcome=\"done\"} 1"));
}

#[actix_rt::test]
async fn a_row_that_is_still_there_is_told_again_but_never_in_a_busy_loop() {
    let mut world = World::new(Effect::Void).await;
    world.write(&[row("a", 0)]).await;
    let mut times = 0;
    for _ in 0..6_000 {
        times += world.after(100).await.len();
    }
    // In ten minutes: now, then with every reading, then with every second one once the pause is a minute.
    assert!((8..=21).contains(&times), "{times}");
    world.handler.effect.set(Effect::Done);
    assert_eq!(world.after(120_000).await, ["a"]);
    assert_eq!(world.after(120_000).await, [""; 0]);
}

#[actix_rt::test]
async fn a_kind_that_nobody_handles_disturbs_nobody() {
    let mut world = World::new(Effect::Done).await;
    world.write(&[Deadline { kind: "other".to_owned(), ..row("a", 0) }, row("b", 0)]).await;
    assert_eq!(world.after(0).await, ["b"]);
    assert_eq!(world.after(500).await, [""; 0]);
    assert!(world.page().contains("escalation_fired_total{kind=\"unknown\",outcome=\"unknown\"} 1"));
    assert!(world.page().contains("deadlines_armed 1"));
}

#[actix_rt::test]
async fn while_the_table_cannot_be_read_what_is_known_is_told() {
    let mut world = World::new(Effect::Void).await;
    world.write(&[row("a", 40_000)]).await;
    assert_eq!(world.after(0).await, [""; 0]);
    world.database.readers().close();
    assert_eq!(world.after(39_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["a"]);
}

#[actix_rt::test]
async fn a_clock_that_jumps_loses_nothing_and_tells_nothing_early() {
    let mut world = World::new(Effect::Done).await;
    world.write(&[row("a", 10_000), row("b", 3_600_000), row("c", 3_600_000 + 10_000)]).await;
    assert_eq!(world.after(3_590_000).await, ["a"], "the machine slept");
    assert_eq!(world.after(-3_580_000).await, [""; 0], "the clock is set back");
    world.write(&[row("d", 20_000)]).await;
    assert_eq!(world.after(30_000).await, ["d"]);
    assert_eq!(world.after(3_559_999).await, [""; 0]);
    assert_eq!(world.after(1).await, ["b"]);
    assert_eq!(world.after(10_000).await, ["c"]);
}

#[actix_rt::test]
async fn the_running_clock_hears_the_bell_and_the_time() {
    let world = World::new(Effect::Done).await;
    let World { clock, handler, time, .. } = world;
    let bell = clock.bell();
    let running = actix_rt::spawn(clock.run());
    bell.arm(row("a", -1));
    handler.heard.notified().await;
    bell.arm(row("b", 10_000));
    time.advance(10_000);
    handler.heard.notified().await;
    assert_eq!(handler.told(), ["a", "b"]);
    running.abort();
}

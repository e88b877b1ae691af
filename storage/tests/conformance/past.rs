//! Days' beginnings of all boards, and moments as numbers of the log.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lianxin_domain::board::{AllBoards, BoardFact, BoardLimits, OpenPoint};
use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::{Clock as _, Timestamp};
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use lianxin_storage::checkpoints::Checkpoints;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::json;

use crate::replay::{Step, lives, play};
use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, change_of, request};

mod moments {
    use super::*;

    on_both_as_property!(a_moment_is_the_number_that_reading_the_whole_log_gives, times, [40, 20]);
}

mod beginnings {
    use super::*;

    on_both!(
        an_empty_log_has_no_moments_and_no_days,
        a_long_log_is_halved_to_the_right_number,
        every_day_begins_with_what_the_log_adds_up_to,
        nodes_that_make_a_beginning_at_once_make_one,
        days_without_events_have_no_beginning_of_their_own,
        what_was_archived_does_not_stop_the_days_after_it,
        a_beginning_that_nobody_can_read_is_an_error,
    );
}

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Steps of time and how much each event's own time lags behind.
fn times() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((0..5_000i64, prop_oneof![3 => Just(0), 1 => 0..20_000i64]), 1..60)
}

fn note(at: Timestamp) -> Change {
    let mut change = Change::new(at, None, None);
    change.event("note.made", Subject::new("note", "a"), json!({}));
    change
}

async fn whole_log(store: &Store) -> Vec<Event> {
    let mut events = store.log.before(u64::MAX >> 1, i64::MAX).await.unwrap();
    events.reverse();
    events
}

/// The last event before the first one that happened after `moment`.
fn by_reading(log: &[Event], moment: Timestamp) -> Option<u64> {
    let before = log.iter().take_while(|event| event.at <= moment);
    before.last().map(|event| event.seq)
}

async fn a_moment_is_the_number_that_reading_the_whole_log_gives(
    _: &Fresh,
    store: &Store,
    _: u32,
    times: Vec<(i64, i64)>,
) {
    let mut now = store.clock.now();
    for (step, lag) in &times {
        now = now.plus_millis(*step);
        store.journal.commit(note(now.plus_millis(-lag))).await.unwrap();
    }
    store.clock.set(now);
    let log = whole_log(store).await;
    let checkpoints = Checkpoints::new(store.database.clone());
    let of_events = log.iter().rev().take(times.len()).flat_map(|event| [-1, 0, 1].map(|by| event.at.plus_millis(by)));
    for moment in of_events.chain([Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)]) {
        let found = checkpoints.seq_at(moment).await.unwrap();
        assert_eq!(found, by_reading(&log, moment), "at {moment}");
    }
}

async fn an_empty_log_has_no_moments_and_no_days(fresh: &Fresh) {
    let store = fresh.open().await;
    let checkpoints = Checkpoints::new(store.database.clone());
    assert_eq!(checkpoints.oldest().await.unwrap(), None);
    assert_eq!(checkpoints.seq_at(NOON).await.unwrap(), None);
    assert_eq!(checkpoints.before(NOON, 5).await.unwrap(), None);
    assert_eq!(checkpoints.catch_up(&store.journal, NOON.plus_millis(9 * DAY)).await.unwrap(), 0);
}

async fn a_long_log_is_halved_to_the_right_number(fresh: &Fresh) {
    let store = fresh.open().await;
    // Longer than the stretch in which events may be out of order; three of them happen each second.
    let pending: Vec<_> = (0..9_000_i64).map(|number| (number, note(NOON.plus_millis(number / 3 * 1_000)))).collect();
    for chunk in pending.chunks(1_000) {
        let chunk: Vec<_> = chunk.iter().map(|(_, change)| store.journal.submit(change.clone()).unwrap()).collect();
        for done in join_all(chunk).await {
            done.unwrap();
        }
    }
    let checkpoints = Checkpoints::new(store.database.clone());
    assert_eq!(checkpoints.oldest().await.unwrap(), Some((1, NOON)));
    for second in [0, 1, 2, 3, 1_000, 1_499, 1_500, 2_998, 2_999] {
        let seq = (second as u64 + 1) * 3;
        for (millis, expected) in [(-1, seq.checked_sub(3).filter(|seq| *seq > 0)), (0, Some(seq)), (999, Some(seq))] {
            let moment = NOON.plus_millis(second * 1_000 + millis);
            assert_eq!(checkpoints.seq_at(moment).await.unwrap(), expected, "{second} s and {millis} ms");
        }
    }
    // Gaps, which only a hand at the database makes, do not lead astray.
    fresh.execute("DELETE FROM events WHERE seq BETWEEN 4000 AND 4999 OR seq < 100").await;
    assert_eq!(checkpoints.seq_at(NOON.plus_millis(1_500_000)).await.unwrap(), Some(3_999));
    assert_eq!(checkpoints.seq_at(NOON.plus_millis(1_700_000)).await.unwrap(), Some(5_103));
    assert_eq!(checkpoints.seq_at(NOON.plus_millis(32_999)).await.unwrap(), None);
}

/// All boards at number `until`, from the log.
fn by_folding(log: &[Event], until: u64) -> AllBoards {
    let mut boards = AllBoards::default();
    let facts = log.iter().take_while(|event| event.seq <= until).filter_map(BoardFact::of);
    facts.for_each(|fact| boards.apply(&fact));
    boards.reach(until);
    boards
}

async fn store_all(store: &Store, changes: Vec<Change>) {
    let pending: Vec<_> = changes.into_iter().map(|change| store.journal.submit(change).unwrap()).collect();
    for done in join_all(pending).await {
        done.unwrap();
    }
}

async fn every_day_begins_with_what_the_log_adds_up_to(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut village = Village::new(&store, 1);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut steps: Vec<Step> = Vec::new();
    while steps.len() < 400 {
        steps.extend(lives().new_tree(&mut runner).unwrap().current());
    }
    let (_, changes) = play(&store, &mut village, &steps);
    let checkpoints = Checkpoints::new(store.database.clone());
    // Some are made while the log grows, the others all at once.
    let (early, late) = changes.split_at(changes.len() / 2);
    store_all(&store, early.to_vec()).await;
    let now = early.last().unwrap().at;
    let made = checkpoints.catch_up(&store.journal, now).await.unwrap();
    assert_eq!(checkpoints.catch_up(&store.journal, now).await.unwrap(), 0, "twice");
    store_all(&store, late.to_vec()).await;
    let now = late.last().unwrap().at.plus_millis(DAY);
    let made = made + checkpoints.catch_up(&store.journal, now).await.unwrap();
    assert_eq!(fresh.number("SELECT COUNT(*) FROM board_checkpoints").await, made as i64);

    let log = whole_log(&store).await;
    let mut days: Vec<Timestamp> = log.iter().map(|event| day_start(event.at).plus_millis(DAY)).collect();
    days.dedup();
    assert_eq!(days.len(), made, "one for every day with events");
    assert!(made > 5, "{made}");
    for day in days {
        let until = by_reading(&log, day.plus_millis(-1)).unwrap();
        for moment in [day, day.plus_millis(DAY - 1)] {
            let begin = checkpoints.before(moment, u64::MAX).await.unwrap().unwrap();
            assert_eq!((begin.day, &begin.boards), (day, &by_folding(&log, until)));
        }
        // Neither a later day's nor one beyond the number.
        for (moment, seq) in [(day.plus_millis(-1), until), (day, until - 1)] {
            let before = checkpoints.before(moment, seq).await.unwrap();
            assert!(before.is_none_or(|before| before.day < day));
        }
    }
    assert_is_what_the_tables_say(&store, &by_folding(&log, log.last().unwrap().seq)).await;
}

/// The fold over the whole log is what is stored.
async fn assert_is_what_the_tables_say(store: &Store, boards: &AllBoards) {
    let limits = BoardLimits { accept_s: 0, finish_s: 0 };
    let mut counted: BTreeMap<GridId, Counters> = BTreeMap::new();
    let mut open: BTreeMap<TicketId, OpenPoint> = BTreeMap::new();
    let mut paths: BTreeMap<GridId, TreePath> = BTreeMap::new();
    for ticket in store.tickets.open().await.unwrap() {
        open.insert(ticket.id, OpenPoint::of(&ticket, false));
    }
    for point in open.values() {
        paths.insert(point.grid_id, point.grid_path.clone());
    }
    for (grid, counters) in store.grids.counters().await.unwrap() {
        *counted.entry(grid).or_default() += counters;
    }
    let county = boards.board(&TreePath::root(1), limits, NOON);
    let mut sum = Counters::default();
    counted.values().for_each(|counters| sum += *counters);
    assert_eq!(county.counters(), sum);
    let points: BTreeMap<TicketId, OpenPoint> =
        county.points().iter().map(|point| (point.ticket_id, (**point).clone())).collect();
    assert_eq!(points, open);
    for (grid, path) in paths {
        let leaf = path.level() == 4;
        let board = boards.board(&path, limits, NOON);
        if leaf {
            assert_eq!(board.counters(), counted[&grid]);
        }
        assert_eq!(board.points().len(), open.values().filter(|point| path.contains(&point.grid_path)).count());
    }
}

async fn nodes_that_make_a_beginning_at_once_make_one(fresh: &Fresh) {
    let store = fresh.open().await;
    let other = fresh.open().await;
    let village = Village::new(&store, 1);
    let steps = village.send(request(&store, &village.resident, "一件"), &village.group, NOON);
    store.journal.commit(change_of(&store, None, &steps, NOON)).await.unwrap();
    let [one, two] = [&store, &other].map(|store| Checkpoints::new(store.database.clone()));
    let now = NOON.plus_millis(DAY);
    let (one, two) = tokio::join!(one.catch_up(&store.journal, now), two.catch_up(&other.journal, now));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(fresh.texts("SELECT id FROM board_checkpoints").await, ["2026-11-22"]);
}

async fn days_without_events_have_no_beginning_of_their_own(fresh: &Fresh) {
    let store = fresh.open().await;
    let checkpoints = Checkpoints::new(store.database.clone());
    for days in [0, 3] {
        store.journal.commit(note(NOON.plus_millis(days * DAY))).await.unwrap();
    }
    // 16:00 in UTC is midnight.
    let midnight: Timestamp = "2026-11-21T16:00:00Z".parse().unwrap();
    for (now, expected) in [
        (midnight.plus_millis(-1), 0),
        (midnight, 1),
        (midnight.plus_millis(3 * DAY - 1), 0),
        (midnight.plus_millis(3 * DAY), 1),
        (midnight.plus_millis(300 * DAY), 0),
        // A clock that was put back asks for nothing.
        (NOON, 0),
    ] {
        assert_eq!(checkpoints.catch_up(&store.journal, now).await.unwrap(), expected, "at {now}");
    }
    let ids = fresh.texts("SELECT id FROM board_checkpoints ORDER BY id").await;
    assert_eq!(ids, ["2026-11-22", "2026-11-25"]);
}

async fn what_was_archived_does_not_stop_the_days_after_it(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let checkpoints = Checkpoints::new(store.database.clone());
    let mut changes = Vec::new();
    for day in 0..4 {
        for _ in 0..3 {
            let at = NOON.plus_millis(day * DAY);
            let steps = village.send(request(&store, &village.resident, "一件"), &village.group, at);
            changes.push(change_of(&store, None, &steps, at));
        }
    }
    store_all(&store, changes).await;
    let day = |days: i64| NOON.plus_millis(days * DAY);
    assert_eq!(checkpoints.catch_up(&store.journal, day(2)).await.unwrap(), 2);
    let limits = BoardLimits { accept_s: 0, finish_s: 0 };
    // Up to right behind the last beginning.
    fresh.execute("DELETE FROM events WHERE seq <= 6").await;
    assert_eq!(checkpoints.oldest().await.unwrap(), Some((7, day(2))));
    assert_eq!(checkpoints.catch_up(&store.journal, day(3)).await.unwrap(), 1);
    let begin = checkpoints.before(day(3), 9).await.unwrap().unwrap();
    assert_eq!(begin.boards.board(&TreePath::root(1), limits, NOON).counters().submitted, 9);
    // Beyond the last beginning nothing adds up any more.
    fresh.execute("DELETE FROM events WHERE seq <= 10").await;
    assert_eq!(checkpoints.catch_up(&store.journal, day(9)).await.unwrap(), 0);
    fresh.execute("DELETE FROM board_checkpoints").await;
    assert_eq!(checkpoints.catch_up(&store.journal, day(9)).await.unwrap(), 0);
}

async fn a_beginning_that_nobody_can_read_is_an_error(fresh: &Fresh) {
    let store = fresh.open().await;
    let checkpoints = Checkpoints::new(store.database.clone());
    fresh.execute("INSERT INTO board_checkpoints VALUES ('2026-11-22', 7, 1, '{}')").await;
    let error = checkpoints.before(NOON, 7).await.unwrap_err().to_string();
    assert_eq!(error, "table board_checkpoints, row 2026-11-22: column body is inconsistent");
    assert_eq!(checkpoints.before(NOON, 6).await.unwrap(), None);
}

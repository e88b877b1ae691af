//! Random lives of tickets: what the rules decide is what the database holds, counts and replays.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::GridId;
use lianxin_domain::ticket::{Action, Command, Ticket, TicketEvent};
use lianxin_storage::change::Change;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, change_of, person, picture, request};

on_both_as_property!(random_lives_are_counted_and_replayed, steps, [200, 60]);

#[derive(Debug, Clone)]
enum Step {
    Send { grid: Index, by: Index },
    Act { ticket: Index, by: Index, action: Action },
    Wait { millis: i64 },
    LimitPasses { ticket: Index },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let minute = 60_000;
    let waits = vec![1, 9 * minute, 31 * minute, 25 * 60 * minute, 6 * 24 * 60 * minute];
    let step = prop_oneof![
        2 => (index(), index()).prop_map(|(grid, by)| Step::Send { grid, by }),
        12 => (index(), index(), select(&Action::ALL[..]))
            .prop_map(|(ticket, by, action)| Step::Act { ticket, by, action }),
        3 => select(waits).prop_map(|millis| Step::Wait { millis }),
        2 => index().prop_map(|ticket| Step::LimitPasses { ticket }),
    ];
    vec(step, 1..60)
}

/// One ticket, as it was sent and as it is now.
struct Life {
    sent: Ticket,
    now: Ticket,
}

/// A command of `action` that is right in itself.
fn command(action: Action, store: &Store, village: &Village) -> Command {
    match action {
        Action::Accept => Command::Accept,
        Action::Complete => Command::Complete { note: "办好了".to_owned(), attachments: vec![picture(store.id())] },
        Action::Return => Command::Return { reason: "不归我管".to_owned() },
        Action::Reassign => Command::Reassign { handler: person(&village.colleague), may_handle: true },
        Action::Nudge => Command::Nudge { note: Some("快".to_owned()) },
        Action::ReadNudge => Command::ReadNudge,
        Action::Withdraw => Command::Withdraw,
        Action::Rate => Command::Rate { stars: 4, comment: None },
        Action::Reopen => Command::Reopen { reason: "又坏了".to_owned() },
        Action::Comment => Command::Comment { text: "补充".to_owned(), attachments: Vec::new() },
    }
}

/// Plays the steps in memory; answers the lives and the changes that store them.
fn play(store: &Store, village: &Village, steps: &[Step]) -> (Vec<Life>, Vec<Change>, Timestamp) {
    let places = [&village.group, &village.other_group, &village.village, &village.neighbour];
    let people = [&village.resident, &village.worker, &village.colleague, &village.leader, &village.admin];
    let (mut lives, mut changes, mut now): (Vec<Life>, _, _) = (Vec::new(), Vec::new(), NOON);
    for step in steps {
        match step {
            Step::Wait { millis } => now = now.plus_millis(*millis),
            Step::Send { grid, by } => {
                let new = request(store, people[by.index(people.len())], "路灯坏了");
                let (ticket, event) = village.send(new, places[grid.index(places.len())], now);
                changes.push(change_of(store, None, &ticket, &[event], now));
                let (sent, now) = (ticket.clone(), ticket);
                lives.push(Life { sent, now });
            }
            Step::Act { ticket, by, action } if !lives.is_empty() => {
                let count = lives.len();
                let life = &mut lives[ticket.index(count)];
                let caller = people[by.index(people.len())];
                assert_offered_is_allowed(store, village, &life.now, caller, now);
                let wish = command(*action, store, village);
                if let Ok(events) = village.decide(&life.now, &wish, caller, now) {
                    changes.push(happen(store, life, &events, now));
                }
            }
            Step::LimitPasses { ticket } if !lives.is_empty() => {
                let count = lives.len();
                let life = &mut lives[ticket.index(count)];
                let due = life.now.due.map_or(NOON, |due| due.at);
                now = now.max(due);
                let event = life.now.decide_overdue(due, now);
                if let Some(event) = event {
                    changes.push(happen(store, life, &[event], now));
                }
                assert_eq!(life.now.decide_overdue(due, now), None, "overdue twice");
            }
            Step::Act { .. } | Step::LimitPasses { .. } => {}
        }
    }
    (lives, changes, now)
}

fn happen(store: &Store, life: &mut Life, events: &[TicketEvent], at: Timestamp) -> Change {
    let before = life.now.clone();
    for event in events {
        let version = life.now.version;
        life.now.apply(event, at);
        assert_eq!(life.now.version, version + 1, "{event:?}");
    }
    change_of(store, Some(&before), &life.now, events, at)
}

/// A page offers exactly what the rules would allow.
fn assert_offered_is_allowed(store: &Store, village: &Village, ticket: &Ticket, caller: &Caller, now: Timestamp) {
    let offered = ticket.actions(&caller.standing(&ticket.place()), &village.rules, now);
    for action in Action::ALL {
        let decided = village.decide(ticket, &command(action, store, village), caller, now);
        assert_eq!(offered.contains(&action), decided.is_ok(), "{action:?} by {}: {decided:?}", caller.name);
    }
}

async fn random_lives_are_counted_and_replayed(fresh: &Fresh, store: &Store, case: u32, steps: Vec<Step>) {
    let village = Village::new(store, case);
    let (lives, changes, _) = play(store, &village, &steps);
    // All at once: what follows each other on one ticket meets in one batch.
    let pending: Vec<_> = changes.into_iter().map(|change| store.journal.submit(change).unwrap()).collect();
    for done in join_all(pending).await {
        done.unwrap();
    }

    let mut counted: BTreeMap<GridId, Counters> = BTreeMap::new();
    for life in &lives {
        let stored = store.tickets.get(&Scope::system(), life.now.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&life.now));
        assert_replayed(store, life, &mut counted).await;
        let running = life.now.due.filter(|due| !due.overdue).map(|due| due.at.millis());
        let id = life.now.id;
        let sql = format!("SELECT CAST(due_at AS TEXT) FROM deadlines WHERE id = 'ticket.due:{id}'");
        let deadlines: Vec<i64> = fresh.texts(&sql).await.iter().map(|due| due.parse().unwrap()).collect();
        assert_eq!(deadlines, Vec::from_iter(running));
    }
    let recounted: BTreeMap<_, _> = store.tickets.recount().await.unwrap().into_iter().collect();
    let stored: BTreeMap<_, _> = store.grids.counters().await.unwrap().into_iter().collect();
    for (grid, expected) in counted {
        assert_eq!(recounted.get(&grid), Some(&expected), "recount of {grid}");
        assert_eq!(stored.get(&grid).copied().unwrap_or_default(), expected, "counters of {grid}");
    }
}

/// The events of the log turn the ticket that was sent into the ticket that is, and state what they add to counters.
async fn assert_replayed(store: &Store, life: &Life, counted: &mut BTreeMap<GridId, Counters>) {
    let mut replayed = life.sent.clone();
    let events = store.log.of_subject(&Subject::new("ticket", life.sent.id)).await.unwrap();
    let mut sum = Counters::default();
    for event in &events {
        let happened = TicketEvent::from_log(&event.kind, &event.data).unwrap();
        assert_eq!(happened.kind(), event.kind);
        replayed.apply(&happened, event.at);
        let delta: [i64; 6] = serde_json::from_value(event.data["delta"].clone()).unwrap();
        sum += Counters::from_array(delta);
    }
    assert_eq!(replayed, life.now);
    assert_eq!(events.len(), life.now.version as usize);
    assert_eq!(sum, life.now.counted());
    *counted.entry(life.now.grid_id).or_default() += life.now.counted();
}

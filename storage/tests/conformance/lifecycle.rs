//! Random lives of tickets: what the rules decide is what the database holds, counts and replays.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::GridId;
use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::{Action, Command, PauseReason, Ticket, TicketEvent};
use lianxin_storage::change::Change;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{Fresh, NOON, Store};
use crate::village::{Place, Village, all_actions, change_of, last, person, picture, request, steps_of};

on_both_as_property!(random_lives_are_counted_and_replayed, steps, [200, 60]);

#[derive(Debug, Clone)]
enum Step {
    Send { grid: Index, by: Index },
    Act { ticket: Index, by: Index, action: Action },
    Wait { millis: i64 },
    TimePasses { ticket: Index },
    RulesChange { minutes: u32 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let minute = 60_000;
    let waits = vec![1, 9 * minute, 31 * minute, 25 * 60 * minute, 6 * 24 * 60 * minute];
    let step = prop_oneof![
        2 => (index(), index()).prop_map(|(grid, by)| Step::Send { grid, by }),
        12 => (index(), index(), select(all_actions()))
            .prop_map(|(ticket, by, action)| Step::Act { ticket, by, action }),
        3 => select(waits).prop_map(|millis| Step::Wait { millis }),
        4 => index().prop_map(|ticket| Step::TimePasses { ticket }),
        1 => (1..3_000_u32).prop_map(|minutes| Step::RulesChange { minutes }),
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
        Action::Pause => Command::Pause { reason: PauseReason::WaitingForSubmitter, note: None },
        Action::Resume => Command::Resume,
        Action::RequestExtension => {
            Command::RequestExtension { limit: Limit::working(2, LimitUnit::Workdays), reason: "等材料".to_owned() }
        }
        Action::DecideExtension => Command::DecideExtension { approved: true, note: None },
        Action::MakeKnown => Command::MakeKnown { text: "路口的路灯不亮".to_owned(), private: false },
        Action::Conceal => Command::Conceal,
        Action::Join => Command::Join { profile_complete: true },
        Action::Leave => Command::Leave,
    }
}

/// Plays the steps in memory; answers the lives and the changes that store them.
fn play(store: &Store, village: &mut Village, steps: &[Step]) -> (Vec<Life>, Vec<Change>, Timestamp) {
    let (mut lives, mut changes, mut now): (Vec<Life>, _, _) = (Vec::new(), Vec::new(), NOON);
    for step in steps {
        let count = lives.len();
        match step {
            Step::Wait { millis } => now = now.plus_millis(*millis),
            Step::Send { grid, by } => {
                let places = [&village.group, &village.other_group, &village.village, &village.neighbour];
                let people = people(village);
                let new = request(store, people[by.index(people.len())], "路灯坏了");
                let steps = village.send(new, places[grid.index(places.len())], now);
                changes.push(change_of(store, None, &steps, now));
                lives.push(Life { sent: steps[0].1.clone(), now: last(&steps).clone() });
            }
            Step::Act { ticket, by, action } if count > 0 => {
                let life = &mut lives[ticket.index(count)];
                let people = people(village);
                let caller = people[by.index(people.len())];
                assert_offered_is_allowed(store, village, &life.now, caller, now);
                let wish = command(*action, store, village);
                if let Ok(events) = village.decide(&life.now, &wish, caller, now) {
                    changes.push(happen(store, life, &events, now));
                }
            }
            Step::TimePasses { ticket } if count > 0 => {
                let life = &mut lives[ticket.index(count)];
                now = now.max(life.now.next_timer().unwrap_or(NOON));
                let events = village.decide_time(&life.now, now);
                if !events.is_empty() {
                    changes.push(happen(store, life, &events, now));
                }
                assert_eq!(village.decide_time(&life.now, now), [], "twice at one time");
            }
            Step::RulesChange { minutes } => {
                village.rules.levels.version += 1;
                village.rules.levels.accept = Limit::continuous(*minutes, LimitUnit::Minutes);
                for life in &mut lives {
                    let place = Place { id: life.now.grid_id, path: life.now.grid_path.clone() };
                    let moved = village.around(&place, |context| life.now.decide_rules_changed(context, now));
                    changes.extend(moved.map(|moved| happen(store, life, &[moved], now)));
                }
            }
            Step::Act { .. } | Step::TimePasses { .. } => {}
        }
    }
    (lives, changes, now)
}

const fn people(village: &Village) -> [&Caller; 5] {
    [&village.resident, &village.worker, &village.colleague, &village.leader, &village.admin]
}

fn happen(store: &Store, life: &mut Life, events: &[TicketEvent], at: Timestamp) -> Change {
    let steps = steps_of(&life.now, events, at);
    for (version, (event, after)) in (life.now.version + 1..).zip(&steps) {
        assert_eq!(after.version, version, "{event:?}");
    }
    let change = change_of(store, Some(&life.now), &steps, at);
    life.now = last(&steps).clone();
    change
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
    let mut village = Village::new(store, case);
    if case % 2 == 1 {
        // Nudges that somebody must answer, and nudges by the rules.
        village.rules.levels.nudge_answer = Some(Limit::continuous(20, LimitUnit::Minutes));
        village.rules.levels.nudge_repeat = Some(Limit::working(2, LimitUnit::Hours));
        village.rules.levels.finish = Limit::working(3, LimitUnit::Workdays);
    }
    let (lives, changes, _) = play(store, &mut village, &steps);
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
        let timer = Vec::from_iter(life.now.next_timer().map(|at| at.millis().to_string()));
        let id = life.now.id;
        let deadline = format!("SELECT CAST(due_at AS TEXT) FROM deadlines WHERE id = 'ticket.due:{id}'");
        let column = format!("SELECT CAST(timer_at AS TEXT) FROM tickets WHERE id = '{id}' AND timer_at IS NOT NULL");
        assert_eq!([fresh.texts(&deadline).await, fresh.texts(&column).await], [timer.clone(), timer]);
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

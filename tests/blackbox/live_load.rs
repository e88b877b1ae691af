//! The live channel under load: whoever begins to look, at whatever moment, ends with the same picture.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::live::Stage;
use crate::support::{Dice, Live, Person, events_of, recount, same_counters};

const TICKETS: usize = 200;
const CLIENTS: usize = 20;
/// So many of them look from the beginning.
const FIRST: usize = 6;

/// How far the load is: steps done, and the number of the last event once all is done.
#[derive(Clone, Copy, Default)]
struct Progress {
    steps: usize,
    last: Option<u64>,
}

/// A life of one of several shapes; every step is told to `done`.
async fn live_through(resident: &Person, worker: &Person, code: &str, number: usize, done: impl Fn(u64)) -> String {
    let (ticket, seq) = resident.submit(code, "suggestion", &format!("第 {number} 件")).await;
    done(seq);
    let shapes: [&[&str]; 4] = [
        &["accept", "complete", "rate"],
        &["return", "accept", "comment", "complete", "reopen", "accept"],
        &["comment", "withdraw"],
        &["accept", "return", "return"],
    ];
    for action in shapes[number % shapes.len()] {
        let (person, body) = match *action {
            "rate" => (resident, json!({ "stars": 5 })),
            "comment" => (resident, json!({ "text": "补充" })),
            "reopen" => (resident, json!({ "reason": "没修好" })),
            "withdraw" => (resident, json!({})),
            "return" => (worker, json!({ "reason": "核实" })),
            "complete" => (worker, json!({ "note": "好了" })),
            _ => (worker, json!({})),
        };
        done(person.step(&ticket, action, &body).await);
    }
    ticket
}

/// Subscribes when `begin` steps are done and listens to the end: the opening and all that came after it.
async fn look(
    person: Person,
    topic: String,
    begin: usize,
    mut progress: watch::Receiver<Progress>,
    opened: mpsc::UnboundedSender<()>,
) -> (Value, Vec<Value>) {
    progress.wait_for(|progress| progress.steps >= begin).await.unwrap();
    let mut live = Live::open(&person).await;
    let opening = live.subscribe(&topic, None).await;
    opened.send(()).unwrap();
    let mut messages = Vec::new();
    let reached = |messages: &[Value], op: &str, last: u64| {
        let of = messages.iter().rev().find(|message| message["op"] == op);
        let seq = of.map_or_else(|| opening["seq"].as_u64(), |message| message["seq"].as_u64());
        seq >= Some(last)
    };
    loop {
        let last = progress.borrow_and_update().last;
        if last.is_some_and(|last| reached(&messages, "event", last) && reached(&messages, "state", last)) {
            return (opening, messages);
        }
        tokio::select! {
            message = live.next() => messages.push(message),
            changed = progress.changed() => changed.unwrap(),
        }
    }
}

#[actix_rt::test]
async fn every_snapshot_with_what_follows_is_the_final_picture() {
    let stage = Stage::set().await;
    let village = stage.server.staff("leader_l3", 0).await;
    let places = [
        (stage.leader.clone(), stage.county.clone()),
        (village.clone(), village.own_grid().await),
        (stage.worker.clone(), stage.group.clone()),
    ];
    let (tell, progress) = watch::channel(Progress::default());
    let (opened, mut openings) = mpsc::unbounded_channel();
    let mut dice = Dice::new(20_261_121);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (person, grid) = &places[number % places.len()];
            let kind = if number % 2 == 0 { "board" } else { "grid" };
            // The first ones from the beginning, the others anywhere on the way, the last ones at the very end.
            let begin = if number < FIRST { 0 } else { dice.below(TICKETS * 4) };
            let looking = look(person.clone(), format!("{kind}:{grid}"), begin, progress.clone(), opened.clone());
            (kind, grid.clone(), person.clone(), actix_rt::spawn(looking))
        })
        .collect();

    for _ in 0..FIRST {
        openings.recv().await.unwrap();
    }
    let tell = Rc::new(tell);
    let highest = Rc::new(Cell::new(0));
    let done = |seq: u64| {
        highest.set(highest.get().max(seq));
        tell.send_modify(|progress| progress.steps += 1);
    };
    let lives = (0..TICKETS).map(|number| live_through(&stage.resident, &stage.worker, &stage.code, number, done));
    let tickets: Vec<String> = futures_util::stream::iter(lives).buffer_unordered(16).collect().await;
    tell.send_modify(|progress| *progress = Progress { steps: usize::MAX, last: Some(highest.get()) });

    let mut seen = Vec::new();
    for (kind, grid, person, client) in clients {
        let (opening, messages) = client.await.unwrap();
        seen.push((opening["seq"].as_u64().unwrap(), kind, grid, person, opening, messages));
    }
    // Whoever's snapshot is the oldest saw all that came after any other's.
    seen.sort_by_key(|(begin, ..)| *begin);
    let mut whole: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (begin, kind, grid, person, opening, messages) in seen {
        let events = events_of(&messages);
        let all = whole.entry(grid.clone()).or_insert_with(|| events.clone());
        let expected: Vec<_> = all.iter().filter(|(seq, _)| *seq > begin).cloned().collect();
        assert_eq!(events, expected, "{kind} from {begin}");
        let truth = recount(&person, &grid).await;
        let figures = messages.iter().rfind(|message| message["op"] == "state");
        assert_eq!(figures.map_or(same_counters(&opening["state"]), |last| same_counters(&last["data"])), truth);
        match kind {
            "grid" => assert_eq!(summed(&opening["state"], &messages), truth),
            _ => same_board(&opening["state"], &messages, &person.get(&format!("/grids/{grid}/board")).await.body),
        }
    }
    let all = &whole[&stage.county];
    let mut happened = Vec::new();
    for ticket in tickets {
        happened.extend(stage.leader.timeline(&ticket).await);
    }
    happened.sort_unstable();
    assert_eq!(*all, happened, "each step of each life, and nothing else");
    println!("lx: {CLIENTS} clients, {TICKETS} tickets, {} events each at most", all.len());
}

/// The counters of a snapshot with the changes that events tell.
fn summed(state: &Value, messages: &[Value]) -> [i64; 6] {
    let mut counters = same_counters(state);
    for event in messages.iter().filter(|message| message["op"] == "event") {
        for (counter, delta) in counters.iter_mut().zip(event["data"]["delta"].as_array().unwrap()) {
            *counter += delta.as_i64().unwrap();
        }
    }
    counters
}

/// Points and feed of a snapshot, carried on by events, against the board as it is read afterwards.
fn same_board(snapshot: &Value, messages: &[Value], board: &Value) {
    let points = |state: &Value| {
        let points = state["open"].as_array().unwrap().iter();
        points.map(|point| (point["ticket_id"].to_string(), point["state"].clone())).collect::<BTreeMap<_, _>>()
    };
    let feed = |state: &Value| {
        let feed = state["feed"].as_array().unwrap().iter();
        feed.map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let (mut open, mut newest) = (points(snapshot), feed(snapshot));
    for event in messages.iter().filter(|message| message["op"] == "event") {
        let (id, state) = (event["data"]["ticket_id"].to_string(), event["data"]["state"].clone());
        match state.as_str() {
            Some("submitted" | "accepted") => open.insert(id, state),
            _ => open.remove(&id),
        };
        newest.insert(0, event["seq"].as_u64().unwrap());
    }
    newest.truncate(feed(board).len());
    assert_eq!(newest, feed(board));
    assert_eq!(open, points(board));
}

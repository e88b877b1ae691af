//! What users of other real-time systems complain of, and what must not happen here: the numbers are the rows of the table in
//! `docs/RELIABILITY.md`, which names the tests of the other rows too.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::live::Stage;
use crate::support::{Dice, Fault, FaultProxy, Incoming, Live, Person, Seen, recount, same_counters};

const CLIENTS: usize = 8;
const CUTS: usize = 25;
/// Silence after which a client asks whether the other side is there.
const SILENCE: Duration = Duration::from_millis(300);

/// Follows a topic over a bad wire up to the last event; answers all that came, and how often it began anew.
async fn follow(person: Person, topic: String, since: u64, last: watch::Receiver<Option<u64>>) -> (Vec<Seen>, usize) {
    let (mut seen, mut cursor, mut openings) = (Vec::new(), since, 0);
    while last.borrow().is_none_or(|last| cursor < last) {
        let Some(mut live) = Live::try_open(&person).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        openings += 1;
        live.say_text(&json!({ "op": "subscribe", "topics": [topic], "since": cursor }).to_string()).await;
        let mut asked = false;
        while last.borrow().is_none_or(|last| cursor < last) {
            match live.incoming_within(SILENCE).await {
                Some(Incoming::Message(message)) => {
                    asked = false;
                    assert_ne!(message["op"], "reset", "what was missed is there");
                    if message["op"] == "event" {
                        let seq = message["seq"].as_u64().unwrap();
                        assert!(seq > cursor, "{seq} again after {cursor}");
                        cursor = seq;
                        seen.push((seq, message["kind"].as_str().unwrap().to_owned()));
                    }
                }
                None if !asked => {
                    asked = true;
                    live.say_text(&json!({ "op": "ping" }).to_string()).await;
                }
                Some(Incoming::Closed(_)) | None => break,
            }
        }
    }
    (seen, openings)
}

/// Rows 2, 5, 6, 8, 9, 11, 14: cut off at any moment and back at once, in the middle of a replay too: everything, once, in
/// order.
#[actix_rt::test]
async fn who_is_cut_off_again_and_again_sees_everything_once() {
    let stage = Stage::set().await;
    let wire = FaultProxy::to(stage.server.base.strip_prefix("http://").unwrap());
    let topic = format!("grid:{}", stage.county);
    let begin = stage.leader.head().await;
    let (tell, last) = watch::channel(None);
    let mut far = stage.leader.clone();
    far.base = format!("http://{}", wire.address());
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| actix_rt::spawn(follow(far.clone(), topic.clone(), begin, last.clone()))).collect();
    let stop = Rc::new(Cell::new(false));
    let load = join_all((0..3).map(async |number| {
        let mut seqs = Vec::new();
        while !stop.get() {
            seqs.extend(stage.life(&format!("第 {number} 路")).await.1);
        }
        seqs
    }));
    let cuts = async {
        let mut dice = Dice::new(20_261_122);
        for _ in 0..CUTS {
            let fault = [Fault::Reset, Fault::Stall, Fault::HalfOpen][dice.below(3)];
            wire.set(fault);
            tokio::time::sleep(Duration::from_millis(20 + dice.below(120) as u64)).await;
            wire.set(Fault::None);
            tokio::time::sleep(Duration::from_millis(20 + dice.below(300) as u64)).await;
        }
        stop.set(true);
    };
    let (lives, ()) = futures_util::future::join(load, cuts).await;
    let mut expected: Vec<u64> = lives.into_iter().flatten().collect();
    expected.sort_unstable();
    tell.send_replace(expected.last().copied());
    let mut openings = 0;
    for client in clients {
        let (seen, opened) = client.await.unwrap();
        openings += opened;
        let own: Vec<u64> = seen.iter().filter(|(_, kind)| kind.starts_with("ticket.")).map(|(seq, _)| *seq).collect();
        assert_eq!(own, expected);
    }
    println!("lx: {CLIENTS} clients came back {openings} times and saw each of {} events once", expected.len());
    assert!(openings > 3 * CLIENTS, "{openings}");
}

/// Row 17: asked for twice, also together with others, and after leaving and coming back: each event once.
#[actix_rt::test]
async fn a_topic_followed_twice_brings_each_event_once() {
    let stage = Stage::set().await;
    let topic = format!("grid:{}", stage.county);
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&topic, None).await;
    live.say(&json!({ "op": "subscribe", "topics": [topic, "inbox", topic] })).await;
    live.say(&json!({ "op": "unsubscribe", "topics": [topic] })).await;
    live.subscribe(&topic, None).await;
    live.say(&json!({ "op": "subscribe", "topics": [topic], "since": 0 })).await;
    live.until_pong().await;
    let (_, seqs) = stage.life("只来一次").await;
    let mut messages = live.until_seq(*seqs.last().unwrap()).await;
    messages.extend(live.until_pong().await);
    let came: Vec<u64> = messages
        .iter()
        .filter(|message| message["op"] == "event" && message["kind"].as_str().unwrap().starts_with("ticket."))
        .map(|message| message["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(came, seqs);
}

/// Rows 1, 12, 20: recovery has a price that is known, and whoever missed more is told so and given the whole picture; never
/// a part of what was missed.
#[actix_rt::test]
async fn who_missed_more_than_can_be_told_gets_a_snapshot_and_no_part_of_it() {
    let mut stage = Stage::set().await;
    let (_, since) = stage.submit("很久以前").await;
    stage.server.stop();
    let head = stage.server.sql("SELECT seq FROM log_head;")[0][0].parse::<u64>().unwrap();
    // As if much had happened elsewhere.
    stage.server.sql(&format!(
        "INSERT INTO events (seq, kind, subject_kind, subject_id, at, audience, data) \
         WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 20001) \
         SELECT {head} + n, 'note.made', 'note', 'n', 0, '[]', '{{}}' FROM more; \
         UPDATE log_head SET seq = seq + 20001;"
    ));
    stage.server.restart();
    let leader = stage.leader.at(&stage.server);
    let resident = stage.resident.at(&stage.server);
    let topic = format!("grid:{}", stage.county);
    let mut live = Live::open(&leader).await;
    let answer = live.subscribe(&topic, Some(since)).await;
    assert_eq!((&answer["op"], &answer["seq"]), (&json!("reset"), &json!(head + 20_001)), "{answer}");
    assert_eq!(same_counters(&answer["state"]), recount(&leader, &stage.county).await);
    assert_eq!(live.until_pong().await.iter().filter(|message| message["op"] == "event").count(), 0);
    let (_, next) = resident.submit(&stage.code, "suggestion", "接着来").await;
    let came: Vec<Value> = live.until_seq(next).await;
    assert_eq!(came.iter().filter(|message| message["op"] == "event").count(), 1);
    // The most that is told, and one more.
    let most = leader.head().await - 20_000;
    for (since, op) in [(most, "subscribed"), (most - 1, "reset")] {
        let mut live = Live::open(&leader).await;
        assert_eq!(live.subscribe(&topic, Some(since)).await["op"], op);
    }
}

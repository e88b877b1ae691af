//! The live channel: what a subscription brings, in which order, how often.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{Live, Person, Seen, TestServer, events_of, recount, same_counters};

/// Someone who sends, someone who handles, someone who leads the county.
pub struct Stage {
    pub server: TestServer,
    pub resident: Person,
    pub worker: Person,
    pub leader: Person,
    /// Code of the worker's grid.
    pub code: String,
    /// The leader's grid.
    pub county: String,
    /// The worker's grid.
    pub group: String,
}

impl Stage {
    pub async fn set() -> Self {
        Self::at(TestServer::start()).await
    }

    /// On a server that was started in another way.
    pub async fn at(server: TestServer) -> Self {
        let resident = server.resident("19900001001").await;
        let (worker, leader) = (server.staff("worker", 0).await, server.staff("leader_l1", 0).await);
        let (county, group) = (leader.own_grid().await, worker.own_grid().await);
        let code = server.code_of("worker", 0);
        Self { server, resident, worker, leader, code, county, group }
    }

    /// A new request's id and event number.
    pub async fn submit(&self, content: &str) -> (String, u64) {
        self.resident.submit(&self.code, "suggestion", content).await
    }

    /// A whole life with all kinds of steps; answers the ticket and the numbers of its events.
    pub async fn life(&self, content: &str) -> (String, Vec<u64>) {
        let (ticket, seq) = self.submit(content).await;
        let mut seqs = vec![seq];
        seqs.push(self.worker.step(&ticket, "return", &json!({ "reason": "需要先核实位置" })).await);
        seqs.push(self.worker.step(&ticket, "accept", &json!({})).await);
        seqs.push(self.leader.step(&ticket, "nudge", &json!({ "note": "请尽快" })).await);
        seqs.push(self.worker.step(&ticket, "nudge-receipt", &json!({})).await);
        seqs.push(self.resident.comment(&ticket, "在路口东侧").await);
        seqs.push(self.worker.step(&ticket, "complete", &json!({ "note": "已修好" })).await);
        seqs.push(self.resident.step(&ticket, "reopen", &json!({ "reason": "又坏了" })).await);
        seqs.push(self.worker.step(&ticket, "accept", &json!({})).await);
        seqs.push(self.worker.step(&ticket, "complete", &json!({ "note": "换了新的" })).await);
        seqs.push(self.resident.step(&ticket, "rate", &json!({ "stars": 4 })).await);
        (ticket, seqs)
    }
}

#[actix_rt::test]
async fn the_welcome_tells_epoch_head_time_and_heartbeat() {
    let mut stage = Stage::set().await;
    let request = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "路灯坏了" });
    let seq = stage.resident.post("/tickets", &request).await.seq();
    let (_, welcome) = Live::open_with_welcome(&stage.resident).await;
    assert_eq!(welcome["op"], "welcome");
    assert_eq!(welcome["head"], seq);
    assert_eq!(welcome["heartbeat_s"], 25);
    assert!(welcome["epoch"].as_str().is_some_and(|epoch| !epoch.is_empty()), "{welcome}");
    let now = welcome["now"].as_str().unwrap();
    assert!(now.len() == "2026-11-21T07:20:00.123Z".len() && now.ends_with('Z'), "{now}");

    stage.server.kill();
    stage.server.restart();
    stage.resident.base.clone_from(&stage.server.base);
    let (_, again) = Live::open_with_welcome(&stage.resident).await;
    assert_eq!((&again["epoch"], &again["head"]), (&welcome["epoch"], &welcome["head"]), "the log is the same one");
}

#[actix_rt::test]
async fn a_subscription_begins_with_a_snapshot_and_brings_every_later_event_once_in_order() {
    let stage = Stage::set().await;
    stage.submit("从前的一件").await;
    let before = stage.leader.head().await;
    let mut live = Live::open(&stage.leader).await;
    let topic = format!("grid:{}", stage.county);
    let snapshot = live.subscribe(&topic, None).await;
    assert_eq!((&snapshot["op"], &snapshot["topic"]), (&json!("subscribed"), &json!(topic)));
    assert_eq!(snapshot["seq"], before);
    assert_eq!(same_counters(&snapshot["state"]), recount(&stage.leader, &stage.county).await);

    let mut expected: Vec<Seen> = Vec::new();
    let mut last = 0;
    for number in 0..3 {
        let (ticket, seqs) = stage.life(&format!("第 {number} 件")).await;
        let timeline = stage.leader.timeline(&ticket).await;
        assert_eq!(timeline.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), seqs);
        last = *seqs.last().unwrap();
        expected.extend(timeline);
    }
    let messages = live.until_seq(last).await;
    assert_eq!(events_of(&messages), expected);
    for event in messages.iter().filter(|message| message["op"] == "event") {
        assert_eq!(event["topic"], topic, "one topic, so no `topics`: {event}");
        assert!(event["topics"].is_null() && event["at"].is_string() && event["data"]["ticket_id"].is_string());
    }
}

#[actix_rt::test]
async fn an_event_in_several_topics_of_one_audience_comes_once() {
    let stage = Stage::set().await;
    let village = stage.server.staff("leader_l3", 0).await.own_grid().await;
    let mut live = Live::open(&stage.leader).await;
    let names = |kind: &str| [&stage.county, &village, &stage.group].map(|id| format!("{kind}:{id}"));
    for topic in names("grid").iter().chain(&names("board")) {
        live.subscribe(topic, None).await;
    }
    let (ticket, first) = stage.submit("井盖松了").await;
    let last = stage.worker.step(&ticket, "accept", &json!({})).await;
    let mut seen = 0;
    let messages = live.until(|message| {
        seen += usize::from(message["op"] == "event" && message["seq"] == last);
        seen == 2
    });
    let messages = messages.await;
    let of = |seq: u64| messages.iter().filter(move |message| message["op"] == "event" && message["seq"] == seq);
    for seq in [first, last] {
        let mut topics: Vec<BTreeSet<String>> = of(seq).map(|event| names_in(&event["topics"])).collect();
        topics.sort();
        assert_eq!(topics, [names("board").into(), names("grid").into()], "event {seq}");
        assert!(of(seq).all(|event| event["topic"].is_null()));
    }
    assert_eq!(events_of(&messages).len(), 4, "each once per audience");

    let mut worker = Live::open(&stage.worker).await;
    let own = format!("grid:{}", stage.group);
    worker.subscribe(&own, None).await;
    worker.subscribe("inbox", None).await;
    let done = stage.worker.step(&ticket, "complete", &json!({ "note": "紧好了" })).await;
    let messages = worker.until_seq(done).await;
    let event = messages.last().unwrap();
    assert_eq!(names_in(&event["topics"]), BTreeSet::from([own, "inbox".to_owned()]));
    let mine: Vec<_> = worker.until_pong().await.into_iter().filter(|message| message["op"] == "event").collect();
    assert!(mine.is_empty(), "it came twice: {mine:?}");
}

pub fn names_in(topics: &Value) -> BTreeSet<String> {
    topics.as_array().unwrap().iter().map(|topic| topic.as_str().unwrap().to_owned()).collect()
}

#[actix_rt::test]
async fn figures_come_at_most_ten_times_a_second_and_the_last_ones_tell_the_truth() {
    let stage = Stage::set().await;
    let topics = [format!("grid:{}", stage.county), format!("board:{}", stage.county)];
    let mut screens = [Live::open(&stage.leader).await, Live::open(&stage.leader).await];
    for screen in &mut screens {
        for topic in &topics {
            screen.subscribe(topic, None).await;
        }
    }
    let began = Instant::now();
    let lives = (0..30).map(|number| stage.life(if number % 2 == 0 { "水管漏水" } else { "道路积水" }));
    let lives = futures_util::future::join_all(lives).await;
    let took = began.elapsed();
    let last = lives.iter().flat_map(|(_, seqs)| seqs).copied().max().unwrap();
    let truth = recount(&stage.leader, &stage.county).await;
    let mut shown = Vec::new();
    for screen in &mut screens {
        let mut fresh = BTreeSet::new();
        let messages = screen.until(|message| {
            if message["op"] == "state" && message["seq"] == last {
                fresh.insert(message["topic"].as_str().unwrap().to_owned());
            }
            fresh.len() == topics.len()
        });
        let messages = messages.await;
        let of = |topic: &String| {
            let states = messages.iter().filter(|message| message["op"] == "state" && message["topic"] == **topic);
            states.cloned().collect::<Vec<_>>()
        };
        let states = topics.each_ref().map(of);
        // A frame at once, one per tenth of a second meanwhile, one at the end.
        let allowed = usize::try_from(took.as_millis()).unwrap() / 100 + 3;
        for states in &states {
            let seqs: Vec<u64> = states.iter().map(|state| state["seq"].as_u64().unwrap()).collect();
            assert!(seqs.is_sorted_by(|a, b| a <= b), "figures go back: {seqs:?}");
            assert!((2..=allowed).contains(&states.len()), "{} frames in {took:?}", states.len());
            assert_eq!(same_counters(&states.last().unwrap()["data"]), truth);
        }
        shown.push(states);
    }
    let [first, second] = shown.try_into().unwrap();
    assert_eq!(first.map(|states| states.last().cloned()), second.map(|states| states.last().cloned()));
    let board = stage.leader.get(&format!("/grids/{}/board", stage.county)).await;
    assert_eq!(same_counters(&board.body), truth);
}

#[actix_rt::test]
async fn an_unsubscribed_topic_is_silent_and_can_be_followed_again() {
    let stage = Stage::set().await;
    let (grid, board) = (format!("grid:{}", stage.county), format!("board:{}", stage.county));
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&grid, None).await;
    live.subscribe(&board, None).await;
    live.say(&json!({ "op": "unsubscribe", "topics": [grid, "board:nothing", "inbox"] })).await;
    live.until_pong().await;
    let (ticket, seq) = stage.submit("垃圾没人清").await;
    let mut messages = live.until_seq(seq).await;
    messages.extend(live.until_pong().await);
    assert_eq!(events_of(&messages), [(seq, "ticket.submitted".to_owned())]);
    assert_eq!(messages.iter().find(|message| message["seq"] == seq).unwrap()["topic"], board);

    let again = live.subscribe(&grid, Some(seq)).await;
    assert_eq!((&again["op"], &again["seq"]), (&json!("subscribed"), &json!(stage.leader.head().await)));
    let accepted = stage.worker.step(&ticket, "accept", &json!({})).await;
    let mut topics = BTreeSet::new();
    live.until(|message| {
        if message["seq"] == accepted && message["op"] == "event" {
            topics.insert(message["topic"].as_str().unwrap().to_owned());
        }
        topics.len() == 2
    })
    .await;
    assert_eq!(topics, BTreeSet::from([grid, board]));
}

//! The live channel after an interruption: exactly what was missed, or an open new beginning.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::live::{Stage, names_in};
use crate::support::{Live, Person, Seen, TestServer, events_of, recount, same_counters, steps_of};

impl Stage {
    /// The people at the address of a server that was started again.
    async fn restart(&mut self, meanwhile: impl FnOnce(&TestServer)) {
        self.server.stop();
        meanwhile(&self.server);
        self.server.restart();
        for person in [&mut self.resident, &mut self.worker, &mut self.leader] {
            person.base.clone_from(&self.server.base);
        }
    }

    /// Many comments on a ticket, several at a time; answers their numbers.
    async fn chatter(&self, ticket: &str, count: usize, text: &str) -> Vec<u64> {
        let body = json!({ "text": text });
        // Nobody handles it yet, so nobody is told, and a change's number is its event's.
        let comment = async || self.resident.act(ticket, "comment", &body).await.seq();
        let comments = futures_util::stream::iter(0..count).map(|_| comment());
        let mut seqs: Vec<u64> = comments.buffer_unordered(32).collect().await;
        seqs.sort_unstable();
        seqs
    }
}

/// The answer to a subscription from `since` on, and what happened to tickets in it.
async fn resume(person: &Person, topic: &str, since: u64, up_to: u64) -> (Value, Vec<Seen>) {
    let mut live = Live::open(person).await;
    let answer = live.subscribe(topic, Some(since)).await;
    let mut messages = if up_to > since { live.until_seq(up_to).await } else { Vec::new() };
    messages.extend(live.until_pong().await);
    (answer, steps_of(&messages))
}

#[actix_rt::test]
async fn who_comes_back_gets_exactly_what_was_missed() {
    let stage = Stage::set().await;
    let topic = format!("grid:{}", stage.county);
    let mut live = Live::open(&stage.leader).await;
    let begin = live.subscribe(&topic, None).await["seq"].as_u64().unwrap();
    let (ticket, seen) = stage.submit("屋后山坡有裂缝").await;
    live.until_seq(seen).await;
    drop(live);

    let (_, missed) = stage.life("断线时的一件").await;
    let last = *missed.last().unwrap();
    let (answer, events) = resume(&stage.leader, &topic, seen, last).await;
    let head = stage.leader.head().await;
    assert_eq!((&answer["op"], &answer["seq"], &answer["state"]), (&json!("subscribed"), &json!(head), &Value::Null));
    assert_eq!(events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), missed);
    // Cut off in the middle of the replay: the last replayed event counts, nothing comes again.
    let middle = missed[missed.len() / 2];
    let (_, rest) = resume(&stage.leader, &topic, middle, last).await;
    assert_eq!(rest.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), missed[missed.len() / 2 + 1..]);
    // A third time, with nothing missed, and from the very beginning.
    assert_eq!(resume(&stage.leader, &topic, last, last).await.1, []);
    let (_, all) = resume(&stage.leader, &topic, begin, last).await;
    let own: Vec<u64> = std::iter::once(seen).chain(missed).collect();
    assert_eq!(all.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), own);

    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&topic, Some(last)).await;
    let next = stage.worker.step(&ticket, "accept", &json!({})).await;
    assert_eq!(events_of(&live.until_seq(next).await), [(next, "ticket.accepted".to_owned())]);
}

#[actix_rt::test]
async fn who_comes_back_gets_the_figures_of_now() {
    let stage = Stage::set().await;
    let topics = [format!("board:{}", stage.county), format!("grid:{}", stage.county)];
    let (ticket, since) = stage.submit("先前的一件").await;
    let accepted = stage.worker.step(&ticket, "accept", &json!({})).await;
    for (topic, since) in topics.iter().flat_map(|topic| [(topic, since), (topic, accepted)]) {
        let mut live = Live::open(&stage.leader).await;
        live.subscribe(topic, Some(since)).await;
        let messages = live.until(|message| message["op"] == "state" && message["topic"] == **topic).await;
        let figures = messages.last().unwrap();
        assert_eq!(figures["seq"], accepted);
        assert_eq!(same_counters(&figures["data"]), recount(&stage.leader, &stage.county).await);
    }
}

#[actix_rt::test]
async fn who_never_received_anything_resumes_from_the_subscription_itself() {
    let mut stage = Stage::set().await;
    // Before anything happened on this run of the server, too.
    stage.restart(|_| {}).await;
    let (mut live, welcome) = Live::open_with_welcome(&stage.resident).await;
    let subscribed = live.subscribe("inbox", None).await;
    assert_eq!(subscribed["seq"], welcome["head"]);
    drop(live);
    let (_, seqs) = stage.life("静悄悄").await;
    let since = subscribed["seq"].as_u64().unwrap();
    let (_, events) = resume(&stage.resident, "inbox", since, *seqs.last().unwrap()).await;
    let ticket = stage.resident.all_tickets("box=mine").await[0]["id"].as_str().unwrap().to_owned();
    let own = stage.resident.timeline(&ticket).await;
    assert_eq!(events, own, "all but what passes between colleagues");
}

#[actix_rt::test]
async fn a_long_quiet_topic_resumes_over_everything_that_happened_elsewhere() {
    let stage = Stage::set().await;
    let (other, _) = stage.submit("别处的一件").await;
    let quiet = stage.server.resident("19900001002").await;
    let mut live = Live::open(&quiet).await;
    let since = live.subscribe("inbox", None).await["seq"].as_u64().unwrap();
    drop(live);
    // More than one page of the log.
    stage.chatter(&other, 1_100, "还有").await;
    let (_, own) = quiet.submit(&stage.code, "suggestion", "我也有一件").await;
    let last = stage.chatter(&other, 20, "再说").await.pop().unwrap();
    let (answer, events) = resume(&quiet, "inbox", since, own).await;
    assert_eq!(events, [(own, "ticket.submitted".to_owned())]);
    assert!(answer["state"].is_null() && answer["seq"] == last, "{answer}");
}

#[actix_rt::test]
async fn a_resume_survives_restarts_of_the_server() {
    let mut stage = Stage::set().await;
    let topic = format!("grid:{}", stage.county);
    let mut live = Live::open(&stage.leader).await;
    let since = live.subscribe(&topic, None).await["seq"].as_u64().unwrap();
    let (ticket, first) = stage.submit("停电了").await;
    stage.restart(|_| {}).await;
    assert_eq!(live.end().await, Some(1012));
    let (_, events) = resume(&stage.leader, &topic, since, first).await;
    assert_eq!(events, [(first, "ticket.submitted".to_owned())]);
    let head = stage.leader.head().await;
    let second = stage.worker.step(&ticket, "accept", &json!({})).await;
    assert_eq!(second, head + 1, "numbers go on");
    stage.restart(|_| {}).await;
    let (_, events) = resume(&stage.leader, &topic, since, second).await;
    assert_eq!(events, [(first, "ticket.submitted".to_owned()), (second, "ticket.accepted".to_owned())]);
}

#[actix_rt::test]
async fn an_unknown_number_is_answered_by_a_reset_with_a_snapshot() {
    let stage = Stage::set().await;
    stage.submit("树倒了").await;
    let head = stage.leader.head().await;
    let topic = format!("board:{}", stage.county);
    for since in [head + 1, u64::MAX] {
        let mut live = Live::open(&stage.leader).await;
        let answer = live.subscribe(&topic, Some(since)).await;
        assert_eq!(
            (&answer["op"], &answer["reason"], &answer["seq"]),
            (&json!("reset"), &json!("epoch"), &json!(head))
        );
        assert_eq!(same_counters(&answer["state"]), recount(&stage.leader, &stage.county).await);
    }
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&topic, Some(head + 1)).await;
    let (_, next) = stage.submit("又一件").await;
    assert_eq!(next, head + 1);
    assert_eq!(
        events_of(&live.until_seq(next).await),
        [(next, "ticket.submitted".to_owned())],
        "it goes on from there"
    );
}

#[actix_rt::test]
async fn a_number_that_is_kept_no_longer_is_answered_by_a_reset_with_a_snapshot() {
    let mut stage = Stage::set().await;
    let (ticket, oldest) = stage.submit("第一件").await;
    let last = stage.worker.step(&ticket, "accept", &json!({})).await;
    // As the archive does with events of more than 400 days.
    stage
        .restart(|server| {
            server.sql(&format!("DELETE FROM events WHERE seq < {oldest};"));
        })
        .await;
    let topic = format!("grid:{}", stage.county);
    let mut live = Live::open(&stage.leader).await;
    let answer = live.subscribe(&topic, Some(oldest - 2)).await;
    assert_eq!((&answer["op"], &answer["reason"]), (&json!("reset"), &json!("expired")));
    assert_eq!(answer["seq"], stage.leader.head().await);
    assert_eq!(same_counters(&answer["state"]), recount(&stage.leader, &stage.county).await);
    // The number right before the oldest kept one still has all that follows.
    let (answer, events) = resume(&stage.leader, &topic, oldest - 1, last).await;
    assert_eq!((&answer["op"], events.len()), (&json!("subscribed"), 2));
    let (_, next) = stage.submit("第二件").await;
    assert_eq!(events_of(&live.until_seq(next).await), [(next, "ticket.submitted".to_owned())]);
}

#[actix_rt::test]
async fn a_resume_brings_more_than_a_connection_may_have_waiting() {
    let stage = Stage::set().await;
    let (ticket, since) = stage.submit("说来话长").await;
    // About two megabytes of frames.
    let seqs = stage.chatter(&ticket, 1_000, &"长".repeat(500)).await;
    let topic = format!("grid:{}", stage.county);
    let (answer, events) = resume(&stage.leader, &topic, since, *seqs.last().unwrap()).await;
    assert_eq!(answer["op"], "subscribed");
    assert_eq!(events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), seqs);
}

#[actix_rt::test]
async fn topics_resumed_together_come_in_one_order_with_each_event_once() {
    let stage = Stage::set().await;
    let (_, since) = stage.submit("先前").await;
    let (_, seqs) = stage.life("两处都看").await;
    let mut live = Live::open(&stage.worker).await;
    let own = format!("grid:{}", stage.group);
    live.say(&json!({ "op": "subscribe", "topics": [own, "inbox"], "since": since })).await;
    let mut messages = live.until_seq(*seqs.last().unwrap()).await;
    messages.extend(live.until_pong().await);
    let events = events_of(&messages);
    assert!(events.is_sorted_by(|a, b| a.0 < b.0), "in order and once, so that one number is a cursor of all topics");
    assert_eq!(steps_of(&messages).into_iter().map(|(seq, _)| seq).collect::<Vec<_>>(), seqs);
    assert!(events.iter().any(|(_, kind)| kind == "inbox.notified"), "{events:?}");
    let accepted = messages.iter().find(|message| message["kind"] == "ticket.accepted").unwrap();
    assert_eq!(names_in(&accepted["topics"]), BTreeSet::from([own, "inbox".to_owned()]));
}

//! Redis is away, the database is away.

use std::time::Instant;

use serde_json::json;

use super::{Fault, Stage, in_the_end, median};
use crate::support::{FakedClock, Live, events_of, recount, same_counters, steps_of};

#[actix_rt::test]
async fn without_redis_everything_comes_from_the_log_and_redis_comes_back_by_itself() {
    let stage = Stage::set("no_redis").await;
    let mut live = Live::open(&stage.at(&stage.leader, 1)).await;
    live.subscribe(&stage.topic(), None).await;
    let mut seqs = vec![stage.submit(0, "先前").await.1];
    stage.cluster.nodes.iter().for_each(|node| node.redis.set(Fault::Reset));
    for node in 0..2 {
        stage.until(node, "events", "log").await;
        // The node can do everything.
        stage.until(node, "status", "ready").await;
    }
    let (mut heard, mut times) = (Vec::new(), Vec::new());
    for number in 0..10 {
        let (_, seq) = stage.submit(number % 2, "没有 Redis").await;
        let answered = Instant::now();
        heard.extend(live.until_seq(seq).await);
        seqs.push(seq);
        if number % 2 == 0 {
            times.push(answered.elapsed());
        }
    }
    println!("lx: without Redis heard at the other node {:?} after the answer (median)", median(times));
    stage.cluster.nodes.iter().for_each(|node| node.redis.set(Fault::None));
    stage.until(0, "events", "relay").await;
    stage.until(1, "events", "relay").await;
    for number in 0..10 {
        seqs.push(stage.submit(number % 2, "又有了").await.1);
    }
    let heard = [heard, live.until_seq(*seqs.last().unwrap()).await].concat();
    let submitted: Vec<u64> =
        events_of(&heard).into_iter().filter(|(_, kind)| kind == "ticket.submitted").map(|(seq, _)| seq).collect();
    assert_eq!(submitted, seqs);
}

/// A client that comes over knows more than the node has heard of.
#[actix_rt::test]
async fn who_comes_from_a_node_that_was_ahead_goes_on_without_a_reset() {
    let stage = Stage::set("ahead").await;
    for round in 0..5 {
        stage.cluster.nodes[1].redis.set(Fault::Stall);
        let (ticket, seq) = stage.submit(0, &format!("第 {round} 件")).await;
        let mut live = Live::open(&stage.at(&stage.leader, 1)).await;
        let answer = live.subscribe(&stage.topic(), Some(seq)).await;
        assert_eq!(answer["op"], "subscribed", "{answer}");
        stage.cluster.nodes[1].redis.set(Fault::None);
        let next = stage.worker.step(&ticket, "accept", &json!({})).await;
        assert_eq!(steps_of(&live.until_seq(next).await), [(next, "ticket.accepted".to_owned())]);
    }
}

/// A connection that is dead without saying so: nothing is heard any more, and nothing says that.
#[actix_rt::test]
async fn a_redis_that_is_silent_is_noticed_and_left() {
    let stage = Stage::set("silent_redis").await;
    stage.cluster.nodes[1].redis.set(Fault::HalfOpen);
    let mut live = Live::open(&stage.at(&stage.leader, 1)).await;
    live.subscribe(&stage.topic(), None).await;
    let (_, seq) = stage.submit(0, "谁也没说").await;
    assert_eq!(events_of(&live.until_seq(seq).await).last().unwrap().0, seq);
    in_the_end("a new connection to Redis", async || {
        let log = stage.cluster.server(1).nobody().get("//readyz").await.body["events"] == json!("log");
        log.then_some(())
    })
    .await;
    stage.until(1, "events", "relay").await;
}

#[actix_rt::test]
async fn while_the_database_is_away_what_lives_is_read_and_what_was_acknowledged_stays() {
    let clock = FakedClock::new();
    let stage = Stage::set_with("no_database", 2, &clock.settings()).await;
    let (ticket, seq) = stage.submit(0, "先前").await;
    let leader = stage.at(&stage.leader, 0);
    let mut live = Live::open(&leader).await;
    let board = format!("board:{}", stage.county);
    live.subscribe(&board, None).await;
    let before = same_counters(leader.get(&format!("/grids/{}/board", stage.county)).await.expect(200));
    stage.cluster.nodes.iter().for_each(|node| node.database.set(Fault::Reset));
    let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "数据库不在" });
    let refused = stage.resident.post_once("/tickets", &body, "away").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")), "{}", refused.body);
    assert_eq!(refused.code(), "server.busy");
    // A list needs the database, a board does not; and whoever looks goes on looking.
    assert_eq!(leader.get("/tickets").await.status, 503);
    let shown = leader.get(&format!("/grids/{}/board", stage.county)).await;
    assert_eq!(same_counters(shown.expect(200)), before);
    live.until_pong().await;
    // Also of those whom it knew long ago: nobody can have signed out meanwhile. Strangers cannot be known now.
    clock.set_ahead("10m");
    for _ in 0..3 {
        let shown = leader.get(&format!("/grids/{}/board", stage.county)).await;
        assert_eq!(same_counters(shown.expect(200)), before);
    }
    let stranger = stage.cluster.server(0).nobody().with_token("invented");
    assert_eq!(stranger.get("/auth/me").await.status, 503);
    stage.until(0, "status", "database_unavailable").await;
    let nobody = stage.cluster.server(0).nobody();
    assert_eq!((nobody.get("//readyz").await.status, nobody.get("//healthz").await.status), (503, 200));

    stage.cluster.nodes.iter().for_each(|node| node.database.set(Fault::None));
    stage.until(0, "status", "ready").await;
    stage.until(1, "status", "ready").await;
    let sent = stage.resident.post_once("/tickets", &body, "away").await;
    let timeline = stage.at(&stage.resident, 1).timeline(&ticket).await;
    assert_eq!(timeline, [(seq, "ticket.submitted".to_owned())]);
    sent.expect(201);
    let after = recount(&leader, &stage.county).await;
    live.until(|message| message["op"] == "state" && same_counters(&message["data"]) == after).await;
    let (sound, report) = stage.cluster.server(0).command(&["check"]);
    assert!(sound, "{report}");
}

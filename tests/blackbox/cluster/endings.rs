//! A node ends: killed, or asked to.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::Stage;
use crate::support::{Live, events_of, eventually, steps_of};

#[actix_rt::test]
async fn the_clients_of_a_killed_node_go_on_at_another_from_their_number() {
    let mut stage = Stage::set("killed").await;
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&stage.topic(), None).await;
    let (ticket, seen) = stage.submit(1, "杀之前").await;
    live.until_seq(seen).await;
    stage.cluster.nodes[0].server.kill();
    let accepted = stage.at(&stage.worker, 1).step(&ticket, "accept", &json!({})).await;
    let mut elsewhere = Live::open(&stage.at(&stage.leader, 1)).await;
    let answer = elsewhere.subscribe(&stage.topic(), Some(seen)).await;
    assert_eq!(answer["op"], "subscribed");
    let missed = elsewhere.until_seq(accepted).await;
    assert_eq!(steps_of(&missed), [(accepted, "ticket.accepted".to_owned())]);
}

#[actix_rt::test]
async fn a_limit_ends_once_though_the_node_that_knew_it_was_killed() {
    let mut stage = Stage::set("limits").await;
    let tickets: Vec<String> = join_all((0..20).map(async |number| stage.submit(number % 2, "没人管").await.0)).await;
    for node in &mut stage.cluster.nodes {
        node.server.stop();
    }
    for ticket in &tickets {
        stage.cluster.server(0).age_by(ticket, 30 * 60_000 - 8_000);
    }
    for node in &mut stage.cluster.nodes {
        node.server.restart();
    }
    stage.until(1, "status", "ready").await;
    // Some limits end while both live, the rest when one is gone.
    let ended = |stage: &Stage| {
        let ids = tickets.join("','");
        let sql = format!(
            "SELECT subject_id, COUNT(*) FROM events WHERE kind = 'ticket.overdue' AND subject_id IN ('{ids}') GROUP BY 1;"
        );
        stage.cluster.server(1).sql(&sql)
    };
    let ended_before = super::in_the_end("the first limit", async || {
        let ended = ended(&stage).len();
        (ended > 0).then_some(ended)
    });
    let ended_before = ended_before.await;
    stage.cluster.nodes[0].server.kill();
    super::in_the_end("all limits", async || (ended(&stage).len() == tickets.len()).then_some(())).await;
    println!("lx: {ended_before} of 20 limits had ended when a node was killed");
    assert!(ended(&stage).iter().all(|row| row[1] == "1"), "{:?}", ended(&stage));
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}

/// Only one node sends to the outside; when it is killed another does, and when it stops in good order, at once.
#[actix_rt::test]
async fn what_is_owed_to_the_outside_leaves_from_the_node_that_is_left() {
    let mut stage = Stage::set("outside").await;
    let sent = |stage: &Stage, phone: &str| -> Vec<usize> {
        stage.cluster.nodes.iter().map(|node| node.server.codes_sent_to(phone).len()).collect()
    };
    let ask = async |stage: &Stage, node: usize, phone: &str| {
        let reply = stage.cluster.server(node).nobody().post("/auth/sms-code", &json!({ "phone": phone })).await;
        reply.expect(202);
    };
    ask(&stage, 1, "19900009101").await;
    eventually("the code", async || (sent(&stage, "19900009101") == [1, 0]).then_some(())).await;
    stage.cluster.nodes[0].server.kill();
    let began = Instant::now();
    ask(&stage, 1, "19900009102").await;
    super::in_the_end("the code by the other", async || (sent(&stage, "19900009102") == [0, 1]).then_some(())).await;
    println!("lx: the other node sent {:?} after the first was killed", began.elapsed());
    stage.cluster.nodes[0].server.restart();
    stage.until(0, "status", "ready").await;
    stage.cluster.nodes[1].server.stop();
    let began = Instant::now();
    ask(&stage, 0, "19900009103").await;
    eventually("the code at once", async || (sent(&stage, "19900009103") == [1, 0]).then_some(())).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Frozen, as a machine that swaps or is moved: it holds neither the log's head nor the lease, and when it wakes up it knows
/// that it slept.
#[actix_rt::test]
async fn a_node_that_freezes_holds_nobody_up_and_comes_back() {
    let stage = Stage::set("frozen").await;
    let signal = |name: &str| {
        let pid = stage.cluster.server(0).pid().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    let mut live = Live::open(&stage.at(&stage.leader, 1)).await;
    live.subscribe(&stage.topic(), None).await;
    // Frozen while it writes, most likely within a transaction.
    let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "冻住" });
    let writing = (0..40).map(async |number| stage.resident.post_once("/tickets", &body, &format!("f{number}")).await);
    let frozen = async {
        tokio::time::sleep(Duration::from_millis(15)).await;
        signal("-STOP");
        let began = Instant::now();
        let elsewhere = stage.at(&stage.resident, 1);
        let sent = super::in_the_end("a write at the other node", async || {
            let reply = elsewhere.post_once("/tickets", &body, "elsewhere").await;
            (reply.status == 201).then_some(reply)
        });
        let sent = sent.await;
        let wrote = began.elapsed();
        let ask = stage.cluster.server(1).nobody().post("/auth/sms-code", &json!({ "phone": "19900009104" })).await;
        ask.expect(202);
        let codes = || stage.cluster.server(1).codes_sent_to("19900009104").len();
        super::in_the_end("the code by the other", async || (codes() == 1).then_some(())).await;
        println!("lx: beside a frozen node the other wrote after {wrote:?} and sent after {:?}", began.elapsed());
        signal("-CONT");
        sent
    };
    let (replies, sent) = futures_util::future::join(join_all(writing), frozen).await;
    for (number, reply) in replies.iter().enumerate() {
        // 408: the request lay there unread while the node slept, longer than the server waits for one.
        assert!(matches!(reply.status, 201 | 408 | 503), "{}: {}", reply.status, reply.body);
        // Whoever was told to come back does, and sent once.
        let again = super::in_the_end("an answer", async || {
            let again = stage.resident.post_once("/tickets", &body, &format!("f{number}")).await;
            (again.status == 201).then_some(again)
        });
        let again = again.await;
        assert!(reply.status != 201 || again.seq() == reply.seq());
    }
    stage.until(0, "status", "ready").await;
    let (_, last) = stage.submit(0, "醒来").await;
    let mut heard = live.until_seq(last).await;
    heard.retain(|message| message["kind"] == "ticket.submitted");
    assert_eq!(heard.len(), 42, "forty, one elsewhere, one at the end");
    assert!(sent.seq() < last);
    assert_eq!(stage.cluster.server(0).codes_sent_to("19900009104").len(), 0);
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn a_node_that_is_asked_to_stop_sends_its_clients_elsewhere_a_few_at_a_time() {
    let mut stage = Stage::set_with("drained", 2, &[("LIANXIN__SERVER__DRAIN_S", "3")]).await;
    let mut clients = Vec::new();
    for _ in 0..40 {
        let mut live = Live::open(&stage.leader).await;
        live.subscribe(&stage.topic(), None).await;
        clients.push(live);
    }
    let began = Instant::now();
    let pid = stage.cluster.server(0).pid().to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
    let readiness = stage.until(0, "status", "draining").await;
    assert!(readiness["seq"].is_u64());
    // It still does what it is asked, but takes no new clients.
    let (_, seq) = stage.submit(0, "还在").await;
    let refused = stage.leader.get("/live/sse?topics=inbox").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")));
    let ends = join_all(clients.into_iter().map(async |mut live| {
        let code = live.end().await;
        (code, began.elapsed())
    }))
    .await;
    assert!(ends.iter().all(|(code, _)| *code == Some(1012)), "{ends:?}");
    let mut times: Vec<Duration> = ends.into_iter().map(|(_, time)| time).collect();
    times.sort_unstable();
    println!("lx: 40 clients were sent elsewhere from {:?} to {:?}", times[0], times[39]);
    // Not all at once: in no tenth of a second many of them.
    let most = times.chunk_by(|a, b| a.as_millis() / 100 == b.as_millis() / 100).map(<[_]>::len).max();
    assert!(most < Some(10) && times[39] - times[0] > Duration::from_secs(1), "{times:?}");
    stage.cluster.nodes[0].server.wait();
    let mut elsewhere = Live::open(&stage.at(&stage.leader, 1)).await;
    elsewhere.subscribe(&stage.topic(), Some(seq - 1)).await;
    assert_eq!(events_of(&elsewhere.until_seq(seq).await).last().unwrap().0, seq);
}

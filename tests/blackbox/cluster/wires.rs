//! Wires that are slow, stuck or dead without saying so, between nodes and their database.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Fault, Stage, in_the_end};

/// A firewall forgot the connections: neither side hears of it. Every step of ours has a limit, so it costs seconds.
#[actix_rt::test]
async fn connections_to_the_database_that_are_dead_without_saying_so_cost_seconds() {
    let stage = Stage::set("half_open").await;
    let (ticket, _) = stage.submit(0, "先前").await;
    stage.cluster.nodes[0].database.set(Fault::HalfOpen);
    let began = Instant::now();
    let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "一次" });
    // Whoever repeats under the same key gets through, and sent once.
    let sent = in_the_end("a write gets through", async || {
        let reply = stage.resident.post_once("/tickets", &body, "half-open").await;
        assert!(matches!(reply.status, 201 | 503), "{}", reply.body);
        (reply.status == 201).then_some(reply)
    });
    let sent = sent.await;
    let read = in_the_end("a read gets through", async || {
        let reply = stage.resident.get("/tickets?box=mine").await;
        assert!(matches!(reply.status, 200 | 503), "{}", reply.body);
        (reply.status == 200).then_some(reply)
    });
    let mine = read.await.body["items"].as_array().unwrap().clone();
    println!("lx: with dead connections it took {:?}", began.elapsed());
    assert_eq!(mine.iter().filter(|ticket| ticket["content"] == "一次").count(), 1, "{mine:?}");
    assert_eq!(stage.at(&stage.resident, 1).timeline(sent.body["id"].as_str().unwrap()).await.len(), 1);
    stage.at(&stage.worker, 1).step(&ticket, "accept", &json!({})).await;
    // The other node was never held up by what the first had begun.
    stage.until(0, "status", "ready").await;
}

/// A node that is cut off in the middle of a transaction must not keep the others from writing.
#[actix_rt::test]
async fn a_node_that_is_cut_off_does_not_hold_up_the_others() {
    let stage = Stage::set("stalled").await;
    let (resident, body) =
        (stage.resident.clone(), json!({ "grid_code": stage.code, "kind": "suggestion", "content": "多" }));
    // Load, so that it is cut off within transactions.
    let load = actix_rt::spawn(async move {
        for number in 0.. {
            let reply = resident.post_once("/tickets", &body, &format!("load-{number}")).await;
            if reply.status != 201 {
                return number;
            }
        }
        0
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.cluster.nodes[0].database.set(Fault::Stall);
    let began = Instant::now();
    let elsewhere = stage.at(&stage.resident, 1);
    let sent = in_the_end("a write at the other node", async || {
        let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "另一台" });
        let reply = elsewhere.post_once("/tickets", &body, "other").await;
        (reply.status == 201).then_some(reply)
    });
    sent.await;
    println!("lx: the other node wrote {:?} after the first was cut off", began.elapsed());
    let done = load.await.unwrap();
    assert!(done > 0);
    stage.cluster.nodes[0].database.set(Fault::None);
    in_the_end("the first node is back", async || {
        let ready = stage.cluster.server(0).nobody().get("//readyz").await.status == 200;
        ready.then_some(())
    })
    .await;
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn a_slow_wire_makes_it_slow_and_nothing_else() {
    let stage = Stage::set("slow").await;
    stage.cluster.nodes[0].database.set(Fault::Delay(Duration::from_millis(20)));
    stage.cluster.nodes[1].redis.set(Fault::Delay(Duration::from_millis(200)));
    let mut seqs = Vec::new();
    for number in 0..10 {
        let (ticket, seq) = stage.submit(number % 2, "慢").await;
        seqs.push(seq);
        stage.at(&stage.worker, (number + 1) % 2).step(&ticket, "accept", &json!({})).await;
    }
    assert!(seqs.is_sorted());
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}

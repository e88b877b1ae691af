//! Several nodes on one PostgreSQL and one Redis: what one does the others tell at once, what happens happens once, and
//! whatever goes away comes back without anything lost.

mod away;
mod balanced;
mod endings;
mod files;
mod racing;
mod wires;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Cluster, Fault, Live, Person, events_of, eventually, eventually_within, recount, same_counters};

/// Two nodes and people who use them.
struct Stage {
    cluster: Cluster,
    /// At the first node.
    resident: Person,
    worker: Person,
    leader: Person,
    code: String,
    county: String,
}

impl Stage {
    async fn set(name: &str) -> Self {
        Self::set_with(name, 2, &[]).await
    }

    async fn set_with(name: &str, nodes: usize, settings: &[(&str, &str)]) -> Self {
        let cluster = Cluster::start(name, nodes, settings);
        let server = cluster.server(0);
        let resident = server.resident("19900009001").await;
        let (worker, leader) = (server.staff("worker", 0).await, server.staff("leader_l1", 0).await);
        let (county, code) = (leader.own_grid().await, server.code_of("worker", 0));
        let stage = Self { cluster, resident, worker, leader, code, county };
        for node in 0..nodes {
            stage.until(node, "events", "relay").await;
        }
        stage
    }

    /// Somebody at another node.
    fn at(&self, person: &Person, node: usize) -> Person {
        person.at(self.cluster.server(node))
    }

    async fn submit(&self, node: usize, content: &str) -> (String, u64) {
        self.at(&self.resident, node).submit(&self.code, "suggestion", content).await
    }

    /// Waits until a node says so of itself.
    async fn until(&self, node: usize, member: &str, value: &str) -> Value {
        let nobody = self.cluster.server(node).nobody();
        let what = format!("node {node} says {member} {value}");
        eventually(&what, async || {
            let readiness = nobody.get("//readyz").await;
            (readiness.body[member] == value).then_some(readiness.body)
        })
        .await
    }

    fn topic(&self) -> String {
        format!("grid:{}", self.county)
    }
}

#[actix_rt::test]
async fn what_one_node_commits_the_clients_of_the_other_hear_at_once() {
    let stage = Stage::set("relayed").await;
    let mut live = Live::open(&stage.at(&stage.leader, 1)).await;
    let begin = live.subscribe(&stage.topic(), None).await["seq"].as_u64().unwrap();
    let (mut seqs, mut heard, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..20 {
        // Now one node commits, now the other.
        let (_, seq) = stage.submit(number % 2, &format!("第 {number} 件")).await;
        let answered = Instant::now();
        heard.extend(events_of(&live.until_seq(seq).await));
        seqs.push(seq);
        if number % 2 == 0 {
            times.push(answered.elapsed());
        }
    }
    println!("lx: heard at the other node {:?} after the answer (median)", median(times));
    let submitted: Vec<u64> =
        heard.iter().filter(|(_, kind)| kind == "ticket.submitted").map(|(seq, _)| *seq).collect();
    assert!(begin < seqs[0]);
    assert_eq!(submitted, seqs, "each once, in their order");
    // And so does whoever reads: boards at both nodes come to the same.
    for node in 0..2 {
        let leader = stage.at(&stage.leader, node);
        let board = eventually("the board", async || {
            let board = leader.get(&format!("/grids/{}/board", stage.county)).await.body;
            (board["seq"].as_u64() >= seqs.last().copied()).then_some(board)
        });
        assert_eq!(same_counters(&board.await), recount(&leader, &stage.county).await, "node {node}");
    }
}

#[actix_rt::test]
async fn an_answer_is_kept_for_a_repetition_at_another_node() {
    let stage = Stage::set("repeated").await;
    let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "路灯坏了" });
    let first = stage.resident.post_once("/tickets", &body, "once").await;
    let again = stage.at(&stage.resident, 1).post_once("/tickets", &body, "once").await;
    assert_eq!((first.expect(201)["id"].clone(), first.seq()), (again.expect(201)["id"].clone(), again.seq()));
    let other = json!({ "grid_code": stage.code, "kind": "suggestion", "content": "别的" });
    assert_eq!(stage.at(&stage.resident, 1).post_once("/tickets", &other, "once").await.status, 422);
}

#[actix_rt::test]
async fn who_signs_out_at_one_node_is_out_at_all() {
    let stage = Stage::set("sessions").await;
    let elsewhere = stage.at(&stage.worker, 1);
    elsewhere.get("/auth/me").await.expect(200);
    let mut live = Live::open(&elsewhere).await;
    stage.worker.post("/auth/logout", &json!({})).await.expect(204);
    assert_eq!(live.end().await, Some(4003));
    let refused = eventually("the session is over there", async || {
        let reply = elsewhere.get("/auth/me").await;
        (reply.status == 401).then_some(reply)
    });
    refused.await;
}

#[actix_rt::test]
async fn a_picture_that_came_in_at_one_node_is_shown_by_the_other() {
    let stage = Stage::set("pictures").await;
    let picture = crate::support::media::picture(image::ImageFormat::Png, 40, 30);
    let uploaded = stage.resident.upload("a.png", "image/png", &picture).await;
    let id = uploaded.expect(201)["id"].as_str().unwrap().to_owned();
    let shown = stage.at(&stage.resident, 1).get(&format!("/attachments/{id}")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.bytes, stage.resident.get(&format!("/attachments/{id}")).await.bytes);
    assert!(std::fs::read_dir(stage.cluster.files()).unwrap().next().is_some());
}

#[actix_rt::test]
async fn a_node_with_other_secrets_is_refused() {
    let stage = Stage::set_with("secrets", 1, &[]).await;
    let server = stage.cluster.server(0);
    std::fs::remove_dir_all(server.data_dir().join("secrets")).unwrap();
    // It would make new ones, and with them seal what nobody else can read.
    let (started, said) = server.command(&["serve"]);
    assert!(!started && said.contains("secrets"), "{said}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// For what has limits of its own of several seconds: a lease, a dead connection.
const NOTICED: Duration = Duration::from_secs(20);

async fn in_the_end<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(NOTICED, what, look).await
}

//! The wall clock of a running server jumps: hours ahead, back, a day ahead. Limits that are over end once, what is
//! numbered stays in its order, and nobody is kept out for longer than the rules say.

use serde_json::{Value, json};

use crate::crash::left_alone::LeftAlone;
use crate::crash::{SETTINGS, limits, nobody_sleeps};
use crate::support::{FakedClock, Live, Person, Reply, Seen, TestServer, events_of, eventually, steps_of, text, time};

const HOUR_MS: i64 = 3_600_000;

/// Everything happens to one server, because the jumps are what it has to get over.
#[actix_rt::test]
async fn while_the_clock_jumps_each_limit_ends_once_and_nothing_else_breaks() {
    let clock = FakedClock::new();
    let settings = [&SETTINGS[..], &clock.settings()].concat();
    let server = TestServer::start_with(&settings);
    nobody_sleeps(&server);
    let mut stage = Stage::set(&server).await;
    let waiting = stage.submit("没人接的一件").await;
    let handled = stage.submit("接了没办的一件").await;
    stage.step(1, "accept", json!({})).await;
    let first = stage.resident.post_once("/tickets", &stage.request("只发一次的一件"), "only-once").await;
    stage.alone.push(LeftAlone::new(text(&first.expect(201)["id"]), first.seq()));
    assert_eq!(stage.kinds(&waiting).await, ["ticket.submitted"]);

    // Half an hour to be accepted is long over; a day to be finished is not.
    clock.set_ahead("3h");
    stage.climbs_to(&waiting, 4).await;
    stage.climbs_to(&text(&first.body["id"]), 4).await;
    assert_eq!(stage.kinds(&handled).await, ["ticket.submitted", "ticket.accepted"]);
    let code = server.phone_code("19900003002").await;
    for _ in 0..3 {
        assert_eq!(wrong_password(&server).await.status, 401);
    }
    assert_eq!((wrong_password(&server).await.status, stage.live_pong().await), (429, ()));

    // What happened is in the future now, and new things happen before it.
    clock.set_ahead("1h");
    let later = stage.submit("钟拨回来以后的一件").await;
    stage.step(3, "accept", json!({})).await;
    let again = stage.resident.post_once("/tickets", &stage.request("只发一次的一件"), "only-once").await;
    assert_eq!((again.status, again.header("Idempotent-Replayed")), (201, Some("true")));
    assert_eq!(again.body["id"], first.body["id"]);
    // Nobody knows how old that code is; another is sent at once, and is good.
    let old = json!({ "phone": "19900003002", "code": code });
    let refused = server.nobody().post("/auth/sms-login", &old).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["code"]));
    server.newcomer("19900003002").await;
    assert_eq!(wrong_password(&server).await.status, 401, "nobody is locked out for hours");
    stage.live_pong().await;

    // Sessions of a working day are over, those of a month are not; a day to be finished is over, too.
    clock.set_ahead("26h");
    stage.climbs_to(&handled, 4).await;
    stage.climbs_to(&later, 4).await;
    stage.climbs_to(&waiting, 3).await;
    assert_eq!(stage.leader.get("/auth/me").await.status, 401);
    stage.resident.get("/auth/me").await.expect(200);
    stage.leader = server.staff("leader_l1", 0).await;
    stage.live_pong().await;
    stage.check().await;
}

async fn wrong_password(server: &TestServer) -> Reply {
    let account = server.account("worker", 2);
    server.nobody().post("/auth/login", &json!({ "account": account["account"], "password": "Falsch-2026" })).await
}

/// People, and requests that are left alone.
struct Stage<'a> {
    server: &'a TestServer,
    resident: Person,
    worker: Person,
    leader: Person,
    live: Live,
    heard: Vec<Value>,
    alone: Vec<LeftAlone>,
    before: u64,
}

impl<'a> Stage<'a> {
    async fn set(server: &'a TestServer) -> Self {
        let (worker, leader) = (server.staff("worker", 0).await, server.staff("leader_l1", 0).await);
        let resident = server.resident("19900003001").await;
        let (mut live, welcome) = Live::open_with_welcome(&leader).await;
        let topic = format!("grid:{}", leader.own_grid().await);
        assert_eq!(live.subscribe(&topic, None).await["op"], "subscribed");
        let before = welcome["head"].as_u64().unwrap();
        Self { server, resident, worker, leader, live, heard: Vec::new(), alone: Vec::new(), before }
    }

    fn request(&self, content: &str) -> Value {
        json!({ "grid_code": self.server.code_of("worker", 0), "kind": "dispute", "content": content })
    }

    async fn submit(&mut self, content: &str) -> String {
        let reply = self.resident.post("/tickets", &self.request(content)).await;
        let id = text(&reply.expect(201)["id"]);
        self.alone.push(LeftAlone::new(id.clone(), reply.seq()));
        id
    }

    /// The worker's step with the request of that number.
    async fn step(&mut self, number: usize, action: &str, body: Value) {
        let reply = self.worker.act(&self.alone[number].ticket, action, &body).await;
        reply.expect(200);
        self.alone[number].steps.push((reply.seq(), format!("ticket.{action}ed")));
    }

    async fn kinds(&self, ticket: &str) -> Vec<String> {
        self.resident.timeline(ticket).await.into_iter().map(|(_, kind)| kind).collect()
    }

    /// Waits until a request is at that level.
    async fn climbs_to(&self, ticket: &str, level: usize) {
        let escalations = 5 - level;
        eventually("an escalation", async || {
            let kinds = self.kinds(ticket).await;
            (kinds.iter().filter(|kind| *kind == "ticket.escalated").count() >= escalations).then_some(())
        })
        .await;
    }

    /// The channel is open and answers.
    async fn live_pong(&mut self) {
        self.heard.extend(self.live.until_pong().await);
    }

    /// All that happened was told, in the order of its numbers; all that follows from it happened, once.
    async fn check(mut self) {
        let server = self.server;
        eventually("that all is sent", async || {
            server.sql("SELECT 1 FROM deliveries WHERE state = 'owed';").is_empty().then_some(())
        })
        .await;
        self.live_pong().await;
        let numbers: Vec<u64> = events_of(&self.heard).iter().map(|(seq, _)| *seq).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        let rows = server.sql(&format!(
            "SELECT seq, kind, at FROM events WHERE seq > {} AND subject_kind = 'ticket' ORDER BY seq;",
            self.before
        ));
        let logged: Vec<Seen> = rows.iter().map(|row| (row[0].parse().unwrap(), row[1].clone())).collect();
        assert_eq!(steps_of(&self.heard), logged, "no gap, nothing twice");
        let times: Vec<i64> = rows.iter().map(|row| row[2].parse().unwrap()).collect();
        assert!(times.windows(2).any(|two| two[1] < two[0] - HOUR_MS), "the clock never went back: {times:?}");
        limits::check(server, &self.alone, self.before);
        let log = std::fs::read_to_string(server.data_dir().join("log")).unwrap();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
        let (sound, report) = server.command(&["check"]);
        assert!(sound, "{report}");
        // It still knows what time it is.
        let (_, welcome) = Live::open_with_welcome(&self.leader).await;
        let ahead = time(&welcome["now"]).since(crate::support::now());
        assert!((25 * HOUR_MS..27 * HOUR_MS).contains(&ahead), "{ahead}");
    }
}

//! Big screens: how they are paired, what they may do, and what becomes of them.

mod guessing;
mod rights;

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Incoming, Live, Person, Reply, TestServer, events_of, eventually, text};

/// A screen with its token.
pub struct Screen {
    pub who: Person,
    pub id: String,
    pub code: String,
}

impl Screen {
    /// Opens one that waits.
    pub async fn open(server: &TestServer) -> Self {
        let nobody = server.nobody();
        let reply = nobody.post("/screens", &json!({})).await;
        Self::of(nobody, reply.expect(201))
    }

    fn of(nobody: Person, opened: &Value) -> Self {
        let who = nobody.with_token(&text(&opened["token"]));
        Self { who, id: text(&opened["screen_id"]), code: text(&opened["code"]) }
    }

    /// Opens one and pairs it.
    pub async fn paired(server: &TestServer, person: &Person, target: &str) -> Self {
        let screen = Self::open(server).await;
        let mut waits = Live::open(&screen.who).await;
        waits.subscribe("screen", None).await;
        screen.pair(person, target).await.expect(200);
        // What it has open ends when that is back from the log; what is opened afterwards stays.
        assert_eq!(waits.end().await, Some(4003));
        screen
    }

    pub async fn pair(&self, person: &Person, target: &str) -> Reply {
        person.post("/screens/pair", &json!({ "code": self.code, "target": target })).await
    }

    pub async fn itself(&self) -> Reply {
        self.who.get("/screens/self").await
    }
}

pub fn board(grid: &str) -> String {
    format!("board:{grid}")
}

async fn listed(person: &Person) -> Vec<Value> {
    person.get("/screens").await.expect(200)["items"].as_array().unwrap().clone()
}

#[actix_rt::test]
async fn a_waiting_screen_hears_at_once_what_it_was_paired_to_and_shows_it_with_the_same_token() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let village = leader.own_grid().await;
    let screen = Screen::open(&server).await;
    let opened = screen.itself().await.expect(200).clone();
    assert_eq!((&opened["screen_id"], &opened["code"]), (&json!(screen.id), &json!(screen.code)));
    assert!(opened["target"].is_null() && opened["expires_at"].is_string(), "{opened}");
    assert!(screen.code.len() == 6 && screen.code.bytes().all(|byte| byte.is_ascii_digit()), "{}", screen.code);

    let mut live = Live::open_by_protocol(&server.base, screen.who.token.as_deref().unwrap()).await;
    let waiting = live.subscribe("screen", None).await;
    assert_eq!((&waiting["op"], &waiting["state"]), (&json!("subscribed"), &opened));
    // Nothing of the board, or of anything, before it is paired.
    for topic in [board(&village), format!("grid:{village}"), "inbox".to_owned()] {
        assert_eq!(live.subscribe(&topic, None).await["op"], "refused", "{topic}");
    }
    let body = json!({ "code": screen.code, "target": board(&village), "name": " 村委会大厅 " });
    let paired = leader.post("/screens/pair", &body).await;
    let view = paired.expect(200);
    assert_eq!((&view["name"], &view["target"]), (&json!("村委会大厅"), &json!(board(&village))));
    assert!(view["paired_by"]["name"].as_str().is_some_and(|name| !name.is_empty()), "{view}");
    assert!(!view.to_string().contains(screen.who.token.as_deref().unwrap()));
    let event = live.event("screen.paired").await;
    assert_eq!((&event["topic"], &event["seq"]), (&json!("screen"), &json!(paired.seq())));
    assert_eq!(event["data"], json!({ "target": board(&village), "name": "村委会大厅" }));
    // What it may read is another thing now, so it comes back for it.
    assert_eq!(live.end().await, Some(4003));

    let mut live = Live::open_by_protocol(&server.base, screen.who.token.as_deref().unwrap()).await;
    assert_eq!(live.subscribe("screen", None).await["state"]["target"], board(&village));
    let snapshot = live.subscribe(&board(&village), None).await;
    assert_eq!(snapshot["state"]["grid_id"], village);
    let read = screen.who.get(&format!("/grids/{village}/board")).await;
    assert_eq!(read.expect(200)["grid_id"], village);
    for query in [String::new(), format!("?root={village}&depth=5")] {
        assert_eq!(screen.who.get(&format!("/grids/tree{query}")).await.expect(200)["id"], village);
    }
    // And it lives.
    let resident = server.resident("19900008001").await;
    let (_, seq) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯坏了").await;
    let events = live.until_seq(seq).await;
    assert_eq!(events.last().unwrap()["topic"], board(&village));
}

#[actix_rt::test]
async fn a_code_pairs_one_screen_once() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let screen = Screen::open(&server).await;
    // Typed as it is shown, in two groups.
    let spaced = format!(" {} {} ", &screen.code[..3], &screen.code[3..]);
    let body = json!({ "code": spaced, "target": target });
    let first = leader.post_once("/screens/pair", &body, "pair-1").await;
    assert_eq!(first.expect(200)["name"], format!("大屏 {}", screen.code));
    let again = screen.pair(&leader, &target).await;
    assert_eq!((again.status, again.code(), again.fields()), (422, "screen.wrong_code", vec!["code"]));
    // The same request is the same answer.
    let repeated = leader.post_once("/screens/pair", &body, "pair-1").await;
    assert_eq!((repeated.expect(200), repeated.header("Idempotent-Replayed")), (first.expect(200), Some("true")));
    // Of two at once one wins.
    let screen = Screen::open(&server).await;
    let other = server.staff("leader_l3", 0).await;
    let (one, two) = futures_util::future::join(screen.pair(&leader, &target), screen.pair(&other, &target)).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    assert_eq!(listed(&leader).await.len(), 2);
}

#[actix_rt::test]
async fn two_screens_that_wait_do_not_hear_of_each_other() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let (one, two) = (Screen::open(&server).await, Screen::open(&server).await);
    assert_ne!(one.code, two.code);
    let (mut first, mut second) = (Live::open(&one.who).await, Live::open(&two.who).await);
    first.subscribe("screen", None).await;
    second.subscribe("screen", None).await;
    one.pair(&leader, &target).await.expect(200);
    first.event("screen.paired").await;
    assert_eq!(first.end().await, Some(4003));
    assert_eq!(second.until_pong().await, Vec::<Value>::new());
    assert_eq!(two.itself().await.expect(200)["code"], two.code);
    two.pair(&leader, &target).await.expect(200);
    second.event("screen.paired").await;
}

#[actix_rt::test]
async fn fifty_screens_wait_with_fifty_codes_and_each_gets_its_own() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let screens = futures_util::future::join_all((0..50).map(|_| Screen::open(&server))).await;
    let codes: BTreeSet<&str> = screens.iter().map(|screen| screen.code.as_str()).collect();
    assert_eq!(codes.len(), 50);
    let mut lives = Vec::new();
    for screen in &screens {
        let mut live = Live::open(&screen.who).await;
        live.subscribe("screen", None).await;
        lives.push(live);
    }
    for (screen, live) in screens.iter().zip(&mut lives) {
        screen.pair(&leader, &target).await.expect(200);
        live.event("screen.paired").await;
        assert_eq!(live.end().await, Some(4003));
    }
    let listed: BTreeSet<String> = listed(&leader).await.iter().map(|screen| text(&screen["id"])).collect();
    assert_eq!(listed, screens.iter().map(|screen| screen.id.clone()).collect());
}

#[actix_rt::test]
async fn a_screen_is_taken_over_live_and_sees_nothing_of_before() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let (village, group) = (leader.own_grid().await, server.staff("worker", 0).await.own_grid().await);
    let screen = Screen::paired(&server, &leader, &board(&village)).await;
    let mut live = Live::open(&screen.who).await;
    live.subscribe("screen", None).await;
    live.subscribe(&board(&village), None).await;
    let moved = leader.post(&format!("/screens/{}/target", screen.id), &json!({ "target": board(&group) })).await;
    assert_eq!(moved.expect(200)["target"], board(&group));
    // From then on nothing of the old board comes.
    let resident = server.resident("19900008002").await;
    let (_, seq) = resident.submit(&server.code_of("leader_l3", 0), "suggestion", "村里的事").await;
    let mut seen = Vec::new();
    let code = loop {
        match live.incoming().await {
            Incoming::Message(message) => seen.push(message),
            Incoming::Closed(code) => break code,
        }
    };
    let last = seen.last().unwrap();
    assert_eq!(
        (code, &last["kind"], &last["data"]["target"]),
        (Some(4003), &json!("screen.retargeted"), &json!(board(&group)))
    );
    assert!(events_of(&seen).iter().all(|(seen, _)| *seen <= moved.seq()) && seq > moved.seq(), "{seen:?}");

    let mut live = Live::open(&screen.who).await;
    assert_eq!(live.subscribe("screen", None).await["state"]["target"], board(&group));
    assert_eq!(live.subscribe(&board(&village), None).await["reason"], "forbidden");
    assert_eq!(live.subscribe(&board(&village), Some(seq - 1)).await["reason"], "forbidden");
    assert_eq!(live.subscribe(&board(&group), None).await["op"], "subscribed");
    let old = screen.who.get(&format!("/grids/{village}/board")).await;
    assert_eq!((old.status, old.code()), (404, "grid.not_found"));
    assert_eq!(screen.who.get(&format!("/grids/tree?root={village}")).await.status, 404);
    screen.who.get(&format!("/grids/{group}/board")).await.expect(200);
    // Back again, and again live.
    leader.post(&format!("/screens/{}/target", screen.id), &json!({ "target": board(&village) })).await.expect(200);
    assert_eq!(live.event("screen.retargeted").await["data"]["target"], board(&village));
}

#[actix_rt::test]
async fn a_released_screen_is_cut_off_at_once_and_its_token_is_dead() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let (screen, other) =
        (Screen::paired(&server, &leader, &target).await, Screen::paired(&server, &leader, &target).await);
    let mut lives = [Live::open(&screen.who).await, Live::open(&screen.who).await];
    lives[0].subscribe("screen", None).await;
    let mut stays = Live::open(&other.who).await;
    stays.subscribe(&target, None).await;
    let path = format!("/screens/{}", screen.id);
    leader.delete(&path).await.expect(204);
    assert_eq!(screen.itself().await.status, 401, "from the answer on");
    lives[0].event("screen.released").await;
    for live in &mut lives {
        assert_eq!(live.end().await, Some(4003));
    }
    for path in ["/screens/self", "/grids/tree", "/live/sse?topics=screen"] {
        let reply = screen.who.get(path).await;
        assert_eq!((reply.status, reply.code()), (401, "auth.screen_over"), "{path}");
    }
    assert_eq!(stays.until_pong().await, Vec::<Value>::new());
    let again = leader.delete(&path).await;
    assert_eq!((again.status, again.code()), (404, "screen.not_found"));
    assert_eq!(listed(&leader).await.iter().map(|screen| text(&screen["id"])).collect::<Vec<_>>(), [other.id]);
}

#[actix_rt::test]
async fn screens_survive_a_restart_and_a_power_cut() {
    let mut server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let village = leader.own_grid().await;
    let (shown, waits) = (Screen::paired(&server, &leader, &board(&village)).await, Screen::open(&server).await);
    for cut in [false, true] {
        if cut {
            server.kill();
        } else {
            server.stop();
        }
        server.restart();
        let shown = shown.who.at(&server);
        assert_eq!(shown.get("/screens/self").await.expect(200)["target"], board(&village));
        let mut live = Live::open(&shown).await;
        assert_eq!(live.subscribe(&board(&village), None).await["op"], "subscribed");
        let waits = waits.who.at(&server);
        assert_eq!(waits.get("/screens/self").await.expect(200)["code"], json!(code_of(&waits).await));
    }
    let leader = server.staff("leader_l3", 0).await;
    waits.pair(&leader, &board(&village)).await.expect(200);
    let (healthy, said) = server.command(&["check"]);
    assert!(healthy, "{said}");
}

async fn code_of(screen: &Person) -> String {
    text(&screen.get("/screens/self").await.expect(200)["code"])
}

#[actix_rt::test]
async fn the_list_tells_who_is_there() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let screen = Screen::paired(&server, &leader, &target).await;
    let entry = async || listed(&leader).await.remove(0);
    let before = entry().await;
    assert_eq!((&before["online"], &before["last_seen_at"]), (&json!(false), &Value::Null));
    assert!(before["target_title"].as_str().is_some_and(|title| !title.is_empty()), "{before}");
    let mut live = Live::open(&screen.who).await;
    let there = entry().await;
    assert_eq!(there["online"], true);
    assert!(there["last_seen_at"].is_string());
    live.say_goodbye().await;
    let gone = eventually("the screen is gone", async || Some(entry().await).filter(|entry| entry["online"] == false));
    assert!(gone.await["last_seen_at"].is_string());
}

#[actix_rt::test]
async fn what_is_done_with_screens_is_in_the_audit_trail_without_its_secrets() {
    let mut server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let screen = Screen::paired(&server, &leader, &target).await;
    let path = format!("/screens/{}", screen.id);
    leader.post(&format!("{path}/target"), &json!({ "target": target })).await.expect(200);
    leader.send(Method::DELETE, &path, None, &[]).await.expect(204);
    server.stop();
    let query = format!("SELECT action FROM audit WHERE subject_id = '{}' ORDER BY at, id;", screen.id);
    let actions: Vec<String> = server.sql(&query).concat();
    assert_eq!(actions, ["screen.pair", "screen.retarget", "screen.release"]);
    let token = screen.who.token.unwrap();
    let file = std::fs::read(server.data_dir().join("lianxin.db")).unwrap();
    assert!(!file.windows(token.len()).any(|part| part == token.as_bytes()), "tokens are not stored");
}

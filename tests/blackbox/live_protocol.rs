//! The live channel: its words, what it refuses, its ends, and its second form for networks without WebSocket.

use std::time::{Duration, Instant};

use awc::http::{Method, StatusCode};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::live::Stage;
use crate::support::{Incoming, Live, Person, TestServer, events_of, eventually};

const POLICY: u16 = 1008;

/// Whether the server still serves this person.
async fn still_serves(person: &Person) {
    person.get("/auth/me").await.expect(200);
    Live::open(person).await.until_pong().await;
}

#[actix_rt::test]
async fn a_ping_is_answered_by_word_and_by_frame() {
    let server = TestServer::start();
    let mut live = Live::open(&server.staff("worker", 0).await).await;
    assert_eq!(live.until_pong().await, Vec::<Value>::new());
    assert_eq!(live.ping_frame(b"still there?").await, b"still there?");
    assert_eq!(live.say_goodbye().await, Some(1000), "a closing handshake is finished");
}

#[actix_rt::test]
async fn what_cannot_be_read_is_answered_and_repeated_ends_the_connection() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let mut live = Live::open(&worker).await;
    let wrong = [
        "",
        "{",
        "null",
        "[]",
        "\"ping\"",
        "{\"op\":\"shout\"}",
        "{\"op\":\"subscribe\"}",
        "{\"op\":\"ping\",\"extra\":1}",
        "{\"op\":\"subscribe\",\"topics\":\"inbox\"}",
        "{\"op\":\"subscribe\",\"topics\":[\"inbox\"],\"since\":-1}",
        "{\"op\":\"subscribe\",\"topics\":[1]}",
    ];
    for text in wrong {
        live.say_text(text).await;
        let answer = live.next().await;
        assert_eq!((&answer["op"], &answer["code"]), (&json!("error"), &json!("live.malformed")), "{text}");
    }
    assert_eq!(live.subscribe("inbox", None).await["op"], "subscribed", "a slip does no harm");
    for _ in 0..100 {
        live.say_text("}").await;
    }
    assert_eq!(live.end().await, Some(POLICY));
    still_serves(&worker).await;
}

#[actix_rt::test]
async fn a_frame_of_more_than_64_kib_and_binary_data_are_refused() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let padded = |length: usize| {
        let mut text = json!({ "op": "ping" }).to_string();
        text.push_str(&" ".repeat(length - text.len()));
        text
    };
    let mut live = Live::open(&worker).await;
    live.say_text(&padded(64 << 10)).await;
    assert_eq!(live.next().await["op"], "pong", "64 KiB is permitted");
    for length in [(64 << 10) + 1, 1 << 20] {
        let mut live = Live::open(&worker).await;
        live.say_text(&padded(length)).await;
        assert_ended(&mut live).await;
    }
    let mut live = Live::open(&worker).await;
    live.say_binary(b"{\"op\":\"ping\"}").await;
    assert_eq!(live.end().await, Some(POLICY));
    still_serves(&worker).await;
}

/// Closed for breaking the protocol; a client that is still sending may see the connection reset instead of the code.
async fn assert_ended(live: &mut Live) {
    let code = live.end().await;
    assert!(code.is_none() || code == Some(POLICY), "{code:?}");
}

#[actix_rt::test]
async fn ten_thousand_subscriptions_meet_a_limit_and_the_connection_lives() {
    let stage = Stage::set().await;
    let admin = stage.server.staff("admin", 0).await;
    let village = stage.server.staff("leader_l3", 0).await.own_grid().await;
    let mut topics = vec!["inbox".to_owned()];
    for number in 0..130 {
        let grid =
            json!({ "parent_id": village, "name": format!("新片 {number}"), "number": format!("T-{number:03}") });
        // Its code's number comes from the grids that the server has heard of, so right after another it is refused.
        let made = async || Some(admin.post("/grids", &grid).await).filter(|reply| reply.status == 201);
        let made = eventually("a grid", made);
        let id = made.await.body["id"].as_str().unwrap().to_owned();
        topics.extend([format!("grid:{id}"), format!("board:{id}")]);
    }
    let mut live = Live::open(&stage.leader).await;
    let (mut subscribed, mut limited) = (0, 0);
    for chunk in topics.chunks(100) {
        live.say(&json!({ "op": "subscribe", "topics": chunk })).await;
        let messages = live.until_pong().await;
        subscribed += messages.iter().filter(|message| message["op"] == "subscribed").count();
        limited += messages.iter().filter(|message| message["op"] == "refused" && message["reason"] == "limit").count();
    }
    assert_eq!((subscribed, limited), (256, topics.len() - 256));
    for _ in 0..10 {
        // The same ones again, strangers, and what does not exist: a thousand at a time.
        let many: Vec<String> =
            (0..1000).map(|number| topics.get(number).cloned().unwrap_or(format!("grid:{number}"))).collect();
        live.say(&json!({ "op": "subscribe", "topics": many })).await;
        let refused = live.until_pong().await.into_iter().filter(|message| message["op"] == "refused").count();
        assert_eq!(refused, 1000 - 256);
    }
    let (_, seq) = stage.submit("照常").await;
    // What was followed is still followed: one may be given up for another.
    live.say(&json!({ "op": "unsubscribe", "topics": [topics[1]] })).await;
    let grid = format!("grid:{}", stage.county);
    assert_eq!(live.subscribe(&grid, Some(seq - 1)).await["op"], "subscribed");
    assert_eq!(events_of(&live.until_seq(seq).await), [(seq, "ticket.submitted".to_owned())]);
}

#[actix_rt::test]
async fn a_browser_signs_in_by_sub_protocol_or_cookie_and_nobody_gets_in_without_a_session() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let mut live = Live::open_by_protocol(&server.base, worker.token.as_deref().unwrap()).await;
    assert_eq!(live.subscribe("inbox", None).await["op"], "subscribed");
    let url = format!("{}/api/v1/live", server.base.replacen("http", "ws", 1));
    let client = || awc::Client::builder().max_http_version(awc::http::Version::HTTP_11).finish();
    let cookie = format!("lianxin_session={}", worker.token.as_deref().unwrap());
    assert!(client().ws(&url).header("Cookie", cookie).connect().await.is_ok());

    let handshake = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let bearer = ("Sec-WebSocket-Protocol", "lianxin.v1, bearer.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let cookie = ("Cookie", "lianxin_session=nonsense");
    for more in [&[][..], &[bearer], &[cookie]] {
        let headers: Vec<_> = handshake.iter().chain(more).copied().collect();
        let reply = server.nobody().send(Method::GET, "/live", None, &headers).await;
        reply.expect(401);
        assert_eq!(server.nobody().send(Method::GET, "/live/sse?topics=inbox", None, more).await.status, 401);
    }
    let plain = worker.get("/live").await;
    assert_eq!((plain.status, plain.code()), (400, "live.handshake"));
}

#[actix_rt::test]
async fn a_server_that_stops_says_so_to_everybody_and_ends_in_time() {
    let mut stage = Stage::set().await;
    let mut lives = Vec::new();
    for number in 0..40 {
        let person = [&stage.leader, &stage.worker, &stage.resident][number % 3];
        let mut live = Live::open(person).await;
        live.subscribe("inbox", None).await;
        lives.push(live);
    }
    let ends = futures_util::future::join_all(lives.iter_mut().map(Live::end));
    let began = Instant::now();
    let stopping = std::thread::spawn(move || {
        stage.server.stop();
        began.elapsed()
    });
    assert!(ends.await.into_iter().all(|code| code == Some(1012)));
    let took = stopping.join().unwrap();
    println!("lx: stopped with 40 live clients in {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// Server-sent events as a browser reads them, id and data, up to the one that is `last`.
async fn read_events(
    person: &Person,
    topics: &str,
    last_id: Option<&str>,
    mut last: impl FnMut(&Value) -> bool,
) -> Vec<(Option<String>, Value)> {
    let client = awc::Client::builder().timeout(Duration::from_secs(10)).finish();
    let url = format!("{}/api/v1/live/sse?topics={topics}", person.base);
    let mut request = client.get(url).bearer_auth(person.token.as_deref().unwrap());
    if let Some(id) = last_id {
        request = request.insert_header(("Last-Event-ID", id));
    }
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers().get("Content-Type").unwrap(), "text/event-stream");
    let (mut text, mut events) = (String::new(), Vec::new());
    loop {
        let chunk = response.next().await.expect("the stream ended").unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let Some(data) = field("data: ") {
                let data = serde_json::from_str(&data).unwrap();
                let done = last(&data);
                events.push((field("id: "), data));
                if done {
                    return events;
                }
            }
            text = rest.to_owned();
        }
    }
}

#[actix_rt::test]
async fn server_sent_events_carry_their_number_and_resume_from_the_last_one() {
    let stage = Stage::set().await;
    stage.submit("从前").await;
    let before = stage.worker.head().await;
    let topics = format!("grid:{},inbox,grid:nothing", stage.group);
    let mut begun = 0;
    let opening = read_events(&stage.worker, &topics, None, |data| {
        begun += usize::from(data["op"] == "subscribed");
        begun == 2
    });
    let opening = opening.await;
    let ops: Vec<_> = opening.iter().map(|(_, data)| data["op"].as_str().unwrap()).collect();
    assert_eq!(ops.iter().filter(|op| **op == "subscribed").count(), 2, "{ops:?}");
    assert!(ops.contains(&"welcome") && ops.contains(&"refused"), "{ops:?}");
    // A browser that was cut off before any event comes back with this: so the subscription itself has a number.
    let id = opening.iter().filter_map(|(id, _)| id.clone()).next_back();
    assert_eq!(id, Some(before.to_string()));

    let (ticket, seqs) = stage.life("断网时").await;
    let last = *seqs.last().unwrap();
    let replay =
        read_events(&stage.worker, &topics, id.as_deref(), |data| data["seq"] == last && data["op"] == "event");
    let replay = replay.await;
    let events = |replay: &[(Option<String>, Value)]| {
        let events =
            replay.iter().filter(|(_, data)| data["kind"].as_str().is_some_and(|kind| kind.starts_with("ticket.")));
        events.map(|(id, data)| (id.clone().unwrap(), data["seq"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(events(&replay), seqs.iter().map(|seq| (seq.to_string(), *seq)).collect::<Vec<_>>());
    let ids: Vec<u64> = replay.iter().filter_map(|(id, _)| id.as_ref()?.parse().ok()).collect();
    assert!(ids.is_sorted(), "a browser cut off anywhere would miss something: {ids:?}");

    let next = async {
        // Somebody acts while the stream is open.
        stage.resident.comment(&ticket, "还有一句").await
    };
    let last = last.to_string();
    let live = read_events(&stage.worker, &topics, Some(&last), |data| data["kind"] == "ticket.commented");
    let (live, comment) = futures_util::future::join(live, next).await;
    assert_eq!(events(&live), [(comment.to_string(), comment)]);
    let far = read_events(&stage.worker, "inbox", Some("999999999"), |data| data["op"] == "reset").await;
    assert_eq!(far.last().unwrap().1["reason"], "epoch");
}

#[actix_rt::test]
async fn a_session_that_ends_ends_its_server_sent_events_too() {
    let stage = Stage::set().await;
    let client = awc::Client::builder().timeout(Duration::from_secs(10)).finish();
    let url = format!("{}/api/v1/live/sse?topics=inbox", stage.worker.base);
    let mut response = client.get(url).bearer_auth(stage.worker.token.as_deref().unwrap()).send().await.unwrap();
    response.next().await.expect("a welcome").unwrap();
    stage.worker.post("/auth/logout", &json!({})).await.expect(204);
    while let Some(chunk) = response.next().await {
        chunk.unwrap();
    }
}

#[actix_rt::test]
async fn connections_that_come_and_go_leave_nothing_behind() {
    let stage = Stage::set().await;
    let topics = [format!("grid:{}", stage.county), format!("board:{}", stage.county), "inbox".to_owned()];
    for _ in 0..100 {
        let mut live = Live::open(&stage.leader).await;
        live.say(&json!({ "op": "subscribe", "topics": topics })).await;
    }
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&topics[0], None).await;
    let (_, seq) = stage.submit("一件").await;
    assert_eq!(events_of(&live.until_seq(seq).await).len(), 1);
    live.say_goodbye().await;
    assert!(matches!(live.incoming().await, Incoming::Closed(_)));
}

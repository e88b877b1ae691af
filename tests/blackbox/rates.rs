//! How often anybody may do something: who does too much is told to wait, and nobody else notices, least of all a neighbour
//! behind the same address. All of these come from one: 127.0.0.1.

use awc::http::Method;
use serde_json::json;

use crate::support::{Live, Person, Reply, TestServer, eventually, media};

const ON: (&str, &str) = ("LIANXIN__LIMITS__ENABLED", "true");
const METRICS: (&str, &str) = ("LIANXIN__METRICS__BIND", "127.0.0.1:0");
const TRUSTS_US: (&str, &str) = ("LIANXIN__SERVER__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]");

/// A server that allows so many at once of a rule, and one an hour after that.
fn limited(rule: &str, at_once: &str) -> TestServer {
    let key = format!("LIANXIN__LIMITS__{rule}__");
    TestServer::start_with(&[ON, METRICS, (&format!("{key}AT_ONCE"), at_once), (&format!("{key}AN_HOUR"), "1")])
}

#[track_caller]
fn assert_told_to_wait(reply: &Reply, code: &str) {
    assert_eq!((reply.status, reply.code()), (429, code), "{}", reply.body);
    assert_eq!(reply.header("Content-Type"), Some("application/problem+json"));
    let seconds: u32 = reply.header("Retry-After").and_then(|text| text.parse().ok()).expect("when to come back");
    assert!((1..=3_600).contains(&seconds), "{seconds}");
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains('请') && detail.ends_with(char::is_alphabetic), "{detail}");
}

async fn refused(server: &TestServer, rule: &str) -> String {
    let page = server.metrics().send(Method::GET, "//metrics", None, &[]).await;
    let page = String::from_utf8(page.bytes).unwrap();
    let line = format!("requests_limited_total{{rule=\"{rule}\"}} ");
    page.lines().find_map(|shown| shown.strip_prefix(&line).map(str::to_owned)).unwrap_or_default()
}

#[actix_rt::test]
async fn changes_of_one_account_are_limited_and_its_neighbours_are_not() {
    let server = limited("WRITES", "5");
    let (one, neighbour) = (server.resident("19900008201").await, server.resident("19900008202").await);
    let profile = json!({ "name": "李小明", "address": "三组 12 号" });
    let mut answers = Vec::new();
    // Filling in the profile was the first.
    for _ in 0..6 {
        answers.push(one.patch("/me/profile", &profile).await);
    }
    let taken: Vec<_> = answers[..4].iter().map(|reply| (reply.status, reply.code())).collect();
    assert_eq!(taken, [(200, ""); 4]);
    for reply in &answers[4..] {
        assert_told_to_wait(reply, "limit.writes");
    }
    // Reading goes on, and so do others; under another login the account is the same.
    one.get("/auth/me").await.expect(200);
    neighbour.patch("/me/profile", &profile).await.expect(200);
    let elsewhere = server.newcomer("19900008201").await;
    assert_told_to_wait(&elsewhere.patch("/me/profile", &profile).await, "limit.writes");
    assert_eq!(refused(&server, "writes").await, "3");
}

#[actix_rt::test]
async fn one_person_sends_so_many_requests_to_one_grid() {
    let server = limited("SUBMISSIONS", "3");
    let (one, neighbour) = (server.resident("19900008211").await, server.resident("19900008212").await);
    let (here, there) = (server.code_of("worker", 0), server.code_of("worker", 2));
    for number in 0..3 {
        one.request_help(&here, &format!("路灯 {number}")).await;
    }
    let body = |code: &str| json!({ "grid_code": code, "kind": "suggestion", "content": "路灯不亮" });
    assert_told_to_wait(&one.post("/tickets", &body(&here)).await, "limit.submissions");
    // The grid by its id is the same grid.
    let worker = server.staff("worker", 0).await;
    let by_id = json!({ "grid_id": worker.own_grid().await, "kind": "suggestion", "content": "路灯不亮" });
    assert_told_to_wait(&one.post("/tickets", &by_id).await, "limit.submissions");
    one.post("/tickets", &body(&there)).await.expect(201);
    neighbour.post("/tickets", &body(&here)).await.expect(201);
}

#[actix_rt::test]
async fn files_and_what_costs_much_have_rates_of_their_own() {
    let server = limited("UPLOADS", "2");
    let (one, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
    let picture = media::picture(image::ImageFormat::Png, 8, 8);
    for _ in 0..2 {
        one.upload("a.png", "image/png", &picture).await.expect(201);
    }
    assert_told_to_wait(&one.upload("a.png", "image/png", &picture).await, "limit.uploads");
    neighbour.upload("a.png", "image/png", &picture).await.expect(201);

    let server = limited("HEAVY", "2");
    let (one, neighbour) = (server.staff("leader_l3", 0).await, server.staff("admin", 0).await);
    one.get("/tickets/statistics").await.expect(200);
    assert_eq!(one.get("/tickets/export.xlsx").await.status, 200);
    for path in ["/tickets/statistics", "/tickets/export.xlsx", "/grids/export.xlsx"] {
        assert_told_to_wait(&one.get(path).await, "limit.heavy");
    }
    one.get("/tickets").await.expect(200);
    neighbour.get("/tickets/statistics").await.expect(200);
}

#[actix_rt::test]
async fn whatever_one_account_asks_for_has_an_end_and_no_other_accounts_has() {
    let server = limited("REQUESTS", "30");
    let (one, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
    let answers = futures_util::future::join_all((0..60).map(|_| one.get("/inbox/unread"))).await;
    assert_eq!(answers.iter().filter(|reply| reply.status != 429).count(), 30, "of many at once no more get through");
    assert_told_to_wait(answers.iter().find(|reply| reply.status == 429).unwrap(), "limit.requests");
    neighbour.get("/auth/me").await.expect(200);
}

async fn flood(person: &Person, headers: &[(&str, &str)]) -> Reply {
    loop {
        let reply = person.send(Method::GET, "//login", None, headers).await;
        if reply.status == 429 {
            return reply;
        }
    }
}

#[actix_rt::test]
async fn a_flood_of_nobody_harms_nobody_who_is_known_behind_the_same_address() {
    let mut server = limited("UNKNOWN", "40");
    let neighbour = server.staff("worker", 0).await;
    // After a restart nobody is remembered, as after a minute.
    server.stop();
    server.restart();
    let neighbour = neighbour.at(&server);
    assert_told_to_wait(&flood(&server.nobody(), &[]).await, "limit.unknown");
    // Whoever makes a login up is nobody, and what he says of others counts for nothing.
    let forged = server.nobody().with_token("bm90LWEtdG9rZW4tbm90LWEtdG9rZW4tbm90LWEtdG9rZW4");
    assert_told_to_wait(&forged.get("/auth/me").await, "limit.unknown");
    for header in [("X-Forwarded-For", "192.0.2.9"), ("Forwarded", "for=192.0.2.9"), ("X-Real-IP", "192.0.2.9")] {
        assert_told_to_wait(&server.nobody().send(Method::GET, "//login", None, &[header]).await, "limit.unknown");
    }
    // The neighbour, by token, and by cookie on a page.
    neighbour.get("/auth/me").await.expect(200);
    let cookie = format!("lianxin_session={}", neighbour.token.clone().unwrap());
    let page = server.nobody().send(Method::GET, "//login", None, &[("Cookie", &cookie)]).await;
    assert_eq!(page.status, 200);
    let mut live = Live::open(&neighbour).await;
    live.subscribe("inbox", None).await;
    // Nor does it make a load balancer think that the node is gone.
    for path in ["//healthz", "//readyz"] {
        assert_eq!(server.nobody().send(Method::GET, path, None, &[]).await.status, 200);
    }
    assert_ne!(refused(&server, "unknown").await, "");
}

#[actix_rt::test]
async fn behind_a_proxy_that_is_believed_each_address_counts_by_itself() {
    let unknown = "LIANXIN__LIMITS__UNKNOWN__";
    let server = TestServer::start_with(&[
        ON,
        TRUSTS_US,
        (&format!("{unknown}AT_ONCE"), "10"),
        (&format!("{unknown}AN_HOUR"), "1"),
    ]);
    let nobody = server.nobody();
    let from = |address: &'static str| [("X-Forwarded-For", address)];
    assert_told_to_wait(&flood(&nobody, &from("192.0.2.1")).await, "limit.unknown");
    // What he makes up stands before what the proxy wrote.
    let made_up = nobody.send(Method::GET, "//login", None, &from("203.0.113.7, 192.0.2.1")).await;
    assert_told_to_wait(&made_up, "limit.unknown");
    for other in ["192.0.2.2", "2001:db8::1"] {
        assert_eq!(nobody.send(Method::GET, "//login", None, &from(other)).await.status, 200, "{other}");
    }
    // A proxy that takes TLS off says so.
    let https = [("X-Forwarded-For", "192.0.2.3"), ("X-Forwarded-Proto", "https")];
    let page = nobody.send(Method::GET, "//login", None, &https).await;
    assert_eq!(page.header("Strict-Transport-Security"), Some("max-age=31536000"));
    let account =
        json!({ "account": server.account("worker", 0)["account"], "password": crate::support::STAFF_PASSWORD });
    let login = |headers: &'static [(&'static str, &'static str)]| {
        nobody.send(Method::POST, "/auth/login", Some(account.to_string().into_bytes()), headers)
    };
    let (secure, plain) = (login(&[("X-Forwarded-Proto", "https")]).await, login(&[]).await);
    assert!(secure.header("Set-Cookie").unwrap().contains("Secure"));
    assert!(!plain.header("Set-Cookie").unwrap().contains("Secure"));
}

#[actix_rt::test]
async fn one_login_has_so_many_live_connections() {
    let of_login = ("LIANXIN__LIMITS__LIVE_OF_LOGIN", "2");
    let server = TestServer::start_with(&[ON, of_login, ("LIANXIN__LIMITS__LIVE_OF_ACCOUNT", "3")]);
    let one = server.staff("worker", 0).await;
    let (first, _second) = (Live::open(&one).await, Live::open(&one).await);
    let third = one.get("/live/sse?topics=inbox").await;
    assert_told_to_wait(&third, "limit.live");
    assert!(Live::try_open(&one).await.is_none());
    // The same person at another machine has one more, a neighbour as many as ever.
    let elsewhere = server.staff("worker", 0).await;
    let _third = Live::open(&elsewhere).await;
    assert_told_to_wait(&elsewhere.get("/live/sse?topics=inbox").await, "limit.live");
    let neighbour = server.staff("worker", 1).await;
    let _others = (Live::open(&neighbour).await, Live::open(&neighbour).await);
    drop(first);
    eventually("a place is free", async || Live::try_open(&one).await).await;
}

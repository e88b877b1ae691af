//! Nobody finds a code by trying, and nobody fills the house with waiting screens.

use super::*;

const TRUSTS_US: (&str, &str) = ("LIANXIN__SERVER__TRUSTED_PROXIES", "[\"127.0.0.1\"]");

/// Tries a code from an address that a proxy names.
async fn try_from(person: &Person, address: &str, code: &str, target: &str) -> Reply {
    let body = json!({ "code": code, "target": target }).to_string().into_bytes();
    person.send(Method::POST, "/screens/pair", Some(body), &[("X-Forwarded-For", address)]).await
}

async fn open_from(server: &TestServer, address: &str) -> Reply {
    server.nobody().send(Method::POST, "/screens", Some(b"{}".to_vec()), &[("X-Forwarded-For", address)]).await
}

#[track_caller]
fn assert_told_to_wait(reply: &Reply, code: &str, at_most_s: u32) {
    assert_eq!((reply.status, reply.code()), (429, code), "{}", reply.body);
    let seconds: u32 = reply.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=at_most_s).contains(&seconds), "{seconds}");
}

/// A code that no waiting screen shows.
fn wrong(number: u32, right: &[&Screen]) -> String {
    let code = format!("{number:06}");
    if right.iter().any(|screen| screen.code == code) { "999999".to_owned() } else { code }
}

#[actix_rt::test]
async fn after_five_wrong_codes_not_even_the_right_one_is_taken() {
    let server = TestServer::start();
    let (leader, other) = (server.staff("leader_l3", 0).await, server.staff("leader_l1", 0).await);
    let target = board(&leader.own_grid().await);
    let screen = Screen::open(&server).await;
    // What cannot be a code is no try.
    for malformed in ["", "12345", "1234567", "12345a", "１２３４５６", "123 45"] {
        let reply = leader.post("/screens/pair", &json!({ "code": malformed, "target": target })).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["code"]), "{malformed}");
    }
    for number in 0..5 {
        let code = wrong(number, &[&screen]);
        let reply = leader.post("/screens/pair", &json!({ "code": code, "target": target })).await;
        assert_eq!((reply.status, reply.code()), (422, "screen.wrong_code"), "{number}");
    }
    assert_told_to_wait(&screen.pair(&leader, &target).await, "screen.too_many_tries", 15 * 60 + 1);
    assert!(screen.itself().await.expect(200)["target"].is_null());
    // Whose fingers did not slip is not locked out.
    screen.pair(&other, &target).await.expect(200);
}

#[actix_rt::test]
async fn guesses_at_once_are_counted_like_those_in_a_row() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let target = board(&leader.own_grid().await);
    let guesses = (0..40).map(|number| {
        let body = json!({ "code": wrong(number, &[]), "target": target });
        let leader = leader.clone();
        async move { leader.post("/screens/pair", &body).await.status }
    });
    let mut statuses = futures_util::future::join_all(guesses).await;
    statuses.sort_unstable();
    assert_eq!((statuses[..5].to_vec(), statuses[5..].to_vec()), (vec![422; 5], vec![429; 35]));
}

#[actix_rt::test]
async fn an_address_is_limited_whoever_tries_there_and_another_one_is_not() {
    let server = TestServer::start_with(&[TRUSTS_US]);
    let roles = [("leader_l1", 0), ("leader_l2", 0), ("leader_l3", 0), ("worker", 0), ("worker", 1)];
    let mut people = Vec::new();
    for (role, index) in roles {
        let person = server.staff(role, index).await;
        let target = board(&person.own_grid().await);
        people.push((person, target));
    }
    for (number, (person, target)) in (0..).zip(&people[..4]) {
        for guess in 0..5 {
            let reply = try_from(person, "192.0.2.7", &wrong(5 * number + guess, &[]), target).await;
            assert_eq!(reply.status, 422, "{}", reply.body);
        }
    }
    let (last, target) = &people[4];
    assert_told_to_wait(&try_from(last, "192.0.2.7", "000001", target).await, "screen.too_many_tries", 901);
    assert_eq!(try_from(last, "192.0.2.8", "000001", target).await.status, 422);
    // Neither does an address of its own help whoever guessed before.
    let (first, target) = &people[0];
    assert_told_to_wait(&try_from(first, "192.0.2.9", "000001", target).await, "screen.too_many_tries", 901);
}

#[actix_rt::test]
async fn who_may_show_nothing_learns_nothing_of_codes() {
    let server = TestServer::start();
    let screen = Screen::open(&server).await;
    let (resident, worker) = (server.resident("19900008101").await, server.staff("worker", 0).await);
    let target = board(&worker.own_grid().await);
    for number in 0..10 {
        for code in [wrong(number, &[&screen]), screen.code.clone()] {
            let reply = resident.post("/screens/pair", &json!({ "code": code, "target": target })).await;
            assert_eq!((reply.status, reply.code()), (404, "screen.target_unknown"));
        }
    }
    let nobody = server.nobody().post("/screens/pair", &json!({ "code": screen.code, "target": target })).await;
    assert_eq!((nobody.status, nobody.code()), (401, "auth.required"));
    screen.pair(&worker, &target).await.expect(200);
}

#[actix_rt::test]
async fn a_code_that_is_over_pairs_nothing_and_its_token_ends_a_minute_later() {
    let mut server = TestServer::start();
    let screen = Screen::open(&server).await;
    for (over_for_s, status) in [(1, 200), (61, 401)] {
        server.stop();
        let over = format!("(CAST(strftime('%s', 'now') AS INTEGER) - {over_for_s}) * 1000");
        server.sql(&format!("UPDATE screens SET code_expires_at = {over}"));
        server.restart();
        let leader = server.staff("leader_l3", 0).await;
        let reply = screen.pair(&leader, &board(&leader.own_grid().await)).await;
        assert_eq!((reply.status, reply.code()), (422, "screen.wrong_code"));
        let there = screen.who.at(&server);
        assert_eq!(there.get("/screens/self").await.status, status);
    }
}

#[actix_rt::test]
async fn one_address_opens_a_hundred_screens_and_no_more() {
    let server = TestServer::start();
    let opened = futures_util::future::join_all((0..100).map(|_| open_from(&server, "192.0.2.1"))).await;
    assert!(opened.iter().all(|reply| reply.status == 201));
    // Nobody here is a proxy, so what it says of others counts for nothing.
    assert_told_to_wait(&open_from(&server, "192.0.2.2").await, "screen.opened_too_often", 601);
    // Those that were opened are not harmed.
    let leader = server.staff("leader_l3", 0).await;
    let screen = Screen::of(server.nobody(), &opened[99].body);
    screen.pair(&leader, &board(&leader.own_grid().await)).await.expect(200);
}

#[actix_rt::test]
async fn no_more_than_five_hundred_wait_however_many_addresses_there_are() {
    let server = TestServer::start_with(&[TRUSTS_US]);
    for address in 1..=5 {
        let address = format!("192.0.2.{address}");
        let opened = futures_util::future::join_all((0..100).map(|_| open_from(&server, &address))).await;
        assert!(opened.iter().all(|reply| reply.status == 201), "{address}");
    }
    assert_told_to_wait(&open_from(&server, "192.0.2.6").await, "screen.too_many_waiting", 60);
    // One that is paired makes room.
    let screen = Screen::of(server.nobody(), &open_again(&server).await);
    let leader = server.staff("leader_l3", 0).await;
    screen.pair(&leader, &board(&leader.own_grid().await)).await.expect(200);
    assert_eq!(open_from(&server, "192.0.2.6").await.status, 201);
}

/// What one of the waiting screens was told, by way of its row: codes are stored, tokens are not.
async fn open_again(server: &TestServer) -> Value {
    let row = server.sql("SELECT id, code FROM screens LIMIT 1").remove(0);
    json!({ "screen_id": row[0], "code": row[1], "token": "screen.unknown" })
}

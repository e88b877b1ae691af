//! What outside programs rely on: the document, the shape of errors, headers.

use awc::http::Method;
use serde_json::json;

use crate::support::{Reply, TestServer, text};

#[track_caller]
fn assert_problem(reply: &Reply) {
    assert_eq!(reply.header("Content-Type"), Some("application/problem+json"), "{}", reply.body);
    for member in ["type", "title", "code", "detail", "request_id"] {
        assert!(reply.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", reply.body);
    }
    assert_eq!(reply.body["status"].as_u64(), Some(reply.status.into()));
    assert_eq!(reply.body["request_id"].as_str(), reply.header("X-Request-Id"));
}

#[actix_rt::test]
async fn the_document_is_the_one_that_the_repository_keeps() {
    let server = TestServer::start();
    let reply = server.nobody().get("/openapi.json").await;
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
    let served = String::from_utf8(reply.bytes).unwrap();
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
    // The command ends its output with a line break.
    assert!(served + "\n" == kept, "docs/openapi.json is old; refresh it: cargo run -- openapi > docs/openapi.json");
}

#[actix_rt::test]
async fn every_error_is_a_problem_document_that_names_its_request() {
    let server = TestServer::start();
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900006301").await);
    let nobody = server.nobody();
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    worker.step(&ticket, "accept", &json!({})).await;
    let accept = format!("/tickets/{ticket}/accept");
    for (reply, status) in [
        (worker.send(Method::POST, &accept, Some(b"{".to_vec()), &[]).await, 400),
        (worker.get("/tickets?limit=x").await, 400),
        (nobody.get("/tickets").await, 401),
        (resident.post(&accept, &json!({})).await, 403),
        (worker.get("/tickets/x").await, 404),
        (worker.get("/no/such/call").await, 404),
        (nobody.send(Method::GET, "//no-such-page.html", None, &[]).await, 404),
        (worker.post(&accept, &json!({})).await, 409),
        (worker.send(Method::POST, &accept, Some(b"<x/>".to_vec()), &[("Content-Type", "text/xml")]).await, 415),
        (resident.post("/tickets", &json!({ "kind": "suggestion" })).await, 422),
    ] {
        assert_eq!(reply.status, status, "{}", reply.body);
        assert_problem(&reply);
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = worker.send(method, "/tickets", None, &[]).await;
        assert!(matches!(reply.status, 404 | 405), "{}", reply.body);
        assert_problem(&reply);
    }
}

#[actix_rt::test]
async fn changes_answer_with_growing_numbers_and_reading_with_none() {
    let server = TestServer::start();
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900006302").await);
    let request = json!({ "grid_code": server.code_of("worker", 0), "kind": "suggestion", "content": "路灯" });
    let sent = resident.post("/tickets", &request).await;
    let ticket = text(&sent.expect(201)["id"]);
    let accepted = worker.act(&ticket, "accept", &json!({})).await;
    let said = resident.act(&ticket, "comment", &json!({ "text": "谢谢" })).await;
    let done = worker.act(&ticket, "complete", &json!({ "note": "好了" })).await;
    let numbers = [sent, accepted, said, done].map(|reply| reply.seq());
    let seen: Vec<u64> = resident.timeline(&ticket).await.into_iter().map(|(seq, _)| seq).collect();
    // Behind the step itself stands what people are told of it; the change answers the number of the last.
    let between = |index: usize| seen[index] < numbers[index] && seen.get(index + 1) == Some(&(numbers[index] + 1));
    assert!((0..3).all(between) && seen[3] < numbers[3], "{seen:?} {numbers:?}");
    let done = numbers[3];
    assert_eq!(worker.head().await, done);
    assert_eq!(worker.get(&format!("/tickets/{ticket}")).await.header("X-Lianxin-Seq"), None);
    let profile = resident.patch("/me/profile", &json!({ "name": "李小明", "address": "三组" })).await;
    assert!(profile.seq() >= done);
}

#[actix_rt::test]
async fn times_are_utc_with_milliseconds_and_every_answer_has_its_own_request_id() {
    let server = TestServer::start();
    let resident = server.resident("19900006303").await;
    let ticket = resident.request_help(&server.code_of("worker", 0), "路灯").await;
    for member in ["submitted_at", "due_at"] {
        let time = ticket[member].as_str().unwrap();
        assert!(
            time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T' && time.as_bytes()[19] == b'.',
            "{time}"
        );
    }
    let (one, two) = (resident.get("/auth/me").await, resident.get("/auth/me").await);
    let ids = [&one, &two].map(|reply| reply.header("X-Request-Id").unwrap().to_owned());
    assert_ne!(ids[0], ids[1]);
    for (name, value) in
        [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "SAMEORIGIN"), ("Referrer-Policy", "same-origin")]
    {
        assert_eq!(one.header(name), Some(value), "{name}");
    }
    assert!(one.header("Content-Security-Policy").unwrap().starts_with("default-src 'none'"));
}

#[actix_rt::test]
async fn the_process_and_its_readiness_are_told_apart() {
    let server = TestServer::start();
    for path in ["//healthz", "//readyz"] {
        assert_eq!(server.nobody().send(Method::GET, path, None, &[]).await.status, 200, "{path}");
    }
}

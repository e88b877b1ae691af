//! The same request sent twice: done once, answered twice.

use futures_util::future::{join, join_all};
use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::media::picture;
use crate::support::{Person, Reply, TestServer, text};

/// The second answer is the first one again.
#[track_caller]
fn assert_replayed(first: &Reply, second: &Reply) {
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(second.seq(), first.seq());
    assert_eq!(first.header("Idempotent-Replayed"), None);
    assert_eq!(second.header("Idempotent-Replayed"), Some("true"));
}

#[track_caller]
fn assert_reused(reply: &Reply) {
    assert_eq!((reply.status, reply.code()), (422, "idempotency.key_reused"), "{}", reply.body);
}

fn request(code: &str) -> Value {
    json!({ "grid_code": code, "kind": "suggestion", "content": "三组路口的路灯坏了" })
}

#[actix_rt::test]
async fn every_step_that_is_repeated_by_its_key_is_done_once_and_answered_as_before() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900007001").await, server.staff("worker", 0).await);
    let request = request(&server.code_of("worker", 0));
    let sent = resident.post_once("/tickets", &request, "send").await;
    sent.expect(201);
    assert_replayed(&sent, &resident.post_once("/tickets", &request, "send").await);
    let ticket = text(&sent.body["id"]);
    let steps: [(&Person, &str, Value, Value); 4] = [
        (&resident, "comment", json!({ "text": "就在小卖部门口" }), json!({ "text": "在桥头" })),
        (&worker, "accept", json!({}), json!({ "x": 1 })),
        (&worker, "complete", json!({ "note": "换了新灯泡" }), json!({ "note": "没换" })),
        (&resident, "rate", json!({ "stars": 5 }), json!({ "stars": 1 })),
    ];
    let mut answers = Vec::new();
    for (person, action, body, other) in &steps {
        let path = format!("/tickets/{ticket}/{action}");
        let first = person.post_once(&path, body, action).await;
        first.expect(200);
        assert_replayed(&first, &person.post_once(&path, body, action).await);
        if *action != "accept" {
            assert_reused(&person.post_once(&path, other, action).await);
        }
        answers.push(first);
    }
    // Long after the ticket moved on, each still answers what it answered then.
    for ((person, action, body, _), first) in steps.iter().zip(&answers) {
        assert_replayed(first, &person.post_once(&format!("/tickets/{ticket}/{action}"), body, action).await);
    }
    assert_replayed(&sent, &resident.post_once("/tickets", &request, "send").await);
    let kinds: Vec<_> = resident.timeline(&ticket).await.into_iter().map(|(_, kind)| kind).collect();
    let once = ["ticket.submitted", "ticket.commented", "ticket.accepted", "ticket.completed", "ticket.rated"];
    assert_eq!(kinds, once);
}

#[actix_rt::test]
async fn a_key_belongs_to_one_request() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900007002").await, server.staff("worker", 0).await);
    let code = server.code_of("worker", 0);
    let first = resident.post_once("/tickets", &request(&code), "key").await;
    let ticket = text(&first.expect(201)["id"]);
    let mut other = request(&code);
    other["content"] = json!("另一件事");
    assert_reused(&resident.post_once("/tickets", &other, "key").await);
    // Another path is another request, too.
    assert_reused(&resident.act_once(&ticket, "withdraw", &json!({}), "key").await);
    assert_eq!(resident.all_tickets("box=mine").await.len(), 1);
    let (second, _) = resident.submit(&code, "suggestion", "第二件").await;
    worker.act_once(&ticket, "accept", &json!({}), "key").await.expect(200);
    assert_reused(&worker.act_once(&second, "accept", &json!({}), "key").await);
    assert_eq!(worker.get(&format!("/tickets/{second}")).await.body["state"], "submitted");
}

#[actix_rt::test]
async fn two_people_may_use_the_same_key() {
    let server = TestServer::start();
    let (one, two) = (server.resident("19900007003").await, server.resident("19900007004").await);
    let request = request(&server.code_of("worker", 0));
    let (first, second) =
        join(one.post_once("/tickets", &request, "key"), two.post_once("/tickets", &request, "key")).await;
    assert_ne!(first.expect(201)["id"], second.expect(201)["id"]);
    assert_eq!(second.header("Idempotent-Replayed"), None);
}

#[actix_rt::test]
async fn twenty_identical_requests_at_once_make_one_ticket() {
    let server = TestServer::start();
    let resident = server.resident("19900007005").await;
    let request = request(&server.code_of("worker", 0));
    let replies = join_all((0..20).map(|_| resident.post_once("/tickets", &request, "key"))).await;
    let fresh: Vec<&Reply> = replies.iter().filter(|reply| reply.header("Idempotent-Replayed").is_none()).collect();
    assert_eq!(fresh.len(), 1);
    for reply in &replies {
        assert_eq!((reply.expect(201), reply.seq()), (&fresh[0].body, fresh[0].seq()));
    }
    assert_eq!(resident.all_tickets("box=mine").await.len(), 1);
}

#[actix_rt::test]
async fn twenty_different_requests_with_one_key_make_one_ticket_and_nineteen_refusals() {
    let server = TestServer::start();
    let resident = server.resident("19900007006").await;
    let code = server.code_of("worker", 0);
    let requests: Vec<Value> = (0..20)
        .map(|number| json!({ "grid_code": code, "kind": "suggestion", "content": format!("第 {number} 件") }))
        .collect();
    let replies = join_all(requests.iter().map(|request| resident.post_once("/tickets", request, "key"))).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 201);
    assert_eq!(made.len(), 1);
    for reply in refused {
        assert_reused(reply);
    }
    assert_eq!(resident.all_tickets("box=mine").await.len(), 1);
}

#[actix_rt::test]
async fn a_refused_request_leaves_its_key_free() {
    let server = TestServer::start();
    let resident = server.resident("19900007007").await;
    let mut request = request(&server.code_of("worker", 0));
    request["kind"] = json!("lottery");
    resident.post_once("/tickets", &request, "key").await.expect(422);
    request["kind"] = json!("suggestion");
    resident.post_once("/tickets", &request, "key").await.expect(201);
}

#[actix_rt::test]
async fn a_key_survives_a_restart() {
    let mut server = TestServer::start();
    let mut resident = server.resident("19900007008").await;
    let request = request(&server.code_of("worker", 0));
    let first = resident.post_once("/tickets", &request, "key").await;
    first.expect(201);
    server.kill();
    server.restart();
    resident.base.clone_from(&server.base);
    assert_replayed(&first, &resident.post_once("/tickets", &request, "key").await);
}

#[actix_rt::test]
async fn changes_of_grids_are_repeated_by_key_as_well() {
    let server = TestServer::start();
    let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
    let grid = worker.own_grid().await;
    let path = format!("/grids/{grid}/qr/rotate");
    let first = admin.post_once(&path, &json!({}), "rotate").await;
    first.expect(200);
    assert_replayed(&first, &admin.post_once(&path, &json!({}), "rotate").await);
    let parent = server.staff("leader_l4", 0).await.own_grid().await;
    let new = json!({ "parent_id": parent, "name": "新组", "number": "QL-TEST-1" });
    let first = admin.post_once("/grids", &new, "create").await;
    first.expect(201);
    assert_replayed(&first, &admin.post_once("/grids", &new, "create").await);
}

#[actix_rt::test]
async fn an_upload_that_is_repeated_by_key_is_one_file() {
    let server = TestServer::start();
    let resident = server.resident("19900007010").await;
    let (one, other) = (picture(ImageFormat::Jpeg, 8, 8), picture(ImageFormat::Jpeg, 9, 9));
    let replies = join_all((0..5).map(|_| resident.upload_once(&one, "photo"))).await;
    let fresh: Vec<&Reply> = replies.iter().filter(|reply| reply.header("Idempotent-Replayed").is_none()).collect();
    assert_eq!(fresh.len(), 1);
    for reply in &replies {
        assert_eq!(reply.expect(201), &fresh[0].body);
    }
    assert_reused(&resident.upload_once(&other, "photo").await);
    assert_ne!(resident.upload_once(&other, "another").await.expect(201)["id"], fresh[0].body["id"]);
}

#[actix_rt::test]
async fn a_key_that_is_no_key_is_refused_and_nothing_is_done() {
    let server = TestServer::start();
    let resident = server.resident("19900007009").await;
    let request = request(&server.code_of("worker", 0));
    for key in ["", &"k".repeat(201), "schlüssel"] {
        let reply = resident.post_once("/tickets", &request, key).await;
        assert_eq!((reply.status, reply.code()), (400, "idempotency.key_malformed"), "{key:?}");
    }
    assert_eq!(resident.all_tickets("box=mine").await, [] as [Value; 0]);
    resident.post_once("/tickets", &request, &"k".repeat(200)).await.expect(201);
}

//! The whole path of a request: sent, seen everywhere, accepted, completed, rated.

use serde_json::json;

use crate::support::{Live, TestServer};

#[actix_rt::test]
async fn a_request_goes_from_the_phone_to_every_screen_and_back() {
    let server = TestServer::start();
    let code = server.code_of("worker", 0);
    let resident = server.resident("19900001001").await;
    let (worker, colleague) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.get("/auth/me").await.body["grids"][0]["id"].as_str().unwrap().to_owned();
    let mut board = Live::open(&leader).await;
    let snapshot = board.subscribe(&format!("board:{county}"), None).await;
    let mut inbox = Live::open(&resident).await;
    inbox.subscribe("inbox", None).await;

    let ticket = resident.request_help(&code, "三组路口的路灯坏了").await;
    let id = ticket["id"].as_str().unwrap();
    let shown = board.event("ticket.submitted").await;
    assert_eq!(shown["data"]["ticket_id"], ticket["id"]);
    assert_eq!(shown["data"]["text"], "三组路口的路灯坏了");
    assert_eq!(inbox.event("ticket.submitted").await["seq"], shown["seq"]);

    worker.post(&format!("/tickets/{id}/accept"), &json!({})).await.expect(200);
    let lost = colleague.post(&format!("/tickets/{id}/accept"), &json!({})).await;
    assert_eq!((lost.status, lost.code()), (409, "ticket.already_accepted"));
    assert_eq!(inbox.event("ticket.accepted").await["data"]["handler"]["name"], lost.body["winner"]["name"]);

    let done = worker.post(&format!("/tickets/{id}/complete"), &json!({ "note": "换了新灯泡" })).await;
    assert_eq!(done.expect(200)["state"], "completed");
    let rated = resident.post(&format!("/tickets/{id}/rate"), &json!({ "stars": 5, "comment": "来得快" })).await;
    assert_eq!(rated.expect(200)["rating"]["stars"], 5);
    let shown = board.event("ticket.rated").await;
    assert_eq!(shown["seq"].as_u64(), Some(resident.event_of(id, &rated).await));

    let after = leader.get(&format!("/grids/{county}/board")).await.body;
    assert_eq!(after["rated"].as_i64(), snapshot["state"]["rated"].as_i64().map(|rated| rated + 1));
    let timeline = resident.get(&format!("/tickets/{id}/timeline")).await.body;
    let kinds: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["ticket.submitted", "ticket.accepted", "ticket.completed", "ticket.rated"]);
}

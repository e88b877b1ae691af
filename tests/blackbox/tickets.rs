//! What people do with a request once it was sent: every step, who may take it, and what it leaves behind.

use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, text};

/// A grid with its people and one request that was just sent to it.
struct Stage {
    server: TestServer,
    resident: Person,
    worker: Person,
    colleague: Person,
    ticket: String,
}

impl Stage {
    async fn with(phone: &str) -> Self {
        let server = TestServer::start();
        let resident = server.resident(phone).await;
        let (worker, colleague) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
        let ticket = text(&resident.request_help(&server.code_of("worker", 0), "三组路口的路灯坏了").await["id"]);
        Self { server, resident, worker, colleague, ticket }
    }

    /// A step of the request by somebody.
    async fn step(&self, person: &Person, action: &str, body: Value) -> Reply {
        person.act(&self.ticket, action, &body).await
    }

    /// Accepted and completed by the worker.
    async fn completed(&self) {
        self.worker.step(&self.ticket, "accept", &json!({})).await;
        self.worker.step(&self.ticket, "complete", &json!({ "note": "换了新灯泡" })).await;
    }

    async fn kinds(&self, person: &Person) -> Vec<String> {
        person.timeline(&self.ticket).await.into_iter().map(|(_, kind)| kind).collect()
    }
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
}

async fn id_of(person: &Person) -> String {
    text(&person.get("/auth/me").await.body["id"])
}

#[actix_rt::test]
async fn a_resident_takes_a_request_back_and_it_is_over() {
    let stage = Stage::with("19900004001").await;
    assert_refused(&stage.step(&stage.worker, "withdraw", json!({})).await, 403, "ticket.not_permitted");
    let gone = stage.step(&stage.resident, "withdraw", json!({})).await;
    assert_eq!(gone.expect(200)["state"], "withdrawn");
    assert_eq!((&gone.body["due_at"], &gone.body["actions"]), (&json!(null), &json!(["comment"])));
    for (person, action, body) in [
        (&stage.resident, "withdraw", json!({})),
        (&stage.worker, "accept", json!({})),
        (&stage.worker, "return", json!({ "reason": "不归我们管" })),
    ] {
        assert_refused(&stage.step(person, action, body).await, 409, "ticket.withdrawn");
    }
    assert_eq!(stage.kinds(&stage.resident).await, ["ticket.submitted", "ticket.withdrawn"]);
}

#[actix_rt::test]
async fn steps_out_of_order_are_conflicts_that_say_why() {
    let stage = Stage::with("19900004002").await;
    let (resident, worker) = (&stage.resident, &stage.worker);
    let note = json!({ "note": "换了新灯泡" });
    assert_refused(&stage.step(worker, "complete", note.clone()).await, 409, "ticket.not_accepted");
    assert_refused(&stage.step(resident, "rate", json!({ "stars": 5 })).await, 409, "ticket.not_completed");
    assert_refused(&stage.step(resident, "reopen", json!({ "reason": "没修好" })).await, 409, "ticket.not_completed");
    assert_refused(&stage.step(worker, "nudge-receipt", json!({})).await, 409, "ticket.no_unread_nudge");
    stage.completed().await;
    assert_refused(&stage.step(worker, "accept", json!({})).await, 409, "ticket.already_completed");
    assert_refused(&stage.step(worker, "complete", note).await, 409, "ticket.already_completed");
    assert_refused(&stage.step(worker, "return", json!({ "reason": "重复" })).await, 409, "ticket.already_completed");
    assert_refused(&stage.step(resident, "withdraw", json!({})).await, 409, "ticket.already_completed");
    assert_refused(&stage.step(worker, "rate", json!({ "stars": 5 })).await, 403, "ticket.not_permitted");
    assert_eq!(stage.kinds(resident).await, ["ticket.submitted", "ticket.accepted", "ticket.completed"]);
}

#[actix_rt::test]
async fn a_returned_request_waits_again_and_the_second_return_climbs_one_level() {
    let stage = Stage::with("19900004003").await;
    let leader = stage.server.staff("leader_l4", 0).await;
    let escalated = async || {
        let found = leader.all_tickets("box=escalated").await;
        found.iter().any(|ticket| ticket["id"] == stage.ticket)
    };
    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    let first = stage.step(&stage.worker, "return", json!({ "reason": "需要供电部门" })).await;
    let ticket = first.expect(200);
    assert_eq!(
        (&ticket["state"], &ticket["handler"], &ticket["accepted_at"]),
        (&json!("submitted"), &json!(null), &json!(null))
    );
    assert_eq!((&ticket["return_count"], &ticket["last_return_reason"]), (&json!(1), &json!("需要供电部门")));
    assert_eq!(ticket["handling_level"], 5);
    assert!(!escalated().await);

    let second = stage.step(&stage.colleague, "return", json!({ "reason": "不在本网格" })).await;
    let ticket = second.expect(200);
    assert_eq!((&ticket["return_count"], &ticket["handling_level"]), (&json!(2), &json!(4)));
    assert!(escalated().await);
    let kinds = stage.kinds(&stage.resident).await;
    let expected = ["ticket.submitted", "ticket.accepted", "ticket.returned", "ticket.returned", "ticket.escalated"];
    assert_eq!(kinds, expected);
    let timeline = leader.get(&format!("/tickets/{}/timeline", stage.ticket)).await.body;
    let last = timeline["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["data"]["from_level"], &last["data"]["to_level"]), (&json!(5), &json!(4)));
    assert_eq!(last["seq"].as_u64(), Some(leader.event_of(&stage.ticket, &second).await));
    // Who answers for it now takes it.
    let accepted = leader.act(&stage.ticket, "accept", &json!({})).await;
    assert_eq!(accepted.expect(200)["handler"]["id"], id_of(&leader).await);
}

#[actix_rt::test]
async fn a_request_is_handed_to_a_colleague_and_not_to_another_village() {
    let stage = Stage::with("19900004004").await;
    let neighbour = stage.server.staff("worker", 2).await;
    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    let to = async |who: &Person, account: &str| stage.step(who, "reassign", json!({ "account_id": account })).await;
    let refused = to(&stage.worker, &id_of(&neighbour).await).await;
    assert_eq!(refused.expect(422)["fields"][0]["code"], "ticket.not_of_this_grid");
    let refused = to(&stage.worker, &id_of(&stage.resident).await).await;
    assert_eq!(refused.expect(422)["fields"][0]["code"], "account.not_found");
    let refused = to(&stage.worker, "01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert_eq!(refused.expect(422)["fields"][0]["code"], "account.not_found");
    let colleague = id_of(&stage.colleague).await;
    assert_refused(&to(&stage.colleague, &colleague).await, 403, "ticket.not_permitted");
    assert_refused(&to(&stage.resident, &colleague).await, 403, "ticket.not_permitted");

    let handed = to(&stage.worker, &colleague).await;
    assert_eq!(handed.expect(200)["handler"]["id"], colleague.as_str());
    assert_refused(&to(&stage.worker, &colleague).await, 403, "ticket.not_permitted");
    let lost = stage.step(&stage.worker, "complete", json!({ "note": "好了" })).await;
    assert_eq!(lost.expect(409)["winner"]["id"], colleague.as_str());
    stage.colleague.step(&stage.ticket, "complete", &json!({ "note": "好了" })).await;
    // A leader above may hand on what nobody took yet, to a leader as well.
    let leader = stage.server.staff("leader_l3", 0).await;
    let open = text(&stage.resident.request_help(&stage.server.code_of("worker", 0), "水管漏水").await["id"]);
    let own = id_of(&leader).await;
    let handed = leader.act(&open, "reassign", &json!({ "account_id": own })).await;
    assert_eq!((&handed.expect(200)["handler"]["id"], &handed.body["state"]), (&json!(own), &json!("accepted")));
}

#[actix_rt::test]
async fn a_leader_nudges_and_the_worker_says_that_it_was_heard() {
    let stage = Stage::with("19900004005").await;
    let leader = stage.server.staff("leader_l2", 0).await;
    for person in [&stage.worker, &stage.resident] {
        assert_refused(&stage.step(person, "nudge", json!({})).await, 403, "ticket.not_permitted");
    }
    let first = stage.step(&leader, "nudge", json!({ "note": "老人在等" })).await;
    let nudge = first.expect(200)["nudge"].clone();
    assert_eq!((&nudge["count"], &nudge["unread"], &nudge["last_note"]), (&json!(1), &json!(true), &json!("老人在等")));
    let heard = stage.step(&stage.worker, "nudge-receipt", json!({})).await;
    assert_eq!(heard.expect(200)["nudge"]["unread"], false);
    // Within the cool-down it is counted and not passed on: nobody has to confirm it again.
    let second = stage.step(&leader, "nudge", json!({})).await;
    let nudge = second.expect(200)["nudge"].clone();
    assert_eq!(
        (&nudge["count"], &nudge["unread"], &nudge["last_note"]),
        (&json!(2), &json!(false), &json!("老人在等"))
    );
    assert_refused(&stage.step(&stage.worker, "nudge-receipt", json!({})).await, 409, "ticket.no_unread_nudge");

    let timeline = leader.get(&format!("/tickets/{}/timeline", stage.ticket)).await.body;
    let folded: Vec<_> =
        timeline["items"].as_array().unwrap().iter().filter_map(|item| item["data"].get("folded")).collect();
    assert_eq!(folded, [&json!(false), &json!(true)]);
    // What passes between colleagues is not for the resident.
    assert_eq!(stage.kinds(&stage.resident).await, ["ticket.submitted"]);
    assert_eq!(stage.kinds(&stage.worker).await.len(), 4);
    let long = stage.step(&leader, "nudge", json!({ "note": "快".repeat(501) })).await;
    assert_eq!((long.status, long.fields()), (422, vec!["note"]));
    stage.completed().await;
    assert_refused(&stage.step(&leader, "nudge", json!({})).await, 409, "ticket.already_completed");
}

#[actix_rt::test]
async fn everybody_around_a_request_may_comment_as_long_as_there_is_something_to_say() {
    let stage = Stage::with("19900004006").await;
    let leader = stage.server.staff("leader_l1", 0).await;
    for (person, words) in [(&stage.resident, "就在小卖部门口"), (&stage.worker, "明天去看"), (&leader, "请抓紧")]
    {
        stage.step(person, "comment", json!({ "text": words })).await.expect(200);
    }
    for wrong in [json!({}), json!({ "text": " \n" }), json!({ "text": "好".repeat(501) }), json!({ "text": "\u{7}" })]
    {
        let reply = stage.step(&stage.resident, "comment", wrong).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["text"]));
    }
    let timeline = stage.resident.get(&format!("/tickets/{}/timeline", stage.ticket)).await.body;
    let said: Vec<_> =
        timeline["items"].as_array().unwrap().iter().filter_map(|item| item["data"]["text"].as_str()).collect();
    assert_eq!(said, ["就在小卖部门口", "明天去看", "请抓紧"]);
}

#[actix_rt::test]
async fn a_request_is_rated_once_with_one_to_five_stars() {
    let stage = Stage::with("19900004007").await;
    stage.completed().await;
    for stars in [json!(0), json!(6), json!(255)] {
        let reply = stage.step(&stage.resident, "rate", json!({ "stars": stars })).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["stars"]));
    }
    let long = stage.step(&stage.resident, "rate", json!({ "stars": 5, "comment": "好".repeat(501) })).await;
    assert_eq!((long.status, long.fields()), (422, vec!["comment"]));
    let rated = stage.step(&stage.resident, "rate", json!({ "stars": 4, "comment": " 来得快 " })).await;
    assert_eq!(
        (&rated.expect(200)["rating"]["stars"], &rated.body["rating"]["comment"]),
        (&json!(4), &json!("来得快"))
    );
    let again = stage.step(&stage.resident, "rate", json!({ "stars": 1 })).await;
    assert_refused(&again, 409, "ticket.already_rated");
    let read = stage.resident.get(&format!("/tickets/{}", stage.ticket)).await.body;
    assert_eq!((&read["state"], &read["rating"]["stars"]), (&json!("rated"), &json!(4)));
}

#[actix_rt::test]
async fn what_is_not_done_is_reopened_and_goes_its_way_again() {
    let stage = Stage::with("19900004008").await;
    stage.completed().await;
    assert_refused(&stage.step(&stage.worker, "reopen", json!({ "reason": "x" })).await, 403, "ticket.not_permitted");
    for wrong in ["", "  ", &"没".repeat(501)] {
        let reply = stage.step(&stage.resident, "reopen", json!({ "reason": wrong })).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["reason"]));
    }
    let reopened = stage.step(&stage.resident, "reopen", json!({ "reason": "第二天又灭了" })).await;
    let ticket = reopened.expect(200);
    assert_eq!(
        (&ticket["state"], &ticket["reopen_count"], &ticket["completion"]),
        (&json!("submitted"), &json!(1), &json!(null))
    );
    assert!(ticket["due_at"].is_string());
    assert_refused(
        &stage.step(&stage.resident, "reopen", json!({ "reason": "再来" })).await,
        409,
        "ticket.not_completed",
    );
    stage.completed().await;
    stage.resident.step(&stage.ticket, "rate", &json!({ "stars": 3 })).await;
    // A rated one, too, may turn out not to be done.
    let reopened = stage.step(&stage.resident, "reopen", json!({ "reason": "又坏了" })).await;
    assert_eq!((&reopened.expect(200)["reopen_count"], &reopened.body["rating"]), (&json!(2), &json!(null)));
}

#[actix_rt::test]
async fn after_the_window_nobody_reopens() {
    let server = TestServer::start_with(&[("LIANXIN__TICKETS__REOPEN_DAYS", "0")]);
    let resident = server.resident("19900004009").await;
    let worker = server.staff("worker", 0).await;
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯坏了").await;
    worker.step(&ticket, "accept", &json!({})).await;
    worker.step(&ticket, "complete", &json!({ "note": "好了" })).await;
    let late = resident.act(&ticket, "reopen", &json!({ "reason": "没好" })).await;
    assert_refused(&late, 409, "ticket.reopen_expired");
}

#[actix_rt::test]
async fn numbers_to_call_are_for_those_who_handle_it_and_never_stored() {
    let stage = Stage::with("19900004010").await;
    let path = format!("/tickets/{}/contact", stage.ticket);
    assert_refused(&stage.resident.post(&path, &json!({})).await, 403, "ticket.not_permitted");
    let neighbour = stage.server.staff("worker", 2).await;
    assert_refused(&neighbour.post(&path, &json!({})).await, 404, "ticket.not_found");
    for person in [&stage.worker, &stage.colleague] {
        let contact = person.post_once(&path, &json!({}), "same-key").await;
        assert_eq!(contact.expect(200), &json!({ "name": "李小明", "phone": "19900004010", "on_behalf": null }));
        let again = person.post_once(&path, &json!({}), "same-key").await;
        assert_eq!(again.expect(200)["phone"], "19900004010");
        assert_eq!(again.header("Idempotent-Replayed"), None);
    }
    for person in [&stage.worker, &stage.resident] {
        let ticket = person.get(&format!("/tickets/{}", stage.ticket)).await;
        let timeline = person.get(&format!("/tickets/{}/timeline", stage.ticket)).await;
        let shown = format!("{}{}", ticket.expect(200), timeline.expect(200));
        assert!(!shown.contains("19900004010"), "{shown}");
    }
}

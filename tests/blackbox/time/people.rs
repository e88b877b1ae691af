//! What people do to a clock: stop it, let it go on, ask for more time, decide on that.

use super::*;

/// Everybody but the handler and those above.
struct Others {
    neighbour: Person,
    colleague: Person,
}

impl Stage {
    async fn others(&self) -> Others {
        Others { neighbour: self.server.staff("worker", 2).await, colleague: self.server.staff("worker", 1).await }
    }

    async fn accepted(&self) {
        self.worker.step(&self.ticket, "accept", &json!({})).await;
    }

    /// What somebody may do, as the page offers it.
    async fn offered(&self, person: &Person) -> Vec<String> {
        let ticket = person.get(&format!("/tickets/{}", self.ticket)).await;
        ticket.expect(200)["actions"].as_array().unwrap().iter().map(text).collect()
    }
}

fn more(value: u32, unit: &str) -> Value {
    json!({ "limit": { "value": value, "unit": unit, "clock": "continuous" }, "reason": "材料要从外地寄来" })
}

#[actix_rt::test]
async fn a_clock_is_stopped_by_who_works_on_it_and_goes_on_by_whoever_answers_for_it() {
    let stage = Stage::with("19900001111", &[]).await;
    let others = stage.others().await;
    let why = json!({ "reason": "waiting_for_department", "note": " 等供电所 " });
    // Before anybody took it there is nothing to stop.
    assert_refused(&stage.step(&stage.worker, "pause", why.clone()).await, 403, "ticket.not_permitted");
    stage.accepted().await;
    assert_refused(&stage.step(&others.neighbour, "pause", why.clone()).await, 404, "ticket.not_found");
    for person in [&stage.resident, &others.colleague, &stage.leaders[0], &stage.leaders[3]] {
        assert_refused(&stage.step(person, "pause", why.clone()).await, 403, "ticket.not_permitted");
    }
    assert_refused(&stage.step(&stage.worker, "resume", json!({})).await, 409, "ticket.not_paused");
    let unexplained = stage.step(&stage.worker, "pause", json!({ "reason": "other" })).await;
    assert_eq!((unexplained.status, unexplained.fields()), (422, vec!["note"]));
    let wordy = json!({ "reason": "other", "note": "等".repeat(501) });
    assert_eq!(stage.step(&stage.worker, "pause", wordy).await.fields(), ["note"]);

    let due_at = stage.read().await["due_at"].clone();
    let stopped = stage.step(&stage.worker, "pause", why.clone()).await;
    let clock = stopped.expect(200)["clock"].clone();
    let paused = &clock["paused"];
    assert_eq!((&paused["reason"], &paused["reason_title"]), (&why["reason"], &json!("等待其他部门")));
    assert_eq!((&paused["note"], &paused["by"]["name"]), (&json!("等供电所"), &stopped.body["handler"]["name"]));
    let (since, until) = (time(&paused["since"]), time(&paused["until"]));
    assert!((10 * DAY_MS..40 * DAY_MS).contains(&until.since(since)), "ten workdays: {paused}");
    assert_eq!(clock["due_at"], due_at, "the end moves when it goes on");
    assert_eq!(stage.due(&stage.resident).await["plain"], "暂停计时：等待其他部门");
    let pauses = stage.due(&stage.resident).await["pauses"].clone();
    assert_eq!(
        pauses,
        json!([{ "from": paused["since"], "to": null, "reason_title": "等待其他部门", "note": "等供电所" }])
    );

    let offered = stage.offered(&stage.worker).await;
    assert!(offered.contains(&"resume".to_owned()) && !offered.contains(&"pause".to_owned()), "{offered:?}");
    assert!(stage.offered(&stage.leaders[1]).await.contains(&"resume".to_owned()));
    assert!(!stage.offered(&stage.resident).await.contains(&"resume".to_owned()));
    assert_refused(&stage.step(&stage.worker, "pause", why.clone()).await, 409, "ticket.already_paused");
    assert_refused(&stage.step(&others.neighbour, "resume", json!({})).await, 404, "ticket.not_found");
    for person in [&stage.resident, &others.colleague] {
        assert_refused(&stage.step(person, "resume", json!({})).await, 403, "ticket.not_permitted");
    }
    let resumed = stage.step(&stage.leaders[1], "resume", json!({})).await;
    let clock = resumed.expect(200)["clock"].clone();
    assert_eq!(clock["paused"], json!(null));
    let stood = time(&stage.due(&stage.worker).await["pauses"][0]["to"]).since(since);
    assert_eq!(time(&clock["due_at"]).since(time(&due_at)), stood, "to the millisecond");

    // Done, nothing runs and nothing is stopped.
    stage.step(&stage.worker, "complete", json!({ "note": "好了" })).await.expect(200);
    for (person, action, body) in [
        (&stage.worker, "pause", why.clone()),
        (&stage.worker, "resume", json!({})),
        (&stage.worker, "extension", more(1, "hours")),
        (&stage.leaders[0], "extension-decision", json!({ "approved": true })),
    ] {
        assert_refused(&stage.step(person, action, body).await, 409, "ticket.already_completed");
    }
    let nothing = stage.due(&stage.resident).await;
    assert_eq!((&nothing["due_at"], &nothing["plain"]), (&json!(null), &json!("没有正在计时的环节")));
    let kinds = stage.kinds(&stage.resident).await;
    let expected = ["ticket.submitted", "ticket.accepted", "ticket.paused", "ticket.resumed", "ticket.completed"];
    assert_eq!(kinds, expected);
}

#[actix_rt::test]
async fn a_clock_that_waits_for_the_resident_goes_on_with_the_residents_words() {
    let stage = Stage::with("19900001112", &[]).await;
    stage.accepted().await;
    stage.worker.step(&stage.ticket, "pause", &json!({ "reason": "waiting_for_submitter" })).await;
    stage.leaders[0].comment(&stage.ticket, "请尽快联系").await;
    stage.worker.comment(&stage.ticket, "已去电").await;
    assert!(stage.read().await["clock"]["paused"].is_object(), "it waits for somebody else's words");
    let said = stage.step(&stage.resident, "comment", json!({ "text": "门牌号是 12 号" })).await;
    assert_eq!(said.expect(200)["clock"]["paused"], json!(null));
    let kinds = stage.kinds(&stage.resident).await;
    assert_eq!(kinds[kinds.len() - 2..], ["ticket.commented", "ticket.resumed"]);
    // For another department's answer the resident's words change nothing.
    stage.worker.step(&stage.ticket, "pause", &json!({ "reason": "force_majeure" })).await;
    stage.resident.comment(&stage.ticket, "好的").await;
    assert_eq!(stage.read().await["clock"]["paused"]["reason"], "force_majeure");
}

#[actix_rt::test]
async fn a_late_request_is_neither_stopped_nor_given_more_time() {
    let mut stage = Stage::with("19900001113", &[]).await;
    stage.accepted().await;
    let head = stage.worker.head().await;
    stage.sleep(|server, ticket| server.age_by(ticket, DAY_MS + HOUR_MS));
    stage.hears(&stage.leaders[3], head, "ticket.escalated").await;
    let why = json!({ "reason": "force_majeure" });
    assert_refused(&stage.step(&stage.worker, "pause", why).await, 409, "ticket.overdue");
    assert_refused(&stage.step(&stage.worker, "extension", more(1, "hours")).await, 409, "ticket.overdue");
    let offered = stage.offered(&stage.worker).await;
    assert!(!offered.contains(&"pause".to_owned()) && !offered.contains(&"extension".to_owned()), "{offered:?}");
    // It is still the worker's, who can end it.
    stage.step(&stage.worker, "complete", json!({ "note": "好了" })).await.expect(200);
}

#[actix_rt::test]
async fn a_clock_that_nobody_lets_go_on_goes_on_by_itself_after_ten_workdays() {
    let mut stage = Stage::with("19900001114", &[]).await;
    stage.accepted().await;
    stage.worker.step(&stage.ticket, "pause", &json!({ "reason": "waiting_for_department" })).await;
    let head = stage.worker.head().await;
    let before = stage.read().await["clock"].clone();
    let stop = time(&before["paused"]["until"]).since(time(&before["paused"]["since"]));
    stage.sleep(|server, ticket| server.bring_near(ticket, 1_000));
    let resumed = stage.hears(&stage.worker, head, "ticket.resumed").await;
    assert_eq!(resumed["data"]["by"], json!(null), "nobody did it");
    let after = stage.read().await["clock"].clone();
    assert_eq!(after["paused"], json!(null));
    // A day, of which next to nothing was used up.
    let left = time(&after["due_at"]).since(now());
    assert!((DAY_MS - 60_000..=DAY_MS).contains(&left), "{left}");
    assert_eq!(time(&after["due_at"]).since(time(&after["started_at"])), DAY_MS + stop);
}

#[actix_rt::test]
async fn more_time_is_asked_for_once_and_granted_by_somebody_else() {
    let mut stage = Stage::with("19900001115", &[]).await;
    let others = stage.others().await;
    let yes = json!({ "approved": true });
    assert_refused(&stage.step(&stage.worker, "extension", more(4, "hours")).await, 403, "ticket.not_permitted");
    stage.accepted().await;
    assert_refused(&stage.step(&others.neighbour, "extension", more(4, "hours")).await, 404, "ticket.not_found");
    for person in [&stage.resident, &others.colleague, &stage.leaders[0]] {
        assert_refused(&stage.step(person, "extension", more(4, "hours")).await, 403, "ticket.not_permitted");
    }
    assert_refused(
        &stage.step(&stage.leaders[0], "extension-decision", yes.clone()).await,
        409,
        "ticket.no_extension_request",
    );
    for (wrong, field) in [
        (more(0, "hours"), "limit.value"),
        (more(9_000, "hours"), "limit.value"),
        (more(1, "workdays"), "limit.clock"),
        (json!({ "limit": more(1, "hours")["limit"], "reason": "  " }), "reason"),
    ] {
        let reply = stage.step(&stage.worker, "extension", wrong).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{}", reply.body);
    }
    let approvals = unread(&stage.leaders[0], "approval").await;
    let asked = stage.step(&stage.worker, "extension", more(4, "hours")).await;
    let request = asked.expect(200)["extension_request"].clone();
    assert_eq!((&request["limit"], &request["reason"]), (&more(4, "hours")["limit"], &more(4, "hours")["reason"]));
    assert_eq!(unread(&stage.leaders[0], "approval").await, approvals + 1);
    let shown = stage.resident.get(&format!("/tickets/{}", stage.ticket)).await.body;
    assert_eq!(shown["extension_request"], json!(null), "that is between colleagues");
    assert_refused(&stage.step(&stage.worker, "extension", more(4, "hours")).await, 409, "ticket.extension_pending");

    for person in [&stage.resident, &others.colleague, &stage.worker] {
        let refused = stage.step(person, "extension-decision", yes.clone()).await;
        assert_refused(&refused, 403, "ticket.not_permitted");
    }
    assert_refused(&stage.step(&others.neighbour, "extension-decision", yes.clone()).await, 404, "ticket.not_found");
    let unexplained = stage.step(&stage.leaders[0], "extension-decision", json!({ "approved": false })).await;
    assert_eq!((unexplained.status, unexplained.fields()), (422, vec!["note"]));
    let due_at = time(&asked.body["due_at"]);
    let no = stage.step(&stage.leaders[0], "extension-decision", json!({ "approved": false, "note": "先处理" })).await;
    assert_eq!((&no.expect(200)["extension_request"], time(&no.body["due_at"])), (&json!(null), due_at));
    assert_eq!(unread(&stage.worker, "approval").await, 1);

    // Who was refused may ask again with better reasons; who was granted may not.
    stage.worker.step(&stage.ticket, "extension", &more(4, "hours")).await;
    stage.sleep(|_, _| {});
    let granted =
        stage.step(&stage.leaders[2], "extension-decision", json!({ "approved": true, "note": "同意" })).await;
    let clock = granted.expect(200)["clock"].clone();
    assert_eq!(clock["extension"], more(4, "hours")["limit"]);
    assert_eq!(time(&clock["due_at"]).since(due_at), 4 * HOUR_MS);
    assert_refused(&stage.step(&stage.worker, "extension", more(4, "hours")).await, 409, "ticket.already_extended");
    let due = stage.due(&stage.resident).await;
    assert_eq!((&due["extension"], &due["due_at"]), (&clock["extension"], &clock["due_at"]));
    assert_eq!(unread(&stage.worker, "approval").await, 2);
    let kinds = stage.kinds(&stage.worker).await;
    let ["ticket.extension_requested", "ticket.extension_decided", "ticket.extension_requested", last] =
        kinds[2..].iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        panic!("{kinds:?}")
    };
    assert_eq!(last, "ticket.extension_decided");
    let seen = stage.kinds(&stage.resident).await;
    let decided = seen.iter().filter(|kind| *kind == "ticket.extension_decided").count();
    assert_eq!((decided, seen.len()), (2, 4), "the answers, not what was asked between colleagues: {seen:?}");
}

#[actix_rt::test]
async fn a_leader_who_works_on_it_does_not_grant_the_own_wish() {
    let stage = Stage::with("19900001116", &[]).await;
    let own = text(&stage.leaders[0].get("/auth/me").await.body["id"]);
    stage.step(&stage.leaders[1], "reassign", json!({ "account_id": own })).await.expect(200);
    stage.step(&stage.leaders[0], "extension", more(2, "hours")).await.expect(200);
    let yes = json!({ "approved": true });
    let refused = stage.step(&stage.leaders[0], "extension-decision", yes.clone()).await;
    assert_refused(&refused, 403, "ticket.not_permitted");
    assert!(!stage.offered(&stage.leaders[0]).await.contains(&"extension-decision".to_owned()));
    assert!(stage.offered(&stage.leaders[1]).await.contains(&"extension-decision".to_owned()));
    stage.step(&stage.leaders[1], "extension-decision", yes).await.expect(200);
}

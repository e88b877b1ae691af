//! The live channel: who may follow what, what a public board does not tell, and the end of rights.

use awc::http::Method;
use serde_json::{Value, json};

use crate::live::Stage;
use crate::support::{Live, Person, STAFF_PASSWORD, TestServer, events_of};

const NOBODYS_ID: &str = "01920000-0000-7000-8000-000000000000";

async fn refused(live: &mut Live, topic: &str, reason: &str) {
    let answer = live.subscribe(topic, None).await;
    assert_eq!(answer, json!({ "op": "refused", "topic": topic, "reason": reason }), "nothing else is told");
}

#[actix_rt::test]
async fn what_does_not_exist_or_is_not_ones_own_is_refused() {
    let stage = Stage::set().await;
    let neighbour = stage.server.staff("worker", 2).await.own_grid().await;
    let village = stage.server.staff("leader_l3", 0).await.own_grid().await;
    let worker_id = stage.worker.get("/auth/me").await.body["id"].as_str().unwrap().to_owned();
    let mut worker = Live::open(&stage.worker).await;
    for foreign in [&neighbour, &village, &stage.county] {
        refused(&mut worker, &format!("grid:{foreign}"), "forbidden").await;
        refused(&mut worker, &format!("board:{foreign}"), "forbidden").await;
    }
    let mut leader = Live::open(&stage.server.staff("leader_l3", 0).await).await;
    refused(&mut leader, &format!("grid:{neighbour}"), "forbidden").await;
    refused(&mut leader, &format!("board:{}", stage.county), "forbidden").await;
    let mut resident = Live::open(&stage.resident).await;
    refused(&mut resident, &format!("grid:{}", stage.group), "forbidden").await;
    refused(&mut resident, &format!("board:{}", stage.group), "forbidden").await;
    for live in [&mut worker, &mut leader, &mut resident] {
        // An inbox has no name but one's own: another account's cannot even be asked for.
        for unknown in [
            format!("inbox:{worker_id}"),
            format!("grid:{NOBODYS_ID}"),
            format!("board:{NOBODYS_ID}"),
            format!("meeting:{NOBODYS_ID}"),
            "grid:".to_owned(),
            "grid:1 OR 1=1".to_owned(),
            "INBOX".to_owned(),
            String::new(),
        ] {
            refused(live, &unknown, "unknown").await;
        }
    }
    // Nothing of what was refused comes, and what is permitted still works.
    worker.subscribe(&format!("grid:{}", stage.group), None).await;
    let (_, foreign) = stage.resident.submit(&stage.server.code_of("worker", 2), "suggestion", "邻村的事").await;
    let (_, own) = stage.submit("本村的事").await;
    assert!(foreign < own);
    assert_eq!(events_of(&worker.until_seq(own).await), [(own, "ticket.submitted".to_owned())]);
}

#[actix_rt::test]
async fn a_resident_hears_of_the_own_requests_only() {
    let stage = Stage::set().await;
    let neighbour = stage.server.resident("19900001002").await;
    let mut live = Live::open(&neighbour).await;
    live.subscribe("inbox", None).await;
    let (_, others) = stage.life("别人家的事").await;
    let (own, first) = neighbour.submit(&stage.code, "dispute", "自家的事").await;
    stage.life("又是别人家的事").await;
    let last = stage.worker.step(&own, "accept", &json!({})).await;
    let messages = live.until_seq(last).await;
    let expected = [(first, "ticket.submitted".to_owned()), (last, "ticket.accepted".to_owned())];
    assert_eq!(events_of(&messages), expected);
    assert!(messages.iter().all(|message| message["op"] == "event" && message["data"]["ticket_id"] == own));
    assert!(others.iter().all(|seq| *seq < first));
    let mut submitter = Live::open(&stage.resident).await;
    submitter.subscribe("inbox", Some(first - 1)).await;
    stage.leader.step(&own, "nudge", &json!({ "note": "内部催办" })).await;
    let (_, seq) = stage.submit("最后一件").await;
    let kinds: Vec<_> = events_of(&submitter.until_seq(seq).await).into_iter().map(|(_, kind)| kind).collect();
    assert!(kinds.iter().all(|kind| !kind.starts_with("ticket.nudge")), "{kinds:?}");
}

#[actix_rt::test]
async fn a_grid_brings_its_subtree_to_leaders_and_itself_to_workers() {
    let stage = Stage::set().await;
    let village = stage.server.staff("leader_l3", 0).await;
    let mut lives = [
        (Live::open(&stage.leader).await, stage.county.clone()),
        (Live::open(&village).await, village.own_grid().await),
        (Live::open(&stage.worker).await, stage.group.clone()),
    ];
    for (live, grid) in &mut lives {
        assert_eq!(live.subscribe(&format!("grid:{grid}"), None).await["op"], "subscribed");
    }
    let (_, elsewhere) = stage.resident.submit(&stage.server.code_of("worker", 2), "suggestion", "外村").await;
    let village_code = stage.server.code_of("leader_l3", 0);
    let (_, above) = stage.resident.submit(&village_code, "suggestion", "直接给村里").await;
    let (_, own) = stage.submit("组里").await;
    let expected: [&[u64]; 3] = [&[elsewhere, above, own], &[above, own], &[own]];
    for ((live, _), expected) in lives.iter_mut().zip(expected) {
        let seqs: Vec<u64> = events_of(&live.until_seq(own).await).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(seqs, expected);
    }
}

#[actix_rt::test]
async fn a_public_board_tells_neither_private_words_nor_residents_names_nor_numbers() {
    let stage = Stage::set().await;
    let secrets =
        ["家丑不可外扬", "欠了三万块", "赴深圳龙岗", "王二麻子", "李小明", "19900001001", "19900007777", "13812345678"];
    let topic = format!("board:{}", stage.county);
    let mut screen = Live::open(&stage.leader).await;
    screen.subscribe(&topic, None).await;
    let requests = [
        json!({ "kind": "dispute", "content": "家丑不可外扬，电话 13812345678" }),
        json!({ "kind": "revitalization", "content": "欠了三万块" }),
        json!({ "kind": "employment", "content": "赴深圳龙岗", "on_behalf": { "name": "王二麻子", "phone": "19900007777" },
            "form": { "work_place": "赴深圳龙岗", "need": "欠了三万块" } }),
        json!({ "kind": "suggestion", "content": "路灯坏了，请打13812345678找李小明家" }),
    ];
    let before = stage.leader.head().await;
    let mut last = 0;
    let mut sent = 0;
    for mut request in requests {
        request["grid_code"] = json!(stage.code);
        let reply = stage.resident.post("/tickets", &request).await;
        let ticket = reply.expect(201)["id"].as_str().unwrap().to_owned();
        let told = |step: &str| json!({ step: "欠了三万块，找王二麻子，电话 13812345678" });
        stage.worker.step(&ticket, "accept", &json!({})).await;
        stage.leader.step(&ticket, "nudge", &told("note")).await;
        stage.resident.step(&ticket, "comment", &told("text")).await;
        stage.worker.step(&ticket, "return", &told("reason")).await;
        stage.worker.step(&ticket, "accept", &json!({})).await;
        stage.worker.step(&ticket, "complete", &told("note")).await;
        stage.resident.step(&ticket, "reopen", &told("reason")).await;
        stage.worker.step(&ticket, "accept", &json!({})).await;
        stage.worker.step(&ticket, "complete", &told("note")).await;
        let rating = json!({ "stars": 1, "comment": "欠了三万块，找王二麻子，电话 13812345678" });
        last = stage.resident.step(&ticket, "rate", &rating).await;
        sent += 11;
    }
    let events = screen.until_seq(last).await;
    assert_eq!(events_of(&events).len(), sent, "every step is shown");
    let mut late = Live::open(&stage.leader).await;
    let snapshot = late.subscribe(&topic, None).await;
    let replayed = {
        let mut again = Live::open(&stage.leader).await;
        again.subscribe(&topic, Some(before)).await;
        again.until_seq(last).await
    };
    for shown in events.iter().chain([&snapshot]).chain(&replayed).map(Value::to_string) {
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert!(snapshot["state"]["feed"].as_array().is_some_and(|feed| !feed.is_empty()));
}

#[actix_rt::test]
async fn signing_out_closes_the_sessions_channels_and_no_other() {
    let stage = Stage::set().await;
    let other = stage.server.staff("worker", 0).await;
    let mut ends = [Live::open(&stage.worker).await, Live::open(&stage.worker).await];
    let mut stays = Live::open(&other).await;
    stage.worker.post("/auth/logout", &json!({})).await.expect(204);
    for live in &mut ends {
        assert_eq!(live.end().await, Some(4003));
    }
    assert_eq!(stage.worker.get("/auth/me").await.status, 401);
    assert_eq!(stays.until_pong().await, Vec::<Value>::new());
}

#[actix_rt::test]
async fn a_session_whose_time_is_over_loses_its_channel() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    // Before its first use: the server remembers sessions that it knows.
    let sql = "UPDATE sessions SET expires_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000 + 3000;";
    server.sql(sql);
    let mut live = Live::open(&worker).await;
    assert_eq!(live.subscribe("inbox", None).await["op"], "subscribed");
    assert_eq!(live.end().await, Some(4003));
    assert_eq!(worker.get("/auth/me").await.status, 401);
}

#[actix_rt::test]
async fn a_new_password_closes_the_channels_of_the_other_sessions() {
    let server = TestServer::start();
    let (changes, other) = (server.staff("worker", 1).await, server.staff("worker", 1).await);
    let (mut stays, mut ends) = (Live::open(&changes).await, Live::open(&other).await);
    let passwords = json!({ "old_password": STAFF_PASSWORD, "new_password": "Neues-Kennwort-77" });
    changes.post("/auth/password", &passwords).await.expect(204);
    assert_eq!(ends.end().await, Some(4003));
    stays.until_pong().await;
    assert_eq!(other.get("/auth/me").await.status, 401);
}

#[actix_rt::test]
async fn a_lost_duty_closes_the_channel_and_the_topic_is_no_longer_given() {
    let stage = Stage::set().await;
    let admin = stage.server.staff("admin", 0).await;
    let topic = format!("grid:{}", stage.group);
    let mut live = Live::open(&stage.worker).await;
    live.subscribe(&topic, None).await;
    let id = stage.worker.get("/auth/me").await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/grids/{}/staff/{id}", stage.group);
    admin.send(Method::DELETE, &path, None, &[]).await.expect(204);
    // From the moment that the dismissal is answered nothing of the grid may come any more but what came before.
    let (_, after) = stage.submit("辞退之后").await;
    let mut seen = Vec::new();
    let code = loop {
        match live.incoming().await {
            crate::support::Incoming::Message(message) => seen.push(message),
            crate::support::Incoming::Closed(code) => break code,
        }
    };
    assert_eq!(code, Some(4003));
    assert!(events_of(&seen).iter().all(|(seq, _)| *seq < after), "{seen:?}");
    let mut again = Live::open(&stage.worker).await;
    refused(&mut again, &topic, "forbidden").await;
    refused_resume(&stage.worker, &topic).await;
}

/// A resume is no way round either.
async fn refused_resume(person: &Person, topic: &str) {
    let mut live = Live::open(person).await;
    let answer = live.subscribe(topic, Some(0)).await;
    assert_eq!(answer, json!({ "op": "refused", "topic": topic, "reason": "forbidden" }));
}

//! What people are told: in their inboxes, live on every device, and outside.

use serde_json::{Value, json};

use crate::bad_calls::assert_clear_refusal;
use crate::support::{Live, Person, TestServer, events_of, eventually, now, text, time};

mod outside;
mod push;
mod reached;

/// A resident, the two who serve the grid, and the leader of the county.
struct Stage {
    server: TestServer,
    resident: Person,
    worker: Person,
    colleague: Person,
    leader: Person,
    code: String,
}

impl Stage {
    async fn with(phone: &str, settings: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let resident = server.resident(phone).await;
        let (worker, colleague) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
        let (leader, code) = (server.staff("leader_l1", 0).await, server.code_of("worker", 0));
        Self { server, resident, worker, colleague, leader, code }
    }

    /// A new request.
    async fn request(&self, content: &str) -> String {
        self.resident.submit(&self.code, "suggestion", content).await.0
    }

    /// The server stands still; everybody comes back afterwards.
    fn sleep(&mut self, meanwhile: impl FnOnce(&TestServer)) {
        self.server.stop();
        meanwhile(&self.server);
        self.server.restart();
        for person in [&mut self.resident, &mut self.worker, &mut self.colleague, &mut self.leader] {
            *person = person.at(&self.server);
        }
    }
}

async fn id_of(person: &Person) -> String {
    text(&person.get("/auth/me").await.expect(200)["id"])
}

/// A person's newest notification.
async fn newest(person: &Person) -> Value {
    person.get("/inbox?limit=1").await.expect(200)["items"][0].clone()
}

async fn unread(person: &Person) -> Value {
    person.get("/inbox/unread").await.expect(200).clone()
}

fn total(unread: &Value) -> i64 {
    unread["total"].as_i64().unwrap()
}

async fn read(person: &Person, ids: &[&Value]) {
    person.post("/inbox/read", &json!({ "ids": ids })).await.expect(204);
}

/// A connection that follows the caller's inbox, and what lay unread as it began.
async fn follow(person: &Person, since: Option<u64>) -> (Live, Value) {
    let mut live = Live::open(person).await;
    let mut answer = live.subscribe("inbox", since).await;
    assert_eq!(answer["op"], "subscribed");
    let state = answer["state"].take();
    (live, state)
}

#[actix_rt::test]
async fn what_comes_and_what_is_read_reaches_all_devices_of_a_person_and_no_one_else() {
    let stage = Stage::with("19900001201", &[]).await;
    let (telephone, tablet) = (&stage.worker, &stage.server.staff("worker", 0).await);
    let (mut first, begin) = follow(telephone, None).await;
    let (mut second, same) = follow(tablet, None).await;
    let (mut colleague, others) = follow(&stage.colleague, None).await;
    assert_eq!((&begin, &same), (&unread(telephone).await, &begin));
    let by_type: i64 = begin["by_type"].as_array().unwrap().iter().map(|one| one["unread"].as_i64().unwrap()).sum();
    assert_eq!(total(&begin), by_type);

    let ticket = stage.request("三组路口的路灯坏了").await;
    let account = id_of(telephone).await;
    let told = first.event("inbox.notified").await;
    let data = &told["data"];
    assert_eq!(second.event("inbox.notified").await["data"], *data);
    assert_eq!(
        (&data["type"], &data["type_title"], &data["urgency"]),
        (&json!("request"), &json!("诉求"), &json!("important"))
    );
    assert_eq!(data["subject"], json!({ "kind": "ticket", "id": ticket }));
    let item = newest(telephone).await;
    assert_eq!(text(&item["id"]), format!("{account}:{}", text(&data["cause"])));
    for member in ["type", "type_title", "urgency", "title", "text", "subject"] {
        assert_eq!(item[member], data[member], "{member}");
    }
    assert_eq!((&item["at"], &item["read_at"]), (&told["at"], &json!(null)));
    // Number, kind and place, never the resident's words or name: it may stand on a locked telephone.
    let words = format!("{}{}", text(&item["title"]), text(&item["text"]));
    assert!(words.contains("意见建议") && !words.contains("路灯") && !words.contains("李小明"), "{words}");
    let after = unread(telephone).await;
    assert_eq!(total(&after), total(&begin) + 1);
    let of_type = |unread: &Value| {
        let known = unread["by_type"].as_array().unwrap().iter().find(|one| one["type"] == "request").cloned();
        known.map_or(0, |one| one["unread"].as_i64().unwrap())
    };
    assert_eq!(of_type(&after), of_type(&begin) + 1);

    // Read on one, read on the other; twice is once; and for the colleague it is as new as before.
    read(telephone, &[&item["id"]]).await;
    for live in [&mut first, &mut second] {
        let heard = live.event("inbox.read").await;
        assert_eq!(heard["data"], json!({ "ids": [item["id"]], "all_until": null }));
    }
    read(tablet, &[&item["id"]]).await;
    assert_eq!(unread(tablet).await, begin);
    let (_, state) = follow(tablet, None).await;
    assert_eq!(state, begin);
    assert!(newest(tablet).await["read_at"].is_string());
    let theirs = colleague.until_pong().await;
    assert_eq!(events_of(&theirs).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>(), ["inbox.notified"]);
    assert_eq!(total(&unread(&stage.colleague).await), total(&others) + 1);

    // A device that was off hears of the reading when it comes back.
    let since = told["seq"].as_u64().unwrap();
    let (mut late, _) = follow(tablet, Some(since)).await;
    let missed = late.until_pong().await;
    let reads = events_of(&missed);
    assert!(reads.len() == 2 && reads.iter().all(|(seq, kind)| *seq > since && kind == "inbox.read"), "{missed:?}");
}

#[actix_rt::test]
async fn a_resident_is_told_of_the_own_request_and_staff_of_what_waits_for_them() {
    let stage = Stage::with("19900001202", &[]).await;
    let (mut resident, state) = follow(&stage.resident, None).await;
    assert_eq!(state, json!({ "total": 0, "by_type": [] }));
    let (mut worker, _) = follow(&stage.worker, None).await;
    let ticket = stage.request("水管漏水").await;
    assert_eq!(worker.event("inbox.notified").await["data"]["title"], "新诉求待接单");
    let steps = [
        (&stage.worker, "accept", json!({}), "您的诉求已接单"),
        (&stage.worker, "comment", json!({ "text": "明天来" }), "有新的补充说明"),
        (&stage.worker, "pause", json!({ "reason": "force_majeure" }), "您的诉求暂停计时"),
        (&stage.worker, "complete", json!({ "note": "好了" }), "您的诉求已办结"),
    ];
    for (person, action, body, title) in steps {
        let step = person.step(&ticket, action, &body).await;
        let told = resident.event("inbox.notified").await;
        assert_eq!((&told["data"]["title"], &told["data"]["type"]), (&json!(title), &json!("progress")));
        assert_eq!(told["seq"], step + 1, "right behind the step itself");
    }
    stage.resident.step(&ticket, "rate", &json!({ "stars": 4 })).await;
    let told = worker.until(|message| message["data"]["title"] == "收到 4 星评价").await;
    // Nobody hears of what he did himself.
    let own = told
        .iter()
        .filter(|message| message["kind"] == "inbox.notified" && message["seq"] != told.last().unwrap()["seq"]);
    assert_eq!(own.count(), 0, "{told:?}");
    assert_eq!(total(&unread(&stage.resident).await), 4);
}

#[actix_rt::test]
async fn pages_tell_everything_once_whatever_comes_meanwhile() {
    let stage = Stage::with("19900001203", &[]).await;
    for number in 0..7 {
        let ticket = stage.request(&format!("第 {number} 件")).await;
        if number % 2 == 0 {
            stage.leader.step(&ticket, "nudge", &json!({})).await;
        }
    }
    let whole = stage.worker.get("/inbox?limit=200").await.expect(200)["items"].as_array().unwrap().clone();
    assert!(whole.is_sorted_by(|newer, older| text(&newer["at"]) >= text(&older["at"])));
    for query in ["", "&unread=true", "&type=nudge", "&unread=true&type=nudge"] {
        let expected: Vec<&Value> = whole
            .iter()
            .filter(|item| !query.contains("unread") || item["read_at"].is_null())
            .filter(|item| !query.contains("nudge") || item["type"] == "nudge")
            .collect();
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = stage.worker.get(&format!("/inbox?limit=3{query}{cursor}")).await;
            let items = page.expect(200)["items"].as_array().unwrap().clone();
            assert!(items.len() <= 3);
            listed.extend(items);
            if listed.len() == 3 {
                stage.request("又一件").await;
            }
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let listed: Vec<&Value> = listed.iter().filter(|item| item["at"].as_str() <= whole[0]["at"].as_str()).collect();
        assert_eq!(listed, expected, "{query}");
    }
}

#[actix_rt::test]
async fn a_query_that_means_nothing_is_refused_by_the_name_of_its_parameter() {
    let stage = Stage::with("19900001204", &[]).await;
    let admin = stage.server.staff("admin", 0).await;
    let of_inbox: [(&str, &[&str]); 5] = [
        ("limit", &["limit=0", "limit=201", "limit=-1", "limit=x", "limit="]),
        ("type", &["type=no_such", "type=", "type=REQUEST"]),
        ("unread", &["unread=maybe", "unread=1"]),
        ("cursor", &["cursor=x", "cursor=", "cursor=1", "cursor=x_y", "cursor=99999999999999999999_x"]),
        ("zz", &["zz=1"]),
    ];
    let of_deliveries: [(&str, &[&str]); 3] = [
        ("limit", &["limit=0", "limit=201", "limit=x"]),
        ("state", &["state=no_such", "state="]),
        ("cursor", &["cursor=x", "cursor=1", "cursor=x_y"]),
    ];
    for (person, path, cases) in [(&stage.worker, "/inbox", &of_inbox[..]), (&admin, "/deliveries", &of_deliveries)] {
        for (name, queries) in cases {
            for query in *queries {
                let reply = person.get(&format!("{path}?{query}")).await;
                assert_eq!(reply.status, 400, "{path}?{query}: {}", reply.body);
                assert_clear_refusal(&reply, query);
                assert_eq!(reply.fields(), [*name], "{path}?{query}");
            }
        }
    }
    // What is a cursor and leads nowhere leads nowhere.
    assert_eq!(stage.worker.get("/inbox?cursor=-1:x").await.expect(200)["items"], json!([]));
}

#[actix_rt::test]
async fn nobody_reads_for_somebody_else() {
    let stage = Stage::with("19900001205", &[]).await;
    stage.request("一件").await;
    let (own, foreign) = (newest(&stage.worker).await, newest(&stage.colleague).await);
    let begin = unread(&stage.worker).await;
    for ids in [json!([foreign["id"]]), json!([own["id"], foreign["id"]]), json!(["x"]), json!([own["id"], ""])] {
        let refused = stage.worker.post("/inbox/read", &json!({ "ids": ids })).await;
        assert_eq!((refused.status, refused.code()), (404, "notification.not_found"), "{ids}");
    }
    assert_eq!(unread(&stage.worker).await, begin, "all or nothing");
    assert_eq!(newest(&stage.colleague).await, foreign);
    for path in ["/inbox", "/inbox/unread", "/me/notifications", "/push/key", "/push/subscriptions"] {
        assert_eq!(stage.server.nobody().get(path).await.status, 401, "{path}");
    }
}

#[actix_rt::test]
async fn all_of_it_is_read_until_a_time_and_never_what_is_yet_to_come() {
    let stage = Stage::with("19900001206", &[]).await;
    for wrong in [json!({}), json!({ "ids": [] }), json!({ "ids": ["x"], "all_until": now().to_string() })] {
        let refused = stage.worker.post("/inbox/read", &wrong).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["ids"]), "{wrong}");
    }
    let many = stage.worker.post("/inbox/read", &json!({ "ids": vec!["x"; 201] })).await;
    assert_eq!((many.status, many.fields()), (422, vec!["ids"]));
    stage.request("第一件").await;
    let first = newest(&stage.worker).await;
    stage.request("第二件").await;
    let second = newest(&stage.worker).await;
    let (mut live, _) = follow(&stage.worker, None).await;

    let until =
        async |at: &str| stage.worker.post("/inbox/read", &json!({ "all_until": at })).await.expect(204).clone();
    until(&text(&first["at"])).await;
    assert_eq!(total(&unread(&stage.worker).await), 1, "the second one came later");
    assert_eq!(live.event("inbox.read").await["data"], json!({ "ids": [], "all_until": first["at"] }));
    // A device whose clock is a century ahead.
    until("2126-11-21T06:12:07.000Z").await;
    assert_eq!(total(&unread(&stage.worker).await), 0);
    let said = live.event("inbox.read").await["data"]["all_until"].clone();
    assert!(time(&said).since(now()) <= 0, "what others are told is no later than now: {said}");
    // A device that looked at an older page does not take the newer reading back.
    until(&text(&first["at"])).await;
    assert_eq!(total(&unread(&stage.worker).await), 0);
    assert!(newest(&stage.worker).await["read_at"].is_string());
    stage.request("第三件").await;
    assert_eq!(total(&unread(&stage.worker).await), 1);
    let listed = stage.worker.get("/inbox?unread=true").await.expect(200)["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_ne!(listed[0]["id"], second["id"]);
}

#[actix_rt::test]
async fn a_reading_that_is_repeated_by_its_key_is_done_once() {
    let stage = Stage::with("19900001207", &[]).await;
    stage.request("一件").await;
    let item = newest(&stage.worker).await;
    let body = json!({ "ids": [item["id"]] });
    let first = stage.worker.post_once("/inbox/read", &body, "read").await;
    first.expect(204);
    let again = stage.worker.post_once("/inbox/read", &body, "read").await;
    assert_eq!((again.expect(204), again.header("Idempotent-Replayed")), (&Value::Null, Some("true")));
    assert_eq!(again.seq(), first.seq());
    let other = json!({ "all_until": item["at"] });
    let reused = stage.worker.post_once("/inbox/read", &other, "read").await;
    assert_eq!((reused.status, reused.code()), (422, "idempotency.key_reused"));
}

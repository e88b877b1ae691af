//! Telling other systems: what arrives, signed how, in which order, after which failures; and who may set that up.

mod receiver;

use serde_json::{Value, json};

use crate::support::{Cluster, Person, Reply, TestServer, eventually, eventually_within, text};
use receiver::{Got, Receiver, Then};

use std::time::Duration;

/// Receivers of the tests are on this machine and have no certificates.
const SETTINGS: [(&str, &str); 4] = [
    ("LIANXIN__WEBHOOKS__INSIDE", "[\"127.0.0.1\"]"),
    ("LIANXIN__WEBHOOKS__ALLOW_HTTP", "true"),
    ("LIANXIN__WEBHOOKS__FIRST_PAUSE_S", "1"),
    // Long enough for a receiver of ours on a busy machine.
    ("LIANXIN__WEBHOOKS__TIMEOUT_S", "5"),
];
const PATIENCE: Duration = Duration::from_secs(40);

/// A server, people of one village, and another system.
struct Stage {
    server: TestServer,
    admin: Person,
    resident: Person,
    worker: Person,
    code: String,
    county: String,
    receiver: Receiver,
}

impl Stage {
    async fn set(phone: &str) -> Self {
        Self::on(TestServer::start_with(&SETTINGS), phone).await
    }

    async fn on(server: TestServer, phone: &str) -> Self {
        let county = server.staff("leader_l1", 0).await.own_grid().await;
        Self {
            admin: server.staff("admin", 0).await,
            resident: server.resident(phone).await,
            worker: server.staff("worker", 0).await,
            code: server.code_of("worker", 0),
            receiver: Receiver::start(),
            county,
            server,
        }
    }

    /// Makes a webhook for all that happens to requests; answers its id and secret.
    async fn webhook(&self, receiver: &Receiver) -> (String, String) {
        let kinds = self.admin.get("/webhooks").await.expect(200)["kinds"].clone();
        let kinds: Vec<Value> = kinds.as_array().unwrap().iter().map(|kind| kind["kind"].clone()).collect();
        let new = json!({ "grid_id": self.county, "name": "县级平台", "url": receiver.url, "kinds": kinds });
        let made = self.admin.post("/webhooks", &new).await;
        let made = made.expect(201);
        (text(&made["webhook"]["id"]), text(&made["secret"]))
    }

    async fn submit(&self, kind: &str, content: &str) -> (String, u64) {
        self.resident.submit(&self.code, kind, content).await
    }

    /// The webhook as the list shows it.
    async fn shown(&self, id: &str) -> Value {
        let list = self.admin.get("/webhooks").await;
        let items = list.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["id"] == id).unwrap()
    }

    async fn deliveries(&self, id: &str) -> Vec<Value> {
        let page = self.admin.get(&format!("/webhooks/{id}/deliveries?limit=200")).await;
        page.expect(200)["items"].as_array().unwrap().clone()
    }

    /// Waits until a message of the webhook stands so.
    async fn delivery(&self, id: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        eventually_within(PATIENCE, what, async || self.deliveries(id).await.into_iter().find(|one| fits(one))).await
    }

    async fn ping(&self, id: &str) -> Value {
        self.admin.post(&format!("/webhooks/{id}/ping"), &json!({})).await.expect(202).clone()
    }
}

/// Waits until so many messages came.
async fn received(receiver: &Receiver, count: usize) -> Vec<Got> {
    eventually_within(PATIENCE, &format!("{count} messages"), async || {
        Some(receiver.got()).filter(|got| got.len() >= count)
    })
    .await
}

fn kinds(got: &[Got]) -> Vec<String> {
    got.iter().map(|one| text(&one.json()["kind"])).collect()
}

#[actix_rt::test]
async fn what_happens_to_a_request_arrives_signed_and_in_order_and_says_nothing_of_anybody() {
    let stage = Stage::set("19900007101").await;
    let (before, _) = stage.submit("suggestion", "推送设置之前的诉求").await;
    let (id, secret) = stage.webhook(&stage.receiver).await;
    // Nothing of a private kind, whoever asks.
    stage.submit("dispute", "宅基地边界有争议").await;
    let (ticket, seq) = stage.submit("suggestion", "三组路口的路灯坏了").await;
    stage.worker.step(&ticket, "accept", &json!({})).await;
    stage.worker.step(&ticket, "complete", &json!({ "note": "换了灯泡" })).await;
    stage.resident.step(&ticket, "comment", &json!({ "text": "谢谢" })).await;
    stage.resident.step(&ticket, "rate", &json!({ "stars": 5, "comment": "很快" })).await;

    let got = received(&stage.receiver, 4).await;
    assert_eq!(kinds(&got), ["ticket.submitted", "ticket.accepted", "ticket.completed", "ticket.rated"]);
    for one in &got {
        assert!(one.is_signed_by(&secret) && one.signatures.len() == 1 && one.path == "/hook?from=lianxin");
        let mut forged = one.clone();
        forged.body[20] ^= 1;
        assert!(!forged.is_signed_by(&secret));
        let words = String::from_utf8(one.body.clone()).unwrap();
        for secret in ["路灯", "灯泡", "李小明", "谢谢", "很快", "1990000", "lng", "position", "handler\""] {
            assert!(!words.contains(secret), "{secret} in {words}");
        }
        assert_eq!(one.json()["data"]["ticket"]["id"], ticket);
    }
    let first = got[0].json();
    let expected = stage.worker.get(&format!("/tickets/{ticket}")).await;
    assert_eq!(first["data"]["ticket"]["number"], expected.body["number"]);
    assert_eq!((&first["id"], &first["seq"]), (&json!(got[0].id), &json!(seq)));
    assert_eq!((&first["tenant"], &first["data"]["ticket"]["state"]), (&json!(stage.county), &json!("submitted")));
    assert_eq!(first["data"]["grid"]["id"], stage.worker.own_grid().await);
    assert!(first["data"]["grid"]["code"].is_string() && first["data"]["ticket"]["due_at"].is_string(), "{first}");
    let sequence: Vec<u64> = got.iter().map(|one| one.json()["seq"].as_u64().unwrap()).collect();
    assert!(sequence.is_sorted(), "{sequence:?}");

    let done =
        stage.delivery(&id, "the last one is sent", |one| one["kind"] == "ticket.rated" && one["state"] == "sent");
    let done = done.await;
    assert_eq!((&done["status"], &done["attempts"], &done["error"]), (&json!(204), &json!(1), &Value::Null));
    assert_eq!((&done["kind_title"], &done["ticket_number"]), (&json!("已评价"), &expected.body["number"]));
    assert_eq!(done["body"], String::from_utf8(got[3].body.clone()).unwrap());
    assert_eq!(stage.deliveries(&id).await.len(), 4);
    let shown = stage.shown(&id).await;
    assert_eq!((&shown["last_status"], &shown["failures"], &shown["waiting"]), (&json!(204), &json!(0), &json!(0)));
    assert!(!stage.receiver.got().iter().any(|one| one.json()["data"]["ticket"]["id"] == before));
}

#[actix_rt::test]
async fn who_answers_an_error_or_somewhere_else_or_nothing_gets_it_again_and_nobody_waits_for_him() {
    let stage = Stage::set("19900007102").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    let dead = Receiver::start();
    dead.always(Then::Hang);
    let (dead_id, _) = stage.webhook(&dead).await;
    stage.receiver.then(&[Then::Status(500), Then::Redirect]);
    let (ticket, _) = stage.submit("suggestion", "路灯坏了").await;
    stage.worker.step(&ticket, "accept", &json!({})).await;

    let got = received(&stage.receiver, 4).await;
    assert_eq!(
        kinds(&got),
        ["ticket.submitted", "ticket.submitted", "ticket.submitted", "ticket.accepted"],
        "one after the other"
    );
    assert!(got[..3].iter().all(|one| one.id == got[0].id && one.body == got[0].body));
    assert!(!got.iter().any(|one| one.path.contains("elsewhere")));
    let sent =
        stage.delivery(&id, "it is sent in the end", |one| one["kind"] == "ticket.submitted" && one["state"] == "sent");
    assert_eq!(sent.await["attempts"], 3);

    let waiting = stage.delivery(&dead_id, "it failed in time", |one| one["error"] == "timeout").await;
    assert_eq!((&waiting["state"], &waiting["status"]), (&json!("owed"), &Value::Null));
    assert!(waiting["duration_ms"].as_i64().unwrap() >= 5_000 && waiting["next_at"].is_string());
    let shown = stage.shown(&dead_id).await;
    assert!(shown["failures"].as_i64().unwrap() >= 1 && shown["failing_since"].is_string(), "{shown}");
    assert_eq!((&shown["last_error"], &shown["waiting"]), (&json!("timeout"), &json!(2)));
    // The second one about the same request was not even tried.
    assert!(dead.got().iter().all(|one| one.json()["kind"] == "ticket.submitted"));
}

#[actix_rt::test]
async fn an_answer_without_end_is_not_read() {
    let stage = Stage::set("19900007103").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    stage.receiver.then(&[Then::Huge]);
    stage.submit("suggestion", "路灯坏了").await;
    let sent = stage.delivery(&id, "it is sent", |one| one["state"] == "sent").await;
    assert_eq!((&sent["attempts"], &sent["status"]), (&json!(1), &json!(200)));
}

#[actix_rt::test]
async fn who_is_gone_is_switched_off_and_whoever_made_it_is_told() {
    let stage = Stage::set("19900007104").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    stage.receiver.then(&[Then::Status(410)]);
    stage.submit("suggestion", "路灯坏了").await;
    let shown = eventually_within(PATIENCE, "it is switched off", async || {
        Some(stage.shown(&id).await).filter(|shown| shown["enabled"] == false)
    });
    let shown = shown.await;
    assert_eq!(shown["stopped"], "gone");
    let inbox = stage.admin.get("/inbox").await;
    let notice = inbox.expect(200)["items"].as_array().unwrap().iter().find(|one| one["subject"]["kind"] == "webhook");
    assert_eq!(notice.unwrap()["title"], "事件推送已停用", "{}", inbox.body);
    let given_up = stage.deliveries(&id).await;
    assert_eq!((&given_up[0]["state"], &given_up[0]["status"]), (&json!("given_up"), &json!(410)));
    for path in ["ping".to_owned(), format!("deliveries/{}/redeliver", text(&given_up[0]["id"]))] {
        let refused = stage.admin.post(&format!("/webhooks/{id}/{path}"), &json!({})).await;
        assert_eq!((refused.status, refused.code()), (409, "webhook.disabled"), "{path}");
    }
    // What happens now is not told later; what was given up is sent on demand.
    stage.submit("suggestion", "停用期间").await;
    let on = json!({ "version": shown["version"], "enabled": true });
    let on = stage.admin.patch(&format!("/webhooks/{id}"), &on).await;
    assert_eq!((&on.expect(200)["enabled"], &on.body["stopped"]), (&json!(true), &Value::Null));
    let path = format!("/webhooks/{id}/deliveries/{}/redeliver", text(&given_up[0]["id"]));
    stage.admin.post(&path, &json!({})).await.expect(202);
    let got = received(&stage.receiver, 2).await;
    assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
    stage.delivery(&id, "it is sent", |one| one["state"] == "sent").await;
    assert_eq!(stage.deliveries(&id).await.len(), 1);
}

#[actix_rt::test]
async fn who_fails_for_three_days_is_switched_off_and_what_waits_stays() {
    let settings: Vec<(&str, &str)> = SETTINGS.into_iter().chain([("LIANXIN__METRICS__BIND", "127.0.0.1:0")]).collect();
    let stage = Stage::on(TestServer::start_with(&settings), "19900007112").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    stage.receiver.always(Then::Status(503));
    stage.submit("suggestion", "路灯坏了").await;
    received(&stage.receiver, 1).await;
    let shown = eventually_within(PATIENCE, "it is switched off", async || {
        // As if it had begun to fail three days earlier than it did.
        stage.server.sql("UPDATE webhook_health SET failing_since = failing_since - 259200000");
        Some(stage.shown(&id).await).filter(|shown| shown["enabled"] == false)
    });
    let shown = shown.await;
    // The message is younger than its receiver's trouble.
    assert_eq!((&shown["stopped"], &shown["waiting"]), (&json!("unreachable"), &json!(1)));
    let inbox = stage.admin.get("/inbox").await;
    let notices = inbox.expect(200)["items"].as_array().unwrap().clone();
    let told = |one: &&Value| one["subject"]["kind"] == "webhook";
    assert!(text(&notices.iter().find(told).unwrap()["text"]).contains("县级平台"), "{notices:?}");
    stage.receiver.always(Then::Status(200));
    let on = json!({ "version": shown["version"], "enabled": true });
    stage.admin.patch(&format!("/webhooks/{id}"), &on).await.expect(200);
    stage.delivery(&id, "it is sent", |one| one["state"] == "sent").await;
    let counted = String::from_utf8(stage.server.metrics().get("//metrics").await.bytes).unwrap();
    let sent = r#"deliveries_total{channel="webhook",outcome="sent"} 1"#;
    assert!(counted.lines().any(|line| line == sent), "{counted}");
    assert!(counted.contains(r#"deliveries_total{channel="webhook",outcome="failed"}"#), "{counted}");
}

#[actix_rt::test]
async fn a_ping_is_sent_once_and_hurries_what_waits() {
    let stage = Stage::set("19900007105").await;
    let (id, secret) = stage.webhook(&stage.receiver).await;
    let pinged = stage.ping(&id).await;
    assert_eq!((&pinged["kind"], &pinged["kind_title"]), (&json!("webhook.ping"), &json!("测试推送")));
    let got = received(&stage.receiver, 1).await;
    assert!(got[0].is_signed_by(&secret));
    let body = got[0].json();
    assert_eq!((&body["kind"], &body["data"]["webhook_id"]), (&json!("webhook.ping"), &json!(id)));
    // One that fails is not tried again and does not make others wait.
    stage.delivery(&id, "the ping is sent", |one| one["state"] == "sent").await;
    stage.receiver.then(&[Then::Status(503)]);
    let pinged = stage.ping(&id).await;
    let failed =
        stage.delivery(&id, "the ping failed", |one| one["id"] == pinged["id"] && one["state"] != "owed").await;
    assert_eq!(
        (&failed["state"], &failed["status"], &failed["attempts"]),
        (&json!("given_up"), &json!(503), &json!(1))
    );
    let shown = stage.shown(&id).await;
    assert_eq!((&shown["failures"], &shown["last_status"]), (&json!(0), &json!(503)));
}

#[actix_rt::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let stage = Stage::set("19900007106").await;
    let (id, old) = stage.webhook(&stage.receiver).await;
    let renewed = stage.admin.post(&format!("/webhooks/{id}/secret"), &json!({})).await;
    let new = text(&renewed.expect(200)["secret"]);
    assert!(new != old && renewed.body["webhook"]["old_secret_until"].is_string());
    stage.ping(&id).await;
    let got = received(&stage.receiver, 1).await;
    assert_eq!(got[0].signatures.len(), 2);
    assert!(got[0].is_signed_by(&new) && got[0].is_signed_by(&old));
    // It is shown once, and stored sealed.
    let list = stage.admin.get("/webhooks").await;
    assert!(!list.body.to_string().contains("whsec_"));
    let sealed = stage.server.sql("SELECT secret_sealed, old_secret_sealed FROM webhooks");
    assert!(sealed[0].iter().all(|column| column.starts_with("v1:")), "{sealed:?}");
    assert!(!stage.server.sql("SELECT changes FROM audit").concat().concat().contains("whsec_"));
}

#[actix_rt::test]
async fn a_crash_between_sending_and_writing_it_down_sends_the_same_message_again() {
    // Patient enough not to try again by itself.
    let patient = [SETTINGS[0], SETTINGS[1], ("LIANXIN__WEBHOOKS__TIMEOUT_S", "60")];
    let mut stage = Stage::on(TestServer::start_with(&patient), "19900007107").await;
    let (id, secret) = stage.webhook(&stage.receiver).await;
    stage.receiver.then(&[Then::Hang]);
    let (ticket, _) = stage.submit("suggestion", "路灯坏了").await;
    received(&stage.receiver, 1).await;
    // It arrived, but the server does not know.
    stage.server.kill();
    stage.server.restart();
    stage.admin = stage.admin.at(&stage.server);
    stage.worker = stage.worker.at(&stage.server);
    stage.worker.step(&ticket, "accept", &json!({})).await;
    let got = received(&stage.receiver, 3).await;
    assert_eq!(kinds(&got), ["ticket.submitted", "ticket.submitted", "ticket.accepted"]);
    assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
    assert!(got.iter().all(|one| one.is_signed_by(&secret)));
    stage.delivery(&id, "all is sent", |one| one["kind"] == "ticket.accepted" && one["state"] == "sent").await;
    assert_eq!(stage.deliveries(&id).await.len(), 2);
    // A stop in good order, too: nothing comes twice after it.
    stage.server.stop();
    stage.server.restart();
    stage.admin = stage.admin.at(&stage.server);
    stage.ping(&id).await;
    assert_eq!(kinds(&received(&stage.receiver, 4).await)[3..], ["webhook.ping"]);
}

#[actix_rt::test]
async fn of_two_nodes_one_sends_and_when_it_dies_the_other_goes_on() {
    let mut cluster = Cluster::start("webhooks", 2, &SETTINGS);
    let receiver = Receiver::start();
    let server = cluster.server(0);
    let (admin, resident) = (server.staff("admin", 0).await, server.resident("19900007108").await);
    let county = server.staff("leader_l1", 0).await.own_grid().await;
    let code = server.code_of("worker", 0);
    let new = json!({ "grid_id": county, "name": "平台", "url": receiver.url, "kinds": ["ticket.submitted"] });
    let made = admin.post("/webhooks", &new).await.expect(201).clone();
    let mut sent = Vec::new();
    // Whichever node is asked.
    for number in 0..6 {
        let resident = resident.at(cluster.server(number % 2));
        sent.push(resident.submit(&code, "suggestion", &format!("第 {number} 件")).await.0);
    }
    // All of them are written down, so none is told again.
    let path = format!("/webhooks/{}/deliveries?state=sent", text(&made["webhook"]["id"]));
    let written = async || {
        let page = admin.get(&path).await.body;
        Some(()).filter(|()| page["items"].as_array().is_some_and(|items| items.len() == 6))
    };
    eventually_within(PATIENCE, "six are written down", written).await;
    cluster.nodes[0].server.kill();
    let resident = resident.at(cluster.server(1));
    for number in 6..9 {
        sent.push(resident.submit(&code, "suggestion", &format!("第 {number} 件")).await.0);
    }
    let told = received(&receiver, 9).await;
    let mut told: Vec<String> = told.iter().map(|one| text(&one.json()["data"]["ticket"]["id"])).collect();
    told.sort_unstable();
    sent.sort_unstable();
    assert_eq!(told, sent, "each of them once");
}

#[actix_rt::test]
async fn only_administrators_of_the_grid_set_it_up_and_nobody_else_finds_it() {
    let stage = Stage::set("19900007109").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    let leader = stage.server.staff("leader_l1", 0).await;
    let new =
        json!({ "grid_id": stage.county, "name": "平台", "url": "https://example.cn/", "kinds": ["ticket.rated"] });
    for person in [&stage.worker, &leader, &stage.resident] {
        for reply in [person.get("/webhooks").await, person.post("/webhooks", &new).await] {
            assert_eq!((reply.status, reply.code()), (403, "webhook.not_permitted"), "{}", reply.body);
        }
        assert_hidden(person, &id).await;
    }
    // Who administers a village has its own, and not the county's.
    let village = stage.server.staff("leader_l3", 0).await.own_grid().await;
    let account = text(&stage.worker.get("/auth/me").await.body["id"]);
    let path = stage.server.sql(&format!("SELECT path FROM grids WHERE id = '{village}'"))[0][0].clone();
    let grant = format!(
        "INSERT INTO account_grants (id, account_id, role, grid_path) VALUES ('{account}:admin:{path}', '{account}', 'admin', '{path}')"
    );
    stage.server.sql(&grant);
    let worker = stage.server.staff("worker", 0).await;
    assert_eq!(worker.get("/webhooks").await.expect(200)["items"], json!([]));
    let reply = worker.post("/webhooks", &new).await;
    assert_eq!((reply.status, reply.code()), (403, "webhook.not_permitted"));
    assert_hidden(&worker, &id).await;
    let mut own = new.clone();
    own["grid_id"] = json!(village);
    let own = text(&worker.post("/webhooks", &own).await.expect(201)["webhook"]["id"]);
    assert_eq!(worker.get("/webhooks").await.expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(stage.admin.get("/webhooks").await.expect(200)["items"].as_array().unwrap().len(), 2);
    // A message of another's webhook is none of its own.
    stage.ping(&id).await;
    let ping = stage.delivery(&id, "the ping is sent", |one| one["state"] == "sent").await;
    let path = format!("/webhooks/{own}/deliveries/{}/redeliver", text(&ping["id"]));
    assert_eq!(worker.post(&path, &json!({})).await.code(), "webhook.delivery_not_found");
    stage.admin.delete(&format!("/webhooks/{id}")).await.expect(204);
    assert_hidden(&stage.admin, &id).await;
    assert_eq!(stage.server.sql("SELECT COUNT(*) FROM webhook_deliveries"), [["0"]]);
}

/// For this person there is no such webhook.
async fn assert_hidden(person: &Person, id: &str) {
    let base = format!("/webhooks/{id}");
    let replies: [Reply; 6] = [
        person.patch(&base, &json!({ "version": 1 })).await,
        person.delete(&base).await,
        person.post(&format!("{base}/secret"), &json!({})).await,
        person.post(&format!("{base}/ping"), &json!({})).await,
        person.get(&format!("{base}/deliveries")).await,
        person.post(&format!("{base}/deliveries/{id}-1/redeliver"), &json!({})).await,
    ];
    for reply in replies {
        assert_eq!((reply.status, reply.code()), (404, "webhook.not_found"), "{}", reply.body);
    }
}

#[actix_rt::test]
async fn what_leads_inside_is_refused_where_it_is_written_and_where_it_is_sent() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let county = server.staff("leader_l1", 0).await.own_grid().await;
    let new = |url: &str| json!({ "grid_id": county, "name": "平台", "url": url, "kinds": ["ticket.submitted"] });
    for url in [
        "http://example.cn/",
        "https://127.0.0.1/",
        "https://2130706433./",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]:80/",
        "https://[::ffff:10.1.2.3]/",
        "https://a:b@example.cn/",
        "example.cn",
    ] {
        let reply = admin.post("/webhooks", &new(url)).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["url"]), "{url}: {}", reply.body);
    }
    // A name says what it leads to only when it is looked up.
    let made = admin.post("/webhooks", &new("https://localhost.localdomain/")).await;
    let id = text(&made.expect(201)["webhook"]["id"]);
    admin.post(&format!("/webhooks/{id}/ping"), &json!({})).await.expect(202);
    let tried = eventually("it is tried", async || {
        let list = admin.get(&format!("/webhooks/{id}/deliveries")).await.body;
        Some(list["items"][0].clone()).filter(|one| one["state"] == "given_up")
    });
    let error = text(&tried.await["error"]);
    assert!(["inside", "name"].contains(&error.as_str()), "{error}");
}

#[actix_rt::test]
async fn of_two_who_change_it_the_second_looks_again() {
    let stage = Stage::set("19900007111").await;
    let (id, _) = stage.webhook(&stage.receiver).await;
    let path = format!("/webhooks/{id}");
    let changed = stage.admin.patch(&path, &json!({ "version": 1, "name": "新名称", "kinds": ["ticket.rated"] })).await;
    assert_eq!((&changed.expect(200)["version"], &changed.body["kinds"]), (&json!(2), &json!(["ticket.rated"])));
    let late = stage.admin.patch(&path, &json!({ "version": 1, "enabled": false })).await;
    assert_eq!((late.status, late.code()), (409, "webhook.changed"));
    assert_eq!(late.body["current"]["name"], "新名称");
    let page = stage.admin.get(&format!("{path}/deliveries?state=x")).await;
    assert_eq!((page.status, page.fields()), (400, vec!["state"]));
    let key = "once";
    let first = stage.admin.post_once(&format!("{path}/ping"), &json!({}), key).await;
    let again = stage.admin.post_once(&format!("{path}/ping"), &json!({}), key).await;
    assert_eq!((&first.expect(202)["id"], again.header("Idempotent-Replayed")), (&again.body["id"], Some("true")));
    // One that wants only judgements is told of nothing else.
    let (ticket, _) = stage.submit("suggestion", "路灯坏了").await;
    stage.worker.step(&ticket, "accept", &json!({})).await;
    stage.worker.step(&ticket, "complete", &json!({ "note": "好了" })).await;
    stage.resident.step(&ticket, "rate", &json!({ "stars": 4 })).await;
    let got = received(&stage.receiver, 2).await;
    assert_eq!(kinds(&got), ["webhook.ping", "ticket.rated"]);
}

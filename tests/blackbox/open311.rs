//! Open311 GeoReport v2: the answers have the structure of the specification's examples, a request goes its way, and nothing is
//! told beyond what everybody may know.

mod errors;
mod keys;
mod privacy;
mod structure;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, text};

/// Who reports, who serves the grid that is reported to, and who administers.
pub struct Stage {
    server: TestServer,
    nobody: Person,
    worker: Person,
    admin: Person,
    /// The worker's grid.
    grid: String,
    code: String,
    /// The id of the integration, and its key.
    integration: String,
    key: String,
}

impl Stage {
    /// With a key for the whole county.
    async fn new() -> Self {
        let server = TestServer::start();
        let (nobody, worker, admin) =
            (server.nobody(), server.staff("worker", 0).await, server.staff("admin", 0).await);
        let (grid, code) = (worker.own_grid().await, server.code_of("worker", 0));
        let county = server.staff("leader_l1", 0).await.own_grid().await;
        let (integration, key) = integrate(&admin, "12345 热线", &county).await;
        Self { server, nobody, worker, admin, grid, code, integration, key }
    }

    /// Reads below `/open311/v2`.
    async fn get(&self, path: &str) -> Reply {
        self.nobody.get(&format!("//open311/v2/{path}")).await
    }

    /// Posts a request as a browser's form does.
    async fn post(&self, pairs: &[(&str, &str)]) -> Reply {
        self.send("requests.json", pairs, &[]).await
    }

    async fn send(&self, path: &str, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let body = form(pairs).into_bytes();
        let form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain([form]).collect();
        self.nobody.send(Method::POST, &format!("//open311/v2/{path}"), Some(body), &headers).await
    }

    /// Reports something to the worker's grid; answers its id.
    async fn report(&self, description: &str) -> String {
        let pairs = [
            ("api_key", self.key.as_str()),
            ("service_code", "suggestion"),
            ("address_id", &self.code),
            ("description", description),
        ];
        text(&self.post(&pairs).await.expect(201)[0]["service_request_id"])
    }

    async fn make_known(&self, ticket: &str, sentence: &str) {
        self.worker.post(&format!("/tickets/{ticket}/known"), &json!({ "text": sentence })).await.expect(200);
    }
}

/// Lets a system in; answers its id and its key.
async fn integrate(admin: &Person, name: &str, grid: &str) -> (String, String) {
    let new = json!({ "name": name, "contact": "韦工 19900001234", "grid_id": grid });
    let made = admin.post("/integrations", &new).await.expect(201).clone();
    (text(&made["integration"]["id"]), text(&made["key"]))
}

/// Pairs as a browser's form sends them.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        for (before, word) in [("&", name), ("=", value)] {
            form.push_str(if form.is_empty() { "" } else { before });
            for byte in word.bytes() {
                form.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    form
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.expect(200).as_array().unwrap().iter().map(|request| text(&request["service_request_id"])).collect()
}

#[actix_rt::test]
async fn a_report_goes_the_way_of_every_request() {
    let stage = Stage::new().await;
    let pairs = [
        ("api_key", stage.key.as_str()),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("address_string", "三组路口小卖部旁"),
        ("lat", "24.001"),
        ("long", "106.002"),
        ("description", "路灯坏了\n晚上看不见"),
        ("last_name", "覃"),
        ("first_name", "大姐"),
        ("phone", "19900006601"),
        ("email", "nobody@example.org"),
        ("device_id", "tt222111"),
        ("account_id", "123456"),
        ("media_url", "https://example.org/lamp.jpg"),
    ];
    let posted = stage.post(&pairs).await;
    let id = text(&posted.expect(201)[0]["service_request_id"]);
    // The worker finds it in his list as any other, and who reported it only when he looks.
    let ticket = stage.worker.get(&format!("/tickets/{id}")).await.expect(200).clone();
    let words = "路灯坏了\n晚上看不见\n地点：三组路口小卖部旁\n附件：https://example.org/lamp.jpg";
    assert_eq!(text(&ticket["content"]), words);
    assert_eq!(
        (text(&ticket["grid"]["id"]), text(&ticket["submitter"]["name"])),
        (stage.grid.clone(), "12345 热线".to_owned())
    );
    assert_eq!(ticket["on_behalf"], json!({ "name": "覃大姐", "phone": "199****6601" }));
    assert_eq!((ticket["location"]["lat"].as_f64(), ticket["location"]["lng"].as_f64()), (Some(24.001), Some(106.002)));
    let contact = stage.worker.act(&id, "contact", &json!({})).await.expect(200).clone();
    assert_eq!(contact["on_behalf"]["phone"], "19900006601");
    // Its sender follows it.
    let read = async |key: &str| {
        let path = format!("requests/{id}.json?api_key={key}");
        stage.get(&path).await.expect(200)[0].clone()
    };
    let fresh = read(&stage.key).await;
    assert_eq!((&fresh["status"], &fresh["status_notes"]), (&json!("open"), &json!("等待接单")));
    assert_eq!((&fresh["description"], &fresh["address_id"]), (&json!(words), &json!(stage.code)));
    assert_eq!(fresh["expected_datetime"], ticket["due_at"]);
    assert_eq!((fresh["lat"].as_f64(), fresh["long"].as_f64()), (Some(24.001), Some(106.002)));
    stage.worker.step(&id, "accept", &json!({})).await;
    assert_eq!(read(&stage.key).await["status_notes"], "正在办理");
    stage.worker.step(&id, "complete", &json!({ "note": "换了灯泡" })).await;
    let done = read(&stage.key).await;
    assert_eq!((&done["status"], &done["status_notes"]), (&json!("closed"), &json!("已办结：换了灯泡")));
    assert!(done["updated_datetime"].as_str() > fresh["updated_datetime"].as_str(), "{done}");
    // Nothing of who reported it comes back, to nobody.
    assert!(!done.to_string().contains("覃大姐") && !done.to_string().contains("6601"), "{done}");
}

#[actix_rt::test]
async fn a_place_finds_its_grid_and_words_go_to_the_grid_of_the_key() {
    let stage = Stage::new().await;
    let center = stage.worker.get(&format!("/grids/{}", stage.grid)).await.expect(200)["center"].clone();
    let (lat, long) = (center["lat"].to_string(), center["lng"].to_string());
    let located = stage.worker.get(&format!("/grids/locate?lng={long}&lat={lat}")).await.expect(200).clone();
    let base = [("api_key", stage.key.as_str()), ("service_code", "suggestion"), ("description", "井盖松了")];
    let grid_of = async |more: &[(&str, &str)]| {
        let pairs: Vec<_> = base.iter().chain(more).copied().collect();
        let id = text(&stage.post(&pairs).await.expect(201)[0]["service_request_id"]);
        let read = stage.get(&format!("requests/{id}.json?api_key={}", stage.key)).await;
        text(&read.expect(200)[0]["address"])
    };
    assert_eq!(grid_of(&[("lat", &lat), ("long", &long)]).await, text(&located["grid"]["full_name"]), "{located}");
    // The code counts for more than the place; words alone go to whoever the key is for.
    let own = text(&stage.worker.get(&format!("/grids/{}", stage.grid)).await.body["full_name"]);
    assert_eq!(grid_of(&[("lat", "24.0"), ("long", "106.0"), ("address_id", &stage.code)]).await, own);
    let county = text(&stage.server.staff("leader_l1", 0).await.get("/auth/me").await.body["grids"][0]["full_name"]);
    assert_eq!(grid_of(&[("address_string", "汽车站旁")]).await, county);
}

#[actix_rt::test]
async fn a_report_that_is_sent_again_is_done_once() {
    let stage = Stage::new().await;
    let pairs = [
        ("api_key", stage.key.as_str()),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "路面塌陷"),
    ];
    let once = [("Idempotency-Key", "tt222111-1")];
    let first = stage.send("requests.json", &pairs, &once).await;
    let again = stage.send("requests.json", &pairs, &once).await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!((first.header("Idempotent-Replayed"), again.header("Idempotent-Replayed")), (None, Some("true")));
    let other = [pairs[0], pairs[1], pairs[2], ("description", "另一件")];
    let reused = stage.send("requests.json", &other, &once).await;
    assert_eq!(reused.status, 400, "{}", reused.body);
    // Another key's reports are its own.
    let (_, neighbour) = integrate(&stage.admin, "城管", &stage.grid).await;
    let theirs = [("api_key", neighbour.as_str()), pairs[1], pairs[2], pairs[3]];
    let theirs = stage.send("requests.json", &theirs, &once).await;
    assert_ne!(theirs.expect(201), &first.body);
    let mine = stage.get(&format!("requests.json?api_key={}", stage.key)).await;
    let sent = ids(&mine).into_iter().filter(|id| *id == text(&first.body[0]["service_request_id"])).count();
    assert_eq!(sent, 1);
}

#[actix_rt::test]
async fn lists_are_narrowed_and_come_page_by_page() {
    let stage = Stage::new().await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.insert(0, stage.report(&format!("第 {number} 件")).await);
    }
    stage.worker.step(&all[0], "accept", &json!({})).await;
    stage.worker.step(&all[0], "complete", &json!({ "note": "好了" })).await;
    let key = format!("api_key={}", stage.key);
    // What the demonstration made known is everybody's.
    let mine = async |query: &str| {
        let found = ids(&stage.get(&format!("requests.json?{key}&{query}")).await);
        found.into_iter().filter(|id| all.contains(id)).collect::<Vec<_>>()
    };
    assert_eq!(mine("").await, all);
    assert_eq!(mine("status=closed").await, all[..1]);
    assert_eq!(mine("status=open").await, all[1..]);
    assert_eq!(mine("status=open,closed&service_code=suggestion").await, all);
    assert_eq!(mine("start_date=&end_date=&status=").await, all, "what is empty was not sent");
    assert_eq!(mine("end_date=2020-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(mine("start_date=2020-01-01T00:00:00Z").await, Vec::<String>::new());
    let named = format!("service_request_id={},{},x&status=closed&start_date=2020-01-01T00:00:00Z", all[2], all[0]);
    assert_eq!(mine(&named).await, [all[0].clone(), all[2].clone()], "ids override all else");
    let whole = ids(&stage.get(&format!("requests.json?{key}")).await);
    let mut paged = Vec::new();
    for page in 1..=whole.len().div_ceil(2) {
        let found = ids(&stage.get(&format!("requests.json?{key}&page={page}&page_size=2")).await);
        assert!(found.len() <= 2);
        paged.extend(found);
    }
    assert_eq!(paged, whole);
    assert_eq!(ids(&stage.get(&format!("requests.json?{key}&page=9&page_size=1000")).await), Vec::<String>::new());
}

#[actix_rt::test]
async fn words_of_danger_are_answered_with_whom_to_call() {
    let stage = Stage::new().await;
    let pairs = [
        ("api_key", stage.key.as_str()),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "村口着火了，有人昏迷"),
    ];
    let notice = text(&stage.post(&pairs).await.expect(201)[0]["service_notice"]);
    assert!(notice.contains("119") && notice.contains("120"), "{notice}");
    assert_eq!(
        stage.post(&[pairs[0], pairs[1], pairs[2], ("description", "路灯")]).await.body[0]["service_notice"],
        Value::Null
    );
}

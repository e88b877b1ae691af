//! What the server writes down of its work: lines that name the request, and nothing that is a person's.

use std::fmt::Write as _;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::media::picture;
use crate::support::{LOG_FILE, Person, STAFF_PASSWORD, TestServer, text};

/// A server whose log is a file in a folder of its own.
struct Logged {
    server: TestServer,
    folder: tempfile::TempDir,
}

impl Logged {
    fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("server.log");
        let log_file = [(LOG_FILE, file.to_str().unwrap())];
        let server = TestServer::start_with(&[&log_file, settings].concat());
        Self { server, folder }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap()
    }

    /// The lines, each of which is one flat object.
    fn lines(&self) -> Vec<Value> {
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for member in ["time", "level", "module", "message"] {
                assert!(value[member].is_string(), "{member}: {line}");
            }
            let flat = |value: &Value| !value.is_object() && !value.is_array();
            assert!(value.as_object().unwrap().values().all(flat), "{line}");
            value
        };
        self.text().lines().map(line).collect()
    }
}

const JSON: (&str, &str) = ("LIANXIN__LOG__FORMAT", "json");

#[actix_rt::test]
async fn the_lines_of_a_failure_name_the_request_that_the_caller_was_told() {
    lines_name_the_request(&[JSON]).await;
}

#[actix_rt::test]
async fn they_do_so_while_requests_are_traced() {
    // Nobody listens there.
    let collector = ("LIANXIN__TRACING__OTLP_ENDPOINT", "http://127.0.0.1:9");
    lines_name_the_request(&[JSON, collector, ("LIANXIN__TRACING__SAMPLE_RATIO", "1")]).await;
}

async fn lines_name_the_request(settings: &[(&str, &str)]) {
    let logged = Logged::start(settings);
    let server = &logged.server;
    let (resident, worker) = (server.resident("19900006601").await, server.staff("worker", 0).await);
    let code = server.code_of("worker", 0);
    let ticket = text(&resident.request_help(&code, "三组路口的路灯坏了").await["id"]);
    // As if the disk had lost it.
    server.sql("ALTER TABLE tickets RENAME TO tickets_away;");
    let request = json!({ "grid_code": code, "kind": "suggestion", "content": "还有一盏也坏了" });
    let read = worker.get("/tickets").await;
    let written = resident.post("/tickets", &request).await;
    let acted = worker.act(&ticket, "accept", &json!({})).await;
    server.sql("ALTER TABLE tickets_away RENAME TO tickets;");
    let failures = [
        (&read, "storage failed"),
        // From the grid's actor to the journal, which is where it ends.
        (&written, "a change could not be written"),
        (&acted, "a change could not be written"),
    ];
    let lines = logged.lines();
    for (reply, message) in failures {
        assert!(reply.status >= 500, "{}", reply.body);
        let id = text(&reply.body["request_id"]);
        let own: Vec<_> = lines.iter().filter(|line| line["request.id"] == id.as_str()).collect();
        let said = |message: &str| own.iter().find(|line| line["message"] == message);
        let cause = said(message).unwrap_or_else(|| panic!("no line says {message:?} of {id}: {lines:#?}"));
        assert_eq!(cause["level"], "error");
        assert!(own.iter().all(|line| line.get("command").is_none()), "lines have nothing of the traces: {own:?}");
        assert!(text(&cause["error"]).contains("tickets"), "{cause}");
        assert_eq!(said("a request failed").unwrap()["status"], reply.status);
    }
    assert_eq!(worker.act(&ticket, "accept", &json!({})).await.status, 200);
}

#[actix_rt::test]
async fn lines_for_people_name_the_request_too() {
    let logged = Logged::start(&[]);
    let worker = logged.server.staff("worker", 0).await;
    logged.server.sql("ALTER TABLE tickets RENAME TO tickets_away;");
    let failed = worker.get("/tickets").await;
    let id = text(&failed.body["request_id"]);
    let written = logged.text();
    let cause = written.lines().find(|line| line.contains("storage failed")).unwrap_or_else(|| panic!("{written}"));
    assert!(cause.contains(&format!("request.id={id}")), "{cause}");
    assert!(!written.contains('\u{1b}'), "colours are for terminals");
}

#[actix_rt::test]
async fn lines_of_workers_say_which_one() {
    let logged = Logged::start(&[JSON, ("LIANXIN__LOG__LEVEL", "info")]);
    // Duties are worked out at the start.
    let upkeep = crate::support::eventually("a line of the upkeep", async || {
        let written = logged.text();
        let mut lines = written.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["worker"] == "upkeep")
    });
    let line = upkeep.await;
    assert_eq!(line["message"], "duties were worked out", "{line}");
}

#[actix_rt::test]
async fn what_callers_send_that_is_no_http_is_no_line() {
    use std::io::{Read as _, Write as _};

    let logged = Logged::start(&[("LIANXIN__LOG__LEVEL", "info")]);
    let mut socket = std::net::TcpStream::connect(logged.server.base.trim_start_matches("http://")).unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-phone: 19900006602\0\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let written = logged.text();
    assert!(!written.contains("parse error") && !written.contains("19900006602"), "{written}");
}

#[actix_rt::test]
async fn nothing_of_a_person_is_in_any_line_of_a_busy_day() {
    const PHONE: &str = "19900006603";
    const WORDS: [&str; 5] = ["绿皮邮筒", "水管漏得厉害", "换了新阀门", "不像话的评语", "说说漏水"];

    // Debug: what the libraries say, too.
    let logged = Logged::start(&[("LIANXIN__LOG__LEVEL", "debug")]);
    let server = &logged.server;
    let resident = server.resident(PHONE).await;
    let (worker, admin) = (server.staff("worker", 0).await, server.staff("admin", 0).await);
    let member = server.staff("member", 0).await;
    let code = server.code_of("worker", 0);
    let [place, trouble, done, judged, chat] = WORDS;
    let ticket = text(&resident.request_help(&code, &format!("{place}旁边{trouble}")).await["id"]);
    worker.act(&ticket, "accept", &json!({})).await.expect(200);
    worker.act(&ticket, "comment", &json!({ "text": chat })).await;
    worker.act(&ticket, "complete", &json!({ "note": done })).await.expect(200);
    resident.act(&ticket, "rate", &json!({ "stars": 1, "comment": judged })).await.expect(200);
    worker.get(&format!("/tickets/{ticket}/contact")).await;
    let query = percent_encoded(place);
    worker.get(&format!("/tickets?q={PHONE}&text={query}")).await;
    resident
        .upload(&format!("{place}.jpg"), "image/jpeg", &picture(image::ImageFormat::Jpeg, 20, 20))
        .await
        .expect(201);
    // What nobody can use, in every place that a caller can put it.
    resident.post("/tickets", &json!({ "grid_code": code, "content": [place], "phone": PHONE })).await;
    resident.send(Method::POST, "/tickets", Some(format!("{{\"{place}\": ").into_bytes()), &[]).await;
    resident.send(Method::GET, &format!("/no/{PHONE}/such/{PHONE}"), None, &[("X-Words", PHONE)]).await;
    server.nobody().post("/auth/login", &json!({ "account": PHONE, "password": STAFF_PASSWORD })).await;
    server.nobody().with_token("not-a-token-of-anybody").get("/auth/me").await;
    admin.get("/members").await.expect(200);
    admin.get("/members/export.xlsx").await.expect(200);
    let feed = text(&member.post("/my/calendar-link", &json!({})).await.expect(200)["url"]);
    let feed = feed.rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(server.nobody().get(&format!("//calendar/{feed}")).await.status, 200);
    // Failures of ours.
    server.sql("ALTER TABLE tickets RENAME TO tickets_away; ALTER TABLE calendar_links RENAME TO calendar_links_away;");
    assert!(worker.get(&format!("/tickets?q={PHONE}")).await.status >= 500);
    let again = json!({ "grid_code": code, "kind": "suggestion", "content": format!("{place}{trouble}") });
    assert!(resident.post("/tickets", &again).await.status >= 500);
    assert!(server.nobody().get(&format!("//calendar/{feed}")).await.status >= 500);
    let written = logged.text();
    assert!(written.contains("a request failed") && written.contains("storage failed"), "{written}");
    let tokens = [&resident, &worker, &admin, &member].map(|person: &Person| person.token.clone().unwrap());
    let codes = [feed.trim_end_matches(".ics").to_owned(), STAFF_PASSWORD.to_owned()];
    let people = [PHONE, "1990000", "李小明", "三组 12 号"].map(str::to_owned);
    let hidden = WORDS.map(str::to_owned).into_iter().chain([query]).chain(people).chain(tokens).chain(codes);
    for hidden in hidden.chain(["not-a-token-of-anybody".to_owned()]) {
        let line = written.lines().find(|line| line.contains(&hidden));
        assert!(line.is_none(), "{hidden:?} is in the log: {line:?}");
    }
}

fn percent_encoded(words: &str) -> String {
    words.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").unwrap();
        encoded
    })
}

//! Requests that are wrong as a whole: no JSON, too much of it, paths and queries that mean nothing.

use awc::http::Method;
use serde_json::{Value, json};

use crate::bad_calls::assert_clear_refusal;
use crate::bad_values::STRANGE_ID;
use crate::support::{Person, Reply, TestServer};

async fn post_raw(person: &Person, path: &str, body: Vec<u8>, media_type: &str) -> Reply {
    person.send(Method::POST, path, Some(body), &[("Content-Type", media_type)]).await
}

/// A server, somebody signed in, and a path that takes JSON.
async fn stage(phone: &str) -> (TestServer, Person, String) {
    let server = TestServer::start();
    let resident = server.resident(phone).await;
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    (server, resident, format!("/tickets/{ticket}/comment"))
}

#[actix_rt::test]
async fn what_is_no_json_object_is_refused() {
    let (server, resident, path) = stage("19900006501").await;
    let utf16: Vec<u8> = "{\"text\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep =
        |open: &str, close: &str, depth: usize| format!("{{\"text\":{}{}}}", open.repeat(depth), close.repeat(depth));
    let bodies: [Vec<u8>; 16] = [
        b"{".to_vec(),
        b"}".to_vec(),
        b"{\"text\"}".to_vec(),
        b"{\"text\":\"x\",}".to_vec(),
        b"{'text':'x'}".to_vec(),
        b"{\"text\":\"x\"} {\"text\":\"y\"}".to_vec(),
        b"{\"text\":\"x\"}garbage".to_vec(),
        b"// comment\n{\"text\":\"x\"}".to_vec(),
        b"text=x".to_vec(),
        b"<text>x</text>".to_vec(),
        b"{\"text\":\"\xFF\xFE\"}".to_vec(),
        b"\xEF\xBB\xBF{\"text\":\"x\"}".to_vec(),
        utf16,
        deep("[", "]", 100_000).into_bytes(),
        deep("{\"a\":", "}", 20_000).into_bytes(),
        vec![0; 1_000],
    ];
    for body in bodies {
        let what = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        for (person, path) in [(&resident, path.as_str()), (&server.nobody(), "/auth/login")] {
            let reply = post_raw(person, path, body.clone(), "application/json").await;
            assert_eq!(reply.status, 400, "{what}: {}", reply.body);
            assert_clear_refusal(&reply, &what);
        }
    }
    resident.post(&path, &json!({ "text": "现在对了" })).await.expect(200);
}

#[actix_rt::test]
async fn ten_megabytes_of_json_are_refused_and_the_next_request_is_served() {
    let (server, resident, path) = stage("19900006502").await;
    let large = json!({ "text": "长".repeat(3_500_000) }).to_string().into_bytes();
    assert!(large.len() > 10_000_000);
    for (person, path) in [(&resident, path.as_str()), (&resident, "/tickets"), (&server.nobody(), "/auth/login")] {
        let reply = post_raw(person, path, large.clone(), "application/json").await;
        assert_eq!((reply.status, reply.code()), (413, "request.too_large"), "{path}");
        assert_clear_refusal(&reply, path);
    }
    // What says that it is so large is not even asked whose it is.
    assert_eq!(post_raw(&server.nobody(), &path, large, "application/json").await.status, 413);
    resident.post(&path, &json!({ "text": "还在" })).await.expect(200);
}

#[actix_rt::test]
async fn only_json_is_taken_for_json() {
    let (server, resident, path) = stage("19900006503").await;
    let body = || b"{\"text\":\"x\"}".to_vec();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "application/jsonp",
        "json",
        "",
    ] {
        let reply = post_raw(&resident, &path, body(), media_type).await;
        assert_eq!(reply.status, 415, "{media_type}: {}", reply.body);
        assert_clear_refusal(&reply, media_type);
        assert_eq!(post_raw(&server.nobody(), "/auth/login", body(), media_type).await.status, 415);
    }
    for media_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        post_raw(&resident, &path, body(), media_type).await.expect(200);
    }
}

#[actix_rt::test]
async fn an_id_that_is_none_is_not_found_on_every_path() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let document = server.nobody().get("/openapi.json").await.body;
    let long = "9".repeat(5_000);
    let strange = [
        "x",
        "0",
        "-1",
        "%00",
        "%FF%FE",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%27%20OR%201=1%20--",
        "%F0%9F%92%A9",
        STRANGE_ID,
        &long,
    ];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|_| path.contains("{id}")) {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let body = (method != Method::GET).then(|| right_body(path, &method).to_string().into_bytes());
            for id in strange {
                let some = path.replace("{id}", id).replace("{account_id}", id);
                let reply = admin.send(method.clone(), &format!("/{some}"), body.clone(), &[]).await;
                assert_eq!(reply.status, 404, "{method} {path} {id}: {}", reply.body);
                assert_clear_refusal(&reply, path);
            }
        }
    }
}

/// A body that could be read if there were something to do it to.
fn right_body(path: &str, method: &Method) -> Value {
    match path.rsplit('/').next().unwrap() {
        "complete" => json!({ "note": "好了" }),
        "approve" => json!({ "version": 1 }),
        "return" if path.contains("/materials/") => json!({ "version": 1, "reason": "没好" }),
        "return" | "reopen" | "cancel" | "leave" => json!({ "reason": "没好" }),
        "reply" => json!({ "attending": true }),
        "decide" => json!({ "approved": true }),
        "hand" => json!({ "raised": true }),
        "form" | "opinion" if *method == Method::PUT => json!({ "ratings": [] }),
        "meeting" => json!({ "meeting_id": STRANGE_ID }),
        "{member_id}" if path.contains("/grades/") => json!({ "grade": "qualified", "opinion": "好" }),
        "handled" => json!({ "note": "好" }),
        "answer" => json!({ "text": "好" }),
        "cadres" if *method == Method::PUT => json!({ "account_ids": [] }),
        "reset" => json!({ "reason": "重来" }),
        "ballots" => json!({ "round": 1, "choices": [0] }),
        "votes" | "{vote_id}" if *method != Method::DELETE => {
            json!({ "title": "选人", "method": "single", "secrecy": "open", "options": ["甲", "乙"],
                "version": path.ends_with('}').then_some(1) })
        }
        "notes" => json!({ "text": "x", "version": 0 }),
        "minutes" | "sign" => json!({ "version": 0 }),
        "media" => json!({ "attachments": [{ "id": STRANGE_ID }] }),
        "rating" => json!({ "stars": 5 }),
        "delegate" => json!({ "member_id": STRANGE_ID }),
        "guests" => json!({ "name": "县委派员" }),
        "substitute" => json!({ "by": { "name": "县委派员" } }),
        "target" => json!({ "target": format!("board:{STRANGE_ID}") }),
        "claim" => json!({ "code": "x" }),
        "sign-in" => json!({ "claim": "x" }),
        "manual" => json!({ "member_id": STRANGE_ID, "reason": "现场核实" }),
        "rate" => json!({ "stars": 5 }),
        "comment" => json!({ "text": "在吗" }),
        "known" if *method == Method::POST => json!({ "text": "路灯不亮" }),
        "reassign" => json!({ "account_id": STRANGE_ID }),
        "pause" => json!({ "reason": "force_majeure" }),
        "extension" => {
            json!({ "limit": { "value": 1, "unit": "workdays", "clock": "working" }, "reason": "等材料" })
        }
        "extension-decision" => json!({ "approved": true }),
        "staff" if *method == Method::POST => json!({ "account_id": STRANGE_ID, "duty": "worker" }),
        "roles" if *method == Method::POST => json!({ "account_id": STRANGE_ID, "role": "supervisor" }),
        "{id}"
            if *method == Method::PATCH
                && ["/policies/", "/service-", "/grids/", "/integrations/", "/webhooks/"]
                    .iter()
                    .any(|part| path.contains(part)) =>
        {
            json!({ "version": 1 })
        }
        "check" if path.contains("/area/") => json!({ "area": {} }),
        "move" if path.contains("/grids/") => json!({ "parent_id": STRANGE_ID, "version": 1 }),
        "{id}" if *method == Method::DELETE && path.contains("/members/") => json!({ "reason": "转出" }),
        _ => json!({}),
    }
}

#[actix_rt::test]
async fn a_query_that_means_nothing_is_refused_by_the_name_of_its_parameter() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let cases = [
        (
            "/grids/locate",
            "lng",
            [
                "lng=x&lat=1",
                "lat=1",
                "lng=1e999&lat=1",
                "lng=NaN&lat=1",
                "lng=inf&lat=1",
                "lng=&lat=1",
                "lng=1&lng=2&lat=1",
            ]
            .as_slice(),
        ),
        ("/grids/locate", "datum", &["lng=1&lat=1&datum=mars", "lng=1&lat=1&datum=", "lng=1&lat=1&datum=WGS84"]),
        ("/grids/locate", "lat", &["lng=1", "lng=1&lat=1,5"]),
        ("/grids/locate", "zz", &["lng=1&lat=1&zz=1"]),
        ("/grids/search", "q", &["", "q=", "q=%20", &format!("q={}", "a".repeat(51)), "q=a&q=b"]),
        ("/grids/tree", "depth", &["depth=x", "depth=-1", "depth=1.5", "depth=999", "depth="]),
        ("/grids/tree", "root", &["root=x", "root=", "root=%00"]),
        ("/grids/export.xlsx", "below", &["below=x", "below=", "below=%00"]),
        ("/grids/export.xlsx", "columns", &["columns=phone", "columns=name,,number"]),
        ("/grid-staff/export.xlsx", "columns", &["columns=password"]),
        ("/grid-staff/export.xlsx", "unmasked", &["unmasked=x", "unmasked=1", "unmasked="]),
        ("/organisations", "kind", &["kind=x", "kind=", "kind=BRANCH"]),
        ("/organisations/tree", "root", &["root=x", "root=", "root=%00"]),
        ("/members", "include_below", &["include_below=x", "include_below=1"]),
        ("/members", "page", &["page=0", "page=x", "page=-1", "page=99999999999"]),
        ("/members", "position", &["position=x", "position=%E4%B9%A6%E8%AE%B0"]),
        ("/attendance/statistics", "by", &["by=x", "by=", "by=MEMBER"]),
        ("/attendance/statistics.xlsx", "from", &["from=x", "from=2026-02-30", "from=1&from=2"]),
        ("/my/attendance", "until", &["until=x", "until=2026-13-01", "until="]),
        ("/appraisals", "state", &["state=x", "state=", "state=RATING"]),
        ("/appraisals", "year", &["year=x", "year=1.5"]),
        ("/appraisals/mine", "limit", &["limit=0", "limit=201"]),
        ("/policies", "limit", &["limit=0", "limit=201"]),
        ("/service-links", "cursor", &["cursor=x", "cursor=1:x"]),
        ("/service-records", "box", &["box=x", "box="]),
        ("/service-records", "kind", &["kind=x", "kind="]),
        ("/service-records", "until", &["until=x", "from=2026-02-02&until=2026-02-01"]),
        ("/service-records/counts", "from", &["from=x", "from=2026-02-30"]),
        ("/live/sse", "topics", &["", "since=1"]),
        ("/live/sse", "since", &["topics=inbox&since=-1", "topics=inbox&since=x"]),
    ];
    for (path, name, queries) in cases {
        for query in queries {
            let reply = worker.get(&format!("{path}?{query}")).await;
            assert!(matches!(reply.status, 400 | 422), "{path}?{query}: {} {}", reply.status, reply.body);
            assert_clear_refusal(&reply, query);
            assert!(reply.code() == "request.characters" || reply.fields() == [name], "{path}?{query}: {}", reply.body);
        }
    }
}

#[actix_rt::test]
async fn words_to_search_for_may_be_anything_and_never_break_the_search() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let long = "_".repeat(60_000);
    for words in [
        "%25%25%25",
        "_",
        "%5C",
        "%5C%25",
        "%27%22%60",
        "%F0%9F%92%A9",
        "%E0%A4%A",
        "%FF",
        "*",
        "%3C%3E",
        "a+b",
        &"a".repeat(40_000),
        &long,
    ] {
        let reply = worker.get(&format!("/tickets?q={words}")).await;
        let shown = &words[..words.len().min(20)];
        assert!(reply.status == 200 || (400..500).contains(&reply.status), "{shown}: {}", reply.body);
    }
    assert_clear_refusal(&worker.get("/tickets?q=%00").await, "q=%00");
    assert_clear_refusal(&worker.get("/tickets?kind=%00").await, "kind=%00");
}

//! Signing in and out: passwords and their lock, phone codes, sessions, the caller's own profile.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Reply, STAFF_PASSWORD, TestServer};

async fn try_login(server: &TestServer, account: &str, password: &str) -> Reply {
    server.nobody().post("/auth/login", &json!({ "account": account, "password": password })).await
}

async fn try_code(server: &TestServer, phone: &str, code: &str) -> Reply {
    server.nobody().post("/auth/sms-login", &json!({ "phone": phone, "code": code })).await
}

fn retry_after_s(reply: &Reply) -> u32 {
    reply.header("Retry-After").expect("Retry-After").parse().unwrap()
}

/// A code of the same shape that is not `code`.
fn another_code(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

fn without_request_id(reply: &Reply) -> Value {
    let mut body = reply.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[actix_rt::test]
async fn three_wrong_passwords_lock_an_account_even_for_the_right_one() {
    let server = TestServer::start();
    let account = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let reply = try_login(&server, &account, "Falsch-2026").await;
        assert_eq!((reply.status, reply.code()), (401, "auth.wrong_password"));
        assert!(reply.header("Set-Cookie").is_none());
    }
    let locked = try_login(&server, &account, STAFF_PASSWORD).await;
    assert_eq!((locked.status, locked.code()), (429, "auth.locked"));
    assert!((800..=901).contains(&retry_after_s(&locked)), "{:?}", locked.headers);
    server.staff("worker", 1).await.get("/auth/me").await.expect(200);
}

#[actix_rt::test]
async fn neither_refusals_nor_the_lock_tell_whether_an_account_exists() {
    let server = TestServer::start();
    let known = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    for round in 0..5 {
        let of_known = try_login(&server, &known, "Falsch-2026").await;
        let of_unknown = try_login(&server, "ql9999", "Falsch-2026").await;
        assert_eq!(of_known.status, of_unknown.status, "round {round}");
        assert_eq!(without_request_id(&of_known), without_request_id(&of_unknown), "round {round}");
        let waits = [&of_known, &of_unknown].map(|reply| reply.header("Retry-After").is_some());
        assert_eq!(waits, [of_known.status == 429; 2], "round {round}");
    }
}

#[actix_rt::test]
async fn guesses_at_the_same_moment_are_counted_one_by_one() {
    let server = TestServer::start();
    let account = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    let guesses = join_all((0..12).map(|_| try_login(&server, &account, "Falsch-2026"))).await;
    assert!(guesses.iter().all(|reply| matches!(reply.status, 401 | 429)), "{guesses:?}");
    let locked = try_login(&server, &account, STAFF_PASSWORD).await;
    assert_eq!((locked.status, locked.code()), (429, "auth.locked"));
}

#[actix_rt::test]
async fn the_right_password_clears_the_count_of_wrong_ones() {
    let server = TestServer::start();
    let account = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        for _ in 0..2 {
            assert_eq!(try_login(&server, &account, "Falsch-2026").await.status, 401);
        }
        try_login(&server, &account, STAFF_PASSWORD).await.expect(200);
    }
}

#[actix_rt::test]
async fn a_changed_password_ends_all_other_sessions_of_the_account() {
    let server = TestServer::start();
    let account = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    let (here, elsewhere) = (server.staff("worker", 0).await, server.staff("worker", 0).await);
    let colleague = server.staff("worker", 1).await;
    elsewhere.get("/auth/me").await.expect(200);
    let change = json!({ "old_password": STAFF_PASSWORD, "new_password": "Neu-Passwort-27" });
    let changed = here.post("/auth/password", &change).await;
    changed.expect(204);
    changed.seq();

    assert_eq!(elsewhere.get("/auth/me").await.code(), "auth.session_over");
    here.get("/auth/me").await.expect(200);
    colleague.get("/auth/me").await.expect(200);
    assert_eq!(try_login(&server, &account, STAFF_PASSWORD).await.status, 401);
    try_login(&server, &account, "Neu-Passwort-27").await.expect(200);
}

#[actix_rt::test]
async fn a_new_password_must_be_strong_and_the_old_one_known() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let me = worker.get("/auth/me").await.body;
    let account = me["account"].as_str().unwrap();
    let cases = [
        ("Falsch-2026", "Neu-Passwort-27", "old_password", "auth.wrong_password"),
        ("", "Neu-Passwort-27", "old_password", "auth.wrong_password"),
        (STAFF_PASSWORD, STAFF_PASSWORD, "new_password", "password.same"),
        (STAFF_PASSWORD, "Kurz-1", "new_password", "password.too_short"),
        (STAFF_PASSWORD, "nurkleinebuchstaben", "new_password", "password.too_simple"),
        (STAFF_PASSWORD, "Zeile-2026\n", "new_password", "password.characters"),
        (STAFF_PASSWORD, "Passw0rd", "new_password", "password.common"),
        (STAFF_PASSWORD, account, "new_password", "password.is_account"),
    ];
    for (old, new, field, code) in cases {
        let body = json!({ "old_password": old, "new_password": new });
        let reply = worker.post("/auth/password", &body).await;
        reply.expect(422);
        let found =
            reply.body["fields"].as_array().unwrap().iter().any(|at| at["field"] == field && at["code"] == code);
        assert!(found, "{new:?}: {}", reply.body);
    }
    let long = json!({ "old_password": STAFF_PASSWORD, "new_password": format!("Aa1-{}", "x".repeat(70)) });
    assert_eq!(worker.post("/auth/password", &long).await.body["fields"][0]["code"], "password.too_long");
    server.staff("worker", 0).await;
}

#[actix_rt::test]
async fn signing_out_ends_this_session_and_no_other() {
    let server = TestServer::start();
    let (here, elsewhere) = (server.staff("worker", 0).await, server.staff("worker", 0).await);
    let out = here.post("/auth/logout", &json!({})).await;
    out.expect(204);
    let cookie = out.header("Set-Cookie").unwrap();
    assert!(cookie.starts_with("lianxin_session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    let after = here.get("/auth/me").await;
    assert_eq!((after.status, after.code()), (401, "auth.session_over"));
    assert_eq!(here.post("/auth/logout", &json!({})).await.status, 401);
    elsewhere.get("/auth/me").await.expect(200);
}

#[actix_rt::test]
async fn a_made_up_token_is_nobody() {
    let server = TestServer::start();
    for token in ["x", "null", &"A".repeat(43), &"A".repeat(4000), "' OR 1=1 --"] {
        let mut person = server.nobody();
        person.token = Some(token.to_owned());
        let reply = person.get("/auth/me").await;
        assert_eq!((reply.status, reply.code()), (401, "auth.session_over"), "{token:?}");
    }
    let reply = server.nobody().get("/auth/me").await;
    assert_eq!((reply.status, reply.code()), (401, "auth.required"));
}

#[actix_rt::test]
async fn a_browser_needs_its_csrf_token_for_every_change_and_for_no_reading() {
    let server = TestServer::start();
    let account = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    let login = try_login(&server, &account, STAFF_PASSWORD).await;
    let session = login.expect(200);
    let cookie = login.header("Set-Cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let csrf = session["csrf_token"].as_str().unwrap();
    let foreign = try_login(&server, &account, STAFF_PASSWORD).await.body["csrf_token"].as_str().unwrap().to_owned();
    let browser = server.nobody();
    let me = browser.send(Method::GET, "/auth/me", None, &[("Cookie", cookie)]).await;
    assert_eq!(me.expect(200)["csrf_token"], csrf);

    let body = json!({ "name": "韦建国", "address": "一组 1 号" }).to_string().into_bytes();
    for wrong in [None, Some(""), Some("x"), Some(foreign.as_str())] {
        let mut headers = vec![("Cookie", cookie)];
        headers.extend(wrong.map(|token| ("X-CSRF-Token", token)));
        let reply = browser.send(Method::PATCH, "/me/profile", Some(body.clone()), &headers).await;
        assert_eq!((reply.status, reply.code()), (403, "auth.csrf"), "{wrong:?}");
        let reply = browser.send(Method::POST, "/auth/logout", Some(b"{}".to_vec()), &headers).await;
        assert_eq!((reply.status, reply.code()), (403, "auth.csrf"), "{wrong:?}");
    }
    let headers = [("Cookie", cookie), ("X-CSRF-Token", csrf)];
    browser.send(Method::PATCH, "/me/profile", Some(body), &headers).await.expect(200);
    browser.send(Method::POST, "/auth/logout", Some(b"{}".to_vec()), &headers).await.expect(204);
    assert_eq!(browser.send(Method::GET, "/auth/me", None, &[("Cookie", cookie)]).await.status, 401);
}

#[actix_rt::test]
async fn a_second_code_for_one_phone_has_to_wait() {
    let server = TestServer::start_with(&[("LIANXIN__AUTH__CODE_COOLDOWN_S", "60")]);
    let nobody = server.nobody();
    let asked = nobody.post("/auth/sms-code", &json!({ "phone": "19900002001" })).await;
    assert_eq!(asked.expect(202)["retry_after_s"], 60);
    assert_eq!(asked.body["expires_in_s"], 600);
    // The same phone, however it is written.
    for phone in ["19900002001", "+86 199 0000 2001"] {
        let again = nobody.post("/auth/sms-code", &json!({ "phone": phone })).await;
        assert_eq!((again.status, again.code()), (429, "auth.too_often"));
        assert!((1..=61).contains(&retry_after_s(&again)));
    }
    nobody.post("/auth/sms-code", &json!({ "phone": "19900002002" })).await.expect(202);
    assert_eq!(server.codes_sent_to("19900002001").len().max(1), 1);
}

#[actix_rt::test]
async fn of_ten_codes_asked_for_at_the_same_moment_one_is_sent() {
    let server = TestServer::start_with(&[("LIANXIN__AUTH__CODE_COOLDOWN_S", "60")]);
    let nobody = server.nobody();
    let body = json!({ "phone": "19900002012" });
    let asked = join_all((0..10).map(|_| nobody.post("/auth/sms-code", &body))).await;
    let mut statuses: Vec<u16> = asked.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[202].as_slice(), &[429; 9]].concat());
    assert!(asked.iter().filter(|reply| reply.status == 429).all(|reply| retry_after_s(reply) <= 61));
}

#[actix_rt::test]
async fn a_phone_gets_so_many_codes_a_day_and_no_more() {
    let server = TestServer::start_with(&[("LIANXIN__AUTH__CODES_A_DAY", "2")]);
    for _ in 0..2 {
        server.phone_code("19900002003").await;
    }
    let refused = server.nobody().post("/auth/sms-code", &json!({ "phone": "19900002003" })).await;
    assert_eq!((refused.status, refused.code()), (429, "auth.too_often"));
    assert!((1..=86_401).contains(&retry_after_s(&refused)));
    server.phone_code("19900002004").await;
}

#[actix_rt::test]
async fn after_five_wrong_tries_a_code_is_dead() {
    let server = TestServer::start();
    let phone = "19900002005";
    let code = server.phone_code(phone).await;
    for _ in 0..5 {
        let wrong = try_code(&server, phone, &another_code(&code)).await;
        assert_eq!(wrong.expect(422)["fields"][0]["code"], "auth.wrong_code");
    }
    assert_eq!(try_code(&server, phone, &code).await.status, 422);
    let fresh = server.phone_code(phone).await;
    assert_eq!(try_code(&server, phone, &code).await.status, if code == fresh { 200 } else { 422 });
    assert_eq!(try_code(&server, phone, &fresh).await.status, if code == fresh { 422 } else { 200 });
}

#[actix_rt::test]
async fn tries_at_the_same_moment_do_not_get_more_than_five_looks_at_a_code() {
    let server = TestServer::start();
    let phone = "19900002006";
    let code = server.phone_code(phone).await;
    let wrong = another_code(&code);
    let tries = join_all((0..20).map(|_| try_code(&server, phone, &wrong))).await;
    assert!(tries.iter().all(|reply| reply.status == 422), "{tries:?}");
    assert_eq!(try_code(&server, phone, &code).await.status, 422);
}

#[actix_rt::test]
async fn a_code_opens_one_session_even_when_it_is_sent_ten_times_at_once() {
    let server = TestServer::start();
    let phone = "19900002007";
    let code = server.phone_code(phone).await;
    let tries = join_all((0..10).map(|_| try_code(&server, phone, &code))).await;
    let mut statuses: Vec<u16> = tries.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[200].as_slice(), &[422; 9]].concat());
    assert_eq!(try_code(&server, phone, &code).await.status, 422);
}

#[actix_rt::test]
async fn a_code_belongs_to_its_phone() {
    let server = TestServer::start();
    let code = server.phone_code("19900002008").await;
    assert_eq!(try_code(&server, "19900002009", &code).await.status, 422);
    let reply = try_code(&server, "+86 199-0000-2008", &format!(" {code} ")).await;
    assert_eq!(reply.expect(200)["kind"], "resident");
}

#[actix_rt::test]
async fn the_first_code_makes_an_account_that_needs_a_profile_before_its_first_request() {
    let server = TestServer::start();
    let grid_code = server.code_of("worker", 0);
    let phone = "19900002010";
    let newcomer = server.newcomer(phone).await;
    let me = newcomer.get("/auth/me").await.body;
    assert_eq!((&me["kind"], &me["profile_complete"]), (&json!("resident"), &json!(false)));
    assert_eq!((&me["phone"], &me["account"]), (&json!("199****2010"), &json!("199****2010")));
    assert_eq!((&me["roles"], &me["grids"]), (&json!(["resident"]), &json!([])));

    let request = json!({ "grid_code": grid_code, "kind": "suggestion", "content": "路灯坏了" });
    let early = newcomer.post("/tickets", &request).await;
    assert_eq!((early.status, early.code()), (422, "profile.incomplete"));
    assert_eq!(early.fields(), ["profile"]);
    assert_eq!(newcomer.get("/tickets?box=mine").await.expect(200)["items"], json!([]));

    let profile = json!({ "name": " 阿依古丽・买买提 ", "address": "三组 12 号" });
    let named = newcomer.patch("/me/profile", &profile).await;
    assert_eq!(named.expect(200)["name"], "阿依古丽·买买提");
    assert_eq!(named.body["profile_complete"], true);
    newcomer.post("/tickets", &request).await.expect(201);
    let again = server.newcomer(phone).await.get("/auth/me").await.body;
    assert_eq!((&again["id"], &again["profile_complete"]), (&me["id"], &json!(true)));
}

#[actix_rt::test]
async fn wrong_fields_of_a_profile_are_named_all_at_once_and_change_nothing() {
    let server = TestServer::start();
    let resident = server.resident("19900002011").await;
    let before = resident.get("/auth/me").await.body;
    let cases = [
        (json!({ "name": "", "address": "" }), vec!["name", "address"]),
        (json!({ "name": "12345", "address": "三组" }), vec!["name"]),
        (json!({ "name": "李\u{202e}小", "address": "三组" }), vec!["name"]),
        (json!({ "name": "李".repeat(51), "address": "三".repeat(201) }), vec!["name", "address"]),
        (json!({ "name": "李小明", "address": "三\u{7}组" }), vec!["address"]),
        (json!({ "name": "李小明", "address": "三组", "phone": "110" }), vec!["phone"]),
        (json!({ "name": "李小明", "address": "三组", "phone": "19900002999" }), vec!["phone"]),
    ];
    for (body, fields) in cases {
        let reply = resident.patch("/me/profile", &body).await;
        reply.expect(422);
        assert_eq!(reply.fields(), fields, "{body}");
    }
    assert_eq!(resident.get("/auth/me").await.body, before);
    let same = json!({ "name": "李小明", "address": "三组", "phone": "199 0000 2011" });
    resident.patch("/me/profile", &same).await.expect(200);
}

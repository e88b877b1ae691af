//! Service levels and the working calendar: who reads and changes them, and what that does to clocks that run.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use awc::http::Method;
use serde_json::{Value, json};

use crate::bad_calls::assert_clear_refusal;
use crate::support::{Live, Person, Reply, TestServer, eventually, text};

const LEVELS: &str = "/service-levels";
const CALENDAR: &str = "/calendar";
/// A JSON body at most.
const JSON_LIMIT: usize = 256 * 1024;

async fn put(person: &Person, path: &str, body: &Value) -> Reply {
    person.send(Method::PUT, path, Some(body.to_string().into_bytes()), &[]).await
}

async fn put_once(person: &Person, path: &str, body: &Value, key: &str) -> Reply {
    let headers = [("Idempotency-Key", key)];
    person.send(Method::PUT, path, Some(body.to_string().into_bytes()), &headers).await
}

/// What is read, as it may be sent back.
fn body_of(view: &Value) -> Value {
    let mut body = view.clone();
    for told in ["history", "may_change", "year"] {
        body.as_object_mut().unwrap().remove(told);
    }
    body
}

async fn body_at(person: &Person, path: &str) -> Value {
    body_of(person.get(path).await.expect(200))
}

/// With other members.
fn with(body: &Value, members: Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn limit(value: u32, unit: &str, clock: &str) -> Value {
    json!({ "value": value, "unit": unit, "clock": clock })
}

fn hours(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to })
}

/// A notice as it is published: a holiday with its days off and the weekend days worked for them (调休).
fn notice_2027() -> Value {
    let off = |name: &str, dates: &[&str]| {
        dates.iter().map(|date| json!({ "name": name, "date": date, "isOffDay": true })).collect::<Vec<_>>()
    };
    let work = |name: &str, date: &str| vec![json!({ "name": name, "date": date, "isOffDay": false })];
    let days = [
        off("元旦", &["2027-01-01", "2027-01-02", "2027-01-03"]),
        work("春节", "2027-01-31"),
        off(
            "春节",
            &["2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11"],
        ),
        work("春节", "2027-02-14"),
        off("清明节", &["2027-04-03", "2027-04-04", "2027-04-05"]),
        off("劳动节", &["2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04", "2027-05-05"]),
        work("劳动节", "2027-05-08"),
        off("端午节", &["2027-06-09"]),
        off("中秋节", &["2027-09-15"]),
        off(
            "国庆节",
            &["2027-10-01", "2027-10-02", "2027-10-03", "2027-10-04", "2027-10-05", "2027-10-06", "2027-10-07"],
        ),
        work("国庆节", "2027-10-09"),
    ]
    .concat();
    json!({
        "$schema": "https://raw.githubusercontent.com/NateScarlet/holiday-cn/master/schema.json",
        "year": 2027,
        "papers": ["https://www.gov.cn/zhengce/content/202611/content_1.htm"],
        "days": days,
    })
}

/// The row of the audit trail for a subject: who, what, which changes.
fn audited(server: &TestServer, kind: &str, version: &Value) -> (String, String, Value) {
    let sql = format!(
        "SELECT json_object('by', by_account, 'action', action, 'changes', json(changes)) FROM audit \
         WHERE subject_kind = '{kind}' AND subject_id = '{version}'"
    );
    let output = Command::new("sqlite3").arg(server.data_dir().join("lianxin.db")).arg(sql).output().expect("sqlite3");
    let row: Value = serde_json::from_slice(&output.stdout).expect("one row");
    (text(&row["by"]), text(&row["action"]), row["changes"].clone())
}

async fn account_of(person: &Person) -> Value {
    person.get("/auth/me").await.expect(200)["id"].clone()
}

#[actix_rt::test]
async fn what_holds_is_read_by_all_staff_and_by_nobody_else() {
    let server = TestServer::start();
    let resident = server.resident("19900006601").await;
    for (role, may_change) in [("worker", false), ("leader_l2", false), ("leader_l1", false), ("admin", true)] {
        let person = server.staff(role, 0).await;
        for path in [LEVELS, CALENDAR] {
            let reply = person.get(path).await;
            assert_eq!(reply.expect(200)["may_change"], may_change, "{role} {path}");
            assert_eq!((&reply.body["version"], &reply.body["history"]), (&json!(0), &json!([])), "{path}");
        }
    }
    for path in [LEVELS, CALENDAR] {
        let refused = resident.get(path).await;
        assert_eq!((refused.status, refused.code()), (403, "rules.not_permitted"), "{path}");
        assert_clear_refusal(&refused, path);
        assert_eq!(server.nobody().get(path).await.status, 401, "{path}");
    }
}

#[actix_rt::test]
async fn what_nobody_stated_yet_follows_from_the_settings_and_the_published_notices() {
    let settings = [("LIANXIN__TICKETS__ACCEPT_LIMIT_MINUTES", "45"), ("LIANXIN__TICKETS__WORKING_TIME", "true")];
    let server = TestServer::start_with(&settings);
    let worker = server.staff("worker", 0).await;
    let levels = body_at(&worker, LEVELS).await;
    assert_eq!(levels["accept"], limit(45, "minutes", "working"));
    assert_eq!(levels["finish"], limit(24, "hours", "working"));
    assert_eq!((&levels["exceptions"], &levels["warn_percent"]), (&json!([]), &json!(80)));
    let calendar = body_at(&worker, CALENDAR).await;
    assert_eq!(calendar["noticed"], json!([2025, 2026]));
    let usual = json!([hours("08:30", "12:00"), hours("14:30", "18:00")]);
    assert_eq!((&calendar["week"][0], &calendar["week"][6], &calendar["makeup"]), (&usual, &json!([]), &usual));
    assert_eq!(calendar["days"]["2026-10-01"], json!({ "working": false, "name": "国庆节" }));
}

#[actix_rt::test]
async fn a_year_is_told_day_by_day() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let year = worker.get("/calendar?year=2026").await.expect(200)["year"].clone();
    let days = year["days"].as_array().unwrap();
    let day = |date: &str| days.iter().find(|day| day["date"] == date).cloned().unwrap();
    assert_eq!((days.len(), &year["year"], &year["provisional"]), (365, &json!(2026), &json!(false)));
    // 261 days from Monday to Friday, 20 of them off; 6 weekend days are worked for them.
    let weekdays = days.iter().filter(|day| day["weekday"].as_u64() < Some(6)).count();
    let off = days.iter().filter(|day| day["weekday"].as_u64() < Some(6) && day["working"] == false).count();
    let made_up = days.iter().filter(|day| day["weekday"].as_u64() > Some(5) && day["working"] == true).count();
    assert_eq!((weekdays, made_up), (261, 6));
    assert_eq!(year["workdays"].as_u64(), Some((weekdays - off + made_up) as u64));
    let expected = |date: &str, weekday: u8, working: bool, name: Option<&str>| json!({ "date": date, "weekday": weekday, "working": working, "name": name, "special": name.is_some(), "provisional": false });
    for (date, weekday, working, name) in [
        ("2026-01-01", 4, false, Some("元旦")),
        ("2026-10-01", 4, false, Some("国庆节")),
        ("2026-10-10", 6, true, Some("国庆节")),
        ("2026-10-11", 7, false, None),
        ("2026-12-31", 4, true, None),
    ] {
        assert_eq!(day(date), expected(date, weekday, working, name));
    }
    let leap = worker.get("/calendar?year=2028").await.expect(200)["year"].clone();
    assert_eq!((leap["days"].as_array().unwrap().len(), &leap["provisional"]), (366, &json!(true)));
    for year in [1992, 2200] {
        assert_eq!(worker.get(&format!("/calendar?year={year}")).await.expect(200)["year"]["year"], year);
    }
    for wrong in ["1991", "2201", "0", "-1", "x", "", "2026.5", "99999999999", "%00"] {
        let reply = worker.get(&format!("/calendar?year={wrong}")).await;
        assert_eq!(reply.status, 400, "{wrong}: {}", reply.body);
        assert_clear_refusal(&reply, wrong);
        assert!(wrong == "%00" || reply.fields() == ["year"], "{wrong}: {}", reply.body);
    }
    assert_eq!(worker.get("/calendar?zz=1").await.fields(), ["zz"]);
}

#[actix_rt::test]
async fn only_an_administrator_of_the_whole_tenant_changes_or_tries_out_rules() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let (levels, calendar) = (body_at(&admin, LEVELS).await, body_at(&admin, CALENDAR).await);
    let notice = json!({ "version": 0, "notice": notice_2027() });
    let calls = [
        (Method::PUT, LEVELS, levels.clone()),
        (Method::POST, "/service-levels/preview", levels.clone()),
        (Method::PUT, CALENDAR, calendar.clone()),
        (Method::POST, "/calendar/notice", notice.clone()),
        (Method::POST, "/calendar/preview", json!({ "calendar": calendar })),
        (Method::POST, "/calendar/preview", json!({ "notice": notice_2027() })),
    ];
    let mut outsiders = vec![server.resident("19900006602").await];
    for role in ["worker", "leader_l2", "leader_l1"] {
        outsiders.push(server.staff(role, 0).await);
    }
    for (method, path, body) in calls {
        let body = Some(body.to_string().into_bytes());
        for person in &outsiders {
            let refused = person.send(method.clone(), path, body.clone(), &[]).await;
            assert_eq!((refused.status, refused.code()), (403, "rules.not_permitted"), "{method} {path}");
            assert_clear_refusal(&refused, path);
        }
        assert_eq!(server.nobody().send(method.clone(), path, body, &[]).await.status, 401, "{method} {path}");
    }
    assert_eq!(body_at(&admin, LEVELS).await, levels);
    assert_eq!(body_at(&admin, CALENDAR).await, calendar);
}

#[actix_rt::test]
async fn changed_service_levels_hold_at_once_and_for_new_requests_and_outlive_the_server() {
    let mut server = TestServer::start();
    let (admin, resident) = (server.staff("admin", 0).await, server.resident("19900006603").await);
    let before = body_at(&admin, LEVELS).await;
    let changed = with(
        &before,
        json!({
            "accept": limit(20, "minutes", "continuous"),
            "exceptions": [
                { "kind": null, "level": 5, "accept": limit(15, "minutes", "continuous"), "finish": null },
                { "kind": "dispute", "level": null, "accept": limit(10, "minutes", "continuous"), "finish": null },
            ],
            "warn_percent": 0,
            "nudge_answer": limit(5, "minutes", "working"),
        }),
    );
    let answer = put(&admin, LEVELS, &changed).await;
    let stated = answer.expect(200).clone();
    answer.seq();
    assert_eq!(body_of(&stated), with(&changed, json!({ "version": 1 })));
    assert_eq!(admin.get(LEVELS).await.expect(200), &stated);
    let me = admin.get("/auth/me").await.body;
    assert_eq!(stated["history"][0]["version"], 1);
    assert_eq!(stated["history"][0]["by"], json!({ "id": me["id"], "name": me["name"] }));
    assert!(text(&stated["history"][0]["at"]).ends_with('Z'));

    for (kind, minutes) in [("suggestion", 15), ("dispute", 10)] {
        let body = json!({ "grid_code": server.code_of("worker", 0), "kind": kind, "content": "路灯" });
        let ticket = resident.post("/tickets", &body).await.expect(201).clone();
        assert_eq!(ticket["clock"]["limit"], limit(minutes, "minutes", "continuous"), "{kind}");
    }

    let (by, action, changes) = audited(&server, "service_levels", &json!(1));
    assert_eq!((json!(by), action.as_str()), (account_of(&admin).await, "service_levels.change"));
    let fields: BTreeSet<_> = changes.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["accept", "exceptions", "nudge_answer", "warn_percent"]));
    assert_eq!(changes["accept"], json!([before["accept"], changed["accept"]]));
    assert_eq!(changes["nudge_answer"], json!([null, changed["nudge_answer"]]));

    server.kill();
    server.restart();
    let admin = server.staff("admin", 0).await;
    assert_eq!(admin.get(LEVELS).await.expect(200), &stated);
}

#[actix_rt::test]
async fn of_two_editors_the_second_is_told_to_look_again() {
    let server = TestServer::start();
    let (one, two) = (server.staff("admin", 0).await, server.staff("admin", 0).await);
    let levels = body_at(&one, LEVELS).await;
    let calendar = body_at(&one, CALENDAR).await;
    let edits = [
        (LEVELS, with(&levels, json!({ "reopen_days": 3 })), with(&levels, json!({ "reopen_days": 4 }))),
        (CALENDAR, with(&calendar, json!({ "makeup": [hours("09:00", "17:00")] })), calendar.clone()),
    ];
    for (path, first, second) in edits {
        let code = format!("{}.changed_meanwhile", path.trim_start_matches('/').replace('-', "_"));
        put(&one, path, &first).await.expect(200);
        for late in
            [second.clone(), with(&second, json!({ "version": 2 })), with(&second, json!({ "version": u32::MAX }))]
        {
            let refused = put(&two, path, &late).await;
            assert_eq!((refused.status, refused.code()), (409, code.as_str()), "{path}");
            assert_clear_refusal(&refused, path);
        }
        assert_eq!(body_at(&two, path).await, with(&first, json!({ "version": 1 })));
        put(&two, path, &with(&second, json!({ "version": 1 }))).await.expect(200);
    }
    let late = two.post("/calendar/notice", &json!({ "version": 1, "notice": notice_2027() })).await;
    assert_eq!((late.status, late.code()), (409, "calendar.changed_meanwhile"));
}

#[actix_rt::test]
async fn of_many_editors_at_once_one_wins() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    for round in 0..5_u32 {
        let (levels, calendar) = (body_at(&admin, LEVELS).await, body_at(&admin, CALENDAR).await);
        let edits = (0..6_u32).map(|editor| {
            let (admin, levels, calendar) = (admin.clone(), levels.clone(), calendar.clone());
            async move {
                let name = json!({ "2100-05-05": { "working": false, "name": format!("{round}-{editor}") } });
                let levels = put(&admin, LEVELS, &with(&levels, json!({ "reopen_days": editor }))).await;
                let calendar = put(&admin, CALENDAR, &with(&calendar, json!({ "days": name }))).await;
                [levels, calendar]
            }
        });
        let replies = futures_util::future::join_all(edits).await;
        for (index, path) in [LEVELS, CALENDAR].into_iter().enumerate() {
            let won: Vec<_> = replies.iter().filter(|of| of[index].status == 200).collect();
            assert!(replies.iter().all(|of| matches!(of[index].status, 200 | 409)), "{path}");
            assert_eq!(won.len(), 1, "{path}");
            assert_eq!(body_at(&admin, path).await, body_of(&won[0][index].body));
        }
    }
}

#[actix_rt::test]
async fn a_change_sent_twice_with_its_key_is_done_once() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let levels = with(&body_at(&admin, LEVELS).await, json!({ "reopen_days": 9 }));
    let calendar = body_at(&admin, CALENDAR).await;
    let notice = json!({ "version": 1, "notice": notice_2027() });
    let first = [
        put_once(&admin, LEVELS, &levels, "rules-1").await,
        put_once(&admin, CALENDAR, &calendar, "rules-2").await,
        admin.post_once("/calendar/notice", &notice, "rules-3").await,
    ];
    let again = [
        put_once(&admin, LEVELS, &levels, "rules-1").await,
        put_once(&admin, CALENDAR, &calendar, "rules-2").await,
        admin.post_once("/calendar/notice", &notice, "rules-3").await,
    ];
    for (first, again) in first.iter().zip(&again) {
        assert_eq!((first.expect(200), first.seq()), (again.expect(200), again.seq()));
        assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    }
    assert_eq!(body_at(&admin, LEVELS).await["version"], 1);
    assert_eq!(body_at(&admin, CALENDAR).await["version"], 2);
    let other = with(&levels, json!({ "reopen_days": 8 }));
    assert_eq!(put_once(&admin, LEVELS, &other, "rules-1").await.code(), "idempotency.key_reused");
}

/// Each wrong body is refused by the name of its field, and what held goes on holding.
async fn assert_refused(admin: &Person, paths: &[(Method, &str)], cases: Vec<(Value, u16, &str)>) {
    for (body, status, field) in cases {
        for (method, path) in paths {
            let reply = admin.send(method.clone(), path, Some(body.to_string().into_bytes()), &[]).await;
            let shown: String = body.to_string().chars().take(300).collect();
            assert_eq!(reply.status, status, "{path} {field} {shown}: {}", reply.body);
            assert_clear_refusal(&reply, &shown);
            assert!(reply.fields().iter().any(|named| named.contains(field)), "{path} {field}: {}", reply.body);
        }
    }
}

#[actix_rt::test]
async fn service_levels_that_cannot_be_are_refused() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let right = body_at(&admin, LEVELS).await;
    let of = |members: Value| with(&right, members);
    let exception = |members: Value| {
        let plain =
            json!({ "kind": "dispute", "level": null, "accept": limit(5, "minutes", "working"), "finish": null });
        with(&plain, members)
    };
    let minutes = |value: u32| limit(value, "minutes", "continuous");
    let mut cases = vec![
        (of(json!({ "accept": limit(0, "minutes", "working") })), 422, "accept.value"),
        (of(json!({ "finish": limit(0, "workdays", "working") })), 422, "finish.value"),
        // A century.
        (of(json!({ "finish": limit(876_000, "hours", "continuous") })), 422, "finish.value"),
        (of(json!({ "finish": limit(25_000, "workdays", "working") })), 422, "finish.value"),
        (of(json!({ "accept": limit(u32::MAX, "minutes", "continuous") })), 422, "accept.value"),
        (of(json!({ "finish": limit(3, "workdays", "continuous") })), 422, "finish.clock"),
        (of(json!({ "nudge_answer": minutes(0) })), 422, "nudge_answer.value"),
        (of(json!({ "nudge_repeat": minutes(0) })), 422, "nudge_repeat.value"),
        (of(json!({ "warn_percent": 96 })), 422, "warn_percent"),
        (of(json!({ "pause_workdays": 0 })), 422, "pause_workdays"),
        (of(json!({ "nudge_cooldown_minutes": 1_441 })), 422, "nudge_cooldown_minutes"),
        (of(json!({ "returns_until_escalation": 0 })), 422, "returns_until_escalation"),
        (of(json!({ "reopen_days": 366 })), 422, "reopen_days"),
        (of(json!({ "accept": { "value": 5, "unit": "years", "clock": "working" } })), 400, "accept.unit"),
        (of(json!({ "accept": { "value": 5, "unit": "minutes", "clock": "lunar" } })), 400, "accept.clock"),
        (of(json!({ "accept": { "value": 5, "unit": "minutes" } })), 400, "accept.clock"),
        (of(json!({ "accept": with(&minutes(5), json!({ "zz": 1 })) })), 400, "zz"),
        (of(json!({ "accept": [5, "minutes", "working"] })), 400, "accept"),
        (of(json!({ "accept": null })), 400, "accept"),
        (of(json!({ "accept": { "value": -5, "unit": "minutes", "clock": "working" } })), 400, "accept.value"),
        (of(json!({ "accept": { "value": 1.5, "unit": "minutes", "clock": "working" } })), 400, "accept.value"),
        (of(json!({ "version": -1 })), 400, "version"),
        (of(json!({ "version": "0" })), 400, "version"),
        (of(json!({ "warn_percent": 256 })), 400, "warn_percent"),
        (of(json!({ "history": [] })), 400, "history"),
        (of(json!({ "may_change": true })), 400, "may_change"),
        (of(json!({ "exceptions": {} })), 400, "exceptions"),
        (of(json!({ "exceptions": [["dispute", null, null, null]] })), 400, "exceptions"),
        (of(json!({ "exceptions": [exception(json!({ "accept": [5, "minutes", "working"] }))] })), 400, "exceptions"),
        (of(json!({ "exceptions": [exception(json!({ "zz": 1 }))] })), 400, "zz"),
    ];
    let wrong_exceptions = [
        (exception(json!({ "kind": "no_such" })), "kind"),
        (exception(json!({ "level": 6 })), "level"),
        (exception(json!({ "level": 0 })), "level"),
        (exception(json!({ "kind": null })), "exceptions.0"),
        (exception(json!({ "accept": null })), "exceptions.0"),
        (exception(json!({ "accept": minutes(0) })), "exceptions.0.accept.value"),
    ];
    cases.extend(wrong_exceptions.map(|(wrong, field)| (of(json!({ "exceptions": [wrong] })), 422, field)));
    let twice = vec![exception(json!({})), exception(json!({}))];
    cases.push((of(json!({ "exceptions": twice })), 422, "exceptions.1"));
    cases.push((of(json!({ "exceptions": vec![exception(json!({})); 201] })), 422, "exceptions"));
    for field in right.as_object().unwrap().keys().filter(|field| !field.starts_with("nudge_")) {
        let mut without = right.clone();
        without.as_object_mut().unwrap().remove(field);
        cases.push((without, 400, field.as_str()));
    }
    assert_refused(&admin, &[(Method::PUT, LEVELS), (Method::POST, "/service-levels/preview")], cases).await;
    // All that is wrong is said at once.
    let both = of(json!({ "accept": minutes(0), "reopen_days": 999 }));
    assert_eq!(put(&admin, LEVELS, &both).await.fields(), ["accept.value", "reopen_days"]);
    assert_eq!(body_at(&admin, LEVELS).await, right);
}

/// Wrong members of a calendar, with the status and the field of their refusal.
fn wrong_calendars() -> Vec<(Value, u16, &'static str)> {
    let office = || json!([hours("08:30", "12:00")]);
    let week = |monday: Value| json!({ "week": [monday, office(), office(), office(), office(), [], []] });
    let day = |special: Value| json!({ "days": { "2027-05-05": special } });
    let many: Vec<_> = (0..13).map(|hour| hours(&format!("{hour:02}:00"), &format!("{hour:02}:30"))).collect();
    vec![
        // A week without hours has no future, whatever is made up.
        (json!({ "week": [[], [], [], [], [], [], []] }), 422, "week"),
        (week(json!([hours("12:00", "08:30")])), 422, "week.0.0"),
        (week(json!([hours("08:30", "08:30")])), 422, "week.0.0"),
        (week(json!([hours("08:30", "12:00"), hours("11:00", "18:00")])), 422, "week.0.1"),
        (week(json!([hours("14:30", "18:00"), hours("08:30", "12:00")])), 422, "week.0.1"),
        (week(json!(many)), 422, "week.0"),
        (json!({ "week": [office()] }), 422, "week"),
        (json!({ "week": vec![office(); 8] }), 422, "week"),
        (week(json!([hours("8:30", "12:00")])), 400, "week"),
        (week(json!([hours("08:30", "24:01")])), 400, "week"),
        (week(json!([["08:30", "12:00"]])), 400, "week"),
        (week(json!([with(&hours("08:30", "12:00"), json!({ "zz": 1 }))])), 400, "zz"),
        (week(json!(null)), 400, "week"),
        (json!({ "makeup": [hours("18:00", "08:00")] }), 422, "makeup.0"),
        (
            json!({ "makeup": [], "days": { "2027-05-08": { "working": true, "name": "劳动节" } } }),
            422,
            "days.2027-05-08",
        ),
        (day(json!({ "working": true, "name": "劳动节", "hours": [] })), 422, "days.2027-05-05"),
        (day(json!({ "working": false, "name": "劳动节", "hours": [hours("08:30", "12:00")] })), 422, "hours"),
        (day(json!({ "working": false, "name": "  " })), 422, "days.2027-05-05.name"),
        (day(json!({ "working": false, "name": "长".repeat(51) })), 422, "days.2027-05-05.name"),
        (day(json!({ "working": false, "name": "a\u{7}" })), 422, "days.2027-05-05.name"),
        (day(json!({ "working": "no", "name": "劳动节" })), 400, "days"),
        (day(json!({ "name": "劳动节" })), 400, "working"),
        (day(json!({ "working": false, "name": "劳动节", "zz": 1 })), 400, "zz"),
        (day(json!([false, "劳动节"])), 400, "days"),
        (day(json!(null)), 400, "days"),
        (json!({ "days": [] }), 400, "days"),
        (json!({ "days": { "2027-02-29": { "working": false, "name": "节" } } }), 400, "days"),
        (json!({ "days": { "2027-5-5": { "working": false, "name": "节" } } }), 400, "days"),
        (json!({ "days": { "2027- 5- 5": { "working": false, "name": "节" } } }), 400, "days"),
        (json!({ "days": { "1990-05-05": { "working": false, "name": "节" } } }), 422, "days.1990-05-05"),
        (json!({ "noticed": [1991] }), 422, "noticed"),
        (json!({ "noticed": [99_999_999_999_i64] }), 400, "noticed"),
        (json!({ "noticed": ["2026"] }), 400, "noticed"),
        (json!({ "version": null }), 400, "version"),
        (json!({ "year": {} }), 400, "year"),
    ]
}

#[actix_rt::test]
async fn a_calendar_that_cannot_be_is_refused() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let right = body_at(&admin, CALENDAR).await;
    let cases: Vec<_> =
        wrong_calendars().into_iter().map(|(members, status, field)| (with(&right, members), status, field)).collect();
    assert_refused(&admin, &[(Method::PUT, CALENDAR)], cases.clone()).await;
    let inside = cases.into_iter().map(|(body, status, field)| (json!({ "calendar": body }), status, field)).collect();
    assert_refused(&admin, &[(Method::POST, "/calendar/preview")], inside).await;
    // One date said twice: which of the two would hold?
    let twice =
        right.to_string().replacen("\"days\":{", "\"days\":{\"2026-10-01\":{\"working\":true,\"name\":\"x\"},", 1);
    let refused = admin.send(Method::PUT, CALENDAR, Some(twice.into_bytes()), &[]).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.fields()[0].starts_with("days"), "{}", refused.body);
    for body in
        [json!({}), json!({ "calendar": right, "notice": notice_2027() }), json!({ "calendar": null, "notice": null })]
    {
        let refused = admin.post("/calendar/preview", &body).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["calendar", "notice"]), "{}", refused.body);
    }
    assert_eq!(body_at(&admin, CALENDAR).await, right);
}

#[actix_rt::test]
async fn a_notice_that_cannot_be_is_refused() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let before = admin.get(CALENDAR).await.body;
    let day = |date: &str, off: Value| json!({ "name": "国庆节", "date": date, "isOffDay": off });
    let days = |days: Value| with(&notice_2027(), json!({ "days": days }));
    let holiday = || day("2027-10-01", json!(true));
    let wrong = [
        (json!(null), "notice"),
        (json!([]), "notice"),
        (json!("2027"), "notice"),
        (json!({}), "notice.year"),
        (with(&notice_2027(), json!({ "year": "2027" })), "notice.year"),
        (with(&notice_2027(), json!({ "year": 1991 })), "notice.year"),
        (with(&notice_2027(), json!({ "year": 2028 })), "notice.days.0.date"),
        (with(&notice_2027(), json!({ "papers": ["javascript:alert(1)"] })), "notice.papers.0"),
        (with(&notice_2027(), json!({ "papers": "https://www.gov.cn/" })), "notice.papers"),
        (days(json!([])), "notice.days"),
        (days(json!({})), "notice.days"),
        (days(json!([day("2027-10-09", json!(false))])), "notice.days"),
        (days(json!([holiday(), day("2027-13-01", json!(true))])), "notice.days.1.date"),
        (days(json!([holiday(), day("2027-02-30", json!(true))])), "notice.days.1.date"),
        (days(json!([holiday(), day("2027-10-1", json!(true))])), "notice.days.1.date"),
        (days(json!([holiday(), day("10月2日", json!(true))])), "notice.days.1.date"),
        (days(json!([holiday(), day("2026-05-01", json!(true))])), "notice.days.1.date"),
        (days(json!([holiday(), holiday()])), "notice.days.1.date"),
        (days(json!([holiday(), day("2027-10-01", json!(false))])), "notice.days.1.date"),
        (days(json!([holiday(), day("2027-10-02", json!("true"))])), "notice.days.1.isOffDay"),
        (days(json!([{ "name": "", "date": "2027-10-01", "isOffDay": true }])), "notice.days.0.name"),
        (days(json!([[]])), "notice.days.0"),
        (days(json!(vec![holiday(); 431])), "notice.days"),
    ];
    for (notice, field) in wrong {
        let taken = admin.post("/calendar/notice", &json!({ "version": 0, "notice": notice })).await;
        assert_eq!(taken.status, 422, "{field}: {}", taken.body);
        assert_clear_refusal(&taken, field);
        assert!(taken.fields().iter().any(|named| named.starts_with(field)), "{field}: {}", taken.body);
        if !notice.is_null() {
            let tried = admin.post("/calendar/preview", &json!({ "notice": notice })).await;
            assert_eq!((tried.status, tried.fields()), (422, taken.fields()), "{field}");
        }
    }
    for (body, field) in [
        (json!({ "version": 0 }), "notice"),
        (json!({ "notice": notice_2027() }), "version"),
        (json!({ "version": 0, "notice": notice_2027(), "zz": 1 }), "zz"),
    ] {
        let refused = admin.post("/calendar/notice", &body).await;
        assert_eq!((refused.status, refused.fields()), (400, vec![field]), "{}", refused.body);
    }
    assert_eq!(admin.get(CALENDAR).await.body, before);
}

#[actix_rt::test]
async fn bodies_may_be_large_but_not_endless() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let calendar = body_at(&admin, CALENDAR).await;
    let days = |many: usize| {
        let date = |n: usize| format!("{}-{:02}-{:02}", 2030 + n / 336, n / 28 % 12 + 1, n % 28 + 1);
        let days = (0..many).map(|n| (date(n), json!({ "working": false, "name": "节" })));
        with(&calendar, json!({ "days": days.collect::<BTreeMap<_, _>>() }))
    };
    let too_many = days(4_001);
    assert!(too_many.to_string().len() < JSON_LIMIT);
    let refused = put(&admin, CALENDAR, &too_many).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["days"]));
    for (path, method) in [(LEVELS, Method::PUT), (CALENDAR, Method::PUT), ("/calendar/notice", Method::POST)] {
        let refused = admin.send(method, path, Some(days(6_000).to_string().into_bytes()), &[]).await;
        assert_eq!((refused.status, refused.code()), (413, "request.too_large"), "{path}");
    }
    let stated = put(&admin, CALENDAR, &days(4_000)).await;
    assert_eq!(stated.expect(200)["days"].as_object().unwrap().len(), 4_000);
    assert_eq!(body_at(&admin, CALENDAR).await, body_of(&stated.body));
}

#[actix_rt::test]
async fn a_notice_settles_its_year_and_a_corrected_one_replaces_it() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let before = admin.get("/calendar?year=2027").await.body;
    assert_eq!(before["year"]["provisional"], true);
    let taken = admin.post("/calendar/notice", &json!({ "version": 0, "notice": notice_2027() })).await;
    let calendar = &taken.expect(200)["calendar"];
    taken.seq();
    assert_eq!(taken.body["effect"], json!({ "holidays": 27, "makeup_days": 4, "replaced": 0, "kept": [] }));
    assert_eq!((&calendar["version"], &calendar["noticed"]), (&json!(1), &json!([2025, 2026, 2027])));
    assert_eq!((&calendar["year"]["year"], &calendar["year"]["provisional"]), (&json!(2027), &json!(false)));
    assert_eq!(calendar["days"]["2027-02-14"], json!({ "working": true, "name": "春节" }));
    assert_eq!(calendar["days"]["2026-10-01"], before["days"]["2026-10-01"], "other years stay");
    assert_eq!(&admin.get("/calendar?year=2027").await.body, calendar);
    let (_, action, changes) = audited(&server, "calendar", &json!(1));
    assert_eq!(action, "calendar.take_notice");
    assert_eq!(changes["days.2027-10-09"], json!([null, { "working": true, "name": "国庆节" }]));
    assert_eq!(changes["notice"][1]["year"], 2027);
    assert_eq!(changes["noticed"], json!([[2025, 2026], [2025, 2026, 2027]]));
    assert_eq!(changes.as_object().unwrap().len(), 31 + 2);

    // The correction: another day is worked, and the autumn festival is not spoken of any more.
    let mut corrected = notice_2027();
    let days = corrected["days"].as_array_mut().unwrap();
    days.retain(|day| day["date"] != "2027-09-15");
    days.iter_mut().find(|day| day["date"] == "2027-05-05").unwrap()["isOffDay"] = json!(false);
    let again = admin.post("/calendar/notice", &json!({ "version": 1, "notice": corrected })).await;
    let effect = json!({ "holidays": 25, "makeup_days": 5, "replaced": 1, "kept": ["2027-09-15"] });
    assert_eq!(again.expect(200)["effect"], effect);
    assert_eq!(again.body["calendar"]["days"]["2027-05-05"], json!({ "working": true, "name": "劳动节" }));
    assert_eq!(again.body["calendar"]["days"]["2027-09-15"], json!({ "working": false, "name": "中秋节" }));
    let (.., changes) = audited(&server, "calendar", &json!(2));
    let fields: BTreeSet<_> = changes.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["days.2027-05-05", "notice"]));
}

#[actix_rt::test]
async fn a_changed_calendar_holds_at_once_and_says_what_was_changed() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let before = body_at(&admin, CALENDAR).await;
    let mut changed = with(&before, json!({ "makeup": [hours("09:00", "24:00")], "noticed": [2026] }));
    changed["week"][5] = json!([hours("00:00", "12:00"), hours("12:00", "13:00")]);
    let days = changed["days"].as_object_mut().unwrap();
    days.remove("2026-10-01");
    days.insert(
        "2026-12-12".to_owned(),
        json!({ "working": true, "name": " 县庆 ", "hours": [hours("10:00", "11:00")] }),
    );
    let stated = put(&admin, CALENDAR, &changed).await;
    changed["days"]["2026-12-12"]["name"] = json!("县庆");
    assert_eq!(body_of(stated.expect(200)), with(&changed, json!({ "version": 1 })));
    assert_eq!(admin.get(CALENDAR).await.body, stated.body);
    let year = admin.get("/calendar?year=2026").await.body["year"].clone();
    let day = |date: &str| year["days"].as_array().unwrap().iter().find(|day| day["date"] == date).cloned().unwrap();
    assert_eq!(day("2026-10-01")["working"], true);
    assert_eq!((&day("2026-12-12")["name"], &day("2026-12-12")["special"]), (&json!("县庆"), &json!(true)));
    assert_eq!(day("2026-12-19")["working"], true, "Saturdays are worked now");
    let (_, action, changes) = audited(&server, "calendar", &json!(1));
    let fields: BTreeSet<_> = changes.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(action, "calendar.change");
    assert_eq!(fields, BTreeSet::from(["week", "makeup", "noticed", "days.2026-10-01", "days.2026-12-12"]));
    assert_eq!(changes["days.2026-10-01"], json!([before["days"]["2026-10-01"], null]));
}

#[actix_rt::test]
async fn the_last_twenty_versions_are_told_newest_first() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let name = admin.get("/auth/me").await.body["name"].clone();
    for path in [LEVELS, CALENDAR] {
        let mut body = body_at(&admin, path).await;
        for version in 0..22_u32 {
            let stated = put(&admin, path, &with(&body, json!({ "version": version }))).await;
            body = body_of(stated.expect(200));
            assert_eq!(stated.body["history"], admin.get(path).await.body["history"]);
        }
        let history = admin.get(path).await.body["history"].as_array().unwrap().clone();
        let versions: Vec<_> = history.iter().map(|made| made["version"].as_u64().unwrap()).collect();
        assert_eq!(versions, (3..=22).rev().collect::<Vec<_>>());
        assert!(history.iter().all(|made| made["by"]["name"] == name));
        assert!(history.is_sorted_by(|newer, older| text(&newer["at"]) >= text(&older["at"])));
    }
}

/// The due dates that moved: by ticket, from and to.
type Moved = BTreeMap<String, (String, String)>;

/// A county with tickets that run: the county's leader follows all of it.
struct Stage {
    server: TestServer,
    admin: Person,
    live: Live,
    own: Vec<String>,
}

impl Stage {
    async fn with(phone: &str) -> Self {
        let server = TestServer::start();
        let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
        let (leader, resident) = (server.staff("leader_l1", 0).await, server.resident(phone).await);
        let mut own = Vec::new();
        for kind in ["suggestion", "dispute", "suggestion", "revitalization", "dispute"] {
            own.push(resident.submit(&server.code_of("worker", 0), kind, "路灯坏了").await.0);
        }
        for ticket in &own[..2] {
            worker.step(ticket, "accept", &json!({})).await;
        }
        // A clock that stands still is worked out like the others.
        worker.step(&own[1], "pause", &json!({ "reason": "waiting_for_department" })).await;
        let mut live = Live::open(&leader).await;
        let topic = format!("grid:{}", leader.own_grid().await);
        assert_eq!(live.subscribe(&topic, None).await["op"], "subscribed");
        Self { server, admin, live, own }
    }

    /// The due dates of all open tickets.
    async fn ends(&self) -> BTreeMap<String, String> {
        let open = self.admin.all_tickets("state=submitted,accepted").await;
        open.iter().map(|ticket| (text(&ticket["id"]), text(&ticket["due_at"]))).collect()
    }

    /// The due dates that `many` events say moved, for one cause and under these rules.
    async fn moved(&mut self, many: usize, cause: &str) -> Moved {
        let mut moved = Moved::new();
        while moved.len() < many {
            let event = self.live.event("ticket.due_changed").await;
            let data = &event["data"];
            assert_eq!(data["cause"], cause, "{event}");
            let ends = (text(&data["was_due_at"]), text(&data["due_at"]));
            assert!(moved.insert(text(&data["ticket_id"]), ends).is_none(), "moved twice: {event}");
        }
        moved
    }

    /// Nothing else moved: what is said afterwards is not another due date.
    async fn assert_no_more(&mut self) {
        let worker = self.server.staff("worker", 0).await;
        worker.comment(&self.own[0], "在路上").await;
        let messages = self.live.until(|message| message["kind"] == "ticket.commented").await;
        assert!(!messages.iter().any(|message| message["kind"] == "ticket.due_changed"), "{messages:?}");
    }
}

fn count(preview: &Value, member: &str) -> usize {
    preview[member].as_u64().unwrap_or_else(|| panic!("no {member} in {preview}")) as usize
}

/// The preview said what then happened to these ends.
fn assert_foretold(preview: &Value, before: &BTreeMap<String, String>, moved: &Moved) {
    assert_eq!(count(preview, "changed"), moved.len());
    assert_eq!(count(preview, "earlier"), moved.values().filter(|(was, is)| is < was).count());
    assert_eq!(count(preview, "later"), moved.values().filter(|(was, is)| is > was).count());
    for (ticket, (was, _)) in moved {
        assert_eq!(before.get(ticket), Some(was), "{ticket}");
    }
    let sample = preview["sample"].as_array().unwrap();
    assert_eq!(sample.len(), moved.len().min(20));
    for shown in sample {
        let ends = (text(&shown["due_at"]), text(&shown["new_due_at"]));
        assert_eq!(moved.get(&text(&shown["ticket_id"])), Some(&ends), "{shown}");
    }
    let news: Vec<_> = sample.iter().map(|shown| text(&shown["new_due_at"])).collect();
    assert!(news.is_sorted(), "the next to end first: {news:?}");
}

#[actix_rt::test]
async fn a_preview_of_service_levels_says_what_then_happens_to_running_clocks() {
    let mut stage = Stage::with("19900006604").await;
    let before = stage.ends().await;
    let levels = body_at(&stage.admin, LEVELS).await;
    let other = with(
        &levels,
        json!({
            "accept": limit(50, "minutes", "continuous"),
            "finish": limit(20, "hours", "continuous"),
            "exceptions": [{ "kind": "revitalization", "level": 5, "accept": limit(30, "minutes", "continuous"), "finish": null }],
        }),
    );
    let preview = stage.admin.post("/service-levels/preview", &other).await.expect(200).clone();
    assert_eq!(stage.ends().await, before, "a preview changes nothing");
    assert_eq!(body_at(&stage.admin, LEVELS).await, levels);
    // Two accepted ones end earlier, two waiting ones later, and one has its old limit as an exception.
    assert!(count(&preview, "earlier") >= 2 && count(&preview, "later") >= 2, "{preview}");
    assert!(count(&preview, "running") > count(&preview, "changed"), "{preview}");
    put(&stage.admin, LEVELS, &other).await.expect(200);
    let moved = stage.moved(count(&preview, "changed"), "service_levels").await;
    assert_foretold(&preview, &before, &moved);
    assert_eq!(stage.own.iter().filter(|own| moved.contains_key(*own)).count(), 4);
    stage.assert_no_more().await;

    let mut expected = before.clone();
    expected.extend(moved.iter().map(|(ticket, (_, is))| (ticket.clone(), is.clone())));
    assert_eq!(stage.ends().await, expected);
    let first = stage.admin.get(&format!("/tickets/{}", stage.own[0])).await;
    assert_eq!(first.expect(200)["clock"]["limit"], limit(20, "hours", "continuous"));
    let shown = preview["sample"].as_array().unwrap().iter().find(|shown| shown["ticket_id"] == stage.own[0]).unwrap();
    assert_eq!((&shown["number"], &shown["purpose"]), (&first.body["number"], &json!("finish")));
    assert_eq!(
        (&shown["kind_title"], &shown["grid_name"]),
        (&first.body["kind_title"], &first.body["grid"]["full_name"])
    );
    // The same rules again move nothing.
    let same = stage.admin.post("/service-levels/preview", &other).await.expect(200).clone();
    assert_eq!((count(&same, "changed"), &same["sample"]), (0, &json!([])));
}

#[actix_rt::test]
async fn a_holiday_moves_the_ends_of_working_time_and_taking_it_back_moves_them_back() {
    let mut stage = Stage::with("19900006605").await;
    let levels = body_at(&stage.admin, LEVELS).await;
    let workdays = limit(3, "workdays", "working");
    let all_week: Vec<_> = (0..7).map(|_| json!([hours("08:30", "12:00"), hours("14:30", "18:00")])).collect();
    let calendar = with(&body_at(&stage.admin, CALENDAR).await, json!({ "week": all_week, "days": {} }));
    let calendar = body_of(put(&stage.admin, CALENDAR, &calendar).await.expect(200));
    let in_workdays = with(&levels, json!({ "accept": workdays, "finish": workdays }));
    let preview = stage.admin.post("/service-levels/preview", &in_workdays).await.expect(200).clone();
    put(&stage.admin, LEVELS, &in_workdays).await.expect(200);
    stage.moved(count(&preview, "changed"), "service_levels").await;
    let first = stage.own[0].clone();
    let began = stage.admin.get(&format!("/tickets/{first}")).await.expect(200).clone();
    assert_eq!(began["clock"]["limit"], workdays);
    let before = stage.ends().await;

    // Ends are at 18:00 in China, which is the same date in UTC.
    let end = text(&began["due_at"]);
    assert_eq!(&end[10..], "T10:00:00.000Z");
    let holiday = json!({ &end[..10]: { "working": false, "name": "临时放假" } });
    let with_holiday = with(&calendar, json!({ "days": holiday }));
    let preview = stage.admin.post("/calendar/preview", &json!({ "calendar": with_holiday })).await.expect(200).clone();
    assert!(count(&preview, "later") >= stage.own.len() && count(&preview, "earlier") == 0, "{preview}");
    let stated = body_of(put(&stage.admin, CALENDAR, &with_holiday).await.expect(200));
    let moved = stage.moved(count(&preview, "changed"), "calendar").await;
    assert_foretold(&preview, &before, &moved);
    stage.assert_no_more().await;
    let due = stage.admin.get(&format!("/tickets/{first}/due")).await.expect(200).clone();
    assert_eq!(due["rules"], json!({ "service_levels_version": 1, "calendar_version": stated["version"] }));
    let skipped = due["days"].as_array().unwrap().iter().find(|day| day["date"] == end[..10]).cloned().unwrap();
    assert_eq!((&skipped["name"], &skipped["working"]), (&json!("临时放假"), &json!(false)));

    let back = with(&stated, json!({ "days": {} }));
    let preview = stage.admin.post("/calendar/preview", &json!({ "calendar": back })).await.expect(200).clone();
    put(&stage.admin, CALENDAR, &back).await.expect(200);
    let returned = stage.moved(count(&preview, "changed"), "calendar").await;
    let swapped: Moved = moved.into_iter().map(|(ticket, (was, is))| (ticket, (is, was))).collect();
    assert_eq!(returned, swapped);
    assert_eq!(stage.ends().await, before);
}

#[actix_rt::test]
async fn an_end_that_would_lie_in_the_past_stays() {
    let mut stage = Stage::with("19900006606").await;
    let levels = body_at(&stage.admin, LEVELS).await;
    // As if they had been sent an hour ago.
    stage.server.stop();
    let sql = "UPDATE tickets SET clock = json_set(clock, '$.started_at', \
               strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', '-1 hour')) WHERE state IN ('submitted', 'accepted')";
    let file = stage.server.data_dir().join("lianxin.db");
    assert!(Command::new("sqlite3").arg(file).arg(sql).status().expect("sqlite3").success());
    stage.server.restart();
    stage.admin = stage.server.staff("admin", 0).await;
    let before = stage.ends().await;
    let short = with(
        &levels,
        json!({ "accept": limit(2, "minutes", "continuous"), "finish": limit(30, "hours", "continuous") }),
    );
    let preview = stage.admin.post("/service-levels/preview", &short).await.expect(200).clone();
    assert!(count(&preview, "kept_past") >= 3, "{preview}");
    let unchanged = count(&preview, "running") - count(&preview, "changed") - count(&preview, "kept_past");
    assert_eq!((count(&preview, "earlier"), unchanged), (0, 0), "{preview}");
    put(&stage.admin, LEVELS, &short).await.expect(200);
    let moves = eventually("longer limits", async || {
        let after = stage.ends().await;
        let moved = before.iter().filter(|(ticket, end)| after.get(*ticket) != Some(end)).count();
        (moved == count(&preview, "changed")).then_some(after)
    })
    .await;
    let waiting = stage.admin.all_tickets("state=submitted").await;
    for own in &stage.own[2..] {
        assert_eq!(moves.get(own), before.get(own));
        let ticket = waiting.iter().find(|ticket| ticket["id"] == own.as_str()).expect("still waits");
        assert_eq!(ticket["overdue"], false, "nobody becomes late by a rule that did not hold");
    }
}

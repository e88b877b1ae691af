//! Service levels and the working calendar: who reads and changes them, and what that does to clocks that run.

mod effects;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use awc::http::Method;
use serde_json::{Value, json};

use crate::bad_calls::assert_clear_refusal;
use crate::support::{Live, Person, Reply, TestServer, eventually, text};

const LEVELS: &str = "/service-levels";
const CALENDAR: &str = "/calendar";

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
         WHERE subject_kind = '{kind}' AND subject_id = '{version}';"
    );
    let rows = server.sql(&sql);
    let row: Value = serde_json::from_str(&rows[0][0]).unwrap();
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
    let answer = admin.put(LEVELS, &changed).await;
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
        one.put(path, &first).await.expect(200);
        for late in
            [second.clone(), with(&second, json!({ "version": 2 })), with(&second, json!({ "version": u32::MAX }))]
        {
            let refused = two.put(path, &late).await;
            assert_eq!((refused.status, refused.code()), (409, code.as_str()), "{path}");
            assert_clear_refusal(&refused, path);
        }
        assert_eq!(body_at(&two, path).await, with(&first, json!({ "version": 1 })));
        two.put(path, &with(&second, json!({ "version": 1 }))).await.expect(200);
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
                let levels = admin.put(LEVELS, &with(&levels, json!({ "reopen_days": editor }))).await;
                let calendar = admin.put(CALENDAR, &with(&calendar, json!({ "days": name }))).await;
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
    let stated = admin.put(CALENDAR, &changed).await;
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
            let stated = admin.put(path, &with(&body, json!({ "version": version }))).await;
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

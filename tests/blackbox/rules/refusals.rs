//! Rules that cannot be: refused by the name of the field, and what held goes on holding.

use super::*;

/// A JSON body at most.
const JSON_LIMIT: usize = 256 * 1024;

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
    assert_eq!(admin.put(LEVELS, &both).await.fields(), ["accept.value", "reopen_days"]);
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
    let refused = admin.put(CALENDAR, &too_many).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["days"]));
    for (path, method) in [(LEVELS, Method::PUT), (CALENDAR, Method::PUT), ("/calendar/notice", Method::POST)] {
        let refused = admin.send(method, path, Some(days(6_000).to_string().into_bytes()), &[]).await;
        assert_eq!((refused.status, refused.code()), (413, "request.too_large"), "{path}");
    }
    let stated = admin.put(CALENDAR, &days(4_000)).await;
    assert_eq!(stated.expect(200)["days"].as_object().unwrap().len(), 4_000);
    assert_eq!(body_at(&admin, CALENDAR).await, body_of(&stated.body));
}

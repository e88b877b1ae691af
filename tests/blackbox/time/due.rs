//! How a due date came about, as the page tells it: hours that counted, pauses, days off.

use super::*;

/// Minutes of an ordinary day: 08:30 to 12:00 and 14:30 to 18:00.
const OFFICE_DAY: i64 = 7 * 60;

/// Sums of the minutes that counted and those that were paused.
#[track_caller]
fn sums(due: &Value) -> (i64, i64) {
    let days = due["days"].as_array().unwrap();
    let sum = |member: &str| days.iter().map(|day| day[member].as_i64().unwrap()).sum();
    for day in days {
        let counted = day["counted"].as_array().unwrap();
        let spans: i64 = counted.iter().map(|span| time(&span["to"]).since(time(&span["from"]))).sum();
        assert_eq!(day["counted_minutes"], spans / MINUTE_MS, "{day}");
    }
    (sum("counted_minutes"), sum("paused_minutes"))
}

/// Each day's minutes are told to the minute below, so the first and the last lose up to one each.
#[track_caller]
fn assert_about(minutes: i64, expected: i64) {
    assert!((expected - 3..=expected).contains(&minutes), "{minutes} of {expected}");
}

#[actix_rt::test]
async fn every_minute_of_a_limit_is_accounted_for_over_pauses_and_days_off() {
    let hours = ("LIANXIN__TICKETS__FINISH_LIMIT_HOURS", "14");
    let mut stage = Stage::with("19900001121", &[("LIANXIN__TICKETS__WORKING_TIME", "true"), hours]).await;
    let admin = stage.server.staff("admin", 0).await;
    // Every day is worked, so that the test does not depend on the day it runs.
    let mut calendar = admin.get("/calendar").await.expect(200).clone();
    for told in ["history", "may_change", "year"] {
        calendar.as_object_mut().unwrap().remove(told);
    }
    calendar["week"] = json!(vec![calendar["week"][0].clone(); 7]);
    calendar["days"] = json!({});
    let put = async |admin: &Person, calendar: &mut Value| {
        let stated = admin.put("/calendar", calendar).await;
        calendar["version"] = stated.expect(200)["version"].clone();
    };
    put(&admin, &mut calendar).await;
    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    let due = stage.due(&stage.resident).await;
    assert_eq!((&due["purpose"], &due["limit_words"]), (&json!("finish"), &json!("14 小时工作时间")));
    assert_eq!((&due["level"], &due["level_title"]), (&json!(5), &json!("五级网格")));
    assert_eq!(due["rules"], json!({ "service_levels_version": 0, "calendar_version": 1 }));
    assert_eq!(due["started_at"], stage.read().await["accepted_at"]);
    let (counted, paused) = sums(&due);
    assert_about(counted, 2 * OFFICE_DAY);
    assert_eq!(paused, 0);
    let plain = text(&due["plain"]);
    assert!(plain.starts_with("还剩 ") && plain.contains("工作日") && plain.ends_with("届时应办结"), "{plain}");

    // A day later by the clock on the wall it goes on: a day of office hours stood still.
    stage.worker.step(&stage.ticket, "pause", &json!({ "reason": "waiting_for_department" })).await;
    stage.sleep(|server, ticket| server.age_by(ticket, DAY_MS));
    stage.worker.step(&stage.ticket, "resume", &json!({})).await;
    let due = stage.due(&stage.resident).await;
    let (counted, paused) = sums(&due);
    assert_about(counted, 2 * OFFICE_DAY);
    assert!((OFFICE_DAY - 3..=OFFICE_DAY + 1).contains(&paused), "{paused}");
    let stood = &due["pauses"][0];
    assert!(time(&stood["to"]).since(time(&stood["from"])) >= DAY_MS);

    // The day on which it would end becomes a day off: the end moves behind it, and the page says why.
    let local = time(&due["due_at"]).plus_millis(8 * HOUR_MS - 1).to_string();
    let last_day = &local[..10];
    calendar["days"] = json!({ last_day: { "working": false, "name": "临时放假" } });
    let admin = admin.at(&stage.server);
    let head = stage.worker.head().await;
    put(&admin, &mut calendar).await;
    let changed = stage.hears(&stage.worker, head, "ticket.due_changed").await;
    assert_eq!((&changed["data"]["cause"], &changed["data"]["was_due_at"]), (&json!("calendar"), &due["due_at"]));
    let moved = stage.due(&stage.resident).await;
    assert_eq!(moved["due_at"], changed["data"]["due_at"]);
    assert_eq!(time(&moved["due_at"]).since(time(&due["due_at"])), DAY_MS, "the same hour of the next day");
    assert_eq!(moved["rules"], json!({ "service_levels_version": 0, "calendar_version": 2 }));
    let day_off = moved["days"].as_array().unwrap().iter().find(|day| day["date"] == last_day).unwrap();
    assert_eq!((&day_off["working"], &day_off["name"]), (&json!(false), &json!("临时放假")));
    assert_eq!((&day_off["counted_minutes"], &day_off["counted"]), (&json!(0), &json!([])));
    assert_eq!(sums(&moved), (counted, paused));
    // Nobody else's business.
    let neighbour = stage.server.staff("worker", 2).await;
    let refused = neighbour.get(&format!("/tickets/{}/due", stage.ticket)).await;
    assert_refused(&refused, 404, "ticket.not_found");
    assert_eq!(stage.server.nobody().get(&format!("/tickets/{}/due", stage.ticket)).await.status, 401);
}

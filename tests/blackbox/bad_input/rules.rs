//! The calls of service levels and calendar.

use super::*;
use crate::bad_values::Takes::Notice;

const VERSION: (&str, Takes) = ("version", Whole(0, u32::MAX as i64));
const MINUTES_OF_A_YEAR: i64 = 365 * 24 * 60;
const HOURS_OF_A_YEAR: i64 = 365 * 24;

impl Stage {
    /// The calls of service levels and calendar.
    pub(super) async fn about_rules(&self) -> Vec<Call> {
        let levels = service_levels();
        let calendar = calendar();
        let notice = json!({ "year": 2027, "papers": ["https://www.gov.cn/"],
            "days": [{ "name": "元旦", "date": "2027-01-01", "isOffDay": true }] });
        let tried = json!({ "calendar": calendar, "notice": null });
        let calendar_fields = [VERSION, ("week", Ids), ("makeup", Ids), ("days", Object), ("noticed", Ids)];
        let nested = [
            ("calendar", Object),
            ("calendar.version", VERSION.1),
            ("calendar.week", Ids),
            ("calendar.makeup", Ids),
            ("calendar.days", Object),
            ("calendar.noticed", Ids),
            ("notice", Notice),
        ];
        let admin = &self.admin;
        let call = |schema, path: &str, right: &Value, fields: &[(&'static str, Takes)]| {
            self.call(schema, admin, path.to_owned(), right.clone(), 200, fields)
        };
        let level_fields = level_fields();
        let mut calls = vec![
            call("ServiceLevelsBody", "/service-levels/preview", &levels, &level_fields),
            call("ServiceLevelsBody", "/service-levels", &levels, &level_fields),
            call("CalendarBody", "/calendar", &calendar, &calendar_fields),
            call("CalendarPreviewInput", "/calendar/preview", &tried, &nested),
            call(
                "NoticeInput",
                "/calendar/notice",
                &json!({ "version": 1, "notice": notice }),
                &[VERSION, ("notice", Notice)],
            ),
        ];
        calls[1].method = Method::PUT;
        calls[2].method = Method::PUT;
        calls
    }
}

fn service_levels() -> Value {
    let minutes = json!({ "value": 30, "unit": "minutes", "clock": "working" });
    let hours = json!({ "value": 24, "unit": "hours", "clock": "continuous" });
    json!({ "version": 0, "accept": minutes, "finish": hours,
        "exceptions": [{ "kind": "dispute", "level": 5, "accept": hours, "finish": null }],
        "warn_percent": 80, "pause_workdays": 10, "nudge_cooldown_minutes": 10, "nudge_answer": minutes,
        "nudge_repeat": hours, "returns_until_escalation": 2, "reopen_days": 7 })
}

fn calendar() -> Value {
    let office = json!([{ "from": "08:30", "to": "12:00" }]);
    json!({ "version": 0, "week": vec![&office; 7], "makeup": office, "noticed": [2026],
        "days": { "2026-10-01": { "working": false, "name": "国庆节", "hours": null } } })
}

fn level_fields() -> Vec<(&'static str, Takes)> {
    vec![
        VERSION,
        ("accept", Object),
        ("accept.value", Whole(1, MINUTES_OF_A_YEAR)),
        ("accept.unit", OneOf),
        ("accept.clock", OneOf),
        ("finish", Object),
        ("finish.value", Whole(1, HOURS_OF_A_YEAR)),
        ("finish.unit", OneOf),
        ("finish.clock", OneOf),
        ("exceptions", Ids),
        ("warn_percent", Whole(0, 95)),
        ("pause_workdays", Whole(1, 250)),
        ("nudge_cooldown_minutes", Whole(0, 1_440)),
        ("nudge_answer", Object),
        ("nudge_answer.value", Whole(1, MINUTES_OF_A_YEAR)),
        ("nudge_answer.unit", OneOf),
        ("nudge_answer.clock", OneOf),
        ("nudge_repeat", Object),
        ("nudge_repeat.value", Whole(1, HOURS_OF_A_YEAR)),
        ("nudge_repeat.unit", OneOf),
        ("nudge_repeat.clock", OneOf),
        ("returns_until_escalation", Whole(1, 20)),
        ("reopen_days", Whole(0, 365)),
    ]
}

#[actix_rt::test]
async fn every_field_of_rules_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006405").await;
    let document = stage.document().await;
    for call in stage.about_rules().await {
        call.check(&document).await;
    }
}

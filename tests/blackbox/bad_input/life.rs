//! The calls of 组织生活会.

use awc::http::Method;
use chrono::Datelike as _;
use lianxin::system::SystemClock;
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use super::{REASON, Stage};
use crate::bad_calls::Call;
use crate::bad_values::Takes::{Id, Ids, OneOf, Time, Whole, Words};
use crate::support::{Person, text};

const VERSION: crate::bad_values::Takes = Whole(0, u32::MAX as i64);

fn in_minutes(minutes: i64) -> String {
    SystemClock.now().plus_millis(minutes * 60_000).to_string()
}

fn in_hours(hours: i64) -> String {
    in_minutes(hours * 60)
}

impl Stage {
    async fn life(&self, host: &Person, new: &Value) -> String {
        text(&host.post("/organisational-life", new).await.expect(201)["id"])
    }

    pub(super) async fn about_life(&self) -> Vec<Call> {
        let host = self.server.staff("host", 0).await;
        let (member, other) = (self.server.staff("member", 0).await, self.server.staff("member", 1).await);
        let branch = text(&host.get("/auth/me").await.expect(200)["membership"]["organisation"]["id"]);
        let member_of = async |person: &Person| text(&person.get("/auth/me").await.body["membership"]["member_id"]);
        let (first, second) = (member_of(&member).await, member_of(&other).await);
        let now = SystemClock.now();
        let year = i64::from(local_date(now).unwrap().year());
        let mut new = json!({ "org_id": branch, "topic": "组织生活会", "year": year, "content": "对照检查",
            "materials_due_at": in_hours(24), "ends_at": in_hours(48), "notice": "message",
            "members": [first, second], "attachments": [] });
        let before = self.life(&host, &new).await;
        for person in [&member, &other] {
            let material = json!({ "text": "对照检查" });
            person.put(&format!("/organisational-life/{before}/material"), &material).await.expect(200);
        }
        let (during, after) = (self.life(&host, &new).await, self.life(&host, &new).await);
        let due = now.plus_millis(-60_000).millis();
        self.server.sql(&format!("UPDATE life_meetings SET materials_due_at = {due} WHERE id <> '{before}';"));
        let mut meetings = Vec::new();
        for _ in 0..2 {
            let plan = json!({ "topic": "组织生活会", "type": "organisation_life", "org_id": branch, "place": "村部",
                "starts_at": in_minutes(10), "ends_at": in_minutes(70), "attendees": { "whole_branch": true } });
            meetings.push(text(&host.post("/meetings", &plan).await.expect(201)["id"]));
        }
        for step in ["launch", "start", "end"] {
            host.post(&format!("/meetings/{}/{step}", meetings[1]), &json!({})).await.expect(200);
        }
        let link = json!({ "meeting_id": meetings[1] });
        host.put(&format!("/organisational-life/{after}/meetings/members"), &link).await.expect(200);
        let at = |id: &str, end: &str| format!("/organisational-life/{id}{end}");
        let files = json!([self.photo(&member).await]);
        let plan = [
            ("topic", Words { max: 100, required: true }),
            ("year", Whole(year - 1, year + 1)),
            ("content", Words { max: 5_000, required: true }),
            ("materials_due_at", Time),
            ("ends_at", Time),
            ("attachments", Ids),
        ];
        let made = [("org_id", Id), ("notice", OneOf), ("members", Ids)];
        let given = [("text", Words { max: 10_000, required: false }), ("attachments", Ids)];
        let mut changes = new.clone();
        let kept = |name: &String| !["org_id", "notice", "members"].contains(&name.as_str());
        changes.as_object_mut().unwrap().retain(|name, _| kept(name));
        new["attachments"] = json!([self.photo(&host).await]);
        let mut calls = vec![
            self.call(
                "NewLifeMeetingInput",
                &host,
                "/organisational-life".into(),
                new,
                201,
                &[&plan[..], &made[..]].concat(),
            ),
            self.call("LifeMeetingChanges", &host, at(&before, ""), changes, 200, &plan),
            self.call(
                "MaterialInput",
                &member,
                at(&before, "/material"),
                json!({ "text": "第二稿", "attachments": files }),
                200,
                &given,
            ),
            self.call(
                "ApprovalInput",
                &host,
                at(&before, &format!("/materials/{first}/approve")),
                json!({ "version": 2 }),
                200,
                &[("version", VERSION)],
            ),
            self.call(
                "ReturnInput",
                &host,
                at(&before, &format!("/materials/{second}/return")),
                json!({ "version": 1, "reason": "不够具体" }),
                200,
                &[("version", VERSION), ("reason", REASON)],
            ),
            self.call(
                "LinkInput",
                &host,
                at(&during, "/meetings/members"),
                json!({ "meeting_id": meetings[0] }),
                200,
                &[("meeting_id", Id)],
            ),
            self.call(
                "ReportInput",
                &host,
                at(&after, "/report"),
                json!({ "text": "整改已落实", "attachments": [self.photo(&host).await] }),
                200,
                &given,
            ),
        ];
        calls[1].method = Method::PATCH;
        for put in [2, 5, 6] {
            calls[put].method = Method::PUT;
        }
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_organisational_life_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006408").await;
    let document = stage.document().await;
    for call in stage.about_life().await {
        call.check(&document).await;
    }
}

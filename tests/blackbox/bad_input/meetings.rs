//! The calls of meetings.

use awc::http::Method;
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use super::{REMARK, Stage};
use crate::bad_calls::Call;
use crate::bad_values::Takes::{
    AnyText, Bool, Geometry, Id, Ids, Link, Number, Object, Objects, OneOf, Texts, Time, Whole, Words,
};
use crate::support::{Person, text};

/// Ten minutes from now, and more.
fn in_minutes(minutes: i64) -> String {
    SystemClock.now().plus_millis(minutes * 60_000).to_string()
}

impl Stage {
    /// A meeting of the first branch that got as far as these steps.
    async fn meeting(&self, host: &Person, branch: &str, steps: &[&str]) -> String {
        let plan = json!({ "topic": "党课", "type": "party_lecture", "org_id": branch, "place": "村部",
            "starts_at": in_minutes(10), "ends_at": in_minutes(60), "attendees": { "whole_branch": true },
            "sign_up": { "deadline": in_minutes(5) }, "agenda": [{ "title": "学习" }] });
        let id = text(&host.post("/meetings", &plan).await.expect(201)["id"]);
        for step in steps {
            host.post(&format!("/meetings/{id}/{step}"), &json!({})).await.expect(200);
        }
        id
    }

    pub(super) async fn about_meetings(&self) -> Vec<Call> {
        let host = self.server.staff("host", 0).await;
        let supervisor = self.server.staff("supervisor", 0).await;
        let (member, other) = (self.server.staff("member", 0).await, self.server.staff("member", 1).await);
        let me = host.get("/auth/me").await.expect(200).clone();
        let (account, branch) = (text(&me["id"]), text(&me["membership"]["organisation"]["id"]));
        let member_of = async |person: &Person| text(&person.get("/auth/me").await.body["membership"]["member_id"]);
        let (first, second) = (member_of(&member).await, member_of(&other).await);
        let draft = self.meeting(&host, &branch, &[]).await;
        let launched = self.meeting(&host, &branch, &["launch"]).await;
        let running = self.meeting(&host, &branch, &["launch", "start"]).await;
        let ended = self.meeting(&host, &branch, &["launch", "start"]).await;
        let came = json!({ "member_id": first, "reason": "手机没电" });
        host.post(&format!("/meetings/{ended}/sign-in/manual"), &came).await.expect(200);
        host.post(&format!("/meetings/{ended}/end"), &json!({})).await.expect(200);
        let picture = self.photo(&host).await;
        let with_leave = self.meeting(&host, &branch, &["launch"]).await;
        member.post(&format!("/meetings/{with_leave}/leave"), &json!({ "reason": "住院" })).await.expect(200);
        let code = text(&host.get(&format!("/meetings/{launched}/sign-in/code")).await.expect(200)["code"]);
        let own_type = self.admin.post("/meeting-types", &json!({ "name": "屋场会", "family": "activity" })).await;
        let own_type = text(&own_type.expect(201)["code"]);
        let at = |id: &str, end: &str| format!("/meetings/{id}/{end}");
        let new = json!({ "topic": "大会", "type": "general_meeting", "org_id": branch, "host_id": account,
            "recorder_id": account, "starts_at": in_minutes(10), "ends_at": in_minutes(60), "mode": "hybrid", "video_link": "https://meeting.example.cn/1",
            "place": "村部", "content": "学习", "attachments": [], "attendees": { "whole_branch": true, "members": [], "orgs": [] },
            "sign_up": { "deadline": in_minutes(5) },
            "sign_in": { "required": true, "opens_minutes_before": 30, "late_after_minutes": 5,
                "fence": { "lng": 105.1, "lat": 24.5, "datum": "gcj02", "radius_m": 200 } },
            "agenda": [{ "title": "一", "minutes": 30, "presenter": "书记" }] });
        let mut changed = new.clone();
        changed.as_object_mut().unwrap().remove("org_id");
        let plan = [
            ("topic", Words { max: 100, required: true }),
            ("type", OneOf),
            ("host_id", Id),
            ("recorder_id", Id),
            ("starts_at", Time),
            ("ends_at", Time),
            ("mode", OneOf),
            ("place", Words { max: 200, required: true }),
            ("video_link", Link),
            ("content", Words { max: 5_000, required: false }),
            ("attachments", Ids),
            ("attendees", Object),
            ("attendees.whole_branch", Bool),
            ("attendees.members", Ids),
            ("attendees.orgs", Ids),
            ("agenda", Objects),
            ("sign_up", Object),
            ("sign_up.deadline", Time),
            ("sign_in", Object),
            ("sign_in.required", Bool),
            ("sign_in.opens_minutes_before", Whole(0, 1_440)),
            ("sign_in.late_after_minutes", Whole(0, 600)),
            ("sign_in.fence", Object),
            ("sign_in.fence.lng", Number),
            ("sign_in.fence.lat", Number),
            ("sign_in.fence.datum", OneOf),
            ("sign_in.fence.radius_m", Number),
            ("sign_in.fence.polygon", Geometry),
        ];
        let whole = [plan.as_slice(), &[("org_id", Id)]].concat();
        let guest: Value = json!({ "name": "县委派员" });
        let mut calls = vec![
            self.call("NewMeetingInput", &host, "/meetings".into(), new, 201, &whole),
            self.call("MeetingChanges", &host, format!("/meetings/{draft}"), changed, 200, &plan),
            self.call("NewMeetingType", &self.admin, "/meeting-types".into(),
                json!({ "name": "田间课堂", "family": "activity" }), 201,
                &[("name", Words { max: 20, required: true }), ("family", OneOf)]),
            self.call("MeetingTypeChanges", &self.admin, format!("/meeting-types/{own_type}"),
                json!({ "name": "院坝会", "enabled": true }), 200,
                &[("name", Words { max: 20, required: true }), ("enabled", Bool)]),
            self.call("AgendaInput", &host, at(&running, "agenda"), json!({ "index": 0 }), 200, &[("index", Whole(0, 0))]),
            self.call("ReplyInput", &member, at(&launched, "reply"), json!({ "attending": true }), 200, &[("attending", Bool)]),
            self.call("LeaveDecisionInput", &host, at(&with_leave, &format!("leave/{first}/decide")),
                json!({ "approved": true, "note": "好" }), 200, &[("approved", Bool), ("note", REMARK)]),
            self.call("GuestInput", &host, at(&launched, "guests"), guest.clone(), 200,
                &[("name", Words { max: 50, required: true }), ("member_id", Id)]),
            self.call("SubstituteInput", &host, at(&launched, "substitute"),
                json!({ "of_member_id": second, "by": guest }), 200, &[("of_member_id", Id), ("by", Object), ("by.name", Words { max: 50, required: true }), ("by.member_id", Id)]),
            self.call("ClaimInput", &self.server.nobody(), at(&launched, "sign-in/claim"), json!({ "code": code }), 200,
                &[("code", AnyText)]),
            self.call("SignInCall", &member, at(&launched, "sign-in"),
                json!({ "claim": "x", "location": { "lng": 105.1, "lat": 24.5, "datum": "wgs84", "accuracy": 5.0, "age_ms": 10, "mocked": false, "consent": 1 } }),
                422,
                &[("claim", AnyText), ("location", Object), ("location.lng", Number), ("location.lat", Number),
                    ("location.datum", OneOf), ("location.accuracy", Number), ("location.age_ms", Whole(i64::MIN + 1, i64::MAX - 1)),
                    ("location.mocked", Bool), ("location.consent", Whole(1, 1))]),
            self.call("SuperiorInput", &host, at(&launched, "superior"),
                json!({ "organisation_id": null, "note": "请指导" }), 422,
                &[("note", Words { max: 200, required: false }), ("organisation_id", Id)]),
            self.call("DelegateInput", &host, at(&launched, "superior/delegate"), json!({ "member_id": first }), 409, &[("member_id", Id)]),
            self.call("HandInput", &host, at(&running, "hand"), json!({ "raised": false, "member_id": first }), 200,
                &[("raised", Bool), ("member_id", Id)]),
            self.call("MeetingNoteInput", &member, at(&launched, "notes"), json!({ "text": "记下", "version": 0 }), 200,
                &[("text", Words { max: 10_000, required: false }), ("version", Whole(0, i64::from(u32::MAX)))]),
            self.call("MinutesInput", &host, at(&running, "minutes"),
                json!({ "version": 0, "content": "学习", "discussions": ["同意"], "decisions": "修渠", "remarks": "无" }), 200,
                &[("version", Whole(0, i64::from(u32::MAX))), ("content", Words { max: 10_000, required: false }),
                    ("discussions", Texts), ("decisions", Words { max: 5_000, required: false }), ("remarks", Words { max: 2_000, required: false })]),
            self.call("MinutesSignInput", &host, at(&ended, "minutes/sign"), json!({ "version": 0 }), 200,
                &[("version", Whole(0, i64::from(u32::MAX)))]),
            self.call("PicturesInput", &host, at(&running, "media"), json!({ "attachments": [{ "id": picture, "caption": "会场" }] }), 201,
                &[("attachments", Objects)]),
            self.call("MeetingRatingInput", &member, at(&ended, "rating"), json!({ "stars": 5, "comment": "好" }), 200,
                &[("stars", Whole(1, 5)), ("comment", REMARK)]),
            self.call("ManualInput", &host, at(&launched, "sign-in/manual"),
                json!({ "member_id": first, "reason": "手机没电" }), 200,
                &[("member_id", Id), ("reason", Words { max: 200, required: true })]),
            self.call("MeetingNudgeInput", &supervisor, at(&launched, "nudge"), json!({ "note": "抓紧" }), 200, &[("note", REMARK)]),
            self.call("SignOutInput", &host, at(&launched, "sign-out"), json!({ "member_id": first }), 200, &[("member_id", Id)]),
        ];
        for put in calls.iter_mut().filter(|call| call.schema == "MinutesInput") {
            put.method = Method::PUT;
        }
        calls[1].method = Method::PATCH;
        calls[3].method = Method::PATCH;
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_meetings_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006407").await;
    let document = stage.document().await;
    for call in stage.about_meetings().await {
        call.check(&document).await;
    }
}

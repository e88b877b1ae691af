//! The calls of appraisals.

use awc::http::Method;
use serde_json::json;

use super::Stage;
use crate::bad_calls::Call;
use crate::bad_values::Takes::{Bool, Id, Ids, Object, Objects, OneOf, Time, Whole, Words};
use crate::support::{now, text};

const HOUR_MS: i64 = 3_600_000;

fn in_hours(hours: i64) -> String {
    now().plus_millis(hours * HOUR_MS).to_string()
}

impl Stage {
    /// An appraisal of the branch that was started, with these columns besides.
    async fn appraisal(&self, branch: &str, columns: &str) -> String {
        let new = json!({ "org_id": branch, "topic": "评议", "year": 2026, "deadline": in_hours(1), "mass": true });
        let id = text(&self.admin.post("/appraisals", &new).await.expect(201)["id"]);
        if !columns.is_empty() {
            self.admin.post(&format!("/appraisals/{id}/start"), &json!({})).await.expect(200);
            self.server.sql(&format!("UPDATE appraisals SET {columns} WHERE id = '{id}';"));
        }
        id
    }

    /// A meeting of the branch that may decide an appraisal.
    async fn deciding(&self, branch: &str) -> String {
        let plan = json!({ "topic": "评定会议", "type": "appraisal", "org_id": branch, "place": "村部",
            "starts_at": in_hours(1), "ends_at": in_hours(2), "attendees": { "whole_branch": true } });
        let id = text(&self.admin.post("/meetings", &plan).await.expect(201)["id"]);
        self.admin.post(&format!("/meetings/{id}/launch"), &json!({})).await.expect(200);
        id
    }

    pub(super) async fn about_appraisals(&self) -> Vec<Call> {
        let tree = self.admin.get("/organisations/tree").await.expect(200).clone();
        let branch = text(&tree["children"][0]["children"][0]["id"]);
        let past = now().plus_millis(-HOUR_MS).millis();
        let over = format!("deadline = {past}, closed_at = {past}, counted_at = {past}");
        let (meeting, begun) = (self.deciding(&branch).await, self.deciding(&branch).await);
        self.server.sql(&format!("UPDATE meetings SET starts_at = {past} WHERE id = '{begun}';"));
        let draft = self.appraisal(&branch, "").await;
        let rating = self.appraisal(&branch, "year = 2025").await;
        let waiting = self.appraisal(&branch, &over).await;
        let graded = self.appraisal(&branch, &format!("{over}, meeting_id = '{begun}'")).await;
        let ended = format!("{over}, ended_at = {past}, ended_by_id = created_by_id, ended_by_name = '书记'");
        let ended = self.appraisal(&branch, &ended).await;
        let host = self.server.staff("host", 0).await;
        let form = host.get(&format!("/appraisals/{rating}/form")).await.expect(200).clone();
        let everybody = form["people"].as_array().unwrap();
        let ratings: Vec<_> =
            everybody.iter().map(|one| json!({ "member_id": one["member_id"], "grade": "qualified" })).collect();
        let new = json!({ "org_id": branch, "topic": "评议", "year": 2026, "deadline": in_hours(2), "mass": false,
            "notice": "请填写", "member_ids": [everybody[0]["member_id"]] });
        let changes =
            json!({ "topic": "评议", "year": 2026, "deadline": in_hours(2), "mass": true, "notice": "请填写" });
        let sent = json!({ "self": { "grade": "qualified", "text": "述职" }, "ratings": ratings });
        let grade = json!({ "grade": "qualified", "opinion": "好", "follow_up": "谈话" });
        let (topic, notice) = (Words { max: 60, required: true }, Words { max: 500, required: false });
        let opinion = Words { max: 2_000, required: true };
        let plan =
            [("topic", topic), ("year", Whole(2000, 2100)), ("deadline", Time), ("mass", Bool), ("notice", notice)];
        let path = |id: &str, end: &str| format!("/appraisals/{id}/{end}");
        let one = path(&graded, &format!("grades/{}", text(&everybody[0]["member_id"])));
        let admin = &self.admin;
        let all = [plan.as_slice(), &[("org_id", Id), ("member_ids", Ids)]].concat();
        let form = [("self", Object), ("self.grade", OneOf), ("self.text", opinion), ("ratings", Objects)];
        let given = [("grade", OneOf), ("opinion", opinion), ("follow_up", notice)];
        let (link, said) = (json!({ "meeting_id": meeting }), json!({ "ratings": [ratings[0]] }));
        let why = [("reason", Words { max: 200, required: true })];
        let mut calls = vec![
            self.call("NewAppraisalInput", admin, "/appraisals".into(), new, 201, &all),
            self.call("ReopenAppraisalInput", admin, path(&ended, "reopen"), json!({ "reason": "漏评" }), 200, &why),
            self.call("AppraisalChanges", admin, format!("/appraisals/{draft}"), changes, 200, &plan),
            self.call("AppraisalFormInput", &host, path(&rating, "form"), sent, 200, &form),
            self.call(
                "AppraisalOpinionInput",
                &self.resident,
                path(&rating, "opinion"),
                said,
                200,
                &[("ratings", Objects)],
            ),
            self.call("AppraisalMeetingInput", &host, path(&waiting, "meeting"), link, 200, &[("meeting_id", Id)]),
            self.call("AppraisalGradeInput", &host, one, grade, 200, &given),
        ];
        calls[2].method = Method::PATCH;
        calls[3..].iter_mut().for_each(|call| call.method = Method::PUT);
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_appraisals_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006409").await;
    let document = stage.document().await;
    for call in stage.about_appraisals().await {
        call.check(&document).await;
    }
}

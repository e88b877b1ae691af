//! The calls of duties and orders.

use awc::http::Method;
use serde_json::json;

use super::{REASON, REMARK, Stage};
use crate::bad_calls::Call;
use crate::bad_values::Takes::{AnyText, Bool, Day, Id, Ids, OneOf, Time, Whole};
use crate::support::{eventually, text};

impl Stage {
    pub(super) async fn about_duties(&self) -> Vec<Call> {
        let tree = self.admin.get("/organisations/tree").await.expect(200).clone();
        let branch = text(&tree["children"][0]["children"][0]["id"]);
        let founded = json!({ "founded_on": "2012-07-01" });
        self.admin.patch(&format!("/organisations/{branch}"), &founded).await.expect(204);
        let duty = eventually("a warning", async || {
            let page = self.admin.get(&format!("/duties?org={branch}&level=red")).await.expect(200).clone();
            page["items"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
        let host = self.server.staff("host", 0).await;
        let new = json!({ "org_id": branch, "duty_id": duty, "text": "请召开", "due_at": "2999-01-01T00:00:00Z" });
        let order = text(&self.admin.post("/orders", &new).await.expect(201)["id"]);
        let account = self.account(&self.worker).await;
        let rule = json!({ "enabled": true, "period": "month", "minimum": 1, "applies_to": "every_branch",
            "quorum_percent": 50, "yellow_workdays": 10, "orange_workdays": 0, "minutes_days": 7, "answer_workdays": 2,
            "valid_from": "2018-10-28", "valid_to": "2099-12-31", "version": 0 });
        let fields = [
            ("enabled", Bool),
            ("period", OneOf),
            ("minimum", Whole(1, 31)),
            ("applies_to", OneOf),
            ("quorum_percent", Whole(0, 99)),
            ("yellow_workdays", Whole(0, 60)),
            ("orange_workdays", Whole(0, 10)),
            ("minutes_days", Whole(0, 90)),
            ("answer_workdays", Whole(1, 30)),
            ("valid_from", Day),
            ("valid_to", Day),
            ("version", Whole(0, u32::MAX as i64)),
        ];
        let admin = &self.admin;
        let mut calls = vec![
            self.call("DutyRuleInput", admin, "/duty-rules/party_visit".into(), rule, 200, &fields),
            self.call(
                "BranchCadresInput",
                admin,
                format!("/organisations/{branch}/cadres"),
                json!({ "account_ids": [account] }),
                200,
                &[("account_ids", Ids)],
            ),
            self.call(
                "DutyNudgeInput",
                admin,
                format!("/duties/{duty}/nudge"),
                json!({ "note": "快" }),
                201,
                &[("note", REMARK)],
            ),
            self.call(
                "DutyHandledInput",
                admin,
                format!("/duties/{duty}/handled"),
                json!({ "note": "好" }),
                200,
                &[("note", REASON)],
            ),
            self.call(
                "OrderInput",
                admin,
                "/orders".into(),
                new,
                201,
                &[("org_id", Id), ("duty_id", AnyText), ("text", REASON), ("due_at", Time)],
            ),
            self.call(
                "OrderAnswerInput",
                &host,
                format!("/orders/{order}/answer"),
                json!({ "text": "好" }),
                200,
                &[("text", REASON)],
            ),
        ];
        calls[0].method = Method::PUT;
        calls[1].method = Method::PUT;
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_duties_and_orders_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006407").await;
    let document = stage.document().await;
    for call in stage.about_duties().await {
        call.check(&document).await;
    }
}

//! The calls of 政策信息, 红色服务 and 服务日记.

use awc::http::Method;
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use super::Stage;
use crate::bad_calls::Call;
use crate::bad_values::STRANGE_ID;
use crate::bad_values::Takes::{AnyText, Bool, Id, Ids, Link, OneOf, Time, Whole, Words};
use crate::support::text;

const VERSION: crate::bad_values::Takes = Whole(0, u32::MAX as i64);

impl Stage {
    async fn kept(&self, path: &str, new: &Value) -> String {
        text(&self.admin.post(path, new).await.expect(201)["id"])
    }

    pub(super) async fn about_services(&self) -> Vec<Call> {
        let now = SystemClock.now().plus_millis(-3_600_000).to_string();
        let title = |max| ("title", Words { max, required: true });
        let policy = json!({ "grid_id": self.grid, "title": "医保缴费", "body": "每人 400 元", "enabled": true,
            "published_at": now });
        let policies = [title(100), ("body", Words { max: 10_000, required: true }), ("enabled", Bool)];
        let link = json!({ "grid_id": self.grid, "title": "党员教育", "address": "https://example.cn/", "description": "学习",
            "sort_order": 1, "enabled": true });
        let links = [
            title(30),
            ("address", Link),
            ("description", Words { max: 100, required: false }),
            ("sort_order", Whole(0, 9_999)),
            ("enabled", Bool),
        ];
        let record = json!({ "client_id": STRANGE_ID, "grid_id": self.grid, "kind": "visit", "happened_at": now,
            "text": "上门看望", "whom": "覃老太", "place": "三组", "attachments": [self.photo(&self.worker).await] });
        let records = [
            ("kind", OneOf),
            ("happened_at", Time),
            ("text", Words { max: 2_000, required: true }),
            ("whom", Words { max: 50, required: false }),
            ("place", Words { max: 100, required: false }),
            ("attachments", Ids),
        ];
        let changed = |new: &Value| {
            let mut changes = new.clone();
            changes.as_object_mut().unwrap().retain(|name, _| !["grid_id", "client_id"].contains(&name.as_str()));
            changes["version"] = json!(1);
            changes
        };
        let policy_id = self.kept("/policies", &policy).await;
        let link_id = self.kept("/service-links", &link).await;
        let mut other = record.clone();
        other["client_id"] = json!("01890a5d-ac96-774b-bcce-b302099a8058");
        other["attachments"] = json!([]);
        let record_id = text(&self.worker.post("/service-records", &other).await.expect(201)["id"]);
        let mut record_changes = changed(&record);
        record_changes["attachments"] = json!([self.photo(&self.worker).await]);
        let with = |first: &[(&'static str, crate::bad_values::Takes)],
                    fields: &[(&'static str, crate::bad_values::Takes)]| {
            first.iter().chain(fields).copied().collect::<Vec<_>>()
        };
        let new = [("grid_id", Id)];
        let version = [("version", VERSION)];
        let time = [("published_at", Time)];
        let (admin, worker) = (&self.admin, &self.worker);
        let mut calls = vec![
            self.call(
                "NewPolicyInput",
                admin,
                "/policies".into(),
                policy.clone(),
                201,
                &with(&new, &with(&time, &policies)),
            ),
            self.call("NewServiceLinkInput", admin, "/service-links".into(), link.clone(), 201, &with(&new, &links)),
            self.call(
                "NewServiceRecordInput",
                worker,
                "/service-records".into(),
                record,
                201,
                &with(&[("client_id", AnyText)], &with(&new, &records)),
            ),
            self.call(
                "PolicyChanges",
                admin,
                format!("/policies/{policy_id}"),
                changed(&policy),
                200,
                &with(&version, &with(&time, &policies)),
            ),
            self.call(
                "ServiceLinkChanges",
                admin,
                format!("/service-links/{link_id}"),
                changed(&link),
                200,
                &with(&version, &links),
            ),
            self.call(
                "ServiceRecordChanges",
                worker,
                format!("/service-records/{record_id}"),
                record_changes,
                200,
                &with(&version, &records),
            ),
        ];
        calls.iter_mut().skip(3).for_each(|call| call.method = Method::PATCH);
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_services_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006419").await;
    let document = stage.document().await;
    for call in stage.about_services().await {
        call.check(&document).await;
    }
}

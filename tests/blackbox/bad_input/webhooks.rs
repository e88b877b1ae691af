//! The calls of webhooks.

use awc::http::Method;
use serde_json::json;

use super::Stage;
use crate::bad_calls::Call;
use crate::bad_values::Takes::{Bool, Id, Link, SomeOf, Whole, Words};
use crate::support::text;

impl Stage {
    pub(super) async fn about_webhooks(&self) -> Vec<Call> {
        let admin = &self.admin;
        let new =
            json!({ "grid_id": self.grid, "name": "平台", "url": "https://example.cn/", "kinds": ["ticket.rated"] });
        let id = text(&admin.post("/webhooks", &new).await.expect(201)["webhook"]["id"]);
        let fields = [("name", Words { max: 30, required: true }), ("url", Link), ("kinds", SomeOf)];
        let made: Vec<_> = fields.iter().copied().chain([("grid_id", Id)]).collect();
        let changed: Vec<_> =
            fields.iter().copied().chain([("version", Whole(0, u32::MAX as i64)), ("enabled", Bool)]).collect();
        let changes = json!({ "version": 1, "name": "平台", "url": "https://example.cn/", "kinds": ["ticket.rated"],
            "enabled": true });
        let mut change = self.call("WebhookChanges", admin, format!("/webhooks/{id}"), changes, 200, &changed);
        change.method = Method::PATCH;
        vec![self.call("NewWebhookInput", admin, "/webhooks".into(), new, 201, &made), change]
    }
}

#[actix_rt::test]
async fn every_field_of_webhooks_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006425").await;
    let document = stage.document().await;
    for call in stage.about_webhooks().await {
        call.check(&document).await;
    }
}

//! The calls of 开放接口.

use awc::http::Method;
use serde_json::json;

use super::Stage;
use crate::bad_calls::Call;
use crate::bad_values::Takes::{Bool, Id, Whole, Words};
use crate::support::text;

impl Stage {
    pub(super) async fn about_integrations(&self) -> Vec<Call> {
        let new = json!({ "name": "12345 热线", "contact": "韦工 19900001234", "grid_id": self.grid });
        let made = self.admin.post("/integrations", &new).await.expect(201).clone();
        let words = [("name", Words { max: 30, required: true }), ("contact", Words { max: 100, required: true })];
        let changes = json!({ "version": 1, "name": "热线", "contact": "韦工", "enabled": true });
        let mut changed = self.call(
            "IntegrationChanges",
            &self.admin,
            format!("/integrations/{}", text(&made["integration"]["id"])),
            changes,
            200,
            &[("version", Whole(0, u32::MAX.into())), words[0], words[1], ("enabled", Bool)],
        );
        changed.method = Method::PATCH;
        let fields = [words[0], words[1], ("grid_id", Id)];
        vec![self.call("NewIntegrationInput", &self.admin, "/integrations".into(), new, 201, &fields), changed]
    }
}

#[actix_rt::test]
async fn every_field_of_integrations_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006420").await;
    let document = stage.document().await;
    for call in stage.about_integrations().await {
        call.check(&document).await;
    }
}

//! The calls of big screens.

use super::*;

impl Stage {
    pub(super) async fn about_screens(&self) -> Vec<Call> {
        let open = async || self.server.nobody().post("/screens", &json!({})).await.expect(201).clone();
        let target = format!("board:{}", self.grid);
        let name = ("name", Words { max: 50, required: true });
        let pair = |code: &Value| json!({ "code": code, "target": target, "name": "村委会大厅" });
        let (waits, paired) = (open().await, open().await);
        let screen = self.worker.post("/screens/pair", &pair(&paired["code"])).await;
        let path = format!("/screens/{}/target", text(&screen.expect(200)["id"]));
        vec![
            self.call(
                "PairInput",
                &self.worker,
                "/screens/pair".into(),
                pair(&waits["code"]),
                200,
                &[("code", AnyText), ("target", Id), name],
            ),
            self.call("ScreenTargetInput", &self.worker, path, json!({ "target": target }), 200, &[("target", Id)]),
        ]
    }
}

#[actix_rt::test]
async fn every_field_of_screens_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006407").await;
    let document = stage.document().await;
    for call in stage.about_screens().await {
        call.check(&document).await;
    }
}

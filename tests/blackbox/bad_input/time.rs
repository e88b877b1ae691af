//! The calls of tickets' clocks, of inboxes, and of how one is reached.

use super::*;
use crate::bad_values::Takes::{Endpoint, Key, SomeOf, Time, TimeOfDay};

impl Stage {
    /// The calls of a ticket's clock.
    pub(super) async fn about_clocks(&self) -> Vec<Call> {
        let accepted = [("accept", json!({}))];
        let request = json!({ "limit": { "value": 3, "unit": "workdays", "clock": "working" }, "reason": "等待材料" });
        let asked = [accepted.as_slice(), &[("extension", request.clone())]].concat();
        let leader = self.server.staff("leader_l3", 0).await;
        let at = |ticket: String, action: &str| format!("/tickets/{ticket}/{action}");
        vec![
            self.call(
                "PauseInput",
                &self.worker,
                at(self.ticket(&accepted).await, "pause"),
                json!({ "reason": "other", "note": "等供电所回话" }),
                200,
                &[("reason", OneOf), ("note", REMARK)],
            ),
            self.call(
                "ExtensionInput",
                &self.worker,
                at(self.ticket(&accepted).await, "extension"),
                request,
                200,
                &[
                    ("limit", Object),
                    ("limit.value", Whole(1, 250)),
                    ("limit.unit", OneOf),
                    ("limit.clock", OneOf),
                    ("reason", REASON),
                ],
            ),
            self.call(
                "DecisionInput",
                &leader,
                at(self.ticket(&asked).await, "extension-decision"),
                json!({ "approved": true, "note": "同意" }),
                200,
                &[("approved", Bool), ("note", REMARK)],
            ),
        ]
    }

    /// The calls of one's inbox and of how one is reached.
    pub(super) async fn about_inboxes(&self) -> Vec<Call> {
        self.ticket(&[]).await;
        let notification = text(&self.worker.get("/inbox").await.expect(200)["items"][0]["id"]);
        let read = [("ids", Ids), ("all_until", Time)];
        let of_inbox = |right| self.call("ReadInput", &self.worker, "/inbox/read".into(), right, 204, &read);
        let wishes = json!({ "quiet": { "from": "22:00", "to": "08:00" }, "muted": ["progress"],
            "channels": { "push": true, "wechat": false, "sms": true, "voice": false }, "digest": "18:00" });
        // The example of RFC 8291.
        let keys = json!({ "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4" });
        let mut wish = self.call(
            "WishesInput",
            &self.worker,
            "/me/notifications".into(),
            wishes,
            200,
            &[
                ("quiet", Object),
                ("quiet.from", TimeOfDay),
                ("quiet.to", TimeOfDay),
                ("muted", SomeOf),
                ("channels", Object),
                ("channels.push", Bool),
                ("channels.wechat", Bool),
                ("channels.sms", Bool),
                ("channels.voice", Bool),
                ("digest", TimeOfDay),
            ],
        );
        wish.method = Method::PUT;
        vec![
            of_inbox(json!({ "ids": [notification] })),
            of_inbox(json!({ "ids": [], "all_until": "2026-11-21T06:12:07.000Z" })),
            wish,
            self.call(
                "SubscriptionInput",
                &self.worker,
                "/push/subscriptions".into(),
                json!({ "endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": keys, "device": "手机" }),
                201,
                &[
                    ("endpoint", Endpoint),
                    ("keys", Object),
                    ("keys.p256dh", Key),
                    ("keys.auth", Key),
                    ("device", Words { max: 50, required: false }),
                ],
            ),
        ]
    }
}

#[actix_rt::test]
async fn every_field_of_clocks_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006405").await;
    let document = stage.document().await;
    for call in stage.about_clocks().await {
        call.check(&document).await;
    }
}

#[actix_rt::test]
async fn every_field_of_inboxes_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006406").await;
    let document = stage.document().await;
    for call in stage.about_inboxes().await {
        call.check(&document).await;
    }
}

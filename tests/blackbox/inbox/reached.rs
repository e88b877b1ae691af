//! How one wishes to be reached, and the browsers that take push messages.

use awc::http::Method;

use super::*;
use crate::other_side::browser::Browser;

const WISHES: &str = "/me/notifications";
const SUBSCRIPTIONS: &str = "/push/subscriptions";

/// With other members.
fn with(body: &Value, members: Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn wishes() -> Value {
    json!({ "quiet": null, "muted": [], "channels": { "push": true, "wechat": true, "sms": true, "voice": true }, "digest": null })
}

#[actix_rt::test]
async fn wishes_are_kept_and_duty_is_not_muted() {
    let mut stage = Stage::with("19900001211", &[]).await;
    let usual = stage.worker.get(WISHES).await.expect(200).clone();
    assert_eq!(usual["quiet"], json!({ "from": "22:00", "to": "08:00" }));
    assert_eq!((&usual["muted"], &usual["digest"]), (&json!([]), &json!(null)));
    assert_eq!(usual["available"], json!({ "push": true, "wechat": false, "sms": true, "voice": true }));
    assert_eq!(usual["may_mute"], json!(["deadline", "progress", "digest"]));
    let own = with(
        &wishes(),
        json!({ "quiet": { "from": "12:30", "to": "14:00" }, "muted": ["progress", "deadline"],
        "channels": { "push": true, "wechat": false, "sms": false, "voice": false }, "digest": "18:30" }),
    );
    let stated = stage.worker.put(WISHES, &own).await.expect(200).clone();
    for (member, value) in own.as_object().unwrap() {
        if member == "muted" {
            assert_eq!(stated[member], json!(["deadline", "progress"]));
        } else {
            assert_eq!(stated[member], *value, "{member}");
        }
    }
    assert_eq!(stage.colleague.get(WISHES).await.expect(200), &usual, "everybody's own");
    let duty = ["request", "employment", "nudge", "escalation", "approval"];
    for kind in duty {
        let refused = stage.worker.put(WISHES, &with(&own, json!({ "muted": ["progress", kind] }))).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["muted"]), "{kind}");
        assert_eq!(refused.body["fields"][0]["code"], "notification.duty");
        assert_clear_refusal(&refused, kind);
    }
    let always = with(&own, json!({ "quiet": { "from": "09:00", "to": "09:00" } }));
    assert_eq!(stage.worker.put(WISHES, &always).await.fields(), ["quiet.to"]);
    stage.sleep(|_| {});
    assert_eq!(stage.worker.get(WISHES).await.expect(200), &stated);
    let again = stage.worker.put(WISHES, &wishes()).await;
    assert_eq!((&again.expect(200)["quiet"], &again.body["digest"]), (&json!(null), &json!(null)));
    // A resident has wishes too.
    stage.resident.put(WISHES, &own).await.expect(200);
}

#[actix_rt::test]
async fn the_key_of_push_is_the_servers_own_for_ever_and_none_when_push_is_off() {
    let mut stage = Stage::with("19900001212", &[]).await;
    let key = stage.worker.get("/push/key").await.expect(200).clone();
    assert_eq!(key["enabled"], true);
    let point = data_encoding::BASE64URL_NOPAD.decode(text(&key["key"]).as_bytes()).unwrap();
    assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point");
    stage.sleep(|_| {});
    assert_eq!(stage.resident.get("/push/key").await.expect(200), &key);

    let off = Stage::with("19900001213", &[("LIANXIN__NOTIFY__PUSH__ENABLED", "false")]).await;
    assert_eq!(off.worker.get("/push/key").await.expect(200), &json!({ "enabled": false, "key": null }));
    assert_eq!(off.worker.get(WISHES).await.body["available"]["push"], false);
    let refused =
        off.worker.post(SUBSCRIPTIONS, &subscription("https://fcm.googleapis.com/x", &Browser::seeded(1))).await;
    assert_eq!((refused.status, refused.code()), (409, "push.off"));
}

fn subscription(endpoint: &str, browser: &Browser) -> Value {
    json!({ "endpoint": endpoint, "keys": { "p256dh": browser.p256dh(), "auth": browser.auth() } })
}

async fn subscribed(person: &Person) -> Vec<Value> {
    person.get(SUBSCRIPTIONS).await.expect(200)["items"].as_array().unwrap().clone()
}

/// An endpoint comes from a stranger's browser, and the server posts to it from inside the county's network.
#[actix_rt::test]
async fn a_subscription_that_leads_anywhere_but_to_a_push_service_is_refused() {
    let stage = Stage::with("19900001214", &[]).await;
    let browser = Browser::seeded(3);
    let (hostile, right) = (Browser::new(&[7; 32], &[1; 15]), "https://fcm.googleapis.com/fcm/send/abc");
    for endpoint in [
        "http://fcm.googleapis.com/x",
        "http://127.0.0.1:9464/metrics",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://10.0.0.7/admin",
        "https://192.168.1.1/x",
        "http://169.254.169.254/latest/meta-data/",
        "https://postgres.internal:5432/",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ] {
        let refused = stage.worker.post(SUBSCRIPTIONS, &subscription(endpoint, &browser)).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["endpoint"]), "{endpoint}: {}", refused.body);
        assert_clear_refusal(&refused, endpoint);
    }
    let mut keys = subscription(right, &browser);
    keys["keys"]["p256dh"] = json!(text(&keys["keys"]["p256dh"]).replace(|c: char| c.is_ascii_lowercase(), "A"));
    for (wrong, field) in [(keys, "keys.p256dh"), (subscription(right, &hostile), "keys.auth")] {
        let refused = stage.worker.post(SUBSCRIPTIONS, &wrong).await;
        assert_eq!((refused.status, refused.fields()), (422, vec![field]), "{}", refused.body);
    }
    assert_eq!(subscribed(&stage.worker).await, [] as [Value; 0]);
}

#[actix_rt::test]
async fn browsers_are_ones_own_and_at_most_ten() {
    let stage = Stage::with("19900001215", &[]).await;
    let at =
        |number: u8| subscription(&format!("https://fcm.googleapis.com/fcm/send/{number}"), &Browser::seeded(number));
    let mut ids = Vec::new();
    for number in 1..=11 {
        let named = with(&at(number), json!({ "device": format!("第 {number} 部手机") }));
        let reply = stage.worker.post(SUBSCRIPTIONS, &named).await;
        ids.push(reply.expect(201)["id"].clone());
    }
    // The lost telephone is the oldest.
    let known = subscribed(&stage.worker).await;
    assert_eq!(known.iter().map(|known| known["id"].clone()).collect::<Vec<_>>(), ids[1..]);
    assert_eq!(
        (&known[0]["device"], known[0].as_object().unwrap().len()),
        (&json!("第 2 部手机"), 3),
        "no address is told"
    );
    // The same browser again is the same one.
    assert_eq!(stage.worker.post(SUBSCRIPTIONS, &at(11)).await.expect(201)["id"], ids[10]);
    assert_eq!(subscribed(&stage.worker).await.len(), 10);

    let path = |id: &Value| format!("{SUBSCRIPTIONS}/{}", text(id));
    let foreign = stage.colleague.delete(&path(&ids[5])).await;
    assert_eq!((foreign.status, foreign.code()), (404, "push.not_found"));
    assert_eq!(subscribed(&stage.colleague).await, [] as [Value; 0]);
    let gone =
        async |key: &str| stage.worker.send(Method::DELETE, &path(&ids[5]), None, &[("Idempotency-Key", key)]).await;
    gone("a").await.expect(204);
    gone("a").await.expect(204);
    assert_eq!(gone("b").await.status, 404);
    // Who signs in on a browser that another used before takes it over.
    stage.colleague.post(SUBSCRIPTIONS, &at(11)).await.expect(201);
    assert_eq!(subscribed(&stage.colleague).await.len(), 1);
    assert!(subscribed(&stage.worker).await.iter().all(|known| known["id"] != ids[10]));
}

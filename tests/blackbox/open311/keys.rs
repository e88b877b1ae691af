//! Keys: who gives them, shown once, kept as a hash, switched off, renewed.

use super::*;
use crate::bad_calls::assert_clear_refusal;

#[actix_rt::test]
async fn a_key_is_shown_once_and_kept_nowhere() {
    let stage = Stage::new().await;
    let listed = stage.admin.get("/integrations").await.expect(200).clone();
    let item = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == stage.integration).unwrap().clone();
    assert_eq!((&item["name"], &item["contact"]), (&json!("12345 热线"), &json!("韦工 19900001234")));
    assert_eq!((&item["enabled"], &item["last_used_at"], &item["version"]), (&json!(true), &Value::Null, &json!(1)));
    assert!(!listed.to_string().contains(&stage.key));
    stage.get(&format!("services.json?api_key={}", stage.key)).await.expect(200);
    let used = stage.admin.get("/integrations").await.body["items"][0]["last_used_at"].clone();
    assert!(used.is_string(), "{used}");
    let rows = stage.server.sql("SELECT name, contact_sealed, key_hash FROM integrations");
    let stored = format!("{rows:?}");
    assert!(stored.contains("12345 热线") && !stored.contains(&stage.key) && !stored.contains("韦工"), "{stored}");
}

#[actix_rt::test]
async fn a_key_that_is_switched_off_or_renewed_opens_nothing() {
    let stage = Stage::new().await;
    let path = format!("/integrations/{}", stage.integration);
    let opens = async |key: &str| stage.get(&format!("requests.json?api_key={key}")).await.status;
    let switch = async |version: u32, enabled: bool| {
        stage.admin.patch(&path, &json!({ "version": version, "enabled": enabled })).await
    };
    switch(1, false).await.expect(200);
    assert_eq!(opens(&stage.key).await, 403);
    let pairs = [
        ("api_key", stage.key.as_str()),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "灯"),
    ];
    assert_eq!(stage.post(&pairs).await.status, 403);
    // Who decided on what was changed meanwhile sees what it says now.
    let late = switch(1, true).await;
    assert_eq!((late.status, late.code(), &late.body["current"]["version"]), (409, "integration.changed", &json!(2)));
    let renamed = stage.admin.patch(&path, &json!({ "version": 2, "name": "热线", "enabled": true })).await;
    assert_eq!((&renamed.expect(200)["name"], &renamed.body["contact"]), (&json!("热线"), &json!("韦工 19900001234")));
    assert_eq!(opens(&stage.key).await, 200);
    let id = stage.report("路灯坏了").await;
    assert_eq!(stage.worker.get(&format!("/tickets/{id}")).await.body["submitter"]["name"], "热线");
    // With another key it still sees what it sent with the one before.
    let renewed = text(&stage.admin.post(&format!("{path}/key"), &json!({})).await.expect(200)["key"]);
    assert_ne!(renewed, stage.key);
    assert_eq!((opens(&stage.key).await, opens(&renewed).await), (403, 200));
    assert_eq!(stage.get(&format!("requests/{id}.json?api_key={renewed}")).await.status, 200);
}

#[actix_rt::test]
async fn keys_are_given_by_administrators_of_the_tenant_alone() {
    let stage = Stage::new().await;
    let path = format!("/integrations/{}", stage.integration);
    let new = json!({ "name": "甲", "contact": "乙", "grid_id": stage.grid });
    let (leader, resident) = (stage.server.staff("leader_l1", 0).await, stage.server.resident("19900006621").await);
    for person in [&stage.worker, &leader, &resident] {
        for reply in [
            person.get("/integrations").await,
            person.post("/integrations", &new).await,
            person.patch(&path, &json!({ "version": 1 })).await,
            person.post(&format!("{path}/key"), &json!({})).await,
        ] {
            assert_eq!((reply.status, reply.code()), (403, "integration.not_permitted"), "{}", reply.body);
            assert_clear_refusal(&reply, "integrations");
        }
    }
    let key = Person::nobody(&stage.server.base).with_token(&stage.key);
    assert_eq!(key.get("/integrations").await.status, 401, "a key is no session");
    assert_eq!(key.get("/tickets").await.status, 401);
    let foreign = json!({ "name": "甲", "contact": "乙", "grid_id": "01890a5d-ac96-774b-bcce-b302099a8057" });
    assert_eq!(stage.admin.post("/integrations", &foreign).await.fields(), ["grid_id"]);
    assert_eq!(stage.admin.get("/integrations").await.body["items"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn a_county_may_be_named_by_the_code_of_its_grid() {
    let stage = Stage::new().await;
    let county = stage.server.code_of("leader_l1", 0);
    for path in ["services.json", "requests.json", "services/suggestion.json"] {
        assert_eq!(stage.get(&format!("{path}?jurisdiction_id={county}")).await.status, 200, "{path}");
    }
    let pairs = [
        ("api_key", stage.key.as_str()),
        ("jurisdiction_id", &county),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "路灯坏了"),
    ];
    assert_eq!(stage.post(&pairs).await.status, 201);
}

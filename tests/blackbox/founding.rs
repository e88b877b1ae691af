//! A county's first day: nothing but an empty folder, then an administrator, grids and staff.

use serde_json::json;

use crate::support::{Person, TestServer};

#[actix_rt::test]
async fn a_county_is_founded_and_its_first_worker_gets_to_work() {
    let (server, first_password) = TestServer::found("白鹭县");
    let admin = Person::sign_in(&server.base, "admin", &first_password).await;
    let me = admin.get("/auth/me").await;
    assert_eq!(me.expect(200)["must_change_password"], true);
    assert_eq!(admin.get("/grids/tree").await.code(), "auth.password_change_required");
    let change = json!({ "old_password": first_password, "new_password": "Baihe-2026-lu" });
    admin.post("/auth/password", &change).await.expect(204);

    let county = admin.get("/grids/tree").await.expect(200).clone();
    assert_eq!(county["name"], "白鹭县");
    let town = json!({ "parent_id": county["id"], "name": "柳溪镇", "number": "BL-01" });
    let town = admin.post("/grids", &town).await.expect(201).clone();
    let account = json!({ "account": "chen01", "name": "陈建国", "phone": "19900002001" });
    let account = admin.post("/accounts", &account).await.expect(201).clone();
    let duty = json!({ "account_id": account["account_id"], "duty": "worker" });
    admin.post(&format!("/grids/{}/staff", town["id"].as_str().unwrap()), &duty).await.expect(204);

    let password = account["first_password"].as_str().unwrap();
    let worker = Person::sign_in(&server.base, "chen01", password).await;
    let change = json!({ "old_password": password, "new_password": "Liuxi-2026-zhen" });
    worker.post("/auth/password", &change).await.expect(204);
    let resident = server.resident("19900002002").await;
    let ticket = resident.request_help(town["code"].as_str().unwrap(), "桥头的护栏松了").await;
    let id = ticket["id"].as_str().unwrap();
    worker.post(&format!("/tickets/{id}/accept"), &json!({})).await.expect(200);
}

#[actix_rt::test]
async fn only_the_tenants_administrator_makes_accounts_and_resets_passwords() {
    let server = TestServer::start();
    let (admin, leader) = (server.staff("admin", 0).await, server.staff("leader_l1", 0).await);
    let account = json!({ "account": "new.person", "name": "陈建国" });
    assert_eq!(leader.post("/accounts", &account).await.expect(403)["code"], "account.not_permitted");
    let made = admin.post("/accounts", &account).await.expect(201).clone();
    assert_eq!(admin.post("/accounts", &account).await.fields(), ["account"]);
    let wrong = admin.post("/accounts", &json!({ "account": "a b", "name": "", "phone": "110" })).await;
    assert_eq!(wrong.fields(), ["account", "name", "phone"]);

    // Three wrong passwords lock; the administrator opens again.
    for _ in 0..3 {
        let wrong = json!({ "account": "new.person", "password": "nonsense-1A" });
        server.nobody().post("/auth/login", &wrong).await.expect(401);
    }
    let right = json!({ "account": "new.person", "password": made["first_password"] });
    assert_eq!(server.nobody().post("/auth/login", &right).await.code(), "auth.locked");
    let path = format!("/accounts/{}/reset-password", made["account_id"].as_str().unwrap());
    assert_eq!(leader.post(&path, &json!({})).await.status, 403);
    let reset = admin.post(&path, &json!({})).await.expect(200).clone();
    let again = json!({ "account": "new.person", "password": reset["first_password"] });
    assert_eq!(server.nobody().post("/auth/login", &again).await.expect(200)["must_change_password"], true);
}

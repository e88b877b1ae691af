//! A first password that somebody else chose.

use serde_json::json;

use crate::support::{Person, STAFF_PASSWORD, TestServer, text};

#[actix_rt::test]
async fn a_first_password_has_to_be_changed_before_anything_else() {
    let server = TestServer::start();
    let (admin, before) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
    let me = before.get("/auth/me").await.body;
    let (login, id) = (text(&me["account"]), text(&me["id"]));
    let reset = admin.post(&format!("/accounts/{id}/reset-password"), &json!({})).await;
    let first = text(&reset.expect(200)["first_password"]);
    assert_eq!(before.get("/auth/me").await.status, 401, "the sessions before it are over");
    let old = server.nobody().post("/auth/login", &json!({ "account": login, "password": STAFF_PASSWORD })).await;
    assert_eq!(old.status, 401);

    let session = server.nobody().post("/auth/login", &json!({ "account": login, "password": first })).await;
    assert_eq!(session.expect(200)["must_change_password"], true);
    let worker = Person::sign_in(&server.base, &login, &first).await;
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], true);
    for path in ["/tickets", "/grids/tree", "/live", "/live/sse?topics=inbox", "/attachments/x"] {
        let closed = worker.get(path).await;
        assert_eq!((closed.status, closed.code()), (403, "auth.password_change_required"), "{path}");
    }
    let closed = worker.patch("/me/profile", &json!({ "name": "韦建国", "address": "一组" })).await;
    assert_eq!(closed.code(), "auth.password_change_required");

    let change = |new: &str| json!({ "old_password": first, "new_password": new });
    for weak in ["schwach", first.as_str()] {
        worker.post("/auth/password", &change(weak)).await.expect(422);
    }
    assert_eq!(worker.get("/tickets").await.status, 403);
    worker.post("/auth/password", &change("Neu-Passwort-27")).await.expect(204);
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], false);
    worker.get("/tickets").await.expect(200);
    let again = server.nobody().post("/auth/login", &json!({ "account": login, "password": "Neu-Passwort-27" })).await;
    assert_eq!(again.expect(200)["must_change_password"], false);
}

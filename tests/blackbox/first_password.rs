//! A first password that somebody else chose.

use serde_json::json;

use crate::support::{Person, STAFF_PASSWORD, TestServer};

#[actix_rt::test]
async fn a_first_password_has_to_be_changed_before_anything_else() {
    let server = TestServer::start();
    let early = server.staff("worker", 0).await;
    let me = early.get("/auth/me").await.expect(200).clone();
    let reset = format!("/accounts/{}/reset-password", me["id"].as_str().unwrap());
    let reset = server.staff("admin", 0).await.post(&reset, &json!({})).await.expect(200).clone();
    let (login, first) = (reset["account"].as_str().unwrap(), reset["first_password"].as_str().unwrap());
    // What was open before is over, and so is the old password.
    assert_eq!(early.get("/tickets").await.status, 401);
    let old = json!({ "account": login, "password": STAFF_PASSWORD });
    assert_eq!(server.nobody().post("/auth/login", &old).await.status, 401);

    let worker = Person::sign_in(&server.base, login, first).await;
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], true);
    for path in ["/tickets", "/grids/tree", "/live", "/live/sse?topics=inbox", "/attachments/x"] {
        let closed = worker.get(path).await;
        assert_eq!((closed.status, closed.code()), (403, "auth.password_change_required"), "{path}");
    }
    let closed = worker.patch("/me/profile", &json!({ "name": "韦建国", "address": "一组" })).await;
    assert_eq!(closed.code(), "auth.password_change_required");

    let weak = json!({ "old_password": first, "new_password": "schwach" });
    worker.post("/auth/password", &weak).await.expect(422);
    assert_eq!(worker.get("/tickets").await.status, 403);
    let change = json!({ "old_password": first, "new_password": "Neu-Passwort-27" });
    worker.post("/auth/password", &change).await.expect(204);
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], false);
    worker.get("/tickets").await.expect(200);
}

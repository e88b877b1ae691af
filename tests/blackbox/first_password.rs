//! A first password that somebody else chose. No public call makes such an account yet, so it is written into the
//! stopped server's data.

use std::path::Path;
use std::sync::Arc;

use lianxin::config::Config;
use lianxin::core::Core;
use lianxin::system::{SystemClock, SystemEntropy};
use lianxin_storage::accounts::Account;
use lianxin_storage::change::Change;
use serde_json::json;

use crate::support::{STAFF_PASSWORD, TestServer};

async fn require_change(data_dir: &Path, login: &str) {
    let mut config = Config::load("", Some(Path::new("config/test.toml"))).unwrap();
    config.data_dir = data_dir.to_owned();
    let core = Core::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy::seeded().unwrap())).await.unwrap();
    let before = core.accounts.by_login(login).await.unwrap().unwrap();
    let after = Account { version: before.version + 1, must_change_password: true, ..before.clone() };
    let mut change = Change::new(core.clock.now(), None, None);
    change.write(core.accounts.update(before.version, &after));
    core.journal.commit(change).await.unwrap();
}

#[actix_rt::test]
async fn a_first_password_has_to_be_changed_before_anything_else() {
    let mut server = TestServer::start();
    let login = server.account("worker", 0)["account"].as_str().unwrap().to_owned();
    let mut early = server.staff("worker", 0).await;
    server.stop();
    require_change(server.data_dir(), &login).await;
    server.restart();

    let credentials = json!({ "account": login, "password": STAFF_PASSWORD });
    let session = server.nobody().post("/auth/login", &credentials).await;
    assert_eq!(session.expect(200)["must_change_password"], true);
    let worker = server.staff("worker", 0).await;
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], true);
    for path in ["/tickets", "/grids/tree", "/live", "/live/sse?topics=inbox", "/attachments/x"] {
        let closed = worker.get(path).await;
        assert_eq!((closed.status, closed.code()), (403, "auth.password_change_required"), "{path}");
    }
    let closed = worker.patch("/me/profile", &json!({ "name": "韦建国", "address": "一组" })).await;
    assert_eq!(closed.code(), "auth.password_change_required");
    // A session from before the rule is under it, too.
    early.base.clone_from(&server.base);
    assert_eq!(early.get("/tickets").await.code(), "auth.password_change_required");

    let weak = json!({ "old_password": STAFF_PASSWORD, "new_password": "schwach" });
    worker.post("/auth/password", &weak).await.expect(422);
    assert_eq!(worker.get("/tickets").await.status, 403);
    let change = json!({ "old_password": STAFF_PASSWORD, "new_password": "Neu-Passwort-27" });
    worker.post("/auth/password", &change).await.expect(204);
    assert_eq!(worker.get("/auth/me").await.expect(200)["must_change_password"], false);
    worker.get("/tickets").await.expect(200);
    assert_eq!(early.get("/tickets").await.status, 401);
}

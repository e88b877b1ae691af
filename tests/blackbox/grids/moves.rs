//! Moving a grid with all below it.

use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use super::{account_of, change};
use crate::support::{Person, TestServer, eventually, same_counters, text};

/// Where things are: a town of the demonstration and another one, and in the first a village of our own with a group.
struct Places {
    county: String,
    from: String,
    to: String,
    village: String,
    group: String,
    code: String,
}

async fn make(admin: &Person, parent: &str, number: &str) -> (String, String) {
    let made = admin.post("/grids", &json!({ "parent_id": parent, "name": number, "number": number })).await;
    (text(&made.expect(201)["id"]), text(&made.body["code"]))
}

async fn places(server: &TestServer, admin: &Person) -> Places {
    let county = server.staff("leader_l1", 0).await.own_grid().await;
    let from = server.staff("leader_l2", 0).await.own_grid().await;
    let (to, _) = make(admin, &county, "新镇").await;
    let (village, _) = make(admin, &from, "搬迁村").await;
    let (group, code) = make(admin, &village, "搬迁组").await;
    Places { county, from, to, village, group, code }
}

async fn moved(person: &Person, grid: &str, parent: &str) -> crate::support::Reply {
    let version = person.get(&format!("/grids/{grid}")).await.expect(200)["version"].clone();
    person.post(&format!("/grids/{grid}/move"), &json!({ "parent_id": parent, "version": version })).await
}

async fn node(person: &Person, grid: &str) -> Value {
    person.get(&format!("/grids/{grid}")).await.expect(200).clone()
}

#[actix_rt::test]
async fn a_grid_goes_with_all_below_it_and_everything_counts_at_the_new_place() {
    let mut server = TestServer::start();
    let (admin, old_leader) = (server.staff("admin", 0).await, server.staff("leader_l2", 0).await);
    let worker = server.staff("worker", 1).await;
    let place = places(&server, &admin).await;
    let id = account_of(&worker).await;
    admin
        .post(&format!("/grids/{}/staff", place.group), &json!({ "account_id": id, "duty": "worker" }))
        .await
        .expect(204);
    let new_leader = server.staff("worker", 2).await;
    let account = account_of(&new_leader).await;
    admin
        .post(&format!("/grids/{}/staff", place.to), &json!({ "account_id": account, "duty": "leader" }))
        .await
        .expect(204);
    let record = json!({ "grid_id": place.group, "kind": "visit", "happened_at": SystemClock.now().plus_millis(-60_000).to_string(), "text": "走访三户", "client_id": "01890a5d-ac96-774b-bcce-b302099a8057" });
    let record = text(&worker.post("/service-records", &record).await.expect(201)["id"]);
    let article = json!({ "grid_id": place.village, "title": "搬迁通知", "body": "都要看" });
    let article = text(&admin.post("/policies", &article).await.expect(201)["id"]);
    assert_eq!(old_leader.get(&format!("/policies/{article}")).await.status, 200);
    assert_eq!(new_leader.get(&format!("/policies/{article}")).await.status, 404);
    let (was, to_was) = (node(&admin, &place.from).await, node(&admin, &place.to).await);

    moved(&admin, &place.village, &place.to).await.expect(204);
    let village = node(&admin, &place.village).await;
    assert_eq!((&village["parent_id"], &village["level"]), (&json!(place.to), &json!(3)));
    let group = node(&admin, &place.group).await;
    assert_eq!((&group["full_name"], &group["level"]), (&json!("新镇 搬迁村 搬迁组"), &json!(4)));
    assert_eq!(group["ancestors"].as_array().unwrap().len(), 3);
    // The articles went along, and with them who answers for them.
    assert_eq!(old_leader.get(&format!("/policies/{article}")).await.status, 404);
    assert_eq!(new_leader.get(&format!("/policies/{article}")).await.status, 200);
    let path = format!("/service-records/{record}");
    assert_eq!((new_leader.get(&path).await.status, old_leader.get(&path).await.status), (200, 404));
    // Who serves there serves on.
    assert!(
        worker.get("/auth/me").await.body["grids"]
            .as_array()
            .unwrap()
            .iter()
            .any(|duty| duty["id"] == place.group.as_str())
    );

    // What is asked of it counts for those above it now.
    let resident = server.resident("19900006401").await;
    let (ticket, _) = resident.submit(&place.code, "suggestion", "新村的路灯").await;
    worker.step(&ticket, "accept", &json!({})).await;
    let (waiting, _) = resident.submit(&place.code, "suggestion", "还有一盏").await;
    let [mut own, mut above] = [[0; 6], same_counters(&to_was["counters"])];
    for counters in [&mut own, &mut above] {
        counters[0] += 1;
        counters[1] += 1;
    }
    let left = same_counters(&was["counters"]);
    let expected = [(&place.group, own), (&place.village, own), (&place.to, above), (&place.from, left)];
    for (grid, counters) in expected {
        shows(&admin, grid, counters).await;
    }
    let seen = async |person: &Person| person.get(&format!("/tickets/{waiting}")).await.status;
    assert_eq!((seen(&new_leader).await, seen(&old_leader).await), (200, 404));
    let board = admin.get(&format!("/grids/{}/board", place.to)).await.body;
    assert!(board["open"].as_array().unwrap().iter().any(|point| point["ticket_id"] == waiting.as_str()), "{board}");
    let county = same_counters(&admin.get(&format!("/grids/{}/board", place.county)).await.body);

    // The same after a restart, and by a recount.
    server.stop();
    server.restart();
    let admin = server.staff("admin", 0).await;
    for (grid, counters) in expected.into_iter().chain([(&place.county, county)]) {
        shows(&admin, grid, counters).await;
    }
    let (fine, output) = server.command(&["check"]);
    assert!(fine, "{output}");
}

/// Waits until a grid's board shows these counters.
async fn shows(person: &Person, grid: &str, counters: [i64; 6]) {
    eventually("the board counts it", async || {
        let board = person.get(&format!("/grids/{grid}/board")).await;
        (same_counters(board.expect(200)) == counters).then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn a_grid_that_something_was_asked_of_stays_and_so_does_the_one_above_it() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let place = places(&server, &admin).await;
    let resident = server.resident("19900006402").await;
    resident.submit(&place.code, "suggestion", "路灯").await;
    let refused = moved(&admin, &place.village, &place.to).await;
    assert_eq!((refused.status, refused.code()), (422, "grid.has_tickets"));
    assert_eq!(refused.body["detail"], "该网格已有诉求，不能整体移动；请停用后新建");
    assert_eq!(node(&admin, &place.village).await["parent_id"], place.from.as_str());
}

#[actix_rt::test]
async fn a_move_that_cannot_be_is_refused_by_its_field() {
    let server = TestServer::start();
    let (admin, leader) = (server.staff("admin", 0).await, server.staff("leader_l1", 0).await);
    let place = places(&server, &admin).await;
    let (closed, _) = make(&admin, &place.county, "停用镇").await;
    change(&admin, &closed, json!({ "status": "disabled" })).await.expect(200);
    let before = admin.get("/grids/tree").await.body;
    for (grid, parent, code) in [
        (&place.village, &place.from, "grid.same_parent"),
        (&place.village, &place.village, "grid.under_itself"),
        (&place.village, &place.group, "grid.under_itself"),
        (&place.village, &place.county, "grid.wrong_level"),
        (&place.group, &place.to, "grid.wrong_level"),
        (&place.village, &closed, "grid.parent_disabled"),
        (&place.village, &"01890a5d-ac96-774b-bcce-b302099a8057".to_owned(), "grid.not_found"),
    ] {
        let refused = moved(&admin, grid, parent).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["parent_id"]), "{code}: {}", refused.body);
        assert_eq!(refused.body["fields"][0]["code"], code);
    }
    let root = moved(&admin, &place.county, &place.to).await;
    assert_eq!((root.status, root.code()), (422, "grid.is_root"));
    let path = format!("/grids/{}/move", place.village);
    let stale = admin.post(&path, &json!({ "parent_id": place.to, "version": 7 })).await;
    assert_eq!((stale.status, stale.code()), (409, "grid.changed"));
    let refused = leader.post(&path, &json!({ "parent_id": place.to, "version": 1 })).await;
    assert_eq!((refused.status, refused.code()), (403, "grid.not_permitted"));
    assert_eq!(admin.get("/grids/tree").await.body, before);
}

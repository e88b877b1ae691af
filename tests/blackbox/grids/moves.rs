//! Moving a grid with all below it.

use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use super::{account_of, change};
use crate::support::{Person, TestServer, text};

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

    // What is asked of it counts for those above it now, at once.
    let resident = server.resident("19900006401").await;
    let (ticket, _) = resident.submit(&place.code, "suggestion", "新村的路灯").await;
    worker.step(&ticket, "accept", &json!({})).await;
    let (ticket_left, _) = resident.submit(&place.code, "suggestion", "还有一盏").await;
    let figures = async |grid: &str| {
        let board = admin.get(&format!("/grids/{grid}/board")).await;
        let counters = board.expect(200)["counters"].clone();
        [counters["submitted"].as_i64().unwrap(), counters["accepted"].as_i64().unwrap()]
    };
    let of = |node: &Value| {
        [node["counters"]["submitted"].as_i64().unwrap(), node["counters"]["accepted"].as_i64().unwrap()]
    };
    let plus = |[submitted, accepted]: [i64; 2]| [submitted + 1, accepted + 1];
    for (grid, expected) in
        [(&place.group, [1, 1]), (&place.village, [1, 1]), (&place.to, plus(of(&to_was))), (&place.from, of(&was))]
    {
        assert_eq!(figures(grid).await, expected, "{grid}");
    }
    assert_eq!(
        (
            new_leader.get(&format!("/tickets/{ticket_left}")).await.status,
            old_leader.get(&format!("/tickets/{ticket_left}")).await.status
        ),
        (200, 404)
    );
    let village_board = admin.get(&format!("/grids/{}/board", place.to)).await.body;
    assert!(
        village_board["open"]
            .as_array()
            .is_none_or(|open| open.iter().any(|point| point["ticket_id"] == ticket_left.as_str()))
    );

    // The same after a restart, and by a recount.
    let before = [figures(&place.county).await, figures(&place.from).await, figures(&place.to).await];
    server.restart();
    let admin = server.staff("admin", 0).await;
    let figures = async |grid: &str| {
        let board = admin.get(&format!("/grids/{grid}/board")).await;
        let counters = board.expect(200)["counters"].clone();
        [counters["submitted"].as_i64().unwrap(), counters["accepted"].as_i64().unwrap()]
    };
    assert_eq!([figures(&place.county).await, figures(&place.from).await, figures(&place.to).await], before);
    let (fine, output) = server.command(&["check"]);
    assert!(fine, "{output}");
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

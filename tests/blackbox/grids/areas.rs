//! The area of a grid: changed by whoever read the newest version, and looked at among those around it.

use awc::http::Method;
use serde_json::{Value, json};

use super::change;
use crate::support::{Person, Reply, TestServer, text};

/// A square far from the demonstration's county.
fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

/// A village of our own with two groups below it; nothing lies there.
async fn village(admin: &Person, server: &TestServer) -> [String; 3] {
    let town = server.staff("leader_l2", 0).await.own_grid().await;
    let make = async |parent: &str, number: &str| {
        let new = json!({ "parent_id": parent, "name": number, "number": number });
        text(&admin.post("/grids", &new).await.expect(201)["id"])
    };
    let village = make(&town, "村").await;
    let (first, second) = (make(&village, "一片").await, make(&village, "二片").await);
    [village, first, second]
}

/// A change with an idempotency key.
async fn once(person: &Person, path: &str, body: &Value) -> Reply {
    person.send(Method::PATCH, path, Some(body.to_string().into_bytes()), &[("Idempotency-Key", "once")]).await
}

#[actix_rt::test]
async fn whoever_read_an_older_version_changes_nothing() {
    let server = TestServer::start();
    let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
    let grid = worker.own_grid().await;
    let path = format!("/grids/{grid}");
    let read = admin.get(&path).await.expect(200).clone();
    let tree = admin.get(&format!("/grids/tree?root={grid}&depth=0")).await;
    assert_eq!(tree.expect(200)["version"], read["version"], "forms take it from the tree too");
    let version = read["version"].as_u64().unwrap();
    let first = json!({ "version": version, "name": "先改" });
    let saved = once(&admin, &path, &first).await;
    assert_eq!(saved.expect(200), &json!({ "version": version + 1, "warnings": [] }));
    let stale = admin.patch(&path, &json!({ "version": version, "name": "后改" })).await;
    assert_eq!((stale.status, stale.code()), (409, "grid.changed"));
    assert_eq!(stale.body["detail"], "网格刚被别人修改，请刷新后再试");
    // Its own repetition is no stale change.
    assert_eq!(once(&admin, &path, &first).await.expect(200)["version"], version + 1);
    // A version that nobody has seen yet is not the newest either.
    let ahead = admin.patch(&path, &json!({ "version": version + 9, "name": "后改" })).await;
    assert_eq!((ahead.status, ahead.code()), (409, "grid.changed"));
    assert_eq!(admin.patch(&path, &json!({ "name": "后改" })).await.fields(), ["version"]);
    assert_eq!(admin.get(&path).await.expect(200)["name"], "先改");
    change(&admin, &grid, json!({ "name": "后改" })).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200)["name"], "后改");
}

#[actix_rt::test]
async fn overlaps_and_crossed_borders_are_told_and_saved() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let [village, first, second] = village(&admin, &server).await;
    let check = async |grid: &str, area: &Value| {
        admin.post(&format!("/grids/{grid}/area/check"), &json!({ "area": area })).await.expect(200).clone()
    };
    // Nobody around has an area yet.
    let alone = check(&first, &square(80.0, 40.0, 0.1)).await;
    assert_eq!(alone["warnings"], json!([]));
    let size = alone["area_km2"].as_f64().unwrap();
    assert!((93.0..96.0).contains(&size), "0.1° by 0.1° at 40° north: {size}");
    change(&admin, &village, json!({ "area": square(80.0, 40.0, 0.2) })).await.expect(200);
    change(&admin, &first, json!({ "area": square(80.0, 40.0, 0.1) })).await.expect(200);

    // Borders that coincide are right, and so is the grid's own old area below its new one.
    for (grid, area) in
        [(&second, square(80.1, 40.0, 0.1)), (&first, square(80.0, 40.0, 0.1)), (&first, square(80.0, 40.05, 0.1))]
    {
        assert_eq!(check(grid, &area).await["warnings"], json!([]), "{area}");
    }
    let crossing = square(80.05, 40.15, 0.1);
    let warnings = check(&second, &crossing).await["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 1, "{warnings}");
    assert_eq!((&warnings[0]["code"], &warnings[0]["grid_id"]), (&json!("area.outside_parent"), &json!(village)));
    assert_eq!((&warnings[0]["grid_name"], &warnings[0]["share_pct"]), (&json!("村"), &json!(50.0)));
    assert_eq!(warnings[0]["message"], "有 50.0% 在上级“村”的边界之外");

    let over = square(80.075, 40.0, 0.1);
    let fit = check(&second, &over).await;
    assert_eq!(
        (&fit["warnings"][0]["code"], &fit["warnings"][0]["share_pct"]),
        (&json!("area.overlaps"), &json!(25.0))
    );
    assert_eq!(fit["warnings"][0]["message"], "与“一片”重叠，占较小一方的 25.0%");
    // It is told, and saved all the same.
    let saved = change(&admin, &second, json!({ "area": over })).await;
    assert_eq!(saved.expect(200)["warnings"], fit["warnings"]);
    assert_eq!(admin.get(&format!("/grids/{second}")).await.expect(200)["area"], over);
    // Whoever is out of use is in nobody's way.
    change(&admin, &first, json!({ "status": "disabled" })).await.expect(200);
    assert_eq!(check(&second, &over).await["warnings"], json!([]));
}

#[actix_rt::test]
async fn an_area_that_is_none_is_refused_in_words_wherever_it_comes() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let [_, grid, _] = village(&admin, &server).await;
    let before = admin.get(&format!("/grids/{grid}")).await.body;
    let ring = |points: Value| json!({ "type": "Polygon", "coordinates": [points] });
    let cases = [
        (ring(json!([[80, 40], [81, 41], [81, 40], [80, 41]])), "area.self_crossing", "第 1 个边界环与自身相交"),
        (ring(json!([[80, 40], [81, 41]])), "area.too_few_positions", "第 1 个边界环的点太少，至少需要三个不同的点"),
        (ring(json!([[80, 40], [81, 141], [81, 40]])), "area.position", "第 1 个边界环的第 2 个点不是有效的经纬度"),
        (ring(json!([[80], [81, 41], [81, 40]])), "area.position", "第 1 个边界环的第 1 个点不是有效的经纬度"),
        (json!({ "type": "Polygon", "coordinates": [] }), "area.empty", "网格范围没有外边界"),
        (
            json!({ "type": "LineString", "coordinates": [[80, 40], [81, 41]] }),
            "area.not_a_polygon",
            "网格范围应为一个 GeoJSON 多边形（Polygon）",
        ),
        (json!([]), "area.not_a_polygon", "网格范围应为一个 GeoJSON 多边形（Polygon）"),
    ];
    for (wrong, code, words) in cases {
        let checked = admin.post(&format!("/grids/{grid}/area/check"), &json!({ "area": wrong })).await;
        for reply in [checked, change(&admin, &grid, json!({ "area": wrong })).await] {
            assert_eq!((reply.status, reply.fields()), (400, vec!["area"]), "{wrong}: {}", reply.body);
            let field = &reply.body["fields"][0];
            assert_eq!((&field["code"], &field["message"]), (&json!(code), &json!(words)), "{wrong}");
        }
    }
    assert_eq!(admin.get(&format!("/grids/{grid}")).await.body, before);
}

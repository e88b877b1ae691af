//! The tree of grids: reading it, its codes, changing it, and the people who serve it.

mod areas;
mod colleagues;
mod moves;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, text};

/// The number of levels from a node down.
fn depth(node: &Value) -> usize {
    1 + node["children"].as_array().unwrap().iter().map(depth).max().unwrap_or(0)
}

fn count(node: &Value) -> usize {
    1 + node["children"].as_array().unwrap().iter().map(count).sum::<usize>()
}

/// Changes a grid as whoever has just read it.
async fn change(person: &Person, grid: &str, mut changes: Value) -> Reply {
    let path = format!("/grids/{grid}");
    changes["version"] = person.get(&path).await.expect(200)["version"].clone();
    person.patch(&path, &changes).await
}

async fn account_of(person: &Person) -> String {
    text(&person.get("/auth/me").await.body["id"])
}

#[actix_rt::test]
async fn the_tree_is_as_deep_as_was_asked_for_and_begins_where_was_asked_for() {
    let server = TestServer::start();
    let (leader, resident) = (server.staff("leader_l1", 0).await, server.resident("19900006201").await);
    let whole = leader.get("/grids/tree").await;
    let tree = whole.expect(200);
    assert_eq!((&tree["level"], &tree["name"], depth(tree), count(tree)), (&json!(1), &json!("青岚县"), 5, 40));
    // A resident, too, may choose a grid, and starts at the county.
    assert_eq!(count(resident.get("/grids/tree").await.expect(200)), 40);
    for levels in 0..4_usize {
        let part = leader.get(&format!("/grids/tree?depth={levels}")).await;
        assert_eq!(depth(part.expect(200)), levels + 1);
    }
    let village = server.staff("leader_l3", 0).await;
    let own = village.get("/grids/tree").await;
    assert_eq!((&own.expect(200)["level"], depth(&own.body)), (&json!(3), 3));
    let root = text(&tree["children"][0]["id"]);
    let below = leader.get(&format!("/grids/tree?root={root}&depth=1")).await;
    assert_eq!((&below.expect(200)["id"], depth(&below.body)), (&json!(root), 2));
    let parent = leader.get(&format!("/grids/{root}")).await;
    assert_eq!((&parent.expect(200)["parent_id"], &parent.body["ancestors"][0]["id"]), (&tree["id"], &tree["id"]));
    for query in ["root=x", "depth=-1", "depth=256", "depth=x", "leaf=1"] {
        let reply = leader.get(&format!("/grids/tree?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![query.split('=').next().unwrap()]), "{}", reply.body);
    }
    let strange = leader.get("/grids/tree?root=01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert_eq!((strange.status, strange.code()), (404, "grid.not_found"));
}

#[actix_rt::test]
async fn a_subtrees_counters_are_the_sum_of_its_grids() {
    let server = TestServer::start();
    let leader = server.staff("leader_l1", 0).await;
    let tree = leader.get("/grids/tree").await.body;
    fn own_sum(node: &Value, leaves: &mut i64) {
        let children = node["children"].as_array().unwrap();
        if children.is_empty() {
            *leaves += node["counters"]["rated"].as_i64().unwrap();
        }
        children.iter().for_each(|child| own_sum(child, leaves));
    }
    let mut leaves = 0;
    own_sum(&tree, &mut leaves);
    assert_eq!(tree["counters"]["rated"].as_i64(), Some(leaves));
    assert!(leaves > 0, "the demonstration has a past");
}

#[actix_rt::test]
async fn numbers_of_staff_are_masked_until_somebody_signed_in_asks_to_call() {
    let server = TestServer::start();
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900006202").await);
    let grid = worker.own_grid().await;
    let detail = resident.get(&format!("/grids/{grid}")).await;
    let member = detail.expect(200)["staff"][0].clone();
    assert!(text(&member["phone"]).contains("****"));
    let path = format!("/grids/{grid}/staff/{}/phone", text(&member["account_id"]));
    let phone = text(&resident.get(&path).await.expect(200)["phone"]);
    assert!(phone.len() == 11 && phone.starts_with("1990000"), "{phone}");
    assert_eq!(server.nobody().get(&path).await.status, 401);
    for missing in [
        format!("/grids/{grid}/staff/x/phone"),
        format!("/grids/x/staff/{}/phone", text(&member["account_id"])),
        format!("/grids/{grid}/staff/{}/phone", account_of(&resident).await),
    ] {
        assert_eq!(resident.get(&missing).await.status, 404, "{missing}");
    }
}

#[actix_rt::test]
async fn a_scanned_code_shows_the_grid_its_people_and_its_services_to_anybody() {
    let server = TestServer::start();
    let code = server.code_of("worker", 0);
    let nobody = server.nobody();
    let entry = nobody.get(&format!("/entry/{code}")).await;
    let body = entry.expect(200);
    assert_eq!((&body["grid"]["code"], &body["grid"]["level"]), (&json!(code), &json!(5)));
    assert_eq!(body["services"].as_array().unwrap().len(), 4);
    let numbers: Vec<_> = body["emergency"].as_array().unwrap().iter().map(|known| text(&known["number"])).collect();
    assert_eq!(numbers, ["110", "119", "120"]);
    assert!(body["staff"].as_array().unwrap().iter().all(|member| text(&member["phone"]).contains("****")));
    assert_eq!(nobody.send(Method::GET, &format!("//g/{code}"), None, &[]).await.status, 200);
    // As somebody types it from a sticker.
    let typed = format!("{}-{}", &code[..6], &code[6..]).to_lowercase();
    assert_eq!(nobody.get(&format!("/entry/{typed}")).await.expect(200)["grid"], body["grid"]);
    let mut forged = code.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    for wrong in [forged.as_str(), "x", "%20", "%00", "QQQQQQQQQQQQQQQQQQ", &"0".repeat(5_000), "%F0%9F%92%A9"] {
        let reply = nobody.get(&format!("/entry/{wrong}")).await;
        assert_eq!((reply.status, reply.code()), (404, "grid.code_unknown"), "{wrong}");
    }
}

#[actix_rt::test]
async fn a_rotated_code_is_dead_and_the_new_one_lives() {
    let server = TestServer::start();
    let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
    let resident = server.resident("19900006203").await;
    let (grid, old) = (worker.own_grid().await, server.code_of("worker", 0));
    let path = format!("/grids/{grid}/qr/rotate");
    for person in [&worker, &resident] {
        let refused = person.post(&path, &json!({})).await;
        assert_eq!((refused.status, refused.code()), (403, "grid.not_permitted"));
    }
    assert_eq!(server.nobody().get(&format!("/entry/{old}")).await.status, 200);
    let before = worker.get(&format!("/grids/{grid}/qr.svg")).await.bytes;

    let rotated = admin.post(&path, &json!({})).await;
    let new = text(&rotated.expect(200)["code"]);
    rotated.seq();
    assert_eq!(rotated.body["url"], format!("{}/g/{new}", server.base));
    let dead = server.nobody().get(&format!("/entry/{old}")).await;
    assert_eq!((dead.status, dead.code()), (410, "grid.code_rotated"));
    let sent = resident.post("/tickets", &json!({ "grid_code": old, "kind": "suggestion", "content": "灯" })).await;
    assert_eq!((sent.status, sent.code()), (410, "grid.code_rotated"));
    assert_eq!(server.nobody().get(&format!("/entry/{new}")).await.expect(200)["grid"]["id"], grid.as_str());
    resident.submit(&new, "suggestion", "灯").await;
    assert_ne!(worker.get(&format!("/grids/{grid}/qr.svg")).await.bytes, before);
}

#[actix_rt::test]
async fn households_are_counted_and_summed_up_the_tree() {
    let server = TestServer::start();
    let (admin, leader) = (server.staff("admin", 0).await, server.staff("leader_l1", 0).await);
    let worker = server.staff("worker", 0).await;
    let grid = worker.own_grid().await;
    let county = leader.own_grid().await;
    let counts = async |grid: &str| {
        let reply = leader.get(&format!("/grids/{grid}")).await;
        let body = reply.expect(200);
        (body["households"].as_i64().unwrap(), body["households_in_all"].as_i64().unwrap())
    };
    let (own, all) = counts(&grid).await;
    assert!(own > 0 && own == all, "{own} {all}");
    let before = counts(&county).await;
    assert_eq!(before, (0, 1_560));
    let path = format!("/grids/{grid}");
    for wrong in [json!(-1), json!(1_000_001), json!("many"), json!(1.5), json!(9_007_199_254_740_993_i64)] {
        let refused = admin.patch(&path, &json!({ "version": 1, "households": wrong })).await;
        assert!((400..=422).contains(&refused.status), "{wrong}: {}", refused.status);
        assert_eq!(refused.fields(), ["households"], "{wrong}: {}", refused.body);
    }
    let refused = worker.patch(&path, &json!({ "version": 1, "households": 9 })).await;
    assert_eq!((refused.status, refused.code()), (403, "grid.not_permitted"));
    assert_eq!(counts(&grid).await, (own, all));
    for count in [1_000_000, 0, own + 7] {
        change(&admin, &grid, json!({ "households": count })).await.expect(200);
        assert_eq!(counts(&grid).await, (count, count));
        assert_eq!(counts(&county).await, (0, 1_560 - own + count));
    }
    // What is not named stays.
    change(&admin, &grid, json!({ "order": 3 })).await.expect(200);
    assert_eq!(counts(&grid).await, (own + 7, own + 7));
    let tree = leader.get("/grids/tree").await;
    assert_eq!(tree.expect(200)["households_in_all"], 1_567);
}

#[actix_rt::test]
async fn codes_are_printed_as_svg_and_png() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let grid = worker.own_grid().await;
    let svg = worker.get(&format!("/grids/{grid}/qr.svg")).await;
    assert_eq!((svg.status, svg.header("Content-Type")), (200, Some("image/svg+xml")));
    let drawn = String::from_utf8(svg.bytes.clone()).unwrap();
    assert!(drawn.contains("<svg") && drawn.trim_end().ends_with("</svg>") && !drawn.contains("<script"));
    let png = worker.get(&format!("/grids/{grid}/qr.png")).await;
    assert_eq!((png.status, png.header("Content-Type")), (200, Some("image/png")));
    let image = image::load_from_memory(&png.bytes).unwrap();
    assert!(image.width() >= 1_024 && image.width() == image.height());
    for reply in [&svg, &png] {
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    }
}

#[actix_rt::test]
async fn only_an_administrator_makes_and_changes_grids_and_their_staff() {
    let server = TestServer::start();
    let (leader, resident) = (server.staff("leader_l1", 0).await, server.resident("19900006204").await);
    let county = leader.own_grid().await;
    let account = account_of(&leader).await;
    let new = json!({ "parent_id": county, "name": "新镇", "number": "QL-NEW" });
    for person in [&leader, &resident] {
        let replies = [
            person.post("/grids", &new).await,
            person.patch(&format!("/grids/{county}"), &json!({ "version": 1, "name": "改名" })).await,
            person.post(&format!("/grids/{county}/area/check"), &json!({ "area": {} })).await,
            person.post(&format!("/grids/{county}/move"), &json!({ "parent_id": county, "version": 1 })).await,
            person.get(&format!("/grids/{county}/staff/candidates?q=x")).await,
            person.post(&format!("/grids/{county}/staff"), &json!({ "account_id": account, "duty": "worker" })).await,
            person.delete(&format!("/grids/{county}/staff/{account}")).await,
            person.post(&format!("/grids/{county}/qr/rotate"), &json!({})).await,
        ];
        for reply in replies {
            assert_eq!((reply.status, reply.code()), (403, "grid.not_permitted"));
        }
    }
    assert_eq!(leader.get(&format!("/grids/{county}")).await.body["name"], "青岚县");
}

#[actix_rt::test]
async fn a_new_grid_is_found_in_the_tree_takes_requests_and_may_be_closed() {
    let server = TestServer::start();
    let (admin, resident) = (server.staff("admin", 0).await, server.resident("19900006205").await);
    let parent = server.staff("leader_l4", 0).await.own_grid().await;
    let area =
        json!({ "type": "Polygon", "coordinates": [[[100.0, 30.0], [100.1, 30.0], [100.1, 30.1], [100.0, 30.0]]] });
    let new = json!({ "parent_id": parent, "name": " 新组 ", "number": "QL-NEW-1", "order": 99, "area": area,
        "center": { "lng": 100.05, "lat": 30.05 } });
    let made = admin.post("/grids", &new).await;
    let (id, code) = (text(&made.expect(201)["id"]), text(&made.body["code"]));
    let path = format!("/grids/{id}");
    let grid = admin.get(&path).await.expect(200).clone();
    assert_eq!((&grid["name"], &grid["level"], &grid["status"]), (&json!("新组"), &json!(5), &json!("active")));
    assert_eq!(
        (&grid["area"]["type"], &grid["vacant"], &grid["parent_id"]),
        (&json!("Polygon"), &json!(true), &json!(parent))
    );
    let located = admin.get("/grids/locate?lng=100.09&lat=30.02").await;
    assert_eq!(located.expect(200)["grid"]["id"], id.as_str());
    resident.submit(&code, "suggestion", "新组的路灯").await;
    let found = async |words: &str| {
        let reply = resident.get(&format!("/grids/search?q={words}")).await;
        let items = reply.expect(200)["items"].as_array().unwrap().clone();
        items.iter().map(|grid| (text(&grid["code"]), grid["level"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(found("%E6%96%B0%E7%BB%84").await, [(code.clone(), 5)], "by its name: 新组");
    let village = text(&admin.get(&format!("/grids/{parent}")).await.expect(200)["name"]);
    let village = village.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    assert!(
        found(&format!("{village}%20%E6%96%B0")).await.contains(&(code.clone(), 5)),
        "by parts, those above it too"
    );
    let levels: Vec<u64> = found(&village).await.iter().map(|(_, level)| *level).collect();
    assert!(levels.is_sorted_by(|a, b| a >= b) && levels.last() == Some(&4), "people's own grids first: {levels:?}");
    assert_eq!(found("%25").await, []);

    change(&admin, &id, json!({ "name": "旧组", "status": "disabled" })).await.expect(200);
    let closed = admin.get(&path).await;
    assert_eq!((&closed.expect(200)["name"], &closed.body["status"]), (&json!("旧组"), &json!("disabled")));
    assert_eq!(found("%E6%97%A7%E7%BB%84").await, [], "a closed grid cannot be chosen");
    let refused = resident.post("/tickets", &json!({ "grid_code": code, "kind": "suggestion", "content": "灯" })).await;
    assert_eq!((refused.status, refused.code()), (422, "grid.disabled"));
}

#[actix_rt::test]
async fn a_grid_that_cannot_be_is_refused_and_none_is_made() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let (parent, leaf) =
        (server.staff("leader_l4", 0).await.own_grid().await, server.staff("worker", 0).await.own_grid().await);
    let before = admin.get("/grids/tree").await.body;
    let taken = text(&admin.get(&format!("/grids/{leaf}")).await.body["number"]);
    let strange = "01890a5d-ac96-774b-bcce-b302099a8057";
    let bow_tie = json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1]]] });
    let many: Vec<_> = (0..5_100).map(|step| json!([f64::from(step) / 100.0, 0.0])).collect();
    let cases = [
        (json!({ "name": "" }), 422, "name"),
        (json!({ "name": "组".repeat(51) }), 422, "name"),
        (json!({ "number": " " }), 422, "number"),
        (json!({ "number": "9".repeat(41) }), 422, "number"),
        (json!({ "number": taken }), 422, "number"),
        (json!({ "parent_id": leaf }), 422, "parent_id"),
        (json!({ "organisation_id": strange }), 422, "organisation_id"),
        (json!({ "center": { "lng": 200, "lat": 0 } }), 400, "center"),
        (json!({ "center": { "lng": 100 } }), 400, "center.lat"),
        (json!({ "area": { "type": "Point", "coordinates": [1, 2] } }), 400, "area"),
        (json!({ "area": bow_tie }), 400, "area"),
        (json!({ "area": { "type": "Polygon", "coordinates": [many] } }), 400, "area"),
        (json!({ "order": 3_000_000_000_i64 }), 400, "order"),
    ];
    for (wrong, status, field) in cases {
        let mut body = json!({ "parent_id": parent, "name": "新组", "number": "QL-NEW-2" });
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let reply = admin.post("/grids", &body).await;
        assert_eq!(reply.status, status, "{field}: {}", reply.body);
        assert!(reply.fields()[0].starts_with(field), "{}", reply.body);
    }
    let nowhere = json!({ "parent_id": strange, "name": "新组", "number": "QL-NEW-2" });
    assert_eq!(admin.post("/grids", &nowhere).await.code(), "grid.not_found");
    for (wrong, status) in
        [(json!({ "name": "" }), 422), (json!({ "status": "gone" }), 400), (json!({ "number": "1" }), 400)]
    {
        assert_eq!(change(&admin, &leaf, wrong.clone()).await.status, status, "{wrong}");
    }
    assert_eq!(admin.get("/grids/tree").await.body, before);
}

#[actix_rt::test]
async fn a_new_leader_has_the_rights_at_once_and_a_dismissed_one_none() {
    let server = TestServer::start();
    let (admin, neighbour) = (server.staff("admin", 0).await, server.staff("worker", 2).await);
    let resident = server.resident("19900006206").await;
    let village = server.staff("leader_l3", 0).await.own_grid().await;
    let account = account_of(&neighbour).await;
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    let (path, board) = (format!("/tickets/{ticket}"), format!("/grids/{village}/board"));
    assert_eq!((neighbour.get(&path).await.status, neighbour.get(&board).await.status), (404, 404));

    let staff = format!("/grids/{village}/staff");
    admin.post(&staff, &json!({ "account_id": account, "duty": "leader" })).await.expect(204);
    assert_eq!(neighbour.get(&path).await.status, 200);
    assert_eq!(neighbour.get(&board).await.status, 200);
    neighbour.step(&ticket, "nudge", &json!({})).await;
    let duties = neighbour.get("/auth/me").await.body["grids"].clone();
    assert!(duties.as_array().unwrap().iter().any(|duty| duty["id"] == village.as_str() && duty["duty"] == "leader"));
    let listed = admin.get(&format!("/grids/{village}")).await.body["staff"].clone();
    assert!(listed.as_array().unwrap().iter().any(|member| member["account_id"] == account.as_str()));

    admin.delete(&format!("{staff}/{account}")).await.expect(204);
    assert_eq!(neighbour.get(&path).await.status, 404);
    assert_eq!(neighbour.get(&board).await.status, 404);
    assert_eq!(neighbour.act(&ticket, "accept", &json!({})).await.status, 404);
    assert!(!neighbour.all_tickets("").await.iter().any(|found| found["id"] == ticket));
    // What else the person serves stays.
    assert_eq!(neighbour.get("/auth/me").await.body["grids"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn a_duty_that_cannot_be_is_refused() {
    let server = TestServer::start();
    let (admin, resident) = (server.staff("admin", 0).await, server.resident("19900006207").await);
    let worker = server.staff("worker", 0).await;
    let (grid, account) = (worker.own_grid().await, account_of(&worker).await);
    let staff = format!("/grids/{grid}/staff");
    let of_resident = admin.post(&staff, &json!({ "account_id": account_of(&resident).await, "duty": "worker" })).await;
    assert_eq!(of_resident.expect(422)["fields"][0]["code"], "account.not_found");
    for body in [
        json!({ "account_id": account, "duty": "king" }),
        json!({ "account_id": "x", "duty": "worker" }),
        json!({ "account_id": account }),
    ] {
        assert_eq!(admin.post(&staff, &body).await.status, 400, "{body}");
    }
    for missing in [account_of(&resident).await, "x".to_owned(), "01890a5d-ac96-774b-bcce-b302099a8057".to_owned()] {
        let reply = admin.delete(&format!("{staff}/{missing}")).await;
        assert_eq!((reply.status, reply.code()), (404, "grid.staff_not_found"));
    }
    assert_eq!(admin.post("/grids/x/staff", &json!({ "account_id": account, "duty": "worker" })).await.status, 404);
    // One duty in a grid: a second one takes the first one's place.
    admin.post(&staff, &json!({ "account_id": account, "duty": "deputy" })).await.expect(204);
    let duties = worker.get("/auth/me").await.body["grids"].clone();
    assert_eq!((duties.as_array().unwrap().len(), &duties[0]["duty"]), (1, &json!("deputy")));
}

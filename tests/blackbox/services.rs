//! 政策信息, 红色服务 and 服务日记: who keeps what, what residents see, and that a record is sent once.

use awc::http::Method;
use image::ImageFormat;
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use crate::support::media::picture;
use crate::support::{Person, TestServer, text};

fn ago(minutes: i64) -> String {
    SystemClock.now().plus_millis(-minutes * 60_000).to_string()
}

fn titles(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| text(&one["title"])).collect()
}

fn record(client: u128, words: &str, photos: &[String]) -> Value {
    json!({ "client_id": format!("00000000-0000-4000-8000-{client:012}"), "kind": "visit", "happened_at": ago(30), "text": words,
        "whom": "覃老太", "place": "三组", "attachments": photos })
}

async fn photo(person: &Person) -> String {
    text(&person.upload("a.jpg", "image/jpeg", &picture(ImageFormat::Jpeg, 8, 8)).await.expect(201)["id"])
}

#[actix_rt::test]
async fn what_an_administrator_enables_residents_of_the_subtree_see_and_nobody_else() {
    let server = TestServer::start();
    let (admin, leader) = (server.staff("admin", 0).await, server.staff("leader_l5", 0).await);
    let (village, county) = (leader.own_grid().await, server.staff("leader_l1", 0).await.own_grid().await);
    let here = server.code_of("worker", 0);
    let nobody = server.nobody();
    let shown = async |code: &str| nobody.get(&format!("/entry/{code}/services")).await.expect(200).clone();
    let before = shown(&here).await;
    assert!(before["policies"].as_array().is_some() && before["links"].as_array().is_some());
    let new = |grid: &str, title: &str| json!({ "grid_id": grid, "title": title, "body": "第一段\n第二段" });
    let made = admin.post("/policies", &new(&county, "全县的政策")).await;
    let (id, version) = (text(&made.expect(201)["id"]), made.body["version"].clone());
    made.seq();
    leader.post("/policies", &new(&village, "本组的政策")).await.expect(201);
    let draft = json!({ "grid_id": village, "title": "还没发布", "body": "草稿", "enabled": false });
    let draft = text(&leader.post("/policies", &draft).await.expect(201)["id"]);
    let link =
        json!({ "grid_id": village, "title": "党员教育", "address": "https://example.cn/学习", "sort_order": 1 });
    let link = leader.post("/service-links", &link).await.expect(201).clone();
    assert_eq!(link["address"], "https://example.cn/%E5%AD%A6%E4%B9%A0");

    let services = shown(&here).await;
    assert_eq!(titles(&services["policies"])[..2], ["本组的政策", "全县的政策"]);
    assert!(titles(&services["links"]).contains(&"党员教育".to_owned()));
    assert_eq!(services["policies"][0]["summary"], "第一段 第二段");
    assert!(services["policies"][0].get("body").is_none() && services["policies"][0].get("enabled").is_none());
    let whole = nobody.get(&format!("/entry/{here}/policies/{id}")).await;
    assert_eq!(whole.expect(200)["body"], "第一段\n第二段");
    // A grid elsewhere has the county's alone; a draft is nobody's.
    let neighbour = server.code_of("worker", 2);
    let elsewhere = shown(&neighbour).await;
    assert!(titles(&elsewhere["policies"]).contains(&"全县的政策".to_owned()));
    assert!(!titles(&elsewhere["policies"]).contains(&"本组的政策".to_owned()));
    assert!(!titles(&elsewhere["links"]).contains(&"党员教育".to_owned()));
    for (code, policy) in
        [(&here, draft.as_str()), (&neighbour, text(&services["policies"][0]["id"]).as_str()), (&here, "x")]
    {
        let refused = nobody.get(&format!("/entry/{code}/policies/{policy}")).await;
        assert_eq!((refused.status, refused.code()), (404, "policy.not_found"));
    }
    for path in ["services".to_owned(), format!("policies/{id}")] {
        assert_eq!(nobody.get(&format!("/entry/NOSUCHCODE/{path}")).await.code(), "grid.code_unknown");
    }

    let off = admin.patch(&format!("/policies/{id}"), &json!({ "version": version, "enabled": false })).await;
    assert_eq!(off.expect(200)["enabled"], false);
    assert!(!titles(&shown(&here).await["policies"]).contains(&"全县的政策".to_owned()));
    assert_eq!(nobody.get(&format!("/entry/{here}/policies/{id}")).await.status, 404);
    // Whoever read it before finds what it says now.
    let late = admin.patch(&format!("/policies/{id}"), &json!({ "version": version, "title": "改" })).await;
    assert_eq!((late.status, late.code()), (409, "policy.changed"));
    assert_eq!((&late.body["current"]["version"], &late.body["current"]["enabled"]), (&json!(2), &json!(false)));
    let path = format!("/service-links/{}", text(&link["id"]));
    leader.patch(&path, &json!({ "version": 1, "enabled": false })).await.expect(200);
    assert_eq!(leader.patch(&path, &json!({ "version": 1, "enabled": true })).await.code(), "link.changed");
    assert!(!titles(&shown(&here).await["links"]).contains(&"党员教育".to_owned()));
    assert_eq!(leader.delete(&path).await.status, 204);
    assert_eq!(leader.delete(&path).await.code(), "link.not_found");
    assert_eq!(admin.delete(&format!("/policies/{id}")).await.status, 204);
    assert_eq!(admin.get(&format!("/policies/{id}")).await.status, 404);
}

#[actix_rt::test]
async fn nobody_keeps_what_is_another_grids() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let (village, county) = (leader.own_grid().await, server.staff("leader_l1", 0).await.own_grid().await);
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900006801").await);
    // A leader below answers for nothing above.
    let neighbour = server.staff("leader_l5", 0).await;
    let policy = json!({ "grid_id": village, "title": "本村的政策", "body": "文" });
    let link = json!({ "grid_id": village, "title": "链接", "address": "https://example.cn" });
    for (who, path, new) in [
        (&neighbour, "/policies", &policy),
        (&worker, "/policies", &policy),
        (&resident, "/policies", &policy),
        (&neighbour, "/service-links", &link),
        (&worker, "/service-links", &link),
        (&leader, "/policies", &json!({ "grid_id": county, "title": "越级", "body": "文" })),
    ] {
        let refused = who.post(path, new).await;
        assert_eq!((refused.status, refused.code()), (403, "service.not_permitted"), "{path}");
    }
    let policy = format!("/policies/{}", text(&leader.post("/policies", &policy).await.expect(201)["id"]));
    let link = format!("/service-links/{}", text(&leader.post("/service-links", &link).await.expect(201)["id"]));
    for who in [&neighbour, &worker, &resident] {
        assert_eq!(who.get(&policy).await.code(), "policy.not_found");
        for path in [&policy, &link] {
            assert_eq!(who.patch(path, &json!({ "version": 1, "enabled": false })).await.status, 404, "{path}");
            assert_eq!(who.delete(path).await.status, 404, "{path}");
        }
        for list in ["/policies?q=%E6%9C%AC%E6%9D%91", "/service-links?q=%E9%93%BE%E6%8E%A5"] {
            let found = who.get(list).await.expect(200)["items"].clone();
            assert!(!titles(&found).iter().any(|title| title == "本村的政策" || title == "链接"), "{list}: {found}");
        }
    }
    assert_eq!(titles(&leader.get("/policies?q=%E6%9C%AC%E6%9D%91").await.expect(200)["items"]), ["本村的政策"]);
    assert_eq!(leader.get("/policies?limit=0").await.fields(), ["limit"]);
    assert_eq!(leader.get("/policies?cursor=x").await.fields(), ["cursor"]);
    for address in ["http://example.cn", "javascript:alert(1)", "https://a@example.cn"] {
        let wrong = json!({ "grid_id": village, "title": "题", "address": address });
        assert_eq!(leader.post("/service-links", &wrong).await.fields(), ["address"], "{address}");
    }
}

#[actix_rt::test]
async fn a_record_with_photos_is_found_changed_and_deleted_by_its_author_and_read_by_the_leader() {
    let server = TestServer::start();
    let (worker, leader) = (server.staff("worker", 0).await, server.staff("leader_l3", 0).await);
    let (neighbour, resident) = (server.staff("worker", 2).await, server.resident("19900006802").await);
    let photos = [photo(&worker).await, photo(&worker).await];
    let made = worker.post("/service-records", &record(1, "上门看望，帮忙量血压", &photos)).await;
    let view = made.expect(201).clone();
    let path = format!("/service-records/{}", text(&view["id"]));
    assert_eq!((&view["kind_title"], &view["grid"]["id"]), (&json!("走访入户"), &json!(worker.own_grid().await)));
    assert!(view["changeable_until"].is_string());
    assert_eq!(view["attachments"].as_array().unwrap().len(), 2);
    // Searched by words, by the whole name, by kind and day.
    let found = async |who: &Person, query: &str| {
        let page = who.get(&format!("/service-records?{query}")).await;
        page.expect(200)["items"].as_array().unwrap().iter().filter(|one| one["id"] == view["id"]).count()
    };
    let today = &ago(0)[..10];
    for (query, count) in [
        ("q=%E9%87%8F%E8%A1%80%E5%8E%8B", 1),
        ("q=%E8%A6%83%E8%80%81%E5%A4%AA", 1),
        ("q=%E6%B2%A1%E6%9C%89", 0),
        ("kind=visit", 1),
        ("kind=help", 0),
        ("until=2020-01-01", 0),
    ] {
        assert_eq!(found(&worker, query).await, count, "{query}");
    }
    assert_eq!((found(&leader, "box=subtree").await, found(&leader, "box=mine").await), (1, 0));
    assert_eq!((found(&neighbour, "box=subtree").await, found(&resident, "box=subtree").await), (0, 0));
    for photo in &photos {
        let status =
            async |who: &Person| who.send(Method::GET, &format!("/attachments/{photo}"), None, &[]).await.status;
        assert_eq!([status(&worker).await, status(&leader).await], [200, 200]);
        assert_eq!([status(&neighbour).await, status(&resident).await], [404, 404]);
    }
    assert_eq!(leader.get(&path).await.expect(200)["changeable_until"], Value::Null);
    for who in [&neighbour, &resident] {
        assert_eq!(who.get(&path).await.code(), "service_record.not_found");
        assert_eq!(who.delete(&path).await.status, 404);
    }
    assert_eq!(leader.delete(&path).await.code(), "service_record.not_author");
    assert_eq!(leader.patch(&path, &json!({ "version": 1, "text": "x" })).await.status, 403);

    let changes = json!({ "version": 1, "text": "改", "whom": null, "attachments": [photos[1]] });
    let changed = worker.patch(&path, &changes).await;
    assert_eq!((&changed.expect(200)["text"], &changed.body["whom"]), (&json!("改"), &Value::Null));
    assert_eq!(changed.body["place"], "三组");
    let gone = async |id: &str| worker.send(Method::GET, &format!("/attachments/{id}"), None, &[]).await.status;
    assert_eq!([gone(&photos[0]).await, gone(&photos[1]).await], [404, 200]);
    let late = worker.patch(&path, &json!({ "version": 1, "text": "再改" })).await;
    assert_eq!((late.status, late.code()), (409, "service_record.changed"));
    assert_eq!(late.body["current"]["text"], "改");

    let counts = leader.get(&format!("/service-records/counts?from={today}&until={today}")).await;
    let line =
        counts.expect(200)["items"].as_array().unwrap().iter().find(|one| one["author"]["id"] == view["author"]["id"]);
    assert!(line.unwrap()["total"].as_u64().unwrap() >= 1, "{}", counts.body);
    for who in [&worker, &resident] {
        assert_eq!(who.get("/service-records/counts").await.code(), "service_record.not_leader");
    }
    let county = server.staff("leader_l1", 0).await.own_grid().await;
    assert_eq!(leader.get(&format!("/service-records/counts?grid_id={county}")).await.status, 403);

    // After a day it stays as it is.
    let yesterday = SystemClock.now().plus_millis(-24 * 3_600_000).millis();
    server.sql(&format!("UPDATE service_records SET created_at = {yesterday} WHERE id = '{}';", text(&view["id"])));
    let too_late = worker.patch(&path, &json!({ "version": 2, "text": "x" })).await;
    assert_eq!((too_late.status, too_late.code()), (409, "service_record.too_late"));
    assert_eq!(worker.delete(&path).await.code(), "service_record.too_late");
    server.sql(&format!(
        "UPDATE service_records SET created_at = {yesterday} + 60000 WHERE id = '{}';",
        text(&view["id"])
    ));
    assert_eq!(worker.delete(&path).await.status, 204);
    assert_eq!((worker.get(&path).await.status, gone(&photos[1]).await), (404, 404));
}

#[actix_rt::test]
async fn a_record_that_is_sent_again_makes_no_second_one() {
    let server = TestServer::start();
    let (worker, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 2).await);
    let photos = [photo(&worker).await];
    let new = record(7, "调解邻里纠纷", &photos);
    let first = worker.post_once("/service-records", &new, "k1").await;
    let id = first.expect(201)["id"].clone();
    // With the same key, with another one, and with none: the one that is there.
    for again in [
        worker.post_once("/service-records", &new, "k1").await,
        worker.post_once("/service-records", &new, "k2").await,
        worker.post("/service-records", &new).await,
    ] {
        assert!(matches!(again.status, 200 | 201), "{}", again.body);
        assert_eq!((again.header("Idempotent-Replayed"), &again.body["id"]), (Some("true"), &id));
    }
    let both = record(8, "两台设备同时", &[]);
    let (one, two) =
        futures_util::future::join(worker.post("/service-records", &both), worker.post("/service-records", &both))
            .await;
    assert_eq!(one.body["id"], two.body["id"], "{} {}", one.body, two.body);
    // Another's device may have called its own so.
    let own = record(7, "隔壁的", &[]);
    assert_ne!(neighbour.post("/service-records", &own).await.expect(201)["id"], id);
    let mine = worker.get("/service-records").await.expect(200)["items"].clone();
    let sent =
        mine.as_array().unwrap().iter().filter(|one| one["text"] == "调解邻里纠纷" || one["text"] == "两台设备同时");
    assert_eq!(sent.count(), 2);
    // A photo of another record, or of another person, is refused by name.
    for stolen in [json!([photos[0]]), json!([photo(&neighbour).await])] {
        let mut wrong = record(9, "x", &[]);
        wrong["attachments"] = stolen;
        assert_eq!(worker.post("/service-records", &wrong).await.fields(), ["attachments"]);
    }
    let mut foreign = record(10, "x", &[]);
    foreign["grid_id"] = json!(neighbour.own_grid().await);
    assert_eq!(worker.post("/service-records", &foreign).await.code(), "service_record.not_permitted");
    let resident = server.resident("19900006803").await;
    assert_eq!(resident.post("/service-records", &record(11, "x", &[])).await.code(), "service_record.not_permitted");
    let mut future = record(12, "x", &[]);
    future["happened_at"] = json!(ago(-60));
    assert_eq!(worker.post("/service-records", &future).await.fields(), ["happened_at"]);
}

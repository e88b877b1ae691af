//! Lists of requests: boxes, filters, search, pages.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, text};

fn ids(tickets: &[Value]) -> Vec<String> {
    tickets.iter().map(|ticket| text(&ticket["id"])).collect()
}

async fn list(person: &Person, query: &str) -> Vec<String> {
    ids(&person.all_tickets(query).await)
}

#[actix_rt::test]
async fn boxes_hold_what_is_mine_my_grids_my_subtrees_and_what_climbed_to_me() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900005001").await, server.staff("worker", 0).await);
    let (neighbour, leader) = (server.staff("worker", 2).await, server.staff("leader_l4", 0).await);
    let (here, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    let (there, _) = resident.submit(&server.code_of("worker", 2), "suggestion", "水管").await;
    assert_eq!(list(&resident, "box=mine").await, [there.clone(), here.clone()]);
    assert_eq!(list(&resident, "").await, [there.clone(), here.clone()]);
    assert_eq!(list(&resident, "box=grid").await, [] as [String; 0]);

    let (of_worker, of_neighbour) = (list(&worker, "box=grid").await, list(&neighbour, "box=grid").await);
    assert!(of_worker.contains(&here) && !of_worker.contains(&there));
    assert!(of_neighbour.contains(&there) && !of_neighbour.contains(&here));
    assert!(!list(&worker, "box=mine").await.contains(&here));
    worker.step(&here, "accept", &json!({})).await;
    assert_eq!(list(&worker, "box=mine").await.first(), Some(&here));
    // A leader's own grid is one thing, all below it another.
    assert!(!list(&leader, "box=grid").await.contains(&here));
    assert!(list(&leader, "box=subtree").await.contains(&here));
    assert!(!list(&leader, "box=escalated").await.contains(&here));
    for _ in 0..2 {
        worker.step(&here, "return", &json!({ "reason": "不归我们" })).await;
    }
    assert!(list(&leader, "box=escalated").await.contains(&here));
    assert_eq!(list(&neighbour, "box=escalated").await, [] as [String; 0]);
}

#[actix_rt::test]
async fn filters_narrow_a_list_and_are_joined_by_and() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900005002").await, server.staff("worker", 0).await);
    let code = server.code_of("worker", 0);
    let (lamp, _) = resident.submit(&code, "suggestion", "路灯 100% 坏了").await;
    let (fence, _) = resident.submit(&code, "dispute", "围墙_争议").await;
    worker.step(&fence, "accept", &json!({})).await;
    let number = text(&resident.get(&format!("/tickets/{lamp}")).await.body["number"]);
    let grid = worker.own_grid().await;
    let elsewhere = server.staff("worker", 2).await.own_grid().await;
    for (query, expected) in [
        ("state=submitted".to_owned(), vec![&lamp]),
        ("state=accepted".to_owned(), vec![&fence]),
        ("state=submitted,accepted".to_owned(), vec![&fence, &lamp]),
        ("state=rated".to_owned(), vec![]),
        ("kind=dispute".to_owned(), vec![&fence]),
        ("kind=no_such_kind".to_owned(), vec![]),
        ("kind=dispute&state=submitted".to_owned(), vec![]),
        (format!("q={number}"), vec![&lamp]),
        (format!("q={}", number.to_lowercase()), vec![&lamp]),
        ("q=%E8%B7%AF%E7%81%AF".to_owned(), vec![&lamp]),
        // Signs that mean something to the database mean themselves here.
        ("q=%25".to_owned(), vec![&lamp]),
        ("q=_".to_owned(), vec![&fence]),
        ("q=%5C".to_owned(), vec![]),
        ("q='%20OR%201=1".to_owned(), vec![]),
        (format!("grid_id={grid}"), vec![&fence, &lamp]),
        (format!("grid_id={elsewhere}"), vec![]),
    ] {
        let found = list(&resident, &format!("box=mine&{query}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[actix_rt::test]
async fn pages_hold_every_request_once_also_while_new_ones_come_in() {
    let server = TestServer::start();
    let resident = server.resident("19900005003").await;
    let code = server.code_of("worker", 0);
    let mut sent = Vec::new();
    for number in 0..7 {
        sent.push(resident.submit(&code, "suggestion", &format!("第 {number} 件")).await.0);
    }
    sent.reverse();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = resident.get(&format!("/tickets?box=mine&limit=3{cursor}")).await;
        let items = page.expect(200)["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        seen.extend(ids(items));
        resident.submit(&code, "suggestion", "后来的").await;
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, sent);
    let all = server.staff("leader_l1", 0).await;
    let one = all.get("/tickets?limit=1").await;
    assert_eq!(one.expect(200)["items"].as_array().unwrap().len(), 1);
    let most = all.get("/tickets?limit=200").await;
    assert!(most.expect(200)["items"].as_array().unwrap().len() <= 200);
}

#[actix_rt::test]
async fn a_list_that_cannot_be_is_refused_by_the_name_of_its_parameter() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    for query in [
        "box=all",
        "state=open",
        "state=submitted,open",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=99999999999",
        "cursor=x",
        "grid_id=x",
        "page=2",
        "box=mine&box=grid",
    ] {
        let reply = worker.get(&format!("/tickets?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.body);
        assert_eq!(reply.header("Content-Type"), Some("application/problem+json"));
        let name = query.split('=').next().unwrap();
        assert_eq!(reply.fields(), [name], "{query}: {}", reply.body);
    }
    let strange = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(worker.get(&format!("/tickets?grid_id={strange}")).await.code(), "grid.not_found");
    let long = worker.get(&format!("/tickets?q={}", "a".repeat(60_000))).await;
    assert!((400..500).contains(&long.status), "{}", long.body);
}

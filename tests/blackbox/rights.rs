//! Who may see and do what: of tickets, files, boards, codes; and nothing at all without a session.

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestServer, text};

/// What anybody may call without a session. Whatever else the document names is closed.
const OPEN: [&str; 13] = [
    "GET /api/v1/entry/{code}",
    "GET /api/v1/entry/{code}/known",
    "GET /api/v1/entry/{code}/policies/{policy_id}",
    "GET /api/v1/entry/{code}/services",
    "GET /api/v1/ticket-kinds",
    "GET /calendar/{token}.ics",
    "GET /healthz",
    "GET /readyz",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/sms-code",
    "POST /api/v1/auth/sms-login",
    "POST /api/v1/meetings/{id}/sign-in/claim",
    "POST /api/v1/screens",
];

/// Every step of a ticket with a body that would do for the right person.
fn steps(account: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("accept", json!({})),
        ("complete", json!({ "note": "好了" })),
        ("return", json!({ "reason": "不归我们" })),
        ("reassign", json!({ "account_id": account })),
        ("nudge", json!({ "note": "快" })),
        ("nudge-receipt", json!({})),
        ("withdraw", json!({})),
        ("rate", json!({ "stars": 5 })),
        ("reopen", json!({ "reason": "没好" })),
        ("comment", json!({ "text": "路过" })),
        ("contact", json!({})),
        ("pause", json!({ "reason": "force_majeure" })),
        ("resume", json!({})),
        ("extension", json!({ "limit": { "value": 1, "unit": "workdays", "clock": "working" }, "reason": "等材料" })),
        ("extension-decision", json!({ "approved": true })),
    ]
}

/// All that the outside may see of a ticket.
async fn picture(person: &Person, ticket: &str) -> [Value; 2] {
    let read = async |path: String| person.get(&path).await.expect(200).clone();
    [read(format!("/tickets/{ticket}")).await, read(format!("/tickets/{ticket}/timeline")).await]
}

/// An outsider finds no such ticket, whatever he tries, and the ticket stays as it is.
async fn assert_hidden(ticket: &str, owner: &Person, outsider: &Person, status: u16, code: &str) {
    let before = picture(owner, ticket).await;
    let account = text(&owner.get("/auth/me").await.body["id"]);
    for path in ["", "/timeline", "/due"].map(|part| format!("/tickets/{ticket}{part}")) {
        let reply = outsider.get(&path).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{path}");
    }
    for (action, body) in steps(&account) {
        let reply = outsider.act(ticket, action, &body).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{action}: {}", reply.body);
    }
    assert_eq!(picture(owner, ticket).await, before);
}

#[actix_rt::test]
async fn another_villages_worker_another_resident_and_nobody_find_no_such_ticket() {
    let server = TestServer::start();
    let resident = server.resident("19900006001").await;
    let (stranger, neighbour) = (server.resident("19900006002").await, server.staff("worker", 2).await);
    let worker = server.staff("worker", 0).await;
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "dispute", "宅基地边界有争议").await;
    // In every state, as each one opens other steps.
    let ways: [(&Person, &str, Value); 3] = [
        (&worker, "accept", json!({})),
        (&worker, "complete", json!({ "note": "已调解" })),
        (&resident, "rate", json!({ "stars": 5 })),
    ];
    for step in std::iter::once(None).chain(ways.into_iter().map(Some)) {
        if let Some((person, action, body)) = step {
            person.step(&ticket, action, &body).await;
        }
        for outsider in [&stranger, &neighbour] {
            assert_hidden(&ticket, &resident, outsider, 404, "ticket.not_found").await;
        }
        assert_hidden(&ticket, &resident, &server.nobody(), 401, "auth.required").await;
    }
    // Nor does anything tell a hidden ticket from one that never was.
    let made_up = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (hidden, absent) =
        (stranger.get(&format!("/tickets/{ticket}")).await, stranger.get(&format!("/tickets/{made_up}")).await);
    assert_eq!((hidden.status, &hidden.body["detail"]), (absent.status, &absent.body["detail"]));
    for outsider in [&stranger, &neighbour] {
        assert!(!outsider.all_tickets("").await.iter().any(|found| found["id"] == ticket));
    }
}

#[actix_rt::test]
async fn who_sees_a_ticket_may_still_not_do_what_is_not_his_to_do() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900006003").await, server.staff("worker", 0).await);
    let admin = server.staff("admin", 0).await;
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯坏了").await;
    let before = picture(&worker, &ticket).await;
    let refused: [(&Person, &[&str]); 3] = [
        (&resident, &["accept", "complete", "return", "reassign", "nudge", "nudge-receipt", "contact"]),
        (&worker, &["reassign", "nudge", "withdraw", "rate", "reopen"]),
        // Administering is not handling.
        (&admin, &["accept", "complete", "return", "nudge-receipt", "withdraw", "rate", "reopen", "contact"]),
    ];
    let account = text(&worker.get("/auth/me").await.body["id"]);
    for (person, actions) in refused {
        for (action, body) in steps(&account).into_iter().filter(|(action, _)| actions.contains(action)) {
            let reply = person.act(&ticket, action, &body).await;
            assert_eq!((reply.status, reply.code()), (403, "ticket.not_permitted"), "{action}: {}", reply.body);
        }
        let offered = person.get(&format!("/tickets/{ticket}")).await.body["actions"].clone();
        assert!(
            offered.as_array().unwrap().iter().all(|action| !actions.contains(&action.as_str().unwrap())),
            "{offered}"
        );
    }
    assert_eq!(picture(&worker, &ticket).await, before);
}

#[actix_rt::test]
async fn a_village_worker_sees_of_the_groups_below_only_what_was_sent_to_the_village_too() {
    let server = TestServer::start();
    let (resident, admin) = (server.resident("19900006004").await, server.staff("admin", 0).await);
    let village = server.staff("leader_l3", 0).await.own_grid().await;
    let clerk = server.staff("worker", 2).await;
    let account = text(&clerk.get("/auth/me").await.body["id"]);
    let code = server.code_of("worker", 0);
    let (private, _) = resident.submit(&code, "dispute", "家里的事").await;
    let shared = json!({ "grid_code": code, "kind": "dispute", "content": "请村里也知道", "also_village": true });
    let shared = text(&resident.post("/tickets", &shared).await.expect(201)["id"]);
    let path = format!("/grids/{village}/staff");
    admin.post(&path, &json!({ "account_id": account, "duty": "worker" })).await.expect(204);

    let copy = clerk.get(&format!("/tickets/{shared}")).await;
    assert_eq!(copy.expect(200)["actions"], json!(["comment"]));
    assert_hidden(&private, &resident, &clerk, 404, "ticket.not_found").await;
    let listed = clerk.all_tickets("").await;
    assert!(listed.iter().any(|found| found["id"] == shared) && !listed.iter().any(|found| found["id"] == private));
    // To know of it is not to handle it.
    for action in ["accept", "return", "contact", "withdraw"] {
        let (_, body) = steps(&account).into_iter().find(|(known, _)| *known == action).unwrap();
        let reply = clerk.act(&shared, action, &body).await;
        assert_eq!((reply.status, reply.code()), (403, "ticket.not_permitted"), "{action}");
    }
}

#[actix_rt::test]
async fn boards_codes_and_counters_are_for_those_who_serve_the_grid() {
    let server = TestServer::start();
    let (worker, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 2).await);
    let (resident, leader) = (server.resident("19900006005").await, server.staff("leader_l3", 0).await);
    let grid = worker.own_grid().await;
    for outsider in [&neighbour, &resident] {
        for path in ["board", "qr.svg", "qr.png"] {
            let reply = outsider.get(&format!("/grids/{grid}/{path}")).await;
            assert_eq!((reply.status, reply.code()), (404, "grid.not_found"), "{path}");
        }
        // The grid itself may be chosen by anybody; how much there is to do there is nobody else's business.
        assert_eq!(outsider.get(&format!("/grids/{grid}")).await.expect(200)["counters"], json!(null));
    }
    for insider in [&worker, &leader] {
        for path in ["board", "qr.svg", "qr.png"] {
            assert_eq!(insider.get(&format!("/grids/{grid}/{path}")).await.status, 200, "{path}");
        }
        assert!(insider.get(&format!("/grids/{grid}")).await.expect(200)["counters"].is_object());
    }
    let above = leader.own_grid().await;
    assert_eq!(worker.get(&format!("/grids/{above}/board")).await.status, 404);
    let tree = resident.get("/grids/tree").await;
    fn counted(node: &Value) -> usize {
        usize::from(!node["counters"].is_null())
            + node["children"].as_array().unwrap().iter().map(counted).sum::<usize>()
    }
    assert_eq!(counted(tree.expect(200)), 0);
    let of_neighbour =
        neighbour.get(&format!("/grids/tree?root={}", server.staff("leader_l1", 0).await.own_grid().await)).await;
    assert_eq!(counted(of_neighbour.expect(200)), 1, "of his own grid");
}

#[actix_rt::test]
async fn a_list_filtered_by_a_foreign_grid_shows_nothing_of_it() {
    let server = TestServer::start();
    let (resident, neighbour) = (server.resident("19900006006").await, server.staff("worker", 2).await);
    resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    let grid = server.staff("worker", 0).await.own_grid().await;
    for scope in ["", "&box=grid", "&box=subtree", "&box=escalated", "&box=mine"] {
        assert_eq!(neighbour.all_tickets(&format!("grid_id={grid}{scope}")).await, [] as [Value; 0], "{scope}");
    }
}

#[actix_rt::test]
async fn without_a_session_every_route_but_the_open_ones_answers_401() {
    let server = TestServer::start();
    let nobody = server.nobody();
    let document = nobody.get("/openapi.json").await;
    let mut open = BTreeSet::new();
    let mut closed = 0;
    for (path, methods) in document.expect(200)["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let name = format!("{} {path}", method.to_uppercase());
            let some = path
                .replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057")
                .replace("{account_id}", "01890a5d-ac96-774b-bcce-b302099a8058");
            let whole = format!("/{}", some.replace("{code}", "NOSUCHCODE").replace("{token}", "NOSUCHTOKEN"));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let body = (method != Method::GET).then(|| b"{}".to_vec());
            let reply = nobody.send(method, &whole, body, &[]).await;
            if reply.status == 401 && reply.code() == "auth.required" {
                assert_eq!(reply.header("Content-Type"), Some("application/problem+json"), "{name}");
                closed += 1;
            } else {
                open.insert(name);
            }
        }
    }
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), OPEN);
    assert!(closed > 30, "{closed}");
}

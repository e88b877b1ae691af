//! What a screen may do, and who may do something with it.

use super::*;

/// What the document names and a screen may call: all else that needs somebody is closed to it.
const OPEN_TO_SCREENS: [&str; 8] = [
    "GET /api/v1/grids/tree",
    "GET /api/v1/grids/{id}/board",
    "GET /api/v1/live",
    "GET /api/v1/live/sse",
    "GET /api/v1/meetings/{id}/photos/{member_id}",
    "GET /api/v1/meetings/{id}/sign-in/code",
    "GET /api/v1/meetings/{id}/votes",
    "GET /api/v1/screens/self",
];
/// What anybody may call, with any token or none.
const OPEN_TO_ALL: [&str; 13] = [
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
const NOTHINGS_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[actix_rt::test]
async fn a_screen_may_call_what_its_target_needs_and_nothing_else_of_the_whole_document() {
    let server = TestServer::start();
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.own_grid().await;
    let (paired, waits) = (Screen::paired(&server, &leader, &board(&county)).await, Screen::open(&server).await);
    let document = server.nobody().get("/openapi.json").await.body;
    for (screen, id) in [(&paired, county.as_str()), (&waits, NOTHINGS_ID)] {
        let mut open = BTreeSet::new();
        let mut closed = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let name = format!("{} {path}", method.to_uppercase());
                let some = path.replace("{id}", id).replace("{code}", "NOSUCHCODE");
                let some = some.split('/').map(|part| if part.starts_with('{') { NOTHINGS_ID } else { part });
                let query = match path.as_str() {
                    "/api/v1/grids/locate" => "?lng=106&lat=24",
                    "/api/v1/live/sse" => "?topics=nothing",
                    _ => "",
                };
                let whole = format!("/{}{query}", some.collect::<Vec<_>>().join("/"));
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                if name == "GET /api/v1/live/sse" {
                    // It goes on for ever; who may open it is looked at elsewhere.
                    open.insert(name);
                    continue;
                }
                let body = (method != Method::GET).then(|| b"{}".to_vec());
                let reply = screen.who.send(method, &whole, body, &[]).await;
                if (reply.status, reply.code()) == (403, "auth.screen_only_reads") {
                    closed += 1;
                } else {
                    open.insert(name);
                }
            }
        }
        let known: BTreeSet<String> =
            OPEN_TO_SCREENS.iter().chain(&OPEN_TO_ALL).map(|name| (*name).to_owned()).collect();
        assert_eq!(open, known);
        assert!(closed > 40, "{closed}");
    }
    // Reading is all: not even what it may read may be asked for in another way.
    for path in ["/screens/self", "/grids/tree", "/live"] {
        let reply = paired.who.post(path, &json!({})).await;
        assert!(matches!(reply.status, 403..=405), "{path}: {}", reply.status);
    }
    paired.itself().await.expect(200);
}

#[actix_rt::test]
async fn a_screen_reads_its_target_alone() {
    let server = TestServer::start();
    let leader = server.staff("leader_l3", 0).await;
    let (village, group) = (leader.own_grid().await, server.staff("worker", 0).await.own_grid().await);
    let county = server.staff("leader_l1", 0).await.own_grid().await;
    let screen = Screen::paired(&server, &leader, &board(&village)).await;
    let waits = Screen::open(&server).await;
    let mut live = Live::open(&screen.who).await;
    for foreign in [&county, &group] {
        for path in [format!("/grids/{foreign}/board"), format!("/grids/tree?root={foreign}")] {
            let reply = screen.who.get(&path).await;
            assert_eq!((reply.status, reply.code()), (404, "grid.not_found"), "{path}");
        }
        for topic in [board(foreign), format!("grid:{foreign}")] {
            assert_eq!(live.subscribe(&topic, None).await["reason"], "forbidden", "{topic}");
        }
    }
    // Its own grid as those see it who handle its tickets.
    assert_eq!(live.subscribe(&format!("grid:{village}"), None).await["reason"], "forbidden");
    for unknown in ["inbox", "screens", "meeting:1", "board:"] {
        assert_eq!(live.subscribe(unknown, None).await["reason"], "unknown", "{unknown}");
    }
    // One that waits reads nothing at all.
    for path in [format!("/grids/{village}/board"), "/grids/tree".to_owned(), format!("/grids/tree?root={village}")] {
        assert_eq!(waits.who.get(&path).await.status, 404, "{path}");
    }
    // A cookie is as good as a header, and as bad for everything else.
    let cookie = format!("lianxin_session={}", screen.who.token.as_deref().unwrap());
    let by_cookie = async |path: &str| server.nobody().send(Method::GET, path, None, &[("Cookie", &cookie)]).await;
    by_cookie(&format!("/grids/{village}/board")).await.expect(200);
    assert_eq!(by_cookie("/tickets").await.code(), "auth.screen_only_reads");
    // What is like a token of a screen is none.
    for token in ["screen.", "screen.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "screen.' OR 1=1 --"] {
        let forged = server.nobody().with_token(token);
        assert_eq!(forged.get("/screens/self").await.status, 401, "{token}");
        assert_eq!(forged.get("/tickets").await.status, 401, "{token}");
    }
}

#[actix_rt::test]
async fn nobody_pairs_a_screen_to_what_he_may_not_see() {
    let server = TestServer::start();
    let (worker, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 2).await);
    let resident = server.resident("19900008201").await;
    let village = server.staff("leader_l3", 0).await.own_grid().await;
    let own = worker.own_grid().await;
    let screen = Screen::open(&server).await;
    for (person, target) in [
        (&worker, board(&village)),
        (&worker, board(&neighbour.own_grid().await)),
        (&neighbour, board(&own)),
        (&resident, board(&own)),
        (&worker, board(NOTHINGS_ID)),
        // There are no meetings that anybody could show.
        (&worker, format!("meeting:{NOTHINGS_ID}")),
        (&server.staff("admin", 0).await, format!("meeting:{own}")),
    ] {
        let reply = screen.pair(person, &target).await;
        assert_eq!((reply.status, reply.code()), (404, "screen.target_unknown"), "{target}");
    }
    for target in ["grid:1", "board", "", "inbox"] {
        let reply = screen.pair(&worker, target).await;
        assert_eq!(
            (reply.status, reply.code(), reply.fields()),
            (400, "request.malformed", vec!["target"]),
            "{target}"
        );
    }
    assert!(screen.itself().await.expect(200)["target"].is_null());
    screen.pair(&worker, &board(&own)).await.expect(200);
}

#[actix_rt::test]
async fn a_screen_is_managed_by_those_who_may_show_its_target_and_unknown_to_others() {
    let server = TestServer::start();
    let (worker, colleague) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
    let (leader, neighbour) = (server.staff("leader_l3", 0).await, server.staff("worker", 2).await);
    let resident = server.resident("19900008202").await;
    let (village, own) = (leader.own_grid().await, worker.own_grid().await);
    let screen = Screen::paired(&server, &worker, &board(&own)).await;
    let above = Screen::paired(&server, &leader, &board(&village)).await;
    let ids = async |person: &Person| -> Vec<String> {
        let mut ids: Vec<String> = listed(person).await.iter().map(|screen| text(&screen["id"])).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = vec![screen.id.clone(), above.id.clone()];
    both.sort_unstable();
    assert_eq!(ids(&leader).await, both);
    for insider in [&worker, &colleague] {
        assert_eq!(ids(insider).await, std::slice::from_ref(&screen.id));
    }
    for outsider in [&neighbour, &resident] {
        assert_eq!(ids(outsider).await, [] as [String; 0]);
        let target = json!({ "target": board(&neighbour.own_grid().await) });
        let moved = outsider.post(&format!("/screens/{}/target", screen.id), &target).await;
        let released = outsider.delete(&format!("/screens/{}", screen.id)).await;
        for reply in [moved, released] {
            assert_eq!((reply.status, reply.code()), (404, "screen.not_found"));
        }
    }
    assert_eq!(worker.delete(&format!("/screens/{}", above.id)).await.status, 404);
    // Who manages it moves it only to what he may show as well.
    let up = worker.post(&format!("/screens/{}/target", screen.id), &json!({ "target": board(&village) })).await;
    assert_eq!((up.status, up.code()), (404, "screen.target_unknown"));
    // One that waits belongs to nobody yet.
    let waits = Screen::open(&server).await;
    assert_eq!(leader.delete(&format!("/screens/{}", waits.id)).await.status, 404);
    for strange in ["x", NOTHINGS_ID, "self"] {
        assert_eq!(leader.delete(&format!("/screens/{strange}")).await.status, 404, "{strange}");
    }
    // Taken up by the leader, it is no longer the worker's to manage.
    let up = leader.post(&format!("/screens/{}/target", screen.id), &json!({ "target": board(&village) })).await;
    up.expect(200);
    assert_eq!(ids(&worker).await, [] as [String; 0]);
    colleague.get("/screens/self").await.expect(404);
}

#[actix_rt::test]
async fn a_screen_stays_when_who_paired_it_loses_his_duty_and_others_manage_it() {
    let server = TestServer::start();
    let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
    let colleague = server.staff("worker", 1).await;
    let own = worker.own_grid().await;
    let screen = Screen::paired(&server, &worker, &board(&own)).await;
    let mut live = Live::open(&screen.who).await;
    live.subscribe(&board(&own), None).await;
    let mut person = Live::open(&worker).await;
    let id = text(&worker.get("/auth/me").await.body["id"]);
    admin.delete(&format!("/grids/{own}/staff/{id}")).await.expect(204);
    assert_eq!(person.end().await, Some(4003));
    // The screen belongs to the place where it hangs.
    let resident = server.resident("19900008203").await;
    let (_, seq) = resident.submit(&server.code_of("worker", 1), "suggestion", "路灯坏了").await;
    live.until_seq(seq).await;
    screen.who.get(&format!("/grids/{own}/board")).await.expect(200);
    assert_eq!(listed(&worker).await.len(), 0);
    assert_eq!(worker.delete(&format!("/screens/{}", screen.id)).await.status, 404);
    let listed = listed(&colleague).await;
    assert_eq!((&listed[0]["id"], &listed[0]["paired_by"]["id"]), (&json!(screen.id), &json!(id)));
    colleague.delete(&format!("/screens/{}", screen.id)).await.expect(204);
    assert_eq!(live.end().await, Some(4003));
}

#[actix_rt::test]
async fn a_person_has_no_topic_of_a_screen() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let screen = Screen::open(&server).await;
    let mut live = Live::open(&worker).await;
    for topic in ["screen".to_owned(), format!("screen:{}", screen.id)] {
        assert_eq!(live.subscribe(&topic, None).await["reason"], "unknown", "{topic}");
    }
    live.subscribe("inbox", None).await;
    live.subscribe(&board(&worker.own_grid().await), None).await;
    let paired = screen.pair(&worker, &board(&worker.own_grid().await)).await;
    paired.expect(200);
    // Nobody's connection but the screen's ends or hears of it.
    assert_eq!(live.until_pong().await, Vec::<Value>::new());
}

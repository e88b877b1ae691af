//! Boards of the past, and the replay of the whole log, on the real server.

use std::collections::BTreeMap;

use lianxin_domain::clock::Timestamp;
use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, eventually, now, same_counters, text, time};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const STATES: [&str; 4] = ["submitted", "accepted", "completed", "rated"];

async fn ask(person: &Person, grid: &str, at: impl std::fmt::Display) -> Reply {
    person.get(&format!("/grids/{grid}/board?at={at}")).await
}

/// The board at a moment; right after the start the beginnings of days are still being made.
async fn board_at(person: &Person, grid: &str, at: Timestamp) -> Value {
    eventually("a board of the past", async || {
        let reply = ask(person, grid, at).await;
        (reply.status != 503).then(|| reply.expect(200).clone())
    })
    .await
}

/// The same board but for what it says of itself. A live board that was started again may have forgotten the end of its
/// feed.
fn assert_same(then: &Value, seen: &Value) {
    let (mut then, mut seen) = (then.clone(), seen.clone());
    let shown = seen["feed"].as_array().unwrap().len();
    then["feed"].as_array_mut().unwrap().truncate(shown);
    for board in [&mut then, &mut seen] {
        board.as_object_mut().unwrap().retain(|name, _| !["seq", "at"].contains(&name.as_str()));
    }
    for (name, value) in seen.as_object().unwrap() {
        assert_eq!(&then[name], value, "{name}");
    }
    assert_eq!(then, seen);
}

#[actix_rt::test]
async fn a_board_of_the_past_is_what_was_shown_then() {
    let mut server = TestServer::start();
    let (leader, worker) = (server.staff("leader_l1", 0).await, server.staff("worker", 0).await);
    let resident = server.resident("19900007701").await;
    let grids = [leader.own_grid().await, worker.own_grid().await];
    let ticket = text(&resident.request_help(&server.code_of("worker", 0), "三组路口的路灯坏了").await["id"]);
    let mut seen: Vec<(Timestamp, Vec<Value>)> = Vec::new();
    for (person, action, body) in [
        (&worker, "accept", json!({})),
        (&worker, "return", json!({ "reason": "不归我们管" })),
        (&worker, "accept", json!({})),
        (&leader, "nudge", json!({ "note": "请尽快" })),
        (&worker, "complete", json!({ "note": "换了新灯泡" })),
        (&resident, "rate", json!({ "stars": 5 })),
    ] {
        let seq = person.step(&ticket, action, &body).await;
        let timeline = leader.get(&format!("/tickets/{ticket}/timeline")).await;
        let at = time(&timeline.expect(200)["items"].as_array().unwrap().last().unwrap()["at"]);
        let mut boards = Vec::new();
        for grid in &grids {
            let shown = eventually("the step on the board", async || {
                let board = leader.get(&format!("/grids/{grid}/board")).await.body;
                (board["seq"].as_u64() >= Some(seq)).then_some(board)
            });
            boards.push(shown.await);
        }
        seen.push((at, boards));
        // The next one in another millisecond.
        eventually("time", async || (now() > at).then_some(())).await;
    }
    for round in 0..2 {
        let leader = if round == 0 { leader.clone() } else { leader.at(&server) };
        for (at, boards) in &seen {
            for (grid, board) in grids.iter().zip(boards) {
                let then = board_at(&leader, grid, *at).await;
                assert_eq!((time(&then["at"]), then["seq"].as_u64() >= board["seq"].as_u64()), (*at, true));
                assert_same(&then, board);
            }
        }
        // The last moment is still the present one.
        let live = leader.get(&format!("/grids/{}/board", grids[0])).await.body;
        assert_same(&board_at(&leader, &grids[0], now()).await, &live);
        server.kill();
        server.restart();
    }
}

/// What happened to a ticket: when, its state after it, and whether its limit had passed.
async fn story(person: &Person, ticket: &str) -> Vec<(Timestamp, String, bool)> {
    let timeline = person.get(&format!("/tickets/{ticket}/timeline")).await;
    let items = timeline.expect(200)["items"].as_array().unwrap().clone();
    let step = |item: &Value| {
        let data = &item["data"];
        (time(&item["at"]), text(&data["state"]), data["overdue"] == true)
    };
    items.iter().map(step).collect()
}

#[actix_rt::test]
async fn boards_of_the_demonstrations_week_are_a_recount_of_its_timelines() {
    let server = TestServer::start();
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.own_grid().await;
    let mut stories = Vec::new();
    for ticket in leader.all_tickets("").await {
        stories.push(story(&leader, &text(&ticket["id"])).await);
    }
    assert!(stories.len() > 100);
    let mut totals = BTreeMap::new();
    for hours in (1..7 * 24).step_by(11) {
        let at = now().plus_millis(-hours * 60 * MINUTE + 7);
        let last = |story: &Vec<(Timestamp, String, bool)>| story.iter().rev().find(|step| step.0 <= at).cloned();
        let then: Vec<_> = stories.iter().filter_map(last).collect();
        let board = board_at(&leader, &county, at).await;
        let counted = STATES.map(|state| then.iter().filter(|step| step.1 == state).count() as i64);
        let late = then.iter().filter(|step| step.2).count() as i64;
        let [counters @ .., overdue, _] = same_counters(&board);
        assert_eq!((counters, overdue), (counted, late), "at {at}");
        let open = counted[0] + counted[1];
        assert_eq!(board["open"].as_array().unwrap().len() as i64, open);
        let on_ladder = |member: &str| {
            let steps = board["ladder"].as_array().unwrap().iter();
            steps.map(|step| step[member].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!((on_ladder("count"), on_ladder("overdue")), (open, late));
        let begun = lianxin_domain::calendar_day::day_start(at);
        let today = stories.iter().filter(|story| story[0].0 >= begun && story[0].0 <= at).count();
        assert_eq!(board["today"]["submitted"], today as i64);
        let feed = board["feed"].as_array().unwrap();
        assert!(feed.iter().all(|event| time(&event["at"]) <= at));
        assert!(feed.is_sorted_by(|a, b| a["seq"].as_u64() > b["seq"].as_u64()));
        totals.insert(at, counters.iter().sum::<i64>());
    }
    let totals: Vec<i64> = totals.into_values().collect();
    assert!(totals.is_sorted() && totals[0] < totals[totals.len() - 1], "{totals:?}");
}

#[actix_rt::test]
async fn moments_that_have_no_board_say_why() {
    let server = TestServer::start();
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.own_grid().await;
    let wrong = async |at: &str, status: u16, code: &str| {
        let reply = ask(&leader, &county, at).await;
        assert_eq!((reply.status, reply.code(), reply.fields()), (status, code, vec!["at"]), "{at}: {}", reply.body);
        let words = reply.body["detail"].as_str().unwrap();
        assert!(words.chars().any(|c| c > '\u{4e00}') && reply.body["fields"][0]["message"] == words, "{words}");
    };
    for malformed in [
        "",
        "now",
        "1763705527000",
        "2026-11-21",
        "2026-11-21T14:12:07",
        "2026-13-01T00:00:00Z",
        "2026-11-21T25:00:00Z",
        "2026-11-21T14:12:07+08:00",
        "%E6%98%A8%E5%A4%A9",
    ] {
        wrong(malformed, 400, "request.malformed").await;
    }
    for future in [now().plus_millis(MINUTE).to_string(), "9999-12-31T23:59:59Z".to_owned()] {
        wrong(&future, 422, "board.at_in_future").await;
    }
    for ancient in ["1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "2020-11-21T14:12:07%2B08:00"] {
        wrong(ancient, 422, "board.at_before_first").await;
    }
    for (query, field) in [("at=2026-11-21T14:12:07Z&at=2026-11-21T14:12:07Z", "at"), ("when=now", "when")] {
        let reply = leader.get(&format!("/grids/{county}/board?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{query}: {}", reply.body);
    }
    // A zone and fractions are taken.
    let hour_ago = now().plus_millis(-60 * MINUTE);
    let local = hour_ago.to_string().replace('Z', "%2B00:00");
    assert_eq!(board_at(&leader, &county, hour_ago).await, *ask(&leader, &county, local).await.expect(200));
}

#[actix_rt::test]
async fn the_past_is_shown_to_whom_the_present_is() {
    let server = TestServer::start();
    let (leader, worker) = (server.staff("leader_l1", 0).await, server.staff("worker", 0).await);
    let resident = server.resident("19900007702").await;
    let (county, own) = (leader.own_grid().await, worker.own_grid().await);
    let at = now().plus_millis(-60 * MINUTE);
    for (who, grid, expected) in [
        (&leader, &county, 200),
        (&leader, &own, 200),
        (&worker, &own, 200),
        (&worker, &county, 404),
        (&resident, &own, 404),
        (&server.nobody(), &own, 401),
    ] {
        let past = ask(who, grid, at).await;
        let present = who.get(&format!("/grids/{grid}/board")).await;
        assert_eq!((past.status, past.code()), (present.status, present.code()));
        assert_eq!(past.status, expected);
        // Who may not look learns nothing of the moment either.
        if expected != 200 {
            let nonsense = ask(who, grid, "x").await;
            assert_eq!(nonsense.status, expected);
        }
    }
    let strange = ask(&leader, "01890a5d-ac96-774b-bcce-b302099a8057", at).await;
    assert_eq!((strange.status, strange.code()), (404, "grid.not_found"));
}

#[actix_rt::test]
async fn days_are_kept_from_the_start_on_and_once() {
    let mut server = TestServer::start();
    let kept = |server: &TestServer| server.sql("SELECT id, seq FROM board_checkpoints ORDER BY id;");
    // Every midnight of the demonstration's week.
    let days = eventually("seven days", async || Some(kept(&server)).filter(|days| days.len() >= 7)).await;
    assert_eq!(days.len(), 7, "{days:?}");
    let seqs: Vec<u64> = days.iter().map(|day| day[1].parse().unwrap()).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{days:?}");
    server.kill();
    server.restart();
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.own_grid().await;
    let at = now().plus_millis(-3 * DAY);
    let before = board_at(&leader, &county, at).await;
    assert_eq!(kept(&server), days);
    // Made anew they are the same, and so are the boards.
    server.kill();
    let bodies = server.sql("SELECT id, body FROM board_checkpoints ORDER BY id;");
    server.sql("DELETE FROM board_checkpoints WHERE id > (SELECT MIN(id) FROM board_checkpoints);");
    server.restart();
    eventually("the days that were lost", async || Some(kept(&server)).filter(|again| *again == days)).await;
    assert_eq!(server.sql("SELECT id, body FROM board_checkpoints ORDER BY id;"), bodies);
    assert_eq!(board_at(&leader.at(&server), &county, at).await, before);
}

#[actix_rt::test]
async fn an_archived_past_is_told_from_one_that_never_was() {
    let mut server = TestServer::start();
    let leader = server.staff("leader_l1", 0).await;
    let county = leader.own_grid().await;
    eventually("seven days", async || {
        let days = server.sql("SELECT COUNT(*) FROM board_checkpoints;");
        (days[0][0] == "7").then_some(())
    })
    .await;
    let (old, new) = (now().plus_millis(-5 * DAY), now().plus_millis(-DAY));
    let before = board_at(&leader, &county, new).await;
    server.kill();
    // All that happened before the beginning of the third day.
    server.sql("DELETE FROM events WHERE seq <= (SELECT seq FROM board_checkpoints ORDER BY id LIMIT 1 OFFSET 2);");
    server.restart();
    let leader = leader.at(&server);
    let gone = ask(&leader, &county, old.plus_millis(-DAY)).await;
    assert_eq!((gone.status, gone.code(), gone.fields()), (422, "board.at_not_kept", vec!["at"]), "{}", gone.body);
    // What is kept is what it was; the feed may end where the log does now.
    assert_same(&board_at(&leader, &county, new).await, &before);
    let (sound, report) = server.command(&["check"]);
    assert!(sound, "{report}");
    assert!(report.contains("the log begins with event") && report.contains("are not replayed"), "{report}");
}

/// What `check` says of a state's hash.
fn hashes(report: &str) -> Vec<String> {
    let lines = report.lines().filter(|line| line.starts_with("state hash"));
    lines.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

#[actix_rt::test]
async fn check_replays_the_log_and_names_what_it_does_not_give() {
    let mut server = TestServer::start();
    let resident = server.resident("19900007703").await;
    let worker = server.staff("worker", 0).await;
    let body = json!({
        "grid_code": server.code_of("worker", 0), "kind": "employment", "content": "想学电工 “周末” \\ 😀",
        "form": { "work_place": "深圳市龙岗区", "lifted_out_of_poverty": true },
        "location": { "lng": 106.123_456_789_012_3, "lat": 24.1, "accuracy": 0.1 },
        "on_behalf": { "name": "潘奶奶", "phone": "13900001234" },
    });
    let ticket = text(&resident.post("/tickets", &body).await.expect(201)["id"]);
    worker.step(&ticket, "accept", &json!({})).await;
    // While the server runs.
    let (sound, report) = server.command(&["check"]);
    assert!(sound, "{report}");
    let [of_log, of_tables] = &hashes(&report)[..] else { panic!("{report}") };
    assert_eq!((of_log, of_log.len()), (of_tables, 64));
    assert!(!report.contains("潘奶奶") && !report.contains("13900001234"));
    // Another step, another state.
    worker.step(&ticket, "complete", &json!({ "note": "已报名" })).await;
    let (_, later) = server.command(&["check"]);
    assert_ne!(hashes(&later)[0], *of_log);
    server.kill();
    server.sql(&format!("UPDATE tickets SET completion_note = 'x', return_count = 3 WHERE id = '{ticket}';"));
    let (sound, report) = server.command(&["check"]);
    assert!(!sound);
    let hashes = hashes(&report);
    assert_ne!(hashes[0], hashes[1]);
    assert!(report.contains(&format!("ticket {ticket}: return_count is 3, its events say 0")), "{report}");
    let named = format!("ticket {ticket}: completion_note is not what its events say");
    assert!(report.contains(&named) && !report.contains("已报名"), "{report}");
}

//! What must be true of lives, log and boards after any number of crashes.

use std::collections::BTreeMap;

use super::lives::{Life, assert_told};
use crate::support::{Live, Person, Seen, TestServer, recount, same_counters, steps_of};

/// Events that a resume brings; a long run has more.
const RESUMED: u64 = 10_000;

/// Checks the server after the last crash against what people were told; the log went on after number `before`.
pub async fn check(server: &TestServer, leader: &Person, lives: &[Life], before: u64) {
    for life in lives {
        let timeline = leader.timeline(&life.ticket).await;
        assert_told(&timeline, &life.steps, |_| false);
        let ticket = leader.get(&format!("/tickets/{}", life.ticket)).await;
        assert_eq!(ticket.body["version"], life.version);
    }
    check_log(server, leader, lives, before).await;
    check_boards(leader).await;
    let (sound, report) = server.command(&["check"]);
    assert!(sound, "{report}");
}

/// The whole log since the beginning, and its end as the live channel brings it.
async fn check_log(server: &TestServer, leader: &Person, lives: &[Life], before: u64) {
    let version = server.member("data", "version");
    let rows = server.sql(&format!(
        "SELECT seq, kind, subject_id, {version} FROM events WHERE seq > {before} AND subject_kind = 'ticket' ORDER BY seq;"
    ));
    let mut versions: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for row in &rows {
        versions.entry(&row[2]).or_default().push(row[3].parse().unwrap());
    }
    for life in lives {
        let versions = versions.get(life.ticket.as_str()).expect("its events");
        assert!(versions.iter().copied().eq(1..=life.version), "{versions:?}");
    }
    let (mut live, welcome) = Live::open_with_welcome(leader).await;
    let since = welcome["head"].as_u64().unwrap().saturating_sub(RESUMED).max(before);
    let topic = format!("grid:{}", leader.own_grid().await);
    assert_eq!(live.subscribe(&topic, Some(since)).await["op"], "subscribed");
    let logged: Vec<Seen> = rows.iter().map(|row| (row[0].parse().unwrap(), row[1].clone())).collect();
    let logged: Vec<Seen> = logged.into_iter().filter(|(seq, _)| *seq > since).collect();
    let brought = steps_of(&live.until_seq(logged.last().unwrap().0).await);
    assert_eq!(brought, logged, "no gap, nothing twice");
}

/// Every board from the county down to the groups, as it is read and as it is shown, against its tickets one by one.
async fn check_boards(leader: &Person) {
    let mut grids = vec![leader.get("/grids/tree").await.body];
    while let Some(grid) = grids.pop() {
        let id = grid["id"].as_str().unwrap();
        let truth = recount(leader, id).await;
        let board = leader.get(&format!("/grids/{id}/board")).await;
        assert_eq!(same_counters(board.expect(200)), truth, "board of {}", grid["full_name"]);
        let mut live = Live::open(leader).await;
        let shown = live.subscribe(&format!("board:{id}"), None).await;
        assert_eq!(same_counters(&shown["state"]), truth, "screen of {}", grid["full_name"]);
        grids.extend(grid["children"].as_array().into_iter().flatten().cloned());
    }
}

//! What must be true after any number of crashes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Live, Person, Seen, TestServer, events_of, recount, same_counters};

/// A ticket with every step that was acknowledged.
pub struct Life {
    pub ticket: String,
    /// Number and kind of each event.
    pub steps: Vec<Seen>,
    returns: usize,
    version: u64,
}

impl Life {
    /// A life that begins with this answer.
    pub fn begin(ticket: &Value, seq: u64) -> Self {
        let id = ticket["id"].as_str().unwrap().to_owned();
        let version = ticket["version"].as_u64().unwrap();
        Self { ticket: id, steps: vec![(seq, "ticket.submitted".to_owned())], returns: 0, version }
    }

    /// A step that was answered like this; the second return takes the ticket up as well.
    pub fn step(&mut self, action: &str, ticket: &Value, seq: u64) {
        let kind = match action {
            "accept" => "accepted",
            "comment" => "commented",
            "complete" => "completed",
            "rate" => "rated",
            "return" => "returned",
            "reopen" => "reopened",
            "withdraw" => "withdrawn",
            "nudge" => "nudged",
            "nudge-receipt" => "nudge_read",
            other => panic!("{other}"),
        };
        self.returns += usize::from(action == "return");
        let climbs = action == "return" && self.returns == 2;
        self.steps.push((seq - u64::from(climbs), format!("ticket.{kind}")));
        if climbs {
            self.steps.push((seq, "ticket.escalated".to_owned()));
        }
        let version = ticket["version"].as_u64().unwrap();
        assert_eq!(version, self.version + 1 + u64::from(climbs), "{action} of {}", self.ticket);
        self.version = version;
    }
}

/// Checks the server after the last crash against what people were told; the log went on after number `before`.
pub async fn check(server: &TestServer, leader: &Person, lives: &[Life], before: u64) {
    for life in lives {
        assert_eq!(leader.timeline(&life.ticket).await, life.steps, "each acknowledged step once, and nothing else");
        let ticket = leader.get(&format!("/tickets/{}", life.ticket)).await;
        assert_eq!(ticket.body["version"], life.version);
    }
    check_log(leader, lives, before).await;
    check_boards(leader).await;
    let (sound, report) = server.command(&["check"]);
    assert!(sound, "{report}");
}

/// The whole log since the beginning, read through the live channel.
async fn check_log(leader: &Person, lives: &[Life], before: u64) {
    let (mut live, welcome) = Live::open_with_welcome(leader).await;
    let head = welcome["head"].as_u64().unwrap();
    let topic = format!("grid:{}", leader.own_grid().await);
    assert_eq!(live.subscribe(&topic, Some(before)).await["op"], "subscribed");
    let messages = live.until_seq(head).await;
    let events = events_of(&messages);
    assert!(events.iter().map(|(seq, _)| *seq).eq(before + 1..=head), "no gap, nothing twice");
    let mut versions: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in messages.iter().filter(|message| message["op"] == "event") {
        let data = &event["data"];
        versions.entry(data["ticket_id"].as_str().unwrap()).or_default().push(data["version"].as_u64().unwrap());
    }
    for life in lives {
        let versions = versions.get(life.ticket.as_str()).expect("its events");
        assert!(versions.iter().copied().eq(1..=life.version), "{versions:?}");
    }
    let acknowledged: usize = lives.iter().map(|life| life.steps.len()).sum();
    let of_lives =
        events.iter().filter(|(seq, _)| lives.iter().any(|life| life.steps.iter().any(|step| step.0 == *seq)));
    assert_eq!(of_lives.count(), acknowledged);
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

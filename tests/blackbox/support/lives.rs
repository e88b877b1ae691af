//! Tickets on their way, and what is known of them afterwards: steps, timelines, recounts.

use serde_json::{Value, json};

use super::people::{Person, Reply};
use super::socket::Live;

/// An event as live clients see it: its number and kind.
pub type Seen = (u64, String);

/// The counters of a board.
const COUNTERS: [&str; 6] = ["submitted", "accepted", "completed", "rated", "overdue", "returned"];

/// The events among messages, in their order.
pub fn events_of(messages: &[Value]) -> Vec<Seen> {
    let events = messages.iter().filter(|message| message["op"] == "event");
    events.map(|event| (event["seq"].as_u64().unwrap(), event["kind"].as_str().unwrap().to_owned())).collect()
}

/// What happened to tickets among messages; what people are told of it (`inbox.notified`) is left out.
pub fn steps_of(messages: &[Value]) -> Vec<Seen> {
    events_of(messages).into_iter().filter(|(_, kind)| kind.starts_with("ticket.")).collect()
}

/// The counters alone of anything that has them.
pub fn same_counters(board: &Value) -> [i64; 6] {
    COUNTERS.map(|name| board[name].as_i64().unwrap_or_else(|| panic!("no {name} in {board}")))
}

/// Counts a grid's tickets one by one.
pub async fn recount(person: &Person, grid_id: &str) -> [i64; 6] {
    let mut counted = [0; 6];
    for ticket in person.all_tickets(&format!("grid_id={grid_id}")).await {
        let state = COUNTERS.iter().position(|name| ticket["state"] == *name);
        if let Some(state) = state {
            counted[state] += 1;
        }
        counted[4] += i64::from(ticket["overdue"] == true);
        counted[5] += ticket["return_count"].as_i64().unwrap();
    }
    counted
}

impl Person {
    /// A step of a ticket.
    pub async fn act(&self, ticket: &str, action: &str, body: &Value) -> Reply {
        self.post(&format!("/tickets/{ticket}/{action}"), body).await
    }

    /// A step that must succeed; answers the number of the ticket's last event in it.
    pub async fn step(&self, ticket: &str, action: &str, body: &Value) -> u64 {
        let reply = self.act(ticket, action, body).await;
        assert_eq!(reply.status, 200, "{action}: {}", reply.body);
        self.event_of(ticket, &reply).await
    }

    /// Sends a request of a kind; answers its id and the number of its event.
    pub async fn submit(&self, grid_code: &str, kind: &str, content: &str) -> (String, u64) {
        let body = json!({ "grid_code": grid_code, "kind": kind, "content": content });
        let reply = self.post("/tickets", &body).await;
        let id = reply.expect(201)["id"].as_str().unwrap().to_owned();
        let seq = self.event_of(&id, &reply).await;
        (id, seq)
    }

    /// The number of a ticket's last event in a change; what people are told of it comes behind, up to the change's own
    /// number.
    pub async fn event_of(&self, ticket: &str, change: &Reply) -> u64 {
        let up_to = change.seq();
        let seqs = self.timeline(ticket).await.into_iter().map(|(seq, _)| seq);
        seqs.filter(|seq| *seq <= up_to).max().expect("the change's event")
    }

    /// The number of the newest event.
    pub async fn head(&self) -> u64 {
        let (_, welcome) = Live::open_with_welcome(self).await;
        welcome["head"].as_u64().unwrap()
    }

    /// Adds words to a ticket; answers the number of the event.
    pub async fn comment(&self, ticket: &str, text: &str) -> u64 {
        self.step(ticket, "comment", &json!({ "text": text })).await
    }

    /// The id of the caller's first grid.
    pub async fn own_grid(&self) -> String {
        let me = self.get("/auth/me").await;
        me.expect(200)["grids"][0]["id"].as_str().expect("a duty").to_owned()
    }

    /// A ticket's timeline.
    pub async fn timeline(&self, ticket: &str) -> Vec<Seen> {
        let timeline = self.get(&format!("/tickets/{ticket}/timeline")).await;
        let items = timeline.expect(200)["items"].as_array().unwrap().clone();
        items.iter().map(|item| (item["seq"].as_u64().unwrap(), item["kind"].as_str().unwrap().to_owned())).collect()
    }

    /// All tickets of a list, page by page.
    pub async fn all_tickets(&self, query: &str) -> Vec<Value> {
        let mut tickets = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/tickets?limit=200&{query}{cursor}")).await;
            tickets.extend(page.expect(200)["items"].as_array().unwrap().iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return tickets,
            }
        }
    }
}

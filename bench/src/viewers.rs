//! Who watches a hall fill: its screen, its host, the people on its list.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::MemberId;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::halls::SeededHall;
use crate::http::Connection;
use crate::people::text;
use crate::report::percentiles;
use crate::socket::Listener;

/// What somebody saw.
#[derive(Default)]
pub struct Seen {
    /// When frames with events came, one or joined.
    pub events: Vec<Instant>,
    /// When frames with figures came.
    pub figures: Vec<Instant>,
    pub bytes: u64,
    /// When who was seen to come.
    pub arrivals: HashMap<MemberId, Instant>,
    /// When the change of the agenda decided then was seen.
    pub moves: Vec<(Timestamp, Instant)>,
}

/// Shared with the task that reads.
pub type Watch = Rc<RefCell<Seen>>;

#[derive(Deserialize)]
struct Frame {
    op: String,
    kind: Option<String>,
    at: Option<Timestamp>,
    data: Option<Named>,
    events: Option<Vec<Frame>>,
}

/// Of all facts only whom they name.
#[derive(Deserialize)]
struct Named {
    member_id: Option<MemberId>,
}

/// Follows `topic` from now on; within a local set.
pub async fn watch(host: &str, token: &str, topic: String) -> Result<Watch, BenchError> {
    let mut listener = Listener::open(host, token, &[topic]).await?;
    let seen: Watch = Rc::default();
    let own = Rc::clone(&seen);
    tokio::task::spawn_local(async move {
        while let Ok(text) = listener.next().await {
            own.borrow_mut().take(&text, Instant::now());
        }
    });
    Ok(seen)
}

/// A big screen that shows the meeting; answers its token.
pub async fn pair_screen(host: &str, hall: &SeededHall) -> Result<String, BenchError> {
    let mut connection = Connection::open(host).await?;
    let screen = connection.send("POST", "/api/v1/screens", None, Some("{}")).await?.json()?;
    let body = json!({ "code": screen["code"], "target": format!("meeting:{}", hall.id) }).to_string();
    let answer = connection.send("POST", "/api/v1/screens/pair", Some(&hall.host), Some(&body)).await?;
    if answer.status / 100 != 2 {
        return Err(format!("a screen: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
    }
    // The pairing ends the connections that the screen had before; it may reach them behind its own answer.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(text(&screen["token"]))
}

impl Seen {
    fn take(&mut self, text: &[u8], at: Instant) {
        self.bytes += text.len() as u64;
        let Ok(frame) = serde_json::from_slice::<Frame>(text) else { return };
        match frame.op.as_str() {
            "event" => {
                self.events.push(at);
                self.event(&frame, at);
            }
            "events" => {
                self.events.push(at);
                for event in frame.events.iter().flatten() {
                    self.event(event, at);
                }
            }
            "state" => self.figures.push(at),
            _ => {}
        }
    }

    fn event(&mut self, frame: &Frame, at: Instant) {
        match frame.kind.as_deref() {
            Some("meeting.signed_in") => {
                if let Some(member) = frame.data.as_ref().and_then(|data| data.member_id) {
                    self.arrivals.entry(member).or_insert(at);
                }
            }
            Some("meeting.agenda_moved") => self.moves.extend(frame.at.map(|decided| (decided, at))),
            _ => {}
        }
    }

    /// Frames in all, and in the second with the most.
    pub fn frames(&self) -> Value {
        let mut all: Vec<Instant> = self.events.iter().chain(&self.figures).copied().collect();
        all.sort_unstable();
        json!({
            "with_events": self.events.len(),
            "with_figures": self.figures.len(),
            "bytes": self.bytes,
            "most_in_a_second": most_in_a_second(&all),
            "most_with_events_in_a_second": most_in_a_second(&self.events),
            "most_with_figures_in_a_second": most_in_a_second(&self.figures),
        })
    }

    /// Frames in the second with the most.
    pub fn most_in_a_second(&self) -> usize {
        let mut all: Vec<Instant> = self.events.iter().chain(&self.figures).copied().collect();
        all.sort_unstable();
        most_in_a_second(&all)
    }

    /// From each ack of `came` until it was seen here; what was seen before its ack took no time.
    pub fn after_acks(&self, came: impl Iterator<Item = (MemberId, Instant)>) -> Value {
        let mut unseen = 0;
        let mut micros = Vec::new();
        for (member, acked) in came {
            match self.arrivals.get(&member) {
                Some(seen) => micros.push(seen.saturating_duration_since(acked).as_micros() as u64),
                None => unseen += 1,
            }
        }
        json!({ "ack_to_frame": percentiles(micros), "never_seen": unseen })
    }
}

/// The most of these moments, in their order, that lie within one second.
fn most_in_a_second(moments: &[Instant]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (index, moment) in moments.iter().enumerate() {
        while *moment - moments[first] >= Duration::from_secs(1) {
            first += 1;
        }
        most = most.max(index + 1 - first);
    }
    most
}

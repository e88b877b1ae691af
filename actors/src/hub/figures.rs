//! Figures on their way out: at most ten frames a second per topic, the first at once, the last never lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::ids::GridId;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::frame::Frame;
use super::topic::Topic;
use super::{Hub, Published};
use crate::directory::{Directories, Directory};
use crate::grid::{BoardReading, GridActors};

/// Between two frames of one topic.
const INTERVAL: Duration = Duration::from_millis(100);

/// Sends the figures of watched topics after events changed them.
pub(crate) struct FigurePump {
    hub: Hub,
    grids: GridActors,
    directories: Directories,
    dirty: mpsc::UnboundedReceiver<Topic>,
    last_sent: HashMap<Topic, Instant>,
    waiting: HashMap<Topic, Instant>,
}

/// Where the follower says which topics' figures changed.
#[derive(Clone)]
pub(crate) struct Dirty(mpsc::UnboundedSender<Topic>);

impl Dirty {
    /// Notes the topics of an event that somebody watches.
    pub(crate) fn note(&self, hub: &Hub, published: &Published) {
        for topic in published.topics() {
            // What is watched is few, and the pump takes it at once; so the queue stays short.
            if topic.grid_with_figures().is_some() && hub.watched().is_watched(*topic) {
                let _ = self.0.send(*topic);
            }
        }
    }
}

impl FigurePump {
    pub(crate) fn new(hub: Hub, grids: GridActors, directories: Directories) -> (Self, Dirty) {
        let (sender, dirty) = mpsc::unbounded_channel();
        let pump = Self { hub, grids, directories, dirty, last_sent: HashMap::new(), waiting: HashMap::new() };
        (pump, Dirty(sender))
    }

    /// Runs until nobody can note anything any more.
    pub(crate) async fn run(mut self) {
        loop {
            let next = self.waiting.values().min().copied();
            let timer = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                topic = self.dirty.recv() => match topic {
                    Some(topic) => self.note(topic),
                    None => return,
                },
                () = timer => {}
            }
            while let Ok(topic) = self.dirty.try_recv() {
                self.note(topic);
            }
            self.send_due().await;
        }
    }

    fn note(&mut self, topic: Topic) {
        let now = Instant::now();
        let earliest = self.last_sent.get(&topic).map_or(now, |last| now.max(*last + INTERVAL));
        self.waiting.entry(topic).or_insert(earliest);
    }

    async fn send_due(&mut self) {
        let now = Instant::now();
        let due: Vec<Topic> = self.waiting.iter().filter(|(_, at)| **at <= now).map(|(topic, _)| *topic).collect();
        for topic in due {
            self.waiting.remove(&topic);
            self.last_sent.insert(topic, now);
            let Some(grid_id) = topic.grid_with_figures() else { continue };
            let Some(reading) = self.grids.board(grid_id, false).await else { continue };
            let frame = state_frame(topic, grid_id, &reading, &self.directories.current());
            self.hub.publish_state(topic, Arc::new(frame), reading.as_of);
        }
        // Only what is watched now can be noted again; the rest is forgotten.
        if self.last_sent.len() > 2 * self.hub.watched().with_figures().len() + 64 {
            self.last_sent.retain(|_, sent| now.duration_since(*sent) < INTERVAL);
        }
    }
}

/// The frame with a topic's figures as they stand.
pub fn state_frame(topic: Topic, grid_id: GridId, reading: &BoardReading, directory: &Directory) -> Frame {
    let data = match topic {
        Topic::Board(_) => board_json(grid_id, reading, directory, false),
        Topic::Grid(_) | Topic::Inbox(_) => json!(reading.figures.counters),
    };
    let frame = json!({ "op": "state", "topic": topic.name(), "seq": reading.as_of, "data": data });
    // Figures come past the order of events, so nobody may resume from their number.
    Frame::new(frame.to_string(), None)
}

/// A board as clients get it: counters on top, figures beside them; points and feed when `whole`.
pub fn board_json(grid_id: GridId, reading: &BoardReading, directory: &Directory, whole: bool) -> Value {
    let figures = &reading.figures;
    let mut board = json!(figures.counters);
    let slowest: Vec<Value> = figures
        .slowest
        .iter()
        .filter_map(|slow| {
            directory.at(&slow.path).map(|entry| {
                json!({
                    "grid_id": entry.grid.id,
                    "name": entry.full_name,
                    "accept_avg_s": slow.accept_avg_s,
                    "waiting": slow.waiting,
                })
            })
        })
        .collect();
    let rest = json!({
        "grid_id": grid_id,
        "seq": reading.as_of,
        "today": figures.today,
        "kinds": figures.kinds,
        "times": figures.times,
        "ladder": figures.ladder,
        "slowest": slowest,
    });
    if let (Value::Object(board), Value::Object(rest)) = (&mut board, rest) {
        board.extend(rest);
        if whole {
            let size = directory.get(grid_id).map_or((0, 0), |entry| directory.size_of(&entry.grid.path));
            board.insert("grids_total".to_owned(), json!(size.0));
            board.insert("staff_total".to_owned(), json!(size.1));
            board.insert("open".to_owned(), json!(reading.open.iter().map(|point| &**point).collect::<Vec<_>>()));
            board.insert("feed".to_owned(), json!(reading.feed.iter().map(|event| &**event).collect::<Vec<_>>()));
        }
    }
    board
}

//! Figures on their way out: at most ten frames a second per topic (of a meeting half of that: its events take as many), the
//! first at once, the last never lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::snapshot::{Snapshots, state_frame};
use super::subscriptions::JOINED_FOR;
use super::topic::Topic;
use super::{Hub, Published};

/// Between two frames of one topic that nothing is joined in.
const INTERVAL: Duration = Duration::from_millis(100);

const fn interval(topic: Topic) -> Duration {
    if topic.is_joined() { JOINED_FOR } else { INTERVAL }
}

/// Sends the figures of watched topics after events changed them.
pub(crate) struct FigurePump {
    hub: Hub,
    snapshots: Snapshots,
    dirty: mpsc::UnboundedReceiver<Topic>,
    last_sent: HashMap<Topic, Instant>,
    waiting: HashMap<Topic, Instant>,
}

/// Where the follower says which topics' figures changed.
#[derive(Clone)]
pub(crate) struct Dirty(mpsc::UnboundedSender<Topic>);

impl Dirty {
    /// Notes the topics that somebody watches and whose figures an event changed.
    pub(crate) fn note(&self, hub: &Hub, published: &Published) {
        for topic in Topic::touched(published.event(), published.topics()) {
            // What is watched is few, and the pump takes it at once; so the queue stays short.
            if hub.watched().is_watched(topic) {
                let _ = self.0.send(topic);
            }
        }
    }
}

impl FigurePump {
    pub(crate) fn new(hub: Hub, snapshots: Snapshots) -> (Self, Dirty) {
        let (sender, dirty) = mpsc::unbounded_channel();
        let pump = Self { hub, snapshots, dirty, last_sent: HashMap::new(), waiting: HashMap::new() };
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
        let earliest = self.last_sent.get(&topic).map_or(now, |last| now.max(*last + interval(topic)));
        self.waiting.entry(topic).or_insert(earliest);
    }

    async fn send_due(&mut self) {
        let now = Instant::now();
        let due: Vec<Topic> = self.waiting.iter().filter(|(_, at)| **at <= now).map(|(topic, _)| *topic).collect();
        for topic in due {
            self.waiting.remove(&topic);
            self.last_sent.insert(topic, now);
            let Some((figures, as_of)) = self.snapshots.figures(topic).await else { continue };
            self.hub.publish_state(topic, Arc::new(state_frame(topic, &figures, as_of)), as_of);
        }
        // Only what is watched now can be noted again; the rest is forgotten.
        if self.last_sent.len() > 2 * self.hub.watched().with_figures().len() + 64 {
            self.last_sent.retain(|_, sent| now.duration_since(*sent) < JOINED_FOR);
        }
    }
}

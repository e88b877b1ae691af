//! An event on its way out: its topics found once, its frames encoded once per kind of reader.

use std::sync::Arc;

use lianxin_domain::board::{BoardFact, BoardUpdate};
use lianxin_domain::event::Event;
use lianxin_domain::ids::ScreenId;
use lianxin_domain::meeting::told;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::frame::Frame;
use super::topic::{Audience, Topic, screen_of};
use crate::directory::Directory;
use crate::meeting::{SUBJECT as MEETING, view};

/// A committed event with where it goes.
pub struct Published {
    event: Arc<Event>,
    board: Option<Arc<BoardUpdate>>,
    topics: Vec<Topic>,
    frames: Mutex<Vec<(Vec<Topic>, Arc<Frame>)>>,
}

#[derive(Serialize)]
struct EventFrame<'a> {
    op: &'static str,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<String>>,
    kind: &'a str,
    at: String,
    data: Box<RawValue>,
}

impl Published {
    /// Finds the topics of `event`.
    pub fn new(event: Arc<Event>, directory: &Directory) -> Self {
        let topics = Topic::of(&event, directory);
        let board = BoardFact::of(&event).map(|fact| Arc::new(BoardUpdate::from(fact)));
        Self { event, board, topics, frames: Mutex::default() }
    }

    /// The number of the event.
    pub fn seq(&self) -> u64 {
        self.event.seq
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// As boards see it, when it is about a ticket.
    pub fn board(&self) -> Option<&Arc<BoardUpdate>> {
        self.board.as_ref()
    }

    /// Where it goes.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The screen whose connections end behind this event: what it may read is no longer what it was.
    pub fn ends(&self) -> Option<ScreenId> {
        screen_of(&self.event)
    }

    /// The frame for a reader who follows exactly `topics` of this event's, all of one audience.
    pub fn frame(&self, topics: &[Topic]) -> Arc<Frame> {
        let mut frames = self.frames.lock();
        if let Some((_, frame)) = frames.iter().find(|(known, _)| same_names(known, topics)) {
            return Arc::clone(frame);
        }
        let frame = Arc::new(Frame::new(self.encode(topics), Some(self.event.seq)));
        frames.push((topics.to_vec(), Arc::clone(&frame)));
        frame
    }

    /// The frames for a reader who follows `topics`: one per audience that the event reaches there.
    pub fn frames(&self, topics: &[Topic]) -> Vec<Arc<Frame>> {
        let of = |audience| {
            let own = self.topics.iter().filter(|topic| topic.audience() == audience && topics.contains(topic));
            own.copied().collect::<Vec<_>>()
        };
        let followed = Audience::ALL.map(of);
        followed.iter().filter(|topics| !topics.is_empty()).map(|topics| self.frame(topics)).collect()
    }

    /// What is told of a meeting's event.
    fn of_meeting(&self, public: bool) -> Value {
        let listed = (self.event.kind == "meeting.listed").then(|| view::listed(&self.event.data)).flatten();
        listed.unwrap_or_else(|| told(&self.event.kind, &self.event.data, public))
    }

    fn encode(&self, topics: &[Topic]) -> String {
        let public = topics.iter().any(|topic| topic.audience() == Audience::Public);
        let data = match (public, &self.board) {
            _ if self.event.subject.kind == MEETING => to_raw_value(&self.of_meeting(public)),
            (true, Some(update)) => to_raw_value(&*update.event),
            // What is not about a ticket has nothing for a public screen but that it happened.
            (true, None) => RawValue::from_string("{}".to_owned()),
            (false, _) => to_raw_value(&self.event.data),
        };
        let mut names: Vec<String> = topics.iter().map(Topic::name).collect();
        let frame = EventFrame {
            op: "event",
            seq: self.event.seq,
            topics: (names.len() > 1).then(|| names.clone()),
            topic: if names.len() == 1 { names.pop() } else { None },
            kind: &self.event.kind,
            at: self.event.at.to_string(),
            data: data.unwrap_or_else(|_| RawValue::NULL.to_owned()),
        };
        serde_json::to_string(&frame).unwrap_or_default()
    }
}

/// All inboxes are called `inbox`, so their frames are the same text.
fn same_names(a: &[Topic], b: &[Topic]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || matches!((a, b), (Topic::Inbox(_), Topic::Inbox(_))))
}

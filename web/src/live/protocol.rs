//! The words of the live channel (live-api.md).

use std::sync::Arc;

use lianxin_actors::hub::{Frame, Topic};
use lianxin_domain::clock::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::HEARTBEAT_S;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ClientMessage {
    /// Follow topics; with `since`, from that number on.
    Subscribe {
        topics: Vec<String>,
        #[serde(default)]
        since: Option<u64>,
    },
    /// Follow them no more.
    Unsubscribe { topics: Vec<String> },
    /// Are you there?
    Ping {},
}

/// Why a topic cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Forbidden,
    Unknown,
    Limit,
}

/// Why a resume began anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reset {
    Expired,
    Epoch,
}

fn frame(value: &Value) -> Arc<Frame> {
    Arc::new(Frame::new(value.to_string(), None))
}

pub(super) fn welcome(epoch: &str, head: u64, now: Timestamp) -> Arc<Frame> {
    frame(&json!({ "op": "welcome", "epoch": epoch, "head": head, "now": now, "heartbeat_s": HEARTBEAT_S }))
}

/// A topic is followed from number `seq` on; with its `state` when it begins anew. `cursor` is the number that a client
/// may resume from that keeps one for all its topics.
pub(super) fn subscribed(topic: Topic, seq: u64, state: Option<Value>, cursor: Option<u64>) -> Arc<Frame> {
    let mut value = json!({ "op": "subscribed", "topic": topic.name(), "seq": seq });
    if let (Some(object), Some(state)) = (value.as_object_mut(), state) {
        object.insert("state".to_owned(), state);
    }
    Arc::new(Frame::new(value.to_string(), cursor))
}

pub(super) fn reset(topic: Topic, reason: Reset, seq: u64, state: Value, cursor: Option<u64>) -> Arc<Frame> {
    let reason = match reason {
        Reset::Expired => "expired",
        Reset::Epoch => "epoch",
    };
    let value = json!({ "op": "reset", "topic": topic.name(), "reason": reason, "seq": seq, "state": state });
    Arc::new(Frame::new(value.to_string(), cursor))
}

pub(super) fn refused(topic: &str, reason: Refused) -> Arc<Frame> {
    let reason = match reason {
        Refused::Forbidden => "forbidden",
        Refused::Unknown => "unknown",
        Refused::Limit => "limit",
    };
    frame(&json!({ "op": "refused", "topic": topic, "reason": reason }))
}

pub(super) fn pong() -> Arc<Frame> {
    frame(&json!({ "op": "pong" }))
}

pub(super) fn malformed() -> Arc<Frame> {
    frame(&json!({ "op": "error", "code": "live.malformed", "detail": "无法识别的消息" }))
}

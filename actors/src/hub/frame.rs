//! What the hub sends: JSON texts, encoded once however many read them.

use std::sync::OnceLock;

use bytes::Bytes;

/// One message to clients. `wire` keeps what the transport made of it, for all connections of that transport. `seq` is
/// a number that its reader may resume from.
#[derive(Debug)]
pub struct Frame {
    json: String,
    seq: Option<u64>,
    wire: OnceLock<Bytes>,
}

impl Frame {
    /// A frame of this JSON text; `seq` is the number of the event it carries, or that an opening ends at.
    pub const fn new(json: String, seq: Option<u64>) -> Self {
        Self { json, seq, wire: OnceLock::new() }
    }

    /// A frame of the transport's own, such as the answer to a ping; without text.
    pub fn control(wire: Bytes) -> Self {
        Self { json: String::new(), seq: None, wire: OnceLock::from(wire) }
    }

    /// Bytes that it costs while it waits.
    pub fn size(&self) -> usize {
        if self.json.is_empty() { self.wire.get().map_or(0, Bytes::len) } else { self.json.len() }
    }

    /// The JSON text.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The number that its reader may resume from.
    pub const fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// The frame as bytes on the wire, encoded by whoever asks first.
    pub fn wire(&self, encode: impl FnOnce(&str) -> Bytes) -> Bytes {
        self.wire.get_or_init(|| encode(&self.json)).clone()
    }
}

//! What the hub sends: JSON texts, encoded once however many read them.

use std::sync::OnceLock;

use bytes::Bytes;

/// One message to clients. `wire` keeps what the transport made of it, for all connections of that transport.
#[derive(Debug)]
pub struct Frame {
    json: String,
    seq: Option<u64>,
    wire: OnceLock<Bytes>,
}

impl Frame {
    /// A frame of this JSON text; `seq` is the number of the event it carries.
    pub const fn new(json: String, seq: Option<u64>) -> Self {
        Self { json, seq, wire: OnceLock::new() }
    }

    /// The JSON text.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The number of the event it carries.
    pub const fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// The frame as bytes on the wire, encoded by whoever asks first.
    pub fn wire(&self, encode: impl FnOnce(&str) -> Bytes) -> Bytes {
        self.wire.get_or_init(|| encode(&self.json)).clone()
    }
}

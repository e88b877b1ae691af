//! Hubs on Node.js: `bench/peers/hub.js` with one of two libraries.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use super::installed;
use crate::BenchError;
use crate::socket::{Frames, TEXT};

/// The hub with `library`, when npm installed it.
pub fn command(library: &str, modules: &Path, port: u16) -> Option<Command> {
    let script = modules.join("hub.js");
    if !script.is_file() || !modules.join("node_modules").join(library).is_dir() {
        return None;
    }
    let mut command = installed("node")?;
    command.arg(script).arg(library).arg(port.to_string());
    Some(command)
}

/// A client of Socket.IO that listens.
pub async fn socket_io_listener(host: &str) -> Result<Frames, BenchError> {
    Ok(socket_io(host, None).await?.frames)
}

/// An open client of Socket.IO.
pub struct SocketIo {
    pub frames: Frames,
    /// The session, by which it may come back.
    pub session: String,
    /// What it missed: sent before the connection is confirmed.
    pub missed: Vec<Vec<u8>>,
}

/// A client of Socket.IO that comes as new, or back as `(session, last offset)`.
pub async fn socket_io(host: &str, back: Option<(&str, &str)>) -> Result<SocketIo, BenchError> {
    let mut frames = Frames::open(host, "/socket.io/?EIO=4&transport=websocket", "").await?;
    // What the transport says of itself.
    frames.next().await?;
    let connect = match back {
        Some((session, offset)) => format!("40{}", serde_json::json!({ "pid": session, "offset": offset })),
        None => "40".to_owned(),
    };
    frames.say(TEXT, connect.as_bytes()).await?;
    let mut missed = Vec::new();
    loop {
        let (_, packet) = frames.next().await?;
        if let Some(facts) = packet.strip_prefix(b"40") {
            let facts: Value = serde_json::from_slice(facts)?;
            let session = facts["pid"].as_str().unwrap_or_default().to_owned();
            return Ok(SocketIo { frames, session, missed });
        }
        missed.push(packet);
    }
}

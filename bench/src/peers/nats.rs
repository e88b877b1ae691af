//! NATS over WebSocket, its core alone: what nobody hears is gone.

use std::path::Path;

use tokio::process::Command;

use super::installed;
use crate::BenchError;
use crate::socket::{BINARY, Frames};

const SUBJECT: &str = "one";

/// The server; its own port of clients that are not browsers is any free one.
pub fn command(folder: &Path, port: u16) -> Result<Option<Command>, BenchError> {
    let Some(mut command) = installed("nats-server") else { return Ok(None) };
    let file = folder.join("nats.conf");
    let settings = format!(
        "host: \"127.0.0.1\"\nport: -1\nmax_connections: 20000\n\
         websocket {{ host: \"127.0.0.1\", port: {port}, no_tls: true, compression: false }}\n"
    );
    std::fs::write(&file, settings)?;
    command.arg("-c").arg(file);
    Ok(Some(command))
}

/// A client that does not listen.
pub async fn client(host: &str) -> Result<Frames, BenchError> {
    let mut frames = Frames::open(host, "/", "").await?;
    // What the server says of itself.
    frames.next().await?;
    frames.say(BINARY, b"CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n").await?;
    pong(&mut frames).await?;
    Ok(frames)
}

/// A client that listens.
pub async fn listener(host: &str) -> Result<Frames, BenchError> {
    let mut frames = client(host).await?;
    frames.say(BINARY, format!("SUB {SUBJECT} 1\r\nPING\r\n").as_bytes()).await?;
    pong(&mut frames).await?;
    Ok(frames)
}

/// What publishes `text`.
pub fn publication(text: &str) -> Vec<u8> {
    format!("PUB {SUBJECT} {}\r\n{text}\r\n", text.len()).into_bytes()
}

async fn pong(frames: &mut Frames) -> Result<(), BenchError> {
    loop {
        let (_, said) = frames.next().await?;
        if said.windows(4).any(|window| window == b"PONG") {
            return Ok(());
        }
        if said.starts_with(b"-ERR") {
            return Err(format!("nats: {}", String::from_utf8_lossy(&said)).into());
        }
    }
}

//! Mosquitto: MQTT 3.1.1 over WebSocket, one topic, QoS 0, nothing retained.

use std::path::Path;

use tokio::process::Command;

use super::{free_port, installed};
use crate::BenchError;
use crate::socket::{BINARY, Frames};

const TOPIC: &str = "one";

/// The broker, for anybody.
pub fn command(folder: &Path, port: u16) -> Result<Option<Command>, BenchError> {
    let Some(mut command) = installed("mosquitto") else { return Ok(None) };
    let file = folder.join("mosquitto.conf");
    // With no listener but those for WebSocket it does not start.
    let plain = free_port()?;
    std::fs::write(
        &file,
        format!(
            "listener {plain} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\npersistence false\n\
             max_queued_messages 0\nset_tcp_nodelay true\n"
        ),
    )?;
    command.arg("-c").arg(file);
    Ok(Some(command))
}

/// A client that does not listen.
pub async fn client(host: &str) -> Result<Frames, BenchError> {
    let mut frames = Frames::open(host, "/mqtt", "Sec-WebSocket-Protocol: mqtt\r\n").await?;
    // Clean session, no keep-alive, no name of one's own.
    let connect = [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 0];
    frames.say(BINARY, &connect).await?;
    let (_, answer) = frames.next().await?;
    match answer.as_slice() {
        [0x20, _, _, 0, ..] => Ok(frames),
        other => Err(format!("mosquitto refused: {other:?}").into()),
    }
}

/// A client that listens.
pub async fn listener(host: &str) -> Result<Frames, BenchError> {
    let mut frames = client(host).await?;
    let mut subscribe = vec![0x82, (TOPIC.len() + 5) as u8, 0, 1, 0, TOPIC.len() as u8];
    subscribe.extend_from_slice(TOPIC.as_bytes());
    subscribe.push(0);
    frames.say(BINARY, &subscribe).await?;
    let (_, answer) = frames.next().await?;
    (answer.first() == Some(&0x90)).then_some(frames).ok_or_else(|| "mosquitto: no subscription".into())
}

/// The packet that publishes `text`.
pub fn publication(text: &str) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut rest = TOPIC.len() + 2 + text.len();
    // The length, seven bits a byte.
    loop {
        let low = (rest % 128) as u8;
        rest /= 128;
        packet.push(if rest > 0 { low | 0x80 } else { low });
        if rest == 0 {
            break;
        }
    }
    packet.extend_from_slice(&[0, TOPIC.len() as u8]);
    packet.extend_from_slice(TOPIC.as_bytes());
    packet.extend_from_slice(text.as_bytes());
    packet
}

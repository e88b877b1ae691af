//! A listener of the live channel that reads as fast as it can.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::BenchError;

/// An open channel.
pub struct Listener {
    stream: TcpStream,
    buffer: Vec<u8>,
    read: usize,
}

impl Listener {
    /// Opens the channel with a session's token and follows `topics`.
    pub async fn open(host: &str, token: &str, topics: &[String]) -> Result<Self, BenchError> {
        let mut stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::with_capacity(4096);
        let head_end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("no handshake".into());
            }
        };
        if !buffer.starts_with(b"HTTP/1.1 101") {
            return Err("the handshake was refused".into());
        }
        buffer.drain(..head_end);
        let mut listener = Self { stream, buffer, read: 0 };
        let message = serde_json::json!({ "op": "subscribe", "topics": topics }).to_string();
        listener.say(&message).await?;
        for _ in 0..=topics.len() {
            // The welcome, and one answer for each topic.
            listener.next().await?;
        }
        Ok(listener)
    }

    async fn say(&mut self, text: &str) -> Result<(), BenchError> {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
        let mut frame = vec![0x81];
        match length {
            Some(length) => frame.push(0x80 | length),
            None => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(text.len())?.to_be_bytes());
            }
        }
        // A mask of zeros is a mask.
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        self.stream.write_all(&frame).await?;
        Ok(())
    }

    /// The next text, as bytes.
    pub async fn next(&mut self) -> Result<Vec<u8>, BenchError> {
        loop {
            if let Some((start, end)) = self.frame() {
                let opcode = self.buffer[self.read] & 0x0f;
                let payload = self.buffer[start..end].to_vec();
                self.read = end;
                if self.read == self.buffer.len() {
                    self.buffer.clear();
                    self.read = 0;
                }
                match opcode {
                    1 => return Ok(payload),
                    8 => return Err("the server closed the channel".into()),
                    _ => continue,
                }
            }
            if self.read > 1 << 16 {
                self.buffer.drain(..self.read);
                self.read = 0;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the channel ended".into());
            }
        }
    }

    fn frame(&self) -> Option<(usize, usize)> {
        let bytes = &self.buffer[self.read..];
        let short = usize::from(bytes.get(1)? & 0x7f);
        let (head, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
            length => (2, length),
        };
        (bytes.len() >= head + length).then_some((self.read + head, self.read + head + length))
    }
}

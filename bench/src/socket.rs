//! WebSocket as the generator speaks it: frames read as fast as they come, and a listener of the live channel.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::BenchError;

/// A text frame.
pub const TEXT: u8 = 1;
/// A frame of bytes.
pub const BINARY: u8 = 2;
const CLOSE: u8 = 8;
/// A whole frame that asks whether the other end is there, masked with zeros.
pub const PING: &[u8] = &[0x89, 0x80, 0, 0, 0, 0];

/// An open WebSocket.
pub struct Frames {
    stream: TcpStream,
    buffer: Vec<u8>,
    read: usize,
}

impl Frames {
    /// Opens `path` at `HOST:PORT`; `headers` are whole lines, each with its end.
    pub async fn open(host: &str, path: &str, headers: &str) -> Result<Self, BenchError> {
        Self::over(TcpStream::connect(host).await?, host, path, headers).await
    }

    async fn over(mut stream: TcpStream, host: &str, path: &str, headers: &str) -> Result<Self, BenchError> {
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
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
            let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
            return Err(format!("the handshake was refused: {head}").into());
        }
        buffer.drain(..head_end);
        Ok(Self { stream, buffer, read: 0 })
    }

    /// Sends one frame.
    pub async fn say(&mut self, opcode: u8, payload: &[u8]) -> Result<(), BenchError> {
        self.stream.write_all(&frame(opcode, payload)?).await?;
        Ok(())
    }

    /// The next frame's opcode and payload.
    pub async fn next(&mut self) -> Result<(u8, Vec<u8>), BenchError> {
        loop {
            if let Some((start, end)) = self.whole() {
                let opcode = self.buffer[self.read] & 0x0f;
                let payload = self.buffer[start..end].to_vec();
                self.read = end;
                if self.read == self.buffer.len() {
                    self.buffer.clear();
                    self.read = 0;
                }
                if opcode == CLOSE {
                    return Err("the server closed the channel".into());
                }
                return Ok((opcode, payload));
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

    /// The stream itself and what was read of it and not looked at.
    pub fn into_stream(mut self) -> (TcpStream, Vec<u8>) {
        self.buffer.drain(..self.read);
        (self.stream, self.buffer)
    }

    fn whole(&self) -> Option<(usize, usize)> {
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

/// A client's frame, masked with zeros, which is a mask.
fn frame(opcode: u8, payload: &[u8]) -> Result<Vec<u8>, BenchError> {
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()).ok().filter(|length| *length < 126) {
        Some(length) => frame.push(0x80 | length),
        None => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(payload.len())?.to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    Ok(frame)
}

#[derive(serde::Deserialize)]
struct Answer {
    seq: Option<u64>,
}

/// A listener of the live channel.
pub struct Listener {
    frames: Frames,
    /// The number of the log that the following began behind.
    pub position: u64,
}

impl Listener {
    /// Opens the channel with a session's token and follows `topics`.
    pub async fn open(host: &str, token: &str, topics: &[String]) -> Result<Self, BenchError> {
        Self::open_since(host, token, topics, None).await
    }

    /// Opens the channel and follows `topics` behind the number `since`.
    pub async fn open_since(
        host: &str,
        token: &str,
        topics: &[String],
        since: Option<u64>,
    ) -> Result<Self, BenchError> {
        Self::over(TcpStream::connect(host).await?, host, token, topics, since).await
    }

    /// Opens the channel of a client whose kernel takes little, and follows `topics`.
    pub async fn open_narrow(host: &str, token: &str, topics: &[String]) -> Result<Self, BenchError> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 << 10)?;
        Self::over(socket.connect(host.parse()?).await?, host, token, topics, None).await
    }

    async fn over(
        stream: TcpStream,
        host: &str,
        token: &str,
        topics: &[String],
        since: Option<u64>,
    ) -> Result<Self, BenchError> {
        let headers = format!("Authorization: Bearer {token}\r\n");
        let frames = Frames::over(stream, host, "/api/v1/live", &headers).await?;
        let mut listener = Self { frames, position: since.unwrap_or_default() };
        let mut message = serde_json::json!({ "op": "subscribe", "topics": topics });
        if let Some(since) = since {
            message["since"] = since.into();
        }
        listener.frames.say(TEXT, message.to_string().as_bytes()).await?;
        // The welcome, and one answer for each topic.
        listener.next().await?;
        for _ in topics {
            let answer: Answer = serde_json::from_slice(&listener.next().await?)?;
            // Who comes back has not heard yet what lies between.
            listener.position = since.or(answer.seq).unwrap_or_default();
        }
        Ok(listener)
    }

    /// The next text, as bytes.
    pub async fn next(&mut self) -> Result<Vec<u8>, BenchError> {
        loop {
            let (opcode, payload) = self.frames.next().await?;
            if opcode == TEXT {
                return Ok(payload);
            }
        }
    }

    /// The port of this end.
    pub fn port(&self) -> Result<u16, BenchError> {
        Ok(self.frames.stream.local_addr()?.port())
    }

    /// The socket itself, to read bytes from without looking at frames.
    pub fn into_frames(self) -> Frames {
        self.frames
    }
}

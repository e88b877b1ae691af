//! Servers that others use for the same work, started beside ours with what their own guides recommend: each keeps
//! nothing, asks nobody's right and writes nothing down.

mod mosquitto;
mod nats;
mod nchan;
mod node;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::BenchError;
use crate::poster::{Poster, Request};
use crate::processes::{Usage, family_usage};
use crate::socket::{BINARY, Frames};

pub use node::socket_io;

/// How long a peer may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that others use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// nginx with its module for pub/sub.
    Nchan,
    /// An MQTT broker, over WebSocket, QoS 0.
    Mosquitto,
    /// NATS without JetStream, over WebSocket.
    Nats,
    /// Socket.IO on Node.js, with connection state recovery.
    SocketIo,
    /// The plain WebSocket library of Node.js.
    Ws,
}

/// A running peer.
pub struct Peer {
    kind: Kind,
    host: String,
    child: Child,
    _folder: TempDir,
}

/// Somebody who publishes.
pub enum Publisher {
    /// By a request each.
    Posted(Poster),
    /// By a frame each.
    Framed(Frames, Vec<u8>),
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Nchan, Self::Mosquitto, Self::Nats, Self::SocketIo, Self::Ws];

    /// As results name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nchan => "nchan",
            Self::Mosquitto => "mosquitto",
            Self::Nats => "nats",
            Self::SocketIo => "socket.io",
            Self::Ws => "ws",
        }
    }

    /// Starts it; nothing when it is not installed. `modules`: the folder with what npm installed.
    pub async fn start(self, modules: &Path) -> Result<Option<Peer>, BenchError> {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let command = match self {
            Self::Nchan => nchan::command(folder.path(), port)?,
            Self::Mosquitto => mosquitto::command(folder.path(), port)?,
            Self::Nats => nats::command(folder.path(), port)?,
            Self::SocketIo => node::command("socket.io", modules, port),
            Self::Ws => node::command("ws", modules, port),
        };
        let Some(mut command) = command else { return Ok(None) };
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let host = format!("127.0.0.1:{port}");
        listens(self.name(), &host).await?;
        Ok(Some(Peer { kind: self, host, child, _folder: folder }))
    }
}

impl Peer {
    /// Somebody who listens from now on.
    pub async fn listener(&self) -> Result<Frames, BenchError> {
        match self.kind {
            Kind::Nchan => nchan::listener(&self.host).await,
            Kind::Mosquitto => mosquitto::listener(&self.host).await,
            Kind::Nats => nats::listener(&self.host).await,
            Kind::SocketIo => node::socket_io_listener(&self.host).await,
            Kind::Ws => Frames::open(&self.host, "/", "").await,
        }
    }

    /// Somebody who publishes `text`, up to `at_once` times together.
    pub async fn publisher(&self, text: &str, at_once: usize) -> Result<Publisher, BenchError> {
        Ok(match self.kind {
            Kind::Nchan | Kind::SocketIo | Kind::Ws => {
                let request = Request { path: "/publish".into(), token: None, body: text.into() };
                Publisher::Posted(Poster::open(&self.host, at_once, vec![request]).await?)
            }
            Kind::Mosquitto => Publisher::Framed(mosquitto::client(&self.host).await?, mosquitto::publication(text)),
            Kind::Nats => Publisher::Framed(nats::client(&self.host).await?, nats::publication(text)),
        })
    }

    /// What it used so far, with its children.
    pub fn usage(&self) -> Result<Usage, BenchError> {
        family_usage(self.child.id().ok_or("no process")?)
    }

    /// `HOST:PORT`
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<(), BenchError> {
        let pid = self.child.id().ok_or("no process")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

impl Publisher {
    /// Publishes `count` times at once; in a local set.
    pub async fn publish(&mut self, count: usize) -> Result<(), BenchError> {
        match self {
            Self::Posted(poster) => poster.post(count).await,
            Self::Framed(frames, publication) => {
                for _ in 0..count {
                    frames.say(BINARY, publication).await?;
                }
                Ok(())
            }
        }
    }
}

fn free_port() -> Result<u16, BenchError> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn listens(name: &str, host: &str) -> Result<(), BenchError> {
    let begun = Instant::now();
    while TcpStream::connect(host).await.is_err() {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{name} does not listen at {host}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// A program, when it is installed.
fn installed(program: &str) -> Option<Command> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&folders).collect();
    folders.push("/usr/sbin".into());
    folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file()).map(Command::new)
}

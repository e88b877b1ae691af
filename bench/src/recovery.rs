//! Phones that lose the network again and again for two seconds while something is said ten times a second: how much of
//! it they have in the end, ours beside Socket.IO with its connection state recovery.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, timeout_at};

use crate::BenchError;
use crate::http::Connection;
use crate::peers::{Kind, socket_io};
use crate::people::People;
use crate::server::Server;
use crate::socket::{Frames, Listener, TEXT};

/// With the network.
const THERE: Duration = Duration::from_secs(4);
/// Without it.
const AWAY: Duration = Duration::from_secs(2);
const DROPS: u32 = 5;
/// Messages a second.
const PACE: u32 = 10;
const RESIDENTS: usize = 10;

/// Runs the scenario.
pub async fn run(binary: &Path, modules: &Path, clients: usize) -> Result<Value, BenchError> {
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            let mut measured = vec![ours(binary, clients).await?];
            measured.extend(theirs(modules, clients).await?);
            Ok(json!({
                "scenario": "clients that are there for 4 s and away for 2 s, five times; ten messages a second",
                "clients": clients,
                "measured": measured,
            }))
        })
        .await
}

/// Where a client comes back to.
#[derive(Clone)]
enum Place {
    Ours { host: String, token: String, topic: String },
    SocketIo { host: String },
}

/// What a client heard, in its order: the ids of requests, the numbers of Socket.IO's messages; and how often it was told
/// to begin anew.
#[derive(Default)]
struct Heard {
    messages: Vec<String>,
    resets: u64,
    /// Where it comes back: the last number of ours.
    position: Option<u64>,
    /// Where it comes back: the session and the last offset of Socket.IO.
    session: String,
    offset: String,
}

async fn ours(binary: &Path, clients: usize) -> Result<Value, BenchError> {
    let server = Server::start(binary, Server::prepare(binary).await?).await?;
    let people = People::sign_in(&server, RESIDENTS).await?;
    let worker = people.workers.first().ok_or("no worker")?;
    let body = json!({ "grid_id": worker.grid_id, "kind": "suggestion", "content": "三组路口的路灯坏了" }).to_string();
    let place = Place::Ours {
        host: server.host.clone(),
        token: worker.token.clone(),
        topic: format!("grid:{}", worker.grid_id),
    };
    let listening = listen(&place, clients);
    let mut connection = Connection::open(&server.host).await?;
    let before = server.usage()?;
    let mut published = Vec::new();
    let mut rounds = Rounds::new();
    while rounds.next().await {
        let resident = &people.residents[published.len() % people.residents.len()];
        let answer = connection.send("POST", "/api/v1/tickets", Some(resident), Some(&body)).await?;
        if answer.status != 201 {
            return Err(format!("a request: {}", answer.status).into());
        }
        published.push(answer.json()?["id"].as_str().ok_or("no id")?.to_owned());
    }
    let heard = gathered(listening).await?;
    let cpu_s = server.usage()?.cpu_s - before.cpu_s;
    server.stop().await?;
    Ok(compared("lianxin", &published, &heard, cpu_s))
}

async fn theirs(modules: &Path, clients: usize) -> Result<Option<Value>, BenchError> {
    let Some(peer) = Kind::SocketIo.start(modules).await? else { return Ok(None) };
    let listening = listen(&Place::SocketIo { host: peer.host().to_owned() }, clients);
    let mut connection = Connection::open(peer.host()).await?;
    let before = peer.usage()?;
    let mut published = Vec::new();
    let mut rounds = Rounds::new();
    while rounds.next().await {
        let number = published.len() as u64 + 1;
        let body = json!({ "kind": "ticket.submitted", "seq": number }).to_string();
        connection.send("POST", "/publish", None, Some(&body)).await?;
        published.push(number.to_string());
    }
    let heard = gathered(listening).await?;
    let cpu_s = peer.usage()?.cpu_s - before.cpu_s;
    peer.stop().await?;
    Ok(Some(compared(Kind::SocketIo.name(), &published, &heard, cpu_s)))
}

/// The moments at which something is said: from when all are there for the first time until all came back for the last.
struct Rounds {
    begun: Instant,
    said: u32,
}

impl Rounds {
    fn new() -> Self {
        Self { begun: Instant::now() + THERE / 2, said: 0 }
    }

    async fn next(&mut self) -> bool {
        if Duration::from_secs(1) * self.said / PACE > (THERE + AWAY) * DROPS {
            return false;
        }
        tokio::time::sleep_until(self.begun + Duration::from_secs(1) * self.said / PACE).await;
        self.said += 1;
        true
    }
}

fn listen(place: &Place, clients: usize) -> JoinSet<Result<Heard, BenchError>> {
    let begun = Instant::now();
    let mut listening = JoinSet::new();
    for number in 0..clients {
        // Phones do not lose the network together.
        let shift = THERE * number as u32 / clients as u32;
        listening.spawn_local(client(place.clone(), begun, shift));
    }
    listening
}

async fn gathered(mut listening: JoinSet<Result<Heard, BenchError>>) -> Result<Vec<Heard>, BenchError> {
    let mut all = Vec::new();
    while let Some(heard) = listening.join_next().await {
        all.push(heard??);
    }
    Ok(all)
}

/// There from the beginning, away in turns, there again at the end.
async fn client(place: Place, begun: Instant, shift: Duration) -> Result<Heard, BenchError> {
    let mut heard = Heard::default();
    for drop in 1..=DROPS {
        let until = begun + THERE + shift + (THERE + AWAY) * (drop - 1);
        hear(&place, &mut heard, until).await?;
        tokio::time::sleep_until(until + AWAY).await;
    }
    hear(&place, &mut heard, begun + (THERE + AWAY) * DROPS + THERE * 2).await?;
    Ok(heard)
}

async fn hear(place: &Place, heard: &mut Heard, until: Instant) -> Result<(), BenchError> {
    match place {
        Place::Ours { host, token, topic } => {
            let mut listener = Listener::open_since(host, token, std::slice::from_ref(topic), heard.position).await?;
            heard.position = Some(listener.position);
            while let Ok(text) = timeout_at(until, listener.next()).await {
                heard.take_ours(&serde_json::from_slice(&text?)?);
            }
        }
        Place::SocketIo { host } => {
            let back = (!heard.offset.is_empty()).then_some((heard.session.as_str(), heard.offset.as_str()));
            let mut client = socket_io(host, back).await?;
            heard.resets += u64::from(back.is_some_and(|(before, _)| before != client.session));
            heard.session = client.session;
            for packet in client.missed {
                heard.take_socket_io(&packet, &mut client.frames).await?;
            }
            while let Ok(frame) = timeout_at(until, client.frames.next()).await {
                heard.take_socket_io(&frame?.1, &mut client.frames).await?;
            }
        }
    }
    Ok(())
}

impl Heard {
    fn take_ours(&mut self, frame: &Value) {
        match frame["op"].as_str() {
            Some("events") => frame["events"].as_array().into_iter().flatten().for_each(|event| self.event(event)),
            Some("event") => self.event(frame),
            Some("reset") => self.resets += 1,
            _ => {}
        }
    }

    async fn take_socket_io(&mut self, packet: &[u8], frames: &mut Frames) -> Result<(), BenchError> {
        if packet == b"2" {
            return frames.say(TEXT, b"3").await;
        }
        if let Some(message) = packet.strip_prefix(b"42") {
            let message: Value = serde_json::from_slice(message)?;
            self.messages.push(message[1]["seq"].to_string());
            self.offset = message[2].as_str().unwrap_or_default().to_owned();
        }
        Ok(())
    }

    fn event(&mut self, event: &Value) {
        self.position = event["seq"].as_u64();
        if event["kind"] == "ticket.submitted" {
            self.messages.extend(event["data"]["ticket_id"].as_str().map(str::to_owned));
        }
    }
}

fn compared(name: &str, published: &[String], heard: &[Heard], cpu_s: f64) -> Value {
    let order: HashMap<&String, usize> = published.iter().zip(0..).collect();
    let (mut missing, mut doubled, mut disordered) = (0, 0, 0);
    for one in heard {
        let places: Vec<usize> = one.messages.iter().filter_map(|message| order.get(message).copied()).collect();
        let known = places.iter().collect::<HashSet<_>>().len();
        missing += published.len() - known;
        doubled += places.len() - known;
        disordered += places.windows(2).filter(|pair| pair[0] > pair[1]).count();
    }
    let wanted = published.len() * heard.len();
    json!({
        "name": name,
        "published": published.len(),
        "wanted": wanted,
        "delivered_pct": 100.0 * (wanted - missing) as f64 / wanted.max(1) as f64,
        "missing": missing,
        "doubled": doubled,
        "out_of_order": disordered,
        "told_to_begin_anew": heard.iter().map(|one| one.resets).sum::<u64>(),
        "server_cpu_s": cpu_s,
    })
}

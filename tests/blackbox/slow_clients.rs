//! Clients that stop reading: phones in a tunnel, sleeping laptops, and who means harm. An actix WebSocket actor freezes
//! with such a socket and its mailbox grows (reference/realtime.md §3.2); here they must cost little and delay nobody.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::live::Stage;
use crate::support::{Live, events_of};

const FROZEN: usize = 100;
/// Requests of one burst: with words of 6 KB each more than the kernel's buffers and the outbox of a client hold.
const BURST: usize = 600;
const AT_ONCE: usize = 16;
/// The kernel gives up a connection that takes nothing after 20 s; some seconds for full buffers and for the last probe.
const CUT_OFF: Duration = Duration::from_secs(30);
/// As the pages do: who says nothing for 62.5 s counts as gone.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// What a healthy client may notice of a hundred frozen ones.
const DELAY: Duration = Duration::from_millis(250);
/// A client's outbox, with 256 KiB for what the transport and the allocator keep beside it.
const COST: u64 = (1 << 20) + (256 << 10);

#[actix_rt::test]
async fn a_hundred_clients_that_never_read_delay_nobody_cost_little_and_are_cut_off() {
    let stage = Stage::set().await;
    let topic = format!("grid:{}", stage.county);
    let load = Load::begin(&stage, &topic).await;
    let pid = stage.server.pid();

    let alone_before = memory(pid);
    let alone = load.burst(&stage).await;
    let events_cost = memory(pid).saturating_sub(alone_before);

    let address: SocketAddr = stage.server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let token = stage.leader.token.clone().unwrap();
    let frozen = tokio::task::spawn_blocking(move || {
        (0..FROZEN).map(|_| freeze(address, &token, &topic)).collect::<Vec<TcpStream>>()
    });
    let frozen = frozen.await.unwrap();
    let ports: BTreeSet<u16> = frozen.iter().map(|stream| stream.local_addr().unwrap().port()).collect();
    assert_eq!(established(address, &ports), FROZEN);

    let (before, began) = (memory(pid), Instant::now());
    let peak = Cell::new(before);
    let mut trapped = load.burst(&stage).await;
    let burst_took = began.elapsed();
    // Everybody else goes on while the kernel finds out that nobody reads.
    while established(address, &ports) > 0 {
        peak.set(peak.get().max(memory(pid)));
        assert!(began.elapsed() < burst_took + CUT_OFF, "{} are still there", established(address, &ports));
        trapped.extend(load.some(&stage, 10).await);
    }
    let cut_off = began.elapsed();
    let growth = peak.get() - before;
    load.all_arrived(alone.len() + trapped.len());
    let after = memory(pid);

    let (alone, trapped) = (percentiles(alone), percentiles(trapped));
    println!("lx: latency p50 / p99 / max alone {alone:?}, with {FROZEN} frozen clients {trapped:?}");
    println!("lx: cut off {cut_off:?} after the load began (burst {burst_took:?})");
    let mib = |bytes: u64| bytes >> 20;
    println!(
        "lx: memory {} MiB before, peak {} MiB, {} MiB after; the events alone cost {} MiB",
        mib(before),
        mib(peak.get()),
        mib(after),
        mib(events_cost)
    );
    // Three times the usual, because tests share the machine.
    assert!(trapped[1] < 3 * alone[1] + DELAY, "{trapped:?} instead of {alone:?}");
    assert!(growth < events_cost + FROZEN as u64 * COST, "{} MiB", mib(growth));
    assert!(after - before < events_cost + FROZEN as u64 * COST, "{} MiB are not given back", mib(after - before));
    drop(frozen);
}

#[actix_rt::test]
async fn a_client_that_falls_behind_is_told_so_and_resumes_without_loss() {
    let stage = Stage::set().await;
    let topic = format!("grid:{}", stage.county);
    let load = Load::begin(&stage, &topic).await;
    let address: SocketAddr = stage.server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let (token, followed) = (stage.leader.token.clone().unwrap(), topic.clone());
    let mut slow = tokio::task::spawn_blocking(move || freeze(address, &token, &followed)).await.unwrap();
    load.burst(&stage).await;
    let sent: Vec<u64> = load.sent.borrow().iter().copied().collect();
    let last = *sent.last().unwrap();
    let (seen, code) = tokio::task::spawn_blocking(move || read_to_close(&mut slow)).await.unwrap();
    assert_eq!(code, 4001);
    assert!(sent.starts_with(&seen), "without a gap as far as it goes");
    assert!(seen.len() < BURST, "it was not too slow for all of it");

    let since = seen.last().copied().unwrap_or(load.before);
    let mut live = Live::open(&stage.leader).await;
    live.subscribe(&topic, Some(since)).await;
    let rest: Vec<u64> = events_of(&live.until_seq(last).await).into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(rest, sent[seen.len()..]);
}

/// Reads frames up to the one that closes; answers the numbers of the events and the code.
fn read_to_close(stream: &mut TcpStream) -> (Vec<u64>, u16) {
    let mut seen = Vec::new();
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).unwrap();
        bytes
    };
    loop {
        let head = take(2);
        let length = match head[1] {
            126 => take(2),
            127 => take(8),
            length => vec![length],
        };
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let payload = take(length);
        if head[0] & 0x0f == 8 {
            return (seen, u16::from_be_bytes([payload[0], payload[1]]));
        }
        let message: Value = serde_json::from_slice(&payload).unwrap();
        if message["op"] == "event" {
            seen.push(message["seq"].as_u64().unwrap());
        }
    }
}

/// Requests being sent, and one healthy client that hears of them.
struct Load {
    arrivals: Rc<RefCell<BTreeMap<u64, Instant>>>,
    /// The numbers of what was sent.
    sent: RefCell<BTreeSet<u64>>,
    /// The number before all of it.
    before: u64,
}

impl Load {
    async fn begin(stage: &Stage, topic: &str) -> Self {
        let mut live = Live::open(&stage.leader).await;
        let before = live.subscribe(topic, None).await["seq"].as_u64().unwrap();
        let arrivals = Rc::<RefCell<BTreeMap<u64, Instant>>>::default();
        let heard = Rc::clone(&arrivals);
        actix_rt::spawn(async move {
            let mut heartbeat = tokio::time::interval(HEARTBEAT);
            loop {
                let message = tokio::select! {
                    message = live.next() => message,
                    _ = heartbeat.tick() => {
                        live.say(&json!({ "op": "ping" })).await;
                        continue;
                    }
                };
                if message["op"] == "event" {
                    let twice = heard.borrow_mut().insert(message["seq"].as_u64().unwrap(), Instant::now());
                    assert_eq!(twice, None, "an event came twice");
                }
            }
        });
        Self { arrivals, sent: RefCell::default(), before }
    }

    /// One burst; answers how long each event took from being asked for to the healthy client.
    async fn burst(&self, stage: &Stage) -> Vec<Duration> {
        self.some(stage, BURST).await
    }

    async fn some(&self, stage: &Stage, count: usize) -> Vec<Duration> {
        let words = "长".repeat(2_000);
        let sent = futures_util::stream::iter(0..count).map(|_| async {
            let asked = Instant::now();
            let body = json!({ "grid_code": stage.code, "kind": "suggestion", "content": words });
            let reply = stage.resident.post("/tickets", &body).await;
            let seq = stage.resident.event_of(reply.expect(201)["id"].as_str().unwrap(), &reply).await;
            self.sent.borrow_mut().insert(seq);
            let arrived = crate::support::eventually("the event", async || self.arrivals.borrow().get(&seq).copied());
            arrived.await - asked
        });
        sent.buffer_unordered(AT_ONCE).collect().await
    }

    fn all_arrived(&self, count: usize) {
        let arrivals = self.arrivals.borrow();
        assert_eq!(arrivals.len(), count);
        assert!(arrivals.keys().eq(self.sent.borrow().iter()), "nothing else came");
    }
}

fn percentiles(mut latencies: Vec<Duration>) -> [Duration; 3] {
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    [at(50), at(99), at(100)]
}

/// Resident bytes of a process.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// How many of the server's connections to these ports the kernel still holds open. The peer of one that was given up
/// is not told, so this end cannot be asked.
fn established(server: SocketAddr, ports: &BTreeSet<u16>) -> usize {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = |address: &str| u16::from_str_radix(address.split_once(':').unwrap().1, 16).unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[3] == ESTABLISHED && port(row[1]) == server.port() && ports.contains(&port(row[2]))).count()
}

/// A client with small buffers that follows `topic` and from then on never reads again.
fn freeze(server: SocketAddr, token: &str, topic: &str) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.connect(&server.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let handshake = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(handshake.as_bytes()).unwrap();
    read_up_to(&mut stream, "\"welcome\"");
    stream.write_all(&masked_text(&json!({ "op": "subscribe", "topics": [topic] }).to_string())).unwrap();
    read_up_to(&mut stream, "\"subscribed\"");
    stream
}

fn read_up_to(stream: &mut TcpStream, word: &str) {
    let (mut text, mut buffer) = (String::new(), [0; 1024]);
    while !(text.contains(word) && text.ends_with('}')) {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "closed after {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(text.starts_with("HTTP/1.1 101") || !text.starts_with("HTTP"), "{text}");
}

/// A client's text frame of 126 to 65,535 bytes or less than 126, under a mask of zeros.
fn masked_text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81];
    match length {
        0..126 => frame.push(0x80 | length.to_be_bytes()[1]),
        _ => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

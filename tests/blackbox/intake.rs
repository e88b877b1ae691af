//! What comes in with a request is bounded: what says that it is too large is not read, what never ends is cut, what drips is
//! cut, and no head of a request makes the server fail.

use std::time::Duration;

use awc::http::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bad_calls::assert_clear_refusal;
use crate::support::{Person, Reply, TestServer};

const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that sends what no client would.
struct Wire {
    stream: TcpStream,
    /// Bytes that the other side took.
    sent: usize,
}

impl Wire {
    async fn open(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
        Self { stream, sent: 0 }
    }

    /// Begins a request of `person`.
    async fn begin(&mut self, method: &str, path: &str, person: &Person, headers: &[&str]) {
        let token = person.token.as_deref().unwrap_or("nobody");
        let headers = headers.join("\r\n");
        let head =
            format!("{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// The answer that comes until the server ends the connection, or as long as it says that it is.
    async fn answer(&mut self) -> Reply {
        tokio::time::timeout(PATIENCE, read_answer(&mut self.stream)).await.expect("no answer came")
    }
}

async fn read_answer(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Reply {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        if let Some(reply) = parse(&bytes) {
            return reply;
        }
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        assert!(read > 0, "the connection ended within its answer: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// A whole answer, once it is there.
fn parse(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some(Reply { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null), bytes: body })
}

/// Every call that changes something, with nobody's ids in its path.
fn writes(document: &Value) -> Vec<(Method, String)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, calls)| calls.as_object().unwrap().keys().map(move |method| (path, method)));
    let calls = calls.filter(|(_, method)| ["post", "put", "patch", "delete"].contains(&method.as_str()));
    calls.map(|(path, method)| (method.to_uppercase().parse().unwrap(), with_ids(path))).collect()
}

/// A path with something in the place of its parameters.
pub fn with_ids(path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let mut rest = path;
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        filled += crate::bad_values::STRANGE_ID;
        rest = after.split_once('}').unwrap().1;
    }
    filled + rest
}

#[actix_rt::test]
async fn no_call_reads_what_says_that_it_is_too_large() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let document = server.nobody().send(Method::GET, "//api/v1/openapi.json", None, &[]).await.body;
    let calls = writes(&document);
    assert!(calls.len() > 100, "{}", calls.len());
    for (method, path) in calls {
        let mut wire = Wire::open(&server).await;
        // Not a byte of it follows.
        let headers = ["Content-Type: application/json", "Content-Length: 80000000"];
        wire.begin(method.as_str(), &path, &admin, &headers).await;
        let reply = wire.answer().await;
        assert_eq!((reply.status, reply.code()), (413, "request.too_large"), "{method} {path}: {}", reply.body);
        assert_clear_refusal(&reply, &path);
    }
}

#[actix_rt::test]
async fn a_body_without_end_is_cut_and_its_connection_is_over() {
    let server = TestServer::start();
    let worker = server.staff("worker", 0).await;
    let nobody = server.nobody();
    let json = "Content-Type: application/json";
    let form = "Content-Type: multipart/form-data; boundary=b";
    let begins = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
    for (path, media_type, first, most, status, person) in [
        ("/tickets", json, "{\"content\":\"", 256 * 1024, 413, &worker),
        ("/members/import", form, begins, 5 * 1024 * 1024, 413, &server.staff("admin", 0).await),
        // Nobody reads what nobody sends: it is not read to its end either.
        ("/tickets", json, "{\"content\":\"", 0, 401, &nobody),
    ] {
        let mut wire = Wire::open(&server).await;
        wire.begin("POST", path, person, &[media_type, "Transfer-Encoding: chunked"]).await;
        let Wire { stream, sent } = &mut wire;
        let (mut answers, mut sends) = stream.split();
        let sending = async {
            let mut chunk = format!("{:x}\r\n{first}\r\n", first.len());
            // Until the server takes no more.
            while sends.write_all(chunk.as_bytes()).await.is_ok() {
                *sent += chunk.len();
                chunk = format!("{:x}\r\n{}\r\n", 16_384, "x".repeat(16_384));
            }
        };
        let (reply, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(read_answer(&mut answers), sending) })
            .await
            .expect("the server reads on and on");
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        assert_clear_refusal(&reply, path);
        // What the kernels on both sides hold beyond that is theirs.
        assert!(wire.sent >= most, "{path}: {}", wire.sent);
    }
    assert_eq!(server.nobody().send(Method::GET, "//healthz", None, &[]).await.status, 200);
}

#[actix_rt::test]
async fn a_body_that_drips_is_cut() {
    let server = TestServer::start_with(&[("LIANXIN__SERVER__BODY_GRACE_S", "1")]);
    let worker = server.staff("worker", 0).await;
    for (path, headers) in [
        ("/tickets", ["Content-Type: application/json", "Content-Length: 1000"]),
        ("/tickets", ["Content-Type: application/json", "Transfer-Encoding: chunked"]),
        ("/attachments", ["Content-Type: multipart/form-data; boundary=b", "Content-Length: 1000000"]),
    ] {
        let mut wire = Wire::open(&server).await;
        wire.begin("POST", path, &worker, &headers).await;
        let reply = wire.answer().await;
        assert_eq!((reply.status, reply.code()), (408, "request.too_slow"), "{path}: {}", reply.body);
        assert_clear_refusal(&reply, path);
        // Nothing is waited for any more.
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, wire.stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok() && rest.is_empty());
    }
}

#[actix_rt::test]
async fn no_head_makes_the_server_fail() {
    let server = TestServer::start();
    let long = "x".repeat(300_000);
    let many = (0..2_000).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let heads = [
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /api/v1/tickets?q={} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(60_000)),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx".to_owned(),
        "POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1} is TLS spoken here?\r\n\r\n".to_owned(),
        "GET /%ff%fe%00/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
    ];
    for head in heads {
        let shown: String = head.chars().take(80).collect();
        let mut wire = Wire::open(&server).await;
        // It may be refused before it is read to its end.
        let (mut answers, mut sends) = wire.stream.split();
        let sending = async {
            let _ = sends.write_all(head.as_bytes()).await;
        };
        let both = async { tokio::join!(read_answer(&mut answers), sending) };
        let (reply, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("no answer: {shown}"));
        assert!((400..500).contains(&reply.status), "{shown}: {}", reply.status);
    }
    // A head that never ends.
    let mut wire = Wire::open(&server).await;
    wire.stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    assert_eq!(wire.answer().await.status, 408);
    assert_eq!(server.nobody().send(Method::GET, "//healthz", None, &[]).await.status, 200);
}

//! Over TLS: trusted when the authority is, and not otherwise.
//!
//! `tls/`: an authority whose key is thrown away, and a certificate of it for `localhost`, both until 2120.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use lianxin_actors::channel::{Gateway as _, Outbound, PushHosts, SendError};
use lianxin_domain::clock::{ManualClock, Timestamp};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::message::message;
use crate::other_side::browser::Browser;
use crate::push::{NOW, web_push};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/channels/tls").join(name)
}

/// A push service that takes everything; its address and what it got.
fn start() -> (String, Receiver<Vec<u8>>) {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = format!("localhost:{}", listener.local_addr().unwrap().port());
    let (got, receive) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut request = Vec::new();
            while !is_whole(&request) {
                let mut part = [0; 4_096];
                match tls.read(&mut part) {
                    Ok(length) if length > 0 => request.extend_from_slice(&part[..length]),
                    // A client that does not trust us hangs up.
                    _ => break,
                }
            }
            if is_whole(&request) {
                tls.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                got.send(request).unwrap();
            }
        }
    });
    (authority, receive)
}

/// Head and as many bytes of body as it says.
fn body(request: &[u8]) -> Option<&[u8]> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    request[end..].get(..length)
}

fn is_whole(request: &[u8]) -> bool {
    body(request).is_some()
}

#[actix::test]
async fn a_push_arrives_over_tls_of_a_trusted_authority_only() {
    let (authority, got) = start();
    let hosts = PushHosts::parse([&authority]).unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
    let browser = Browser::seeded(1);
    let message = message("k", &browser.subscribe(&format!("https://{authority}/p"), &hosts).to_json());
    let trusting = Outbound::new(&[file("authority.pem")]).unwrap();
    web_push(trusting, &hosts, &clock).send(&message).await.unwrap();
    assert!(browser.decrypt(body(&got.recv().unwrap()).unwrap()).is_some());

    let sent = web_push(Outbound::new(&[]).unwrap(), &hosts, &clock).send(&message).await;
    assert!(matches!(&sent, Err(SendError::Again { why, .. }) if why.contains("UnknownIssuer")), "{sent:?}");
    // The right authority, but a name the certificate does not have.
    let address = authority.replace("localhost", "127.0.0.1");
    let hosts = PushHosts::parse([&address]).unwrap();
    let message = crate::message::message("k", &browser.subscribe(&format!("https://{address}/p"), &hosts).to_json());
    let trusting = Outbound::new(&[file("authority.pem")]).unwrap();
    let sent = web_push(trusting, &hosts, &clock).send(&message).await;
    assert!(matches!(&sent, Err(SendError::Again { .. })), "{sent:?}");
    assert!(got.try_recv().is_err());
}

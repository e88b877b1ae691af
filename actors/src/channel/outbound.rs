//! Posting to other machines: one client for all gateways, over TLS by rustls, that follows no redirect.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use awc::http::header::{HeaderMap, HttpDate, LOCATION, RETRY_AFTER, USER_AGENT};
use awc::{Client, Connector};
use bytes::Bytes;
use lianxin_domain::clock::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use super::SendError;

/// For a whole exchange, from looking the name up to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Of an answer's body; no gateway has more to say.
const MAX_ANSWER: usize = 64 * 1024;
/// The longest wait that an answer can ask for: a slip of theirs must not put a message off for years.
const MAX_WAIT_MS: i64 = 24 * 3_600 * 1_000;

/// Why there is no client.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// A file of trusted certificates cannot be read.
    #[error("certificates of {}: {why}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The TLS library refuses the settings.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// A client for posting to other machines. Cloning is cheap; to be made and used on one actix thread.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    timeout: Duration,
}

impl Outbound {
    /// A client that trusts the authorities of this machine and those in the PEM files `trusted`.
    ///
    /// The machine's, not a list built in: a county's bridge often has a certificate of the county's own authority,
    /// which its administrator installs once for all programs, and withdrawn authorities leave with the system's
    /// updates. Without any, `http` still works, and every `https` address fails as untrusted.
    ///
    /// # Errors
    /// [`OutboundError`] when a file of `trusted` cannot be read or holds no certificate.
    pub fn new(trusted: &[PathBuf]) -> Result<Self, OutboundError> {
        let mut roots = RootCertStore::empty();
        let machine = rustls_native_certs::load_native_certs();
        for error in &machine.errors {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "some of the machine's certificates are unreadable"
            );
        }
        roots.add_parsable_certificates(machine.certs);
        for path in trusted {
            for certificate in read_certificates(path)? {
                roots.add(certificate)?;
            }
        }
        if roots.is_empty() {
            tracing::warn!("this machine trusts no certificate authority; messages by https will fail");
        }
        // The provider is named, not the process's default one: nothing else has to install it first.
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = Connector::new().timeout(TIMEOUT).handshake_timeout(TIMEOUT).rustls_0_23(Arc::new(tls));
        let client = Client::builder()
            .connector(connector)
            // `post` has its own, over everything.
            .disable_timeout()
            // A redirect would lead past the check of the address.
            .disable_redirects()
            .add_default_header((USER_AGENT, "lianxin"))
            .finish();
        Ok(Self { client, timeout: TIMEOUT })
    }

    /// Posts `body` and waits for the answer, whatever its status.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, SendError> {
        let mut request = self.client.post(url);
        for (name, value) in headers {
            request = request.insert_header((*name, value.as_str()));
        }
        let deadline = tokio::time::Instant::now() + self.timeout;
        let mut response = tokio::time::timeout_at(deadline, request.send_body(body))
            .await
            .map_err(|_| SendError::again("no answer in time"))?
            .map_err(|error| SendError::again(error.to_string()))?;
        // The status has decided already: a body that breaks off changes nothing.
        let read = tokio::time::timeout_at(deadline, response.body().limit(MAX_ANSWER)).await;
        let body = read.ok().and_then(Result::ok).unwrap_or_default();
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// Posts `body` to the machine at `address`, whatever the host's name in `url` leads to by now, and waits for the head
    /// of its answer. The rest is not read: its connection is cut.
    pub(crate) async fn post_to(
        &self,
        address: SocketAddr,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
        (timeout, now): (Duration, Timestamp),
    ) -> Result<Reply, NoAnswer> {
        // A connection that was kept may be one to another address.
        let mut request = self.client.post(url).address(address).force_close();
        for (name, value) in headers {
            request = request.insert_header((*name, value.as_str()));
        }
        let response = tokio::time::timeout(timeout, request.send_body(body)).await;
        let response = response.map_err(|_| NoAnswer::Late)?.map_err(|_| NoAnswer::Broken)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply { status, retry_after_ms: Answer { status, headers, body: Bytes::new() }.retry_after(now) })
    }
}

/// Why there is no answer to a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Not in time.
    Late,
    /// No connection, or it broke off.
    Broken,
}

/// What the other side said at once.
pub(crate) struct Reply {
    /// Its status.
    pub status: u16,
    /// After so many milliseconds it wants to be asked again.
    pub retry_after_ms: Option<i64>,
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    let unreadable = |why: String| OutboundError::Certificates { path: path.to_owned(), why };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() { Err(unreadable("no certificate in it".to_owned())) } else { Ok(certificates) }
}

/// What the other side answered.
pub(super) struct Answer {
    /// Its status.
    pub status: u16,
    headers: HeaderMap,
    /// Its body, empty when it was too long or broke off.
    pub body: Bytes,
}

impl Answer {
    /// Whether the message was taken.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Where the message is now, by its own account.
    pub fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// Trouble of theirs or on the way, which passes.
    pub fn trouble(&self, why: String, now: Timestamp) -> SendError {
        SendError::Again { why, after_ms: self.retry_after(now) }
    }

    /// `Retry-After`, as seconds or as a date, within [`MAX_WAIT_MS`].
    fn retry_after(&self, now: Timestamp) -> Option<i64> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = if let Ok(seconds) = value.parse::<u32>() {
            i64::from(seconds) * 1_000
        } else {
            let date: std::time::SystemTime = value.parse::<HttpDate>().ok()?.into();
            let millis = i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
            Timestamp::from_millis(millis).since(now)
        };
        Some(wait.clamp(0, MAX_WAIT_MS))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// A server that says `words` to everybody and then nothing more.
    fn slow_server(words: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().map(Result::unwrap) {
                let _ = stream.read(&mut [0; 4_096]).unwrap();
                stream.write_all(words).unwrap();
                open.push(stream);
            }
        });
        url
    }

    #[actix::test]
    async fn who_does_not_answer_is_asked_again_later() {
        let outbound = Outbound { timeout: Duration::from_millis(100), ..Outbound::new(&[]).unwrap() };
        let silent = outbound.post(&slow_server(b""), &[], b"x".to_vec()).await;
        assert!(matches!(silent, Err(SendError::Again { after_ms: None, .. })));
        // Its head is an answer; what is missing of the body does not matter.
        let half = slow_server(b"HTTP/1.1 201 Created\r\ncontent-length: 10\r\n\r\n{");
        let half = outbound.post(&half, &[], b"x".to_vec()).await.unwrap();
        assert_eq!((half.status, half.body.len()), (201, 0));
        let garbage = outbound.post(&slow_server(b"SSH-2.0-x\r\n\r\n"), &[], b"x".to_vec()).await;
        assert!(matches!(garbage, Err(SendError::Again { .. })));
    }

    /// Posts to the machine at `address` under the name in `url`.
    async fn post_to(outbound: &Outbound, address: SocketAddr, url: &str) -> Result<Reply, NoAnswer> {
        let headers = [("Webhook-Id", "1".to_owned())];
        let now = Timestamp::from_millis(0);
        outbound.post_to(address, url, &headers, "{}".to_owned(), (Duration::from_secs(5), now)).await
    }

    #[actix::test]
    async fn what_is_posted_to_an_address_goes_there_whatever_its_name_leads_to() {
        let server = slow_server(b"HTTP/1.1 410 Gone\r\nretry-after: 7\r\ncontent-length: 9999\r\n\r\n{");
        let address = server.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let outbound = Outbound::new(&[]).unwrap();
        let reply = post_to(&outbound, address, "http://name.invalid/x?y").await.unwrap();
        assert_eq!((reply.status, reply.retry_after_ms), (410, Some(7_000)));
        let nobody = "127.0.0.1:1".parse().unwrap();
        assert_eq!(post_to(&outbound, nobody, &server).await.err(), Some(NoAnswer::Broken));
    }

    /// A machine with a certificate for `localhost` of the tests' own authority; says 204 to everybody.
    fn tls_server(folder: &Path) -> SocketAddr {
        let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::from_pem_file(folder.join("server.key.pem")).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut tls = rustls::StreamOwned::new(connection, stream);
                // A client that does not trust us hangs up.
                if tls.read(&mut [0; 4_096]).is_ok() {
                    let _ = tls.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
                }
            }
        });
        address
    }

    #[actix::test]
    async fn who_answers_at_an_address_must_be_who_the_name_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/channels/tls");
        let address = tls_server(&folder);
        let trusting = Outbound::new(&[folder.join("authority.pem")]).unwrap();
        assert_eq!(post_to(&trusting, address, "https://localhost/").await.unwrap().status, 204);
        assert_eq!(post_to(&trusting, address, "https://example.cn/").await.err(), Some(NoAnswer::Broken));
        let strict = Outbound::new(&[]).unwrap();
        assert_eq!(post_to(&strict, address, "https://localhost/").await.err(), Some(NoAnswer::Broken));
    }

    #[actix::test]
    async fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path(), Path::new("/nowhere.pem")] {
            assert!(matches!(Outbound::new(&[path.to_owned()]), Err(OutboundError::Certificates { .. })));
        }
    }
}

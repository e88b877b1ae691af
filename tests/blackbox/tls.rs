//! TLS of the server's own: a real client over it, wrong files, and another certificate while people are connected.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Live, Person, STAFF_PASSWORD, TestServer, events_of, eventually};

const CERTIFICATE: &str = "LIANXIN__SERVER__TLS__CERTIFICATE";
const KEY: &str = "LIANXIN__SERVER__TLS__KEY";

/// A certificate with its key.
struct Pair {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Pair {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), key }
    }

    fn write(&self, folder: &Path) {
        std::fs::write(folder.join("key.pem"), self.key.serialize_pem()).unwrap();
        std::fs::write(folder.join("certificate.pem"), self.certificate.pem()).unwrap();
    }

    /// Whoever believes this certificate and no other.
    fn trust(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        // As browsers do; live channels go over HTTP/1.1.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }

    fn trust_all(&self) -> Arc<ClientConfig> {
        self.trust(rustls::ALL_VERSIONS)
    }
}

fn paths(folder: &Path) -> [String; 2] {
    ["certificate.pem", "key.pem"].map(|name| folder.join(name).display().to_string())
}

fn start(folder: &Path) -> TestServer {
    let [certificate, key] = paths(folder);
    TestServer::start_with(&[(CERTIFICATE, &certificate), (KEY, &key)])
}

async fn sign_in(server: &TestServer, role: &str, trust: &Arc<ClientConfig>) -> (Person, crate::support::Reply) {
    let nobody = Person::trusting(&server.base, trust);
    let account = server.account(role, 0)["account"].as_str().unwrap().to_owned();
    let reply = nobody.post("/auth/login", &json!({ "account": account, "password": STAFF_PASSWORD })).await;
    let token = reply.expect(200)["token"].as_str().unwrap().to_owned();
    (nobody.with_token(&token), reply)
}

#[actix_rt::test]
async fn people_are_served_over_tls_and_their_cookies_stay_there() {
    let folder = TempDir::new().unwrap();
    let pair = Pair::new();
    pair.write(folder.path());
    let server = start(folder.path());
    assert!(server.base.starts_with("https://"), "{}", server.base);
    for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
        let (worker, reply) = sign_in(&server, "worker", &pair.trust(versions)).await;
        let cookie = reply.header("Set-Cookie").unwrap();
        assert!(
            cookie.contains("Secure") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        assert_eq!(reply.header("Strict-Transport-Security"), Some("max-age=31536000"));
        worker.get("/auth/me").await.expect(200);
    }
    // A page may reach the live channel over TLS alone.
    let page = Person::trusting(&server.base, &pair.trust_all()).get("//login").await;
    let host = server.base.trim_start_matches("https://");
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(policy.ends_with(&format!("connect-src 'self' wss://{host}")), "{policy}");
    // Nobody is served without TLS, or believes a certificate that is somebody else's.
    let plain = Person::nobody(&server.base.replacen("https", "http", 1));
    assert!(plain.try_send(awc::http::Method::GET, "//healthz", None, &[]).await.is_err());
    let stranger = Person::trusting(&server.base, &Pair::new().trust_all());
    assert!(stranger.try_send(awc::http::Method::GET, "//healthz", None, &[]).await.is_err());
}

#[actix_rt::test]
async fn the_live_channel_goes_over_tls_and_outlives_a_new_certificate() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (Pair::new(), Pair::new());
    first.write(folder.path());
    let server = start(folder.path());
    let (worker, _) = sign_in(&server, "worker", &first.trust_all()).await;
    let mut live = Live::open(&worker).await;
    live.subscribe(&format!("grid:{}", worker.own_grid().await), None).await;

    // Files that cannot be used change nothing.
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    read_again(&server);
    second.write(folder.path());
    read_again(&server);
    let newcomer = Person::trusting(&server.base, &second.trust_all());
    eventually("the new certificate is shown", async || {
        newcomer.try_send(awc::http::Method::GET, "//healthz", None, &[]).await.ok()
    })
    .await;
    let old = Person::trusting(&server.base, &first.trust_all());
    assert!(old.try_send(awc::http::Method::GET, "//healthz", None, &[]).await.is_err());

    // Who was connected before still is.
    let admin = sign_in(&server, "leader_l3", &second.trust_all()).await.0;
    let ticket = admin.request_help(&server.code_of("worker", 0), "路灯不亮").await;
    let seq = admin.timeline(ticket["id"].as_str().unwrap()).await[0].0;
    assert_eq!(events_of(&live.until_seq(seq).await), [(seq, "ticket.submitted".to_owned())]);
}

fn read_again(server: &TestServer) {
    let asked = Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().unwrap();
    assert!(asked.success());
}

/// Starts a server with these files; answers what it said before it gave up.
fn refused(certificate: &str, key: &str) -> String {
    let data = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianxin"));
    command.arg("serve").env("LIANXIN__DATA_DIR", data.path()).env("LIANXIN__SERVER__BIND", "127.0.0.1:0");
    let output =
        command.env("LIANXIN__METRICS__BIND", "").env(CERTIFICATE, certificate).env(KEY, key).output().unwrap();
    assert!(!output.status.success(), "{certificate} {key} was taken");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn files_that_cannot_be_used_stop_the_start_and_are_named_in_both_languages() {
    let folder = TempDir::new().unwrap();
    let (own, other) = (Pair::new(), Pair::new());
    own.write(folder.path());
    let [certificate, key] = paths(folder.path());
    let written = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (missing, empty) = ("/no/such/file.pem".to_owned(), written("empty.pem", ""));
    let (text, broken) = (written("text.pem", "SECRETWORDS"), written("broken.pem", garbage));
    let foreign = written("foreign.pem", &other.key.serialize_pem());
    let cases = [
        (&certificate, "", "server.tls.certificate and server.tls.key", "同时配置"),
        (&String::new(), key.as_str(), "server.tls.certificate and server.tls.key", "同时配置"),
        (&missing, &key, "server.tls.certificate /no/such/file.pem", "读不到这个文件"),
        (&certificate, &missing, "server.tls.key /no/such/file.pem", "读不到这个文件"),
        (&empty, &key, "server.tls.certificate", "没有 PEM 格式的证书"),
        (&key, &key, "server.tls.certificate", "没有 PEM 格式的证书"),
        (&broken, &key, "server.tls.certificate", "证书无法识别"),
        (&certificate, &text, "server.tls.key", "没有 PEM 格式的私钥"),
        (&certificate, &certificate, "server.tls.key", "没有 PEM 格式的私钥"),
        (&certificate, &foreign, "server.tls.key", "私钥与证书不匹配"),
    ];
    for (certificate, key, english, chinese) in cases {
        let said = refused(certificate, key);
        assert!(said.contains(english) && said.contains(chinese), "{certificate} {key}: {said}");
        assert!(!said.contains("SECRETWORDS") && !said.contains("PRIVATE KEY-----"), "{said}");
    }
}

//! TLS of the server's own: a certificate and its key from two files. They are read again when they change or on SIGHUP;
//! connections that are open go on with what they began with, new ones get the new certificate.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::clock::{Clock, Timestamp};
use parking_lot::RwLock;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::signal::unix::Signal;

use crate::config::TlsConfig;

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(30);
/// Before a certificate ends, so that somebody may still do something about it.
const SOON_MS: i64 = 14 * 24 * 60 * 60 * 1_000;
/// Between two warnings of the same.
const WARN_AGAIN_MS: i64 = 24 * 60 * 60 * 1_000;

/// Files that cannot be used, by the key of their setting; in English for logs and in Chinese for who runs the server.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("server.tls.{setting} {file}: {english} / {chinese}")]
pub struct TlsError {
    setting: &'static str,
    file: String,
    english: String,
    chinese: &'static str,
}

/// The certificate that new connections get.
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    state: RwLock<State>,
}

struct State {
    current: Arc<CertifiedKey>,
    stamp: Stamp,
    warned_at: Option<Timestamp>,
}

/// Tells versions of the two files apart; nothing: one cannot be seen.
type Stamp = [Option<(u64, u64, i64, i64)>; 2];

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Certificates").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads what `config` names; nothing when it names nothing.
    ///
    /// # Errors
    /// [`TlsError`] that names the file which cannot be used.
    pub fn open(config: &TlsConfig, clock: Arc<dyn Clock>) -> Result<Option<Arc<Self>>, TlsError> {
        if !config.is_on() {
            return Ok(None);
        }
        let provider = Arc::new(ring::default_provider());
        let (certificate, key) = (config.certificate.clone(), config.key.clone());
        let stamp = stamp_of(&certificate, &key);
        let current = Arc::new(read(&certificate, &key, &provider)?);
        let state = RwLock::new(State { current, stamp, warned_at: None });
        let certificates = Arc::new(Self { certificate, key, clock, provider, state });
        certificates.warn_of_its_end();
        Ok(Some(certificates))
    }

    /// What the listener works by: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// When the ciphers cannot be set up.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as Arc<_>);
        // Phones come back all the time; with a ticket they need no second way to and fro.
        config.ticketer = ring::Ticketer::new()?;
        Ok(config)
    }

    /// Looks at the files now and then, and whenever `asked`; for ever.
    pub async fn watch(self: Arc<Self>, mut asked: Signal) {
        loop {
            let told = tokio::select! {
                _ = asked.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            self.look(told);
            self.warn_of_its_end();
        }
    }

    /// Takes the files over when they changed, or when somebody says so. Files that cannot be used change nothing.
    fn look(&self, told: bool) {
        let stamp = stamp_of(&self.certificate, &self.key);
        if !told && stamp == self.state.read().stamp {
            return;
        }
        let read = read(&self.certificate, &self.key, &self.provider);
        let mut state = self.state.write();
        // Remembered in any case: what cannot be used is said once, and read again when it changes.
        state.stamp = stamp;
        match read {
            Ok(next) if self.is_over(&next) && !self.is_over(&state.current) => {
                tracing::error!("the new certificate is not valid now; the one before is kept / 新证书不在有效期内");
            }
            Ok(next) => {
                let changed = next.cert != state.current.cert;
                (state.current, state.warned_at) = (Arc::new(next), None);
                tracing::info!(changed, "the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the certificate cannot be read again; the one before is kept"),
        }
    }

    fn warn_of_its_end(&self) {
        let now = self.clock.now();
        let mut state = self.state.write();
        if state.warned_at.is_some_and(|at| now.is_within(WARN_AGAIN_MS, at)) {
            return;
        }
        if let Some(reason) = self.invalid_at(&state.current, now) {
            tracing::error!(%reason, "the certificate is not valid now; browsers refuse it / 证书不在有效期内");
        } else if let Some(reason) = self.invalid_at(&state.current, now.plus_millis(SOON_MS)) {
            tracing::warn!(%reason, "the certificate ends within 14 days / 证书将在 14 天内到期");
        } else {
            return;
        }
        state.warned_at = Some(now);
    }

    fn is_over(&self, certified: &CertifiedKey) -> bool {
        self.invalid_at(certified, self.clock.now()).is_some()
    }

    /// Why it is not valid at a time. Whoever signed it is the clients' affair.
    fn invalid_at(&self, certified: &CertifiedKey, at: Timestamp) -> Option<CertificateError> {
        let (first, others) = certified.cert.split_first()?;
        let parsed = ParsedCertificate::try_from(first).ok()?;
        let at = UnixTime::since_unix_epoch(Duration::from_millis(at.millis().max(0).unsigned_abs()));
        let known = self.provider.signature_verification_algorithms.all;
        let end = |error: &CertificateError| {
            use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
            matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
        };
        match verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), others, at, known) {
            Err(rustls::Error::InvalidCertificate(error)) if end(&error) => Some(error),
            _ => None,
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.state.read().current))
    }
}

fn stamp_of(certificate: &Path, key: &Path) -> Stamp {
    let stamp = |meta: Metadata| (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
    [certificate, key].map(|file| std::fs::metadata(file).ok().map(stamp))
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |setting, file: &Path, english: String, chinese| TlsError {
        setting,
        file: file.display().to_string(),
        english,
        chinese,
    };
    let bytes = |setting, file: &Path| {
        std::fs::read(file).map_err(|error| wrong(setting, file, error.to_string(), "读不到这个文件"))
    };
    let pem = bytes("certificate", certificate)?;
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| wrong("certificate", certificate, error.to_string(), "不是 PEM 格式的证书"))?;
    let first = chain.first().ok_or_else(|| {
        wrong("certificate", certificate, "there is no certificate (PEM) in it".to_owned(), "文件里没有 PEM 格式的证书")
    })?;
    ParsedCertificate::try_from(first)
        .map_err(|error| wrong("certificate", certificate, error.to_string(), "证书无法识别"))?;
    let pem = bytes("key", key)?;
    // What went wrong may quote the file.
    let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        wrong(
            "key",
            key,
            "there is no private key (PEM, without passphrase) in it".to_owned(),
            "文件里没有 PEM 格式的私钥",
        )
    })?;
    let signer = provider.key_provider.load_private_key(secret);
    let signer = signer.map_err(|error| wrong("key", key, error.to_string(), "这种私钥不能使用"))?;
    let certified = CertifiedKey::new(chain, signer);
    certified
        .keys_match()
        .map_err(|_| wrong("key", key, "the key does not belong to the certificate".to_owned(), "私钥与证书不匹配"))?;
    Ok(certified)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tempfile::TempDir;

    use super::*;

    /// 2026-11-22T00:00:00Z
    const NOW: i64 = 1_795_305_600_000;
    const DAY: i64 = 24 * 60 * 60 * 1_000;

    #[derive(Debug)]
    struct Held(AtomicI64);

    impl Clock for Held {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    struct Place {
        folder: TempDir,
        clock: Arc<Held>,
    }

    impl Place {
        fn new() -> Self {
            Self { folder: TempDir::new().unwrap(), clock: Arc::new(Held(AtomicI64::new(NOW))) }
        }

        /// Writes a new pair that is valid from one date to another.
        fn write(&self, from: (i32, u8, u8), to: (i32, u8, u8)) {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(to.0, to.1, to.2);
            let certificate = params.self_signed(&key).unwrap();
            std::fs::write(self.folder.path().join("certificate.pem"), certificate.pem()).unwrap();
            std::fs::write(self.folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        }

        fn open(&self) -> Arc<Certificates> {
            let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| self.folder.path().join(name));
            let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<_>;
            Certificates::open(&TlsConfig { certificate, key }, clock).unwrap().unwrap()
        }
    }

    fn shown(certificates: &Certificates) -> Vec<u8> {
        certificates.state.read().current.cert[0].to_vec()
    }

    #[test]
    fn without_files_there_is_no_tls() {
        let clock = Arc::new(Held(AtomicI64::new(NOW)));
        assert!(Certificates::open(&TlsConfig::default(), clock).unwrap().is_none());
    }

    #[test]
    fn files_that_changed_are_taken_over_and_others_not_read() {
        let place = Place::new();
        place.write((2026, 1, 1), (2027, 1, 1));
        let certificates = place.open();
        let first = shown(&certificates);
        certificates.look(false);
        assert_eq!(shown(&certificates), first);
        place.write((2026, 1, 1), (2027, 1, 1));
        certificates.look(false);
        let second = shown(&certificates);
        assert_ne!(second, first);
        // Half of a pair, or none, changes nothing.
        std::fs::write(place.folder.path().join("key.pem"), "no key").unwrap();
        certificates.look(false);
        std::fs::remove_file(place.folder.path().join("key.pem")).unwrap();
        certificates.look(true);
        assert_eq!(shown(&certificates), second);
        place.write((2026, 1, 1), (2027, 1, 1));
        certificates.look(false);
        assert_ne!(shown(&certificates), second);
    }

    #[test]
    fn one_that_is_over_does_not_replace_one_that_is_not_but_serves_where_there_is_no_better() {
        let place = Place::new();
        place.write((2026, 1, 1), (2027, 1, 1));
        let certificates = place.open();
        let good = shown(&certificates);
        for (from, to) in [((2020, 1, 1), (2021, 1, 1)), ((2030, 1, 1), (2031, 1, 1))] {
            place.write(from, to);
            certificates.look(false);
            assert_eq!(shown(&certificates), good, "{from:?}");
        }
        let over = place.open();
        assert_ne!(shown(&over), good, "a machine whose clock is wrong comes up, too");
        place.write((2026, 1, 1), (2027, 1, 1));
        over.look(false);
        assert!(!over.is_over(&over.state.read().current));
    }

    #[test]
    fn its_end_is_said_two_weeks_before_and_once_a_day() {
        let place = Place::new();
        place.write((2026, 1, 1), (2026, 12, 31));
        let certificates = place.open();
        let warned = || certificates.state.read().warned_at.map(Timestamp::millis);
        assert_eq!(warned(), None);
        let expected = [(30, Some(30)), (30, Some(30)), (31, Some(31)), (60, Some(60))];
        for (days, at) in expected {
            place.clock.0.store(NOW + days * DAY, Ordering::SeqCst);
            certificates.warn_of_its_end();
            assert_eq!(warned(), at.map(|days| NOW + days * DAY), "{days}");
        }
        // A new one is good again.
        place.write((2026, 1, 1), (2030, 12, 31));
        certificates.look(false);
        certificates.warn_of_its_end();
        assert_eq!(warned(), None);
    }
}

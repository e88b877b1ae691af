//! Configuration: defaults, then a file, then the environment. A wrong key or value names itself and stops the start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use lianxin_domain::notification::ChannelSet;
use lianxin_domain::password::LockPolicy;
use lianxin_domain::service_level::InitialLimits;
use lianxin_domain::webhook::address::{AddressRule, BadNetwork};
use lianxin_domain::webhook::retry::Patience;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::files::{FileStore, FileStoreError, S3Access};
use lianxin_web::address::{ForwardedHeader, Network, Proxies};
use lianxin_web::auth::AuthSettings;
use lianxin_web::documents::Fonts;
use lianxin_web::intake::Pace;
use lianxin_web::rates::RateSettings;
use serde::Deserialize;

const DEFAULTS: &str = include_str!("../config/default.toml");
/// The demonstration's settings.
pub const DEMO: &str = include_str!("../config/demo.toml");
const PREFIX: &str = "LIANXIN__";
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// All settings; each is explained in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where everything lies.
    pub data_dir: PathBuf,
    /// HTTP.
    pub server: ServerConfig,
    /// Database.
    pub storage: StorageConfig,
    /// Attachments.
    pub files: FilesConfig,
    /// Papers to print.
    pub documents: DocumentsConfig,
    /// Several nodes.
    pub cluster: ClusterConfig,
    /// Actors.
    pub actors: ActorsConfig,
    /// Limits of tickets.
    pub tickets: InitialLimits,
    /// Signing in.
    pub auth: AuthConfig,
    /// Telling people outside the inbox.
    pub notify: NotifyConfig,
    /// Telling other systems.
    pub webhooks: WebhooksConfig,
    /// How often anybody may do something.
    pub limits: RateSettings,
    /// Metrics.
    pub metrics: MetricsConfig,
    /// Logging.
    pub log: LogConfig,
    /// Traces.
    pub tracing: TracingConfig,
}

/// Telling other systems.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Networks inside the house that may be posted to.
    inside: Vec<String>,
    /// Without TLS, too.
    allow_http: bool,
    timeout_s: u32,
    first_pause_s: u32,
    give_up_hours: u32,
}

impl WebhooksConfig {
    /// Whom we post to.
    ///
    /// # Errors
    /// [`BadNetwork`] with the entry that makes no sense.
    pub fn rule(&self) -> Result<AddressRule, BadNetwork> {
        AddressRule::parse(&self.inside, self.allow_http)
    }

    /// How often we try.
    pub fn patience(&self) -> Patience {
        Patience {
            first_ms: i64::from(self.first_pause_s) * 1_000,
            give_up_ms: i64::from(self.give_up_hours) * HOUR_MS,
        }
    }

    /// How long we wait for an answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s.into())
    }
}

/// Metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address and port; empty: none.
    pub bind: String,
}

/// Telling people outside the inbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// Web push.
    pub push: PushConfig,
    /// WeChat.
    pub wechat: GatewayConfig,
    /// Short messages.
    pub sms: GatewayConfig,
    /// Calls.
    pub voice: GatewayConfig,
    /// Minutes between two messages to one person over a channel that costs; what comes meanwhile is gathered.
    pub cooldown_minutes: u32,
    /// PEM files of certificate authorities trusted beside the machine's: a county's own.
    pub ca_files: Vec<PathBuf>,
}

impl NotifyConfig {
    /// The channels that are switched on.
    pub const fn channels(&self) -> ChannelSet {
        let Self { push, wechat, sms, voice, .. } = self;
        ChannelSet { push: push.enabled, wechat: wechat.enabled, sms: sms.enabled, voice: voice.enabled }
    }
}

/// Web push.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushConfig {
    /// Switched on.
    pub enabled: bool,
    /// Whom push services write to when something is wrong: `mailto:` or `https:`.
    pub subject: String,
    /// Hosts of push services beside the known ones.
    pub more_hosts: Vec<String>,
}

/// A channel that somebody else runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Switched on for notifications; codes to sign in with go by SMS in any case.
    pub enabled: bool,
    /// Where messages are posted; empty: a file in the data folder.
    pub url: String,
    /// What signs them.
    pub secret: String,
    /// What a message costs, thousandths of a fen, when the gateway does not say.
    pub cost_milli_fen: i64,
}

/// HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub bind: String,
    /// Worker threads; 0: one per core.
    pub workers: usize,
    /// Where the pages lie.
    pub static_dir: PathBuf,
    /// What printed codes point to.
    pub public_url: String,
    /// Cookie over TLS only.
    pub secure_cookie: bool,
    /// Addresses and networks of proxies that are believed.
    pub trusted_proxies: Vec<Network>,
    /// In which header they say whom they heard.
    pub forwarded_header: ForwardedHeader,
    /// TLS of the server's own.
    pub tls: TlsConfig,
    /// Seconds before anything of a request's body has to have come.
    pub body_grace_s: u32,
    /// Bytes a second that must come of it on average after that.
    pub body_slowest: u32,
    /// Seconds over which live clients are sent elsewhere before the server stops.
    pub drain_s: u64,
    /// Seconds for open requests at the end.
    pub shutdown_s: u64,
}

impl ServerConfig {
    /// What addresses of the server begin with.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_on() { "https" } else { "http" }
    }

    /// How slowly bodies may come.
    pub fn pace(&self) -> Pace {
        Pace { grace: Duration::from_secs(self.body_grace_s.into()), slowest: self.body_slowest }
    }

    /// Who is believed about where requests come from.
    pub fn proxies(&self) -> Proxies {
        let trusted = self.trusted_proxies.clone();
        Proxies { trusted, header: self.forwarded_header, always_https: self.secure_cookie || self.tls.is_on() }
    }
}

/// TLS of the server's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The PEM file of the certificate and those that lead to its authority; empty: plain HTTP.
    pub certificate: PathBuf,
    /// The PEM file of its key.
    pub key: PathBuf,
}

impl TlsConfig {
    /// Whether the server speaks TLS.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

/// Database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// URL; empty: a file in the data folder.
    pub url: String,
}

/// Attachments.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    url: String,
    endpoint: String,
    region: String,
    access_key_id: String,
    secret_access_key: String,
    allow_http: bool,
}

/// Never prints a key.
impl std::fmt::Debug for FilesConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilesConfig").field("url", &self.url).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Papers to print.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentsConfig {
    /// The font of PDF files; empty: one in the usual places.
    pub font: PathBuf,
}

impl DocumentsConfig {
    /// Where the font is.
    pub fn fonts(&self) -> Fonts {
        Fonts::new((!self.font.as_os_str().is_empty()).then(|| self.font.clone()))
    }
}

/// Several nodes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// The Redis server over which nodes tell each other what they commit; empty: they look into the log.
    pub redis: String,
}

/// Actors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorsConfig {
    /// Threads.
    pub threads: usize,
}

/// Signing in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    staff_session_hours: u32,
    resident_session_days: u32,
    code_minutes: u32,
    code_cooldown_s: u32,
    codes_a_day: u32,
    code_attempts: u32,
    lock_after_failures: u32,
    lock_minutes: u32,
}

/// Logging.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Filter.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Traces of requests, by OpenTelemetry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracingConfig {
    /// The collector's address; empty: nothing is traced.
    pub otlp_endpoint: String,
    /// The part of the requests that is traced, 0 to 1.
    pub sample_ratio: f64,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads defaults, `more` (the demonstration's), a file and the environment, the later ones winning.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, the value and where it came from.
    pub fn load(more: &str, file: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(file) = file.filter(|file| !file.is_file()) {
            return Err(ConfigError(format!("there is no file {}", file.display())));
        }
        let mut figment = Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(more));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let config: Self = figment
            .merge(Env::prefixed(PREFIX).split("__"))
            .extract()
            .map_err(|error| ConfigError(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("tickets.accept_limit_minutes", self.tickets.accept_limit_minutes),
            ("tickets.finish_limit_hours", self.tickets.finish_limit_hours),
            ("tickets.returns_until_escalation", self.tickets.returns_until_escalation),
            ("auth.staff_session_hours", self.auth.staff_session_hours),
            ("auth.resident_session_days", self.auth.resident_session_days),
            ("auth.code_minutes", self.auth.code_minutes),
            ("auth.codes_a_day", self.auth.codes_a_day),
            ("auth.code_attempts", self.auth.code_attempts),
            ("auth.lock_after_failures", self.auth.lock_after_failures),
            ("webhooks.timeout_s", self.webhooks.timeout_s),
            ("webhooks.first_pause_s", self.webhooks.first_pause_s),
            ("webhooks.give_up_hours", self.webhooks.give_up_hours),
            ("limits.live_of_login", self.limits.live_of_login),
            ("limits.live_of_account", self.limits.live_of_account),
            ("server.body_grace_s", self.server.body_grace_s),
            ("server.body_slowest", self.server.body_slowest),
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError(format!("{key} must be at least 1")));
        }
        if !(0.0..=1.0).contains(&self.tracing.sample_ratio) {
            return Err(ConfigError("tracing.sample_ratio must lie between 0 and 1".to_owned()));
        }
        let endpoint = &self.tracing.otlp_endpoint;
        if !endpoint.is_empty() && !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) {
            return Err(ConfigError("tracing.otlp_endpoint must begin with http:// or https://".to_owned()));
        }
        if self.actors.threads == 0 {
            return Err(ConfigError("actors.threads must be at least 1".to_owned()));
        }
        self.webhooks.rule().map_err(|error| ConfigError(format!("webhooks.inside: {error}")))?;
        if self.server.tls.is_on() == self.server.tls.key.as_os_str().is_empty() {
            let said = "server.tls.certificate and server.tls.key go together / 证书和私钥要同时配置";
            return Err(ConfigError(said.to_owned()));
        }
        let url = self.database_url();
        if Dialect::of_url(&url).is_ok_and(|dialect| dialect == Dialect::Sqlite) && !self.cluster.redis.is_empty() {
            return Err(ConfigError("cluster.redis needs PostgreSQL: a SQLite database has one node".to_owned()));
        }
        // The URL may hold a password, so only its beginning is repeated.
        let scheme = url.split(':').next().unwrap_or_default();
        Dialect::of_url(&url).map_err(|error| ConfigError(format!("storage.url begins with {scheme:?}: {error}")))?;
        Ok(())
    }

    /// Where attachments lie.
    ///
    /// # Errors
    /// [`FileStoreError`] when the store cannot be opened.
    pub fn file_store(&self) -> Result<FileStore, FileStoreError> {
        let FilesConfig { url, endpoint, region, access_key_id, secret_access_key, allow_http } = self.files.clone();
        let access = S3Access { endpoint, region, access_key_id, secret_access_key, allow_http };
        FileStore::open(&url, &access, &self.data_dir)
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        if self.storage.url.is_empty() { Dialect::default_url(&self.data_dir) } else { self.storage.url.clone() }
    }

    /// The numbers of signing in.
    pub fn auth_settings(&self) -> AuthSettings {
        let auth = &self.auth;
        AuthSettings {
            staff_session_ms: i64::from(auth.staff_session_hours) * HOUR_MS,
            resident_session_ms: i64::from(auth.resident_session_days) * 24 * HOUR_MS,
            code_life_ms: i64::from(auth.code_minutes) * MINUTE_MS,
            code_cooldown_ms: i64::from(auth.code_cooldown_s) * 1000,
            codes_a_day: auth.codes_a_day,
            code_attempts: auth.code_attempts,
            lock: LockPolicy {
                failures: auth.lock_after_failures,
                lock_millis: i64::from(auth.lock_minutes) * MINUTE_MS,
            },
        }
    }
}

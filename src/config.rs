//! Configuration: defaults, then a file, then the environment. A wrong key or value names itself and stops the start.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use lianxin_domain::password::LockPolicy;
use lianxin_domain::service_level::TicketRules;
use lianxin_storage::dialect::Dialect;
use lianxin_web::auth::AuthSettings;
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
    /// Actors.
    pub actors: ActorsConfig,
    /// Limits of tickets.
    pub tickets: TicketRules,
    /// Signing in.
    pub auth: AuthConfig,
    /// Logging.
    pub log: LogConfig,
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
    /// Seconds for open requests at the end.
    pub shutdown_s: u64,
}

/// Database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// URL; empty: a file in the data folder.
    pub url: String,
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
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError(format!("{key} must be at least 1")));
        }
        if self.actors.threads == 0 {
            return Err(ConfigError("actors.threads must be at least 1".to_owned()));
        }
        let url = self.database_url();
        // The URL may hold a password, so only its beginning is repeated.
        let scheme = url.split(':').next().unwrap_or_default();
        Dialect::of_url(&url).map_err(|error| ConfigError(format!("storage.url begins with {scheme:?}: {error}")))?;
        Ok(())
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
            secure_cookie: self.server.secure_cookie,
        }
    }
}

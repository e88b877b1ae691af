//! The server under load: a process of its own over a throw-away data folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::BenchError;
use crate::processes::{TICKS, Usage, cpu_s, usage};

pub const PASSWORD: &str = "Messung-2026";
/// A running server.
pub struct Server {
    child: Child,
    /// `HOST:PORT`
    pub host: String,
    data: TempDir,
    /// Seconds from the start to the listening line.
    pub started_in_s: f64,
}

/// What the threads of a server used between two looks.
pub fn used(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let since = |(name, seconds): (&String, &f64)| {
        let used = seconds - before.get(name).copied().unwrap_or(0.0);
        (name.clone(), (used * TICKS).round() / TICKS)
    };
    after.iter().map(since).filter(|(_, used)| *used > 0.0).collect()
}

impl Server {
    /// A data folder with the small demonstration, prepared by a first start.
    pub async fn prepare(binary: &Path) -> Result<TempDir, BenchError> {
        let server = Self::start(binary, TempDir::new()?).await?;
        server.stop().await
    }

    /// Starts over `data` and waits until it listens.
    pub async fn start(binary: &Path, data: TempDir) -> Result<Self, BenchError> {
        Self::start_at(binary, data, "", &[]).await
    }

    /// Starts with settings of its own.
    pub async fn start_with(binary: &Path, data: TempDir, settings: &[(&str, &str)]) -> Result<Self, BenchError> {
        Self::start_at(binary, data, "", settings).await
    }

    /// Kills it; answers its data folder.
    pub async fn kill(mut self) -> Result<TempDir, BenchError> {
        self.child.kill().await?;
        Ok(self.data)
    }

    /// Starts with a page of metrics; answers its `HOST:PORT` too. Notifications stay in the inbox.
    pub async fn start_with_metrics(binary: &Path, data: TempDir) -> Result<(String, Self), BenchError> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let server = Self::start_at(binary, data, &free, &[]).await?;
        Ok((free, server))
    }

    async fn start_at(
        binary: &Path,
        data: TempDir,
        metrics: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self, BenchError> {
        let begun = tokio::time::Instant::now();
        let mut child = Command::new(binary)
            .args(["demo", "--scale", "small"])
            .env("LIANXIN__DATA_DIR", data.path())
            .env("LIANXIN__SERVER__BIND", "127.0.0.1:0")
            .env("LIANXIN__AUTH__CODE_COOLDOWN_S", "0")
            .env("LIANXIN__LOG__LEVEL", "warn")
            // A thousand listeners are one account here, and residents send as fast as they can.
            .env("LIANXIN__LIMITS__ENABLED", "false")
            .env("LIANXIN__METRICS__BIND", metrics)
            .env("LIANXIN__NOTIFY__SMS__ENABLED", "false")
            .env("LIANXIN__NOTIFY__VOICE__ENABLED", "false")
            .env("LIANXIN__NOTIFY__PUSH__ENABLED", "false")
            .env("LIANXIN_DEMO_PASSWORD", PASSWORD)
            .envs(unlimited())
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let host = loop {
            let line = lines.next_line().await?.ok_or("the server ended before it listened")?;
            if let Some(host) = line.strip_prefix("listening on http://") {
                break host.to_owned();
            }
        };
        tokio::spawn(async move {
            let mut rest = Vec::new();
            let _ = lines.into_inner().read_to_end(&mut rest).await;
        });
        Ok(Self { child, host, data, started_in_s: begun.elapsed().as_secs_f64() })
    }

    /// Stops it in good order; answers its data folder.
    pub async fn stop(mut self) -> Result<TempDir, BenchError> {
        let pid = self.child.id().ok_or("no process")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        self.child.wait().await?;
        Ok(self.data)
    }

    /// What it used so far.
    pub fn usage(&self) -> Result<Usage, BenchError> {
        usage(self.child.id().ok_or("no process")?)
    }

    /// CPU seconds of its threads so far, by their names without numbers.
    pub fn threads(&self) -> Result<BTreeMap<String, f64>, BenchError> {
        let pid = self.child.id().ok_or("no process")?;
        let mut by_name = BTreeMap::new();
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let stat = std::fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
            let Some((head, rest)) = stat.rsplit_once(')') else { continue };
            let name = head.split_once('(').map_or(head, |(_, name)| name);
            let name = name.trim_end_matches(|letter: char| !letter.is_ascii_alphabetic());
            *by_name.entry(name.to_owned()).or_insert(0.0) += cpu_s(rest);
        }
        Ok(by_name)
    }

    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// The demonstration's people.
    pub fn cast(&self) -> Result<Value, BenchError> {
        Ok(serde_json::from_str(&std::fs::read_to_string(self.data.path().join("demo-cast.json"))?)?)
    }
}

/// Rates that nothing here reaches: a few people do what a county does, and what counting costs is measured with the rest.
fn unlimited() -> impl Iterator<Item = (String, &'static str)> {
    const MOST: &str = "4000000000";
    let rates = ["REQUESTS", "WRITES", "HEAVY", "UPLOADS", "SUBMISSIONS", "UNKNOWN"];
    let rates = rates.into_iter().flat_map(|rule| [format!("{rule}__AT_ONCE"), format!("{rule}__AN_HOUR")]);
    let live = ["LIVE_OF_LOGIN", "LIVE_OF_ACCOUNT"].map(str::to_owned);
    rates.chain(live).map(|key| (format!("LIANXIN__LIMITS__{key}"), MOST))
}

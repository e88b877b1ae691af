//! A real server in a process of its own. The demonstration is prepared once and copied for every test.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::people::Person;

pub const PASSWORD: &str = "Pruefung-2026";
pub const STORAGE_URL: &str = "LIANXIN__STORAGE__URL";
const LISTENING: &str = "listening on ";
/// A setting that the tests alone know: a program with its arguments that becomes the server, such as
/// `env --ignore-signal=XFSZ`.
pub const WITHIN: &str = "LIANXIN_TEST_WITHIN";

/// A setting that the tests alone know: a file that takes what the server logs.
pub const LOG_FILE: &str = "LIANXIN_TEST_LOG_FILE";

/// A running server; killed when dropped.
pub struct TestServer {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    data: TempDir,
    settings: Vec<(String, String)>,
    /// `demo` or `serve`.
    mode: &'static str,
}

impl TestServer {
    /// A server with a copy of the small demonstration on SQLite.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with settings such as `("LIANXIN__AUTH__CODE_COOLDOWN_S", "60")`.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(&std::env::temp_dir(), settings)
    }

    /// The same, with its data folder in a place of the test's own.
    pub fn start_in(place: &Path, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new_in(place).unwrap();
        copy(template(), data.path());
        Self::launch(data, settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    /// A server with a fresh demonstration in the PostgreSQL database `url`, with settings beside it.
    pub fn start_on_postgres(url: &str, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().unwrap();
        let settings = settings.iter().copied().chain([(STORAGE_URL, url)]);
        Self::launch(data, settings.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    /// A server over what a backup is restored to.
    pub fn restored(backup: &Path, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().unwrap();
        let settings: Vec<(String, String)> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let output = command(data.path(), &settings).arg("restore").arg(backup).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (child, base) = spawn(data.path(), &settings, "serve");
        Self { child, base, data, settings, mode: "serve" }
    }

    /// Another node on the database of `first`: with a data folder of its own and the same secrets, and with settings that
    /// count more than those of the first.
    pub fn join(first: &Self, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().unwrap();
        for shared in ["secrets", "demo-accounts.json"] {
            let (from, to) = (first.data.path().join(shared), data.path().join(shared));
            let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
            assert!(done.success());
        }
        let mut settings: Vec<(String, String)> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let known = |key: &String| settings.iter().any(|(own, _)| own == key);
        let inherited: Vec<_> = first.settings.iter().filter(|(key, _)| !known(key)).cloned().collect();
        settings.extend(inherited);
        let (child, base) = spawn(data.path(), &settings, "serve");
        Self { child, base, data, settings, mode: "serve" }
    }

    /// The PostgreSQL database that it runs on; nothing: SQLite in its data folder.
    pub fn postgres(&self) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == STORAGE_URL).map(|(_, url)| url.as_str())
    }

    /// A server over a county that was just founded; answers its administrator's first password too.
    pub fn found(county: &str) -> (Self, String) {
        let data = TempDir::new().unwrap();
        let output = command(data.path(), &[]).args(["init", "--county", county]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let first_password = said.split_whitespace().last().unwrap().to_owned();
        let (child, base) = spawn(data.path(), &[], "serve");
        (Self { child, base, data, settings: Vec::new(), mode: "serve" }, first_password)
    }

    /// A server over a data folder that is there already.
    pub fn serve(data: TempDir, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<_> = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (child, base) = spawn(data.path(), &settings, "serve");
        Self { child, base, data, settings, mode: "serve" }
    }

    fn launch(data: TempDir, settings: Vec<(String, String)>) -> Self {
        let (child, base) = spawn(data.path(), &settings, "demo");
        Self { child, base, data, settings, mode: "demo" }
    }

    /// Kills the server at once (SIGKILL), as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts a killed or stopped server again over the same data; the address changes.
    pub fn restart(&mut self) {
        assert!(self.child.try_wait().unwrap().is_some(), "it still runs, and nobody would end it");
        let (child, base) = spawn(self.data.path(), &self.settings, self.mode);
        self.child = child;
        self.base = base;
    }

    /// Asks the server to stop (SIGTERM) and waits until it did.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success());
    }

    /// The data folder of a stopped server.
    pub fn into_data(mut self) -> TempDir {
        std::mem::replace(&mut self.data, TempDir::new().unwrap())
    }

    /// Waits until a server ended that was asked to.
    pub fn wait(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whoever reads the page of metrics, at an address of its own.
    pub fn metrics(&self) -> Person {
        let own = self.base.rsplit(':').next().unwrap().parse::<u16>().unwrap();
        let other = ports_of(self.pid()).into_iter().rfind(|port| *port != own);
        Person::nobody(&format!("http://127.0.0.1:{}", other.expect("a listener of its own")))
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Runs another command of the binary over the same data, such as `check`; answers success and output.
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        said(command(self.data.path(), &self.settings).args(arguments))
    }

    /// The same, over another data folder.
    pub fn command_over(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
        let settings: Vec<_> = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        said(command(data, &settings).args(arguments))
    }

    /// What went to the local twin of a channel, such as `sms`, in its order.
    pub fn outbox(&self, channel: &str) -> Vec<Value> {
        let text =
            std::fs::read_to_string(self.data.path().join(format!("outbox/{channel}.jsonl"))).unwrap_or_default();
        // The last line may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The accounts that the demonstration shows.
    pub fn accounts(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.data.path().join("demo-accounts.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The `index`th account of a role, such as `("worker", 1)`, with its file's entry.
    pub fn account(&self, role: &str, index: usize) -> Value {
        self.accounts().into_iter().filter(|account| account["role"] == role).nth(index).expect(role)
    }

    /// The grid code of the `index`th account of a role.
    pub fn code_of(&self, role: &str, index: usize) -> String {
        self.account(role, index)["grid_code"].as_str().unwrap().to_owned()
    }

    /// Signs the `index`th account of a role in.
    pub async fn staff(&self, role: &str, index: usize) -> Person {
        let account = self.account(role, index);
        Person::sign_in(&self.base, account["account"].as_str().unwrap(), PASSWORD).await
    }

    /// Signs a resident in by phone code and fills in the profile.
    pub async fn resident(&self, phone: &str) -> Person {
        let person = self.newcomer(phone).await;
        let profile = serde_json::json!({ "name": "李小明", "address": "三组 12 号" });
        assert_eq!(person.patch("/me/profile", &profile).await.status, 200);
        person
    }

    /// Signs a resident in by phone code; the profile is still empty.
    pub async fn newcomer(&self, phone: &str) -> Person {
        Person::sign_in_by_phone(&self.base, &self.data.path().join("outbox/sms.jsonl"), phone).await
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Person {
        Person::nobody(&self.base)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, settings: &[(String, String)]) -> Command {
    let binary = env!("CARGO_BIN_EXE_lianxin");
    let within = settings.iter().find(|(key, _)| key == WITHIN).map_or("", |(_, program)| program);
    let mut words = within.split_whitespace().chain([binary]);
    let mut command = Command::new(words.next().unwrap_or(binary));
    command.args(words);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--config", "config/test.toml"]);
    command.env("LIANXIN__DATA_DIR", data).env("LIANXIN_DEMO_PASSWORD", PASSWORD);
    command.envs(settings.iter().map(|(key, value)| (key, value)));
    command
}

/// Runs a command to its end; answers success and output.
fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn spawn(data: &Path, settings: &[(String, String)], mode: &str) -> (Child, String) {
    let mut command = command(data, settings);
    command.arg(mode);
    if mode == "demo" {
        command.args(["--scale", "small"]);
    }
    let log = settings.iter().find(|(key, _)| key == LOG_FILE);
    let log = log.map(|(_, path)| File::options().create(true).append(true).open(path).unwrap());
    command.stdout(Stdio::piped()).stderr(log.map_or_else(Stdio::inherit, Stdio::from));
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
        if let Some(address) = line.trim().strip_prefix(LISTENING) {
            break address.to_owned();
        }
    };
    // Nobody reads on, and a full pipe would stop the server.
    std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
    (child, address)
}

/// A prepared demonstration that was stopped in good order.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let data = TempDir::new().unwrap().keep();
        let (mut child, _) = spawn(&data, &[], "demo");
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        assert!(child.wait().unwrap().success());
        data
    })
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(format!("{}/.", from.display())).arg(to).status().unwrap();
    assert!(done.success());
}

/// Ports that a process listens at.
fn ports_of(pid: u32) -> Vec<u16> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let targets = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
    let sockets: Vec<String> = targets
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = rows.filter(|row| row[3] == "0A" && sockets.iter().any(|inode| inode == row[9]));
    listening.map(|row| u16::from_str_radix(row[1].split_once(':').unwrap().1, 16).unwrap()).collect()
}

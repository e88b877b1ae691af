//! A PostgreSQL server of a test's own, for tests that trace it or kill it. The one of `scripts/with-services.sh` is
//! everybody's.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// Below the ports that the kernel gives to those who connect, so that nobody takes it while the server is down.
const PORTS: std::ops::Range<u16> = 10_240..20_000;
/// A process number that none has.
const NOBODY: &str = "4194303";
/// Ports tried before it is given up.
const TRIES: usize = 20;

/// A running or killed server; it goes when dropped.
pub struct OwnPostgres {
    folder: TempDir,
    settings: Vec<String>,
    port: u16,
}

impl OwnPostgres {
    /// A new server with settings beside the defaults, such as `synchronous_commit=off`.
    pub fn start(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("lianxin-own-pg.").tempdir_in("/tmp").unwrap();
        if let Some((user, group)) = other_user() {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { folder, settings, port: 0 };
        let made = server
            .program("initdb")
            .args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .output()
            .expect("initdb (apt-get install postgresql-15)");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let started = std::iter::repeat_with(next_port).take(TRIES).any(|port| {
            server.port = port;
            server.try_start()
        });
        assert!(started, "{}", server.log());
        server
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills all its processes at once (SIGKILL), as a power cut would.
    pub fn kill(&self) {
        let main = self.main_process();
        // Stopped first, so that it neither starts others nor sees them go.
        signal("STOP", &[main]);
        let all = self.processes();
        signal("KILL", &all);
        while all.iter().any(|id| is_running(*id)) {
            std::thread::yield_now();
        }
        // Its number stays taken until whoever takes on orphans has seen that it is gone; the next one would think that it is
        // still there, as it would not after a power cut.
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(&file).unwrap().replacen(&main.to_string(), NOBODY, 1);
        fs::write(&file, text).unwrap();
    }

    /// Starts it again on the same port; it has recovered when this returns.
    pub fn start_again(&self) {
        assert!(self.try_start(), "{}", self.log());
    }

    /// The ids of all its processes now.
    pub fn processes(&self) -> Vec<u32> {
        let main = self.main_process();
        let mut all = vec![main];
        for entry in fs::read_dir("/proc").unwrap() {
            let name = entry.unwrap().file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            // One that just ended is none of them.
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // Behind the name in its brackets: state, parent.
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
            if parent == Some(main) {
                all.push(id);
            }
        }
        all
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn main_process(&self) -> u32 {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).expect("it was started");
        text.lines().next().unwrap().parse().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn try_start(&self) -> bool {
        let port = self.port;
        let own = format!("listen_addresses=127.0.0.1 port={port} unix_socket_directories= max_connections=100");
        let own = own.split(' ').map(str::to_owned);
        let options: Vec<String> = own.chain(self.settings.iter().cloned()).map(|one| format!("-c {one}")).collect();
        let mut start = self.program("pg_ctl");
        start.args(["--silent", "--wait", "--log"]).arg(self.folder.path().join("log"));
        start.args(["--options", &options.join(" "), "start"]).stdout(Stdio::null()).stderr(Stdio::null());
        start.status().unwrap().success()
    }

    /// One of the server's programs, over its data; the server refuses to be run by root.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(Path::new(BINARIES).join(name));
        command.arg("--pgdata").arg(self.data()).current_dir("/");
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["--mode", "immediate", "--silent", "--wait", "stop"]).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = stop.status();
    }
}

fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(ToString::to_string);
    let sent = Command::new("kill").arg(format!("-{name}")).args(ids).status().unwrap();
    assert!(sent.success());
}

/// Whether it is there and not only waits to be looked after.
fn is_running(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// User and group `postgres`, when the tests are run by root.
fn other_user() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").unwrap().uid();
    (own == 0).then(|| (id_of_postgres("-u"), id_of_postgres("-g")))
}

fn id_of_postgres(option: &str) -> u32 {
    let output = Command::new("id").args([option, "postgres"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().expect("a user postgres")
}

/// Each server of this run begins its look elsewhere.
fn next_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start)).unwrap();
    let step = NEXT.fetch_add(1, Ordering::Relaxed);
    PORTS.start + (own + step) % (PORTS.end - PORTS.start)
}

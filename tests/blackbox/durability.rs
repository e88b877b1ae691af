//! What survives a power cut cannot be tested by killing a process: the kernel keeps its pages. So here the order of
//! system calls is looked at: written, synchronised, and only then answered.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::live::Stage;
use crate::support::{OwnPostgres, Person, TestServer, eventually};

const CALLS: &str = "trace=write,writev,pwrite64,sendto,sendmsg,recvfrom,fsync,fdatasync";

#[actix_rt::test]
async fn a_step_is_on_the_disk_before_it_is_answered() {
    let stage = Stage::set().await;
    let (ticket, _) = stage.submit("桥栏杆松了").await;
    let trace = stage.server.data_dir().join("trace");
    let mut strace = Strace::attach(&[stage.server.pid()], &trace);
    for (number, (action, body)) in
        [("accept", json!({})), ("complete", json!({ "note": "已加固" }))].iter().enumerate()
    {
        stage.worker.step(&ticket, action, body).await;
        let calls = eventually("the answer in the trace", async || {
            let calls = std::fs::read_to_string(&trace).unwrap_or_default();
            (answers(&calls).len() > number).then_some(calls)
        });
        synchronised_before_answer(&calls.await, number);
    }
    strace.detach();
    still_serves(&stage.worker).await;
}

/// The server's default would answer first and write later, ten seconds later here; what the journal asks for itself holds.
#[actix_rt::test]
async fn a_step_is_on_the_disk_of_postgres_before_it_is_answered_whatever_its_default_is() {
    let postgres = OwnPostgres::start(&["synchronous_commit=off", "wal_writer_delay=10s", "autovacuum=off"]);
    let stage = Stage::at(TestServer::start_on_postgres(&postgres.url(), &[])).await;
    let (ticket, _) = stage.submit("桥栏杆松了").await;
    let trace = stage.server.data_dir().join("trace");
    let processes = [&[stage.server.pid()][..], &postgres.processes()].concat();
    let mut strace = Strace::attach(&processes, &trace);
    for (number, (action, body)) in
        [("accept", json!({})), ("complete", json!({ "note": "已加固" }))].iter().enumerate()
    {
        stage.worker.step(&ticket, action, body).await;
        let calls = eventually("the answer in the trace", async || {
            let calls = std::fs::read_to_string(&trace).unwrap_or_default();
            (answers(&calls).len() > number).then_some(calls)
        });
        let calls = calls.await;
        let lines: Vec<&str> = calls.lines().collect();
        let lines = &lines[..answers(&calls)[number]];
        let commit = commit_of(lines, &threads_of(stage.server.pid()), &format!("ticket.{action}"));
        assert_eq!(commit.map(|commit| commit.synchronised), Some(true), "answered too early:\n{calls}");
    }
    // Whoever asks for nothing is not waited for: so it would be seen if the journal's commits were not, either.
    stage.server.sql("BEGIN;\nUPDATE log_head SET epoch = epoch || 'ticket.untold';\nCOMMIT;\n");
    let careless = eventually("the other commit in the trace", async || {
        let calls = std::fs::read_to_string(&trace).unwrap_or_default();
        commit_of(&calls.lines().collect::<Vec<_>>(), &[], "ticket.untold").map(|commit| commit.synchronised)
    });
    assert!(!careless.await, "the trace does not tell the two apart");
    strace.detach();
    still_serves(&stage.worker).await;
}

/// One transaction of a process of PostgreSQL, from the text that it was known by to the word that it is committed.
struct Commit {
    /// The write-ahead log was synchronised between the request to commit and the answer.
    synchronised: bool,
}

/// The first transaction in which a process of PostgreSQL, none of the `own` threads, is sent `text`.
fn commit_of(lines: &[&str], own: &[String], text: &str) -> Option<Commit> {
    let is_own = |line: &str| line.split_whitespace().next().is_some_and(|thread| own.iter().any(|one| one == thread));
    let begins = (0..lines.len())
        .filter(|at| lines[*at].contains("recvfrom") && lines[*at].contains(text) && !is_own(lines[*at]));
    // Who only asks for such a thing commits nothing.
    begins.filter_map(|first| commit_after(lines, first)).next()
}

fn commit_after(lines: &[&str], first: usize) -> Option<Commit> {
    let is_received = |line: &str| line.contains("recvfrom");
    let process = lines[first].split_whitespace().next()?;
    let own: Vec<&&str> =
        lines[first + 1..].iter().filter(|line| line.split_whitespace().next() == Some(process)).collect();
    let asked = own.iter().position(|line| is_received(line) && line.contains("COMMIT"))?;
    let told = asked + own[asked..].iter().position(|line| line.contains("sendto") && line.contains("COMMIT"))?;
    let synchronised = own[asked..told].iter().any(|line| line.contains("sync(") && line.contains("/pg_wal/"))
        && own[asked..told].iter().any(|line| line.contains("sync") && line.ends_with("= 0"));
    Some(Commit { synchronised })
}

fn threads_of(process: u32) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.map(|thread| thread.unwrap().file_name().into_string().unwrap()).collect()
}

async fn still_serves(person: &Person) {
    person.get("/auth/me").await.expect(200);
}

/// The lines that answer a change.
fn answers(calls: &str) -> Vec<usize> {
    let lines = calls.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("HTTP/1.1 200") && line.contains("x-lianxin-seq"))
        .map(|(at, _)| at)
        .collect()
}

/// Between the last write to the write-ahead log and the answer, that log was synchronised.
fn synchronised_before_answer(calls: &str, number: usize) {
    let lines: Vec<&str> = calls.lines().collect();
    let answer = answers(calls)[number];
    let is_log = |line: &str| line.contains("lianxin.db-wal>");
    let written = lines[..answer].iter().rposition(|line| line.contains("pwrite64(") && is_log(line));
    let written = written.unwrap_or_else(|| panic!("nothing was written before the answer:\n{calls}"));
    let mut begun = None;
    let synchronised = lines[written..answer].iter().any(|line| {
        // With several threads a call may stand in two lines; its thread's number is in front of both.
        let thread = line.split_whitespace().next();
        if line.contains("sync(") && is_log(line) {
            begun = thread;
            return line.ends_with("= 0");
        }
        line.contains("sync resumed>") && begun == thread && line.ends_with("= 0")
    });
    assert!(synchronised, "answered before the log was synchronised:\n{calls}");
}

/// The system calls of a process on their way into a file.
struct Strace(Child);

impl Strace {
    /// Follows processes; it has begun with all of them when this returns.
    fn attach(processes: &[u32], file: &Path) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-s", "8192", "-e", CALLS, "-o"]).arg(file);
        command.args(processes.iter().map(|process| format!("--attach={process}")));
        let mut child = command.stderr(Stdio::piped()).spawn().expect("strace (apt-get install strace)");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.by_ref().map_while(Result::ok).filter(|line| line.contains("attached"));
        let attached = said.take(processes.len()).count();
        assert_eq!(attached, processes.len(), "strace may not look at other processes here");
        // It goes on to speak of every thread.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    fn detach(&mut self) {
        let asked = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.0.wait().unwrap();
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

//! What survives a power cut cannot be tested by killing a process: the kernel keeps its pages. So here the order of
//! system calls is looked at: written, synchronised, and only then answered.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::live::Stage;
use crate::support::{Person, eventually};

const CALLS: &str = "trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync";

#[actix_rt::test]
async fn a_step_is_on_the_disk_before_it_is_answered() {
    let stage = Stage::set().await;
    let (ticket, _) = stage.submit("桥栏杆松了").await;
    let trace = stage.server.data_dir().join("trace");
    let mut strace = Strace::attach(stage.server.pid(), &trace);
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
    /// Follows a process; it has begun when this returns.
    fn attach(pid: u32, file: &Path) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-s", "2048", "-e", CALLS, "-p", &pid.to_string(), "-o"]).arg(file);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("strace (apt-get install strace)");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.by_ref().map_while(Result::ok).find(|line| line.contains("attached"));
        assert!(said.is_some(), "strace may not look at other processes here");
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

//! Data folders of older versions (`tests/fixtures/upgrade`), served by this one: what was there is there, the log goes on,
//! and it moves to PostgreSQL, too. The clock stands where the older version was stopped, so that its limits still run.

mod same;

use std::process::Command;

use awc::http::Method;
use data_encoding::HEXLOWER;
use ring::digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{FakedClock, Live, Person, STORAGE_URL, TestServer, steps_of, text, throw_away_database};
use same::{LIMIT_CHANGED, assert_same};

#[actix_rt::test]
async fn what_the_version_before_clocks_left_is_served() {
    Older::unpack("schema-4").serve_again().await;
}

#[actix_rt::test]
async fn what_the_version_before_the_meeting_room_left_is_served() {
    Older::unpack("schema-8").serve_again().await;
}

#[actix_rt::test]
async fn what_the_version_before_clocks_left_moves_to_postgres() {
    Older::unpack("schema-4").moves(&throw_away_database("upgrade_4")).await;
}

#[actix_rt::test]
async fn what_the_version_before_the_meeting_room_left_moves_to_postgres() {
    Older::unpack("schema-8").moves(&throw_away_database("upgrade_8")).await;
}

/// A data folder that an older version wrote, and what it said of it.
struct Older {
    data: TempDir,
    clock: FakedClock,
    expected: Value,
}

impl Older {
    fn unpack(name: &str) -> Self {
        let data = TempDir::new().unwrap();
        let archive = format!("{}/tests/fixtures/upgrade/{name}.tar.zst", env!("CARGO_MANIFEST_DIR"));
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--no-same-owner", "--use-compress-program", "zstd", "--file", &archive]);
        assert!(tar.arg("--directory").arg(data.path()).status().unwrap().success());
        let expected = std::fs::read(data.path().join("expected.json")).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let clock = FakedClock::new();
        clock.begin_at(&text(&expected["made_at"]));
        Self { data, clock, expected }
    }

    /// By this version, where it lies.
    async fn serve_again(self) {
        let server = TestServer::serve(self.data, &self.clock.settings());
        let expected = &self.expected;
        answers_the_same(&server, expected).await;
        let leader = person(&server, expected, "leader_l1 0");
        let (mut live, welcome) = Live::open_with_welcome(&leader).await;
        assert_eq!(welcome["epoch"], expected["epoch"], "the log is the same one");
        // A page that was open before comes back and gets what it missed, no more and no less.
        let topic = text(&expected["topic"]);
        assert_eq!(live.subscribe(&topic, expected["since"].as_u64()).await["op"], "subscribed");
        let missed =
            Value::from_iter(steps_of(&live.until_pong().await).into_iter().map(|(seq, kind)| json!([seq, kind])));
        // This version may have begun with changes of its own.
        let missed = missed.as_array().unwrap();
        let (before, since) = missed.split_at(expected["missed"].as_array().unwrap().len());
        assert_eq!(before, expected["missed"].as_array().unwrap().as_slice());
        assert!(since.iter().all(|event| event[1] == LIMIT_CHANGED), "{since:?}");
        goes_on(&server, expected).await;
        let (sound, report) = server.command(&["check"]);
        assert!(sound && report.contains(" 0 differences"), "{report}");
    }

    /// By `backup` and `restore` of this version.
    async fn moves(self, url: &str) {
        let (backup, moved) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let backup = backup.path().join("backup");
        let folder = backup.to_str().unwrap();
        let clock = self.clock.settings();
        let (made, report) = TestServer::command_over(self.data.path(), &clock, &["backup", folder]);
        assert!(made, "{report}");
        let settings = [&clock[..], &[(STORAGE_URL, url)]].concat();
        let (restored, report) = TestServer::command_over(moved.path(), &settings, &["restore", folder]);
        assert!(restored, "{report}");
        for file in ["demo-accounts.json", "outbox"] {
            let from = self.data.path().join(file);
            assert!(Command::new("cp").arg("-a").arg(from).arg(moved.path()).status().unwrap().success());
        }
        let server = TestServer::serve(moved, &settings);
        answers_the_same(&server, &self.expected).await;
        let leader = person(&server, &self.expected, "leader_l1 0");
        let (_, welcome) = Live::open_with_welcome(&leader).await;
        assert_ne!(welcome["epoch"], self.expected["epoch"], "a restored log is another one");
        goes_on(&server, &self.expected).await;
        let (sound, report) = server.command(&["check"]);
        assert!(sound && report.contains(" 0 differences"), "{report}");
    }
}

/// Whoever was signed in then.
fn person(server: &TestServer, expected: &Value, name: &str) -> Person {
    server.nobody().with_token(&text(&expected["tokens"][name]))
}

/// Everybody is still signed in, and is answered what was answered then.
async fn answers_the_same(server: &TestServer, expected: &Value) {
    for (name, answers) in expected["answers"].as_object().unwrap() {
        let person = person(server, expected, name);
        for (path, answer) in answers.as_object().unwrap() {
            let now = person.get(path).await;
            assert_same(&format!("{name} {path}"), answer, now.expect(200));
        }
    }
    let owner = person(server, expected, "resident 19900004001");
    for (id, hash) in expected["files"].as_object().unwrap() {
        let reply = owner.send(Method::GET, &format!("/attachments/{id}"), None, &[]).await;
        let found = HEXLOWER.encode(digest::digest(&digest::SHA256, &reply.bytes).as_ref());
        assert_eq!((reply.status, found), (200, text(hash)));
    }
}

/// People sign in anew and work on what was there; the log's numbers go on.
async fn goes_on(server: &TestServer, expected: &Value) {
    let resident = server.newcomer("19900004001").await;
    let (worker, head) = (person(server, expected, "worker 0"), expected["head"].as_u64().unwrap());
    let kinds = server.sql(&format!("SELECT DISTINCT kind FROM events WHERE seq > {head};"));
    assert!(kinds.iter().all(|row| row[0] == LIMIT_CHANGED), "{kinds:?}");
    let now = worker.head().await;
    let (ticket, seq) = resident.submit(&server.code_of("worker", 0), "suggestion", "升级以后的一件").await;
    assert_eq!(seq, now + 1);
    worker.step(&ticket, "accept", &json!({})).await;
    worker.step(&ticket, "complete", &json!({ "note": "好了" })).await;
    // What was on its way is seen through by the rules of this version.
    let tickets = &expected["answers"]["worker 0"]["/tickets?limit=200"]["items"];
    let own = |content: &str| {
        let found = tickets.as_array().unwrap().iter().find(|ticket| ticket["content"] == content);
        text(&found.expect(content)["id"])
    };
    worker.step(&own("刚提交的一件"), "accept", &json!({})).await;
    worker.step(&own("在办的一件"), "complete", &json!({ "note": "修好了" })).await;
    let other = person(server, expected, "resident 19900004002");
    other.step(&own("在办的一件"), "rate", &json!({ "stars": 5 })).await;
}

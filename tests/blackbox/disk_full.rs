//! The server's folder runs out of room while people work: what cannot be written is refused for the moment, what is
//! there can be read, and with room again it goes on by itself. Once by a limit on the size of its files (EFBIG), which
//! anybody may set, and once with a file system that is full (ENOSPC), where the machine lets one be mounted.

mod shortage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::{Live, Person, Reply, TestServer, events_of, eventually, media, steps_of, text};
use shortage::Shortage;

/// People who send requests at a time.
const WRITERS: usize = 3;
const AGAIN: Duration = Duration::from_millis(20);
const SETTINGS: [(&str, &str); 1] = [shortage::SETTING];

#[actix_rt::test]
async fn with_its_files_at_their_limit_it_refuses_and_reads_on_and_goes_on_by_itself() {
    let server = TestServer::start_with(&SETTINGS);
    let shortage = Shortage::of_file_size(server.pid(), 1_024);
    room_runs_out(server, shortage).await;
}

#[actix_rt::test]
async fn with_a_full_disk_it_refuses_and_reads_on_and_goes_on_by_itself() {
    let Some(disk) = shortage::SmallDisk::mount() else {
        println!("lx: no file system may be mounted here, so no disk was full; the limit on files stands for it");
        return;
    };
    let server = TestServer::start_in(disk.path(), &SETTINGS);
    let shortage = Shortage::of_disk(disk);
    room_runs_out(server, shortage).await;
}

async fn room_runs_out(server: TestServer, mut shortage: Shortage) {
    let work = Work::begin(&server).await;
    let leader = server.staff("leader_l1", 0).await;
    let mut live = Live::open(&leader).await;
    let topic = format!("grid:{}", leader.own_grid().await);
    assert_eq!(live.subscribe(&topic, None).await["op"], "subscribed");
    let picture = media::picture(ImageFormat::Jpeg, 300, 300);
    let before = work.people[0].upload("a.jpg", "image/jpeg", &picture).await.expect(201).clone();
    let runners: Vec<_> = (0..WRITERS).map(|number| actix_rt::spawn(write(Rc::clone(&work), number))).collect();
    work.until_all("requests of everybody", &work.written, 3).await;

    shortage.begin();
    work.until_all("refusals for everybody", &work.refused, 3).await;
    // Not a byte more, from here on: what follows is of the time when there was no room.
    let stored = work.people[0].get(&format!("/attachments/{}", text(&before["id"]))).await;
    assert_eq!((stored.status, stored.bytes.len() as u64), (200, before["size"].as_u64().unwrap()));
    let some = work.sent.borrow().values().next().unwrap().clone();
    for path in [format!("/tickets/{some}"), format!("/tickets/{some}/timeline"), "/tickets?limit=20".to_owned()] {
        leader.get(&path).await.expect(200);
    }
    for path in ["/grids/tree", "/inbox", "/auth/me", "//readyz", "//healthz"] {
        leader.get(path).await.expect(200);
    }
    assert_refused(&work.people[0].upload("b.jpg", "image/jpeg", &picture).await);
    assert_refused(&server.nobody().post("/auth/sms-code", &json!({ "phone": "19900002009" })).await);
    let mut heard = live.until_pong().await;

    shortage.end();
    let written: Vec<usize> = work.written.iter().map(Cell::get).collect();
    let more = written.into_iter().max().unwrap() + 3;
    work.until_all("requests of everybody again", &work.written, more).await;
    let after = work.people[0].upload("b.jpg", "image/jpeg", &picture).await.expect(201).clone();
    assert_eq!((&after["size"], &after["media_type"]), (&before["size"], &before["media_type"]));
    server.newcomer("19900002009").await;
    work.stopping.set(true);
    for runner in runners {
        runner.await.unwrap();
    }
    heard.extend(check(&leader, &work, &mut live).await);
    let numbers: Vec<u64> = events_of(&heard).iter().map(|(seq, _)| *seq).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let submitted = steps_of(&heard).into_iter().filter(|(_, kind)| kind == "ticket.submitted").count();
    assert_eq!(submitted, work.sent.borrow().len(), "each once");
    assert_eq!(drafts(&server.data_dir().join("files")), 0, "half a file is left");
    let (sound, report) = server.command(&["check"]);
    assert!(sound, "{report}");
}

/// All that was acknowledged is there, once; answers what the live channel says up to the last of it.
async fn check(leader: &Person, work: &Work, live: &mut Live) -> Vec<Value> {
    let sent = work.sent.borrow().clone();
    let tickets = leader.all_tickets("kind=suggestion").await;
    let mut last = 0;
    for (content, id) in &sent {
        let same: Vec<_> = tickets.iter().filter(|ticket| ticket["content"] == content.as_str()).collect();
        assert_eq!(same.len(), 1, "{content}");
        assert_eq!(text(&same[0]["id"]), *id, "{content}");
        let timeline = leader.timeline(id).await;
        assert_eq!(timeline.len(), 1, "{content}: {timeline:?}");
        last = last.max(timeline[0].0);
    }
    live.until_seq(last).await
}

/// A message goes out whose line found no room, or half of it: later, once, whole.
#[actix_rt::test]
async fn a_short_message_that_found_no_room_goes_out_once_when_there_is_room() {
    let mut server = TestServer::start_with(&SETTINGS);
    server.stop();
    // Longer than the database and its log, so that the outbox alone is at the limit.
    let outbox = server.data_dir().join("outbox/sms.jsonl");
    let longest = ["lianxin.db", "lianxin.db-wal"]
        .map(|name| std::fs::metadata(server.data_dir().join(name)).map_or(0, |data| data.len()));
    let line = "{\"text\":\"an older one\"}\n";
    let lines = (longest.into_iter().max().unwrap() + (8 << 20)) as usize / line.len();
    let mut older = std::fs::read_to_string(&outbox).unwrap_or_default();
    older.push_str(&line.repeat(lines));
    std::fs::write(&outbox, &older).unwrap();
    server.restart();

    // A part of the line still has room.
    let mut shortage = Shortage::of_file_size(server.pid(), older.len() as u64 + 40);
    shortage.begin();
    let phone = "19900002010";
    server.nobody().post("/auth/sms-code", &json!({ "phone": phone })).await.expect(202);
    eventually("a try that failed", async || {
        let sql = "SELECT attempts FROM deliveries WHERE state = 'owed' AND last_error IS NOT NULL;";
        server.sql(sql).first().map(|row| row[0].clone())
    })
    .await;
    assert_eq!(server.codes_sent_to(phone), [""; 0]);
    shortage.end();
    let code = eventually("the code", async || server.codes_sent_to(phone).pop()).await;
    server.nobody().post("/auth/sms-login", &json!({ "phone": phone, "code": code })).await.expect(200);
    eventually("that it is known to be sent", async || {
        server.sql("SELECT 1 FROM deliveries WHERE state = 'owed';").is_empty().then_some(())
    })
    .await;
    assert_eq!(server.codes_sent_to(phone), [code]);
    let now = std::fs::read_to_string(&outbox).unwrap();
    assert!(now.starts_with(&older) && now.ends_with('\n'));
    assert_eq!(now[older.len()..].lines().count(), 1, "torn lines are taken away");
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.code(), reply.header("Retry-After")), (503, "server.busy", Some("1")));
}

/// Files that were begun and not finished.
fn drafts(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| if path.is_dir() { drafts(&path) } else { usize::from(path.to_string_lossy().contains('#')) })
        .sum()
}

/// What people do, and what they were told.
struct Work {
    people: Vec<Person>,
    code: String,
    /// By writer.
    written: Vec<Cell<usize>>,
    refused: Vec<Cell<usize>>,
    stopping: Cell<bool>,
    /// Requests that were acknowledged: content and id.
    sent: RefCell<BTreeMap<String, String>>,
}

impl Work {
    async fn begin(server: &TestServer) -> Rc<Self> {
        let mut people = Vec::new();
        for number in 0..WRITERS {
            people.push(server.resident(&format!("1990000200{number}")).await);
        }
        let none = || (0..WRITERS).map(|_| Cell::new(0)).collect();
        Rc::new(Self {
            people,
            code: server.code_of("worker", 0),
            written: none(),
            refused: none(),
            stopping: Cell::new(false),
            sent: RefCell::default(),
        })
    }

    /// Waits until every writer has so many.
    async fn until_all(&self, what: &str, counts: &[Cell<usize>], goal: usize) {
        eventually(what, async || counts.iter().all(|count| count.get() >= goal).then_some(())).await;
    }
}

/// Sends one request after the other, each under its key until it is acknowledged.
async fn write(work: Rc<Work>, number: usize) {
    let mut count = 0;
    while !work.stopping.get() {
        count += 1;
        let key = format!("{number}-{count}");
        let content = format!("第 {key} 件");
        let body = json!({ "grid_code": work.code, "kind": "suggestion", "content": content });
        loop {
            let reply = work.people[number].post_once("/tickets", &body, &key).await;
            if reply.status == 503 {
                assert_refused(&reply);
                work.refused[number].set(work.refused[number].get() + 1);
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            let id = text(&reply.expect(201)["id"]);
            work.sent.borrow_mut().insert(content, id);
            work.written[number].set(work.written[number].get() + 1);
            break;
        }
    }
}

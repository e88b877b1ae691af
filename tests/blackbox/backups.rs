//! Backups by the command while people work, and what they are worth: each is restored into a new place, agrees with itself
//! and holds everything that was acknowledged before it began.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use image::ImageFormat;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Live, Person, STORAGE_URL, TestServer, eventually, media, text, throw_away_database};

/// Backups of one server while it works.
const BACKUPS: usize = 3;
/// People who send requests and handle them at a time.
const WRITERS: usize = 4;
/// Steps that are acknowledged before the first backup, and between two.
const STEPS: usize = 12;

#[actix_rt::test]
async fn backups_of_a_working_server_on_sqlite_hold_all_that_was_acknowledged_before() {
    let server = TestServer::start();
    let last = backups_of(server, |_| Place::sqlite()).await;
    // The same rows come out of either database: one hash for all.
    let hash = last.hash();
    let moved = Place::postgres("backups_moved");
    moved.restore(&last.backup("again"));
    assert_eq!(moved.hash(), hash, "SQLite to PostgreSQL");
    let home = Place::sqlite();
    home.restore(&moved.backup("home"));
    assert_eq!(home.hash(), hash, "and back");
}

#[actix_rt::test]
async fn backups_of_a_working_server_on_postgres_hold_all_that_was_acknowledged_before() {
    let server = TestServer::start_on_postgres(&throw_away_database("backups"), &[]);
    backups_of(server, |number| Place::postgres(&format!("backups_{number}"))).await;
}

async fn backups_of(server: TestServer, place: impl Fn(usize) -> Place) -> Place {
    let work = Rc::new(Work::begin(&server).await);
    let leader = server.staff("leader_l1", 0).await;
    let (_, welcome) = Live::open_with_welcome(&leader).await;
    let topic = format!("grid:{}", leader.own_grid().await);
    let runners: Vec<_> = (0..WRITERS).map(|number| actix_rt::spawn(write(Rc::clone(&work), number))).collect();
    let folder = TempDir::new().unwrap();
    let mut made = Vec::new();
    for number in 0..BACKUPS {
        work.until(work.steps.get() + STEPS).await;
        let before = work.done.borrow().clone();
        let target = folder.path().join(format!("{number}"));
        let steps = work.steps.get();
        backup_aside(&server, &target).await;
        assert!(work.steps.get() > steps, "nobody worked meanwhile");
        made.push((target, before));
    }
    work.until(work.steps.get() + STEPS).await;
    work.stopping.set(true);
    for runner in runners {
        runner.await.unwrap();
    }
    // Pages that were open then know numbers that no backup has.
    let known = leader.head().await;
    drop(server);
    let mut last = None;
    for (number, (backup, before)) in made.iter().enumerate() {
        let restored = place(number);
        restored.restore(backup);
        restored.hash();
        let mut served = restored.serve();
        let leader = leader.at(&served);
        for done in before {
            let timeline = leader.timeline(&done.ticket).await;
            let seqs: Vec<u64> = timeline.iter().map(|(seq, _)| *seq).collect();
            assert!(seqs.len() >= done.steps, "{} of {} steps of {}", seqs.len(), done.steps, done.ticket);
            assert_eq!(leader.get(&format!("/attachments/{}", done.picture)).await.status, 200);
        }
        let (mut live, again) = Live::open_with_welcome(&leader).await;
        assert_ne!(again["epoch"], welcome["epoch"], "a restored log is another one");
        let answer = live.subscribe(&topic, Some(known)).await;
        assert_eq!((&answer["op"], &answer["reason"]), (&json!("reset"), &json!("epoch")), "{answer}");
        work.residents[0].at(&served).request_help(&work.code, "恢复以后的一件").await;
        served.stop();
        last = Some(Place::of(served));
    }
    last.unwrap()
}

/// Runs the command while this thread goes on with everybody's work.
async fn backup_aside(server: &TestServer, target: &Path) {
    let (data, url) = (server.data_dir().to_owned(), server.postgres().map(str::to_owned));
    let target = target.to_str().unwrap().to_owned();
    let made = actix_rt::task::spawn_blocking(move || {
        let settings: Vec<(&str, &str)> = url.iter().map(|url| (STORAGE_URL, url.as_str())).collect();
        TestServer::command_over(&data, &settings, &["backup", &target])
    });
    let (made, report) = made.await.unwrap();
    assert!(made, "{report}");
}

/// Where a backup is restored to.
struct Place {
    data: TempDir,
    url: Option<String>,
}

impl Place {
    fn sqlite() -> Self {
        Self { data: TempDir::new().unwrap(), url: None }
    }

    fn postgres(name: &str) -> Self {
        Self { data: TempDir::new().unwrap(), url: Some(throw_away_database(name)) }
    }

    /// Where a server was that is stopped.
    fn of(server: TestServer) -> Self {
        let url = server.postgres().map(str::to_owned);
        Self { data: server.into_data(), url }
    }

    fn command(&self, arguments: &[&str]) -> String {
        let settings: Vec<(&str, &str)> = self.url.iter().map(|url| (STORAGE_URL, url.as_str())).collect();
        let (done, report) = TestServer::command_over(self.data.path(), &settings, arguments);
        assert!(done, "{arguments:?}: {report}");
        report
    }

    fn restore(&self, backup: &Path) {
        self.command(&["restore", backup.to_str().unwrap()]);
    }

    fn backup(&self, name: &str) -> PathBuf {
        let target = self.data.path().join(name);
        self.command(&["backup", target.to_str().unwrap()]);
        target
    }

    /// What `check` says of all tickets; it finds no difference.
    fn hash(&self) -> String {
        let report = self.command(&["check"]);
        assert!(report.contains(" 0 differences"), "{report}");
        let hashes: Vec<&str> = report
            .lines()
            .filter(|line| line.starts_with("state hash"))
            .filter_map(|line| line.split(' ').next_back())
            .collect();
        let [log, tables] = hashes[..] else { panic!("{report}") };
        assert_eq!(log, tables);
        log.to_owned()
    }

    /// Serves it.
    fn serve(self) -> TestServer {
        let settings: Vec<(&str, &str)> = self.url.iter().map(|url| (STORAGE_URL, url.as_str())).collect();
        TestServer::serve(self.data, &settings)
    }
}

/// A request with the steps that were acknowledged.
#[derive(Clone)]
struct Done {
    ticket: String,
    picture: String,
    steps: usize,
}

struct Work {
    residents: Vec<Person>,
    worker: Person,
    code: String,
    steps: Cell<usize>,
    stopping: Cell<bool>,
    done: RefCell<Vec<Done>>,
}

impl Work {
    async fn begin(server: &TestServer) -> Self {
        let mut residents = Vec::new();
        for number in 0..WRITERS {
            residents.push(server.resident(&format!("1990000500{number}")).await);
        }
        let (worker, code) = (server.staff("worker", 0).await, server.code_of("worker", 0));
        Self { residents, worker, code, steps: Cell::new(0), stopping: Cell::new(false), done: RefCell::default() }
    }

    async fn until(&self, steps: usize) {
        eventually("more work", async || (self.steps.get() >= steps).then_some(())).await;
    }

    /// One more step of the request at `index` was acknowledged.
    fn acknowledged(&self, index: usize) {
        self.steps.set(self.steps.get() + 1);
        self.done.borrow_mut()[index].steps += 1;
    }
}

/// One request with a picture after the other, each seen through.
async fn write(work: Rc<Work>, number: usize) {
    let resident = &work.residents[number];
    let picture = media::picture(ImageFormat::Jpeg, 120, 90);
    while !work.stopping.get() {
        let picture = text(&resident.upload("a.jpg", "image/jpeg", &picture).await.expect(201)["id"]);
        let body = json!({ "grid_code": work.code, "kind": "suggestion", "content": "忙", "attachments": [picture] });
        let ticket = text(&resident.post("/tickets", &body).await.expect(201)["id"]);
        let index = work.done.borrow().len();
        work.done.borrow_mut().push(Done { ticket: ticket.clone(), picture, steps: 0 });
        work.acknowledged(index);
        for (person, action, body) in [
            (&work.worker, "accept", json!({})),
            (resident, "comment", json!({ "text": "在路口东侧" })),
            (&work.worker, "complete", json!({ "note": "好了" })),
            (resident, "rate", json!({ "stars": 5 })),
        ] {
            person.act(&ticket, action, &body).await.expect(200);
            work.acknowledged(index);
        }
    }
}

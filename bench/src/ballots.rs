//! A full hall votes as fast as it can, secretly or by name, and the host closes: ballots a second, and how long the counting
//! takes until every screen shows the result.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::halls::{HallSeeder, Person};
use crate::http::Connection;
use crate::limits::{bare_answers_per_second, flushes_per_second};
use crate::people::text;
use crate::phones;
use crate::report::percentiles;
use crate::server::{Server, used};
use crate::sign_ins::settle;
use crate::socket::Listener;
use crate::viewers::pair_screen;

const ANSWERS: [&str; 3] = ["yes", "no", "abstain"];

/// What a screen saw of one vote.
#[derive(Default)]
struct Screen {
    /// When how many had voted.
    turnout: Vec<(Instant, u64)>,
    published: Option<(Instant, Value)>,
}

/// A voter's request.
struct Voter {
    token: String,
    body: String,
}

/// What came of the ballots.
#[derive(Default)]
struct Cast {
    acks: Vec<u64>,
    failed: Option<String>,
}

/// Runs the vote twice: by name, with live counts, and in secret.
pub async fn run(binary: &Path, people: usize, writers: usize, screens: usize) -> Result<Value, BenchError> {
    let data = Server::prepare(binary).await?;
    let flushes = flushes_per_second(data.path())?;
    let halls = [HallSeeder::open(data.path()).await?.hall(people).await?];
    let server = Server::start(binary, data).await?;
    let bare = bare_answers_per_second(&server.host, 16).await?;
    let (host, hall) = (server.host.clone(), &halls[0]);
    let measured = async {
        let list = hall.people.iter().map(|who| (0, who.clone())).collect();
        let (ready, _) = phones::claims(&host, &halls, list).await?;
        let crowd = phones::pour(&host, ready, writers).await?;
        let voters: Vec<Person> = crowd.came.iter().map(|(_, _, who)| who.clone()).collect();
        let token = pair_screen(&host, hall).await?;
        let mut votes = Vec::new();
        for secrecy in ["open", "secret"] {
            let desk = Desk { host: &host, token: &hall.host, path: format!("/api/v1/meetings/{}/votes", hall.id) };
            let topic = format!("meeting:{}", hall.id);
            votes.push(desk.vote(&server, secrecy, &voters, writers, (&token, &topic, screens)).await?);
        }
        Ok::<_, BenchError>((crowd, votes))
    };
    let (crowd, votes) = LocalSet::new().run_until(measured).await?;
    let rss = server.usage()?.rss_mb;
    let (checked, sound) = settle(binary, server, &halls, &crowd).await?;
    Ok(json!({
        "scenario": "a full hall votes, closed loop, then the host closes and publishes; SQLite, synchronous=FULL",
        "people": people,
        "writers": writers,
        "screens": screens,
        "votes": votes,
        "checked": checked,
        "sound": sound,
        "server_rss_mb": rss,
        "limits": { "flushes_per_s": flushes, "bare_answers_per_s": bare },
    }))
}

/// The host's desk.
struct Desk<'a> {
    host: &'a str,
    token: &'a str,
    path: String,
}

impl Desk<'_> {
    async fn ask(&self, end: &str, body: &Value) -> Result<Value, BenchError> {
        let mut connection = Connection::open(self.host).await?;
        let path = format!("{}{end}", self.path);
        let answer = connection.send("POST", &path, Some(self.token), Some(&body.to_string())).await?;
        if answer.status / 100 != 2 {
            return Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        answer.json()
    }

    async fn vote(
        &self,
        server: &Server,
        secrecy: &str,
        voters: &[Person],
        writers: usize,
        (token, topic, screens): (&str, &str, usize),
    ) -> Result<Value, BenchError> {
        let question = json!({
            "title": "是否同意", "method": "yes_no_abstain", "secrecy": secrecy,
            "show": if secrecy == "open" { "live" } else { "after_close" },
            "majority": { "base": "expected", "numerator": 1, "denominator": 2, "more_than": true },
        });
        let id = text(&self.ask("", &question).await?["id"]);
        let mut seen = Vec::new();
        for _ in 0..screens {
            seen.push(follow(self.host, token, topic).await?);
        }
        let opening = Instant::now();
        self.ask(&format!("/{id}/open"), &json!({})).await?;
        let opened = opening.elapsed();
        let ballots = voters.iter().enumerate().map(|(place, who)| {
            let mut body = json!({ "round": 1, "choices": [ANSWERS[place % ANSWERS.len()]] });
            if secrecy == "secret" {
                body["receipt"] = json!(format!("{place:016}"));
            }
            Voter { token: who.token.clone(), body: body.to_string() }
        });
        let before = (server.usage()?, server.threads()?);
        let begun = Instant::now();
        let cast = pour(self.host, &format!("{}/{id}/ballots", self.path), ballots.collect(), writers).await?;
        let took = begun.elapsed();
        let after = (server.usage()?, server.threads()?);
        if let Some(failure) = cast.failed {
            return Err(failure.into());
        }
        // The last turnout is on its way.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let closing = Instant::now();
        let closed = self.ask(&format!("/{id}/close"), &json!({})).await?;
        let counted = closing.elapsed();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let shown: Vec<u64> = seen
            .iter()
            .filter_map(|screen| screen.borrow().published.as_ref().map(|(at, _)| (*at - closing).as_micros() as u64))
            .collect();
        let (turnout, falls) = turnouts(&seen[0].borrow(), begun);
        let same = seen
            .iter()
            .all(|screen| screen.borrow().published.as_ref().is_some_and(|(_, result)| *result == closed["result"]));
        let cpu_s = after.0.cpu_s - before.0.cpu_s;
        Ok(json!({
            "secrecy": secrecy,
            "opened_ms": opened.as_secs_f64() * 1e3,
            "ballots": voters.len(),
            "ballots_per_s": voters.len() as f64 / took.as_secs_f64(),
            "ack": percentiles(cast.acks),
            "closed_counted_published_ms": counted.as_secs_f64() * 1e3,
            "on_screens_after_the_close_began": percentiles(shown),
            "counted": closed["result"]["ballots"],
            "screens_show_the_same": same,
            "turnout_frames": turnout,
            "turnout_falls": falls,
            "server_cpu_us_per_ballot": cpu_s * 1e6 / voters.len().max(1) as f64,
            "server_cpu_s_by_thread": used(&before.1, &after.1),
        }))
    }
}

/// How many frames told the turnout, and how often it fell.
fn turnouts(screen: &Screen, begun: Instant) -> (usize, usize) {
    let told: Vec<u64> = screen.turnout.iter().filter(|(at, _)| *at >= begun).map(|(_, cast)| *cast).collect();
    (told.len(), told.windows(2).filter(|pair| pair[1] < pair[0]).count())
}

/// Follows the meeting as a screen does; within a local set.
async fn follow(host: &str, token: &str, topic: &str) -> Result<Rc<RefCell<Screen>>, BenchError> {
    let mut listener = Listener::open(host, token, &[topic.to_owned()]).await?;
    let screen: Rc<RefCell<Screen>> = Rc::default();
    let own = Rc::clone(&screen);
    tokio::task::spawn_local(async move {
        while let Ok(frame) = listener.next().await {
            let (at, frame) = (Instant::now(), serde_json::from_slice::<Value>(&frame).unwrap_or_default());
            let mut own = own.borrow_mut();
            if let Some(cast) = frame["data"]["vote"]["cast"].as_u64() {
                own.turnout.push((at, cast));
            }
            let joined = frame["events"].as_array().into_iter().flatten();
            let published = joined.chain([&frame]).find(|event| event["kind"] == "vote.published");
            if let Some(event) = published {
                own.published = Some((at, event["data"]["result"].clone()));
            }
        }
    });
    Ok(screen)
}

/// Closed loop: `writers` cast ballots, each the next as soon as the one before is acknowledged.
async fn pour(host: &str, path: &str, voters: Vec<Voter>, writers: usize) -> Result<Cast, BenchError> {
    let (cast, left) = (Rc::new(RefCell::new(Cast::default())), Rc::new(RefCell::new(voters.into_iter())));
    let mut tasks = Vec::with_capacity(writers);
    for _ in 0..writers {
        let mut connection = Connection::open(host).await?;
        let (cast, left, path) = (Rc::clone(&cast), Rc::clone(&left), path.to_owned());
        tasks.push(tokio::task::spawn_local(async move {
            loop {
                let next = left.borrow_mut().next();
                let Some(voter) = next else { return Ok::<_, BenchError>(()) };
                let begun = Instant::now();
                let answer = connection.send("POST", &path, Some(&voter.token), Some(&voter.body)).await?;
                let mut cast = cast.borrow_mut();
                cast.acks.push(begun.elapsed().as_micros() as u64);
                if answer.status != 200 {
                    let said = String::from_utf8_lossy(&answer.body).into_owned();
                    cast.failed.get_or_insert(format!("a ballot: {} {said}", answer.status));
                }
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(cast.take())
}

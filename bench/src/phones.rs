//! What a phone does to sign its owner in: the code on the screen is exchanged for a claim, the claim is used.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::BenchError;
use crate::halls::{Person, SeededHall};
use crate::http::Connection;
use crate::people::text;

/// A code is accepted in the five seconds that it is shown and the five behind them; so long it is scanned here.
const SCANNED_FOR: Duration = Duration::from_secs(3);
/// Phones that scan side by side.
const SCANNERS: usize = 32;

/// Somebody with a claim.
#[derive(Debug, Clone)]
pub struct Ready {
    pub hall: usize,
    pub person: Person,
    /// The path and body of the sign-in.
    path: String,
    body: String,
}

/// An acknowledged sign-in.
#[derive(Debug, Clone, Copy)]
pub struct Came {
    pub number: u32,
    pub at: Instant,
}

#[derive(Deserialize)]
struct Signed {
    number: u32,
}

impl Ready {
    /// Signs in; anything but a new arrival is an error.
    pub async fn sign_in(&self, connection: &mut Connection) -> Result<Came, BenchError> {
        let (token, device) = (Some(self.person.token.as_str()), Some(self.person.device.as_str()));
        let answer = connection.send_from("POST", &self.path, token, device, Some(&self.body)).await?;
        let at = Instant::now();
        if answer.status != 200 {
            return Err(format!("sign-in: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        let signed: Signed = serde_json::from_slice(&answer.body)?;
        Ok(Came { number: signed.number, at })
    }
}

/// The code that the host's screen shows now.
async fn code(host: &str, hall: &SeededHall) -> Result<String, BenchError> {
    let path = format!("/api/v1/meetings/{}/sign-in/code", hall.id);
    let answer = Connection::open(host).await?.send("GET", &path, Some(&hall.host), None).await?;
    Ok(text(&answer.json()?["code"]))
}

/// Claims for `people` (each the index of a hall and somebody on its list), in their order; within a local set. Answers how
/// many a second there were, too.
pub async fn claims(
    host: &str,
    halls: &[SeededHall],
    people: Vec<(usize, Person)>,
) -> Result<(Vec<Ready>, f64), BenchError> {
    let begun = Instant::now();
    let count = people.len();
    let left = Rc::new(RefCell::new(people.into_iter().enumerate().collect::<Vec<_>>()));
    let halls: Rc<[SeededHall]> = halls.into();
    let mut scanners = Vec::new();
    for _ in 0..SCANNERS {
        let (left, halls, host) = (Rc::clone(&left), Rc::clone(&halls), host.to_owned());
        scanners.push(tokio::task::spawn_local(async move {
            let mut connection = Connection::open(&host).await?;
            let (mut ready, mut codes) = (Vec::new(), vec![None; halls.len()]);
            loop {
                let next = left.borrow_mut().pop();
                let Some((place, (hall, person))) = next else { return Ok::<_, BenchError>(ready) };
                let id = halls[hall].id;
                let shown = codes[hall].clone().filter(|(_, since): &(String, Instant)| since.elapsed() < SCANNED_FOR);
                let (shown, since) = match shown {
                    Some(shown) => shown,
                    None => (code(&host, &halls[hall]).await?, Instant::now()),
                };
                let body = json!({ "code": shown }).to_string();
                codes[hall] = Some((shown, since));
                let path = format!("/api/v1/meetings/{id}/sign-in/claim");
                let answer = connection.send_from("POST", &path, None, Some(&person.device), Some(&body)).await?;
                if answer.status != 200 {
                    return Err(format!("claim: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
                }
                let body = json!({ "claim": answer.json()?["claim"] }).to_string();
                ready.push((place, Ready { hall, person, path: format!("/api/v1/meetings/{id}/sign-in"), body }));
            }
        }));
    }
    let mut ready = Vec::with_capacity(count);
    for scanner in scanners {
        ready.extend(scanner.await??);
    }
    ready.sort_unstable_by_key(|(place, _)| *place);
    let per_s = count as f64 / begun.elapsed().as_secs_f64();
    Ok((ready.into_iter().map(|(_, ready)| ready).collect(), per_s))
}

/// Lets the server see each session once, as the page that a phone opens before it signs in does; within a local set.
pub async fn open_pages(host: &str, people: &[Ready]) -> Result<(), BenchError> {
    let mut pages = Vec::new();
    for part in people.chunks(people.len().div_ceil(SCANNERS).max(1)) {
        let tokens: Vec<String> = part.iter().map(|ready| ready.person.token.clone()).collect();
        let mut connection = Connection::open(host).await?;
        pages.push(tokio::task::spawn_local(async move {
            for token in tokens {
                let answer = connection.send("GET", "/api/v1/auth/me", Some(&token), None).await?;
                if answer.status != 200 {
                    return Err(format!("a page: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
                }
            }
            Ok::<_, BenchError>(())
        }));
    }
    for page in pages {
        page.await??;
    }
    Ok(())
}

/// What came of sign-ins.
#[derive(Default)]
pub struct Crowd {
    /// From when a sign-in was to begin until its ack; with when it was to begin, from the crowd's begin on.
    pub acks: Vec<(Duration, Duration)>,
    pub came: Vec<(usize, Came, Person)>,
    pub failed: u64,
    pub first_failure: Option<String>,
}

impl Crowd {
    fn note(&mut self, ready: Ready, outcome: Result<Came, BenchError>, begun: Instant, due: Instant) {
        match outcome {
            Ok(came) => {
                self.acks.push((due - begun, came.at - due));
                self.came.push((ready.hall, came, ready.person));
            }
            Err(error) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

/// Open loop: each of `people` signs in at its own time after the begin, whether or not those before are done.
pub async fn come(host: &str, people: Vec<(Duration, Ready)>) -> Result<Crowd, BenchError> {
    let crowd: Rc<RefCell<Crowd>> = Rc::default();
    let idle: Rc<RefCell<Vec<Connection>>> = Rc::default();
    let begun = Instant::now();
    let mut tasks = Vec::with_capacity(people.len());
    for (after, ready) in people {
        let due = begun + after;
        tokio::time::sleep_until(due).await;
        let (crowd, idle, host) = (Rc::clone(&crowd), Rc::clone(&idle), host.to_owned());
        tasks.push(tokio::task::spawn_local(async move {
            let free = idle.borrow_mut().pop();
            let mut connection = match free {
                Some(connection) => connection,
                None => Connection::open(&host).await?,
            };
            let outcome = ready.sign_in(&mut connection).await;
            crowd.borrow_mut().note(ready, outcome, begun, due);
            idle.borrow_mut().push(connection);
            Ok::<_, BenchError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(crowd.take())
}

/// Closed loop: `writers` sign people in, each the next as soon as the one before is acknowledged.
pub async fn pour(host: &str, people: Vec<Ready>, writers: usize) -> Result<Crowd, BenchError> {
    let crowd: Rc<RefCell<Crowd>> = Rc::default();
    let left = Rc::new(RefCell::new(people.into_iter()));
    let begun = Instant::now();
    let mut tasks = Vec::with_capacity(writers);
    for _ in 0..writers {
        let mut connection = Connection::open(host).await?;
        let (crowd, left) = (Rc::clone(&crowd), Rc::clone(&left));
        tasks.push(tokio::task::spawn_local(async move {
            loop {
                let next = left.borrow_mut().next();
                let Some(ready) = next else { return };
                let due = Instant::now();
                let outcome = ready.sign_in(&mut connection).await;
                crowd.borrow_mut().note(ready, outcome, begun, due);
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(crowd.take())
}

//! Somebody who posts the same requests again and again, one or many at a time.

use tokio::task::JoinSet;

use crate::BenchError;
use crate::http::Connection;

/// A request that is posted.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub token: Option<String>,
    pub body: String,
}

/// Posts over connections that stay open.
pub struct Poster {
    connections: Vec<Connection>,
    requests: Vec<Request>,
    next: usize,
}

impl Poster {
    /// With `at_once` connections; the requests take turns.
    pub async fn open(host: &str, at_once: usize, requests: Vec<Request>) -> Result<Self, BenchError> {
        let mut connections = Vec::with_capacity(at_once);
        for _ in 0..at_once {
            connections.push(Connection::open(host).await?);
        }
        Ok(Self { connections, requests, next: 0 })
    }

    /// Posts `count` at once, at most as many as there are connections, and waits for all answers; in a local set.
    pub async fn post(&mut self, count: usize) -> Result<(), BenchError> {
        let mut posting = JoinSet::new();
        for mut connection in self.connections.drain(..count.min(self.connections.len())) {
            let request = self.requests[self.next % self.requests.len()].clone();
            self.next += 1;
            posting.spawn_local(async move {
                let Request { path, token, body } = request;
                let answer = connection.send("POST", &path, token.as_deref(), Some(&body)).await?;
                if answer.status / 100 == 2 {
                    return Ok(connection);
                }
                Err::<_, BenchError>(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into())
            });
        }
        while let Some(posted) = posting.join_next().await {
            self.connections.push(posted??);
        }
        Ok(())
    }
}

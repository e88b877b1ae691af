//! Committed events from node to node over Redis (architecture §4). Redis is never a source of truth: what it loses,
//! doubles or brings out of order is found in the log, and without it nodes look there by themselves.
//!
//! Each node tells what it commits, and once a second how far it knows the log. It hears itself too: that is how it knows
//! that both ways work, also when a connection is dead without saying so.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lianxin_domain::event::Event;
use lianxin_storage::log::EventLog;
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

/// Between two tellings of how far the log is known.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Without hearing anything, itself included, for so long the connection counts as dead.
const SILENCE: Duration = Duration::from_secs(4);
/// For a connection and for each answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Before a lost connection is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// Batches told in one message.
const BATCHES: usize = 32;

/// One message.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// Who tells.
    node: String,
    /// The last number of the log that it knows of.
    head: u64,
    /// What it committed, in order; nothing in a heartbeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<Arc<Event>>,
}

/// The relay cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
#[error("cluster.redis is not the address of a Redis server, such as redis://HOST:6379")]
pub struct BadAddress;

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("nothing was heard in time")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("the connection ended")]
    Ended,
}

/// Whether events come from other nodes by themselves; a node that is alone needs none.
#[derive(Debug, Clone)]
pub struct Relayed(Option<watch::Receiver<bool>>);

impl Relayed {
    /// Without a relay.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether a relay is set.
    pub const fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it works now.
    pub fn works(&self) -> bool {
        self.0.as_ref().is_some_and(|works| *works.borrow())
    }
}

/// Tells and hears.
pub struct Relay {
    log: Arc<EventLog>,
    client: Client,
    channel: String,
    node: String,
    works: watch::Sender<bool>,
}

impl Relay {
    /// Over the Redis server at `url`, for the process named `node`.
    ///
    /// # Errors
    /// [`BadAddress`] when `url` is none.
    pub fn new(log: Arc<EventLog>, url: &str, node: String) -> Result<(Self, Relayed), BadAddress> {
        let client = Client::open(url).map_err(|_| BadAddress)?;
        // Another county's nodes on the same server have another log.
        let channel = format!("lianxin:{}", log.epoch());
        let (works, relayed) = watch::channel(false);
        Ok((Self { log, client, channel, node, works }, Relayed(Some(relayed))))
    }

    /// Runs for ever.
    pub async fn run(self) {
        let Some(own) = self.log.own_commits() else { return };
        futures_util::join!(self.tell(own), self.hear());
    }

    async fn tell(&self, mut own: mpsc::Receiver<Vec<Arc<Event>>>) {
        let mut connection = None;
        let mut beat = tokio::time::interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batches = Vec::new();
        loop {
            tokio::select! {
                told = own.recv_many(&mut batches, BATCHES) => if told == 0 { return },
                _ = beat.tick() => {}
            }
            let events = batches.drain(..).flatten().collect();
            let told = Told { node: self.node.clone(), head: self.log.head(), events };
            // What is not told is found in the log.
            if let Err(error) = self.publish(&mut connection, &told).await {
                connection = None;
                if *self.works.borrow() {
                    tracing::warn!(error = &error as &dyn std::error::Error, "other nodes cannot be told");
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn publish(&self, connection: &mut Option<MultiplexedConnection>, told: &Told) -> Result<(), Lost> {
        let Ok(text) = serde_json::to_vec(told) else { return Ok(()) };
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = tokio::time::timeout(PATIENCE, self.client.get_multiplexed_async_connection());
                connection.insert(opened.await??)
            }
        };
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&self.channel).arg(text);
        tokio::time::timeout(PATIENCE, publish.query_async::<()>(connection)).await??;
        Ok(())
    }

    async fn hear(&self) {
        loop {
            let Err(error) = self.hear_until_lost().await;
            if self.works.send_replace(false) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing comes from other nodes; the log is read instead"
                );
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hear_until_lost(&self) -> Result<std::convert::Infallible, Lost> {
        let mut heard = tokio::time::timeout(PATIENCE, self.client.get_async_pubsub()).await??;
        tokio::time::timeout(PATIENCE, heard.subscribe(&self.channel)).await??;
        let mut messages = heard.on_message();
        loop {
            let message = tokio::time::timeout(SILENCE, messages.next()).await?.ok_or(Lost::Ended)?;
            let Ok(told) = serde_json::from_slice::<Told>(message.get_payload_bytes()) else {
                tracing::warn!("a message of another node cannot be read");
                continue;
            };
            if told.node != self.node {
                self.log.hear(&told.events, told.head);
            } else if !self.works.send_replace(true) {
                tracing::info!(node = self.node, "events come from other nodes by themselves");
            }
        }
    }
}

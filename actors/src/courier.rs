//! The courier: takes messages that are owed to the outside to their channel, again and again until it is done.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_storage::change::Change;
use lianxin_storage::deliveries::{Deliveries, Delivery, DeliveryState};
use lianxin_storage::journal::Journal;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// Between two looks without being woken.
const TICK: Duration = Duration::from_secs(1);
/// Messages taken at a time.
const BATCH: i64 = 64;
/// Tries before somebody has to look.
const MAX_ATTEMPTS: u32 = 8;
/// The channel of short messages.
pub const SMS: &str = "sms";

/// A short message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// Eleven digits.
    pub phone: String,
    /// What the person reads.
    pub text: String,
    /// The code in it, when it carries one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Why a channel did not take a message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SendError(pub String);

/// A provider of short messages, or its local twin.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Sends one message.
    ///
    /// # Errors
    /// [`SendError`] when it has to be tried again.
    async fn send(&self, sms: &Sms) -> Result<(), SendError>;
}

/// The local twin: appends each message as a line of JSON to a file that developers and tests read.
pub struct SmsFile {
    path: std::path::PathBuf,
}

impl SmsFile {
    /// Appends to `<data_dir>/outbox/sms.jsonl`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(data_dir: &std::path::Path) -> std::io::Result<Self> {
        let folder = data_dir.join("outbox");
        std::fs::create_dir_all(&folder)?;
        Ok(Self { path: folder.join("sms.jsonl") })
    }
}

#[async_trait]
impl SmsGateway for SmsFile {
    async fn send(&self, sms: &Sms) -> Result<(), SendError> {
        let line = serde_json::to_string(sms).map_err(|error| SendError(error.to_string()))?;
        let path = self.path.clone();
        let append = move || {
            use std::io::Write as _;
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            // One write per line: lines of several processes do not mix.
            file.write_all(format!("{line}\n").as_bytes())
        };
        tokio::task::spawn_blocking(append)
            .await
            .map_err(|error| SendError(error.to_string()))?
            .map_err(|error| SendError(error.to_string()))
    }
}

/// Sends what is owed.
pub struct Courier {
    clock: Arc<dyn Clock>,
    journal: Journal,
    deliveries: Deliveries,
    sms: Arc<dyn SmsGateway>,
    wake: Arc<Notify>,
}

/// Wakes the courier after a change that owes something.
#[derive(Clone, Default)]
pub struct CourierBell(Arc<Notify>);

impl CourierBell {
    /// Something is owed now.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

impl Courier {
    /// A courier that `bell` wakes.
    pub fn new(
        clock: Arc<dyn Clock>,
        journal: Journal,
        deliveries: Deliveries,
        sms: Arc<dyn SmsGateway>,
        bell: &CourierBell,
    ) -> Self {
        Self { clock, journal, deliveries, sms, wake: Arc::clone(&bell.0) }
    }

    /// Runs for ever.
    pub async fn run(self) {
        loop {
            if self.send_due().await == 0 {
                let _ = tokio::time::timeout(TICK, self.wake.notified()).await;
            }
        }
    }

    /// Sends what is owed by now; answers how many tries were recorded.
    pub async fn send_due(&self) -> usize {
        let now = self.clock.now();
        let due = match self.deliveries.due(now, BATCH).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "deliveries cannot be read");
                return 0;
            }
        };
        let mut recorded = 0;
        for delivery in due {
            let outcome = self.send(&delivery).await;
            let tried = after_try(delivery, outcome, self.clock.now());
            let mut change = Change::new(self.clock.now(), None, None);
            change.write(self.deliveries.put(&tried));
            recorded += usize::from(self.journal.commit(change).await.is_ok());
        }
        recorded
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        match delivery.channel.as_str() {
            SMS => {
                let sms = serde_json::from_str(&delivery.payload).map_err(|error| SendError(error.to_string()))?;
                self.sms.send(&sms).await
            }
            other => Err(SendError(format!("no such channel: {other}"))),
        }
    }
}

/// What a try makes of a delivery: done, or to be tried again after 1 s, 2 s, 4 s …, or given up.
fn after_try(delivery: Delivery, outcome: Result<(), SendError>, now: Timestamp) -> Delivery {
    let attempts = delivery.attempts + 1;
    match outcome {
        Ok(()) => Delivery { state: DeliveryState::Sent, attempts, done_at: Some(now), last_error: None, ..delivery },
        Err(error) if attempts >= MAX_ATTEMPTS => Delivery {
            state: DeliveryState::GivenUp,
            attempts,
            done_at: Some(now),
            last_error: Some(error.to_string()),
            ..delivery
        },
        Err(error) => Delivery {
            attempts,
            next_at: now.plus_millis(1_000 << (attempts - 1)),
            last_error: Some(error.to_string()),
            ..delivery
        },
    }
}

//! One message to one receiver, and what becomes of it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::WebhookId;
use lianxin_domain::notification::webhook_stopped_notice;
use lianxin_domain::webhook::retry::{Health, TryError, Verdict, verdict};
use lianxin_domain::webhook::signature::signature_header;
use lianxin_domain::webhook::{PING, StoppedBecause, Webhook};
use lianxin_storage::change::Change;
use lianxin_storage::journal::CommitError;
use lianxin_storage::webhook_deliveries::{WebhookDeliveries, WebhookDelivery, WebhookDeliveryState};
use lianxin_storage::webhooks::Webhooks;
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use super::reach::address_of;
use super::{Hindrance, WebhookDesk};
use crate::channel::NoAnswer;
use crate::metrics::DeliveryOutcome;

/// The word for webhooks among the channels to the outside.
const CHANNEL: &str = "webhook";
/// Tries to switch one off that somebody else changes at the same moment.
const STOP_TRIES: u32 = 3;

/// How one try went.
struct Tried {
    verdict: Verdict,
    status: Option<u16>,
    error: TryError,
    /// What the receiver asked for.
    wait_ms: Option<i64>,
    duration_ms: i64,
}

impl WebhookDesk {
    /// Sends `delivery` once and writes down what became of it.
    pub(super) async fn send(&self, webhook: Webhook, delivery: WebhookDelivery) -> Result<(), Hindrance> {
        let begun = Instant::now();
        let outcome = self.post(&webhook, &delivery).await;
        let duration_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let tried = match outcome {
            Ok((status, wait_ms)) => {
                Tried { verdict: verdict(status), status: Some(status), error: TryError::Status, wait_ms, duration_ms }
            }
            Err(error) => Tried { verdict: Verdict::Again, status: None, error, wait_ms: None, duration_ms },
        };
        self.record(&webhook, delivery, &tried).await
    }

    /// Posts it; answers the status, and how long the receiver wants to be left alone.
    async fn post(&self, webhook: &Webhook, delivery: &WebhookDelivery) -> Result<(u16, Option<i64>), TryError> {
        let url = Url::parse(&webhook.plan.url).map_err(|_| TryError::Name)?;
        let address = tokio::time::timeout(self.timeout, address_of(&url, &self.rule));
        let address = address.await.map_err(|_| TryError::Name)??;
        let now = self.clock.now();
        let at_s = now.millis().div_euclid(1_000);
        let signature = signature_header(&webhook.signing(now), &delivery.id, at_s, delivery.body.as_bytes());
        let headers = [
            ("Content-Type", "application/json".to_owned()),
            ("Webhook-Id", delivery.id.clone()),
            ("Webhook-Timestamp", at_s.to_string()),
            ("Webhook-Signature", signature),
        ];
        let reply = self.outbound.post_to(address, url.as_str(), &headers, delivery.body.clone(), (self.timeout, now));
        match reply.await {
            Ok(reply) => Ok((reply.status, reply.retry_after_ms)),
            Err(NoAnswer::Late) => Err(TryError::Timeout),
            Err(NoAnswer::Broken) => Err(TryError::Connection),
        }
    }

    async fn record(&self, webhook: &Webhook, delivery: WebhookDelivery, tried: &Tried) -> Result<(), Hindrance> {
        let now = self.clock.now();
        // Of several tries at once the last to end says how the receiver does.
        let health = self.webhooks.get(webhook.id).await?.map(|row| row.health).unwrap_or_default();
        let pause_ms = |failures| self.patience.pause_ms(failures, self.chance(), tried.wait_ms);
        let (status, error) = (tried.status, tried.error);
        let is_ping = delivery.kind == PING;
        let health = match tried.verdict {
            Verdict::Taken => Health::taken(status.unwrap_or_default(), now),
            Verdict::Again | Verdict::Gone if is_ping => health.tried(status, error, now),
            Verdict::Again | Verdict::Gone => health.failed(status, error, now, pause_ms(health.failures + 1)),
        };
        let attempts = delivery.attempts + 1;
        let over = is_ping || tried.verdict == Verdict::Gone || self.patience.is_over(delivery.owed_since, now);
        let (state, next_at) = match tried.verdict {
            Verdict::Taken => (WebhookDeliveryState::Sent, now),
            Verdict::Again | Verdict::Gone if over => (WebhookDeliveryState::GivenUp, now),
            Verdict::Again | Verdict::Gone => (WebhookDeliveryState::Owed, now.plus_millis(pause_ms(attempts))),
        };
        let delivery = WebhookDelivery {
            version: delivery.version + 1,
            state,
            attempts,
            next_at,
            tried_at: Some(now),
            status,
            duration_ms: Some(tried.duration_ms),
            error: (tried.verdict != Verdict::Taken).then_some(error),
            done_at: (state != WebhookDeliveryState::Owed).then_some(now),
            ..delivery
        };
        let mut change = Change::new(now, None, None);
        change.write(WebhookDeliveries::update(&delivery)).write(Webhooks::put_health(webhook.id, &health));
        self.metrics.delivery_tried(CHANNEL, outcome_of(state));
        match self.journal.commit(change).await {
            Ok(_) => {}
            // It was taken away, or somebody asked for it once more: what is written there is newer.
            Err(CommitError::Stale { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let failing_for_long = health.failing_since.is_some_and(|since| self.patience.is_over(since, now));
        match tried.verdict {
            Verdict::Gone => self.stop(webhook.id, StoppedBecause::Gone, now).await,
            Verdict::Again if failing_for_long => self.stop(webhook.id, StoppedBecause::Unreachable, now).await,
            Verdict::Again | Verdict::Taken => Ok(()),
        }
    }

    /// Switches one off and tells who made it.
    async fn stop(&self, id: WebhookId, because: StoppedBecause, now: Timestamp) -> Result<(), Hindrance> {
        for _ in 0..STOP_TRIES {
            let Some(row) = self.webhooks.get(id).await?.filter(|row| row.webhook.enabled) else { return Ok(()) };
            let webhook = row.webhook.stopped(because, now);
            let (about, cause) = (Subject::new("webhook", id), format!("{id}:{}:stopped", webhook.version));
            let mut change = Change::new(now, None, None);
            change.write(self.webhooks.write(&webhook));
            if let Some(notice) = webhook_stopped_notice(&webhook.plan.name, because, webhook.created_by) {
                self.dispatch.tell(&notice, &cause, &about, None, &mut change);
            }
            change.audited(
                "webhook.stop",
                about,
                json!({ "enabled": [true, false], "stopped": [null, because.as_str()] }),
            );
            match self.journal.commit(change).await {
                Err(CommitError::Stale { .. }) => {}
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        Ok(())
    }

    fn chance(&self) -> u16 {
        let mut bytes = [0; 2];
        self.entropy.fill(&mut bytes);
        u16::from_be_bytes(bytes)
    }
}

const fn outcome_of(state: WebhookDeliveryState) -> DeliveryOutcome {
    match state {
        WebhookDeliveryState::Sent => DeliveryOutcome::Sent,
        WebhookDeliveryState::Owed => DeliveryOutcome::Failed,
        WebhookDeliveryState::GivenUp => DeliveryOutcome::GivenUp,
    }
}

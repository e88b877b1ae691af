//! Webhooks and their messages as administrators see them.

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::WebhookId;
use lianxin_domain::webhook::retry::TryError;
use lianxin_domain::webhook::{EVENT_KINDS, PING, StoppedBecause};
use lianxin_storage::webhook_deliveries::WebhookDelivery;
use lianxin_storage::webhooks::WebhookRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::grid::GridRef;
use super::ticket::PersonView;

/// A kind of event that a webhook can be told of.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookKindView {
    kind: &'static str,
    title: &'static str,
}

impl WebhookKindView {
    /// All of them.
    pub fn all() -> Vec<Self> {
        EVENT_KINDS.into_iter().map(|(kind, title)| Self { kind, title }).collect()
    }
}

/// A webhook. Its secret is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookView {
    #[schema(value_type = String)]
    id: WebhookId,
    version: u32,
    name: String,
    url: String,
    /// It is told of this grid and of all below.
    grid: Option<GridRef>,
    kinds: Vec<&'static str>,
    enabled: bool,
    /// Why the system itself switched it off: `gone` or `unreachable`.
    stopped: Option<&'static str>,
    stopped_title: Option<&'static str>,
    /// Until then the secret before the last one signs too.
    #[schema(value_type = Option<String>)]
    old_secret_until: Option<Timestamp>,
    /// Tries that failed since the last that did not.
    failures: u32,
    #[schema(value_type = Option<String>)]
    failing_since: Option<Timestamp>,
    /// Nothing is sent before.
    #[schema(value_type = Option<String>)]
    paused_until: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    last_tried_at: Option<Timestamp>,
    /// The status of the last answer; nothing when there was none.
    last_status: Option<u16>,
    /// `status`, `timeout`, `connection`, `name` or `inside`.
    last_error: Option<&'static str>,
    last_error_title: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    last_taken_at: Option<Timestamp>,
    /// Messages that wait.
    waiting: i64,
    created_by: Option<PersonView>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl WebhookView {
    /// Of a webhook for which `waiting` messages wait.
    pub fn of(row: &WebhookRow, waiting: i64, directory: &Directory, now: Timestamp) -> Self {
        let WebhookRow { webhook, health } = row;
        let by = webhook.created_by;
        let created_by = directory.staff_name(by).map(|name| PersonView { id: by.to_string(), name: name.to_owned() });
        Self {
            id: webhook.id,
            version: webhook.version,
            name: webhook.plan.name.clone(),
            url: webhook.plan.url.clone(),
            grid: directory.get(webhook.grid_id).map(|entry| GridRef::from(&**entry)),
            kinds: webhook.plan.kinds.clone(),
            enabled: webhook.enabled,
            stopped: webhook.stopped.map(StoppedBecause::as_str),
            stopped_title: webhook.stopped.map(StoppedBecause::title),
            old_secret_until: webhook.old_secret.as_ref().map(|(_, until)| *until).filter(|until| now < *until),
            failures: health.failures,
            failing_since: health.failing_since,
            paused_until: health.paused_until.filter(|until| now < *until),
            last_tried_at: health.tried_at,
            last_status: health.status,
            last_error: health.error.map(TryError::as_str),
            last_error_title: health.error.map(TryError::title),
            last_taken_at: health.taken_at,
            waiting,
            created_by,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// A message to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryView {
    /// The same however often it is sent; the receiver has it as `webhook-id`.
    id: String,
    kind: String,
    kind_title: &'static str,
    /// The event's number in the log; nothing: it tells of none.
    seq: Option<u64>,
    /// The ticket's receipt number.
    ticket_number: Option<String>,
    /// `owed`, `sent` or `given_up`.
    state: &'static str,
    attempts: u32,
    /// The status of the last answer; nothing when there was none.
    status: Option<u16>,
    /// How long the last try took.
    duration_ms: Option<i64>,
    /// `status`, `timeout`, `connection`, `name` or `inside`.
    error: Option<&'static str>,
    error_title: Option<&'static str>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    tried_at: Option<Timestamp>,
    /// When it is tried next, while it is owed.
    #[schema(value_type = Option<String>)]
    next_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    done_at: Option<Timestamp>,
    /// What is sent, byte by byte.
    body: String,
}

impl From<WebhookDelivery> for WebhookDeliveryView {
    fn from(delivery: WebhookDelivery) -> Self {
        let body: Option<Value> = serde_json::from_str(&delivery.body).ok();
        let number = body.and_then(|body| Some(body.pointer("/data/ticket/number")?.as_str()?.to_owned()));
        Self {
            kind_title: kind_title(&delivery.kind),
            seq: (delivery.seq > 0).then_some(delivery.seq),
            ticket_number: number,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            status: delivery.status,
            duration_ms: delivery.duration_ms,
            error: delivery.error.map(TryError::as_str),
            error_title: delivery.error.map(TryError::title),
            created_at: delivery.created_at,
            tried_at: delivery.tried_at,
            next_at: delivery.done_at.is_none().then_some(delivery.next_at),
            done_at: delivery.done_at,
            body: delivery.body,
            id: delivery.id,
            kind: delivery.kind,
        }
    }
}

fn kind_title(kind: &str) -> &'static str {
    let title = EVENT_KINDS.into_iter().find(|(known, _)| *known == kind).map(|(_, title)| title);
    title.unwrap_or(if kind == PING { "测试推送" } else { "其他" })
}

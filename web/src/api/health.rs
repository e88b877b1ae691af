//! Whether the server works, for load balancers and people who start it.

use std::sync::Arc;

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, get, web};
use lianxin_actors::health::Health;
use lianxin_actors::relay::Relayed;
use lianxin_storage::database::Database;
use lianxin_storage::log::EventLog;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

/// What readiness is made of.
pub struct Readiness {
    /// The database.
    pub database: Database,
    /// The log.
    pub log: Arc<EventLog>,
    /// What the process says of itself.
    pub health: Arc<Health>,
    /// The way to other nodes.
    pub relayed: Relayed,
}

/// How a node is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessView {
    /// `ready`; or why not: `draining` (it is about to stop), `database_unavailable`, `stalled` (the log moves on, and this
    /// node's clients hear nothing of it).
    status: &'static str,
    /// The last number of the log that is known here.
    seq: u64,
    /// The number up to which this node's clients were told.
    told: u64,
    /// How other nodes' events come: `relay`, `log` (the relay is away; slower and complete), `none` (no relay is set).
    events: &'static str,
}

impl Readiness {
    async fn view(&self) -> ReadinessView {
        let seq = self.log.head();
        let status = if self.health.is_draining() {
            "draining"
        } else if self.health.is_stalled(seq, Instant::now()) {
            "stalled"
        } else if self.database.ping().await.is_err() {
            "database_unavailable"
        } else {
            "ready"
        };
        let events = match (self.relayed.is_set(), self.relayed.works()) {
            (false, _) => "none",
            (true, true) => "relay",
            (true, false) => "log",
        };
        ReadinessView { status, seq, told: self.health.position(), events }
    }
}

/// The process answers.
#[utoipa::path(tag = "operation", responses((status = 200)))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// Whether this node should get requests.
#[utoipa::path(tag = "operation", responses((status = 200, body = ReadinessView), (status = 503, body = ReadinessView)))]
#[get("/readyz")]
pub async fn readyz(readiness: web::Data<Readiness>) -> HttpResponse {
    let view = readiness.view().await;
    if view.status == "ready" {
        HttpResponse::Ok().json(view)
    } else {
        HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "1")).json(view)
    }
}

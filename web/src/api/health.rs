//! Whether the server works, for load balancers and people who start it.

use actix_web::{HttpResponse, get, web};
use lianxin_storage::database::Database;
use lianxin_storage::log::EventLog;
use serde_json::json;

/// The process runs.
#[utoipa::path(tag = "operation", responses((status = 200)))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The database answers and the log is known.
#[utoipa::path(tag = "operation", responses((status = 200), (status = 503)))]
#[get("/readyz")]
pub async fn readyz(database: web::Data<Database>, log: web::Data<EventLog>) -> HttpResponse {
    match database.ping().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready", "seq": log.head() })),
        Err(_) => HttpResponse::ServiceUnavailable().json(json!({ "status": "database is not available" })),
    }
}

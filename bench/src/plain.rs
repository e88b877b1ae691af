//! What a plain handler does, to measure ours beside it: a transaction and a flush for each request, on the same
//! database with the same durability. It checks nobody's right, keeps no audit and tells nobody.

use std::path::Path;

use actix_web::{App, HttpResponse, HttpServer, post, web};
use serde::Deserialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::BenchError;

#[derive(Deserialize)]
struct Request {
    grid_id: String,
    kind: String,
    content: String,
}

#[post("/tickets")]
async fn submit(pool: web::Data<SqlitePool>, request: web::Json<Request>) -> actix_web::Result<HttpResponse> {
    let id = stored(&pool, &request).await.map_err(actix_web::error::ErrorInternalServerError)?;
    Ok(HttpResponse::Created().json(serde_json::json!({ "id": id })))
}

async fn stored(pool: &SqlitePool, request: &Request) -> Result<i64, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let ticket = sqlx::query("INSERT INTO tickets (grid_id, kind, content, state) VALUES ($1, $2, $3, 'submitted')")
        .bind(&request.grid_id)
        .bind(&request.kind)
        .bind(&request.content)
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
    sqlx::query("INSERT INTO events (ticket_id, kind) VALUES ($1, 'ticket.submitted')")
        .bind(ticket)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(ticket)
}

/// Serves over a database of its own in `folder` until it is ended; prints where it listens.
pub async fn serve(folder: &Path) -> Result<(), BenchError> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("plain.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    // One writes at a time anyway; who waits for the connection is spared SQLite's own waiting.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    for table in [
        "CREATE TABLE tickets (id INTEGER PRIMARY KEY, grid_id TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL)",
        "CREATE INDEX tickets_by_grid ON tickets (grid_id, state)",
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL, kind TEXT NOT NULL)",
    ] {
        sqlx::query(table).execute(&pool).await?;
    }
    let data = web::Data::new(pool);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).service(submit)).workers(2);
    let server = server.bind("127.0.0.1:0")?;
    println!("listening on http://{}", server.addrs()[0]);
    Ok(server.run().await?)
}

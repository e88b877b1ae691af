//! Sessions of the people who make the load.

use std::path::Path;

use serde_json::{Value, json};

use crate::BenchError;
use crate::http::Connection;
use crate::server::{PASSWORD, Server};

/// Somebody who works in a grid.
#[derive(Clone)]
pub struct Worker {
    pub token: String,
    pub grid_id: String,
    pub level: u64,
}

/// Everybody who makes load.
pub struct People {
    pub residents: Vec<String>,
    pub workers: Vec<Worker>,
    pub leaders: Vec<Worker>,
}

impl People {
    /// Signs in `residents` residents, a worker of every grid of the lowest level, and the leaders.
    pub async fn sign_in(server: &Server, residents: usize) -> Result<Self, BenchError> {
        let mut connection = Connection::open(&server.host).await?;
        let mut people = Self { residents: Vec::new(), workers: Vec::new(), leaders: Vec::new() };
        for number in 0..residents {
            people.residents.push(resident(&mut connection, &server.data_dir(), number).await?);
        }
        let cast = server.cast()?;
        let mut seen = std::collections::HashSet::new();
        for person in cast["staff"].as_array().into_iter().flatten() {
            let grid_id = text(&person["grid_id"]);
            let level = (text(&person["grid_path"]).len() / 4) as u64;
            let duty = text(&person["duty"]);
            if duty == "worker" && seen.insert(grid_id.clone()) {
                people.workers.push(Worker { token: staff(&mut connection, person).await?, grid_id, level });
            } else if duty == "leader" {
                people.leaders.push(Worker { token: staff(&mut connection, person).await?, grid_id, level });
            }
        }
        Ok(people)
    }
}

async fn staff(connection: &mut Connection, person: &Value) -> Result<String, BenchError> {
    let body = json!({ "account": person["login"], "password": PASSWORD }).to_string();
    let answer = connection.send("POST", "/api/v1/auth/login", None, Some(&body)).await?;
    Ok(text(&answer.json()?["token"]))
}

async fn resident(connection: &mut Connection, data_dir: &Path, number: usize) -> Result<String, BenchError> {
    let phone = format!("1990000{:04}", 5000 + number);
    let body = json!({ "phone": phone }).to_string();
    connection.send("POST", "/api/v1/auth/sms-code", None, Some(&body)).await?;
    let outbox = data_dir.join("outbox/sms.jsonl");
    let code = loop {
        let written = std::fs::read_to_string(&outbox).unwrap_or_default();
        let sms = written
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str::<Value>(line).ok().filter(|sms| sms["phone"] == phone.as_str()));
        if let Some(sms) = sms {
            break text(&sms["code"]);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    };
    let body = json!({ "phone": phone, "code": code }).to_string();
    let answer = connection.send("POST", "/api/v1/auth/sms-login", None, Some(&body)).await?;
    let token = text(&answer.json()?["token"]);
    let body = json!({ "name": "李小明", "address": "三组 12 号" }).to_string();
    connection.send("PATCH", "/api/v1/me/profile", Some(&token), Some(&body)).await?;
    Ok(token)
}

/// A JSON text, empty when it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

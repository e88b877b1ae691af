//! Databases of PostgreSQL for single tests.

use std::process::Command;

/// Names the server that `scripts/with-services.sh` starts.
const SERVER: &str = "LIANXIN_TEST_POSTGRES";

/// The URL of a new empty database. It goes with its server.
pub fn throw_away_database(name: &str) -> String {
    let server = std::env::var(SERVER);
    let server = server.unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run `scripts/with-services.sh cargo test --test blackbox`");
    });
    let database = format!("blackbox_{name}_{}", std::process::id());
    let sql = format!("CREATE DATABASE {database}");
    let created = Command::new("psql").args([&server, "--quiet", "--command", &sql]).status().expect("psql");
    assert!(created.success());
    let (address, _) = server.rsplit_once('/').expect("a database in the URL");
    format!("{address}/{database}")
}

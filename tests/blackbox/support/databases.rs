//! Databases of PostgreSQL for single tests.

use std::process::Command;

/// Names the server that `scripts/with-services.sh` starts.
const SERVER: &str = "LIANXIN_TEST_POSTGRES";

/// The URL of a new empty database; nothing, said aloud, where no PostgreSQL is given. It goes with its server.
pub fn throw_away_database(name: &str) -> Option<String> {
    let Ok(server) = std::env::var(SERVER) else {
        println!("lx: {SERVER} is not set (scripts/with-services.sh does): nothing is tested on PostgreSQL");
        return None;
    };
    let database = format!("blackbox_{name}_{}", std::process::id());
    let sql = format!("CREATE DATABASE {database}");
    let created = Command::new("psql").args([&server, "--quiet", "--command", &sql]).status().expect("psql");
    assert!(created.success());
    let (address, _) = server.rsplit_once('/').expect("a database in the URL");
    Some(format!("{address}/{database}"))
}

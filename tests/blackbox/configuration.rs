//! A setting that cannot be used names itself and stops the start.

use std::process::Command;

use tempfile::TempDir;

/// Starts the server with one setting; answers what it said before it gave up.
fn refused(key: &str, value: &str) -> String {
    let data = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianxin"));
    command.arg("serve").env("LIANXIN__DATA_DIR", data.path()).env("LIANXIN__SERVER__BIND", "127.0.0.1:0");
    let output = command.env(key, value).output().unwrap();
    assert!(!output.status.success(), "{key}={value} was taken");
    String::from_utf8_lossy(&output.stderr).to_lowercase()
}

#[test]
fn a_wrong_setting_names_itself() {
    let cases = [
        ("LIANXIN__SERVER__BINDX", "1", "server.bindx"),
        ("LIANXIN__SERVER__WORKERS", "many", "server.workers"),
        ("LIANXIN__SERVER__BIND", "nowhere:99999", "server.bind"),
        ("LIANXIN__STORAGE__URL", "mysql://u:secret@h/d", "storage.url"),
        ("LIANXIN__TICKETS__ACCEPT_LIMIT_MINUTES", "0", "tickets.accept_limit_minutes"),
        ("LIANXIN__TICKETS__ACCEPT_LIMIT_MINUTES", "-5", "tickets.accept_limit_minutes"),
        ("LIANXIN__ACTORS__THREADS", "0", "actors.threads"),
        ("LIANXIN__LOG__LEVEL", "loud,,=", "log.level"),
        ("LIANXIN__DATADIR", "/x", "datadir"),
    ];
    for (key, value, named) in cases {
        let said = refused(key, value);
        assert!(said.contains(named), "{key}={value}: {said}");
        assert!(!said.contains("secret"), "a password is not repeated: {said}");
    }
}

#[test]
fn a_missing_settings_file_stops_the_start() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianxin"));
    let output = command.args(["--config", "no-such-file.toml", "serve"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.toml"));
}

//! The past of a stopped server, rewritten: requests that were sent long ago, limits that are about to end. It is how half
//! an hour passes in a second for the very server that runs in a county.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::str::FromStr as _;

use lianxin::system::SystemClock;
use lianxin_domain::clock::{Clock as _, Timestamp};
use serde_json::Value;

use super::people::Person;
use super::server::TestServer;

/// Between two columns; no text of ours holds it.
const COLUMN: char = '\u{1f}';

/// The present time.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// A time, as the API writes it.
#[track_caller]
pub fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| Timestamp::from_str(text).ok()).unwrap_or_else(|| panic!("no time: {value}"))
}

impl Person {
    /// The same person at a server that was started again.
    pub fn at(&self, server: &TestServer) -> Self {
        let mut person = self.clone();
        person.base.clone_from(&server.base);
        person
    }
}

impl TestServer {
    /// Runs SQL on the database; answers the rows of what it selects.
    pub fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        let mut command = match self.postgres() {
            Some(url) => {
                let mut psql = Command::new("psql");
                psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
                psql.arg(format!("--field-separator={COLUMN}")).arg(url);
                psql
            }
            None => {
                let mut sqlite = Command::new("sqlite3");
                sqlite.args(["-bail", "-cmd", ".timeout 10000", "-separator", &COLUMN.to_string()]);
                sqlite.arg(self.data_dir().join("lianxin.db"));
                sqlite
            }
        };
        let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sqlite3 or psql");
        running.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        let output = running.wait_with_output().unwrap();
        assert!(output.status.success(), "{sql}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|row| row.split(COLUMN).map(str::to_owned).collect()).collect()
    }

    /// SQL for a member of a JSON document in a column, such as `("data", "clock.run")`.
    pub fn member(&self, column: &str, path: &str) -> String {
        match self.postgres() {
            Some(_) => format!("({column}::json #>> '{{{}}}')", path.replace('.', ",")),
            None => format!("json_extract({column}, '$.{path}')"),
        }
    }

    /// Makes tickets older: as if everything had happened to them so many milliseconds earlier, in their rows and in the
    /// log, which must agree. `by` is asked for each ticket that waits for a moment, with its id and that moment. The
    /// server must not run: it knows its tickets by heart.
    pub fn age(&self, mut by: impl FnMut(&str, Timestamp) -> Option<i64>) {
        let waiting = "SELECT id, timer_at, clock, nudges, extension_request FROM tickets WHERE timer_at IS NOT NULL ORDER BY id;";
        let mut script = "BEGIN;\n".to_owned();
        let mut older = BTreeMap::new();
        for row in self.sql(waiting) {
            let [id, timer_at, documents @ ..] = &row[..] else { panic!("{row:?}") };
            let Some(ms) = by(id, Timestamp::from_millis(timer_at.parse().unwrap())) else { continue };
            let [clock, nudges, request] = [0, 1, 2].map(|index| moved(&documents[index], -ms));
            script += &format!(
                "UPDATE tickets SET clock = {clock}, nudges = {nudges}, extension_request = {request}, \
                 due_at = due_at - {ms}, timer_at = timer_at - {ms}, submitted_at = submitted_at - {ms}, \
                 accepted_at = accepted_at - {ms} WHERE id = '{id}';\n\
                 UPDATE deadlines SET due_at = due_at - {ms} WHERE kind = 'ticket.due' AND subject_id = '{id}';\n"
            );
            older.insert(id.clone(), ms);
        }
        if older.is_empty() {
            return;
        }
        let ids: Vec<String> = older.keys().map(|id| format!("'{id}'")).collect();
        let happened = format!("SELECT seq, subject_id, data FROM events WHERE subject_id IN ({});", ids.join(", "));
        for row in self.sql(&happened) {
            let ms = older[&row[1]];
            let data = moved(&row[2], -ms);
            script += &format!("UPDATE events SET data = {data}, at = at - {ms} WHERE seq = {};\n", row[0]);
        }
        self.sql(&(script + "COMMIT;\n"));
    }

    /// Makes a ticket so much older.
    pub fn age_by(&self, ticket: &str, ms: i64) {
        self.age(|id, _| (id == ticket).then_some(ms));
    }

    /// Makes a ticket so old that what it waits for comes in so many milliseconds.
    pub fn bring_near(&self, ticket: &str, ms: i64) {
        let then = now().plus_millis(ms);
        self.age(|id, timer_at| (id == ticket).then(|| timer_at.since(then)));
    }
}

/// A document with all its times moved, as SQL; an empty one is none.
fn moved(document: &str, ms: i64) -> String {
    fn walk(value: &mut Value, ms: i64) {
        match value {
            Value::String(text) => {
                if let Ok(time) = Timestamp::from_str(text) {
                    *text = time.plus_millis(ms).to_string();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| walk(value, ms)),
            Value::Object(members) => members.values_mut().for_each(|value| walk(value, ms)),
            _ => {}
        }
    }
    if document.is_empty() {
        return "NULL".to_owned();
    }
    let mut document: Value = serde_json::from_str(document).unwrap();
    walk(&mut document, ms);
    format!("'{}'", document.to_string().replace('\'', "''"))
}

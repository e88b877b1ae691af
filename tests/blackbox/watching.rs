//! What whoever operates the server watches: the page of metrics, and the board and the alarms that are made of it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::{Live, Person, TestServer, eventually};

/// Words of the query language and of its labels in our expressions; all other words are names of metrics.
const WORDS: [&str; 26] = [
    "by",
    "cause",
    "channel",
    "done",
    "given_up",
    "h",
    "histogram_quantile",
    "increase",
    "instance",
    "job",
    "kind",
    "le",
    "m",
    "max",
    "method",
    "none",
    "outcome",
    "rate",
    "route",
    "s",
    "status",
    "sum",
    "topk",
    "up",
    "xx",
    "lianxin",
];

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn words(expression: &str) -> impl Iterator<Item = String> + '_ {
    let letters = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
    let words = expression.split(letters).filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()));
    words.map(str::to_owned).filter(|word| !WORDS.contains(&word.as_str()))
}

/// A name as its family has it.
fn family(name: &str) -> String {
    let end = ["_total", "_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end));
    end.unwrap_or(name).to_owned()
}

fn expressions(board: &Value) -> Vec<String> {
    let panels = board["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Families that the operator's manual names, and whether they are there before something is counted.
fn documented() -> Vec<(String, bool)> {
    let manual = file("docs/OPERATIONS.md");
    let rows =
        manual.lines().skip_while(|line| !line.starts_with("| metric |")).take_while(|line| line.starts_with('|'));
    let cells: Vec<&str> = rows.skip(2).filter_map(|row| row.split('|').nth(1)).collect();
    let quoted = cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted.map(|name| (family(name.split('{').next().unwrap()), !name.contains('{'))).collect()
}

fn metric(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{page}")).trim().parse().unwrap()
}

async fn page(reader: &Person) -> String {
    String::from_utf8(reader.get("//metrics").await.bytes).unwrap()
}

#[actix_rt::test]
async fn the_manual_the_board_and_the_alarms_name_what_the_page_shows() {
    let server = TestServer::start_with(&[("LIANXIN__METRICS__BIND", "127.0.0.1:0")]);
    server.staff("worker", 0).await.get("/me").await;
    let shown = page(&server.metrics()).await;
    let families = shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let families: BTreeSet<String> = families.map(family).collect();
    let documented = documented();
    assert!(documented.len() > 20, "{documented:?}");
    for (name, always) in &documented {
        assert!(!always || families.contains(name), "the manual names {name}, which is not in\n{shown}");
    }
    let documented: BTreeSet<String> = documented.into_iter().map(|(name, _)| name).collect();
    let untold: Vec<_> = families.difference(&documented).collect();
    assert!(untold.is_empty(), "not in the manual: {untold:?}");
    let board = expressions(&serde_json::from_str(&file("deploy/grafana.json")).unwrap());
    let alarms = file("deploy/alarms.yml");
    let alarms = alarms.lines().filter_map(|line| line.trim().strip_prefix("expr: ").map(str::to_owned));
    let used: Vec<String> = board.into_iter().chain(alarms).collect();
    assert!(used.len() > 30, "{used:?}");
    for expression in used {
        for word in words(&expression) {
            assert!(documented.contains(&family(&word)), "{word} of {expression} is in no manual");
        }
    }
}

#[actix_rt::test]
async fn the_page_counts_requests_changes_and_live_channels() {
    let server = TestServer::start_with(&[("LIANXIN__METRICS__BIND", "127.0.0.1:0")]);
    let (worker, reader) = (server.staff("worker", 0).await, server.metrics());
    let before = page(&reader).await;
    let mut live = Live::open(&worker).await;
    live.subscribe("inbox", None).await;
    worker.get("/tickets/none").await;
    worker.get("/there/is/no/such/path").await;
    let resident = server.resident("19900000801").await;
    resident.request_help(&server.code_of("worker", 0), "三组路口的路灯坏了").await;
    let shown = eventually("an open channel on the page", async || {
        let shown = page(&reader).await;
        (metric(&shown, "live_connections") == 1.0).then_some(shown)
    });
    let shown = shown.await;
    let asked = r#"http_requests_total{method="GET",route="/api/v1/tickets/{id}",status="404"}"#;
    assert_eq!(metric(&shown, asked), 1.0);
    assert_eq!(metric(&shown, r#"http_requests_total{method="GET",route="none",status="404"}"#), 1.0);
    assert!(!shown.contains("no/such"), "an address that somebody made up");
    assert!(metric(&shown, "journal_changes_total") > metric(&before, "journal_changes_total"));
    assert!(metric(&shown, "log_head") >= metric(&shown, "log_told"));
    assert_eq!(metric(&shown, "lease_held"), 1.0);
    assert_eq!(metric(&shown, "draining"), 0.0);
    drop(live);
    eventually("the channel's end on the page", async || {
        (metric(&page(&reader).await, "live_connections") == 0.0).then_some(())
    })
    .await;
}

//! Whether an answer of this version says what one of an older version said.

use serde_json::Value;

use crate::support::time;

/// What happens by itself when a version starts that works out limits in another way.
pub const LIMIT_CHANGED: &str = "ticket.due_changed";
/// What may be another by now: where the log is, the last that happened, roles that follow from others since then, and what
/// people may do.
const MOVES_ON: [&str; 4] = ["seq", "feed", "organisation_roles", "actions"];

/// Everything that the older version told is told, with the same value; what newer versions tell beside it is passed over.
#[track_caller]
pub fn assert_same(place: &str, older: &Value, newer: &Value) {
    let mut differences = Vec::new();
    compare(place, older, newer, &mut differences);
    assert!(differences.is_empty(), "{differences:#?}");
}

fn compare(place: &str, older: &Value, newer: &Value, differences: &mut Vec<String>) {
    match (older, newer) {
        (Value::Object(older), Value::Object(newer)) => {
            for (name, older) in older.iter().filter(|(name, _)| !MOVES_ON.contains(&name.as_str())) {
                let newer = newer.get(name).unwrap_or(&Value::Null);
                let is_same = match name.as_str() {
                    "due_at" => is_about(older, newer),
                    // A limit that this version works out in another way is a change of its ticket.
                    "version" => newer.as_u64() >= older.as_u64(),
                    // Residents are no longer told who urged whom.
                    "nudge" => place.starts_with("resident") && newer.is_null(),
                    _ => false,
                };
                if !is_same {
                    compare(&format!("{place}.{name}"), older, newer, differences);
                }
            }
        }
        (Value::Array(older), Value::Array(newer)) => {
            let mut older: Vec<&Value> = older.iter().collect();
            let mut newer: Vec<&Value> = newer.iter().filter(|item| item["kind"] != LIMIT_CHANGED).collect();
            // A form asks for the same in the order of the manual now.
            if place.contains("/ticket-kinds.") && place.ends_with(".fields") {
                older.sort_by_key(|field| field["name"].to_string());
                newer.sort_by_key(|field| field["name"].to_string());
            }
            if older.len() != newer.len() {
                differences.push(format!("{place}: {} are {}", older.len(), newer.len()));
            }
            for (index, (older, newer)) in older.into_iter().zip(newer).enumerate() {
                compare(&format!("{place}[{index}]"), older, newer, differences);
            }
        }
        (older, newer) if older != newer => differences.push(format!("{place}: {older} is {newer}")),
        _ => {}
    }
}

/// Limits began with what happened then, milliseconds apart.
fn is_about(older: &Value, newer: &Value) -> bool {
    older.is_string() && newer.is_string() && time(older).since(time(newer)).abs() < 1_000
}

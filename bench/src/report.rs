//! Results: percentiles, and a JSON file per scenario.

use std::path::Path;

use serde_json::{Value, json};

use crate::BenchError;

/// Percentiles of durations, in milliseconds.
pub fn percentiles(mut micros: Vec<u64>) -> Value {
    micros.sort_unstable();
    let at = |share: f64| {
        let index = ((micros.len() as f64 * share) as usize).min(micros.len().saturating_sub(1));
        micros.get(index).map_or(0.0, |value| *value as f64 / 1000.0)
    };
    json!({
        "count": micros.len(), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "p999_ms": at(0.999), "max_ms": at(1.0),
    })
}

/// Prints the result and keeps it.
pub fn write(folder: &Path, name: &str, result: &Value) -> Result<(), BenchError> {
    std::fs::create_dir_all(folder)?;
    let text = serde_json::to_string_pretty(result)?;
    println!("{name}\n{text}");
    std::fs::write(folder.join(format!("{name}.json")), text + "\n")?;
    Ok(())
}

//! The table of what was measured beside others: figures of the newest results with their aims.

use std::path::Path;

use serde_json::Value;

use crate::BenchError;

/// Prints the table of the results in `folder`; what was not run is left out.
pub fn print(folder: &Path) -> Result<(), BenchError> {
    println!("| what | figure | aim |\n| --- | --- | --- |");
    let of = |name: &str| read(folder, name);
    if let Some(broadcast) = of("broadcast-")? {
        print_broadcast(&broadcast);
    }
    if let Some(recovery) = of("recovery-")? {
        for one in list(&recovery["measured"]) {
            let facts = format!("{} of {} missing", one["missing"], one["wanted"]);
            row(&format!("delivered under drops, {}", name(one)), &one["delivered_pct"], "%", &facts, "100 %");
        }
    }
    for disk in ["durable-", "slower-disk-"] {
        if let Some(durable) = of(disk)? {
            print_durable(&durable);
        }
    }
    if let Some(crowd) = of("crowd-")? {
        let clients = format!("{} open", crowd["clients"]);
        row("memory of an idle connection", &crowd["rss_kb_per_connection"], "KB", &clients, "≤ 16 KB");
        row("back and caught up after a kill", &crowd["all_back_and_caught_up_in_s"], "s", &clients, "≤ 10 s");
    }
    if let Some(stalled) = of("stalled-")? {
        let clients = format!("{} of them", stalled["stalled"]);
        row("memory of a client that never reads", &stalled["mib_per_stalled_client"], "MiB", &clients, "≤ 1 MiB");
        row("it is cut off after", &stalled["all_cut_off_in_s"], "s", &clients, "≤ 25 s");
        row("what others notice, p99 to usual", &stalled["p99_to_usual"], "×", &clients, "≤ 1.1 ×");
    }
    if let Some(lists) = of("lists")? {
        for size in list(&lists["measured"]).skip(1) {
            for (page, figures) in size["pages"].as_object().into_iter().flatten() {
                let what = format!("cost of a page over {} stored: {page}", size["stored"]);
                row(&what, &figures["cpu_to_least_stored"], "×", "of the cost over 10000", "≤ 1.2 ×");
            }
        }
    }
    Ok(())
}

fn print_broadcast(broadcast: &Value) {
    for (part, aim) in [("bursts", "≤ 0.7 ×"), ("paced", "≤ 1.0 ×")] {
        for one in list(&broadcast["measured"]) {
            let figures = &one[part];
            let times = &figures["published_to_last_listener"];
            let facts = format!(
                "p50 {:.1} / max {:.1} ms to the last, {} missing, {:.0} MB",
                number(&times["p50_ms"]),
                number(&times["max_ms"]),
                figures["missing"],
                number(&one["rss_mb"]),
            );
            let what = format!("{part}, CPU per delivery: {}", name(one));
            row(&what, &figures["server_cpu_us_per_delivery"], "µs", &facts, "");
        }
        row(&format!("{part}, ours to Nchan's"), &broadcast["ours_to_nchan"][part], "×", "", aim);
    }
}

fn print_durable(durable: &Value) {
    for what in ["requests", "sign_ins"] {
        let facts = format!(
            "{:.0}/s beside {:.0}/s, each flush {} ms longer than this disk's",
            number(&durable[what]["acks_per_s"]),
            number(&durable["plain"]["acks_per_s"]),
            durable["each_flush_longer_by_ms"],
        );
        row(&format!("durable answers to a plain handler's: {what}"), &durable["to_plain"][what], "×", &facts, "≥ 5 ×");
    }
}

fn row(what: &str, figure: &Value, unit: &str, facts: &str, aim: &str) {
    let comma = if facts.is_empty() { "" } else { ", " };
    println!("| {what} | {:.2} {unit}{comma}{facts} | {aim} |", number(figure));
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn name(one: &Value) -> &str {
    one["name"].as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The newest result whose name begins so.
fn read(folder: &Path, beginning: &str) -> Result<Option<Value>, BenchError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    found.sort();
    let newest = found.pop().map(|(_, path)| std::fs::read_to_string(path)).transpose()?;
    Ok(newest.map(|text| serde_json::from_str(&text)).transpose()?)
}

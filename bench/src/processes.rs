//! What processes use, from `/proc`: a server with its children is one.

use crate::BenchError;

/// Kernel ticks per second, of `/proc`.
pub const TICKS: f64 = 100.0;

/// What a server used.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Usage {
    /// Seconds in user and kernel.
    pub cpu_s: f64,
    /// Memory in hand.
    pub rss_mb: f64,
}

/// CPU seconds, in user and kernel, of a line of `stat` in `/proc` behind the name in brackets.
pub fn cpu_s(stat: &str) -> f64 {
    let ticks = stat.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

/// What a process used so far.
pub fn usage(pid: u32) -> Result<Usage, BenchError> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let rss_kb: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|value| value.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0.0);
    Ok(Usage { cpu_s: cpu_s(stat.rsplit(')').next().unwrap_or_default()), rss_mb: rss_kb / 1024.0 })
}

/// What a process and its direct children used so far, such as nginx and its workers.
pub fn family_usage(pid: u32) -> Result<Usage, BenchError> {
    let mut sum = usage(pid)?;
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
        let used = usage(child)?;
        sum.cpu_s += used.cpu_s;
        sum.rss_mb += used.rss_mb;
    }
    Ok(sum)
}

/// CPU seconds of all processes of this name that run.
pub fn cpu_s_of(name: &str) -> Result<f64, BenchError> {
    let mut sum = 0.0;
    for entry in std::fs::read_dir("/proc")? {
        // One that just ended has no file.
        let stat = std::fs::read_to_string(entry?.path().join("stat")).unwrap_or_default();
        if let Some((head, rest)) = stat.rsplit_once(')')
            && head.ends_with(&format!("({name}"))
        {
            sum += cpu_s(rest);
        }
    }
    Ok(sum)
}

//! What this machine can do at most, measured beside the load: the disk's flushes, the bare HTTP answer.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::BenchError;
use crate::http::Connection;

/// One measuring.
const SPAN: Duration = Duration::from_secs(2);
/// A small commit's bytes.
const BLOCK: usize = 16 * 1024;

/// Flushes per second of this disk, one after the other, 16 KiB each.
pub fn flushes_per_second(folder: &Path) -> Result<f64, BenchError> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let block = vec![7; BLOCK];
    let begun = std::time::Instant::now();
    let mut count = 0.0;
    while begun.elapsed() < SPAN {
        file.write_all(&block)?;
        file.as_file().sync_data()?;
        count += 1.0;
    }
    Ok(count / begun.elapsed().as_secs_f64())
}

/// Answers of `/healthz` per second over `connections` connections: the server's bare HTTP with this generator.
pub async fn bare_answers_per_second(host: &str, connections: usize) -> Result<f64, BenchError> {
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(host).await?;
        tasks.push(tokio::spawn(async move {
            let mut count = 0u64;
            while begun.elapsed() < SPAN {
                connection.send("GET", "/healthz", None, None).await?;
                count += 1;
            }
            Ok::<_, BenchError>(count)
        }));
    }
    let mut total = 0;
    for task in tasks {
        total += task.await??;
    }
    Ok(total as f64 / begun.elapsed().as_secs_f64())
}

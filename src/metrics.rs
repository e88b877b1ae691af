//! The page of metrics, in the text form of OpenMetrics: on a listener of its own, so that it can stay inside the
//! machine while the server does not.

use std::fmt;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, HttpResponse, HttpServer, web};
use lianxin_actors::health::Health;
use lianxin_actors::hub::Hub;
use lianxin_actors::lease::Held;
use lianxin_domain::clock::Timestamp;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::config::MetricsConfig;
use crate::core::StartError;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Linux tells processor time in these, on every machine that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Binds the listener that `config` asks for, if any; the server shows `registry`, and figures of this process, which
/// began at `started_at`.
///
/// # Errors
/// [`StartError`] naming `metrics.bind` when the address cannot be had.
pub fn listen(
    config: &MetricsConfig,
    mut registry: Registry,
    started_at: Timestamp,
) -> Result<Option<Server>, StartError> {
    if config.bind.is_empty() {
        return Ok(None);
    }
    let named = |error| format!("metrics.bind {}: {error}", config.bind);
    let listener = TcpListener::bind(&config.bind).map_err(named)?;
    tracing::info!(metrics.address = %listener.local_addr()?, "metrics are shown");
    registry.register_collector(Box::new(Process { started_at }));
    let registry = Arc::new(registry);
    let server = HttpServer::new(move || {
        App::new().app_data(web::Data::from(Arc::clone(&registry))).route("/metrics", web::get().to(page))
    });
    // Whoever reads it comes a few times a minute.
    Ok(Some(server.workers(1).shutdown_timeout(1).disable_signals().listen(listener)?.run()))
}

async fn page(registry: web::Data<Registry>) -> HttpResponse {
    let mut page = String::new();
    match prometheus_client::encoding::text::encode(&mut page, &registry) {
        Ok(()) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPENMETRICS)).body(page),
        Err(fmt::Error) => HttpResponse::InternalServerError().finish(),
    }
}

/// What the system knows of this process, asked anew for every page. What it does not tell is left out.
#[derive(Debug)]
struct Process {
    started_at: Timestamp,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let started_at = ConstGauge::new(self.started_at.millis() as f64 / 1_000.0);
        show(&mut encoder, "process_start_time", "Start of the process since 1970.", Some(Unit::Seconds), &started_at)?;
        if let Some(seconds) = processor_seconds() {
            let seconds = ConstCounter::new(seconds);
            show(&mut encoder, "process_cpu", "Processor time taken.", Some(Unit::Seconds), &seconds)?;
        }
        if let Some(bytes) = resident_bytes() {
            let bytes = ConstGauge::new(bytes);
            show(&mut encoder, "process_resident_memory", "Memory in use.", Some(Unit::Bytes), &bytes)?;
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            let files = ConstGauge::new(i64::try_from(files.count()).unwrap_or(i64::MAX));
            show(&mut encoder, "process_open_fds", "Open files and connections.", None, &files)?;
        }
        Ok(())
    }
}

fn show(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<Unit>,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
}

fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets, which may hold anything; fields 14 and 15 are what it took
    // itself and in the kernel.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (own, kernel): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((own + kernel) / TICKS_PER_SECOND)
}

fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024)
}

/// What the layers of this process came to, asked anew for every page.
pub struct Works {
    /// Writes.
    pub journal: Journal,
    /// What was written.
    pub log: Arc<EventLog>,
    /// How far everybody was told of it.
    pub health: Arc<Health>,
    /// To whom it goes.
    pub hub: Hub,
    /// Whether this process does what only one does.
    pub held: Held,
}

impl fmt::Debug for Works {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Works").finish_non_exhaustive()
    }
}

impl Collector for Works {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (journal, flow) = (self.journal.figures(), self.hub.flow());
        let (head, told) = (self.log.head(), self.health.position());
        for (name, help, count) in [
            ("journal_commits", "Transactions of the journal", journal.commits),
            ("journal_changes", "Changes written in them", journal.changes),
            ("journal_refused", "Changes refused, as decided on what is over", journal.refused),
            ("journal_failed", "Changes that could not be written", journal.failed),
            ("live_frames", "Frames put into the outboxes of live connections", flow.frames),
            ("live_too_slow", "Live connections cut off because they did not read", flow.too_slow),
        ] {
            show(&mut encoder, name, help, None, &ConstCounter::new(count))?;
        }
        let spent = ConstCounter::new(journal.spent.as_secs_f64());
        show(&mut encoder, "journal_commit", "Time in transactions that committed", Some(Unit::Seconds), &spent)?;
        for (name, help, value) in [
            ("journal_waiting", "Changes that wait for the journal", journal.waiting as u64),
            ("live_connections", "Live connections that are open", flow.connections),
            ("log_head", "The last number of the log", head),
            ("log_told", "The number of the log up to which everybody was told", told),
            ("log_behind", "Numbers of the log that nobody was told of yet", head.saturating_sub(told)),
            ("lease_held", "Whether this process does what only one of several does", u64::from(self.held.is_held())),
            ("draining", "Whether this process is about to stop", u64::from(self.health.is_draining())),
        ] {
            show(&mut encoder, name, help, None, &ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use lianxin_actors::metrics::Metrics;

    use super::*;

    const STARTED_AT: Timestamp = Timestamp::from_millis(1_795_241_527_500);

    fn start(bind: &str, registry: Registry) -> Result<Option<Server>, StartError> {
        listen(&MetricsConfig { bind: bind.to_owned() }, registry, STARTED_AT)
    }

    fn free_address() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[actix_rt::test]
    async fn the_page_shows_what_was_counted_and_the_process() {
        let mut registry = Registry::default();
        Metrics::register(&mut registry).nudged();
        let address = free_address();
        let server = start(&address.to_string(), registry).unwrap().unwrap();
        let handle = server.handle();
        actix_rt::spawn(server);
        let client = awc::Client::new();
        let mut response = client.get(format!("http://{address}/metrics")).send().await.unwrap();
        assert_eq!(response.headers().get("content-type").unwrap(), OPENMETRICS);
        let page = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
        assert!(page.ends_with("# EOF\n"), "{page}");
        for line in ["nudges_total 1", "# TYPE process_cpu_seconds counter", "process_start_time_seconds 1795241527.5"]
        {
            assert!(page.lines().any(|shown| shown == line), "{line} is missing in\n{page}");
        }
        let value = |name: &str| -> f64 {
            let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        assert!((1e6..1e11).contains(&value("process_resident_memory_bytes ")), "{page}");
        assert!((3.0..1e5).contains(&value("process_open_fds ")), "{page}");
        assert!((0.0..1e5).contains(&value("process_cpu_seconds_total ")), "{page}");
        let other = client.get(format!("http://{address}/")).send().await.unwrap();
        assert_eq!(other.status(), 404);
        handle.stop(true).await;
    }

    #[actix_rt::test]
    async fn an_address_that_cannot_be_had_names_its_key() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        for bind in [taken.local_addr().unwrap().to_string(), "nowhere:99999".to_owned()] {
            let error = start(&bind, Registry::default()).err().unwrap().to_string();
            assert!(error.starts_with(&format!("metrics.bind {bind}: ")), "{error}");
        }
    }

    #[actix_rt::test]
    async fn no_address_means_no_listener() {
        assert!(start("", Registry::default()).unwrap().is_none());
    }
}

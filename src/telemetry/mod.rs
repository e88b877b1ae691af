//! What the process says of itself while it works: log lines on standard error, and, where a collector is set, traces.
//!
//! docs/LOGGING.md says what stands in them, and what never does.

mod export;
mod json;
mod text;

use std::io::IsTerminal as _;

use lianxin_storage::trace::TRACED;
use lianxin_web::request_span::LOGGED;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::FormatFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Scope, SpanRef};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use self::json::Json;
use self::text::Text;
use crate::config::{LogConfig, LogFormat, TracingConfig};
use crate::core::StartError;

/// What callers sent that is no HTTP is answered; it is not our error.
const OF_CALLERS: &str = "actix_http::h1";

/// Logs, and traces that may be on their way.
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to log, and to trace when a collector is set.
    ///
    /// # Errors
    /// [`StartError`] that names the setting.
    pub fn start(log: &LogConfig, tracing: &TracingConfig) -> Result<Self, StartError> {
        let is_traced = !tracing.otlp_endpoint.is_empty();
        let filter = filter(&log.level, is_traced)?;
        if !is_traced {
            Registry::default().with(filter).with(lines(log.format)).init();
            return Ok(Self(None));
        }
        let provider = export::provider(tracing)?;
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("lianxin"))
            // Files and lines of the code, and threads, are of no use to whoever asks where the time went.
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(Targets::new().with_target(TRACED, tracing::Level::INFO));
        Registry::default().with(filter).with(spans).with(lines(log.format)).init();
        Ok(Self(Some(provider)))
    }

    /// Sends what was not sent yet. Outside of any runtime, as it waits.
    pub fn end(self) {
        if let Some(provider) = self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the last traces cannot be sent");
        }
    }
}

/// The spans that a line is named by, from outside in. Those of collectors are around it as well.
fn named_by<'a, S, N>(context: &'a FmtContext<'_, S, N>) -> impl Iterator<Item = SpanRef<'a, S>>
where
    S: tracing::Subscriber + for<'b> LookupSpan<'b>,
    N: for<'b> FormatFields<'b> + 'static,
{
    let around = context.event_scope().into_iter().flat_map(Scope::from_root);
    around.filter(|span| span.metadata().target() != TRACED)
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(format == LogFormat::Text && std::io::stderr().is_terminal())
        // It would say so where nothing can be written, and panic: a full disk must not end whoever has something to say.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => layer.event_format(Text).boxed(),
        LogFormat::Json => layer.event_format(Json).fmt_fields(Json).boxed(),
    }
}

/// What is written, and what spans there are: those of collectors only where there is one.
fn filter(level: &str, is_traced: bool) -> Result<EnvFilter, StartError> {
    let wrong = |error| format!("configuration: log.level is {level:?}: {error}");
    // Whoever names it in the settings wants to see it.
    let callers = if level.contains("actix_http") { String::new() } else { format!(",{OF_CALLERS}=off") };
    // Lines name their request whatever is filtered otherwise.
    let named = if level == "off" { "off" } else { "error" };
    let traced = if is_traced { "info" } else { "off" };
    EnvFilter::try_new(format!("{level}{callers},{LOGGED}={named},{TRACED}={traced}"))
        .map_err(|error| StartError::from(wrong(error)))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_level_may_be_a_word_or_directives() {
        for level in ["off", "error", "info", "info,lianxin_web=debug", "lianxin_storage=warn", "actix_http=trace"] {
            assert!(filter(level, false).is_ok() && filter(level, true).is_ok(), "{level}");
        }
        let error = filter("info,a=b=c", false).map(drop).unwrap_err().to_string();
        assert!(error.contains("log.level"), "{error}");
    }
}

//! Spans on their way to a collector: gathered in batches by a thread of their own, sent by OTLP over HTTP (ADR 0033).

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};
use tokio::runtime::{Builder, Runtime};

use crate::config::TracingConfig;
use crate::core::StartError;

/// Where collectors take spans.
const PATH: &str = "/v1/traces";
/// A collector that takes longer is one that is away; its spans are lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins to gather spans for the collector.
///
/// # Errors
/// [`StartError`] when the client cannot be made.
pub fn provider(config: &TracingConfig) -> Result<SdkTracerProvider, StartError> {
    let failed = |error: &dyn fmt::Display| StartError::from(format!("tracing.otlp_endpoint: {error}"));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender::new()?)
        .with_endpoint(format!("{}{PATH}", config.otlp_endpoint.trim_end_matches('/')))
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| failed(&error))?;
    let resource = Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", "lianxin"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(OurShare(Sampler::TraceIdRatioBased(config.sample_ratio)))
        .with_resource(resource)
        .build())
}

/// Which requests are traced: our own share of them. What a caller wants is no reason, since anybody may call; but whoever
/// takes the same share by the trace's id, as the standard has it, takes the same requests.
#[derive(Debug, Clone)]
struct OurShare(Sampler);

impl ShouldSample for OurShare {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let within = parent.filter(|parent| parent.has_active_span() && !parent.span().span_context().is_remote());
        match within {
            Some(within) => {
                let span = within.span();
                let taken = span.span_context().is_sampled();
                SamplingResult {
                    decision: if taken { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
                    attributes: Vec::new(),
                    trace_state: span.span_context().trace_state().clone(),
                }
            }
            None => self.0.should_sample(None, trace_id, name, kind, attributes, links),
        }
    }
}

/// Sends for the thread that gathers, which waits for it.
struct Sender {
    client: reqwest::Client,
    runtime: Runtime,
}

impl Sender {
    fn new() -> Result<Self, StartError> {
        // The one TLS of this program; whoever was first to choose it chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build();
        let client = client.map_err(|error| format!("tracing.otlp_endpoint: {error}"))?;
        Ok(Self { client, runtime: Builder::new_current_thread().enable_all().build()? })
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        self.runtime.block_on(async {
            let answer = self.client.execute(request).await?.error_for_status()?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.extend(answer.headers().clone());
            }
            Ok(response.body(answer.bytes().await?)?)
        })
    }
}

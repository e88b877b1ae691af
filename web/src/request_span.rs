//! What the log lines and the traces of one request have in common: its id on each line, and a span for a collector.
//!
//! Both are entered while the request is worked on, and go with it to the actors. The span of the logs has the level of
//! an error, so that it is there whenever any line may be; it holds the id and nothing else.

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use lianxin_domain::ids::RequestId;
use lianxin_storage::trace::{TRACED, TraceParent};
use tracing::Span;
use tracing::field::Empty;

use crate::traffic::known;

/// The target of the span that log lines name the request by.
pub const LOGGED: &str = "lianxin::request";
/// W3C Trace Context.
const TRACE_PARENT: &str = "traceparent";

/// The spans of a request that is worked on.
pub(crate) struct RequestSpan {
    logged: Span,
    traced: Span,
}

/// What each line says of a request.
pub(crate) fn logged(id: Option<RequestId>) -> Span {
    match id {
        Some(id) => tracing::error_span!(target: LOGGED, "request", request.id = %id),
        None => Span::none(),
    }
}

impl RequestSpan {
    /// Begins, below what the caller says that it is part of.
    pub fn begin(request: &ServiceRequest, id: Option<RequestId>) -> Self {
        let logged = logged(id);
        let traced = tracing::info_span!(
            target: TRACED, parent: &logged, "request",
            otel.kind = "server",
            otel.name = named(request),
            otel.status_code = Empty,
            request.id = id.map(tracing::field::display),
            http.request.method = known(request.method()),
            http.route = route(request),
            http.response.status_code = Empty,
        );
        if !traced.is_disabled()
            && let Some(header) = request.headers().get(TRACE_PARENT)
            && let Some(parent) = header.to_str().ok().and_then(TraceParent::read)
        {
            parent.adopt(&traced);
        }
        Self { logged, traced }
    }

    /// What the work is done in.
    pub fn inner(&self) -> Span {
        // Spans below are found through it whether it is traced or not.
        if self.traced.is_disabled() { self.logged.clone() } else { self.traced.clone() }
    }

    /// What is said of the request after it.
    pub const fn logged(&self) -> &Span {
        &self.logged
    }

    /// The answer.
    pub fn answered(&self, status: StatusCode) {
        self.traced.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.traced.record("otel.status_code", "ERROR");
        }
    }
}

/// The pattern of the address, never what stands in it.
fn route(request: &ServiceRequest) -> String {
    request.match_pattern().unwrap_or_else(|| "none".to_owned())
}

fn named(request: &ServiceRequest) -> String {
    format!("{} {}", known(request.method()), route(request))
}

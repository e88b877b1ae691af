//! Following one request through the layers, for OpenTelemetry.
//!
//! Spans of this kind have the target [`TRACED`] and are made only where `[tracing]` names a collector; elsewhere making
//! one costs a look at a flag. They are apart from the logs, which never show them. What they say of a request is what
//! the logs may say of it (docs/LOGGING.md).
//!
//! A [`TraceParent`] goes where a span cannot: a span lasts while others are made below it, and a request is over long
//! before everybody has heard of what it did.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The target of spans that a collector gets.
pub const TRACED: &str = "lianxin::trace";
/// The only version of the header that there is.
const VERSION: &str = "00";

/// Below what spans are made that come later, or elsewhere.
#[derive(Debug, Clone)]
pub struct TraceParent(Context);

impl TraceParent {
    /// This span, when it is one that a collector gets.
    pub fn of(span: &Span) -> Option<Self> {
        if span.is_disabled() {
            return None;
        }
        let context = span.context();
        let is_valid = context.span().span_context().is_valid();
        is_valid.then_some(Self(context))
    }

    /// What a `traceparent` header (W3C Trace Context) says; nothing when it is malformed, as the standard asks.
    pub fn read(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_lower_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let has_form = version == VERSION
            && [(trace, 32), (span, 16), (flags, 2)].iter().all(|(text, len)| text.len() == *len && is_lower_hex(text));
        if !has_form || parts.next().is_some() {
            return None;
        }
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
        let context = SpanContext::new(trace, span, flags, true, TraceState::default());
        context.is_valid().then(|| Self(Context::new().with_remote_span_context(context)))
    }

    /// Puts a span below it that nobody has entered yet.
    pub fn adopt(&self, span: &Span) {
        if !span.is_disabled() {
            // It fails for a span that has begun, or where no collector is told: then it stays a beginning of its own.
            let _ = span.set_parent(self.0.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TraceParent;

    #[test]
    fn only_a_well_formed_header_is_followed() {
        let right = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(TraceParent::read(right).is_some());
        assert!(TraceParent::read(&format!(" {right} ")).is_some());
        for wrong in [
            "",
            "00",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-４bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
        ] {
            assert!(TraceParent::read(wrong).is_none(), "{wrong}");
        }
    }
}

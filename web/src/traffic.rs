//! Requests counted by the address they are for, for whoever watches the process.
//!
//! Labels are the routes as the code writes them, with their placeholders: never an id, never what somebody typed.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds: from an answer out of memory to what a person would not wait for.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// What stands for all addresses that there are not.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Requests that were answered.
#[derive(Debug, Clone)]
pub struct Traffic {
    answered: Family<Answered, Counter>,
    taken: Family<Route, Histogram>,
}

impl Traffic {
    /// Counters that `registry` shows.
    pub fn register(registry: &mut Registry) -> Self {
        let traffic =
            Self { answered: Family::default(), taken: Family::new_with_constructor(|| Histogram::new(BUCKETS)) };
        registry.register("http_requests", "Requests answered, by route and status", traffic.answered.clone());
        registry.register("http_request_seconds", "From a request's head to its answer's", traffic.taken.clone());
        traffic
    }

    /// A request for `route`, the pattern of its address, was answered.
    pub(crate) fn answered(&self, method: &Method, route: Option<String>, status: StatusCode, taken: Duration) {
        let route = route.unwrap_or_else(|| NO_ROUTE.to_owned());
        self.taken.get_or_create(&Route { route: route.clone() }).observe(taken.as_secs_f64());
        let answered = Answered { method: known(method), route, status: status.as_u16() };
        self.answered.get_or_create(&answered).inc();
    }
}

/// Methods that somebody made up are one.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_counted_as_one() {
        let mut registry = Registry::default();
        let traffic = Traffic::register(&mut registry);
        let taken = Duration::from_millis(3);
        traffic.answered(&Method::GET, Some("/api/v1/tickets/{id}".to_owned()), StatusCode::OK, taken);
        for method in [Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            traffic.answered(&method, None, StatusCode::NOT_FOUND, taken);
        }
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        for line in [
            "http_requests_total{method=\"GET\",route=\"/api/v1/tickets/{id}\",status=\"200\"} 1",
            "http_requests_total{method=\"other\",route=\"none\",status=\"404\"} 2",
            "http_request_seconds_bucket{le=\"0.0025\",route=\"none\"} 0",
            "http_request_seconds_bucket{le=\"0.005\",route=\"none\"} 2",
        ] {
            assert!(page.lines().any(|shown| shown == line), "{line} is missing in\n{page}");
        }
    }
}

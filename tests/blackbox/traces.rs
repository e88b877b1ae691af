//! Traces for a collector: one request, from its arrival until everybody was told, under the id that its caller gave.

use awc::http::Method;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;

use crate::other_side::server::Server as Collector;
use crate::support::{TestServer, text};

const ENDPOINT: &str = "LIANXIN__TRACING__OTLP_ENDPOINT";
const RATIO: &str = "LIANXIN__TRACING__SAMPLE_RATIO";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Everything that came since the last time.
fn spans(collector: &Collector) -> Vec<Span> {
    let requests = collector.take().into_iter().map(|got| {
        assert_eq!((got.path.as_str(), got.header("content-type")), ("POST /v1/traces", "application/x-protobuf"));
        ExportTraceServiceRequest::decode(got.body.as_slice()).unwrap()
    });
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[actix_rt::test]
async fn one_request_is_one_trace_until_everybody_was_told() {
    let collector = Collector::start();
    let mut server = TestServer::start_with(&[(ENDPOINT, &collector.base), (RATIO, "1")]);
    let resident = server.resident("19900006701").await;
    let body = json!({ "grid_code": server.code_of("worker", 0), "kind": "suggestion", "content": "绿皮邮筒旁边漏水" });
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [("traceparent", parent.as_str())];
    let sent = resident.send(Method::POST, "/tickets", Some(body.to_string().into_bytes()), &headers).await;
    let (ticket, request) = (text(&sent.expect(201)["id"]), sent.header("X-Request-Id").unwrap().to_owned());
    server.staff("worker", 0).await.act(&ticket, "accept", &json!({})).await.expect(200);
    // What is on its way is sent before the end.
    server.stop();

    let all = spans(&collector);
    let own: Vec<&Span> = all.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let named = |name: &str| {
        let found: Vec<_> = own.iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", own.iter().map(|span| &span.name).collect::<Vec<_>>());
        found[0]
    };
    let steps = ["POST /api/v1/tickets", "command", "journal commit", "fan-out"].map(named);
    assert_eq!(own.len(), steps.len());
    assert_eq!(hex(&steps[0].parent_span_id), CALLER);
    for pair in steps.windows(2) {
        assert_eq!(pair[1].parent_span_id, pair[0].span_id, "{} is below {}", pair[1].name, pair[0].name);
    }
    let [asked, command, commit, told] = steps;
    assert!(asked.start_time_unix_nano <= command.start_time_unix_nano);
    assert!(commit.end_time_unix_nano <= asked.end_time_unix_nano, "the answer comes after the commit");
    assert!(told.start_time_unix_nano >= commit.start_time_unix_nano);

    let value = |span: &Span, key: &str| {
        let found = span.attributes.iter().find(|attribute| attribute.key == key);
        match found.and_then(|attribute| attribute.value.clone()?.value) {
            Some(Any::StringValue(text)) => text,
            Some(Any::IntValue(number)) => number.to_string(),
            other => panic!("{key}: {other:?}"),
        }
    };
    assert_eq!(value(asked, "request.id"), request);
    assert_eq!(value(asked, "http.response.status_code"), "201");
    assert_eq!((value(command, "command"), value(command, "ticket.id")), ("ticket.submit".to_owned(), ticket));

    // Another request is another trace; nobody named one for it.
    let accepted = all.iter().find(|span| span.name == "POST /api/v1/tickets/{id}/accept").unwrap();
    assert_ne!(accepted.trace_id, asked.trace_id);

    // Ids, routes and numbers; whatever else may be in a request is not.
    const KNOWN: [&str; 9] = [
        "request.id",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "command",
        "ticket.id",
        "commit.changes",
        "log.events",
        "otel.status_code",
    ];
    for span in &all {
        for attribute in &span.attributes {
            assert!(KNOWN.contains(&attribute.key.as_str()), "{}: {attribute:?}", span.name);
        }
        assert!(span.events.is_empty(), "what the logs say stays there: {:?}", span.events);
        let all = format!("{span:?}");
        for hidden in ["绿皮", "1990000", "李小明", resident.token.as_deref().unwrap()] {
            assert!(!all.contains(hidden), "{hidden}: {all}");
        }
    }
}

#[actix_rt::test]
async fn callers_do_not_decide_what_is_traced() {
    let collector = Collector::start();
    let mut server = TestServer::start_with(&[(ENDPOINT, &collector.base), (RATIO, "0")]);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let reply = server.nobody().send(Method::GET, "/auth/me", None, &[("traceparent", &parent)]).await;
    assert_eq!(reply.status, 401);
    server.stop();
    assert!(spans(&collector).is_empty());
}

#[actix_rt::test]
async fn a_collector_that_is_away_keeps_nobody_waiting() {
    // Nobody listens there.
    let mut server = TestServer::start_with(&[(ENDPOINT, "http://127.0.0.1:9"), (RATIO, "1")]);
    let worker = server.staff("worker", 0).await;
    assert_eq!(worker.get("/tickets").await.status, 200);
    server.stop();
}

//! What happens to every request: it gets an id, its errors become problem documents that name it, its response gets the
//! headers that keep browsers from mischief.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use lianxin_domain::ids::{IdSource, RequestId};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::error::{ApiError, problem};
use crate::request_span::RequestSpan;
use crate::traffic::Traffic;

const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "SAMEORIGIN"),
    ("permissions-policy", "geolocation=(self), microphone=(self), camera=(self)"),
    (
        "content-security-policy",
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; \
         object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
    ),
];

/// Wraps every request.
///
/// # Errors
/// Only what another middleware failed with; handlers' errors are responses by now.
pub async fn outermost(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request.app_data::<web::Data<IdSource>>().map(|ids| ids.next::<RequestId>());
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    let begun = Instant::now();
    let span = RequestSpan::begin(&request, id);
    let response = next.call(request).instrument(span.inner()).await?.map_into_boxed_body();
    let mut response = explain(response, id);
    if let Some(traffic) = response.request().app_data::<web::Data<Traffic>>() {
        let request = response.request();
        traffic.answered(request.method(), request.match_pattern(), response.status(), begun.elapsed());
    }
    span.answered(response.status());
    let _logged = span.logged().enter();
    // Load balancers ask all the time; that a node is not ready was said where it happened.
    if response.status().is_server_error() && response.request().path() != "/readyz" {
        let (method, path) = (response.request().method().clone(), logged(response.request().path()).to_owned());
        tracing::warn!(%method, path, status = response.status().as_u16(), "a request failed");
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    Ok(response)
}

/// The path as a log may have it: behind these stands what lets whoever has it in.
fn logged(path: &str) -> &str {
    const SECRET: [&str; 2] = ["/calendar/", "/s/"];
    SECRET.into_iter().find(|start| path.starts_with(start)).unwrap_or(path)
}

/// Makes the problem document of an error response, if it is one and has none that names the request.
fn explain(response: ServiceResponse<BoxBody>, id: Option<RequestId>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let named = response.response().error().and_then(Error::as_error::<ApiError>);
    let explained = match named {
        Some(error) => Some(error.response(id)),
        None if (status.is_client_error() || status.is_server_error()) && !is_problem(&response) => {
            Some(framework_error(status, id))
        }
        None => None,
    };
    match explained {
        Some(explained) => {
            let (head, _) = response.into_parts();
            ServiceResponse::new(head, explained)
        }
        None => response,
    }
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Health answers explain themselves, and so do those of Open311, in XML or JSON.
    media_type.contains("json") || media_type.starts_with("text/xml")
}

/// What the framework refuses by itself: unknown paths, wrong methods, unreadable queries.
fn framework_error(status: StatusCode, id: Option<RequestId>) -> HttpResponse {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("request.no_such_path", "没有这个地址"),
        StatusCode::METHOD_NOT_ALLOWED => ("request.method", "不支持这种请求方法"),
        StatusCode::PAYLOAD_TOO_LARGE => ("request.too_large", "内容太大"),
        status if status.is_client_error() => ("request.malformed", "请求格式不正确"),
        _ => ("server.error", "系统出错了，请稍后再试"),
    };
    let body = serde_json::Value::Object(problem(status, code, detail, id)).to_string();
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/problem+json")).body(body)
}

#[cfg(test)]
mod tests {
    use super::logged;

    #[test]
    fn no_log_has_a_secret_address() {
        for (path, shown) in [
            ("/calendar/3q2-7w.ics", "/calendar/"),
            ("/s/ABCDEF.GHJKMN", "/s/"),
            ("/api/v1/calendar", "/api/v1/calendar"),
            ("/screen/board/1", "/screen/board/1"),
        ] {
            assert_eq!(logged(path), shown);
        }
    }
}

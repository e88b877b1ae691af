//! What happens to every request: it gets an id, it is counted against who sent it, its body is watched, its errors become problem
//! documents that name it, and its response gets the headers that keep browsers from mischief.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use lianxin_domain::ids::{IdSource, RequestId};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::address::Origin;
use crate::api::open311;
use crate::auth::recognise;
use crate::error::{ApiError, problem};
use crate::headers::{Asked, logged, protect};
use crate::intake::{Intake, Pace};
use crate::rates::{Rates, Rule};
use crate::request_span::RequestSpan;
use crate::traffic::Traffic;

/// Load balancers ask these all the time: they count against nobody.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Wraps every request.
///
/// # Errors
/// Only what another middleware failed with; handlers' errors are responses by now.
pub async fn outermost(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request.app_data::<web::Data<IdSource>>().map(|ids| ids.next::<RequestId>());
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    let begun = Instant::now();
    let span = RequestSpan::begin(&request, id);
    let origin = Origin::of(&request);
    let watched = match count(&request, &origin).instrument(span.inner()).await {
        Ok(()) => watch(&mut request),
        Err(error) => Err(error),
    };
    let (response, intake) = match watched {
        Ok(intake) => (next.call(request).instrument(span.inner()).await?.map_into_boxed_body(), intake),
        Err(error) => {
            let refused = refused(request.path(), &error, id);
            (request.into_response(refused), None)
        }
    };
    let response = match intake.as_ref().and_then(Intake::error) {
        Some(error) => {
            let refused = refused(response.request().path(), &error, id);
            replaced(response, refused)
        }
        None => explain(response, id),
    };
    let mut response = match intake {
        Some(intake) => intake.answer(response),
        None => response,
    };
    if let Some(traffic) = response.request().app_data::<web::Data<Traffic>>() {
        let request = response.request();
        traffic.answered(request.method(), request.match_pattern(), response.status(), begun.elapsed());
    }
    span.answered(response.status());
    let _logged = span.logged().enter();
    // That a node is not ready was said where it happened.
    if response.status().is_server_error() && response.request().path() != "/readyz" {
        let (method, path) = (response.request().method().clone(), logged(response.request().path()).to_owned());
        tracing::warn!(%method, path, status = response.status().as_u16(), "a request failed");
    }
    finish(&mut response, &origin, id);
    Ok(response)
}

/// Counts a request of which nobody is known against its address. Who is known is counted where he is found.
async fn count(request: &ServiceRequest, origin: &Origin) -> Result<(), ApiError> {
    let Some(rates) = request.app_data::<web::Data<Rates>>() else { return Ok(()) };
    if PROBES.contains(&request.path()) || recognise(request.request(), false).await {
        return Ok(());
    }
    let Err(wait) = rates.unknown(origin.network()) else { return Ok(()) };
    // A neighbour on a flooded address goes in: that costs a look into the database, once a minute.
    if recognise(request.request(), true).await {
        return Ok(());
    }
    Err(rates.refuse(Rule::Unknown, wait).into())
}

fn watch(request: &mut ServiceRequest) -> Result<Option<Intake>, ApiError> {
    match request.app_data::<web::Data<Pace>>().map(|pace| *pace.get_ref()) {
        Some(pace) => Intake::of(request, pace),
        None => Ok(None),
    }
}

fn finish(response: &mut ServiceResponse<BoxBody>, origin: &Origin, id: Option<RequestId>) {
    let status = response.status();
    let request = response.request().clone();
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    // HTTP/2 names it in the address.
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str));
    let headers = response.headers_mut();
    protect(headers, status, Asked { path: request.path(), host, https: origin.https });
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// The answer to what is refused before a handler had all of it, in the form that its caller reads.
fn refused(path: &str, error: &ApiError, id: Option<RequestId>) -> HttpResponse {
    open311::refused(path, error).unwrap_or_else(|| error.response(id))
}

fn replaced(response: ServiceResponse<BoxBody>, by: HttpResponse) -> ServiceResponse<BoxBody> {
    let (head, _) = response.into_parts();
    ServiceResponse::new(head, by)
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
        Some(explained) => replaced(response, explained),
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

//! Signing in, and knowing who calls.

mod callers;
pub mod limits;
pub mod passwords;
mod settings;
mod strangers;
pub mod tokens;
mod viewer;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage as _, HttpRequest, web};
use lianxin_domain::access::Caller;
use lianxin_domain::problem::Refusal;
use lianxin_storage::sessions::LiveSession;
use subtle::ConstantTimeEq as _;

pub use self::callers::Callers;
pub use self::settings::AuthSettings;
pub use self::strangers::Strangers;
pub use self::viewer::Viewer;
use crate::error::ApiError;
use crate::rates::Rates;

/// The session cookie.
pub const SESSION_COOKIE: &str = "lianxin_session";
const CSRF_HEADER: &str = "X-CSRF-Token";
/// Calls that are open while a first password waits to be changed.
const OPEN_BEFORE_CHANGE: [&str; 3] = ["/api/v1/auth/me", "/api/v1/auth/password", "/api/v1/auth/logout"];

/// Finds the person who calls. What takes no other caller is closed to screens by this.
///
/// # Errors
/// 401 without a living session; 403 for a screen, for a cookie caller's change without CSRF token, and while a first
/// password has to be changed.
pub async fn authenticate(request: &HttpRequest) -> Result<Arc<LiveSession>, ApiError> {
    match identify(request).await? {
        Viewer::Person(session) => Ok(session),
        Viewer::Screen(_) => Err(screen_only_reads()),
    }
}

/// Finds who calls, a person or a screen. Screens change nothing, whatever the call is.
///
/// # Errors
/// As [`authenticate`]; 401 also for a screen that was released, 403 for a screen that does not just read.
async fn identify(request: &HttpRequest) -> Result<Viewer, ApiError> {
    let callers = request.app_data::<web::Data<Callers>>().ok_or(ApiError::Internal)?;
    let (token, by_cookie) = token_of(request).ok_or_else(ApiError::unauthenticated)?;
    let recognised = request.extensions_mut().remove::<Recognised>();
    let viewer = match recognised {
        Some(Recognised(viewer)) => viewer,
        None => callers.viewer(&token).await?.ok_or_else(|| over(&token))?,
    };
    let first = request.extensions_mut().insert(Counted).is_none();
    if let Some(rates) = request.app_data::<web::Data<Rates>>().filter(|_| first) {
        rates.known(&viewer, request.method(), request.path())?;
    }
    let session = match viewer {
        Viewer::Screen(_) if !is_read(request.method()) => return Err(screen_only_reads()),
        Viewer::Screen(_) => return Ok(viewer),
        Viewer::Person(session) => session,
    };
    if by_cookie && !is_read(request.method()) && !has_csrf_token(request, &session) {
        return Err(Refusal::forbidden("auth.csrf", "页面已过期，请刷新后再试").into());
    }
    if session.caller.must_change_password && !OPEN_BEFORE_CHANGE.contains(&request.path()) {
        return Err(Refusal::forbidden("auth.password_change_required", "请先修改初始密码").into());
    }
    Ok(Viewer::Person(session))
}

/// Whom the middleware recognised. Whoever asks first takes it, so that a later look sees what changed meanwhile.
struct Recognised(Viewer);

/// The request was counted against who sent it; some calls ask twice who that is.
struct Counted;

/// Whether somebody who is known sent the request; asks the database only when it is told to `look_up`.
pub(crate) async fn recognise(request: &HttpRequest, look_up: bool) -> bool {
    let Some(callers) = request.app_data::<web::Data<Callers>>() else { return false };
    let Some((token, _)) = token_of(request) else { return false };
    let found = match callers.remembered(&token) {
        // Nobody is refused because the database is away: the call itself says that.
        None if look_up => callers.viewer(&token).await.unwrap_or_default(),
        remembered => remembered,
    };
    let Some(viewer) = found else { return false };
    request.extensions_mut().insert(Recognised(viewer));
    true
}

/// The token of a request, and whether it is the cookie's.
fn token_of(request: &HttpRequest) -> Option<(String, bool)> {
    match bearer(request) {
        Some(token) => Some((token, false)),
        None => Some((request.cookie(SESSION_COOKIE)?.value().to_owned(), true)),
    }
}

fn over(token: &str) -> ApiError {
    let (code, detail) = if tokens::is_screens(token) {
        ("auth.screen_over", "这块大屏的配对已经解除，请重新配对")
    } else {
        ("auth.session_over", "登录已失效，请重新登录")
    };
    ApiError::Unauthenticated { code, detail: detail.to_owned() }
}

fn screen_only_reads() -> ApiError {
    Refusal::forbidden("auth.screen_only_reads", "大屏只能显示所配对的内容").into()
}

/// Who calls, as an extractor.
pub struct Authenticated(pub Arc<LiveSession>);

impl Authenticated {
    /// The person.
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }
}

impl actix_web::FromRequest for Authenticated {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await.map(Self) })
    }
}

/// The token of `Authorization: Bearer …`, or of the WebSocket's sub-protocol `bearer.…`: a browser cannot set headers
/// there.
fn bearer(request: &HttpRequest) -> Option<String> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ")) {
        return Some(token.trim().to_owned());
    }
    let protocols = header("Sec-WebSocket-Protocol")?;
    protocols.split(',').find_map(|protocol| protocol.trim().strip_prefix("bearer.")).map(str::to_owned)
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn has_csrf_token(request: &HttpRequest, session: &LiveSession) -> bool {
    let sent = request.headers().get(CSRF_HEADER).map_or(&[][..], actix_web::http::header::HeaderValue::as_bytes);
    sent.ct_eq(session.csrf_token.as_bytes()).into()
}

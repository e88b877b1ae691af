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
use actix_web::{HttpRequest, web};
use lianxin_domain::access::Caller;
use lianxin_domain::problem::Refusal;
use lianxin_storage::sessions::LiveSession;
use subtle::ConstantTimeEq as _;

pub use self::callers::Callers;
pub use self::settings::AuthSettings;
pub use self::strangers::Strangers;
pub use self::viewer::Viewer;
use crate::error::ApiError;

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
    let (token, by_cookie) = match bearer(request) {
        Some(token) => (token, false),
        None => (request.cookie(SESSION_COOKIE).ok_or_else(ApiError::unauthenticated)?.value().to_owned(), true),
    };
    if tokens::is_screens(&token) {
        let screen = callers.find_screen(&token).await?.ok_or_else(|| ApiError::Unauthenticated {
            code: "auth.screen_over",
            detail: "这块大屏的配对已经解除，请重新配对".to_owned(),
        })?;
        return if is_read(request.method()) { Ok(Viewer::Screen(screen)) } else { Err(screen_only_reads()) };
    }
    let session = callers.find(&token).await?.ok_or_else(|| ApiError::Unauthenticated {
        code: "auth.session_over",
        detail: "登录已失效，请重新登录".to_owned(),
    })?;
    if by_cookie && !is_read(request.method()) && !has_csrf_token(request, &session) {
        return Err(Refusal::forbidden("auth.csrf", "页面已过期，请刷新后再试").into());
    }
    if session.caller.must_change_password && !OPEN_BEFORE_CHANGE.contains(&request.path()) {
        return Err(Refusal::forbidden("auth.password_change_required", "请先修改初始密码").into());
    }
    Ok(Viewer::Person(session))
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

//! What signing in has in common, changing a password, signing out.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpResponse, post, web};
use lianxin_actors::courier::CourierBell;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::AccountKind;
use lianxin_domain::clock::Clock;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::IdSource;
use lianxin_domain::password::PasswordPolicy;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_storage::accounts::{Account, Accounts};
use lianxin_storage::change::Change;
use lianxin_storage::deliveries::Deliveries;
use lianxin_storage::sealed::LookupKey;
use lianxin_storage::sessions::{Session, Sessions};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::auth::passwords::Passwords;
use crate::auth::tokens::{new_token, token_hash};
use crate::auth::{AuthSettings, Callers, SESSION_COOKIE, Strangers};
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// What signing in needs.
#[derive(Clone)]
pub struct FrontDoor {
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions and codes.
    pub sessions: Sessions,
    /// What codes are stored by.
    pub codes: LookupKey,
    /// Messages owed.
    pub deliveries: Deliveries,
    /// Wakes who sends them.
    pub bell: CourierBell,
    /// Hashing.
    pub passwords: Passwords,
    /// Tries of names without account.
    pub strangers: Arc<Strangers>,
    /// New ids, time and chance.
    pub ids: IdSource,
    /// Limits.
    pub settings: AuthSettings,
}

pub(super) type Door = web::Data<FrontDoor>;

/// A login that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// For `Authorization: Bearer`; browsers use the cookie.
    token: String,
    /// What cookie callers send with every change as `X-CSRF-Token`.
    csrf_token: String,
    /// The name that was signed in with.
    account: String,
    /// The person's name.
    name: String,
    /// `staff` or `resident`.
    kind: String,
    /// Everything else waits until the first password is changed.
    must_change_password: bool,
}

/// What the caller gets for a session about to be opened.
pub(super) struct NewSession {
    view: SessionView,
    life_ms: i64,
}

impl NewSession {
    /// A session of `account`, and `change` with what opens it added.
    pub(super) fn of(door: &FrontDoor, account: &Account, mut change: Change) -> (Self, Change) {
        let entropy = &**door.ids.entropy();
        let (token, csrf_token) = (new_token(entropy), new_token(entropy));
        let life_ms = match account.kind {
            AccountKind::Staff => door.settings.staff_session_ms,
            AccountKind::Resident => door.settings.resident_session_ms,
        };
        let session = Session {
            id: door.ids.next(),
            token_hash: token_hash(&token),
            account_id: account.id,
            csrf_token: csrf_token.clone(),
            created_at: change.at,
            expires_at: change.at.plus_millis(life_ms),
        };
        change.by = Some(account.id);
        change.write(Sessions::insert(&session));
        change.audited("auth.sign_in", Subject::new("session", session.id), json!({}));
        let view = SessionView {
            token,
            csrf_token,
            account: account.login.clone().or_else(|| account.phone.clone()).unwrap_or_default(),
            name: account.name.clone(),
            kind: account.kind.as_str().to_owned(),
            must_change_password: account.must_change_password,
        };
        (Self { view, life_ms }, change)
    }

    /// The answer once it is open.
    pub(super) fn response(self) -> HttpResponse {
        let cookie = session_cookie(self.view.token.clone(), self.life_ms / 1000);
        HttpResponse::Ok().cookie(cookie).json(self.view)
    }
}

/// The middleware makes it secure when it goes over TLS.
fn session_cookie(token: String, seconds: i64) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// The old and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    old_password: String,
    new_password: String,
}

/// Changes the caller's password; all other sessions of the account end.
#[utoipa::path(tag = "auth", request_body = PasswordInput, responses((status = 204)))]
#[post("/api/v1/auth/password")]
pub async fn change_password(
    call: Call<PasswordInput>,
    door: Door,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let account = door.accounts.get(call.caller.account_id).await?.ok_or_else(ApiError::unauthenticated)?;
    let PasswordInput { old_password, new_password } = &call.body;
    if !door.passwords.verify(old_password.clone(), account.password_hash.clone()).await? {
        return Err(one_field("old_password", "auth.wrong_password", "原密码不正确"));
    }
    check_new_password(&account, old_password, new_password)?;
    let mut after = Account { version: account.version + 1, must_change_password: false, ..account.clone() };
    after.password_hash = Some(door.passwords.hash(new_password.clone()).await?);
    let mut change = call.change(door.ids.clock().now());
    change.write(door.accounts.update(account.version, &after));
    let others = door.sessions.of_account(account.id).await?;
    for session in others.into_iter().filter(|session| *session != call.caller.session_id) {
        change.write(Sessions::end(session));
        change.event("session.ended", Subject::new("session", session), json!({}));
    }
    let subject = Subject::new("account", account.id);
    change.event("account.password_changed", subject.clone(), json!({}));
    change.audited("account.change_password", subject, json!({}));
    let response = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await?;
    callers.account_changed(account.id);
    Ok(response)
}

fn check_new_password(account: &Account, old: &str, new: &str) -> Result<(), ApiError> {
    if old == new {
        return Err(one_field("new_password", "password.same", "新密码不能与原密码相同"));
    }
    let phone = account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok());
    let known_as = account.login.as_deref().unwrap_or_default();
    PasswordPolicy::STAFF.check(new, known_as, phone.as_ref()).map_err(|problems| {
        let fields: Vec<FieldError> = problems.into_iter().map(|problem| problem.at_field("new_password")).collect();
        Refusal::fields(fields).into()
    })
}

/// Signs out.
#[utoipa::path(tag = "auth", responses((status = 204)))]
#[post("/api/v1/auth/logout")]
pub async fn logout(
    call: Call<Nothing>,
    door: Door,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let session = call.caller.session_id;
    let mut change = call.change(door.ids.clock().now());
    change.write(Sessions::end(session));
    change.event("session.ended", Subject::new("session", session), json!({}));
    change.audited("auth.sign_out", Subject::new("session", session), json!({}));
    let mut response = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await?;
    callers.session_ended(session);
    let gone = Cookie::build(SESSION_COOKIE, "").path("/").max_age(Duration::ZERO).finish();
    response.add_cookie(&gone).map_err(|_| ApiError::Internal)?;
    Ok(response)
}

/// Time as handlers get it.
pub type ClockData = web::Data<dyn Clock>;

/// Makes [`ClockData`] from the server's clock.
pub fn clock_data(clock: Arc<dyn Clock>) -> ClockData {
    web::Data::from(clock)
}

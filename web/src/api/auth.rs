//! Signing in and out: staff by password, residents by phone code.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpResponse, post, web};
use lianxin_actors::courier::{CourierBell, SMS, Sms};
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::AccountKind;
use lianxin_domain::calendar_day::day_start;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{IdSource, RequestId};
use lianxin_domain::password::{LoginGuard, PasswordPolicy};
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal, RefusalKind};
use lianxin_storage::accounts::{Account, AccountStatus, Accounts};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::deliveries::Deliveries;
use lianxin_storage::journal::CommitError;
use lianxin_storage::sessions::{PhoneCode, Session, Sessions};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::auth::passwords::Passwords;
use crate::auth::tokens::{new_code, new_token, token_hash};
use crate::auth::{AuthSettings, Callers, SESSION_COOKIE};
use crate::call::{Body, Call, CommitsData};
use crate::error::ApiError;

/// What signing in needs.
#[derive(Clone)]
pub struct FrontDoor {
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions and codes.
    pub sessions: Sessions,
    /// Messages owed.
    pub deliveries: Deliveries,
    /// Wakes who sends them.
    pub bell: CourierBell,
    /// Hashing.
    pub passwords: Passwords,
    /// New ids, time and chance.
    pub ids: IdSource,
    /// Limits.
    pub settings: AuthSettings,
}

type Door = web::Data<FrontDoor>;

/// Account and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginInput {
    account: String,
    password: String,
}

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

/// Signs staff in. After three wrong passwords the account is locked for a while; the answer does not tell whether an
/// account exists.
#[utoipa::path(tag = "auth", request_body = LoginInput, responses((status = 200, body = SessionView)))]
#[post("/api/v1/auth/login")]
pub async fn login(
    body: Body<LoginInput>,
    request: actix_web::HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let Body(LoginInput { account: known_as, password }) = body;
    let request_id = crate::call::request_id(&request);
    let account = door.accounts.by_login(known_as.trim()).await?;
    let now = door.ids.clock().now();
    let usable =
        account.filter(|account| account.kind == AccountKind::Staff && account.status == AccountStatus::Active);
    if let Some(locked) = usable.as_ref().and_then(|account| guard(account).locked_until(door.settings.lock, now)) {
        let seconds = u32::try_from(locked.since(now) / 1000 + 1).unwrap_or(u32::MAX);
        let kind = RefusalKind::TooOften { retry_after_s: seconds };
        let detail = format!("密码错误次数过多，账号已锁定，请 {} 分钟后再试或联系管理员", seconds.div_ceil(60));
        return Err(Refusal::new(kind, "auth.locked", detail).into());
    }
    let stored = usable.as_ref().and_then(|account| account.password_hash.clone());
    let right = door.passwords.verify(password, stored).await?;
    match (usable, right) {
        (Some(account), true) => {
            let cleared = (account.login_failures > 0).then(|| {
                let guarded = with_guard(&account, LoginGuard::cleared());
                door.accounts.update(account.version, &guarded)
            });
            open_session(&door, &commits, &account, cleared, request_id).await
        }
        (Some(account), false) => {
            record_failure(&door, &commits, &account, now, request_id).await?;
            Err(wrong_password())
        }
        (None, _) => Err(wrong_password()),
    }
}

fn wrong_password() -> ApiError {
    ApiError::Unauthenticated { code: "auth.wrong_password", detail: "账号或密码不正确".to_owned() }
}

fn guard(account: &Account) -> LoginGuard {
    LoginGuard { failures: account.login_failures, locked_at: account.locked_at }
}

fn with_guard(account: &Account, guard: LoginGuard) -> Account {
    Account {
        version: account.version + 1,
        login_failures: guard.failures,
        locked_at: guard.locked_at,
        ..account.clone()
    }
}

async fn record_failure(
    door: &FrontDoor,
    commits: &CommitsData,
    account: &Account,
    now: Timestamp,
    request_id: RequestId,
) -> Result<(), ApiError> {
    let after = guard(account).after_failure(door.settings.lock, now);
    let mut change = Change::new(now, Some(account.id), Some(request_id));
    change.write(door.accounts.update(account.version, &with_guard(account, after)));
    let subject = Subject::new("account", account.id);
    change.audited(
        "auth.wrong_password",
        subject.clone(),
        json!({ "failures": [account.login_failures, after.failures] }),
    );
    if after.locked_at.is_some() {
        change.event("account.locked", subject, json!({ "failures": after.failures }));
    }
    match commits.commit_plain(change).await {
        // Another try of the same moment was counted first; this one is answered the same.
        Ok(_) | Err(CommitError::Stale { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn open_session(
    door: &FrontDoor,
    commits: &CommitsData,
    account: &Account,
    also: Option<Write>,
    request_id: RequestId,
) -> Result<HttpResponse, ApiError> {
    let now = door.ids.clock().now();
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
        created_at: now,
        expires_at: now.plus_millis(life_ms),
    };
    let mut change = Change::new(now, Some(account.id), Some(request_id));
    change.writes.extend(also);
    change.write(Sessions::insert(&session));
    change.audited("auth.sign_in", Subject::new("session", session.id), json!({}));
    commits.commit_plain(change).await?;
    let view = SessionView {
        token: token.clone(),
        csrf_token,
        account: account.login.clone().or_else(|| account.phone.clone()).unwrap_or_default(),
        name: account.name.clone(),
        kind: account.kind.as_str().to_owned(),
        must_change_password: account.must_change_password,
    };
    Ok(HttpResponse::Ok().cookie(session_cookie(token, life_ms / 1000, door.settings.secure_cookie)).json(view))
}

fn session_cookie(token: String, seconds: i64, secure: bool) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// A phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsCodeInput {
    phone: String,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct SmsCodeView {
    /// Seconds in which it works.
    expires_in_s: i64,
    /// Seconds until another may be asked for.
    retry_after_s: i64,
}

/// Sends a resident's phone a six-digit code.
#[utoipa::path(tag = "auth", request_body = SmsCodeInput, responses((status = 202, body = SmsCodeView)))]
#[post("/api/v1/auth/sms-code")]
pub async fn sms_code(
    body: Body<SmsCodeInput>,
    request: actix_web::HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let phone = parse_phone(&body.0.phone)?;
    let settings = door.settings;
    let now = door.ids.clock().now();
    let phone_print = door.accounts.phone_print(phone.as_str());
    let last = door.sessions.phone_code(&phone_print).await?;
    let sent_today =
        last.as_ref().filter(|code| day_start(code.sent_at) == day_start(now)).map_or(0, |code| code.sent_today);
    if let Some(wait_ms) = last.map(|code| settings.code_cooldown_ms - now.since(code.sent_at)).filter(|ms| *ms > 0) {
        return Err(too_often(wait_ms, "验证码已发送，请稍后再试"));
    }
    if sent_today >= settings.codes_a_day {
        let tomorrow_ms = lianxin_domain::calendar_day::next_day_start(now).since(now);
        return Err(too_often(tomorrow_ms, "今天获取验证码的次数已用完，请明天再试或联系网格员"));
    }
    let code = new_code(&**door.ids.entropy());
    let minutes = settings.code_life_ms / 60_000;
    let sms = Sms {
        phone: phone.as_str().to_owned(),
        text: format!("【连心】您的验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人。"),
        code: Some(code.clone()),
    };
    let request_id = crate::call::request_id(&request);
    let mut change = Change::new(now, None, Some(request_id));
    change.write(Sessions::put_phone_code(&PhoneCode {
        code_hash: code_hash(&phone_print, &code),
        phone_print,
        sent_at: now,
        expires_at: now.plus_millis(settings.code_life_ms),
        attempts: 0,
        sent_today: sent_today + 1,
    }));
    let payload = serde_json::to_string(&sms).map_err(|_| ApiError::Internal)?;
    change.write(door.deliveries.owe(&format!("sms-code:{request_id}"), SMS, &payload, now));
    commits.commit_plain(change).await?;
    door.bell.ring();
    let view =
        SmsCodeView { expires_in_s: settings.code_life_ms / 1000, retry_after_s: settings.code_cooldown_ms / 1000 };
    Ok(HttpResponse::Accepted().json(view))
}

/// Phone and code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsLoginInput {
    phone: String,
    code: String,
}

/// Signs a resident in; the first time makes the account.
#[utoipa::path(tag = "auth", request_body = SmsLoginInput, responses((status = 200, body = SessionView)))]
#[post("/api/v1/auth/sms-login")]
pub async fn sms_login(
    body: Body<SmsLoginInput>,
    request: actix_web::HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let phone = parse_phone(&body.0.phone)?;
    let request_id = crate::call::request_id(&request);
    let used = use_code(&door, &commits, &phone, body.0.code.trim(), request_id).await?;
    let account = match door.accounts.resident_by_phone(phone.as_str()).await? {
        Some(account) if account.status == AccountStatus::Active => account,
        Some(_) => return Err(Refusal::forbidden("auth.disabled", "账号已停用，请联系管理员").into()),
        None => register(&door, &commits, &phone, request_id).await?,
    };
    open_session(&door, &commits, &account, Some(used), request_id).await
}

/// Checks a code; answers the write that uses it up.
async fn use_code(
    door: &FrontDoor,
    commits: &CommitsData,
    phone: &Phone,
    code: &str,
    request_id: RequestId,
) -> Result<Write, ApiError> {
    let wrong = || one_field("code", "auth.wrong_code", "验证码不正确或已失效，请重新获取");
    let now = door.ids.clock().now();
    let phone_print = door.accounts.phone_print(phone.as_str());
    let stored = door.sessions.phone_code(&phone_print).await?.ok_or_else(wrong)?;
    if now >= stored.expires_at || stored.attempts >= door.settings.code_attempts {
        return Err(wrong());
    }
    let right: bool = code_hash(&phone_print, code).as_bytes().ct_eq(stored.code_hash.as_bytes()).into();
    if right {
        return Ok(Sessions::put_phone_code(&PhoneCode { expires_at: now, ..stored }));
    }
    let mut change = Change::new(now, None, Some(request_id));
    change.write(Sessions::put_phone_code(&PhoneCode { attempts: stored.attempts + 1, ..stored }));
    commits.commit_plain(change).await?;
    Err(wrong())
}

async fn register(
    door: &FrontDoor,
    commits: &CommitsData,
    phone: &Phone,
    request_id: RequestId,
) -> Result<Account, ApiError> {
    let now = door.ids.clock().now();
    let mut account = Account::new(door.ids.next(), AccountKind::Resident, now);
    account.phone = Some(phone.as_str().to_owned());
    let mut change = Change::new(now, Some(account.id), Some(request_id));
    change.write(door.accounts.insert(&account));
    change.audited("account.register", Subject::new("account", account.id), json!({}));
    match commits.commit_plain(change).await {
        Ok(_) => Ok(account),
        // Signed in twice at the same moment: the other one made the account.
        Err(CommitError::Exists { .. }) => {
            door.accounts.resident_by_phone(phone.as_str()).await?.ok_or(ApiError::Internal)
        }
        Err(error) => Err(error.into()),
    }
}

fn code_hash(phone_print: &str, code: &str) -> String {
    token_hash(&format!("{phone_print}:{code}"))
}

fn parse_phone(text: &str) -> Result<Phone, ApiError> {
    Phone::parse(text).map_err(|error| one_field("phone", "field.phone", error.message()))
}

fn too_often(wait_ms: i64, detail: &str) -> ApiError {
    let retry_after_s = u32::try_from(wait_ms / 1000 + 1).unwrap_or(u32::MAX);
    Refusal::new(RefusalKind::TooOften { retry_after_s }, "auth.too_often", detail).into()
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
    let response = commits.commit(&call, change, 204, &(), || ApiError::Internal).await?;
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
    let mut response = commits.commit(&call, change, 204, &(), || ApiError::Internal).await?;
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

//! Signing residents in by a code sent to their phone.

use actix_web::{HttpRequest, HttpResponse, post};
use lianxin_actors::courier::{SMS, Sms};
use lianxin_domain::access::AccountKind;
use lianxin_domain::calendar_day::{day_start, next_day_start};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::RequestId;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{Refusal, RefusalKind};
use lianxin_storage::accounts::{Account, AccountStatus};
use lianxin_storage::change::{Change, IdempotencyClaim, IdempotencyKey};
use lianxin_storage::deliveries::Delivery;
use lianxin_storage::journal::CommitError;
use lianxin_storage::sessions::{PhoneCode, Sessions};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::auth::{Door, FrontDoor, NewSession, SessionView};
use super::tickets::one_field;
use crate::auth::tokens::new_code;
use crate::call::{Body, CommitsData, request_id};
use crate::error::ApiError;

/// How often a wrong code is counted anew because others of the same phone were counted first.
const TURNS: u8 = 20;

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
    request: HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let phone = parse_phone(&body.0.phone)?;
    let settings = door.settings;
    let now = door.ids.clock().now();
    let phone_print = door.accounts.phone_print(phone.as_str());
    let last = door.sessions.phone_code(&phone_print).await?;
    let sent_today = may_send(&door, last.as_ref(), now)?;
    let code = new_code(&**door.ids.entropy());
    let minutes = settings.code_life_ms / 60_000;
    let sms = Sms {
        phone: phone.as_str().to_owned(),
        text: format!("【连心】您的验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人。"),
        code: Some(code.clone()),
    };
    let request_id = request_id(&request);
    let mut change = Change::new(now, None, Some(request_id));
    change.idempotency = Some(next_of(&phone_print, last.as_ref(), now));
    change.write(Sessions::put_phone_code(&PhoneCode {
        code_hash: code_hash(&door, &phone_print, &code),
        phone_print,
        sent_at: now,
        expires_at: now.plus_millis(settings.code_life_ms),
        attempts: 0,
        sent_today: sent_today + 1,
    }));
    let payload = serde_json::to_string(&sms).map_err(|_| ApiError::Internal)?;
    change.write(door.deliveries.owe(&Delivery::new(&format!("sms-code:{request_id}"), SMS, &payload, now, now)));
    commits.commit_plain(change).await.map_err(|error| match error {
        // Asked for twice at the same moment: the other one is on its way.
        CommitError::Repeated => too_often(settings.code_cooldown_ms, SENT_ALREADY),
        error => error.into(),
    })?;
    door.bell.ring();
    let view =
        SmsCodeView { expires_in_s: settings.code_life_ms / 1000, retry_after_s: settings.code_cooldown_ms / 1000 };
    Ok(HttpResponse::Accepted().json(view))
}

const SENT_ALREADY: &str = "验证码已发送，请稍后再试";

/// How many codes the phone got today, if it may get another.
fn may_send(door: &FrontDoor, last: Option<&PhoneCode>, now: Timestamp) -> Result<u32, ApiError> {
    let settings = door.settings;
    if let Some(code) = last.filter(|code| now.is_within(settings.code_cooldown_ms, code.sent_at)) {
        return Err(too_often(settings.code_cooldown_ms - now.since(code.sent_at), SENT_ALREADY));
    }
    let today = last.filter(|code| day_start(code.sent_at) == day_start(now));
    let sent_today = today.map_or(0, |code| code.sent_today);
    if sent_today >= settings.codes_a_day {
        let tomorrow_ms = next_day_start(now).since(now);
        return Err(too_often(tomorrow_ms, "今天获取验证码的次数已用完，请明天再试或联系网格员"));
    }
    Ok(sent_today)
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
    request: HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let phone = parse_phone(&body.0.phone)?;
    let request_id = request_id(&request);
    let used = use_code(&door, &commits, &phone, body.0.code.trim(), request_id).await?;
    let account = match door.accounts.resident_by_phone(phone.as_str()).await? {
        Some(account) if account.status == AccountStatus::Active => account,
        Some(_) => return Err(Refusal::forbidden("auth.disabled", "账号已停用，请联系管理员").into()),
        None => register(&door, &commits, &phone, request_id).await?,
    };
    let (session, change) = NewSession::of(&door, &account, used);
    commits.commit_plain(change).await.map_err(|error| match error {
        // Sent twice at the same moment: the other one used it up.
        CommitError::Repeated => wrong_code(),
        error => error.into(),
    })?;
    Ok(session.response())
}

/// Checks a code; answers the change that uses it up.
async fn use_code(
    door: &FrontDoor,
    commits: &CommitsData,
    phone: &Phone,
    code: &str,
    request_id: RequestId,
) -> Result<Change, ApiError> {
    let phone_print = door.accounts.phone_print(phone.as_str());
    for _ in 0..TURNS {
        let now = door.ids.clock().now();
        let stored = door.sessions.phone_code(&phone_print).await?.ok_or_else(wrong_code)?;
        // One from the future: the clock was set back by more than its life, and nobody knows how old it is.
        let is_over = now >= stored.expires_at || stored.sent_at.since(now) >= door.settings.code_life_ms;
        if is_over || stored.attempts >= door.settings.code_attempts {
            return Err(wrong_code());
        }
        let right: bool = code_hash(door, &phone_print, code).as_bytes().ct_eq(stored.code_hash.as_bytes()).into();
        let mut change = Change::new(now, None, Some(request_id));
        change.idempotency = Some(next_of(&phone_print, Some(&stored), now));
        let attempts = stored.attempts + 1;
        if right {
            change.write(Sessions::put_phone_code(&PhoneCode { expires_at: now, attempts, ..stored }));
            return Ok(change);
        }
        change.write(Sessions::put_phone_code(&PhoneCode { attempts, ..stored }));
        match commits.commit_plain(change).await {
            // Another try of the same moment was counted first; this one counts, too.
            Err(CommitError::Repeated) => {}
            Ok(_) => return Err(wrong_code()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::Unavailable)
}

/// The right to be what follows on `last`, which one of several at once gets: so no try is lost, no code used twice and
/// none overwritten by an older one. Without a last one, the day stands for it.
fn next_of(phone_print: &str, last: Option<&PhoneCode>, now: Timestamp) -> IdempotencyClaim {
    let (sent_at, attempts) = last.map_or((day_start(now), 0), |code| (code.sent_at, code.attempts));
    let state = format!("{phone_print}|{}|{attempts}", sent_at.millis());
    let key = IdempotencyKey::new("phone-code", &state);
    IdempotencyClaim { key, request_hash: String::new(), status: 0, body: String::new() }
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
        // Signed in twice at the same moment: the other one makes the account, and an empty change comes back after it.
        Err(CommitError::Exists { .. }) => {
            commits.commit_plain(Change::new(now, None, None)).await?;
            door.accounts.resident_by_phone(phone.as_str()).await?.ok_or(ApiError::Internal)
        }
        Err(error) => Err(error.into()),
    }
}

fn wrong_code() -> ApiError {
    one_field("code", "auth.wrong_code", "验证码不正确或已失效，请重新获取")
}

/// What is stored of a code: without the key, a million tries would find it.
fn code_hash(door: &FrontDoor, phone_print: &str, code: &str) -> String {
    door.codes.fingerprint("phone_codes.code_hash", &format!("{phone_print}:{code}"))
}

fn parse_phone(text: &str) -> Result<Phone, ApiError> {
    Phone::parse(text).map_err(|error| one_field("phone", "field.phone", error.message()))
}

fn too_often(wait_ms: i64, detail: &str) -> ApiError {
    let retry_after_s = u32::try_from(wait_ms / 1000 + 1).unwrap_or(u32::MAX);
    Refusal::new(RefusalKind::TooOften { retry_after_s }, "auth.too_often", detail).into()
}

//! Signing in by account and password: staff, and members of the Party who have both.

use actix_web::{HttpRequest, HttpResponse, post};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::RequestId;
use lianxin_domain::password::LoginGuard;
use lianxin_domain::problem::{Refusal, RefusalKind};
use lianxin_storage::accounts::{Account, AccountStatus};
use lianxin_storage::change::Change;
use lianxin_storage::journal::CommitError;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::auth::{Door, FrontDoor, NewSession, SessionView};
use crate::call::{Body, CommitsData, request_id};
use crate::error::ApiError;

/// How often a try is written anew because others of the same account were written first.
const TURNS: u8 = 20;

/// Account and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginInput {
    account: String,
    password: String,
}

/// Signs in whoever has an account name and a password. After three wrong passwords the account is locked for a while; the answer does not tell whether an
/// account exists.
#[utoipa::path(tag = "auth", request_body = LoginInput, responses((status = 200, body = SessionView)))]
#[post("/api/v1/auth/login")]
pub async fn login(
    body: Body<LoginInput>,
    request: HttpRequest,
    door: Door,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let Body(LoginInput { account: known_as, password }) = body;
    let name = known_as.trim();
    let account = known(&door, name).await?;
    refuse_locked(&door, name, account.as_ref())?;
    let stored = account.as_ref().and_then(|account| account.password_hash.clone());
    let right = door.passwords.verify(password, stored.clone()).await?;
    let attempt = Attempt { name, right, stored, request_id: request_id(&request) };
    for _ in 0..TURNS {
        match attempt.settle(&door, &commits).await {
            // Another try of the same moment was counted first; this one is judged again after it.
            Err(Unsettled::Overtaken) => {}
            Err(Unsettled::Refused(error)) => return Err(error),
            Ok(response) => return Ok(response),
        }
    }
    Err(ApiError::Unavailable)
}

/// A try whose password was looked at.
struct Attempt<'a> {
    name: &'a str,
    right: bool,
    /// What the password was compared with.
    stored: Option<String>,
    request_id: RequestId,
}

enum Unsettled {
    Overtaken,
    Refused(ApiError),
}

impl<E: Into<ApiError>> From<E> for Unsettled {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl Attempt<'_> {
    /// Decides on the account as it is now: others may have locked it while this password was hashed.
    async fn settle(&self, door: &FrontDoor, commits: &CommitsData) -> Result<HttpResponse, Unsettled> {
        let now = door.ids.clock().now();
        let account = known(door, self.name).await?;
        refuse_locked(door, self.name, account.as_ref())?;
        let Some(account) = account else {
            door.strangers.failed(self.name, now);
            return Err(wrong_password().into());
        };
        let mut change = Change::new(now, Some(account.id), Some(self.request_id));
        if self.right && account.password_hash == self.stored {
            if account.login_failures > 0 {
                let cleared = with_guard(&account, LoginGuard::cleared());
                change.write(door.accounts.update(account.version, &cleared));
            }
            let (session, change) = NewSession::of(door, &account, change);
            commits.commit_plain(change).await.map_err(overtaken)?;
            return Ok(session.response());
        }
        count_failure(door, &account, now, &mut change);
        commits.commit_plain(change).await.map_err(overtaken)?;
        Err(wrong_password().into())
    }
}

fn overtaken(error: CommitError) -> Unsettled {
    match error {
        CommitError::Stale { .. } => Unsettled::Overtaken,
        error => error.into(),
    }
}

async fn known(door: &FrontDoor, name: &str) -> Result<Option<Account>, ApiError> {
    let account = door.accounts.by_login(name).await?;
    Ok(account.filter(|account| account.password_hash.is_some() && account.status == AccountStatus::Active))
}

fn refuse_locked(door: &FrontDoor, name: &str, account: Option<&Account>) -> Result<(), ApiError> {
    let now = door.ids.clock().now();
    let until = match account {
        Some(account) => guard(account).locked_until(door.settings.lock, now),
        None => door.strangers.locked_until(name, now),
    };
    let Some(until) = until else { return Ok(()) };
    let seconds = u32::try_from(until.since(now) / 1000 + 1).unwrap_or(u32::MAX);
    let kind = RefusalKind::TooOften { retry_after_s: seconds };
    let detail = format!("密码错误次数过多，账号已锁定，请 {} 分钟后再试或联系管理员", seconds.div_ceil(60));
    Err(Refusal::new(kind, "auth.locked", detail).into())
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

fn count_failure(door: &FrontDoor, account: &Account, now: Timestamp, change: &mut Change) {
    let after = guard(account).after_failure(door.settings.lock, now);
    change.write(door.accounts.update(account.version, &with_guard(account, after)));
    let subject = Subject::new("account", account.id);
    let failures = json!({ "failures": [account.login_failures, after.failures] });
    change.audited("auth.wrong_password", subject.clone(), failures);
    if after.locked_at.is_some() {
        change.event("account.locked", subject, json!({ "failures": after.failures }));
    }
}

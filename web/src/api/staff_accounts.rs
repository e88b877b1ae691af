//! Accounts of staff, made and mended by the administrators of the whole tenant.

use actix_web::{HttpResponse, post, web};
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::{AccountKind, Caller};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AccountId;
use lianxin_domain::login::check_login;
use lianxin_domain::person_name::PersonName;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_storage::accounts::Account;
use lianxin_storage::sessions::Sessions;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::auth::FrontDoor;
use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::auth::Callers;
use crate::auth::passwords::first_password;
use crate::call::{Call, CommitsData, answered};
use crate::error::ApiError;

/// A new member of staff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaffInput {
    /// The name to sign in with: 3–32 letters, digits, `_`, `-` or `.`.
    account: String,
    /// The person's name.
    name: String,
    /// Mobile number.
    #[serde(default)]
    phone: Option<String>,
}

/// A password that works once: the person must change it before anything else.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstPassword {
    #[schema(value_type = String)]
    account_id: AccountId,
    account: String,
    /// Shown now and never again.
    first_password: String,
}

/// Makes an account of staff; its duties follow with `POST /grids/{id}/staff`.
#[utoipa::path(tag = "accounts", operation_id = "create_staff_account", request_body = NewStaffInput,
    responses((status = 201, body = FirstPassword)))]
#[post("/api/v1/accounts")]
pub async fn create(
    call: Call<NewStaffInput>,
    door: web::Data<FrontDoor>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    tenant_administrator(&call.caller)?;
    let mut account = checked(&call.body, &door)?;
    let password = first_password(&**door.ids.entropy());
    account.password_hash = Some(door.passwords.hash(password.clone()).await?);
    account.must_change_password = true;
    let subject = Subject::new("account", account.id);
    let mut change = call.change(account.created_at);
    change.write(door.accounts.insert(&account));
    change.event("account.staff_created", subject.clone(), json!({ "name": account.name }));
    change.audited(
        "account.create",
        subject,
        json!({ "account": [null, account.login], "name": [null, account.name] }),
    );
    let taken = one_field("account", "account.login_taken", "这个账号已被使用");
    committed(&commits, change, &account, password, 201, taken).await
}

/// Gives a member of staff a new first password, unlocks the account and ends its sessions (inventory IDN-07, IDN-08).
#[utoipa::path(tag = "accounts", params(("id" = String, Path)), responses((status = 200, body = FirstPassword)))]
#[post("/api/v1/accounts/{id}/reset-password")]
pub async fn reset_password(
    id: web::Path<String>,
    call: Call<Nothing>,
    door: web::Data<FrontDoor>,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    tenant_administrator(&call.caller)?;
    let missing = || Refusal::not_found("account.not_found", "没有找到这位工作人员");
    let account_id: AccountId = id.parse().map_err(|_| missing())?;
    let before = door.accounts.get(account_id).await?.filter(|account| account.kind == AccountKind::Staff);
    let before = before.ok_or_else(missing)?;
    let password = first_password(&**door.ids.entropy());
    let after = Account {
        version: before.version + 1,
        password_hash: Some(door.passwords.hash(password.clone()).await?),
        must_change_password: true,
        login_failures: 0,
        locked_at: None,
        ..before.clone()
    };
    let subject = Subject::new("account", account_id);
    let mut change = call.change(door.ids.clock().now());
    change.write(door.accounts.update(before.version, &after));
    for session in door.sessions.of_account(account_id).await? {
        change.write(Sessions::end(session));
        change.event("session.ended", Subject::new("session", session), json!({}));
    }
    change.event("account.password_reset", subject.clone(), json!({}));
    change.audited("account.reset_password", subject, json!({ "locked": [before.locked_at.is_some(), false] }));
    let response = committed(&commits, change, &after, password, 200, ApiError::Internal).await?;
    callers.account_changed(account_id);
    Ok(response)
}

/// Commits and answers the first password. It is not stored as an answer, so a repetition makes another one.
async fn committed(
    commits: &CommitsData,
    change: lianxin_storage::change::Change,
    account: &Account,
    first_password: String,
    status: u16,
    exists: ApiError,
) -> Result<HttpResponse, ApiError> {
    let view =
        FirstPassword { account_id: account.id, account: account.login.clone().unwrap_or_default(), first_password };
    let body = serde_json::to_string(&view).map_err(|_| ApiError::Internal)?;
    match commits.commit_plain(change).await {
        Ok(committed) => Ok(answered(status, body, committed.seq)),
        Err(lianxin_storage::journal::CommitError::Exists { .. }) => Err(exists),
        Err(error) => Err(error.into()),
    }
}

fn checked(input: &NewStaffInput, door: &FrontDoor) -> Result<Account, ApiError> {
    let login = check_login(&input.account);
    let name = PersonName::parse(&input.name).map_err(|error| FieldError::new("name", error.code(), error.message()));
    let phone = input.phone.as_deref().map(Phone::parse).transpose();
    let phone = phone.map_err(|error| FieldError::new("phone", "field.phone", error.message()));
    match (login, name, phone) {
        (Ok(login), Ok(name), Ok(phone)) => {
            let mut account = Account::new(door.ids.next(), AccountKind::Staff, door.ids.clock().now());
            account.login = Some(login);
            account.name = name.as_str().to_owned();
            account.phone = phone.map(|phone| phone.as_str().to_owned());
            Ok(account)
        }
        (login, name, phone) => {
            let fields = login.err().into_iter().chain(name.err()).chain(phone.err()).collect();
            Err(Refusal::fields(fields).into())
        }
    }
}

/// Accounts belong to the tenant, not to one of its grids.
pub(super) fn tenant_administrator(caller: &Caller) -> Result<(), ApiError> {
    if caller.administers.iter().any(|path| path.level() == 1) {
        Ok(())
    } else {
        Err(Refusal::forbidden("account.not_permitted", "只有管理员可以管理账号").into())
    }
}

//! The caller's own account.

use actix_web::{HttpResponse, get, patch, web};
use lianxin_actors::directory::Directories;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::AccountKind;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, GridId, MemberId};
use lianxin_domain::person_name::PersonName;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal, text_field};
use lianxin_storage::accounts::{Account, Accounts};
use lianxin_storage::sessions::LiveSession;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::auth::ClockData;
use super::tickets::one_field;
use crate::auth::{Authenticated, Callers};
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::grid::OrganisationRef;

const MAX_ADDRESS: usize = 200;

/// A duty of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyGridView {
    #[schema(value_type = String)]
    id: GridId,
    /// The grid's living QR code.
    code: String,
    name: String,
    full_name: String,
    level: u8,
    /// `leader`, `deputy` or `worker`.
    duty: String,
    /// 网格长, 副网格长 or 网格员.
    duty_title: String,
}

/// The caller's Party membership.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipView {
    #[schema(value_type = String)]
    member_id: MemberId,
    organisation: OrganisationRef,
    /// `full` or `probationary`.
    standing: String,
    /// 正式党员 or 预备党员.
    standing_title: String,
}

/// A right of the caller in an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRoleView {
    organisation: OrganisationRef,
    /// `administrator`, `secretary` or `supervisor`.
    role: String,
    /// 管理员, 书记 or 督导员.
    role_title: String,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    #[schema(value_type = String)]
    id: AccountId,
    /// What was signed in with; a resident's is masked.
    account: String,
    name: String,
    /// `staff` or `resident`.
    kind: String,
    /// Masked.
    phone: Option<String>,
    address: Option<String>,
    /// Requests can be sent.
    profile_complete: bool,
    must_change_password: bool,
    roles: Vec<String>,
    /// What cookie callers send with every change as `X-CSRF-Token`.
    csrf_token: String,
    grids: Vec<MyGridView>,
    organisations: Vec<OrganisationRef>,
    /// The Party membership.
    membership: Option<MembershipView>,
    /// Rights in Party organisations; of a tenant's administrator that in the highest one, too.
    organisation_roles: Vec<OwnRoleView>,
}

/// Who the caller is.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me)))]
#[get("/api/v1/auth/me")]
pub async fn me(
    who: Authenticated,
    accounts: web::Data<Accounts>,
    directories: web::Data<Directories>,
) -> Result<web::Json<Me>, ApiError> {
    let account = accounts.get(who.caller().account_id).await?.ok_or_else(ApiError::unauthenticated)?;
    Ok(web::Json(me_of(&account, &who.0, &directories)))
}

fn me_of(account: &Account, session: &LiveSession, directories: &Directories) -> Me {
    let directory = directories.current();
    let caller = &session.caller;
    let phone = account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok()).map(|phone| phone.masked());
    let served: Vec<_> = caller.duties.iter().filter_map(|duty| Some((duty, directory.get(duty.grid_id)?))).collect();
    let mut organisations: Vec<OrganisationRef> = served
        .iter()
        .filter_map(|(_, entry)| entry.grid.organisation_id)
        .filter_map(|id| directory.organisation(id).map(|name| OrganisationRef { id, name: name.to_owned() }))
        .collect();
    organisations.dedup_by_key(|organisation| organisation.id);
    let mut roles: Vec<String> = Vec::new();
    roles.extend((!caller.administers.is_empty()).then(|| "admin".to_owned()));
    roles.extend((!caller.duties.is_empty()).then(|| "grid_staff".to_owned()));
    roles.extend(caller.membership.is_some().then(|| "member".to_owned()));
    roles.extend((account.kind == AccountKind::Resident).then(|| "resident".to_owned()));
    Me {
        id: account.id,
        account: account.login.clone().or_else(|| phone.clone()).unwrap_or_default(),
        name: account.name.clone(),
        kind: account.kind.as_str().to_owned(),
        phone,
        address: account.address.clone(),
        profile_complete: account.kind == AccountKind::Staff || account.profile_complete(),
        must_change_password: account.must_change_password,
        roles,
        csrf_token: session.csrf_token.clone(),
        grids: served
            .into_iter()
            .map(|(duty, entry)| MyGridView {
                id: entry.grid.id,
                code: entry.code.to_string(),
                name: entry.grid.name.clone(),
                full_name: entry.full_name.clone(),
                level: entry.grid.path.level(),
                duty: duty.duty.as_str().to_owned(),
                duty_title: duty.duty.title().to_owned(),
            })
            .collect(),
        organisations,
        membership: caller.membership.as_ref().and_then(|own| {
            Some(MembershipView {
                member_id: own.member_id,
                organisation: OrganisationRef::from(&**directory.organisations().get(own.organisation_id)?),
                standing: own.standing.as_str().to_owned(),
                standing_title: own.standing.title().to_owned(),
            })
        }),
        organisation_roles: caller
            .all_organisation_roles()
            .iter()
            .filter_map(|own| {
                Some(OwnRoleView {
                    organisation: OrganisationRef::from(&**directory.organisations().at(&own.path)?),
                    role: own.role.as_str().to_owned(),
                    role_title: own.role.title().to_owned(),
                })
            })
            .collect(),
    }
}

/// What the grid's staff need to find the resident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileInput {
    name: String,
    address: String,
    #[serde(default)]
    phone: Option<String>,
}

/// Fills in the caller's own name and address.
#[utoipa::path(tag = "auth", request_body = ProfileInput, responses((status = 200, body = Me)))]
#[patch("/api/v1/me/profile")]
pub async fn update_profile(
    call: Call<ProfileInput>,
    who: Authenticated,
    accounts: web::Data<Accounts>,
    directories: web::Data<Directories>,
    callers: web::Data<Callers>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let before = accounts.get(call.caller.account_id).await?.ok_or_else(ApiError::unauthenticated)?;
    let after = with_profile(&before, &call.body)?;
    let subject = Subject::new("account", before.id);
    let mut change = call.change(clock.now());
    change.write(accounts.update(before.version, &after));
    let kind = match before.kind {
        AccountKind::Staff => "account.staff_profile_changed",
        AccountKind::Resident => "account.profile_changed",
    };
    change.event(kind, subject.clone(), json!({}));
    // Names and addresses are personal: the trail says that they changed, not to what.
    change.audited(
        "account.change_profile",
        subject,
        json!({ "name": before.name != after.name, "address": before.address != after.address }),
    );
    let exists = || one_field("phone", "account.phone_taken", "这个手机号已被使用");
    let view = me_of(&after, &who.0, &directories);
    let response = commits.commit(&call.idempotency, change, 200, &view, exists).await?;
    callers.account_changed(before.id);
    Ok(response)
}

fn with_profile(before: &Account, input: &ProfileInput) -> Result<Account, ApiError> {
    let name = PersonName::parse(&input.name).map_err(|error| FieldError::new("name", error.code(), error.message()));
    let address = text_field("address", &input.address, true, MAX_ADDRESS);
    let phone = input.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(Phone::parse).transpose();
    let phone = phone.map_err(|error| FieldError::new("phone", "field.phone", error.message()));
    // A resident signs in by phone, so changing it takes a code sent to the new one.
    let phone = phone.and_then(|phone| match phone {
        Some(phone) if before.kind == AccountKind::Resident && before.phone.as_deref() != Some(phone.as_str()) => {
            Err(FieldError::new("phone", "account.phone_fixed", "手机号是登录账号，请用新手机号重新登录"))
        }
        other => Ok(other),
    });
    match (name, address, phone) {
        (Ok(name), Ok(address), Ok(phone)) => Ok(Account {
            version: before.version + 1,
            name: name.as_str().to_owned(),
            address: Some(address),
            phone: phone.map(|phone| phone.as_str().to_owned()).or_else(|| before.phone.clone()),
            ..before.clone()
        }),
        (name, address, phone) => {
            let fields = name.err().into_iter().chain(address.err()).chain(phone.err()).collect();
            Err(Refusal::fields(fields).into())
        }
    }
}

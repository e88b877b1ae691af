//! Finding staff who have an account already, to give them a duty in a grid (inventory GRID-03).

use std::collections::HashMap;

use actix_web::{get, web};
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_domain::access::{Caller, Duty};
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_storage::accounts::{Account, Accounts};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::grid_admin::administered;
use super::grids::found;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;

/// The longest words to search for, in characters.
const MAX_WORDS: usize = 50;
/// As many as somebody reads through; more words find fewer.
const MOST: usize = 20;

/// Whom to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ColleagueQuery {
    /// Part of the name or of the account, or the whole mobile number.
    #[serde(default)]
    q: String,
}

/// Staff to choose from.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColleagueList {
    items: Vec<Colleague>,
    /// There are others; more words find fewer.
    more: bool,
}

/// Somebody who has an account of staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct Colleague {
    #[schema(value_type = String)]
    account_id: AccountId,
    name: String,
    /// The name to sign in with.
    account: String,
    /// `138****1234`.
    phone: Option<String>,
    /// What the person does already, in grids that the caller administers.
    duties: Vec<ColleagueDuty>,
}

/// A duty that somebody has.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColleagueDuty {
    #[schema(value_type = String)]
    grid_id: GridId,
    /// The grid's name with those above it.
    grid_name: String,
    /// `leader`, `deputy` or `worker`.
    #[schema(value_type = String)]
    duty: Duty,
    /// 网格长, 副网格长 or 网格员.
    duty_title: &'static str,
}

/// Finds staff for a grid by name, account or whole mobile number, at most 20. Found are those who serve a grid that the
/// caller administers; of those who serve none yet, only who is named by the whole account or number.
#[utoipa::path(tag = "grids", operation_id = "find_grid_colleagues", params(("id" = String, Path), ColleagueQuery),
    responses((status = 200, body = ColleagueList)))]
#[get("/api/v1/grids/{id}/staff/candidates")]
pub async fn candidates(
    who: Authenticated,
    id: web::Path<String>,
    query: Query<ColleagueQuery>,
    directories: web::Data<Directories>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<ColleagueList>, ApiError> {
    let directory = directories.current();
    administered(found(&directory, &id).ok(), who.caller())?;
    let words = text_field("q", &query.q, true, MAX_WORDS).map_err(|error| Refusal::fields(vec![error]))?;
    let phone = Phone::parse(&words).ok();
    let matching = accounts.staff_matching(&words, phone.as_ref().map(Phone::as_str)).await?;
    let serving = serving(&directory);
    let mut items: Vec<Colleague> = matching
        .into_iter()
        .filter_map(|account| {
            let whole = account.login.as_deref() == Some(words.as_str())
                || phone.as_ref().is_some_and(|phone| account.phone.as_deref() == Some(phone.as_str()));
            let served = serving.get(&account.id).map(Vec::as_slice).unwrap_or_default();
            let known = reached(served, who.caller());
            (known || whole && served.is_empty()).then(|| colleague(account, served, who.caller()))
        })
        .take(MOST + 1)
        .collect();
    let more = items.len() > MOST;
    items.truncate(MOST);
    Ok(web::Json(ColleagueList { items, more }))
}

/// Whether the caller may give somebody a duty: who serves a grid of the caller's, or none at all yet.
pub(super) fn may_be_given(account_id: AccountId, directory: &Directory, caller: &Caller) -> bool {
    let served = serving(directory).remove(&account_id).unwrap_or_default();
    served.is_empty() || reached(&served, caller)
}

/// Where each member of staff serves, and as what.
fn serving(directory: &Directory) -> HashMap<AccountId, Vec<(&GridEntry, Duty)>> {
    let mut serving: HashMap<AccountId, Vec<(&GridEntry, Duty)>> = HashMap::new();
    for entry in directory.all() {
        for member in &entry.staff {
            serving.entry(member.account_id).or_default().push((entry, member.duty));
        }
    }
    serving
}

fn reached(served: &[(&GridEntry, Duty)], caller: &Caller) -> bool {
    served.iter().any(|(entry, _)| caller.administers(&entry.grid.path))
}

fn colleague(account: Account, served: &[(&GridEntry, Duty)], caller: &Caller) -> Colleague {
    let own = served.iter().filter(|(entry, _)| caller.administers(&entry.grid.path));
    let mut duties: Vec<ColleagueDuty> = own
        .map(|(entry, duty)| ColleagueDuty {
            grid_id: entry.grid.id,
            grid_name: entry.full_name.clone(),
            duty: *duty,
            duty_title: duty.title(),
        })
        .collect();
    duties.sort_by(|left, right| left.grid_name.cmp(&right.grid_name));
    Colleague {
        account_id: account.id,
        name: account.name,
        account: account.login.unwrap_or_default(),
        phone: account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok()).map(|phone| phone.masked()),
        duties,
    }
}

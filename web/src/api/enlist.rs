//! Taking people into a roster, one by hand or many from a sheet: which account each has, and what the change says.
//!
//! A member always has an account: the one that is named, else the resident's of the phone, else a new resident's.

use std::collections::HashMap;

use lianxin_domain::access::AccountKind;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, OrganisationId};
use lianxin_domain::member::{Member, MemberFacts, MemberStatus};
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::FieldError;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Account;
use lianxin_storage::change::Change;
use serde_json::json;

use super::organisation_admin::rights_changed;
use super::organisations::PartyDesk;
use crate::error::ApiError;

/// Somebody to take in.
pub(super) struct Candidate {
    pub(super) organisation_id: OrganisationId,
    pub(super) organisation_path: TreePath,
    /// The name that an existing account signs in with.
    pub(super) login: Option<String>,
    pub(super) facts: MemberFacts,
}

/// Somebody who may be taken in.
pub(super) struct Enlisted {
    pub(super) member: Member,
    /// To be made with it.
    new_account: Option<Account>,
}

/// Finds each candidate's account; an error names the field `account` or `phone`.
pub(super) async fn enlist(
    candidates: &[Candidate],
    desk: &PartyDesk,
) -> Result<Vec<Result<Enlisted, FieldError>>, ApiError> {
    let logins: Vec<String> = candidates.iter().filter_map(|candidate| candidate.login.clone()).collect();
    let phone_of = |candidate: &Candidate| candidate.facts.phone.as_ref().map(|phone| phone.as_str().to_owned());
    let phones: Vec<String> = candidates.iter().filter_map(phone_of).collect();
    let known = desk.accounts.known_as(&logins, &phones).await?;
    let all: Vec<AccountId> = known.by_login.values().chain(known.by_phone.values()).copied().collect();
    let listed = desk.members.of_accounts(&all).await?;
    let now = desk.ids.clock().now();
    let enlisted = candidates.iter().map(|candidate| {
        let phone = candidate.facts.phone.as_ref();
        let (field, account) = match (&candidate.login, phone) {
            (Some(login), _) => {
                let missing = || FieldError::new("account", "account.not_found", "没有找到这个账号");
                ("account", Some(*known.by_login.get(login).ok_or_else(missing)?))
            }
            (None, Some(phone)) => ("phone", known.by_phone.get(phone.as_str()).copied()),
            (None, None) => {
                return Err(FieldError::new("phone", "member.account_needed", "请填写手机号码或账号"));
            }
        };
        if account.is_some_and(|account| listed.contains_key(&account)) {
            return Err(FieldError::new(field, "member.exists", "这个账号已登记为党员"));
        }
        let new_account = account.is_none().then(|| Account {
            name: candidate.facts.name.clone(),
            phone: phone.map(|phone| phone.as_str().to_owned()),
            ..Account::new(desk.ids.next(), AccountKind::Resident, now)
        });
        let account_id = account.or(new_account.as_ref().map(|account| account.id));
        let account_id = account_id.ok_or_else(|| FieldError::new("phone", "field.required", "请填写手机号码"))?;
        let member = Member {
            id: desk.ids.next(),
            version: 1,
            account_id,
            organisation_id: candidate.organisation_id,
            organisation_path: candidate.organisation_path.clone(),
            facts: candidate.facts.clone(),
            status: MemberStatus::Active,
            history_reason: None,
            photo: None,
        };
        Ok(Enlisted { member, new_account })
    });
    Ok(enlisted.collect())
}

/// Adds somebody to a change: the account if it is new, the record, whose rights are others now, who leads now.
pub(super) fn enlist_in(change: &mut Change, enlisted: &Enlisted, desk: &PartyDesk) {
    let member = &enlisted.member;
    match &enlisted.new_account {
        Some(account) => {
            change.write(desk.accounts.insert(account));
        }
        None => rights_changed(change, member.account_id, member.organisation_id),
    }
    change.write(desk.members.insert(member, change.at));
    leaders_changed(change, None, Some(member));
}

/// Says which organisations have other leaders than before; answers whether any has.
pub(super) fn leaders_changed(change: &mut Change, before: Option<&Member>, after: Option<&Member>) -> bool {
    let seen = |member: &Member| {
        let facts = &member.facts;
        let leading: Vec<_> = facts.positions.iter().copied().filter(|position| position.leads()).collect();
        (member.organisation_id, facts.name.clone(), leading)
    };
    let (was, is) = (before.filter(|member| member.leads()).map(seen), after.filter(|member| member.leads()).map(seen));
    if was == is {
        return false;
    }
    let mut organisations: Vec<OrganisationId> = was.iter().chain(&is).map(|(id, ..)| *id).collect();
    organisations.dedup();
    for id in organisations {
        change.event("organisation.leaders_changed", Subject::new("organisation", id), json!({}));
    }
    true
}

/// Where candidates that share an account or a phone stand, first and repeated, by their index.
pub(super) fn repeated(candidates: &[(Option<&str>, Option<&Phone>)]) -> Vec<Option<(usize, &'static str)>> {
    let mut seen: HashMap<(&'static str, &str), usize> = HashMap::new();
    let mut found = Vec::with_capacity(candidates.len());
    for (index, (login, phone)) in candidates.iter().enumerate() {
        // Who has an account of his own may share a phone with others.
        let key = match (login, phone) {
            (Some(login), _) => Some(("account", *login)),
            (None, Some(phone)) => Some(("phone", phone.as_str())),
            (None, None) => None,
        };
        found.push(key.and_then(|key| match seen.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => Some((*first.get(), key.0)),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(index);
                None
            }
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_account_or_phone_twice_is_noticed_and_a_shared_phone_is_not() {
        let phone: Phone = "13800001234".parse().unwrap_or_else(|_| unreachable!());
        let rows = [
            (None, Some(&phone)),
            (Some("wei"), Some(&phone)),
            (None, Some(&phone)),
            (Some("wei"), None),
            (None, None),
            (None, None),
        ];
        assert_eq!(repeated(&rows), [None, None, Some((0, "phone")), Some((1, "account")), None, None]);
    }
}

//! The invented Party organisations, the members of the villages' branches, and a supervisor of the county.

use chrono::{Days, NaiveDate};
use lianxin_domain::access::{AccountKind, OrganisationRight};
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::member::{Gender, Member, MemberFacts, MemberStanding, MemberStatus, Position};
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::phone::Phone;
use lianxin_storage::accounts::Account;
use lianxin_storage::change::Write;
use lianxin_storage::organisations::{OrganisationGrant, Organisations};
use serde::{Deserialize, Serialize};

use super::cast::name;
use super::extent::Extent;
use super::meetings::LATELY_MS;
use super::place::Place;
use crate::core::Core;

/// The level of the places that have a branch; those above have a committee.
const BRANCH_LEVEL: u8 = 3;
/// Members' phones go down from 199 0000 8999: staff count up from 0001, residents from 9000.
const LAST_PHONE: usize = 8_999;
/// Members of the first branch, all of whom have a login.
const FIRST_BRANCH: usize = 24;
/// Plain members of the first branch in the accounts file; one of them is probationary.
const SHOWN_MEMBERS: usize = 10;
/// For so long the probationary ones have been; probation takes a year.
const PROBATION_SO_FAR: Days = Days::new(150);

/// Somebody of a Party organisation whom the accounts file shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comrade {
    /// `host`, `member` or `supervisor`.
    pub role: String,
    /// The name to sign in with.
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation_id: OrganisationId,
}

/// The Party organisation of the county, of every township and every village, linked to their grids. Branches whose meetings of
/// the last weeks alone are told were founded then: nothing is due of them before.
pub(super) fn organisations(core: &Core, county: &[Place], extent: &Extent, now: Timestamp) -> Vec<Organisation> {
    let mut branches = 0;
    let named = county.iter().filter(|place| place.path.level() <= BRANCH_LEVEL);
    let mut organisation = |place: &Place| {
        let kind = match place.path.level() {
            BRANCH_LEVEL => OrganisationKind::Branch,
            _ => OrganisationKind::PartyCommittee,
        };
        let lately = kind == OrganisationKind::Branch && branches % extent.full_year_each != 0;
        branches += usize::from(kind == OrganisationKind::Branch);
        Organisation {
            id: core.ids.next(),
            version: 1,
            path: place.path.clone(),
            name: format!("中共{}{}", place.name, kind.title()),
            short_name: format!("{}{}", place.name, kind.title()),
            kind,
            sort_order: i32::try_from(place.path.number()).unwrap_or_default(),
            status: OrganisationStatus::Active,
            ends_on: None,
            founded_on: lately.then(|| local_date(now.plus_millis(-LATELY_MS))).flatten(),
        }
    };
    named.map(&mut organisation).collect()
}

/// Puts members into every branch and names a supervisor of the county; answers whom the accounts file shows, and how many members there are.
pub(super) fn enlist(
    core: &Core,
    organisations: &[Organisation],
    hash: &str,
    now: Timestamp,
    writes: &mut Vec<Write>,
) -> (Vec<Comrade>, usize) {
    let branches = organisations.iter().filter(|organisation| organisation.kind == OrganisationKind::Branch);
    let mut shown = Vec::new();
    let today = local_date(now).unwrap_or_default();
    let mut number = 0;
    for (index, branch) in branches.enumerate() {
        let size = if index == 0 { FIRST_BRANCH } else { 12 + index * 7 % 19 };
        for place in 0..size {
            let facts = facts(number, (place, size), today);
            let mut account = Account::new(core.ids.next(), AccountKind::Resident, core.clock.now());
            account.name = facts.name.clone();
            account.phone = facts.phone.as_ref().map(|phone| phone.as_str().to_owned());
            account.address = Some(format!("{} {} 号", branch.short_name, place + 1));
            if index == 0 {
                account.login = Some(if place == 0 { "host".to_owned() } else { format!("dy{place:03}") });
                account.password_hash = Some(hash.to_owned());
                shown.push((facts.clone(), account.login.clone().unwrap_or_default(), branch.id));
            }
            writes.push(core.accounts.insert(&account));
            let member = Member {
                id: core.ids.next(),
                version: 1,
                account_id: account.id,
                organisation_id: branch.id,
                organisation_path: branch.path.clone(),
                facts,
                status: MemberStatus::Active,
                history_reason: None,
                photo: None,
            };
            writes.push(core.members.insert(&member, core.clock.now()));
            number += 1;
        }
    }
    let mut comrades = on_show(shown);
    comrades.extend(organisations.first().map(|county| supervise(core, county, hash, writes)));
    (comrades, number)
}

/// The secretary and ten plain members, the last one probationary.
fn on_show(branch: Vec<(MemberFacts, String, OrganisationId)>) -> Vec<Comrade> {
    let comrade = |role: &str, (facts, login, organisation_id): (MemberFacts, String, OrganisationId)| Comrade {
        role: role.to_owned(),
        login,
        name: facts.name,
        organisation_id,
    };
    let (plain, leading): (Vec<_>, Vec<_>) = branch.into_iter().partition(|(facts, ..)| facts.positions.is_empty());
    let (full, probationary): (Vec<_>, Vec<_>) =
        plain.into_iter().partition(|(facts, ..)| facts.standing == MemberStanding::Full);
    let host = leading.into_iter().take(1).map(|person| comrade("host", person));
    let members = full.into_iter().take(SHOWN_MEMBERS - 1).chain(probationary.into_iter().take(1));
    host.chain(members.map(|person| comrade("member", person))).collect()
}

fn supervise(core: &Core, county: &Organisation, hash: &str, writes: &mut Vec<Write>) -> Comrade {
    let mut account = Account::new(core.ids.next(), AccountKind::Staff, core.clock.now());
    account.login = Some("supervisor".to_owned());
    account.name = "督导员".to_owned();
    account.password_hash = Some(hash.to_owned());
    writes.push(core.accounts.insert(&account));
    let role = OrganisationRight::Supervisor;
    writes.push(Organisations::grant(&OrganisationGrant { organisation_id: county.id, account_id: account.id, role }));
    Comrade {
        role: role.as_str().to_owned(),
        login: "supervisor".to_owned(),
        name: account.name,
        organisation_id: county.id,
    }
}

/// Whoever comes first leads; the last two are probationary.
fn facts(number: usize, (place, size): (usize, usize), today: NaiveDate) -> MemberFacts {
    let position = match place {
        0 => Some(Position::Secretary),
        1 => Some(Position::DeputySecretary),
        2 => Some(Position::OrganisationCommissioner),
        3 => Some(Position::PublicityCommissioner),
        4 => Some(Position::DisciplineCommissioner),
        _ => None,
    };
    let standing = if place + 2 < size { MemberStanding::Full } else { MemberStanding::Probationary };
    let since = 1985 + (number * 13) % 38;
    let day = |year: usize| NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(2000), 7, 1);
    MemberFacts {
        name: name(number * 11 + 5),
        phone: Phone::parse(&format!("1990000{:04}", LAST_PHONE - number)).ok(),
        standing,
        positions: position.into_iter().collect(),
        joined_on: if standing == MemberStanding::Full { day(since) } else { today.checked_sub_days(PROBATION_SO_FAR) },
        became_full_on: if standing == MemberStanding::Full { day(since + 1) } else { None },
        gender: Some(if number.is_multiple_of(3) { Gender::Female } else { Gender::Male }),
        sort_order: i32::try_from(place).unwrap_or_default() + 1,
    }
}

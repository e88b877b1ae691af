//! What a roster shows is exactly what the domain's rule allows and the filter asks for, on random trees and people.

use lianxin_domain::access::{Caller, Membership, OrganisationRight, OrganisationRole, Scope};
use lianxin_domain::ids::{AccountId, EntityId as _, MemberId, OrganisationId};
use lianxin_domain::member::{Member, MemberStanding, MemberStatus, Position};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::phone::Phone;
use lianxin_domain::tree::TreePath;
use lianxin_storage::members::MemberFilter;
use lianxin_storage::organisations::Organisations;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::members::member;
use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store};
use crate::village::caller;

on_both_as_property!(a_roster_shows_exactly_what_the_rule_and_the_filter_allow, world, [150, 40]);

#[derive(Debug, Clone)]
struct MemberSeed {
    place: Index,
    account: usize,
    name: String,
    phone: Option<usize>,
    standing: MemberStanding,
    positions: Vec<Position>,
    status: MemberStatus,
}

#[derive(Debug, Clone)]
struct CallerSeed {
    account: usize,
    membership: Option<Index>,
    roles: Vec<(Index, OrganisationRight)>,
    administers: Option<Index>,
}

#[derive(Debug, Clone)]
struct FilterSeed {
    organisation: Option<(Index, bool)>,
    text: Option<String>,
    standing: Option<MemberStanding>,
    position: Option<Position>,
    status: MemberStatus,
    size: u32,
}

#[derive(Debug, Clone)]
struct World {
    /// Each organisation hangs below the one that the index chooses among those before it; two roots come first.
    organisations: Vec<Index>,
    members: Vec<MemberSeed>,
    callers: Vec<CallerSeed>,
    filters: Vec<FilterSeed>,
}

const PHONES: [&str; 3] = ["13800001234", "13900005678", "19900000001"];

fn words(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    vec(select(vec!['a', 'A', '%', '_', '!', '韦', '"', '建']), length).prop_map(String::from_iter)
}

fn world() -> impl Strategy<Value = World> {
    let index = any::<Index>;
    let standing = || select(MemberStanding::ALL);
    let positions = proptest::sample::subsequence(Position::ALL.to_vec(), 0..3);
    let status = || select(vec![MemberStatus::Active, MemberStatus::Active, MemberStatus::History]);
    let one = ((index(), words(1..4), prop::option::weighted(0.5, 0..PHONES.len())), (standing(), positions, status()));
    let one = one.prop_map(|((place, name, phone), (standing, positions, status))| {
        (place, name, phone, standing, positions, status)
    });
    let members = vec(one, 0..12).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(account, (place, name, phone, standing, positions, status))| MemberSeed {
                place,
                account,
                name,
                phone,
                standing,
                positions,
                status,
            })
            .collect::<Vec<_>>()
    });
    let rights =
        select(vec![OrganisationRight::Administrator, OrganisationRight::Secretary, OrganisationRight::Supervisor]);
    let caller =
        (0..12_usize, prop::option::of(index()), vec((index(), rights), 0..3), prop::option::weighted(0.2, index()));
    let caller = caller.prop_map(|(account, membership, roles, administers)| CallerSeed {
        account,
        membership,
        roles,
        administers,
    });
    let filter = (
        (prop::option::weighted(0.5, (index(), any::<bool>())), prop::option::weighted(0.4, words(1..3))),
        (prop::option::weighted(0.3, standing()), prop::option::weighted(0.3, select(Position::ALL))),
        (status(), 1..5_u32, prop::option::weighted(0.3, 0..PHONES.len())),
    );
    let filter = filter.prop_map(|((organisation, text), (standing, position), (status, size, phone))| FilterSeed {
        organisation,
        text: phone.map(|phone| PHONES[phone].to_owned()).or(text),
        standing,
        position,
        status,
        size,
    });
    (vec(index(), 1..10), members, vec(caller, 1..4), vec(filter, 1..4))
        .prop_map(|(organisations, members, callers, filters)| World { organisations, members, callers, filters })
}

/// The rule and the filter as one sentence about one member.
fn asked_for(scope: &Scope, filter: &MemberFilter, member: &Member) -> bool {
    let own = member.account_id == scope.account_id();
    let path = &member.organisation_path;
    let placed = filter.organisation.as_ref().is_none_or(|(at, below)| at == path || (*below && at.contains(path)));
    let said = filter.text.as_ref().is_none_or(|text| match Phone::parse(text) {
        Ok(phone) => member.facts.phone.as_ref() == Some(&phone),
        Err(_) => member.facts.name.to_lowercase().contains(&text.to_lowercase()),
    });
    (own || scope.sees_organisation(path))
        && placed
        && said
        && filter.status == member.status
        && filter.standing.is_none_or(|standing| standing == member.facts.standing)
        && filter.position.is_none_or(|position| member.facts.positions.contains(&position))
}

async fn a_roster_shows_exactly_what_the_rule_and_the_filter_allow(_: &Fresh, store: &Store, case: u32, world: World) {
    // Every case has tenants and people of its own.
    let mut organisations: Vec<Organisation> = [10 * case, 10 * case + 1]
        .map(|root| organisation(store, &TreePath::root(root), OrganisationKind::PartyCommittee))
        .to_vec();
    for (number, seed) in (1..).zip(&world.organisations) {
        let path = seed.get(&organisations).path.child(number);
        organisations.push(organisation(store, &path, OrganisationKind::Branch));
    }
    let accounts: Vec<AccountId> = (0..12).map(|_| store.id()).collect();
    let mut members: Vec<Member> = world
        .members
        .iter()
        .map(|seed| {
            let mut one = member(store, seed.place.get(&organisations), &seed.name, "");
            one.account_id = accounts[seed.account];
            one.facts.phone = seed.phone.and_then(|phone| Phone::parse(PHONES[phone]).ok());
            (one.facts.standing, one.status) = (seed.standing, seed.status);
            one.facts.positions.clone_from(&seed.positions);
            one
        })
        .collect();
    let writes = organisations.iter().map(Organisations::insert);
    let writes = writes.chain(members.iter().map(|member| store.members.insert(member, NOON)));
    store.write(writes.collect()).await.unwrap();
    members.sort_by(|a, b| (&a.organisation_path, a.id).cmp(&(&b.organisation_path, b.id)));

    for seed in &world.callers {
        let caller = caller_of(seed, &organisations, &accounts);
        let scope = caller.scope();
        for member in &members {
            let found = store.members.get(&scope, member.id).await.unwrap();
            let seen = member.account_id == caller.account_id || scope.sees_organisation(&member.organisation_path);
            assert_eq!(found.as_ref(), Some(member).filter(|_| seen), "{caller:?}");
        }
        for filter in &world.filters {
            let size = filter.size;
            let filter = MemberFilter {
                organisation: filter.organisation.map(|(at, below)| (at.get(&organisations).path.clone(), below)),
                text: filter.text.clone(),
                standing: filter.standing,
                position: filter.position,
                status: filter.status,
            };
            let expected: Vec<&Member> = members.iter().filter(|member| asked_for(&scope, &filter, member)).collect();
            let mut listed: Vec<Member> = Vec::new();
            for page in 0.. {
                let (next, total) = store.members.list(&scope, &filter, page, size).await.unwrap();
                assert_eq!(total, expected.len() as u64, "{filter:?}");
                if next.is_empty() {
                    break;
                }
                listed.extend(next);
            }
            assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }
}

fn caller_of(seed: &CallerSeed, organisations: &[Organisation], accounts: &[AccountId]) -> Caller {
    let place = |index: &Index| index.get(organisations).path.clone();
    let mut caller = caller(accounts[seed.account], "人", &[]);
    caller.membership = seed.membership.as_ref().map(|index| Membership {
        member_id: MemberId::from_uuid(uuid::Uuid::nil()),
        organisation_id: OrganisationId::from_uuid(uuid::Uuid::nil()),
        path: place(index),
        standing: MemberStanding::Full,
    });
    caller.organisation_roles =
        seed.roles.iter().map(|(index, role)| OrganisationRole { path: place(index), role: *role }).collect();
    caller.administers = seed.administers.iter().map(place).collect();
    caller
}

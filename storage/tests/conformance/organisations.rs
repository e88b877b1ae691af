//! The organisation tree, roles in it, and what they make of a caller.

use lianxin_domain::access::{AccountKind, OrganisationRight, OrganisationRole};
use lianxin_domain::ids::EntityId as _;
use lianxin_domain::ids::SessionId;
use lianxin_domain::member::{MemberStanding, MemberStatus, Position};
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Account;
use lianxin_storage::journal::CommitError;
use lianxin_storage::organisations::{OrganisationGrant, Organisations};

use crate::members::member;
use crate::older;
use crate::support::{Fresh, NOON, Store};

on_both!(
    organisations_come_back_parents_first,
    an_organisation_changes_only_from_the_version_it_was_read_at,
    a_person_has_one_role_in_an_organisation,
    roles_and_positions_make_the_callers_rights,
    a_move_takes_members_and_roles_along,
    organisations_from_before_kinds_get_the_kind_of_their_name,
);

/// An organisation at a place.
pub fn organisation(store: &Store, path: &TreePath, kind: OrganisationKind) -> Organisation {
    Organisation {
        id: store.id(),
        version: 1,
        path: path.clone(),
        name: format!("中共{path}{}", kind.title()),
        short_name: String::new(),
        kind,
        sort_order: 0,
        status: OrganisationStatus::Active,
        ends_on: None,
        founded_on: None,
    }
}

async fn organisations_come_back_parents_first(fresh: &Fresh) {
    let store = fresh.open().await;
    let root = TreePath::root(1);
    // "0001" sorts before "000Z" whatever the database's own order of letters is.
    let paths = [root.child(35), root.child(10), root.child(9).child(1), root.child(9), root];
    let mut all: Vec<Organisation> =
        paths.iter().map(|path| organisation(&store, path, OrganisationKind::PartyCommittee)).collect();
    all[0].kind = OrganisationKind::TemporaryBranch;
    all[0].ends_on = "2027-07-01".parse().ok();
    all[0].founded_on = "2026-07-01".parse().ok();
    all[0].short_name = "抗洪 “一线”".to_owned();
    (all[1].sort_order, all[1].status) = (-7, OrganisationStatus::Disabled);
    store.write(all.iter().map(Organisations::insert).collect()).await.unwrap();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(store.organisations.all().await.unwrap(), all);
    let twin = organisation(&store, &all[2].path, OrganisationKind::Branch);
    let refused = store.write(vec![Organisations::insert(&twin)]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "organisations", .. })), "{refused:?}");
    store.write(vec![Organisations::delete(all[4].id)]).await.unwrap();
    assert_eq!(store.organisations.all().await.unwrap(), all[..4]);
}

async fn an_organisation_changes_only_from_the_version_it_was_read_at(fresh: &Fresh) {
    let store = fresh.open().await;
    let before = organisation(&store, &TreePath::root(1), OrganisationKind::Branch);
    store.write(vec![Organisations::insert(&before)]).await.unwrap();
    let after = Organisation { version: 2, kind: OrganisationKind::JointBranch, ..before };
    store.write(vec![Organisations::update(1, &after)]).await.unwrap();
    assert_eq!(store.organisations.all().await.unwrap(), std::slice::from_ref(&after));
    let late = store.write(vec![Organisations::update(1, &after)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "organisations", .. })), "{late:?}");
    // Deleting after a guard of the version, in one change.
    let touched = Organisation { version: 2, ..after.clone() };
    let late = store.write(vec![Organisations::update(1, &touched), Organisations::delete(after.id)]).await;
    assert!(matches!(late, Err(CommitError::Stale { .. })), "{late:?}");
    assert_eq!(store.organisations.all().await.unwrap().len(), 1);
    let touched = Organisation { version: 3, ..after.clone() };
    store.write(vec![Organisations::update(2, &touched), Organisations::delete(after.id)]).await.unwrap();
    assert!(store.organisations.all().await.unwrap().is_empty());
}

async fn a_person_has_one_role_in_an_organisation(fresh: &Fresh) {
    let store = fresh.open().await;
    let (one, two) = (store.id(), store.id());
    let person = store.id();
    let grant = |organisation_id, role| OrganisationGrant { organisation_id, account_id: person, role };
    let first = grant(one, OrganisationRight::Supervisor);
    let better = grant(one, OrganisationRight::Administrator);
    let elsewhere = grant(two, OrganisationRight::Supervisor);
    store.write([&first, &better, &elsewhere].map(Organisations::grant).to_vec()).await.unwrap();
    assert_eq!(store.organisations.roles(&[one]).await.unwrap(), [better]);
    assert_eq!(store.organisations.roles(&[one, two]).await.unwrap().len(), 2);
    assert!(store.organisations.roles(&[]).await.unwrap().is_empty());
    store.write(vec![Organisations::revoke(one, person), Organisations::revoke(one, store.id())]).await.unwrap();
    assert_eq!(store.organisations.roles(&[one, two]).await.unwrap(), [elsewhere]);
}

async fn roles_and_positions_make_the_callers_rights(fresh: &Fresh) {
    let store = fresh.open().await;
    let town = organisation(&store, &TreePath::root(1).child(1), OrganisationKind::PartyCommittee);
    let branch = organisation(&store, &town.path.child(1), OrganisationKind::Branch);
    let mut secretary = member(&store, &branch, "韦书记", "13800001234");
    secretary.facts.positions = vec![Position::DeputySecretary, Position::OrganisationCommissioner];
    secretary.facts.standing = MemberStanding::Full;
    let mut account = Account::new(secretary.account_id, AccountKind::Resident, NOON);
    account.phone = Some("13800001234".to_owned());
    let role = OrganisationRight::Supervisor;
    let grant = OrganisationGrant { organisation_id: town.id, account_id: account.id, role };
    let writes = vec![
        Organisations::insert(&town),
        Organisations::insert(&branch),
        store.accounts.insert(&account),
        store.members.insert(&secretary, NOON),
        Organisations::grant(&grant),
    ];
    store.write(writes).await.unwrap();
    let session = SessionId::from_uuid(uuid::Uuid::nil());
    let caller = store.sessions.caller(session, account.id).await.unwrap().unwrap();
    let own = caller.membership.clone().unwrap();
    assert_eq!((own.member_id, own.organisation_id, own.path), (secretary.id, branch.id, branch.path.clone()));
    assert_eq!(own.standing, MemberStanding::Full);
    let expected = [(&town.path, role), (&branch.path, OrganisationRight::Secretary)];
    let expected = expected.map(|(path, role)| OrganisationRole { path: path.clone(), role });
    assert_eq!(caller.organisation_roles, expected);
    assert!(caller.manages_organisation(&branch.path) && !caller.manages_organisation(&town.path));

    // A commissioner manages nothing, and who left the roster is no member.
    secretary.version = 2;
    secretary.facts.positions = vec![Position::OrganisationCommissioner];
    store.write(vec![store.members.update(1, &secretary)]).await.unwrap();
    let caller = store.sessions.caller(session, account.id).await.unwrap().unwrap();
    assert!(caller.membership.is_some() && !caller.manages_organisation(&branch.path));
    (secretary.version, secretary.status) = (3, MemberStatus::History);
    store.write(vec![store.members.update(2, &secretary), Organisations::revoke(town.id, account.id)]).await.unwrap();
    let caller = store.sessions.caller(session, account.id).await.unwrap().unwrap();
    assert!(caller.membership.is_none() && caller.organisation_roles.is_empty());
}

async fn a_move_takes_members_and_roles_along(fresh: &Fresh) {
    let store = fresh.open().await;
    let (from, to) = (TreePath::root(1).child(1), TreePath::root(1).child(2).child(1));
    let mut branch = organisation(&store, &from, OrganisationKind::Branch);
    let person = member(&store, &branch, "韦建国", "13800001234");
    let writes = vec![Organisations::insert(&branch), store.members.insert(&person, NOON)];
    store.write(writes).await.unwrap();
    (branch.version, branch.path) = (2, to.clone());
    store.write(vec![Organisations::update(1, &branch)]).await.unwrap();
    let scope = lianxin_domain::access::Scope::system();
    let moved = store.members.get(&scope, person.id).await.unwrap().unwrap();
    assert_eq!((moved.version, moved.organisation_path), (1, to.clone()));
    assert_eq!(store.members.counts(&from).await.unwrap().members, 0);
    assert_eq!(store.members.counts(&to).await.unwrap().members, 1);
}

async fn organisations_from_before_kinds_get_the_kind_of_their_name(fresh: &Fresh) {
    older::make(fresh, 4).await;
    let cases = [
        ("中共青岚县党委", OrganisationKind::PartyCommittee),
        ("中共云溪镇委员会", OrganisationKind::PartyCommittee),
        ("中共柳河村党总支", OrganisationKind::GeneralBranch),
        ("中共柳河村总支部委员会", OrganisationKind::GeneralBranch),
        ("中共大湾村党支部", OrganisationKind::Branch),
        ("第一党支部第二党小组", OrganisationKind::Group),
    ];
    for (number, (name, _)) in cases.iter().enumerate() {
        let id = format!("018f0000-0000-7000-8000-{number:012}");
        fresh.execute(&format!("INSERT INTO organisations VALUES ('{id}', 1, '000{number}', '{name}')")).await;
    }
    let store = fresh.open().await;
    let kept: Vec<_> = store.organisations.all().await.unwrap();
    let found: Vec<_> = kept.iter().map(|kept| (kept.name.as_str(), kept.kind)).collect();
    assert_eq!(found, cases);
    let plain = |kept: &Organisation| kept.short_name.is_empty() && kept.status == OrganisationStatus::Active;
    assert!(kept.iter().all(plain), "{kept:?}");
}

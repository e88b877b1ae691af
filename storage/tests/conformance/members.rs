//! The roster: what comes back, what is sealed, and how people are found. What whom a list shows to is in `roster.rs`.

use lianxin_domain::access::Scope;
use lianxin_domain::member::{Gender, Member, MemberFacts, MemberStanding, MemberStatus, Position};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::phone::Phone;
use lianxin_domain::tree::TreePath;
use lianxin_storage::journal::CommitError;
use lianxin_storage::members::{MemberCounts, MemberFilter};
use lianxin_storage::organisations::Organisations;

use crate::organisations::organisation;
use crate::support::{Fresh, NOON, Store};
use crate::village::raw;

on_both!(
    members_come_back_and_change_from_the_version_they_were_read_at,
    an_account_is_on_one_roster_at_a_time,
    phones_of_members_are_not_readable_in_the_row,
    pages_follow_each_other_and_name_the_total,
    leaders_are_found_the_higher_position_first,
    accounts_are_found_by_what_people_call_them,
    a_census_counts_who_is_on_the_rosters_and_says_where,
);

/// A full member of an organisation.
pub fn member(store: &Store, organisation: &Organisation, name: &str, phone: &str) -> Member {
    Member {
        id: store.id(),
        version: 1,
        account_id: store.id(),
        organisation_id: organisation.id,
        organisation_path: organisation.path.clone(),
        facts: MemberFacts {
            name: name.to_owned(),
            phone: Phone::parse(phone).ok(),
            standing: MemberStanding::Full,
            positions: Vec::new(),
            joined_on: "2019-07-01".parse().ok(),
            became_full_on: None,
            gender: Some(Gender::Female),
            sort_order: 0,
        },
        status: MemberStatus::Active,
        history_reason: None,
        photo: Some(store.id()),
    }
}

async fn branch(store: &Store) -> Organisation {
    let branch = organisation(store, &TreePath::root(1).child(1), OrganisationKind::Branch);
    store.write(vec![Organisations::insert(&branch)]).await.unwrap();
    branch
}

async fn members_come_back_and_change_from_the_version_they_were_read_at(fresh: &Fresh) {
    let store = fresh.open().await;
    let branch = branch(&store).await;
    let mut one = member(&store, &branch, "覃大姐", "13800001234");
    one.facts.positions = vec![Position::Secretary, Position::GroupLeader];
    let mut bare = member(&store, &branch, "·", "");
    bare.facts = MemberFacts {
        phone: None,
        standing: MemberStanding::Probationary,
        joined_on: None,
        gender: None,
        sort_order: -1,
        ..bare.facts
    };
    store.write([&one, &bare].map(|member| store.members.insert(member, NOON)).to_vec()).await.unwrap();
    let scope = Scope::system();
    for member in [&one, &bare] {
        assert_eq!(store.members.get(&scope, member.id).await.unwrap().as_ref(), Some(member));
    }
    assert_eq!(store.members.get(&scope, store.id()).await.unwrap(), None);
    one.version = 2;
    one.facts.became_full_on = "2020-07-01".parse().ok();
    one.facts.phone = None;
    (one.status, one.history_reason) = (MemberStatus::History, Some("转出".to_owned()));
    store.write(vec![store.members.update(1, &one)]).await.unwrap();
    assert_eq!(store.members.get(&scope, one.id).await.unwrap().as_ref(), Some(&one));
    let late = store.write(vec![store.members.update(1, &one)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "members", .. })), "{late:?}");
    let counts = store.members.counts(&branch.path).await.unwrap();
    assert_eq!(counts, MemberCounts { members: 1, full: 0, former: 1 });
}

async fn an_account_is_on_one_roster_at_a_time(fresh: &Fresh) {
    let store = fresh.open().await;
    let branch = branch(&store).await;
    let mut first = member(&store, &branch, "覃大姐", "13800001234");
    store.write(vec![store.members.insert(&first, NOON)]).await.unwrap();
    let again = Member { id: store.id(), ..first.clone() };
    let refused = store.write(vec![store.members.insert(&again, NOON)]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "members", .. })), "{refused:?}");
    (first.version, first.status) = (2, MemberStatus::History);
    store.write(vec![store.members.update(1, &first)]).await.unwrap();
    store.write(vec![store.members.insert(&again, NOON)]).await.unwrap();
    let known = store.members.of_accounts(&[first.account_id, store.id()]).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [(first.account_id, again.id)]);
    assert!(store.members.of_accounts(&[]).await.unwrap().is_empty());
}

async fn phones_of_members_are_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    let branch = branch(&store).await;
    let one = member(&store, &branch, "覃大姐", "13800001234");
    store.write(vec![store.members.insert(&one, NOON)]).await.unwrap();
    let row = raw(fresh, "members", &["name", "phone_sealed", "phone_print"]).await;
    assert!(row.starts_with("覃大姐 v1:1:") && !row.contains("13800001234"), "{row}");
}

async fn pages_follow_each_other_and_name_the_total(fresh: &Fresh) {
    let store = fresh.open().await;
    let upper = branch(&store).await;
    let lower = organisation(&store, &upper.path.child(1), OrganisationKind::Group);
    let mut people: Vec<Member> = (0..7).map(|number| member(&store, &lower, &format!("人{number}"), "")).collect();
    people.extend((0..4).map(|number| member(&store, &upper, &format!("甲{number}"), "")));
    people[2].facts.sort_order = -5;
    let writes = people.iter().map(|person| store.members.insert(person, NOON));
    store.write(std::iter::once(Organisations::insert(&lower)).chain(writes).collect()).await.unwrap();
    people.sort_by(|a, b| {
        let place = |member: &Member| (member.organisation_path.clone(), member.facts.sort_order, member.id);
        place(a).cmp(&place(b))
    });
    let all = MemberFilter { organisation: Some((upper.path.clone(), true)), ..MemberFilter::default() };
    let mut listed = Vec::new();
    for page in 0..4 {
        let (members, total) = store.members.list(&Scope::system(), &all, page, 4).await.unwrap();
        assert_eq!(total, 11);
        listed.extend(members);
    }
    assert_eq!(listed, people);
}

async fn leaders_are_found_the_higher_position_first(fresh: &Fresh) {
    let store = fresh.open().await;
    let branch = branch(&store).await;
    let led = |name: &str, positions: &[Position]| {
        let mut one = member(&store, &branch, name, "");
        one.facts.positions = positions.to_vec();
        one
    };
    let mut people = [
        led("副", &[Position::DeputySecretary]),
        led("正", &[Position::Secretary, Position::PublicityCommissioner]),
        led("委员", &[Position::CommitteeMember]),
        led("前任", &[Position::Secretary]),
    ];
    people[3].status = MemberStatus::History;
    store.write(people.iter().map(|person| store.members.insert(person, NOON)).collect()).await.unwrap();
    let leaders = store.members.leaders().await.unwrap();
    let found: Vec<_> = leaders.iter().map(|leader| (leader.name.as_str(), leader.position)).collect();
    assert_eq!(found, [("正", Position::Secretary), ("副", Position::DeputySecretary)]);
    assert_eq!((leaders[0].organisation_id, leaders[0].member_id), (branch.id, people[1].id));
}

async fn accounts_are_found_by_what_people_call_them(fresh: &Fresh) {
    use lianxin_domain::access::AccountKind;
    use lianxin_storage::accounts::Account;
    let store = fresh.open().await;
    let account = |kind, login: Option<&str>, phone: &str| Account {
        login: login.map(str::to_owned),
        phone: Some(phone.to_owned()),
        ..Account::new(store.id(), kind, NOON)
    };
    let resident = account(AccountKind::Resident, None, "13800000001");
    let both = account(AccountKind::Resident, Some("dy001"), "13800000002");
    let staff = account(AccountKind::Staff, Some("wei"), "13800000003");
    store.write([&resident, &both, &staff].map(|account| store.accounts.insert(account)).to_vec()).await.unwrap();
    // More than one statement takes.
    let logins: Vec<String> =
        (0..600).map(|number| format!("x{number}")).chain(["dy001".into(), "wei".into()]).collect();
    let phones: Vec<String> = (1..700).map(|number| format!("138{number:08}")).collect();
    let known = store.accounts.known_as(&logins, &phones).await.unwrap();
    let mut by_login: Vec<_> = known.by_login.into_iter().collect();
    by_login.sort();
    assert_eq!(by_login, [("dy001".to_owned(), both.id), ("wei".to_owned(), staff.id)]);
    let mut by_phone: Vec<_> = known.by_phone.into_iter().collect();
    by_phone.sort();
    assert_eq!(by_phone, [("13800000001".to_owned(), resident.id), ("13800000002".to_owned(), both.id)]);
    assert_eq!(store.accounts.known_as(&[], &[]).await.unwrap(), Default::default());
}

async fn a_census_counts_who_is_on_the_rosters_and_says_where(fresh: &Fresh) {
    let store = fresh.open().await;
    let upper = branch(&store).await;
    let lower = organisation(&store, &upper.path.child(1), OrganisationKind::Group);
    let other = organisation(&store, &TreePath::root(1).child(2), OrganisationKind::Branch);
    let mut people: Vec<Member> = (0..3).map(|_| member(&store, &upper, "甲", "")).collect();
    people.extend((0..2).map(|_| member(&store, &lower, "乙", "")));
    people.push(member(&store, &other, "丙", ""));
    people[0].status = MemberStatus::History;
    let mut writes = vec![Organisations::insert(&lower), Organisations::insert(&other)];
    writes.extend(people.iter().map(|person| store.members.insert(person, NOON)));
    store.write(writes).await.unwrap();
    let census = store.members.census(&[(upper.path.clone(), true), (upper.path.clone(), false)]).await.unwrap();
    assert_eq!((census.own(&upper.path), census.subtree(&upper.path), census.own(&lower.path)), (2, 4, 2));
    assert_eq!((census.own(&other.path), census.of(|_| true)), (0, 4));
    let census = store.members.census(&[(upper.path.clone(), false), (other.path.clone(), false)]).await.unwrap();
    assert_eq!((census.subtree(&upper.path), census.subtree(&TreePath::root(1))), (2, 3));
    assert_eq!(store.members.census(&[]).await.unwrap(), lianxin_storage::members::Census::default());
    let places = store.members.places(&[people[0].id, people[4].id, store.id()]).await.unwrap();
    assert_eq!(places.len(), 2);
    assert_eq!(places[&people[0].id], (upper.path, false));
    assert_eq!(places[&people[4].id], (lower.path, true));
}

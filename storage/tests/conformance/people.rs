//! Accounts, sessions and the grids that people serve.

use lianxin_domain::access::{AccountKind, Duty};
use lianxin_domain::geo::Point;
use lianxin_domain::grid::{Grid, GridStatus};
use lianxin_domain::ids::{AccountId, GridId};
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{ADMIN_ROLE, Account, AccountStatus, Accounts};
use lianxin_storage::grids::{GridStaff, Grids};
use lianxin_storage::journal::CommitError;
use lianxin_storage::sessions::{PhoneCode, Session, Sessions};

use crate::support::{Fresh, NOON, Store};
use crate::village::raw;

on_both!(
    accounts_come_back_and_are_found,
    an_account_changes_only_from_the_version_it_was_read_at,
    a_login_or_a_resident_phone_is_taken_once,
    phones_and_addresses_are_not_readable_in_the_row,
    a_session_brings_the_caller_with_duties_and_grants,
    a_session_ends_by_time_by_hand_and_with_its_account,
    the_last_phone_code_stands,
    grids_come_back_parents_first,
    staff_are_found_by_parts_of_names_and_whole_numbers,
    grants_are_found_below_a_grid,
);

fn resident(store: &Store) -> Account {
    let mut account = Account::new(store.id(), AccountKind::Resident, NOON);
    account.name = "覃大姐".to_owned();
    account.phone = Some("13800001234".to_owned());
    account.address = Some("百育镇九合村".to_owned());
    account
}

fn staff(store: &Store, login: &str) -> Account {
    let mut account = Account::new(store.id(), AccountKind::Staff, NOON);
    account.login = Some(login.to_owned());
    account.name = "韦师傅".to_owned();
    account.phone = Some("13800001234".to_owned());
    account.password_hash = Some("$argon2id$…".to_owned());
    account.must_change_password = true;
    account
}

async fn accounts_come_back_and_are_found(fresh: &Fresh) {
    let store = fresh.open().await;
    let (resident, mut worker) = (resident(&store), staff(&store, "wei"));
    worker.login_failures = 3;
    worker.locked_at = Some(NOON);
    worker.status = AccountStatus::Disabled;
    let bare = Account::new(store.id(), AccountKind::Resident, NOON);
    let all = [&resident, &worker, &bare];
    store.write(all.map(|account| store.accounts.insert(account)).to_vec()).await.unwrap();
    for account in all {
        assert_eq!(store.accounts.get(account.id).await.unwrap().as_ref(), Some(account));
    }
    assert_eq!(store.accounts.get(store.id()).await.unwrap(), None);
    assert_eq!(store.accounts.by_login("wei").await.unwrap().as_ref(), Some(&worker));
    assert_eq!(store.accounts.by_login("WEI").await.unwrap(), None);
    // Staff with the same phone are not who signs in by it.
    let found = store.accounts.resident_by_phone("13800001234").await.unwrap();
    assert_eq!(found.as_ref(), Some(&resident));
    assert_eq!(store.accounts.resident_by_phone("13800001235").await.unwrap(), None);
    assert_eq!(store.accounts.staff().await.unwrap(), [worker]);
}

async fn an_account_changes_only_from_the_version_it_was_read_at(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut account = resident(&store);
    store.write(vec![store.accounts.insert(&account)]).await.unwrap();
    account.version = 2;
    account.phone = Some("13900005678".to_owned());
    account.address = None;
    store.write(vec![store.accounts.update(1, &account)]).await.unwrap();
    assert_eq!(store.accounts.get(account.id).await.unwrap().as_ref(), Some(&account));
    assert_eq!(store.accounts.resident_by_phone("13800001234").await.unwrap(), None);
    assert_eq!(store.accounts.resident_by_phone("13900005678").await.unwrap().as_ref(), Some(&account));
    let late = store.write(vec![store.accounts.update(1, &account)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "accounts", .. })), "{late:?}");
}

async fn a_login_or_a_resident_phone_is_taken_once(fresh: &Fresh) {
    let store = fresh.open().await;
    store
        .write(vec![store.accounts.insert(&staff(&store, "wei")), store.accounts.insert(&resident(&store))])
        .await
        .unwrap();
    for again in [staff(&store, "wei"), resident(&store)] {
        let refused = store.write(vec![store.accounts.insert(&again)]).await;
        assert!(matches!(refused, Err(CommitError::Exists { table: "accounts", .. })), "{refused:?}");
    }
    // Staff may share a phone, and residents without one are many.
    let bare = || Account::new(store.id(), AccountKind::Resident, NOON);
    let more = [staff(&store, "huang"), bare(), bare()];
    store.write(more.iter().map(|account| store.accounts.insert(account)).collect()).await.unwrap();
}

async fn phones_and_addresses_are_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    store.write(vec![store.accounts.insert(&resident(&store))]).await.unwrap();
    let row = raw(fresh, "accounts", &["name", "phone_sealed", "phone_print", "address_sealed"]).await;
    assert!(row.starts_with("覃大姐 v1:1:"), "{row}");
    for secret in ["13800001234", "百育镇", "九合村"] {
        assert!(!row.contains(secret), "{row}");
    }
}

fn session(store: &Store, account_id: AccountId, token: &str) -> Session {
    Session {
        id: store.id(),
        token_hash: format!("hash of {token}"),
        account_id,
        csrf_token: format!("csrf of {token}"),
        created_at: NOON,
        expires_at: NOON.plus_millis(1_000),
    }
}

async fn a_session_brings_the_caller_with_duties_and_grants(fresh: &Fresh) {
    let store = fresh.open().await;
    let (worker, other) = (staff(&store, "wei"), staff(&store, "huang"));
    let path = TreePath::root(1).child(2);
    let (upper, lower) = (grid(&store, 1, &path), grid(&store, 2, &path.child(1)));
    let serves = |grid: &Grid, account: &Account, duty| {
        Grids::assign(&GridStaff { grid_id: grid.id, account_id: account.id, duty })
    };
    let live = session(&store, worker.id, "t");
    let writes = vec![
        store.accounts.insert(&worker),
        store.accounts.insert(&other),
        Grids::insert(&upper),
        Grids::insert(&lower),
        serves(&lower, &worker, Duty::Worker),
        serves(&upper, &worker, Duty::Deputy),
        serves(&upper, &other, Duty::Leader),
        Accounts::grant(worker.id, ADMIN_ROLE, &path),
        Accounts::grant(worker.id, "auditor", &TreePath::root(9)),
        Sessions::insert(&live),
    ];
    store.write(writes).await.unwrap();

    let found = store.sessions.find("hash of t", NOON).await.unwrap().unwrap();
    assert_eq!((found.csrf_token.as_str(), found.expires_at), ("csrf of t", live.expires_at));
    let caller = found.caller;
    assert_eq!((caller.account_id, caller.session_id), (worker.id, live.id));
    assert_eq!((caller.kind, caller.name.as_str()), (AccountKind::Staff, "韦师傅"));
    assert!(caller.must_change_password && caller.profile_complete);
    let duties: Vec<_> = caller.duties.iter().map(|duty| (duty.grid_id, &duty.path, duty.duty)).collect();
    assert_eq!(duties, [(upper.id, &upper.path, Duty::Deputy), (lower.id, &lower.path, Duty::Worker)]);
    assert_eq!(caller.administers, [path]);

    // Rights are those of now, not those of the login; assigning again changes the duty.
    store.write(vec![serves(&upper, &worker, Duty::Leader), Grids::dismiss(lower.id, worker.id)]).await.unwrap();
    let caller = store.sessions.caller(live.id, worker.id).await.unwrap().unwrap();
    assert_eq!(caller.duties.len(), 1);
    assert_eq!(caller.duties[0].duty, Duty::Leader);

    let resident = Account::new(store.id(), AccountKind::Resident, NOON);
    store.write(vec![store.accounts.insert(&resident)]).await.unwrap();
    let caller = store.sessions.caller(live.id, resident.id).await.unwrap().unwrap();
    assert!(!caller.profile_complete && caller.duties.is_empty() && caller.administers.is_empty());
}

async fn a_session_ends_by_time_by_hand_and_with_its_account(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut account = staff(&store, "wei");
    let (one, two) = (session(&store, account.id, "one"), session(&store, account.id, "two"));
    let writes = vec![store.accounts.insert(&account), Sessions::insert(&one), Sessions::insert(&two)];
    store.write(writes).await.unwrap();
    let is_live = async |token: &str, at| store.sessions.find(token, at).await.unwrap().is_some();
    assert!(is_live("hash of one", one.expires_at.plus_millis(-1)).await);
    assert!(!is_live("hash of one", one.expires_at).await);
    assert!(!is_live("hash of three", NOON).await);
    let mut ids = store.sessions.of_account(account.id).await.unwrap();
    ids.sort_unstable();
    let mut expected = [one.id, two.id];
    expected.sort_unstable();
    assert_eq!(ids, expected);

    store.write(vec![Sessions::end(one.id), Sessions::end(store.id())]).await.unwrap();
    assert!(!is_live("hash of one", NOON).await);
    assert!(is_live("hash of two", NOON).await);
    account.version = 2;
    account.status = AccountStatus::Disabled;
    store.write(vec![store.accounts.update(1, &account)]).await.unwrap();
    assert!(!is_live("hash of two", NOON).await);
}

async fn the_last_phone_code_stands(fresh: &Fresh) {
    let store = fresh.open().await;
    let print = store.accounts.phone_print("13800001234");
    assert_eq!(store.sessions.phone_code(&print).await.unwrap(), None);
    let mut code = PhoneCode {
        phone_print: print.clone(),
        code_hash: "first".to_owned(),
        sent_at: NOON,
        expires_at: NOON.plus_millis(300_000),
        attempts: 0,
        sent_today: 1,
    };
    for hash in ["first", "second"] {
        hash.clone_into(&mut code.code_hash);
        code.attempts += 1;
        store.write(vec![Sessions::put_phone_code(&code)]).await.unwrap();
        assert_eq!(store.sessions.phone_code(&print).await.unwrap().as_ref(), Some(&code));
    }
}

fn grid(store: &Store, serial: u32, path: &TreePath) -> Grid {
    Grid {
        id: store.id(),
        version: 1,
        serial,
        code_generation: 1,
        path: path.clone(),
        number: format!("4510{serial:05}"),
        name: format!("网格 {serial}"),
        sort_order: -3,
        status: GridStatus::Active,
        organisation_id: None,
        center: None,
        area: None,
        households: serial * 10,
    }
}

async fn grids_come_back_parents_first(fresh: &Fresh) {
    let store = fresh.open().await;
    // Written child first; "0001" sorts before "000Z" whatever the database's own order of letters is.
    let root = TreePath::root(1);
    let mut grids: Vec<Grid> = [root.child(35), root.child(10), root.child(9).child(1), root.child(9), root]
        .iter()
        .zip(1..)
        .map(|(path, serial)| grid(&store, serial, path))
        .collect();
    grids[0].organisation_id = Some(store.id());
    grids[0].center = Some(Point::new(106.916_437_123_4, 23.735_6).unwrap());
    let ring = serde_json::json!([[106.9, 23.7], [106.95, 23.7], [106.95, 23.75], [106.9, 23.7]]);
    let area = serde_json::json!({ "type": "Polygon", "coordinates": [ring] });
    grids[0].area = serde_json::from_value(area).ok();
    assert!(grids[0].area.is_some());
    store.write(grids.iter().map(Grids::insert).collect()).await.unwrap();
    grids.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(store.grids.all().await.unwrap(), grids);

    let mut changed = grids[2].clone();
    (changed.version, changed.code_generation, changed.status) = (2, 9, GridStatus::Disabled);
    changed.path = TreePath::root(2);
    changed.households = 1_000_000;
    store.write(vec![Grids::update(1, &changed)]).await.unwrap();
    assert_eq!(store.grids.all().await.unwrap().last(), Some(&changed));
    let taken = Grid { id: store.id::<GridId>(), ..changed };
    let refused = store.write(vec![Grids::insert(&taken)]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "grids", .. })), "{refused:?}");
}

async fn staff_are_found_by_parts_of_names_and_whole_numbers(fresh: &Fresh) {
    let store = fresh.open().await;
    let (wei, mut huang, mut gone) = (staff(&store, "WeiShifu"), staff(&store, "huang_50"), staff(&store, "wei-old"));
    huang.name = "黄师傅".to_owned();
    huang.phone = Some("13800005678".to_owned());
    gone.status = AccountStatus::Disabled;
    let resident = resident(&store);
    store.write([&wei, &huang, &gone, &resident].map(|account| store.accounts.insert(account)).to_vec()).await.unwrap();
    for (words, phone, expected) in [
        ("韦", None, vec![wei.id]),
        ("师傅", None, vec![wei.id, huang.id]),
        ("weishi", None, vec![wei.id]),
        ("_50", None, vec![huang.id]),
        ("%", None, vec![]),
        ("1380000", None, vec![]),
        ("13800001234", Some("13800001234"), vec![wei.id]),
        ("13800005678", Some("13800005678"), vec![huang.id]),
        ("覃大姐", None, vec![]),
    ] {
        let mut found: Vec<_> =
            store.accounts.staff_matching(words, phone).await.unwrap().iter().map(|one| one.id).collect();
        let mut expected = expected;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{words}");
    }
}

async fn grants_are_found_below_a_grid(fresh: &Fresh) {
    let store = fresh.open().await;
    let (wei, huang) = (staff(&store, "wei"), staff(&store, "huang"));
    let town = TreePath::root(1).child(2);
    let grants = [
        (wei.id, town.clone()),
        (huang.id, town.child(3)),
        (huang.id, TreePath::root(1)),
        (wei.id, TreePath::root(1).child(3)),
    ];
    let mut writes = vec![store.accounts.insert(&wei), store.accounts.insert(&huang)];
    writes.extend(grants.iter().map(|(account, path)| Accounts::grant(*account, ADMIN_ROLE, path)));
    store.write(writes).await.unwrap();
    let found = store.accounts.grants_below(&town).await.unwrap();
    let mut paths: Vec<_> = found.iter().map(|grant| (grant.account_id, grant.grid_path.clone())).collect();
    paths.sort_by(|left, right| left.1.cmp(&right.1));
    assert_eq!(paths, grants[..2]);
    store.write(found.iter().map(Accounts::revoke).collect()).await.unwrap();
    assert_eq!(store.accounts.grants_below(&town).await.unwrap(), []);
    assert_eq!(store.accounts.grants_below(&TreePath::root(1)).await.unwrap().len(), 2);
}

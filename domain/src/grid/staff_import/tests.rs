use super::*;
use crate::ids::EntityId as _;

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(number: u128, name: &str, login: &str, phone: &str) -> KnownPerson {
    KnownPerson {
        id: account(number),
        name: name.to_owned(),
        login: Some(login.to_owned()),
        phone: Phone::parse(phone).ok(),
        active: true,
    }
}

struct World {
    grids: HashMap<String, ServedGrid>,
    people: Vec<KnownPerson>,
    other_logins: HashSet<String>,
    may_create: bool,
    update: bool,
}

/// Two grids; 农支书 leads the first; two sisters share a phone; somebody's account is disabled.
fn world() -> World {
    let grid = |number: u128, staff: &[(AccountId, Duty)]| ServedGrid {
        id: GridId::from_uuid(uuid::Uuid::from_u128(number)),
        staff: staff.to_vec(),
    };
    World {
        grids: HashMap::from([
            ("45-1".to_owned(), grid(1, &[(account(1), Duty::Leader)])),
            ("45-2".to_owned(), grid(2, &[])),
        ]),
        people: vec![
            person(1, "农支书", "nong", "19900000001"),
            person(2, "陆大妹", "lu1", "19900000002"),
            person(3, "陆小妹", "lu2", "19900000002"),
            KnownPerson { active: false, ..person(4, "黄停用", "huang", "19900000004") },
        ],
        other_logins: HashSet::from(["wei_party".to_owned()]),
        may_create: true,
        update: false,
    }
}

fn row(number: u32, cells: [&str; 5]) -> StaffRow {
    let [grid, name, phone, account, duty] = cells.map(str::to_owned);
    StaffRow { row: number, grid, name, phone, account, duty }
}

impl World {
    fn plan(&self, rows: &[StaffRow]) -> Result<StaffPlan, Vec<RowError>> {
        let World { grids, people, other_logins, may_create, update } = self;
        StaffImport { grids, people, other_logins, may_create: *may_create, update: *update }.plan(rows)
    }

    fn wrong(&self, rows: &[StaffRow]) -> Vec<(u32, String, &'static str)> {
        let errors = self.plan(rows).err().unwrap_or_default();
        assert!(errors.iter().all(|wrong| !wrong.error.message.is_empty()));
        errors.into_iter().map(|wrong| (wrong.row, wrong.error.field, wrong.error.code)).collect()
    }
}

#[test]
fn people_are_found_or_made_once_and_may_serve_several_grids() {
    let rows = [
        // By phone alone, before the row that makes the account.
        row(2, ["45-2", "韦新人", "19900000009", "", "网格员"]),
        row(3, ["45-1", "韦新人", "19900000009", "wei.new", "副网格长"]),
        row(4, ["45-2", "农支书", "199 0000 0001", "", "网格长"]),
        row(5, ["45-1", "农支书", "", "nong", "网格长"]),
        row(6, ["45-1", "陆小妹", "19900000002", "", "网格员"]),
        row(7, ["45-2", "陆大妹", "199****0002", "lu1", "网格员"]),
        row(8, ["45-1", "蓝无号", "", "lan", "网格员"]),
    ];
    let plan = world().plan(&rows).unwrap();
    let people: Vec<_> = plan.people.iter().map(|new| (new.login.as_str(), new.name.as_str())).collect();
    assert_eq!(people, [("wei.new", "韦新人"), ("lan", "蓝无号")]);
    assert_eq!(plan.people[0].phone.as_ref().map(Phone::as_str), Some("19900000009"));
    let duties: Vec<_> =
        plan.duties.iter().map(|duty| (duty.grid_id.as_bytes()[15], duty.person, duty.duty, duty.before)).collect();
    assert_eq!(
        duties,
        [
            (2, Person::New(0), Duty::Worker, None),
            (1, Person::New(0), Duty::Deputy, None),
            (2, Person::Known(account(1)), Duty::Leader, None),
            (1, Person::Known(account(3)), Duty::Worker, None),
            (2, Person::Known(account(2)), Duty::Worker, None),
            (1, Person::New(1), Duty::Worker, None),
        ]
    );
    assert_eq!(plan.unchanged, 1, "who leads the grid already");
}

#[test]
fn another_duty_in_the_same_grid_is_changed_only_when_that_was_asked_for() {
    let rows = [row(2, ["45-1", "农支书", "19900000001", "", "网格员"])];
    assert_eq!(world().wrong(&rows), [(2, "duty".to_owned(), "grid.duty_differs")]);
    let plan = World { update: true, ..world() }.plan(&rows).unwrap();
    assert_eq!((plan.duties[0].before, plan.duties[0].duty), (Some(Duty::Leader), Duty::Worker));
}

#[test]
fn every_wrong_cell_is_named() {
    type Case = ([&'static str; 5], &'static [(&'static str, &'static str)]);
    let cases: [Case; 21] = [
        (["", "韦一", "19900000008", "wei", "网格员"], &[("grid", "field.required")]),
        (["99", "韦一", "19900000008", "wei", "网格员"], &[("grid", "grid.not_found")]),
        (["45-1", "", "19900000008", "wei", "网格员"], &[("name", "field.required")]),
        (["45-1", "123", "19900000008", "wei", "网格员"], &[("name", "field.characters")]),
        (["45-1", "韦一", "110", "wei", "网格员"], &[("phone", "field.phone")]),
        (["45-1", "韦一", "199****0008", "wei", "网格员"], &[("phone", "field.phone")]),
        (["45-1", "韦一", "199****0008", "", "网格员"], &[("phone", "field.phone")]),
        (["45-1", "韦一", "", "", "网格员"], &[("phone", "staff.account_needed")]),
        (["45-1", "韦一", "19900000008", "", "网格员"], &[("account", "staff.unknown")]),
        (["45-1", "韦一", "19900000008", "韦", "网格员"], &[("account", "account.login_malformed")]),
        (["45-1", "韦一", "19900000008", "wei_party", "网格员"], &[("account", "account.login_taken")]),
        (["45-1", "韦一", "19900000008", "wei", ""], &[("duty", "field.required")]),
        (["45-1", "韦一", "19900000008", "wei", "组长"], &[("duty", "field.option")]),
        (["45-2", "农支书", "19900000001", "nong2", "网格员"], &[("account", "account.exists")]),
        // Whose account it is has to be known, not guessed.
        (["45-2", "王某", "19900000001", "", "网格员"], &[("name", "staff.name_differs")]),
        (["45-2", "王某", "", "nong", "网格员"], &[("name", "staff.name_differs")]),
        (["45-2", "农支书", "19900000005", "nong", "网格员"], &[("phone", "staff.phone_differs")]),
        (["45-2", "农支书", "199****0005", "nong", "网格员"], &[("phone", "staff.phone_differs")]),
        (["45-2", "陆三妹", "19900000002", "", "网格员"], &[("phone", "staff.phone_shared")]),
        (["45-2", "黄停用", "19900000004", "", "网格员"], &[("account", "account.disabled")]),
        (
            ["99", "", "x", "?", "x"],
            &[
                ("name", "field.required"),
                ("phone", "field.phone"),
                ("account", "account.login_malformed"),
                ("duty", "field.option"),
                ("grid", "grid.not_found"),
            ],
        ),
    ];
    for (cells, expected) in cases {
        let rows = [row(6, ["45-1", "甲一", "19900000006", "jia", "网格员"]), row(7, cells)];
        let expected: Vec<_> = expected.iter().map(|(field, code)| (7, (*field).to_owned(), *code)).collect();
        assert_eq!(world().wrong(&rows), expected, "{cells:?}");
    }
}

#[test]
fn rows_of_one_new_account_have_to_agree() {
    let first = row(2, ["45-1", "韦一", "19900000008", "wei", "网格员"]);
    for (other, expected) in [
        (["45-1", "韦一", "", "wei", "网格长"], ("grid", "sheet.row_repeated")),
        (["45-2", "韦二", "", "wei", "网格员"], ("name", "staff.name_differs")),
        (["45-2", "韦一", "19900000007", "wei", "网格员"], ("phone", "staff.phone_differs")),
        (["45-2", "韦二", "19900000008", "", "网格员"], ("name", "staff.name_differs")),
    ] {
        let found = world().wrong(&[first.clone(), row(3, other)]);
        assert_eq!(found, [(3, expected.0.to_owned(), expected.1)], "{other:?}");
    }
    let sisters = [
        first,
        row(3, ["45-1", "韦二", "19900000008", "wei2", "网格员"]),
        row(4, ["45-2", "韦二", "19900000008", "", "网格员"]),
    ];
    assert_eq!(world().wrong(&sisters), [(4, "phone".to_owned(), "staff.phone_shared")]);
}

#[test]
fn who_may_not_make_accounts_gives_duties_to_those_who_have_one() {
    let world = World { may_create: false, ..world() };
    let known = row(2, ["45-2", "农支书", "19900000001", "", "网格员"]);
    assert_eq!(world.plan(std::slice::from_ref(&known)).map(|plan| plan.duties.len()), Ok(1));
    let found = world.wrong(&[
        known,
        row(3, ["45-2", "韦一", "19900000008", "wei", "网格员"]),
        row(4, ["45-2", "韦二", "19900000007", "", "网格员"]),
    ]);
    let expected = [(3, "account.not_permitted"), (4, "staff.unknown")];
    assert_eq!(found, expected.map(|(row, code)| (row, "account".to_owned(), code)));
}

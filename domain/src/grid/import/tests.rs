use proptest::prelude::*;

use super::*;
use crate::ids::EntityId as _;

fn id(number: u128) -> GridId {
    GridId::from_uuid(uuid::Uuid::from_u128(number))
}

fn grid(serial: u32, path: TreePath, number: &str) -> Grid {
    Grid {
        id: id(u128::from(serial)),
        version: 3,
        serial,
        code_generation: 2,
        path,
        number: number.to_owned(),
        name: format!("网格{number}"),
        sort_order: 4,
        status: GridStatus::Active,
        organisation_id: None,
        center: Point::new(105.1, 24.5).ok(),
        area: None,
        households: 12,
    }
}

/// A county 45 with a township 45-1 of the importer's and another one 45-2, each with a village.
fn county() -> Vec<(Grid, bool)> {
    let root = TreePath::root(1);
    vec![
        (grid(1, root.clone(), "45"), false),
        (grid(2, root.child(1), "45-1"), true),
        (grid(3, root.child(1).child(7), "45-1-1"), true),
        (grid(9, root.child(2), "45-2"), false),
        (grid(5, root.child(2).child(1), "45-2-1"), false),
    ]
}

fn row(number: u32, cells: [&str; 3]) -> GridRow {
    let [parent, own, name] = cells.map(str::to_owned);
    GridRow { row: number, parent, number: own, name, ..GridRow::default() }
}

fn planned(grids: &[(Grid, bool)], rows: &[GridRow], update: bool) -> Result<GridPlan, Vec<RowError>> {
    let known: Vec<_> =
        grids.iter().map(|(grid, administered)| KnownGrid { grid, administered: *administered }).collect();
    let organisation = |text: &str| match text {
        "柳河支部" => Ok(OrganisationId::from_uuid(uuid::Uuid::from_u128(77))),
        _ => Err(FieldError::new("organisation", "organisation.not_found", "没有找到这个组织")),
    };
    let mut next = 1_000;
    let ids = || {
        next += 1;
        id(next)
    };
    GridImport { known: &known, organisation: &organisation, update }.plan(rows, ids)
}

fn wrong(rows: &[GridRow], update: bool) -> Vec<(u32, String, &'static str)> {
    let errors = planned(&county(), rows, update).err().unwrap_or_default();
    assert!(errors.iter().all(|wrong| !wrong.error.message.is_empty()));
    errors.into_iter().map(|wrong| (wrong.row, wrong.error.field, wrong.error.code)).collect()
}

#[test]
fn rows_in_any_order_become_grids_with_parents_first() {
    let mut rows = vec![
        row(2, ["45-1-1-1", "45-1-1-1-1", "张家组"]),
        row(3, ["45-1-2", "45-1-2-1", "一网格"]),
        row(4, ["45-1-1", "45-1-1-1", "东片"]),
        row(5, ["45-1", "45-1-2", "石桥村"]),
    ];
    (rows[3].level, rows[0].level) = ("村级".to_owned(), "五级网格".to_owned());
    (rows[3].organisation, rows[3].households, rows[3].order) = ("柳河支部".into(), "30".into(), "-2".into());
    (rows[3].status, rows[3].lng, rows[3].lat) = ("停用".into(), "105.25".into(), "24.75".into());
    let plan = planned(&county(), &rows, false).unwrap();
    let made: Vec<_> = plan.new.iter().map(|grid| (grid.number.as_str(), grid.path.as_str(), grid.serial)).collect();
    assert_eq!(
        made,
        [
            ("45-1-2", "000100010008", 10),
            ("45-1-1-1", "0001000100070001", 11),
            ("45-1-2-1", "0001000100080001", 12),
            ("45-1-1-1-1", "00010001000700010001", 13),
        ]
    );
    assert_eq!((plan.changed.len(), plan.unchanged), (0, 0));
    let village = &plan.new[0];
    assert_eq!((village.version, village.code_generation, village.name.as_str()), (1, 1, "石桥村"));
    assert_eq!((village.households, village.sort_order, village.status), (30, -2, GridStatus::Disabled));
    assert_eq!(village.organisation_id.map(|id| id.as_bytes()[15]), Some(77));
    assert_eq!(village.center, Point::new(105.25, 24.75).ok());
    let plain = &plan.new[1];
    assert_eq!((plain.households, plain.sort_order, plain.status, plain.center), (0, 0, GridStatus::Active, None));
}

#[test]
fn grids_that_are_there_change_only_when_that_was_asked_for_and_only_in_what_is_filled_in() {
    let mut rows = vec![row(2, ["45", "45-1", "云溪镇"]), row(3, ["", "45-1-1", "网格45-1-1"])];
    assert_eq!(wrong(&rows, false), [(2, "number".into(), "grid.exists"), (3, "number".into(), "grid.exists")]);
    (rows[0].households, rows[0].status) = ("13".into(), "启用".into());
    let plan = planned(&county(), &rows, true).unwrap();
    assert_eq!((plan.new.len(), plan.changed.len(), plan.unchanged), (0, 1, 1));
    let (before, after) = &plan.changed[0];
    let expected = Grid { version: 4, name: "云溪镇".into(), households: 13, ..before.clone() };
    assert_eq!((before.number.as_str(), after), ("45-1", &expected));
    // Another parent is another matter.
    rows[1].parent = "45-2".to_owned();
    assert_eq!(wrong(&rows, true), [(3, "parent".into(), "grid.parent_fixed")]);
    rows[1].parent = "nowhere".to_owned();
    assert_eq!(wrong(&rows, true), [(3, "parent".into(), "grid.parent_fixed")]);
}

#[test]
fn every_wrong_cell_is_named() {
    type Change = fn(&mut GridRow);
    let cases: [(Change, &[(&str, &str)]); 26] = [
        (|row| row.parent.clear(), &[("parent", "field.required")]),
        (|row| row.parent = "99".into(), &[("parent", "grid.not_found")]),
        // The neighbour's, and what is above: neither to be known, nor to be built below.
        (|row| row.parent = "45-2".into(), &[("parent", "grid.not_found")]),
        (|row| row.parent = "45".into(), &[("parent", "grid.not_found")]),
        (|row| row.parent = "new".into(), &[("parent", "grid.cycle")]),
        (|row| row.number.clear(), &[("number", "field.required")]),
        (|row| row.number = "x".repeat(41), &[("number", "field.too_long")]),
        (|row| row.number = "a\u{7}b".into(), &[("number", "field.characters")]),
        (|row| row.number = "45-2-1".into(), &[("number", "grid.number_taken")]),
        (|row| row.number = "45".into(), &[("number", "grid.number_taken")]),
        (|row| row.number = "45-1-1".into(), &[("number", "grid.exists")]),
        (|row| row.name = " ".into(), &[("name", "field.required")]),
        (|row| row.name = "村".repeat(51), &[("name", "field.too_long")]),
        (|row| row.level = "乡镇".into(), &[("level", "grid.level_differs")]),
        (|row| row.level = "六级".into(), &[("level", "field.option")]),
        (|row| row.organisation = "无".into(), &[("organisation", "organisation.not_found")]),
        (|row| row.households = "三".into(), &[("households", "field.number")]),
        (|row| row.households = "1.5".into(), &[("households", "field.number")]),
        (|row| row.households = "-1".into(), &[("households", "field.range")]),
        (|row| row.order = "一".into(), &[("order", "field.number")]),
        (|row| row.order = "2147483648".into(), &[("order", "field.number")]),
        (|row| row.status = "正常".into(), &[("status", "field.option")]),
        (|row| row.lng = "105".into(), &[("lat", "field.required")]),
        (|row| row.lat = "24".into(), &[("lng", "field.required")]),
        (|row| (row.lng, row.lat) = ("24.5".into(), "105.1".into()), &[("lat", "field.range")]),
        (|row| (row.lng, row.lat) = ("NaN".into(), "东".into()), &[("lng", "field.range"), ("lat", "field.number")]),
    ];
    for (change, expected) in cases {
        let mut bad = row(7, ["45-1", "new", "新村"]);
        change(&mut bad);
        let rows = [row(6, ["45-1", "before", "前村"]), bad.clone(), row(8, ["45-1", "behind", "后村"])];
        let expected: Vec<_> = expected.iter().map(|(field, code)| (7, (*field).to_owned(), *code)).collect();
        assert_eq!(wrong(&rows, false), expected, "{bad:?}");
    }
}

#[test]
fn circles_depth_and_repetition_are_told_where_they_are() {
    let deep =
        [row(2, ["45-1-1", "a", "四"]), row(3, ["c", "d", "七"]), row(4, ["a", "b", "五"]), row(5, ["b", "c", "六"])];
    assert_eq!(wrong(&deep, false), [(3, "parent".into(), "grid.too_deep"), (5, "parent".into(), "grid.too_deep")]);
    let circle = [
        row(2, ["tail", "leaf", "叶"]),
        row(3, ["b", "a", "甲"]),
        row(4, ["c", "b", "乙"]),
        row(5, ["a", "c", "丙"]),
        row(6, ["a", "tail", "尾"]),
    ];
    // What hangs below the circle has nothing wrong of its own.
    assert_eq!(wrong(&circle, false), [3, 4, 5].map(|row| (row, "parent".to_owned(), "grid.cycle")));
    let twice = [row(2, ["45-1", "a", "甲"]), row(3, ["45-1", " a ", "乙"]), row(4, ["a", "b", "丙"])];
    assert_eq!(wrong(&twice, false), [(3, "number".into(), "sheet.row_repeated")]);
    let below_wrong = [row(2, ["99", "a", "甲"]), row(3, ["a", "b", "乙"])];
    assert_eq!(wrong(&below_wrong, false), [(2, "parent".into(), "grid.not_found")]);
}

#[test]
fn a_chain_of_as_many_rows_as_a_sheet_has_is_refused_and_not_followed_for_ever() {
    let rows: Vec<_> = (0..5_000)
        .map(|number| row(number + 2, [&format!("n{}", number + 1), &format!("n{number}"), "长链"]))
        .collect();
    assert_eq!(wrong(&rows, false), [(5_001, "parent".into(), "grid.not_found")]);
}

/// Rows of a valid tree: each new grid below one that is there or one made before, in at most five levels.
fn valid_tree() -> impl Strategy<Value = Vec<GridRow>> {
    let step = (any::<prop::sample::Index>(), -2..3_i32, 0..5_u32);
    proptest::collection::vec(step, 1..40).prop_map(|steps| {
        let mut parents: Vec<(String, usize)> = vec![("45-1".to_owned(), 2), ("45-1-1".to_owned(), 3)];
        let mut rows = Vec::new();
        for ((parent, order, households), number) in steps.into_iter().zip(2_u32..) {
            let open: Vec<_> = parents.iter().filter(|(_, level)| *level < 5).cloned().collect();
            let (above, level) = open[parent.index(open.len())].clone();
            let own = format!("n{number}");
            rows.push(GridRow {
                order: order.to_string(),
                households: households.to_string(),
                ..row(number, [&above, &own, &format!("第{number}组")])
            });
            parents.push((own, level + 1));
        }
        rows
    })
}

proptest! {
    #[test]
    fn the_order_of_the_rows_makes_no_difference(rows in valid_tree(), seed: u64) {
        let mut shuffled = rows.clone();
        // A fixed shuffle of the seed: as good as any, and the same when it is tried again.
        shuffled.sort_by_key(|row| (u64::from(row.row).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed).rotate_left(17));
        let (one, other) = (planned(&county(), &rows, false), planned(&county(), &shuffled, false));
        prop_assert!(one.is_ok());
        prop_assert_eq!(&one, &other);
        let plan = one.unwrap_or_default();
        prop_assert_eq!(plan.new.len(), rows.len());
        let known = county();
        let mut places: HashMap<TreePath, String> =
            known.iter().map(|(grid, _)| (grid.path.clone(), grid.number.clone())).collect();
        for grid in &plan.new {
            let said = rows.iter().find(|row| row.number == grid.number);
            let parent = grid.path.parent().and_then(|path| places.get(&path));
            prop_assert_eq!(parent, said.map(|row| &row.parent), "parents come first");
            prop_assert!(places.insert(grid.path.clone(), grid.number.clone()).is_none(), "no place is given twice");
        }
        let serials: std::collections::HashSet<_> = plan.new.iter().map(|grid| grid.serial).collect();
        prop_assert_eq!(serials.len(), plan.new.len());
        prop_assert!(serials.iter().all(|serial| *serial > 9));
    }

    #[test]
    fn what_was_imported_once_changes_nothing_when_it_is_imported_again(rows in valid_tree()) {
        let first = planned(&county(), &rows, false).unwrap_or_default();
        let grids: Vec<_> = county().into_iter().chain(first.new.into_iter().map(|grid| (grid, true))).collect();
        let again = planned(&grids, &rows, true);
        prop_assert_eq!(again, Ok(GridPlan { unchanged: rows.len(), ..GridPlan::default() }));
    }

    #[test]
    fn any_cells_are_answered_without_panic(cells in proptest::collection::vec(proptest::collection::vec(".{0,6}", 10), 0..8)) {
        let rows: Vec<_> = cells.iter().zip(2..).map(|(cells, number)| GridRow {
            row: number,
            parent: cells[0].clone(), number: cells[1].clone(), name: cells[2].clone(), level: cells[3].clone(),
            organisation: cells[4].clone(), households: cells[5].clone(), order: cells[6].clone(),
            status: cells[7].clone(), lng: cells[8].clone(), lat: cells[9].clone(),
        }).collect();
        let _ = planned(&county(), &rows, true);
    }
}

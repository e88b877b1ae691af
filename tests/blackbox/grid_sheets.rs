//! Grids and those who serve them in workbooks: templates, imports with everything that can be wrong, exports that can be
//! imported again, and whose data nobody else gets at.

use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::sheets::{XLSX, cells, errors, send, sheet_of, workbook};
use crate::support::{Person, Reply, STAFF_PASSWORD, TestServer, text, throw_away_database};

const GRIDS: [&str; 10] =
    ["上级网格编号", "编号", "名称", "层级", "关联党组织", "户数", "排序", "状态", "中心经度", "中心纬度"];
const STAFF: [&str; 5] = ["网格编号", "姓名", "手机号码", "账号", "职责"];

struct Desk {
    server: TestServer,
    admin: Person,
    tree: Value,
}

impl Desk {
    async fn start() -> Self {
        Self::on(TestServer::start()).await
    }

    async fn on(server: TestServer) -> Self {
        let admin = server.staff("admin", 0).await;
        let tree = admin.get("/grids/tree").await.expect(200).clone();
        Self { server, admin, tree }
    }

    fn node(&self, way: &[usize]) -> &Value {
        way.iter().fold(&self.tree, |node, place| &node["children"][place])
    }

    fn number(&self, way: &[usize]) -> String {
        text(&self.node(way)["number"])
    }

    async fn find(&self, number: &str) -> Option<Value> {
        fn below(node: &Value, number: &str) -> Option<Value> {
            if node["number"] == number {
                return Some(node.clone());
            }
            node["children"].as_array()?.iter().find_map(|child| below(child, number))
        }
        below(self.admin.get("/grids/tree").await.expect(200), number)
    }
}

/// A row of a grid with only what every grid has.
fn grid(parent: &str, number: &str, name: &str) -> Vec<String> {
    cells(&[parent, number, name, "", "", "", "", "", "", ""])
}

/// The lines of an answer; the last is the report.
fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/x-ndjson")), "{}", reply.body);
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn counts(report: &Value, names: [&str; 4]) -> [u64; 4] {
    assert_eq!(report["errors"], json!([]));
    names.map(|name| report[name].as_u64().unwrap())
}

fn grid_counts(reply: &Reply) -> [u64; 4] {
    counts(reply.expect(200), ["imported", "created", "changed", "unchanged"])
}

fn staff_counts(reply: &Reply) -> [u64; 4] {
    counts(lines(reply).last().unwrap(), ["accounts", "assigned", "changed", "unchanged"])
}

#[actix_rt::test]
async fn templates_have_the_columns_that_an_import_takes_and_explain_them() {
    let desk = Desk::start().await;
    for (path, head) in [("/grids", &GRIDS[..]), ("/grid-staff", &STAFF[..])] {
        let reply = desk.admin.get(&format!("{path}/template.xlsx")).await;
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(XLSX)));
        let shown = sheet_of(&reply.bytes, 0);
        let titles: Vec<&str> = shown[0].iter().map(|title| title.trim_end_matches('*')).collect();
        assert_eq!((shown.len(), titles), (1, head.to_vec()));
        assert!(sheet_of(&reply.bytes, 1).len() > head.len());
        let empty = send(&desk.admin, &format!("{path}/import"), &reply.bytes, None).await;
        assert_eq!((empty.status, empty.code()), (422, "sheet.empty"));
        let csv = send(&desk.admin, &format!("{path}/import"), "编号,名称\n1,一".as_bytes(), None).await;
        assert_eq!((csv.status, csv.code()), (415, "sheet.not_xlsx"));
    }
}

#[actix_rt::test]
async fn a_tree_is_imported_as_a_whole_in_any_order_and_takes_requests_at_once() {
    let desk = Desk::start().await;
    let village = desk.number(&[0, 0]);
    let mut rows =
        vec![grid("N-1", "N-1-1", "一组"), grid(&village, "N-1", "新片"), grid("N-1", "N-1-2", "=HYPERLINK(\"x\")")];
    rows[0][3..].clone_from_slice(&cells(&["五级网格", "中共柳河村党支部", "31", "2", "启用", "105.25", "24.75"]));
    let book = workbook(&GRIDS, &rows);
    let checked = send(&desk.admin, "/grids/import?dry_run=true", &book, Some("k")).await;
    assert_eq!(grid_counts(&checked), [0, 3, 0, 0]);
    assert_eq!(desk.find("N-1").await, None);
    let done = send(&desk.admin, "/grids/import", &book, Some("k")).await;
    assert_eq!(grid_counts(&done), [3, 3, 0, 0]);
    let again = send(&desk.admin, "/grids/import", &book, Some("k")).await;
    assert_eq!((&again.body, again.header("Idempotent-Replayed")), (&done.body, Some("true")));
    let switched = send(&desk.admin, "/grids/import?update=true", &book, Some("k")).await;
    assert_eq!(switched.code(), "idempotency.key_reused", "with another switch it is another request");

    let area = desk.find("N-1").await.unwrap();
    let names: Vec<_> = area["children"].as_array().unwrap().iter().map(|child| text(&child["name"])).collect();
    assert_eq!((area["level"].as_u64(), names), (Some(4), vec!["=HYPERLINK(\"x\")".to_owned(), "一组".to_owned()]));
    let group = desk.admin.get(&format!("/grids/{}", text(&area["children"][1]["id"]))).await.expect(200).clone();
    assert_eq!((&group["households"], &group["organisation"]["name"]), (&json!(31), &json!("中共柳河村党支部")));
    assert_eq!(group["center"], json!({ "lng": 105.25, "lat": 24.75 }));
    let resident = desk.server.resident("19900006301").await;
    resident.submit(&text(&group["code"]), "suggestion", "路灯").await;

    // Without the switch each row says that it is there; with it, nothing has changed.
    let late = errors(&send(&desk.admin, "/grids/import", &book, None).await);
    assert_eq!(late, [2, 3, 4].map(|row| (row, "编号".to_owned(), "grid.exists".to_owned())));
    let same = send(&desk.admin, "/grids/import?update=true", &book, None).await;
    assert_eq!(grid_counts(&same), [3, 0, 0, 3]);
}

#[actix_rt::test]
async fn every_bad_cell_is_named_and_nothing_is_imported() {
    let desk = Desk::start().await;
    let (village, group) = (desk.number(&[0, 0]), desk.number(&[0, 0, 0, 0]));
    let mut rows = vec![
        grid(&village, "N-1", "好的"),
        grid("无此网格", "N-2", "甲"),
        grid(&village, "N-1", "又一个"),
        grid(&group, "N-3", "太深"),
        grid("N-5", "N-4", "绕圈"),
        grid("N-4", "N-5", "绕圈"),
        grid(&village, &group, "已有"),
        grid("", "N-6", ""),
    ];
    rows[7][3..].clone_from_slice(&cells(&["镇", "无此支部", "多", "x", "休眠", "999", ""]));
    let reply = send(&desk.admin, "/grids/import", &workbook(&GRIDS, &rows), Some("bad")).await;
    let expected = [
        (3, "上级网格编号", "grid.not_found"),
        (4, "编号", "sheet.row_repeated"),
        (5, "上级网格编号", "grid.too_deep"),
        (6, "上级网格编号", "grid.cycle"),
        (7, "上级网格编号", "grid.cycle"),
        (8, "编号", "grid.exists"),
        (9, "名称", "field.required"),
        (9, "关联党组织", "organisation.not_found"),
        (9, "户数", "field.number"),
        (9, "排序", "field.number"),
        (9, "状态", "field.option"),
        (9, "中心纬度", "field.required"),
        (9, "上级网格编号", "field.required"),
        (9, "层级", "field.option"),
    ];
    assert_eq!(errors(&reply), expected.map(|(row, title, code)| (row, title.to_owned(), code.to_owned())));
    assert_eq!((&reply.body["imported"], desk.find("N-1").await), (&json!(0), None));
    let head = workbook(&["编号", "编号", "身份证"], &[cells(&["1", "2", "3"])]);
    let found = errors(&send(&desk.admin, "/grids/import", &head, None).await);
    let expected = [
        ("编号", "sheet.column_repeated"),
        ("身份证", "sheet.column_unknown"),
        ("上级网格编号", "sheet.column_missing"),
        ("名称", "sheet.column_missing"),
    ];
    assert_eq!(found, expected.map(|(title, code)| (1, title.to_owned(), code.to_owned())));
    // A refused import used its key not up.
    let right = workbook(&GRIDS, &rows[..1]);
    assert_eq!(grid_counts(&send(&desk.admin, "/grids/import", &right, Some("bad")).await), [1, 1, 0, 0]);
}

#[actix_rt::test]
async fn what_was_exported_changes_nothing_until_somebody_changes_it() {
    let desk = Desk::start().await;
    let exported = desk.admin.get("/grids/export.xlsx").await;
    assert_eq!((exported.status, exported.header("Content-Type")), (200, Some(XLSX)));
    let mut rows = sheet_of(&exported.bytes, 0);
    assert_eq!((rows.len(), &rows[0][..]), (41, &GRIDS.map(str::to_owned)[..]));
    let same = send(&desk.admin, "/grids/import?update=true", &exported.bytes, None).await;
    assert_eq!(grid_counts(&same), [40, 0, 0, 40]);

    let (town, village) = (desk.number(&[0]), desk.number(&[0, 0]));
    let place = rows.iter().position(|row| row[1] == village).unwrap();
    assert_eq!((&rows[place][0], &rows[place][3]), (&town, &"村级".to_owned()));
    (rows[place][2], rows[place][5], rows[place][7]) = ("柳河新村".to_owned(), String::new(), "停用".to_owned());
    let edited = workbook(&GRIDS, &rows[1..]);
    let changed = send(&desk.admin, "/grids/import?update=true", &edited, None).await;
    assert_eq!(grid_counts(&changed), [40, 0, 1, 39]);
    let after = desk.find(&village).await.unwrap();
    assert_eq!((&after["name"], &after["status"]), (&json!("柳河新村"), &json!("disabled")));
    // Moving is something else, and said so.
    rows[place][0] = desk.number(&[]);
    let moved = errors(&send(&desk.admin, "/grids/import?update=true", &workbook(&GRIDS, &rows[1..]), None).await);
    let row = u64::try_from(place).unwrap() + 1;
    assert_eq!(moved, [(row, "上级网格编号".to_owned(), "grid.parent_fixed".to_owned())]);

    let below = text(&desk.node(&[0, 0])["id"]);
    let part = desk.admin.get(&format!("/grids/export.xlsx?below={below}&columns=name,number")).await;
    let part = sheet_of(&part.bytes, 0);
    assert_eq!((part[0].join("|"), part[1][1].clone()), ("名称|编号".to_owned(), village));
    let bad = desk.admin.get("/grids/export.xlsx?columns=secret").await;
    assert_eq!((bad.status, bad.fields()), (400, vec!["columns"]));
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
    })
}

#[actix_rt::test]
async fn staff_get_accounts_and_duties_and_their_first_passwords_are_nowhere_kept() {
    let desk = Desk::start().await;
    let (village, area) = (desk.number(&[0, 0]), desk.number(&[0, 0, 0]));
    let worker = desk.server.staff("worker", 0).await;
    let me = worker.get("/auth/me").await.body;
    let (login, name) = (text(&me["account"]), text(&me["name"]));
    let rows = [
        cells(&[&village, "韦新人", "199 0000 7001", "wei.new", "副网格长"]),
        cells(&[&area, "韦新人", "19900007001", "", "网格员"]),
        cells(&[&village, &name, "", &login, "网格员"]),
        cells(&[&area, "123", "", "lan", "网格员"]),
    ];
    let mut right = rows.to_vec();
    right[3][1] = "蓝新人".to_owned();
    let refused = send(&desk.admin, "/grid-staff/import", &workbook(&STAFF, &rows), None).await;
    assert_eq!(errors(&refused), [(5, "姓名".to_owned(), "field.characters".to_owned())]);
    let book = workbook(&STAFF, &right);
    let checked = send(&desk.admin, "/grid-staff/import?dry_run=true", &book, None).await;
    assert_eq!((staff_counts(&checked), lines(&checked).len()), ([2, 4, 0, 0], 1));

    let done = send(&desk.admin, "/grid-staff/import", &book, Some("k")).await;
    assert_eq!((staff_counts(&done), done.header("Cache-Control")), ([2, 4, 0, 0], Some("no-store")));
    let told = lines(&done);
    assert_eq!(told[0], json!({ "hashed": 0, "of": 2 }));
    let given = &told[told.len() - 2]["workbook"];
    let passwords = sheet_of(&BASE64.decode(text(given).as_bytes()).unwrap(), 0);
    assert_eq!(passwords[0], ["姓名", "账号", "首次密码", "网格"]);
    let accounts: Vec<_> = passwords[1..].iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    assert_eq!(accounts, [("韦新人", "wei.new"), ("蓝新人", "lan")]);
    assert!(passwords[1][3].contains('、'), "both grids: {:?}", passwords[1]);
    let (first, second) = (&passwords[1][2], &passwords[2][2]);
    assert_ne!(first, second);
    for password in [first, second] {
        assert!(!holds(desk.server.data_dir(), password.as_bytes()), "a first password was kept");
    }

    let new = Person::sign_in(&desk.server.base, "wei.new", first).await;
    assert_eq!(new.get("/auth/me").await.expect(200)["must_change_password"], true);
    let change = json!({ "old_password": first, "new_password": "Neu-Passwort-27" });
    new.post("/auth/password", &change).await.expect(204);
    assert_eq!(new.get("/auth/me").await.expect(200)["grids"].as_array().unwrap().len(), 2);
    // Who has a session already has the new right at once.
    assert_eq!(worker.get("/auth/me").await.expect(200)["grids"].as_array().unwrap().len(), 2);
    let detail = desk.admin.get(&format!("/grids/{}", text(&desk.node(&[0, 0])["id"]))).await;
    let staff = detail.expect(200)["staff"].as_array().unwrap();
    assert!(staff.iter().any(|member| member["name"] == "韦新人" && member["duty"] == "deputy"));

    // Again, with the key of before: the accounts are there, and nobody gets new passwords.
    let again = send(&desk.admin, "/grid-staff/import", &book, Some("k")).await;
    assert_eq!((staff_counts(&again), lines(&again).len()), ([0, 0, 0, 4], 1));
    let mut other = right.clone();
    other[0][4] = "网格长".to_owned();
    let differs = send(&desk.admin, "/grid-staff/import", &workbook(&STAFF, &other), None).await;
    assert_eq!(errors(&differs), [(2, "职责".to_owned(), "grid.duty_differs".to_owned())]);
    let changed = send(&desk.admin, "/grid-staff/import?update=true", &workbook(&STAFF, &other), None).await;
    assert_eq!(staff_counts(&changed), [0, 0, 1, 3]);
}

#[actix_rt::test]
async fn every_bad_cell_of_staff_is_named_and_nobody_is_imported() {
    let desk = Desk::start().await;
    let village = desk.number(&[0, 0]);
    let me = desk.server.staff("worker", 0).await.get("/auth/me").await.body;
    let (login, name) = (text(&me["account"]), text(&me["name"]));
    let rows = [
        cells(&[&village, "韦一", "19900007001", "wei", "网格员"]),
        cells(&[&village, "韦一", "", "wei", "网格长"]),
        cells(&["无此网格", "韦二", "19900007002", "wei2", "网格员"]),
        cells(&[&village, "王某", "", &login, "网格员"]),
        cells(&[&village, &name, "19900007009", &login, "网格员"]),
        cells(&[&village, "韦三", "19900007003", "", "网格员"]),
        cells(&["", "123", "110", "x", "组长"]),
    ];
    let reply = send(&desk.admin, "/grid-staff/import", &workbook(&STAFF, &rows), None).await;
    let expected = [
        (3, "网格编号", "sheet.row_repeated"),
        (4, "网格编号", "grid.not_found"),
        (5, "姓名", "staff.name_differs"),
        (6, "手机号码", "staff.phone_differs"),
        (7, "账号", "staff.unknown"),
        (8, "网格编号", "field.required"),
        (8, "姓名", "field.characters"),
        (8, "手机号码", "field.phone"),
        (8, "账号", "account.login_malformed"),
        (8, "职责", "field.option"),
    ];
    assert_eq!(errors(&reply), expected.map(|(row, title, code)| (row, title.to_owned(), code.to_owned())));
    let body = json!({ "account": "wei", "password": STAFF_PASSWORD });
    assert_eq!(desk.server.nobody().post("/auth/login", &body).await.status, 401);
}

#[actix_rt::test]
async fn exported_staff_are_masked_and_can_be_imported_again() {
    let desk = Desk::start().await;
    let masked = desk.admin.get("/grid-staff/export.xlsx").await;
    let rows = sheet_of(&masked.bytes, 0);
    assert_eq!(rows[0], ["网格编号", "网格名称", "姓名", "手机号码", "账号", "职责"]);
    assert!(rows.len() > 20 && rows[1..].iter().all(|row| row[3].is_empty() || row[3].contains("****")));
    let same = staff_counts(&send(&desk.admin, "/grid-staff/import?update=true", &masked.bytes, None).await);
    assert_eq!(same, [0, 0, 0, u64::try_from(rows.len()).unwrap() - 1]);
    let full = desk.admin.get("/grid-staff/export.xlsx?unmasked=true&columns=phone,name").await;
    let full = sheet_of(&full.bytes, 0);
    assert!(full[1..].iter().any(|row| row[0].len() == 11) && full.iter().all(|row| !row[0].contains('*')));
    let below = text(&desk.node(&[0, 0])["id"]);
    let part = desk.admin.get(&format!("/grid-staff/export.xlsx?below={below}")).await;
    let part = sheet_of(&part.bytes, 0);
    assert!((2..rows.len()).contains(&part.len()), "{} of {}", part.len(), rows.len());
}

/// Grids of both townships as somebody sees them who administers only the first.
#[actix_rt::test]
async fn an_administrator_of_a_part_reaches_nothing_beside_it() {
    let url = throw_away_database("grid_sheets");
    let desk = Desk::on(TestServer::start_on_postgres(&url, &[])).await;
    let leader = desk.server.account("leader_l2", 0);
    let sql = format!(
        "INSERT INTO account_grants (id, account_id, role, grid_path) SELECT a.id || ':admin', a.id, 'admin', g.path \
         FROM accounts a JOIN grid_staff s ON s.account_id = a.id JOIN grids g ON g.id = s.grid_id WHERE a.login = '{}'",
        text(&leader["account"])
    );
    let granted = Command::new("psql").args([&url, "--quiet", "--command", &sql]).status().expect("psql");
    assert!(granted.success());
    let part = desk.server.staff("leader_l2", 0).await;
    let own_id = part.own_grid().await;
    let own = desk.admin.get(&format!("/grids/{own_id}")).await.body;
    let own_number = text(&own["number"]);
    // A second township, whose administrator is somebody else.
    let beside = [grid(&desk.number(&[]), "B", "邻镇"), grid("B", "B-1", "邻村")];
    let made = send(&desk.admin, "/grids/import", &workbook(&GRIDS, &beside), None).await;
    assert_eq!(grid_counts(&made), [2, 2, 0, 0]);

    let rows = [
        grid(&own_number, "A-1", "新村"),
        grid("B", "A-2", "占村"),
        grid("", "B-1", "改名"),
        grid(&desk.number(&[]), "A-3", "镇"),
    ];
    let refused = errors(&send(&part, "/grids/import?update=true", &workbook(&GRIDS, &rows), None).await);
    let parent = |row| (row, "上级网格编号".to_owned(), "grid.not_found".to_owned());
    assert_eq!(refused, [parent(3), (4, "编号".to_owned(), "grid.number_taken".to_owned()), parent(5)]);
    let allowed = send(&part, "/grids/import", &workbook(&GRIDS, &rows[..1]), None).await;
    assert_eq!(grid_counts(&allowed), [1, 1, 0, 0]);

    let staff = [
        cells(&["B-1", &text(&leader["name"]), "", &text(&leader["account"]), "网格员"]),
        cells(&["A-1", "韦新", "19900007001", "wei.new", "网格员"]),
    ];
    let refused = errors(&send(&part, "/grid-staff/import", &workbook(&STAFF, &staff), None).await);
    assert_eq!(refused[0], (2, "网格编号".to_owned(), "grid.not_found".to_owned()));
    assert_eq!(refused.last(), Some(&(3, "账号".to_owned(), "account.not_permitted".to_owned())));

    let exported = sheet_of(&part.get("/grids/export.xlsx").await.bytes, 0);
    assert_eq!(exported[1][1], own_number);
    assert!(exported[1..].iter().all(|row| !row[1].starts_with('B')));
    // Its own top grid names a parent that it does not administer, and stays as it is.
    let same = workbook(&GRIDS, &exported[1..]);
    let same = grid_counts(&send(&part, "/grids/import?update=true", &same, None).await);
    assert_eq!((same[1], same[2]), (0, 0));
    let neighbour = text(&desk.find("B").await.unwrap()["id"]);
    for path in ["/grids/export.xlsx", "/grid-staff/export.xlsx"] {
        let reply = part.get(&format!("{path}?below={neighbour}")).await;
        assert_eq!((reply.status, reply.code()), (404, "grid.not_found"), "{path}");
    }
    let worker = desk.server.staff("worker", 0).await;
    let book = workbook(&GRIDS, &rows);
    for reply in [
        worker.get("/grids/export.xlsx").await,
        worker.get("/grid-staff/export.xlsx").await,
        send(&worker, "/grids/import", &book, None).await,
        send(&worker, "/grid-staff/import", &book, None).await,
    ] {
        assert_eq!((reply.status, reply.code()), (403, "grid.not_permitted"));
    }
    for path in ["/grids/template.xlsx", "/grids/export.xlsx", "/grid-staff/template.xlsx", "/grid-staff/export.xlsx"] {
        assert_eq!(desk.server.nobody().get(path).await.status, 401, "{path}");
    }
}

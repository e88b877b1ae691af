//! Workbooks: templates, imports with everything that can be wrong in them, exports, and what was sent to do harm.

use std::io::{Cursor, Write as _};

use awc::http::Method;
use calamine::{Reader as _, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::Party;
use crate::support::sheets::{XLSX, cells, errors, send, sheet_of, workbook};
use crate::support::{Person, TestServer, text};

const MEMBER_HEAD: [&str; 10] =
    ["姓名*", "性别", "手机号码", "账号", "所属党组织*", "党员类型*", "职务", "入党日期", "转正日期", "排序"];
const ORGANISATION_HEAD: [&str; 7] = ["上级党组织*", "全称*", "简称", "类别*", "排序", "状态", "撤销日期"];
const BRANCH: &str = "中共柳河村党支部";

/// A right row of a member, told apart by its number.
fn member(number: usize) -> Vec<String> {
    let phone = format!("1990001{number:04}");
    cells(&[&format!("韦建国{number}"), "男", &phone, "", BRANCH, "正式党员", "", "2019-07-01", "2020/7/1", "3"])
}

async fn total(person: &Person, organisation: &str) -> u64 {
    let reply = person.get(&format!("/members?organisation_id={organisation}")).await;
    reply.expect(200)["total"].as_u64().unwrap()
}

#[actix_rt::test]
async fn a_template_has_the_columns_that_an_import_takes_and_explains_them() {
    let party = Party::start().await;
    for (path, head) in [("/members", &MEMBER_HEAD[..]), ("/organisations", &ORGANISATION_HEAD[..])] {
        let reply = party.host.get(&format!("{path}/template.xlsx")).await;
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(XLSX)));
        assert_eq!(sheet_of(&reply.bytes, 0), [head]);
        let book: Xlsx<_> = Xlsx::new(Cursor::new(&reply.bytes[..])).unwrap();
        assert_eq!(book.sheet_names()[1], "说明");
        assert!(sheet_of(&reply.bytes, 1).len() > head.len());
        // As it is, it says that nothing is filled in.
        let empty = send(&party.admin, &format!("{path}/import"), &reply.bytes, None).await;
        assert_eq!((empty.status, empty.code()), (422, "sheet.empty"));
    }
}

#[actix_rt::test]
async fn a_sheet_is_imported_as_a_whole_and_its_people_sign_in() {
    let party = Party::start().await;
    let mut rows: Vec<_> = (0..3).map(member).collect();
    rows[1][4] = format!("中共云溪镇党委/{BRANCH}");
    rows[1][6] = "副书记、宣传委员".to_owned();
    let worker = text(&party.server.account("worker", 0)["account"]);
    rows[2][3] = worker;
    let book = workbook(&MEMBER_HEAD, &rows);
    let checked = send(&party.host, "/members/import?dry_run=true", &book, Some("k")).await;
    assert_eq!(checked.expect(200), &json!({ "imported": 0, "errors": [] }));
    assert_eq!(total(&party.host, &party.branch).await, 24);
    let done = send(&party.host, "/members/import", &book, Some("k")).await;
    assert_eq!(done.expect(200), &json!({ "imported": 3, "errors": [] }));
    assert_eq!(total(&party.host, &party.branch).await, 27);
    let again = send(&party.host, "/members/import", &book, Some("k")).await;
    assert_eq!((&again.body, again.header("Idempotent-Replayed")), (&done.body, Some("true")));
    assert_eq!(total(&party.host, &party.branch).await, 27);
    // Without the key, every row says that it is there already.
    let late = errors(&send(&party.host, "/members/import", &book, None).await);
    assert_eq!(
        late.iter().map(|(row, _, code)| (*row, code.as_str())).collect::<Vec<_>>(),
        [2, 3, 4].map(|row| (row, "member.exists"))
    );
    let other = workbook(&MEMBER_HEAD, &[member(9)]);
    let reused = send(&party.host, "/members/import", &other, Some("k")).await;
    assert_eq!((reused.status, reused.code()), (422, "idempotency.key_reused"));
    // The deputy has his rights at once, and signs in with the phone of the sheet.
    let deputy = party.server.newcomer("19900010001").await;
    assert_eq!(deputy.get("/organisations/tree").await.expect(200)["may_manage"], true);
    let worker = party.server.staff("worker", 0).await;
    assert_eq!(worker.get("/auth/me").await.body["membership"]["organisation"]["id"], party.branch);
}

#[actix_rt::test]
async fn every_bad_cell_is_named_and_nothing_is_imported() {
    let party = Party::start().await;
    let known = text(&party.roster(&party.branch).await[4]["phone"]);
    let mut rows = vec![member(1)];
    let mut wrong = |column: usize, value: &str| {
        let mut row = member(rows.len() + 1);
        row[column] = value.to_owned();
        rows.push(row);
    };
    for (column, value) in [
        (0, ""),
        (0, "12345"),
        (1, "其他"),
        (2, "110"),
        (2, ""),
        (2, "19900010001"),
        (2, known.as_str()),
        (3, "no_such_login"),
        (4, ""),
        (4, "中共某村党支部"),
        (4, "中共大湾村党支部"),
        (5, ""),
        (5, "积极分子"),
        (6, "主任"),
        (7, "七月一日"),
        (7, "2099-01-01"),
        (8, "2018-01-01"),
        (9, "第一"),
    ] {
        wrong(column, value);
    }
    let mut all = member(99);
    (all[0], all[1], all[2], all[5], all[7], all[9]) =
        ("".into(), "x".into(), "x".into(), "x".into(), "x".into(), "x".into());
    rows.push(all);
    let mut early = member(100);
    (early[5], early[6]) = ("预备党员".into(), "书记".into());
    rows.push(early);
    let reply = send(&party.host, "/members/import", &workbook(&MEMBER_HEAD, &rows), Some("bad")).await;
    let expected = [
        (3, "姓名", "field.required"),
        (4, "姓名", "field.characters"),
        (5, "性别", "field.option"),
        (6, "手机号码", "field.phone"),
        (7, "手机号码", "member.account_needed"),
        (8, "手机号码", "sheet.row_repeated"),
        (9, "手机号码", "member.exists"),
        (10, "账号", "account.not_found"),
        (11, "所属党组织", "field.required"),
        (12, "所属党组织", "organisation.not_found"),
        // Next door is nothing that the secretary could name.
        (13, "所属党组织", "organisation.not_found"),
        (14, "党员类型", "field.required"),
        (15, "党员类型", "field.option"),
        (16, "职务", "field.option"),
        (17, "入党日期", "field.date"),
        (18, "入党日期", "member.date_in_future"),
        (18, "转正日期", "member.full_before_joined"),
        (19, "转正日期", "member.full_before_joined"),
        (20, "排序", "field.number"),
        (21, "党员类型", "field.option"),
        (21, "性别", "field.option"),
        (21, "入党日期", "field.date"),
        (21, "排序", "field.number"),
        (21, "姓名", "field.required"),
        (21, "手机号码", "field.phone"),
        (22, "职务", "member.probationary_position"),
        (22, "转正日期", "member.not_full_yet"),
    ];
    let expected: Vec<_> = expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())).to_vec();
    assert_eq!(errors(&reply), expected);
    assert_eq!(reply.body["imported"], 0);
    assert_eq!(total(&party.host, &party.branch).await, 24);
    // Mended, the same key works: a refused import used nothing up.
    let right = workbook(&MEMBER_HEAD, &[member(1)]);
    assert_eq!(send(&party.host, "/members/import", &right, Some("bad")).await.expect(200)["imported"], 1);
}

#[actix_rt::test]
async fn a_head_that_is_not_the_templates_is_named_by_its_columns() {
    let party = Party::start().await;
    let book = workbook(&["姓名", "姓名", "身份证", "党员类型"], &[cells(&["韦", "韦", "1", "正式党员"])]);
    let found = errors(&send(&party.host, "/members/import", &book, None).await);
    let expected =
        [("姓名", "sheet.column_repeated"), ("身份证", "sheet.column_unknown"), ("所属党组织", "sheet.column_missing")];
    assert_eq!(found, expected.map(|(column, code)| (1, column.to_owned(), code.to_owned())));
}

#[actix_rt::test]
async fn organisations_are_imported_with_those_below_them() {
    let party = Party::start().await;
    let town = "中共云溪镇党委";
    let row = |parent: &str, name: &str, kind: &str| cells(&[parent, name, "", kind, "", "", ""]);
    let right = vec![
        row(town, "石桥村总支部委员会", "党总支"),
        row("石桥村总支部委员会", "第一支部", "党支部"),
        row("石桥村总支部委员会", "第二支部", "党支部"),
        row("第一支部", "第一小组", "党小组"),
        cells(&[town, "抗洪临时支部", "抗洪", "临时党支部", "9", "停用", "2027年7月1日"]),
        row("石桥村总支部委员会/第二支部", "第一小组", "党小组"),
    ];
    let wrong = vec![
        row(town, BRANCH, "党支部"),
        row(town, "组", "党小组"),
        row("", "", ""),
        row("无此组织", "甲支部", "协会"),
        cells(&[town, "乙支部", "", "临时党支部", "一", "休眠", "明年"]),
        row(town, "丙总支", "党总支"),
        row("丙总支", "丁委", "党委"),
        row(town, "戊支部", "党支部"),
        row(town, "戊支部", "党支部"),
    ];
    let refused = send(&party.admin, "/organisations/import", &workbook(&ORGANISATION_HEAD, &wrong), None).await;
    let expected = [
        (2, "全称", "organisation.name_taken"),
        (3, "类别", "organisation.kind_not_below"),
        (4, "上级党组织", "field.required"),
        (4, "类别", "field.required"),
        (4, "全称", "field.required"),
        (5, "上级党组织", "organisation.not_found"),
        (5, "类别", "field.option"),
        (6, "状态", "field.option"),
        (6, "撤销日期", "field.date"),
        (6, "排序", "field.number"),
        (8, "类别", "organisation.kind_not_below"),
        (10, "全称", "organisation.name_taken"),
    ];
    // The empty row is no row of the sheet, so those behind it keep their numbers all the same.
    let found: Vec<_> = errors(&refused).into_iter().collect();
    let expected: Vec<_> = expected
        .map(|(row, column, code)| (row, column.to_owned(), code.to_owned()))
        .into_iter()
        .filter(|(row, ..)| *row != 4)
        .collect();
    assert_eq!(found, expected);
    let book = workbook(&ORGANISATION_HEAD, &right);
    assert_eq!(send(&party.host, "/organisations/import", &book, None).await.code(), "organisation.not_permitted");
    let done = send(&party.admin, "/organisations/import", &book, Some("o")).await;
    assert_eq!(done.expect(200)["imported"], 6);
    let again = send(&party.admin, "/organisations/import", &book, Some("o")).await;
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    let listed = party.admin.get(&format!("/organisations?below={}", party.town)).await;
    assert_eq!(listed.expect(200)["total"], 10);
    let temporary = party.admin.get("/organisations?kind=temporary_branch&status=disabled").await.body;
    assert_eq!((&temporary["items"][0]["ends_on"], &temporary["items"][0]["order"]), (&json!("2027-07-01"), &json!(9)));
    // Two groups have one name: the sheet must say which.
    let mut row = member(1);
    row[4] = "第一小组".to_owned();
    let mut full = member(2);
    full[4] = "第二支部/第一小组".to_owned();
    let found = errors(&send(&party.admin, "/members/import", &workbook(&MEMBER_HEAD, &[row, full]), None).await);
    assert_eq!(found, [(2, "所属党组织".to_owned(), "organisation.ambiguous".to_owned())]);
}

#[actix_rt::test]
async fn five_thousand_rows_are_imported_once_also_when_the_server_dies_in_the_middle() {
    let server = TestServer::start();
    let mut party = Party::on(server).await;
    let book = workbook(&MEMBER_HEAD, &(0..5_000).map(member).collect::<Vec<_>>());
    // Killed at some moment of it; the same request goes on where it stopped.
    let sent = {
        let (admin, book) = (party.admin.clone(), book.clone());
        actix_rt::spawn(async move {
            let body = [
                b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n",
                &book[..],
                b"\r\n--b--\r\n",
            ]
            .concat();
            let headers = [("Content-Type", "multipart/form-data; boundary=b"), ("Idempotency-Key", "many")];
            admin.try_send(Method::POST, "/members/import", Some(body), &headers).await.is_ok()
        })
    };
    let counted = async |party: &Party| total(&party.admin, &party.branch).await;
    while counted(&party).await < 1_000 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    party.server.kill();
    let _ = sent.await;
    party.server.restart();
    let party = Party::on(party.server).await;
    let before = counted(&party).await;
    assert!((before - 24).is_multiple_of(200), "{before} members: whole changes, or nothing of them");
    // The very same bytes: the head of the part is not among them.
    let done = send(&party.admin, "/members/import", &book, Some("many")).await;
    assert_eq!(done.expect(200)["imported"], 5_000);
    assert_eq!(counted(&party).await, 5_024);
    let again = send(&party.admin, "/members/import", &book, Some("many")).await;
    assert_eq!((again.header("Idempotent-Replayed"), counted(&party).await), (Some("true"), 5_024));
    let more = workbook(&MEMBER_HEAD, &(0..5_001).map(member).collect::<Vec<_>>());
    let refused = send(&party.admin, "/members/import", &more, None).await;
    assert_eq!((refused.status, refused.code()), (422, "sheet.too_many_rows"));
    let all = party.admin.get(&format!("/members/export.xlsx?organisation_id={}", party.branch)).await;
    assert_eq!(sheet_of(&all.bytes, 0).len(), 5_025);
}

#[actix_rt::test]
async fn an_export_has_the_chosen_columns_masked_numbers_and_no_formulas() {
    let party = Party::start().await;
    party.new_member(&party.branch, "=cmd|' /C calc'!A0", "19900006731", &json!([])).await;
    let path = format!("/members/export.xlsx?organisation_id={}", party.branch);
    let rows = sheet_of(&party.host.get(&path).await.bytes, 0);
    assert_eq!((rows.len(), rows[0].len()), (26, 11));
    assert!(rows[1..].iter().all(|row| row[2].contains("****")));
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with('=')));
    assert!(rows.iter().flatten().any(|cell| cell.starts_with("'=cmd")));
    let some = sheet_of(
        &party.host.get(&format!("{path}&columns=phone,name&unmasked=true&position=secretary")).await.bytes,
        0,
    );
    assert_eq!((some.len(), &some[0][..]), (2, &["手机号码".to_owned(), "姓名".to_owned()][..]));
    assert!(some[1][0].len() == 11 && !some[1][0].contains('*'));
    // Who does not manage gets masked numbers whatever he asks for.
    let masked = sheet_of(&party.supervisor.get(&format!("{path}&unmasked=true")).await.bytes, 0);
    assert!(masked[1..].iter().all(|row| row[2].contains("****")));
    assert_eq!(party.host.get(&format!("{path}&columns=password")).await.fields(), ["columns"]);
    assert_eq!(party.host.get(&format!("/members/export.xlsx?organisation_id={}", party.neighbour)).await.status, 404);
    let own = sheet_of(&party.member.get("/organisations/export.xlsx?columns=name,kind,leaders").await.bytes, 0);
    assert_eq!((own.len(), own[1][0].as_str(), own[1][1].as_str()), (2, BRANCH, "党支部"));
    assert_eq!(sheet_of(&party.supervisor.get("/organisations/export.xlsx").await.bytes, 0).len(), 6);
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A right workbook with a file more in it.
fn with_file(name: &str, content: &[u8]) -> Vec<u8> {
    let book = workbook(&MEMBER_HEAD, &[member(1)]);
    let mut reader = zip::ZipArchive::new(Cursor::new(&book[..])).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..reader.len() {
        let mut file = reader.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    files.push((name.to_owned(), content.to_vec()));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    archive(&files)
}

#[actix_rt::test]
async fn workbooks_that_were_made_to_do_harm_are_refused_and_the_server_goes_on() {
    let party = Party::start().await;
    let zeros = vec![0; 40 << 20];
    let wide: Vec<String> = (0..200).map(|column| format!("列{column}")).collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let mut corner = Workbook::new();
    let sheet = corner.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    let corner = corner.save_to_buffer().unwrap();
    let right = workbook(&MEMBER_HEAD, &[member(1)]);
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("nothing", Vec::new(), 415, "sheet.not_xlsx"),
        ("text", b"name,phone\n=1+1,2".to_vec(), 415, "sheet.not_xlsx"),
        (
            "an old workbook",
            [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600]].concat(),
            415,
            "sheet.not_xlsx",
        ),
        ("half a workbook", right[..right.len() / 2].to_vec(), 415, "sheet.not_xlsx"),
        ("another archive", archive(&[("word/document.xml", b"<x/>")]), 415, "sheet.not_xlsx"),
        ("macros", with_file("xl/vbaProject.bin", b"x"), 415, "sheet.macros"),
        ("a bomb", with_file("xl/media/a.bin", &zeros), 422, "sheet.too_large"),
        ("two hundred columns", workbook(&wide, &[cells(&["x"])]), 422, "sheet.too_many_columns"),
        ("the farthest corner", corner, 422, "sheet.too_many_columns"),
        ("entities", with_file("xl/sharedStrings2.xml", b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>"), 200, ""),
    ];
    for (what, content, status, code) in cases {
        let reply = send(&party.host, "/members/import?dry_run=true", &content, None).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{what}: {}", reply.body);
    }
    let large = vec![0; (5 << 20) + 1];
    assert_eq!(send(&party.host, "/members/import", &large, None).await.code(), "request.too_large");
    let plain = party.host.send(Method::POST, "/members/import", Some(right.clone()), &[("Content-Type", XLSX)]).await;
    assert_eq!((plain.status, plain.code()), (415, "request.not_multipart"));
    for person in [&party.member, &party.supervisor] {
        assert_eq!(send(person, "/members/import", &right, None).await.code(), "member.not_permitted");
    }
    assert_eq!(send(&party.host, "/members/import", &right, None).await.expect(200)["imported"], 1);
}

//! Attendance added up over meetings, who may read it, and what people take away in workbooks.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use super::{Phone, Stage};
use crate::support::{Person, Reply, text};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const FIGURES: [&str; 10] =
    ["meetings", "expected", "present", "on_time", "late", "left_early", "leave", "absent", "substituted", "online"];

async fn statistics(person: &Person, query: &str) -> Value {
    person.get(&format!("/attendance/statistics?{query}")).await.expect(200).clone()
}

fn figures(of: &Value) -> [u64; 10] {
    FIGURES.map(|name| of[name].as_u64().unwrap_or_else(|| panic!("{name}: {of}")))
}

/// One came, one is on leave, one asked too late, one is replaced by a guest from outside, one was signed in by the host, and
/// a guest came; the meeting is over.
async fn ended() -> Stage {
    let stage = Stage::launched().await;
    let leave = stage.path("/leave");
    stage.members[1].post(&leave, &json!({ "reason": "=HYPERLINK(\"http://x\")" })).await.expect(200);
    let asker = text(&stage.attendee(&Stage::name(&stage.members[1]).await).await["member_id"]);
    let decide = stage.path(&format!("/leave/{asker}/decide"));
    stage.party.host.post(&decide, &json!({ "approved": true, "note": "好好养病" })).await.expect(200);
    stage.members[2].post(&leave, &json!({ "reason": "出差" })).await.expect(200);
    stage.members[3].post(&stage.path("/substitute"), &json!({ "by": { "name": "韦替会" } })).await.expect(200);
    stage.host("/guests", &json!({ "name": "县委派员" })).await.expect(200);
    stage.host("/start", &json!({})).await.expect(200);
    let phone = Phone::new(&stage).await;
    stage.arrive(&stage.members[4], &phone).await.expect(200);
    for name in ["韦替会", "县委派员", &Stage::name(&stage.members[5]).await] {
        let body = json!({ "member_id": stage.attendee(name).await["member_id"], "reason": "手机没电" });
        stage.host("/sign-in/manual", &body).await.expect(200);
    }
    assert_eq!(statistics(&stage.party.host, "").await["total"]["meetings"], json!(0), "not before the end");
    stage.host("/end", &json!({})).await.expect(200);
    stage
}

/// What the list gives, counted here.
async fn recounted(stage: &Stage) -> [u64; 10] {
    let roster = stage.party.host.get(&stage.path("/roster")).await;
    let items = roster.expect(200)["items"].as_array().unwrap().clone();
    let expected: Vec<&Value> = items.iter().filter(|one| one["role"] == "member").collect();
    let of = |statuses: &[&str]| {
        let counted = expected.iter().filter(|one| statuses.contains(&one["status"].as_str().unwrap()));
        counted.count() as u64
    };
    [
        1,
        expected.len() as u64,
        of(&["on_time", "late", "left_early", "online", "substitute"]),
        of(&["on_time"]),
        of(&["late"]),
        of(&["left_early"]),
        of(&["leave_approved"]),
        of(&["absent", "leave_pending", "expected"]),
        of(&["substitute"]),
        of(&["online"]),
    ]
}

#[actix_rt::test]
async fn attendance_is_counted_when_a_meeting_ends_and_adds_up_in_every_way() {
    let stage = ended().await;
    let expected = recounted(&stage).await;
    assert_eq!(&expected[..4], [1, 24, 3, 2]);
    assert_eq!(&expected[6..], [1, 20, 1, 0], "leave that nobody decided on is absence");
    let (host, branch) = (&stage.party.host, &stage.party.branch);
    for by in ["member", "organisation", "type", "month"] {
        let found = statistics(host, &format!("by={by}")).await;
        assert_eq!((&found["by"], &found["org_id"]), (&json!(by), &json!(branch)), "the organisation that is led");
        assert_eq!(figures(&found["total"]), expected, "{by}");
        assert_eq!(found["total"]["rate"], json!(3.0 / 24.0));
        let items = found["items"].as_array().unwrap();
        let lines: Vec<_> = items.iter().map(figures).collect();
        let sum = |column: usize| lines.iter().map(|line| line[column]).sum::<u64>();
        assert!((1..10).all(|column| sum(column) == expected[column]), "{by}: {found}");
        let first = &items[0];
        match by {
            "organisation" => assert_eq!((items.len(), &first["key"]), (1, &json!(branch))),
            "type" => assert_eq!((&first["key"], &first["name"]), (&json!("general_meeting"), &json!("党员大会"))),
            "month" => {
                let key = text(&first["key"]);
                let (year, month) = key.split_once('-').unwrap();
                assert_eq!(first["name"], json!(format!("{year}年{}月", month.parse::<u8>().unwrap())));
            }
            _ => assert_eq!((items.len(), &first["org_name"]), (24, &json!("中共柳河村党支部"))),
        }
    }
    let found = statistics(host, "by=member").await;
    let of = async |index: usize| {
        let name = Stage::name(&stage.members[index]).await;
        found["items"].as_array().unwrap().iter().find(|item| item["name"] == json!(name)).unwrap().clone()
    };
    assert_eq!((&of(1).await["leave"], &of(1).await["rate"]), (&json!(1), &json!(0.0)));
    assert_eq!((&of(3).await["substituted"], &of(3).await["rate"]), (&json!(1), &json!(1.0)));
    assert_eq!((&of(2).await["absent"], &of(4).await["on_time"]), (&json!(1), &json!(1)));
    // Another type, other days: nothing, and no rate.
    let none = statistics(host, "type=party_day").await;
    assert_eq!((figures(&none["total"]), &none["total"]["rate"]), ([0; 10], &Value::Null));
    assert_eq!(figures(&statistics(host, "from=2020-01-01&until=2024-12-31").await["total"]), [0; 10]);
    // What comes after is not counted, nor is anything counted twice.
    stage.host("/archive", &json!({})).await.expect(200);
    assert_eq!(figures(&statistics(host, "").await["total"]), expected);
    let (sound, report) = stage.party.server.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn a_meeting_that_is_called_off_or_still_runs_does_not_count() {
    let stage = Stage::launched().await;
    stage.host("/cancel", &json!({ "reason": "停电" })).await.expect(200);
    let plan = Stage::plan(&stage.party.branch, &json!({}));
    let second = text(&stage.party.host.post("/meetings", &plan).await.expect(201)["id"]);
    for step in ["launch", "start"] {
        stage.party.host.post(&format!("/meetings/{second}/{step}"), &json!({})).await.expect(200);
    }
    for by in ["member", "organisation", "type", "month"] {
        assert_eq!(figures(&statistics(&stage.party.host, &format!("by={by}")).await["total"]), [0; 10], "{by}");
    }
    assert_eq!(stage.members[0].get("/my/attendance").await.expect(200)["items"], json!([]));
}

#[actix_rt::test]
async fn figures_are_for_who_looks_over_the_organisation_and_neighbours_find_nothing() {
    let stage = ended().await;
    let (party, server) = (&stage.party, &stage.party.server);
    party.new_member(&party.neighbour, "邻村书记", "19900004011", &json!(["secretary"])).await;
    let (neighbour, resident) = (server.newcomer("19900004011").await, server.resident("19900004012").await);
    let nobody = server.nobody();
    let organisations = [&party.branch, &party.neighbour, &party.town, &party.county];
    let cases: [(&str, &Person, [u16; 4]); 7] = [
        ("administrator", &party.admin, [200; 4]),
        ("supervisor", &party.supervisor, [200; 4]),
        ("secretary", &party.host, [200, 404, 404, 404]),
        ("secretary next door", &neighbour, [404, 200, 404, 404]),
        ("member", &party.member, [403, 404, 404, 404]),
        ("resident", &resident, [404; 4]),
        ("nobody", &nobody, [401; 4]),
    ];
    for (who, person, answers) in cases {
        for (organisation, answer) in organisations.iter().zip(answers) {
            for path in ["statistics", "statistics.xlsx"] {
                for by in ["member", "organisation", "type", "month"] {
                    let reply = person.get(&format!("/attendance/{path}?org_id={organisation}&by={by}")).await;
                    assert_eq!(reply.status, answer, "{who} {organisation} {path} {by}: {}", reply.body);
                }
            }
        }
    }
    assert_eq!(party.member.get("/attendance/statistics").await.code(), "attendance.not_permitted");
    assert_eq!(resident.get("/attendance/statistics").await.code(), "organisation.not_found");
    // Whoever names none gets the highest one that is his, and next door nothing of it is counted.
    assert_eq!(statistics(&party.supervisor, "").await["org_id"], json!(party.county));
    assert_eq!(statistics(&party.supervisor, "").await["total"]["expected"], json!(24));
    let alone = format!("org_id={}&include_below=false", party.county);
    assert_eq!(statistics(&party.supervisor, &alone).await["total"]["expected"], json!(0));
    let next_door = statistics(&neighbour, "by=member").await;
    assert_eq!((&next_door["org_id"], &next_door["total"]["expected"]), (&json!(party.neighbour), &json!(0)));
    // In the tree's order, with those that held none.
    let all = statistics(&party.supervisor, "by=organisation").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 5);
    assert_eq!(all["items"][0]["rate"], Value::Null);
    // One's own, and nobody else's.
    for (person, status) in
        [(1, "leave_approved"), (2, "leave_pending"), (3, "substitute"), (4, "on_time"), (6, "absent")]
    {
        let own = stage.members[person].get("/my/attendance").await.expect(200).clone();
        let items = own["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["status"], &items[0]["meeting_id"]), (1, &json!(status), &json!(stage.id)));
        assert_eq!((&items[0]["type_name"], &items[0]["org_name"]), (&json!("党员大会"), &json!("中共柳河村党支部")));
        assert_eq!((&own["total"]["meetings"], &own["total"]["expected"]), (&json!(1), &json!(1)));
    }
    for stranger in [&resident, &neighbour] {
        let own = stranger.get("/my/attendance").await.expect(200).clone();
        assert_eq!((&own["items"], figures(&own["total"]), &own["total"]["rate"]), (&json!([]), [0; 10], &Value::Null));
    }
    assert_eq!(nobody.get("/my/attendance").await.status, 401);
    // The list of the meeting is for those who run it or look over it.
    let path = stage.path("/attendance.xlsx");
    for (who, person, answer) in [
        ("host", &party.host, 200),
        ("supervisor", &party.supervisor, 200),
        ("member", &party.member, 403),
        ("secretary next door", &neighbour, 404),
        ("resident", &resident, 404),
        ("nobody", &nobody, 401),
    ] {
        assert_eq!(person.get(&path).await.status, answer, "{who}");
    }
}

#[actix_rt::test]
async fn a_period_that_cannot_be_is_refused_by_its_name() {
    let stage = Stage::drafted(&json!({})).await;
    for (query, field) in [
        ("from=2026-02-30", "from"),
        ("from=20260101", "from"),
        ("from=", "from"),
        ("until=morgen", "until"),
        ("from=2026-02-02&until=2026-02-01", "until"),
        ("from=2020-01-01&until=2025-06-01", "until"),
        ("from=9999-01-01&until=9999-01-02", "from"),
        ("from=-262000-01-01", "from"),
        ("until=+99999-01-01", "until"),
    ] {
        for path in ["/attendance/statistics", "/attendance/statistics.xlsx", "/my/attendance"] {
            let reply = stage.party.host.get(&format!("{path}?{query}")).await;
            assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{path}?{query}: {}", reply.body);
        }
    }
    for (query, field) in [
        ("by=person", "by"),
        ("by=", "by"),
        ("type=unheard_of", "type"),
        ("org_id=x", "org_id"),
        ("include_below=1", "include_below"),
        ("zz=1", "zz"),
    ] {
        let reply = stage.party.host.get(&format!("/attendance/statistics?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{query}: {}", reply.body);
    }
}

fn sheet(reply: &Reply, index: usize) -> Vec<Vec<Data>> {
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(XLSX)));
    assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&reply.bytes[..])).unwrap();
    let name = book.sheet_names()[index].clone();
    book.worksheet_range(&name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn words(row: &[Data]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

#[actix_rt::test]
async fn figures_go_out_as_numbers() {
    let stage = ended().await;
    let rows = sheet(&stage.party.host.get("/attendance/statistics.xlsx?by=member").await, 0);
    assert_eq!(rows.len(), 1 + 24 + 1);
    assert_eq!(
        words(&rows[0]),
        [
            "姓名",
            "所属党组织",
            "会议数",
            "应到",
            "实到",
            "准时",
            "迟到",
            "早退",
            "请假",
            "缺席",
            "替会",
            "线上",
            "到会率"
        ]
    );
    let total = rows.last().unwrap();
    assert_eq!(total[0], Data::String("合计".to_owned()));
    let numbers: Vec<f64> = total[2..]
        .iter()
        .map(|cell| if let Data::Float(number) = cell { *number } else { panic!("{cell:?}") })
        .collect();
    assert_eq!(numbers, [1.0, 24.0, 3.0, 2.0, 0.0, 0.0, 1.0, 20.0, 1.0, 0.0, 0.125]);
    for (by, title, lines) in [("organisation", "党组织", 3), ("type", "会议类型", 3), ("month", "月份", 3)] {
        let rows = sheet(&stage.party.host.get(&format!("/attendance/statistics.xlsx?by={by}")).await, 0);
        assert_eq!((rows[0][0].to_string().as_str(), rows.len()), (title, lines), "{by}");
    }
    let audited = stage.party.server.sql("SELECT COUNT(*) FROM audit WHERE action = 'attendance.export'");
    assert_eq!(audited, [["4"]]);
}

#[actix_rt::test]
async fn the_list_of_a_meeting_says_who_came_how_and_why_not() {
    let stage = ended().await;
    let reply = stage.party.host.get(&stage.path("/attendance.xlsx")).await;
    let rows = sheet(&reply, 0);
    assert_eq!(
        words(&rows[0]),
        [
            "姓名",
            "所属党组织",
            "党员类型",
            "参会身份",
            "替会",
            "到会情况",
            "签到序号",
            "签到时间",
            "离开时间",
            "签到方式",
            "佐证",
            "存疑",
            "代签说明",
            "请假事由",
            "请假审批",
        ]
    );
    assert_eq!(rows.len(), 1 + 24 + 2);
    let row = |name: &str| words(rows.iter().find(|row| row[0] == *name).expect(name));
    let name = async |index: usize| Stage::name(&stage.members[index]).await;
    let host = Stage::name(&stage.party.host).await;
    let on_leave = row(&name(1).await);
    assert_eq!(on_leave[5], "请假");
    // Nothing that somebody wrote is taken for a formula.
    assert_eq!(on_leave[13..], ["'=HYPERLINK(\"http://x\")".to_owned(), format!("同意（{host}）：好好养病")]);
    assert_eq!(row(&name(2).await)[13..], ["出差", "待批"]);
    let replaced = row(&name(3).await);
    assert_eq!((replaced[4].as_str(), replaced[5].as_str()), ("由韦替会替", "替会"));
    let came = row(&name(4).await);
    assert_eq!(
        (came[5].as_str(), came[6].as_str(), came[9].as_str(), came[10].as_str()),
        ("准时", "1", "扫码", "一般")
    );
    assert!(came[7].len() == 19 && came[8].is_empty(), "{came:?}");
    let signed_for = row(&name(5).await);
    assert_eq!((signed_for[9].as_str(), &signed_for[12]), ("代签", &format!("{host}：手机没电")));
    let guest = row("县委派员");
    assert_eq!((guest[2].as_str(), guest[3].as_str(), guest[5].as_str()), ("非党员", "列席", "列席"));
    assert_eq!(words(rows.last().unwrap())[0], "县委派员", "guests stand at the end");
    let substitute = row("韦替会");
    assert_eq!((substitute[3].as_str(), &substitute[4]), ("替会", &format!("替{}", name(3).await)));
    let overview = sheet(&reply, 1);
    let said = |title: &str| overview.iter().find(|row| row[0] == *title).unwrap()[1].to_string();
    assert_eq!([said("主题"), said("应到"), said("实到"), said("缺席")], ["第四季度党员大会", "24", "3", "20"]);
}

//! The desk of those who look over tickets: narrowing the list, giving many away at once, exports, statistics.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, text};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const STRANGE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A leader over the grids of two workers, a neighbour beside them, and tickets of a resident.
struct Desk {
    server: TestServer,
    leader: Person,
    worker: Person,
    neighbour: Person,
    resident: Person,
}

impl Desk {
    async fn open(phone: &str) -> Self {
        let server = TestServer::start();
        let (leader, worker) = (server.staff("leader_l4", 0).await, server.staff("worker", 0).await);
        let (neighbour, resident) = (server.staff("worker", 2).await, server.resident(phone).await);
        Self { server, leader, worker, neighbour, resident }
    }

    async fn ticket(&self, index: usize, words: &str) -> String {
        self.resident.submit(&self.server.code_of("worker", index), "suggestion", words).await.0
    }

    async fn account(&self, person: &Person) -> String {
        text(&person.get("/auth/me").await.expect(200)["id"])
    }
}

fn rows(reply: &Reply) -> Vec<Vec<String>> {
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(XLSX)), "{}", reply.body);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&reply.bytes[..])).unwrap();
    let name = book.sheet_names()[0].clone();
    book.worksheet_range(&name).unwrap().rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn contents(person: &Person, query: &str) -> Vec<String> {
    person.all_tickets(query).await.iter().map(|ticket| text(&ticket["content"])).collect()
}

#[actix_rt::test]
async fn a_list_is_narrowed_by_day_person_and_limit() {
    let desk = Desk::open("19900007101").await;
    let lamp = desk.ticket(0, "路灯 7101").await;
    desk.ticket(0, "围墙 7101").await;
    desk.worker.step(&lamp, "accept", &json!({})).await;
    let name = text(&desk.worker.get("/auth/me").await.body["name"]);
    let sent = text(&desk.worker.get(&format!("/tickets/{lamp}")).await.body["submitted_at"]);
    let day = chrono::DateTime::parse_from_rfc3339(&sent).unwrap() + chrono::Duration::hours(8);
    let (today, before) = (day.format("%Y-%m-%d"), (day - chrono::Duration::days(2)).format("%Y-%m-%d"));
    let mine = |query: String| format!("q=7101&{query}");
    for (query, expected) in [
        (mine(format!("from={today}")), vec!["围墙 7101", "路灯 7101"]),
        (mine(format!("until={today}&from={before}")), vec!["围墙 7101", "路灯 7101"]),
        (mine(format!("until={before}")), vec![]),
        (mine(format!("person={}", encoded(&name))), vec!["路灯 7101"]),
        (mine(format!("person={}", encoded("李小"))), vec!["围墙 7101", "路灯 7101"]),
        (mine("overdue=true".to_owned()), vec![]),
        (mine("overdue=false&state=submitted".to_owned()), vec!["围墙 7101"]),
    ] {
        assert_eq!(contents(&desk.worker, &query).await, expected, "{query}");
    }
    for (query, field) in [
        ("from=x", "from"),
        ("from=2026-02-30", "from"),
        ("until=0001-01-01", "until"),
        ("from=2026-11-02&until=2026-11-01", "until"),
        ("overdue=yes", "overdue"),
        ("person=%07", "person"),
    ] {
        let reply = desk.worker.get(&format!("/tickets?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{query}: {}", reply.body);
    }
}

#[actix_rt::test]
async fn many_are_given_away_each_on_its_own() {
    let desk = Desk::open("19900007102").await;
    let (one, two) = (desk.ticket(0, "一").await, desk.ticket(0, "二").await);
    let (done, foreign) = (desk.ticket(0, "三").await, desk.ticket(2, "四").await);
    desk.worker.step(&done, "accept", &json!({})).await;
    desk.worker.step(&done, "complete", &json!({ "note": "好了" })).await;
    let account = desk.account(&desk.worker).await;
    let body = json!({ "ticket_ids": [one, done, foreign, two, STRANGE], "account_id": account });
    let reply = desk.leader.post_once("/tickets/reassign", &body, "k").await;
    let items = reply.expect(200)["items"].as_array().unwrap().clone();
    let told: Vec<(String, bool, &str)> = items
        .iter()
        .map(|item| (text(&item["id"]), item["ok"] == true, item["code"].as_str().unwrap_or_default()))
        .collect();
    let refused = |id: &str, code| (id.to_owned(), false, code);
    assert_eq!(
        told,
        [
            (one.clone(), true, ""),
            refused(&done, "ticket.already_completed"),
            refused(&foreign, "ticket.not_found"),
            (two.clone(), true, ""),
            refused(STRANGE, "ticket.not_found"),
        ]
    );
    assert_eq!((&reply.body["done"], &reply.body["refused"]), (&json!(2), &json!(3)));
    // Whoever may not see it learns nothing of it; the others are named.
    assert_eq!((items[2]["number"].clone(), items[1]["number"].is_string()), (Value::Null, true));
    assert!(items.iter().all(|item| item["ok"] == true || item["message"].as_str().is_some_and(|why| !why.is_empty())));
    for ticket in [&one, &two] {
        let now = desk.leader.get(&format!("/tickets/{ticket}")).await;
        assert_eq!((&now.body["handler"]["id"], &now.body["state"]), (&json!(account), &json!("accepted")));
        let given = desk.leader.timeline(ticket).await.iter().filter(|(_, kind)| kind == "ticket.reassigned").count();
        assert_eq!(given, 1);
    }

    // The same again gives nothing twice.
    let again = desk.leader.post_once("/tickets/reassign", &body, "k").await;
    assert_eq!(again.expect(200), &reply.body);
    let given = desk.leader.timeline(&one).await.iter().filter(|(_, kind)| kind == "ticket.reassigned").count();
    assert_eq!(given, 1);
    let all_done = json!({ "ticket_ids": [one, two], "account_id": account });
    let other = desk.leader.post_once("/tickets/reassign", &all_done, "k").await;
    assert_eq!((other.status, other.code()), (422, "idempotency.key_reused"));
    let first = desk.leader.post_once("/tickets/reassign", &all_done, "k2").await;
    assert_eq!((first.expect(200)["done"].clone(), first.header("Idempotent-Replayed")), (json!(2), None));
    let replayed = desk.leader.post_once("/tickets/reassign", &all_done, "k2").await;
    assert_eq!((&replayed.body, replayed.header("Idempotent-Replayed")), (&first.body, Some("true")));
}

#[actix_rt::test]
async fn who_may_not_give_gives_nothing() {
    let desk = Desk::open("19900007103").await;
    let ticket = desk.ticket(0, "一").await;
    let account = desk.account(&desk.worker).await;
    let stranger = desk.account(&desk.neighbour).await;
    let give = |account: &str| json!({ "ticket_ids": [ticket], "account_id": account });
    let code = |reply: &Reply| text(&reply.expect(200)["items"][0]["code"]);
    // The neighbour sees none of it, the worker may not give what he does not handle, nobody gets what is not his grid's.
    assert_eq!(code(&desk.neighbour.post("/tickets/reassign", &give(&stranger)).await), "ticket.not_found");
    assert_eq!(code(&desk.worker.post("/tickets/reassign", &give(&account)).await), "ticket.not_permitted");
    assert_eq!(code(&desk.leader.post("/tickets/reassign", &give(&stranger)).await), "ticket.not_of_this_grid");
    let resident = desk.resident.post("/tickets/reassign", &give(&account)).await;
    assert_eq!((resident.status, resident.code()), (403, "ticket.staff_only"));
    assert_eq!(desk.server.nobody().post("/tickets/reassign", &give(&account)).await.status, 401);
    assert_eq!(desk.leader.get(&format!("/tickets/{ticket}")).await.body["state"], "submitted");

    let many: Vec<String> = (0..201).map(|number| format!("01890a5d-ac96-774b-bcce-b30209{number:06}")).collect();
    for (body, field) in [
        (json!({ "ticket_ids": [], "account_id": account }), "ticket_ids"),
        (json!({ "ticket_ids": [ticket, ticket], "account_id": account }), "ticket_ids"),
        (json!({ "ticket_ids": many, "account_id": account }), "ticket_ids"),
        (json!({ "ticket_ids": [ticket], "account_id": STRANGE }), "account_id"),
        (json!({ "ticket_ids": [ticket], "account_id": desk.account(&desk.resident).await }), "account_id"),
    ] {
        let reply = desk.leader.post("/tickets/reassign", &body).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{}", reply.body);
    }
}

#[actix_rt::test]
async fn an_export_holds_what_is_filtered_and_no_way_to_reach_people() {
    let desk = Desk::open("19900007104").await;
    let ticket = desk.ticket(0, "=1+1 路灯 7104").await;
    desk.ticket(0, "围墙 7104").await;
    desk.ticket(2, "邻村 7104").await;
    desk.worker.step(&ticket, "accept", &json!({})).await;
    desk.worker.step(&ticket, "complete", &json!({ "note": "换了灯泡" })).await;
    desk.resident.step(&ticket, "rate", &json!({ "stars": 4, "comment": "谢谢" })).await;

    let book = desk.leader.get("/tickets/export.xlsx?q=7104").await;
    let sheet = rows(&book);
    assert_eq!(sheet.len(), 3, "{sheet:?}");
    let column = |title: &str| sheet[0].iter().position(|head| head == title).unwrap();
    let rated = &sheet[2];
    assert!(rated[column("内容")].contains("路灯 7104") && rated[column("状态")] == "已评价", "{rated:?}");
    assert_eq!((rated[column("评价星级")].as_str(), rated[column("办理结果")].as_str()), ("4", "换了灯泡"));
    assert_eq!(rated[column("诉求人")], "李小明");
    let everything: String = sheet.concat().concat();
    assert!(!everything.contains("19900007104") && !everything.contains("三组 12 号"), "{everything}");
    // What begins like a formula is text.
    assert!(!book.bytes.windows(3).any(|bytes| bytes == b"<f>"));
    let filtered = rows(&desk.leader.get("/tickets/export.xlsx?q=7104&state=submitted").await);
    assert_eq!(filtered.len(), 2);
    assert_eq!(rows(&desk.neighbour.get("/tickets/export.xlsx?q=7104").await).len(), 2);
    assert_eq!(rows(&desk.leader.get("/tickets/export.xlsx?q=no_such_words").await).len(), 1);

    let audit = desk.server.sql("SELECT changes FROM audit WHERE action = 'ticket.export' ORDER BY id;");
    assert_eq!(audit.len(), 4);
    assert!(audit.iter().any(|row| row[0].contains("\"tickets\":2") && row[0].contains("q=7104")), "{audit:?}");

    for (person, query, status, code) in [
        (&desk.resident, "", 403, "ticket.staff_only"),
        (&desk.server.nobody(), "", 401, "auth.required"),
        (&desk.leader, "?limit=5", 400, "request.malformed"),
        (&desk.leader, "?state=open", 400, "request.malformed"),
        (&desk.leader, &format!("?grid_id={STRANGE}"), 404, "grid.not_found"),
    ] {
        let reply = person.get(&format!("/tickets/export.xlsx{query}")).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{query}");
    }
}

#[actix_rt::test]
async fn statistics_count_what_was_sent_and_what_became_of_it() {
    let desk = Desk::open("19900007105").await;
    let of = async |person: &Person, query: &str| {
        person.get(&format!("/tickets/statistics?{query}")).await.expect(200).clone()
    };
    let grid = desk.worker.own_grid().await;
    let before = of(&desk.worker, "").await["total"].clone();
    let (one, two) = (desk.ticket(0, "一").await, desk.ticket(0, "二").await);
    desk.ticket(2, "邻村").await;
    for step in ["accept", "complete"] {
        desk.worker.step(&one, step, &if step == "complete" { json!({ "note": "好" }) } else { json!({}) }).await;
    }
    desk.resident.step(&one, "rate", &json!({ "stars": 3 })).await;
    desk.resident.step(&two, "withdraw", &json!({})).await;

    let after = of(&desk.worker, "").await;
    let grew = |name: &str| after["total"][name].as_u64().unwrap() - before[name].as_u64().unwrap();
    let names = ["received", "accepted", "completed", "rated", "withdrawn", "overdue"];
    assert_eq!(names.map(grew), [2, 1, 1, 1, 1, 0]);
    assert_eq!(after["grid"]["id"], json!(grid));
    assert_eq!(after["items"].as_array().unwrap().len(), 30);
    // However it is cut, it is the same sum.
    for query in ["by=kind", "by=level", "by=grid", "by=period&bucket=week", "by=period&bucket=month"] {
        let cut = of(&desk.leader, query).await;
        for name in names {
            let sum: u64 = cut["items"].as_array().unwrap().iter().map(|item| item[name].as_u64().unwrap()).sum();
            assert_eq!(sum, cut["total"][name].as_u64().unwrap(), "{query} {name}");
        }
    }
    let by_grid = of(&desk.leader, "by=grid").await;
    let own = by_grid["items"].as_array().unwrap().iter().find(|item| item["key"] == json!(grid)).unwrap().clone();
    assert_eq!(own["received"], after["total"]["received"]);
    let kind = of(&desk.worker, "kind=dispute&by=kind").await;
    assert!(kind["items"][0]["name"].is_string());

    // The workbook says the same, with its sum below.
    let sheet = rows(&desk.worker.get("/tickets/statistics.xlsx?by=kind").await);
    assert_eq!((sheet[0][0].as_str(), sheet.last().unwrap()[0].as_str()), ("类型", "合计"));
    assert_eq!(sheet.last().unwrap()[1], after["total"]["received"].to_string());
    assert_eq!(desk.server.sql("SELECT id FROM audit WHERE action = 'ticket.export_statistics';").len(), 1);

    let elsewhere = desk.neighbour.own_grid().await;
    for (person, query, status) in [
        (&desk.worker, format!("grid_id={elsewhere}"), 404),
        (&desk.worker, format!("grid_id={STRANGE}"), 404),
        (&desk.resident, String::new(), 403),
        (&desk.server.nobody(), String::new(), 401),
        (&desk.leader, "by=person".to_owned(), 400),
        (&desk.leader, "bucket=hour".to_owned(), 400),
        (&desk.leader, "kind=no_such".to_owned(), 400),
        (&desk.leader, "from=2026-11-02&until=2026-11-01".to_owned(), 400),
        (&desk.leader, "from=2020-01-01&until=2026-11-01".to_owned(), 400),
        (&desk.leader, "from=2025-01-01&until=2026-11-01&bucket=day".to_owned(), 400),
    ] {
        for path in ["statistics", "statistics.xlsx"] {
            let reply = person.get(&format!("/tickets/{path}?{query}")).await;
            assert_eq!(reply.status, status, "{path} {query}: {}", reply.body);
        }
    }
}

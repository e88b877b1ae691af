//! Finding staff who have an account already, to give them a duty.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, text};

fn escaped(words: &str) -> String {
    words.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn found(person: &Person, grid: &str, words: &str) -> Vec<Value> {
    let reply = person.get(&format!("/grids/{grid}/staff/candidates?q={}", escaped(words))).await;
    reply.expect(200)["items"].as_array().unwrap().clone()
}

#[actix_rt::test]
async fn staff_are_found_by_name_account_and_whole_number_and_get_a_duty() {
    let server = TestServer::start();
    let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 1).await);
    let me = worker.get("/auth/me").await.body;
    let (id, name, account) = (text(&me["id"]), text(&me["name"]), text(&me["account"]));
    let village = server.staff("leader_l3", 0).await.own_grid().await;
    let own = worker.own_grid().await;
    let detail = admin.get(&format!("/grids/{own}/staff/{id}/phone")).await;
    let phone = text(&detail.expect(200)["phone"]);
    for words in [name.as_str(), &account, &account.to_uppercase(), &phone, &format!(" {name} ")] {
        let people = found(&admin, &village, words).await;
        let person = people.iter().find(|person| person["account_id"] == id.as_str());
        let person = person.unwrap_or_else(|| panic!("{words} finds {people:?}"));
        assert_eq!((&person["name"], &person["account"]), (&json!(name), &json!(account)));
        assert_eq!(person["phone"], format!("{}****{}", &phone[..3], &phone[7..]));
        assert_eq!(
            (&person["duties"][0]["grid_id"], &person["duties"][0]["duty_title"]),
            (&json!(own), &json!("网格员"))
        );
    }
    // A part of a number tells nothing, and neither does a pattern.
    for words in [&phone[..8], "%", "_", "!"] {
        assert_eq!(found(&admin, &village, words).await, [] as [Value; 0], "{words}");
    }
    admin.post(&format!("/grids/{village}/staff"), &json!({ "account_id": id, "duty": "deputy" })).await.expect(204);
    let duties = found(&admin, &village, &account).await[0]["duties"].clone();
    assert_eq!(duties.as_array().unwrap().len(), 2, "{duties}");
    for wrong in ["", "?q=", "?q=%20", "?x=1", "?q=a&q=b"] {
        let reply = admin.get(&format!("/grids/{village}/staff/candidates{wrong}")).await;
        assert!([400, 422].contains(&reply.status), "{wrong}: {}", reply.body);
    }
    let long = admin.get(&format!("/grids/{village}/staff/candidates?q={}", "x".repeat(51))).await;
    assert_eq!((long.status, long.fields()), (422, vec!["q"]));
}

#[actix_rt::test]
async fn who_serves_nowhere_yet_is_found_by_the_whole_account_or_number_alone() {
    let server = TestServer::start();
    let admin = server.staff("admin", 0).await;
    let resident = server.resident("19900006301").await;
    let village = server.staff("leader_l3", 0).await.own_grid().await;
    let new = json!({ "account": "moshifu", "name": "莫新来", "phone": "19900006302" });
    let id = text(&admin.post("/accounts", &new).await.expect(201)["account_id"]);
    for words in ["莫新来", "moshi", "1990000630"] {
        assert_eq!(found(&admin, &village, words).await, [] as [Value; 0], "{words}");
    }
    for words in ["moshifu", "19900006302"] {
        let people = found(&admin, &village, words).await;
        assert_eq!(
            (people.len(), &people[0]["account_id"], &people[0]["duties"]),
            (1, &json!(id), &json!([])),
            "{words}"
        );
    }
    // Residents are no staff.
    assert_eq!(found(&admin, &village, "19900006301").await, [] as [Value; 0]);
    let refused = resident.get(&format!("/grids/{village}/staff/candidates?q=x")).await;
    assert_eq!((refused.status, refused.code()), (403, "grid.not_permitted"));
}

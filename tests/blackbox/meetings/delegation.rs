//! 邀请上级派员: the host asks the organisation above, its secretary names somebody.

use serde_json::{Value, json};

use super::Stage;
use crate::support::{Live, Person, text};

/// The secretary of the township's committee, with a colleague there.
async fn town_of(stage: &Stage) -> (Person, String, String) {
    let party = &stage.party;
    let secretary = party.new_member(&party.town, "镇书记", "19900004201", &json!(["secretary"])).await;
    let colleague = party.new_member(&party.town, "镇干部", "19900004202", &json!([])).await;
    (party.server.newcomer("19900004201").await, secretary, colleague)
}

#[actix_rt::test]
async fn the_organisation_above_is_asked_and_sends_somebody() {
    let stage = Stage::drafted(&json!({})).await;
    let (town, _, colleague) = town_of(&stage).await;
    let superior = stage.path("/superior");
    assert_eq!(stage.host("/superior", &json!({})).await.code(), "meeting.not_open");
    stage.host("/launch", &json!({})).await.expect(200);
    let delegate = stage.path("/superior/delegate");
    let send = json!({ "member_id": colleague });
    assert_eq!(town.post(&delegate, &send).await.code(), "meeting.superior_not_invited");
    assert_eq!(stage.members[1].post(&superior, &json!({})).await.code(), "meeting.not_manager");
    for below in [&stage.party.branch, &stage.party.neighbour] {
        let wrong = stage.host("/superior", &json!({ "organisation_id": below })).await;
        assert_eq!(wrong.fields(), ["organisation_id"]);
    }
    let asked = stage.host("/superior", &json!({ "note": "请指导换届工作" })).await;
    let delegation = &asked.expect(200)["delegation"];
    assert_eq!((&delegation["organisation_id"], &delegation["delegate"]), (&json!(stage.party.town), &Value::Null));
    // Who leads it is told, and finds the meeting there.
    let told = town.get("/inbox?unread=true").await;
    let item = &told.expect(200)["items"][0];
    assert_eq!((&item["title"], &item["subject"]["id"]), (&json!("请派员参加会议"), &json!(stage.id)));
    assert!(text(&item["text"]).contains("请指导换届工作"), "{item}");
    assert_eq!(town.get(&stage.path("")).await.expect(200)["delegation"]["note"], json!("请指导换届工作"));
    // It sends its own people, and nobody else speaks for it.
    let member = text(&stage.party.roster(&stage.party.neighbour).await[0]["id"]);
    assert_eq!(stage.party.host.post(&delegate, &send).await.code(), "meeting.not_superior");
    assert_eq!(stage.members[1].post(&delegate, &send).await.code(), "meeting.not_superior");
    let stranger = stage.party.server.resident("19900004203").await;
    assert_eq!(stranger.post(&delegate, &send).await.code(), "meeting.not_found");
    assert_eq!(stranger.post(&superior, &json!({})).await.code(), "meeting.not_found");
    let mut desk = Live::open(&stage.party.host).await;
    desk.subscribe(&format!("meeting:{}", stage.id), None).await;
    let named = town.post(&delegate, &send).await;
    assert_eq!(named.expect(200)["delegation"]["delegate"]["name"], json!("镇干部"));
    // Both at once, in one frame.
    let frames = desk.until(|frame| frame["op"] == "events").await;
    let events = frames.last().unwrap()["events"].as_array().unwrap();
    assert_eq!(events[0]["data"]["attendees"][0]["role"], json!("guest"));
    assert_eq!(events[1]["kind"], json!("meeting.delegate_named"));
    assert_eq!(events[1]["data"]["name"], json!("镇干部"));
    assert_eq!(stage.attendee("镇干部").await["role"], json!("guest"));
    let told = stage.party.host.get("/inbox?unread=true").await;
    assert_eq!(told.expect(200)["items"][0]["title"], json!("上级已派员"));
    let guest = stage.party.server.newcomer("19900004202").await;
    assert_eq!(guest.get("/inbox?unread=true").await.expect(200)["items"][0]["title"], json!("邀请您列席会议"));
    guest.get(&stage.path("")).await.expect(200);
    // From a branch below it, too; and it may think better of it.
    town.post(&delegate, &json!({ "member_id": member })).await.expect(200);
    assert_eq!(stage.host("/superior", &json!({})).await.code(), "meeting.delegate_named");
    let other = stage.party.new_member(&stage.party.county, "县干部", "19900004204", &json!([])).await;
    assert_eq!(town.post(&delegate, &json!({ "member_id": other })).await.fields(), ["member_id"]);
}

#[actix_rt::test]
async fn nobody_is_asked_where_nobody_leads() {
    let stage = Stage::launched().await;
    let lead = |members: Vec<Value>| members.iter().any(|member| !member["positions"].as_array().unwrap().is_empty());
    assert!(!lead(stage.party.roster(&stage.party.town).await), "the township's committee has no secretary");
    assert_eq!(stage.host("/superior", &json!({})).await.code(), "meeting.superior_vacant");
}

//! Looking over many meetings: one page, one socket, marks and nudges.

use serde_json::{Value, json};

use super::{Phone, Stage, in_minutes};
use crate::support::{Live, Person, eventually, text};

impl Stage {
    /// A meeting of today, whenever today is.
    async fn of_today() -> Self {
        let stage = Self::drafted(&json!({ "starts_at": in_minutes(0) })).await;
        stage.host("/launch", &json!({})).await.expect(200);
        stage
    }

    async fn row(&self, person: &Person, query: &str) -> Value {
        let page = person.get(&format!("/supervision/meetings{query}")).await;
        let items = page.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().find(|row| row["id"] == json!(self.id)).unwrap_or_default()
    }
}

/// Waits for the change of the meeting's row that has the member.
async fn changed(live: &mut Live, id: &str, member: &str) -> Value {
    loop {
        let frame = live.next().await;
        assert_eq!(frame["op"], json!("changes"), "{frame}");
        let rows = frame["data"]["changed"].as_array().unwrap();
        if let Some(row) = rows.iter().find(|row| row["id"] == json!(id) && row.get(member).is_some()) {
            return row.clone();
        }
    }
}

#[actix_rt::test]
async fn whoever_looks_over_a_county_sees_its_meetings_fill_on_one_socket() {
    let stage = Stage::of_today().await;
    let supervisor = &stage.party.supervisor;
    let topic = format!("supervision:{}", stage.party.county);
    let mut live = Live::open(supervisor).await;
    let opening = live.subscribe(&topic, None).await;
    let rows = opening["state"]["items"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == json!(stage.id)).expect("the meeting is on the page");
    assert_eq!(
        (&row["state"], &row["present"], &row["type_name"]),
        (&json!("launched"), &json!(0), &json!("党员大会"))
    );
    assert_eq!(row, &stage.row(supervisor, "").await);
    // The page begins with everything once more; then comes what changes, and no more of it.
    changed(&mut live, &stage.id, "topic").await;
    let phone = Phone::new(&stage).await;
    stage.arrive(&stage.members[1], &phone).await.expect(200);
    let row = changed(&mut live, &stage.id, "present").await;
    assert_eq!(row["present"], json!(1));
    assert_eq!(row.get("topic"), None, "{row}");
    stage.host("/start", &json!({})).await.expect(200);
    stage.host("/agenda", &json!({ "index": 0 })).await.expect(200);
    let row = changed(&mut live, &stage.id, "item").await;
    assert_eq!((&row["item"]["title"], row["item"]["ends_at"].is_string()), (&json!("学习"), true));
    // Another meeting appears while one looks.
    let plan = Stage::plan(&stage.party.branch, &json!({ "starts_at": in_minutes(0), "topic": "第二场" }));
    let second = text(&stage.party.host.post("/meetings", &plan).await.expect(201)["id"]);
    stage.party.host.post(&format!("/meetings/{second}/launch"), &json!({})).await.expect(200);
    assert_eq!(changed(&mut live, &second, "topic").await["topic"], json!("第二场"));
}

#[actix_rt::test]
async fn opening_a_meeting_leaves_a_mark_and_a_nudge_reaches_its_host_once() {
    let stage = Stage::of_today().await;
    let (supervisor, host) = (&stage.party.supervisor, &stage.party.host);
    let mut desk = Live::open(host).await;
    desk.subscribe(&format!("meeting:{}", stage.id), None).await;
    let row = supervisor.post(&stage.path("/visits"), &json!({})).await;
    assert_eq!(
        (&row.expect(200)["visits"], &row.body["visited_by"]),
        (&json!(1), &json!(Stage::name(supervisor).await))
    );
    loop {
        let frame = desk.next().await;
        if frame["kind"] == json!("meeting.visited") {
            assert!(frame["data"]["by"]["name"].is_string());
            break;
        }
    }
    for _ in 0..2 {
        let nudged = supervisor.post(&stage.path("/nudge"), &json!({ "note": "请按时开始" })).await;
        assert_eq!(nudged.expect(200)["nudges"], json!(1));
    }
    let told = host.get("/inbox?unread=true").await;
    let told = told.expect(200)["items"].as_array().unwrap().clone();
    let nudges: Vec<&Value> = told.iter().filter(|item| item["title"] == "会议督促").collect();
    assert_eq!(nudges.len(), 1);
    assert!(nudges[0]["text"].as_str().unwrap().contains("请按时开始"));
    let marks = host.get(&stage.path("/visits")).await;
    let kinds: Vec<&Value> = marks.expect(200)["items"].as_array().unwrap().iter().map(|mark| &mark["kind"]).collect();
    assert_eq!(kinds, [&json!("visited"), &json!("nudged")]);
}

#[actix_rt::test]
async fn who_looks_over_nothing_has_no_page() {
    let stage = Stage::of_today().await;
    let (county, branch) = (&stage.party.county, &stage.party.branch);
    let resident = stage.party.server.resident("19900004021").await;
    let member = &stage.members[0];
    for (person, org, status) in [
        (&resident, county, 404),
        (member, county, 404),
        (member, branch, 403),
        (&stage.party.host, county, 404),
        (&stage.party.host, branch, 200),
        (&stage.party.supervisor, county, 200),
    ] {
        let page = person.get(&format!("/supervision/meetings?org_id={org}")).await;
        assert_eq!(page.status, status, "{}", page.body);
        let mut live = Live::open(person).await;
        live.say(&json!({ "op": "subscribe", "topics": [format!("supervision:{org}")] })).await;
        let op = if status == 200 { "subscribed" } else { "refused" };
        assert_eq!(live.next().await["op"], json!(op));
    }
    assert_eq!(resident.get("/supervision/meetings").await.status, 404);
    assert_eq!(member.get(&stage.path("/visits")).await.code(), "meeting.not_manager");
    for end in ["/visits", "/nudge"] {
        assert_eq!(member.post(&stage.path(end), &json!({})).await.code(), "meeting.not_supervisor");
        assert_eq!(resident.post(&stage.path(end), &json!({})).await.code(), "meeting.not_found");
    }
    // Another day has other meetings.
    assert_eq!(stage.row(&stage.party.supervisor, "?date=2020-01-01").await, Value::Null);
    let wrong = stage.party.supervisor.get("/supervision/meetings?date=yesterday").await;
    assert_eq!((wrong.status, wrong.fields()), (400, vec!["date"]));
}

#[actix_rt::test]
async fn a_meeting_moves_with_its_organisation_for_those_above_it_then() {
    let stage = Stage::of_today().await;
    let (admin, party) = (&stage.party.admin, &stage.party);
    let body = json!({ "parent_id": party.town, "name": "云溪镇党总支", "kind": "general_branch" });
    let above = text(&admin.post("/organisations", &body).await.expect(201)["id"]);
    let supervisor = party.server.resident("19900004031").await;
    let role = json!({ "account_id": supervisor.get("/auth/me").await.expect(200)["id"], "role": "supervisor" });
    admin.post(&format!("/organisations/{above}/roles"), &role).await.expect(204);
    let supervisor = party.server.resident("19900004031").await;
    assert_eq!(supervisor.get(&stage.path("")).await.status, 404);
    assert_eq!(stage.row(&supervisor, "").await, Value::Null);
    let moved = admin.patch(&format!("/organisations/{}", party.branch), &json!({ "parent_id": above })).await;
    moved.expect(204);
    let seen = async || (supervisor.get(&stage.path("")).await.status == 200).then_some(());
    eventually("the meeting below its new place", seen).await;
    assert_eq!(stage.row(&supervisor, "").await["id"], json!(stage.id));
    let listed = supervisor.get("/meetings").await;
    assert_eq!(listed.expect(200)["items"][0]["id"], json!(stage.id));
}

//! A meeting from its plan to its archive, by its host, its people, and those who have no business there.

mod attendance;
mod calendar;
mod delegation;
mod minutes;
mod minutes_documents;
mod plans;
mod red_team;
mod room;
mod secrecy;
mod supervision;
pub mod votes;

use awc::http::Method;
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use crate::party::Party;
use crate::support::{Live, Person, Reply, TestServer, text};

/// The first branch, its people, and a meeting of theirs.
pub struct Stage {
    pub party: Party,
    pub members: Vec<Person>,
    pub id: String,
}

fn in_minutes(minutes: i64) -> String {
    SystemClock.now().plus_millis(minutes * 60_000).to_string()
}

impl Stage {
    /// A meeting of the whole branch that begins in ten minutes; its doors are open.
    async fn launched() -> Self {
        let stage = Self::drafted(&json!({})).await;
        stage.host("/launch", &json!({})).await.expect(200);
        stage
    }

    async fn drafted(more: &Value) -> Self {
        Self::drafted_on(Party::start().await, more).await
    }

    async fn drafted_on(party: Party, more: &Value) -> Self {
        let mut members = Vec::new();
        for index in 0..10 {
            members.push(party.server.staff("member", index).await);
        }
        let body = Self::plan(&party.branch, more);
        let id = text(&party.host.post("/meetings", &body).await.expect(201)["id"]);
        Self { party, members, id }
    }

    fn plan(branch: &str, more: &Value) -> Value {
        let mut body = json!({
            "topic": "第四季度党员大会", "type": "general_meeting", "org_id": branch,
            "starts_at": in_minutes(10), "ends_at": in_minutes(130), "place": "村部会议室",
            "attendees": { "whole_branch": true },
            "agenda": [{ "title": "学习", "minutes": 30 }, { "title": "讨论" }],
        });
        let (Value::Object(body_members), Value::Object(more)) = (&mut body, more) else { panic!() };
        body_members.extend(more.clone());
        body
    }

    pub fn path(&self, end: &str) -> String {
        format!("/meetings/{}{end}", self.id)
    }

    async fn host(&self, end: &str, body: &Value) -> Reply {
        self.party.host.post(&self.path(end), body).await
    }

    async fn code(&self) -> String {
        text(&self.party.host.get(&self.path("/sign-in/code")).await.expect(200)["code"])
    }

    /// Scans what the screen shows.
    async fn claim(&self, phone: &Phone) -> String {
        text(
            &phone.post(&self.path("/sign-in/claim"), &json!({ "code": self.code().await })).await.expect(200)["claim"],
        )
    }

    /// Scans and signs in.
    async fn arrive(&self, who: &Person, phone: &Phone) -> Reply {
        let claim = self.claim(phone).await;
        phone.of(who).post(&self.path("/sign-in"), &json!({ "claim": claim })).await
    }

    async fn attendee(&self, name: &str) -> Value {
        let roster = self.party.host.get(&self.path("/roster")).await;
        let items = roster.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().find(|attendee| attendee["name"] == name).expect(name)
    }

    async fn name(person: &Person) -> String {
        text(&person.get("/auth/me").await.expect(200)["name"])
    }
}

/// A phone: it keeps its cookie, whoever holds it.
struct Phone {
    holder: Person,
    cookie: String,
}

impl Phone {
    /// A phone that has scanned once before; nobody is signed in on it.
    async fn new(stage: &Stage) -> Self {
        let holder = stage.party.server.nobody();
        let code = stage.code().await;
        let first = holder.post(&stage.path("/sign-in/claim"), &json!({ "code": code })).await;
        first.expect(200);
        let cookie = first.header("Set-Cookie").expect("a device gets a cookie");
        assert!(cookie.starts_with("lianxin_device=") && cookie.contains("HttpOnly"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { holder, cookie }
    }

    /// The same phone in somebody's hand.
    fn of(&self, person: &Person) -> Self {
        Self { holder: person.clone(), cookie: self.cookie.clone() }
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        let body = Some(body.to_string().into_bytes());
        self.holder.send(Method::POST, path, body, &[("Cookie", &self.cookie)]).await
    }
}

#[actix_rt::test]
async fn a_meeting_goes_from_its_plan_to_its_archive() {
    let stage = Stage::drafted(&json!({})).await;
    let draft = stage.party.host.get(&stage.path("")).await;
    assert_eq!((&draft.expect(200)["state"], &draft.body["type_name"]), (&json!("draft"), &json!("党员大会")));
    assert_eq!(draft.body["manages"], json!(true));
    // Nobody else knows of a draft.
    assert_eq!(stage.members[0].get(&stage.path("")).await.code(), "meeting.not_found");
    assert_eq!(stage.party.supervisor.get(&stage.path("")).await.code(), "meeting.not_found");
    let edited = stage.party.host.patch(&stage.path(""), &json!({ "topic": "党员大会（改）" })).await;
    assert_eq!(edited.expect(200)["topic"], json!("党员大会（改）"));

    let launched = stage.host("/launch", &json!({})).await;
    assert_eq!(launched.expect(200)["state"], json!("launched"));
    assert_eq!(
        stage.party.host.patch(&stage.path(""), &json!({ "topic": "x" })).await.code(),
        "meeting.launched_already"
    );
    assert_eq!(stage.party.host.delete(&stage.path("")).await.code(), "meeting.launched_already");
    let seen = stage.members[0].get(&stage.path("")).await;
    assert_eq!((&seen.expect(200)["manages"], &seen.body["topic"]), (&json!(false), &json!("党员大会（改）")));
    let mine = stage.members[0].get("/meetings?mine=true&state=launched").await;
    let own = mine.expect(200)["items"].as_array().unwrap().iter().filter(|item| item["id"] == json!(stage.id)).count();
    assert_eq!(own, 1);

    stage.host("/start", &json!({})).await.expect(200);
    let moved = stage.host("/agenda", &json!({ "index": 0 })).await;
    assert!(moved.expect(200)["agenda_position"]["ends_at"].is_string());
    let phone = Phone::new(&stage).await;
    let arrived = stage.arrive(&stage.members[1], &phone).await;
    assert_eq!((&arrived.expect(200)["status"], &arrived.body["number"]), (&json!("on_time"), &json!(1)));
    let ended = stage.host("/end", &json!({})).await;
    assert_eq!(ended.expect(200)["state"], json!("ended"));
    let roster = stage.party.host.get(&stage.path("/roster")).await;
    let figures = &roster.expect(200)["figures"];
    let expected = figures["expected"].as_u64().unwrap();
    assert_eq!((&figures["present"], figures["missing"].as_u64()), (&json!(1), Some(expected - 1)));
    assert_eq!(stage.host("/archive", &json!({})).await.expect(200)["state"], json!("archived"));
    let (sound, report) = stage.party.server.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn the_wall_of_names_fills_live_and_phones_hear_how_many_but_not_who() {
    let stage = Stage::launched().await;
    let topic = format!("meeting:{}", stage.id);
    let mut desk = Live::open(&stage.party.host).await;
    let opening = desk.subscribe(&topic, None).await;
    let people = opening["state"]["attendees"].as_array().unwrap().len();
    assert!(people >= 10, "{people}");
    let mut guest = Live::open(&stage.members[0]).await;
    let opening = guest.subscribe(&topic, None).await;
    assert_eq!(opening["state"]["own"]["status"], json!("expected"));
    assert_eq!(opening["state"]["attendees"], Value::Null);
    let mut phones = Vec::new();
    for _ in 0..5 {
        phones.push(Phone::new(&stage).await);
    }
    for (index, phone) in (1..).zip(&phones) {
        stage.arrive(&stage.members[index], phone).await.expect(200);
    }
    // All five, in their order, once each, however they are joined.
    let mut numbers = Vec::new();
    while numbers.len() < 5 {
        let frame = desk.next().await;
        let events = match frame["op"].as_str() {
            Some("event") => vec![frame.clone()],
            Some("events") => frame["events"].as_array().unwrap().clone(),
            _ => Vec::new(),
        };
        for event in events.iter().filter(|event| event["kind"] == "meeting.signed_in") {
            assert!(event["data"]["evidence"].is_object());
            assert_eq!(event["data"].get("device"), None);
            numbers.push(event["data"]["number"].as_u64().unwrap());
        }
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    // The phone is told the sum, and nobody's name.
    let last = loop {
        let frame = guest.next().await;
        assert_ne!(frame["kind"], json!("meeting.signed_in"));
        assert_eq!(frame["op"], json!("state"), "{frame}");
        if frame["data"]["present"] == json!(5) {
            break frame;
        }
    };
    assert_eq!(last["data"]["expected"].as_u64(), Some(people as u64));
    // Whoever is added is on the desk at once, as its list has everybody.
    stage.host("/guests", &json!({ "name": "县委派员" })).await.expect(200);
    let listed = loop {
        let frame = desk.next().await;
        if frame["kind"] == json!("meeting.listed") {
            break frame["data"]["attendees"][0].clone();
        }
    };
    assert_eq!((&listed["name"], &listed["role"]), (&json!("县委派员"), &json!("guest")));
    assert_eq!((&listed["status"], &listed["present"]), (&json!("guest"), &json!(false)));
    assert_eq!(listed, stage.attendee("县委派员").await);
    stage.host("/start", &json!({})).await.expect(200);
    let started = loop {
        let frame = guest.next().await;
        if frame["op"] == json!("event") {
            break frame;
        }
    };
    assert_eq!(started["kind"], json!("meeting.started"));
}

#[actix_rt::test]
async fn leave_is_asked_for_and_granted_live() {
    let stage = Stage::launched().await;
    let mut desk = Live::open(&stage.party.host).await;
    desk.subscribe(&format!("meeting:{}", stage.id), None).await;
    let member = &stage.members[2];
    member.post(&stage.path("/leave"), &json!({ "reason": "住院" })).await.expect(200);
    let asked = loop {
        let frame = desk.next().await;
        if frame["kind"] == json!("meeting.leave_requested") {
            break frame;
        }
    };
    let id = text(&asked["data"]["member_id"]);
    let decide = stage.path(&format!("/leave/{id}/decide"));
    assert_eq!(stage.members[3].post(&decide, &json!({ "approved": true })).await.code(), "meeting.not_manager");
    stage.party.host.post(&decide, &json!({ "approved": true })).await.expect(200);
    let told = member.get("/inbox?unread=true").await;
    let titles: Vec<&str> =
        told.expect(200)["items"].as_array().unwrap().iter().filter_map(|item| item["title"].as_str()).collect();
    assert_eq!(titles, ["请假已批准", "会议通知"]);
    let name = Stage::name(member).await;
    assert_eq!(stage.attendee(&name).await["status"], json!("leave_approved"));
}

#[actix_rt::test]
async fn who_has_no_business_there_finds_no_meeting() {
    let stage = Stage::launched().await;
    let resident = stage.party.server.resident("19900004001").await;
    let neighbour =
        stage.party.new_member(&stage.party.neighbour, "邻村书记", "19900004002", &json!(["secretary"])).await;
    assert!(!neighbour.is_empty());
    let neighbour = stage.party.server.newcomer("19900004002").await;
    let topic = format!("meeting:{}", stage.id);
    for stranger in [&resident, &neighbour] {
        for end in ["", "/roster", "/sign-in/code"] {
            assert_eq!(stranger.get(&stage.path(end)).await.code(), "meeting.not_found", "{end}");
        }
        for (end, body) in [
            ("/start", json!({})),
            ("/end", json!({})),
            ("/cancel", json!({ "reason": "x" })),
            ("/reply", json!({ "attending": true })),
            ("/leave", json!({ "reason": "x" })),
            ("/guests", json!({ "name": "x" })),
        ] {
            assert_eq!(stranger.post(&stage.path(end), &body).await.code(), "meeting.not_found", "{end}");
        }
        let mut live = Live::open(stranger).await;
        live.say(&json!({ "op": "subscribe", "topics": [topic] })).await;
        assert_eq!(live.next().await["op"], json!("refused"));
        let list = stranger.get("/meetings").await;
        assert_eq!(list.expect(200)["items"], json!([]));
    }
    // Nor may the neighbour plan one here, or the members run theirs.
    let plan = Stage::plan(&stage.party.branch, &json!({}));
    assert_eq!(neighbour.post("/meetings", &plan).await.status, 422);
    assert_eq!(stage.members[0].post("/meetings", &plan).await.code(), "meeting.not_manager");
    for end in ["/start", "/end", "/archive"] {
        assert_eq!(stage.members[0].post(&stage.path(end), &json!({})).await.code(), "meeting.not_manager");
    }
    assert_eq!(stage.members[0].get(&stage.path("/roster")).await.code(), "meeting.not_manager");
    // Who looks over the county sees everything and decides nothing.
    let supervisor = &stage.party.supervisor;
    supervisor.get(&stage.path("/roster")).await.expect(200);
    assert_eq!(supervisor.post(&stage.path("/start"), &json!({})).await.code(), "meeting.not_manager");
}

#[actix_rt::test]
async fn types_are_kept_by_the_administrator_of_the_whole_tenant() {
    let party = Party::start().await;
    let types = party.member.get("/meeting-types").await;
    assert_eq!(types.expect(200)["items"].as_array().unwrap().len(), 13);
    let new = json!({ "name": "田间课堂" });
    assert_eq!(party.host.post("/meeting-types", &new).await.code(), "meeting_type.not_administrator");
    let made = party.admin.post("/meeting-types", &new).await;
    let code = text(&made.expect(201)["code"]);
    assert_eq!(party.admin.post("/meeting-types", &new).await.fields(), ["name"]);
    assert_eq!(party.admin.delete("/meeting-types/party_day").await.code(), "meeting_type.built_in");
    let off = party.admin.patch("/meeting-types/party_day", &json!({ "enabled": false })).await;
    assert_eq!(off.expect(200)["enabled"], json!(false));
    let plan = |kind: &str| Stage::plan(&party.branch, &json!({ "type": kind }));
    assert_eq!(party.host.post("/meetings", &plan("party_day")).await.fields(), ["type"]);
    party.host.post("/meetings", &plan(&code)).await.expect(201);
    assert_eq!(party.admin.delete(&format!("/meeting-types/{code}")).await.code(), "meeting_type.in_use");
    party.admin.patch("/meeting-types/party_day", &json!({ "enabled": true })).await.expect(200);
}

#[actix_rt::test]
async fn a_meeting_survives_the_servers_restart_in_its_middle() {
    let mut stage = Stage::launched().await;
    stage.host("/start", &json!({})).await.expect(200);
    let phone = Phone::new(&stage).await;
    stage.arrive(&stage.members[1], &phone).await.expect(200);
    let claim = stage.claim(&phone).await;
    stage.party.server.kill();
    stage.party.server.restart();
    let server: &TestServer = &stage.party.server;
    let (host, member, other) = (stage.party.host.at(server), stage.members[1].at(server), stage.members[2].at(server));
    let roster = host.get(&stage.path("/roster")).await;
    assert_eq!(roster.expect(200)["figures"]["present"], json!(1));
    // The claim of before is as good as ever, and whoever is there already is told so.
    let again = phone.of(&member).post(&stage.path("/sign-in"), &json!({ "claim": claim })).await;
    assert_eq!((&again.expect(200)["number"], again.body["status"].as_str()), (&json!(1), Some("on_time")));
    let second = phone.of(&other).post(&stage.path("/sign-in"), &json!({ "claim": claim })).await;
    assert_eq!(second.expect(200)["evidence"]["flags"], json!(["second_account_on_device"]));
    host.post(&stage.path("/end"), &json!({})).await.expect(200);
}

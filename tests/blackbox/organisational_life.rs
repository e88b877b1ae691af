//! 组织生活会 from its notice to its report, and those who have no business there.

use awc::http::Method;
use chrono::Datelike as _;
use lianxin::system::SystemClock;
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Clock as _;
use serde_json::{Value, json};

use crate::party::Party;
use crate::support::media::picture;
use crate::support::{Live, Person, Reply, eventually, text};

const HOUR_MS: i64 = 3_600_000;

fn in_minutes(minutes: i64) -> String {
    SystemClock.now().plus_millis(minutes * 60_000).to_string()
}

fn in_hours(hours: i64) -> String {
    in_minutes(hours * 60)
}

fn year() -> i32 {
    local_date(SystemClock.now()).unwrap().year()
}

/// The first branch with a 组织生活会.
struct Scene {
    party: Party,
    /// Somebody who takes part beside `party.member`.
    other: Person,
    id: String,
}

impl Scene {
    async fn start(more: &Value) -> Self {
        Self::on(Party::start().await, more).await
    }

    async fn on(party: Party, more: &Value) -> Self {
        let other = party.server.staff("member", 1).await;
        let id = text(&party.host.post("/organisational-life", &Self::plan(&party, more)).await.expect(201)["id"]);
        Self { party, other, id }
    }

    fn plan(party: &Party, more: &Value) -> Value {
        let mut body = json!({ "org_id": party.branch, "topic": "年度组织生活会", "year": year(),
            "content": "围绕联系群众开展对照检查", "materials_due_at": in_hours(100), "ends_at": in_hours(200) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn path(&self, end: &str) -> String {
        format!("/organisational-life/{}{end}", self.id)
    }

    async fn seen_by(&self, who: &Person) -> Value {
        who.get(&self.path("")).await.expect(200).clone()
    }

    async fn hand_in(&self, who: &Person, words: &str) -> Reply {
        who.put(&self.path("/material"), &json!({ "text": words })).await
    }

    async fn decide(&self, by: &Person, member: &str, what: &str, body: &Value) -> Reply {
        by.post(&self.path(&format!("/materials/{member}/{what}")), body).await
    }

    async fn link(&self, part: &str, meeting: &str) -> Reply {
        self.party.host.put(&self.path(&format!("/meetings/{part}")), &json!({ "meeting_id": meeting })).await
    }

    /// A meeting of the branch that begins in ten minutes, with these steps behind it.
    async fn meeting(&self, kind: &str, steps: &[&str]) -> String {
        let plan = json!({ "topic": "组织生活会议", "type": kind, "org_id": self.party.branch, "place": "村部",
            "starts_at": in_minutes(10), "ends_at": in_minutes(70), "attendees": { "whole_branch": true } });
        let host = &self.party.host;
        let id = text(&host.post("/meetings", &plan).await.expect(201)["id"]);
        for step in steps {
            host.post(&format!("/meetings/{id}/{step}"), &json!({})).await.expect(200);
        }
        id
    }

    /// The server stands still until the deadline of the materials is behind it.
    fn sleep_over_the_deadline(&mut self) {
        let due = SystemClock.now().plus_millis(-60_000).millis();
        self.restart(&format!("UPDATE life_meetings SET materials_due_at = {due};"));
    }

    fn restart(&mut self, meanwhile: &str) {
        let party = &mut self.party;
        party.server.stop();
        party.server.sql(meanwhile);
        party.server.restart();
        let own = [&mut party.admin, &mut party.host, &mut party.member, &mut party.supervisor, &mut self.other];
        for person in own {
            *person = person.at(&party.server);
        }
    }
}

async fn member_id(person: &Person) -> String {
    text(&person.get("/auth/me").await.expect(200)["membership"]["member_id"])
}

async fn told(person: &Person, title: &str) -> Vec<Value> {
    let items = person.get("/inbox?limit=100").await.expect(200)["items"].as_array().unwrap().clone();
    items.into_iter().filter(|item| text(&item["title"]).contains(title)).collect()
}

async fn file_of(person: &Person) -> String {
    let content = picture(image::ImageFormat::Jpeg, 8, 8);
    text(&person.upload("a.jpg", "image/jpeg", &content).await.expect(201)["id"])
}

#[actix_rt::test]
async fn it_goes_from_its_notice_to_its_report() {
    let mut scene = Scene::start(&json!({})).await;
    let (host, member) = (scene.party.host.clone(), scene.party.member.clone());
    let made = scene.seen_by(&host).await;
    assert_eq!((&made["phase"], &made["phase_title"], &made["version"]), (&json!("before"), &json!("会前"), &json!(1)));
    let counts = |missing: u32, submitted: u32, approved: u32, returned: u32, late: u32| {
        json!({ "participants": 24, "missing": missing, "submitted": submitted, "approved": approved,
            "returned": returned, "late": late })
    };
    assert_eq!(made["counts"], counts(24, 0, 0, 0, 0));
    let notice = told(&member, "组织生活会通知").await;
    assert_eq!((notice.len(), &notice[0]["subject"]["id"]), (1, &json!(scene.id)));
    let mine = member.get("/organisational-life/mine").await.expect(200)["items"].clone();
    assert_eq!(
        (&mine[0]["id"], &mine[0]["counts"], &mine[0]["may"]["submit"]),
        (&made["id"], &Value::Null, &json!(true))
    );
    assert_eq!(mine[0]["own"]["state"], json!("missing"));
    assert_eq!(member.get("/organisational-life").await.expect(200)["items"], json!([]), "a member looks over nothing");
    let query = format!("?org_id={}&phase=before&year={}", scene.party.branch, year());
    let listed = host.get(&format!("/organisational-life{query}")).await;
    assert_eq!(listed.expect(200)["items"].as_array().unwrap().len(), 1);

    // Materials come in and go back and forth.
    let (first, second) = (member_id(&member).await, member_id(&scene.other).await);
    let file = file_of(&member).await;
    let draft = json!({ "text": "联系群众不够", "attachments": [file] });
    let state = member.put(&scene.path("/material"), &draft).await.expect(200).clone();
    assert_eq!((&state["state"], &state["version"], &state["late"]), (&json!("submitted"), &json!(1), &json!(false)));
    assert_eq!(told(&host, "有对照检查材料待审核").await.len(), 1);
    scene.hand_in(&scene.other, "学习不深入").await.expect(200);
    let read = host.get(&scene.path(&format!("/materials/{first}"))).await;
    assert_eq!(read.header("Cache-Control"), Some("no-store"));
    let version = &read.expect(200)["versions"][0];
    assert_eq!((&version["text"], &version["attachments"][0]["id"]), (&json!("联系群众不够"), &json!(file)));
    assert_eq!(read.body["may"], json!({ "submit": false, "decide": true }));
    let back = json!({ "version": 1, "reason": "请联系实际" });
    let returned = scene.decide(&host, &first, "return", &back).await;
    assert_eq!(returned.expect(200)["state"], json!("returned"));
    assert_eq!(told(&member, "对照检查材料被退回").await.len(), 1);
    let own = member.get(&scene.path("/material")).await.expect(200).clone();
    assert_eq!((&own["reason"], &own["may"]["submit"]), (&json!("请联系实际"), &json!(true)));
    // The file of the first version goes on, or stays behind: both versions are there.
    member.put(&scene.path("/material"), &json!({ "text": "第二稿", "attachments": [file] })).await.expect(200);
    let stale = scene.decide(&host, &first, "approve", &json!({ "version": 1 })).await;
    assert_eq!((stale.code(), &stale.body["version"]), ("material.changed", &json!(2)));
    scene.decide(&host, &first, "approve", &json!({ "version": 2 })).await.expect(200);
    assert_eq!(told(&member, "对照检查材料已通过").await.len(), 1);
    assert_eq!(scene.hand_in(&member, "第三稿").await.code(), "material.approved");
    let versions = member.get(&scene.path("/material")).await.expect(200)["versions"].clone();
    assert_eq!((versions.as_array().unwrap().len(), &versions[0]["text"]), (2, &json!("第二稿")));
    scene.decide(&host, &second, "return", &json!({ "version": 1, "reason": "太短" })).await.expect(200);
    assert_eq!(scene.seen_by(&host).await["counts"], counts(22, 0, 1, 1, 0));
    let congress = scene.meeting("organisation_life", &[]).await;
    assert_eq!(scene.link("members", &congress).await.code(), "organisational_life.too_early");
    let early = host.put(&scene.path("/report"), &json!({ "text": "报告" })).await;
    assert_eq!((early.status, early.code()), (409, "organisational_life.too_early"));

    scene.sleep_over_the_deadline();
    let (host, member) = (scene.party.host.clone(), scene.party.member.clone());
    let during = scene.seen_by(&host).await;
    assert_eq!((&during["phase_title"], &during["counts"]), (&json!("会中"), &counts(22, 0, 1, 1, 23)));
    let late = scene.hand_in(&scene.other, "补交").await;
    assert_eq!((late.status, late.code()), (409, "material.too_late"));
    let names = host.get(&scene.path("/materials?late=true")).await.expect(200)["items"].as_array().unwrap().len();
    assert_eq!(names, 23);
    assert_eq!(scene.seen_by(&member).await["own"]["late"], json!(false));
    assert_eq!(
        host.put(&scene.path("/report"), &json!({ "text": "早" })).await.code(),
        "organisational_life.too_early"
    );
    // Each meeting by its type, and none twice.
    let committee = scene.meeting("committee_meeting", &["launch"]).await;
    let wrong = scene.link("members", &committee).await;
    assert_eq!(
        (wrong.status, wrong.body["fields"][0]["code"].as_str()),
        (422, Some("organisational_life.meeting_type"))
    );
    scene.link("committee", &committee).await.expect(200);
    let linked = scene.link("members", &congress).await;
    assert_eq!(linked.expect(200)["meetings"]["members"]["state"], json!("draft"));
    assert_eq!(scene.seen_by(&member).await["meetings"]["members"], Value::Null, "a draft is nobody else's");
    assert_eq!(scene.seen_by(&member).await["meetings"]["committee"]["state_title"], json!("已启动"));
    let elsewhere = json!({ "topic": "另一次" });
    let other = host.post("/organisational-life", &Scene::plan(&scene.party, &elsewhere)).await;
    let other = text(&other.expect(201)["id"]);
    let now = SystemClock.now().millis();
    scene.party.server.sql(&format!("UPDATE life_meetings SET materials_due_at = {now} WHERE id = '{other}';"));
    let link = json!({ "meeting_id": congress });
    let taken = host.put(&format!("/organisational-life/{other}/meetings/members"), &link).await;
    assert_eq!(taken.body["fields"][0]["code"], json!("organisational_life.meeting_taken"));
    let moved = host.patch(&scene.path(""), &json!({ "materials_due_at": in_hours(5) })).await;
    assert_eq!(moved.code(), "organisational_life.linked");

    for step in ["launch", "start"] {
        host.post(&format!("/meetings/{congress}/{step}"), &json!({})).await.expect(200);
    }
    assert_eq!(scene.seen_by(&host).await["meetings"]["members"]["state"], json!("running"));
    let replaced = host.put(&scene.path("/meetings/members"), &json!({ "meeting_id": null })).await;
    assert_eq!(replaced.code(), "organisational_life.begun");
    assert_eq!(host.delete(&scene.path("")).await.code(), "organisational_life.begun");
    host.post(&format!("/meetings/{congress}/end"), &json!({})).await.expect(200);
    let written = json!({ "version": 0, "content": "开展批评和自我批评" });
    host.put(&format!("/meetings/{congress}/minutes"), &written).await.expect(200);
    let after = scene.seen_by(&host).await;
    assert_eq!((&after["phase_title"], &after["may"]["report"]), (&json!("会后"), &json!(true)));
    assert_eq!(after["meetings"]["members"]["minutes_title"], json!("草稿"));
    host.post(&format!("/meetings/{congress}/minutes/sign"), &json!({ "version": 1 })).await.expect(200);
    assert_eq!(scene.seen_by(&member).await["meetings"]["members"]["minutes_state"], json!("signed"));

    assert_eq!(host.get(&scene.path("/report")).await.code(), "organisational_life.no_report");
    let paper = file_of(&host).await;
    let report = json!({ "text": "整改措施", "attachments": [paper] });
    let done = host.put(&scene.path("/report"), &report).await;
    assert_eq!((&done.expect(200)["phase_title"], &done.body["may"]["edit"]), (&json!("已完成"), &json!(false)));
    let again = json!({ "text": "整改措施（修订）", "attachments": [paper] });
    host.put(&scene.path("/report"), &again).await.expect(200);
    scene.restart("SELECT 1;");
    let host = &scene.party.host;
    let shown = host.get(&scene.path("/report")).await.expect(200).clone();
    assert_eq!((&shown["text"], &shown["attachments"][0]["id"]), (&json!("整改措施（修订）"), &json!(paper)));
    assert_eq!(host.patch(&scene.path(""), &json!({ "topic": "改" })).await.code(), "organisational_life.completed");
    assert_eq!(host.delete(&scene.path("")).await.code(), "organisational_life.begun");
    assert_eq!(scene.link("committee", &committee).await.code(), "organisational_life.completed");
    let decided = scene.decide(host, &second, "approve", &json!({ "version": 1 })).await;
    assert_eq!(decided.code(), "organisational_life.completed");
    let completed = host.get("/organisational-life?phase=completed").await.expect(200)["items"].clone();
    assert_eq!((completed.as_array().unwrap().len(), &completed[0]["id"]), (1, &json!(scene.id)));
}

#[actix_rt::test]
async fn neighbours_superiors_and_other_members_find_what_is_theirs_and_nothing_more() {
    let party = Party::start().await;
    let (first, second) = (member_id(&party.member).await, member_id(&party.server.staff("member", 1).await).await);
    let scene = Scene::on(party, &json!({ "members": [first, second] })).await;
    let party = &scene.party;
    let file = file_of(&party.member).await;
    let secret = json!({ "text": "联系群众不够", "attachments": [file] });
    party.member.put(&scene.path("/material"), &secret).await.expect(200);
    party.new_member(&party.neighbour, "陆书记", "19900006901", &json!(["secretary"])).await;
    let next_door = party.server.newcomer("19900006901").await;
    let outside = party.server.staff("member", 5).await;
    let resident = party.server.resident("19900006902").await;
    let material = format!("/materials/{first}");
    let get = |end: &str| (Method::GET, end.to_owned(), json!({}));
    let calls = [
        get(""),
        get("/materials"),
        get(&material),
        get("/material"),
        get("/report"),
        (Method::PUT, "/material".to_owned(), json!({ "text": "x" })),
        (Method::POST, format!("{material}/approve"), json!({ "version": 7 })),
        (Method::POST, format!("{material}/return"), json!({ "version": 7, "reason": "x" })),
        (Method::PUT, "/meetings/members".to_owned(), json!({ "meeting_id": null })),
        (Method::PUT, "/report".to_owned(), json!({ "text": "x" })),
        (Method::PATCH, String::new(), json!({ "topic": "x" })),
        (Method::DELETE, String::new(), json!({})),
    ];
    let none = [404; 12];
    let cases: [(&str, &Person, [u16; 12]); 7] = [
        // Not taking part, he knows nothing of it, though it is of his own branch.
        ("member who does not take part", &outside, none),
        ("secretary next door", &next_door, none),
        ("resident", &resident, none),
        // Another participant sees the notice and hands in his own, and reads nobody else's.
        ("another participant", &scene.other, [200, 403, 404, 200, 403, 200, 404, 404, 403, 403, 403, 403]),
        ("author", &party.member, [200, 403, 200, 200, 403, 200, 403, 403, 403, 403, 403, 403]),
        // Who looks over the branch sees how materials stand, and not what they say.
        ("supervisor", &party.supervisor, [200, 200, 404, 404, 404, 404, 404, 404, 403, 403, 403, 403]),
        ("nobody", &party.server.nobody(), [401; 12]),
    ];
    for (who, person, expected) in &cases {
        for ((method, end, body), status) in calls.iter().zip(expected) {
            let body = (*method != Method::GET).then(|| body.to_string().into_bytes());
            let reply = person.send(method.clone(), &scene.path(end), body, &[]).await;
            assert_eq!(reply.status, *status, "{who}: {method} {end}: {}", reply.body);
            assert!(*status == 200 || !String::from_utf8_lossy(&reply.bytes).contains("群众"), "{who} {end}");
        }
    }
    for (who, person, status) in [
        ("author", &party.member, 200),
        ("secretary", &party.host, 200),
        ("administrator above", &party.admin, 200),
        ("supervisor", &party.supervisor, 404),
        ("another participant", &scene.other, 404),
        ("member who does not take part", &outside, 404),
        ("secretary next door", &next_door, 404),
        ("resident", &resident, 404),
    ] {
        assert_eq!(person.get(&format!("/attachments/{file}")).await.status, status, "{who}");
    }
    // The same file is no second material's, and nobody else's file is anybody's.
    let taken = scene.other.put(&scene.path("/material"), &json!({ "attachments": [file] })).await;
    assert_eq!((taken.status, taken.fields()), (422, vec!["attachments"]));
    // Next door nothing is made here, nor from here there; members of the neighbour take no part.
    let body = Scene::plan(party, &json!({}));
    assert_eq!(next_door.post("/organisational-life", &body).await.fields(), ["org_id"]);
    assert_eq!(party.member.post("/organisational-life", &body).await.code(), "organisational_life.not_manager");
    let stranger = text(&party.roster(&party.neighbour).await[0]["id"]);
    let body = Scene::plan(party, &json!({ "members": [first, stranger] }));
    assert_eq!(party.host.post("/organisational-life", &body).await.fields(), ["members[1]"]);
    let body = Scene::plan(party, &json!({ "org_id": party.town }));
    assert_eq!(
        party.admin.post("/organisational-life", &body).await.body["fields"][0]["code"],
        "organisation.not_branch"
    );
    // Who takes part and how people are told is not changed afterwards.
    for (field, value) in [("members", json!([first])), ("notice", json!("message")), ("org_id", json!("x"))] {
        let changed = party.host.patch(&scene.path(""), &json!({ field: value })).await;
        assert_eq!((changed.status, changed.fields()), (400, vec![field]));
    }
}

#[actix_rt::test]
async fn what_is_personal_is_in_no_event_no_log_and_no_stored_answer() {
    let scene = Scene::start(&json!({})).await;
    let (host, member) = (&scene.party.host, &scene.party.member);
    let first = member_id(member).await;
    let body = json!({ "text": "挪用过青砖围墙的余料" });
    let put = Some(body.to_string().into_bytes());
    for _ in 0..2 {
        let reply =
            member.send(Method::PUT, &scene.path("/material"), put.clone(), &[("Idempotency-Key", "material-1")]).await;
        assert_eq!(reply.expect(200)["version"], json!(1), "a repetition makes no second version");
    }
    let back = json!({ "version": 1, "reason": "请写明青砖围墙的经过" });
    host.post_once(&scene.path(&format!("/materials/{first}/return")), &back, "return-1").await.expect(200);
    let everything = "SELECT data FROM events UNION ALL SELECT body FROM idempotency UNION ALL SELECT changes FROM audit \
                      UNION ALL SELECT title FROM notifications UNION ALL SELECT body_sealed FROM life_materials \
                      UNION ALL SELECT COALESCE(reason_sealed, '') FROM life_participants;";
    let held = scene.party.server.sql(everything);
    assert!(held.len() > 30 && held.iter().all(|row| !row[0].contains("青砖围墙")), "in clear");
    let facts = scene
        .party
        .server
        .sql("SELECT data FROM events WHERE kind LIKE 'organisational_life.material_%' ORDER BY seq;");
    let facts: Vec<Value> = facts.iter().map(|row| serde_json::from_str(&row[0]).unwrap()).collect();
    assert_eq!(facts.len(), 2);
    for fact in &facts {
        let names: Vec<&String> = fact.as_object().unwrap().keys().collect();
        assert_eq!(names, ["member_id", "number", "organisation_id", "state", "version"]);
    }
}

#[actix_rt::test]
async fn of_two_administrators_one_decides_and_of_two_devices_both_hand_in() {
    let scene = Scene::start(&json!({})).await;
    let (host, admin, member) = (&scene.party.host, &scene.party.admin, &scene.party.member);
    let first = member_id(member).await;
    let (phone, desk) =
        futures_util::future::join(scene.hand_in(member, "手机上写的"), scene.hand_in(member, "电脑上写的")).await;
    let mut numbers = [phone.expect(200)["version"].clone(), desk.expect(200)["version"].clone()];
    numbers.sort_by_key(Value::as_u64);
    assert_eq!(numbers, [json!(1), json!(2)]);
    let versions = member.get(&scene.path("/material")).await.expect(200)["versions"].clone();
    let mut texts: Vec<String> = versions.as_array().unwrap().iter().map(|version| text(&version["text"])).collect();
    texts.sort();
    assert_eq!(texts, ["手机上写的", "电脑上写的"]);

    let returned = json!({ "version": 2, "reason": "重写" });
    let approved = json!({ "version": 2 });
    let (a, b) = futures_util::future::join(
        scene.decide(host, &first, "approve", &approved),
        scene.decide(admin, &first, "return", &returned),
    )
    .await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", a.body, b.body);
    let (winner, loser) = if a.status == 200 { (a, b) } else { (b, a) };
    assert_eq!((loser.code(), &loser.body["state"]), ("material.decided", &winner.body["state"]));
    let decided = host.get(&scene.path(&format!("/materials/{first}"))).await.expect(200).clone();
    assert_eq!((&decided["state"], &decided["decided_by"]), (&winner.body["state"], &winner.body["decided_by"]));
    let told = told(member, "对照检查材料").await;
    let outcomes = told.iter().filter(|item| !text(&item["title"]).contains("通知")).count();
    assert_eq!(outcomes, 1, "{told:?}");
}

#[actix_rt::test]
async fn pages_follow_by_what_they_may_see() {
    let scene = Scene::start(&json!({})).await;
    let (host, member) = (&scene.party.host, &scene.party.member);
    let topic = format!("organisational_life:{}", scene.id);
    let resident = scene.party.server.resident("19900006903").await;
    scene.party.new_member(&scene.party.neighbour, "陆书记", "19900006904", &json!(["secretary"])).await;
    let next_door = scene.party.server.newcomer("19900006904").await;
    for stranger in [&resident, &next_door] {
        let mut live = Live::open(stranger).await;
        assert_eq!(live.subscribe(&topic, None).await["reason"], json!("unknown"));
    }
    let (mut desk, mut phone, mut own) =
        (Live::open(host).await, Live::open(&scene.other).await, Live::open(member).await);
    assert_eq!(desk.subscribe(&topic, None).await["op"], json!("subscribed"));
    assert_eq!(phone.subscribe(&topic, None).await["state"], json!({}));
    own.subscribe("inbox", None).await;
    scene.hand_in(member, "联系群众不够").await.expect(200);
    let seen = desk.event("organisational_life.material_submitted").await;
    let first = member_id(member).await;
    assert_eq!((&seen["data"]["member_id"], &seen["data"]["state"]), (&json!(first), &json!("submitted")));
    // The author's other devices hear of it, too.
    assert_eq!(own.event("organisational_life.material_submitted").await["topic"], json!("inbox"));
    host.patch(&scene.path(""), &json!({ "ends_at": in_hours(250) })).await.expect(200);
    // Another participant hears of the new times, and of nobody's material before them.
    let heard = phone.until(|message| message["kind"] == json!("organisational_life.changed")).await;
    assert!(heard.iter().all(|message| !text(&message["kind"]).contains("material")), "{heard:?}");
    assert_eq!(told(&scene.other, "组织生活会时间有变更").await.len(), 1);
    scene.decide(host, &first, "approve", &json!({ "version": 1 })).await.expect(200);
    own.event("organisational_life.material_approved").await;
    host.delete(&scene.path("")).await.expect(204);
    phone.event("organisational_life.deleted").await;
    assert_eq!(member.get(&scene.path("")).await.code(), "organisational_life.not_found");
    assert_eq!(told(member, "组织生活会已取消").await.len(), 1);
    let left = "SELECT id FROM life_participants UNION ALL SELECT id FROM life_materials UNION ALL \
                SELECT id FROM deadlines WHERE kind LIKE 'organisational_life.%';";
    assert!(scene.party.server.sql(left).is_empty());
}

#[actix_rt::test]
async fn who_owes_a_material_is_reminded_before_the_deadline() {
    let mut scene = Scene::start(&json!({ "notice": "message_and_sms" })).await;
    scene.hand_in(&scene.party.member, "对照检查").await.expect(200);
    assert!(told(&scene.other, "请提交对照检查材料").await.is_empty());
    let due = SystemClock.now().plus_millis(20 * HOUR_MS).millis();
    let (made, limit) = (due - 100 * HOUR_MS, due - 72 * HOUR_MS);
    scene.restart(&format!(
        "UPDATE life_meetings SET materials_due_at = {due}, created_at = {made}; \
         UPDATE deadlines SET due_at = {limit} WHERE kind = 'organisational_life.materials';"
    ));
    eventually("the reminder", async || (told(&scene.other, "请提交对照检查材料").await.len() == 1).then_some(()))
        .await;
    assert!(told(&scene.party.member, "请提交对照检查材料").await.is_empty(), "who handed in is left alone");
    // Both moments were missed: one reminder, and no limit runs on.
    let limits = "SELECT id FROM deadlines WHERE kind = 'organisational_life.materials';";
    assert!(scene.party.server.sql(limits).is_empty());
}

//! 民主评议 from its draft to its end, by the branch, its members, people who are no members, and those who have no business
//! there.

mod secrecy;

use awc::http::Method;
use serde_json::{Value, json};

use crate::party::Party;
use crate::support::{Live, Person, Reply, TestServer, eventually, now, text};

const MINUTE: i64 = 60_000;

fn in_minutes(minutes: i64) -> String {
    now().plus_millis(minutes * MINUTE).to_string()
}

/// The first branch and an appraisal of some of its members.
pub struct Round {
    pub party: Party,
    /// The secretary and full members, then one who is probationary; each with the id in the roster.
    pub people: Vec<(Person, String)>,
    pub id: String,
}

impl Round {
    /// A draft of `full` full members, the secretary one of them, and a probationary one.
    pub async fn drafted(server: TestServer, full: usize) -> Self {
        let party = Party::on(server).await;
        let mut all = vec![party.host.clone()];
        for index in (0..full - 1).chain([9]) {
            all.push(party.server.staff("member", index).await);
        }
        let mut people = Vec::new();
        for person in all {
            let me = person.get("/auth/me").await.expect(200).clone();
            people.push((person, text(&me["membership"]["member_id"])));
        }
        let ids: Vec<&String> = people.iter().map(|(_, id)| id).collect();
        let body = json!({ "org_id": party.branch, "topic": "2026年度民主评议", "year": 2026, "mass": true,
            "deadline": in_minutes(60), "notice": "请认真填写", "member_ids": ids });
        let id = text(&party.host.post("/appraisals", &body).await.expect(201)["id"]);
        Self { party, people, id }
    }

    pub async fn started(server: TestServer, full: usize) -> Self {
        let round = Self::drafted(server, full).await;
        round.host("/start").await.expect(200);
        round
    }

    pub fn path(&self, end: &str) -> String {
        format!("/appraisals/{}{end}", self.id)
    }

    async fn host(&self, end: &str) -> Reply {
        self.party.host.post(&self.path(end), &json!({})).await
    }

    /// A form of the person at this place: the grade that `grade` says for each full member.
    pub fn form(&self, place: usize, grade: impl Fn(usize) -> &'static str) -> Value {
        let last = self.people.len() - 1;
        let others = (0..last).filter(|ratee| *ratee != place);
        let ratings: Vec<Value> =
            others.map(|ratee| json!({ "member_id": self.people[ratee].1, "grade": grade(ratee) })).collect();
        let own = (place < last).then(|| json!({ "grade": grade(place), "text": format!("述职 {place}") }));
        json!({ "self": own, "ratings": ratings })
    }

    pub async fn send(&self, place: usize, form: &Value) -> Reply {
        self.people[place].0.put(&self.path("/form"), form).await
    }

    /// The server stands still while the deadline goes by, and finds it over when it starts.
    pub async fn pass_deadline(&mut self) {
        let then = now().plus_millis(-10 * MINUTE).millis();
        let server = &mut self.party.server;
        server.stop();
        server.sql(&format!(
            "UPDATE appraisals SET deadline = {then} WHERE id = '{0}'; \
             UPDATE deadlines SET due_at = {then} WHERE kind = 'appraisal.deadline' AND subject_id = '{0}';",
            self.id
        ));
        server.restart();
        let Party { server, admin, host, member, supervisor, .. } = &mut self.party;
        let others = self.people.iter_mut().map(|(person, _)| person);
        for person in [admin, host, member, supervisor].into_iter().chain(others) {
            *person = person.at(server);
        }
        eventually("the count", async || {
            (self.party.host.get(&self.path("")).await.expect(200)["counted"] == true).then_some(())
        })
        .await;
    }

    /// The meeting of the appraisal has begun.
    pub async fn meeting_begun(&self) {
        let plan = json!({ "topic": "评定会议", "type": "appraisal", "org_id": self.party.branch, "place": "村部",
            "starts_at": in_minutes(10), "ends_at": in_minutes(130), "attendees": { "whole_branch": true } });
        let meeting = text(&self.party.host.post("/meetings", &plan).await.expect(201)["id"]);
        let link = json!({ "meeting_id": meeting });
        let early = self.party.host.put(&self.path("/meeting"), &link).await;
        assert_eq!((early.status, early.fields()), (422, vec!["meeting_id"]), "a draft is no meeting yet");
        self.party.host.post(&format!("/meetings/{meeting}/launch"), &json!({})).await.expect(200);
        let linked = self.party.host.put(&self.path("/meeting"), &link).await;
        assert_eq!(
            (&linked.expect(200)["state_title"], &linked.body["meeting"]["id"]),
            (&json!("评定会议"), &link["meeting_id"])
        );
        let waiting = self.grade(0, "qualified").await;
        assert_eq!((waiting.status, waiting.code()), (409, "appraisal.meeting_needed"));
        let began = now().plus_millis(-1).millis();
        self.party.server.sql(&format!("UPDATE meetings SET starts_at = {began} WHERE id = '{meeting}';"));
        assert_eq!(self.party.host.get(&self.path("")).await.expect(200)["state_title"], "组织评定");
    }

    async fn grade(&self, place: usize, grade: &str) -> Reply {
        self.grade_by(&self.party.host, place, grade).await
    }

    async fn grade_by(&self, who: &Person, place: usize, grade: &str) -> Reply {
        let body = json!({ "grade": grade, "opinion": "履职尽责", "follow_up": null });
        who.put(&self.path(&format!("/grades/{}", self.people[place].1)), &body).await
    }

    async fn results(&self, who: &Person) -> Value {
        who.get(&self.path("/results")).await.expect(200).clone()
    }
}

/// What is told in an inbox of an appraisal.
async fn told(person: &Person, words: &str) -> usize {
    let items = person.get("/inbox?limit=100").await.expect(200)["items"].as_array().unwrap().clone();
    items.iter().filter(|item| item["subject"]["kind"] == "appraisal" && text(&item["title"]).contains(words)).count()
}

#[actix_rt::test]
async fn an_appraisal_goes_from_its_draft_to_its_end() {
    let mut round = Round::drafted(TestServer::start(), 9).await;
    let (plain, probationary) = (round.people[3].0.clone(), round.people[9].0.clone());
    let seen = round.party.host.get(&round.path("")).await.expect(200).clone();
    assert_eq!((&seen["state_title"], &seen["turnout"]["participants"]), (&json!("未启动"), &json!(10)));
    assert_eq!((&seen["progress"]["members"], &seen["progress"]["excellent_limit"]), (&json!(9), &json!(3)));
    assert_eq!(seen["may"], json!(["edit", "delete", "start"]));
    assert_eq!(plain.get(&round.path("")).await.code(), "appraisal.not_found", "a draft is nobody else's");
    let edited = round.party.host.patch(&round.path(""), &json!({ "topic": "年度民主评议", "notice": null })).await;
    assert_eq!((&edited.expect(200)["topic"], &edited.body["notice"]), (&json!("年度民主评议"), &json!(null)));
    let fixed = round.party.host.patch(&round.path(""), &json!({ "member_ids": [] })).await;
    assert_eq!((fixed.status, fixed.fields()), (400, vec!["member_ids"]));
    let early = round.send(0, &round.form(0, |_| "qualified")).await;
    assert_eq!((early.status, early.code()), (409, "appraisal.not_started"));

    assert_eq!(round.host("/start").await.expect(200)["state_title"], "自评&互评");
    assert_eq!(told(&plain, "年度民主评议").await, 1);
    for answer in [
        round.host("/start").await,
        round.party.host.patch(&round.path(""), &json!({ "topic": "别的" })).await,
        round.party.host.delete(&round.path("")).await,
    ] {
        assert_eq!((answer.status, answer.code()), (409, "appraisal.started"));
    }
    let own = plain.get("/appraisals/mine").await.expect(200)["items"][0].clone();
    assert_eq!((&own["id"], &own["may"], &own["progress"]), (&json!(round.id), &json!(["form"]), &json!(null)));

    // Everybody rates; one thinks better of it.
    let form = plain.get(&round.path("/form")).await.expect(200).clone();
    assert_eq!((form["people"].as_array().unwrap().len(), &form["rates_self"]), (8, &json!(true)));
    let half = json!({ "self": { "grade": "qualified", "text": "好" }, "ratings": [] });
    assert_eq!(round.send(3, &half).await.fields(), ["ratings"]);
    for place in 0..10 {
        round.send(place, &round.form(place, |_| "unqualified")).await.expect(200);
        let better = |ratee| if ratee == 0 { "excellent" } else { "qualified" };
        round.send(place, &round.form(place, better)).await.expect(200);
    }
    let form = plain.get(&round.path("/form")).await.expect(200).clone();
    assert_eq!((&form["submitted"], &form["self"]["text"]), (&json!(true), &json!("述职 3")));
    assert!(form["ratings"].as_array().unwrap().iter().all(|rating| rating["grade"] != "unqualified"), "{form}");
    assert_eq!(probationary.get(&round.path("/form")).await.expect(200)["rates_self"], false);
    for number in 0..5 {
        let resident = round.party.server.resident(&format!("1990000681{number}")).await;
        let shown = resident.get(&round.path("/opinion")).await.expect(200)["people"].clone();
        assert_eq!(shown.as_array().unwrap().len(), 9);
        let opinion = json!({ "ratings": [{ "member_id": round.people[0].1, "grade": "excellent" }] });
        resident.put(&round.path("/opinion"), &opinion).await.expect(200);
        assert_eq!(resident.get("/appraisals/mine").await.expect(200)["items"][0]["id"], json!(round.id));
        assert_eq!(
            resident.put(&round.path("/form"), &round.form(0, |_| "excellent")).await.code(),
            "appraisal.not_participant"
        );
    }
    let turnout = round.party.host.get(&round.path("")).await.expect(200)["turnout"].clone();
    assert_eq!(turnout, json!({ "participants": 10, "submitted": 10, "mass": 5 }));
    // Nobody looks at ratings before the deadline.
    for who in [&round.party.admin, &round.party.host, &plain] {
        let early = who.get(&round.path("/results")).await;
        assert_eq!((early.status, early.code()), (409, "appraisal.rating_open"));
    }

    round.pass_deadline().await;
    let plain = round.people[3].0.clone();
    assert_eq!(round.party.host.get(&round.path("")).await.expect(200)["state_title"], "评定会议");
    assert_eq!(told(&round.party.host, "自评互评已截止").await, 1);
    let late = round.send(3, &round.form(3, |_| "qualified")).await;
    assert_eq!((late.status, late.code()), (409, "appraisal.rating_closed"));
    assert!(text(&late.body["detail"]).contains("截止"));
    let form = plain.get(&round.path("/form")).await.expect(200).clone();
    assert_eq!((&form["submitted"], &form["editable"], &form["ratings"]), (&json!(true), &json!(false), &json!([])));
    let results = round.results(&round.party.host).await;
    let items = results["items"].as_array().unwrap();
    assert_eq!(items.len(), 9);
    let first = &items[0];
    let nine = json!({ "excellent": 9, "qualified": 0, "basically_qualified": 0, "unqualified": 0 });
    assert_eq!((&first["mutual"]["counts"], &first["mutual"]["raters"]), (&nine, &json!(9)));
    assert_eq!((&first["mass"]["counts"]["excellent"], &first["self"]["text"]), (&json!(5), &json!("述职 0")));
    assert_eq!(items[3]["mass"], json!({ "raters": 0, "counts": null, "note": "少于5人，不显示" }));
    let own = round.results(&plain).await;
    assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]["member_id"]), (1, &json!(round.people[3].1)));
    assert_eq!(own["items"][0]["mutual"]["counts"]["qualified"], 9);
    assert_eq!(round.results(&round.people[9].0).await["items"], json!([]), "a probationary member has no result");

    round.meeting_begun().await;
    for place in 0..3 {
        round.grade(place, "excellent").await.expect(200);
    }
    let fourth = round.grade(3, "excellent").await;
    assert_eq!((fourth.status, fourth.code()), (422, "appraisal.too_many_excellent"));
    assert!(text(&fourth.body["detail"]).contains("参评 9 人，最多 3 人，已有 3 人"), "{}", fourth.body);
    assert_eq!((&fourth.body["limit"], &fourth.body["excellent"]), (&json!(3), &json!(3)));
    assert_eq!(round.grade(9, "qualified").await.code(), "appraisal.not_graded");
    let open = round.host("/meet").await;
    assert_eq!((open.status, open.code()), (409, "appraisal.ungraded"));
    assert_eq!(open.body["detail"], "还有党员待评定，全部党员评定完成后才能进行此操作！");
    for place in 3..9 {
        round.grade(place, "qualified").await.expect(200);
    }
    assert_eq!(round.results(&plain).await["items"][0]["grade"], json!(null), "not told yet");
    let ready = round.party.host.get(&round.path("")).await.expect(200).clone();
    assert_eq!(ready["meet_confirm"], "鉴定同本人见面后，将不能修改评定内容，是否确认？");
    assert_eq!(round.host("/meet").await.expect(200)["state_title"], "已结束");
    let locked = round.grade(3, "unqualified").await;
    assert_eq!((locked.status, locked.code()), (409, "appraisal.locked"));
    assert_eq!(told(&plain, "民主评议鉴定").await, 1);

    let own = round.results(&plain).await["items"][0]["grade"].clone();
    assert_eq!((&own["grade_title"], &own["opinion"]), (&json!("合格"), &json!("履职尽责")));
    for _ in 0..2 {
        let read = plain.post(&round.path("/acknowledge"), &json!({})).await;
        assert_eq!(read.expect(200)["may"], json!(["results"]));
    }
    let reason = json!({ "reason": "漏听群众意见" });
    for who in [&round.party.host, &round.party.supervisor, &plain] {
        let refused = who.post(&round.path("/reopen"), &reason).await;
        assert_eq!((refused.status, refused.code()), (403, "appraisal.not_superior"));
    }
    let opened = round.party.admin.post(&round.path("/reopen"), &reason).await;
    assert_eq!(
        (&opened.expect(200)["state_title"], &opened.body["reopened"]["reason"]),
        (&json!("组织评定"), &reason["reason"])
    );
    let audit = round.party.server.sql("SELECT changes FROM audit WHERE action = 'appraisal.reopen';");
    assert!(audit.len() == 1 && audit[0][0].contains("漏听群众意见"), "{audit:?}");
    let again = round.grade(3, "basically_qualified").await;
    assert_eq!(again.expect(200)["acknowledged_at"], json!(null), "another grade has to be read again");
    round.host("/meet").await.expect(200);
    assert_eq!(round.results(&plain).await["items"][0]["grade"]["grade_title"], "基本合格");
}

#[actix_rt::test]
async fn two_administrators_at_once_make_no_more_excellent_than_a_third() {
    let mut round = Round::started(TestServer::start(), 3).await;
    round.pass_deadline().await;
    round.meeting_begun().await;
    for _ in 0..5 {
        let (one, other) = futures_util::future::join(
            round.grade_by(&round.party.host, 0, "excellent"),
            round.grade_by(&round.party.admin, 1, "excellent"),
        )
        .await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{} {}", one.body, other.body);
        let refused = if one.status == 422 { &one } else { &other };
        assert_eq!((refused.code(), &refused.body["limit"]), ("appraisal.too_many_excellent", &json!(1)));
        for place in 0..2 {
            round.grade(place, "qualified").await.expect(200);
        }
    }
}

#[actix_rt::test]
async fn neighbours_find_nothing_and_members_each_other_neither() {
    let round = Round::started(TestServer::start(), 3).await;
    let party = &round.party;
    let outside = text(&party.roster(&party.neighbour).await[0]["phone"]);
    let resident = party.server.resident("19900006821").await;
    // A secretary next door, members who do not take part, and whoever is no member when nobody else is asked.
    let neighbour = party.server.resident(&outside).await;
    let calm = json!({ "org_id": party.branch, "topic": "只听党员", "year": 2026, "deadline": in_minutes(60) });
    let closed = text(&party.host.post("/appraisals", &calm).await.expect(201)["id"]);
    party.host.post(&format!("/appraisals/{closed}/start"), &json!({})).await.expect(200);
    let calls = |id: &str| {
        let path = |end: &str| format!("/appraisals/{id}{end}");
        let none = json!({});
        let grade = json!({ "grade": "excellent", "opinion": "好" });
        [
            (Method::GET, path(""), None),
            (Method::GET, path("/form"), None),
            (Method::GET, path("/opinion"), None),
            (Method::GET, path("/results"), None),
            (Method::PATCH, path(""), Some(none.clone())),
            (Method::DELETE, path(""), None),
            (Method::POST, path("/start"), Some(none.clone())),
            (Method::PUT, path("/form"), Some(json!({ "ratings": [] }))),
            (Method::PUT, path("/opinion"), Some(json!({ "ratings": [] }))),
            (Method::PUT, path("/meeting"), Some(json!({ "meeting_id": id }))),
            (Method::PUT, path(&format!("/grades/{}", round.people[0].1)), Some(grade)),
            (Method::POST, path("/meet"), Some(none.clone())),
            (Method::POST, path("/reopen"), Some(json!({ "reason": "想看" }))),
            (Method::POST, path("/acknowledge"), Some(none)),
        ]
    };
    for (who, person, id) in [
        ("next door", &neighbour, &round.id),
        ("no participant", &round.people[4 - 1].0, &closed),
        ("resident", &resident, &closed),
    ] {
        let takes_part = who == "no participant";
        for (method, path, body) in calls(id) {
            let body = body.map(|body: Value| body.to_string().into_bytes());
            let reply = person.send(method.clone(), &path, body, &[]).await;
            if takes_part {
                // The whole branch takes part in that one: seen, but nothing to decide there.
                assert!(matches!(reply.status, 200 | 403 | 409 | 422), "{method} {path}: {}", reply.body);
            } else {
                assert_eq!((reply.status, reply.code()), (404, "appraisal.not_found"), "{who}: {method} {path}");
            }
        }
        assert_eq!(person.get("/appraisals").await.expect(200)["items"], json!([]), "{who}");
        assert_eq!(person.get(&format!("/appraisals?org={}", party.branch)).await.status, 404, "{who}");
    }
    let listed = async |person: &Person| person.get("/appraisals").await.expect(200)["items"].as_array().unwrap().len();
    assert_eq!([listed(&party.host).await, listed(&party.admin).await, listed(&party.supervisor).await], [2, 2, 2]);
    // Who only looks decides nothing.
    for (method, path, body) in
        calls(&round.id).into_iter().skip(4).filter(|(_, path, _)| !path.ends_with("/acknowledge"))
    {
        let body = body.map(|body: Value| body.to_string().into_bytes());
        let reply = party.supervisor.send(method.clone(), &path, body, &[]).await;
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.body);
    }
    let absent = party.member.get("/appraisals/01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert_eq!((absent.status, absent.code()), (404, "appraisal.not_found"));
    // A town is no branch, and next door is not one's own.
    let new = |org: &str| json!({ "org_id": org, "topic": "评议", "year": 2026, "deadline": in_minutes(60) });
    for (person, org, status) in [
        (&party.admin, &party.town, 422),
        (&party.host, &party.neighbour, 422),
        (&party.member, &party.branch, 403),
        (&party.supervisor, &party.branch, 403),
        (&resident, &party.branch, 422),
    ] {
        assert_eq!(person.post("/appraisals", &new(org)).await.status, status);
    }
    let mut strange = new(&party.branch);
    strange["member_ids"] = json!([party.roster(&party.neighbour).await[0]["id"]]);
    assert_eq!(party.host.post("/appraisals", &strange).await.fields(), ["member_ids"]);
}

#[actix_rt::test]
async fn of_fewer_than_five_raters_no_counts_are_shown_or_kept() {
    let mut round = Round::started(TestServer::start(), 6).await;
    // Four rate the first, and five rate the last two of those who do not rate.
    for place in 0..5 {
        round.send(place, &round.form(place, |_| "basically_qualified")).await.expect(200);
    }
    round.pass_deadline().await;
    let items = round.results(&round.party.host).await["items"].clone();
    assert_eq!(items[0]["mutual"], json!({ "raters": 4, "counts": null, "note": "少于5人，不显示" }));
    assert_eq!(
        (&items[5]["mutual"]["raters"], &items[5]["mutual"]["counts"]["basically_qualified"]),
        (&json!(5), &json!(5))
    );
    assert_eq!((&items[0]["took_part"], &items[5]["took_part"]), (&json!(true), &json!(false)));
    let own = round.results(&round.people[0].0).await["items"][0]["mutual"].clone();
    assert_eq!(own, items[0]["mutual"]);
    let kept = round.party.server.sql("SELECT mutual FROM appraisal_participants WHERE mutual LIKE '%4%';");
    assert!(kept.len() == 5 && kept.iter().all(|row| row[0].contains("\"counts\":null")), "{kept:?}");
}

#[actix_rt::test]
async fn pages_follow_an_appraisal_without_names() {
    let round = Round::started(TestServer::start(), 3).await;
    let topic = format!("appraisal:{}", round.id);
    let mut page = Live::open(&round.party.host).await;
    let opened = page.subscribe(&topic, None).await;
    assert_eq!((&opened["op"], &opened["state"]["turnout"]["submitted"]), (&json!("subscribed"), &json!(0)));
    assert_eq!(opened["state"]["state_title"], "自评&互评");
    let mut own = Live::open(&round.people[1].0).await;
    assert_eq!(own.subscribe(&topic, None).await["op"], "subscribed");
    for stranger in [&round.party.server.resident("19900006831").await, &round.party.server.staff("worker", 0).await] {
        let refused = Live::open(stranger).await.subscribe(&topic, None).await;
        assert_eq!((&refused["op"], &refused["reason"]), (&json!("refused"), &json!("unknown")));
    }
    round.send(2, &round.form(2, |_| "excellent")).await.expect(200);
    for live in [&mut page, &mut own] {
        let messages =
            live.until(|message| message["op"] == "state" && message["data"]["turnout"]["submitted"] == 1).await;
        let event = messages.iter().find(|message| message["kind"] == "appraisal.rated").expect("the event");
        let mut names: Vec<&String> = event["data"].as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["appraisal_id", "deadline", "organisation_id", "state", "version"]);
        let all: String = messages.iter().map(Value::to_string).collect();
        assert!(!all.contains("excellent") && round.people.iter().all(|(_, id)| !all.contains(id)), "{all}");
    }
}

#[actix_rt::test]
async fn a_rating_that_is_near_its_end_ends_by_itself() {
    let party = Party::start().await;
    let body = json!({ "org_id": party.branch, "topic": "评议", "year": 2026, "deadline": now().plus_millis(1_500).to_string() });
    let id = text(&party.host.post("/appraisals", &body).await.expect(201)["id"]);
    party.host.post(&format!("/appraisals/{id}/start"), &json!({})).await.expect(200);
    let mut page = Live::open(&party.host).await;
    page.subscribe(&format!("appraisal:{id}"), None).await;
    assert_eq!(page.event("appraisal.counted").await["data"]["state"], "meeting");
    assert!(party.server.sql("SELECT id FROM deadlines WHERE kind = 'appraisal.deadline';").is_empty());
}

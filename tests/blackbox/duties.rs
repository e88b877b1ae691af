//! Meetings that are due: warnings, what superiors and cadres ask then, and how it goes up when nobody answers.

use awc::http::Method;
use serde_json::{Value, json};

use crate::party::Party;
use crate::support::{Live, Person, eventually, text};

const WEEK_MS: i64 = 7 * 24 * 3_600_000;

impl Party {
    /// Says that the first branch was founded long ago: from then on duties are due of it. Answers its red warnings, of the
    /// periods before this one.
    async fn grown_up(&self) -> Vec<Value> {
        let founded = json!({ "founded_on": "2012-07-01" });
        self.admin.patch(&format!("/organisations/{}", self.branch), &founded).await.expect(204);
        self.red().await
    }

    async fn red(&self) -> Vec<Value> {
        let path = format!("/duties?org={}&level=red&state=warned", self.branch);
        eventually("red warnings", async || {
            let items = self.admin.get(&path).await.expect(200)["items"].as_array().unwrap().clone();
            (items.len() >= 7).then_some(items)
        })
        .await
    }

    /// The server stands still while `meanwhile` rewrites its past.
    fn sleep(&mut self, others: &mut [&mut Person], meanwhile: impl FnOnce(&crate::support::TestServer)) {
        self.server.stop();
        meanwhile(&self.server);
        self.server.restart();
        let own = [&mut self.admin, &mut self.host, &mut self.member, &mut self.supervisor];
        for person in own.into_iter().chain(others.iter_mut().map(|person| &mut **person)) {
            *person = person.at(&self.server);
        }
    }
}

fn of_type<'v>(items: &'v [Value], code: &str) -> &'v Value {
    items.iter().find(|item| item["type"] == code).unwrap_or_else(|| panic!("no {code}: {items:?}"))
}

/// The notifications of one kind in somebody's inbox whose title holds a word.
async fn told(person: &Person, kind: &str, word: &str) -> Vec<Value> {
    let items = person.get("/inbox?limit=100").await.expect(200)["items"].as_array().unwrap().clone();
    let fits = |item: &Value| item["type"] == kind && text(&item["title"]).contains(word);
    items.into_iter().filter(fits).collect()
}

#[actix_rt::test]
async fn a_branch_that_held_nothing_is_warned_nudged_and_answers() {
    let party = Party::start().await;
    let before = party.admin.get(&format!("/duties?org={}", party.branch)).await.expect(200).clone();
    assert_eq!(before["items"], json!([]), "nobody knows what it did before it was entered");
    let red = party.grown_up().await;
    let mut types: Vec<String> = red.iter().map(|item| text(&item["type"])).collect();
    types.sort();
    let all = [
        "appraisal",
        "branch_appraisal",
        "committee_meeting",
        "general_meeting",
        "organisation_life",
        "party_day",
        "party_lecture",
    ];
    assert_eq!(types, all, "it has a committee and no groups");
    let duty = of_type(&red, "party_day").clone();
    assert_eq!(
        (&duty["org"]["id"], &duty["group"], &duty["handled"]),
        (&json!(party.branch), &json!(null), &json!(null))
    );
    assert_eq!(
        (&duty["type_title"], &duty["level_title"], &duty["late"]),
        (&json!("主题党日"), &json!("红色预警"), &json!(false))
    );
    // The secretary sees it and was told; so did who leads nothing.
    let own = party.host.get("/duties?level=red").await.expect(200)["items"].as_array().unwrap().clone();
    assert_eq!((own.len(), &own[0]["may_order"]), (7, &json!(false)));
    let notices = told(&party.host, "deadline", "到期未召开").await;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(text(&notices[0]["text"]).contains("主题党日"), "{notices:?}");
    assert!(told(&party.member, "deadline", "").await.is_empty());

    let (id, path) = (text(&duty["id"]), |end: &str| format!("/duties/{}/{end}", text(&duty["id"])));
    let body = json!({ "note": "请本周内召开" });
    let nudged = party.supervisor.post(&path("nudge"), &body).await.expect(201).clone();
    assert_eq!((&nudged["kind"], &nudged["state"], &nudged["duty_id"]), (&json!("nudge"), &json!("open"), &json!(id)));
    assert!(!nudged["escalates_at"].is_null());
    let notice = told(&party.host, "nudge", "催办").await;
    assert!(notice.len() == 1 && text(&notice[0]["text"]).contains("请本周内召开"), "{notice:?}");
    let received = party.host.get("/orders?box=received&state=open").await.expect(200)["items"].clone();
    assert_eq!((&received[0]["id"], &received[0]["may_answer"]), (&nudged["id"], &json!(true)));
    let listed = party.admin.get(&format!("/duties?org={}&type=party_day&level=red", party.branch)).await;
    assert_eq!((&listed.expect(200)["items"][0]["orders"], &listed.body["items"][0]["id"]), (&json!(1), &json!(id)));

    let order = format!("/orders/{}", text(&nudged["id"]));
    let key = [("Idempotency-Key", "a-1")];
    let answer = Some(json!({ "text": "周五召开" }).to_string().into_bytes());
    for _ in 0..2 {
        let answered = party.host.send(Method::POST, &format!("{order}/answer"), answer.clone(), &key).await;
        assert_eq!(
            (&answered.expect(200)["state"], &answered.body["escalates_at"]),
            (&json!("answered"), &json!(null))
        );
    }
    assert_eq!(told(&party.supervisor, "progress", "已答复").await.len(), 1);
    assert_eq!(party.supervisor.post(&format!("{order}/close"), &json!({})).await.expect(200)["state"], "closed");
    let again = party.host.post(&format!("{order}/answer"), &json!({ "text": "已召开" })).await;
    assert_eq!((again.status, again.code()), (409, "order.closed"));
    let handled = party.supervisor.post(&path("handled"), &json!({ "note": "已约谈" })).await.expect(200).clone();
    assert_eq!(handled["handled"]["note"], "已约谈");
    let open =
        party.admin.get(&format!("/duties?org={}&handled=false&level=red", party.branch)).await.expect(200)["items"]
            .clone();
    assert_eq!(open.as_array().unwrap().len(), 6);

    let summary = party.supervisor.get(&format!("/duties/summary?org={}", party.town)).await.expect(200).clone();
    assert_eq!((&summary["total"]["red"], &summary["total"]["branches"]), (&json!(7), &json!(3)));
    let row = summary["items"].as_array().unwrap().iter().find(|row| row["org"]["id"] == json!(party.branch)).unwrap();
    assert_eq!((&row["red"], &row["kind"]), (&json!(7), &json!("branch")));
}

#[actix_rt::test]
async fn neighbours_members_and_strangers_find_nothing() {
    let party = Party::start().await;
    let red = party.grown_up().await;
    let duty = text(&of_type(&red, "party_day")["id"]);
    let resident = party.server.resident("19900006801").await;
    let neighbour = party.new_branch("邻村党支部").await;
    party.new_member(&neighbour, "陆书记", "19900006802", &json!(["secretary"])).await;
    let next = party.server.newcomer("19900006802").await;
    let nudge = (Method::POST, format!("/duties/{duty}/nudge"), json!({}));
    let handled = (Method::POST, format!("/duties/{duty}/handled"), json!({ "note": "好" }));
    let order = (Method::POST, "/orders".to_owned(), json!({ "org_id": party.branch, "text": "请召开" }));
    let calls = [nudge, handled, order];
    for (who, person, expected) in [
        ("neighbour", &next, [404, 404, 404]),
        ("resident", &resident, [404, 404, 404]),
        ("member", &party.member, [404, 404, 403]),
        // He may look, but is no superior of his own.
        ("secretary", &party.host, [403, 403, 403]),
    ] {
        for ((method, path, body), status) in calls.iter().zip(expected) {
            let reply = person.send(method.clone(), path, Some(body.to_string().into_bytes()), &[]).await;
            assert_eq!(reply.status, status, "{who} {path}: {}", reply.body);
        }
    }
    for (who, person, status) in
        [("neighbour", &next, 404), ("resident", &resident, 404), ("member", &party.member, 403)]
    {
        for path in [format!("/duties?org={}", party.branch), format!("/duties/calendar?org={}", party.branch)] {
            assert_eq!(person.get(&path).await.status, status, "{who} {path}");
        }
        assert_eq!(person.get("/duties").await.expect(200)["items"], json!([]), "{who}");
        assert_eq!(person.get("/orders").await.expect(200)["items"], json!([]), "{who}");
    }
    let given =
        party.admin.post("/orders", &json!({ "org_id": party.branch, "text": "请召开" })).await.expect(201).clone();
    let path = format!("/orders/{}", text(&given["id"]));
    for end in ["/answer", "/close"] {
        let body = if end == "/answer" { json!({ "text": "好" }) } else { json!({}) };
        assert_eq!(next.post(&format!("{path}{end}"), &body).await.status, 404);
        assert_eq!(party.member.post(&format!("{path}{end}"), &body).await.status, 404);
    }
    assert_eq!(party.host.post(&format!("{path}/close"), &json!({})).await.code(), "order.not_sender");
    assert_eq!(
        party.supervisor.post(&format!("{path}/answer"), &json!({ "text": "好" })).await.code(),
        "order.not_addressee"
    );

    // A cadre who looks after the branch sees and asks there, and nowhere else.
    let account = text(&resident.get("/auth/me").await.expect(200)["id"]);
    let cadres = format!("/organisations/{}/cadres", party.branch);
    let body = json!({ "account_ids": [account] });
    assert_eq!(party.host.put(&cadres, &body).await.status, 403);
    let linked = party.admin.put(&cadres, &body).await.expect(200)["items"].clone();
    assert_eq!((&linked[0]["account_id"], linked.as_array().unwrap().len()), (&json!(account), 1));
    assert_eq!(resident.get("/duties?level=red").await.expect(200)["items"].as_array().unwrap().len(), 7);
    let own = resident.get("/duties/branches").await.expect(200)["items"].clone();
    assert_eq!((&own[0]["org"]["id"], &own[0]["red"]), (&json!(party.branch), &json!(7)));
    resident.post(&format!("/duties/{duty}/nudge"), &json!({})).await.expect(201);
    resident.post("/orders", &json!({ "org_id": party.branch, "text": "请召开" })).await.expect(201);
    assert_eq!(resident.get("/orders?box=sent").await.expect(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(resident.get(&format!("/duties?org={neighbour}")).await.status, 404);
    party.admin.put(&cadres, &json!({ "account_ids": [] })).await.expect(200);
    assert_eq!(resident.get("/duties").await.expect(200)["items"], json!([]));
    assert_eq!(resident.get("/duties/branches").await.expect(200)["items"], json!([]));
}

#[actix_rt::test]
async fn whoever_looks_over_the_branch_hears_of_its_warnings_and_orders_at_once() {
    let party = Party::start().await;
    let red = party.grown_up().await;
    let duty = text(&of_type(&red, "party_day")["id"]);
    let topic = format!("duties:{}", party.town);
    let mut above = Live::open(&party.supervisor).await;
    assert_eq!(above.subscribe(&topic, None).await["op"], "subscribed");
    let mut member = Live::open(&party.member).await;
    assert_eq!(member.subscribe(&topic, None).await["op"], "refused");
    let mut secretary = Live::open(&party.host).await;
    assert_eq!(secretary.subscribe(&topic, None).await["op"], "refused", "the town is not the secretary's");
    assert_eq!(secretary.subscribe(&format!("duties:{}", party.branch), None).await["op"], "subscribed");
    let order =
        party.admin.post(&format!("/duties/{duty}/nudge"), &json!({ "note": "请尽快" })).await.expect(201).clone();
    for live in [&mut above, &mut secretary] {
        let event = live.event("duty.nudged").await;
        assert_eq!(event["data"]["duty_id"], json!(duty));
        assert!(!event.to_string().contains("请尽快"), "what it says is asked for: {event}");
    }
    party.host.post(&format!("/orders/{}/answer", text(&order["id"])), &json!({ "text": "周五" })).await.expect(200);
    above.event("duty.answered").await;
    party.admin.post(&format!("/duties/{duty}/handled"), &json!({ "note": "已约定" })).await.expect(200);
    above.event("duty.handled").await;
}

#[actix_rt::test]
async fn what_nobody_answers_goes_up_once_over_restarts() {
    let mut party = Party::start().await;
    party.new_member(&party.town, "陆镇长", "19900006811", &json!(["secretary"])).await;
    let mut above = party.server.newcomer("19900006811").await;
    let red = party.grown_up().await;
    assert_eq!(told(&above, "deadline", "红色预警").await.len(), 1, "what is over the superior hears, too");
    let duty = text(&of_type(&red, "party_day")["id"]);
    let order = party.supervisor.post(&format!("/duties/{duty}/nudge"), &json!({})).await.expect(201).clone();
    let id = text(&order["id"]);
    assert!(told(&above, "escalation", "").await.is_empty());
    let earlier = format!(
        "UPDATE duty_orders SET escalates_at = escalates_at - {WEEK_MS} WHERE id = '{id}';\n\
         UPDATE deadlines SET due_at = due_at - {WEEK_MS} WHERE subject_id = '{id}';"
    );
    party.sleep(&mut [&mut above], |server| drop(server.sql(&earlier)));
    let notices = eventually("the superior is told", async || {
        let notices = told(&above, "escalation", "逾期未答复").await;
        (!notices.is_empty()).then_some(notices)
    })
    .await;
    assert_eq!(notices.len(), 1);
    let listed = party.supervisor.get("/orders?box=sent").await.expect(200)["items"][0].clone();
    assert_eq!((&listed["escalations"][0]["id"], &listed["state"]), (&json!(party.town), &json!("open")));
    // Told once, however often the server begins anew; the next level is nobody's, so it ends there.
    party.sleep(&mut [&mut above], |server| drop(server.sql(&earlier)));
    let top = eventually("nobody is left to be told", async || {
        let order = party.supervisor.get("/orders?box=sent").await.expect(200)["items"][0].clone();
        order["escalates_at"].is_null().then_some(order)
    })
    .await;
    assert_eq!(top["escalations"].as_array().unwrap().len(), 1);
    assert_eq!(told(&above, "escalation", "逾期未答复").await.len(), 1);
    assert_eq!(party.server.sql(&format!("SELECT COUNT(*) FROM deadlines WHERE subject_id = '{id}';")), [["0"]]);
    let events = "SELECT COUNT(*) FROM events WHERE kind = 'duty.escalated';";
    assert_eq!(party.server.sql(events), [["1"]]);
}

#[actix_rt::test]
async fn a_late_record_counts_and_keeps_its_mark_and_rules_are_data() {
    let party = Party::start().await;
    let red = party.grown_up().await;
    let lecture = of_type(&red, "party_lecture").clone();
    // Held in the quarter before, and written down only now.
    let day = text(&lecture["due_on"]);
    let plan = json!({
        "topic": "党课", "type": "party_lecture", "org_id": party.branch, "place": "村部",
        "starts_at": format!("{day}T01:00:00Z"), "ends_at": format!("{day}T03:00:00Z"),
        "attendees": { "whole_branch": true },
    });
    let meeting = text(&party.host.post("/meetings", &plan).await.expect(201)["id"]);
    for step in ["launch", "start", "end"] {
        party.host.post(&format!("/meetings/{meeting}/{step}"), &json!({})).await.expect(200);
    }
    party.host.post(&format!("/meetings/{meeting}/minutes/sign"), &json!({ "version": 0 })).await.expect(200);
    let path = format!("/duties?org={}&state=satisfied", party.branch);
    let done = eventually("it counts", async || {
        let items = party.admin.get(&path).await.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().next()
    })
    .await;
    assert_eq!((&done["id"], &done["late"], &done["level"]), (&lecture["id"], &json!(true), &json!("red")));
    let year: i32 = day[..4].parse().unwrap();
    let calendar =
        party.host.get(&format!("/duties/calendar?org={}&year={year}", party.branch)).await.expect(200).clone();
    let rows = calendar["items"].as_array().unwrap();
    let periods = of_type(rows, "party_lecture")["periods"].as_array().unwrap();
    let period = periods.iter().find(|period| period["period"] == lecture["period"]).unwrap();
    assert_eq!(
        (&period["state"], &period["late"], &period["meetings"][0]),
        (&json!("satisfied"), &json!(true), &json!(meeting))
    );
    assert_eq!(of_type(rows, "group_meeting")["periods"][0]["exemption"], "no_groups");

    let rules = party.admin.get("/duty-rules").await.expect(200)["items"].as_array().unwrap().clone();
    let mut rule = of_type(&rules, "party_day").clone();
    assert_eq!((&rule["period"], &rule["minimum"], &rule["version"]), (&json!("month"), &json!(1), &json!(0)));
    for gone in ["type", "type_title"] {
        rule.as_object_mut().unwrap().remove(gone);
    }
    rule["enabled"] = json!(false);
    assert_eq!(party.host.put("/duty-rules/party_day", &rule).await.code(), "duty_rule.not_administrator");
    assert_eq!(party.admin.put("/duty-rules/x", &rule).await.status, 404);
    let off = party.admin.put("/duty-rules/party_day", &rule).await.expect(200).clone();
    assert_eq!((&off["enabled"], &off["version"]), (&json!(false), &json!(1)));
    let late = party.admin.put("/duty-rules/party_day", &rule).await;
    assert_eq!((late.status, late.code(), &late.body["version"]), (409, "duty_rule.changed", &json!(1)));
    let path = format!("/duties?org={}&type=party_day&state=warned,coming", party.branch);
    eventually("nothing is due any more", async || {
        party.admin.get(&path).await.expect(200)["items"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn a_page_of_warnings_goes_on_where_the_last_ended_and_names_what_is_wrong() {
    let party = Party::start().await;
    let red = party.grown_up().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = party.admin.get(&format!("/duties?level=red&limit=3{cursor}")).await.expect(200).clone();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut expected: Vec<String> = red.iter().map(|item| text(&item["id"])).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    for (path, field) in [
        ("/duties?limit=0", "limit"),
        ("/duties?limit=201", "limit"),
        ("/duties?cursor=x", "cursor"),
        ("/duties?level=blue", "level"),
        ("/duties?state=x", "state"),
        ("/duties?period=2026-13", "period"),
        ("/duties?handled=x", "handled"),
        ("/duties?org=x", "org"),
        ("/duties?zz=1", "zz"),
        ("/duties/summary?period=x", "period"),
        ("/duties/calendar", "org"),
        ("/orders?box=x", "box"),
        ("/orders?state=x", "state"),
        ("/orders?cursor=1:x", "cursor"),
    ] {
        let reply = party.admin.get(path).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{path}: {}", reply.body);
    }
    let year = format!("/duties/calendar?org={}&year=99999", party.branch);
    assert_eq!(party.admin.get(&year).await.fields(), ["year"]);
    let county = format!("/duties/calendar?org={}", party.county);
    assert_eq!(party.admin.get(&county).await.fields(), ["org"]);
    let order = json!({ "org_id": party.town, "text": "请召开" });
    assert_eq!(party.admin.post("/orders", &order).await.fields(), ["org_id"]);
    let hung = json!({ "org_id": party.branch, "text": "请召开", "duty_id": "x" });
    assert_eq!(party.admin.post("/orders", &hung).await.fields(), ["duty_id"]);
    let early = json!({ "org_id": party.branch, "text": "请召开", "due_at": "2020-01-01T00:00:00Z" });
    assert_eq!(party.admin.post("/orders", &early).await.fields(), ["due_at"]);
    let founded = json!({ "founded_on": "2999-01-01" });
    let branch = format!("/organisations/{}", party.branch);
    assert_eq!(party.admin.patch(&branch, &founded).await.fields(), ["founded_on"]);
}

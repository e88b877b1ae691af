//! A request and its time limits: what happens by itself, up to the top, and what people may do to a clock.

use serde_json::{Value, json};

use crate::support::{Live, Person, Reply, TestServer, eventually, now, text, time};

mod due;
mod people;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A grid's people, the leaders above it, and a request that was just sent.
struct Stage {
    server: TestServer,
    resident: Person,
    worker: Person,
    /// Of the levels 4, 3, 2 and 1.
    leaders: [Person; 4],
    ticket: String,
}

impl Stage {
    async fn with(phone: &str, settings: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let resident = server.resident(phone).await;
        let worker = server.staff("worker", 0).await;
        let mut leaders = Vec::new();
        for role in ["leader_l4", "leader_l3", "leader_l2", "leader_l1"] {
            leaders.push(server.staff(role, 0).await);
        }
        let leaders = leaders.try_into().unwrap_or_else(|_| panic!("four leaders"));
        let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "三组路口的路灯坏了").await;
        Self { server, resident, worker, leaders, ticket }
    }

    /// The server stands still while `meanwhile` rewrites its past; everybody comes back afterwards.
    fn sleep(&mut self, meanwhile: impl FnOnce(&TestServer, &str)) {
        self.server.stop();
        meanwhile(&self.server, &self.ticket);
        self.server.restart();
        for person in [&mut self.resident, &mut self.worker].into_iter().chain(&mut self.leaders) {
            *person = person.at(&self.server);
        }
    }

    async fn step(&self, person: &Person, action: &str, body: Value) -> Reply {
        person.act(&self.ticket, action, &body).await
    }

    /// The request as the highest leader sees it.
    async fn read(&self) -> Value {
        self.leaders[3].get(&format!("/tickets/{}", self.ticket)).await.expect(200).clone()
    }

    async fn due(&self, person: &Person) -> Value {
        person.get(&format!("/tickets/{}/due", self.ticket)).await.expect(200).clone()
    }

    async fn kinds(&self, person: &Person) -> Vec<String> {
        person.timeline(&self.ticket).await.into_iter().map(|(_, kind)| kind).collect()
    }

    /// Data of the request's events of a kind.
    async fn events(&self, kind: &str) -> Vec<Value> {
        let timeline = self.leaders[3].get(&format!("/tickets/{}/timeline", self.ticket)).await;
        let items = timeline.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().filter(|item| item["kind"] == kind).map(|mut item| item["data"].take()).collect()
    }

    /// Waits, from the number `since` on, for something to happen to the request; answers the event.
    async fn hears(&self, person: &Person, since: u64, kind: &str) -> Value {
        let mut live = Live::open(person).await;
        live.subscribe(&format!("grid:{}", person.own_grid().await), Some(since)).await;
        let ours = |message: &Value| message["kind"] == kind && message["data"]["ticket_id"] == self.ticket;
        live.until(ours).await.pop().unwrap()
    }
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
}

/// The row of a level on a board's ladder: how many requests it answers for, how many of them climbed, how many are late.
async fn ladder(person: &Person, level: u8) -> [i64; 3] {
    let board = person.get(&format!("/grids/{}/board", person.own_grid().await)).await;
    let rows = board.expect(200)["ladder"].as_array().unwrap().clone();
    let row = rows.iter().find(|row| row["level"] == level).unwrap_or_else(|| panic!("no level {level} in {rows:?}"));
    ["count", "escalated", "overdue"].map(|member| row[member].as_i64().unwrap())
}

async fn unread(person: &Person, kind: &str) -> i64 {
    let unread = person.get("/inbox/unread").await;
    let of_kind = unread.expect(200)["by_type"].as_array().unwrap().iter().find(|one| one["type"] == kind);
    of_kind.map_or(0, |one| one["unread"].as_i64().unwrap())
}

#[actix_rt::test]
async fn a_request_that_nobody_accepts_climbs_level_by_level_and_each_level_hears_of_it_once() {
    let mut stage = Stage::with("19900001101", &[]).await;
    let county = 3;
    let mut told = [0, 0, 0, 0];
    for (index, person) in stage.leaders.iter().enumerate() {
        told[index] = unread(person, "escalation").await;
    }
    for (index, level) in [4_u8, 3, 2, 1].into_iter().enumerate() {
        let before = ladder(&stage.leaders[county], level).await;
        let head = stage.leaders[county].head().await;
        // The warning, six minutes before the end, lies behind; the end is ahead of a server that runs.
        stage.sleep(|server, ticket| server.bring_near(ticket, 1_500 - 6 * MINUTE_MS));
        let mut inbox = Live::open(&stage.leaders[index]).await;
        assert_eq!(inbox.subscribe("inbox", Some(head)).await["op"], "subscribed");
        let notice = inbox.until(|message| message["kind"] == "inbox.notified").await.pop().unwrap();
        assert_eq!(notice["data"]["type"], "escalation", "{notice}");
        assert_eq!(notice["data"]["subject"], json!({ "kind": "ticket", "id": stage.ticket }));
        assert_eq!(unread(&stage.leaders[index], "escalation").await, told[index] + 1);

        let ticket = stage.read().await;
        assert_eq!((&ticket["handling_level"], &ticket["overdue"]), (&json!(level), &json!(true)));
        let clock = &ticket["clock"];
        assert_eq!((&clock["purpose"], &clock["level"], &clock["run"]), (&json!("accept"), &json!(level), &json!(1)));
        assert_eq!((&clock["overdue"], &clock["ended"]), (&json!(true), &json!(false)));
        let left = time(&clock["due_at"]).since(now());
        assert!((29 * MINUTE_MS..=30 * MINUTE_MS).contains(&left), "the next level has its own time: {left}");
        let after = ladder(&stage.leaders[county], level).await;
        assert_eq!(after, [before[0] + 1, before[1] + 1, before[2] + 1]);
        let plain = text(&stage.due(&stage.resident).await["plain"]);
        assert!(plain.contains("已超过时限") && plain.contains("督办"), "{plain}");
    }
    // At the top there is nothing left to climb: late it is said once more, and then it is quiet.
    let head = stage.leaders[county].head().await;
    stage.sleep(|server, ticket| server.bring_near(ticket, -6 * MINUTE_MS));
    stage.hears(&stage.leaders[county], head, "ticket.overdue").await;
    let ticket = stage.read().await;
    assert_eq!((&ticket["handling_level"], &ticket["clock"]["ended"]), (&json!(1), &json!(true)));
    assert_eq!(stage.server.sql("SELECT COUNT(*) FROM deadlines WHERE subject_id NOT IN (SELECT id FROM tickets WHERE timer_at IS NOT NULL);"), [["0"]]);

    let steps = stage.events("ticket.escalated").await;
    let rungs: Vec<_> =
        steps.iter().map(|data| [&data["from_level"], &data["to_level"]].map(|l| l.as_i64().unwrap())).collect();
    assert_eq!(rungs, [[5, 4], [4, 3], [3, 2], [2, 1]]);
    assert!(steps.iter().all(|data| data["cause"] == "not_accepted" && data["clock"]["run"] == 1));
    let late: Vec<_> =
        stage.events("ticket.overdue").await.iter().map(|data| data["level"].as_i64().unwrap()).collect();
    assert_eq!(late, [5, 4, 3, 2, 1], "each level once");
    // Colleagues are warned; the resident need not read that.
    let seen = stage.kinds(&stage.resident).await;
    assert!(seen.iter().all(|kind| kind != "ticket.due_soon"), "{seen:?}");
    assert!(stage.kinds(&stage.worker).await.contains(&"ticket.due_soon".to_owned()));

    // Whoever answers for it now takes it: a new step, a new run, in time.
    let accepted = stage.step(&stage.leaders[county], "accept", json!({})).await;
    let clock = &accepted.expect(200)["clock"];
    assert_eq!((&clock["purpose"], &clock["overdue"], &clock["level"]), (&json!("finish"), &json!(false), &json!(1)));
    assert!(clock["run"].as_u64() > Some(1));
    let plain = text(&stage.due(&stage.resident).await["plain"]);
    assert_eq!(plain, "还剩 1 天，届时应办结");
    let (sound, report) = stage.server.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn a_late_request_is_nudged_by_the_rules_and_climbs_when_nobody_answers() {
    let settings = [
        ("LIANXIN__TICKETS__NUDGE_REPEAT_MINUTES", "60"),
        ("LIANXIN__TICKETS__NUDGE_ANSWER_MINUTES", "30"),
        ("LIANXIN__TICKETS__NUDGE_COOLDOWN_MINUTES", "0"),
    ];
    let mut stage = Stage::with("19900001104", &settings).await;
    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    let begin = stage.worker.head().await;
    stage.sleep(|server, ticket| server.age_by(ticket, DAY_MS));
    stage.hears(&stage.leaders[3], begin, "ticket.escalated").await;
    let told = unread(&stage.worker, "nudge").await;
    let nudged = async |stage: &mut Stage| {
        let head = stage.worker.head().await;
        stage.sleep(|server, ticket| server.bring_near(ticket, 500));
        stage.hears(&stage.worker, head, "ticket.nudged").await["data"].take()
    };
    // Who works on it is asked, by nobody in particular.
    let first = nudged(&mut stage).await;
    let me = stage.worker.get("/auth/me").await.body;
    assert_eq!((&first["nudger"], &first["folded"], &first["count"]), (&json!(null), &json!(false), &json!(1)));
    assert_eq!(first["to"], json!([{ "id": me["id"], "name": me["name"] }]));
    assert_eq!(unread(&stage.worker, "nudge").await, told + 1);
    let newest = stage.worker.get("/inbox?limit=1").await.body["items"][0].clone();
    assert_eq!(newest["title"], "系统督促（第 1 次）");
    let nudge = stage.read().await["nudge"].clone();
    assert_eq!(
        (&nudge["last_by"], &nudge["unread"], &nudge["answer_by"]),
        (&json!(null), &json!(true), &first["answer_by"])
    );
    let seen = stage.resident.get(&format!("/tickets/{}", stage.ticket)).await.body;
    assert_eq!(seen["nudge"], json!(null), "that is between colleagues");

    // Heard, it stays where it is; the next one comes all the same.
    stage.worker.step(&stage.ticket, "nudge-receipt", &json!({})).await;
    assert_eq!(stage.read().await["nudge"]["answer_by"], json!(null));
    let second = nudged(&mut stage).await;
    assert_eq!((&second["count"], stage.read().await["handling_level"].as_i64()), (&json!(2), Some(4)));
    // Nobody answers that one.
    let (head, before) = (stage.worker.head().await, stage.read().await["clock"].clone());
    let ahead = time(&before["due_at"]).since(now());
    stage.sleep(|server, ticket| server.bring_near(ticket, 500));
    let climbed = stage.hears(&stage.leaders[3], head, "ticket.escalated").await;
    assert_eq!((&climbed["data"]["cause"], &climbed["data"]["to_level"]), (&json!("nudge_ignored"), &json!(3)));
    let after = stage.read().await["clock"].clone();
    // Thirty minutes later, and no time was won by not answering.
    let left = time(&after["due_at"]).since(now());
    assert!((ahead - 31 * MINUTE_MS..=ahead - 29 * MINUTE_MS).contains(&left), "{left} of {ahead}");
    assert_eq!(after["run"], before["run"]);
    assert_eq!(stage.worker.get(&format!("/tickets/{}", stage.ticket)).await.body["handler"]["id"], me["id"]);
}

/// After a stop each step that is over happens once, and the level that comes next has its own time from then on: nobody is
/// passed over because the server stood still.
#[actix_rt::test]
async fn after_a_week_without_the_server_each_limit_that_passed_takes_its_request_up_one_level() {
    let mut stage = Stage::with("19900001102", &[]).await;
    let code = stage.server.code_of("worker", 0);
    let mut others = Vec::new();
    for words in ["接了的", "暂停的", "等批延期的"] {
        let (ticket, _) = stage.resident.submit(&code, "suggestion", words).await;
        stage.worker.step(&ticket, "accept", &json!({})).await;
        others.push(ticket);
    }
    stage.worker.step(&others[1], "pause", &json!({ "reason": "waiting_for_department" })).await;
    let more = json!({ "limit": { "value": 2, "unit": "hours", "clock": "continuous" }, "reason": "等材料" });
    stage.worker.step(&others[2], "extension", &more).await;
    let mine: Vec<String> = std::iter::once(&stage.ticket).chain(&others).cloned().collect();
    let told = unread(&stage.leaders[0], "escalation").await;
    let ends = |tickets: &Vec<Value>| tickets.iter().map(|ticket| time(&ticket["due_at"])).collect::<Vec<_>>();
    let read = async |stage: &Stage| {
        let mut tickets = Vec::new();
        for id in &mine {
            tickets.push(stage.leaders[3].get(&format!("/tickets/{id}")).await.expect(200).clone());
        }
        tickets
    };
    let before = ends(&read(&stage).await);
    let head = stage.leaders[3].head().await;
    stage.sleep(|server, _| server.age(|id, _| mine.iter().any(|own| own == id).then_some(7 * DAY_MS)));
    let began = now();
    stage.hears(&stage.leaders[3], head, "ticket.escalated").await;
    let climbed = eventually("three requests at level 4", async || {
        let tickets = read(&stage).await;
        (tickets.iter().filter(|ticket| ticket["handling_level"] == 4).count() == 3).then_some(tickets)
    });
    let climbed = climbed.await;
    assert_eq!((&climbed[2]["handling_level"], &climbed[2]["overdue"]), (&json!(5), &json!(false)));
    assert_eq!(climbed[2]["clock"]["paused"]["reason"], "waiting_for_department", "ten workdays are not over");
    for (index, limit) in [(0, 30 * MINUTE_MS), (1, DAY_MS), (3, DAY_MS)] {
        let ticket = &climbed[index];
        assert_eq!(ticket["overdue"], true);
        let own = time(&ticket["due_at"]).since(began);
        assert!((limit - 30_000..=limit + 30_000).contains(&own), "{own} of {limit}");
        let timeline = stage.leaders[3].get(&format!("/tickets/{}/timeline", mine[index])).await.body;
        let late: Vec<&Value> =
            timeline["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "ticket.overdue").collect();
        assert_eq!(late.len(), 1);
        // It says when it should have been done, and that it was noticed later.
        assert_eq!(time(&late[0]["data"]["passed_at"]), before[index].plus_millis(-7 * DAY_MS));
        assert!(time(&late[0]["at"]).since(began) > -60_000);
    }
    assert_eq!(unread(&stage.leaders[0], "escalation").await, told + 3);
    let (sound, report) = stage.server.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn the_page_of_metrics_says_how_late_limits_take_effect() {
    let mut stage = Stage::with("19900001103", &[("LIANXIN__METRICS__BIND", "127.0.0.1:0")]).await;
    let head = stage.leaders[3].head().await;
    stage.sleep(|server, ticket| server.bring_near(ticket, 2_000));
    stage.hears(&stage.leaders[3], head, "ticket.due_soon").await;
    let page = stage.server.metrics();
    let shown = eventually("the limit on the page", async || {
        let shown = String::from_utf8(page.get("//metrics").await.bytes).unwrap();
        shown.contains("escalation_fired_total{kind=\"ticket.due\",outcome=\"done\"} 1\n").then_some(shown)
    });
    let shown = shown.await;
    let figure = |name: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {shown}"));
        line.trim().parse::<f64>().unwrap()
    };
    assert_eq!(figure("escalation_lateness_seconds_count "), 1.0);
    let late = figure("escalation_lateness_seconds_sum ");
    println!("lx: a limit took effect {late} s late");
    // Starting takes some of it when the machine is busy.
    assert!((0.0..10.0).contains(&late), "{late} s late");
    assert!(figure("deadlines_armed ") >= 0.0);
}

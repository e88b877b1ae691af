//! What other rules do to clocks that run, and that a preview says so before.

use super::*;

/// The due dates that moved: by ticket, from and to.
type Moved = BTreeMap<String, (String, String)>;

/// A county with tickets that run: the county's leader follows all of it.
struct Stage {
    server: TestServer,
    admin: Person,
    live: Live,
    own: Vec<String>,
}

impl Stage {
    async fn with(phone: &str) -> Self {
        let server = TestServer::start();
        let (admin, worker) = (server.staff("admin", 0).await, server.staff("worker", 0).await);
        let (leader, resident) = (server.staff("leader_l1", 0).await, server.resident(phone).await);
        let mut own = Vec::new();
        for kind in ["suggestion", "dispute", "suggestion", "revitalization", "dispute"] {
            own.push(resident.submit(&server.code_of("worker", 0), kind, "路灯坏了").await.0);
        }
        for ticket in &own[..2] {
            worker.step(ticket, "accept", &json!({})).await;
        }
        // A clock that stands still is worked out like the others.
        worker.step(&own[1], "pause", &json!({ "reason": "waiting_for_department" })).await;
        let mut live = Live::open(&leader).await;
        let topic = format!("grid:{}", leader.own_grid().await);
        assert_eq!(live.subscribe(&topic, None).await["op"], "subscribed");
        Self { server, admin, live, own }
    }

    /// The due dates of all open tickets.
    async fn ends(&self) -> BTreeMap<String, String> {
        let open = self.admin.all_tickets("state=submitted,accepted").await;
        open.iter().map(|ticket| (text(&ticket["id"]), text(&ticket["due_at"]))).collect()
    }

    /// The due dates that `many` events say moved, for one cause and under these rules.
    async fn moved(&mut self, many: usize, cause: &str) -> Moved {
        let mut moved = Moved::new();
        while moved.len() < many {
            let event = self.live.event("ticket.due_changed").await;
            let data = &event["data"];
            assert_eq!(data["cause"], cause, "{event}");
            let ends = (text(&data["was_due_at"]), text(&data["due_at"]));
            assert!(moved.insert(text(&data["ticket_id"]), ends).is_none(), "moved twice: {event}");
        }
        moved
    }

    /// Nothing else moved: what is said afterwards is not another due date.
    async fn assert_no_more(&mut self) {
        let worker = self.server.staff("worker", 0).await;
        worker.comment(&self.own[0], "在路上").await;
        let messages = self.live.until(|message| message["kind"] == "ticket.commented").await;
        assert!(!messages.iter().any(|message| message["kind"] == "ticket.due_changed"), "{messages:?}");
    }
}

fn count(preview: &Value, member: &str) -> usize {
    preview[member].as_u64().unwrap_or_else(|| panic!("no {member} in {preview}")) as usize
}

/// The preview said what then happened to these ends.
fn assert_foretold(preview: &Value, before: &BTreeMap<String, String>, moved: &Moved) {
    assert_eq!(count(preview, "changed"), moved.len());
    assert_eq!(count(preview, "earlier"), moved.values().filter(|(was, is)| is < was).count());
    assert_eq!(count(preview, "later"), moved.values().filter(|(was, is)| is > was).count());
    for (ticket, (was, _)) in moved {
        assert_eq!(before.get(ticket), Some(was), "{ticket}");
    }
    let sample = preview["sample"].as_array().unwrap();
    assert_eq!(sample.len(), moved.len().min(20));
    for shown in sample {
        let ends = (text(&shown["due_at"]), text(&shown["new_due_at"]));
        assert_eq!(moved.get(&text(&shown["ticket_id"])), Some(&ends), "{shown}");
    }
    let news: Vec<_> = sample.iter().map(|shown| text(&shown["new_due_at"])).collect();
    assert!(news.is_sorted(), "the next to end first: {news:?}");
}

#[actix_rt::test]
async fn a_preview_of_service_levels_says_what_then_happens_to_running_clocks() {
    let mut stage = Stage::with("19900006604").await;
    let before = stage.ends().await;
    let levels = body_at(&stage.admin, LEVELS).await;
    let other = with(
        &levels,
        json!({
            "accept": limit(50, "minutes", "continuous"),
            "finish": limit(20, "hours", "continuous"),
            "exceptions": [{ "kind": "revitalization", "level": 5, "accept": limit(30, "minutes", "continuous"), "finish": null }],
        }),
    );
    let preview = stage.admin.post("/service-levels/preview", &other).await.expect(200).clone();
    assert_eq!(stage.ends().await, before, "a preview changes nothing");
    assert_eq!(body_at(&stage.admin, LEVELS).await, levels);
    // Two accepted ones end earlier, two waiting ones later, and one has its old limit as an exception.
    assert!(count(&preview, "earlier") >= 2 && count(&preview, "later") >= 2, "{preview}");
    assert!(count(&preview, "running") > count(&preview, "changed"), "{preview}");
    stage.admin.put(LEVELS, &other).await.expect(200);
    let moved = stage.moved(count(&preview, "changed"), "service_levels").await;
    assert_foretold(&preview, &before, &moved);
    assert_eq!(stage.own.iter().filter(|own| moved.contains_key(*own)).count(), 4);
    stage.assert_no_more().await;

    let mut expected = before.clone();
    expected.extend(moved.iter().map(|(ticket, (_, is))| (ticket.clone(), is.clone())));
    assert_eq!(stage.ends().await, expected);
    let first = stage.admin.get(&format!("/tickets/{}", stage.own[0])).await;
    assert_eq!(first.expect(200)["clock"]["limit"], limit(20, "hours", "continuous"));
    let shown = preview["sample"].as_array().unwrap().iter().find(|shown| shown["ticket_id"] == stage.own[0]).unwrap();
    assert_eq!((&shown["number"], &shown["purpose"]), (&first.body["number"], &json!("finish")));
    assert_eq!(
        (&shown["kind_title"], &shown["grid_name"]),
        (&first.body["kind_title"], &first.body["grid"]["full_name"])
    );
    // The same rules again move nothing.
    let same = stage.admin.post("/service-levels/preview", &other).await.expect(200).clone();
    assert_eq!((count(&same, "changed"), &same["sample"]), (0, &json!([])));
}

#[actix_rt::test]
async fn a_holiday_moves_the_ends_of_working_time_and_taking_it_back_moves_them_back() {
    let mut stage = Stage::with("19900006605").await;
    let levels = body_at(&stage.admin, LEVELS).await;
    let workdays = limit(3, "workdays", "working");
    let all_week: Vec<_> = (0..7).map(|_| json!([hours("08:30", "12:00"), hours("14:30", "18:00")])).collect();
    let calendar = with(&body_at(&stage.admin, CALENDAR).await, json!({ "week": all_week, "days": {} }));
    let calendar = body_of(stage.admin.put(CALENDAR, &calendar).await.expect(200));
    let in_workdays = with(&levels, json!({ "accept": workdays, "finish": workdays }));
    let preview = stage.admin.post("/service-levels/preview", &in_workdays).await.expect(200).clone();
    stage.admin.put(LEVELS, &in_workdays).await.expect(200);
    stage.moved(count(&preview, "changed"), "service_levels").await;
    let first = stage.own[0].clone();
    let began = stage.admin.get(&format!("/tickets/{first}")).await.expect(200).clone();
    assert_eq!(began["clock"]["limit"], workdays);
    let before = stage.ends().await;

    // Ends are at 18:00 in China, which is the same date in UTC.
    let end = text(&began["due_at"]);
    assert_eq!(&end[10..], "T10:00:00.000Z");
    let holiday = json!({ &end[..10]: { "working": false, "name": "临时放假" } });
    let with_holiday = with(&calendar, json!({ "days": holiday }));
    let preview = stage.admin.post("/calendar/preview", &json!({ "calendar": with_holiday })).await.expect(200).clone();
    assert!(count(&preview, "later") >= stage.own.len() && count(&preview, "earlier") == 0, "{preview}");
    let stated = body_of(stage.admin.put(CALENDAR, &with_holiday).await.expect(200));
    let moved = stage.moved(count(&preview, "changed"), "calendar").await;
    assert_foretold(&preview, &before, &moved);
    stage.assert_no_more().await;
    let due = stage.admin.get(&format!("/tickets/{first}/due")).await.expect(200).clone();
    assert_eq!(due["rules"], json!({ "service_levels_version": 1, "calendar_version": stated["version"] }));
    let skipped = due["days"].as_array().unwrap().iter().find(|day| day["date"] == end[..10]).cloned().unwrap();
    assert_eq!((&skipped["name"], &skipped["working"]), (&json!("临时放假"), &json!(false)));

    let back = with(&stated, json!({ "days": {} }));
    let preview = stage.admin.post("/calendar/preview", &json!({ "calendar": back })).await.expect(200).clone();
    stage.admin.put(CALENDAR, &back).await.expect(200);
    let returned = stage.moved(count(&preview, "changed"), "calendar").await;
    let swapped: Moved = moved.into_iter().map(|(ticket, (was, is))| (ticket, (is, was))).collect();
    assert_eq!(returned, swapped);
    assert_eq!(stage.ends().await, before);
}

#[actix_rt::test]
async fn an_end_that_would_lie_in_the_past_stays() {
    let mut stage = Stage::with("19900006606").await;
    let levels = body_at(&stage.admin, LEVELS).await;
    // As if they had been sent an hour ago.
    stage.server.stop();
    let sql = "UPDATE tickets SET clock = json_set(clock, '$.started_at', \
               strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', '-1 hour')) WHERE state IN ('submitted', 'accepted');";
    stage.server.sql(sql);
    stage.server.restart();
    stage.admin = stage.server.staff("admin", 0).await;
    let before = stage.ends().await;
    let short = with(
        &levels,
        json!({ "accept": limit(2, "minutes", "continuous"), "finish": limit(30, "hours", "continuous") }),
    );
    let preview = stage.admin.post("/service-levels/preview", &short).await.expect(200).clone();
    assert!(count(&preview, "kept_past") >= 3, "{preview}");
    let unchanged = count(&preview, "running") - count(&preview, "changed") - count(&preview, "kept_past");
    assert_eq!((count(&preview, "earlier"), unchanged), (0, 0), "{preview}");
    stage.admin.put(LEVELS, &short).await.expect(200);
    let moves = eventually("longer limits", async || {
        let after = stage.ends().await;
        let moved = before.iter().filter(|(ticket, end)| after.get(*ticket) != Some(end)).count();
        (moved == count(&preview, "changed")).then_some(after)
    })
    .await;
    let waiting = stage.admin.all_tickets("state=submitted").await;
    for own in &stage.own[2..] {
        assert_eq!(moves.get(own), before.get(own));
        let ticket = waiting.iter().find(|ticket| ticket["id"] == own.as_str()).expect("still waits");
        assert_eq!(ticket["overdue"], false, "nobody becomes late by a rule that did not hold");
    }
}

//! Web push, end to end: this test is the browser and its push service.

use lianxin_domain::clock::Timestamp;

use super::*;
use crate::other_side::browser::{Browser, check_vapid};
use crate::other_side::server::{Got, Server};

const DAY_MS: i64 = 24 * 3_600_000;

/// A server that may push to a push service of the test, and a worker's browser there.
struct Pushed {
    stage: Stage,
    service: Server,
    browser: Browser,
    id: String,
}

impl Pushed {
    async fn with(phone: &str, settings: &[(&str, &str)]) -> Self {
        let service = Server::start();
        let hosts = format!("[\"{}\"]", service.authority);
        let mut all = vec![("LIANXIN__NOTIFY__PUSH__ENABLED", "true"), ("LIANXIN__NOTIFY__PUSH__MORE_HOSTS", &hosts)];
        all.extend(settings);
        let stage = Stage::with(phone, &all).await;
        let browser = Browser::seeded(9);
        let keys = json!({ "p256dh": browser.p256dh(), "auth": browser.auth() });
        let subscription =
            json!({ "endpoint": format!("{}/push/telephone", service.base), "keys": keys, "device": "手机" });
        let id = text(&stage.worker.post("/push/subscriptions", &subscription).await.expect(201)["id"]);
        // At any hour.
        wish(&stage.worker, json!({ "quiet": null })).await;
        Self { stage, service, browser, id }
    }

    /// The next messages, once so many are there.
    async fn arrive(&self, count: usize) -> Vec<Got> {
        let mut got = Vec::new();
        eventually("a push message", async || {
            got.extend(self.service.take());
            (got.len() >= count).then_some(())
        })
        .await;
        assert_eq!(got.len(), count, "not more than it should be");
        got
    }
}

/// A person's wishes with other members.
pub async fn wish(person: &Person, members: Value) {
    let mut wishes = person.get("/me/notifications").await.expect(200).clone();
    let body = wishes.as_object_mut().unwrap();
    body.retain(|member, _| !matches!(member.as_str(), "available" | "may_mute"));
    body.extend(members.as_object().unwrap().clone());
    person.put("/me/notifications", &wishes).await.expect(200);
}

#[actix_rt::test]
async fn a_nudge_rings_on_the_workers_telephone_and_the_leader_hears_that_it_was_heard() {
    let pushed = Pushed::with("19900001221", &[]).await;
    let Pushed { stage, service, browser, .. } = &pushed;
    let ticket = stage.request("三组路口的路灯坏了").await;
    pushed.arrive(1).await;
    stage.worker.step(&ticket, "accept", &json!({})).await;
    let (mut telephone, _) = follow(&stage.worker, None).await;
    let (mut leader, _) = follow(&stage.leader, None).await;

    stage.leader.step(&ticket, "nudge", &json!({ "note": "老人在等" })).await;
    let told = telephone.event("inbox.notified").await;
    let got = pushed.arrive(1).await.remove(0);
    assert_eq!(got.path, "POST /push/telephone");
    let message = browser.read(&got);
    assert_eq!((&message["title"], &message["text"]), (&told["data"]["title"], &told["data"]["text"]));
    let name = text(&stage.leader.get("/auth/me").await.body["name"]);
    assert_eq!(message["title"], format!("{name}督促（第 1 次）"));
    assert!(text(&message["text"]).ends_with("老人在等"));
    assert_eq!(message["url"], format!("/m/tickets/{ticket}"));
    assert_eq!(Browser::seeded(8).decrypt(&got.body), None, "the push service itself reads nothing");
    let (claims, key) = check_vapid(&got);
    assert_eq!(claims["aud"], service.base);
    assert_eq!(stage.worker.get("/push/key").await.body["key"], key);
    assert_eq!((got.header("content-encoding"), got.header("urgency")), ("aes128gcm", "normal"));

    assert_eq!(stage.worker.get(&format!("/tickets/{ticket}")).await.body["nudge"]["unread"], true);
    stage.worker.step(&ticket, "nudge-receipt", &json!({})).await;
    let heard = leader.event("inbox.notified").await;
    assert_eq!((&heard["data"]["title"], &heard["data"]["type"]), (&json!("督促已收到"), &json!("progress")));
    assert_eq!(heard["data"]["subject"]["id"], ticket);
    assert_eq!(stage.leader.get(&format!("/tickets/{ticket}")).await.body["nudge"]["unread"], false);
}

#[actix_rt::test]
async fn a_browser_that_is_gone_is_forgotten_and_a_service_in_trouble_is_asked_again() {
    let pushed = Pushed::with("19900001222", &[]).await;
    let stage = &pushed.stage;
    pushed.service.will_answer(503, &[("Retry-After", "1")], "");
    let ticket = stage.request("第一件").await;
    let tries = pushed.arrive(2).await;
    assert_eq!(pushed.browser.read(&tries[0]), pushed.browser.read(&tries[1]), "the same message");
    assert_eq!(tries[0].header("topic"), tries[1].header("topic"), "and the service knows that");

    pushed.service.will_answer(410, &[], "");
    stage.leader.step(&ticket, "nudge", &json!({})).await;
    pushed.arrive(1).await;
    eventually("the browser is forgotten", async || {
        let known = stage.worker.get("/push/subscriptions").await.body["items"].as_array().unwrap().len();
        (known == 0).then_some(())
    })
    .await;
    let admin = stage.server.staff("admin", 0).await;
    let given_up = admin.get("/deliveries?state=given_up").await.expect(200)["items"].clone();
    let [one] = &given_up.as_array().unwrap()[..] else { panic!("{given_up}") };
    assert_eq!((&one["channel"], &one["last_error"]), (&json!("push"), &json!("127.0.0.1 answered 410")));
    // What comes from now on takes another way.
    stage.request("第二件").await;
    eventually("an SMS", async || {
        stage.server.outbox("sms").iter().any(|line| line["title"] == "新诉求待接单").then_some(())
    })
    .await;
    assert_eq!(pushed.service.take().len(), 0);
}

#[actix_rt::test]
async fn a_browser_that_says_it_is_enough_hears_nothing_more() {
    let pushed = Pushed::with("19900001223", &[]).await;
    let stage = &pushed.stage;
    stage.request("第一件").await;
    pushed.arrive(1).await;
    stage.worker.delete(&format!("/push/subscriptions/{}", pushed.id)).await.expect(204);
    stage.request("第二件").await;
    // Its message goes by SMS instead, so by then a push would have come.
    eventually("an SMS", async || {
        stage.server.outbox("sms").iter().any(|line| line["title"] == "新诉求待接单").then_some(())
    })
    .await;
    assert_eq!(pushed.service.take().len(), 0);
}

#[actix_rt::test]
async fn what_is_news_is_gathered_for_who_wishes_so_and_told_once_a_day() {
    let mut pushed = Pushed::with("19900001224", &[]).await;
    wish(&pushed.stage.worker, json!({ "digest": "18:00" })).await;
    let ticket = pushed.stage.request("一件").await;
    pushed.arrive(1).await;
    // An important one comes at once; what a resident adds is news.
    pushed.stage.worker.step(&ticket, "accept", &json!({})).await;
    for words in ["在桥头", "门牌 12 号"] {
        pushed.stage.resident.comment(&ticket, words).await;
    }
    let account = id_of(&pushed.stage.worker).await;
    let row = pushed.stage.server.sql(&format!("SELECT due_at FROM deadlines WHERE id = 'digest:{account}';"));
    let due_at: i64 = row[0][0].parse().unwrap();
    assert_eq!((due_at + 8 * 3_600_000) % 86_400_000, 18 * 3_600_000, "at 18:00 in China");
    // As if yesterday's were owed still, because the server stood still since then.
    let yesterdays = due_at - DAY_MS;
    pushed.stage.sleep(|server| {
        server.sql(&format!("UPDATE deadlines SET due_at = {yesterdays} WHERE id = 'digest:{account}';"));
    });
    let digest = pushed.browser.read(&pushed.arrive(1).await[0]);
    let unread = pushed.stage.worker.get("/inbox?unread=true&limit=200").await.body["items"].clone();
    // Whatever came since the digest before.
    let since = Timestamp::from_millis(yesterdays - DAY_MS);
    let count = unread.as_array().unwrap().iter().filter(|item| time(&item["at"]) > since).count();
    let many = if count < 100 { "" } else { "以上" };
    assert_eq!(digest["title"], format!("今日有 {} 条{many}未读消息", count.min(100)));
    assert!(text(&digest["text"]).starts_with("有新的补充说明；有新的补充说明；"), "{digest}");
    let next = pushed.stage.server.sql(&format!("SELECT due_at FROM deadlines WHERE id = 'digest:{account}';"));
    assert_eq!(next[0][0].parse::<i64>().unwrap(), due_at, "and the next one is owed");
}

#[actix_rt::test]
async fn in_quiet_hours_only_what_is_urgent_rings() {
    let pushed = Pushed::with("19900001225", &[]).await;
    let stage = &pushed.stage;
    // From an hour ago to in an hour, as China's clocks show it.
    let local = |hours: i64| now().plus_millis((8 + hours) * 3_600_000).to_string()[11..16].to_owned();
    let quiet = json!({ "from": local(-1), "to": local(1) });
    wish(
        &stage.worker,
        json!({ "quiet": quiet, "channels": { "push": true, "wechat": false, "sms": false, "voice": false } }),
    )
    .await;
    stage.request("不急的一件").await;
    stage.resident.submit(&stage.code, "suggestion", "三组着火了，有人受伤").await;
    let rung = pushed.browser.read(&pushed.arrive(1).await[0]);
    assert_eq!((&rung["title"], &rung["urgent"]), (&json!("紧急诉求待接单"), &json!(true)));
    let admin = stage.server.staff("admin", 0).await;
    let owed = eventually("the other one waits", async || {
        let owed = admin.get("/deliveries?state=owed").await.body["items"].as_array().unwrap().clone();
        let account = id_of(&stage.worker).await;
        owed.into_iter().find(|one| one["account"]["id"] == account)
    });
    let owed = owed.await;
    let waits = time(&owed["next_at"]).since(now());
    assert!((59 * 60_000 - 60_000..=60 * 60_000).contains(&waits), "{waits}");
    assert_eq!(pushed.service.take().len(), 0);
}

//! What leaves the house by SMS, and who looks after it.

use super::push::wish;
use super::*;
use crate::other_side::browser::Browser;
use crate::other_side::server::Server;

const SMS: (&str, &str) = ("LIANXIN__NOTIFY__SMS__ENABLED", "true");
const NO_VOICE: (&str, &str) = ("LIANXIN__NOTIFY__VOICE__ENABLED", "false");

/// Messages about a request that went to a person's telephone by SMS.
fn received(server: &TestServer, account: &str, ticket: &str) -> Vec<Value> {
    let key = format!("{account}:{ticket}:");
    server.outbox("sms").into_iter().filter(|line| text(&line["key"]).starts_with(&key)).collect()
}

#[actix_rt::test]
async fn an_important_message_goes_by_sms_once_and_not_when_it_was_read_before() {
    let service = Server::start();
    let hosts = format!("[\"{}\"]", service.authority);
    let cooldown = ("LIANXIN__NOTIFY__COOLDOWN_MINUTES", "0");
    let mut stage =
        Stage::with("19900001231", &[SMS, NO_VOICE, cooldown, ("LIANXIN__NOTIFY__PUSH__MORE_HOSTS", &hosts)]).await;
    let account = id_of(&stage.worker).await;
    wish(&stage.worker, json!({ "quiet": null })).await;
    // Nothing quicker leads to the worker: at once.
    let first = stage.request("第一件").await;
    let sms = eventually("an SMS", async || received(&stage.server, &account, &first).pop()).await;
    assert_eq!(sms["title"], "新诉求待接单");
    assert!(text(&sms["phone"]).starts_with("199"), "{sms}");
    assert!(!sms.to_string().contains("李小明"), "{sms}");

    // With a browser it waits five minutes for somebody to read it.
    let browser = Browser::seeded(4);
    let keys = json!({ "p256dh": browser.p256dh(), "auth": browser.auth() });
    let endpoint = format!("{}/push", service.base);
    stage.worker.post("/push/subscriptions", &json!({ "endpoint": endpoint, "keys": keys })).await.expect(201);
    let (seen, unseen) = (stage.request("看了的").await, stage.request("没看的").await);
    let admin = stage.server.staff("admin", 0).await;
    let of = async |state: &str, admin: &Person| {
        let listed = admin.get(&format!("/deliveries?limit=200&state={state}")).await;
        let items = listed.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().filter(|one| one["channel"] == "sms" && one["account"]["id"] == account).collect::<Vec<_>>()
    };
    let owed = eventually("two SMS that wait", async || Some(of("owed", &admin).await).filter(|owed| owed.len() == 2));
    for one in owed.await {
        let waits = time(&one["next_at"]).since(now());
        assert!((4 * 60_000..=5 * 60_000).contains(&waits), "{one}");
    }
    let listed = stage.worker.get("/inbox?limit=10").await.body["items"].clone();
    let notice = listed.as_array().unwrap().iter().find(|item| item["subject"]["id"] == seen).unwrap().clone();
    read(&stage.worker, &[&notice["id"]]).await;
    stage.sleep(|server| {
        server.sql("UPDATE deliveries SET next_at = 0 WHERE channel = 'sms' AND state = 'owed';");
    });
    eventually("an SMS", async || received(&stage.server, &account, &unseen).pop()).await;
    let admin = admin.at(&stage.server);
    eventually("nothing is owed", async || of("owed", &admin).await.is_empty().then_some(())).await;
    let not_needed = of("not_needed", &admin).await;
    assert_eq!((not_needed.len(), &not_needed[0]["reference"]), (1, &json!("read")));
    let sent = of("sent", &admin).await;
    assert_eq!(sent.len(), 2);
    assert!(
        sent.iter().all(|one| one["attempts"] == 1 && one["cost_milli_fen"] == 4_500 && one["done_at"].is_string())
    );
    assert_eq!(received(&stage.server, &account, &seen), [] as [Value; 0]);
    for ticket in [&first, &unseen] {
        assert_eq!(received(&stage.server, &account, ticket).len(), 1);
    }
}

#[actix_rt::test]
async fn nobodys_telephone_is_stormed() {
    let stage = Stage::with("19900001232", &[SMS, NO_VOICE]).await;
    let account = id_of(&stage.worker).await;
    wish(&stage.worker, json!({ "quiet": null })).await;
    let first = stage.request("第一件").await;
    eventually("an SMS", async || received(&stage.server, &account, &first).pop()).await;
    let admin = stage.server.staff("admin", 0).await;
    for number in 2..=4 {
        stage.request(&format!("第 {number} 件")).await;
    }
    let owed = eventually("three that wait", async || {
        let owed = admin.get("/deliveries?state=owed").await.body["items"].as_array().unwrap().clone();
        let own: Vec<Value> = owed.into_iter().filter(|one| one["account"]["id"] == account).collect();
        (own.len() == 3 && own.iter().all(|one| time(&one["next_at"]).since(now()) > 0)).then_some(own)
    });
    for one in owed.await {
        let waits = time(&one["next_at"]).since(now());
        assert!((9 * 60_000..=10 * 60_000).contains(&waits), "{one}");
    }
    let mut stage = stage;
    stage.sleep(|server| {
        // Ten minutes later.
        server
            .sql("UPDATE deliveries SET next_at = next_at - 600000, done_at = done_at - 600000 WHERE channel = 'sms';");
    });
    let together = eventually("one SMS that tells of three", async || {
        stage
            .server
            .outbox("sms")
            .into_iter()
            .find(|line| line["title"] == "您有 3 条待处理消息" && text(&line["key"]).starts_with(&account))
    });
    assert_eq!(together.await["text"], "新诉求待接单；新诉求待接单；新诉求待接单");
    let admin = admin.at(&stage.server);
    eventually("nothing is owed", async || {
        let owed = admin.get("/deliveries?state=owed").await.body["items"].as_array().unwrap().clone();
        owed.iter().all(|one| one["account"]["id"] != account).then_some(())
    })
    .await;
    let told = stage.server.outbox("sms").iter().filter(|line| text(&line["key"]).starts_with(&account)).count();
    assert_eq!(told, 2);
}

#[actix_rt::test]
async fn what_was_sent_is_shown_to_the_tenants_administrator_alone_and_without_numbers() {
    let stage = Stage::with("19900001233", &[SMS, NO_VOICE]).await;
    wish(&stage.worker, json!({ "quiet": null })).await;
    let account = id_of(&stage.worker).await;
    let ticket = stage.request("一件").await;
    let sms = eventually("an SMS", async || received(&stage.server, &account, &ticket).pop()).await;
    let admin = stage.server.staff("admin", 0).await;
    for path in ["/deliveries", "/deliveries/counts"] {
        for person in [&stage.worker, &stage.leader, &stage.resident, &stage.server.staff("leader_l2", 0).await] {
            let refused = person.get(path).await;
            assert_eq!((refused.status, refused.code()), (403, "deliveries.not_permitted"), "{path}");
            assert_clear_refusal(&refused, path);
        }
        assert_eq!(stage.server.nobody().get(path).await.status, 401);
    }
    let own = eventually("it is booked", async || {
        let listed = admin.get("/deliveries?state=sent&limit=200").await.expect(200)["items"].clone();
        listed.as_array().unwrap().iter().find(|one| one["key"] == sms["key"]).cloned()
    });
    let own = own.await;
    let name = stage.worker.get("/auth/me").await.body["name"].clone();
    assert_eq!((&own["account"]["name"], &own["title"], &own["channel"]), (&name, &sms["title"], &json!("sms")));
    assert_eq!(own["reference"], sms["reference"]);
    // Page by page, each once.
    let whole = admin.get("/deliveries?limit=200").await.body["items"].as_array().unwrap().clone();
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/deliveries?limit=2{cursor}")).await;
        listed.extend(page.expect(200)["items"].as_array().unwrap().clone());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let keys = |items: &[Value]| items.iter().map(|item| item["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys(&listed), keys(&whole));
    // Codes went out too, and are no more than a line.
    assert!(whole.iter().any(|one| one["account"].is_null() && one["title"].is_null()), "{whole:?}");
    let counts = admin.get("/deliveries/counts").await.expect(200)["items"].clone();
    let shown = format!("{whole:?}{counts}");
    for line in stage.server.outbox("sms") {
        assert!(!shown.contains(&text(&line["phone"])), "{line}");
        assert!(line["code"].as_str().is_none_or(|code| !shown.contains(&format!("\"{code}\""))));
    }
    let month = counts.as_array().unwrap().iter().find(|one| one["channel"] == "sms").unwrap();
    let sent = stage
        .server
        .sql("SELECT COUNT(*), SUM(cost_milli_fen) FROM deliveries WHERE channel = 'sms' AND state = 'sent';");
    assert_eq!([&month["sent"], &month["cost_milli_fen"]].map(ToString::to_string)[..], sent[0]);
}

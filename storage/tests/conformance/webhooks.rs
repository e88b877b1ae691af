//! Webhooks and their messages: what comes back, what is due in which order, and what goes.

use lianxin_domain::ids::{AccountId, EntityId, GridId};
use lianxin_domain::tree::TreePath;
use lianxin_domain::webhook::retry::{Health, TryError};
use lianxin_domain::webhook::signature::WebhookSecret;
use lianxin_domain::webhook::{StoppedBecause, Webhook, WebhookPlan};
use lianxin_storage::journal::CommitError;
use lianxin_storage::maintenance::{Purged, purge};
use lianxin_storage::webhook_deliveries::{WebhookDeliveries, WebhookDelivery, WebhookDeliveryState};
use lianxin_storage::webhooks::{WebhookRow, Webhooks};

use crate::support::{Fresh, NOON, Store, cipher};

on_both!(
    a_webhook_comes_back_with_its_secrets_sealed_and_is_not_written_over,
    the_messages_about_one_request_are_due_one_after_the_other,
    a_message_is_owed_once_and_written_by_one,
    the_cursor_never_goes_back,
    messages_go_after_thirty_days_and_with_their_webhook,
);

const DAY: i64 = 24 * 3_600_000;

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn webhook(place: &TreePath, number: u128) -> Webhook {
    Webhook {
        id: id(number),
        version: 1,
        grid_id: id::<GridId>(77),
        grid_path: place.clone(),
        plan: WebhookPlan {
            name: format!("平台{number} “引号”"),
            url: "https://example.cn/hook?a=%20".to_owned(),
            kinds: vec!["ticket.submitted", "ticket.rated"],
        },
        secret: WebhookSecret::new([7; 32]),
        old_secret: None,
        enabled: true,
        stopped: None,
        since_seq: 812,
        created_by: id::<AccountId>(5),
        created_at: NOON,
        updated_at: NOON,
    }
}

fn message(webhook: &Webhook, subject: &str, seq: u64) -> WebhookDelivery {
    let id = format!("{}-{seq}", webhook.id);
    WebhookDelivery::new(id, webhook.id, "ticket.submitted", (subject, seq), format!("{{\"seq\":{seq}}}"), NOON)
}

/// One of everything.
pub async fn fill(store: &Store) {
    let webhooks = Webhooks::new(store.database.clone(), cipher());
    let made = webhook(&TreePath::root(1), 4_001).renewed(WebhookSecret::new([8; 32]), NOON);
    let made = Webhook { version: 1, ..made };
    let health = Health::default().failed(Some(500), TryError::Status, NOON, 9_000);
    let writes = vec![
        webhooks.write(&made),
        Webhooks::put_health(made.id, &health),
        WebhookDeliveries::owe(&message(&made, "t", 9)),
        WebhookDeliveries::move_to(9),
    ];
    store.write(writes).await.unwrap();
}

async fn a_webhook_comes_back_with_its_secrets_sealed_and_is_not_written_over(fresh: &Fresh) {
    let store = fresh.open().await;
    let webhooks = Webhooks::new(store.database.clone(), cipher());
    let (county, village) = (TreePath::root(1), TreePath::root(1).child(2));
    let (first, second) = (webhook(&county, 1), webhook(&village, 2));
    let foreign = webhook(&TreePath::root(2), 3);
    store.write([&first, &second, &foreign].map(|one| webhooks.write(one)).to_vec()).await.unwrap();
    let row = |webhook: &Webhook, health: Health| WebhookRow { webhook: webhook.clone(), health };
    let healthy = Health::default();
    assert_eq!(webhooks.get(first.id).await.unwrap(), Some(row(&first, healthy)));
    assert_eq!(webhooks.all_below(&county).await.unwrap(), [row(&first, healthy), row(&second, healthy)]);
    assert_eq!(webhooks.all_below(&village).await.unwrap(), [row(&second, healthy)]);

    let renewed = first.clone().renewed(WebhookSecret::new([9; 32]), NOON);
    let stopped = renewed.clone().stopped(StoppedBecause::Gone, NOON);
    let failing = Health::default().failed(None, TryError::Timeout, NOON, 9_000);
    let writes = vec![webhooks.write(&renewed), webhooks.write(&stopped), Webhooks::put_health(first.id, &failing)];
    store.write(writes).await.unwrap();
    assert_eq!(webhooks.get(first.id).await.unwrap(), Some(row(&stopped, failing)));
    let enabled = webhooks.all_enabled().await.unwrap();
    assert_eq!(enabled.iter().map(|row| row.webhook.id).collect::<Vec<_>>(), [second.id, foreign.id]);
    let late = store.write(vec![webhooks.write(&renewed)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "webhooks", .. })), "{late:?}");
    let sealed = fresh.texts("SELECT secret_sealed FROM webhooks ORDER BY id").await;
    assert!(sealed.iter().all(|text| text.starts_with("v1:")), "{sealed:?}");

    let moved = TreePath::root(1).child(9);
    store.write(vec![Webhooks::relocate(&village, &moved)]).await.unwrap();
    assert_eq!(webhooks.get(second.id).await.unwrap().unwrap().webhook.grid_path, moved);
}

async fn the_messages_about_one_request_are_due_one_after_the_other(fresh: &Fresh) {
    let store = fresh.open().await;
    let deliveries = WebhookDeliveries::new(store.database.clone());
    let (own, other) = (webhook(&TreePath::root(1), 1), webhook(&TreePath::root(1), 2));
    let all = [message(&own, "a", 1), message(&own, "a", 2), message(&own, "b", 3), message(&own, "c", 4)];
    store.write(all.iter().map(WebhookDeliveries::owe).collect()).await.unwrap();
    store.write(vec![WebhookDeliveries::owe(&message(&other, "a", 1))]).await.unwrap();
    let due = async |at, limit| -> Vec<u64> {
        deliveries.due(own.id, at, limit).await.unwrap().iter().map(|one| one.seq).collect()
    };
    assert_eq!(due(NOON, 9).await, [1, 3, 4]);
    assert_eq!(due(NOON, 2).await, [1, 3]);
    assert_eq!(due(NOON.plus_millis(-1), 9).await, [0_u64; 0]);
    assert_eq!(deliveries.count_owed(own.id).await.unwrap(), 4);
    // One that failed waits, and what follows it too; then it comes behind those that were never tried.
    let failed = WebhookDelivery {
        version: 2,
        attempts: 1,
        next_at: NOON.plus_millis(9_000),
        tried_at: Some(NOON),
        status: Some(500),
        duration_ms: Some(12),
        error: Some(TryError::Status),
        ..all[0].clone()
    };
    store.write(vec![WebhookDeliveries::update(&failed)]).await.unwrap();
    assert_eq!(due(NOON, 9).await, [3, 4]);
    assert_eq!(due(NOON.plus_millis(9_000), 9).await, [3, 4, 1]);
    assert_eq!(deliveries.get(&failed.id).await.unwrap(), Some(failed.clone()));
    let sent = WebhookDelivery { version: 3, state: WebhookDeliveryState::Sent, done_at: Some(NOON), ..failed.clone() };
    store.write(vec![WebhookDeliveries::update(&sent)]).await.unwrap();
    assert_eq!(due(NOON, 9).await, [2, 3, 4]);
    store.write(vec![WebhookDeliveries::update(&sent.again(NOON))]).await.unwrap();
    assert_eq!(due(NOON, 9).await, [1, 3, 4]);
}

async fn a_message_is_owed_once_and_written_by_one(fresh: &Fresh) {
    let store = fresh.open().await;
    let deliveries = WebhookDeliveries::new(store.database.clone());
    let own = webhook(&TreePath::root(1), 1);
    let first = message(&own, "a", 1);
    let again = WebhookDelivery { body: "{}".to_owned(), ..first.clone() };
    for one in [&first, &again] {
        store.write(vec![WebhookDeliveries::owe(one)]).await.unwrap();
    }
    assert_eq!(deliveries.list(own.id, None, None, 9).await.unwrap(), std::slice::from_ref(&first));
    let sent = WebhookDelivery { version: 2, state: WebhookDeliveryState::Sent, ..first };
    store.write(vec![WebhookDeliveries::update(&sent)]).await.unwrap();
    let late = store.write(vec![WebhookDeliveries::update(&sent)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "webhook_deliveries", .. })), "{late:?}");
    assert_eq!(deliveries.list(own.id, Some(WebhookDeliveryState::Owed), None, 9).await.unwrap(), []);
    let newer = WebhookDelivery { created_at: NOON.plus_millis(1), ..message(&own, "a", 2) };
    store.write(vec![WebhookDeliveries::owe(&newer)]).await.unwrap();
    let page = deliveries.list(own.id, None, None, 1).await.unwrap();
    assert_eq!(page, std::slice::from_ref(&newer));
    assert_eq!(deliveries.list(own.id, None, Some((newer.created_at, newer.id)), 9).await.unwrap(), [sent]);
}

async fn the_cursor_never_goes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let deliveries = WebhookDeliveries::new(store.database.clone());
    assert_eq!(deliveries.position().await.unwrap(), None);
    for (to, at) in [(7, 7), (9, 9), (8, 9)] {
        store.write(vec![WebhookDeliveries::move_to(to)]).await.unwrap();
        assert_eq!(deliveries.position().await.unwrap(), Some(at));
    }
}

async fn messages_go_after_thirty_days_and_with_their_webhook(fresh: &Fresh) {
    let store = fresh.open().await;
    let webhooks = Webhooks::new(store.database.clone(), cipher());
    let (own, other) = (webhook(&TreePath::root(1), 1), webhook(&TreePath::root(1), 2));
    let aged = |seq: u64, ms: i64| WebhookDelivery { created_at: NOON.plus_millis(-ms), ..message(&own, "a", seq) };
    let writes = vec![
        webhooks.write(&own),
        webhooks.write(&other),
        Webhooks::put_health(own.id, &Health::taken(204, NOON)),
        WebhookDeliveries::owe(&aged(1, 30 * DAY + 1)),
        WebhookDeliveries::owe(&aged(2, 30 * DAY)),
        WebhookDeliveries::owe(&message(&other, "a", 3)),
    ];
    store.write(writes).await.unwrap();
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(purged, Purged { webhook_deliveries: 1, ..Purged::default() });
    assert_eq!(fresh.number("SELECT COUNT(*) FROM webhook_deliveries").await, 2);
    store.write(webhooks.remove(&own).to_vec()).await.unwrap();
    assert_eq!(fresh.number("SELECT COUNT(*) FROM webhook_deliveries").await, 1);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM webhook_health").await, 0);
    assert_eq!(webhooks.get(own.id).await.unwrap(), None);
}

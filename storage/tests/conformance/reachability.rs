//! Where people can be reached: their wishes, and addresses that nobody reads in the database.

use std::fs;

use lianxin_domain::calendar::TimeOfDay;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{ChannelSet, NotificationKind, NotificationSettings, QuietHours};
use lianxin_storage::deadlines::Deadline;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::error::StorageError;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::reachability::{DIGEST, PushSubscription, Reachability, Wishes};

use crate::support::{Fresh, NOON, Store};
use crate::village::raw;

on_both!(
    who_never_said_anything_has_the_usual_wishes,
    wishes_come_back_and_replace_each_other,
    the_digest_is_a_deadline_while_somebody_wants_it,
    subscriptions_come_back_to_their_account,
    a_browser_that_changes_hands_is_the_next_ones,
    addresses_are_not_readable_in_the_database,
    a_sealed_address_opens_in_its_own_column_only,
);

const WECHAT: &str = "oX1-WechatOpenId";
const ENDPOINT: &str = "https://push.example.net/send/secret-endpoint-4711";

async fn put(store: &Store, account: AccountId, wishes: &Wishes, now: Timestamp) {
    store.write(store.reachability.put_wishes(account, wishes, now)).await.unwrap();
}

fn subscription(account_id: AccountId, endpoint: &str) -> PushSubscription {
    PushSubscription {
        id: Reachability::subscription_id(endpoint),
        account_id,
        body: format!("{{\"endpoint\":\"{endpoint}\",\"keys\":{{\"p256dh\":\"k\",\"auth\":\"a\"}}}}"),
        device: Some("爱机 “Mate”".to_owned()),
        created_at: NOON,
    }
}

async fn who_never_said_anything_has_the_usual_wishes(fresh: &Fresh) {
    let store = fresh.open().await;
    let wishes = store.reachability.wishes(store.id()).await.unwrap();
    assert_eq!(wishes, Wishes::default());
    assert_eq!((wishes.wechat, wishes.settings), (None, NotificationSettings::default()));
    assert_eq!(store.reachability.subscriptions(store.id()).await.unwrap(), []);
}

async fn wishes_come_back_and_replace_each_other(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let (from, to) = (TimeOfDay::new(21, 30).unwrap(), TimeOfDay::new(6, 0).unwrap());
    let first = Wishes {
        settings: NotificationSettings {
            quiet: Some(QuietHours { from, to }),
            muted: [NotificationKind::Progress, NotificationKind::Digest].into(),
            channels: ChannelSet { push: false, ..ChannelSet::all() },
            digest: TimeOfDay::new(18, 5),
        },
        wechat: Some(WECHAT.to_owned()),
    };
    let second =
        Wishes { settings: NotificationSettings { quiet: None, ..NotificationSettings::default() }, wechat: None };
    put(&store, me, &first, NOON).await;
    put(&store, other, &second, NOON).await;
    let again = fresh.open().await.reachability;
    assert_eq!(again.wishes(me).await.unwrap(), first);
    assert_eq!(again.wishes(other).await.unwrap(), second);
    put(&store, me, &second, NOON).await;
    assert_eq!(again.wishes(me).await.unwrap(), second);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM notification_settings").await, 2);
    fresh.execute("UPDATE notification_settings SET body = '{}'").await;
    let corrupt = again.wishes(me).await.unwrap_err();
    assert!(matches!(corrupt, StorageError::Corrupt { table: "notification_settings", .. }), "{corrupt:?}");
}

async fn the_digest_is_a_deadline_while_somebody_wants_it(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let at = |digest: Option<TimeOfDay>| Wishes {
        settings: NotificationSettings { digest, ..NotificationSettings::default() },
        wechat: None,
    };
    let due = |account: AccountId, due_at| Deadline {
        id: format!("digest:{account}"),
        kind: DIGEST.to_owned(),
        subject_id: account.to_string(),
        due_at,
    };
    let all = async || store.deadlines.before(NOON.plus_millis(i64::MAX / 2), None, 10).await.unwrap();
    put(&store, me, &at(None), NOON).await;
    assert_eq!(all().await, []);
    // It is 14:12 in China: today's 18:00 is to come, tomorrow's 08:00 too.
    let (evening, morning) = (TimeOfDay::new(18, 0), TimeOfDay::new(8, 0));
    let today = Timestamp::from_millis(1_795_255_200_000);
    put(&store, me, &at(evening), NOON).await;
    assert_eq!(all().await, [due(me, today)]);
    put(&store, other, &at(morning), NOON).await;
    assert_eq!(all().await, [due(me, today), due(other, today.plus_millis(14 * 3_600_000))]);
    // Moved, it is there once.
    put(&store, me, &at(morning), NOON).await;
    assert_eq!(all().await.len(), 2);
    store.write(vec![Reachability::digest_at(me, Some(NOON)), Reachability::digest_at(other, None)]).await.unwrap();
    assert_eq!(all().await, [due(me, NOON)]);
    put(&store, me, &at(None), NOON).await;
    assert_eq!(all().await, []);
}

async fn subscriptions_come_back_to_their_account(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let mut mine = [subscription(me, "https://a.example/2"), subscription(me, "https://a.example/1")];
    mine[1].created_at = NOON.plus_millis(1);
    mine[1].device = None;
    let others = subscription(other, "https://a.example/3");
    let all = [&mine[1], &mine[0], &others];
    store.write(all.map(|one| store.reachability.subscribe(one)).to_vec()).await.unwrap();
    assert_eq!(store.reachability.subscriptions(me).await.unwrap(), mine);
    assert_eq!(store.reachability.subscriptions(other).await.unwrap(), [others]);
    // The browser gives itself new keys: still one.
    let renewed = PushSubscription { body: "{\"endpoint\":\"x\"}".to_owned(), ..mine[0].clone() };
    store.write(vec![store.reachability.subscribe(&renewed)]).await.unwrap();
    assert_eq!(store.reachability.subscriptions(me).await.unwrap(), [renewed, mine[1].clone()]);
    store.write(vec![Reachability::unsubscribe(&mine[0].id), Reachability::unsubscribe("never")]).await.unwrap();
    assert_eq!(store.reachability.subscriptions(me).await.unwrap(), mine[1..]);
}

async fn a_browser_that_changes_hands_is_the_next_ones(fresh: &Fresh) {
    let store = fresh.open().await;
    let (first, second): (AccountId, AccountId) = (store.id(), store.id());
    let kept = subscription(first, "https://push.example.net/home");
    let shared = subscription(first, ENDPOINT);
    store.write([&kept, &shared].map(|one| store.reachability.subscribe(one)).to_vec()).await.unwrap();
    let mut taken = subscription(second, ENDPOINT);
    taken.created_at = NOON.plus_millis(5);
    assert_eq!(taken.id, shared.id);
    store.write(vec![store.reachability.subscribe(&taken)]).await.unwrap();
    assert_eq!(store.reachability.subscriptions(first).await.unwrap(), [kept]);
    assert_eq!(store.reachability.subscriptions(second).await.unwrap(), [taken]);
}

async fn addresses_are_not_readable_in_the_database(fresh: &Fresh) {
    let store = fresh.open().await;
    let me: AccountId = store.id();
    let wishes = Wishes { wechat: Some(WECHAT.to_owned()), ..Wishes::default() };
    put(&store, me, &wishes, NOON).await;
    store.write(vec![store.reachability.subscribe(&subscription(me, ENDPOINT))]).await.unwrap();
    let settings = raw(fresh, "notification_settings", &["id", "body", "wechat_sealed"]).await;
    let subscriptions = raw(fresh, "push_subscriptions", &["id", "account_id", "device", "sealed"]).await;
    assert!(settings.contains(" v1:1:") && subscriptions.contains(" v1:1:"), "{settings} {subscriptions}");
    for secret in [WECHAT, "WechatOpenId", ENDPOINT, "push.example.net", "secret-endpoint", "p256dh"] {
        assert!(!settings.contains(secret) && !subscriptions.contains(secret), "{secret}");
    }
    if fresh.dialect == Dialect::Sqlite {
        // Neither in the file nor in the log in front of it.
        let read = || -> Vec<u8> {
            let files = ["lianxin.db", "lianxin.db-wal"].map(|name| fs::read(fresh.folder.path().join(name)).unwrap());
            files.concat()
        };
        let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        for round in 0..2 {
            let bytes = read();
            assert!(holds(&bytes, "爱机 “Mate”"), "the row is in there");
            for secret in ["WechatOpenId", "push.example.net", "secret-endpoint", "p256dh"] {
                assert!(!holds(&bytes, secret), "{secret} in round {round}");
            }
            checkpoint(&store.database).await.unwrap();
        }
    }
}

async fn a_sealed_address_opens_in_its_own_column_only(fresh: &Fresh) {
    let store = fresh.open().await;
    let me: AccountId = store.id();
    put(&store, me, &Wishes { wechat: Some(WECHAT.to_owned()), ..Wishes::default() }, NOON).await;
    store.write(vec![store.reachability.subscribe(&subscription(me, ENDPOINT))]).await.unwrap();
    fresh.execute("UPDATE push_subscriptions SET sealed = (SELECT wechat_sealed FROM notification_settings)").await;
    let refused = store.reachability.subscriptions(me).await.unwrap_err();
    assert!(matches!(refused, StorageError::Sealed { table: "push_subscriptions", .. }), "{refused:?}");
    fresh.execute("UPDATE notification_settings SET wechat_sealed = 'v1:9:AAAA'").await;
    let refused = store.reachability.wishes(me).await.unwrap_err();
    assert!(matches!(refused, StorageError::Sealed { table: "notification_settings", .. }), "{refused:?}");
}

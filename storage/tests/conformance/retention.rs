//! How long what people were told is kept.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{Notice, NotificationKind, Urgency};
use lianxin_storage::change::Write;
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use lianxin_storage::maintenance::{Purged, purge};
use lianxin_storage::notifications::{InboxFilter, Notifications};

use crate::support::{Fresh, NOON, Store};

on_both!(
    read_notifications_go_after_four_hundred_days_and_unread_ones_after_two_years,
    marks_of_reading_go_with_what_was_read,
    finished_deliveries_go_after_ninety_days_and_their_counts_stay,
    many_go_in_several_changes,
);

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// So many days ago, and one moment more.
fn before_days(days: i64) -> Timestamp {
    NOON.plus_millis(-days * DAY - 1)
}

fn days_ago(days: i64) -> Timestamp {
    NOON.plus_millis(-days * DAY)
}

fn told(account: AccountId, cause: &str, at: Timestamp) -> (String, Write) {
    let notice = Notice {
        to: vec![account],
        kind: NotificationKind::Request,
        urgency: Urgency::Normal,
        title: "新的诉求".to_owned(),
        text: String::new(),
    };
    Notifications::writes(&notice, cause, ("ticket", "t"), at).next().unwrap()
}

/// The causes of what an inbox still holds.
async fn causes(store: &Store, account: AccountId) -> Vec<String> {
    let inbox = store.notifications.list(account, &InboxFilter::default(), None, 1_000).await.unwrap();
    let mut causes: Vec<String> = inbox.into_iter().map(|held| held.id.split_once(':').unwrap().1.to_owned()).collect();
    causes.sort_unstable();
    causes
}

async fn read_notifications_go_after_four_hundred_days_and_unread_ones_after_two_years(fresh: &Fresh) {
    let store = fresh.open().await;
    // The first reads each by itself, the second all of the past, the third nothing.
    let [one, two, three]: [AccountId; 3] = [store.id(), store.id(), store.id()];
    let times = [
        ("ancient", before_days(730)),
        ("two years", days_ago(730)),
        ("old", before_days(400)),
        ("four hundred days", days_ago(400)),
        ("today", NOON),
    ];
    let mut writes = vec![Notifications::read_all(two, NOON, NOON)];
    for (cause, at) in times {
        for account in [one, two, three] {
            let (id, write) = told(account, cause, at);
            writes.push(write);
            writes.extend((account == one).then(|| Notifications::read(&id, one, NOON)));
        }
    }
    store.write(writes).await.unwrap();
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(purged, Purged { notifications: 7, ..Purged::default() });
    assert_eq!(causes(&store, one).await, ["four hundred days", "today"]);
    assert_eq!(causes(&store, two).await, ["four hundred days", "today"]);
    assert_eq!(causes(&store, three).await, ["four hundred days", "old", "today", "two years"]);
    assert_eq!(purge(&store.database, &store.journal, NOON).await.unwrap(), Purged::default());
    assert_eq!(store.log.head(), 0, "housekeeping is no event");
    // Time goes on.
    let purged = purge(&store.database, &store.journal, NOON.plus_millis(1)).await.unwrap();
    assert_eq!(purged.notifications, 3);
    assert_eq!(causes(&store, three).await, ["four hundred days", "old", "today"]);
}

async fn marks_of_reading_go_with_what_was_read(fresh: &Fresh) {
    let store = fresh.open().await;
    let account: AccountId = store.id();
    let mut writes = vec![Notifications::read_all(account, before_days(500), NOON)];
    let mut kept = String::new();
    for (cause, at) in [("twice read", before_days(501)), ("read", before_days(450)), ("kept", days_ago(10))] {
        let (id, write) = told(account, cause, at);
        writes.extend([write, Notifications::read(&id, account, NOON)]);
        kept = id;
    }
    writes.push(told(account, "by time", before_days(502)).1);
    store.write(writes).await.unwrap();
    assert_eq!(purge(&store.database, &store.journal, NOON).await.unwrap().notifications, 3);
    assert_eq!(causes(&store, account).await, ["kept"]);
    assert_eq!(fresh.texts("SELECT id FROM notification_reads").await, [kept]);
    // Until when somebody read all stays: it is one row for each person.
    assert_eq!(fresh.number("SELECT COUNT(*) FROM notification_marks").await, 1);
    assert_eq!(store.notifications.unread(account).await.unwrap().1, []);
}

async fn finished_deliveries_go_after_ninety_days_and_their_counts_stay(fresh: &Fresh) {
    let store = fresh.open().await;
    let account: AccountId = store.id();
    let delivery = |key: &str, state, done_at| Delivery {
        state,
        done_at,
        // With and without an account: codes to sign in with belong to none.
        account_id: key.starts_with('a').then_some(account),
        ..Delivery::new(key, "sms", "{}", before_days(900), before_days(900))
    };
    let states = [DeliveryState::Sent, DeliveryState::GivenUp, DeliveryState::NotNeeded];
    let mut all = vec![delivery("a owed for long", DeliveryState::Owed, None)];
    for (number, state) in states.into_iter().enumerate() {
        all.push(delivery(&format!("a{number} over"), state, Some(before_days(90))));
        all.push(delivery(&format!("{number} over"), state, Some(before_days(90))));
        all.push(delivery(&format!("a{number} young"), state, Some(days_ago(90))));
        all.push(delivery(&format!("{number} young"), state, Some(days_ago(90))));
    }
    store.write(all.iter().flat_map(|delivery| store.deliveries.put(delivery)).collect()).await.unwrap();
    let counts = store.deliveries.counts(12).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.sent + count.given_up + count.not_needed).sum::<i64>(), 12);
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(purged, Purged { deliveries: 6, ..Purged::default() });
    let left = fresh.texts("SELECT id FROM deliveries WHERE id NOT LIKE '% young' ORDER BY id").await;
    assert_eq!(left, ["a owed for long"]);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM deliveries").await, 7);
    assert_eq!(store.deliveries.counts(12).await.unwrap(), counts);
    assert_eq!(purge(&store.database, &store.journal, NOON).await.unwrap(), Purged::default());
}

async fn many_go_in_several_changes(fresh: &Fresh) {
    let store = fresh.open().await;
    let account: AccountId = store.id();
    let mut writes = Vec::new();
    for number in 0..600 {
        let (id, write) = told(account, &format!("{number}"), before_days(500));
        writes.push(write);
        // Every sixth was never read and stays in between.
        writes.extend((number % 6 != 0).then(|| Notifications::read(&id, account, NOON)));
        let done = Delivery {
            state: DeliveryState::Sent,
            done_at: Some(before_days(91)),
            ..Delivery::new(&format!("{number}"), "sms", "{}", NOON, NOON)
        };
        writes.extend(store.deliveries.put(&done));
    }
    store.write(writes).await.unwrap();
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!((purged.notifications, purged.deliveries), (500, 600));
    assert_eq!(causes(&store, account).await.len(), 100);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM notification_reads").await, 0);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM deliveries").await, 0);
}

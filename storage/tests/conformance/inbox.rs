//! What people are told: once per cause, in their own inbox, until they read it.

use futures_util::future::join_all;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{Notice, Notification, NotificationKind, Urgency};
use lianxin_storage::notifications::{InboxFilter, Notifications};
use serde_json::json;

use crate::support::{Fresh, NOON, Store};

on_both!(
    every_part_of_a_notification_comes_back_to_each_reader,
    a_cause_told_twice_is_one_notification,
    lists_are_newest_first_page_by_page_through_equal_times,
    lists_are_narrowed_to_what_is_unread_and_to_a_kind,
    one_is_read_and_stays_read_since_then,
    all_until_a_time_are_read,
    a_late_request_makes_nothing_unread_again,
    unread_ones_are_counted_by_kind_with_the_number_of_the_log,
    count_and_number_of_the_log_are_of_one_moment,
    the_inbox_of_another_account_is_never_seen,
    a_digest_tells_what_came_and_lies_unread,
);

fn notice(to: &[AccountId], kind: NotificationKind) -> Notice {
    Notice {
        to: to.to_vec(),
        kind,
        urgency: Urgency::Important,
        title: "新的诉求".to_owned(),
        text: "路灯“坏了”\n😀".to_owned(),
    }
}

/// Tells `notice` because of `cause`; the same what every part of it is.
async fn tell(store: &Store, notice: &Notice, cause: &str, at: Timestamp) -> Vec<Notification> {
    let told: Vec<_> = Notifications::writes(notice, cause, ("ticket", "t1"), at).collect();
    let made = notice.to.iter().zip(&told).map(|(account, (id, _))| Notification {
        id: id.clone(),
        account_id: *account,
        kind: notice.kind,
        urgency: notice.urgency,
        title: notice.title.clone(),
        text: notice.text.clone(),
        subject_kind: "ticket".to_owned(),
        subject_id: "t1".to_owned(),
        at,
        read_at: None,
    });
    let made = made.collect();
    store.write(told.into_iter().map(|(_, write)| write).collect()).await.unwrap();
    made
}

async fn inbox(store: &Store, account: AccountId) -> Vec<Notification> {
    store.notifications.list(account, &InboxFilter::default(), None, 1_000).await.unwrap()
}

fn at(millis: i64) -> Timestamp {
    NOON.plus_millis(millis)
}

async fn every_part_of_a_notification_comes_back_to_each_reader(fresh: &Fresh) {
    let store = fresh.open().await;
    let (one, two): (AccountId, AccountId) = (store.id(), store.id());
    for (number, kind) in (0..).zip(NotificationKind::ALL) {
        let urgency = [Urgency::Normal, Urgency::Important, Urgency::Urgent][number as usize % 3];
        let made =
            tell(&store, &Notice { urgency, ..notice(&[one, two], kind) }, &format!("t:{number}:1"), at(number)).await;
        for notification in made {
            let found = store.notifications.get(notification.account_id, &notification.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(&notification));
            assert_eq!(inbox(&store, notification.account_id).await[0], notification);
        }
    }
    assert_eq!(inbox(&store, one).await.len(), NotificationKind::ALL.len());
    assert_eq!(store.notifications.get(one, "t:0:1").await.unwrap(), None);
    // A notice to nobody is none.
    assert_eq!(Notifications::writes(&notice(&[], NotificationKind::Nudge), "c", ("ticket", "t"), NOON).count(), 0);
}

async fn a_cause_told_twice_is_one_notification(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let (me, other): (AccountId, AccountId) = (one.id(), one.id());
    let first = tell(&one, &notice(&[me], NotificationKind::Request), "t:1:1", NOON).await;
    let changed = Notice { title: "别的".to_owned(), ..notice(&[me, other], NotificationKind::Nudge) };
    // Each node that sees the cause tells it, with others' words even.
    tokio::join!(tell(&one, &changed, "t:1:1", at(5)), tell(&two, &changed, "t:1:1", at(6)));
    assert_eq!(inbox(&one, me).await, first);
    assert_eq!(inbox(&one, other).await.len(), 1);
    tell(&one, &changed, "t:1:2", at(7)).await;
    assert_eq!(inbox(&one, me).await.len(), 2);
    // Read and told again, it stays read.
    one.write(vec![Notifications::read(&first[0].id, me, at(8))]).await.unwrap();
    tell(&one, &changed, "t:1:1", at(9)).await;
    let stored = one.notifications.get(me, &first[0].id).await.unwrap().unwrap();
    assert_eq!((stored.at, stored.read_at), (NOON, Some(at(8))));
}

async fn lists_are_newest_first_page_by_page_through_equal_times(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let mut all = Vec::new();
    for number in 0..23 {
        // Causes whose order depends on who sorts, many at one time.
        let cause = format!("{}{number}", ["a", "B", "_", "路", "É"][number % 5]);
        let made = tell(&store, &notice(&[other, me], NotificationKind::Request), &cause, at(number as i64 / 9)).await;
        all.push(made[1].clone());
    }
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    for size in [1, 2, 7, 23, 24] {
        let mut pages: Vec<Notification> = Vec::new();
        loop {
            let before = pages.last().map(|last| (last.at, last.id.clone()));
            let page = store.notifications.list(me, &InboxFilter::default(), before, size).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= size as usize);
            pages.extend(page);
        }
        assert_eq!(pages, all, "pages of {size}");
    }
}

async fn lists_are_narrowed_to_what_is_unread_and_to_a_kind(fresh: &Fresh) {
    let store = fresh.open().await;
    let me: AccountId = store.id();
    let kinds = [NotificationKind::Request, NotificationKind::Nudge, NotificationKind::Request];
    let mut ids = Vec::new();
    for (number, kind) in (0..9_i64).zip(kinds.into_iter().cycle()) {
        ids.push(tell(&store, &notice(&[me], kind), &format!("t:{number}"), at(number)).await.remove(0).id);
    }
    // 0, 1 and 2 by their time, 4 and 5 by themselves.
    let mut writes = vec![Notifications::read_all(me, at(2), at(50))];
    writes.extend([4, 5].map(|number: usize| Notifications::read(&ids[number], me, at(51))));
    store.write(writes).await.unwrap();
    let shown = async |unread, kind, before: Option<usize>, limit| -> Vec<usize> {
        let before = before.map(|number| (at(number as i64), ids[number].clone()));
        let listed = store.notifications.list(me, &InboxFilter { unread, kind }, before, limit).await.unwrap();
        listed.iter().map(|shown| ids.iter().position(|id| *id == shown.id).unwrap()).collect()
    };
    let nudge = Some(NotificationKind::Nudge);
    assert_eq!(shown(false, None, None, 100).await, [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(shown(true, None, None, 100).await, [8, 7, 6, 3]);
    assert_eq!(shown(false, nudge, None, 100).await, [7, 4, 1]);
    assert_eq!(shown(true, nudge, None, 100).await, [7]);
    assert_eq!(shown(true, None, Some(7), 100).await, [6, 3]);
    assert_eq!(shown(true, None, Some(7), 1).await, [6]);
    assert_eq!(shown(false, nudge, Some(7), 1).await, [4]);
    assert_eq!(shown(false, Some(NotificationKind::Digest), None, 100).await, [0; 0]);
}

async fn one_is_read_and_stays_read_since_then(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let me: AccountId = one.id();
    let made = tell(&one, &notice(&[me], NotificationKind::Request), "a", at(1)).await;
    tell(&one, &notice(&[me], NotificationKind::Request), "b", at(2)).await;
    let read = |at| vec![Notifications::read(&made[0].id, me, at)];
    one.write(read(at(10))).await.unwrap();
    // Twice is once: on another telephone, and twice in one change.
    two.write(read(at(11))).await.unwrap();
    one.write([read(at(12)), read(at(13))].concat()).await.unwrap();
    let listed = inbox(&two, me).await;
    assert_eq!(listed.iter().map(|shown| shown.read_at).collect::<Vec<_>>(), [None, Some(at(10))]);
    // What was read by itself stays so when all is read later.
    one.write(vec![Notifications::read_all(me, at(2), at(20))]).await.unwrap();
    let listed = inbox(&two, me).await;
    assert_eq!(listed.iter().map(|shown| shown.read_at).collect::<Vec<_>>(), [Some(at(20)), Some(at(10))]);
}

async fn all_until_a_time_are_read(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    for number in 0..5 {
        tell(&store, &notice(&[me, other], NotificationKind::Request), &format!("{number}"), at(number)).await;
    }
    let read_at =
        async |account| -> Vec<_> { inbox(&store, account).await.iter().map(|shown| shown.read_at).collect() };
    store.write(vec![Notifications::read_all(me, at(2), at(9))]).await.unwrap();
    assert_eq!(read_at(me).await, [None, None, Some(at(9)), Some(at(9)), Some(at(9))]);
    assert_eq!(read_at(other).await, [None; 5]);
    // The mark is a time: what is stored later with an earlier one counts as read too.
    tell(&store, &notice(&[me], NotificationKind::Request), "late", at(1)).await;
    assert_eq!(inbox(&store, me).await.iter().filter(|shown| shown.read_at.is_none()).count(), 2);
    store.write(vec![Notifications::read_all(me, at(4), at(10))]).await.unwrap();
    assert_eq!(read_at(me).await, [Some(at(10)); 6]);
    tell(&store, &notice(&[me], NotificationKind::Request), "new", at(11)).await;
    assert_eq!(store.notifications.unread(me).await.unwrap().1, [(NotificationKind::Request, 1)]);
}

async fn a_late_request_makes_nothing_unread_again(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let me: AccountId = one.id();
    for number in 0..4 {
        tell(&one, &notice(&[me], NotificationKind::Request), &format!("{number}"), at(number)).await;
    }
    let read_at = async || -> Vec<_> { inbox(&one, me).await.iter().map(|shown| shown.read_at).collect() };
    one.write(vec![Notifications::read_all(me, at(2), at(10))]).await.unwrap();
    // From a page that was opened before, on another node, and in one change with a newer one.
    two.write(vec![Notifications::read_all(me, at(0), at(11))]).await.unwrap();
    assert_eq!(read_at().await, [None, Some(at(10)), Some(at(10)), Some(at(10))]);
    let both = vec![Notifications::read_all(me, at(3), at(12)), Notifications::read_all(me, at(1), at(12))];
    two.write(both).await.unwrap();
    assert_eq!(read_at().await, [Some(at(12)); 4]);
    assert_eq!(one.notifications.unread(me).await.unwrap().1, []);
    let (older, newer) = (Notifications::read_all(me, at(4), at(13)), Notifications::read_all(me, at(5), at(13)));
    tell(&one, &notice(&[me], NotificationKind::Request), "4", at(5)).await;
    let (by_one, by_two) = tokio::join!(one.write(vec![newer]), two.write(vec![older]));
    by_one.unwrap();
    by_two.unwrap();
    assert_eq!(read_at().await, [Some(at(13)); 5]);
}

async fn unread_ones_are_counted_by_kind_with_the_number_of_the_log(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    assert_eq!(store.notifications.unread(me).await.unwrap(), (0, Vec::new()));
    for (number, kind) in (0..).zip(NotificationKind::ALL.into_iter().cycle().take(22)) {
        tell(&store, &notice(&[me, other], kind), &format!("{number:02}"), at(number)).await;
        let mut change = store.change();
        change.event("note.made", Subject::new("note", number), json!({}));
        store.journal.commit(change).await.unwrap();
    }
    // The first kind is read by time, one of the last by itself.
    let last = inbox(&store, me).await.remove(0);
    assert_eq!(last.kind, NotificationKind::Escalation);
    let writes = vec![Notifications::read_all(me, at(0), at(99)), Notifications::read(&last.id, me, at(99))];
    store.write(writes).await.unwrap();
    let (seq, unread) = store.notifications.unread(me).await.unwrap();
    assert_eq!(seq, 22);
    let mut expected: Vec<(NotificationKind, i64)> =
        NotificationKind::ALL.into_iter().zip([2, 3, 3, 2, 2, 2, 2, 2, 2]).collect();
    expected.sort_by_key(|(kind, _)| kind.as_str());
    assert_eq!(unread, expected);
    // As the list says it.
    let filter = InboxFilter { unread: true, kind: None };
    let listed = store.notifications.list(me, &filter, None, 100).await.unwrap();
    assert_eq!(listed.len() as i64, expected.iter().map(|(_, count)| count).sum::<i64>());
    assert_eq!(store.notifications.unread(other).await.unwrap().1.iter().map(|(_, count)| count).sum::<i64>(), 22);
    assert_eq!(store.notifications.unread(store.id()).await.unwrap(), (22, Vec::new()));
}

async fn count_and_number_of_the_log_are_of_one_moment(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let me: AccountId = one.id();
    let notice = notice(&[me], NotificationKind::Request);
    let told = async |store: &Store, node: &str| {
        for number in 0..60 {
            let cause = format!("{node}{number}");
            let mut change = store.change();
            change.event("inbox.notified", Subject::new("notice", &cause), json!({}));
            let writes = Notifications::writes(&notice, &cause, ("ticket", "t"), NOON);
            change.writes = writes.map(|(_, write)| write).collect();
            store.journal.commit(change).await.unwrap();
        }
    };
    // Each commit numbers one event and tells one thing, so whoever looks sees as many of both.
    let watch = async || {
        let mut moments = 0;
        let mut last = 0;
        while last < 120 {
            let (seq, unread) = two.notifications.unread(me).await.unwrap();
            assert_eq!(unread.iter().map(|(_, count)| count.unsigned_abs()).sum::<u64>(), seq);
            moments += u64::from(seq != last);
            last = seq;
        }
        moments
    };
    let (.., moments) = tokio::join!(told(&one, "a"), told(&two, "b"), watch());
    assert!(moments > 1, "nobody looked in between");
}

async fn the_inbox_of_another_account_is_never_seen(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let mine = tell(&store, &notice(&[me], NotificationKind::Request), "t:1:1", NOON).await.remove(0);
    assert_eq!(store.notifications.get(other, &mine.id).await.unwrap(), None);
    assert_eq!(inbox(&store, other).await, []);
    assert_eq!(store.notifications.unread(other).await.unwrap().1, []);
    assert_eq!(store.notifications.unread_since(other, Timestamp::from_millis(0), 10).await.unwrap(), []);
    // Nor is it narrowed, read or paged by what others do.
    let before = Some((NOON.plus_millis(1), mine.id.clone()));
    assert_eq!(store.notifications.list(other, &InboxFilter::default(), before, 10).await.unwrap(), []);
    store.write(vec![Notifications::read_all(other, at(9), at(9))]).await.unwrap();
    assert_eq!(inbox(&store, me).await, [mine]);
}

async fn a_digest_tells_what_came_and_lies_unread(fresh: &Fresh) {
    let store = fresh.open().await;
    let me: AccountId = store.id();
    let tellings = (0..6_i64).map(async |number| {
        tell(&store, &notice(&[me], NotificationKind::Progress), &format!("{number}"), at(number)).await.remove(0)
    });
    let all = join_all(tellings).await;
    let writes = vec![Notifications::read(&all[4].id, me, at(9)), Notifications::read_all(me, at(0), at(9))];
    store.write(writes).await.unwrap();
    let digest = async |since, limit| store.notifications.unread_since(me, at(since), limit).await.unwrap();
    assert_eq!(digest(-9, 10).await, [all[5].clone(), all[3].clone(), all[2].clone(), all[1].clone()]);
    assert_eq!(digest(2, 10).await, [all[5].clone(), all[3].clone()]);
    assert_eq!(digest(2, 1).await, [all[5].clone()]);
    assert_eq!(digest(5, 10).await, []);
}

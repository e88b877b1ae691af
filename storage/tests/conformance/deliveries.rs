//! Messages owed to the outside.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_storage::change::Write;
use lianxin_storage::deliveries::{Deliveries, Delivery, DeliveryCount, DeliveryState};

use crate::support::{Fresh, NOON, Store};
use crate::village::raw;

on_both!(
    a_delivery_is_owed_once_per_key,
    deliveries_are_due_in_order_until_they_are_done,
    every_part_of_a_delivery_comes_back,
    what_one_person_is_owed_over_one_channel,
    the_last_message_that_a_channel_took,
    what_became_of_messages_is_counted_by_month_and_channel,
    lists_are_by_state_and_newest_first_page_by_page,
    what_is_forgotten_is_gone_and_may_be_owed_again,
    the_payload_of_a_delivery_is_not_readable_in_the_row,
);

fn owed(key: &str, at: Timestamp) -> Delivery {
    Delivery::new(key, "sms", &format!("{{\"to\":\"13800001234\",\"text\":\"{key}\"}}"), at, at)
}

async fn owe(store: &Store, deliveries: &[Delivery]) {
    store.write(deliveries.iter().map(|delivery| store.deliveries.owe(delivery)).collect()).await.unwrap();
}

async fn put(store: &Store, deliveries: &[Delivery]) {
    let writes: Vec<Write> = deliveries.iter().flat_map(|delivery| store.deliveries.put(delivery)).collect();
    store.write(writes).await.unwrap();
}

fn keys(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.key.as_str()).collect()
}

async fn a_delivery_is_owed_once_per_key(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let (first, second) = (owed("ticket:1", NOON), owed("ticket:2", NOON));
    owe(&one, std::slice::from_ref(&first)).await;
    // Each node that sees the reason owes it.
    let both = [first.clone(), second.clone()];
    tokio::join!(owe(&one, &both[1..]), owe(&two, &both));
    let mut due = one.deliveries.due(NOON, 10).await.unwrap();
    due.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(due, [first, second]);
}

async fn deliveries_are_due_in_order_until_they_are_done(fresh: &Fresh) {
    let store = fresh.open().await;
    let at = |seconds: i64| NOON.plus_millis(seconds * 1_000);
    let mut all = [owed("c", at(3)), owed("a", at(1)), owed("b", at(2)), owed("d", at(3))];
    owe(&store, &all).await;
    let due = async |now, limit| store.deliveries.due(now, limit).await.unwrap();
    assert_eq!(due(at(0), 10).await, []);
    assert_eq!(keys(&due(at(2), 10).await), ["a", "b"]);
    assert_eq!(keys(&due(at(9), 2).await), ["a", "b"]);
    let [c, a, b, d] = &mut all;
    (a.state, a.attempts, a.done_at) = (DeliveryState::Sent, 1, Some(at(4)));
    (b.attempts, b.next_at, b.last_error) = (1, at(60), Some("timeout".to_owned()));
    (c.state, c.attempts, c.done_at) = (DeliveryState::GivenUp, 9, Some(at(4)));
    (d.state, d.done_at) = (DeliveryState::NotNeeded, Some(at(4)));
    put(&store, &all).await;
    assert_eq!(due(at(59), 10).await, []);
    assert_eq!(due(at(60), 10).await, [all[2].clone()]);
    // What was sent is not owed again.
    owe(&store, &[owed("a", at(9))]).await;
    assert_eq!(keys(&due(at(99), 10).await), ["b"]);
}

async fn every_part_of_a_delivery_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let states = [DeliveryState::Owed, DeliveryState::Sent, DeliveryState::GivenUp, DeliveryState::NotNeeded];
    let mut all: Vec<Delivery> = (0..)
        .zip(states)
        .map(|(number, state)| Delivery {
            state,
            attempts: 3,
            next_at: NOON.plus_millis(7),
            last_error: Some("“错误”\n😀".to_owned()),
            done_at: (state != DeliveryState::Owed).then_some(NOON.plus_millis(8)),
            account_id: Some(store.id()),
            notification_id: Some("a:t:1:1".to_owned()),
            cost_milli_fen: Some(4_500),
            reference: Some("R-1".to_owned()),
            ..Delivery::new(&format!("k{number}"), "voice", "{\"正文\":1}", NOON, NOON)
        })
        .collect();
    all.push(Delivery::new("plain", "push", "", NOON, NOON));
    put(&store, &all).await;
    all.reverse();
    let stored = fresh.open().await.deliveries.list(None, None, 10).await.unwrap();
    all.sort_by(|a, b| b.key.cmp(&a.key));
    assert_eq!(stored, all);
    for state in states {
        assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
    }
    assert_eq!(DeliveryState::parse("lost"), None);
}

async fn what_one_person_is_owed_over_one_channel(fresh: &Fresh) {
    let store = fresh.open().await;
    let at = |seconds: i64| NOON.plus_millis(seconds * 1_000);
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let to = |account, key: &str, due| Delivery { account_id: Some(account), ..owed(key, at(due)) };
    let mut all = [to(me, "c", 3), to(me, "b", 1), to(me, "a", 3), to(me, "later", 9), to(other, "other", 1)].to_vec();
    all.push(Delivery { channel: "voice".to_owned(), ..to(me, "voice", 1) });
    all.push(Delivery { state: DeliveryState::Sent, done_at: Some(NOON), ..to(me, "sent", 1) });
    all.push(Delivery { state: DeliveryState::GivenUp, done_at: Some(NOON), ..to(me, "given up", 1) });
    all.push(owed("nobody's", at(1)));
    put(&store, &all).await;
    let owed_to = async |account, now| store.deliveries.owed_to(account, "sms", at(now)).await.unwrap();
    assert_eq!(owed_to(me, 3).await, [all[1].clone(), all[2].clone(), all[0].clone()]);
    assert_eq!(keys(&owed_to(me, 2).await), ["b"]);
    assert_eq!(keys(&owed_to(other, 99).await), ["other"]);
    assert_eq!(owed_to(store.id(), 99).await, []);
}

async fn the_last_message_that_a_channel_took(fresh: &Fresh) {
    let store = fresh.open().await;
    let (me, other): (AccountId, AccountId) = (store.id(), store.id());
    let done = |key: &str, account, state, done_at: i64| Delivery {
        state,
        account_id: Some(account),
        done_at: Some(NOON.plus_millis(done_at)),
        ..owed(key, NOON)
    };
    put(
        &store,
        &[
            done("a", me, DeliveryState::Sent, 5),
            done("b", me, DeliveryState::Sent, 9),
            done("c", me, DeliveryState::Sent, 7),
            done("d", me, DeliveryState::GivenUp, 50),
            done("e", me, DeliveryState::NotNeeded, 60),
            Delivery { channel: "voice".to_owned(), ..done("f", me, DeliveryState::Sent, 70) },
            done("g", other, DeliveryState::Sent, 80),
        ],
    )
    .await;
    let last = async |account, channel| store.deliveries.last_sent(account, channel).await.unwrap();
    assert_eq!(last(me, "sms").await, Some(NOON.plus_millis(9)));
    assert_eq!(last(me, "voice").await, Some(NOON.plus_millis(70)));
    assert_eq!(last(me, "push").await, None);
    assert_eq!(last(store.id(), "sms").await, None);
}

async fn what_became_of_messages_is_counted_by_month_and_channel(fresh: &Fresh) {
    let store = fresh.open().await;
    // The month is China's: 1 December begins at 16:00 on 30 November in UTC.
    let november = Timestamp::from_millis(1_796_054_399_999);
    let december = november.plus_millis(1);
    let done = |key: &str, channel: &str, state, attempts, done_at, cost_milli_fen| Delivery {
        channel: channel.to_owned(),
        state,
        attempts,
        done_at: Some(done_at),
        cost_milli_fen,
        ..owed(key, NOON)
    };
    let year = 366 * 24 * 60 * 60 * 1_000;
    put(
        &store,
        &[
            done("a", "sms", DeliveryState::Sent, 1, november, Some(4_500)),
            done("b", "sms", DeliveryState::Sent, 3, november, Some(i64::from(u32::MAX))),
            done("c", "sms", DeliveryState::GivenUp, 8, november, None),
            done("d", "sms", DeliveryState::NotNeeded, 0, november, None),
            done("e", "voice", DeliveryState::Sent, 1, november, Some(12_000)),
            done("f", "sms", DeliveryState::Sent, 1, december, Some(4_500)),
            done("g", "push", DeliveryState::Sent, 1, december.plus_millis(year), Some(0)),
            // Neither of these is finished.
            owed("h", NOON),
            Delivery { attempts: 2, ..owed("i", NOON) },
        ],
    )
    .await;
    // A later batch adds to the same rows.
    put(&store, &[done("j", "sms", DeliveryState::Sent, 1, november, Some(4_500))]).await;
    let count = |month: &str, channel: &str, [sent, given_up, not_needed, attempts, cost_milli_fen]: [i64; 5]| {
        let (month, channel) = (month.to_owned(), channel.to_owned());
        DeliveryCount { month, channel, sent, given_up, not_needed, attempts, cost_milli_fen }
    };
    let all = [
        count("2027-12", "push", [1, 0, 0, 1, 0]),
        count("2026-12", "sms", [1, 0, 0, 1, 4_500]),
        count("2026-11", "voice", [1, 0, 0, 1, 12_000]),
        count("2026-11", "sms", [3, 1, 1, 13, 9_000 + i64::from(u32::MAX)]),
    ];
    assert_eq!(store.deliveries.counts(12).await.unwrap(), all);
    assert_eq!(store.deliveries.counts(3).await.unwrap(), all);
    assert_eq!(store.deliveries.counts(2).await.unwrap(), all[..2]);
    assert_eq!(store.deliveries.counts(1).await.unwrap(), all[..1]);
}

async fn lists_are_by_state_and_newest_first_page_by_page(fresh: &Fresh) {
    let store = fresh.open().await;
    let states = [DeliveryState::Owed, DeliveryState::Sent, DeliveryState::GivenUp];
    let mut all: Vec<Delivery> = (0..24_usize)
        .map(|number| {
            let state = states[number % 3];
            let done_at = (state != DeliveryState::Owed).then_some(NOON);
            // Several at one time.
            let delivery =
                owed(&format!("{}{number}", ["a", "B", "路"][number % 3]), NOON.plus_millis(number as i64 / 7));
            Delivery { state, done_at, ..delivery }
        })
        .collect();
    put(&store, &all).await;
    // Steps of planning are not messages.
    owe(&store, &[Delivery { channel: "plan".to_owned(), ..owed("plan", NOON) }]).await;
    all.sort_by(|a, b| (b.created_at, &b.key).cmp(&(a.created_at, &a.key)));
    for state in states.into_iter().map(Some).chain([None]) {
        let expected: Vec<Delivery> =
            all.iter().filter(|delivery| state.is_none_or(|state| delivery.state == state)).cloned().collect();
        for size in [1, 3, 8, 100] {
            let mut pages: Vec<Delivery> = Vec::new();
            loop {
                let before = pages.last().map(|last| (last.created_at, last.key.clone()));
                let page = store.deliveries.list(state, before, size).await.unwrap();
                if page.is_empty() {
                    break;
                }
                assert!(page.len() <= size as usize);
                pages.extend(page);
            }
            assert_eq!(keys(&pages), keys(&expected), "{state:?} in pages of {size}");
            assert_eq!(pages, expected);
        }
    }
    assert_eq!(store.deliveries.list(Some(DeliveryState::NotNeeded), None, 9).await.unwrap(), []);
}

async fn what_is_forgotten_is_gone_and_may_be_owed_again(fresh: &Fresh) {
    let store = fresh.open().await;
    let plan = Delivery { channel: "plan".to_owned(), ..owed("n:plan", NOON) };
    let step = owed("n:sms", NOON);
    owe(&store, std::slice::from_ref(&plan)).await;
    // Planning: one row becomes another, in one change.
    store.write(vec![Deliveries::forget(&plan.key), store.deliveries.owe(&step)]).await.unwrap();
    assert_eq!(store.deliveries.due(NOON, 10).await.unwrap(), [step]);
    store.write(vec![Deliveries::forget("n:sms"), Deliveries::forget("never there")]).await.unwrap();
    assert_eq!(store.deliveries.due(NOON, 10).await.unwrap(), []);
    assert_eq!(store.deliveries.counts(9).await.unwrap(), [], "a step is no message");
    owe(&store, std::slice::from_ref(&plan)).await;
    assert_eq!(store.deliveries.due(NOON, 10).await.unwrap(), [plan]);
}

async fn the_payload_of_a_delivery_is_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    owe(&store, &[owed("k", NOON)]).await;
    let row = raw(fresh, "deliveries", &["channel", "payload"]).await;
    assert!(row.starts_with("sms v1:1:") && !row.contains("13800001234"), "{row}");
}

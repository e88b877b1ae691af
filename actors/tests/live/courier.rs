//! What leaves the house, when, and that it does so once.

use std::rc::Rc;
use std::time::Duration;

use lianxin_actors::courier::{SMS, Sms};
use lianxin_actors::dispatch::PLAN;
use lianxin_domain::access::{Duty, GridDuty};
use lianxin_domain::clock::{Clock as _, Timestamp};
use lianxin_domain::notification::{ChannelSet, NotificationKind};
use lianxin_domain::ticket::NewTicket;
use lianxin_storage::change::Change;
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use lianxin_storage::reachability::{Reachability, Wishes};

use crate::support::gateway::{Answer, COST, Fake};
use crate::support::{DAY, HOUR, MINUTE, Node, SECOND, World};

/// A world in which `w1` alone serves the group.
async fn alone(world: &World) -> Node<'_> {
    let node = world.node().await;
    node.staff(&["w2", "g"], false).await;
    node
}

/// With a browser and WeChat.
async fn reachable(world: &World) -> Node<'_> {
    let node = alone(world).await;
    node.browser("w1", "https://push/1").await;
    node.wish("w1", |wishes| wishes.wechat = Some("openid-1".to_owned())).await;
    node
}

/// Something important for `w1`.
async fn important(node: &Node<'_>) {
    node.send().await;
    node.fence().await;
}

async fn urgent(node: &Node<'_>) {
    node.submit_to(node.world.group(), NewTicket { emergency: true, ..node.world.request("r") }).await;
    node.fence().await;
}

/// Today at that time in China.
fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp::from_millis(1_795_190_400_000).plus_millis(hour * HOUR + minute * MINUTE)
}

/// Minute by minute until `end`: what each channel took, and when (`HH:MM` of the first day).
async fn taken_until(node: &mut Node<'_>, end: Timestamp) -> Vec<(String, &'static str)> {
    let mut taken = Vec::new();
    loop {
        node.deliver().await;
        let minute = node.world.clock.now().since(at(0, 0)) / MINUTE;
        let [push, wechat, sms, voice] = node.gateways.each();
        for (name, channel) in [("push", push), ("wechat", wechat), ("sms", sms), ("voice", voice)] {
            taken.extend(channel.titles().iter().map(|_| (format!("{:02}:{:02}", minute / 60, minute % 60), name)));
        }
        if node.world.clock.now() >= end {
            return taken;
        }
        node.world.clock.advance(MINUTE);
    }
}

fn expected(lines: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    lines.iter().map(|(time, channel)| ((*time).to_owned(), *channel)).collect()
}

#[actix_rt::test]
async fn an_important_message_takes_the_free_channels_at_once_and_an_sms_when_nobody_reads_it() {
    let world = World::new().await;
    let mut node = reachable(&world).await;
    world.clock.set(at(14, 0));
    important(&node).await;
    let taken = taken_until(&mut node, at(15, 0)).await;
    assert_eq!(taken, expected(&[("14:00", "push"), ("14:00", "wechat"), ("14:05", "sms")]));
    let messages = node.messages().await;
    assert_eq!(messages.len(), 3);
    assert!(messages.iter().all(|message| message.state == DeliveryState::Sent && message.attempts == 1));
    assert!(messages.iter().all(|message| message.cost_milli_fen == Some(COST) && message.reference.is_some()));
}

#[actix_rt::test]
async fn nobody_is_woken_for_what_can_wait_and_everybody_for_what_cannot() {
    let world = World::new().await;
    let mut node = reachable(&world).await;
    world.clock.set(at(23, 0));
    important(&node).await;
    let taken = taken_until(&mut node, at(34, 0)).await;
    assert_eq!(taken, expected(&[("32:00", "push"), ("32:00", "wechat"), ("32:05", "sms")]));
    world.clock.set(at(47, 0));
    urgent(&node).await;
    let taken = taken_until(&mut node, at(48, 0)).await;
    let at_once = [("47:00", "push"), ("47:00", "wechat"), ("47:00", "sms"), ("47:02", "voice")];
    assert_eq!(taken, expected(&at_once));
    assert!(node.gateways.sms.tries.borrow()[1].urgent);
}

#[actix_rt::test]
async fn who_has_only_a_telephone_gets_the_important_by_sms_at_once_and_no_news() {
    let world = World::new().await;
    let mut node = alone(&world).await;
    world.clock.set(at(14, 0));
    node.submit_to(world.group(), NewTicket { kind: "suggestion".to_owned(), ..world.request("r") }).await;
    node.fence().await;
    let taken = taken_until(&mut node, at(15, 0)).await;
    // The copies for v and vd are news.
    assert_eq!(taken, expected(&[("14:00", "sms")]));
    let message = node.gateways.sms.tries.borrow()[0].clone();
    assert_eq!((message.to, message.title.as_str()), (world.phone_of("w1"), "新诉求待接单"));
    assert!(message.url.unwrap().starts_with("/m/tickets/"));
}

#[actix_rt::test]
async fn wishes_are_kept() {
    let world = World::new().await;
    let mut node = reachable(&world).await;
    node.wish("w1", |wishes| {
        wishes.settings.muted.insert(NotificationKind::Deadline);
        wishes.settings.channels = ChannelSet { push: true, sms: true, ..ChannelSet::default() };
        wishes.settings.quiet = None;
    })
    .await;
    world.clock.set(at(3, 0));
    important(&node).await;
    let taken = taken_until(&mut node, at(3, 10)).await;
    assert_eq!(taken, expected(&[("03:00", "push"), ("03:05", "sms")]));
    // It is due soon, and then over: muted. It climbs: that is news for w1.
    world.clock.set(at(3, 30));
    node.turn().await;
    let taken = taken_until(&mut node, at(3, 31)).await;
    assert_eq!(taken.iter().filter(|(_, channel)| *channel == "push").count(), 1, "{taken:?}");
    assert_eq!(node.inbox_of("w1").await.len(), 3);
}

#[actix_rt::test]
async fn what_is_read_before_its_turn_is_not_sent() {
    let world = World::new().await;
    let mut node = reachable(&world).await;
    world.clock.set(at(14, 0));
    important(&node).await;
    node.deliver().await;
    let inbox = node.inbox_of("w1").await;
    node.read("w1", &inbox[0].id).await;
    let taken = taken_until(&mut node, at(15, 0)).await;
    assert_eq!(taken, expected(&[("14:00", "push"), ("14:00", "wechat")]));
    let states: Vec<_> = node.messages().await.into_iter().map(|message| (message.channel, message.state)).collect();
    assert!(states.contains(&("sms".to_owned(), DeliveryState::NotNeeded)), "{states:?}");
    // Reading all is reading each.
    important(&node).await;
    node.read_all("w1").await;
    assert_eq!(taken_until(&mut node, at(16, 0)).await, expected(&[]));
}

#[actix_rt::test]
async fn what_comes_within_the_cool_down_is_gathered_and_what_is_urgent_passes() {
    let world = World::new().await;
    let mut node = alone(&world).await;
    world.clock.set(at(14, 0));
    important(&node).await;
    node.deliver().await;
    for _ in 0..4 {
        world.clock.advance(MINUTE);
        important(&node).await;
        node.deliver().await;
    }
    assert_eq!(taken_until(&mut node, at(14, 9)).await.len(), 1);
    assert_eq!(taken_until(&mut node, at(14, 10)).await, expected(&[("14:10", "sms")]));
    let together = node.gateways.sms.tries.borrow().last().unwrap().clone();
    assert_eq!(together.title, "您有 4 条待处理消息");
    important(&node).await;
    assert_eq!(taken_until(&mut node, at(14, 15)).await, expected(&[]));
    urgent(&node).await;
    let taken = taken_until(&mut node, at(15, 0)).await;
    assert_eq!(taken, expected(&[("14:15", "sms"), ("14:17", "voice"), ("14:25", "sms")]));
    let tries = node.gateways.sms.tries.borrow().clone();
    let shown: Vec<_> = tries[2..].iter().map(|message| (message.title.as_str(), message.urgent)).collect();
    assert_eq!(shown, [("紧急诉求待接单", true), ("新诉求待接单", false)]);
    // All were told, each once.
    let by_sms: Vec<Delivery> = node.messages().await.into_iter().filter(|message| message.channel == "sms").collect();
    assert_eq!(by_sms.len(), 7);
    assert_eq!(by_sms.iter().filter(|message| message.state == DeliveryState::Sent).count(), 4);
    let told_with = |message: &Delivery| message.reference.as_ref().is_some_and(|told| told.starts_with("told with"));
    assert_eq!(by_sms.iter().filter(|message| told_with(message)).count(), 3);
}

#[actix_rt::test]
async fn a_message_is_tried_again_after_a_growing_pause_and_sent_once() {
    let world = World::new().await;
    let node = alone(&world).await;
    important(&node).await;
    node.gateways.sms.then([Answer::Again(None), Answer::Again(None), Answer::Again(Some(30 * SECOND))]);
    let tries = || node.gateways.sms.tries.borrow().len();
    node.deliver().await;
    for (pause, count) in [(SECOND, 2), (2 * SECOND, 3), (30 * SECOND, 4)] {
        world.clock.advance(pause - 1);
        node.deliver().await;
        assert_eq!(tries(), count - 1);
        world.clock.advance(1);
        node.deliver().await;
        assert_eq!(tries(), count);
    }
    world.clock.advance(DAY);
    node.deliver().await;
    assert_eq!((tries(), node.gateways.sms.titles().len()), (4, 1));
    let keys = node.gateways.sms.keys();
    assert!(keys.iter().all(|key| *key == keys[0]), "one message, one key");
}

#[actix_rt::test]
async fn a_message_that_never_goes_through_is_given_up_and_counted() {
    let world = World::new().await;
    let node = alone(&world).await;
    important(&node).await;
    node.gateways.sms.down.set(true);
    for _ in 0..20 {
        node.deliver().await;
        world.clock.advance(HOUR);
    }
    assert_eq!(node.gateways.sms.tries.borrow().len(), 8);
    let message = node.messages().await.remove(0);
    assert_eq!((message.state, message.last_error.as_deref()), (DeliveryState::GivenUp, Some("no network")));
    let counts = node.stores.deliveries.counts(1).await.unwrap();
    assert_eq!((counts[0].given_up, counts[0].attempts, counts[0].cost_milli_fen), (1, 8, 0));
}

/// A channel that says `Retry-After: 0` in its trouble is not asked eight times within a millisecond.
#[actix_rt::test]
async fn a_channel_that_is_in_a_hurry_gets_the_usual_pauses() {
    let world = World::new().await;
    let node = alone(&world).await;
    important(&node).await;
    node.gateways.sms.then(vec![Answer::Again(Some(0)); 4]);
    node.deliver().await;
    assert_eq!(node.gateways.sms.tries.borrow().len(), 1);
    for _ in 0..10 {
        world.clock.advance(10 * SECOND);
        node.deliver().await;
    }
    assert_eq!(node.messages().await[0].state, DeliveryState::Sent);
}

#[actix_rt::test]
async fn a_browser_that_is_gone_is_forgotten_and_the_others_are_not() {
    let world = World::new().await;
    let node = alone(&world).await;
    let gone = node.browser("w1", "https://push/gone").await;
    let here = node.browser("w1", "https://push/here").await;
    important(&node).await;
    node.gateways.push.then([Answer::Gone]);
    node.deliver().await;
    let tries = node.gateways.push.tries.borrow().clone();
    assert_eq!(tries.len(), 2);
    let left = node.browsers("w1").await;
    assert_eq!(left.len(), 1);
    assert!([gone, here].contains(&left[0]) && tries[1].key.ends_with(&left[0]));
    // The next goes to that one alone.
    important(&node).await;
    node.deliver().await;
    assert_eq!(node.gateways.push.tries.borrow().len(), 3);
}

/// The same browser, another person: what was still owed to the first does not take it from the second.
#[actix_rt::test]
async fn a_browser_that_changed_hands_stays_with_who_has_it_now() {
    let world = World::new().await;
    let node = alone(&world).await;
    let id = node.browser("w1", "https://push/shared").await;
    node.gateways.push.then([Answer::Again(None)]);
    important(&node).await;
    node.deliver().await;
    node.browser("v", "https://push/shared").await;
    world.clock.advance(MINUTE);
    node.deliver().await;
    assert_eq!(node.gateways.push.tries.borrow().len(), 1, "nothing of w1's goes to v's browser");
    assert_eq!(node.browsers("v").await, [id]);
}

/// Switched off for a day, push must not cost everybody their subscriptions.
#[actix_rt::test]
async fn a_channel_that_is_switched_off_loses_no_address() {
    let mut world = World::new().await;
    let node = alone(&world).await;
    let id = node.browser("w1", "https://push/1").await;
    node.gateways.push.then([Answer::Again(None)]);
    important(&node).await;
    node.deliver().await;
    node.stop().await;
    world.channels.push = false;
    world.clock.advance(MINUTE);
    let node = world.node().await;
    node.deliver().await;
    assert_eq!(node.browsers("w1").await, [id]);
}

/// Lets the courier hand something to `channel`, which keeps silent, and then die.
async fn dies(node: &mut Node<'_>, channel: fn(&Node<'_>) -> Rc<Fake>) {
    let channel = channel(node);
    channel.then([Answer::Silence]);
    tokio::select! {
        _ = node.deliver() => panic!("nothing was handed over"),
        () = channel.heard.notified() => {}
    }
    node.courier = node.another_courier();
}

#[actix_rt::test]
async fn after_a_crash_the_same_message_goes_again_under_the_same_key_and_nothing_is_put_into_it() {
    let world = World::new().await;
    let mut node = alone(&world).await;
    world.clock.set(at(14, 0));
    important(&node).await;
    important(&node).await;
    // Planned, but not sent.
    assert_eq!(node.courier.send_due().await, 2);
    dies(&mut node, |node| Rc::clone(&node.gateways.sms)).await;
    let begun: Vec<_> = node.messages().await.into_iter().filter(|message| message.attempts > 0).collect();
    assert_eq!((begun.len(), begun[0].state), (1, DeliveryState::Owed));
    // More comes before the next courier looks.
    important(&node).await;
    world.clock.advance(SECOND);
    node.deliver().await;
    let tries = node.gateways.sms.tries.borrow().clone();
    assert_eq!(tries.len(), 2);
    assert_eq!((&tries[1].key, &tries[1].title, &tries[1].text), (&tries[0].key, &tries[0].title, &tries[0].text));
    assert_eq!(tries[0].title, "您有 2 条待处理消息");
    world.clock.advance(10 * MINUTE);
    node.deliver().await;
    let tries = node.gateways.sms.tries.borrow().clone();
    assert_eq!((tries.len(), tries[2].title.as_str()), (3, "新诉求待接单"));
    assert_ne!(tries[2].key, tries[0].key);
    assert!(node.messages().await.iter().all(|message| message.state != DeliveryState::Owed));
}

#[actix_rt::test]
async fn after_a_crash_a_push_goes_again_under_the_same_key() {
    let world = World::new().await;
    let mut node = alone(&world).await;
    node.browser("w1", "https://push/1").await;
    important(&node).await;
    dies(&mut node, |node| Rc::clone(&node.gateways.push)).await;
    node.deliver().await;
    let keys = node.gateways.push.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
}

/// A planning that was cut off leaves its row or its steps, never neither and never both.
#[actix_rt::test]
async fn planning_twice_plans_once() {
    let world = World::new().await;
    let node = alone(&world).await;
    let second = world.node().await;
    for _ in 0..20 {
        important(&node).await;
    }
    let (one, other) = futures_util::join!(node.courier.send_due(), second.courier.send_due());
    assert!(one + other >= 20);
    let messages = node.messages().await;
    assert_eq!(messages.len(), 20);
}

/// Three told together; the first of them is read while the channel is in trouble: the two others still have to be told.
#[actix_rt::test]
async fn what_was_put_together_is_told_until_all_of_it_is_read() {
    let world = World::new().await;
    let mut node = alone(&world).await;
    world.clock.set(at(14, 0));
    for _ in 0..3 {
        important(&node).await;
    }
    node.gateways.sms.then([Answer::Again(None), Answer::Again(None)]);
    node.deliver().await;
    let key = node.gateways.sms.keys().remove(0);
    let own = key.strip_suffix(":sms").unwrap().to_owned();
    node.read("w1", &own).await;
    world.clock.advance(SECOND);
    node.deliver().await;
    assert_eq!(node.gateways.sms.keys(), [key.as_str(), key.as_str()], "two of them are unread");
    // Now they are read too.
    node.read_all("w1").await;
    world.clock.advance(HOUR);
    node.deliver().await;
    assert_eq!(node.gateways.sms.tries.borrow().len(), 2);
    assert!(node.messages().await.iter().all(|message| message.state == DeliveryState::NotNeeded));
    node.turn().await;
}

fn code(world: &World, key: &str) -> Delivery {
    let sms = Sms {
        phone: "19900000001".to_owned(),
        text: "您的验证码是 123456".to_owned(),
        code: Some("123456".to_owned()),
    };
    let payload = serde_json::to_string(&sms).unwrap();
    Delivery::new(key, SMS, &payload, world.clock.now(), world.clock.now())
}

async fn owe(node: &Node<'_>, delivery: &Delivery) {
    let mut change = Change::new(node.world.clock.now(), None, None);
    change.write(node.stores.deliveries.owe(delivery));
    node.commit(change).await;
}

#[actix_rt::test]
async fn a_code_to_sign_in_with_goes_at_once_whatever_else_is_told() {
    let mut world = World::new().await;
    // No channel for notifications at all: codes have their own.
    world.channels = ChannelSet::default();
    let node = alone(&world).await;
    world.clock.set(at(23, 0));
    important(&node).await;
    for key in ["sms-code:1", "sms-code:1", "sms-code:2", "sms-code:3"] {
        owe(&node, &code(&world, key)).await;
    }
    node.deliver().await;
    let taken = node.gateways.sms.taken.take();
    assert_eq!(taken.len(), 3, "owed twice under one key is owed once; none waits for another, none are gathered");
    assert!(taken.iter().all(|message| message.code.as_deref() == Some("123456") && message.urgent));
    assert_eq!(taken[0].to, "19900000001");
}

/// A channel that does not answer holds up what goes over it, and no code to sign in with.
#[actix_rt::test]
async fn a_code_does_not_wait_for_a_slow_channel() {
    let world = World::new().await;
    let node = reachable(&world).await;
    world.clock.set(at(14, 0));
    node.gateways.push.then(vec![Answer::Silence; 100]);
    node.gateways.wechat.then(vec![Answer::Silence; 100]);
    // More than is read at a time.
    futures_util::future::join_all((0..700).map(|_| node.send())).await;
    node.fence().await;
    let send = async {
        node.gateways.push.heard.notified().await;
        owe(&node, &code(&world, "sms-code:1")).await;
        node.courier_bell.ring();
        node.gateways.sms.heard.notified().await;
    };
    let limited = tokio::time::timeout(std::time::Duration::from_secs(10), send);
    tokio::select! {
        () = node.another_courier().run() => {}
        sent = limited => sent.unwrap(),
    }
    assert_eq!(node.gateways.sms.taken.borrow().len(), 1);
}

/// Rows that cannot be read, hundreds of them, hold up nobody else.
#[actix_rt::test]
async fn what_cannot_be_planned_holds_up_nobody_else() {
    let world = World::new().await;
    let node = alone(&world).await;
    let foreign = lianxin_storage::secrets::Secrets::generate(&*world.entropy).unwrap();
    let foreign =
        Reachability::new(node.stores.database.clone(), foreign.column_cipher(std::sync::Arc::clone(&world.entropy)));
    let wishes = Wishes { wechat: Some("openid".to_owned()), ..Wishes::default() };
    let mut change = Change::new(world.clock.now(), None, None);
    change.writes = foreign.put_wishes(world.id_of("w1"), &wishes, world.clock.now());
    node.commit(change).await;
    futures_util::future::join_all((0..300).map(|_| node.send())).await;
    world.clock.advance(SECOND);
    let other = node.submit_to(world.grids[2].0, world.request("r")).await;
    owe(&node, &code(&world, "sms-code:1")).await;
    node.fence().await;
    for _ in 0..4 {
        node.courier.send_due().await;
    }
    let taken = node.gateways.sms.taken.take();
    assert!(taken.iter().any(|message| message.code.is_some()), "the code");
    assert!(taken.iter().any(|message| message.url.as_ref().is_some_and(|url| url.contains(&other.to_string()))));
    // Once the row is readable, nothing is lost.
    let own = Wishes::default();
    let mut change = Change::new(world.clock.now(), None, None);
    change.writes = node.stores.reachability.put_wishes(world.id_of("w1"), &own, world.clock.now());
    node.commit(change).await;
    for _ in 0..5 {
        world.clock.advance(10 * MINUTE);
        node.deliver().await;
    }
    let by_sms = |message: &&Delivery| message.account_id == Some(world.id_of("w1")) && message.channel == "sms";
    assert_eq!(node.messages().await.iter().filter(by_sms).count(), 300);
    assert!(node.messages().await.iter().all(|message| message.state != DeliveryState::Owed));
}

#[actix_rt::test]
async fn two_couriers_of_one_database_send_under_the_same_keys() {
    let world = World::new().await;
    let node = reachable(&world).await;
    let second = world.node().await;
    world.clock.set(at(14, 0));
    for _ in 0..5 {
        important(&node).await;
    }
    for _ in 0..4 {
        futures_util::join!(node.courier.send_due(), second.courier.send_due());
        world.clock.advance(6 * MINUTE);
    }
    for channel in 0..4 {
        let (one, other) = (node.gateways.each()[channel], second.gateways.each()[channel]);
        let mut keys = one.keys();
        keys.extend(other.keys());
        keys.sort();
        keys.dedup();
        assert!(keys.len() <= 5, "{keys:?}");
    }
    assert!(node.messages().await.iter().all(|message| message.state != DeliveryState::Owed));
}

/// Sending reads, and so does looking for more: neither may wait for what the other holds.
#[actix_rt::test]
async fn much_that_is_owed_to_many_does_not_stand_in_its_own_way() {
    let mut world = World::new().await;
    let (grid_id, path) = world.grids[3].clone();
    for number in 0..8 {
        let duty = GridDuty { grid_id, path: path.clone(), duty: Duty::Worker };
        world.settle(&format!("more{number}"), Some(duty)).await;
    }
    world.clock.set(at(14, 0));
    let node = world.node().await;
    let running = actix_rt::spawn(node.another_courier().run());
    for _ in 0..60 {
        important(&node).await;
        node.courier_bell.ring();
    }
    let all_planned = async {
        while node.messages().await.iter().any(|message| message.channel == PLAN) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_planned).await.expect("the courier stands still");
    running.abort();
}

//! The daily digest: once a day, at its time, of what lies unread.

use lianxin_domain::calendar::TimeOfDay;
use lianxin_domain::clock::{Clock as _, Timestamp};
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::Command;
use lianxin_storage::deliveries::DeliveryState;

use crate::support::{DAY, HOUR, MINUTE, Node, SECOND, World};

/// The first day, at that hour in China.
fn at(hour: i64) -> Timestamp {
    Timestamp::from_millis(1_795_190_400_000).plus_millis(hour * HOUR)
}

/// `w1` works on a request and wants a digest at 18:00; it is 14:00.
async fn working(world: &World) -> (Node<'_>, TicketId) {
    let node = world.node().await;
    world.clock.set(at(14));
    node.staff(&["w2", "g"], false).await;
    node.change_levels(|levels| {
        levels.warn_percent = 0;
        levels.finish.value = 8_000;
    })
    .await;
    let id = node.send().await;
    node.act(id, "w1", Command::Accept).await.unwrap();
    node.browser("w1", "https://push/1").await;
    node.wish("w1", |wishes| wishes.settings.digest = TimeOfDay::new(18, 0)).await;
    node.read_all("w1").await;
    world.clock.advance(SECOND);
    (node, id)
}

/// News for `w1`.
async fn news(node: &Node<'_>, id: TicketId, count: usize) {
    for _ in 0..count {
        node.act(id, "r", Command::Comment { text: "请看照片".to_owned(), attachments: Vec::new() }).await.unwrap();
    }
    node.fence().await;
    node.deliver().await;
}

/// What was pushed until `end`, with the hour since the first day began.
async fn pushed_until(node: &mut Node<'_>, end: Timestamp) -> Vec<(i64, String)> {
    let mut pushed = Vec::new();
    loop {
        node.deliver().await;
        let hour = node.world.clock.now().since(at(0)) / HOUR;
        pushed.extend(node.gateways.push.titles().into_iter().map(|title| (hour, title)));
        let rest = end.since(node.world.clock.now());
        if rest <= 0 {
            return pushed;
        }
        let next = HOUR - node.world.clock.now().since(at(0)).rem_euclid(HOUR);
        node.pass(next.min(rest)).await;
    }
}

fn told(lines: &[(i64, &str)]) -> Vec<(i64, String)> {
    lines.iter().map(|(hour, title)| (*hour, (*title).to_owned())).collect()
}

#[actix_rt::test]
async fn a_digest_tells_once_a_day_what_lies_unread() {
    let world = World::new().await;
    let (mut node, id) = working(&world).await;
    news(&node, id, 3).await;
    let first = pushed_until(&mut node, at(24)).await;
    assert_eq!(first, told(&[(18, "今日有 3 条未读消息")]));
    // Nothing new, nothing told: what was told yesterday lies there unread.
    assert_eq!(pushed_until(&mut node, at(48)).await, told(&[]));
    news(&node, id, 2).await;
    assert_eq!(pushed_until(&mut node, at(72)).await, told(&[(66, "今日有 2 条未读消息")]));
    // Read before its time.
    news(&node, id, 2).await;
    node.read_all("w1").await;
    assert_eq!(pushed_until(&mut node, at(96)).await, told(&[]));
    assert!(node.messages().await.iter().all(|message| message.state != DeliveryState::Owed));
    node.check().await;
}

#[actix_rt::test]
async fn two_clocks_make_one_digest() {
    let world = World::new().await;
    let (mut node, id) = working(&world).await;
    let mut second = world.node().await;
    news(&node, id, 1).await;
    world.clock.set(at(18));
    futures_util::join!(node.escalation.turn(), second.escalation.turn());
    node.deliver().await;
    world.clock.advance(SECOND);
    futures_util::join!(node.escalation.turn(), second.escalation.turn());
    second.deliver().await;
    node.deliver().await;
    let pushed = node.gateways.push.titles().len() + second.gateways.push.titles().len();
    let digests = node.messages().await.into_iter().filter(|message| message.key.starts_with("digest:")).count();
    assert_eq!((pushed, digests), (1, 1));
}

/// The clock knows the old time already when the wish changes.
#[actix_rt::test]
async fn a_digest_that_is_moved_at_the_last_moment_is_told_once() {
    let world = World::new().await;
    let (mut node, id) = working(&world).await;
    news(&node, id, 1).await;
    world.clock.set(at(18).plus_millis(-20 * SECOND));
    node.turn().await;
    node.wish("w1", |wishes| wishes.settings.digest = TimeOfDay::new(19, 0)).await;
    let told_then = pushed_until(&mut node, at(48)).await;
    assert_eq!(told_then, told(&[(19, "今日有 1 条未读消息")]));
}

#[actix_rt::test]
async fn a_digest_that_is_switched_off_at_the_last_moment_is_not_told() {
    let world = World::new().await;
    let (mut node, id) = working(&world).await;
    news(&node, id, 1).await;
    world.clock.set(at(18).plus_millis(-20 * SECOND));
    node.turn().await;
    node.wish("w1", |wishes| wishes.settings.digest = None).await;
    assert_eq!(pushed_until(&mut node, at(72)).await, told(&[]));
    assert_eq!(node.stores.deadlines.due(world.clock.now(), 10).await.unwrap(), []);
}

/// After a stop of three days there is one digest, of all that came since the last one.
#[actix_rt::test]
async fn a_stop_loses_nothing_of_a_digest() {
    let world = World::new().await;
    let (node, id) = working(&world).await;
    news(&node, id, 4).await;
    node.stop().await;
    world.clock.set(at(24 * 3 + 11));
    let mut node = world.node().await;
    node.turn().await;
    assert_eq!(pushed_until(&mut node, at(24 * 3 + 17)).await, told(&[(24 * 3 + 11, "今日有 4 条未读消息")]));
    assert_eq!(pushed_until(&mut node, at(24 * 4)).await, told(&[]));
}

/// What comes right after a digest is in the next one, though that one is a little later.
#[actix_rt::test]
async fn nothing_falls_between_two_digests() {
    let world = World::new().await;
    let (mut node, id) = working(&world).await;
    assert_eq!(pushed_until(&mut node, at(18)).await, told(&[]));
    world.clock.advance(5 * SECOND);
    news(&node, id, 1).await;
    world.clock.set(at(42).plus_millis(20 * SECOND));
    node.turn().await;
    assert_eq!(pushed_until(&mut node, at(42).plus_millis(MINUTE)).await, told(&[(42, "今日有 1 条未读消息")]));
    assert!(world.clock.now() < at(42).plus_millis(DAY));
}

//! A screen whose pairing changes: it is told why, then its connections end, and nobody else's.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lianxin_actors::directory::Directory;
use lianxin_actors::hub::{CloseReason, ConnectionId, Drained, Opened, Outbox, Owner, Published, Subscriptions, Topic};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::{AccountId, EntityId, ScreenId, SessionId};
use serde_json::{Value, json};
use tokio::time::Instant;

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn happened(seq: u64, kind: &str, screen: u128) -> Arc<Published> {
    let event = Event {
        seq,
        kind: kind.to_owned(),
        subject: Subject::new("screen", id::<ScreenId>(screen)),
        at: Timestamp::from_millis(0),
        by: None,
        grid_path: None,
        audience: Vec::new(),
        data: json!({ "target": "board:x" }),
        request_id: None,
    };
    Arc::new(Published::new(Arc::new(event), &Directory::default()))
}

/// What waits for a client, and how it ended.
fn drained(outbox: &Outbox) -> (Vec<Value>, Option<CloseReason>) {
    let mut frames = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match outbox.poll_drain(&mut context) {
            Poll::Ready(Drained::Frames(more)) => {
                frames.extend(more.iter().map(|frame| serde_json::from_str::<Value>(frame.json()).unwrap()));
            }
            Poll::Ready(Drained::Closed(reason)) => return (frames, Some(reason)),
            Poll::Pending => return (frames, None),
        }
    }
}

#[test]
fn a_screen_hears_of_its_change_and_nothing_after_it() {
    let mut hub = Subscriptions::default();
    let owners = [
        Owner::Screen(id(1)),
        Owner::Screen(id(1)),
        Owner::Screen(id(2)),
        // Somebody whose account happens to have the same number.
        Owner::Person { account_id: id::<AccountId>(1), session_id: id::<SessionId>(1) },
    ];
    let outboxes = [(); 4].map(|()| Arc::<Outbox>::default());
    for ((number, owner), outbox) in (0..).zip(owners).zip(&outboxes) {
        hub.connect(ConnectionId(number), owner, Arc::clone(outbox));
    }
    // The second connection of the screen follows nothing.
    for (number, screen) in [(0, 1), (2, 2)] {
        let topic = Topic::Screen(id(screen));
        assert!(hub.register(ConnectionId(number), topic));
        hub.go_live(ConnectionId(number), &[Opened { topic, after: 0, figures_at: 0 }]);
    }
    let now = Instant::now();
    hub.publish(&happened(5, "screen.retargeted", 1), now);
    hub.publish(&happened(6, "screen.released", 1), now);
    let [told, other, stays, person] = outboxes.each_ref().map(|outbox| drained(outbox));
    let event = json!({ "op": "event", "seq": 5, "topic": "screen", "kind": "screen.retargeted",
        "at": "1970-01-01T00:00:00.000Z", "data": { "target": "board:x" } });
    assert_eq!(told, (vec![event], Some(CloseReason::RightsChanged)));
    assert_eq!(other, (Vec::new(), Some(CloseReason::RightsChanged)));
    assert_eq!((stays, person), ((Vec::new(), None), (Vec::new(), None)));
}

//! A hall that fills: its events go out together, at most five frames a second, and nobody misses one or gets one twice.

use std::sync::Arc;
use std::time::Duration;

use lianxin_actors::directory::Directory;
use lianxin_actors::hub::{ConnectionId, Drained, JOINED_FOR, Opened, Outbox, Owner, Published, Subscriptions, Topic};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::{Event, Subject};
use lianxin_domain::ids::{AccountId, EntityId as _, MeetingId, SessionId};
use serde_json::{Value, json};
use tokio::time::Instant;

const MEETING: u128 = 7;

fn meeting() -> MeetingId {
    MeetingId::from_uuid(uuid::Uuid::from_u128(MEETING))
}

fn happened(seq: u64, kind: &str) -> Arc<Published> {
    let event = Event {
        seq,
        kind: kind.to_owned(),
        subject: Subject::new("meeting", meeting()),
        at: Timestamp::from_millis(0),
        by: None,
        grid_path: None,
        audience: Vec::new(),
        data: json!({ "name": format!("党员{seq}"), "evidence": { "grade": "weak" }, "way": "code", "device": "x" }),
        request_id: None,
    };
    Arc::new(Published::new(Arc::new(event), &Directory::default()))
}

struct Reader {
    outbox: Arc<Outbox>,
    id: ConnectionId,
    topic: Topic,
}

impl Reader {
    fn new(subscriptions: &mut Subscriptions, number: u64, topic: Topic) -> Self {
        let outbox = Arc::<Outbox>::default();
        let id = ConnectionId(number);
        let account_id = AccountId::from_uuid(uuid::Uuid::from_u128(u128::from(number)));
        let owner = Owner::Person { account_id, session_id: SessionId::from_uuid(uuid::Uuid::nil()) };
        subscriptions.connect(id, owner, Arc::clone(&outbox));
        assert!(subscriptions.register(id, topic));
        Self { outbox, id, topic }
    }

    fn live(&self, subscriptions: &mut Subscriptions, after: u64) {
        subscriptions.go_live(self.id, &[Opened { topic: self.topic, after, figures_at: after }]);
    }

    /// The frames that wait.
    fn frames(&self) -> Vec<Value> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match self.outbox.poll_drain(&mut context) {
            std::task::Poll::Ready(Drained::Frames(frames)) => {
                frames.iter().map(|frame| serde_json::from_str(frame.json()).unwrap()).collect()
            }
            std::task::Poll::Ready(Drained::Closed(reason)) => panic!("{reason:?}"),
            std::task::Poll::Pending => Vec::new(),
        }
    }

    /// The numbers of the events in the frames that wait, frame by frame.
    fn seqs(&self) -> Vec<Vec<u64>> {
        let seq = |frame: &Value| frame["seq"].as_u64().unwrap();
        self.frames()
            .iter()
            .map(|frame| match frame["op"].as_str() {
                Some("event") => vec![seq(frame)],
                Some("events") => frame["events"].as_array().unwrap().iter().map(seq).collect(),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

#[test]
fn the_first_comes_at_once_and_a_crowd_in_one_frame() {
    let mut hub = Subscriptions::default();
    let desk = Reader::new(&mut hub, 1, Topic::Desk(meeting()));
    desk.live(&mut hub, 0);
    let begin = Instant::now();
    hub.publish(&happened(1, "meeting.signed_in"), begin);
    let next = hub.flush(begin).unwrap();
    assert_eq!(desk.seqs(), [[1]]);
    for seq in 2..=500 {
        hub.publish(&happened(seq, "meeting.signed_in"), begin + Duration::from_millis(10));
        hub.flush(begin + Duration::from_millis(10));
    }
    assert_eq!(desk.seqs(), Vec::<Vec<u64>>::new());
    assert_eq!(next, begin + JOINED_FOR);
    assert!(hub.flush(next).is_some());
    assert_eq!(desk.seqs(), [(2..=500).collect::<Vec<u64>>()]);
    // Then nothing is left to come back for.
    assert_eq!(hub.flush(next + JOINED_FOR), None);
}

#[test]
fn a_flood_of_ten_seconds_costs_a_reader_fifty_frames() {
    let mut hub = Subscriptions::default();
    let wall = Reader::new(&mut hub, 1, Topic::Wall(meeting()));
    wall.live(&mut hub, 0);
    let begin = Instant::now();
    let (mut frames, mut seqs) = (0, Vec::new());
    for ms in 0..10_000 {
        let now = begin + Duration::from_millis(ms);
        if ms % 2 == 0 {
            hub.publish(&happened(ms / 2 + 1, "meeting.signed_in"), now);
        }
        hub.flush(now);
        for frame in wall.seqs() {
            frames += 1;
            seqs.extend(frame);
        }
    }
    hub.flush(begin + Duration::from_secs(11));
    seqs.extend(wall.seqs().into_iter().flatten());
    assert!(frames <= 51, "{frames}");
    assert_eq!(seqs, (1..=5_000).collect::<Vec<u64>>());
}

#[test]
fn who_comes_in_between_gets_what_the_opening_does_not_hold_and_nothing_twice() {
    let mut hub = Subscriptions::default();
    let early = Reader::new(&mut hub, 1, Topic::Desk(meeting()));
    early.live(&mut hub, 0);
    let now = Instant::now();
    hub.publish(&happened(1, "meeting.signed_in"), now);
    hub.flush(now);
    for seq in 2..=4 {
        hub.publish(&happened(seq, "meeting.signed_in"), now);
    }
    // Registered at 4; the opening was read at 5, before 6 was committed.
    let late = Reader::new(&mut hub, 2, Topic::Desk(meeting()));
    assert_eq!(hub.position(), 4);
    hub.publish(&happened(5, "meeting.signed_in"), now);
    hub.publish(&happened(6, "meeting.signed_in"), now);
    late.live(&mut hub, 5);
    hub.publish(&happened(7, "meeting.ended"), now);
    hub.flush(now + JOINED_FOR);
    assert_eq!(late.seqs(), [[6, 7]]);
    assert_eq!(early.seqs(), [vec![1], vec![2, 3, 4, 5, 6, 7]]);
    // And one whose opening is still on its way when they are sent.
    let later = Reader::new(&mut hub, 3, Topic::Desk(meeting()));
    hub.publish(&happened(8, "meeting.archived"), now + 2 * JOINED_FOR);
    hub.flush(now + 2 * JOINED_FOR);
    later.live(&mut hub, 7);
    assert_eq!(later.seqs(), [[8]]);
}

#[test]
fn each_reader_is_told_what_is_for_it() {
    let mut hub = Subscriptions::default();
    let guest = Reader::new(&mut hub, 1, Topic::Meeting(meeting()));
    let wall = Reader::new(&mut hub, 2, Topic::Wall(meeting()));
    let desk = Reader::new(&mut hub, 3, Topic::Desk(meeting()));
    for reader in [&guest, &wall, &desk] {
        reader.live(&mut hub, 0);
    }
    let now = Instant::now();
    let kinds =
        ["meeting.created", "meeting.listed", "meeting.leave_requested", "meeting.signed_in", "meeting.started"];
    for (seq, kind) in (1..).zip(kinds) {
        hub.publish(&happened(seq, kind), now);
    }
    hub.flush(now);
    assert_eq!(guest.seqs(), [[5]]);
    let (wall, desk) = (wall.frames(), desk.frames());
    let told = |frame: &Value| {
        let events = frame["events"].as_array().unwrap();
        let data = &events.iter().find(|event| event["kind"] == "meeting.signed_in").unwrap()["data"];
        let mut members: Vec<String> = data.as_object().unwrap().keys().cloned().collect();
        members.sort();
        (events.len(), members)
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(told(&wall[0]), (2, words(&["name"])));
    assert_eq!(told(&desk[0]), (4, words(&["evidence", "name", "way"])));
}

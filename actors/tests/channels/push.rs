//! Web push against a push service that decrypts with the subscriber's key.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lianxin_actors::channel::push::PushSettingsError;
use lianxin_actors::channel::{Gateway as _, Message, Outbound, PushHosts, PushSettings, Receipt, SendError};
use lianxin_actors::channel::{VapidKey, WebPush};
use lianxin_domain::clock::{Entropy, ManualClock, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::message::message;
use crate::other_side::browser::{Browser, check_vapid};
use crate::other_side::server::Server;

/// 2026-11-21T06:12:07Z
pub const NOW: i64 = 1_795_241_527_000;
const SUBJECT: &str = "mailto:grid@county.gov.cn";

/// Hashes of numbers: different each time, the same in every run.
#[derive(Default)]
pub struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let next = digest(&SHA256, &self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            part.copy_from_slice(&next.as_ref()[..part.len()]);
        }
    }
}

pub fn key() -> VapidKey {
    VapidKey::generate(&Counted::default())
}

pub fn web_push(outbound: Outbound, hosts: &PushHosts, clock: &Arc<ManualClock>) -> WebPush {
    let settings = PushSettings { subject: SUBJECT.to_owned(), hosts: hosts.clone(), ttl_s: 86_400 };
    let clock = Arc::clone(clock);
    WebPush::new(outbound, key(), settings, clock, Arc::new(Counted::default())).unwrap()
}

struct World {
    server: Server,
    hosts: PushHosts,
    clock: Arc<ManualClock>,
    push: WebPush,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        let hosts = PushHosts::parse([&server.authority]).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
        let push = web_push(Outbound::new(&[]).unwrap(), &hosts, &clock);
        Self { server, hosts, clock, push }
    }

    fn message(&self, key: &str, browser: &Browser) -> Message {
        let subscription = browser.subscribe(&format!("{}/push/abc?x=1", self.server.base), &self.hosts);
        message(key, &subscription.to_json())
    }
}

#[actix::test]
async fn the_subscriber_reads_what_was_sent_and_nobody_else() {
    let world = World::new();
    let (browser, other) = (Browser::seeded(1), Browser::seeded(2));
    let message = world.message("notice:1", &browser);
    world.server.will_answer(201, &[("Location", "https://push.example/m/9")], "");
    let receipt = world.push.send(&message).await.unwrap();
    assert_eq!(receipt, Receipt { cost_milli_fen: 0, reference: Some("https://push.example/m/9".to_owned()) });
    let got = world.server.take_one();
    assert_eq!(got.path, "POST /push/abc?x=1");
    let expected = json!({
        "key": "notice:1", "title": message.title, "text": message.text, "url": "/tickets/7", "urgent": false,
    });
    assert_eq!(browser.read(&got), expected);
    assert_eq!(other.decrypt(&got.body), None);
    assert_eq!(Browser::new(&[1; 32], &[0; 16]).decrypt(&got.body), None);
    assert_eq!(got.header("content-encoding"), "aes128gcm");
    assert_eq!(got.header("content-length"), got.body.len().to_string());
    assert_eq!((got.header("ttl"), got.header("urgency")), ("86400", "normal"));
}

#[actix::test]
async fn a_push_service_knows_who_sends() {
    let world = World::new();
    let browser = Browser::seeded(1);
    let mut tokens = HashSet::new();
    for minute in 0..120 {
        let now = Timestamp::from_millis(NOW + minute * 60_000);
        world.clock.set(now);
        world.push.send(&world.message("k", &browser)).await.unwrap();
        let got = world.server.take_one();
        let (claims, public) = check_vapid(&got);
        assert_eq!((&claims["aud"], &claims["sub"]), (&json!(world.server.base), &json!(SUBJECT)));
        let left = claims["exp"].as_i64().unwrap() - now.millis() / 1_000;
        assert!(left > 10 * 3_600 && left <= 24 * 3_600, "{left}");
        assert_eq!(public, key().public_base64url());
        tokens.insert(got.header("authorization").to_owned());
    }
    // Apple asks for a token to be used for longer than one message.
    assert_eq!(tokens.len(), 3);
}

#[actix::test]
async fn a_repeat_replaces_its_first_copy() {
    let world = World::new();
    let browser = Browser::seeded(1);
    let mut topics = Vec::new();
    let mut bodies = HashSet::new();
    for key in ["a", "a", "通知 2\r\n"] {
        let message = Message { urgent: key == "a", ..world.message(key, &browser) };
        world.push.send(&message).await.unwrap();
        let got = world.server.take_one();
        assert_eq!(got.header("urgency"), if key == "a" { "high" } else { "normal" });
        topics.push(got.header("topic").to_owned());
        // New key and salt each time, in plain sight in the first 86 bytes.
        bodies.insert(got.body[..86].to_vec());
    }
    assert_eq!((topics[0] == topics[1], topics[1] == topics[2], bodies.len()), (true, false, 3));
    for topic in topics {
        assert!(topic.len() <= 32 && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}

#[actix::test]
async fn a_long_text_is_cut_to_what_push_services_take() {
    let world = World::new();
    let browser = Browser::seeded(1);
    for length in [1_100, 1_200, 5_000, 100_000] {
        let text = "网格🙂".repeat(length / 3);
        world.push.send(&Message { text: text.clone(), ..world.message("k", &browser) }).await.unwrap();
        let got = world.server.take_one();
        assert!(got.body.len() <= 4_096);
        let note = browser.read(&got);
        assert!(text.starts_with(note["text"].as_str().unwrap().trim_end_matches('…')));
    }
}

#[actix::test]
async fn answers_of_push_services() {
    let world = World::new();
    let browser = Browser::seeded(1);
    let wait = [("Retry-After", "30")];
    for (status, again) in [
        (201, None),
        (200, None),
        (202, None),
        (204, None),
        (404, Some(false)),
        (410, Some(false)),
        (413, Some(false)),
        // They refuse our key, subject or headers; no subscription may be lost by it.
        (400, Some(true)),
        (401, Some(true)),
        (403, Some(true)),
        (408, Some(true)),
        (429, Some(true)),
        (500, Some(true)),
        (503, Some(true)),
    ] {
        world.server.will_answer(status, &wait, "{\"reason\":\n\t\"Said\u{7}So\"}");
        let sent = world.push.send(&world.message("k", &browser)).await;
        match (&sent, again) {
            (Ok(_), None) => {}
            (Err(SendError::Gone { why }), Some(false)) | (Err(SendError::Again { why, .. }), Some(true)) => {
                assert_eq!(*why, format!("127.0.0.1 answered {status}: {{\"reason\": \"SaidSo\"}}"));
            }
            _ => panic!("{status}: {sent:?}"),
        }
        if let Err(SendError::Again { after_ms, .. }) = &sent {
            assert_eq!(*after_ms, Some(30_000), "{status}");
        }
    }
}

#[actix::test]
async fn a_push_service_cannot_send_us_elsewhere() {
    let world = World::new();
    let elsewhere = Server::start();
    for status in [301, 302, 303, 307, 308] {
        for target in [&*elsewhere.base, "http://169.254.169.254/latest/meta-data/", &world.server.base] {
            world.server.will_answer(status, &[("Location", target)], "");
            let sent = world.push.send(&world.message("k", &Browser::seeded(1))).await;
            assert!(matches!(sent, Err(SendError::Again { .. })), "{sent:?}");
        }
    }
    assert_eq!((world.server.take().len(), elsewhere.take().len()), (15, 0));
}

#[actix::test]
async fn a_subscription_is_checked_again_before_each_push() {
    let world = World::new();
    let elsewhere = Server::start();
    let browser = Browser::seeded(1);
    let at = |endpoint: &str| json!({ "endpoint": endpoint, "p256dh": browser.p256dh(), "auth": browser.auth() });
    for to in [
        at(&elsewhere.base).to_string(),
        at("http://169.254.169.254/").to_string(),
        at(&format!("http://{}@{}/", world.server.authority, elsewhere.authority)).to_string(),
        json!({ "endpoint": world.server.base, "p256dh": "AAAA", "auth": browser.auth() }).to_string(),
        "19900000001".to_owned(),
        String::new(),
    ] {
        match world.push.send(&message("k", &to)).await {
            Err(SendError::Gone { why }) => assert!(why.starts_with("not a subscription: ") && why.is_ascii(), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((world.server.take().len(), elsewhere.take().len()), (0, 0));
}

#[test]
fn a_key_is_kept_as_32_bytes_and_shown_by_its_public_half() {
    let key = key();
    let back = VapidKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(back.public_base64url(), key.public_base64url());
    assert_eq!(key.public_base64url().len(), 87);
    assert_eq!(format!("{key:?}"), format!("VapidKey({:?})", key.public_base64url()));
    for bad in [&[0; 32][..], &[255; 32], &[1; 31], &[1; 33], &[]] {
        assert!(VapidKey::from_bytes(bad).is_err(), "{bad:?}");
    }
}

#[actix::test]
async fn a_subject_that_apple_refuses_is_refused_at_the_start() {
    let settings = |subject: &str| PushSettings { subject: subject.to_owned(), hosts: PushHosts::default(), ttl_s: 60 };
    let clock = Arc::new(ManualClock::default());
    for (subject, expected) in [("mailto:a@localhost", Some(PushSettingsError::Subject)), (SUBJECT, None)] {
        let outbound = Outbound::new(&[]).unwrap();
        let push = WebPush::new(outbound, key(), settings(subject), clock.clone(), Arc::new(Counted::default()));
        assert_eq!(push.err(), expected);
    }
}

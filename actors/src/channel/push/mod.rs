//! Web push: RFC 8030 (the request), RFC 8291 (its encryption), RFC 8292 (who we are).
//!
//! Made of the RustCrypto crates that the workspace has anyhow, with `p256` added, so that the one source of chance
//! stays [`Entropy`] and a test can repeat the RFC's own example byte by byte.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use lianxin_domain::clock::{Clock, Entropy};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use url::{Host, Url};

use super::{Gateway, Message, Outbound, Receipt, SendError};

mod encrypt;
mod hosts;
mod subscription;
mod vapid;

pub use encrypt::encrypt;
pub use hosts::{PushHosts, PushHostsError};
pub use subscription::Subscription;
pub use vapid::{VapidKey, VapidKeyError};

/// Of the plain text; every push service takes 4 KiB encrypted, which is 103 bytes more.
const MAX_PAYLOAD: usize = 3_584;
/// Characters of a `Topic` (RFC 8030, §5.4).
const TOPIC_LENGTH: usize = 32;
/// What is cited of a push service's refusal.
const MAX_REASON: usize = 120;

/// How we push.
#[derive(Debug, Clone)]
pub struct PushSettings {
    /// Whom a push service asks when something is wrong: `mailto:…` or `https://…`. Apple's refuses every message
    /// when the name behind it is not a public one.
    pub subject: String,
    /// Whom we push to.
    pub hosts: PushHosts,
    /// How long a push service keeps a message for a device that is off, in seconds.
    pub ttl_s: u32,
}

/// Why the settings of web push make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PushSettingsError {
    /// Not one that push services accept.
    #[error("the push subject must be mailto:name@public.domain or https://public.domain/…")]
    Subject,
}

/// Pushes to browsers. The address of a message is [`Subscription::to_json`].
pub struct WebPush {
    outbound: Outbound,
    key: VapidKey,
    settings: PushSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What the service worker gets.
#[derive(Serialize)]
struct Note<'a> {
    key: &'a str,
    title: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    urgent: bool,
}

impl WebPush {
    /// Pushes in the name of `key`.
    ///
    /// # Errors
    /// [`PushSettingsError`] when the settings make no sense.
    pub fn new(
        outbound: Outbound,
        key: VapidKey,
        settings: PushSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, PushSettingsError> {
        if !is_public_contact(&settings.subject) {
            return Err(PushSettingsError::Subject);
        }
        Ok(Self { outbound, key, settings, clock, entropy })
    }
}

#[async_trait(?Send)]
impl Gateway for WebPush {
    async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        // Checked again: the list may have been shortened since the subscription was stored.
        let subscription = Subscription::from_json(&message.to, &self.settings.hosts).map_err(|errors| {
            let codes: Vec<String> = errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
            SendError::gone(format!("not a subscription: {}", codes.join(", ")))
        })?;
        let body = encrypt(&payload(message)?, &subscription, &*self.entropy);
        let now = self.clock.now();
        let headers = [
            ("Authorization", self.key.authorization(&subscription.origin(), &self.settings.subject, now)),
            ("Content-Encoding", "aes128gcm".to_owned()),
            ("Content-Type", "application/octet-stream".to_owned()),
            ("TTL", self.settings.ttl_s.to_string()),
            ("Urgency", if message.urgent { "high" } else { "normal" }.to_owned()),
            ("Topic", topic(&message.key)),
        ];
        let answer = self.outbound.post(subscription.endpoint(), &headers, body).await?;
        if answer.is_success() {
            return Ok(Receipt { cost_milli_fen: 0, reference: answer.location() });
        }
        let reason = reason(&answer.body);
        let why = format!("{} answered {}{reason}", subscription.host(), answer.status);
        Err(match answer.status {
            // The subscription is over, or a message of the size that all services must take is too large for it.
            404 | 410 | 413 => SendError::Gone { why },
            // Any other refusal is of us, not of the subscription: a wrong subject or key, a slip in a header. As `Gone`
            // it would cost every subscriber of that service.
            _ => answer.trouble(why, self.clock.now()),
        })
    }
}

/// So that a repeat takes the place of its first copy while that waits for the device.
fn topic(key: &str) -> String {
    let mut topic = BASE64URL_NOPAD.encode(&Sha256::digest(key));
    topic.truncate(TOPIC_LENGTH);
    topic
}

/// The message as JSON of at most [`MAX_PAYLOAD`] bytes: the text gives way first, then the title, then the link.
fn payload(message: &Message) -> Result<Vec<u8>, SendError> {
    let mut note = Note {
        key: &message.key,
        title: message.title.clone(),
        text: message.text.clone(),
        url: message.url.as_deref(),
        urgent: message.urgent,
    };
    let json = |note: &Note<'_>| serde_json::to_vec(note).map_err(|error| SendError::gone(error.to_string()));
    let mut bytes = json(&note)?;
    for step in 0..3 {
        let Some(excess) = bytes.len().checked_sub(MAX_PAYLOAD).filter(|excess| *excess > 0) else { break };
        match step {
            0 => shorten(&mut note.text, excess),
            1 => shorten(&mut note.title, excess),
            _ => note.url = None,
        }
        bytes = json(&note)?;
    }
    if bytes.len() > MAX_PAYLOAD { Err(SendError::gone("too long for a push")) } else { Ok(bytes) }
}

/// Cuts whole characters off the end until `excess` bytes of JSON are saved, or nothing is left.
fn shorten(text: &mut String, excess: usize) {
    const MARK: char = '…';
    let mut to_save = excess + MARK.len_utf8();
    while to_save > 0 {
        let Some(cut) = text.pop() else { return };
        let length = match cut {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        to_save = to_save.saturating_sub(length);
    }
    text.push(MARK);
}

/// The beginning of what a push service says, on one line.
fn reason(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return String::new();
    }
    let line: String = words.join(" ").chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
    format!(": {line}")
}

fn is_public_contact(subject: &str) -> bool {
    let domain = match subject.strip_prefix("mailto:") {
        Some(mail) => match mail.rsplit_once('@') {
            Some((name, domain)) if !name.is_empty() => Host::parse(domain).ok(),
            _ => None,
        },
        None => Url::parse(subject)
            .ok()
            .filter(|url| url.scheme() == "https")
            .and_then(|url| url.host().map(|host| host.to_owned())),
    };
    let Some(Host::Domain(domain)) = domain else { return false };
    let private = ["localhost", "local", "invalid", "test", "example", "internal"];
    domain.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && !private.contains(&top))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(title: &str, text: &str, url: Option<&str>) -> Message {
        let (title, text, url) = (title.to_owned(), text.to_owned(), url.map(str::to_owned));
        Message { key: "k".to_owned(), to: String::new(), title, text, url, code: None, urgent: false }
    }

    #[test]
    fn a_payload_is_cut_between_characters() {
        for text in ["网".repeat(2_000), "\"\u{1}\n".repeat(2_000), "a🙂".repeat(3_000), "a".repeat(MAX_PAYLOAD)] {
            let bytes = payload(&message("标题", &text, Some("/t/1"))).unwrap();
            assert!(bytes.len() <= MAX_PAYLOAD && bytes.len() > MAX_PAYLOAD - 10, "{}", bytes.len());
            let note: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert!(text.starts_with(note["text"].as_str().unwrap().strip_suffix('…').unwrap()));
            assert_eq!((note["title"].as_str(), note["url"].as_str()), (Some("标题"), Some("/t/1")));
        }
        let short = payload(&message("标题", "内容", None)).unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&short).unwrap()["text"], "内容");
    }

    #[test]
    fn when_the_text_is_not_enough_title_and_link_give_way() {
        let note: serde_json::Value =
            serde_json::from_slice(&payload(&message(&"题".repeat(2_000), "内容", Some("/t/1"))).unwrap()).unwrap();
        assert_eq!((note["text"].as_str(), note["url"].as_str()), (Some(""), Some("/t/1")));
        let link = "/".repeat(4_000);
        let note: serde_json::Value =
            serde_json::from_slice(&payload(&message("题", "内容", Some(&link))).unwrap()).unwrap();
        assert_eq!(note.get("url"), None);
        let key = Message { key: "k".repeat(4_000), ..message("题", "内容", None) };
        assert!(matches!(payload(&key), Err(SendError::Gone { .. })));
    }

    #[test]
    fn a_topic_is_short_and_the_keys_own() {
        assert_eq!(topic("a").len(), TOPIC_LENGTH);
        assert_ne!(topic("a"), topic("b"));
        assert!(topic("通知:1").bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }

    #[test]
    fn a_contact_is_public() {
        for good in ["mailto:a@county.gov.cn", "https://county.gov.cn", "https://county.gov.cn/contact"] {
            assert!(is_public_contact(good), "{good}");
        }
        for bad in ["", "a@b.cn", "mailto:@b.cn", "mailto:a@localhost", "mailto:a@b.local", "https://10.0.0.1"] {
            assert!(!is_public_contact(bad), "{bad}");
        }
        for bad in ["http://county.gov.cn", "https://x.invalid", "mailto:", "mailto:a@.cn"] {
            assert!(!is_public_contact(bad), "{bad}");
        }
    }
}

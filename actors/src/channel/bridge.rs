//! The way to a county's own bridge for short messages, calls or WeChat.
//!
//! Counties buy these from different providers, with contracts and templates of their own, so what is ours ends at one
//! small HTTP contract, and the bridge behind it speaks to the provider.
//!
//! # The contract
//!
//! `POST` to the address in the settings, `Content-Type: application/json`:
//!
//! ```json
//! {"channel":"sms","key":"…","to":"13900000001","title":"…","text":"…","url":"…","code":"123456","urgent":false}
//! ```
//!
//! `url` and `code` only when there are any. Headers:
//!
//! - `Idempotency-Key`: the message's key. A message comes again when its answer got lost; a bridge that has taken the
//!   key answers as it did the first time and sends nothing.
//! - `X-Lianxin-Timestamp`: seconds since 1970. Refuse what is more than five minutes off.
//! - `X-Lianxin-Signature`: `sha256=` and, in lower-case hex, HMAC-SHA256 of the shared secret over the timestamp as
//!   sent, one `.`, and the bytes of the body. Compare in constant time, before parsing.
//!
//! Answers, within ten seconds:
//!
//! - any 2xx: taken. The body may say `{"cost_milli_fen":45000,"reference":"…"}`: the price in thousandths of a 分
//!   (else the one in the settings counts) and the provider's own number.
//! - 408, 429, any 5xx, and no answer: tried again, not before `Retry-After` (seconds or a date) when it is there.
//! - any other 4xx: given up for good.
//! - redirects are not followed and count as no answer.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use lianxin_domain::clock::Clock;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use url::Url;

use super::{ChannelName, Gateway, Message, Outbound, Receipt, SendError};

/// Bytes below which a shared secret can be guessed.
const MIN_SECRET: usize = 16;

/// Where a bridge is and what is agreed with it.
#[derive(Clone, Deserialize)]
pub struct BridgeSettings {
    /// Where to post.
    pub url: String,
    /// What both sides know, at least 16 bytes.
    pub secret: String,
    /// What a message costs when the bridge does not say, in thousandths of a 分.
    #[serde(default)]
    pub cost_milli_fen: i64,
}

/// Why a bridge cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BridgeError {
    /// Not an address to post to.
    #[error("the bridge's url must be http(s)://host/…, without user name, password or fragment")]
    Url,
    /// Too short to be one.
    #[error("the bridge's secret must have at least {MIN_SECRET} bytes")]
    Secret,
}

/// Hands messages to a bridge as this module's documentation says.
pub struct HttpGateway {
    outbound: Outbound,
    channel: ChannelName,
    url: String,
    mac: Hmac<Sha256>,
    cost_milli_fen: i64,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Body<'a> {
    channel: &'static str,
    key: &'a str,
    to: &'a str,
    title: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    urgent: bool,
}

#[derive(Default, Deserialize)]
struct Taken {
    cost_milli_fen: Option<i64>,
    reference: Option<String>,
}

impl HttpGateway {
    /// The bridge of `settings` for `channel`.
    ///
    /// # Errors
    /// [`BridgeError`] when the settings make no sense.
    pub fn new(
        outbound: Outbound,
        channel: ChannelName,
        settings: &BridgeSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BridgeError> {
        let url = Url::parse(&settings.url).map_err(|_| BridgeError::Url)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if !bare || !matches!(url.scheme(), "http" | "https") {
            return Err(BridgeError::Url);
        }
        let secret = settings.secret.as_bytes();
        if secret.len() < MIN_SECRET {
            return Err(BridgeError::Secret);
        }
        let mac = Hmac::new_from_slice(secret).map_err(|_| BridgeError::Secret)?;
        Ok(Self { outbound, channel, url: url.into(), mac, cost_milli_fen: settings.cost_milli_fen, clock })
    }

    fn signature(&self, timestamp: &str, body: &[u8]) -> String {
        let mut mac = self.mac.clone();
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
    }
}

#[async_trait(?Send)]
impl Gateway for HttpGateway {
    async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        // A header carries nothing else; our keys are ids and words.
        if !message.key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SendError::gone("the key does not fit into a header"));
        }
        let body = Body {
            channel: self.channel.as_str(),
            key: &message.key,
            to: &message.to,
            title: &message.title,
            text: &message.text,
            url: message.url.as_deref(),
            code: message.code.as_deref(),
            urgent: message.urgent,
        };
        let body = serde_json::to_vec(&body).map_err(|error| SendError::gone(error.to_string()))?;
        let timestamp = self.clock.now().millis().div_euclid(1_000).to_string();
        let signature = self.signature(&timestamp, &body);
        let headers = [
            ("Content-Type", "application/json".to_owned()),
            ("Idempotency-Key", message.key.clone()),
            ("X-Lianxin-Timestamp", timestamp),
            ("X-Lianxin-Signature", signature),
        ];
        let answer = self.outbound.post(&self.url, &headers, body).await?;
        if !answer.is_success() {
            let why = format!("the {} bridge answered {}", self.channel, answer.status);
            return Err(match answer.status {
                408 | 429 => answer.trouble(why, self.clock.now()),
                400..500 => SendError::Gone { why },
                // 5xx, and a redirect, which says nothing about the message.
                _ => answer.trouble(why, self.clock.now()),
            });
        }
        // A bridge that only says 200 is one, too.
        let taken: Taken = serde_json::from_slice(&answer.body).unwrap_or_default();
        let cost = taken.cost_milli_fen.filter(|cost| *cost >= 0);
        Ok(Receipt { cost_milli_fen: cost.unwrap_or(self.cost_milli_fen), reference: taken.reference })
    }
}

//! The channels to the outside: what the courier hands a message to, and what it hears back.
//!
//! Every kind of channel is one [`Gateway`]. Delivery is *at least once*: the courier may die between a gateway's
//! answer and the row that records it, so it sends again, and the receiver tells the copy by [`Message::key`].

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub mod bridge;
pub mod outbound;
pub mod outbox;
pub mod push;

pub use bridge::{BridgeSettings, HttpGateway};
pub(crate) use outbound::NoAnswer;
pub use outbound::Outbound;
pub use outbox::OutboxFile;
pub use push::{PushHosts, PushSettings, Subscription, VapidKey, WebPush};

/// The kinds of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelName {
    /// Web push to a browser.
    Push,
    /// A message of the WeChat account.
    Wechat,
    /// A short message.
    Sms,
    /// A call that reads the text out.
    Voice,
}

impl ChannelName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Push, Self::Wechat, Self::Sms, Self::Voice];

    /// The name in rows, files and settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Wechat => "wechat",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }

    /// The channel of that [`name`](Self::as_str).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One message to one address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What makes it one: a receiver that has taken this key does not take it again.
    pub key: String,
    /// The address as the channel writes it: a phone number, an openid, a [`Subscription`] as JSON.
    pub to: String,
    /// One line.
    pub title: String,
    /// What the person reads or hears.
    pub text: String,
    /// The page it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The code to sign in with, when it carries one: providers of short messages want it apart from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether it should wake a sleeping device.
    #[serde(default)]
    pub urgent: bool,
}

/// Shows the key only: the rest is for the person it is addressed to, not for a log.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What a channel says about a message it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it cost, in thousandths of a 分.
    pub cost_milli_fen: i64,
    /// How the other side calls it.
    pub reference: Option<String>,
}

/// Why a channel did not take a message. `why` never carries the address or the text: it is stored in the open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may be taken later: the network, the other side's trouble, too many at a time.
    #[error("{why}")]
    Again {
        /// For who looks after the system.
        why: String,
        /// Not before this many milliseconds, when the other side said so.
        after_ms: Option<i64>,
    },
    /// It will never be taken: the address is gone, or the message is refused.
    #[error("{why}")]
    Gone {
        /// For who looks after the system.
        why: String,
    },
}

impl SendError {
    pub(crate) fn again(why: impl Into<String>) -> Self {
        Self::Again { why: why.into(), after_ms: None }
    }

    pub(crate) fn gone(why: impl Into<String>) -> Self {
        Self::Gone { why: why.into() }
    }
}

/// One way to the outside. Bound to its thread: the client behind it is.
#[async_trait(?Send)]
pub trait Gateway {
    /// Hands one message over.
    ///
    /// # Errors
    /// [`SendError`], which says whether another try makes sense.
    async fn send(&self, message: &Message) -> Result<Receipt, SendError>;
}

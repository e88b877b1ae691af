//! Over which channels a notification leaves the house: inbox first, then push and WeChat, then SMS, then voice
//! (domain.md 14.4, 15). Each later channel is used only if nobody read the message by then.

use serde::{Deserialize, Serialize};

use super::{NotificationKind, NotificationSettings, Urgency};
use crate::clock::Timestamp;

const MINUTE_MS: i64 = 60_000;
/// So long an important message may lie unread before it costs an SMS.
const SMS_AFTER_MS: i64 = 5 * MINUTE_MS;
/// So long an urgent one may lie unread before somebody is called.
const VOICE_AFTER_MS: i64 = 2 * MINUTE_MS;

/// A way to reach somebody outside the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Web push.
    Push,
    /// 微信
    Wechat,
    /// 短信
    Sms,
    /// 语音电话
    Voice,
}

impl Channel {
    /// All, cheapest first.
    pub const ALL: [Self; 4] = [Self::Push, Self::Wechat, Self::Sms, Self::Voice];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Wechat => "wechat",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

/// Some of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSet {
    /// Web push.
    pub push: bool,
    /// 微信
    pub wechat: bool,
    /// 短信
    pub sms: bool,
    /// 语音电话
    pub voice: bool,
}

impl ChannelSet {
    /// All of them.
    pub const fn all() -> Self {
        Self { push: true, wechat: true, sms: true, voice: true }
    }

    /// Whether none is in it.
    pub const fn is_empty(self) -> bool {
        !(self.push || self.wechat || self.sms || self.voice)
    }

    /// Whether `channel` is in it.
    pub const fn has(self, channel: Channel) -> bool {
        match channel {
            Channel::Push => self.push,
            Channel::Wechat => self.wechat,
            Channel::Sms => self.sms,
            Channel::Voice => self.voice,
        }
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            push: self.push && other.push,
            wechat: self.wechat && other.wechat,
            sms: self.sms && other.sms,
            voice: self.voice && other.voice,
        }
    }
}

/// Where somebody can be reached: the channels that the system has and that lead to the person.
pub type Reachable = ChannelSet;

/// One channel's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanStep {
    /// Over which channel.
    pub channel: Channel,
    /// When; unless it was read by then.
    pub at: Timestamp,
}

/// What becomes of a notification outside the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Sent in this order.
    Send(Vec<PlanStep>),
    /// Told in the daily digest.
    Digest,
    /// The inbox alone.
    InboxOnly,
}

/// Which channels a notification of `kind` and `urgency`, made at `now`, takes to somebody with `settings`.
pub fn plan(
    kind: NotificationKind,
    urgency: Urgency,
    settings: &NotificationSettings,
    reachable: Reachable,
    now: Timestamp,
) -> Plan {
    if urgency < Urgency::Urgent && settings.muted.contains(&kind) {
        return Plan::InboxOnly;
    }
    if urgency == Urgency::Normal && settings.digest.is_some() && kind != NotificationKind::Digest {
        return Plan::Digest;
    }
    let open = reachable.and(settings.channels);
    // Nobody is woken for what can wait (Zammad #4432); what is urgent cannot.
    let begin = match settings.quiet {
        Some(quiet) if urgency < Urgency::Urgent => quiet.over(now),
        _ => now,
    };
    let quick = open.push || open.wechat;
    let turn = |channel| match (channel, urgency) {
        (Channel::Push | Channel::Wechat, _) => Some(begin),
        (Channel::Sms, Urgency::Normal) | (Channel::Voice, Urgency::Normal | Urgency::Important) => None,
        (Channel::Sms, Urgency::Important) if quick => Some(begin.plus_millis(SMS_AFTER_MS)),
        (Channel::Sms, _) => Some(begin),
        (Channel::Voice, Urgency::Urgent) => Some(begin.plus_millis(VOICE_AFTER_MS)),
    };
    let steps: Vec<PlanStep> = Channel::ALL
        .into_iter()
        .filter(|channel| open.has(*channel))
        .filter_map(|channel| turn(channel).map(|at| PlanStep { channel, at }))
        .collect();
    if steps.is_empty() { Plan::InboxOnly } else { Plan::Send(steps) }
}

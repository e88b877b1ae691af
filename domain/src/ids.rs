//! Identifiers: one type per entity over a time-ordered UUID (version 7), so that a ticket's id never
//! fits where a grid's id is meant.

use std::sync::Arc;

use crate::clock::{Clock, Entropy};

/// Text that is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct BadId;

/// An entity's identifier type: built from a UUID, printed and stored as its hyphenated text.
pub trait EntityId: Copy {
    /// Wraps a UUID.
    fn from_uuid(uuid: uuid::Uuid) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl EntityId for $name {
            fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl $name {
            /// The sixteen bytes of the id.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// When it was made: its first 48 bits are milliseconds.
            pub fn made_at(&self) -> crate::clock::Timestamp {
                let millis = self.as_bytes().iter().take(6).fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
                crate::clock::Timestamp::from_millis(millis)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| BadId)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person's account, staff or resident.
    AccountId;
    /// A democratic appraisal (民主评议) of a branch.
    AppraisalId;
    /// A file that was uploaded.
    AttachmentId;
    /// An entry of the audit trail.
    AuditId;
    /// What somebody's device calls a thing before it is sent.
    ClientId;
    /// A message owed to the outside (SMS, push …).
    DeliveryId;
    /// A node of the grid tree.
    GridId;
    /// A key for another system that reports requests (开放接口).
    IntegrationId;
    /// A 组织生活会, from its notice to its report.
    LifeMeetingId;
    /// A meeting or activity.
    MeetingId;
    /// A member of the Party.
    MemberId;
    /// An order or a nudge (指令、催办) to a branch.
    OrderId;
    /// A node of the organisation tree.
    OrganisationId;
    /// An article of 政策信息.
    PolicyId;
    /// One HTTP request or one internal job, found again in log, audit and events.
    RequestId;
    /// A big screen that was paired, or waits to be.
    ScreenId;
    /// A link of 红色服务.
    ServiceLinkId;
    /// A record of a service diary (服务日记).
    ServiceRecordId;
    /// A login.
    SessionId;
    /// A resident's request (诉求).
    TicketId;
    /// A vote in a meeting.
    VoteId;
    /// A webhook (事件推送).
    WebhookId;
}

/// Makes new ids from a clock and a random source.
#[derive(Clone)]
pub struct IdSource {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl IdSource {
    /// Ids are ordered by `clock` and made unique by `entropy`.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// A fresh id: 48 bits of time in milliseconds, 74 random bits.
    pub fn next<I: EntityId>(&self) -> I {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.clock.now().millis()).unwrap_or_default();
        I::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The clock behind the ids.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The random source behind the ids.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }
}

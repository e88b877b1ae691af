//! The live channel. This is the only module that knows WebSocket frames.

mod frames;
pub(crate) mod protocol;
pub mod socket;
pub mod sse;
mod subscriber;
pub mod upgrade;
pub mod wire;

use std::sync::Arc;

use actix::Addr;
use actix_web::web;
use lianxin_actors::health::Health;
use lianxin_actors::hub::{Hub, Shard, Snapshots};
use lianxin_domain::clock::Clock;
use lianxin_storage::log::EventLog;
use lianxin_storage::notifications::Notifications;

use crate::api::life_rights::LifeRights;
use crate::api::meetings::MeetingRights;
use crate::rates::Rates;
use crate::screens::Presence;

/// Seconds between a client's pings; silent for two and a half of them, it counts as gone.
pub const HEARTBEAT_S: u64 = 25;
/// Topics of one connection.
pub const MAX_TOPICS: usize = 256;

/// What a live connection needs.
pub struct LiveDesk {
    /// The hub.
    pub hub: Hub,
    /// This worker's shard of it.
    pub shard: Addr<Shard>,
    /// Where snapshots come from.
    pub snapshots: Snapshots,
    /// Who may see what of a meeting.
    pub meetings: MeetingRights,
    /// Who may see what of a 组织生活会.
    pub lives: LifeRights,
    /// What lies unread.
    pub notifications: Notifications,
    /// Which screens are there.
    pub presence: Presence,
    /// How many connections somebody may have.
    pub rates: web::Data<Rates>,
    /// What was missed.
    pub log: Arc<EventLog>,
    /// Whether new clients should rather go elsewhere.
    pub health: Arc<Health>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

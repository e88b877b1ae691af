//! This process among the nodes of a cluster.

use std::sync::Arc;

use lianxin_actors::follower::Others;
use lianxin_actors::health::Health;
use lianxin_actors::lease::{Held, LeaseKeeper};
use lianxin_actors::relay::{Relay, Relayed};
use lianxin_domain::ids::RequestId;

use crate::config::Config;
use crate::core::{Core, StartError};

/// What connects this process with others.
pub struct Nodes {
    /// Its name among them, when there may be others.
    pub name: Option<String>,
    /// How it is.
    pub health: Arc<Health>,
    /// How it learns what others commit.
    pub others: Others,
    /// Tells and hears, when Redis is set.
    pub relay: Option<Relay>,
    /// Whether it does what only one of them does.
    pub held: Held,
    /// Keeps that up.
    pub keeper: Option<LeaseKeeper>,
}

impl Nodes {
    /// Joins the others.
    ///
    /// # Errors
    /// [`StartError`] when `cluster.redis` is no address.
    pub fn join(config: &Config, core: &Core) -> Result<Self, StartError> {
        let health = Arc::clone(&core.health);
        if !core.has_neighbours() {
            return Ok(Self {
                name: None,
                health,
                others: Others::None,
                relay: None,
                held: Held::always(),
                keeper: None,
            });
        }
        // A name of its own for every process, so that a new one does not pass for the one before it.
        let node = core.ids.next::<RequestId>().to_string();
        let leases = core.leases.clone();
        let (keeper, held) = LeaseKeeper::new(Arc::clone(&core.clock), core.journal.clone(), leases, node.clone());
        let name = Some(node.clone());
        let (relay, relayed) = match config.cluster.redis.as_str() {
            "" => (None, Relayed::none()),
            url => {
                let (relay, relayed) = Relay::new(Arc::clone(&core.log), url, node)?;
                (Some(relay), relayed)
            }
        };
        Ok(Self { name, health, others: Others::Tell(relayed), relay, held, keeper: Some(keeper) })
    }
}

//! Integrations (开放接口) as clients see them.

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::IntegrationId;
use lianxin_domain::integration::Integration;
use serde::Serialize;
use utoipa::ToSchema;

use super::grid::GridRef;

/// Another system that reports requests with a key of its own.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationView {
    #[schema(value_type = String)]
    id: IntegrationId,
    version: u32,
    name: String,
    /// Whom to call when it misbehaves.
    contact: String,
    /// The grid that it may report to, with all below.
    grid: Option<GridRef>,
    /// Whether its key opens anything.
    enabled: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// Since when it has its present key.
    #[schema(value_type = String)]
    key_made_at: Timestamp,
    /// When the key was last used, to the minute.
    #[schema(value_type = Option<String>)]
    last_used_at: Option<Timestamp>,
}

impl IntegrationView {
    /// Of an integration.
    pub fn of(integration: &Integration, last_used_at: Option<Timestamp>, directory: &Directory) -> Self {
        Self {
            id: integration.id,
            version: integration.version,
            name: integration.facts.name.clone(),
            contact: integration.facts.contact.clone(),
            grid: directory.get(integration.grid_id).map(|entry| GridRef::from(&**entry)),
            enabled: integration.enabled,
            created_at: integration.created_at,
            key_made_at: integration.key_made_at,
            last_used_at,
        }
    }
}

/// An integration with its new key.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationKey {
    /// It.
    pub integration: IntegrationView,
    /// Shown now and never again.
    pub key: String,
}

//! What calls of webhooks share: the stores, and who may keep which. Webhooks of a grid are kept by those who administer it
//! or one above it; for everybody else there are none.

use std::sync::Arc;

use actix_web::web;
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{GridId, IdSource, WebhookId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::webhook::Webhook;
use lianxin_domain::webhook::address::AddressRule;
use lianxin_domain::webhook::retry::Health;
use lianxin_domain::webhook::signature::WebhookSecret;
use lianxin_storage::change::Change;
use lianxin_storage::log::EventLog;
use lianxin_storage::webhook_deliveries::WebhookDeliveries;
use lianxin_storage::webhooks::{WebhookRow, Webhooks};

use super::tickets::one_field;
use crate::error::ApiError;
use crate::views::webhook::WebhookView;

/// What these calls need.
pub struct WebhookRoom {
    /// The webhooks.
    pub webhooks: Webhooks,
    /// What they are told.
    pub deliveries: WebhookDeliveries,
    /// The picture of all grids.
    pub directories: Directories,
    /// Where a new one begins.
    pub log: Arc<EventLog>,
    /// New ids, chance and time.
    pub ids: IdSource,
    /// Whom we post to.
    pub rule: AddressRule,
}

pub(super) type Room = web::Data<WebhookRoom>;

impl WebhookRoom {
    pub(super) fn now(&self) -> Timestamp {
        self.ids.clock().now()
    }

    pub(super) fn directory(&self) -> Arc<Directory> {
        self.directories.current()
    }

    /// A secret that nobody can guess.
    pub(super) fn new_secret(&self) -> WebhookSecret {
        let mut bytes = [0; 32];
        self.ids.entropy().fill(&mut bytes);
        WebhookSecret::new(bytes)
    }

    /// The webhook of a path, if the caller administers its grid.
    ///
    /// # Errors
    /// 404 when there is none for the caller.
    pub(super) async fn webhook(&self, caller: &Caller, id: &str) -> Result<WebhookRow, ApiError> {
        let none = || Refusal::not_found("webhook.not_found", "没有找到这个推送");
        let id: WebhookId = id.parse().map_err(|_| none())?;
        let found = self.webhooks.get(id).await?.filter(|row| caller.administers(&row.webhook.grid_path));
        found.ok_or_else(|| none().into())
    }

    /// The grid that a webhook is to be told of, if the caller administers it.
    ///
    /// # Errors
    /// The field `grid_id` when there is no such grid, 403 when it is another's.
    pub(super) fn grid(&self, caller: &Caller, id: GridId) -> Result<Arc<GridEntry>, ApiError> {
        administrators_only(caller)?;
        let directory = self.directory();
        let entry = directory.get(id).ok_or_else(|| one_field("grid_id", "grid.not_found", "没有找到这个网格"))?;
        if !caller.administers(&entry.grid.path) {
            let words = "只能推送自己管理的网格的事件";
            return Err(Refusal::forbidden("webhook.not_permitted", words).into());
        }
        Ok(Arc::clone(entry))
    }

    pub(super) async fn view(&self, row: &WebhookRow) -> Result<WebhookView, ApiError> {
        let waiting = self.deliveries.count_owed(row.webhook.id).await?;
        Ok(WebhookView::of(row, waiting, &self.directory(), self.now()))
    }

    /// Adds that its receiver is not left alone any longer, whatever it did before.
    pub(super) fn hurry(row: &WebhookRow, change: &mut Change) {
        if row.health.paused_until.is_some() {
            change.write(Webhooks::put_health(row.webhook.id, &Health { paused_until: None, ..row.health }));
        }
    }
}

/// Refuses whoever administers no grid.
pub(super) fn administrators_only(caller: &Caller) -> Result<(), ApiError> {
    if caller.administers.is_empty() {
        return Err(Refusal::forbidden("webhook.not_permitted", "只有管理员可以设置事件推送").into());
    }
    Ok(())
}

pub(super) fn subject(webhook: &Webhook) -> Subject {
    Subject::new("webhook", webhook.id)
}

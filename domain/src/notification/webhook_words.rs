//! What whoever set up a webhook is told when the system stops sending to it.

use super::{Notice, NotificationKind, Urgency};
use crate::ids::AccountId;
use crate::webhook::StoppedBecause;

/// What `to` is told of the webhook called `name`.
pub fn webhook_stopped_notice(name: &str, because: StoppedBecause, to: AccountId) -> Option<Notice> {
    let title = "事件推送已停用".to_owned();
    let text = format!("“{name}”：{}。修复后请到“事件推送”页面重新启用", because.title());
    Notice::to([to], None, NotificationKind::Deadline, Urgency::Important, title, text)
}

//! One's own inbox (消息通知, inventory MSG-02): reading it, and saying what was read.

use actix_web::{HttpResponse, get, post, web};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::notification::{Notification, NotificationKind};
use lianxin_domain::problem::Refusal;
use lianxin_storage::notifications::{InboxFilter, Notifications, Unread};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::auth::ClockData;
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;

/// Ids in one call.
const MAX_IDS: usize = 200;

/// What a notification is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubjectView {
    /// `ticket` …
    kind: String,
    /// Its id.
    id: String,
}

/// One notification.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationView {
    id: String,
    /// `request`, `employment`, `nudge`, `escalation`, `deadline`, `approval`, `progress` or `digest`.
    #[schema(value_type = String)]
    r#type: NotificationKind,
    type_title: String,
    /// `normal`, `important` or `urgent`.
    urgency: String,
    title: String,
    text: String,
    subject: SubjectView,
    #[schema(value_type = String)]
    at: Timestamp,
    #[schema(value_type = Option<String>)]
    read_at: Option<Timestamp>,
}

impl From<Notification> for NotificationView {
    fn from(notification: Notification) -> Self {
        Self {
            id: notification.id,
            r#type: notification.kind,
            type_title: notification.kind.title().to_owned(),
            urgency: notification.urgency.as_str().to_owned(),
            title: notification.title,
            text: notification.text,
            subject: SubjectView { kind: notification.subject_kind, id: notification.subject_id },
            at: notification.at,
            read_at: notification.read_at,
        }
    }
}

/// A page of an inbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxPage {
    items: Vec<NotificationView>,
    next_cursor: Option<String>,
}

/// Which notifications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InboxQuery {
    /// Only what was not read.
    unread: Option<bool>,
    /// Only of this type.
    r#type: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists one's own notifications, newest first.
#[utoipa::path(tag = "inbox", operation_id = "list_inbox", params(InboxQuery),
    responses((status = 200, body = InboxPage)))]
#[get("/api/v1/inbox")]
pub async fn list(
    who: Authenticated,
    query: Query<InboxQuery>,
    notifications: web::Data<Notifications>,
) -> Result<web::Json<InboxPage>, ApiError> {
    let kind = query.r#type.as_deref().map(|kind| NotificationKind::parse(kind).ok_or(kind)).transpose();
    let kind = kind.map_err(|_| refused("type", "没有这种消息"))?;
    let filter = InboxFilter { unread: query.unread.unwrap_or_default(), kind };
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let mut found = notifications.list(who.caller().account_id, &filter, page.before.clone(), page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.at, last.id.clone()));
    Ok(web::Json(InboxPage { items: found.into_iter().map(NotificationView::from).collect(), next_cursor }))
}

/// How many of one type lie unread.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadOfType {
    #[schema(value_type = String)]
    r#type: NotificationKind,
    type_title: String,
    unread: i64,
}

/// How many lie unread.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadView {
    total: i64,
    by_type: Vec<UnreadOfType>,
}

impl From<Unread> for UnreadView {
    fn from(unread: Unread) -> Self {
        Self {
            total: unread.iter().map(|(_, unread)| unread).sum(),
            by_type: unread
                .into_iter()
                .map(|(kind, unread)| UnreadOfType { r#type: kind, type_title: kind.title().to_owned(), unread })
                .collect(),
        }
    }
}

/// How many of one's own notifications lie unread; the live topic `inbox` keeps it current.
#[utoipa::path(tag = "inbox", operation_id = "count_unread", responses((status = 200, body = UnreadView)))]
#[get("/api/v1/inbox/unread")]
pub async fn count_unread(
    who: Authenticated,
    notifications: web::Data<Notifications>,
) -> Result<web::Json<UnreadView>, ApiError> {
    let (_, unread) = notifications.unread(who.caller().account_id).await?;
    Ok(web::Json(unread.into()))
}

/// What was read: some, or all until a time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadInput {
    /// Ids, at most 200; or `all_until`.
    #[serde(default)]
    ids: Vec<String>,
    /// All that came until then; or `ids`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    all_until: Option<Timestamp>,
}

/// Marks one's own notifications as read; twice is once.
#[utoipa::path(tag = "inbox", operation_id = "read_inbox", request_body = ReadInput, responses((status = 204)))]
#[post("/api/v1/inbox/read")]
pub async fn mark_read(
    call: Call<ReadInput>,
    notifications: web::Data<Notifications>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let (own, now) = (call.caller.account_id, clock.now());
    let mut change = call.change(now);
    // What is yet to come was not read.
    let all_until = call.body.all_until.map(|until| until.min(now));
    match (&call.body.ids[..], all_until) {
        ([], Some(until)) => {
            change.write(Notifications::read_all(own, until, now));
        }
        (ids, None) if !ids.is_empty() && ids.len() <= MAX_IDS => {
            for id in ids {
                let found = notifications.get(own, id).await?;
                let found = found.ok_or_else(|| Refusal::not_found("notification.not_found", "没有找到这条消息"))?;
                change.write(Notifications::read(&found.id, own, now));
            }
        }
        (ids, None) if ids.len() > MAX_IDS => {
            return Err(one_field("ids", "field.too_many", "一次最多 200 条"));
        }
        _ => return Err(one_field("ids", "field.required", "请选择消息，或用 all_until 标记全部已读")),
    }
    let data = json!({ "ids": call.body.ids, "all_until": all_until });
    change.event("inbox.read", Subject::new("inbox", own), data).audience = vec![own];
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

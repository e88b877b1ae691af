//! How one wants to be told outside the inbox (inventory MSG-07), and the browsers that take push messages.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, delete, get, post, put, web};
use lianxin_actors::channel::{PushHosts, Subscription, VapidKey};
use lianxin_domain::calendar::TimeOfDay;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::notification::{ChannelSet, NotificationKind, NotificationSettings, QuietHours};
use lianxin_domain::problem::{FieldError, Refusal, text_field};
use lianxin_storage::reachability::{PushSubscription, Reachability, Wishes};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::auth::ClockData;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// Browsers of one account at most: a lost telephone's goes when a new one comes.
const MAX_SUBSCRIPTIONS: usize = 10;

/// What the system sends over, and how push is signed; nothing: push is off.
pub struct Outside {
    /// The channels that the system has.
    pub channels: ChannelSet,
    /// The key that push services know us by, and where push may go.
    pub push: Option<(VapidKey, PushHosts)>,
}

/// Hours in which only what is urgent rings.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietBody {
    /// `22:00`.
    #[schema(value_type = String)]
    from: TimeOfDay,
    /// `08:00`; before `from`: on the next day.
    #[schema(value_type = String)]
    to: TimeOfDay,
}

/// Some of the channels.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelsBody {
    push: bool,
    wechat: bool,
    sms: bool,
    voice: bool,
}

impl From<ChannelSet> for ChannelsBody {
    fn from(set: ChannelSet) -> Self {
        Self { push: set.push, wechat: set.wechat, sms: set.sms, voice: set.voice }
    }
}

/// One's wishes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WishesInput {
    /// Nothing: never quiet.
    #[serde(default, deserialize_with = "crate::object::object")]
    quiet: Option<QuietBody>,
    /// Types that stay in the inbox.
    #[schema(value_type = Vec<String>)]
    muted: BTreeSet<NotificationKind>,
    /// Over which channels.
    #[serde(deserialize_with = "crate::object::needed")]
    channels: ChannelsBody,
    /// Gathered and sent once a day at this time; nothing: as it comes.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    digest: Option<TimeOfDay>,
}

/// One's wishes, with what can be wished.
#[derive(Debug, Serialize, ToSchema)]
pub struct WishesView {
    quiet: Option<QuietBody>,
    #[schema(value_type = Vec<String>)]
    muted: BTreeSet<NotificationKind>,
    channels: ChannelsBody,
    #[schema(value_type = Option<String>)]
    digest: Option<TimeOfDay>,
    /// The channels that the system has.
    available: ChannelsBody,
    /// The types that may be muted.
    #[schema(value_type = Vec<String>)]
    may_mute: Vec<NotificationKind>,
}

impl WishesView {
    fn of(settings: &NotificationSettings, outside: &Outside) -> Self {
        Self {
            quiet: settings.quiet.map(|quiet| QuietBody { from: quiet.from, to: quiet.to }),
            muted: settings.muted.clone(),
            channels: settings.channels.into(),
            digest: settings.digest,
            available: outside.channels.into(),
            may_mute: NotificationKind::ALL.into_iter().filter(|kind| kind.may_be_muted()).collect(),
        }
    }
}

impl From<&WishesInput> for NotificationSettings {
    fn from(input: &WishesInput) -> Self {
        let ChannelsBody { push, wechat, sms, voice } = input.channels;
        Self {
            quiet: input.quiet.map(|quiet| QuietHours { from: quiet.from, to: quiet.to }),
            muted: input.muted.clone(),
            channels: ChannelSet { push, wechat, sms, voice },
            digest: input.digest,
        }
    }
}

/// Reads one's own wishes.
#[utoipa::path(tag = "inbox", operation_id = "get_wishes", responses((status = 200, body = WishesView)))]
#[get("/api/v1/me/notifications")]
pub async fn get_wishes(
    who: Authenticated,
    reachability: web::Data<Reachability>,
    outside: web::Data<Outside>,
) -> Result<web::Json<WishesView>, ApiError> {
    let wishes = reachability.wishes(who.caller().account_id).await?;
    Ok(web::Json(WishesView::of(&wishes.settings, &outside)))
}

/// Changes one's own wishes. What one has to act on cannot be muted.
#[utoipa::path(tag = "inbox", operation_id = "put_wishes", request_body = WishesInput,
    responses((status = 200, body = WishesView)))]
#[put("/api/v1/me/notifications")]
pub async fn put_wishes(
    call: Call<WishesInput>,
    reachability: web::Data<Reachability>,
    outside: web::Data<Outside>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let settings = NotificationSettings::from(&call.body);
    settings.check().map_err(Refusal::fields)?;
    let own = call.caller.account_id;
    let before = reachability.wishes(own).await?;
    let now = clock.now();
    let mut change = call.change(now);
    let view = WishesView::of(&settings, &outside);
    change.audited(
        "account.notifications",
        Subject::new("account", own),
        json!({ "wishes": [before.settings, settings] }),
    );
    change.writes = reachability.put_wishes(own, &Wishes { settings, ..before }, now);
    commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
}

/// The key of push messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushKeyView {
    /// Push is switched on.
    enabled: bool,
    /// `applicationServerKey`: an uncompressed P-256 point, base64url.
    key: Option<String>,
}

/// Reads the key that a browser needs to subscribe to push messages.
#[utoipa::path(tag = "inbox", responses((status = 200, body = PushKeyView)))]
#[get("/api/v1/push/key")]
pub async fn push_key(_who: Authenticated, outside: web::Data<Outside>) -> web::Json<PushKeyView> {
    let key = outside.push.as_ref().map(|(key, _)| key.public_base64url());
    web::Json(PushKeyView { enabled: key.is_some(), key })
}

/// The keys of a subscription.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeysInput {
    p256dh: String,
    auth: String,
}

/// A browser's push subscription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionInput {
    /// Of a known push service.
    endpoint: String,
    #[serde(deserialize_with = "crate::object::needed")]
    keys: PushKeysInput,
    /// What one calls the device.
    #[serde(default)]
    device: Option<String>,
}

/// The id of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscribedView {
    id: String,
}

/// Takes push messages in this browser.
#[utoipa::path(tag = "inbox", request_body = SubscriptionInput, responses((status = 201, body = SubscribedView)))]
#[post("/api/v1/push/subscriptions")]
pub async fn subscribe(
    call: Call<SubscriptionInput>,
    reachability: web::Data<Reachability>,
    outside: web::Data<Outside>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let off = || Refusal::conflict("push.off", "系统没有开启浏览器推送");
    let (_, services) = outside.push.as_ref().ok_or_else(off)?;
    let SubscriptionInput { endpoint, keys, device } = &call.body;
    Subscription::parse(endpoint, &keys.p256dh, &keys.auth, services)
        .map_err(|errors| Refusal::fields(errors.into_iter().map(as_sent).collect()))?;
    let device = device.as_deref().map(|device| text_field("device", device, false, 50)).transpose();
    let device = device.map_err(Refusal::from)?;
    let (own, now) = (call.caller.account_id, clock.now());
    let id = Reachability::subscription_id(endpoint);
    let body = json!({ "endpoint": endpoint, "keys": keys }).to_string();
    let mut change = call.change(now);
    let known = reachability.subscriptions(own).await?;
    let others: Vec<_> = known.iter().filter(|known| known.id != id).collect();
    let too_many = (others.len() + 1).saturating_sub(MAX_SUBSCRIPTIONS);
    for oldest in others.into_iter().take(too_many) {
        change.write(Reachability::unsubscribe(&oldest.id));
    }
    let subscription = PushSubscription { id: id.clone(), account_id: own, body, device, created_at: now };
    change.write(reachability.subscribe(&subscription));
    change.audited("account.push_subscribe", Subject::new("account", own), json!({ "subscription": [null, id] }));
    commits.commit(&call.idempotency, change, 201, &SubscribedView { id }, || ApiError::Internal).await
}

/// The error of a subscription's part, by the name of the field that it was sent in.
fn as_sent(error: FieldError) -> FieldError {
    match error.field.as_str() {
        "p256dh" | "auth" => FieldError { field: format!("keys.{}", error.field), ..error },
        _ => error,
    }
}

/// A browser that takes push messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    id: String,
    device: Option<String>,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

/// One's browsers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionList {
    items: Vec<SubscriptionView>,
}

/// Lists one's own browsers that take push messages.
#[utoipa::path(tag = "inbox", responses((status = 200, body = SubscriptionList)))]
#[get("/api/v1/push/subscriptions")]
pub async fn subscriptions(
    who: Authenticated,
    reachability: web::Data<Reachability>,
) -> Result<web::Json<SubscriptionList>, ApiError> {
    let known = reachability.subscriptions(who.caller().account_id).await?;
    let view =
        |known: PushSubscription| SubscriptionView { id: known.id, device: known.device, created_at: known.created_at };
    Ok(web::Json(SubscriptionList { items: known.into_iter().map(view).collect() }))
}

/// Takes push messages in a browser no more.
#[utoipa::path(tag = "inbox", params(("id" = String, Path)), responses((status = 204)))]
#[delete("/api/v1/push/subscriptions/{id}")]
pub async fn unsubscribe(
    id: web::Path<String>,
    call: Call<super::ticket_actions::Nothing>,
    reachability: web::Data<Reachability>,
    clock: ClockData,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let own = call.caller.account_id;
    let known = reachability.subscriptions(own).await?;
    if !known.iter().any(|known| known.id == *id) {
        let gone = Refusal::not_found("push.not_found", "没有找到这个浏览器");
        return commits.replay(&call.idempotency, gone.into()).await;
    }
    let mut change = call.change(clock.now());
    change.write(Reachability::unsubscribe(&id));
    change.audited("account.push_unsubscribe", Subject::new("account", own), json!({ "subscription": [*id, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

//! What was sent outside, for whoever looks after the channels: what is stuck, what was given up, what it cost.

use actix_web::{get, web};
use lianxin_actors::directory::Directories;
use lianxin_actors::dispatch::Parcel;
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::problem::Refusal;
use lianxin_storage::deliveries::{Deliveries, Delivery, DeliveryState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::staff_accounts::tenant_administrator;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::ticket::PersonView;

/// Months that are counted back.
const MONTHS: usize = 24;

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// `owed`, `sent`, `given_up` or `not_needed`.
    state: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A message to the outside; its words only as far as a list needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    key: String,
    /// `push`, `wechat`, `sms` or `voice`.
    channel: String,
    state: String,
    attempts: u32,
    #[schema(value_type = String)]
    next_at: Timestamp,
    last_error: Option<String>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    done_at: Option<Timestamp>,
    /// To whom, when it is staff.
    account: Option<PersonView>,
    /// Thousandths of a fen.
    cost_milli_fen: Option<i64>,
    reference: Option<String>,
    title: Option<String>,
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    items: Vec<DeliveryView>,
    next_cursor: Option<String>,
}

/// Refuses everybody but the tenant's administrators: what is sent says who is told of what.
fn administrators_only(caller: &Caller) -> Result<(), ApiError> {
    let refusal = || Refusal::forbidden("deliveries.not_permitted", "只有管理员可以查看发出的消息");
    tenant_administrator(caller).map_err(|_| refusal().into())
}

/// Lists what was sent outside, newest first.
#[utoipa::path(tag = "deliveries", operation_id = "list_deliveries", params(DeliveryQuery),
    responses((status = 200, body = DeliveryPage)))]
#[get("/api/v1/deliveries")]
pub async fn list(
    who: Authenticated,
    query: Query<DeliveryQuery>,
    deliveries: web::Data<Deliveries>,
    directories: web::Data<Directories>,
) -> Result<web::Json<DeliveryPage>, ApiError> {
    administrators_only(who.caller())?;
    let state = query.state.as_deref().map(|state| DeliveryState::parse(state).ok_or(state)).transpose();
    let state = state.map_err(|_| refused("state", "没有这种状态"))?;
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let mut found = deliveries.list(state, page.before.clone(), page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.created_at, last.key.clone()));
    let directory = directories.current();
    let items = found.into_iter().map(|delivery| view(delivery, &directory)).collect();
    Ok(web::Json(DeliveryPage { items, next_cursor }))
}

fn view(delivery: Delivery, directory: &lianxin_actors::directory::Directory) -> DeliveryView {
    let account = delivery.account_id.and_then(|id| {
        let name = directory.staff_name(id)?.to_owned();
        Some(PersonView { id: id.to_string(), name })
    });
    DeliveryView {
        title: serde_json::from_str::<Parcel>(&delivery.payload).ok().map(|parcel| parcel.title),
        key: delivery.key,
        channel: delivery.channel,
        state: delivery.state.as_str().to_owned(),
        attempts: delivery.attempts,
        next_at: delivery.next_at,
        last_error: delivery.last_error,
        created_at: delivery.created_at,
        done_at: delivery.done_at,
        account,
        cost_milli_fen: delivery.cost_milli_fen,
        reference: delivery.reference,
    }
}

/// What became of one channel's messages in one month.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryCountView {
    /// `2026-11`.
    month: String,
    channel: String,
    sent: i64,
    given_up: i64,
    not_needed: i64,
    attempts: i64,
    /// Thousandths of a fen.
    cost_milli_fen: i64,
}

/// The counters of all channels.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryCounts {
    items: Vec<DeliveryCountView>,
}

/// Counts what was sent outside, by month and channel, with what it cost.
#[utoipa::path(tag = "deliveries", operation_id = "count_deliveries", responses((status = 200, body = DeliveryCounts)))]
#[get("/api/v1/deliveries/counts")]
pub async fn counts(
    who: Authenticated,
    deliveries: web::Data<Deliveries>,
) -> Result<web::Json<DeliveryCounts>, ApiError> {
    administrators_only(who.caller())?;
    let counted = deliveries.counts(MONTHS).await?;
    let items = counted.into_iter().map(|count| DeliveryCountView {
        month: count.month,
        channel: count.channel,
        sent: count.sent,
        given_up: count.given_up,
        not_needed: count.not_needed,
        attempts: count.attempts,
        cost_milli_fen: count.cost_milli_fen,
    });
    Ok(web::Json(DeliveryCounts { items: items.collect() }))
}

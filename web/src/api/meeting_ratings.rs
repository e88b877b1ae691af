//! What those who were there think of a meeting (会后评价, inventory MEET-10). Nobody learns who gave what: it is in no event
//! and no audit trail, and of few ratings nothing is said but how many.

use std::sync::Arc;

use actix_web::{get, post, web};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::minutes::Rating;
use lianxin_domain::problem::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::meetings::{Desk, Standing};
use super::ticket_actions::Answered;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::minutes::RatingsView;

/// What the caller thinks of a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingRatingInput {
    /// 1 to 5.
    stars: u8,
    /// At most 500 characters.
    #[serde(default)]
    comment: Option<String>,
}

/// That it is kept; what was said is not repeated, for answers are kept with whose they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingRated {
    #[schema(value_type = String)]
    at: Timestamp,
}

/// Rates a meeting after its end, by whoever was there; again as often as one likes until it is archived.
#[utoipa::path(tag = "minutes", operation_id = "rate_meeting", params(("id" = String, Path)),
    request_body = MeetingRatingInput, responses((status = 200, body = MeetingRated)))]
#[post("/api/v1/meetings/{id}/rating")]
pub async fn rate(id: web::Path<String>, call: Call<MeetingRatingInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (id, _) = desk.standing(&call.caller, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let account = call.caller.account_id;
    let own = desk.actors.read(id, move |hall, _| hall.of_account(account).map(|own| own.member_id)).await?;
    let before = match own {
        Some(member_id) => desk.ratings.own(id, member_id).await?,
        None => None,
    };
    let now = desk.ids.clock().now();
    let (stars, comment) = (call.body.stars, call.body.comment.clone());
    let decided = desk
        .actors
        .read(id, move |hall, _| Rating::of(hall, account, before.as_ref(), (stars, comment.as_deref()), now));
    let rating = decided.await??;
    let mut change = call.change(now);
    change.write(desk.ratings.write(&rating));
    let raced = || Refusal::conflict("rating.changed", "评价已在别处修改，请重新打开后再改").into();
    commits.commit(&call.idempotency, change, 200, &MeetingRated { at: rating.at }, raced).await
}

/// Reads the ratings of a meeting: all together for those who run it or look over it, the own one for everybody.
#[utoipa::path(tag = "minutes", operation_id = "get_ratings", params(("id" = String, Path)),
    responses((status = 200, body = RatingsView)))]
#[get("/api/v1/meetings/{id}/rating")]
pub async fn read(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<RatingsView>, ApiError> {
    let caller = Arc::new(who.caller().clone());
    let (id, standing) = desk.standing(&caller, &id).await?;
    let account = caller.account_id;
    let own = desk.actors.read(id, move |hall, _| hall.of_account(account).map(|own| own.member_id)).await?;
    let own = match own {
        Some(member_id) => desk.ratings.own(id, member_id).await?,
        None => None,
    };
    let summary = match standing {
        Standing::Manages | Standing::Supervises => Some(desk.ratings.of(id).await?.summary()),
        Standing::Listed => None,
    };
    Ok(web::Json(RatingsView::of(summary, own.as_ref())))
}

//! One's own calendar: a secret address that calendar programs read (RFC 5545), made, shown, renewed and ended.
//!
//! The token in the address is made of a nonce and a key that is not in the database; the database has the nonce and the
//! token's hash. So the address can be shown again, and no copy of the database gives it away.

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_TYPE, CacheControl, CacheDirective, ETag, EntityTag, Header as _, HttpDate, IfModifiedSince, IfNoneMatch,
    LastModified,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, route, web};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AccountId;
use lianxin_domain::problem::Refusal;
use lianxin_storage::accounts::AccountStatus;
use lianxin_storage::calendar_links::{CalendarLink, CalendarLinks};
use lianxin_storage::change::Change;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::calendar_feed::calendar_of;
use super::grids::PublicUrl;
use super::meetings::{Desk, MeetingDesk};
use super::ticket_actions::Nothing;
use crate::auth::Authenticated;
use crate::auth::tokens::{new_token, token_hash};
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// Calendars whose last answer is remembered. Beyond that all are forgotten, and each program reads its calendar once more.
const REMEMBERED: usize = 20_000;
/// How long what is over stays in a calendar.
const KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// Meetings in a calendar.
const MAX_MEETINGS: u32 = 1_000;

/// What calendars stand on.
pub struct CalendarDesk {
    links: CalendarLinks,
    key: [u8; 32],
    answers: Mutex<LastAnswers>,
}

impl CalendarDesk {
    /// Over the addresses, with the key that they are made with.
    pub fn new(links: CalendarLinks, key: [u8; 32]) -> Self {
        Self { links, key, answers: Mutex::default() }
    }

    fn token(&self, account_id: AccountId, nonce: &str) -> Result<String, ApiError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| ApiError::Internal)?;
        mac.update(format!("{account_id}:{nonce}").as_bytes());
        Ok(BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    }
}

/// What calendars were when they were last read, by the hash of the token: the tag, and since when it is so as far as this
/// process knows, in whole seconds since 1970. No row says when a calendar last changed: meetings also fall out of it by age.
#[derive(Debug, Default)]
struct LastAnswers(HashMap<String, (String, u64)>);

impl LastAnswers {
    /// Since when the calendar behind a token is what it is now. A changed one is later than the one before by a second at
    /// least, as HTTP knows no smaller part.
    fn since(&mut self, token_hash: &str, tag: &str, now: Timestamp) -> u64 {
        let now = u64::try_from(now.millis() / 1_000).unwrap_or_default();
        let since = match self.0.get(token_hash) {
            Some((last, since)) if last == tag => return *since,
            Some((_, since)) => now.max(since + 1),
            None => now,
        };
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(token_hash.to_owned(), (tag.to_owned(), since));
        since
    }
}

type Calendars = web::Data<CalendarDesk>;

/// The secret address of one's calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarLinkView {
    /// For calendar programs: whoever has it reads the calendar, without login. Null when there is none.
    url: Option<String>,
}

fn url_of(base: &PublicUrl, token: &str) -> String {
    format!("{}/calendar/{token}.ics", base.0)
}

/// Makes the secret address of one's calendar; the one before ends. It takes no idempotency key, as its answer must not be
/// stored.
#[utoipa::path(tag = "calendar", operation_id = "make_calendar_link",
    responses((status = 200, body = CalendarLinkView)))]
#[post("/api/v1/my/calendar-link")]
pub async fn make(
    call: Call<Nothing>,
    calendars: Calendars,
    desk: Desk,
    base: web::Data<PublicUrl>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let (own, now) = (call.caller.account_id, desk.ids.clock().now());
    let nonce = new_token(&**desk.ids.entropy());
    let token = calendars.token(own, &nonce)?;
    let link = CalendarLink { account_id: own, token_hash: token_hash(&token), nonce, created_at: now };
    let mut change: Change = call.change(now);
    change.write(CalendarLinks::put(&link));
    change.audited("calendar.link", Subject::new("account", own), json!({}));
    commits.commit_plain(change).await?;
    Ok(shown(Some(url_of(&base, &token))))
}

/// Reads the secret address of one's calendar.
#[utoipa::path(tag = "calendar", operation_id = "get_calendar_link",
    responses((status = 200, body = CalendarLinkView)))]
#[get("/api/v1/my/calendar-link")]
pub async fn get(
    who: Authenticated,
    calendars: Calendars,
    base: web::Data<PublicUrl>,
) -> Result<HttpResponse, ApiError> {
    let Some(link) = calendars.links.of(who.caller().account_id).await? else { return Ok(shown(None)) };
    let token = calendars.token(link.account_id, &link.nonce)?;
    // With another key than it was made with it cannot be shown, though it is as good as ever.
    let known = token_hash(&token) == link.token_hash;
    Ok(shown(known.then(|| url_of(&base, &token))))
}

/// Ends the secret address of one's calendar.
#[utoipa::path(tag = "calendar", operation_id = "end_calendar_link", responses((status = 204)))]
#[delete("/api/v1/my/calendar-link")]
pub async fn end(call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Result<HttpResponse, ApiError> {
    let own = call.caller.account_id;
    let mut change: Change = call.change(desk.ids.clock().now());
    change.write(CalendarLinks::remove(own));
    change.audited("calendar.unlink", Subject::new("account", own), json!({}));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

fn shown(url: Option<String>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(CalendarLinkView { url })
}

/// The calendar behind a secret address, for calendar programs: meetings that its owner is invited to or hosts, from 90 days
/// ago on; those that were cancelled say so.
#[utoipa::path(get, path = "/calendar/{token}.ics", tag = "calendar", operation_id = "read_calendar",
    params(("token" = String, Path)),
    responses((status = 200, content_type = "text/calendar"), (status = 304), (status = 404)))]
#[route("/calendar/{token}.ics", method = "GET", method = "HEAD")]
pub async fn read(
    request: HttpRequest,
    token: web::Path<String>,
    calendars: Calendars,
    desk: Desk,
    base: web::Data<PublicUrl>,
) -> Result<HttpResponse, ApiError> {
    let hash = token_hash(&token);
    let link = calendars.links.by_token(&hash).await?.ok_or_else(not_found)?;
    let text = desk.calendar(link.account_id, &base.0).await?;
    let tag = HEXLOWER.encode(&Sha256::digest(&text)[..16]);
    let since = calendars.answers.lock().since(&hash, &tag, desk.ids.clock().now());
    let status = if is_known(&request, &tag, since) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response
        .insert_header(ETag(EntityTag::new_strong(tag)))
        .insert_header(LastModified(date(since)))
        // A program's own copy, asked about each time; no proxy keeps it.
        .insert_header(CacheControl(vec![CacheDirective::Private, CacheDirective::NoCache]))
        .insert_header(("Referrer-Policy", "no-referrer"));
    if status == StatusCode::NOT_MODIFIED {
        return Ok(response.finish());
    }
    let media_type = "text/calendar; charset=utf-8";
    Ok(response.insert_header((CONTENT_TYPE, media_type)).body(text))
}

impl MeetingDesk {
    /// Somebody's calendar as text; not found when the account is no longer in use.
    async fn calendar(&self, account_id: AccountId, base: &str) -> Result<String, ApiError> {
        let account = self.accounts.get(account_id).await?;
        account.filter(|account| account.status == AccountStatus::Active).ok_or_else(not_found)?;
        let since = self.ids.clock().now().plus_millis(-KEPT_MS);
        let meetings = self.stored.calendar_of(account_id, since, MAX_MEETINGS).await?;
        Ok(calendar_of(&meetings, &self.types().await?, &self.directories.current(), base))
    }
}

/// Whether the program has it already. What it says of the tag counts for more than what it says of the time (RFC 9110
/// §13.2.2).
fn is_known(request: &HttpRequest, tag: &str, since: u64) -> bool {
    if request.headers().contains_key("If-None-Match") {
        return match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(known)) => {
                known.iter().any(|known| known.weak_eq(&EntityTag::new_strong(tag.to_owned())))
            }
            Err(_) => false,
        };
    }
    let known: Option<HttpDate> = IfModifiedSince::parse(request).ok().map(|header| header.0);
    known.is_some_and(|known| date(since) <= known)
}

fn date(seconds: u64) -> HttpDate {
    (UNIX_EPOCH + Duration::from_secs(seconds)).into()
}

fn not_found() -> ApiError {
    Refusal::not_found("calendar.not_found", "没有这个日历，链接可能已经更换或停用").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_calendar_is_later_than_the_one_before() {
        let mut answers = LastAnswers::default();
        let mut since = |token: &str, tag: &str, ms| answers.since(token, tag, Timestamp::from_millis(ms));
        assert_eq!(since("t", "a", 5_900), 5);
        assert_eq!(since("t", "a", 9_000), 5);
        assert_eq!(since("u", "a", 9_000), 9);
        assert_eq!(since("t", "b", 9_500), 9);
        assert_eq!(since("t", "c", 9_600), 10, "within the same second");
        assert_eq!(since("t", "a", 20_000), 20, "as it was before is a change, too");
    }

    #[test]
    fn only_so_many_calendars_are_remembered() {
        let mut answers = LastAnswers::default();
        for number in 0..=REMEMBERED {
            answers.since(&number.to_string(), "a", Timestamp::from_millis(1_000));
        }
        assert_eq!(answers.0.len(), 1);
    }
}

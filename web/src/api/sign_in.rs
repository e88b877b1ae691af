//! Signing in: the code on the screen, the claim that a scan gets at once, and the sign-in itself.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use data_encoding::BASE64URL_NOPAD;
use lianxin_actors::command::Answer;
use lianxin_actors::meeting::{Made, MakeAnswer};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::geo::{Datum, RawPosition};
use lianxin_domain::ids::{MeetingId, MemberId};
use lianxin_domain::meeting::{Claim, ClaimError, CodeError, Command, DeviceId, Fix, SLOT_MS, SignIn, SignInCode};
use lianxin_domain::problem::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::grids::PublicUrl;
use super::meeting_actions::not_listed;
use super::meetings::{Desk, MeetingDesk, Standing, not_found, not_manager, respond};
use super::ticket_actions::{Answered, Nothing};
use crate::auth::Viewer;
use crate::auth::tokens::new_token;
use crate::call::{Body, Call, CommitsData};
use crate::error::ApiError;

/// Tells devices apart; nothing is known of a device but that it is the same one.
const DEVICE_COOKIE: &str = "lianxin_device";
const DEVICE_LIFE: Duration = Duration::days(400);

/// The code that the screen shows now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInCodeView {
    /// 18 characters.
    code: String,
    /// What the QR code holds.
    url: String,
    /// When the next one takes its place, by the server's clock.
    #[schema(value_type = String)]
    slot_ends_at: Timestamp,
    rotates_every_ms: i64,
    /// The server's clock.
    #[schema(value_type = String)]
    now: Timestamp,
}

/// The code of this moment (签到码), for screens and hosts. Asking changes nothing; any number of screens show the same.
#[utoipa::path(tag = "meetings", operation_id = "get_sign_in_code", params(("id" = String, Path)),
    responses((status = 200, body = SignInCodeView)))]
#[get("/api/v1/meetings/{id}/sign-in/code")]
pub async fn current_code(
    who: Viewer,
    id: web::Path<String>,
    desk: Desk,
    base: web::Data<PublicUrl>,
) -> Result<web::Json<SignInCodeView>, ApiError> {
    let id = match who.person() {
        Some(caller) => {
            let (id, standing) = desk.standing(&Arc::new(caller.clone()), &id).await?;
            if standing == Standing::Listed {
                return Err(not_manager());
            }
            id
        }
        None => {
            let id: MeetingId = id.parse().map_err(|_| not_found())?;
            who.reader().shows_meeting(id).then_some(id).ok_or_else(not_found)?
        }
    };
    desk.code(id, &base.0).await.map(web::Json)
}

impl MeetingDesk {
    /// The code of this moment.
    pub(super) async fn code(&self, id: MeetingId, base: &str) -> Result<SignInCodeView, ApiError> {
        let serial = self.actors.read(id, |hall, _| hall.meeting().serial).await?;
        let now = self.ids.clock().now();
        let code = SignInCode::at(&self.key, serial, now);
        Ok(SignInCodeView {
            url: format!("{base}/s/{code}"),
            slot_ends_at: code.ends_at(),
            rotates_every_ms: SLOT_MS,
            now,
            code: code.to_string(),
        })
    }

    /// Exchanges a scanned code for a claim of `device`.
    async fn claim(&self, code: &str, device: DeviceId) -> Result<Claim, ApiError> {
        let now = self.ids.clock().now();
        let (serial, slot) = SignInCode::verify(&self.key, code.trim(), now).map_err(|error| match error {
            CodeError::Unknown => Refusal::rule("meeting.code_unknown", "这不是有效的签到码"),
            CodeError::Expired { .. } => {
                Refusal::rule("meeting.code_expired", "二维码已过期，请扫描大屏上正在显示的二维码")
            }
        })?;
        let id = self.stored.by_serial(serial).await?.ok_or_else(not_found)?;
        Ok(Claim::new(id, slot, device, now, &**self.ids.entropy()))
    }
}

/// A scanned code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimInput {
    code: String,
}

/// The right to sign in, once, within 90 seconds, from this device.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimView {
    claim: String,
    #[schema(value_type = String)]
    meeting_id: MeetingId,
    #[schema(value_type = String)]
    expires_at: Timestamp,
}

/// Exchanges a scanned code for a claim, without a login: a slow login is never too late.
#[utoipa::path(tag = "meetings", operation_id = "claim_sign_in", params(("id" = String, Path)),
    request_body = ClaimInput, responses((status = 200, body = ClaimView)))]
#[post("/api/v1/meetings/{id}/sign-in/claim")]
pub async fn claim_by_code(
    id: web::Path<String>,
    request: HttpRequest,
    body: Body<ClaimInput>,
    desk: Desk,
) -> Result<HttpResponse, ApiError> {
    let meeting_id: MeetingId = id.parse().map_err(|_| not_found())?;
    let (device, fresh) = device_of(&request, &desk);
    let claim = match desk.claim(&body.0.code, device).await {
        Ok(claim) => claim,
        // Of what is not there nothing else is said.
        Err(error) => {
            return Err(desk.actors.read(meeting_id, |_, _| ()).await.map_or_else(ApiError::from, |()| error));
        }
    };
    if claim.meeting_id != meeting_id {
        return Err(Refusal::rule("meeting.code_of_another", "这是另一个会议的签到码").into());
    }
    let view = ClaimView { meeting_id, expires_at: claim.expires_at(), claim: claim.sign(&desk.key) };
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = fresh {
        response.cookie(cookie);
    }
    Ok(response.json(view))
}

/// Where the QR code leads: the claim is made at once, before any page is loaded, and carried behind a `#`, so that it
/// stands in no server's log.
pub async fn scanned(request: HttpRequest, code: web::Path<String>, desk: Desk) -> HttpResponse {
    let (device, fresh) = device_of(&request, &desk);
    let target = match desk.claim(&code, device).await {
        Ok(claim) => format!("/m/meetings/{}/sign-in#{}", claim.meeting_id, claim.sign(&desk.key)),
        Err(ApiError::Refused(refusal)) => format!("/m/sign-in#{}", refusal.code),
        Err(_) => "/m/sign-in#meeting.unavailable".to_owned(),
    };
    let mut response = HttpResponse::SeeOther();
    if let Some(cookie) = fresh {
        response.cookie(cookie);
    }
    response.insert_header((LOCATION, target)).insert_header(("Cache-Control", "no-store")).finish()
}

/// A place as a phone reports it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixInput {
    lng: f64,
    lat: f64,
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    #[schema(value_type = String)]
    datum: Datum,
    /// Radius of uncertainty in metres.
    #[serde(default)]
    accuracy: Option<f64>,
    /// Milliseconds since the phone found it.
    #[serde(default)]
    age_ms: Option<i64>,
    /// The phone says that it is made up.
    #[serde(default)]
    mocked: bool,
    /// Version of the words that the person agreed to before the phone was asked, now 1.
    consent: u32,
}

/// What somebody brings to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInCall {
    /// What the scanned code was exchanged for.
    claim: String,
    #[serde(default, deserialize_with = "crate::object::object")]
    location: Option<FixInput>,
}

/// The result of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInView {
    /// `on_time`, `late`, `online` or `guest`.
    status: String,
    status_title: String,
    /// When.
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
    /// The how-manieth.
    number: Option<u32>,
    /// How certain it is, and what is odd about it.
    #[schema(value_type = Object)]
    evidence: Value,
}

/// Signs the caller in (签到). A second one answers the first result.
#[utoipa::path(tag = "meetings", operation_id = "sign_in", params(("id" = String, Path)),
    request_body = SignInCall, responses((status = 200, body = SignedInView)))]
#[post("/api/v1/meetings/{id}/sign-in")]
pub async fn sign_in(
    id: web::Path<String>,
    request: HttpRequest,
    call: Call<SignInCall>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let meeting_id: MeetingId = id.parse().map_err(|_| not_found())?;
    let now = desk.ids.clock().now();
    let (device, _) = device_of(&request, &desk);
    let claim = match Claim::verify(&desk.key, &call.body.claim, meeting_id, device, now) {
        Ok(claim) => claim,
        // Of what is not there nothing else is said.
        Err(error) => {
            let error = refused(error).into();
            return Err(desk.actors.read(meeting_id, |_, _| ()).await.map_or_else(ApiError::from, |()| error));
        }
    };
    let fix = call.body.location.as_ref().map(|fix| Fix {
        position: RawPosition { lng: fix.lng, lat: fix.lat, datum: fix.datum, accuracy_m: fix.accuracy },
        found_at: fix.age_ms.map(|age_ms| now.plus_millis(age_ms.saturating_neg())),
        mocked: fix.mocked,
        consent: fix.consent,
    });
    let command = Command::SignIn(SignIn { claim, fix });
    // Whoever is not on the list is told so by the hall; it needs no further standing.
    let done = desk.actors.act(meeting_id, command, desk.origin(&call, signed_in())).await;
    respond(done, &call, &commits).await
}

/// Signs the caller in to the video meeting (线上签到), of meetings that are held online as well.
#[utoipa::path(tag = "meetings", operation_id = "sign_in_online", params(("id" = String, Path)),
    responses((status = 200, body = SignedInView)))]
#[post("/api/v1/meetings/{id}/sign-in/online")]
pub async fn online(
    id: web::Path<String>,
    request: HttpRequest,
    call: Call<Nothing>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let (device, fresh) = device_of(&request, &desk);
    let command = Command::SignInOnline { device };
    let done = desk.actors.act(id, command, desk.origin(&call, signed_in())).await;
    let mut answer = respond(done, &call, &commits).await?;
    if let Some(cookie) = fresh {
        answer.add_cookie(&cookie).map_err(|_| ApiError::Internal)?;
    }
    Ok(answer)
}

fn refused(error: ClaimError) -> Refusal {
    match error {
        ClaimError::Unknown => Refusal::rule("meeting.claim_unknown", "签到凭证无效，请重新扫描大屏上的二维码"),
        ClaimError::Expired => Refusal::conflict("meeting.claim_expired", "扫码后超过 90 秒未完成，请重新扫码"),
        ClaimError::OtherDevice => {
            Refusal::forbidden("meeting.claim_of_another_device", "请在扫码的这部手机上完成签到")
        }
    }
}

/// Answers what somebody's attendance is.
fn signed_in() -> MakeAnswer {
    Arc::new(|made: &Made<'_>| {
        let view = made.attendee.map(|(attendee, status)| SignedInView {
            status: status.as_str().to_owned(),
            status_title: status.title().to_owned(),
            at: attendee.arrived_at(),
            number: attendee.number,
            evidence: json!(attendee.evidence),
        });
        Answer { status: 200, body: serde_json::to_string(&view).unwrap_or_default() }
    })
}

/// Whom, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManualInput {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// 1 to 200 characters.
    reason: String,
}

/// Signs somebody in by the host's word (代签), marked as such.
#[utoipa::path(tag = "meetings", operation_id = "sign_in_manually", params(("id" = String, Path)),
    request_body = ManualInput, responses((status = 200, body = SignedInView)))]
#[post("/api/v1/meetings/{id}/sign-in/manual")]
pub async fn manual(id: web::Path<String>, call: Call<ManualInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let ManualInput { member_id, reason } = &call.body;
    let command = Command::SignInManually { member_id: *member_id, reason: reason.clone() };
    let done = desk.actors.act(id, command, desk.origin(&call, signed_in())).await;
    respond(done, &call, &commits).await
}

/// Who leaves; the caller when nobody is named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOutInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member_id: Option<String>,
}

/// Signs somebody out (签退).
#[utoipa::path(tag = "meetings", operation_id = "sign_out_of_meeting", params(("id" = String, Path)),
    request_body = SignOutInput, responses((status = 200, body = SignedInView)))]
#[post("/api/v1/meetings/{id}/sign-out")]
pub async fn sign_out(id: web::Path<String>, call: Call<SignOutInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (id, _) = desk.standing(&call.caller, &id).await?;
    let member_id = call.body.member_id.as_deref().map(str::parse).transpose().map_err(|_| not_listed())?;
    let command = Command::SignOut { member_id };
    let done = desk.actors.act(id, command, desk.origin(&call, signed_in())).await;
    respond(done, &call, &commits).await
}

/// The device of a request, and the cookie that it gets when it has none.
fn device_of(request: &HttpRequest, desk: &MeetingDesk) -> (DeviceId, Option<Cookie<'static>>) {
    let known = request.cookie(DEVICE_COOKIE).map(|cookie| cookie.value().to_owned());
    let known = known.filter(|token| BASE64URL_NOPAD.decode(token.as_bytes()).is_ok_and(|bytes| bytes.len() == 32));
    let (token, fresh) = match known {
        Some(token) => (token, None),
        None => {
            let token = new_token(&**desk.ids.entropy());
            let cookie = Cookie::build(DEVICE_COOKIE, token.clone())
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .max_age(DEVICE_LIFE)
                .finish();
            (token, Some(cookie))
        }
    };
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut device = [0; 16];
    device.copy_from_slice(&hash[..16]);
    (DeviceId(device), fresh)
}

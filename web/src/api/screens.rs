//! Big screens: opened by nobody in particular, paired, pointed elsewhere and released by whoever may show their target.

use actix_web::{HttpResponse, delete, get, post, web};
use lianxin_actors::directory::Directories;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::problem::{FieldError, Refusal, RefusalKind, text_field};
use lianxin_domain::screen::{CODE_LIFE_MS, MAX_PAIRED, MAX_WAITING, ScreenTarget};
use lianxin_storage::change::Change;
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::CommitError;
use lianxin_storage::screens::{Screen, ScreenState, Screens};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::ticket_actions::Nothing;
use super::tickets::one_field;
use crate::address::RemoteAddress;
use crate::auth::tokens::{new_code, new_screen_token, token_hash};
use crate::auth::{Authenticated, Callers, Viewer};
use crate::call::{Body, Call, CommitsData, request_id};
use crate::error::ApiError;
use crate::screens::{ScreenDesk, Shown};
use crate::views::screen::{OpenedScreenView, OwnScreenView, ScreenList, ScreenView};

/// Codes that are tried until one is free: with 500 of a million taken, the second one nearly always is.
const TRIES: u8 = 20;
/// Characters of a screen's name.
const MAX_NAME: usize = 50;
const MINUTE_S: u32 = 60;

type Desk = web::Data<ScreenDesk>;

/// Opens a screen that waits to be paired. Nobody needs to be signed in; of one address and of all only so many wait.
#[utoipa::path(tag = "screens", operation_id = "open_screen", responses((status = 201, body = OpenedScreenView)))]
#[post("/api/v1/screens")]
pub async fn open(
    _body: Body<Nothing>,
    request: actix_web::HttpRequest,
    from: RemoteAddress,
    desk: Desk,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let now = desk.ids.clock().now();
    desk.may_open(&from, now)?;
    if desk.screens.counts(now).await?.0 >= MAX_WAITING {
        let kind = RefusalKind::TooOften { retry_after_s: MINUTE_S };
        return Err(Refusal::new(kind, "screen.too_many_waiting", "等待配对的大屏太多，请稍后再试").into());
    }
    let in_vain = desk.screens.waited_in_vain(now).await?;
    let entropy = &**desk.ids.entropy();
    for _ in 0..TRIES {
        let (token, code, expires_at) = (new_screen_token(entropy), new_code(entropy), now.plus_millis(CODE_LIFE_MS));
        let screen = Screen {
            id: desk.ids.next(),
            version: 1,
            token_hash: token_hash(&token),
            created_at: now,
            name: String::new(),
            state: ScreenState::Waiting { code: code.clone(), until: expires_at },
        };
        let mut change = Change::new(now, None, Some(request_id(&request)));
        change.writes.extend(in_vain.iter().copied().flat_map(Screens::remove));
        change.write(Screens::insert(&screen));
        match commits.commit_plain(change).await {
            Ok(_) => {
                let view = OpenedScreenView { screen_id: screen.id, code, token, expires_at };
                return Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(view));
            }
            // Another one shows this code.
            Err(CommitError::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::Unavailable)
}

/// Reads the calling screen itself: what it waits with, or what it shows.
#[utoipa::path(tag = "screens", operation_id = "get_own_screen", responses((status = 200, body = OwnScreenView)))]
#[get("/api/v1/screens/self")]
pub async fn get_own(who: Viewer) -> Result<web::Json<OwnScreenView>, ApiError> {
    match who {
        Viewer::Screen(screen) => Ok(web::Json(OwnScreenView::from(&*screen))),
        Viewer::Person(_) => Err(no_screen().into()),
    }
}

/// Which screen shows what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairInput {
    /// The six digits that it shows.
    code: String,
    /// `board:ID` or `meeting:ID`.
    #[schema(value_type = String)]
    target: ScreenTarget,
    /// What people call it; default: 大屏 and the code.
    #[serde(default)]
    name: Option<String>,
}

/// Pairs the screen that shows a code. For whoever may look at the target; a few wrong codes, and one has to wait.
#[utoipa::path(tag = "screens", operation_id = "pair_screen", request_body = PairInput,
    responses((status = 200, body = ScreenView)))]
#[post("/api/v1/screens/pair")]
pub async fn pair(
    call: Call<PairInput>,
    from: RemoteAddress,
    desk: Desk,
    directories: web::Data<Directories>,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let (input, own, now) = (&call.body, call.caller.account_id, desk.ids.clock().now());
    // First, so that who may show nothing learns nothing of codes.
    let shown = desk.targets.for_caller(&call.caller, input.target).await?.ok_or_else(no_target)?;
    let code = six_digits(&input.code)?;
    let name = input
        .name
        .as_deref()
        .map_or_else(|| Ok(format!("大屏 {code}")), |name| text_field("name", name, true, MAX_NAME));
    let name = name.map_err(|error| Refusal::fields(vec![error]))?;
    desk.may_try(own, &from, now)?;
    let Some(waiting) = desk.screens.by_code(&code, now).await? else {
        let answer = commits.replay(&call.idempotency, wrong_code()).await;
        if answer.is_ok() {
            desk.was_right(own, &from);
        }
        return answer;
    };
    desk.was_right(own, &from);
    if desk.screens.counts(now).await?.1 >= MAX_PAIRED {
        return Err(Refusal::conflict("screen.too_many", "大屏太多了，请先解除不用的大屏").into());
    }
    let state = ScreenState::Paired { target: input.target, by: own, at: now };
    let paired = Screen { version: waiting.version + 1, name, state, ..waiting.clone() };
    let subject = Subject::new("screen", paired.id);
    let mut change = call.change(now);
    change.write(Screens::update(waiting.version, &paired));
    change.event("screen.paired", subject.clone(), json!({ "target": input.target, "name": paired.name }));
    change.audited("screen.pair", subject, json!({ "target": [null, input.target], "name": [null, paired.name] }));
    let view = view(&desk, &directories, &paired, Some(shown)).ok_or(ApiError::Internal)?;
    let answer = commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await;
    callers.screen_changed(paired.id);
    answer.map_err(overtaken)
}

/// Lists the paired screens that show what the caller may show, by name.
#[utoipa::path(tag = "screens", operation_id = "list_screens", responses((status = 200, body = ScreenList)))]
#[get("/api/v1/screens")]
pub async fn list(
    who: Authenticated,
    desk: Desk,
    directories: web::Data<Directories>,
) -> Result<web::Json<ScreenList>, ApiError> {
    let directory = directories.current();
    let mut items = Vec::new();
    for (screen, seen) in desk.screens.paired().await? {
        if let Some(shown) = managed(&desk, who.caller(), &screen).await? {
            let last_seen = desk.presence.last_seen(screen.id, seen);
            let online = desk.presence.is_online(screen.id, seen);
            items.extend(ScreenView::of(&screen, shown, &directory, last_seen, online));
        }
    }
    Ok(web::Json(ScreenList { items }))
}

/// What a screen shows from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenTargetInput {
    /// `board:ID` or `meeting:ID`.
    #[schema(value_type = String)]
    target: ScreenTarget,
}

/// Lets a screen show something else (take-over). For whoever may show both.
#[utoipa::path(tag = "screens", operation_id = "retarget_screen", params(("id" = String, Path)),
    request_body = ScreenTargetInput, responses((status = 200, body = ScreenView)))]
#[post("/api/v1/screens/{id}/target")]
pub async fn retarget(
    id: web::Path<String>,
    call: Call<ScreenTargetInput>,
    desk: Desk,
    directories: web::Data<Directories>,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let screen = found(&desk, &call.caller, &id).await?;
    let target = call.body.target;
    let shown = desk.targets.for_caller(&call.caller, target).await?.ok_or_else(no_target)?;
    let ScreenState::Paired { target: before, by, at } = screen.state else { return Err(no_screen().into()) };
    let state = ScreenState::Paired { target, by, at };
    let pointed = Screen { version: screen.version + 1, state, ..screen.clone() };
    let subject = Subject::new("screen", screen.id);
    let mut change = call.change(desk.ids.clock().now());
    change.write(Screens::update(screen.version, &pointed));
    change.event("screen.retargeted", subject.clone(), json!({ "target": target, "name": screen.name }));
    change.audited("screen.retarget", subject, json!({ "target": [before, target] }));
    let view = view(&desk, &directories, &pointed, Some(shown)).ok_or(ApiError::Internal)?;
    let answer = commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await;
    callers.screen_changed(screen.id);
    answer
}

/// Releases a screen: its token ends, its connections are closed, and it shows a new code.
#[utoipa::path(tag = "screens", operation_id = "release_screen", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/screens/{id}")]
pub async fn release(
    id: web::Path<String>,
    call: Call<Nothing>,
    desk: Desk,
    callers: web::Data<Callers>,
    commits: CommitsData,
) -> Result<HttpResponse, ApiError> {
    let screen = match found(&desk, &call.caller, &id).await {
        Ok(screen) => screen,
        Err(error) => return commits.replay(&call.idempotency, error).await,
    };
    let subject = Subject::new("screen", screen.id);
    let mut change = call.change(desk.ids.clock().now());
    change.writes.extend(Screens::remove(screen.id));
    change.event("screen.released", subject.clone(), json!({}));
    change.audited(
        "screen.release",
        subject,
        json!({ "target": [screen.target(), null], "name": [screen.name, null] }),
    );
    let answer = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await;
    callers.screen_changed(screen.id);
    answer
}

/// The paired screen of a path's id, when the caller manages it.
async fn found(desk: &ScreenDesk, caller: &Caller, id: &str) -> Result<Screen, ApiError> {
    let id = id.parse().map_err(|_| no_screen())?;
    let screen = desk.screens.get(id).await?.ok_or_else(no_screen)?;
    managed(desk, caller, &screen).await?.ok_or_else(no_screen)?;
    Ok(screen)
}

/// What a screen shows, when the caller manages it: whoever may show its target, and for a target that is gone whoever
/// paired it.
async fn managed(desk: &ScreenDesk, caller: &Caller, screen: &Screen) -> Result<Option<Option<Shown>>, StorageError> {
    let ScreenState::Paired { target, by, .. } = screen.state else { return Ok(None) };
    if let Some(shown) = desk.targets.for_caller(caller, target).await? {
        return Ok(Some(Some(shown)));
    }
    let orphaned = by == caller.account_id && desk.targets.for_screen(target).await?.is_none();
    Ok(orphaned.then_some(None))
}

fn view(desk: &ScreenDesk, directories: &Directories, screen: &Screen, shown: Option<Shown>) -> Option<ScreenView> {
    let (online, last_seen) = (desk.presence.is_online(screen.id, None), desk.presence.last_seen(screen.id, None));
    ScreenView::of(screen, shown, &directories.current(), last_seen, online)
}

/// A code as people type it, with or without spaces.
pub(crate) fn six_digits(text: &str) -> Result<String, ApiError> {
    let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(code);
    }
    Err(one_field("code", "screen.code_malformed", "配对码是大屏上显示的 6 位数字"))
}

/// Somebody else changed the screen that this call would have paired: it shows that code no more.
fn overtaken(error: ApiError) -> ApiError {
    match error {
        ApiError::Refused(refusal) if refusal.code == "record.changed" => wrong_code(),
        error => error,
    }
}

fn wrong_code() -> ApiError {
    let words = "配对码不正确或已过期，请看大屏上现在显示的 6 位数字";
    let mut refusal = Refusal::rule("screen.wrong_code", words);
    refusal.fields.push(FieldError::new("code", "screen.wrong_code", words));
    refusal.into()
}

fn no_target() -> Refusal {
    Refusal::not_found("screen.target_unknown", "没有找到要显示的内容，或您无权查看")
}

fn no_screen() -> Refusal {
    Refusal::not_found("screen.not_found", "没有找到这块大屏")
}

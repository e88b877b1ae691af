//! Sending and reading tickets.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};
use lianxin_actors::command::CommandError;
use lianxin_actors::directory::{Directories, GridEntry};
use lianxin_actors::grid::Origin;
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::emergency::emergency_numbers;
use lianxin_domain::event::Subject;
use lianxin_domain::geo::{Datum, RawPosition};
use lianxin_domain::ids::{AttachmentId, GridId, IdSource, TicketId};
use lianxin_domain::kinds::{KindSet, TicketKind, validate_form};
use lianxin_domain::person::PersonRef;
use lianxin_domain::person_name::PersonName;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::ticket::{NewTicket, OnBehalf, Ticket, TicketEvent, TicketLocation};
use lianxin_storage::attachments::Attachments;
use lianxin_storage::log::EventLog;
use lianxin_storage::tickets::Tickets;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::ticket_actions::TicketDesk;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, answered};
use crate::error::ApiError;
use crate::rates::Rates;
use crate::views::attachment::reference;
use crate::views::ticket::{PersonView, TicketView, TicketViews};

/// A place as a phone reports it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationInput {
    pub(super) lng: f64,
    pub(super) lat: f64,
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(super) datum: Datum,
    /// Radius of uncertainty in metres.
    #[serde(default)]
    pub(super) accuracy: Option<f64>,
}

/// For whom a request is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBehalfInput {
    name: String,
    phone: String,
}

/// A new request.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicketInput {
    /// The scanned code; or `grid_id`.
    #[serde(default)]
    pub(super) grid_code: Option<String>,
    /// The grid; or `grid_code`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) grid_id: Option<GridId>,
    /// Code of the kind.
    pub(super) kind: String,
    /// The words.
    #[serde(default)]
    pub(super) content: String,
    /// Fields of the kind's form.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) form: Option<Value>,
    /// Ids of uploaded files.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(super) attachments: Vec<AttachmentId>,
    #[serde(default, deserialize_with = "crate::object::object")]
    pub(super) location: Option<LocationInput>,
    #[serde(default, deserialize_with = "crate::object::object")]
    pub(super) on_behalf: Option<OnBehalfInput>,
    /// 同时发给村委会
    #[serde(default)]
    pub(super) also_village: bool,
}

/// Sends a request to a grid.
#[utoipa::path(tag = "tickets", operation_id = "submit_ticket", request_body = NewTicketInput,
    responses((status = 201, body = TicketView)))]
#[post("/api/v1/tickets")]
pub async fn submit(
    call: Call<NewTicketInput>,
    kinds: web::Data<KindSet>,
    ids: web::Data<IdSource>,
    desk: web::Data<TicketDesk>,
    commits: CommitsData,
    rates: web::Data<Rates>,
) -> Result<HttpResponse, ApiError> {
    let TicketDesk { grids, files, directories, views, .. } = desk.get_ref();
    let grid = addressed(&call.body, directories)?;
    rates.submission(call.caller.account_id, grid.grid.id)?;
    let kind = kinds.get(&call.body.kind).ok_or_else(|| one_field("kind", "field.option", "没有这种诉求类型"))?;
    let fresh = fresh_files(files, &call.body.attachments, &call.caller.account_id).await;
    let submitter = PersonRef { id: call.caller.account_id, name: call.caller.name.clone() };
    let new = match fresh.and_then(|files| new_ticket(&call.body, submitter, kind, files, directories, &ids)) {
        Ok(new) => new,
        // The files of a request that was sent before belong to its ticket already.
        Err(error) => return commits.replay(&call.idempotency, error).await,
    };
    let origin = origin(&call, views.answer(201));
    let done = grids.submit(grid.grid.id, new, origin).await;
    respond(done, &call, &commits).await
}

fn addressed(input: &NewTicketInput, directories: &Directories) -> Result<Arc<GridEntry>, ApiError> {
    match (&input.grid_code, input.grid_id) {
        (Some(code), None) => super::entry::scanned(directories.scan(code)),
        (None, Some(id)) => {
            let directory = directories.current();
            directory.get(id).cloned().ok_or_else(|| one_field("grid_id", "grid.not_found", "没有找到这个网格"))
        }
        (Some(code), Some(id)) => {
            let entry = super::entry::scanned(directories.scan(code))?;
            let agrees = entry.grid.id == id;
            agrees.then_some(entry).ok_or_else(|| one_field("grid_id", "field.conflict", "网格码与网格不一致"))
        }
        (None, None) => Err(one_field("grid_code", "field.required", "请先扫描网格二维码或选择网格")),
    }
}

/// The request that somebody wrote, if nothing of it is wrong by itself.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn new_ticket(
    input: &NewTicketInput,
    submitter: PersonRef,
    kind: &TicketKind,
    attachments: Vec<AttachmentRef>,
    directories: &Directories,
    ids: &IdSource,
) -> Result<NewTicket, ApiError> {
    let empty = Value::Object(serde_json::Map::new());
    let mut fields = Vec::new();
    let mut take = |found: Result<(), Vec<FieldError>>| fields.extend(found.err().unwrap_or_default());
    let content = input.content.trim().to_owned();
    let form = validate_form(kind, input.form.as_ref().unwrap_or(&empty));
    let enough =
        form.as_ref().map_or(true, |form| kind.says_enough(form, !content.is_empty(), !attachments.is_empty()));
    let form = form
        .map(lianxin_domain::kinds::NormalizedForm::into_value)
        .map_err(|errors| take(Err(errors)))
        .unwrap_or(empty);
    if !enough {
        take(Err(vec![FieldError::new("content", "field.required", "请写几句话、说一段语音或拍一张照片")]));
    }
    let location = input.location.as_ref().map(|place| located(place, directories)).transpose();
    let location = location.map_err(|error| take(Err(vec![error]))).unwrap_or_default();
    let on_behalf = input.on_behalf.as_ref().map(|person| somebody_else(person, kind)).transpose();
    let on_behalf = on_behalf.map_err(|errors| take(Err(errors))).unwrap_or_default();
    if input.also_village && !kind.also_village {
        take(Err(vec![FieldError::new("also_village", "field.not_applicable", "这类诉求不能同时发给村委会")]));
    }
    if !fields.is_empty() {
        return Err(Refusal::fields(fields).into());
    }
    let id: TicketId = ids.next();
    Ok(NewTicket {
        id,
        number: receipt_number(id, ids.clock().now()),
        kind: kind.code.clone(),
        emergency: !emergency_numbers(&content).is_empty(),
        content,
        form,
        attachments,
        location,
        on_behalf,
        also_village: input.also_village,
        submitter,
    })
}

/// Date and seven letters that people can read to each other; 32⁷ a day, unique by the database.
fn receipt_number(id: TicketId, now: lianxin_domain::clock::Timestamp) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let date = lianxin_domain::calendar_day::local_date(now).map(|date| date.format("%y%m%d").to_string());
    let letters: String = id.as_bytes()[9..].iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    format!("{}-{letters}", date.unwrap_or_default())
}

fn located(place: &LocationInput, directories: &Directories) -> Result<TicketLocation, FieldError> {
    let raw = RawPosition { lng: place.lng, lat: place.lat, datum: place.datum, accuracy_m: place.accuracy };
    let point = raw.to_wgs84().map_err(|error| FieldError::new("location", error.code(), error.message()))?;
    let grid_id = directories.current().locate(point).map(|entry| entry.grid.id);
    Ok(TicketLocation { lng: point.lng(), lat: point.lat(), accuracy_m: place.accuracy, grid_id })
}

fn somebody_else(person: &OnBehalfInput, kind: &TicketKind) -> Result<OnBehalf, Vec<FieldError>> {
    if !kind.on_behalf {
        return Err(vec![FieldError::new("on_behalf", "field.not_applicable", "这类诉求不能代他人填报")]);
    }
    let name = PersonName::parse(&person.name)
        .map_err(|error| FieldError::new("on_behalf.name", error.code(), error.message()));
    let phone =
        Phone::parse(&person.phone).map_err(|error| FieldError::new("on_behalf.phone", "field.phone", error.message()));
    match (name, phone) {
        (Ok(name), Ok(phone)) => Ok(OnBehalf { name: name.as_str().to_owned(), phone: phone.as_str().to_owned() }),
        (name, phone) => Err(name.err().into_iter().chain(phone.err()).collect()),
    }
}

/// The caller's own uploads that no record owns yet, in the order they were named.
pub(super) async fn fresh_files(
    files: &Attachments,
    ids: &[AttachmentId],
    uploader: &lianxin_domain::ids::AccountId,
) -> Result<Vec<AttachmentRef>, ApiError> {
    let found = files.get(ids).await?;
    ids.iter()
        .map(|id| {
            let own = found.iter().find(|file| file.id == *id && file.uploader_id == *uploader);
            match own {
                Some(file) if file.owner.is_none() => Ok(reference(file)),
                Some(_) => Err(one_field("attachments", "attachment.in_use", "文件已用于另一条记录，请重新上传")),
                None => Err(one_field("attachments", "attachment.not_found", "没有找到上传的文件，请重新上传")),
            }
        })
        .collect()
}

/// The files that a record has afterwards: those of `known` that are named again, and fresh ones of the caller's.
pub(super) async fn kept_and_fresh(
    files: &Attachments,
    ids: &[AttachmentId],
    known: &[AttachmentRef],
    caller: &Caller,
) -> Result<Vec<AttachmentRef>, ApiError> {
    let mut once = HashSet::new();
    let ids: Vec<AttachmentId> = ids.iter().copied().filter(|id| once.insert(*id)).collect();
    let kept = |id: &AttachmentId| known.iter().find(|file| file.id == *id);
    let new: Vec<AttachmentId> = ids.iter().copied().filter(|id| kept(id).is_none()).collect();
    let mut fresh = fresh_files(files, &new, &caller.account_id).await?.into_iter();
    Ok(ids.iter().filter_map(|id| kept(id).cloned().or_else(|| fresh.next())).collect())
}

/// Where a command comes from.
pub(super) fn origin<T>(call: &Call<T>, answer: lianxin_actors::grid::MakeAnswer) -> Origin {
    Origin {
        caller: Arc::clone(&call.caller),
        request_id: call.request_id,
        idempotency: call.idempotency.clone(),
        answer,
    }
}

/// The response of a command; one that was done before under the same key answers what it answered then.
pub(super) async fn respond<T>(
    done: Result<lianxin_actors::command::Done, CommandError>,
    call: &Call<T>,
    commits: &CommitsData,
) -> Result<HttpResponse, ApiError> {
    match done {
        Ok(done) => Ok(answered(done.answer.status, done.answer.body, done.seq)),
        Err(error) => commits.replay(&call.idempotency, error.into()).await,
    }
}

/// Reads a ticket.
#[utoipa::path(tag = "tickets", operation_id = "get_ticket", params(("id" = String, Path)),
    responses((status = 200, body = TicketView)))]
#[get("/api/v1/tickets/{id}")]
pub async fn get(
    who: Authenticated,
    id: web::Path<String>,
    tickets: web::Data<Tickets>,
    views: web::Data<TicketViews>,
) -> Result<web::Json<TicketView>, ApiError> {
    let ticket = visible(&tickets, &who.caller().scope(), &id).await?;
    Ok(web::Json(view(&ticket, &who, &views)))
}

/// One thing that happened to a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineItem {
    seq: u64,
    #[schema(value_type = String)]
    at: lianxin_domain::clock::Timestamp,
    kind: String,
    by: Option<PersonView>,
    #[schema(value_type = Object)]
    data: Value,
}

/// A ticket's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    items: Vec<TimelineItem>,
}

/// Reads what happened to a ticket, oldest first. What passes between colleagues is not for the submitter.
#[utoipa::path(tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = Timeline)))]
#[get("/api/v1/tickets/{id}/timeline")]
pub async fn timeline(
    who: Authenticated,
    id: web::Path<String>,
    tickets: web::Data<Tickets>,
    log: web::Data<EventLog>,
) -> Result<web::Json<Timeline>, ApiError> {
    let ticket = visible(&tickets, &who.caller().scope(), &id).await?;
    let standing = who.caller().standing(&ticket.place());
    let between_colleagues = |event: &lianxin_domain::event::Event| {
        TicketEvent::from_log(&event.kind, &event.data).is_some_and(|event| event.is_between_colleagues())
    };
    let staff = standing.may_handle || standing.supervises || standing.handler;
    let events = log.of_subject(&Subject::new("ticket", ticket.id)).await?;
    let items = events.into_iter().filter(|event| staff || !between_colleagues(event)).map(|event| {
        let name = event.data.pointer("/by/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        TimelineItem {
            seq: event.seq,
            at: event.at,
            by: event.by.map(|id| PersonView { id: id.to_string(), name }),
            kind: event.kind,
            data: event.data,
        }
    });
    Ok(web::Json(Timeline { items: items.collect() }))
}

/// The ticket of a path, if the caller may see it.
pub(super) async fn visible(tickets: &Tickets, scope: &Scope, id: &str) -> Result<Ticket, ApiError> {
    let not_found = || Refusal::not_found("ticket.not_found", "没有找到这件诉求");
    let id: TicketId = id.parse().map_err(|_| not_found())?;
    Ok(tickets.get(scope, id).await?.ok_or_else(not_found)?)
}

/// A ticket as somebody sees it.
pub(super) fn view(ticket: &Ticket, who: &Authenticated, views: &TicketViews) -> TicketView {
    views.of(ticket, &who.caller().standing(&ticket.place()))
}

/// A rule error of one field.
pub(super) fn one_field(field: &str, code: &'static str, message: &str) -> ApiError {
    Refusal::fields(vec![FieldError::new(field, code, message)]).into()
}

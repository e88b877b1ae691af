//! Sending a request: the same rules, limits and commands as a resident's, in the name of the integration. The person who
//! reported it, if it says so, is the one for whom it is sent, and is sealed as such.

use std::sync::Arc;

use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use lianxin_actors::command::Answer;
use lianxin_actors::directory::{GridEntry, Scanned};
use lianxin_actors::grid::{MakeAnswer, Origin};
use lianxin_domain::emergency::emergency_numbers;
use lianxin_domain::geo::RawPosition;
use lianxin_domain::integration::Integration;
use lianxin_domain::kinds::TicketKind;
use lianxin_domain::open311::form_of;
use lianxin_domain::person_name::PersonName;
use lianxin_domain::phone::Phone;
use lianxin_domain::problem::FieldError;
use lianxin_domain::ticket::{NewTicket, OnBehalf, Ticket};
use serde::{Deserialize, Serialize};

use super::document::{Format, Value};
use super::failure::Failure;
use super::parameters::Parameters;
use super::requests::service_requests;
use super::services::{offered, query};
use super::{Desk, Open311Desk};
use crate::api::tickets::{LocationInput, NewTicketInput, new_ticket};
use crate::call::{CommitsData, answered, idempotency, is_replay, read_body, replay_header, request_id};
use crate::error::ApiError;

/// What browsers send forms as.
const FORM: &str = "application/x-www-form-urlencoded";
/// Characters of an address outside.
const MAX_URL: usize = 500;
/// What stands for whoever gave a number and no name.
const NAMELESS: &str = "未留姓名";

/// What is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Receipt {
    service_request_id: String,
    service_notice: Option<String>,
}

/// Takes a request.
pub(super) async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    desk: Desk,
    commits: CommitsData,
) -> HttpResponse {
    let Some(format) = Format::of(&request) else { return super::no_format() };
    match desk.take(&request, payload, &commits).await {
        Ok((receipt, replayed)) => {
            let value = Value::Record(vec![
                ("service_request_id", Value::Text(receipt.service_request_id)),
                ("service_notice", Value::maybe(receipt.service_notice, Value::Text)),
                ("account_id", Value::Nothing),
            ]);
            let mut answer = service_requests(vec![value]).answer(format, StatusCode::CREATED);
            if replayed {
                let (name, value) = replay_header();
                answer.headers_mut().insert(
                    actix_web::http::header::HeaderName::from_static(name),
                    actix_web::http::header::HeaderValue::from_static(value),
                );
            }
            answer
        }
        Err(failure) => failure.answer(format),
    }
}

impl Open311Desk {
    /// The receipt, and whether the same request was taken before under its idempotency key.
    async fn take(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        commits: &CommitsData,
    ) -> Result<(Receipt, bool), Failure> {
        let body = read_body(&mut payload.into_inner()).await?;
        is_form(request)?;
        let sent = Parameters::read(&body)?;
        let key = match sent.one("api_key")? {
            Some(key) => Some(key.to_owned()),
            None => query(request)?.one("api_key")?.map(str::to_owned),
        };
        let integration = self.integration(request, key.as_deref()).await?;
        let integration = integration.ok_or_else(|| Failure::key("请填写管理员发放的 api_key"))?;
        if !self.jurisdiction(&sent, Some(&integration))?.contains(&integration.grid_path) {
            return Err(Failure::not_found("jurisdiction_id", "这个 api_key 属于另一个辖区"));
        }
        let kind = offered(&self.kinds, sent.required("service_code")?)?;
        let caller = Arc::new(integration.caller());
        let idempotency = idempotency(request, &caller, &body)?;
        let grid = self.addressed(&sent, &integration)?;
        let new = self.new_ticket(&sent, kind, &integration)?;
        let answer: MakeAnswer = Arc::new(|ticket, _| receipt(ticket));
        let origin = Origin { caller, request_id: request_id(request), idempotency, answer };
        let claim = origin.idempotency.clone();
        let done = match self.grids.submit(grid.grid.id, new, origin).await {
            Ok(done) => answered(done.answer.status, done.answer.body, done.seq),
            Err(error) => commits.replay(&claim, error.into()).await?,
        };
        let replayed = is_replay(&done);
        let body = done.into_body().try_into_bytes().map_err(|_| ApiError::Internal)?;
        let receipt = serde_json::from_slice(&body).map_err(|_| ApiError::Internal)?;
        Ok((receipt, replayed))
    }

    /// The grid that a request is for: that of the code, else that whose area holds the place. An address in words alone goes
    /// to the grid of the key, from where people pass it on.
    fn addressed(&self, sent: &Parameters, integration: &Integration) -> Result<Arc<GridEntry>, Failure> {
        let directory = self.directories.current();
        let (field, grid) = if let Some(code) = sent.one("address_id")? {
            let grid = match self.directories.scan(code) {
                Scanned::Grid(entry) => entry,
                Scanned::Rotated => return Err(Failure::not_found("address_id", "这个网格码已更换")),
                Scanned::Unknown => return Err(Failure::not_found("address_id", "没有这个网格码")),
            };
            ("address_id", grid)
        } else if let Some((lat, lng)) = place(sent)? {
            let raw = RawPosition { lng, lat, datum: Default::default(), accuracy_m: None };
            let wrong = |error: lianxin_domain::geo::PositionError| Failure::wrong("lat, long", error.message());
            let point = raw.to_wgs84().map_err(wrong)?;
            let outside = || Failure::wrong("lat, long", "这个位置不在任何网格内，请改用 address_id（网格码）");
            ("lat, long", Arc::clone(directory.locate(point).ok_or_else(outside)?))
        } else if sent.one("address_string")?.is_some() {
            let gone = || Failure::wrong("address_string", "请改用 address_id（网格码）");
            ("address_string", Arc::clone(directory.get(integration.grid_id).ok_or_else(gone)?))
        } else {
            return Err(Failure::wrong("address_id", "请填写 address_id（网格码），或 lat 和 long，或 address_string"));
        };
        let reaches = integration.reaches(&grid.grid.path);
        reaches.then_some(grid).ok_or_else(|| Failure::wrong(field, "这个位置不在 api_key 的网格范围内"))
    }

    fn new_ticket(
        &self,
        sent: &Parameters,
        kind: &TicketKind,
        integration: &Integration,
    ) -> Result<NewTicket, Failure> {
        let location = place(sent)?.map(|(lat, lng)| LocationInput { lng, lat, ..LocationInput::default() });
        let input = NewTicketInput {
            kind: kind.code.clone(),
            content: sent.one("description")?.unwrap_or_default().to_owned(),
            form: Some(form_of(kind, &sent.attributes())),
            location,
            ..NewTicketInput::default()
        };
        let behind = reporter(sent)?;
        let sender = integration.sender();
        let mut new = new_ticket(&input, sender, kind, Vec::new(), &self.directories, &self.ids)?;
        new.on_behalf = behind;
        for line in further_lines(sent)? {
            if !new.content.is_empty() {
                new.content.push('\n');
            }
            new.content.push_str(&line);
        }
        Ok(new)
    }
}

/// Only what browsers' forms send: the specification knows nothing else.
fn is_form(request: &HttpRequest) -> Result<(), Failure> {
    let sent = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = sent.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(FORM));
    if is_form { Ok(()) } else { Err(Failure::wrong("Content-Type", &format!("应为 {FORM}"))) }
}

/// Latitude and longitude, both or none.
fn place(sent: &Parameters) -> Result<Option<(f64, f64)>, Failure> {
    match (sent.number("lat")?, sent.number("long")?) {
        (Some(lat), Some(long)) => Ok(Some((lat, long))),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Failure::wrong("lat", "lat 和 long 要一起填写")),
        (Some(_), None) => Err(Failure::wrong("long", "lat 和 long 要一起填写")),
    }
}

/// Who reported it, if that was said: a name, a number or both.
fn reporter(sent: &Parameters) -> Result<Option<OnBehalf>, Failure> {
    let (first, last) = (sent.one("first_name")?, sent.one("last_name")?);
    let name = full_name(first.unwrap_or_default(), last.unwrap_or_default());
    let phone = sent.one("phone")?.map(Phone::parse).transpose();
    let phone = phone.map_err(|error| FieldError::new("phone", "field.phone", error.message()))?;
    if name.is_empty() {
        let nameless = |phone: Phone| OnBehalf { name: NAMELESS.to_owned(), phone: phone.as_str().to_owned() };
        return Ok(phone.map(nameless));
    }
    let name =
        PersonName::parse(&name).map_err(|error| FieldError::new("on_behalf.name", error.code(), error.message()))?;
    let phone = phone.map(|phone| phone.as_str().to_owned()).unwrap_or_default();
    Ok(Some(OnBehalf { name: name.as_str().to_owned(), phone }))
}

/// The family name comes first where names are written in characters, last where they are written in letters.
fn full_name(first: &str, last: &str) -> String {
    let in_letters = first.is_ascii() && last.is_ascii() && !first.is_empty() && !last.is_empty();
    if in_letters { format!("{first} {last}") } else { format!("{last}{first}") }
}

/// What has no field of its own with us, for those who handle it to read.
fn further_lines(sent: &Parameters) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if let Some(address) = sent.one("address_string")? {
        lines.push(format!("地点：{address}"));
    }
    if let Some(url) = sent.one("media_url")? {
        let is_address = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
        if !is_address || url.chars().count() > MAX_URL || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Failure::wrong("media_url", "应为 http 或 https 开头、不超过 500 个字符的网址"));
        }
        lines.push(format!("附件：{url}"));
    }
    Ok(lines)
}

fn receipt(ticket: &Ticket) -> Answer {
    let numbers = if ticket.emergency { emergency_numbers(&ticket.content) } else { Vec::new() };
    let numbers: Vec<String> = numbers.iter().map(|known| format!("{} {}", known.number, known.title)).collect();
    let service_notice = (!numbers.is_empty()).then(|| format!("如有危险，请先拨打：{}", numbers.join("、")));
    let receipt = Receipt { service_request_id: ticket.id.to_string(), service_notice };
    Answer { status: StatusCode::CREATED.as_u16(), body: serde_json::to_string(&receipt).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &str) -> Parameters {
        Parameters::read(pairs.as_bytes()).unwrap()
    }

    #[test]
    fn who_reported_it_is_a_name_a_number_or_nobody() {
        let table = [
            ("", None),
            ("email=a@example.org&device_id=7", None),
            ("first_name=小明&last_name=李", Some(("李小明", ""))),
            ("first_name=John&last_name=Smith&phone=19900001234", Some(("John Smith", "19900001234"))),
            ("last_name=李小明", Some(("李小明", ""))),
            ("phone=199+0000+1234", Some((NAMELESS, "19900001234"))),
        ];
        for (pairs, expected) in table {
            let found = reporter(&sent(pairs)).unwrap();
            let found = found.as_ref().map(|found| (found.name.as_str(), found.phone.as_str()));
            assert_eq!(found, expected, "{pairs}");
        }
        for pairs in ["phone=110", "phone=x", "first_name=12345"] {
            assert!(reporter(&sent(pairs)).is_err(), "{pairs}");
        }
    }

    #[test]
    fn places_come_in_pairs_and_addresses_are_addresses() {
        assert_eq!(place(&sent("lat=23.7&long=106.9")).unwrap(), Some((23.7, 106.9)));
        assert_eq!(place(&sent("lat=&long=")).unwrap(), None);
        for pairs in ["lat=23.7", "long=106.9", "lat=x&long=106.9", "lat=inf&long=1"] {
            assert!(place(&sent(pairs)).is_err(), "{pairs}");
        }
        let lines = further_lines(&sent("address_string=三组路口&media_url=https://example.org/1.jpg")).unwrap();
        assert_eq!(lines, ["地点：三组路口", "附件：https://example.org/1.jpg"]);
        for url in ["javascript:alert(1)", "example.org", "https://a b", &format!("https://{}", "a".repeat(500))] {
            assert!(further_lines(&sent(&format!("media_url={url}"))).is_err(), "{url}");
        }
    }
}

//! Reading requests: lists, one, and the id behind a token.

use actix_web::{HttpRequest, HttpResponse};
use lianxin_domain::ids::TicketId;
use lianxin_domain::open311::{Window, is_offered};
use lianxin_domain::ticket::Ticket;
use lianxin_storage::tickets::{ReportedChoice, ReportedFilter};

use super::document::{Document, Value};
use super::failure::Failure;
use super::parameters::{Parameters, Rows};
use super::services::offered;
use super::{Desk, Open311Desk, Reader, answer, request_view};

/// Requests that everybody may know of, and with a key those that it sent.
pub(super) async fn list(request: HttpRequest, desk: Desk) -> HttpResponse {
    let work = async {
        let reader = desk.reader(&request).await?;
        let rows = reader.parameters.rows()?;
        let choice = match named(&reader.parameters)? {
            Some(ids) => ReportedChoice::Ids(ids),
            None => desk.during(&reader.parameters)?,
        };
        let kinds = desk.kinds_of(&reader.parameters, &choice)?;
        let found = desk.find(&reader, kinds, choice, rows).await?;
        Ok(service_requests(desk.told(&found, &reader)))
    };
    answer(&request, work).await
}

/// The ids of `service_request_id`, if it was sent; what is no id finds nothing.
fn named(parameters: &Parameters) -> Result<Option<Vec<TicketId>>, Failure> {
    let sent = parameters.list("service_request_id")?;
    let ids = || sent.iter().filter_map(|id| id.parse().ok()).collect();
    Ok((!sent.is_empty()).then(ids))
}

/// One request.
pub(super) async fn read(request: HttpRequest, desk: Desk) -> HttpResponse {
    let work = async {
        let reader = desk.reader(&request).await?;
        let found = desk.one(&reader, "service_request_id", request.match_info().query("id")).await?;
        Ok(service_requests(desk.told(&[found], &reader)))
    };
    answer(&request, work).await
}

/// The request behind a token. None is ever given out, as each request has its id at once; the id is its own token.
pub(super) async fn token(request: HttpRequest, desk: Desk) -> HttpResponse {
    let work = async {
        let reader = desk.reader(&request).await?;
        let token = request.match_info().query("id");
        let found = desk.one(&reader, "token", token).await?;
        let members = vec![("service_request_id", Value::Text(found.id.to_string())), ("token", Value::text(token))];
        Ok(service_requests(vec![Value::Record(members)]))
    };
    answer(&request, work).await
}

pub(super) fn service_requests(requests: Vec<Value>) -> Document {
    Document { root: "service_requests", value: Value::List("request", requests) }
}

impl Open311Desk {
    fn during(&self, parameters: &Parameters) -> Result<ReportedChoice, Failure> {
        let (start, end) = (parameters.one("start_date")?, parameters.one("end_date")?);
        let window = Window::of(start, end, self.ids.clock().now())?;
        let states = parameters.statuses()?.into_iter().flat_map(lianxin_domain::open311::Status::states).collect();
        Ok(ReportedChoice::During { window, states })
    }

    /// Codes of the kinds that are asked for; ids override all else.
    fn kinds_of(&self, parameters: &Parameters, choice: &ReportedChoice) -> Result<Vec<String>, Failure> {
        let sent = match choice {
            ReportedChoice::Ids(_) => Vec::new(),
            ReportedChoice::During { .. } => parameters.list("service_code")?,
        };
        if sent.is_empty() {
            return Ok(self.kinds.iter().filter(|kind| is_offered(kind)).map(|kind| kind.code.clone()).collect());
        }
        sent.into_iter().map(|code| offered(&self.kinds, code).map(|kind| kind.code.clone())).collect()
    }

    async fn find(
        &self,
        reader: &Reader,
        kinds: Vec<String>,
        choice: ReportedChoice,
        rows: Rows,
    ) -> Result<Vec<Ticket>, Failure> {
        let own = reader.integration.as_ref().map(|integration| integration.sender().id);
        let filter = ReportedFilter { below: reader.jurisdiction.clone(), kinds, own, choice };
        Ok(self.tickets.reported(&filter, rows.offset, rows.limit).await?)
    }

    /// The request that a path names by `field`, if the reader may know of it.
    async fn one(&self, reader: &Reader, field: &str, id: &str) -> Result<Ticket, Failure> {
        let none = || Failure::not_found(field, "没有找到这件诉求");
        let id: TicketId = id.parse().map_err(|_| none())?;
        let choice = ReportedChoice::Ids(vec![id]);
        let kinds = self.kinds_of(&Parameters::default(), &choice)?;
        self.find(reader, kinds, choice, Rows { offset: 0, limit: 1 }).await?.pop().ok_or_else(none)
    }

    /// Each as the reader may know it.
    fn told(&self, found: &[Ticket], reader: &Reader) -> Vec<Value> {
        let directory = self.directories.current();
        let own = reader.integration.as_ref().map(|integration| integration.sender().id);
        let told = found.iter().filter_map(|ticket| {
            if Some(ticket.submitter.id) == own {
                request_view::own(ticket, &self.kinds, &directory)
            } else {
                request_view::public(ticket, &self.kinds)
            }
        });
        told.collect()
    }
}

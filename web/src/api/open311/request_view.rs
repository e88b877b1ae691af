//! A request as it is told: to everybody what ADR 0028 makes public of it, to whoever sent it all that concerns it.

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::kinds::{KindSet, TicketKind};
use lianxin_domain::open311::{Status, own_notes, public_notes, updated_at};
use lianxin_domain::ticket::{Known, Ticket};

use super::document::Value;

/// What everybody is told; nothing when nothing of it is public.
pub(super) fn public(ticket: &Ticket, kinds: &KindSet) -> Option<Value> {
    let Known { text, at } = ticket.known.as_ref()?;
    let kind = kinds.get(&ticket.kind)?;
    let place = ticket.public_place();
    Some(request(
        ticket,
        kind,
        Told {
            notes: public_notes(ticket.state_name()).to_owned(),
            description: text.clone(),
            agency: String::new(),
            // As neighbours are told.
            requested_at: *at,
            updated_at: updated_at(ticket).max(*at),
            expected_at: None,
            address: String::new(),
            address_id: String::new(),
            place: place.map(|place| (place.lat(), place.lng())),
        },
    ))
}

/// What whoever sent it is told.
pub(super) fn own(ticket: &Ticket, kinds: &KindSet, directory: &Directory) -> Option<Value> {
    let kind = kinds.get(&ticket.kind)?;
    let grid = directory.get(ticket.grid_id);
    let handling = directory.at(&ticket.handling_path);
    Some(request(
        ticket,
        kind,
        Told {
            notes: own_notes(ticket),
            description: ticket.content.clone(),
            agency: handling.map(|entry| entry.full_name.clone()).unwrap_or_default(),
            requested_at: ticket.submitted_at,
            updated_at: updated_at(ticket),
            expected_at: ticket.due_at(),
            address: grid.map(|entry| entry.full_name.clone()).unwrap_or_default(),
            address_id: grid.map(|entry| entry.code.to_string()).unwrap_or_default(),
            place: ticket.location.map(|place| (place.lat, place.lng)),
        },
    ))
}

/// What differs by who reads.
struct Told {
    notes: String,
    description: String,
    agency: String,
    requested_at: Timestamp,
    updated_at: Timestamp,
    expected_at: Option<Timestamp>,
    address: String,
    address_id: String,
    /// Latitude and longitude.
    place: Option<(f64, f64)>,
}

fn request(ticket: &Ticket, kind: &TicketKind, told: Told) -> Value {
    let time = |at: Timestamp| Value::Text(at.to_string());
    Value::Record(vec![
        ("service_request_id", Value::Text(ticket.id.to_string())),
        ("status", Value::text(Status::of(ticket.state_name()).as_str())),
        ("status_notes", Value::text(told.notes)),
        ("service_name", Value::text(kind.title.as_str())),
        ("service_code", Value::text(kind.code.as_str())),
        ("description", Value::text(told.description)),
        ("agency_responsible", Value::text(told.agency)),
        ("service_notice", Value::Nothing),
        ("requested_datetime", time(told.requested_at)),
        ("updated_datetime", time(told.updated_at)),
        ("expected_datetime", Value::maybe(told.expected_at, time)),
        ("address", Value::text(told.address)),
        ("address_id", Value::text(told.address_id)),
        ("zipcode", Value::Nothing),
        ("lat", Value::maybe(told.place, |(lat, _)| Value::Number(lat))),
        ("long", Value::maybe(told.place, |(_, long)| Value::Number(long))),
        // Pictures are for those who handle a request.
        ("media_url", Value::Nothing),
    ])
}

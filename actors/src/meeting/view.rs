//! What is shown of a hall: figures again and again, and the whole of it when somebody opens a page or a screen.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::meeting::{Attendee, Fence, Hall, Role, Status};
use serde_json::{Value, json};

use super::messages::Made;
use super::vote_view;
use crate::directory::Directory;

/// The figures of a meeting: how many of whom, where it stands, and the item with its deadline.
pub fn figures(hall: &Hall) -> Value {
    let meeting = hall.meeting();
    let mut figures = json!(hall.tally());
    if let Value::Object(members) = &mut figures {
        members.insert("state".to_owned(), json!(meeting.state));
        members.insert("agenda".to_owned(), agenda(hall));
        members.insert("vote".to_owned(), vote_view::turnout(hall));
    }
    figures
}

/// The item that is being dealt with; its end is the server's, so that no screen's clock matters.
fn agenda(hall: &Hall) -> Value {
    let meeting = hall.meeting();
    meeting.agenda.map_or(
        Value::Null,
        |position| json!({ "index": position.index, "since": position.since, "ends_at": meeting.item_ends_at() }),
    )
}

/// What everybody at the meeting may see of it.
fn shown(hall: &Hall, directory: &Directory) -> Value {
    let meeting = hall.meeting();
    let plan = &meeting.plan;
    let fence_radius_m = plan.sign_in.fence.as_ref().and_then(|fence| match fence {
        Fence::Circle { radius_m, .. } => Some(*radius_m),
        Fence::Polygon(_) => None,
    });
    json!({
        "id": meeting.id,
        "organisation_id": meeting.organisation_id,
        "organisation_name": directory.organisation(meeting.organisation_id),
        "topic": plan.topic,
        "type": plan.type_code,
        "host": plan.host.name,
        "place": plan.place,
        "mode": plan.mode,
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "started_at": meeting.started_at,
        "ended_at": meeting.ended_at,
        "cancel_reason": meeting.cancel_reason,
        "sign_in_opens_at": meeting.sign_in_opens_at(),
        "sign_in_required": plan.sign_in.required,
        "late_at": meeting.timing().late_at(),
        "fence_radius_m": fence_radius_m,
        "items": plan.agenda,
    })
}

/// The wall: the figures, and who came in the order of their coming.
pub fn wall(hall: &Hall, directory: &Directory) -> Value {
    let mut came: Vec<&Attendee> = hall.attendees().filter(|attendee| attendee.number.is_some()).collect();
    came.sort_unstable_by_key(|attendee| attendee.number);
    let arrivals: Vec<Value> = came
        .into_iter()
        .map(|attendee| {
            json!({
                "member_id": attendee.member_id,
                "name": attendee.name,
                "number": attendee.number,
                "status": hall.status(attendee),
                "present": attendee.is_present(),
                "photo": attendee.photo,
            })
        })
        .collect();
    json!({
        "meeting": shown(hall, directory),
        "figures": figures(hall),
        "arrivals": arrivals,
        "votes": vote_view::votes(hall, false),
    })
}

/// For somebody on the list: the figures, and the person's own part.
pub fn own(hall: &Hall, directory: &Directory, account_id: AccountId) -> Value {
    json!({
        "meeting": shown(hall, directory),
        "figures": figures(hall),
        "own": own_part(hall, account_id),
        "votes": vote_view::votes(hall, false),
        "own_ballot": vote_view::own_ballot(hall, account_id),
    })
}

/// The host's desk: everybody with all that is known, and the reader's own part when they are on the list themselves.
pub fn desk(hall: &Hall, directory: &Directory, reader: Option<AccountId>) -> Value {
    json!({
        "meeting": shown(hall, directory),
        "figures": figures(hall),
        "attendees": roster(hall),
        "own": reader.and_then(|account_id| own_part(hall, account_id)),
        "votes": vote_view::votes(hall, true),
        "own_ballot": reader.and_then(|account_id| vote_view::own_ballot(hall, account_id)),
    })
}

/// Somebody's own line of the list.
pub fn own_part(hall: &Hall, account_id: AccountId) -> Option<Value> {
    hall.of_account(account_id).map(|attendee| attendee_json(hall, attendee))
}

/// Somebody's own line as a command makes it.
pub fn own_part_made(made: &Made<'_>, account_id: AccountId) -> Option<Value> {
    let changed = made.attendee.filter(|(attendee, _)| attendee.account_id == Some(account_id));
    let listed = || made.hall.of_account(account_id).map(|attendee| (attendee, made.status(attendee)));
    changed.or_else(listed).map(|(attendee, status)| line(made.hall, attendee, status))
}

/// Everybody on the list, by organisation and name.
pub fn roster(hall: &Hall) -> Vec<Value> {
    let mut all: Vec<&Attendee> = hall.attendees().collect();
    all.sort_unstable_by(|a, b| {
        (a.organisation_id, &a.name, a.member_id).cmp(&(b.organisation_id, &b.name, b.member_id))
    });
    all.into_iter().map(|attendee| attendee_json(hall, attendee)).collect()
}

/// Somebody on the list.
pub fn attendee_json(hall: &Hall, attendee: &Attendee) -> Value {
    line(hall, attendee, hall.status(attendee))
}

/// Those who came onto the list by an event, as the desk is told them: nobody has come yet.
pub(crate) fn listed(event: &Value) -> Option<Value> {
    let attendees: Vec<Attendee> = serde_json::from_value(event.get("attendees")?.clone()).ok()?;
    let status = |attendee: &Attendee| if attendee.role == Role::Guest { Status::Guest } else { Status::Expected };
    let lines: Vec<Value> = attendees.iter().map(|attendee| line_of(attendee, status(attendee), None, None)).collect();
    Some(json!({ "attendees": lines, "version": event.get("version") }))
}

fn line(hall: &Hall, attendee: &Attendee, status: Status) -> Value {
    let substituted_by = hall.substitute_of(attendee.member_id).map(|other| other.name.as_str());
    line_of(attendee, status, substituted_by, hall.hand_of(attendee))
}

fn line_of(
    attendee: &Attendee,
    status: Status,
    substituted_by: Option<&str>,
    hand_raised_at: Option<Timestamp>,
) -> Value {
    json!({
        "member_id": attendee.member_id,
        "name": attendee.name,
        "organisation_id": attendee.organisation_id,
        "standing": attendee.standing,
        "role": attendee.role.as_str(),
        "substitute_of": attendee.role.substitute_of(),
        "substituted_by": substituted_by,
        "status": status,
        "present": attendee.is_present(),
        "number": attendee.number,
        "answer": attendee.answer,
        "signed_up_at": attendee.signed_up_at,
        "leave": attendee.leave,
        "presence": attendee.presence,
        "evidence": attendee.evidence,
        "hand_raised_at": hand_raised_at,
        "photo": attendee.photo,
    })
}

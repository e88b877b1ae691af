//! What a receiver is told: the ticket's number, where it is, how it stands and when. Nothing that a person wrote, no
//! person, no place nearer than the grid; and nothing at all of tickets of a private kind.

use serde::{Deserialize, Serialize};

use super::PING;
use crate::clock::Timestamp;
use crate::event::Event;
use crate::ids::{GridId, TicketId, WebhookId};

/// What every ticket event of the log says, as far as it is passed on.
#[derive(Debug, Deserialize)]
struct Told {
    ticket_id: TicketId,
    number: String,
    grid_id: GridId,
    grid_name: String,
    kind: String,
    kind_title: String,
    state: String,
    version: u32,
    handling_level: u8,
    overdue: bool,
    #[serde(default)]
    due_at: Option<Timestamp>,
    #[serde(default)]
    within: Option<bool>,
    #[serde(default)]
    elapsed_ms: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Payload<'a> {
    id: &'a str,
    kind: &'a str,
    at: Timestamp,
    seq: Option<u64>,
    tenant: Option<GridId>,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Ticket { ticket: TicketData<'a>, grid: GridData<'a> },
    Ping { webhook_id: WebhookId },
}

#[derive(Debug, Serialize)]
struct TicketData<'a> {
    id: TicketId,
    number: &'a str,
    kind: &'a str,
    kind_title: &'a str,
    state: &'a str,
    version: u32,
    handling_level: u8,
    overdue: bool,
    due_at: Option<Timestamp>,
    within: Option<bool>,
    elapsed_ms: Option<i64>,
}

#[derive(Debug, Serialize)]
struct GridData<'a> {
    id: GridId,
    code: Option<&'a str>,
    name: &'a str,
}

/// What an event of the log is about, read once for all who are told.
#[derive(Debug)]
pub struct TicketNews(Told);

impl TicketNews {
    /// Of a ticket's event; nothing when it is none, or of before events said all of this.
    pub fn of(event: &Event) -> Option<Self> {
        Told::deserialize(&event.data).ok().map(Self)
    }

    /// The code of the ticket's kind.
    pub fn ticket_kind(&self) -> &str {
        &self.0.kind
    }

    /// The ticket's grid.
    pub const fn grid_id(&self) -> GridId {
        self.0.grid_id
    }

    /// The body of the message `id`. `grid_number` is the number that people file the grid under.
    pub fn body(&self, id: &str, event: &Event, tenant: Option<GridId>, grid_number: Option<&str>) -> String {
        let told = &self.0;
        let ticket = TicketData {
            id: told.ticket_id,
            number: &told.number,
            kind: &told.kind,
            kind_title: &told.kind_title,
            state: &told.state,
            version: told.version,
            handling_level: told.handling_level,
            overdue: told.overdue,
            due_at: told.due_at,
            within: told.within,
            elapsed_ms: told.elapsed_ms,
        };
        let grid = GridData { id: told.grid_id, code: grid_number, name: &told.grid_name };
        let data = Data::Ticket { ticket, grid };
        written(&Payload { id, kind: &event.kind, at: event.at, seq: Some(event.seq), tenant, data })
    }
}

/// The body of a message that only tries the way.
pub fn ping_body(id: &str, webhook_id: WebhookId, tenant: Option<GridId>, now: Timestamp) -> String {
    let data = Data::Ping { webhook_id };
    written(&Payload { id, kind: PING, at: now, seq: None, tenant, data })
}

/// The id of the message that tells a webhook of the event `seq`: the same however often it is sent.
pub fn message_id(webhook: WebhookId, seq: u64) -> String {
    format!("{webhook}-{seq}")
}

fn written(payload: &Payload<'_>) -> String {
    // Strings, numbers and ids can always be written.
    serde_json::to_string(payload).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::event::Subject;
    use crate::ids::EntityId as _;

    fn grid(number: u128) -> GridId {
        GridId::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// An event with everything in it that must not leave the house.
    fn event() -> Event {
        let id = TicketId::from_uuid(uuid::Uuid::from_u128(5));
        Event {
            seq: 812,
            kind: "ticket.submitted".to_owned(),
            subject: Subject::new("ticket", id),
            at: Timestamp::from_millis(1_795_241_527_005),
            by: Some(crate::ids::AccountId::from_uuid(uuid::Uuid::from_u128(77))),
            grid_path: None,
            audience: Vec::new(),
            data: json!({
                "ticket_id": id, "number": "20261121-0007", "grid_id": grid(6),
                "grid_name": "云溪镇 柳河村 三组", "kind": "suggestion", "kind_title": "意见建议", "state": "submitted",
                "version": 1, "by": { "id": id, "name": "王小明" }, "handler": { "id": id, "name": "李大伟" },
                "handling_level": 5, "overdue": false, "due_at": "2026-11-21T06:42:07.005Z", "within": null,
                "timer_at": null, "position": [110.123, 30.456], "delta": [1, 0, 0, 0, 0, 0], "elapsed_ms": null,
                "line": "三组路口的路灯坏了", "content": "三组路口的路灯坏了", "submitter_name": "王小明",
                "location": { "lng": 110.123_456, "lat": 30.456_789 }, "form": { "phone": "19900000001" },
            }),
            request_id: None,
        }
    }

    #[test]
    fn it_says_what_it_is_about_and_nothing_of_anybody() {
        let event = event();
        let news = TicketNews::of(&event).unwrap();
        let tenant = grid(1);
        let body = news.body("a-812", &event, Some(tenant), Some("YX-LH-3"));
        let expected = json!({
            "id": "a-812", "kind": "ticket.submitted", "at": "2026-11-21T06:12:07.005Z", "seq": 812,
            "tenant": tenant,
            "data": {
                "ticket": {
                    "id": event.subject.id, "number": "20261121-0007", "kind": "suggestion",
                    "kind_title": "意见建议", "state": "submitted", "version": 1, "handling_level": 5, "overdue": false,
                    "due_at": "2026-11-21T06:42:07.005Z", "within": null, "elapsed_ms": null,
                },
                "grid": { "id": grid(6), "code": "YX-LH-3", "name": "云溪镇 柳河村 三组" },
            },
        });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
        for secret in ["路灯", "王小明", "李大伟", "110.12", "199000", "000000000077"] {
            assert!(!body.contains(secret), "{secret} in {body}");
        }
    }

    #[test]
    fn what_is_no_tickets_event_is_not_passed_on() {
        let mut other = event();
        other.data = json!({ "meeting_id": "x" });
        assert!(TicketNews::of(&other).is_none());
    }

    #[test]
    fn a_ping_names_its_webhook() {
        let id = WebhookId::from_uuid(uuid::Uuid::from_u128(9));
        let body: Value = serde_json::from_str(&ping_body("m", id, None, Timestamp::from_millis(0))).unwrap();
        assert_eq!(
            (&body["kind"], &body["seq"], &body["data"]),
            (&json!(PING), &Value::Null, &json!({"webhook_id": id}))
        );
    }
}

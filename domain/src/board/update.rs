//! A ticket event as boards take it over, with what all boards on its way up share of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event::Event;
use crate::ids::{GridId, TicketId};
use crate::ticket::{EscalationCause, StateName, Ticket, TicketFacts, shown_position};
use crate::tree::TreePath;

/// One ticket event as boards see it.
#[derive(Debug, Clone)]
pub struct BoardFact {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `ticket.accepted` …
    pub event: String,
    /// Where.
    pub grid_path: TreePath,
    /// The stars, when it is a rating.
    pub stars: Option<u8>,
    /// Why it climbed, when it did.
    pub cause: Option<EscalationCause>,
    /// The rest.
    pub facts: TicketFacts,
}

/// An open ticket on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPoint {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its grid.
    pub grid_id: GridId,
    /// Code of its kind.
    pub kind: String,
    /// Its state.
    pub state: StateName,
    /// Degrees east.
    pub lng: Option<f64>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Its limit passed.
    pub overdue: bool,
    /// A level above answers for it.
    pub escalated: bool,
    /// The level that answers for it.
    #[serde(skip)]
    pub handling_level: u8,
    /// Where.
    #[serde(skip, default = "no_path")]
    pub grid_path: TreePath,
}

fn no_path() -> TreePath {
    TreePath::root(0)
}

/// A board's event: safe for a public screen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoardEvent {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `ticket.accepted` …
    pub kind: String,
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its grid.
    pub grid_id: GridId,
    /// That grid's name with those above.
    pub grid_name: String,
    /// Code of the ticket's kind.
    pub ticket_kind: String,
    /// What people call it.
    pub kind_title: String,
    /// The ticket's state after it.
    pub state: StateName,
    /// Its limit passed.
    pub overdue: bool,
    /// A level above answers for it.
    pub escalated: bool,
    /// Degrees east.
    pub lng: Option<f64>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// One line in Chinese.
    pub text: String,
}

impl OpenPoint {
    /// An open ticket as it stands; `private`: its kind is.
    pub fn of(ticket: &Ticket, private: bool) -> Self {
        let position = shown_position(ticket, private);
        Self {
            ticket_id: ticket.id,
            grid_id: ticket.grid_id,
            kind: ticket.kind.clone(),
            state: ticket.state_name(),
            lng: position.map(|[lng, _]| lng),
            lat: position.map(|[_, lat]| lat),
            overdue: ticket.is_overdue(),
            escalated: ticket.is_escalated(),
            handling_level: ticket.handling_path.level(),
            grid_path: ticket.grid_path.clone(),
        }
    }
}

impl BoardFact {
    /// The fact in a log event; nothing when it is not about a ticket in a grid.
    pub fn of(event: &Event) -> Option<Self> {
        let grid_path = event.grid_path.clone().filter(|_| event.subject.kind == "ticket")?;
        let facts = TicketFacts::deserialize(&event.data).ok()?;
        let stars = event.data.get("stars").and_then(serde_json::Value::as_u64).and_then(|stars| stars.try_into().ok());
        let cause = event.data.get("cause").filter(|_| event.kind == "ticket.escalated");
        let cause = cause.and_then(|cause| EscalationCause::deserialize(cause).ok());
        Some(Self { seq: event.seq, at: event.at, event: event.kind.clone(), grid_path, stars, cause, facts })
    }

    /// What [`BoardFact::of`] gives, from a row of the log: `data` is read without building a tree of JSON first.
    pub fn read(seq: u64, at: Timestamp, event: &str, grid_path: TreePath, data: &str) -> Option<Self> {
        #[derive(Default, Deserialize)]
        struct Own {
            stars: Option<u8>,
            cause: Option<EscalationCause>,
        }
        let facts: TicketFacts = serde_json::from_str(data).ok()?;
        let own: Own = match event {
            "ticket.rated" | "ticket.escalated" => serde_json::from_str(data).unwrap_or_default(),
            _ => Own::default(),
        };
        Some(Self { seq, at, event: event.to_owned(), grid_path, stars: own.stars, cause: own.cause, facts })
    }

    /// As shown on boards.
    fn to_event(&self) -> BoardEvent {
        let facts = &self.facts;
        BoardEvent {
            seq: self.seq,
            at: self.at,
            kind: self.event.clone(),
            ticket_id: facts.ticket_id,
            grid_id: facts.grid_id,
            grid_name: facts.grid_name.clone(),
            ticket_kind: facts.kind.clone(),
            kind_title: facts.kind_title.clone(),
            state: facts.state,
            overdue: facts.overdue,
            escalated: facts.handling_level < self.grid_path.level(),
            lng: facts.position.map(|[lng, _]| lng),
            lat: facts.position.map(|[_, lat]| lat),
            text: facts.line.clone(),
        }
    }

    /// As shown on maps, while the ticket is open.
    pub(super) fn to_point(&self) -> Option<OpenPoint> {
        let facts = &self.facts;
        facts.state.is_open().then(|| OpenPoint {
            ticket_id: facts.ticket_id,
            grid_id: facts.grid_id,
            kind: facts.kind.clone(),
            state: facts.state,
            lng: facts.position.map(|[lng, _]| lng),
            lat: facts.position.map(|[_, lat]| lat),
            overdue: facts.overdue,
            escalated: facts.handling_level < self.grid_path.level(),
            handling_level: facts.handling_level,
            grid_path: self.grid_path.clone(),
        })
    }
}

/// A ticket event with what every board on the way up shares of it.
#[derive(Debug, Clone)]
pub struct BoardUpdate {
    /// The event.
    pub fact: BoardFact,
    /// As shown in feeds.
    pub event: Arc<BoardEvent>,
    /// As shown on maps, while the ticket is open.
    pub point: Option<Arc<OpenPoint>>,
}

impl From<BoardFact> for BoardUpdate {
    fn from(fact: BoardFact) -> Self {
        let event = Arc::new(fact.to_event());
        let point = fact.to_point().map(Arc::new);
        Self { fact, event, point }
    }
}

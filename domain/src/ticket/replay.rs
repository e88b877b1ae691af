//! From the log back to the ticket: its first event says how it began, [`Ticket::apply`] does the rest.
//!
//! One thing is not in the log on purpose: who the third person of [`Ticket::on_behalf`] is. A replayed ticket says
//! that there is one, without name and number.

use serde::Deserialize as _;

use super::events::{TicketEvent, TicketFacts};
use super::submit::OnBehalf;
use super::{PersonRef, State, Ticket};
use crate::event::Event;

/// Why a ticket's events do not give the ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayable {
    /// Its beginning is no longer in the log.
    #[error("its first events are no longer in the log")]
    Archived,
    /// An event from before clocks were written into events.
    #[error("event {0} is of an older form")]
    OlderForm(u64),
    /// What no program of ours writes.
    #[error("event {seq} ({kind}) is not one of a ticket that is at version {version}")]
    Unfit {
        /// Its number.
        seq: u64,
        /// Its kind.
        kind: String,
        /// The version after the events before it.
        version: u32,
    },
}

/// One ticket on its way through its events.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    ticket: Option<Ticket>,
    stopped: Option<NotReplayable>,
}

impl Replay {
    /// Takes over the ticket's next event. After one that cannot be taken over nothing more is.
    pub fn take(&mut self, event: &Event) {
        if self.stopped.is_none()
            && let Err(reason) = self.step(event)
        {
            self.stopped = Some(reason);
        }
    }

    /// The ticket as its events say.
    ///
    /// # Errors
    /// [`NotReplayable`] when they do not.
    pub fn end(self) -> Result<Ticket, NotReplayable> {
        match self.stopped {
            Some(reason) => Err(reason),
            None => self.ticket.ok_or(NotReplayable::Archived),
        }
    }

    fn step(&mut self, event: &Event) -> Result<(), NotReplayable> {
        let version = self.ticket.as_ref().map_or(0, |ticket| ticket.version);
        let states = event.data.get("version").and_then(serde_json::Value::as_u64);
        if version == 0 && states.is_some_and(|first| first > 1) {
            return Err(NotReplayable::Archived);
        }
        let unfit = || NotReplayable::Unfit { seq: event.seq, kind: event.kind.clone(), version };
        if states != Some(u64::from(version) + 1) {
            return Err(unfit());
        }
        let happened = TicketEvent::from_log(&event.kind, &event.data)
            .ok_or_else(|| if is_older(event) { NotReplayable::OlderForm(event.seq) } else { unfit() })?;
        match &mut self.ticket {
            None => self.ticket = Some(Ticket::sent(event, happened).ok_or_else(unfit)?),
            Some(_) if matches!(happened, TicketEvent::Submitted { .. }) => return Err(unfit()),
            Some(ticket) => ticket.apply(&happened, event.at),
        }
        Ok(())
    }
}

/// Whether it is an event that says a new limit without the clock it follows from.
fn is_older(event: &Event) -> bool {
    const WITH_CLOCK: [&str; 7] = [
        "ticket.submitted",
        "ticket.accepted",
        "ticket.returned",
        "ticket.escalated",
        "ticket.reassigned",
        "ticket.reopened",
        "ticket.overdue",
    ];
    WITH_CLOCK.contains(&event.kind.as_str()) && event.data.get("clock").is_none()
}

impl Ticket {
    /// The ticket right after its first event.
    fn sent(event: &Event, happened: TicketEvent) -> Option<Self> {
        let facts = TicketFacts::deserialize(&event.data).ok()?;
        let grid_path = event.grid_path.clone()?;
        let TicketEvent::Submitted {
            submitter_id,
            submitter_name,
            content,
            form,
            attachments,
            location,
            on_behalf,
            also_village,
            emergency,
            clock,
        } = happened
        else {
            return None;
        };
        let by = facts.by.filter(|by| by.id == submitter_id).map(|by| by.name);
        Some(Self {
            id: facts.ticket_id,
            number: facts.number,
            version: facts.version,
            grid_id: facts.grid_id,
            handling_path: grid_path.clone(),
            grid_path,
            kind: facts.kind,
            content,
            form,
            attachments,
            location,
            on_behalf: on_behalf.then(|| OnBehalf { name: String::new(), phone: String::new() }),
            also_village,
            emergency,
            submitter: PersonRef { id: submitter_id, name: submitter_name.or(by)? },
            submitted_at: event.at,
            state: State::Submitted,
            return_count: 0,
            last_return_reason: None,
            reopen_count: 0,
            overdue_count: 0,
            nudges: None,
            clock: Some(clock),
            extension_request: None,
            known: None,
            joiners: Vec::new(),
        })
    }
}

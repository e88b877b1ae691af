//! From the log to messages owed.

use lianxin_domain::event::Event;
use lianxin_domain::webhook::event_kind;
use lianxin_domain::webhook::payload::{TicketNews, message_id};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::webhook_deliveries::{WebhookDeliveries, WebhookDelivery};

use super::{Hindrance, WebhookDesk};

/// Events looked at for one change.
const BATCH: usize = 128;
/// After so many events that nobody is told of the cursor is written down, so that a start has not much to read again.
const SAVE_EVERY: u64 = 1_024;

/// Follows the log.
#[derive(Debug, Default)]
pub(super) struct Planner {
    at: Option<Position>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    /// Everything up to here was looked at.
    seq: u64,
    /// The database says so up to here.
    saved: u64,
}

impl Planner {
    /// Owes what follows from all events up to the head; answers whether there was anything.
    pub(super) async fn advance(&mut self, desk: &WebhookDesk) -> Result<bool, Hindrance> {
        let mut at = match self.at {
            Some(at) => at,
            None => begin(desk).await?,
        };
        let mut owed = false;
        loop {
            let events = desk.log.after(at.seq, BATCH).await?;
            let Some(last) = events.last().map(|last| last.seq) else { break };
            let now = desk.clock.now();
            let mut change = Change::new(now, None, None);
            change.writes = messages(desk, &events).await?;
            owed |= !change.writes.is_empty();
            if !change.writes.is_empty() || last - at.saved >= SAVE_EVERY {
                change.write(WebhookDeliveries::move_to(last));
                desk.journal.commit(change).await?;
                at.saved = last;
            }
            at.seq = last;
            self.at = Some(at);
        }
        self.at = Some(at);
        Ok(owed)
    }
}

/// Where to begin: at the cursor; before there was one, behind the oldest webhook's beginning.
async fn begin(desk: &WebhookDesk) -> Result<Position, Hindrance> {
    let seq = match desk.deliveries.position().await? {
        Some(seq) => seq,
        None => {
            let webhooks = desk.webhooks.all_enabled().await?;
            let oldest = webhooks.iter().map(|row| row.webhook.since_seq).min();
            oldest.unwrap_or_else(|| desk.log.head())
        }
    };
    Ok(Position { seq, saved: seq })
}

/// The writes that owe what webhooks are to be told of `events`.
async fn messages(desk: &WebhookDesk, events: &[std::sync::Arc<Event>]) -> Result<Vec<Write>, Hindrance> {
    let told: Vec<&Event> =
        events.iter().map(|event| &**event).filter(|event| event_kind(&event.kind).is_some()).collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    // Read after the events: whoever was there before they were committed is found.
    let webhooks = desk.webhooks.all_enabled().await?;
    let (directory, now) = (desk.directories.current(), desk.clock.now());
    let mut writes = Vec::new();
    for event in told {
        let Some(place) = &event.grid_path else { continue };
        let mut wanting = webhooks.iter().filter(|row| row.webhook.wants(&event.kind, event.seq, place)).peekable();
        if wanting.peek().is_none() {
            continue;
        }
        let Some(news) = TicketNews::of(event) else { continue };
        if desk.kinds.get(news.ticket_kind()).is_none_or(|kind| kind.private) {
            continue;
        }
        let tenant = directory.at(&place.tenant()).map(|entry| entry.grid.id);
        let grid = directory.get(news.grid_id()).map(|entry| entry.grid.number.as_str());
        for row in wanting {
            let id = message_id(row.webhook.id, event.seq);
            let body = news.body(&id, event, tenant, grid);
            let about = (event.subject.id.as_str(), event.seq);
            let delivery = WebhookDelivery::new(id, row.webhook.id, &event.kind, about, body, now);
            writes.push(WebhookDeliveries::owe(&delivery));
        }
    }
    Ok(writes)
}

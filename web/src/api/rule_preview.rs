//! What other rules would do to the clocks that run, before anybody lets them hold.

use actix_web::web;
use lianxin_actors::directory::Directories;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::service_level::TimeRules;
use lianxin_domain::ticket::Ticket;
use lianxin_storage::tickets::Tickets;

use crate::error::ApiError;
use crate::views::rules::{MovedTicket, PreviewView};

/// Tickets that are shown by name.
const SAMPLE: usize = 20;

/// The clocks that run, counted by what new rules do to them.
#[derive(Default)]
struct Counted {
    running: usize,
    earlier: usize,
    later: usize,
    kept_past: usize,
    /// The next ends that move, with their tickets' places in the list.
    next: Vec<(Timestamp, usize)>,
}

impl Counted {
    /// Looks at each ticket once, as [`Ticket::decide_rules_changed`] does when the rules hold.
    fn of(open: &[Ticket], rules: &TimeRules, now: Timestamp) -> Self {
        let mut counted = Self::default();
        for (place, ticket) in open.iter().enumerate() {
            let Some(clock) = ticket.clock.as_ref().filter(|clock| !clock.ended) else { continue };
            // For a clock that stands still, now is when it was stopped.
            let shown = clock.open_pause().map_or(now, |pause| pause.from);
            if clock.due_at <= shown {
                continue;
            }
            counted.running += 1;
            let new_due_at = clock.under(&ticket.kind, now, rules).due_at;
            match new_due_at.cmp(&clock.due_at) {
                std::cmp::Ordering::Equal => continue,
                _ if new_due_at <= shown => {
                    counted.kept_past += 1;
                    continue;
                }
                std::cmp::Ordering::Less => counted.earlier += 1,
                std::cmp::Ordering::Greater => counted.later += 1,
            }
            counted.next.push((new_due_at, place));
        }
        counted.next.sort_unstable();
        counted.next.truncate(SAMPLE);
        counted
    }
}

/// What `rules` would do to the tickets that are open at `now`.
pub(super) async fn preview(
    rules: TimeRules,
    tickets: &Tickets,
    directories: &Directories,
    kinds: &KindSet,
    now: Timestamp,
) -> Result<PreviewView, ApiError> {
    let open = tickets.open().await?;
    // A county's open tickets take a moment to work out, and others wait for this thread.
    let counting = web::block(move || (Counted::of(&open, &rules, now), open));
    let (counted, open) = counting.await.map_err(|_| ApiError::Internal)?;
    let directory = directories.current();
    let moved = |(new_due_at, place): &(Timestamp, usize)| {
        let ticket = open.get(*place)?;
        let clock = ticket.clock.as_ref()?;
        Some(MovedTicket {
            ticket_id: ticket.id,
            number: ticket.number.clone(),
            kind_title: kinds.get(&ticket.kind).map_or_else(|| ticket.kind.clone(), |kind| kind.title.clone()),
            grid_name: directory.get(ticket.grid_id).map(|entry| entry.full_name.clone()).unwrap_or_default(),
            purpose: clock.purpose,
            due_at: clock.due_at,
            new_due_at: *new_due_at,
        })
    };
    Ok(PreviewView {
        running: counted.running,
        changed: counted.earlier + counted.later,
        earlier: counted.earlier,
        later: counted.later,
        kept_past: counted.kept_past,
        sample: counted.next.iter().filter_map(moved).collect(),
    })
}

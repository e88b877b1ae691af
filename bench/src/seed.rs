//! Fills a stopped server's database with finished requests, through the journal as everything is written.

use std::path::Path;
use std::sync::{Arc, Mutex};

use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Grid, GridStatus, LEVELS};
use lianxin_domain::ids::IdSource;
use lianxin_domain::service_level::TicketRules;
use lianxin_domain::ticket::{NewTicket, PersonRef, SubmitContext, Ticket, TicketEvent};
use lianxin_storage::change::Change;
use lianxin_storage::database::Database;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::grids::Grids;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::tickets::Tickets;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::BenchError;

/// Tickets in one change.
const CHUNK: u64 = 64;
/// The oldest one is so old; they are spread evenly from there on.
const AGE_MS: i64 = 300 * 24 * 3_600_000;

struct Chance(Mutex<ChaCha8Rng>);

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// Writes `count` rated tickets, with their events and counters, into the data folder.
pub async fn tickets(data_dir: &Path, count: u64) -> Result<(), BenchError> {
    let clock = Arc::new(ManualClock::default());
    let entropy: Arc<dyn Entropy> = Arc::new(Chance(Mutex::new(ChaCha8Rng::seed_from_u64(1))));
    let ids = IdSource::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&entropy));
    let secrets = Secrets::load_or_create(data_dir, &*entropy)?;
    let database = Database::open(&Dialect::default_url(data_dir)).await?;
    let log = Arc::new(EventLog::open(database.clone(), String::new()).await?);
    let (journal, _writer) = Journal::start(database.clone(), log, ids.clone()).await?;
    let repository = Tickets::new(database.clone(), secrets.column_cipher(entropy));
    let grids: Vec<Grid> =
        Grids::new(database.clone()).all().await?.into_iter().filter(|grid| grid.path.level() == LEVELS).collect();
    let newest = newest_event(&database).await?;
    let mut made = 0;
    while made < count {
        let mut change = Change::new(Timestamp::default(), None, None);
        for _ in 0..CHUNK.min(count - made) {
            let age = AGE_MS - AGE_MS * i64::try_from(made)? / i64::try_from(count)?;
            clock.set(newest.plus_millis(-age - 8 * 24 * 3_600_000));
            let grid = &grids[usize::try_from(made)? % grids.len()];
            one(&mut change, grid, &repository, &ids)?;
            made += 1;
        }
        journal.commit(change).await?;
        if made % 50_000 < CHUNK {
            checkpoint(&database).await?;
        }
    }
    checkpoint(&database).await?;
    Ok(())
}

async fn newest_event(database: &Database) -> Result<Timestamp, BenchError> {
    let log = EventLog::open(database.clone(), String::new()).await?;
    let newest = log.before(u64::MAX >> 1, 1).await?;
    Ok(newest.first().map_or_else(Timestamp::default, |event| event.at))
}

fn one(change: &mut Change, grid: &Grid, repository: &Tickets, ids: &IdSource) -> Result<(), BenchError> {
    let at = ids.clock().now();
    let id = ids.next();
    let person = PersonRef { id: ids.next(), name: "李小明".to_owned() };
    let new = NewTicket {
        id,
        number: format!("S{id}"),
        kind: "suggestion".to_owned(),
        content: "三组路口的路灯坏了，晚上看不见路".to_owned(),
        form: json!({}),
        attachments: Vec::new(),
        location: None,
        on_behalf: None,
        also_village: false,
        emergency: false,
        submitter: person.clone(),
    };
    let rules = TicketRules::default();
    let context = SubmitContext {
        grid_id: grid.id,
        grid_path: &grid.path,
        grid_status: GridStatus::Active,
        profile_complete: true,
        rules: &rules,
    };
    let (mut ticket, submitted) = Ticket::submit(new, &context, at)?;
    let later = at.plus_millis(600_000);
    let events = [
        submitted,
        TicketEvent::Accepted { handler: person, due_at: later },
        TicketEvent::Completed { note: "已更换灯泡，恢复照明".to_owned(), attachments: Vec::new() },
        TicketEvent::Rated { stars: 5, comment: None },
    ];
    for event in &events {
        ticket.apply(event, later);
        let data = json!({ "ticket_id": id, "number": ticket.number, "version": ticket.version, "note": "已更换灯泡，恢复照明" });
        let mut written = change.event(event.kind(), Subject::new("ticket", id), data).clone();
        written.at = later;
        written.grid_path = Some(grid.path.clone());
        if let Some(last) = change.events.last_mut() {
            *last = written;
        }
    }
    change.writes.extend(repository.writes(None, &ticket));
    Ok(())
}

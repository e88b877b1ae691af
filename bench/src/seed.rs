//! Fills a stopped server's database, through the journal as everything is written, with events that can be replayed.

use std::path::Path;
use std::sync::{Arc, Mutex};

use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Grid, GridStatus, LEVELS, Ladder};
use lianxin_domain::ids::IdSource;
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_level::{Purpose, ServiceLevels, TimeRules};
use lianxin_domain::ticket::{
    DecisionContext, NewTicket, SubmitContext, Surroundings, Ticket, TicketClock, TicketEvent, TicketFacts,
};
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

/// Random and the same in every run.
pub struct Chance(Mutex<ChaCha8Rng>);

impl Chance {
    /// Another `seed` gives other ids, for what is written into one database.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// What seeding stands on.
struct Seeder {
    clock: Arc<ManualClock>,
    ids: IdSource,
    database: Database,
    journal: Journal,
    tickets: Tickets,
    grids: Vec<Grid>,
    rules: TimeRules,
}

impl Seeder {
    async fn open(data_dir: &Path) -> Result<Self, BenchError> {
        let clock = Arc::new(ManualClock::default());
        let entropy: Arc<dyn Entropy> = Arc::new(Chance::new(1));
        let ids = IdSource::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&entropy));
        let secrets = Secrets::load_or_create(data_dir, &*entropy)?;
        let database = Database::open(&Dialect::default_url(data_dir)).await?;
        let log = Arc::new(EventLog::open(database.clone(), String::new()).await?);
        let (journal, _writer) = Journal::start(database.clone(), log, ids.clone()).await?;
        let tickets = Tickets::new(database.clone(), secrets.column_cipher(entropy));
        let grids = Grids::new(database.clone()).all().await?;
        let grids = grids.into_iter().filter(|grid| grid.path.level() == LEVELS).collect();
        let usual = TimeRules::default();
        // Without warnings: a limit asks for one thing, at its end.
        let rules = TimeRules { levels: ServiceLevels { warn_percent: 0, ..usual.levels }, calendar: usual.calendar };
        Ok(Self { clock, ids, database, journal, tickets, grids, rules })
    }

    /// Writes `count` tickets, each made by `one` with its number.
    async fn write(
        &self,
        count: u64,
        one: impl Fn(&mut Change, &Grid, u64) -> Result<(), BenchError>,
    ) -> Result<(), BenchError> {
        let mut made = 0;
        while made < count {
            let mut change = Change::new(Timestamp::default(), None, None);
            for _ in 0..CHUNK.min(count - made) {
                one(&mut change, &self.grids[usize::try_from(made)? % self.grids.len()], made)?;
                made += 1;
            }
            self.journal.commit(change).await?;
            if made % 50_000 < CHUNK {
                checkpoint(&self.database).await?;
            }
        }
        checkpoint(&self.database).await?;
        Ok(())
    }

    /// A request sent to `grid` at `at`.
    fn submit(&self, change: &mut Change, grid: &Grid, at: Timestamp) -> Result<Ticket, BenchError> {
        self.clock.set(at);
        let id = self.ids.next();
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
            submitter: self.person(),
        };
        let staff = [self.person()];
        let decision = DecisionContext { rules: &self.rules, ladder: &Ladder::default(), staff: &staff };
        let context = SubmitContext {
            grid_id: grid.id,
            grid_path: &grid.path,
            grid_status: GridStatus::Active,
            profile_complete: true,
            decision,
        };
        let (ticket, events) = Ticket::submit(new, &context, at)?;
        for event in &events {
            happened(change, None, &ticket, event, &ticket.submitter, at);
        }
        Ok(ticket)
    }

    fn person(&self) -> PersonRef {
        PersonRef { id: self.ids.next(), name: "李小明".to_owned() }
    }
}

/// Writes `count` rated tickets, with their events and counters, into the data folder.
pub async fn tickets(data_dir: &Path, count: u64) -> Result<(), BenchError> {
    tickets_over(data_dir, count, AGE_MS).await.map(drop)
}

/// Writes `count` rated tickets, sent evenly over `age_ms`; answers when the first and the last was.
pub async fn tickets_over(data_dir: &Path, count: u64, age_ms: i64) -> Result<[Timestamp; 2], BenchError> {
    let seeder = Seeder::open(data_dir).await?;
    let newest = newest_event(&seeder.database).await?;
    let total = i64::try_from(count)?;
    let end = newest.plus_millis(-8 * 24 * 3_600_000);
    let one = |change: &mut Change, grid: &Grid, number: u64| {
        let age = age_ms - age_ms * i64::try_from(number)? / total;
        let at = end.plus_millis(-age);
        let mut ticket = seeder.submit(change, grid, at)?;
        let later = at.plus_millis(600_000);
        let handler = seeder.person();
        let clock = TicketClock::start(Purpose::Finish, 2, &ticket.kind, LEVELS, later, &seeder.rules);
        let note = "已更换灯泡，恢复照明".to_owned();
        for event in [
            TicketEvent::Accepted { handler: handler.clone(), clock },
            TicketEvent::Completed { note, attachments: Vec::new() },
            TicketEvent::Rated { stars: 5, comment: None },
        ] {
            let after = ticket.after(&event, later);
            happened(change, Some(&ticket), &after, &event, &handler, later);
            ticket = after;
        }
        change.writes.extend(seeder.tickets.writes(None, &ticket));
        Ok(())
    };
    seeder.write(count, one).await?;
    Ok([end.plus_millis(-age_ms), end])
}

/// Writes `count` waiting tickets whose limits end spread evenly over `span_ms` from `from` on.
pub async fn waiting(data_dir: &Path, count: u64, from: Timestamp, span_ms: i64) -> Result<(), BenchError> {
    let seeder = Seeder::open(data_dir).await?;
    let limit_ms = seeder.rules.levels.accept.plain_ms();
    let total = i64::try_from(count)?.max(1);
    let one = |change: &mut Change, grid: &Grid, number: u64| {
        let due_at = from.plus_millis(span_ms * i64::try_from(number)? / total);
        let ticket = seeder.submit(change, grid, due_at.plus_millis(-limit_ms))?;
        change.writes.extend(seeder.tickets.writes(None, &ticket));
        Ok(())
    };
    seeder.write(count, one).await
}

/// Puts an event of `ticket` into `change`.
fn happened(
    change: &mut Change,
    before: Option<&Ticket>,
    after: &Ticket,
    event: &TicketEvent,
    by: &PersonRef,
    at: Timestamp,
) {
    let around = Surroundings { grid_name: "云溪镇 柳河村 三组", kind_title: "意见建议", private: false };
    let facts = TicketFacts::of(before, after, event, Some(by), at, &around);
    let written = change.event(event.kind(), Subject::new("ticket", after.id), event.data(&facts));
    written.at = at;
    written.by = Some(by.id);
    written.grid_path = Some(after.grid_path.clone());
}

async fn newest_event(database: &Database) -> Result<Timestamp, BenchError> {
    let log = EventLog::open(database.clone(), String::new()).await?;
    let newest = log.before(u64::MAX >> 1, 1).await?;
    Ok(newest.first().map_or_else(Timestamp::default, |event| event.at))
}

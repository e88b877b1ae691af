//! The whole log, folded, against what the tables say (tickets.md G16): every ticket, and the counters of every grid.
//!
//! Tickets are compared one after the other in the order of their ids, each with its own events: what happens to one
//! never depends on another, so the log may be folded along its subjects. Memory holds one page of rows and one ticket,
//! however many are stored.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use futures_util::TryStreamExt as _;
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::event::Event;
use lianxin_domain::grid::Counters;
use lianxin_domain::ticket::{ExtensionRequest, NotReplayable, Nudges, Replay, Ticket, TicketClock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::database::Database;
use crate::error::StorageError;
use crate::grids::Grids;
use crate::log;
use crate::table::{Cell, Column, ColumnType};
use crate::tickets::{TICKETS, row_of};

/// Rows of tickets read at a time.
const PAGE: usize = 1_000;
/// Differences of one kind that are listed; the rest is counted.
const LISTED: usize = 100;
/// Sealed: the log says only that there is one.
const SEALED: &str = "on_behalf_sealed";
/// Text columns whose contents a difference may show; the others hold people's names and words.
const SHOWN: [&str; 6] = ["grid_id", "grid_path", "kind", "state", "handling_path", "number"];

/// SHA-256 over the canonical JSON of all replayable tickets, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateHash {
    /// Of the tickets as the log gives them.
    pub of_log: String,
    /// Of the tickets as their table has them.
    pub of_table: String,
}

/// What was replayed, and what does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayReport {
    /// Events of tickets that were read.
    pub events: u64,
    /// Tickets that were replayed and compared.
    pub tickets: u64,
    /// Tickets that are not compared: some of their events are of an older form.
    pub older_form: u64,
    /// Tickets that are not compared: their beginning was archived.
    pub archived: u64,
    /// The oldest event, when it is not the first one any more; counters cannot be summed up then.
    pub begins_at: Option<u64>,
    /// Of the tickets compared; nothing when there is none.
    pub state: Option<StateHash>,
    /// What does not agree, one line each.
    pub differences: Vec<String>,
}

/// Replays the log at one moment of the database. A running server may go on meanwhile.
///
/// # Errors
/// [`StorageError`] when the database fails; a difference is not an error.
pub async fn replay(database: &Database) -> Result<ReplayReport, StorageError> {
    let mut moment = database.snapshot().await?;
    let row = sqlx::query("SELECT MIN(seq) AS oldest FROM events").fetch_one(&mut moment).await?;
    let oldest = row.try_get::<Option<i64>, _>("oldest")?.map_or(1, i64::unsigned_abs);
    let mut fold = Fold { whole: oldest <= 1, ..Fold::default() };
    let mut after = String::new();
    loop {
        let rows = page(&mut moment, &after).await?;
        let last = if rows.len() < PAGE { None } else { rows.last().map(|(id, _)| id.clone()) };
        fold.page(&mut moment, rows, &after, last.as_deref()).await?;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    let counted = Grids::counters_on(&mut moment).await?;
    moment.close().await?;
    let counted = counted.into_iter().map(|(grid, counters)| (grid.to_string(), counters)).collect();
    Ok(fold.into_report(oldest, &counted))
}

/// The next rows of tickets with their ids.
async fn page(moment: &mut AnyConnection, after: &str) -> Result<Vec<(String, AnyRow)>, StorageError> {
    let columns = TICKETS.select_list();
    let sql = format!("SELECT {columns} FROM tickets WHERE id > $1 ORDER BY id LIMIT {PAGE}");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(after.to_owned()).fetch_all(moment).await?;
    rows.into_iter().map(|row| Ok((row.try_get("id")?, row))).collect()
}

/// The fold so far.
#[derive(Default)]
struct Fold {
    /// The log begins with its first event.
    whole: bool,
    report: ReplayReport,
    counters: BTreeMap<String, Counters>,
    of_log: Sha256,
    of_table: Sha256,
    tickets: Listing,
}

/// Differences of one kind.
#[derive(Default)]
struct Listing {
    lines: Vec<String>,
    more: usize,
}

impl Listing {
    fn add(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < LISTED {
            self.lines.push(line());
        } else {
            self.more += 1;
        }
    }

    fn into_lines(self, kind: &str) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("{kind}: and {} more", self.more));
        self.lines.into_iter().chain(more)
    }
}

/// The events of one subject, while they are read.
struct Subject {
    id: String,
    replay: Replay,
}

impl Fold {
    /// Compares `rows`, which are all those behind `after` up to `last`, with the events of these ids.
    async fn page(
        &mut self,
        moment: &mut AnyConnection,
        rows: Vec<(String, AnyRow)>,
        after: &str,
        last: Option<&str>,
    ) -> Result<(), StorageError> {
        let sql = format!(
            "SELECT {} FROM events WHERE subject_id > $1 {} AND subject_kind = 'ticket' ORDER BY subject_id, seq",
            log::COLUMNS,
            if last.is_some() { "AND subject_id <= $2" } else { "" },
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(after.to_owned());
        let query = last.iter().fold(query, |query, last| query.bind((*last).to_owned()));
        let mut events = query.fetch(moment);
        let mut rows = rows.into_iter().peekable();
        let mut subject: Option<Subject> = None;
        while let Some(row) = events.try_next().await? {
            let event = log::read(&row)?;
            if subject.as_ref().is_none_or(|subject| subject.id != event.subject.id) {
                self.finish(subject.take(), &mut rows)?;
                subject = Some(Subject { id: event.subject.id.clone(), replay: Replay::default() });
            }
            self.count(&event);
            if let Some(subject) = &mut subject {
                subject.replay.take(&event);
            }
        }
        self.finish(subject, &mut rows)?;
        rows.for_each(|(id, _)| self.without_events(&id));
        Ok(())
    }

    fn count(&mut self, event: &Event) {
        self.report.events += 1;
        let delta = event.data.get("delta").and_then(|delta| serde_json::from_value::<[i64; 6]>(delta.clone()).ok());
        let grid = event.data.get("grid_id").and_then(Value::as_str);
        if let (Some(delta), Some(grid)) = (delta, grid) {
            *self.counters.entry(grid.to_owned()).or_default() += Counters::from_array(delta);
        }
    }

    fn without_events(&mut self, id: &str) {
        if self.whole {
            self.tickets.add(|| format!("ticket {id} has no events"));
        } else {
            self.report.archived += 1;
        }
    }

    /// All events of a subject were read: compares it with its row, which is among the next `rows`.
    fn finish(
        &mut self,
        subject: Option<Subject>,
        rows: &mut std::iter::Peekable<impl Iterator<Item = (String, AnyRow)>>,
    ) -> Result<(), StorageError> {
        let Some(Subject { id, replay }) = subject else { return Ok(()) };
        while let Some((skipped, _)) = rows.next_if(|(row, _)| *row < id) {
            self.without_events(&skipped);
        }
        let Some((_, row)) = rows.next_if(|(row, _)| *row == id) else {
            self.tickets.add(|| format!("ticket {id} has events and no row"));
            return Ok(());
        };
        match replay.end() {
            Ok(ticket) => self.compare(&id, &ticket, &row)?,
            Err(NotReplayable::OlderForm(_)) => self.report.older_form += 1,
            Err(NotReplayable::Archived) if !self.whole => self.report.archived += 1,
            Err(NotReplayable::Archived) => self.tickets.add(|| format!("the first events of ticket {id} are missing")),
            Err(reason @ NotReplayable::Unfit { .. }) => self.tickets.add(|| format!("ticket {id}: {reason}")),
        }
        Ok(())
    }

    fn compare(&mut self, id: &str, ticket: &Ticket, row: &AnyRow) -> Result<(), StorageError> {
        let (of_log, of_table) = (canonical(ticket), stored(row)?);
        self.report.tickets += 1;
        for (hash, ticket) in [(&mut self.of_log, &of_log), (&mut self.of_table, &of_table)] {
            hash.update(json!(ticket).to_string());
            hash.update("\n");
        }
        for (column, said) in &of_log {
            let is = of_table.get(column).unwrap_or(&Value::Null);
            if is != said {
                self.tickets.add(|| difference(id, column, is, said));
            }
        }
        Ok(())
    }

    fn into_report(mut self, oldest: u64, counted: &BTreeMap<String, Counters>) -> ReplayReport {
        let mut counters = Listing::default();
        if self.whole {
            let grids = counted.keys().chain(self.counters.keys().filter(|grid| !counted.contains_key(*grid)));
            for grid in grids {
                let [is, said] = [counted, &self.counters].map(|of| of.get(grid).copied().unwrap_or_default());
                if is != said {
                    let (is, said) = (is.to_array(), said.to_array());
                    counters.add(|| format!("counters of grid {grid} are {is:?}, the log adds up to {said:?}"));
                }
            }
        } else {
            self.report.begins_at = Some(oldest);
        }
        let hex = |hash: Sha256| HEXLOWER.encode(&hash.finalize());
        if self.report.tickets > 0 {
            self.report.state = Some(StateHash { of_log: hex(self.of_log), of_table: hex(self.of_table) });
        }
        self.report.differences = self.tickets.into_lines("tickets").chain(counters.into_lines("counters")).collect();
        self.report
    }
}

fn difference(id: &str, column: &str, is: &Value, said: &Value) -> String {
    // Places are real numbers, and personal too.
    let plain = |value: &Value| value.is_null() || value.is_boolean() || value.is_i64();
    if SHOWN.contains(&column) || (plain(is) && plain(said)) {
        format!("ticket {id}: {column} is {is}, its events say {said}")
    } else {
        format!("ticket {id}: {column} is not what its events say")
    }
}

/// The ticket that the log gives: what its row has to be, column by column.
fn canonical(ticket: &Ticket) -> Map<String, Value> {
    let row = row_of(ticket, ticket.on_behalf.as_ref().map(|_| String::new()));
    let cells = TICKETS.columns().zip(row);
    cells.map(|(column, cell)| (column.name.to_owned(), value(column, cell))).collect()
}

/// The ticket as its row says.
fn stored(row: &AnyRow) -> Result<Map<String, Value>, StorageError> {
    let cell = |(index, column): (usize, Column)| {
        let cell = match column.kind {
            ColumnType::Text => Cell::Text(row.try_get(index)?),
            ColumnType::Int => Cell::Int(row.try_get(index)?),
            ColumnType::Real => Cell::Real(row.try_get(index)?),
        };
        Ok((column.name.to_owned(), value(column, cell)))
    };
    TICKETS.columns().enumerate().map(cell).collect()
}

fn value(column: Column, cell: Cell) -> Value {
    match (column.name, cell) {
        (SEALED, Cell::Text(sealed)) => json!(sealed.is_some()),
        ("form", Cell::Text(Some(text))) => renewed::<Value>(text),
        ("attachments" | "completion_attachments", Cell::Text(Some(text))) => renewed::<Vec<AttachmentRef>>(text),
        ("nudges", Cell::Text(Some(text))) => renewed::<Nudges>(text),
        ("clock", Cell::Text(Some(text))) => renewed::<TicketClock>(text),
        ("extension_request", Cell::Text(Some(text))) => renewed::<ExtensionRequest>(text),
        (_, Cell::Text(text)) => json!(text),
        (_, Cell::Int(number)) => json!(number),
        // SQLite does not keep the sign of zero; adding zero drops it.
        (_, Cell::Real(number)) => json!(number.map(|number| number + 0.0)),
    }
}

/// JSON as this version writes it; a row that an older one wrote says the same with fewer members.
fn renewed<T: Serialize + DeserializeOwned>(text: String) -> Value {
    let read = serde_json::from_str::<T>(&text).and_then(serde_json::to_value);
    read.unwrap_or(Value::String(text))
}

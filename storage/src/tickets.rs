//! Tickets in the database.

mod filter;
mod known;
mod lists;
mod reported;
mod statistics;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::{AccountId, GridId, TicketId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_level::{Limit, LimitUnit, Purpose};
use lianxin_domain::ticket::{
    Completion, Known, OnBehalf, Rating, State, StateName, Ticket, TicketClock, TicketLocation,
};
use lianxin_domain::tree::TreePath;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{Any, Connection as _, Executor, Row as _};

use crate::change::Write;
use crate::core_tables::DEADLINES;
use crate::database::Database;
use crate::deadlines::Deadline;
use crate::error::StorageError;
use crate::grids::{GRID_COUNTERS, Grids};
use crate::query::Conditions;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Row, Table, int, real, text};

pub use filter::TicketFilter;
pub use reported::{ReportedChoice, ReportedFilter};
pub use statistics::{TicketFigures, TicketGroup};

pub(crate) static TICKETS: Table = Table {
    name: "tickets",
    key: ID,
    versioned: true,
    fixed: &[
        text("number"),
        text("grid_id"),
        text("grid_path"),
        text("kind"),
        text("content"),
        text("form"),
        text("attachments"),
        real("lng"),
        real("lat"),
        real("accuracy_m"),
        text("location_grid_id"),
        text("on_behalf_sealed"),
        int("also_village"),
        int("emergency"),
        text("submitter_id"),
        text("submitter_name"),
        int("submitted_at"),
    ],
    mutable: &[
        text("state"),
        text("handler_id"),
        text("handler_name"),
        int("accepted_at"),
        int("completed_at"),
        text("completion_note"),
        text("completion_attachments"),
        int("stars"),
        text("rating_comment"),
        int("rated_at"),
        int("withdrawn_at"),
        text("handling_path"),
        int("return_count"),
        text("last_return_reason"),
        int("reopen_count"),
        int("overdue_count"),
        text("nudges"),
        int("due_at"),
        int("overdue"),
        text("clock"),
        text("extension_request"),
        int("timer_at"),
        text("known_text"),
        int("known_at"),
        text("joiners"),
    ],
};
/// The kind of deadline that a ticket's clock sets: the next moment at which something happens to it by itself.
pub const DUE: &str = "ticket.due";
const ON_BEHALF: &str = "tickets.on_behalf_sealed";

#[derive(Serialize, Deserialize)]
struct SealedOnBehalf {
    name: String,
    phone: String,
}

/// The tickets.
#[derive(Clone)]
pub struct Tickets {
    database: Database,
    cipher: ColumnCipher,
}

/// Counters and open tickets as of one number of the log.
pub struct Standing {
    /// That number.
    pub as_of: u64,
    /// What each grid's own tickets count for.
    pub counters: Vec<(GridId, Counters)>,
    /// All tickets that somebody still has to do something about, in no order.
    pub open: Vec<Ticket>,
}

impl Tickets {
    /// Over `database`, with names and numbers of third persons sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// The writes of a change from `before` (nothing: a new ticket) to `after`: its row, its time limit, and what it
    /// counts for in its grid.
    pub fn writes(&self, before: Option<&Ticket>, after: &Ticket) -> Vec<Write> {
        ticket_writes(before, after, || self.seal_on_behalf(after))
    }

    /// Whether anything was ever asked of the grid at `path` or one below it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn any_below(&self, path: &TreePath) -> Result<bool, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_subtree(path);
        let sql = format!("SELECT id FROM tickets{} LIMIT 1", conditions.to_where());
        Ok(conditions.query(sql).fetch_optional(self.database.readers()).await?.is_some())
    }

    /// The ticket, if it is in scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn get(&self, scope: &Scope, id: TicketId) -> Result<Option<Ticket>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("id = ?", [id.to_string().into()]).and_ticket_in(scope);
        let sql = format!("SELECT {} FROM tickets{}", TICKETS.select_list(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| self.read(&row)).transpose()
    }

    /// All tickets that somebody still has to do something about, in no order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn open(&self) -> Result<Vec<Ticket>, StorageError> {
        self.open_on(self.database.readers()).await
    }

    /// Where everything stands at one moment, while others go on writing.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn standing(&self) -> Result<Standing, StorageError> {
        let mut moment = self.database.snapshot().await?;
        let head = sqlx::query("SELECT seq FROM log_head WHERE id = 1").fetch_one(&mut moment).await?;
        let as_of = head.try_get::<i64, _>("seq")?.unsigned_abs();
        let counters = Grids::counters_on(&mut moment).await?;
        let open = self.open_on(&mut moment).await?;
        moment.close().await?;
        Ok(Standing { as_of, counters, open })
    }

    async fn open_on<'c>(&self, database: impl Executor<'c, Database = Any>) -> Result<Vec<Ticket>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("state IN ('submitted', 'accepted')", []);
        let sql = format!("SELECT {} FROM tickets{}", TICKETS.select_list(), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(database).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The grid a ticket was sent to; told to the system only, to find the actor that decides.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn grid_of(&self, id: TicketId) -> Result<Option<GridId>, StorageError> {
        let row = sqlx::query("SELECT grid_id FROM tickets WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| parse(&row, "grid_id", &id.to_string())).transpose()
    }

    /// Counts all tickets anew, per grid: what the counters must equal.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn recount(&self) -> Result<Vec<(GridId, Counters)>, StorageError> {
        Self::recount_on(self.database.readers()).await
    }

    pub(crate) async fn recount_on<'c>(
        database: impl Executor<'c, Database = Any>,
    ) -> Result<Vec<(GridId, Counters)>, StorageError> {
        let sum = |condition: &str| format!("CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT)");
        let sql = format!(
            "SELECT grid_id, {} AS a, {} AS b, {} AS c, {} AS d, {} AS e, CAST(SUM(return_count) AS BIGINT) AS f \
             FROM tickets GROUP BY grid_id",
            sum("state = 'submitted'"),
            sum("state = 'accepted'"),
            sum("state = 'completed'"),
            sum("state = 'rated'"),
            sum("overdue = 1"),
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(database).await?;
        rows.iter()
            .map(|row| {
                let counted = [1, 2, 3, 4, 5, 6].map(|column| row.try_get::<i64, _>(column));
                let mut values = [0; 6];
                for (value, column) in values.iter_mut().zip(counted) {
                    *value = column?;
                }
                Ok((parse(row, "grid_id", "recount")?, Counters::from_array(values)))
            })
            .collect()
    }

    fn seal_on_behalf(&self, ticket: &Ticket) -> Option<String> {
        let plain = |person: &OnBehalf| serde_json::json!({ "name": person.name, "phone": person.phone }).to_string();
        ticket.on_behalf.as_ref().map(|person| self.cipher.seal(ON_BEHALF, &plain(person)))
    }

    fn read(&self, row: &AnyRow) -> Result<Ticket, StorageError> {
        let key: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("tickets", column, &key);
        let json = |column| -> Result<Option<serde_json::Value>, StorageError> {
            let stored: Option<String> = row.try_get(column)?;
            stored.map(|stored| serde_json::from_str(&stored)).transpose().map_err(|_| corrupt(column))
        };
        let sealed: Option<String> = row.try_get("on_behalf_sealed")?;
        let on_behalf = sealed.map(|sealed| self.open_on_behalf(&sealed, &key)).transpose()?;
        let attachments = json("attachments")?.unwrap_or_default();
        let nudges = json("nudges")?.map(serde_json::from_value).transpose().map_err(|_| corrupt("nudges"))?;
        let path = |column| {
            row.try_get::<String, _>(column)
                .map_err(StorageError::from)
                .and_then(|stored| TreePath::try_from(stored).map_err(|_| corrupt(column)))
        };
        let state = read_state(row, &key)?;
        let version = count(row, "version")?;
        let clock = json("clock")?.map(serde_json::from_value).transpose().map_err(|_| corrupt("clock"))?;
        let handling_path = path("handling_path")?;
        let clock = match clock {
            Some(clock) => Some(clock),
            None => older_clock(row, &state, version, handling_path.level())?,
        };
        Ok(Ticket {
            id: parse(row, "id", &key)?,
            number: row.try_get("number")?,
            version,
            grid_id: parse(row, "grid_id", &key)?,
            grid_path: path("grid_path")?,
            kind: row.try_get("kind")?,
            content: row.try_get("content")?,
            form: json("form")?.unwrap_or_default(),
            attachments: serde_json::from_value(attachments).map_err(|_| corrupt("attachments"))?,
            location: read_location(row, &key)?,
            on_behalf,
            also_village: row.try_get::<i64, _>("also_village")? == 1,
            emergency: row.try_get::<i64, _>("emergency")? == 1,
            submitter: PersonRef { id: parse(row, "submitter_id", &key)?, name: row.try_get("submitter_name")? },
            submitted_at: Timestamp::from_millis(row.try_get("submitted_at")?),
            state,
            handling_path,
            return_count: count(row, "return_count")?,
            last_return_reason: row.try_get("last_return_reason")?,
            reopen_count: count(row, "reopen_count")?,
            overdue_count: count(row, "overdue_count")?,
            nudges,
            clock,
            extension_request: json("extension_request")?
                .map(serde_json::from_value)
                .transpose()
                .map_err(|_| corrupt("extension_request"))?,
            known: read_known(row, &key)?,
            joiners: json("joiners")?
                .map(serde_json::from_value)
                .transpose()
                .map_err(|_| corrupt("joiners"))?
                .unwrap_or_default(),
        })
    }

    fn open_on_behalf(&self, sealed: &str, key: &str) -> Result<OnBehalf, StorageError> {
        let plain = self.cipher.open(ON_BEHALF, sealed).map_err(|source| StorageError::Sealed {
            table: "tickets",
            row: key.to_owned(),
            source,
        })?;
        let person: SealedOnBehalf =
            serde_json::from_str(&plain).map_err(|_| StorageError::corrupt("tickets", "on_behalf_sealed", key))?;
        Ok(OnBehalf { name: person.name, phone: person.phone })
    }
}

/// The writes of a change from `before` (nothing: a new ticket) to `after`; a new one's third person comes sealed.
pub fn ticket_writes(
    before: Option<&Ticket>,
    after: &Ticket,
    on_behalf_sealed: impl FnOnce() -> Option<String>,
) -> Vec<Write> {
    let row = match before {
        None => Write::Insert(&TICKETS, row_of(after, on_behalf_sealed())),
        Some(before) => Write::Update {
            table: &TICKETS,
            key: after.id.to_string(),
            expected: before.version,
            next: after.version,
            values: mutable(after),
        },
    };
    let counted = after.counted() - before.map(Ticket::counted).unwrap_or_default();
    let (was, is) = (before.and_then(Ticket::next_timer), after.next_timer());
    let timer = (was != is).then(|| deadline(after.id, is));
    let count = (!counted.is_zero())
        .then(|| Write::Add(&GRID_COUNTERS, after.grid_id.to_string(), counted.to_array().to_vec()));
    let joins = known::writes(after.id, before.map_or(&[], |before| &before.joiners), &after.joiners);
    std::iter::once(row).chain(timer).chain(count).chain(joins).collect()
}

/// A ticket's row among the deadlines.
pub fn deadline_of(id: TicketId, due_at: Timestamp) -> Deadline {
    Deadline { id: format!("{DUE}:{id}"), kind: DUE.to_owned(), subject_id: id.to_string(), due_at }
}

/// The write that wakes a ticket's clock at `due_at`, or never.
fn deadline(id: TicketId, due_at: Option<Timestamp>) -> Write {
    let key = format!("{DUE}:{id}");
    match due_at {
        Some(due_at) => Write::Put(&DEADLINES, vec![key.into(), DUE.into(), id.to_string().into(), due_at.into()]),
        None => Write::Delete(&DEADLINES, key),
    }
}

/// The row of a ticket, in the order of its table.
pub(crate) fn row_of(ticket: &Ticket, on_behalf_sealed: Option<String>) -> Row {
    let head = vec![ticket.id.to_string().into(), ticket.version.into()];
    head.into_iter().chain(fixed(ticket, on_behalf_sealed)).chain(mutable(ticket)).collect()
}

fn fixed(ticket: &Ticket, on_behalf_sealed: Option<String>) -> Row {
    let location = ticket.location.as_ref();
    vec![
        ticket.number.as_str().into(),
        ticket.grid_id.to_string().into(),
        ticket.grid_path.as_str().into(),
        ticket.kind.as_str().into(),
        ticket.content.as_str().into(),
        ticket.form.to_string().into(),
        serde_json::json!(ticket.attachments).to_string().into(),
        location.map(|place| place.lng).into(),
        location.map(|place| place.lat).into(),
        location.and_then(|place| place.accuracy_m).into(),
        location.and_then(|place| place.grid_id).map(|id| id.to_string()).into(),
        on_behalf_sealed.into(),
        ticket.also_village.into(),
        ticket.emergency.into(),
        ticket.submitter.id.to_string().into(),
        ticket.submitter.name.as_str().into(),
        ticket.submitted_at.into(),
    ]
}

fn mutable(ticket: &Ticket) -> Row {
    let completion = ticket.completion();
    let rating = ticket.rating();
    let withdrawn_at = match ticket.state {
        State::Withdrawn { at } => Some(at),
        _ => None,
    };
    let nudges = ticket.nudges.as_ref().map(|nudges| serde_json::json!(nudges).to_string());
    let joiners = (!ticket.joiners.is_empty()).then(|| serde_json::json!(ticket.joiners).to_string());
    vec![
        ticket.state_name().as_str().into(),
        ticket.handler().map(|handler| handler.id.to_string()).into(),
        ticket.handler().map(|handler| handler.name.clone()).into(),
        ticket.accepted_at().into(),
        completion.map(|completion| completion.completed_at).into(),
        completion.map(|completion| completion.note.clone()).into(),
        completion.map(|completion| serde_json::json!(completion.attachments).to_string()).into(),
        rating.map(|rating| i64::from(rating.stars)).into(),
        rating.and_then(|rating| rating.comment.clone()).into(),
        rating.map(|rating| rating.at).into(),
        withdrawn_at.into(),
        ticket.handling_path.as_str().into(),
        ticket.return_count.into(),
        ticket.last_return_reason.clone().into(),
        ticket.reopen_count.into(),
        ticket.overdue_count.into(),
        nudges.into(),
        ticket.due_at().into(),
        ticket.is_overdue().into(),
        ticket.clock.as_ref().map(|clock| serde_json::json!(clock).to_string()).into(),
        ticket.extension_request.as_ref().map(|request| serde_json::json!(request).to_string()).into(),
        ticket.next_timer().into(),
        ticket.known.as_ref().map(|known| known.text.clone()).into(),
        ticket.known.as_ref().map(|known| known.at).into(),
        joiners.into(),
    ]
}

/// The clock of a ticket from before clocks were stored: a limit in plain time between the step's begin and its end.
fn older_clock(row: &AnyRow, state: &State, run: u32, level: u8) -> Result<Option<TicketClock>, StorageError> {
    let Some(due_at) = row.try_get::<Option<i64>, _>("due_at")?.map(Timestamp::from_millis) else { return Ok(None) };
    let (purpose, started_at) = match state {
        State::Accepted { accepted_at, .. } => (Purpose::Finish, *accepted_at),
        _ => (Purpose::Accept, Timestamp::from_millis(row.try_get("submitted_at")?)),
    };
    let minutes = u32::try_from(due_at.since(started_at) / 60_000).unwrap_or(1).max(1);
    let overdue = row.try_get::<i64, _>("overdue")? == 1;
    Ok(Some(TicketClock {
        run,
        purpose,
        level,
        started_at,
        limit: Limit::continuous(minutes, LimitUnit::Minutes),
        extension: None,
        extended: false,
        pauses: Vec::new(),
        levels_version: 0,
        calendar_version: 0,
        due_at,
        warn_at: None,
        overdue,
        ended: overdue,
        repeat_at: None,
    }))
}

fn read_location(row: &AnyRow, key: &str) -> Result<Option<TicketLocation>, StorageError> {
    let (lng, lat): (Option<f64>, Option<f64>) = (row.try_get("lng")?, row.try_get("lat")?);
    let grid_id: Option<String> = row.try_get("location_grid_id")?;
    let grid_id = grid_id.map(|id| id.parse()).transpose();
    let grid_id = grid_id.map_err(|_| StorageError::corrupt("tickets", "location_grid_id", key))?;
    match (lng, lat) {
        (Some(lng), Some(lat)) => {
            Ok(Some(TicketLocation { lng, lat, accuracy_m: row.try_get("accuracy_m")?, grid_id }))
        }
        (None, None) => Ok(None),
        _ => Err(StorageError::corrupt("tickets", "lat", key)),
    }
}

fn read_known(row: &AnyRow, key: &str) -> Result<Option<Known>, StorageError> {
    let (text, at): (Option<String>, Option<i64>) = (row.try_get("known_text")?, row.try_get("known_at")?);
    match (text, at) {
        (Some(text), Some(at)) => Ok(Some(Known { text, at: Timestamp::from_millis(at) })),
        (None, None) => Ok(None),
        _ => Err(StorageError::corrupt("tickets", "known_at", key)),
    }
}

fn read_state(row: &AnyRow, key: &str) -> Result<State, StorageError> {
    let corrupt = |column| StorageError::corrupt("tickets", column, key);
    let time = |column| -> Result<Timestamp, StorageError> {
        let millis: Option<i64> = row.try_get(column)?;
        millis.map(Timestamp::from_millis).ok_or_else(|| corrupt(column))
    };
    let words = |column| -> Result<String, StorageError> {
        row.try_get::<Option<String>, _>(column)?.ok_or_else(|| corrupt(column))
    };
    let handler = || -> Result<PersonRef, StorageError> {
        let id: AccountId = words("handler_id")?.parse().map_err(|_| corrupt("handler_id"))?;
        Ok(PersonRef { id, name: words("handler_name")? })
    };
    let completion = || -> Result<Completion, StorageError> {
        Ok(Completion {
            handler: handler()?,
            accepted_at: time("accepted_at")?,
            completed_at: time("completed_at")?,
            note: words("completion_note")?,
            attachments: serde_json::from_str(&words("completion_attachments")?)
                .map_err(|_| corrupt("completion_attachments"))?,
        })
    };
    let state = StateName::parse(&row.try_get::<String, _>("state")?).ok_or_else(|| corrupt("state"))?;
    Ok(match state {
        StateName::Submitted => State::Submitted,
        StateName::Accepted => State::Accepted { handler: handler()?, accepted_at: time("accepted_at")? },
        StateName::Completed => State::Completed(completion()?),
        StateName::Rated => {
            let stars: Option<i64> = row.try_get("stars")?;
            let stars = stars.and_then(|stars| u8::try_from(stars).ok()).ok_or_else(|| corrupt("stars"))?;
            let rating = Rating { stars, comment: row.try_get("rating_comment")?, at: time("rated_at")? };
            State::Rated { completion: completion()?, rating }
        }
        StateName::Withdrawn => State::Withdrawn { at: time("withdrawn_at")? },
    })
}

fn count(row: &AnyRow, column: &'static str) -> Result<u32, StorageError> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| StorageError::corrupt("tickets", column, value))
}

fn parse<T: std::str::FromStr>(row: &AnyRow, column: &'static str, key: &str) -> Result<T, StorageError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StorageError::corrupt("tickets", column, key))
}

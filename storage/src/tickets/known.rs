//! Requests that residents may know of, and who joined them.

use lianxin_domain::geo::Point;
use lianxin_domain::ids::{AccountId, TicketId};
use lianxin_domain::ticket::{Here, Joiner, Ticket, rectangle_around};
use sqlx::AssertSqlSafe;

use super::{TICKETS, Tickets};
use crate::change::Write;
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::{ID, Table, int, text};

static JOINS: Table = Table {
    name: "ticket_joins",
    key: ID,
    versioned: false,
    fixed: &[text("ticket_id"), text("account_id"), int("joined_at")],
    mutable: &[],
};

/// Known requests of one kind around one place that are looked at: far more than are ever known there.
const AROUND: u32 = 200;

impl Tickets {
    /// Known open requests of `kind` that may be near `here`, and the newest ones of its grid. Which of them are near is
    /// for [`lianxin_domain::ticket::nearby`] to say.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn known_around(&self, kind: &str, here: &Here, limit: u32) -> Result<Vec<Ticket>, StorageError> {
        let mut in_grid = known_of(kind);
        in_grid.and("grid_id = ?", [here.grid_id.to_string().into()]);
        let Some(place) = here.place else { return self.newest(&in_grid, limit).await };
        in_grid.and("lat IS NULL", []);
        let mut found = self.newest(&around(kind, place), AROUND).await?;
        found.extend(self.newest(&in_grid, limit).await?);
        Ok(found)
    }

    /// What somebody joined, the latest first, as far as it is public still.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn joined_by(&self, account_id: AccountId, limit: u32) -> Result<Vec<Ticket>, StorageError> {
        let columns: Vec<String> = TICKETS.columns().map(|column| format!("t.{}", column.name)).collect();
        let sql = format!(
            "SELECT {} FROM ticket_joins j JOIN tickets t ON t.id = j.ticket_id WHERE j.account_id = $1 \
             AND t.known_text IS NOT NULL ORDER BY j.joined_at DESC, j.id DESC LIMIT {limit}",
            columns.join(", ")
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(account_id.to_string());
        let rows = query.fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    async fn newest(&self, conditions: &Conditions, limit: u32) -> Result<Vec<Ticket>, StorageError> {
        let (columns, condition) = (TICKETS.select_list(), conditions.to_where());
        let sql = format!("SELECT {columns} FROM tickets{condition} ORDER BY id DESC LIMIT {limit}");
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }
}

/// Known open requests of `kind`.
fn known_of(kind: &str) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.and("kind = ?", [kind.into()]);
    conditions.and("known_text IS NOT NULL AND state IN ('submitted', 'accepted')", []);
    conditions
}

/// Those in the rectangle around `place`.
fn around(kind: &str, place: Point) -> Conditions {
    let [south_west, north_east] = rectangle_around(place);
    let mut conditions = known_of(kind);
    for (condition, from, to) in [
        ("lat >= ? AND lat <= ?", south_west[1], north_east[1]),
        ("lng >= ? AND lng <= ?", south_west[0], north_east[0]),
    ] {
        conditions.and(condition, [Some(from).into(), Some(to).into()]);
    }
    conditions
}

/// The writes that make those who joined by person what they are by ticket.
pub(super) fn writes(ticket: TicketId, before: &[Joiner], after: &[Joiner]) -> Vec<Write> {
    let gone = before.iter().filter(|joiner| !after.contains(joiner));
    let come = after.iter().filter(|joiner| !before.contains(joiner));
    let key = |joiner: &Joiner| format!("{ticket}:{}", joiner.account_id);
    let row = |joiner: &Joiner| {
        vec![key(joiner).into(), ticket.to_string().into(), joiner.account_id.to_string().into(), joiner.at.into()]
    };
    let gone = gone.map(|joiner| Write::Delete(&JOINS, key(joiner)));
    gone.chain(come.map(|joiner| Write::InsertOnce(&JOINS, row(joiner)))).collect()
}

//! A page of a list of tickets, newest first. For each of the ways by which a ticket may be on it there is an index in the
//! order of ids, read no further than the page is long; so a page costs the same however much is stored.

use lianxin_domain::access::{Breadth, Scope};
use lianxin_domain::grid::LEVELS;
use lianxin_domain::ids::{AccountId, TicketId};
use lianxin_domain::ticket::Ticket;
use lianxin_domain::tree::TreePath;

use super::filter::{TicketFilter, conditions_of};
use super::{TICKETS, Tickets};
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::Cell;

/// Ways that are followed one by one; somebody with more of them has the list read as a whole.
const MOST_WAYS: usize = 16;

/// A way by which a ticket may be on a list.
enum Way {
    SubmittedBy(AccountId),
    HandledBy(AccountId),
    In(TreePath),
    Below(TreePath),
    EscalatedTo(TreePath),
}

impl Tickets {
    /// Up to `limit` tickets in scope, newest first, older than `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &TicketFilter,
        before: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, StorageError> {
        let mut conditions = conditions_of(scope, filter);
        if let Some(before) = before {
            conditions.and("id < ?", [before.to_string().into()]);
        }
        let sql = page(&mut conditions, &ways(scope, filter), filter.only_open(), limit);
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }
}

/// The ways that together hold all that the scope and the filter let through.
fn ways(scope: &Scope, filter: &TicketFilter) -> Vec<Way> {
    let own = || [Way::SubmittedBy(scope.account_id()), Way::HandledBy(scope.account_id())];
    if filter.mine {
        return own().into();
    }
    if let Some(paths) = &filter.grids {
        return paths.iter().cloned().map(Way::In).collect();
    }
    if let Some(paths) = &filter.escalated_to {
        return paths.iter().cloned().map(Way::EscalatedTo).collect();
    }
    if let Some(path) = &filter.below {
        return vec![Way::Below(path.clone())];
    }
    if scope.is_system() {
        return Vec::new();
    }
    let reached = scope.reaches().iter().map(|reach| match reach.breadth {
        Breadth::Node => Way::In(reach.path.clone()),
        Breadth::Subtree | Breadth::VillageCopies => Way::Below(reach.path.clone()),
    });
    own().into_iter().chain(reached).collect()
}

/// The statement of a page; what a way leads to is still asked for all of `conditions`.
fn page(conditions: &mut Conditions, ways: &[Way], only_open: bool, limit: u32) -> String {
    let columns = TICKETS.select_list();
    let ordered = format!("ORDER BY id DESC LIMIT {limit}");
    let rest = conditions.joined();
    let ways = if ways.len() > MOST_WAYS { &[] } else { ways };
    let mut wheres = ways.iter().map(|way| {
        let (condition, values) = way.condition(only_open);
        format!("{} AND {rest}", conditions.numbered(&condition, values))
    });
    match (wheres.next(), ways.len()) {
        (None, _) => format!("SELECT {columns} FROM tickets WHERE {rest} {ordered}"),
        (Some(only), 1) => format!("SELECT {columns} FROM tickets WHERE {only} {ordered}"),
        (Some(first), _) => {
            let newest = |(number, condition): (usize, String)| {
                format!("SELECT id FROM (SELECT id FROM tickets WHERE {condition} {ordered}) AS way_{number}")
            };
            let ids: Vec<String> = std::iter::once(first).chain(wheres).enumerate().map(newest).collect();
            format!("SELECT {columns} FROM tickets WHERE id IN ({}) {ordered}", ids.join(" UNION "))
        }
    }
}

impl Way {
    /// In the words of its index.
    fn condition(&self, only_open: bool) -> (String, Vec<Cell>) {
        match self {
            Self::SubmittedBy(account) => ("submitter_id = ?".to_owned(), vec![account.to_string().into()]),
            Self::HandledBy(account) => ("handler_id = ?".to_owned(), vec![account.to_string().into()]),
            Self::In(path) => ("grid_path = ?".to_owned(), vec![path.as_str().into()]),
            Self::EscalatedTo(path) => {
                ("handling_path = ? AND handling_path <> grid_path".to_owned(), vec![path.as_str().into()])
            }
            // Few are open, wherever they are.
            Self::Below(path) if only_open => (
                "state IN ('submitted', 'accepted') AND grid_path >= ? AND grid_path < ?".to_owned(),
                vec![path.as_str().into(), path.subtree_end().into()],
            ),
            Self::Below(path) if path.level() >= LEVELS => Self::In(path.clone()).condition(only_open),
            Self::Below(path) => {
                (format!("substr(grid_path, 1, {}) = ?", path.as_str().len()), vec![path.as_str().into()])
            }
        }
    }
}

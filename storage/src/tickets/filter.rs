//! Which tickets a list shows.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ticket::StateName;
use lianxin_domain::tree::TreePath;

use crate::query::{Conditions, like};
use crate::table::Cell;

/// Which tickets a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Sent or handled by the caller.
    pub mine: bool,
    /// In exactly these grids.
    pub grids: Option<Vec<TreePath>>,
    /// In the subtree of this grid.
    pub below: Option<TreePath>,
    /// Climbed to exactly these grids.
    pub escalated_to: Option<Vec<TreePath>>,
    /// In one of these states.
    pub states: Vec<StateName>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Number or content holds this.
    pub text: Option<String>,
    /// The name of who sent or handles it holds this.
    pub person: Option<String>,
    /// Sent at this moment or later.
    pub from: Option<Timestamp>,
    /// Sent before this moment.
    pub until: Option<Timestamp>,
    /// Its limit is over while it is open.
    pub overdue: bool,
}

impl TicketFilter {
    /// Whether it lets only such through that somebody still has to do something about.
    pub(super) fn only_open(&self) -> bool {
        self.overdue || (!self.states.is_empty() && self.states.iter().all(|state| state.is_open()))
    }
}

/// The WHERE of a list.
pub(super) fn conditions_of(scope: &Scope, filter: &TicketFilter) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.and_ticket_in(scope);
    let one_of = |paths: &[TreePath]| -> (String, Vec<Cell>) {
        let marks = vec!["?"; paths.len().max(1)].join(", ");
        let values: Vec<Cell> = paths.iter().map(|path| path.as_str().into()).collect();
        // An empty list is in no grid.
        (marks, if values.is_empty() { vec!["".into()] } else { values })
    };
    if filter.mine {
        let me = || Cell::from(scope.account_id().to_string());
        conditions.and("(submitter_id = ? OR handler_id = ?)", [me(), me()]);
    }
    if let Some(paths) = &filter.grids {
        let (marks, values) = one_of(paths);
        conditions.and(&format!("grid_path IN ({marks})"), values);
    }
    if let Some(paths) = &filter.escalated_to {
        let (marks, values) = one_of(paths);
        conditions.and(&format!("handling_path IN ({marks}) AND handling_path <> grid_path"), values);
    }
    if let Some(path) = &filter.below {
        conditions.and_subtree(path);
    }
    if filter.only_open() {
        conditions.and("state IN ('submitted', 'accepted')", []);
    }
    if !filter.states.is_empty() {
        // The words are ours, so they stand in the text: that lets the index over open tickets serve.
        let states: Vec<String> = filter.states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        conditions.and(&format!("state IN ({})", states.join(", ")), []);
    }
    if let Some(kind) = &filter.kind {
        conditions.and("kind = ?", [kind.as_str().into()]);
    }
    if let Some(text) = &filter.text {
        // LIKE minds the case on PostgreSQL and not on SQLite; people do not.
        let pattern = like(text);
        conditions.and(
            "(LOWER(number) LIKE LOWER(?) ESCAPE '!' OR LOWER(content) LIKE LOWER(?) ESCAPE '!')",
            [pattern.as_str().into(), pattern.into()],
        );
    }
    if let Some(person) = &filter.person {
        let pattern = like(person);
        conditions.and(
            "(LOWER(submitter_name) LIKE LOWER(?) ESCAPE '!' OR LOWER(handler_name) LIKE LOWER(?) ESCAPE '!')",
            [pattern.as_str().into(), pattern.into()],
        );
    }
    if let Some(from) = filter.from {
        conditions.and("submitted_at >= ?", [from.into()]);
    }
    if let Some(until) = filter.until {
        conditions.and("submitted_at < ?", [until.into()]);
    }
    if filter.overdue {
        conditions.and("overdue = 1", []);
    }
    conditions
}

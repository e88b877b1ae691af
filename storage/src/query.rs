//! Building the WHERE of a list: conditions with their values, numbered as they come.

use lianxin_domain::access::{Breadth, Scope};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::tree::TreePath;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use crate::table::Cell;

/// Subtrees down to this level hold so much of the table that reading it newest first beats their index.
const BROAD_LEVEL: u8 = 2;
/// Values of one [`Conditions::and_one_of`] at most.
pub(crate) const MAX_CHOICES: usize = 500;

/// Conditions joined by AND, and the values of their placeholders.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    sql: Vec<String>,
    values: Vec<Cell>,
}

impl Conditions {
    /// Adds a condition; each `?` in it stands for the next of `values`.
    pub(crate) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Cell>) -> &mut Self {
        let sql = self.numbered(condition, values);
        self.sql.push(sql);
        self
    }

    /// A condition for the caller to put somewhere, its values numbered behind those that are there already.
    pub(crate) fn numbered(&mut self, condition: &str, values: impl IntoIterator<Item = Cell>) -> String {
        let mut number = self.values.len();
        self.values.extend(values);
        let pieces = condition.split('?').enumerate().map(|(index, piece)| {
            if index == 0 {
                piece.to_owned()
            } else {
                number += 1;
                format!("${number}{piece}")
            }
        });
        pieces.collect()
    }

    /// Adds that at least one of `conditions` holds; none at all means that nothing does.
    pub(crate) fn and_any(&mut self, conditions: Vec<(&'static str, Vec<Cell>)>) -> &mut Self {
        if conditions.is_empty() {
            return self.and("1 = 0", []);
        }
        let alternatives: Vec<String> = conditions
            .into_iter()
            .map(|(condition, values)| format!("({})", self.numbered(condition, values)))
            .collect();
        self.sql.push(format!("({})", alternatives.join(" OR ")));
        self
    }

    /// Adds that `column` has one of `values`; none at all means that nothing does.
    pub(crate) fn and_one_of(&mut self, column: &str, values: impl IntoIterator<Item = Cell>) -> &mut Self {
        let values: Vec<Cell> = values.into_iter().collect();
        if values.is_empty() {
            return self.and("1 = 0", []);
        }
        let places = vec!["?"; values.len()].join(", ");
        self.and(&format!("{column} IN ({places})"), values)
    }

    /// Adds that a member is in scope: who sees the organisation sees its members, and everybody himself. The
    /// organisation's row is `o`.
    pub(crate) fn and_member_in(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() {
            return self;
        }
        let mut any: Vec<(&'static str, Vec<Cell>)> =
            vec![("members.account_id = ?", vec![scope.account_id().to_string().into()])];
        any.extend(scope.organisation_reaches().iter().filter_map(|reach| match reach.breadth {
            Breadth::Subtree => {
                Some(("o.path >= ? AND o.path < ?", vec![reach.path.as_str().into(), reach.path.subtree_end().into()]))
            }
            Breadth::Node => Some(("o.path = ?", vec![reach.path.as_str().into()])),
            Breadth::VillageCopies => None,
        }));
        self.and_any(any)
    }

    /// Adds that a ticket is in scope: the same rule as [`Scope::sees_ticket`], in SQL.
    pub(crate) fn and_ticket_in(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() {
            return self;
        }
        let me = || Cell::from(scope.account_id().to_string());
        let mut any: Vec<(&'static str, Vec<Cell>)> =
            vec![("submitter_id = ?", vec![me()]), ("handler_id = ?", vec![me()])];
        any.extend(scope.reaches().iter().map(|reach| match reach.breadth {
            Breadth::Subtree => subtree(&reach.path),
            Breadth::Node => ("grid_path = ?", vec![reach.path.as_str().into()]),
            Breadth::VillageCopies => {
                let (_, values) = subtree(&reach.path);
                ("also_village = 1 AND grid_path >= ? AND grid_path < ?", values)
            }
        }));
        self.and_any(any)
    }

    /// Adds that a meeting is in scope: whoever hosts, records or made it, or is on its list, sees it; and who looks at its
    /// organisation.
    pub(crate) fn and_meeting_in(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() {
            return self;
        }
        let me = || Cell::from(scope.account_id().to_string());
        let on_the_list =
            "EXISTS (SELECT 1 FROM meeting_attendees a WHERE a.meeting_id = meetings.id AND a.account_id = ?)";
        let own = "host_id = ? OR recorder_id = ? OR created_by_id = ?";
        let mut any: Vec<(&'static str, Vec<Cell>)> = vec![(own, vec![me(), me(), me()]), (on_the_list, vec![me()])];
        // A branch's member sees what he is invited to; who looks over a subtree sees all of it that was launched.
        let looked_over = scope.organisation_reaches().iter().filter(|reach| reach.breadth == Breadth::Subtree);
        any.extend(looked_over.map(|reach| {
            let values = vec![reach.path.as_str().into(), reach.path.subtree_end().into()];
            let below = "organisation_id IN (SELECT o.id FROM organisations o WHERE o.path >= ? AND o.path < ?) \
                         AND state <> 'draft'";
            (below, values)
        }));
        self.and_any(any)
    }

    /// Adds that the scope looks over an organisation: sees not only that it is there, but everything of it and below. The
    /// organisation's row is `o`.
    pub(crate) fn and_looked_over(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() { self } else { self.and_any(looked_over(scope).collect()) }
    }

    /// Adds that the scope answers for the grid of a row.
    pub(crate) fn and_answered_for(&mut self, scope: &Scope) -> &mut Self {
        if scope.is_system() { self } else { self.and_any(answered_for(scope).collect()) }
    }

    /// Adds that an organisation is this one, or with `true` lies in its subtree. The organisation's row is `o`.
    pub(crate) fn and_organisation(&mut self, place: Option<&(TreePath, bool)>) -> &mut Self {
        let Some(place) = place else { return self };
        let (condition, values) = in_place(place);
        self.and(condition, values)
    }

    /// Adds that a row comes behind the one of time `at` and id `key` where the latest come first.
    pub(crate) fn and_before(&mut self, (time, id): (&str, &str), (at, key): (Timestamp, String)) -> &mut Self {
        self.and(&format!("({time}, {id}) < (?, ?)"), [at.into(), key.into()])
    }

    /// Adds that a ticket lies in the subtree of `path`.
    pub(crate) fn and_subtree(&mut self, path: &TreePath) -> &mut Self {
        let (condition, values) = subtree(path);
        self.and(condition, values)
    }

    /// All that was added so far.
    pub(crate) fn joined(&self) -> String {
        if self.sql.is_empty() { "1 = 1".to_owned() } else { self.sql.join(" AND ") }
    }

    /// `WHERE …`, or nothing.
    pub(crate) fn to_where(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!(" WHERE {}", self.sql.join(" AND ")) }
    }

    /// The query of `sql`, with all values bound.
    pub(crate) fn query(&self, sql: String) -> Query<'static, Any, AnyArguments> {
        self.values.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, cell| cell.bind(query))
    }
}

/// For [`Conditions::and_any`]: the organisations that a scope looks over. The organisation's row is `o`.
pub(crate) fn looked_over(scope: &Scope) -> impl Iterator<Item = (&'static str, Vec<Cell>)> {
    let reaches = scope.organisation_reaches().iter().filter(|reach| reach.breadth == Breadth::Subtree);
    reaches.map(|reach| below(&reach.path))
}

/// For [`Conditions::and_any`]: the grids that a scope answers for, with all below them.
pub(crate) fn answered_for(scope: &Scope) -> impl Iterator<Item = (&'static str, Vec<Cell>)> {
    let reaches = scope.reaches().iter().filter(|reach| reach.breadth == Breadth::Subtree);
    reaches.map(|reach| subtree(&reach.path))
}

/// For [`Conditions::and_any`]: one organisation, or with `true` its subtree. The organisation's row is `o`.
pub(crate) fn in_place((path, with_below): &(TreePath, bool)) -> (&'static str, Vec<Cell>) {
    if *with_below { below(path) } else { ("o.path = ?", vec![path.as_str().into()]) }
}

fn below(path: &TreePath) -> (&'static str, Vec<Cell>) {
    ("o.path >= ? AND o.path < ?", vec![path.as_str().into(), path.subtree_end().into()])
}

fn subtree(path: &TreePath) -> (&'static str, Vec<Cell>) {
    let values = vec![path.as_str().into(), path.subtree_end().into()];
    // An expression keeps both databases from using the index by path.
    let broad = path.level() <= BROAD_LEVEL;
    let condition =
        if broad { "grid_path || '' >= ? AND grid_path || '' < ?" } else { "grid_path >= ? AND grid_path < ?" };
    (condition, values)
}

/// Escapes what LIKE would take for a pattern; used with `ESCAPE '!'`.
pub(crate) fn like(text: &str) -> String {
    let escaped: String =
        text.chars().flat_map(|c| if matches!(c, '%' | '_' | '!') { vec!['!', c] } else { vec![c] }).collect();
    format!("%{escaped}%")
}

//! Requests as other systems read them: what everybody may know, and what the reader sent itself (ADR 0030).

use lianxin_domain::ids::{AccountId, TicketId};
use lianxin_domain::open311::Window;
use lianxin_domain::ticket::{StateName, Ticket};
use lianxin_domain::tree::TreePath;

use super::{TICKETS, Tickets};
use crate::error::StorageError;
use crate::query::Conditions;
use crate::table::Cell;

/// Which requests.
#[derive(Debug, Clone)]
pub struct ReportedFilter {
    /// In the subtree of this grid.
    pub below: TreePath,
    /// Of these kinds; of none at all when there are none.
    pub kinds: Vec<String>,
    /// Who reads: finds beside what is known what this account sent.
    pub own: Option<AccountId>,
    /// Which of them.
    pub choice: ReportedChoice,
}

/// Which of them.
#[derive(Debug, Clone)]
pub enum ReportedChoice {
    /// These.
    Ids(Vec<TicketId>),
    /// Those of a stretch of time: known ones by when they became known, the reader's own by when they were sent.
    During {
        /// The stretch.
        window: Window,
        /// In one of these states.
        states: Vec<StateName>,
    },
}

impl Tickets {
    /// Up to `limit` of those, the newest first, behind the first `offset`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn reported(
        &self,
        filter: &ReportedFilter,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Ticket>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_subtree(&filter.below);
        conditions.and_one_of("kind", filter.kinds.iter().map(|kind| kind.as_str().into()));
        let mut known: (&'static str, Vec<Cell>) = ("known_text IS NOT NULL", Vec::new());
        let mut own: Vec<Cell> = filter.own.iter().map(|own| own.to_string().into()).collect();
        let mut own_sent = "submitter_id = ?";
        match &filter.choice {
            ReportedChoice::Ids(ids) => {
                conditions.and_one_of("id", ids.iter().map(|id| id.to_string().into()));
            }
            ReportedChoice::During { window, states } => {
                conditions.and_one_of("state", states.iter().map(|state| state.as_str().into()));
                let [from, until] = [window.from, window.until];
                known.0 = "known_text IS NOT NULL AND known_at >= ? AND known_at < ?";
                known.1.extend([from.into(), until.into()]);
                if let Some(me) = filter.own {
                    known.0 = "known_text IS NOT NULL AND known_at >= ? AND known_at < ? AND submitter_id <> ?";
                    known.1.push(me.to_string().into());
                }
                own_sent = "submitter_id = ? AND submitted_at >= ? AND submitted_at < ?";
                own.extend(filter.own.iter().flat_map(|_| [from.into(), until.into()]));
            }
        }
        let any = std::iter::once(known).chain((!own.is_empty()).then_some((own_sent, own)));
        conditions.and_any(any.collect());
        // An id of ours is digits, letters and hyphens.
        let shown_at = match filter.own {
            Some(me) => format!("CASE WHEN submitter_id = '{me}' THEN submitted_at ELSE known_at END"),
            None => "known_at".to_owned(),
        };
        let sql = format!(
            "SELECT {} FROM tickets{} ORDER BY {shown_at} DESC, id DESC LIMIT {limit} OFFSET {offset}",
            TICKETS.select_list(),
            conditions.to_where()
        );
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }
}

//! Who may see what: a caller's duties and grants become a [`Scope`], and no list or lookup works without one.
//!
//! Rules: a leader or deputy (网格长/副网格长) of a grid has its whole subtree (inventory GRID-15); a worker
//! (网格员) has exactly his grids, and one of the village level also the requests below it that were sent to the
//! village committee too (domain.md 8.3); whoever submitted or handles a ticket sees that ticket. Scopes of
//! several duties are joined by OR; the tenant is the hard limit (architecture §7).

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, EntityId, GridId, SessionId, TicketId};
use crate::tree::TreePath;

/// The level of the grid tree that is the village (村/社区).
pub const VILLAGE_LEVEL: u8 = 3;

/// What a person does in a grid (inventory GRID-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// 网格长
    Leader,
    /// 副网格长
    Deputy,
    /// 网格员
    Worker,
}

impl Duty {
    /// All duties, highest first.
    pub const ALL: [Self; 3] = [Self::Leader, Self::Deputy, Self::Worker];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Deputy => "deputy",
            Self::Worker => "worker",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Leader => "网格长",
            Self::Deputy => "副网格长",
            Self::Worker => "网格员",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.as_str() == text)
    }

    /// Whether the duty answers for the whole subtree.
    pub const fn leads(self) -> bool {
        matches!(self, Self::Leader | Self::Deputy)
    }
}

/// One duty of one person in one grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridDuty {
    /// The grid.
    pub grid_id: GridId,
    /// Its place in the tree.
    pub path: TreePath,
    /// What the person does there.
    pub duty: Duty,
}

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Grid workers, leaders, administrators: account and password.
    Staff,
    /// Residents (群众): phone and code.
    Resident,
}

impl AccountKind {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Resident => "resident",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Staff, Self::Resident].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who is calling, as far as rights depend on it. Built from the session for every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account_id: AccountId,
    /// The session that carries the call.
    pub session_id: SessionId,
    /// Staff or resident.
    pub kind: AccountKind,
    /// The person's name.
    pub name: String,
    /// Duties in grids.
    pub duties: Vec<GridDuty>,
    /// Grid subtrees that the person administers.
    pub administers: Vec<TreePath>,
    /// A first password that has to be changed before anything else.
    pub must_change_password: bool,
    /// Name and address are known (inventory GRID-17).
    pub profile_complete: bool,
}

impl Caller {
    /// What this caller may see.
    pub fn scope(&self) -> Scope {
        let administered = self.administers.iter().map(|path| Reach { path: path.clone(), breadth: Breadth::Subtree });
        let served = self.duties.iter().flat_map(|duty| {
            let own = if duty.duty.leads() { Breadth::Subtree } else { Breadth::Node };
            let copies = !duty.duty.leads() && duty.path.level() == VILLAGE_LEVEL;
            let reach = |breadth| Reach { path: duty.path.clone(), breadth };
            std::iter::once(reach(own)).chain(copies.then(|| reach(Breadth::VillageCopies)))
        });
        let mut reaches: Vec<Reach> = administered.chain(served).collect();
        reaches.sort();
        reaches.dedup();
        Scope { account_id: self.account_id, reaches, system: false }
    }

    /// Whether the caller administers the grid at `path`.
    pub fn administers(&self, path: &TreePath) -> bool {
        self.administers.iter().any(|root| root.contains(path))
    }

    /// How the caller stands to a ticket.
    pub fn standing(&self, ticket: &TicketPlace<'_>) -> Standing {
        let exact = self.duties.iter().any(|duty| &duty.path == ticket.grid_path);
        let leads = self.duties.iter().any(|duty| duty.duty.leads() && duty.path.contains(ticket.grid_path));
        let above = |duty: &GridDuty| {
            duty.duty.leads() && &duty.path != ticket.grid_path && duty.path.contains(ticket.grid_path)
        };
        Standing {
            visible: self.scope().sees_ticket(ticket),
            submitter: ticket.submitter == self.account_id,
            handler: ticket.handler == Some(self.account_id),
            may_handle: exact || leads,
            supervises: self.duties.iter().any(above) || self.administers(ticket.grid_path),
        }
    }
}

/// How somebody stands to one ticket; all a decision needs to know of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// May know that the ticket exists.
    pub visible: bool,
    /// Sent it.
    pub submitter: bool,
    /// Works on it now.
    pub handler: bool,
    /// Serves its grid, or leads one above.
    pub may_handle: bool,
    /// Leads a grid above its grid, or administers it.
    pub supervises: bool,
}

/// The facts of a ticket that decide who sees it.
#[derive(Debug, Clone, Copy)]
pub struct TicketPlace<'a> {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The grid it was sent to.
    pub grid_path: &'a TreePath,
    /// 同时发给村委会
    pub also_village: bool,
    /// Who sent it.
    pub submitter: AccountId,
    /// Who works on it.
    pub handler: Option<AccountId>,
}

/// How far a reach extends from its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breadth {
    /// The node and everything below.
    Subtree,
    /// The node alone.
    Node,
    /// What lies below and was sent to the village committee too.
    VillageCopies,
}

/// One part of a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reach {
    /// Where it begins.
    pub path: TreePath,
    /// How far it extends.
    pub breadth: Breadth,
}

/// What a caller may see; made only from a [`Caller`], or for the system's own work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    account_id: AccountId,
    reaches: Vec<Reach>,
    system: bool,
}

impl Scope {
    /// For the actors, the clock and the checks: everything. Never for a request, which has a [`Caller`].
    pub fn system() -> Self {
        Self { account_id: AccountId::from_uuid(uuid::Uuid::nil()), reaches: Vec::new(), system: true }
    }

    /// Whether this is the system's own scope.
    pub const fn is_system(&self) -> bool {
        self.system
    }

    /// The account whose own things are always in scope.
    pub const fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// The parts, joined by OR.
    pub fn reaches(&self) -> &[Reach] {
        &self.reaches
    }

    /// Whether the grid's own data (staff, counters, board) is in scope.
    pub fn sees_grid(&self, path: &TreePath) -> bool {
        self.system
            || self.reaches.iter().any(|reach| match reach.breadth {
                Breadth::Subtree => reach.path.contains(path),
                Breadth::Node => &reach.path == path,
                Breadth::VillageCopies => false,
            })
    }

    /// Whether every ticket of the grid's subtree is in scope: needed to follow the grid live.
    pub fn sees_subtree(&self, path: &TreePath) -> bool {
        self.system || self.reaches.iter().any(|reach| reach.breadth == Breadth::Subtree && reach.path.contains(path))
    }

    /// Whether the ticket is in scope.
    pub fn sees_ticket(&self, ticket: &TicketPlace<'_>) -> bool {
        self.system
            || ticket.submitter == self.account_id
            || ticket.handler == Some(self.account_id)
            || self.reaches.iter().any(|reach| match reach.breadth {
                Breadth::Subtree => reach.path.contains(ticket.grid_path),
                Breadth::Node => &reach.path == ticket.grid_path,
                Breadth::VillageCopies => ticket.also_village && reach.path.contains(ticket.grid_path),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<I: EntityId>(number: u128) -> I {
        I::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn caller(duties: &[(&TreePath, Duty)]) -> Caller {
        Caller {
            account_id: id(1),
            session_id: id(2),
            kind: AccountKind::Staff,
            name: "韦师傅".to_owned(),
            duties: duties
                .iter()
                .map(|(path, duty)| GridDuty { grid_id: id(9), path: (*path).clone(), duty: *duty })
                .collect(),
            administers: Vec::new(),
            must_change_password: false,
            profile_complete: true,
        }
    }

    fn place(path: &TreePath, also_village: bool) -> TicketPlace<'_> {
        TicketPlace { ticket_id: id(5), grid_path: path, also_village, submitter: id(77), handler: None }
    }

    #[test]
    fn leaders_have_their_subtree_workers_their_grid() {
        let village = TreePath::root(1).child(1).child(1);
        let group = village.child(1).child(1);
        let neighbour = TreePath::root(1).child(1).child(2).child(1).child(1);
        let cases = [
            // duty's grid, duty, ticket's grid, also the village committee, visible, may handle, supervises
            (&village, Duty::Leader, &group, false, true, true, true),
            (&village, Duty::Deputy, &group, false, true, true, true),
            (&village, Duty::Worker, &group, false, false, false, false),
            (&village, Duty::Worker, &group, true, true, false, false),
            (&group, Duty::Worker, &group, false, true, true, false),
            (&group, Duty::Leader, &group, false, true, true, false),
            (&group, Duty::Worker, &neighbour, true, false, false, false),
            (&village, Duty::Leader, &neighbour, true, false, false, false),
        ];
        for (grid, duty, ticket, also_village, visible, may_handle, supervises) in cases {
            let standing = caller(&[(grid, duty)]).standing(&place(ticket, also_village));
            let expected = Standing { visible, submitter: false, handler: false, may_handle, supervises };
            assert_eq!(standing, expected, "{duty:?} of {grid} and a ticket of {ticket}, village {also_village}");
        }
    }

    #[test]
    fn the_submitter_and_the_handler_see_their_ticket_wherever_it_lies() {
        let path = TreePath::root(1).child(3);
        let nobody = caller(&[]);
        assert!(!nobody.scope().sees_ticket(&place(&path, true)));
        assert!(nobody.scope().sees_ticket(&TicketPlace { submitter: id(1), ..place(&path, false) }));
        assert!(nobody.scope().sees_ticket(&TicketPlace { handler: Some(id(1)), ..place(&path, false) }));
        assert!(!nobody.scope().sees_grid(&path));
    }
}

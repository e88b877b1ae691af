//! Who may see what: a caller's duties and grants become a [`Scope`], and no list or lookup works without one.
//!
//! Rules: a leader or deputy (网格长/副网格长) of a grid has its whole subtree (inventory GRID-15); a worker
//! (网格员) has exactly his grids, and one of the village level also the requests below it that were sent to the
//! village committee too (domain.md 8.3); whoever submitted or handles a ticket sees that ticket. Scopes of
//! several duties are joined by OR; the tenant is the hard limit (architecture §7).
//!
//! Of organisations: a member sees his own; a secretary or deputy manages his own and sees what lies below; an
//! administrator of a subtree administers it, a supervisor only looks. A tenant's administrator administers the whole
//! organisation tree of the same root.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, EntityId, GridId, MemberId, OrganisationId, SessionId, TicketId};
use crate::member::MemberStanding;
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

    /// Reads the word people use.
    pub fn of_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.title() == title)
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

/// The Party membership of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The record in the roster.
    pub member_id: MemberId,
    /// The organisation that the person belongs to.
    pub organisation_id: OrganisationId,
    /// Its place in the organisation tree.
    pub path: TreePath,
    /// 正式党员 or 预备党员.
    pub standing: MemberStanding,
}

/// What a person may do in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationRight {
    /// 管理员: administers the subtree.
    Administrator,
    /// 书记 or 副书记: manages the organisation, and looks at the subtree. Comes from a position, not from a grant.
    Secretary,
    /// 督导员: looks at the subtree.
    Supervisor,
}

impl OrganisationRight {
    /// Those that are granted by themselves.
    pub const GRANTED: [Self; 2] = [Self::Administrator, Self::Supervisor];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Secretary => "secretary",
            Self::Supervisor => "supervisor",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Administrator => "管理员",
            Self::Secretary => "书记",
            Self::Supervisor => "督导员",
        }
    }

    /// Reads the stored word of a grant.
    pub fn parse_granted(text: &str) -> Option<Self> {
        Self::GRANTED.into_iter().find(|right| right.as_str() == text)
    }
}

/// One right of one person in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRole {
    /// The organisation's place in the tree.
    pub path: TreePath,
    /// What the person may do.
    pub role: OrganisationRight,
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
    /// The Party membership.
    pub membership: Option<Membership>,
    /// Rights in organisations.
    pub organisation_roles: Vec<OrganisationRole>,
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
        Scope { account_id: self.account_id, reaches, organisations: self.organisation_reaches(), system: false }
    }

    fn organisation_reaches(&self) -> Vec<Reach> {
        let tenants = self.tenants().cloned();
        let granted = self.organisation_roles.iter().map(|role| role.path.clone());
        let below = tenants.chain(granted).map(|path| Reach { path, breadth: Breadth::Subtree });
        let own = self.membership.iter().map(|own| Reach { path: own.path.clone(), breadth: Breadth::Node });
        let mut reaches: Vec<Reach> = below.chain(own).collect();
        reaches.sort();
        reaches.dedup();
        reaches
    }

    /// The tenants that the caller administers as a whole.
    fn tenants(&self) -> impl Iterator<Item = &TreePath> {
        self.administers.iter().filter(|path| path.level() == 1)
    }

    /// What the caller may do in which organisations: what the tenants that the caller administers bring, then what was
    /// granted or comes from a position.
    pub fn all_organisation_roles(&self) -> Vec<OrganisationRole> {
        let administrator =
            |path: &TreePath| OrganisationRole { path: path.clone(), role: OrganisationRight::Administrator };
        let mut roles: Vec<OrganisationRole> = self.tenants().map(administrator).collect();
        for own in &self.organisation_roles {
            if !roles.contains(own) {
                roles.push(own.clone());
            }
        }
        roles
    }

    fn has_role(&self, path: &TreePath, fits: impl Fn(&OrganisationRole) -> bool) -> bool {
        self.tenants().any(|root| root.contains(path)) || self.organisation_roles.iter().any(fits)
    }

    /// Whether the caller may change the organisation at `path` itself, what lies below it, and who has a role there.
    pub fn administers_organisation(&self, path: &TreePath) -> bool {
        self.has_role(path, |own| own.role == OrganisationRight::Administrator && own.path.contains(path))
    }

    /// Whether the caller may change the members and meetings of the organisation at `path`.
    pub fn manages_organisation(&self, path: &TreePath) -> bool {
        self.has_role(path, |own| match own.role {
            OrganisationRight::Administrator => own.path.contains(path),
            OrganisationRight::Secretary => &own.path == path,
            OrganisationRight::Supervisor => false,
        })
    }

    /// Whether the caller may look at everything of the organisation at `path`.
    pub fn supervises_organisation(&self, path: &TreePath) -> bool {
        self.has_role(path, |own| own.path.contains(path))
    }

    /// Whether the caller administers the grid at `path`.
    pub fn administers(&self, path: &TreePath) -> bool {
        self.administers.iter().any(|root| root.contains(path))
    }

    /// Whether the caller answers for the grid at `path`: leads or administers it, or one above it.
    pub fn answers_for(&self, path: &TreePath) -> bool {
        self.administers(path) || self.duties.iter().any(|duty| duty.duty.leads() && duty.path.contains(path))
    }

    /// Whether the caller works for the grid at `path`: serves it, or leads one above it.
    pub fn serves(&self, path: &TreePath) -> bool {
        let serves = |duty: &GridDuty| &duty.path == path || duty.duty.leads() && duty.path.contains(path);
        self.duties.iter().any(serves)
    }

    /// How the caller stands to a ticket.
    pub fn standing(&self, ticket: &TicketPlace<'_>) -> Standing {
        let above = |duty: &GridDuty| {
            duty.duty.leads() && &duty.path != ticket.grid_path && duty.path.contains(ticket.grid_path)
        };
        Standing {
            visible: self.scope().sees_ticket(ticket),
            submitter: ticket.submitter == self.account_id,
            handler: ticket.handler == Some(self.account_id),
            may_handle: self.serves(ticket.grid_path),
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
    organisations: Vec<Reach>,
    system: bool,
}

impl Scope {
    /// For the actors, the clock and the checks: everything. Never for a request, which has a [`Caller`].
    pub fn system() -> Self {
        let account_id = AccountId::from_uuid(uuid::Uuid::nil());
        Self { account_id, reaches: Vec::new(), organisations: Vec::new(), system: true }
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

    /// The parts of the organisation tree, joined by OR; none of them is [`Breadth::VillageCopies`].
    pub fn organisation_reaches(&self) -> &[Reach] {
        &self.organisations
    }

    /// Whether the organisation's own data (roster, meetings) is in scope.
    pub fn sees_organisation(&self, path: &TreePath) -> bool {
        self.system || reach(&self.organisations, path)
    }

    /// Whether everything of the organisation and of those below it is in scope.
    pub fn supervises_organisation(&self, path: &TreePath) -> bool {
        let below = |reach: &Reach| reach.breadth == Breadth::Subtree && reach.path.contains(path);
        self.system || self.organisations.iter().any(below)
    }

    /// Whether the grid's own data (staff, counters, board) is in scope.
    pub fn sees_grid(&self, path: &TreePath) -> bool {
        self.system || reach(&self.reaches, path)
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

/// Whether a node is in one of the parts.
fn reach(parts: &[Reach], path: &TreePath) -> bool {
    parts.iter().any(|part| match part.breadth {
        Breadth::Subtree => part.path.contains(path),
        Breadth::Node => &part.path == path,
        Breadth::VillageCopies => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            membership: None,
            organisation_roles: Vec::new(),
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
    fn leaders_and_administrators_answer_for_their_subtree() {
        let village = TreePath::root(1).child(1);
        let (group, neighbour) = (village.child(1), TreePath::root(1).child(2));
        let cases = [
            // who, the grid, answers for it, serves it
            (caller(&[(&village, Duty::Leader)]), &group, true, true),
            (caller(&[(&village, Duty::Deputy)]), &village, true, true),
            (caller(&[(&village, Duty::Worker)]), &village, false, true),
            (caller(&[(&village, Duty::Worker)]), &group, false, false),
            (caller(&[(&village, Duty::Leader)]), &neighbour, false, false),
            (caller(&[(&group, Duty::Leader)]), &village, false, false),
            (Caller { administers: vec![village.clone()], ..caller(&[]) }, &group, true, false),
            (Caller { administers: vec![village.clone()], ..caller(&[]) }, &neighbour, false, false),
            (caller(&[]), &village, false, false),
        ];
        for (who, path, answers, serves) in cases {
            assert_eq!((who.answers_for(path), who.serves(path)), (answers, serves), "{who:?} and {path}");
            assert_eq!(who.scope().sees_subtree(path), answers, "{who:?} and {path}");
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

    fn member_of(path: &TreePath, roles: &[(&TreePath, OrganisationRight)]) -> Caller {
        let membership =
            Membership { member_id: id(3), organisation_id: id(4), path: path.clone(), standing: MemberStanding::Full };
        let role =
            |(path, role): &(&TreePath, OrganisationRight)| OrganisationRole { path: (*path).clone(), role: *role };
        Caller { membership: Some(membership), organisation_roles: roles.iter().map(role).collect(), ..caller(&[]) }
    }

    #[test]
    fn rights_in_organisations_follow_from_roles_and_membership() {
        use OrganisationRight::{Administrator, Secretary, Supervisor};
        let town = TreePath::root(1).child(1);
        let branch = town.child(1);
        let group = branch.child(1);
        let neighbour = town.child(2);
        let cases = [
            // who, the organisation, administers, manages, supervises, sees
            (member_of(&branch, &[]), &branch, [false, false, false, true]),
            (member_of(&branch, &[]), &group, [false; 4]),
            (member_of(&branch, &[]), &town, [false; 4]),
            (member_of(&branch, &[(&branch, Secretary)]), &branch, [false, true, true, true]),
            (member_of(&branch, &[(&branch, Secretary)]), &group, [false, false, true, true]),
            (member_of(&branch, &[(&branch, Secretary)]), &neighbour, [false; 4]),
            (member_of(&town, &[(&town, Secretary)]), &branch, [false, false, true, true]),
            (member_of(&branch, &[(&town, Administrator)]), &town, [true; 4]),
            (member_of(&branch, &[(&town, Administrator)]), &group, [true; 4]),
            (member_of(&branch, &[(&town, Administrator)]), &TreePath::root(1), [false; 4]),
            (member_of(&branch, &[(&town, Supervisor)]), &group, [false, false, true, true]),
            (member_of(&branch, &[(&branch, Supervisor)]), &neighbour, [false; 4]),
            (Caller { administers: vec![TreePath::root(1)], ..caller(&[]) }, &group, [true; 4]),
            (Caller { administers: vec![TreePath::root(2)], ..caller(&[]) }, &group, [false; 4]),
            // Administering a part of the grid tree is not administering organisations.
            (Caller { administers: vec![town.clone()], ..caller(&[]) }, &branch, [false; 4]),
            (caller(&[(&town, Duty::Leader)]), &branch, [false; 4]),
        ];
        for (who, path, expected) in cases {
            let found = [
                who.administers_organisation(path),
                who.manages_organisation(path),
                who.supervises_organisation(path),
                who.scope().sees_organisation(path),
            ];
            assert_eq!(found, expected, "{who:?} and {path}");
        }
        assert!(Scope::system().sees_organisation(&town));
    }

    #[test]
    fn a_tenants_administrator_administers_its_highest_organisation() {
        let (root, town) = (TreePath::root(1), TreePath::root(1).child(1));
        let role = |path: &TreePath| OrganisationRole { path: path.clone(), role: OrganisationRight::Administrator };
        let who = |administers: &[&TreePath], roles: &[&TreePath]| Caller {
            administers: administers.iter().map(|path| (*path).clone()).collect(),
            organisation_roles: roles.iter().map(|path| role(path)).collect(),
            ..caller(&[])
        };
        let cases = [
            (who(&[&root], &[]), vec![role(&root)]),
            (who(&[&root], &[&town]), vec![role(&root), role(&town)]),
            (who(&[&root], &[&root]), vec![role(&root)]),
            (who(&[&town], &[]), vec![]),
            (who(&[], &[&town]), vec![role(&town)]),
        ];
        for (who, expected) in cases {
            assert_eq!(who.all_organisation_roles(), expected);
        }
    }

    fn any_path() -> impl Strategy<Value = TreePath> {
        proptest::collection::vec(1_u32..4, 1..5)
            .prop_map(|steps| steps[1..].iter().fold(TreePath::root(steps[0]), |path, step| path.child(*step)))
    }

    proptest! {
        #[test]
        fn each_right_in_an_organisation_holds_the_lesser_ones(
            own in any_path(), other in any_path(), path in any_path(), right in 0_usize..3, tenant in any::<bool>(),
        ) {
            use OrganisationRight::{Administrator, Secretary, Supervisor};
            let mut who = member_of(&own, &[(&other, [Administrator, Secretary, Supervisor][right])]);
            who.administers.extend(tenant.then(|| own.tenant()));
            let scope = who.scope();
            prop_assert!(!who.administers_organisation(&path) || who.manages_organisation(&path));
            prop_assert!(!who.manages_organisation(&path) || who.supervises_organisation(&path));
            prop_assert!(!who.supervises_organisation(&path) || scope.sees_organisation(&path));
            // Nothing of another tenant is ever in reach.
            let tenants = [own.tenant(), other.tenant()];
            prop_assert!(!scope.sees_organisation(&path) || tenants.contains(&path.tenant()));
            prop_assert!(scope.sees_organisation(&own));
        }
    }
}

//! Integrations (开放接口): other systems that report requests with a key of their own and follow what became of them. A key
//! reaches one grid and all below it; of the rest its holder knows what everybody may know.

use crate::access::{AccountKind, Caller};
use crate::clock::Timestamp;
use crate::ids::{AccountId, EntityId as _, GridId, IntegrationId, SessionId};
use crate::person::PersonRef;
use crate::policy::one_line;
use crate::problem::Refusal;
use crate::tree::TreePath;

/// Characters of a name: it stands beside each request as who sent it.
pub const MAX_NAME: usize = 30;
/// Characters of what says how to reach the people behind it.
pub const MAX_CONTACT: usize = 100;

/// What people say of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationFacts {
    /// 1 to 30 characters, one line.
    pub name: String,
    /// Whom to call when it misbehaves; 1 to 100 characters, one line.
    pub contact: String,
}

impl IntegrationFacts {
    /// Checks what was written; everything that is wrong at once.
    ///
    /// # Errors
    /// The fields `name` and `contact` that are wrong.
    pub fn check(name: &str, contact: &str) -> Result<Self, Refusal> {
        match (one_line("name", name, true, MAX_NAME), one_line("contact", contact, true, MAX_CONTACT)) {
            (Ok(name), Ok(contact)) => Ok(Self { name, contact }),
            (name, contact) => Err(Refusal::fields(name.err().into_iter().chain(contact.err()).collect())),
        }
    }
}

/// An integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// The grid that it may report to, with all below.
    pub grid_id: GridId,
    /// Its place in the tree.
    pub grid_path: TreePath,
    /// What people say of it.
    pub facts: IntegrationFacts,
    /// The hash of its key; the key itself is kept nowhere.
    pub key_hash: String,
    /// Since when it has this key.
    pub key_made_at: Timestamp,
    /// Whether its key opens anything.
    pub enabled: bool,
    /// Since when it exists.
    pub created_at: Timestamp,
}

impl Integration {
    /// Whether it may report to the grid at `path`.
    pub fn reaches(&self, path: &TreePath) -> bool {
        self.grid_path.contains(path)
    }

    /// As whom it sends requests: an id like that of an account behind which there is none, so nobody can sign in with it.
    pub fn sender(&self) -> PersonRef {
        let id = AccountId::from_uuid(uuid::Uuid::from_bytes(*self.id.as_bytes()));
        PersonRef { id, name: self.facts.name.clone() }
    }

    /// As whom it stands to requests: it sees what it sent itself, and nothing else.
    pub fn caller(&self) -> Caller {
        let PersonRef { id, name } = self.sender();
        Caller {
            account_id: id,
            session_id: SessionId::from_uuid(uuid::Uuid::nil()),
            kind: AccountKind::Resident,
            name,
            duties: Vec::new(),
            administers: Vec::new(),
            membership: None,
            organisation_roles: Vec::new(),
            must_change_password: false,
            // Who is behind it is known to whoever gave it the key.
            profile_complete: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::TicketPlace;

    fn integration() -> Integration {
        Integration {
            id: IntegrationId::from_uuid(uuid::Uuid::from_u128(7)),
            version: 1,
            grid_id: GridId::from_uuid(uuid::Uuid::from_u128(8)),
            grid_path: TreePath::root(1).child(2),
            facts: IntegrationFacts { name: "12345 热线".to_owned(), contact: "韦工".to_owned() },
            key_hash: String::new(),
            key_made_at: Timestamp::default(),
            enabled: true,
            created_at: Timestamp::default(),
        }
    }

    #[test]
    fn names_and_contacts_are_one_line_and_not_too_long() {
        let long = "长".repeat(MAX_CONTACT + 1);
        let cases: [(&str, &str, &[&str]); 6] = [
            (" 12345 热线 ", "韦工 19900001234", &[]),
            ("", "韦工", &["name"]),
            ("热线", " ", &["contact"]),
            ("热\n线", "韦\t工", &["name", "contact"]),
            (&long[..(MAX_NAME + 1) * 3], &long, &["name", "contact"]),
            (&long[..MAX_NAME * 3], &long[3..], &[]),
        ];
        for (name, contact, wrong) in cases {
            let fields = IntegrationFacts::check(name, contact).err().map(|refusal| refusal.fields).unwrap_or_default();
            let fields: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
            assert_eq!(fields, wrong, "{name:?} {contact:?}");
        }
    }

    #[test]
    fn it_sees_what_it_sent_and_nothing_of_the_grids_that_it_reports_to() {
        let integration = integration();
        let (scope, inside) = (integration.caller().scope(), TreePath::root(1).child(2).child(3));
        let ticket = |submitter| TicketPlace {
            ticket_id: crate::ids::TicketId::from_uuid(uuid::Uuid::from_u128(1)),
            grid_path: &inside,
            also_village: true,
            submitter,
            handler: None,
        };
        assert!(integration.reaches(&inside) && !integration.reaches(&TreePath::root(1).child(3)));
        assert!(scope.sees_ticket(&ticket(integration.sender().id)));
        assert!(!scope.sees_ticket(&ticket(AccountId::from_uuid(uuid::Uuid::from_u128(9)))));
        assert!(!scope.sees_grid(&inside) && !scope.sees_subtree(&inside));
    }
}

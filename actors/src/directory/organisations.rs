//! The organisations of the picture: their tree, and who leads each. Members are not in it: a county has tens of
//! thousands.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_domain::ids::OrganisationId;
use lianxin_domain::organisation::Organisation;
use lianxin_domain::tree::TreePath;
use lianxin_storage::members::OrganisationLeader;

/// An organisation with what surrounds it.
#[derive(Debug, Clone)]
pub struct OrganisationEntry {
    /// The organisation.
    pub organisation: Organisation,
    /// The one above.
    pub parent_id: Option<OrganisationId>,
    /// Those directly below, in their order.
    pub children: Vec<OrganisationId>,
    /// Its secretary and deputies, the higher first.
    pub leaders: Vec<OrganisationLeader>,
}

/// One moment's picture of all organisations.
#[derive(Debug, Default)]
pub struct OrganisationTree {
    entries: HashMap<OrganisationId, Arc<OrganisationEntry>>,
    by_path: HashMap<TreePath, OrganisationId>,
}

impl OrganisationTree {
    /// Puts the organisations, parents before children, in their places.
    pub(super) fn of(organisations: Vec<Organisation>, leaders: Vec<OrganisationLeader>) -> Self {
        let mut by_path = HashMap::with_capacity(organisations.len());
        let mut led: HashMap<OrganisationId, Vec<OrganisationLeader>> = HashMap::new();
        for leader in leaders {
            led.entry(leader.organisation_id).or_default().push(leader);
        }
        let mut children: HashMap<OrganisationId, Vec<(i32, TreePath, OrganisationId)>> = HashMap::new();
        let mut entries = Vec::with_capacity(organisations.len());
        for organisation in organisations {
            by_path.insert(organisation.path.clone(), organisation.id);
            let parent_id = organisation.path.parent().and_then(|path| by_path.get(&path).copied());
            if let Some(parent) = parent_id {
                let place = (organisation.sort_order, organisation.path.clone(), organisation.id);
                children.entry(parent).or_default().push(place);
            }
            entries.push((organisation, parent_id));
        }
        let entries = entries.into_iter().map(|(organisation, parent_id)| {
            let mut below = children.remove(&organisation.id).unwrap_or_default();
            below.sort();
            let entry = OrganisationEntry {
                parent_id,
                children: below.into_iter().map(|(_, _, id)| id).collect(),
                leaders: led.remove(&organisation.id).unwrap_or_default(),
                organisation,
            };
            (entry.organisation.id, Arc::new(entry))
        });
        Self { entries: entries.collect(), by_path }
    }

    /// By id.
    pub fn get(&self, id: OrganisationId) -> Option<&Arc<OrganisationEntry>> {
        self.entries.get(&id)
    }

    /// By place.
    pub fn at(&self, path: &TreePath) -> Option<&Arc<OrganisationEntry>> {
        self.by_path.get(path).and_then(|id| self.get(*id))
    }

    /// All organisations, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<OrganisationEntry>> {
        self.entries.values()
    }

    /// The one at `path` and all below it, parents before children, siblings in their order.
    pub fn subtree(&self, path: &TreePath) -> Vec<&Arc<OrganisationEntry>> {
        let mut found = Vec::new();
        let mut next: Vec<&Arc<OrganisationEntry>> = self.at(path).into_iter().collect();
        while let Some(entry) = next.pop() {
            found.push(entry);
            next.extend(entry.children.iter().rev().filter_map(|id| self.get(*id)));
        }
        found
    }

    /// Those above, from the root down.
    pub fn above(&self, entry: &OrganisationEntry) -> Vec<&Arc<OrganisationEntry>> {
        let mut above = Vec::new();
        let mut next = entry.parent_id;
        while let Some(parent) = next.and_then(|id| self.get(id)) {
            above.push(parent);
            next = parent.parent_id;
        }
        above.reverse();
        above
    }
}

#[cfg(test)]
mod tests {
    use lianxin_domain::ids::EntityId as _;
    use lianxin_domain::organisation::{OrganisationKind, OrganisationStatus};

    use super::*;

    fn organisation(number: u128, path: TreePath, sort_order: i32) -> Organisation {
        Organisation {
            id: OrganisationId::from_uuid(uuid::Uuid::from_u128(number)),
            version: 1,
            path,
            name: format!("{number}"),
            short_name: String::new(),
            kind: OrganisationKind::PartyCommittee,
            sort_order,
            status: OrganisationStatus::Active,
            ends_on: None,
            founded_on: None,
        }
    }

    #[test]
    fn a_subtree_goes_down_in_the_order_of_its_siblings() {
        let root = TreePath::root(1);
        let tree = OrganisationTree::of(
            vec![
                organisation(1, root.clone(), 0),
                organisation(2, root.child(1), 5),
                organisation(3, root.child(1).child(1), 0),
                organisation(4, root.child(2), 1),
                organisation(5, root.child(3), 1),
                organisation(6, TreePath::root(2), 0),
            ],
            Vec::new(),
        );
        let names = |entries: Vec<&Arc<OrganisationEntry>>| -> Vec<String> {
            entries.iter().map(|entry| entry.organisation.name.clone()).collect()
        };
        assert_eq!(names(tree.subtree(&root)), ["1", "4", "5", "2", "3"]);
        assert_eq!(names(tree.subtree(&root.child(1))), ["2", "3"]);
        assert!(tree.subtree(&root.child(9)).is_empty());
        let deep = tree.at(&root.child(1).child(1)).unwrap();
        assert_eq!(names(tree.above(deep)), ["1", "2"]);
        assert_eq!(tree.all().count(), 6);
    }
}

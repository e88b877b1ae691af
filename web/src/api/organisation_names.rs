//! Finding an organisation by what people write in a sheet: its name, or the names above and its own.

use std::collections::HashMap;

use lianxin_actors::directory::OrganisationTree;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::tree::TreePath;

/// A code and words for a name that is not found.
pub(super) type NotFound = (&'static str, &'static str);

/// Organisations by name: those that the caller may name, and what stands above them.
pub(super) struct Names {
    by_name: HashMap<String, Vec<(OrganisationId, TreePath)>>,
    by_path: HashMap<TreePath, String>,
}

impl Names {
    /// Those of the tree whose place `fits`.
    pub(super) fn of(tree: &OrganisationTree, fits: impl Fn(&TreePath) -> bool) -> Self {
        let mut names = Self { by_name: HashMap::new(), by_path: HashMap::new() };
        for entry in tree.all() {
            let organisation = &entry.organisation;
            if fits(&organisation.path) {
                names.add(organisation.id, &organisation.path, &organisation.name);
            } else {
                names.by_path.insert(organisation.path.clone(), organisation.name.clone());
            }
        }
        names
    }

    /// One that a row before makes.
    pub(super) fn add(&mut self, id: OrganisationId, path: &TreePath, name: &str) {
        self.by_name.entry(name.to_owned()).or_default().push((id, path.clone()));
        self.by_path.insert(path.clone(), name.to_owned());
    }

    /// The one that `text` names: `全称`, or `上级全称/全称` with as many above as it takes to tell it from others.
    pub(super) fn find(&self, text: &str) -> Result<(OrganisationId, TreePath), NotFound> {
        let mut names = text.split(['/', '／']).map(str::trim).rev();
        let own = names.next().unwrap_or_default();
        if own.is_empty() {
            return Err(("field.required", "请填写党组织全称"));
        }
        let above: Vec<&str> = names.collect();
        let mut fitting = self.by_name.get(own).into_iter().flatten().filter(|(_, path)| {
            let mut next = path.parent();
            above.iter().all(|name| {
                let here = next.take();
                next = here.as_ref().and_then(TreePath::parent);
                here.and_then(|path| self.by_path.get(&path)).is_some_and(|known| known == name)
            })
        });
        match (fitting.next(), fitting.next()) {
            (Some(found), None) => Ok(found.clone()),
            (Some(_), Some(_)) => Err(("organisation.ambiguous", "有多个同名组织，请写成“上级全称/全称”")),
            (None, _) => Err(("organisation.not_found", "没有找到这个组织，或不归您管理")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_is_found_by_as_many_names_as_it_takes() {
        let root = TreePath::root(1);
        let mut names = Names { by_name: HashMap::new(), by_path: HashMap::new() };
        let mut add = |number: u8, path: &TreePath, name: &str| {
            let id: Result<OrganisationId, _> = format!("00000000-0000-7000-8000-{number:012}").parse();
            names.add(id.unwrap_or_else(|_| unreachable!()), path, name);
        };
        add(1, &root, "县委");
        add(2, &root.child(1), "一镇");
        add(3, &root.child(2), "二镇");
        add(4, &root.child(1).child(1), "石桥");
        add(5, &root.child(2).child(1), "石桥");
        add(6, &root.child(2).child(2), "柳河");
        let found = |text: &str| names.find(text).map(|(id, _)| id.as_bytes()[15]).map_err(|error| error.0);
        for (text, expected) in [
            ("柳河", Ok(6)),
            (" 二镇 / 柳河 ", Ok(6)),
            ("一镇/石桥", Ok(4)),
            ("县委／二镇／石桥", Ok(5)),
            ("石桥", Err("organisation.ambiguous")),
            ("县委/石桥", Err("organisation.not_found")),
            ("一镇/柳河", Err("organisation.not_found")),
            ("某地/县委", Err("organisation.not_found")),
            ("", Err("field.required")),
            ("一镇/", Err("field.required")),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}

use proptest::prelude::*;

use super::*;
use crate::ids::EntityId as _;

use OrganisationKind::{Branch, GeneralBranch, Group, JointBranch, PartyCommittee, TemporaryBranch};

fn organisation(path: TreePath, kind: OrganisationKind) -> Organisation {
    Organisation {
        id: OrganisationId::from_uuid(uuid::Uuid::from_u128(7)),
        version: 1,
        path,
        name: "中共柳河村支部委员会".to_owned(),
        short_name: String::new(),
        kind,
        sort_order: 1,
        status: OrganisationStatus::Active,
        ends_on: None,
        founded_on: None,
    }
}

#[test]
fn each_kind_takes_only_what_belongs_below_it() {
    // Rows: above. Columns: committee, general branch, branch, joint, temporary, group.
    let table = [
        (None, [true, true, false, false, false, false]),
        (Some(PartyCommittee), [true, true, true, true, true, false]),
        (Some(GeneralBranch), [false, false, true, true, true, false]),
        (Some(Branch), [false, false, false, false, false, true]),
        (Some(JointBranch), [false, false, false, false, false, true]),
        (Some(TemporaryBranch), [false, false, false, false, false, true]),
        (Some(Group), [false; 6]),
    ];
    for (parent, row) in table {
        for (child, fits) in OrganisationKind::ALL.into_iter().zip(row) {
            assert_eq!(check_place(parent, child).is_ok(), fits, "{child:?} below {parent:?}");
        }
    }
}

#[test]
fn words_are_read_as_they_are_written() {
    for kind in OrganisationKind::ALL {
        assert_eq!(OrganisationKind::parse(kind.as_str()), Some(kind));
        assert_eq!(OrganisationKind::of_title(kind.title()), Some(kind));
        assert_eq!(serde_json::json!(kind), kind.as_str());
    }
    for status in OrganisationStatus::ALL {
        assert_eq!(OrganisationStatus::parse(status.as_str()), Some(status));
        assert_eq!(OrganisationStatus::of_title(status.title()), Some(status));
    }
}

#[test]
fn a_new_kind_must_fit_what_stands_below() {
    let cases: [(OrganisationKind, &[OrganisationKind], bool); 6] = [
        (Branch, &[], true),
        (GeneralBranch, &[Branch, TemporaryBranch], true),
        (GeneralBranch, &[Branch, Group], false),
        (PartyCommittee, &[Branch, PartyCommittee], true),
        (Branch, &[Branch], false),
        (Group, &[Group], false),
    ];
    for (kind, children, fits) in cases {
        assert_eq!(check_children(kind, children.iter().copied()).is_ok(), fits, "{kind:?} over {children:?}");
    }
}

#[test]
fn a_move_goes_below_another_that_takes_it_and_never_below_itself() {
    let root = organisation(TreePath::root(1), PartyCommittee);
    let town = organisation(root.path.child(1), PartyCommittee);
    let other = organisation(root.path.child(2), GeneralBranch);
    let branch = organisation(town.path.child(1), Branch);
    let group = organisation(branch.path.child(1), Group);
    let stranger = organisation(TreePath::root(2), PartyCommittee);
    let cases = [
        (&branch, &other, None),
        (&branch, &root, None),
        (&root, &town, Some("organisation.root_fixed")),
        (&town, &town, Some("organisation.cycle")),
        (&town, &branch, Some("organisation.cycle")),
        (&town, &group, Some("organisation.cycle")),
        (&branch, &stranger, Some("organisation.not_found")),
        (&town, &other, Some("organisation.kind_not_below")),
        (&group, &other, Some("organisation.kind_not_below")),
    ];
    for (moved, parent, code) in cases {
        let found = check_move(moved, 1, parent).err().map(|error| error.code);
        assert_eq!(found, code, "{} below {}", moved.path, parent.path);
    }
    assert_eq!(check_move(&branch, LEVELS, &other).unwrap_err().code, "organisation.too_deep");
}

#[test]
fn nothing_is_deleted_that_somebody_still_belongs_to() {
    let free = DeleteFacts::default();
    let cases = [
        (free, None),
        (DeleteFacts { own: true, ..free }, Some("organisation.own")),
        (DeleteFacts { children: 2, members: 9, ..free }, Some("organisation.has_children")),
        (DeleteFacts { members: 1, ..free }, Some("organisation.has_members")),
        (DeleteFacts { former_members: 1, ..free }, Some("organisation.has_history")),
        (DeleteFacts { open_meetings: 1, ..free }, Some("organisation.has_meetings")),
        (DeleteFacts { grids: 1, ..free }, Some("organisation.has_grids")),
    ];
    for (facts, code) in cases {
        assert_eq!(check_delete(facts).err().map(|refusal| refusal.code), code, "{facts:?}");
    }
}

#[test]
fn numbers_of_members_warn_and_do_not_refuse() {
    let cases = [
        (PartyCommittee, 101, 0, None),
        (PartyCommittee, 100, 100, Some("organisation.few_members")),
        (GeneralBranch, 51, 0, None),
        (GeneralBranch, 50, 0, Some("organisation.few_members")),
        (GeneralBranch, 100, 0, None),
        (GeneralBranch, 101, 0, Some("organisation.many_members")),
        (Branch, 9, 3, None),
        (Branch, 60, 50, None),
        (Branch, 60, 51, Some("organisation.many_members")),
        (Branch, 9, 2, Some("organisation.few_members")),
        (JointBranch, 2, 2, Some("organisation.few_members")),
        (TemporaryBranch, 3, 3, None),
        (Group, 0, 0, None),
    ];
    for (kind, members, full, code) in cases {
        let found = warnings(kind, members, full).first().map(|warning| warning.code);
        assert_eq!(found, code, "{kind:?} with {members}, {full} of them full");
    }
}

#[test]
fn a_form_names_every_field_that_is_wrong() {
    let day = NaiveDate::from_ymd_opt(2027, 1, 1);
    let form = |name: &str, short: &str, kind, ends_on| {
        let (name, short_name) = (name.to_owned(), short.to_owned());
        OrganisationForm { name, short_name, kind, ends_on }
    };
    let long = "长".repeat(101);
    let cases = [
        (form(" 中共柳河村支部委员会 ", "", Branch, None), vec![]),
        (form("抗洪临时党支部", "抗洪", TemporaryBranch, day), vec![]),
        (form("", "", Branch, None), vec!["name"]),
        (form("a\nb", "", Branch, None), vec!["name"]),
        (form(&long, &long, Branch, None), vec!["name", "short_name"]),
        (form("抗洪", "", TemporaryBranch, None), vec!["ends_on"]),
        (form("柳河", "", Branch, day), vec!["ends_on"]),
        (form(" ", "a\u{7}", Branch, day), vec!["name", "short_name", "ends_on"]),
    ];
    for (form, wrong) in cases {
        let found: Vec<String> = form.clone().check().err().into_iter().flatten().map(|error| error.field).collect();
        assert_eq!(found, wrong, "{form:?}");
    }
}

fn any_path() -> impl Strategy<Value = TreePath> {
    proptest::collection::vec(1_u32..4, 0..5)
        .prop_map(|steps| steps.into_iter().fold(TreePath::root(1), |path, step| path.child(step)))
}

fn any_kind() -> impl Strategy<Value = OrganisationKind> {
    proptest::sample::select(&OrganisationKind::ALL[..])
}

proptest! {
    #[test]
    fn whatever_is_moved_never_lands_in_its_own_subtree(
        moved in any_path(), parent in any_path(), kinds in (any_kind(), any_kind()), height in 1_u8..9,
    ) {
        let (moved, parent) = (organisation(moved, kinds.0), organisation(parent, kinds.1));
        if check_move(&moved, height, &parent).is_ok() {
            prop_assert!(!moved.path.contains(&parent.path));
            prop_assert!(parent.kind.takes(moved.kind));
            prop_assert!(parent.path.level() + height <= LEVELS);
            prop_assert!(moved.path.level() > 1);
        }
    }

    #[test]
    fn a_chain_of_allowed_places_ends_with_a_group_or_before(kinds in proptest::collection::vec(any_kind(), 1..8)) {
        let fits = check_place(None, kinds[0]).is_ok()
            && kinds.windows(2).all(|pair| check_place(Some(pair[0]), pair[1]).is_ok());
        if fits {
            let branches = kinds.iter().filter(|kind| kind.is_branch()).count();
            let groups = kinds.iter().filter(|kind| **kind == Group).count();
            prop_assert!(branches <= 1 && groups <= 1);
            prop_assert!(groups == 0 || kinds.last() == Some(&Group));
        }
    }
}

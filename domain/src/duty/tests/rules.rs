//! Rules as data, and whom they do not hold for.

use super::*;

#[test]
fn of_whom_nothing_is_due() {
    use Exemption::{NoCommittee, NoGroups, NotInForce, Suspended, Temporary, TooYoung};
    let founded = |date| BranchFacts { founded_on: day(date), ..branch() };
    let of = |kind| BranchFacts { kind, ..branch() };
    let members = |full_members| BranchFacts { full_members, ..branch() };
    let disabled = BranchFacts { status: OrganisationStatus::Disabled, ..branch() };
    let group = |date, status| Some(GroupFacts { status, founded_on: day(date) });
    let active = OrganisationStatus::Active;
    let cases = [
        ("party_day", branch(), None, None),
        // Founded on the first day of the period: it has had all of it.
        ("party_day", founded("2026-11-01"), None, None),
        ("party_day", founded("2026-11-02"), None, Some(TooYoung)),
        ("party_day", founded("2026-12-01"), None, Some(TooYoung)),
        ("party_day", of(OrganisationKind::JointBranch), None, None),
        ("party_day", of(OrganisationKind::TemporaryBranch), None, Some(Temporary)),
        ("party_day", disabled, None, Some(Suspended)),
        ("committee_meeting", members(7), None, None),
        ("committee_meeting", members(6), None, Some(NoCommittee)),
        ("party_day", members(6), None, None),
        ("group_meeting", BranchFacts { groups: 0, ..branch() }, None, Some(NoGroups)),
        ("group_meeting", branch(), group("2020-01-01", active), None),
        ("group_meeting", branch(), group("2026-11-02", active), Some(TooYoung)),
        ("group_meeting", founded("2026-11-02"), group("2020-01-01", active), Some(TooYoung)),
        ("group_meeting", branch(), group("2020-01-01", OrganisationStatus::Disabled), Some(Suspended)),
        ("themed", branch(), None, Some(NotInForce)),
    ];
    for (code, branch, group, expected) in cases {
        let off = DutyRule { enabled: false, ..DutyRule::usual("themed") };
        let rule = built_in_rules().into_iter().find(|rule| rule.type_code == code).unwrap_or(off);
        assert_eq!(
            exemption(&rule, &branch, group.as_ref(), period("2026-11")),
            expected,
            "{code} {branch:?} {group:?}"
        );
    }
}

#[test]
fn a_rule_holds_for_whole_periods() {
    let rule = DutyRule { valid_from: day("2026-02-01"), valid_to: Some(day("2026-11-29")), ..rule("party_day") };
    for (of, holds) in
        [("2026-01", false), ("2026-02", true), ("2026-10", true), ("2026-11", false), ("2026-12", false)]
    {
        assert_eq!(rule.is_in_force(period(of)), holds, "{of}");
    }
    assert!(!DutyRule { enabled: false, ..rule }.is_in_force(period("2026-10")));
}

#[test]
fn a_tenant_changes_the_built_in_rules_and_adds_its_own() {
    let off = DutyRule { enabled: false, version: 1, ..rule("party_lecture") };
    let own = DutyRule { version: 1, ..DutyRule::usual("own_1") };
    let all = all_rules(&[own.clone(), off.clone()]);
    assert_eq!(all.len(), built_in_rules().len() + 1);
    assert!(all.contains(&off) && all.contains(&rule("party_day")));
    assert_eq!(all.last(), Some(&own));
}

#[test]
fn numbers_of_a_rule_make_sense() {
    let usual = || DutyRule::usual("own_1");
    let cases = [
        (usual(), vec![]),
        (DutyRule { minimum: 0, ..usual() }, vec!["minimum"]),
        (DutyRule { minimum: 32, ..usual() }, vec!["minimum"]),
        (DutyRule { yellow_workdays: 61, answer_workdays: 0, ..usual() }, vec!["yellow_workdays", "answer_workdays"]),
        (DutyRule { yellow_workdays: 3, orange_workdays: 3, ..usual() }, vec![]),
        (DutyRule { yellow_workdays: 2, orange_workdays: 3, ..usual() }, vec!["orange_workdays"]),
        (DutyRule { quorum_percent: Some(99), minutes_days: None, ..usual() }, vec![]),
        (
            DutyRule { quorum_percent: Some(100), minutes_days: Some(91), ..usual() },
            vec!["quorum_percent", "minutes_days"],
        ),
        (DutyRule { valid_to: Some(day("2018-10-27")), ..usual() }, vec!["valid_to"]),
        (
            DutyRule { valid_from: day("1920-12-31"), valid_to: Some(day("9999-01-01")), ..usual() },
            vec!["valid_from", "valid_to"],
        ),
    ];
    for (rule, expected) in cases {
        let wrong = rule.check().err().unwrap_or_default();
        assert_eq!(wrong.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), expected);
    }
    assert!(built_in_rules().into_iter().all(|rule| rule.check().is_ok()));
}

#[test]
fn who_was_not_known_did_nothing_wrong() {
    let entered = local("2026-11-20T00:00:00");
    assert_eq!(founded_on(None, entered), day("2026-11-20"));
    assert_eq!(founded_on(Some(day("2012-07-01")), entered), day("2012-07-01"));
}

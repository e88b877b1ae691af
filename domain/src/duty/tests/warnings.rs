//! What becomes of a warning.

use super::*;
use crate::ids::AccountId;
use crate::person::PersonRef;

fn key() -> DutyKey {
    DutyKey {
        organisation_id: OrganisationId::from_uuid(uuid::Uuid::from_u128(1)),
        group_id: None,
        type_code: "party_day".to_owned(),
        period: period("2026-11"),
    }
}

fn found(state: DutyState) -> Assessment {
    Assessment { state, counted: Vec::new(), minutes_late: 0, coming: 0 }
}

#[test]
fn a_warning_rises_and_ends_and_keeps_its_highest_level() {
    use DutyLevel::{Orange, Red, Yellow};
    let now = local("2026-11-20T00:00:00");
    let done = |late| DutyState::Satisfied { since: now, late };
    // what is found, what changes, how it stands, the level
    let steps = [
        (DutyState::Open, None, None),
        (DutyState::Coming, None, None),
        (DutyState::Due(Yellow), Some("duty.warned"), Some((WarningState::Warned, Yellow))),
        (DutyState::Due(Yellow), None, Some((WarningState::Warned, Yellow))),
        (DutyState::Coming, Some("duty.lifted"), Some((WarningState::Coming, Yellow))),
        (DutyState::Coming, None, Some((WarningState::Coming, Yellow))),
        (DutyState::Due(Orange), Some("duty.warned"), Some((WarningState::Warned, Orange))),
        (DutyState::Due(Red), Some("duty.raised"), Some((WarningState::Warned, Red))),
        // The calendar changed.
        (DutyState::Due(Orange), None, Some((WarningState::Warned, Red))),
        (DutyState::Exempt(Exemption::NotInForce), Some("duty.lifted"), Some((WarningState::Exempt, Red))),
        (DutyState::Due(Red), Some("duty.warned"), Some((WarningState::Warned, Red))),
        (done(true), Some("duty.satisfied"), Some((WarningState::Satisfied, Red))),
        (done(true), None, Some((WarningState::Satisfied, Red))),
    ];
    let mut warning: Option<DutyWarning> = None;
    for (state, change, stands) in steps {
        let next = follow(warning.as_ref(), &key(), &found(state), now);
        assert_eq!(next.as_ref().map(|(_, change)| change.kind()), change, "{state:?}");
        if let Some((after, _)) = next {
            warning = Some(after);
        }
        assert_eq!(warning.as_ref().map(|warning| (warning.state, warning.level)), stands, "{state:?}");
    }
    assert!(warning.is_some_and(|warning| warning.late && warning.satisfied_at == Some(now)));
}

#[test]
fn what_was_dealt_with_is_not_when_it_becomes_more_urgent() {
    let now = local("2026-11-20T00:00:00");
    let by = PersonRef { id: AccountId::from_uuid(uuid::Uuid::from_u128(2)), name: "陆干部".to_owned() };
    let (first, _) = follow(None, &key(), &found(DutyState::Due(DutyLevel::Yellow)), now).unwrap();
    let handled = DutyWarning { handled: Some(Handled { at: now, by, note: "已提醒".to_owned() }), ..first };
    let (raised, _) = follow(Some(&handled), &key(), &found(DutyState::Due(DutyLevel::Red)), now).unwrap();
    assert_eq!(raised.handled, None);
    let (lifted, _) = follow(Some(&handled), &key(), &found(DutyState::Coming), now).unwrap();
    assert_eq!(lifted.handled, handled.handled);
}

#[test]
fn a_warning_is_named_by_what_it_is_about() {
    let group = OrganisationId::from_uuid(uuid::Uuid::from_u128(9));
    assert_eq!(key().id(), format!("{}:party_day:2026-11", key().organisation_id));
    assert_eq!(DutyKey { group_id: Some(group), ..key() }.id(), format!("{group}:party_day:2026-11"));
}

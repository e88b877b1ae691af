//! Versions of service levels and calendar: the newest holds, none is written twice, all stay.

use lianxin_domain::calendar::{Period, SpecialDay, TimeOfDay, WorkingCalendar};
use lianxin_domain::ids::AccountId;
use lianxin_domain::service_level::{LevelException, Limit, LimitUnit, ServiceLevels, TimeRules};
use lianxin_storage::error::StorageError;
use lianxin_storage::journal::CommitError;
use lianxin_storage::rules::{RuleVersion, Rules};

use crate::support::{Fresh, NOON};

on_both!(
    without_any_version_nothing_holds,
    the_highest_version_holds_and_all_stay,
    a_version_is_written_once,
    two_editors_of_one_version_have_one_winner,
    a_row_that_is_no_rule_is_told_to_be_corrupt,
);

fn levels(version: u32) -> ServiceLevels {
    ServiceLevels {
        version,
        accept: Limit::working(version, LimitUnit::Hours),
        exceptions: vec![LevelException {
            kind: Some("dispute".to_owned()),
            level: Some(4),
            accept: None,
            finish: Some(Limit::working(5, LimitUnit::Workdays)),
        }],
        nudge_answer: Some(Limit::continuous(30, LimitUnit::Minutes)),
        ..TimeRules::default().levels
    }
}

fn calendar(version: u32) -> WorkingCalendar {
    let noon = TimeOfDay::new(12, 0).unwrap();
    let day = SpecialDay {
        working: true,
        name: "“调休”".to_owned(),
        hours: Some(vec![Period { from: TimeOfDay::new(9, 30).unwrap(), to: noon }]),
    };
    let days = [("2026-02-14".parse().unwrap(), day)].into();
    let noticed = [2025, 2026].into();
    WorkingCalendar { version, days, noticed, ..WorkingCalendar::default() }
}

async fn without_any_version_nothing_holds(fresh: &Fresh) {
    let rules = fresh.open().await.rules;
    assert_eq!(rules.service_levels().await.unwrap(), None);
    assert_eq!(rules.calendar().await.unwrap(), None);
    assert_eq!(rules.calendar_version(0).await.unwrap(), None);
    assert_eq!(rules.history(true, 10).await.unwrap(), []);
}

async fn the_highest_version_holds_and_all_stay(fresh: &Fresh) {
    let store = fresh.open().await;
    let editor: AccountId = store.id();
    // Numbers, not digits, are compared; and not the order of writing.
    for version in [1, 2, 10, 9] {
        let at = NOON.plus_millis(i64::from(version));
        let by = (version != 9).then_some(editor);
        store.write(vec![Rules::put_service_levels(&levels(version), at, by)]).await.unwrap();
    }
    for version in [3, 4] {
        store.write(vec![Rules::put_calendar(&calendar(version), NOON, None)]).await.unwrap();
    }
    let other = fresh.open().await.rules;
    assert_eq!(other.service_levels().await.unwrap(), Some(levels(10)));
    assert_eq!(other.calendar().await.unwrap(), Some(calendar(4)));
    assert_eq!(other.calendar_version(3).await.unwrap(), Some(calendar(3)));
    for missing in [0, 2, 5, 10] {
        assert_eq!(other.calendar_version(missing).await.unwrap(), None, "{missing}");
    }
    let made = |version, by| RuleVersion { version, at: NOON.plus_millis(i64::from(version)), by };
    let all = [made(10, Some(editor)), made(9, None), made(2, Some(editor)), made(1, Some(editor))];
    assert_eq!(other.history(false, 10).await.unwrap(), all);
    assert_eq!(other.history(false, 2).await.unwrap(), all[..2]);
    let calendars = other.history(true, 10).await.unwrap();
    assert_eq!(
        calendars.iter().map(|made| (made.version, made.at, made.by)).collect::<Vec<_>>(),
        [(4, NOON, None), (3, NOON, None)]
    );
}

async fn a_version_is_written_once(fresh: &Fresh) {
    let store = fresh.open().await;
    store.write(vec![Rules::put_calendar(&calendar(1), NOON, None)]).await.unwrap();
    store.write(vec![Rules::put_service_levels(&levels(1), NOON, None)]).await.unwrap();
    let other = WorkingCalendar { version: 1, ..WorkingCalendar::default() };
    let refused = store.write(vec![Rules::put_calendar(&other, NOON, Some(store.id()))]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "rule_versions", .. })), "{refused:?}");
    let refused = store.write(vec![Rules::put_service_levels(&levels(1), NOON, None)]).await;
    assert!(matches!(refused, Err(CommitError::Exists { table: "rule_versions", .. })), "{refused:?}");
    assert_eq!(store.rules.calendar().await.unwrap(), Some(calendar(1)));
    assert_eq!(store.rules.history(true, 10).await.unwrap().len(), 1);
}

async fn two_editors_of_one_version_have_one_winner(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let (by_one, by_two): (AccountId, AccountId) = (one.id(), two.id());
    let (first, second) = tokio::join!(
        one.write(vec![Rules::put_service_levels(&levels(7), NOON, Some(by_one))]),
        two.write(vec![Rules::put_service_levels(&levels(7), NOON, Some(by_two))]),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let winner = if first.is_ok() { by_one } else { by_two };
    let history = one.rules.history(false, 10).await.unwrap();
    assert_eq!(history, [RuleVersion { version: 7, at: NOON, by: Some(winner) }]);
}

async fn a_row_that_is_no_rule_is_told_to_be_corrupt(fresh: &Fresh) {
    let store = fresh.open().await;
    store.write(vec![Rules::put_calendar(&calendar(1), NOON, None)]).await.unwrap();
    fresh.execute("UPDATE rule_versions SET body = '{\"version\":1}', by_account = 'x'").await;
    let corrupt = |error: StorageError| matches!(error, StorageError::Corrupt { table: "rule_versions", .. });
    assert!(corrupt(store.rules.calendar().await.unwrap_err()));
    assert!(corrupt(store.rules.calendar_version(1).await.unwrap_err()));
    assert!(corrupt(store.rules.history(true, 10).await.unwrap_err()));
}

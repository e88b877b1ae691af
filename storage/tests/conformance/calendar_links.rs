//! The secret addresses of calendars, and what a calendar holds.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, EntityId};
use lianxin_domain::meeting::{Meeting, Role, StateName};
use lianxin_domain::person::PersonRef;
use lianxin_storage::calendar_links::{CalendarLink, CalendarLinks};
use lianxin_storage::meetings::{Meetings, attendee_write};

use crate::meetings::{attendee, meeting};
use crate::support::{Fresh, NOON};

on_both!(an_account_has_one_address_and_a_new_one_ends_it, a_calendar_holds_what_its_owner_is_invited_to_or_hosts,);

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

/// An address of an account.
pub fn link(account_id: AccountId, token_hash: &str) -> CalendarLink {
    CalendarLink { account_id, token_hash: token_hash.to_owned(), nonce: "n".to_owned(), created_at: NOON }
}

async fn an_account_has_one_address_and_a_new_one_ends_it(fresh: &Fresh) {
    let store = fresh.open().await;
    let links = CalendarLinks::new(store.database.clone());
    let (first, second, other) = (link(id(1), "a"), link(id(1), "b"), link(id(2), "c"));
    store.write(vec![CalendarLinks::put(&first), CalendarLinks::put(&other)]).await.unwrap();
    assert_eq!(links.of(id(1)).await.unwrap(), Some(first.clone()));
    assert_eq!(links.by_token("a").await.unwrap(), Some(first));
    store.write(vec![CalendarLinks::put(&second)]).await.unwrap();
    assert_eq!(links.by_token("a").await.unwrap(), None);
    assert_eq!(links.by_token("b").await.unwrap(), Some(second));
    assert!(store.write(vec![CalendarLinks::put(&link(id(3), "c"))]).await.is_err(), "no two share one");
    store.write(vec![CalendarLinks::remove(id(1))]).await.unwrap();
    assert_eq!((links.of(id(1)).await.unwrap(), links.by_token("b").await.unwrap()), (None, None));
    assert_eq!(links.of(id(2)).await.unwrap(), Some(other));
}

async fn a_calendar_holds_what_its_owner_is_invited_to_or_hosts(fresh: &Fresh) {
    let store = fresh.open().await;
    let meetings = Meetings::new(store.database.clone());
    let own: AccountId = attendee(5).account_id.unwrap();
    let since = NOON.plus_millis(-90 * DAY);
    // (number, ends after `since` by, state, how the owner is concerned)
    let cases: [(u128, i64, StateName, &str); 9] = [
        (1, 0, StateName::Ended, "invited"),
        (2, -1, StateName::Ended, "invited"),
        (3, 200 * DAY, StateName::Launched, "hosts"),
        (4, 100 * DAY, StateName::Cancelled, "invited"),
        (5, 100 * DAY, StateName::Draft, "hosts"),
        (6, 100 * DAY, StateName::Running, "guest"),
        (7, 100 * DAY, StateName::Launched, "not at all"),
        (8, 90 * DAY, StateName::Archived, "hosts"),
        (9, -DAY, StateName::Launched, "hosts"),
    ];
    for (number, after, state, how) in cases {
        let mut one = Meeting { state, ..meeting(number) };
        one.plan.ends_at = since.plus_millis(after);
        one.plan.starts_at = one.plan.ends_at.plus_millis(-31 * DAY);
        let listed = match how {
            "invited" => Some(attendee(5)),
            "guest" => Some(lianxin_domain::meeting::Attendee { role: Role::Guest, ..attendee(5) }),
            _ => Some(attendee(6)),
        };
        if how == "hosts" {
            one.plan.host = PersonRef { id: own, name: "主持".to_owned() };
        }
        let mut writes = vec![Meetings::write(None, &one)];
        writes.extend(listed.map(|listed| attendee_write(one.id, one.plan.starts_at, None, &listed, None)));
        store.write(writes).await.unwrap();
    }
    let found = async |since: Timestamp, limit| {
        let found = meetings.calendar_of(own, since, limit).await.unwrap();
        found.into_iter().map(|one| one.serial).collect::<Vec<_>>()
    };
    assert_eq!(found(since, 100).await, [3, 6, 4, 8, 1]);
    assert_eq!(found(since, 2).await, [3, 6]);
    assert_eq!(found(since.plus_millis(1), 100).await, [3, 6, 4, 8]);
    assert_eq!(meetings.calendar_of(id(99), since, 100).await.unwrap(), []);
}

//! Orders, their answers, and how they go up.

use super::*;
use crate::ids::{AccountId, OrderId};
use crate::person::PersonRef;

fn organisation(number: u128) -> OrganisationId {
    OrganisationId::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(name: &str) -> PersonRef {
    PersonRef { id: AccountId::from_uuid(uuid::Uuid::from_u128(5)), name: name.to_owned() }
}

/// Given on a Friday at noon: the second workday after it is a Tuesday.
fn given() -> DutyOrder {
    let order = DutyOrder {
        id: OrderId::from_uuid(uuid::Uuid::from_u128(3)),
        version: 1,
        kind: OrderKind::Nudge,
        organisation_id: organisation(1),
        duty_id: None,
        from: person("陆干部"),
        text: "请尽快召开".to_owned(),
        due_at: None,
        created_at: local("2026-11-20T12:00:00"),
        answer_workdays: 2,
        state: OrderState::Open,
        answer: None,
        closed_at: None,
        told: Vec::new(),
        escalates_at: None,
    };
    order.given(&WorkingCalendar::default())
}

fn ladder() -> [Rung; 4] {
    let rung = |number, is_led| Rung { organisation_id: organisation(number), is_led };
    [rung(10, true), rung(11, false), rung(12, true), rung(13, false)]
}

#[test]
fn what_nobody_answers_goes_up_a_level_at_a_time_and_tells_each_once() {
    let calendar = WorkingCalendar::default();
    let order = given();
    let up = |order: &DutyOrder, now| order.escalated(&ladder(), local(now), &calendar);
    assert_eq!(order.escalates_at, Some(local("2026-11-24T18:00:00")));
    assert_eq!(up(&order, "2026-11-24T17:59:59.999"), None);
    let (first, to) = up(&order, "2026-11-24T18:00:00").unwrap();
    assert_eq!((to, first.escalates_at), (Some(organisation(10)), Some(local("2026-11-26T18:00:00"))));
    assert_eq!(up(&first, "2026-11-24T18:00:00"), None, "told again, nothing happens");
    // A level that nobody leads is passed at once.
    let (second, to) = up(&first, "2026-11-26T18:00:00").unwrap();
    assert_eq!((to, &second.told), (Some(organisation(12)), &vec![organisation(10), organisation(12)]));
    let (last, to) = up(&second, "2026-12-30T00:00:00").unwrap();
    assert_eq!((to, last.escalates_at, last.state), (None, None, OrderState::Open));
    assert_eq!(up(&last, "2027-12-30T00:00:00"), None);
}

#[test]
fn an_answer_ends_the_climb_and_closing_ends_it_all() {
    let calendar = WorkingCalendar::default();
    let now = local("2026-11-21T09:00:00");
    let answered = given().answered(person("韦书记"), " 周五召开 ", now).unwrap();
    assert_eq!(answered.answer.as_ref().map(|answer| answer.text.as_str()), Some("周五召开"));
    assert_eq!((answered.state, answered.escalates_at, answered.version), (OrderState::Answered, None, 2));
    assert_eq!(answered.escalated(&ladder(), local("2027-01-01T00:00:00"), &calendar), None);
    assert!(answered.answered(person("韦书记"), "已召开", now).is_ok());
    let closed = answered.closed(now).unwrap();
    assert_eq!((closed.state, closed.closed_at), (OrderState::Closed, Some(now)));
    assert_eq!(closed.answered(person("韦书记"), "已召开", now).unwrap_err().code, "order.closed");
    assert_eq!(closed.closed(now).unwrap_err().code, "order.closed");
    assert_eq!(given().closed(now).unwrap().escalates_at, None);
    for text in ["", &"长".repeat(501)] {
        assert!(given().answered(person("韦书记"), text, now).is_err());
    }
}

//! Lists show what they are asked for.

use lianxin_domain::access::Scope;
use lianxin_domain::ticket::{Command, StateName, Ticket, TicketEvent};
use lianxin_storage::tickets::TicketFilter;

use crate::support::Fresh;
use crate::village::{Village, request};

on_both!(
    lists_are_filtered,
    text_is_found_as_written_and_regardless_of_case,
    pages_follow_each_other_without_holes,
    a_list_of_no_grid_is_empty,
);

async fn lists_are_filtered(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let all_places = [&world.group, &world.other_group, &world.neighbour, &world.village];
    let mut tickets = Vec::new();
    for (index, place) in all_places.into_iter().enumerate() {
        store.clock.advance(1);
        let caller = if index == 1 { &world.leader } else { &world.resident };
        let mut new = request(&store, caller, &format!("第 {index} 件"));
        if index == 2 {
            "dispute".clone_into(&mut new.kind);
        }
        tickets.push(world.submit(&store, new, place).await);
    }
    world.act(&store, &mut tickets[0], Command::Accept, &world.worker).await;
    let up = TicketEvent::Escalated {
        from_level: 4,
        to_level: 3,
        to_grid_id: world.village.id,
        to_path: world.village.path.clone(),
        cause: lianxin_domain::ticket::EscalationCause::Returned,
        clock: tickets[1].clock.clone().unwrap(),
    };
    world.happen(&store, &mut tickets[1], &[up]).await;
    store.clock.advance(60 * 60_000);
    let late = world.decide_time(&tickets[3], store.ids.clock().now());
    world.happen(&store, &mut tickets[3], &late).await;
    let filter = TicketFilter::default;
    let (worker, leader, admin) = (world.worker.scope(), world.leader.scope(), world.admin.scope());
    let sent = |index: usize| Some(tickets[index].submitted_at);
    let cases: [(&Scope, TicketFilter, &[usize]); 25] = [
        (&admin, filter(), &[3, 2, 1, 0]),
        (&leader, filter(), &[3, 1, 0]),
        (&worker, filter(), &[0]),
        (&worker, TicketFilter { mine: true, ..filter() }, &[0]),
        (&leader, TicketFilter { mine: true, ..filter() }, &[1]),
        (&admin, TicketFilter { mine: true, ..filter() }, &[]),
        (&admin, TicketFilter { grids: Some(vec![world.village.path.clone()]), ..filter() }, &[3]),
        // More than are looked into one by one.
        (&admin, TicketFilter { grids: Some(vec![world.village.path.clone(); 20]), ..filter() }, &[3]),
        (&admin, TicketFilter { below: Some(world.village.path.clone()), ..filter() }, &[3, 1, 0]),
        (&admin, TicketFilter { below: Some(world.county.path.clone()), ..filter() }, &[3, 2, 1, 0]),
        (&leader, TicketFilter { below: Some(world.county.path.clone()), ..filter() }, &[3, 1, 0]),
        (&admin, TicketFilter { escalated_to: Some(vec![world.village.path.clone()]), ..filter() }, &[1]),
        (&admin, TicketFilter { states: vec![StateName::Accepted], ..filter() }, &[0]),
        (&admin, TicketFilter { states: vec![StateName::Submitted, StateName::Withdrawn], ..filter() }, &[3, 2, 1]),
        (&admin, TicketFilter { kind: Some("dispute".to_owned()), ..filter() }, &[2]),
        (
            &admin,
            TicketFilter {
                kind: Some("suggestion".to_owned()),
                states: vec![StateName::Submitted],
                text: Some("第 1".to_owned()),
                ..filter()
            },
            &[1],
        ),
        (&admin, TicketFilter { from: sent(2), ..filter() }, &[3, 2]),
        (&admin, TicketFilter { until: sent(2), ..filter() }, &[1, 0]),
        (&admin, TicketFilter { from: sent(1), until: sent(2), ..filter() }, &[1]),
        (&worker, TicketFilter { until: sent(2), ..filter() }, &[0]),
        (&admin, TicketFilter { overdue: true, ..filter() }, &[3]),
        (&worker, TicketFilter { overdue: true, ..filter() }, &[]),
        // Whoever sent it and whoever handles it.
        (&admin, TicketFilter { person: Some("农".to_owned()), ..filter() }, &[1]),
        (&admin, TicketFilter { person: Some("韦师".to_owned()), ..filter() }, &[0]),
        (&admin, TicketFilter { person: Some("_".to_owned()), ..filter() }, &[]),
    ];
    for (scope, filter, expected) in cases {
        let listed = store.tickets.list(scope, &filter, None, 100).await.unwrap();
        let expected: Vec<&Ticket> = expected.iter().map(|index| &tickets[*index]).collect();
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        let (all, few) = (store.tickets.count(scope, &filter, 100).await, store.tickets.count(scope, &filter, 2).await);
        assert_eq!((all.unwrap(), few.unwrap()), (expected.len() as u64, expected.len().min(2) as u64), "{filter:?}");
    }
}

async fn text_is_found_as_written_and_regardless_of_case(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let contents =
        ["100% 好", "1000 好", "a_b", "axb", "真的!", "真的", "C:\\路", "WiFi 坏了", "É 路", "'); DROP TABLE tickets"];
    for content in contents {
        store.clock.advance(1);
        world.submit(&store, request(&store, &world.resident, content), &world.group).await;
    }
    let cases: [(&str, &[&str]); 12] = [
        ("É", &["É 路"]),
        ("100%", &["100% 好"]),
        ("%", &["100% 好"]),
        ("_", &["a_b"]),
        ("a_b", &["a_b"]),
        ("!", &["真的!"]),
        ("!!", &[]),
        ("\\", &["C:\\路"]),
        ("wifi", &["WiFi 坏了"]),
        ("WIFI 坏", &["WiFi 坏了"]),
        ("'", &["'); DROP TABLE tickets"]),
        ("好", &["1000 好", "100% 好"]),
    ];
    for (text, expected) in cases {
        let text = TicketFilter { text: Some(text.to_owned()), ..TicketFilter::default() };
        let found = store.tickets.list(&world.admin.scope(), &text, None, 100).await.unwrap();
        let found: Vec<&str> = found.iter().map(|ticket| ticket.content.as_str()).collect();
        assert_eq!(found, expected, "{text:?}");
    }
    let all = store.tickets.list(&world.admin.scope(), &TicketFilter::default(), None, 100).await.unwrap();
    let by_number = TicketFilter { text: Some(all[4].number[2..].to_lowercase()), ..TicketFilter::default() };
    let found = store.tickets.list(&world.admin.scope(), &by_number, None, 100).await.unwrap();
    assert_eq!(found, [all[4].clone()]);
}

async fn pages_follow_each_other_without_holes(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    for number in 0..23 {
        // Several within one millisecond.
        store.clock.advance(number % 2);
        let place = if number % 3 == 0 { &world.neighbour } else { &world.group };
        world.submit(&store, request(&store, &world.resident, "路"), place).await;
    }
    let (scope, filter) = (world.leader.scope(), TicketFilter::default());
    let all = store.tickets.list(&scope, &filter, None, 100).await.unwrap();
    assert_eq!(all.len(), 15);
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    for size in [1, 2, 7, 15, 16] {
        let mut pages = Vec::new();
        let mut before = None;
        loop {
            let page = store.tickets.list(&scope, &filter, before, size).await.unwrap();
            before = page.last().map(|ticket| ticket.id);
            if before.is_none() {
                break;
            }
            assert!(page.len() <= size as usize);
            pages.extend(page);
        }
        assert_eq!(pages, all, "pages of {size}");
    }
}

async fn a_list_of_no_grid_is_empty(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    for filter in [
        TicketFilter { grids: Some(Vec::new()), ..TicketFilter::default() },
        TicketFilter { escalated_to: Some(Vec::new()), ..TicketFilter::default() },
    ] {
        assert_eq!(store.tickets.list(&world.admin.scope(), &filter, None, 10).await.unwrap(), []);
    }
}

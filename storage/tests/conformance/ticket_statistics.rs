//! Tickets added up by the database come to what counting them one by one gives.

use std::collections::BTreeMap;

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ticket::{Command, StateName, Ticket};
use lianxin_storage::tickets::{TicketFigures, TicketFilter, TicketGroup};

use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, request};

on_both!(
    figures_are_those_of_counting_one_by_one,
    medians_lie_in_the_middle,
    who_sees_less_counts_less,
    a_limit_that_ended_is_remembered_when_the_ticket_is_done,
    nothing_adds_up_to_nothing,
);

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Some forty tickets over ten days, in all states, kinds and levels.
async fn many(store: &Store, world: &Village) -> Vec<Ticket> {
    let mut tickets = Vec::new();
    for index in 0..40_i64 {
        store.clock.advance(5 * 60 * MINUTE + index * 7 * MINUTE);
        let place = [&world.group, &world.other_group, &world.village, &world.neighbour][(index % 4) as usize];
        let mut new = request(store, &world.resident, "路");
        ["suggestion", "dispute", "employment"][(index % 3) as usize].clone_into(&mut new.kind);
        let mut ticket = world.submit(store, new, place).await;
        let worker = if index % 4 == 0 { &world.worker } else { &world.leader };
        if index % 4 == 3 {
            tickets.push(ticket);
            continue;
        }
        if index % 5 == 4 {
            world.wait(store, &mut ticket).await;
            world.wait(store, &mut ticket).await;
        }
        if index % 7 == 6 {
            world.act(store, &mut ticket, Command::Withdraw, &world.resident).await;
            tickets.push(ticket);
            continue;
        }
        store.clock.advance((index % 6) * MINUTE + 1);
        let steps = [
            Command::Accept,
            Command::Complete { note: "好".to_owned(), attachments: Vec::new() },
            Command::Rate { stars: (index % 5) as u8 + 1, comment: None },
        ];
        for (step, command) in steps.into_iter().enumerate().take((index % 4) as usize + usize::from(index % 9 > 3)) {
            let who = if step == 2 { &world.resident } else { worker };
            world.act(store, &mut ticket, command, who).await;
            store.clock.advance(11 * MINUTE);
        }
        tickets.push(ticket);
    }
    tickets
}

fn middle(mut times: Vec<i64>) -> Option<f64> {
    times.sort_unstable();
    let half = times.len() / 2;
    match times.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(times[half] as f64),
        _ => Some((times[half - 1] + times[half]) as f64 / 2.0),
    }
}

fn mean(values: &[i64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<i64>() as f64 / values.len() as f64)
}

/// What one would count by hand.
fn counted(tickets: &[&Ticket]) -> TicketFigures {
    let count = |fits: &dyn Fn(&Ticket) -> bool| tickets.iter().filter(|ticket| fits(ticket)).count() as u64;
    let since = |at: &dyn Fn(&Ticket) -> Option<Timestamp>| -> Vec<i64> {
        tickets.iter().filter_map(|ticket| Some(at(ticket)?.since(ticket.submitted_at))).collect()
    };
    let accepting = since(&Ticket::accepted_at);
    let completing = since(&|ticket| ticket.completion().map(|completion| completion.completed_at));
    let stars: Vec<i64> =
        tickets.iter().filter_map(|ticket| ticket.rating().map(|rating| i64::from(rating.stars))).collect();
    TicketFigures {
        received: tickets.len() as u64,
        accepted: count(&|ticket| ticket.accepted_at().is_some()),
        completed: count(&|ticket| ticket.completion().is_some()),
        rated: count(&|ticket| ticket.rating().is_some()),
        withdrawn: count(&|ticket| ticket.state_name() == StateName::Withdrawn),
        overdue: count(&|ticket| ticket.overdue_count > 0),
        escalated: count(&Ticket::is_escalated),
        stars: mean(&stars),
        accept_median_ms: middle(accepting.clone()),
        accept_average_ms: mean(&accepting),
        complete_median_ms: middle(completing.clone()),
        complete_average_ms: mean(&completing),
    }
}

fn close(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-6 * other.abs().max(1.0),
        (one, other) => one == other,
    }
}

#[track_caller]
fn assert_figures(found: &TicketFigures, expected: &TicketFigures, what: &str) {
    let times = |of: &TicketFigures| {
        [of.stars, of.accept_median_ms, of.accept_average_ms, of.complete_median_ms, of.complete_average_ms]
    };
    for (one, other) in times(found).into_iter().zip(times(expected)) {
        assert!(close(one, other), "{what}: {found:?}\n{expected:?}");
    }
    let whole =
        |of: &TicketFigures| [of.received, of.accepted, of.completed, of.rated, of.withdrawn, of.overdue, of.escalated];
    assert_eq!(whole(found), whole(expected), "{what}");
}

async fn figures_are_those_of_counting_one_by_one(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let tickets = many(&store, &world).await;
    let days: Vec<Timestamp> = (0..14).map(|day| NOON.plus_millis(day * DAY - DAY / 2)).collect();
    // As long as months are: not alike.
    let months = vec![days[0], days[3], days[4], days[9]];
    let place = |starts: &[Timestamp], ticket: &Ticket| {
        starts.iter().filter(|start| **start <= ticket.submitted_at).count().saturating_sub(1).to_string()
    };
    type KeyOf<'a> = Box<dyn Fn(&Ticket) -> String + 'a>;
    let prefix = |ticket: &Ticket, level: usize| ticket.grid_path.as_str().chars().take(4 * level).collect::<String>();
    let groups: [(TicketGroup, KeyOf<'_>); 7] = [
        (TicketGroup::Total, Box::new(|_| String::new())),
        (TicketGroup::Period(days.clone()), Box::new(|ticket| place(&days, ticket))),
        (TicketGroup::Period(months.clone()), Box::new(|ticket| place(&months, ticket))),
        (TicketGroup::Kind, Box::new(|ticket| ticket.kind.clone())),
        (TicketGroup::Level, Box::new(|ticket| ticket.handling_path.level().to_string())),
        (TicketGroup::Grid(3), Box::new(|ticket| prefix(ticket, 3))),
        (TicketGroup::Grid(4), Box::new(|ticket| prefix(ticket, 4))),
    ];
    let filters = [
        TicketFilter::default(),
        TicketFilter { from: Some(days[2]), until: Some(days[7]), ..TicketFilter::default() },
        TicketFilter { kind: Some("dispute".to_owned()), ..TicketFilter::default() },
        TicketFilter { below: Some(world.village.path.clone()), ..TicketFilter::default() },
    ];
    for filter in &filters {
        let listed = store.tickets.list(&Scope::system(), filter, None, 1_000).await.unwrap();
        for (group, key) in &groups {
            let found = store.tickets.statistics(&Scope::system(), filter, group).await.unwrap();
            let found: BTreeMap<String, TicketFigures> = found.into_iter().collect();
            let mut by_hand: BTreeMap<String, Vec<&Ticket>> = BTreeMap::new();
            for ticket in &listed {
                by_hand.entry(key(ticket)).or_default().push(ticket);
            }
            assert_eq!(found.keys().collect::<Vec<_>>(), by_hand.keys().collect::<Vec<_>>(), "{group:?}");
            for (key, tickets) in &by_hand {
                assert_figures(&found[key], &counted(tickets), &format!("{group:?} {filter:?} {key}"));
            }
        }
    }
    // The world is worth counting.
    let all = counted(&tickets.iter().collect::<Vec<_>>());
    assert!(all.rated > 2 && all.withdrawn > 2 && all.overdue > 2 && all.escalated > 2, "{all:?}");
    assert!(all.completed > all.rated && all.accepted > all.completed && all.received > all.accepted, "{all:?}");
}

async fn medians_lie_in_the_middle(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut expected = Vec::new();
    for minutes in [30, 1, 2, 100] {
        let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
        store.clock.advance(minutes * MINUTE);
        world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
        expected.push(minutes * MINUTE);
        let found = store.tickets.statistics(&Scope::system(), &TicketFilter::default(), &TicketGroup::Total).await;
        let figures = &found.unwrap()[0].1;
        assert!(close(figures.accept_median_ms, middle(expected.clone())), "{figures:?}");
        assert!(close(figures.accept_average_ms, mean(&expected)));
        assert_eq!((figures.complete_median_ms, figures.stars), (None, None));
    }
}

async fn who_sees_less_counts_less(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    many(&store, &world).await;
    for caller in [&world.admin, &world.leader, &world.worker, &world.resident] {
        let (scope, filter) = (caller.scope(), TicketFilter::default());
        let listed = store.tickets.list(&scope, &filter, None, 1_000).await.unwrap();
        let found = store.tickets.statistics(&scope, &filter, &TicketGroup::Total).await.unwrap();
        assert_figures(&found[0].1, &counted(&listed.iter().collect::<Vec<_>>()), &caller.name);
    }
}

async fn a_limit_that_ended_is_remembered_when_the_ticket_is_done(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    store.clock.advance(31 * MINUTE);
    let late = world.decide_time(&ticket, store.ids.clock().now());
    world.happen(&store, &mut ticket, &late).await;
    world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
    let done = Command::Complete { note: "好".to_owned(), attachments: Vec::new() };
    world.act(&store, &mut ticket, done, &world.worker).await;
    let stored = store.tickets.get(&Scope::system(), ticket.id).await.unwrap().unwrap();
    assert_eq!((stored.is_overdue(), stored.overdue_count), (false, 1));
    let found = store.tickets.statistics(&Scope::system(), &TicketFilter::default(), &TicketGroup::Total).await;
    assert_eq!((found.as_ref().unwrap()[0].1.overdue, found.unwrap()[0].1.escalated), (1, 1));
}

async fn nothing_adds_up_to_nothing(fresh: &Fresh) {
    let store = fresh.open().await;
    for group in
        [TicketGroup::Total, TicketGroup::Kind, TicketGroup::Period(vec![NOON]), TicketGroup::Period(Vec::new())]
    {
        let found = store.tickets.statistics(&Scope::system(), &TicketFilter::default(), &group).await.unwrap();
        assert_eq!(found, [], "{group:?}");
    }
}

//! What a list shows is exactly what the domain's rule allows and the filter asks for, on random trees and people.

use lianxin_domain::access::{Caller, Duty};
use lianxin_domain::ids::AccountId;
use lianxin_domain::person::PersonRef;
use lianxin_domain::ticket::{Completion, State, StateName, Ticket};
use lianxin_domain::tree::TreePath;
use lianxin_storage::tickets::TicketFilter;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{Fresh, NOON, Store};
use crate::village::{Place, Village, caller, request};

on_both_as_property!(lists_and_look_ups_show_exactly_what_the_rule_and_the_filter_allow, world, [200, 60]);

#[derive(Debug, Clone)]
struct TicketSeed {
    grid: Index,
    also_village: bool,
    submitter: usize,
    handler: usize,
    state: StateName,
    climbs: usize,
    kind: &'static str,
    content: String,
}

#[derive(Debug, Clone)]
struct CallerSeed {
    account: usize,
    duties: Vec<(Index, Duty)>,
    administers: Vec<Index>,
}

#[derive(Debug, Clone)]
struct FilterSeed {
    mine: bool,
    grids: Option<Vec<Index>>,
    below: Option<Index>,
    escalated_to: Option<Vec<Index>>,
    states: Vec<StateName>,
    kind: Option<&'static str>,
    text: Option<String>,
    page: u32,
}

#[derive(Debug, Clone)]
struct World {
    /// Each grid hangs below the one that the index chooses among those before it; two roots come first.
    grids: Vec<Index>,
    tickets: Vec<TicketSeed>,
    callers: Vec<CallerSeed>,
    filters: Vec<FilterSeed>,
}

const PEOPLE: usize = 4;

fn words(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    let letters = vec!['a', 'A', '%', '_', '!', '\\', '路', 'é'];
    vec(select(letters), length).prop_map(String::from_iter)
}

fn world() -> impl Strategy<Value = World> {
    let index = any::<Index>;
    let ticket = (
        (index(), any::<bool>(), 0..PEOPLE, 0..PEOPLE),
        (select(&StateName::ALL[..]), 0..3_usize, select(vec!["suggestion", "dispute"]), words(1..6)),
    );
    let ticket = ticket.prop_map(|((grid, also_village, submitter, handler), (state, climbs, kind, content))| {
        TicketSeed { grid, also_village, submitter, handler, state, climbs, kind, content }
    });
    let duty = (index(), select(&Duty::ALL[..]));
    let caller = (0..PEOPLE, vec(duty, 0..4), vec(index(), 0..2));
    let caller = caller.prop_map(|(account, duties, administers)| CallerSeed { account, duties, administers });
    let maybe = |weight| prop::bool::weighted(weight);
    let filter = (
        (maybe(0.3), prop::option::weighted(0.3, vec(index(), 0..4))),
        (prop::option::weighted(0.3, index()), prop::option::weighted(0.3, vec(index(), 0..4))),
        (vec(select(&StateName::ALL[..]), 0..3), prop::option::weighted(0.3, select(vec!["suggestion", "dispute"]))),
        (prop::option::weighted(0.4, words(1..3)), 1..5_u32),
    );
    let filter = filter.prop_map(|((mine, grids), (below, escalated_to), (states, kind), (text, page))| FilterSeed {
        mine,
        grids,
        below,
        escalated_to,
        states,
        kind,
        text,
        page,
    });
    (vec(index(), 1..14), vec(ticket, 0..14), vec(caller, 1..4), vec(filter, 1..4))
        .prop_map(|(grids, tickets, callers, filters)| World { grids, tickets, callers, filters })
}

fn tree(seeds: &[Index], root: u32) -> Vec<TreePath> {
    let mut paths = vec![TreePath::root(root), TreePath::root(root + 1)];
    for (number, seed) in (0..).zip(seeds) {
        let parents: Vec<&TreePath> = paths.iter().filter(|path| path.level() < 5).collect();
        let path = seed.get(&parents).child(number);
        paths.push(path);
    }
    paths
}

fn ticket(store: &Store, village: &Village, seed: &TicketSeed, paths: &[TreePath], people: &[AccountId]) -> Ticket {
    let path = seed.grid.get(paths).clone();
    let place = Place { id: store.id(), path: path.clone() };
    let mut new = request(store, &caller(people[seed.submitter], "人", &[]), &seed.content);
    new.also_village = seed.also_village;
    seed.kind.clone_into(&mut new.kind);
    let (_, mut ticket) = village.send(new, &place, NOON).remove(0);
    let handler = PersonRef { id: people[seed.handler], name: "手".to_owned() };
    let completion = Completion {
        handler: handler.clone(),
        accepted_at: NOON,
        completed_at: NOON,
        note: "好".to_owned(),
        attachments: Vec::new(),
    };
    ticket.state = match seed.state {
        StateName::Submitted => State::Submitted,
        StateName::Accepted => State::Accepted { handler, accepted_at: NOON },
        StateName::Completed => State::Completed(completion),
        StateName::Rated => {
            State::Rated { completion, rating: lianxin_domain::ticket::Rating { stars: 3, comment: None, at: NOON } }
        }
        StateName::Withdrawn => State::Withdrawn { at: NOON },
    };
    for _ in 0..seed.climbs {
        ticket.handling_path = ticket.handling_path.parent().unwrap_or(ticket.handling_path);
    }
    ticket
}

/// The filter's rule as a sentence about one ticket.
fn asked_for(filter: &TicketFilter, me: AccountId, ticket: &Ticket) -> bool {
    let one_of = |paths: &Option<Vec<TreePath>>, path| paths.as_ref().is_none_or(|paths| paths.contains(path));
    let lower = |text: &str| text.to_lowercase();
    let handled = ticket.handler().is_some_and(|handler| handler.id == me);
    (!filter.mine || ticket.submitter.id == me || handled)
        && one_of(&filter.grids, &ticket.grid_path)
        && filter.below.as_ref().is_none_or(|path| path.contains(&ticket.grid_path))
        && one_of(&filter.escalated_to, &ticket.handling_path)
        && (filter.escalated_to.is_none() || ticket.is_escalated())
        && (filter.states.is_empty() || filter.states.contains(&ticket.state_name()))
        && filter.kind.as_ref().is_none_or(|kind| *kind == ticket.kind)
        && filter.text.as_ref().is_none_or(|text| {
            lower(&ticket.content).contains(&lower(text)) || lower(&ticket.number).contains(&lower(text))
        })
}

async fn lists_and_look_ups_show_exactly_what_the_rule_and_the_filter_allow(
    _: &Fresh,
    store: &Store,
    case: u32,
    world: World,
) {
    // Every case has tenants and people of its own; what other cases left must not be seen.
    let paths = tree(&world.grids, 10 * case);
    let people: Vec<AccountId> = (0..PEOPLE).map(|_| store.id()).collect();
    let village = Village::new(store, 0);
    let mut tickets: Vec<Ticket> =
        world.tickets.iter().map(|seed| ticket(store, &village, seed, &paths, &people)).collect();
    let mut change = store.change();
    change.writes = tickets.iter().flat_map(|ticket| store.tickets.writes(None, ticket)).collect();
    store.journal.commit(change).await.unwrap();
    tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.id));

    for seed in &world.callers {
        let caller = caller_of(seed, &paths, &people);
        let scope = caller.scope();
        let visible: Vec<&Ticket> = tickets.iter().filter(|ticket| scope.sees_ticket(&ticket.place())).collect();
        let all = store.tickets.list(&scope, &TicketFilter::default(), None, 1_000).await.unwrap();
        assert_eq!(all.iter().collect::<Vec<_>>(), visible, "{caller:?}");
        for ticket in &tickets {
            let found = store.tickets.get(&scope, ticket.id).await.unwrap();
            assert_eq!(found.as_ref(), visible.iter().find(|seen| seen.id == ticket.id).copied());
        }
        for filter in &world.filters {
            let (filter, page) = (filter_of(filter, &paths), filter.page);
            let expected = visible.iter().filter(|ticket| asked_for(&filter, caller.account_id, ticket));
            let mut listed: Vec<Ticket> = Vec::new();
            loop {
                let before = listed.last().map(|ticket| ticket.id);
                let next = store.tickets.list(&scope, &filter, before, page).await.unwrap();
                let is_last = next.len() < page as usize;
                listed.extend(next);
                if is_last {
                    break;
                }
            }
            assert_eq!(listed.iter().collect::<Vec<_>>(), expected.copied().collect::<Vec<_>>(), "{filter:?}");
        }
    }
}

fn caller_of(seed: &CallerSeed, paths: &[TreePath], people: &[AccountId]) -> Caller {
    let mut caller = caller(people[seed.account], "人", &[]);
    caller.duties = seed
        .duties
        .iter()
        .map(|(grid, duty)| lianxin_domain::access::GridDuty {
            grid_id: lianxin_domain::ids::EntityId::from_uuid(uuid::Uuid::nil()),
            path: grid.get(paths).clone(),
            duty: *duty,
        })
        .collect();
    caller.administers = seed.administers.iter().map(|grid| grid.get(paths).clone()).collect();
    caller
}

fn filter_of(seed: &FilterSeed, paths: &[TreePath]) -> TicketFilter {
    let chosen = |indexes: &Vec<Index>| indexes.iter().map(|index| index.get(paths).clone()).collect();
    TicketFilter {
        mine: seed.mine,
        grids: seed.grids.as_ref().map(chosen),
        below: seed.below.map(|index| index.get(paths).clone()),
        escalated_to: seed.escalated_to.as_ref().map(chosen),
        states: seed.states.clone(),
        kind: seed.kind.map(str::to_owned),
        text: seed.text.clone(),
        ..TicketFilter::default()
    }
}

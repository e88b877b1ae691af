//! What must be so when everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use lianxin_domain::grid::Counters;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::meeting::Hall;
use lianxin_domain::ticket::Ticket;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::change::Write;

use crate::database::int;
use crate::node::Node;
use crate::polls;
use crate::room::list;
use crate::world::World;

/// # Errors
/// The first thing that is not so.
pub fn all(world: &World<'_>) -> Result<(), String> {
    log(world)?;
    calls(world)?;
    let tickets = world.database.fold().tickets();
    deadlines(world, tickets)?;
    counters(world, tickets)?;
    attendance(world)?;
    for (number, place) in world.places.iter().enumerate() {
        let Some(node) = &place.node else { return Err(format!("node {number} is down")) };
        boards(world, node, tickets).map_err(|wrong| format!("node {number}: {wrong}"))?;
        memory(node, tickets).map_err(|wrong| format!("node {number}: {wrong}"))?;
        if let Some(hall) = node.room.floor.hall() {
            same_hall(hall, world.database.hall()).map_err(|wrong| format!("node {number}: {wrong}"))?;
        }
    }
    for live in &world.lives {
        live.topics.iter().try_for_each(|follows| follows.is_complete(&world.record))?;
    }
    Ok(())
}

fn log(world: &World<'_>) -> Result<(), String> {
    let gap = (1..).zip(world.database.log()).find(|(number, event)| *number != event.seq);
    gap.map_or(Ok(()), |(number, event)| Err(format!("event {number} has number {}", event.seq)))
}

/// What was answered is in the log, once, at the number that was answered.
fn calls(world: &World<'_>) -> Result<(), String> {
    let mut last: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
    for event in world.database.log() {
        let Some(request) = event.request_id else { continue };
        let number = usize::try_from(u128::from_be_bytes(request_bytes(&request))).unwrap();
        last.entry(world.attempts[number].call).or_default().insert(number, event.seq);
    }
    for (number, call) in world.calls.iter().enumerate() {
        let done: Vec<u64> = last.get(&number).into_iter().flat_map(BTreeMap::values).copied().collect();
        match (&call.answer, &done[..]) {
            (_, [_, _, ..]) => return Err(format!("call {number} was done more than once: {done:?}")),
            (Some(answer), [seq]) if answer.seq == *seq => {}
            (Some(answer), _) => {
                return Err(format!("call {number} was answered {answer:?}, and is in the log at {done:?}"));
            }
            (None, _) => {}
        }
    }
    Ok(())
}

fn request_bytes(id: &lianxin_domain::ids::RequestId) -> [u8; 16] {
    *id.as_bytes()
}

/// A row for everything that will happen by itself, and for nothing else.
fn deadlines(world: &World<'_>, tickets: &BTreeMap<TicketId, Ticket>) -> Result<(), String> {
    let of_tickets =
        tickets.values().filter_map(|ticket| Some((format!("ticket.due:{}", ticket.id), ticket.next_timer()?)));
    let meeting = world.database.hall().meeting();
    let of_meeting = meeting.next_due().map(|at| (format!("meeting:{}", meeting.id), at));
    if let Some(limit) = polls::limits(world.database.hall()).next() {
        return Err(format!("{limit}: closed, and never counted"));
    }
    let expected: BTreeMap<String, i64> = of_tickets.chain(of_meeting).map(|(id, at)| (id, at.millis())).collect();
    let rows = world.database.rows_of("deadlines").map(|(id, row)| (id.to_owned(), int(&row[3]))).collect();
    same("deadlines", &expected, &rows)
}

fn counters(world: &World<'_>, tickets: &BTreeMap<TicketId, Ticket>) -> Result<(), String> {
    let mut expected: BTreeMap<GridId, Counters> = BTreeMap::new();
    for ticket in tickets.values() {
        *expected.entry(ticket.grid_id).or_default() += ticket.counted();
    }
    let counters = |row: &[lianxin_storage::table::Cell]| std::array::from_fn(|column| int(&row[column + 1]));
    let rows = world.database.rows_of("grid_counters");
    let rows = rows.map(|(id, row)| (id.parse().unwrap(), Counters::from_array(counters(row)))).collect();
    same("counters", &expected, &rows)
}

/// Whoever was at work in the hall when the meeting ended counts it, and again when it knows better. When all of them
/// crash before that, nobody is left who would.
fn attendance(world: &World<'_>) -> Result<(), String> {
    if world.crashes > 1 {
        return Ok(());
    }
    for write in AttendanceBook::writes(world.database.hall(), 0) {
        let Write::Raise(table, row) = &write else { return Err(format!("{write:?}")) };
        let there = write.row_key().and_then(|(_, key)| world.database.row(table.name, key));
        // The number of the log that it was counted at is the counter's own.
        if there.is_none_or(|there| there[2..] != row[2..]) {
            return Err(format!("attendance is {there:?}, a recount gives {row:?}"));
        }
    }
    Ok(())
}

fn boards(world: &World<'_>, node: &Node, tickets: &BTreeMap<TicketId, Ticket>) -> Result<(), String> {
    for (grid, state) in &node.grids.states {
        let path = &world.cast.entry(*grid).grid.path;
        let below: Vec<&Ticket> = tickets.values().filter(|ticket| path.contains(&ticket.grid_path)).collect();
        let mut expected = Counters::default();
        below.iter().for_each(|ticket| expected += ticket.counted());
        same("a board", &expected, &state.board.counters())?;
        let open = below.iter().filter(|ticket| ticket.state_name().is_open());
        let open: BTreeSet<_> = open.map(|ticket| (ticket.id, ticket.is_overdue(), ticket.is_escalated())).collect();
        let points = state.board.points();
        let shown = points.iter().map(|point| (point.ticket_id, point.overdue, point.escalated)).collect();
        same("a map", &open, &shown)?;
        let levels: Vec<(u8, i64)> = state.board.figures().ladder.iter().map(|step| (step.level, step.count)).collect();
        let at = |level, ticket: &Ticket| ticket.state_name().is_open() && ticket.handling_path.level() == level;
        let count = |level| below.iter().filter(|ticket| at(level, ticket)).count() as i64;
        let expected = (1..=5).map(|level| (level, count(level))).collect();
        same("the levels of a board", &expected, &levels)?;
    }
    Ok(())
}

/// What a node remembers of a ticket is what the log says.
fn memory(node: &Node, tickets: &BTreeMap<TicketId, Ticket>) -> Result<(), String> {
    for ticket in tickets.values() {
        let known = node.grids.states.get(&ticket.grid_id).and_then(|state| state.ticket(ticket.id));
        if let Some(known) = known.filter(|known| *known != ticket) {
            return Err(format!(
                "{} is remembered at version {}, and is at {}",
                ticket.id, known.version, ticket.version
            ));
        }
    }
    Ok(())
}

fn same_hall(known: &Hall, stored: &Hall) -> Result<(), String> {
    same("the meeting", stored.meeting(), known.meeting())?;
    same("the list", &list(stored), &list(known))?;
    same("the figures", &stored.recounted(), known.tally())?;
    same("the votes", &polls::known(stored), &polls::known(known))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: {found:?} where {expected:?} should be")) }
}

//! The whole log, folded, gives the tables to the last bit (tickets.md G16); what does not is named.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::{Action, Command, NewTicket, OnBehalf, PauseReason, Ticket, TicketLocation};
use lianxin_storage::change::Change;
use lianxin_storage::replay::{ReplayReport, StateHash, replay};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, all_actions, change_of, last, person, picture, request, steps_of};

on_both_as_property!(the_log_gives_the_tickets_to_the_last_bit, lives, [40, 15]);

mod cases {
    use super::*;

    on_both!(
        an_empty_log_gives_nothing,
        a_changed_column_is_named_whichever_it_is,
        rows_and_events_without_each_other_are_named,
        an_event_that_is_missing_or_doubled_is_named,
        counters_are_what_the_log_adds_up_to,
        what_is_archived_is_counted_and_no_difference,
        events_from_before_clocks_are_counted_and_no_difference,
        the_third_person_is_not_in_the_log,
        every_page_is_compared,
        many_differences_are_counted,
    );
}

#[derive(Debug, Clone)]
pub enum Step {
    Send { place: usize, by: usize, request: Box<Written> },
    Act { ticket: Index, by: usize, action: Action, words: String },
    Wait { millis: i64 },
    TimePasses { ticket: Index },
    RulesChange { minutes: u32 },
}

/// What a request holds beside its kind.
#[derive(Debug, Clone)]
pub struct Written {
    content: String,
    form: Value,
    pictures: usize,
    place: Option<(f64, f64, Option<f64>, bool)>,
    on_behalf: bool,
    flags: (bool, bool),
}

/// Words as people type them, with what JSON and SQL escape.
fn words() -> impl Strategy<Value = String> {
    "[a-z\"'\\\\%_\n\t 路灯坏了“”😀é]{1,20}".prop_map(|words| format!("x{words}"))
}

fn written() -> impl Strategy<Value = Written> {
    let number = prop_oneof![any::<i64>().prop_map(|n| json!(n)), (-1e9..1e9f64).prop_map(|n| json!(n))];
    let field = prop_oneof![
        number,
        words().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        vec(words(), 0..3).prop_map(Value::from),
    ];
    let form = proptest::collection::btree_map("[a-z_]{1,8}", field, 0..4).prop_map(|form| json!(form));
    let place = (-180.0..180.0f64, -90.0..90.0f64, proptest::option::of(0.0..5e3f64), any::<bool>());
    (words(), form, 0..4usize, proptest::option::of(place), any::<bool>(), any::<(bool, bool)>()).prop_map(
        |(content, form, pictures, place, on_behalf, flags)| Written {
            content,
            form,
            pictures,
            place,
            on_behalf,
            flags,
        },
    )
}

pub fn lives() -> impl Strategy<Value = Vec<Step>> {
    let (index, minute) = (any::<Index>, 60_000);
    let waits = vec![0, 1, 9 * minute, 31 * minute, 25 * 60 * minute, 6 * 24 * 60 * minute];
    let step = prop_oneof![
        2 => (0..4usize, 0..5usize, written())
            .prop_map(|(place, by, request)| Step::Send { place, by, request: Box::new(request) }),
        12 => (index(), 0..5usize, select(all_actions()), words())
            .prop_map(|(ticket, by, action, words)| Step::Act { ticket, by, action, words }),
        3 => select(waits).prop_map(|millis| Step::Wait { millis }),
        4 => index().prop_map(|ticket| Step::TimePasses { ticket }),
        1 => (1..3_000u32).prop_map(|minutes| Step::RulesChange { minutes }),
    ];
    vec(step, 1..80)
}

fn new_ticket(store: &Store, village: &Village, by: &Caller, written: &Written) -> NewTicket {
    let location = written.place.map(|(lng, lat, accuracy_m, known)| TicketLocation {
        lng,
        lat,
        accuracy_m,
        grid_id: known.then_some(village.group.id),
    });
    let somebody = || OnBehalf { name: "潘奶奶".to_owned(), phone: "13900001234".to_owned() };
    NewTicket {
        form: written.form.clone(),
        attachments: (0..written.pictures).map(|_| picture(store.id())).collect(),
        location,
        on_behalf: written.on_behalf.then(somebody),
        also_village: written.flags.0,
        emergency: written.flags.1,
        ..request(store, by, &written.content)
    }
}

fn command(action: Action, store: &Store, village: &Village, words: &str) -> Command {
    let words = words.to_owned();
    let attachments = vec![picture(store.id())];
    match action {
        Action::Accept => Command::Accept,
        Action::Complete => Command::Complete { note: words, attachments },
        Action::Return => Command::Return { reason: words },
        Action::Reassign => Command::Reassign { handler: person(&village.colleague), may_handle: true },
        Action::Nudge => Command::Nudge { note: (words.len() > 8).then_some(words) },
        Action::ReadNudge => Command::ReadNudge,
        Action::Withdraw => Command::Withdraw,
        Action::Rate => Command::Rate { stars: 1 + (words.len() % 5) as u8, comment: Some(words) },
        Action::Reopen => Command::Reopen { reason: words },
        Action::Comment => Command::Comment { text: words, attachments },
        Action::Pause => Command::Pause { reason: PauseReason::Other, note: Some(words) },
        Action::Resume => Command::Resume,
        Action::RequestExtension => {
            Command::RequestExtension { limit: Limit::working(2, LimitUnit::Workdays), reason: words }
        }
        Action::DecideExtension => {
            Command::DecideExtension { approved: words.len().is_multiple_of(2), note: Some(words) }
        }
        Action::MakeKnown => Command::MakeKnown { text: words, private: false },
        Action::Conceal => Command::Conceal,
        Action::Join => Command::Join { profile_complete: true },
        Action::Leave => Command::Leave,
    }
}

/// Plays the steps; answers the tickets and the changes that store them.
pub fn play(store: &Store, village: &mut Village, steps: &[Step]) -> (Vec<Ticket>, Vec<Change>) {
    let (mut tickets, mut changes, mut now): (Vec<Ticket>, _, _) = (Vec::new(), Vec::new(), NOON);
    for step in steps {
        let count = tickets.len();
        let people = [&village.resident, &village.worker, &village.colleague, &village.leader, &village.admin];
        let (which, events) = match step {
            Step::Wait { millis } => {
                now = now.plus_millis(*millis);
                continue;
            }
            Step::Send { place, by, request } => {
                let places = [&village.group, &village.other_group, &village.village, &village.neighbour];
                let steps = village.send(new_ticket(store, village, people[*by], request), places[*place], now);
                changes.push(change_of(store, None, &steps, now));
                tickets.push(last(&steps).clone());
                continue;
            }
            Step::RulesChange { minutes } => {
                village.rules.levels.version += 1;
                village.rules.levels.accept = Limit::continuous(*minutes, LimitUnit::Minutes);
                village.rules.levels.nudge_answer = Some(Limit::continuous(*minutes, LimitUnit::Minutes));
                village.rules.levels.nudge_repeat = Some(Limit::continuous(*minutes, LimitUnit::Minutes));
                for ticket in &mut tickets {
                    let place = crate::village::Place { id: ticket.grid_id, path: ticket.grid_path.clone() };
                    let moved = village.around(&place, |context| ticket.decide_rules_changed(context, now));
                    changes.extend(moved.map(|moved| happen(store, ticket, &[moved], now)));
                }
                continue;
            }
            Step::Act { .. } | Step::TimePasses { .. } if count == 0 => continue,
            Step::Act { ticket, by, action, words } => {
                let which = ticket.index(count);
                let wish = command(*action, store, village, words);
                (which, village.decide(&tickets[which], &wish, people[*by], now).unwrap_or_default())
            }
            Step::TimePasses { ticket } => {
                let which = ticket.index(count);
                now = now.max(tickets[which].next_timer().unwrap_or(NOON));
                (which, village.decide_time(&tickets[which], now))
            }
        };
        if !events.is_empty() {
            changes.push(happen(store, &mut tickets[which], &events, now));
        }
    }
    (tickets, changes)
}

fn happen(store: &Store, ticket: &mut Ticket, events: &[lianxin_domain::ticket::TicketEvent], at: Timestamp) -> Change {
    let steps = steps_of(ticket, events, at);
    let change = change_of(store, Some(ticket), &steps, at);
    *ticket = last(&steps).clone();
    change
}

async fn the_log_gives_the_tickets_to_the_last_bit(fresh: &Fresh, store: &Store, case: u32, steps: Vec<Step>) {
    let before = replay(&store.database).await.unwrap();
    let mut village = Village::new(store, case);
    let (tickets, changes) = play(store, &mut village, &steps);
    let pending: Vec<_> = changes.into_iter().map(|change| store.journal.submit(change).unwrap()).collect();
    for done in join_all(pending).await {
        done.unwrap();
    }
    let report = replay(&store.database).await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
    assert_eq!(report.tickets, before.tickets + tickets.len() as u64);
    assert_eq!(report.events, before.events + tickets.iter().map(|ticket| u64::from(ticket.version)).sum::<u64>());
    assert_eq!((report.older_form, report.archived, report.begins_at), (0, 0, None));
    let state = report.state.as_ref();
    assert!(state.is_none_or(|state| state.of_log == state.of_table), "{state:?}");
    // Another ticket, another state.
    assert_eq!(report.state == before.state, tickets.is_empty());
    // One row that says something else is found among all.
    let Some(ticket) = tickets.first() else { return };
    let id = ticket.id;
    let was = ticket.return_count;
    fresh.execute(&format!("UPDATE tickets SET return_count = 77 WHERE id = '{id}'")).await;
    let tampered = replay(&store.database).await.unwrap();
    assert_eq!(tampered.differences, [format!("ticket {id}: return_count is 77, its events say {was}")]);
    let state = tampered.state.unwrap();
    assert_ne!(state.of_log, state.of_table);
    assert_eq!(Some(state.of_log), report.state.as_ref().map(|state| state.of_log.clone()));
    fresh.execute(&format!("UPDATE tickets SET return_count = {was} WHERE id = '{id}'")).await;
}

async fn an_empty_log_gives_nothing(fresh: &Fresh) {
    let store = fresh.open().await;
    assert_eq!(replay(&store.database).await.unwrap(), ReplayReport::default());
}

/// A ticket that was sent for somebody else with all that one may hold, and stands in each state in turn.
async fn a_full_ticket(store: &Store, village: &Village) -> Ticket {
    let written = Written {
        content: "路灯坏了".to_owned(),
        form: json!({ "work_place": "深圳" }),
        pictures: 1,
        place: Some((105.123_456_7, 24.765_432_1, Some(12.5), true)),
        on_behalf: true,
        flags: (true, true),
    };
    let new = new_ticket(store, village, &village.resident, &written);
    let mut ticket = village.submit(store, new, &village.group).await;
    let back = Command::Return { reason: "不归我管".to_owned() };
    let nudge = Command::Nudge { note: Some("快".to_owned()) };
    let more = Command::RequestExtension { limit: Limit::working(1, LimitUnit::Hours), reason: "等配件".to_owned() };
    for (command, by) in [
        (Command::Accept, &village.worker),
        (back, &village.worker),
        (Command::Accept, &village.worker),
        (nudge, &village.leader),
        (more, &village.worker),
    ] {
        store.clock.advance(60_000);
        village.act(store, &mut ticket, command, by).await;
    }
    ticket
}

async fn a_changed_column_is_named_whichever_it_is(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let columns = columns_of_tickets(fresh).await;
    assert!(columns.len() > 38, "{columns:?}");
    let mut expected = Vec::new();
    for (column, kind) in &columns {
        let mut ticket = a_full_ticket(&store, &village).await;
        let rated = ["stars", "rating_comment", "rated_at"].contains(&column.as_str());
        if rated || column.starts_with("complet") {
            let done = Command::Complete { note: "好了".to_owned(), attachments: Vec::new() };
            village.act(&store, &mut ticket, done, &village.worker).await;
        }
        if rated {
            let rate = Command::Rate { stars: 4, comment: Some("谢谢".to_owned()) };
            village.act(&store, &mut ticket, rate, &village.resident).await;
        }
        let id = ticket.id;
        if column == "id" {
            let other = id.to_string().replace('-', "+");
            expected.push(format!("ticket {other} has no events"));
            expected.push(format!("ticket {id} has events and no row"));
            fresh.execute(&format!("UPDATE tickets SET id = '{other}' WHERE id = '{id}'")).await;
            continue;
        }
        let value = match (column.as_str(), kind.as_str()) {
            ("on_behalf_sealed", _) => "NULL".to_owned(),
            (_, "text") => format!("'Q{id}'"),
            (column, "bigint") => format!("COALESCE({column}, 0) + 1"),
            (column, _) => format!("COALESCE({column}, 0) + 0.0000001"),
        };
        expected.push(format!("ticket {id}: {column} is"));
        fresh.execute(&format!("UPDATE tickets SET {column} = {value} WHERE id = '{id}'")).await;
    }
    let report = replay(&store.database).await.unwrap();
    let is_named = |line: &String| expected.iter().any(|expected| line.starts_with(expected));
    let strange: Vec<_> = report.differences.iter().filter(|line| !is_named(line)).collect();
    assert_eq!(strange, Vec::<&String>::new());
    for expected in &expected {
        let lines = report.differences.iter().filter(|line| line.starts_with(expected)).count();
        assert_eq!(lines, 1, "{expected}: {:?}", report.differences);
    }
    // What people said and where they are is not repeated.
    let said = report.differences.join("\n");
    for secret in ["路灯", "覃大姐", "韦师傅", "深圳", "不归我管", "等配件", "105.", "谢谢", "Q0"] {
        let shown = said.lines().filter(|line| line.contains(secret));
        let harmless = |line: &&str| {
            ["grid_id", "grid_path", "kind", "state", "handling_path", "number"]
                .iter()
                .any(|column| line.contains(&format!(": {column} is")))
        };
        assert_eq!(shown.filter(|line| !harmless(line)).collect::<Vec<_>>(), Vec::<&str>::new(), "{secret}");
    }
}

async fn columns_of_tickets(fresh: &Fresh) -> Vec<(String, String)> {
    let mut connection = fresh.connect().await;
    let rows = sqlx::query(AssertSqlSafe(fresh.dialect.list_columns())).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let of_tickets = rows.iter().filter(|row| row.get::<String, _>("table_name") == "tickets");
    of_tickets.map(|row| (row.get("column_name"), row.get("kind"))).collect()
}

async fn rows_and_events_without_each_other_are_named(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(village.submit(&store, request(&store, &village.resident, "一件"), &village.group).await.id);
    }
    for id in [ids[0], ids[2], ids[4]] {
        fresh.execute(&format!("DELETE FROM tickets WHERE id = '{id}'")).await;
    }
    fresh.execute(&format!("UPDATE events SET subject_id = 'x' || subject_id WHERE subject_id = '{}'", ids[3])).await;
    let report = replay(&store.database).await.unwrap();
    let mut expected: Vec<String> =
        [ids[0], ids[2], ids[4]].iter().map(|id| format!("ticket {id} has events and no row")).collect();
    expected.push(format!("ticket {} has no events", ids[3]));
    expected.push(format!("ticket x{} has events and no row", ids[3]));
    let mut found = report.differences;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(report.tickets, 1);
}

async fn an_event_that_is_missing_or_doubled_is_named(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let mut tickets = Vec::new();
    for _ in 0..4 {
        tickets.push(a_full_ticket(&store, &village).await);
    }
    // The others stay below the first one's, so the log still begins with its first event.
    let [middle, first, doubled, strange] = [0, 1, 2, 3].map(|which: usize| tickets[which].id);
    let of = |id, kind: &str| format!("subject_id = '{id}' AND kind = 'ticket.{kind}'");
    let seq = |of: String| async move { fresh.number(&format!("SELECT MIN(seq) FROM events WHERE {of}")).await };
    let returned = seq(of(middle, "returned")).await;
    fresh.execute(&format!("DELETE FROM events WHERE seq = {returned}")).await;
    let after = seq(format!("subject_id = '{middle}' AND seq > {returned}")).await;
    fresh.execute(&format!("DELETE FROM events WHERE {}", of(first, "submitted"))).await;
    let nudged = seq(of(doubled, "nudged")).await;
    fresh
        .execute(&format!(
            "INSERT INTO events SELECT 900, kind, subject_kind, subject_id, at, by_account, grid_path, audience, data, \
             request_id FROM events WHERE seq = {nudged}"
        ))
        .await;
    let accepted = seq(of(strange, "accepted")).await;
    fresh.execute(&format!("UPDATE events SET kind = 'ticket.vanished' WHERE seq = {accepted}")).await;
    let report = replay(&store.database).await.unwrap();
    let unfit = |id, seq, kind: &str, version| {
        format!("ticket {id}: event {seq} (ticket.{kind}) is not one of a ticket that is at version {version}")
    };
    let grid = village.group.id;
    let [is, said] = [store.grids.counters().await.unwrap()[0].1.to_array(), [-2, 5, 0, 0, 0, 3]];
    let expected = [
        unfit(middle, after, "accepted", 2),
        format!("the first events of ticket {first} are missing"),
        unfit(doubled, 900, "nudged", 6),
        unfit(strange, accepted, "vanished", 1),
    ];
    assert_eq!(report.differences[..4], expected);
    // What the missing ones added is missing.
    assert_eq!(is, [0, 4, 0, 0, 0, 4]);
    assert_eq!(report.differences[4..], [format!("counters of grid {grid} are {is:?}, the log adds up to {said:?}")]);
    assert_eq!(report.state, None, "nothing was left to compare");
}

async fn counters_are_what_the_log_adds_up_to(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    a_full_ticket(&store, &village).await;
    village.submit(&store, request(&store, &village.resident, "一件"), &village.village).await;
    assert_eq!(replay(&store.database).await.unwrap().differences, Vec::<String>::new());
    let (group, above) = (village.group.id, village.village.id);
    let nobody = "018f0000-0000-7000-8000-000000000000";
    for sql in [
        format!("UPDATE grid_counters SET rated = 9, returned = 0 WHERE id = '{group}'"),
        format!("DELETE FROM grid_counters WHERE id = '{above}'"),
        format!("INSERT INTO grid_counters VALUES ('{nobody}', 0, 1, 0, 0, 0, 0)"),
    ] {
        fresh.execute(&sql).await;
    }
    let report = replay(&store.database).await.unwrap();
    let line = |grid: &dyn std::fmt::Display, is: [i64; 6], said: [i64; 6]| {
        format!("counters of grid {grid} are {is:?}, the log adds up to {said:?}")
    };
    let mut expected = vec![
        line(&group, [0, 1, 0, 9, 0, 0], [0, 1, 0, 0, 0, 1]),
        line(&above, [0; 6], [1, 0, 0, 0, 0, 0]),
        line(&nobody, [0, 1, 0, 0, 0, 0], [0; 6]),
    ];
    let mut found = report.differences;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

async fn what_is_archived_is_counted_and_no_difference(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let first = a_full_ticket(&store, &village).await;
    village.submit(&store, request(&store, &village.resident, "一件"), &village.group).await;
    let third = village.submit(&store, request(&store, &village.resident, "两件"), &village.group).await;
    // All of the second's and most of the first's are gone.
    let mut first = first;
    village.act(&store, &mut first, Command::Nudge { note: None }, &village.leader).await;
    let kept = u64::from(first.version - 1) + 2;
    fresh.execute(&format!("DELETE FROM events WHERE seq < {kept}")).await;
    let report = replay(&store.database).await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
    assert_eq!((report.begins_at, report.archived, report.tickets), (Some(kept), 2, 1));
    let StateHash { of_log, of_table } = report.state.unwrap();
    assert_eq!(of_log, of_table);
    // What is left is compared as ever.
    fresh.execute(&format!("UPDATE tickets SET due_at = 5 WHERE id = '{}'", third.id)).await;
    let report = replay(&store.database).await.unwrap();
    let due = third.due_at().unwrap().millis();
    assert_eq!(report.differences, [format!("ticket {}: due_at is 5, its events say {due}", third.id)]);
}

async fn events_from_before_clocks_are_counted_and_no_difference(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let old = a_full_ticket(&store, &village).await;
    let half = a_full_ticket(&store, &village).await;
    let new = a_full_ticket(&store, &village).await;
    // The oldest form of one: each limit as a time. Of the other, one event only.
    let of_old = format!("subject_id = '{}'", old.id);
    let of_half = format!("subject_id = '{}' AND kind = 'ticket.returned'", half.id);
    for chosen in [of_old, of_half] {
        let rows = fresh.texts(&format!("SELECT CAST(seq AS TEXT) FROM events WHERE {chosen}")).await;
        for seq in rows {
            let data = fresh.texts(&format!("SELECT data FROM events WHERE seq = {seq}")).await;
            let mut data: Value = serde_json::from_str(&data[0]).unwrap();
            let members = data.as_object_mut().unwrap();
            members.retain(|name, _| !["clock", "timer_at", "within", "submitter_name"].contains(&name.as_str()));
            fresh.execute(&format!("UPDATE events SET data = '{data}' WHERE seq = {seq}")).await;
        }
    }
    let report = replay(&store.database).await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
    assert_eq!((report.older_form, report.tickets, report.begins_at), (2, 1, None));
    // An event that has no form at all is a difference.
    let seq = format!("SELECT MAX(seq) FROM events WHERE subject_id = '{}'", new.id);
    let seq = fresh.number(&seq).await;
    fresh.execute(&format!("UPDATE events SET data = '{{\"version\": 6}}' WHERE seq = {seq}")).await;
    let report = replay(&store.database).await.unwrap();
    let unfit = "is not one of a ticket that is at version 5";
    let expected = format!("ticket {}: event {seq} (ticket.extension_requested) {unfit}", new.id);
    assert_eq!(report.differences, [expected]);
}

async fn the_third_person_is_not_in_the_log(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    let ticket = a_full_ticket(&store, &village).await;
    assert_eq!(replay(&store.database).await.unwrap().differences, Vec::<String>::new());
    let log = crate::village::raw(fresh, "events", &["data", "subject_id", "audience", "by_account"]).await;
    assert!(!log.contains("潘奶奶") && !log.contains("13900001234"));
    // Who it is does not matter for the replay, that there is one does.
    fresh.execute("UPDATE tickets SET on_behalf_sealed = 'other'").await;
    assert_eq!(replay(&store.database).await.unwrap().differences, Vec::<String>::new());
    fresh.execute("UPDATE tickets SET on_behalf_sealed = NULL").await;
    let expected = format!("ticket {}: on_behalf_sealed is false, its events say true", ticket.id);
    assert_eq!(replay(&store.database).await.unwrap().differences, [expected]);
}

/// Stores `count` tickets that were just sent.
async fn many(store: &Store, village: &Village, count: usize) -> Vec<Ticket> {
    let mut tickets = Vec::new();
    let mut pending = Vec::new();
    for _ in 0..count {
        let steps = village.send(request(store, &village.resident, "一件"), &village.group, NOON);
        pending.push(store.journal.submit(change_of(store, None, &steps, NOON)).unwrap());
        tickets.push(last(&steps).clone());
    }
    for done in join_all(pending).await {
        done.unwrap();
    }
    tickets.sort_by_key(|ticket| ticket.id);
    tickets
}

async fn every_page_is_compared(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    // A page is a thousand rows.
    for (more, total) in [(999, 999), (1, 1_000), (1, 1_001), (1_100, 2_101)] {
        many(&store, &village, more).await;
        let report = replay(&store.database).await.unwrap();
        assert_eq!(report.differences, Vec::<String>::new());
        assert_eq!((report.tickets, report.events), (total, total));
    }
    let ids = fresh.texts("SELECT id FROM tickets ORDER BY id").await;
    for id in [0, 999, 1_000, 2_100].map(|which: usize| &ids[which]) {
        fresh.execute(&format!("UPDATE tickets SET emergency = 1 WHERE id = '{id}'")).await;
        let report = replay(&store.database).await.unwrap();
        assert_eq!(report.differences, [format!("ticket {id}: emergency is 1, its events say 0")]);
        fresh.execute(&format!("UPDATE tickets SET emergency = 0 WHERE id = '{id}'")).await;
        fresh.execute(&format!("UPDATE tickets SET id = 'z' || id WHERE id = '{id}'")).await;
        let report = replay(&store.database).await.unwrap();
        let expected = [format!("ticket {id} has events and no row"), format!("ticket z{id} has no events")];
        assert_eq!(report.differences, expected);
        fresh.execute(&format!("UPDATE tickets SET id = '{id}' WHERE id = 'z{id}'")).await;
    }
}

async fn many_differences_are_counted(fresh: &Fresh) {
    let store = fresh.open().await;
    let village = Village::new(&store, 1);
    many(&store, &village, 130).await;
    fresh.execute("UPDATE tickets SET reopen_count = 3").await;
    let report = replay(&store.database).await.unwrap();
    assert_eq!(report.differences.len(), 101);
    assert_eq!(report.differences[100], "tickets: and 30 more");
    let unlike: BTreeMap<bool, usize> = report.differences[..100].iter().fold(BTreeMap::new(), |mut sum, line| {
        *sum.entry(line.ends_with("reopen_count is 3, its events say 0")).or_default() += 1;
        sum
    });
    assert_eq!(unlike, BTreeMap::from([(true, 100)]));
}

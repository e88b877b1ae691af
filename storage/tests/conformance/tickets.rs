//! Tickets come back as they were written, in every state, with the time limit that runs.

use lianxin_domain::access::Scope;
use lianxin_domain::ids::AttachmentId;
use lianxin_domain::service_level::Purpose;
use lianxin_domain::ticket::{Command, OnBehalf, Ticket, TicketClock, TicketEvent, TicketLocation};
use lianxin_storage::tickets::deadline_of;
use serde_json::json;

use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, change_of, last, person, picture, raw, request, steps_of};

on_both!(
    a_ticket_comes_back_equal_in_every_state,
    a_place_may_be_missing_in_one_ticket_and_there_in_the_next,
    the_person_a_ticket_is_sent_for_is_not_readable_in_the_row,
    the_time_limit_runs_as_a_deadline_while_the_ticket_is_open,
    two_decisions_on_one_ticket_have_one_winner,
    where_everything_stands_is_read_at_one_moment,
);

pub async fn assert_stored(store: &Store, ticket: &Ticket) {
    let stored = store.tickets.get(&Scope::system(), ticket.id).await.unwrap().unwrap();
    assert_eq!(&stored, ticket);
    let open = store.tickets.open().await.unwrap();
    assert_eq!(open.contains(ticket), ticket.state_name().is_open());
    assert_eq!(store.tickets.grid_of(ticket.id).await.unwrap(), Some(ticket.grid_id));
}

async fn a_ticket_comes_back_equal_in_every_state(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let pass = |minutes: i64| store.clock.advance(minutes * 60_000 + 1);
    let mut new = request(&store, &world.resident, "第一行：“路灯”\n第二行 𠮷😀 %_!'\\");
    new.form = json!({ "need": "务工", "risks": ["a", "b"], "lifted_out_of_poverty": true });
    new.attachments = vec![picture(store.id::<AttachmentId>()), picture(store.id())];
    new.location = Some(TicketLocation {
        lng: 106.916_437_123_456_78,
        lat: 23.735_6,
        accuracy_m: Some(0.1 + 0.2),
        grid_id: Some(world.group.id),
    });
    new.on_behalf = Some(OnBehalf { name: "覃老太".to_owned(), phone: "13800001234".to_owned() });
    (new.also_village, new.emergency) = (true, true);
    let mut ticket = world.submit(&store, new, &world.group).await;
    assert_stored(&store, &ticket).await;

    pass(31);
    let overdue = world.decide_time(&ticket, store.ids.clock().now());
    world.happen(&store, &mut ticket, &overdue).await;
    assert!(ticket.is_overdue() && ticket.is_escalated());
    assert_stored(&store, &ticket).await;

    let nudge = |note: Option<&str>| Command::Nudge { note: note.map(str::to_owned) };
    let put_back = || Command::Return { reason: "不归我管\n（真的）".to_owned() };
    let steps = [
        (nudge(Some("快一点")), &world.leader),
        (nudge(None), &world.leader),
        (Command::ReadNudge, &world.worker),
        (Command::Accept, &world.worker),
        (put_back(), &world.worker),
        (put_back(), &world.colleague),
        (Command::Reassign { handler: person(&world.colleague), may_handle: true }, &world.leader),
        (Command::Comment { text: "我来".to_owned(), attachments: Vec::new() }, &world.colleague),
        (Command::Complete { note: "换了灯泡".to_owned(), attachments: vec![picture(store.id())] }, &world.colleague),
        (Command::Reopen { reason: "又坏了".to_owned() }, &world.resident),
        (Command::Accept, &world.leader),
        (Command::Complete { note: "换了线".to_owned(), attachments: Vec::new() }, &world.leader),
        (Command::Rate { stars: 5, comment: Some("好😀".to_owned()) }, &world.resident),
    ];
    for (command, caller) in steps {
        pass(1);
        world.act(&store, &mut ticket, command, caller).await;
        assert_stored(&store, &ticket).await;
    }
    assert_eq!((ticket.version, ticket.return_count, ticket.reopen_count), (17, 2, 1));
    assert!(ticket.is_escalated());

    let mut plain = world.submit(&store, request(&store, &world.resident, "撤"), &world.village).await;
    assert_stored(&store, &plain).await;
    world.act(&store, &mut plain, Command::Withdraw, &world.resident).await;
    assert_stored(&store, &plain).await;
    let mut rated = world.submit(&store, request(&store, &world.resident, "评"), &world.county).await;
    let clock = TicketClock::start(Purpose::Finish, 2, &rated.kind, 1, NOON, &world.rules);
    for event in [
        TicketEvent::Accepted { handler: person(&world.worker), clock },
        TicketEvent::Completed { note: "好".to_owned(), attachments: Vec::new() },
        TicketEvent::Rated { stars: 1, comment: None },
    ] {
        world.happen(&store, &mut rated, &[event]).await;
        assert_stored(&store, &rated).await;
    }
    assert_eq!(store.tickets.get(&Scope::system(), store.id()).await.unwrap(), None);
    assert_eq!(store.tickets.grid_of(store.id()).await.unwrap(), None);
}

async fn a_place_may_be_missing_in_one_ticket_and_there_in_the_next(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    // One after the other through the same prepared statement.
    for has_place in [false, true, false, true] {
        let mut new = request(&store, &world.resident, "路");
        new.location = has_place.then_some(TicketLocation {
            lng: 106.916_437_123_456_78,
            lat: 23.735_6,
            accuracy_m: None,
            grid_id: None,
        });
        let ticket = world.submit(&store, new, &world.group).await;
        assert_stored(&store, &ticket).await;
    }
    // What is read back is what was written, to the last bit.
    let other = fresh.open().await;
    assert_eq!(store.log.after(0, 10).await.unwrap(), other.log.after(0, 10).await.unwrap());
}

async fn the_person_a_ticket_is_sent_for_is_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut new = request(&store, &world.resident, "代办");
    new.on_behalf = Some(OnBehalf { name: "覃老太".to_owned(), phone: "13800001234".to_owned() });
    world.submit(&store, new, &world.group).await;
    let row = raw(fresh, "tickets", &["content", "submitter_name", "on_behalf_sealed"]).await;
    assert!(row.starts_with("代办 覃大姐 v1:1:"), "{row}");
    assert!(!row.contains("覃老太") && !row.contains("13800001234"), "{row}");
    let events = raw(fresh, "events", &["kind", "subject_id", "audience", "data"]).await;
    assert!(!events.contains("覃老太") && !events.contains("13800001234"), "{events}");
}

async fn the_time_limit_runs_as_a_deadline_while_the_ticket_is_open(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let deadlines = &store.deadlines;
    let all = async || deadlines.before(NOON.plus_millis(i64::MAX / 2), None, 10).await.unwrap();
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.village).await;
    // The first thing that happens by itself is the warning.
    let warning = ticket.next_timer().unwrap();
    assert!(warning < ticket.due_at().unwrap());
    assert_eq!(deadlines.next(NOON).await.unwrap(), Some(warning));
    assert_eq!(deadlines.due(warning.plus_millis(-1), 10).await.unwrap(), []);
    assert_eq!(deadlines.due(warning, 10).await.unwrap(), [deadline_of(ticket.id, warning)]);
    world.wait(&store, &mut ticket).await;
    let first = ticket.due_at().unwrap();
    assert_eq!(all().await, [deadline_of(ticket.id, first)]);

    world.act(&store, &mut ticket, Command::Accept, &world.leader).await;
    let second = ticket.next_timer().unwrap();
    assert!(second > first);
    assert_eq!(all().await, [deadline_of(ticket.id, second)]);
    // Warned, then up to the town and the county; nothing is left to happen when the county's time is over too.
    for level in [3, 2, 2, 1, 1] {
        assert_eq!(all().await, [deadline_of(ticket.id, ticket.next_timer().unwrap())]);
        world.wait(&store, &mut ticket).await;
        assert_eq!(ticket.handling_path.level(), level);
    }
    world.wait(&store, &mut ticket).await;
    assert!(ticket.clock.as_ref().unwrap().ended);
    assert_eq!(all().await, []);

    let put_back = Command::Return { reason: "不归我管".to_owned() };
    world.act(&store, &mut ticket, put_back, &world.leader).await;
    assert_eq!(all().await, [deadline_of(ticket.id, ticket.next_timer().unwrap())]);
    world.act(&store, &mut ticket, Command::Withdraw, &world.resident).await;
    assert_eq!(all().await, []);
}

async fn two_decisions_on_one_ticket_have_one_winner(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let world = Village::new(&one, 1);
    let ticket = world.submit(&one, request(&one, &world.resident, "路"), &world.group).await;
    let accept = |store: &Store, caller| {
        let steps = steps_of(&ticket, &world.decide(&ticket, &Command::Accept, caller, NOON).unwrap(), NOON);
        let change = change_of(store, Some(&ticket), &steps, NOON);
        (store.journal.submit(change).unwrap(), last(&steps).clone())
    };
    let ((by_one, after_one), (by_two, after_two)) = (accept(&one, &world.worker), accept(&two, &world.colleague));
    let (by_one, by_two) = tokio::join!(by_one, by_two);
    assert!(by_one.is_ok() != by_two.is_ok(), "{by_one:?} {by_two:?}");
    assert_stored(&one, if by_one.is_ok() { &after_one } else { &after_two }).await;
    // What the loser would have counted is not counted.
    let counters = one.grids.counters().await.unwrap();
    assert_eq!(counters, one.tickets.recount().await.unwrap());
    assert_eq!(counters[0].1.to_array(), [0, 1, 0, 0, 0, 0]);
}

async fn where_everything_stands_is_read_at_one_moment(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let world = Village::new(&one, 1);
    let send = async || {
        for _ in 0..40 {
            world.submit(&one, request(&one, &world.resident, "路"), &world.group).await;
        }
    };
    let look = async || {
        for _ in 0..40 {
            let standing = two.tickets.standing().await.unwrap();
            let counted: i64 = standing.counters.iter().map(|(_, counters)| counters.submitted).sum();
            // Each of them is one event.
            assert_eq!((counted.unsigned_abs(), standing.open.len() as u64), (standing.as_of, standing.as_of));
        }
    };
    tokio::join!(send(), look());
}

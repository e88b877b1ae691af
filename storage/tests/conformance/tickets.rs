//! Tickets come back as they were written, in every state, and lists show what they are asked for.

use lianxin_domain::access::Scope;
use lianxin_domain::ids::AttachmentId;
use lianxin_domain::ticket::{Command, OnBehalf, StateName, Ticket, TicketEvent, TicketLocation};
use lianxin_storage::deadlines::Deadlines;
use lianxin_storage::tickets::{DUE, TicketFilter};
use serde_json::json;

use crate::support::{Fresh, NOON, Store};
use crate::village::{Village, person, picture, raw, request};

on_both!(
    a_ticket_comes_back_equal_in_every_state,
    the_person_a_ticket_is_sent_for_is_not_readable_in_the_row,
    the_time_limit_runs_as_a_deadline_while_the_ticket_is_open,
    two_decisions_on_one_ticket_have_one_winner,
    lists_are_filtered,
    text_is_found_as_written_and_regardless_of_case,
    pages_follow_each_other_without_holes,
    a_list_of_no_grid_is_empty,
);

async fn assert_stored(store: &Store, ticket: &Ticket) {
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
    new.on_behalf = Some(OnBehalf {
        name: "覃老太".to_owned(),
        phone: "13800001234".to_owned(),
    });
    (new.also_village, new.emergency) = (true, true);
    let mut ticket = world.submit(&store, new, &world.group).await;
    assert_stored(&store, &ticket).await;

    pass(31);
    let overdue = ticket
        .decide_overdue(ticket.due.unwrap().at, store.ids.clock().now())
        .unwrap();
    world.happen(&store, &mut ticket, &[overdue]).await;
    assert!(ticket.is_overdue());
    assert_stored(&store, &ticket).await;

    let nudge = |note: Option<&str>| Command::Nudge {
        note: note.map(str::to_owned),
    };
    let put_back = || Command::Return {
        reason: "不归我管\n（真的）".to_owned(),
    };
    let steps = [
        (nudge(Some("快一点")), &world.leader),
        (nudge(None), &world.leader),
        (Command::ReadNudge, &world.worker),
        (Command::Accept, &world.worker),
        (put_back(), &world.worker),
        (put_back(), &world.colleague),
        (
            Command::Reassign {
                handler: person(&world.colleague),
                may_handle: true,
            },
            &world.leader,
        ),
        (
            Command::Comment {
                text: "我来".to_owned(),
                attachments: Vec::new(),
            },
            &world.colleague,
        ),
        (
            Command::Complete {
                note: "换了灯泡".to_owned(),
                attachments: vec![picture(store.id())],
            },
            &world.colleague,
        ),
        (
            Command::Reopen {
                reason: "又坏了".to_owned(),
            },
            &world.resident,
        ),
        (Command::Accept, &world.leader),
        (
            Command::Complete {
                note: "换了线".to_owned(),
                attachments: Vec::new(),
            },
            &world.leader,
        ),
        (
            Command::Rate {
                stars: 5,
                comment: Some("好😀".to_owned()),
            },
            &world.resident,
        ),
    ];
    for (command, caller) in steps {
        pass(1);
        world.act(&store, &mut ticket, command, caller).await;
        assert_stored(&store, &ticket).await;
    }
    assert_eq!((ticket.version, ticket.return_count, ticket.reopen_count), (16, 2, 1));
    assert!(ticket.is_escalated());

    let mut plain = world
        .submit(&store, request(&store, &world.resident, "撤"), &world.village)
        .await;
    assert_stored(&store, &plain).await;
    world.act(&store, &mut plain, Command::Withdraw, &world.resident).await;
    assert_stored(&store, &plain).await;
    let mut rated = world
        .submit(&store, request(&store, &world.resident, "评"), &world.county)
        .await;
    for event in [
        TicketEvent::Accepted {
            handler: person(&world.worker),
            due_at: NOON,
        },
        TicketEvent::Completed {
            note: "好".to_owned(),
            attachments: Vec::new(),
        },
        TicketEvent::Rated {
            stars: 1,
            comment: None,
        },
    ] {
        world.happen(&store, &mut rated, &[event]).await;
        assert_stored(&store, &rated).await;
    }
    assert_eq!(store.tickets.get(&Scope::system(), store.id()).await.unwrap(), None);
    assert_eq!(store.tickets.grid_of(store.id()).await.unwrap(), None);
}

async fn the_person_a_ticket_is_sent_for_is_not_readable_in_the_row(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut new = request(&store, &world.resident, "代办");
    new.on_behalf = Some(OnBehalf {
        name: "覃老太".to_owned(),
        phone: "13800001234".to_owned(),
    });
    world.submit(&store, new, &world.group).await;
    let row = raw(fresh, "tickets", &["content", "submitter_name", "on_behalf_sealed"]).await;
    assert!(row.starts_with("代办 覃大姐 v1:1:"), "{row}");
    assert!(!row.contains("覃老太") && !row.contains("13800001234"), "{row}");
    let events = raw(fresh, "events", &["kind", "subject_id", "audience", "data"]).await;
    assert!(
        !events.contains("覃老太") && !events.contains("13800001234"),
        "{events}"
    );
}

async fn the_time_limit_runs_as_a_deadline_while_the_ticket_is_open(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let deadlines = Deadlines::new(store.database.clone());
    let mut ticket = world
        .submit(&store, request(&store, &world.resident, "路"), &world.group)
        .await;
    let first = ticket.due.unwrap().at;
    assert_eq!(deadlines.next(NOON).await.unwrap(), Some(first));
    assert_eq!(deadlines.due(first.plus_millis(-1), 10).await.unwrap(), []);
    let due = deadlines.due(first, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].kind.as_str(), due[0].subject_id.clone()),
        (DUE, ticket.id.to_string())
    );

    world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
    let second = ticket.due.unwrap().at;
    assert!(second > first);
    assert_eq!(deadlines.next(first).await.unwrap(), Some(second));
    let overdue = ticket.decide_overdue(second, second).unwrap();
    world.happen(&store, &mut ticket, &[overdue]).await;
    assert_eq!(deadlines.next(NOON).await.unwrap(), None);

    let put_back = Command::Return {
        reason: "不归我管".to_owned(),
    };
    world.act(&store, &mut ticket, put_back, &world.worker).await;
    assert_eq!(deadlines.next(NOON).await.unwrap(), Some(ticket.due.unwrap().at));
    world.act(&store, &mut ticket, Command::Withdraw, &world.resident).await;
    assert_eq!(deadlines.next(NOON).await.unwrap(), None);
}

async fn two_decisions_on_one_ticket_have_one_winner(fresh: &Fresh) {
    let (one, two) = (fresh.open().await, fresh.open().await);
    let world = Village::new(&one, 1);
    let ticket = world
        .submit(&one, request(&one, &world.resident, "路"), &world.group)
        .await;
    let accept = |store: &Store, caller| {
        let events = world.decide(&ticket, &Command::Accept, caller, NOON).unwrap();
        let after = ticket.after(&events[0], NOON);
        let change = crate::village::change_of(store, Some(&ticket), &after, &events, NOON);
        (store.journal.submit(change).unwrap(), after)
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
        due_at: NOON,
    };
    world.happen(&store, &mut tickets[1], &[up]).await;
    let filter = TicketFilter::default;
    let (worker, leader, admin) = (world.worker.scope(), world.leader.scope(), world.admin.scope());
    let cases: [(&Scope, TicketFilter, &[usize]); 15] = [
        (&admin, filter(), &[3, 2, 1, 0]),
        (&leader, filter(), &[3, 1, 0]),
        (&worker, filter(), &[0]),
        (&worker, TicketFilter { mine: true, ..filter() }, &[0]),
        (&leader, TicketFilter { mine: true, ..filter() }, &[1]),
        (&admin, TicketFilter { mine: true, ..filter() }, &[]),
        (
            &admin,
            TicketFilter {
                grids: Some(vec![world.village.path.clone()]),
                ..filter()
            },
            &[3],
        ),
        (
            &admin,
            TicketFilter {
                below: Some(world.village.path.clone()),
                ..filter()
            },
            &[3, 1, 0],
        ),
        (
            &admin,
            TicketFilter {
                below: Some(world.county.path.clone()),
                ..filter()
            },
            &[3, 2, 1, 0],
        ),
        (
            &leader,
            TicketFilter {
                below: Some(world.county.path.clone()),
                ..filter()
            },
            &[3, 1, 0],
        ),
        (
            &admin,
            TicketFilter {
                escalated_to: Some(vec![world.village.path.clone()]),
                ..filter()
            },
            &[1],
        ),
        (
            &admin,
            TicketFilter {
                states: vec![StateName::Accepted],
                ..filter()
            },
            &[0],
        ),
        (
            &admin,
            TicketFilter {
                states: vec![StateName::Submitted, StateName::Withdrawn],
                ..filter()
            },
            &[3, 2, 1],
        ),
        (
            &admin,
            TicketFilter {
                kind: Some("dispute".to_owned()),
                ..filter()
            },
            &[2],
        ),
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
    ];
    for (scope, filter, expected) in cases {
        let listed = store.tickets.list(scope, &filter, None, 100).await.unwrap();
        let expected: Vec<&Ticket> = expected.iter().map(|index| &tickets[*index]).collect();
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn text_is_found_as_written_and_regardless_of_case(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let contents = [
        "100% 好",
        "1000 好",
        "a_b",
        "axb",
        "真的!",
        "真的",
        "C:\\路",
        "WiFi 坏了",
        "É 路",
        "'); DROP TABLE tickets",
    ];
    for content in contents {
        store.clock.advance(1);
        world
            .submit(&store, request(&store, &world.resident, content), &world.group)
            .await;
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
        let text = TicketFilter {
            text: Some(text.to_owned()),
            ..TicketFilter::default()
        };
        let found = store
            .tickets
            .list(&world.admin.scope(), &text, None, 100)
            .await
            .unwrap();
        let found: Vec<&str> = found.iter().map(|ticket| ticket.content.as_str()).collect();
        assert_eq!(found, expected, "{text:?}");
    }
    let all = store
        .tickets
        .list(&world.admin.scope(), &TicketFilter::default(), None, 100)
        .await
        .unwrap();
    let by_number = TicketFilter {
        text: Some(all[4].number[2..].to_lowercase()),
        ..TicketFilter::default()
    };
    let found = store
        .tickets
        .list(&world.admin.scope(), &by_number, None, 100)
        .await
        .unwrap();
    assert_eq!(found, [all[4].clone()]);
}

async fn pages_follow_each_other_without_holes(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    for number in 0..23 {
        // Several within one millisecond.
        store.clock.advance(number % 2);
        let place = if number % 3 == 0 {
            &world.neighbour
        } else {
            &world.group
        };
        world
            .submit(&store, request(&store, &world.resident, "路"), place)
            .await;
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
    world
        .submit(&store, request(&store, &world.resident, "路"), &world.group)
        .await;
    for filter in [
        TicketFilter {
            grids: Some(Vec::new()),
            ..TicketFilter::default()
        },
        TicketFilter {
            escalated_to: Some(Vec::new()),
            ..TicketFilter::default()
        },
    ] {
        assert_eq!(
            store
                .tickets
                .list(&world.admin.scope(), &filter, None, 10)
                .await
                .unwrap(),
            []
        );
    }
}

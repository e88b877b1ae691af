//! What residents may know of a request, which of them are near, and who joins.

use proptest::prelude::*;

use super::*;
use crate::geo::Point;
use crate::notification::joined_notice;

fn known(text: &str) -> Command {
    Command::MakeKnown { text: text.to_owned(), private: false }
}

fn sentence() -> TicketEvent {
    TicketEvent::MadeKnown { text: "路口的路灯不亮".to_owned() }
}

fn joined(number: u128, count: u32) -> TicketEvent {
    TicketEvent::Joined { joiner: id(number), count }
}

/// Somebody who knows of the ticket what is public.
fn resident(number: u128) -> Party {
    Party { person: person(number, "黄大叔"), standing: Standing::default() }
}

fn by(party: &Party, ticket: &Ticket, command: &Command) -> Result<Vec<TicketEvent>, Refusal> {
    let (rules, ladder, staff) = (TimeRules::default(), ladder([true; 3]), staff());
    let context = DecisionContext { rules: &rules, ladder: &ladder, staff: &staff };
    ticket.decide(command, party, &context, NOON)
}

#[test]
fn a_sentence_is_short_and_says_nobodys_name_or_number() {
    let mut new = new_ticket("路灯坏了，请打 13800001234");
    new.on_behalf = Some(OnBehalf { name: "覃 老太".to_owned(), phone: "13800001234".to_owned() });
    let ticket = submit(new).unwrap();
    let long = "长".repeat(60);
    let longer = "长".repeat(61);
    let cases = [
        ("三组路口的路灯不亮", None),
        ("  三组路口的路灯不亮　", None),
        ("路灯坏了", None),
        (&long, None),
        ("3 组 12 号门前 2026-11-22 起停水", None),
        ("0771-1234567 号电表箱敞开", None),
        ("12345678901 号电线杆倾斜", None),
        ("路灯坏", Some("field.too_short")),
        ("", Some("field.required")),
        (" 　 ", Some("field.required")),
        (&longer, Some("field.too_long")),
        ("路灯坏了\n请绕行", Some("field.characters")),
        ("路灯坏了\t请绕行", Some("field.characters")),
        ("路灯坏了\0", Some("field.characters")),
        ("路灯坏了请打13812345678", Some("known.phone")),
        ("路灯坏了请打138-1234 5678", Some("known.phone")),
        ("路灯坏了请打１３８１２３４５６７８", Some("known.phone")),
        ("路灯坏了请打+8613812345678", Some("known.phone")),
        ("路灯坏了请打19912345678转1", Some("known.phone")),
        ("身份证45010219900101123X的路灯", Some("known.resident_id")),
        ("身份证450102199001011231的路灯", Some("known.resident_id")),
        ("身份证450102900101123的路灯", Some("known.resident_id")),
        ("450102 19900101 1231的路灯坏了", Some("known.resident_id")),
        ("覃大姐门口的路灯坏了", Some("known.name")),
        ("覃 大姐门口的路灯坏了", Some("known.name")),
        ("覃·老太门口的路灯坏了", Some("known.name")),
        ("覃老太门口的路灯坏了", Some("known.name")),
        ("覃家门口的路灯坏了", None),
    ];
    for (text, expected) in cases {
        let found = wrong(decide(&ticket, &known(text), NOON));
        let expected = expected.map(|code| format!("text {code}"));
        assert_eq!(found, Vec::from_iter(expected), "{text:?}");
    }
}

#[test]
fn a_private_kind_is_never_made_known() {
    let private = Command::MakeKnown { text: "路口的路灯不亮".to_owned(), private: true };
    assert_eq!(code(&decide(&submitted(), &private, NOON)), "ticket.kind_private");
}

#[test]
fn a_sentence_is_said_better_and_taken_back_with_all_who_joined() {
    let later = NOON.plus_millis(HOUR);
    let ticket = submitted().after(&sentence(), NOON).after(&joined(50, 1), NOON);
    let better = TicketEvent::MadeKnown { text: "三组路口的路灯不亮，已报修".to_owned() };
    let ticket = ticket.after(&better, later);
    let text = "三组路口的路灯不亮，已报修".to_owned();
    assert_eq!(ticket.known, Some(Known { text, at: NOON }));
    assert_eq!(ticket.joined(), 1);
    let events = decide(&ticket, &Command::Conceal, later).unwrap();
    let hidden = ticket.after(&events[0], later);
    assert_eq!((hidden.known, hidden.joiners), (None, Vec::new()));
    // What was wrong can be taken back behind the completion too.
    let done = TicketEvent::Completed { note: "换了灯泡".to_owned(), attachments: Vec::new() };
    let completed = in_state(StateName::Accepted).after(&sentence(), NOON).after(&done, NOON);
    assert_eq!(code(&decide(&completed, &Command::Conceal, later)), "ok");
}

#[test]
fn a_resident_joins_once_what_is_known_and_open() {
    let public = submitted().after(&sentence(), NOON);
    let with_me = public.after(&joined(50, 1), NOON);
    let mine = Party { standing: Standing { visible: true, submitter: true, ..Standing::default() }, ..resident(1) };
    let over = |state| in_state(state).after(&sentence(), NOON);
    let join = |profile_complete| Command::Join { profile_complete };
    let cases: [(&Party, Ticket, Command, &str); 13] = [
        (&resident(50), public.clone(), join(true), "ok"),
        (&resident(51), with_me.clone(), join(true), "ok"),
        (&resident(50), with_me.clone(), join(true), "ticket.already_joined"),
        (&resident(50), public.clone(), join(false), "profile.incomplete"),
        (&resident(50), submitted(), join(true), "ticket.not_found"),
        (&mine, public.clone(), join(true), "ticket.own"),
        (&resident(50), over(StateName::Completed), join(true), "ticket.already_completed"),
        (&resident(50), over(StateName::Rated), join(true), "ticket.already_completed"),
        (&resident(50), over(StateName::Withdrawn), join(true), "ticket.withdrawn"),
        (&resident(50), with_me.clone(), Command::Leave, "ok"),
        (&resident(51), with_me.clone(), Command::Leave, "ticket.not_joined"),
        (&resident(50), submitted(), Command::Leave, "ticket.not_found"),
        (&resident(50), over(StateName::Accepted), Command::Accept, "ticket.not_found"),
    ];
    for (party, ticket, command, expected) in cases {
        assert_eq!(code(&by(party, &ticket, &command)), expected, "{command:?} {ticket:?}");
    }
    assert_eq!(by(&resident(51), &with_me, &join(true)), Ok(vec![joined(51, 2)]));
    let left = by(&resident(50), &with_me, &Command::Leave).unwrap();
    assert_eq!(left, [TicketEvent::Left { joiner: id(50), count: 0 }]);
    assert_eq!(with_me.after(&left[0], NOON).joiners, []);
    let full = (0..500).fold(public, |ticket, number| ticket.after(&joined(1_000 + number, 1), NOON));
    assert_eq!(code(&by(&resident(50), &full, &join(true))), "ticket.joined_by_many");
}

#[test]
fn who_joined_is_told_the_public_sentence_and_nothing_else() {
    let ticket = in_state(StateName::Accepted).after(&sentence(), NOON);
    let with_two = ticket.after(&joined(50, 1), NOON).after(&joined(51, 2), NOON);
    let done = TicketEvent::Completed { note: "换了灯泡".to_owned(), attachments: Vec::new() };
    let cases = [
        (done.clone(), Some("您加入的诉求已办结")),
        (TicketEvent::Withdrawn {}, Some("您加入的诉求已撤回")),
        (TicketEvent::Concealed {}, Some("您加入的诉求不再公开")),
        (TicketEvent::DueSoon {}, None),
        (TicketEvent::Commented { text: "快了".to_owned(), attachments: Vec::new() }, None),
    ];
    for (event, title) in cases {
        let told = joined_notice(&with_two, &event);
        assert_eq!(told.as_ref().map(|notice| notice.title.as_str()), title, "{event:?}");
        if let Some(notice) = told {
            assert_eq!(notice.to, [id(50), id(51)]);
            assert_eq!(notice.text, "路口的路灯不亮");
        }
    }
    assert_eq!(joined_notice(&ticket, &done), None, "nobody joined");
}

#[test]
fn who_joined_stands_in_no_fact_that_others_read() {
    let ticket = submitted().after(&sentence(), NOON);
    let around = Surroundings { grid_name: "三组", kind_title: "意见建议", private: false };
    for event in [joined(50, 1), TicketEvent::Left { joiner: id(50), count: 0 }] {
        assert!(event.is_anonymous() && event.is_between_colleagues());
        let after = ticket.after(&event, NOON);
        let facts = TicketFacts::of(Some(&ticket), &after, &event, None, NOON, &around);
        assert_eq!((facts.by.clone(), facts.delta), (None, [0; 6]));
        assert!(!facts.line.contains(&id::<crate::ids::AccountId>(50).to_string()), "{}", facts.line);
    }
    let shown = TicketFacts::of(None, &ticket, &sentence(), None, NOON, &around);
    assert!(!shown.line.contains("路灯"), "a screen shows that there is a sentence, not which: {}", shown.line);
}

/// A known ticket somewhere.
fn somewhere(number: u128, grid: u128, place: Option<(f64, f64)>) -> Ticket {
    let mut ticket = submitted().after(&sentence(), NOON);
    ticket.id = id(number);
    ticket.grid_id = id(grid);
    ticket.location = place.map(|(lng, lat)| TicketLocation { lng, lat, accuracy_m: None, grid_id: None });
    ticket
}

#[test]
fn near_is_within_250_metres_or_without_places_in_the_same_grid() {
    let here = |place: Option<(f64, f64)>| Here {
        grid_id: id(4),
        place: place.map(|(lng, lat)| Point::new(lng, lat).unwrap()),
    };
    let offered = |tickets: &[Ticket], here: &Here| {
        let found = nearby(tickets.to_vec(), here);
        found.iter().map(|near| (near.ticket.id.to_string(), near.distance_m.map(f64::round))).collect::<Vec<_>>()
    };
    let name = |number: u128| id::<crate::ids::TicketId>(number).to_string();
    // A thousandth of a degree of latitude is 111 metres.
    let all = [
        somewhere(1, 4, Some((106.0, 24.0))),
        somewhere(2, 9, Some((106.0, 24.001))),
        somewhere(3, 4, Some((106.0, 24.003))),
        somewhere(4, 4, None),
        somewhere(5, 9, None),
    ];
    let near = offered(&all, &here(Some((106.0, 24.0))));
    assert_eq!(near, [(name(1), Some(0.0)), (name(2), Some(111.0)), (name(4), None)]);
    // Without a place the newest ones of the grid are offered.
    let near = offered(&all, &here(None));
    assert_eq!(near, [(name(4), None), (name(3), None), (name(1), None)]);
    // What is over, and what is not known, is not offered.
    let over = [in_state(StateName::Completed).after(&sentence(), NOON), submitted()];
    assert_eq!(offered(&over, &here(None)), []);
    // A place is as coarse as on a public screen: nobody measures his way to a door.
    let exact = [somewhere(1, 4, Some((106.000_4, 24.000_4)))];
    assert_eq!(offered(&exact, &here(Some((106.0, 24.0)))), [(name(1), Some(0.0))]);
}

proptest! {
    #[test]
    fn a_search_looks_through_all_that_may_be_near(
        lng in -179.0..179.0_f64, lat in -85.0..85.0_f64, east in -1.2..1.2_f64, north in -1.2..1.2_f64,
    ) {
        let here = Point::new(lng, lat).unwrap();
        // 250 m are 0.002 25° of a meridian.
        let high = north * 0.002_25;
        let there = Point::new(lng + east * 0.002_25 / lat.to_radians().cos(), lat + high).unwrap();
        // As it is shown; where it really lies is up to half a thousandth of a degree away.
        let [[west, south], [right, top]] = rectangle_around(here);
        if here.distance_m(there) <= NEARBY_M {
            for (lng, lat) in [(-0.000_5, -0.000_5), (0.000_5, 0.000_5)].map(|(e, n)| (there.lng() + e, there.lat() + n)) {
                prop_assert!(west <= lng && lng <= right && south <= lat && lat <= top, "{here:?} {there:?}");
            }
        }
    }

    #[test]
    fn the_nearest_come_first_and_never_more_than_three(
        places in prop::collection::vec((1..4_u128, prop::option::of((0..60_i32, 0..60_i32))), 0..20),
        at in prop::option::of((0..60_i32, 0..60_i32)),
    ) {
        // 0.000 1° is eleven metres.
        let degrees = |(lng, lat): (i32, i32)| (106.0 + f64::from(lng) / 10_000.0, 24.0 + f64::from(lat) / 10_000.0);
        let tickets: Vec<Ticket> =
            (10..).zip(&places).map(|(number, (grid, place))| somewhere(number, *grid, place.map(degrees))).collect();
        let here = Here { grid_id: id(1), place: at.map(degrees).map(|(lng, lat)| Point::new(lng, lat).unwrap()) };
        let distance = |ticket: &Ticket| here.place.zip(ticket.public_place()).map(|(a, b)| a.distance_m(b));
        let is_near = |ticket: &Ticket| distance(ticket).map_or(ticket.grid_id == here.grid_id, |metres| metres <= NEARBY_M);
        let found = nearby(tickets.clone(), &here);
        let expected = tickets.iter().filter(|ticket| is_near(ticket)).count();
        prop_assert_eq!(found.len(), expected.min(MOST_OFFERED));
        let order: Vec<f64> = found.iter().map(|near| near.distance_m.unwrap_or(f64::INFINITY)).collect();
        prop_assert!(order.is_sorted());
        for near in &found {
            prop_assert_eq!(near.distance_m, distance(&near.ticket));
            prop_assert!(is_near(&near.ticket));
        }
        // Nothing that was left out is nearer than what was offered.
        let last = order.last().copied().unwrap_or(f64::INFINITY);
        let offered: Vec<_> = found.iter().map(|near| near.ticket.id).collect();
        for other in tickets.iter().filter(|ticket| is_near(ticket) && !offered.contains(&ticket.id)) {
            prop_assert!(distance(other).unwrap_or(f64::INFINITY) >= last);
        }
    }
}

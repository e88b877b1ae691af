use proptest::prelude::*;

use super::*;
use crate::ids::{AccountId, EntityId, OrganisationId};
use crate::meeting::tests::support::{Play, anything, at, id, invitee, member, person};
use crate::meeting::*;

fn record() -> Record {
    let names = [(id::<OrganisationId>(1), "第一党支部".to_owned())];
    Record { as_of: 7, organisations: names.into_iter().collect(), ..Record::default() }
}

fn draft(play: &Play) -> MinutesDraft {
    let mut record = record();
    for (event, at) in &play.log {
        match event {
            MeetingEvent::AgendaMoved { index, .. } => record.moves.push(AgendaMove { at: *at, index: *index }),
            MeetingEvent::HandLowered { name, .. } => record.calls.push(Called { at: *at, name: name.clone() }),
            _ => {}
        }
    }
    MinutesDraft::of(&play.hall, &record)
}

/// Somebody late, somebody early gone, one on leave, one replaced, a guest, and two who did not come.
fn evening() -> Play {
    let mut play = Play::running(8);
    play.scan(1, 1, at(0)).unwrap();
    play.scan(2, 2, at(9)).unwrap();
    play.scan(3, 3, at(1)).unwrap();
    play.play(&Command::AskLeave { reason: "住院".to_owned() }, 4, at(2)).unwrap();
    let granted = Command::DecideLeave { member_id: member(4), approved: true, note: None };
    play.play(&granted, 0, at(3)).unwrap();
    play.play(&Command::Substitute { of: None, by: invitee(20) }, 5, at(3)).unwrap();
    play.play(&Command::AddGuest(invitee(40)), 0, at(3)).unwrap();
    for number in [20, 40] {
        let manual = Command::SignInManually { member_id: member(number), reason: "到场".to_owned() };
        play.play(&manual, 0, at(4)).unwrap();
    }
    play.play(&Command::MoveAgenda { index: Some(0) }, 0, at(10)).unwrap();
    play.play(&Command::MoveAgenda { index: Some(1) }, 0, at(40)).unwrap();
    play.play(&Command::RaiseHand, 1, at(41)).unwrap();
    play.play(&Command::LowerHand { member_id: Some(member(1)) }, 0, at(42)).unwrap();
    play.play(&Command::SignOut { member_id: None }, 3, at(45)).unwrap();
    play.play(&Command::MoveAgenda { index: Some(0) }, 0, at(50)).unwrap();
    play.play(&Command::End, 0, at(90)).unwrap();
    play
}

#[test]
fn the_draft_says_what_happened() {
    let draft = draft(&evening());
    let expected = Figures {
        expected: 8,
        present: 4,
        leave: 1,
        absent: 3,
        late: 1,
        left_early: 1,
        substituted: 1,
        guests: 1,
        online: 0,
        voters: 8,
        voters_present: 3,
    };
    assert_eq!(draft.figures, expected);
    assert_eq!(draft.figures.rate_permille(), Some(500));
    let line = |name: &str| draft.attendance.iter().find(|line| line.name == name).unwrap();
    assert_eq!((line("党员4").status_title, line("党员4").leave_reason.as_deref()), ("请假", Some("住院")));
    assert_eq!((line("党员5").status_title, line("党员5").other.as_deref()), ("替会", Some("党员20")));
    assert_eq!(
        (line("党员20").role, line("党员20").other.as_deref()),
        (Role::Substitute { of: member(5) }, Some("党员5"))
    );
    assert_eq!((line("党员3").came_at(), line("党员3").left_at()), (Some(at(1)), Some(at(45))));
    assert_eq!((line("党员1").organisation.as_str(), line("党员1").left_at()), ("第一党支部", None));
    assert_eq!(draft.attendance.last().map(|last| last.name.as_str()), Some("党员40"), "guests come last");
    let stretch = |from, until| Stretch { from: at(from), until: Some(at(until)) };
    assert_eq!(draft.agenda[0].times, [stretch(10, 40), stretch(50, 90)]);
    assert_eq!(draft.agenda[1].times, [stretch(40, 50)]);
    assert_eq!(draft.calls, [CallLine { at: at(42), name: "党员1".to_owned(), item: Some(1) }]);
    assert_eq!((draft.heading.started_at, draft.heading.ended_at), (Some(at(0)), Some(at(90))));
}

#[test]
fn those_on_the_list_do_not_read_why_somebody_is_away() {
    let draft = draft(&evening()).for_the_list();
    assert!(draft.attendance.iter().all(|line| line.leave_reason.is_none()));
    assert!(!serde_json::to_string(&draft).unwrap().contains("住院"));
}

#[test]
fn a_rate_is_rounded_half_up() {
    let of = |present, expected| Figures { present, expected, ..Figures::default() }.rate_permille();
    assert_eq!(
        [of(0, 0), of(0, 3), of(1, 3), of(2, 3), of(1, 16), of(3, 3)],
        [None, Some(0), Some(333), Some(667), Some(63), Some(1_000)]
    );
    // Neither all nor nobody while that is not so.
    assert_eq!([of(2_999, 3_000), of(1, 3_000)], [Some(999), Some(1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn figures_are_the_tables_and_the_halls(steps in prop::collection::vec(anything(), 1..120)) {
        let mut play = Play::launched(12);
        let mut now = at(-60);
        for step in steps {
            play.try_anything(step, &mut now);
        }
        let draft = draft(&play);
        let (figures, tally) = (draft.figures, play.hall.tally());
        prop_assert_eq!(figures, Figures::of(&draft.attendance));
        prop_assert_eq!(
            (figures.expected, figures.present, figures.leave, figures.absent, figures.late, figures.left_early),
            (tally.expected, tally.present, tally.leave, tally.missing, tally.late, tally.left_early)
        );
        prop_assert_eq!(
            (figures.substituted, figures.guests, figures.online, figures.voters),
            (tally.substituted, tally.guests, tally.online, tally.voters)
        );
        prop_assert_eq!(figures.present + figures.leave + figures.absent, figures.expected);
        // From the log alone the same, to the last byte.
        let again = Play { hall: play.replayed(), log: play.log.clone() };
        let bytes = |draft: &MinutesDraft| serde_json::to_vec(draft).unwrap();
        prop_assert_eq!(bytes(&self::draft(&again)), bytes(&draft));
        // No stretch overlaps the next.
        let mut stretches: Vec<Stretch> = draft.agenda.iter().flat_map(|line| line.times.clone()).collect();
        stretches.sort_unstable_by_key(|stretch| stretch.from);
        for pair in stretches.windows(2) {
            prop_assert!(pair[0].until.is_some_and(|until| until <= pair[1].from));
        }
    }
}

fn text(content: &str) -> MinutesText {
    MinutesText { content: content.to_owned(), ..MinutesText::default() }
}

#[test]
fn text_has_its_limits_and_names_what_is_wrong() {
    let long = |count: usize| "字".repeat(count);
    let with = |text: MinutesText| match text.check(2) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.fields.into_iter().map(|field| field.field).collect::<Vec<_>>(),
    };
    let none: [&str; 0] = [];
    assert_eq!(with(text(&long(MAX_CONTENT))), none);
    assert_eq!(with(text(&long(MAX_CONTENT + 1))), ["content"]);
    let discussions = |texts: Vec<String>| MinutesText { discussions: texts, ..MinutesText::default() };
    assert_eq!(with(discussions(vec![String::new(), long(MAX_DISCUSSION + 1)])), ["discussions[1]"]);
    assert_eq!(with(discussions(vec![String::new(); 3])), ["discussions"]);
    assert_eq!(with(MinutesText { decisions: long(MAX_DECISIONS + 1), ..text("") }), ["decisions"]);
    assert_eq!(with(MinutesText { remarks: long(MAX_REMARKS + 1), ..text("") }), ["remarks"]);
    assert_eq!(with(text("\u{7}")), ["content"]);
    let many = MinutesText { discussions: vec![long(MAX_DISCUSSION); 8], ..text(&long(MAX_CONTENT)) };
    assert_eq!(many.check(50).unwrap_err().fields[0].field, "discussions", "together");
    let blank_ends = discussions(vec!["甲 ".to_owned(), " ".to_owned()]).check(2).unwrap();
    assert_eq!(blank_ends.discussions, ["甲"]);
}

#[test]
fn minutes_are_written_signed_and_reopened_by_whom_it_concerns() {
    let play = evening();
    let meeting = play.hall.meeting();
    let (host, other) = (person(0), person(3));
    let manager = Party { manages: true, ..person(7) };
    let blank = Minutes::blank(meeting.id);
    assert_eq!(blank.state(), MinutesState::None);
    let code = |result: Result<Option<Minutes>, crate::problem::Refusal>| result.unwrap_err().code;
    assert_eq!(code(blank.edit(text("x"), 0, meeting, &other, at(91))), "meeting.not_manager");
    assert_eq!(code(blank.edit(text("x"), 1, meeting, &host, at(91))), "minutes.changed");
    let written = blank.edit(text("修渠"), 0, meeting, &host, at(91)).unwrap().unwrap();
    assert_eq!((written.version, written.state()), (1, MinutesState::Draft));
    assert_eq!(written.edit(text("修渠 "), 1, meeting, &host, at(92)).unwrap(), None, "the same");
    assert_eq!(written.readable(meeting, false).unwrap_err().code, "minutes.not_signed");
    written.readable(meeting, true).unwrap();
    let refused = |party: &Party, over| written.sign(over, record(), meeting, party, at(93)).unwrap_err().code;
    assert_eq!([refused(&manager, 1), refused(&host, 0)], ["minutes.not_signer", "minutes.changed"]);
    let signed = written.sign(1, record(), meeting, &host, at(93)).unwrap();
    assert_eq!((signed.version, signed.state()), (2, MinutesState::Signed));
    signed.readable(meeting, false).unwrap();
    assert_eq!(code(signed.edit(text("y"), 2, meeting, &host, at(94))), "minutes.signed");
    assert_eq!(signed.sign(2, record(), meeting, &host, at(94)).unwrap_err().code, "minutes.signed");
    let reopen = |minutes: &Minutes, reason, meeting: &Meeting, manager| {
        minutes.reopen(reason, meeting, manager).map_err(|refusal| refusal.code)
    };
    assert_eq!(reopen(&signed, "错字", meeting, false), Err("minutes.not_manager"));
    assert_eq!(reopen(&signed, " ", meeting, true), Err("request.fields"));
    assert_eq!(reopen(&written, "错字", meeting, true), Err("minutes.not_signed_yet"));
    let archived = Meeting { state: StateName::Archived, ..meeting.clone() };
    assert_eq!(reopen(&signed, "错字", &archived, true), Err("minutes.archived"));
    let (open, reason) = reopen(&signed, " 错字 ", meeting, true).unwrap();
    assert_eq!((open.version, open.state(), reason.as_str()), (3, MinutesState::Draft, "错字"));
    open.sign(3, record(), &archived, &host, at(95)).unwrap();
}

#[test]
fn before_the_begin_there_are_no_minutes_and_before_the_end_no_signature() {
    let launched = Play::launched(3);
    let blank = Minutes::blank(launched.hall.meeting().id);
    let host = person(0);
    let early = blank.edit(text("x"), 0, launched.hall.meeting(), &host, at(0)).unwrap_err().code;
    assert_eq!(early, "minutes.not_begun");
    assert_eq!(blank.readable(launched.hall.meeting(), true).unwrap_err().code, "minutes.not_begun");
    let running = Play::running(3);
    let written = blank.edit(text("x"), 0, running.hall.meeting(), &host, at(1)).unwrap().unwrap();
    let early = written.sign(1, record(), running.hall.meeting(), &host, at(2)).unwrap_err().code;
    assert_eq!(early, "minutes.not_ended");
}

#[test]
fn who_was_there_rates_after_the_end() {
    let play = evening();
    let account = |number: u128| AccountId::from_uuid(uuid::Uuid::from_u128(2_000 + number));
    let rate = |hall: &Hall, number, stars, comment: Option<&str>| {
        Rating::of(hall, account(number), None, (stars, comment), at(95)).map_err(|refusal| refusal.code)
    };
    let first = rate(&play.hall, 1, 5, Some(" 很好 ")).unwrap();
    assert_eq!((first.version, first.stars, first.comment.as_deref()), (1, 5, Some("很好")));
    let second = Rating::of(&play.hall, account(1), Some(&first), (4, None), at(96)).unwrap();
    assert_eq!((second.version, second.comment), (2, None));
    rate(&play.hall, 40, 1, None).unwrap();
    for (number, stars, code) in [
        (4, 5, "rating.not_present"),
        (5, 5, "rating.not_present"),
        (77, 5, "rating.not_present"),
        (1, 0, "request.fields"),
        (1, 6, "request.fields"),
    ] {
        assert_eq!(rate(&play.hall, number, stars, None), Err(code), "{number} {stars}");
    }
    let mut running = Play::running(3);
    running.scan(1, 1, at(1)).unwrap();
    assert_eq!(rate(&running.hall, 1, 5, None), Err("rating.not_ended"));
    let mut archived = play.clone();
    archived.play(&Command::Archive, 0, at(95)).unwrap();
    assert_eq!(rate(&archived.hall, 1, 5, None), Err("rating.archived"));
}

#[test]
fn of_few_ratings_nothing_is_said_but_how_many() {
    let of = |distribution| Ratings { distribution, comments: vec!["乙".to_owned(), "丙".to_owned()] };
    let few = of([0, 0, 0, 1, 3]).summary();
    assert_eq!((few.count, few.result), (4, None));
    let enough = of([0, 0, 0, 1, 4]).summary();
    assert_eq!(enough.result.as_ref().map(|all| all.comments.clone()), Some(vec!["丙".to_owned(), "乙".to_owned()]));
    for (distribution, average) in [
        ([0, 0, 0, 1, 4], Some("4.8")),
        ([1, 1, 1, 1, 1], Some("3.0")),
        ([0, 0, 0, 3, 1], Some("4.3")),
        ([0, 0, 0, 19, 1], Some("4.1")),
        ([0; 5], None),
    ] {
        assert_eq!(of(distribution).average().as_deref(), average, "{distribution:?}");
    }
}

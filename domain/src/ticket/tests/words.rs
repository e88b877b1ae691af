//! Words, files and stars, in and out of the log.

use super::*;

#[test]
fn a_ticket_is_rated_once_with_one_to_five_stars() -> Result<(), Refusal> {
    let ticket = in_state(StateName::Completed);
    let rate = |stars| Command::Rate { stars, comment: None };
    for stars in [0, 6, u8::MAX] {
        assert_eq!(wrong(decide(&ticket, &rate(stars), NOON)), ["stars field.range"]);
    }
    for stars in 1..=5 {
        let events = decide(&ticket, &rate(stars), NOON)?;
        let rated = ticket.after(&events[0], NOON);
        assert_eq!(rated.rating().map(|rating| rating.stars), Some(stars));
        assert_eq!(code(&decide(&rated, &rate(stars), NOON)), "ticket.already_rated");
    }
    Ok(())
}

/// The commands with words in them: state, name of the field, whether it must be there, command.
type Worded = (StateName, &'static str, bool, fn(String) -> Command);
const WORDED: [Worded; 8] = [
    (StateName::Accepted, "note", true, |note| Command::Complete { note, attachments: Vec::new() }),
    (StateName::Accepted, "reason", true, |reason| Command::Return { reason }),
    (StateName::Accepted, "note", false, |note| Command::Nudge { note: Some(note) }),
    (StateName::Completed, "comment", false, |comment| Command::Rate { stars: 5, comment: Some(comment) }),
    (StateName::Completed, "reason", true, |reason| Command::Reopen { reason }),
    (StateName::Accepted, "text", true, |text| Command::Comment { text, attachments: Vec::new() }),
    (StateName::Accepted, "note", false, |note| Command::Pause { reason: PauseReason::ForceMajeure, note: Some(note) }),
    (StateName::Accepted, "reason", true, |reason| Command::RequestExtension {
        limit: Limit::continuous(1, LimitUnit::Hours),
        reason,
    }),
];

/// The words of an event, which may lie a step deeper.
fn said(events: &[TicketEvent], field: &str) -> Value {
    let data = serde_json::json!(events)[0]["data"].clone();
    let inner = data.get("pause").or_else(|| data.get("request")).unwrap_or(&data);
    inner[field].clone()
}

#[test]
fn words_are_trimmed_measured_in_characters_and_free_of_control_characters() -> Result<(), Refusal> {
    for (state, field, required, make) in WORDED {
        let ticket = in_state(state);
        let decide = |text: &str| decide(&ticket, &make(text.to_owned()), NOON);
        assert_eq!(said(&decide(" \u{3000}第一行\n第二行\t\r\n ")?, field), "第一行\n第二行", "{field}");
        assert!(decide(&"好".repeat(500)).is_ok());
        assert!(decide(&format!("  {}  ", "𠮷".repeat(500))).is_ok());
        assert_eq!(wrong(decide(&"好".repeat(501))), [format!("{field} field.too_long")]);
        for control in ["好\0", "好\u{7}好", "\u{1b}[31m", "好\u{9f}好"] {
            assert_eq!(wrong(decide(control)), [format!("{field} field.characters")], "{control:?}");
        }
        for nothing in ["", " \n\u{3000}\t"] {
            if required {
                assert_eq!(wrong(decide(nothing)), [format!("{field} field.required")]);
            } else {
                assert_eq!(said(&decide(nothing)?, field), Value::Null);
            }
        }
    }
    Ok(())
}

#[test]
fn a_comment_needs_words_or_a_file_and_nine_files_are_enough() {
    let ticket = in_state(StateName::Accepted);
    let comment = |text: &str, attachments| Command::Comment { text: text.to_owned(), attachments };
    let proof = |attachments| Command::Complete { note: "好".to_owned(), attachments };
    for (command, expected) in [
        (comment("", files(1)), None),
        (comment("", files(0)), Some("text field.required")),
        (comment("好", files(9)), None),
        (comment("好", files(10)), Some("attachments field.too_many")),
        (proof(files(0)), None),
        (proof(files(9)), None),
        (proof(files(10)), Some("attachments field.too_many")),
    ] {
        assert_eq!(wrong(decide(&ticket, &command, NOON)), Vec::from_iter(expected), "{command:?}");
    }
}

#[test]
fn a_request_needs_a_known_person_and_a_grid_in_use() {
    for (status, complete, expected) in [
        (GridStatus::Active, true, None),
        (GridStatus::Active, false, Some("profile.incomplete")),
        (GridStatus::Disabled, true, Some("grid.disabled")),
        (GridStatus::Disabled, false, Some("profile.incomplete")),
    ] {
        let sent = submit_to(new_ticket("路"), status, complete);
        assert_eq!(sent.err().map(|refusal| refusal.code), expected, "{status:?} {complete}");
    }
}

#[test]
fn a_request_says_something_in_words_form_or_files() -> Result<(), Refusal> {
    assert_eq!(submit(new_ticket(" \n路灯坏了\u{3000} "))?.content, "路灯坏了");
    for blank in ["", "  \n", "\u{3000}"] {
        assert_eq!(wrong(submit(new_ticket(blank))), ["content field.required"], "{blank:?}");
        let mut spoken = new_ticket(blank);
        spoken.attachments = vec![file(1, AttachmentKind::Voice)];
        assert_eq!(submit(spoken)?.content, "");
        let mut filled = new_ticket(blank);
        filled.form = serde_json::json!({ "risks": ["water_supply"] });
        submit(filled)?;
    }
    submit(new_ticket(&"路".repeat(2_000)))?;
    assert_eq!(wrong(submit(new_ticket(&"路".repeat(2_001)))), ["content field.too_long"]);
    assert_eq!(wrong(submit(new_ticket("路\0"))), ["content field.characters"]);
    Ok(())
}

#[test]
fn a_request_has_few_files_each_once() {
    use AttachmentKind::{Document, Image, Video, Voice};
    let many = "attachments field.too_many";
    let cases: [(&[AttachmentKind], &[&str]); 7] = [
        (&[Image, Image, Image, Voice, Video], &[]),
        (&[Image, Image, Image, Image], &[many]),
        (&[Voice, Voice], &[many]),
        (&[Video, Video], &[many]),
        (&[Document], &[many]),
        (&[Voice, Voice, Video, Video], &[many, many]),
        (&[], &[]),
    ];
    for (kinds, expected) in cases {
        let mut new = new_ticket("路");
        new.attachments = (0..).zip(kinds).map(|(number, kind)| file(number, *kind)).collect();
        assert_eq!(wrong(submit(new)), expected, "{kinds:?}");
    }
    let mut twice = new_ticket("路");
    twice.attachments = vec![file(1, Image), file(1, Image)];
    assert_eq!(wrong(submit(twice)), ["attachments field.duplicate"]);
}

#[test]
fn every_event_comes_back_from_the_log() {
    let ticket = in_state(StateName::Rated);
    let facts = TicketFacts::of(
        None,
        &ticket,
        &nudged(),
        Some(&worker()),
        NOON,
        &Surroundings { grid_name: "九合村", kind_title: "意见建议", private: true },
    );
    let text = || "好".to_owned();
    let hours = Limit::working(3, LimitUnit::Workdays);
    let pause = Pause {
        from: NOON,
        to: Some(NOON.plus_millis(1)),
        until: NOON.plus_millis(DAY),
        reason: PauseReason::Other,
        note: Some(text()),
        by: worker(),
    };
    let clock = TicketClock {
        extension: Some(hours),
        extended: true,
        pauses: vec![pause.clone(), Pause { to: None, ..pause.clone() }],
        overdue: true,
        repeat_at: Some(NOON),
        ..TicketClock::start(Purpose::Finish, 3, "suggestion", 4, NOON, &TimeRules::default())
    };
    let clock = || clock.clone();
    let all = [
        TicketEvent::submitted(&ticket, clock()),
        TicketEvent::Accepted { handler: worker(), clock: clock() },
        TicketEvent::Completed { note: text(), attachments: files(1) },
        TicketEvent::Returned { reason: text(), count: 1, clock: clock() },
        TicketEvent::LevelVacant { level: 3, vacant_grid_id: id(3) },
        TicketEvent::Escalated {
            from_level: 4,
            to_level: 3,
            to_grid_id: id::<GridId>(3),
            to_path: group(),
            cause: EscalationCause::Returned,
            clock: clock(),
        },
        TicketEvent::Reassigned { handler: worker(), clock: clock() },
        nudged(),
        TicketEvent::Nudged {
            nudger: None,
            to: Vec::new(),
            note: Some(text()),
            folded: true,
            count: 2,
            answer_by: Some(NOON),
            repeat_at: Some(NOON),
        },
        TicketEvent::NudgeRead {},
        TicketEvent::Withdrawn {},
        TicketEvent::Rated { stars: 3, comment: None },
        TicketEvent::Reopened { reason: text(), clock: clock() },
        TicketEvent::Commented { text: text(), attachments: files(2) },
        TicketEvent::DueSoon {},
        TicketEvent::Overdue { level: 4, passed_at: NOON, clock: clock() },
        TicketEvent::Paused { pause },
        TicketEvent::Resumed { clock: clock() },
        TicketEvent::ExtensionRequested {
            request: ExtensionRequest { limit: hours, reason: text(), by: worker(), at: NOON },
        },
        TicketEvent::ExtensionDecided { approved: false, note: Some(text()), clock: clock() },
        TicketEvent::DueChanged { cause: DueChange::Calendar, was_due_at: NOON, clock: clock() },
        TicketEvent::MadeKnown { text: text() },
        TicketEvent::Concealed {},
        TicketEvent::Joined { joiner: id(50), count: 1 },
        TicketEvent::Left { joiner: id(50), count: 0 },
    ];
    for event in all {
        let data = event.data(&facts);
        assert_eq!(TicketEvent::from_log(event.kind(), &data).as_ref(), Some(&event), "{data}");
        // The contents of an event never hide the facts that followers read; the handler is the same in both.
        let (own, facts) = (serde_json::json!(event), serde_json::json!(facts));
        let names = facts.as_object().into_iter().flat_map(serde_json::Map::keys);
        let hidden: Vec<&String> = names.filter(|name| own["data"].get(name).is_some()).collect();
        assert!(hidden.iter().all(|name| *name == "handler"), "{}: {hidden:?}", event.kind());
    }
    assert_eq!(TicketEvent::from_log("grid.changed", &serde_json::json!({})), None);
}

#[test]
fn a_nudge_of_the_oldest_logs_is_still_a_matter_of_colleagues() {
    let old = serde_json::json!({ "nudger": worker(), "note": null, "folded": false, "count": 1 });
    let read = TicketEvent::from_log("ticket.nudged", &old);
    assert!(read.is_some_and(|event| event.is_between_colleagues()));
}

#[test]
fn what_passes_between_colleagues_is_not_for_the_submitter() {
    let mut play =
        Setting::levels(|levels| levels.nudge_repeat = Some(Limit::continuous(1, LimitUnit::Hours))).accepted();
    let extension = ExtensionRequest {
        limit: Limit::continuous(1, LimitUnit::Hours),
        reason: String::new(),
        by: worker(),
        at: NOON,
    };
    let clock = play.clock().clone();
    for (event, expected) in [
        (nudged(), true),
        (TicketEvent::NudgeRead {}, true),
        (TicketEvent::DueSoon {}, true),
        (TicketEvent::LevelVacant { level: 3, vacant_grid_id: id(3) }, true),
        (TicketEvent::ExtensionRequested { request: extension }, true),
        (TicketEvent::ExtensionDecided { approved: true, note: None, clock: clock.clone() }, false),
        (TicketEvent::Resumed { clock }, false),
        (TicketEvent::Withdrawn {}, false),
        (TicketEvent::MadeKnown { text: String::new() }, false),
        (TicketEvent::Concealed {}, false),
        (TicketEvent::Joined { joiner: id(50), count: 1 }, true),
        (TicketEvent::Left { joiner: id(50), count: 0 }, true),
    ] {
        assert_eq!(event.is_between_colleagues(), expected, "{event:?}");
    }
    // Nor is what the rules ask for.
    play.at(3 * 1_440).look();
    play.at(4 * 1_440);
    let by_rule = play.ticket.decide_time(&play.context(), play.now);
    let nudges = by_rule.iter().filter(|event| matches!(event, TicketEvent::Nudged { nudger: None, .. }));
    assert!(nudges.clone().count() == 1 && nudges.clone().all(TicketEvent::is_between_colleagues));
}

use super::support::{Play, at, id, invitee, member, person, plan};
use crate::meeting::*;

#[test]
fn a_meeting_goes_from_draft_to_archive() {
    let mut play = Play::launched(3);
    assert_eq!(play.play(&Command::Start, 0, at(-29)), Ok(1));
    assert_eq!(play.play(&Command::MoveAgenda { index: Some(0) }, 0, at(1)), Ok(1));
    assert_eq!(play.hall.meeting().item_ends_at(), Some(at(31)));
    assert_eq!(play.play(&Command::MoveAgenda { index: Some(0) }, 0, at(2)), Ok(0));
    assert_eq!(play.play(&Command::MoveAgenda { index: Some(1) }, 0, at(40)), Ok(1));
    assert_eq!(play.hall.meeting().item_ends_at(), None);
    assert_eq!(play.play(&Command::MoveAgenda { index: Some(2) }, 0, at(41)), Err("meeting.agenda_item_not_found"));
    assert_eq!(play.play(&Command::End, 0, at(90)), Ok(1));
    assert_eq!(play.play(&Command::Archive, 0, at(91)), Ok(1));
    assert_eq!(play.hall.meeting().state, StateName::Archived);
    assert_eq!(play.replayed().meeting(), play.hall.meeting());
}

/// Every command of the host in every state: what is not in the table is refused.
#[test]
fn each_step_belongs_to_its_states() {
    let drafted = Play::drafted();
    let launched = Play::launched(2);
    let running = Play::running(2);
    let mut ended = running.clone();
    ended.play(&Command::End, 0, at(60)).unwrap();
    let mut archived = ended.clone();
    archived.play(&Command::Archive, 0, at(61)).unwrap();
    let mut cancelled = launched.clone();
    cancelled.play(&Command::Cancel { reason: "停电".to_owned() }, 0, at(-100)).unwrap();
    let states = [drafted, launched, running, ended, archived, cancelled];
    let edit = Command::Edit { plan: Box::new(plan()), over: 1 };
    let launch = Command::Launch(vec![invitee(0)]);
    let cancel = Command::Cancel { reason: "停电".to_owned() };
    let move_on = Command::MoveAgenda { index: Some(1) };
    let manually = Command::SignInManually { member_id: member(1), reason: "手机没电".to_owned() };
    let guest = Command::AddGuest(invitee(50));
    let cases: [(&str, &Command, [bool; 6]); 9] = [
        ("edit", &edit, [true, false, false, false, false, false]),
        ("launch", &launch, [true, false, false, false, false, false]),
        ("cancel", &cancel, [false, true, false, false, false, false]),
        ("start", &Command::Start, [false, true, false, false, false, false]),
        ("end", &Command::End, [false, false, true, false, false, false]),
        ("archive", &Command::Archive, [false, false, false, true, false, false]),
        ("move_agenda", &move_on, [false, false, true, false, false, false]),
        ("sign_in_manually", &manually, [false, true, true, false, false, false]),
        ("add_guest", &guest, [false, true, true, false, false, false]),
    ];
    for (name, command, allowed) in cases {
        for (play, allowed) in states.iter().zip(allowed) {
            let state = play.hall.meeting().state;
            // Half an hour before the planned begin: signing in is open, and nothing has begun by the clock.
            let now = if state == StateName::Running { at(10) } else { at(-20) };
            if name == "sign_in_manually" && state == StateName::Draft {
                continue;
            }
            let outcome = play.clone().play(command, 0, now);
            assert_eq!(outcome.is_ok(), allowed, "{name} in {state:?}: {outcome:?}");
            if allowed {
                let by_member = play.clone().play(command, 1, now);
                assert_eq!(by_member, Err("meeting.not_manager"), "{name} by a member");
            }
        }
    }
}

#[test]
fn what_was_launched_is_cancelled_before_the_begin_and_with_a_reason() {
    let mut play = Play::launched(2);
    let cancel = |reason: &str| Command::Cancel { reason: reason.to_owned() };
    assert_eq!(play.play(&cancel("  "), 0, at(-10)), Err("request.fields"));
    assert_eq!(play.clone().play(&cancel("停电"), 0, at(0)), Err("meeting.begun"));
    assert_eq!(play.play(&cancel("停电"), 0, at(-1)), Ok(1));
    assert_eq!(play.scan(1, 1, at(0)), Err("meeting.sign_in_closed"));
}

#[test]
fn nobody_launches_a_meeting_of_nobody_or_of_too_many() {
    let launch = |people: u128| Play::drafted().play(&Command::Launch((0..people).map(invitee).collect()), 0, at(-100));
    assert_eq!(launch(0), Err("meeting.nobody_invited"));
    assert_eq!(launch(1), Ok(2));
    assert_eq!(launch(200), Ok(2));
    assert_eq!(launch(201), Ok(3));
    assert_eq!(launch(10_000), Ok(51));
    assert_eq!(launch(10_001), Err("meeting.too_many_invited"));
}

#[test]
fn a_meeting_does_not_begin_before_its_doors_open() {
    let mut play = Play::launched(2);
    assert_eq!(play.play(&Command::Start, 0, at(-31)), Err("meeting.too_early"));
    assert_eq!(play.play(&Command::Start, 0, at(-30)), Ok(1));
}

#[test]
fn leave_is_asked_for_decided_once_and_never_by_oneself() {
    let mut play = Play::launched(4);
    let ask = Command::AskLeave { reason: "住院".to_owned() };
    let decide = |number, approved, note: Option<&str>| Command::DecideLeave {
        member_id: member(number),
        approved,
        note: note.map(str::to_owned),
    };
    assert_eq!(play.play(&decide(1, true, None), 0, at(-90)), Err("meeting.no_leave"));
    assert_eq!(play.play(&ask, 1, at(-90)), Ok(1));
    assert_eq!(play.play(&ask, 1, at(-89)), Ok(0));
    assert_eq!(play.play(&Command::AskLeave { reason: "出差".to_owned() }, 1, at(-88)), Err("meeting.leave_pending"));
    assert_eq!(play.status(1), Status::LeavePending);
    assert_eq!(play.play(&decide(1, true, None), 2, at(-80)), Err("meeting.not_manager"));
    assert_eq!(play.play(&decide(1, false, None), 0, at(-80)), Err("request.fields"));
    assert_eq!(play.play(&decide(1, true, None), 0, at(-80)), Ok(1));
    assert_eq!(play.play(&decide(1, true, None), 0, at(-79)), Ok(0));
    assert_eq!(play.play(&decide(1, false, Some("不行")), 0, at(-78)), Err("meeting.leave_decided"));
    assert_eq!(play.status(1), Status::LeaveApproved);
    // The host's own leave is another's to decide.
    assert_eq!(play.play(&ask, 0, at(-70)), Ok(1));
    assert_eq!(play.play(&decide(0, true, None), 0, at(-69)), Err("meeting.own_leave"));
    // Refused, and asked again.
    assert_eq!(play.play(&ask, 2, at(-60)), Ok(1));
    assert_eq!(play.play(&decide(2, false, Some("会很重要")), 0, at(-59)), Ok(1));
    assert_eq!(play.status(2), Status::Expected);
    assert_eq!(play.play(&ask, 2, at(-58)), Ok(1));
    assert_eq!(play.play(&Command::WithdrawLeave, 2, at(-57)), Ok(1));
    assert_eq!(play.play(&Command::WithdrawLeave, 2, at(-56)), Ok(0));
    // Who is there is not on leave, and who is on no list asks for none.
    play.scan(3, 3, at(-10)).unwrap();
    assert_eq!(play.play(&ask, 3, at(-9)), Err("meeting.signed_in_already"));
    assert_eq!(play.play(&ask, 77, at(-9)), Err("meeting.not_invited"));
}

#[test]
fn people_sign_up_before_the_deadline() {
    let mut play = Play::launched(3);
    assert_eq!(play.play(&Command::SignUp, 1, at(-61)), Ok(1));
    assert_eq!(play.play(&Command::SignUp, 1, at(-59)), Ok(0));
    assert_eq!(play.play(&Command::SignUp, 2, at(-60)), Err("meeting.sign_up_closed"));
    assert_eq!(play.play(&Command::Reply { attending: false }, 2, at(-50)), Ok(1));
    assert_eq!(play.play(&Command::Reply { attending: false }, 2, at(-49)), Ok(0));
    assert_eq!(play.play(&Command::Reply { attending: true }, 2, at(-48)), Ok(1));
}

#[test]
fn a_plan_that_cannot_be_is_refused_field_by_field() {
    let wrong = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        let fields = PlanInput(plan).check().map_or_else(|refusal| refusal.fields, |_| Vec::new());
        fields.into_iter().map(|field| (field.field, field.code)).collect::<Vec<_>>()
    };
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(wrong(&|_| {}), []);
    assert_eq!(wrong(&|plan| plan.topic = " ".to_owned()), one("topic", "field.required"));
    assert_eq!(wrong(&|plan| plan.topic = "题".repeat(101)), one("topic", "field.too_long"));
    assert_eq!(wrong(&|plan| plan.place = String::new()), one("place", "field.required"));
    assert_eq!(wrong(&|plan| (plan.place, plan.mode) = (String::new(), Mode::Online)), []);
    assert_eq!(wrong(&|plan| plan.ends_at = at(0)), []);
    assert_eq!(wrong(&|plan| plan.ends_at = at(-1)), one("ends_at", "meeting.ends_before_start"));
    assert_eq!(wrong(&|plan| plan.ends_at = at(31 * 24 * 60 + 1)), one("ends_at", "meeting.too_long"));
    let link = |link: &'static str| {
        move |plan: &mut Plan| (plan.video_link, plan.mode) = (Some(link.to_owned()), Mode::Hybrid)
    };
    assert_eq!(wrong(&link(" https://meeting.tencent.com/dm/韦?p=1 ")), []);
    let long: &'static str = Box::leak(format!("https://a.cn/{}", "x".repeat(500)).into_boxed_str());
    for bad in [
        "",
        "会议号 123 456 789",
        "//a.cn/x",
        "http://a.cn/x",
        "https:a.cn",
        "https://",
        "https://a b.cn/",
        "https://a.cn/\nx",
        "https://bank.cn@evil.cn/",
        "https://:x@evil.cn/",
        "javascript:alert(1)//https://a.cn",
        long,
    ] {
        assert_eq!(wrong(&link(bad)), one("video_link", "meeting.video_link"), "{bad}");
    }
    let onsite = |plan: &mut Plan| (plan.video_link, plan.mode) = (Some("https://a.cn/x".to_owned()), Mode::Onsite);
    assert_eq!(wrong(&onsite), one("video_link", "meeting.video_link"));
    let sign_up = |minutes| Some(SignUp { deadline: at(minutes) });
    assert_eq!(wrong(&|plan| plan.sign_up = sign_up(0)), one("sign_up.deadline", "meeting.sign_up_after_start"));
    assert_eq!(wrong(&|plan| plan.agenda[1].title = String::new()), one("agenda[1].title", "field.required"));
    assert_eq!(wrong(&|plan| plan.agenda[0].minutes = 601), one("agenda[0].minutes", "field.too_large"));
    let circle = |radius_m| Some(Fence::Circle { center: crate::geo::Point::new(105.1, 24.5).unwrap(), radius_m });
    assert_eq!(wrong(&|plan| plan.sign_in.fence = circle(20.0)), []);
    for radius_m in [19.9, 5_000.1, f64::NAN] {
        assert_eq!(
            wrong(&|plan| plan.sign_in.fence = circle(radius_m)),
            one("sign_in.fence.radius_m", "meeting.radius")
        );
    }
    let two = wrong(&|plan| {
        plan.sign_in.opens_minutes_before = 1_441;
        plan.sign_in.late_after_minutes = 601;
    });
    assert_eq!(two.len(), 2);
}

#[test]
fn a_substitute_and_a_guest_come_onto_the_list_once() {
    let mut play = Play::launched(4);
    let replace = |of, by| Command::Substitute { of, by: invitee(by) };
    assert_eq!(play.play(&replace(None, 60), 1, at(-50)), Ok(1));
    assert_eq!(play.play(&replace(None, 60), 1, at(-49)), Ok(0));
    assert_eq!(play.play(&replace(None, 61), 1, at(-49)), Err("meeting.substituted_already"));
    assert_eq!(play.play(&replace(None, 2), 3, at(-49)), Err("meeting.invited_already"));
    assert_eq!(play.play(&replace(Some(member(2)), 62), 3, at(-48)), Err("meeting.not_manager"));
    assert_eq!(play.play(&replace(Some(member(2)), 62), 0, at(-48)), Ok(1));
    assert_eq!(play.play(&replace(None, 63), 62, at(-47)), Err("meeting.no_substitute"));
    assert_eq!(play.play(&Command::AddGuest(invitee(70)), 0, at(-40)), Ok(1));
    assert_eq!(play.play(&Command::AddGuest(invitee(70)), 0, at(-39)), Ok(0));
    assert_eq!(play.play(&Command::AddGuest(invitee(3)), 0, at(-39)), Err("meeting.invited_already"));
    let tally = play.hall.tally();
    assert_eq!((tally.expected, tally.guests, tally.substituted), (4, 0, 0));
    play.scan(60, 60, at(0)).unwrap();
    play.scan(70, 70, at(0)).unwrap();
    let tally = play.hall.tally();
    assert_eq!((tally.expected, tally.present, tally.guests, tally.substituted), (4, 1, 1, 1));
    assert_eq!(play.status(1), Status::Substitute);
    // The principal comes after all: counted once.
    play.scan(1, 1, at(1)).unwrap();
    let tally = play.hall.tally();
    assert_eq!((tally.present, tally.substituted), (1, 0));
    assert_eq!(person(0).person.id, id(2_000));
}

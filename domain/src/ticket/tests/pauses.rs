//! Pauses (暂停计时) and extensions (延期).

use super::*;

fn pause(reason: PauseReason, note: Option<&str>) -> Command {
    Command::Pause { reason, note: note.map(str::to_owned) }
}

fn request(limit: Limit) -> Command {
    Command::RequestExtension { limit, reason: "等配件".to_owned() }
}

fn verdict(approved: bool) -> Command {
    Command::DecideExtension { approved, note: Some("按规定".to_owned()) }
}

const TWO_HOURS: Limit = Limit::continuous(2, LimitUnit::Hours);

#[test]
fn pauses_and_extensions_are_refused_by_name() {
    use Action::{Accept, Complete, DecideExtension, Pause, RequestExtension, Resume, Withdraw};
    // What was done before, when in minutes, what is asked, and the answer.
    let cases: [(&[Action], i64, Action, &str); 22] = [
        (&[], 0, Pause, "ticket.not_accepted"),
        (&[], 0, Resume, "ticket.not_accepted"),
        (&[], 0, RequestExtension, "ticket.not_accepted"),
        (&[], 0, DecideExtension, "ticket.not_accepted"),
        (&[Accept], 0, Pause, "ok"),
        (&[Accept], 0, Resume, "ticket.not_paused"),
        (&[Accept, Pause], 1, Pause, "ticket.already_paused"),
        (&[Accept, Pause], 5_000, Pause, "ticket.already_paused"),
        (&[Accept, Pause], 5_000, Resume, "ok"),
        (&[Accept, Pause, Resume], 0, Resume, "ticket.not_paused"),
        // Late to the minute, though the clock has not noted it yet.
        (&[Accept], 1_439, Pause, "ok"),
        (&[Accept], 1_440, Pause, "ticket.overdue"),
        (&[Accept], 1_439, RequestExtension, "ok"),
        (&[Accept], 1_440, RequestExtension, "ticket.overdue"),
        (&[Accept, Pause], 5_000, RequestExtension, "ok"),
        (&[Accept, RequestExtension], 1, RequestExtension, "ticket.extension_pending"),
        (&[Accept, RequestExtension, DecideExtension], 1, RequestExtension, "ticket.already_extended"),
        (&[Accept], 0, DecideExtension, "ticket.no_extension_request"),
        (&[Accept, RequestExtension, DecideExtension], 0, DecideExtension, "ticket.no_extension_request"),
        (&[Accept, RequestExtension], 5_000, DecideExtension, "ok"),
        (&[Accept, Complete], 0, Pause, "ticket.already_completed"),
        (&[Accept, Withdraw], 0, RequestExtension, "ticket.withdrawn"),
    ];
    for (before, minutes, action, expected) in cases {
        let (mut play, _) = Setting::default().send();
        play.do_all(before).at(minutes);
        let answer = play.does(&command(action));
        assert_eq!(answer.as_ref().map_or_else(|code| *code, |_| "ok"), expected, "{action:?} after {before:?}");
    }
    // Once it climbed for lateness it can be stopped no more, though the next level's time still runs.
    let mut play = Setting::default().accepted();
    play.until(1_441);
    for action in [Pause, RequestExtension] {
        assert_eq!(play.does(&command(action)), Err("ticket.overdue"), "{action:?}");
    }
}

#[test]
fn nobody_grants_himself_more_time() {
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    let both = Standing { handler: true, ..SUPERVISOR };
    assert_eq!(play.tries(&verdict(true), both, worker()), Err("ticket.not_permitted"));
    assert_eq!(play.tries(&verdict(true), SUPERVISOR, leader(3)), Ok(vec!["extension_granted".to_owned()]));
}

#[test]
fn what_is_said_with_pauses_and_extensions_is_checked() {
    let ticket = in_state(StateName::Accepted);
    let asked = decide(&ticket, &request(TWO_HOURS), NOON).unwrap();
    let pending = ticket.after(&asked[0], NOON);
    let refuse = |note: Option<&str>| Command::DecideExtension { approved: false, note: note.map(str::to_owned) };
    let long = "好".repeat(501);
    for (ticket, command, expected) in [
        (&ticket, pause(PauseReason::Other, None), Some("note field.required")),
        (&ticket, pause(PauseReason::Other, Some(" \n ")), Some("note field.required")),
        (&ticket, pause(PauseReason::Other, Some("等雨停")), None),
        (&ticket, pause(PauseReason::ForceMajeure, None), None),
        (&ticket, pause(PauseReason::ForceMajeure, Some(&long)), Some("note field.too_long")),
        (&ticket, request(Limit { value: 0, ..TWO_HOURS }), Some("limit.value limit.zero")),
        (&ticket, request(Limit { value: u32::MAX, ..TWO_HOURS }), Some("limit.value limit.too_long")),
        (&ticket, request(Limit::working(250, LimitUnit::Workdays)), None),
        (&ticket, request(Limit::working(251, LimitUnit::Workdays)), Some("limit.value limit.too_long")),
        (&ticket, request(Limit::continuous(1, LimitUnit::Workdays)), Some("limit.clock limit.workdays_continuous")),
        (&pending, refuse(None), Some("note field.required")),
        (&pending, refuse(Some("")), Some("note field.required")),
        (&pending, refuse(Some("等不起")), None),
        (&pending, Command::DecideExtension { approved: true, note: Some(long.clone()) }, Some("note field.too_long")),
        (&pending, Command::DecideExtension { approved: true, note: None }, None),
    ] {
        let standing = if matches!(command, Command::DecideExtension { .. }) { SUPERVISOR } else { ALL_RIGHTS };
        let decided = decide_with(ticket, &command, standing, &ladder([true; 3]), NOON);
        assert_eq!(wrong(decided), Vec::from_iter(expected), "{command:?}");
    }
}

#[test]
fn an_end_moves_by_exactly_the_time_it_stood_still() {
    let mut play = Setting::default().accepted();
    let mut total = 0;
    // Milliseconds from one step to the next: running, paused.
    for (running, paused) in [(0, 0), (1, 1), (59_999, 86_400_000), (7, 3_600_001), (0, 5), (1_000, 0)] {
        play.now = play.now.plus_millis(running);
        play.do_all(&[Action::Pause]);
        // While it lasts the end stays what it was; it moves when the clock goes on.
        assert_eq!(play.ticket.due_at(), Some(NOON.plus_millis(DAY + total)));
        play.now = play.now.plus_millis(paused);
        assert_eq!(play.look(), [""; 0]);
        play.do_all(&[Action::Resume]);
        total += paused;
        assert_eq!(play.ticket.due_at(), Some(NOON.plus_millis(DAY + total)), "{running} {paused}");
    }
    assert_eq!(play.clock().pauses.len(), 6);
    play.now = NOON.plus_millis(DAY + total - 1);
    assert_eq!(play.look(), ["due_soon"]);
    play.now = NOON.plus_millis(DAY + total);
    assert_eq!(play.look(), ["overdue 4", "4>3 not_completed"]);
    // The next level's time has no pauses in it.
    assert_eq!((play.clock().pauses.len(), play.clock().started_at), (0, play.now));
}

#[test]
fn a_paused_clock_is_never_late_and_goes_on_by_itself_at_the_close_of_the_tenth_workday() {
    let mut play = Setting::default().sent_at(local("2026-11-23 10:00")).accepted();
    play.at(60).do_all(&[Action::Pause]);
    let until = local("2026-12-07 18:00");
    assert_eq!(play.ticket.next_timer(), Some(until));
    let stood = until.since(local("2026-11-23 11:00"));
    let end = local("2026-11-24 10:00").plus_millis(stood);
    let end = play.minute(end);
    assert_eq!(
        play.until(100_000)[..3],
        [
            format!("{} resumed", play.minute(until)),
            format!("{} due_soon", 1_152 + stood / MINUTE),
            format!("{end} overdue 4"),
        ]
    );
    // It can be stopped again before, for another ten.
    let mut play = Setting::default().sent_at(local("2026-11-23 10:00")).accepted();
    play.do_all(&[Action::Pause]);
    play.until(10_000);
    play.do_all(&[Action::Resume, Action::Pause]);
    assert_eq!(play.ticket.next_timer(), Some(local("2026-12-14 18:00")));
}

#[test]
fn a_pause_ends_when_it_ends_however_late_somebody_looks() {
    let begin = || {
        let mut play = Setting::default().sent_at(local("2026-11-23 10:00")).accepted();
        play.do_all(&[Action::Pause]);
        play
    };
    let until = local("2026-12-07 18:00");
    let due = until.plus_millis(DAY);
    for late in [0, 1, HOUR, 23 * HOUR] {
        let mut by_itself = begin();
        by_itself.now = until.plus_millis(late);
        assert_eq!(by_itself.look()[0], "resumed");
        assert_eq!(by_itself.ticket.due_at(), Some(due), "{late} ms late");
        // A person who is faster than the clock wins no time either, nor does the submitter's answer.
        let mut by_hand = begin();
        by_hand.now = until.plus_millis(late);
        by_hand.do_all(&[Action::Resume]);
        assert_eq!(by_hand.clock().due_at, due, "{late} ms late");
    }
    let mut play = begin();
    play.now = until.plus_millis(-HOUR);
    play.do_all(&[Action::Resume]);
    assert_eq!(play.ticket.due_at(), Some(due.plus_millis(-HOUR)));
    // Resumed by a clock that was set back: it stood still for no time.
    let mut play = begin();
    play.now = local("2026-11-20 10:00");
    play.do_all(&[Action::Resume]);
    assert_eq!(play.ticket.due_at(), Some(local("2026-11-24 10:00")));
}

#[test]
fn the_submitters_words_let_a_clock_go_on_that_waits_for_them() {
    let submitter = Standing { visible: true, submitter: true, ..Standing::default() };
    let handler = Standing { visible: true, handler: true, may_handle: true, ..Standing::default() };
    let words = command(Action::Comment);
    for (reason, standing, expected) in [
        (PauseReason::WaitingForSubmitter, submitter, &["commented", "resumed"][..]),
        (PauseReason::WaitingForSubmitter, handler, &["commented"]),
        (PauseReason::WaitingForSubmitter, SUPERVISOR, &["commented"]),
        (PauseReason::WaitingForDepartment, submitter, &["commented"]),
        (PauseReason::ForceMajeure, submitter, &["commented"]),
        (PauseReason::Other, submitter, &["commented"]),
    ] {
        let mut play = Setting::default().accepted();
        assert_eq!(play.does(&pause(reason, Some("等消息"))), Ok(vec!["paused".to_owned()]));
        let told = play.at(100).tries(&words, standing, person(1, "覃大姐")).unwrap();
        assert_eq!(told, expected, "{reason:?} {standing:?}");
        let resumed = expected.len() == 2;
        assert_eq!(play.due(), Some(if resumed { 1_540 } else { 1_440 }.to_string()));
        assert_eq!(play.clock().open_pause().is_none(), resumed);
        if resumed {
            assert_eq!(play.tries(&words, standing, person(1, "覃大姐")), Ok(vec!["commented".to_owned()]));
        }
    }
}

#[test]
fn a_handler_and_those_above_let_a_clock_go_on() {
    let handler = Standing { visible: true, handler: true, ..Standing::default() };
    let submitter = Standing { visible: true, submitter: true, ..Standing::default() };
    let colleague = Standing { visible: true, may_handle: true, ..Standing::default() };
    for (standing, expected) in [
        (handler, Ok(vec!["resumed".to_owned()])),
        (SUPERVISOR, Ok(vec!["resumed".to_owned()])),
        (submitter, Err("ticket.not_permitted")),
        (colleague, Err("ticket.not_permitted")),
    ] {
        let mut play = Setting::default().accepted();
        play.do_all(&[Action::Pause]);
        assert_eq!(play.tries(&Command::Resume, standing, worker()), expected, "{standing:?}");
    }
}

#[test]
fn a_warning_comes_once_and_after_a_pause_at_its_new_time() {
    let mut play = Setting::default().accepted();
    play.at(100).do_all(&[Action::Pause]);
    play.at(400).do_all(&[Action::Resume]);
    assert_eq!(play.until(1_700), ["1452 due_soon"]);
    // Stopped and let go on after the warning, it warns no more.
    play.do_all(&[Action::Pause]);
    play.at(1_720).do_all(&[Action::Resume]);
    assert_eq!(play.until(1_761), ["1760 overdue 4", "1760 4>3 not_completed"]);
}

#[test]
fn there_is_one_extension_in_a_run_on_whatever_level() {
    let mut play =
        Setting::levels(|levels| levels.nudge_answer = Some(Limit::continuous(5, LimitUnit::Minutes))).accepted();
    play.do_all(&[Action::RequestExtension, Action::DecideExtension, Action::Nudge]);
    assert_eq!(play.due().as_deref(), Some("1560"));
    assert_eq!(play.until(10), ["5 4>3 nudge_ignored"]);
    assert_eq!(play.does(&request(TWO_HOURS)), Err("ticket.already_extended"));
    // Late, granted late, and late again: the second request comes too late anyway, and is the second one.
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    play.until(1_500);
    play.do_all(&[Action::DecideExtension]);
    assert_eq!(play.does(&request(TWO_HOURS)), Err("ticket.already_extended"));
    play.until(3_100);
    assert_eq!((play.level(), play.clock().extended, play.clock().extension), (2, true, None));
    // A new run has its own.
    for actions in [
        &[Action::Return, Action::Accept][..],
        &[Action::Reassign],
        &[Action::Complete, Action::Reopen, Action::Accept],
    ] {
        let mut play = Setting::default().accepted();
        play.do_all(&[Action::RequestExtension, Action::DecideExtension]).do_all(actions);
        assert_eq!(play.due().as_deref(), Some("1440"), "what was granted is not passed on: {actions:?}");
        play.do_all(&[Action::RequestExtension, Action::DecideExtension]);
        assert_eq!(play.due().as_deref(), Some("1560"), "{actions:?}");
    }
    // One that was refused may be asked for again, with better reasons.
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    assert_eq!(play.does(&verdict(false)), Ok(vec!["extension_refused".to_owned()]));
    assert_eq!(play.due().as_deref(), Some("1440"));
    play.do_all(&[Action::RequestExtension, Action::DecideExtension]);
    assert_eq!(play.due().as_deref(), Some("1560"));
}

#[test]
fn an_extension_in_time_moves_the_end_and_warns_anew() {
    let mut play = Setting::default().accepted();
    play.until(1_200);
    assert_eq!(play.clock().warn_at, None, "warned already");
    play.do_all(&[Action::RequestExtension, Action::DecideExtension]);
    // 80 % of 26 hours.
    assert_eq!(play.until(1_600), ["1248 due_soon", "1560 overdue 4", "1560 4>3 not_completed"]);
}

#[test]
fn an_extension_decided_after_the_end_takes_the_lateness_back_but_not_the_climb() {
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    assert_eq!(play.until(1_500)[1..], ["1440 overdue 4", "1440 4>3 not_completed"]);
    play.do_all(&[Action::DecideExtension]);
    // What was asked of the group is granted to the level that answers now.
    assert_eq!((play.level(), play.ticket.is_overdue(), play.due().as_deref()), (3, false, Some("3000")));
    assert_eq!(play.until(3_001), ["2688 due_soon", "3000 overdue 3", "3000 3>2 not_completed"]);

    // Refused late: nothing changes.
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    play.until(1_500);
    let before = play.clock().clone();
    assert_eq!(play.does(&verdict(false)), Ok(vec!["extension_refused".to_owned()]));
    assert_eq!((play.clock(), &play.ticket.extension_request), (&before, &None));

    // At the top nothing was left to run; with more time it runs again, and ends again.
    let mut play = Setting { ladder: Ladder::default(), ..Setting::default() }.accepted();
    play.do_all(&[Action::RequestExtension]);
    play.until(1_500);
    assert_eq!((play.ticket.next_timer(), play.clock().ended), (None, true));
    play.do_all(&[Action::DecideExtension]);
    assert_eq!((play.ticket.is_overdue(), play.clock().ended), (false, false));
    assert_eq!(play.until(10_000), ["1560 overdue 4"]);
    // Granted when even that is over: late it stays, and nothing is left to run.
    let mut play = Setting { ladder: Ladder::default(), ..Setting::default() }.accepted();
    play.do_all(&[Action::RequestExtension]);
    play.until(1_560);
    play.do_all(&[Action::DecideExtension]);
    assert_eq!((play.ticket.is_overdue(), play.clock().ended, play.ticket.next_timer()), (true, true, None));
}

#[test]
fn a_request_for_more_time_lives_as_long_as_the_hand_that_asked() {
    for (action, lives) in [
        (Action::Comment, true),
        (Action::Pause, true),
        (Action::Nudge, true),
        (Action::Return, false),
        (Action::Reassign, false),
        (Action::Complete, false),
        (Action::Withdraw, false),
    ] {
        let mut play = Setting::default().accepted();
        play.do_all(&[Action::RequestExtension, action]);
        assert_eq!(play.ticket.extension_request.is_some(), lives, "{action:?}");
    }
    let mut play = Setting::default().accepted();
    play.do_all(&[Action::RequestExtension]);
    play.until(3_000);
    assert!(play.ticket.extension_request.is_some(), "climbing decides nothing about it");
}

#[test]
fn an_extension_is_granted_while_the_clock_stands_still() {
    let mut play = Setting::default().accepted();
    play.at(60).do_all(&[Action::Pause, Action::RequestExtension]);
    play.at(5_000).do_all(&[Action::DecideExtension]);
    assert_eq!(play.due().as_deref(), Some("1560"));
    assert!(play.clock().open_pause().is_some());
    assert_eq!(play.look(), [""; 0]);
    play.do_all(&[Action::Resume]);
    assert_eq!(play.due(), Some((1_560 + 5_000 - 60).to_string()));
}

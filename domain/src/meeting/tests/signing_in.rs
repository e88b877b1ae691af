//! The red team's part that is pure rules; the rest is tried against the real server.

use super::support::{MINUTE, Play, at, invitee, member, plan, scan};
use crate::clock::Timestamp;
use crate::geo::{Datum, Point, RawPosition};
use crate::meeting::*;

fn evidence(play: &Play, number: u128) -> Evidence {
    play.hall.attendee(member(number)).unwrap().evidence.clone().unwrap()
}

#[test]
fn signing_in_opens_and_closes_with_the_window() {
    let cases = [
        (-31 * MINUTE, Err("meeting.sign_in_closed")),
        (-30 * MINUTE - 1, Err("meeting.sign_in_closed")),
        (-30 * MINUTE, Ok(1)),
        (120 * MINUTE, Ok(1)),
        (120 * MINUTE + 1, Err("meeting.sign_in_closed")),
    ];
    for (ms, expected) in cases {
        assert_eq!(Play::launched(2).scan(1, 1, at(0).plus_millis(ms)), expected, "{ms} ms");
    }
    // As long as it runs, also beyond the planned end; not after its real end.
    let mut play = Play::running(3);
    assert_eq!(play.scan(1, 1, at(500)), Ok(1));
    play.play(&Command::End, 0, at(501)).unwrap();
    assert_eq!(play.scan(2, 2, at(501)), Err("meeting.sign_in_closed"));
}

#[test]
fn a_second_scan_answers_the_first_result() {
    let mut play = Play::running(3);
    assert_eq!(play.scan(1, 1, at(1)), Ok(1));
    assert_eq!(play.scan(1, 1, at(20)), Ok(0));
    assert_eq!(play.scan(1, 2, at(20)), Ok(0), "on another phone, too");
    assert_eq!(play.status(1), Status::OnTime);
    assert_eq!(play.hall.attendee(member(1)).unwrap().presence.len(), 1);
}

#[test]
fn twenty_accounts_on_one_phone_are_shown_to_the_host() {
    let mut play = Play::running(21);
    for number in 1..21 {
        assert_eq!(play.scan(number, 7, at(1)), Ok(1));
    }
    assert_eq!(evidence(&play, 1).flags, []);
    for number in 2..21 {
        assert_eq!(evidence(&play, number).flags, [Flag::SecondAccountOnDevice]);
        assert_eq!(evidence(&play, number).grade, Grade::Weak);
    }
}

#[test]
fn who_is_on_no_list_does_not_sign_in() {
    assert_eq!(Play::running(3).scan(99, 1, at(1)), Err("meeting.not_invited"));
}

#[test]
fn who_leaves_and_comes_back_keeps_the_number() {
    let mut play = Play::running(4);
    play.scan(2, 2, at(1)).unwrap();
    play.scan(1, 1, at(2)).unwrap();
    play.play(&Command::SignOut { member_id: None }, 2, at(3)).unwrap();
    play.scan(3, 3, at(4)).unwrap();
    play.scan(2, 2, at(5)).unwrap();
    let numbers = [1, 2, 3].map(|number| play.hall.attendee(member(number)).unwrap().number);
    assert_eq!(numbers, [Some(2), Some(1), Some(3)]);
    let presence = &play.hall.attendee(member(2)).unwrap().presence;
    assert_eq!(presence.len(), 2);
    assert_eq!((presence[0].from, presence[0].until), (at(1), Some(at(3))));
}

#[test]
fn by_the_hosts_word_with_a_reason() {
    let mut play = Play::running(3);
    let sign = |reason: &str| Command::SignInManually { member_id: member(1), reason: reason.to_owned() };
    assert_eq!(play.play(&sign(" "), 0, at(1)), Err("request.fields"));
    assert_eq!(play.play(&sign("手机没电"), 2, at(1)), Err("meeting.not_manager"));
    assert_eq!(play.play(&sign("手机没电"), 0, at(1)), Ok(1));
    assert_eq!(play.play(&sign("手机没电"), 0, at(2)), Ok(0));
    let evidence = evidence(&play, 1);
    assert_eq!((evidence.grade, evidence.manual.unwrap().reason.as_str()), (Grade::Fair, "手机没电"));
    let stranger = Command::SignInManually { member_id: member(99), reason: "?".to_owned() };
    assert_eq!(play.play(&stranger, 0, at(2)), Err("meeting.attendee_not_found"));
}

#[test]
fn online_where_there_is_a_video_meeting() {
    let mut onsite = Play::drafted();
    onsite
        .play(&Command::Edit { plan: Box::new(Plan { mode: Mode::Onsite, ..plan() }), over: 1 }, 0, at(-2_000))
        .unwrap();
    onsite.play(&Command::Launch((0..4).map(invitee).collect()), 0, at(-1_000)).unwrap();
    let join = |device: u8| Command::SignInOnline { device: DeviceId([device; 16]) };
    assert_eq!(onsite.play(&join(1), 1, at(0)), Err("meeting.not_online"));
    let mut play = Play::launched(4);
    assert_eq!(play.play(&join(1), 1, at(-31)), Err("meeting.sign_in_closed"));
    assert_eq!(play.play(&join(1), 99, at(-30)), Err("meeting.not_invited"));
    assert_eq!(play.play(&join(1), 1, at(-30)), Ok(1));
    assert_eq!(play.play(&join(1), 1, at(-29)), Ok(0), "the first result stands");
    play.play(&join(1), 2, at(-28)).unwrap();
    assert_eq!((play.status(1), play.hall.tally().online, play.hall.tally().present), (Status::Online, 2, 2));
    assert_eq!((evidence(&play, 1).grade, evidence(&play, 1).slot_age_ms), (Grade::Fair, None));
    assert_eq!(evidence(&play, 2).flags, [Flag::SecondAccountOnDevice]);
    // Whoever comes to the room after all has joined already.
    assert_eq!(play.scan(1, 1, at(0)), Ok(0));
    play.play(&Command::Start, 0, at(0)).unwrap();
    play.play(&Command::SignOut { member_id: None }, 1, at(5)).unwrap();
    play.scan(1, 7, at(6)).unwrap();
    assert_eq!(play.hall.attendee(member(1)).unwrap().presence[1].way, Way::Code);
}

#[test]
fn a_place_is_part_of_the_evidence() {
    let center = Point::new(105.1, 24.5).unwrap();
    let mut fenced = plan();
    fenced.sign_in.fence = Some(Fence::Circle { center, radius_m: 200.0 });
    let mut play = Play::drafted();
    play.play(&Command::Edit { plan: Box::new(fenced), over: 1 }, 0, at(-2_000)).unwrap();
    play.play(&Command::Launch((0..4).map(invitee).collect()), 0, at(-1_000)).unwrap();
    let with = |lat: f64, mocked, now: Timestamp, number: u8| {
        let position = RawPosition { lng: 105.1, lat, datum: Datum::Wgs84, accuracy_m: Some(10.0) };
        let Command::SignIn(sign_in) = scan(number, now) else { unreachable!() };
        Command::SignIn(SignIn {
            fix: Some(Fix { position, found_at: Some(now), mocked, consent: POSITION_CONSENT }),
            ..sign_in
        })
    };
    assert_eq!(play.play(&scan(1, at(0)), 1, at(0)), Err("meeting.location_required"));
    assert_eq!(play.play(&with(24.6, false, at(0), 1), 1, at(0)), Err("meeting.outside_fence"));
    assert_eq!(play.play(&with(24.5, false, at(0), 1), 1, at(0)), Ok(1), "the claim was not used up");
    assert_eq!(play.play(&with(24.5, true, at(0), 2), 2, at(0)), Ok(1));
    assert_eq!((evidence(&play, 1).grade, evidence(&play, 1).distance_m.map(f64::round)), (Grade::Strong, Some(0.0)));
    assert_eq!(evidence(&play, 2).flags, [Flag::MockLocation]);
    assert_eq!(evidence(&play, 1).consent, Some(POSITION_CONSENT));
    let Command::SignIn(agreed) = with(24.5, false, at(0), 3) else { unreachable!() };
    let fix = agreed.fix.map(|fix| Fix { consent: POSITION_CONSENT + 1, ..fix });
    let to_other_words = Command::SignIn(SignIn { fix, ..agreed });
    assert_eq!(play.play(&to_other_words, 3, at(0)), Err("request.fields"));
}

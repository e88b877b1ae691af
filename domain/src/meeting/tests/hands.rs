use super::support::{Play, at, member};
use crate::meeting::*;

const LOWER_OWN: Command = Command::LowerHand { member_id: None };

fn call_on(number: u128) -> Command {
    Command::LowerHand { member_id: Some(member(number)) }
}

impl Play {
    fn hand_is_up(&self, number: u128) -> bool {
        self.hall.hand_of(self.hall.attendee(member(number)).unwrap()).is_some()
    }
}

#[test]
fn whoever_is_there_raises_a_hand_while_the_meeting_runs() {
    let mut play = Play::launched(4);
    play.scan(1, 1, at(-5)).unwrap();
    assert_eq!(play.play(&Command::RaiseHand, 1, at(-4)), Err("meeting.not_running"));
    play.play(&Command::Start, 0, at(0)).unwrap();
    assert_eq!(play.play(&Command::RaiseHand, 2, at(1)), Err("meeting.not_present"));
    assert_eq!(play.play(&Command::RaiseHand, 99, at(1)), Err("meeting.not_invited"));
    assert_eq!(play.play(&Command::RaiseHand, 1, at(1)), Ok(1));
    assert_eq!(play.play(&Command::RaiseHand, 1, at(2)), Ok(0), "it is raised");
    assert_eq!((play.hand_is_up(1), play.hall.tally().hands), (true, 1));
    assert_eq!(play.play(&LOWER_OWN, 1, at(3)), Ok(1));
    assert_eq!(play.play(&LOWER_OWN, 1, at(3)), Ok(0));
    assert_eq!((play.hand_is_up(1), play.hall.tally().hands), (false, 0));
}

#[test]
fn the_host_alone_calls_on_others() {
    let mut play = Play::running(4);
    for number in [1, 2] {
        play.scan(number, u8::try_from(number).unwrap(), at(1)).unwrap();
        play.play(&Command::RaiseHand, number, at(2)).unwrap();
    }
    assert_eq!(play.play(&call_on(1), 2, at(3)), Err("meeting.not_manager"));
    assert_eq!(play.play(&call_on(99), 0, at(3)), Err("meeting.attendee_not_found"));
    assert_eq!(play.play(&call_on(1), 0, at(3)), Ok(1));
    assert_eq!(play.play(&call_on(1), 0, at(3)), Ok(0), "that hand is down");
    assert!(matches!(play.log.last(), Some((MeetingEvent::HandLowered { name, .. }, _)) if name == "党员1"));
    // One's own is taken down, not called on.
    assert_eq!(play.play(&call_on(2), 2, at(4)), Ok(1));
    assert!(matches!(play.log.last(), Some((MeetingEvent::HandWithdrawn { .. }, _))));
}

#[test]
fn who_leaves_and_what_ends_takes_hands_down() {
    let mut play = Play::running(4);
    for number in [1, 2] {
        play.scan(number, u8::try_from(number).unwrap(), at(1)).unwrap();
        play.play(&Command::RaiseHand, number, at(2)).unwrap();
    }
    play.play(&Command::SignOut { member_id: None }, 1, at(3)).unwrap();
    assert_eq!((play.hand_is_up(1), play.hand_is_up(2), play.hall.tally().hands), (false, true, 1));
    play.play(&Command::End, 0, at(60)).unwrap();
    assert_eq!((play.hand_is_up(2), play.hall.tally().hands), (false, 0));
    assert_eq!(play.play(&Command::RaiseHand, 2, at(61)), Err("meeting.not_running"));
}

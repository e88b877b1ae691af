use super::support::{Play, at, id, invitee, member};
use crate::ids::OrganisationId;
use crate::meeting::*;

const TOWN: u128 = 77;

fn ask(note: Option<&str>) -> Command {
    ask_of(TOWN, note)
}

fn ask_of(number: u128, note: Option<&str>) -> Command {
    let superior = Superior { organisation_id: id(number), name: "镇党委".to_owned(), leaders: vec![id(9_000)] };
    Command::InviteSuperior { superior, note: note.map(str::to_owned) }
}

fn name(number: u128) -> Command {
    Command::NameDelegate { organisation_id: id::<OrganisationId>(TOWN), delegate: invitee(number) }
}

fn delegate(play: &Play) -> Option<&str> {
    play.hall.meeting().delegation.as_ref()?.delegate.as_ref().map(|delegate| delegate.name.as_str())
}

#[test]
fn an_organisation_above_is_asked_once_and_names_a_guest() {
    let mut play = Play::drafted();
    assert_eq!(play.play(&ask(None), 0, at(-1_500)), Err("meeting.not_open"));
    play = Play::launched(4);
    assert_eq!(play.play(&name(50), 60, at(-900)), Err("meeting.superior_not_invited"));
    assert_eq!(play.play(&ask(None), 1, at(-900)), Err("meeting.not_manager"));
    assert_eq!(play.play(&ask(None), 0, at(-900)), Ok(1));
    assert_eq!(play.play(&ask(None), 0, at(-890)), Ok(0));
    assert_eq!(play.play(&ask(Some("请指导")), 0, at(-880)), Ok(1), "with other words it is asked anew");
    // Whoever was asked before is not asked any more.
    assert_eq!(play.play(&ask_of(78, None), 0, at(-870)), Ok(1));
    assert_eq!(play.play(&name(50), 60, at(-860)), Err("meeting.superior_not_invited"));
    play.play(&ask(None), 0, at(-850)).unwrap();
    assert_eq!(play.play(&name(50), 60, at(-800)), Ok(2));
    assert_eq!(play.play(&name(50), 60, at(-800)), Ok(0));
    assert_eq!(delegate(&play), Some("党员50"));
    assert_eq!(play.hall.attendee(member(50)).unwrap().role, Role::Guest);
    assert_eq!(play.play(&ask(None), 0, at(-700)), Err("meeting.delegate_named"));
    assert_eq!(play.replayed().meeting(), play.hall.meeting());
}

#[test]
fn another_one_may_be_named_until_the_meeting_begins() {
    let mut play = Play::launched(4);
    play.play(&ask(None), 0, at(-900)).unwrap();
    play.play(&name(50), 60, at(-800)).unwrap();
    assert_eq!(play.play(&name(51), 60, at(-700)), Ok(2));
    // Somebody who is on the list anyway is named and not listed twice.
    assert_eq!(play.play(&name(2), 60, at(-600)), Ok(1));
    assert_eq!((delegate(&play), play.hall.attendee(member(2)).unwrap().role), (Some("党员2"), Role::Member));
    play.play(&Command::Start, 0, at(0)).unwrap();
    assert_eq!(play.play(&name(52), 60, at(1)), Err("meeting.begun"));
    play.play(&Command::End, 0, at(60)).unwrap();
    assert_eq!(play.play(&name(52), 60, at(61)), Err("meeting.not_open"));
    // Late is better than not at all.
    let mut late = Play::launched(4);
    late.play(&ask(None), 0, at(-900)).unwrap();
    late.play(&Command::Start, 0, at(0)).unwrap();
    assert_eq!(late.play(&name(52), 60, at(1)), Ok(2));
}

#[test]
fn nobody_is_asked_where_nobody_leads() {
    let mut play = Play::launched(4);
    let superior = Superior { organisation_id: id(TOWN), name: "镇党委".to_owned(), leaders: Vec::new() };
    let command = Command::InviteSuperior { superior, note: None };
    assert_eq!(play.play(&command, 0, at(-900)), Err("meeting.superior_vacant"));
    assert_eq!(play.play(&ask(Some(&"字".repeat(201))), 0, at(-900)), Err("request.fields"));
}

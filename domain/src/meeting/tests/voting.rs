use proptest::prelude::*;

use super::support::{Play, at, id, member};
use crate::ids::VoteId;
use crate::meeting::*;
use crate::vote::{Answer, Outcome, *};

fn vote_id(number: u128) -> VoteId {
    id(5_000 + number)
}

fn asks(secrecy: Secrecy) -> Question {
    Question {
        title: "同意吗".to_owned(),
        method: Method::YesNoAbstain,
        secrecy,
        options: Vec::new(),
        min: 1,
        max: 1,
        seats: None,
        quorum: Some(Share::MORE_THAN_HALF),
        majority: Some(Majority { base: Base::Expected, share: Share::MORE_THAN_HALF }),
        show: Show::AfterClose,
    }
}

fn prepare(question: Question) -> Command {
    Command::PrepareVote { id: vote_id(1), question: Box::new(question) }
}

fn cast(round: u32, answer: Answer, receipt: Option<u128>) -> Command {
    let receipt = receipt.map(|number| format!("{number:016}").parse().unwrap());
    Command::CastBallot { id: vote_id(1), round, choices: vec![Choice::Answer(answer)], receipt }
}

const OPEN: fn() -> Command = || Command::OpenVote(vote_id(1));
const CLOSE: fn() -> Command = || Command::CloseVote { id: vote_id(1), publishes: true };

fn count(round: u32, urn: Option<Urn>) -> Command {
    Command::CountVote { id: vote_id(1), round, urn: urn.map(Box::new) }
}

impl Play {
    /// A running meeting of `people`, the first `present` of whom signed in.
    fn voting(people: u128, present: u128, question: Question) -> Self {
        let mut play = Self::running(people);
        for number in 0..present {
            play.scan(number, u8::try_from(number).unwrap(), at(1)).unwrap();
        }
        play.play(&prepare(question), 0, at(2)).unwrap();
        play
    }

    fn poll(&self) -> &Poll {
        self.hall.poll(vote_id(1)).unwrap()
    }

    /// What lies in the urn, out of the events that brought it there.
    fn urn(&self) -> Urn {
        let slips = self.log.iter().filter_map(|(event, _)| match event {
            MeetingEvent::BallotCast { slip, round, .. } if *round == self.poll().vote().round => slip.clone(),
            _ => None,
        });
        let (ballots, receipts) = slips.map(|slip| (slip.ballot, slip.receipt)).unzip();
        Urn { ballots, receipts }
    }

    fn result(&self) -> &VoteResult {
        self.poll().vote().result.as_ref().unwrap()
    }
}

#[test]
fn a_vote_opens_is_cast_closes_and_is_counted() {
    let mut play = Play::voting(8, 6, asks(Secrecy::Open));
    assert_eq!(play.play(&cast(1, Answer::Yes, None), 1, at(3)), Err("vote.not_open"));
    assert_eq!(play.play(&OPEN(), 1, at(3)), Err("meeting.not_manager"));
    assert_eq!(play.play(&OPEN(), 0, at(3)), Ok(1));
    assert_eq!((play.poll().vote().entitled(), play.poll().vote().round), (6, 1));
    for (number, answer) in [(1, Answer::Yes), (2, Answer::Yes), (3, Answer::Yes), (4, Answer::Yes), (5, Answer::No)] {
        assert_eq!(play.play(&cast(1, answer, None), number, at(4)), Ok(1));
    }
    assert_eq!(play.play(&cast(1, Answer::No, None), 1, at(5)), Err("vote.cast_already"));
    assert_eq!(play.play(&Command::End, 0, at(5)), Err("meeting.vote_open"));
    assert_eq!(play.play(&CLOSE(), 0, at(6)), Ok(1));
    assert_eq!(play.play(&cast(1, Answer::Yes, None), 0, at(6)), Err("vote.closed"));
    assert_eq!(play.play(&count(1, None), 0, at(6)), Ok(2), "counted and published");
    assert_eq!(play.play(&count(1, None), 0, at(6)), Ok(0), "once");
    let decided = play.result().options[0];
    assert_eq!(decided.count, Some(OptionCount::Answers { yes: 4, no: 1, abstain: 0 }));
    // More than half of the eight who should have come.
    assert_eq!((decided.needed, decided.outcome), (Some(5), Some(Outcome::Failed)));
    assert_eq!(play.poll().vote().state, VoteState::Published);
    assert_eq!(play.replayed().poll(vote_id(1)).unwrap().vote(), play.poll().vote());
}

#[test]
fn each_who_may_not_vote_is_told_why() {
    let mut play = Play::running(12);
    for number in 0..11_u8 {
        play.scan(number.into(), number, at(1)).unwrap();
    }
    let guest = Invitee { member_id: member(70), ..super::support::invitee(70) };
    play.play(&Command::AddGuest(guest), 0, at(1)).unwrap();
    let substitute = Invitee { member_id: member(71), ..super::support::invitee(71) };
    play.play(&Command::Substitute { of: Some(member(11)), by: substitute }, 0, at(1)).unwrap();
    for (number, device) in [(70, 70), (71, 71)] {
        play.scan(number, device, at(2)).unwrap();
    }
    play.play(&prepare(asks(Secrecy::Open)), 0, at(2)).unwrap();
    play.play(&OPEN(), 0, at(3)).unwrap();
    // Comes when the vote is open.
    play.scan(11, 11, at(4)).unwrap();
    for (number, code) in [
        (99, "meeting.not_invited"),
        (70, "vote.guest"),
        (71, "vote.substitute"),
        (9, "vote.probationary"),
        (11, "vote.not_on_roll"),
    ] {
        assert_eq!(play.play(&cast(1, Answer::Yes, None), number, at(5)), Err(code), "{number}");
    }
    // Who was there may vote from outside, too.
    play.play(&Command::SignOut { member_id: None }, 5, at(6)).unwrap();
    assert_eq!(play.play(&cast(1, Answer::Yes, None), 5, at(7)), Ok(1));
}

#[test]
fn without_quorum_no_vote_opens_and_one_that_loses_it_decides_nothing() {
    let mut play = Play::voting(8, 4, asks(Secrecy::Open));
    // Exactly half.
    assert_eq!(play.play(&OPEN(), 0, at(3)), Err("vote.no_quorum"));
    play.scan(4, 4, at(4)).unwrap();
    assert_eq!(play.play(&OPEN(), 0, at(5)), Ok(1));
    play.play(&cast(1, Answer::Yes, None), 1, at(6)).unwrap();
    play.play(&cast(1, Answer::Yes, None), 2, at(6)).unwrap();
    // One who voted and one who did not leave: the first took part, the second did not.
    for number in [1, 3] {
        play.play(&Command::SignOut { member_id: None }, number, at(7)).unwrap();
    }
    play.play(&CLOSE(), 0, at(8)).unwrap();
    play.play(&count(1, None), 0, at(9)).unwrap();
    assert_eq!((play.result().held, play.result().quorum_kept), (4, false));
    assert_eq!(play.result().options[0].outcome, Some(Outcome::Void));
}

#[test]
fn of_a_secret_vote_the_log_knows_who_voted_and_not_how() {
    let mut play = Play::voting(8, 8, asks(Secrecy::Secret));
    play.play(&OPEN(), 0, at(3)).unwrap();
    assert_eq!(play.play(&cast(1, Answer::Yes, None), 1, at(4)), Err("request.fields"), "no receipt");
    for number in 0..6 {
        let answer = if number < 4 { Answer::Yes } else { Answer::No };
        play.play(&cast(1, answer, Some(number)), number, at(4)).unwrap();
    }
    let told: Vec<String> = play
        .log
        .iter()
        .filter(|(event, _)| event.kind() == "vote.cast")
        .map(|(event, _)| serde_json::json!(event).to_string())
        .collect();
    assert_eq!(told.len(), 6);
    let silent = |told: &String| ["yes", "\"no\"", "ballot", "slip", "receipt"].iter().all(|word| !told.contains(word));
    assert!(told.iter().all(silent), "{told:?}");
    assert_eq!(play.poll().live_count(), None);
    play.play(&CLOSE(), 0, at(5)).unwrap();
    let mut incomplete = play.urn();
    incomplete.ballots.pop();
    assert_eq!(play.play(&count(1, Some(incomplete)), 0, at(5)), Err("vote.urn_differs"));
    let urn = play.urn();
    play.play(&count(1, Some(urn)), 0, at(5)).unwrap();
    assert_eq!(play.result().options[0].count, Some(OptionCount::Answers { yes: 4, no: 2, abstain: 0 }));
}

#[test]
fn a_round_that_is_void_and_opened_again_in_the_same_second_takes_new_ballots_alone() {
    let mut play = Play::voting(8, 8, asks(Secrecy::Open));
    let void = Command::ResetVote { id: vote_id(1), reason: "题目有误".to_owned() };
    assert_eq!(play.play(&void, 0, at(3)), Err("vote.not_open"));
    play.play(&OPEN(), 0, at(3)).unwrap();
    play.play(&cast(1, Answer::Yes, None), 1, at(3)).unwrap();
    play.play(&void, 0, at(3)).unwrap();
    assert_eq!((play.poll().cast(), play.poll().vote().state), (0, VoteState::Prepared));
    assert_eq!(play.play(&Command::DropVote(vote_id(1)), 0, at(3)), Err("vote.opened_already"));
    play.play(&OPEN(), 0, at(3)).unwrap();
    assert_eq!(play.play(&cast(1, Answer::Yes, None), 1, at(3)), Err("vote.round_over"));
    assert_eq!(play.play(&cast(2, Answer::No, None), 1, at(3)), Ok(1));
    play.play(&CLOSE(), 0, at(4)).unwrap();
    assert_eq!(play.play(&count(1, None), 0, at(4)), Ok(0), "of a round that is over");
    play.play(&count(2, None), 0, at(4)).unwrap();
    assert_eq!(play.result().options[0].count, Some(OptionCount::Answers { yes: 0, no: 1, abstain: 0 }));
    assert_eq!(play.play(&void, 0, at(5)), Err("vote.published"));
}

#[test]
fn votes_are_prepared_one_after_the_other_and_open_one_at_a_time() {
    let mut play = Play::voting(4, 4, asks(Secrecy::Open));
    let second = Command::PrepareVote { id: vote_id(2), question: Box::new(asks(Secrecy::Open)) };
    play.play(&second, 0, at(2)).unwrap();
    play.play(&OPEN(), 0, at(3)).unwrap();
    assert_eq!(play.play(&Command::OpenVote(vote_id(2)), 0, at(3)), Err("vote.another_open"));
    let edit = |over, title: &str| Command::EditVote {
        id: vote_id(2),
        question: Box::new(Question {
            title: title.to_owned(), options: vec!["甲".to_owned()], ..asks(Secrecy::Open)
        }),
        over,
    };
    assert_eq!(play.play(&edit(1, "改"), 0, at(3)), Ok(1));
    assert_eq!(play.play(&edit(1, "再改"), 0, at(3)), Err("vote.changed"));
    assert_eq!(play.play(&edit(2, "改"), 0, at(3)), Ok(0), "nothing changed");
    assert_eq!(play.play(&Command::DropVote(vote_id(2)), 0, at(3)), Ok(1));
    assert_eq!(play.play(&Command::OpenVote(vote_id(2)), 0, at(4)), Err("vote.not_found"));
    // A meeting that ends by itself closes what is open.
    let ends = play.hall.meeting().next_due().unwrap();
    assert_eq!(play.play(&Command::Tick, 0, ends), Ok(2));
    assert_eq!(play.poll().vote().state, VoteState::Closed);
    assert_eq!(play.play(&count(1, None), 0, ends), Ok(1));
    assert_eq!(play.poll().vote().state, VoteState::Counted);
    assert_eq!(play.play(&Command::PublishVote(vote_id(1)), 0, ends), Ok(1));
}

proptest! {
    /// Whoever tries what in whatever order: one ballot each, only of those on the roll; the turnout never falls within a
    /// round and is what is counted; the log gives back the same.
    #[test]
    fn every_ballot_counts_once(
        secret: bool,
        tries in prop::collection::vec((0_u128..14, 0_u8..3, 0_u8..12), 1..80),
    ) {
        let secrecy = if secret { Secrecy::Secret } else { Secrecy::Open };
        let mut play = Play::voting(12, 9, asks(secrecy));
        play.play(&OPEN(), 0, at(3)).unwrap();
        let (mut before, mut yes) = (0, 0);
        for (step, (by, answer, what)) in tries.into_iter().enumerate() {
            let now = at(4 + i64::try_from(step).unwrap());
            let answer = [Answer::Yes, Answer::No, Answer::Abstain][usize::from(answer)];
            match what {
                0 => { let _ = play.play(&Command::SignOut { member_id: None }, by, now); }
                1 => { let _ = play.scan(by, u8::try_from(by).unwrap(), now); }
                _ => {
                    let receipt = secret.then_some(by);
                    let taken = play.play(&cast(1, answer, receipt), by, now) == Ok(1);
                    yes += u32::from(taken && answer == Answer::Yes);
                }
            }
            let poll = play.poll();
            prop_assert!(poll.cast() >= before && poll.cast() <= poll.vote().entitled());
            before = poll.cast();
        }
        play.play(&CLOSE(), 0, at(200)).unwrap();
        let urn = secret.then(|| play.urn());
        play.play(&count(1, urn), 0, at(200)).unwrap();
        let result = play.result();
        prop_assert_eq!(result.ballots, before);
        if let Some(OptionCount::Answers { yes: counted, .. }) = result.options[0].count {
            prop_assert_eq!(counted, yes);
        } else {
            prop_assert!(secret && before < FEWEST_SHOWN);
        }
        let hall = play.replayed();
        prop_assert_eq!(hall.poll(vote_id(1)).unwrap().vote(), play.poll().vote());
    }
}

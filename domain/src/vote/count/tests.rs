use proptest::prelude::*;

use super::super::fraction::Share;
use super::super::question::question;
use super::*;

const fn turnout(expected: u32, present: u32, held: u32) -> Turnout {
    Turnout { expected, present, held }
}

fn answered(yes: u32, no: u32, abstain: u32) -> Count {
    Count { ballots: yes + no + abstain, blank: 0, options: vec![OptionCount::Answers { yes, no, abstain }] }
}

fn chosen(ballots: u32, votes: &[u32]) -> Count {
    let options = votes.iter().map(|votes| OptionCount::Votes { votes: *votes }).collect();
    Count { ballots, blank: 0, options }
}

fn by(base: Base, numerator: u32, denominator: u32, more_than: bool) -> Question {
    let majority = Some(Majority { base, share: Share { numerator, denominator, more_than } });
    Question { majority, ..question(Method::YesNoAbstain, &["甲"], 1, 1) }
}

#[test]
fn the_base_says_of_what_a_share_is_needed() {
    // 应到 12, 实到 9, all of whom voted.
    let people = turnout(12, 9, 9);
    let cases = [
        (by(Base::Present, 2, 3, false), answered(6, 3, 0), 6, Outcome::Passed),
        (by(Base::Present, 2, 3, false), answered(5, 0, 4), 6, Outcome::Failed),
        (by(Base::Expected, 1, 2, true), answered(6, 1, 2), 7, Outcome::Failed),
        (by(Base::Expected, 1, 2, true), answered(7, 2, 0), 7, Outcome::Passed),
        (by(Base::Valid, 1, 2, true), answered(4, 3, 2), 5, Outcome::Failed),
        (by(Base::YesAndNo, 1, 2, true), answered(4, 3, 2), 4, Outcome::Passed),
        (by(Base::YesAndNo, 1, 2, true), answered(0, 0, 9), 1, Outcome::Failed),
        (by(Base::Present, 1, 1, false), answered(9, 0, 0), 9, Outcome::Passed),
    ];
    for (question, count, needed, outcome) in cases {
        let result = VoteResult::of(&question, &count, people);
        assert_eq!(
            (result.options[0].needed, result.options[0].outcome),
            (Some(needed), Some(outcome)),
            "{question:?}"
        );
    }
}

#[test]
fn seats_go_to_the_most_votes_and_a_tie_for_the_last_one_decides_nothing() {
    use Outcome::{Failed, Passed, Tied};
    let half = Some(Majority { base: Base::Present, share: Share::MORE_THAN_HALF });
    let election =
        |seats, majority| Question {
            seats, majority, ..question(Method::Multiple, &["甲", "乙", "丙", "丁"], 0, 3)
        };
    let cases = [
        (election(Some(2), half), chosen(10, &[9, 8, 7, 2]), [Passed, Passed, Failed, Failed]),
        (election(Some(2), half), chosen(10, &[9, 7, 7, 2]), [Passed, Tied, Tied, Failed]),
        (election(Some(3), half), chosen(10, &[9, 7, 7, 2]), [Passed, Passed, Passed, Failed]),
        (election(Some(3), half), chosen(10, &[5, 6, 5, 5]), [Failed, Passed, Failed, Failed]),
        (election(None, half), chosen(10, &[6, 6, 6, 5]), [Passed, Passed, Passed, Failed]),
        (election(Some(1), None), chosen(10, &[3, 4, 4, 0]), [Failed, Tied, Tied, Failed]),
    ];
    for (question, count, outcomes) in cases {
        let result = VoteResult::of(&question, &count, turnout(10, 10, 10));
        let decided: Vec<Outcome> = result.options.iter().filter_map(|option| option.outcome).collect();
        assert_eq!(decided, outcomes, "{count:?} for {:?}", question.seats);
    }
    let single = question(Method::Single, &["甲", "乙"], 1, 1);
    let of = |votes: &[u32]| {
        let result = VoteResult::of(&single, &chosen(10, votes), turnout(10, 10, 10));
        result.options.iter().filter_map(|option| option.outcome).collect::<Vec<_>>()
    };
    assert_eq!((of(&[6, 4]), of(&[5, 5]), of(&[0, 0])), (vec![Passed, Failed], vec![Tied, Tied], vec![Failed, Failed]));
}

#[test]
fn what_only_asks_decides_nothing() {
    let asks = question(Method::Multiple, &["甲", "乙"], 0, 2);
    let scores = question(Method::Score, &["甲"], 0, 10);
    let count = Count { ballots: 2, blank: 0, options: vec![OptionCount::Score { sum: 17 }] };
    for result in [
        VoteResult::of(&asks, &chosen(3, &[2, 1]), turnout(3, 3, 3)),
        VoteResult::of(&scores, &count, turnout(3, 3, 3)),
    ] {
        assert!(result.options.iter().all(|option| option.outcome.is_none() && option.count.is_some()));
    }
}

#[test]
fn without_quorum_nothing_is_decided() {
    let quorum = Some(Share::MORE_THAN_HALF);
    let question = Question { quorum, ..by(Base::Valid, 1, 2, true) };
    let of = |held| VoteResult::of(&question, &answered(4, 0, 0), turnout(10, 6, held));
    assert_eq!((of(6).quorum_kept, of(6).options[0].outcome), (true, Some(Outcome::Passed)));
    // Exactly half is not more than half.
    assert_eq!((of(5).quorum_kept, of(5).options[0].outcome), (false, Some(Outcome::Void)));
}

#[test]
fn few_secret_ballots_tell_the_outcome_alone() {
    let secret = Question { secrecy: Secrecy::Secret, ..by(Base::Expected, 1, 2, true) };
    let few = VoteResult::of(&secret, &answered(3, 1, 0), turnout(5, 4, 4));
    let decided = Decided { count: None, needed: None, outcome: Some(Outcome::Passed) };
    assert_eq!((few.ballots, few.blank, few.options.as_slice()), (4, None, [decided].as_slice()));
    let enough = VoteResult::of(&secret, &answered(3, 2, 0), turnout(5, 5, 5));
    assert_eq!(enough.options[0].count, Some(OptionCount::Answers { yes: 3, no: 2, abstain: 0 }));
    let open = VoteResult::of(&by(Base::Expected, 1, 2, true), &answered(3, 1, 0), turnout(5, 4, 4));
    assert!(open.options[0].count.is_some());
}

proptest! {
    /// However ballots come, the count is the same, and every ballot is in it.
    #[test]
    fn the_count_is_of_all_ballots_in_any_order(
        choices in prop::collection::vec(prop::collection::btree_set(0_u32..4, 0..3), 0..60),
        order: u64,
    ) {
        let question = question(Method::Multiple, &["甲", "乙", "丙", "丁"], 0, 3);
        let ballots: Vec<Ballot> = choices.into_iter().map(Ballot::Chosen).collect();
        let mut other = ballots.clone();
        other.rotate_left(usize::try_from(order % 61).unwrap() % ballots.len().max(1));
        other.reverse();
        let count = Count::of(&question, &ballots);
        prop_assert_eq!(&count, &Count::of(&question, &other));
        let marks: u64 = count.options.iter().map(|option| option.in_favour()).sum();
        let made: usize = ballots.iter().map(|ballot| match ballot { Ballot::Chosen(set) => set.len(), _ => 0 }).sum();
        prop_assert_eq!((count.ballots as usize, marks), (ballots.len(), made as u64));
    }

    /// Never more seats than there are, and nobody with fewer votes passes before somebody with more.
    #[test]
    fn seats_are_never_given_twice(votes in prop::collection::vec(0_u32..12, 2..8), seats in 1_u32..4) {
        let names = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛"];
        let mut question = question(Method::Multiple, &names[..votes.len()], 0, 1);
        question.seats = Some(seats);
        let result = VoteResult::of(&question, &chosen(12, &votes), turnout(12, 12, 12));
        let passed = |index: usize| result.options[index].outcome == Some(Outcome::Passed);
        prop_assert!((0..votes.len()).filter(|index| passed(*index)).count() <= seats as usize);
        for (a, b) in (0..votes.len()).flat_map(|a| (0..votes.len()).map(move |b| (a, b))) {
            prop_assert!(!(votes[a] < votes[b] && passed(a) && !passed(b)));
        }
    }
}

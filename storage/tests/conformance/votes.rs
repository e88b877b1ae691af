//! Votes, marks and urns.

use std::sync::Arc;

use lianxin_domain::ids::{EntityId, VoteId};
use lianxin_domain::meeting::{CastMark, Slip};
use lianxin_domain::vote::{
    Answer, Ballot, Base, Majority, Method, Opening, Question, Receipt, Secrecy, Share, Show, Vote, VoteState,
};
use lianxin_storage::change::Change;
use lianxin_storage::journal::CommitError;
use lianxin_storage::votes::{SlipSealer, Votes};

use crate::support::{Dice, Fresh, NOON, Store, cipher};

on_both!(
    every_part_of_a_vote_comes_back,
    a_ballot_is_cast_once_and_only_on_the_version_that_is_open,
    an_urn_gives_back_what_went_in_in_the_order_of_its_keys_and_is_emptied_by_the_round,
    many_ballots_of_one_commit_need_the_same_row_and_a_close_among_them_refuses_those_behind_it,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

/// A vote that nobody has opened.
pub fn vote(number: u128) -> Vote {
    let question = Question {
        title: "是否同意".to_owned(),
        method: Method::YesNoAbstain,
        secrecy: Secrecy::Secret,
        options: vec!["是否同意".to_owned()],
        min: 1,
        max: 1,
        seats: None,
        quorum: Some(Share::MORE_THAN_HALF),
        majority: Some(Majority { base: Base::Expected, share: Share::MORE_THAN_HALF }),
        show: Show::AfterClose,
    };
    Vote::prepared(id::<VoteId>(number), 1, question)
}

fn opened(before: &Vote) -> Vote {
    let opening = Opening { at: NOON, expected: 12, roll: (1..=9).collect() };
    let (version, round) = (before.version + 1, before.round + 1);
    Vote { version, round, state: VoteState::Open, opened: Some(opening), ..before.clone() }
}

/// Seals with the keys of the tests.
pub fn sealer() -> SlipSealer {
    SlipSealer::new(cipher(), Arc::new(Dice::default()))
}

/// A slip with a receipt of this number.
pub fn slip(number: u32) -> Slip {
    let receipt: Receipt = format!("{number:016}").parse().unwrap();
    Slip { ballot: Ballot::Answers(vec![Answer::Yes]), receipt }
}

/// A vote that is open.
async fn open(store: &Store) -> Vote {
    let prepared = vote(1);
    let open = opened(&prepared);
    store.write(vec![Votes::write(id(7), None, &prepared)]).await.unwrap();
    store.write(vec![Votes::write(id(7), Some(prepared.version), &open)]).await.unwrap();
    open
}

async fn every_part_of_a_vote_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let votes = Votes::new(store.database.clone());
    let open = open(&store).await;
    store.write(Votes::mark(&open, id(21), Some(&Ballot::Chosen([1, 3].into()))).into()).await.unwrap();
    let polls = votes.polls(id(7)).await.unwrap();
    assert_eq!((polls.len(), polls[0].vote(), polls[0].cast(), polls[0].has_cast(id(21))), (1, &open, 1, true));
    let mark = CastMark { member_id: id(21), ballot: Some(Ballot::Chosen([1, 3].into())) };
    assert_eq!(votes.marks(open.id, 1).await.unwrap(), [mark]);
    assert_eq!((votes.marks(open.id, 2).await.unwrap(), votes.polls(id(8)).await.unwrap().len()), (Vec::new(), 0));
    let second = Vote { number: 1, ..vote(2) };
    let taken = store.write(vec![Votes::write(id(7), None, &second)]).await;
    assert!(matches!(taken, Err(CommitError::Exists { table: "votes", .. })), "{taken:?}");
}

async fn a_ballot_is_cast_once_and_only_on_the_version_that_is_open(fresh: &Fresh) {
    let store = fresh.open().await;
    let open = open(&store).await;
    store.write(Votes::mark(&open, id(21), None).into()).await.unwrap();
    let twice = store.write(Votes::mark(&open, id(21), None).into()).await;
    assert!(matches!(twice, Err(CommitError::Exists { table: "vote_voters", .. })), "{twice:?}");
    let closed = Vote { version: open.version + 1, state: VoteState::Closed, closed_at: Some(NOON), ..open.clone() };
    store.write(vec![Votes::write(id(7), Some(open.version), &closed)]).await.unwrap();
    let late = store.write(Votes::mark(&open, id(22), None).into()).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "votes", .. })), "{late:?}");
    let nowhere = store.write(Votes::mark(&Vote { id: id(99), ..open }, id(23), None).into()).await;
    assert!(matches!(nowhere, Err(CommitError::Stale { table: "votes", .. })), "{nowhere:?}");
}

async fn an_urn_gives_back_what_went_in_in_the_order_of_its_keys_and_is_emptied_by_the_round(fresh: &Fresh) {
    let store = fresh.open().await;
    let (votes, sealer) = (Votes::new(store.database.clone()), sealer());
    let vote = id(1);
    for number in 0..40 {
        store.write(vec![sealer.put(vote, 1, &slip(number)), sealer.put(vote, 2, &slip(100 + number))]).await.unwrap();
    }
    let urn = votes.urn(&sealer, vote, 1).await.unwrap();
    let went_in: Vec<Receipt> = (0..40).map(|number| slip(number).receipt).collect();
    let mut sorted = urn.receipts.clone();
    sorted.sort();
    assert_eq!((urn.ballots.len(), &sorted), (40, &went_in));
    assert_ne!(urn.receipts, went_in, "in the order in which they were cast");
    store.write(vec![Votes::empty(vote, 1), Votes::keep_receipts(vote, 1, &sorted)]).await.unwrap();
    assert_eq!(votes.urn(&sealer, vote, 1).await.unwrap().ballots.len(), 0);
    assert_eq!(votes.urn(&sealer, vote, 2).await.unwrap().ballots.len(), 40);
    assert_eq!(votes.receipts(vote, 1).await.unwrap(), went_in);
    assert_eq!(votes.receipts(vote, 2).await.unwrap(), []);
}

async fn many_ballots_of_one_commit_need_the_same_row_and_a_close_among_them_refuses_those_behind_it(fresh: &Fresh) {
    let store = fresh.open().await;
    let open = open(&store).await;
    let closed = Vote { version: open.version + 1, state: VoteState::Closed, closed_at: Some(NOON), ..open.clone() };
    let change = |writes: Vec<_>| {
        let mut change = Change::new(NOON, None, None);
        change.writes = writes;
        store.journal.submit(change).unwrap()
    };
    // All at once, so that they share commits.
    let before: Vec<_> = (0..100).map(|number| change(Votes::mark(&open, id(1_000 + number), None).into())).collect();
    let close = change(vec![Votes::write(id(7), Some(open.version), &closed)]);
    let behind: Vec<_> = (0..100).map(|number| change(Votes::mark(&open, id(2_000 + number), None).into())).collect();
    for ballot in before {
        ballot.await.unwrap();
    }
    close.await.unwrap();
    for ballot in behind {
        assert!(matches!(ballot.await, Err(CommitError::Stale { table: "votes", .. })));
    }
    assert_eq!(Votes::new(store.database.clone()).marks(open.id, 1).await.unwrap().len(), 100);
}

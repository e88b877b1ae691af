//! Votes of the meeting: what people ask for, how a node counts what is closed, and what the rows must say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lianxin_actors::clock::limits::Key;
use lianxin_domain::clock::Entropy;
use lianxin_domain::ids::VoteId;
use lianxin_domain::meeting::{CastMark, Command, DeviceId, Hall, Poll, Urn};
use lianxin_domain::vote::{
    Answer, Base, Choice, Majority, Method, Question, Receipt, Secrecy, Share, Show, Vote, VoteState,
};
use lianxin_storage::sealed::ColumnCipher;
use lianxin_storage::secrets::ColumnKeys;
use lianxin_storage::table::Cell;
use lianxin_storage::votes::SlipSealer;

use crate::cast::{MEMBERS, id};
use crate::database::Database;
use crate::dice::Dice;
use crate::node::{Attempt, Desk, Node};
use crate::room::Who;

/// Votes in one play at most.
const VOTES: usize = 4;

/// Keys of rows and nonces: nothing depends on them but that they differ.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

pub fn sealer() -> SlipSealer {
    let entropy: Arc<dyn Entropy> = Arc::new(Counter(AtomicU64::new(1)));
    SlipSealer::new(ColumnCipher::new(&ColumnKeys::single([5; 32]), Arc::clone(&entropy)), entropy)
}

/// What happens before the play: everybody comes, and a vote opens.
pub fn begin(dice: &mut Dice) -> Vec<(usize, Command)> {
    let device = |who| DeviceId([u8::try_from(who).unwrap(); 16]);
    let come = (0..MEMBERS).map(|who| (who, Command::SignInOnline { device: device(who) }));
    let first = id((1 << 64) - 1);
    let vote =
        [(0, Command::PrepareVote { id: first, question: Box::new(question(dice)) }), (0, Command::OpenVote(first))];
    std::iter::once((0, Command::Start)).chain(come).chain(vote).collect()
}

/// What somebody wants of votes; the host is the first on the list.
pub fn some(dice: &mut Dice, hall: &Hall, number: usize) -> (usize, Command) {
    let polls = hall.polls();
    let at_work = hall.open_poll().filter(|_| dice.percent(80));
    let some = || dice.pick(polls).filter(|_| polls.len() >= VOTES || dice.percent(60));
    let Some(poll) = at_work.or_else(some) else {
        return (0, Command::PrepareVote { id: id(0), question: Box::new(question(dice)) });
    };
    let (vote, reason) = (poll.vote(), || "重来".to_owned());
    match (vote.state, dice.below(24)) {
        (_, 0) => (0, Command::ResetVote { id: vote.id, reason: reason() }),
        (VoteState::Prepared, 1) => (0, Command::DropVote(vote.id)),
        (VoteState::Prepared, _) => (0, Command::OpenVote(vote.id)),
        (VoteState::Open, 1..=3) => (0, Command::CloseVote { id: vote.id, publishes: dice.percent(50) }),
        (VoteState::Counted, 1..=8) => (0, Command::PublishVote(vote.id)),
        // Also in a vote that is over, and in a round that was declared void.
        _ => (dice.below(MEMBERS), ballot(dice, vote, number)),
    }
}

/// Each try of a call would prepare another vote.
pub fn of_attempt(command: Command, attempt: Attempt) -> Command {
    match command {
        Command::PrepareVote { question, .. } => Command::PrepareVote { id: id(attempt.number as u128), question },
        other => other,
    }
}

fn question(dice: &mut Dice) -> Question {
    let secrecy = if dice.percent(50) { Secrecy::Secret } else { Secrecy::Open };
    Question {
        title: "通过报告".to_owned(),
        method: Method::YesNoAbstain,
        secrecy,
        options: vec!["报告".to_owned()],
        min: 1,
        max: 1,
        seats: None,
        quorum: None,
        majority: Some(Majority { base: Base::Expected, share: Share::MORE_THAN_HALF }),
        show: Show::AfterClose,
    }
}

fn ballot(dice: &mut Dice, vote: &Vote, number: usize) -> Command {
    let answer = [Answer::Yes, Answer::No, Answer::Abstain][dice.below(3)];
    let receipt = vote.is_secret().then(|| format!("{number:016}").parse::<Receipt>().unwrap());
    let round = vote.round.max(1) - u32::from(vote.round > 1 && dice.percent(5));
    Command::CastBallot { id: vote.id, round, choices: vec![Choice::Answer(answer)], receipt }
}

/// The marks of a round, as the rows say.
pub fn marks(database: &Database, vote: &Vote) -> Vec<CastMark> {
    let of_round = prefix(vote);
    let rows = database.rows_of("vote_voters").filter(|(key, _)| key.starts_with(&of_round));
    let mark = |(_, row): (&str, &Vec<Cell>)| CastMark {
        member_id: text(&row[1]).unwrap().parse().unwrap(),
        ballot: text(&row[2]).map(|json| serde_json::from_str(json).unwrap()),
    };
    rows.map(mark).collect()
}

/// The votes, without who voted.
pub fn votes(database: &Database) -> Vec<Vote> {
    database.hall().polls().iter().map(|poll| poll.vote().clone()).collect()
}

/// As a node reads them: marks matter while somebody may vote or the ballots are being counted.
pub fn read(database: &Database, votes: Vec<Vote>) -> Vec<Poll> {
    let at_work = |vote: &Vote| matches!(vote.state, VoteState::Open | VoteState::Closed);
    let poll = |vote: Vote| {
        let marks = if at_work(&vote) { marks(database, &vote) } else { Vec::new() };
        Poll::new(vote, marks)
    };
    votes.into_iter().map(poll).collect()
}

fn urn(database: &Database, sealer: &SlipSealer, vote: &Vote) -> Urn {
    let of_round = prefix(vote);
    let rows = database.rows_of("vote_slips").filter(|(key, _)| key.starts_with(&of_round));
    let slips = rows.map(|(key, row)| sealer.open(key, text(&row[1]).unwrap()).unwrap());
    let (ballots, receipts) = slips.map(|slip| (slip.ballot, slip.receipt)).unzip();
    Urn { ballots, receipts }
}

fn prefix(vote: &Vote) -> String {
    format!("{}:{}:", vote.id, vote.round)
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => text.as_deref(),
        other => panic!("not a text: {other:?}"),
    }
}

impl Node {
    /// Counts what is closed, for the clock or because somebody closed it here.
    pub fn count_votes(&mut self, row: Option<Key>, desk: &mut Desk<'_>) {
        let Some((hall, _)) = self.room.look().filter(|_| desk.connected) else {
            self.room.begin();
            return self.not_counted(row, false, desk);
        };
        let is_open = |id: &str| hall.open_poll().is_some_and(|poll| limit_of(poll.vote()) == id);
        let heard_of = row.as_ref().is_none_or(|row| !is_open(row));
        let closed = hall.polls().iter().map(Poll::vote).filter(|vote| vote.state == VoteState::Closed);
        let mut commands: Vec<Command> = closed
            .map(|vote| {
                let urn = vote.is_secret().then(|| Box::new(urn(desk.database, &desk.cast.sealer, vote)));
                Command::CountVote { id: vote.id, round: vote.round, urn }
            })
            .collect();
        let Some(last) = commands.pop().filter(|_| heard_of) else {
            return self.not_counted(row, heard_of, desk);
        };
        for command in commands {
            self.queue_up(Who::Nobody, command, desk);
        }
        self.queue_up(row.map_or(Who::Nobody, Who::Clock), last, desk);
    }

    /// There is nothing to count, or not yet.
    fn not_counted(&mut self, row: Option<Key>, done: bool, desk: &Desk<'_>) {
        if let Some(row) = row {
            self.watch.handled(&row, done, desk.now);
        }
    }
}

fn limit_of(vote: &Vote) -> String {
    format!("vote:{}:{}", vote.id, vote.round)
}

/// Whether the rows of a vote say what the log says: as many marks and slips as ballots, and receipts once it is counted.
///
/// # Errors
/// What differs. `cast`: ballots of its round in the log.
pub fn check(
    rows: impl Fn(&'static str, &str) -> usize,
    receipts: usize,
    vote: &Vote,
    cast: usize,
) -> Result<(), String> {
    let of_round = prefix(vote);
    let (marks, slips) = (rows("vote_voters", &of_round), rows("vote_slips", &of_round));
    let secret = |count: usize| if vote.is_secret() { count } else { 0 };
    let expected = match vote.state {
        VoteState::Open | VoteState::Closed => (cast, secret(cast), 0),
        VoteState::Counted | VoteState::Published => (cast, 0, secret(cast)),
        VoteState::Prepared | VoteState::Dropped => (marks, 0, receipts),
    };
    let ballots = vote.result.as_ref().map(|result| usize::try_from(result.ballots).unwrap());
    if expected != (marks, slips, receipts) || ballots.is_some_and(|ballots| ballots != cast) {
        let state = vote.state.as_str();
        return Err(format!(
            "vote {} is {state}: {cast} ballots in the log, {marks} marks, {slips} slips, {receipts} receipts, {ballots:?} counted",
            vote.id
        ));
    }
    Ok(())
}

/// The limits by which closed votes are counted.
pub fn limits(hall: &Hall) -> impl Iterator<Item = String> {
    let closed = hall.polls().iter().map(Poll::vote).filter(|vote| vote.state == VoteState::Closed);
    closed.map(limit_of)
}

/// What two know of votes.
pub fn known(hall: &Hall) -> Vec<(Vote, u32)> {
    hall.polls().iter().map(|poll| (poll.vote().clone(), poll.cast())).collect()
}

pub fn receipts_of(database_row: Option<&Vec<Cell>>) -> usize {
    database_row.and_then(|row| text(&row[1])).map_or(0, |codes| codes.lines().count())
}

pub fn receipts_key(id: VoteId, round: u32) -> String {
    format!("{id}:{round}")
}

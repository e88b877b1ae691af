//! What is shown of votes: to whoever runs the meeting, and to everybody else in it.

use lianxin_domain::ids::AccountId;
use lianxin_domain::meeting::{Hall, Poll};
use lianxin_domain::vote::{Count, Vote, VoteState};
use serde_json::{Value, json};

/// All votes of a meeting that the reader may know of, in their order. Those that are prepared are for the desk.
pub fn votes(hall: &Hall, desk: bool) -> Vec<Value> {
    let known = hall.polls().iter().filter(|poll| match poll.vote().state {
        VoteState::Dropped => false,
        VoteState::Prepared => desk,
        _ => true,
    });
    known.map(|poll| poll_json(poll, desk)).collect()
}

/// A vote at work.
pub fn poll_json(poll: &Poll, desk: bool) -> Value {
    vote_json(poll.vote(), poll.cast(), poll.live_count(), desk)
}

/// A vote in which so many have voted. Its result is the desk's until it is published.
pub fn vote_json(vote: &Vote, cast: u32, count: Option<&Count>, desk: bool) -> Value {
    let result = vote.result.as_ref().filter(|_| desk || vote.state == VoteState::Published);
    let mut shown = json!(vote.question);
    let rest = json!({
        "id": vote.id,
        "number": vote.number,
        "version": vote.version,
        "rule": vote.question.rule(),
        "state": vote.state,
        "round": vote.round,
        "opened_at": vote.opened.as_ref().map(|opened| opened.at),
        "expected": vote.opened.as_ref().map(|opened| opened.expected),
        "entitled": vote.opened.as_ref().map(|opened| opened.roll.len()),
        "roll": vote.opened.as_ref().map(|opened| &opened.roll),
        "closed_at": vote.closed_at,
        "published_at": vote.published_at,
        "cast": vote.result.as_ref().map_or(cast, |result| result.ballots),
        "count": count.filter(|_| vote.state == VoteState::Open),
        "result": result,
    });
    if let (Value::Object(shown), Value::Object(rest)) = (&mut shown, rest) {
        shown.extend(rest);
    }
    shown
}

/// How many have voted, of the vote that people look at now; identical for all, and without names.
pub fn turnout(hall: &Hall) -> Value {
    let poll = hall.open_poll().or_else(|| hall.polls().iter().find(|poll| poll.vote().state == VoteState::Closed));
    poll.map_or(Value::Null, |poll| {
        let vote = poll.vote();
        json!({
            "id": vote.id,
            "round": vote.round,
            "state": vote.state,
            "entitled": vote.entitled(),
            "cast": poll.cast(),
            "count": poll.live_count().filter(|_| vote.state == VoteState::Open),
        })
    })
}

/// Whether somebody has voted in the vote that is open, or why the person may not.
pub fn own_ballot(hall: &Hall, account_id: AccountId) -> Option<Value> {
    let (poll, own) = (hall.open_poll()?, hall.of_account(account_id)?);
    let barred = hall.barred(poll, own).map(|(code, words)| json!({ "code": code, "detail": words }));
    let (vote, cast) = (poll.vote(), poll.has_cast(own.member_id));
    Some(json!({ "vote_id": vote.id, "round": vote.round, "cast": cast, "barred": barred }))
}

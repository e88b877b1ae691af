//! Voting in the hall (会中表决): when votes open and close, who may cast a ballot, and when the ballots are counted.
//!
//! Who may vote is fixed when a vote opens: full members on the list who are there (支部工作条例（试行）第十一条；发展党员工作细则：
//! 预备党员没有表决权). Nobody votes for somebody else (基层组织选举工作条例第二十六条). Whoever leaves afterwards may still vote;
//! whether enough took part is judged again when the vote closes.

use std::collections::HashSet;

use super::attendance::{Attendee, Role, Standing};
use super::decide::{Party, words};
use super::events::MeetingEvent;
use super::hall::Hall;
use super::{PersonRef, StateName};
use crate::clock::Timestamp;
use crate::ids::{MemberId, VoteId};
use crate::problem::{FieldError, Refusal};
use crate::vote::{
    Ballot, Choice, Count, Question, Receipt, Roll, Secrecy, Show, Turnout, Vote, VoteResult, VoteState,
};

/// Votes of one meeting.
const MAX_VOTES: usize = 50;

/// A vote at work: what is known of its round beside its row.
#[derive(Debug, Clone)]
pub struct Poll {
    vote: Vote,
    cast: HashSet<MemberId>,
    /// Of votes by name alone.
    count: Count,
}

/// A mark on the roll: who voted, and, in open votes alone, how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastMark {
    /// Who.
    pub member_id: MemberId,
    /// How; nothing in secret votes.
    pub ballot: Option<Ballot>,
}

/// What goes into the urn of a secret vote. Whose it is stands nowhere in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// How somebody voted.
    pub ballot: Ballot,
    /// The voter's own code.
    pub receipt: Receipt,
}

/// What came out of the urn of a secret vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urn {
    /// The ballots, in no order.
    pub ballots: Vec<Ballot>,
    /// The voters' codes, in no order.
    pub receipts: Vec<Receipt>,
}

impl Poll {
    /// A vote with the marks of its round.
    pub fn new(vote: Vote, marks: impl IntoIterator<Item = CastMark>) -> Self {
        let count = Count::none(&vote.question);
        let mut poll = Self { vote, cast: HashSet::new(), count };
        for mark in marks {
            poll.mark(mark.member_id, mark.ballot.as_ref());
        }
        poll
    }

    /// The vote.
    pub const fn vote(&self) -> &Vote {
        &self.vote
    }

    /// How many have voted in this round.
    pub fn cast(&self) -> u32 {
        u32::try_from(self.cast.len()).unwrap_or(u32::MAX)
    }

    /// Whether somebody has voted in this round.
    pub fn has_cast(&self, id: MemberId) -> bool {
        self.cast.contains(&id)
    }

    /// The counts as they stand, of an open vote whose counts are shown while people vote.
    pub fn live_count(&self) -> Option<&Count> {
        let question = &self.vote.question;
        (question.secrecy == Secrecy::Open && question.show == Show::Live).then_some(&self.count)
    }

    fn mark(&mut self, id: MemberId, ballot: Option<&Ballot>) {
        if !self.cast.insert(id) {
            return;
        }
        if let Some(ballot) = ballot {
            self.count.add(ballot);
        }
    }

    /// Takes over what happened.
    pub(super) fn apply(&mut self, event: &MeetingEvent, at: Timestamp) {
        if let MeetingEvent::BallotCast { member_id, ballot, .. } = event {
            return self.mark(*member_id, ballot.as_ref());
        }
        take(&mut self.vote, event, at);
        // Who voted matters as long as somebody may vote or the ballots are being counted.
        if !matches!(event, MeetingEvent::VoteClosed { .. }) {
            self.cast.clear();
            self.count = Count::none(&self.vote.question);
        }
    }
}

/// Takes over what happened to a vote itself.
pub(super) fn take(vote: &mut Vote, event: &MeetingEvent, at: Timestamp) {
    vote.version += 1;
    match event {
        MeetingEvent::VoteEdited { question, .. } => vote.question = (**question).clone(),
        MeetingEvent::VoteDropped { .. } => vote.state = VoteState::Dropped,
        MeetingEvent::VoteOpened { round, expected, roll, .. } => {
            vote.state = VoteState::Open;
            vote.round = *round;
            vote.opened = Some(crate::vote::Opening { at, expected: *expected, roll: roll.clone() });
        }
        MeetingEvent::VoteClosed { publishes, .. } => {
            vote.state = VoteState::Closed;
            vote.closed_at = Some(at);
            vote.publishes = *publishes;
        }
        MeetingEvent::VoteCounted { result, .. } => {
            vote.state = VoteState::Counted;
            vote.result = Some(result.clone());
        }
        MeetingEvent::VotePublished { .. } => {
            vote.state = VoteState::Published;
            vote.published_at = Some(at);
        }
        MeetingEvent::VoteReset { .. } => {
            vote.state = VoteState::Prepared;
            vote.opened = None;
            vote.closed_at = None;
            vote.result = None;
            vote.publishes = false;
        }
        _ => {}
    }
}

fn published(vote: &Vote, result: VoteResult) -> MeetingEvent {
    MeetingEvent::VotePublished { vote_id: vote.id, question: Box::new(vote.question.clone()), result }
}

/// Why somebody may not vote, with the code that machines read.
fn barred(attendee: &Attendee, roll: &Roll) -> Option<(&'static str, &'static str)> {
    match (attendee.role, attendee.standing) {
        (Role::Guest, _) => Some(("vote.guest", "列席人员不参加表决")),
        (Role::Substitute { .. }, _) => Some(("vote.substitute", "表决须由本人参加，替会人员不能代为投票")),
        (Role::Member, Standing::Probationary) => Some(("vote.probationary", "预备党员没有表决权")),
        (Role::Member, Standing::None) => Some(("vote.not_member", "您没有表决权")),
        (Role::Member, Standing::Full) if !attendee.number.is_some_and(|number| roll.holds(number)) => {
            Some(("vote.not_on_roll", "表决开始时您还没有签到，不在本次表决名册上"))
        }
        (Role::Member, Standing::Full) => None,
    }
}

impl Hall {
    /// Why somebody may not vote in a round that is open; nothing: may.
    pub fn barred(&self, poll: &Poll, attendee: &Attendee) -> Option<(&'static str, &'static str)> {
        barred(attendee, poll.vote.opened.as_ref().map_or(&Roll::default(), |opened| &opened.roll))
    }

    fn named_poll(&self, id: VoteId) -> Result<&Poll, Refusal> {
        let there = self.poll(id).filter(|poll| poll.vote.state != VoteState::Dropped);
        there.ok_or_else(|| Refusal::not_found("vote.not_found", "没有找到这项表决"))
    }

    /// The vote that is open.
    pub fn open_poll(&self) -> Option<&Poll> {
        self.polls().iter().find(|poll| poll.vote.state == VoteState::Open)
    }

    pub(super) fn prepare_vote(
        &self,
        id: VoteId,
        question: &Question,
        party: &Party,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(
            &[StateName::Draft, StateName::Launched, StateName::Running],
            "meeting.over",
            "会议已经结束，不能再发起表决",
        )?;
        if self.polls().len() >= MAX_VOTES {
            return Err(Refusal::rule("vote.too_many", format!("一次会议最多 {MAX_VOTES} 项表决")));
        }
        let question = Box::new(question.clone().check()?);
        let number = self.polls().iter().map(|poll| poll.vote.number).max().unwrap_or(0) + 1;
        Ok(vec![MeetingEvent::VotePrepared { vote_id: id, number, question }])
    }

    pub(super) fn edit_vote(
        &self,
        id: VoteId,
        question: &Question,
        over: u32,
        party: &Party,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        let vote = &self.prepared(id)?.vote;
        if vote.version != over {
            return Err(Refusal::conflict("vote.changed", "表决刚刚被其他人修改，请重新打开后再改"));
        }
        let question = question.clone().check()?;
        let changed = question != vote.question;
        Ok(changed
            .then(|| MeetingEvent::VoteEdited { vote_id: id, question: Box::new(question) })
            .into_iter()
            .collect())
    }

    pub(super) fn drop_vote(&self, id: VoteId, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        let vote = &self.prepared(id)?.vote;
        if vote.round > 0 {
            return Err(Refusal::conflict("vote.opened_already", "表决开始过，不能删除"));
        }
        Ok(vec![MeetingEvent::VoteDropped { vote_id: id }])
    }

    fn prepared(&self, id: VoteId) -> Result<&Poll, Refusal> {
        let poll = self.named_poll(id)?;
        if poll.vote.state == VoteState::Prepared {
            return Ok(poll);
        }
        Err(Refusal::conflict("vote.opened_already", "表决已经开始").with("state", serde_json::json!(poll.vote.state)))
    }

    pub(super) fn open_vote(&self, id: VoteId, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
        let vote = &self.prepared(id)?.vote;
        if let Some(other) = self.open_poll() {
            let refusal = Refusal::conflict("vote.another_open", "另一项表决正在进行，请先结束");
            return Err(refusal.with("vote_id", serde_json::json!(other.vote.id)));
        }
        let expected = self.tally().voters;
        let voters = self.attendees().filter(|attendee| attendee.may_vote() && attendee.is_present());
        let roll: Roll = voters.filter_map(|attendee| attendee.number).collect();
        if roll.is_empty() {
            return Err(Refusal::conflict("vote.nobody_present", "还没有有表决权的人签到"));
        }
        if let Some(quorum) = vote.question.quorum {
            let (least, present) = (quorum.least(expected), roll.len());
            if present < least {
                let words =
                    format!("应到会有表决权 {expected} 人，须到会 {least} 人，现到会 {present} 人，不能开始表决");
                let refusal = Refusal::conflict("vote.no_quorum", words);
                return Err(refusal.with("needed", least.into()).with("present", present.into()));
            }
        }
        let (number, question, round) = (vote.number, Box::new(vote.question.clone()), vote.round + 1);
        Ok(vec![MeetingEvent::VoteOpened { vote_id: id, number, question, round, expected, roll }])
    }

    pub(super) fn cast_ballot(
        &self,
        (id, round): (VoteId, u32),
        choices: &[Choice],
        receipt: Option<&Receipt>,
        party: &Party,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        let poll = self.named_poll(id)?;
        let vote = &poll.vote;
        let own = self.own(party)?;
        if vote.round > round {
            return Err(Refusal::conflict("vote.round_over", "这一轮表决已经作废，请按新一轮重新填写"));
        }
        match vote.state {
            VoteState::Open if vote.round == round => {}
            VoteState::Open | VoteState::Prepared | VoteState::Dropped => {
                return Err(Refusal::conflict("vote.not_open", "表决还没有开始"));
            }
            VoteState::Closed | VoteState::Counted | VoteState::Published => {
                let refusal = Refusal::conflict("vote.closed", "表决已经截止，这张票没有计入");
                return Err(refusal.with("closed_at", serde_json::json!(vote.closed_at)));
            }
        }
        if let Some((code, words)) = self.barred(poll, own) {
            return Err(Refusal::forbidden(code, words));
        }
        if poll.has_cast(own.member_id) {
            return Err(Refusal::conflict("vote.cast_already", "您已经投过票，每人一票，不能更改"));
        }
        let ballot = Ballot::read(&vote.question, choices)?;
        let (ballot, slip) = match (vote.question.secrecy, receipt) {
            (Secrecy::Open, None) => (Some(ballot), None),
            (Secrecy::Secret, Some(receipt)) => (None, Some(Box::new(Slip { ballot, receipt: receipt.clone() }))),
            (Secrecy::Open, Some(_)) => {
                return Err(FieldError::new("receipt", "field.unexpected", "记名表决没有回执").into());
            }
            (Secrecy::Secret, None) => {
                return Err(FieldError::new("receipt", "field.required", "无记名表决需要回执码").into());
            }
        };
        Ok(vec![MeetingEvent::BallotCast { vote_id: id, round, member_id: own.member_id, ballot, slip }])
    }

    pub(super) fn close_vote(&self, id: VoteId, publishes: bool, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        let vote = &self.named_poll(id)?.vote;
        match vote.state {
            VoteState::Open => Ok(vec![MeetingEvent::VoteClosed { vote_id: id, round: vote.round, publishes }]),
            VoteState::Prepared | VoteState::Dropped => Err(Refusal::conflict("vote.not_open", "表决还没有开始")),
            VoteState::Closed | VoteState::Counted | VoteState::Published => Ok(Vec::new()),
        }
    }

    /// All votes that are still open, closed because the meeting ends by itself.
    pub(super) fn close_all(&self) -> Vec<MeetingEvent> {
        let open = self.polls().iter().filter(|poll| poll.vote.state == VoteState::Open);
        let close =
            |poll: &Poll| MeetingEvent::VoteClosed { vote_id: poll.vote.id, round: poll.vote.round, publishes: false };
        open.map(close).collect()
    }

    /// Counts a vote that is closed; one that is counted already stays as it is. `urn` holds what came out of the urn of a
    /// secret vote. Nobody asks for this: it follows from the closing.
    pub(super) fn count_vote(
        &self,
        (id, round): (VoteId, u32),
        urn: Option<&Urn>,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        let poll = self.named_poll(id)?;
        let vote = &poll.vote;
        let (VoteState::Closed, Some(opened), true) = (vote.state, &vote.opened, vote.round == round) else {
            return Ok(Vec::new());
        };
        let count = match urn {
            None => poll.count.clone(),
            Some(urn) => Count::of(&vote.question, &urn.ballots),
        };
        if count.ballots != poll.cast() {
            // Rather no result than a wrong one.
            return Err(Refusal::conflict("vote.urn_differs", "选票数与投票人数不符，请联系管理员"));
        }
        let took_part = |attendee: &&Attendee| {
            let on_roll = attendee.number.is_some_and(|number| opened.roll.holds(number));
            let stayed = vote.closed_at.is_some_and(|at| attendee.was_present_at(at));
            on_roll && (stayed || poll.has_cast(attendee.member_id))
        };
        let held = u32::try_from(self.attendees().filter(took_part).count()).unwrap_or(u32::MAX);
        let turnout = Turnout { expected: opened.expected, present: opened.roll.len(), held };
        let result = VoteResult::of(&vote.question, &count, turnout);
        let mut receipts = urn.map(|urn| urn.receipts.clone()).unwrap_or_default();
        receipts.sort_unstable();
        let published = vote.publishes.then(|| published(vote, result.clone()));
        let counted = MeetingEvent::VoteCounted { vote_id: id, round, result, receipts };
        Ok(std::iter::once(counted).chain(published).collect())
    }

    pub(super) fn publish_vote(&self, id: VoteId, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        let vote = &self.named_poll(id)?.vote;
        match (vote.state, &vote.result) {
            (VoteState::Counted, Some(result)) => Ok(vec![published(vote, result.clone())]),
            (VoteState::Published, _) => Ok(Vec::new()),
            _ => Err(Refusal::conflict("vote.not_counted", "表决结束并计票后才能公布")),
        }
    }

    pub(super) fn reset_vote(&self, id: VoteId, reason: &str, party: &Party) -> Result<Vec<MeetingEvent>, Refusal> {
        self.managed(party)?;
        self.in_state(&[StateName::Running], "meeting.not_running", "会议不在进行中")?;
        let reason = words("reason", reason)?;
        let vote = &self.named_poll(id)?.vote;
        let by: PersonRef = party.person.clone();
        match vote.state {
            VoteState::Open | VoteState::Closed | VoteState::Counted => {
                Ok(vec![MeetingEvent::VoteReset { vote_id: id, round: vote.round, reason, by }])
            }
            VoteState::Published => Err(Refusal::conflict("vote.published", "结果已经公布，不能作废；请另行发起表决")),
            VoteState::Prepared | VoteState::Dropped => Err(Refusal::conflict("vote.not_open", "表决还没有开始")),
        }
    }
}

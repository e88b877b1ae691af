//! Meetings that fill up by themselves while one looks: a branch is called together, its people come one after the other
//! and in bursts, the agenda goes on, and it ends.

use std::sync::Arc;
use std::time::Duration;

use lianxin_actors::command::{Answer, CommandError};
use lianxin_actors::meeting::MeetingActors;
use lianxin_domain::clock::Clock;
use lianxin_domain::ids::{IdSource, MeetingId};
use lianxin_domain::meeting::{Command, Invitee, MAX_SERIAL, Meeting};
use lianxin_domain::member::Member;

use super::branch::{Branch, HABITS};
use super::dice::Dice;
use super::meetings::{origin, scan};
use super::voting;

/// Between the beginnings of two meetings.
const PACE: Duration = Duration::from_secs(150);
/// How long an item of the agenda takes in this quick world.
const ITEM: Duration = Duration::from_secs(45);
const MINUTE_MS: i64 = 60_000;

/// What gatherings are played with.
pub struct Gatherings {
    /// The halls.
    pub meetings: MeetingActors,
    /// The branches, the first of which is left to whoever tries the demonstration.
    pub branches: Vec<Branch>,
    /// New ids.
    pub ids: IdSource,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Gatherings {
    /// Plays for ever.
    pub(super) async fn play(self, mut dice: Dice) {
        let own = Arc::new(self);
        let mut turn = 0;
        while own.branches.len() > 1 {
            turn = turn % (own.branches.len() - 1) + 1;
            let (gatherings, dice) = (Arc::clone(&own), Dice::new(dice.below(u64::MAX >> 33)));
            actix_rt::spawn(async move {
                if let Err(error) = gatherings.gather(turn, dice).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a meeting of the demonstration broke off"
                    );
                }
            });
            tokio::time::sleep(PACE).await;
        }
    }

    async fn gather(&self, branch: usize, mut dice: Dice) -> Result<(), CommandError> {
        let branch = &self.branches[branch];
        let now = self.clock.now();
        let Some(habit) = dice.pick(&HABITS) else { return Ok(()) };
        let topic = dice.pick(habit.topics).copied().unwrap_or_default();
        let plan = branch.plan(habit, topic, now.plus_millis(2 * MINUTE_MS));
        let mut serial = [0; 4];
        self.ids.entropy().fill(&mut serial);
        let serial = u32::from_le_bytes(serial) & MAX_SERIAL;
        let meeting = Meeting::draft(self.ids.next(), serial, branch.place(), plan.host.clone(), now, plan);
        let (id, items) = (meeting.id, meeting.plan.agenda.len());
        let host = branch.host();
        let answer = Answer { status: 201, body: String::new() };
        self.meetings.create(&meeting, &origin(&self.ids, host), answer).await?;
        let people = branch.invited(habit, lianxin_domain::calendar_day::local_date(now).unwrap_or_default());
        let invitees = people.iter().map(|member| Invitee::from(*member)).collect();
        self.host(branch, id, Command::Launch(invitees)).await?;
        let late = people.len() / 8;
        for (place, member) in people.iter().enumerate() {
            if place == people.len() - late {
                self.host(branch, id, Command::Start).await?;
            }
            // People come in bunches: mostly right behind one another, now and then after a while.
            let pause = if dice.below(4) == 0 { 2_000 + dice.below(6_000) } else { dice.below(900) };
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if dice.below(15) > 0 {
                let scan = scan(&self.ids, id, member, self.clock.now());
                self.meetings.act(id, scan, origin(&self.ids, member)).await?;
            }
        }
        for index in 0..u32::try_from(items).unwrap_or_default() {
            self.host(branch, id, Command::MoveAgenda { index: Some(index) }).await?;
            tokio::time::sleep(ITEM).await;
        }
        self.vote(branch, id, &people, (topic, &mut dice)).await?;
        self.host(branch, id, Command::End).await
    }

    /// The hall votes before everybody's eyes; where too few came, it does not.
    async fn vote(
        &self,
        branch: &Branch,
        id: MeetingId,
        people: &[&Member],
        (topic, dice): (&str, &mut Dice),
    ) -> Result<(), CommandError> {
        let (vote, question) = (self.ids.next(), Box::new(voting::question(topic, dice)));
        self.host(branch, id, Command::PrepareVote { id: vote, question: question.clone() }).await?;
        if self.host(branch, id, Command::OpenVote(vote)).await.is_err() {
            return Ok(());
        }
        for member in people {
            tokio::time::sleep(Duration::from_millis(200 + dice.below(1_800))).await;
            // Those who are not there, or on probation, are refused.
            let _ = self.meetings.act(id, voting::ballot(vote, &question, dice), origin(&self.ids, member)).await;
        }
        self.host(branch, id, Command::CloseVote { id: vote, publishes: true }).await?;
        self.meetings.count_votes(id).await?;
        tokio::time::sleep(ITEM).await;
        Ok(())
    }

    async fn host(&self, branch: &Branch, id: MeetingId, command: Command) -> Result<(), CommandError> {
        self.meetings.act(id, command, origin(&self.ids, branch.host())).await.map(|_| ())
    }
}

//! The invented branches' year of meetings, played through the halls' own actors in the order of its time, and what is
//! planned for the days to come.

use std::rc::Rc;
use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDate};
use futures_util::future::{join_all, try_join_all};
use lianxin_actors::command::{Answer, CommandError, Done};
use lianxin_actors::directory::Directories;
use lianxin_actors::meeting::{MakeAnswer, MeetingActors, Origin};
use lianxin_actors::minutes::MinutesSources;
use lianxin_domain::access::{AccountKind, Caller};
use lianxin_domain::calendar_day::{date_start, local_date};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{IdSource, MeetingId, VoteId};
use lianxin_domain::meeting::{Claim, Command, DeviceId, Invitee, MAX_SERIAL, Meeting, Plan, SignIn, slot_of};
use lianxin_domain::member::Member;
use lianxin_domain::vote::Question;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::notifications::Notifications;

use super::appraisals::Appraisals;
use super::branch::{Branch, HABITS, Habit};
use super::course::Course;
use super::dice::Dice;
use super::extent::Extent;
use super::life::Lives;
use super::voting;
use crate::core::{Core, StartError};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// So lately all branches have met, not only those with a whole year of meetings: a meeting takes some ten milliseconds to
/// play, with everybody's invitation, sign-in and ballot, and a year of 98 branches has more than three thousand.
pub(super) const LATELY_MS: i64 = 30 * 24 * HOUR_MS;
/// Events taken over at a time.
const PAGE: usize = 512;

/// Plays meetings in halls whose log nobody else follows.
pub(super) struct Halls<'a> {
    pub(super) core: &'a Core,
    pub(super) meetings: MeetingActors,
    pub(super) sources: MinutesSources,
    lives: Lives<'a>,
    appraisals: Appraisals<'a>,
    pub(super) course: Rc<Course<'a>>,
    pub(super) dice: Dice,
    position: u64,
}

/// A meeting that is being played.
pub(super) struct Played<'b> {
    pub(super) branch: &'b Branch,
    pub(super) id: MeetingId,
    pub(super) people: Vec<&'b Member>,
}

impl<'a> Halls<'a> {
    /// Over `meetings`, in the `course` of the past.
    pub fn new(
        core: &'a Core,
        meetings: MeetingActors,
        (lives, appraisals): (Lives<'a>, Appraisals<'a>),
        directories: &Directories,
        course: Rc<Course<'a>>,
    ) -> Self {
        let position = core.log.head();
        let sources = core.minutes_sources(directories);
        Self { core, meetings, sources, lives, appraisals, course, dice: Dice::new(20_261_122), position }
    }

    /// Plays all meetings that begin before `until`; answers how many.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused: the past would not be what it says.
    pub async fn play_until(
        &mut self,
        branches: &[Branch],
        extent: &Extent,
        until: Timestamp,
    ) -> Result<usize, StartError> {
        let mut slots: Vec<(Timestamp, NaiveDate, &Habit)> = Vec::new();
        let begin = self.course.now();
        let mut day = local_date(begin).unwrap_or_default() + Days::new(2);
        while date_start(day) < until {
            let held = |habit: &&Habit| habit.day == day.day() && habit.months.contains(&day.month());
            slots.extend(
                HABITS.iter().filter(held).map(|habit| (date_start(day).plus_millis(habit.hour * HOUR_MS), day, habit)),
            );
            day = day + Days::new(1);
        }
        let all: Vec<&Branch> = branches.iter().collect();
        let some: Vec<&Branch> = branches.iter().step_by(extent.full_year_each).collect();
        let mut held = 0;
        for (starts_at, day, habit) in slots.into_iter().filter(|(starts_at, ..)| *starts_at < until) {
            let lately = until.since(starts_at) < LATELY_MS;
            held += self.hold(if lately { &all } else { &some }, habit, starts_at, day).await?;
            // A year in one go; nobody else keeps the write-ahead log short meanwhile.
            checkpoint(&self.core.database).await?;
        }
        Ok(held)
    }

    /// All branches hold a meeting at the same time; answers how many.
    async fn hold<'b>(
        &mut self,
        branches: &[&'b Branch],
        habit: &Habit,
        starts_at: Timestamp,
        day: NaiveDate,
    ) -> Result<usize, StartError> {
        let topic = habit.topics[day.month0() as usize % habit.topics.len()];
        // One branch in thirty lets it slip.
        let held: Vec<&'b Branch> = branches.iter().copied().filter(|_| self.dice.below(30) > 0).collect();
        // The 组织生活会 of the first of them has its materials and its report, and members are appraised there.
        let life = match held.first().filter(|_| habit.type_code == "organisation_life") {
            Some(first) => Some((
                self.lives.prepare(first, starts_at).await?,
                self.appraisals.prepare(first, starts_at, &mut self.dice).await?,
            )),
            None => None,
        };
        self.reach(starts_at.plus_millis(-26 * HOUR_MS)).await?;
        let mut played = Vec::with_capacity(held.len());
        for branch in held {
            let id = self.make(branch, branch.plan(habit, topic, starts_at)).await?;
            played.push(Played { branch, id, people: branch.invited(habit, day) });
        }
        let launches = played.iter().map(|meeting| {
            let invitees = meeting.people.iter().map(|member| Invitee::from(*member)).collect();
            self.host(meeting, Command::Launch(invitees))
        });
        try_join_all(launches).await?;
        self.catch_up().await?;
        if let Some(((_, appraisal), first)) = life.zip(played.first()) {
            self.appraisals.link(appraisal, first.id).await?;
        }
        self.come(&played, starts_at).await?;
        self.reach(starts_at.plus_millis(75 * MINUTE_MS)).await?;
        if habit.type_code == "general_meeting" {
            self.vote(&played, topic).await?;
        }
        self.reach(starts_at.plus_millis(95 * MINUTE_MS)).await?;
        try_join_all(played.iter().map(|meeting| self.host(meeting, Command::End))).await?;
        self.catch_up().await?;
        self.reach(starts_at.plus_millis(18 * HOUR_MS)).await?;
        self.write_up(&played).await?;
        if let Some(((life, appraisal), first)) = life.zip(played.first()) {
            self.lives.link(life, first.id).await?;
            self.appraisals.finish(appraisal, first.branch, &mut self.dice).await?;
            // The day after, the branch hands in its report.
            self.reach(starts_at.plus_millis(20 * HOUR_MS)).await?;
            self.lives.report(life).await?;
        }
        Ok(played.len())
    }

    /// Each meeting votes on something, and publishes what it came to.
    async fn vote(&mut self, played: &[Played<'_>], topic: &str) -> Result<(), StartError> {
        let votes: Vec<(VoteId, Question)> =
            played.iter().map(|_| (self.core.ids.next(), voting::question(topic, &mut self.dice))).collect();
        let prepare = |(id, question): &(VoteId, Question)| {
            let question = Box::new(question.clone());
            Command::PrepareVote { id: *id, question }
        };
        let asked = || played.iter().zip(&votes);
        try_join_all(asked().map(|(meeting, vote)| self.host(meeting, prepare(vote)))).await?;
        self.catch_up().await?;
        // Where too few came, nothing is voted on.
        let opened = join_all(asked().map(|(meeting, (id, _))| self.host(meeting, Command::OpenVote(*id)))).await;
        self.catch_up().await?;
        let open: Vec<_> = asked().zip(opened).filter(|(_, opened)| opened.is_ok()).map(|(asked, _)| asked).collect();
        let mut ballots = Vec::new();
        for (meeting, (id, question)) in &open {
            for member in &meeting.people {
                ballots.push((meeting.id, *member, voting::ballot(*id, question, &mut self.dice)));
            }
        }
        // Those who are not there, or on probation, are refused.
        join_all(ballots.into_iter().map(|(id, member, ballot)| self.act(id, member, ballot))).await;
        self.catch_up().await?;
        let close = |id: &VoteId| Command::CloseVote { id: *id, publishes: true };
        try_join_all(open.iter().map(|(meeting, (id, _))| self.host(meeting, close(id)))).await?;
        self.catch_up().await?;
        try_join_all(open.iter().map(|(meeting, _)| self.meetings.count_votes(meeting.id))).await?;
        self.catch_up().await
    }

    /// Most come in time, some late, some are excused, some are not seen.
    async fn come(&mut self, played: &[Played<'_>], starts_at: Timestamp) -> Result<(), StartError> {
        let mut coming: Vec<(i64, MeetingId, &Member)> = Vec::new();
        let mut away: Vec<(&Played<'_>, &Member)> = Vec::new();
        for meeting in played {
            for (place, member) in meeting.people.iter().enumerate() {
                match self.dice.below(20) {
                    0 if place > 0 => away.push((meeting, member)),
                    1 if place > 1 => {}
                    2 => coming.push((7, meeting.id, member)),
                    number => coming.push((-24 + 4 * i64::try_from(number % 5)?, meeting.id, member)),
                }
            }
        }
        let reason = || "外出务工，无法到会".to_owned();
        let asked =
            away.iter().map(|(meeting, member)| self.act(meeting.id, member, Command::AskLeave { reason: reason() }));
        try_join_all(asked).await?;
        self.catch_up().await?;
        let granted = away.iter().map(|(meeting, member)| {
            self.host(meeting, Command::DecideLeave { member_id: member.id, approved: true, note: None })
        });
        try_join_all(granted).await?;
        self.catch_up().await?;
        for minute in [-24, -20, -16, -12, -8, 0, 7] {
            let now = starts_at.plus_millis(minute * MINUTE_MS);
            self.reach(now).await?;
            if minute == 0 {
                try_join_all(played.iter().map(|meeting| self.host(meeting, Command::Start))).await?;
                self.catch_up().await?;
            }
            let here = coming.iter().filter(|(at, ..)| *at == minute);
            try_join_all(here.map(|(_, id, member)| self.act(*id, member, self.scan(*id, member, now)))).await?;
            self.catch_up().await?;
        }
        Ok(())
    }

    /// What is planned: the first branch meets today, with its doors open, and every branch in three days.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub async fn plan_ahead(&mut self, branches: &[Branch], now: Timestamp) -> Result<(), StartError> {
        self.reach(now).await?;
        let today = local_date(now).unwrap_or_default();
        let soon = date_start(today + Days::new(3)).plus_millis(15 * HOUR_MS);
        for (index, branch) in branches.iter().enumerate() {
            if index == 0 {
                self.lives.under_way(branch).await?;
                self.appraisals.under_way(branch, &mut self.dice).await?;
                let mut plan = branch.plan(&HABITS[3], "第四季度党员大会", now.plus_millis(40 * MINUTE_MS));
                plan.sign_in.opens_minutes_before = 120;
                self.invite(branch, plan, &HABITS[3], today).await?;
                self.make(branch, branch.plan(&HABITS[2], "年终党课（筹备中）", soon.plus_millis(48 * HOUR_MS)))
                    .await?;
            }
            self.invite(branch, branch.plan(&HABITS[0], "冬季防火入户宣讲", soon), &HABITS[0], today).await?;
        }
        self.catch_up().await?;
        self.read_everything(branches, now).await
    }

    /// Goes on to `at`. What requests left in the log on the way is nothing to halls.
    async fn reach(&mut self, at: Timestamp) -> Result<(), StartError> {
        self.catch_up().await?;
        self.course.reach(at).await?;
        self.position = self.core.log.refresh_head().await?;
        Ok(())
    }

    async fn invite(&self, branch: &Branch, plan: Plan, habit: &Habit, day: NaiveDate) -> Result<(), StartError> {
        let id = self.make(branch, plan).await?;
        let people = branch.invited(habit, day);
        let invitees = people.iter().map(|member| Invitee::from(*member)).collect();
        self.host(&Played { branch, id, people }, Command::Launch(invitees)).await?;
        Ok(())
    }

    /// A year's invitations were read in their time.
    async fn read_everything(&self, branches: &[Branch], now: Timestamp) -> Result<(), StartError> {
        let mut change = lianxin_storage::change::Change::new(now, None, None);
        let everybody = branches.iter().flat_map(Branch::people);
        change.writes = everybody.map(|member| Notifications::read_all(member.account_id, now, now)).collect();
        self.core.journal.commit(change).await?;
        Ok(())
    }

    async fn make(&self, branch: &Branch, plan: Plan) -> Result<MeetingId, StartError> {
        let host = plan.host.clone();
        let mut random = [0; 4];
        self.core.ids.entropy().fill(&mut random);
        let serial = u32::from_le_bytes(random) & MAX_SERIAL;
        let meeting = Meeting::draft(self.core.ids.next(), serial, branch.place(), host, self.course.now(), plan);
        let answer = Answer { status: 201, body: String::new() };
        self.meetings.create(&meeting, &self.origin(branch.host()), answer).await?;
        Ok(meeting.id)
    }

    async fn host(&self, meeting: &Played<'_>, command: Command) -> Result<Done, CommandError> {
        self.act(meeting.id, meeting.branch.host(), command).await
    }

    async fn act(&self, id: MeetingId, member: &Member, command: Command) -> Result<Done, CommandError> {
        self.meetings.act(id, command, self.origin(member)).await
    }

    fn scan(&self, id: MeetingId, member: &Member, now: Timestamp) -> Command {
        scan(&self.core.ids, id, member, now)
    }

    fn origin(&self, member: &Member) -> Origin {
        origin(&self.core.ids, member)
    }

    /// Lets the halls take over what was committed: nobody else does while the past is played.
    pub(super) async fn catch_up(&mut self) -> Result<(), StartError> {
        let head = self.core.log.refresh_head().await?;
        while self.position < head {
            let events = self.core.log.after(self.position, PAGE).await?;
            let Some(last) = events.last() else { break };
            self.position = last.seq;
            self.meetings.follow(&events).await;
        }
        Ok(())
    }
}

/// What a member's phone brings that scanned the code just now.
pub(super) fn scan(ids: &IdSource, id: MeetingId, member: &Member, now: Timestamp) -> Command {
    // Everybody has a phone of their own.
    let device = DeviceId(*member.account_id.as_bytes());
    let claim = Claim::new(id, slot_of(now), device, now, &**ids.entropy());
    Command::SignIn(SignIn { claim, fix: None })
}

/// The origin of a step that nobody waits for.
pub(super) fn origin(ids: &IdSource, member: &Member) -> Origin {
    let answer: MakeAnswer = Arc::new(|_| Answer { status: 200, body: String::new() });
    Origin { caller: Some(Arc::new(caller(ids, member))), request_id: Some(ids.next()), idempotency: None, answer }
}

/// A member who has signed in.
pub(super) fn caller(ids: &IdSource, member: &Member) -> Caller {
    Caller {
        account_id: member.account_id,
        session_id: ids.next(),
        kind: AccountKind::Resident,
        name: member.facts.name.clone(),
        duties: Vec::new(),
        administers: Vec::new(),
        membership: None,
        organisation_roles: Vec::new(),
        must_change_password: false,
        profile_complete: true,
    }
}

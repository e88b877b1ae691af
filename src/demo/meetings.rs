//! The invented branches' year of meetings, played through the halls' own actors in the order of its time, and what is
//! planned for the days to come.

use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDate};
use futures_util::future::{join_all, try_join_all};
use lianxin_actors::command::{Answer, CommandError, Done};
use lianxin_actors::meeting::{MakeAnswer, MeetingActors, Origin};
use lianxin_domain::access::{AccountKind, Caller, Scope};
use lianxin_domain::calendar_day::{date_start, local_date};
use lianxin_domain::clock::{Clock as _, ManualClock, Timestamp};
use lianxin_domain::ids::{IdSource, MeetingId, OrganisationId, VoteId};
use lianxin_domain::meeting::{
    AgendaItem, Claim, Command, DeviceId, Invited, Invitee, MAX_SERIAL, Meeting, Mode, Plan, SignIn, SignInRules,
    slot_of,
};
use lianxin_domain::member::Member;
use lianxin_domain::organisation::Organisation;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_domain::vote::Question;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::members::MemberFilter;
use lianxin_storage::notifications::Notifications;

use super::history::Dice;
use super::voting;
use crate::core::{Core, StartError};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Members of one branch read at a time.
const ROSTER: u32 = 1_000;
/// Those who lead a branch come first in its roster.
const COMMITTEE: usize = 5;
/// Events taken over at a time.
const PAGE: usize = 512;

/// What branches do every month, or in some months: code of the type, topics in turn, day of the month, hour, months.
pub(super) struct Habit {
    type_code: &'static str,
    pub(super) topics: &'static [&'static str],
    day: u32,
    hour: i64,
    months: &'static [u32],
    committee: bool,
    items: &'static [(&'static str, u32)],
}

const EVERY_MONTH: [u32; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
pub(super) const HABITS: [Habit; 5] = [
    Habit {
        type_code: "party_day",
        topics: &["清洁家园，党员先行", "重温入党誓词", "走访困难群众", "防汛防火入户宣讲"],
        day: 5,
        hour: 15,
        months: &EVERY_MONTH,
        committee: false,
        items: &[("集中学习", 40), ("志愿服务", 60)],
    },
    Habit {
        type_code: "committee_meeting",
        topics: &["研究本月重点工作", "研究党员发展和困难帮扶", "研究村级事务"],
        day: 11,
        hour: 9,
        months: &EVERY_MONTH,
        committee: true,
        items: &[("通报上月工作", 20), ("研究事项", 40)],
    },
    Habit {
        type_code: "party_lecture",
        topics: &["学习党章党规", "书记讲党课", "乡村振兴政策解读"],
        day: 17,
        hour: 19,
        months: &[2, 5, 8, 11],
        committee: false,
        items: &[("授课", 60), ("讨论", 20)],
    },
    Habit {
        type_code: "general_meeting",
        topics: &["季度工作通报与民主议事", "讨论接收预备党员", "半年工作总结"],
        day: 23,
        hour: 15,
        months: &[3, 6, 9, 12],
        committee: false,
        items: &[("支部工作报告", 30), ("讨论", 40), ("表决", 10)],
    },
    Habit {
        type_code: "organisation_life",
        topics: &["年度组织生活会"],
        day: 27,
        hour: 14,
        months: &[1],
        committee: false,
        items: &[("支部对照检查", 30), ("批评与自我批评", 90)],
    },
];

/// A branch with its people, the secretary first.
pub struct Branch {
    organisation: Organisation,
    members: Vec<Member>,
}

impl Branch {
    /// All branches that have members.
    ///
    /// # Errors
    /// [`StartError`] when the storage fails.
    pub async fn all(core: &Core) -> Result<Vec<Self>, StartError> {
        let mut branches = Vec::new();
        for organisation in core.organisations.all().await?.into_iter().filter(|own| own.kind.is_branch()) {
            let filter =
                MemberFilter { organisation: Some((organisation.path.clone(), false)), ..MemberFilter::default() };
            let (mut members, _) = core.members.list(&Scope::system(), &filter, 0, ROSTER).await?;
            members.sort_by_key(|member| member.facts.sort_order);
            branches.extend((!members.is_empty()).then_some(Self { organisation, members }));
        }
        Ok(branches)
    }

    /// Whose meetings they are, and where that lies.
    pub(super) fn place(&self) -> (OrganisationId, TreePath) {
        (self.organisation.id, self.organisation.path.clone())
    }

    /// The secretary.
    pub(super) fn host(&self) -> &Member {
        &self.members[0]
    }

    /// A meeting of the branch.
    pub(super) fn plan(&self, habit: &Habit, topic: &str, starts_at: Timestamp) -> Plan {
        let minutes: u32 = habit.items.iter().map(|(_, minutes)| minutes).sum();
        let committee = self.members.iter().take(COMMITTEE).map(|member| member.id).collect();
        let item = |(title, minutes): &(&str, u32)| AgendaItem {
            title: (*title).to_owned(),
            minutes: *minutes,
            presenter: None,
        };
        Plan {
            topic: topic.to_owned(),
            type_code: habit.type_code.to_owned(),
            host: person(self.host()),
            recorder: self.members.get(1).map(person),
            starts_at,
            ends_at: starts_at.plus_millis(i64::from(minutes + 10) * MINUTE_MS),
            mode: Mode::Onsite,
            place: format!("{}会议室", self.organisation.short_name.trim_end_matches("党支部")),
            video_link: None,
            content: String::new(),
            attachments: Vec::new(),
            invited: Invited {
                whole_branch: !habit.committee,
                members: if habit.committee { committee } else { Vec::new() },
                organisations: Vec::new(),
            },
            sign_up: None,
            sign_in: SignInRules { late_after_minutes: 5, ..SignInRules::default() },
            agenda: habit.items.iter().map(item).collect(),
        }
    }

    /// Everybody who was a member on that day, or the committee.
    pub(super) fn invited(&self, habit: &Habit, day: NaiveDate) -> Vec<&Member> {
        let there = |member: &&Member| member.facts.joined_on.is_none_or(|joined| joined <= day);
        let size = if habit.committee { COMMITTEE } else { self.members.len() };
        self.members.iter().take(size).filter(there).collect()
    }
}

fn person(member: &Member) -> PersonRef {
    PersonRef { id: member.account_id, name: member.facts.name.clone() }
}

/// Plays meetings in halls whose log nobody else follows.
pub struct Halls<'a> {
    core: &'a Core,
    meetings: MeetingActors,
    clock: Arc<ManualClock>,
    dice: Dice,
    position: u64,
}

/// A meeting that is being played.
struct Played<'b> {
    branch: &'b Branch,
    id: MeetingId,
    people: Vec<&'b Member>,
}

impl<'a> Halls<'a> {
    /// Over `meetings`, with a clock that is moved by hand.
    pub fn new(core: &'a Core, meetings: MeetingActors, clock: &Arc<ManualClock>) -> Self {
        let position = core.log.head();
        Self { core, meetings, clock: Arc::clone(clock), dice: Dice::new(20_261_122), position }
    }

    /// Plays all meetings that begin before `until`; answers how many.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused: the past would not be what it says.
    pub async fn play_until(&mut self, branches: &[Branch], until: Timestamp) -> Result<usize, StartError> {
        let mut slots: Vec<(Timestamp, NaiveDate, &Habit)> = Vec::new();
        let begin = self.clock.now();
        let mut day = local_date(begin).unwrap_or_default() + Days::new(2);
        while date_start(day) < until {
            let held = |habit: &&Habit| habit.day == day.day() && habit.months.contains(&day.month());
            slots.extend(
                HABITS.iter().filter(held).map(|habit| (date_start(day).plus_millis(habit.hour * HOUR_MS), day, habit)),
            );
            day = day + Days::new(1);
        }
        let mut held = 0;
        for (starts_at, day, habit) in slots.into_iter().filter(|(starts_at, ..)| *starts_at < until) {
            held += self.hold(branches, habit, starts_at, day).await?;
            // A year in one go; nobody else keeps the write-ahead log short meanwhile.
            checkpoint(&self.core.database).await?;
        }
        Ok(held)
    }

    /// All branches hold a meeting at the same time; answers how many.
    async fn hold(
        &mut self,
        branches: &[Branch],
        habit: &Habit,
        starts_at: Timestamp,
        day: NaiveDate,
    ) -> Result<usize, StartError> {
        self.clock.set(starts_at.plus_millis(-26 * HOUR_MS));
        let topic = habit.topics[day.month0() as usize % habit.topics.len()];
        // One branch in thirty lets it slip.
        let held: Vec<&Branch> = branches.iter().filter(|_| self.dice.below(30) > 0).collect();
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
        self.come(&played, starts_at).await?;
        self.clock.set(starts_at.plus_millis(75 * MINUTE_MS));
        if habit.type_code == "general_meeting" {
            self.vote(&played, topic).await?;
        }
        self.clock.set(starts_at.plus_millis(95 * MINUTE_MS));
        try_join_all(played.iter().map(|meeting| self.host(meeting, Command::End))).await?;
        self.catch_up().await?;
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
            self.clock.set(now);
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
        self.clock.set(now);
        let today = local_date(now).unwrap_or_default();
        let soon = date_start(today + Days::new(3)).plus_millis(15 * HOUR_MS);
        for (index, branch) in branches.iter().enumerate() {
            if index == 0 {
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
        let everybody = branches.iter().flat_map(|branch| &branch.members);
        change.writes = everybody.map(|member| Notifications::read_all(member.account_id, now, now)).collect();
        self.core.journal.commit(change).await?;
        Ok(())
    }

    async fn make(&self, branch: &Branch, plan: Plan) -> Result<MeetingId, StartError> {
        let host = plan.host.clone();
        let mut random = [0; 4];
        self.core.ids.entropy().fill(&mut random);
        let serial = u32::from_le_bytes(random) & MAX_SERIAL;
        let meeting = Meeting::draft(self.core.ids.next(), serial, branch.place(), host, self.clock.now(), plan);
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
    async fn catch_up(&mut self) -> Result<(), StartError> {
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
    let caller = Caller {
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
    };
    Origin { caller: Some(Arc::new(caller)), request_id: Some(ids.next()), idempotency: None, answer }
}

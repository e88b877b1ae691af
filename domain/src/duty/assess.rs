//! Whether a branch did in a period what is due of one type of meeting (三会一课, inventory MEET-20; domain.md §3).

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::period::Period;
use super::rule::{AppliesTo, COMMITTEE_FROM, DutyRule};
use crate::calendar::WorkingCalendar;
use crate::calendar_day::{date_start, local_date, next_day_start};
use crate::clock::Timestamp;
use crate::ids::MeetingId;
use crate::meeting::StateName;
use crate::organisation::{OrganisationKind, OrganisationStatus};

/// How urgent a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutyLevel {
    /// 黄: the period is coming to its end.
    Yellow,
    /// 橙: it ends in a few days.
    Orange,
    /// 红: it is over.
    Red,
}

impl DutyLevel {
    /// All, the lightest first.
    pub const ALL: [Self; 3] = [Self::Yellow, Self::Orange, Self::Red];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Yellow => "黄色预警",
            Self::Orange => "橙色预警",
            Self::Red => "红色预警",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// Why nothing is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// The rule is switched off, or does not hold for the whole period.
    NotInForce,
    /// A temporary branch (临时党支部).
    Temporary,
    /// The branch, or the group, is out of use.
    Suspended,
    /// It was founded within the period, or after it.
    TooYoung,
    /// It has no committee.
    NoCommittee,
    /// It has no groups.
    NoGroups,
}

impl Exemption {
    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotInForce => "not_in_force",
            Self::Temporary => "temporary",
            Self::Suspended => "suspended",
            Self::TooYoung => "too_young",
            Self::NoCommittee => "no_committee",
            Self::NoGroups => "no_groups",
        }
    }

    /// What people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotInForce => "未规定",
            Self::Temporary => "临时党支部",
            Self::Suspended => "已停用",
            Self::TooYoung => "成立不满一个周期",
            Self::NoCommittee => "未设支委会",
            Self::NoGroups => "未设党小组",
        }
    }
}

/// A branch, as far as its duties depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchFacts {
    /// What kind of branch.
    pub kind: OrganisationKind,
    /// Whether it is in use.
    pub status: OrganisationStatus,
    /// The day on which it was founded.
    pub founded_on: NaiveDate,
    /// Full members, with those of its groups.
    pub full_members: u32,
    /// Its groups that are in use.
    pub groups: u32,
}

/// A group of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupFacts {
    /// Whether it is in use.
    pub status: OrganisationStatus,
    /// The day on which it was formed.
    pub founded_on: NaiveDate,
}

/// A meeting of the branch (or group), of the rule's type; no draft, and not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeetingFacts {
    /// Which.
    pub id: MeetingId,
    /// Where it stands.
    pub state: StateName,
    /// 开始时间: the period that it counts for follows from it.
    pub starts_at: Timestamp,
    /// The planned end.
    pub ends_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Members with a vote on its list (有表决权应到).
    pub voting: u32,
    /// How many of them came.
    pub voting_present: u32,
    /// When its minutes were signed.
    pub minutes_signed_at: Option<Timestamp>,
}

impl MeetingFacts {
    /// Whether enough came: more than the rule's part of those with a vote.
    fn has_quorum(&self, rule: &DutyRule) -> bool {
        let percent = |percent: u32| u64::from(self.voting_present) * 100 > u64::from(self.voting) * u64::from(percent);
        rule.quorum_percent.is_none_or(percent)
    }

    /// Until when its minutes are in time: the end of the `minutes_days`-th day after it.
    fn minutes_due(&self, rule: &DutyRule) -> Timestamp {
        let days = i64::from(rule.minutes_days.unwrap_or_default());
        next_day_start(self.ends_at).plus_millis(days * 24 * 60 * 60 * 1000)
    }

    /// When it began to count; nothing: it does not, yet or ever.
    fn counts_since(&self, rule: &DutyRule) -> Option<Timestamp> {
        if !matches!(self.state, StateName::Ended | StateName::Archived) || !self.has_quorum(rule) {
            return None;
        }
        let ended = self.ended_at.unwrap_or(self.ends_at);
        match rule.minutes_days {
            None => Some(ended),
            Some(_) => self.minutes_signed_at.map(|signed| signed.max(ended)),
        }
    }

    /// Whether it may still come to count by itself: it is planned, it runs, or its minutes have time left.
    fn is_coming(&self, rule: &DutyRule, now: Timestamp) -> bool {
        match self.state {
            StateName::Launched => now < self.ends_at,
            StateName::Running => true,
            StateName::Ended | StateName::Archived => {
                self.has_quorum(rule) && self.minutes_signed_at.is_none() && now < self.minutes_due(rule)
            }
            StateName::Draft | StateName::Cancelled => false,
        }
    }
}

/// From when on a duty that was not done is warned of, and how urgently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Yellow from then on; no earlier than the period begins.
    pub yellow_at: Timestamp,
    /// Orange.
    pub orange_at: Timestamp,
    /// Red: the period is over.
    pub red_at: Timestamp,
}

impl Thresholds {
    /// Those of a rule in a period. Workdays are counted after the day on which one looks (Civil Code 201) up to the last
    /// day of the period, with holidays and make-up workdays (调休) of the calendar.
    pub fn of(rule: &DutyRule, period: Period, calendar: &WorkingCalendar) -> Self {
        let at = |workdays| workdays_before_end(period, workdays, calendar).max(period.begin());
        let (yellow_at, orange_at) = (at(rule.yellow_workdays), at(rule.orange_workdays));
        Self { yellow_at, orange_at: orange_at.max(yellow_at), red_at: period.end() }
    }

    /// How urgent it is now; nothing: there is time.
    pub fn level(&self, now: Timestamp) -> Option<DutyLevel> {
        let reached =
            [(self.red_at, DutyLevel::Red), (self.orange_at, DutyLevel::Orange), (self.yellow_at, DutyLevel::Yellow)];
        reached.into_iter().find(|(at, _)| now >= *at).map(|(_, level)| level)
    }
}

/// The begin of the first day after which no more than `workdays` working days are left in the period.
fn workdays_before_end(period: Period, workdays: u32, calendar: &WorkingCalendar) -> Timestamp {
    let (mut day, mut left) = (period.last_day(), 0);
    while day > period.first_day() {
        left += u32::from(!calendar.periods_on(day).is_empty());
        if left > workdays {
            break;
        }
        match day.checked_sub_days(Days::new(1)) {
            Some(before) => day = before,
            None => break,
        }
    }
    date_start(day)
}

/// How a duty stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DutyState {
    /// Nothing is due.
    Exempt(Exemption),
    /// It was done.
    Satisfied {
        /// Since when.
        since: Timestamp,
        /// 补录: it came to count after the period was over and the time for the minutes, too.
        late: bool,
    },
    /// Meetings that are planned, run, or wait for their minutes will do.
    Coming,
    /// Nothing is planned, and there is time.
    Open,
    /// Nothing is planned, and it is late.
    Due(DutyLevel),
}

impl DutyState {
    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exempt(_) => "exempt",
            Self::Satisfied { .. } => "satisfied",
            Self::Coming => "coming",
            Self::Open => "open",
            Self::Due(level) => level.as_str(),
        }
    }
}

/// How a duty stands, and what follows from which meetings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// How it stands.
    pub state: DutyState,
    /// The meetings that count, the first to count first.
    pub counted: Vec<MeetingId>,
    /// Those of them whose minutes were signed after their time.
    pub minutes_late: u32,
    /// The meetings that may still come to count.
    pub coming: u32,
}

impl Assessment {
    const fn without_meetings(state: DutyState) -> Self {
        Self { state, counted: Vec::new(), minutes_late: 0, coming: 0 }
    }
}

/// Why nothing of `rule` is due of the branch (or of one group of it) in `period`.
pub fn exemption(
    rule: &DutyRule,
    branch: &BranchFacts,
    group: Option<&GroupFacts>,
    period: Period,
) -> Option<Exemption> {
    let founded_on = group.map_or(branch.founded_on, |group| group.founded_on.max(branch.founded_on));
    let suspended = |status| status == OrganisationStatus::Disabled;
    let per_group = rule.applies_to == AppliesTo::EachGroup;
    let reasons = [
        (!rule.is_in_force(period), Exemption::NotInForce),
        (branch.kind == OrganisationKind::TemporaryBranch, Exemption::Temporary),
        (suspended(branch.status) || group.is_some_and(|group| suspended(group.status)), Exemption::Suspended),
        (founded_on > period.first_day(), Exemption::TooYoung),
        (rule.applies_to == AppliesTo::WithCommittee && branch.full_members < COMMITTEE_FROM, Exemption::NoCommittee),
        (per_group && group.is_none() && branch.groups == 0, Exemption::NoGroups),
    ];
    reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason)
}

/// How a duty stands at `now`. `meetings` are those of the rule's type that the branch (or group) holds; those that begin
/// outside the period are left out. A meeting is of one type, so it counts for one duty.
pub fn assess(
    rule: &DutyRule,
    exemption: Option<Exemption>,
    period: Period,
    thresholds: &Thresholds,
    meetings: &[MeetingFacts],
    now: Timestamp,
) -> Assessment {
    if let Some(reason) = exemption {
        return Assessment::without_meetings(DutyState::Exempt(reason));
    }
    let inside = || meetings.iter().filter(|meeting| period.contains(meeting.starts_at));
    let mut counting: Vec<(Timestamp, &MeetingFacts)> =
        inside().filter_map(|meeting| Some((meeting.counts_since(rule)?, meeting))).collect();
    counting.sort_by_key(|(since, meeting)| (*since, meeting.id));
    let needed = rule.minimum as usize;
    let coming = inside().filter(|meeting| meeting.counts_since(rule).is_none() && meeting.is_coming(rule, now));
    let coming = u32::try_from(coming.count()).unwrap_or(u32::MAX);
    let due = |meeting: &MeetingFacts| meeting.minutes_due(rule);
    let state = match needed.checked_sub(1).and_then(|last| counting.get(last)) {
        Some((since, _)) => {
            let first = counting.iter().take(needed);
            let late = first.clone().any(|(since, meeting)| *since >= period.end().max(due(meeting)));
            DutyState::Satisfied { since: *since, late }
        }
        None if counting.len() + coming as usize >= needed => DutyState::Coming,
        None => thresholds.level(now).map_or(DutyState::Open, DutyState::Due),
    };
    let minutes_late = counting.iter().filter(|(since, meeting)| rule.minutes_days.is_some() && *since >= due(meeting));
    let minutes_late = u32::try_from(minutes_late.count()).unwrap_or(u32::MAX);
    Assessment { state, counted: counting.into_iter().map(|(_, meeting)| meeting.id).collect(), minutes_late, coming }
}

/// The day on which an organisation was founded, as far as its duties depend on it. What nobody stated is the day on which
/// it was entered: nothing is said of what it did before.
pub fn founded_on(stated: Option<NaiveDate>, entered_at: Timestamp) -> NaiveDate {
    stated.or_else(|| local_date(entered_at)).unwrap_or_default()
}

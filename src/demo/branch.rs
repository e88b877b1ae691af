//! The invented branches, and what they hold every month or in some months.

use chrono::NaiveDate;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::{AgendaItem, Invited, Mode, Plan, SignInRules};
use lianxin_domain::member::Member;
use lianxin_domain::organisation::Organisation;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::members::MemberFilter;

use crate::core::{Core, StartError};

const MINUTE_MS: i64 = 60_000;
/// Members of one branch read at a time.
const ROSTER: u32 = 1_000;
/// Those who lead a branch come first in its roster.
const COMMITTEE: usize = 5;

/// What branches do every month, or in some months: code of the type, topics in turn, day of the month, hour, months.
pub(super) struct Habit {
    pub(super) type_code: &'static str,
    pub(super) topics: &'static [&'static str],
    pub(super) day: u32,
    pub(super) hour: i64,
    pub(super) months: &'static [u32],
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

    /// Everybody, the secretary first.
    pub(super) fn people(&self) -> &[Member] {
        &self.members
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

pub(super) fn person(member: &Member) -> PersonRef {
    PersonRef { id: member.account_id, name: member.facts.name.clone() }
}

//! The facts of many branches, as they were read, and what is judged from them.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use lianxin_domain::calendar::WorkingCalendar;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{
    AppliesTo, Assessment, BranchFacts, DutyKey, DutyRule, DutyState, Exemption, GroupFacts, MeetingFacts, Period,
    PeriodKind, Thresholds, all_rules, assess, exemption, founded_on,
};
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::all_types;
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::tree::TreePath;
use lianxin_storage::error::StorageError;

use super::{DutyDesk, Judged};
use crate::directory::{Directory, OrganisationEntry};

/// Whose meetings, of which type, loaded for periods of which kind: a tenant may have given a type another kind.
type MeetingKey = (PeriodKind, OrganisationId, String);
/// A page of time.
pub(super) type Window = (Timestamp, Timestamp);

/// One moment's facts.
pub(super) struct Picture {
    directory: Arc<Directory>,
    calendar: WorkingCalendar,
    /// By tenant; those of types that are switched off are switched off.
    rules: HashMap<TreePath, Vec<DutyRule>>,
    /// The names of types.
    pub(super) names: HashMap<String, String>,
    full_members: HashMap<OrganisationId, u32>,
    meetings: HashMap<MeetingKey, Vec<MeetingFacts>>,
}

impl Picture {
    /// Rules, names and members, of `branches` with their groups or of all; no meetings yet.
    pub(super) async fn begin(
        desk: &DutyDesk,
        directory: &Arc<Directory>,
        branches: Option<&[OrganisationId]>,
    ) -> Result<Self, StorageError> {
        let tree = directory.organisations();
        let holders = branches.map(|branches| {
            let groups = branches.iter().filter_map(|id| tree.get(*id)).flat_map(|entry| entry.children.clone());
            branches.iter().copied().chain(groups).collect::<Vec<_>>()
        });
        let stored = desk.duties.rules().await?;
        let types = all_types(&desk.meetings.types().await?);
        let is_used = |code: &str| types.iter().any(|kind| kind.code == code && kind.enabled);
        let roots = tree.all().filter(|entry| entry.parent_id.is_none()).map(|entry| &entry.organisation.path);
        let rules = roots.map(|root| {
            let mut rules = all_rules(stored.get(root).map_or(&[], Vec::as_slice));
            rules.iter_mut().for_each(|rule| rule.enabled &= is_used(&rule.type_code));
            (root.clone(), rules)
        });
        Ok(Self {
            calendar: desk.rulebook.current().calendar.clone(),
            rules: rules.collect(),
            names: types.into_iter().map(|kind| (kind.code, kind.name)).collect(),
            full_members: desk.duties.full_members(holders.as_deref()).await?,
            meetings: HashMap::new(),
            directory: Arc::clone(directory),
        })
    }

    /// Everything about one branch in a year.
    pub(super) async fn of_year(
        desk: &DutyDesk,
        directory: &Arc<Directory>,
        entry: &OrganisationEntry,
        year: i32,
    ) -> Result<Self, StorageError> {
        let branch = entry.organisation.id;
        let mut picture = Self::begin(desk, directory, Some(&[branch])).await?;
        let holders: Vec<OrganisationId> = std::iter::once(branch).chain(entry.children.clone()).collect();
        let whole = Period::of_year(PeriodKind::Year, year).next().map(|year| (year.begin(), year.end()));
        let windows = PeriodKind::ALL.map(|kind| (kind, whole.unwrap_or_default()));
        picture.load(desk, &windows, Some(&holders)).await?;
        Ok(picture)
    }

    /// Reads the meetings of these windows, each for rules with periods of its kind, all at the same time.
    pub(super) async fn load(
        &mut self,
        desk: &DutyDesk,
        windows: &[(PeriodKind, Window)],
        holders: Option<&[OrganisationId]>,
    ) -> Result<(), StorageError> {
        let reads = windows.iter().flat_map(|(kind, window)| [false, true].map(|votes| (*kind, *window, votes)));
        let reads = reads.map(|(kind, window, votes)| {
            let types = self.types_of(kind, votes);
            async move {
                let types: Vec<&str> = types.iter().map(String::as_str).collect();
                let found = match types[..] {
                    [] => Vec::new(),
                    _ => desk.duties.meetings(&types, window, holders, votes).await?,
                };
                Ok::<_, StorageError>((kind, found))
            }
        });
        for (kind, found) in try_join_all(reads).await? {
            for held in found {
                let of = self.meetings.entry((kind, held.organisation_id, held.type_code)).or_default();
                // Windows may overlap.
                if of.iter().all(|known| known.id != held.facts.id) {
                    of.push(held.facts);
                }
            }
        }
        Ok(())
    }

    /// The types of the rules with periods of this kind that ask for votes, or of those that do not.
    fn types_of(&self, kind: PeriodKind, votes: bool) -> Vec<String> {
        let fits =
            |rule: &&DutyRule| rule.enabled && rule.period == kind && self.asks_for_votes(&rule.type_code) == votes;
        let mut types: Vec<String> =
            self.rules.values().flatten().filter(fits).map(|rule| rule.type_code.clone()).collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    fn asks_for_votes(&self, type_code: &str) -> bool {
        let rules = self.rules.values().flatten();
        rules.filter(|rule| rule.type_code == type_code).any(|rule| rule.quorum_percent.is_some())
    }

    /// The rules that hold for an organisation.
    pub(super) fn rules_of(&self, organisation: &Organisation) -> &[DutyRule] {
        self.rules.get(&organisation.path.tenant()).map_or(&[], Vec::as_slice)
    }

    /// When duties of a rule in a period are warned of.
    pub(super) fn thresholds(&self, rule: &DutyRule, period: Period) -> Thresholds {
        Thresholds::of(rule, period, &self.calendar)
    }

    fn groups<'p>(&'p self, entry: &'p OrganisationEntry) -> impl Iterator<Item = &'p Organisation> {
        let tree = self.directory.organisations();
        let children = entry.children.iter().filter_map(move |id| tree.get(*id)).map(|child| &child.organisation);
        children.filter(|child| child.kind == OrganisationKind::Group)
    }

    /// What is known of a branch.
    pub(super) fn branch(&self, entry: &OrganisationEntry) -> BranchFacts {
        let organisation = &entry.organisation;
        let members = |id| self.full_members.get(&id).copied().unwrap_or_default();
        let groups = self.groups(entry);
        let in_use = |group: &&Organisation| group.status == OrganisationStatus::Active;
        BranchFacts {
            kind: organisation.kind,
            status: organisation.status,
            founded_on: founded_on(organisation.founded_on, organisation.id.made_at()),
            full_members: members(organisation.id) + groups.map(|group| members(group.id)).sum::<u32>(),
            groups: u32::try_from(self.groups(entry).filter(in_use).count()).unwrap_or(u32::MAX),
        }
    }

    /// Whose duty a rule is: the branch's, or each group's; the branch's own too when it has no group, to say so.
    pub(super) fn holders<'p>(
        &'p self,
        rule: &DutyRule,
        entry: &'p OrganisationEntry,
    ) -> Vec<(Option<OrganisationId>, Option<GroupFacts>)> {
        if rule.applies_to != AppliesTo::EachGroup {
            return vec![(None, None)];
        }
        let groups = self.groups(entry).map(|group| {
            let founded_on = founded_on(group.founded_on, group.id.made_at());
            (Some(group.id), Some(GroupFacts { status: group.status, founded_on }))
        });
        let groups: Vec<_> = groups.collect();
        if groups.is_empty() { vec![(None, None)] } else { groups }
    }

    /// How one duty stands.
    pub(super) fn judge(
        &self,
        rule: &DutyRule,
        (branch_id, branch): (OrganisationId, &BranchFacts),
        (group_id, group): (Option<OrganisationId>, Option<&GroupFacts>),
        period: Period,
        thresholds: &Thresholds,
        now: Timestamp,
    ) -> Assessment {
        let of = (rule.period, group_id.unwrap_or(branch_id), rule.type_code.clone());
        let meetings = self.meetings.get(&of).map_or(&[][..], Vec::as_slice);
        assess(rule, exemption(rule, branch, group, period), period, thresholds, meetings, now)
    }

    /// How a duty stands that somebody was warned of once. What is not there any more is due of nobody.
    pub(super) fn judge_again(&self, key: &DutyKey, now: Timestamp) -> Assessment {
        let none = Assessment {
            state: DutyState::Exempt(Exemption::NotInForce),
            counted: Vec::new(),
            minutes_late: 0,
            coming: 0,
        };
        let Some(entry) = self.directory.organisations().get(key.organisation_id) else { return none };
        let fits = |rule: &&DutyRule| rule.type_code == key.type_code && rule.period == key.period.kind();
        let Some(rule) = self.rules_of(&entry.organisation).iter().find(fits) else { return none };
        let holder = self.holders(rule, entry).into_iter().find(|(group_id, _)| *group_id == key.group_id);
        let Some((group_id, group)) = holder else { return none };
        let thresholds = self.thresholds(rule, key.period);
        let branch = (entry.organisation.id, &self.branch(entry));
        self.judge(rule, branch, (group_id, group.as_ref()), key.period, &thresholds, now)
    }

    /// How all duties of a branch stand in the periods of a year.
    pub(super) fn judge_year(&self, entry: &OrganisationEntry, year: i32, now: Timestamp) -> Vec<Judged> {
        let (id, branch) = (entry.organisation.id, self.branch(entry));
        let mut judged = Vec::new();
        for rule in self.rules_of(&entry.organisation) {
            for (group_id, group) in self.holders(rule, entry) {
                for period in Period::of_year(rule.period, year) {
                    let thresholds = self.thresholds(rule, period);
                    let assessment =
                        self.judge(rule, (id, &branch), (group_id, group.as_ref()), period, &thresholds, now);
                    let type_code = rule.type_code.clone();
                    let key = DutyKey { organisation_id: id, group_id, type_code, period };
                    judged.push(Judged { key, assessment, thresholds });
                }
            }
        }
        judged
    }
}

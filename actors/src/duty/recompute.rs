//! Working warnings out anew, for all branches or for those that something happened to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::{join_all, try_join};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{DutyKey, DutyRule, DutyWarning, Period, PeriodKind, Thresholds, WarningChange, follow};
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::tree::TreePath;
use lianxin_storage::error::StorageError;

use super::DutyDesk;
use super::picture::{Picture, Window};
use crate::directory::OrganisationEntry;

/// What is not settled after so long stays as it is.
const FOLLOWED_MS: i64 = 400 * 24 * 3600 * 1000;
/// Changes that wait for their commit at a time.
const AT_A_TIME: usize = 256;
/// Beyond so many branches, the meetings of all are read.
const MANY: usize = 2_000;

/// What a recomputation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recomputed {
    /// Duties that were judged.
    pub duties: usize,
    /// Warnings that changed.
    pub changed: usize,
    /// Of those, what another node was faster with.
    pub refused: usize,
}

/// A warning as it was and as it becomes.
pub(super) struct Step {
    pub(super) before: Option<DutyWarning>,
    pub(super) after: DutyWarning,
    pub(super) change: WarningChange,
}

impl DutyDesk {
    /// Works out the warnings of `branches`, or of all, and writes what differs.
    ///
    /// # Errors
    /// [`StorageError`] when the facts cannot be read. What cannot be written now differs the next time, too.
    pub async fn recompute(&self, branches: Option<&[OrganisationId]>) -> Result<Recomputed, StorageError> {
        let now = self.clock.now();
        let directory = self.directories.current();
        let branches = branches.filter(|branches| branches.len() <= MANY);
        let periods: Vec<Period> = PeriodKind::ALL
            .into_iter()
            .filter_map(|kind| Period::at(kind, now))
            .flat_map(|now| [now.previous(), now])
            .collect();
        let since = now.plus_millis(-FOLLOWED_MS);
        let known = self.duties.to_follow(branches, &periods, since);
        let (mut picture, known) = try_join(Picture::begin(self, &directory, branches), known).await?;
        let tree = directory.organisations();
        let entries: Vec<&Arc<OrganisationEntry>> = match branches {
            Some(branches) => branches.iter().filter_map(|id| tree.get(*id)).collect(),
            None => tree.all().collect(),
        };
        let entries: Vec<_> = entries.into_iter().filter(|entry| entry.organisation.kind.is_branch()).collect();
        let holders = branches.map(|_| {
            let with_groups =
                entries.iter().flat_map(|entry| [entry.organisation.id].into_iter().chain(entry.children.clone()));
            with_groups.collect::<Vec<_>>()
        });
        let windows = PeriodKind::ALL.map(|kind| (kind, window_of(&periods, kind).unwrap_or_default()));
        picture.load(self, &windows, holders.as_deref()).await?;
        self.load_older(&mut picture, &known, &periods).await?;
        let (duties, steps) = judge_all(&picture, &entries, &periods, known, now);
        let changed = steps.len();
        let refused = self.write_down(&picture, steps, now).await;
        Ok(Recomputed { duties, changed, refused })
    }

    /// The meetings of older periods of which somebody was warned and that are not settled.
    async fn load_older(
        &self,
        picture: &mut Picture,
        known: &HashMap<String, DutyWarning>,
        periods: &[Period],
    ) -> Result<(), StorageError> {
        for kind in PeriodKind::ALL {
            let keys = known.values().map(|warning| &warning.key);
            let older: Vec<&DutyKey> =
                keys.filter(|key| key.period.kind() == kind && !periods.contains(&key.period)).collect();
            let of: Vec<Period> = older.iter().map(|key| key.period).collect();
            let Some(window) = window_of(&of, kind) else { continue };
            let holders: HashSet<OrganisationId> = older.iter().map(|key| key.holder()).collect();
            let holders: Option<Vec<_>> = (holders.len() <= MANY).then(|| holders.into_iter().collect());
            picture.load(self, &[(kind, window)], holders.as_deref()).await?;
        }
        Ok(())
    }

    /// Commits what differs, branch by branch; answers how many were refused.
    async fn write_down(&self, picture: &Picture, steps: Vec<Step>, now: Timestamp) -> usize {
        let mut by_branch: BTreeMap<OrganisationId, Vec<Step>> = BTreeMap::new();
        for step in steps {
            by_branch.entry(step.after.key.organisation_id).or_default().push(step);
        }
        let mut refused = 0;
        let mut changes = by_branch
            .into_iter()
            .map(|(branch, steps)| (steps.len(), self.warned(branch, &steps, &picture.names, now)));
        loop {
            let some: Vec<_> = changes.by_ref().take(AT_A_TIME).collect();
            if some.is_empty() {
                return refused;
            }
            let commits = some
                .into_iter()
                .map(|(number, change)| async move { self.journal.commit(change).await.map_or(number, |_| 0) });
            refused += join_all(commits).await.into_iter().sum::<usize>();
        }
    }
}

/// From the first begin to the last end of the periods of a kind.
fn window_of(periods: &[Period], kind: PeriodKind) -> Option<Window> {
    let of = periods.iter().filter(|period| period.kind() == kind);
    of.clone().map(|period| period.begin()).min().zip(of.map(|period| period.end()).max())
}

/// Judges everything, and what somebody was warned of earlier; answers how many duties there were and what changes.
fn judge_all(
    picture: &Picture,
    entries: &[&Arc<OrganisationEntry>],
    periods: &[Period],
    known: HashMap<String, DutyWarning>,
    now: Timestamp,
) -> (usize, Vec<Step>) {
    let mut duties = 0;
    let mut steps = Vec::new();
    let mut known: HashMap<DutyKey, DutyWarning> =
        known.into_values().map(|warning| (warning.key.clone(), warning)).collect();
    // The same for all branches of a tenant, and the calendar is slow.
    let mut dates: HashMap<TreePath, Vec<Vec<(Period, Thresholds)>>> = HashMap::new();
    for entry in entries {
        let organisation = &entry.organisation;
        let (id, branch, rules) = (organisation.id, picture.branch(entry), picture.rules_of(organisation));
        let of_rule = |rule: &DutyRule| {
            let own = periods.iter().copied().filter(|period| period.kind() == rule.period);
            own.map(|period| (period, picture.thresholds(rule, period))).collect()
        };
        let dates = dates.entry(organisation.path.tenant()).or_insert_with(|| rules.iter().map(of_rule).collect());
        for (rule, dates) in rules.iter().zip(dates.iter()) {
            for (group_id, group) in picture.holders(rule, entry) {
                for (period, thresholds) in dates {
                    duties += 1;
                    let holder = (group_id, group.as_ref());
                    let found = picture.judge(rule, (id, &branch), holder, *period, thresholds, now);
                    let type_code = rule.type_code.clone();
                    let key = DutyKey { organisation_id: id, group_id, type_code, period: *period };
                    let before = known.remove(&key);
                    let step = follow(before.as_ref(), &key, &found, now);
                    steps.extend(step.map(|(after, change)| Step { before, after, change }));
                }
            }
        }
    }
    for before in known.into_values() {
        duties += 1;
        let found = picture.judge_again(&before.key, now);
        let step = follow(Some(&before), &before.key, &found, now);
        steps.extend(step.map(|(after, change)| Step { before: Some(before), after, change }));
    }
    (duties, steps)
}
